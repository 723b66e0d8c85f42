"""One electrode: its free energy or measured curve, its site density, its mobility."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from a2c_pybamm import study as schema
from a2c_pybamm.data import EnergyTable
from a2c_pybamm.derivation.hops import members, mobility_estimates
from a2c_pybamm.derivation.host_data import Table, read_tables
from a2c_pybamm.derivation.host_free_energy import free_energy_estimates, stand_in_law
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators import declare, fit_site_volume
from a2c_pybamm.laws import FreeEnergy, SiteDensity, TwoPhase
from a2c_pybamm.laws.thermodynamics.free_energy import STANDARD_TEMPERATURE
from a2c_pybamm.parameter_set import Attachment, StoichiometryMap, measured_ocp

BRANCHES: tuple[Literal["lithiation"], Literal["delithiation"]] = ("lithiation", "delithiation")


@dataclass
class Parts:
    """What the electrodes add up to."""

    estimates: list[Estimate] = field(default_factory=list)
    attach: dict[str, Attachment] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    """How coefficients may begin that what cannot be used would give or ask for; empty text where any may be."""
    unknown_endings: set[str] = field(default_factory=set)
    """How they may end, whatever key was meant by a misspelt one."""
    unknown_sources: set[str] = field(default_factory=set)
    """The same of sources."""


def add_electrode(
    parts: Parts, study: schema.Study, base: str | None, side: str, electrode: schema.Electrode, mistakes: schema.Mistakes
) -> None:
    """Add one electrode's estimates and attachments; what cannot be used is among the mistakes."""
    sto, material = StoichiometryMap(), side  # whatever the host is called, its files are read
    with mistakes.collect(), _opening(parts, ""):
        material = electrode.material
    with mistakes.collect():
        sto = StoichiometryMap(electrode.stoichiometry.offset, electrode.stoichiometry.slope)
    law: FreeEnergy | None = None
    with mistakes.collect():
        if electrode.free_energy:
            law = _add_free_energy(parts, study, side, electrode, material, electrode.free_energy, mistakes)
        elif electrode.measured_ocp:
            law = _add_measured_ocp(parts, base, side, material, electrode.measured_ocp, sto)
        else:
            raise schema.NotGiven("free_energy")
    if law is None:
        law = _stand_in(parts, study, material, electrode)
    with mistakes.collect():
        _attach_potential(parts, side.capitalize(), electrode, law, sto)
    with mistakes.collect(), _opening(parts, f"{material} "):
        if electrode.mobility:
            mobility, estimates = mobility_estimates(study, material, electrode.mobility, law, parts.notes, mistakes)
            parts.estimates += estimates
            key = f"{side.capitalize()} particle diffusivity [m2.s-1]"
            parts.attach[key] = Attachment(mobility, "chemical_diffusivity", sto)


@contextmanager
def _opening(parts: Parts, beginning: str) -> Iterator[None]:
    """A stretch of code; where it needs what is not given, names with this beginning are unknown."""
    try:
        yield
    except schema.NotGiven:
        parts.unknown.add(beginning)
        raise


def _stand_in(parts: Parts, study: schema.Study, material: str, electrode: schema.Electrode) -> FreeEnergy:
    """A law in the place of one that cannot be made; where it may have other names than the host's own, any are unknown."""
    temperature = STANDARD_TEMPERATURE
    with suppress(schema.NotGiven):
        temperature = study.temperature
    with suppress(schema.NotGiven):
        if electrode.free_energy:
            return stand_in_law(material, temperature, electrode.free_energy)
    parts.unknown.add(f"{material} ")
    return stand_in_law(material, temperature, None)


def _attach_potential(parts: Parts, name: str, electrode: schema.Electrode, law: FreeEnergy, sto: StoichiometryMap) -> None:
    """Attach a host's voltage, its branches where it has any, and its entropic change."""
    parts.attach[f"{name} electrode OCP [V]"] = Attachment(law, "open_circuit_voltage", sto)
    parts.attach[f"{name} electrode OCP entropic change [V.K-1]"] = Attachment(law, "entropic_change", sto)
    if electrode.free_energy and schema.phase_treatment(electrode.free_energy) == "hysteresis" and isinstance(law, TwoPhase):
        for branch in BRANCHES:
            own = TwoPhase(law.free_energy, law.gaps, branch)
            parts.attach[f"{name} electrode {branch} OCP [V]"] = Attachment(own, "open_circuit_voltage", sto)


def _add_free_energy(
    parts: Parts,
    study: schema.Study,
    side: str,
    electrode: schema.Electrode,
    material: str,
    entry: schema.FreeEnergy,
    mistakes: schema.Mistakes,
) -> FreeEnergy | None:
    """The law of a host's free energy; its estimates, and that of its site density, are added."""
    law: FreeEnergy | None = None
    tables: dict[Path, Table] = {}
    with mistakes.collect():
        tables = read_tables(entry, mistakes)
    with mistakes.collect():
        law, estimates = free_energy_estimates(study, material, entry, tables, parts.notes, mistakes)
        parts.estimates += estimates
    with mistakes.collect(), _opening(parts, f"{material} "):
        if electrode.site_density:
            density = SiteDensity(material)
            parts.attach[f"Maximum concentration in {side} electrode [mol.m-3]"] = Attachment(density, "maximum_concentration")
            _add_site_volume(parts, entry, density, tables, mistakes)
    return law


def _add_site_volume(
    parts: Parts, entry: schema.FreeEnergy, density: SiteDensity, tables: Mapping[Path, Table], mistakes: schema.Mistakes
) -> None:
    """Add the estimate of the volume per site, where all tables of energies give it."""
    volumes = {}
    for file, table in tables.items():
        if isinstance(table, EnergyTable) and not mistakes.blames(file):
            with mistakes.collect(file):
                volumes[table.label] = fit_site_volume(table, density)
    if volumes and len(volumes) == len(entry.energies):
        parts.estimates.append(members(volumes))


def _add_measured_ocp(
    parts: Parts, base: str | None, side: str, material: str, entry: schema.MeasuredOCP, sto: StoichiometryMap
) -> FreeEnergy:
    """The base set's own curve as a law; its error is added."""
    if base is None:
        raise schema.NotGiven("base")
    curve = measured_ocp(base, side, material, stoichiometry=sto, theta_min=entry.theta_min)
    parts.notes[f"{material} measured OCP"] = (
        f"{base}'s curve; floor Θ >= {curve.theta_min:g} "
        + (f"used over {curve.floored:.2%} of the range" if curve.floored else "nowhere used")
        + (f", voltage moved by at most {1e3 * curve.moved:.2g} mV" if curve.moved > 1e-6 else ", voltage not moved")
    )
    source = f"{material} OCP (measured)"
    parts.estimates.append(declare(curve.names, [0.0], std=[entry.offset_std], source=source, reason=entry.reason))
    return curve
