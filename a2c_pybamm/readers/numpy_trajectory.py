"""Positions in numpy's own files, read some frames at a time."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import repeat
from pathlib import Path
from typing import IO, Any

import numpy as np
from ase.data import atomic_masses
from numpy.lib import format as npy
from numpy.typing import NDArray

from a2c_pybamm.data import Array
from a2c_pybamm.readers.trajectory_frames import Frames, FrameSource, frames_at_once, numbers_of

ANGSTROM_PER_FEMTOSECOND = 1e5
"""[m.s-1]"""


def open_npz(path: Path) -> FrameSource:
    """An archive of arrays, compressed or not."""
    with _numpy_reads(path), path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        keys = archive.files
        found = {key: archive[key] for key in keys if key not in ("positions", "velocities")}
    for key in ("positions", "numbers"):
        if key not in keys:
            raise ValueError(f"{path}: no key {key!r} (found {', '.join(keys) or 'none'}); write it with numpy.savez({key}=…)")
    numbers = _atomic_numbers(path, found["numbers"])
    masses = np.asarray(found.get("masses", atomic_masses[numbers]), float)
    if masses.shape != numbers.shape:
        raise ValueError(f"{path}: {masses.size} masses for {numbers.size} atoms; give one for each")
    cell = found.get("cell")

    def frames() -> Iterator[Frames]:
        first = 0
        with _numpy_reads(path), zipfile.ZipFile(path) as archive:
            positions = _arrays(path, "positions", archive.open("positions.npy"), len(numbers))
            moving = "velocities" in keys
            velocities = _arrays(path, "velocities", archive.open("velocities.npy"), len(numbers)) if moving else repeat(None)
            for r, v in zip(positions, velocities, strict=moving):
                if v is not None and len(v) != len(r):
                    raise ValueError(f"{path}: 'velocities' has other frames than 'positions'; write both of the same")
                speeds = None if v is None else v * ANGSTROM_PER_FEMTOSECOND
                yield Frames(first, r, _cells(path, cell, first, len(r)), velocities=speeds)
                first += len(r)

    return FrameSource(numbers, masses, frames(), settings=found)


def open_npy(path: Path, symbols: Sequence[str] | None) -> FrameSource:
    """One array of positions; the atoms' symbols come from elsewhere."""
    if symbols is None:
        raise ValueError(f"{path}: holds positions alone; give the atoms' chemical symbols (n_atom,) as symbols=")
    with _numpy_reads(path), path.open("rb") as file:
        shape = _header(path, "positions", file)[0]
    numbers = numbers_of(path, symbols, shape[1] if len(shape) == 3 else 0, f"atoms of an array {shape}")

    def frames() -> Iterator[Frames]:
        first = 0
        with _numpy_reads(path), path.open("rb") as file:
            for r in _arrays(path, "positions", file, len(numbers)):
                yield Frames(first, r)
                first += len(r)

    return FrameSource(numbers, atomic_masses[numbers], frames())


def _atomic_numbers(path: Path, given: NDArray[Any]) -> NDArray[np.int64]:
    if given.ndim != 1 or given.dtype.kind not in "iuf" or not np.isin(given, np.arange(1, len(atomic_masses))).all():
        raise ValueError(f"{path}: 'numbers' must be atomic numbers from 1 to {len(atomic_masses) - 1}, one for each atom")
    return given.astype(np.int64)


@contextmanager
def _numpy_reads(path: Path) -> Iterator[None]:
    """A stretch of code in which numpy reads a file; what it raises becomes a ``ValueError`` that names the file."""
    try:
        yield
    except (OSError, EOFError, TypeError, ValueError, zipfile.BadZipFile) as error:
        if str(error).startswith(str(path)):
            raise
        raise ValueError(f"{path}: not a complete numpy file ({error}); it may be cut off, copy or write it again") from error


def _header(path: Path, key: str, file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and type of the array that follows."""
    version = npy.read_magic(file)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, in_columns, dtype = read(file)
    if in_columns or dtype.kind not in "fiu":
        raise ValueError(
            f"{path}: {key!r} is an array of {dtype}{' in column order' if in_columns else ''}; write "
            "numpy.ascontiguousarray(…, dtype=float)"
        )
    return shape, dtype


def _arrays(path: Path, key: str, file: IO[bytes], n_atom: int) -> Iterator[Array]:
    """An array (n_frame, n_atom, 3), some frames at a time."""
    shape, dtype = _header(path, key, file)
    if len(shape) != 3 or shape[1:] != (n_atom, 3):
        raise ValueError(f"{path}: {key!r} has shape {shape}, expected (n_frame, {n_atom}, 3)")
    size = frames_at_once(n_atom)
    for first in range(0, shape[0], size):
        n = min(size, shape[0] - first)
        raw = file.read(n * n_atom * 3 * dtype.itemsize)
        if len(raw) < n * n_atom * 3 * dtype.itemsize:
            whole = first + len(raw) // (n_atom * 3 * dtype.itemsize)
            raise ValueError(f"{path}: {key!r} is cut off after {whole} of {shape[0]} frames; copy or write it again")
        yield np.frombuffer(raw, dtype).reshape(n, n_atom, 3).astype(float)


def _cells(path: Path, cell: Array | None, first: int, n: int) -> Array | None:
    if cell is None:
        return None
    given = np.asarray(cell, float)
    if given.shape[-2:] != (3, 3) or given.ndim > 3 or (given.ndim == 3 and len(given) < first + n):
        raise ValueError(f"{path}: 'cell' has shape {given.shape}, expected (3, 3), or one such for each frame")
    return np.broadcast_to(given, (n, 3, 3)) if given.ndim == 2 else given[first : first + n]
