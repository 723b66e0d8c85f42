"""The state that simulations of a cell start from: its equations, its lithium, and the model's inputs that set it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pybamm

from a2c_pybamm.cell.full_cell import X_INITIAL, Y_INITIAL, full_cell
from a2c_pybamm.cell.half_cell import half_cell
from a2c_pybamm.cell.initial_state import Graph, StateSolver
from a2c_pybamm.cell.msmr import POTENTIALS, msmr
from a2c_pybamm.parameter_set.lithium import initial_concentrations
from a2c_pybamm.parameter_set.state_limits import STATE_LIMITS
from a2c_pybamm.schema import listed

Kind = Literal["full cell", "half cell", "MSMR"]


def make_balance(
    values: pybamm.ParameterValues,
    names: tuple[str, ...],
    *,
    kind: Kind,
    base: pybamm.ParameterValues,
    voltage_limits: tuple[float, float],
    options: Mapping[str, Any],
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
    base
        The base set, whose initial concentrations give a full cell its lithium; that of a half cell never runs out.
    voltage_limits
        Open-circuit voltages [V] of the empty and the full cell.
    options
        Options of the PyBaMM model.

    Raises
    ------
    ValueError
        If the kind is unknown, an electrode has two phases, or the limits are in the wrong order.
    """
    low, high = voltage_limits
    if not low < high:
        raise ValueError(f"initial state: lower voltage limit {low:g} V is not below the upper one {high:g} V")
    phases = options.get("particle phases", "1")
    if "2" in (phases if isinstance(phases, tuple) else (phases,)):
        raise ValueError("initial state: an electrode of two phases has no single stoichiometry; take 'particle phases' 1")
    equations = {"full cell": full_cell, "half cell": half_cell, "MSMR": msmr}
    if kind not in equations:
        raise ValueError(f"initial state: kind {kind!r} is unknown; take {listed(equations)}")
    values = values.copy()
    values.update(initial_concentrations(base))  # the values' own are those of full charge
    graph = Graph.of(values, names)
    return StateSolver(graph, equations[kind](graph, voltage_limits, options))


def validate_single_phases(base: pybamm.ParameterValues, name: str) -> None:
    """Raise ``ValueError`` where an electrode of a base set is a composite, whose phases have a full charge each."""
    for side in ("negative", "positive"):
        secondary = f"Secondary: Maximum concentration in {side} electrode [mol.m-3]"
        if secondary in base:
            raise ValueError(
                f"cell: the {side} electrode of the base set {name} is a composite, and no full charge of two phases is found "
                "yet; take a base set with one material in each electrode"
            )


def base_tolerances(
    base: pybamm.ParameterValues, *, kind: Kind, voltage_limits: tuple[float, float], options: Mapping[str, Any]
) -> dict[str, float]:
    """Distances [V] from the voltage limits, by end, that a base set itself has at its own limits; of other limits none."""
    own = base["Lower voltage cut-off [V]"], base["Upper voltage cut-off [V]"]
    state = make_balance(base, (), kind=kind, base=base, voltage_limits=own, options=options).at(np.empty((1, 0)), 0.0)
    errors = {end: abs(float(solved.voltage_error[0])) for end, solved in state.ends.items()}
    ends = zip(("empty", "full"), own, voltage_limits, strict=True)
    return {
        end: STATE_LIMITS.voltage_tolerance + errors[end]
        for end, limit, given in ends
        if limit == given and np.isfinite(errors[end])
    }


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
