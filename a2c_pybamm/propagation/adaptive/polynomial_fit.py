"""Polynomials of all elements of the state: which germs they hold, of which degree, which points they are fitted to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import comb

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.estimate import Family
from a2c_pybamm.propagation.adaptive.adaptive_state import N_TEST_DESIGN, AdaptiveState, ElementTable, with_curves
from a2c_pybamm.propagation.adaptive.cross_fit import TEST_GROUP, CrossFit, cross_fit, side_by_side
from a2c_pybamm.propagation.adaptive.cross_moments import Mask
from a2c_pybamm.propagation.adaptive.polynomial_kernel import Prior
from a2c_pybamm.propagation.adaptive.weighted_regression import Degrees
from a2c_pybamm.propagation.germ_basis import GermBasis, basis_of_active
from a2c_pybamm.propagation.methods.three_sigma_points import THREE_SIGMA


@dataclass(frozen=True)
class DegreeGrowth:
    """Limits of the total degree, which grows with the number of points."""

    lowest: int = 3
    """Degree that is always fitted: the prior keeps terms small that few points do not show."""
    highest_normal: int = 5
    """Highest degree where a germ is normal: beyond it polynomials overshoot in its tails."""
    highest_uniform: int = 12
    """Highest degree where all germs are bounded."""
    terms_per_point: int = 10
    """Terms for each point at most."""
    most_terms: int = 4000
    most_tensor_entries: int = 200_000
    """Entries of the tensor of the highest degree, (germs)^degree, from which sensitivity indices are made."""
    most_active: int = 30
    """Germs of more effect than others that products are made of; the rest enters by powers of each germ alone."""


DEGREE_GROWTH = DegreeGrowth()


def highest_degree(n_point: int, families: tuple[Family, ...], growth: DegreeGrowth = DEGREE_GROWTH) -> int:
    """Highest total degree that this number of points supports."""
    n = min(len(families), growth.most_active)
    highest = growth.highest_normal if "normal" in families else growth.highest_uniform
    for degree in range(highest, growth.lowest, -1):
        n_term = comb(n + degree, degree)
        few_terms = n_term <= min(growth.most_terms, growth.terms_per_point * n_point)
        if few_terms and len(families) ** degree <= growth.most_tensor_entries:
            return degree
    return growth.lowest


def fit_polynomials(state: AdaptiveState) -> AdaptiveState:
    """The state with polynomials of all elements, once every scrambling has a point that works.

    With few germs the first fit waits for the test points along all axes. The search for priors begins with those of the
    former fit, which also chooses the active germs of many, once the test points along the steepest directions are there.
    """
    n, table = state.problem.joint.n_germ, state.table
    if not state.has_all_groups or not table.answerable.any() or (n <= THREE_SIGMA.most_axes and not state.n_test_design):
        return state
    active = np.arange(min(n, DEGREE_GROWTH.most_active)) if state.active is None else state.active
    if state.active is None and state.slopes is not None and state.n_test_design == N_TEST_DESIGN:
        active = np.sort(np.argsort(-np.abs(state.slopes).max(axis=1), kind="stable")[: DEGREE_GROWTH.most_active])
        state = replace(state, active=active)
    degrees, parts = _degrees(state, active), _parts(table)
    former = state.fit.priors if state.fit else ()
    fits = [_fit(degrees, table, rows, kept, former if k == 0 else ()) for k, (rows, kept) in enumerate(parts)]
    fit = side_by_side(fits, [kept for _, kept in parts])
    # slopes of scalar outputs, else of each output's first element, in standard deviations
    linear = fit.basis.exponents.sum(axis=1) == 1
    first = [place.start for place in table.columns.values() if place.stop > place.start and table.counted[place.start]]
    std = np.sqrt(np.maximum(np.nan_to_num(fit.var[first]), 0.0))
    steep = np.nan_to_num(fit.coefficients[linear][:, first])
    slopes = fit.basis.exponents[linear].T @ steep / np.where(std > 0, std, 1.0)
    return replace(state, fit=fit, slopes=slopes)


def fit_curves(state: AdaptiveState) -> AdaptiveState:
    """The state with the polynomials of outputs with an axis beside those of numbers, once no more points are added.

    The search for their priors begins with that of the first number.
    """
    whole = with_curves(state)
    if state.fit is None or len(whole.table.counted) == len(state.table.counted):
        return state
    table = whole.table
    degrees = Degrees(lowest_basis(state))
    parts = [(rows, kept) for rows, kept in _parts(table, ~table.counted)]
    former = (replace(state.fit.priors[0], n_point=0),) * 2
    fits = [_fit(degrees, table, rows, kept, former) for rows, kept in parts]
    return replace(whole, fit=side_by_side([state.fit, *fits], [table.counted, *(kept for _, kept in parts)]))


def _degrees(state: AdaptiveState, active: NDArray[np.int64]) -> Degrees:
    """Bases to fit: after the first fit a higher one where there are points for it."""
    families = state.problem.joint.germ_families
    low = lowest_basis(state, active)
    highest = highest_degree(len(state.table.germ), families)
    if state.fit is None or highest == DEGREE_GROWTH.lowest:
        return Degrees(low)
    return Degrees(low, _basis(families, tuple(active.tolist()), highest))


def lowest_basis(state: AdaptiveState, active: NDArray[np.int64] | None = None) -> GermBasis:
    """Basis of the degree that is always fitted, with products of the active germs."""
    families = state.problem.joint.germ_families
    chosen = state.active if active is None else active
    active = np.arange(min(len(families), DEGREE_GROWTH.most_active)) if chosen is None else chosen
    return _basis(families, tuple(active.tolist()), DEGREE_GROWTH.lowest)


@lru_cache(maxsize=8)
def _basis(families: tuple[Family, ...], active: tuple[int, ...], degree: int) -> GermBasis:
    return basis_of_active(families, np.array(active, dtype=np.int64), degree)


def _parts(table: ElementTable, where: Mask | None = None) -> list[tuple[Mask, Mask]]:
    """Points (n_point,) and the elements (n_element,) that are fitted to them, of those ``where`` is true.

    Curves that some test point does not reach are fitted to the other points; a number that some points lack has a fit of its
    own, to those that have it.
    """
    known = np.isfinite(table.values)
    answerable = table.answerable if where is None else table.answerable & where
    works = known[:, answerable].any(axis=1)
    complete = known[works].all(axis=0)
    without_tests = works & (table.group != TEST_GROUP)
    beyond = ~complete & ~table.scalar & answerable
    parts = [(works, complete & answerable), (without_tests, beyond)]
    parts += [(known[:, k], np.arange(len(answerable)) == k) for k in np.flatnonzero(~complete & table.scalar & answerable)]
    return [(rows, kept) for rows, kept in parts if kept.any()]


def _fit(degrees: Degrees, table: ElementTable, rows: Mask, kept: Mask, former: tuple[Prior, ...]) -> CrossFit:
    """Polynomials of some elements, fitted to some points."""
    plain = table.group >= 0
    failed = ~rows & plain
    fit = cross_fit(
        degrees,
        table.germ[rows],
        table.values[np.ix_(rows, kept)],
        table.group[rows],
        table.scalar[kept],
        (table.germ[failed], table.group[failed]),
        former=former,
    )
    in_order = np.empty_like(fit.left_out)
    in_order[np.concatenate([np.flatnonzero(rows[plain]), np.flatnonzero(failed[plain])])] = fit.left_out
    return replace(fit, left_out=in_order)
