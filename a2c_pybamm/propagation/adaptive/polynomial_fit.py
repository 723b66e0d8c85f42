"""Polynomials of all elements of the state: which germs they hold, which points they are fitted to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from a2c_pybamm.propagation.adaptive.adaptive_state import N_TEST_DESIGN, AdaptiveState, Mask
from a2c_pybamm.propagation.adaptive.cross_fit import TEST_GROUP, CrossFit, cross_fit, side_by_side
from a2c_pybamm.propagation.germ_basis import basis_of_active
from a2c_pybamm.propagation.methods.three_sigma_points import THREE_SIGMA

HIGHEST_ORDER = 3
"""Total degree of the polynomials: beyond it terms outnumber the points of any affordable design."""
from math import comb
import os
def order_for(n_point, n_germ, families):
    if os.environ.get('ORD'): return int(os.environ['ORD'])
    n_active = min(n_germ, 30)
    top = 8 if 'normal' in families else 12
    for order in range(top, 3, -1):
        if comb(n_active + order, order) <= min(10 * n_point, 4000) and n_active**order <= 2e5:
            return order
    return 3
MOST_ACTIVE = 30
"""Germs of more effect than others that products are made of; the rest enters by powers of each germ alone."""


def fit_polynomials(state: AdaptiveState) -> AdaptiveState:
    """The state with polynomials of all elements, once every scrambling has a point.

    With few germs the first fit waits for the test points along all axes. The search for priors begins with those of the
    former fit, which also chooses the active germs of many, once the test points along the steepest directions are there.
    Elements that some test point does not reach are fitted to the other points.
    """
    n, table = state.problem.joint.n_germ, state.table
    if not state.has_all_groups or (n <= THREE_SIGMA.most_axes and not state.n_test_design):
        return state
    active = np.arange(min(n, MOST_ACTIVE)) if state.active is None else state.active
    if state.active is None and state.slopes is not None and state.n_test_design == N_TEST_DESIGN:
        active = np.sort(np.argsort(-np.abs(state.slopes).max(axis=1), kind="stable")[:MOST_ACTIVE])
        state = replace(state, active=active)
    basis = basis_of_active(state.problem.joint.germ_families, active, order_for(len(table.germ), n, state.problem.joint.germ_families))
    reached = np.asarray(np.isfinite(table.values).all(axis=0))
    everything = slice(None)
    parts: list[tuple[slice | Mask, slice | Mask, CrossFit | None]] = [(everything, everything, state.fit)]
    if not reached.all():
        parts = [(everything, reached, state.fit), (table.group != TEST_GROUP, ~reached, None)]
    fits = [
        cross_fit(basis, active, table.germ[rows], table.values[rows][:, kept], table.group[rows], table.scalar[kept], former=former)
        for rows, kept, former in parts
    ]
    fit = fits[0] if len(fits) == 1 else side_by_side(fits[0], fits[1], reached)
    # slopes of scalar outputs, else of each output's first element, in standard deviations
    linear = basis.exponents.sum(axis=1) == 1
    first = [place.start for place in table.columns.values() if place.stop > place.start and table.counted[place.start]]
    std = np.sqrt(np.maximum(fit.var[first], 0.0))
    slopes = basis.exponents[linear].T @ fit.coefficients[linear][:, first] / np.where(std > 0, std, 1.0)
    return replace(state, fit=fit, slopes=slopes)
