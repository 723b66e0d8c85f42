"""Distance of a fitted law from its data: χ² per degree of freedom, the worst point, the largest step from the hull."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from a2c_pybamm.constants import RELATIVE_ROUND_OFF
from a2c_pybamm.estimate import Array
from a2c_pybamm.laws.thermodynamics.lower_hull import lower_hull

LARGEST_MISFIT = 0.3
"""Distance of a law from potentials, or from the voltage between stable compositions, above which a fit is refused unless the
limit is raised, if it is significant [V]: ten times RT/F."""
SIGNIFICANT = 4.0
"""Distance in standard deviations of the data from which it is significant: noise alone makes one in 16 000."""
LEAST_STEP = 0.1
"""Smallest change of x over which a voltage step counts for the refusal: 10 meV of two energies are 0.2 V over less."""
REMEDY = "take law 'logit-spline' or a higher order, or raise largest_misfit"
"""Remedy in the message about a law that is far from its data."""
Distances = tuple[Array, Array, Array]
"""Compositions or middles of steps (n,), distances of a law there, and standard deviations of the data [V]."""
WITHIN_NOISE = 2.0
"""Height above the hull, in standard deviations, up to which a composition counts as stable."""
FIT = "fit"
"""Key of a provenance with the distances of a fit."""


@dataclass(frozen=True)
class FitQuality:
    """Distances of a law from the data that it was fitted to."""

    chi_squared: float
    """Sum of squares of the residuals over their standard deviations, declared or from the scatter."""
    degrees_of_freedom: float
    declared: bool
    """True where the standard deviations are declared."""
    worst_x: float
    """Composition of the largest residual in units of its standard deviation."""
    worst_residual: float
    """That residual [V or eV]."""
    worst_ratio: float
    """The same over its standard deviation."""
    largest_voltage: float
    """Largest distance from potentials, or from the voltage between stable compositions at least `LEAST_STEP` apart [V]."""
    largest_voltage_x: float
    """Its composition, or the middle of the step."""
    significant_voltage: float
    """Largest of those beyond `SIGNIFICANT` standard deviations of the data; 0 where none is [V]."""
    significant_voltage_x: float
    """Its composition, or the middle of the step."""

    @property
    def reduced(self) -> float:
        """χ² per degree of freedom; NaN where none is left."""
        return self.chi_squared / self.degrees_of_freedom if self.degrees_of_freedom > 0 else np.nan

    def as_record(self) -> dict[str, Any]:
        """Plain values for a provenance."""
        return {
            "chi2": self.chi_squared,
            "degrees of freedom": self.degrees_of_freedom,
            "chi2 per degree of freedom": _finite(self.reduced),
            "noise declared": self.declared,
            "worst-fitted x": self.worst_x,
            "its residual [V or eV]": self.worst_residual,
            "its residual over its std": self.worst_ratio,
            "largest |U_law - U_data| [V]": _finite(self.largest_voltage),
            "at x": _finite(self.largest_voltage_x),
        }


def _finite(value: float) -> float | None:
    """The number, or None where it is none, as JSON has it."""
    return value if np.isfinite(value) else None


def fit_quality(
    x: Array, residual: Array, std: Array, degrees_of_freedom: float, *, declared: bool, distances: Distances
) -> FitQuality:
    """Distances of a fit from residuals (n,), their standard deviations (n,), and distances in volts."""
    ratio = np.abs(residual / std)
    worst = int(np.argmax(ratio))
    places, voltages, stds = distances
    far = int(np.argmax(np.abs(voltages))) if len(voltages) else None
    significant = np.where(np.abs(voltages) > SIGNIFICANT * stds, np.abs(voltages), 0.0)
    most = int(np.argmax(significant)) if len(voltages) else None
    return FitQuality(
        float((ratio**2).sum()),
        float(degrees_of_freedom),
        declared,
        float(x[worst]),
        float(residual[worst]),
        float(ratio[worst]),
        np.nan if far is None else float(np.abs(voltages[far])),
        np.nan if far is None else float(places[far]),
        0.0 if most is None else float(significant[most]),
        np.nan if most is None else float(places[most]),
    )


def hull_steps(x: Array, energy: Array, residual: Array, std: Array, valence: int) -> Distances:
    """Distances of a law from the voltages of the steps between stable compositions.

    Parameters
    ----------
    energy
        Fitted energies [eV] (n,), x ascending.
    residual, std
        Energies less the law's, and standard deviations of the energies (n,).
    """
    if len(x) < 2:
        return np.zeros(0), np.zeros(0), np.zeros(0)
    edges = lower_hull(x[None], energy[None], np.ones((1, len(x)), dtype=bool))
    vertices = np.array([0, *(int(right[0]) for _, _, right in edges)])
    above = energy - np.interp(x, x[vertices], energy[vertices])
    # on a plateau every composition lies on the hull: those within their noise of it count as stable
    stable = np.flatnonzero(above <= np.maximum(WITHIN_NOISE * std, np.finfo(float).eps * np.abs(energy).max()))
    wide, least = [int(stable[0])], LEAST_STEP * (1 - RELATIVE_ROUND_OFF)
    for k in stable[1:]:
        if x[k] - x[wide[-1]] >= least or k == stable[-1]:
            wide.append(int(k))
    if len(wide) > 2 and x[wide[-1]] - x[wide[-2]] < least:
        del wide[-2]
    at = np.array(wide)
    width = np.diff(x[at]) * valence
    return (x[at][1:] + x[at][:-1]) / 2, np.diff(residual[at]) / width, np.hypot(std[at][1:], std[at][:-1]) / width


def validate_quality(quality: FitQuality, label: str, law: str, limit: float, *, remedy: str = REMEDY) -> None:
    """Raise ``ValueError`` where a law is farther from its data than ``limit`` [V], and than their noise."""
    if not limit > 0:
        raise ValueError(f"{label}: largest_misfit is {limit:g} V; give a positive voltage, or leave it out")
    if quality.significant_voltage > limit:
        raise ValueError(
            f"{label}: {law} is {quality.significant_voltage:.2g} V from the data at x = {quality.significant_voltage_x:.3g} "
            f"(limit {limit:g} V; χ² per degree of freedom {quality.reduced:.3g}); {remedy}"
        )
