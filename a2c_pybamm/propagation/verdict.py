"""Status, recommendation and sentence of every scalar output of a result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from math import isfinite, nan
from typing import Any, TypeVar

import numpy as np
import xarray as xr

from a2c_pybamm.failure import FailureCause
from a2c_pybamm.propagation.answer import (
    Answer,
    Decision,
    FailedSamples,
    MethodKind,
    Numbers,
    Recommendation,
    Status,
    sampling_numbers,
)
from a2c_pybamm.propagation.failed_samples import PLACE
from a2c_pybamm.propagation.judgement import decide, judge
from a2c_pybamm.propagation.layout import ResultParts
from a2c_pybamm.propagation.problem import Method
from a2c_pybamm.propagation.sentences import decision_sentence, verdict_sentence
from a2c_pybamm.result import DESIGN, DRAWS, FAILURES, SAMPLE_APPROACH, SCALAR_STATISTICS, output_node, scalar_outputs

Value = TypeVar("Value", Status, Recommendation)


def add_verdicts(parts: ResultParts, methods: Sequence[Method], max_failed: float) -> ResultParts:
    """The same parts with status, recommendation and sentences for every scalar output.

    ``status`` (approach), a `Status`; ``recommendation``, a `Recommendation`; ``more_solves``; and their text, ``verdict``
    (approach) and ``decision``, which begins with the failed samples where more than ``max_failed`` of the drawn ones failed.
    """
    scalars = {output: node for output, node in parts.outputs.items() if node["mean"].dims == ("approach",)}
    judged = {}
    for output, node in scalars.items():
        answers = _answers(output, node, parts, methods)
        failed = _failed_samples(output, answers, parts)
        judged[output] = _judged(node, answers, decide(answers, failed, max_failed))
    return replace(parts, outputs={**parts.outputs, **judged})


def _failed_samples(output: str, answers: Sequence[Answer], parts: ResultParts) -> FailedSamples | None:
    """An output's failed samples by sampling, else by the method that draws some; None where none failed."""
    root = parts.root
    for k in sorted(range(len(answers)), key=lambda k: answers[k].kind is not MethodKind.SAMPLING):
        own = answers[k].numbers
        if not isfinite(own.failed_fraction):
            continue
        if not own.failed_fraction > 0:
            return None
        missing = _samples_without(output, answers[k].label, parts)
        cause = _main_cause(missing, answers[k].label, parts.nodes[FAILURES])
        shift, share = root["failure_shift"].values[k], root["failure_share"].values[k]
        place: dict[str, Any] = {}
        j = int(np.abs(shift).argmax())  # NaN where too few failed
        # the place is that of samples without any number: of others nothing is known
        whole = len(missing) == own.n_failed
        if whole and abs(shift[j]) > PLACE.shift_errors / np.sqrt(own.n_failed):
            i = int(share.argmax())
            place = {"coefficient": str(root["coefficient"].values[j]), "shift": float(shift[j])}
            place |= {"source": str(root["source"].values[i]), "share": float(share[i])}
        return FailedSamples(own.failed_fraction, own.failed_fraction_se, cause, **place)
    return None


def _samples_without(output: str, label: str, parts: ResultParts) -> np.ndarray:
    """Coefficients (n_sample, n_coefficient) of a method's samples that have no number for an output."""
    design = parts.nodes.get(DESIGN, xr.Dataset())
    mine = design[SAMPLE_APPROACH].values == label if SAMPLE_APPROACH in design else np.zeros(0, dtype=bool)
    node, rows = (design, mine) if mine.any() else (parts.nodes[DRAWS], slice(None))
    missing = ~np.isfinite(node[output].values[rows])
    return np.asarray(node["coefficients"].values[rows][missing])


