"""A cell simulation, built once and solved for batches of coefficient samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pybamm
import xarray as xr

from a2c_pybamm.cell.balance import base_tolerances, cell_kind, make_balance, validate_single_phases, with_initial_inputs
from a2c_pybamm.cell.declared_outputs import DeclaredOutput, TraceFunction
from a2c_pybamm.cell.gradient import DIFFERENTIABLE_OUTPUTS, difference_gradient, discharge_gradient
from a2c_pybamm.cell.initial_state import InitialState
from a2c_pybamm.cell.mass import LayerMass
from a2c_pybamm.cell.mean_fields import MeanFields, solve_fields
from a2c_pybamm.cell.outputs import Axes, Outputs, axes_of, output_bounds
from a2c_pybamm.cell.protocol import ConstantCurrent, Steps, as_protocol, protocol_values, validate_direction, validate_voltages
from a2c_pybamm.cell.pybamm_model import build_model, building, described, known_variables, name_and_options
from a2c_pybamm.cell.sample_inputs import SampleInputs
from a2c_pybamm.cell.scalars import PULSE_TIME
from a2c_pybamm.cell.solving import BatchSolver, Setup
from a2c_pybamm.cell.traces import Trace, Traces
from a2c_pybamm.constants import SECONDS_PER_HOUR
from a2c_pybamm.estimate import Array
from a2c_pybamm.failure import Failure, FailureCause
from a2c_pybamm.files import SET_STAMP, set_stamp
from a2c_pybamm.formatting import MESSAGE_LENGTH, abbreviated, cut, plain
from a2c_pybamm.laws import UnstablePhaseError
from a2c_pybamm.parameter_set import (
    TREATMENTS,
    ParameterSet,
    base_values,
    efficiency_option_conflict,
    kind_options,
    option_conflict,
    stress_option_conflict,
)
from a2c_pybamm.parameter_set.state_limits import STATE_LIMITS

Progress = Callable[[int], None]

SAMPLES_AT_A_TIME = 100
"""Samples that are solved together: their solutions take some 100 MB with DFN."""
TIMES_AT_A_TIME = 1_000_000
"""Times of all the samples that are solved together: long drive cycles take 8 MB for each variable."""
EXPERIMENT_TIME_FACTOR = 1.3
"""Length of an experiment's time axis over the time that the mean cell takes; curves of slower samples end there."""
HALF_CELL_TIME_FACTOR = 1.5
"""Length of a half cell's time axis over the time that its working electrode's capacity takes: lithium metal never runs out."""
LITHIUM_STANDARD_DEVIATIONS = 6.0
"""Length of a time axis over that of the mean lithium, in standard deviations of its logarithm: more is drawn once in 1e9."""


class SimulationFailed(ValueError):
    """A cell cannot be built or solved with these values."""


