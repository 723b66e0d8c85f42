"""Hops of one electrode: barriers or runs in, coefficients of a mobility out."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from a2c_pybamm import study as schema
from a2c_pybamm.constants import FARADAY
from a2c_pybamm.derivation.runs import diffusivities, hop_from_runs, law_over_composition, mobility_from_runs
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators import (
    combine_environments,
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
"""The source of every committee's spread: a potential's error is one and the same in all that it computed."""
ANOTHERS_PATH = "single energies on another's path (declared)"
"""The source of the errors of single energies on a path that another method relaxed."""


def members(estimates: Mapping[str, Estimate], study: schema.Study) -> Estimate:
    """A committee's estimate, its interval matched at the study's level, or the only member's."""
    if len(estimates) == 1:
        return next(iter(estimates.values()))
    settings: dict[str, Any] = {"source": MODEL_FORM}
    with suppress(schema.NotGiven):  # a level that is wrong in the file hides no mistake of the members
        settings["level"] = study.committee_level
    return combine_members(estimates, **settings)


def given(value: Any) -> Any:
    """A value that the schema has made sure of."""
    if value is None:
        raise ValueError("a setting is missing that the study's schema requires")
    return value


def mobility_estimates(
    study: schema.Study,
    material: str,
    entry: schema.Mobility,
    law: FreeEnergy,
    notes: dict[str, Any],
    mistakes: schema.Mistakes,
) -> tuple[VacancyMobility | ArrheniusMobility, list[Estimate]]:
    """The mobility law of some hops, and the estimates of its own coefficients; those that fail are among the mistakes."""
    estimates: list[Estimate] = []
    mobility: VacancyMobility | ArrheniusMobility | None = None
    with mistakes.collect():
        mobility = _mobility_law(material, entry, law)
    for k, hop in enumerate(entry.hops, 1):
        of_hop = mistakes.at(_place(hop, k))
        with of_hop.collect():
            runs = hop.molecular_dynamics
            if hop.barriers:
                estimates += _hop_from_barriers(material, study, hop, of_hop)
            elif runs and mobility is None:
                diffusivities(material, material, runs, notes, of_hop)
            elif runs and isinstance(mobility, ArrheniusMobility):
                estimates += mobility_from_runs(mobility, study, runs, notes, of_hop)
            elif runs:
                estimates += hop_from_runs(material, hop, runs, notes, of_hop)
    if mobility is None:
        raise schema.NotGiven("hops")
    return mobility, [*estimates, *_declared(material, mobility, entry)]


def _mobility_law(material: str, entry: schema.Mobility, law: FreeEnergy) -> VacancyMobility | ArrheniusMobility:
    """The law of some hops: over composition where runs at several show all of them at once."""
    for hop in entry.hops:
        runs = hop.molecular_dynamics
        if not hop.barriers and runs and len(runs.compositions) > 1:
            return law_over_composition(material, hop, runs, law)
    return VacancyMobility(material, tuple((hop.name, hop.vacancies) for hop in entry.hops), law)


def _place(hop: schema.Hop, k: int) -> str:
    """The place of the k-th hop, from 1, in a line on it."""
    try:
        return f"hop {hop.name!r}"
    except schema.NotGiven:
        return f"mobility.hops[{k}]"


def _declared(material: str, mobility: VacancyMobility | ArrheniusMobility, entry: schema.Mobility) -> list[Estimate]:
    """Declared geometry of a host, and its diffusivity in gaps."""
    geometry, gap = entry.geometry, entry.gap_diffusivity
    source = f"{material} particle geometry (declared)"
    names, values = [mobility.geometry_name], [np.log(geometry.factor)]
    estimates = [declare(names, values, std=[geometry.std_ln], source=source, reason=geometry.reason)]
    if gap:
        source = f"{material} diffusivity in gaps (declared)"
        estimates.append(declare([mobility.gap_name], [np.log(gap.factor)], std=[gap.std_ln], source=source, reason=gap.reason))
    return estimates


def _hop_from_barriers(material: str, study: schema.Study, hop: schema.Hop, mistakes: schema.Mistakes) -> list[Estimate]:
    """A hop's estimate; none where one of its files cannot be used."""
    before = len(mistakes)
    name = barrier_name(material, hop.name)
    barriers: dict[str, dict[str, Estimate]] = {}
    for entry in hop.barriers:
        with mistakes.collect():
            barriers.setdefault(entry.label, {})[entry.environment or ""] = _barrier(material, hop, entry, name)
    frequency: float | None = None
    with mistakes.collect():
        frequency = _attempt_frequency(hop, mistakes)
    if len(mistakes) > before or frequency is None:
        return []
    if hop.barriers[0].environment is None:
        barrier = members({label: of_label[""] for label, of_label in barriers.items()}, study)
        return [_with_prefactor(material, hop, barrier, frequency)]
    by_method = {}
    for label, of_label in barriers.items():
        places = {place: _with_prefactor(material, hop, barrier, frequency) for place, barrier in of_label.items()}
        by_method[label] = combine_environments(
            places,
            T=study.temperature,
            coordination=given(hop.coordination),
            source=f"{material} {hop.name} arrangement of environments",
            shares={str(entry.environment): entry.share for entry in hop.barriers if entry.label == label},
        )
    return [members(by_method, study)]


def _with_prefactor(material: str, hop: schema.Hop, barrier: Estimate, frequency: float) -> Estimate:
    """Prefactor and barrier of a hop."""
    return hopping_diffusivity(
        barrier,
        material=material,
        hop=hop.name,
        jump_length=given(hop.jump_length),
        coordination=given(hop.coordination),
        dimension=given(hop.dimension),
        attempt_frequency=frequency,
        attempt_frequency_std_ln=given(hop.attempt_frequency_std_ln),
        source=f"{material} {hop.name} attempt frequency (declared)",
    )


def _attempt_frequency(hop: schema.Hop, mistakes: schema.Mistakes) -> float | None:
    """The attempt frequency of a hop; None where its file cannot be used."""
    if not hop.frequencies:
        return hop.attempt_frequency
    if not mistakes.has_error_at(hop.frequencies):
        with mistakes.collect(hop.frequencies):
            return vineyard_frequency(read_hop_frequencies(hop.frequencies))
    return None


def _barrier(material: str, hop: schema.Hop, entry: schema.Barrier, name: str) -> Estimate:
    """One method's barrier."""
    if entry.path or entry.band:
        where = entry.path or given(entry.band)[0].parent
        path = read_neb(entry.path or given(entry.band), label=entry.label)
        with naming(where):
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
        reason=f"{entry.label}, {entry.environment}" if entry.environment else entry.label,
    )
