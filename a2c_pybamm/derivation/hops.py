"""Hops of one electrode: barriers or trajectories in, coefficients of a mobility out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from a2c_pybamm import study as schema
from a2c_pybamm.constants import FARADAY
from a2c_pybamm.estimate import Estimate, Factor
from a2c_pybamm.estimators import (
    combine_members,
    declare,
    fit_arrhenius,
    fit_barrier,
    fit_tracer_diffusivity,
    highest_image,
    hopping_diffusivity,
    mean_squared_displacement,
    vineyard_frequency,
)
from a2c_pybamm.laws import FreeEnergy, VacancyMobility, barrier_name, prefactor_name
from a2c_pybamm.readers import read_hop_frequencies, read_image_energies, read_neb, read_trajectory
from a2c_pybamm.readers.source_file import naming

MODEL_FORM = "potential (model form)"
"""The source that every committee's spread enters: what a potential gets wrong, it gets wrong in all it made."""


def members(estimates: Mapping[str, Estimate]) -> Estimate:
    """A committee's estimate, or the only member's."""
    return combine_members(estimates, source=MODEL_FORM) if len(estimates) > 1 else next(iter(estimates.values()))


def given(value: Any) -> Any:
    """A value that the schema has made sure of."""
    if value is None:
        raise ValueError("a setting is missing that the study's schema asks for")
    return value


def mobility_estimates(material: str, entry: schema.Mobility, law: FreeEnergy) -> tuple[VacancyMobility, list[Estimate]]:
    """The mobility law of some hops, and the estimates of its own coefficients."""
    estimates = []
    mobility = VacancyMobility(material, tuple((hop.name, hop.vacancies) for hop in entry.hops), law)
    for hop in entry.hops:
        with naming(f"hop {hop.name!r}"):
            if hop.barriers:
                estimates.append(_hop_from_barriers(material, hop))
            elif hop.molecular_dynamics:
                estimates.append(_hop_from_trajectories(material, hop, hop.molecular_dynamics))
    estimates.append(
        declare(
            [mobility.geometry_name],
            [np.log(entry.geometry.factor)],
            std=[entry.geometry.std_ln],
            source=f"{material} particle geometry (declared)",
            reason=entry.geometry.reason,
        )
    )
    if entry.gap_diffusivity:
        gap = entry.gap_diffusivity
        source = f"{material} diffusivity in gaps (declared)"
        estimates.append(declare([mobility.gap_name], [np.log(gap.factor)], std=[gap.std_ln], source=source, reason=gap.reason))
    return mobility, estimates


def _hop_from_barriers(material: str, hop: schema.Hop) -> Estimate:
    name = barrier_name(material, hop.name)
    barrier = members({entry.label: _barrier(material, hop, entry, name) for entry in hop.barriers})
    frequency = hop.attempt_frequency
    if hop.frequencies:
        with naming(hop.frequencies):
            frequency = vineyard_frequency(read_hop_frequencies(hop.frequencies))
    return hopping_diffusivity(
        barrier,
        material=material,
        hop=hop.name,
        jump_length=given(hop.jump_length),
        coordination=given(hop.coordination),
        dimension=given(hop.dimension),
        attempt_frequency=given(frequency),
        attempt_frequency_std_ln=given(hop.attempt_frequency_std_ln),
        source=f"{material} {hop.name} attempt frequency (declared)",
    )


def _barrier(material: str, hop: schema.Hop, entry: schema.Barrier, name: str) -> Estimate:
    """One method's barrier."""
    if entry.path:
        path = read_neb(entry.path, label=entry.label)
        with naming(entry.path):
            return fit_barrier(path, name=name, source=f"{material} {hop.name} path (interpolation)")
    std = given(entry.std) / FARADAY
    if entry.images:
        images = read_image_energies(entry.images, label=entry.label, energy_column=entry.energy_column, where=entry.where)
        with naming(entry.images):
            return highest_image(images, name=name, std=std, source="single energies on another's path (declared)")
    return declare(
        [name],
        [given(entry.value) / FARADAY],
        std=[std],
        source=f"{material} {hop.name} barrier (declared)",
        reason=entry.label,
    )


def _hop_from_trajectories(material: str, hop: schema.Hop, entry: schema.MolecularDynamics) -> Estimate:
    r"""Arrhenius coefficients from runs at several temperatures; the Haven ratio's error is added to ln D0.

    A trajectory's diffusivity holds the vacancies of its own composition, and the mobility law multiplies by those of the
    cell's: :math:`\ln D_0 = \ln D_{0,\mathrm{MD}} - n\ln(1-x_\mathrm{MD})`, so that D comes back at the run's own x.
    """
    runs = {}
    for item in entry.trajectories:
        with naming(item.file):
            trajectory = read_trajectory(item.file, interval=item.interval, temperature=item.temperature, discard=item.discard)
        T = trajectory.temperature
        if T in runs:
            raise ValueError(f"{item.file}: a second run at {T:g} K; give one run for each temperature")
        name, source = f"{material} {hop.name} ln(D_tr {T:g} K [m2.s-1])", f"{material} MD {T:g} K (sampling)"
        with naming(item.file):
            runs[T] = fit_tracer_diffusivity(mean_squared_displacement(trajectory, entry.species), name=name, source=source)
    names = (prefactor_name(material, hop.name), barrier_name(material, hop.name))
    line = fit_arrhenius(runs, prefactor_name=names[0], barrier_name=names[1])
    shift = np.array([-hop.vacancies * np.log1p(-entry.x), 0.0])
    line = line.map(names, line.mean + shift, np.eye(2))
    haven = Factor(np.array([[entry.haven_std_ln], [0.0]]), (f"{material} {hop.name}",))
    return line.add_source(f"{material} {hop.name} Haven ratio (declared as 1)", haven)
