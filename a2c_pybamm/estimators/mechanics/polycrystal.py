"""Isotropic moduli of a polycrystal of randomly oriented grains, between bounds."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import numpy as np

from a2c_pybamm.data import IDENTITY, Array
from a2c_pybamm.estimate import UNIFORM_BOUND, Estimate, Factor, label_hash
from a2c_pybamm.estimators.mechanics.crystal_symmetry import MANDEL
from a2c_pybamm.estimators.mechanics.stiffness import Stiffness, bulk_and_shear, elastic_stability, stiffness_of
from a2c_pybamm.estimators.time_series.resolution import RESOLVED_STDS
from a2c_pybamm.laws.law import COMPLEX_STEP
from a2c_pybamm.laws.mechanics.isotropic_elasticity import young_names

CUBIC = ("C11", "C12", "C44")
"""Independent constants of a cubic crystal."""


class PolycrystalBounds(StrEnum):
    """Bounds of the moduli of a polycrystal."""

    VOIGT_REUSS = "Voigt to Reuss"
    """Strain or stress the same in all grains; for any crystal and any arrangement of the grains."""
    HASHIN_SHTRIKMAN = "Hashin-Shtrikman"
    """Narrower; for cubic crystals whose grains have no texture."""


def polycrystal_moduli(
    estimate: Estimate,
    *,
    material: str,
    bounds: PolycrystalBounds | str | None = None,
    point_group: str | None = None,
) -> Estimate:
    r"""Logarithm of Young's modulus :math:`\ln(E/\mathrm{Pa})` and Poisson's ratio :math:`\nu` of a polycrystal.

    .. math:: \frac1E = \frac1{9K} + \frac1{3G}, \qquad \nu = \tfrac12 - \frac{E}{6K}

    with K and G each the mean of a lower and an upper bound: Hill's means of Reuss and Voigt, or those of Hashin and Shtrikman.
    The sources of the constants are carried on; half the distance between the bounds is a source of its own,
    ``"<material> polycrystal (<bounds>)"``, whose germ is uniform: nothing outside is possible, and all between is.

    The provenance has all bounds, the universal anisotropy :math:`A^U = 5 G_V/G_R + K_V/K_R - 6` (0 of an isotropic crystal),
    the eigenvalues of the tensor and the probability that one is negative.

    Parameters
    ----------
    estimate
        Elastic constants of `fit_elastic_tensor`, `fit_elastic_fluctuations`, or combined members of these.
    bounds
        ``"Hashin-Shtrikman"`` for cubic crystals alone, ``"Voigt to Reuss"`` for all; if not given, the narrower there is.
    point_group
        Symbol of the point group in its standard orientation, where the provenance does not hold the form of the tensor.

    Raises
    ------
    ValueError
        If the tensor is not positive definite by three standard deviations: the crystal is unstable, and Reuss's bound has no
        meaning. If bounds are asked for that are not known for the crystal.

    References
    ----------
    Hill, Proc. Phys. Soc. A 65, 349 (1952); Hashin and Shtrikman, J. Mech. Phys. Solids 10, 343 (1962); Ranganathan and
    Ostoja-Starzewski, Phys. Rev. Lett. 101, 055504 (2008), for the anisotropy.
    """
    stiffness = stiffness_of(estimate, material, point_group)
    _validate_stability(estimate, material, point_group)
    is_cubic = stiffness.symbols == CUBIC
    narrower = PolycrystalBounds.HASHIN_SHTRIKMAN if is_cubic else PolycrystalBounds.VOIGT_REUSS
    kind = PolycrystalBounds(bounds) if bounds is not None else narrower
    if kind is PolycrystalBounds.HASHIN_SHTRIKMAN and not is_cubic:
        raise ValueError(f"{material}: bounds of Hashin and Shtrikman are of cubic crystals here; take {narrower.value!r}")
    part = estimate.select(stiffness.names)
    ends = _bounds(stiffness, kind, part.mean)
    step = COMPLEX_STEP * np.abs(part.mean).max()
    shifted = (part.mean + complex(0, step) * unit for unit in np.eye(len(part.mean)))
    jacobian = np.array([_young(*_bounds(stiffness, kind, c).mean(axis=0)).imag / step for c in shifted]).T
    names = young_names(material)
    moduli = part.map(names, _young(*ends.mean(axis=0)).real, jacobian, method=f"polycrystal ({kind}) of {estimate.method}")
    low, high = (_young(*end).real for end in ends)
    source = f"{material} polycrystal ({kind})"
    column = (high - low)[:, None] / (2 * UNIFORM_BOUND)
    moduli = moduli.add_source(source, Factor(column, (label_hash(material, str(kind)),), "uniform"))
    report = {"constants": dict(estimate.provenance), "polycrystal": _report(stiffness, part, estimate, material, point_group)}
    return Estimate(names, moduli.mean, moduli.factors, moduli.method, report)


def _bounds(stiffness: Stiffness, kind: PolycrystalBounds, constants: Array) -> Array:
    """Bulk and shear modulus [Pa] of the lower and the upper bound (2, 2), also of complex constants."""
    if kind is PolycrystalBounds.HASHIN_SHTRIKMAN:
        return _hashin_shtrikman(stiffness.tensor(constants))
    matrix = stiffness.mandel(constants)
    d = len(IDENTITY)
    compliance = bulk_and_shear(np.asarray(np.linalg.inv(matrix)))
    reuss = [1 / (d * d * compliance[0]), 1 / (2 * 2 * compliance[1])]
    return np.array([reuss, bulk_and_shear(matrix)])


def _hashin_shtrikman(tensor: Array) -> Array:
    r"""Bounds of a cubic crystal (2, 2), from its two shear moduli :math:`(C_{11} - C_{12})/2` and :math:`C_{44}`."""
    d, n_shear = len(IDENTITY), len(MANDEL) - 1
    bulk = (tensor[0, 0] + 2 * tensor[0, 1]) / d
    shears = ((tensor[0, 0] - tensor[0, 1]) / 2, tensor[d, d])
    found = []
    for here, other, share in ((*shears, d), (*shears[::-1], 2)):
        beta = -d * (bulk + 2 * here) / (n_shear * here * (d * bulk + 2 * 2 * here))
        difference = other - here
        # share / (n_shear / difference - 2 (n_shear - share) beta), without the division by zero of an isotropic crystal
        found.append(here + share * difference / (n_shear - 2 * (n_shear - share) * beta * difference))
    found.sort(key=lambda shear: shear.real)
    return np.array([[bulk, shear] for shear in found])


def _young(bulk: Any, shear: Any) -> Array:
    """Logarithm of Young's modulus [Pa] and Poisson's ratio (2,), of real or complex moduli."""
    d = len(IDENTITY)
    young = 1 / (1 / (d * d * bulk) + 1 / (d * shear))
    return np.array([np.log(young), 0.5 - young / (2 * d * bulk)])


def _validate_stability(estimate: Estimate, material: str, point_group: str | None) -> None:
    """Raise ``ValueError`` where the tensor is not positive definite beyond its error."""
    stability = elastic_stability(estimate, material=material, point_group=point_group)
    value, std = stability.eigenvalues[0], stability.std[0]
    if not value > RESOLVED_STDS * std:
        state = "is unstable" if value <= 0 else "is not stable beyond its error"
        raise ValueError(
            f"{material}: the crystal {state}: the smallest eigenvalue of its elastic tensor, mainly {stability.softest}, is "
            f"{value:.3g} ± {std:.2g} Pa; relax the cell, take smaller strains, or more precise stresses"
        )


def _report(stiffness: Stiffness, part: Estimate, estimate: Estimate, material: str, point_group: str | None) -> dict[str, Any]:
    """Bounds, anisotropy and stability, as plain JSON."""
    (bulk_reuss, shear_reuss), (bulk_voigt, shear_voigt) = _bounds(stiffness, PolycrystalBounds.VOIGT_REUSS, part.mean)
    stability = elastic_stability(estimate, material=material, point_group=point_group)
    n = len(MANDEL)
    report = {
        "bulk modulus, Reuss and Voigt [Pa]": [float(bulk_reuss), float(bulk_voigt)],
        "shear modulus, Reuss and Voigt [Pa]": [float(shear_reuss), float(shear_voigt)],
        "universal anisotropy": float((n - 1) * shear_voigt / shear_reuss + bulk_voigt / bulk_reuss - n),
        "eigenvalues [Pa]": stability.eigenvalues.tolist(),
        "probability of instability": stability.probability_of_instability,
    }
    if stiffness.symbols == CUBIC:
        ends = _hashin_shtrikman(stiffness.tensor(part.mean))
        report["shear modulus, Hashin-Shtrikman [Pa]"] = ends[:, 1].tolist()
    return report
