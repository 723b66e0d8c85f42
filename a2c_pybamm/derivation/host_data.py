"""A host's data read from their files: energies, chemical potentials, vibrations."""

from __future__ import annotations

from pathlib import Path

from a2c_pybamm import study as schema
from a2c_pybamm.data import ChemicalPotentials, EnergyTable, ThermalTable, Vibrations
from a2c_pybamm.estimators import harmonic, insertion_potentials
from a2c_pybamm.readers import (
    read_chemical_potentials,
    read_density_of_states,
    read_energies,
    read_frequencies,
    read_insertion_energies,
    read_phonopy,
    read_structures,
    read_thermal,
)
from a2c_pybamm.readers.source_file import naming

Table = EnergyTable | ChemicalPotentials


def read_tables(entry: schema.FreeEnergy, mistakes: schema.Mistakes) -> dict[Path, Table]:
    """Tables of all methods by file; one that cannot be read is among the mistakes."""
    tables: dict[Path, Table] = {}
    with mistakes.collect():
        for energies in entry.energies:
            with mistakes.collect():
                tables[energies.file] = _energies(energies)
    with mistakes.collect():
        for potentials in entry.potentials:
            with mistakes.collect():
                tables[potentials.file] = _potentials(potentials)
    return tables


def _energies(entry: schema.EnergyFile) -> EnergyTable:
    if entry.framework:
        return read_structures(
            entry.file,
            label=entry.label,
            framework=entry.framework,
            sites_per_framework=entry.sites_per_framework,
            lithium=None if entry.lithium == "Li_metal" else entry.lithium,
            degeneracy_key=entry.degeneracy_column,
        )
    return read_energies(
        entry.file,
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
    )


def _potentials(entry: schema.PotentialFile) -> ChemicalPotentials:
    if entry.quantity == "insertion":
        return _inserted(entry)
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
    )


def _inserted(entry: schema.PotentialFile) -> ChemicalPotentials:
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
    )
    with naming(entry.file):
        return insertion_potentials(
            energies, temperature=entry.temperature, ensemble=entry.ensemble, energy_std=entry.energy_std
        )


def _vibrations(entry: schema.VibrationFile) -> Vibrations | ThermalTable:
    if entry.kind == "thermal":
        return read_thermal(entry.file, sites=entry.sites)
    if entry.kind == "density of states":
        return read_density_of_states(entry.file, sites=entry.sites)
    if entry.kind == "phonopy":
        return read_phonopy(entry.file, sites=entry.sites)
    return read_frequencies(entry.file, sites=entry.sites, column=entry.column)


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
        if entry.vibrations and entry.lithium_vibrations:
            with mistakes.collect(entry.lithium_vibrations.file):
                metal = _vibrations(entry.lithium_vibrations)
                harmonic(metal, study.temperature)  # here, where its file is named
    return host, metal


def _read_into(
    host: dict[float, Vibrations | ThermalTable], study: schema.Study, file: schema.VibrationFile, mistakes: schema.Mistakes
) -> None:
    with mistakes.collect(file.file):
        vibrations = _vibrations(file)
        harmonic(vibrations, study.temperature)  # here, where its file is named
        host[file.x] = vibrations
