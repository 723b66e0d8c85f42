"""The state that simulations of a cell start from: which equations hold for it, and what lithium it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pybamm

from a2c_pybamm.cell.full_cell import X_INITIAL, Y_INITIAL, full_cell
from a2c_pybamm.cell.half_cell import half_cell
from a2c_pybamm.cell.initial_state import LIMITS, VOLTAGE_MISS, Graph, InitialState, StateSolver
from a2c_pybamm.cell.msmr import OPTIONS, POTENTIALS, msmr
from a2c_pybamm.estimate import Array

__all__ = [
    "LIMITS",
    "X_INITIAL",
    "Y_INITIAL",
    "InitialState",
    "StateSolver",
    "base_lithium",
    "make_balance",
    "with_initial_inputs",
]

Kind = Literal["full cell", "half cell", "MSMR"]


def make_balance(
    values: pybamm.ParameterValues,
    names: tuple[str, ...],
    *,
    kind: Kind,
    lithium: float | None,
    voltage_limits: tuple[float, float],
    options: Mapping[str, Any],
) -> StateSolver:
    """The solver of the state that samples of a cell start from.

    Parameters
    ----------
    values
        Parameter values whose coefficients are inputs.
    names
        Coefficients, in the order of the samples' columns.
    kind
        "full cell"; "half cell", a working electrode against lithium metal; or "MSMR", a full cell of multi-species,
        multi-reaction electrodes.
    lithium
        Cyclable lithium [A.h], the same for all samples; None for a half cell, whose counter electrode never runs out.
    voltage_limits
        Open-circuit voltages [V] of the empty and the full cell.
    options
        Options of the PyBaMM model.

    Raises
    ------
    ValueError
        If the kind is unknown or lacks its lithium, an electrode has two phases, or the limits are in the wrong order.
    """
    low, high = voltage_limits
    if not low < high:
        raise ValueError(f"initial state: lower voltage limit {low:g} V is not below the upper one {high:g} V")
    phases = options.get("particle phases", "1")
    if "2" in (phases if isinstance(phases, tuple) else (phases,)):
        raise ValueError("initial state: an electrode of two phases has no single stoichiometry; take 'particle phases' 1")
    graph = Graph.of(values, names)
    if kind == "half cell":
        return StateSolver(graph, half_cell(graph, voltage_limits, options))
    if kind not in ("full cell", "MSMR"):
        raise ValueError(f"initial state: kind {kind!r} is unknown; take full cell, half cell or MSMR")
    if lithium is None or not lithium > 0:
        raise ValueError(f"initial state: cyclable lithium is {lithium}; a {kind} needs a positive one [A.h]")
    equations = full_cell if kind == "full cell" else msmr
    return StateSolver(graph, equations(graph, lithium, voltage_limits, options))


def base_lithium(base: pybamm.ParameterValues, kind: Kind = "full cell", options: Mapping[str, Any] | None = None) -> float:
    """Cyclable lithium in the particles of a base set's initial state [A.h]."""
    own = {**(options or {}), **(OPTIONS if kind == "MSMR" else {})}
    return float(base.evaluate(pybamm.LithiumIonParameters(own).Q_Li_particles_init))


def with_initial_inputs(values: pybamm.ParameterValues, kind: Kind = "full cell") -> pybamm.ParameterValues:
    """A copy of the values in which the initial state comes from the inputs that carry it."""
    values = values.copy()
    if kind == "MSMR":
        initial = {f"Initial voltage in {side} electrode [V]": pybamm.InputParameter(name) for side, name in POTENTIALS.items()}
        values.update(initial)
        return values
    carriers = {"negative": X_INITIAL, "positive": Y_INITIAL}
    for side in ("negative", "positive") if kind == "full cell" else ("positive",):
        maximum = values[f"Maximum concentration in {side} electrode [mol.m-3]"]
        values.update({f"Initial concentration in {side} electrode [mol.m-3]": pybamm.InputParameter(carriers[side]) * maximum})
    return values


@dataclass(frozen=True, eq=False)
class FullCharge:
    """Full-charge state of samples."""

    negative: Array
    """Stoichiometry of the negative electrode (n_sample,)."""
    positive: Array
    """Stoichiometry of the positive electrode (n_sample,)."""
    negative_jacobian: Array
    """Its derivative by the coefficients (n_sample, n_coefficient)."""
    positive_jacobian: Array
    miss: Array
    """Voltage without the barrier minus the upper limit [V] (n_sample,)."""
    emptied: Array
    """Stoichiometry of the positive electrode that holds all cyclable lithium (n_sample,)."""

    def reasons(self) -> list[str]:
        """Why each sample cannot be a cell; empty text where it can."""
        low, high = LIMITS
        texts = []
        for x, y, miss in zip(self.negative, self.positive, self.miss, strict=True):
            if not np.isfinite([x, y, miss]).all():
                texts.append("infeasible: no full-charge state (not finite)")
            elif not (low <= x <= high and low <= y <= high):
                texts.append(f"infeasible: starts at stoichiometries {x:.4f} (negative), {y:.4f} (positive)")
            elif abs(miss) > VOLTAGE_MISS:
                texts.append(f"infeasible: full-charge voltage misses the limit by {1e3 * miss:.1f} mV")
            else:
                texts.append("")
        return texts


class Balance:
    """Full-charge states by names of their electrodes."""

    def __init__(self, values: pybamm.ParameterValues, names: tuple[str, ...], lithium: float, voltage: float) -> None:
        limits = (0.0, voltage)
        self._solver = make_balance(values, names, kind="full cell", lithium=lithium, voltage_limits=limits, options={})
        self.used = self._solver.used

    def full_charge(self, samples: Array) -> FullCharge:
        """The full-charge state of samples (n_sample, n_coefficient)."""
        state = self._solver.at(samples)
        (x, y), (dx, dy) = state.values.values(), state.jacobians.values()
        return FullCharge(x, y, dx, dy, state.ends["full"].miss, state.emptied)
