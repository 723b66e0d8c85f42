"""A measured open-circuit potential in the place of a free energy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, singledispatch
from typing import Any, ClassVar

import numpy as np

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.ions import DEFAULT_ION, known_ion
from a2c_pybamm.laws.law import Coefficients, Table, coefficient
from a2c_pybamm.laws.thermodynamics.free_energy import FreeEnergy
from a2c_pybamm.laws.thermodynamics.ion import IonSymbol
from a2c_pybamm.schema import Temperature, conform_fields


@singledispatch
def interpolate(x: Any, grid: tuple[float, ...], values: tuple[float, ...]) -> Any:
    """Not-a-knot cubic spline through a table, constant beyond its ends; floats, arrays and complex numbers here.

    An imaginary part is carried to first order, so that complex steps are exact. Symbols of other libraries register their own
    version, so that laws need not import them.
    """
    from scipy.interpolate import CubicSpline

    spline = CubicSpline(grid, values)
    inside = np.clip(np.real(x), grid[0], grid[-1])
    if not np.iscomplexobj(x):
        return spline(inside)
    slope = np.where(inside == np.real(x), spline(inside, 1), 0.0)
    return spline(inside) + 1j * np.imag(x) * slope


@lru_cache(maxsize=16)
def log_slopes(grid: tuple[float, ...], values: tuple[float, ...]) -> tuple[float, ...]:
    """Logarithm of a falling table's slope -dU/dx at its own points, by a shape-preserving cubic: the slope stays positive.

    At the two ends it is no less than to the neighbour: there the cubic's own rule may give a slope of zero.
    """
    from scipy.interpolate import PchipInterpolator

    x, y = np.array(grid), np.array(values)
    slope, steps = -PchipInterpolator(x, y)(x, 1), -np.diff(y) / np.diff(x)
    slope[[0, -1]] = np.maximum(slope[[0, -1]], steps[[0, -1]])
    return tuple(map(float, np.log(slope)))


@dataclass(frozen=True)
class MeasuredOCP(FreeEnergy):
    r"""A tabulated open-circuit potential of a host whose free energy is taken from measurement.

    It fills the place of a free-energy law: :math:`\Theta = -(xzF/RT)\,\partial U/\partial x` from the same table, so that
    voltage and chemical diffusivity agree. Measured tables rise in places (noise, hysteresis) and are flat on plateaus:
    ``from_samples`` smooths them so that :math:`\Theta \ge \Theta_\mathrm{min}`, and reports how far the voltage moved.
    The slope is tabulated by its logarithm, so that :math:`\Theta` is positive everywhere; with 121 points it differs from the
    slope of the voltage's spline by about 2 % (7 % where the curve bends sharply), and may dip a tenth below the floor between
    points.
    """

    material: str
    x: Table
    voltage: Table
    """Smoothed voltage [V] at ``x`` and the reference temperature."""
    entropy: Table
    """Entropic change [V.K-1] at ``x``."""
    reference_temperature: Temperature
    theta_min: float
    """Declared floor of the thermodynamic factor."""
    floored: float = 0.0
    """Share of the composition range where the floor was used."""
    moved: float = 0.0
    """Largest change [V] that smoothing made to the table, 0.005 <= x <= 0.995: potentials diverge at the ends."""
    ion: IonSymbol = DEFAULT_ION
    """Symbol of the ion that the host takes up, against whose metal voltages are counted."""
    kind: ClassVar[str] = "measured-ocp"

    def __post_init__(self) -> None:
        conform_fields(self, name=self.kind)
        n = len(self.x)
        if n < 4 or len(self.voltage) != n or len(self.entropy) != n:
            raise ValueError(f"{self.material}: a table needs at least four rows of x, voltage and entropy, got {n}")
        if not (np.diff(self.x) > 0).all() or not (self.x[0] >= 0 and self.x[-1] <= 1):
            raise ValueError(f"{self.material}: x of a table must increase within [0, 1]")
        if not (np.diff(self.voltage) < 0).all():
            raise ValueError(f"{self.material}: the voltage of a table must fall throughout; smooth it with from_samples")
        if not self.theta_min > 0:
            raise ValueError(
                f"{self.material}: theta_min = {self.theta_min:g} must be positive, else diffusion stops or reverses"
            )

    @classmethod
    def from_samples(
        cls,
        material: str,
        x: np.ndarray,
        voltage: np.ndarray,
        entropy: np.ndarray,
        *,
        reference_temperature: float,
        theta_min: float,
        ion: str = DEFAULT_ION,
    ) -> MeasuredOCP:
        r"""The law of a sampled curve, its slope held at :math:`-\partial U/\partial x \ge \Theta_\mathrm{min} RT/(xzF)`.

        The slope between neighbours is floored and summed again; the constant is the one that moves the curve least (mean).
        """
        middle = (x[1:] + x[:-1]) / 2
        charge = known_ion(ion, where=f"{material}: ion").valence * FARADAY
        floor = theta_min * GAS_CONSTANT * reference_temperature / charge / middle
        slope = -np.diff(voltage) / np.diff(x)
        steps = np.maximum(slope, floor) * np.diff(x)
        smooth = -np.concatenate([[0.0], np.cumsum(steps)])
        smooth += np.mean(voltage - smooth)
        share = float(np.diff(x)[slope < floor].sum() / (x[-1] - x[0]))
        inner = (x >= 0.005) & (x <= 0.995)
        moved = float(np.abs(smooth - voltage)[inner].max(initial=0.0))
        return cls(
            material,
            tuple(map(float, x)),
            tuple(map(float, smooth)),
            tuple(map(float, entropy)),
            reference_temperature,
            theta_min,
            share,
            moved,
            ion,
        )

    @property
    def offset_name(self) -> str:
        return coefficient(self.material, "OCP offset", "V")

    @property
    def names(self) -> tuple[str, ...]:
        return (self.offset_name,)

    def open_circuit_voltage(self, c: Coefficients, x: Any, T: Any) -> Any:
        """Table plus offset, moved to T by the tabulated entropic change [V]."""
        voltage = interpolate(x, self.x, self.voltage) + c[self.offset_name]
        return voltage + (T - self.reference_temperature) * self.entropic_change(c, x, T)

    def entropic_change(self, c: Coefficients, x: Any, T: Any) -> Any:
        """Tabulated entropic change [V.K-1]."""
        return interpolate(x, self.x, self.entropy)

    def thermodynamic_factor(self, c: Coefficients, x: Any, T: Any) -> Any:
        r""":math:`\Theta = -(xzF/RT)\,\partial U/\partial x`, the logarithm of the slope tabulated at the same points.

        The slope's change with temperature is left out: a measured entropic change is too rough to be differentiated.
        """
        slope = np.exp(interpolate(x, self.x, log_slopes(self.x, self.voltage)))
        return x * slope * (self.valence * FARADAY) / (GAS_CONSTANT * T)
