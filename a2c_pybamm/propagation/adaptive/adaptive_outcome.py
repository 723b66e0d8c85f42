"""Answer of adaptive chaos from its last state."""

from __future__ import annotations

import numpy as np

from a2c_pybamm.propagation.adaptive.adaptive_state import AdaptiveState, ErrorEstimate
from a2c_pybamm.propagation.adaptive.cross_fit import CrossFit
from a2c_pybamm.propagation.adaptive.design import Kind
from a2c_pybamm.propagation.adaptive.importance_points import IMPORTANCE
from a2c_pybamm.propagation.adaptive.replicated_design import N_REPLICATE
from a2c_pybamm.propagation.germ_basis import N_QUANTILE, sobol_germ
from a2c_pybamm.propagation.intervals import intervals, tail_share
from a2c_pybamm.propagation.methods.polynomial_chaos import HOLDING_Q2
from a2c_pybamm.propagation.methods.three_sigma_points import THREE_SIGMA
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.problem import Outcome, fill_incomplete, joined
from a2c_pybamm.propagation.shares import ratio, terms_of_sources


def adaptive_outcome(state: AdaptiveState, rng: np.random.Generator, *, label: str, tolerance: float) -> Outcome:
    """The answer of the last state; ``ValueError`` if too many points failed, or all of one scrambling."""
    if state.fit is None or state.error is None:
        raise ValueError(f"{label}: failures left a group without points; mend their cause, or raise the budget")
    test, importance = state.points[Kind.TEST], state.points[Kind.IMPORTANCE]
    n_test = sum(len(batch.samples) for batch in test.batches)
    notes = {
        "points of the design": str(len(state.points[Kind.PLAIN].germ)),
        "test points": f"{n_test} at ±{THREE_SIGMA.distance:g} standard deviations",
        "stopped": "tolerance met" if state.error.worst <= tolerance else "budget spent",
    }
    statistics = _statistics(state, state.fit, state.error, rng)
    return Outcome(
        joined((state.solved, *test.batches)),
        state.n_solves,
        fill_incomplete(statistics, state.table.complete, state.solved),
        int(state.fit.basis.exponents.sum(axis=1).max()),
        notes,
        n_importance=len(importance.weight),
        basis=state.fit.basis,
    )


def _statistics(
    state: AdaptiveState, fit: CrossFit, error: ErrorEstimate, rng: np.random.Generator
) -> dict[str, dict[str, Array]]:
    """Statistics of the complete elements of every output: of rough ones from importance points, once there are some."""
    plain = state.table.values[state.table.group >= 0]
    found = _from_fit(state, fit, plain, rng) | {"hidden_variance": error.hidden_variance, "tail_share": tail_share(plain)}
    n = np.full(len(fit.mean), float(len(plain)))
    if error.importance:
        found |= {name: np.where(error.rough, numbers, found[name]) for name, numbers in error.importance.items()}
        n[error.rough] += IMPORTANCE.worth * len(state.points[Kind.IMPORTANCE].weight)
    statistics = {}
    for name, place in state.table.columns.items():
        part = {statistic: numbers[..., place] for statistic, numbers in found.items()}
        bounds = state.solved.outputs[name].attrs
        statistics[name] = part | intervals(part, n[place], N_REPLICATE - 1, bounds)
    return statistics


def _from_fit(state: AdaptiveState, fit: CrossFit, plain: Array, rng: np.random.Generator) -> dict[str, Array]:
    """Statistics of all elements (…, n_element) from the polynomials, quantiles of plain points where these do not hold."""
    joint, coefficients = state.problem.joint, fit.coefficients
    polynomial_var = (coefficients[1:] ** 2).sum(axis=0)
    members = terms_of_sources(fit.basis.exponents, joint.germ_sources, state.problem.sources).astype(float)
    # what the polynomial missed belongs to no source; one that does not hold gives no shares
    share = ratio(members @ coefficients**2, polynomial_var + fit.residual_var)
    terms = fit.basis.evaluate(sobol_germ(N_QUANTILE, joint.germ_families, rng))
    sampled = np.quantile((terms @ fit.components) @ fit.loadings + fit.offset, state.problem.levels, axis=0)
    holds = fit.q2 >= HOLDING_Q2
    return {
        "mean": fit.mean,
        "var": fit.var,
        "quantile": np.where(holds, sampled, np.quantile(plain, state.problem.levels, axis=0)),
        "share": np.where(holds, share, np.nan),
        "error": fit.error,
        "mean_se": fit.mean_se,
        "q2": fit.q2,
        "test_point_error": fit.test_point_error,
        "expansion": coefficients,
    }
