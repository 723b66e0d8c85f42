"""Effective conductivity and diffusivity of one phase of a porous layer, over those of the phase itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np

from a2c_pybamm.laws.law import Coefficients, log_coefficient
from a2c_pybamm.schema import Above, conform_fields


@dataclass(frozen=True)
class TransportEfficiency:
    r"""Transport efficiency of one phase of a porous layer, as the exponent that PyBaMM has in its place.

    .. math:: \mathcal{B} = \sigma_\mathrm{eff}/\sigma = \phi^b = \phi/\tau, \qquad b = \ln\mathcal{B}/\ln\phi

    PyBaMM multiplies an electrolyte's conductivity and diffusivity by :math:`\epsilon^b` with the layer's porosity
    :math:`\epsilon`, and the electronic conductivity of an electrode's solids by :math:`(1 - \epsilon)^b`. The exponent is
    emitted, so that this is :math:`\mathcal{B}` in every sample.

    ===========================  =============================================  ======
    symbol                       coefficient                                    unit
    ===========================  =============================================  ======
    :math:`\ln\mathcal{B}`       ``<m> ln(transport efficiency [1])``           1
    ===========================  =============================================  ======

    ``<m>`` names layer and phase: ``"LCO pores"``, ``"LCO solids"``, ``"separator"``. The tortuosity factor :math:`\tau`, the
    exponent b and MacMullin's number :math:`1/\mathcal{B}` with normal errors of :math:`\ln\tau`, b and
    :math:`\ln N_\mathrm{M}` are one normal error of this coefficient.

    References
    ----------
    Bruggeman, Ann. Phys. 416, 636 (1935); Tjaden, Cooper, Brett, Kramer and Shearing, Curr. Opin. Chem. Eng. 12, 44 (2016).
    """

    material: str
    volume_fraction: Annotated[float, Above(0, "")]
    """:math:`\\phi` of the phase in the layer, below 1: porosity for an electrolyte, 1 less that for an electrode's solids."""
    kind: ClassVar[str] = "transport-efficiency"

    def __post_init__(self) -> None:
        conform_fields(self, name=self.kind)
        if not self.volume_fraction < 1:
            raise ValueError(f"{self.material}: volume_fraction {self.volume_fraction:g}; a phase of a mixture has less than 1")

    @property
    def names(self) -> tuple[str, ...]:
        return (log_coefficient(self.material, "transport efficiency", "1"),)

    def transport_efficiency(self, c: Coefficients) -> Any:
        r""":math:`\mathcal{B}` [1], by which the phase's conductivity and diffusivity are multiplied."""
        return np.exp(c[self.names[0]])

    def bruggeman_coefficient(self, c: Coefficients) -> Any:
        """Exponent b [1]."""
        return c[self.names[0]] / np.log(self.volume_fraction)

    def tortuosity_factor(self, c: Coefficients) -> Any:
        r""":math:`\tau` [1]."""
        return self.volume_fraction * np.exp(-c[self.names[0]])
