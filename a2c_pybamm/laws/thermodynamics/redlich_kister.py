"""Redlich–Kister free energy of an intercalation host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from a2c_pybamm.constants import STANDARD_TEMPERATURE
from a2c_pybamm.ions import DEFAULT_ION
from a2c_pybamm.laws.law import Coefficients, Count, coefficient, log_coefficient
from a2c_pybamm.laws.thermodynamics.expansion import Array, Expansion
from a2c_pybamm.laws.thermodynamics.ion import IonSymbol
from a2c_pybamm.schema import Temperature, conform_fields


def excess(k: int, x: Any) -> Any:
    r""":math:`x(1-x)(1-2x)^k`, the k-th Redlich–Kister term."""
    return x * (1 - x) * (1 - 2 * x) ** k


def excess_slope(k: int, x: Any) -> Any:
    r"""Its derivative :math:`(1-2x)^{k+1} - 2k\,x(1-x)(1-2x)^{k-1}`."""
    slope = (1 - 2 * x) ** (k + 1)
    return slope - 2 * k * x * (1 - x) * (1 - 2 * x) ** (k - 1) if k else slope


def excess_curvature(k: int, x: Any) -> Any:
    r"""Its second derivative :math:`-2(2k+1)(1-2x)^k + 4k(k-1)\,x(1-x)(1-2x)^{k-2}`."""
    curvature = -2 * (2 * k + 1) * (1 - 2 * x) ** k
    return curvature + 4 * k * (k - 1) * x * (1 - x) * (1 - 2 * x) ** (k - 2) if k > 1 else curvature


TERMS = (excess, excess_slope, excess_curvature)


@dataclass(frozen=True)
class RedlichKister(Expansion):
    r"""Free energy of an ion on one kind of site, ideal mixing plus Redlich–Kister terms.

    .. math::
        \frac{g(x,T) - g(0,T) - x\mu_\mathrm{M}}{F} = -x z U_0 + \frac{RT}{F}\,[x\ln x + (1-x)\ln(1-x)]
        + x(1-x)\sum_k \left(L_k - \frac{(T - T_r)\,S_k}{F}\right) (1-2x)^k - \frac{(T - T_r)\,x\,(\Delta s - s_\mathrm{M})}{F}

    The mean voltage over ``window`` at the reference temperature stands in for :math:`U_0`; with ``shape="ratio"`` the
    interactions are :math:`\ln(-L_0)` and :math:`L_k/L_0`: in these coordinates a Gaussian hardly ever makes a repulsive
    (single-phase) host unstable. ``shape="plain"`` takes the :math:`L_k` themselves and admits attraction.

    ====================  =======================================  ============
    symbol                coefficient                              unit
    ====================  =======================================  ============
    mean of U             ``<m> mean voltage <a>–<b> [V]``         V
    :math:`L_0`           ``<m> ln(−L0 [eV])``, ``<m> L0 [eV]``    eV per site
    :math:`L_k`           ``<m> L<k>/L0``, ``<m> L<k> [eV]``       1, eV
    :math:`\Delta s`      ``<m> vibrational ds/dx [J.mol-1.K-1]``  J/mol/K
    :math:`S_k`           ``<m> S<k> [J.mol-1.K-1]``               J/mol/K
    ====================  =======================================  ============

    References
    ----------
    Redlich and Kister, Ind. Eng. Chem. 40, 345 (1948), eq. 6; Karthikeyan, Sikha and White, J. Power Sources 185, 1398
    (2008), eq. 12, for its use in open-circuit voltages.
    """

    material: str
    order: Count
    """Number of the last interaction: ``order=2`` has L0, L1, L2."""
    window: tuple[float, float] = (0.0, 1.0)
    """Compositions between which the mean voltage is taken."""
    shape: Literal["plain", "ratio"] = "plain"
    reference_temperature: Temperature = STANDARD_TEMPERATURE
    """Temperature [K] at which the mean voltage and the interactions hold."""
    entropies: Count = 0
    """Number of excess entropies: ``entropies=2`` has S0 and S1."""
    ion: IonSymbol = DEFAULT_ION
    """Symbol of the ion that the host takes up, against whose metal voltages are counted."""
    kind: ClassVar[str] = "redlich-kister"
    first_order: ClassVar[int | None] = 0

    def __post_init__(self) -> None:
        conform_fields(self, name=self.kind)
        if self.order < 0:
            raise ValueError(f"{self.material}: order {self.order} is negative; a Redlich-Kister law has at least L0")
        self._validate_expansion()

    @property
    def interaction_names(self) -> tuple[str, ...]:
        """Names of the interaction coordinates, L0's first."""
        m, orders = self.material, range(1, self.order + 1)
        if self.shape == "ratio":
            return (log_coefficient(m, "−L0", "eV"), *(f"{m} L{k}/L0" for k in orders))
        return tuple(coefficient(m, f"L{k}", "eV") for k in (0, *orders))

    def interactions(self, c: Coefficients) -> list[Any]:
        """L_0 … L_order [eV]."""
        first, *others = (c[name] for name in self.interaction_names)
        if self.shape == "plain":
            return [first, *others]
        leading = -np.exp(first)
        return [leading, *(leading * ratio for ratio in others)]

    def interaction_coordinates(self, interactions: Array) -> tuple[Array, Array]:
        """Values of the interaction coordinates at given L_k [eV], and their Jacobian.

        Raises
        ------
        ValueError
            If L0 is attractive and the coordinate is its logarithm.
        """
        if self.shape == "plain":
            return interactions, np.eye(len(interactions))
        first, others = interactions[0], interactions[1:]
        if first >= 0:
            raise ValueError(
                f"L0 = {first:.3g} eV is attractive (the host separates into phases), "
                "but the law's coordinate is ln(−L0); take shape='plain' and a treatment of the gap"
            )
        jacobian = np.diag(np.full(len(interactions), 1 / first))
        jacobian[1:, 0] = -others / first**2
        return np.array([np.log(-first), *(others / first)]), jacobian

    def excess(self, amplitudes: Sequence[Any], x: Any, derivative: int = 0) -> Any:
        """Sum of the amplitudes times the terms, or times their first or second derivatives."""
        return sum((amplitude * TERMS[derivative](k, x) for k, amplitude in enumerate(amplitudes)), 0.0)
