"""The reference page of the study file, made from the schema that checks it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from a2c_pybamm.readers.units import UNITS
from a2c_pybamm.study.fields import Quantity, Section
from a2c_pybamm.study.section_choice import SectionChoice, choice_of, sections_in
from a2c_pybamm.study.study import Study

BAR = r"\|"
"""Escape of a vertical bar in a cell of a Markdown table."""
HEAD = ["| key | unit | meaning | default | example |", "|---|---|---|---|---|"]


def reference_page() -> str:
    """The study file's reference in Markdown: every section and key with unit, meaning, default and example."""
    lines = ["# Study file: reference", "", "Made from the schema that checks the file. Paths are relative to the file.", ""]
    queue: list[tuple[str, type[Section], SectionChoice | None]] = [("", Study, None)]
    while queue:
        place, section, choice = queue.pop(0)
        lines += [f"## `{place or 'study.toml'}`", "", (section.__doc__ or "").splitlines()[0], "", *HEAD]
        fields = dict(section.model_fields)
        if choice is not None:
            del fields[choice.key]
            lines += _choice_rows(choice)
        lines += [_row(key, info) for key, info in fields.items()]
        if choice is not None:
            special = _special(choice)
            lines += ["", f"Keys of some values of `{choice.key}` alone, which stand behind the meaning:", "", *HEAD]
            lines += [_row(key, info, note=f" ({', '.join(tags)})") for key, info, tags in special]
            fields |= {key: info for key, info, _ in special}
        lines.append("")
        for key, info in fields.items():
            inner = choice_of(info.annotation)
            queue += [(f"{place}.{key}".lstrip("."), found, inner) for found in _first(inner, info.annotation)]
    return "\n".join(lines)


def _first(choice: SectionChoice | None, annotation: Any) -> Iterable[type[Section]]:
    """The section that a field's type holds, or the one whose keys all sections of a choice have."""
    return sections_in(annotation)[:1] if choice is None else (choice.shared,)


def _special(choice: SectionChoice) -> list[tuple[str, Any, list[str]]]:
    """Keys that not all sections of a choice have in the same meaning, each with its sections' tags."""
    found: dict[tuple[str, str, str], tuple[str, Any, list[str]]] = {}
    for tag, section in choice.sections.items():
        for key, info in section.model_fields.items():
            if key != choice.key and key not in choice.shared.model_fields:
                found.setdefault((key, str(info.description), repr(info.default)), (key, info, []))[2].append(tag)
    return list(found.values())


def _choice_rows(choice: SectionChoice) -> Iterator[str]:
    """A row for each value of the key that chooses the section."""
    for tag, section in choice.sections.items():
        default = f"`{tag}`" if tag == choice.default else ""
        yield _cells(f"`{choice.key}`", "", str(section.model_fields[choice.key].description), default, f"`{tag}`")


def _row(key: str, info: Any, *, note: str = "") -> str:
    inner = bool(sections_in(info.annotation))
    return _cells(f"`{key}`", _unit(info), f"{info.description}{note}", _default(info, inner), _example(info))


def _cells(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', BAR) for cell in cells)} |"


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
