"""Values of an electrolyte's transport at concentrations and temperatures, and how a law's coefficients move them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from a2c_pybamm.constants import GAS_CONSTANT
from a2c_pybamm.data import Array
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.laws.conduction.electrolyte import FUNCTIONS, POSSIBLE, ElectrolyteTransport
from a2c_pybamm.laws.conduction.electrolyte_names import (
    conductivity_name,
    diffusivity_name,
    salt_coefficient_name,
    thermodynamic_factor_name,
    transference_name,
)
from a2c_pybamm.laws.law import COMPLEX_STEP

Runs = Mapping[tuple[float, float], Estimate] | Sequence[tuple[tuple[float, float], Estimate]]
"""Estimates by concentration [mol.m-3] and temperature [K], or pairs of both where several are at one place."""
KAPPA, T_PLUS, L_S, TDF = FUNCTIONS
D_E = "ln(D_e)"
"""Quantity that moves with two series: the salt's diffusivity."""
SERIES: dict[str, tuple[str, ...]] = {KAPPA: (KAPPA,), T_PLUS: (T_PLUS,), L_S: (L_S,), TDF: (TDF,), D_E: (L_S, TDF)}
"""Quantities that runs give, and the series of the law that each is moved by."""


def quantity_names(material: str) -> dict[str, str]:
    """Names of the coefficients that a run of this electrolyte may give, by the quantity of `SERIES`."""
    makers = (conductivity_name, transference_name, salt_coefficient_name, thermodynamic_factor_name, diffusivity_name)
    return {quantity: make(material) for quantity, make in zip(SERIES, makers, strict=True)}


@dataclass(frozen=True, eq=False)
class TransportRows:
    """Logarithms and transference numbers of runs, one after the other, then declared coefficients of the law."""

    c_e: Array
    """Concentration [mol.m-3] of each value of a run (n_value,)."""
    T: Array
    """Temperature [K] (n_value,)."""
    quantities: tuple[str, ...]
    """Quantity of each (n_value,), of `SERIES`."""
    declared: tuple[str, ...]
    """Coefficients of the law that are given (n_declared,)."""
    values: Array
    """(n_value + n_declared,)."""

    def of(self, quantity: str) -> Array:
        """True for the values of one quantity (n_value,)."""
        return np.array([other == quantity for other in self.quantities], dtype=bool)

    def place(self, row: int) -> str:
        """A value in words."""
        if row >= len(self.quantities):
            return self.declared[row - len(self.quantities)]
        return f"{self.quantities[row]} at {self.c_e[row]:g} mol.m-3 and {self.T[row]:g} K"


def transport_rows(runs: Runs, law: ElectrolyteTransport, declared: Sequence[Estimate]) -> tuple[TransportRows, list[Estimate]]:
    """Values of runs and declared coefficients, and the estimates that they are from, in the order of the values.

    Raises
    ------
    ValueError
        If a place is impossible, or an estimate has a coefficient that is none of the electrolyte's.
    """
    known = {name: quantity for quantity, name in quantity_names(law.material).items()}
    ordered = sorted(runs.items() if isinstance(runs, Mapping) else runs, key=lambda item: item[0])
    places, parts = [place for place, _ in ordered], [run for _, run in ordered]
    for (c_e, T), run in zip(places, parts, strict=True):
        if not POSSIBLE.holds(c_e, T):
            raise ValueError(
                f"{law.material}: run at {c_e:g} mol.m-3 and {T:g} K; give places as (mol.m-3, kelvin), up to "
                f"{POSSIBLE.highest_concentration:g} mol.m-3 (1 mol/L is 1000) and within {POSSIBLE.coldest:g} to "
                f"{POSSIBLE.warmest:g} K (0 °C is 273.15 K)"
            )
        if strange := [name for name in run.names if name not in known]:
            raise ValueError(
                f"{law.material}: run at {c_e:g} mol.m-3 and {T:g} K has {strange[0]!r}; select some of {', '.join(known)}"
            )
    if strange := [name for given in declared for name in given.names if name not in law.names]:
        raise ValueError(
            f"{law.material}: {strange[0]!r} is declared and no coefficient of the law; have {', '.join(law.names)}"
        )
    counts = [len(run.names) for run in parts]
    c_e, T = np.repeat(np.array(places, float).reshape(-1, 2), counts, axis=0).T
    rows = TransportRows(
        c_e,
        T,
        tuple(known[name] for run in parts for name in run.names),
        tuple(name for given in declared for name in given.names),
        np.concatenate([part.mean for part in [*parts, *declared]]) if parts or declared else np.zeros(0),
    )
    return rows, [*parts, *declared]


def transport_values(law: ElectrolyteTransport, c: Mapping[str, Any], quantity: str, c_e: Array, T: Array) -> Any:
    """A quantity of `SERIES` by the law, logarithms of all but the transference number."""
    if quantity == T_PLUS:
        return law.cation_transference_number(c, c_e, T)
    if quantity == KAPPA:
        return np.log(law.electrolyte_conductivity(c, c_e, T))
    if quantity == L_S:
        return np.log(law.salt_onsager_coefficient(c, c_e, T))
    if quantity == TDF:
        return np.log(law.electrolyte_thermodynamic_factor(c, c_e, T))
    return np.log(2 * GAS_CONSTANT * T / c_e) + sum(transport_values(law, c, part, c_e, T) for part in SERIES[quantity])


def linearised(law: ElectrolyteTransport, theta: Array, rows: TransportRows) -> tuple[Array, Array]:
    """Values of the rows by the law (n_row,), and their derivatives by its coefficients (n_row, n_coefficient)."""
    c = dict(zip(law.names, theta, strict=True))
    n = len(rows.quantities)
    values, jacobian = np.zeros(n + len(rows.declared)), np.zeros((n + len(rows.declared), len(theta)))
    for quantity in dict.fromkeys(rows.quantities):
        chosen = np.flatnonzero(rows.of(quantity))
        values[chosen], jacobian[chosen] = transport_jacobian(law, c, quantity, rows.c_e[chosen], rows.T[chosen])
    for k, name in enumerate(rows.declared, n):
        values[k], jacobian[k, law.names.index(name)] = c[name], 1.0
    return values, jacobian


def transport_jacobian(
    law: ElectrolyteTransport, c: Mapping[str, float], quantity: str, c_e: Array, T: Array
) -> tuple[Array, Array]:
    """A quantity by the law (n_place,), and its derivatives by the law's coefficients (n_place, n_coefficient)."""
    moving = law.names[: len(law.names) - sum(map(len, law.series.values()))]
    stepped: dict[str, Any] = dict(c)
    for k, name in enumerate(moving):
        step = np.zeros((len(moving), 1), complex)
        step[k] = 1j * COMPLEX_STEP
        stepped[name] = c[name] + step
    value = np.broadcast_to(transport_values(law, stepped, quantity, c_e, T), (len(moving), len(c_e)))
    columns = dict(zip(moving, value.imag / COMPLEX_STEP, strict=True))
    u, tau = law.scaled_root(c_e), law.theta(c, T) / law.temperature_scale
    for part in SERIES[quantity]:
        for name, (k, j) in law.series[part].items():
            columns[name] = u**k * tau**j
    zero = np.zeros(len(c_e))
    return value[0].real, np.column_stack([columns.get(name, zero) for name in law.names])
