"""Formulas with named, unit-bearing coefficients and no numbers of their own."""

from a2c_pybamm.ions import DEFAULT_ION, IONS, Ion, known_ion
from a2c_pybamm.laws.conduction.composite import CompositeConductivity
from a2c_pybamm.laws.conduction.electrolyte import ElectrolyteTransport
from a2c_pybamm.laws.conduction.electrolyte_names import (
    conductivity_name,
    diffusivity_name,
    salt_coefficient_name,
    thermodynamic_factor_name,
    transference_name,
)
from a2c_pybamm.laws.conduction.mixture_bounds import embedded_mean, hashin_shtrikman_bounds, wiener_bounds
from a2c_pybamm.laws.conduction.onsager import (
    BinarySalt,
    conductivity,
    frame_matrix,
    onsager_from_transport,
    salt_coefficient,
    salt_diffusivity,
    salt_partial_molar_volume,
    transference_in_solvent_frame,
    transference_in_volume_frame,
    transference_number,
)
from a2c_pybamm.laws.conduction.single_ion import SingleIonConductor
from a2c_pybamm.laws.conduction.transport_efficiency import TransportEfficiency
from a2c_pybamm.laws.diffusion.arrhenius_mobility import ArrheniusMobility
from a2c_pybamm.laws.diffusion.mobility import barrier_name, prefactor_name
from a2c_pybamm.laws.diffusion.vacancy_mobility import VacancyMobility
from a2c_pybamm.laws.kinetics.butler_volmer import ButlerVolmer
from a2c_pybamm.laws.kinetics.charge_transfer import ChargeTransfer
from a2c_pybamm.laws.kinetics.error_function import complementary_error_function
from a2c_pybamm.laws.kinetics.marcus import Marcus, Reorganizing
from a2c_pybamm.laws.kinetics.marcus_hush_chidsey import (
    MHC_FORM,
    MarcusHushChidsey,
    chidsey_current,
    form_distance,
)
from a2c_pybamm.laws.law import (
    Coefficients,
    Law,
    build_law,
    coefficient,
    derived_names,
    held_laws,
    log_coefficient,
    material_name,
    registered,
    settings,
)
from a2c_pybamm.laws.mechanics.crystal_volume import CrystalVolume
from a2c_pybamm.laws.mechanics.isotropic_elasticity import IsotropicElasticity, young_names
from a2c_pybamm.laws.mechanics.stress_assisted_diffusion import StressAssistedDiffusion
from a2c_pybamm.laws.scale_and_value import Scale, Value
from a2c_pybamm.laws.thermal.electrode_mixture import ElectrodeMixture
from a2c_pybamm.laws.thermal.mixture_conductivity import MixtureThermalConductivity
from a2c_pybamm.laws.thermal.phase_names import (
    bulk_modulus_name,
    density_name,
    expansion_name,
    heat_capacity_name,
    heat_capacity_slope_name,
    isochoric_heat_capacity_name,
    molar_entropy_name,
    thermal_conductivity_name,
)
from a2c_pybamm.laws.thermodynamics.expansion import Expansion, PlainExpansion
from a2c_pybamm.laws.thermodynamics.free_energy import FreeEnergy, PhaseForming, UnstablePhaseError
from a2c_pybamm.laws.thermodynamics.ion import IonSymbol, ion_of
from a2c_pybamm.laws.thermodynamics.landau import Landau
from a2c_pybamm.laws.thermodynamics.legendre import Legendre
from a2c_pybamm.laws.thermodynamics.logit_spline import LogitSpline
from a2c_pybamm.laws.thermodynamics.measured_ocp import MeasuredOCP, interpolate
from a2c_pybamm.laws.thermodynamics.phases import Gaps
from a2c_pybamm.laws.thermodynamics.redlich_kister import RedlichKister
from a2c_pybamm.laws.thermodynamics.site_density import SiteDensity
from a2c_pybamm.laws.thermodynamics.site_sum import SiteSum, invert
from a2c_pybamm.laws.thermodynamics.spline_potential import SplinePotential
from a2c_pybamm.laws.thermodynamics.tabulated_ocp import TabulatedOCP
from a2c_pybamm.laws.thermodynamics.two_phase import TwoPhase

__all__ = [
    "DEFAULT_ION",
    "IONS",
    "KINDS",
    "MHC_FORM",
    "ArrheniusMobility",
    "BinarySalt",
    "ButlerVolmer",
    "ChargeTransfer",
    "Coefficients",
    "CompositeConductivity",
    "CrystalVolume",
    "ElectrodeMixture",
    "ElectrolyteTransport",
    "Expansion",
    "FreeEnergy",
    "Gaps",
    "Ion",
    "IonSymbol",
    "IsotropicElasticity",
    "Landau",
    "Law",
    "Legendre",
    "LogitSpline",
    "Marcus",
    "MarcusHushChidsey",
    "MeasuredOCP",
    "MixtureThermalConductivity",
    "PhaseForming",
    "PlainExpansion",
    "RedlichKister",
    "Reorganizing",
    "Scale",
    "SingleIonConductor",
    "SiteDensity",
    "SiteSum",
    "SplinePotential",
    "StressAssistedDiffusion",
    "TabulatedOCP",
    "TransportEfficiency",
    "TwoPhase",
    "UnstablePhaseError",
    "VacancyMobility",
    "Value",
    "barrier_name",
    "build_law",
    "bulk_modulus_name",
    "chidsey_current",
    "coefficient",
    "complementary_error_function",
    "conductivity",
    "conductivity_name",
    "density_name",
    "derived_names",
    "diffusivity_name",
    "embedded_mean",
    "expansion_name",
    "form_distance",
    "frame_matrix",
    "hashin_shtrikman_bounds",
    "heat_capacity_name",
    "heat_capacity_slope_name",
    "held_laws",
    "interpolate",
    "invert",
    "ion_of",
    "isochoric_heat_capacity_name",
    "known_ion",
    "log_coefficient",
    "material_name",
    "molar_entropy_name",
    "onsager_from_transport",
    "prefactor_name",
    "registered",
    "salt_coefficient",
    "salt_coefficient_name",
    "salt_diffusivity",
    "salt_partial_molar_volume",
    "settings",
    "thermal_conductivity_name",
    "thermodynamic_factor_name",
    "transference_in_solvent_frame",
    "transference_in_volume_frame",
    "transference_name",
    "transference_number",
    "wiener_bounds",
    "young_names",
]

KINDS = registered(vars())
"""The package's own laws by the name they have in files: every law that this module exports."""
