"""A cell simulation, built once and solved for batches of coefficient samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pybamm
import xarray as xr

from a2c_pybamm.cell.balance import Kind, base_lithium, make_balance, with_initial_inputs
from a2c_pybamm.cell.gradient import DERIVED, discharge_gradient
from a2c_pybamm.cell.initial_state import LIMITS, InitialState
from a2c_pybamm.cell.mass import LayerMass
from a2c_pybamm.cell.outputs import ALIASES, PULSE, Axes, Outputs, axes_of
from a2c_pybamm.cell.protocol import ConstantCurrent, Steps, as_protocol
from a2c_pybamm.cell.pybamm_model import build_model, building, described, known_variables
from a2c_pybamm.cell.solving import BatchSolver, Inputs, Setup
from a2c_pybamm.cell.traces import Trace, Traces
from a2c_pybamm.estimate import Array
from a2c_pybamm.failure import Failure, FailureCause
from a2c_pybamm.laws import UnstablePhaseError
from a2c_pybamm.parameter_set import TREATMENTS, ParameterSet, base_values, kind_options

Progress = Callable[[int], None]

CHUNK = 100
"""Samples solved at a time, so that memory stays bounded."""
DIFFERENCE_STEP = 0.02
"""Step of central differences, in standard deviations of each coefficient."""
LONGER = 1.3
"""An experiment's curves have room for this times what the mean cell takes; what goes on longer is cut off there."""
FREELY = 1.5
"""A half cell's counter electrode never runs out: time is given for this times the working electrode's capacity."""
MARGIN = 1e-3
"""What the voltage limits are widened by [V] where a protocol may begin, rest or hold exactly at one."""


class SimulationFailed(ValueError):
    """A cell cannot be built or solved with these values."""


