r"""Error of the covariance of a Gaussian process, for linear combinations of its entries.

.. math:: \hat\theta_c = \operatorname{tr} W_c\hat\Sigma, \qquad
    \operatorname{Cov}(\hat\theta_c, \hat\theta_d) = \frac{2}{n}\int \operatorname{tr}\bigl[W_c S(f) W_d S(f)\bigr]\,df

with the spectral density matrix S, so that each combination has the effective sample size of its own memory. A covariance of
the combinations from blocks would need many times more blocks than combinations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from a2c_pybamm.data import Array


@dataclass(frozen=True)
class SpectrumCriterion:
    """Settings of the spectral densities behind the error of a covariance.

    Raises
    ------
    ValueError
        If a number is not positive.
    """

    ordinates: int = 12
    """Frequencies that are averaged, at the least: twice the components of a stress, so that a density has full rank."""
    most_bands: int = 2000
    """Most bands of frequencies: more cost time, and the densities are smooth long before."""
    least_effective: float = 50.0
    """Fewest independent samples for each combination."""
    skewness: float = 4.0
    """Widening of the variance, times combinations over samples: a covariance that comes out small has a small error as well.
    Without it chi-squared has a mean of 1.13 times its number for 21 combinations of 400 samples (2026-11-29)."""

    def __post_init__(self) -> None:
        if not min(self.ordinates, self.most_bands, self.least_effective) > 0 or self.skewness < 0:
            raise ValueError(f"{self}: numbers must be positive; correct them")


@dataclass(frozen=True, eq=False)
class CovarianceError:
    """Combinations of the covariance of a series, with their error."""

    value: Array
    """(n_combination,)."""
    covariance: Array
    """(n_combination, n_combination)."""
    effective_size: float
    """Number of independent samples with the same error, of the combination with the longest memory."""
    of_mean: Array
    """Covariance of the mean of the series (n_component, n_component)."""


def covariance_combinations(series: Array, weights: Array, criterion: SpectrumCriterion) -> CovarianceError:
    """Combinations of the covariance of a series (n_frame, n_component) by weights (n_combination, n_component, n_component).

    Raises
    ------
    ValueError
        If there are fewer frequencies than make one density.
    """
    n, p = series.shape
    deviation = series - series.mean(axis=0)
    transform = np.fft.rfft(deviation, axis=0)[1:]
    n_ordinate = max(criterion.ordinates, int(np.ceil(len(transform) / criterion.most_bands)))
    n_band = len(transform) // n_ordinate
    if not n_band:
        raise ValueError(f"{n} frames are too few for the error of a covariance, which needs {2 * n_ordinate}; run longer")
    bands = transform[: n_band * n_ordinate].reshape(n_band, n_ordinate, p)
    density = np.swapaxes(bands, 1, 2) @ bands.conj() / (n_ordinate * n)
    sample = deviation.T @ deviation / n
    variance = _variance(density, weights, n_ordinate) / n
    independent = _variance(sample[None], weights, 0)
    moving = np.diag(independent) > 0
    size = float((np.diag(independent)[moving] / np.diag(variance)[moving]).min(initial=n))
    return CovarianceError(
        value=np.einsum("cab,ab->c", weights, sample) * n / (n - 1),
        covariance=variance * (1 + criterion.skewness * len(weights) / size),
        effective_size=size,
        of_mean=density[0].real / n,
    )


def _variance(density: Array, weights: Array, n_ordinate: int) -> Array:
    r"""Twice the mean of :math:`\operatorname{tr} W_c S W_d S` over densities (n_density, p, p).

    A density from m frequencies is complex Wishart: the expectation of the product has
    :math:`\operatorname{tr}(W_c S)\operatorname{tr}(W_d S)/m` more, which is taken off.
    """
    products = weights @ density[:, None]
    flat, turned = (
        np.swapaxes(matrices, 0, 1).reshape(len(weights), -1) for matrices in (products, np.swapaxes(products, -2, -1))
    )
    whole = (flat @ turned.T).real
    if n_ordinate:
        traces = np.trace(products, axis1=-2, axis2=-1).real
        whole = (whole - traces.T @ traces / n_ordinate) / (1 - n_ordinate**-2.0)
    return 2 * whole / len(density)
