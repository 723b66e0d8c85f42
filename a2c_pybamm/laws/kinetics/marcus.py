"""Charge transfer between two parabolas of equal width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from a2c_pybamm.laws.kinetics.charge_transfer import ChargeTransfer, reduced
from a2c_pybamm.laws.law import Coefficients, log_coefficient


class Reorganizing(ChargeTransfer):
    """A law whose form has a reorganization energy."""

    @property
    def reorganization_name(self) -> str:
        """Name of the logarithm of the reorganization energy."""
        return log_coefficient(self.stem, "lambda", "eV")

    @property
    def form_names(self) -> tuple[str, ...]:
        return (self.reorganization_name,)

    def reorganization_energy(self, c: Coefficients) -> Any:
        r""":math:`\lambda` [eV]."""
        return np.exp(c[self.reorganization_name])

    def cathodic_transfer_coefficient(self, c: Coefficients) -> Any:
        return 0.5

    def transfer_coefficient_at(self, c: Coefficients, overpotential: Any) -> Any:
        r""":math:`\alpha(\eta) = \tfrac12 + F\eta/2\lambda` [1]: slope of the barrier of reduction."""
        return 0.5 + overpotential / (2 * self.reorganization_energy(c))


@dataclass(frozen=True)
class Marcus(Reorganizing):
    r"""Current over the crossing of two parabolas, with an inverted region beyond the reorganization energy.

    .. math:: i = 2 i_0 \sinh\left(\frac{F\eta}{2RT}\right) \exp\left(-\frac{(F\eta)^2}{4\lambda RT}\right), \qquad
        \Delta G^\ddagger_\mathrm{red} = \Delta G^\ddagger_0 + \frac{F\eta}2 + \frac{(F\eta)^2}{4\lambda}

    with :math:`i_0` of `ChargeTransfer` at :math:`\alpha = \frac12`. PyBaMM's exchange-current density is the prefactor of
    the form :math:`e^{-(\lambda-F\eta)^2/4\lambda RT} - e^{-(\lambda+F\eta)^2/4\lambda RT}`, :math:`i_0 e^{\lambda/4RT}`.

    ====================  ==========================================  ======
    symbol                coefficient                                 unit
    ====================  ==========================================  ======
    :math:`\ln\lambda`    ``<m> charge transfer ln(lambda [eV])``     1
    ====================  ==========================================  ======

    References
    ----------
    Marcus, J. Chem. Phys. 24, 966 (1956): the barrier between two parabolas.
    """

    kind: ClassVar[str] = "marcus"
    intercalation_kinetics: ClassVar[str] = "Marcus"
    coefficient_method: ClassVar[str] = "reorganization_energy"

    def prefactor(self, c: Coefficients, T: Any) -> Any:
        return np.exp(0.5 * 0.5 * reduced(self.reorganization_energy(c), T))

    def relative_current(self, c: Coefficients, overpotential: Any, T: Any) -> Any:
        volts, energy = reduced(overpotential, T), reduced(self.reorganization_energy(c), T)
        both = np.exp(0.5 * volts) - np.exp(-0.5 * volts)
        return both * np.exp(-((0.5 * volts) ** 2) / energy)
