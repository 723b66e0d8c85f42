"""Trajectories of molecular dynamics from files: everything ASE reads, and numpy archives."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ase.data import atomic_masses, chemical_symbols

from a2c_pybamm.constants import AVOGADRO
from a2c_pybamm.data import Array, Trajectory
from a2c_pybamm.readers.frames import read_frames
from a2c_pybamm.readers.source_file import existing, fingerprint

ANGSTROM = 1e-10
DALTON = 1e-3 / AVOGADRO
FEMTOSECOND = 1e-15
AMBIGUOUS = 0.45
"""A step of more than this share of the cell, after unwrapping, could as well be one the other way round."""
AGREEMENT = 1e-6
"""Relative difference up to which two statements of one number agree."""


@dataclass(frozen=True, eq=False)
class _Frames:
    """What a file holds, in its own units."""

    positions: Array
    """[Å] (n_frame, n_atom, 3)."""
    numbers: Array
    """Atomic numbers (n_atom,)."""
    masses: Array
    """[u] (n_atom,)."""
    cell: Array | None
    """Rows are cell vectors [Å] (n_frame, 3, 3); None where there is no cell."""
    settings: Mapping[str, Any]
    """The numbers that stand beside the positions, by key."""


def read_trajectory(
    path: str | Path, *, interval: float | None = None, temperature: float | None = None, discard: float = 0.0
) -> Trajectory:
    r"""Trajectory with unwrapped positions, from any file that ASE reads (extxyz, LAMMPS dump, XDATCAR …) or from ``.npz``.

    Positions are taken as they are, unless an atom jumps by more than half of the shortest height of the cell from one frame to
    the next: then all are unwrapped, the provenance says so, and steps are added up in Cartesian space (adding whole cell
    vectors instead would amplify the fluctuations of a cell that changes [1]_):

    .. math:: \mathbf u_{t+1} = \mathbf u_t + H^\mathsf{T}\left(\mathbf s - \lfloor \mathbf s \rceil\right), \qquad
        H^\mathsf{T}\mathbf s = \mathbf r_{t+1} - \mathbf r_t

    ============================  ===========================================================================
    key in .npz, or frame's info  meaning
    ============================  ===========================================================================
    positions, numbers            [Å] (n_frame, n_atom, 3), atomic numbers (n_atom,); .npz only, needed
    masses, cell                  [u] (n_atom,), [Å] (3, 3) or (n_frame, 3, 3), rows are vectors; .npz only
    frame_spacing_fs              time between frames [fs]
    timestep_fs save_every_steps  the same as a product; the first alone says nothing about the frames
    target_temperature_K          temperature of the thermostat [K]
    temperature_K                 the same, or (n_frame,) the instantaneous one, whose mean is taken
    ============================  ===========================================================================

    Parameters
    ----------
    interval
        Time between frames [s].
    temperature
        Temperature [K].
    discard
        Time left out at the start, in which the system comes to equilibrium [s].

    Raises
    ------
    ValueError
        If the file is cut off or misses something, atoms change, file and argument disagree, neither gives a number, or frames
        are too far apart to be unwrapped.

    References
    ----------
    .. [1] S. von Bülow, J. T. Bullerjahn, G. Hummer, J. Chem. Phys. 153 (2020) 021101.
    """
    path = existing(path)
    frames = _read_npz(path) if path.suffix == ".npz" else _read_ase(path)
    seconds = _interval(path, frames.settings, interval)
    skip = round(discard / seconds)
    if not 0 <= skip <= len(frames.positions) - 2:
        raise ValueError(
            f"{path}: discard = {discard:g} s leaves fewer than two of {len(frames.positions)} frames of {seconds:g} s; "
            "discard less"
        )
    positions, unwrapped = _unwrapped(path, frames)
    return Trajectory(
        positions=positions[skip:] * ANGSTROM,
        species=tuple(chemical_symbols[number] for number in frames.numbers),
        masses=frames.masses * DALTON,
        interval=seconds,
        temperature=_temperature(path, frames.settings, temperature, skip),
        provenance={
            **fingerprint(path),
            "positions": "unwrapped on reading" if unwrapped else "as in the file",
            "discarded [s]": skip * seconds,
        },
    )


def _read_npz(path: Path) -> _Frames:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            found = {key: archive[key] for key in archive.files}
    except (OSError, EOFError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"{path}: not a complete numpy archive ({error}); it may be cut off, copy or write it again"
        ) from error
    for key in ("positions", "numbers"):
        if key not in found:
            raise ValueError(f"{path}: no key {key!r} (found {', '.join(found) or 'none'}); write it with numpy.savez({key}=…)")
    positions = np.asarray(found["positions"], float)
    numbers = found["numbers"]
    if positions.ndim != 3 or positions.shape[1:] != (len(numbers), 3):
        raise ValueError(f"{path}: 'positions' has shape {positions.shape}, expected (n_frame, {len(numbers)}, 3)")
    cell = found.get("cell")
    if cell is not None:
        cell = np.broadcast_to(np.asarray(cell, float), (len(positions), 3, 3))
    return _Frames(positions, numbers, found.get("masses", atomic_masses[numbers]), cell, found)


def _read_ase(path: Path) -> _Frames:
    failure = "cannot be read as a trajectory; is it cut off? Remove the last frame"
    images = read_frames(path, failure=failure, remedy="remove the last frame")
    if not images:
        raise ValueError(f"{path}: holds no frame")
    numbers = images[0].numbers
    for k, image in enumerate(images):
        if not np.array_equal(image.numbers, numbers):
            raise ValueError(
                f"{path}: frame {k} has other atoms than frame 0, or in another order; write them sorted by their id"
            )
    cell = np.array([image.cell.array for image in images]) if images[0].pbc.any() and images[0].cell.rank == 3 else None
    positions = np.array([image.positions for image in images])
    return _Frames(positions, numbers, images[0].get_masses(), cell, _collect(images))


def _collect(images: list[Any]) -> dict[str, Any]:
    """The frames' info: what is in each frame, as one number where it does not change."""
    keys = [key for key in images[0].info if all(key in image.info for image in images)]
    columns = {key: [image.info[key] for image in images] for key in keys}
    numeric = {k: np.array(v) for k, v in columns.items() if all(isinstance(x, int | float | np.number) for x in v)}
    return {key: column[0] if (column == column[0]).all() else column for key, column in numeric.items()}


