"""Tables of a host whose voltages are such as a host has; the others are among the mistakes, each with its likely slip."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from a2c_pybamm import study as schema
from a2c_pybamm.constants import FARADAY
from a2c_pybamm.data import EnergyTable
from a2c_pybamm.derivation.host_data import Table
from a2c_pybamm.derivation.spline_host import law_window
from a2c_pybamm.estimators import (
    hull_voltages,
    mean_of_potentials,
    mean_voltage,
    validate_potentials,
    validate_reference,
    validate_voltages,
)
from a2c_pybamm.ions import known_ion


def plausible_tables(
    material: str, entry: schema.FreeEnergy, tables: Mapping[Path, Table], notes: dict[str, Any], mistakes: schema.Mistakes
) -> dict[Path, Table]:
    """Tables with plausible voltages, by file; of the others one error each is added.

    Where a mean voltage is declared in the place of the calculated one, notes say how far each table is from it.
    """
    passed: dict[Path, Table] = {}
    for file, table in tables.items():
        with mistakes.collect(file):
            if isinstance(table, EnergyTable):
                validate_voltages(table, window=entry.voltage_window, energy_std=getattr(entry, "energy_std", None))
            else:
                validate_potentials(table, window=entry.voltage_window)
            passed[file] = table
    with mistakes.collect():
        if isinstance(entry, schema.ExpansionFreeEnergy) and entry.reference:
            passed = _near_reference(material, entry, entry.reference, passed, notes, mistakes)
    return passed


def _near_reference(
    material: str,
    entry: schema.ExpansionFreeEnergy,
    reference: schema.Reference,
    tables: dict[Path, Table],
    notes: dict[str, Any],
    mistakes: schema.Mistakes,
) -> dict[Path, Table]:
    """Tables whose mean voltage over the law's window is not beyond the declared one's error; notes say how far each is."""
    passed, remarks = {}, []
    window = law_window(entry, tables.values()) if tables else entry.mean_range
    for file, table in tables.items():
        with mistakes.collect(file):
            remarks.append(_compared(entry, reference, table, window))
            passed[file] = table
    if any(remarks):
        notes[f"{material} reference voltage"] = "; ".join(filter(None, remarks))
    return passed


def _compared(entry: schema.ExpansionFreeEnergy, reference: schema.Reference, table: Table, window: tuple[float, float]) -> str:
    """Note on a table's mean voltage over the law's window beside the declared one; empty where there is none."""
    low, high = window
    if len(np.unique(table.x)) < 2 or min(high, max(table.x)) <= max(low, min(table.x)):
        return ""  # nothing of the window is in the table
    std = 0.0
    if isinstance(table, EnergyTable):
        calculated = mean_voltage(hull_voltages(table), window)
        std = float(np.sqrt(2)) * (entry.energy_std or 0.0) / (known_ion(table.ion).valence * FARADAY * (high - low))
    else:
        calculated = mean_of_potentials(table, window)
    return validate_reference(calculated, std, reference.mean_voltage, reference.std, label=table.label)
