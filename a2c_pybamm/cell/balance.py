"""The state that simulations of a cell start from: its equations, its lithium, and the model's inputs that set it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import pybamm

from a2c_pybamm.cell.full_cell import X_INITIAL, Y_INITIAL, full_cell
from a2c_pybamm.cell.half_cell import half_cell
from a2c_pybamm.cell.initial_state import Graph, StateSolver
from a2c_pybamm.cell.msmr import OPTIONS, POTENTIALS, msmr

Kind = Literal["full cell", "half cell", "MSMR"]


def make_balance(
    values: pybamm.ParameterValues,
    names: tuple[str, ...],
    *,
    kind: Kind,
    lithium: float | None,
    voltage_limits: tuple[float, float],
    options: Mapping[str, Any],
    dilute: frozenset[str] = frozenset(),
) -> StateSolver:
    """Solver of the state that samples of a cell start from.

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
    dilute
        Sides on which a nearly empty or full host is possible: its potential is that of a dilute phase beside a gap, and
        PyBaMM's asymptotes change its stoichiometry by less than 0.005.

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
        return StateSolver(graph, half_cell(graph, voltage_limits, options), dilute)
    if kind not in ("full cell", "MSMR"):
        raise ValueError(f"initial state: kind {kind!r} is unknown; take full cell, half cell or MSMR")
    if lithium is None or not lithium > 0:
        raise ValueError(f"initial state: cyclable lithium is {lithium}; a {kind} needs a positive one [A.h]")
    equations = full_cell if kind == "full cell" else msmr
    return StateSolver(graph, equations(graph, lithium, voltage_limits, options), dilute)


def base_lithium(base: pybamm.ParameterValues, kind: Kind = "full cell", options: Mapping[str, Any] | None = None) -> float:
    """Cyclable lithium in the particles of a base set's initial state [A.h]."""
    of_kind = {**(options or {}), **(OPTIONS if kind == "MSMR" else {})}
    return float(base.evaluate(pybamm.LithiumIonParameters(of_kind).Q_Li_particles_init))


def cell_kind(model: str, options: Mapping[str, Any]) -> Kind:
    """Kind of cell that a model with these options simulates."""
    if options.get("working electrode", "both") == "positive":
        return "half cell"
    return "MSMR" if model == "MSMR" or options.get("open-circuit potential") == "MSMR" else "full cell"


def with_initial_inputs(values: pybamm.ParameterValues, kind: Kind = "full cell") -> pybamm.ParameterValues:
    """Copy of the values in which inputs set the initial state."""
    values = values.copy()
    if kind == "MSMR":
        initial = {f"Initial voltage in {side} electrode [V]": pybamm.InputParameter(name) for side, name in POTENTIALS.items()}
        values.update(initial)
        return values
    inputs = {"negative": X_INITIAL, "positive": Y_INITIAL}
    for side in ("negative", "positive") if kind == "full cell" else ("positive",):
        maximum = values[f"Maximum concentration in {side} electrode [mol.m-3]"]
        values.update({f"Initial concentration in {side} electrode [mol.m-3]": pybamm.InputParameter(inputs[side]) * maximum})
    return values
