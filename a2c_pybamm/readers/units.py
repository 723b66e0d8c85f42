"""Foreign units, converted to SI as a number is read."""

from __future__ import annotations

import re

from a2c_pybamm.constants import AVOGADRO, ELEMENTARY_CHARGE, PLANCK, SECONDS_PER_HOUR

LARGEST_NUMBER = 1e30
"""Bound of the numbers in a file, in any unit: products of five of them stay within the range of floats."""
STATED_TOLERANCE = 1e-6
"""Relative difference up to which two statements of one quantity agree: text carries six digits or more."""
EV = ELEMENTARY_CHARGE * AVOGADRO
"""One electronvolt per particle [J.mol-1]."""
THZ = 1e12
"""One terahertz [Hz]."""
UNITS: dict[str, dict[str, float]] = {
    "energy": {
        "J/mol": 1.0,
        "kJ/mol": 1e3,
        "kcal/mol": 4184.0,
        "eV": EV,
        "meV": 1e-3 * EV,
        "Ry": 13.605693122990 * EV,
        "Ha": 27.211386245981 * EV,
    },
    "length": {"m": 1.0, "nm": 1e-9, "A": 1e-10, "Å": 1e-10, "angstrom": 1e-10, "bohr": 5.29177210544e-11},
    "volume": {"m3/mol": 1.0, "cm3/mol": 1e-6, "A3": 1e-30 * AVOGADRO, "Å3": 1e-30 * AVOGADRO},
    "duration": {"s": 1.0, "min": 60.0, "h": SECONDS_PER_HOUR},
    "charge": {"A.h": 1.0, "mA.h": 1e-3},
    "time": {"s": 1.0, "ns": 1e-9, "ps": 1e-12, "fs": 1e-15},
    "force": {"eV/A": EV / 1e-10, "eV/Å": EV / 1e-10, "Ry/bohr": 13.605693122990 * EV / 5.29177210544e-11},
    "frequency": {"Hz": 1.0, "THz": THZ, "cm-1": 2.99792458e10, "meV": 1e-3 * ELEMENTARY_CHARGE / PLANCK},
    "temperature": {"K": 1.0},
    "voltage": {"V": 1.0, "mV": 1e-3},
    "entropy": {"J/mol/K": 1.0, "J/K/mol": 1.0, "J.mol-1.K-1": 1.0, "meV/K": 1e-3 * EV},
    "entropic change": {"V/K": 1.0, "mV/K": 1e-3, "V.K-1": 1.0},
    "areal density": {"mol/m2": 1.0, "1/nm2": 1e18 / AVOGADRO, "1/A2": 1e20 / AVOGADRO},
    "number": {"": 1.0, "1": 1.0},
    "cell volume": {"m3": 1.0, "nm3": 1e-27, "A3": 1e-30, "Å3": 1e-30},
    "pressure": {
        "Pa": 1.0,
        "kPa": 1e3,
        "MPa": 1e6,
        "GPa": 1e9,
        "bar": 1e5,
        "kbar": 1e8,
        "kB": 1e8,
        "atm": 101325.0,
        "eV/A3": ELEMENTARY_CHARGE * 1e30,
        "eV/Å3": ELEMENTARY_CHARGE * 1e30,
    },
    "total stress": {
        "J": 1.0,
        "Pa.m3": 1.0,
        "eV": ELEMENTARY_CHARGE,
        "bar.A3": 1e-25,
        "bar.Å3": 1e-25,
        "atm.A3": 101325.0e-30,
        "atm.Å3": 101325.0e-30,
        "GPa.A3": 1e-21,
        "GPa.Å3": 1e-21,
    },
    "current density": {
        "A/m2": 1.0,
        "A.m-2": 1.0,
        "e/A2/fs": ELEMENTARY_CHARGE * 1e35,
        "e/Å2/fs": ELEMENTARY_CHARGE * 1e35,
        "e/A2/ps": ELEMENTARY_CHARGE * 1e32,
        "e/Å2/ps": ELEMENTARY_CHARGE * 1e32,
    },
    "total current": {
        "A.m": 1.0,
        "e.A/fs": ELEMENTARY_CHARGE * 1e5,
        "e.Å/fs": ELEMENTARY_CHARGE * 1e5,
        "e.A/ps": ELEMENTARY_CHARGE * 1e2,
        "e.Å/ps": ELEMENTARY_CHARGE * 1e2,
    },
    "heat flux density": {
        "W/m2": 1.0,
        "W.m-2": 1.0,
        "kcal/mol/A2/fs": 4184.0e35 / AVOGADRO,
        "kcal/mol/Å2/fs": 4184.0e35 / AVOGADRO,
        "eV/A2/ps": ELEMENTARY_CHARGE * 1e32,
        "eV/Å2/ps": ELEMENTARY_CHARGE * 1e32,
        "eV/A2/fs": ELEMENTARY_CHARGE * 1e35,
        "eV/Å2/fs": ELEMENTARY_CHARGE * 1e35,
    },
    "total heat flux": {
        "W.m": 1.0,
        "kcal/mol.A/fs": 4184.0e5 / AVOGADRO,
        "kcal/mol.Å/fs": 4184.0e5 / AVOGADRO,
        "eV.A/ps": ELEMENTARY_CHARGE * 1e2,
        "eV.Å/ps": ELEMENTARY_CHARGE * 1e2,
        "eV.A/fs": ELEMENTARY_CHARGE * 1e5,
        "eV.Å/fs": ELEMENTARY_CHARGE * 1e5,
    },
    "concentration": {"mol/m3": 1.0, "mol.m-3": 1.0, "mol/L": 1e3, "M": 1e3, "mol/dm3": 1e3},
    "molality": {"mol/kg": 1.0, "mol.kg-1": 1.0},
    "molar mass": {"kg/mol": 1.0, "g/mol": 1e-3},
    "conductivity": {"S/m": 1.0, "S.m-1": 1.0, "S/cm": 1e2, "mS/cm": 0.1},
    "diffusivity": {"m2/s": 1.0, "m2.s-1": 1.0, "cm2/s": 1e-4},
    "density": {"kg/m3": 1.0, "g/cm3": 1e3, "g/mL": 1e3},
    "specific heat capacity": {"J/kg/K": 1.0, "J.kg-1.K-1": 1.0, "J/g/K": 1e3},
    "thermal conductivity": {"W/m/K": 1.0, "W.m-1.K-1": 1.0},
    "thermal expansion": {"1/K": 1.0, "K-1": 1.0, "ppm/K": 1e-6},
}
"""SI value of one of each unit, by kind of quantity; energies and volumes are per mole of what is counted, charges in A.h."""

