"""Polynomials of many elements from groups of points, each group predicted by the fit without it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.constants import RELATIVE_ROUND_OFF
from a2c_pybamm.propagation.adaptive.cross_moments import GroupMoments, Mask, PlainPoints, cross_moments
from a2c_pybamm.propagation.adaptive.polynomial_kernel import Prior
from a2c_pybamm.propagation.adaptive.weighted_regression import Degrees, WeightedFit, fit_columns
from a2c_pybamm.propagation.germ_basis import GermBasis, sobol_germ
from a2c_pybamm.propagation.methods.three_sigma_points import THREE_SIGMA, largest_error
from a2c_pybamm.propagation.model import Array

LOST_VARIANCE = 1e-5
"""Share of the variance of all curves together that principal components may leave out; it goes to the residuals."""
MOST_COMPONENTS = 6
"""Principal components of all curves together."""
TEST_GROUP, WEIGHTED_GROUP = -1, -2
"""Groups of points that are in every fit but in no average: test points, whose error by a fit without them is reported, and
points of another density."""
N_BOUNDED = 4096
"""Germs over which polynomials are averaged that are kept within bounds: a kink's mean is then known to 0.1 % of its std."""


@dataclass(frozen=True, eq=False)
class CrossFit:
    """A polynomial for every element, and moments that do not depend on its being right."""

    basis: GermBasis
    components: Array
    """Coefficients of the principal components (n_term, n_component)."""
    loadings: Array
    """From components to elements (n_component, n_element)."""
    offset: Array
    """(n_element,)."""
    priors: tuple[Prior, ...]
    """Priors that components have each or in common."""
    mean: Array
    var: Array
    mean_se: Array
    error: Array
    """Relative standard error of the standard deviation (n_element,)."""
    q2: Array
    """Predictive coefficient on groups kept out of the fit, what it misses at the test points counted as that of the tails
    beyond them (n_element,)."""
    residual_var: Array
    """Mean square of what the fits without a group missed in it (n_element,)."""
    test_point_error: Array
    """Largest error at a test point of the fit to all other points, in standard deviations (n_element,); NaN without any."""

    @property
    def coefficients(self) -> Array:
        """Orthonormal coefficients of every element (n_term, n_element)."""
        values = self.components @ self.loadings
        values[0] += self.offset
        return values


def cross_fit(
    degrees: Degrees,
    germ: Array,
    values: Array,
    group: NDArray[np.int64],
    alone: Mask,
    failed: tuple[Array, NDArray[np.int64]],
    *,
    former: tuple[Prior, ...] = (),
) -> CrossFit:
    """Fits and moments of values (n_point, n_element).

    ``group`` (n_point,) numbers the scramblings from 0; below are ``TEST_GROUP`` and ``WEIGHTED_GROUP``.
    Elements that stand ``alone`` (n_element,) have a polynomial each, the others share those of their principal
    components. ``failed`` are germs (n_failed, n_germ) and groups of plain points that failed. ``former`` priors of a fit to
    fewer points are where the search for new ones begins.
    """
    offset, scores, loadings = _components(values, alone)
    basis, priors, fits = fit_columns(degrees, germ, scores, group, int(alone.sum()), former)
    predicted = np.hstack([fit.left_out for fit in fits]) @ loadings + offset
    components = np.hstack([fit.coefficients for fit in fits])
    without = np.concatenate([fit.without for fit in fits], axis=-1)
    drawn, tested = group >= 0, group == TEST_GROUP
    error_there = largest_error(values[tested], predicted[tested], values[drawn].std(axis=0))
    beyond = THREE_SIGMA.tail_probability * ((values[tested] - predicted[tested]) ** 2).sum(axis=0)
    points = _plain_points(values[drawn], predicted[drawn], group[drawn], len(values), basis, without, loadings, offset, failed)
    own = np.hstack([fit.posterior_var for fit in fits])
    inner = np.einsum("ke,kl,le->e", loadings, components[1:].T @ components[1:], loadings, optimize=True)

    def bounded(where: Mask) -> tuple[GroupMoments, Array]:
        low, high = values[:, where].min(axis=0), values[:, where].max(axis=0)
        kept = np.clip(points.predicted[:, where], low, high)
        return _bounded_moments(basis, without, loadings[:, where], offset[where], (low, high)), kept

    moments = cross_moments(
        points, GroupMoments.of(without, loadings, offset), bounded, inner + own @ loadings**2, error_there
    )
    plain = values[drawn].var(axis=0)
    moments["q2"] = moments["q2"] - np.divide(beyond, plain, out=np.zeros_like(plain), where=plain > 0)
    return CrossFit(basis, components, loadings, offset, priors, test_point_error=error_there, **moments)


