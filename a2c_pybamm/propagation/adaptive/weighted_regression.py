r"""Polynomials from fewer points than terms: least squares weighted by a prior that the points themselves choose.

With the terms' values :math:`\Psi` at n points, the prior variances :math:`\Lambda` of their coefficients (`polynomial_kernel`)
and :math:`K = \Psi\Lambda\Psi^\mathsf{T} + \sigma^2`, the coefficients are :math:`\Lambda\Psi^\mathsf{T}K^{-1}y`. The fit without
a group G of points misses them by :math:`e_G = (K^{-1}_{GG})^{-1}(K^{-1}y)_G` ([1]_, eq. 5.12 for single points), with no
further fit.

.. [1] C. E. Rasmussen, C. K. I. Williams, Gaussian Processes for Machine Learning (2006), chapter 5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from a2c_pybamm.propagation.adaptive.polynomial_kernel import ROUND_OFF, Prior, kernel_matrices
from a2c_pybamm.propagation.adaptive.prior_search import PriorSearch
from a2c_pybamm.propagation.germ_basis import GermBasis
from a2c_pybamm.propagation.model import Array

HIGHER_DEGREE_GAIN = 4.0
"""Factor by which a higher degree must divide the expected square of what is missed: for smooth outputs it does many times over;
at a kink it gains little and overshoots far out."""
MOST_POINTS = 64
"""Points that choose a prior: its dozen numbers need no more, and each step costs their cube."""


@dataclass(frozen=True, eq=False)
class Degrees:
    """Bases of the degree that is always fitted, and of a higher one that is taken where it is seen to be better."""

    low: GermBasis
    high: GermBasis | None = None


@dataclass(frozen=True, eq=False)
class WeightedFit:
    """Polynomials of several outputs fitted to all points, and the polynomials of all points but one group."""

    coefficients: Array
    """Orthonormal coefficients (n_term, n_output)."""
    posterior_var: Array
    """Posterior variances of all coefficients but the constant, summed (n_output,): what their squares miss of the variance."""
    without: Array
    """Coefficients of the fits that left out one group (n_group, n_term, n_output)."""
    left_out: Array
    """Predictions by fits without the point (n_point, n_output): without its whole group, without it alone if that is
    negative."""


def weighted_fit(
    terms: Array, values: Array, group: NDArray[np.int64], variances: Array, kernel: Array, squared: Array, noise: float
) -> WeightedFit:
    """The fit to values (n_point, n_output) of terms (n_point, n_term) with given prior variances (n_term,).

    ``kernel`` (n_point, n_point) is that of these variances, ``squared`` that of their squares. ``group`` (n_point,) numbers
    the groups 0, 1, … that are left out in turn; points of negative groups are in every fit.
    """
    n = len(terms)
    offset, scale = values.mean(axis=0), values.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    noise = noise + ROUND_OFF * float(kernel.diagonal().max())
    factor = cho_factor(kernel + noise * np.eye(n), lower=True, overwrite_a=True, check_finite=False)
    inverse = cho_solve(factor, np.eye(n), check_finite=False)
    standard = (values - offset) / scale
    response = inverse @ standard
    left_out = values - scale * response / np.diag(inverse)[:, None]  # each alone; groups follow
    changed = [response]
    for k in range(int(group.max()) + 1):
        member = group == k
        missed = np.linalg.solve(inverse[np.ix_(member, member)], response[member])
        left_out[member] = values[member] - scale * missed
        # without the group its own responses vanish: y is replaced by what the others predict there
        changed.append(response - inverse[:, member] @ missed)
    coefficients = scale * (variances[:, None] * np.einsum("nt,knq->ktq", terms, np.array(changed), optimize=True))
    coefficients[:, 0] += offset
    # the constant's share of the kernel of squares is 1
    posterior = max(0.0, float(variances[1:].sum() - (inverse * (squared - 1.0)).sum()))
    # the scale of all prior variances is the one of greatest evidence
    posterior_var = scale**2 * (standard * response).sum(axis=0) / n * posterior
    return WeightedFit(coefficients[0], posterior_var, coefficients[1:], left_out)


def fit_columns(
    degrees: Degrees, germ: Array, scores: Array, group: NDArray[np.int64], n_alone: int, former: tuple[Prior, ...]
) -> tuple[GermBasis, tuple[Prior, ...], list[WeightedFit]]:
    """The basis, priors and fits to columns (n_point, n_column), fits in their order.

    The first ``n_alone`` columns and the one behind them have a prior each, the others one together. The search begins with
    ``former`` priors where there are some.
    """
    n_own = min(n_alone + 1, scores.shape[1])
    blocks = [scores[:, k : k + 1] for k in range(n_own)] + ([scores[:, n_own:]] if scores.shape[1] > n_own else [])
    priors = _search(degrees.low, germ, blocks, former)
    fits = _fit_blocks(degrees.low, germ, blocks, group, priors)
    if degrees.high is None:
        return degrees.low, priors, fits
    higher = _search(degrees.high, germ, blocks, former)
    fits_higher = _fit_blocks(degrees.high, germ, blocks, group, higher)
    drawn = group >= 0
    better = [
        HIGHER_DEGREE_GAIN * _missed(block, high, drawn) < _missed(block, low, drawn)
        for block, low, high in zip(blocks, fits, fits_higher, strict=True)
    ]
    if not any(better):
        return degrees.low, priors, fits
    priors = tuple(high if b else low for b, low, high in zip(better, priors, higher, strict=True))
    return degrees.high, priors, _fit_blocks(degrees.high, germ, blocks, group, priors)


def _missed(values: Array, fit: WeightedFit, drawn: NDArray[np.bool_]) -> float:
    """Expected square of what a fit misses: at plain points left out, and by what leaving groups out does to it everywhere."""
    at_points = float(((values - fit.left_out)[drawn] ** 2).mean(axis=0).sum())
    return max(at_points, float(np.einsum("rtk,rtk->", *[_deviations(fit.without)] * 2)))


def unstable_variance(without: Array, loadings: Array) -> Array:
    """Mean square error (n_element,) of polynomials by the jackknife over the fits without a group.

    Exact over the germ's distribution, its tails too, where few points are or none.
    """
    apart = _deviations(without)
    inner = np.matmul(apart.transpose(0, 2, 1), apart).sum(axis=0)
    return np.asarray(np.einsum("ke,kl,le->e", loadings, inner, loadings, optimize=True))


def _deviations(without: Array) -> Array:
    """Coefficients without each group less their mean, scaled so that their squares add to the jackknife's."""
    n = len(without)
    return np.asarray(np.sqrt((n - 1) / n) * (without - without.mean(axis=0)))


def _search(basis: GermBasis, germ: Array, blocks: list[Array], former: tuple[Prior, ...]) -> tuple[Prior, ...]:
    """The prior of each block of columns (n_point, n_column)."""
    germ = germ[:MOST_POINTS]
    search = PriorSearch(germ, basis)
    priors = []
    for k, block in enumerate(blocks):
        spread = block.std(axis=0)
        standard = block[:MOST_POINTS] / np.where(spread > 0, spread, 1.0)
        priors.append(search.choose(standard, former[k] if k < len(former) else None))
    return tuple(priors)


def _fit_blocks(
    basis: GermBasis, germ: Array, blocks: list[Array], group: NDArray[np.int64], priors: tuple[Prior, ...]
) -> list[WeightedFit]:
    terms = basis.evaluate(germ)
    kernels = kernel_matrices(germ, basis, [*priors, *(prior.squared for prior in priors)])
    return [
        weighted_fit(terms, block, group, prior.variances(basis), kernel, squared, prior.noise)
        for block, prior, kernel, squared in zip(blocks, priors, kernels[: len(priors)], kernels[len(priors) :], strict=True)
    ]
