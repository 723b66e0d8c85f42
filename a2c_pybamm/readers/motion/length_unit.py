"""Unit of the positions of a run, by the distances of its nearest atoms and its density."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ase.data import atomic_numbers, covalent_radii
from numpy.typing import NDArray

from a2c_pybamm.constants import ANGSTROM
from a2c_pybamm.data import Array
from a2c_pybamm.readers.units import UNITS

NOBLE = frozenset(atomic_numbers[symbol] for symbol in ("He", "Ne", "Ar", "Kr", "Xe", "Rn"))
"""Elements whose atoms have no bonds."""


@dataclass(frozen=True)
class LengthCriterion:
    """Distances of atoms to the nearest one, in sums of both covalent radii, that bonds can have.

    In 30 crystals and molecules, from H2O and caesium to Li6PS5Cl at 1300 K, atoms displaced by 0.08 Å at random, they are 0.76
    to 1.26, and the median of all atoms is 0.85 to 1.11.
    """

    shortest: float = 0.6
    """Bound from below of the distance of any atom."""
    longest: float = 1.6
    """Bound from above of the distance of any atom that is bound."""
    medians: tuple[float, float] = (0.78, 1.35)
    """Bounds of the median over atoms."""
    densest: float = 3e4
    """Density [kg.m-3] above all solids; osmium has 22 600."""
    gram_per_cm3: float = 1e3
    """The unit of densities in messages [kg.m-3]."""
    least_atoms: int = 8
    """Atoms whose distances are needed to name a unit: of fewer, all may be far apart by chance."""
    n_sampled: int = 64
    """Atoms whose nearest ones are looked for."""
    most_pairs: int = 2**22
    """Pairs of atoms that are looked at: fewer atoms of larger cells."""

    def are_bonds(self, distances: Array) -> bool:
        """True where all distances, in sums of covalent radii, can be those of bonds."""
        low, high = self.medians
        return bool(((distances > self.shortest) & (distances < self.longest)).all() and low < np.median(distances) < high)


def validate_length_unit(
    path: Path,
    positions: Array,
    atoms: NDArray[np.int64],
    masses: Array,
    cell: Array | None,
    criterion: LengthCriterion = LengthCriterion(),
) -> None:
    """Raise ``ValueError`` where positions are in nm, m, bohr or fractions of the cell in the place of Å.

    Crystals, liquids and molecules have bonds, and all atoms of a frame at once do not lie outside of what bonds can have but
    by a unit. Atoms of one element alone may be all that was written of a compound, and say nothing of bohr.

    Parameters
    ----------
    positions
        Of one frame [m] (n_atom, 3), if they are in Å as the file is taken to hold them.
    atoms, masses
        Atomic numbers and masses [kg] (n_atom,).
    cell
        Cell vectors in rows [m] (3, 3).
    """
    if len(atoms) < 2:
        return
    distance, scaled = nearest(positions, atoms, cell, criterion)
    if not distance.all():
        return
    unit = _unit(positions, scaled, atoms, masses, cell, criterion)
    density = 0.0 if cell is None else _density(masses, cell)
    facts = f"taken as Å, nearest atoms are {np.median(distance) / ANGSTROM:.2g} Å apart"
    facts += "" if cell is None else f" and the density is {density / criterion.gram_per_cm3:.3g} g/cm³"
    if unit is not None:
        raise ValueError(
            f"{path}: positions are in {unit}, not in Å: {facts}; write positions{' and cell' if cell is not None else ''} in Å"
        )
    if density > criterion.densest:
        raise ValueError(f"{path}: no solid is as dense: {facts}; correct the unit of positions and cell, which is Å")


def nearest(positions: Array, atoms: NDArray[np.int64], cell: Array | None, criterion: LengthCriterion) -> tuple[Array, Array]:
    """Distance of some atoms to the nearest one [m], and its shortest one in sums of covalent radii, periodic copies too."""
    n = max(1, min(len(atoms), criterion.n_sampled, criterion.most_pairs // len(atoms)))
    sampled = np.arange(len(atoms))[:: max(1, len(atoms) // n)]
    inverse = None if cell is None else np.linalg.inv(cell)
    shortest, in_radii = np.empty(len(sampled)), np.empty(len(sampled))
    for k, atom in enumerate(sampled):
        way = np.delete(positions, atom, axis=0) - positions[atom]
        if cell is not None and inverse is not None:
            fraction = way @ inverse
            way = (fraction - np.round(fraction)) @ cell
        length = np.sqrt(np.einsum("ak,ak->a", way, way))
        radii = covalent_radii[np.delete(atoms, atom)] + covalent_radii[atoms[atom]]
        shortest[k], in_radii[k] = length.min(), (length / (radii * ANGSTROM)).min()
    return shortest, in_radii


def _density(masses: Array, cell: Array) -> float:
    """Density [kg.m-3]."""
    return float(masses.sum() / abs(np.linalg.det(cell)))


def _unit(
    positions: Array, scaled: Array, atoms: NDArray[np.int64], masses: Array, cell: Array | None, criterion: LengthCriterion
) -> str | None:
    """Unit in which all atoms are as far from the nearest as bonds are long; None where that is so in Å, or in no unit."""
    if len(scaled) < criterion.least_atoms or criterion.are_bonds(scaled):
        return None
    density = None if cell is None else _density(masses, cell)
    if cell is not None and density is not None and density < criterion.densest:
        fractions = positions / ANGSTROM
        if np.ptp(fractions, axis=0).max() < 2 and criterion.are_bonds(nearest(fractions @ cell, atoms, cell, criterion)[1]):
            return "fractions of the cell"
    if density is None or density > criterion.densest:
        for name in ("nm", "m"):
            if criterion.are_bonds(scaled * (UNITS["length"][name] / ANGSTROM)):
                return name
    compound = len(set(atoms.tolist())) > 1 and NOBLE.isdisjoint(atoms.tolist())
    return "bohr" if compound and criterion.are_bonds(scaled * (UNITS["length"]["bohr"] / ANGSTROM)) else None
