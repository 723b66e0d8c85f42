"""``XDATCAR`` files of VASP: fractions of the cell in columns that may touch, each frame with its number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

import numpy as np
from ase.data import atomic_masses, atomic_numbers
from numpy.typing import NDArray

from a2c_pybamm.data import Array, frames_at_once
from a2c_pybamm.formatting import cut
from a2c_pybamm.readers.bounded_stream import open_text
from a2c_pybamm.readers.motion.atom_lines import AXES, parse_vectors
from a2c_pybamm.readers.motion.trajectory_frames import MOST_ATOMS, Frames, FrameSource

HEADER = ("title", "scale", "a", "b", "c", "symbols", "numbers of atoms")
"""Lines above the first frame."""
FRAME_LINE = re.compile(r"\s*direct\s+configuration\s*=\s*(\d{1,15})\s*$", re.IGNORECASE)
TOUCHING = re.compile(r"(?<=\d)-")
"""A sign that stands where a space would be; an exponent's stands behind its letter."""
SYMBOL = re.compile(r"[A-Z][a-z]?")
"""Symbol at the beginning of a pseudopotential's name: ``Li_sv``."""


@dataclass(frozen=True, eq=False)
class _Header:
    """Cell and atoms above a frame."""

    cell: Array
    """Rows are cell vectors [Å] (3, 3)."""
    numbers: NDArray[np.int64]
    """Atomic numbers (n_atom,)."""


def is_xdatcar(path: Path) -> bool:
    """True for a file with a header like a ``POSCAR``'s, with symbols, above a numbered configuration."""
    try:
        with open_text(path) as file:
            lines = list(islice(file, len(HEADER) + 1))
    except (OSError, ValueError):
        return False
    if len(lines) <= len(HEADER) or not FRAME_LINE.match(lines[-1]):
        return False
    return SYMBOL.match(lines[HEADER.index("symbols")].strip()) is not None


def open_xdatcar(path: Path) -> FrameSource:
    """The atoms and frames of a file, with the number of each configuration.

    Raises
    ------
    ValueError
        If a header or a frame cannot be read, or atoms change.
    """
    with open_text(path) as file:
        numbers = _read_header(path, 0, [file.readline() for _ in range(len(HEADER))]).numbers
    return FrameSource(numbers, atomic_masses[numbers], _blocks(path, numbers))


def _read_header(path: Path, k: int, lines: list[str]) -> _Header:
    try:
        scales = [float(word) for word in lines[1].split()]
        vectors = np.array(
            [[float(word) for word in line.split()] for line in lines[HEADER.index("a") : HEADER.index("symbols")]]
        )
        symbols, counts = lines[-2].split(), [int(word) for word in lines[-1].split()]
        if vectors.shape != (len(AXES), len(AXES)) or len(symbols) != len(counts) or not 0 < sum(counts) <= MOST_ATOMS:
            raise ValueError(f"{len(symbols)} symbols for {len(counts)} numbers of atoms")
        cell = _scaled(vectors, scales)
        kinds = [_atomic_number(symbol) for symbol in symbols]
    except (ValueError, IndexError, OverflowError) as error:
        raise ValueError(f"{path}: the header above frame {k} cannot be read ({error}); is it damaged?") from error
    return _Header(cell, np.repeat(kinds, counts))


def _scaled(vectors: Array, scales: list[float]) -> Array:
    """Vectors times their scale, three scales, or scaled to a volume [Å3] where the scale is negative."""
    if len(scales) == 1 and scales[0] < 0:
        return vectors * (-scales[0] / abs(np.linalg.det(vectors))) ** (1 / len(vectors))
    if len(scales) not in (1, len(vectors)):
        raise ValueError(f"{len(scales)} scales")
    return vectors * np.array(scales)


def _atomic_number(symbol: str) -> int:
    match = SYMBOL.match(symbol)
    if match is None or match[0] not in atomic_numbers:
        raise ValueError(f"{cut(symbol)!r} begins with no chemical symbol")
    return int(atomic_numbers[match[0]])


def _blocks(path: Path, numbers: NDArray[np.int64]) -> Iterator[Frames]:
    """Frames some at a time."""
    first, size = 0, frames_at_once(len(numbers))
    with open_text(path) as file:
        frames = _frames_as_written(path, file, numbers)
        while block := list(islice(frames, size)):
            cells, counted, bodies = zip(*block, strict=True)
            fractions = parse_vectors(path, first, TOUCHING.sub(" -", "".join(bodies)), len(block), len(numbers))
            cell = np.array(cells)
            with np.errstate(invalid="ignore", over="ignore"):  # what is not finite is named where frames are unwrapped
                positions = fractions @ cell
            yield Frames(first, positions, cell, stated={"configuration": np.array(counted, float)})
            first += len(block)


def _frames_as_written(path: Path, file: IO[str], numbers: NDArray[np.int64]) -> Iterator[tuple[Array, int, str]]:
    """Cell, number and lines of each frame; a cell that changes stands in a header above each."""
    cell: Array | None = None
    k = 0
    while line := file.readline():
        if not (match := FRAME_LINE.match(line)):
            if not line.strip() and cell is not None:
                continue
            header = _read_header(path, k, [line, *islice(file, len(HEADER) - 1)])
            if not np.array_equal(header.numbers, numbers):
                raise ValueError(f"{path}: frame {k} has other atoms than frame 0; split the file there")
            cell = header.cell
            continue
        if cell is None:
            raise ValueError(f"{path}: begins with a configuration and no header; copy it again")
        lines = list(islice(file, len(numbers)))
        if len(lines) < len(numbers) or not lines[-1].endswith("\n"):
            raise ValueError(f"{path}: frame {k} is cut off; remove it, or wait until the run has written it")
        yield cell, int(match[1]), "".join(lines)
        k += 1
