"""The electrolyte: runs, currents, activities and single values in, the law of its transport out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from a2c_pybamm import study as schema
from a2c_pybamm.constants import AVOGADRO
from a2c_pybamm.data import CurrentSeries, ElectrolyteMotion, Trajectory, TransportCoefficient
from a2c_pybamm.derivation.electrolyte_notes import electrolyte_notes, run_note, solid_note
from a2c_pybamm.derivation.runs import numbered
from a2c_pybamm.derivation.set_content import SetContent
from a2c_pybamm.estimate import Estimate, Factor
from a2c_pybamm.estimators import (
    declare,
    electrolyte_motion,
    fit_einstein_helfand,
    fit_electrolyte,
    fit_green_kubo,
    fit_ionic_conductivity,
    fit_onsager,
    fit_thermodynamic_factor,
    molecules_in_sequence,
)
from a2c_pybamm.laws import (
    ElectrolyteTransport,
    SingleIonConductor,
    conductivity_name,
    diffusivity_name,
    thermodynamic_factor_name,
    transference_name,
)
from a2c_pybamm.parameter_set import electrolyte_attachments
from a2c_pybamm.readers import SpeciesGroup, read_activities, read_currents, read_electrolyte_motion, read_trajectory

Place = tuple[float, float]
"""Concentration [mol.m-3] and temperature [K]."""


def add_electrolyte(content: SetContent, study: schema.Study, entry: schema.Electrolyte, mistakes: schema.Mistakes) -> None:
    """Add the electrolyte's estimate and attachments; errors of invalid entries are added to the mistakes."""
    if isinstance(entry, schema.LiquidElectrolyte):
        _add_liquid(content, study, entry, mistakes)
    elif isinstance(entry, schema.SolidElectrolyte):
        _add_solid(content, study, entry, mistakes)
    else:
        raise schema.NotGiven("law")


def _add_liquid(content: SetContent, study: schema.Study, entry: schema.LiquidElectrolyte, mistakes: schema.Mistakes) -> None:
    law = ElectrolyteTransport(
        entry.material,
        entry.order,
        entry.temperature_order,
        entry.temperature_form,
        permittivity=entry.permittivity,
        viscosity=entry.viscosity,
    )
    before = len(mistakes)
    runs: list[tuple[Place, Estimate]] = []
    for item in entry.runs:
        with mistakes.collect(item.file):
            runs.append(_from_motion(content, entry, item))
    for current in entry.currents:
        with mistakes.collect(current.file):
            runs.append(_from_currents(entry.material, current, current.concentration or np.nan))
    for activity in entry.activities:
        with mistakes.collect(activity.file):
            runs += _from_activities(entry.material, activity)
    for k, value in enumerate(entry.values, 1):
        with mistakes.collect(f"values[{k}]"):
            runs.append(((value.concentration or np.nan, value.temperature), _declared(entry.material, value, k)))
    if len(mistakes) > before:
        return
    places, estimates = [place for place, _ in runs], numbered([estimate for _, estimate in runs])
    fitted = fit_electrolyte(list(zip(places, estimates, strict=True)), law)
    content.estimates.append(fitted)
    content.notes |= electrolyte_notes(fitted, law, study.temperature)
    content.attach |= electrolyte_attachments(law)


def _from_motion(content: SetContent, entry: schema.LiquidElectrolyte, item: schema.ElectrolyteRun) -> tuple[Place, Estimate]:
    """κ, t₊ and L_s of one run at its concentration and temperature."""
    motion = motion_of_run(entry, item)
    volumes = {species.name: species.molar_volume for species in entry.species if species.molar_volume is not None}
    cations = sum(count for count, z in zip(motion.counts, motion.charges, strict=True) if z > 0)
    place = cations / (AVOGADRO * motion.volume), motion.temperature
    where = f"{place[0] / 1e3:.3g} mol/L, {place[1]:g} K"
    estimate = fit_onsager(
        motion,
        material=entry.material,
        source=f"{entry.material} MD {where} (sampling)",
        solvent=entry.solvent,
        window=item.window,
        volumes=volumes or None,
    )
    content.notes |= run_note(entry.material, where, estimate)
    return place, estimate


def motion_of_run(entry: schema.LiquidElectrolyte, item: schema.ElectrolyteRun) -> ElectrolyteMotion:
    """Motion of all species, from a file of centres or a trajectory of atoms."""
    if all(species.columns is not None for species in entry.species):
        counts = item.counts or {}
        groups = [
            SpeciesGroup(one.name, one.charge, counts[one.name], one.mass or np.nan, one.columns or ()) for one in entry.species
        ]
        return read_electrolyte_motion(item.file, groups, **item.stated)
    trajectory = _trajectory(item)
    molecules = {one.name: one.atoms for one in entry.species if one.atoms is not None}
    return electrolyte_motion(
        trajectory,
        charges={one.name: one.charge for one in entry.species},
        volume=_volume(item),
        molecules={name: bodies.tolist() for name, bodies in molecules_in_sequence(trajectory.species, molecules).items()},
    )


