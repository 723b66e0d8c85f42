r"""Quantities that follow from an Onsager matrix and are not emitted: frames, Haven ratios, ion pairs, Stefan–Maxwell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import polygamma

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.data import Array
from a2c_pybamm.data.record import freeze
from a2c_pybamm.estimators.conduction.onsager_matrix import OnsagerMatrix
from a2c_pybamm.laws import (
    BinarySalt,
    conductivity,
    salt_coefficient,
    salt_diffusivity,
    transference_in_volume_frame,
    transference_number,
)


@dataclass(frozen=True, eq=False)
class OnsagerReport:
    """Transport of one electrolyte in the terms of the literature, with standard errors by Wishart's law."""

    conductivity: float
    r""":math:`\kappa` [S.m-1], unbiased."""
    conductivity_std: float
    pair_correlation: float
    r""":math:`L_{+-}/\sqrt{L_{++}L_{--}}` in the solvent frame: 0 of independent ions, 1 if all move in pairs."""
    pair_correlation_std: float
    mobilities: Mapping[str, float]
    r"""Velocity of each ion against the solvent in a unit field [m2.V-1.s-1], :math:`F\sum_jL_{ij}z_j/c_i`."""
    stefan_maxwell: Mapping[str, float]
    r"""1/𝒟_ij of each pair of species [s.m-2],
    :math:`c_i\nabla\mu_i = \sum_j RT\,c_ic_j(\mathbf v_j - \mathbf v_i)/(c_T𝒟_{ij})`."""
    stefan_maxwell_std: Mapping[str, float]
    solvent_frame: Array
    """L [mol2.J-1.m-1.s-1] (n_species, n_species)."""
    mass_frame: Array
    """L against the mass centre."""
    volume_frame: Array | None = None
    """L against the mean velocity of volume; known with the partial molar volumes of all species."""
    nernst_einstein: float | None = None
    r""":math:`\kappa_\mathrm{NE} = (F^2/RT)\sum_i z_i^2c_iD_i` [S.m-1]; this and the next three with single particles."""
    haven_ratio: float | None = None
    r""":math:`\kappa_\mathrm{NE}/\kappa`; the inverse is the ionicity."""
    haven_ratio_std: float | None = None
    haven_ratios: Mapping[str, float] | None = None
    r"""Of each species, :math:`c_iD_i/(RT L_{ii})`, L against the mass centre: its tracer over its collective diffusivity."""
    self_diffusivities: Mapping[str, float] | None = None
    """Of single particles against the mass centre [m2.s-1], without a correction for the size of the cell."""
    transference_number: float | None = None
    r""":math:`t_+` in the solvent frame; this and the next four of one cation and one anion."""
    transference_in_mass_frame: float | None = None
    salt_coefficient: float | None = None
    r""":math:`L_s` [mol2.J-1.m-1.s-1], unbiased."""
    salt_diffusivity: float | None = None
    r""":math:`\nu RT L_s/c` [m2.s-1], :math:`D_e` without the thermodynamic factor."""
    transference_in_volume_frame: float | None = None
    """Known with the ions' partial molar volumes."""

    def __post_init__(self) -> None:
        freeze(self)

    def as_json(self) -> dict[str, Any]:
        """All of it as plain JSON; what is not known is left out."""
        values: dict[str, Any] = {}
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray):
                values[name] = value.tolist()
            elif isinstance(value, Mapping):
                values[name] = {key: float(number) for key, number in value.items()}
            elif value is not None:
                values[name] = float(value)
        return values


def onsager_report(matrix: OnsagerMatrix, *, volumes: Mapping[str, float] | None = None) -> OnsagerReport:
    r"""The report of an Onsager matrix.

    Standard errors are those of Wishart's law with :math:`\nu` degrees of freedom, of the pair correlation and of 1/𝒟 to
    leading order. The inverse of L is on average :math:`\nu/(\nu - p - 1)` times too large, p its size, which is taken off.

    Parameters
    ----------
    volumes
        Partial molar volumes [m3.mol-1] of the species, or of the ions alone, for the volume frame.
    """
    kappa, nu = float(conductivity(matrix.L, matrix.charges)), matrix.n_dof
    z, first, last = np.array(matrix.charges), matrix.ions[0], matrix.ions[-1]
    pairs = matrix.L[first, last] / np.sqrt(matrix.L[first, first] * matrix.L[last, last])
    maxwell, maxwell_std = _stefan_maxwell(matrix)
    everywhere = volumes if volumes and set(volumes) >= set(matrix.species) else None
    return OnsagerReport(
        conductivity=kappa,
        conductivity_std=kappa * np.sqrt(2 / nu),
        pair_correlation=float(pairs),
        pair_correlation_std=float((1 - pairs**2) / np.sqrt(nu)),
        mobilities={matrix.species[i]: float(FARADAY * (matrix.L[i] @ z) / matrix.concentrations[i]) for i in matrix.ions},
        stefan_maxwell=maxwell,
        stefan_maxwell_std=maxwell_std,
        solvent_frame=matrix.L,
        mass_frame=matrix.in_mass_frame,
        volume_frame=matrix.in_volume_frame(everywhere) if everywhere else None,
        **(_of_single_particles(matrix, kappa) if len(matrix.self_diffusivities) else {}),
        **(_of_binary_salt(matrix, volumes) if len(matrix.ions) == 2 else {}),
    )


