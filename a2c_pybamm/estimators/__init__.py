"""Data and a law in, an Estimate out; one method a file."""

from a2c_pybamm.estimators.conduction.currents import ionic_current, pressure_fluctuation, viscous_stress
from a2c_pybamm.estimators.conduction.drift import fit_onsager_from_drift
from a2c_pybamm.estimators.conduction.einstein_helfand import fit_einstein_helfand
from a2c_pybamm.estimators.conduction.electrolyte_fit import electrolyte_at, fit_electrolyte
from a2c_pybamm.estimators.conduction.electrolyte_motion import (
    electrolyte_motion,
    molecules_by_number,
    molecules_in_sequence,
    motion_of_groups,
)
from a2c_pybamm.estimators.conduction.electrolyte_posterior import ElectrolytePrior
from a2c_pybamm.estimators.conduction.electrolyte_rows import quantity_names
from a2c_pybamm.estimators.conduction.green_kubo import fit_green_kubo
from a2c_pybamm.estimators.conduction.ionic_conductivity import fit_ionic_conductivity
from a2c_pybamm.estimators.conduction.kirkwood_buff import fit_kirkwood_buff_factor, kirkwood_buff_integrals
from a2c_pybamm.estimators.conduction.onsager import WishedErrors, fit_onsager, planned_length
from a2c_pybamm.estimators.conduction.onsager_matrix import OnsagerMatrix, onsager_matrix
from a2c_pybamm.estimators.conduction.onsager_report import OnsagerReport, onsager_report
from a2c_pybamm.estimators.conduction.pair_correlations import pair_correlations
from a2c_pybamm.estimators.conduction.structure_factor_limit import fit_structure_factor_limit, structure_factors
from a2c_pybamm.estimators.conduction.thermodynamic_factor import fit_thermodynamic_factor
from a2c_pybamm.estimators.conduction.transport_efficiency import (
    ABOVE_BOUND,
    BoundChoice,
    efficiency_by_bounds,
    efficiency_by_exponent,
    efficiency_by_tortuosity,
)
from a2c_pybamm.estimators.diffusion.arrhenius import fit_arrhenius
from a2c_pybamm.estimators.diffusion.finite_size import extrapolate_cell_size, extrapolate_liquid, yeh_hummer_correction
from a2c_pybamm.estimators.diffusion.given_covariance import fit_diffusivity_from_msd
from a2c_pybamm.estimators.diffusion.green_kubo import fit_green_kubo_diffusivity
from a2c_pybamm.estimators.diffusion.jump_diffusivity import fit_jump_diffusivity, haven_ratio
from a2c_pybamm.estimators.diffusion.mobility_over_composition import fit_mobility, mobility_at
from a2c_pybamm.estimators.diffusion.tracer_diffusivity import fit_tracer_diffusivity
from a2c_pybamm.estimators.fields.charge_moment import debye_length, fit_charge_second_moment
from a2c_pybamm.estimators.fields.correlation_laws import variance_over_plateau
from a2c_pybamm.estimators.fields.correlation_length import LengthNotResolved, NoPlateau, fit_correlation_length
from a2c_pybamm.estimators.fields.correlation_time import CorrelationTime, TimeCriterion, fit_correlation_time
from a2c_pybamm.estimators.fields.density_field import density_field, momentum_field
from a2c_pybamm.estimators.fields.field_grid import GridCriterion
from a2c_pybamm.estimators.fields.field_points import density_at, momentum_at, momentum_divergence_at
from a2c_pybamm.estimators.fields.field_variance import VarianceSettings, field_variance, sampled_field_variance
from a2c_pybamm.estimators.fields.flow_velocity import flow_velocity
from a2c_pybamm.estimators.fields.kernels import CubicBSpline, CubicTopHat, Gaussian, Kernel, SphericalTopHat, TrilinearHat
from a2c_pybamm.estimators.fields.plateau import PlateauCriterion, PlateauReport, PlateauStatus, plateau_report
from a2c_pybamm.estimators.fields.profile import centred, field_profile, field_slice
from a2c_pybamm.estimators.hops.barrier import PathCriterion, fit_barrier, highest_image, reversed_path, split_path
from a2c_pybamm.estimators.hops.correlation_factor import tracer_correlation_factor, tracer_diffusivity_by_vacancies
from a2c_pybamm.estimators.hops.environments import EffectiveMedium, combine_environments
from a2c_pybamm.estimators.hops.hop_correlation import MemoryCriterion, fit_correlation_factor
from a2c_pybamm.estimators.hops.hop_network import (
    HopNetwork,
    effective_diffusivity,
    repeat,
    superpose,
    with_rates,
)
from a2c_pybamm.estimators.hops.hop_rates import fit_hop_rates
from a2c_pybamm.estimators.hops.hopping import harmonic_entropy, hopping_diffusivity, vineyard_frequency
from a2c_pybamm.estimators.hops.lattices import lattice, neighbour_hops
from a2c_pybamm.estimators.hops.network_diffusivity import (
    activated_rates,
    diffusivity_from_energies,
    effective_diffusivity_estimate,
)
from a2c_pybamm.estimators.hops.observed_network import keep_paths, observed_network
from a2c_pybamm.estimators.hops.site_occupation import assign_sites, site_trajectory
from a2c_pybamm.estimators.kinetics.barrier_fit import BarrierModel
from a2c_pybamm.estimators.kinetics.charge_transfer import fit_charge_transfer, reorganization_energy_declared
from a2c_pybamm.estimators.kinetics.equilibrium import step_potentials
from a2c_pybamm.estimators.kinetics.form_error import FormCriterion, with_form_error
from a2c_pybamm.estimators.kinetics.paths import barriers_of_paths
from a2c_pybamm.estimators.kinetics.reorganization import fit_reorganization_energy
from a2c_pybamm.estimators.mechanics.adiabatic import adiabatic_constants
from a2c_pybamm.estimators.mechanics.covariance_error import SpectrumCriterion
from a2c_pybamm.estimators.mechanics.crystal_symmetry import elastic_form, point_group_rotations
from a2c_pybamm.estimators.mechanics.elastic_tensor import ElasticCoefficients, FitTo, fit_elastic_tensor
from a2c_pybamm.estimators.mechanics.fluctuations import BornCriterion, fit_elastic_fluctuations
from a2c_pybamm.estimators.mechanics.polycrystal import PolycrystalBounds, polycrystal_moduli
from a2c_pybamm.estimators.mechanics.stiffness import ElasticStability, elastic_stability, stiffness_of
from a2c_pybamm.estimators.mechanics.strain_fit import StrainCriterion
from a2c_pybamm.estimators.mechanics.volume import fit_volume, partial_molar_volume
from a2c_pybamm.estimators.statistics.combination import combine
from a2c_pybamm.estimators.statistics.committee import combine_members
from a2c_pybamm.estimators.statistics.declared_estimate import declare
from a2c_pybamm.estimators.statistics.replicas import average_replicas
from a2c_pybamm.estimators.thermal.heat_capacity import HeatCapacitySteps, heat_capacity
from a2c_pybamm.estimators.thermal.polycrystal_conductivity import polycrystal_conductivity
from a2c_pybamm.estimators.thermal.quasi_harmonic import QuasiHarmonicCriterion, fit_quasi_harmonic
from a2c_pybamm.estimators.thermal.thermal_expansion import ExpansionPrior, fit_thermal_expansion
from a2c_pybamm.estimators.thermodynamics.chemical_potential import fit_chemical_potential
from a2c_pybamm.estimators.thermodynamics.convex_hull import HullVoltages, hull_voltages
from a2c_pybamm.estimators.thermodynamics.emitted_modes import with_leading_modes
from a2c_pybamm.estimators.thermodynamics.free_energy_fit import (
    composition_covariance,
    fit_end_members,
    fit_free_energy,
)
from a2c_pybamm.estimators.thermodynamics.insertion import insertion_energies, insertion_potentials
from a2c_pybamm.estimators.thermodynamics.logit_spline_fit import fit_logit_spline, logit_spline
from a2c_pybamm.estimators.thermodynamics.order_choice import OrderChoice, choose_order, leave_one_out
from a2c_pybamm.estimators.thermodynamics.phase_diagram import PhaseDiagram, critical_point, phase_diagram
from a2c_pybamm.estimators.thermodynamics.plausible_voltages import (
    mean_of_potentials,
    mean_voltage,
    validate_potentials,
    validate_reference,
    validate_voltages,
)
from a2c_pybamm.estimators.thermodynamics.site_sum import fit_site_sum
from a2c_pybamm.estimators.thermodynamics.site_volume import fit_site_volume
from a2c_pybamm.estimators.thermodynamics.smoothing_spline import fit_spline_potential
from a2c_pybamm.estimators.thermodynamics.tabulation import tabulate_ocp
from a2c_pybamm.estimators.thermodynamics.vibrations import add_vibrations, harmonic
from a2c_pybamm.estimators.time_series.block_average import BlockAverage, block_average
from a2c_pybamm.estimators.time_series.diffusive_window import WindowCriterion
from a2c_pybamm.estimators.time_series.flat_band import BandCriterion
from a2c_pybamm.estimators.time_series.mean_squared_displacement import (
    charge_mean_squared_displacement,
    collective_mean_squared_displacement,
    mean_squared_displacement,
    mean_squared_displacement_tensor,
)
from a2c_pybamm.estimators.time_series.resolution import NotDiffusive, NotResolved
from a2c_pybamm.estimators.time_series.running_integral import block_averages, running_integral
from a2c_pybamm.estimators.time_series.spectral_mixture import ZeroFrequencyCriterion
from a2c_pybamm.estimators.time_series.velocity_autocorrelation import central_velocities, velocity_autocorrelation
from a2c_pybamm.estimators.time_series.zero_frequency import ZeroFrequency, zero_frequency

