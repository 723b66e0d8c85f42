"""Stress and energy of a strained crystal as polynomials of the strain that its point group admits."""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial

import numpy as np

from a2c_pybamm.data import IDENTITY, Array, StrainedStresses, StrainMeasure, voigt_components
from a2c_pybamm.estimators.mechanics.crystal_symmetry import MANDEL, ElasticForm, invariant_tensors


@dataclass(frozen=True, eq=False)
class WorkConjugates:
    """Green–Lagrange strains with second Piola–Kirchhoff stresses, in Mandel's components, or energies."""

    strains: Array
    """(n_row, 6)."""
    values: Array
    """Stresses [Pa] (n_row, 6), or energies over the reference volume [Pa] (n_row,)."""

    @property
    def of_energies(self) -> bool:
        """True where the values are energies."""
        return self.values.ndim == 1


def stretches(data: StrainedStresses) -> Array:
    r"""Symmetric deformation gradients (n_strain, 3, 3): :math:`1 + \varepsilon`, or :math:`(1 + 2\eta)^{1/2}`."""
    if data.measure is StrainMeasure.SMALL:
        return IDENTITY + data.strains
    square, axes = np.linalg.eigh(IDENTITY + 2 * data.strains)
    if not (square > 0).all():
        raise ValueError(f"{data.label}: a Green-Lagrange strain is below -1/2, which no deformation has; correct the strains")
    return np.einsum("nik,nk,njk->nij", axes, np.sqrt(square), axes)


def work_conjugates(data: StrainedStresses, *, of_energies: bool) -> WorkConjugates:
    r"""Green–Lagrange strains and second Piola–Kirchhoff stresses, :math:`S = J F^{-1}\sigma F^{-\mathsf{T}}`, or energies.

    Their products are energies over the reference volume, :math:`dE/V_0 = S : d\eta`, so that the derivatives of :math:`S` are
    those of the energy, whatever the stress without strain.

    Raises
    ------
    ValueError
        If the data have no stresses, or no energies, where these are wanted.
    """
    F = stretches(data)
    eta = MANDEL * voigt_components((np.einsum("nki,nkj->nij", F, F) - IDENTITY) / 2)
    if of_energies:
        if data.energies is None:
            raise ValueError(f"{data.label}: the data have no energies; fit to the stresses")
        return WorkConjugates(eta, data.energies / data.volume)
    if data.stresses is None:
        raise ValueError(f"{data.label}: the data have no stresses; fit to the energies")
    inverse = np.linalg.inv(F)
    piola = np.linalg.det(F)[:, None, None] * np.einsum("nij,njk,nlk->nil", inverse, data.stresses, inverse)
    stress = MANDEL * voigt_components(piola)
    if data.reference_stress is not None:
        eta = np.vstack([np.zeros(len(MANDEL)), eta])
        stress = np.vstack([MANDEL * voigt_components(data.reference_stress), stress])
    return WorkConjugates(eta, stress)


def design_block(strains: Array, tensors: Array, *, of_energies: bool) -> Array:
    r"""Columns of the terms of one degree k (n_value, n_tensor).

    For :math:`E/V_0 = \sum_k T_k\cdot\eta^k/k!` they are these terms, and for the stress their derivatives
    :math:`T_k\cdot\eta^{k-1}/(k-1)!`. Values are ordered row by row, six components each where they are stresses.
    """
    degree = tensors.ndim - 1
    times = degree if of_energies else degree - 1
    terms = np.broadcast_to(tensors, (len(strains), *tensors.shape))
    for _ in range(times):
        terms = np.einsum("n...a,na->n...", terms, strains)
    terms = terms / factorial(times)
    return terms if of_energies else terms.transpose(0, 2, 1).reshape(-1, len(tensors))


def stiffness_block(strains: Array, form: ElasticForm, *, of_energies: bool) -> Array:
    """Columns of the independent constants (n_value, n_constant)."""
    mandel = form.expansion * MANDEL[:, None] * MANDEL
    return design_block(strains, mandel, of_energies=of_energies)


def stress_block(strains: Array, rotations: Array, *, of_energies: bool) -> Array:
    """Columns of the stress without strain (n_value, n_stress); of energies that of the energy without strain before them."""
    block = design_block(strains, invariant_tensors(rotations, 1), of_energies=of_energies)
    return np.column_stack([np.ones(len(strains)), block]) if of_energies else block


def nonlinear_block(strains: Array, rotations: Array, order: int, *, of_energies: bool) -> Array:
    """Columns of the terms of the stress of an order in the strain, from 2 on."""
    return design_block(strains, invariant_tensors(rotations, order + 1), of_energies=of_energies)
