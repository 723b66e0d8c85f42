r"""Moments without bias whatever the polynomial is: what the fit missed on points kept out of it is added back.

Points come in R independent groups (scramblings of one design). With :math:`\hat y_{-r}` the polynomial fitted without group r,
every group gives estimates whose mean is the truth for any polynomial [1]_,

.. math::
    T_r = \beta\,\mathrm{E}\,\hat y_{-r} + \langle y - \beta\hat y_{-r}\rangle_r, \qquad
    S_r = \beta'\,\mathrm{E}(\hat y_{-r}-m)^2 + \langle (y-m)^2 - \beta'(\hat y_{-r}-m)^2\rangle_r .

**Smooth outputs** (Q² of 0.98 or more, no test point that shows a step): :math:`\beta = \beta' = 1` and the moments of the
polynomial are exact, from its coefficients. For the variance there is a second estimate, that of the polynomial,
:math:`P = \sum_{\alpha\ne0} (c_\alpha^2 + \operatorname{Var} c_\alpha)`: less scattered, but wrong by what the polynomial
leaves out, a part :math:`e_P = (1-Q^2)/2` of the standard deviation. With :math:`e_S` the jackknife error of the first, both
have the share of the variance that is inverse to their errors,

.. math:: \sigma^2 = P + w\,(\langle S_r\rangle - P), \qquad w = \frac{e_P^2 + e_0^2}{e_P^2 + e_S^2 + 2 e_0^2},
    \qquad e_0^2 = \frac{1-Q^2}{n} .

**Other outputs** (kinks, steps, humps): a polynomial there overshoots far out, where its exact moments are those of its own
tails. It is kept within the values that were met, its moments are averages over many germs, and :math:`\beta,\beta'` are the
slopes in [0, 1] that leave the least scatter: 0, the mean of the points alone, where the polynomial is worth nothing.

**Failures.** With s = 1 at points that work and 0 at points that failed, moments of what works are ratios of averages over all
points,

.. math:: \mathrm{E}[y\mid s=1] = c + \frac{\sum_r \bigl[\langle s\,(y-c)\rangle_r - \beta\,(\langle\hat y_{-r}\rangle_r
    - \mathrm{E}\,\hat y_{-r})\bigr]}{\sum_r\langle s\rangle_r}

and the same for :math:`(y-m)^2`; the polynomial's part in the region that fails is taken off by its values at the points that
failed there. Errors are jackknife errors over the groups, matched to Student's distribution (`intervals.matched`).

.. [1] P. W. Glynn, R. Szechtman, in Monte Carlo and Quasi-Monte Carlo Methods 2000 (2002) 27: control variates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.propagation.adaptive.roughness import ROUGHNESS, RoughnessCriterion
from a2c_pybamm.propagation.intervals import jackknife_error, matched
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.shares import ratio

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class ControlVariateCriterion:
    """Limits within which a polynomial's own variance counts, and the error that it brings."""

    least_q2: float = 0.2
    """Q² below which the points alone count: what the polynomial then takes off is not worth evaluating it."""
    fewest_points: int = 24
    """Points below which the same holds."""
    largest_variance_factor: float = 10.0
    """Factor between the variances with and without the polynomial's help from which it overshoots."""
    alike_errors: float = 2.4
    """Standard errors of their mean by which all groups move alike: one mean of eight groups in twenty does by chance."""
    shared_error: float = 5.0
    r"""The groups share one polynomial, so that their spread alone is too small: :math:`5\,(1-Q^2)/n` is added to the squared
    relative error. Measured on discharges (``benchmarks/interval_coverage.py``)."""

    least_error: float = 1e-6
    """Relative error of a standard deviation at least: round-off decides the weights of a fit beyond it."""


CONTROL_VARIATE = ControlVariateCriterion()


@dataclass(frozen=True, eq=False)
class LeftOut:
    """Values at plain points, and their predictions by fits that left their group out."""

    values: Array
    """(n_point, n_element); any number where the point failed."""
    predicted: Array
    """(n_point, n_element), also where the point failed."""
    group: NDArray[np.int64]
    works: Mask
    """(n_point,)."""
    n_fitted: int
    """Points in the fit to all, those of no group too."""

    def averages(self, n_group: int) -> Array:
        """The mean over each group as a matrix (n_group, n_point)."""
        counts = np.bincount(self.group, minlength=n_group)[:, None]
        return (self.group[None, :] == np.arange(n_group)[:, None]) / counts


