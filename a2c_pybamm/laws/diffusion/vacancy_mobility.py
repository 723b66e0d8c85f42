"""Mobility of ions that hop into vacancies, and the chemical diffusivity it makes with a free energy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np

from a2c_pybamm.constants import BOLTZMANN, ELEMENTARY_CHARGE
from a2c_pybamm.laws.diffusion.mobility import Mobility, barrier_name, prefactor_name
from a2c_pybamm.laws.law import TERM_LIMIT, Coefficients, Count
from a2c_pybamm.laws.thermodynamics.free_energy import FreeEnergy
from a2c_pybamm.schema import conform_fields


@dataclass(frozen=True)
class VacancyMobility(Mobility):
    r"""Jump diffusivity of parallel vacancy-mediated hops, and its product with the thermodynamic factor.

    .. math::
        D_J(x,T) = G \sum_h (1-x)^{n_h}\, D_{0,h}\, e^{-E_h/k_BT}, \qquad D_\mathrm{chem} = D_J\,\Theta

    :math:`n_h` is the number of vacancies the hop needs: 1 for a single vacancy, 2 for a divacancy. No correlation factor
    enters: from hops one gets the jump (collective) diffusivity, not the tracer's. :math:`G` turns the fast directions of
    an anisotropic crystal into PyBaMM's one number for a sphere. The thermodynamic factor comes from the free-energy law in
    the slot ``free_energy``, the same that gives the voltage.

    In the gap of a `TwoPhase` law the factor is zero, and ions go through a particle behind a moving boundary, which no
    diffusivity describes. The value there is declared: the logarithm of :math:`D_\mathrm{chem}` runs straight from one
    coexisting composition to the other, plus a coefficient :math:`h` that carries its uncertainty.

    ===========================  ======================================  ======
    symbol                       coefficient                             unit
    ===========================  ======================================  ======
    :math:`\ln D_{0,h}`          ``<m> <h> ln(D0 [m2.s-1])``             1
    :math:`E_h`                  ``<m> <h> E_a [eV]``                    eV
    :math:`\ln G`                ``<m> ln(particle geometry)``           1
    :math:`h`                    ``<m> ln(diffusivity in gaps)``         1
    ===========================  ======================================  ======

    References
    ----------
    Van der Ven, Ceder, Asta and Tepesch, Phys. Rev. B 64, 184307 (2001), eqs. 3-9: jump diffusivity and thermodynamic factor.
    """

    material: str
    hops: Annotated[tuple[tuple[str, Count], ...], TERM_LIMIT]
    """Name of each hop and the number of vacancies it needs."""
    free_energy: FreeEnergy
    kind: ClassVar[str] = "vacancy-mobility"

    def __post_init__(self) -> None:
        conform_fields(self, name=self.kind)
        if not self.hops:
            raise ValueError(f"{self.material}: a mobility needs at least one hop")
        for hop, vacancies in self.hops:
            if vacancies < 0:
                raise ValueError(f"{self.material} {hop}: number of vacancies {vacancies} is negative")

    @property
    def mobility_names(self) -> tuple[str, ...]:
        """Prefactor and barrier of each hop."""
        pairs = ((prefactor_name(self.material, hop), barrier_name(self.material, hop)) for hop, _ in self.hops)
        return tuple(name for pair in pairs for name in pair)

    def jump_diffusivity(self, c: Coefficients, x: Any, T: Any) -> Any:
        r""":math:`D_J` [m2.s-1]."""
        total: Any = 0.0
        for hop, vacancies in self.hops:
            exponent = c[prefactor_name(self.material, hop)] - c[barrier_name(self.material, hop)] * ELEMENTARY_CHARGE / (
                BOLTZMANN * T
            )
            total = total + (1 - x) ** vacancies * np.exp(exponent)
        return np.exp(c[self.geometry_name]) * total
