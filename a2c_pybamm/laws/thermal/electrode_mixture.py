"""Density and heat capacity of an electrode with its electrolyte, from those of its phases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from a2c_pybamm.constants import STANDARD_TEMPERATURE
from a2c_pybamm.laws.law import Coefficients
from a2c_pybamm.laws.thermal.phase_names import density_name, expansion_name, heat_capacity_name, heat_capacity_slope_name
from a2c_pybamm.laws.thermal.phases import Phases, active_fraction
from a2c_pybamm.schema import Temperature, conform_fields


@dataclass(frozen=True)
class ElectrodeMixture:
    r"""Mass and heat capacity of all phases over the electrode's volume.

    .. math:: \rho = \sum_k \phi_k\rho_k, \qquad \rho c_p = \sum_k \phi_k\rho_k c_{p,k}

    PyBaMM has one density and one heat capacity for an electrode, and multiplies them by its thickness alone: pores and what
    fills them are in there. So the electrolyte is a phase as the active material, binder and carbon are. Both sums are exact
    whatever the arrangement of the phases is. Of the active material, with :math:`\tau = T - T_r`,

    .. math:: \rho_1 = \rho_{1,r}\,e^{-\alpha_V\tau}, \qquad c_{p,1} = c_{p,r}\,e^{s\tau}

    and the other phases are taken as constant.

    ==========================  ===============================================  ======
    symbol                      coefficient                                      unit
    ==========================  ===============================================  ======
    :math:`\ln\rho_{1,r}`       ``<m> ln(rho [kg.m-3])``                         1
    :math:`\alpha_V`            ``<m> alpha_V [K-1]``                            K-1
    :math:`\ln c_{p,r}`         ``<m> ln(c_p [J.kg-1.K-1])``                     1
    s                           ``<m> dln(c_p)/dT [K-1]``                        K-1
    :math:`\ln\rho_k`           ``<phase> ln(rho [kg.m-3])``                     1
    :math:`\ln c_{p,k}`         ``<phase> ln(c_p [J.kg-1.K-1])``                 1
    ==========================  ===============================================  ======

    A phase that two electrodes have, the electrolyte, has one name and so one set of coefficients.
    """

    material: str
    """The active material."""
    phases: Phases
    """All others, each with its share of the electrode's volume; the active material has the rest."""
    reference_temperature: Temperature = STANDARD_TEMPERATURE
    """:math:`T_r` [K]."""
    kind: ClassVar[str] = "electrode-mixture"

    def __post_init__(self) -> None:
        conform_fields(self, name=self.kind)
        active_fraction(self.material, self.phases)

    @property
    def active_names(self) -> tuple[str, ...]:
        """Names of the active material's coefficients."""
        return tuple(
            name(self.material) for name in (density_name, expansion_name, heat_capacity_name, heat_capacity_slope_name)
        )

    @property
    def names(self) -> tuple[str, ...]:
        others = ((density_name(phase), heat_capacity_name(phase)) for phase, _ in self.phases)
        return (*self.active_names, *(name for pair in others for name in pair))

    def _by_phase(self, c: Coefficients, T: Any) -> list[tuple[Any, Any]]:
        """Mass over the electrode's volume [kg.m-3] and specific heat capacity [J.kg-1.K-1] of each phase."""
        density, expansion, capacity, slope = (c[name] for name in self.active_names)
        change = T - self.reference_temperature
        share = active_fraction(self.material, self.phases)
        active = (share * np.exp(density - expansion * change), np.exp(capacity + slope * change))
        others = [(s * np.exp(c[density_name(p)]), np.exp(c[heat_capacity_name(p)])) for p, s in self.phases]
        return [active, *others]

    def electrode_density(self, c: Coefficients, T: Any) -> Any:
        r""":math:`\rho` [kg.m-3], electrolyte included."""
        return sum(mass for mass, _ in self._by_phase(c, T))

    def electrode_heat_capacity(self, c: Coefficients, T: Any) -> Any:
        r""":math:`c_p` [J.kg-1.K-1], electrolyte included."""
        phases = self._by_phase(c, T)
        return sum(mass * capacity for mass, capacity in phases) / sum(mass for mass, _ in phases)
