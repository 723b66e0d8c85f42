r"""Adaptive chaos: solves are added until the stated error meets what was asked, or the budget ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import ceil, comb

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.propagation import scouts
from a2c_pybamm.propagation.cross_fit import CrossFit, cross_fit
from a2c_pybamm.propagation.germ_basis import N_QUANTILE, GermBasis, sobol_germ, total_degree
from a2c_pybamm.propagation.intervals import intervals, tail_share
from a2c_pybamm.propagation.layout import QUANTILES
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.orthogonal_frame import orthogonal_frame
from a2c_pybamm.propagation.polynomial_chaos import in_place, whole_elements
from a2c_pybamm.propagation.problem import Outcome, Problem, Solved, joined
from a2c_pybamm.propagation.replicated_design import N_REPLICATE, ReplicatedDesign
from a2c_pybamm.propagation.shares import ratio, terms_of_sources

HIGHEST_ORDER, MOST_TERMS = 3, 6000
"""The polynomial's degree is 3 while that makes no more terms, else 2, else 1."""
GROWTH = 1.5
"""A design grows by this factor at a time."""
EARLIEST_CHECK = 50
"""Points from which too many failures end the run early; of fewer two would be too many."""
OUTSIDE = -1
"""The group of points of the frame, which are no sample of the distribution."""
HOLDS = 0.95
"""Q² from which quantiles are read from the polynomial instead of the points."""


