"""A file of numbers in time, opened by the reader of its format, and the settings of its run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from a2c_pybamm.data import Array
from a2c_pybamm.readers.conduction.average_file import read_averages
from a2c_pybamm.readers.conduction.csv_series import is_number, read_csv_series
from a2c_pybamm.readers.conduction.dump_sums import read_dump_sums
from a2c_pybamm.readers.conduction.lammps_log import read_log
from a2c_pybamm.readers.conduction.lammps_units import LAMMPS_STYLES, REDUCED_STYLE, UnitStyle, unit_style
from a2c_pybamm.readers.conduction.number_rows import numbered_lines
from a2c_pybamm.readers.conduction.series_table import STEP_NAMES, TIME_NAME, SeriesTable, validate_spacing
from a2c_pybamm.readers.csv_table import COMMENT
from a2c_pybamm.readers.motion.dump_frames import is_lammps_dump
from a2c_pybamm.readers.motion.run_options import RunOptions
from a2c_pybamm.readers.motion.run_settings import RunSettings, run_settings
from a2c_pybamm.readers.source_file import unpacked_name
from a2c_pybamm.readers.units import STATED_TOLERANCE, column_unit

TEMPERATURE_NAMES = ("Temp", "c_thermo_temp", "temperature_K", "T_K")
"""Columns with the instantaneous temperature [K]."""
VOLUME_NAME = "Volume"
"""Column of LAMMPS with the volume of the cell."""
EDGE_NAMES = ("Lx", "Ly", "Lz")
"""Columns of LAMMPS whose product is the volume, of tilted cells too: they are the diagonal of a triangular matrix."""


@dataclass(frozen=True)
class SeriesOptions:
    """Arguments of the readers of series."""

    units: str | None
    interval: float | None
    timestep: float | None
    temperature: float | None
    volume: float | None
    discard: float
    run: int | None


@dataclass(frozen=True)
class SeriesSettings:
    """Numbers that hold for all rows of a series."""

    run: RunSettings
    volume: float
    """[m3]"""
    warnings: tuple[str, ...]


def open_series(path: Path, run: int | None, terms: Sequence[str]) -> SeriesTable:
    """The table of a log, a file of averages, a dump or a comma-separated file; ``terms`` are those to be summed of a dump.

    Raises
    ------
    ValueError
        As the reader of the format, or if ``run`` is given for a file without runs.
    """
    if is_lammps_dump(path):
        series = read_dump_sums(path, terms)
    elif _is_comma_separated(path):
        series = read_csv_series(path)
    elif _first_line(path).startswith(COMMENT.encode()):
        return read_averages(path, run)
    else:
        return read_log(path, run)
    if run is not None:
        raise ValueError(f"{path}: run = {run}, and the file holds one series; leave run out")
    return series


def _first_line(path: Path) -> bytes:
    return next((text for _, text in numbered_lines(path)), b"")


def _is_comma_separated(path: Path) -> bool:
    """True for a file called ``.csv``, or whose first lines that are no comments are names and as many numbers."""
    if unpacked_name(path).suffix.lower() == ".csv":
        return True
    lines = (text for _, text in numbered_lines(path) if not text.startswith(COMMENT.encode()))
    names, row = next(lines, b""), next(lines, b"")
    first, second = (text.split(b",")[0].decode("utf-8", "replace") for text in (names, row))
    return 0 < names.count(b",") == row.count(b",") and is_number(second) and not is_number(first)


def style_of(series: SeriesTable, units: str | None) -> UnitStyle | None:
    """The style of LAMMPS's units by file or argument, which must agree; None where neither names one.

    Raises
    ------
    ValueError
        If they do not agree, or the style has no units.
    """
    stated = series.statements.units
    given = units if units in (*LAMMPS_STYLES, REDUCED_STYLE) else None
    if stated is not None and given is not None and stated != given:
        raise ValueError(f"{series.path}: units {stated!r} in the file and {given!r} by argument; remove the wrong one")
    name = stated or given
    return None if name is None else unit_style(name, str(series.path))


def series_settings(series: SeriesTable, style: UnitStyle | None, options: SeriesOptions) -> SeriesSettings:
    """Time between rows, temperature, rows left out, and volume of a series.

    Raises
    ------
    ValueError
        If a number is missing, not positive, or not the same by file and by argument, rows are not evenly spaced, or the volume
        changes and none is given.
    """
    stated: dict[str, Any] = {}
    if len(series.table.values) < 2:
        raise ValueError(f"{series.path}: {len(series.table.values)} row(s); a series in time needs two at least, run longer")
    if (seconds := _times(series, style, options)) is not None:
        stated["time_s"] = seconds
    if name := next((name for name in TEMPERATURE_NAMES if name in series.names), None):
        kelvin = series.column(name, "rename it")
        stated["temperature_K"] = kelvin[0] if (kelvin == kelvin[0]).all() else kelvin
    given = RunOptions(options.interval, options.temperature, options.discard, None, None, None, True, None)
    run = run_settings(series.path, stated, given, n_frame=len(series.table.values))
    volume, warnings = _volume(series, style, options.volume, run.n_discarded)
    return SeriesSettings(run, volume, warnings)


def _times(series: SeriesTable, style: UnitStyle | None, options: SeriesOptions) -> Array | None:
    """Time of each row [s] (n_row,); None where it follows from the argument ``interval`` alone."""
    if series.units_in_names:
        for name in series.names:
            if name.rsplit("_", 1)[0] == "time":
                times = series.column(name, "")
                validate_spacing(series, name, times)
                return column_unit(name, "time", str(series.path)) * times
        return None
    steps = next((series.column(name, "") for name in STEP_NAMES if name in series.names), None)
    if steps is not None:
        validate_spacing(series, "the step", steps)
        if (step := _timestep(series, style, options.timestep)) is not None:
            return step * steps
    if style is not None and TIME_NAME in series.names:
        elapsed = series.column(TIME_NAME, "")
        if steps is None:
            validate_spacing(series, "the time", elapsed)
        return style.time * elapsed
    if options.interval is None and steps is not None:
        raise ValueError(
            f"{series.path}: the time step in seconds is not known (no line 'units' or 'timestep'); give it "
            "as timestep=, or the time between rows as interval="
        )
    return None


def _timestep(series: SeriesTable, style: UnitStyle | None, given: float | None) -> float | None:
    """Time step [s] by file or argument, which must agree."""
    stated = series.statements.timestep
    in_file = style.time * stated if style is not None and stated is not None else None
    if given is not None and not 0 < given < np.inf:
        raise ValueError(f"{series.path}: timestep is {given:g} s, it must be positive; give it in seconds as timestep=")
    if in_file is not None and given is not None and abs(in_file - given) > STATED_TOLERANCE * in_file:
        raise ValueError(
            f"{series.path}: the time step is {in_file:g} s in the file and {given:g} s by argument; remove the wrong one"
        )
    return in_file if given is None else given


def _volumes(series: SeriesTable, style: UnitStyle | None) -> tuple[Array, float] | None:
    """Volume at each row in the file's unit (n_row,), and that unit [m3]."""
    if series.units_in_names:
        for name in series.names:
            if name.rsplit("_", 1)[0] == "volume":
                return series.column(name, ""), column_unit(name, "cell volume", str(series.path))
        return None
    values = series.volumes
    if values is None and VOLUME_NAME in series.names:
        values = series.column(VOLUME_NAME, "")
    elif values is None and set(EDGE_NAMES) <= set(series.names):
        values = np.prod([series.column(name, "") for name in EDGE_NAMES], axis=0)
    return None if values is None or style is None else (values, style.volume)


