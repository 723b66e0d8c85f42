"""One sentence on each method and scalar output, does it hold here and if not what to use; and one decision for the output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from a2c_pybamm.propagation.adaptive_chaos import AdaptiveChaos
from a2c_pybamm.propagation.cross_fit import SMOOTH_Q2
from a2c_pybamm.propagation.first_order import FirstOrder
from a2c_pybamm.propagation.monte_carlo import MonteCarlo
from a2c_pybamm.propagation.polynomial_chaos import PolynomialChaos
from a2c_pybamm.propagation.problem import Method
from a2c_pybamm.propagation.scouts import CLIFF, MOST_BEYOND
from a2c_pybamm.propagation.spectral_projection import SpectralProjection

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


MOST_TAIL = 0.5
"""Share of the variance in the hundredth part of the samples from which a few carry it: a normal one has 0.09 there."""
LEAST_TAIL_SOLVES = 100
"""Fewer samples have no hundredth part to speak of."""
WANTED_ERROR = 0.05
"""Relative standard error of the std for which further solves are counted: one significant digit of an error bar."""
UNSEEN_MATTERS = 1.2
"""How much a mode that no sample met must raise the std's upper end for a decision to tell."""


def add_verdicts(dataset: xr.Dataset, methods: Sequence[Method]) -> xr.Dataset:
    """The same Dataset with a sentence for each method and a decision for every scalar output.

    ``<output>_verdict`` (approach); ``<output>_decision``, which begins with "first order suffices", "chaos holds" or "sampling
    needed"; ``<output>_more_solves``, how many further solves bring sampling's relative error of the std to 5 %, zero where
    none are needed. Where adaptive chaos does not hold for another output of the same samples, the decision says so: what
    makes one output collapse may reach the others too.
    """
    outputs = [
        str(v).removesuffix("_std") for v in dataset.data_vars if str(v).endswith("_std") and dataset[v].dims == ("approach",)
    ]
    sentences = {output: [verdict(dataset, output, method) for method in methods] for output in outputs}
    shaken = [o for o in outputs if any(text.startswith("adaptive chaos does not hold") for text in sentences[o])]
    verdicts = {}
    for output, own in sentences.items():
        verdicts[f"{output}_verdict"] = xr.DataArray(np.array(own, dtype=str), dims="approach")
        text, more = decision(dataset, output, methods, own)
        if shaken and not text.startswith("sampling needed"):
            text += f"; but adaptive chaos does not hold for {shaken[0]}: what befalls it may reach this output too"
        about = "further solves that bring the relative error of the std to 5 %"
        verdicts[f"{output}_decision"] = xr.DataArray(text)
        verdicts[f"{output}_more_solves"] = xr.DataArray(more, attrs={"long_name": about, "units": "1"})
    return dataset.assign(verdicts)


def verdict(dataset: xr.Dataset, output: str, method: Method) -> str:
    """The sentence for one method and one scalar output."""
    own = _numbers(dataset, output, method.label)
    sampling = _numbers(dataset, output, "sampling") if "sampling" in dataset["approach"] else None
    if not np.isfinite(own["std"]):
        return f"{method.label} gives no answer: a solve it needs is missing"
    if isinstance(method, FirstOrder):
        return _first_order(own, sampling)
    if isinstance(method, AdaptiveChaos):
        return _adaptive(own)
    if isinstance(method, PolynomialChaos | SpectralProjection):
        return _chaos(method.label, own, sampling)
    if isinstance(method, MonteCarlo):
        draws = int(np.isfinite(dataset[f"{output}_draws"]).sum())
        text = f"sampling: std {plus_minus(own['std'], own['error'] * own['std'])} from {draws} draws"
        return text + _tail_warning(own)
    return f"{method.label}: std {own['std']:.3g}"


Numbers = dict[str, float]


def decision(dataset: xr.Dataset, output: str, methods: Sequence[Method], sentences: Sequence[str]) -> tuple[str, int]:
    """What to believe of one scalar output, with its numbers, and how many further solves that asks for."""
    numbers = {method.label: _numbers(dataset, output, method.label) for method in methods}
    best = _best_sampled(numbers)
    cliffs = [label for label, own in numbers.items() if own["departure"] > CLIFF]
    for method, sentence in zip(methods, sentences, strict=True):
        own = numbers[method.label]
        if isinstance(method, FirstOrder) and sentence.startswith(("first order suffices", "first order looks")) and not cliffs:
            return f"first order suffices: {_evidence(own, best)}", 0
    for method, sentence in zip(methods, sentences, strict=True):
        own = numbers[method.label]
        # adaptive chaos has scouts of its own; those of first order are measured against a cubic, not against its polynomial
        bends = own["departure"] > CLIFF if np.isfinite(own["departure"]) else bool(cliffs)
        if not isinstance(method, FirstOrder | MonteCarlo) and " holds (" in sentence and not bends:
            return f"chaos holds (std within {own['error']:.1%}, held-out Q² {_q2(own['q2'])})", 0
    if best is None:
        return "sampling needed: no method here samples, so how much is not known", -1
    n = int(best["n_solves"])
    more = max(0, int(np.ceil(n * ((best["error"] / WANTED_ERROR) ** 2 - 1))))
    have = f"std {plus_minus(best['std'], best['error'] * best['std'])} from {n} solves"
    if _tail_warning(best):  # a few samples make the std: quantiles say more
        have = f"95 % lie in {best['low']:.3g} … {best['high']:.3g}, {have}"
    rest = f"{more} more solves for a standard error of {WANTED_ERROR:.0%}" if more else "which is enough for one digit"
    found = f"; scouts of {cliffs[0]} found a bend or cliff" if cliffs else ""
    return f"sampling needed: {have}, {rest}{found}{_tail_warning(best)}{_unseen(best)}", more


