r"""Polynomials from fewer points than terms: least squares weighted by a prior that the points themselves choose.

With the terms' values :math:`\Psi` at n points, the prior variances :math:`\Lambda` of their coefficients (`polynomial_kernel`)
and :math:`K = \Psi\Lambda\Psi^\mathsf{T} + \sigma^2`, the coefficients are :math:`\Lambda\Psi^\mathsf{T}K^{-1}y`. The fit
without a group G of points misses them by :math:`e_G = (K^{-1}_{GG})^{-1}(K^{-1}y)_G` ([1]_, eq. 5.12 for single points), with
no further fit.

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
from a2c_pybamm.propagation.shares import ratio


@dataclass(frozen=True)
class WeightedRegressionSettings:
    """Choice of priors and of the degree."""

    higher_degree_gain: float = 4.0
    """Factor by which a higher degree must divide the expected square of what is missed: for smooth outputs it does many times
    over; at a kink it gains little and overshoots far out."""
    least_missed: float = 1e-3
    """Missed share of the variance, 1 - Q², from which a higher degree is tried: below it the std is known to 0.05 %."""
    alike: float = 0.99
    """Correlation of two outputs from which they share a prior."""
    most_points: int = 80
    """Points that choose a prior: its dozen numbers need no more, and each step costs their cube."""
    most_points_higher: int = 128
    """Points that choose the prior of a higher degree."""


WEIGHTED_REGRESSION = WeightedRegressionSettings()


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


@dataclass(frozen=True, eq=False)
class ColumnFits:
    """Fits to several columns."""

    basis: GermBasis
    priors: tuple[Prior, ...]
    """One of each block of columns that share a prior."""
    fit: WeightedFit


def fit_columns(
    degrees: Degrees, germ: Array, columns: Array, group: NDArray[np.int64], n_alone: int, former: tuple[Prior, ...]
) -> ColumnFits:
    """Fits to columns (n_point, n_column), of which the first ``n_alone`` stand for one output each.

    Columns of one block share a prior. The search begins with ``former`` priors where there are as many or more. A higher
    degree is tried for blocks of outputs (of all columns where there are none) of which the lower one misses a thousandth.
    """
    blocks = _blocks(columns, n_alone)
    former = former[: len(blocks)] if len(former) >= len(blocks) else ()
    priors = _search(degrees.low, germ, columns, blocks, former, WEIGHTED_REGRESSION.most_points)
    fits = _fit_blocks(degrees.low, germ, columns, blocks, group, priors)
    if degrees.high is None:
        return ColumnFits(degrees.low, priors, _in_order(fits, blocks))
    drawn = group >= 0
    missed = [_missed(columns[:, block], fit, drawn) for block, fit in zip(blocks, fits, strict=True)]
    spread = [float(columns[drawn][:, block].var(axis=0).sum()) for block in blocks]
    tried = [
        k
        for k, block in enumerate(blocks)
        if (block[0] < n_alone or not n_alone) and missed[k] > WEIGHTED_REGRESSION.least_missed * spread[k]
    ]
    chosen = [blocks[k] for k in tried]
    older = tuple(former[k] for k in tried) if former else ()
    higher = _search(degrees.high, germ, columns, chosen, older, WEIGHTED_REGRESSION.most_points_higher)
    higher_fits = _fit_blocks(degrees.high, germ, columns, chosen, group, higher)
    better = {
        k: prior
        for k, prior, fit in zip(tried, higher, higher_fits, strict=True)
        if WEIGHTED_REGRESSION.higher_degree_gain * _missed(columns[:, blocks[k]], fit, drawn) < missed[k]
    }
    if not better:
        return ColumnFits(degrees.low, priors, _in_order(fits, blocks))
    priors = tuple(better.get(k, prior) for k, prior in enumerate(priors))
    fits = _fit_blocks(degrees.high, germ, columns, blocks, group, priors)
    return ColumnFits(degrees.high, priors, _in_order(fits, blocks))


def _blocks(columns: Array, n_alone: int) -> list[NDArray[np.int64]]:
    """Columns that share a prior: outputs that move together, the leading component of curves, their other components."""
    left, blocks = list(range(n_alone)), []
    centred = columns[:, :n_alone] - columns[:, :n_alone].mean(axis=0)
    length = np.linalg.norm(centred, axis=0)
    while left:
        cosine = np.abs(ratio(centred[:, left].T @ centred[:, left[0]], length[left] * length[left[0]]))
        alike = [k for k, c in zip(left, cosine, strict=True) if k == left[0] or c > WEIGHTED_REGRESSION.alike]
        blocks.append(np.array(alike))
        left = [k for k in left if k not in alike]
    rest = np.arange(n_alone, columns.shape[1])
    return [*blocks, *(part for part in (rest[:1], rest[1:]) if len(part))]


def _in_order(fits: list[WeightedFit], blocks: list[NDArray[np.int64]]) -> WeightedFit:
    """Fits of blocks as one of all columns, in the columns' order."""
    order = np.argsort(np.concatenate(blocks))
    return WeightedFit(
        np.concatenate([fit.coefficients for fit in fits], axis=-1)[..., order],
        np.concatenate([fit.posterior_var for fit in fits], axis=-1)[order],
        np.concatenate([fit.without for fit in fits], axis=-1)[..., order],
        np.concatenate([fit.left_out for fit in fits], axis=-1)[..., order],
    )


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


def _search(
    basis: GermBasis,
    germ: Array,
    columns: Array,
    blocks: list[NDArray[np.int64]],
    former: tuple[Prior, ...],
    n: int,
) -> tuple[Prior, ...]:
    """The prior of each block of columns (n_point, n_column), from the first n points."""
    search = PriorSearch(germ[:n], basis)
    spread = columns.std(axis=0)
    standard = columns[:n] / np.where(spread > 0, spread, 1.0)
    return tuple(search.choose(standard[:, block], former[k] if former else None) for k, block in enumerate(blocks))


def _fit_blocks(
    basis: GermBasis,
    germ: Array,
    columns: Array,
    blocks: list[NDArray[np.int64]],
    group: NDArray[np.int64],
    priors: tuple[Prior, ...],
) -> list[WeightedFit]:
    """The fit to each block of columns (n_point, n_column)."""
    if not blocks:
        return []
    terms = basis.evaluate(germ)
    kernels = kernel_matrices(germ, basis, [*priors, *(prior.squared for prior in priors)])
    return [
        weighted_fit(terms, columns[:, block], group, prior.variances(basis), kernel, squared, prior.noise)
        for block, prior, kernel, squared in zip(blocks, priors, kernels[: len(priors)], kernels[len(priors) :], strict=True)
    ]
