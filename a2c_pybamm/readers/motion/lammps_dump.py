"""Dumps of LAMMPS: atoms sorted by their id, image flags, scaled and unwrapped coordinates understood."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, count, islice
from pathlib import Path
from typing import IO, Any

import numpy as np
from ase.data import atomic_masses
from numpy.typing import NDArray

from a2c_pybamm.constants import ANGSTROM
from a2c_pybamm.data import Array, frames_at_once
from a2c_pybamm.readers.frames import LARGEST_LENGTH
from a2c_pybamm.readers.motion.dumps_as_text import is_other_dump, open_dump_as_text
from a2c_pybamm.readers.motion.trajectory_frames import MOST_ATOMS, Frames, FrameSource, numbers_of
from a2c_pybamm.readers.units import UNITS

LAMMPS_TIMES = {"metal": UNITS["time"]["ps"], "real": UNITS["time"]["fs"]}
"""Unit of time [s] in those of LAMMPS's styles of units whose length is the Å; velocities are in Å per unit of time."""
COORDINATES = (("x", "y", "z"), ("xu", "yu", "zu"), ("xs", "ys", "zs"), ("xsu", "ysu", "zsu"))
IMAGE_COLUMNS = ("ix", "iy", "iz")
VELOCITY_COLUMNS = ("vx", "vy", "vz")
Columns = Mapping[str, NDArray[Any]]
"""Columns of some frames by name, each (n_frame, n_atom)."""


@dataclass(frozen=True, eq=False)
class _Header:
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


def open_lammps_dump(path: Path, symbols: Sequence[str] | None) -> FrameSource:
    """A dump with the columns ``id``, coordinates, and ``element``, or ``type`` and the symbol of each type."""
    blocks = _blocks(path)
    headers, columns = next(blocks)
    if len(np.unique(columns["id"][0])) < headers[0].n_atom:
        raise ValueError(f"{path}: frame 0 has an id twice; write each atom once")
    order = np.argsort(columns["id"][0])
    atoms = {name: column[0][order] for name, column in columns.items()}
    numbers = _numbers(path, atoms, symbols)
    masses = atoms["mass"].astype(float) if "mass" in atoms else atomic_masses[numbers]
    frames = _frames(path, chain([(headers, columns)], blocks), atoms)
    return FrameSource(numbers, masses, frames, headers[0].periodic)


def _validate_columns(path: Path, head: _Header) -> None:
    """Raise ``ValueError`` where units are of another length than Å, or a column is missing."""
    if head.settings.get("UNITS", "metal") not in LAMMPS_TIMES:
        raise ValueError(f"{path}: units {head.settings['UNITS']!r} do not count in Å; dump in {' or '.join(LAMMPS_TIMES)}")
    if "id" not in head.columns:
        raise ValueError(
            f"{path}: no column 'id' (found {' '.join(head.columns)}), and LAMMPS changes the order of atoms; "
            "dump id element x y z ix iy iz"
        )
    if not any(set(names) <= set(head.columns) for names in COORDINATES):
        raise ValueError(f"{path}: no coordinates (found {' '.join(head.columns)}); dump id element x y z ix iy iz")


def _open(path: Path) -> IO[bytes]:
    return open_dump_as_text(path)


@contextmanager
def _reading(path: Path) -> Iterator[IO[bytes]]:
    try:
        with _open(path) as file:
            yield file
    except OSError as error:
        raise ValueError(f"{path}: cannot be read to its end ({error}); copy it again, or unpack what is there") from error


def _numbers(path: Path, atoms: Mapping[str, NDArray[Any]], symbols: Sequence[str] | None) -> NDArray[np.int64]:
    """Atomic numbers of the atoms of a frame (n_atom,)."""
    if symbols is None and "element" in atoms:
        return numbers_of(path, atoms["element"].tolist(), len(atoms["element"]), "atoms")
    if symbols is None or "type" not in atoms:
        raise ValueError(f"{path}: no column 'element'; give the chemical symbol of each type, in order, as symbols=")
    kinds = atoms["type"].astype(int)
    if kinds.min() < 1:
        raise ValueError(f"{path}: an atom has type {kinds.min()}; types are counted from 1")
    return numbers_of(path, symbols, max(int(kinds.max()), len(symbols)), "types")[kinds - 1]


def _blocks(path: Path) -> Iterator[tuple[list[_Header], Columns]]:
    """Frames with their atoms as they stand in the file, some at a time."""
    with _reading(path) as file:
        frames = _frames_as_written(path, file)
        first = next(frames)
        head, k = first[0], 0
        frames = chain([first], frames)
        del first  # the text of a large frame
        while block := list(islice(frames, frames_at_once(head.n_atom))):
            headers, bodies = map(list, zip(*block, strict=True))
            yield headers, _parse(path, k, head, bodies)
            k += len(block)


