"""Names that every law of a mobility has, and the chemical diffusivity that it makes with a free energy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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


def geometry_name(material: str) -> str:
    """Name of the factor that turns an anisotropic crystal's fast directions into PyBaMM's one number, a logarithm."""
    return f"{material} ln(particle geometry)"


def gap_name(material: str) -> str:
    """Name of the declared factor on the diffusivity in gaps, a logarithm."""
    return f"{material} ln(diffusivity in gaps)"


def particle_names(material: str, free_energy: FreeEnergy) -> tuple[str, ...]:
    """Coefficients that follow those of the motion itself: geometry, diffusivity in gaps, those of the free energy."""
    gap = (gap_name(material),) if isinstance(free_energy, TwoPhase) else ()
    return (geometry_name(material), *gap, *free_energy.names)


def chemical_diffusivity(
    jump_diffusivity: Callable[[Coefficients, Any, Any], Any],
    free_energy: FreeEnergy,
    c: Coefficients,
    x: Any,
    T: Any,
    *,
    material: str,
) -> Any:
    r""":math:`D_\mathrm{chem} = D_J\,\Theta` [m2.s-1] with the free energy's own factor; in gaps the declared value.

    In the gap of a `TwoPhase` law :math:`\Theta` is zero, and lithium goes through a particle behind a moving boundary, which
    no diffusivity describes: the logarithm of :math:`D_\mathrm{chem}` runs straight from one coexisting composition to the
    other, plus the coefficient ``<m> ln(diffusivity in gaps)``.
    """
    if not isinstance(free_energy, TwoPhase):
        return jump_diffusivity(c, x, T) * free_energy.thermodynamic_factor(c, x, T)
    single_phase = free_energy.free_energy

    def outside(c: Coefficients, x: Any) -> Any:
        return jump_diffusivity(c, x, T) * single_phase.thermodynamic_factor(c, x, T)

    return free_energy.across_gaps(c, x, outside, np.exp(c[gap_name(material)]))