class Cell:
    """A simulation of a PyBaMM lithium-ion cell as a function of a parameter set's coefficients.

    The model is built and discretised once with every coefficient an input. Initial stoichiometries belong to the sample: they
    follow from its own open-circuit potentials, the voltage limits and the base set's cyclable lithium (which stays fixed
    when an uncertain volume moves the maximum concentration), with their exact Jacobian.

    Parameters
    ----------
    parameter_set
        The set with its joint. Sets of half cells and of MSMR electrodes bring the model options they need.
    model
        "SPM", "SPMe", "DFN", "MSMR", or another class of ``pybamm.lithium_ion``.
    options
        Options of the PyBaMM model, e.g. ``{"thermal": "lumped"}``.
    protocol
        What is done to it: `ConstantCurrent`, `DriveCycle`, a ``pybamm.Experiment`` or a list of its step strings.
    c_rate
        Without a protocol: discharge current in units of the base set's nominal capacity per hour; negative to charge.
    voltage_limits
        Lower cut-off and full-charge voltage [V]; the set's own if not given.
    soc
        State of charge at the start, as PyBaMM counts it; 1 if not given, 0 where a constant current charges.
    outputs
        Named numbers (`a2c_pybamm.cell.outputs.SCALARS`) and PyBaMM variables; capacity, energy, mean voltage, end time and
        the voltage curve if not given.
    compile
        Whether the solver's functions are compiled; None for where there is a compiler and the batch repays it.

    Raises
    ------
    ValueError
        If PyBaMM has no such model, option, step or variable.
    UnstablePhaseError
        If a host at the mean coefficients would separate into phases within reach of the cell; the text names the spinodal.
    SimulationFailed
        If the mean cell cannot be charged to the upper limit.
    """

    names: tuple[str, ...]
    """Coefficients that the simulation feels, in the order that ``solve`` takes them; the others stay at their means."""

    def __init__(
        self,
        parameter_set: ParameterSet,
        *,
        model: str = "SPMe",
        options: Mapping[str, Any] | None = None,
        protocol: Any = None,
        c_rate: float = 1.0,
        voltage_limits: tuple[float, float] | None = None,
        soc: float | None = None,
        outputs: Sequence[str] | None = None,
        compile: bool | None = None,
    ) -> None:
        self.parameter_set, self.model, self.compile = parameter_set, model, compile
        given = as_tuples(options or {})
        with building(described(model, given), parameter_set.base):
            base = base_values(parameter_set.base)
            self.options = {**kind_options(base), **parameter_set.model_options, **given}
            self.protocol = as_protocol(protocol, c_rate)
            own = parameter_set.voltage_limits or (base["Lower voltage cut-off [V]"], base["Upper voltage cut-off [V]"])
            self.voltage_limits = voltage_limits or own
            self.soc = self.protocol.usual_soc if soc is None else soc
            if not 0 <= self.soc <= 1:
                raise ValueError(f"cell: soc is {self.soc:g}; give a state of charge between 0 and 1")
            self.outputs = Outputs.of(outputs, self.protocol)
            self._build(base)
            self._refuse_impossible_mean()

    def _build(self, base: pybamm.ParameterValues) -> None:
        """Set up the initial state, the model and the coefficients that it depends on."""
        parameter_set = self.parameter_set
        build_model(self.model, self.options)  # refuses what PyBaMM does not know
        kind = self._kind()
        self.lithium = None if kind == "half cell" else base_lithium(base, kind, self.options)
        self.current = self.protocol.c_rate * _nominal(base) if isinstance(self.protocol, ConstantCurrent) else 0.0
        values = self._values(parameter_set.uncertain())
        all_names = parameter_set.input_names
        curves = [ALIASES.get(name, name) for name in self.outputs.curves]
        read = known_variables(self.model, self.options, self.outputs.needs, curves)
        setup = Setup(self.model, self.options, with_initial_inputs(values, kind), self.protocol, read)
        self._balance = make_balance(
            values,
            all_names,
            kind=kind,
            lithium=self.lithium,
            voltage_limits=self.voltage_limits,
            options=self.options,
            dilute=parameter_set.two_phase_sides,
        )
        self._mass = LayerMass(values, all_names) if "specific_energy" in self.outputs.scalars else None
        self._setup, self._solver = setup, BatchSolver(setup, self.compile)
        in_model, asked = setup.inputs()
        felt = in_model | set(self._balance.used) | set(self._mass.used if self._mass else ())
        for law in parameter_set.deriving_laws:
            felt |= set(law.names) if felt & set(law.derived_names) else set()
        joint = parameter_set.joint
        self.names = tuple(name for name in joint.names if name in felt)
        mean = dict(zip(joint.names, map(float, joint.mean), strict=True))
        self._idle = {name: mean[name] for name in joint.names if name in asked - felt}
        self._derived = [k for k, name in enumerate(all_names) if k >= len(joint.names) and name in asked | in_model]
        self._felt = parameter_set.joint.rows(self.names)
        self._sensitive: pybamm.Simulation | None = None

    @property
    def versions(self) -> dict[str, str]:
        """Versions of what solves it."""
        return {"pybamm": str(pybamm.__version__)}

    def _kind(self) -> Kind:
        if self.options.get("working electrode", "both") == "positive":
            return "half cell"
        return "MSMR" if self.model == "MSMR" or self.options.get("open-circuit potential") == "MSMR" else "full cell"

    def _values(self, values: pybamm.ParameterValues) -> pybamm.ParameterValues:
        """Values with the limits and the current of this cell."""
        low, high = self.voltage_limits
        wider = 0.0 if isinstance(self.protocol, ConstantCurrent) else MARGIN
        lower = low - wider if isinstance(self.protocol, Steps) else low
        values.update({"Lower voltage cut-off [V]": lower, "Upper voltage cut-off [V]": high + wider})
        if isinstance(self.protocol, ConstantCurrent):
            values.update({"Current function [A]": self.current})
        elif not isinstance(self.protocol, Steps):
            time, current = np.array(self.protocol.time), np.array(self.protocol.current)
            values.update({"Current function [A]": pybamm.Interpolant(time, current, pybamm.t)})
        return values

    def _refuse_impossible_mean(self) -> None:
        mean = self.parameter_set.joint.mean[self._felt]
        failure = self.feasibility(mean[None])[1][0]
        whole = {side: (np.full(1, LIMITS[0]), np.full(1, LIMITS[1])) for side in ("negative", "positive")}
        # a host that falls apart has no sensible full charge either: say what is behind it
        cause = self.parameter_set.instabilities(self._whole(mean[None]), whole)[0] if failure else ""
        if cause:
            raise UnstablePhaseError(f"set {self.parameter_set.name}, mean coefficients: unstable: {cause}; {TREATMENTS}")
        if failure:
            raise SimulationFailed(
                f"set {self.parameter_set.name}, mean coefficients: {failure}; choose another voltage window, or check the data"
            )

    @cached_property
    def axes(self) -> Axes:
        """The grids of the curves."""
        if isinstance(self.protocol, Steps):
            mean = self.parameter_set.joint.mean[self._felt][None]
            outcome = self._solver.solve(self._inputs(mean, self._state(mean)), np.empty(0), batch=1)[0]
            if isinstance(outcome, Failure):
                raise SimulationFailed(
                    f"set {self.parameter_set.name}, mean coefficients: {outcome}; change the steps or limits"
                )
            return axes_of(self.protocol, LONGER * float(outcome.t[-1]), 0.0)
        if not isinstance(self.protocol, ConstantCurrent):
            return axes_of(self.protocol, self.protocol.time[-1], 0.0)
        charge = self.lithium
        if charge is None:
            param = pybamm.LithiumIonParameters(dict(self.options))
            charge = FREELY * float(self.parameter_set.nominal().evaluate(param.p.Q_init))
        return axes_of(self.protocol, 3600 * charge / abs(self.current), self.current)

    @property
    def _times(self) -> Array:
        """Times that a given current is solved for [s]."""
        if isinstance(self.protocol, Steps):
            return np.empty(0)
        extra = [PULSE] if "pulse_resistance" in self.outputs.scalars else []
        return np.union1d(self.axes.time, extra) if extra else self.axes.time

    def _whole(self, samples: Array) -> Array:
        """Samples of ``names`` with all the joint's coefficients (n_sample, n_joint)."""
        whole = np.tile(self.parameter_set.joint.mean, (len(samples), 1))
        whole[:, self._felt] = samples
        return whole

    def _with_derived(self, samples: Array) -> Array:
        """Samples of ``names`` with all that the set's laws are given (n_sample, n_input)."""
        return self.parameter_set.with_derived(self._whole(samples))

    def _state(self, samples: Array) -> InitialState:
        return self._balance.at(self._with_derived(samples), self.soc)

    def feasibility(self, samples: Array) -> tuple[InitialState, list[Failure | None]]:
        """Initial state of samples (n_sample, n_coefficient) and, for those that are no cell, why; before any solve.

        The state's Jacobian is by all coefficients of the joint.
        """
        state = self._state(samples)
        failures = state.failures()
        possible = [k for k, failure in enumerate(failures) if failure is None]
        if possible:
            window = {side: (low[possible], high[possible]) for side, (low, high) in state.window.items()}
            for k, detail in zip(
                possible, self.parameter_set.instabilities(self._whole(samples)[possible], window), strict=True
            ):
                failures[k] = Failure(FailureCause.UNSTABLE, detail) if detail else None
        return state, failures

    def refused(self, n: int, rng: np.random.Generator) -> dict[str, float]:
        """Fractions of n draws of the joint that are "unstable" or "infeasible", found without solving."""
        draws = self.parameter_set.joint.draw(n, rng)[:, self._felt]
        causes = [failure.cause for failure in self.feasibility(draws)[1] if failure]
        return {str(cause): causes.count(cause) / n for cause in (FailureCause.UNSTABLE, FailureCause.INFEASIBLE)}

    def solve(self, samples: Array, *, progress: Progress | None = None, batch: int | None = None) -> xr.Dataset:
        """Outputs of all samples (n_sample, n_coefficient), coefficients in the order of ``names``.

        Curves lie on one grid for all; values after a sample's cut-off are NaN. A sample that cannot be solved has ``failed``
        set, its `FailureCause` in ``cause`` and a sentence in ``reason``; it never keeps the others from being solved.
        ``batch`` is the number of samples that these are part of, where another hands out the parts.
        """
        samples = self.checked(samples)
        rows: dict[str, Array] = {}
        failures: list[Failure | None] = [None] * len(samples)
        for start in range(0, len(samples), CHUNK):
            chunk = samples[start : start + CHUNK]
            state, found = self.feasibility(chunk)
            good = [k for k, failure in enumerate(found) if failure is None]
            inputs = self._inputs(chunk, state)
            outcomes = self._solver.solve([inputs[k] for k in good], self._times, batch=batch or len(samples))
            for k, outcome in zip(good, outcomes, strict=True):
                found[k] = outcome if isinstance(outcome, Failure) else None
            solved = {k: out for k, out in zip(good, outcomes, strict=True) if isinstance(out, Trace)}
            for name, part in self._rows(chunk, solved).items():
                whole = rows.setdefault(name, np.full((len(samples), *part.shape[1:]), np.nan))
                whole[[start + k for k in solved]] = part
            failures[start : start + CHUNK] = found
            if progress:
                progress(len(chunk))
        data = self._dataset(rows, "sample", len(samples))
        return data.assign(
            failed=("sample", [failure is not None for failure in failures]),
            cause=("sample", np.array([str(failure.cause) if failure else "" for failure in failures], dtype=object)),
            reason=("sample", np.array([str(failure) if failure else "" for failure in failures], dtype=object)),
        )

    def _rows(self, samples: Array, solved: Mapping[int, Trace]) -> dict[str, Array]:
        """Outputs of the solved samples, in their order."""
        if not solved:
            return {}
        own = list(solved)
        mass = self._mass.of(self._with_derived(samples)[own]) if self._mass else np.full(len(own), np.nan)
        return self.outputs.rows(Traces.of(list(solved.values()), mass), self.axes)

    def _dataset(self, rows: dict[str, Array], dimension: str, n: int) -> xr.Dataset:
        """A Dataset of rows along a first dimension; NaN for outputs that no sample has."""
        shapes = self.outputs.shapes(self.axes)
        filled = {name: rows.get(name, np.full((n, *shape), np.nan)) for name, shape in shapes.items()}
        return self.outputs.dataset(filled, self.axes, dimension, self._bounds)

    @cached_property
    def _bounds(self) -> dict[str, dict[str, float]]:
        """Values that outputs of a constant current cannot leave, whatever the coefficients."""
        if not isinstance(self.protocol, ConstantCurrent) or self.lithium is None:
            return {}
        low, high = self.voltage_limits
        most = {"capacity": self.lithium, "energy": self.lithium * high, "end_time": float(self.axes.time[-1])}
        bounds = {name: {"minimum": 0.0, "maximum": value} for name, value in most.items()}
        # on discharge the voltage starts below full charge and falls; on charge the other way round
        voltages = ("mean_voltage", "voltage", "voltage_of_capacity", "voltage_of_share")
        return bounds | {name: {"minimum": low, "maximum": high} for name in voltages}

    def checked(self, samples: Array) -> Array:
        """Samples as floats (n_sample, n_coefficient); one that is given alone (n_coefficient,) becomes a row."""
        samples = np.atleast_2d(np.asarray(samples, float))
        if samples.shape[1] != len(self.names):
            raise ValueError(f"cell: samples have {samples.shape[1]} columns for {len(self.names)} coefficients")
        return samples

    def _inputs(self, samples: Array, state: InitialState) -> list[Inputs]:
        """PyBaMM's inputs for each sample, its initial state among them."""
        carried = {name: values.tolist() for name, values in state.values.items()}
        if self._derived:
            whole = self._with_derived(samples)
            carried |= {self.parameter_set.input_names[k]: whole[:, k].tolist() for k in self._derived}
        return [
            self._idle | dict(zip(self.names, sample, strict=True)) | {name: values[k] for name, values in carried.items()}
            for k, sample in enumerate(samples.tolist())
        ]

    def jacobian(self, mean: Array, *, method: Literal["auto", "sensitivities", "differences"] = "auto") -> xr.Dataset:
        r"""Total derivatives of all outputs by the coefficients at ``mean`` (n_coefficient,).

        The change of the initial state and of the end time is in them. Solver sensitivities are taken where they are right and
        cheap: a constant-current discharge by SPM or SPMe, for the outputs that follow from the voltage. Behind a step that an
        event ends they are wrong, and for DFN they cost as much as central differences through the batch, which are taken
        there.

        Raises
        ------
        ValueError
            If ``method`` is "sensitivities" and these do not give the derivatives of all outputs.
        SimulationFailed
            If a sample that the derivatives need cannot be solved.
        """
        able = self._has_sensitivities()
        if method == "auto":
            method = "sensitivities" if able and self.model in ("SPM", "SPMe") else "differences"
        if method == "differences":
            return self._difference_gradient(np.asarray(mean, float))
        if not able:
            raise ValueError(
                f"jacobian: solver sensitivities hold for a constant-current discharge and {', '.join(sorted(DERIVED))}; "
                "take method='differences'"
            )
        samples = np.asarray(mean, float)[None]
        state, reasons = self.feasibility(samples)
        if reasons[0]:
            raise SimulationFailed(f"jacobian: {reasons[0]}")
        self._sensitive = self._sensitive or self._setup.simulation(whole=True)
        initial = {name: change[0, self._felt] for name, change in state.jacobians.items()}
        inputs = self._inputs(samples, state)[0]
        rows = discharge_gradient(self._sensitive, inputs, self.names, initial, self.axes, self.current)
        data = self._dataset(rows, "coefficient", len(self.names)).assign_coords(coefficient=list(self.names))
        return data.assign_attrs(n_solves=1, method="solver sensitivities")

    def _has_sensitivities(self) -> bool:
        wanted = {*self.outputs.scalars, *self.outputs.curves}
        if self.parameter_set.deriving_laws:
            return False  # plateaus move with the coefficients, and the solver does not see it
        return isinstance(self.protocol, ConstantCurrent) and self.protocol.c_rate > 0 and wanted <= DERIVED

    def _difference_gradient(self, mean: Array) -> xr.Dataset:
        """Central differences of the whole pipeline: open-circuit potential, initial state, solve, cut-off."""
        std = self.parameter_set.joint.std[self._felt]
        moving = np.flatnonzero(std > 0)
        steps = DIFFERENCE_STEP * std[moving]
        offsets = np.zeros((len(moving), len(mean)))
        offsets[np.arange(len(moving)), moving] = steps
        data = self.solve(np.concatenate([mean + offsets, mean - offsets]))
        if bool(data["failed"].any()):
            raise SimulationFailed(f"jacobian by differences: {next(r for r in data['reason'].values if r)}")
        rows = {}
        for name, shape in self.outputs.shapes(self.axes).items():
            rows[name] = np.zeros((len(mean), *shape))
            up, down = np.split(data[name].values, 2)
            rows[name][moving] = (up - down) / (2 * steps).reshape(-1, *[1] * len(shape))
        gradient = self._dataset(rows, "coefficient", len(mean)).assign_coords(coefficient=list(self.names))
        return gradient.assign_attrs(n_solves=2 * len(moving), method="central differences")


def _nominal(base: pybamm.ParameterValues) -> float:
    return float(base["Nominal cell capacity [A.h]"])


def as_tuples(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as PyBaMM wants them: pairs are tuples."""
    return {name: _tuple(value) for name, value in options.items()}


def _tuple(value: Any) -> Any:
    return tuple(map(_tuple, value)) if isinstance(value, list | tuple) else value
