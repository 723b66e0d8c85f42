"""Volumes of a crystal: static energies and vibrations over volume, volumes over temperature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from a2c_pybamm.data.extent import Extent
from a2c_pybamm.data.record import Array, as_arrays, freeze
from a2c_pybamm.data.thermodynamics import ThermalTable, Vibrations


@dataclass(frozen=True)
class CrystalDensities:
    """Densities of crystals, outside of which volumes are in another unit, or of another number of sites than the mass."""

    least: float = 50.0
    """[kg.m-3]: solid hydrogen has 88."""
    largest: float = 5e4
    """[kg.m-3]: osmium has 22 590, and twice that under pressure."""


def _validate_mass(where: str, molar_mass: float, volume: Array, densities: CrystalDensities | None = None) -> None:
    """Raise ``ValueError`` where a mass is not positive and finite, or no crystal has its density at a volume."""
    densities = densities or CrystalDensities()
    if not 0 < molar_mass < np.inf:
        raise ValueError(f"{where}: molar_mass is {molar_mass:g} kg/mol; give the mass of all atoms for one site")
    for density in molar_mass / volume:
        if not densities.least < density < densities.largest:
            raise ValueError(
                f"{where}: {density:.3g} kg/m3, crystals have {densities.least:g} to {densities.largest:g}; correct the unit "
                "of the volumes, or the number of sites"
            )


def _validate_columns(where: str, columns: Mapping[str, Array | None], n: int) -> None:
    """Raise ``ValueError`` where a column has another length than n, or an entry that is not positive and finite."""
    for name, column in columns.items():
        if column is None:
            continue
        if np.shape(column) != (n,):
            raise ValueError(f"{where}: {name!r} has shape {np.shape(column)}, not ({n},); give each row its own")
        if not (np.isfinite(column) & (column > 0)).all():
            raise ValueError(f"{where}: an entry of {name!r} is not positive and finite; correct it, or leave its row out")


@dataclass(frozen=True, eq=False)
class VibrationsOverVolume:
    """Static energies and harmonic vibrations of one crystal at several volumes, all per mole of sites.

    Raises
    ------
    ValueError
        If lengths disagree, volumes do not rise, an entry is not finite, or no crystal has the density.
    """

    extents: ClassVar[Mapping[str, Extent]] = dict.fromkeys(("volume", "energy", "vibrations", "molar_mass"), Extent.SITE)
    label: str
    """The method that made the numbers."""
    volume: Array
    """Volumes per mole of sites, rising [m3.mol-1] (n_volume,)."""
    energy: Array
    """Energies of the static lattice per mole of sites, from any zero [J.mol-1] (n_volume,)."""
    vibrations: tuple[Vibrations | ThermalTable, ...]
    """Vibrations at each volume (n_volume,)."""
    molar_mass: float
    """Mass of all atoms per mole of sites [kg.mol-1]."""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        where, n = f"vibrations over volume of {self.label}", len(self.vibrations)
        as_arrays(self, "volume", "energy")
        _validate_columns(where, {"volume": self.volume}, n)
        if np.shape(self.energy) != (n,) or not np.isfinite(self.energy).all():
            raise ValueError(f"{where}: energies are not {n} finite numbers, one for each volume; give each its own")
        if not (np.diff(self.volume) > 0).all():
            raise ValueError(f"{where}: volumes must rise from row to row; sort them, and keep one of two that are equal")
        _validate_mass(where, self.molar_mass, self.volume)
        freeze(self)


@dataclass(frozen=True, eq=False)
class VolumesOverTemperature:
    """Mean volumes of one crystal at several temperatures and constant pressure, per mole of sites.

    Raises
    ------
    ValueError
        If lengths disagree, temperatures do not rise, an entry is not positive, or no crystal has the density.
    """

    extents: ClassVar[Mapping[str, Extent]] = {
        "temperature": Extent.INTENSIVE,
        **dict.fromkeys(("volume", "molar_mass", "std"), Extent.SITE),
    }
    label: str
    """The method that made the numbers."""
    temperature: Array
    """Temperatures, rising [K] (n_temperature,)."""
    volume: Array
    """Mean volumes per mole of sites [m3.mol-1] (n_temperature,)."""
    molar_mass: float
    """Mass of all atoms per mole of sites [kg.mol-1]."""
    std: Array | None = None
    """Standard deviations of the means [m3.mol-1] (n_temperature,); estimated from the fit's residual if absent."""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        where, n = f"volumes of {self.label}", len(self.temperature)
        as_arrays(self, "temperature", "volume", "std")
        _validate_columns(where, {"temperature": self.temperature, "volume": self.volume, "std": self.std}, n)
        if not (np.diff(self.temperature) > 0).all():
            raise ValueError(f"{where}: temperatures must rise from row to row; sort them, and average runs at equal ones")
        _validate_mass(where, self.molar_mass, self.volume)
        freeze(self)
