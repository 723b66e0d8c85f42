"""Distance of a fitted law from its data: χ² per degree of freedom, the worst point, the largest step from the hull."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from a2c_pybamm.estimate import Array
from a2c_pybamm.laws.thermodynamics.lower_hull import lower_hull

LARGEST_MISFIT = 0.3
"""Distance of a law from potentials, or from the voltage between stable compositions, above which a fit is refused unless the
limit is raised [V]: ten times RT/F, and more than any error of a functional that a mean voltage hides."""
LEAST_STEP = 0.1
"""Smallest change of x over which a voltage step counts for the refusal: 10 meV of two energies are 0.2 V over less."""
FIT = "fit"
"""Key of a provenance with the distances of a fit."""


@dataclass(frozen=True)
class FitQuality:
    """Distances of a law from the data that it was fitted to."""

    chi_squared: float
    """Sum of squares of the residuals over their standard deviations, declared or from the scatter."""
    degrees_of_freedom: float
    declared: bool
    """Whether the standard deviations are declared."""
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

    @property
    def reduced(self) -> float:
        """χ² per degree of freedom; NaN where none is left."""
        return self.chi_squared / self.degrees_of_freedom if self.degrees_of_freedom > 0 else np.nan

    def as_record(self) -> dict[str, Any]:
        """Plain values for a provenance."""
        return {
            "chi2": self.chi_squared,
            "degrees of freedom": self.degrees_of_freedom,
            "chi2 per degree of freedom": self.reduced,
            "noise declared": self.declared,
            "worst-fitted x": self.worst_x,
            "its residual [V or eV]": self.worst_residual,
            "its residual over its std": self.worst_ratio,
            "largest |U_law - U_data| [V]": self.largest_voltage,
            "at x": self.largest_voltage_x,
        }


def fit_quality(
    x: Array, residual: Array, std: Array, degrees_of_freedom: float, *, declared: bool, distances: tuple[Array, Array]
) -> FitQuality:
    """Distances of a fit from residuals (n,), standard deviations (n,), and distances in volts with their compositions."""
    ratio = np.abs(residual / std)
    worst = int(np.argmax(ratio))
    places, voltages = distances
    far = int(np.argmax(np.abs(voltages))) if len(voltages) else None
    return FitQuality(
        float((ratio**2).sum()),
        float(degrees_of_freedom),
        declared,
        float(x[worst]),
        float(residual[worst]),
        float(ratio[worst]),
        np.nan if far is None else float(np.abs(voltages[far])),
        np.nan if far is None else float(places[far]),
    )


def hull_steps(x: Array, energy: Array, residual: Array, valence: int) -> tuple[Array, Array]:
    """Middles of the steps between stable compositions, and the law's mean voltage over each less the step's own [V].

    Parameters
    ----------
    energy
        Fitted energies [eV] (n,), x ascending.
    residual
        Energies less the law's (n,).
    """
    if len(x) < 2:
        return np.zeros(0), np.zeros(0)
    edges = lower_hull(x[None], energy[None], np.ones((1, len(x)), dtype=bool))
    stable = np.array([0, *(int(right[0]) for _, _, right in edges)])
    wide = [int(stable[0])]
    for k in stable[1:]:
        if x[k] - x[wide[-1]] >= LEAST_STEP or k == stable[-1]:
            wide.append(int(k))
    if len(wide) > 2 and x[wide[-1]] - x[wide[-2]] < LEAST_STEP:
        del wide[-2]
    at = np.array(wide)
    return (x[at][1:] + x[at][:-1]) / 2, np.diff(residual[at]) / np.diff(x[at]) / valence


def validate_quality(quality: FitQuality, label: str, law: str, limit: float) -> None:
    """Raise ``ValueError`` where a law is farther from its data than ``limit`` [V]."""
    if quality.largest_voltage > limit:
        raise ValueError(
            f"{label}: {law} is {quality.largest_voltage:.2g} V from the data at x = {quality.largest_voltage_x:.3g} "
            f"(limit {limit:g} V; χ² per degree of freedom {quality.reduced:.3g}); take law 'logit-spline' or a higher order, "
            "or raise largest_misfit"
        )
