"""Energies of structures with different lithium content, from a CSV table."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np

from a2c_pybamm.data import EnergyTable
from a2c_pybamm.readers.source_file import existing, fingerprint, naming, read_text
from a2c_pybamm.readers.units import column_unit, parse_quantity

LARGEST = 1e30
"""No number in a table is larger; the square of a larger one could leave the range of floats."""
_TRUE = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def read_rows(path: Path, columns: list[str], remedy: str) -> list[tuple[int, dict[str, str]]]:
    """Rows of a comma-separated file with a header, each with its line number and all its fields.

    Raises
    ------
    ValueError
        If a column is missing or its name occurs twice, the file has no rows, or a row is cut off.
    """
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""))
    try:
        found = list(reader.fieldnames or [])
        _check_header(path, columns, found, remedy)
        rows = []
        for row in reader:
            if None in row or None in row.values():
                n = sum(isinstance(v, str) for v in row.values()) + len(row.get(None, ()))
                raise ValueError(
                    f"{path}, line {reader.line_num}: {n} fields where the header has {len(found)}; "
                    "is the file cut off, or a field with a comma not in quotes?"
                )
            rows.append((reader.line_num, row))
    except csv.Error as error:
        raise ValueError(f"{path}, line {reader.line_num}: {error}; write it again as comma-separated text") from error
    if not rows:
        raise ValueError(f"{path}: a header and no rows; the file looks cut off, copy it again")
    return rows


def _check_header(path: Path, columns: list[str], found: list[str], remedy: str) -> None:
    """Raise ``ValueError`` where a wanted column is not there just once."""
    for column in columns:
        if column not in found:
            if len(found) == 1:
                remedy = "separate columns by commas and write decimal points"
            raise ValueError(f"{path}: no column {column!r} (found {', '.join(found)}); {remedy}")
        if found.count(column) > 1:
            raise ValueError(f"{path}: {found.count(column)} columns are called {column!r}; rename all but the right one")


def read_number(row: dict[str, str], column: str, path: Path, line: int) -> float:
    """A finite number from a row.

    Raises
    ------
    ValueError
        Naming file and line, if the field is anything else.
    """
    text = row[column].strip()
    try:
        value = float(text.replace("_", "?"))  # Python would read 1_000
    except ValueError:
        remedy = "write a decimal point" if "," in text else "fill it in, or leave the row out"
        raise ValueError(f"{path}, line {line}: {column!r} is {text[:60]!r}, not a number; {remedy}") from None
    if not abs(value) < LARGEST:
        raise ValueError(f"{path}, line {line}: {column!r} is {text[:60]!r}, not a finite number; repair or leave out the row")
    return value


def read_energies(
    path: str | Path,
    *,
    label: str | None = None,
    x_column: str = "x",
    energy_column: str = "energy_eV",
    structure_column: str = "structure",
    volume_column: str | None = None,
    converged_column: str | None = None,
    lithium: str = "Li_metal",
) -> EnergyTable:
    """Energies per lithium site against lithium metal, from a CSV table with one structure a row.

    Columns that carry a unit end in it (``energy_eV``, ``volume_A3``). Energies are total energies per formula unit with one
    lithium site. Lithium metal's own energy is the row in which any field is ``lithium`` (it is not a composition and is not
    returned), or, where ``lithium`` is a quantity like ``"-1.90 eV"``, that value.

    Raises
    ------
    ValueError
        Naming file and line: a column is missing, x lies outside [0, 1], a number is not one, lithium metal's energy is not
        there, or the file is cut off.
    """
    path = existing(path)
    wanted = [x_column, energy_column, structure_column, *(c for c in (volume_column, converged_column) if c)]
    rows = read_rows(path, wanted, "name the right one with x_column, energy_column, structure_column, …")
    unit = column_unit(energy_column, "energy", str(path))
    hosts = [(line, row) for line, row in rows if lithium not in row.values()]
    if not hosts:
        raise ValueError(f"{path}: no structure beside lithium metal; add the host's, or copy the file again if it is cut off")
    x = np.array([read_number(row, x_column, path, line) for line, row in hosts])
    for (line, _), value in zip(hosts, x, strict=True):
        if not 0 <= value <= 1:
            raise ValueError(
                f"{path}, line {line}: x = {value:g} lies outside [0, 1]; "
                "x is the occupied fraction of lithium sites, rescale the column"
            )
    energy = np.array([unit * read_number(row, energy_column, path, line) for line, row in hosts])
    metal = [(line, row) for line, row in rows if lithium in row.values()]
    energy -= x * _lithium_energy(path, metal, energy_column, lithium)
    volume = None
    if volume_column:
        factor = column_unit(volume_column, "volume", str(path))
        volume = np.array([factor * read_number(row, volume_column, path, line) for line, row in hosts])
    converged = np.ones(len(hosts), dtype=bool)
    if converged_column:
        converged = np.array([_flag(row[converged_column], path, line, converged_column) for line, row in hosts])
    structure = tuple(row[structure_column] for _, row in hosts)
    with naming(path):
        return EnergyTable(label or path.stem, x, energy, structure, converged, volume, fingerprint(path))


def _lithium_energy(path: Path, metal: list[tuple[int, dict[str, str]]], energy_column: str, lithium: str) -> float:
    """Lithium metal's energy [J.mol-1], from its own row or as given."""
    if metal:
        line, row = metal[0]
        return column_unit(energy_column, "energy", str(path)) * read_number(row, energy_column, path, line)
    if any(ch.isdigit() for ch in lithium):
        return parse_quantity(lithium, "energy", f"{path}: lithium")
    raise ValueError(f"{path}: no row of lithium metal ({lithium!r}); add one, or give its energy as lithium='-1.90 eV'")


def _flag(text: str, path: Path, line: int, column: str) -> bool:
    if text.strip().lower() not in _TRUE:
        raise ValueError(f"{path}, line {line}: {column!r} is {text!r}; write true or false")
    return _TRUE[text.strip().lower()]
