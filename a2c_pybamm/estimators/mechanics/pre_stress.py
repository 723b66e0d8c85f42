"""Stress–strain coefficients of a crystal under stress, from the second derivatives of its energy."""

from __future__ import annotations

import numpy as np

from a2c_pybamm.data import IDENTITY, VOIGT_COLUMNS, VOIGT_ROWS, Array


def pre_stress_terms(stress: Array) -> Array:
    r"""Stress–strain coefficients less second derivatives of the energy [Pa] (6, 6), of a stress [Pa], tension positive (3, 3).

    .. math:: B_{ijkl} - C_{ijkl} = \tfrac12(s_{ik}\delta_{jl} + s_{il}\delta_{jk} + s_{jk}\delta_{il} + s_{jl}\delta_{ik}
        - 2 s_{ij}\delta_{kl})

    with C the second derivative by Green–Lagrange strain and B the derivative of the Cauchy stress by a small strain without
    rotation. Under a stress that is not hydrostatic B lacks the symmetry of C between (ij) and (kl); returned is the symmetric
    part, with :math:`s_{ij}\delta_{kl} + \delta_{ij}s_{kl}` in the last term.

    References
    ----------
    Barron and Klein, Proc. Phys. Soc. 85, 523 (1965); Wallace, Thermodynamics of Crystals (1972), ch. 2.
    """
    s, d = np.asarray(stress, float), IDENTITY
    shear = np.einsum("ik,jl->ijkl", s, d) + np.einsum("il,jk->ijkl", s, d)
    shear = shear + np.einsum("jk,il->ijkl", s, d) + np.einsum("jl,ik->ijkl", s, d)
    pressure = np.einsum("ij,kl->ijkl", s, d)
    terms = (shear - pressure - np.einsum("ij,kl->ijkl", d, s)) / 2
    return terms[VOIGT_ROWS, VOIGT_COLUMNS][:, VOIGT_ROWS, VOIGT_COLUMNS]


def pre_stress_asymmetry(stress: Array) -> float:
    r"""Largest difference between :math:`B_{ijkl}` and :math:`B_{klij}` [Pa] under a stress [Pa] (3, 3)."""
    pressure = np.einsum("ij,kl->ijkl", stress, IDENTITY)
    return float(np.abs(pressure - np.einsum("ij,kl->ijkl", IDENTITY, stress)).max())
