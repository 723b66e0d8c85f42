r"""Adaptive chaos: solves are added until the stated error meets what was asked, or the budget ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.estimate import Family
from a2c_pybamm.propagation import scouts
from a2c_pybamm.propagation.cross_fit import ANCHOR, SMOOTH_Q2, WEIGHTED, CrossFit, cross_fit, side_by_side
from a2c_pybamm.propagation.germ_basis import N_QUANTILE, GermBasis, sobol_germ, total_degree
from a2c_pybamm.propagation.intervals import intervals, tail_share
from a2c_pybamm.propagation.layout import QUANTILES
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.polynomial_chaos import in_place, whole_elements
from a2c_pybamm.propagation.problem import ROUND_OFF, Outcome, Problem, Solved, joined
from a2c_pybamm.propagation.replicated_design import N_REPLICATE, ReplicatedDesign
from a2c_pybamm.propagation.shares import ratio, terms_of_sources
from a2c_pybamm.propagation.tilted_design import Tilted, joined_points, tilted_moments, tilted_points

HIGHEST_ORDER = 3
MOST_ACTIVE = 30
"""Germs of more effect than others that products are made of; the rest enters by powers of each germ alone."""
FEW_GERMS = scouts.N_AXIS
"""Up to so many germs each one's axis is scouted at once; of more some random points have to tell the steepest first."""
FIRST_POINTS = {True: 1, False: 4}
"""Points of each scrambling in the first design, with few germs and with many."""
GROWTH = 1.5
"""A design grows by this factor at a time."""
SECOND_POINTS = 3
"""Points of each scrambling in the second design at least."""
EARLIEST_CHECK = 50
"""Points from which too many failures end the run early; of fewer two would be too many."""
HOLDS = 0.95
"""Q² from which quantiles and shares are read from the polynomial."""
N_ERRORS = 3.0
"""Combined standard errors beyond which points far out contradict a polynomial."""
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
        design = ReplicatedDesign(problem.families, rng)
        state = _State.empty(problem)
        fit: CrossFit | None = None
        for n in self._steps(len(problem.families)):
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
            "scouts": f"{sum(len(batch.samples) for batch in state.scouts)} at ±{scouts.DISTANCE:g} standard deviations",
            "points far out": str(sum(len(points.weight) for points in state.tilted_points)),
            "stopped": "tolerance met" if state.worst_error(fit) <= self.tolerance else "budget spent",
        }
        degree = int(fit.basis.exponents.sum(axis=1).max())
        return Outcome(state.all_solved, state.n_solves, statistics, degree, notes, basis=fit.basis)

    def _tilt(
        self, state: _State, fit: CrossFit, design: ReplicatedDesign, rng: np.random.Generator
    ) -> tuple[_State, CrossFit]:
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


def germ_basis(families: tuple[Family, ...], active: NDArray[np.int64]) -> GermBasis:
    """Products up to a total degree of three of the active germs, and powers of each of the others alone."""
    n = len(families)
    inner = total_degree(tuple(families[k] for k in active), HIGHEST_ORDER).exponents
    products = np.zeros((len(inner), n), dtype=np.int64)
    products[:, active] = inner
    rest = np.setdiff1d(np.arange(n), active)
    powers = [degree * np.eye(n, dtype=np.int64)[rest] for degree in range(1, HIGHEST_ORDER + 1)]
    return GermBasis(families, np.vstack([products, *powers]))


