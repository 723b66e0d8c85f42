"""Cell without strain: its volume, stress and point group, from ase's atoms."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from a2c_pybamm.constants import ANGSTROM, ELEMENTARY_CHARGE
from a2c_pybamm.data import Array
from a2c_pybamm.readers.frames import UNREADABLE, file_format, read_relaxed, validate_finished
from a2c_pybamm.readers.mechanics.point_group import PointGroup, point_group_of
from a2c_pybamm.readers.source_file import existing
from a2c_pybamm.readers.units import LARGEST_NUMBER, UNITS, parse_quantity


@dataclass(frozen=True)
class StrainLimits:
    """Limits of strained cells."""

    largest: float = 0.25
    """Largest component of a strain: more is no small strain, but another cell, or a strain in percent."""
    same_position: float = 1e-5
    """Largest difference of scaled positions that are the same: single precision leaves 1e-7."""


STRAIN_LIMITS = StrainLimits()


@dataclass(frozen=True, eq=False)
class UnstrainedCell:
    """Cell without strain."""

    volume: float
    """Volume [m3]."""
    stress: Array | None
    """Stress [Pa], tension positive (3, 3), where there is one."""
    group: PointGroup | None
    """Point group, where it was sought."""


def read_frames_of(path: Path) -> list[tuple[str, Any]]:
    """Frames of a file, each with its place; of a finished run of VASP the last step alone.

    Raises
    ------
    ValueError
        Naming the file: ase cannot read it, it is cut off, or a run of VASP has not finished.
    """
    kind = file_format(path, failure=UNREADABLE)
    remedy = "copy the file again, or run the calculation to its end"
    validate_finished(path, kind, failure=UNREADABLE, remedy=remedy)
    return [
        (f"{path}, frame {k}", atoms) for k, atoms in enumerate(read_relaxed(path, kind, failure=UNREADABLE, remedy=remedy))
    ]


def read_unstrained_cell(path: str | Path, symmetry_tolerance: str | None) -> UnstrainedCell:
    """Cell of a file with one structure; its point group is sought where a tolerance is given.

    Raises
    ------
    ValueError
        Naming the file: it has several structures, no three cell vectors, or cannot be read.
    """
    return unstrained_cell(*single_frame(existing(path)), symmetry_tolerance)


def single_frame(path: Path) -> tuple[str, Any]:
    """The one structure of a file, with its place."""
    frames = read_frames_of(path)
    if len(frames) != 1:
        raise ValueError(f"{path}: {len(frames)} structures, the cell without strain is one; keep that alone")
    return frames[0]


def unstrained_cell(where: str, atoms: Any, symmetry_tolerance: str | None) -> UnstrainedCell:
    """Volume, stress and point group of ase's atoms."""
    volume = cell_volume(where, atoms)
    has_stress = atoms.calc is not None and "stress" in atoms.calc.results
    group = None
    if symmetry_tolerance is not None:
        group = point_group_of(atoms, parse_quantity(symmetry_tolerance, "length", "symmetry_tolerance"), where)
    return UnstrainedCell(volume * ANGSTROM ** len(atoms.cell), stress_of(where, atoms) if has_stress else None, group)


def cell_volume(where: str, atoms: Any) -> float:
    """Volume of a cell with three vectors [Å3]."""
    if atoms.cell.rank != len(atoms.cell):
        raise ValueError(f"{where}: no three cell vectors; a crystal's strain needs them")
    return float(atoms.cell.volume)


def stress_of(where: str, atoms: Any) -> Array:
    """Stress of ase's atoms [Pa], tension positive (3, 3).

    Raises
    ------
    ValueError
        If there is none, or it is not finite.
    """
    if atoms.calc is None or "stress" not in atoms.calc.results:
        raise ValueError(f"{where}: no stress; write structures with their stresses (extxyz keeps them), or leave it out")
    stress = np.asarray(atoms.get_stress(voigt=False, apply_constraint=False), float)
    if not (np.abs(stress) < LARGEST_NUMBER).all():
        raise ValueError(f"{where}: its stress is not finite; repair it, or leave the frame out")
    return stress * UNITS["pressure"]["eV/A3"]


def joule(energy: float) -> float:
    """An energy of ase [J]."""
    return energy * ELEMENTARY_CHARGE
