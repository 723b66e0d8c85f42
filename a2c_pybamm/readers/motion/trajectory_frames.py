"""Frames of a trajectory, some at a time, and its opened file: the form that every format is read into."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from ase.data import atomic_numbers
from numpy.typing import NDArray

from a2c_pybamm.data import Array

MOST_ATOMS = 5_000_000
"""Atoms of a frame (120 MB of positions), of which two are held at once; a header may announce any number."""
RUN_NUMBERS = ("frame_spacing_fs", "timestep_fs", "save_every_steps")
"""Keys of numbers that a file may state once for all of its frames."""
MOMENTS = ("step", "configuration", "time_s", "time")
"""Keys of moments beside the frames: steps, numbers that count frames themselves, times, and times in a unit that is not
stated."""
KINETIC = "kinetic_temperature_K"
"""Key of the temperature of the velocities in each frame, which no file states."""
FRAME_NUMBERS = ("target_temperature_K", "temperature_K", *MOMENTS)
"""Keys of numbers that a file may state once or beside each frame."""


@dataclass(frozen=True, eq=False)
class Frames:
    """Consecutive frames, positions in the file's own unit."""

    first: int
    """Place of the first of them in the file, from 0."""
    positions: Array
    """[Å] (n_frame, n_atom, 3)."""
    cell: Array | None = None
    """Rows are cell vectors [Å] (n_frame, 3, 3); None where there is no cell."""
    crossings: NDArray[np.int64] | None = None
    """Number of times that each atom has left the cell along each vector (n_frame, n_atom, 3); None where it is not stated."""
    velocities: Array | None = None
    """[m.s-1] (n_frame, n_atom, 3); None where the file has none."""
    stated: Mapping[str, Array] = field(default_factory=dict)
    """Numbers stated beside each frame, by key (n_frame,)."""
    charges: Array | None = None
    """[elementary charges] (n_frame, n_atom); None where the file has none."""


@dataclass(frozen=True, eq=False)
class FrameSource:
    """A trajectory's file, opened."""

    numbers: NDArray[np.int64]
    """Atomic numbers (n_atom,), the same in all frames."""
    masses: Array
    """[u] (n_atom,)."""
    frames: Iterator[Frames]
    """All frames, once."""
    periodic: tuple[bool, bool, bool] = (True, True, True)
    """Cell vectors along which an atom that leaves comes back at the other side."""
    stated: Mapping[str, Any] = field(default_factory=dict)
    """Numbers stated for all of the file, by key."""


def joined_numbers(blocks: Sequence[Mapping[str, Array]]) -> dict[str, Any]:
    """Numbers stated beside the frames of consecutive blocks, by key: one where it does not change, else (n_frame,)."""
    keys = [key for key in blocks[0] if all(key in block for block in blocks)]
    columns = {key: np.concatenate([block[key] for block in blocks]) for key in keys}
    return {key: column[0] if (column == column[0]).all() else column for key, column in columns.items()}


def numbers_of(path: Path, symbols: Sequence[str], n: int, what: str) -> NDArray[np.int64]:
    """Atomic numbers (n,) of chemical symbols."""
    if len(symbols) != n:
        raise ValueError(f"{path}: {len(symbols)} symbols for {n} {what}; give one for each as symbols=")
    if unknown := [symbol for symbol in symbols if symbol not in atomic_numbers]:
        raise ValueError(f"{path}: {unknown[0]!r} is no chemical symbol; give symbols= like ('Li', 'S')")
    return np.array([atomic_numbers[symbol] for symbol in symbols])
