"""Error of the answer as it stands, and the elements that no polynomial represents."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from a2c_pybamm.constants import RELATIVE_ROUND_OFF
from a2c_pybamm.propagation.adaptive.adaptive_state import AdaptiveState, ElementTable, ErrorEstimate
from a2c_pybamm.propagation.adaptive.cross_fit import TEST_GROUP, WEIGHTED_GROUP, CrossFit
from a2c_pybamm.propagation.adaptive.cross_moments import Mask
from a2c_pybamm.propagation.adaptive.design import Kind
from a2c_pybamm.propagation.adaptive.importance_moments import importance_moments, with_plain_points
from a2c_pybamm.propagation.adaptive.importance_points import IMPORTANCE
from a2c_pybamm.propagation.adaptive.roughness import ROUGHNESS, RoughnessCriterion
from a2c_pybamm.propagation.intervals import VARIANCE_TAIL, tail_share
from a2c_pybamm.propagation.methods.three_sigma_points import hidden_variance
from a2c_pybamm.propagation.model import Array


def estimate_error(state: AdaptiveState, roughness: RoughnessCriterion = ROUGHNESS) -> AdaptiveState:
    """The state with the error of its fit; unchanged before the first one.

    An element is rough where its polynomial predicts less than 98 % of the variance, a test point misses by more than a
    standard deviation, the tails beyond the test points may hold a tenth of the variance, or importance points give another
    one. A rough element has a rare tail where the hundredth part of its points carries 40 % of the variance, the tails beyond
    the test points may hold a tenth of it, or only test points differ from all others: importance points are drawn for these,
    and their standard deviation is that of such points.
    """
    if state.fit is None:
        return state
    fit, table, points = state.fit, state.table, state.points[Kind.IMPORTANCE]
    importance: dict[str, Array] = {}
    if points.batches:
        importance = importance_moments(
            table.values[table.group == WEIGHTED_GROUP], points.group, points.weight, state.problem.levels
        )
        apart = _disagree(fit, importance, roughness)
        n_plain = int((~state.points[Kind.PLAIN].failed).sum())
        n_own = int((~points.failed).sum())
        importance = with_plain_points(importance, fit.var, fit.without, n_plain, n_own)
        importance = importance | {"error": _with_unmet(table, fit, importance, n_plain + IMPORTANCE.worth * n_own)}
    hidden = hidden_variance(table.values[table.group == TEST_GROUP], fit.mean, fit.var)
    kinked = fit.test_point_error > roughness.kink_error
    still = fit.var <= (RELATIVE_ROUND_OFF * fit.mean) ** 2
    rough = (fit.q2 < roughness.smooth_q2) | kinked
    rare = (hidden > roughness.hidden_variance) | (still & kinked)
    if (table.group >= 0).sum() >= VARIANCE_TAIL.least_solves:
        rare |= plain_tail_share(state) > VARIANCE_TAIL.dominant_share
    if importance:
        rough, rare = rough | apart, rare | apart
    rough |= hidden > roughness.hidden_variance
    rough &= ~still | kinked
    weighted = rough & rare & bool(importance) & np.isfinite(importance.get("var", fit.var))
    own, mean_se = _with_rare(state, fit, roughness)
    error = np.where(weighted, importance.get("error", own), own)
    worst = float(error[table.counted & ~np.isnan(error)].max(initial=0.0))
    to_sample = rough & rare & table.counted
    return replace(state, error=ErrorEstimate(hidden, rough, weighted, to_sample, importance, own, mean_se, worst))


def _with_rare(state: AdaptiveState, fit: CrossFit, roughness: RoughnessCriterion) -> tuple[Array, Array]:
    r"""Relative errors of the standard deviation, and errors of the mean (n_element,), with what test points show.

    A test point that the polynomial misses is part of a region of unknown probability. The scatter of n plain points says
    nothing of it where none was in it, little where few were: with k of them there, mean and variance are taken to be off by
    1/n(k + 1) of what was missed at the test point; of one that fails that is its prediction's distance from the mean, and k
    are the plain points that failed. Where some did the errors are at least those of :math:`\sqrt k` of them, of two at most:
    far more are evenly spread over the scramblings.
    """
    table, plain = state.table, state.table.values[state.table.group >= 0]
    n = np.maximum(np.isfinite(plain).sum(axis=0), 1)
    met = (np.abs(plain - fit.left_out) > fit.missed / 2).sum(axis=0)
    shift, square = np.nan_to_num(fit.missed) / (1 + met), np.nan_to_num(fit.missed_square) / (1 + met)
    least_shift, least_square = np.zeros((2, len(fit.mean)))
    for k in np.flatnonzero(table.scalar & table.answerable & ~np.isfinite(table.values).all(axis=0)):
        failed, tests = (_distances(table, fit, k, kind, roughness) for kind in (table.group >= 0, table.group == TEST_GROUP))
        far, n_failed = tests.max(initial=0.0), len(failed)
        shift[k], square[k] = max(shift[k], far / (1 + n_failed)), max(square[k], far**2 / (1 + n_failed))
        if n_failed:
            number = min(np.sqrt(n_failed), roughness.most_failed_by_chance)
            least_shift[k], least_square[k] = number * failed.mean(), number * max(0.0, (failed**2 - fit.var[k]).mean())
    std_error, mean_se = np.maximum(fit.error, _growth(least_square, n, fit.var)), np.maximum(fit.mean_se, least_shift / n)
    return np.hypot(std_error, _growth(square, n, fit.var)), np.hypot(mean_se, shift / n)


def _with_unmet(table: ElementTable, fit: CrossFit, importance: dict[str, Array], n: float) -> Array:
    """Relative errors of the standard deviation by importance points (n_element,) that are worth n plain ones.

    With what test points met and none or few of these.
    """
    own = table.values[table.group == WEIGHTED_GROUP]
    met = (np.abs(own - fit.mean) > fit.missed / 2).sum(axis=0)
    unmet = _growth(np.nan_to_num(fit.missed_square) / (1 + met), np.full(len(met), n), importance["var"])
    return np.hypot(importance["error"], unmet)


def _growth(square: Array, n: Array, var: Array) -> Array:
    """Change of ln std (n_element,) where one of n points adds a square."""
    return np.log1p(np.divide(square, n * var, out=np.where(square > 0, np.inf, 0.0), where=var > 0)) / 2


def _distances(table: ElementTable, fit: CrossFit, k: int | np.integer, where: Mask, roughness: RoughnessCriterion) -> Array:
    """Distances from the mean (n_failed,) of what the polynomial of one element predicts at points ``where`` it has no value.

    Kept within the values met where it does not hold.
    """
    there = fit.basis.evaluate(table.germ[where & np.isnan(table.values[:, k])]) @ fit.coefficients[:, k]
    if fit.q2[k] < roughness.smooth_q2:
        there = np.clip(there, np.nanmin(table.values[:, k]), np.nanmax(table.values[:, k]))
    return np.asarray(np.abs(there - fit.mean[k]))


def plain_tail_share(state: AdaptiveState) -> Array:
    """Share of the variance that few of the plain points carry (n_element,), those without a value left out."""
    plain = state.table.values[state.table.group >= 0]
    known = np.isfinite(plain)
    rows = known.any(axis=1)
    share = np.zeros(plain.shape[1])
    complete = known[rows].all(axis=0)
    share[complete] = tail_share(plain[np.ix_(rows, complete)])
    for k in np.flatnonzero(~complete & known.any(axis=0)):
        share[k] = tail_share(plain[known[:, k], k : k + 1])[0]
    return share


def _disagree(fit: CrossFit, importance: dict[str, Array], roughness: RoughnessCriterion) -> Mask:
    """Elements whose standard deviation is another one by importance points, beyond both errors."""
    both = (fit.var > 0) & (importance["var"] > 0)
    apart = np.abs(np.log(np.where(both, importance["var"], 1.0) / np.where(both, fit.var, 1.0))) / 2
    return np.asarray(both & (apart > roughness.agreement_errors * np.hypot(importance["error"], fit.error)))
