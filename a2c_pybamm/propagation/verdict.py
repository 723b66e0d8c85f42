"""Status, recommendation and sentence of every scalar output of a result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

import numpy as np
import xarray as xr

from a2c_pybamm.propagation.judgement import decide, judge
from a2c_pybamm.propagation.problem import Method
from a2c_pybamm.propagation.sentences import decision_sentence, verdict_sentence
from a2c_pybamm.propagation.status import Answer, Decision, MethodKind, Numbers, Recommendation, Status, sampling_numbers

Value = TypeVar("Value", Status, Recommendation)
MORE_SOLVES = "further solves that bring the relative error of the std to 5 %, 0 where none are needed, NaN if not known"


def add_verdicts(dataset: xr.Dataset, methods: Sequence[Method]) -> xr.Dataset:
    """The same Dataset with status, recommendation and sentences for every scalar output.

    ``<output>_status`` (approach), a `Status`; ``<output>_recommendation``, a `Recommendation`; ``<output>_more_solves``;
    and their text, ``<output>_verdict`` (approach) and ``<output>_decision``. Where adaptive chaos fails for another output
    of the same samples, the decision says so.
    """
    outputs = [
        str(v).removesuffix("_std") for v in dataset.data_vars if str(v).endswith("_std") and dataset[v].dims == ("approach",)
    ]
    answers = {output: _answers(dataset, output, methods) for output in outputs}
    decisions = _warned({output: decide(found) for output, found in answers.items()}, answers)
    new: dict[str, Any] = {}
    for output, found in answers.items():
        unit, decision = str(dataset[f"{output}_std"].attrs.get("units", "")), decisions[output]
        sampling = sampling_numbers(found)
        new |= {
            f"{output}_status": ("approach", _texts(answer.judgement.status for answer in found)),
            f"{output}_verdict": ("approach", _texts(verdict_sentence(answer, sampling, unit) for answer in found)),
            f"{output}_recommendation": ((), str(decision.recommendation)),
            f"{output}_decision": ((), decision_sentence(decision, found, unit)),
            f"{output}_more_solves": ((), decision.more_solves, {"long_name": MORE_SOLVES, "units": "1"}),
        }
    return dataset.assign(new)


def read_status(result: xr.Dataset, output: str, approach: str) -> Status:
    """Status of one method's answer for one scalar output of a result."""
    return _member(Status, result[f"{output}_status"].sel(approach=approach))


def read_recommendation(result: xr.Dataset, output: str) -> Recommendation:
    """Which kind of answer to take for one scalar output of a result."""
    return _member(Recommendation, result[f"{output}_recommendation"])


def _member(kind: type[Value], written: xr.DataArray) -> Value:
    """Member of an enumeration by its value in a result; ``ValueError`` that names the variable where it has none."""
    text = str(written.values)
    if text not in set(kind):
        raise ValueError(f"result: {written.name} is {text!r}, none of {', '.join(kind)}; make it again with propagate")
    return kind(text)


def _answers(dataset: xr.Dataset, output: str, methods: Sequence[Method]) -> list[Answer]:
    """The answer of each method for one output, judged."""
    kinds = {method.label: MethodKind(getattr(method, "kind", MethodKind.OTHER)) for method in methods}
    numbers = {label: _numbers(dataset, output, label) for label in kinds}
    sampling = next((numbers[label] for label, kind in kinds.items() if kind is MethodKind.SAMPLING), None)
    return [Answer(label, kind, numbers[label], judge(kind, numbers[label], sampling)) for label, kind in kinds.items()]


def _numbers(dataset: xr.Dataset, output: str, label: str) -> Numbers:
    row = dataset.sel(approach=label)
    quantile = row[f"{output}_quantile"]
    counts = {name: int(row[name]) for name in ("n_solves", "n_failed", "n_importance")}
    read: dict[str, Any] = {
        field.name: float(row[f"{output}_{field.name}"])
        for field in fields(Numbers)
        if field.name not in ("low", "high", *counts)
    }
    return Numbers(low=float(quantile[0]), high=float(quantile[-1]), **read, **counts)


def _warned(decisions: Mapping[str, Decision], answers: Mapping[str, list[Answer]]) -> dict[str, Decision]:
    """The decisions, each with the first output for which adaptive chaos fails, where a polynomial or a tangent is taken."""
    failing = [
        output
        for output, found in answers.items()
        if any(a.kind is MethodKind.ADAPTIVE and a.judgement.status is Status.FAILS for a in found)
    ]
    smooth = (Recommendation.FIRST_ORDER, Recommendation.CHAOS)
    return {
        output: replace(decision, warned_by=failing[0]) if failing and decision.recommendation in smooth else decision
        for output, decision in decisions.items()
    }


def _texts(values: Iterable[object]) -> np.ndarray:
    return np.array([str(value) for value in values], dtype=str)
