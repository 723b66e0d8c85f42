"""Chemical potentials of lithium at compositions and temperatures, from a CSV table."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from ase.data import atomic_numbers

from a2c_pybamm.constants import FARADAY
from a2c_pybamm.data import Array, ChemicalPotentials
from a2c_pybamm.ions import IONS
from a2c_pybamm.readers.csv_table import Rows, read_column, read_rows, read_temperatures
from a2c_pybamm.readers.source_file import existing, file_errors, fingerprint, unpacked_name
from a2c_pybamm.readers.units import column_unit, parse_quantity

_KINDS = {"mu": "energy", "voltage": "voltage"}
"""Kind of the column's unit by quantity."""


@file_errors
def read_chemical_potentials(
    path: str | Path,
    *,
    label: str | None = None,
    quantity: Literal["mu", "voltage"] = "mu",
    x_column: str = "x",
    potential_column: str | None = None,
    std_column: str | None = None,
    temperature_column: str = "T_K",
    temperature: str | None = None,
    lithium: str | None = None,
    ion: str = "Li",
) -> ChemicalPotentials:
    r"""Chemical potentials against lithium metal, from a CSV table with one composition and temperature a row.

    Columns end in their unit (``mu_eV``, ``voltage_V``, ``T_K``). Where the column holds voltages, :math:`\mu = -zFU` with
    the ion's charge :math:`z`. Lines that begin with ``#`` are comments.

    Parameters
    ----------
    quantity
        What the column holds: ``"mu"``, chemical potentials, or ``"voltage"``, voltages against lithium metal.
    potential_column
        Its name; ``mu_eV`` or ``voltage_V`` if not given.
    std_column
        Standard deviations of the same quantity.
    temperature_column, temperature
        Where temperatures stand, or the one of the whole table (``"300 K"``) if they do not.
    lithium
        Lithium metal's energy per atom (``"-1.90 eV"``), subtracted from chemical potentials that are not yet against it.
    ion
        Symbol of the ion that goes in and out, to whose metal all of this applies.

    Raises
    ------
    ValueError
        Naming file and line: a column is missing or in another unit, x lies outside (0, 1), a temperature or standard deviation
        is not positive, or a number is not one. Naming the file: arguments that contradict each other, or it is cut off.
    """
    path = existing(path)
    check_ion(path, ion)
    if quantity not in _KINDS:
        raise ValueError(f"{path}: quantity is {quantity!r}; write 'mu' or 'voltage'")
    if quantity == "voltage" and lithium is not None:
        raise ValueError(f"{path}: voltages are against lithium metal already; leave lithium out")
    kind = _KINDS[quantity]
    factor = 1.0 if quantity == "mu" else potential_per_volt(path, ion)
    column = potential_column or {"mu": "mu_eV", "voltage": "voltage_V"}[quantity]
    optional = [*([std_column] if std_column else []), *([temperature_column] if temperature is None else [])]
    remedy = "name it with x_column, potential_column, std_column or temperature_column, or give temperature = '300 K'"
    rows = read_rows(path, [x_column, column, *optional], remedy)
    if temperature is not None and temperature_column in rows[0][1]:
        raise ValueError(f"{path}: temperature is {temperature!r}, and there is a column {temperature_column!r}; leave one out")
    x = _compositions(path, rows, x_column)
    potential = factor * column_unit(column, kind, f"{path}: quantity is {quantity!r}") * read_column(path, rows, column)
    if lithium is not None:
        potential = potential - parse_quantity(lithium, "energy", f"{path}: lithium")
    std = None
    if std_column:
        unit = abs(factor) * column_unit(std_column, kind, f"{path}: quantity is {quantity!r}")
        std = unit * read_column(path, rows, std_column, positive=True)
    kelvin = read_temperatures(path, rows, temperature_column, temperature)
    return ChemicalPotentials(label or unpacked_name(path).stem, x, kelvin, potential, std, fingerprint(path), ion)


def check_ion(path: Path, ion: str) -> str:
    """The ion, if it is the symbol of an element; ``ValueError`` otherwise."""
    if ion not in atomic_numbers or ion == "X":
        raise ValueError(f"{path}: ion is {ion!r}, not the symbol of an element; write it like 'Li'")
    return ion


def potential_per_volt(path: Path, ion: str) -> float:
    """Factor from a voltage to a chemical potential per mole [C.mol-1]: the ion's charge, negative."""
    if ion not in IONS:
        raise ValueError(
            f"{path}: the charge of {ion} is not known (known: {', '.join(IONS)}); give potentials or total energies"
        )
    return -IONS[ion].valence * FARADAY


def _compositions(path: Path, rows: Rows, column: str) -> Array:
    """Occupied fractions (n_row,); ``ValueError`` naming the line of one that is not inside (0, 1)."""
    x = read_column(path, rows, column)
    for (line, _), value in zip(rows, x, strict=True):
        if not 0 < value < 1:
            raise ValueError(
                f"{path}, line {line}: x = {value:g} lies outside (0, 1), the potential is infinite at 0 and 1; leave it out"
            )
    return x
