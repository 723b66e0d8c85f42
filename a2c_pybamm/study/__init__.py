"""A study: one TOML file with the data, methods and cell of a parameter set, checked before anything runs."""

from a2c_pybamm.study.balance import Balance
from a2c_pybamm.study.conduction import Conduction
from a2c_pybamm.study.declared_sections import Declared, Scale, Systematic, Value
from a2c_pybamm.study.electrode import (
    Barrier,
    Electrode,
    GapDiffusivity,
    Geometry,
    Hop,
    Mobility,
    MolecularDynamics,
    Stoichiometry,
    TrajectoryFile,
)
from a2c_pybamm.study.electrolyte import (
    ActivityFile,
    CurrentFile,
    Electrolyte,
    ElectrolyteRun,
    FileOfSeries,
    LiquidElectrolyte,
    SolidElectrolyte,
    Species,
    TransportValue,
)
from a2c_pybamm.study.fields import Section
from a2c_pybamm.study.free_energy import ExpansionFreeEnergy, FreeEnergy
from a2c_pybamm.study.free_energy_sections import (
    SECTIONS,
    LandauFreeEnergy,
    LogitSplineFreeEnergy,
    PolynomialFreeEnergy,
    RedlichKisterFreeEnergy,
    SiteSumFreeEnergy,
    SplineFreeEnergy,
    phase_treatment,
)
from a2c_pybamm.study.kinetics import (
    ActivationEntropy,
    BarrierTable,
    Kinetics,
    KineticsLaw,
    ReorganizationEnergy,
    SurfaceSitesEntry,
)
from a2c_pybamm.study.mechanics import (
    DeclaredModuli,
    DeclaredMolarVolume,
    Mechanics,
    StrainedCells,
    VolumeOverComposition,
)
from a2c_pybamm.study.mistakes import Mistakes, NotGiven, StudyMistakes, combined_error
from a2c_pybamm.study.named_files import add_unusable_files, data_files
from a2c_pybamm.study.reading import Reading, read_partial_study, read_study
from a2c_pybamm.study.reference import reference_page
from a2c_pybamm.study.scales import MaterialScales, PoreSize, Scales
from a2c_pybamm.study.stamps import MADE_FROM, changed_since, study_stamps
from a2c_pybamm.study.study import CellSettings, MomentOutput, PropagationSettings, Study, SweepSettings
from a2c_pybamm.study.thermodynamics import (
    EnergyFile,
    MeasuredOCP,
    PotentialFile,
    Reference,
    SharedError,
    VibrationalEntropy,
    VibrationFile,
)
from a2c_pybamm.study.transport_efficiency import PhaseEfficiency, Separator, TransportEfficiency

__all__ = [
    "MADE_FROM",
    "SECTIONS",
    "ActivationEntropy",
    "ActivityFile",
    "Balance",
    "Barrier",
    "BarrierTable",
    "CellSettings",
    "Conduction",
    "CurrentFile",
    "Declared",
    "DeclaredModuli",
    "DeclaredMolarVolume",
    "Electrode",
    "Electrolyte",
    "ElectrolyteRun",
    "EnergyFile",
    "ExpansionFreeEnergy",
    "FileOfSeries",
    "FreeEnergy",
    "GapDiffusivity",
    "Geometry",
    "Hop",
    "Kinetics",
    "KineticsLaw",
    "LandauFreeEnergy",
    "LiquidElectrolyte",
    "LogitSplineFreeEnergy",
    "MaterialScales",
    "MeasuredOCP",
    "Mechanics",
    "Mistakes",
    "Mobility",
    "MolecularDynamics",
    "MomentOutput",
    "NotGiven",
    "PhaseEfficiency",
    "PolynomialFreeEnergy",
    "PoreSize",
    "PotentialFile",
    "PropagationSettings",
    "Reading",
    "RedlichKisterFreeEnergy",
    "Reference",
    "ReorganizationEnergy",
    "Scale",
    "Scales",
    "Section",
    "Separator",
    "SharedError",
    "SiteSumFreeEnergy",
    "SolidElectrolyte",
    "Species",
    "SplineFreeEnergy",
    "Stoichiometry",
    "StrainedCells",
    "Study",
    "StudyMistakes",
    "SurfaceSitesEntry",
    "SweepSettings",
    "Systematic",
    "TrajectoryFile",
    "TransportEfficiency",
    "TransportValue",
    "Value",
    "VibrationFile",
    "VibrationalEntropy",
    "VolumeOverComposition",
    "add_unusable_files",
    "changed_since",
    "combined_error",
    "data_files",
    "phase_treatment",
    "read_partial_study",
    "read_study",
    "reference_page",
    "study_stamps",
]
