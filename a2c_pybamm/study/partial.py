"""The valid entries of a study file with errors, so that errors of data files are reported beside those of the study file."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from a2c_pybamm.study.fields import Section, Unusable
from a2c_pybamm.study.section_choice import SectionChoice, section_of, sections_in
from a2c_pybamm.study.study import Study

Place = tuple[int | str, ...]
"""Keys and indices that lead to a part of the file."""
LABELS = ("name", "label", "law", "ion", "material", "source", "names", "parameter")
"""Entries that name a section, its coefficients or its ion: kept where the others contradict each other."""


def copy_of_table(value: Any) -> Any:
    """Copy of a table, with copies of its tables and lists."""
    if isinstance(value, dict):
        return {key: copy_of_table(item) for key, item in value.items()}
    return [copy_of_table(item) for item in value] if isinstance(value, list) else value


@dataclass
class MarkedTable:
    """A study's table in which invalid entries are marked as unusable, until the others make a study."""

    table: Any
    unchecked: list[Any] = field(default_factory=list)
    """Sections that are kept although their entries contradict each other."""
    renamed: dict[Place, str] = field(default_factory=dict)
    """Keys as they are spelt in the file, by the place of the key that each was taken for."""

    def mark(self, problems: list[Any]) -> None:
        """Mark the entries that the problems are about; a misspelt key is taken for the similar one."""
        unknown = [item for item in problems if item["type"] == "extra_forbidden"]
        # a misspelt key that chooses the section comes first: others are then known
        for item in sorted(unknown, key=lambda item: not similar_key(str(item["loc"][-1]), item["section"])):
            section, _, model = self._field(item["loc"])
            self._rename(section, str(item["loc"][-1]), model)
        for item in (item for item in problems if item["type"] != "extra_forbidden"):
            section, key, model = self._field(item["loc"])
            table = self._at(section)
            if item["type"] == "missing" and key in table:
                continue  # it was misspelt
            if key is not None:
                table[key] = Unusable.ENTRY
                continue
            self.unchecked.append(table)
            if not model.entries_independent:
                table.update(dict.fromkeys(_plain_entries(model), Unusable.ENTRY))

    def _field(self, location: Place) -> tuple[Place, str | None, type[Section]]:
        """Section of a location, the invalid key in it (None where it is the section itself), and the section's schema.

        An entry of an array of sections that is no table is replaced by one whose entries are all unusable.
        """
        model: type[Section] = Study
        section: Place = ()
        key: str | None = None
        value: Any = self.table
        path: Place = ()
        for part in location:
            if isinstance(part, int) and isinstance(value, list) and key in model.model_fields:
                inner = section_of(model.model_fields[str(key)].annotation, value[part] if part < len(value) else None)
                if inner is None or part >= len(value):
                    break
                if not isinstance(value[part], dict):
                    value[part] = dict.fromkeys(inner.model_fields, Unusable.ENTRY)
                path, value = (*path, part), value[part]
            elif isinstance(part, str) and isinstance(value, dict) and part in model.model_fields:
                key, path, value = part, (*path, part), value.get(part)
            else:
                break
            inner = section_of(model.model_fields[str(key)].annotation, value)
            if inner is not None and isinstance(value, dict):
                model, section, key = inner, path, None
        return section, key, model

    def _at(self, section: Place) -> Any:
        value = self.table
        for part in section:
            value = value[part]
        return value

    def _rename(self, section: Place, key: str, model: type[Section]) -> None:
        """Rename an unknown key to the similar known one, if that is not given; otherwise leave it out."""
        table = self._at(section)
        if isinstance(table, dict) and key in table and key not in model.model_fields:
            value = table.pop(key)
            if (similar := similar_key(key, model)) and similar not in table:
                table[similar] = value
                self.renamed[(*section, similar)] = key


def _plain_entries(model: type[Section]) -> Iterable[str]:
    """Keys of a section that hold no section, nor name it."""
    return (key for key, info in model.model_fields.items() if key not in LABELS and not sections_in(info.annotation))


def similar_key(key: str, model: type[Section]) -> str:
    """The key of a section that is most similar to a misspelt one; empty if none is, or another law's section has it."""
    if key_of_other_section(key, model):
        return ""
    near = difflib.get_close_matches(key, model.model_fields, 1)
    return near[0] if near else ""


def key_of_other_section(key: str, model: type[Section]) -> str:
    """Line on an unknown key that another section in the same place has; empty where none has it."""
    choice = getattr(model, "choice", None)
    return choice.not_here(key, model) if isinstance(choice, SectionChoice) else ""


def choosing_key(model: type[Section]) -> str:
    """The key that chooses this section among others; empty where there is one section alone."""
    choice = getattr(model, "choice", None)
    return choice.key if isinstance(choice, SectionChoice) else ""


def admits_path(annotation: Any) -> bool:
    """True where a field's type admits a path."""
    return annotation is Path or any(map(admits_path, get_args(annotation)))
