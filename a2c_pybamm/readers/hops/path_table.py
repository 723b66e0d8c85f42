"""Paths as tables of distance, energy and force along the path: VTST's ``neb.dat``, or columns with their units."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from a2c_pybamm.constants import ANGSTROM
from a2c_pybamm.data import Array
from a2c_pybamm.formatting import cut
from a2c_pybamm.readers.csv_table import COMMENT, read_column, read_header, read_rows
from a2c_pybamm.readers.source_file import FILE_LIMITS, read_text
from a2c_pybamm.readers.units import EV, LARGEST_NUMBER, column_unit

QUANTITIES = {"distance": "length", "energy": "energy", "force": "force"}
"""Beginnings of the columns' names, and the kind of quantity that each is."""
TABLE_ENDINGS = (".csv", ".dat", ".txt")


def is_path_table(path: Path) -> bool:
    """True for a file whose name is one of a table's."""
    return path.suffix.lower() in TABLE_ENDINGS


def read_path_table(path: Path) -> tuple[Array, Array, Array | None]:
    """Distance [m], energy [J.mol-1] and, if it is there, slope [J.mol-1.m-1] of the images of a path, each (n_image,).

    Lines of ``neb.dat`` are the image's number, distance [Å], energy [eV], and the force along the path [eV/Å], which is minus
    the slope; without the image's number, lines are of the other three. In a table with
    names the columns are ``distance_A``, ``energy_eV`` and ``force_eV/A``, with any of their units.

    Raises
    ------
    ValueError
        If it is neither, or an entry is not a finite number.
    """
    text = read_text(path).replace(",", " ")
    lines = [line.split() for line in text.splitlines() if line.strip() and not line.lstrip().startswith(COMMENT)]
    if lines and all(map(_is_number, lines[0])):
        return _numbered_lines(path, lines)
    return _named_columns(path)


def _is_number(word: str) -> bool:
    try:
        return abs(float(word)) < LARGEST_NUMBER
    except ValueError:
        return False


def _numbered_lines(path: Path, lines: list[list[str]]) -> tuple[Array, Array, Array | None]:
    """Lines of numbers without names, as VTST's scripts write them."""
    if len(lines) * len(lines[0]) > FILE_LIMITS.n_value:
        raise ValueError(f"{path}: more than {FILE_LIMITS.n_value} numbers; is it a path?")
    for k, line in enumerate(lines):
        if len(line) != len(lines[0]) or not all(map(_is_number, line)):
            raise ValueError(f"{path}: line {k + 1} of numbers is {cut(' '.join(line))!r}; is the file cut off?")
    columns = np.array(lines, float).T
    if _counts_images(columns):
        columns = columns[1:]
    if len(columns) < 2 or not (np.diff(columns[0]) > 0).all():
        raise ValueError(
            f"{path}: columns without names, of which the first that does not count images is no distance that grows; write "
            "those of neb.dat (image, distance in Å, energy in eV, force along the path in eV/Å), or a header "
            "'distance_A,energy_eV,force_eV/A'"
        )
    distance, energy, *force = columns
    return distance * ANGSTROM, energy * EV, -force[0] * EV / ANGSTROM if force else None


def _counts_images(columns: Array) -> bool:
    """True where the first column counts images, and not distances that happen to be whole numbers."""
    if len(columns) <= 2:
        return False
    counts = np.array_equal(columns[0], columns[0][0] + np.arange(len(columns[0])))
    return counts and bool((np.diff(columns[1]) > 0).all())


def _named_columns(path: Path) -> tuple[Array, Array, Array | None]:
    """Columns with names that end in their units."""
    names = read_header(path)
    found = {quantity: [name for name in names if name.startswith(f"{quantity}_")] for quantity in QUANTITIES}
    for quantity in ("distance", "energy"):
        if len(found[quantity]) != 1:
            raise ValueError(
                f"{path}: {len(found[quantity])} columns called {quantity}_… (found {cut(', '.join(names))}); write a header "
                "'distance_A,energy_eV,force_eV/A', the last if forces along the path are known"
            )
    used = [columns[0] for columns in found.values() if columns]
    rows = read_rows(path, used, "write it")
    values = {
        quantity: column_unit(columns[0], QUANTITIES[quantity], str(path)) * read_column(path, rows, columns[0])
        for quantity, columns in found.items()
        if columns
    }
    return values["distance"], values["energy"], -values["force"] if "force" in values else None
