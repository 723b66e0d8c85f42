"""From a study to its parameter set: read, estimate, attach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from a2c_pybamm import __version__
from a2c_pybamm import study as schema
from a2c_pybamm.constants import FARADAY
from a2c_pybamm.data import EnergyTable
from a2c_pybamm.estimate import Estimate, Factor, Joint
from a2c_pybamm.estimators import (
    choose_order,
    combine_members,
    declare,
    fit_arrhenius,
    fit_barrier,
    fit_free_energy,
    fit_site_volume,
    fit_tracer_diffusivity,
    harmonic_entropy,
    highest_image,
    hopping_diffusivity,
    mean_squared_displacement,
    vineyard_frequency,
)
from a2c_pybamm.laws import FreeEnergy, RedlichKister, SiteDensity, VacancyMobility, barrier_name, prefactor_name
from a2c_pybamm.parameter_set import Attachment, ParameterSet, StoichiometryMap, base_values, measured_ocp
from a2c_pybamm.readers import read_energies, read_hop_frequencies, read_image_energies, read_neb, read_trajectory
from a2c_pybamm.readers.source_file import existing, naming

MODEL_FORM = "potential (model form)"
"""The source that every committee's spread enters: what a potential gets wrong, it gets wrong in all it made."""


NEEDED = (
    "Nominal cell capacity [A.h]",
    "Lower voltage cut-off [V]",
    "Upper voltage cut-off [V]",
    "Reference temperature [K]",
    *(f"{side} electrode {what}" for side in ("Negative", "Positive") for what in ("OCP [V]", "OCP entropic change [V.K-1]")),
    *(f"{side} electrode exchange-current density [A.m-2]" for side in ("Negative", "Positive")),
    *(f"{side} particle diffusivity [m2.s-1]" for side in ("Negative", "Positive")),
    *(f"Maximum concentration in {side} electrode [mol.m-3]" for side in ("negative", "positive")),
    *(f"Initial concentration in {side} electrode [mol.m-3]" for side in ("negative", "positive")),
)
"""What a base set must bring, whatever the laws take the place of."""


@dataclass
class _Parts:
    """What the electrodes add up to."""

    estimates: list[Estimate] = field(default_factory=list)
    attach: dict[str, Attachment] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)


def derive(study: schema.Study) -> ParameterSet:
    """The parameter set of a study: files read, laws fitted, errors joined.

    Raises
    ------
    ValueError
        Naming the file or key: data cannot be read or do not suffice, a declared covariance is not positive semi-definite, a
        coefficient is estimated twice or not at all.
    """
    with naming("base"):
        _check_base(study.base)
    parts = _Parts(notes={"made with": f"a2c_pybamm {__version__}"})
    for side in ("negative", "positive"):
        electrode: schema.Electrode | None = getattr(study, side)
        if electrode:
            with naming(side):
                _electrode(parts, study, side, electrode)
    for k, item in enumerate(study.declared, start=1):
        with naming(f"declared[{k}]"):
            parts.estimates.append(
                declare(
                    item.names, item.values, std=item.std, covariance=item.covariance, source=item.source, reason=item.reason
                )
            )
    _refuse_twice(parts.estimates)
    estimates = _with_systematics(parts.estimates, study.systematic)
    sources = {source for estimate in estimates for source in estimate.factors}
    if unknown := sorted(set(study.independent) - sources):
        raise ValueError(f"independent: no source {unknown[0]!r} (have {', '.join(sorted(sources))}); correct or remove it")
    joint = Joint(estimates, independent=study.independent)
    return ParameterSet(
        study.name, study.base, parts.attach, joint, study.temperature, study.citations, study.title, parts.notes
    )


def _check_base(base: str) -> None:
    """Raise ``ValueError`` unless PyBaMM's set is a full cell with one intercalation material in each electrode."""
    values = base_values(base)
    if missing := [key for key in NEEDED if key not in values]:
        raise ValueError(
            f"{base!r} has no {missing[0]!r}: a half-cell, a composite or no intercalation cell; take a full cell with one "
            "material in each electrode, like Ai2020 or Chen2020"
        )


