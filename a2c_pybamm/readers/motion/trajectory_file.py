"""A trajectory's file, opened by the reader of its format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from a2c_pybamm.constants import ANGSTROM
from a2c_pybamm.data import Array
from a2c_pybamm.readers.motion.ase_trajectory import open_ase
from a2c_pybamm.readers.motion.dump_frames import is_lammps_dump
from a2c_pybamm.readers.motion.lammps_dump import open_lammps_dump
from a2c_pybamm.readers.motion.mdtraj_trajectory import is_read_by_mdtraj, open_mdtraj
from a2c_pybamm.readers.motion.numpy_trajectory import open_npy, open_npz
from a2c_pybamm.readers.motion.plain_xyz import is_plain_xyz, open_plain_xyz
from a2c_pybamm.readers.motion.run_temperature import kinetic_temperature
from a2c_pybamm.readers.motion.trajectory_frames import KINETIC, Frames, FrameSource, joined_numbers
from a2c_pybamm.readers.motion.xdatcar import is_xdatcar, open_xdatcar
from a2c_pybamm.readers.units import LARGEST_NUMBER, STATED_TOLERANCE


def open_trajectory(
    path: Path, symbols: Sequence[str] | None, cell: ArrayLike | None, *, velocities: bool = False
) -> FrameSource:
    """The atoms and frames of a file, and all numbers that are stated for it or beside its first frames.

    Raises
    ------
    ValueError
        If the file or an argument is not of its format, it holds no frame, a mass is not positive and finite, or there are no
        ``velocities`` although they are to be read.
    """
    source = _by_format(path, symbols)
    masses = source.masses
    if not len(masses) or not ((masses > 1 / LARGEST_NUMBER) & (masses < LARGEST_NUMBER)).all():
        raise ValueError(f"{path}: {len(masses)} atoms, with a mass that is not positive and finite; give masses in u")
    frames = _with_kinetic_temperature(source)
    first = next(frames, None)
    if first is None:
        raise ValueError(f"{path}: holds no frame")
    frames = chain([first], frames)
    if cell is not None:
        # a file without a cell states no periodic directions, and the cell that is given is periodic in all
        source = source if first.cell is not None else replace(source, periodic=(True, True, True))
        frames = _with_cell(path, frames, np.asarray(cell, float) / ANGSTROM)
    if velocities and first.velocities is None:
        raise ValueError(
            f"{path}: holds no velocities (those of a dump need its line ITEM: UNITS); take central_velocities of its positions"
        )
    return replace(source, frames=frames, stated={**source.stated, **joined_numbers([first.stated])})


def _by_format(path: Path, symbols: Sequence[str] | None) -> FrameSource:
    if path.suffix == ".npy":
        return open_npy(path, symbols)
    if is_read_by_mdtraj(path):
        return open_mdtraj(path, symbols)
    if path.suffix != ".npz" and is_lammps_dump(path):
        return open_lammps_dump(path, symbols)
    if is_plain_xyz(path):
        return open_plain_xyz(path, symbols)
    if symbols is not None:
        raise ValueError(f"{path}: has symbols of its own; leave symbols= out")
    if path.suffix == ".npz":
        return open_npz(path)
    return open_xdatcar(path) if is_xdatcar(path) else open_ase(path)


def _with_kinetic_temperature(source: FrameSource) -> Iterator[Frames]:
    """Frames with the temperature of their velocities beside them, where they have any."""
    for block in source.frames:
        kelvin = None if block.velocities is None else kinetic_temperature(block.velocities, source.masses)
        yield block if kelvin is None else replace(block, stated={**block.stated, KINETIC: kelvin})


def _with_cell(path: Path, frames: Iterator[Frames], vectors: Array) -> Iterator[Frames]:
    """Frames in a cell [Å] (3, 3) that is given by argument."""
    if vectors.shape != (3, 3):
        raise ValueError(f"{path}: cell= has shape {vectors.shape}, expected three vectors [m] in rows")
    for block in frames:
        if block.cell is not None and not np.allclose(block.cell, vectors, rtol=STATED_TOLERANCE):
            raise ValueError(f"{path}: has a cell of its own, which is not the one by argument; remove cell=")
        yield replace(block, cell=np.broadcast_to(vectors, (len(block.positions), 3, 3)))
