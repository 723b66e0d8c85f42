r"""A model matched to a joint distribution, and its solved samples.

Names are matched, order never assumed. Of every source only the part that moves the model's coefficients is kept
(`Joint.marginal`), so that there are as few germs as these coefficients need.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from a2c_pybamm.estimate import Joint
from a2c_pybamm.failure import FailureCause
from a2c_pybamm.propagation.germ_basis import GermBasis
from a2c_pybamm.propagation.model import Array, Model, Progress

LARGEST_OUTPUT = 1e150
"""Size of an output beyond which its square leaves the range of floats; that of smaller ones than its inverse is zero."""
QUANTILES = (0.025, 0.05, 0.16, 0.5, 0.84, 0.95, 0.975)
"""Levels of the quantiles unless asked otherwise: median, and the central 68, 90 and 95 % of a distribution."""


@dataclass(frozen=True, eq=False)
class Problem:
    """A model and the errors of its coefficients."""

    model: Model
    joint: Joint
    """Errors of the model's coefficients, in their order."""
    sources: tuple[str, ...]
    """All sources of the joint that was given, also those without an effect here."""
    progress: Progress | None = None
    levels: Array = field(default_factory=lambda: np.array(QUANTILES))
    """Levels of the quantiles (n_level,)."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.model.names)

    def solve(self, samples: Array) -> Solved:
        """Outputs of samples (n_sample, n_coefficient), however many fail."""
        return _checked(self.model.solve(samples, progress=self.progress), samples)


@dataclass(frozen=True, eq=False)
class Solved:
    """Outputs of a batch of samples.

    A sample that ``failed`` has no output at all. One that has not may still lack the number of one output: NaN there.
    """

    samples: Array
    """Coefficients (n_sample, n_coefficient)."""
    outputs: Mapping[str, xr.DataArray]
    """Each output, dims ("sample", axes…)."""
    failed: NDArray[np.bool_]
    cause: NDArray[np.object_]
    """A `FailureCause` for each sample without a number somewhere, empty text for the others (n_sample,)."""
    reason: NDArray[np.object_]
    """Why, in words: of a sample that failed as a whole, or of the first output that has no number."""

    def flat(self, output: str) -> Array:
        """Values of an output (n_sample, n_element), its axes in one row; failed samples are NaN."""
        values = np.array(self.outputs[output].values, float).reshape(len(self.samples), -1)
        values[self.failed] = np.nan
        return values


def joined(batches: Sequence[Solved]) -> Solved:
    """Batches of one model as one."""
    outputs = {}
    for name, first in batches[0].outputs.items():
        values = np.concatenate([batch.outputs[name].values for batch in batches])
        outputs[name] = first.copy(deep=False).isel(sample=np.zeros(len(values), dtype=int)).copy(data=values)
    return Solved(
        np.vstack([batch.samples for batch in batches]),
        outputs,
        np.concatenate([batch.failed for batch in batches]),
        np.concatenate([batch.cause for batch in batches]),
        np.concatenate([batch.reason for batch in batches]),
    )


def complete_elements(solved: Solved) -> dict[str, NDArray[np.bool_]]:
    """Elements of each output (n_element,) that have a value in every solve that did not fail.

    An output without an axis is always complete: samples that lack its number count as failed for it.
    """
    return {name: np.asarray(np.isfinite(solved.flat(name)[rows]).all(axis=0)) for name, rows in _rows(solved).items()}


def grouped_by_missing(solved: Solved) -> list[Solved]:
    """The outputs in groups that lack the same samples, each with these as failed."""
    groups: dict[bytes, list[str]] = {}
    for name, rows in _rows(solved).items():
        groups.setdefault(rows.tobytes(), []).append(name)
    return [
        replace(solved, outputs={name: solved.outputs[name] for name in names}, failed=~np.frombuffer(rows, dtype=bool))
        for rows, names in groups.items()
    ]


def _rows(solved: Solved) -> dict[str, NDArray[np.bool_]]:
    """Samples (n_sample,) that count for each output: all that did not fail, of a number those that have it."""
    rows = {}
    for name, values in solved.outputs.items():
        rows[name] = ~solved.failed
        if values.ndim == 1:
            rows[name] = rows[name] & np.isfinite(solved.flat(name)[:, 0])
    return rows


def fill_incomplete(
    statistics: Mapping[str, Mapping[str, Array]], complete: Mapping[str, NDArray[np.bool_]], solved: Solved
) -> dict[str, dict[str, Array]]:
    """Statistics of complete elements in their places among all, NaN elsewhere; fraction of solves that reached each."""
    filled: dict[str, dict[str, Array]] = {}
    for output, numbers in statistics.items():
        filled[output] = {}
        for name, values in numbers.items():
            filled[output][name] = np.full((*values.shape[:-1], len(complete[output])), np.nan)
            filled[output][name][..., complete[output]] = values
        running = np.isfinite(solved.flat(output)[~solved.failed])
        filled[output]["running_fraction"] = running.sum(axis=0) / max(1, len(running))
    return filled


@dataclass(frozen=True, eq=False)
class PlainPoints:
    """Samples of a method that have the distribution of the germ: averages over them are averages over the coefficients."""

    germ: Array
    """(n_point, n_germ)."""
    group: NDArray[np.int64]
    """Groups that are independent of each other (n_point,)."""
    rows: NDArray[np.int64]
    """Their places among the solved samples (n_point,)."""
    left_out: Mapping[str, Array] = field(default_factory=dict)
    """Predictions (n_point,) of scalar outputs by fits that did not see the point, of a method that fits to these points."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """Results of one method for all outputs."""

    solved: Solved
    n_solves: int
    statistics: Mapping[str, Mapping[str, Array]]
    """Statistic by output and name, with elements last: "mean" (n_element,), "share" (n_source, n_element), …"""
    share_degree: int
    """Degree of the polynomials from which shares of variance are read."""
    notes: Mapping[str, str] = field(default_factory=dict)
    draws: Mapping[str, Array] = field(default_factory=dict)
    """Values of scalar outputs (n_draw,), of a method that samples."""
    n_importance: int = 0
    """Importance-sampling points among the solves."""
    basis: GermBasis | None = None
    """Terms of the statistic "expansion" (n_term, n_element), of a method that fits a polynomial."""
    plain: PlainPoints | None = None
    """Points that stand for the distribution, of a method that has such."""


def no_answer(problem: Problem, solved: Solved, why: str) -> Outcome:
    """Outcome of a method that has no number for any output; what was solved is kept."""
    statistics = {}
    for output, values in solved.outputs.items():
        nothing = np.full(int(np.prod(values.shape[1:])), np.nan)
        numbers = {"mean": nothing, "var": nothing, "quantile": np.tile(nothing, (len(problem.levels), 1))}
        numbers |= {"share": np.tile(nothing, (len(problem.sources), 1)), "error": nothing}
        statistics[output] = numbers | {"running_fraction": np.isfinite(solved.flat(output)).mean(axis=0)}
    return Outcome(solved, len(solved.samples), statistics, share_degree=0, notes={"no answer": why})


class Method(Protocol):
    """Settings of one way to propagate an error; its answer is judged by its ``kind``, a `MethodKind`."""

    @property
    def label(self) -> str: ...

    def planned(self, problem: Problem) -> int: ...

    def run(self, problem: Problem, rng: np.random.Generator) -> Outcome: ...


def match(model: Any, joint: Joint, *, progress: Progress | None = None, levels: Array | None = None) -> Problem:
    """The problem of a model and a joint: coefficients matched by name, each source cut down to the coefficients of the model.

    Raises
    ------
    ValueError
        If ``model`` is not a model, or a coefficient is missing from the joint.
    """
    if not (hasattr(model, "names") and hasattr(model, "solve")):
        if callable(model):
            raise ValueError("model: a plain function was given; wrap it with from_function(function, names, outputs=…)")
        raise ValueError(f"model: {type(model).__name__} has no names and solve(samples); see propagation.Model")
    missing = [name for name in model.names if name not in joint.names]
    if missing:
        raise ValueError(
            f"model: coefficient {missing[0]!r} is not in the joint (it has {', '.join(joint.names)}); add its estimate"
        )
    matched = joint.marginal(model.names)
    levels = np.array(QUANTILES) if levels is None else levels
    return Problem(model, matched, joint.sources, progress, levels)


def _failure_cause(text: object) -> str:
    """The cause that a model names; "other" where it is none of ours."""
    return str(text) if str(text) in set(FailureCause) else str(FailureCause.OTHER)


def _checked(dataset: xr.Dataset, samples: Array) -> Solved:
    """A model's answer with its promises checked; a sample with an unmarked infinity or a scalar NaN counts as failed."""
    if not isinstance(dataset, xr.Dataset):
        raise ValueError(f"model: solve() returns {type(dataset).__name__}; give an xarray.Dataset, see propagation.Model")
    for name in ("failed", "reason"):
        if name not in dataset:
            raise ValueError(f"model: solve() returns no variable {name!r}; give one entry for each sample")
    if dataset.sizes.get("sample") != len(samples):
        raise ValueError(f"model: solve() returns {dataset.sizes.get('sample')} samples for {len(samples)} asked")
    failed = np.array(dataset["failed"].values, dtype=bool)
    reason = np.array(dataset["reason"].values, dtype=object)
    cause = np.where(failed, str(FailureCause.OTHER), "").astype(object)
    if "cause" in dataset:
        cause[failed] = [_failure_cause(text) for text in dataset["cause"].values[failed]]
    outputs = {
        str(name): variable.transpose("sample", ...)
        for name, variable in dataset.data_vars.items()
        if name != "failed" and "sample" in variable.dims and np.issubdtype(variable.dtype, np.floating)
    }
    if not outputs:
        raise ValueError("model: solve() returns no float variable with dimension 'sample', so there is no output")
    numbers = np.zeros((len(samples), len(outputs)), dtype=bool)
    for k, (name, variable) in enumerate(list(outputs.items())):
        outputs[name], numbers[:, k] = _without_impossible(name, variable, failed, cause, reason)
    # a sample without a number in any output has failed, one that lacks some has not
    failed |= ~numbers.any(axis=1)
    return Solved(np.asarray(samples, float), outputs, failed, cause, reason)


