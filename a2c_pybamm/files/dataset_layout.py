"""Layout of a Dataset: everything but its numbers, which are then one row of floats for each sample."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr

from a2c_pybamm.estimate import Array
from a2c_pybamm.schema import conform

SAMPLE = "sample"
"""Leading dimension of what a model solves."""
COORDINATE_KINDS = "fiubU"
"""Kinds of numpy's types that a coordinate may have: numbers, flags and text."""


@dataclass(frozen=True)
class OutputEntry:
    """An output: its axes without that of the samples, and what describes it."""

    name: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    attrs: Mapping[str, Any]


@dataclass(frozen=True)
class CoordinateEntry:
    """A coordinate of the outputs' axes, with its values in rows."""

    name: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    values: tuple[Any, ...]
    attrs: Mapping[str, Any]


@dataclass(frozen=True)
class DatasetLayout:
    """Names, axes and descriptions of a Dataset's outputs, its coordinates and attributes."""

    outputs: tuple[OutputEntry, ...]
    coordinates: tuple[CoordinateEntry, ...]
    attrs: Mapping[str, Any]

    @classmethod
    def of(cls, dataset: xr.Dataset) -> DatasetLayout:
        """Layout of the float variables of a Dataset, and of the coordinates that do not belong to samples.

        Raises
        ------
        ValueError
            If a coordinate holds neither numbers nor text, or an attribute is neither a number nor a text.
        """
        outputs = []
        for name, values in _floats(dataset).items():
            axes = [(str(dim), size) for dim, size in values.sizes.items() if dim != SAMPLE]
            outputs.append(OutputEntry(name, *_split(axes), _plain(values.attrs, name)))
        coordinates = []
        for key, values in dataset.coords.items():
            if SAMPLE in values.dims:
                continue
            name, array = str(key), values.values
            if array.dtype.kind not in COORDINATE_KINDS:
                raise ValueError(f"coordinate {name!r} holds {array.dtype}; give numbers or text")
            axes = [(str(dim), size) for dim, size in values.sizes.items()]
            entries = tuple(array.ravel().tolist())
            coordinates.append(CoordinateEntry(name, *_split(axes), array.dtype.str, entries, _plain(values.attrs, name)))
        return cls(tuple(outputs), tuple(coordinates), _plain(dataset.attrs, "the Dataset"))

    @property
    def width(self) -> int:
        """Numbers of one sample."""
        return sum(int(np.prod(entry.shape, dtype=int)) for entry in self.outputs)

    def rows(self, dataset: xr.Dataset) -> Array:
        """Numbers of a Dataset (n_sample, width); one row where it has no samples."""
        parts = []
        for entry in self.outputs:
            values = dataset[entry.name]
            array = values.transpose(SAMPLE, *entry.dims).values if SAMPLE in values.dims else values.values[None]
            parts.append(np.asarray(array, float).reshape(len(array), -1))
        return np.hstack(parts)

    def dataset(self, rows: Array, *, samples: bool = True) -> xr.Dataset:
        """The Dataset of rows (n_sample, width), or without an axis of samples that of a single row."""
        variables, start = {}, 0
        for entry in self.outputs:
            stop = start + int(np.prod(entry.shape, dtype=int))
            values = rows[:, start:stop].reshape(len(rows), *entry.shape)
            dims, values = ((SAMPLE, *entry.dims), values) if samples else (entry.dims, values[0])
            variables[entry.name] = (dims, values, dict(entry.attrs))
            start = stop
        coords = {entry.name: (entry.dims, _array(entry).reshape(entry.shape), dict(entry.attrs)) for entry in self.coordinates}
        return xr.Dataset(variables, coords=coords, attrs=dict(self.attrs))

    @cached_property
    def text(self) -> str:
        """The layout as JSON; floats keep all their digits."""
        record = {
            "outputs": [vars(entry) for entry in self.outputs],
            "coordinates": [vars(entry) for entry in self.coordinates],
            "attrs": dict(self.attrs),
        }
        return json.dumps(record, ensure_ascii=False)  # in their order: a result is then the same to the last byte

    @classmethod
    def of_text(cls, text: str) -> DatasetLayout:
        """The layout in a JSON text.

        Raises
        ------
        ValueError
            If it is none.
        """
        layout: DatasetLayout = conform(json.loads(text), cls, "")
        for entry in layout.coordinates:
            if np.dtype(entry.dtype).kind not in COORDINATE_KINDS:
                raise ValueError(f"coordinate {entry.name!r} is of type {entry.dtype!r}")
        return layout


def _array(entry: CoordinateEntry) -> Any:
    """Values of a coordinate; the length of its texts follows from them."""
    kind = np.dtype(entry.dtype)
    return np.array(entry.values, str if kind.kind == "U" else kind)


def _floats(dataset: xr.Dataset) -> dict[str, xr.DataArray]:
    return {str(name): values for name, values in dataset.data_vars.items() if np.issubdtype(values.dtype, np.floating)}


def _split(axes: list[tuple[str, int]]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    return tuple(name for name, _ in axes), tuple(size for _, size in axes)


def _plain(attrs: Mapping[Any, Any], what: str) -> dict[str, Any]:
    """Attributes without numpy's types."""
    plain = {str(key): value.item() if isinstance(value, np.generic) else value for key, value in attrs.items()}
    for key, value in plain.items():
        if not isinstance(value, str | int | float):
            raise ValueError(f"attribute {key!r} of {what} is a {type(value).__name__}; give a number or a text")
    return plain
