"""All that adaptive chaos has solved so far, and what it knows from that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.estimate import Family
from a2c_pybamm.propagation.adaptive.cross_fit import ANCHOR, SMOOTH_Q2, WEIGHTED, CrossFit, cross_fit, side_by_side
from a2c_pybamm.propagation.adaptive.replicated_design import N_REPLICATE
from a2c_pybamm.propagation.adaptive.tilted_design import Tilted, joined_points, tilted_moments, tilted_points
from a2c_pybamm.propagation.germ_basis import GermBasis, total_degree
from a2c_pybamm.propagation.methods import scouts
from a2c_pybamm.propagation.methods.polynomial_chaos import whole_elements
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.problem import ROUND_OFF, Problem, Solved, joined

HIGHEST_ORDER = 3
MOST_ACTIVE = 30
"""Germs of more effect than others that products are made of; the rest enters by powers of each germ alone."""
FEW_GERMS = scouts.N_AXIS
"""Up to so many germs each one's axis is scouted at once; of more some random points have to tell the steepest first."""
EARLIEST_CHECK = 50
"""Points from which too many failures end the run early; of fewer two would be too many."""
N_ERRORS = 3.0
"""Combined standard errors beyond which points far out contradict a polynomial."""


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
class AdaptiveState:
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
    def empty(cls, problem: Problem) -> AdaptiveState:
        n = len(problem.joint.germ_families)
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

    def with_points(self, germ: Array, group: NDArray[np.int64]) -> AdaptiveState:
        """The state after these points have been solved as well."""
        batch = self.problem.look(self.problem.joint.color(germ))
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
        far = self.far_out(self.problem.levels[:0])
        both = (fit.var > 0) & (far["var"] > 0)
        apart = np.abs(np.log(np.where(both, far["var"], 1.0) / np.where(both, fit.var, 1.0))) / 2
        return np.asarray(both & (apart > N_ERRORS * np.hypot(far["error"], fit.error)))

    def tilted_more(self, fit: CrossFit, n: int, rng: np.random.Generator) -> AdaptiveState:
        """The state after n more points of each scrambling where rough outputs are far out."""
        germ, values, group = self.points()
        rough = self.is_rough(fit) & np.isfinite(values).all(axis=0)
        if not rough.any():
            rough = self.is_rough(fit) & np.isfinite(self.values()).all(axis=0)
            germ, values, group = self.germ, self.values(), self.group
        points = tilted_points(self.basis, germ, values[:, rough], group, n, rng)
        batch = self.problem.look(self.problem.joint.color(points.germ))
        good = ~batch.failed
        kept = Tilted(points.germ[good], points.group[good], points.weight[good])
        return replace(self, tilted=(*self.tilted, batch), tilted_points=(*self.tilted_points, kept))

    @property
    def basis(self) -> GermBasis:
        """Terms of the polynomials."""
        return germ_basis(self.problem.joint.germ_families, self.active)

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
            error[rough] = self.far_out(self.problem.levels)["error"][rough]
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

    def scouted(self, budget: int) -> tuple[AdaptiveState, CrossFit]:
        """The state after scouts went along the axes, then along the steepest directions; and a fit on the way.

        Of many germs the active ones are known then.
        """
        n, state = len(self.problem.joint.germ_families), self
        fit: CrossFit | None = None
        if n > FEW_GERMS:
            fit = state.fit(None)
        state = state.sent(np.eye(n) if fit is None else scouts.steepest_axes(state.slopes(fit)), budget)
        fit = state.fit(fit)
        slopes = state.slopes(fit)
        if n > MOST_ACTIVE:
            state = replace(state, active=np.sort(np.argsort(-np.abs(slopes).max(axis=1), kind="stable")[:MOST_ACTIVE]))
        return state.sent(scouts.gradient_directions(slopes), budget), fit

    def sent(self, directions: Array, budget: int) -> AdaptiveState:
        """The state after scouts went both ways along directions (n_direction, n_germ)."""
        germ = scouts.both_ways(directions, self.problem.joint.germ_families)
        if not len(germ) or self.n_solves + len(germ) > budget:
            return self
        batch = self.problem.look(self.problem.joint.color(germ))
        return replace(self, scouts=(*self.scouts, batch), scout_germ=(*self.scout_germ, germ))
