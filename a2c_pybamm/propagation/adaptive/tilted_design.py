r"""Points where the variance is made: for outputs that a rare collapse moves more than everything else together.

Plain draws meet one collapse in a thousand too seldom to measure it. A rough polynomial :math:`\hat y` need not be right
to say where to look: points are drawn with the density

.. math:: q = \frac{h}{H}\,p, \qquad h = 1 + \max_k \frac{(\hat y_k-\hat m_k)^2}{\hat\sigma_k^2}, \qquad H = \mathrm{E}_p\,h

with the germ's own density p, and are weighted by :math:`w = p/q = H/h \le H`. For one output :math:`H = 2`: no error of the
polynomial can bias the answer, and what it overlooked is met half as often as by plain draws (a defensive density [1]_). An
output whose polynomial is right has :math:`w\,(y-m)^2 \le 2\sigma^2`, without a tail. With scramblings r,

.. math:: m_r = c + \frac{\sum_r w\,(y-c)}{\sum_r w}, \qquad S_r = \frac{\sum_r w\,(y-c)^2}{\sum_r w} .

The polynomial is fitted to :math:`\operatorname{arsinh}[(y-\tilde y)/s]` (median and spread of the draws), which a collapse
does not tear apart, and what it says is kept within the values that were found. The density is that of a pool of plain points,
one for each scrambling, from which every scrambling takes its points at equal steps of the summed h, sorted by
:math:`\hat y` (systematic sampling [2]_).

.. [1] T. Hesterberg, Technometrics 37 (1995) 185.
.. [2] W. G. Cochran, Sampling Techniques, 3rd ed. (1977), chapter 8.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.propagation.adaptive.cross_fit import CrossFit, cross_fit
from a2c_pybamm.propagation.adaptive.replicated_design import N_REPLICATE
from a2c_pybamm.propagation.germ_basis import GermBasis, sobol_germ
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.shares import ratio

POOL = 2**15
"""Plain points from which a scrambling takes its own; the pools together are eight times as many."""
MOST_GERMS = 10
"""Germs that the polynomial is read in when it is asked at a whole pool; the others stay as plain as they are."""
LARGEST = 20.0
"""Of an arsinh: e²⁰ times the spread is farther than any output."""


@dataclass(frozen=True, eq=False)
class Tilted:
    """Points with their weights."""

    germ: Array
    """(n_point, n_germ)."""
    group: NDArray[np.int64]
    """The scrambling of each point (n_point,)."""
    weight: Array
    """p/q (n_point,)."""


def tilted_points(
    basis: GermBasis, germ: Array, values: Array, group: NDArray[np.int64], n: int, rng: np.random.Generator
) -> Tilted:
    """The next n points of every scrambling, where outputs with these values (n_point, n_output) at germs are far out.

    ``group`` is −1 for points that are no plain draws.
    """
    drawn = values[group >= 0]
    centre = np.median(drawn, axis=0)
    spread = 1.48 * np.median(np.abs(drawn - centre), axis=0)
    spread = np.where(spread > 0, spread, np.maximum(values.std(axis=0), 1e-300))
    fit = cross_fit(basis, germ, np.arcsinh((values - centre) / spread), group, np.ones(values.shape[1], dtype=bool))
    few, terms, coefficients = _leading(fit)
    parts = []
    for own, child in enumerate(rng.spawn(N_REPLICATE)):
        pool = sobol_germ(POOL, basis.families, child)
        said = terms.evaluate(pool[:, few]) @ coefficients
        said = np.sinh(np.clip(said, -LARGEST, LARGEST)) * spread + centre
        said = np.clip(said, values.min(axis=0), values.max(axis=0))
        chosen, weight = _systematic(said, n, child)
        parts.append(Tilted(pool[chosen], np.full(n, own), weight))
    return joined_points(parts)


def joined_points(parts: Sequence[Tilted]) -> Tilted:
    """Points of several designs as one."""
    return Tilted(
        np.vstack([part.germ for part in parts]),
        np.concatenate([part.group for part in parts]),
        np.concatenate([part.weight for part in parts]),
    )


def _leading(fit: CrossFit) -> tuple[NDArray[np.int64], GermBasis, Array]:
    """The germs of greatest effect, the terms of these alone, and their coefficients (n_term, n_output)."""
    exponents, coefficients = fit.basis.exponents, fit.coefficients
    effect = (exponents > 0).T @ (ratio(coefficients**2, (coefficients[1:] ** 2).sum(axis=0))).sum(axis=1)
    few = np.sort(np.argsort(-effect, kind="stable")[:MOST_GERMS])
    kept = (np.delete(exponents, few, axis=1) == 0).all(axis=1)
    families = tuple(fit.basis.families[k] for k in few)
    return few, GermBasis(families, exponents[kept][:, few]), coefficients[kept]


def _systematic(said: Array, n: int, rng: np.random.Generator) -> tuple[NDArray[np.int64], Array]:
    """Rows of a pool's values (n_pool, n_output), and the weight of each."""
    far = np.max(ratio((said - said.mean(axis=0)) ** 2, said.var(axis=0)), axis=1)
    h = 1 + far
    order = np.argsort(said[:, 0], kind="stable")
    summed = np.cumsum(h[order])
    steps = (np.arange(n) + rng.random()) / n * summed[-1]
    chosen = order[np.minimum(np.searchsorted(summed, steps), len(order) - 1)]
    return chosen, h.mean() / h[chosen]


def tilted_moments(values: Array, points: Tilted, levels: Array) -> dict[str, Array]:
    """Moments and quantiles of values (n_point, n_element) with their errors from the spread of the scramblings."""
    weight, n_group = points.weight, N_REPLICATE
    own = (points.group[None, :] == np.arange(n_group)[:, None]) * weight
    pool = own / own.sum(axis=1, keepdims=True)
    centre = np.median(values, axis=0)
    first, second = pool @ (values - centre), pool @ (values - centre) ** 2
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
        "tail_share": _tail(values, weight, centre + first.mean(axis=0)),
    }


def _quantiles(values: Array, weight: Array, levels: Array) -> Array:
    """Weighted quantiles (n_level, n_element)."""
    order = np.argsort(values, axis=0)
    steps = weight[order]
    place = np.cumsum(steps, axis=0) - steps / 2
    ordered = np.take_along_axis(values, order, axis=0)
    if not len(levels):
        return np.zeros((0, values.shape[1]))
    columns = [np.interp(levels, place[:, k] / steps[:, k].sum(), ordered[:, k]) for k in range(values.shape[1])]
    return np.column_stack(columns)


def _tail(values: Array, weight: Array, mean: Array) -> Array:
    """Share of the variance (n_element,) that the hundredth part of the weight farthest out carries."""
    squares = (values - mean) ** 2
    order = np.argsort(-squares, axis=0)
    w = weight[order] / weight.sum()
    carried = w * np.take_along_axis(squares, order, axis=0)
    inside = np.cumsum(w, axis=0) - w / 2 <= 0.01
    return np.asarray(ratio((carried * inside).sum(axis=0), carried.sum(axis=0)))
