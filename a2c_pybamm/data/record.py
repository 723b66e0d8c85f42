"""Arrays of all records of data: frozen, and walked through in blocks where they may lie in a file."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

BLOCK_BYTES = 2**24
"""Bytes of an array that are held at once where all of it may be larger than the memory (16 MiB, 350 frames of 2000 atoms)."""
MOST_BYTES_IN_MEMORY = 2**27
"""Bytes of an array that is kept in memory as a whole (128 MiB); larger ones lie in a file, or are thinned out."""


def freeze(record: Any) -> None:
    """Make every array of a frozen record read-only: a copy, or itself where it is read-only already."""
    for item in fields(record):
        value = getattr(record, item.name)
        if isinstance(value, np.ndarray) and value.flags.writeable:
            value = value.copy()
            value.setflags(write=False)
            object.__setattr__(record, item.name, value)


def as_arrays(record: Any, *names: str) -> None:
    """Make fields of a frozen record that are lists or tuples of numbers arrays; None stays."""
    for name in names:
        if (value := getattr(record, name)) is not None:
            object.__setattr__(record, name, np.asarray(value, float))


def atoms_at_once(positions: Array, n_bytes: int = BLOCK_BYTES) -> Iterator[slice]:
    """Atoms of an array (n_frame, n_atom, 3) in blocks of so many bytes; a block is released before the next one."""
    n_frame, n_atom, _ = positions.shape
    size = max(1, n_bytes // (n_frame * positions[0, 0].nbytes))
    for first in range(0, n_atom, size):
        yield slice(first, min(first + size, n_atom))
        release(positions)


def frames_at_once(n_atom: int) -> int:
    """Number of frames of so many atoms in a block of `BLOCK_BYTES`, two at least."""
    return max(2, BLOCK_BYTES // (3 * np.dtype(float).itemsize * max(n_atom, 1)))


def release(array: NDArray[Any]) -> None:
    """Drop the pages of an array in a file that have been read: they count as memory for as long as the file is mapped."""
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, mmap.mmap) and hasattr(base, "madvise"):
        base.madvise(mmap.MADV_DONTNEED)
