"""Records that readers return: frozen arrays in SI units, one type for each kind of data."""

from a2c_pybamm.data.conduction import CurrentSeries, DriftVelocities, ElectrolyteMotion, TransportCoefficient
from a2c_pybamm.data.electrolyte_thermodynamics import ActivityTable, ConcentrationScale, PairCorrelations, StructureFactors
from a2c_pybamm.data.hops import HopFrequencies, ImageEnergies, MigrationPath
from a2c_pybamm.data.insertion import InsertionEnergies
from a2c_pybamm.data.kinetics import ChargeTransferBarriers, PotentialScale, StateEnergies, SurfaceSites
from a2c_pybamm.data.mechanics import (
    IDENTITY,
    N_VOIGT,
    VOIGT_COLUMNS,
    VOIGT_ROWS,
    IonRelaxation,
    StrainedStresses,
    StrainMeasure,
    StressKind,
    StressSeries,
    validate_rotations,
    voigt_components,
    voigt_tensors,
)
from a2c_pybamm.data.motion import (
    MIN_FRAMES,
    CollectiveMSD,
    TensorMSD,
    TracerMSD,
    Trajectory,
    Velocities,
    VelocityAutocorrelation,
)
from a2c_pybamm.data.record import BLOCK_BYTES, MOST_BYTES_IN_MEMORY, Array, atoms_at_once, frames_at_once, release
from a2c_pybamm.data.sites import LEAST_CELL_VOLUME, SiteOccupation, Sites
from a2c_pybamm.data.thermodynamics import FRACTION_ROUNDING, ChemicalPotentials, EnergyTable, ThermalTable, Vibrations

__all__ = [
    "BLOCK_BYTES",
    "FRACTION_ROUNDING",
    "IDENTITY",
    "LEAST_CELL_VOLUME",
    "MIN_FRAMES",
    "MOST_BYTES_IN_MEMORY",
    "N_VOIGT",
    "VOIGT_COLUMNS",
    "VOIGT_ROWS",
    "ActivityTable",
    "Array",
    "ChargeTransferBarriers",
    "ChemicalPotentials",
    "CollectiveMSD",
    "ConcentrationScale",
    "CurrentSeries",
    "DriftVelocities",
    "ElectrolyteMotion",
    "EnergyTable",
    "HopFrequencies",
    "ImageEnergies",
    "InsertionEnergies",
    "IonRelaxation",
    "MigrationPath",
    "PairCorrelations",
    "PotentialScale",
    "SiteOccupation",
    "Sites",
    "StateEnergies",
    "StrainMeasure",
    "StrainedStresses",
    "StressKind",
    "StressSeries",
    "StructureFactors",
    "SurfaceSites",
    "TensorMSD",
    "ThermalTable",
    "TracerMSD",
    "Trajectory",
    "TransportCoefficient",
    "Velocities",
    "VelocityAutocorrelation",
    "Vibrations",
    "atoms_at_once",
    "frames_at_once",
    "release",
    "validate_rotations",
    "voigt_components",
    "voigt_tensors",
]
