"""Born term of a configuration by finite strain of any ase calculator, or as LAMMPS prints it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from a2c_pybamm.constants import AVOGADRO
from a2c_pybamm.data import IDENTITY, N_VOIGT, VOIGT_COLUMNS, VOIGT_ROWS, Array, voigt_tensors
from a2c_pybamm.readers.mechanics.unstrained_cell import cell_volume, stress_of
from a2c_pybamm.readers.units import parse_quantity, unit_factor


def born_term(atoms: Any, calculator: Any, *, strain: float = 1e-4) -> Array:
    r"""Born term [Pa] (6, 6) in Voigt's components: derivative of the stress by strain, scaled positions fixed.

    .. math:: C^\mathrm{Born}_{ijkl} = \frac1V\frac{\partial^2 U}{\partial\eta_{ij}\,\partial\eta_{kl}}
        = \frac{\partial S_{ij}}{\partial\eta_{kl}}

    with the second Piola–Kirchhoff stress S, by central differences over Green–Lagrange strains of both signs: twelve
    calculations. Of a relaxed crystal it is the elastic tensor with clamped ions; its mean over the frames of a simulation is
    the Born term of `StressSeries`.

    Parameters
    ----------
    atoms
        Configuration, ase's ``Atoms``, with a cell.
    calculator
        Ase calculator that gives stresses.
    strain
        Size of the strains.

    Raises
    ------
    ValueError
        If the atoms have no three cell vectors, or the calculator gives no stress.
    """
    cell_volume("Born term", atoms)
    columns = []
    for unit in voigt_tensors(np.eye(N_VOIGT), engineering=True):
        up, down = (_piola(atoms, calculator, sign * strain * unit) for sign in (1, -1))
        columns.append(((up - down) / (2 * strain))[VOIGT_ROWS, VOIGT_COLUMNS])
    matrix = np.array(columns).T
    return (matrix + matrix.T) / 2


def born_term_of_lammps(values: ArrayLike, *, unit: str, volume: str) -> Array:
    r"""Born term [Pa] (…, 6, 6) in Voigt's components of the 21 numbers of LAMMPS's ``compute born/matrix`` (…, 21).

    They are second derivatives of the energy of the whole cell, extensive, and are divided by its volume: first the six of the
    diagonal, then those above it, row by row.

    Parameters
    ----------
    unit
        Unit of energy of the run's style: ``"eV"`` (metal), ``"kcal/mol"`` (real).
    volume
        Of the cell, ``"2560 A3"``.

    Raises
    ------
    ValueError
        If there are not 21 finite numbers, or unit or volume is none.
    """
    where = "Born term of LAMMPS"
    numbers = np.asarray(values, float)
    rows, columns = np.triu_indices(N_VOIGT, 1)
    if numbers.shape[-1:] != (N_VOIGT + len(rows),) or not np.isfinite(numbers).all():
        raise ValueError(f"{where}: numbers of shape {numbers.shape}, not finite ones (…, {N_VOIGT + len(rows)}); give c_ID[*]")
    size = parse_quantity(volume, "cell volume", f"{where}: volume")
    if not size > 0:
        raise ValueError(f"{where}: volume is {volume!r}; give that of the cell, like '2560 A3'")
    density = numbers * unit_factor(unit, "energy", f"{where}: unit") / AVOGADRO / size
    matrix = np.zeros((*numbers.shape[:-1], N_VOIGT, N_VOIGT))
    matrix[..., range(N_VOIGT), range(N_VOIGT)] = density[..., :N_VOIGT]
    matrix[..., rows, columns] = matrix[..., columns, rows] = density[..., N_VOIGT:]
    return matrix


def _piola(atoms: Any, calculator: Any, eta: Array) -> Array:
    """Second Piola–Kirchhoff stress [Pa] (3, 3) under a Green–Lagrange strain (3, 3)."""
    square, axes = np.linalg.eigh(IDENTITY + 2 * eta)
    gradient = axes @ np.diag(np.sqrt(square)) @ axes.T
    strained = atoms.copy()
    strained.set_cell(atoms.cell.array @ gradient, scale_atoms=True)
    strained.calc = calculator
    strained.get_stress()
    inverse = np.linalg.inv(gradient)
    return np.linalg.det(gradient) * inverse @ stress_of("Born term", strained) @ inverse
