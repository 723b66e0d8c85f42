"""Answer of adaptive chaos from its last state."""

from __future__ import annotations

import numpy as np

from a2c_pybamm.propagation.adaptive.adaptive_state import AdaptiveState, ErrorEstimate
from a2c_pybamm.propagation.adaptive.cross_fit import SAMPLING, CrossFit, sampled_terms
from a2c_pybamm.propagation.adaptive.cross_moments import Mask
from a2c_pybamm.propagation.adaptive.design import Kind
from a2c_pybamm.propagation.adaptive.error_estimate import plain_tail_share
from a2c_pybamm.propagation.adaptive.importance_points import IMPORTANCE
from a2c_pybamm.propagation.adaptive.polynomial_fit import lowest_basis
from a2c_pybamm.propagation.adaptive.roughness import ROUGHNESS
from a2c_pybamm.propagation.germ_basis import N_QUANTILE
from a2c_pybamm.propagation.intervals import intervals
from a2c_pybamm.propagation.methods.polynomial_chaos import HOLDING_Q2
from a2c_pybamm.propagation.methods.three_sigma_points import THREE_SIGMA
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.problem import Outcome, PlainPoints, fill_incomplete, joined
from a2c_pybamm.propagation.shares import ratio, regressed_shares, regression_degree, terms_of_sources


def adaptive_outcome(state: AdaptiveState, *, tolerance: float) -> Outcome:
    """The answer of the last state: NaN for every output of which some scrambling has no point with a value."""
    test, importance = state.points[Kind.TEST], state.points[Kind.IMPORTANCE]
    answered = state.fit is not None and state.error is not None
    n_test = sum(len(batch.samples) for batch in test.batches)
    notes = {
        "points of the design": str(int((~state.points[Kind.PLAIN].failed).sum())),
        "test points": f"{n_test} at ±{THREE_SIGMA.distance:g} standard deviations",
        "stopped": "tolerance met" if state.error is not None and state.error.worst <= tolerance else "budget spent",
    }
    if not answered:
        notes["stopped"] = "a scrambling has no point that works"
    statistics = _statistics(state) if answered else _no_statistics(state)
    basis = state.fit.basis if state.fit is not None else lowest_basis(state)
    return Outcome(
        joined((state.solved, *test.batches)),
        state.n_solves,
        fill_incomplete(statistics, state.table.complete, state.solved),
        basis.order,
        notes,
        n_importance=len(importance.weight),
        basis=basis,
        plain=_plain_points(state),
    )


def _plain_points(state: AdaptiveState) -> PlainPoints:
    """Germs, groups and places of the plain points, which come first, with predictions by fits without their group."""
    plain = state.points[Kind.PLAIN]
    left_out = {}
    if state.fit is not None:
        for name, place in state.table.columns.items():
            if state.table.scalar[place].all() and place.stop == place.start + 1:
                left_out[name] = state.fit.left_out[:, place.start]
    return PlainPoints(plain.germ, plain.group, np.arange(len(plain.germ)), left_out)


def _no_statistics(state: AdaptiveState) -> dict[str, dict[str, Array]]:
    """NaN for everything."""
    n_term, n_source, n_level = len(lowest_basis(state)), len(state.problem.sources), len(state.problem.levels)
    statistics = {}
    for name, place in state.table.columns.items():
        nothing = np.full(place.stop - place.start, np.nan)
        single = ("mean", "var", "error", "mean_se", "q2", "test_point_error", "hidden_variance", "tail_share")
        part = dict.fromkeys(single, nothing)
        part |= {
            "quantile": np.tile(nothing, (n_level, 1)),
            "share": np.tile(nothing, (n_source, 1)),
            "expansion": np.tile(nothing, (n_term, 1)),
        }
        statistics[name] = part | intervals(part, 1.0, state.solved.outputs[name].attrs)
    return statistics


def _statistics(state: AdaptiveState) -> dict[str, dict[str, Array]]:
    """Statistics of every output: of those with a rare tail from importance points, once there are some."""
    fit, error, table = state.fit, state.error, state.table
    assert fit is not None
    assert error is not None
    plain = table.values[table.group >= 0]
    found = _from_fit(state, fit, error, plain)
    found |= {"hidden_variance": error.hidden_variance, "tail_share": plain_tail_share(state)}
    n = np.isfinite(plain).sum(axis=0).astype(float)
    if error.importance:
        found |= _weighted(found, error)
        n[error.weighted] += IMPORTANCE.worth * len(state.points[Kind.IMPORTANCE].weight)
    statistics = {}
    for name, place in table.columns.items():
        part = {statistic: numbers[..., place] for statistic, numbers in found.items()}
        bounds = state.solved.outputs[name].attrs
        statistics[name] = part | intervals(part, np.maximum(n[place], 1.0), bounds)
    return statistics


