"""Ranges of what an experiment's steps may ask for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pybamm

from a2c_pybamm.parameter_set import TEMPERATURES, VOLTAGES, Range
from a2c_pybamm.readers.drive_cycle import CYCLE_LIMITS

VOLTAGE_MARGIN = 1.0
"""Voltage [V] by which PyBaMM lets a step go beyond the cell's limits (``update_voltage_safety_events`` of its steps)."""
C_RATES = Range("a rate", CYCLE_LIMITS.least_c_rate, CYCLE_LIMITS.c_rate)
"""Range of currents over the nominal capacity per hour, whichever way they flow."""
CURRENTS = Range("a current", 1e-12, CYCLE_LIMITS.current)
"""Range of currents [A], whichever way they flow: the least discharges a microbattery of 1 nA.h over a month."""
DURATIONS = Range("a duration", 0, CYCLE_LIMITS.end, "(]")
"""Range of durations [s]."""
VALUES: dict[type, tuple[Range, str]] = {
    pybamm.step.CRate: (C_RATES, "C"),
    pybamm.step.Current: (CURRENTS, "A"),
    pybamm.step.Power: (Range("a power", 1e-12, 1e12), "W"),
    pybamm.step.Resistance: (Range("a resistance", 1e-12, 1e12), "Ohm"),
    pybamm.step.Voltage: (VOLTAGES, "V"),
}
"""Ranges of a step's value, and its unit, by the kind of step; of currents and powers without their sign. The largest power is
that of a thousand power stations."""
ENDS: dict[type, tuple[Range, str]] = {
    pybamm.step.VoltageTermination: (VOLTAGES, "V"),
    pybamm.step.CurrentTermination: (CURRENTS, "A"),
    pybamm.step.CRateTermination: (Range("a rate", 0, CYCLE_LIMITS.c_rate, "(]"), "C"),
}
"""Ranges of the value at which a step ends, and its unit, by the kind of condition."""
DIRECTIONS = {"discharge": 1, "charge": -1}
"""Signs of PyBaMM's currents by the first word of a step."""


def step_error(step: Any) -> str:
    """Reason why no cell can do a step of an experiment, with the remedy; empty text where one can."""
    return next(_errors(step), "")


def step_text(step: Any) -> str:
    """PyBaMM's text of a step; of a table its length alone."""
    if step.description is None and step.is_drive_cycle:
        t = np.ravel(step.value.x[0])
        return f"{type(step).__name__} table of {len(t)} rows, {t[-1]:g} s"
    return str(step)


def _errors(step: Any) -> Iterator[str]:
    values = _values_of(step)
    if not np.isfinite(values).all():
        yield "has values that are not finite; correct them"
    allowed, unit = VALUES.get(type(step), (None, ""))
    for value in _extremes(values, signed=allowed is VOLTAGES):
        if allowed is None or (value == 0 and step.description is None):  # a program's step of no current is a rest
            continue
        if reason := allowed.error(value, unit):
            yield reason + ("" if value else "; a step without current is 'Rest for …'")
    word = (step.description or "").split(" ")[0].lower()
    if len(values) == 1 and type(step) is not pybamm.step.Voltage and DIRECTIONS.get(word, 0) * values[0] < 0:
        yield f"is a {word} by a negative number, the opposite; write it with a positive one"
    if step.duration is not None and (reason := DURATIONS.error(float(step.duration), "s", verb="lasts")):
        yield reason
    if step.temperature is not None and (reason := TEMPERATURES.error(float(step.temperature), "K", verb="is at")):
        yield reason
    for end in step.termination:
        allowed, unit = ENDS.get(type(end), (None, ""))
        if allowed is None or (end.operator is not None and allowed is not VOLTAGES):  # with an operator a current has a sign
            continue
        if reason := allowed.error(float(end.value), unit, verb="ends at"):
            yield reason


def _values_of(step: Any) -> np.ndarray:
    """Numbers that a step asks for (n,): one, those of a table, or none where they are a formula."""
    if step.is_drive_cycle:
        return np.asarray(step.value.y, float).ravel()
    return np.array([float(step.value)] if isinstance(step.value, int | float) else [])


def _extremes(values: np.ndarray, *, signed: bool) -> list[float]:
    """Numbers of a step that have to be in its range; a table's are the largest, as it may rest and pass through zero."""
    if len(values) < 2:
        return (values if signed else np.abs(values)).tolist()
    if signed:
        return [float(values.min()), float(values.max())]
    return [float(np.abs(values).max())] if values.any() else []


def voltage_error(step: Any, limits: tuple[float, float]) -> str:
    """Reason why a cell with these voltage limits cannot do a step, with the remedy; empty text where it can."""
    asked = [float(end.value) for end in step.termination if type(end) is pybamm.step.VoltageTermination]
    if type(step) is pybamm.step.Voltage:
        asked += _values_of(step).tolist()
    low, high = limits
    for voltage in asked:
        if not low - VOLTAGE_MARGIN <= voltage <= high + VOLTAGE_MARGIN:
            return (
                f"asks for {voltage:g} V, more than {VOLTAGE_MARGIN:g} V outside of the cell's limits, {low:g} to {high:g} V; "
                "correct it, or set voltage_limits"
            )
    return ""
