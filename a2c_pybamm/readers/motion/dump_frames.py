"""Frames of dumps of LAMMPS as they stand in the file: headers, and columns of numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, count, islice
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.data import Array, frames_at_once
from a2c_pybamm.readers.frames import LARGEST_LENGTH
from a2c_pybamm.readers.motion.dumps_as_text import is_other_dump, open_dump_as_text
from a2c_pybamm.readers.motion.trajectory_frames import MOST_ATOMS

IMAGE_COLUMNS = ("ix", "iy", "iz")
Columns = Mapping[str, NDArray[Any]]
"""Columns of some frames by name, each (n_frame, n_atom)."""


@dataclass(frozen=True, eq=False)
class DumpHeader:
    """Numbers and names above the atoms of a frame."""

    step: int
    settings: Mapping[str, str]
    n_atom: int
    cell: Array
    """Rows are cell vectors [Å] (3, 3)."""
    origin: Array
    """[Å] (3,)."""
    periodic: tuple[bool, bool, bool]
    columns: tuple[str, ...]


def is_lammps_dump(path: Path) -> bool:
    """True for a file that begins like a dump of LAMMPS in text, YAML or binary."""
    try:
        if is_other_dump(path):
            return True
        with _open(path) as file:
            return file.readline(64).startswith(b"ITEM: ")
    except (OSError, ValueError):
        return False


def _open(path: Path) -> IO[bytes]:
    return open_dump_as_text(path)


@contextmanager
def _reading(path: Path) -> Iterator[IO[bytes]]:
    try:
        with _open(path) as file:
            yield file
    except OSError as error:
        raise ValueError(f"{path}: cannot be read to its end ({error}); copy it again, or unpack what is there") from error


def dump_blocks(
    path: Path, known: Collection[str], validate: Callable[[Path, DumpHeader], None]
) -> Iterator[tuple[list[DumpHeader], Columns]]:
    """Frames with the ``known`` columns of their atoms as they stand in the file, some at a time.

    Raises
    ------
    ValueError
        If a frame is cut off, cannot be read, or has other atoms or columns than the first, which ``validate`` has accepted.
    """
    with _reading(path) as file:
        frames = _frames_as_written(path, file, validate)
        first = next(frames)
        head, k = first[0], 0
        frames = chain([first], frames)
        del first  # the text of a large frame
        while block := list(islice(frames, frames_at_once(head.n_atom))):
            headers, bodies = map(list, zip(*block, strict=True))
            yield headers, _parse(path, k, head, bodies, known)
            k += len(block)


def _frames_as_written(
    path: Path, file: IO[bytes], validate: Callable[[Path, DumpHeader], None]
) -> Iterator[tuple[DumpHeader, bytes]]:
    """Header of each frame and the lines of its atoms, as many and with the same columns as in the first frame."""
    head = _read_header(path, 0, file)
    if head is None or head.n_atom < 1:
        raise ValueError(f"{path}: holds no atoms")
    validate(path, head)
    header: DumpHeader | None = head
    for k in count():
        if header is None:
            return
        if (header.n_atom, header.columns) != (head.n_atom, head.columns):
            raise ValueError(
                f"{path}: frame {k} has {header.n_atom} atoms with {' '.join(header.columns)}, frame 0 has {head.n_atom} with "
                f"{' '.join(head.columns)}; split the file there"
            )
        lines = list(islice(file, header.n_atom))
        if len(lines) < header.n_atom or not lines[-1].endswith(b"\n"):
            raise _cut_off(path, k)
        if (n := len(lines[0].split())) != len(head.columns):
            raise ValueError(f"{path}: frame {k} has {n} numbers in a line, not {' '.join(head.columns)}")
        yield header, b"".join(lines)
        header = _read_header(path, k + 1, file)


def _cut_off(path: Path, k: int) -> ValueError:
    return ValueError(f"{path}: frame {k} is cut off; remove it, or wait until the run has written it")


def _read_header(path: Path, k: int, file: IO[bytes]) -> DumpHeader | None:
    """The lines above a frame's atoms; None at the end of the file."""
    items: dict[str, list[str]] = {}
    while line := file.readline():
        words = line.decode(errors="replace").split()
        if not (words or items):
            continue
        name = " ".join(word for word in words[1:] if word.isupper())
        if words[:1] != ["ITEM:"]:
            raise ValueError(f"{path}: frame {k} begins with {line[:40].decode(errors='replace').strip()!r}, not with ITEM:")
        if name == "ATOMS":
            return _header(path, k, items, tuple(words[2:]))
        if name == "ENTRIES":
            raise ValueError(f"{path}: frame {k} is of a local dump (ITEM: ENTRIES), not of atoms; write it by dump custom")
        items[name] = words[1 + len(name.split()) :]
        for _ in range(3 if name == "BOX BOUNDS" else 1):
            items[name] += file.readline().decode(errors="replace").split()
    if items:
        raise _cut_off(path, k)
    return None


