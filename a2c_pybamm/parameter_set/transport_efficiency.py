"""Laws of transport efficiency in PyBaMM's exponents of porous layers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, get_args

import pybamm

from a2c_pybamm.constants import RELATIVE_ROUND_OFF
from a2c_pybamm.laws import TransportEfficiency
from a2c_pybamm.parameter_set.attachment import Attachment
from a2c_pybamm.parameter_set.base_set import BaseSet, base_values

EFFICIENCY_OPTION = "transport efficiency"
"""PyBaMM's option of the formula that multiplies conductivities and diffusivities of porous layers."""
EXPONENT_KEY = re.compile(r"(Separator|(?:Negative|Positive) electrode) Bruggeman coefficient \((electrolyte|electrode)\)")
"""Keys of PyBaMM's exponents, by layer and phase."""

Layer = Literal["negative", "separator", "positive"]
Phase = Literal["electrolyte", "electrode"]


def _exponent_key(layer: Layer, phase: Phase) -> str:
    name = "Separator" if layer == "separator" else f"{layer.capitalize()} electrode"
    return f"{name} Bruggeman coefficient ({phase})"


def porosity_key(layer: str) -> str:
    """PyBaMM's key of a layer's porosity, by the layer's first word."""
    return "Separator porosity" if layer.lower() == "separator" else f"{layer.capitalize()} electrode porosity"


def phase_fraction(base: str | BaseSet, layer: Layer, phase: Phase) -> float:
    """Volume fraction of a phase in a layer of a base set: its porosity, or 1 less that for an electrode's solids.

    Raises
    ------
    ValueError
        If there is no such layer or phase, or its porosity is no number below 1.
    """
    return _fraction(base_values(base), layer, phase)


def _validate_place(layer: str, phase: str) -> None:
    """Raise ``ValueError`` where no layer has such a phase."""
    if layer not in get_args(Layer) or phase not in get_args(Phase):
        layers, phases = (", ".join(map(repr, get_args(kind))) for kind in (Layer, Phase))
        raise ValueError(f"layer {layer!r} and phase {phase!r}; write one of {layers}, and one of {phases}")
    if (layer, phase) == ("separator", "electrode"):
        raise ValueError("a separator has no electrode; give its electrolyte's transport efficiency")


def _fraction(values: pybamm.ParameterValues, layer: str, phase: str) -> float:
    _validate_place(layer, phase)
    key = porosity_key(layer)
    porosity = values.get(key)
    if isinstance(porosity, bool) or not isinstance(porosity, int | float) or not 0 < porosity < 1:
        shown = f"{porosity:g}" if isinstance(porosity, int | float) else type(porosity).__name__
        raise ValueError(
            f"the base set's {key!r} is {shown}, no number between 0 and 1, so that no efficiency belongs to it; replace the "
            "exponent by a [[value]]"
        )
    return float(porosity) if phase == "electrolyte" else 1 - float(porosity)


def efficiency_attachments(law: TransportEfficiency, layer: Layer, phase: Phase = "electrolyte") -> dict[str, Attachment]:
    """Attachment of a law to PyBaMM's exponent of one phase of a layer, by PyBaMM key.

    Raises
    ------
    ValueError
        If there is no such layer or phase.
    """
    try:
        _validate_place(layer, phase)
    except ValueError as error:
        raise ValueError(f"{law.material}: {error}") from error
    return {_exponent_key(layer, phase): Attachment(law, "bruggeman_coefficient")}


def efficiency_error(attach: Mapping[str, Attachment], base: pybamm.ParameterValues) -> str:
    """Reason why an exponent would not give its law's efficiency: another porosity; empty text where it does."""
    for key, attachment in attach.items():
        match, law = EXPONENT_KEY.fullmatch(key), attachment.law
        if match is None or not isinstance(law, TransportEfficiency):
            continue
        layer = match[1].partition(" ")[0]
        porosity = porosity_key(layer)
        if porosity in attach:
            return (
                f"{porosity!r} has a law of its own, and the efficiency {law.material!r} is of one porosity; declare the "
                f"exponent {key!r} by a Value instead, which follows the porosity"
            )
        try:
            fraction = _fraction(base, layer.lower(), match[2])
        except ValueError as error:
            return str(error)
        if abs(fraction - law.volume_fraction) > RELATIVE_ROUND_OFF:
            return (
                f"law {law.material!r} is of a volume fraction of {law.volume_fraction:g}, and at {key!r} the base set has "
                f"{fraction:g}; give the law that"
            )
    return ""


def efficiency_option_conflict(attach: Mapping[str, Attachment], options: Mapping[str, Any]) -> str:
    """Reason why a given option leaves laws of transport efficiency without effect; empty text where it does not."""
    given = options.get(EFFICIENCY_OPTION, "Bruggeman")
    laws = [item.law.material for item in attach.values() if isinstance(item.law, TransportEfficiency)]
    if given == "Bruggeman" or not laws:
        return ""
    return f"option {EFFICIENCY_OPTION!r} is {given!r}, which does not read the exponent of {laws[0]!r}; leave the option out"
