r"""Covariance of mean-squared displacements over overlapping windows, and least squares with it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy.linalg.lapack import dposv

from a2c_pybamm.data import Array


def overlap_covariance(lags: Array, n_frame: int, slope: float, offset: float) -> Array:
    r"""Covariance (n_lag, n_lag) of one walker's mean-squared displacements along one direction, over overlapping windows.

    .. math::
        \operatorname{Cov}(M_n, M_m) = \frac{2}{N_n N_m}\sum_{ij} C_{ij}^2, \qquad
        C_{ij} = \tfrac12\left[M(|k+m|) + M(|k-n|) - M(|k|) - M(|k+m-n|)\right],\; k = j - i

    by Wick's theorem, :math:`C_{ij}` being the covariance of the displacements over frames [i, i+n] and [j, j+m] of a Gaussian
    process with stationary increments, :math:`M(k) = sk + c` for :math:`k > 0` and 0 for :math:`k = 0`, and
    :math:`N_n = N - n`. In d directions, ``M`` summed over them: d times this with s and c divided by d.

    Parameters
    ----------
    lags
        n in frames (n_lag,), whole numbers.
    slope, offset
        s and c [m2].
    """
    return of_terms(overlap_terms(tuple(int(n) for n in lags), n_frame), slope, offset)


def of_terms(terms: Array, slope: float, offset: float) -> Array:
    """The covariance (n_lag, n_lag) of a process with this line, from `overlap_terms`."""
    walk, cross, noise = terms
    return 2 * (slope**2 * walk + 2 * slope * offset * cross + offset**2 * noise)


@lru_cache(maxsize=64)
def overlap_terms(lags: tuple[int, ...], n_frame: int) -> Array:
    """Sums of `overlap_covariance` that go with s², 2sc and c² (3, n_lag, n_lag).

    With k the distance of two windows' first frames, ``pairs`` of them overlap by ``shared`` steps: straight pieces between
    four knots, so that Euler and Maclaurin's formula sums their product exactly. Noise is shared where ends coincide.
    """
    n, m = np.array(lags, dtype=float)[:, None], np.array(lags, dtype=float)
    knots = np.array(
        np.broadcast_arrays(np.maximum(-m, n - n_frame), np.minimum(0, n - m), np.maximum(0, n - m), np.minimum(n, n_frame - m))
    )

    def pairs(k: Array) -> Array:
        return np.maximum(np.minimum(n_frame - n, n_frame - m - k) - np.maximum(0, -k), 0)

    shared = np.minimum(np.minimum(knots + m, n - knots), np.minimum(n, m))
    count = pairs(knots)
    walk = (shared[0] ** 2 * count[0] + shared[3] ** 2 * count[3]) / 2
    for (a, b), (p, q), (low, high) in zip(*(np.stack([x[:-1], x[1:]], axis=1) for x in (shared, count, knots)), strict=True):
        length = high - low
        middle = ((a + b) / 2) ** 2 * (p + q) / 2
        walk = walk + length / 6 * (a**2 * p + 4 * middle + b**2 * q)
        rise, more = (np.divide(y - x, length, out=np.zeros_like(length), where=length > 0) for x, y in ((a, b), (p, q)))
        walk = walk + (2 * rise * (b * q - a * p) + more * (b**2 - a**2)) / 12
    aligned = pairs(np.zeros_like(knots[0])) + pairs(n - m)
    cross = np.minimum(n, m) / 2 * aligned
    noise = (aligned + pairs(-m) + pairs(n)) / 4 + np.diag(n_frame - m) / 2
    terms = np.array([walk, cross, noise]) / ((n_frame - n) * (n_frame - m))
    terms.setflags(write=False)
    return terms


def least_squares(columns: Sequence[Array], mean: Array, covariance: Array) -> tuple[Array, Array, float]:
    """Weights (n_column, n_lag), covariance of the coefficients, and χ² of the residuals."""
    scale = np.sqrt(np.diag(covariance))  # lags' variances differ by orders of magnitude
    design = np.array(columns).T / scale[:, None]
    unit = np.sqrt((design**2).sum(axis=0))
    design, target = design / unit, mean / scale
    _, solved, failed = dposv(covariance / scale / scale[:, None], np.column_stack([design, target]))
    if failed:
        raise ValueError("covariance of the displacements is singular; take fewer lags, or a shorter window")
    spread = np.linalg.inv(design.T @ solved[:, :-1])
    weights = spread @ solved[:, :-1].T
    fitted = weights @ target
    residual = (target - design @ fitted) @ (solved[:, -1] - solved[:, :-1] @ fitted)
    return weights / unit[:, None] / scale, spread / unit / unit[:, None], float(residual)
