"""State of adaptive chaos: all points that were solved, their values, the polynomials fitted to them, and their error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.propagation.adaptive.cross_fit import TEST_GROUP, WEIGHTED_GROUP, CrossFit
from a2c_pybamm.propagation.adaptive.cross_moments import Mask
from a2c_pybamm.propagation.adaptive.design import Design, Kind
from a2c_pybamm.propagation.germ_basis import N_SCRAMBLING
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.problem import Problem, Solved, complete_elements, joined

N_TEST_DESIGN = 2
"""Designs of test points: along axes, then along the steepest directions."""


@dataclass(frozen=True, eq=False)
class SolvedPoints:
    """Solved points of one kind, those that failed among them."""

    batches: tuple[Solved, ...]
    germ: Array
    group: NDArray[np.int64]
    weight: Array

    def joined(self, design: Design, batch: Solved) -> SolvedPoints:
        """The points with those of one more design."""
        return SolvedPoints(
            (*self.batches, batch),
            np.vstack([self.germ, design.germ]),
            np.concatenate([self.group, design.group]),
            np.concatenate([self.weight, design.weight]),
        )

    @property
    def failed(self) -> Mask:
        """Points that failed (n_point,)."""
        return np.concatenate([np.zeros(0, dtype=bool), *(batch.failed for batch in self.batches)])


@dataclass(frozen=True, eq=False)
class ElementTable:
    """Values of numbers, and of the elements of curves that every plain and importance point reached which did not fail.

    While points are added numbers alone, where there are some: their error decides. All outputs stand side by side; points come
    kind by kind, as in `Kind`.
    """

    complete: Mapping[str, Mask]
    """Elements of each output that are in the table."""
    columns: Mapping[str, slice]
    """Place of each output's elements."""
    scalar: Mask
    """Elements that are outputs without an axis (n_element,)."""
    counted: Mask
    """Elements whose error decides (n_element,): scalar outputs, all where there are none."""
    germ: Array
    """(n_point, n_germ)."""
    group: NDArray[np.int64]
    """Scrambling of plain points, `TEST_GROUP`, `WEIGHTED_GROUP` (n_point,)."""
    values: Array
    """(n_point, n_element); NaN where a point failed, a number is missing, or a test point is past a cut-off."""

    @property
    def answerable(self) -> Mask:
        """Elements (n_element,) of which every scrambling has a value."""
        known = np.isfinite(self.values)
        in_groups = [known[self.group == k].any(axis=0) for k in range(N_SCRAMBLING)]
        return np.asarray(np.all(in_groups, axis=0))


@dataclass(frozen=True, eq=False)
class ErrorEstimate:
    """Error of the answer as it stands, and where no polynomial holds."""

    hidden_variance: Array
    """Variance that the tails beyond the test points may hold, over that found (n_element,)."""
    rough: Mask
    """Elements that the polynomial does not represent (n_element,)."""
    weighted: Mask
    """Those of them whose standard deviation is that of the importance points (n_element,)."""
    to_sample: Mask
    """Those that count and have a rare tail, for which importance points are drawn."""
    importance: Mapping[str, Array]
    """Statistics from the importance points alone; empty where there are none."""
    std_error: Array
    """Relative standard error of the standard deviation without importance points (n_element,)."""
    mean_se: Array
    """Standard error of the mean without importance points (n_element,)."""
    worst: float
    """Largest relative error of the standard deviation of any element that counts."""


@dataclass(frozen=True, eq=False)
class AdaptiveState:
    """All that has been solved and computed so far; each step of the algorithm returns another one."""

    problem: Problem
    points: Mapping[Kind, SolvedPoints]
    table: ElementTable
    n_solves: int = 0
    n_test_design: int = 0
    """Designs of test points so far: first along axes, then along the steepest directions."""
    n_round: int = 0
    """Rounds of importance sampling so far."""
    has_all_groups: bool = False
    """True once each scrambling has a point that works."""
    active: NDArray[np.int64] | None = None
    """Germs that products are made of, of more than thirty; None before they are chosen."""
    fit: CrossFit | None = None
    slopes: Array | None = None
    """Linear coefficients of the outputs of ``fit`` in units of their standard deviation (n_germ, n_output)."""
    error: ErrorEstimate | None = None

    @classmethod
    def empty(cls, problem: Problem) -> AdaptiveState:
        """Nothing solved yet."""
        germ, group, nothing = np.zeros((0, problem.joint.n_germ)), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool)
        table = ElementTable({}, {}, nothing, nothing, germ, group, np.zeros((0, 0)))
        return cls(problem, dict.fromkeys(Kind, SolvedPoints((), germ, group, np.zeros(0))), table)

    @cached_property
    def solved(self) -> Solved:
        """All that statistics are made of: plain points and importance points."""
        return joined((*self.points[Kind.PLAIN].batches, *self.points[Kind.IMPORTANCE].batches))


def solve_design(state: AdaptiveState, design: Design) -> AdaptiveState:
    """The state with the points of one more design solved; a design without points leaves out a step."""
    points = dict(state.points)
    if len(design.germ):
        batch = state.problem.solve(state.problem.joint.color(design.germ))
        points[design.kind] = points[design.kind].joined(design, batch)
    plain = points[Kind.PLAIN]
    works = np.bincount(plain.group[~plain.failed], minlength=N_SCRAMBLING)
    solved = replace(
        state,
        points=points,
        n_solves=state.n_solves + len(design.germ),
        n_test_design=state.n_test_design + (design.kind is Kind.TEST),
        n_round=state.n_round + bool(state.n_round or design.kind is Kind.IMPORTANCE),
        has_all_groups=bool((works > 0).all()),
    )
    return replace(solved, table=_tabulate(solved))


def with_curves(state: AdaptiveState) -> AdaptiveState:
    """The state with all outputs in its table, those with an axis too."""
    return replace(state, table=_tabulate(state, curves=True))


def _tabulate(state: AdaptiveState, *, curves: bool = False) -> ElementTable:
    """Values of all numbers; with ``curves``, and where there are no numbers, the complete elements of curves too."""
    solved = [batch for points in state.points.values() for batch in points.batches]
    scalars = [name for name, values in solved[0].outputs.items() if values.ndim == 1]
    names = scalars if scalars and not curves else list(solved[0].outputs)
    complete = {name: np.ones(1, dtype=bool) for name in scalars}
    if len(names) > len(scalars):
        complete = {n: mask | (n in complete) for n, mask in complete_elements(state.solved).items()}
    sizes = [int(complete[name].sum()) for name in names]
    ends = np.cumsum([0, *sizes])
    columns = {name: slice(a, b) for name, a, b in zip(names, ends[:-1], ends[1:], strict=True)}
    scalar = np.repeat([name in scalars for name in names], sizes)
    counted = scalar if scalar.any() else np.ones_like(scalar)
    germ, group, values = [], [], [np.zeros((0, sum(sizes)))]
    outside = {Kind.TEST: TEST_GROUP, Kind.IMPORTANCE: WEIGHTED_GROUP}
    for kind, points in state.points.items():
        germ.append(points.germ)
        group.append(np.full_like(points.group, outside[kind]) if kind in outside else points.group)
        for batch in points.batches:
            values.append(np.hstack([batch.flat(name)[:, complete[name]] for name in names]))
    return ElementTable(
        {name: complete[name] for name in names},
        columns,
        scalar,
        counted,
        np.vstack(germ),
        np.concatenate(group),
        np.vstack(values),
    )