def _unwrapped(path: Path, frames: _Frames) -> tuple[Array, bool]:
    """Positions [Å], and whether they had to be unwrapped."""
    if frames.cell is None:
        return frames.positions, False
    steps = np.diff(frames.positions, axis=0)
    volume = np.abs(np.linalg.det(frames.cell))
    faces = np.cross(np.roll(frames.cell, -1, axis=1), np.roll(frames.cell, -2, axis=1))
    shortest = (volume[:, None] / np.linalg.norm(faces, axis=2)).min()
    if not (np.linalg.norm(steps, axis=2) > shortest / 2).any():
        return frames.positions, False
    fractional = steps @ np.linalg.inv(frames.cell[1:])
    fractional -= np.round(fractional)
    if (np.abs(fractional) > AMBIGUOUS).any():
        frame, atom = np.argwhere(np.abs(fractional) > AMBIGUOUS)[0][:2]
        raise ValueError(
            f"{path}: atom {atom} moves by about half of the cell between frames {frame} and {frame + 1}, its way is "
            "ambiguous; write frames more often, or unwrapped positions"
        )
    walk = np.cumsum(fractional @ frames.cell[1:], axis=0)
    return np.concatenate([frames.positions[:1], frames.positions[0] + walk]), True


def _agreed(path: Path, what: str, unit: str, in_file: float | None, given: float | None, remedy: str) -> float:
    """The number from file or argument; both must agree."""
    if in_file is None and given is None:
        raise ValueError(f"{path}: does not say the {what}; {remedy}")
    if in_file is None or given is None:
        return float(given if in_file is None else in_file)  # type: ignore[arg-type]
    if abs(in_file - given) > AGREEMENT * abs(in_file):
        raise ValueError(
            f"{path}: {what} is {in_file:g} {unit} in the file and {given:g} {unit} by argument; remove the wrong one"
        )
    return float(given)


def _interval(path: Path, settings: Mapping[str, Any], given: float | None) -> float:
    in_file = None
    if "frame_spacing_fs" in settings:
        in_file = float(settings["frame_spacing_fs"]) * FEMTOSECOND
    elif "timestep_fs" in settings and "save_every_steps" in settings:
        in_file = float(settings["timestep_fs"]) * float(settings["save_every_steps"]) * FEMTOSECOND
    return _agreed(path, "time between frames", "s", in_file, given, "give it in seconds as interval=")


def _temperature(path: Path, settings: Mapping[str, Any], given: float | None, skip: int) -> float:
    remedy = "give it in kelvin as temperature="
    value = settings.get("target_temperature_K", settings.get("temperature_K"))
    if value is None or np.ndim(value) == 0:
        return _agreed(path, "temperature", "K", None if value is None else float(value), given, remedy)
    # instantaneous temperatures fluctuate: a thermostat's setting lies within one standard deviation of their mean
    kept = np.asarray(value, float)[skip:]
    if given is not None and abs(kept.mean() - given) > kept.std():
        raise ValueError(
            f"{path}: temperature is {kept.mean():.4g} ± {kept.std():.2g} K in the file and {given:g} K by argument; {remedy}"
        )
    return float(kept.mean() if given is None else given)
