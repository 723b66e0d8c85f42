r"""Moments that stay right whatever the polynomial is worth: what the fit missed on points it had not seen is added back.

Points come in R independent groups (scramblings of one design). With :math:`\hat y_{-r}` the polynomial fitted without group r,
every group gives estimates whose mean is the truth for any polynomial [1]_,

.. math::
    T_r = \mathrm{E}\,\hat y_{-r} + \langle y - \hat y_{-r}\rangle_r, \qquad
    S_r = \mathrm{E}(\hat y_{-r}-m)^2 + \langle (y-m)^2 - (\hat y_{-r}-m)^2\rangle_r ,

the first terms exact from the coefficients. The mean over groups of :math:`T_r` is the mean. Of the variance there are two
estimates, that of the polynomial of all points alone, :math:`V`, and :math:`S=\langle S_r\rangle`: the first may be biased, the
second is as noisy as few points are. They are combined with weights after their squared relative errors,

.. math::
    \epsilon_V^2 = (1-Q^2)^2/4 + a\,(1-Q^2)/N, \qquad \epsilon_S^2 = \text{jackknife}^2 + a\,(1-Q^2)/n ,

for N points in all and n in groups: what is missed counts as bias, and as an error of the fit that all groups share. With more
points :math:`\epsilon_S` vanishes and the bias does not, so that S wins wherever the polynomial does not hold.

Points in no group (number -1) take part in all fits, and in no mean.

.. [1] P. W. Glynn, R. Szechtman, in Monte Carlo and Quasi-Monte Carlo Methods 2000 (2002) 27: control variates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.propagation.germ_basis import GermBasis
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.problem import ROUND_OFF
from a2c_pybamm.propagation.shares import ratio
from a2c_pybamm.propagation.weighted_regression import Prior, PriorSearch, weighted_fit

LOST_VARIANCE = 1e-5
"""Share of the variance of all curves together that principal components may leave out; it goes to the residuals."""
MOST_COMPONENTS = 6
LEAST_Q2 = 0.5
"""A polynomial that predicts less than half of the variance adds more noise than it takes away: the points alone count."""
SHARED = 5.0
"""The factor a: error of the fit from what it misses. Measured on discharges (``benchmarks/interval_coverage.py``)."""


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
    """Of each component."""
    mean: Array
    var: Array
    mean_se: Array
    error: Array
    """Relative standard error of the standard deviation (n_element,)."""
    q2: Array
    """Predictive coefficient on groups kept out of the fit (n_element,)."""
    residual_var: Array
    """Mean square of what the fits without a group missed in it (n_element,)."""

    @property
    def coefficients(self) -> Array:
        """Orthonormal coefficients of every element (n_term, n_element)."""
        values = self.components @ self.loadings
        values[0] += self.offset
        return values

    def predict(self, germ: Array) -> Array:
        """Values of the polynomials (n_sample, n_element)."""
        return (self.basis.evaluate(germ) @ self.components) @ self.loadings + self.offset


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

    Elements that stand ``alone`` (n_element,) have a polynomial of their own, the others share those of their principal
    components. The priors of a ``former`` fit to fewer points are where the search for new ones begins.
    """
    offset, spread = values.mean(axis=0), values.std(axis=0)
    scale = np.where(spread > ROUND_OFF * np.abs(offset), spread, 0.0)
    standard = np.divide(values - offset, scale, out=np.zeros_like(values), where=scale > 0)
    scores, shapes = _components(standard, alone)
    loadings = shapes * scale
    terms = basis.evaluate(germ)
    order = int(basis.exponents.sum(axis=1).max())
    search = PriorSearch(germ, basis.families, order)
    known = former.priors if former else ()
    priors = [
        search.choose(score / (score.std() or 1.0), known[k] if k < len(known) else None) for k, score in enumerate(scores.T)
    ]
    fits = [
        weighted_fit(terms, score, group, prior.variances(basis), prior.noise)
        for score, prior in zip(scores.T, priors, strict=True)
    ]
    predicted = np.column_stack([fit.left_out for fit in fits]) @ loadings + offset
    without = np.stack([fit.without for fit in fits], axis=-1)
    components = np.column_stack([fit.coefficients for fit in fits])
    inside = group >= 0
    alone_var = ((components[1:] @ loadings) ** 2).sum(axis=0)
    sums = _Sums.of(values[inside], predicted[inside], group[inside], without, loadings, offset)
    found = _moments(sums, alone_var, scale**2, len(values))
    return CrossFit(basis, components, loadings, offset, tuple(priors), **found)


