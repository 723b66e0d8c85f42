"""Voltage steps of the energies themselves, as a check beside a fitted curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from a2c_pybamm.constants import FARADAY
from a2c_pybamm.data import EnergyTable
from a2c_pybamm.estimate import Array
from a2c_pybamm.estimators.orderings import lowest_energies


@dataclass(frozen=True, eq=False)
class HullVoltages:
    """Stable compositions at 0 K and the voltages between them."""

    x: Array
    """Compositions on the hull, ascending (n_vertex,)."""
    energy: Array
    """Their energies [J.mol-1] (n_vertex,)."""
    voltage: Array
    """Voltage between each vertex and the next [V] (n_vertex - 1,)."""
    above: Array
    """Height of every composition's lowest energy above the hull [J.mol-1] (n_composition,)."""
    compositions: Array
    """All compositions of the table, ascending (n_composition,)."""

    def at(self, x: Array) -> Array:
        """The stepped voltage at compositions inside the hull (n,) [V]."""
        step = np.clip(np.searchsorted(self.x, np.asarray(x, float), side="right") - 1, 0, len(self.voltage) - 1)
        return np.asarray(self.voltage[step])


def hull_voltages(table: EnergyTable) -> HullVoltages:
    r"""Lower convex hull of the lowest energies: :math:`U = -\Delta E/(F\,\Delta x)` between neighbours on it.

    What a calculation says at 0 K before any law: two-phase reactions between stable orderings.

    Raises
    ------
    ValueError
        If there are fewer than two compositions.

    References
    ----------
    Aydinol, Kohan, Ceder, Cho and Joannopoulos, Phys. Rev. B 56, 1354 (1997), eq. 6.
    """
    found = lowest_energies(table)
    x, energy = found.x, found.energy * FARADAY
    if len(x) < 2:
        raise ValueError(f"energies of {table.label}: {len(x)} composition(s); a voltage is the step between two")
    hull: list[int] = []
    for k in range(len(x)):
        while len(hull) > 1 and _turns_down(x, energy, hull[-2], hull[-1], k):
            hull.pop()
        hull.append(k)
    vertices = np.array(hull)
    above = energy - np.interp(x, x[vertices], energy[vertices])
    voltage = -np.diff(energy[vertices]) / np.diff(x[vertices]) / FARADAY
    return HullVoltages(x[vertices], energy[vertices], voltage, above, x)


def _turns_down(x: Array, y: Array, a: int, b: int, c: int) -> bool:
    return bool((y[b] - y[a]) * (x[c] - x[a]) >= (y[c] - y[a]) * (x[b] - x[a]))
