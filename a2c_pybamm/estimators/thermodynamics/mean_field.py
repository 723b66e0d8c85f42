r"""Error of lowest energies with ideal mixing in the place of a sum over orderings.

Of the lowest energy :math:`E_0(x)` and the mean :math:`\bar E(x)` over random orderings the free energy lies between

.. math:: E_0 - T s_\mathrm{ideal} \le f \le \min(E_0,\; \bar E - T s_\mathrm{ideal})

the upper bound by Gibbs and Bogoliubov. The mean-field choice is the lower one, and where interactions are weak the truth is
the upper one; so the width :math:`w(x)` of the bounds is its standard deviation, smooth over x.

References
----------
Feynman, Statistical Mechanics (1972), sec. 3.4, for the upper bound.
"""

from __future__ import annotations

import numpy as np

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.data import EnergyTable
from a2c_pybamm.estimate import Array
from a2c_pybamm.estimators.thermodynamics.orderings import by_composition, distinct_structures
from a2c_pybamm.laws.thermodynamics.logit_basis import mixing

MEAN_FIELD = "mean field (lowest energies, ideal mixing)"
"""Name of the source, behind the material."""
CORRELATION_LENGTH = 0.25
"""Difference of x over which the error changes: orderings are of halves, thirds and quarters."""
LEAST_SHARE = 0.01
"""Share of the variance below which a column is left out."""


def mean_field_columns(table: EnergyTable, x: Array, temperature: float, declared: float | None) -> Array:
    """Columns (n, n_column) of the error of lowest energies at compositions x, ascending [eV].

    Parameters
    ----------
    declared
        Largest standard deviation over x [J.mol-1]; from the spread of the listed orderings if not given, and zero where no
        composition lists two.

    Raises
    ------
    ValueError
        If the declared one is negative or no number.
    """
    return correlated_columns(mean_field_stds(table, x, temperature, declared), x)


def mean_field_stds(table: EnergyTable, x: Array, temperature: float, declared: float | None) -> Array:
    """Standard deviations [eV] (n,) of the same; ``ValueError`` where the declared one is negative or no number."""
    if declared is not None:
        if not 0 <= declared < np.inf:
            raise ValueError(f"{table.label}: mean_field_std is {declared:g} J/mol; give 0 or more, or leave it out")
        return np.asarray(-declared / FARADAY * mixing(x) / np.log(2))
    return bound_widths(table, x, temperature)


def correlated_columns(std: Array, x: Array) -> Array:
    """Columns (n, n_column) of an error with these standard deviations that is smooth over x, which need not ascend."""
    if not std.any():
        return np.zeros((len(x), 0))
    correlation = np.exp(-((x[:, None] - x) ** 2) / (2 * CORRELATION_LENGTH**2))
    values, vectors = np.linalg.eigh(std[:, None] * correlation * std)
    kept = values > LEAST_SHARE * values.sum()
    columns = vectors[:, kept] * np.sqrt(values[kept])
    return np.asarray(columns * np.where(columns[np.argmax(np.abs(columns), axis=0), np.arange(kept.sum())] < 0, -1.0, 1.0))


def bound_widths(table: EnergyTable, x: Array, temperature: float) -> Array:
    """Widths of the bounds [eV] (n,), as shares of ideal mixing interpolated where one ordering alone is listed."""
    ideal = -GAS_CONSTANT * temperature / FARADAY * mixing(x)
    places, shares = [], []
    for rows in by_composition(table.x):
        rows = distinct_structures(table, rows)
        at = float(table.x[rows[0]])
        if len(rows) < 2 or not 0 < at < 1:
            continue
        weight = np.ones(len(rows)) if table.degeneracy is None else table.degeneracy[rows]
        spread = float(np.average(table.energy[rows], weights=weight) - table.energy[rows].min()) / FARADAY
        entropy = -GAS_CONSTANT * temperature / FARADAY * float(mixing(np.array(at)))
        places.append(at)
        shares.append(min(spread / entropy, 1.0))
    return ideal * np.interp(x, places, shares) if places else np.zeros_like(x)