@dataclass(frozen=True)
class AdaptiveChaos:
    r"""Settings of chaos that chooses its own design, and samples where no polynomial holds.

    Solves are an orthogonal frame (`orthogonal_frame`), from which slopes are learnt, the points of eight independent nested
    scramblings (`ReplicatedDesign`), and scouts three standard deviations out. The polynomial is fitted with a prior
    (`weighted_regression`), so that fewer points than terms do; mean and standard deviation are corrected by what it missed
    on points it had not seen (`cross_fit`), so that they are those of sampling where it is worth nothing. Points are added
    until the relative error of the standard deviation of every scalar output (of every element where there is no scalar) is
    below ``tolerance``, or ``budget`` solves are spent.
    """

    tolerance: float = 0.02
    """Relative standard error of the standard deviation that is asked for."""
    budget: int = 400
    """Most solves."""

    def __post_init__(self) -> None:
        if not 0 < self.tolerance < 1:
            raise ValueError(f"AdaptiveChaos: tolerance is {self.tolerance:g}; take a fraction in (0, 1), e.g. 0.02")
        if self.budget < 3 * N_REPLICATE:
            raise ValueError(f"AdaptiveChaos: budget is {self.budget}; take {3 * N_REPLICATE} solves or more")

    @property
    def label(self) -> str:
        return "adaptive chaos"

    def planned(self, problem: Problem) -> int:
        """The most solves it will ask for."""
        return self.budget

    def run(self, problem: Problem, rng: np.random.Generator) -> Outcome:
        """Moments with errors by groups, polynomial, shares; ``ValueError`` if failures leave a group with too few points."""
        design = ReplicatedDesign(problem.families, rng)
        basis = _basis(problem)
        state = _State.empty(problem)
        departures: Mapping[str, Array] = {}
        fit: CrossFit | None = None
        frame = self._frame(problem, rng)
        for n in self._steps(len(problem.families), len(frame)):
            if N_REPLICATE * n > self.budget - state.n_solves:
                break
            germ, group = design.more(n)
            if fit is None:
                germ, group = np.vstack([frame, germ]), np.concatenate([np.full(len(frame), OUTSIDE), group])
            state = state.with_points(germ, group)
            if len(state.germ) >= EARLIEST_CHECK:
                problem.check_failures(state.solved, what=self.label)
            state.check_groups(self.label)
            fit = state.fit(basis, fit)
            if not state.scouts:
                state, departures = state.scouted(fit, self.budget)
            if state.worst_error(fit) <= self.tolerance:
                break
        if fit is None:
            raise ValueError(f"{self.label}: the budget of {self.budget} solves is too small for {N_REPLICATE} groups")
        problem.check_failures(state.solved, what=self.label)
        statistics = in_place(_statistics(problem, fit, state, rng), state.whole, state.solved)
        for output, found in departures.items():
            statistics[output]["departure"] = found
        notes = {
            "points of the design": f"{len(state.germ)}, {int((state.group == OUTSIDE).sum())} of them a frame",
            "scouts": f"{sum(len(batch.samples) for batch in state.scouts)} at ±{scouts.DISTANCE:g} standard deviations",
            "stopped": "tolerance met" if state.worst_error(fit) <= self.tolerance else "budget spent",
        }
        degree = int(basis.exponents.sum(axis=1).max())
        return Outcome(state.all_solved, state.n_solves, statistics, degree, notes, basis=basis)

    def _frame(self, problem: Problem, rng: np.random.Generator) -> Array:
        """Germs of the frame (n_point, n_germ), none where the budget has no room for it."""
        germ = orthogonal_frame(problem.families, rng)
        needed = len(germ) + N_REPLICATE * _first(len(problem.families), len(germ)) + 2 * scouts.N_DIRECTION
        return germ if needed <= self.budget else germ[:0]

    def _steps(self, n_germ: int, n_frame: int) -> Iterator[int]:
        """Points that each scrambling adds, one design after the other; the last step takes what the budget leaves."""
        n = min(_first(n_germ, n_frame), (self.budget - n_frame) // N_REPLICATE)
        yield n
        while True:
            spent = n_frame + N_REPLICATE * n
            left = (self.budget - spent - 2 * scouts.N_DIRECTION) // N_REPLICATE
            more = min(ceil(spent * (GROWTH - 1) / N_REPLICATE), left)
            if more < 1:
                return
            # a rest too small for a step of its own goes along
            more = left if left - more < more // 2 else more
            yield more
            n += more


def _first(n_germ: int, n_frame: int) -> int:
    """Points of each scrambling in the first design."""
    return max(1, ceil((16 + 1.2 * n_germ - n_frame) / N_REPLICATE))


def _basis(problem: Problem) -> GermBasis:
    """Total degree 3, or as much as the number of germs allows."""
    n = len(problem.families)
    order = next(p for p in range(HIGHEST_ORDER, 0, -1) if p == 1 or comb(n + p, p) <= MOST_TERMS)
    return total_degree(problem.families, order)


@dataclass(frozen=True, eq=False)
class _State:
    """All that has been solved so far."""

    problem: Problem
    batches: tuple[Solved, ...]
    germ: Array
    """Of the design's points that did not fail (n_point, n_germ)."""
    group: NDArray[np.int64]
    scouts: tuple[Solved, ...] = ()

    @classmethod
    def empty(cls, problem: Problem) -> _State:
        return cls(problem, (), np.zeros((0, len(problem.families))), np.zeros(0, dtype=np.int64))

    @property
    def n_solves(self) -> int:
        return sum(len(batch.samples) for batch in (*self.batches, *self.scouts))

    @property
    def solved(self) -> Solved:
        """The points of the design."""
        return joined(self.batches)

    @property
    def all_solved(self) -> Solved:
        """The same with the scouts, for the record of failures."""
        return joined((*self.batches, *self.scouts))

    @property
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

    def check_groups(self, label: str) -> None:
        """Raise ``ValueError`` where a group has nothing to be averaged over."""
        if (np.bincount(self.group[self.group != OUTSIDE], minlength=N_REPLICATE) == 0).any():
            self.problem.check_failures(self.solved, what=label)
            raise ValueError(
                f"{label}: failures left one of {N_REPLICATE} groups without a point; mend their cause, or raise the budget"
            )

    def values(self) -> dict[str, Array]:
        """Whole elements of every output at the points that did not fail (n_point, n_whole)."""
        solved = self.solved
        return {name: part[~solved.failed] for name, part in whole_elements(solved)[0].items()}

    def fit(self, basis: GermBasis, former: CrossFit | None) -> CrossFit:
        """Polynomials of all whole elements."""
        values, scalars = self.values(), self.scalars()
        alone = np.concatenate([np.full(part.shape[1], name in scalars) for name, part in values.items()])
        return cross_fit(basis, self.germ, np.hstack(list(values.values())), self.group, alone, former=former)

    def columns(self) -> dict[str, slice]:
        """Where each output's whole elements stand among all."""
        ends = np.cumsum([0, *(int(mask.sum()) for mask in self.whole.values())])
        return {name: slice(a, b) for name, a, b in zip(self.whole, ends[:-1], ends[1:], strict=True)}

    def scalars(self) -> list[str]:
        return [name for name, values in self.solved.outputs.items() if values.ndim == 1]

    def worst_error(self, fit: CrossFit) -> float:
        """The largest relative error of a standard deviation that counts."""
        columns, varies = self.columns(), fit.var > 0
        counted = [fit.error[columns[name]][varies[columns[name]]] for name in self.scalars() or columns]
        return float(max((part.max() for part in counted if part.size), default=0.0))

    def scouted(self, fit: CrossFit, budget: int) -> tuple[_State, dict[str, Array]]:
        """The state after scouts went along the steepest directions of the scalar outputs, and each output's departure."""
        columns = self.columns()
        names = self.scalars() or list(columns)
        linear = fit.basis.exponents.sum(axis=1) == 1
        slopes = fit.basis.exponents[linear].T @ fit.coefficients[linear] / np.where(fit.var > 0, np.sqrt(fit.var), 1.0)
        chosen = np.hstack([slopes[:, columns[name]][:, :1] for name in names])
        germ = scouts.both_ways(scouts.gradient_directions(chosen), self.problem.families)
        if not len(germ) or self.n_solves + len(germ) > budget:
            return self, {}
        batch = self.problem.look(self.problem.color(germ))
        predicted, std = fit.predict(germ), np.sqrt(fit.var)
        found = {}
        for name, mask in self.whole.items():
            own = columns[name]
            part = np.full(len(mask), np.nan)
            part[mask] = scouts.departure(batch.flat(name)[:, mask], predicted[:, own], std[own])
            found[name] = part
        return replace(self, scouts=(batch,)), found


def _statistics(problem: Problem, fit: CrossFit, state: _State, rng: np.random.Generator) -> dict[str, dict[str, Array]]:
    """Statistics of the whole elements of every output."""
    coefficients = fit.coefficients
    polynomial_var = (coefficients[1:] ** 2).sum(axis=0)
    members = terms_of_sources(fit.basis.exponents, problem).astype(float)
    values = np.hstack(list(state.values().values()))[state.group != OUTSIDE]
    sampled = np.quantile(fit.predict(sobol_germ(N_QUANTILE, problem.families, rng)), QUANTILES, axis=0)
    found = {
        "mean": fit.mean,
        "var": fit.var,
        "quantile": np.where(fit.q2 >= HOLDS, sampled, np.quantile(values, QUANTILES, axis=0)),
        # what the polynomial missed belongs to no source
        "share": ratio(members @ coefficients**2, polynomial_var + fit.residual_var),
        "error": fit.error,
        "mean_se": fit.mean_se,
        "q2": fit.q2,
        "expansion": coefficients,
    }
    found["tail"] = tail_share(values)
    statistics = {}
    for name, own in state.columns().items():
        part = {statistic: numbers[..., own] for statistic, numbers in found.items()}
        bounds = state.solved.outputs[name].attrs
        statistics[name] = part | intervals(part, len(values), N_REPLICATE - 1, bounds)
    return statistics
