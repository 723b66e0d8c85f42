"""Volumes of a crystal from files: static energies and vibrations over volume, volumes over temperature."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from a2c_pybamm.constants import GAS_CONSTANT
from a2c_pybamm.data import IDENTITY, ThermalTable, Vibrations, VibrationsOverVolume, VolumesOverTemperature
from a2c_pybamm.readers.csv_table import read_column, read_rows
from a2c_pybamm.readers.source_file import existing, file_errors, fingerprint, unpacked_name
from a2c_pybamm.readers.thermodynamics.formula import molar_mass, n_atom
from a2c_pybamm.readers.thermodynamics.phonons import (
    MODE_COUNT_TOLERANCE,
    check_sites,
    read_density_of_states,
    read_frequencies,
    read_phonopy,
)
from a2c_pybamm.readers.thermodynamics.thermal import read_thermal
from a2c_pybamm.readers.units import STATED_TOLERANCE, column_unit

VibrationKind = Literal["thermal", "density of states", "frequencies", "phonopy"]
"""Kinds of files of vibrations."""


def read_vibrations_of_kind(
    path: str | Path,
    kind: VibrationKind,
    *,
    sites: float,
    format: Literal["yaml", "csv"] | None = None,
    column: str | None = None,
    formula: str | None = None,
) -> Vibrations | ThermalTable:
    """Vibrations per mole of sites from a file of a kind, by the reader of that kind.

    Parameters
    ----------
    formula
        All atoms for one site. Where given, the atoms that a file states, the number of its modes, or the heat capacity of its
        table are compared with those of the formula.

    Raises
    ------
    ValueError
        If the kind is unknown, the numbers are of more or fewer atoms than the formula's, or for the reasons of that reader.
    """
    if kind == "thermal":
        vibrations: Vibrations | ThermalTable = read_thermal(path, sites=sites, format=format)
    elif kind == "density of states":
        vibrations = read_density_of_states(path, sites=sites)
    elif kind == "phonopy":
        vibrations = read_phonopy(path, sites=sites)
    elif kind == "frequencies":
        vibrations = read_frequencies(path, sites=sites, column=column)
    else:
        raise ValueError(f"{path}: kind is {kind!r}; write 'thermal', 'density of states', 'frequencies' or 'phonopy'")
    if formula is not None:
        _validate_atoms(path, vibrations, sites, formula)
    return vibrations


@file_errors
def read_vibrations_over_volume(
    path: str | Path,
    phonons: Sequence[str | Path],
    *,
    kind: VibrationKind = "thermal",
    sites: float,
    formula: str,
    volume_column: str = "volume_A3",
    energy_column: str = "energy_eV",
    column: str | None = None,
    label: str | None = None,
) -> VibrationsOverVolume:
    """Static energies and vibrations at several volumes, per mole of sites, rows sorted by volume.

    The CSV table has a row for each volume, ``phonons`` a file for each row in the same order; all are of one cell.

    Parameters
    ----------
    phonons
        Files of vibrations: thermal tables (YAML, CSV), densities of states, lists of frequencies or phonopy's force constants.
    sites
        Lithium sites, filled or not, in the cell that volumes, energies and vibrations are of.
    formula
        All atoms for one site, e.g. ``"LiCoO2"``; where a file states its atoms, their number is compared.
    column
        Column of the frequencies, for lists of them.

    Raises
    ------
    ValueError
        Naming the file: no such column, a number is not one, there are more or fewer files than rows, two are the same,
        or a file is of another number of atoms than sites and formula make; or for the reasons of the readers of vibrations.
    """
    path = existing(path)
    check_sites(path, sites)
    rows = read_rows(path, [volume_column, energy_column], "name them with volume_column and energy_column")
    volume = column_unit(volume_column, "volume", str(path)) * read_column(path, rows, volume_column, positive=True) / sites
    energy = column_unit(energy_column, "energy", str(path)) * read_column(path, rows, energy_column) / sites
    if len(phonons) != len(rows):
        raise ValueError(
            f"{path}: {len(rows)} volumes, and {len(phonons)} files of vibrations; give one for each row, in order"
        )
    mass = molar_mass(formula)
    vibrations = [read_vibrations_of_kind(file, kind, sites=sites, column=column, formula=formula) for file in phonons]
    contents = [item.provenance["sha256"] for item in vibrations]
    if twice := next((k for k, content in enumerate(contents) if content in contents[:k]), 0):
        first = contents.index(contents[twice])
        raise ValueError(
            f"{path}: rows {first + 1} and {twice + 1} have the same vibrations ({phonons[first]}, {phonons[twice]}); give "
            "each volume its own, computed there"
        )
    order = np.argsort(volume, kind="stable")
    provenance = {**fingerprint(path), "sites": float(sites), "formula": formula}
    provenance["vibrations"] = [dict(vibrations[k].provenance) for k in order]
    return VibrationsOverVolume(
        label or unpacked_name(path).stem, volume[order], energy[order], tuple(vibrations[k] for k in order), mass, provenance
    )


def _validate_atoms(file: str | Path, vibrations: Vibrations | ThermalTable, sites: float, formula: str) -> None:
    """Raise ``ValueError`` where a file is of another number of atoms than sites of such a formula have."""
    stated, expected = vibrations.provenance.get("natom"), sites * n_atom(formula)
    if stated is not None and abs(stated - expected) > 0.5:
        raise ValueError(
            f"{file}: {stated} atoms in its cell, and {sites:g} sites of {formula} have {expected:g}; correct sites or formula"
        )
    if isinstance(vibrations, ThermalTable):
        capacity, limit = float(vibrations.heat_capacity.max()), len(IDENTITY) * GAS_CONSTANT * n_atom(formula)
        if capacity > (1 + STATED_TOLERANCE) * limit:
            raise ValueError(
                f"{file}: heat capacity {capacity:.4g} J/mol/K for one site, above the {limit:.4g} of all atoms of {formula} "
                "(three gas constants each); correct sites or formula"
            )
        return
    modes = sites * float(vibrations.weight.sum()) / max(1 - vibrations.imaginary, np.finfo(float).eps)
    every = len(IDENTITY) * expected  # a list at the zone centre lacks the three acoustic ones
    if not (1 - MODE_COUNT_TOLERANCE) * (every - len(IDENTITY)) <= modes <= (1 + MODE_COUNT_TOLERANCE) * every:
        raise ValueError(
            f"{file}: {modes:.4g} modes in its cell, and {sites:g} sites of {formula} have {every:g}; correct sites or formula"
        )


@file_errors
def read_volumes(
    path: str | Path,
    *,
    sites: float,
    formula: str,
    temperature_column: str = "T_K",
    volume_column: str = "volume_A3",
    std_column: str | None = None,
    label: str | None = None,
) -> VolumesOverTemperature:
    """Mean volumes over temperature per mole of sites, rows sorted by temperature, from a CSV table.

    Parameters
    ----------
    sites
        Lithium sites, filled or not, in the simulation cell.
    formula
        All atoms for one site, e.g. ``"LiCoO2"``.
    std_column
        Column of the standard deviations of the means, in its own unit (``std_A3``): those of blocks, not of the fluctuations.

    Raises
    ------
    ValueError
        Naming file and line: no such column, a number is not one or not positive, or a temperature occurs twice.
    """
    path = existing(path)
    check_sites(path, sites)
    columns = [temperature_column, volume_column, *([std_column] if std_column else [])]
    rows = read_rows(path, columns, "name them with temperature_column, volume_column and std_column")
    kinds = ("temperature", "volume", "volume")
    temperature, volume, *std = (
        column_unit(name, kind, str(path)) * read_column(path, rows, name, positive=True)
        for name, kind in zip(columns, kinds, strict=False)
    )
    order = np.argsort(temperature, kind="stable")
    provenance = {**fingerprint(path), "sites": float(sites), "formula": formula}
    return VolumesOverTemperature(
        label or unpacked_name(path).stem,
        temperature[order],
        volume[order] / sites,
        molar_mass(formula),
        std[0][order] / sites if std else None,
        provenance,
    )
