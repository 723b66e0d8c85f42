"""Simulations built once and solved for batches of inputs: one bad sample never spoils the others."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
import pybamm

from a2c_pybamm.cell.function_cache import CACHE_VARIABLE, use_private_cache
from a2c_pybamm.cell.protocol import SIGN_QUESTION, ConstantCurrent, DriveCycle, Protocol, Steps
from a2c_pybamm.cell.pybamm_model import build_model
from a2c_pybamm.cell.throughput import CyclePanels, Throughput, panel_nodes, step_edges
from a2c_pybamm.cell.traces import CURRENT, SAME_TIME, VOLTAGE, Trace
from a2c_pybamm.estimate import Array
from a2c_pybamm.failure import Failure, FailureCause
from a2c_pybamm.formatting import message_line
from a2c_pybamm.parameter_set import silent_pybamm

TOLERANCE = {"rtol": 1e-5, "atol": 1e-7}
"""Relative and absolute tolerance of PyBaMM's IDAKLU solver; docs/cell.md has their effect on outputs."""
FINE_TOLERANCE = {"rtol": 3e-7, "atol": 3e-9}
"""Tolerances where a step of an experiment has a table: PyBaMM solves for the current too there, and energies of 6 and −4 A in
turn each second would be 2e-5 off after ten minutes instead of 1e-7, in 0.6 of the time (Chen2020, SPMe; November 2026). And
where the temperature is a state: its error is relative to 300 K, and with the usual tolerance its central differences are those
of steps of 0.02 K (Ai2020, SPMe, 3C; November 2026)."""
RETRY_TOLERANCE = {"rtol": 1e-7, "atol": 1e-9}
"""Tolerances of the second attempt at a sample that failed, alone: a hundred times tighter."""
OTHER_MODEL = "other models"
COMPILED_FROM = {"SPM": 2500, "SPMe": 2500, OTHER_MODEL: 6000}
"""Samples of one batch from which compiled code saves more time than the compiler takes, by model: some seconds for SPM and
SPMe, half a minute to minutes for DFN and others. Counted, not timed: a batch is solved the same way each time, to the last
bit."""
ABOVE_LIMIT = re.compile(r"Maximum voltage.*non-positive at initial conditions", re.DOTALL)
"""PyBaMM's message where a simulation begins above its upper voltage limit."""

Inputs = dict[str, float]


@dataclass(frozen=True, eq=False)
class Setup:
    """Model, values, protocol and variables that a simulation is built from."""

    model: str
    """Class of ``pybamm.lithium_ion``."""
    options: Mapping[str, Any]
    values: pybamm.ParameterValues
    """With coefficients and initial state as inputs."""
    protocol: Protocol
    variables: tuple[str, ...]
    """Variables that are read, voltage first."""
    required: tuple[str, ...]
    """Variables without which a sample has failed: where one of the others is not finite, its own outputs are missing."""

    @cached_property
    def panels(self) -> CyclePanels | None:
        """Panels of a drive cycle; None for other protocols."""
        return self.protocol.panels if isinstance(self.protocol, DriveCycle) else None

    def simulation(self, *, tight: bool = False, compile: bool = False, keep_state: bool = False) -> pybamm.Simulation:
        """Simulation that keeps the variables alone; with ``keep_state`` the state vector too."""
        if compile:
            use_private_cache()
        options = {"silence_sundials_errors": True, "num_threads": 1, "compile": compile}
        # the lengths of steps are not given: PyBaMM interpolates between the solver's times where it keeps the whole state
        kept = None if keep_state or isinstance(self.protocol, Steps) else list(self.variables)
        with_table = isinstance(self.protocol, Steps) and self.protocol.has_table
        warming = self.options.get("thermal", "isothermal") != "isothermal"
        tolerance = RETRY_TOLERANCE if tight else FINE_TOLERANCE if with_table or warming else TOLERANCE
        solver = pybamm.IDAKLUSolver(**tolerance, output_variables=kept, on_failure="ignore", options=options)
        experiment: dict[str, Any] = {}
        if isinstance(self.protocol, Steps):
            experiment = {"experiment": self.protocol.experiment(), "experiment_model_mode": "unified"}
        return pybamm.Simulation(
            build_model(self.model, self.options), parameter_values=self.values.copy(), solver=solver, **experiment
        )

    def inputs(self) -> tuple[set[str], set[str]]:
        """Inputs that equations, events or the variables read depend on, and all that PyBaMM requires a value of."""
        simulation = self.simulation()
        if isinstance(self.protocol, Steps):
            simulation.build_for_experiment()
            models = list(simulation.steps_to_built_models.values())
        else:
            simulation.build()
            models = [simulation.built_model]
        active: set[str] = set()
        for model in models:
            equations = [*model.rhs.values(), *model.algebraic.values(), *model.initial_conditions.values()]
            events = [event.expression for event in model.events]
            active |= _inputs_in([*equations, *events, *map(model.get_processed_variable, self.variables)])
        return active, {parameter.name for model in models for parameter in model.input_parameters}


