"""Arguments with which a run is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from numpy.typing import ArrayLike


@dataclass(frozen=True)
class RunOptions:
    """Arguments of `read_trajectory` and `read_velocities`."""

    interval: float | None
    temperature: float | None
    discard: float
    species: str | None
    symbols: Sequence[str] | None
    cell: ArrayLike | None
    inertial: bool
    scratch: str | Path | None
    stride: int | None = None
