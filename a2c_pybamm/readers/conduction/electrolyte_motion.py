"""Motion of an electrolyte's species from centres of mass in files of LAMMPS, comma-separated tables and numpy's archives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from a2c_pybamm.constants import DALTON
from a2c_pybamm.data import Array, ElectrolyteMotion, frames_at_once
from a2c_pybamm.readers.conduction.numpy_currents import agreed_volume, numbers_beside, run_of_arrays
from a2c_pybamm.readers.conduction.series_file import SeriesOptions, open_series, series_settings, style_of
from a2c_pybamm.readers.numpy_array import Archive, StoredArray, open_archive
from a2c_pybamm.readers.source_file import existing, file_errors, fingerprint
from a2c_pybamm.readers.units import UNITS, column_unit


@dataclass(frozen=True)
class SpeciesGroup:
    """An ion or a molecule of an electrolyte, and where its motion stands in a file.

    Raises
    ------
    ValueError
        If there are no particles, the mass is not positive, or columns are given that are not three.
    """

    name: str
    charge: int
    """Formal charge of one particle [elementary charges]; 0 for a solvent."""
    count: int
    """Number of particles."""
    mass: float
    """Mass of one particle [u]."""
    columns: tuple[str, ...] = ()
    """Columns of the unwrapped centre of mass of all particles, x y z; of an archive, the name of one array. Without any, the
    array is called as the species."""

    def __post_init__(self) -> None:
        if self.count < 1 or self.count != int(self.count) or not 0 < self.mass < np.inf:
            raise ValueError(
                f"species {self.name}: {self.count} particles of {self.mass:g} u; give their number, and the mass of one in u"
            )
        if self.charge != int(self.charge):
            raise ValueError(f"species {self.name}: charge {self.charge:g}; give the formal one, a whole number")


AXES = ("x", "y", "z")


@file_errors
def read_electrolyte_motion(
    path: str | Path,
    species: Sequence[SpeciesGroup],
    *,
    units: str | None = None,
    interval: float | None = None,
    timestep: float | None = None,
    temperature: float | None = None,
    volume: float | None = None,
    discard: float = 0.0,
    run: int | None = None,
) -> ElectrolyteMotion:
    """Collective motion of all species, from their centres of mass at each moment.

    Logs and files of ``fix ave/time`` have three columns for each species, from ``compute NAME GROUP com``, which unwraps
    coordinates; columns of a ``.csv`` end in their unit (``x_Li_A``). An ``.npz`` has an array for each species: centres of
    mass (n_frame, 3), or unwrapped positions of single particles (n_frame, n_particle, 3), in the unit in which its name ends,
    or in Å; and ``interval_fs``, ``temperature_K``, ``volume_A3``.

    Parameters
    ----------
    species
        All species of the electrolyte, ions and solvents, with the columns of each.
    units
        Style of units of LAMMPS, where the file does not state it.
    interval, timestep, temperature, volume, discard, run
        As in `read_currents`.

    Raises
    ------
    ValueError
        Naming file, line and column as `read_currents`, or if the charges do not add up to zero.
    """
    path = existing(path)
    if not species or len({group.name for group in species}) < len(species):
        raise ValueError(f"{path}: {len(species)} species, each needs a name of its own; list ions and solvents")
    options = SeriesOptions(units, interval, timestep, temperature, volume, discard, run)
    read = _from_archive if path.suffix == ".npz" else _from_columns
    centres, particles, settings = read(path, species, options)
    count = np.array([group.count for group in species])
    return ElectrolyteMotion(
        tuple(group.name for group in species),
        tuple(int(group.charge) for group in species),
        tuple(group.count for group in species),
        DALTON * np.array([group.mass for group in species]),
        centres * count[:, None],
        settings["interval"],
        settings["temperature"],
        settings["volume"],
        particles,
        {**fingerprint(path), **settings["provenance"]},
    )


Motion = tuple[Array, tuple[Array, ...], dict[str, Any]]
"""Centres of mass [m] (n_frame, n_species, 3), positions of particles, and numbers of the run."""


def _from_columns(path: Path, species: Sequence[SpeciesGroup], options: SeriesOptions) -> Motion:
    """Centres of mass from columns of numbers."""
    for group in species:
        if len(group.columns) != len(AXES):
            raise ValueError(
                f"{path}: {len(group.columns)} columns for {group.name}; name those of its centre of mass, x y z, as columns="
            )
    series = open_series(path, options.run, [name for group in species for name in group.columns])
    style = style_of(series, options.units)
    if style is None and not series.units_in_names:
        raise ValueError(f"{path}: the units are not stated in the file (its line 'units' is missing); give units='real'")
    settings = series_settings(series, style, options)
    kept = slice(settings.run.n_discarded, None)

    def length(name: str) -> float:
        return style.length if style is not None else column_unit(name, "length", str(path))

    centres = np.array(
        [[length(name) * series.column(name, "name it by columns=")[kept] for name in group.columns] for group in species]
    )
    warnings = list(settings.warnings)
    provenance: dict[str, Any] = {
        "columns": {group.name: list(group.columns) for group in species},
        "discarded [s]": settings.run.n_discarded * settings.run.interval,
        **({"remarks": list(series.remarks)} if series.remarks else {}),
        **({"warnings": warnings} if warnings else {}),
    }
    run = settings.run
    found = {"interval": run.interval, "temperature": run.temperature, "volume": settings.volume, "provenance": provenance}
    return centres.transpose(2, 0, 1), (), found


def _from_archive(path: Path, species: Sequence[SpeciesGroup], options: SeriesOptions) -> Motion:
    """Centres of mass, or positions of the single particles, from arrays."""
    if options.units is not None or options.timestep is not None or options.run is not None:
        raise ValueError(f"{path}: arrays have neither runs, time steps nor a style of units; leave units, timestep, run out")
    with open_archive(path) as archive:
        arrays = [_positions(path, archive, group) for group in species]
        numbers = numbers_beside(path, archive)
    if len({len(array) for array in arrays}) > 1:
        raise ValueError(
            f"{path}: species have {', '.join(str(len(array)) for array in arrays)} frames; write the same of each"
        )
    run = run_of_arrays(path, numbers, options, len(arrays[0]))
    kept = [array[run.n_discarded :] for array in arrays]
    centres = np.stack([array.mean(axis=1) if array.ndim > 2 else array for array in kept], axis=1)
    particles = tuple(kept) if all(array.ndim > 2 for array in kept) else ()
    volume = agreed_volume(path, numbers.get("volume"), options.volume)
    provenance = {"discarded [s]": run.n_discarded * run.interval}
    found = {"interval": run.interval, "temperature": run.temperature, "volume": volume, "provenance": provenance}
    return centres, particles, found


def _positions(path: Path, archive: Archive, group: SpeciesGroup) -> Array:
    """Centres [m] (n_frame, 3) or positions (n_frame, n_particle, 3) of a species."""
    wanted = group.columns[0] if group.columns else group.name
    named = [key for key in archive.keys if key == wanted or key.rpartition("_")[0] == wanted]
    if len(named) != 1:
        raise ValueError(
            f"{path}: {len(named)} arrays called {wanted!r} (found {', '.join(archive.keys) or 'none'}); write its positions "
            "under that name, or name them by columns="
        )
    array = archive.open(named[0])
    ending = named[0].removeprefix(wanted)
    unit = column_unit(named[0], "length", str(path)) if ending else UNITS["length"]["A"]
    _validate_shape(path, array, group)
    values = np.concatenate(list(array.frames(frames_at_once(group.count)))) * unit
    if not np.isfinite(values).all():
        frame = int(np.argwhere(~np.isfinite(values))[0][0])
        raise ValueError(f"{path}: {named[0]!r}: frame {frame} is not finite; end the series before it")
    return values


def _validate_shape(path: Path, array: StoredArray, group: SpeciesGroup) -> None:
    shape = array.shape
    expected = (len(AXES),) if len(shape) == 2 else (group.count, len(AXES))
    if shape[1:] != expected or shape[0] < 2:
        raise ValueError(
            f"{path}: {array.key!r} has shape {shape}, expected (n_frame, 3) or (n_frame, {group.count}, 3) for {group.count} "
            f"{group.name}"
        )
