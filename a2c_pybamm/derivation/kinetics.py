"""Charge transfer of one electrode: tables of barriers in, coefficients of a law out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from scipy.special import ndtr

from a2c_pybamm import study as schema
from a2c_pybamm.constants import FARADAY
from a2c_pybamm.data import ChargeTransferBarriers, PotentialScale, SurfaceSites
from a2c_pybamm.derivation.electrode import open_prefix
from a2c_pybamm.derivation.hops import given, members
from a2c_pybamm.derivation.runs import POOR_FIT_P
from a2c_pybamm.derivation.set_content import SetContent
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators import BarrierModel, fit_charge_transfer, reorganization_energy_declared, step_potentials
from a2c_pybamm.laws import ButlerVolmer, FreeEnergy, Marcus, MarcusHushChidsey, Reorganizing, TwoPhase
from a2c_pybamm.parameter_set import StoichiometryMap, kinetics_attachments
from a2c_pybamm.readers import read_charge_transfer_barriers, read_surface_sites

LAWS: dict[schema.KineticsLaw, type[ButlerVolmer | Marcus | MarcusHushChidsey]] = {
    "butler-volmer": ButlerVolmer,
    "marcus": Marcus,
    "marcus-hush-chidsey": MarcusHushChidsey,
}
"""Law by its name in a study."""


def add_kinetics(
    content: SetContent,
    study: schema.Study,
    side: Literal["negative", "positive"],
    electrode: schema.Electrode,
    hosts: Sequence[Estimate],
    mistakes: schema.Mistakes,
) -> None:
    """Add the estimate and attachments of one electrode's charge transfer; ``hosts`` give the coefficients of its voltage."""
    with open_prefix(content, f"{electrode.material} "):
        entry = electrode.kinetics
    if entry is None:
        return
    before, of_kinetics = len(mistakes), mistakes.at("kinetics")
    sites, tables = None, {}
    with of_kinetics.collect():
        sites = _sites(entry.sites, electrode.material)
    for k, table in enumerate(entry.barriers, 1):
        with of_kinetics.collect(f"barriers[{k}]"):
            tables[table.label] = _barriers(table, entry.composition)
    with of_kinetics.collect(), open_prefix(content, f"{electrode.material} "):
        content.open_sources |= {table.scale_source for table in entry.barriers if table.scale_source}
        host = _host(content, side)
        law = LAWS[entry.law](
            electrode.material,
            host if entry.activity == "host" else None,
            entry.composition,
            entry.standard_concentration,
            study.temperature,
        )
        sto = electrode.stoichiometry
        content.attach |= kinetics_attachments(law, side, StoichiometryMap(sto.offset, sto.slope))
        if sites is None or len(mistakes) > before:
            return
        fits = {}
        for label, data in tables.items():
            with of_kinetics.collect(given(next(t.file for t in entry.barriers if t.label == label))):
                fits[label] = _fit(data, law, entry, sites, host, hosts, of_kinetics)
        if len(fits) < len(tables):
            return
        estimate = members(fits, study)
        content.estimates.append(estimate)
        content.notes[law.stem] = _in_words(estimate, law, fits)


def _host(content: SetContent, side: str) -> FreeEnergy | None:
    """Law of an electrode's voltage; None where the base set gives that."""
    attachment = content.attach.get(f"{side.capitalize()} electrode OCP [V]")
    return attachment.law if attachment and isinstance(attachment.law, FreeEnergy) else None


def _sites(entry: schema.SurfaceSitesEntry, material: str) -> SurfaceSites:
    """Sites of the surface, declared or counted on a slab."""
    if entry.slab:
        return read_surface_sites(entry.slab, species=entry.species, depth=entry.depth, label=material)
    return SurfaceSites(material, given(entry.density), {"declared": "sites per area"})


def _barriers(entry: schema.BarrierTable, composition: float) -> ChargeTransferBarriers:
    """One method's table."""

    def energy(value: float | None) -> str | None:
        return None if value is None else f"{value!r} J/mol"

    return read_charge_transfer_barriers(
        entry.file,
        label=entry.label,
        scale=entry.scale,
        potential_column=entry.potential_column,
        reduction_column=entry.reduction_column,
        oxidation_column=entry.oxidation_column,
        temperature_column=entry.temperature_column,
        temperature=None if entry.temperature is None else f"{entry.temperature!r} K",
        std_column=entry.std_column,
        std=energy(entry.std),
        saddle_std=energy(entry.saddle_std),
        quantity=entry.quantity,
        composition=composition,
        scale_std=None if entry.scale_std is None else f"{entry.scale_std!r} V",
        scale_source=entry.scale_source or "",
    )


