"""The one layout of results: for every output the same statistics, along a dimension ``approach``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from a2c_pybamm.propagation.expansion import expansion_variables
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.problem import ROUND_OFF, Method, Outcome, Problem

QUANTILES = np.array([0.025, 0.16, 0.5, 0.84, 0.975])
"""Levels of the quantiles: median, and the central 68 % and 95 % of a normal distribution (to the second digit)."""


@dataclass(frozen=True)
class Statistic:
    """One number a method gives for an output; NaN where it gives none."""

    text: str
    unit: str
    """Its unit, with {u} for the output's."""
    dim: str | None = None


STATISTICS = {
    "mean": Statistic("mean", "{u}"),
    "var": Statistic("variance", "({u})^2"),
    "std": Statistic("standard deviation", "{u}"),
    "quantile": Statistic("quantile", "{u}", "quantile"),
    "share": Statistic("share of variance that each source makes by itself, not clipped", "1", "source"),
    "error": Statistic("relative error of the standard deviation as the method itself estimates it", "1"),
    "mean_se": Statistic("standard error of the mean (sampling, adaptive chaos)", "{u}"),
    "share_se": Statistic("standard error of the share (sampling)", "1", "source"),
    "q2": Statistic("predictive coefficient Q2 on points kept out of the fit (chaos)", "1"),
    "departure": Statistic("largest miss of a test point at ±3σ of the germ, in standard deviations of the output", "1"),
    "beyond": Statistic("variance that could hide beyond the test points, over that found (adaptive chaos)", "1"),
    "tail": Statistic("share of the variance that the hundredth part of the samples farthest out carries", "1"),
    "mean_low": Statistic("lower end of the 95 % interval of the mean", "{u}"),
    "mean_high": Statistic("upper end of the 95 % interval of the mean", "{u}"),
    "std_low": Statistic("lower end of the 95 % interval of the standard deviation", "{u}"),
    "std_high": Statistic("upper end of the 95 % interval of the standard deviation", "{u}"),
    "mean_unseen_low": Statistic("lower end, a rare mode that no sample met included (rule of three)", "{u}"),
    "mean_unseen_high": Statistic("upper end, a rare mode that no sample met included (rule of three)", "{u}"),
    "std_unseen_high": Statistic("upper end for the standard deviation, such a mode included", "{u}"),
    "mean_shift": Statistic("shift of the mean by curvature (first order)", "{u}"),
    "nonlinear": Statistic("share of variance that no straight line gives (first order)", "1"),
    "gradient": Statistic(
        "total derivative by each coefficient at the mean (first order)", "{u} per unit of the coefficient", "coefficient"
    ),
    "running": Statistic("fraction of the solves not cut off here", "1"),
}


def assemble(problem: Problem, methods: Sequence[Method], outcomes: Sequence[Outcome]) -> xr.Dataset:
    """All outcomes in one Dataset, one entry of ``approach`` for each."""
    dataset = xr.Dataset(
        coords={
            "approach": [method.label for method in methods],
            "source": list(problem.sources),
            "quantile": QUANTILES,
            "coefficient": list(problem.names),
        }
    )
    dataset["n_solves"] = ("approach", [o.n_solves for o in outcomes])
    dataset["n_failed"] = ("approach", [int(o.solved.failed.sum()) for o in outcomes])
    dataset["n_importance"] = ("approach", [o.n_importance for o in outcomes])
    dataset["n_importance"].attrs["long_name"] = "importance-sampling points among the solves"
    dataset["share_degree"] = ("approach", [o.share_degree for o in outcomes])
    dataset["share_degree"].attrs["long_name"] = "degree of the polynomials from which shares are read, 0 for none"
    dataset["settings"] = ("approach", [repr(method) for method in methods])
    for output, template in outcomes[0].solved.outputs.items():
        parts = _output(output, template, outcomes, {str(k): n for k, n in dataset.sizes.items()})
        clash = [name for name in parts if name in dataset]
        if clash:
            raise ValueError(f"output {output!r}: its {clash[0]!r} exists already; rename the output")
        dataset = dataset.assign(parts)
    dataset = dataset.assign(expansion_variables(problem, methods, outcomes))
    for method, outcome in zip(methods, outcomes, strict=True):
        dataset.attrs |= {f"{method.label}: {key}": text for key, text in outcome.notes.items()}
        dataset = dataset.assign(_draws(outcome))
    return dataset.assign(_design(methods, outcomes)).assign(_failures(methods, outcomes))


