"""All frames of a run in one array, for the atoms that are kept, and statistics of the motion of all atoms on the way."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from ase.data import chemical_symbols
from numpy.typing import NDArray

from a2c_pybamm.constants import ANGSTROM, DALTON
from a2c_pybamm.data import MIN_FRAMES, MOST_BYTES_IN_MEMORY, Array
from a2c_pybamm.readers.motion.repeated_frames import frame_marks
from a2c_pybamm.readers.motion.trajectory_frames import Frames, FrameSource, joined_numbers

CENTRE = "X"
"""Symbol of the one atom at the mass centre of all that are not kept."""
TRANSPOSED_BYTES = 2**26
"""Bytes that are put into another order at once within the scratch file: with fewer, each write is only some kilobytes."""


@dataclass(frozen=True, eq=False)
class MotionStatistics:
    """Steps of all atoms, from behind the discarded frames on."""

    masses: Array
    """[kg] (n_atom,)."""
    longest_step: Array
    """Longest step of each atom from one frame to the next [m] (n_atom,)."""
    longest_step_frame: NDArray[np.intp]
    """The frame where it ends (n_atom,)."""
    n_frame: int = 0
    """All frames of the file."""
    stated: tuple[Mapping[str, Array], ...] = ()
    """Numbers stated beside the frames, by block."""
    unwrapped: bool = False
    """True where an atom has crossed the cell."""
    positions: Array | None = None
    """Some consecutive frames, the first `MIN_FRAMES` at least where blocks hold as many [m] (n, n_atom, 3)."""
    velocities: Array | None = None
    """Velocities in the same frames [m.s-1] (n, n_atom, 3)."""
    cell: Array | None = None
    """Cell vectors of the last of these frames, in rows [m] (3, 3)."""
    last: Array | None = None
    """Positions of the last frame [Å] (1, n_atom, 3)."""
    sum_square_step: float = 0.0
    """Sum over all steps and atoms of mass times squared step [kg.m2]."""
    n_step: int = 0
    """Steps from frame to frame."""
    marks: tuple[int, ...] = ()
    """Mark of each frame by the positions of some atoms: frames with equal positions have equal marks."""
    charges: Array | None = None
    """Charges in the first of these frames [elementary charges] (n_atom,)."""
    same_charges: bool = True
    """True where they are the same in all frames."""
    volumes: tuple[float, float] | None = None
    """Least and largest volume of the cell [m3]; None where a frame has no cell."""

    def extended(self, block: Frames, n_discarded: int) -> MotionStatistics:
        """Statistics of some more frames."""
        counted = replace(
            self,
            n_frame=block.first + len(block.positions),
            stated=(*self.stated, block.stated),
            unwrapped=self.unwrapped or block.crossings is not None,
        )
        skip = max(n_discarded - block.first, 0)
        positions = block.positions[skip:]
        if not len(positions):
            return counted
        counted = counted._with_charges(block.charges, skip)._with_volumes(block.cell, skip)
        if self.positions is None or len(self.positions) < MIN_FRAMES:
            velocities = None if block.velocities is None else block.velocities[skip:]
            cell = None if block.cell is None else ANGSTROM * block.cell[-1]
            counted = replace(counted, positions=ANGSTROM * positions, velocities=velocities, cell=cell)
        step = np.diff(positions, axis=0, prepend=positions[:1] if self.last is None else self.last)
        square = np.einsum("iak,iak->ia", step, step)
        length = np.sqrt(square)
        longest, frame = ANGSTROM * length.max(axis=0), block.first + skip + length.argmax(axis=0)
        return replace(
            counted,
            longest_step=np.maximum(longest, self.longest_step),
            longest_step_frame=np.where(longest > self.longest_step, frame, self.longest_step_frame),
            last=positions[-1:].copy(),
            sum_square_step=self.sum_square_step + ANGSTROM**2 * float(square.sum(axis=0) @ self.masses),
            n_step=self.n_step + len(positions) - (self.last is None),
            marks=(*self.marks, *frame_marks(positions)),
        )

    @property
    def mean_square_step(self) -> float:
        """Mean over steps of mass times squared step, summed over atoms [kg.m2]."""
        return self.sum_square_step / max(self.n_step, 1)

    def _with_charges(self, charges: Array | None, skip: int) -> MotionStatistics:
        """Statistics with the charges of some more frames (n_frame, n_atom)."""
        if charges is None:
            return replace(self, charges=None, same_charges=self.charges is None and self.same_charges)
        first = charges[skip] if self.last is None else self.charges
        same = first is not None and bool((charges[skip:] == first).all())
        return replace(self, charges=first, same_charges=self.same_charges and same)

    def _with_volumes(self, cell: Array | None, skip: int) -> MotionStatistics:
        """Statistics with the cells of some more frames [Å] (n_frame, 3, 3)."""
        if cell is None or (self.last is not None and self.volumes is None):
            return replace(self, volumes=None)
        volume = np.abs(np.linalg.det(ANGSTROM * cell[skip:]))
        low, high = self.volumes or (np.inf, 0.0)
        return replace(self, volumes=(min(low, float(volume.min())), max(high, float(volume.max()))))


@dataclass(frozen=True, eq=False)
class FrameCollection:
    """Positions or velocities of the atoms that are kept, and statistics of all."""

    vectors: Array
    """[m] or [m.s-1] (n_frame, n_kept, 3)."""
    species: tuple[str, ...]
    """Chemical symbol of each kept atom (n_kept,), `CENTRE` for the one that stands for all others."""
    masses: Array
    """[kg] (n_kept,)."""
    statistics: MotionStatistics
    charges: Array | None = None
    """Charges of the kept atoms [elementary charges] (n_kept,); None where the file has none, or they change."""

    @property
    def stated(self) -> dict[str, Any]:
        """Numbers stated beside all frames: one where it does not change, else (n_frame,)."""
        return joined_numbers(self.statistics.stated)


def collect_frames(
    path: Path,
    source: FrameSource,
    frames: Iterator[Frames],
    *,
    species: str | None,
    n_discarded: int,
    velocities: bool,
    scratch: str | Path | None,
) -> FrameCollection:
    """The positions or velocities of one species (or all atoms) in all frames, discarded ones too, and the motion's statistics.

    Raises
    ------
    ValueError
        If no atom is of the species, velocities are missing in a frame, or there is no space for the scratch file.
    """
    masses, kept = DALTON * source.masses, _kept_atoms(path, source, species)
    statistics = MotionStatistics(masses, np.zeros(len(masses)), np.zeros(len(masses), dtype=np.intp))

    def vectors() -> Iterator[Array]:
        nonlocal statistics
        for block in frames:
            statistics = statistics.extended(block, n_discarded)
            yield kept.of(_finite_velocities(path, block) if velocities else ANGSTROM * block.positions)

    collected = _gathered(path, vectors(), scratch)
    charges = kept.charges(statistics.charges) if statistics.charges is not None and statistics.same_charges else None
    return FrameCollection(collected, kept.species, kept.masses, statistics, charges)


def _finite_velocities(path: Path, block: Frames) -> Array:
    if block.velocities is None or not np.isfinite(block.velocities).all():
        raise ValueError(f"{path}: velocities are missing or not finite from frame {block.first} on; leave these frames out")
    return block.velocities


@dataclass(frozen=True, eq=False)
class _KeptAtoms:
    """The atoms that are kept, and the mass centre of all others."""

    atoms: NDArray[np.intp]
    weights: Array
    """Weight of each atom in the centre of those that are not kept (n_atom,); all zero where there are none."""
    species: tuple[str, ...]
    masses: Array
    """[kg] (n_kept,)."""

    def of(self, vectors: Array) -> Array:
        """Vectors of the kept atoms (n_frame, n_kept, 3) out of all (n_frame, n_atom, 3)."""
        if not self.weights.any():
            return vectors[:, self.atoms]
        centre = np.einsum("iak,a->ik", vectors, self.weights)
        return np.concatenate([vectors[:, self.atoms], centre[:, None]], axis=1)

    def charges(self, of_all: Array) -> Array:
        """Charges of the kept atoms (n_kept,) out of all (n_atom,); the centre's is the sum of those that it stands for."""
        if not self.weights.any():
            return of_all[self.atoms]
        return np.append(of_all[self.atoms], of_all[self.weights > 0].sum())