def _components(standard: Array, alone: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Scores (n_point, n_component) and shapes (n_component, n_element) of standardised values (n_point, n_element)."""
    own = np.flatnonzero(alone)
    shapes = np.zeros((len(own), standard.shape[1]))
    shapes[np.arange(len(own)), own] = 1.0
    if alone.all():
        return standard, shapes
    left, size, right = np.linalg.svd(standard[:, ~alone], full_matrices=False)
    n_kept = min(MOST_COMPONENTS, 1 + int(np.searchsorted(np.cumsum(size**2), (1 - LOST_VARIANCE) * (size**2).sum())))
    shared = np.zeros((n_kept, standard.shape[1]))
    shared[:, ~alone] = right[:n_kept]
    return np.hstack([standard[:, own], left[:, :n_kept] * size[:n_kept]]), np.vstack([shapes, shared])


@dataclass(frozen=True, eq=False)
class _Sums:
    """Estimates by groups (n_group, n_element), from points and from a polynomial corrected by points."""

    n: int
    plain_mean: Array
    plain_var: Array
    """About the mean of all."""
    mean: Array
    var: Array
    """About the mean of all of ``mean``."""
    residual_var: Array
    """Mean square of what fits without a group missed in it (n_element,)."""

    @classmethod
    def of(
        cls, values: Array, predicted: Array, group: NDArray[np.int64], without: Array, loadings: Array, offset: Array
    ) -> _Sums:
        """From predictions (n_point, n_element) by fits that left a group out."""
        n_group = len(without)
        pool = (group[None, :] == np.arange(n_group)[:, None]) / np.bincount(group, minlength=n_group)[:, None]
        centre = without[:, 0] @ loadings + offset
        inner = np.einsum("rpk,rpl->rkl", without[:, 1:], without[:, 1:])
        inner_var = np.einsum("ke,rkl,le->re", loadings, inner, loadings)
        missed = values - predicted
        plain_mean, mean = pool @ values, centre + pool @ missed
        m = mean.mean(axis=0)
        var = inner_var + (centre - m) ** 2 + pool @ ((values - m) ** 2 - (predicted - m) ** 2)
        plain_var = pool @ (values - plain_mean.mean(axis=0)) ** 2
        return cls(len(values), plain_mean, plain_var, mean, var, (missed**2).mean(axis=0))


def _moments(sums: _Sums, alone_var: Array, spread: Array, n_all: int) -> dict[str, Array]:
    """Moments of every element with their errors; ``alone_var`` is the polynomial's, ``spread`` the variance of all points."""
    missed = np.where(spread > 0, ratio(sums.residual_var, spread), 0.0)
    # a polynomial that is far off may overshoot; the points' own variance then stands
    trusted = (1 - missed >= LEAST_Q2) & (sums.var.mean(axis=0) > 0.1 * sums.plain_var.mean(axis=0))
    first = np.where(trusted, sums.mean, sums.plain_mean)
    second = np.where(trusted, sums.var, sums.plain_var)
    by_groups = second.mean(axis=0)
    left_out = np.sqrt(np.maximum((second.sum(axis=0) - second) / (len(second) - 1), 0.0))
    jackknife = ratio((len(second) - 1) / len(second) * ((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0), by_groups)
    lost = np.where(trusted, missed, 0.0)
    of_groups = np.sqrt(jackknife + SHARED * lost / sums.n)
    of_polynomial = np.sqrt(lost**2 / 4 + SHARED * lost / n_all)
    weight = np.where(trusted, ratio(of_polynomial**2, of_polynomial**2 + of_groups**2), 1.0)
    return {
        "mean": first.mean(axis=0),
        "var": (1 - weight) * alone_var + weight * by_groups,
        "mean_se": np.sqrt(first.var(axis=0, ddof=1) / len(first) + lost * spread / sums.n),
        # as if both errors went together, which is the worse case
        "error": (1 - weight) * of_polynomial + weight * of_groups,
        "q2": 1 - missed,
        "residual_var": sums.residual_var,
    }
