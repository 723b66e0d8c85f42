"""Molecular dynamics of one electrode: trajectories in, coefficients of a mobility out."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from a2c_pybamm import study as schema
from a2c_pybamm.data import Trajectory
from a2c_pybamm.estimate import Estimate, Factor
from a2c_pybamm.estimators import (
    average_replicas,
    collective_mean_squared_displacement,
    declare,
    fit_arrhenius,
    fit_jump_diffusivity,
    fit_mobility,
    fit_tracer_diffusivity,
    mean_squared_displacement,
    mobility_at,
)
from a2c_pybamm.laws import ArrheniusMobility, FreeEnergy, barrier_name, prefactor_name
from a2c_pybamm.readers import read_trajectory
from a2c_pybamm.study.fields import HIGHEST_TEMPERATURE

MOTION_SYMBOLS = {"tracer": "D_tr", "collective": "D_J"}
LEAST_TEMPERATURE_SPAN = 0.01
"""Relative span of temperatures: with 1 % an error of 0.1 in ln D is one of 10 kT in the barrier, about 1 eV at 1000 K."""
POOR_FIT_P = 0.01
"""p-value of χ² below which a note stands at a fit."""


def law_over_composition(
    material: str, hop: schema.Hop, entry: schema.MolecularDynamics, free_energy: FreeEnergy
) -> ArrheniusMobility:
    """The law of runs at several compositions, its polynomials over those."""
    compositions = entry.compositions
    return ArrheniusMobility(
        material,
        entry.motion,
        hop.vacancies,
        free_energy,
        entry.prefactor_order or 0,
        entry.barrier_order or 0,
        (compositions[0], compositions[-1]),
        hop.name,
    )


def hop_from_runs(
    material: str, hop: schema.Hop, entry: schema.MolecularDynamics, notes: dict[str, Any], mistakes: schema.Mistakes
) -> list[Estimate]:
    r"""Arrhenius coefficients from runs at one composition; of tracers, the Haven ratio's error is added to ln D0.

    A trajectory's diffusivity holds the vacancies of its own composition, and the mobility law multiplies by those of the
    cell's: :math:`\ln D_0 = \ln D_{0,\mathrm{MD}} - n\ln(1-x_\mathrm{MD})`, so that D comes back at the run's own x. None
    where one of the runs cannot be used.
    """
    before = len(mistakes)
    runs = {T: run for (_, T), run in diffusivities(f"{material} {hop.name}", material, entry, notes, mistakes).items()}
    if len(mistakes) > before:
        return []
    _validate_span(list(runs))
    names = (prefactor_name(material, hop.name), barrier_name(material, hop.name))
    line = fit_arrhenius(runs, prefactor_name=names[0], barrier_name=names[1])
    shift = np.array([-hop.vacancies * np.log1p(-entry.compositions[0]), 0.0])
    line = line.map(names, line.mean + shift, np.eye(2))
    if entry.haven_std_ln is None:
        return [line]
    haven = Factor(np.array([[entry.haven_std_ln], [0.0]]), (f"{material} {hop.name}",))
    return [line.add_source(f"{material} {hop.name} Haven ratio (declared as 1)", haven)]


def mobility_from_runs(
    law: ArrheniusMobility,
    study: schema.Study,
    entry: schema.MolecularDynamics,
    notes: dict[str, Any],
    mistakes: schema.Mistakes,
) -> list[Estimate]:
    """Prefactors and barriers from runs at several compositions, and the Haven ratio that is declared for tracers."""
    stem, before = f"{law.material} {law.label}", len(mistakes)
    runs = diffusivities(stem, law.material, entry, notes, mistakes)
    if len(mistakes) > before:
        return []
    _validate_span([T for _, T in runs])
    estimate = fit_mobility(runs, law, average_orders=entry.average_orders)
    notes[f"{stem} mobility"] = _in_words(estimate, law, study.temperature)
    if entry.haven_std_ln is None:
        return [estimate]
    source = f"{stem} Haven ratio (declared as 1)"
    reason = "tracer diffusivity taken as the jump diffusivity"
    return [estimate, declare([law.haven_name], [0.0], std=[entry.haven_std_ln], source=source, reason=reason)]


def _in_words(estimate: Estimate, law: ArrheniusMobility, temperature: float) -> str:
    """χ² of the law's fit and its error at the study's temperature at both ends of the runs, in words."""
    fit = estimate.provenance["fit"]
    (low, high), (cold, hot) = fit["bounds of x"], fit["bounds of T [K]"]
    text = f"{fit['runs']} places at x = {low:g} to {high:g} and {cold:g} to {hot:g} K"
    if "chi-squared p-value" in fit:
        p = fit["chi-squared p-value"]
        text += f", χ² {fit['chi-squared']:.3g} for {fit['degrees of freedom']} degrees of freedom (p = {p:.2g})"
        text += "; the law misses something, raise its orders or look at each run" if p < POOR_FIT_P else ""
    ends = [mobility_at(estimate, law, x, temperature) for x in (low, high)]
    where = f"{temperature:g} K" + ("" if cold <= temperature <= hot else ", an extrapolation")
    errors = " and ".join(f"{end.std[0]:.2g} at x = {x:g}" for end, x in zip(ends, (low, high), strict=True))
    return f"{text}; std of ln D at {where}: {errors}, more beyond these x"


def diffusivities(
    stem: str, material: str, entry: schema.MolecularDynamics, notes: dict[str, Any], mistakes: schema.Mistakes
) -> dict[tuple[float, float], Estimate]:
    """The logarithm of D by composition and temperature [K], replicas averaged, each run its own sampling error.

    Runs for which the study gives one temperature are replicas, at the mean of the temperatures that their files state.
    """
    before = len(mistakes)
    by_place: dict[tuple[float, float], list[Estimate]] = {}
    temperatures: dict[tuple[float, float], list[float]] = {}
    files: dict[str, Path] = {}
    for item in entry.trajectories:  # one at a time: a trajectory may fill the memory
        with mistakes.collect(item.file):
            trajectory = read_trajectory(
                item.file,
                interval=item.interval,
                temperature=item.temperature,
                discard=item.discard,
                symbols=item.symbols,
                species=entry.species,
                cell=item.cell,
                inertial=item.inertial,
                stride=item.stride,
            )
            _validate_new(files, trajectory, item.file)
            _validate_temperature(trajectory.temperature)
            x, T = entry.composition(item), item.temperature or trajectory.temperature
            temperatures.setdefault((x, T), []).append(trajectory.temperature)
            where = (f"x = {x:g}, " if len(entry.compositions) > 1 else "") + f"{T:g} K"
            name, source = f"{stem} ln({MOTION_SYMBOLS[entry.motion]} {where} [m2.s-1])", f"{material} MD {where} (sampling)"
            by_place.setdefault((x, T), []).append(_diffusivity(entry, item, trajectory, name=name, source=source))
    if len(mistakes) > before:
        return {}
    apart = iter(numbered([run for runs in by_place.values() for run in runs]))
    means = {place: float(np.mean(temperatures[place])) for place in by_place}
    return {(place[0], means[place]): _mean(list(islice(apart, len(runs))), notes) for place, runs in by_place.items()}


def _validate_new(files: dict[str, Path], trajectory: Trajectory, file: Path) -> None:
    """Raise ``ValueError`` where a run's data are those of an earlier file, by hash: a copy would count as a replica."""
    stamp = trajectory.provenance.get("sha256", str(file))
    if stamp in files:
        raise ValueError(f"the same run as {files[stamp]}; list each run once, a copy is no replica")
    files[stamp] = file


