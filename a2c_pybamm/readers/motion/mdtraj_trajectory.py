"""Binary trajectories of GROMACS, NAMD and CHARMM, and ``.gro`` files of several frames, read by mdtraj (an extra)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
from ase.cell import Cell
from ase.data import atomic_masses, atomic_numbers
from numpy.typing import NDArray

from a2c_pybamm.constants import ANGSTROM
from a2c_pybamm.data import Array, frames_at_once
from a2c_pybamm.formatting import cut
from a2c_pybamm.readers.bounded_stream import open_text
from a2c_pybamm.readers.memory_bound import MemoryBound
from a2c_pybamm.readers.motion.trajectory_frames import MOST_ATOMS, Frames, FrameSource, numbers_of
from a2c_pybamm.readers.units import UNITS

READERS = {
    ".xtc": "XTCTrajectoryFile",
    ".trr": "TRRTrajectoryFile",
    ".dcd": "DCDTrajectoryFile",
    ".gro": "GroTrajectoryFile",
}
"""mdtraj's classes by the ending of a file's name."""
NANOMETRE = UNITS["length"]["nm"] / ANGSTROM
"""One nanometre [Å]."""
SYMBOL_AND_COUNT = re.compile(r"([A-Z][a-z]?)(\d*)")
GRO_NAMES = (slice(5, 10), slice(10, 15))
"""Columns of the residue's and the atom's names in a line of a ``.gro`` file."""
DCD_COUNT = slice(8, 12)
"""Bytes of the number of frames in the header of a ``.dcd`` file."""


@dataclass(frozen=True, eq=False)
class _Piece:
    """Some consecutive frames, in the file's own units."""

    positions: Array
    cell: Array | None
    time: Array | None
    step: Array | None


def is_read_by_mdtraj(path: Path) -> bool:
    """True for a file with the ending of one of these formats."""
    return path.suffix.lower() in READERS


def open_mdtraj(path: Path, symbols: Sequence[str] | None) -> FrameSource:
    """The frames of a file, whose atoms' symbols come by argument, or by the names in a ``.gro`` file.

    Raises
    ------
    ValueError
        If mdtraj is not installed or cannot read the file, or symbols are missing.
    """
    reader = _reader(path)
    pieces = _pieces(path, reader)
    first = next(pieces, None)
    if first is None or not len(first.positions):
        raise ValueError(f"{path}: holds no frame")
    n_atom = first.positions.shape[1]
    if symbols is None and path.suffix.lower() == ".gro":
        numbers = _numbers_of_gro(path, n_atom)
    elif symbols is None:
        raise ValueError(
            f"{path}: holds positions alone; give the chemical symbols of its {n_atom} atoms in order as symbols=, those that "
            "follow each other as one with their number: ('Li24', 'P4', 'S20')"
        )
    else:
        numbers = numbers_of(path, _counted(symbols), n_atom, "atoms")
    return FrameSource(numbers, atomic_masses[numbers], _frames(path, chain([first], pieces)))


def _reader(path: Path) -> Any:
    try:
        import mdtraj.formats as formats
        from mdtraj.formats.gro import GroTrajectoryFile
    except ImportError as error:
        raise ValueError(
            f"{path}: mdtraj, which reads {', '.join(READERS)}, is not installed; pip install a2c_pybamm[trajectories]"
        ) from error
    name = READERS[path.suffix.lower()]
    return GroTrajectoryFile if name == GroTrajectoryFile.__name__ else getattr(formats, name)


@contextmanager
def _mdtraj_reads(path: Path) -> Iterator[None]:
    """A stretch of code in which mdtraj reads a file; all that it raises becomes a ``ValueError`` that names the file."""
    try:
        with MemoryBound(path.stat().st_size):
            yield
    except Exception as error:  # readers of formats raise errors of every type
        detail = cut(" ".join(str(error).split())) or type(error).__name__
        raise ValueError(f"{path}: mdtraj cannot read it ({detail}); copy it again, or leave out what was cut off") from error


def _pieces(path: Path, reader: Any) -> Iterator[_Piece]:
    """Frames some at a time: two first, by which the number of atoms is known, and the time between them."""
    size, n_frame = 2, 0
    with _mdtraj_reads(path):
        file = reader(str(path))
    with file:
        while True:
            with _mdtraj_reads(path):
                read = file.read(n_frames=size)
            if not len(read[0]):
                break
            n_frame += len(read[0])
            size = frames_at_once(read[0].shape[1])
            yield _piece(path, read)
    if path.suffix.lower() == ".dcd":
        with path.open("rb") as binary:
            announced = int.from_bytes(binary.read(DCD_COUNT.stop)[DCD_COUNT], "little")
        # of the other order of bytes the number is far out of range
        if n_frame < announced < MOST_ATOMS:
            raise ValueError(f"{path}: {n_frame} frames of the {announced} that it announces; it is cut off, copy it again")


def _piece(path: Path, read: Any) -> _Piece:
    """Frames in Å, as each of mdtraj's classes gives them."""
    kind = path.suffix.lower()
    positions = np.asarray(read[0], float)
    if kind == ".dcd":
        _, lengths, angles = read
        cell = None
        if lengths is not None and np.all(lengths):
            cell = np.array([Cell.fromcellpar([*a, *b]).array for a, b in zip(lengths, angles, strict=True)])
        return _Piece(positions, cell, None, None)
    if kind == ".gro":
        _, time, box = read
        step = None
    else:
        _, time, step, box = read[: len(("positions", "time", "step", "box"))]
    vectors = None if box is None or not np.any(box) else NANOMETRE * np.asarray(box, float)
    return _Piece(NANOMETRE * positions, vectors, time, step)


def _frames(path: Path, pieces: Iterator[_Piece]) -> Iterator[Frames]:
    first = 0
    for piece in pieces:
        stated = {}
        if piece.time is not None:
            stated["time_s"] = UNITS["time"]["ps"] * np.asarray(piece.time, float)
        if piece.step is not None and piece.step.any():
            stated["step"] = np.asarray(piece.step, float)
        yield Frames(first, piece.positions, piece.cell, stated=stated)
        first += len(piece.positions)


def _counted(symbols: Sequence[str]) -> list[str]:
    """One symbol for each atom: ``Li`` and ``Li`` for ``Li2``."""
    counted: list[str] = []
    for symbol in symbols:
        match = SYMBOL_AND_COUNT.fullmatch(symbol)
        n = int(match[2] or 1) if match and len(match[2]) <= len(str(MOST_ATOMS)) else 1
        counted += [match[1] if match else symbol] * min(n, MOST_ATOMS)
    return counted


def _numbers_of_gro(path: Path, n_atom: int) -> NDArray[np.int64]:
    """Atomic numbers (n_atom,) by the names of atoms: those that begin with one symbol alone, and ions by their residue."""
    with open_text(path) as file:
        lines = list(islice(file, 2, 2 + n_atom))
    numbers = []
    for line in lines:
        residue, name = (line[column].strip() for column in GRO_NAMES)
        letters = "".join(letter for letter in name if letter.isalpha())
        is_ion = residue.upper().rstrip("+-0123456789") == letters.upper()
        symbol = letters.capitalize() if is_ion else letters
        # a second letter in upper case belongs to the force field: OW, HW, CA
        if symbol not in atomic_numbers or (not is_ion and len(letters) > 1 and letters.isupper()):
            raise ValueError(f"{path}: an atom is called {name!r}, which is no chemical symbol; give symbols=")
        numbers.append(atomic_numbers[symbol])
    return np.array(numbers)
