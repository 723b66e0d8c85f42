"""Energies of putting ions into one supercell, from a CSV table."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from a2c_pybamm.data import Array, InsertionEnergies
from a2c_pybamm.formatting import cut
from a2c_pybamm.readers.csv_table import Rows, read_column, read_header, read_rows
from a2c_pybamm.readers.source_file import existing, file_errors, fingerprint, unpacked_name
from a2c_pybamm.readers.thermodynamics.chemical_potentials import check_ion
from a2c_pybamm.readers.units import column_unit, parse_quantity

WHOLE_NUMBER_TOLERANCE = 1e-3
"""Distance of x times the number of sites from a whole number of ions: tables round x to three digits or more."""
DEFAULT_COLUMNS = {"cell": "energy_eV", "insertion": "insertion_eV"}
"""Column of the energy, by what it is of."""


@file_errors
def read_insertion_energies(
    path: str | Path,
    *,
    sites: int,
    label: str | None = None,
    energy_of: Literal["cell", "insertion"] = "cell",
    ions_column: str = "n",
    x_column: str = "x",
    energy_column: str | None = None,
    lithium: str | None = None,
    ion: str = "Li",
) -> InsertionEnergies:
    r"""Energies of putting one ion after the other into a supercell, from a CSV table with one number of ions a row.

    With ``energy_of="cell"`` a column holds energies :math:`E(n)` of the whole supercell, or free energies :math:`F(n)`, and a
    step is :math:`E(n') - E(n) - (n' - n)E_\mathrm{metal}` between neighbouring numbers. With ``energy_of="insertion"`` the
    column holds :math:`E(n+1) - E(n)` beside n, against the metal unless ``lithium`` is given. Of several rows with one number
    of ions the lowest counts.

    Parameters
    ----------
    sites
        Sites of the supercell, filled or not.
    ions_column, x_column
        Column of the number of ions; where there is none, of the occupied fraction, which times ``sites`` is a whole number.
    energy_column
        Its name, which ends in its unit; ``energy_eV`` or ``insertion_eV`` if not given.
    lithium
        Lithium metal's energy per atom (``"-1.90 eV"``), needed with energies of cells.
    ion
        Symbol of the ion.

    Raises
    ------
    ValueError
        Naming file and line: a column is missing or in another unit, or a number of ions is not whole or beyond the sites.
        Naming the file: energies of cells without the metal's, fewer than two sites or numbers of ions, or it is cut off.
    """
    path = existing(path)
    check_ion(path, ion)
    if energy_of not in DEFAULT_COLUMNS:
        raise ValueError(f"{path}: energy_of is {energy_of!r}; write 'cell' or 'insertion'")
    if sites < 2:
        raise ValueError(f"{path}: a supercell of {sites} sites; give their number, two at least")
    if energy_of == "cell" and lithium is None:
        raise ValueError(f"{path}: energies of cells need lithium metal's; give lithium = '-1.90 eV'")
    column = energy_column or DEFAULT_COLUMNS[energy_of]
    counted = ions_column in read_header(path)
    number = ions_column if counted else x_column
    rows = read_rows(path, [number, column], f"name it with ions_column ({ions_column!r}), x_column or energy_column")
    last = sites - 1 if energy_of == "insertion" else sites
    ions = _ions(path, rows, number, 1 if counted else sites, last)
    metal = 0.0 if lithium is None else parse_quantity(lithium, "energy", f"{path}: lithium")
    energy = column_unit(column, "energy", str(path)) * read_column(path, rows, column)
    name, source = label or unpacked_name(path).stem, fingerprint(path)
    if energy_of == "cell":
        return InsertionEnergies.between(name, sites, ions, energy - ions * metal, source, ion)
    numbers = np.unique(ions)
    lowest = np.array([np.min(energy[ions == n]) for n in numbers])
    return InsertionEnergies(name, sites, numbers, numbers + 1, lowest - metal, source, ion)


def _ions(path: Path, rows: Rows, column: str, factor: int, last: int) -> Array:
    """Whole numbers of ions from 0 to the last (n_row,); ``ValueError`` naming the line of one that is none."""
    values = factor * read_column(path, rows, column)
    for (line, row), value in zip(rows, values, strict=True):
        if abs(value - round(value)) > WHOLE_NUMBER_TOLERANCE * factor or not 0 <= round(value) <= last:
            raise ValueError(
                f"{path}, line {line}: {column!r} is {cut(row[column])!r}, {value:g} ions; the number must be whole, from 0 "
                f"to {last}; correct it, or sites"
            )
    return np.round(values)