def _main_cause(samples: np.ndarray, label: str, failures: xr.Dataset) -> str:
    """Most frequent cause that a method's samples failed of."""
    looked_for = {row.tobytes() for row in samples}
    rows = zip(failures[SAMPLE_APPROACH].values, failures["coefficients"].values, failures["cause"].values, strict=True)
    causes = [str(cause) for approach, row, cause in rows if approach == label and row.tobytes() in looked_for]
    return Counter(causes).most_common(1)[0][0] if causes else str(FailureCause.NOT_FINITE)


def _judged(node: xr.Dataset, answers: list[Answer], decision: Decision) -> xr.Dataset:
    """The node of one output with what is decided on it."""
    unit, sampling = str(node["mean"].attrs["units"]), sampling_numbers(answers)
    values: dict[str, Any] = {
        "status": _texts(answer.judgement.status for answer in answers),
        "verdict": _texts(verdict_sentence(answer, sampling, unit) for answer in answers),
        "recommendation": str(decision.recommendation),
        "decision": decision_sentence(decision, answers, unit),
        "more_solves": decision.more_solves,
    }
    return node.assign({name: (s.dims, values[name], s.attributes) for name, s in SCALAR_STATISTICS.items()})


def read_status(result: xr.DataTree, output: str, approach: str) -> Status:
    """Status of one method's answer for one scalar output of a result."""
    return _member(Status, _scalar(result, output, "status").sel(approach=approach))


def read_recommendation(result: xr.DataTree, output: str) -> Recommendation:
    """Recommended approach for one scalar output of a result."""
    return _member(Recommendation, _scalar(result, output, "recommendation"))


def _scalar(result: xr.DataTree, output: str, name: str) -> xr.DataArray:
    """One variable of a scalar output; ``ValueError`` that names the outputs where there is none."""
    if output not in scalar_outputs(result):
        raise ValueError(f"result: no scalar output {output!r}; it has {', '.join(map(repr, scalar_outputs(result)))}")
    return output_node(result, output)[name]


def _member(kind: type[Value], written: xr.DataArray) -> Value:
    """Member of an enumeration by its value in a result; ``ValueError`` that names the variable where it has none."""
    text = str(written.values)
    if text not in set(kind):
        raise ValueError(f"result: {written.name} is {text!r}, none of {', '.join(kind)}; make it again with propagate")
    return kind(text)


def _answers(output: str, node: xr.Dataset, parts: ResultParts, methods: Sequence[Method]) -> list[Answer]:
    """The answer of each method for one output, judged."""
    root = parts.root
    given = {field.name: node[field.name].values for field in fields(Numbers) if field.name in node}
    counts = {name: root[name].values for name in ("n_solves", "n_failed", "n_importance")}
    quantile, levels = node["quantile"].values, root["level"].values
    quantile_se = node["quantile_se"].values if "quantile_se" in node else np.full(quantile.shape, nan)
    kinds = [MethodKind(getattr(method, "kind", MethodKind.OTHER)) for method in methods]
    numbers = []
    for k, method in enumerate(methods):
        read: dict[str, Any] = {field.name: nan for field in fields(Numbers)}
        read |= {name: float(values[k]) for name, values in given.items()}
        read |= {name: int(values[k]) for name, values in counts.items()}
        read |= {"low": float(quantile[k, 0]), "high": float(quantile[k, -1]), "coverage": float(levels[-1] - levels[0])}
        read |= {"n_missing": len(_samples_without(output, method.label, parts))}
        read |= {"low_se": float(quantile_se[k, 0]), "high_se": float(quantile_se[k, -1])}
        numbers.append(Numbers(**read))
    sampling = next((own for own, kind in zip(numbers, kinds, strict=True) if kind is MethodKind.SAMPLING), None)
    return [
        Answer(method.label, kind, own, judge(kind, own, sampling))
        for method, kind, own in zip(methods, kinds, numbers, strict=True)
    ]


def _texts(values: Iterable[object]) -> np.ndarray:
    return np.array([str(value) for value in values], dtype=str)
