"""Point group of a crystal from its structure, by spglib."""

from __future__ import annotations

import warnings
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
    """Operations, inversions left out (n_operation, 3, 3)."""


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
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of how spglib tells errors, from version 2.7 on
        found = _dataset(spglib, cell, tolerance / ANGSTROM)
    if found is None:
        raise ValueError(f"{where}: spglib finds no symmetry (are atoms on top of each other?); give point_group=")
    columns = atoms.cell.array.T
    signs = np.round(np.linalg.det(found.rotations)).astype(int)  # an inversion does nothing to an even tensor
    different = np.unique(found.rotations * signs[:, None, None], axis=0)
    turned = columns @ different @ np.linalg.inv(columns)
    left, _, right = np.linalg.svd(turned)  # the cell's own distance from the symmetry is taken off
    return PointGroup(str(found.pointgroup), left @ right)


def _dataset(spglib: Any, cell: tuple[Array, Array, Array], tolerance: float) -> Any:
    """Symmetry of a cell by spglib; none where it finds none, whether it says so or raises."""
    try:
        return spglib.get_symmetry_dataset(cell, symprec=tolerance)
    except Exception:  # its own errors have changed their types between versions
        return None


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
