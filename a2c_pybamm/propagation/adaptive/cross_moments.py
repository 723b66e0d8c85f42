r"""Moments without bias whatever the polynomial is: what the fit missed on points kept out of it is added back.

Points come in R independent groups (scramblings of one design). With :math:`\hat y_{-r}` the polynomial fitted without group r,
every group gives estimates whose mean is the truth for any polynomial [1]_,

.. math::
    T_r = \mathrm{E}\,\hat y_{-r} + \langle y - \hat y_{-r}\rangle_r, \qquad
    S_r = \mathrm{E}(\hat y_{-r}-m)^2 + \langle (y-m)^2 - (\hat y_{-r}-m)^2\rangle_r ,

the first terms exact from the coefficients. The mean is that of the :math:`T_r`. For the variance there is a second estimate,
that of the polynomial, :math:`P = \sum_{\alpha\ne0} (c_\alpha^2 + \operatorname{Var} c_\alpha)`: less scattered, but wrong by
what the polynomial leaves out, a part :math:`e_P = (1-Q^2)/2` of the standard deviation. With :math:`e_S` the jackknife
error of the first, both have the share of the variance that is inverse to their errors,

.. math:: \sigma^2 = P + w\,(\langle S_r\rangle - P), \qquad w = \frac{e_P^2 + e_0^2}{e_P^2 + e_S^2 + 2 e_0^2},
    \qquad e_0^2 = \frac{1-Q^2}{n} .

Where the polynomial predicts less than 98 % of the variance, or a test point shows a step, :math:`w = 1`.

.. [1] P. W. Glynn, R. Szechtman, in Monte Carlo and Quasi-Monte Carlo Methods 2000 (2002) 27: control variates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.propagation.adaptive.roughness import ROUGHNESS, RoughnessCriterion
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.shares import ratio


@dataclass(frozen=True)
class ControlVariateCriterion:
    """Limits within which a polynomial corrects the moments of points, and the error that it brings."""

    least_q2: float = 0.5
    """Q² below which a polynomial adds more noise than it takes away: the points alone count."""
    least_variance_ratio: float = 0.1
    """Variance with the polynomial's help, over that of the points, below which the polynomial overshoots and is left out."""
    shared_error: float = 5.0
    r"""The groups share one polynomial, so that their spread alone is too small: :math:`5\,(1-Q^2)/n` is added to the squared
    relative error. Measured on discharges (``benchmarks/interval_coverage.py``)."""


CONTROL_VARIATE = ControlVariateCriterion()


@dataclass(frozen=True, eq=False)
class LeftOut:
    """Values at plain points, and their predictions by fits that left their group out."""

    values: Array
    """(n_point, n_element)."""
    predicted: Array
    """(n_point, n_element)."""
    group: NDArray[np.int64]
    n_fitted: int
    """Points in the fit to all, those of no group too."""

    def averages(self, n_group: int) -> Array:
        """The mean over each group as a matrix (n_group, n_point)."""
        counts = np.bincount(self.group, minlength=n_group)[:, None]
        return (self.group[None, :] == np.arange(n_group)[:, None]) / counts


@dataclass(frozen=True, eq=False)
class GroupMoments:
    """Exact mean and variance of the polynomials that left out one group (n_group, n_element)."""

    mean: Array
    var: Array

    @classmethod
    def of(cls, without: Array, loadings: Array, offset: Array) -> GroupMoments:
        """Moments from the coefficients without each group (n_group, n_term, n_component)."""
        inner = np.einsum("rpk,rpl->rkl", without[:, 1:], without[:, 1:])
        return cls(without[:, 0] @ loadings + offset, np.einsum("ke,rkl,le->re", loadings, inner, loadings))


def cross_moments(
    left_out: LeftOut,
    exact: GroupMoments,
    polynomial_var: Array,
    test_point_error: Array,
    *,
    criterion: ControlVariateCriterion = CONTROL_VARIATE,
    roughness: RoughnessCriterion = ROUGHNESS,
) -> dict[str, Array]:
    """Moments of every element with their errors (the formulas are at the head of this module)."""
    values, predicted, n_group, n_fitted = left_out.values, left_out.predicted, len(exact.mean), left_out.n_fitted
    missed = values - predicted
    residual_var = (missed**2).mean(axis=0)
    plain = values.var(axis=0)
    q2 = np.where(plain > 0, 1 - ratio(residual_var, plain), 1.0)
    trusted = q2 >= criterion.least_q2
    averages = left_out.averages(n_group)
    first = np.where(trusted, exact.mean + averages @ missed, averages @ values)
    mean = first.mean(axis=0)
    second_of_points = averages @ (values - mean) ** 2
    corrected = exact.var + (exact.mean - mean) ** 2 + second_of_points - averages @ (predicted - mean) ** 2
    second = np.where(trusted, corrected, second_of_points)
    var = second.mean(axis=0)
    overshoots = ~(var > criterion.least_variance_ratio * plain)
    second, var = np.where(overshoots, second_of_points, second), np.where(overshoots, second_of_points.mean(axis=0), var)
    without_one = np.sqrt(np.maximum((second.sum(axis=0) - second) / (n_group - 1), 0.0))
    jackknife = ratio((n_group - 1) / n_group * ((without_one - without_one.mean(axis=0)) ** 2).sum(axis=0), var)
    lost = np.clip(1 - q2, 0, 1)
    smooth = (q2 >= roughness.smooth_q2) & ~overshoots & ~(test_point_error > roughness.kink_error)
    weight = np.where(smooth, ratio(lost**2 / 4 + lost / n_fitted, lost**2 / 4 + jackknife + 2 * lost / n_fitted), 1.0)
    shared = np.where(trusted & ~overshoots, criterion.shared_error * lost / n_fitted, 0.0)
    shared_of_mean = np.where(trusted & ~overshoots, residual_var / n_fitted, 0.0)
    return {
        "mean": mean,
        "var": polynomial_var + weight * (var - polynomial_var),
        "mean_se": np.sqrt(first.var(axis=0, ddof=1) / n_group + shared_of_mean),
        "error": np.sqrt(weight**2 * jackknife + (1 - weight) ** 2 * lost**2 / 4 + shared),
        "q2": q2,
        "residual_var": residual_var,
    }
