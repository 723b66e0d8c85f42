"""Test of barriers of both directions: their difference is the energy of the step."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from scipy.special import chdtrc

from a2c_pybamm.constants import FARADAY
from a2c_pybamm.data import Array


class Violation(Enum):
    """Likely cause of barriers of both directions that do not belong to one step."""

    SIGN = "their difference falls with the potential: potentials are counted cathodic, or the columns are exchanged"
    SCALE = "their difference rises with the potential but is zero elsewhere: potentials are on another scale than the voltage"
    SCATTER = "they scatter by more than their errors about any line"
    SLOPE = "their difference does not rise by one electron's work: ends of a path are at different potentials or charges"


REMEDIES = {
    Violation.SIGN: "give potentials that are positive for oxidation",
    Violation.SCALE: "correct scale or composition, or declare scale_std",
    Violation.SCATTER: "give larger standard deviations, or saddle_std where it is not shared",
    Violation.SLOPE: "take both barriers at one and the same potential, or give those of reduction alone",
}
"""Remedy of each."""


@dataclass(frozen=True)
class BalanceCriterion:
    """Significance at which barriers of both directions are refused, and the slopes by which the cause is named."""

    p_value: float = 1e-3
    """p-value of χ² below which they are refused: one good set of a thousand."""
    slope_tolerance: float = 0.3
    """Distance of the difference's slope over the potential from 1 or −1 up to which that is the cause."""


@dataclass(frozen=True)
class DetailedBalance:
    r"""χ² of :math:`\Delta G^\ddagger_\mathrm{red} - \Delta G^\ddagger_\mathrm{ox} - F\eta` over all pairs."""

    chi2: float
    n_pair: int
    p_value: float
    offset: float
    """Mean of the difference [V]."""
    slope: float
    """Slope of (ΔG‡_red − ΔG‡_ox)/F over the potential [1]; NaN where all are at one potential."""
    scatter_p: float
    """p-value of χ² about the line of best offset and slope; 1 where nothing is left of it."""

    def violation(self, criterion: BalanceCriterion) -> Violation:
        """Likely cause of a violation, by scatter and slope."""
        if self.scatter_p < criterion.p_value:
            return Violation.SCATTER
        for expected, cause in ((-1, Violation.SIGN), (1, Violation.SCALE)):
            if abs(self.slope - expected) < criterion.slope_tolerance:
                return cause
        return Violation.SLOPE if np.isfinite(self.slope) else Violation.SCALE

    def validate(self, label: str, criterion: BalanceCriterion) -> None:
        """Raise ``ValueError`` with χ² and the likely cause where the pairs cannot be those of one step."""
        if self.p_value < criterion.p_value:
            cause = self.violation(criterion)
            raise ValueError(
                f"charge-transfer barriers of {label}: χ² = {self.chi2:.3g} for {self.n_pair} pair(s) of both directions "
                f"(p = {self.p_value:.1g}), which miss ΔG‡_red − ΔG‡_ox = Fη by {self.offset:+.3g} V on average, slope "
                f"{self.slope:.2g} for 1; {cause.value}; {REMEDIES[cause]}"
            )


def detailed_balance(difference: Array, overpotential: Array, covariance: Array) -> DetailedBalance:
    """Test of the differences of barriers [J.mol-1] at overpotentials [V] (n_pair,), with the covariance of what they miss."""
    missed = difference - FARADAY * overpotential
    n = len(missed)
    square = float(missed @ np.linalg.solve(covariance, missed))
    centred = overpotential - overpotential.mean()
    spread = float(centred @ centred)
    slope = float(centred @ difference / FARADAY / spread) if spread > 0 else float("nan")
    return DetailedBalance(
        square, n, float(chdtrc(n, square)), float(missed.mean() / FARADAY), slope, _scatter_p(missed, centred, covariance)
    )


def _scatter_p(missed: Array, centred: Array, covariance: Array) -> float:
    """p-value of what a line over the potential leaves of the differences."""
    line = np.column_stack([np.ones_like(centred), centred])[:, : 2 if centred.any() else 1]
    if len(missed) <= line.shape[1]:
        return 1.0
    root = np.linalg.cholesky(covariance)
    white = np.linalg.solve(root, np.column_stack([line, missed]))
    q = np.linalg.qr(white[:, :-1])[0]
    rest = white[:, -1] - q @ (q.T @ white[:, -1])
    return float(chdtrc(len(missed) - line.shape[1], rest @ rest))
