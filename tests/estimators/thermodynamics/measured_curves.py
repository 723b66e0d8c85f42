"""Open-circuit voltages of PyBaMM's parameter sets, which no law here has made, and synthetic data of them.

Within its window each falls strictly with x, as that of one phase does. Curves are functions with their derivatives, tables
between whose rows PyBaMM is linear are compared as voltages alone: their slopes have steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import casadi
import numpy as np
import pybamm
from scipy.interpolate import CubicHermiteSpline

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT, STANDARD_TEMPERATURE
from a2c_pybamm.data import ChemicalPotentials, EnergyTable
from a2c_pybamm.laws.thermodynamics.logit_basis import mixing

THERMAL_VOLTAGE = GAS_CONSTANT * STANDARD_TEMPERATURE / FARADAY
N_TABLE = 4001
"""Compositions of the table whose cubic pieces are integrated: errors of graphite's energies are below 1e-8 eV."""


@dataclass(frozen=True)
class MeasuredCurve:
    """One electrode of a parameter set and the compositions between which its voltage falls."""

    parameter_set: str
    side: str
    low: float
    high: float
    kinks: bool = False
    """Whether the slope has steps, so that only the voltage is compared."""

    @property
    def name(self) -> str:
        return f"{self.parameter_set} {self.side}"

    def compositions(self, n: int) -> np.ndarray:
        """Evenly spaced compositions (n,) from end to end of the window."""
        return np.linspace(self.low, self.high, n)

    def voltage(self, x: np.ndarray) -> np.ndarray:
        """U [V] at compositions (n,)."""
        return _values(_functions(self.parameter_set, self.side)[0], x)

    def slope(self, x: np.ndarray) -> np.ndarray:
        """dU/dx [V] at compositions (n,)."""
        return _values(_functions(self.parameter_set, self.side)[1], x)

    def thermodynamic_factor(self, x: np.ndarray) -> np.ndarray:
        r""":math:`-\frac{F}{RT}\,x\,dU/dx` at compositions (n,)."""
        return -x * self.slope(x) / THERMAL_VOLTAGE

    def energy(self, x: np.ndarray) -> np.ndarray:
        """Free energy without ideal mixing [eV], counted from the window's start but for a constant, at compositions (n,)."""
        charge = _primitive(self)
        return charge(self.low) - charge(x) - THERMAL_VOLTAGE * mixing(x)


CURVES = (
    MeasuredCurve("Ai2020", "Negative", 0.02, 0.95),
    MeasuredCurve("Chen2020", "Negative", 0.02, 0.95),
    MeasuredCurve("Chen2020", "Positive", 0.25, 0.95),
    MeasuredCurve("Ecker2015", "Negative", 0.02, 0.95),
    MeasuredCurve("Ecker2015", "Positive", 0.25, 0.95),
    MeasuredCurve("Marquis2019", "Negative", 0.36, 0.95),
    MeasuredCurve("Marquis2019", "Positive", 0.45, 0.95),
    MeasuredCurve("Mohtat2020", "Negative", 0.02, 0.95),
    MeasuredCurve("Mohtat2020", "Positive", 0.25, 0.95),
    MeasuredCurve("NCA_Kim2011", "Negative", 0.03, 0.95),
    MeasuredCurve("NCA_Kim2011", "Positive", 0.3, 0.95),
    MeasuredCurve("OKane2022", "Positive", 0.1, 0.98),
    MeasuredCurve("ORegan2022", "Negative", 0.05, 0.9),
    MeasuredCurve("ORegan2022", "Positive", 0.3, 0.9),
    MeasuredCurve("Prada2013", "Positive", 0.02, 0.98),
    MeasuredCurve("Ramadass2004", "Negative", 0.02, 0.95),
    MeasuredCurve("Ramadass2004", "Positive", 0.42, 0.84),
    MeasuredCurve("Xu2019", "Positive", 0.3, 0.95),
    MeasuredCurve("Chayambuka2022", "Negative", 0.05, 0.95, kinks=True),
    MeasuredCurve("Ai2020", "Positive", 0.42, 0.78, kinks=True),
)


@cache
def _functions(parameter_set: str, side: str) -> tuple[casadi.Function, casadi.Function]:
    """Voltage and its derivative by the composition."""
    values = pybamm.ParameterValues(parameter_set)
    voltage = values[f"{side} electrode OCP [V]"](pybamm.StateVector(slice(0, 1)))
    y = casadi.MX.sym("y")
    symbol = values.process_symbol(voltage).to_casadi(y=y)
    return casadi.Function("U", [y], [symbol]), casadi.Function("dU", [y], [casadi.jacobian(symbol, y)])


def _values(function: casadi.Function, x: np.ndarray) -> np.ndarray:
    """Values (n,) of a function of one number."""
    return np.asarray(function(np.asarray(x, float)[None, :])).ravel()


@cache
def _primitive(curve: MeasuredCurve) -> CubicHermiteSpline:
    x = curve.compositions(N_TABLE)
    return CubicHermiteSpline(x, curve.voltage(x), curve.slope(x)).antiderivative()


def noise_of(curve: MeasuredCurve, n: int, seed: int) -> np.ndarray:
    """Standard-normal errors (n,): each curve has its own, so that means over curves are means over noise too."""
    return np.random.default_rng([seed, *curve.name.encode()]).standard_normal(n)


def noisy_potentials(curve: MeasuredCurve, n: int, noise: float, seed: int, *, declared: bool) -> ChemicalPotentials:
    """Potentials at n compositions with Gaussian noise [V]."""
    x = curve.compositions(n)
    voltage = curve.voltage(x) + noise * noise_of(curve, n, seed)
    std = np.full(n, FARADAY * noise) if declared else None
    return ChemicalPotentials(curve.name, x, np.full(n, STANDARD_TEMPERATURE), -FARADAY * voltage, std)


def noisy_energies(curve: MeasuredCurve, n: int, noise: float, seed: int) -> EnergyTable:
    """Energies of one structure at each of n compositions with Gaussian noise [eV]."""
    x = curve.compositions(n)
    energy = curve.energy(x) + noise * noise_of(curve, n, seed)
    return EnergyTable(curve.name, x, FARADAY * energy, tuple(map(str, range(n))), np.ones(n, bool))


N_BESIDE, NOISE_BESIDE = 5, 0.005
"""Potentials beside energies, and their noise [V]."""
SEED_BESIDE = 100
"""First of their seeds, other ones than those of the energies."""


@dataclass(frozen=True)
class Case:
    """One kind of data of all curves, with seeds 0, 1, ..."""

    kind: Literal["declared", "undeclared", "noiseless", "energies", "both"]
    n: int
    """Compositions."""
    noise: float
    """[V] or [eV]."""
    seeds: int

    @property
    def name(self) -> str:
        return f"{self.kind} n={self.n} noise={1e3 * self.noise:g}m"

    @property
    def energy_std(self) -> float | None:
        """[J.mol-1], where there are energies."""
        return FARADAY * self.noise if self.kind in ("energies", "both") else None

    def data(self, curve: MeasuredCurve, seed: int) -> list[EnergyTable | ChemicalPotentials]:
        """Tables of one curve."""
        if self.energy_std is None:
            return [noisy_potentials(curve, self.n, self.noise, seed, declared=self.kind == "declared")]
        beside = noisy_potentials(curve, N_BESIDE, NOISE_BESIDE, SEED_BESIDE + seed, declared=True)
        return [noisy_energies(curve, self.n, self.noise, seed), *([beside] if self.kind == "both" else [])]