def _volume(
    series: SeriesTable, style: UnitStyle | None, given: float | None, n_discarded: int
) -> tuple[float, tuple[str, ...]]:
    """Volume of the cell [m3], and a line of warning where it changes."""
    if given is not None and not 0 < given < np.inf:
        raise ValueError(f"{series.path}: volume is {given:g} m3, it must be positive; give it in cubic metres as volume=")
    found = _volumes(series, style)
    if found is None:
        if given is None:
            raise ValueError(f"{series.path}: does not state the cell's volume; give it in cubic metres as volume=")
        return given, ()
    values = found[0][n_discarded:] * found[1]
    mean, low, high = float(values.mean()), float(values.min()), float(values.max())
    if not low > 0:
        raise ValueError(f"{series.path}: the cell's volume is {low:g} m3, it must be positive; correct it")
    same = high - low <= STATED_TOLERANCE * high
    if given is None:
        if same:
            return mean, ()
        raise ValueError(
            f"{series.path}: the cell's volume changes from {low:.6g} to {high:.6g} m3; continue the run at constant volume, "
            f"or accept the mean by volume={mean:.6g}"
        )
    if (same and abs(given - mean) > STATED_TOLERANCE * mean) or not low * (1 - STATED_TOLERANCE) <= given <= high * (
        1 + STATED_TOLERANCE
    ):
        raise ValueError(
            f"{series.path}: the cell's volume is {low:.6g} to {high:.6g} m3 in the file and {given:g} m3 by argument; remove "
            "the wrong one"
        )
    line = f"the cell's volume changes from {low:.6g} to {high:.6g} m3; {given:.6g} m3, as given, is taken for all rows"
    return given, () if same else (line,)