__all__ = [
    "ABOVE_BOUND",
    "BandCriterion",
    "BarrierModel",
    "BlockAverage",
    "BornCriterion",
    "BoundChoice",
    "CorrelationTime",
    "CubicBSpline",
    "CubicTopHat",
    "EffectiveMedium",
    "ElasticCoefficients",
    "ElasticStability",
    "ElectrolytePrior",
    "ExpansionPrior",
    "FitTo",
    "FormCriterion",
    "Gaussian",
    "GridCriterion",
    "HeatCapacitySteps",
    "HopNetwork",
    "HullVoltages",
    "Kernel",
    "LengthNotResolved",
    "MemoryCriterion",
    "NoPlateau",
    "NotDiffusive",
    "NotResolved",
    "OnsagerMatrix",
    "OnsagerReport",
    "OrderChoice",
    "PathCriterion",
    "PhaseDiagram",
    "PlateauCriterion",
    "PlateauReport",
    "PlateauStatus",
    "PolycrystalBounds",
    "QuasiHarmonicCriterion",
    "SpectrumCriterion",
    "SphericalTopHat",
    "StrainCriterion",
    "TimeCriterion",
    "TrilinearHat",
    "VarianceSettings",
    "WindowCriterion",
    "WishedErrors",
    "ZeroFrequency",
    "ZeroFrequencyCriterion",
    "activated_rates",
    "add_vibrations",
    "adiabatic_constants",
    "assign_sites",
    "average_replicas",
    "barriers_of_paths",
    "block_average",
    "block_averages",
    "central_velocities",
    "centred",
    "charge_mean_squared_displacement",
    "choose_order",
    "collective_mean_squared_displacement",
    "combine",
    "combine_environments",
    "combine_members",
    "composition_covariance",
    "critical_point",
    "debye_length",
    "declare",
    "density_at",
    "density_field",
    "diffusivity_from_energies",
    "effective_diffusivity",
    "effective_diffusivity_estimate",
    "efficiency_by_bounds",
    "efficiency_by_exponent",
    "efficiency_by_tortuosity",
    "elastic_form",
    "elastic_stability",
    "electrolyte_at",
    "electrolyte_motion",
    "extrapolate_cell_size",
    "extrapolate_liquid",
    "field_profile",
    "field_slice",
    "field_variance",
    "fit_arrhenius",
    "fit_barrier",
    "fit_charge_second_moment",
    "fit_charge_transfer",
    "fit_chemical_potential",
    "fit_correlation_factor",
    "fit_correlation_length",
    "fit_correlation_time",
    "fit_diffusivity_from_msd",
    "fit_einstein_helfand",
    "fit_elastic_fluctuations",
    "fit_elastic_tensor",
    "fit_electrolyte",
    "fit_end_members",
    "fit_free_energy",
    "fit_green_kubo",
    "fit_green_kubo_diffusivity",
    "fit_hop_rates",
    "fit_ionic_conductivity",
    "fit_jump_diffusivity",
    "fit_kirkwood_buff_factor",
    "fit_logit_spline",
    "fit_mobility",
    "fit_onsager",
    "fit_onsager_from_drift",
    "fit_quasi_harmonic",
    "fit_reorganization_energy",
    "fit_site_sum",
    "fit_site_volume",
    "fit_spline_potential",
    "fit_structure_factor_limit",
    "fit_thermal_expansion",
    "fit_thermodynamic_factor",
    "fit_tracer_diffusivity",
    "fit_volume",
    "flow_velocity",
    "harmonic",
    "harmonic_entropy",
    "haven_ratio",
    "heat_capacity",
    "highest_image",
    "hopping_diffusivity",
    "hull_voltages",
    "insertion_energies",
    "insertion_potentials",
    "ionic_current",
    "keep_paths",
    "kirkwood_buff_integrals",
    "lattice",
    "leave_one_out",
    "logit_spline",
    "mean_of_potentials",
    "mean_squared_displacement",
    "mean_squared_displacement_tensor",
    "mean_voltage",
    "mobility_at",
    "molecules_by_number",
    "molecules_in_sequence",
    "momentum_at",
    "momentum_divergence_at",
    "momentum_field",
    "motion_of_groups",
    "neighbour_hops",
    "observed_network",
    "onsager_matrix",
    "onsager_report",
    "pair_correlations",
    "partial_molar_volume",
    "phase_diagram",
    "planned_length",
    "plateau_report",
    "point_group_rotations",
    "polycrystal_conductivity",
    "polycrystal_moduli",
    "pressure_fluctuation",
    "quantity_names",
    "reorganization_energy_declared",
    "repeat",
    "reversed_path",
    "running_integral",
    "sampled_field_variance",
    "site_trajectory",
    "split_path",
    "step_potentials",
    "stiffness_of",
    "structure_factors",
    "superpose",
    "tabulate_ocp",
    "tracer_correlation_factor",
    "tracer_diffusivity_by_vacancies",
    "validate_potentials",
    "validate_reference",
    "validate_voltages",
    "variance_over_plateau",
    "velocity_autocorrelation",
    "vineyard_frequency",
    "viscous_stress",
    "with_form_error",
    "with_leading_modes",
    "with_rates",
    "yeh_hummer_correction",
    "zero_frequency",
]
