r"""Moments that stay right whatever the polynomial is worth: what the fit missed on points it had not seen is added back.

Points come in R independent groups (scramblings of one design). With :math:`\hat y_{-r}` the polynomial fitted without group r,
every group gives estimates whose mean is the truth for any polynomial [1]_,

.. math::
    T_r = \mathrm{E}\,\hat y_{-r} + \langle y - \hat y_{-r}\rangle_r, \qquad
    S_r = \mathrm{E}(\hat y_{-r}-m)^2 + \langle (y-m)^2 - (\hat y_{-r}-m)^2\rangle_r ,

the first terms exact from the coefficients. Mean and variance are the means over groups, errors follow from their spread (that
of the standard deviation by the jackknife), and are widened because the groups share the polynomial.

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
r"""The groups share one polynomial, so that their spread alone is too small: :math:`5\,(1-Q^2)/n` is added to the squared
relative error. Measured on discharges (``benchmarks/interval_coverage.py``)."""


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
    found = _moments(values, predicted, without, loadings, offset, group)
    components = np.column_stack([fit.coefficients for fit in fits])
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


def _moments(
    values: Array, predicted: Array, without: Array, loadings: Array, offset: Array, group: NDArray[np.int64]
) -> dict[str, Array]:
    """Moments of every element with their errors, from predictions (n_point, n_element) by fits that left a group out."""
    n, n_group = len(values), len(without)
    missed = values - predicted
    residual_var = (missed**2).mean(axis=0)
    plain = values.var(axis=0)
    q2 = np.where(plain > 0, 1 - ratio(residual_var, plain), 1.0)
    trusted = q2 >= LEAST_Q2
    counts = np.bincount(group, minlength=n_group)[:, None]
    pool = (group[None, :] == np.arange(n_group)[:, None]) / counts  # the mean over each group, as a matrix
    centre = without[:, 0] @ loadings + offset
    inner = np.einsum("rpk,rpl->rkl", without[:, 1:], without[:, 1:])
    inner_var = np.einsum("ke,rkl,le->re", loadings, inner, loadings)
    first = np.where(trusted, centre + pool @ missed, pool @ values)
    mean = first.mean(axis=0)
    own = pool @ (values - mean) ** 2
    second = np.where(trusted, inner_var + (centre - mean) ** 2 + own - pool @ (predicted - mean) ** 2, own)
    var = second.mean(axis=0)
    # a polynomial that is far off may overshoot; the points' own variance then stands
    bad = ~(var > 0.1 * plain)
    second, var = np.where(bad, own, second), np.where(bad, own.mean(axis=0), var)
    left_out = np.sqrt(np.maximum((second.sum(axis=0) - second) / (n_group - 1), 0.0))
    jackknife = (n_group - 1) / n_group * ((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0)
    shared = np.where(trusted & ~bad, SHARED * np.clip(1 - q2, 0, 1) / n, 0.0)
    error = np.sqrt(ratio(jackknife, var) + shared)
    mean_se = np.sqrt(first.var(axis=0, ddof=1) / n_group + np.where(trusted & ~bad, residual_var / n, 0.0))
    return {"mean": mean, "var": var, "mean_se": mean_se, "error": error, "q2": q2, "residual_var": residual_var}
