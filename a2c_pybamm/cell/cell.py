"""A cell simulation, built once and solved for batches of coefficient samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pybamm
import xarray as xr

from a2c_pybamm.cell.balance import LIMITS, X_INITIAL, Y_INITIAL, Balance, FullCharge, base_lithium, with_initial_inputs
from a2c_pybamm.cell.gradient import discharge_gradient
from a2c_pybamm.cell.outputs import Axes, write_row
from a2c_pybamm.estimate import Array
from a2c_pybamm.laws import UnstablePhaseError
from a2c_pybamm.parameter_set import ParameterSet, base_values

Progress = Callable[[int], None]

CHUNK = 100
"""Samples solved at a time, so that memory stays bounded."""
N_TIME = 361
N_SHARE = 51
TOLERANCE = {"rtol": 1e-5, "atol": 1e-7}
DIFFERENCE_STEP = 0.02
"""Step of central differences, in standard deviations of each coefficient."""


class SimulationFailed(ValueError):
    """A cell cannot be built or solved with these values."""


class Cell:
    """A constant-current discharge of a PyBaMM cell from full charge, as a function of a parameter set's coefficients.

    The model is built and discretised once with every coefficient an input. Initial stoichiometries belong to the sample: they
    follow from its own open-circuit potentials, the upper voltage limit and the base set's cyclable lithium (which stays fixed
    when an uncertain volume moves the maximum concentration), with their exact Jacobian.

    Parameters
    ----------
    parameter_set
        The set with its joint.
    model
        "SPM", "SPMe" or "DFN".
    c_rate
        Discharge current in units of the base set's nominal capacity per hour.
    voltage_limits
        Lower cut-off and full-charge voltage [V]; the set's own if not given.

    Raises
    ------
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
        model: Literal["SPM", "SPMe", "DFN"] = "SPMe",
        c_rate: float = 1.0,
        voltage_limits: tuple[float, float] | None = None,
    ) -> None:
        if model not in ("SPM", "SPMe", "DFN"):
            raise ValueError(f"cell: model {model!r} is unknown; take SPM, SPMe or DFN")
        if not c_rate > 0:
            raise ValueError(f"cell: c_rate {c_rate:g} must be positive (a discharge)")
        self.parameter_set, self.model, self.c_rate = parameter_set, model, c_rate
        base = base_values(parameter_set.base)
        own = parameter_set.voltage_limits or (base["Lower voltage cut-off [V]"], base["Upper voltage cut-off [V]"])
        self.voltage_limits = voltage_limits or own
        low, high = self.voltage_limits
        if not low < high:
            raise ValueError(f"cell: lower voltage limit {low:g} V is not below the upper one {high:g} V")
        self.current = c_rate * float(base["Nominal cell capacity [A.h]"])
        self.lithium = base_lithium(base)
        values = parameter_set.uncertain()
        values.update(
            {"Lower voltage cut-off [V]": low, "Upper voltage cut-off [V]": high, "Current function [A]": self.current}
        )
        self._balance = Balance(values, parameter_set.joint.names, self.lithium, high)
        self._values = with_initial_inputs(values)
        time = np.linspace(0, 3600 * self.lithium / self.current, N_TIME)
        self.axes = Axes(time, time * self.current / 3600, np.linspace(0, 1, N_SHARE))
        self._batch = self._simulation(["Voltage [V]"])
        self._batch.build()
        felt = {parameter.name for parameter in self._batch.built_model.input_parameters} | set(self._balance.used)
        self.names = tuple(name for name in parameter_set.joint.names if name in felt)
        self._felt = parameter_set.joint.rows(self.names)
        self._sensitive: pybamm.Simulation | None = None
        reason = self.feasibility(parameter_set.joint.mean[self._felt][None])[1][0]
        if reason:
            error = UnstablePhaseError if reason.startswith("unstable") else SimulationFailed
            raise error(
                f"set {parameter_set.name}, mean coefficients: {reason}; choose another voltage window, or check the data"
            )

    def _simulation(self, output_variables: list[str] | None = None) -> pybamm.Simulation:
        model = getattr(pybamm.lithium_ion, self.model)()
        options = {"silence_sundials_errors": True, "num_threads": 1}
        solver = pybamm.IDAKLUSolver(**TOLERANCE, output_variables=output_variables, on_failure="ignore", options=options)
        return pybamm.Simulation(model, parameter_values=self._values.copy(), solver=solver)

    def _whole(self, samples: Array) -> Array:
        """Samples of ``names`` with all the joint's coefficients (n_sample, n_joint)."""
        whole = np.tile(self.parameter_set.joint.mean, (len(samples), 1))
        whole[:, self._felt] = samples
        return whole

    def feasibility(self, samples: Array) -> tuple[FullCharge, list[str]]:
        """Full-charge state of samples (n_sample, n_coefficient) and, for those that are no cell, why; before any solve.

        The state's Jacobian is by all coefficients of the joint.
        """
        whole = self._whole(samples)
        state = self._balance.full_charge(whole)
        reasons = state.reasons()
        possible = [k for k, reason in enumerate(reasons) if not reason]
        if possible:
            low, high = LIMITS
            window = {
                "negative": (np.full(len(possible), low), state.negative[possible]),
                "positive": (state.positive[possible], np.clip(state.emptied[possible], state.positive[possible], high)),
            }
            for k, reason in zip(possible, self.parameter_set.unstable(whole[possible], window), strict=True):
                reasons[k] = reason
        return state, reasons

    def refused(self, n: int, rng: np.random.Generator) -> dict[str, float]:
        """Fractions of n draws of the joint that are "unstable" or "infeasible", found without solving."""
        draws = self.parameter_set.joint.draw(n, rng)[:, self._felt]
        reasons = self.feasibility(draws)[1]
        return {cause: sum(r.startswith(cause) for r in reasons) / n for cause in ("unstable", "infeasible")}

    def solve(self, samples: Array, *, progress: Progress | None = None) -> xr.Dataset:
        """Outputs of all samples (n_sample, n_coefficient), coefficients in the order of ``names``.

        Curves lie on one grid for all; values after a sample's cut-off are NaN. A sample that cannot be solved has ``failed``
        set and says why in ``reason``; it never keeps the others from being solved.
        """
        samples = self.checked(samples)
        rows, reasons = self.axes.empty(len(samples)), [""] * len(samples)
        for start in range(0, len(samples), CHUNK):
            chunk = samples[start : start + CHUNK]
            state, verdicts = self.feasibility(chunk)
            good = [k for k, verdict in enumerate(verdicts) if not verdict]
            outcomes = self._solve_many([self.inputs(chunk[k], state.negative[k], state.positive[k]) for k in good])
            for k, outcome in zip(good, outcomes, strict=True):
                verdicts[k] = self._record(rows, start + k, outcome)
            reasons[start : start + CHUNK] = verdicts
            if progress:
                progress(len(chunk))
        data = self.axes.dataset(rows, "sample")
        return data.assign(failed=("sample", [bool(r) for r in reasons]), reason=("sample", np.array(reasons, dtype=object)))

    def checked(self, samples: Array) -> Array:
        """Samples as floats (n_sample, n_coefficient); one that is given alone (n_coefficient,) becomes a row."""
        samples = np.atleast_2d(np.asarray(samples, float))
        if samples.shape[1] != len(self.names):
            raise ValueError(f"cell: samples have {samples.shape[1]} columns for {len(self.names)} coefficients")
        return samples

    def inputs(self, sample: Array, negative: float, positive: float) -> dict[str, float]:
        """PyBaMM's inputs for one sample and its full-charge stoichiometries."""
        own = dict(zip(self.names, map(float, sample), strict=True))
        return {**own, X_INITIAL: float(negative), Y_INITIAL: float(positive)}

    def _solve_many(self, inputs: list[dict[str, float]]) -> list[Any]:
        """A solution, or the text of its failure, for each set of inputs; a batch that breaks is halved down to the culprit."""
        if not inputs:
            return []
        try:
            solutions = self._batch.solve(self.axes.time[[0, -1]], inputs=inputs, t_interp=self.axes.time)
        except pybamm.SolverError as error:
            if len(inputs) == 1:
                return [f"solver: {' '.join(str(error).split())[:120]}"]
            middle = len(inputs) // 2
            return [*self._solve_many(inputs[:middle]), *self._solve_many(inputs[middle:])]
        return solutions if isinstance(solutions, list) else [solutions]

    def _record(self, rows: dict[str, Array], k: int, solution: Any) -> str:
        """Write one solution into row k; the reason if it does not count."""
        if isinstance(solution, str):
            return solution
        t, voltage = solution.t, solution["Voltage [V]"].data
        if not np.isfinite(voltage).all():
            return "solver: voltage is not finite"
        if "Minimum voltage" not in solution.termination:
            return f"solver: ended by {solution.termination!r} instead of the lower voltage limit"
        write_row(rows, k, self.axes, self.current, t, voltage)
        return ""

    def jacobian(self, mean: Array, *, method: Literal["auto", "sensitivities", "differences"] = "auto") -> xr.Dataset:
        r"""Total derivatives of all outputs by the coefficients at ``mean`` (n_coefficient,).

        The change of the full-charge state and of the end time is in them. Solver sensitivities cost a few solves for SPM and
        SPMe; for DFN they cost as much as central differences through the batch, which are taken there.
        """
        if method == "auto":
            method = "differences" if self.model == "DFN" else "sensitivities"
        if method == "differences":
            return self._difference_gradient(np.asarray(mean, float))
        state, reasons = self.feasibility(np.asarray(mean, float)[None])
        if reasons[0]:
            raise SimulationFailed(f"jacobian: {reasons[0]}")
        self._sensitive = self._sensitive or self._simulation()
        inputs = self.inputs(np.asarray(mean, float), state.negative[0], state.positive[0])
        full_charge = state.negative_jacobian[0, self._felt], state.positive_jacobian[0, self._felt]
        rows = discharge_gradient(self._sensitive, inputs, self.names, full_charge, self.axes, self.current)
        data = self.axes.dataset(rows, "coefficient").assign_coords(coefficient=list(self.names))
        return data.assign_attrs(n_solves=1, method="solver sensitivities")

    def _difference_gradient(self, mean: Array) -> xr.Dataset:
        """Central differences of the whole pipeline: open-circuit potential, full charge, solve, cut-off."""
        std = self.parameter_set.joint.std[self._felt]
        moving = np.flatnonzero(std > 0)
        steps = DIFFERENCE_STEP * std[moving]
        offsets = np.zeros((len(moving), len(mean)))
        offsets[np.arange(len(moving)), moving] = steps
        data = self.solve(np.concatenate([mean + offsets, mean - offsets]))
        if bool(data["failed"].any()):
            raise SimulationFailed(f"jacobian by differences: {next(r for r in data['reason'].values if r)}")
        rows = self.axes.empty(len(mean))
        for name, row in rows.items():
            row[:] = 0.0
            up, down = np.split(data[name].values, 2)
            row[moving] = (up - down) / (2 * steps).reshape(-1, *[1] * (row.ndim - 1))
        gradient = self.axes.dataset(rows, "coefficient").assign_coords(coefficient=list(self.names))
        return gradient.assign_attrs(n_solves=2 * len(moving), method="central differences")