def _validate_temperature(temperature: float) -> None:
    """Raise ``ValueError`` where a run's file states a temperature above the bound of those in a study."""
    if temperature > HIGHEST_TEMPERATURE:
        raise ValueError(f"a run at {temperature:.3g} K, above {HIGHEST_TEMPERATURE:g} K; correct the temperature or its unit")


def _validate_span(temperatures: list[float]) -> None:
    """Raise ``ValueError`` where runs are at temperatures so close that their slope has no meaning."""
    low, high = min(temperatures), max(temperatures)
    if low < high < low * (1 + LEAST_TEMPERATURE_SPAN):
        raise ValueError(
            f"runs from {low:.7g} to {high:.7g} K, {high / low - 1:.1g} apart; a barrier needs temperatures at least "
            f"{LEAST_TEMPERATURE_SPAN:.0%} apart, take runs further apart, or give those at one temperature exactly the same"
        )


def numbered(runs: list[Estimate]) -> list[Estimate]:
    """Estimates in which sources of one name are one source: those of it that share no label are numbered."""
    groups: dict[str, list[set[str]]] = {}
    numbers: list[dict[str, int]] = []
    for run in runs:
        numbers.append({})
        for source, factor in run.factors.items():
            known = groups.setdefault(source, [])
            related = next((k for k, labels in enumerate(known) if labels & set(factor.labels)), len(known))
            known[related:] = [*(known[related : related + 1] or [set()]), *known[related + 1 :]]
            known[related] |= set(factor.labels)
            numbers[-1][source] = related + 1
    return [
        replace(
            run,
            factors={
                _numbered(source, number[source]) if len(groups[source]) > 1 else source: factor
                for source, factor in run.factors.items()
            },
        )
        for run, number in zip(runs, numbers, strict=True)
    ]


def _numbered(source: str, number: int) -> str:
    """Name of a source with a number before the words in brackets at its end."""
    stem, bracket, ending = source.rpartition(" (")
    return f"{stem}, run {number}{bracket}{ending}" if stem else f"{source}, run {number}"


def _mean(runs: list[Estimate], notes: dict[str, Any]) -> Estimate:
    """The mean of replicas, with a note where they differ; a single run as it is."""
    if len(runs) == 1:
        return runs[0]
    mean = average_replicas(runs, name=runs[0].names[0])
    p = mean.provenance["replicas"]["chi-squared p-value"]
    if p < POOR_FIT_P:
        text = f"{len(runs)} runs differ by more than chance (p = {p:.1g}); did all come to equilibrium?"
        notes[mean.names[0].removesuffix(" [m2.s-1])") + ")"] = text
    return mean


def _diffusivity(
    entry: schema.MolecularDynamics, item: schema.TrajectoryFile, trajectory: Trajectory, *, name: str, source: str
) -> Estimate:
    """The logarithm of D of one run, of tracers or of all ions together."""
    if entry.motion == "tracer":
        msd = mean_squared_displacement(trajectory, entry.species)
        return fit_tracer_diffusivity(msd, name=name, source=source, window=item.window)
    together = collective_mean_squared_displacement(trajectory, entry.species)
    return fit_jump_diffusivity(together, name=name, source=source, window=item.window)