def _trajectory(item: schema.FileOfSeries) -> Trajectory:
    """A run of all atoms."""
    return read_trajectory(item.file, interval=item.interval, temperature=item.temperature, discard=item.discard)


def _volume(item: schema.FileOfSeries) -> float:
    """Volume [m3] of the simulation cell of a trajectory."""
    if item.volume is None:
        raise ValueError("a trajectory needs the volume of its cell; give volume")
    return item.volume


def currents_of_file(item: schema.CurrentFile) -> CurrentSeries:
    """Series of the electric current density."""
    return read_currents(
        item.file,
        TransportCoefficient.IONIC_CONDUCTIVITY,
        columns=item.columns,
        extensive=item.extensive,
        run=item.run,
        **item.stated,
    )


def _from_currents(material: str, item: schema.CurrentFile, concentration: float) -> tuple[Place, Estimate]:
    """κ from a series of currents by Green and Kubo."""
    series = currents_of_file(item)
    where = ("" if np.isnan(concentration) else f"{concentration / 1e3:.3g} mol/L, ") + f"{series.temperature:g} K"
    source = f"{material} MD {where} (currents, sampling)"
    return (concentration, series.temperature), fit_green_kubo(series, name=conductivity_name(material), source=source)


def _from_activities(material: str, item: schema.ActivityFile) -> list[tuple[Place, Estimate]]:
    """Thermodynamic factors at the concentrations that the section lists."""
    table = read_activities(item.file, **item.stated)
    return [
        ((concentration, item.temperature), fit_thermodynamic_factor(table, concentration, material=material))
        for concentration in item.concentrations
    ]


NAMES: dict[str, Callable[[str], str]] = {
    "conductivity": conductivity_name,
    "transference_number": transference_name,
    "diffusivity": diffusivity_name,
    "thermodynamic_factor": thermodynamic_factor_name,
}
"""Names of the coefficients of single values, by key."""


def _declared(material: str, value: schema.TransportValue, number: int) -> Estimate:
    """Values that a section gives, logarithms of all but the transference number; each section has an error of its own."""
    given = [name for name in NAMES if getattr(value, name) is not None]
    plain = {"transference_number"}
    mean = [getattr(value, name) if name in plain else np.log(getattr(value, name)) for name in given]
    std = [getattr(value, f"{name}_{'std' if name in plain else 'std_ln'}") for name in given]
    declared = declare([NAMES[name](material) for name in given], mean, std=std, source=value.source, reason=value.reason)
    factor = declared.factors[value.source]
    return replace(
        declared, factors={value.source: Factor(factor.values, tuple(f"{label}:{number}" for label in factor.labels))}
    )


def _add_solid(content: SetContent, study: schema.Study, entry: schema.SolidElectrolyte, mistakes: schema.Mistakes) -> None:
    law = SingleIonConductor(entry.material)
    before = len(mistakes)
    by_temperature: dict[float, Estimate] = {}

    def add(temperature: float, estimate: Estimate) -> None:
        if temperature in by_temperature:
            raise ValueError(f"{temperature:g} K is given twice; keep one, or put the runs at their own mean temperatures")
        by_temperature[temperature] = estimate

    for item in entry.trajectories:
        with mistakes.collect(item.file):
            add(*_from_trajectory(entry, item))
    for current in entry.currents:
        with mistakes.collect(current.file):
            (_, temperature), estimate = _from_currents(entry.material, current, np.nan)
            add(temperature, estimate)
    for k, value in enumerate(entry.values, 1):
        with mistakes.collect(f"values[{k}]"):
            add(value.temperature, _declared(entry.material, value, k))
    if len(mistakes) > before:
        return
    estimates = dict(zip(by_temperature, numbered(list(by_temperature.values())), strict=True))
    fitted = fit_ionic_conductivity(estimates, law)
    content.estimates.append(fitted)
    content.notes |= solid_note(fitted, law, list(estimates), study.temperature)
    content.attach |= electrolyte_attachments(law)


def _from_trajectory(entry: schema.SolidElectrolyte, item: schema.FileOfSeries) -> tuple[float, Estimate]:
    """Conductivity of a solid from the motion of its ion against the framework, by Einstein and Helfand."""
    trajectory = _trajectory(item)
    motion = electrolyte_motion(
        trajectory,
        charges={entry.ion or "": entry.charge},
        volume=_volume(item),
        framework=f"{entry.material} framework",
        single_particles=False,
    )
    source = f"{entry.material} MD {motion.temperature:g} K (sampling)"
    return motion.temperature, fit_einstein_helfand(motion, name=conductivity_name(entry.material), source=source)
