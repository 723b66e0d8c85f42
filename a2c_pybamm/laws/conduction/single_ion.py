"""Conductivity of a solid electrolyte in which one ion moves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from a2c_pybamm.constants import BOLTZMANN, ELEMENTARY_CHARGE
from a2c_pybamm.laws.law import Coefficients, coefficient, log_coefficient
from a2c_pybamm.schema import conform_fields


@dataclass(frozen=True)
class SingleIonConductor:
    r"""Arrhenius' law of a single-ion conductor.

    .. math:: \sigma(T) = \frac{A}{T}\,e^{-E_a/k_BT}, \qquad t_+ = 1

    The framework carries the counter-charge: the concentration stays what it is, at every current. PyBaMM's electrolyte
    diffusivity and thermodynamic factor, which multiply its gradient, then have no effect, and the law has neither: the ion's
    own diffusivity is another quantity. The base set's stay, whatever they are.

    ================  ===============================  ======
    symbol            coefficient                      unit
    ================  ===============================  ======
    :math:`\ln A`     ``<m> ln(sigma T0 [S.K.m-1])``   1
    :math:`E_a`       ``<m> E_a,sigma [eV]``           eV
    ================  ===============================  ======
    """

    material: str
    kind: ClassVar[str] = "single-ion-conductor"

    def __post_init__(self) -> None:
        conform_fields(self, name=self.kind)

    @property
    def prefactor_name(self) -> str:
        """Name of the logarithm of A."""
        return log_coefficient(self.material, "sigma T0", "S.K.m-1")

    @property
    def barrier_name(self) -> str:
        """Name of the activation energy of σT."""
        return coefficient(self.material, "E_a,sigma", "eV")

    @property
    def names(self) -> tuple[str, ...]:
        return (self.prefactor_name, self.barrier_name)

    def electrolyte_conductivity(self, c: Coefficients, c_e: Any, T: Any) -> Any:
        r""":math:`\sigma` [S.m-1], the same at every concentration."""
        exponent = c[self.prefactor_name] - c[self.barrier_name] * ELEMENTARY_CHARGE / (BOLTZMANN * T)
        return np.exp(exponent) / T + 0 * c_e

    def cation_transference_number(self, c: Coefficients, c_e: Any, T: Any) -> Any:
        r""":math:`t_+ = 1`."""
        return 1 + 0 * c_e
