"""Trajectories of molecular dynamics from files: everything ASE reads, dumps of LAMMPS, and numpy's files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from ase.data import chemical_symbols
from numpy.typing import ArrayLike, NDArray

from a2c_pybamm.constants import AVOGADRO
from a2c_pybamm.data import Array, Trajectory
from a2c_pybamm.readers.lammps_dump import is_lammps_dump, open_lammps_dump
from a2c_pybamm.readers.numpy_trajectory import open_npy, open_npz
from a2c_pybamm.readers.plausible_motion import Motion, refuse_implausible
from a2c_pybamm.readers.position_store import gathered
from a2c_pybamm.readers.source_file import existing, fingerprint
from a2c_pybamm.readers.trajectory_frames import Frames, FrameSource, open_ase
from a2c_pybamm.readers.unwrapping import unwrapped

ANGSTROM = 1e-10
DALTON = 1e-3 / AVOGADRO
FEMTOSECOND = 1e-15
AGREEMENT = 1e-6
"""Relative difference up to which two statements of one number agree."""
ENOUGH = 10
"""Frames in a row that are wanted to look at the motion."""
CENTRE = "X"
"""Symbol of the one atom that stands for all that are not kept."""


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
    scratch: str | Path | None = None,
) -> Trajectory:
    r"""Trajectory with unwrapped positions: any file that ASE reads (extxyz, XDATCAR …), LAMMPS dumps, ``.npz``, ``.npy``.

    Frames are read some at a time. Positions of more than 128 MB lie in a scratch file, from which everything
    else takes a few atoms at a time, so that a file may be larger than the memory.

    Positions are taken as they are unless atoms jump across the cell. Then the way across is added, in Cartesian space
    and with the cell of its own moment [1]_; the provenance says so. Dumps of LAMMPS need the column ``id``, by which atoms
    are sorted, and are unwrapped by their image flags (``ix iy iz``) where they have them.

    ============================  ===========================================================================
    key in .npz, or frame's info  meaning
    ============================  ===========================================================================
    positions, numbers            [Å] (n_frame, n_atom, 3), atomic numbers (n_atom,); .npz only, needed
    masses, cell                  [u] (n_atom,), [Å] (3, 3) or (n_frame, 3, 3), rows are vectors; .npz only
    velocities                    [Å/fs] (n_frame, n_atom, 3); .npz only (other formats have their own)
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
    species
        Keep the atoms of this species alone; one atom ``X`` at the mass centre of all others stands for the rest, against
        which displacements are counted.
    symbols
        Chemical symbols: of each atom for ``.npy`` (positions [Å] (n_frame, n_atom, 3) alone), of each type, in order, for a
        dump without the column ``element``.
    cell
        Cell vectors in rows [m] (3, 3), where the file has none and the positions are wrapped.
    inertial
        Whether the atoms obey Newton's equations (with a thermostat or without). If so, steps, masses, velocities, temperature
        and the time between frames must agree; ``False`` for walks without inertia.
    scratch
        Folder for the scratch file; the system's for temporary files unless given.

    Raises
    ------
    ValueError
        If the file is cut off or misses something, atoms change, a position is not finite, file and argument disagree, neither
        gives a number, frames are too far apart to be unwrapped, frames are not evenly spaced, the motion is not one of these
        masses at this temperature and time between frames, or there is no space for the scratch file.

    References
    ----------
    .. [1] S. von Bülow, J. T. Bullerjahn, G. Hummer, J. Chem. Phys. 153 (2020) 021101.
    """
    path = existing(path)
    source = _opened(path, symbols, cell)
    names = np.array([chemical_symbols[number] for number in source.numbers])
    masses = DALTON * source.masses
    keep = _Selection.of(path, names, masses, species)
    chunks = unwrapped(path, source.frames, source.periodic)
    first = next(chunks, None)
    if first is None:
        raise ValueError(f"{path}: holds no frame")
    # what the file does not tell is asked for before all of it is read
    begin = round(discard / _interval(path, {**source.settings, **_settings([first.settings])}, interval))
    _temperature(path, {**source.settings, **_settings([first.settings])}, temperature)
    seen = _Seen(begin, len(masses))
    positions = gathered(path, (keep.of_frames(chunk) for chunk in _noted(chain([first], chunks), seen)), scratch)
    settings = {**source.settings, **_settings(seen.settings)}
    seconds = _interval(path, settings, interval)
    skip = _skipped(path, discard, seconds, len(positions))
    kelvin = _temperature(path, settings, temperature, skip)
    if inertial:
        refuse_implausible(path, seen.motion(masses), interval=seconds, temperature=kelvin)
    return Trajectory(
        positions=positions[skip:],
        species=keep.species,
        masses=keep.masses,
        interval=seconds,
        temperature=kelvin,
        provenance={
            **fingerprint(path),
            "positions": "unwrapped on reading" if seen.unwrapped else "as in the file",
            "discarded [s]": skip * seconds,
        },
    )


def _opened(path: Path, symbols: Sequence[str] | None, cell: ArrayLike | None) -> FrameSource:
    if path.suffix == ".npz":
        source = open_npz(path)
    elif path.suffix == ".npy":
        source = open_npy(path, symbols)
    elif is_lammps_dump(path):
        source = open_lammps_dump(path, symbols)
    else:
        source = open_ase(path)
    if cell is None:
        return source
    vectors = np.asarray(cell, float) / ANGSTROM
    if vectors.shape != (3, 3) or not np.linalg.det(vectors) > 0:
        raise ValueError(
            f"{path}: cell= has shape {vectors.shape}, expected three independent right-handed vectors [m] in rows"
        )

    def with_cell(frames: Iterator[Frames]) -> Iterator[Frames]:
        for chunk in frames:
            if chunk.cell is not None and not np.allclose(chunk.cell, vectors, rtol=AGREEMENT):
                raise ValueError(f"{path}: has a cell of its own, which is not the one by argument; remove cell=")
            yield replace(chunk, cell=np.broadcast_to(vectors, (len(chunk.positions), 3, 3)))

    return replace(source, frames=with_cell(source.frames))


@dataclass(frozen=True, eq=False)
class _Selection:
    """Which atoms are kept, and the one that stands for all others."""

    atoms: NDArray[np.intp]
    share: Array
    """Of each atom in the centre of those that are not kept (n_atom,); all zero where there are none."""
    species: tuple[str, ...]
    masses: Array
    """[kg] (n_kept,)."""

    @classmethod
    def of(cls, path: Path, names: NDArray[np.str_], masses: Array, species: str | None) -> _Selection:
        atoms = np.arange(len(names)) if species is None else np.flatnonzero(names == species)
        if not len(atoms):
            raise ValueError(f"{path}: no atom of species {species!r} (has {', '.join(sorted(set(names.tolist())))})")
        rest = np.array(masses)
        rest[atoms] = 0.0
        kept = tuple(names[atoms].tolist())
        if not rest.any():
            return cls(atoms, rest, kept, masses[atoms])
        return cls(atoms, rest / rest.sum(), (*kept, CENTRE), np.append(masses[atoms], rest.sum()))

    def of_frames(self, frames: Frames) -> Array:
        """Positions of what is kept [m] (n_frame, n_kept, 3)."""
        kept = frames.positions[:, self.atoms]
        if self.share.any():
            kept = np.concatenate([kept, np.einsum("iak,a->ik", frames.positions, self.share)[:, None]], axis=1)
        return kept * ANGSTROM


@dataclass
class _Seen:
    """What is noticed on the way through the frames."""

    begin: int
    """Frames before this one are not looked at."""
    n_atom: int
    start: Frames | None = None
    settings: list[Mapping[str, Array]] = field(default_factory=list)
    furthest: Array = field(init=False)
    """Longest step of each atom [Å] (n_atom,)."""
    frame: NDArray[np.intp] = field(init=False)
    """Where it ends (n_atom,)."""
    unwrapped: bool = False

    def __post_init__(self) -> None:
        self.furthest, self.frame = np.zeros(self.n_atom), np.zeros(self.n_atom, dtype=np.intp)

    def motion(self, masses: Array) -> Motion:
        assert self.start is not None
        return Motion(
            positions=ANGSTROM * self.start.positions,
            velocities=self.start.velocities,
            masses=masses,
            furthest=ANGSTROM * self.furthest,
            frame=self.frame,
        )


def _noted(chunks: Iterator[Frames], seen: _Seen) -> Iterator[Frames]:
    """The same frames, and what they tell."""
    last: Array | None = None
    for chunk in chunks:
        seen.settings.append(chunk.settings)
        seen.unwrapped |= chunk.crossings is not None
        skip = max(seen.begin - chunk.first, 0)
        positions = chunk.positions[skip:]
        if len(positions):
            if seen.start is None or len(seen.start.positions) < ENOUGH:
                velocities = None if chunk.velocities is None else chunk.velocities[skip:]
                seen.start = Frames(chunk.first + skip, positions, velocities=velocities)
            steps = np.diff(positions, axis=0, prepend=positions[:1] if last is None else last)
            length = np.sqrt(np.einsum("iak,iak->ia", steps, steps))
            seen.frame = np.where(length.max(axis=0) > seen.furthest, chunk.first + skip + length.argmax(axis=0), seen.frame)
            seen.furthest = np.maximum(length.max(axis=0), seen.furthest)
            last = positions[-1:].copy()
        yield chunk


def _settings(parts: Sequence[Mapping[str, Array]]) -> dict[str, Any]:
    """The numbers beside all frames, as one number where it does not change."""
    keys = [key for key in parts[0] if all(key in part for part in parts)]
    whole = {key: np.concatenate([part[key] for part in parts]) for key in keys}
    return {key: column[0] if (column == column[0]).all() else column for key, column in whole.items()}


def _skipped(path: Path, discard: float, interval: float, n_frame: int) -> int:
    """Frames left out at the start."""
    skip = round(discard / interval)
    if not 0 <= skip <= n_frame - 2:
        raise ValueError(
            f"{path}: discard = {discard:g} s leaves fewer than two of {n_frame} frames of {interval:g} s; discard less"
        )
    return skip


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
    for key in ("step", "time_s"):
        _refuse_uneven(path, key, np.atleast_1d(settings.get(key, 0.0)))
    in_file = None
    if "frame_spacing_fs" in settings:
        in_file = float(settings["frame_spacing_fs"]) * FEMTOSECOND
    elif "timestep_fs" in settings and "save_every_steps" in settings:
        in_file = float(settings["timestep_fs"]) * float(settings["save_every_steps"]) * FEMTOSECOND
    elif np.size(settings.get("time_s", 0.0)) > 1:
        in_file = float(np.ptp(settings["time_s"]) / (len(settings["time_s"]) - 1))
    seconds = _agreed(path, "time between frames", "s", in_file, given, "give it in seconds as interval=")
    if not seconds > 0:
        raise ValueError(f"{path}: time between frames is {seconds:g} s, it must be positive; give it as interval=")
    return seconds


def _refuse_uneven(path: Path, key: str, moments: Array) -> None:
    """Frames must follow one another in equal steps."""
    between = np.diff(moments)
    odd = np.flatnonzero(np.abs(between - between[:1]) > 1e-6 * np.abs(moments).max())
    if len(odd) or (between <= 0).any():
        k = int(odd[0]) if len(odd) else int(np.argmax(between <= 0))
        raise ValueError(
            f"{path}: {key} goes from {moments[k]:g} to {moments[k + 1]:g} between frames {k} and {k + 1}, by {between[0]:g} "
            "at the start; if the run was restarted, remove what is there twice; split it where the pace changes"
        )


def _temperature(path: Path, settings: Mapping[str, Any], given: float | None, skip: int = 0) -> float:
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
