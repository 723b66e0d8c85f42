"""Outcomes of methods laid out as one result: for every output the same statistics, along a dimension ``approach``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from a2c_pybamm.constants import RELATIVE_ROUND_OFF
from a2c_pybamm.propagation.failed_samples import failure_place
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.polynomial import expansion_nodes
from a2c_pybamm.propagation.problem import Method, Outcome, Problem
from a2c_pybamm.result import (
    DESIGN,
    DRAWS,
    FAILURES,
    SAMPLE_APPROACH,
    STATISTICS,
    axis_coordinates,
    plain_attributes,
)


@dataclass(frozen=True)
class ResultParts:
    """The nodes of a result before they are joined to a tree."""

    root: xr.Dataset
    outputs: Mapping[str, xr.Dataset]
    nodes: Mapping[str, xr.Dataset]
    """Nodes beside the outputs, by path."""


def assemble(problem: Problem, methods: Sequence[Method], outcomes: Sequence[Outcome]) -> ResultParts:
    """The parts of a result from all outcomes, one entry of ``approach`` for each."""
    root = _root(problem, methods, outcomes)
    names = _statistic_names(outcomes)
    outputs = {
        output: _output(output, template, outcomes, names, {str(dim): size for dim, size in root.sizes.items()})
        for output, template in outcomes[0].solved.outputs.items()
    }
    nodes = {
        **_draws(outcomes),
        **_design(methods, outcomes),
        FAILURES: _failures(methods, outcomes),
        **expansion_nodes(problem, methods, outcomes),
    }
    return ResultParts(root, outputs, nodes)


def _root(problem: Problem, methods: Sequence[Method], outcomes: Sequence[Outcome]) -> xr.Dataset:
    """Coordinates that hold for the whole tree, and what each method did."""
    root = xr.Dataset(
        coords={
            "approach": [method.label for method in methods],
            "source": np.array(problem.sources, dtype=str),  # of no source, too, a list of texts
            "level": problem.levels,
            "coefficient": np.array(problem.names, dtype=str),
        }
    )
    root["n_solves"] = ("approach", [o.n_solves for o in outcomes])
    root["n_failed"] = ("approach", [int(o.solved.failed.sum()) for o in outcomes])
    root["n_importance"] = ("approach", [o.n_importance for o in outcomes])
    root["n_importance"].attrs["long_name"] = "importance-sampling points among the solves"
    root["share_degree"] = ("approach", [o.share_degree for o in outcomes])
    root["share_degree"].attrs["long_name"] = "degree of the polynomials from which shares are read, 0 for none"
    shift, share = zip(*(failure_place(problem, o) for o in outcomes), strict=True)
    root["failure_shift"] = (("approach", "coefficient"), np.array(shift))
    root["failure_shift"].attrs["long_name"] = "mean of the failed samples' coefficients, in standard deviations from the mean"
    root["failure_share"] = (("approach", "source"), np.array(share))
    root["failure_share"].attrs["long_name"] = "part of each source in the place of the failed samples"
    root["settings"] = ("approach", [repr(method) for method in methods])
    for method, outcome in zip(methods, outcomes, strict=True):
        root.attrs |= {f"{method.label}: {key}": text for key, text in outcome.notes.items()}
    return root


def _statistic_names(outcomes: Sequence[Outcome]) -> list[str]:
    """Names of the statistics that all outputs have: those required, and those that some method gives for some output."""
    given = {
        name
        for outcome in outcomes
        for numbers in outcome.statistics.values()
        for name, values in numbers.items()
        if not np.isnan(values).all()
    }
    return [name for name, statistic in STATISTICS.items() if statistic.required or name in given]


def _output(
    output: str, template: xr.DataArray, outcomes: Sequence[Outcome], names: Sequence[str], sizes: Mapping[str, int]
) -> xr.Dataset:
    """All statistics of one output, on its own axes."""
    axes = tuple(str(dim) for dim in template.dims if dim != "sample")
    sizes = {**sizes, **{axis: template.sizes[axis] for axis in axes}}
    unit, text = str(template.attrs.get("units", "")), str(template.attrs.get("long_name", output))
    given = [_with_std(outcome.statistics[output]) for outcome in outcomes]
    variables = {}
    for name in names:
        statistic = STATISTICS[name]
        if not statistic.applies(axes):
            continue
        dims = statistic.dims(axes)
        full = [sizes[dim] for dim in dims[1:]]
        values = np.array([np.reshape(g[name], full) if name in g else np.full(full, np.nan) for g in given])
        variables[name] = xr.Variable(dims, values, statistic.attributes(unit, text))
    return xr.Dataset(variables, coords=axis_coordinates(template, axes))


def _with_std(statistics: Mapping[str, Array]) -> dict[str, Array]:
    """The statistics with their std; where that is round-off of the mean the output does not vary, and has no shares."""
    var, error = statistics["var"], statistics.get("error", np.full_like(statistics["var"], np.nan))
    constant = var <= (RELATIVE_ROUND_OFF * statistics["mean"]) ** 2
    var = np.where(constant, 0.0, var)
    return {
        **statistics,
        "var": var,
        "std": np.sqrt(var),
        "share": np.where(constant, 0.0, statistics["share"]),
        "error": np.where(constant & np.isfinite(error), 0.0, error),
    }


def _sampled(template: xr.DataArray, values: Array, dim: str) -> xr.Variable:
    return xr.Variable((dim,), values, plain_attributes(template.attrs))


def _draws(outcomes: Sequence[Outcome]) -> dict[str, xr.Dataset]:
    """The draws of the method that samples: coefficients, and scalar outputs, NaN where a draw failed; empty without one."""
    nodes = {}
    for outcome in outcomes:
        if outcome.draws:
            outputs = {name: _sampled(outcome.solved.outputs[name], v, "draw") for name, v in outcome.draws.items()}
            nodes[DRAWS] = xr.Dataset({"coefficients": (("draw", "coefficient"), outcome.solved.samples), **outputs})
    return nodes


def _design(methods: Sequence[Method], outcomes: Sequence[Outcome]) -> dict[str, xr.Dataset]:
    """The points that methods chose themselves: who asked for each, its coefficients, its scalar outputs, NaN where it failed.

    They are no draws, and nothing averages over them; hence a dimension of their own.
    """
    chosen = [(method.label, o.solved) for method, o in zip(methods, outcomes, strict=True) if not o.draws]
    if not chosen:
        return {}
    labels = [label for label, solved in chosen for _ in range(len(solved.samples))]
    outputs = {
        name: _sampled(template, np.concatenate([solved.flat(name)[:, 0] for _, solved in chosen]), "design")
        for name, template in chosen[0][1].outputs.items()
        if template.ndim == 1
    }
    samples = np.vstack([solved.samples for _, solved in chosen])
    own = {SAMPLE_APPROACH: ("design", np.array(labels, dtype=str)), "coefficients": (("design", "coefficient"), samples)}
    return {DESIGN: xr.Dataset({**own, **outputs})}


def _failures(methods: Sequence[Method], outcomes: Sequence[Outcome]) -> xr.Dataset:
    """A row for every sample without a number somewhere: who asked for it, its coefficients, the cause, the reason in words."""
    lacking = [o.solved.cause != "" for o in outcomes]
    labels = [m.label for m, rows in zip(methods, lacking, strict=True) for _ in range(int(rows.sum()))]
    samples = np.vstack([o.solved.samples[rows] for o, rows in zip(outcomes, lacking, strict=True)])
    reasons = [str(r) for o, rows in zip(outcomes, lacking, strict=True) for r in o.solved.reason[rows]]
    causes = [str(c) for o, rows in zip(outcomes, lacking, strict=True) for c in o.solved.cause[rows]]
    return xr.Dataset(
        {
            SAMPLE_APPROACH: ("failure", np.array(labels, dtype=str)),
            "coefficients": (("failure", "coefficient"), samples),
            "cause": ("failure", np.array(causes, dtype=str)),
            "reason": ("failure", np.array(reasons, dtype=str)),
        }
    )
