"""A host's data read from their files: energies, chemical potentials, vibrations."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from a2c_pybamm import study as schema
from a2c_pybamm.data import ChemicalPotentials, EnergyTable, ThermalTable, Vibrations
from a2c_pybamm.estimators import harmonic, insertion_potentials
from a2c_pybamm.formatting import abbreviated
from a2c_pybamm.readers import (
    read_chemical_potentials,
    read_energies,
    read_insertion_energies,
    read_structures,
    read_vibrations_of_kind,
)
from a2c_pybamm.readers.source_file import naming
from a2c_pybamm.readers.thermodynamics.energies import METAL_ROW, metal_row
from a2c_pybamm.readers.thermodynamics.structures import NOT_CONVERGED
from a2c_pybamm.readers.units import STATED_TOLERANCE

Table = EnergyTable | ChemicalPotentials
ENDS = (0.0, 1.0)
"""Compositions of the end members."""


def read_tables(entry: schema.FreeEnergy, mistakes: schema.Mistakes) -> dict[Path, Table]:
    """Tables of all methods by file; one that cannot be read is among the mistakes."""
    tables: dict[Path, Table] = {}
    with mistakes.collect():
        for energies in entry.energies:
            with mistakes.collect():
                _add(tables, energies.paths[0], _energies(energies, entry))
    with mistakes.collect():
        for potentials in entry.potentials:
            with mistakes.collect():
                _add(tables, potentials.file, _potentials(potentials, entry))
    return tables


def _add(tables: dict[Path, Table], file: Path, table: Table) -> None:
    """Add a table; ``ValueError`` where its file has one already."""
    if file in tables:
        raise ValueError(f"{file}: read for {tables[file].label} and for {table.label}; give each method a file of its own")
    tables[file] = table


def _energies(entry: schema.EnergyFile, host: schema.FreeEnergy) -> EnergyTable:
    if entry.framework:
        return read_structures(
            entry.paths,
            label=entry.label,
            framework=entry.framework,
            sites_per_framework=entry.sites_per_framework,
            lithium=None if entry.lithium in (METAL_ROW, metal_row(METAL_ROW, host.ion)) else entry.lithium,
            ion=host.ion,
            degeneracy_key=entry.degeneracy_column,
            converged_key=entry.converged_column or "converged",
            format=entry.format,
        )
    return read_energies(
        entry.paths[0],
        label=entry.label,
        x_column=entry.x_column,
        energy_column=entry.energy_column,
        energy_of=entry.energy_of,
        sites_column=entry.sites_column,
        structure_column=entry.structure_column,
        volume_column=entry.volume_column,
        converged_column=entry.converged_column,
        degeneracy_column=entry.degeneracy_column,
        ensemble_columns=entry.ensemble_columns,
        formation_voltage=entry.formation_voltage,
        lithium=entry.lithium,
        ion=host.ion,
    )


def _potentials(entry: schema.PotentialFile, host: schema.FreeEnergy) -> ChemicalPotentials:
    if entry.quantity == "insertion":
        return _inserted(entry, host)
    return read_chemical_potentials(
        entry.file,
        label=entry.label,
        quantity=entry.quantity,
        x_column=entry.x_column,
        potential_column=entry.potential_column,
        std_column=entry.std_column,
        temperature_column=entry.temperature_column,
        temperature=None if entry.temperature is None else f"{entry.temperature!r} K",
        lithium=entry.lithium,
        ion=host.ion,
    )


def note_unconverged(material: str, tables: Mapping[Path, Table], notes: dict[str, Any]) -> None:
    """Note the structures of each table that are not converged, with the cause of each."""
    for table in tables.values():
        if causes := [f"{name} ({cause})" for name, cause in table.provenance.get(NOT_CONVERGED, {}).items()]:
            notes[f"{material} energies of {table.label}"] = f"not converged: {', '.join(abbreviated(causes))}"


def _inserted(entry: schema.PotentialFile, host: schema.FreeEnergy) -> ChemicalPotentials:
    """Potentials of the energies of insertion into a supercell."""
    if entry.sites is None or entry.temperature is None:
        raise schema.NotGiven("sites")
    energies = read_insertion_energies(
        entry.file,
        sites=entry.sites,
        label=entry.label,
        energy_of=entry.energy_of,
        ions_column=entry.ions_column,
        x_column=entry.x_column,
        energy_column=entry.potential_column,
        lithium=entry.lithium,
        ion=host.ion,
    )
    with naming(entry.file):
        return insertion_potentials(
            energies, temperature=entry.temperature, ensemble=entry.ensemble, energy_std=entry.energy_std
        )


def _vibrations(entry: schema.VibrationFile) -> Vibrations | ThermalTable:
    return read_vibrations_of_kind(entry.file, entry.kind, sites=entry.sites, format=entry.format, column=entry.column)


def read_vibrations(
    study: schema.Study, entry: schema.FreeEnergy, mistakes: schema.Mistakes
) -> tuple[dict[float, Vibrations | ThermalTable], Vibrations | ThermalTable | None]:
    """Vibrations of the host by composition, and of lithium metal."""
    host: dict[float, Vibrations | ThermalTable] = {}
    metal = None
    if not isinstance(entry, schema.ExpansionFreeEnergy):
        return host, metal
    with mistakes.collect():
        for file in entry.vibrations:
            with mistakes.collect():
                _read_into(host, study, file, mistakes)
        with mistakes.collect():
            _validate_end_members({file.x: file.file for file in entry.vibrations}, host)
    with mistakes.collect():
        if entry.vibrations and entry.lithium_vibrations:
            with mistakes.collect(entry.lithium_vibrations.file):
                metal = _vibrations(entry.lithium_vibrations)
                harmonic(metal, study.temperature)  # here, where its file is named
    return host, metal


def _validate_end_members(files: Mapping[float, Path], host: Mapping[float, Vibrations | ThermalTable]) -> None:
    """Raise ``ValueError`` where the cells of the end members do not differ by one ion for each site."""
    stated = {x: host[x].provenance for x in ENDS if x in host and "natom" in host[x].provenance}
    if len(stated) < len(ENDS):
        return
    empty, full = (stated[x]["natom"] / stated[x]["sites"] for x in ENDS)
    if abs(full - empty - 1) > STATED_TOLERANCE:
        of_empty, of_full = (f"{stated[x]['natom']} atoms for {stated[x]['sites']:g} sites" for x in ENDS)
        raise ValueError(
            f"{files[1.0]}: {of_full}, and {files[0.0]} has {of_empty}: {full - empty:.6g} ions more for each site, where it "
            "must be one; correct the sites of one"
        )


def _read_into(
    host: dict[float, Vibrations | ThermalTable], study: schema.Study, file: schema.VibrationFile, mistakes: schema.Mistakes
) -> None:
    with mistakes.collect(file.file):
        vibrations = _vibrations(file)
        harmonic(vibrations, study.temperature)  # here, where its file is named
        host[file.x] = vibrations
