"""Structures of a file, frame by frame, by ase."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ase.db
import numpy as np
from ase import Atoms
from ase.data import chemical_symbols
from ase.io.formats import filetype, get_ioformat, ioformats

from a2c_pybamm.formatting import cut
from a2c_pybamm.readers.ase_database import from_row, is_sqlite, read_database
from a2c_pybamm.readers.bounded_stream import open_bytes, open_text
from a2c_pybamm.readers.memory_bound import MemoryBound
from a2c_pybamm.readers.source_file import FILE_LIMITS, TAIL_BYTES, is_packed, last_line_is_short, open_regular, packing_of
from a2c_pybamm.readers.units import LARGEST_NUMBER

FINISHED_MARKS = {"vasp-xml": b"</modeling>", "vasp-out": b"General timing and accounting informations"}
"""Text that a run of VASP writes when it has finished, by ase's name of the format."""
UNREADABLE = "ase cannot read it; does the ending of its name fit its format?"
"""Beginning of an error about a file of structures, before ase's own words."""
VASP_BEGINNINGS = {"vasp-xml": re.compile(rb"\s*<\?xml[^>]*>\s*<modeling"), "vasp-out": re.compile(rb"\s*vasp\.\d")}
"""First text of files of VASP, whatever their names, by ase's name of the format."""
LINE_END = b"\n"
PEEKED_BYTES = 2_000
"""Bytes of a file's beginning by which its format is recognised: as many as ase looks at."""
XYZ_ENDINGS = (".xyz", ".extxyz", ".exyz")
TAKE_STREAMS = {"aims", "aims-output", "dftb", "dmol-arc", "dmol-car", "dmol-incoor", "rmc6f", "struct"}
"""Formats of ase that are declared as read by name, and take an open file as well."""
VASP_CELLS = ("vasp", "vasp-xdatcar")
"""Formats with a line of elements' symbols above the numbers of atoms, which VASP 4 did not write."""
ONE_LINE_FORMATS = {"json", "cjson", "nomad-json"}
"""Formats of one long line."""
USUAL_EXPANSION = 10
"""Bytes that a compressed byte of text usually becomes; 2 to 20 are seen."""
LARGEST_LENGTH = 1e12
"""Bound of positions and cell vectors [Å], a hundred metres: whole cells between two of them stay within 64 bits."""


def _bound(path: Path) -> MemoryBound:
    return MemoryBound(path.stat().st_size * (USUAL_EXPANSION if is_packed(path) else 1))


@contextmanager
def _ase_reads(path: Path, failure: str, bound: MemoryBound, kind: str = "") -> Iterator[None]:
    """A stretch of code in which ase reads a file; all that it raises becomes a ``ValueError`` that names the file."""
    try:
        with bound:
            yield
    except Exception as error:  # ase's readers of formats raise errors of every type
        if isinstance(error, ValueError) and str(error).startswith(str(path)):
            raise
        if kind in VASP_CELLS and _lacks_elements(path):
            raise ValueError(
                f"{path}: names no elements, as files of VASP 4; write their symbols in a line above the numbers of atoms "
                "('Li Co O' above '1 1 2')"
            ) from error
        words = "it announces more than fits into the memory" if isinstance(error, MemoryError) else str(error)
        detail = " ".join(words.split())[:160] or type(error).__name__
        raise ValueError(f"{path}: {failure} ({detail}){_cut_off_note(path, kind)}") from error


def _cut_off_note(path: Path, kind: str) -> str:
    """A question behind an error: of a text only where its last line has no end, of a binary file of a known format always."""
    with open_regular(path) as file:
        if packing_of(file):
            return ""
        head = file.read(PEEKED_BYTES)
        is_text, is_json = b"\0" not in head, head.lstrip()[:1] in (b"{", b"[")
        file.seek(-min(path.stat().st_size, PEEKED_BYTES), os.SEEK_END)
        tail = file.read()
    if is_text and is_json:
        return "" if tail.rstrip()[-1:] in (b"}", b"]") else "; its last bracket is not closed: is it cut off?"
    if is_text:
        return "" if tail.endswith(LINE_END) else "; its last line has no end: is it cut off?"
    return "; is it cut off?" if kind else ""


