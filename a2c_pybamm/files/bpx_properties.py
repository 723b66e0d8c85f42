"""Properties of the nominal set in the forms of BPX: one activation energy, one rate constant, one number.

Where a form does not fit, the largest difference over a range about the reference state goes to the losses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pybamm

from a2c_pybamm.constants import RELATIVE_ROUND_OFF
from a2c_pybamm.estimate import Array
from a2c_pybamm.files.nominal import NominalValues
from a2c_pybamm.laws import ButlerVolmer, ChargeTransfer


@dataclass(frozen=True)
class BPXAccuracy:
    """Largest distances of a BPX document's tables and forms from the set that count as no loss."""

    relative: float = 2.5e-3
    """Relative distance of a table's straight lines, or of another form of BPX, from a property."""
    voltage: float = 2.5e-4
    """Distance [V] of a table's straight lines from an open-circuit potential; a fifth of it is the relative one beside it."""
    entropic_change: float = 1e-6
    """Distance [V.K-1] of a table's straight lines from an entropic change."""
    overpotential: float = 0.1
    """Overpotential [V], both ways, at which the current of a law of charge transfer is compared with BPX's."""
    stoichiometry: float = 1e-3
    """Distance in stoichiometry at which the potentials without asymptotes reach a limit: a thousandth of the charge."""


BPX_ACCURACY = BPXAccuracy()
"""Accuracy of the documents that are written."""
TEMPERATURE_RANGE = (20.0, 0.1)
"""Distance [K] from the reference temperature up to which one activation energy is compared with the set, and the fraction of
the temperature that it is at most."""
TEMPERATURE_STEP = (1.0, 0.01)
"""Step [K] of the difference quotient of an activation energy, and the fraction of the temperature that it is at most."""
NEAR_SALT = np.linspace(0.5, 1.5, 21)
"""Concentrations of the electrolyte, relative to the initial one, at which its properties are compared."""


def activation_energy(
    n: NominalValues, name: str, function: Callable[[Any, float], Array], middle: Any, window: Array
) -> float:
    r"""Activation energy :math:`-R\,\mathrm d\ln f/\mathrm d(1/T)` [J.mol-1] in the middle of the window.

    The largest difference of one such energy from the set, over the window and within `TEMPERATURE_RANGE` of the reference,
    goes to the losses.

    Raises
    ------
    ValueError
        If there is none: the quantity vanishes or is not finite so far from the temperatures of cells.
    """
    T, R = n.temperature, pybamm.constants.R.value
    step, distance = (min(absolute, relative * T) for absolute, relative in (TEMPERATURE_STEP, TEMPERATURE_RANGE))
    warm, cool = (float(np.log(function(middle, t)[0])) for t in (T + step, T - step))
    energy = -R * (warm - cool) / np.subtract(1 / (T + step), 1 / (T - step))  # numpy's: 1/0 is no error
    worst = max(
        float(np.abs(function(window, t) / function(window, T) / np.exp(energy / R * (1 / T - 1 / t)) - 1).max())
        for t in (T - distance, T + distance)
    )
    if not np.isfinite([energy, worst]).all():
        raise ValueError(
            f"set {n.name}: {name!r} has no activation energy at {T:g} K (it is 0 or not finite within {distance:g} K); give "
            "the set the temperature of a working cell"
        )
    if worst > BPX_ACCURACY.relative:
        n.losses.append(f"{name}: temperature dependence other than one activation energy, {worst:.1%} within {distance:g} K")
    return energy if abs(energy) > 1e-6 else 0.0  # J/mol: round-off of a property that is the same at every temperature


def kinetics(n: NominalValues, side: str, window: Array, c_max: float) -> dict[str, float]:
    r"""Rate constant, mean over the window, and activation energy of :math:`j_0 = Fk\sqrt{(c_e/c_{e0})\,s(1-s)}`."""
    key, F = f"{side} electrode exchange-current density [A.m-2]", pybamm.constants.F.value

    def rate(sto: Any, T: float, salt: float = 1.0) -> Array:
        sto = np.atleast_1d(sto)
        return n.evaluate(key, salt * n.salt_concentration, sto * c_max, c_max, T) / (F * np.sqrt(salt * sto * (1 - sto)))

    k = float(np.exp(np.mean(np.log(rate(window, n.temperature)))))
    worst = max(float(np.abs(rate(window, n.temperature, salt) / k - 1).max()) for salt in NEAR_SALT[::10])
    if worst > BPX_ACCURACY.relative:
        n.losses.append(f"{key}: form other than symmetric, {worst:.1%} at half to one and a half times the salt concentration")
    energy = activation_energy(n, key, rate, np.mean(window), window)
    return {"Reaction rate constant [mol.m-2.s-1]": k, "Reaction rate constant activation energy [J.mol-1]": energy}


def form_of_current(n: NominalValues, law: ChargeTransfer, side: str, c: Mapping[str, float]) -> None:
    """Add the distance of a law's current over the overpotential from BPX's to the losses, where there is one.

    Raises
    ------
    ValueError
        If its exchange-current density is not that of a Butler-Volmer equation, which is what BPX takes it for.
    """
    if law.coefficient_method != ButlerVolmer.coefficient_method:
        raise ValueError(
            f"set {n.name}: the {side} electrode's charge transfer is of law {law.kind!r}, and BPX has symmetric Butler-Volmer "
            "alone; write the set as set.json or as PyBaMM's module"
        )
    volts = BPX_ACCURACY.overpotential * np.array([-1.0, 1.0])
    symmetric = 2 * np.sinh(0.5 * pybamm.constants.F.value * volts / (pybamm.constants.R.value * n.temperature))
    worst = float(np.abs(law.relative_current(c, volts, n.temperature) / symmetric - 1).max())
    if worst > BPX_ACCURACY.relative:
        alpha = float(law.cathodic_transfer_coefficient(c))
        n.losses.append(
            f"{side} electrode: cathodic transfer coefficient {alpha:.3g}, 0.5 in BPX; the current is {worst:.1%} off at "
            f"{1e3 * BPX_ACCURACY.overpotential:g} mV one way"
        )


def constant_property(n: NominalValues, key: str) -> float:
    """Value of an electrolyte's property at its initial concentration; its range about that goes to the losses."""
    salt = n.salt_concentration
    values, middle = n.evaluate(key, salt * NEAR_SALT, n.temperature), float(n.evaluate(key, salt, n.temperature)[0])
    if np.ptp(values) > RELATIVE_ROUND_OFF * abs(middle):
        n.losses.append(
            f"{key}: a function, kept as {middle:.4g} at {salt:g} mol.m-3 ({values.min():.4g} to {values.max():.4g} at "
            "half to one and a half times that)"
        )
    return middle