class BatchSolver:
    """Solves a setup for one set of inputs after the other, or for many at once where PyBaMM can."""

    def __init__(self, setup: Setup, compile: bool | None) -> None:
        if compile is not False and os.environ.get(CACHE_VARIABLE):
            use_private_cache()  # an unsafe setting of the user is an error before anything is solved
        self._setup, self._compile = setup, compile
        self._simulations: dict[str, pybamm.Simulation] = {}

    def solve(self, inputs: list[Inputs], times: Array, *, batch: int) -> list[Trace | Failure]:
        """Solution of each set of inputs, or its failure.

        ``times`` [s] are those at which the solution of a given current is evaluated, first and last included; ``batch`` is the
        number of samples of the whole batch.
        """
        kind = "compiled" if self.compiles(batch) else "usual"
        with silent_pybamm():
            if isinstance(self._setup.protocol, Steps):
                outcomes = [self._solve_steps(kind, sample) for sample in inputs]
            else:
                outcomes = self._solve_list(kind, inputs, times)
            return [
                self._retry(sample, times, outcome) if isinstance(outcome, Failure) else outcome
                for sample, outcome in zip(inputs, outcomes, strict=True)
            ]

    def compiles(self, batch: int) -> bool:
        """True where samples of a batch of so many are solved by compiled functions."""
        if self._compile is None:
            return batch >= COMPILED_FROM.get(self._setup.model, COMPILED_FROM[OTHER_MODEL]) and has_compiler()
        return self._compile

    def _simulation(self, kind: str) -> pybamm.Simulation:
        if kind not in self._simulations:
            self._simulations[kind] = self._setup.simulation(tight=kind == "tight", compile=kind == "compiled")
        return self._simulations[kind]

    def _retry(self, inputs: Inputs, times: Array, failure: Failure) -> Trace | Failure:
        """Solution of a sample that failed with tighter tolerances, or its first failure."""
        if isinstance(self._setup.protocol, Steps):
            outcome = self._solve_steps("tight", inputs)
        else:
            outcome = self._solve_list("tight", [inputs], times)[0]
        return failure if isinstance(outcome, Failure) else outcome

    def _solve_list(self, kind: str, inputs: list[Inputs], times: Array) -> list[Trace | Failure]:
        """Outcomes of a list; where it cannot be solved it is halved, down to the samples that fail."""
        if not inputs:
            return []
        protocol = self._setup.protocol
        starts = protocol.stops if isinstance(protocol, DriveCycle) else times[[0, -1]]
        try:
            solutions = self._simulation(kind).solve(starts, inputs=inputs, t_interp=times)
        except Exception as error:  # whatever PyBaMM raises, the sample is not solved
            if len(inputs) == 1:
                return [Failure(FailureCause.SOLVER, self._starts_above_limit(error) or _failure_text(error))]
            middle = len(inputs) // 2
            return [*self._solve_list(kind, inputs[:middle], times), *self._solve_list(kind, inputs[middle:], times)]
        return [self._outcome(solution) for solution in (solutions if isinstance(solutions, list) else [solutions])]

    def _starts_above_limit(self, error: Exception) -> str:
        """Text on a cycle whose first current charges the cell past its upper limit; empty for other errors."""
        protocol = self._setup.protocol
        if not (isinstance(protocol, DriveCycle) and protocol.current[0] < 0 and ABOVE_LIMIT.search(str(error))):
            return ""
        return (
            f"the cycle begins with {protocol.current[0]:g} A, which lifts the voltage above its upper limit; {SIGN_QUESTION} "
            "If not, start at a lower state of charge"
        )

    def _solve_steps(self, kind: str, inputs: Inputs) -> Trace | Failure:
        """Outcome of an experiment."""
        assert isinstance(self._setup.protocol, Steps)
        ends = _StepEnds()
        try:
            solution = self._simulation(kind).solve(inputs=inputs, calc_esoh=False, callbacks=[ends])
        except Exception as error:  # whatever PyBaMM raises, the sample is not solved
            return Failure(FailureCause.SOLVER, _failure_text(error))
        if isinstance(solution, pybamm.EmptySolution):
            return Failure(FailureCause.SOLVER, "no step was done, each would end where it begins")
        names = self._setup.protocol.names
        if len(ends.times) < len(names):
            if not self._setup.protocol.termination or ends.infeasible:
                step = f"step {len(ends.times) + 1} of {len(names)} ({names[len(ends.times)]})"
                return Failure(FailureCause.SOLVER, f"{step} was not completed")
            ends.times += [float(solution.t[-1])] * (len(names) - len(ends.times))
        return self._finite_trace(solution, np.array(ends.times))

    def _outcome(self, solution: Any) -> Trace | Failure:
        """Trace of a solution at a given current; a failure where another event than a voltage limit has ended it."""
        allowed = {"Minimum voltage", "Maximum voltage"}
        protocol = self._setup.protocol
        if isinstance(protocol, ConstantCurrent):
            allowed = {"Minimum voltage"} if protocol.c_rate > 0 else {"Maximum voltage"}
        elif solution.termination == "final time":
            return self._finite_trace(solution)
        if not any(end in solution.termination for end in allowed):
            wanted = " or ".join(sorted(allowed)).lower()
            return Failure(FailureCause.SOLVER, f"ended by {solution.termination!r} instead of {wanted}")
        return self._finite_trace(solution)

    def _finite_trace(self, solution: Any, step_ends: Array | None = None) -> Trace | Failure:
        """Trace of a solution; a failure where one of its variables is not finite."""
        t, panels = np.asarray(solution.t, float), self._setup.panels
        if step_ends is None:
            values = {name: _time_series(solution[name].data) for name in self._setup.variables}
            values[CURRENT] = self._current(t)
        else:
            edges = step_edges(t, _time_series(solution[CURRENT](t)), step_ends)
            nodes = panel_nodes(edges[:-1], edges[1:])
            # straight lines do for shorter ones, among them those from the end of one step to the start of the next
            t = np.union1d(edges, nodes[np.diff(edges) > SAME_TIME])
            values = {name: _time_series(solution[name](t)) for name in (*self._setup.variables, CURRENT)}
        for name, series in values.items():
            if name in (CURRENT, *self._setup.required) and not np.isfinite(series).all():
                return Failure(FailureCause.SOLVER, f"{name} is not finite")
        if step_ends is not None:
            current, voltage = (np.interp(nodes, t, values[name]) for name in (CURRENT, VOLTAGE))
            return Trace(t, values, step_ends, Throughput.of(np.diff(edges), current, voltage))
        return Trace(t, values, throughput=panels.throughput(t, values[VOLTAGE]) if panels else None)

    def _current(self, t: Array) -> Array:
        """Given current [A] at these times."""
        protocol = self._setup.protocol
        if isinstance(protocol, DriveCycle):
            return np.interp(t, protocol.time, protocol.current)
        return np.full(len(t), float(self._setup.values["Current function [A]"]))


