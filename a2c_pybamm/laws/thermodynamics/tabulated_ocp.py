"""An open-circuit potential as a table with the modes of its error."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, ClassVar

import numpy as np

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT, STANDARD_TEMPERATURE
from a2c_pybamm.ions import DEFAULT_ION
from a2c_pybamm.laws.law import TERM_LIMIT, Coefficients, Table, coefficient
from a2c_pybamm.laws.thermodynamics.free_energy import FreeEnergy
from a2c_pybamm.laws.thermodynamics.ion import IonSymbol
from a2c_pybamm.laws.thermodynamics.measured_ocp import interpolate
from a2c_pybamm.schema import Temperature, conform_fields


@lru_cache(maxsize=64)
def table_slopes(grid: tuple[float, ...], values: tuple[float, ...]) -> tuple[float, ...]:
    """Slope of a table at its own points, by the cubic spline that interpolates it."""
    from scipy.interpolate import CubicSpline

    return tuple(map(float, CubicSpline(grid, values)(np.array(grid), 1)))


@dataclass(frozen=True)
class TabulatedOCP(FreeEnergy):
    r"""A tabulated open-circuit potential whose error is a sum of modes with amplitudes of unit variance.

    .. math::
        U(x,T) = \bar U(x) + \sum_k \xi_k\,\varphi_k(x) + (T - T_r)\,\frac{\partial U}{\partial T}(x), \qquad
        \Theta = -\frac{xzF}{RT}\frac{\partial U}{\partial x}

    The modes are those of the curve's covariance (Karhunen and Loève), largest first. Any curve with a covariance can be
    brought to this form (`tabulate_ocp`): one that no formula describes, or one whose formula costs too much. Between points
    the slope is interpolated itself; it follows the voltage's spline to the third power of the spacing.

    ==================  ==========================  ====
    symbol              coefficient                 unit
    ==================  ==========================  ====
    :math:`\xi_k`       ``<m> OCP mode <k> [1]``    1
    ==================  ==========================  ====

    References
    ----------
    Loève, Probability Theory II, 4th ed. (1978), sec. 37.5: expansion in the eigenfunctions of a covariance.
    """

    material: str
    x: Table
    voltage: Table
    """Mean voltage [V] at ``x`` and the reference temperature."""
    entropy: Table
    """Entropic change [V.K-1] at ``x``."""
    modes: Annotated[tuple[Table, ...], TERM_LIMIT]
    """Change of the voltage [V] by one unit of each amplitude at ``x`` (n_mode, n_x)."""
    reference_temperature: Temperature = STANDARD_TEMPERATURE
    ion: IonSymbol = DEFAULT_ION
    """Symbol of the ion that the host takes up, against whose metal voltages are counted."""
    kind: ClassVar[str] = "tabulated-ocp"

    def __post_init__(self) -> None:
        conform_fields(self, name=self.kind)
        n = len(self.x)
        columns = (self.voltage, self.entropy, *self.modes)
        if n < 4 or any(len(column) != n for column in columns):
            lengths = ", ".join(str(len(column)) for column in columns)
            raise ValueError(
                f"{self.material}: a table needs four rows or more, all columns as long; x has {n}, others {lengths}"
            )
        if not (np.diff(self.x) > 0).all() or not (self.x[0] >= 0 and self.x[-1] <= 1):
            raise ValueError(f"{self.material}: x of a table must increase within [0, 1]")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(coefficient(self.material, f"OCP mode {k}", "1") for k in range(1, len(self.modes) + 1))

    def _sum(self, c: Coefficients, x: Any, first: tuple[float, ...], others: tuple[tuple[float, ...], ...]) -> Any:
        total = interpolate(x, self.x, first)
        for name, other in zip(self.names, others, strict=True):
            total = total + c[name] * interpolate(x, self.x, other)
        return total

    def open_circuit_voltage(self, c: Coefficients, x: Any, T: Any) -> Any:
        """Voltage against the ion's metal [V]."""
        voltage = self._sum(c, x, self.voltage, self.modes)
        return voltage + (T - self.reference_temperature) * self.entropic_change(c, x, T)

    def entropic_change(self, c: Coefficients, x: Any, T: Any) -> Any:
        """Tabulated entropic change [V.K-1]."""
        return interpolate(x, self.x, self.entropy)

    def thermodynamic_factor(self, c: Coefficients, x: Any, T: Any) -> Any:
        r""":math:`\Theta = -(xzF/RT)\,\partial U/\partial x`; the slope's change with temperature is left out."""
        slopes = tuple(table_slopes(self.x, mode) for mode in self.modes)
        slope = self._sum(c, x, table_slopes(self.x, self.voltage), slopes)
        return -1 * x * slope * (self.valence * FARADAY) / (GAS_CONSTANT * T)
