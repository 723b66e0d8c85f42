r"""Free energies that are linear in their interactions: all that follows from the terms, written once.

.. math::
    \frac{g(x,T) - g(0,T) - x\mu_\mathrm{M}}{F} = -x z U_0 + m\,\frac{RT}{F}\,[x\ln x + (1-x)\ln(1-x)]
    + \sum_k \left(L_k - \frac{(T - T_r)\,S_k}{F}\right) \varphi_k(x) - \frac{(T - T_r)\,x\,(\Delta s - s_\mathrm{M})}{F}

:math:`m` is 1 where ions mix at random on the sites and 0 where a law has no such term; every :math:`\varphi_k` vanishes at
:math:`x = 0` and 1, so that :math:`U_0` is the mean voltage over [0, 1] at the reference temperature :math:`T_r`. :math:`z`,
:math:`\mu_\mathrm{M}` and :math:`s_\mathrm{M}` are the valence of the ion, and chemical potential and entropy of its metal; the
:math:`L_k` are energies of ions, which :math:`z` divides where they are voltages.

A law of this kind is a frozen dataclass that inherits `PlainExpansion` and writes the terms (``excess``) and their names; one
whose coefficients are other functions of the :math:`L_k` inherits `Expansion` and writes these functions too.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.laws.law import Coefficients, coefficient
from a2c_pybamm.laws.thermodynamics.free_energy import PhaseForming

Array = NDArray[np.float64]


class Expansion(PhaseForming):
    """A free energy that is linear in its interactions."""

    material: str
    """First word of the coefficients."""
    window: tuple[float, float]
    """Compositions between which the mean voltage is taken."""
    entropies: int
    """Number of excess entropies: S_0 … belong to the first terms."""
    first_order: ClassVar[int | None]
    """``order`` of the law that has one term, where each order has the terms of the one below and one more; None elsewhere."""

    @property
    @abstractmethod
    def interaction_names(self) -> tuple[str, ...]:
        """Names of the interaction coordinates."""

    @abstractmethod
    def interactions(self, c: Coefficients) -> list[Any]:
        """L_k [eV]."""

    @abstractmethod
    def interaction_coordinates(self, interactions: Array) -> tuple[Array, Array]:
        """Values (n_term,) of the interaction coordinates at given L_k [eV] (n_term,), and their Jacobian (n_term, n_term).

        Raises
        ------
        ValueError
            If the coordinates have no value there.
        """

    @abstractmethod
    def excess(self, amplitudes: Sequence[Any], x: Any, derivative: int = 0) -> Any:
        r""":math:`\sum_k A_k\varphi_k(x)` of the first amplitudes, or its first or second derivative."""

    @property
    @final
    def voltage_name(self) -> str:
        """Name of the mean voltage over the window."""
        return coefficient(self.material, f"mean voltage {self.window[0]:g}–{self.window[1]:g}", "V")

    @property
    @final
    def entropy_name(self) -> str:
        """Name of the change of the host's vibrational entropy by the ion."""
        return coefficient(self.material, "vibrational ds/dx", "J.mol-1.K-1")

    @property
    @final
    def excess_entropy_names(self) -> tuple[str, ...]:
        """Names of the excess entropies."""
        return tuple(coefficient(self.material, f"S{k}", "J.mol-1.K-1") for k in range(self.entropies))

    @property
    @final
    def names(self) -> tuple[str, ...]:
        """Names of all coefficients: mean voltage, interactions, vibrational entropy, excess entropies."""
        return (self.voltage_name, *self.interaction_names, self.entropy_name, *self.excess_entropy_names)

    @property
    @final
    def nested_orders(self) -> range:
        """Orders whose terms are the first ones of this law; empty where terms are not nested."""
        first = self.first_order
        return range(0) if first is None else range(first, first + len(self.interaction_names))

    @final
    def coordinates(self, plain: Array) -> tuple[Array, Array]:
        """Mean voltage and interaction coordinates (n_term + 1,) of U_0 and the L_k, and their Jacobian.

        Raises
        ------
        ValueError
            If the coordinates have no value there.
        """
        values, inner = self.interaction_coordinates(plain[1:])
        steps = self.window_steps()
        jacobian = np.eye(len(plain))
        jacobian[0, 1:] = -steps
        jacobian[1:, 1:] = inner
        return np.array([plain[0] - steps @ plain[1:] - self.mixing_step(), *values]), jacobian

    @final
    def plain_coefficients(self, c: Coefficients) -> Array:
        """U_0 [V] and the L_k [eV] (n_term + 1,) of one set of coefficients: the inverse of ``coordinates``."""
        return np.array([self.end_voltage(c), *self.interactions(c)])

    @final
    def mixing_step(self) -> float:
        """Mean voltage over [0, 1] less that over the window, as far as ideal mixing makes it [V]."""
        a, b = self.window
        thermal = GAS_CONSTANT * self.reference_temperature / FARADAY
        return self.mixing * thermal * (ideal_mixing(b) - ideal_mixing(a)) / (b - a) / self.valence

    @final
    def window_steps(self) -> Array:
        """The same difference, as far as one unit of each interaction makes it [V.eV-1] (n_term,)."""
        a, b = self.window
        steps = [(self.term(k, b) - self.term(k, a)) / (b - a) for k in range(len(self.interaction_names))]
        return np.array(steps) / self.valence

    @final
    def term(self, k: int, x: Any, derivative: int = 0) -> Any:
        r""":math:`\varphi_k(x)`, or its first or second derivative."""
        return self.excess([float(i == k) for i in range(len(self.interaction_names))], x, derivative)

    @final
    def amplitudes(self, c: Coefficients, T: Any) -> list[Any]:
        r""":math:`L_k - (T-T_r)S_k/F` [eV]."""
        values = self.interactions(c)
        for k, name in enumerate(self.excess_entropy_names):
            values[k] = values[k] - (T - self.reference_temperature) * c[name] / FARADAY
        return values

    @final
    def end_voltage(self, c: Coefficients) -> Any:
        r""":math:`U_0`, the mean voltage over [0, 1] at the reference temperature [V]."""
        a, b = self.window
        if (a, b) == (0.0, 1.0):
            return c[self.voltage_name]
        values = self.interactions(c)
        step = self.excess(values, b) - self.excess(values, a)
        return c[self.voltage_name] + self.mixing_step() + step / (b - a) / self.valence

    @final
    def open_circuit_voltage(self, c: Coefficients, x: Any, T: Any) -> Any:
        r""":math:`U_0 - [m\frac{RT}{F}\ln\frac{x}{1-x} + \sum_k A_k \varphi_k' - (T-T_r)(\Delta s - s_\mathrm{M})/F]/z` [V]."""
        z = self.valence
        voltage = self.end_voltage(c) - self.excess(self.amplitudes(c, T), x, 1) / z
        if self.mixing:
            voltage = voltage - GAS_CONSTANT * T / (z * FARADAY) * np.log(x / (1 - x))
        return voltage + (T - self.reference_temperature) * self._host_entropy(c) / (z * FARADAY)

    @final
    def entropic_change(self, c: Coefficients, x: Any, T: Any) -> Any:
        r""":math:`[-mR\ln\frac{x}{1-x} + \sum_k S_k\varphi_k' + \Delta s - s_\mathrm{M}]/zF` [V.K-1]."""
        entropy = self._host_entropy(c) + 0 * x
        if self.mixing:
            entropy = entropy - GAS_CONSTANT * np.log(x / (1 - x))
        if self.entropies:
            entropy = entropy + self.excess([c[name] for name in self.excess_entropy_names], x, 1)
        return entropy / (self.valence * FARADAY)

    @final
    def thermodynamic_factor(self, c: Coefficients, x: Any, T: Any) -> Any:
        r""":math:`\Theta = \frac{m}{1-x} + \frac{xF}{RT}\sum_k A_k\varphi_k''`."""
        factor = x * self.excess(self.amplitudes(c, T), x, 2) * FARADAY / (GAS_CONSTANT * T)
        return factor + 1 / (1 - x) if self.mixing else factor

    @final
    def free_energy(self, c: Coefficients, x: Any, T: Any) -> Any:
        r""":math:`g(x) - g(0) - x\mu_\mathrm{M}` [J.mol-1], 0 < x < 1, and with both ends where :math:`m = 0`."""
        energy = self.excess(self.amplitudes(c, T), x) - x * (self.valence * self.end_voltage(c))
        if self.mixing:
            energy = energy + GAS_CONSTANT * T / FARADAY * (x * np.log(x) + (1 - x) * np.log(1 - x))
        return FARADAY * energy - (T - self.reference_temperature) * x * self._host_entropy(c)

    @final
    def _host_entropy(self, c: Coefficients) -> Any:
        """Change of the host's vibrational entropy by the ion, less the entropy of the ion's metal [J.mol-1.K-1]."""
        return c[self.entropy_name] - self.metal_entropy

    @final
    def _validate_expansion(self) -> None:
        """Raise ``ValueError`` where settings that all expansions have are out of range."""
        if not 0 <= self.window[0] < self.window[1] <= 1:
            raise ValueError(f"{self.material}: window {self.window} must be two compositions with 0 <= a < b <= 1")
        n_term = len(self.interaction_names)
        if not 0 <= self.entropies <= n_term:
            raise ValueError(
                f"{self.material}: {self.entropies} excess entropies for {n_term} interactions; give 0 to {n_term}"
            )


class PlainExpansion(Expansion):
    """An expansion whose coefficients are the interactions themselves."""

    @final
    def interactions(self, c: Coefficients) -> list[Any]:
        """L_k [eV]."""
        return [c[name] for name in self.interaction_names]

    @final
    def interaction_coordinates(self, interactions: Array) -> tuple[Array, Array]:
        """The L_k themselves [eV], and the unit matrix."""
        return interactions, np.eye(len(interactions))


def ideal_mixing(x: float) -> float:
    """Ideal mixing x ln x + (1-x) ln(1-x), zero at both ends."""
    return float(sum(y * np.log(y) for y in (x, 1 - x) if y > 0))
