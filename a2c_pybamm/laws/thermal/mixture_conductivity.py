"""Thermal conductivity of an electrode with its electrolyte, from those of its phases, between bounds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any, ClassVar, Literal

import numpy as np

from a2c_pybamm.laws.conduction.mixture_bounds import embedded_mean
from a2c_pybamm.laws.law import Coefficients
from a2c_pybamm.laws.thermal.phase_names import thermal_conductivity_name
from a2c_pybamm.laws.thermal.phases import Phases, active_fraction
from a2c_pybamm.schema import conform_fields


@dataclass(frozen=True)
class MixtureThermalConductivity:
    r"""Thermal conductivity of an isotropic mixture of phases, as PyBaMM takes it.

    PyBaMM multiplies it by no power of a volume fraction, other than the electronic conductivity: it is that of solids and
    pores together. With the bounds :math:`\lambda_\mp` of Hashin and Shtrikman

    ===============  ==================================================================================================
    ``mixing``       :math:`\lambda`
    ===============  ==================================================================================================
    ``bounds``       :math:`\sqrt{\lambda_-\lambda_+}\,(\lambda_+/\lambda_-)^{h/2}`: the middle of the logarithms at h = 0
    ``lower``        :math:`\lambda_-e^h`, the worst conductor around the others: grains that hardly touch
    ``upper``        :math:`\lambda_+e^h`, the best conductor around the others
    ===============  ==================================================================================================

    Phases and mixture have one conductivity at all temperatures, and in all directions.

    =========================  =======================================  ======
    symbol                     coefficient                              unit
    =========================  =======================================  ======
    :math:`\ln\lambda_k`       ``<phase> ln(lambda [W.m-1.K-1])``       1
    h                          ``<m> thermal mixing [1]``               1
    =========================  =======================================  ======

    References
    ----------
    Hashin and Shtrikman, J. Appl. Phys. 33, 3125 (1962), eqs. 3.18-3.22.
    """

    material: str
    """The active material."""
    phases: Phases
    """All others, each with its share of the electrode's volume; the active material has the rest."""
    mixing: Literal["bounds", "lower", "upper"]
    kind: ClassVar[str] = "mixture-thermal-conductivity"

    def __post_init__(self) -> None:
        conform_fields(self, name=self.kind)
        active_fraction(self.material, self.phases)

    @property
    def mixing_name(self) -> str:
        """Name of the place h between the bounds, or of the error of one of them."""
        return f"{self.material} thermal mixing [1]"

    @property
    def phase_names(self) -> tuple[str, ...]:
        """Names of the conductivities, the active material's first."""
        return tuple(map(thermal_conductivity_name, (self.material, *(phase for phase, _ in self.phases))))

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.phase_names, self.mixing_name)

    def electrode_thermal_conductivity(self, c: Coefficients, T: Any) -> Any:
        r""":math:`\lambda` [W.m-1.K-1], the same at every temperature."""
        values = [np.exp(c[name]) for name in self.phase_names]
        shares = [active_fraction(self.material, self.phases), *(share for _, share in self.phases)]
        lower, upper = (embedded_mean(values, shares, reduce(pick, values)) for pick in (np.minimum, np.maximum))
        place = c[self.mixing_name]
        if self.mixing == "bounds":
            return np.sqrt(lower * upper) * (upper / lower) ** (0.5 * place) + 0 * T
        return (lower if self.mixing == "lower" else upper) * np.exp(place) + 0 * T
