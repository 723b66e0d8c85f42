"""Stresses of strained cells from a CSV table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from a2c_pybamm.constants import AVOGADRO
from a2c_pybamm.data import N_VOIGT, Array, IonRelaxation, StrainedStresses, StrainMeasure, voigt_tensors
from a2c_pybamm.readers.csv_table import Rows, read_column, read_rows
from a2c_pybamm.readers.mechanics.point_group import SYMMETRY_TOLERANCE
from a2c_pybamm.readers.mechanics.stress_convention import StressConvention, stress_convention
from a2c_pybamm.readers.mechanics.unstrained_cell import STRAIN_LIMITS, read_unstrained_cell
from a2c_pybamm.readers.source_file import existing, file_errors, fingerprint, unpacked_name
from a2c_pybamm.readers.thermodynamics.energies import TRUTH_VALUES
from a2c_pybamm.readers.units import column_unit, parse_quantity, unit_factor

COMPONENTS = tuple(range(1, N_VOIGT + 1))
"""Numbers of the six components in the names of columns."""
LEFT_OUT = "not converged, left out"
"""Key of a provenance with the strained cells whose relaxation did not converge."""


@file_errors
def read_strained_stresses(
    path: str | Path,
    *,
    structure: str | Path | None = None,
    volume: str | None = None,
    strain_columns: str | Sequence[str] = "e{}",
    stress_columns: str | Sequence[str] = "s{}_GPa",
    stress_unit: str | None = None,
    energy_column: str | None = None,
    converged_column: str | None = None,
    convention: StressConvention | str = StressConvention.ASE,
    measure: StrainMeasure | str = StrainMeasure.SMALL,
    ions: IonRelaxation | str = IonRelaxation.RELAXED,
    symmetry: bool = True,
    symmetry_tolerance: str = SYMMETRY_TOLERANCE,
    label: str | None = None,
) -> StrainedStresses:
    r"""Stresses of strained cells from a CSV table, a strained cell a row, strains with engineering shear.

    Parameters
    ----------
    structure
        File of the cell without strain, that ase reads: its volume, its stress, if the file has one, and its point group.
    volume
        Volume of the cell without strain (``"32.9 A3"``), where no ``structure`` is given.
    strain_columns, stress_columns
        Names of the six columns, or one name with ``{}`` in the place of the numbers 1 to 6. Strains are in the order xx, yy,
        zz, yz, xz, xy; stresses in that of the convention, their unit the ending of the names.
    stress_unit
        Unit of the stresses, where the names have none.
    energy_column
        Energies of the cells, their unit the ending of the name.
    converged_column
        Rows that are false in it are left out, and listed in the provenance.
    convention
        Order and sign of the stresses: ``"ase"`` (tension positive, Voigt's order), ``"lammps"`` or ``"vasp"``
        (`StressConvention`).
    symmetry
        Whether the point group of the ``structure`` is sought, by spglib. In a cell without symmetry, or whose table was made
        in other Cartesian axes, give ``point_group`` to the fit.
    symmetry_tolerance
        Distance up to which atoms of the structure are images of each other.

    Raises
    ------
    ValueError
        Naming file and line: a column is missing, a field is no number, a strain is too large, or the file is cut off. Naming
        the file: neither structure nor volume is given, or all rows are left out.
    """
    path = existing(path)
    program = stress_convention(convention, str(path))
    strains, stresses = (six_columns(path, names) for names in (strain_columns, stress_columns))
    extra = [column for column in (energy_column, converged_column) if column is not None]
    rows = read_rows(path, [*strains, *stresses, *extra], "name them with strain_columns, stress_columns, energy_column")
    rows, left_out = _converged(path, rows, converged_column)
    cell = read_unstrained_cell(structure, symmetry_tolerance if symmetry else None) if structure is not None else None
    if cell is None and volume is None:
        raise ValueError(f"{path}: no volume of the cell without strain; give structure= (its file) or volume= ('32.9 A3')")
    size = cell.volume if cell and volume is None else parse_quantity(volume or "", "cell volume", f"{path}: volume")
    strain = np.column_stack([read_column(path, rows, name) for name in strains])
    _validate_size(path, rows, strain)
    components = np.column_stack([pressure_unit(path, name, stress_unit) * read_column(path, rows, name) for name in stresses])
    energy = None
    if energy_column is not None:
        energy = column_unit(energy_column, "energy", str(path)) / AVOGADRO * read_column(path, rows, energy_column)
    files = [fingerprint(path), *([fingerprint(existing(structure))] if structure is not None else [])]
    group = cell.group if cell else None
    return StrainedStresses(
        strains=voigt_tensors(strain, engineering=True),
        stresses=voigt_tensors(program.stress(components)),
        energies=energy,
        volume=size,
        measure=StrainMeasure(measure),
        ions=IonRelaxation(ions),
        reference_stress=cell.stress if cell else None,
        rotations=group.rotations if group else None,
        point_group=group.symbol if group else "",
        label=label or unpacked_name(path).stem,
        provenance={"files": files, "convention": program.name.lower(), **({LEFT_OUT: left_out} if left_out else {})},
    )


def six_columns(path: Path, names: str | Sequence[str]) -> list[str]:
    """Names of six columns, from one name with ``{}`` in the place of their numbers, or from a list.

    Raises
    ------
    ValueError
        If they are not six.
    """
    columns = [names.replace("{}", str(k)) for k in COMPONENTS] if isinstance(names, str) else list(names)
    if len(set(columns)) != len(COMPONENTS):
        raise ValueError(
            f"{path}: {names!r} stands for {len(set(columns))} column(s), a tensor has six; write it like 's{{}}_GPa'"
        )
    return columns


def pressure_unit(path: Path, column: str, unit: str | None) -> float:
    """The SI value of a stress column's unit, its name's ending unless it is given."""
    where = f"{path}: stress_unit"
    return unit_factor(unit, "pressure", where) if unit is not None else column_unit(column, "pressure", str(path))


def _converged(path: Path, rows: Rows, column: str | None) -> tuple[Rows, list[str]]:
    """Rows that are converged, and the lines of those that are not."""
    if column is None:
        return rows, []
    kept, left_out = [], []
    for line, row in rows:
        text = row[column].strip().lower()
        if text not in TRUTH_VALUES:
            raise ValueError(f"{path}, line {line}: {column!r} is {row[column]!r}; write true or false")
        if TRUTH_VALUES[text]:
            kept.append((line, row))
        else:
            left_out.append(f"line {line}")
    if not kept:
        raise ValueError(f"{path}: no row is converged; relax the strained cells to their end, or leave converged_column out")
    return kept, left_out


def _validate_size(path: Path, rows: Rows, strain: Array) -> None:
    for (line, _), largest in zip(rows, np.abs(strain).max(axis=1), strict=True):
        if largest > STRAIN_LIMITS.largest:
            raise ValueError(
                f"{path}, line {line}: a strain of {largest:g} is larger than {STRAIN_LIMITS.largest:g}; strains are numbers "
                "without unit, not percent"
            )
