"""Consequence and remedy of each condition, made last from its kind, status and numbers."""

from __future__ import annotations

from dataclasses import dataclass

from a2c_pybamm.formatting import percent, significant
from a2c_pybamm.scales.conditions import ConditionKind, ScaleCondition, ScaleStatus


@dataclass(frozen=True)
class Text:
    """Words of one kind of condition."""

    smaller: str
    """Name of the smaller scale, where it is not known."""
    larger: str
    consequence: str
    """Effect on the numbers where it does not hold."""
    remedy: str


RUN = "give a run of the material with its cell ([[scales.material]] trajectory), or declare it there with its error"
FLAT = "no solve gives it, or its field is uniform there; take a model that resolves it (SPMe, DFN) and a current, or give it"
KNOWN_BY = {
    "correlation length": RUN,
    "correlation time": RUN,
    "averaging length l": "give the size of the body",
    "size of the body": "take a model that resolves it (Fickian diffusion in particles), or give its BodyScales",
    "gradient length": FLAT,
    "gradient length of the layer": FLAT,
    "diffusion time l²/D": "give a diffusivity, and the size of the body",
    "time of the process": "give it",
    "time of local change": FLAT,
    "particle or pore size": "give [[scales.pore_size]] of the layer",
}
"""Entry or setting that makes a scale known."""
NUMBERS = "an average over atoms is not the number that the equation needs"
TEXTS: dict[ConditionKind, Text] = {
    ConditionKind.CORRELATION: Text(
        "correlation length",
        "averaging length l",
        "no length averages over the atoms and is still small against the body and its gradients: " + NUMBERS,
        "take larger bodies or a lower current, or simulate the body itself",
    ),
    ConditionKind.HOP: Text(
        "hop length",
        "averaging length l",
        "the body is few sites wide, so that its concentration is no smooth field",
        "take larger bodies, or count its sites one by one",
    ),
    ConditionKind.BODY: Text(
        "averaging length l",
        "size of the body",
        "the body holds few volumes of averaging: its surface is part of every average",
        "take larger bodies, or numbers that were derived for this size",
    ),
    ConditionKind.GRADIENT: Text(
        "averaging length l",
        "gradient length",
        "the composition changes within a volume of averaging, so that local equilibrium does not hold",
        "take a lower current or smaller bodies",
    ),
    ConditionKind.MEMORY_DIFFUSION: Text(
        "correlation time",
        "diffusion time l²/D",
        "ions cross a volume of averaging before their motion has become diffusion",
        "take larger bodies, or a law with memory",
    ),
    ConditionKind.DIFFUSION_PROCESS: Text(
        "diffusion time l²/D",
        "time of the process",
        "a volume of averaging is not in equilibrium while the cell changes",
        "take a lower current",
    ),
    ConditionKind.MEMORY_PROCESS: Text(
        "correlation time",
        "time of the process",
        "the flux depends on earlier forces, which a coefficient alone cannot give",
        "take longer steps, or a law with memory",
    ),
    ConditionKind.MEMORY_CHANGE: Text(
        "correlation time",
        "time of local change",
        "the composition changes at a place within the correlation time of the ions' motion",
        "take a lower current, or a law with memory",
    ),
    ConditionKind.CELL_WIDTH: Text(
        "correlation length",
        "width of the simulation cell",
        "periodic copies are correlated, and the numbers of this simulation depend on its size",
        "take a wider cell, or several and extrapolate_cell_size",
    ),
    ConditionKind.RUN_LENGTH: Text(
        "correlation time",
        "length of the run",
        "the run holds few independent stretches: of a collective quantity neither value nor error bar can be relied on",
        "take a longer run, or several",
    ),
    ConditionKind.MICROSTRUCTURE: Text(
        "particle or pore size",
        "averaging length l",
        "no length averages over particles and pores and is still small against the layer and its gradients",
        "take smaller particles, a thicker layer or a lower current, or resolve the microstructure",
    ),
    ConditionKind.LAYER: Text(
        "averaging length l",
        "thickness",
        "the layer holds few volumes of averaging: its ends are part of every average",
        "take smaller particles or a thicker layer, or resolve the microstructure",
    ),
    ConditionKind.LAYER_GRADIENT: Text(
        "averaging length l",
        "gradient length of the layer",
        "fields change within a volume of averaging",
        "take smaller particles or a lower current, or resolve the microstructure",
    ),
    ConditionKind.LAYER_DIFFUSION: Text(
        "diffusion time l²/D",
        "time of the process",
        "the electrolyte of a volume of averaging is not in equilibrium while the cell changes",
        "take a lower current or longer steps",
    ),
}
"""Words by kind of condition."""


def consequence(condition: ScaleCondition) -> str:
    """Consequence of a condition that does not hold, may not hold or is not known, and the remedy; empty where it holds."""
    text = TEXTS[condition.kind]
    where = f"{condition.place}: {condition.kind}"
    if condition.status is ScaleStatus.NOT_KNOWN:
        unknown = text.smaller if condition.smaller is None else text.larger
        reason = f" ({condition.why_unknown})" if condition.why_unknown else ""
        return f"{where}: the {unknown} is not known{reason}; {KNOWN_BY[unknown]}"
    if condition.status is ScaleStatus.NOT_APPLICABLE:
        return (
            f"{where}: fluctuations decay as a crystal's do, without a correlation length; the distance of sites stands for it"
        )
    if condition.status is ScaleStatus.HOLDS:
        return ""
    ratio = f"{where}: ratio {significant(condition.ratio)}, {significant(condition.threshold)} wanted"
    if condition.status is ScaleStatus.UNCERTAIN:
        spread = significant(condition.ratio_std_ln, 2)
        return f"{ratio}, and known to ±{spread} in its logarithm; where it does not hold, {text.consequence}; {text.remedy}"
    return f"{ratio}, an error of the order of {percent(condition.effect)}: {text.consequence}; {text.remedy}"
