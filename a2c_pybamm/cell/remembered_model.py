"""A model whose solves are kept in a file: what was solved once, in this run or one before, is not solved again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import numpy as np
import xarray as xr

from a2c_pybamm.cell.cell import Cell, Progress
from a2c_pybamm.cell.pool import ChunkSchedule
from a2c_pybamm.cell.solve_identity import SolveIdentity, solve_identity
from a2c_pybamm.estimate import Array
from a2c_pybamm.files import SolveMemo
from a2c_pybamm.files.dataset_layout import DatasetLayout
from a2c_pybamm.files.solve_memo import Answer, SolveKey

DERIVATIVES, COMPILED, USUAL = "derivatives", "compiled", "usual"
"""Kinds of answers: compiled functions differ from the usual ones in the last bits."""


def remembered(model: Any, memo: SolveMemo | str | Path, *, fresh: bool = False) -> RememberedModel:
    """The model, with its solves kept in a memo; `propagate` and `sweep` take it in the model's place.

    Samples that the memo has are read, bit for bit as they were solved; the others are solved and written as they come, so that
    a run that was ended by whatever cause goes on where it was when it is started again with the same seed. An answer is one
    of the same set, cell, outputs, code and versions, or it does not count.

    Parameters
    ----------
    model
        A `Cell`, a `ParallelCell`, or another model with a ``solve_identity`` (`SolveIdentity`).
    memo
        An open memo, or the path of its file, which is made if it is not there. Several cells may share one.
    fresh
        True to delete all that a memo at this path holds.

    Raises
    ------
    ValueError
        If the model has no identity, or no file can stand at the path.
    MemoError
        If the file is damaged, no memo, or cannot be written.
    """
    identity = solve_identity(model)
    opened = memo if isinstance(memo, SolveMemo) else SolveMemo(memo, fresh=fresh)
    return RememberedModel(model, opened, identity, own=opened is not memo)


class RememberedModel:
    """A model and the memo of its solves, see `remembered`."""

    def __init__(self, model: Any, memo: SolveMemo, identity: SolveIdentity, *, own: bool) -> None:
        self.model, self.memo, self._own = model, memo, own
        self._key = partial(SolveKey, identity.set_hash, identity.cell_hash)

    @property
    def names(self) -> tuple[str, ...]:
        """Coefficients in the order of the columns of ``solve``."""
        return tuple(self.model.names)

    @property
    def versions(self) -> Mapping[str, str]:
        """Versions of the libraries that solve it."""
        return dict(getattr(self.model, "versions", {}))

    @property
    def origin(self) -> Mapping[str, str]:
        """Attributes of a result that name the set behind it."""
        return dict(getattr(self.model, "origin", {}))

    @property
    def n_kept(self) -> int:
        """Samples of this model in the memo."""
        return sum(self.memo.count(self._key(kind)) for kind in (USUAL, COMPILED))

    def solve(self, samples: Array, *, progress: Progress | None = None) -> xr.Dataset:
        """Outputs of all samples (n_sample, n_coefficient), the model's own.

        Raises
        ------
        MemoError
            If the memo cannot be read or written; what was written before stays.
        """
        samples = np.atleast_2d(np.asarray(samples, float))
        if not len(samples):
            return self.model.solve(samples)
        compiles = getattr(self.model, "compiles", None)
        key = self._key(COMPILED if compiles is not None and compiles(len(samples)) else USUAL)
        rows = [_bytes(row) for row in samples]
        layout, answers = self.memo.read(key, list(dict.fromkeys(rows)))
        done = sum(row in answers for row in rows)
        if progress and done:
            progress(done)
        missing = list({row: k for k, row in enumerate(rows) if row not in answers}.values())  # each sample once
        with closing(_chunks(self.model, samples[missing], len(samples))) as chunks:
            for place, data in chunks:
                layout = DatasetLayout.of(data)
                new = dict(zip((rows[missing[k]] for k in place), _answers(layout, data), strict=True))
                self.memo.write(key, layout, new)
                answers |= new
                done += len(place)
                if progress:
                    progress(len(place))
        if progress and done < len(rows):
            progress(len(rows) - done)
        assert layout is not None
        return _dataset(layout, [answers[row] for row in rows])

    @property
    def jacobian(self) -> Callable[..., xr.Dataset]:
        """Total derivatives of all outputs at a mean (n_coefficient,), where the model has them."""
        return partial(self._jacobian, self.model.jacobian)

    def _jacobian(
        self,
        derive: Callable[..., xr.Dataset],
        mean: Array,
        *,
        method: Literal["auto", "sensitivities", "differences"] = "auto",
    ) -> xr.Dataset:
        mean = np.asarray(mean, float)
        key, row = self._key(f"{DERIVATIVES} {method}"), _bytes(mean)
        layout, answers = self.memo.read(key, [row])
        if layout is None or row not in answers:
            data = derive(mean) if method == "auto" else derive(mean, method=method)
            layout = DatasetLayout.of(data)
            answers = {row: Answer(layout.rows(data)[0])}
            self.memo.write(key, layout, answers)
        return layout.dataset(_rows(layout, [answers[row]]), samples=False)

    def close(self) -> None:
        """Close the memo, if it was opened here."""
        if self._own:
            self.memo.close()

    def __enter__(self) -> RememberedModel:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _bytes(sample: Array) -> bytes:
    return np.ascontiguousarray(sample, "<f8").tobytes()


def _answers(layout: DatasetLayout, data: xr.Dataset) -> Iterator[Answer]:
    """Answer of each sample of a Dataset."""
    causes = data["cause"].values if "cause" in data else np.full(data.sizes["sample"], "")
    columns = layout.rows(data), data["failed"].values, causes, data["reason"].values
    for values, failed, cause, reason in zip(*columns, strict=True):
        yield Answer(None if np.isnan(values).all() else values, bool(failed), str(cause), str(reason))


def _dataset(layout: DatasetLayout, answers: list[Answer]) -> xr.Dataset:
    """Outputs of samples with their failures."""
    return layout.dataset(_rows(layout, answers)).assign(
        failed=("sample", [answer.failed for answer in answers]),
        cause=("sample", np.array([answer.cause for answer in answers], dtype=object)),
        reason=("sample", np.array([answer.reason for answer in answers], dtype=object)),
    )


def _rows(layout: DatasetLayout, answers: list[Answer]) -> Array:
    """Outputs in rows (n_answer, width), NaN where there are none."""
    rows = np.full((len(answers), layout.width), np.nan)
    for row, answer in zip(rows, answers, strict=True):
        if answer.outputs is not None:
            row[:] = answer.outputs
    return rows


def _chunks(model: Any, samples: Array, batch: int) -> Any:
    """Outputs of parts of the samples, each with its rows, as they are solved."""
    if not len(samples):
        return _in_turn(model.solve, samples)
    if chunks := getattr(model, "chunks", None):
        return chunks(samples, batch=batch)
    return _in_turn(partial(model.solve, batch=batch) if isinstance(model, Cell) else model.solve, samples)


def _in_turn(solve: Callable[[Array], xr.Dataset], samples: Array) -> Iterator[tuple[range, xr.Dataset]]:
    """Outputs of parts of the samples in their order, each of a second or two."""
    done, size, schedule = 0, 1, ChunkSchedule()
    while done < len(samples):
        part, started = samples[done : done + size], time.perf_counter()
        data = solve(part)
        seconds = (time.perf_counter() - started) / len(part)
        yield range(done, done + len(part)), data
        done += len(part)
        size = min(schedule.largest_chunk(seconds), schedule.trial_samples + done)