def _lacks_elements(path: Path) -> bool:
    """True where numbers of atoms stand in the sixth line, in which VASP 5 writes symbols."""
    with open_text(path) as file:
        line = [file.readline() for _ in range(6)][-1].split()
    return bool(line) and all(word.isdecimal() for word in line)


def read_frames(path: Path, *, failure: str, remedy: str) -> list[Any]:
    """All frames that ase reads from a file.

    Raises
    ------
    ValueError
        Naming the file: ``failure`` and ase's own words where it cannot be read, ``remedy`` where an xyz file's last line is
        cut.
    """
    return list(iterate_frames(path, failure=failure, remedy=remedy))


def iterate_frames(path: Path, *, failure: str, remedy: str, kind: str | None = None) -> Iterator[Any]:
    """Frames that ase reads from a file, one after the other where ase's reader of the format gives them so.

    ``kind`` is the format as :func:`file_format` gives it, found here if it is not given.
    """
    kind = kind or file_format(path, failure=failure)
    if kind == "extxyz" and not is_packed(path) and last_line_is_short(path):
        raise ValueError(f"{path}: the last line is cut off; {remedy}")
    bound = _bound(path)
    with contextlib.closing(read_database(path) if kind == "db" else _stream(path, kind)) as frames:
        k = 0
        while True:
            with _ase_reads(path, failure, bound, kind):
                frame = next(frames, None)
            if frame is None:
                return
            yield _checked(path, k, frame)
            k += 1


def validate_finished(path: Path, kind: str, *, failure: str, remedy: str) -> None:
    """Raise ``ValueError`` where a run of VASP has not finished; of another format nothing is looked at."""
    if kind not in FINISHED_MARKS:
        return
    tail = b""
    with _ase_reads(path, failure, _bound(path)), open_bytes(path) as file:
        if not is_packed(path):
            file.seek(max(0, path.stat().st_size - TAIL_BYTES))
        while piece := file.read(TAIL_BYTES):
            tail = (tail + piece)[-TAIL_BYTES:]
    if FINISHED_MARKS[kind] not in tail:
        raise ValueError(f"{path}: the run of VASP did not finish, or the file is cut off; {remedy}")


def read_relaxed(path: Path, kind: str, *, failure: str, remedy: str) -> list[Any]:
    """All frames of a file of structures of a format: of a finished run of VASP the last ionic step alone.

    Raises
    ------
    ValueError
        As :func:`read_frames`.
    """
    frames = list(iterate_frames(path, failure=failure, remedy=remedy, kind=kind))
    return frames[-1:] if kind in FINISHED_MARKS else frames


def energy_of(atoms: Any, where: str) -> float:
    """Potential energy of a frame [eV].

    Raises
    ------
    ValueError
        Naming ``where``: there is none, or it is no finite number.
    """
    energy = None if atoms.calc is None else atoms.calc.results.get("energy")
    if energy is None:
        raise ValueError(f"{where}: no energy; write structures with their energies (extxyz keeps them), or leave it out")
    energy = energy.item() if isinstance(energy, np.ndarray) and energy.ndim == 0 else energy
    if not isinstance(energy, int | float | np.integer | np.floating) or isinstance(energy, bool):
        raise ValueError(f"{where}: its energy is {str(energy)[:60]!r}, not a number; write it in eV, or leave the frame out")
    if not -LARGEST_NUMBER < energy < LARGEST_NUMBER:
        raise ValueError(f"{where}: its energy is {str(energy)[:60]} eV, not finite; repair it, or leave the frame out")
    return float(energy)


