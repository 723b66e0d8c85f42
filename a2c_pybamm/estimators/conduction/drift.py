r"""Onsager matrix of a binary salt from velocities that constant forces cause, and the test of its symmetry."""

from __future__ import annotations

import numpy as np
from scipy.special import chdtrc

from a2c_pybamm.constants import AVOGADRO, FARADAY, RELATIVE_ROUND_OFF
from a2c_pybamm.data import Array, DriftVelocities
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators.conduction.onsager_matrix import solvent_weights
from a2c_pybamm.estimators.fingerprint import data_fingerprint, traced_provenance
from a2c_pybamm.laws import (
    BinarySalt,
    conductivity,
    conductivity_name,
    frame_matrix,
    salt_coefficient,
    salt_coefficient_name,
    transference_name,
    transference_number,
)


def fit_onsager_from_drift(drift: DriftVelocities, *, material: str, source: str) -> Estimate:
    r"""Logarithms of :math:`\kappa` and :math:`L_s`, and :math:`t_+`, from drift under forces, in the solvent frame.

    .. math:: c_i(v_i - v_0) = \sum_j L_{ij}N_\mathrm{A}f_j, \qquad L_{+-} = L_{-+}

    by generalised least squares over runs and ions: the errors of both ions' velocities share the solvent's. The forces that
    act are those against a cell whose momentum is held, :math:`f_i - m_i\sum_kN_kf_k/\sum_kN_km_k`. Runs at several
    strengths of the force test that the response is linear: errors are widened by the square root of :math:`\chi^2` over its
    degrees of freedom where that is above one. Several solvents are one reference, averaged by mass: that of each alone would
    take the forces between them.

    Returns
    -------
    Estimate
        The coefficients of `fit_onsager`, with the covariance that the velocities give them. Its provenance has
        :math:`\chi^2`, and the probability of so large a difference of :math:`L_{+-}` and :math:`L_{-+}`.

    Raises
    ------
    ValueError
        If there is no solvent, or not one cation and one anion; if forces on the two ions do not vary independently, or those
        on several solvents are not in the ratio of their masses; or if L is not positive definite.
    """
    weights, reference = solvent_weights(drift, None, "mass")
    ions = sorted((i for i, z in enumerate(drift.charges) if z), key=lambda i: -drift.charges[i])
    if len(ions) != 2:
        raise ValueError(f"{material}: {len(ions)} ions; drift of one cation and one anion is taken")
    salt = BinarySalt(drift.charges[ions[0]], drift.charges[ions[1]])
    N, m = np.array(drift.counts, float), drift.masses
    neutral = [i for i, z in enumerate(drift.charges) if z == 0]
    if (
        np.ptp(drift.forces[:, neutral] / m[neutral], axis=1) * m.max() > RELATIVE_ROUND_OFF * np.abs(drift.forces).max()
    ).any():
        raise ValueError(f"{material}: forces on several solvents must be in the ratio of their masses, or zero")
    acting = AVOGADRO * (drift.forces - np.outer(drift.forces @ N / (N @ m), m))[:, ions]
    S = frame_matrix(N, weights)[ions] * N / (drift.volume * AVOGADRO)  # fluxes [mol.m-2.s-1] from velocities
    flux = drift.velocities @ S.T
    noise = np.einsum("ik,rk,jk->rij", S, drift.velocity_stds**2, S)
    L, covariance, chi2 = _least_squares(acting, flux, noise, symmetric=True)
    _, _, chi2_free = _least_squares(acting, flux, noise, symmetric=False)
    n_spare = flux.size - len(L)
    widening = max(1.0, chi2 / n_spare) if n_spare else 1.0
    mean, jacobian = _emitted(L, salt, material)
    return Estimate.from_covariance(
        (conductivity_name(material), transference_name(material), salt_coefficient_name(material)),
        mean,
        jacobian @ covariance @ jacobian.T * widening,
        source=source,
        method="drift under constant forces (Onsager matrix in the solvent frame)",
        provenance={
            "drift": traced_provenance(drift),
            "reference": reference,
            "chi-squared": chi2,
            "chi-squared p-value": float(chdtrc(n_spare, chi2)) if n_spare else None,
            "symmetry p-value": float(chdtrc(1, max(chi2 - chi2_free, 0.0))),
            "L++, L--, L+- [mol2.J-1.m-1.s-1]": L.tolist(),
        },
        data=data_fingerprint(drift, drift.charges, drift.counts, reference),
    )


def _least_squares(force: Array, flux: Array, noise: Array, *, symmetric: bool) -> tuple[Array, Array, float]:
    """L++, L--, L+- (and L-+), their covariance, and χ², from forces and fluxes (n_run, 2) and noise (n_run, 2, 2)."""
    zero = np.zeros(len(force))
    first = np.stack([force[:, 0], zero, force[:, 1]], axis=1)
    second = np.stack([zero, force[:, 1], force[:, 0]], axis=1)
    if not symmetric:
        first, second = np.column_stack([first, zero]), np.column_stack([second[:, :2], zero, force[:, 0]])
    root = np.linalg.cholesky(noise)
    design = np.linalg.solve(root, np.stack([first, second], axis=1)).reshape(flux.size, -1)
    target = np.linalg.solve(root, flux[..., None]).reshape(flux.size)
    scale = np.sqrt((design**2).sum(axis=0))
    if not scale.all() or np.linalg.cond(design / scale) > 1 / np.sqrt(RELATIVE_ROUND_OFF):
        raise ValueError("drift: forces on cation and anion are always in one ratio; add runs with another, or on one of them")
    design = design / scale
    inverse = np.linalg.inv(design.T @ design)
    found = inverse @ design.T @ target
    return found / scale, inverse / np.outer(scale, scale), float(((target - design @ found) ** 2).sum())


def _emitted(L: Array, salt: BinarySalt, material: str) -> tuple[Array, Array]:
    """Means of ln κ, t₊ and ln L_s (3,), and their derivatives by L++, L-- and L+- (3, 3)."""
    matrix = np.array([[L[0], L[2]], [L[2], L[1]]])
    if not (L[0] > 0 and L[0] * L[1] > L[2] ** 2):
        raise ValueError(f"{material}: L from drift is not positive definite; run longer, or with stronger forces")
    z, nu = (salt.cation_charge, salt.anion_charge), (salt.n_cation, salt.n_anion)
    kappa, t_plus = float(conductivity(matrix, z)), float(transference_number(matrix, z))
    L_s = float(salt_coefficient(matrix, salt))
    of_kappa = FARADAY**2 * np.array([z[0] ** 2, z[1] ** 2, 2 * z[0] * z[1]])
    of_t = (FARADAY**2 * np.array([z[0] ** 2, 0, z[0] * z[1]]) - t_plus * of_kappa) / kappa
    salt_flux = L_s * np.linalg.solve(matrix, np.array(nu, float))  # dL_s = fᵀ dL f
    of_L_s = np.array([salt_flux[0] ** 2, salt_flux[1] ** 2, 2 * salt_flux[0] * salt_flux[1]])
    return np.array([np.log(kappa), t_plus, np.log(L_s)]), np.array([of_kappa / kappa, of_t, of_L_s / L_s])
