r"""Adaptive chaos: solves are added until the stated error meets what was asked, or the budget ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import ClassVar

import numpy as np

from a2c_pybamm.propagation.adaptive.adaptive_state import EARLIEST_CHECK, FEW_GERMS, AdaptiveState
from a2c_pybamm.propagation.adaptive.cross_fit import CrossFit
from a2c_pybamm.propagation.adaptive.replicated_design import N_REPLICATE, ReplicatedDesign
from a2c_pybamm.propagation.germ_basis import N_QUANTILE, sobol_germ
from a2c_pybamm.propagation.intervals import intervals, tail_share
from a2c_pybamm.propagation.methods import scouts
from a2c_pybamm.propagation.methods.polynomial_chaos import in_place
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.problem import Outcome, Problem
from a2c_pybamm.propagation.shares import ratio, terms_of_sources
from a2c_pybamm.propagation.status import MethodKind

FIRST_POINTS = {True: 1, False: 4}
"""Points of each scrambling in the first design, with few germs and with many."""
GROWTH = 1.5
"""A design grows by this factor at a time."""
SECOND_POINTS = 3
"""Points of each scrambling in the second design at least."""
HOLDS = 0.95
"""Q² from which quantiles and shares are read from the polynomial."""
ENOUGH = 5
"""Plain points of each scrambling before an output that is rough is sampled where it is far out (`tilted_design`)."""
TILTED_ROUNDS = (0.3, 1.0)
"""Share of what is left of the budget for each round of such sampling; the second knows what the first has found."""


@dataclass(frozen=True)
class AdaptiveChaos:
    r"""Settings of chaos that chooses its own design, and samples where no polynomial holds.

    Solves are the points of eight independent nested scramblings (`ReplicatedDesign`), and scouts three standard deviations
    out, along the axes and along the steepest directions of the outputs. The polynomial is fitted with a prior
    (`weighted_regression`) to all of them, so that fewer points than terms do; mean and
    standard deviation are corrected by what it missed on points it had not seen (`cross_fit`), so that they are those
    of sampling where it is worth nothing. Points are added until the relative error of the standard deviation of every scalar
    output (of every element where there is no scalar) is below ``tolerance``, or ``budget`` solves are spent.

    An output is rough where the polynomial predicts less than 98 % of the variance, or a scout found a cliff or a value so far
    off that the tail beyond it could hold a tenth of the variance. Then the rest of the budget is drawn where rough
    outputs are far out, with known weights (`tilted_design`), and their numbers are those of these draws alone.

    Of more than thirty germs products are made of those thirty alone that move the outputs most.
    """

    tolerance: float = 0.02
    """Relative standard error of the standard deviation that is asked for."""
    budget: int = 400
    """Most solves."""

    kind: ClassVar[MethodKind] = MethodKind.ADAPTIVE

    def __post_init__(self) -> None:
        if not 0 < self.tolerance < 1:
            raise ValueError(f"AdaptiveChaos: tolerance is {self.tolerance:g}; take a fraction in (0, 1), e.g. 0.02")
        if self.budget < LEAST_BUDGET:
            raise ValueError(f"AdaptiveChaos: budget is {self.budget}; take {LEAST_BUDGET} solves or more")

    @property
    def label(self) -> str:
        return "adaptive chaos"

    def planned(self, problem: Problem) -> int:
        """The most solves it will ask for."""
        return self.budget

    def run(self, problem: Problem, rng: np.random.Generator) -> Outcome:
        """Moments with errors by groups, polynomial, shares; ``ValueError`` if failures leave a group without points."""
        design = ReplicatedDesign(problem.joint.germ_families, rng)
        state = AdaptiveState.empty(problem)
        fit: CrossFit | None = None
        for n in self._steps(len(problem.joint.germ_families)):
            state = state.with_points(*design.more(n))
            if len(state.germ) >= EARLIEST_CHECK:
                problem.check_failures(state.solved, what=self.label)
            if not state.has_all_groups:
                continue
            if not state.scouts:
                state, fit = state.scouted(self.budget)
            fit = state.fit(fit)
            rough = state.is_rough(fit)
            if not rough.any() and state.worst_error(fit) <= self.tolerance and state.failures_are_few:
                break
            if rough.any() and len(state.germ) >= ENOUGH * N_REPLICATE:
                state, fit = self._tilt(state, fit, design, rng)
                break
        problem.check_failures(state.solved, what=self.label)
        if fit is None:
            raise ValueError(f"{self.label}: failures left a group without points; mend their cause, or raise the budget")
        statistics = in_place(_statistics(problem, fit, state, rng), state.whole, state.solved)
        notes = {
            "points of the design": str(len(state.germ)),
            "test points": f"{sum(len(batch.samples) for batch in state.scouts)} at ±{scouts.DISTANCE:g} standard deviations",
            "stopped": "tolerance met" if state.worst_error(fit) <= self.tolerance else "budget spent",
        }
        degree = int(fit.basis.exponents.sum(axis=1).max())
        n_importance = sum(len(points.weight) for points in state.tilted_points)
        return Outcome(state.all_solved, state.n_solves, statistics, degree, notes, n_importance=n_importance, basis=fit.basis)

    def _tilt(
        self, state: AdaptiveState, fit: CrossFit, design: ReplicatedDesign, rng: np.random.Generator
    ) -> tuple[AdaptiveState, CrossFit]:
        """The state after the rest of the budget went to where rough outputs are far out, in two rounds.

        A round goes to plain points where what was far out has made the polynomial good.
        """
        for part in TILTED_ROUNDS:
            n = int(part * (self.budget - state.n_solves)) // N_REPLICATE
            if n < 1:
                break
            rough = state.is_rough(fit).any()
            state = state.tilted_more(fit, n, rng) if rough else state.with_points(*design.more(n))
            fit = state.fit(fit)
            if state.worst_error(fit) <= self.tolerance:
                break
        return state, fit

    def _steps(self, n_germ: int) -> Iterator[int]:
        """Points that each scrambling adds, one design after the other; the last step takes what the budget leaves."""
        n = first = FIRST_POINTS[n_germ <= FEW_GERMS]
        n_scout = 2 * (min(n_germ, scouts.N_AXIS) + min(n_germ, scouts.N_DIRECTION))
        yield first
        while True:
            left = (self.budget - N_REPLICATE * n - n_scout) // N_REPLICATE
            more = min(max(SECOND_POINTS - n, ceil(n * (GROWTH - 1))), left)
            if more < 1:
                return
            # a rest too small for a step of its own goes along
            more = left if left - more < more // 2 else more
            yield more
            n += more


MOST_SCOUTS = 2 * (scouts.N_AXIS + scouts.N_DIRECTION)
LEAST_BUDGET = MOST_SCOUTS + N_REPLICATE


def _statistics(problem: Problem, fit: CrossFit, state: AdaptiveState, rng: np.random.Generator) -> dict[str, dict[str, Array]]:
    """Statistics of the whole elements of every output."""
    coefficients = fit.coefficients
    polynomial_var = (coefficients[1:] ** 2).sum(axis=0)
    members = terms_of_sources(fit.basis.exponents, problem.joint.germ_sources, problem.sources).astype(float)
    values = state.values()
    beyond = scouts.beyond(state.scouted_values(), fit.mean, fit.var)
    sampled = np.quantile(fit.predict(sobol_germ(N_QUANTILE, problem.joint.germ_families, rng)), problem.levels, axis=0)
    found = {
        "mean": fit.mean,
        "var": fit.var,
        "quantile": np.where(fit.q2 >= HOLDS, sampled, np.quantile(values, problem.levels, axis=0)),
        # what the polynomial missed belongs to no source; one that does not hold says nothing of sources
        "share": np.where(fit.q2 >= HOLDS, ratio(members @ coefficients**2, polynomial_var + fit.residual_var), np.nan),
        "error": fit.error,
        "mean_se": fit.mean_se,
        "q2": fit.q2,
        "test_point_error": fit.departure,
        "hidden_variance": beyond,
        "expansion": coefficients,
    }
    found["tail_share"] = tail_share(values)
    n = np.full(len(fit.mean), float(len(values)))
    if state.tilted:
        rough = state.doubtful(fit)
        for statistic, numbers in state.far_out(problem.levels).items():
            found[statistic] = np.where(rough, numbers, found[statistic])
        # a rare mode is met at least as often as by the plain points and half as many more as lie far out
        n[rough] += sum(len(points.weight) for points in state.tilted_points) / 2
    statistics = {}
    for name, own in state.columns().items():
        part = {statistic: numbers[..., own] for statistic, numbers in found.items()}
        bounds = state.solved.outputs[name].attrs
        statistics[name] = part | intervals(part, n[own], N_REPLICATE - 1, bounds)
    return statistics
