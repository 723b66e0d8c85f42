"""Stress over the frames of a simulation at constant volume, from a CSV table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from a2c_pybamm.data import Array, Extent, StressKind, StressSeries
from a2c_pybamm.readers.csv_table import read_column, read_rows
from a2c_pybamm.readers.mechanics.strain_table import pressure_unit, six_columns
from a2c_pybamm.readers.mechanics.stress_convention import StressConvention, stress_convention
from a2c_pybamm.readers.source_file import existing, file_errors, fingerprint, unpacked_name
from a2c_pybamm.readers.units import UNITS, parse_quantity


@file_errors
def read_stress_series(
    path: str | Path,
    *,
    kind: StressKind | str,
    interval: str,
    temperature: str,
    volume: str,
    n_atom: int,
    born: Array,
    stress_columns: str | Sequence[str] = "s{}_GPa",
    stress_unit: str | None = None,
    convention: StressConvention | str = StressConvention.ASE,
    discard: str = "0 s",
    rotations: Array | None = None,
    label: str | None = None,
) -> StressSeries:
    """Stresses of a simulation from a CSV table, a frame a row.

    Parameters
    ----------
    kind
        ``"virial stress"`` (forces alone: LAMMPS's ``compute pressure NULL virial``) or ``"total stress"`` (with momenta).
    interval
        Time between rows (``"10 fs"``).
    temperature, volume
        Of the simulation, with units.
    n_atom
        Number of atoms of its cell.
    born
        Born term [Pa], of frames (n_born, 6, 6) or its mean (6, 6): of `born_term`, or of LAMMPS by
        `born_term_of_lammps`.
    stress_columns, stress_unit, convention
        As in `read_strained_stresses`; ``"lammps"`` for pressures of LAMMPS. Columns in a unit of stress times volume
        (``"bar.A3"``, ``"eV"``), sums over atoms as of LAMMPS's ``compute stress/atom`` (``"stress_atom"``), are divided by the
        volume.
    discard
        Time at the beginning that is left out.
    rotations
        Operations of the crystal's point group in Cartesian axes (n_operation, 3, 3), of `read_point_group`.

    Raises
    ------
    ValueError
        Naming file and line: a column is missing, a field is no number, or the file is cut off. Naming the file: nothing is
        left, or a quantity has no unit.
    """
    path = existing(path)
    columns = six_columns(path, stress_columns)
    rows = read_rows(path, columns, "name them with stress_columns")
    step = parse_quantity(interval, "time", f"{path}: interval")
    if not step > 0:
        raise ValueError(f"{path}: interval is {interval!r}; give the time between rows, like '10 fs'")
    rows = rows[int(np.ceil(parse_quantity(discard, "time", f"{path}: discard") / step)) :]
    if not rows:
        raise ValueError(f"{path}: all rows are discarded; give a shorter discard")
    factors, extent = _units(path, columns, stress_unit)
    components = np.column_stack([unit * read_column(path, rows, name) for name, unit in zip(columns, factors, strict=True)])
    program = stress_convention(convention, str(path))
    series = StressSeries(
        stresses=program.stress(components),
        kind=StressKind(kind),
        interval=step,
        temperature=parse_quantity(temperature, "temperature", f"{path}: temperature"),
        volume=parse_quantity(volume, "cell volume", f"{path}: volume"),
        n_atom=n_atom,
        born=born,
        rotations=rotations,
        label=label or unpacked_name(path).stem,
        provenance={**fingerprint(path), "convention": program.name.lower()},
        extent=extent,
    )
    return series if series.extent is Extent.VOLUME else series.per_volume()


def _units(path: Path, columns: Sequence[str], unit: str | None) -> tuple[list[float], Extent]:
    """SI values of the columns' units, and what they are of; ``ValueError`` where some are of stresses and some are not."""
    known = UNITS["total stress"]
    totals = [ending for name in columns if (ending := unit or name.rsplit("_", 1)[-1]) in known]
    if not totals:
        return [pressure_unit(path, name, unit) for name in columns], Extent.VOLUME
    if len(totals) < len(columns):
        raise ValueError(f"{path}: some columns are in units of a stress and some of stress times volume; take one kind")
    return [known[ending] for ending in totals], Extent.SIMULATION_CELL