def _kept_atoms(path: Path, source: FrameSource, species: str | None) -> _KeptAtoms:
    symbols = np.array([chemical_symbols[number] for number in source.numbers])
    atoms = np.arange(len(symbols)) if species is None else np.flatnonzero(symbols == species)
    if not len(atoms):
        raise ValueError(f"{path}: no atom of species {species!r} (has {', '.join(sorted(set(symbols.tolist())))})")
    masses = DALTON * source.masses
    others = np.array(masses)
    others[atoms] = 0.0
    kept = tuple(symbols[atoms].tolist())
    if not others.any():
        return _KeptAtoms(atoms, others, kept, masses[atoms])
    return _KeptAtoms(atoms, others / others.sum(), (*kept, CENTRE), np.append(masses[atoms], others.sum()))


def _gathered(path: Path, blocks: Iterator[Array], folder: str | Path | None) -> Array:
    """All frames of some blocks (n_frame, n_atom, 3) in one read-only array, each atom's in one piece.

    Larger ones than `MOST_BYTES_IN_MEMORY` go to a nameless file in the folder (the system's folder for temporary files unless
    given), which is deleted with the array; twice the positions' size must be free there.

    Raises
    ------
    ValueError
        If the folder is not there or has not enough space.
    """
    kept: list[Array] = []
    for block in blocks:
        kept.append(block)
        if sum(held.nbytes for held in kept) > MOST_BYTES_IN_MEMORY:
            return _in_file(path, kept, blocks, Path(folder or tempfile.gettempdir()))
    by_atom = np.ascontiguousarray(np.concatenate(kept).transpose(1, 2, 0))
    by_atom.setflags(write=False)
    return by_atom.transpose(2, 0, 1)