@dataclass(frozen=True, eq=False)
class _State:
    """All that has been solved so far."""

    problem: Problem
    batches: tuple[Solved, ...]
    germ: Array
    """Of the design's points that did not fail (n_point, n_germ)."""
    group: NDArray[np.int64]
    active: NDArray[np.int64]
    """Germs that products are made of."""
    scouts: tuple[Solved, ...] = ()
    scout_germ: tuple[Array, ...] = ()
    tilted: tuple[Solved, ...] = ()
    tilted_points: tuple[Tilted, ...] = ()
    """Of those that did not fail."""

    @classmethod
    def empty(cls, problem: Problem) -> _State:
        n = len(problem.families)
        return cls(problem, (), np.zeros((0, n)), np.zeros(0, dtype=np.int64), np.arange(min(n, MOST_ACTIVE)))

    @property
    def n_solves(self) -> int:
        return sum(len(batch.samples) for batch in (*self.batches, *self.scouts, *self.tilted))

    @cached_property
    def solved(self) -> Solved:
        """All that statistics are made of: plain points and, where outputs are rough, those far out."""
        return joined((*self.batches, *self.tilted))

    @property
    def all_solved(self) -> Solved:
        """The same with the scouts, for the record of failures."""
        return joined((*self.batches, *self.tilted, *self.scouts))

    @cached_property
    def whole(self) -> dict[str, NDArray[np.bool_]]:
        return whole_elements(self.solved)[1]

    def with_points(self, germ: Array, group: NDArray[np.int64]) -> _State:
        """The state after these points have been solved as well."""
        batch = self.problem.look(self.problem.color(germ))
        good = ~batch.failed
        return replace(
            self,
            batches=(*self.batches, batch),
            germ=np.vstack([self.germ, germ[good]]),
            group=np.concatenate([self.group, group[good]]),
        )

    @property
    def failures_are_few(self) -> bool:
        """Whether no more failed than are borne; of few points one failure says nothing yet, and more are asked for."""
        solved = self.solved
        return len(solved.failed) >= EARLIEST_CHECK or bool(solved.failed.mean() <= self.problem.max_failed)

    @property
    def has_all_groups(self) -> bool:
        """Whether each group has a point to be averaged over."""
        return bool((np.bincount(self.group, minlength=N_REPLICATE) > 0).all())

    def _elements(self, batches: Sequence[Solved]) -> Array:
        """Whole elements of all outputs of solves that did not fail (n_point, n_whole)."""
        whole = self.whole
        rows = [np.hstack([batch.flat(name)[~batch.failed][:, mask] for name, mask in whole.items()]) for batch in batches]
        return np.vstack([np.zeros((0, sum(int(mask.sum()) for mask in whole.values()))), *rows])

    def values(self) -> Array:
        """Whole elements of all outputs at the plain points (n_point, n_whole)."""
        return self._elements(self.batches)

    def tilted_values(self) -> Array:
        """The same at the points far out (n_tilted, n_whole)."""
        return self._elements(self.tilted)

    def scouted_values(self) -> Array:
        """The same at the scouts (n_scout, n_whole), NaN after a cut-off."""
        return self._elements(self.scouts)

    def points(self) -> tuple[Array, Array, NDArray[np.int64]]:
        """Germs, whole elements, and groups of all points: scouts first, then plain points, then those far out."""
        scouts_ = [g[~batch.failed] for g, batch in zip(self.scout_germ, self.scouts, strict=True)]
        far = [points.germ for points in self.tilted_points]
        germ = np.vstack([*scouts_, self.germ, *far])
        values = np.vstack([self.scouted_values(), self.values(), self.tilted_values()])
        outside = [np.full(sum(map(len, part)), k) for part, k in ((scouts_, ANCHOR), (far, WEIGHTED))]
        return germ, values, np.concatenate([outside[0], self.group, outside[1]])

    def fit(self, former: CrossFit | None) -> CrossFit:
        """Polynomials of all whole elements, with the scouts where all of them have a value."""
        germ, values, group = self.points()
        scalars = self.scalars()
        alone = np.concatenate([np.full(int(mask.sum()), name in scalars) for name, mask in self.whole.items()])
        reached = np.asarray(np.isfinite(values).all(axis=0))
        if reached.all():
            return cross_fit(self.basis, germ, values, group, alone, former=former)
        with_scouts = cross_fit(self.basis, germ, values[:, reached], group, alone[reached], former=former)
        kept = np.arange(len(germ)) >= len(germ) - len(self.germ) - sum(len(p.germ) for p in self.tilted_points)
        rest = cross_fit(self.basis, germ[kept], values[kept][:, ~reached], group[kept], alone[~reached])
        return side_by_side(with_scouts, rest, reached)

    def is_rough(self, fit: CrossFit) -> NDArray[np.bool_]:
        """Whether each whole element that counts is beyond a polynomial (n_whole,); others are not said to be."""
        counted = np.zeros(len(fit.var), dtype=bool)
        for name in self.scalars() or list(self.columns()):
            counted[self.columns()[name]] = True
        return counted & self.doubtful(fit)

    def doubtful(self, fit: CrossFit) -> NDArray[np.bool_]:
        """Whether the polynomial of each whole element is not to be trusted (n_whole,)."""
        beyond = scouts.beyond(self.scouted_values(), fit.mean, fit.var)
        varies = fit.var > (ROUND_OFF * fit.mean) ** 2
        doubts = (fit.q2 < SMOOTH_Q2) | (fit.departure > scouts.CLIFF) | (beyond > scouts.MOST_BEYOND)
        return np.asarray(varies & (doubts | self._contradicted(fit)))

    def _contradicted(self, fit: CrossFit) -> NDArray[np.bool_]:
        """Whether the points far out say another standard deviation than the polynomial (n_whole,)."""
        if not self.tilted:
            return np.zeros(len(fit.var), dtype=bool)
        far = self.far_out(QUANTILES[:0])
        both = (fit.var > 0) & (far["var"] > 0)
        apart = np.abs(np.log(np.where(both, far["var"], 1.0) / np.where(both, fit.var, 1.0))) / 2
        return np.asarray(both & (apart > N_ERRORS * np.hypot(far["error"], fit.error)))

    def tilted_more(self, fit: CrossFit, n: int, rng: np.random.Generator) -> _State:
        """The state after n more points of each scrambling where rough outputs are far out."""
        germ, values, group = self.points()
        rough = self.is_rough(fit) & np.isfinite(values).all(axis=0)
        if not rough.any():
            rough = self.is_rough(fit) & np.isfinite(self.values()).all(axis=0)
            germ, values, group = self.germ, self.values(), self.group
        points = tilted_points(self.basis, germ, values[:, rough], group, n, rng)
        batch = self.problem.look(self.problem.color(points.germ))
        good = ~batch.failed
        kept = Tilted(points.germ[good], points.group[good], points.weight[good])
        return replace(self, tilted=(*self.tilted, batch), tilted_points=(*self.tilted_points, kept))

    @property
    def basis(self) -> GermBasis:
        """Terms of the polynomials."""
        return germ_basis(self.problem.families, self.active)

    def columns(self) -> dict[str, slice]:
        """Where each output's whole elements stand among all."""
        ends = np.cumsum([0, *(int(mask.sum()) for mask in self.whole.values())])
        return {name: slice(a, b) for name, a, b in zip(self.whole, ends[:-1], ends[1:], strict=True)}

    def scalars(self) -> list[str]:
        return [name for name, values in self.solved.outputs.items() if values.ndim == 1]

    def worst_error(self, fit: CrossFit) -> float:
        """The largest relative error of a standard deviation that counts."""
        columns, varies, error = self.columns(), fit.var > 0, fit.error.copy()
        if self.tilted:
            rough = self.doubtful(fit)
            error[rough] = self.far_out(QUANTILES)["error"][rough]
        counted = [error[columns[name]][varies[columns[name]]] for name in self.scalars() or columns]
        return float(max((part.max() for part in counted if part.size), default=0.0))

    def far_out(self, levels: Array) -> dict[str, Array]:
        """Statistics of whole elements from the points far out alone."""
        return tilted_moments(self.tilted_values(), joined_points(self.tilted_points), levels)

    def slopes(self, fit: CrossFit) -> Array:
        """Linear coefficients of each scalar output, in units of its standard deviation (n_germ, n_output)."""
        linear = fit.basis.exponents.sum(axis=1) == 1
        names, columns = self.scalars() or list(self.columns()), self.columns()
        first = [columns[name].start for name in names if columns[name].stop > columns[name].start]
        std = np.sqrt(np.maximum(fit.var[first], 0.0))
        slopes = fit.basis.exponents[linear].T @ fit.coefficients[linear][:, first]
        return slopes / np.where(std > 0, std, 1.0)

    def scouted(self, budget: int) -> tuple[_State, CrossFit]:
        """The state after scouts went along the axes, then along the steepest directions; and a fit on the way.

        Of many germs the active ones are known then.
        """
        n, state = len(self.problem.families), self
        fit: CrossFit | None = None
        if n > FEW_GERMS:
            fit = state.fit(None)
        state = state._sent(np.eye(n) if fit is None else scouts.steepest_axes(state.slopes(fit)), budget)
        fit = state.fit(fit)
        slopes = state.slopes(fit)
        if n > MOST_ACTIVE:
            state = replace(state, active=np.sort(np.argsort(-np.abs(slopes).max(axis=1), kind="stable")[:MOST_ACTIVE]))
        return state._sent(scouts.gradient_directions(slopes), budget), fit

    def _sent(self, directions: Array, budget: int) -> _State:
        """The state after scouts went both ways along directions (n_direction, n_germ)."""
        germ = scouts.both_ways(directions, self.problem.families)
        if not len(germ) or self.n_solves + len(germ) > budget:
            return self
        batch = self.problem.look(self.problem.color(germ))
        return replace(self, scouts=(*self.scouts, batch), scout_germ=(*self.scout_germ, germ))