def _plain_points(
    values: Array,
    predicted: Array,
    group: NDArray[np.int64],
    n_fitted: int,
    basis: GermBasis,
    without: Array,
    loadings: Array,
    offset: Array,
    failed: tuple[Array, NDArray[np.int64]],
) -> PlainPoints:
    """Plain points with those that failed at the end, which the polynomials without their group predict."""
    germ, group_there = failed
    works = np.arange(len(values) + len(germ)) < len(values)
    if len(germ):
        terms = basis.evaluate(germ)
        there = np.einsum("nt,ntk->nk", terms, without[group_there]) @ loadings + offset
        values = np.vstack([values, np.zeros_like(there)])
        predicted, group = np.vstack([predicted, there]), np.concatenate([group, group_there])
    return PlainPoints(values, predicted, group, works, n_fitted)


def _bounded_moments(
    basis: GermBasis, without: Array, loadings: Array, offset: Array, bounds: tuple[Array, Array]
) -> GroupMoments:
    """Moments of the polynomials without each group, kept within bounds (n_element,), over germs that fill the distribution."""
    terms = basis.evaluate(sobol_germ(N_BOUNDED, basis.families, np.random.default_rng(0)))
    mean, var = np.empty((2, len(without), len(offset)))
    for r, coefficients in enumerate(without):
        kept = np.clip((terms @ coefficients) @ loadings + offset, *bounds)
        mean[r], var[r] = kept.mean(axis=0), kept.var(axis=0)
    return GroupMoments(mean, var)


def side_by_side(first: CrossFit, second: CrossFit, where: Mask) -> CrossFit:
    """Two fits as one; the elements of the first are those ``where`` (n_element,) is true."""

    def placed(a: Array, b: Array) -> Array:
        both = np.empty(len(where))
        both[where], both[~where] = a, b
        return both

    n = first.components.shape[1]
    loadings = np.zeros((n + second.components.shape[1], len(where)))
    loadings[:n, where], loadings[n:, ~where] = first.loadings, second.loadings
    numbers = ("offset", "mean", "var", "mean_se", "error", "q2", "residual_var", "test_point_error")
    larger = max(first.basis, second.basis, key=len)
    return CrossFit(
        larger,
        np.hstack([_in_basis(larger, first), _in_basis(larger, second)]),
        loadings,
        priors=first.priors,
        **{name: placed(getattr(first, name), getattr(second, name)) for name in numbers},
    )


def _in_basis(basis: GermBasis, fit: CrossFit) -> Array:
    """Coefficients of the components (n_term, n_component) in a basis that has all terms of the fit's own."""
    place = {tuple(row): k for k, row in enumerate(basis.exponents.tolist())}
    coefficients = np.zeros((len(basis), fit.components.shape[1]))
    coefficients[[place[tuple(row)] for row in fit.basis.exponents.tolist()]] = fit.components
    return coefficients


def _components(values: Array, alone: Mask) -> tuple[Array, Array, Array]:
    """Means (n_element,) of values (n_point, n_element), scores (n_point, n_component), loadings (n_component, n_element)."""
    offset, spread = values.mean(axis=0), values.std(axis=0)
    scale = np.where(spread > RELATIVE_ROUND_OFF * np.abs(offset), spread, 0.0)
    standard = np.divide(values - offset, scale, out=np.zeros_like(values), where=scale > 0)
    single = np.flatnonzero(alone)
    shapes = np.zeros((len(single), standard.shape[1]))
    shapes[np.arange(len(single)), single] = 1.0
    if alone.all():
        return offset, standard, shapes * scale
    left, size, right = np.linalg.svd(standard[:, ~alone], full_matrices=False)
    n_kept = min(MOST_COMPONENTS, 1 + int(np.searchsorted(np.cumsum(size**2), (1 - LOST_VARIANCE) * (size**2).sum())))
    shared = np.zeros((n_kept, standard.shape[1]))
    shared[:, ~alone] = right[:n_kept]
    scores = np.hstack([standard[:, single], left[:, :n_kept] * size[:n_kept]])
    return offset, scores, np.vstack([shapes, shared]) * scale