def binary_salt(matrix: OnsagerMatrix) -> BinarySalt:
    """The salt of one cation and one anion."""
    cation, anion = matrix.ions
    return BinarySalt(matrix.charges[cation], matrix.charges[anion])


def ion_block(L: Array, matrix: OnsagerMatrix) -> Array:
    """Rows and columns of the ions, cations first, of a matrix of all species."""
    return L[np.ix_(matrix.ions, matrix.ions)]


def _of_single_particles(matrix: OnsagerMatrix, kappa: float) -> dict[str, Any]:
    D, c, RT = matrix.self_diffusivities, matrix.concentrations, GAS_CONSTANT * matrix.temperature
    nernst_einstein = float(FARADAY**2 / RT * (np.array(matrix.charges) ** 2 * c) @ D)
    return {
        "nernst_einstein": nernst_einstein,
        "haven_ratio": nernst_einstein / kappa,
        "haven_ratio_std": float(nernst_einstein / kappa * np.sqrt(polygamma(1, matrix.n_dof / 2))),
        "haven_ratios": dict(zip(matrix.species, c * D / (RT * np.diag(matrix.in_mass_frame)), strict=True)),
        "self_diffusivities": dict(zip(matrix.species, D, strict=True)),
    }


def _of_binary_salt(matrix: OnsagerMatrix, volumes: Mapping[str, float] | None) -> dict[str, Any]:
    salt, nu = binary_salt(matrix), matrix.n_dof
    cation, anion = matrix.ions
    c_salt = float(matrix.concentrations[cation]) / salt.n_cation
    t_plus = float(transference_number(matrix.L, matrix.charges, cation))
    L_s = float(salt_coefficient(ion_block(matrix.L, matrix), salt)) * nu / (nu - 1)
    found = {
        "transference_number": t_plus,
        "transference_in_mass_frame": float(transference_number(matrix.in_mass_frame, matrix.charges, cation)),
        "salt_coefficient": L_s,
        "salt_diffusivity": float(salt_diffusivity(L_s, c_salt, matrix.temperature, salt=salt)),
    }
    if volumes and {matrix.species[cation], matrix.species[anion]} <= set(volumes):
        of_ions = [volumes[matrix.species[i]] for i in (cation, anion)]
        found["transference_in_volume_frame"] = float(transference_in_volume_frame(t_plus, c_salt, of_ions, salt))
    return found


def _stefan_maxwell(matrix: OnsagerMatrix) -> tuple[dict[str, float], dict[str, float]]:
    r"""1/𝒟_ij [s.m-2] of all pairs and their standard errors, from the inverse of L against one species.

    .. math:: \frac{1}{𝒟_{ij}} = -\frac{c_T}{RT}(L^{-1})_{ij}, \qquad
       \frac{1}{𝒟_{i0}} = \frac{c_T}{RTc_0}\sum_{j\neq 0}c_j(L^{-1})_{ij}

    Newman and Thomas-Alyea, Electrochemical Systems, 3rd ed. (2004), ch. 12.
    """
    n, nu = len(matrix.species), matrix.n_dof
    reference = int(np.argmax(matrix.solvent_weights))
    others = [i for i in range(n) if i != reference]
    spare = nu - len(others) - 1
    if spare <= 0:
        return {}, {}
    against = matrix.in_frame(np.eye(n)[reference])[np.ix_(others, others)]
    scale = np.sqrt(np.diag(against))
    inverse = np.linalg.inv(against / np.outer(scale, scale)) / np.outer(scale, scale) * spare / nu
    factor = matrix.concentrations.sum() / (GAS_CONSTANT * matrix.temperature)
    directions = {  # pairs of vectors a, b with 1/𝒟 = factor · aᵀ L⁻¹ b
        (i, j): (np.eye(n)[others][:, i], -np.eye(n)[others][:, j]) for i in others for j in others if i < j
    }
    share = matrix.concentrations[others] / matrix.concentrations[reference]
    directions |= {(i, reference): (np.eye(n)[others][:, i], share) for i in others}
    values, stds = {}, {}
    for (i, j), (a, b) in directions.items():
        pair = f"{matrix.species[i]}-{matrix.species[j]}"
        values[pair] = float(factor * a @ inverse @ b)
        stds[pair] = float(factor * np.sqrt(((a @ inverse @ b) ** 2 + (a @ inverse @ a) * (b @ inverse @ b)) / spare))
    return values, stds
