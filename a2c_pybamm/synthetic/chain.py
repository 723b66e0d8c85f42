r"""The lattice gas on a chain with neighbours that interact: all orderings of a ring, and the infinite chain exactly.

Energy :math:`J\sum_i n_i n_{i+1} - n U_0`, per site: a ring of N sites with n ions in k clusters has :math:`n - k` pairs, and
:math:`\frac{N}{k}\binom{n-1}{k-1}\binom{N-n-1}{k-1}` orderings.

References
----------
Baxter, Exactly Solved Models in Statistical Mechanics (1982), ch. 2: the transfer matrix of the chain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import comb

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.data import EnergyTable
from a2c_pybamm.estimate import Array


@dataclass(frozen=True)
class ChainAccuracy:
    """Steps and tolerances behind the curves of a chain."""

    width: float = 60.0
    """Chemical potentials between which that of a composition is sought, in RT beyond those of the pairs."""
    tolerance: float = 1e-13
    """Error of a chemical potential, in RT: a few units of the last digit."""
    temperature_step: float = 0.01
    """Step of the derivative by temperature [K]."""
    composition_step: float = 1e-5
    """Step of the derivative by composition, over the distance to the nearer end."""


ACCURACY = ChainAccuracy()
"""The steps and tolerances that are taken."""


class ChainCurves(NamedTuple):
    """Curves of the infinite chain at compositions (n,)."""

    voltage: Array
    """[V]."""
    entropic_change: Array
    """Of the configurations alone: without vibrations and the metal's entropy [V.K-1]."""
    thermodynamic_factor: Array


def ring_energies(sites: int, interaction: float, voltage: float) -> EnergyTable:
    """Energies per site of all orderings of a ring [J.mol-1], like ones once with their number.

    Parameters
    ----------
    interaction
        J [eV], repulsion where positive.
    voltage
        U_0 [V].
    """
    rows = [(0, 0.0, 1.0), (sites, float(sites), 1.0)]
    for n in range(1, sites):
        for clusters in range(1, min(n, sites - n) + 1):
            count = sites / clusters * comb(n - 1, clusters - 1) * comb(sites - n - 1, clusters - 1)
            rows.append((n, float(n - clusters), float(count)))
    n_ion, pairs, degeneracy = np.array(rows).T
    energy = FARADAY * (interaction * pairs - voltage * n_ion) / sites
    names = tuple(f"{n:g} ions, {p:g} pairs" for n, p in zip(n_ion, pairs, strict=True))
    return EnergyTable(f"ring of {sites}", n_ion / sites, energy, names, np.ones(len(names), dtype=bool), degeneracy=degeneracy)


def chain_curves(x: Array, interaction: float, voltage: float, temperature: float) -> ChainCurves:
    """Voltage, its change with temperature and thermodynamic factor of the infinite chain at compositions inside (0, 1)."""
    x = np.asarray(x, float)
    U = voltage - _potentials(x, interaction, temperature)
    warming = ACCURACY.temperature_step
    warm, cold = (_potentials(x, interaction, temperature + step) for step in (warming, -warming))
    step = ACCURACY.composition_step * np.minimum(x, 1 - x)
    right, left = (_potentials(x + h, interaction, temperature) for h in (step, -step))
    factor = x * (right - left) / (2 * step) * FARADAY / (GAS_CONSTANT * temperature)
    return ChainCurves(U, -(warm - cold) / (2 * warming), factor)


def _potentials(x: Array, interaction: float, temperature: float) -> Array:
    """Chemical potentials [eV] at compositions (n,)."""
    thermal = GAS_CONSTANT * temperature / FARADAY
    beta_j = interaction / thermal

    def occupied(mu: float) -> float:
        # by particle and hole: the larger eigenvalue λ of the transfer matrix, and x = ∂ln λ/∂μ
        bond = np.exp(mu - beta_j)
        root = np.sqrt(((1 - bond) / 2) ** 2 + np.exp(mu))
        eigenvalue = (1 + bond) / 2 + root
        slope = bond / 2 + (-(1 - bond) / 2 * bond + np.exp(mu)) / (2 * root)
        return float(slope / eigenvalue)

    low, high = min(0.0, 2 * beta_j) - ACCURACY.width, max(0.0, 2 * beta_j) + ACCURACY.width
    return thermal * np.array([brentq(lambda mu, y=y: occupied(mu) - y, low, high, xtol=ACCURACY.tolerance) for y in x])
