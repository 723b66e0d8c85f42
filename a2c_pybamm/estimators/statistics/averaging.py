"""One fit from nested laws: the average over the number of terms, and the error that the choice adds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from a2c_pybamm.estimate import Array

LEAST_DEGREES_OF_FREEDOM = 3
"""Degrees of freedom that a fit must leave for an error from its residuals: Student's t has a variance from three on."""
LEAST_SCATTER = 1e-12
"""Smallest scatter taken from residuals [unit of the data, eV or V]: data without noise fit to round-off."""


@dataclass(frozen=True, eq=False)
class Average:
    """Coefficients of the widest of several nested laws."""

    mean: Array
    """(n_coefficient,)."""
    combination: Array
    """The mean is this times the data (n_coefficient, n_data)."""
    between_model_factor: Array
    """A column for each law, whose outer products sum to the covariance that the choice adds (n_coefficient, n_law)."""
    weights: Array
    """Share of each law (n_law,)."""
    scatter: float
    """Standard deviation of data of relative standard deviation one; widened where it comes from residuals, infinite where
    fewer than three degrees of freedom are left."""
    degrees_of_freedom: int
    """Degrees of freedom that the widest law leaves."""
    residual_scatter: float
    """The same before it is widened."""


def average_nested(design: Array, data: Array, noise: Array, sizes: Sequence[int], *, known: bool) -> Average:
    r"""Least squares with the first ``sizes[k]`` columns for each law k, averaged with weights that lean to the wide ones.

    .. math::
        \bar\theta = B y, \quad B = \sum_k w_k A_k, \quad w_k \propto e^{p_k - \chi_k^2/2}, \qquad
        \Sigma = B N B^\mathsf{T} + \sum_k w_k (\theta_k - \bar\theta)(\theta_k - \bar\theta)^\mathsf{T}

    The same noise N moves all laws, so that the first term is the variance of the average, not the average of variances. A
    term carries no penalty but is favoured by a factor e, one coefficient of the :math:`p_k` more: averages that lean
    to the narrow laws are a little more precise, and their intervals cover too little where a term is as large as its error.

    Parameters
    ----------
    design
        Columns of the widest law (n_data, n_coefficient).
    data
        (n_data,).
    noise
        Standard deviations (n_data,) or covariance (n_data, n_data); up to a factor if not ``known``.
    sizes
        Number of columns of each law, ascending; coefficients of columns that none has are zero.
    known
        Whether the noise is absolute. If not, its scale comes from the residuals of the widest law with :math:`\nu` degrees of
        freedom and is widened by :math:`\nu/(\nu - 2)`, the variance of Student's t.

    References
    ----------
    Hjort and Claeskens, J. Am. Stat. Assoc. 98, 879 (2003), sec. 4: averages over nested models and their coverage; Buckland,
    Burnham and Augustin, Biometrics 53, 603 (1997), for the spread between models.
    """
    white_design, white = _whitened(np.column_stack([design, data]), noise)
    n, p = design.shape
    degrees_of_freedom = n - sizes[-1]
    inverses, residuals = [], []
    for size in sizes:
        q, r = np.linalg.qr(white_design[:, :size])
        inverse = np.zeros((p, n))
        inverse[:size] = np.linalg.solve(r, q.T)
        inverses.append(inverse)
        residuals.append(float(np.sum((white - q @ (q.T @ white)) ** 2)))
    variance = 1.0 if known else max(residuals[-1] / degrees_of_freedom, LEAST_SCATTER**2)
    logs = np.array(sizes) - np.array(residuals) / (2 * variance)
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    means = np.array([inverse @ white for inverse in inverses])
    mean = weights @ means
    combination = np.tensordot(weights, np.array(inverses), axes=1)
    scatter = np.sqrt(variance * (1.0 if known else student_variance(degrees_of_freedom)))
    between = (np.sqrt(weights)[:, None] * (means - mean)).T
    return Average(
        mean, _unwhitened(combination, noise), between, weights, float(scatter), degrees_of_freedom, float(np.sqrt(variance))
    )


def student_variance(degrees_of_freedom: int) -> float:
    """Variance of Student's t; infinite below three degrees of freedom: laws can be compared there, errors not estimated."""
    if degrees_of_freedom < LEAST_DEGREES_OF_FREEDOM:
        return np.inf
    return degrees_of_freedom / (degrees_of_freedom - 2)


def _whitened(columns: Array, noise: Array) -> tuple[Array, Array]:
    """Design and data in units of their noise."""
    white = columns / noise[:, None] if noise.ndim == 1 else np.linalg.solve(np.linalg.cholesky(noise), columns)
    return white[:, :-1], white[:, -1]


def _unwhitened(combination: Array, noise: Array) -> Array:
    """A combination of whitened data as one of the data themselves."""
    if noise.ndim == 1:
        return combination / noise
    return np.asarray(np.linalg.solve(np.linalg.cholesky(noise).T, combination.T).T)


def covariance_columns(root: Array) -> Array:
    r"""As few columns as coefficients with the same :math:`A A^\mathsf{T}` (n_coefficient, at most n_coefficient)."""
    if root.shape[1] <= root.shape[0]:
        return root
    return np.linalg.qr(root.T)[1].T
