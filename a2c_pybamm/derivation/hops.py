"""Hops of one electrode: barriers or runs in, coefficients of a mobility out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from a2c_pybamm import study as schema
from a2c_pybamm.constants import FARADAY
from a2c_pybamm.derivation.runs import hop_from_runs, law_over_composition, mobility_from_runs
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators import (
    combine_members,
    declare,
    fit_barrier,
    highest_image,
    hopping_diffusivity,
    vineyard_frequency,
)
from a2c_pybamm.laws import ArrheniusMobility, FreeEnergy, VacancyMobility, barrier_name
from a2c_pybamm.readers import read_hop_frequencies, read_image_energies, read_neb
from a2c_pybamm.readers.source_file import naming

MODEL_FORM = "potential (model form)"
"""The source that every committee's spread enters: what a potential gets wrong, it gets wrong in all it made."""
ANOTHERS_PATH = "single energies on another's path (declared)"
"""The source of what single energies err by beside the path that they were computed on."""


def members(estimates: Mapping[str, Estimate]) -> Estimate:
    """A committee's estimate, or the only member's."""
    return combine_members(estimates, source=MODEL_FORM) if len(estimates) > 1 else next(iter(estimates.values()))


def given(value: Any) -> Any:
    """A value that the schema has made sure of."""
    if value is None:
        raise ValueError("a setting is missing that the study's schema asks for")
    return value


def mobility_estimates(
    material: str,
    temperature: float,
    entry: schema.Mobility,
    law: FreeEnergy,
    notes: dict[str, Any],
    mistakes: schema.Mistakes,
) -> tuple[VacancyMobility | ArrheniusMobility, list[Estimate]]:
    """The mobility law of some hops, and the estimates of its own coefficients; those that fail are among the mistakes."""
    estimates: list[Estimate] = []
    mobility: VacancyMobility | ArrheniusMobility
    mobility = VacancyMobility(material, tuple((hop.name, hop.vacancies) for hop in entry.hops), law)
    for hop in entry.hops:
        own = mistakes.at(f"hop {hop.name!r}")
        with own.collect():
            if hop.barriers:
                estimates += _hop_from_barriers(material, hop, own)
            elif hop.molecular_dynamics and len(hop.molecular_dynamics.compositions) > 1:
                mobility = law_over_composition(material, hop, hop.molecular_dynamics, law)
                estimates += mobility_from_runs(mobility, temperature, hop.molecular_dynamics, notes, own)
            elif hop.molecular_dynamics:
                estimates += hop_from_runs(material, hop, hop.molecular_dynamics, notes, own)
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


def _hop_from_barriers(material: str, hop: schema.Hop, mistakes: schema.Mistakes) -> list[Estimate]:
    """A hop's estimate; none where one of its files cannot be used."""
    before = len(mistakes)
    name = barrier_name(material, hop.name)
    barriers: dict[str, Estimate] = {}
    for entry in hop.barriers:
        with mistakes.collect():
            barriers[entry.label] = _barrier(material, hop, entry, name)
    frequency = hop.attempt_frequency
    if hop.frequencies and not mistakes.blames(hop.frequencies):
        with mistakes.collect(hop.frequencies):
            frequency = vineyard_frequency(read_hop_frequencies(hop.frequencies))
    if len(mistakes) > before or frequency is None:
        return []
    estimate = hopping_diffusivity(
        members(barriers),
        material=material,
        hop=hop.name,
        jump_length=given(hop.jump_length),
        coordination=given(hop.coordination),
        dimension=given(hop.dimension),
        attempt_frequency=given(frequency),
        attempt_frequency_std_ln=given(hop.attempt_frequency_std_ln),
        source=f"{material} {hop.name} attempt frequency (declared)",
    )
    return [estimate]


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
            return highest_image(images, name=name, std=std, source=ANOTHERS_PATH)
    return declare(
        [name],
        [given(entry.value) / FARADAY],
        std=[std],
        source=f"{material} {hop.name} barrier (declared)",
        reason=entry.label,
    )
