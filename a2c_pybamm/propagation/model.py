"""Model: anything with coefficient names that solves batches of samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from a2c_pybamm.failure import FailureCause

Array = NDArray[np.float64]
Progress = Callable[[int], None]
"""Called with the number of solves that have just been finished."""


class Model(Protocol):
    """Anything that turns coefficients into outputs, many samples at a time.

    It may also have ``jacobian(mean (n_coefficient,)) -> Dataset``, dims ("coefficient", axes…): the total derivative of every
    output by each of ``names``, with ``attrs["n_solves"]`` and ``attrs["method"]``.
    """

    @property
    def names(self) -> tuple[str, ...]:
        """The coefficients it takes, in the order of the columns of ``samples``."""
        ...

    def solve(self, samples: Array, *, progress: Progress | None = None) -> xr.Dataset:
        """Outputs of samples (n_sample, n_coefficient), dims ("sample", axes…), each with attrs "units" and "long_name".

        Also ``failed`` (sample, bool) and ``reason`` (sample, str), and if it can ``cause`` (sample, a `FailureCause`).
        Entries after a cut-off are NaN; such a sample has not failed.
        """
        ...


Function = Callable[[Array], "Array | Mapping[str, Array]"]


@dataclass(frozen=True, eq=False)
class _FunctionModel:
    function: Function
    names: tuple[str, ...]
    units: Mapping[str, str]

    def solve(self, samples: Array, *, progress: Progress | None = None) -> xr.Dataset:
        result = self.function(samples)
        values = dict(result) if isinstance(result, Mapping) else _columns(np.asarray(result, float), tuple(self.units))
        if set(values) != set(self.units):
            raise ValueError(f"function returns {', '.join(values)}, but its outputs were declared as {', '.join(self.units)}")
        dataset = xr.Dataset()
        numbers = np.zeros(len(samples), dtype=bool)
        reason = np.full(len(samples), "", dtype=object)
        for name, unit in self.units.items():
            array = np.asarray(values[name], float)
            array = array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
            if array.ndim not in (1, 2) or len(array) != len(samples) or array.size == 0:
                raise ValueError(f"output {name!r} has shape {array.shape} for {len(samples)} samples; give (n,) or (n, m)")
            dims = ("sample", f"{name} index")[: array.ndim]
            bad = ~_runs_then_stops(array)
            array = np.where(bad.reshape(-1, *[1] * (array.ndim - 1)), np.nan, array)
            dataset[name] = xr.DataArray(array, dims=dims, attrs={"units": unit, "long_name": name})
            reason[bad & (reason == "")] = f"{name} is not finite"
            numbers |= ~bad
        if progress is not None:
            progress(len(samples))
        cause = np.where(numbers, "", str(FailureCause.NOT_FINITE))
        return dataset.assign(failed=("sample", ~numbers), cause=("sample", cause), reason=("sample", reason.astype(str)))


def from_function(
    function: Function, names: Sequence[str], *, outputs: Mapping[str, str] | Sequence[str] = ("output",)
) -> Model:
    """A model made of a plain function ``f(samples (n, k))``.

    A sample has no number of an output where that is not finite, or on an axis is anything but finite entries followed by NaN;
    its other outputs count all the same.

    Parameters
    ----------
    function
        Returns one scalar output (n,) or (n, 1); or (n, m), which is one output on an axis of m points if one output is
        declared and m scalar outputs if m are; or a mapping from output name to (n,) or (n, m).
    names
        The coefficients, in the order of the columns.
    outputs
        Names of the outputs, or names with units: ``{"capacity": "A.h"}``.
    """
    if isinstance(names, str) or isinstance(outputs, str):
        raise ValueError("names and outputs are sequences of names, a single string was given; write ('name',)")
    units = dict(outputs) if isinstance(outputs, Mapping) else dict.fromkeys(outputs, "")
    return _FunctionModel(function, tuple(names), units)


def _columns(values: Array, names: tuple[str, ...]) -> dict[str, Array]:
    """Outputs by name from one array (n,) or (n, m)."""
    if len(names) == 1:
        return {names[0]: values}
    if values.ndim != 2 or values.shape[1] != len(names):
        raise ValueError(f"function returns shape {values.shape}, but {len(names)} outputs were declared: {', '.join(names)}")
    return dict(zip(names, values.T, strict=True))


def _runs_then_stops(values: Array) -> NDArray[np.bool_]:
    """Samples, true in (n_sample,), that are finite from the first entry up to a cut-off and NaN behind it."""
    rows = values.reshape(len(values), -1)
    finite = np.isfinite(rows)
    unbroken = (finite[:, 1:] <= finite[:, :-1]).all(axis=1)
    return finite[:, 0] & unbroken & ~np.isinf(rows).any(axis=1)