def _in_file(path: Path, kept: list[Array], blocks: Iterator[Array], folder: Path) -> Array:
    """All frames through two scratch files: one frame after the other as they come, and from it one atom after the other."""
    _, n_atom, _ = kept[0].shape
    frame_bytes = kept[0][0].nbytes
    try:
        with tempfile.TemporaryFile(dir=folder) as rows, tempfile.TemporaryFile(dir=folder, buffering=0) as columns:
            n_frame = 0
            while kept:
                n_frame += len(kept[0])
                kept.pop(0).tofile(rows)
            for block in blocks:
                n_frame += len(block)
                block.tofile(rows)
            if shutil.disk_usage(folder).free < n_frame * frame_bytes:
                raise OSError("not enough space left")
            rows.seek(0)
            step = max(1, TRANSPOSED_BYTES // frame_bytes)
            for first in range(0, n_frame, step):
                n = min(step, n_frame - first)
                frames = np.fromfile(rows, float, 3 * n_atom * n).reshape(n, 3 * n_atom)
                # written, not mapped: a page that is touched in a map may bring millions of bytes around it into memory
                for k, coordinate in enumerate(np.ascontiguousarray(frames.T)):
                    columns.seek(8 * (k * n_frame + first))
                    columns.write(coordinate.data)
            by_atom = np.memmap(columns, float, "r", shape=(n_atom, 3, n_frame))
    except OSError as error:
        raise ValueError(
            f"{path}: its positions do not fit into the scratch folder {folder} ({error}); give one with more space as scratch="
        ) from error
    return by_atom.transpose(2, 0, 1)
