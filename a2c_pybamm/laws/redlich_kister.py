"""Redlich–Kister free energy of an intercalation host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.laws.free_energy import LITHIUM_ENTROPY
from a2c_pybamm.laws.law import Coefficients, coefficient, log_coefficient


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


@dataclass(frozen=True)
class RedlichKister:
    r"""Free energy of lithium on one kind of site, ideal mixing plus Redlich–Kister terms.

    .. math::
        \frac{g(x,T) - g(0,T) - x\mu_\mathrm{Li}}{F} = -x U_0 + \frac{RT}{F}\,[x\ln x + (1-x)\ln(1-x)]
        + x(1-x)\sum_k L_k (1-2x)^k - \frac{(T - T_r)\,x\,(\Delta s - s_\mathrm{Li})}{F}

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
    ====================  =======================================  ============

    References
    ----------
    Redlich and Kister, Ind. Eng. Chem. 40, 345 (1948), eq. 6; Karthikeyan, Sikha and White, J. Power Sources 185, 1398
    (2008), eq. 12, for its use in open-circuit voltages.
    """

    material: str
    order: int
    """Number of the last interaction: ``order=2`` has L0, L1, L2."""
    window: tuple[float, float] = (0.0, 1.0)
    """Compositions between which the mean voltage is taken."""
    shape: Literal["plain", "ratio"] = "plain"
    reference_temperature: float = 298.15
    """Temperature [K] at which the mean voltage holds."""
    kind: ClassVar[str] = "redlich-kister"

    def __post_init__(self) -> None:
        if self.order < 0:
            raise ValueError(f"{self.material}: order {self.order} is negative; a Redlich-Kister law has at least L0")
        if not 0 <= self.window[0] < self.window[1] <= 1:
            raise ValueError(f"{self.material}: window {self.window} must be two compositions with 0 <= a < b <= 1")
        if self.shape not in ("plain", "ratio"):
            raise ValueError(f"{self.material}: shape {self.shape!r} is unknown; take 'plain' or 'ratio'")
        if not self.reference_temperature > 0:
            raise ValueError(f"{self.material}: reference temperature must be positive, got {self.reference_temperature}")

    @property
    def voltage_name(self) -> str:
        return coefficient(self.material, f"mean voltage {self.window[0]:g}–{self.window[1]:g}", "V")

    @property
    def interaction_names(self) -> tuple[str, ...]:
        """Names of the interaction coordinates, L0's first."""
        m, orders = self.material, range(1, self.order + 1)
        if self.shape == "ratio":
            return (log_coefficient(m, "−L0", "eV"), *(f"{m} L{k}/L0" for k in orders))
        return tuple(coefficient(m, f"L{k}", "eV") for k in (0, *orders))

    @property
    def entropy_name(self) -> str:
        return coefficient(self.material, "vibrational ds/dx", "J.mol-1.K-1")

    @property
    def names(self) -> tuple[str, ...]:
        return (self.voltage_name, *self.interaction_names, self.entropy_name)

    def interactions(self, c: Coefficients) -> list[Any]:
        """L_0 … L_order [eV]."""
        first, *others = (c[name] for name in self.interaction_names)
        if self.shape == "plain":
            return [first, *others]
        leading = -np.exp(first)
        return [leading, *(leading * ratio for ratio in others)]

    def end_voltage(self, c: Coefficients) -> Any:
        r""":math:`U_0`, the mean voltage over [0, 1] at the reference temperature [V]."""
        a, b = self.window
        thermal = GAS_CONSTANT * self.reference_temperature / FARADAY
        step = thermal * (_mixing(b) - _mixing(a))
        for k, L in enumerate(self.interactions(c)):
            step = step + L * (excess(k, b) - excess(k, a))
        return c[self.voltage_name] + step / (b - a)

    def open_circuit_voltage(self, c: Coefficients, x: Any, T: Any) -> Any:
        r""":math:`U = U_0 - \frac{RT}{F}\ln\frac{x}{1-x} - \sum_k L_k f_k' + (T-T_r)(\Delta s - s_\mathrm{Li})/F` [V]."""
        voltage = self.end_voltage(c) - GAS_CONSTANT * T / FARADAY * np.log(x / (1 - x))
        for k, L in enumerate(self.interactions(c)):
            voltage = voltage - L * excess_slope(k, x)
        entropy = c[self.entropy_name] - LITHIUM_ENTROPY
        return voltage + (T - self.reference_temperature) * entropy / FARADAY

    def entropic_change(self, c: Coefficients, x: Any, T: Any) -> Any:
        r""":math:`\partial U/\partial T = -\frac{R}{F}\ln\frac{x}{1-x} + (\Delta s - s_\mathrm{Li})/F` [V.K-1]."""
        return (c[self.entropy_name] - LITHIUM_ENTROPY - GAS_CONSTANT * np.log(x / (1 - x))) / FARADAY

    def thermodynamic_factor(self, c: Coefficients, x: Any, T: Any) -> Any:
        r""":math:`\Theta = \frac{1}{1-x} + \frac{xF}{RT}\sum_k L_k f_k''`."""
        curvature: Any = 0.0
        for k, L in enumerate(self.interactions(c)):
            curvature = curvature + L * excess_curvature(k, x)
        return 1 / (1 - x) + x * curvature * FARADAY / (GAS_CONSTANT * T)

    def free_energy(self, c: Coefficients, x: Any, T: Any) -> Any:
        r""":math:`g(x) - g(0) - x\mu_\mathrm{Li}` [J.mol-1], 0 < x < 1."""
        energy = -x * self.end_voltage(c) + GAS_CONSTANT * T / FARADAY * (x * np.log(x) + (1 - x) * np.log(1 - x))
        for k, L in enumerate(self.interactions(c)):
            energy = energy + L * excess(k, x)
        entropy = c[self.entropy_name] - LITHIUM_ENTROPY
        return FARADAY * energy - (T - self.reference_temperature) * x * entropy

    def spinodal(self, c: Coefficients, T: float) -> np.ndarray:
        r"""Compositions where :math:`\partial^2 g/\partial x^2 = 0`, ascending; empty where the host is stable throughout.

        The condition times :math:`x(1-x)` is a polynomial, so that all roots are found.
        """
        x, one = np.polynomial.Polynomial([0.0, 1.0]), np.polynomial.Polynomial([1.0])
        total = one
        for k, L in enumerate(self.interactions(c)):
            total = total + x * (1 - x) * float(L) * FARADAY / (GAS_CONSTANT * T) * excess_curvature(k, x)
        roots = total.trim(1e-14).roots()
        real = np.sort(roots[np.abs(roots.imag) < 1e-9].real)
        return real[(real > 0) & (real < 1)]


def _mixing(x: float) -> float:
    """Ideal mixing x ln x + (1-x) ln(1-x), zero at both ends."""
    return float(sum(y * np.log(y) for y in (x, 1 - x) if y > 0))
