"""One electrode: its free energy or measured curve, its site density, its mobility."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from a2c_pybamm import study as schema
from a2c_pybamm.data import EnergyTable
from a2c_pybamm.derivation.free_energy import free_energy_estimates, read_tables, stand_in_law
from a2c_pybamm.derivation.hops import members, mobility_estimates
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators import declare, fit_site_volume
from a2c_pybamm.laws import FreeEnergy, SiteDensity, TwoPhase
from a2c_pybamm.parameter_set import Attachment, StoichiometryMap, measured_ocp

BRANCHES: tuple[Literal["lithiation"], Literal["delithiation"]] = ("lithiation", "delithiation")


@dataclass
class Parts:
    """What the electrodes add up to."""

    estimates: list[Estimate] = field(default_factory=list)
    attach: dict[str, Attachment] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)


def add_electrode(
    parts: Parts, study: schema.Study, base: str, side: str, electrode: schema.Electrode, mistakes: schema.Mistakes
) -> None:
    """Add one electrode's estimates and attachments; what cannot be used is among the mistakes."""
    sto = StoichiometryMap()
    with mistakes.collect():
        sto = StoichiometryMap(electrode.stoichiometry.offset, electrode.stoichiometry.slope)
    name = side.capitalize()
    law: FreeEnergy | None = None
    if electrode.free_energy:
        law = _add_free_energy(parts, study, side, electrode, electrode.free_energy, mistakes)
    elif electrode.measured_ocp:
        with mistakes.collect():
            law = _add_measured_ocp(parts, base, side, electrode.material, electrode.measured_ocp, sto)
    if law is None:
        law = stand_in_law(electrode.material, study.temperature, electrode.free_energy)
    parts.attach[f"{name} electrode OCP [V]"] = Attachment(law, "open_circuit_voltage", sto)
    if electrode.free_energy and electrode.free_energy.phases == "hysteresis" and isinstance(law, TwoPhase):
        for branch in BRANCHES:
            own = TwoPhase(law.free_energy, law.gaps, branch)
            parts.attach[f"{name} electrode {branch} OCP [V]"] = Attachment(own, "open_circuit_voltage", sto)
    parts.attach[f"{name} electrode OCP entropic change [V.K-1]"] = Attachment(law, "entropic_change", sto)
    if electrode.mobility:
        with mistakes.collect():
            mobility, estimates = mobility_estimates(
                electrode.material, study.temperature, electrode.mobility, law, parts.notes, mistakes
            )
            parts.estimates += estimates
            parts.attach[f"{name} particle diffusivity [m2.s-1]"] = Attachment(mobility, "chemical_diffusivity", sto)


def _add_free_energy(
    parts: Parts,
    study: schema.Study,
    side: str,
    electrode: schema.Electrode,
    entry: schema.FreeEnergy,
    mistakes: schema.Mistakes,
) -> FreeEnergy | None:
    """The law of a host's free energy; its estimates, and that of its site density, are added."""
    law: FreeEnergy | None = None
    tables = read_tables(entry, mistakes)
    with mistakes.collect():
        law, estimates = free_energy_estimates(electrode.material, study.temperature, entry, tables, parts.notes, mistakes)
        parts.estimates += estimates
    if electrode.site_density:
        density = SiteDensity(electrode.material)
        volumes = {}
        for file, table in tables.items():
            if isinstance(table, EnergyTable) and not mistakes.blames(file):
                with mistakes.collect(file):
                    volumes[table.label] = fit_site_volume(table, density)
        if volumes and len(volumes) == len(entry.energies):
            parts.estimates.append(members(volumes))
        parts.attach[f"Maximum concentration in {side} electrode [mol.m-3]"] = Attachment(density, "maximum_concentration")
    return law


def _add_measured_ocp(
    parts: Parts, base: str, side: str, material: str, entry: schema.MeasuredOCP, sto: StoichiometryMap
) -> FreeEnergy:
    """The base set's own curve as a law; its error is added."""
    curve = measured_ocp(base, side, material, stoichiometry=sto, theta_min=entry.theta_min)
    parts.notes[f"{material} measured OCP"] = (
        f"{base}'s curve; floor Θ >= {curve.theta_min:g} "
        + (f"used over {curve.floored:.2%} of the range" if curve.floored else "nowhere used")
        + (f", voltage moved by at most {1e3 * curve.moved:.2g} mV" if curve.moved > 1e-6 else ", voltage not moved")
    )
    source = f"{material} OCP (measured)"
    parts.estimates.append(declare(curve.names, [0.0], std=[entry.offset_std], source=source, reason=entry.reason))
    return curve
