"""Fields, profiles and fields at points as netCDF, with their units and errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from a2c_pybamm.data import BlockMeans, FieldProfile, GridField, PointField
from a2c_pybamm.files.netcdf_groups import declared_groups, netcdf, read_groups
from a2c_pybamm.files.writing import writable, write_bytes
from a2c_pybamm.readers.source_file import existing

KINDS: dict[str, type[BlockMeans]] = {"grid": GridField, "points": PointField, "profile": FieldProfile}
"""Records that a file may hold, by their name in it."""
UNITS = {"cell": "m", "points": "m", "position": "m", "length": "m", "area": "m2"}
"""Units of the places of a field."""
PLACES = {"grid": ("a", "b", "c"), "profile": ("position",)}
"""Dimensions of the places; points have as many as they had."""
ATTRIBUTES = ("quantity", "unit", "provenance")
"""Fields of a record that a file holds as attributes."""


def write_field(path: str | Path, field: BlockMeans) -> Path:
    """Write a field to netCDF, beside an older file first and then in its place.

    Variables: ``mean`` and, from two blocks on, ``standard_error``, for every other program, and ``blocks``, from which
    `read_field` has the record again; units as CF has them, in the attribute ``units``. Grid points are in fractions of the
    cell vectors (``a``, ``b``, ``c``), which are the rows of ``cell``.

    Raises
    ------
    ValueError
        If the file cannot be written there, or the record is no field.
    """
    return write_bytes(writable(path), netcdf({"/": _dataset(field)}))


def _dataset(field: BlockMeans) -> xr.Dataset:
    """Variables and attributes of a record."""
    kind = next((name for name, record in KINDS.items() if type(field) is record), None)
    if kind is None:
        raise ValueError(f"a {type(field).__name__} is no field; give what density_field, density_at or field_profile return")
    places = PLACES.get(kind) or tuple(f"point_{axis}" for axis in range(len(field.places)))
    dims = (*["component"] * (field.blocks.ndim - 1 - len(places)), *places)
    unit = {"units": field.unit.replace(".", " ")}
    variables: dict[str, Any] = {
        "mean": (dims, field.mean, {**unit, "long_name": field.quantity}),
        "blocks": (("block", *dims), field.blocks, {**unit, "long_name": f"means over blocks of frames: {field.quantity}"}),
        "shares": (("block",), field.shares, {"units": "1", "long_name": "share of each block in the mean"}),
        "effective_blocks": ((), field.effective_blocks, {"units": "1"}),
    }
    if len(field.blocks) > 1:
        variables["standard_error"] = (dims, field.standard_error, {**unit, "long_name": f"standard error: {field.quantity}"})
    for name, value in _places(field).items():
        own = {"points": (*places, "direction"), "cell": ("vector", "direction"), "position": places}.get(name, ())
        attributes = {"units": UNITS[name]} if name in UNITS else {}
        variables[name] = (own, np.asarray(value, dtype=np.int64 if isinstance(value, bool) else None), attributes)
    data = xr.Dataset(variables)
    if isinstance(field, GridField):
        along = {name: (name, values, {"units": "1"}) for name, values in zip(places, field.fractions, strict=True)}
        data = data.assign_coords(along)
    data.attrs = {
        "Conventions": "CF-1.11",
        "kind": kind,
        "quantity": field.quantity,
        "unit": field.unit,
        "provenance": json.dumps(dict(field.provenance), default=str),
    }
    return data


def _places(field: BlockMeans) -> dict[str, Any]:
    """Fields of a record that only its kind has."""
    common = {item.name for item in fields(BlockMeans)}
    return {item.name: getattr(field, item.name) for item in fields(field) if item.name not in common}


def read_field(path: str | Path) -> BlockMeans:
    """The record that `write_field` has written.

    Raises
    ------
    ValueError
        If the file is not there, cannot be read, or holds no field.
    """
    path = existing(path)
    try:
        declared_groups(path)
        data = read_groups(path, ())["/"]
    except Exception as error:  # h5py, h5netcdf and xarray raise whatever comes up in a damaged file
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"{path}: not a netCDF file ({reason}); is it cut off? write it again with write_field") from error
    try:
        return _record(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"{path}: holds no field ({reason}); write one with write_field") from error


def _record(data: xr.Dataset) -> BlockMeans:
    """The record of variables and attributes."""
    record = KINDS[data.attrs["kind"]]
    plain: dict[str, Callable[[Any], Any]] = {"bool": bool, "int": int, "float": float}
    entries: dict[str, Any] = {}
    for item in fields(record):
        if item.name == "provenance":
            entries[item.name] = json.loads(data.attrs[item.name])
        elif item.name in ATTRIBUTES:
            entries[item.name] = str(data.attrs[item.name])
        else:
            entries[item.name] = plain.get(str(item.type), np.asarray)(data[item.name].values)
    return record(**entries)
