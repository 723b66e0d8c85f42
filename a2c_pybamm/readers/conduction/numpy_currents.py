"""Series of currents in arrays of numpy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from a2c_pybamm.data import Array, CurrentSeries, TransportCoefficient
from a2c_pybamm.readers.conduction.current_columns import current_units, independent_series, validate_count
from a2c_pybamm.readers.conduction.series_file import SeriesOptions
from a2c_pybamm.readers.motion.run_options import RunOptions
from a2c_pybamm.readers.motion.run_settings import RunSettings, run_settings
from a2c_pybamm.readers.numpy_array import Archive, StoredArray, open_archive, open_array
from a2c_pybamm.readers.source_file import FILE_LIMITS, fingerprint
from a2c_pybamm.readers.units import STATED_TOLERANCE, UNITS, column_unit

SCALARS = {"interval": "time", "temperature": "temperature", "volume": "cell volume"}
"""Kind of each number beside a current, by the beginning of its name in an archive."""


def read_numpy_currents(
    path: Path, coefficient: TransportCoefficient, options: SeriesOptions, coupled: Mapping[str, Any] | None
) -> CurrentSeries:
    """Currents (n_series, n_frame) of an ``.npy`` or ``.npz`` file; ``coupled`` names further arrays of an archive.

    Raises
    ------
    ValueError
        If an array is missing, of another shape or not of finite numbers, or a number or unit is stated nowhere or twice.
    """
    names = {name: array if isinstance(array, str) else name for name, array in (coupled or {}).items()}
    stated: dict[str, float] = {}
    if path.suffix == ".npy":
        if names:
            raise ValueError(f"{path}: one array; write the current and those coupled to it into an .npz")
        with open_array(path, "current") as array:
            values, others, unit = _series(array), np.empty((0, 0, 0)), options.units
    else:
        values, others, stated, unit = _from_archive(path, coefficient, options.units, names)
    factor, total = _factor(path, coefficient, unit)
    run = run_of_arrays(path, stated, options, values.shape[1])
    volume = agreed_volume(path, stated.get("volume"), options.volume)
    validate_count(path, coefficient, len(values))
    kept = factor * values[:, run.n_discarded :] / (volume if total else 1.0)
    return CurrentSeries(
        coefficient,
        independent_series(coefficient, kept.T),
        run.interval,
        run.temperature,
        volume,
        others[:, :, run.n_discarded :] if names else others,
        tuple(names),
        {
            **fingerprint(path),
            "units": unit,
            "divided by the volume": total,
            "discarded [s]": run.n_discarded * run.interval,
        },
    )


def _series(array: StoredArray) -> Array:
    """An array of series (n_series, n_frame), or of one (n_frame,)."""
    shape = array.shape if len(array.shape) != 1 else (1, *array.shape)
    if len(shape) != 2 or min(shape) < 1:
        raise ValueError(f"{array.path}: {array.key!r} has shape {array.shape}, expected (n_series, n_frame)")
    if shape[0] > shape[1]:
        raise ValueError(
            f"{array.path}: {array.key!r} has {shape[0]} series of {shape[1]} frames; write the frames along the second index "
            "(numpy.transpose)"
        )
    if shape[0] * shape[1] * array.dtype.itemsize > FILE_LIMITS.piece_bytes and not array.in_columns:
        values = np.concatenate(list(array.frames(1))).reshape(shape)
    else:
        values = array.numbers().astype(float).reshape(shape)
    if not np.isfinite(values).all():
        series, frame = np.argwhere(~np.isfinite(values))[0]
        raise ValueError(
            f"{array.path}: {array.key!r}: frame {frame} of series {series} is not finite; end the series before it"
        )
    return values


def _from_archive(
    path: Path, coefficient: TransportCoefficient, given_unit: str | None, coupled: Mapping[str, str]
) -> tuple[Array, Array, dict[str, float], str | None]:
    """The current, those coupled to it, the numbers beside them by key, and the current's unit."""
    units = current_units(coefficient)
    with open_archive(path) as archive:
        keys = [key for key in archive.keys if key.split("_")[0] not in SCALARS and key not in coupled.values()]
        named = [key for key in keys if key.rsplit("_", 1)[-1] in units] or keys
        if len(named) != 1:
            raise ValueError(
                f"{path}: {len(named)} arrays that may be the current (found {', '.join(archive.keys) or 'none'}); write one "
                f"whose name ends in its unit ({', '.join(units)})"
            )
        for key in coupled.values():
            if key not in archive.keys:
                raise ValueError(f"{path}: no array {key!r} (found {', '.join(archive.keys)}); name it by coupled=")
        values = _series(archive.open(named[0]))
        others = [_series(archive.open(key)) for key in coupled.values()]
        stated = numbers_beside(path, archive)
    for key, other in zip(coupled.values(), others, strict=True):
        if other.shape != values.shape:
            raise ValueError(
                f"{path}: {key!r} has shape {other.shape}, the current {values.shape}; write both of the same frames"
            )
    ending = named[0].rsplit("_", 1)[-1]
    if ending in units and given_unit not in (None, ending):
        raise ValueError(f"{path}: {named[0]!r} ends in its unit, and units={given_unit!r} is another; remove the wrong one")
    return values, np.array(others) if others else np.empty((0, 0, 0)), stated, ending if ending in units else given_unit


