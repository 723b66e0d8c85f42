"""Electronic conductivity of an electrode's solids, active material and carbon, by a declared law of composites."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np

from a2c_pybamm.constants import BOLTZMANN, ELEMENTARY_CHARGE, STANDARD_TEMPERATURE
from a2c_pybamm.laws.conduction.mixture_bounds import embedded_mean
from a2c_pybamm.laws.law import Coefficients, coefficient, log_coefficient
from a2c_pybamm.schema import Above, Temperature, conform_fields


@dataclass(frozen=True)
class CompositeConductivity:
    r"""Electronic conductivity of an electrode's solids as PyBaMM has it, from those of active material and carbon.

    .. math:: \sigma(T) = e^h\,M(\sigma_a(T),\,\sigma_c), \qquad
              \sigma_a = \sigma_{a,0}\,e^{-\frac{E_a}{k_B}\left(\frac1T - \frac1{T_r}\right)}

    PyBaMM multiplies it by :math:`\epsilon_s^b`, the share of solids to the power of Bruggeman's coefficient: pores are in
    there, and not in the mixing M of the solids, of which a volume fraction :math:`\phi` is carbon (with its binder).

    ===============  ==================================================================================================
    ``mixing``       M
    ===============  ==================================================================================================
    ``bruggeman``    :math:`(B + \sqrt{B^2 + 8\sigma_a\sigma_c})/4`, :math:`B = (2 - 3\phi)\sigma_a + (3\phi - 1)\sigma_c`
    ``percolation``  :math:`\sigma_a + \sigma_c((\phi - \phi_c)/(1 - \phi_c))^t`, the second from :math:`\phi_c` on
    ``upper``        Hashin and Shtrikman's upper bound, the better conductor around the other
    ``lower``        their lower bound, the worse conductor around the other
    ===============  ==================================================================================================

    A crystal's conductivity says little of an electrode's: contacts, grains and the carbon's network make orders of magnitude.
    So the law is refused unless ``whole_electrode`` is set, and the error h of the mixing law is a coefficient to be declared.

    =========================  =======================================  ======
    symbol                     coefficient                              unit
    =========================  =======================================  ======
    :math:`\ln\sigma_{a,0}`    ``<m> ln(sigma_active [S.m-1])``         1
    :math:`E_a`                ``<m> E_a,active [eV]``                  eV
    :math:`\ln\sigma_c`        ``<m> ln(sigma_carbon [S.m-1])``         1
    :math:`h`                  ``<m> ln(composite law)``                1
    =========================  =======================================  ======

    References
    ----------
    Bruggeman, Ann. Phys. 416, 636 (1935); Hashin and Shtrikman, J. Appl. Phys. 33, 3125 (1962), eqs. 4.1-4.2; Stauffer and
    Aharony, Introduction to Percolation Theory (1994): t = 2.0 in three dimensions.
    """

    material: str
    mixing: Literal["bruggeman", "percolation", "upper", "lower"]
    carbon_fraction: Annotated[float, Above(0, "")]
    """:math:`\\phi`, volume of carbon and binder over that of all solids, below 1."""
    whole_electrode: bool
    """True states that the number stands for crystal, carbon and their contacts together; nothing else is taken."""
    percolation_threshold: float = 0.0
    """:math:`\\phi_c`, of the law of percolation."""
    percolation_exponent: float = 2.0
    """t."""
    reference_temperature: Temperature = STANDARD_TEMPERATURE
    """:math:`T_r` [K]."""
    dimensions: ClassVar[int] = 3
    kind: ClassVar[str] = "composite-conductivity"

    def __post_init__(self) -> None:
        conform_fields(self, name=self.kind)
        if not self.whole_electrode:
            raise ValueError(
                f"{self.material}: the conductivity of an electrode is that of crystal, carbon and contacts together, not the "
                "crystal's; set whole_electrode = true and declare the error of the mixing law, or keep the base set's"
            )
        if not self.carbon_fraction < 1:
            raise ValueError(f"{self.material}: carbon_fraction {self.carbon_fraction:g}; give a share of the solids, below 1")
        if not 0 <= self.percolation_threshold < 1:
            raise ValueError(f"{self.material}: percolation_threshold {self.percolation_threshold:g}; give one from 0, below 1")

    @property
    def names(self) -> tuple[str, ...]:
        return (
            log_coefficient(self.material, "sigma_active", "S.m-1"),
            coefficient(self.material, "E_a,active", "eV"),
            log_coefficient(self.material, "sigma_carbon", "S.m-1"),
            self.mixing_name,
        )

    @property
    def mixing_name(self) -> str:
        """Name of the error of the mixing law, a logarithm."""
        return f"{self.material} ln(composite law)"

    def electronic_conductivity(self, c: Coefficients, x: Any, T: Any) -> Any:
        r""":math:`\sigma` [S.m-1] of the solids, the same at every stoichiometry."""
        active_name, barrier_name, carbon_name, _ = self.names
        change = ELEMENTARY_CHARGE / BOLTZMANN * (1 / T - 1 / self.reference_temperature)
        active, carbon = np.exp(c[active_name] - c[barrier_name] * change), np.exp(c[carbon_name])
        mixed = MIXING[self.mixing](self, active, carbon)
        return np.exp(c[self.mixing_name]) * mixed + 0 * x

    def _bruggeman(self, active: Any, carbon: Any) -> Any:
        share, weight = self.dimensions * self.carbon_fraction, 2 * (self.dimensions - 1)
        balance = (self.dimensions - 1 - share) * active + (share - 1) * carbon
        return (balance + np.sqrt(balance**2 + 2 * weight * active * carbon)) / weight

    def _percolation(self, active: Any, carbon: Any) -> Any:
        threshold = self.percolation_threshold
        above = max(self.carbon_fraction - threshold, 0.0) / (1 - threshold)
        return active + carbon * above**self.percolation_exponent

    def _bounds(self, active: Any, carbon: Any) -> tuple[Any, Any]:
        """Conductivity of carbon in active material, and of active material in carbon."""
        phases = (active, carbon), (1 - self.carbon_fraction, self.carbon_fraction)
        return tuple(embedded_mean(*phases, matrix, dimensions=self.dimensions) for matrix in (active, carbon))

    def _upper(self, active: Any, carbon: Any) -> Any:
        return np.maximum(*self._bounds(active, carbon))

    def _lower(self, active: Any, carbon: Any) -> Any:
        return np.minimum(*self._bounds(active, carbon))


MIXING: dict[str, Callable[[CompositeConductivity, Any, Any], Any]] = {
    "bruggeman": CompositeConductivity._bruggeman,
    "percolation": CompositeConductivity._percolation,
    "upper": CompositeConductivity._upper,
    "lower": CompositeConductivity._lower,
}
"""Conductivity of the solids from those of active material and carbon, by the name of the mixing law."""
