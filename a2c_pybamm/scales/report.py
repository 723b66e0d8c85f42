"""The scale report: every condition of a continuum description with its numbers and its status."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from a2c_pybamm.scales.averaging import averaging_length
from a2c_pybamm.scales.conditions import ConditionKind, ScaleCondition, ScaleStatus
from a2c_pybamm.scales.quantities import (
    AtomisticScales,
    BodyScales,
    ContinuumScales,
    LayerScales,
    ScaleQuantity,
    diffusion_time,
)
from a2c_pybamm.scales.rows import conditions_text
from a2c_pybamm.scales.thresholds import ScaleThresholds

SYSTEMATIC = {
    ConditionKind.MEMORY_PROCESS: "time locality",
    ConditionKind.CELL_WIDTH: "finite simulation cell",
    ConditionKind.GRADIENT: "local equilibrium",
}
"""Conditions whose effect is an error of the material's numbers that their error bars do not hold, and its name."""
ACROSS = "diffusion time l²/D"
"""Name of the time l²/D."""
THRESHOLDS = {
    ConditionKind.MEMORY_DIFFUSION: "time",
    ConditionKind.DIFFUSION_PROCESS: "time",
    ConditionKind.MEMORY_PROCESS: "time",
    ConditionKind.MEMORY_CHANGE: "time",
    ConditionKind.LAYER_DIFFUSION: "time",
    ConditionKind.CELL_WIDTH: "cell_width",
    ConditionKind.RUN_LENGTH: "run_length",
}
"""Fields of `ScaleThresholds` for conditions of times and of data; others are of lengths."""


@dataclass(frozen=True, eq=False)
class ScaleReport:
    """All conditions of a continuum description."""

    conditions: tuple[ScaleCondition, ...]
    thresholds: ScaleThresholds

    def with_status(self, *statuses: ScaleStatus) -> tuple[ScaleCondition, ...]:
        """Conditions of these outcomes, in their order."""
        return tuple(condition for condition in self.conditions if condition.status in statuses)

    @property
    def violated(self) -> tuple[ScaleCondition, ...]:
        """Conditions that do not hold."""
        return self.with_status(ScaleStatus.VIOLATED)

    @property
    def error_sources(self) -> Mapping[str, float]:
        """Relative errors of a material's numbers that violated conditions make, by the name of a source.

        Each is the condition's estimate of its own effect; a study takes it as a `[[systematic]]` of the coefficient that is a
        factor on the number. A run that is too short makes none: its sampling error is in the error bars already.
        """
        sources: dict[str, float] = {}
        for condition in self.violated:
            if condition.kind in SYSTEMATIC:
                name = f"{condition.place} ({SYSTEMATIC[condition.kind]})"
                sources[name] = max(condition.effect, sources.get(name, 0.0))
        return sources

    def __repr__(self) -> str:
        return conditions_text(self.conditions)


def compare_scales(
    atomistic: AtomisticScales | Iterable[AtomisticScales],
    continuum: ContinuumScales,
    *,
    thresholds: ScaleThresholds | None = None,
) -> ScaleReport:
    r"""Conditions under which numbers of atoms may stand in the equations of a cell, on two levels.

    Atoms in a body (a particle, or a pore) need a length l with :math:`\xi \ll l \ll R` and a gradient length above it, and
    times :math:`t_c \ll l^2/D \ll t_M`; a layer needs one with particles and pores :math:`\ll l \ll` its thickness and
    gradient lengths. Data need a simulation cell far above :math:`\xi` and a run far above :math:`t_c`.

    Several records of one material count together: the largest correlation length and the longest memory meet the body, each
    simulation cell and each run is held against them by itself. Of a material without a body nothing is known of its size.
    """
    thresholds = thresholds or ScaleThresholds()
    records = [atomistic] if isinstance(atomistic, AtomisticScales) else list(atomistic)
    conditions: list[ScaleCondition] = []
    for material in dict.fromkeys(record.material for record in records):
        own = [record for record in records if record.material == material]
        bodies = [body for body in continuum.bodies if body.material == material]
        for body in bodies or [BodyScales(material, "body", None)]:
            conditions += _of_body(own, body, thresholds)
        conditions += _of_data(own, thresholds)
    for layer in continuum.layers:
        conditions += _of_layer(layer, thresholds)
    return ScaleReport(tuple(conditions), thresholds)


def _largest(*quantities: ScaleQuantity | None) -> ScaleQuantity | None:
    """The largest quantity that is known."""
    return max(_known(*quantities), key=lambda quantity: quantity.value, default=None)


def _scale(record: AtomisticScales, name: str) -> ScaleQuantity | None:
    """A quantity of a record; estimates have become quantities when it was made."""
    value = getattr(record, name)
    return value if isinstance(value, ScaleQuantity) else None


def _largest_of(records: Sequence[AtomisticScales], name: str) -> ScaleQuantity | None:
    """The largest of one quantity of a material's records."""
    return _largest(*(_scale(record, name) for record in records))


