"""Frames that a file holds twice, as a restarted run writes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from a2c_pybamm.data import Array


@dataclass(frozen=True)
class RepetitionCriterion:
    """Digits and atoms by which two frames are the same."""

    n_atom: int = 64
    """Atoms that are compared: none of so many stands still by chance to the last digit."""
    digits: int = 9
    """Decimals of the positions [Å]: more than texts have, fewer than unwrapping changes."""


def frame_marks(positions: Array, criterion: RepetitionCriterion = RepetitionCriterion()) -> Iterator[int]:
    """A number for each frame of positions [Å] (n_frame, n_atom, 3), equal for equal positions of some atoms."""
    every = max(1, positions.shape[1] // criterion.n_atom)
    some = np.round(positions[:, ::every], criterion.digits) + 0.0  # no negative zeros
    return (hash(frame.tobytes()) for frame in some)


def validate_no_repetition(path: Path, marks: Sequence[int], first: int) -> None:
    """Raise ``ValueError`` where a frame is an earlier one again; ``first`` is the number of the first in the file."""
    seen: dict[int, int] = {}
    earlier = {k: seen[mark] for k, mark in enumerate(marks) if seen.setdefault(mark, k) != k}
    if not earlier:
        return
    k, same = next(iter(earlier.items()))
    if len(seen) == 1:
        raise ValueError(f"{path}: all frames are the same; nothing moves in it")
    more = f", and {len(earlier) - 1} more" if len(earlier) > 1 else ""
    raise ValueError(
        f"{path}: frame {first + k} is frame {first + same} again{more}: what a restarted run wrote twice; remove one of both"
    )
