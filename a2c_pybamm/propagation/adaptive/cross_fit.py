"""Polynomials of many elements from groups of points, each group predicted by the fit without it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.constants import RELATIVE_ROUND_OFF
from a2c_pybamm.propagation.adaptive.cross_moments import GroupMoments, LeftOut, cross_moments
from a2c_pybamm.propagation.adaptive.weighted_regression import Prior, PriorSearch, WeightedFit, weighted_fit
from a2c_pybamm.propagation.germ_basis import GermBasis
from a2c_pybamm.propagation.methods.three_sigma_points import largest_error
from a2c_pybamm.propagation.model import Array

LOST_VARIANCE = 1e-5
"""Share of the variance of all curves together that principal components may leave out; it goes to the residuals."""
MOST_COMPONENTS = 6
"""Principal components of all curves together: each costs a search for a prior."""
TEST_GROUP, WEIGHTED_GROUP = -1, -2
"""Groups of points that are in every fit but in no average: test points, whose error by a fit without them is reported, and
points of another density."""


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
    """One prior of each component."""
    mean: Array
    var: Array
    mean_se: Array
    error: Array
    """Relative standard error of the standard deviation (n_element,)."""
    q2: Array
    """Predictive coefficient on groups kept out of the fit (n_element,)."""
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
    basis: GermBasis,
    germ: Array,
    values: Array,
    group: NDArray[np.int64],
    alone: NDArray[np.bool_],
    *,
    former: CrossFit | None = None,
) -> CrossFit:
    """Fits and moments of values (n_point, n_element).

    ``group`` (n_point,) numbers the scramblings from 0; below are ``TEST_GROUP`` and ``WEIGHTED_GROUP``.
    Elements that stand ``alone`` (n_element,) have a polynomial each, the others share those of their principal
    components. The priors of a ``former`` fit to fewer points are where the search for new ones begins.
    """
    offset, scores, loadings = _components(values, alone)
    priors, fits = _fit_scores(basis, germ, scores, group, former.priors if former else ())
    predicted = np.column_stack([fit.left_out for fit in fits]) @ loadings + offset
    components = np.column_stack([fit.coefficients for fit in fits])
    drawn, tested = group >= 0, group == TEST_GROUP
    error_there = largest_error(values[tested], predicted[tested], values[drawn].std(axis=0))
    left_out = LeftOut(values[drawn], predicted[drawn], group[drawn], n_fitted=len(values))
    inner = np.einsum("ke,kl,le->e", loadings, components[1:].T @ components[1:], loadings)
    polynomial_var = inner + np.array([fit.posterior_var for fit in fits]) @ loadings**2
    without = np.stack([fit.without for fit in fits], axis=-1)
    moments = cross_moments(left_out, GroupMoments.of(without, loadings, offset), polynomial_var, error_there)
    return CrossFit(basis, components, loadings, offset, priors, test_point_error=error_there, **moments)


def side_by_side(first: CrossFit, second: CrossFit, where: NDArray[np.bool_]) -> CrossFit:
    """Two fits in one basis as one; the elements of the first are those ``where`` (n_element,) is true."""

    def placed(a: Array, b: Array) -> Array:
        both = np.empty(len(where))
        both[where], both[~where] = a, b
        return both

    n = first.components.shape[1]
    loadings = np.zeros((n + second.components.shape[1], len(where)))
    loadings[:n, where], loadings[n:, ~where] = first.loadings, second.loadings
    numbers = ("offset", "mean", "var", "mean_se", "error", "q2", "residual_var", "test_point_error")
    return CrossFit(
        first.basis,
        np.hstack([first.components, second.components]),
        loadings,
        priors=first.priors + second.priors,
        **{name: placed(getattr(first, name), getattr(second, name)) for name in numbers},
    )


def _components(values: Array, alone: NDArray[np.bool_]) -> tuple[Array, Array, Array]:
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


def _fit_scores(
    basis: GermBasis, germ: Array, scores: Array, group: NDArray[np.int64], former: tuple[Prior, ...]
) -> tuple[tuple[Prior, ...], list[WeightedFit]]:
    """Prior of each component, and the fit to its scores (n_point, n_component)."""
    terms = basis.evaluate(germ)
    search = PriorSearch(germ, basis.families, int(basis.exponents.sum(axis=1).max()))
    priors = tuple(
        search.choose(score / (score.std() or 1.0), former[k] if k < len(former) else None) for k, score in enumerate(scores.T)
    )
    return priors, [
        weighted_fit(terms, score, group, prior.variances(basis), prior.noise)
        for score, prior in zip(scores.T, priors, strict=True)
    ]
