"""Thermodynamics of an electrode as a table of comma-separated values."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from a2c_pybamm.files.writing import write_text
from a2c_pybamm.parameter_set import ParameterSet, thermodynamic_table


def write_thermodynamics(path: Path, parameter_set: ParameterSet, side: str) -> Path:
    """The path, holding the table of one electrode, "negative" or "positive"; names of columns end in their unit.

    Its columns ``x``, ``voltage_V`` and ``voltage_std_V`` can be read again by ``read_chemical_potentials``.

    Raises
    ------
    ValueError
        If the side has no free-energy law, or the file cannot be written.
    """
    table = thermodynamic_table(parameter_set, side)
    names = ["x", "stoichiometry", *table.data_vars]
    units = {name: table[name].attrs["units"] for name in names}
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([name if units[name] == "1" else f"{name}_{units[name]}" for name in names])
    writer.writerows(
        [f"{value + 0.0:.10g}" for value in row] for row in zip(*(table[name].values for name in names), strict=True)
    )
    return write_text(path, text.getvalue())
