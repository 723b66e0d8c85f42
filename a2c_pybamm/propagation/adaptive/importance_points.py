r"""Importance points: for outputs that a rare collapse moves more than everything else together.

Plain points meet one collapse in a thousand too seldom to measure it. A rough polynomial :math:`\hat y` need not be right to
show where outputs are far from their mean: points are drawn with the density

.. math:: q = \frac{h}{H}\,p, \qquad h = 1 + \max_k \frac{(\hat y_k-\hat m_k)^2}{\hat\sigma_k^2}, \qquad H = \mathrm{E}_p\,h

with the germ's own density p, and are weighted by :math:`w = p/q = H/h \le H`. For one output :math:`H = 2`: no error of the
polynomial can bias the answer, and what it overlooked is met half as often as by plain points (a defensive density [1]_). An
output whose polynomial is right has :math:`w\,(y-m)^2 \le 2\sigma^2`, without a tail.

The polynomial is fitted to :math:`\operatorname{arsinh}[(y-\tilde y)/s]` (median and spread of the plain points), in which a
collapse is not far from all else, and its predictions are kept within the values that were found. The density is that of a pool
of plain points, one for each scrambling, from which every scrambling takes its points at equal steps of the summed h, sorted by
:math:`\hat y` (systematic sampling [2]_).

.. [1] T. Hesterberg, Technometrics 37 (1995) 185.
.. [2] W. G. Cochran, Sampling Techniques, 3rd ed. (1977), chapter 8.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.estimate import Family
from a2c_pybamm.propagation.adaptive.adaptive_state import ElementTable
from a2c_pybamm.propagation.adaptive.cross_moments import Mask
from a2c_pybamm.propagation.adaptive.design import Design, Kind
from a2c_pybamm.propagation.adaptive.weighted_regression import Degrees, fit_columns
from a2c_pybamm.propagation.germ_basis import N_SCRAMBLING, GermBasis, sobol_germ
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.problem import LARGEST_OUTPUT
from a2c_pybamm.propagation.shares import ratio


@dataclass(frozen=True)
class ImportanceSampling:
    """Settings of importance points."""

    pool_size: int = 2**12
    """Plain points from which a scrambling takes its own; the pools together are eight times as many."""
    most_germs: int = 10
    """Germs of most effect that the polynomial is evaluated in at a whole pool; the density does not depend on the others."""
    std_of_median_deviation: float = 1.48
    """Standard deviation of a normal distribution over the median of absolute deviations, 1/Φ⁻¹(3/4)."""
    rounds: tuple[float, ...] = (0.3, 1.0)
    """Share of what is left of the budget for each round; the second begins from what the first has found."""
    worth: float = 0.5
    """Plain points that a point is worth where an event was never met: its density is half the germ's at the least."""


IMPORTANCE = ImportanceSampling()


def sample_rough(basis: GermBasis, table: ElementTable, to_sample: Mask, n: int, rng: np.random.Generator) -> Design:
    """The next n points of every scrambling, where the outputs to be sampled (n_element,) are far from their mean.

    The polynomials are fitted to the points that have a value of all of them.
    """
    values = table.values[:, to_sample]
    rows = np.isfinite(values).all(axis=1)
    return importance_points(basis, table.germ[rows], values[rows], table.group[rows], n, rng)


def importance_points(
    basis: GermBasis, germ: Array, values: Array, group: NDArray[np.int64], n: int, rng: np.random.Generator
) -> Design:
    """The next n points of every scrambling, where outputs with these values (n_point, n_output) at germs are far out.

    ``group`` is negative for all but plain points.
    """
    drawn = values[group >= 0]
    centre = np.median(drawn, axis=0)
    spread = IMPORTANCE.std_of_median_deviation * np.median(np.abs(drawn - centre), axis=0)
    spread = np.where(spread > 0, spread, np.maximum(values.std(axis=0), np.finfo(float).tiny))
    leading, terms, coefficients = _leading_germs(basis, _coefficients(basis, germ, np.arcsinh((values - centre) / spread)))

    farthest = np.arcsinh(LARGEST_OUTPUT)  # nothing overflows

    def predict(pool: Array) -> Array:
        arsinh = np.clip(terms.evaluate(pool[:, leading]) @ coefficients, -farthest, farthest)
        return np.clip(np.sinh(arsinh) * spread + centre, values.min(axis=0), values.max(axis=0))

    parts = [_systematic(basis.families, predict, n, child) for child in rng.spawn(N_SCRAMBLING)]
    germs, weights = zip(*parts, strict=True)
    return Design(Kind.IMPORTANCE, np.vstack(germs), np.repeat(np.arange(N_SCRAMBLING), n), np.concatenate(weights))


def _coefficients(basis: GermBasis, germ: Array, values: Array) -> Array:
    """Coefficients (n_term, n_output) of polynomials with a prior each."""
    no_group = np.full(len(germ), -1)
    return fit_columns(Degrees(basis), germ, values, no_group, values.shape[1], ()).fit.coefficients


def _leading_germs(basis: GermBasis, coefficients: Array) -> tuple[NDArray[np.int64], GermBasis, Array]:
    """The germs of greatest effect, the terms of these alone, and their coefficients (n_term, n_output)."""
    exponents = basis.exponents
    effect = (exponents > 0).T @ (ratio(coefficients**2, (coefficients[1:] ** 2).sum(axis=0))).sum(axis=1)
    leading = np.sort(np.argsort(-effect, kind="stable")[: IMPORTANCE.most_germs])
    kept = (np.delete(exponents, leading, axis=1) == 0).all(axis=1)
    families = tuple(basis.families[k] for k in leading)
    return leading, GermBasis(families, exponents[kept][:, leading]), coefficients[kept]


def _systematic(
    families: tuple[Family, ...], predict: Callable[[Array], Array], n: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Germs (n, n_germ) of one scrambling from its own pool, and the weight of each (n,)."""
    pool = sobol_germ(IMPORTANCE.pool_size, families, rng)
    predicted = predict(pool)
    far = np.max(ratio((predicted - predicted.mean(axis=0)) ** 2, predicted.var(axis=0)), axis=1)
    h = 1 + far
    order = np.argsort(predicted[:, 0], kind="stable")
    summed = np.cumsum(h[order])
    steps = (np.arange(n) + rng.random()) / n * summed[-1]
    chosen = order[np.minimum(np.searchsorted(summed, steps), len(order) - 1)]
    return pool[chosen], h.mean() / h[chosen]
