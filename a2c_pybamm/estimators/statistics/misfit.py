"""Scatter of runs beyond their errors, where they contradict a line or one another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtrc

from a2c_pybamm.data import Array


@dataclass(frozen=True)
class MisfitCriterion:
    """Settings of the scatter that is added to the errors of runs where χ² shows that these do not explain it."""

    level: float = 0.05
    """p-value of χ² below which scatter is added: one good series in twenty is widened too."""
    tolerance: float = 1e-6
    """Relative error of the scatter: its own standard deviation is a tenth at best."""

    def __post_init__(self) -> None:
        if not (0 <= self.level <= 1 and 0 < self.tolerance < 1):
            raise ValueError(f"{self}: the level is a probability, the tolerance lies between 0 and 1; correct them")


@dataclass(frozen=True)
class Misfit:
    """χ² of a linear law, and the scatter that its misfit adds to each run."""

    chi2: float
    """Squared residuals, whitened by the runs' covariance."""
    degrees_of_freedom: int
    p: float
    """Probability of so large a χ² by the runs' errors alone."""
    scatter: float
    """Standard deviation of the misfit of each run, 0 where the runs' errors explain χ²."""

    @property
    def predictive_scatter(self) -> float:
        r"""Scatter with Student's factor, :math:`\sqrt{\nu/(\nu-2)}`: with few runs it is poorly known itself."""
        nu = self.degrees_of_freedom
        return float(self.scatter * np.sqrt(nu / max(nu - 2, 1))) if self.scatter else 0.0


def fit_misfit(design: Array, values: Array, covariance: Array, criterion: MisfitCriterion | None = None) -> Misfit:
    r"""Scatter :math:`\tau` with which :math:`\chi^2` of the least-squares fit equals its degrees of freedom.

    .. math:: \min_\theta\,(y - X\theta)^\mathsf{T}(V + \tau^2 1)^{-1}(y - X\theta) = n - k

    where χ² at :math:`\tau = 0` has a p-value below the criterion's level; else :math:`\tau = 0`. Unlike a factor on all
    errors (Birge's ratio) it leaves what the runs share as it is, and a run with a small error does not outweigh the others
    that contradict it.

    Parameters
    ----------
    design
        X (n_run, n_coefficient).
    values
        y (n_run,).
    covariance
        V (n_run, n_run), positive definite.

    References
    ----------
    R. C. Paule, J. Mandel, J. Res. Natl. Bur. Stand. 87 (1982) 377.
    """
    criterion = criterion or MisfitCriterion()
    n, k = design.shape

    def square(variance: float) -> float:
        root = np.linalg.cholesky(covariance + variance * np.eye(n))
        white = np.linalg.solve(root, np.column_stack([design, values]))
        q = np.linalg.qr(white[:, :k])[0]
        return float(np.sum((white[:, k] - q @ (q.T @ white[:, k])) ** 2))

    free, at_zero = n - k, square(0.0)
    p = float(chdtrc(free, at_zero)) if free else 1.0
    if free == 0 or at_zero <= free or p >= criterion.level:
        return Misfit(at_zero, free, p, 0.0)
    residual = values - design @ np.linalg.lstsq(design, values)[0]
    most = float(residual @ residual) / free  # V + τ² is at least τ²: χ² is then at most its degrees of freedom
    variance = brentq(lambda part: square(part * most) - free, 0.0, 1.0, xtol=criterion.tolerance) * most
    return Misfit(at_zero, free, p, float(np.sqrt(variance)))
