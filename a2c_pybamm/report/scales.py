"""Section of the report on the separation of scales: each condition, then what follows where one does not hold."""

from __future__ import annotations

import numpy as np

from a2c_pybamm.report.markup import Content, Number, escape, paragraph, table
from a2c_pybamm.scales import AVERAGING_NOTE, HEADS, QUANTITY_HEADS, ScaleReport, condition_rows, consequences, quantity_rows


def scale_section(report: ScaleReport) -> str:
    """A table of all conditions and a list of consequences; empty without conditions."""
    if not report.conditions:
        return ""
    rows = []
    for condition, cells in zip(report.conditions, condition_rows(report.conditions), strict=True):
        row: list[Content] = list(cells)
        for column, value in ((RATIO, condition.ratio), (EFFECT, condition.effect)):
            row[column] = Number(value, cells[column]) if np.isfinite(value) else cells[column]
        rows.append(row)
    items = "".join(f"<li>{escape(text)}</li>" for text in consequences(report.conditions))
    list_of_items = f"<ul>{items}</ul>" if items else paragraph("All conditions hold.")
    caption = "Each scale, where it comes from, and the call of a2c_pybamm that gives it; 'a2c check STUDY' prints them anew."
    return (
        table(HEADS, rows, caption=AVERAGING_NOTE)
        + list_of_items
        + table(QUANTITY_HEADS, quantity_rows(report.conditions), caption=caption)
    )


RATIO, EFFECT = HEADS.index("ratio"), HEADS.index("effect")
"""Columns with numbers."""
