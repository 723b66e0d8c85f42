"""Mobility from runs at several compositions and temperatures: prefactor and barrier that vary with composition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from a2c_pybamm.constants import BOLTZMANN, ELEMENTARY_CHARGE
from a2c_pybamm.laws.diffusion.mobility import Mobility, barrier_name, prefactor_name
from a2c_pybamm.laws.law import Coefficients, Count, coefficient
from a2c_pybamm.laws.legendre_polynomials import legendre
from a2c_pybamm.laws.thermodynamics.free_energy import FreeEnergy
from a2c_pybamm.schema import conform_fields


@dataclass(frozen=True)
class ArrheniusMobility(Mobility):
    r"""Diffusivity with an Arrhenius law at each composition, and its product with the thermodynamic factor.

    .. math::
        \ln D(x,T) = n\ln(1-x) + \sum_{k=0}^{p} A_k P_k(u) - \frac{1}{k_BT}\sum_{k=0}^{q} E_k P_k(u), \qquad
        u = \frac{2x - a - b}{b - a}

    with Legendre polynomials :math:`P_k` over the window :math:`[a, b]`, so that :math:`E_0` is the mean barrier of the window
    and order 0 is the plain Arrhenius law. :math:`n` is the number of vacancies whose share is taken out of the prefactor: 1
    where ions hop into vacancies at random, 0 where D is taken as it is. D is positive whatever the coefficients, and linear in
    them in its logarithm, whose error is then Gaussian if theirs is.

    D is the jump (collective) diffusivity :math:`D_J` itself, or with ``motion="tracer"`` that of single ions, and then

    .. math:: D_J = G\,D/H_R, \qquad D_\mathrm{chem} = D_J\,\Theta

    with a Haven ratio :math:`H_R` that is a coefficient, measured or declared. :math:`G` turns the fast directions of an
    anisotropic crystal into PyBaMM's one number for a sphere. :math:`\Theta` is the free energy's in the slot, the same
    that gives the voltage; the diffusivity in the gap of a `TwoPhase` law is declared, as in `VacancyMobility`.

    ====================================  ===============================  ======
    symbol                                coefficient                      unit
    ====================================  ===============================  ======
    :math:`A_0`                           ``<m> <l> ln(D0 [m2.s-1])``      1
    :math:`A_k`                           ``<m> <l> ln(D0) P<k>``          1
    :math:`E_0`                           ``<m> <l> E_a [eV]``             eV
    :math:`E_k`                           ``<m> <l> E_a P<k> [eV]``        eV
    :math:`\ln H_R` (tracer)              ``<m> <l> ln(H_R)``              1
    :math:`\ln G`                         ``<m> ln(particle geometry)``    1
    :math:`h` (`TwoPhase`)                ``<m> ln(diffusivity in gaps)``  1
    ====================================  ===============================  ======

    References
    ----------
    Van der Ven, Ceder, Asta and Tepesch, Phys. Rev. B 64, 184307 (2001), eqs. 3-9: jump diffusivity and thermodynamic factor,
    and how far both vary with composition.
    """

    material: str
    motion: Literal["tracer", "collective"]
    """D that the runs measure: of single ions, or of all together."""
    vacancies: Count
    """n, the power of 1 - x that is taken out of the prefactor."""
    free_energy: FreeEnergy
    prefactor_order: Count = 0
    """p."""
    barrier_order: Count = 0
    """q."""
    window: tuple[float, float] = (0.0, 1.0)
    """Compositions [a, b] over which the polynomials are orthogonal; D is given outside, too."""
    label: str = ""
    """Word between material and symbol in the names of the coefficients."""
    kind: ClassVar[str] = "arrhenius-mobility"

    def __post_init__(self) -> None:
        conform_fields(self, name=self.kind)
        for name in ("vacancies", "prefactor_order", "barrier_order"):
            if getattr(self, name) < 0:
                raise ValueError(f"{self.material}: {name} = {getattr(self, name)} is negative; give 0 or more")
        a, b = self.window
        if not 0 <= a < b <= 1:
            raise ValueError(f"{self.material}: window {a:g} … {b:g} must rise within [0, 1]")

    @property
    def stem(self) -> str:
        """Beginning of the names of the motion's coefficients: material and label."""
        return f"{self.material} {self.label}".rstrip()

    @property
    def prefactor_names(self) -> tuple[str, ...]:
        higher = (f"{self.stem} ln(D0) P{k}" for k in range(1, self.prefactor_order + 1))
        return (prefactor_name(self.material, self.label), *higher)

    @property
    def barrier_names(self) -> tuple[str, ...]:
        higher = (coefficient(self.stem, f"E_a P{k}", "eV") for k in range(1, self.barrier_order + 1))
        return (barrier_name(self.material, self.label), *higher)

    @property
    def motion_names(self) -> tuple[str, ...]:
        """Coefficients of the D that runs measure: prefactors by order, then barriers."""
        return (*self.prefactor_names, *self.barrier_names)

    @property
    def mobility_names(self) -> tuple[str, ...]:
        """Those of the measured D, and the Haven ratio's where that is the tracer's."""
        return (*self.motion_names, *((self.haven_name,) if self.motion == "tracer" else ()))

    @property
    def haven_name(self) -> str:
        """Name of the logarithm of the Haven ratio, a coefficient where the motion is the tracer's."""
        return f"{self.stem} ln(H_R)"

    def terms(self, x: Any, order: int) -> list[Any]:
        """Legendre polynomials of the window, from order 0 on, at these compositions."""
        a, b = self.window
        return legendre((2 * x - a - b) / (b - a), order)

    def measured_diffusivity(self, c: Coefficients, x: Any, T: Any) -> Any:
        """D of the runs [m2.s-1]: of single ions with ``motion="tracer"``, of all together with "collective"."""
        terms = self.terms(x, max(self.prefactor_order, self.barrier_order))
        prefactor, barrier = (
            sum(c[name] * term for name, term in zip(names, terms, strict=False))
            for names in (self.prefactor_names, self.barrier_names)
        )
        return (1 - x) ** self.vacancies * np.exp(prefactor - barrier * ELEMENTARY_CHARGE / (BOLTZMANN * T))

    def jump_diffusivity(self, c: Coefficients, x: Any, T: Any) -> Any:
        r""":math:`D_J` [m2.s-1]."""
        haven = c[self.haven_name] if self.motion == "tracer" else 0.0
        return np.exp(c[self.geometry_name] - haven) * self.measured_diffusivity(c, x, T)