def _known(*quantities: ScaleQuantity | None) -> list[ScaleQuantity]:
    return [quantity for quantity in quantities if quantity is not None]


def _correlation_length(records: Sequence[AtomisticScales]) -> tuple[ScaleQuantity | None, bool]:
    """Largest correlation length of a material, and True where there is one or it is not known."""
    longest = _largest_of(records, "correlation_length")
    return longest, longest is not None or not any(record.no_plateau for record in records)


def _of_body(records: Sequence[AtomisticScales], body: BodyScales, thresholds: ScaleThresholds) -> Iterator[ScaleCondition]:
    """Conditions of the atoms in a body."""
    make = partial(_condition, f"{body.material}, {body.place}", thresholds)
    correlation, applicable = _correlation_length(records)
    hop, hop_time = _largest_of(records, "hop_length"), _largest_of(records, "hop_time")
    memory = _largest_of(records, "correlation_time")
    slowest, fastest = body.diffusivities or (None, None)
    length = averaging_length(
        _known(correlation, hop, memory, hop_time),
        _known(body.size, *body.gradient_lengths, body.process_time),
        slowest=slowest,
        fastest=fastest,
        thresholds=thresholds,
    )
    unknown = {name: _why(records, name) for name in ("correlation_length", "correlation_time")}
    yield make(ConditionKind.CORRELATION, correlation, length, applicable=applicable, why_unknown=unknown["correlation_length"])
    if hop is not None:
        yield make(ConditionKind.HOP, hop, length)
    yield make(ConditionKind.BODY, length, body.size)
    for gradient in body.gradient_lengths or (None,):
        yield make(ConditionKind.GRADIENT, length, gradient)
    quickest = None if length is None or fastest is None else diffusion_time(length.value, fastest, ACROSS)
    longest = None if length is None or slowest is None else diffusion_time(length.value, slowest, ACROSS)
    yield make(ConditionKind.MEMORY_DIFFUSION, memory, quickest, why_unknown=unknown["correlation_time"])
    if hop_time is not None:
        yield make(ConditionKind.MEMORY_DIFFUSION, hop_time, quickest)
    yield make(ConditionKind.DIFFUSION_PROCESS, longest, body.process_time)
    yield make(ConditionKind.MEMORY_PROCESS, _largest(memory, hop_time), body.process_time)
    yield make(ConditionKind.MEMORY_CHANGE, _largest(memory, hop_time), body.change_time)


def _of_data(records: Sequence[AtomisticScales], thresholds: ScaleThresholds) -> Iterator[ScaleCondition]:
    """Conditions of the simulations themselves."""
    correlation, applicable = _correlation_length(records)
    memory = _largest_of(records, "correlation_time")
    unknown = _why(records, "correlation_length")
    for record in records:
        make = partial(_condition, ", ".join(filter(None, (record.material, record.label))), thresholds)
        if record.cell_width is not None:
            yield make(ConditionKind.CELL_WIDTH, correlation, record.cell_width, applicable=applicable, why_unknown=unknown)
        if record.run_length is not None:
            own = _scale(record, "correlation_time") or memory
            yield make(ConditionKind.RUN_LENGTH, own, record.run_length, why_unknown=_why([record], "correlation_time"))


def _of_layer(layer: LayerScales, thresholds: ScaleThresholds) -> Iterator[ScaleCondition]:
    """Conditions of particles and pores in a layer."""
    make = partial(_condition, layer.layer, thresholds)
    length = averaging_length(
        _known(layer.particle_size, layer.pore_size),
        _known(layer.thickness, *layer.gradient_lengths, layer.process_time),
        slowest=layer.diffusivity,
        fastest=None,
        thresholds=thresholds,
    )
    for part in _known(layer.particle_size, layer.pore_size) or (None,):
        yield make(ConditionKind.MICROSTRUCTURE, part, length)
    yield make(ConditionKind.LAYER, length, layer.thickness)
    for gradient in layer.gradient_lengths or (None,):
        yield make(ConditionKind.LAYER_GRADIENT, length, gradient)
    across = None if length is None or layer.diffusivity is None else diffusion_time(length.value, layer.diffusivity, ACROSS)
    yield make(ConditionKind.LAYER_DIFFUSION, across, layer.process_time)


def _condition(
    place: str,
    thresholds: ScaleThresholds,
    kind: ConditionKind,
    smaller: ScaleQuantity | None,
    larger: ScaleQuantity | None,
    *,
    applicable: bool = True,
    why_unknown: str = "",
) -> ScaleCondition:
    """A condition with the threshold of its kind."""
    least, reason = float(getattr(thresholds, THRESHOLDS.get(kind, "length"))), "" if smaller else why_unknown
    return ScaleCondition(kind, place, smaller, larger, least, thresholds.standard_deviations, applicable, reason)


def _why(records: Sequence[AtomisticScales], name: str) -> str:
    """First message of the estimators on a scale that no record has."""
    return next((record.missing[name] for record in records if name in record.missing), "")
