"""Error of the answer as it stands, and the elements that no polynomial represents."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from a2c_pybamm.constants import RELATIVE_ROUND_OFF
from a2c_pybamm.propagation.adaptive.adaptive_state import AdaptiveState, ErrorEstimate
from a2c_pybamm.propagation.adaptive.cross_fit import TEST_GROUP, WEIGHTED_GROUP
from a2c_pybamm.propagation.adaptive.design import Kind
from a2c_pybamm.propagation.adaptive.importance_moments import importance_moments
from a2c_pybamm.propagation.adaptive.roughness import ROUGHNESS, RoughnessCriterion
from a2c_pybamm.propagation.methods.three_sigma_points import hidden_variance
from a2c_pybamm.propagation.model import Array


def estimate_error(state: AdaptiveState, roughness: RoughnessCriterion = ROUGHNESS) -> AdaptiveState:
    """The state with the error of its fit; unchanged before the first one.

    An element is rough where its polynomial predicts less than 98 % of the variance, a test point misses by more than a
    standard deviation, the tails beyond the test points may hold a tenth of the variance, or importance points give another
    one. Its error is then that of the importance points, once there are some.
    """
    if state.fit is None:
        return state
    fit, table, points = state.fit, state.table, state.points[Kind.IMPORTANCE]
    importance: dict[str, Array] = {}
    if points.batches:
        importance = importance_moments(
            table.values[table.group == WEIGHTED_GROUP], points.group, points.weight, state.problem.levels
        )
    hidden = hidden_variance(table.values[table.group == TEST_GROUP], fit.mean, fit.var)
    rough = (fit.q2 < roughness.smooth_q2) | (fit.test_point_error > roughness.kink_error)
    rough |= hidden > roughness.hidden_variance
    if importance:
        both = (fit.var > 0) & (importance["var"] > 0)
        apart = np.abs(np.log(np.where(both, importance["var"], 1.0) / np.where(both, fit.var, 1.0))) / 2
        rough |= both & (apart > roughness.agreement_errors * np.hypot(importance["error"], fit.error))
    rough &= fit.var > (RELATIVE_ROUND_OFF * fit.mean) ** 2
    error = np.where(rough, importance.get("error", fit.error), fit.error)
    worst = float(error[table.counted & (fit.var > 0)].max(initial=0.0))
    return replace(state, error=ErrorEstimate(hidden, rough, rough & table.counted, importance, worst))
