"""Charge transfer over a barrier that is linear in the overpotential."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from a2c_pybamm.laws.kinetics.charge_transfer import ChargeTransfer, reduced
from a2c_pybamm.laws.law import Coefficients, coefficient


@dataclass(frozen=True)
class ButlerVolmer(ChargeTransfer):
    r"""Current by Butler and Volmer with a transfer coefficient that also makes the exponents of the exchange current.

    .. math:: i = i_0\left[e^{(1-\alpha)F\eta/RT} - e^{-\alpha F\eta/RT}\right]

    with :math:`i_0` of `ChargeTransfer`. PyBaMM's own transfer coefficient multiplies the anodic branch: it is
    :math:`1-\alpha`, and it is read under "X electrode Butler-Volmer transfer coefficient" alone. (Many sets carry
    "X electrode charge transfer coefficient", which no model reads.)

    ==================  =================================  ======
    symbol              coefficient                        unit
    ==================  =================================  ======
    :math:`\alpha`      ``<m> charge transfer alpha [1]``  1
    ==================  =================================  ======
    """

    kind: ClassVar[str] = "butler-volmer"
    intercalation_kinetics: ClassVar[str] = "asymmetric Butler-Volmer"
    coefficient_method: ClassVar[str] = "anodic_transfer_coefficient"

    @property
    def transfer_name(self) -> str:
        """Name of the cathodic transfer coefficient."""
        return coefficient(self.stem, "alpha", "1")

    @property
    def form_names(self) -> tuple[str, ...]:
        return (self.transfer_name,)

    def cathodic_transfer_coefficient(self, c: Coefficients) -> Any:
        return c[self.transfer_name]

    def anodic_transfer_coefficient(self, c: Coefficients) -> Any:
        r""":math:`1-\alpha`, which PyBaMM calls the Butler-Volmer transfer coefficient [1]."""
        return 1 - c[self.transfer_name]

    def prefactor(self, c: Coefficients, T: Any) -> Any:
        return 1.0

    def relative_current(self, c: Coefficients, overpotential: Any, T: Any) -> Any:
        volts, cathodic = reduced(overpotential, T), c[self.transfer_name]
        return np.exp((1 - cathodic) * volts) - np.exp(-cathodic * volts)
