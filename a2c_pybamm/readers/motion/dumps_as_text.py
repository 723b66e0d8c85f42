"""Dumps of LAMMPS in YAML and in binary, as the text that LAMMPS's usual dumps have."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from a2c_pybamm.readers.bounded_stream import open_bytes
from a2c_pybamm.readers.source_file import FILE_LIMITS

YAML_BEGINNING = (b"---", b"creator: LAMMPS")
"""First two lines of a dump in YAML."""
MAGIC = (b"DUMPATOM", b"DUMPCUSTOM")
"""Names of the binary forms of LAMMPS of 2020 and later, whose length stands before them, negative."""
BOUNDARIES = "pfsm"
"""Letters of the kinds of boundary, by their numbers."""
TILTS = "xy xz yz"
BOX_SIDES = ("xlo", "xhi", "ylo", "yhi", "zlo", "zhi")


@dataclass(frozen=True, eq=False)
class _Head:
    """Numbers above a frame, as text."""

    step: str
    n_atom: str
    boundary: str
    """``pp pp pp``."""
    box: tuple[str, ...]
    """Three lines of bounds, with tilts behind them or not."""
    columns: str
    settings: tuple[tuple[str, str], ...] = ()

    def text(self) -> bytes:
        """The lines above the atoms in a dump of text."""
        items = [*self.settings, ("TIMESTEP", self.step), ("NUMBER OF ATOMS", self.n_atom)]
        tilts = f"{TILTS} " if len(self.box[0].split()) > 2 else ""
        lines = [f"ITEM: {name}\n{value}\n" for name, value in items]
        return "".join(
            [
                *lines,
                f"ITEM: BOX BOUNDS {tilts}{self.boundary}\n",
                *(f"{row}\n" for row in self.box),
                f"ITEM: ATOMS {self.columns}\n",
            ]
        ).encode()


class _Stream(io.RawIOBase):
    """Pieces of text, one after the other, as a file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._rest = self._rest or next(self._pieces, b"")
        n = min(len(buffer), len(self._rest))
        buffer[:n], self._rest = self._rest[:n], self._rest[n:]
        return n


def is_other_dump(path: Path) -> bool:
    """True for a file that begins like a dump of LAMMPS in YAML or binary."""
    return _converter(path) is not None


def open_dump_as_text(path: Path) -> IO[bytes]:
    """The text of a dump, converted as it is read where it is in YAML or binary."""
    if (convert := _converter(path)) is not None:
        return io.BufferedReader(cast(Any, _Stream(convert(path))))
    return open_bytes(path, longest_line=FILE_LIMITS.line_bytes)


def _converter(path: Path) -> Callable[[Path], Iterator[bytes]] | None:
    """Function that makes text of a file of this form; None for every other form."""
    with open_bytes(path) as file:
        beginning = file.read(FILE_LIMITS.header_bytes)
    if tuple(line.rstrip() for line in beginning.split(b"\n")[: len(YAML_BEGINNING)]) == YAML_BEGINNING:
        return _from_yaml
    return _from_binary if any(beginning.startswith(struct.pack("=q", -len(name)) + name) for name in MAGIC) else None


def _from_yaml(path: Path) -> Iterator[bytes]:
    """Header and atoms of each frame."""
    with open_bytes(path, longest_line=FILE_LIMITS.line_bytes) as file:
        entries: dict[str, str] = {}
        rows: list[str] = []
        key = ""
        for raw in file:
            if raw == b"data:\n":
                yield _yaml_head(path, entries, rows).text()
                yield from map(_yaml_row, islice(file, int(entries["natoms"])))
                entries, rows = {}, []
                continue
            line = raw.decode(errors="replace")
            if not line.startswith((" ", "-", ".")):
                key, _, value = line.partition(":")
                entries[key] = _listed(value)
            elif key == "box":
                rows.append(_listed(line.strip().removeprefix("-")))


def _listed(text: str) -> str:
    """Words of a list of YAML, or of a value."""
    return " ".join(text.strip().strip("[]").replace(",", " ").split())


def _yaml_row(line: bytes) -> bytes:
    """Numbers of an atom; of a line that is cut nothing, so that its frame is found to be."""
    return line[line.find(b"[") + 1 : line.rfind(b"]")].replace(b",", b" ") + b"\n" if line.endswith(b"]\n") else b""


