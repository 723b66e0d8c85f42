"""Stoichiometries at the voltage limits, and the distance of the potentials without asymptotes from these."""

from __future__ import annotations

import numpy as np
import pybamm

from a2c_pybamm.files.bpx_properties import BPX_ACCURACY
from a2c_pybamm.files.nominal import NominalValues
from a2c_pybamm.parameter_set import kind_options, silent_pybamm
from a2c_pybamm.parameter_set.state_limits import STATE_LIMITS

LEAST_STOICHIOMETRY = 1e-9
"""Smallest distance from an empty or full host at which a potential is evaluated, whose logarithm then is -20.7."""


def stoichiometry_window(n: NominalValues) -> list[float]:
    """Stoichiometries x0, x100, y100, y0 at the voltage limits."""
    for side in ("Negative", "Positive"):
        key = f"{side} electrode OCP [V]"
        if key not in n.values or kind_options(n.values):
            lacking = f"no {key!r}" if key not in n.values else "not such a cell"
            raise ValueError(
                f"set {n.name}: {lacking}; BPX describes cells of two porous electrodes with open-circuit potentials"
            )
    limits = [n.number(f"Open-circuit voltage at {soc}% SOC [V]") for soc in (0, 100)]
    (x0, x100), (y0, y100) = (n.window or _found_window(n, limits)).values()
    for limit, x, y in zip(limits, (x0, x100), (y0, y100), strict=True):
        _check_limit(n, limit, x, y)
    return [x0, x100, y100, y0]


def _found_window(n: NominalValues, limits: list[float]) -> dict[str, tuple[float, float]]:
    """Stoichiometries that PyBaMM finds at the voltage limits, by side."""
    try:
        with silent_pybamm():
            x0, x100, y100, y0 = map(float, pybamm.lithium_ion.get_min_max_stoichiometries(n.values))
    except (pybamm.SolverError, ValueError, KeyError) as error:
        raise ValueError(f"set {n.name}: no stoichiometries found for {limits} V: {error}") from error
    return {"negative": (x0, x100), "positive": (y0, y100)}


def _check_limit(n: NominalValues, limit: float, x: float, y: float) -> None:
    """Raise ``ValueError`` where the potentials are far from a voltage limit at the stoichiometries that PyBaMM finds for it.

    PyBaMM's asymptotes beside an empty and a full host reach every limit. Where the potentials reach it without them at nearly
    the same stoichiometry (steep ends), the difference is added to the losses.
    """
    reached = float(n.evaluate("Positive electrode OCP [V]", y)[0] - n.evaluate("Negative electrode OCP [V]", x)[0])
    if abs(reached - limit) <= STATE_LIMITS.voltage_tolerance:
        return
    low, high = _reach(n, x, y)
    where = f"the open-circuit potentials make {reached:.3f} V (x = {x:.3g}, y = {y:.3g}) in place of the limit {limit:g} V"
    if not low <= limit <= high:
        raise ValueError(f"set {n.name}: {where}; choose voltage_limits within reach")
    n.losses.append(
        f"{where}: PyBaMM's own asymptotes make up the difference, and other readers begin there; the potentials reach the "
        f"limit within {BPX_ACCURACY.stoichiometry:g} of these stoichiometries"
    )


def _reach(n: NominalValues, x: float, y: float) -> tuple[float, float]:
    """Lowest and highest open-circuit voltage [V] within the accuracy of these stoichiometries."""
    ends, distance = [], BPX_ACCURACY.stoichiometry
    for side, sto in (("Positive", y), ("Negative", x)):
        near = np.clip([sto - distance, sto, sto + distance], LEAST_STOICHIOMETRY, 1 - LEAST_STOICHIOMETRY)
        ends.append(n.evaluate(f"{side} electrode OCP [V]", near))
    positive, negative = ends
    return float(positive.min() - negative.max()), float(positive.max() - negative.min())