def _refuse_twice(estimates: list[Estimate]) -> None:
    """Raise ``ValueError`` where two estimates give one coefficient."""
    methods: dict[str, str] = {}
    for estimate in estimates:
        for name in estimate.names:
            if name in methods:
                raise ValueError(
                    f"coefficient {name!r} is given twice ({methods[name]}; {estimate.method}); remove one, "
                    "e.g. its [[declared]]"
                )
            methods[name] = estimate.method


def _electrode(parts: _Parts, study: schema.Study, side: str, electrode: schema.Electrode) -> None:
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
            parts.estimates.append(_members(volumes))
            parts.attach[f"Maximum concentration in {side} electrode [mol.m-3]"] = Attachment(density, "maximum_concentration")
    elif electrode.measured_ocp:
        curve = measured_ocp(
            study.base, side, electrode.material, stoichiometry=sto, theta_min=electrode.measured_ocp.theta_min
        )
        parts.notes[f"{electrode.material} measured OCP"] = (
            f"{study.base}'s curve; floor Θ >= {curve.theta_min:g} used over {curve.floored:.1%} of the range, "
            f"voltage moved by at most {1e3 * curve.moved:.2g} mV"
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
        mobility = _mobility(parts, electrode.material, electrode.mobility, law)
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


def _members(estimates: Mapping[str, Estimate]) -> Estimate:
    """A committee's estimate, or the only member's."""
    return combine_members(estimates, source=MODEL_FORM) if len(estimates) > 1 else next(iter(estimates.values()))


def _free_energy(
    parts: _Parts, temperature: float, electrode: schema.Electrode, entry: schema.FreeEnergy, tables: Mapping[Path, EnergyTable]
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
    law = RedlichKister(electrode.material, order, entry.window, entry.shape, temperature)
    if tables:
        fits = {}
        for file, table in tables.items():
            with naming(file):
                fits[table.label] = fit_free_energy(table, law, energy_std=entry.energy_std, choice=choice)
        fitted = _members(fits)
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
            [_given(value)],
            std=[entropy.std],
            source=f"{electrode.material} vibrational entropy (declared)",
            reason=entropy.reason,
        )
    )
    return law


def _mobility(parts: _Parts, material: str, entry: schema.Mobility, law: FreeEnergy) -> VacancyMobility:
    """Add the hops' estimates; the law."""
    mobility = VacancyMobility(material, tuple((hop.name, hop.vacancies) for hop in entry.hops), law)
    for hop in entry.hops:
        with naming(f"hop {hop.name!r}"):
            if hop.barriers:
                parts.estimates.append(_hop_from_barriers(material, hop))
            elif hop.molecular_dynamics:
                parts.estimates.append(_hop_from_trajectories(material, hop, hop.molecular_dynamics))
    parts.estimates.append(
        declare(
            [mobility.geometry_name],
            [np.log(entry.geometry.factor)],
            std=[entry.geometry.std_ln],
            source=f"{material} particle geometry (declared)",
            reason=entry.geometry.reason,
        )
    )
    return mobility


def _hop_from_barriers(material: str, hop: schema.Hop) -> Estimate:
    name = barrier_name(material, hop.name)
    barrier = _members({entry.label: _barrier(material, hop, entry, name) for entry in hop.barriers})
    frequency = hop.attempt_frequency
    if hop.frequencies:
        with naming(hop.frequencies):
            frequency = vineyard_frequency(read_hop_frequencies(hop.frequencies))
    return hopping_diffusivity(
        barrier,
        material=material,
        hop=hop.name,
        jump_length=_given(hop.jump_length),
        coordination=_given(hop.coordination),
        dimension=_given(hop.dimension),
        attempt_frequency=_given(frequency),
        attempt_frequency_std_ln=_given(hop.attempt_frequency_std_ln),
        source=f"{material} {hop.name} attempt frequency (declared)",
    )


def _given(value: Any) -> Any:
    """A value that the schema has made sure of."""
    if value is None:
        raise ValueError("a setting is missing that the study's schema asks for")
    return value


