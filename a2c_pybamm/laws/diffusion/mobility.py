"""Names that every law of a mobility has, and the chemical diffusivity that it makes with a free energy."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, final

import numpy as np

from a2c_pybamm.laws.law import Coefficients, coefficient, log_coefficient
from a2c_pybamm.laws.thermodynamics.free_energy import FreeEnergy
from a2c_pybamm.laws.thermodynamics.two_phase import TwoPhase


def prefactor_name(material: str, hop: str) -> str:
    """Name of a hop's logarithmic prefactor: ``"LCO ODH ln(D0 [m2.s-1])"``."""
    return log_coefficient(f"{material} {hop}".rstrip(), "D0", "m2.s-1")


def barrier_name(material: str, hop: str) -> str:
    """Name of a hop's activation energy: ``"LCO ODH E_a [eV]"``."""
    return coefficient(f"{material} {hop}".rstrip(), "E_a", "eV")


class Mobility(ABC):
    """A law of mobility that holds a free energy, with the chemical diffusivity that both make."""

    material: str
    free_energy: FreeEnergy

    @property
    @abstractmethod
    def mobility_names(self) -> tuple[str, ...]:
        """Names of the coefficients of the motion itself."""

    @abstractmethod
    def jump_diffusivity(self, c: Coefficients, x: Any, T: Any) -> Any:
        r""":math:`D_J` [m2.s-1]."""

    @property
    @final
    def geometry_name(self) -> str:
        """Name of the factor that turns an anisotropic crystal's fast directions into PyBaMM's one number, a logarithm."""
        return f"{self.material} ln(particle geometry)"

    @property
    @final
    def gap_name(self) -> str:
        """Name of the declared factor on the diffusivity in gaps, a logarithm."""
        return f"{self.material} ln(diffusivity in gaps)"

    @property
    @final
    def names(self) -> tuple[str, ...]:
        """Names of the coefficients: of the motion, of geometry and gaps, of the free energy."""
        gap = (self.gap_name,) if isinstance(self.free_energy, TwoPhase) else ()
        return (*self.mobility_names, self.geometry_name, *gap, *self.free_energy.names)

    @final
    def chemical_diffusivity(self, c: Coefficients, x: Any, T: Any) -> Any:
        r""":math:`D_\mathrm{chem} = D_J\,\Theta` [m2.s-1] with the free energy's own factor; in gaps the declared value.

        In the gap of a `TwoPhase` law :math:`\Theta` is zero, and ions go through a particle behind a moving boundary,
        which no diffusivity describes: the logarithm of :math:`D_\mathrm{chem}` runs straight from one coexisting composition
        to the other, plus the coefficient ``<m> ln(diffusivity in gaps)``.
        """
        if not isinstance(self.free_energy, TwoPhase):
            return self.jump_diffusivity(c, x, T) * self.free_energy.thermodynamic_factor(c, x, T)
        single_phase = self.free_energy.free_energy

        def outside(c: Coefficients, x: Any) -> Any:
            return self.jump_diffusivity(c, x, T) * single_phase.thermodynamic_factor(c, x, T)

        return self.free_energy.across_gaps(c, x, outside, np.exp(c[self.gap_name]))
