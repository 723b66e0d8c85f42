"""A structure with its energy, as every format of files of structures gives it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from a2c_pybamm.readers.frames import UNREADABLE, energy_of, file_format, read_relaxed, validate_finished
from a2c_pybamm.readers.thermodynamics.computed_entries import N_VECTOR, Entry, holds_entries, read_entries
from a2c_pybamm.readers.thermodynamics.functional import Calculation
from a2c_pybamm.readers.thermodynamics.vasp_run import read_vasp_calculation


class CalculatedStructure(NamedTuple):
    """One structure of a file."""

    where: str
    """File and place in it, for errors."""
    path: Path
    """File."""
    name: str
    """File's name and place in it."""
    numbers: Mapping[str, float]
    """Numbers of atoms by element."""
    formula: str
    """The same in words."""
    energy: float
    """Potential energy [eV]."""
    volume: float | None
    """Volume of the cell [Å3]; None where there is none."""
    info: Mapping[str, Any]
    """Further entries by key."""
    calculation: Calculation
    """Settings of the run."""


def read_structures_of_file(path: Path, name: str, given_format: str | None) -> list[CalculatedStructure]:
    """All structures of a file, which is called ``name`` in theirs.

    Raises
    ------
    ValueError
        Naming file and place: it cannot be read or is cut off, VASP did not finish, or an energy is missing or not finite.
    """
    if given_format is None and holds_entries(path):
        return [_of_entry(path, name, k, entry) for k, entry in enumerate(read_entries(path))]
    failure = UNREADABLE if given_format else f"{UNREADABLE} give it with format then"
    kind = file_format(path, given_format, failure=failure)
    remedy = "copy the file again, or run the calculation to its end"
    validate_finished(path, kind, failure=failure, remedy=remedy)
    calculation = read_vasp_calculation(path, kind)  # before ase: it refuses document types
    frames = read_relaxed(path, kind, failure=failure, remedy=remedy)
    if not frames:
        raise ValueError(f"{path}: no structure in it; copy the file again")
    return [_of_atoms(path, name, k, atoms, calculation) for k, atoms in enumerate(frames)]


def _of_atoms(path: Path, name: str, k: int, atoms: Any, calculation: Calculation) -> CalculatedStructure:
    """The structure of a frame that ase has read, whose positions are finite."""
    where = f"{path}, frame {k}"
    if not np.isfinite(atoms.positions).all():
        raise ValueError(f"{where}: a position is not finite; repair it, or leave it out")
    volume = float(atoms.cell.volume) if atoms.cell.rank == N_VECTOR else None
    numbers, energy = Counter(atoms.symbols), energy_of(atoms, where)
    return CalculatedStructure(where, path, f"{name}:{k}", numbers, str(atoms.symbols), energy, volume, atoms.info, calculation)


def _of_entry(path: Path, name: str, k: int, entry: Entry) -> CalculatedStructure:
    formula = "".join(f"{symbol}{number:g}" if number != 1 else symbol for symbol, number in entry.numbers.items())
    calculation = Calculation(entry.functional)
    where, called = f"{path}, entry {k}", entry.identifier or f"{name}:{k}"
    return CalculatedStructure(where, path, called, entry.numbers, formula, entry.energy, entry.volume, entry.info, calculation)