def _header(path: Path, k: int, items: Mapping[str, list[str]], columns: tuple[str, ...]) -> DumpHeader:
    try:
        box = items["BOX BOUNDS"]
        cell, origin, flags = _box(box)
        if not (np.abs([*cell, origin]) < LARGEST_LENGTH).all():
            raise ValueError(f"a box of {LARGEST_LENGTH:g} Å or more")
        return DumpHeader(
            step=_whole_number(items["TIMESTEP"][0], 2**63),
            settings={key: items[key][0] for key in ("UNITS", "TIME") if key in items},
            n_atom=_whole_number(items["NUMBER OF ATOMS"][0], MOST_ATOMS),
            cell=cell,
            origin=origin,
            periodic=(flags[0] == "pp", flags[1] == "pp", flags[2] == "pp"),
            columns=columns,
        )
    except (KeyError, IndexError, ValueError) as error:
        raise ValueError(f"{path}: frame {k} has a header that cannot be read ({error}); is the file cut or mended?") from error


def _whole_number(word: str, largest: int) -> int:
    if len(word) > len(str(largest)) + 1 or not 0 <= int(word) <= largest:
        raise ValueError(f"{word[:40]!r} is not a whole number up to {largest}")
    return int(word)


def _box(words: list[str]) -> tuple[Array, Array, list[str]]:
    """Cell vectors (3, 3), origin (3,) and the three flags of boundaries, in each of LAMMPS's three ways to write them."""
    general, tilted = words[:2] == ["abc", "origin"], words[:3] == ["xy", "xz", "yz"]
    words = words[2 * general + 3 * tilted :]
    flags = words[:3] if words[0].isalpha() else ["pp"] * 3  # old versions and some of the general form write none
    rows = np.array(words[3 * words[0].isalpha() :], float).reshape(3, 4 if general else 2 + tilted)
    if general:
        return rows[:, :3], rows[:, 3], flags
    xy, xz, yz = rows[:, 2] if tilted else np.zeros(3)
    # the bounds are those of the smallest upright box around the tilted one
    low = rows[:, 0] - [min(0, xy, xz, xy + xz), min(0, yz), 0]
    high = rows[:, 1] - [max(0, xy, xz, xy + xz), max(0, yz), 0]
    x, y, z = high - low
    return np.array([[x, 0, 0], [xy, y, 0], [xz, yz, z]]), low, flags


def _parse(path: Path, first: int, header: DumpHeader, bodies: list[bytes], known: Collection[str]) -> Columns:
    """Columns (n_frame, n_atom) of the numbers, and of the elements."""
    import pandas as pd  # type: ignore[import-untyped]  # a quarter of a second to import

    wanted = [name for name in header.columns if name in known]
    kinds = {name: str if name == "element" else float for name in wanted}
    try:
        text = io.BytesIO(b"".join(bodies))
        table = pd.read_csv(
            text, sep=r"\s+", header=None, names=header.columns, usecols=wanted, dtype=kinds, engine="c", quoting=csv.QUOTE_NONE
        )
    except ValueError as error:
        raise ValueError(
            f"{path}: atoms of frames {first} to {first + len(bodies) - 1} cannot be read ({error}); is a line cut or joined?"
        ) from error
    if len(table) != len(bodies) * header.n_atom:
        raise ValueError(f"{path}: frames {first} to {first + len(bodies) - 1} have {len(table)} lines of atoms; is one empty?")
    for name in {"id", "type", *IMAGE_COLUMNS} & set(wanted):
        column = table[name].to_numpy()
        # from 1/epsneg = 2**53 on, whole numbers are not all floats
        if not (np.abs(column) < 1 / np.finfo(float).epsneg).all() or (column != np.round(column)).any():
            raise ValueError(
                f"{path}: frames {first} to {first + len(bodies) - 1}: column {name!r} has an entry that is no whole number"
            )
    return {name: table[name].to_numpy().reshape(len(bodies), header.n_atom) for name in wanted}
