"""Interpolation, inversion and the error function that laws need, for PyBaMM's symbols."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pybamm

from a2c_pybamm.laws import complementary_error_function, interpolate, invert
from a2c_pybamm.laws.thermodynamics.site_sum import LEAST_SLOPE, occupation, search


@interpolate.register(pybamm.Symbol)
def _interpolate_symbol(x: Any, grid: tuple[float, ...], values: tuple[float, ...]) -> Any:
    inside = pybamm.minimum(pybamm.maximum(x, grid[0]), grid[-1])
    return pybamm.Interpolant(np.array(grid), np.array(values), inside, interpolator="cubic")


@complementary_error_function.register(pybamm.Symbol)
def _error_function_symbol(x: Any) -> Any:
    return pybamm.erfc(x)


class SiteVoltage(pybamm.Function):
    """Voltage of a ``SiteSum`` as one node: its search for the root becomes a graph only in casadi, where nodes are shared.

    Children are the occupied fraction, then the sites' voltages, their widths and their fractions.
    """

    __slots__ = ()

    def __init__(self, *children: Any) -> None:
        super().__init__(site_voltage, *children, name="site voltage")

    def _function_new_copy(self, children: list[Any]) -> Any:
        return pybamm.simplify_if_constant(SiteVoltage(*children))

    def _function_diff(self, children: list[Any], idx: int) -> Any:
        """By the equation that the voltage solves, ∂U/∂p = (∂x/∂p)/(-∂x/∂U)."""
        sites = _site_groups(children)
        U = SiteVoltage(*children)
        slope = np.maximum(occupation(U, *sites)[1], LEAST_SLOPE)
        if idx == 0:
            return -1 / slope
        group, j = divmod(idx - 1, len(sites[0]))
        voltage, width, fraction = (values[j] for values in sites)
        filled, change = occupation(U, [voltage], [width], [fraction])
        return (change, change * (U - voltage) / width, filled / fraction)[group] / slope

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name}

    @classmethod
    def _from_json(cls, snippet: dict[str, Any]) -> SiteVoltage:
        return cls(*snippet["children"])


def _site_groups(children: Sequence[Any]) -> tuple[list[Any], list[Any], list[Any]]:
    """Voltages, widths and fractions of the sites, which follow the occupied fraction."""
    n = len(children) // 3
    return list(children[1 : n + 1]), list(children[n + 1 : 2 * n + 1]), list(children[2 * n + 1 :])


def site_voltage(*children: Any) -> Any:
    """Voltage [V] of numbers, arrays or casadi's expressions in the place of a ``SiteVoltage``'s children."""
    return search(children[0], *_site_groups(children))


@invert.register(pybamm.Symbol)
def _invert_symbol(x: Any, voltages: Sequence[Any], widths: Sequence[Any], fractions: Sequence[Any]) -> Any:
    return SiteVoltage(x, *voltages, *widths, *fractions)
