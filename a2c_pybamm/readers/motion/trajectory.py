"""Trajectories of molecular dynamics from files: everything ASE reads, dumps of LAMMPS, and numpy's files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike

from a2c_pybamm.data import Array, Trajectory, Velocities
from a2c_pybamm.readers.motion.frame_collection import MotionStatistics, collect_frames
from a2c_pybamm.readers.motion.run_checks import checked_settings
from a2c_pybamm.readers.motion.run_options import RunOptions
from a2c_pybamm.readers.motion.run_settings import run_settings
from a2c_pybamm.readers.motion.trajectory_file import open_trajectory
from a2c_pybamm.readers.motion.unwrapping import unwrapped
from a2c_pybamm.readers.source_file import existing, file_errors, fingerprint
from a2c_pybamm.readers.units import STATED_TOLERANCE


@file_errors
def read_trajectory(
    path: str | Path,
    *,
    interval: float | None = None,
    temperature: float | None = None,
    discard: float = 0.0,
    species: str | None = None,
    symbols: Sequence[str] | None = None,
    cell: ArrayLike | None = None,
    inertial: bool = True,
    stride: int | None = None,
    scratch: str | Path | None = None,
) -> Trajectory:
    r"""Trajectory with unwrapped positions: LAMMPS dumps, XDATCAR, xyz, ``.xtc``, ``.npz``, ``.npy``, and all that ASE reads.

    Frames are read some at a time. Positions of more than 128 MB lie in a scratch file, from which everything
    else takes a few atoms at a time, so that a file may be larger than the memory.

    Positions are taken as they are unless atoms jump across the cell. Then the way across is added, in Cartesian space
    and with the cell of its own moment [1]_, as the provenance states. Dumps of LAMMPS need the column ``id``, by which atoms
    are sorted, and are unwrapped by their image flags (``ix iy iz``) where they have them.

    ============================  ===========================================================================
    key in .npz, or frame's info  meaning
    ============================  ===========================================================================
    positions, numbers            [Å] (n_frame, n_atom, 3), atomic numbers (n_atom,); .npz only, needed
    masses, cell                  [u] (n_atom,), [Å] (3, 3) or (n_frame, 3, 3), rows are vectors; .npz only
    velocities                    [Å/fs] (n_frame, n_atom, 3); .npz only (other formats have their own)
    frame_spacing_fs              time between frames [fs]
    timestep_fs save_every_steps  the same as a product; the first alone is not the time between frames
    target_temperature_K          temperature of the thermostat [K]
    temperature_K                 the same, or (n_frame,) the instantaneous one, whose mean is taken, argument or not
    step, time_s, time            (n_frame,) moments, the last in fs unless the interval is it in ps or ns
    ============================  ===========================================================================

    Parameters
    ----------
    interval
        Time between frames [s].
    temperature
        Temperature [K].
    discard
        Time left out at the start, in which the system comes to equilibrium [s].
    species
        Keep the atoms of this species alone; one atom ``X`` at the mass centre of all others stands for the rest, against
        which displacements are counted.
    symbols
        Chemical symbols: of each atom for ``.npy`` (positions [Å] (n_frame, n_atom, 3) alone), and for ``.xtc``, ``.trr`` and
        ``.dcd`` (also as ``Li24``); of each type, in order, for a dump without the column ``element`` and for an xyz file with
        numbers of types.
    cell
        Cell vectors in rows [m] (3, 3), where the file has none and the positions are wrapped; it is periodic in all of them.
    inertial
        True for atoms that obey Newton's equations (with a thermostat or without): steps, masses, velocities, temperature and
        the time between frames must then agree. False for walks without inertia.
    stride
        Configurations from one frame to the next, where the file numbers them (XDATCAR) and not all are in it; ``interval``
        is the time between frames.
    scratch
        Folder for the scratch file; the system's for temporary files unless given.

    Raises
    ------
    ValueError
        If the file is cut off or misses something, atoms change, a position is not finite, file and argument disagree, neither
        gives a number, frames are too far apart to be unwrapped, not evenly spaced or there twice, positions are in another
        unit, the temperature drifts, the motion is not one of these masses at this temperature and time between frames, or
        there is no space for the scratch file.

    References
    ----------
    .. [1] S. von Bülow, J. T. Bullerjahn, G. Hummer, J. Chem. Phys. 153 (2020) 021101.
    """
    options = RunOptions(interval, temperature, discard, species, symbols, cell, inertial, scratch, stride)
    run = _read_run(path, options, velocities=False)
    return Trajectory(run.vectors, run.species, run.masses, run.interval, run.temperature, run.provenance)


@file_errors
def read_velocities(
    path: str | Path,
    *,
    interval: float | None = None,
    temperature: float | None = None,
    discard: float = 0.0,
    species: str | None = None,
    symbols: Sequence[str] | None = None,
    inertial: bool = True,
    stride: int | None = None,
    scratch: str | Path | None = None,
) -> Velocities:
    """Velocities of all atoms from any file of `read_trajectory` that has them, with the same options and checks.

    Formats of ASE have them as momenta, dumps of LAMMPS as ``vx vy vz`` with their units (``dump_modify units yes``), and
    ``.npz`` as ``velocities`` [Å/fs]. Charges of single atoms (the column ``q`` of a dump, ase's initial charges, ``charges``
    of an ``.npz``) and the volume of the cell come along where they are the same in all frames; where they change,
    ``provenance`` has a line under ``"warnings"``.

    Raises
    ------
    ValueError
        As `read_trajectory`, and if there are no velocities.
    """
    options = RunOptions(interval, temperature, discard, species, symbols, None, inertial, scratch, stride)
    run = _read_run(path, options, velocities=True)
    return Velocities(
        run.vectors,
        run.species,
        run.masses,
        run.interval,
        run.temperature,
        charges=run.charges,
        volume=run.volume,
        provenance=run.provenance,
    )


@dataclass(frozen=True, eq=False)
class _Run:
    """Positions or velocities of the atoms that are kept, and the settings of their run."""

    vectors: Array
    """[m] or [m.s-1] (n_frame, n_kept, 3)."""
    species: tuple[str, ...]
    masses: Array
    """[kg] (n_kept,)."""
    interval: float
    """[s]"""
    temperature: float
    """[K]"""
    provenance: Mapping[str, Any]
    charges: Array | None
    """[elementary charges] (n_kept,)"""
    volume: float | None
    """[m3]"""


def _volume(statistics: MotionStatistics) -> float | None:
    """Volume of the cell [m3], if it has one that does not change."""
    if statistics.volumes is None:
        return None
    low, high = statistics.volumes
    return low if 0 < high <= low * (1 + STATED_TOLERANCE) else None


def _warnings(statistics: MotionStatistics) -> list[str]:
    """Lines on what changes from frame to frame, and is left out for that."""
    lines = []
    if statistics.charges is not None and not statistics.same_charges:
        lines.append("charges change from frame to frame, and are left out; give formal ones by species")
    if statistics.volumes is not None and _volume(statistics) is None:
        low, high = statistics.volumes
        lines.append(f"the cell's volume changes from {low:.6g} to {high:.6g} m3, and is left out; continue at constant volume")
    return lines


def _read_run(given: str | Path, options: RunOptions, *, velocities: bool) -> _Run:
    """All frames of a file, whose settings are complete before they are read, and which are checked once they are."""
    path = existing(given)
    source = open_trajectory(path, options.symbols, options.cell, velocities=velocities)
    expected = run_settings(path, source.stated, options, source.numbers)
    frames = unwrapped(path, source.frames, source.periodic)
    collection = collect_frames(
        path,
        source,
        frames,
        species=options.species,
        n_discarded=expected.n_discarded,
        velocities=velocities,
        scratch=options.scratch,
    )
    statistics = collection.statistics
    settings = checked_settings(path, source, statistics, {**source.stated, **collection.stated}, options)
    return _Run(
        vectors=collection.vectors[settings.n_discarded :],
        species=collection.species,
        masses=collection.masses,
        interval=settings.interval,
        temperature=settings.temperature,
        provenance={
            **fingerprint(path),
            "positions": "unwrapped on reading" if statistics.unwrapped else "as in the file",
            "discarded [s]": settings.n_discarded * settings.interval,
            **({"warnings": _warnings(statistics)} if velocities and _warnings(statistics) else {}),
        },
        charges=collection.charges,
        volume=_volume(statistics),
    )
