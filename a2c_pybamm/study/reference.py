"""The reference page of the study file, made from the schema that checks it."""

from __future__ import annotations

from typing import Any

from a2c_pybamm.readers.units import UNITS
from a2c_pybamm.study.fields import Quantity, Section
from a2c_pybamm.study.partial import sections_in
from a2c_pybamm.study.study import Study

BAR = r"\|"
"""Escape of a vertical bar in a cell of a Markdown table."""


def reference_page() -> str:
    """The study file's reference in Markdown: every section and key with unit, meaning, default and example."""
    lines = ["# Study file: reference", "", "Made from the schema that checks the file. Paths are relative to the file.", ""]
    queue: list[tuple[str, type[Section]]] = [("", Study)]
    while queue:
        place, model = queue.pop(0)
        lines += [f"## `{place or 'study.toml'}`", "", (model.__doc__ or "").splitlines()[0], ""]
        lines += ["| key | unit | meaning | default | example |", "|---|---|---|---|---|"]
        for key, info in model.model_fields.items():
            inner = sections_in(info.annotation)
            if inner:
                queue.append((f"{place}.{key}".lstrip("."), inner[0]))
            cells = [f"`{key}`", _unit(info), str(info.description), _default(info, bool(inner)), _example(info)]
            lines.append(f"| {' | '.join(cell.replace('|', BAR) for cell in cells)} |")
        lines.append("")
    return "\n".join(lines)


def _unit(info: Any) -> str:
    """Units that a field takes; empty for one without."""
    markers = [m for m in info.metadata if isinstance(m, Quantity)] + _quantities(info.annotation)
    return ", ".join(f"`{u}`" for u in UNITS[markers[0].kind] if u) if markers else ""


def _quantities(annotation: Any) -> list[Quantity]:
    markers = [m for m in getattr(annotation, "__metadata__", ()) if isinstance(m, Quantity)]
    return markers + [q for argument in getattr(annotation, "__args__", ()) for q in _quantities(argument)]


def _default(info: Any, section: bool) -> str:
    if info.is_required():
        return "required"
    return "" if section or info.default in (None, ()) else f"`{info.default}`"


def _example(info: Any) -> str:
    return f"`{info.examples[0]}`" if info.examples else ""