def _statistics(problem: Problem, fit: CrossFit, state: _State, rng: np.random.Generator) -> dict[str, dict[str, Array]]:
    """Statistics of the whole elements of every output."""
    coefficients = fit.coefficients
    polynomial_var = (coefficients[1:] ** 2).sum(axis=0)
    members = terms_of_sources(fit.basis.exponents, problem).astype(float)
    values = state.values()
    beyond = scouts.beyond(state.scouted_values(), fit.mean, fit.var)
    sampled = np.quantile(fit.predict(sobol_germ(N_QUANTILE, problem.families, rng)), QUANTILES, axis=0)
    found = {
        "mean": fit.mean,
        "var": fit.var,
        "quantile": np.where(fit.q2 >= HOLDS, sampled, np.quantile(values, QUANTILES, axis=0)),
        # what the polynomial missed belongs to no source; one that does not hold says nothing of sources
        "share": np.where(fit.q2 >= HOLDS, ratio(members @ coefficients**2, polynomial_var + fit.residual_var), np.nan),
        "error": fit.error,
        "mean_se": fit.mean_se,
        "q2": fit.q2,
        "departure": fit.departure,
        "beyond": beyond,
        "expansion": coefficients,
    }
    found["tail"] = tail_share(values)
    n = np.full(len(fit.mean), float(len(values)))
    if state.tilted:
        rough = state.doubtful(fit)
        for statistic, numbers in state.far_out(QUANTILES).items():
            found[statistic] = np.where(rough, numbers, found[statistic])
        # a rare mode is met at least as often as by the plain points and half as many more as lie far out
        n[rough] += sum(len(points.weight) for points in state.tilted_points) / 2
    statistics = {}
    for name, own in state.columns().items():
        part = {statistic: numbers[..., own] for statistic, numbers in found.items()}
        bounds = state.solved.outputs[name].attrs
        statistics[name] = part | intervals(part, n[own], N_REPLICATE - 1, bounds)
    return statistics
