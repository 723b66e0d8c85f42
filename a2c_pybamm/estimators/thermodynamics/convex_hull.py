"""Voltage steps of the energies themselves, as a check beside a fitted curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from a2c_pybamm.constants import FARADAY
from a2c_pybamm.data import EnergyTable
from a2c_pybamm.estimate import Array
from a2c_pybamm.estimators.thermodynamics.orderings import lowest_energies
from a2c_pybamm.ions import known_ion
from a2c_pybamm.laws.thermodynamics.lower_hull import lower_hull


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
    r"""Lower convex hull of the lowest energies: :math:`U = -\Delta E/(zF\,\Delta x)` between neighbours on it.

    The result of a calculation at 0 K before any law: two-phase reactions between stable orderings.

    Raises
    ------
    ValueError
        If there are fewer than two compositions.

    References
    ----------
    Aydinol, Kohan, Ceder, Cho and Joannopoulos, Phys. Rev. B 56, 1354 (1997), eq. 6.
    """
    lowest = lowest_energies(table)
    x, energy = lowest.x, lowest.energy * FARADAY
    if len(x) < 2:
        raise ValueError(
            f"energies of {table.label}: {len(x)} different composition(s); a voltage is the step between two, add another"
        )
    edges = lower_hull(x[None], energy[None], np.ones((1, len(x)), dtype=bool))
    vertices = np.array([0, *(int(right[0]) for _, _, right in edges)])
    above = energy - np.interp(x, x[vertices], energy[vertices])
    ion = known_ion(table.ion, where=f"energies of {table.label}: ion")
    voltage = -np.diff(energy[vertices]) / np.diff(x[vertices]) / (ion.valence * FARADAY)
    return HullVoltages(x[vertices], energy[vertices], voltage, above, x)
