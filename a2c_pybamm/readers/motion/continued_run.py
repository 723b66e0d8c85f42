"""A file of molecular dynamics from its first frame to its last: what is kept, and what is noticed on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from ase.data import chemical_symbols
from numpy.typing import ArrayLike, NDArray

from a2c_pybamm.constants import ANGSTROM, AVOGADRO
from a2c_pybamm.data import Array
from a2c_pybamm.readers.motion.frame_settings import interval_of, temperature_of, whole_settings
from a2c_pybamm.readers.motion.lammps_dump import is_lammps_dump, open_lammps_dump
from a2c_pybamm.readers.motion.numpy_trajectory import open_npy, open_npz
from a2c_pybamm.readers.motion.plausible_motion import Motion, refuse_implausible
from a2c_pybamm.readers.motion.position_store import gathered
from a2c_pybamm.readers.motion.trajectory_frames import Frames, FrameSource, open_ase
from a2c_pybamm.readers.motion.unwrapping import unwrapped
from a2c_pybamm.readers.source_file import existing, fingerprint
from a2c_pybamm.readers.units import LARGEST

DALTON = 1e-3 / AVOGADRO
SAME_CELL = 1e-6
"""Relative difference up to which two cells are one."""
HEAVIEST = 1e9
"""No mass is larger, nor one over it [u]."""
ENOUGH = 10
"""Frames in a row that are wanted to look at the motion."""
CENTRE = "X"
"""Symbol of the one atom that stands for all that are not kept."""


@dataclass(frozen=True)
class Options:
    """What a reader of motion is told; see `read_trajectory`."""

    interval: float | None
    temperature: float | None
    discard: float
    species: str | None
    symbols: Sequence[str] | None
    cell: ArrayLike | None
    inertial: bool
    scratch: str | Path | None


@dataclass(frozen=True, eq=False)
class Run:
    """Positions or velocities of what is kept, and what belongs to them."""

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


def read_run(path: str | Path, options: Options, *, velocities: bool) -> Run:
    """All frames of a file, unwrapped, checked and kept; ``ValueError`` as `read_trajectory` says."""
    path = existing(path)
    source = _opened(path, options.symbols, options.cell)
    names = np.array([chemical_symbols[number] for number in source.numbers])
    masses = DALTON * source.masses
    if not len(masses) or not ((source.masses > 1 / HEAVIEST) & (source.masses < HEAVIEST)).all():
        raise ValueError(f"{path}: {len(masses)} atoms, with a mass that is not positive and finite; give masses in u")
    if not 0 <= options.discard < np.inf:
        raise ValueError(f"{path}: discard is {options.discard:g} s; give the time to leave out at the start")
    keep = _Selection.of(path, names, masses, options.species)
    chunks = unwrapped(path, source.frames, source.periodic)
    first = next(chunks, None)
    if first is None:
        raise ValueError(f"{path}: holds no frame")
    if velocities and first.velocities is None:
        raise ValueError(f"{path}: holds no velocities (a dump tells their unit by UNITS alone); take those of its positions")
    # what the file does not tell is asked for before all of it is read
    told_first = {**source.settings, **whole_settings([first.settings])}
    temperature_of(path, told_first, options.temperature)
    seen = _Seen(_frames_in(path, options.discard, interval_of(path, told_first, options.interval)), len(masses))
    of = _velocities if velocities else _positions
    kept = (keep.of_vectors(of(path, chunk)) for chunk in _noted(chain([first], chunks), seen))
    vectors = gathered(path, kept, options.scratch)
    settings = {**source.settings, **whole_settings(seen.settings)}
    interval = interval_of(path, settings, options.interval)
    skip = _skipped(path, options.discard, interval, len(vectors))
    temperature = temperature_of(path, settings, options.temperature, skip=skip, n_frame=len(vectors))
    if options.inertial:
        refuse_implausible(path, seen.motion(masses), interval=interval, temperature=temperature)
    told = "unwrapped on reading" if seen.unwrapped else "as in the file"
    return Run(
        vectors=vectors[skip:],
        species=keep.species,
        masses=keep.masses,
        interval=interval,
        temperature=temperature,
        provenance={**fingerprint(path), "positions": told, "discarded [s]": skip * interval},
    )


def _positions(path: Path, chunk: Frames) -> Array:
    return ANGSTROM * chunk.positions


def _velocities(path: Path, chunk: Frames) -> Array:
    if chunk.velocities is None or not np.isfinite(chunk.velocities).all():
        raise ValueError(f"{path}: velocities are missing or not finite from frame {chunk.first} on; leave these frames out")
    return chunk.velocities


def _opened(path: Path, symbols: Sequence[str] | None, cell: ArrayLike | None) -> FrameSource:
    if path.suffix == ".npy":
        source = open_npy(path, symbols)
    elif is_lammps_dump(path):
        source = open_lammps_dump(path, symbols)
    elif symbols is not None:
        raise ValueError(f"{path}: has symbols of its own; leave symbols= out")
    else:
        source = open_npz(path) if path.suffix == ".npz" else open_ase(path)
    if cell is None:
        return source
    vectors = np.asarray(cell, float) / ANGSTROM
    if vectors.shape != (3, 3):
        raise ValueError(f"{path}: cell= has shape {vectors.shape}, expected three vectors [m] in rows")

    def with_cell(frames: Iterator[Frames]) -> Iterator[Frames]:
        for chunk in frames:
            if chunk.cell is not None and not np.allclose(chunk.cell, vectors, rtol=SAME_CELL):
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

    def of_vectors(self, vectors: Array) -> Array:
        """Those of what is kept (n_frame, n_kept, 3)."""
        if not self.share.any():
            return vectors[:, self.atoms]
        return np.concatenate([vectors[:, self.atoms], np.einsum("iak,a->ik", vectors, self.share)[:, None]], axis=1)


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


def _frames_in(path: Path, discard: float, interval: float) -> int:
    """Number of frames in a time."""
    if not discard / interval < LARGEST:
        raise ValueError(f"{path}: discard = {discard:g} s is longer than any run of frames of {interval:g} s; discard less")
    return round(discard / interval)


def _skipped(path: Path, discard: float, interval: float, n_frame: int) -> int:
    """Frames left out at the start."""
    skip = _frames_in(path, discard, interval)
    if not 0 <= skip <= n_frame - 2:
        raise ValueError(
            f"{path}: discard = {discard:g} s leaves fewer than two of {n_frame} frames of {interval:g} s; discard less"
        )
    return skip
