"""Ideal sites from a structure file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from a2c_pybamm.constants import ANGSTROM
from a2c_pybamm.data import Sites
from a2c_pybamm.readers.frames import UNREADABLE, read_frames
from a2c_pybamm.readers.motion.trajectory_frames import MOST_ATOMS
from a2c_pybamm.readers.source_file import existing, file_errors, fingerprint


@file_errors
def read_sites(path: str | Path, *, species: str, repeat: tuple[int, int, int] = (1, 1, 1), kind_column: str = "kind") -> Sites:
    """The sites of a crystal: all atoms of one species in a structure that has each site filled.

    Parameters
    ----------
    path
        Any file that ASE reads; of several structures in it the last is taken (a relaxation's end).
    species
        Symbol of the atoms that stand for sites: ``"Li"``, or ``"X"`` for ASE's ghost atoms.
    repeat
        Cells of the file along each vector in the simulation's cell.
    kind_column
        Column of the file's atoms with each site's kind (extxyz: ``Properties=species:S:1:pos:R:3:kind:S:1``). Without such a
        column all sites are of one kind, named by the species.

    Raises
    ------
    ValueError
        If the file cannot be read or is cut off, has no periodic cell, or no atom of the species, or ``repeat`` is not three
        positive whole numbers.
    """
    path = existing(path)
    frames = read_frames(path, failure=UNREADABLE, remedy="copy it again")
    if not frames:
        raise ValueError(f"{path}: no structure in it; copy the file again")
    times = np.asarray(repeat, float)
    if times.shape != (3,) or not ((times >= 1) & (times == np.round(times))).all():
        raise ValueError(f"{path}: repeat is {repeat}; give three positive whole numbers, cells along each vector")
    atoms = frames[-1]
    if atoms.cell.rank < 3 or not atoms.cell.volume > 0:
        raise ValueError(f"{path}: no cell of three vectors; write the structure with its cell")
    chosen = np.array(atoms.get_chemical_symbols()) == species
    if not chosen.any():
        symbols = ", ".join(sorted(set(atoms.symbols)))
        raise ValueError(f"{path}: no atom of species {species!r} (found {symbols}); fill each site with an atom of it")
    if chosen.sum() * times.prod() > MOST_ATOMS:
        raise ValueError(f"{path}: repeat is {repeat}; {chosen.sum() * times.prod():.3g} sites are more than {MOST_ATOMS}")
    atoms = atoms[chosen].repeat([int(n) for n in times])
    return Sites(
        cell=atoms.cell.array * ANGSTROM,
        positions=atoms.get_scaled_positions(wrap=False),
        kind=_kinds(atoms, kind_column, species),
        provenance={**fingerprint(path), "species": species, "repeat": [int(n) for n in times]},
    )


def _kinds(atoms: Any, column: str, species: str) -> tuple[str, ...]:
    if column not in atoms.arrays:
        return (species,) * len(atoms)
    return tuple(str(kind) for kind in atoms.arrays[column])
