"""Conditions that one scale is far below another, each with its ratio, status and effect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from a2c_pybamm.constants import RELATIVE_ROUND_OFF
from a2c_pybamm.scales.quantities import ScaleQuantity


class ScaleStatus(StrEnum):
    """Outcome of a condition."""

    HOLDS = "holds"
    """The ratio is above its threshold."""
    UNCERTAIN = "uncertain"
    """The ratio's error bar holds the threshold."""
    VIOLATED = "violated"
    """The ratio is below its threshold."""
    NOT_KNOWN = "not known"
    """One of the two scales is not in the data."""
    NOT_APPLICABLE = "not applicable"
    """There is no such scale: fluctuations of a crystal have no correlation length."""


class ConditionKind(StrEnum):
    """Condition of a continuum description."""

    CORRELATION = "correlation length ≪ averaging length"
    """Atoms: a number averaged over l is that of the material."""
    HOP = "hop length ≪ averaging length"
    """Atoms: sites are so dense that a concentration is a field."""
    BODY = "averaging length ≪ body"
    """Atoms: the body holds many volumes of averaging."""
    GRADIENT = "averaging length ≪ gradient length"
    """Atoms: local equilibrium, the composition is uniform over l."""
    MEMORY_DIFFUSION = "memory ≪ diffusion over the averaging length"
    """Atoms: motion has become diffusion when ions have crossed l."""
    DIFFUSION_PROCESS = "diffusion over the averaging length ≪ process"
    """Atoms: a volume of averaging comes to equilibrium while the cell hardly changes."""
    MEMORY_PROCESS = "memory ≪ process"
    """Atoms: the flux follows from the force of the same moment."""
    MEMORY_CHANGE = "memory ≪ local change"
    """Atoms: local equilibrium in time."""
    CELL_WIDTH = "correlation length ≪ simulation cell"
    """Data: periodic copies are independent."""
    RUN_LENGTH = "memory ≪ run"
    """Data: the run holds many independent stretches."""
    MICROSTRUCTURE = "microstructure ≪ averaging length"
    """Layer: an averaging volume holds many particles and pores."""
    LAYER = "averaging length ≪ layer"
    """Layer: it holds many volumes of averaging."""
    LAYER_GRADIENT = "averaging length ≪ gradient length of the layer"
    """Layer: fields are uniform over a volume of averaging."""
    LAYER_DIFFUSION = "diffusion over the averaging length of the layer ≪ process"
    """Layer: the electrolyte of an averaging volume comes to equilibrium while the cell hardly changes."""


def _second_order(ratio: float) -> float:
    """Error of an average over a symmetric volume, whose first order vanishes."""
    return ratio**-2


def _first_order(ratio: float) -> float:
    """Error of a response that is taken to be immediate."""
    return 1 / ratio


def _periodic_copies(ratio: float) -> float:
    """Correlation of a particle with its periodic copy."""
    return float(np.exp(-ratio))


def _sampling(ratio: float) -> float:
    """Standard error of a mean over one series, in its fluctuations."""
    return float(np.sqrt(2 / ratio))


EFFECTS: dict[ConditionKind, Callable[[float], float]] = {
    ConditionKind.CORRELATION: _second_order,
    ConditionKind.HOP: _second_order,
    ConditionKind.BODY: _second_order,
    ConditionKind.GRADIENT: _second_order,
    ConditionKind.MEMORY_DIFFUSION: _first_order,
    ConditionKind.DIFFUSION_PROCESS: _first_order,
    ConditionKind.MEMORY_PROCESS: _first_order,
    ConditionKind.MEMORY_CHANGE: _first_order,
    ConditionKind.CELL_WIDTH: _periodic_copies,
    ConditionKind.RUN_LENGTH: _sampling,
    ConditionKind.MICROSTRUCTURE: _second_order,
    ConditionKind.LAYER: _second_order,
    ConditionKind.LAYER_GRADIENT: _second_order,
    ConditionKind.LAYER_DIFFUSION: _first_order,
}
"""Relative error of the number derived as a function of the ratio; docs/scales.md has the reasons."""


@dataclass(frozen=True, eq=False)
class ScaleCondition:
    """One scale far below another."""

    kind: ConditionKind
    place: str
    """Material, run or layer."""
    smaller: ScaleQuantity | None
    """None where it is not known."""
    larger: ScaleQuantity | None
    threshold: float
    """Least ratio."""
    standard_deviations: float
    """Of the ratio's logarithm, within which it counts as equal to the threshold."""
    applicable: bool = True
    """False where the smaller scale does not exist."""
    why_unknown: str = ""
    """An estimator's message on a scale that it could not give."""

    @property
    def ratio(self) -> float:
        """Larger over smaller; NaN where one is not known."""
        return self.larger.value / self.smaller.value if self.smaller and self.larger else np.nan

    @property
    def ratio_std_ln(self) -> float:
        """Standard deviation of the ratio's logarithm; causes that both scales share count once."""
        if not (self.smaller and self.larger):
            return np.nan
        causes = {**self.smaller.errors, **self.larger.errors}
        return float(np.linalg.norm([self.larger.errors.get(c, 0.0) - self.smaller.errors.get(c, 0.0) for c in causes]))

    @property
    def status(self) -> ScaleStatus:
        """Outcome."""
        if not self.applicable:
            return ScaleStatus.NOT_APPLICABLE
        if not (self.smaller and self.larger):
            return ScaleStatus.NOT_KNOWN
        distance = np.log(self.ratio / self.threshold)
        if abs(distance) < self.standard_deviations * self.ratio_std_ln:
            return ScaleStatus.UNCERTAIN
        return ScaleStatus.HOLDS if distance >= -RELATIVE_ROUND_OFF else ScaleStatus.VIOLATED

    @property
    def effect(self) -> float:
        """Relative error that the ratio may make in the number derived, at most 1; NaN where it is not known."""
        return float(np.minimum(EFFECTS[self.kind](self.ratio), 1.0)) if self.smaller and self.larger else np.nan
