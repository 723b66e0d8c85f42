"""Styles of units of LAMMPS, in SI."""

from __future__ import annotations

from dataclasses import dataclass

from a2c_pybamm.constants import ANGSTROM, AVOGADRO, ELEMENTARY_CHARGE
from a2c_pybamm.readers.units import UNITS

REDUCED_STYLE = "lj"
"""Style of LAMMPS whose numbers have no unit."""


@dataclass(frozen=True)
class UnitStyle:
    """SI values of one unit each of a style of LAMMPS (its manual, command ``units``)."""

    length: float
    """[m]"""
    time: float
    """[s]"""
    energy: float
    """Energy of one particle [J]."""
    pressure: float
    """[Pa]"""
    charge: float
    """[C]"""
    own_velocity: float | None = None
    """Unit of velocity [m.s-1] where it is not length over time."""

    @property
    def velocity(self) -> float:
        """[m.s-1]"""
        return self.own_velocity or self.length / self.time

    @property
    def volume(self) -> float:
        """[m3]"""
        return self.length * self.length * self.length

    @property
    def electric_current(self) -> float:
        """Charge times velocity [A.m]."""
        return self.charge * self.velocity

    @property
    def heat_current(self) -> float:
        """Energy times velocity [W.m]."""
        return self.energy * self.velocity


_TIME, _PRESSURE, _BOHR = UNITS["time"], UNITS["pressure"], UNITS["length"]["bohr"]

LAMMPS_STYLES: dict[str, UnitStyle] = {
    "real": UnitStyle(ANGSTROM, _TIME["fs"], UNITS["energy"]["kcal/mol"] / AVOGADRO, _PRESSURE["atm"], ELEMENTARY_CHARGE),
    "metal": UnitStyle(ANGSTROM, _TIME["ps"], ELEMENTARY_CHARGE, _PRESSURE["bar"], ELEMENTARY_CHARGE),
    "si": UnitStyle(length=1.0, time=1.0, energy=1.0, pressure=1.0, charge=1.0),
    "cgs": UnitStyle(length=1e-2, time=1.0, energy=1e-7, pressure=0.1, charge=3.3356409519815204e-10),
    "electron": UnitStyle(
        _BOHR, _TIME["fs"], UNITS["energy"]["Ha"] / AVOGADRO, 1.0, ELEMENTARY_CHARGE, own_velocity=_BOHR / 1.03275e-15
    ),
    "micro": UnitStyle(length=1e-6, time=1e-6, energy=1e-15, pressure=1e3, charge=1e-12),
    "nano": UnitStyle(length=1e-9, time=1e-9, energy=1e-21, pressure=1e6, charge=ELEMENTARY_CHARGE),
}
"""Styles by name; velocities of ``electron`` are in Bohr per 1.03275e-15 s, charges of ``cgs`` in statcoulombs."""


def unit_style(name: str, where: str) -> UnitStyle:
    """The style of this name.

    Raises
    ------
    ValueError
        If it is not known, or has no unit; ``where`` begins the message.
    """
    if name == REDUCED_STYLE:
        raise ValueError(
            f"{where}: units {name!r} have no dimension; multiply the numbers by the sizes of your particles and give them in "
            "SI as .npz"
        )
    if name not in LAMMPS_STYLES:
        raise ValueError(f"{where}: units {name!r} are no style of LAMMPS; write one of {', '.join(LAMMPS_STYLES)}")
    return LAMMPS_STYLES[name]
