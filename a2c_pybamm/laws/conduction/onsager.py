r"""Onsager matrix of an electrolyte: conductivity, transference number and salt coefficient, there and back, and frames.

Fluxes of the ions against a reference, :math:`J_i = -\sum_j L_{ij}\nabla\tilde\mu_j` with molar potentials: ``L`` is symmetric,
positive semi-definite, in mol2.J-1.m-1.s-1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd
from typing import Any

import numpy as np

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT


@dataclass(frozen=True)
class BinarySalt:
    r"""Valences of a salt of one cation and one anion, and the number of each in its formula.

    Raises
    ------
    ValueError
        If the first charge is not positive or the second not negative.
    """

    cation_charge: int = 1
    """:math:`z_+` [elementary charges]."""
    anion_charge: int = -1
    """:math:`z_-` [elementary charges]."""

    def __post_init__(self) -> None:
        if not self.cation_charge > 0 > self.anion_charge:
            raise ValueError(
                f"salt: charges {self.cation_charge:+d} and {self.anion_charge:+d}; give the cation's first, then the anion's"
            )

    @property
    def n_cation(self) -> int:
        r""":math:`\nu_+`, cations in one formula unit."""
        return -self.anion_charge // gcd(self.cation_charge, self.anion_charge)

    @property
    def n_anion(self) -> int:
        r""":math:`\nu_-`, anions in one formula unit."""
        return self.cation_charge // gcd(self.cation_charge, self.anion_charge)

    @property
    def n_ion(self) -> int:
        r""":math:`\nu = \nu_+ + \nu_-`."""
        return self.n_cation + self.n_anion


def conductivity(L: Any, charges: Sequence[int]) -> Any:
    r""":math:`\kappa = F^2\sum_{ij} z_i z_j L_{ij}` [S.m-1] of matrices (…, n_species, n_species); the same in every frame."""
    return FARADAY**2 * np.einsum("i,...ij,j->...", charges, L, charges)


def transference_number(L: Any, charges: Sequence[int], species: int = 0) -> Any:
    r""":math:`t_i = F^2 z_i\sum_j z_j L_{ij}/\kappa` of one species, in the frame of ``L`` (…, n_species, n_species)."""
    return FARADAY**2 * charges[species] * np.einsum("...j,j->...", L[..., species, :], charges) / conductivity(L, charges)


def salt_coefficient(L: Any, salt: BinarySalt) -> Any:
    r"""Onsager coefficient of the salt at zero current, :math:`J_s = -L_s\nabla\mu_s` [mol2.J-1.m-1.s-1].

    .. math:: \frac{1}{L_s} = (\nu_+, \nu_-)\,L^{-1}(\nu_+, \nu_-)^\mathsf{T}, \qquad
       \text{1:1: } L_s = \frac{L_{++}L_{--} - L_{+-}^2}{L_{++} + L_{--} - 2L_{+-}}

    with :math:`\mu_s = \nu_+\tilde\mu_+ + \nu_-\tilde\mu_-` and ``L`` (…, 2, 2) of cation and anion.
    """
    determinant = L[..., 0, 0] * L[..., 1, 1] - L[..., 0, 1] * L[..., 1, 0]
    drag = salt.n_anion**2 * L[..., 0, 0] + salt.n_cation**2 * L[..., 1, 1] - 2 * salt.n_cation * salt.n_anion * L[..., 0, 1]
    return determinant / drag


def onsager_from_transport(kappa: Any, t_plus: Any, L_s: Any, salt: BinarySalt | None = None) -> Any:
    r"""Onsager matrix (…, 2, 2) of cation and anion from what is emitted, the inverse of the three functions above.

    .. math::
        L_{++} = \nu_+^2 L_s + t_+^2 K/z_+^2, \quad L_{+-} = \nu_+\nu_- L_s + t_+t_-K/(z_+z_-), \quad
        L_{--} = \nu_-^2 L_s + t_-^2 K/z_-^2

    with :math:`K = \kappa/F^2` and :math:`t_- = 1 - t_+`: the sum of two matrices of rank one, positive semi-definite for
    positive :math:`\kappa` and :math:`L_s` and any :math:`t_+`.
    """
    salt = salt or BinarySalt()
    t_plus = np.asarray(t_plus)
    with_current = np.stack([t_plus / salt.cation_charge, (1 - t_plus) / salt.anion_charge], axis=-1)
    without = np.array([salt.n_cation, salt.n_anion])
    K, L_s = np.asarray(kappa)[..., None, None] / FARADAY**2, np.asarray(L_s)[..., None, None]
    return K * with_current[..., :, None] * with_current[..., None, :] + L_s * np.outer(without, without)


def salt_diffusivity(L_s: Any, c: Any, T: Any, thermodynamic_factor: Any = 1.0, salt: BinarySalt | None = None) -> Any:
    r"""Diffusivity of the salt, :math:`D_e = (\nu RT/c)\,L_s\,(1 + d\ln f/d\ln c)` [m2.s-1]; 1:1: :math:`2RTL_s/c`.

    Dilute ions have :math:`L_{ii} = c_iD_i/RT`, hence :math:`D_e = 2D_+D_-/(D_+ + D_-)` of a 1:1 salt.

    Parameters
    ----------
    c
        Concentration of the salt [mol.m-3].
    T
        Temperature [K].
    thermodynamic_factor
        :math:`1 + d\ln f/d\ln c`.
    """
    return (salt or BinarySalt()).n_ion * GAS_CONSTANT * T / c * L_s * thermodynamic_factor


def frame_matrix(counts: Any, weights: Any) -> Any:
    r"""Matrix S (n_species, n_species) that takes fluxes, and :math:`L \to SLS^\mathsf{T}`, to the frame of a mean velocity.

    .. math:: J_i' = J_i - c_i\bar v, \qquad \bar v = \sum_k w_kv_k, \qquad S_{ik} = \delta_{ik} - c_iw_k/c_k

    with weights :math:`w` that add up to one: 1 of the solvent, 0 of the others (solvent frame); mass fractions (mass centre);
    volume fractions :math:`c_k\bar V_k` (volume frame).

    Parameters
    ----------
    counts
        Numbers or concentrations of the species (n_species,).
    """
    counts = np.asarray(counts, float)
    return np.eye(len(counts)) - np.outer(counts, np.asarray(weights, float) / counts)


def transference_in_solvent_frame(t_plus: Any, masses: Sequence[float], counts: Sequence[float], salt: BinarySalt) -> Any:
    r"""Transference number against the solvent from that against the centre of mass.

    .. math:: t_+^0 = t_+^\mathrm{M} - z_+\frac{c_+}{c_0}t_0^\mathrm{M}, \qquad
       t_0^\mathrm{M} = -\frac{1}{M_0}\left(\frac{M_+t_+^\mathrm{M}}{z_+} + \frac{M_-t_-^\mathrm{M}}{z_-}\right)

    Parameters
    ----------
    masses, counts
        Of cation, anion and solvent, in any units.
    """
    momentum = masses[0] * t_plus / salt.cation_charge + masses[1] * (1 - t_plus) / salt.anion_charge
    return t_plus + salt.cation_charge * counts[0] / counts[2] * momentum / masses[2]


def transference_in_volume_frame(t_plus: Any, c: Any, volumes: Sequence[float], salt: BinarySalt) -> Any:
    r"""Transference number against the mean velocity of volume from that against the solvent.

    .. math:: t_+^V = t_+^0 - z_+c_+\left(\bar V_+t_+^0/z_+ + \bar V_-t_-^0/z_-\right), \qquad
       \text{1:1: } \Delta t_+ = -c(\bar V_+t_+ - \bar V_-t_-)

    Parameters
    ----------
    c
        Concentration of the salt [mol.m-3].
    volumes
        Partial molar volumes of cation and anion [m3.mol-1].
    """
    moved = volumes[0] * t_plus / salt.cation_charge + volumes[1] * (1 - t_plus) / salt.anion_charge
    return t_plus - salt.cation_charge * salt.n_cation * c * moved


def salt_partial_molar_volume(density: Any, slope: Any, c: Any, molar_mass: float) -> Any:
    r"""Partial molar volume of the salt from the density over concentration [m3.mol-1].

    .. math:: \bar V_s = \frac{M_s - d\rho/dc}{\rho - c\,d\rho/dc}

    Parameters
    ----------
    density
        :math:`\rho` [kg.m-3].
    slope
        :math:`d\rho/dc` [kg.mol-1].
    c
        Concentration of the salt [mol.m-3].
    molar_mass
        :math:`M_s` [kg.mol-1].
    """
    return (molar_mass - slope) / (density - c * slope)
