"""Density, heat capacity and thermal conductivity of a crystal and of its electrode, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from a2c_pybamm.estimate import Estimate
from a2c_pybamm.laws import (
    ElectrodeMixture,
    MixtureThermalConductivity,
    density_name,
    expansion_name,
    heat_capacity_name,
    thermal_conductivity_name,
)

NOTED_UNITS = {density_name: "kg/m3", heat_capacity_name: "J/kg/K", thermal_conductivity_name: "W/m/K"}
"""Units of the values whose logarithms are coefficients, by the function that makes their names."""


def heat_note(
    material: str,
    phases: tuple[tuple[str, float], ...],
    laws: Sequence[ElectrodeMixture | MixtureThermalConductivity],
    estimates: Sequence[Estimate],
    T: float,
) -> str:
    """Values of the crystal with their errors, shares of the volume, and values of the electrode at the means."""
    shares = ", ".join(f"{name} {share:.3g}" for name, share in phases)
    return f"crystal {_crystal(material, estimates)}; beside it by volume {shares}{_electrode(laws, estimates, T)}"


def _crystal(material: str, estimates: Sequence[Estimate]) -> str:
    """Values of the crystal with their errors."""
    parts = []
    for estimate in estimates:
        for name, mean, std in zip(estimate.names, estimate.mean, estimate.std, strict=True):
            unit = next((unit for of, unit in NOTED_UNITS.items() if of(material) == name), None)
            if unit:
                parts.append(f"{np.exp(mean):.4g} {unit} (std of ln {std:.2g})")
            elif name == expansion_name(material):
                parts.append(f"volumetric expansion {mean:.3g} ± {std:.1g} 1/K")
    return ", ".join(parts)


def _electrode(laws: Sequence[ElectrodeMixture | MixtureThermalConductivity], estimates: Sequence[Estimate], T: float) -> str:
    """Values of the electrode at the means; empty text where an estimate is missing."""
    c = {name: value for estimate in estimates for name, value in zip(estimate.names, estimate.mean, strict=True)}
    parts = []
    for law in laws:
        if not set(law.names) <= set(c):
            return ""
        if isinstance(law, ElectrodeMixture):
            parts.append(f"{law.electrode_density(c, T):.4g} kg/m3, {law.electrode_heat_capacity(c, T):.4g} J/kg/K")
        else:
            parts.append(f"{law.electrode_thermal_conductivity(c, T):.3g} W/m/K")
    return f"; electrode {', '.join(parts)}"


def effect_remark(laws: Sequence[ElectrodeMixture | MixtureThermalConductivity], options: Mapping[str, Any]) -> str:
    """Quantities that a cell that warms does not read by its options; empty text where it reads all."""
    parts = []
    if options.get("use lumped thermal capacity", "false") == "true" and any(isinstance(law, ElectrodeMixture) for law in laws):
        parts.append("no effect of density and heat capacity with the option of a lumped thermal capacity")
    if options.get("thermal") == "lumped" and any(isinstance(law, MixtureThermalConductivity) for law in laws):
        parts.append('no effect of the thermal conductivity in a lumped cell; write thermal = "x-full"')
    return "; ".join(parts)
