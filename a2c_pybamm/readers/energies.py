"""Energies of structures with different lithium content, from a CSV table."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from a2c_pybamm.data import EnergyTable
from a2c_pybamm.readers.source_file import existing, fingerprint
from a2c_pybamm.readers.units import column_unit, parse_quantity

_TRUE = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def read_rows(path: Path, columns: list[str], remedy: str) -> list[dict[str, str]]:
    """Rows of a CSV file, each with all its fields.

    Raises
    ------
    ValueError
        If a column is missing, the file has no rows, or a row is cut off.
    """
    with path.open(newline="", encoding="utf-8") as stream:
        reader = csv.DictReader(stream)
        found = list(reader.fieldnames or [])
        for column in columns:
            if column not in found:
                raise ValueError(f"{path}: no column {column!r} (found {', '.join(found)}); {remedy}")
        rows = []
        for row in reader:
            if None in row or None in row.values():
                raise ValueError(
                    f"{path}, line {reader.line_num}: {sum(v is not None for v in row.values())} fields where the header has "
                    f"{len(found)}; the file looks cut off, copy it again"
                )
            rows.append(row)
    if not rows:
        raise ValueError(f"{path}: a header and no rows; the file looks cut off, copy it again")
    return rows


def _number(row: dict[str, str], column: str, path: Path, line: int) -> float:
    try:
        return float(row[column])
    except ValueError:
        raise ValueError(f"{path}, line {line}: {column!r} is {row[column]!r}, not a number") from None


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
    numbered = list(enumerate(rows, start=2))
    unit = column_unit(energy_column, "energy", str(path))
    hosts = [(line, row) for line, row in numbered if lithium not in row.values()]
    metal = [(line, row) for line, row in numbered if lithium in row.values()]
    if metal:
        lithium_energy = unit * _number(metal[0][1], energy_column, path, metal[0][0])
    elif any(ch.isdigit() for ch in lithium):
        lithium_energy = parse_quantity(lithium, "energy", f"{path}: lithium")
    else:
        raise ValueError(f"{path}: no row of lithium metal ({lithium!r}); add one, or give its energy as lithium='-1.90 eV'")
    x = np.array([_number(row, x_column, path, line) for line, row in hosts])
    for (line, _), value in zip(hosts, x, strict=True):
        if not 0 <= value <= 1:
            raise ValueError(
                f"{path}, line {line}: x = {value:g} lies outside [0, 1]; "
                "x is the occupied fraction of lithium sites, rescale the column"
            )
    energy = np.array([unit * _number(row, energy_column, path, line) for line, row in hosts]) - x * lithium_energy
    volume = None
    if volume_column:
        factor = column_unit(volume_column, "volume", str(path))
        volume = np.array([factor * _number(row, volume_column, path, line) for line, row in hosts])
    converged = np.ones(len(hosts), dtype=bool)
    if converged_column:
        converged = np.array([_flag(row[converged_column], path, line, converged_column) for line, row in hosts])
    return EnergyTable(
        label or path.stem, x, energy, tuple(row[structure_column] for _, row in hosts), converged, volume, fingerprint(path)
    )


def _flag(text: str, path: Path, line: int, column: str) -> bool:
    if text.strip().lower() not in _TRUE:
        raise ValueError(f"{path}, line {line}: {column!r} is {text!r}; write true or false")
    return _TRUE[text.strip().lower()]
