"""Excess voltage in Legendre polynomials, about ideal mixing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from a2c_pybamm.constants import STANDARD_TEMPERATURE
from a2c_pybamm.ions import DEFAULT_ION
from a2c_pybamm.laws.law import Count, coefficient
from a2c_pybamm.laws.legendre_polynomials import legendre, legendre_slopes
from a2c_pybamm.laws.thermodynamics.expansion import PlainExpansion
from a2c_pybamm.laws.thermodynamics.ion import IonSymbol
from a2c_pybamm.schema import Temperature, conform_fields


@dataclass(frozen=True)
class Legendre(PlainExpansion):
    r"""Free energy of an ion on one kind of site, ideal mixing and an excess voltage in Legendre polynomials.

    .. math::
        U = U_0 - \frac1z\left[\frac{RT}{F}\ln\frac{x}{1-x} + \sum_{k=1}^{n} A_k\,P_k(2x-1)\right] + \dots, \qquad
        \varphi_k = \int_0^x P_k(2t-1)\,dt = \frac{P_{k+1}(2x-1) - P_{k-1}(2x-1)}{2(2k+1)}

    with the excess entropies and the vibrational one as in every expansion. It spans what Redlich–Kister polynomials of order
    n - 1 span (:math:`L_0 = -A_1` where the others vanish), in coordinates that are orthogonal over [0, 1]: with that window an
    error :math:`s_k` of a coefficient is one of :math:`s_k/(z\sqrt{2k+1})` of the voltage in the root mean square over x,
    whatever the others are, and voltages spread evenly over x determine the coefficients with nearly independent errors.
    :math:`A_1 > 0` is repulsion, :math:`A_1 < -2RT/F` with nothing else a miscibility gap.

    ====================  =======================================  ============
    symbol                coefficient                              unit
    ====================  =======================================  ============
    mean of U             ``<m> mean voltage <a>–<b> [V]``         V
    :math:`A_k`           ``<m> P<k> [eV]``                        eV per site
    :math:`\Delta s`      ``<m> vibrational ds/dx [J.mol-1.K-1]``  J/mol/K
    :math:`S_{k-1}`       ``<m> S<k-1> [J.mol-1.K-1]``             J/mol/K
    ====================  =======================================  ============

    References
    ----------
    Pelton and Bale, Metall. Trans. A 17, 1057 (1986): properties of binary solutions in Legendre polynomials.
    """

    material: str
    order: Count
    """Degree n of the highest polynomial, at least 1."""
    window: tuple[float, float] = (0.0, 1.0)
    """Compositions between which the mean voltage is taken."""
    reference_temperature: Temperature = STANDARD_TEMPERATURE
    """Temperature [K] at which the mean voltage and the polynomials hold."""
    entropies: Count = 0
    """Number of excess entropies: ``entropies=1`` lets the coefficient of P1 change with temperature."""
    ion: IonSymbol = DEFAULT_ION
    """Symbol of the ion that the host takes up, against whose metal voltages are counted."""
    kind: ClassVar[str] = "legendre"
    first_order: ClassVar[int | None] = 1

    def __post_init__(self) -> None:
        conform_fields(self, name=self.kind)
        if self.order < 1:
            raise ValueError(f"{self.material}: order {self.order}; a Legendre expansion has at least P1, give 1 or more")
        self._validate_expansion()

    @property
    def interaction_names(self) -> tuple[str, ...]:
        """Names of the coefficients of P1 … P_order."""
        return tuple(coefficient(self.material, f"P{k}", "eV") for k in range(1, self.order + 1))

    def excess(self, amplitudes: Sequence[Any], x: Any, derivative: int = 0) -> Any:
        """Sum of the amplitudes times the terms, or times their first or second derivatives."""
        y, n = 2 * x - 1, len(amplitudes)
        if derivative == 2:
            terms = [2 * slope for slope in legendre_slopes(y, n)[1:]]
        elif derivative == 1:
            terms = legendre(y, n)[1:]
        else:
            p = legendre(y, n + 1)
            terms = [(p[k + 1] - p[k - 1]) / (2 * (2 * k + 1)) for k in range(1, n + 1)]
        return sum((amplitude * term for amplitude, term in zip(amplitudes, terms, strict=True)), 0.0)