def numbers_beside(path: Path, archive: Archive) -> dict[str, float]:
    """Interval [s], temperature [K] and volume [m3] that an archive states, each under a name that ends in its unit."""
    stated: dict[str, float] = {}
    for key in archive.keys:
        name = key.split("_")[0]
        if (kind := SCALARS.get(name)) is not None:
            if name in stated:
                raise ValueError(f"{path}: {name} is stated twice; keep the right one")
            stated[name] = column_unit(key, kind, str(path)) * _number(path, archive.open(key))
    return stated


def run_of_arrays(path: Path, stated: Mapping[str, float], options: SeriesOptions, n_frame: int) -> RunSettings:
    """Settings of a run from the numbers beside its arrays and from arguments, which must agree."""
    in_file: dict[str, float] = {}
    if "interval" in stated:
        in_file["frame_spacing_fs"] = stated["interval"] / UNITS["time"]["fs"]
    if "temperature" in stated:
        in_file["temperature_K"] = stated["temperature"]
    given = RunOptions(options.interval, options.temperature, options.discard, None, None, None, True, None)
    return run_settings(path, in_file, given, n_frame=n_frame)


def _number(path: Path, array: StoredArray) -> float:
    """An array of one finite number."""
    if array.shape not in ((), (1,)):
        raise ValueError(f"{path}: {array.key!r} has shape {array.shape}, expected one number")
    value = float(array.numbers().reshape(()))
    if not np.isfinite(value):
        raise ValueError(f"{path}: {array.key!r} is {value}, not a finite number; correct it")
    return value


def _factor(path: Path, coefficient: TransportCoefficient, unit: str | None) -> tuple[float, bool]:
    units = current_units(coefficient)
    if unit not in units:
        raise ValueError(f"{path}: the unit of the current is not stated; give units= as one of {', '.join(units)}")
    return units[unit]


def agreed_volume(path: Path, stated: float | None, given: float | None) -> float:
    """Volume of the cell [m3] by file or argument, which must agree."""
    if stated is None and given is None:
        raise ValueError(f"{path}: does not state the cell's volume; give it in cubic metres as volume=")
    if stated is not None and given is not None and abs(stated - given) > STATED_TOLERANCE * stated:
        raise ValueError(
            f"{path}: the cell's volume is {stated:g} m3 in the file and {given:g} m3 by argument; remove the wrong one"
        )
    value = float(stated if given is None else given)  # type: ignore[arg-type]
    if not 0 < value < np.inf:
        raise ValueError(f"{path}: the cell's volume is {value:g} m3, it must be positive; give it as volume=")
    return value