def _weighted(found: dict[str, Array], error: ErrorEstimate) -> dict[str, Array]:
    """Statistics with those of importance points in their place; the mean is that of both kinds of points where they agree."""
    importance = {name: numbers for name, numbers in error.importance.items() if name in found}
    replaced = {name: np.where(error.weighted, numbers, found[name]) for name, numbers in importance.items()}
    apart = np.abs(found["mean"] - importance["mean"])
    agree = apart <= ROUGHNESS.agreement_errors * np.hypot(found["mean_se"], importance["mean_se"])
    both, share = error.weighted & agree, error.importance["plain_share"]
    mean = share * found["mean"] + (1 - share) * importance["mean"]
    mean_se = np.hypot(share * found["mean_se"], (1 - share) * importance["mean_se"])
    return replaced | {
        "mean": np.where(both, mean, replaced["mean"]),
        "mean_se": np.where(both, mean_se, replaced["mean_se"]),
    }


def _from_fit(state: AdaptiveState, fit: CrossFit, error: ErrorEstimate, plain: Array) -> dict[str, Array]:
    """Statistics of all elements (…, n_element) from the polynomials, quantiles of plain points where these do not hold."""
    holds = fit.q2 >= HOLDING_Q2
    return {
        "mean": fit.mean,
        "var": fit.var,
        "quantile": _quantiles(state, fit, plain, holds),
        "share": np.where(holds, _shares(state, fit, plain), np.nan),
        "error": error.std_error,
        "mean_se": error.mean_se,
        "q2": fit.q2,
        "test_point_error": fit.test_point_error,
        "expansion": np.where(state.table.answerable, fit.coefficients, np.nan),
    }


def _quantiles(state: AdaptiveState, fit: CrossFit, plain: Array, holds: Mask) -> Array:
    """Quantiles (n_level, n_element) of what works.

    Of a polynomial that holds, sampled; from its distribution the predictions at points without a value are taken off. Else of
    the plain points.
    """
    levels, answerable = state.problem.levels, state.table.answerable
    quantile = np.full((len(levels), plain.shape[1]), np.nan)
    missing = ~np.isfinite(plain)
    complete = holds & answerable & ~missing.any(axis=0)
    scalar = state.table.scalar
    for where, n in ((complete & scalar, N_QUANTILE), (complete & ~scalar, SAMPLING.n_of_curves)):
        if where.any():
            quantile[:, where] = np.quantile(_sampled(fit, where, n), levels, axis=1)
    for k in np.flatnonzero(answerable & ~complete):
        gone = missing[:, k]
        if holds[k]:
            there = fit.basis.evaluate(state.points[Kind.PLAIN].germ[gone]) @ fit.coefficients[:, k]
            sampled = _sampled(fit, np.arange(len(holds)) == k, N_QUANTILE)[0]
            quantile[:, k] = _without(sampled, there, gone.mean(), levels)
        else:
            quantile[:, k] = np.quantile(plain[~gone, k], levels)
    return quantile


def _sampled(fit: CrossFit, where: Mask, n: int) -> Array:
    """Values (n_element, n) of the polynomials of elements ``where`` is true, at germs that fill the distribution."""
    loaded = (fit.loadings[:, where] != 0).any(axis=1)
    terms, kept = sampled_terms(fit.basis, np.abs(fit.components[:, loaded]).max(axis=1, initial=0.0), n)
    scores = fit.components[kept][:, loaded].T @ terms.T
    return np.asarray(fit.loadings[loaded][:, where].T @ scores + fit.offset[where, None])


def _without(sampled: Array, gone: Array, fraction: float, levels: Array) -> Array:
    """Quantiles of sampled values (n_sample,) less a fraction of them that has the values ``gone`` (n_gone,)."""
    values = np.concatenate([sampled, gone])
    weight = np.concatenate([np.full(len(sampled), 1 / len(sampled)), np.full(len(gone), -fraction / len(gone))])
    order = np.argsort(values, kind="stable")
    below = np.maximum.accumulate(np.cumsum(weight[order]))
    return np.interp(levels, below / below[-1], values[order])


def _shares(state: AdaptiveState, fit: CrossFit, plain: Array) -> Array:
    """Shares of every source (n_source, n_element): of the polynomials, or regressed from the points where some failed.

    What a polynomial missed belongs to no source. Where too few points are left for a regression it is the polynomial again.
    """
    problem, coefficients = state.problem, fit.coefficients
    polynomial_var = (coefficients[1:] ** 2).sum(axis=0)
    members = terms_of_sources(fit.basis.exponents, problem.joint.germ_sources, problem.sources).astype(float)
    share = ratio(members @ coefficients**2, polynomial_var + fit.residual_var)
    points = state.points[Kind.PLAIN]
    for k in np.flatnonzero(~np.isfinite(plain).all(axis=0) & state.table.answerable):
        known = np.isfinite(plain[:, k])
        degree = regression_degree(problem, int(known.sum()), fit.basis.order)
        if degree:
            values = plain[known, k : k + 1]
            share[:, k] = regressed_shares(problem, points.germ[known], values, points.group[known], degree)[0][:, 0]
    return share
