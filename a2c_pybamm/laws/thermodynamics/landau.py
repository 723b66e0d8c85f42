"""Landau polynomial about half filling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from a2c_pybamm.constants import STANDARD_TEMPERATURE
from a2c_pybamm.ions import DEFAULT_ION
from a2c_pybamm.laws.law import Count, coefficient
from a2c_pybamm.laws.thermodynamics.expansion import PlainExpansion
from a2c_pybamm.laws.thermodynamics.ion import IonSymbol
from a2c_pybamm.schema import Temperature, conform_fields


@dataclass(frozen=True)
class Landau(PlainExpansion):
    r"""Free energy as a polynomial in :math:`x - \frac12`, without ideal mixing: voltages stay finite at both ends.

    .. math::
        \frac{g(x,T) - g(0,T) - x\mu_\mathrm{M}}{F} = -x z U_0 + \sum_{k=2}^{n} a_k\,\varphi_k(x), \qquad
        \varphi_k = \left(x - \tfrac12\right)^k - 2^{-k} \;\text{(even)}, \quad
        \varphi_k = \left(x - \tfrac12\right)^k - 2^{1-k}\left(x - \tfrac12\right) \;\text{(odd)}

    so that each term vanishes at both ends, with :math:`a_k - (T - T_r) S_{k-2}/F` in the place of the first ``entropies``
    :math:`a_k`, and the vibrational entropy as in every expansion. :math:`a_4 = A` and :math:`a_2 = -B` make the double well
    :math:`A(x-\frac12)^4 - B(x-\frac12)^2`, whose binodal lies at :math:`\frac12 \mp \sqrt{B/2A}`.

    ====================  =======================================  ============
    symbol                coefficient                              unit
    ====================  =======================================  ============
    mean of U             ``<m> mean voltage <a>–<b> [V]``         V
    :math:`a_k`           ``<m> a<k> [eV]``                        eV per site
    :math:`\Delta s`      ``<m> vibrational ds/dx [J.mol-1.K-1]``  J/mol/K
    :math:`S_k`           ``<m> S<k> [J.mol-1.K-1]``               J/mol/K
    ====================  =======================================  ============

    References
    ----------
    Landau, Zh. Eksp. Teor. Fiz. 7, 19 (1937): expansion of the free energy in the order parameter.
    """

    material: str
    order: Count = 4
    """Highest power of :math:`x - 1/2`, at least 2."""
    window: tuple[float, float] = (0.0, 1.0)
    """Compositions between which the mean voltage is taken."""
    reference_temperature: Temperature = STANDARD_TEMPERATURE
    """Temperature [K] at which the mean voltage and the polynomial hold."""
    entropies: Count = 0
    """Number of excess entropies: ``entropies=1`` lets a2 change with temperature."""
    ion: IonSymbol = DEFAULT_ION
    """Symbol of the ion that the host takes up, against whose metal voltages are counted."""
    kind: ClassVar[str] = "landau"
    mixing: ClassVar[float] = 0.0
    first_order: ClassVar[int | None] = 2

    def __post_init__(self) -> None:
        conform_fields(self, name=self.kind)
        if self.order < 2:
            raise ValueError(f"{self.material}: order {self.order}; a Landau polynomial has at least the second power")
        self._validate_expansion()

    @property
    def interaction_names(self) -> tuple[str, ...]:
        """Names of the polynomial's coefficients, a2's first."""
        return tuple(coefficient(self.material, f"a{k}", "eV") for k in range(2, self.order + 1))

    def excess(self, amplitudes: Sequence[Any], x: Any, derivative: int = 0) -> Any:
        """Sum of the amplitudes times the terms, or times their first or second derivatives."""
        y = x - 0.5
        return sum((amplitude * _term(k, y, derivative) for k, amplitude in enumerate(amplitudes, start=2)), 0.0)


def _term(k: int, y: Any, derivative: int) -> Any:
    r"""The k-th term or its derivative at :math:`y = x - 1/2`."""
    if derivative == 2:
        return k * (k - 1) * y ** (k - 2)
    if derivative == 1:
        return k * y ** (k - 1) - (0.5 ** (k - 1) if k % 2 else 0.0)
    return y**k - (0.5 ** (k - 1) * y if k % 2 else 0.5**k)
