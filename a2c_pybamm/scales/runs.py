"""Scales of molecular-dynamics runs: correlation length and time, width of the cell, length of the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from a2c_pybamm import study as schema
from a2c_pybamm.constants import ELEMENTARY_CHARGE
from a2c_pybamm.data import (
    Configurations,
    CurrentSeries,
    ElectrolyteMotion,
    FieldKind,
    FrameBlock,
    Trajectory,
    TransportCoefficient,
    Velocities,
)
from a2c_pybamm.data.cells import smallest_width
from a2c_pybamm.derivation.electrolyte import currents_of_file, motion_of_run
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators import (
    LengthNotResolved,
    NoPlateau,
    PlateauReport,
    PlateauStatus,
    central_velocities,
    field_variance,
    fit_correlation_length,
    fit_correlation_time,
)
from a2c_pybamm.readers import read_configurations, read_trajectory, read_velocities
from a2c_pybamm.scales.quantities import AtomisticScales, ScaleQuantity, of_estimate

COMMANDS = {
    "length": "fit_correlation_length(field_variance(read_configurations(file), species=species))",
    "time": "fit_correlation_time(read_velocities(file))",
    "central": "fit_correlation_time(central_velocities(read_trajectory(file)))",
    "current": "fit_correlation_time(read_currents(file))",
    "run": "read_configurations(file)",
    "series": "atomistic_scales(study, parameter_set)",
}
"""Calls that give the numbers of this file."""


def run_scales(material: str, species: str, item: schema.TrajectoryFile) -> AtomisticScales:
    """Scales of a run of all atoms.

    A correlation length or time that the run does not resolve is None, with the reason in ``missing``; so are correlation
    length and width of the cell of a file of unwrapped positions without a cell.

    Raises
    ------
    ValueError
        If the file cannot be read, or has no particle of the species.
    """
    options: dict[str, Any] = {
        "interval": item.interval,
        "temperature": item.temperature,
        "discard": item.discard,
        "symbols": item.symbols,
        "inertial": item.inertial,
        "stride": item.stride,
    }
    try:
        configurations = read_configurations(item.file, cell=item.cell, **options)
    except ValueError as error:
        trajectory = read_trajectory(item.file, cell=item.cell, **options)
        return _scales_without_cell(material, species, trajectory, str(error))
    moving = next(configurations.blocks()).velocities is not None

    def velocities() -> Velocities:
        one = species or None  # of all other atoms the mass centre is enough, which a run of one species has too
        if moving:
            return read_velocities(item.file, species=one, **options)
        return central_velocities(read_trajectory(item.file, cell=item.cell, species=one, **options))

    return scales_of_run(material, species, configurations, velocities, command=COMMANDS["time" if moving else "central"])


def _scales_without_cell(material: str, species: str, trajectory: Trajectory, why: str) -> AtomisticScales:
    """Scales of unwrapped positions alone: correlation time and length of the run."""
    file = str(trajectory.provenance.get("file", "run"))
    _validate_species(species, trajectory.species, file)
    label, missing = f"{file}, {trajectory.temperature:.4g} K", {"correlation_length": why}
    source, duration = f"{material} MD {label} (sampling)", len(trajectory.positions) * trajectory.interval
    time = _correlation_time(lambda: central_velocities(trajectory), material, source, missing, species=species)
    return AtomisticScales(
        material,
        label,
        correlation_time=None if time is None else of_estimate(time, "correlation time", "s", command=COMMANDS["central"]),
        run_length=ScaleQuantity("length of the run", duration, "s", source=file, command="read_trajectory(file)"),
        missing=missing,
    )


def _validate_species(species: str, symbols: Sequence[str], file: str) -> None:
    """Raise ``ValueError`` where a run has no particle of a species."""
    if species not in symbols:
        raise ValueError(f"{file}: no particle of species {species!r} (has {', '.join(sorted(set(symbols)))}); correct species")


def scales_of_run(
    material: str,
    species: str,
    configurations: Configurations,
    velocities: Callable[[], Velocities],
    *,
    command: str = "",
) -> AtomisticScales:
    """Scales of configurations in memory, and of velocities that are made when they are needed.

    Raises
    ------
    ValueError
        If the run has no particle of the species.
    """
    file = str(configurations.provenance.get("file", "run"))
    _validate_species(species, configurations.species, file)
    label = f"{file}, {configurations.temperature:.4g} K"
    source, missing = f"{material} MD {label} (sampling)", dict[str, str]()
    length, no_plateau = _correlation_length(configurations, material, species, source, missing)
    time = _correlation_time(velocities, material, source, missing, species=species)
    width = min(smallest_width(block.cell) for block in configurations.blocks())
    duration = configurations.n_frame * configurations.interval
    if no_plateau or length is not None:
        missing.pop("correlation_length", None)
    return AtomisticScales(
        material,
        label,
        length,
        no_plateau,
        None if time is None else of_estimate(time, "correlation time", "s", command=command),
        cell_width=ScaleQuantity("width of the simulation cell", width, "m", source=file, command=COMMANDS["run"]),
        run_length=ScaleQuantity("length of the run", duration, "s", source=file, command=COMMANDS["run"]),
        missing=missing,
    )


def _correlation_length(
    configurations: Configurations, material: str, species: str, source: str, missing: dict[str, str]
) -> tuple[ScaleQuantity | None, bool]:
    """A species' correlation length, and True where its fluctuations have none.

    It is that of the species' number; where the run does not resolve it, that of its share among all particles, whose Bragg
    peaks stand out of a small cell of a crystal. Where both are longer than the cell resolves, the fitted value is taken for
    what it is good for: the cell is too narrow.
    """
    part = _thinned(configurations)
    beyond: ScaleQuantity | None = None
    for kind in (FieldKind.NUMBER, FieldKind.COMPOSITION):
        try:
            variance = field_variance(part, species=species, kind=kind)
            length = fit_correlation_length(variance, material=material, source=source)
            return of_estimate(length, "correlation length", "m", command=COMMANDS["length"]), False
        except NoPlateau:
            return None, True
        except LengthNotResolved as error:
            missing.setdefault("correlation_length", str(error))
            beyond = beyond or _beyond_cell(error.report, source)
        except ValueError as error:
            missing.setdefault("correlation_length", str(error))
    return beyond, False


def _beyond_cell(report: PlateauReport, source: str) -> ScaleQuantity | None:
    """A correlation length that is longer than the cell resolves; None for other reasons why there is none."""
    if report.status is not PlateauStatus.BEYOND_CELL or report.correlation_length is None:
        return None
    errors = {source: float(report.log_length_std or 0.0)}
    of = f"{report.of}, beyond the cell's longest wave"
    return ScaleQuantity("correlation length", report.correlation_length, "m", errors, of, COMMANDS["length"])


def _correlation_time(
    data: Callable[[], Velocities | CurrentSeries],
    material: str,
    source: str,
    missing: dict[str, str],
    *,
    species: str | None = None,
) -> Estimate | None:
    """Estimate of a correlation time; None where the data do not resolve it, with the reason."""
    try:
        return fit_correlation_time(data(), material=material, source=source, species=species)
    except ValueError as error:
        missing["correlation_time"] = str(error)
        return None


@dataclass(frozen=True)
class VarianceCost:
    """Size of the part of a run whose variance is computed: correlations in space need no frame that is like the one before."""

    particle_frames: int = 400_000
    """Particles times frames: some seconds."""
    least_frames: int = 100
    """Frames that are kept of any run: ten in each of ten blocks."""


VARIANCE_COST = VarianceCost()


def _thinned(configurations: Configurations) -> Configurations:
    """Every so many frames of a run, so that its variance is computed in seconds."""
    most = max(VARIANCE_COST.least_frames, VARIANCE_COST.particle_frames // len(configurations.species))
    step = -(-configurations.n_frame // most)
    if step == 1:
        return configurations

    def blocks() -> Iterator[FrameBlock]:
        first = 0
        for block in configurations.blocks():
            chosen = slice(-first % step, None, step)
            first += len(block.positions)
            if len(block.positions[chosen]):
                yield FrameBlock(block.positions[chosen], block.cell[chosen])

    return replace(
        configurations,
        blocks=blocks,
        n_frame=-(-configurations.n_frame // step),
        interval=step * configurations.interval,
        provenance={**configurations.provenance, "every frame out of": step},
    )


def electrolyte_scales(entry: schema.Electrolyte) -> Iterator[AtomisticScales]:
    """Scales of the runs and series of currents behind an electrolyte."""
    for current in entry.currents:
        yield series_scales(entry.material, current.file, currents_of_file(current), COMMANDS["current"])
    if isinstance(entry, schema.LiquidElectrolyte):
        for liquid in entry.runs:
            yield series_scales(entry.material, liquid.file, _current_of(motion_of_run(entry, liquid)), COMMANDS["series"])
    if isinstance(entry, schema.SolidElectrolyte):
        for solid in entry.trajectories:
            run = schema.TrajectoryFile(
                file=solid.file, temperature=solid.temperature, interval=solid.interval, discard=solid.discard
            )
            yield run_scales(entry.material, entry.ion or "", run)


def series_scales(material: str, file: Path, series: CurrentSeries, command: str) -> AtomisticScales:
    """Scales of a series of currents."""
    label, missing = f"{file.name}, {series.temperature:.4g} K", dict[str, str]()
    source = f"{material} MD {label} (sampling)"
    time = _correlation_time(lambda: series, material, source, missing)
    edge, duration = float(np.cbrt(series.volume)), series.flux.shape[1] * series.interval
    of_volume = f"edge of a cube of the volume in {file.name}"
    return AtomisticScales(
        material,
        label,
        correlation_time=None if time is None else of_estimate(time, "correlation time", "s", command=command),
        cell_width=ScaleQuantity("width of the simulation cell", edge, "m", source=of_volume, command=COMMANDS["series"]),
        run_length=ScaleQuantity("length of the run", duration, "s", source=file.name, command=COMMANDS["series"]),
        missing=missing,
    )


def _current_of(motion: ElectrolyteMotion) -> CurrentSeries:
    """Electric current density by differences of the species' collective positions from frame to frame."""
    steps = np.diff(motion.collective, axis=0) / motion.interval
    flux = ELEMENTARY_CHARGE / motion.volume * np.einsum("s,tsd->dt", np.array(motion.charges, float), steps)
    return CurrentSeries(
        TransportCoefficient.IONIC_CONDUCTIVITY,
        flux,
        motion.interval,
        motion.temperature,
        motion.volume,
        provenance=motion.provenance,
    )