_QUANTITY = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*")


def unit_factor(unit: str, kind: str, where: str) -> float:
    """The SI value of one ``unit``, which must be a unit of this kind of quantity.

    Raises
    ------
    ValueError
        If it is not; ``where`` names the file or key.
    """
    if unit not in UNITS[kind]:
        other = [name for name, table in UNITS.items() if unit in table]
        hint = f"unit {unit!r} is {f'a unit of {other[0]}' if other else 'not known'}" if unit else "it has no unit"
        remedy = "(0 °C is 273.15 K)" if kind == "temperature" else "(decimal point, not comma)" if unit.startswith(",") else ""
        raise ValueError(f"{where}: {hint}; this is of kind {kind}, give it in {' or '.join(UNITS[kind])} {remedy}".rstrip())
    return UNITS[kind][unit]


def parse_quantity(text: str | float, kind: str, where: str) -> float:
    """The SI value of text like ``"50 meV"``; a bare number counts only where the quantity has no unit.

    Raises
    ------
    ValueError
        If the text is not a number and a unit of this kind; ``where`` names the file or key.
    """
    match = _QUANTITY.fullmatch(str(text))
    if not match:
        raise ValueError(
            f"{where}: {str(text)[:60]!r} is not a number with a unit; write it like '1.5 {next(iter(UNITS[kind]))}'"
        )
    return float(match[1]) * unit_factor(match[2], kind, where)


def column_unit(column: str, kind: str, where: str) -> float:
    """The SI value of the unit that ends a column's name: ``energy_eV`` is in eV.

    Raises
    ------
    ValueError
        If the name ends in no unit of this kind.
    """
    ending = column.rsplit("_", 1)[-1]
    return unit_factor(ending, kind, f"{where}: column {column!r} (its ending is its unit)")
