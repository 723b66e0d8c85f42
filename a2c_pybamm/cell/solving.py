"""Simulations built once and solved for batches of inputs: one bad sample never spoils the others."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pybamm

from a2c_pybamm.cell.function_cache import VARIABLE, use_private_cache
from a2c_pybamm.cell.protocol import ConstantCurrent, DriveCycle, Protocol, Steps
from a2c_pybamm.cell.pybamm_model import build_model
from a2c_pybamm.cell.traces import CURRENT, Trace
from a2c_pybamm.estimate import Array
from a2c_pybamm.failure import Failure, FailureCause
from a2c_pybamm.parameter_set import silent_pybamm

TOLERANCE = {"rtol": 1e-5, "atol": 1e-7}
TIGHTER = {"rtol": 1e-7, "atol": 1e-9}
"""What a sample that fails is tried with once more, alone."""
REPAYS = {"SPM": 2500, "SPMe": 2500}
LARGE = 6000
"""Samples of one batch from which compiled code saves more than the compiler takes (some seconds for SPM and SPMe, half a
minute to minutes for DFN and others). Counted, not timed: a batch is then solved the same way each time, to the last bit."""
SAME_TIME = 1e-6
"""Times [s] closer than this are the end of one step and the start of the next."""
SHOWN = 120
"""Letters of a solver's message that are kept."""

Inputs = dict[str, float]


@dataclass(frozen=True, eq=False)
class Setup:
    """All that a simulation is built from."""

    model: str
    """Class of ``pybamm.lithium_ion``."""
    options: Mapping[str, Any]
    values: pybamm.ParameterValues
    """With coefficients and initial state as inputs."""
    protocol: Protocol
    variables: tuple[str, ...]
    """Variables that are read, voltage first."""

    def simulation(self, *, tight: bool = False, compile: bool = False, whole: bool = False) -> pybamm.Simulation:
        """A simulation that keeps the variables alone, or the ``whole`` state."""
        if compile:
            use_private_cache()
        options = {"silence_sundials_errors": True, "num_threads": 1, "compile": compile}
        # steps are as long as they are: of the whole state PyBaMM knows what lies between the solver's own times
        kept = None if whole or isinstance(self.protocol, Steps) else list(self.variables)
        tolerance = TIGHTER if tight else TOLERANCE
        solver = pybamm.IDAKLUSolver(**tolerance, output_variables=kept, on_failure="ignore", options=options)
        experiment: dict[str, Any] = {}
        if isinstance(self.protocol, Steps):
            experiment = {"experiment": self.protocol.experiment(), "experiment_model_mode": "unified"}
        return pybamm.Simulation(
            build_model(self.model, self.options), parameter_values=self.values.copy(), solver=solver, **experiment
        )

    def inputs(self) -> tuple[set[str], set[str]]:
        """Inputs that equations, events or the variables read depend on, and all that PyBaMM asks a value of."""
        simulation = self.simulation()
        if isinstance(self.protocol, Steps):
            simulation.build_for_experiment()
            models = list(simulation.steps_to_built_models.values())
        else:
            simulation.build()
            models = [simulation.built_model]
        felt: set[str] = set()
        for model in models:
            equations = [*model.rhs.values(), *model.algebraic.values(), *model.initial_conditions.values()]
            events = [event.expression for event in model.events]
            felt |= _inputs_in([*equations, *events, *map(model.get_processed_variable, self.variables)])
        return felt, {parameter.name for model in models for parameter in model.input_parameters}


