"""Dumps of LAMMPS: atoms sorted by their id, image flags, scaled and unwrapped coordinates understood."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from ase.data import atomic_masses
from numpy.typing import NDArray

from a2c_pybamm.constants import ANGSTROM
from a2c_pybamm.data import Array
from a2c_pybamm.readers.motion.dump_frames import IMAGE_COLUMNS, Columns, DumpHeader, dump_blocks
from a2c_pybamm.readers.motion.trajectory_frames import Frames, FrameSource, numbers_of
from a2c_pybamm.readers.units import UNITS

LAMMPS_TIMES = {"metal": UNITS["time"]["ps"], "real": UNITS["time"]["fs"]}
"""Unit of time [s] in those of LAMMPS's styles of units whose length is the Å; velocities are in Å per unit of time."""
COORDINATES = (("x", "y", "z"), ("xu", "yu", "zu"), ("xs", "ys", "zs"), ("xsu", "ysu", "zsu"))
VELOCITY_COLUMNS = ("vx", "vy", "vz")
CHARGE_COLUMN = "q"
"""Column of charges, in elementary charges in the styles of units that are read."""
KNOWN_COLUMNS = frozenset(
    {"id", "type", "element", "mass", CHARGE_COLUMN, *IMAGE_COLUMNS, *VELOCITY_COLUMNS, *chain(*COORDINATES)}
)
"""Columns that are read."""


def open_lammps_dump(path: Path, symbols: Sequence[str] | None) -> FrameSource:
    """A dump with the columns ``id``, coordinates, and ``element``, or ``type`` and the symbol of each type."""
    blocks = dump_blocks(path, KNOWN_COLUMNS, _validate_columns)
    headers, columns = next(blocks)
    if len(np.unique(columns["id"][0])) < headers[0].n_atom:
        raise ValueError(f"{path}: frame 0 has an id twice; write each atom once")
    order = np.argsort(columns["id"][0])
    atoms = {name: column[0][order] for name, column in columns.items()}
    numbers = _numbers(path, atoms, symbols)
    masses = atoms["mass"].astype(float) if "mass" in atoms else atomic_masses[numbers]
    frames = _frames(path, chain([(headers, columns)], blocks), atoms)
    return FrameSource(numbers, masses, frames, headers[0].periodic)


def _validate_columns(path: Path, head: DumpHeader) -> None:
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


def _sorted(path: Path, first: int, columns: Columns, reference: Mapping[str, NDArray[Any]]) -> Columns:
    """Columns with the atoms of each frame in the order of their ids; atoms must be those of the reference (n_atom,)."""
    order = np.argsort(columns["id"], axis=1)
    ordered = {name: np.take_along_axis(column, order, axis=1) for name, column in columns.items()}
    for name in ("id", "type", "element"):
        if name in ordered and (other := (ordered[name] != reference[name]).any(axis=1)).any():
            frame = first + int(np.argmax(other))
            raise ValueError(f"{path}: frame {frame} has other atoms than frame 0 ({name} differs); split the file there")
    return ordered


def _frames(
    path: Path, blocks: Iterator[tuple[list[DumpHeader], Columns]], atoms: Mapping[str, NDArray[Any]]
) -> Iterator[Frames]:
    """Frames of the atoms (n_atom,) in the order of their ids."""
    first = 0
    for headers, columns in blocks:
        yield _block(first, headers, _sorted(path, first, columns, atoms))
        first += len(headers)


def _block(first: int, headers: list[DumpHeader], columns: Columns) -> Frames:
    cell = np.array([header.cell for header in headers])
    with np.errstate(invalid="ignore", over="ignore"):  # a position that is not finite is named where frames are unwrapped
        positions, crossings = _positions(headers, cell, columns)
    time = LAMMPS_TIMES.get(headers[0].settings.get("UNITS", ""))
    stated = {"step": np.array([header.step for header in headers], float)}
    if time and all("TIME" in header.settings for header in headers):
        stated["time_s"] = time * np.array([float(header.settings["TIME"]) for header in headers])
    velocities = None
    if time and set(VELOCITY_COLUMNS) <= columns.keys():
        velocities = ANGSTROM / time * _vectors(columns, VELOCITY_COLUMNS)
    return Frames(first, positions, cell, crossings, velocities, stated, columns.get(CHARGE_COLUMN))


def _vectors(columns: Columns, names: Sequence[str]) -> Array:
    return np.stack([columns[name] for name in names], axis=2)


def _positions(headers: list[DumpHeader], cell: Array, columns: Columns) -> tuple[Array, NDArray[np.int64] | None]:
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
