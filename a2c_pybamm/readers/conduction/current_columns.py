"""Columns of a file that hold a current, chosen by name, and the independent series that they give."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from a2c_pybamm.data import Array, TransportCoefficient
from a2c_pybamm.readers.conduction.series_table import SeriesTable
from a2c_pybamm.readers.units import UNITS

STRESS_COMPONENTS = ("xx", "yy", "zz", "xy", "xz", "yz")
"""Components of the stress, in LAMMPS's order."""
TRACELESS = np.array(
    [
        [0, 0, 0, 1, 0, 0],
        [0, 0, 0, 0, 1, 0],
        [0, 0, 0, 0, 0, 1],
        [1 / 2, -1 / 2, 0, 0, 0, 0],
        np.array([-1, -1, 2, 0, 0, 0]) / (2 * np.sqrt(3)),
    ]
)
"""Five independent components of equal variance of the traceless stress (5, 6): xy, xz, yz, (xx - yy)/2,
(2zz - xx - yy)/(2√3); Daivis and Evans, J. Chem. Phys. 100, 541 (1994)."""
PRESSURE = np.array([[1 / 3, 1 / 3, 1 / 3, 0, 0, 0]])
"""Pressure out of the six components (1, 6)."""
PRESSURE_NAMES = ("Press", "c_thermo_press")
THERMO_STRESS = "c_thermo_press"
THERMO_PRESSURES = ("thermo_press", "Press", *(f"P{part}" for part in STRESS_COMPONENTS))
"""Columns of LAMMPS's thermodynamic output that are pressures, ``c_`` left out."""
CHARGE_TERMS = ("q*vx", "q*vy", "q*vz")
"""Terms of a dump whose sum over atoms is the electric current."""
STRESSES = (TransportCoefficient.VISCOSITY, TransportCoefficient.BULK_VISCOSITY)
DENSITY_KINDS = {
    TransportCoefficient.IONIC_CONDUCTIVITY: "current density",
    TransportCoefficient.VISCOSITY: "pressure",
    TransportCoefficient.BULK_VISCOSITY: "pressure",
    TransportCoefficient.THERMAL_CONDUCTIVITY: "heat flux density",
}
"""Kind of the units of each coefficient's current density."""
TOTAL_KINDS = {
    TransportCoefficient.IONIC_CONDUCTIVITY: "total current",
    TransportCoefficient.THERMAL_CONDUCTIVITY: "total heat flux",
    TransportCoefficient.VISCOSITY: "total stress",
    TransportCoefficient.BULK_VISCOSITY: "total stress",
}
"""Kind of the units of the same times the volume."""
_ENTRY = re.compile(r"([cfv]_\w+)\[(\d+)\]")


def current_kinds(coefficient: TransportCoefficient) -> tuple[str, ...]:
    """Kinds of units that a coefficient's current may be in."""
    kinds = (DENSITY_KINDS[coefficient], TOTAL_KINDS.get(coefficient))
    return tuple(kind for kind in kinds if kind is not None)


def current_units(coefficient: TransportCoefficient) -> dict[str, tuple[float, bool]]:
    """SI value of each unit that a coefficient's current may be in, and whether it is of the current times the volume."""
    return {
        unit: (value, kind == TOTAL_KINDS.get(coefficient))
        for kind in current_kinds(coefficient)
        for unit, value in UNITS[kind].items()
    }


def chosen_columns(series: SeriesTable, coefficient: TransportCoefficient, columns: Sequence[str] | None) -> tuple[str, ...]:
    """Names of the columns that hold the current: those that are given, or the ones that the file's format has for it.

    Raises
    ------
    ValueError
        If none are given and the names do not determine them, or their number is wrong.
    """
    if columns is not None:
        names = (columns,) if isinstance(columns, str) else tuple(columns)
    elif coefficient in STRESSES:
        names = _stress_columns(series, coefficient)
    else:
        names = _vector_columns(series, coefficient)
    validate_count(series.path, coefficient, len(names))
    return names


