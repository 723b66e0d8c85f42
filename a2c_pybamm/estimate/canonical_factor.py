"""Roots of covariances in one form, whatever processor and decomposition they come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from a2c_pybamm.constants import RELATIVE_ROUND_OFF
from a2c_pybamm.estimate.checks import Array, read_only_array

SYMMETRY_TOLERANCE = 1e-8
"""Largest difference between two correlations that are equal up to rounding: of numbers given to eight digits."""
PSD_TOLERANCE = 1e-10
"""Size of a negative eigenvalue of a correlation matrix, relative to the largest, that is round-off: LAPACK's error is about
2.2e-16 times the number of rows, 4e-13 for the 2000 coefficients that a file may hold."""
PIVOT_SHARE = 0.62
"""Share of the largest residual at which a row may be the next pivot. Below one, so that rows whose residuals are equal up to
round-off cannot exchange their places; any number far from the ratios that symmetric data have (1, 1/√2, 1/2) serves."""
RESIDUAL_TOLERANCE = 1e-10
"""Residual of a factor's row, in standard deviations of the row, that is round-off; also a source's contribution to a
coefficient's error, in standard deviations of the coefficient. Its square, a share of variance, is below 2.2e-16."""


def covariance_root(covariance: ArrayLike, *, names: Sequence[str] | None = None, label: str = "covariance") -> Array:
    r"""Factor :math:`A` (n, r) with :math:`A A^\mathsf{T}` equal to the covariance, in the form of `canonical_factor`.

    Rows are scaled to unit variance first, since coefficients differ by many orders of magnitude. ``r`` is the rank.

    Raises
    ------
    ValueError
        If the matrix is not square, not symmetric, or has a negative eigenvalue: it is refused, never repaired.
    """
    cov = read_only_array(covariance, 2, label)
    n = len(cov)
    if cov.shape != (n, n):
        raise ValueError(f"{label}: expected a square matrix, got shape {cov.shape}")
    variance = np.diag(cov)
    if (variance < 0).any():
        raise ValueError(f"{label}: variance of coefficient {int(np.argmin(variance))} is negative ({variance.min():.3g})")
    scale = np.where(variance > 0, np.sqrt(variance), 1.0)
    correlation = cov / np.outer(scale, scale)
    if np.abs(correlation - correlation.T).max(initial=0.0) > SYMMETRY_TOLERANCE:
        raise ValueError(f"{label}: not symmetric; give the full matrix, both triangles")
    eigenvalues, vectors = np.linalg.eigh((correlation + correlation.T) / 2)
    if n and eigenvalues[0] < -PSD_TOLERANCE * max(1.0, eigenvalues[-1]):
        raise ValueError(
            f"{label}: not positive semi-definite (smallest eigenvalue of the correlation matrix {eigenvalues[0]:.3g}); "
            "check the off-diagonal entries, a correlation lies between -1 and 1"
        )
    keep = eigenvalues > RELATIVE_ROUND_OFF * max(1.0, eigenvalues[-1] if n else 1.0)
    root = canonical_factor(vectors[:, keep] * np.sqrt(eigenvalues[keep]), range(n) if names is None else names)
    return scale[:, None] * root


def canonical_factor(values: Array, names: Sequence[Any]) -> Array:
    r"""Factor (n, rank) with the same :math:`A A^\mathsf{T}`, equal to round-off for every rotation, order and processor.

    LQ decomposition with threshold pivoting, :math:`A = L Q` with Q dropped. Rows are scaled to unit standard deviation and
    sorted by name. The next pivot is the first row whose residual is at least `PIVOT_SHARE` of the largest; its own entry
    in the new column is positive. Columns end where all residuals are below `RESIDUAL_TOLERANCE`. L depends on
    :math:`A A^\mathsf{T}` alone once the pivots are chosen, and neither equal residuals nor signs change that choice.

    Parameters
    ----------
    values
        Factor :math:`A` (n, n_column).
    names
        Names of the rows (n,), by which they are sorted.
    """
    order = sorted(range(len(values)), key=lambda row: names[row])
    scale = np.sqrt((values**2).sum(axis=1))
    remaining = (values / np.where(scale > 0, scale, 1.0)[:, None])[order]
    columns: list[Array] = []
    while len(columns) < min(values.shape):
        residual = np.sqrt((remaining**2).sum(axis=1))
        if not residual.max(initial=0.0) > RESIDUAL_TOLERANCE:
            break
        pivot = int(np.argmax(residual >= PIVOT_SHARE * residual.max()))
        direction = remaining[pivot] / residual[pivot]
        columns.append(remaining @ direction)
        remaining = remaining - columns[-1][:, None] * direction
        remaining[pivot] = 0.0
    factor = np.zeros((len(values), len(columns)))
    for k, column in enumerate(columns):
        factor[order, k] = column
    return scale[:, None] * factor
