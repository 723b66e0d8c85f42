r"""A straight line through mean-squared displacements, lags weighted by their covariance, and the error bar of its slope.

Displacements over overlapping windows share their steps, so that the mean-squared displacements of all lags are strongly
correlated. For a Gaussian process with stationary increments and :math:`M(t) = 2dDt + b` that covariance is known exactly, and
the best linear fit is a closed form.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import chdtrc, stdtr

from a2c_pybamm.data import Array
from a2c_pybamm.estimators.time_series.excess_variance import BLOCKS, ExcessVariance
from a2c_pybamm.estimators.time_series.overlap import least_squares, of_terms, overlap_terms
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
    process_std: float
    """Standard deviation of the slope by the Gaussian process alone, of bodies that are alike [m2]."""
    offset: float
    """``b`` [m2]; 0 where it was not fitted."""
    offset_std: float
    correlation: float
    """Correlation of slope and offset."""
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
    excess: ExcessVariance | None = None
    """Excess of the scatter in time, where the error bar has it."""
    excess_std: float = 0.0
    """Standard deviation by the excess that the error bar has beside the process, of both scatters [m2]."""
    other_start: float = 0.0
    """First lag of the other window that slope and error are averaged with; 0 where there is none."""
    other_weight: float = 0.0
    """Weight of the other window, at most a half."""

    @property
    def least_p(self) -> float:
        """The smaller probability of the two tests, of χ² and of the exponent."""
        return min(self.chi2_p, self.exponent_p)

    @property
    def slowing_p(self) -> float:
        """Probability, for a line, of an exponent so far *below* 1, which is where a fading transient puts it."""
        return self.exponent_p / 2 if self.exponent < 1 else 1 - self.exponent_p / 2


def fit_line(
    lags: Array,
    by_body: Array,
    n_frame: int,
    dimension: int,
    *,
    start: int = 0,
    offset: bool = True,
    excess: ExcessVariance | None = None,
) -> DiffusiveLine:
    """The line through mean-squared displacements [m2] (n_body, n_lag) from the lag ``start`` on, weights iterated with it.

    Without ``offset`` it goes through the origin, and the covariance is that of a free walk. With the ``excess`` of the scatter
    in time, the error bar is that of both scatters (`_pooled_excess`).
    """
    terms = overlap_terms(tuple(int(lag) for lag in lags), n_frame)[:, start:, start:]
    lags, by_body = lags[start:], by_body[:, start:]
    n_body, n, mean = len(by_body), lags.astype(float), by_body.mean(axis=0)
    line = [n, np.ones_like(n)] if offset else [n]
    least = 1e-3 * mean[-1] / n[-1]  # a floor where the line falls
    slope, level = 0.5 * mean[-1] / n[-1], 0.0
    for iteration in range(100):
        covariance = dimension * of_terms(terms, slope / dimension, level / dimension) / n_body
        weights, fit_covariance, residual = least_squares(line, mean, covariance)
        coefficients, before = weights @ mean, (slope, level)
        slope = max(coefficients[0], least)
        level = max(coefficients[1], -slope / 2) if offset else 0.0  # the least that a process with this slope can have
        if abs(slope - before[0]) <= LINE_TOLERANCE * slope and abs(level - before[1]) <= LINE_TOLERANCE * abs(before[1]):
            break
        if iteration >= FULL_ITERATIONS:
            slope, level = (slope + before[0]) / 2, (level + before[1]) / 2
    curved, curved_covariance, _ = least_squares([*line, n * np.log(n / np.sqrt(n[0] * n[-1]))], mean, covariance)
    process = fit_covariance[0, 0]
    between, reference = _excess_between(by_body, weights[0], process, least_squares([n], mean, covariance))
    variance, hops = _variance_between(n_body, process, between), max(0.0, between)
    if excess and not excess.permanent and (excess.differ or _is_unexplained(n_body, between, reference, excess)):
        excess = None
    overdispersion = max(1.0, variance / process)
    if excess:
        hops = _pooled_excess(n_body, between, reference, excess)
        walk = dimension * of_terms(terms, slope / dimension, 0.0) / n_body
        variance = process + (excess.spread - 1) * weights[0] @ walk @ weights[0] + hops
        if excess.permanent:
            overdispersion = max(1.0, variance / process)
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
        process_std=float(np.sqrt(process)),
        offset=coefficients[1] if offset else 0.0,
        offset_std=float(np.sqrt(fit_covariance[1, 1] * max(1.0, variance / process))) if offset else 0.0,
        correlation=float(fit_covariance[0, 1] / np.sqrt(process * fit_covariance[1, 1])) if offset else 0.0,
        chi2=residual / overdispersion,
        n_spare=n_spare,
        chi2_p=float(chdtrc(n_spare, residual / overdispersion)),
        exponent=1 + curvature / slope,
        exponent_std=curvature_std / slope,
        exponent_p=float(2 * stdtr(nu, -abs(curvature) / curvature_std)),
        overdispersion=overdispersion,
        excess=excess,
        excess_std=float(np.sqrt(hops)),
    )


def mixed_line(early: DiffusiveLine, late: DiffusiveLine, weight: float) -> DiffusiveLine:
    r"""Average of the lines of an early and a late window; all but slope and error is that of the heavier one.

    .. math:: \bar s = ws_1 + (1-w)s_2, \qquad \operatorname{Var} = v_1 + (1-w)^2(v_2 - v_1) + w(1-w)(s_1-s_2)^2

    The first two terms are the variance of the average, the covariance of an efficient estimate with one of fewer data being
    its own variance; the last is the spread between the windows.

    Parameters
    ----------
    weight
        That of the early one.
    """
    if weight in (0.0, 1.0):
        return early if weight else late
    main, other, other_weight = (early, late, 1 - weight) if weight >= 1 / 2 else (late, early, weight)
    more = max(0.0, late.slope_std**2 - early.slope_std**2)
    apart = weight * (1 - weight) * (early.slope - late.slope) ** 2
    return replace(
        main,
        slope=weight * early.slope + (1 - weight) * late.slope,
        slope_std=float(np.sqrt(early.slope_std**2 + (1 - weight) ** 2 * more + apart)),
        other_start=float(other.lags[0]),
        other_weight=other_weight,
    )


def _excess_between(
    by_body: Array, weights: Array, process: float, through_origin: tuple[Array, Array, float]
) -> tuple[float, float]:
    r"""Variance of a slope between the bodies beyond that of the Gaussian process, and the process' variance of that slope.

    Of few bodies it is taken from the slopes with the offset held, whose variance by the process is less: rare hops are a
    common factor on all lags of a body (one that happened to hop often is fast at every lag).
    """
    n_body = len(by_body)
    if n_body == 1:
        return 0.0, process
    if n_body >= MIN_SCATTER_BODIES:
        return float((by_body @ weights).var(ddof=1) / n_body - process), process
    held, held_covariance, _ = through_origin
    return float((by_body @ held[0]).var(ddof=1) / n_body - held_covariance[0, 0]), float(held_covariance[0, 0])


def _variance_between(n_body: int, process: float, between: float) -> float:
    """Variance of the slope: of many bodies the scatter between them, of few that of the process and what is beyond it."""
    nu = n_body - 1
    if n_body >= MIN_SCATTER_BODIES:
        return nu / (nu - 2) * (process + between)
    return process + nu / max(nu - 2, 1) * max(0.0, between)


def _is_unexplained(n_body: int, between: float, reference: float, excess: ExcessVariance) -> bool:
    """True where like bodies scatter by more than the process and the excess in time explain."""
    explained = reference + max(0.0, excess.variance)
    return n_body > 1 and float(chdtrc(n_body - 1, (n_body - 1) * (reference + between) / explained)) < BLOCKS.unexplained_p


def _pooled_excess(n_body: int, between: float, reference: float, excess: ExcessVariance) -> float:
    r"""Variance of the slope by rare hops, from the scatter in time and, of like bodies, from that between them.

    Each counts by its degrees of freedom; the scatter in time by fewer where it is larger than that between the bodies, since
    the error of a variance is in proportion to it: short parts of a run with a large offset contribute little.
    """
    nu_between, nu_time = n_body - 1, float(excess.degrees_of_freedom)
    if excess.permanent:
        nu_between = 0

    def pooled(nu_time: float) -> float:
        return max(0.0, (nu_between * between + nu_time * excess.variance) / (nu_between + nu_time))

    if (
        nu_between and excess.scatter > 0
    ):  # compared with both: where the few that differ chance to be alike, it would count less
        nu_time *= min(1.0, (reference + pooled(nu_time)) / excess.scatter) ** 2
    nu = nu_between + nu_time
    return nu / max(nu - 2, 1) * pooled(nu_time)
