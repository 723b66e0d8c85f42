"""Frames of a file, by ase."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ase.db
import ase.io
from ase.io.formats import filetype, open_with_compression

from a2c_pybamm.readers.source_file import last_line_is_short

LAST_WORDS = {"vasp-xml": b"</modeling>", "vasp-out": b"General timing and accounting informations"}
"""What a run of VASP writes when it has finished, by ase's name of the format."""
UNREADABLE = "ase cannot read it; is it cut off, or its format not told by its name?"
"""What is said of a file of structures, before ase's own words."""
END = 20_000
"""Bytes at the end of a file, among which the last words stand."""


@contextmanager
def _ase_reads(path: Path, failure: str) -> Iterator[None]:
    """A stretch of code in which ase reads a file; whatever it raises becomes a ``ValueError`` that names the file."""
    try:
        yield
    except Exception as error:  # ase raises whatever its format readers happen to raise
        detail = " ".join(str(error).split())[:160] or type(error).__name__
        raise ValueError(f"{path}: {failure} ({detail})") from error


def read_frames(path: Path, *, failure: str, remedy: str) -> list[Any]:
    """All frames that ase reads from a file.

    Raises
    ------
    ValueError
        Naming the file: ``failure`` and ase's own words where it cannot be read, ``remedy`` where an xyz file's last line is
        cut.
    """
    return list(iterate_frames(path, failure=failure, remedy=remedy))


def iterate_frames(path: Path, *, failure: str, remedy: str) -> Iterator[Any]:
    """The same, one after the other, where ase's reader of the format gives them so."""
    is_xyz = path.suffix in (".xyz", ".extxyz", ".exyz")
    if is_xyz and last_line_is_short(path):
        raise ValueError(f"{path}: the last line is cut off; {remedy}")
    with _ase_reads(path, failure):
        frames = iter(ase.io.iread(path, index=":", format="extxyz" if is_xyz else None, do_not_split_by_at_sign=True))
    while True:
        with _ase_reads(path, failure):
            frame = next(frames, None)
        if frame is None:
            return
        yield frame


def read_relaxed(path: Path, *, failure: str, remedy: str) -> list[Any]:
    """All frames of a file of structures: of a run of VASP the last ionic step alone, a database's rows with keys in ``info``.

    Raises
    ------
    ValueError
        As :func:`read_frames`, and where a run of VASP has not finished.
    """
    with _ase_reads(path, failure):
        kind = filetype(str(path))
    if kind in LAST_WORDS:
        with _ase_reads(path, failure), open_with_compression(str(path), "rb") as file:
            end = file.read()[-END:]
        if LAST_WORDS[kind] not in end:
            raise ValueError(f"{path}: the run of VASP did not finish, or the file is cut off; {remedy}")
        return read_frames(path, failure=failure, remedy=remedy)[-1:]
    if kind in ("db", "json"):
        with _ase_reads(path, failure):
            return _database(path, kind)
    return read_frames(path, failure=failure, remedy=remedy)


def _database(path: Path, kind: str) -> list[Any]:
    """Structures of ase's database with their keys and data, which ``ase.io.read`` leaves behind."""
    frames = []
    with ase.db.connect(path, type=kind, serial=True) as database:
        for row in database.select():
            frames.append(row.toatoms())
            frames[-1].info = {**row.data, **row.key_value_pairs}
    return frames
