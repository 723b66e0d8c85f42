"""Names of the thermal coefficients of one phase: a crystal, an electrolyte, a binder, carbon."""

from __future__ import annotations

from a2c_pybamm.laws.law import coefficient, log_coefficient


def density_name(phase: str) -> str:
    """Name of the logarithm of a density at the reference temperature."""
    return log_coefficient(phase, "rho", "kg.m-3")


def expansion_name(phase: str) -> str:
    """Name of a volumetric thermal expansion."""
    return coefficient(phase, "alpha_V", "K-1")


def heat_capacity_name(phase: str) -> str:
    """Name of the logarithm of a specific heat capacity at constant pressure, at the reference temperature."""
    return log_coefficient(phase, "c_p", "J.kg-1.K-1")


def heat_capacity_slope_name(phase: str) -> str:
    """Name of the slope of that logarithm over temperature."""
    return coefficient(phase, "dln(c_p)/dT", "K-1")


def thermal_conductivity_name(phase: str) -> str:
    """Name of the logarithm of a thermal conductivity."""
    return log_coefficient(phase, "lambda", "W.m-1.K-1")


def bulk_modulus_name(phase: str) -> str:
    """Name of the logarithm of an isothermal bulk modulus."""
    return log_coefficient(phase, "K_T", "Pa")


def molar_entropy_name(phase: str) -> str:
    """Name of an entropy per mole of sites."""
    return coefficient(phase, "S", "J.mol-1.K-1")


def isochoric_heat_capacity_name(phase: str) -> str:
    """Name of the logarithm of a heat capacity at constant volume, per mole of sites."""
    return log_coefficient(phase, "C_V", "J.mol-1.K-1")
