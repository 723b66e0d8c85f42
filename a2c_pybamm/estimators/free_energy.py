"""Redlich–Kister free energy from energies of orderings."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.constants import FARADAY
from a2c_pybamm.data import EnergyTable
from a2c_pybamm.estimate import Array, Estimate, Factor
from a2c_pybamm.laws.redlich_kister import RedlichKister, excess

DOUBTFUL = 3.0
"""How many times larger the standard deviation of a doubtful energy is taken: a relaxation that did not converge, or a
composition inside (0, 1) of which one ordering alone was computed, so that the lowest may have been missed."""
SPARE = 3
"""Degrees of freedom a fit must leave to know its own scatter: Student's t has a variance from three on."""
SAME_COMPOSITION = 1e-6
"""Compositions closer than this are one: 1/3 and 1 - 2/3 differ in the last digit."""
ADMITTED = 0.05
"""Orders whose leave-one-out weight falls below this share of the best one's are left out."""


@dataclass(frozen=True)
class OrderChoice:
    """Orders of a Redlich–Kister law and how well each predicts energies left out."""

    orders: tuple[int, ...]
    errors: tuple[float, ...]
    """Root-mean-square leave-one-out error [eV], geometric mean over the tables."""
    weights: tuple[float, ...]
    """Share of each order among those admitted, summing to one."""

    @property
    def best(self) -> int:
        return self.orders[int(np.argmax(self.weights))]

    @property
    def highest(self) -> int:
        """The order that the law needs to hold all admitted ones."""
        return max(order for order, weight in zip(self.orders, self.weights, strict=True) if weight > 0)


@dataclass(frozen=True)
class _Hull:
    """Lowest energy at each composition [eV], with its relative standard deviation."""

    x: Array
    energy: Array
    spread: Array


def _by_composition(x: Array) -> list[NDArray[np.intp]]:
    """Rows of each composition, compositions ascending."""
    order = np.argsort(x, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(x[order]) > SAME_COMPOSITION) + 1)


def lowest_energies(table: EnergyTable) -> _Hull:
    """The lowest energy at each composition; doubtful ones get a wider relative standard deviation."""
    rows = _by_composition(table.x)
    x = np.array([table.x[r[0]] for r in rows])
    lowest = np.array([r[np.argmin(table.energy[r])] for r in rows])
    alone = np.array([len(r) == 1 and 0 < value < 1 for r, value in zip(rows, x, strict=True)])
    spread = np.where(alone | ~table.converged[lowest], DOUBTFUL, 1.0)
    return _Hull(x, table.energy[lowest] / FARADAY, spread)


def _design(x: Array, order: int) -> Array:
    """Columns of g(0), U0, L_0 … L_order (n_composition, order + 3)."""
    return np.column_stack([np.ones_like(x), -x, *(excess(k, x) for k in range(order + 1))])


def _enough(hull: _Hull, order: int, label: str, spare: int) -> None:
    need = order + 3 + spare
    if len(hull.x) < need:
        raise ValueError(
            f"energies of {label}: {len(hull.x)} composition(s), a law of order {order} needs at least {need}; "
            "compute more compositions, lower the order, or declare energy_std"
        )


def leave_one_out(table: EnergyTable, order: int) -> float:
    """Root-mean-square error [eV] in predicting each composition's lowest energy from the others (weighted)."""
    hull = lowest_energies(table)
    _enough(hull, order, table.label, 1)
    design = _design(hull.x, order) / hull.spread[:, None]
    q, _ = np.linalg.qr(design)
    y = hull.energy / hull.spread
    leverage = (q**2).sum(axis=1)
    residual = (y - q @ (q.T @ y)) / np.maximum(1 - leverage, 1e-12)
    return float(np.sqrt(np.mean(residual**2)))


def choose_order(
    tables: Sequence[EnergyTable], *, orders: Sequence[int] = (0, 1, 2, 3), scatter_known: bool = False
) -> OrderChoice:
    r"""Orders weighted by leave-one-out error, one choice for all tables: members of a committee share one law.

    The weight of an order is :math:`\prod_m e_m^{-n_m}` with :math:`e_m` the leave-one-out error of table m and :math:`n_m`
    its number of compositions: the likelihood ratio of Gaussian predictions with fitted width. Orders for which a table has
    too few compositions are not considered: the fit must leave three degrees of freedom for its scatter, or one where the
    scatter is known (``energy_std`` of the fit).

    Raises
    ------
    ValueError
        If not even the lowest order can be tested.
    """
    counts = [len(_by_composition(table.x)) for table in tables]
    spare = 1 if scatter_known else SPARE
    possible = [order for order in orders if min(counts) >= order + 3 + spare]
    if not possible:
        shortest = tables[int(np.argmin(counts))]
        _enough(lowest_energies(shortest), min(orders), shortest.label, spare)
    errors = np.array([[leave_one_out(table, order) for table in tables] for order in possible])
    log_weight = -np.log(np.maximum(errors, 1e-12)) @ np.array(counts, float)
    weight = np.exp(log_weight - log_weight.max())
    weight = np.where(weight >= ADMITTED, weight, 0.0)
    geometric = np.exp(np.log(np.maximum(errors, 1e-12)).mean(axis=1))
    return OrderChoice(tuple(possible), tuple(map(float, geometric)), tuple(map(float, weight / weight.sum())))


