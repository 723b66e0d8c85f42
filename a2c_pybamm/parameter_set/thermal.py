"""Laws of heat in PyBaMM's parameters of an electrode, and the volume fractions that they take from a base set."""

from __future__ import annotations

from a2c_pybamm.laws import ElectrodeMixture, MixtureThermalConductivity
from a2c_pybamm.parameter_set.attachment import Attachment
from a2c_pybamm.parameter_set.base_set import BaseSet, base_values
from a2c_pybamm.parameter_set.keys import ACTIVE_FRACTIONS, TEMPERATURE
from a2c_pybamm.parameter_set.kinetics import SIDES, Side

DENSITY, HEAT_CAPACITY, THERMAL_CONDUCTIVITY = TEMPERATURE
"""Endings of PyBaMM's keys."""


def thermal_attachments(
    side: Side, mixture: ElectrodeMixture | None = None, conductivity: MixtureThermalConductivity | None = None
) -> dict[str, Attachment]:
    """Attachments of the laws to one electrode's density, heat capacity and thermal conductivity, by PyBaMM key.

    Raises
    ------
    ValueError
        If the side is neither "negative" nor "positive", no law is given, or the two have other phases.
    """
    if side not in SIDES:
        raise ValueError(f"thermal: side {side!r} is unknown; take 'negative' or 'positive'")
    if mixture is None and conductivity is None:
        raise ValueError(f"thermal: no law for the {side} electrode; give mixture, conductivity or both")
    if mixture and conductivity and (mixture.material, mixture.phases) != (conductivity.material, conductivity.phases):
        raise ValueError(
            f"thermal: {mixture.material} has phases {mixture.phases} for its heat capacity and {conductivity.phases} for its "
            "conductivity; give both the same"
        )
    name, attach = side.capitalize(), {}
    if mixture:
        attach[f"{name} {DENSITY}"] = Attachment(mixture, "electrode_density")
        attach[f"{name} {HEAT_CAPACITY}"] = Attachment(mixture, "electrode_heat_capacity")
    if conductivity:
        attach[f"{name} {THERMAL_CONDUCTIVITY}"] = Attachment(conductivity, "electrode_thermal_conductivity")
    return attach


def volume_fractions(base: str | BaseSet, side: Side) -> tuple[float, float]:
    """Shares of active material and of pores in an electrode's volume, as a base set has them.

    Raises
    ------
    ValueError
        If the base set has no number for one.
    """
    values = base_values(base)
    found = []
    for key in fraction_keys(side):
        number = values.get(key)
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise ValueError(f"the base set has no number for {key!r}; declare active_fraction and porosity")
        found.append(float(number))
    return found[0], found[1]


def fraction_keys(side: Side) -> tuple[str, str]:
    """PyBaMM's keys of the shares of active material and of pores."""
    return ACTIVE_FRACTIONS[side], f"{side.capitalize()} electrode porosity"