def _barrier(material: str, hop: schema.Hop, entry: schema.Barrier, name: str) -> Estimate:
    """One method's barrier."""
    if entry.path:
        path = read_neb(entry.path, label=entry.label)
        with naming(entry.path):
            return fit_barrier(path, name=name, source=f"{material} {hop.name} path (interpolation)")
    std = _given(entry.std) / FARADAY
    if entry.images:
        images = read_image_energies(entry.images, label=entry.label, energy_column=entry.energy_column, where=entry.where)
        with naming(entry.images):
            return highest_image(images, name=name, std=std, source="single energies on another's path (declared)")
    return declare(
        [name],
        [_given(entry.value) / FARADAY],
        std=[std],
        source=f"{material} {hop.name} barrier (declared)",
        reason=entry.label,
    )


def _hop_from_trajectories(material: str, hop: schema.Hop, entry: schema.MolecularDynamics) -> Estimate:
    """Arrhenius coefficients from runs at several temperatures; the Haven ratio's error is added to ln D0."""
    runs = {}
    for item in entry.trajectories:
        with naming(item.file):
            trajectory = read_trajectory(
                existing(item.file), interval=item.interval, temperature=item.temperature, discard=item.discard
            )
        T = trajectory.temperature
        if T in runs:
            raise ValueError(f"{item.file}: a second run at {T:g} K; give one run for each temperature")
        name, source = f"{material} {hop.name} ln(D_tr {T:g} K [m2.s-1])", f"{material} MD {T:g} K (sampling)"
        with naming(item.file):
            runs[T] = fit_tracer_diffusivity(mean_squared_displacement(trajectory, entry.species), name=name, source=source)
    names = (prefactor_name(material, hop.name), barrier_name(material, hop.name))
    line = fit_arrhenius(runs, prefactor_name=names[0], barrier_name=names[1])
    haven = Factor(np.array([[entry.haven_std_ln], [0.0]]), (f"{material} {hop.name}",))
    return line.add_source(f"{material} {hop.name} Haven ratio (declared as 1)", haven)


def _committee_notes(estimates: list[Estimate]) -> dict[str, str]:
    """How well the spread of each committee is known, by the number of its members."""
    members = {}
    for estimate in estimates:
        for report in _committees(dict(estimate.provenance)):
            members[tuple(report["members"])] = report
    return {
        f"committee of {', '.join(names)}": f"its std is known to ±{report['relative error of its std']:.0%}, "
        f"correlations between coefficients are {report['correlations']}"
        for names, report in members.items()
    }


def _committees(provenance: dict[str, Any]) -> list[dict[str, Any]]:
    """Reports of committees anywhere in an estimate's history."""
    own = [provenance["committee"]] if "committee" in provenance else []
    return own + [report for part in provenance.get("parts", ()) for report in _committees(part["provenance"])]


def _with_systematics(estimates: list[Estimate], systematic: tuple[schema.Systematic, ...]) -> list[Estimate]:
    """The estimates with declared further errors; one germ moves all coefficients that a source names."""
    known = {name for estimate in estimates for name in estimate.names}
    for item in systematic:
        if missing := sorted(set(item.std) - known):
            raise ValueError(
                f"systematic {item.source!r}: no coefficient {missing[0]!r}; correct its name (have {', '.join(sorted(known))})"
            )
        with naming(f"systematic {item.source!r}"):
            estimates = [_with_systematic(estimate, item) for estimate in estimates]
    return estimates


def _with_systematic(estimate: Estimate, item: schema.Systematic) -> Estimate:
    column = np.array([[item.std.get(name, 0.0)] for name in estimate.names])
    return estimate.add_source(item.source, Factor(column, (item.source,))) if column.any() else estimate


def data_files(study: schema.Study) -> list[Path]:
    """All files that a study reads."""
    found: list[Path] = []

    def walk(value: Any) -> None:
        if isinstance(value, Path):
            found.append(value)
        elif isinstance(value, schema.Section):
            for key in type(value).model_fields:
                walk(getattr(value, key))
        elif isinstance(value, tuple):
            for item in value:
                walk(item)

    walk(study)
    return sorted(set(found))