def _fit(
    data: ChargeTransferBarriers,
    law: ButlerVolmer | Marcus | MarcusHushChidsey,
    entry: schema.Kinetics,
    sites: SurfaceSites,
    host: FreeEnergy | None,
    hosts: Sequence[Estimate],
    mistakes: schema.Mistakes,
) -> Estimate:
    """Coefficients of one method's barriers."""
    equilibrium, reorganization = None, None
    if data.scale is PotentialScale.LITHIUM:
        equilibrium = _equilibrium(data, given(host), hosts, mistakes)
    if entry.reorganization_energy and isinstance(law, Reorganizing):
        declared = entry.reorganization_energy
        reorganization = reorganization_energy_declared(
            law,
            declared.value / FARADAY,
            declared.std / FARADAY,
            source=f"{law.stem} reorganization energy (declared)",
            reason=declared.reason,
        )
    entropy = entry.activation_entropy
    return fit_charge_transfer(
        data,
        law,
        sites=sites,
        sites_std_ln=entry.sites.std_ln,
        source=f"{law.stem} barriers",
        equilibrium=equilibrium,
        activation_entropy=(entropy.value, entropy.std) if entropy else None,
        reorganization=reorganization,
        accept_form_error=entry.accept_form_error,
    )


def _equilibrium(
    data: ChargeTransferBarriers, host: FreeEnergy, hosts: Sequence[Estimate], mistakes: schema.Mistakes
) -> Estimate:
    """Potential of one event at the temperatures of the barriers; of a host with plateaus that of its single phase.

    Raises
    ------
    NotGiven
        If the host's coefficients are missing because something is wrong with them.
    """
    single = host.free_energy if isinstance(host, TwoPhase) else host
    derived = {name for estimate in hosts for name in estimate.names}
    if len(mistakes) and set(single.names) - derived:
        raise schema.NotGiven("free_energy")
    return step_potentials(single, hosts, data.composition, data.temperatures)


def _in_words(estimate: Estimate, law: ButlerVolmer | Marcus | MarcusHushChidsey, fits: dict[str, Estimate]) -> str:
    """Rate constant, form, and quality of the fits, in words."""
    value = dict(zip(estimate.names, zip(estimate.mean, estimate.std, strict=True), strict=True))
    rate, rate_std = value[law.rate_name]
    form, form_std = value[law.form_names[0]]
    if isinstance(law, Reorganizing):
        shape = f"reorganization energy {np.exp(form):.3g} eV (std of ln {form_std:.2g})"
    else:
        outside = float(ndtr(-form / form_std) + ndtr((form - 1) / form_std)) if form_std else 0.0
        shape = f"cathodic transfer coefficient {form:.3g} ± {form_std:.2g}"
        likely = BarrierModel().least_significance * form_std > min(form, 1 - form)
        shape += f", outside 0 to 1 in {outside:.1%} of draws, which no cell has" if likely else ""
    text = f"k0 = {np.exp(rate):.3g} mol.m-2.s-1 at {law.reference_temperature:g} K (std of ln {rate_std:.2g}), {shape}"
    return "; ".join([text, *(_fit_in_words(label, fit) for label, fit in fits.items())])


def _fit_in_words(label: str, fit: Estimate) -> str:
    """Quality of one method's fit, in words."""
    report = fit.provenance["fit"]
    low, high = report["overpotentials [V]"]
    text = f"{label}: {report['barriers']} barriers at η = {low:.3g} to {high:.3g} V"
    if "chi-squared p-value" in report:
        p = report["chi-squared p-value"]
        text += f", χ² {report['chi-squared']:.3g} for {report['degrees of freedom']} degrees of freedom (p = {p:.2g})"
        text += ", the barriers scatter by more than their errors" if p < POOR_FIT_P else ""
    if "curvature z-score" in report:
        curvature, std = report["curvature over that of two parabolas"], report["its std"]
        text += f", curvature {curvature:.2g} ± {std:.2g} of two parabolas'"
    if "detailed balance p-value" in report:
        text += f", detailed balance p = {report['detailed balance p-value']:.2g}"
    return text if low <= 0 <= high else f"{text}; equilibrium is an extrapolation"