def validate_count(path: Path, coefficient: TransportCoefficient, n: int) -> None:
    """Raise ``ValueError`` where a coefficient's current does not follow from so many columns."""
    allowed = {
        TransportCoefficient.VISCOSITY: (len(STRESS_COMPONENTS),),
        TransportCoefficient.BULK_VISCOSITY: (1, len(STRESS_COMPONENTS)),
    }.get(coefficient)
    listed = " ".join(STRESS_COMPONENTS)
    if allowed is not None and n not in allowed:
        single = "the pressure alone, or " if 1 in allowed else ""
        raise ValueError(f"{path}: {n} column(s) of stress; the {coefficient} needs {single}all six, in the order {listed}")
    if n < 1:
        raise ValueError(f"{path}: no column of the current; name one for each direction by columns=")


def _stress_columns(series: SeriesTable, coefficient: TransportCoefficient) -> tuple[str, ...]:
    """Columns of the pressure, or of the six components of the stress."""
    names = series.names
    if coefficient is TransportCoefficient.BULK_VISCOSITY:
        alone = [name for name in names if name in PRESSURE_NAMES or _stem(series, name).lower() in ("pressure", "press", "p")]
        if len(alone) == 1:
            return tuple(alone)
    by_entry = tuple(f"{THERMO_STRESS}[{k}]" for k in range(1, 1 + len(STRESS_COMPONENTS)))
    if set(by_entry) <= set(names):
        return by_entry
    found = {part: [name for name in names if _component(series, name) == part] for part in STRESS_COMPONENTS}
    missing = [part for part, columns in found.items() if len(columns) != 1]
    if missing:
        raise ValueError(
            f"{series.path}: {len(found[missing[0]])} columns for the component {missing[0]} of the stress (found "
            f"{', '.join(names)}); the {coefficient} needs all six, print pxx pyy pzz pxy pxz pyz, or name them in this order "
            "by columns="
        )
    return tuple(columns[0] for columns in found.values())


def _stem(series: SeriesTable, name: str) -> str:
    """A column's name without its unit."""
    return name.rsplit("_", 1)[0] if series.units_in_names else name


def _component(series: SeriesTable, name: str) -> str:
    """Component of the stress that a column's name ends in, behind a letter (``Pxx``, ``stress_xx``)."""
    match = re.fullmatch(r"(?:[a-z]\w*?)?_?(xx|yy|zz|xy|xz|yz)", _stem(series, name).lower())
    return match[1] if match else ""


def _vector_columns(series: SeriesTable, coefficient: TransportCoefficient) -> tuple[str, ...]:
    """Columns of an electric current or a heat flux, where names determine them."""
    names = series.names
    if series.units_in_names:
        units = current_units(coefficient)
        named = tuple(name for name in names if name.rsplit("_", 1)[-1] in units)
        if named:
            return named
    elif set(CHARGE_TERMS) <= set(names) and coefficient is TransportCoefficient.IONIC_CONDUCTIVITY:
        return CHARGE_TERMS
    elif coefficient is TransportCoefficient.THERMAL_CONDUCTIVITY and (fluxes := series.statements.heat_fluxes):
        entries = [(match[1], int(match[2])) for name in names if (match := _ENTRY.fullmatch(name))]
        # entries 4 to 6 of compute heat/flux are its convective part alone
        of_flux = tuple(f"{stem}[{k}]" for stem, k in entries if stem.removeprefix("c_") in fluxes and k <= len(CHARGE_TERMS))
        if of_flux:
            return of_flux
    raise ValueError(
        f"{series.path}: which columns hold the current of the {coefficient} is not clear (found {', '.join(names)}); name one "
        "for each direction by columns="
    )


def independent_series(coefficient: TransportCoefficient, values: Array) -> Array:
    """Independent series (n_series, n_row) of columns (n_row, n_column): of six stresses five traceless, or the pressure."""
    if coefficient is TransportCoefficient.VISCOSITY:
        return TRACELESS @ values.T
    if coefficient is TransportCoefficient.BULK_VISCOSITY and values.shape[1] == len(STRESS_COMPONENTS):
        return PRESSURE @ values.T
    return values.T
