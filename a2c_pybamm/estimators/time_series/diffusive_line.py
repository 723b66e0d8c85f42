r"""A straight line through mean-squared displacements, lags weighted by their covariance, and the error bar of its slope.

Displacements over overlapping windows share their steps, so that the mean-squared displacements of all lags are strongly
correlated. For a Gaussian process with stationary increments and :math:`M(t) = 2dDt + b` that covariance is known exactly, and
the best linear fit is a closed form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.linalg.lapack import dposv
from scipy.special import chdtrc, stdtr

from a2c_pybamm.data import Array
from a2c_pybamm.estimators.time_series.resolution import MIN_SCATTER_BODIES

FULL_ITERATIONS = 8
"""Iterations after which steps are halved: of one body they may else swing between a flat and a steep line without end."""
LINE_TOLERANCE = 1e-4
"""Relative change of the line at which iterations end: weights act on it in second order."""
LEAST_EXPONENT_STD = 1e-9
"""Least error of an exponent, that of arithmetic: the scatter between bodies whose curves are all of one shape is smaller."""


@dataclass(frozen=True)
class DiffusiveLine:
    """A straight line through the mean-squared displacements of one window; lags in frames."""

    n_body: int
    """Number of bodies that move independently."""
    lags: Array
    weights: Array
    """The slope is these times the mean over bodies [1/frame] (n_lag,)."""
    slope: float
    """Rise of the line per frame [m2]."""
    slope_std: float
    offset: float
    """``b`` [m2]; 0 where it was not fitted."""
    chi2: float
    """Squared residuals, whitened and divided by the overdispersion."""
    n_spare: int
    """Degrees of freedom of ``chi2``."""
    chi2_p: float
    exponent: float
    """Exponent of the displacements less the offset: 1 for diffusion."""
    exponent_std: float
    exponent_p: float
    """Probability of so large a deviation from 1."""
    overdispersion: float
    """Variance of the slope over that of the Gaussian process, at least 1."""

    @property
    def least_p(self) -> float:
        """The smaller probability of the two tests, of χ² and of the exponent."""
        return min(self.chi2_p, self.exponent_p)

    @property
    def slowing_p(self) -> float:
        """Probability, for a line, of an exponent so far *below* 1, which is where a fading transient puts it."""
        return self.exponent_p / 2 if self.exponent < 1 else 1 - self.exponent_p / 2


def fit_line(
    lags: Array, by_body: Array, n_frame: int, dimension: int, *, start: int = 0, offset: bool = True
) -> DiffusiveLine:
    """The line through mean-squared displacements [m2] (n_body, n_lag) from the lag ``start`` on, weights iterated with it.

    Without ``offset`` it goes through the origin, and the covariance is that of a free walk.
    """
    terms = _overlap_terms(tuple(int(lag) for lag in lags), n_frame)[:, start:, start:]
    lags, by_body = lags[start:], by_body[:, start:]
    n_body, n, mean = len(by_body), lags.astype(float), by_body.mean(axis=0)
    line = [n, np.ones_like(n)] if offset else [n]
    least = 1e-3 * mean[-1] / n[-1]  # a floor where the line falls
    slope, level = 0.5 * mean[-1] / n[-1], 0.0
    for iteration in range(100):
        covariance = dimension * _of_terms(terms, slope / dimension, level / dimension) / n_body
        weights, fit_covariance, residual = _least_squares(line, mean, covariance)
        coefficients, before = weights @ mean, (slope, level)
        slope = max(coefficients[0], least)
        level = max(coefficients[1], -slope / 2) if offset else 0.0  # the least that a process with this slope can have
        if abs(slope - before[0]) <= LINE_TOLERANCE * slope and abs(level - before[1]) <= LINE_TOLERANCE * abs(before[1]):
            break
        if iteration >= FULL_ITERATIONS:
            slope, level = (slope + before[0]) / 2, (level + before[1]) / 2
    curved, curved_covariance, _ = _least_squares([*line, n * np.log(n / np.sqrt(n[0] * n[-1]))], mean, covariance)
    variance = _slope_variance(by_body, weights[0], fit_covariance[0, 0], _least_squares([n], mean, covariance))
    overdispersion = max(1.0, variance / fit_covariance[0, 0])
    if n_body >= MIN_SCATTER_BODIES:
        nu: float = n_body - 1
        curvature_std = (by_body @ curved[-1]).std(ddof=1) / np.sqrt(n_body)
    else:
        nu, curvature_std = np.inf, np.sqrt(curved_covariance[-1, -1])
    curvature_std = max(curvature_std, LEAST_EXPONENT_STD * slope)
    curvature, n_spare = curved[-1] @ mean, len(lags) - len(line)
    return DiffusiveLine(
        n_body=n_body,
        lags=lags,
        weights=weights[0],
        slope=coefficients[0],
        slope_std=float(np.sqrt(variance)),
        offset=coefficients[1] if offset else 0.0,
        chi2=residual / overdispersion,
        n_spare=n_spare,
        chi2_p=float(chdtrc(n_spare, residual / overdispersion)),
        exponent=1 + curvature / slope,
        exponent_std=curvature_std / slope,
        exponent_p=float(2 * stdtr(nu, -abs(curvature) / curvature_std)),
        overdispersion=overdispersion,
    )


def _slope_variance(by_body: Array, weights: Array, process: float, through_origin: tuple[Array, Array, float]) -> float:
    r"""Variance of the slope, of the Gaussian process or between the bodies.

    Of many bodies it is the scatter between them. Of few, it is that of the process and the excess of their scatter over it,
    which rare hops cause. The excess is a common factor on all lags of a body (one that happened to hop often is fast at every
    lag), so that it is taken from the slopes with the offset held, whose variance by the process is less.
    """
    n_body, nu = len(by_body), len(by_body) - 1
    if n_body >= MIN_SCATTER_BODIES:
        return nu / (nu - 2) * (by_body @ weights).var(ddof=1) / n_body
    if n_body == 1:
        return process
    held, held_covariance, _ = through_origin
    excess = (by_body @ held[0]).var(ddof=1) / n_body - held_covariance[0, 0]
    return process + nu / max(nu - 2, 1) * max(0.0, excess)


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
    return _of_terms(_overlap_terms(tuple(int(n) for n in lags), n_frame), slope, offset)


def _of_terms(terms: Array, slope: float, offset: float) -> Array:
    walk, cross, noise = terms
    return 2 * (slope**2 * walk + 2 * slope * offset * cross + offset**2 * noise)


@lru_cache(maxsize=64)
def _overlap_terms(lags: tuple[int, ...], n_frame: int) -> Array:
    """The sums of `overlap_covariance` that go with s², 2sc and c² (3, n_lag, n_lag).

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


def _least_squares(columns: Sequence[Array], mean: Array, covariance: Array) -> tuple[Array, Array, float]:
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
