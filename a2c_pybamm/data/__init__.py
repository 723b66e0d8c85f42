"""What readers return: frozen arrays in SI units, one type for each kind of data."""

from a2c_pybamm.data.hops import HopFrequencies, ImageEnergies, MigrationPath
from a2c_pybamm.data.motion import (
    CollectiveMSD,
    TensorMSD,
    TracerMSD,
    Trajectory,
    Velocities,
    VelocityAutocorrelation,
    atoms_at_once,
)
from a2c_pybamm.data.record import Array, release
from a2c_pybamm.data.sites import SiteOccupation, Sites
from a2c_pybamm.data.thermodynamics import ChemicalPotentials, EnergyTable, ThermalTable, Vibrations

__all__ = [
    "Array",
    "ChemicalPotentials",
    "CollectiveMSD",
    "EnergyTable",
    "HopFrequencies",
    "ImageEnergies",
    "MigrationPath",
    "SiteOccupation",
    "Sites",
    "TensorMSD",
    "ThermalTable",
    "TracerMSD",
    "Trajectory",
    "Velocities",
    "VelocityAutocorrelation",
    "Vibrations",
    "atoms_at_once",
    "release",
]
