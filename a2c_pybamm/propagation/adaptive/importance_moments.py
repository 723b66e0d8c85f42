r"""Moments and quantiles from importance points, with errors from the spread of the scramblings.

With weights w, scramblings r and the median c,

.. math:: m_r = c + \frac{\sum_r w\,(y-c)}{\sum_r w}, \qquad S_r = \frac{\sum_r w\,(y-c)^2}{\sum_r w} .
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.propagation.adaptive.replicated_design import N_REPLICATE
from a2c_pybamm.propagation.intervals import VARIANCE_TAIL
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.shares import ratio


def importance_moments(values: Array, group: NDArray[np.int64], weight: Array, levels: Array) -> dict[str, Array]:
    """Statistics of values (n_point, n_element) at points with these scramblings and weights (n_point,)."""
    n_group = N_REPLICATE
    by_group = (group[None, :] == np.arange(n_group)[:, None]) * weight
    averages = by_group / by_group.sum(axis=1, keepdims=True)
    centre = np.median(values, axis=0)
    first, second = averages @ (values - centre), averages @ (values - centre) ** 2
    var = np.maximum(second.mean(axis=0) - first.mean(axis=0) ** 2, 0.0)
    without = (first.sum(axis=0) - first) / (n_group - 1), (second.sum(axis=0) - second) / (n_group - 1)
    left_out = np.sqrt(np.maximum(without[1] - without[0] ** 2, 0.0))
    jackknife = (n_group - 1) / n_group * ((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0)
    return {
        "mean": centre + first.mean(axis=0),
        "var": var,
        "mean_se": first.std(axis=0, ddof=1) / np.sqrt(n_group),
        "error": np.sqrt(ratio(jackknife, var)),
        "quantile": _quantiles(values, weight, levels),
        "tail_share": _tail_share(values, weight, centre + first.mean(axis=0)),
    }


def _quantiles(values: Array, weight: Array, levels: Array) -> Array:
    """Weighted quantiles (n_level, n_element)."""
    order = np.argsort(values, axis=0)
    steps = weight[order]
    place = np.cumsum(steps, axis=0) - steps / 2
    ordered = np.take_along_axis(values, order, axis=0)
    columns = [np.interp(levels, place[:, k] / steps[:, k].sum(), ordered[:, k]) for k in range(values.shape[1])]
    return np.column_stack(columns)


def _tail_share(values: Array, weight: Array, mean: Array) -> Array:
    """Share of the variance (n_element,) that the hundredth part of the weight farthest out carries."""
    squares = (values - mean) ** 2
    order = np.argsort(-squares, axis=0)
    w = weight[order] / weight.sum()
    carried = w * np.take_along_axis(squares, order, axis=0)
    inside = np.cumsum(w, axis=0) - w / 2 <= VARIANCE_TAIL.probability
    return np.asarray(ratio((carried * inside).sum(axis=0), carried.sum(axis=0)))