class _StepEnds(pybamm.callbacks.Callback):
    """Times at which the steps of an experiment end, skipped ones too; ``infeasible`` where one could not be completed."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.infeasible = False

    def on_step_end(self, logs: Mapping[str, Any]) -> None:
        self.times.append(float(logs["experiment time"]))

    def on_experiment_infeasible_event(self, logs: Mapping[str, Any]) -> None:
        self._mark_infeasible()

    def on_experiment_infeasible_time(self, logs: Mapping[str, Any]) -> None:
        self._mark_infeasible()

    def on_experiment_error(self, logs: Mapping[str, Any]) -> None:
        self.infeasible = True

    def _mark_infeasible(self) -> None:
        self.infeasible = True
        self.times.pop()


@cache
def has_compiler() -> bool:
    """True where the compiler that PyBaMM calls is installed."""
    return shutil.which("gcc") is not None


def _inputs_in(symbols: list[Any]) -> set[str]:
    """Names of the inputs in expressions, each node visited once."""
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


def _time_series(data: Any) -> Array:
    """Values of a variable at each time (n_time,); for one that depends on a position, that of the largest size."""
    values = np.asarray(data, float)
    if values.ndim == 1:
        return values
    flat = values.reshape(-1, values.shape[-1])
    return np.asarray(flat[np.abs(flat).argmax(axis=0), np.arange(flat.shape[1])])


def _failure_text(error: Exception) -> str:
    """Message of an error on one line, with its type where that is not the solver's."""
    kind = "" if isinstance(error, pybamm.SolverError) else f"{type(error).__name__}: "
    return f"{kind}{message_line(error)}"