def _yaml_head(path: Path, entries: dict[str, str], rows: list[str]) -> _Head:
    try:
        sides = entries["boundary"].split()
        if len(sides) != len(BOX_SIDES):
            raise ValueError(f"{len(sides)} boundaries")
        box, tilts = rows[: len(sides) // 2], (" ".join(rows[len(sides) // 2 :])).split()
        if len(box) != len(sides) // 2:
            raise ValueError(f"{len(box)} bounds of the box")
        return _Head(
            entries["timestep"],
            str(int(entries["natoms"])),
            " ".join(a + b for a, b in zip(sides[::2], sides[1::2], strict=True)),
            tuple(" ".join(words) for words in zip(box, tilts or [""] * len(box), strict=True)),
            entries["keywords"],
            tuple((name, entries[key]) for name, key in (("UNITS", "units"), ("TIME", "time")) if key in entries),
        )
    except (KeyError, ValueError, IndexError) as error:
        raise ValueError(f"{path}: the header of a frame cannot be read ({error}); is it damaged?") from error


def _from_binary(path: Path) -> Iterator[bytes]:
    """Header and atoms of each frame."""
    with open_bytes(path) as file:
        while beginning := file.read(struct.calcsize("=q")):
            numbers = _Numbers(path, file)
            if len(beginning) < struct.calcsize("=q"):
                raise numbers.cut_off()
            (length,) = struct.unpack("=q", beginning)
            if numbers.text(-length).encode() not in MAGIC:
                raise ValueError(f"{path}: a frame begins with no name of a dump; {numbers.remedy}")
            yield from _binary_frame(path, numbers)


def _binary_frame(path: Path, numbers: _Numbers) -> Iterator[bytes]:
    _, revision = numbers.some("=ii")
    step, n_atom, triclinic = numbers.some("=qqi")
    sides = [BOUNDARIES[side] if 0 <= side < len(BOUNDARIES) else "?" for side in numbers.some("=6i")]
    if triclinic not in (0, 1) or revision < 2:
        raise ValueError(f"{path}: a binary dump in a form without columns' names, or of a general cell; {numbers.remedy}")
    bounds = numbers.some("=6d")
    tilts = [f" {tilt!r}" for tilt in numbers.some("=3d")] if triclinic else [""] * (len(bounds) // 2)
    (n_column,) = numbers.some("=i")
    settings = []
    if units := numbers.text(numbers.some("=i")[0]):
        settings.append(("UNITS", units))
    if numbers.some("=b")[0]:
        settings.append(("TIME", repr(numbers.some("=d")[0])))
    columns = numbers.text(numbers.some("=i")[0])
    if len(columns.split()) != n_column:
        raise ValueError(f"{path}: {n_column} columns, called {columns[:60]!r}; {numbers.remedy}")
    box = [f"{low!r} {high!r}{tilt}" for low, high, tilt in zip(bounds[::2], bounds[1::2], tilts, strict=True)]
    boundary = " ".join(a + b for a, b in zip(sides[::2], sides[1::2], strict=True))
    yield _Head(str(step), str(n_atom), boundary, tuple(box), columns, tuple(settings)).text()
    (n_piece,) = numbers.some("=i")
    line = " ".join(["%.17g"] * n_column) + "\n"
    for _ in range(n_piece):
        (n,) = numbers.some("=i")
        rows = np.frombuffer(numbers.bytes(n * struct.calcsize("=d")), "=f8")
        if n % n_column:
            raise ValueError(f"{path}: a piece of {n} numbers for {n_column} columns; {numbers.remedy}")
        yield (line * (n // n_column) % tuple(rows.tolist())).encode()


class _Numbers:
    """Numbers and texts of a binary file, one after the other."""

    remedy = "convert it by LAMMPS's binary2txt"

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self._path = path
        self._file = file

    def cut_off(self) -> ValueError:
        return ValueError(f"{self._path}: its last frame is cut off; remove it, or wait until the run has written it")

    def bytes(self, n: int) -> bytes:
        """So many bytes."""
        if n < 0:
            raise ValueError(f"{self._path}: a piece of {n} bytes; {self.remedy}")
        content = self._file.read(n)
        if len(content) < n:
            raise self.cut_off()
        return content

    def some(self, layout: str) -> tuple[Any, ...]:
        """Numbers of a layout of :mod:`struct`."""
        return struct.unpack(layout, self.bytes(struct.calcsize(layout)))

    def text(self, n: int) -> str:
        """Text of so many bytes, one line of it."""
        if n > FILE_LIMITS.header_bytes:
            raise ValueError(f"{self._path}: a name of {n} bytes; {self.remedy}")
        return self.bytes(n).decode("ascii", errors="replace").rstrip("\0").strip()
