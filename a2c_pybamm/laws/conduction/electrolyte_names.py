"""Names of the coefficients that describe the transport of one electrolyte at one concentration and temperature."""

from __future__ import annotations

from a2c_pybamm.laws.law import coefficient, log_coefficient


def conductivity_name(material: str) -> str:
    """Name of a conductivity's logarithm: ``"LiPF6-EC ln(kappa [S.m-1])"``."""
    return log_coefficient(material, "kappa", "S.m-1")


def transference_name(material: str) -> str:
    """Name of the cation's transference number, in the solvent frame: ``"LiPF6-EC t_plus [1]"``."""
    return coefficient(material, "t_plus", "1")


def salt_coefficient_name(material: str) -> str:
    """Name of the logarithm of the salt's Onsager coefficient: ``"LiPF6-EC ln(L_s [mol2.J-1.m-1.s-1])"``."""
    return log_coefficient(material, "L_s", "mol2.J-1.m-1.s-1")


def thermodynamic_factor_name(material: str) -> str:
    """Name of the logarithm of the thermodynamic factor 1 + dln f/dln c: ``"LiPF6-EC ln(TDF [1])"``."""
    return log_coefficient(material, "TDF", "1")


def diffusivity_name(material: str) -> str:
    """Name of the logarithm of the salt's diffusivity: ``"LiPF6-EC ln(D_e [m2.s-1])"``."""
    return log_coefficient(material, "D_e", "m2.s-1")
