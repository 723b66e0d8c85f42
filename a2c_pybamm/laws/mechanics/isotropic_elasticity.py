"""Young's modulus and Poisson's ratio of a polycrystal, at one composition or between several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np

from a2c_pybamm.laws.law import TERM_LIMIT, Coefficients, coefficient, log_coefficient
from a2c_pybamm.schema import conform_fields


def young_names(material: str) -> tuple[str, str]:
    """Names of a polycrystal's coefficients: ``"LiCoO2 ln(E [Pa])"``, ``"LiCoO2 nu [1]"``."""
    return log_coefficient(material, "E", "Pa"), coefficient(material, "nu", "1")


@dataclass(frozen=True)
class IsotropicElasticity:
    r"""Moduli of an isotropic body whose crystals were computed at some compositions.

    :math:`\ln E` runs straight from one composition to the next and is constant beyond the first and the last; with no
    composition named it is the same everywhere. PyBaMM's Poisson's ratio is one number: the mean of all. Moduli are those of
    the temperature at which they were computed.

    ==================  ==============================================================  ======
    symbol              coefficient                                                     unit
    ==================  ==============================================================  ======
    :math:`\ln E`       ``<m> ln(E [Pa])``, or ``<m> x = <x> ln(E [Pa])`` of each       1
    :math:`\nu`         ``<m> nu [1]``, or ``<m> x = <x> nu [1]`` of each               1
    ==================  ==============================================================  ======
    """

    material: str
    compositions: Annotated[tuple[float, ...], TERM_LIMIT] = ()
    """Compositions of the crystals, rising; empty where one stands for all."""
    kind: ClassVar[str] = "isotropic-elasticity"

    def __post_init__(self) -> None:
        conform_fields(self, name=self.kind)
        ends = (0.0, *self.compositions, 1.0)
        rising = all(low < high for low, high in zip(self.compositions, self.compositions[1:], strict=False))
        if min(ends) < 0 or max(ends) > 1 or not rising:
            raise ValueError(f"{self.material}: compositions {self.compositions} must rise within [0, 1]")

    @property
    def stems(self) -> tuple[str, ...]:
        """Beginning of the names of each composition's coefficients, the material that `polycrystal_moduli` is given."""
        return tuple(f"{self.material} x = {x:g}" for x in self.compositions) or (self.material,)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for stem in self.stems for name in young_names(stem))

    def youngs_modulus(self, c: Coefficients, x: Any, T: Any) -> Any:
        """E [Pa], the same at every temperature."""
        logarithms = [c[young_names(stem)[0]] for stem in self.stems]
        total = logarithms[0]
        steps = zip(self.compositions, self.compositions[1:], logarithms, logarithms[1:], strict=False)
        for low, high, below, above in steps:
            share = (np.minimum(np.maximum(x, low), high) - low) / (high - low)
            total = total + (above - below) * share
        return np.exp(total)

    def poissons_ratio(self, c: Coefficients) -> Any:
        r""":math:`\nu` [1]."""
        return sum(c[young_names(stem)[1]] for stem in self.stems) / len(self.stems)
