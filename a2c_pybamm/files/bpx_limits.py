"""Stoichiometries at the voltage limits, and how far the potentials themselves reach those."""

from __future__ import annotations

import numpy as np
import pybamm

from a2c_pybamm.files.nominal import Nominal
from a2c_pybamm.parameter_set import silent_pybamm

LIMIT_MISS = 1e-3
"""Largest distance [V] of the open-circuit voltage from a voltage limit at the stoichiometries found for it, if not told."""
STOICHIOMETRY_MISS = 1e-3
"""Largest distance in stoichiometry at which the potentials themselves reach a limit: a thousandth of the charge."""
NEXT_TO_END = 1e-9
"""Stoichiometry next to an empty or full host at which a potential is still looked at."""


def stoichiometry_window(n: Nominal) -> list[float]:
    """Stoichiometries x0, x100, y100, y0 at the voltage limits."""
    for side in ("Negative", "Positive"):
        if (key := f"{side} electrode OCP [V]") not in n.values:
            raise ValueError(
                f"set {n.name}: no {key!r}; BPX describes cells of two porous electrodes with open-circuit potentials"
            )
    limits = [n.number(f"Open-circuit voltage at {soc}% SOC [V]") for soc in (0, 100)]
    try:
        with silent_pybamm():
            x0, x100, y100, y0 = map(float, pybamm.lithium_ion.get_min_max_stoichiometries(n.values))
    except (pybamm.SolverError, ValueError, KeyError) as error:
        raise ValueError(f"set {n.name}: no stoichiometries found for {limits} V: {error}") from error
    for limit, x, y in zip(limits, (x0, x100), (y0, y100), strict=True):
        _check_limit(n, limit, x, y)
    return [x0, x100, y100, y0]


def _check_limit(n: Nominal, limit: float, x: float, y: float) -> None:
    """Raise ``ValueError`` where the potentials are far from a voltage limit at the stoichiometries that PyBaMM finds for it.

    PyBaMM adds asymptotes to every potential next to an empty and a full host, and so reaches every limit. Where the
    potentials reach it without them at nearly the same stoichiometry (steep ends), the difference goes to the losses.
    """
    reached = float(n.at("Positive electrode OCP [V]", y)[0] - n.at("Negative electrode OCP [V]", x)[0])
    if abs(reached - limit) <= LIMIT_MISS:
        return
    low, high = _reach(n, x, y)
    where = f"the open-circuit potentials make {reached:.3f} V (x = {x:.3g}, y = {y:.3g}) in place of the limit {limit:g} V"
    if not low <= limit <= high:
        raise ValueError(f"set {n.name}: {where}; choose voltage_limits within reach")
    n.losses.append(
        f"{where}: PyBaMM's own asymptotes make up the difference, and other readers begin there; the limit is theirs within "
        f"{STOICHIOMETRY_MISS:g} of these stoichiometries"
    )


def _reach(n: Nominal, x: float, y: float) -> tuple[float, float]:
    """Lowest and highest open-circuit voltage [V] within ``STOICHIOMETRY_MISS`` of these stoichiometries."""
    ends = []
    for side, sto in (("Positive", y), ("Negative", x)):
        near = np.clip([sto - STOICHIOMETRY_MISS, sto, sto + STOICHIOMETRY_MISS], NEXT_TO_END, 1 - NEXT_TO_END)
        ends.append(n.at(f"{side} electrode OCP [V]", near))
    positive, negative = ends
    return float(positive.min() - negative.max()), float(positive.max() - negative.min())
