"""Energies of structures with different lithium content, from a CSV table."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.data import FRACTION_ROUNDING, Array, EnergyTable, Extent, conversion
from a2c_pybamm.readers.csv_table import Rows, check_header, read_column, read_header, read_rows
from a2c_pybamm.readers.source_file import existing, file_errors, fingerprint, unpacked_name
from a2c_pybamm.readers.thermodynamics.chemical_potentials import check_ion, potential_per_volt
from a2c_pybamm.readers.units import EV, LARGEST_NUMBER, column_unit, parse_quantity, unit_factor

LARGEST_FORMATION_ENERGY = EV
"""Bound of an end member's formation energy, 1 eV per site [J.mol-1]: polymorphs differ by tenths, total energies by tens."""
METAL_ROW = "Li_metal"
"""Usual entry of lithium metal's row."""
TRUTH_VALUES = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@file_errors
def read_energies(
    path: str | Path,
    *,
    label: str | None = None,
    x_column: str = "x",
    energy_column: str = "energy_eV",
    structure_column: str = "structure",
    volume_column: str | None = None,
    converged_column: str | None = None,
    degeneracy_column: str | None = None,
    ensemble_columns: str | None = None,
    ensemble_unit: str | None = None,
    energy_of: Literal["site", "cell"] = "site",
    sites_column: str | None = None,
    formation_voltage: float | str | None = None,
    lithium: str = METAL_ROW,
    ion: str = "Li",
) -> EnergyTable:
    r"""Energies per lithium site against lithium metal, from a CSV table with one structure a row.

    Columns that carry a unit end in it (``energy_eV``, ``volume_A3``). Energies are total energies per formula unit with one
    lithium site. Lithium metal's own energy is the row in which any field is ``lithium`` (it is not a composition and is not
    returned; of several rows that with the lowest energy counts), or, where ``lithium`` is a quantity like ``"-1.90 eV"``, that
    value. Lines that begin with ``#`` are comments.

    With formation energies, :math:`E_f = E - (1-x)E(0) - xE(1)`, the mean voltage :math:`\bar U` from x = 0 to 1 restores the
    slope that they have lost: :math:`E - xE_\mathrm{Li} - E(0) = E_f - xzF\bar U`, where :math:`z` is the ion's charge.

    Parameters
    ----------
    degeneracy_column
        Number of arrangements that each structure stands for.
    ensemble_columns
        What the names of the ensemble's columns begin with (``"E_beef_"``): the same energy by each member, at least two, in
        the file's order, labelled by their columns. Columns that another argument names are none of them. Lithium metal's row
        has members too, each subtracted from its own; where its energy is a quantity, all members share it.
    ensemble_unit
        The members' unit, that of ``energy_column`` if not given.
    energy_of
        What energies and volumes are of: ``"site"``, or ``"cell"`` to divide them by ``sites_column``.
    sites_column
        Number of lithium sites in the cell, filled or not; in lithium metal's row the number of its atoms.
    formation_voltage
        Mean voltage against lithium metal (``"3.9 V"``, or a number in volts), where the columns hold formation energies. It
        counts for all members of an ensemble. Lithium metal's energy is then neither needed nor used.
    ion
        Symbol of the ion that goes in and out, to whose sites, charge and metal all of this applies; the metal's row of sodium
        is ``"Na_metal"`` if ``lithium`` does not name another.

    Raises
    ------
    ValueError
        Naming file and line: a column is missing, x lies outside [0, 1], a number is not one, a degeneracy or number of sites
        is not positive, lithium metal's energy is not there, or the file is cut off. Naming the file: options that do not go
        together, or energies of the end members that are no formation energies.
    """
    path = existing(path)
    _check_options(path, energy_of, sites_column, ensemble_columns, ensemble_unit)
    lithium = metal_row(lithium, check_ion(path, ion))
    optional = (volume_column, converged_column, degeneracy_column, sites_column)
    wanted = [x_column, energy_column, structure_column, *(c for c in optional if c)]
    rows = read_rows(path, wanted, "name the right one with x_column, energy_column, structure_column, …")
    members = _members(path, ensemble_columns, wanted) if ensemble_columns is not None else []
    hosts = [(line, row) for line, row in rows if lithium not in row.values()]
    if not hosts:
        raise ValueError(f"{path}: no structure beside lithium metal; add the host's, or copy the file again if it is cut off")
    x = _occupied(path, hosts, x_column)
    units = _energy_units(path, energy_column, members, ensemble_unit)
    energies = _per_site(path, hosts, units, sites_column)
    if formation_voltage is not None:
        per_ion: float | Array = -potential_per_volt(path, ion) * _voltage(formation_voltage, f"{path}: formation_voltage")
        _check_formation(path, x, energies[:, 0], energy_column)
    else:
        per_ion = _lithium_energy(path, rows, lithium, units, sites_column, ion)
    energies -= x[:, None] * per_ion
    return EnergyTable(
        label=label or unpacked_name(path).stem,
        x=x,
        energy=energies[:, 0],
        structure=tuple(row[structure_column] for _, row in hosts),
        converged=_converged(path, hosts, converged_column),
        volume=_volumes(path, hosts, volume_column, sites_column),
        provenance=fingerprint(path) | (_converted(sites_column) if sites_column else {}),
        degeneracy=read_column(path, hosts, degeneracy_column, positive=True) if degeneracy_column else None,
        ensemble=energies[:, 1:] if members else None,
        members=tuple(members),
        ion=ion,
    )


