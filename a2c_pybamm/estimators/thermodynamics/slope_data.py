r"""Energies and potentials as linear data of a logit spline's slopes, for one fit of all of them.

With :math:`V = RT_r/F`, valence z and slopes :math:`s_k` (1 for an ideal lattice gas) an energy per site, ideal mixing taken
out, and a voltage are

.. math::
    E/F = g_0 - x z U_0 + V\sum_k (s_k - 1)\,\varphi_k(x), \qquad
    U + \frac{RT}{zF}\ln\frac{x}{1-x} + \frac{(T - T_r)\,s_\mathrm{M}}{zF} = U_0 - \frac{V}{z}\sum_k (s_k - 1)\,\varphi_k'(x)
    + \frac{T - T_r}{zF}\left[\Delta s + R\sum_k S_k\,\varphi_k'(x)\right]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.data import ChemicalPotentials
from a2c_pybamm.estimate import Array
from a2c_pybamm.estimators.thermodynamics.orderings import Compositions
from a2c_pybamm.estimators.thermodynamics.roughness_prior import LinearData
from a2c_pybamm.laws.thermodynamics.logit_basis import logit, mixing
from a2c_pybamm.laws.thermodynamics.logit_spline import LogitSpline

SAME_TEMPERATURE = 1e-6
"""Temperatures closer than this [K] are one: files round them."""
LEAST_START_SLOPE = 0.05
"""Smallest slope that a search starts from; where noisy data rise there is no logarithm of theirs."""


@dataclass(frozen=True, eq=False)
class SlopeRows:
    """Data of one table as rows of a linear problem."""

    x: Array
    """Compositions (n,)."""
    data: Array
    """(n,)."""
    noise: Array
    """Standard deviations, absolute or up to a factor (n,)."""
    known: bool
    """True where they are absolute."""
    constant: Array
    """Column of g(0), zero for voltages (n,)."""
    voltage: Array
    """Column of U_0 (n,)."""
    warming: Array
    """Column of the vibrational entropy [V.K.mol.J-1], zero for energies (n,)."""
    slopes: Array
    """(n, n_slope)."""
    entropies: Array
    """(n, n_slope), zero for energies."""


def thermal_voltage(law: LogitSpline) -> float:
    """RT/F at the reference temperature [V]."""
    return GAS_CONSTANT * law.reference_temperature / FARADAY


def energy_rows(compositions: Compositions, law: LogitSpline, energy_std: float | None) -> SlopeRows:
    """Rows of energies at compositions; ``energy_std`` [J.mol-1] makes their relative standard deviations absolute."""
    x, zero = compositions.x, np.zeros(len(compositions.x))
    slopes = thermal_voltage(law) * law.basis.integrals(x)
    noise = compositions.relative_std * (1.0 if energy_std is None else energy_std / FARADAY)
    data = compositions.energy + slopes.sum(axis=1)
    none = np.zeros_like(slopes)
    return SlopeRows(x, data, noise, energy_std is not None, np.ones_like(x), -law.valence * x, zero, slopes, none)


def potential_rows(data: ChemicalPotentials, law: LogitSpline) -> SlopeRows:
    """Rows of voltages, like ones of a table once."""
    data = distinct_rows(data)
    x, T, potential, std = data.x, data.temperature, data.potential, data.std
    z = law.valence
    curves = law.basis.curves(x)
    shift = T - law.reference_temperature
    ideal = GAS_CONSTANT * T / FARADAY * logit(x) + shift * law.metal_entropy / FARADAY
    slopes = -thermal_voltage(law) / z * curves
    voltage = -potential / (z * FARADAY) + ideal / z + slopes.sum(axis=1)
    noise = np.ones_like(x) if std is None else std / (z * FARADAY)
    warming = shift / (z * FARADAY)
    entropies = GAS_CONSTANT * warming[:, None] * curves
    return SlopeRows(x, voltage, noise, std is not None, np.zeros_like(x), np.ones_like(x), warming, slopes, entropies)


def distinct_rows(data: ChemicalPotentials) -> ChemicalPotentials:
    """The table with like rows once: one written twice is no second result."""
    columns = [data.x, data.temperature, data.potential, *([] if data.std is None else [data.std])]
    _, first = np.unique(np.column_stack(columns), axis=0, return_index=True)
    kept = np.sort(first)
    if len(kept) == len(data.x):
        return data
    std = None if data.std is None else data.std[kept]
    return replace(data, x=data.x[kept], temperature=data.temperature[kept], potential=data.potential[kept], std=std)


def linear_problem(rows: Sequence[SlopeRows], *, entropies: bool) -> LinearData:
    """All rows as one problem: a column of g(0) for each table of energies, U_0, and with ``entropies`` their change [R]."""
    blocks = [row.constant for row in rows]
    columns = []
    for k, block in enumerate(blocks):
        if block.any():
            columns.append(np.concatenate([block if j == k else np.zeros(len(row.x)) for j, row in enumerate(rows)]))
    columns.append(np.concatenate([row.voltage for row in rows]))
    if entropies:
        columns.append(GAS_CONSTANT * np.concatenate([row.warming for row in rows]))
    of_entropies = np.vstack([row.entropies for row in rows])
    return LinearData(
        np.concatenate([row.data for row in rows]),
        np.concatenate([row.noise for row in rows]),
        np.column_stack(columns),
        np.vstack([row.slopes for row in rows]),
        of_entropies if entropies else np.zeros((len(of_entropies), 0)),
        any(bool(row.constant.any()) for row in rows),
    )


def start_slopes(tables: Sequence[SlopeRows], law: LogitSpline) -> Array:
    """Slopes to start a search from (n_slope,): differences of the voltages, or of the steps between energies."""
    row = min(tables, key=lambda r: (bool(r.constant.any()), -len(r.x)))
    order = np.argsort(row.x, kind="stable")
    x, y = row.x[order], (row.data - row.slopes.sum(axis=1))[order]
    apart = np.concatenate([[True], np.diff(x) > 0])
    x, y = x[apart], y[apart]
    if row.constant.any():
        y = -np.diff(y) / np.diff(x) / law.valence
        x = (x[1:] + x[:-1]) / 2
    z = logit(x)
    if len(z) < 2:
        return np.ones(len(law.basis.places))
    steps = 1 - np.diff(y) / np.diff(z) * law.valence / thermal_voltage(law)
    places = (z[1:] + z[:-1]) / 2
    return np.interp(logit(law.basis.places), places, np.maximum(steps, LEAST_START_SLOPE))


def excess_mixing(compositions: Compositions, law_mixing: float, temperature: float) -> Array:
    """Energies [eV] as a law sees them that has the share ``law_mixing`` of ideal mixing in itself (n,)."""
    thermal = GAS_CONSTANT * temperature / FARADAY
    return compositions.energy + (1 - law_mixing) * thermal * mixing(compositions.x)
