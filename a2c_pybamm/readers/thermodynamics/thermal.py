"""Vibrational free energies over temperature, as printed by a phonon code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

import numpy as np

from a2c_pybamm.data import IDENTITY, Array, Extent, ThermalTable, conversion
from a2c_pybamm.readers.csv_table import read_column, read_rows
from a2c_pybamm.readers.plain_yaml import plain_yaml
from a2c_pybamm.readers.source_file import existing, file_errors, fingerprint, read_text, unpacked_name
from a2c_pybamm.readers.thermodynamics.phonons import check_sites
from a2c_pybamm.readers.units import LARGEST_NUMBER, unit_factor

N_ACOUSTIC = len(IDENTITY)
"""Modes of zero frequency at the zone centre, which phonopy leaves out: the crystal moved as a whole."""
QUANTITY_KINDS = {"temperature": "temperature", "free_energy": "energy", "entropy": "entropy", "heat_capacity": "entropy"}
"""Kind of quantity of each column of a thermal table."""
CSV_COLUMNS = {
    "T_K": 1.0,
    "F_vib_kJ_per_mol_cell": 1e3,
    "S_J_per_K_mol_cell": 1.0,
    "Cv_J_per_K_mol_cell": 1.0,
}
"""Columns of a thermal table in a CSV file, with the SI value of their units."""
_YAML = re.compile(r"^thermal_properties\s*:", re.MULTILINE)


@file_errors
def read_thermal(
    path: str | Path, *, sites: float, label: str | None = None, format: Literal["yaml", "csv"] | None = None
) -> ThermalTable:
    """Free energy, entropy and heat capacity per mole of sites, from phonopy's ``thermal_properties.yaml`` or a CSV table.

    The CSV table has the columns ``T_K``, ``F_vib_kJ_per_mol_cell``, ``S_J_per_K_mol_cell`` and ``Cv_J_per_K_mol_cell``. In the
    YAML file the block ``unit`` counts; where phonopy left out modes that are not positive, ``provenance`` has their share as
    ``left_out_share`` (imaginary ones, and at the zone centre the acoustic), and as ``natom`` the atoms of the cell. The share
    beyond the three acoustic ones is the table's ``imaginary``.

    Parameters
    ----------
    sites
        Number of lithium sites, filled or not, in the cell that the numbers are per mole of (phonopy's primitive cell).
    format
        ``"yaml"`` or ``"csv"``; if not given, the file's text and the ending of its name decide.

    Raises
    ------
    ValueError
        Naming the file: it is neither, a key, column or unit is missing or unknown, a number is not one, there is one
        temperature alone or they do not rise, the cell has fewer atoms than ``sites``, or it is cut off.
    """
    path = existing(path)
    check_sites(path, sites)
    if format not in (None, "yaml", "csv"):
        raise ValueError(f"{path}: format is {format!r}; write 'yaml' or 'csv'")
    if (format or _format(path)) == "yaml":
        table, stated, imaginary = _from_yaml(path)
        check_sites(path, sites, stated.get("natom"))
    else:
        rows = read_rows(path, list(CSV_COLUMNS), f"name the columns {', '.join(CSV_COLUMNS)}")
        columns = [unit * read_column(path, rows, column) for column, unit in CSV_COLUMNS.items()]
        table, stated = dict(zip(QUANTITY_KINDS, columns, strict=True)), {}
        imaginary = 0.0
    temperature, *per_cell = table.values()
    free_energy, entropy, heat_capacity = (values / sites for values in per_cell)
    provenance = {**fingerprint(path), "sites": float(sites), **stated}
    provenance |= conversion(Extent.SIMULATION_CELL, Extent.SITE, f"{sites:g} sites")
    return ThermalTable(
        label or unpacked_name(path).stem,
        temperature,
        free_energy,
        entropy,
        heat_capacity,
        provenance,
        imaginary=imaginary,
    )


def _format(path: Path) -> str:
    """Format of a thermal table by its text, or by the ending of its name."""
    if unpacked_name(path).suffix.lower() in (".yaml", ".yml") or _YAML.search(read_text(path)):
        return "yaml"
    return "csv"


def _from_yaml(path: Path) -> tuple[dict[str, Array], dict[str, Any], float]:
    """Columns in SI per mole of cells; atoms of the cell and share of modes left out, where stated; share of imaginary ones."""
    text = read_text(path)
    content = plain_yaml(text, path)
    remedy = "write it again with phonopy-load -t"
    units = content.get("unit") if isinstance(content, dict) else None
    entries = content.get("thermal_properties") if isinstance(content, dict) else None
    if not isinstance(units, dict) or not isinstance(entries, list) or not entries:
        raise ValueError(f"{path}: no block 'unit' and list 'thermal_properties'; {remedy}")
    if len(entries) < 2:
        raise ValueError(
            f"{path}: 1 temperature(s), it needs at least two; write more, with another TSTEP, TMIN or TMAX of phonopy"
        )
    table = {}
    for key, kind in QUANTITY_KINDS.items():
        factor = unit_factor(str(units.get(key, "")), kind, f"{path}: unit of {key!r}")
        table[key] = factor * np.array([_number(path, k, entry, key) for k, entry in enumerate(entries)])
    if not text.endswith("\n"):
        raise ValueError(f"{path}: no end of line at its end, the last number may be cut off; {remedy}")
    stated: dict[str, Any] = {}
    imaginary = 0.0
    natom, n, integrated = (content.get(key) for key in ("natom", "num_modes", "num_integrated_modes"))
    if isinstance(natom, int) and not isinstance(natom, bool) and natom > 0:
        stated["natom"] = natom
    if isinstance(n, int) and isinstance(integrated, int) and 0 <= integrated <= n and n:
        stated["left_out_share"] = 1 - integrated / n
        imaginary = max(n - integrated - N_ACOUSTIC, 0) / n
    return table, stated, imaginary


def _number(path: Path, k: int, entry: Any, key: str) -> float:
    """A finite number of the entry for one temperature."""
    try:
        value = np.nan if isinstance(entry[key], bool) else float(entry[key])
    except (KeyError, TypeError, ValueError, IndexError, OverflowError):
        value = np.nan
    if not abs(value) < LARGEST_NUMBER:
        raise ValueError(f"{path}: entry {k} of 'thermal_properties' has no finite {key!r}; is the file cut off?")
    return value
