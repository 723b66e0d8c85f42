"""Moments, quantiles and their errors from points in groups, each group left out in turn.

Standard errors are those of `intervals.jackknife_error`. Groups are scramblings of one Sobol' sequence: points of one group
are not independent, those of different groups are. The variance is the mean square about the pooled mean plus the squared error
of that mean, which has no bias whatever the points of a group have to do with each other. Errors are matched to Student's
distribution with R - 1 degrees of freedom at 95 % (`intervals.matched`): an error from eight groups is known to 27 % only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.propagation.intervals import jackknife_error, matched
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.shares import ratio


def group_moments(values: Array, group: NDArray[np.int64], levels: Array) -> dict[str, Array]:
    """Statistics of each element over the points (n_point, n_element) that have a number there.

    "mean", "var", "mean_se", "error" (that of ln std), "quantile" and "quantile_se" (n_level, n_element), "running_fraction";
    NaN where fewer than two points have a number.
    """
    running = np.isfinite(values)
    enough = running.sum(axis=0) > 1
    offset = np.where(running, values, 0.0).sum(axis=0) / np.maximum(running.sum(axis=0), 1)
    centred = np.where(running, values - offset, 0.0)
    members = (group == np.arange(group.max() + 1)[:, None]).astype(float)
    count, first, second = (members @ part for part in (running.astype(float), centred, centred**2))
    mean, square = _moments(count.sum(axis=0), first.sum(axis=0), second.sum(axis=0))
    without_mean, without_square = _moments(*(part.sum(axis=0) - part for part in (count, first, second)))
    mean_se, factor = jackknife_error(without_mean), matched(len(members) - 1)
    log_std = np.log(np.where(without_square > 0, without_square, 1.0)) / 2
    moments = {"mean": offset + mean, "var": square + mean_se**2, "mean_se": factor * mean_se}
    error = np.where((without_square > 0).all(axis=0), jackknife_error(log_std), np.where(square > 0, np.inf, 0.0))
    moments["error"] = factor * error
    moments |= _quantiles(values, running, group, levels)
    moments = {name: np.where(enough, numbers, np.nan) for name, numbers in moments.items()}
    return moments | {"running_fraction": running.mean(axis=0)}


def _moments(count: Array, first: Array, second: Array) -> tuple[Array, Array]:
    """Mean and mean square about it from sums of powers."""
    mean = ratio(first, count)
    return mean, np.maximum(ratio(second, count) - mean**2, 0.0)


def _quantiles(values: Array, running: NDArray[np.bool_], group: NDArray[np.int64], levels: Array) -> dict[str, Array]:
    """Quantiles of all points, and their errors from the spread of the groups' own."""
    pooled = quantiles_of_running(values, running, levels)
    n_group = int(group.max()) + 1
    parts = np.array([quantiles_of_running(values[group == k], running[group == k], levels) for k in range(n_group)])
    known = np.isfinite(parts)
    number = known.sum(axis=0)
    centre = ratio(np.where(known, parts, 0.0).sum(axis=0), number.astype(float))
    square = np.where(known, parts - centre, 0.0) ** 2
    error = np.where(number > 1, np.sqrt(square.sum(axis=0) / np.maximum(number * (number - 1), 1)), np.nan)
    error *= matched(n_group - 1)
    return {"quantile": pooled, "quantile_se": error}


def quantiles_of_running(values: Array, running: NDArray[np.bool_], levels: Array) -> Array:
    """Quantiles (n_level, n_element) over the points that have a number, NaN where none has."""
    quantile = np.full((len(levels), values.shape[1]), np.nan)
    complete = running.all(axis=0) & (len(running) > 0)
    if complete.any():
        quantile[:, complete] = np.quantile(values[:, complete], levels, axis=0)
    for k in np.flatnonzero(~complete & running.any(axis=0)):
        quantile[:, k] = np.quantile(values[running[:, k], k], levels)
    return quantile
