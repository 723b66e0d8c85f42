r"""Moments and quantiles from importance points, with errors from the spread of the scramblings.

With weights w, scramblings r and the median c,

.. math:: m_r = c + \frac{\sum_r w\,(y-c)}{\sum_r w}, \qquad S_r = \frac{\sum_r w\,(y-c)^2}{\sum_r w} .
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.propagation.germ_basis import N_SCRAMBLING
from a2c_pybamm.propagation.intervals import VARIANCE_TAIL, jackknife_error, matched
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.shares import ratio


def importance_moments(values: Array, group: NDArray[np.int64], weight: Array, levels: Array) -> dict[str, Array]:
    """Statistics of values (n_point, n_element) at points with these scramblings and weights (n_point,).

    Also "without", the variance without each group (n_group, n_element), and the squared relative errors of a variance by one
    plain point and by one of these, "plain_square" and "own_square", and the squared error of a mean by one of these,
    "own_first", all from these points.
    Points that failed are NaN and left out; statistics are NaN where a scrambling has no other.
    """
    n_group = N_SCRAMBLING
    known = np.isfinite(values)
    by_group = (group[None, :] == np.arange(n_group)[:, None]) * weight
    weights = by_group @ known
    missing = (weights == 0).any(axis=0)
    centre = np.array([np.median(column[k]) if k.any() else 0.0 for column, k in zip(values.T, known.T, strict=True)])
    values = np.where(known, values, centre)
    first = ratio(by_group @ np.where(known, values - centre, 0.0), weights)
    second = ratio(by_group @ np.where(known, (values - centre) ** 2, 0.0), weights)
    weight = weight[:, None] * known
    var = np.maximum(second.mean(axis=0) - first.mean(axis=0) ** 2, 0.0)
    without = (first.sum(axis=0) - first) / (n_group - 1), (second.sum(axis=0) - second) / (n_group - 1)
    left_out = np.maximum(without[1] - without[0] ** 2, 0.0)
    mean = centre + first.mean(axis=0)
    fourth = weight * ratio(values - mean, np.sqrt(var)) ** 4
    found = {
        "mean": mean,
        "var": var,
        "mean_se": matched(n_group - 1) * first.std(axis=0, ddof=1) / np.sqrt(n_group),
        "error": matched(n_group - 1) * ratio(jackknife_error(np.sqrt(left_out)), np.sqrt(var)),
        "without": left_out,
        "plain_square": np.maximum(ratio(fourth.sum(axis=0), weight.sum(axis=0)) - 1, 0.0),
        "own_square": np.maximum(ratio((weight * fourth).sum(axis=0), weight.sum(axis=0)) - 1, 0.0),
        "own_first": ratio((weight**2 * (values - mean) ** 2).sum(axis=0), weight.sum(axis=0)),
        "quantile": _quantiles(values, weight, levels),
        "tail_share": _tail_share(values, weight, mean),
    }
    return {name: np.where(missing, np.nan, numbers) for name, numbers in found.items()}


def with_plain_points(importance: dict[str, Array], var: Array, without: Array, n_plain: int, n_own: int) -> dict[str, Array]:
    """The statistics with the variances of plain points (n_element,) and without each group (n_group, n_element) joined in.

    Both kinds have the share that is inverse to their squared errors, which the importance points give for both: by their own
    few points plain ones would seem without error where they met no event. "plain_share" is that of the plain points' mean.
    """
    plain_error, own_error = importance["plain_square"] / n_plain, importance["own_square"] / n_own
    share = np.where(plain_error + own_error > 0, ratio(own_error, plain_error + own_error), 0.0)
    both = share * var + (1 - share) * importance["var"]
    left_out = np.sqrt(share * without + (1 - share) * importance["without"])
    first_plain, first_own = importance["var"] / n_plain, importance["own_first"] / n_own
    plain_share = ratio(first_own, first_plain + first_own)
    return importance | {
        "plain_share": plain_share,
        "var": both,
        "error": matched(N_SCRAMBLING - 1) * ratio(jackknife_error(left_out), np.sqrt(both)),
    }


def _quantiles(values: Array, weight: Array, levels: Array) -> Array:
    """Weighted quantiles (n_level, n_element)."""
    order = np.argsort(values, axis=0)
    steps = np.take_along_axis(weight, order, axis=0)
    place = np.cumsum(steps, axis=0) - steps / 2
    ordered = np.take_along_axis(values, order, axis=0)
    total = np.maximum(steps.sum(axis=0), np.finfo(float).tiny)
    columns = [np.interp(levels, place[:, k] / total[k], ordered[:, k]) for k in range(values.shape[1])]
    return np.column_stack(columns)


def _tail_share(values: Array, weight: Array, mean: Array) -> Array:
    """Share of the variance (n_element,) that the hundredth part of the weight farthest out carries."""
    squares = (values - mean) ** 2
    order = np.argsort(-squares, axis=0)
    w = ratio(np.take_along_axis(weight, order, axis=0), weight.sum(axis=0))
    carried = w * np.take_along_axis(squares, order, axis=0)
    inside = np.cumsum(w, axis=0) - w / 2 <= VARIANCE_TAIL.probability
    return np.asarray(ratio((carried * inside).sum(axis=0), carried.sum(axis=0)))
