"""Plain xyz files, which have no properties or cell in their comments: those of CP2K, i-PI, LAMMPS and others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO

import numpy as np
from ase.cell import Cell
from ase.data import atomic_masses, atomic_numbers
from numpy.typing import NDArray

from a2c_pybamm.constants import ANGSTROM
from a2c_pybamm.data import Array, frames_at_once
from a2c_pybamm.formatting import cut
from a2c_pybamm.readers.bounded_stream import open_text
from a2c_pybamm.readers.frames import LARGEST_LENGTH, XYZ_ENDINGS
from a2c_pybamm.readers.motion.atom_lines import AXES, parse_vectors
from a2c_pybamm.readers.motion.trajectory_frames import MOST_ATOMS, Frames, FrameSource, numbers_of
from a2c_pybamm.readers.source_file import unpacked_name
from a2c_pybamm.readers.units import UNITS

EXTENDED = re.compile(r"\b(properties|lattice)\s*=", re.IGNORECASE)
"""Words of a comment of extended xyz."""
NUMBER = r"[-+]?\d+\.?\d*(?:[eEdD][-+]?\d+)?"
TIME = re.compile(rf"\btime\s*[=:]\s*({NUMBER})\s*(fs|ps)?\b", re.IGNORECASE)
STEP = re.compile(r"\b(?:timestep|step|i)\s*[=:]\s*(\d{1,15})\b", re.IGNORECASE)
CP2K = re.compile(r"\bi\s*=\s*\d+\s*,\s*time\s*=", re.IGNORECASE)
"""Comment of CP2K, whose times are in femtoseconds."""
IPI_CELL = re.compile(rf"CELL\((abcABC|H)\):\s*((?:{NUMBER}\s+)+)")
IPI_QUANTITY = re.compile(r"\b(\w+)\{(\w+)\}")
IPI_LENGTHS = {"angstrom": "Å", "atomic_unit": "bohr"}
"""Units of i-PI, by ours; where none is stated it is the atomic unit."""
IPI_POSITIONS = ("positions", "x_centroid")
LABEL = re.compile(r"([A-Z][a-z]?)(?:\d*[-+]|[\d_].*)?")
"""A symbol with a charge or a number behind it: ``Li+``, ``O2-``, ``C12``, ``O_w``."""


@dataclass(frozen=True, eq=False)
class _Comment:
    """Content of the line above the atoms."""

    stated: Mapping[str, float] = field(default_factory=dict)
    cell: Array | None = None
    """Rows are cell vectors [Å] (3, 3)."""
    unit: float = 1.0
    """Unit of the positions [Å]."""


def is_plain_xyz(path: Path) -> bool:
    """True for a file that is called so and whose first comment is not one of extended xyz."""
    if unpacked_name(path).suffix not in XYZ_ENDINGS:
        return False
    try:
        with open_text(path) as file:
            first, comment = file.readline(), file.readline()
    except (OSError, ValueError):
        return False
    return first.strip().isdecimal() and not EXTENDED.search(comment)


def open_plain_xyz(path: Path, symbols: Sequence[str] | None) -> FrameSource:
    """The atoms and frames of a file, with steps, times and cell of the comments.

    Raises
    ------
    ValueError
        If a frame cannot be read or is cut off, atoms change, or a label is no symbol.
    """
    with open_text(path) as file:
        _, comment, lines = next(_frames_as_written(path, file))
    head = _read_comment(path, 0, comment)
    labels = _labels(lines)
    numbers = _atomic_numbers(path, labels, symbols)
    periodic = (head.cell is not None,) * len(AXES)
    return FrameSource(numbers, atomic_masses[numbers], _blocks(path, labels), (periodic[0], periodic[1], periodic[2]))


def _blocks(path: Path, labels: list[str]) -> Iterator[Frames]:
    """Frames some at a time."""
    first, n_atom = 0, len(labels)
    with open_text(path) as file:
        frames = _frames_as_written(path, file)
        while block := list(islice(frames, frames_at_once(n_atom))):
            for k, _, lines in block:
                if _labels(lines) != labels:
                    raise ValueError(
                        f"{path}: frame {k} has other atoms than frame 0, or in another order; write them sorted by id"
                    )
            comments = [_read_comment(path, k, comment) for k, comment, _ in block]
            text = "".join("".join(lines) for _, _, lines in block)
            positions = parse_vectors(path, first, text, len(block), n_atom, before=1)
            units = np.array([comment.unit for comment in comments])
            cells = [comment.cell for comment in comments if comment.cell is not None]
            with np.errstate(invalid="ignore", over="ignore"):  # what is not finite is named where frames are unwrapped
                positions = positions if (units == 1).all() else positions * units[:, None, None]
            yield Frames(
                first,
                positions,
                np.array(cells) if len(cells) == len(block) else None,
                stated=_stated(comments),
            )
            first += len(block)


def _stated(comments: Sequence[_Comment]) -> dict[str, Array]:
    keys = [key for key in comments[0].stated if all(key in comment.stated for comment in comments)]
    return {key: np.array([comment.stated[key] for comment in comments]) for key in keys}


def _frames_as_written(path: Path, file: IO[str]) -> Iterator[tuple[int, str, list[str]]]:
    """Number, comment and lines of each frame."""
    k = 0
    while line := file.readline():
        if not line.strip():
            continue
        words = line.split()
        if len(words) != 1 or not words[0].isdecimal() or not 0 < len(words[0]) <= len(str(MOST_ATOMS)):
            raise ValueError(
                f"{path}: frame {k} begins with {cut(line.strip())!r}, expected a number of atoms; is a line missing?"
            )
        if not int(words[0]):
            raise ValueError(f"{path}: frame {k} has no atoms; remove it")
        comment, lines = file.readline(), list(islice(file, int(words[0])))
        if len(lines) < int(words[0]) or (not lines[-1].endswith("\n") and len(lines[-1]) < len(lines[0]) - 1):
            raise ValueError(f"{path}: frame {k} is cut off; remove it, or wait until the run has written it")
        if not lines[-1].endswith("\n"):
            lines[-1] += "\n"
        yield k, comment, lines
        k += 1


def _labels(lines: Sequence[str]) -> list[str]:
    """First word of each line, empty where there is none."""
    return [line.split(None, 1)[0] if line.strip() else "" for line in lines]


def _atomic_numbers(path: Path, labels: Sequence[str], symbols: Sequence[str] | None) -> NDArray[np.int64]:
    """Atomic numbers (n_atom,) of symbols, with charges or numbers behind them or not, or of numbered types."""
    kinds = list(dict.fromkeys(labels))
    if all(kind.isdecimal() for kind in kinds):
        types = np.array([int(label[: len(str(MOST_ATOMS))]) for label in labels])
        if symbols is None or types.min() < 1:
            raise ValueError(
                f"{path}: its atoms have numbers of types ({cut(', '.join(kinds))}) and no symbols; give the chemical symbol "
                "of each type, counted from 1, as symbols="
            )
        return numbers_of(path, symbols, max(int(types.max()), len(symbols)), "types")[types - 1]
    if symbols is not None:
        raise ValueError(f"{path}: has symbols of its own; leave symbols= out")
    known: dict[str, int] = {}
    for kind in kinds:
        match = LABEL.fullmatch(kind)
        if match is None or match[1] not in atomic_numbers:
            raise ValueError(f"{path}: an atom is called {cut(kind)!r}, which begins with no chemical symbol; write symbols")
        known[kind] = atomic_numbers[match[1]]
    return np.array([known[label] for label in labels])


def _read_comment(path: Path, k: int, comment: str) -> _Comment:
    stated: dict[str, float] = {}
    if step := STEP.search(comment):
        stated["step"] = float(step[1])
    if time := TIME.search(comment):
        unit = (time[2] or "").lower() or ("fs" if CP2K.search(comment) else "")
        value = float(time[1].lower().replace("d", "e"))
        stated["time_s" if unit else "time"] = value * (UNITS["time"][unit] if unit else 1.0)
    if cell := IPI_CELL.search(comment):
        return _of_ipi(path, k, comment, cell, stated)
    return _Comment(stated)


def _of_ipi(path: Path, k: int, comment: str, cell: re.Match[str], stated: Mapping[str, float]) -> _Comment:
    """Content of a comment of i-PI: cell, quantity and units."""
    quantities = dict(IPI_QUANTITY.findall(comment))
    if others := [name for name in quantities if name not in (*IPI_POSITIONS, "cell")]:
        raise ValueError(f"{path}: holds {others[0]!r} of i-PI, not positions; give the file of the positions")
    of_positions = next((quantities[name] for name in IPI_POSITIONS if name in quantities), "atomic_unit")
    of_cell = quantities.get("cell", "atomic_unit")
    if unknown := {of_positions, of_cell} - IPI_LENGTHS.keys():
        raise ValueError(f"{path}: {sorted(unknown)[0]!r} is no known unit of length of i-PI; write {' or '.join(IPI_LENGTHS)}")
    scales = [UNITS["length"][IPI_LENGTHS[unit]] / ANGSTROM for unit in (of_positions, of_cell)]
    numbers = np.array(cell[2].replace("D", "E").split(), float)
    if len(numbers) != (2 * len(AXES) if cell[1] == "abcABC" else len(AXES) ** 2):
        raise ValueError(f"{path}: frame {k} has a cell of {len(numbers)} numbers; is its comment cut?")
    if not (np.abs(numbers) < LARGEST_LENGTH).all():
        raise ValueError(f"{path}: frame {k} has a cell vector that is not below {LARGEST_LENGTH:g} Å; correct it")
    if cell[1] == "H":
        return _Comment(stated, scales[1] * numbers.reshape(len(AXES), -1).T, scales[0])
    lengths, angles = np.split(numbers, 2)
    return _Comment(stated, Cell.fromcellpar([*(scales[1] * lengths), *angles]).array, scales[0])
