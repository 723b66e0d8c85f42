"""One electrode: its free energy or measured curve, its site density, its mobility."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from a2c_pybamm import study as schema
from a2c_pybamm.data import EnergyTable
from a2c_pybamm.derivation.free_energy import free_energy_estimates, read_tables
from a2c_pybamm.derivation.hops import members, mobility_estimates
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators import declare, fit_site_volume
from a2c_pybamm.laws import FreeEnergy, SiteDensity, TwoPhase
from a2c_pybamm.parameter_set import Attachment, StoichiometryMap, measured_ocp
from a2c_pybamm.readers.source_file import naming

BRANCHES: tuple[Literal["lithiation"], Literal["delithiation"]] = ("lithiation", "delithiation")


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
        tables = read_tables(electrode.free_energy)
        law, estimates = free_energy_estimates(
            electrode.material, study.temperature, electrode.free_energy, tables, parts.notes
        )
        parts.estimates += estimates
        if electrode.site_density:
            density = SiteDensity(electrode.material)
            volumes = {}
            for file, table in tables.items():
                if isinstance(table, EnergyTable):
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
    if electrode.free_energy and electrode.free_energy.phases == "hysteresis" and isinstance(law, TwoPhase):
        for branch in BRANCHES:
            own = TwoPhase(law.free_energy, law.gaps, branch)
            parts.attach[f"{name} electrode {branch} OCP [V]"] = Attachment(own, "open_circuit_voltage", sto)
    parts.attach[f"{name} electrode OCP entropic change [V.K-1]"] = Attachment(law, "entropic_change", sto)
    if electrode.mobility:
        mobility, estimates = mobility_estimates(electrode.material, study.temperature, electrode.mobility, law, parts.notes)
        parts.estimates += estimates
        parts.attach[f"{name} particle diffusivity [m2.s-1]"] = Attachment(mobility, "chemical_diffusivity", sto)
