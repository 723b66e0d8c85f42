"""Polynomials of many elements from groups of points, each group predicted by the fit without it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.constants import RELATIVE_ROUND_OFF
from a2c_pybamm.estimate import Family
from a2c_pybamm.propagation.adaptive.cross_moments import (
    GroupMoments,
    LeftOut,
    Mask,
    PolynomialVariance,
    cross_moments,
)
from a2c_pybamm.propagation.adaptive.polynomial_kernel import Prior
from a2c_pybamm.propagation.adaptive.weighted_regression import Degrees, fit_columns, unstable_variance
from a2c_pybamm.propagation.germ_basis import N_QUANTILE, GermBasis, sobol_germ
from a2c_pybamm.propagation.methods.three_sigma_points import THREE_SIGMA, largest_error
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.shares import ratio

LOST_VARIANCE = 1e-5
"""Share of the variance of all curves together that principal components may leave out; it goes to the residuals."""
MOST_COMPONENTS = 6
"""Principal components of all curves together."""
TEST_GROUP, WEIGHTED_GROUP = -1, -2
"""Groups of points that are in every fit but in no average: test points, whose error by a fit without them is reported, and
points of another density."""


@dataclass(frozen=True)
class PolynomialSampling:
    """Numbers of germs at which polynomials are sampled."""

    n_of_numbers: int = 2048
    """For moments of bounded polynomials of numbers."""
    n_of_curves: int = 1024
    """For those of curves, hundreds of elements at once."""
    most_kept: int = 2**21
    """Entries of the largest array of sampled terms that is kept for the next fit (16 MB)."""
    negligible: float = 1e-9
    """Share of the variance of a term that is left out: thousands of such do not show."""


SAMPLING = PolynomialSampling()


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
    """Mean square of what the fits without a group missed, in it or by their own scatter (n_element,)."""
    test_point_error: Array
    """Largest error at a test point of the fit to all other points, in standard deviations (n_element,); NaN without any."""
    missed: Array
    """Largest error at a test point as there, of predictions kept within the values met (n_element,)."""
    missed_square: Array
    """Largest error at a test point of squares about the mean, likewise (n_element,)."""
    without: Array
    """Variances without each group (n_group, n_element)."""
    left_out: Array
    """Predictions at all plain points by the fit without their group (n_plain, n_element), those that failed at the end."""

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
    found = fit_columns(degrees, germ, scores, group, int(alone.sum()), former)
    basis, components, without = found.basis, found.fit.coefficients, found.fit.without
    predicted = found.fit.left_out @ loadings + offset
    drawn, tested = group >= 0, group == TEST_GROUP
    error_there = largest_error(values[tested], predicted[tested], values[drawn].std(axis=0))
    beyond = THREE_SIGMA.tail_probability * ((values[tested] - predicted[tested]) ** 2).sum(axis=0)
    points = _left_out(values[drawn], predicted[drawn], group[drawn], len(values), basis, without, loadings, offset, failed)
    inner = np.einsum("ke,kl,le->e", loadings, components[1:].T @ components[1:], loadings, optimize=True)

    def bounded(where: Mask) -> tuple[GroupMoments, Array]:
        low, high = values[:, where].min(axis=0), values[:, where].max(axis=0)
        kept = np.clip(points.predicted[:, where], low, high)
        n = SAMPLING.n_of_numbers if alone[where].all() else SAMPLING.n_of_curves
        return _bounded_moments(basis, without, loadings[:, where], offset[where], (low, high), n), kept

    polynomial = PolynomialVariance(inner, found.fit.posterior_var @ loadings**2, unstable_variance(without, loadings))
    moments = cross_moments(points, GroupMoments.of(without, loadings, offset), bounded, polynomial, error_there, alone)
    plain = values[drawn].var(axis=0)
    # where all plain points are alike and a test point is not, nothing is predicted
    moments["q2"] = np.where(np.isinf(error_there), 0.0, moments["q2"] - ratio(beyond, plain))
    there = np.clip(predicted[tested], values.min(axis=0), values.max(axis=0))
    squares = (values[tested] - moments["mean"]) ** 2 - (there - moments["mean"]) ** 2
    moments["missed"] = np.abs(values[tested] - there).max(axis=0, initial=0.0)
    moments["missed_square"] = np.abs(squares).max(axis=0, initial=0.0)
    return CrossFit(
        basis, components, loadings, offset, found.priors, test_point_error=error_there, left_out=points.predicted, **moments
    )


def _left_out(
    values: Array,
    predicted: Array,
    group: NDArray[np.int64],
    n_fitted: int,
    basis: GermBasis,
    without: Array,
    loadings: Array,
    offset: Array,
    failed: tuple[Array, NDArray[np.int64]],
) -> LeftOut:
    """Plain points with those that failed at the end, which the polynomials without their group predict."""
    germ, group_there = failed
    works = np.arange(len(values) + len(germ)) < len(values)
    if len(germ):
        terms = basis.evaluate(germ)
        there = np.einsum("nt,ntk->nk", terms, without[group_there]) @ loadings + offset
        values = np.vstack([values, np.zeros_like(there)])
        predicted, group = np.vstack([predicted, there]), np.concatenate([group, group_there])
    return LeftOut(values, predicted, group, works, n_fitted)


def _bounded_moments(
    basis: GermBasis, without: Array, loadings: Array, offset: Array, bounds: tuple[Array, Array], n: int
) -> GroupMoments:
    """Moments of the polynomials without each group, kept within bounds (n_element,), over n germs."""
    loaded = (loadings != 0).any(axis=1)
    mean, var = np.empty((2, len(without), len(offset)))
    if loaded.any():
        terms, kept = sampled_terms(basis, np.abs(without[:, :, loaded]).max(axis=(0, 2)), n)
        for r, coefficients in enumerate(without[:, kept][:, :, loaded]):
            values = np.clip((terms @ coefficients) @ loadings[loaded] + offset, *bounds)
            mean[r], var[r] = values.mean(axis=0), values.var(axis=0)
    else:
        mean[:], var[:] = offset, 0.0
    return GroupMoments(mean, var)


def sampled_terms(basis: GermBasis, size: Array, n: int) -> tuple[Array, Mask]:
    """Terms at n germs that fill the distribution (n, n_kept), and which are kept (n_term,) of coefficients of this size.

    Left out are those that make less than 1e-9 of the variance each.
    """
    kept = size**2 > SAMPLING.negligible * (size[1:] ** 2).sum()
    kept[0] = True
    if n * len(basis) <= SAMPLING.most_kept:
        return _terms(basis, n)[:, kept], kept
    return GermBasis(basis.families, basis.exponents[kept]).evaluate(_germs(basis.families)[:n]), kept


@lru_cache(maxsize=2)
def _germs(families: tuple[Family, ...]) -> Array:
    return sobol_germ(N_QUANTILE, families, np.random.default_rng(0))


@lru_cache(maxsize=4)
def _terms(basis: GermBasis, n: int) -> Array:
    return basis.evaluate(_germs(basis.families)[:n])


def side_by_side(fits: list[CrossFit], members: list[Mask]) -> CrossFit:
    """Fits of some elements each as one of all (n_element,); elements of none are NaN."""
    basis = max((fit.basis for fit in fits), key=len)
    n_element = len(members[0])

    def placed(parts: list[Array]) -> Array:
        every = np.full((*parts[0].shape[:-1], n_element), np.nan)
        for part, where in zip(parts, members, strict=True):
            every[..., where] = part
        return every

    sizes = np.cumsum([0, *(fit.components.shape[1] for fit in fits)])
    loadings = np.zeros((sizes[-1], n_element))
    for fit, where, start, stop in zip(fits, members, sizes[:-1], sizes[1:], strict=True):
        loadings[start:stop, where] = fit.loadings
    numbers = ["offset", "mean", "var", "mean_se", "error", "q2", "residual_var", "test_point_error"]
    numbers += ["missed", "missed_square", "without", "left_out"]
    return CrossFit(
        basis,
        np.hstack([_in_basis(basis, fit) for fit in fits]),
        loadings,
        priors=fits[0].priors,
        **{name: placed([getattr(fit, name) for fit in fits]) for name in numbers},
    )


def _in_basis(basis: GermBasis, fit: CrossFit) -> Array:
    """Coefficients of the components (n_term, n_component) in a basis that has all terms of the fit's own."""
    if basis is fit.basis:
        return fit.components
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
