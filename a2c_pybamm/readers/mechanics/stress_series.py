"""Stress over the frames of a simulation at constant volume, from a CSV table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from a2c_pybamm.data import Array, StressKind, StressSeries
from a2c_pybamm.readers.csv_table import read_column, read_rows
from a2c_pybamm.readers.mechanics.strain_table import pressure_unit, six_columns
from a2c_pybamm.readers.mechanics.stress_convention import StressConvention, stress_convention
from a2c_pybamm.readers.source_file import existing, file_errors, fingerprint, unpacked_name
from a2c_pybamm.readers.units import parse_quantity


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
        Born term [Pa], of frames (n_born, 6, 6) or its mean (6, 6): of LAMMPS's ``compute born/matrix``, or `born_term`.
    stress_columns, stress_unit, convention
        As in `read_strained_stresses`; ``"lammps"`` for pressures of LAMMPS.
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
    components = np.column_stack([pressure_unit(path, name, stress_unit) * read_column(path, rows, name) for name in columns])
    program = stress_convention(convention, str(path))
    return StressSeries(
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
    )