def _without_impossible(
    name: str, variable: xr.DataArray, failed: NDArray[np.bool_], cause: NDArray[np.object_], reason: NDArray[np.object_]
) -> tuple[xr.DataArray, NDArray[np.bool_]]:
    """An output with NaN where it is infinite or too large, and the samples that have a number; causes are written down."""
    values = np.array(variable.values, float).reshape(len(failed), -1)
    if not values.shape[1]:
        raise ValueError(f"model: output {name!r} has shape {variable.shape}, an axis without points; leave the output out")
    size = np.abs(values)
    for bad, what in (
        (~np.isfinite(values[:, 0]) if variable.ndim == 1 else np.isinf(values).any(axis=1), "is not finite"),
        ((size > LARGEST_OUTPUT).any(axis=1), f"is larger than {LARGEST_OUTPUT:g}, whose square is no number"),
    ):
        new = bad & ~failed & (cause == "")
        reason[new & (reason == "")] = f"{name} {what}"
        cause[new] = str(FailureCause.NOT_FINITE)
        values[bad] = np.nan
    largest = np.nanmax(size[~failed & np.isfinite(values).any(axis=1)], initial=0.0)
    if 0 < largest < 1 / LARGEST_OUTPUT:
        raise ValueError(f"model: output {name!r} is of size {largest:.3g}, whose square is zero; give it in another unit")
    return variable.copy(data=values.reshape(variable.shape)), ~failed & np.isfinite(values).any(axis=1)