def _converted(sites_column: str) -> dict[str, str]:
    """Entry of the provenance of energies and volumes of cells."""
    return conversion(Extent.SIMULATION_CELL, Extent.SITE, f"column {sites_column!r}")


def metal_row(given: str, ion: str) -> str:
    """Name of the metal's row: the one that is given, or for the usual one that of the ion."""
    return f"{ion}_metal" if given == METAL_ROW else given


def _energy_units(path: Path, energy_column: str, members: list[str], ensemble_unit: str | None) -> dict[str, float]:
    """SI values of the units of the energies' column and of the ensemble's, by column."""
    unit = column_unit(energy_column, "energy", str(path))
    ensemble = unit_factor(ensemble_unit, "energy", f"{path}: ensemble_unit") if ensemble_unit else unit
    return {energy_column: unit} | dict.fromkeys(members, ensemble)


def _volumes(path: Path, rows: Rows, column: str | None, sites_column: str | None) -> Array | None:
    """Volumes per site [m3.mol-1] (n_row,), if a column holds them."""
    if column is None:
        return None
    return _per_site(path, rows, {column: column_unit(column, "volume", str(path))}, sites_column)[:, 0]


def _converged(path: Path, rows: Rows, column: str | None) -> NDArray[np.bool_]:
    """Convergence of each structure's relaxation (n_row,); True for all unless a column holds it."""
    if column is None:
        return np.ones(len(rows), dtype=bool)
    return np.array([_flag(row[column], path, line, column) for line, row in rows])


def _occupied(path: Path, rows: Rows, column: str) -> Array:
    """Occupied fractions (n_row,), rounding errors beyond 0 and 1 taken off; ``ValueError`` naming the line of one outside."""
    x = read_column(path, rows, column)
    for (line, _), value in zip(rows, x, strict=True):
        if not -FRACTION_ROUNDING <= value <= 1 + FRACTION_ROUNDING:
            raise ValueError(
                f"{path}, line {line}: x = {value:.10g} lies outside [0, 1]; "
                "x is the occupied fraction of lithium sites, rescale the column"
            )
    return np.clip(x, 0.0, 1.0)


