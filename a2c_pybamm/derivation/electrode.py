"""One electrode: its free energy or measured curve, its site density, its mobility."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from a2c_pybamm import study as schema
from a2c_pybamm.constants import STANDARD_TEMPERATURE
from a2c_pybamm.data import EnergyTable
from a2c_pybamm.derivation.conduction import add_conduction
from a2c_pybamm.derivation.hops import members, mobility_estimates
from a2c_pybamm.derivation.host_data import Table, read_tables
from a2c_pybamm.derivation.host_free_energy import free_energy_estimates, stand_in_law
from a2c_pybamm.derivation.set_content import SetContent
from a2c_pybamm.estimators import declare, fit_site_volume
from a2c_pybamm.laws import FreeEnergy, SiteDensity, TwoPhase
from a2c_pybamm.parameter_set import Attachment, BaseSet, StoichiometryMap, measured_ocp

BRANCHES: tuple[Literal["lithiation"], Literal["delithiation"]] = ("lithiation", "delithiation")


def add_electrode(
    content: SetContent,
    study: schema.Study,
    base: str | BaseSet | None,
    side: str,
    electrode: schema.Electrode,
    mistakes: schema.Mistakes,
) -> None:
    """Add one electrode's estimates and attachments; errors of invalid entries are added to the mistakes."""
    sto, material = StoichiometryMap(), side  # files are read also where the material's name is invalid
    with mistakes.collect(), open_prefix(content, ""):
        material = electrode.material
    with mistakes.collect():
        sto = StoichiometryMap(electrode.stoichiometry.offset, electrode.stoichiometry.slope)
    with mistakes.collect("conduction"), open_prefix(content, f"{material} "):
        if electrode.conduction:
            add_conduction(content, side, material, electrode.conduction)
    with suppress(schema.NotGiven):
        alone = (
            electrode.conduction,
            electrode.kinetics,
            electrode.mechanics,
            electrode.thermal,
            electrode.transport_efficiency,
        )
        if any(alone) and not electrode.names_host:
            return  # charge transfer is added when all voltages are known; mechanics, heat and porous layers after the hosts
    law: FreeEnergy | None = None
    with mistakes.collect():
        if electrode.free_energy:
            law = _add_free_energy(content, study, side, electrode, material, electrode.free_energy, mistakes)
        elif electrode.measured_ocp:
            law = _add_measured_ocp(content, base, side, material, electrode.measured_ocp, sto)
        else:
            raise schema.NotGiven("free_energy")
    if law is None:
        law = _placeholder_law(content, study, material, electrode)
    with mistakes.collect():
        _attach_potential(content, side.capitalize(), electrode, law, sto)
    with mistakes.collect(), open_prefix(content, f"{material} "):
        if electrode.mobility:
            mobility, estimates = mobility_estimates(study, material, electrode.mobility, law, content.notes, mistakes)
            content.estimates += estimates
            key = f"{side.capitalize()} particle diffusivity [m2.s-1]"
            content.attach[key] = Attachment(mobility, "chemical_diffusivity", sto)


@contextmanager
def open_prefix(content: SetContent, beginning: str) -> Iterator[None]:
    """Context; where it needs an entry that is not given, names with this beginning are unknown."""
    try:
        yield
    except schema.NotGiven:
        content.open_prefixes.add(beginning)
        raise


def _placeholder_law(content: SetContent, study: schema.Study, material: str, electrode: schema.Electrode) -> FreeEnergy:
    """A law in the place of one that cannot be made; where its names are unknown too, all that begin with the material are."""
    temperature = STANDARD_TEMPERATURE
    with suppress(schema.NotGiven):
        temperature = study.temperature
    with suppress(schema.NotGiven):
        if entry := electrode.free_energy:
            if entry.law_from_data:
                content.open_prefixes.add(f"{material} ")
            return stand_in_law(material, temperature, entry)
    content.open_prefixes.add(f"{material} ")
    return stand_in_law(material, temperature, None)


def _attach_potential(
    content: SetContent, name: str, electrode: schema.Electrode, law: FreeEnergy, sto: StoichiometryMap
) -> None:
    """Attach a host's voltage, its branches where it has any, and its entropic change."""
    content.attach[f"{name} electrode OCP [V]"] = Attachment(law, "open_circuit_voltage", sto)
    content.attach[f"{name} electrode OCP entropic change [V.K-1]"] = Attachment(law, "entropic_change", sto)
    if electrode.free_energy and schema.phase_treatment(electrode.free_energy) == "hysteresis" and isinstance(law, TwoPhase):
        for branch in BRANCHES:
            of_branch = TwoPhase(law.free_energy, law.gaps, branch)
            content.attach[f"{name} electrode {branch} OCP [V]"] = Attachment(of_branch, "open_circuit_voltage", sto)


def _add_free_energy(
    content: SetContent,
    study: schema.Study,
    side: str,
    electrode: schema.Electrode,
    material: str,
    entry: schema.FreeEnergy,
    mistakes: schema.Mistakes,
) -> FreeEnergy | None:
    """Law of a host's free energy; its estimates, and that of its site density, are added."""
    law: FreeEnergy | None = None
    tables: dict[Path, Table] = {}
    with mistakes.collect():
        content.tables[side] = tables = read_tables(entry, mistakes)
    with mistakes.collect():
        law, estimates = free_energy_estimates(study, material, entry, tables, content.notes, mistakes)
        content.estimates += estimates
    with mistakes.collect(), open_prefix(content, f"{material} "):
        if electrode.site_density:
            density = SiteDensity(material)
            content.attach[f"Maximum concentration in {side} electrode [mol.m-3]"] = Attachment(
                density, "maximum_concentration"
            )
            _add_site_volume(content, study, entry, density, tables, mistakes)
    return law


def _add_site_volume(
    content: SetContent,
    study: schema.Study,
    entry: schema.FreeEnergy,
    density: SiteDensity,
    tables: Mapping[Path, Table],
    mistakes: schema.Mistakes,
) -> None:
    """Add the estimate of the volume per site, where all tables of energies give it."""
    volumes = {}
    for file, table in tables.items():
        if isinstance(table, EnergyTable) and not mistakes.has_error_at(file):
            with mistakes.collect(file):
                volumes[table.label] = fit_site_volume(table, density)
    if volumes and len(volumes) == len(entry.energies):
        content.estimates.append(members(volumes, study))


def _add_measured_ocp(
    content: SetContent, base: str | BaseSet | None, side: str, material: str, entry: schema.MeasuredOCP, sto: StoichiometryMap
) -> FreeEnergy:
    """Law of the base set's measured curve; the estimate of its error is added."""
    if base is None:
        raise schema.NotGiven("base")
    curve = measured_ocp(base, side, material, stoichiometry=sto, theta_min=entry.theta_min, ion=entry.ion)
    content.notes[f"{material} measured OCP"] = (
        f"{base}'s curve; floor Θ >= {curve.theta_min:g} "
        + (f"used over {curve.floored:.2%} of the range" if curve.floored else "nowhere used")
        + (f", voltage moved by at most {1e3 * curve.moved:.2g} mV" if curve.moved > 1e-6 else ", voltage not moved")
    )
    source = f"{material} OCP (measured)"
    content.estimates.append(declare(curve.names, [0.0], std=[entry.offset_std], source=source, reason=entry.reason))
    return curve
