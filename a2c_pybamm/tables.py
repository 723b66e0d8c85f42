"""Plain rows of what was derived and what it does to the cell, for a page, a terminal or a notebook."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from a2c_pybamm.formatting import significant
from a2c_pybamm.result import FailureRow, OutputRow, ShareRow, failure_rows, output_rows, share_rows

if TYPE_CHECKING:
    from a2c_pybamm.parameter_set import ParameterSet

__all__ = [
    "ElectrolyteRow",
    "FailureRow",
    "OutputRow",
    "ParameterRow",
    "ShareRow",
    "electrolyte_rows",
    "failure_rows",
    "output_rows",
    "parameter_rows",
    "share_rows",
    "units",
]


@dataclass(frozen=True)
class ParameterRow:
    """One derived coefficient."""

    name: str
    mean: float
    std: float
    unit: str
    """Unit of mean and std; "1" for logarithms, ratios and fractions."""
    sources: tuple[tuple[str, float], ...]
    """Sources of its variance with their shares, largest first; they add to one."""
    method: str
    plain: float | None
    """exp(mean) where the coefficient is a logarithm: the median of the quantity itself."""
    plain_unit: str
    factor: float | None
    """exp(std): the quantity lies within a factor of this of ``plain`` with 68 % probability."""


def parameter_rows(parameter_set: ParameterSet) -> list[ParameterRow]:
    r"""A row for each coefficient of the joint, in its order.

    The share of source s in coefficient k is :math:`\sum_j A_{s,kj}^2 / \operatorname{Var}\theta_k`.
    """
    joint = parameter_set.joint
    methods = {name: estimate.method for estimate in joint.estimates for name in estimate.names}
    parts = {source: (factor.values**2).sum(axis=1) for source, factor in joint.factors.items()}
    rows = []
    for k, name in enumerate(joint.names):
        mean, std = float(joint.mean[k]), float(joint.std[k])
        shares = [(source, float(part[k]) / std**2) for source, part in parts.items() if std > 0 and part[k] > 0]
        unit, plain_unit = units(name)
        plain, factor = (float(np.exp(mean)), float(np.exp(std))) if plain_unit else (None, None)
        ordered = tuple(sorted(shares, key=lambda pair: -pair[1]))
        rows.append(ParameterRow(name, mean, std, unit, ordered, methods[name], plain, plain_unit, factor))
    return rows


def units(name: str) -> tuple[str, str]:
    """Unit of a coefficient, and for a logarithm that of the quantity itself (empty otherwise), as its name says them."""
    logarithm = re.search(r"\bln\((.*)\)$", name)
    found = re.search(r"\[([^\[\]]*)\]$", logarithm[1] if logarithm else name)
    unit = found[1] if found else "1"
    return ("1", unit) if logarithm else (unit, "")


@dataclass(frozen=True)
class ElectrolyteRow:
    """One function of the electrolyte at the initial concentration and the set's temperature."""

    key: str
    """PyBaMM's key, with its unit."""
    value: float
    """At the mean coefficients."""
    interval: tuple[float, float]
    """Central 68 % of draws."""
    base: float
    """The base set's own."""

    @property
    def value_text(self) -> str:
        return significant(self.value)

    @property
    def interval_text(self) -> str:
        return " to ".join(map(significant, self.interval))

    @property
    def base_text(self) -> str:
        return significant(self.base)


def electrolyte_rows(parameter_set: ParameterSet) -> list[ElectrolyteRow]:
    """A row for each function of the electrolyte that a law of concentration stands in for; none without such laws."""
    from a2c_pybamm.parameter_set import electrolyte_keys, electrolyte_table

    keys = electrolyte_keys(parameter_set)
    if not keys:
        return []
    table = electrolyte_table(parameter_set).isel(concentration=0)
    numbers = zip(table["value"].values, table["quantile"].values, table["base"].values, strict=True)
    return [
        ElectrolyteRow(key, float(v), (float(q[0]), float(q[1])), float(b))
        for key, (v, q, b) in zip(keys, numbers, strict=True)
    ]
