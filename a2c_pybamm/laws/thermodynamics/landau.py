"""Landau polynomial about half filling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from a2c_pybamm.constants import FARADAY
from a2c_pybamm.laws.law import Coefficients, Count, coefficient
from a2c_pybamm.laws.thermodynamics import expansion
from a2c_pybamm.schema import Temperature, conform_fields


@dataclass(frozen=True)
class Landau:
    r"""Free energy as a polynomial in :math:`x - \frac12`, without ideal mixing: voltages stay finite at both ends.

    .. math::
        \frac{g(x,T) - g(0,T) - x\mu_\mathrm{Li}}{F} = -x U_0 + \sum_{k=2}^{n} a_k\,\varphi_k(x), \qquad
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
    reference_temperature: Temperature = 298.15
    """Temperature [K] at which the mean voltage and the polynomial hold."""
    entropies: Count = 0
    """Number of excess entropies: ``entropies=1`` lets a2 change with temperature."""
    kind: ClassVar[str] = "landau"
    mixing: ClassVar[float] = 0.0

    def __post_init__(self) -> None:
        conform_fields(self, name=self.kind)
        if self.order < 2:
            raise ValueError(f"{self.material}: order {self.order}; a Landau polynomial has at least the second power")
        expansion.check_settings(self, self.order - 1)

    @property
    def voltage_name(self) -> str:
        return expansion.voltage_name(self)

    @property
    def interaction_names(self) -> tuple[str, ...]:
        """Names of the polynomial's coefficients, a2's first."""
        return tuple(coefficient(self.material, f"a{k}", "eV") for k in range(2, self.order + 1))

    @property
    def entropy_name(self) -> str:
        return expansion.entropy_name(self)

    @property
    def names(self) -> tuple[str, ...]:
        return expansion.names(self)

    def interactions(self, c: Coefficients) -> list[Any]:
        """a_2 … a_order [eV]."""
        return [c[name] for name in self.interaction_names]

    def excess(self, amplitudes: Sequence[Any], x: Any, derivative: int = 0) -> Any:
        """Sum of the amplitudes times the terms, or times their first or second derivatives."""
        y = x - 0.5
        total: Any = 0.0
        for k, amplitude in enumerate(amplitudes, start=2):
            total = total + amplitude * _term(k, y, derivative)
        return total

    def end_voltage(self, c: Coefficients) -> Any:
        r""":math:`U_0`, the mean voltage over [0, 1] at the reference temperature [V]."""
        return expansion.end_voltage(self, c)

    def open_circuit_voltage(self, c: Coefficients, x: Any, T: Any) -> Any:
        """Voltage against lithium metal [V]."""
        return expansion.open_circuit_voltage(self, c, x, T)

    def chemical_potential(self, c: Coefficients, x: Any, T: Any) -> Any:
        r""":math:`\mu - \mu_\mathrm{Li} = -FU` [J.mol-1]."""
        return -FARADAY * self.open_circuit_voltage(c, x, T)

    def entropic_change(self, c: Coefficients, x: Any, T: Any) -> Any:
        """Its derivative by temperature [V.K-1]."""
        return expansion.entropic_change(self, c, x, T)

    def thermodynamic_factor(self, c: Coefficients, x: Any, T: Any) -> Any:
        r""":math:`\Theta = (x/RT)\,\partial\mu/\partial x`."""
        return expansion.thermodynamic_factor(self, c, x, T)

    def free_energy(self, c: Coefficients, x: Any, T: Any) -> Any:
        r""":math:`g(x) - g(0) - x\mu_\mathrm{Li}` [J.mol-1]."""
        return expansion.free_energy(self, c, x, T)


def _term(k: int, y: Any, derivative: int) -> Any:
    r"""The k-th term or its derivative at :math:`y = x - 1/2`."""
    if derivative == 2:
        return k * (k - 1) * y ** (k - 2)
    if derivative == 1:
        return k * y ** (k - 1) - (0.5 ** (k - 1) if k % 2 else 0.0)
    return y**k - (0.5 ** (k - 1) * y if k % 2 else 0.5**k)
