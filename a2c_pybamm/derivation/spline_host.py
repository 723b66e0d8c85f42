"""Logit spline of a host: the law that all tables together make, and the tables that are fitted together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from a2c_pybamm import study as schema
from a2c_pybamm.data import ChemicalPotentials, EnergyTable
from a2c_pybamm.derivation.host_data import Table
from a2c_pybamm.estimators import logit_spline
from a2c_pybamm.laws import LogitSpline


def by_method(tables: Mapping[Path, Table]) -> dict[str, dict[Path, Table]]:
    """Tables by their method's label, each with its file."""
    groups: dict[str, dict[Path, Table]] = {}
    for file, table in tables.items():
        groups.setdefault(table.label, {})[file] = table
    return groups


def law_window(entry: schema.ExpansionFreeEnergy, tables: Iterable[Table]) -> tuple[float, float]:
    """Compositions between which the mean voltage of a law is taken: the section's, or those that all methods' data have.

    Raises
    ------
    ValueError
        If the methods have none in common.
    """
    if entry.window or not entry.law_from_data:
        return entry.mean_range
    ranges: dict[str, tuple[float, float]] = {}
    for table in tables:
        low, high = ranges.get(table.label, (float(min(table.x)), float(max(table.x))))
        ranges[table.label] = (min(low, float(min(table.x))), max(high, float(max(table.x))))
    low, high = max(r[0] for r in ranges.values()), min(r[1] for r in ranges.values())
    if len(ranges) > 1 and not low < high:
        text = ", ".join(f"{label} {a:g} to {b:g}" for label, (a, b) in ranges.items())
        raise ValueError(f"methods have no compositions in common ({text}); give window, or leave one out")
    return float(f"{low:g}"), float(f"{high:g}")  # as in the coefficient's name


def law_of_tables(
    material: str, temperature: float, entry: schema.LogitSplineFreeEnergy, tables: Sequence[Table]
) -> LogitSpline:
    """The law whose knots are over the compositions of all tables; it has entropies where the data of all methods give them.

    Raises
    ------
    ValueError
        If the data of some methods give entropies, and those of others do not.
    """
    entropic: dict[str, bool] = {}
    for table in tables:
        entropic[table.label] = entropic.get(table.label, False) or _gives_entropies(entry, table)
    if len(set(entropic.values())) > 1:
        without = ", ".join(label for label, given in entropic.items() if not given)
        raise ValueError(
            f"data of {without} give no entropies, those of other methods do; list data of one kind (potentials at several "
            "temperatures, or energies averaged over orderings) for all, or leave some out"
        )
    window = law_window(entry, tables)
    kinds: dict[str, Any] = {"stable": entry.stable, "entropies": any(entropic.values()), "ion": entry.ion}
    return logit_spline(material, tables, window=window, temperature=temperature, **kinds)


def _gives_entropies(entry: schema.LogitSplineFreeEnergy, table: Table) -> bool:
    """True where excess entropies follow from a table."""
    if isinstance(table, EnergyTable):
        return entry.ensemble == "boltzmann"
    return len(np.unique(table.temperature)) > 1


def law_of_vibrations(law: Any) -> Any:
    """The law to which vibrations of end members are added: they change the mean voltage and Δs, no slope."""
    return replace(law, entropies=0) if isinstance(law, LogitSpline) else law


def data_kind(tables: Iterable[Table]) -> str:
    """Short name of the voltages that a law is compared with: of the hull of energies, of potentials, or of both."""
    potentials = {isinstance(table, ChemicalPotentials) for table in tables}
    return {frozenset({True}): "data", frozenset({False}): "hull"}.get(frozenset(potentials), "hull or data")
