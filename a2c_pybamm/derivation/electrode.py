"""One electrode: its free energy or measured curve, its site density, its mobility."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from a2c_pybamm import study as schema
from a2c_pybamm.data import EnergyTable
from a2c_pybamm.derivation.hops import given, members, mobility_estimates
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators import choose_order, declare, fit_free_energy, fit_site_volume, harmonic_entropy, leave_one_out
from a2c_pybamm.laws import FreeEnergy, RedlichKister, SiteDensity
from a2c_pybamm.parameter_set import Attachment, StoichiometryMap, measured_ocp
from a2c_pybamm.readers import read_energies, read_hop_frequencies
from a2c_pybamm.readers.source_file import naming

DOUBTFUL_ERROR = 0.2
"""Leave-one-out error [eV per site] above which a table looks as if its energies were of whole cells."""


@dataclass
class Parts:
    """What the electrodes add up to."""

    estimates: list[Estimate] = field(default_factory=list)
    attach: dict[str, Attachment] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)


def add_electrode(parts: Parts, study: schema.Study, side: str, electrode: schema.Electrode) -> None:
    """Add one electrode's estimates and attachments."""
    sto = StoichiometryMap(electrode.stoichiometry.offset, electrode.stoichiometry.slope)
    name = side.capitalize()
    law: FreeEnergy | None = None
    if electrode.free_energy:
        tables = {entry.file: _table(entry) for entry in electrode.free_energy.energies}
        law = _free_energy(parts, study.temperature, electrode, electrode.free_energy, tables)
        if electrode.site_density:
            density = SiteDensity(electrode.material)
            volumes = {}
            for file, table in tables.items():
                with naming(file):
                    volumes[table.label] = fit_site_volume(table, density)
            parts.estimates.append(members(volumes))
            parts.attach[f"Maximum concentration in {side} electrode [mol.m-3]"] = Attachment(density, "maximum_concentration")
    elif electrode.measured_ocp:
        curve = measured_ocp(
            study.base, side, electrode.material, stoichiometry=sto, theta_min=electrode.measured_ocp.theta_min
        )
        parts.notes[f"{electrode.material} measured OCP"] = (
            f"{study.base}'s curve; floor Θ >= {curve.theta_min:g} "
            + (f"used over {curve.floored:.2%} of the range" if curve.floored else "nowhere used")
            + (f", voltage moved by at most {1e3 * curve.moved:.2g} mV" if curve.moved > 1e-6 else ", voltage not moved")
        )
        parts.estimates.append(
            declare(
                curve.names,
                [0.0],
                std=[electrode.measured_ocp.offset_std],
                source=f"{electrode.material} OCP (measured)",
                reason=electrode.measured_ocp.reason,
            )
        )
        law = curve
    if law is None:
        return
    parts.attach[f"{name} electrode OCP [V]"] = Attachment(law, "open_circuit_voltage", sto)
    parts.attach[f"{name} electrode OCP entropic change [V.K-1]"] = Attachment(law, "entropic_change", sto)
    if electrode.mobility:
        mobility, estimates = mobility_estimates(electrode.material, electrode.mobility, law)
        parts.estimates += estimates
        parts.attach[f"{name} particle diffusivity [m2.s-1]"] = Attachment(mobility, "chemical_diffusivity", sto)


def _table(entry: schema.EnergyFile) -> EnergyTable:
    return read_energies(
        entry.file,
        label=entry.label,
        x_column=entry.x_column,
        energy_column=entry.energy_column,
        structure_column=entry.structure_column,
        volume_column=entry.volume_column,
        converged_column=entry.converged_column,
        lithium=entry.lithium,
    )


def _scatter(tables: list[EnergyTable], order: int) -> str:
    """How well the law predicts each table's energies left out; a warning where it hardly does."""
    errors = {table.label: leave_one_out(table, order) for table in tables}
    text = "leave-one-out error " + ", ".join(f"{label} {1e3 * error:.2g} meV" for label, error in errors.items())
    doubtful = [label for label, error in errors.items() if error > DOUBTFUL_ERROR]
    hint = f"; {', '.join(doubtful)}: is energy_column per formula unit with one lithium site?" if doubtful else ""
    return text + hint


def _free_energy(
    parts: Parts, temperature: float, electrode: schema.Electrode, entry: schema.FreeEnergy, tables: Mapping[Path, EnergyTable]
) -> RedlichKister:
    """Add the free energy's estimates; the law."""
    order, choice = entry.order, None
    if order == "leave-one-out":
        known = entry.energy_std is not None
        for file, table in tables.items():
            with naming(file):
                choose_order([table], scatter_known=known)  # each by itself first: an error names its file
        choice = choose_order(list(tables.values()), scatter_known=known)
        order = choice.highest
        parts.notes[f"{electrode.material} energies"] = _scatter(list(tables.values()), choice.best)
    law = RedlichKister(electrode.material, order, entry.window, entry.shape, temperature)
    if tables:
        fits = {}
        for file, table in tables.items():
            with naming(file):
                fits[table.label] = fit_free_energy(table, law, energy_std=entry.energy_std, choice=choice)
        fitted = members(fits)
        parts.estimates.append(fitted.select(law.interaction_names) if entry.reference else fitted)
    if entry.reference:
        parts.estimates.append(
            declare(
                [law.voltage_name],
                [entry.reference.mean_voltage],
                std=[entry.reference.std],
                source=f"{electrode.material} reference voltage (declared)",
                reason=entry.reference.reason,
            )
        )
    entropy = entry.vibrational_entropy
    value = entropy.value
    if entropy.frequencies:
        with naming(entropy.frequencies):
            value = harmonic_entropy(read_hop_frequencies(entropy.frequencies), temperature)
    parts.estimates.append(
        declare(
            [law.entropy_name],
            [given(value)],
            std=[entropy.std],
            source=f"{electrode.material} vibrational entropy (declared)",
            reason=entropy.reason,
        )
    )
    return law
