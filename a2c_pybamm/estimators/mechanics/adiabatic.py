"""Adiabatic elastic constants from isothermal ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from a2c_pybamm.data import IDENTITY, Array, voigt_components
from a2c_pybamm.estimate import Estimate, Factor, label_hash
from a2c_pybamm.estimators.mechanics.stiffness import stiffness_of
from a2c_pybamm.laws.law import COMPLEX_STEP


def adiabatic_constants(
    estimate: Estimate,
    *,
    material: str,
    temperature: float,
    expansion: ArrayLike,
    heat_capacity: float,
    relative_std: float,
    source: str,
    point_group: str | None = None,
) -> Estimate:
    r"""Adiabatic elastic constants, under the names of the isothermal ones.

    .. math:: C^S_{ijkl} = C^T_{ijkl} + \frac{T}{c_\epsilon}\lambda_{ij}\lambda_{kl}, \qquad
        \lambda_{ij} = C^T_{ijkl}\alpha_{kl}

    Simulations at constant temperature and relaxations without temperature give isothermal constants, sound waves adiabatic
    ones; slow loads in a particle are isothermal.

    Parameters
    ----------
    temperature
        [K].
    expansion
        Linear thermal expansion [K-1], one number or a tensor (3, 3).
    heat_capacity
        Heat capacity at constant strain over the volume [J.m-3.K-1].
    relative_std
        Relative standard deviation of the correction, which is declared under ``source``: twice that of the expansion, and that
        of the heat capacity.

    Raises
    ------
    ValueError
        If a number is not positive, or the estimate has no elastic constants of the material.

    References
    ----------
    Nye, Physical Properties of Crystals (1957), ch. 10.
    """
    if not (temperature > 0 and heat_capacity > 0 and relative_std >= 0):
        raise ValueError(f"{material}: temperature and heat capacity are positive, relative_std is not negative; correct them")
    stiffness = stiffness_of(estimate, material, point_group)
    part = estimate.select(stiffness.names)
    alpha = np.asarray(expansion, float)
    alpha = alpha * IDENTITY if alpha.ndim == 0 else alpha
    engineering = voigt_components(alpha) * (2 - voigt_components(IDENTITY))
    entries = tuple(np.array([[int(digit) - 1 for digit in symbol[1:]] for symbol in stiffness.symbols]).T)

    def correction(constants: Array) -> Array:
        stress = stiffness.tensor(constants) @ engineering
        return temperature / heat_capacity * np.outer(stress, stress)[entries]

    scale = np.abs(part.mean).max()
    steps = complex(0, COMPLEX_STEP * scale) * np.eye(len(part.mean))
    jacobian = np.column_stack([correction(part.mean + step).imag / (COMPLEX_STEP * scale) for step in steps])
    change = correction(part.mean)
    result = part.map(part.names, part.mean + change, np.eye(len(change)) + jacobian, method=f"adiabatic from {part.method}")
    if not relative_std:
        return result
    label = label_hash(material, source, temperature, alpha.tolist(), heat_capacity, relative_std)
    return result.add_source(source, Factor(relative_std * change[:, None], (label,)))
