r"""Abstract base of the laws of charge transfer: rate constant, exchange current, and its form in the place of PyBaMM's.

Signs: the overpotential :math:`\eta` is positive for oxidation (ions leave the host), and so is the current. :math:`\alpha` is
the cathodic transfer coefficient, that of the barrier of reduction, :math:`\Delta G^\ddagger_\mathrm{red}(\eta) =
\Delta G^\ddagger_0 + \alpha F\eta`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from a2c_pybamm.constants import BOLTZMANN, ELEMENTARY_CHARGE, FARADAY, STANDARD_TEMPERATURE
from a2c_pybamm.laws.law import Coefficients, coefficient, log_coefficient
from a2c_pybamm.laws.thermodynamics.free_energy import FreeEnergy
from a2c_pybamm.schema import Temperature, conform_fields

VOLTS_PER_KELVIN = BOLTZMANN / ELEMENTARY_CHARGE
"""Boltzmann constant over the elementary charge [V.K-1]."""


@dataclass(frozen=True)
class ChargeTransfer(ABC):
    r"""A law of the current between a host and the electrolyte.

    .. math::
        i = i_0\,h(\eta), \qquad
        i_0 = F k_0(T) \left(\frac{c_e}{c^\circ}\right)^{1-\alpha} (1-\theta)^{1-\alpha}\,\theta^{\alpha}, \qquad
        k_0(T) = k_0(T_\mathrm{ref})\,\frac{T}{T_\mathrm{ref}}
        \exp\left[\frac{\Delta H^\ddagger}{k_B}\left(\frac1{T_\mathrm{ref}}-\frac1T\right)\right]

    with the filled share :math:`\theta = c_s/c_\mathrm{max}` of the surface sites and a form :math:`h` of slope :math:`F/RT` at
    :math:`\eta = 0`, so that :math:`i_0` is the exchange current in every form. The barrier is that of one event, at the
    potential where its two directions are equally fast: at the salt concentration :math:`c^\circ`, from a filled to an empty
    site. It is taken to follow the energy of that event over the composition, whatever the host's voltage curve.

    With a free energy in the slot the transition state is taken not to follow it: only the site must be empty (Bazant, 2013),

    .. math:: (1-\theta)^{1-\alpha}\,\theta^{\alpha} \;\to\; (1-\theta)
        \left[\frac{a(\theta)}{a(x^\circ)}\,\frac{x^\circ}{1-x^\circ}\right]^{\alpha}

    with the host's own activity :math:`a`, and the composition :math:`x^\circ` at which the barrier was computed, where both
    choices agree. For an ideal lattice gas they are the same.

    ==============================  ===================================================  ======
    symbol                          coefficient                                          unit
    ==============================  ===================================================  ======
    :math:`\ln k_0(T_\mathrm{ref})` ``<m> charge transfer ln(k0 [mol.m-2.s-1])``         1
    :math:`\Delta H^\ddagger`       ``<m> charge transfer activation enthalpy [eV]``     eV
    ==============================  ===================================================  ======

    References
    ----------
    Bazant, Acc. Chem. Res. 46, 1144 (2013), eqs. 18-24: activities in the exchange current.
    """

    kind: ClassVar[str]
    intercalation_kinetics: ClassVar[str]
    """PyBaMM's option that selects the form h."""
    coefficient_method: ClassVar[str]
    """Method that gives the number which PyBaMM reads beside the exchange-current density."""
    material: str
    free_energy: FreeEnergy | None = None
    """Host whose activity enters; the filled share of sites if not given."""
    composition: float = 0.5
    """Occupied fraction at which the barrier was computed; it matters with a free energy alone."""
    standard_concentration: float = 1000.0
    """Salt concentration at which the rate constant holds [mol.m-3]."""
    reference_temperature: Temperature = STANDARD_TEMPERATURE
    """Temperature at which the rate constant holds [K]."""

    def __post_init__(self) -> None:
        conform_fields(self, name=self.kind)
        if not 0 < self.composition < 1:
            raise ValueError(f"{self.material}: composition {self.composition:g} must lie inside (0, 1)")
        if not self.standard_concentration > 0:
            raise ValueError(f"{self.material}: standard_concentration {self.standard_concentration:g} must be positive")

    @property
    @abstractmethod
    def form_names(self) -> tuple[str, ...]:
        """Names of the coefficients of the form h."""

    @abstractmethod
    def cathodic_transfer_coefficient(self, c: Coefficients) -> Any:
        r""":math:`\alpha = (1/F)\,\partial\Delta G^\ddagger_\mathrm{red}/\partial\eta` at :math:`\eta = 0` [1]."""

    @abstractmethod
    def prefactor(self, c: Coefficients, T: Any) -> Any:
        """PyBaMM's exchange-current density over the exchange current [1]: inverse slope of PyBaMM's form, times RT/F."""

    @abstractmethod
    def relative_current(self, c: Coefficients, overpotential: Any, T: Any) -> Any:
        r""":math:`h(\eta) = i/i_0` [1] in the form that PyBaMM solves."""

    @property
    @final
    def stem(self) -> str:
        """Beginning of the names of the coefficients."""
        return f"{self.material} charge transfer"

    @property
    @final
    def rate_name(self) -> str:
        """Name of the logarithm of the rate constant at the reference temperature."""
        return log_coefficient(self.stem, "k0", "mol.m-2.s-1")

    @property
    @final
    def enthalpy_name(self) -> str:
        """Name of the activation enthalpy."""
        return coefficient(self.stem, "activation enthalpy", "eV")

    @property
    @final
    def own_names(self) -> tuple[str, ...]:
        """Names of the coefficients without those of the law in the slot."""
        return (self.rate_name, self.enthalpy_name, *self.form_names)

    @property
    @final
    def names(self) -> tuple[str, ...]:
        """Names of the coefficients, those of the law in the slot included."""
        return (*self.own_names, *(self.free_energy.names if self.free_energy else ()))

    @final
    def rate_constant(self, c: Coefficients, T: Any) -> Any:
        r""":math:`k_0(T)` [mol.m-2.s-1]."""
        inverse = (1 / self.reference_temperature - 1 / T) / VOLTS_PER_KELVIN
        return T / self.reference_temperature * np.exp(c[self.rate_name] + c[self.enthalpy_name] * inverse)

    @final
    def exchange_current(self, c: Coefficients, c_e: Any, c_s: Any, c_max: Any, T: Any) -> Any:
        r""":math:`i_0` [A.m-2]: slope of the current at equilibrium times RT/F, equal to the rate in each direction there."""
        cathodic = self.cathodic_transfer_coefficient(c)
        anodic = 1 - cathodic
        # PyBaMM makes the derivatives of powers of just these bases finite at an empty or full host
        rate = FARADAY * self.rate_constant(c, T) * c_e**anodic / self.standard_concentration**anodic
        if self.free_energy is None:
            return rate * (c_max - c_s) ** anodic * c_s**cathodic / c_max
        log_activity = self.free_energy.log_activity(c, c_s / c_max, T, self.composition)
        at_reference = math.log(self.composition / (1 - self.composition))
        return rate * (c_max - c_s) / c_max * np.exp(cathodic * (log_activity + at_reference))

    @final
    def exchange_current_density(self, c: Coefficients, c_e: Any, c_s: Any, c_max: Any, T: Any) -> Any:
        """PyBaMM's parameter of that name [A.m-2]: the exchange current, times what its form of kinetics leaves out."""
        return self.prefactor(c, T) * self.exchange_current(c, c_e, c_s, c_max, T)


def reduced(energy: Any, T: Any) -> Any:
    """An energy [eV] or a voltage [V] in units of thermal energy [1]."""
    return energy / (VOLTS_PER_KELVIN * T)
