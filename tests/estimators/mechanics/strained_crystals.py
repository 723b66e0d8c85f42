"""Strained crystals whose elastic constants are known: EMT copper, and energies that no polynomial is."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from ase.build import bulk
from ase.calculators.emt import EMT

from a2c_pybamm.constants import ELEMENTARY_CHARGE
from a2c_pybamm.data import StrainedStresses, StrainMeasure, voigt_tensors
from a2c_pybamm.estimators.mechanics.crystal_symmetry import MANDEL

SINGLE = tuple(tuple(np.eye(6)[k]) for k in range(6))
"""The six single strains, engineering shear."""
MATSCIPY = ((1.0, 0.0, 0.0, 1.0, 0.0, 0.0),)
"""Strain of matscipy's fit of a cubic crystal: xx and yz together."""
PAIRS = ((1.0, 0, 0, 0, 0, 0), (1.0, 1.0, 0, 0, 0, 0), (0, 0, 0, 1.0, 0, 0))
"""Strains whose energies determine a cubic crystal's constants."""
LIMIT = np.array([172.48543748, 115.35254197, 89.84432349]) * 1e9
"""Constants of EMT copper with a = 3.59 Å in the limit of small strains [Pa], to 10 Pa, by cubic fits of strains of 1e-4
(matscipy: 172.485, 115.353, 89.844 GPa)."""


@cache
def copper(
    size: float,
    steps: tuple[int, ...] = (-2, -1, 1, 2),
    directions: Sequence[Sequence[float]] = SINGLE,
    lattice: float = 3.59,
) -> StrainedStresses:
    """Stresses and energies of EMT copper under strains."""
    crystal = bulk("Cu", "fcc", a=lattice, cubic=True)
    strains = [step * size * voigt_tensors(direction, engineering=True) for direction in directions for step in steps]
    stresses, energies = [], []
    for strain in [np.zeros((3, 3)), *strains]:
        atoms = crystal.copy()
        atoms.set_cell(crystal.cell.array @ (np.eye(3) + strain), scale_atoms=True)
        atoms.calc = EMT()
        stresses.append(atoms.get_stress(voigt=False) * ELEMENTARY_CHARGE * 1e30)
        energies.append(atoms.get_potential_energy() * ELEMENTARY_CHARGE)
    return StrainedStresses(
        strains=np.array([np.zeros((3, 3)), *strains]),
        stresses=np.array(stresses),
        energies=np.array(energies),
        volume=crystal.get_volume() * 1e-30,
        label="EMT",
    )


class ExponentialCrystal:
    r"""Triclinic crystal with the energy :math:`\sum_k a(e^{b_k\eta} - b_k\eta - 1)`: all orders of the strain, none small."""

    def __init__(self, seed: int = 3, steepness: float = 6.0) -> None:
        rng = np.random.default_rng(seed)
        self.directions = steepness * rng.normal(size=(40, 6)) / np.sqrt(6)
        self.size = 100e9 / steepness**2 / 40 * 6
        mandel = self.size * self.directions.T @ self.directions
        self.stiffness = mandel / np.outer(MANDEL, MANDEL)

    def piola(self, eta: np.ndarray) -> np.ndarray:
        """Second Piola-Kirchhoff stress [Pa] (n, 3, 3) under Green-Lagrange strains (n, 3, 3)."""
        v = MANDEL * eta[:, [0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]
        return voigt_tensors(self.size * np.expm1(v @ self.directions.T) @ self.directions / MANDEL)

    def strained(self, eta: np.ndarray, noise: np.ndarray) -> StrainedStresses:
        """Cauchy stresses under Green-Lagrange strains, with noise [Pa] (n, 3, 3) in the second Piola-Kirchhoff stress."""
        values, axes = np.linalg.eigh(np.eye(3) + 2 * eta)
        F = np.einsum("nik,nk,njk->nij", axes, np.sqrt(values), axes)
        stress = np.einsum("nij,njk,nlk->nil", F, self.piola(eta) + noise, F) / np.linalg.det(F)[:, None, None]
        return StrainedStresses(eta, 1e-28, stress, measure=StrainMeasure.GREEN_LAGRANGE, label="triclinic")
