r"""What the statistics would be under other errors of the coefficients, from the draws that are there.

Draws :math:`\theta_i` from ``before`` count with :math:`w_i \propto p_\text{after}(\theta_i)/p_\text{before}(\theta_i)`,
:math:`\sum_i w_i = 1` (importance sampling, self-normalised [1]_; see `importance_weights`). They are then worth
:math:`n_\text{eff} = 1/\sum_i w_i^2` plain draws.

.. [1] A. B. Owen, Monte Carlo theory, methods and examples (2013), chapter 9.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from a2c_pybamm.estimate import Factor, Joint
from a2c_pybamm.propagation.model import Array, from_function
from a2c_pybamm.propagation.problem import Problem, match
from a2c_pybamm.propagation.results.importance_weights import Change, change_of
from a2c_pybamm.propagation.sentences import reweighted_sentence
from a2c_pybamm.propagation.shares import ratio
from a2c_pybamm.propagation.status import Status
from a2c_pybamm.result import DRAWS, STATISTICS
from a2c_pybamm.result import drawn_outputs as drawn_names

LEAST_EFFECTIVE = 50
"""Plain draws that the weighted ones must be worth: a standard deviation is then known to 10 %."""


def scale_source(joint: Joint, source: str, by: float) -> Joint:
    """The same joint with the error of one source multiplied: 0.5 halves its standard deviations, 0 takes it away.

    ``ValueError`` if the joint has no such source, or ``by`` is negative.
    """
    if source not in joint.factors:
        raise ValueError(f"scale_source: no source {source!r}; the joint has {', '.join(map(repr, joint.factors))}")
    if not (np.isfinite(by) and by >= 0):
        raise ValueError(f"scale_source: by is {by:g}; give a factor ≥ 0, e.g. 0.5 to halve the standard deviations")

    def scaled(name: str, factor: Factor) -> Factor:
        return replace(factor, values=by * factor.values) if name == source else factor

    estimates = [replace(e, factors={name: scaled(name, f) for name, f in e.factors.items()}) for e in joint.estimates]
    return Joint(estimates, independent=joint.independent)


def reweight(result: xr.Dataset, before: Joint, after: Joint) -> xr.Dataset:
    r"""Statistics of the scalar outputs as they would be under other errors, at no new solves.

    The layout of `propagate` with the one approach ``"sampling"`` and scalar outputs only; NaN where weighted draws give no
    number, as shares. Standard errors are those of leaving out each draw in turn, which the spread of the weights enters: of
    the mean :math:`\sqrt{\sum_i [w_i(y_i-\bar y)/(1-w_i)]^2}` (times :math:`\sqrt{1-1/n}`), of the variance the same of squared
    deviations. Also

    ``weight`` (draw)
        of sum one over all draws, for `survival`;
    ``n_effective``, ``n_effective_expected``
        plain draws that those which did not fail are worth, as found and in expectation;
    ``failed_fraction``
        the weight of the failed draws.

    The draws themselves are left out, so that nobody counts them equally.

    Parameters
    ----------
    result
        From `propagate` with `MonteCarlo`, or such a result read from a file.
    before
        The joint that the result was made with.
    after
        The same coefficients with other means, errors or correlations, e.g. from `scale_source`. Uniform sources stay as they
        are.

    Raises
    ------
    ValueError
        If there are no draws, they are not from ``before``, ``after`` moves what ``before`` holds fixed or holds fixed what it
        moves, a uniform source changes, or the draws are worth fewer than fifty, as where a direction widens by √2 or more.
    """
    names, samples = _samples(result)
    change = change_of(matched(names, before, "before"), matched(names, after, "after"), names, samples)
    weight = change.weights()
    outputs = drawn_names(result)
    failed = np.any([~np.isfinite(result[output + DRAWS].values) for output in outputs], axis=0)
    kept = weight[~failed] / weight[~failed].sum()
    effective, expected = 1 / (kept**2).sum(), change.worth() * len(kept)
    if not min(effective, expected) >= LEAST_EFFECTIVE:
        raise ValueError(_worthless(change, len(kept), effective, expected))
    statistics = {}
    for output in outputs:
        numbers: dict[str, Any] = _weighted(np.array(result[output + DRAWS].values, float)[~failed], kept, result)
        numbers["status"] = Status.HOLDS
        numbers["verdict"] = reweighted_sentence(float(numbers["std"]), float(numbers["error"]), len(kept), effective)
        statistics[output] = numbers
    found = filled(result, "sampling", after.sources, statistics, settings="draws reweighted, no new solves")
    numbers = {
        "n_effective": (effective, "plain draws that the weighted ones are worth"),
        "n_effective_expected": (expected, "plain draws that the weighted ones are worth, in expectation"),
        "failed_fraction": (weight[failed].sum(), "weight of the failed draws"),
    }
    found = found.assign({name: ("approach", [v], {"units": "1", "long_name": text}) for name, (v, text) in numbers.items()})
    found["n_failed"] = ("approach", [int(failed.sum())])
    return found.assign(weight=("draw", weight, {"units": "1", "long_name": "weight of each draw of the result"}))


def matched(names: Sequence[str], joint: Joint, what: str) -> Problem:
    """The errors of these coefficients in a joint; ``ValueError``, which names ``what`` it is, if one is missing."""
    try:
        return match(from_function(_never, names), joint, max_failed=0.0, progress=None)
    except ValueError as error:
        raise ValueError(f"{what}: {error}") from None


def filled(
    result: xr.Dataset, label: str, sources: Sequence[str], statistics: Mapping[str, Mapping[str, Any]], *, settings: str
) -> xr.Dataset:
    """The layout of a result with one approach: these statistics of these outputs, NaN for all others."""
    coords = {"approach": [label], "source": list(sources)} | {k: result[k] for k in ("quantile", "coefficient")}
    dataset = xr.Dataset(coords=coords, attrs={**result.attrs, "reweighted": settings})
    dataset["n_solves"] = ("approach", [0])
    dataset["settings"] = ("approach", np.array([settings], dtype=str))
    for output, numbers in statistics.items():
        for name in STATISTICS:
            if f"{output}_{name}" not in result:
                continue
            old = result[f"{output}_{name}"]
            old = old if "approach" in old.dims else old.expand_dims("approach")
            dims = tuple(map(str, old.dims))
            shape = [dataset.sizes[d] if d in ("approach", "source") else old.sizes[d] for d in dims]
            values = np.reshape(numbers[name], shape) if name in numbers else np.full(shape, np.nan)
            own = {k: c for k, c in old.coords.items() if k not in dataset.coords and c.dims}
            dataset[f"{output}_{name}"] = xr.DataArray(values, dims=dims, coords=own, attrs=old.attrs)
        for name in ("status", "verdict"):
            if name in numbers:
                dataset[f"{output}_{name}"] = ("approach", np.array([str(numbers[name])], dtype=str))
    return dataset


def _never(samples: Array) -> Array:
    raise AssertionError("only the names of this model are used")


def _samples(result: xr.Dataset) -> tuple[tuple[str, ...], Array]:
    """Names of the coefficients and their draws (n_draw, n_coefficient)."""
    if "coefficient_draws" not in result or not drawn_names(result):
        raise ValueError("reweight: the result has no draws of scalar outputs; run propagate with MonteCarlo()")
    names = tuple(str(name) for name in result["coefficient"].values)
    return names, np.array(result["coefficient_draws"].transpose("draw", "coefficient").values, float)


def _worthless(change: Change, n: int, effective: float, expected: float) -> str:
    k = int(change.widths.argmax())
    return (
        f"reweight: {n} draws are worth {effective:.0f} plain ones under after ({expected:.0f} in expectation), fewer than "
        f"{LEAST_EFFECTIVE}; along {change.owners[k]!r} it is {change.widths[k]:.2g} times as wide (1.41 is the limit), means "
        f"move by up to {np.abs(change.mu).max():.2g} std. Solve again: propagate(model, after, MonteCarlo(…), rng=rng)"
    )


def _weighted(values: Array, weight: Array, result: xr.Dataset) -> dict[str, Array]:
    """Statistics of one output from its draws (n_draw,) and their weights of sum one."""
    mean = weight @ values
    square = (values - mean) ** 2
    spread = weight @ square
    var = spread / (1 - (weight**2).sum())
    # what the sum changes by when one draw is left out and the others' weights grow to make up for it
    lever = weight / (1 - weight) * np.sqrt(1 - 1 / len(values))
    se_of_var = np.sqrt((lever**2 * (square - spread) ** 2).sum())
    return {
        "mean": mean,
        "var": var,
        "std": np.sqrt(var),
        "quantile": _quantiles(values, weight, result["quantile"].values),
        "mean_se": np.sqrt((lever**2 * square).sum()),
        "error": ratio(se_of_var, 2 * var),
    }


def _quantiles(values: Array, weight: Array, levels: Array) -> Array:
    """Quantiles (n_level,), linear between draws; with equal weights those of numpy."""
    order = np.argsort(values)
    steps = weight[order]
    place = np.concatenate([[0.0], np.cumsum((steps[1:] + steps[:-1]) / 2)])
    return np.interp(levels, place / place[-1], values[order])