class BatchSolver:
    """Solves a setup for one set of inputs after the other, or for many at once where PyBaMM can."""

    def __init__(self, setup: Setup, compile: bool | None) -> None:
        if compile is not False and os.environ.get(VARIABLE):
            use_private_cache()  # what the user has set is refused before anything is solved
        self._setup, self._compile = setup, compile
        self._simulations: dict[str, pybamm.Simulation] = {}

    def solve(self, inputs: list[Inputs], times: Array, *, batch: int) -> list[Trace | Failure]:
        """For each set of inputs the solution, or why there is none.

        ``times`` [s] are those that currents given in time are solved for, first and last included; ``batch`` is the number of
        samples that these belong to.
        """
        kind = "compiled" if self._compiles(batch) else "usual"
        with silent_pybamm():
            if isinstance(self._setup.protocol, Steps):
                found = [self._steps(kind, own) for own in inputs]
            else:
                found = self._many(kind, inputs, times)
            return [
                self._again(own, times, outcome) if isinstance(outcome, Failure) else outcome
                for own, outcome in zip(inputs, found, strict=True)
            ]

    def _compiles(self, batch: int) -> bool:
        if self._compile is None:
            return batch >= REPAYS.get(self._setup.model, LARGE) and has_compiler()
        return self._compile

    def _simulation(self, kind: str) -> pybamm.Simulation:
        if kind not in self._simulations:
            self._simulations[kind] = self._setup.simulation(tight=kind == "tight", compile=kind == "compiled")
        return self._simulations[kind]

    def _again(self, inputs: Inputs, times: Array, failure: Failure) -> Trace | Failure:
        """A sample that failed, solved with tighter tolerances."""
        if isinstance(self._setup.protocol, Steps):
            outcome = self._steps("tight", inputs)
        else:
            outcome = self._many("tight", [inputs], times)[0]
        return failure if isinstance(outcome, Failure) else outcome

    def _many(self, kind: str, inputs: list[Inputs], times: Array) -> list[Trace | Failure]:
        """Outcomes of a list; one that breaks is halved down to the culprit."""
        if not inputs:
            return []
        protocol = self._setup.protocol
        starts = protocol.stops if isinstance(protocol, DriveCycle) else times[[0, -1]]
        try:
            solutions = self._simulation(kind).solve(starts, inputs=inputs, t_interp=times)
        except Exception as error:  # whatever PyBaMM raises, the sample is not solved
            if len(inputs) == 1:
                return [Failure(FailureCause.SOLVER, _short(error))]
            middle = len(inputs) // 2
            return [*self._many(kind, inputs[:middle], times), *self._many(kind, inputs[middle:], times)]
        return [self._read(solution) for solution in (solutions if isinstance(solutions, list) else [solutions])]

    def _steps(self, kind: str, inputs: Inputs) -> Trace | Failure:
        """The outcome of an experiment."""
        assert isinstance(self._setup.protocol, Steps)
        ends = _StepEnds()
        try:
            solution = self._simulation(kind).solve(inputs=inputs, calc_esoh=False, callbacks=[ends])
        except Exception as error:  # whatever PyBaMM raises, the sample is not solved
            return Failure(FailureCause.SOLVER, _short(error))
        if isinstance(solution, pybamm.EmptySolution):
            return Failure(FailureCause.SOLVER, "no step was done, each would end where it begins")
        names = self._setup.protocol.names
        if len(ends.found) < len(names):
            if not self._setup.protocol.termination or ends.infeasible:
                step = f"step {len(ends.found) + 1} of {len(names)} ({names[len(ends.found)]})"
                return Failure(FailureCause.SOLVER, f"{step} was not completed")
            ends.found += [float(solution.t[-1])] * (len(names) - len(ends.found))
        return self._checked(solution, np.array(ends.found))

    def _read(self, solution: Any) -> Trace | Failure:
        """A solution at a given current, if it ended as it should."""
        allowed = {"Minimum voltage", "Maximum voltage"}
        protocol = self._setup.protocol
        if isinstance(protocol, ConstantCurrent):
            allowed = {"Minimum voltage"} if protocol.c_rate > 0 else {"Maximum voltage"}
        elif solution.termination == "final time":
            return self._checked(solution)
        if not any(end in solution.termination for end in allowed):
            wanted = " or ".join(sorted(allowed)).lower()
            return Failure(FailureCause.SOLVER, f"ended by {solution.termination!r} instead of {wanted}")
        return self._checked(solution)

    def _checked(self, solution: Any, step_ends: Array | None = None) -> Trace | Failure:
        t = np.asarray(solution.t, float)
        if step_ends is None:
            values = {name: _of_time(solution[name].data) for name in self._setup.variables}
            values[CURRENT] = self._current(t)
        else:
            t = _finer(t)
            values = {name: _of_time(solution[name](t)) for name in (*self._setup.variables, CURRENT)}
        for name, series in values.items():
            if not np.isfinite(series).all():
                return Failure(FailureCause.SOLVER, f"{name} is not finite")
        return Trace(t, values, step_ends)

    def _current(self, t: Array) -> Array:
        """The given current at these times [A]."""
        protocol = self._setup.protocol
        if isinstance(protocol, DriveCycle):
            return np.interp(t, protocol.time, protocol.current)
        return np.full(len(t), float(self._setup.values["Current function [A]"]))


class _StepEnds(pybamm.callbacks.Callback):
    """Notes when each step of an experiment ends, skipped ones too, and whether one could not be done."""

    def __init__(self) -> None:
        self.found: list[float] = []
        self.infeasible = False

    def on_step_end(self, logs: Mapping[str, Any]) -> None:
        self.found.append(float(logs["experiment time"]))

    def on_experiment_infeasible_event(self, logs: Mapping[str, Any]) -> None:
        self._not_done()

    def on_experiment_infeasible_time(self, logs: Mapping[str, Any]) -> None:
        self._not_done()

    def on_experiment_error(self, logs: Mapping[str, Any]) -> None:
        self.infeasible = True

    def _not_done(self) -> None:
        self.infeasible = True
        self.found.pop()


@cache
def has_compiler() -> bool:
    """Whether the compiler that PyBaMM calls is there."""
    return shutil.which("gcc") is not None


def _inputs_in(symbols: list[Any]) -> set[str]:
    """Names of the inputs in expressions, each node looked at once."""
    seen: set[int] = set()
    names: set[str] = set()
    while symbols:
        symbol = symbols.pop()
        if id(symbol) in seen:
            continue
        seen.add(id(symbol))
        if isinstance(symbol, pybamm.InputParameter):
            names.add(symbol.name)
        symbols += symbol.children
    return names


def _finer(t: Array) -> Array:
    """The solver's times and three between each two; none between the end of one step and the start of the next."""
    gap = np.diff(t)
    between = t[:-1, None] + gap[:, None] * np.array([0.25, 0.5, 0.75])
    return np.union1d(t, between[gap > SAME_TIME])


def _of_time(data: Any) -> Array:
    """A variable by time alone (n_time,); of one with a place too, its largest value by absolute size."""
    values = np.asarray(data, float)
    if values.ndim == 1:
        return values
    flat = values.reshape(-1, values.shape[-1])
    return np.asarray(flat[np.abs(flat).argmax(axis=0), np.arange(flat.shape[1])])


def _short(error: Exception) -> str:
    """An error in a few words, with its kind where that is not the solver's own."""
    kind = "" if isinstance(error, pybamm.SolverError) else f"{type(error).__name__}: "
    return f"{kind}{' '.join(str(error).split())}"[:SHOWN]
