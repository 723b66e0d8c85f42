"""Solids of Debye: exact volume, expansion, bulk modulus, entropy and heat capacities, by quadrature and roots.

Nothing here is the package's own: Debye's integrals are scipy's quadrature, the static energies are equations of state that the
package does not fit (Vinet, Murnaghan, Morse, Born).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq

from a2c_pybamm.constants import BOLTZMANN, GAS_CONSTANT, PLANCK
from a2c_pybamm.data import Vibrations, VibrationsOverVolume

V0 = 1e-5
"""Volume of the static minimum [m3.mol-1]."""
MOLAR_MASS = 0.05
"""Mass of the atoms of a site [kg.mol-1]."""
N_ATOM = 2
Energy = Callable[[Any], Any]


def vinet(modulus: float, slope: float) -> Energy:
    eta = 1.5 * (slope - 1)

    def energy(V: Any) -> Any:
        x = 1 - (V / V0) ** (1 / 3)
        return 9 * modulus * V0 / eta**2 * (1 - (1 - eta * x) * np.exp(eta * x))

    return energy


def murnaghan(modulus: float, slope: float) -> Energy:
    return lambda V: modulus * V / slope * ((V0 / V) ** slope / (slope - 1) + 1) - modulus * V0 / (slope - 1)


def morse(modulus: float, slope: float) -> Energy:
    a = slope - 1  # K' = a + 1
    return lambda V: 9 * modulus * V0 / (2 * a**2) * (1 - np.exp(-a * ((V / V0) ** (1 / 3) - 1))) ** 2


def born(modulus: float, slope: float, attraction: float = 1.0) -> Energy:
    m = 3 * slope - 6 - attraction  # K' = (m + n + 6)/3
    scale = 9 * modulus * V0 / (m * attraction)

    def energy(V: Any) -> Any:
        r = (V / V0) ** (1 / 3)
        return scale * (attraction * r**-m - m * r**-attraction) / (m - attraction)

    return energy


EQUATIONS: tuple[Callable[[float, float], Energy], ...] = (vinet, murnaghan, morse, born)


def debye(theta: float, T: float) -> tuple[float, float, float, float]:
    """F and U [J/mol], S and C [J/mol/K] of one mole of atoms."""
    y = theta / T
    integral = quad(lambda t: t**3 / np.expm1(t), 0, y, epsabs=1e-14, epsrel=1e-13)[0]
    D = 3 / y**3 * integral
    U = GAS_CONSTANT * (9 / 8 * theta + 3 * T * D)
    log = np.log(-np.expm1(-y))
    F = GAS_CONSTANT * (9 / 8 * theta + T * (3 * log - D))
    C = 3 * GAS_CONSTANT * (4 * D - 3 * y / np.expm1(y))
    return F, U, (U - F) / T, C


@dataclass(frozen=True, eq=False)
class DebyeSolid:
    """A static energy and a Debye temperature over volume."""

    energy: Energy
    debye_temperature: float
    gruneisen: float
    softening: bool = False
    """Grüneisen's number in proportion to the volume, instead of constant."""

    def log_theta(self, V: Any) -> Any:
        u = V / V0
        return np.log(self.debye_temperature) - self.gruneisen * (u - 1 if self.softening else np.log(u))

    def _log_slopes(self, V: float) -> tuple[float, float]:
        g = self.gruneisen
        return (-g / V0, 0.0) if self.softening else (-g / V, g / V**2)

    def _energy_slopes(self, V: float) -> tuple[float, float]:
        h = 1e-5 * V

        def slope(v: float) -> float:
            return float(np.imag(self.energy(complex(v, 1e-20 * v))) / (1e-20 * v))

        five = (slope(V - 2 * h), slope(V - h), slope(V + h), slope(V + 2 * h))
        return slope(V), (five[0] - 8 * five[1] + 8 * five[2] - five[3]) / (12 * h)

    def _debye(self, V: float, T: float) -> tuple[float, ...]:
        return tuple(N_ATOM * part for part in debye(float(np.exp(self.log_theta(V))), T))

    def volume(self, T: float) -> float:
        """Volume at zero pressure [m3.mol-1]."""

        def slope(V: float) -> float:
            return self._energy_slopes(V)[0] + self._debye(V, T)[1] * self._log_slopes(V)[0]

        return float(brentq(slope, 0.95 * V0, 1.25 * V0, xtol=1e-17))

    def truth(self, T: float) -> np.ndarray:
        """Ln ρ, α_V, ln K_T, S, ln C_V, ln c_p and the slope of the last over T."""
        here, step = self._state(T), 1.0
        slope = (self._state(T + step)[5] - self._state(T - step)[5]) / (2 * step)
        return np.array([*here, slope])

    def _state(self, T: float) -> list[float]:
        V = self.volume(T)
        _, U, S, C = self._debye(V, T)
        (_, curvature), (g, g2) = self._energy_slopes(V), self._log_slopes(V)
        modulus = V * (curvature + (U - T * C) * g**2 + U * g2)
        expansion = -g * C / modulus
        isobaric = C + T * V * expansion**2 * modulus
        logs = (np.log(MOLAR_MASS / V), np.log(modulus), np.log(C), np.log(isobaric / MOLAR_MASS))
        return [logs[0], expansion, logs[1], S, logs[2], logs[3]]

    @cached_property
    def _nodes(self) -> tuple[np.ndarray, np.ndarray]:
        x, w = np.polynomial.legendre.leggauss(60)
        return (1 + x) / 2, w / 2

    def vibrations(self, V: float) -> Vibrations:
        """Frequencies of Debye's spectrum at Gauss's nodes."""
        x, w = self._nodes
        return Vibrations("Debye", BOLTZMANN / PLANCK * np.exp(self.log_theta(V)) * x, N_ATOM * 9 * x**2 * w)

    def data(self, volumes: np.ndarray, noise: float = 0.0, scatter: float = 0.0, seed: int = 0) -> VibrationsOverVolume:
        """Energies with noise [J/mol], frequencies of each volume together with a relative scatter."""
        rng = np.random.default_rng(seed)
        energy = self.energy(volumes) + noise * rng.normal(size=len(volumes))
        vibrations = []
        for V, factor in zip(volumes, 1 + scatter * rng.normal(size=len(volumes)), strict=True):
            exact = self.vibrations(V)
            vibrations.append(Vibrations("Debye", exact.frequency * factor, exact.weight))
        return VibrationsOverVolume("Debye", volumes, energy, tuple(vibrations), MOLAR_MASS)


def drawn_solids(n: int, seed: int) -> Iterator[tuple[DebyeSolid, np.random.Generator]]:
    """Solids of all equations of state, with a generator for what else is drawn."""
    rng = np.random.default_rng(seed)
    for k in range(n):
        energy = EQUATIONS[k % len(EQUATIONS)](rng.uniform(50e9, 150e9), rng.uniform(3.6, 6))
        yield DebyeSolid(energy, rng.uniform(250, 800), rng.uniform(1.2, 2.2), bool(k // 4 % 2)), rng
