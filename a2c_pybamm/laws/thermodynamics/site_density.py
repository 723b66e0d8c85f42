"""Concentration of sites from the crystal's volume."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from a2c_pybamm.laws.law import Coefficients, log_coefficient
from a2c_pybamm.schema import conform_fields


@dataclass(frozen=True)
class SiteDensity:
    r"""Maximum concentration :math:`c_\mathrm{max} = 1/V_m`, with :math:`V_m` the volume per mole of sites.

    With it PyBaMM's stoichiometry is the occupied fraction of sites.
    """

    material: str
    kind: ClassVar[str] = "site-density"

    def __post_init__(self) -> None:
        conform_fields(self, name=self.kind)

    @property
    def volume_name(self) -> str:
        return log_coefficient(self.material, "V_site", "m3.mol-1")

    @property
    def names(self) -> tuple[str, ...]:
        return (self.volume_name,)

    def maximum_concentration(self, c: Coefficients) -> Any:
        """Moles of sites per volume of crystal [mol.m-3]."""
        return np.exp(-1 * c[self.volume_name])
