r"""Moments that stay right whatever the polynomial is worth: what the fit missed on points it had not seen is added back.

Points come in R independent groups (scramblings of one design). With :math:`\hat y_{-r}` the polynomial fitted without group r,
every group gives estimates whose mean is the truth for any polynomial [1]_,

.. math::
    T_r = \mathrm{E}\,\hat y_{-r} + \langle y - \hat y_{-r}\rangle_r, \qquad
    S_r = \mathrm{E}(\hat y_{-r}-m)^2 + \langle (y-m)^2 - (\hat y_{-r}-m)^2\rangle_r ,

the first terms exact from the coefficients. The mean is that of the :math:`T_r`. For the variance there is a second estimate,
the polynomial's own, :math:`P = \sum_{\alpha\ne0} (c_\alpha^2 + \operatorname{Var} c_\alpha)`: less scattered, but wrong by
what the polynomial cannot follow, a part :math:`e_P = (1-Q^2)/2` of the standard deviation. With :math:`e_S` the jackknife
error of the first, both have the share of the variance that is inverse to their errors,

.. math:: \sigma^2 = P + w\,(\langle S_r\rangle - P), \qquad w = \frac{e_P^2 + e_0^2}{e_P^2 + e_S^2 + 2 e_0^2},
    \qquad e_0^2 = \frac{1-Q^2}{n} .

Where the polynomial predicts less than 98 % of the variance, or a scout found a cliff, :math:`w = 1`.

.. [1] P. W. Glynn, R. Szechtman, in Monte Carlo and Quasi-Monte Carlo Methods 2000 (2002) 27: control variates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.propagation.adaptive.weighted_regression import Prior, PriorSearch, weighted_fit
from a2c_pybamm.propagation.germ_basis import GermBasis
from a2c_pybamm.propagation.methods.scouts import CLIFF
from a2c_pybamm.propagation.methods.scouts import departure as departure_of
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.problem import ROUND_OFF
from a2c_pybamm.propagation.shares import ratio

LOST_VARIANCE = 1e-5
"""Share of the variance of all curves together that principal components may leave out; it goes to the residuals."""
MOST_COMPONENTS = 6
SMOOTH_Q2 = 0.98
"""A polynomial that predicts less of the variance may miss a tail that the points at hand hardly show."""
ANCHOR, WEIGHTED = -1, -2
"""Groups of points that are in every fit but in no average: scouts, which also tell how far the polynomial misses them, and
points of another density."""
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
    departure: Array
    """Largest miss of an anchor by the fit to all other points, in standard deviations (n_element,); NaN without anchors."""

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

    ``group`` (n_point,) numbers the scramblings from 0; below are ``ANCHOR`` and ``WEIGHTED``.
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
    inner = np.einsum("ke,kl,le->e", loadings, components[1:].T @ components[1:], loadings)
    own_var = inner + np.array([fit.unsure for fit in fits]) @ loadings**2
    drawn = group >= 0
    spread = values[drawn].std(axis=0)
    anchor = group == ANCHOR
    departure = departure_of(values[anchor], predicted[anchor], spread)
    found = _moments(
        values[drawn], predicted[drawn], without, loadings, offset, group[drawn], own_var, departure, n_fitted=len(values)
    )
    return CrossFit(basis, components, loadings, offset, tuple(priors), departure=departure, **found)


def side_by_side(first: CrossFit, second: CrossFit, where: NDArray[np.bool_]) -> CrossFit:
    """Two fits in one basis as one; the elements of the first are those ``where`` (n_element,) is true."""

    def placed(a: Array, b: Array) -> Array:
        whole = np.empty(len(where))
        whole[where], whole[~where] = a, b
        return whole

    n = first.components.shape[1]
    loadings = np.zeros((n + second.components.shape[1], len(where)))
    loadings[:n, where], loadings[n:, ~where] = first.loadings, second.loadings
    numbers = ("offset", "mean", "var", "mean_se", "error", "q2", "residual_var", "departure")
    return CrossFit(
        first.basis,
        np.hstack([first.components, second.components]),
        loadings,
        priors=first.priors + second.priors,
        **{name: placed(getattr(first, name), getattr(second, name)) for name in numbers},
    )


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
    values: Array,
    predicted: Array,
    without: Array,
    loadings: Array,
    offset: Array,
    group: NDArray[np.int64],
    own_var: Array,
    departure: Array,
    *,
    n_fitted: int,
) -> dict[str, Array]:
    """Moments of every element with their errors, from predictions (n_point, n_element) by fits that left a group out.

    ``own_var`` (n_element,) is the polynomial's variance, ``departure`` (n_element,) the scouts' largest miss, ``n_fitted`` the
    number of points with the scouts.
    """
    n_group = len(without)
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
    jackknife = ratio((n_group - 1) / n_group * ((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0), var)
    lost = np.clip(1 - q2, 0, 1)
    smooth = (q2 >= SMOOTH_Q2) & ~bad & ~(departure > CLIFF)
    weight = np.where(smooth, ratio(lost**2 / 4 + lost / n_fitted, lost**2 / 4 + jackknife + 2 * lost / n_fitted), 1.0)
    mixed = own_var + weight * (var - own_var)
    shared = np.where(trusted & ~bad, SHARED * lost / n_fitted, 0.0)
    error = np.sqrt(weight**2 * jackknife + (1 - weight) ** 2 * lost**2 / 4 + shared)
    mean_se = np.sqrt(first.var(axis=0, ddof=1) / n_group + np.where(trusted & ~bad, residual_var / n_fitted, 0.0))
    return {"mean": mean, "var": mixed, "mean_se": mean_se, "error": error, "q2": q2, "residual_var": residual_var}
