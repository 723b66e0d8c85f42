"""The points to be solved next: a growing design, test points once, importance points where no polynomial holds."""

from __future__ import annotations

from math import ceil

import numpy as np

from a2c_pybamm.propagation.adaptive.adaptive_state import N_TEST_DESIGN, AdaptiveState, ErrorEstimate
from a2c_pybamm.propagation.adaptive.design import Design, Kind
from a2c_pybamm.propagation.adaptive.importance_points import IMPORTANCE, sample_rough
from a2c_pybamm.propagation.adaptive.polynomial_fit import lowest_basis
from a2c_pybamm.propagation.adaptive.replicated_design import GROWTH, ReplicatedDesign
from a2c_pybamm.propagation.germ_basis import N_SCRAMBLING
from a2c_pybamm.propagation.methods.three_sigma_points import (
    THREE_SIGMA,
    both_ways,
    steepest_axes,
    steepest_directions,
)


def next_design(
    state: AdaptiveState, budget: int, tolerance: float, sequences: ReplicatedDesign, rng: np.random.Generator
) -> Design | None:
    """The next points, or None where the tolerance is met or the budget is spent.

    Test points come before and after the first fit. Then designs grow until the error is below the tolerance; where an output
    that counts has a rare tail, the rest of the budget goes to importance points in two rounds (to plain points in the second,
    where those of the first have made the polynomial good).
    """
    if state.has_all_groups and state.n_test_design < N_TEST_DESIGN:
        return _test_points(state, budget)
    if state.error is not None and _is_enough(state, state.error, tolerance):
        return None
    rare = state.error is not None and bool(state.error.to_sample.any())
    in_rounds = bool(state.n_round) or (
        rare
        and len(state.points[Kind.PLAIN].germ) >= GROWTH.fewest_before_importance * N_SCRAMBLING
        and budget - state.n_solves >= GROWTH.fewest_of_importance * N_SCRAMBLING
    )
    n = _round_size(state, budget) if in_rounds else _grown_size(state, budget)
    if n < 1:
        return None
    if state.fit is None or state.error is None or not (in_rounds and rare):
        return sequences.more(n)
    return sample_rough(lowest_basis(state), state.table, state.error.to_sample, n, rng)


def _is_enough(state: AdaptiveState, error: ErrorEstimate, tolerance: float) -> bool:
    """True where the tolerance is met, or the last round of importance sampling is done.

    Before such rounds no output may have a rare tail.
    """
    if state.n_round:
        return error.worst <= tolerance or state.n_round == len(IMPORTANCE.rounds)
    return error.worst <= tolerance and not error.to_sample.any()


def _round_size(state: AdaptiveState, budget: int) -> int:
    """Points of each scrambling in a round of importance sampling."""
    return int(IMPORTANCE.rounds[state.n_round] * (budget - state.n_solves)) // N_SCRAMBLING


def _grown_size(state: AdaptiveState, budget: int) -> int:
    """Points to add to each scrambling: as many again, all that the budget leaves where a rest would be too small."""
    n_germ = state.problem.joint.n_germ
    n = sum(len(batch.samples) for batch in state.points[Kind.PLAIN].batches) // N_SCRAMBLING
    n_test = 2 * (min(n_germ, THREE_SIGMA.most_axes) + min(n_germ, THREE_SIGMA.n_steepest))
    still = n_test if state.n_test_design < N_TEST_DESIGN else 0
    n_left = (budget - state.n_solves - still) // N_SCRAMBLING
    more = min(max(GROWTH.second - n, ceil(n * (GROWTH.factor - 1))), n_left)
    return n_left if n_left - more < more // 2 else more


def _test_points(state: AdaptiveState, budget: int) -> Design:
    """Test points along the axes, then along the steepest directions; none where the budget has no room for them."""
    joint = state.problem.joint
    if state.slopes is None:
        directions = np.eye(joint.n_germ)
    elif not state.n_test_design:
        directions = steepest_axes(state.slopes, THREE_SIGMA.most_axes)
    else:
        directions = steepest_directions(state.slopes)
    germ = both_ways(directions, joint.germ_families)
    germ = germ if state.n_solves + len(germ) <= budget else germ[:0]
    return Design(Kind.TEST, germ, np.zeros(len(germ), dtype=np.int64), np.ones(len(germ)))
