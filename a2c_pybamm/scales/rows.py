"""Rows of the scale report, as the terminal and the HTML page show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from a2c_pybamm.formatting import percent, significant, text_table
from a2c_pybamm.scales.conditions import ScaleCondition, ScaleStatus
from a2c_pybamm.scales.quantities import ScaleQuantity
from a2c_pybamm.scales.sentences import TEXTS, consequence

HEADS = ("place", "smaller scale", "larger scale", "ratio", "wanted", "effect", "status")
"""Headings of a row."""


def condition_rows(conditions: Iterable[ScaleCondition]) -> list[tuple[str, ...]]:
    """A row for each condition, under `HEADS`."""
    return [_row(condition) for condition in conditions]


QUANTITY_HEADS = ("place", "scale", "from", "command")
"""Headings of a row of `quantity_rows`."""


def quantity_rows(conditions: Iterable[ScaleCondition]) -> list[tuple[str, ...]]:
    """A row for each scale, under `QUANTITY_HEADS`: its value, where it comes from, and the call that gives it."""
    rows = {}
    for condition in conditions:
        for quantity in (condition.smaller, condition.larger):
            if quantity is not None:
                text = quantity_text(quantity, quantity.name)
                rows[condition.place, text] = (condition.place, text, quantity.source, quantity.command)
    return list(rows.values())


def _row(condition: ScaleCondition) -> tuple[str, ...]:
    text = TEXTS[condition.kind]
    return (
        condition.place,
        quantity_text(condition.smaller, text.smaller),
        quantity_text(condition.larger, text.larger),
        _with_factor(condition.ratio, condition.ratio_std_ln),
        f"≥ {condition.threshold:g}",
        "–" if np.isnan(condition.effect) else percent(condition.effect),
        str(condition.status),
    )


PREFIXES = {"": 1.0, "m": 1e-3, "µ": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15}
"""SI prefixes of lengths and times, the largest first."""


def _in_unit(value: float, unit: str) -> tuple[float, str]:
    """A number of metres or seconds with the prefix that makes it 1 to 1000; others as they are."""
    if unit not in ("m", "s"):
        return value, unit
    shown = float(significant(value))  # 999.9999 m is shown as 1.00 k
    prefix = next((prefix for prefix, size in PREFIXES.items() if shown >= size), "f")
    return value / PREFIXES[prefix], f"{prefix}{unit}"


def quantity_text(quantity: ScaleQuantity | None, name: str) -> str:
    """Name, value and unit of a quantity; a dash in the place of a value that is not known."""
    if quantity is None:
        return f"{name} –"
    value, unit = _in_unit(quantity.value, quantity.unit)
    return f"{quantity.name} {_with_factor(value, quantity.std_ln, unit)}"


def _with_factor(value: float, std_ln: float, unit: str = "") -> str:
    """A positive number with its unit and the factor by which it is known either way."""
    if np.isnan(value):
        return "–"
    number = f"{significant(value)} {unit}".rstrip()
    return f"{number} ×/÷ {significant(float(np.exp(std_ln)))}" if std_ln else number


SEVERITY = (
    *(ScaleStatus.VIOLATED, ScaleStatus.UNCERTAIN, ScaleStatus.NOT_KNOWN),
    *(ScaleStatus.NOT_APPLICABLE, ScaleStatus.HOLDS),
)
"""Statuses, the worst first."""


def _severity(condition: ScaleCondition) -> tuple[int, float]:
    """Order of conditions, the worst first."""
    margin = condition.ratio / condition.threshold
    return SEVERITY.index(condition.status), 0.0 if np.isnan(margin) else margin


def consequences(conditions: Iterable[ScaleCondition]) -> list[str]:
    """Consequences where conditions do not hold or are not known: of each kind at each place for the worst alone."""
    of_kind: dict[tuple[str, str], list[ScaleCondition]] = {}
    for condition in conditions:
        of_kind.setdefault((condition.place, condition.kind), []).append(condition)
    return [text for text in (consequence(min(own, key=_severity)) for own in of_kind.values()) if text]


AVERAGING_NOTE = (
    "Averaging length l: the geometric mean of the bounds that the scales below and above it set, for which the smallest ratio "
    "is largest. Effect: order of the relative error that the ratio may make. Memory: correlation time, or time between hops. "
    "l²/D is that of the fastest diffusion where memory has to be shorter, of the slowest where the process has to be longer. "
    "Numbers of the cell are those of its solve at the mean coefficients; ×/÷ is the factor of one standard deviation."
)
"""Explanation of the report's rows."""


def conditions_text(conditions: Sequence[ScaleCondition]) -> str:
    """Conditions as text: a table, then what follows where a condition does not hold."""
    lines = text_table(condition_rows(conditions), heads=HEADS)
    return "\n".join([*lines, *consequences(conditions)])