def _unseen(own: Numbers) -> str:
    """How large the std may be for all that the samples tell, where the output's bounds say so; empty text elsewhere."""
    high = own["std_unseen_high"]
    if not (np.isfinite(high) and high > UNSEEN_MATTERS * own["std"] * (1 + own["error"])):
        return ""
    return f"; a mode that none of {int(own['n_solves'])} solves met could raise the std to {high:.2g} (95 %)"


def _best_sampled(numbers: Mapping[str, Numbers]) -> Numbers | None:
    """The numbers of the method with a standard error that does not trust a polynomial; the smallest error of several."""
    sampled = [own for own in numbers.values() if np.isfinite(own["mean_se"])]
    return min(sampled, key=lambda own: own["error"], default=None)


def _evidence(own: Numbers, best: Numbers | None) -> str:
    """The three numbers on which first order is judged."""
    parts = []
    if np.isfinite(own["nonlinear"]):
        shift = own["mean_shift"] / own["std"] if own["std"] else 0.0
        parts = [f"nonlinear share {own['nonlinear']:.1%}", f"mean shift {shift:.2f} σ"]
    if best is not None and best["std"]:
        parts.append(f"std {own['std'] / best['std']:.2f} of that by sampling")
    return ", ".join(parts) or f"std {own['std']:.3g}"


def _tail_warning(own: Numbers) -> str:
    """What is to be said where a few samples carry the variance; empty text elsewhere."""
    if not (own["tail"] > MOST_TAIL and own["n_solves"] >= LEAST_TAIL_SOLVES):
        return ""
    return f"; one sample in a hundred carries {own['tail']:.0%} of the variance: read the quantiles, the std says little"


def _scout(own: Numbers) -> str:
    return f"a scout three standard deviations out is off by {own['departure']:.1f} σ of the output"


def _adaptive(own: Numbers) -> str:
    """The sentence for adaptive chaos, whose answer is sampling's where its polynomial does not hold."""
    text = f"held-out Q² {_q2(own['q2'])}, std {plus_minus(own['std'], own['error'] * own['std'])}"
    if own["departure"] > CLIFF:
        return f"adaptive chaos does not hold ({text}): {_scout(own)}{_tail_warning(own)}"
    if own["beyond"] > MOST_BEYOND:
        hidden = f"beyond the scouts {own['beyond']:.0%} of the variance could hide"
        return f"adaptive chaos does not hold ({text}): {hidden}{_tail_warning(own)}"
    if own["q2"] >= SMOOTH_Q2 and not _tail_warning(own):
        return f"adaptive chaos holds ({text})"
    of = "points drawn far out, with their weights" if own["far_out"] else "sampling"
    return f"adaptive chaos does not hold ({text}): the std is that of {of}{_tail_warning(own)}"


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


def _numbers(dataset: xr.Dataset, output: str, label: str) -> Numbers:
    names = (
        "mean",
        "std",
        "error",
        "mean_se",
        "q2",
        "mean_shift",
        "nonlinear",
        "departure",
        "beyond",
        "tail",
        "std_unseen_high",
    )
    row = dataset.sel(approach=label)
    ends = {name: float(row[f"{output}_quantile"][k]) for name, k in (("low", 0), ("high", -1))}
    far = float(dataset.attrs.get(f"{label}: points far out", 0))
    own = {name: float(row[f"{output}_{name}"]) for name in names}
    return {**own, **ends, "n_solves": float(row["n_solves"]), "far_out": far}


def _by_sampling(own: Numbers, sampling: Numbers) -> str:
    return f"std {own['std']:.3g} against {plus_minus(sampling['std'], sampling['error'] * sampling['std'])} by sampling"


def _first_order(own: Numbers, sampling: Numbers | None) -> str:
    judged = np.isfinite(own["nonlinear"])
    std = own["std"] or np.nan
    bad = [judged and own["nonlinear"] >= MAX_NONLINEAR, judged and not abs(own["mean_shift"]) < MAX_MEAN_SHIFT * own["std"]]
    seen = [f"nonlinear share {own['nonlinear']:.0%}", f"mean shift {own['mean_shift'] / std:.2f} σ"] if judged else []
    seen += [_scout(own)] if own["departure"] > CLIFF else []
    bad += [own["departure"] > CLIFF]
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