@dataclass(frozen=True, eq=False)
class GroupMoments:
    """Mean and variance of the polynomials that left out one group (n_group, n_element)."""

    mean: Array
    var: Array

    @classmethod
    def of(cls, without: Array, loadings: Array, offset: Array) -> GroupMoments:
        """Exact moments from the coefficients without each group (n_group, n_term, n_component)."""
        inner = np.matmul(without[:, 1:].transpose(0, 2, 1), without[:, 1:])
        return cls(without[:, 0] @ loadings + offset, np.einsum("ke,rkl,le->re", loadings, inner, loadings, optimize=True))

    def about(self, centre: Array) -> Array:
        """Mean squares about other centres (n_element,)."""
        return self.var + (self.mean - centre) ** 2


@dataclass(frozen=True, eq=False)
class PolynomialVariance:
    """Variance of the polynomials fitted to all points (n_element,)."""

    of_coefficients: Array
    """Sum of their squares."""
    posterior: Array
    """Sum of their posterior variances."""
    unstable: Array
    """Mean square of their change where one group in turn is left out, tails included (`unstable_variance`)."""


Bounded = Callable[[Mask], tuple[GroupMoments, Array]]
"""Moments of elements' polynomials (n_element,) kept within the values met, and predictions kept within them."""


def cross_moments(
    points: LeftOut,
    exact: GroupMoments,
    bounded: Bounded,
    polynomial: PolynomialVariance,
    test_point_error: Array,
    scalar: Mask,
    *,
    criterion: ControlVariateCriterion = CONTROL_VARIATE,
    roughness: RoughnessCriterion = ROUGHNESS,
) -> dict[str, Array]:
    """Moments of every element with their errors (the formulas are at the head of this module)."""
    values, predicted = points.values[points.works], points.predicted[points.works]
    residual_var = np.maximum(((values - predicted) ** 2).mean(axis=0), polynomial.unstable)
    plain = values.var(axis=0)
    q2 = np.where(plain > 0, 1 - ratio(residual_var, plain), 1.0)
    smooth = (q2 >= roughness.smooth_q2) & ~(test_point_error > roughness.kink_error) & bool(points.works.all())
    found = {name: np.zeros(len(q2)) for name in ("mean", "var", "mean_se", "error")}
    found["without"] = np.zeros((len(exact.mean), len(q2)))
    if smooth.any():
        # what the points do not determine is part of what the fits without a group miss
        own_var = polynomial.of_coefficients + np.minimum(polynomial.posterior, residual_var)
        part = _smooth_moments(points, exact, own_var, q2, residual_var, smooth, criterion)
        factor = criterion.largest_variance_factor
        overshoots = ~((part["var"] * factor >= plain[smooth]) & (part["var"] <= plain[smooth] * factor))
        for name, numbers in part.items():
            found[name][..., smooth] = numbers
        smooth[np.flatnonzero(smooth)[overshoots]] = False
    helped = ~smooth & (q2 >= criterion.least_q2) & (len(points.group) >= criterion.fewest_points)
    for where, help_of in (
        (helped & scalar, bounded),
        (helped & ~scalar, bounded),
        (~smooth & ~helped, partial(_nothing, points, exact)),
    ):
        if where.any():
            shared = np.where(helped, ratio(residual_var, plain), 0.0)[where] / points.n_fitted
            part = _bounded_moments(points, *help_of(where), shared, where)
            for name, numbers in part.items():
                found[name][..., where] = numbers
    factor = matched(len(exact.mean) - 1)
    found |= {name: factor * found[name] for name in ("mean_se", "error")}
    return found | {"q2": q2, "residual_var": residual_var}


