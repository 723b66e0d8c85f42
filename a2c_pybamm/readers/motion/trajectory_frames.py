"""Frames of a trajectory's file, some at a time: what every format comes down to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import ase.units
import numpy as np
from ase.data import atomic_numbers
from numpy.typing import NDArray

from a2c_pybamm.data import Array
from a2c_pybamm.readers.frames import iterate_frames

CHUNK_SIZE = 2**24
"""Bytes of positions that are read at once: bounds the memory, whatever the length of the file."""
MOST_ATOMS = 5_000_000
"""Atoms of a frame (120 MB of positions), of which two are held at once; a header may announce any number."""
ASE_VELOCITY = ase.units.fs * 1e5
"""One Å per ase's unit of time [m.s-1]."""


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
    """How often each atom has left the cell along each vector (n_frame, n_atom, 3); None where the file does not tell."""
    velocities: Array | None = None
    """[m.s-1] (n_frame, n_atom, 3); None where the file has none."""
    settings: Mapping[str, Array] = field(default_factory=dict)
    """Numbers that stand beside each frame, by key (n_frame,)."""


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
    """Along which cell vectors an atom that leaves comes back."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Numbers that hold for the whole file, by key."""


def frames_at_once(n_atom: int) -> int:
    """Number of frames in a chunk."""
    return max(2, CHUNK_SIZE // (24 * max(n_atom, 1)))


def numbers_of(path: Path, symbols: Sequence[str], n: int, what: str) -> NDArray[np.int64]:
    """Atomic numbers (n,) of chemical symbols."""
    if len(symbols) != n:
        raise ValueError(f"{path}: {len(symbols)} symbols for {n} {what}; give one for each as symbols=")
    if unknown := [symbol for symbol in symbols if symbol not in atomic_numbers]:
        raise ValueError(f"{path}: {unknown[0]!r} is no chemical symbol; give symbols= like ('Li', 'S')")
    return np.array([atomic_numbers[symbol] for symbol in symbols])


def open_ase(path: Path) -> FrameSource:
    """Any file that ase reads."""
    failure = "cannot be read as a trajectory; is it cut off? Remove the last frame"
    images = iterate_frames(path, failure=failure, remedy="remove the last frame")
    head = next(images, None)
    if head is None:
        raise ValueError(f"{path}: holds no frame")
    numbers = head.numbers.copy()

    def chunks() -> Iterator[Frames]:
        first, size = 0, frames_at_once(len(numbers))
        block = [head, *islice(images, size - 1)]
        while block:
            for k, image in enumerate(block):
                if not np.array_equal(image.numbers, numbers):
                    raise ValueError(
                        f"{path}: frame {first + k} has other atoms than frame 0, or in another order; write them sorted by "
                        "their id"
                    )
            yield _of_images(first, block)
            first += len(block)
            block = list(islice(images, size))

    periodic = tuple(bool(p) for p in head.pbc)
    return FrameSource(numbers, head.get_masses(), chunks(), periodic)  # type: ignore[arg-type]


def _of_images(first: int, images: list[Any]) -> Frames:
    has_cell = all(image.pbc.any() and image.cell.rank == 3 for image in images)
    moving = all(image.has("momenta") for image in images)
    keys = [key for key in images[0].info if all(key in image.info for image in images)]
    columns = {key: [image.info[key] for image in images] for key in keys}
    return Frames(
        first=first,
        positions=np.array([image.positions for image in images]),
        cell=np.array([image.cell.array for image in images]) if has_cell else None,
        velocities=_velocities(images) if moving else None,
        settings={k: np.array(v, float) for k, v in columns.items() if all(map(_is_number, v))},
    )


def _velocities(images: list[Any]) -> Array:
    """Velocities [m.s-1] (n_frame, n_atom, 3); not finite where a mass is zero, which is refused by its name."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.array([image.get_velocities() for image in images]) * ASE_VELOCITY


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)