def _frames_as_written(path: Path, file: IO[bytes]) -> Iterator[tuple[_Header, bytes]]:
    """Header of each frame and the lines of its atoms, as many and with the same columns as in the first frame."""
    head = _read_header(path, 0, file)
    if head is None or head.n_atom < 1:
        raise ValueError(f"{path}: holds no atoms")
    _validate_columns(path, head)
    header: _Header | None = head
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


def _read_header(path: Path, k: int, file: IO[bytes]) -> _Header | None:
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
        items[name] = words[1 + len(name.split()) :]
        for _ in range(3 if name == "BOX BOUNDS" else 1):
            items[name] += file.readline().decode(errors="replace").split()
    if items:
        raise _cut_off(path, k)
    return None


def _header(path: Path, k: int, items: Mapping[str, list[str]], columns: tuple[str, ...]) -> _Header:
    try:
        box = items["BOX BOUNDS"]
        cell, origin, flags = _box(box)
        if not (np.abs([*cell, origin]) < LARGEST_LENGTH).all():
            raise ValueError(f"a box of {LARGEST_LENGTH:g} Å or more")
        return _Header(
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


def _parse(path: Path, first: int, header: _Header, bodies: list[bytes]) -> Columns:
    """Columns (n_frame, n_atom) of the numbers, and of the elements."""
    import pandas as pd  # type: ignore[import-untyped]  # a quarter of a second to import

    known = {"id", "type", "element", "mass", *IMAGE_COLUMNS, *VELOCITY_COLUMNS, *chain(*COORDINATES)}
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


def _sorted(path: Path, first: int, columns: Columns, reference: Mapping[str, NDArray[Any]]) -> Columns:
    """Columns with the atoms of each frame in the order of their ids; atoms must be those of the reference (n_atom,)."""
    order = np.argsort(columns["id"], axis=1)
    ordered = {name: np.take_along_axis(column, order, axis=1) for name, column in columns.items()}
    for name in ("id", "type", "element"):
        if name in ordered and (other := (ordered[name] != reference[name]).any(axis=1)).any():
            frame = first + int(np.argmax(other))
            raise ValueError(f"{path}: frame {frame} has other atoms than frame 0 ({name} differs); split the file there")
    return ordered


def _frames(path: Path, blocks: Iterator[tuple[list[_Header], Columns]], atoms: Mapping[str, NDArray[Any]]) -> Iterator[Frames]:
    """Frames of the atoms (n_atom,) in the order of their ids."""
    first = 0
    for headers, columns in blocks:
        yield _block(first, headers, _sorted(path, first, columns, atoms))
        first += len(headers)


def _block(first: int, headers: list[_Header], columns: Columns) -> Frames:
    cell = np.array([header.cell for header in headers])
    positions, crossings = _positions(headers, cell, columns)
    time = LAMMPS_TIMES.get(headers[0].settings.get("UNITS", ""))
    stated = {"step": np.array([header.step for header in headers], float)}
    if time and all("TIME" in header.settings for header in headers):
        stated["time_s"] = time * np.array([float(header.settings["TIME"]) for header in headers])
    velocities = None
    if time and set(VELOCITY_COLUMNS) <= columns.keys():
        velocities = ANGSTROM / time * _vectors(columns, VELOCITY_COLUMNS)
    return Frames(first, positions, cell, crossings, velocities, stated)


def _vectors(columns: Columns, names: Sequence[str]) -> Array:
    return np.stack([columns[name] for name in names], axis=2)


def _positions(headers: list[_Header], cell: Array, columns: Columns) -> tuple[Array, NDArray[np.int64] | None]:
    """Positions within the cell [Å] (n_frame, n_atom, 3), and how often each atom has left it, if columns hold that."""
    plain, unwrapped, scaled, scaled_unwrapped = (set(names) <= columns.keys() for names in COORDINATES)
    flagged = set(IMAGE_COLUMNS) <= columns.keys()
    origin = np.array([header.origin for header in headers])[:, None]
    if flagged and (plain or scaled):
        wrapped = _vectors(columns, COORDINATES[0]) if plain else origin + _vectors(columns, COORDINATES[2]) @ cell
        return wrapped, _vectors(columns, IMAGE_COLUMNS).astype(np.int64)
    if unwrapped or scaled_unwrapped:
        # unwrapped coordinates hold today's cell times all crossings so far: in a changing cell that is no displacement
        far = _vectors(columns, COORDINATES[1]) if unwrapped else origin + _vectors(columns, COORDINATES[3]) @ cell
        crossings = np.floor((far - origin) @ np.linalg.inv(cell)) * headers[0].periodic
        return far - crossings @ cell, crossings.astype(np.int64)
    return _vectors(columns, COORDINATES[0]) if plain else origin + _vectors(columns, COORDINATES[2]) @ cell, None