def check_names(outputs: Mapping[str, xr.DataArray]) -> None:
    """Refuse names that cannot be written to netCDF or that the layout uses itself."""
    own = {"approach", "source", "quantile", "coefficient", "draw", "design", "failure", "term", "germ"}
    for output, values in outputs.items():
        for name in (output, *map(str, values.dims)):
            if "/" in name:
                raise ValueError(
                    f"output {output!r}: the name {name!r} holds '/', which netCDF forbids; write the unit as [A.m-2]"
                )
            if name in own:
                raise ValueError(f"output {output!r}: the name {name!r} is used by the result itself; rename it")


def _output(
    output: str, template: xr.DataArray, outcomes: Sequence[Outcome], sizes: Mapping[str, int]
) -> dict[str, xr.DataArray]:
    """All statistics of one output, on its own axes."""
    axes = tuple(str(dim) for dim in template.dims if dim != "sample")
    shape = tuple(template.sizes[axis] for axis in axes)
    coords = {name: c for name, c in template.coords.items() if set(c.dims) <= set(axes)}
    unit = str(template.attrs.get("units", ""))
    found = [_still(outcome.statistics[output]) for outcome in outcomes]
    parts = {}
    for name, statistic in STATISTICS.items():
        if name == "running" and not axes:
            continue
        lead = () if statistic.dim is None else (statistic.dim,)
        full = (*(sizes[dim] for dim in lead), *shape)
        values = [np.reshape(f[name], full) if name in f else np.full(full, np.nan) for f in found]
        attrs = {
            "units": statistic.unit.format(u=unit),
            "long_name": f"{template.attrs.get('long_name', output)}: {statistic.text}",
        }
        parts[f"{output}_{name}"] = xr.DataArray(np.array(values), dims=("approach", *lead, *axes), coords=coords, attrs=attrs)
    return parts


def _still(statistics: Mapping[str, Array]) -> dict[str, Array]:
    """The statistics with their std; where that is round-off of the mean the output does not vary, and has no shares."""
    var, error = statistics["var"], statistics.get("error", np.full_like(statistics["var"], np.nan))
    still = var <= (ROUND_OFF * statistics["mean"]) ** 2
    var = np.where(still, 0.0, var)
    return {
        **statistics,
        "var": var,
        "std": np.sqrt(var),
        "share": np.where(still, 0.0, statistics["share"]),
        "error": np.where(still & np.isfinite(error), 0.0, error),
    }


def _draws(outcome: Outcome) -> dict[str, xr.DataArray]:
    """The draws of a method that samples: coefficients, and scalar outputs, NaN where a draw failed."""
    if not outcome.draws:
        return {}
    drawn = {"coefficient_draws": xr.DataArray(outcome.solved.samples, dims=("draw", "coefficient"))}
    for output, values in outcome.draws.items():
        drawn[f"{output}_draws"] = xr.DataArray(values, dims="draw", attrs=outcome.solved.outputs[output].attrs)
    return drawn


def _design(methods: Sequence[Method], outcomes: Sequence[Outcome]) -> dict[str, xr.DataArray]:
    """The points that methods chose themselves: who asked for each, its coefficients, its scalar outputs, NaN where it failed.

    They are no draws, and nothing averages over them; hence a dimension of their own.
    """
    chosen = [(method.label, o.solved) for method, o in zip(methods, outcomes, strict=True) if not o.draws]
    if not chosen:
        return {}
    owner = [label for label, solved in chosen for _ in range(len(solved.samples))]
    samples = np.vstack([solved.samples for _, solved in chosen])
    found = {
        "design_approach": xr.DataArray(np.array(owner, dtype=str), dims="design"),
        "coefficient_design": xr.DataArray(samples, dims=("design", "coefficient")),
    }
    for output, template in chosen[0][1].outputs.items():
        if template.ndim == 1:
            values = np.concatenate([solved.flat(output)[:, 0] for _, solved in chosen])
            found[f"{output}_design"] = xr.DataArray(values, dims="design", attrs=template.attrs)
    return found


def _failures(methods: Sequence[Method], outcomes: Sequence[Outcome]) -> dict[str, xr.DataArray]:
    """A row for every failed sample: who asked for it, its coefficients, the cause, and the reason in words."""
    owner = [m.label for m, o in zip(methods, outcomes, strict=True) for _ in range(int(o.solved.failed.sum()))]
    samples = np.vstack([o.solved.samples[o.solved.failed] for o in outcomes])
    reasons = [str(r) for o in outcomes for r in o.solved.reason[o.solved.failed]]
    causes = [str(c) for o in outcomes for c in o.solved.cause[o.solved.failed]]
    return {
        "failure_approach": xr.DataArray(np.array(owner, dtype=str), dims="failure"),
        "failure_coefficients": xr.DataArray(samples, dims=("failure", "coefficient")),
        "failure_cause": xr.DataArray(np.array(causes, dtype=str), dims="failure"),
        "failure_reason": xr.DataArray(np.array(reasons, dtype=str), dims="failure"),
    }
