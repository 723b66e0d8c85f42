"""What all records of data have in common."""

from __future__ import annotations

import mmap
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def freeze(record: Any) -> None:
    """Make every array of a frozen record read-only: a copy, or itself where it is read-only already."""
    for item in fields(record):
        value = getattr(record, item.name)
        if isinstance(value, np.ndarray) and value.flags.writeable:
            value = value.copy()
            value.setflags(write=False)
            object.__setattr__(record, item.name, value)


def release(array: NDArray[Any]) -> None:
    """Let go of what has been read of an array that lies in a file: it counts as memory for as long as the file is mapped."""
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, mmap.mmap) and hasattr(base, "madvise"):
        base.madvise(mmap.MADV_DONTNEED)
