"""Laws of elasticity and volume in PyBaMM's parameters of particle mechanics, and the options of its models that they need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pybamm

from a2c_pybamm.laws import CrystalVolume, IsotropicElasticity, StressAssistedDiffusion
from a2c_pybamm.parameter_set.attachment import Attachment, StoichiometryMap
from a2c_pybamm.parameter_set.kinetics import SIDES, Side, pair_of

MECHANICS_OPTION = "particle mechanics"
"""PyBaMM's option of swelling and stress."""
STRESS_DIFFUSION_OPTION = "stress-induced diffusion"
"""PyBaMM's option of its own factor on the diffusivity."""
MODULUS, POISSON = "electrode Young's modulus [Pa]", "electrode Poisson's ratio"
MOLAR_VOLUME, VOLUME_CHANGE = "electrode partial molar volume [m3.mol-1]", "electrode volume change"
REFERENCE = "electrode reference concentration for free of deformation [mol.m-3]"


def mechanics_attachments(
    elasticity: IsotropicElasticity, volume: CrystalVolume, side: Side, stoichiometry: StoichiometryMap | None = None
) -> dict[str, Attachment]:
    """Attachments of the two laws to all parameters of one electrode's particle mechanics, by PyBaMM key.

    Raises
    ------
    ValueError
        If the side is neither "negative" nor "positive", or the volume's law has its empty particle at another composition
        than the map of stoichiometry.
    """
    if side not in SIDES:
        raise ValueError(f"{volume.material}: side {side!r} is unknown; take 'negative' or 'positive'")
    stoichiometry = stoichiometry or StoichiometryMap()
    if volume.empty != stoichiometry.offset:
        raise ValueError(
            f"{volume.material}: the volume's particle is empty at x = {volume.empty:g}, PyBaMM's at x = "
            f"{stoichiometry.offset:g}; give the law empty={stoichiometry.offset:g}"
        )
    name = side.capitalize()
    return {
        f"{name} {MODULUS}": Attachment(elasticity, "youngs_modulus", stoichiometry),
        f"{name} {POISSON}": Attachment(elasticity, "poissons_ratio", stoichiometry),
        f"{name} {MOLAR_VOLUME}": Attachment(volume, "partial_molar_volume", stoichiometry),
        f"{name} {VOLUME_CHANGE}": Attachment(volume, "volume_change", stoichiometry),
        f"{name} {REFERENCE}": Attachment(volume, "reference_concentration", stoichiometry),
    }


def _diffusion_law(attach: Mapping[str, Attachment], side: Side) -> StressAssistedDiffusion | None:
    """Law of diffusion under stress of one electrode, if it has one."""
    attachment = attach.get(f"{side.capitalize()} particle diffusivity [m2.s-1]")
    return attachment.law if attachment and isinstance(attachment.law, StressAssistedDiffusion) else None


def _swells(attach: Mapping[str, Attachment], side: Side) -> bool:
    """True where laws give an electrode's modulus and partial molar volume."""
    given = [attach.get(f"{side.capitalize()} {ending}") for ending in (MODULUS, MOLAR_VOLUME)]
    return all(item and isinstance(item.law, IsotropicElasticity | CrystalVolume) for item in given)


def mechanics_options(attach: Mapping[str, Attachment]) -> dict[str, Any]:
    """PyBaMM's options of particle mechanics, pairs for both electrodes; none where no law needs them.

    Its own factor on the diffusivity is off in both: with it on, PyBaMM applies it also to an electrode without mechanics.
    """
    swelling = [_swells(attach, side) for side in SIDES]
    if not any(swelling) and not any(_diffusion_law(attach, side) for side in SIDES):
        return {}
    states = tuple("swelling only" if swells else "none" for swells in swelling)
    return {MECHANICS_OPTION: states, STRESS_DIFFUSION_OPTION: ("false", "false")}


def stress_inputs(attach: Mapping[str, Attachment]) -> dict[str, pybamm.InputParameter]:
    """Entries beside PyBaMM's own, one for each coefficient of the laws of mechanics, by the coefficient's name.

    PyBaMM looks for inputs in equations and among the values, not in functions that only its variables call: of the stress it
    would not find them.
    """
    laws = [item.law for item in attach.values() if isinstance(item.law, IsotropicElasticity | CrystalVolume)]
    return {name: pybamm.InputParameter(name) for law in laws for name in law.names}


def mechanics_error(attach: Mapping[str, Attachment]) -> str:
    """Reason why diffusion under stress has other elasticity or volume than the stress; empty text where it has the same."""
    for side in SIDES:
        law = _diffusion_law(attach, side)
        if law is None:
            continue
        for ending, own in ((MODULUS, law.elasticity), (POISSON, law.elasticity), (MOLAR_VOLUME, law.volume)):
            key = f"{side.capitalize()} {ending}"
            if key in attach and attach[key].law != own:
                return (
                    f"{key!r} is of another law than the stress in the {side} electrode's diffusivity; give both the same, by "
                    "mechanics_attachments"
                )
    return ""


def stress_option_conflict(attach: Mapping[str, Attachment], options: Mapping[str, Any]) -> str:
    """Reason why given options contradict laws of diffusion under stress; empty text where they do not."""
    for side, state in zip(SIDES, pair_of(options.get(STRESS_DIFFUSION_OPTION, "false")), strict=False):
        if state == "true" and _diffusion_law(attach, side) is not None:
            return (
                f"option {STRESS_DIFFUSION_OPTION!r} is 'true' for the {side} electrode, whose diffusivity has the stress "
                "in it already; leave the option out"
            )
    return ""
