"""One sentence on each method and scalar output: does it hold here, and if not, what to use."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from a2c_pybamm.propagation.first_order import FirstOrder
from a2c_pybamm.propagation.monte_carlo import MonteCarlo
from a2c_pybamm.propagation.polynomial_chaos import PolynomialChaos
from a2c_pybamm.propagation.problem import Method

MAX_NONLINEAR = 0.05
"""Nonlinear share of variance that first order may miss: the std is then 2.5 % short."""
MAX_MEAN_SHIFT = 0.2
"""Shift of the mean in standard deviations: an interval of ±2 σ then still holds 94 % instead of 95 %."""
MAX_STD_RATIO = 0.05
"""Departure of the std from sampling's: what an error bar of one significant digit does not show."""
MIN_Q2 = 0.95
"""Share of the variance of fresh points that chaos must predict: what it misses is then at most the first-order limit."""
N_ERRORS = 3.0
"""Combined standard errors within which chaos and sampling agree; chance exceeds them once in 370."""


def add_verdicts(dataset: xr.Dataset, methods: Sequence[Method]) -> xr.Dataset:
    """The same Dataset with ``<output>_verdict`` (approach) for every scalar output."""
    verdicts = {}
    for name in map(str, dataset.data_vars):
        if name.endswith("_std") and dataset[name].dims == ("approach",):
            output = name.removesuffix("_std")
            sentences = [verdict(dataset, output, method) for method in methods]
            verdicts[f"{output}_verdict"] = xr.DataArray(np.array(sentences, dtype=str), dims="approach")
    return dataset.assign(verdicts)


def verdict(dataset: xr.Dataset, output: str, method: Method) -> str:
    """The sentence for one method and one scalar output."""
    own = _numbers(dataset, output, method.label)
    sampling = _numbers(dataset, output, "sampling") if "sampling" in dataset["approach"] else None
    if not np.isfinite(own["std"]):
        return f"{method.label} gives no answer: a solve it needs is missing"
    if isinstance(method, FirstOrder):
        return _first_order(own, sampling)
    if isinstance(method, PolynomialChaos):
        return _chaos(method.label, own, sampling)
    if isinstance(method, MonteCarlo):
        draws = int(np.isfinite(dataset[f"{output}_draws"]).sum())
        return f"sampling: std {plus_minus(own['std'], own['error'] * own['std'])} from {draws} draws"
    return f"{method.label}: std {own['std']:.3g}"


def plus_minus(value: float, error: float) -> str:
    """A number with its error, rounded to the error's leading digit: "0.43 ± 0.01"."""
    if not (np.isfinite(error) and error > 0):
        return f"{value:.3g}"
    digits = -int(np.floor(np.log10(error)))
    if 0 <= digits <= 6:
        return f"{value:.{digits}f} ± {error:.{digits}f}"
    power = int(np.floor(np.log10(max(abs(value), error))))
    digits = max(0, power + digits)
    return f"({value / 10.0**power:.{digits}f} ± {error / 10.0**power:.{digits}f})e{power}"


Numbers = dict[str, float]


def _numbers(dataset: xr.Dataset, output: str, label: str) -> Numbers:
    names = ("mean", "std", "error", "mean_se", "q2", "mean_shift", "nonlinear")
    row = dataset.sel(approach=label)
    return {name: float(row[f"{output}_{name}"]) for name in names}


def _by_sampling(own: Numbers, sampling: Numbers) -> str:
    return f"std {own['std']:.3g} against {plus_minus(sampling['std'], sampling['error'] * sampling['std'])} by sampling"


def _first_order(own: Numbers, sampling: Numbers | None) -> str:
    judged = np.isfinite(own["nonlinear"])
    std = own["std"] or np.nan
    bad = [judged and own["nonlinear"] >= MAX_NONLINEAR, judged and not abs(own["mean_shift"]) < MAX_MEAN_SHIFT * own["std"]]
    seen = [f"nonlinear share {own['nonlinear']:.0%}", f"mean shift {own['mean_shift'] / std:.2f} σ"] if judged else []
    if own["std"] == 0 and not own["mean_shift"] and not own["nonlinear"] > 0 and not (sampling and sampling["std"]):
        return "first order suffices: the output does not vary"
    if sampling is not None:
        limit = MAX_STD_RATIO + sampling["error"]
        shift_limit = MAX_MEAN_SHIFT * sampling["std"] + sampling["mean_se"]
        bad += [not abs(own["std"] / sampling["std"] - 1) <= limit if sampling["std"] else own["std"] > 0]
        bad += [abs(own["mean"] - sampling["mean"]) > shift_limit]
        text = _by_sampling(own, sampling) + (f" ({', '.join(seen)})" if seen else "")
        return (
            f"first order off: {text}: use sampling, or chaos where it holds" if any(bad) else f"first order suffices: {text}"
        )
    if not judged:
        return f"first order gives std {own['std']:.3g}; with neither curvature nor sampling, whether it holds cannot be known"
    bad += [own["error"] >= MAX_STD_RATIO]
    text = f"{', '.join(seen)}, std off by {own['error']:.0%} by its own curvature"
    if any(bad):
        return f"first order off: {text}: use chaos or sampling"
    return f"first order looks enough: {text}; kinks and cut-offs farther out cannot be known without sampling"


def _chaos(label: str, own: Numbers, sampling: Numbers | None) -> str:
    predicts = own["q2"] >= MIN_Q2
    text = f"held-out Q² {_q2(own['q2'])}"
    if sampling is None:
        if not predicts:
            return f"{label} does not hold ({text}): run sampling"
        return f"{label} holds as far as its fresh points see ({text}); events they missed cannot be known without sampling"
    combined = np.hypot(own["error"] * own["std"], sampling["error"] * sampling["std"])
    agrees = abs(own["std"] - sampling["std"]) <= N_ERRORS * combined
    if predicts and agrees:
        return f"{label} holds ({text}; {_by_sampling(own, sampling)})"
    if predicts:
        return f"{label} does not hold ({text}, but {_by_sampling(own, sampling)}): use the sampling result"
    return f"{label} does not hold ({text}): use the sampling result"


def _q2(value: float) -> str:
    """Two digits, rounded down so that 0.949 does not pass for 0.95."""
    return f"{np.floor(value * 100 + 1e-9) / 100:.2f}"
