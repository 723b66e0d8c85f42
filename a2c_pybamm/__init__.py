"""From atomistic data to PyBaMM parameter sets with error bars, carried through to the cell.

Names are imported when first asked for, so that ``import a2c_pybamm`` costs no more than numpy.
"""

from __future__ import annotations

import importlib
import os

TYPE_CHECKING = False  # as in typing, whose import would take most of the time until a command can be interrupted cleanly
if TYPE_CHECKING:
    from typing import Any

# PyBaMM starts a telemetry client on import unless told not to; nothing here may speak to a network.
os.environ["PYBAMM_DISABLE_TELEMETRY"] = "true"

__version__ = "0.1.0"

_HOMES = {
    "estimate": ["Estimate", "Factor", "Joint"],
    "data": [
        "BlockMSD",
        "ChemicalPotentials",
        "CollectiveMSD",
        "CurrentSeries",
        "ElectrolyteMotion",
        "EnergyTable",
        "HopFrequencies",
        "ImageEnergies",
        "InsertionEnergies",
        "MigrationPath",
        "SiteOccupation",
        "Sites",
        "TensorMSD",
        "ThermalTable",
        "TracerMSD",
        "Trajectory",
        "TransportCoefficient",
        "Velocities",
        "VelocityAutocorrelation",
        "Vibrations",
    ],
    "laws": [
        "ArrheniusMobility",
        "Landau",
        "Legendre",
        "LogitSpline",
        "MeasuredOCP",
        "RedlichKister",
        "Scale",
        "SiteDensity",
        "SiteSum",
        "SplinePotential",
        "TabulatedOCP",
        "TwoPhase",
        "UnstablePhaseError",
        "VacancyMobility",
        "Value",
    ],
    "readers": [
        "read_chemical_potentials",
        "read_density_of_states",
        "read_energies",
        "read_frequencies",
        "read_hop_frequencies",
        "read_image_energies",
        "read_insertion_energies",
        "read_neb",
        "read_phonopy",
        "read_sites",
        "read_structures",
        "read_thermal",
        "read_trajectory",
        "read_velocities",
    ],
    "estimators": [
        "CutoffCriterion",
        "HopNetwork",
        "MemoryCriterion",
        "PhaseDiagram",
        "WindowCriterion",
        "activated_rates",
        "add_vibrations",
        "assign_sites",
        "average_replicas",
        "central_velocities",
        "choose_order",
        "collective_mean_squared_displacement",
        "combine_members",
        "composition_covariance",
        "critical_point",
        "declare",
        "diffusivity_from_energies",
        "effective_diffusivity",
        "effective_diffusivity_estimate",
        "extrapolate_cell_size",
        "fit_arrhenius",
        "fit_barrier",
        "fit_chemical_potential",
        "fit_correlation_factor",
        "fit_end_members",
        "fit_free_energy",
        "fit_green_kubo_diffusivity",
        "fit_hop_rates",
        "fit_jump_diffusivity",
        "fit_logit_spline",
        "fit_mobility",
        "fit_site_sum",
        "fit_site_volume",
        "fit_spline_potential",
        "fit_tracer_diffusivity",
        "harmonic_entropy",
        "haven_ratio",
        "highest_image",
        "hopping_diffusivity",
        "hull_voltages",
        "insertion_energies",
        "insertion_potentials",
        "keep_paths",
        "lattice",
        "logit_spline",
        "mean_squared_displacement",
        "mobility_at",
        "neighbour_hops",
        "mean_squared_displacement_tensor",
        "observed_network",
        "phase_diagram",
        "site_trajectory",
        "superpose",
        "tabulate_ocp",
        "tracer_correlation_factor",
        "tracer_diffusivity_by_vacancies",
        "validate_potentials",
        "validate_reference",
        "validate_voltages",
        "velocity_autocorrelation",
        "vineyard_frequency",
        "yeh_hummer_correction",
    ],
    "parameter_set": [
        "Attachment",
        "BaseSet",
        "ParameterSet",
        "StoichiometryMap",
        "measured_ocp",
        "msmr_attachments",
        "thermodynamic_table",
        "with_balance",
    ],
    "study": ["read_study"],
    "derivation": ["derive"],
    "files": ["read_base", "read_parameter_values", "read_result", "save", "write_result"],
    "result": ["Result"],
    "sets": ["load"],
    "cell": [
        "Cell",
        "ConstantCurrent",
        "DriveCycle",
        "ParallelCell",
        "SimulationFailed",
        "TraceFunction",
        "VariableAt",
        "remembered",
    ],
    "propagation": [
        "AdaptiveChaos",
        "FirstOrder",
        "MonteCarlo",
        "PolynomialChaos",
        "Recommendation",
        "Status",
        "curve_covariance",
        "design_to_dataframe",
        "draws_to_dataframe",
        "from_function",
        "generator_of",
        "propagate",
        "read_recommendation",
        "read_status",
        "reweight",
        "scale_source",
        "sensitivity_indices",
        "survival",
        "to_chaospy",
        "to_dataframe",
    ],
    "design": ["sweep"],
    "report": ["write_report"],
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'a2c_pybamm' has no attribute {name!r}")
    return getattr(importlib.import_module(f"a2c_pybamm.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