def _check_options(path: Path, energy_of: str, sites: str | None, ensemble: str | None, unit: str | None) -> None:
    """Raise ``ValueError`` where one option needs or contradicts another."""
    if energy_of not in ("site", "cell"):
        raise ValueError(f"{path}: energy_of is {energy_of!r}; write 'site' or 'cell'")
    if energy_of == "cell" and not sites:
        raise ValueError(f"{path}: energies of a cell need its number of lithium sites; name their column with sites_column")
    if energy_of == "site" and sites:
        raise ValueError(
            f"{path}: sites_column is {sites!r}, but energies are per site; leave it out, or set energy_of = 'cell'"
        )
    if unit and ensemble is None:
        raise ValueError(f"{path}: ensemble_unit is {unit!r} without an ensemble; name its columns with ensemble_columns")


def _members(path: Path, prefix: str, taken: list[str]) -> list[str]:
    """Columns that begin with ``prefix`` and that no other argument has named, in the file's order."""
    header = read_header(path)
    members = [column for column in header if column.startswith(prefix) and column not in taken]
    if len(members) < 2:
        raise ValueError(
            f"{path}: {len(members)} column(s) beginning with {prefix!r} (found {', '.join(header)}), "
            "an ensemble has at least two; correct ensemble_columns"
        )
    check_header(path, members, header, "")
    return members


def _per_site(path: Path, rows: Rows, units: dict[str, float], sites_column: str | None) -> Array:
    """Columns in SI (n_row, n_column), over the number of sites where they are of a cell."""
    values = np.column_stack([unit * read_column(path, rows, column) for column, unit in units.items()])
    if not sites_column:
        return values
    per_site = values / read_column(path, rows, sites_column, positive=True)[:, None]
    if not (np.abs(per_site) < LARGEST_NUMBER**2).all():
        raise ValueError(f"{path}: column {sites_column!r} has so few sites that energies per site are not finite; correct it")
    return per_site


def _lithium_energy(
    path: Path, rows: Rows, lithium: str, units: dict[str, float], sites_column: str | None, ion: str
) -> float | Array:
    """The metal's energy [J.mol-1], of each of the columns in ``units`` (n_column,) where the table has rows of it.

    Of several rows it is that with the lowest energy in the first column.
    """
    metal = [pair for pair in rows if lithium in pair[1].values()]
    if metal:
        energies = _per_site(path, metal, units, sites_column)
        return energies[np.argmin(energies[:, 0])]
    if any(character.isdigit() for character in lithium):
        return parse_quantity(lithium, "energy", f"{path}: lithium")
    metal_name = "lithium" if ion == "Li" else ion
    raise ValueError(f"{path}: no row of {metal_name} metal ({lithium!r}); add one, or give its energy (lithium = '-1.90 eV')")


def _voltage(given: float | str, where: str) -> float:
    """A voltage [V] from text with a unit or from a number in volts."""
    volts = parse_quantity(given, "voltage", where) if isinstance(given, str) else float(given)
    if not abs(volts) < LARGEST_NUMBER:
        raise ValueError(f"{where}: {given!r} is not a finite number; give the mean voltage like '3.9 V'")
    return volts


def _check_formation(path: Path, x: Array, energy: Array, column: str) -> None:
    """Raise ``ValueError`` where an end member's energy is far from the zero that its formation energy is."""
    for end in (0.0, 1.0):
        lowest = energy[x == end].min(initial=np.inf)
        if np.isfinite(lowest) and abs(lowest) > LARGEST_FORMATION_ENERGY:
            raise ValueError(
                f"{path}: {column!r} is {lowest / EV:.3g} eV per site at x = {end:g}, where a formation energy is 0; "
                "subtract the end members' energies, or leave formation_voltage out"
            )


def _flag(text: str, path: Path, line: int, column: str) -> bool:
    if text.strip().lower() not in TRUTH_VALUES:
        raise ValueError(f"{path}, line {line}: {column!r} is {text!r}; write true or false")
    return TRUTH_VALUES[text.strip().lower()]
