"""Formulas with named, unit-bearing coefficients and no numbers of their own."""

from a2c_pybamm.laws.diffusion.arrhenius_mobility import ArrheniusMobility
from a2c_pybamm.laws.diffusion.mobility import barrier_name, prefactor_name
from a2c_pybamm.laws.diffusion.vacancy_mobility import VacancyMobility
from a2c_pybamm.laws.law import Coefficients, Law, build_law, coefficient, derived_names, held, log_coefficient, settings
from a2c_pybamm.laws.scale_and_value import Scale, Value
from a2c_pybamm.laws.thermodynamics.free_energy import FreeEnergy, UnstablePhaseError
from a2c_pybamm.laws.thermodynamics.landau import Landau
from a2c_pybamm.laws.thermodynamics.measured_ocp import MeasuredOCP, interpolate
from a2c_pybamm.laws.thermodynamics.phases import Gaps, PhaseForming
from a2c_pybamm.laws.thermodynamics.redlich_kister import RedlichKister
from a2c_pybamm.laws.thermodynamics.site_density import SiteDensity
from a2c_pybamm.laws.thermodynamics.site_sum import SiteSum, invert
from a2c_pybamm.laws.thermodynamics.spline_potential import SplinePotential
from a2c_pybamm.laws.thermodynamics.tabulated_ocp import TabulatedOCP
from a2c_pybamm.laws.thermodynamics.two_phase import TwoPhase

KINDS: dict[str, type] = {
    law.kind: law
    for law in (
        RedlichKister,
        Landau,
        SplinePotential,
        SiteSum,
        TwoPhase,
        MeasuredOCP,
        TabulatedOCP,
        VacancyMobility,
        ArrheniusMobility,
        SiteDensity,
        Scale,
        Value,
    )
}
"""The package's own laws by the name they have in files."""

__all__ = [
    "KINDS",
    "ArrheniusMobility",
    "Coefficients",
    "FreeEnergy",
    "Gaps",
    "Landau",
    "Law",
    "MeasuredOCP",
    "PhaseForming",
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
    "barrier_name",
    "build_law",
    "coefficient",
    "derived_names",
    "held",
    "interpolate",
    "invert",
    "log_coefficient",
    "prefactor_name",
    "settings",
]
