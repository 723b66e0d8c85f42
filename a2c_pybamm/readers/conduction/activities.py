"""Activities of a salt over concentration, from a CSV table that states its concentration scale."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np

from a2c_pybamm.data import ActivityTable, Array, ConcentrationScale
from a2c_pybamm.readers.csv_table import Rows, read_column, read_header, read_rows
from a2c_pybamm.readers.source_file import existing, file_errors, fingerprint, unpacked_name
from a2c_pybamm.readers.units import UNITS, column_unit

QUANTITY_COLUMNS = {"activity coefficient": "gamma", "ln activity coefficient": "ln_gamma", "mean activity": "activity"}
"""Usual column of each quantity."""
SCALE_KINDS = {ConcentrationScale.MOLAL: "molality", ConcentrationScale.MOLAR: "concentration"}
"""Kind of the units of each scale; mole fractions have none."""
FRACTION_COLUMN = "x"


@file_errors
def read_activities(
    path: str | Path,
    *,
    scale: ConcentrationScale | str,
    temperature: float,
    label: str | None = None,
    quantity: Literal["activity coefficient", "ln activity coefficient", "mean activity"] = "activity coefficient",
    concentration_column: str | None = None,
    activity_column: str | None = None,
    std_column: str | None = None,
    relative_std: float | None = None,
    density_column: str | None = None,
    salt_molar_mass: float | None = None,
    solvent_density: float | None = None,
    partial_molar_volume: float | None = None,
    solvent_molar_mass: float | None = None,
    ions: int = 2,
) -> ActivityTable:
    r"""Mean ionic activity coefficients of a salt in one solvent, a row for each concentration.

    The column of concentrations ends in its unit (``m_mol/kg``, ``c_mol/L``); that of mole fractions is called ``x``, all
    single ions counted. On the molal scale and that of mole fractions the volume of the solution is needed: from a column of
    densities and the salt's molar mass, or from the solvent's density and the salt's partial molar volume.

    Parameters
    ----------
    scale
        ``"molal"``, ``"molar"`` or ``"mole fraction"``: that of the concentrations and of the activity coefficients.
    temperature
        [K]
    quantity
        What the column holds. Coefficients are 1 at infinite dilution; mean activities may be known up to a factor.
    concentration_column, activity_column
        Their names; the one column with a unit of the scale, and ``gamma``, ``ln_gamma`` or ``activity``, unless given.
    std_column, relative_std
        Standard deviations of the same quantity, or one of all relative to their values (of the logarithm).
    density_column, salt_molar_mass
        Densities of the solution, and molar mass of the salt [kg.mol-1].
    solvent_density, partial_molar_volume
        [kg.m-3], [m3.mol-1]; the volume is taken as linear in the molality.
    solvent_molar_mass, ions
        Molar mass of the solvent [kg.mol-1] and ions of one formula unit, for mole fractions.

    Raises
    ------
    ValueError
        Naming file and line: a column is missing, in another unit or of another scale, a number is not one or not positive, or
        arguments contradict each other.
    """
    path = existing(path)
    on = _scale(path, scale)
    if quantity not in QUANTITY_COLUMNS:
        raise ValueError(f"{path}: quantity is {quantity!r}; write one of {', '.join(map(repr, QUANTITY_COLUMNS))}")
    if std_column is not None and relative_std is not None:
        raise ValueError(f"{path}: both std_column and relative_std are given; leave one out")
    column = concentration_column or _concentration_column(path, on)
    values = activity_column or QUANTITY_COLUMNS[quantity]
    optional = [name for name in (std_column, density_column) if name is not None]
    rows = read_rows(path, [column, values, *optional], "name it with concentration_column, activity_column, std_column …")
    kind = SCALE_KINDS.get(on)
    unit = 1.0 if kind is None else column_unit(column, kind, f"{path}: scale is {on.value!r}")
    amount = unit * read_column(path, rows, column, positive=True)
    logs, std = _logarithms(path, rows, values, quantity, std_column)
    if relative_std is not None:
        std = np.full(len(logs), float(relative_std))
    if quantity == "mean activity":
        logs = logs - np.log(amount)
    volume = None
    if on is not ConcentrationScale.MOLAR:
        molality = amount if on is ConcentrationScale.MOLAL else _molality(path, amount, solvent_molar_mass, ions)
        volume = _volume(path, rows, molality, density_column, salt_molar_mass, solvent_density, partial_molar_volume)
    common: dict[str, Any] = {
        "std": std,
        "temperature": temperature,
        "solution_volume": volume,
        "referred": quantity != "mean activity",
        "provenance": {**fingerprint(path), "scale": on.value, "quantity": quantity},
    }
    name = label or unpacked_name(path).stem
    if on is ConcentrationScale.MOLE_FRACTION:
        mass = float(solvent_molar_mass or 0.0)
        return ActivityTable.of_mole_fractions(name, amount, logs, solvent_molar_mass=mass, ions=ions, **common)
    return ActivityTable(name, on, amount, logs, **common)


def _scale(path: Path, scale: ConcentrationScale | str) -> ConcentrationScale:
    try:
        return ConcentrationScale(scale)
    except ValueError:
        known = ", ".join(repr(member.value) for member in ConcentrationScale)
        raise ValueError(f"{path}: scale is {str(scale)!r}; write one of {known}") from None


def _concentration_column(path: Path, scale: ConcentrationScale) -> str:
    """The one column whose name ends in a unit of the scale."""
    if scale is ConcentrationScale.MOLE_FRACTION:
        return FRACTION_COLUMN
    header = read_header(path)
    found = [name for name in header if name.rsplit("_", 1)[-1] in UNITS[SCALE_KINDS[scale]]]
    if len(found) != 1:
        raise ValueError(
            f"{path}: {len(found)} columns end in a unit of the {scale.value} scale ({', '.join(UNITS[SCALE_KINDS[scale]])}; "
            f"found {', '.join(header)}); name one with concentration_column, or state another scale"
        )
    return found[0]


def _logarithms(path: Path, rows: Rows, column: str, quantity: str, std_column: str | None) -> tuple[Array, Array | None]:
    """Logarithm of a column, and its standard deviations."""
    in_logarithms = quantity == "ln activity coefficient"
    values = read_column(path, rows, column, positive=not in_logarithms)
    std = None if std_column is None else read_column(path, rows, std_column, positive=True)
    if in_logarithms:
        return values, std
    return np.log(values), None if std is None else std / values


def _molality(path: Path, fraction: Array, solvent_molar_mass: float | None, ions: int) -> Array:
    """Molalities [mol.kg-1] of mole fractions."""
    if solvent_molar_mass is None or not 0 < solvent_molar_mass < 1:
        raise ValueError(
            f"{path}: molar mass of the solvent is {solvent_molar_mass} kg/mol; mole fractions need it, in kg/mol, as "
            "solvent_molar_mass="
        )
    solvent = 1 - ions * fraction
    if not (solvent > 0).all():
        raise ValueError(f"{path}: a mole fraction is {fraction.max():g}, where {ions} ions leave no solvent; count all ions")
    return np.asarray(fraction / (solvent * solvent_molar_mass))


def _volume(
    path: Path,
    rows: Rows,
    molality: Array,
    density_column: str | None,
    salt_molar_mass: float | None,
    solvent_density: float | None,
    partial_molar_volume: float | None,
) -> Array:
    """Volume of the solution that holds one kilogram of solvent [m3.kg-1] (n_row,)."""
    of_densities = density_column is not None and salt_molar_mass is not None
    of_volumes = solvent_density is not None and partial_molar_volume is not None
    if of_densities == of_volumes:
        raise ValueError(
            f"{path}: the solution's volume needs density_column and salt_molar_mass, or solvent_density and "
            "partial_molar_volume; give one pair"
        )
    if density_column is not None and salt_molar_mass is not None:
        if not 0 < salt_molar_mass < 1:
            raise ValueError(f"{path}: molar mass of the salt is {salt_molar_mass:g} kg/mol; give it in kg/mol")
        density = column_unit(density_column, "density", str(path)) * read_column(path, rows, density_column, positive=True)
        return np.asarray((1 + molality * salt_molar_mass) / density)
    assert solvent_density is not None
    assert partial_molar_volume is not None
    if not solvent_density > 0:
        raise ValueError(f"{path}: density of the solvent is {solvent_density:g} kg/m3; give it in kg/m3")
    return np.asarray(1 / solvent_density + molality * partial_molar_volume)
