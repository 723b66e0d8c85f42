r"""Limiting laws of Debye, Hückel and Onsager for a 1:1 salt: slopes over :math:`\sqrt{c}` from the solvent alone.

Slopes are per :math:`\sqrt{\mathrm{mol/L}}`, with Bjerrum length :math:`l_B = e^2/4\pi\epsilon k_BT` and
:math:`\kappa_D = \sqrt{2F^2c/\epsilon RT}` at 1 mol/L.

References
----------
Robinson and Stokes, Electrolyte Solutions, 2nd ed. (1959), chapters 7 and 9. In water at 25 °C: :math:`\ln\gamma_\pm =
-1.17\sqrt c`, and :math:`\Lambda = \Lambda_0 - (60.2 + 0.229\Lambda_0)\sqrt c` in S.cm2.mol-1.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt
from typing import Any

import numpy as np

from a2c_pybamm.constants import BOLTZMANN, ELEMENTARY_CHARGE, FARADAY, GAS_CONSTANT


@dataclass(frozen=True)
class LimitingLaws:
    """Constants of the limiting laws of a 1:1 salt."""

    vacuum_permittivity: float = 8.8541878128e-12
    """Electric constant [F.m-1] (CODATA 2018)."""
    molar: float = 1000.0
    """One mole per litre [mol.m-3]."""
    coulomb: float = 1 / (4 * pi)
    """Coulomb's factor in SI units."""
    thermodynamic: float = 1 / 4
    r"""Of :math:`l_B\kappa_D` in the slope of ln TDF: half of that of :math:`\ln\gamma_\pm`, 1/2."""
    relaxation: float = (2 - sqrt(2)) / 6
    r"""Of :math:`l_B\kappa_D` in the slope of :math:`\ln\Lambda` (Onsager)."""
    flow: float = 1 / (3 * pi)
    r"""Of :math:`k_BT\kappa_D/\eta(D_+ + D_-)`: Stokes' friction of two ions."""
    power: float = 3 / 2
    r"""Of the inverse permittivity in :math:`l_B\kappa_D`."""
    steepest: float = 3.0
    r"""Largest :math:`l_B\kappa_D/4` with a use: beyond it ions pair at concentrations far below those of batteries."""


LIMITING = LimitingLaws()
"""Constants of all electrolytes."""


def screening(T: Any, permittivity: float) -> Any:
    r""":math:`\kappa_D` [m-1] of 1 mol/L in a solvent of this relative permittivity."""
    permittivity_of_solvent = permittivity * LIMITING.vacuum_permittivity
    return np.sqrt(2 * FARADAY**2 * LIMITING.molar / (permittivity_of_solvent * GAS_CONSTANT * T))


def bjerrum_length(T: Any, permittivity: float) -> Any:
    r""":math:`l_B` [m]."""
    return LIMITING.coulomb * ELEMENTARY_CHARGE**2 / (permittivity * LIMITING.vacuum_permittivity * BOLTZMANN * T)


def thermodynamic_slope(T: Any, permittivity: float) -> Any:
    r"""Slope of ln TDF: :math:`-l_B\kappa_D/4`, from :math:`\ln\gamma_\pm = -l_B\kappa_D\sqrt c/2`."""
    return -LIMITING.thermodynamic * bjerrum_length(T, permittivity) * screening(T, permittivity)


def validate_permittivity(material: str, T: float, permittivity: float) -> None:
    """Raise ``ValueError`` where the permittivity is too low for limiting slopes to hold at concentrations of use."""
    slope = -float(thermodynamic_slope(T, permittivity))
    if slope > LIMITING.steepest:
        lowest = permittivity * (slope / LIMITING.steepest) ** (1 / LIMITING.power)
        raise ValueError(
            f"{material}: permittivity {permittivity:g} makes the limiting slope of ln TDF {-slope:.3g} per (mol/L)^(1/2); "
            f"below {lowest:.3g} ions pair long before 1 mol/L, so leave permittivity and viscosity out (0)"
        )


def relaxation_slope(T: Any, permittivity: float) -> Any:
    r"""Slope of :math:`\ln\Lambda` by the asymmetry of the ionic atmosphere: :math:`-(2 - \sqrt2)l_B\kappa_D/6`."""
    return -LIMITING.relaxation * bjerrum_length(T, permittivity) * screening(T, permittivity)


def electrophoretic_slope(T: Any, permittivity: float, fluidity: Any) -> Any:
    r"""Slope of :math:`\ln\Lambda` by the counterflow of the solvent: :math:`-k_BT\kappa_D/3\pi\eta(D_+ + D_-)`.

    Parameters
    ----------
    fluidity
        :math:`k_BT/\eta(D_+ + D_-)` [m]; by Stokes and Einstein the same at every temperature.
    """
    return -LIMITING.flow * screening(T, permittivity) * fluidity
