"""Validation of arrays and names that all records of this folder share."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def read_only_array(values: ArrayLike, ndim: int, label: str) -> Array:
    """A read-only float copy of ``values`` with ``ndim`` dimensions and finite entries."""
    array = np.array(values, dtype=float)
    if array.ndim != ndim:
        raise ValueError(f"{label}: expected {ndim} dimension(s), got shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{label}: holds values that are not finite; remove or repair them before they enter an estimate")
    array.setflags(write=False)
    return array


def unique_names(names: Iterable[str], label: str) -> tuple[str, ...]:
    """The names as a tuple; ``ValueError`` if one occurs twice."""
    names = tuple(names)
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"{label}: {', '.join(map(repr, repeated))} occurs more than once; give each its own name")
    return names
