"""Point group of a crystal from its structure, by spglib."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from a2c_pybamm.constants import ANGSTROM
from a2c_pybamm.data import Array
from a2c_pybamm.readers.frames import UNREADABLE, read_frames
from a2c_pybamm.readers.source_file import existing, file_errors
from a2c_pybamm.readers.units import parse_quantity

SYMMETRY_TOLERANCE = "0.01 A"
"""Distance up to which atoms are images of each other, as text: a relaxation to 0.03 eV/Å leaves half of it."""


@dataclass(frozen=True, eq=False)
class PointGroup:
    """Point group of a crystal in the Cartesian axes of its structure."""

    symbol: str
    """Hermann–Mauguin symbol."""
    rotations: Array
    """Operations (n_operation, 3, 3)."""


def point_group_of(atoms: Any, tolerance: float, where: str) -> PointGroup:
    """Point group of ase's atoms; ``tolerance`` [m] is the distance up to which atoms are images of each other.

    Raises
    ------
    ValueError
        If spglib is not installed, or finds no symmetry; ``where`` names the structure.
    """
    try:
        import spglib
    except ImportError as error:
        raise ValueError(
            f"{where}: the symmetry of a structure needs spglib; pip install 'a2c_pybamm[symmetry]', or give point_group="
        ) from error
    cell = (atoms.cell.array, atoms.get_scaled_positions(), atoms.numbers)
    try:
        found = spglib.get_symmetry_dataset(cell, symprec=tolerance / ANGSTROM)
    except Exception as error:  # spglib has errors of its own from version 2.7 on
        raise ValueError(f"{where}: spglib finds no symmetry ({error}); give point_group=") from error
    if found is None:
        raise ValueError(f"{where}: spglib finds no symmetry (are atoms on top of each other?); give point_group=")
    columns = atoms.cell.array.T
    turned = columns @ found.rotations @ np.linalg.inv(columns)
    left, _, right = np.linalg.svd(turned)  # the cell's own distance from the symmetry is taken off
    return PointGroup(str(found.pointgroup), left @ right)


@file_errors
def read_point_group(path: str | Path, *, symmetry_tolerance: str = SYMMETRY_TOLERANCE) -> PointGroup:
    """Point group of the first structure of a file that ase reads, in its Cartesian axes.

    Raises
    ------
    ValueError
        Naming the file: ase cannot read it, or spglib finds no symmetry.
    """
    path = existing(path)
    atoms = read_frames(path, failure=UNREADABLE, remedy="copy it again")[0]
    return point_group_of(atoms, parse_quantity(symmetry_tolerance, "length", "symmetry_tolerance"), str(path))