def fit_free_energy(
    table: EnergyTable,
    law: RedlichKister,
    *,
    source: str | None = None,
    energy_std: float | None = None,
    choice: OrderChoice | None = None,
) -> Estimate:
    r"""Coefficients of a Redlich–Kister law from the lowest energy at each composition (mean field: ideal mixing is added).

    Weighted least squares of :math:`E(x) - x E_\mathrm{Li} = g_0 - x U_0 + x(1-x)\sum_k L_k(1-2x)^k`. The standard
    deviation of an energy is ``energy_std`` [J.mol-1 per site], or comes from the residual; then the covariance is widened by
    :math:`\nu/(\nu-2)`, the variance of Student's t with the :math:`\nu` degrees of freedom that are left, since few
    compositions know their own scatter badly: 95 % intervals then hold the truth in 95 % of cases, 68 % intervals in more
    (82 % for :math:`\nu = 3`). With ``choice`` the best order is fitted within ``law`` (whose order holds all admitted ones),
    and the other admitted orders' distance from it, times the root of their weight, is a source of its own; 95 % intervals
    then hold the truth in 92 to 94 % of cases, and in 85 to 90 % where a term of the law hides in the noise.

    Returns the law's coefficients without the vibrational entropy, which energies at 0 K do not tell.

    Raises
    ------
    ValueError
        If there are too few compositions (one data point, say), no residual degrees of freedom where the scatter is to be
        estimated, or the leading interaction is attractive where the law's coordinates need repulsion.
    """
    source = source or f"{law.material} energies (fit)"
    best = choice.best if choice else law.order
    if energy_std is not None and not energy_std > 0:
        raise ValueError(
            f"{law.material}: energy_std must be positive, got {energy_std:g} J/mol; leave it out if it is not known"
        )
    if choice and choice.highest > law.order:
        raise ValueError(f"{law.material}: order {choice.highest} is admitted, but the law has order {law.order}")
    mean, root = _fit(table, law, best, energy_std)
    labels = tuple(f"{table.label}:{_fingerprint(table, best)}:{k}" for k in range(root.shape[1]))
    factors = {source: Factor(root, labels)}
    if choice:
        others = [(k, w) for k, w in zip(choice.orders, choice.weights, strict=True) if w > 0 and k != best]
        if others:
            columns = np.column_stack([np.sqrt(w) * (_fit(table, law, k, energy_std)[0] - mean) for k, w in others])
            factors[f"{law.material} order of the law"] = Factor(columns, tuple(f"order {k}" for k, _ in others))
    provenance = {"label": table.label, **table.provenance, "orders": _describe(choice, best)}
    method = f"lowest energies + ideal mixing (mean field), Redlich-Kister of order {best} by weighted least squares"
    return Estimate(law.names[:-1], mean, factors, method, provenance)


def _fingerprint(table: EnergyTable, order: int) -> str:
    """Of the energies and the order: columns of other energies, or of another design, are other realisations."""
    stamp = np.concatenate([table.x, table.energy, table.converged, [order]]).tobytes()
    return hashlib.sha256(stamp).hexdigest()[:12]


def _describe(choice: OrderChoice | None, best: int) -> dict[str, object]:
    if choice is None:
        return {"taken": best}
    return {
        "taken": best,
        "tried": list(choice.orders),
        "leave-one-out [eV]": list(choice.errors),
        "weights": list(choice.weights),
    }


def _fit(table: EnergyTable, law: RedlichKister, order: int, energy_std: float | None) -> tuple[Array, Array]:
    """Mean (n,) and covariance root (n, r) in the law's coordinates, of a fit of this order."""
    hull = lowest_energies(table)
    _enough(hull, order, table.label, SPARE if energy_std is None else 0)
    # distances and energies are of order one in eV, so that the design is well scaled as it stands
    q, r = np.linalg.qr(_design(hull.x, order) / hull.spread[:, None])
    y = hull.energy / hull.spread
    theta = np.linalg.solve(r, q.T @ y)
    if energy_std is None:
        free = len(hull.x) - len(theta)
        scatter = float(np.sum((y - q @ (q.T @ y)) ** 2)) / (free - 2)  # (sum/ν) ν/(ν-2)
    else:
        scatter = (energy_std / FARADAY) ** 2
    root = np.linalg.solve(r, np.eye(len(theta))) * np.sqrt(scatter)
    mean, jacobian = _coordinates(law, theta[1:], table.label)
    return mean, jacobian @ root[1:]


def _coordinates(law: RedlichKister, theta: Array, label: str) -> tuple[Array, Array]:
    """The law's coordinates of (U0, L_0 …) and their Jacobian; interactions beyond those given are zero."""
    L = np.zeros(law.order + 1)
    L[: len(theta) - 1] = theta[1:]
    a, b = law.window
    steps = np.array([(excess(k, b) - excess(k, a)) / (b - a) for k in range(law.order + 1)])
    plain = replace(law, shape="plain")
    thermal = plain.end_voltage(dict.fromkeys(plain.names, 0.0))
    jacobian = np.zeros((law.order + 2, law.order + 2))
    jacobian[0] = [1.0, *(-steps)]
    voltage = theta[0] - steps @ L - thermal
    if law.shape == "plain":
        jacobian[1:, 1:] = np.eye(law.order + 1)
        return np.array([voltage, *L]), jacobian[:, : len(theta)]
    if L[0] >= 0:
        raise ValueError(
            f"energies of {label}: L0 = {L[0]:.3g} eV is attractive (the host separates into phases), "
            "but the law's coordinate is ln(−L0); take shape='plain' and a treatment of the gap"
        )
    jacobian[1, 1] = 1 / L[0]
    for k in range(1, law.order + 1):
        jacobian[k + 1, 1], jacobian[k + 1, k + 1] = -L[k] / L[0] ** 2, 1 / L[0]
    return np.array([voltage, np.log(-L[0]), *(L[1:] / L[0])]), jacobian[:, : len(theta)]