def _smooth_moments(
    points: LeftOut,
    exact: GroupMoments,
    polynomial_var: Array,
    q2: Array,
    residual_var: Array,
    where: Mask,
    criterion: ControlVariateCriterion,
) -> dict[str, Array]:
    """Moments of smooth elements, those ``where`` is true."""
    n_group = len(exact.mean)
    averages = points.averages(n_group)
    values, predicted = points.values[:, where], points.predicted[:, where]
    of_polynomial = GroupMoments(exact.mean[:, where], exact.var[:, where])
    first = of_polynomial.mean + averages @ (values - predicted)
    mean = first.mean(axis=0)
    second = of_polynomial.about(mean) + averages @ ((values - mean) ** 2 - (predicted - mean) ** 2)
    var = second.mean(axis=0)
    jackknife = _jackknife_of_std(second, np.ones((n_group, 1)), var)
    lost, polynomial_var = np.clip(1 - q2[where], 0, 1), polynomial_var[where]
    noise = lost / points.n_fitted
    least = np.where(var > 0, criterion.least_error**2, 0.0)
    weight = ratio(lost**2 / 4 + noise, lost**2 / 4 + jackknife + 2 * noise)
    return {
        "mean": mean,
        "var": np.maximum(polynomial_var + weight * (var - polynomial_var), 0.0),
        "mean_se": np.sqrt(first.var(axis=0, ddof=1) / n_group + residual_var[where] / points.n_fitted + least * var),
        "error": np.sqrt(weight**2 * jackknife + (1 - weight) ** 2 * lost**2 / 4 + criterion.shared_error * noise + least),
        "without": _without_one(second, np.ones((n_group, 1))),
    }


def _bounded_moments(points: LeftOut, moments: GroupMoments, predicted: Array, shared: Array, where: Mask) -> dict[str, Array]:
    """Moments of other elements, those ``where`` is true, with bounded predictions (n_point, n_element).

    ``shared`` is what the groups' spread is short of, relative to the variance, since they share one polynomial (n_element,).
    """
    n_group = len(moments.mean)
    averages = points.averages(n_group)
    works = points.works[:, None]
    share = averages @ works
    values = np.where(works, points.values[:, where], 0.0)
    centre = values.sum(axis=0) / works.sum()
    first = _controlled(np.where(works, values - centre, 0.0), predicted - centre, moments.mean - centre, averages)
    shift = first.sum(axis=0) / share.sum()
    mean = centre + shift
    squares = np.where(works, (values - mean) ** 2, 0.0)
    second = _controlled(squares, (predicted - mean) ** 2, moments.about(mean), averages)
    mean_var = jackknife_error(_without_one(first, share)) ** 2
    of_points = squares.sum(axis=0) / works.sum()
    var = second.sum(axis=0) / share.sum()
    overshoots = ~(var > of_points / CONTROL_VARIATE.largest_variance_factor)
    second = np.where(overshoots, averages @ squares, second)
    # squares about the estimated mean are short of the variance by that of the mean
    var = np.where(overshoots, of_points, var) + mean_var
    return {
        "mean": mean,
        "var": var,
        "mean_se": np.sqrt(mean_var + shared * var / 2),
        "error": np.sqrt(_jackknife_of_std(second, share, var) + shared),
        "without": _without_one(second, share),
    }


def _nothing(points: LeftOut, exact: GroupMoments, where: Mask) -> tuple[GroupMoments, Array]:
    """A control variate that does not vary, for elements ``where`` is true."""
    n = int(where.sum())
    return GroupMoments(np.zeros((len(exact.mean), n)), np.zeros((len(exact.mean), n))), np.zeros((len(points.values), n))


def _controlled(values: Array, predicted: Array, expected: Array, averages: Array) -> Array:
    """Averages of each group (n_group, n_element) with predictions as control variate, of expectation (n_group, n_element).

    Without it where it would move all groups alike, by more than their spread explains: the polynomials share what the points
    of all groups have in common by chance.
    """
    apart = predicted - predicted.mean(axis=0)
    slope = np.clip(ratio((values * apart).sum(axis=0), (apart**2).sum(axis=0)), 0.0, 1.0)
    moved = averages @ predicted - expected
    alike = np.abs(moved.mean(axis=0)) > CONTROL_VARIATE.alike_errors * moved.std(axis=0, ddof=1) / np.sqrt(len(moved))
    slope = np.where(alike, 0.0, slope)
    return np.asarray(averages @ (values - slope * predicted) + slope * expected)


def _without_one(numerator: Array, denominator: Array) -> Array:
    """Ratios of sums over all groups but one (n_group, n_element)."""
    return np.asarray(ratio(numerator.sum(axis=0) - numerator, denominator.sum(axis=0) - denominator))


def _jackknife_of_std(second: Array, share: Array, var: Array) -> Array:
    """Squared relative jackknife error of the standard deviation (n_element,)."""
    return np.asarray(ratio(jackknife_error(np.sqrt(np.maximum(_without_one(second, share), 0.0))) ** 2, var))
