"""A study: one TOML file that says which data make which parameters of which cell, checked before anything runs."""

from a2c_pybamm.study.declared import Declared, Scale, Systematic, Value
from a2c_pybamm.study.electrode import (
    Barrier,
    Electrode,
    EnergyFile,
    FreeEnergy,
    Geometry,
    Hop,
    MeasuredOCP,
    Mobility,
    MolecularDynamics,
    Reference,
    Stoichiometry,
    TrajectoryFile,
    VibrationalEntropy,
)
from a2c_pybamm.study.fields import Section
from a2c_pybamm.study.reading import data_files, read_study
from a2c_pybamm.study.reference import reference_page
from a2c_pybamm.study.whole import CellSettings, PropagationSettings, Study, SweepSettings

__all__ = [
    "Barrier",
    "CellSettings",
    "Declared",
    "Electrode",
    "EnergyFile",
    "FreeEnergy",
    "Geometry",
    "Hop",
    "MeasuredOCP",
    "Mobility",
    "MolecularDynamics",
    "PropagationSettings",
    "Reference",
    "Scale",
    "Section",
    "Stoichiometry",
    "Study",
    "SweepSettings",
    "Systematic",
    "TrajectoryFile",
    "Value",
    "VibrationalEntropy",
    "data_files",
    "read_study",
    "reference_page",
]