class Cell:
    """A simulation of a PyBaMM lithium-ion cell as a function of a parameter set's coefficients.

    The model is built and discretised once with every coefficient an input. Initial stoichiometries belong to the sample: they
    follow from its own open-circuit potentials, the voltage limits and its cyclable lithium, with their exact Jacobian. The
    lithium is what the base set's initial concentrations make in the sample's electrodes (an uncertain maximum concentration
    does not change it), or what `with_balance` has put in its place.

    Parameters
    ----------
    parameter_set
        The set with its joint. Sets of half cells and of MSMR electrodes bring the model options they need.
    model
        "SPM", "SPMe", "DFN", "MSMR", or another class of ``pybamm.lithium_ion``; or a model, ``pybamm.lithium_ion.SPMe(…)``,
        of which class and options are taken. Where it leaves an option at its default, that of the set is taken.
    options
        Options of the PyBaMM model, e.g. ``{"thermal": "lumped"}``; a model that is given has its own.
    protocol
        `ConstantCurrent`, `DriveCycle`, a ``pybamm.Experiment`` or a list of its step strings.
    c_rate
        Without a protocol: discharge current in units of the base set's nominal capacity per hour; negative to charge.
    voltage_limits
        Lower cut-off and full-charge voltage [V]; the set's own if not given.
    soc
        State of charge at the start, as PyBaMM counts it; 1 if not given, 0 where a constant current charges.
    outputs
        Named numbers (`a2c_pybamm.cell.scalars.SCALARS`), PyBaMM variables, and outputs of one's own (`VariableAt`,
        `TraceFunction`); capacity, energy, mean voltage, end time and the voltage curve if not given.
    compile
        True to compile the solver's functions; None to compile where there is a compiler and the batch is large enough.

    Raises
    ------
    ValueError
        If PyBaMM has no such model, option, step or variable, a model that is given cannot be built anew, or a function of
        one's own fails on the mean cell.
    UnstablePhaseError
        If a host at the mean coefficients would separate into phases within reach of the cell; the text names the spinodal.
    SimulationFailed
        If the mean cell cannot be charged to the upper limit.
    """

    names: tuple[str, ...]
    """Coefficients that the simulation depends on, in the order of the columns of ``solve``; the others stay at their means."""
    lithium: float | None
    """Cyclable lithium [A.h] at the mean coefficients; None for a half cell, whose lithium metal never runs out."""

    def __init__(
        self,
        parameter_set: ParameterSet,
        *,
        model: str | pybamm.lithium_ion.BaseModel = "SPMe",
        options: Mapping[str, Any] | None = None,
        protocol: Any = None,
        c_rate: float = 1.0,
        voltage_limits: tuple[float, float] | None = None,
        soc: float | None = None,
        outputs: Sequence[str | DeclaredOutput] | None = None,
        compile: bool | None = None,
    ) -> None:
        self.parameter_set, self.compile = parameter_set, compile
        self.model, given = name_and_options(model, options or {})
        with building(described(self.model, given), parameter_set.base):
            base = base_values(parameter_set.base)
            validate_single_phases(base, str(parameter_set.base))
            attach = parameter_set.attach
            if reason := (
                option_conflict(attach, given)
                or stress_option_conflict(attach, given)
                or efficiency_option_conflict(attach, given)
            ):
                raise ValueError(f"cell: {reason}")
            self.options = {**kind_options(base), **parameter_set.model_options, **given}
            self.protocol = as_protocol(protocol, c_rate)
            default = parameter_set.voltage_limits or (base["Lower voltage cut-off [V]"], base["Upper voltage cut-off [V]"])
            self.voltage_limits = voltage_limits or default
            self.soc = self.protocol.default_soc if soc is None else soc
            if not 0 <= self.soc <= 1:
                raise ValueError(f"cell: soc is {self.soc:g}; give a state of charge between 0 and 1")
            validate_direction(self.protocol, self.soc)
            validate_voltages(self.protocol, self.voltage_limits)
            self.outputs = Outputs.of(outputs, self.protocol)
            self._build(base)
            self._validate_mean(base)
            self._validate_functions()

    def _build(self, base: pybamm.ParameterValues) -> None:
        """Set up the initial state, the model and the coefficients that it depends on."""
        parameter_set, protocol = self.parameter_set, self.protocol
        model = build_model(self.model, self.options)  # refuses what PyBaMM does not have
        kind = cell_kind(self.model, self.options)
        nominal = float(base["Nominal cell capacity [A.h]"])
        self.current = protocol.c_rate * nominal if isinstance(protocol, ConstantCurrent) else 0.0
        values = parameter_set.uncertain()
        values.update(protocol_values(protocol, self.voltage_limits, self.current))
        all_names = parameter_set.input_names
        variables = known_variables(self.model, model, self.outputs.needs, self.outputs.along_time)
        self._moments = self.outputs.given_moments(protocol, self.current)
        self._setup = Setup(
            self.model,
            self.options,
            with_initial_inputs(values, kind),
            protocol,
            variables,
            required=self.outputs.required,
        )
        self._balance = make_balance(
            values,
            all_names,
            kind=kind,
            base=base,
            voltage_limits=self.voltage_limits,
            options=self.options,
        )
        joint = parameter_set.joint
        self._charges, gradient = self._balance.charges(parameter_set.with_derived(joint.mean[None])[0])
        self.lithium = self._charges.get("lithium")
        self._lithium_std = float(np.linalg.norm(gradient[: len(joint.names)] @ joint.root))
        self._mass = LayerMass(values, all_names) if "specific_energy" in self.outputs.scalars else None
        self._solver = BatchSolver(self._setup, self.compile)
        self._sensitive: pybamm.Simulation | None = None
        in_model, required = self._setup.inputs()
        active = in_model | set(self._balance.used) | set(self._mass.used if self._mass else ())
        self.inputs = SampleInputs.of(parameter_set, active, required | in_model)
        self.names = self.inputs.names

    @property
    def versions(self) -> dict[str, str]:
        """Versions of the libraries that solve it."""
        return {"pybamm": str(pybamm.__version__)}

    @property
    def origin(self) -> dict[str, str]:
        """Attributes of a result that name the set behind it; none for a set that no file can hold."""
        try:
            return {SET_STAMP: set_stamp(self.parameter_set)}
        except (TypeError, ValueError):  # a note that JSON has no form for
            return {}

    def compiles(self, batch: int) -> bool:
        """True where samples of a batch of so many are solved by compiled functions."""
        return self._solver.compiles(batch)

    def _validate_mean(self, base: pybamm.ParameterValues) -> None:
        """Raise ``UnstablePhaseError`` or ``SimulationFailed`` where the mean coefficients make no cell.

        A cell that misses a voltage limit no further than its base set misses its own one is accepted, as PyBaMM does.
        """
        mean = self.inputs.mean
        failure = self.feasibility(mean)[1][0]
        if failure and failure.cause == FailureCause.INFEASIBLE:
            kind = cell_kind(self.model, self.options)
            tolerances = base_tolerances(base, kind=kind, voltage_limits=self.voltage_limits, options=self.options)
            self._balance = self._balance.with_tolerances(tolerances)
            failure = self.feasibility(mean)[1][0]
        if not failure:
            return
        # the full charge of a host that separates into phases is meaningless: the instability is the cause to name
        low, high = (np.full(1, limit) for limit in STATE_LIMITS.stability)
        everywhere = {side: (low, high) for side in ("negative", "positive")}
        if reason := self.parameter_set.instabilities(self.inputs.all_coefficients(mean), everywhere)[0]:
            raise UnstablePhaseError(f"set {self.parameter_set.name}, mean coefficients: unstable: {reason}; {TREATMENTS}")
        raise SimulationFailed(
            f"set {self.parameter_set.name}, mean coefficients: {failure}; {self._lithium_text()}choose another voltage "
            "window, or check the data"
        )

    def _lithium_text(self) -> str:
        """The cell's lithium and its electrodes' sites in words, with the remedy; empty for a half cell."""
        if self.lithium is None:
            return ""
        negative, positive = (f"{self._charges[side]:.3g} A·h" for side in ("negative", "positive"))
        return (
            f"the cell holds {self.lithium:.3g} A·h of lithium, its negative electrode takes {negative}, its positive one "
            f"{positive}; set balance (lithium or n_p_ratio), "
        )

    def _validate_functions(self) -> None:
        """Raise ``ValueError`` where a function of the user's fails on the mean sample; a sample not solved decides nothing."""
        if not any(isinstance(output, TraceFunction) for output in self.outputs.declared):
            return
        mean = self.inputs.mean
        outcome = self._solver.solve(self.inputs.of_model(mean, self._state(mean).values), self._times, batch=1)[0]
        if isinstance(outcome, Trace):
            self.outputs.validate_functions(Traces.of([outcome], np.full(1, np.nan)))

    @cached_property
    def axes(self) -> Axes:
        """The grids of the curves."""
        if isinstance(self.protocol, Steps):
            mean = self.inputs.mean
            inputs = self.inputs.of_model(mean, self._state(mean).values)
            outcome = self._solver.solve(inputs, np.empty(0), batch=1)[0]
            if isinstance(outcome, Failure):
                raise SimulationFailed(
                    f"set {self.parameter_set.name}, mean coefficients: {outcome}; change the steps or limits"
                )
            return axes_of(self.protocol, EXPERIMENT_TIME_FACTOR * float(outcome.t[-1]), 0.0)
        if not isinstance(self.protocol, ConstantCurrent):
            return axes_of(self.protocol, self.protocol.time[-1], 0.0)
        if self.lithium is not None:
            charge = self.lithium * np.exp(LITHIUM_STANDARD_DEVIATIONS * self._lithium_std / self.lithium)
        else:
            param = pybamm.LithiumIonParameters(dict(self.options))
            charge = HALF_CELL_TIME_FACTOR * float(self.parameter_set.nominal().evaluate(param.p.Q_init))
        return axes_of(self.protocol, SECONDS_PER_HOUR * charge / abs(self.current), self.current)

    @cached_property
    def _times(self) -> Array:
        """Times [s] at which the solution of a given current is evaluated; none for steps."""
        if isinstance(self.protocol, Steps):
            return np.empty(0)
        extra = [moment for moment in self._moments if moment <= self.axes.time[-1]]
        if self._setup.panels is not None:
            return np.union1d(self.axes.time, np.concatenate([self._setup.panels.times, extra]))
        extra += [PULSE_TIME] if "pulse_resistance" in self.outputs.scalars else []
        return np.union1d(self.axes.time, extra) if extra else self.axes.time

    def _state(self, samples: Array) -> InitialState:
        return self._balance.at(self.inputs.with_derived(samples), self.soc)

    def feasibility(self, samples: Array) -> tuple[InitialState, list[Failure | None]]:
        """Initial state of samples (n_sample, n_coefficient), and the failure of each that is no cell; before any solve.

        The state's Jacobian is by all coefficients of the joint.
        """
        state = self._state(samples)
        failures = state.failures()
        possible = [k for k, failure in enumerate(failures) if failure is None]
        if possible:
            window = {side: (low[possible], high[possible]) for side, (low, high) in state.window.items()}
            reasons = self.parameter_set.instabilities(self.inputs.all_coefficients(samples)[possible], window)
            for k, reason in zip(possible, reasons, strict=True):
                failures[k] = Failure(FailureCause.UNSTABLE, reason) if reason else None
        return state, failures

    def rejected_fractions(self, n: int, rng: np.random.Generator) -> dict[str, float]:
        """Fractions of n draws of the joint that are "unstable" or "infeasible", without solving."""
        draws = self.parameter_set.joint.draw(n, rng)[:, self.inputs.columns]
        causes = [failure.cause for failure in self.feasibility(draws)[1] if failure]
        return {str(cause): causes.count(cause) / n for cause in (FailureCause.UNSTABLE, FailureCause.INFEASIBLE)}

    def solve(self, samples: Array, *, progress: Progress | None = None, batch: int | None = None) -> xr.Dataset:
        """Outputs of all samples (n_sample, n_coefficient), coefficients in the order of ``names``.

        Curves lie on one grid for all; values after a sample's cut-off are NaN. A sample that cannot be solved has ``failed``
        set, its `FailureCause` in ``cause`` and a sentence in ``reason``; it never keeps the others from being solved. One that
        lacks a declared output alone (NaN) has not failed, and has a reason.
        ``batch`` is the number of samples of the whole batch, where these are one chunk of it.
        """
        samples = self.inputs.as_samples(samples)
        rows: dict[str, Array] = {}
        failures: list[Failure | None] = []
        reasons: list[str] = []
        together = max(1, min(SAMPLES_AT_A_TIME, TIMES_AT_A_TIME // max(1, len(self._times))))
        for start in range(0, len(samples), together):
            chunk = samples[start : start + together]
            chunk_rows, chunk_failures, missing = self._solve_chunk(chunk, batch or len(samples))
            solved = [start + k for k, failure in enumerate(chunk_failures) if failure is None]
            for name, values in chunk_rows.items():
                rows.setdefault(name, np.full((len(samples), *values.shape[1:]), np.nan))[solved] = values
            failures += chunk_failures
            reasons += [str(failure or next(missing)) for failure in chunk_failures]
            if progress:
                progress(len(chunk))
        data = self._dataset(rows, "sample", len(samples))
        return data.assign(
            failed=("sample", [failure is not None for failure in failures]),
            cause=("sample", np.array([str(failure.cause) if failure else "" for failure in failures], dtype=object)),
            reason=("sample", np.array(reasons, dtype=object)),
        )

    def mean_fields(self, *, n_time: int = 201) -> MeanFields:
        """Compositions of particles and electrolyte at each place and time of one solve, at the mean coefficients.

        Raises
        ------
        SimulationFailed
            If the mean coefficients make no cell, or PyBaMM does not solve it.
        """
        mean, values = self.inputs.mean, self.parameter_set.mean_values
        state, (failure, *_) = self.feasibility(mean)
        if failure is not None:
            raise SimulationFailed(f"set {self.parameter_set.name}, mean coefficients: {failure}")
        inputs = self.inputs.of_model(mean, state.values)[0]
        end = self.axes.time[-1] if isinstance(self.protocol, ConstantCurrent) else 0.0
        try:
            return solve_fields(self._setup, inputs, end, values, temperature=self.parameter_set.temperature, n_time=n_time)
        except ValueError as error:
            raise SimulationFailed(f"set {self.parameter_set.name}, {error}") from error

    def _solve_chunk(self, samples: Array, batch: int) -> tuple[dict[str, Array], list[Failure | None], Iterator[str]]:
        """Outputs of the samples that can be solved, in their order, the failure of each sample, and what solved ones lack."""
        state, failures = self.feasibility(samples)
        feasible = [k for k, failure in enumerate(failures) if failure is None]
        inputs = self.inputs.of_model(samples, state.values)
        outcomes = self._solver.solve([inputs[k] for k in feasible], self._times, batch=batch)
        solved: dict[int, Trace] = {}
        for k, outcome in zip(feasible, outcomes, strict=True):
            if isinstance(outcome, Failure):
                failures[k] = outcome
            else:
                solved[k] = outcome
        if not solved:
            return {}, failures, iter(())
        indices = list(solved)
        mass = self._mass.of(self.inputs.with_derived(samples)[indices]) if self._mass else np.full(len(indices), np.nan)
        traces = Traces.of(list(solved.values()), mass)
        declared, missing = self.outputs.declared_rows(traces)
        return self.outputs.rows(traces, self.axes) | declared, failures, iter(missing)

    def _dataset(self, rows: dict[str, Array], dimension: str, n: int) -> xr.Dataset:
        """A Dataset of rows along a first dimension; NaN for outputs that no sample has."""
        shapes = self.outputs.shapes(self.axes)
        filled = {name: rows.get(name, np.full((n, *shape), np.nan)) for name, shape in shapes.items()}
        lithium = None if self._lithium_std else self.lithium  # lithium with an error bounds nothing
        bounds = output_bounds(self.protocol, self.voltage_limits, lithium, self.axes)
        return self.outputs.dataset(filled, self.axes, dimension, bounds)

    def jacobian(self, mean: Array, *, method: Literal["auto", "sensitivities", "differences"] = "auto") -> xr.Dataset:
        r"""Total derivatives of all outputs by the coefficients at ``mean`` (n_coefficient,).

        They include the change of the initial state and of the end time. Solver sensitivities are taken where they are right
        and cheap: a constant-current discharge by SPM or SPMe, for the outputs that follow from the voltage. Behind a step that
        an event ends they are wrong, and for DFN they cost as much as central differences through the batch, which are taken
        there.

        Raises
        ------
        ValueError
            If ``method`` is "sensitivities" and these do not give the derivatives of all outputs.
        SimulationFailed
            If a sample that the derivatives need cannot be solved.
        """
        mean = np.asarray(mean, float)
        if method == "auto":
            method = "sensitivities" if self._takes_sensitivities else "differences"
        if method == "differences":
            rows, n_solves = self._difference_gradient(mean), self._n_difference_solves
        elif self._has_sensitivities():
            rows, n_solves = self._sensitivity_gradient(mean), 1
        else:
            raise ValueError(
                "jacobian: solver sensitivities hold for a constant-current discharge and "
                f"{', '.join(sorted(DIFFERENTIABLE_OUTPUTS))}; take method='differences'"
            )
        data = self._dataset(rows, "coefficient", len(self.names)).assign_coords(coefficient=list(self.names))
        label = "central differences" if method == "differences" else "solver sensitivities"
        return data.assign_attrs(n_solves=n_solves, method=label)

    @property
    def gradient_solves(self) -> int:
        """Number of solves behind the derivatives of `jacobian`: one by sensitivities, two for each coefficient else."""
        return 1 if self._takes_sensitivities else self._n_difference_solves

    @property
    def _n_difference_solves(self) -> int:
        return 2 * int(np.count_nonzero(self.inputs.std))

    @property
    def _takes_sensitivities(self) -> bool:
        """True where `jacobian` takes solver sensitivities by default."""
        return self._has_sensitivities() and self.model in ("SPM", "SPMe")

    def _has_sensitivities(self) -> bool:
        wanted = set(self.outputs.names)
        if self.parameter_set.deriving_laws:
            return False  # derived inputs depend on the coefficients, which the solver's derivatives leave out
        discharge = isinstance(self.protocol, ConstantCurrent) and self.protocol.c_rate > 0
        return discharge and wanted <= DIFFERENTIABLE_OUTPUTS

    def _sensitivity_gradient(self, mean: Array) -> dict[str, Array]:
        """Rows (n_coefficient, …) of each output's derivative, from one solve."""
        state, failures = self.feasibility(mean[None])
        if failures[0]:
            raise SimulationFailed(f"jacobian: {failures[0]}")
        self._sensitive = self._sensitive or self._setup.simulation(keep_state=True)
        initial = {name: change[0, self.inputs.columns] for name, change in state.jacobians.items()}
        inputs = self.inputs.of_model(mean[None], state.values)[0]
        return discharge_gradient(self._sensitive, inputs, self.names, initial, self.axes, self.current)

    def _difference_gradient(self, mean: Array) -> dict[str, Array]:
        """Rows (n_coefficient, …) of each output's derivative, from two solves for each coefficient with an error."""

        def outputs(samples: Array) -> dict[str, Array]:
            data = self.solve(samples)
            if bool(data["failed"].any()):
                raise SimulationFailed(f"jacobian by differences: {next(r for r in data['reason'].values if r)}")
            return {name: data[name].values for name in self.outputs.shapes(self.axes)}

        return difference_gradient(outputs, mean, self.inputs.std)

    def __repr__(self) -> str:
        low, high = self.voltage_limits
        heading = f"Cell of set {self.parameter_set.name!r}: {described(self.model, self.options)}"
        experiment = f"{self.protocol} from {self.soc:.0%} state of charge, {low:g} to {high:g} V"
        outputs, inputs = (", ".join(abbreviated([cut(plain(n)) for n in names])) for names in (self.outputs.names, self.names))
        lines = [*(cut(plain(line), MESSAGE_LENGTH) for line in (heading, experiment)), f"outputs: {outputs}"]
        return "\n  ".join([*lines, f"{len(self.names)} inputs: {inputs}"])
