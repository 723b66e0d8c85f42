r"""Free energies that are linear in their interactions: what follows from them, written once for all.

.. math::
    \frac{g(x,T) - g(0,T) - x\mu_\mathrm{Li}}{F} = -x U_0 + m\,\frac{RT}{F}\,[x\ln x + (1-x)\ln(1-x)]
    + \sum_k \left(L_k - \frac{(T - T_r)\,S_k}{F}\right) \varphi_k(x) - \frac{(T - T_r)\,x\,(\Delta s - s_\mathrm{Li})}{F}

:math:`m` is 1 where ions mix at random on the sites and 0 where a law has no such term; every :math:`\varphi_k` vanishes at
:math:`x = 0` and 1, so that :math:`U_0` is the mean voltage over [0, 1] at the reference temperature :math:`T_r`. A law brings
the terms (``excess``) and the names; the functions here take it as their first argument.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.laws.law import Coefficients, coefficient
from a2c_pybamm.laws.thermodynamics.free_energy import LITHIUM_ENTROPY, FreeEnergy


@runtime_checkable
class Expansion(FreeEnergy, Protocol):
    """A free energy that is linear in its interactions."""

    @property
    def material(self) -> str:
        """First word of its coefficients."""

    @property
    def window(self) -> tuple[float, float]:
        """Compositions between which the mean voltage is taken."""

    @property
    def reference_temperature(self) -> float:
        """Temperature [K] at which the mean voltage and the interactions hold."""

    @property
    def entropies(self) -> int:
        """Number of excess entropies: S_0 … belong to the first terms."""

    @property
    def mixing(self) -> float:
        """1 with ideal mixing, 0 without."""

    @property
    def interaction_names(self) -> tuple[str, ...]:
        """Names of the interaction coordinates."""

    def interactions(self, c: Coefficients) -> list[Any]:
        """L_k [eV]."""

    def excess(self, amplitudes: Sequence[Any], x: Any, derivative: int = 0) -> Any:
        """Sum of the amplitudes times the terms, or times their first or second derivatives."""


def check_settings(law: Expansion, n_term: int) -> None:
    """Raise ``ValueError`` where settings that all expansions have are out of range."""
    material, window = law.material, law.window
    if not 0 <= window[0] < window[1] <= 1:
        raise ValueError(f"{material}: window {window} must be two compositions with 0 <= a < b <= 1")
    if not 0 <= law.entropies <= n_term:
        raise ValueError(f"{material}: {law.entropies} excess entropies for {n_term} interactions; give 0 to {n_term}")


def voltage_name(law: Expansion) -> str:
    """Name of the mean voltage over the law's window."""
    return coefficient(law.material, f"mean voltage {law.window[0]:g}–{law.window[1]:g}", "V")


def entropy_name(law: Expansion) -> str:
    """Name of the change of the host's vibrational entropy by lithium."""
    return coefficient(law.material, "vibrational ds/dx", "J.mol-1.K-1")


def excess_entropy_names(law: Expansion) -> tuple[str, ...]:
    """Names of the excess entropies."""
    return tuple(coefficient(law.material, f"S{k}", "J.mol-1.K-1") for k in range(law.entropies))


def names(law: Expansion) -> tuple[str, ...]:
    """All coefficients: mean voltage, interactions, vibrational entropy, excess entropies."""
    return (voltage_name(law), *law.interaction_names, entropy_name(law), *excess_entropy_names(law))


def mixing(x: float) -> float:
    """Ideal mixing x ln x + (1-x) ln(1-x), zero at both ends."""
    return float(sum(y * np.log(y) for y in (x, 1 - x) if y > 0))


def mixing_step(law: Expansion) -> float:
    """What ideal mixing takes off the mean voltage over [0, 1] to make that over the window [V]."""
    a, b = law.window
    thermal = GAS_CONSTANT * law.reference_temperature / FARADAY
    return law.mixing * thermal * (mixing(b) - mixing(a)) / (b - a)


def term(law: Expansion, k: int, x: Any, derivative: int = 0) -> Any:
    """The k-th term alone, or its first or second derivative."""
    return law.excess([float(i == k) for i in range(len(law.interaction_names))], x, derivative)


def window_steps(law: Expansion) -> np.ndarray:
    """What one unit of each interaction takes off the same mean (n_term,) [V.eV-1]."""
    a, b = law.window
    return np.array([(term(law, k, b) - term(law, k, a)) / (b - a) for k in range(len(law.interaction_names))])


def amplitudes(law: Expansion, c: Coefficients, T: Any) -> list[Any]:
    r""":math:`L_k - (T-T_r)S_k/F` [eV]."""
    values = law.interactions(c)
    for k, name in enumerate(excess_entropy_names(law)):
        values[k] = values[k] - (T - law.reference_temperature) * c[name] / FARADAY
    return values


def end_voltage(law: Expansion, c: Coefficients) -> Any:
    r""":math:`U_0`, the mean voltage over [0, 1] at the reference temperature [V]."""
    a, b = law.window
    if (a, b) == (0.0, 1.0):
        return c[voltage_name(law)]
    values = law.interactions(c)
    step = law.excess(values, b) - law.excess(values, a)
    return c[voltage_name(law)] + mixing_step(law) + step / (b - a)


def _host_entropy(law: Expansion, c: Coefficients) -> Any:
    return c[entropy_name(law)] - LITHIUM_ENTROPY


def open_circuit_voltage(law: Expansion, c: Coefficients, x: Any, T: Any) -> Any:
    r""":math:`U_0 - m\frac{RT}{F}\ln\frac{x}{1-x} - \sum_k A_k \varphi_k' + (T-T_r)(\Delta s - s_\mathrm{Li})/F` [V]."""
    voltage = end_voltage(law, c) - law.excess(amplitudes(law, c, T), x, 1)
    if law.mixing:
        voltage = voltage - GAS_CONSTANT * T / FARADAY * np.log(x / (1 - x))
    return voltage + (T - law.reference_temperature) * _host_entropy(law, c) / FARADAY


def entropic_change(law: Expansion, c: Coefficients, x: Any, T: Any) -> Any:
    r""":math:`\partial U/\partial T = [-mR\ln\frac{x}{1-x} + \sum_k S_k\varphi_k' + \Delta s - s_\mathrm{Li}]/F` [V.K-1]."""
    entropy = _host_entropy(law, c) + 0 * x
    if law.mixing:
        entropy = entropy - GAS_CONSTANT * np.log(x / (1 - x))
    if law.entropies:
        entropy = entropy + law.excess([c[name] for name in excess_entropy_names(law)], x, 1)
    return entropy / FARADAY


def thermodynamic_factor(law: Expansion, c: Coefficients, x: Any, T: Any) -> Any:
    r""":math:`\Theta = \frac{m}{1-x} + \frac{xF}{RT}\sum_k A_k\varphi_k''`."""
    factor = x * law.excess(amplitudes(law, c, T), x, 2) * FARADAY / (GAS_CONSTANT * T)
    return factor + 1 / (1 - x) if law.mixing else factor


def free_energy(law: Expansion, c: Coefficients, x: Any, T: Any) -> Any:
    r""":math:`g(x) - g(0) - x\mu_\mathrm{Li}` [J.mol-1], 0 < x < 1."""
    energy = law.excess(amplitudes(law, c, T), x) - x * end_voltage(law, c)
    if law.mixing:
        energy = energy + GAS_CONSTANT * T / FARADAY * (x * np.log(x) + (1 - x) * np.log(1 - x))
    return FARADAY * energy - (T - law.reference_temperature) * x * _host_entropy(law, c)
