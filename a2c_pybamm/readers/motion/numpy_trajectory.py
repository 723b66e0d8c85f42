"""Positions in numpy's own files, read some frames at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
from ase.data import atomic_masses
from numpy.typing import NDArray

from a2c_pybamm.constants import ANGSTROM
from a2c_pybamm.data import Array, frames_at_once
from a2c_pybamm.readers.motion.trajectory_frames import (
    FRAME_NUMBERS,
    MOST_ATOMS,
    RUN_NUMBERS,
    Frames,
    FrameSource,
    numbers_of,
)
from a2c_pybamm.readers.numpy_array import StoredArray, open_archive, open_array
from a2c_pybamm.readers.units import UNITS

WHOLE_ARRAYS = ("numbers", "masses", "charges", "cell", *RUN_NUMBERS, *FRAME_NUMBERS)
"""Arrays that are read as a whole; positions and velocities are read some frames at a time, and no other array."""


def open_npz(path: Path) -> FrameSource:
    """An archive of arrays, compressed or not."""
    with open_archive(path) as archive:
        keys = archive.keys
        for key in ("positions", "numbers"):
            if key not in keys:
                raise ValueError(
                    f"{path}: no key {key!r} (found {', '.join(keys) or 'none'}); write it with numpy.savez({key}=…)"
                )
        arrays = {key: archive.open(key).numbers() for key in WHOLE_ARRAYS if key in keys}
    numbers = _atomic_numbers(path, arrays["numbers"])
    masses = np.asarray(arrays.get("masses", atomic_masses[numbers]), float)
    if masses.shape != numbers.shape:
        raise ValueError(f"{path}: {masses.size} masses for {numbers.size} atoms; give one for each")
    charges = np.asarray(arrays["charges"], float) if "charges" in arrays else None
    if charges is not None and (charges.shape != numbers.shape or not np.isfinite(charges).all()):
        raise ValueError(
            f"{path}: 'charges' has shape {charges.shape}, expected a finite charge for each of {numbers.size} atoms"
        )
    frames = _archived_frames(path, len(numbers), arrays.get("cell"), charges, velocities="velocities" in keys)
    stated = {key: _one(arrays[key]) for key in (*RUN_NUMBERS, *FRAME_NUMBERS) if key in arrays}
    return FrameSource(numbers, masses, frames, stated=stated)


def _one(numbers: NDArray[Any]) -> NDArray[Any]:
    """A list of one number as that number."""
    return numbers.reshape(()) if numbers.size == 1 else numbers


def _archived_frames(
    path: Path, n_atom: int, cell: NDArray[Any] | None, charges: Array | None, *, velocities: bool
) -> Iterator[Frames]:
    """Frames of an archive, some at a time."""
    first = 0
    with open_archive(path) as archive:
        positions = _vectors(archive.open("positions"), n_atom)
        speeds = _vectors(archive.open("velocities"), n_atom) if velocities else repeat(None)
        for r, v in zip(positions, speeds, strict=velocities):
            if v is not None and len(v) != len(r):
                raise ValueError(f"{path}: 'velocities' has other frames than 'positions'; write both of the same")
            in_si = None if v is None else v * (ANGSTROM / UNITS["time"]["fs"])
            of_atoms = None if charges is None else np.broadcast_to(charges, (len(r), n_atom))
            yield Frames(first, r, _cells(path, cell, first, len(r)), velocities=in_si, charges=of_atoms)
            first += len(r)


def open_npy(path: Path, symbols: Sequence[str] | None) -> FrameSource:
    """One array of positions; the atoms' symbols come from elsewhere."""
    if symbols is None:
        raise ValueError(f"{path}: holds positions alone; give the atoms' chemical symbols (n_atom,) as symbols=")
    with open_array(path, "positions") as array:
        shape = array.shape
    numbers = numbers_of(path, symbols, shape[1] if len(shape) == 3 else 0, f"atoms of an array {shape}")

    def frames() -> Iterator[Frames]:
        first = 0
        with open_array(path, "positions") as array:
            for r in _vectors(array, len(numbers)):
                yield Frames(first, r)
                first += len(r)

    return FrameSource(numbers, atomic_masses[numbers], frames())


def _atomic_numbers(path: Path, given: NDArray[Any]) -> NDArray[np.int64]:
    if given.ndim != 1 or not np.isin(given, np.arange(1, len(atomic_masses))).all():
        raise ValueError(f"{path}: 'numbers' must be atomic numbers from 1 to {len(atomic_masses) - 1}, one for each atom")
    if len(given) > MOST_ATOMS:
        raise ValueError(f"{path}: {len(given)} atoms, more than {MOST_ATOMS}; leave out those that do not count")
    return given.astype(np.int64)


def _vectors(array: StoredArray, n_atom: int) -> Iterator[Array]:
    """An array (n_frame, n_atom, 3), some frames at a time."""
    if len(array.shape) != 3 or array.shape[1:] != (n_atom, 3):
        raise ValueError(f"{array.path}: {array.key!r} has shape {array.shape}, expected (n_frame, {n_atom}, 3)")
    return array.frames(frames_at_once(n_atom))


def _cells(path: Path, cell: Array | None, first: int, n: int) -> Array | None:
    if cell is None:
        return None
    given = np.asarray(cell, float)
    if given.shape[-2:] != (3, 3) or given.ndim > 3 or (given.ndim == 3 and len(given) < first + n):
        raise ValueError(f"{path}: 'cell' has shape {given.shape}, expected (3, 3), or one such for each frame")
    return np.broadcast_to(given, (n, 3, 3)) if given.ndim == 2 else given[first : first + n]