def file_format(path: Path, given: str | None = None, *, failure: str) -> str:
    """Ase's name of a file's format, told by its content and name unless it is given.

    Raises
    ------
    ValueError
        Naming the file: ``failure`` and ase's own words where the format is not known, or one that is not read.
    """
    with _ase_reads(path, failure, _bound(path)):
        return _format(path) if given is None else _given_format(path, given)


def _given_format(path: Path, given: str) -> str:
    """A format that is given by ase's name of it, if it is one that is read."""
    if (given == "db") != is_sqlite(path):
        raise ValueError(f"{path}: format is {given!r}; give 'db' for SQLite databases and for no other file")
    if given == "db":
        return given
    if given not in ioformats:
        raise ValueError(f"{path}: format is {cut(given)!r}, not ase's name of one; write it like 'vasp-out' or 'extxyz'")
    return _readable(path, given)


def _format(path: Path) -> str:
    """Ase's name of a file's format, which is none that could do more than read this file.

    Ase is given an open stream, never a name: a name may be taken for an address in the network (``postgresql://…``), the
    terminal (``-``), a database to make, or a place to look for further files. No format that ase reads from a stream runs code
    or unpickles. Formats that ase reads by name alone are refused, but for SQLite, which `ase_database` reads.
    """
    if path.suffix in XYZ_ENDINGS:
        return "extxyz"
    if is_sqlite(path):
        return "db"
    with open_bytes(path) as file:
        beginning = file.read(PEEKED_BYTES)
        for kind, mark in VASP_BEGINNINGS.items():
            if mark.match(beginning):
                return kind
        file.seek(0)
        kind = str(filetype(file))
    if kind == "db":
        raise ValueError(f"{path}: no SQLite database, although its name is of one; copy it again")
    if kind.startswith("lammps-dump"):
        raise ValueError(
            f"{path}: a dump of LAMMPS, whose types ase takes for the elements H, He …; read_trajectory reads it, "
            "structures are written as extended xyz"
        )
    return _readable(path, kind)


def _readable(path: Path, kind: str) -> str:
    """A format, if ase reads files of it from an open stream."""
    reader = get_ioformat(kind)
    if not reader.can_read or not (reader.acceptsfd or kind in TAKE_STREAMS):
        raise ValueError(f"{path}: files of ase's format {kind!r} are not read; convert it to extended xyz (ase convert)")
    return kind


def _stream(path: Path, kind: str) -> Generator[Any]:
    """Frames by ase's reader of a format."""
    reader = get_ioformat(kind)
    if reader.isbinary:
        stream: Any = open_bytes(path)
    else:
        stream = open_text(path, longest_line=None if kind in ONE_LINE_FORMATS else FILE_LIMITS.line_bytes)
    with stream:
        if kind == "json":
            with ase.db.connect(stream, type="json", serial=True) as database:
                yield from map(from_row, database.select())
        else:
            for frame in reader.read(stream, *(() if reader.single else (slice(None),))):
                yield frame["atoms"] if isinstance(frame, dict) else frame


def _checked(path: Path, k: int, frame: Any) -> Any:
    """The frame, if its atoms and cell can be those of a crystal."""
    if not isinstance(frame, Atoms) or not len(frame):
        raise ValueError(f"{path}, frame {k}: holds no atoms; leave it out")
    if not ((frame.numbers >= 0) & (frame.numbers < len(chemical_symbols))).all():
        raise ValueError(f"{path}, frame {k}: an atomic number is not one of 0 to {len(chemical_symbols) - 1}; correct it")
    cell, positions = frame.cell.array, frame.positions
    if not (np.abs(cell) < LARGEST_LENGTH).all() or (np.isfinite(positions) & (np.abs(positions) >= LARGEST_LENGTH)).any():
        raise ValueError(f"{path}, frame {k}: a cell vector or position is not a number below {LARGEST_LENGTH:g} Å; correct it")
    return frame
