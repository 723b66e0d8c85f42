"""Orders of a law that energies admit, and how well each predicts energies left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from a2c_pybamm.data import EnergyTable
from a2c_pybamm.estimate import Array
from a2c_pybamm.estimators.statistics.averaging import LEAST_DEGREES_OF_FREEDOM, LEAST_SCATTER, average_nested
from a2c_pybamm.estimators.thermodynamics.orderings import by_composition, lowest_energies
from a2c_pybamm.laws.thermodynamics.expansion import Expansion
from a2c_pybamm.laws.thermodynamics.redlich_kister import RedlichKister

MOST_AVERAGED = 4
"""Interactions of the widest law that is averaged over unless told otherwise: for truths of one to four interactions the
coverage of such averages is measured (docs/decisions/0006-averages-over-orders.md)."""


@dataclass(frozen=True)
class OrderChoice:
    """Nested orders of a law that have compositions enough in all tables, with their errors in predicting energies left out."""

    kind: str
    """Kind of the law."""
    orders: tuple[int, ...]
    errors: tuple[float, ...]
    """Root-mean-square leave-one-out error [eV], geometric mean over the tables."""
    weights: tuple[float, ...]
    """Weight of each order in all tables together, summing to one."""

    @property
    def best(self) -> int:
        """Order with the smallest leave-one-out error."""
        return self.orders[int(np.argmin(self.errors))]

    @property
    def highest(self) -> int:
        """The order that the law needs to hold all of them."""
        return max(self.orders)


def energy_design(law: Expansion, x: Array) -> Array:
    """Columns of g(0), U0 and the law's terms (n_composition, n_term + 2)."""
    return np.column_stack([np.ones_like(x), -law.valence * x, *(law.term(k, x) for k in range(len(law.interaction_names)))])


def column_count(law: Expansion, order: int) -> int:
    """Number of first columns of ``energy_design`` that the law of a nested order has."""
    return law.nested_orders.index(order) + 3


def validate_count(n: int, n_column: int, size: str, label: str, spare: int) -> None:
    """Raise ``ValueError`` where compositions are fewer than coefficients and degrees of freedom to spare."""
    need = n_column + spare
    if n < need:
        raise ValueError(
            f"energies of {label}: {n} composition(s), a law of {size} needs at least {need}; "
            "compute more compositions, lower the order, or declare energy_std"
        )


def size_of(law: Expansion) -> str:
    """Order of a law, or number of its interactions where its terms are not nested, in words."""
    return f"order {law.nested_orders[-1]}" if law.nested_orders else f"{len(law.interaction_names)} interactions"


def leave_one_out(table: EnergyTable, order: int, *, law: Expansion | None = None) -> float:
    """Root-mean-square error [eV] in predicting each composition's lowest energy from the others (weighted).

    Of the law with the terms of this order; Redlich–Kister's if none is given.
    """
    law = law or RedlichKister("host", order)
    lowest = lowest_energies(table)
    n_column = column_count(law, order)
    validate_count(len(lowest.x), n_column, f"order {order}", table.label, 1)
    std = lowest.relative_std
    q, _ = np.linalg.qr(energy_design(law, lowest.x)[:, :n_column] / std[:, None])
    y = lowest.energy / std
    leverage = (q**2).sum(axis=1)
    residual = (y - q @ (q.T @ y)) / np.maximum(1 - leverage, 1e-12)
    return float(np.sqrt(np.mean(residual**2)))


def choose_order(
    tables: Sequence[EnergyTable],
    *,
    law: Expansion | None = None,
    orders: Sequence[int] | None = None,
    scatter_known: bool = False,
) -> OrderChoice:
    r"""Orders that all tables have compositions enough for: members of a committee share one law.

    ``law`` is that of the highest order, Redlich–Kister's of order 3 if not given; ``orders`` are all that it nests if not
    given. The fit must leave three degrees of freedom for its scatter, or one where the scatter is known (``energy_std`` of the
    fit). None is picked: `fit_free_energy` averages over them. Leave-one-out errors measure how well each predicts; the weights
    are products over the tables of those that an average over orders has in each (`average_nested`).

    Raises
    ------
    ValueError
        If not even the lowest order can be tested, or an order is not nested in the law.
    """
    law = law or RedlichKister("host", max(orders or (MOST_AVERAGED - 1,)))
    orders = law.nested_orders if orders is None else orders
    missing = [order for order in orders if order not in law.nested_orders]
    if missing or not orders:
        raise ValueError(f"law {law.kind}: orders {missing} are not nested in it; take some of {list(law.nested_orders)}")
    counts = [len(by_composition(table.x)) for table in tables]
    spare = 1 if scatter_known else LEAST_DEGREES_OF_FREEDOM
    possible = [order for order in orders if min(counts) >= column_count(law, order) + spare]
    if not possible:
        k = int(np.argmin(counts))
        validate_count(counts[k], column_count(law, min(orders)), f"order {min(orders)}", tables[k].label, spare)
    errors = np.array([[leave_one_out(table, order, law=law) for table in tables] for order in possible])
    sizes = [column_count(law, order) for order in possible]
    averages = []
    for table in tables:
        lowest = lowest_energies(table)
        design = energy_design(law, lowest.x)[:, : sizes[-1]]
        averages.append(average_nested(design, lowest.energy, lowest.relative_std, sizes, known=False))
    weight = np.exp(sum(np.log(np.maximum(a.weights, 1e-300)) for a in averages))
    geometric = np.exp(np.log(np.maximum(errors, LEAST_SCATTER)).mean(axis=1))
    return OrderChoice(law.kind, tuple(possible), tuple(map(float, geometric)), tuple(map(float, weight / weight.sum())))


def validate_choice(choice: OrderChoice, law: Expansion) -> None:
    """Raise ``ValueError`` where a choice of orders is none of this law's."""
    if choice.kind != law.kind:
        raise ValueError(f"{law.material}: the choice is of orders of {choice.kind}, not of {law.kind}; leave choice out")
    if choice.highest not in law.nested_orders:
        raise ValueError(
            f"{law.material}: order {choice.highest} is admitted, but the law has order {law.nested_orders[-1]}; "
            "raise its order"
        )
