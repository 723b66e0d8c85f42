"""Diffusivity in a particle whose own stress drives ions as well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from a2c_pybamm.constants import GAS_CONSTANT
from a2c_pybamm.laws.diffusion.mobility import Mobility
from a2c_pybamm.laws.law import Coefficients, coefficient
from a2c_pybamm.laws.mechanics.crystal_volume import CrystalVolume
from a2c_pybamm.laws.mechanics.isotropic_elasticity import IsotropicElasticity
from a2c_pybamm.laws.thermodynamics.free_energy import FreeEnergy
from a2c_pybamm.schema import conform_fields


@dataclass(frozen=True)
class StressAssistedDiffusion:
    r"""Chemical diffusivity of a mobility, and the term by which the particle's hydrostatic stress adds to it.

    .. math::
        J = -\frac{D_J c}{RT}\nabla(\mu - \Omega\sigma_h), \qquad
        \sigma_h = \frac{2\Omega E}{9(1-\nu)}(c_\mathrm{av} - c), \qquad
        D_\mathrm{eff} = D_J\,(\Theta + \theta_M c), \qquad \theta_M = \frac{2\Omega^2E}{9(1-\nu)RT}

    :math:`c = x/V_\mathrm{ref}` is the concentration of ions in the crystal, all that fill sites, and :math:`\Omega`, E and
    :math:`\nu` are those that make the stress. (A factor :math:`1 + \theta_M(c - c_0)` on
    :math:`D_\mathrm{chem} = D_J\Theta`, PyBaMM's own, is :math:`\Theta` times too large in a host that is no ideal solution.)

    Where :math:`\Omega` varies, :math:`\nabla(\Omega\sigma_h)` has a second part, :math:`\sigma_h\nabla\Omega`, which depends
    on the particle's mean composition and is no diffusivity of x alone. It is a source of error: with
    :math:`\delta = x_\mathrm{av} - x`

    .. math:: \theta_M c \;\to\; \frac{2\Omega E}{9(1-\nu)RT}\left(\Omega - \Omega'\delta\right) c

    and :math:`\delta` a coefficient with mean 0 and the standard deviation of compositions in a particle. In the gap of a
    `TwoPhase` law the term is added to the declared diffusivity.

    =================  =================================================  ======
    symbol             coefficient                                        unit
    =================  =================================================  ======
    :math:`\delta`     ``<m> composition difference in particles [1]``    1
    =================  =================================================  ======

    References
    ----------
    Zhang, Shyy and Sastry, J. Electrochem. Soc. 154, A910 (2007), eqs. 6-14, for an ideal solution.
    """

    mobility: Mobility
    elasticity: IsotropicElasticity
    volume: CrystalVolume
    kind: ClassVar[str] = "stress-assisted-diffusion"
    sphere: ClassVar[float] = 2 / 9
    """Factor 2/9 of the hydrostatic stress (σ_r + 2σ_t)/3 in an isotropic sphere."""

    def __post_init__(self) -> None:
        conform_fields(self, name=self.kind)

    @property
    def material(self) -> str:
        """First word of the coefficients."""
        return self.volume.material

    @property
    def free_energy(self) -> FreeEnergy:
        """Free energy in the slot of the mobility."""
        return self.mobility.free_energy

    @property
    def difference_name(self) -> str:
        """Name of the difference between the particle's mean composition and that at a point."""
        return coefficient(self.material, "composition difference in particles", "1")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the coefficients, those of the laws in the slots included."""
        every = (*self.mobility.names, *self.elasticity.names, *self.volume.names, self.difference_name)
        return tuple(dict.fromkeys(every))

    def jump_diffusivity(self, c: Coefficients, x: Any, T: Any) -> Any:
        """:math:`D_J` [m2.s-1] of the mobility."""
        return self.mobility.jump_diffusivity(c, x, T)

    def stress_term(self, c: Coefficients, x: Any, T: Any) -> Any:
        r""":math:`\theta_M c` [1], what stress adds to the thermodynamic factor."""
        volume = self.volume.partial_molar_volume(c, x, T)
        slope = self.volume.partial_molar_volume_slope(c, x, T)
        stiffness = self.sphere * self.elasticity.youngs_modulus(c, x, T) / (1 - self.elasticity.poissons_ratio(c))
        concentration = x / c[self.volume.volume_name]
        driven = volume * (volume - slope * c[self.difference_name])
        return stiffness * driven * concentration / (GAS_CONSTANT * T)

    def chemical_diffusivity(self, c: Coefficients, x: Any, T: Any) -> Any:
        r""":math:`D_\mathrm{eff}` [m2.s-1]."""
        stressed = self.mobility.jump_diffusivity(c, x, T) * self.stress_term(c, x, T)
        return self.mobility.chemical_diffusivity(c, x, T) + stressed
