"""The part of a study that is right, where others are wrong: mistakes in data files show beside those in the study file."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from a2c_pybamm.study.fields import Section, Unusable
from a2c_pybamm.study.section_choice import SectionChoice, section_of, sections
from a2c_pybamm.study.study import Study

Place = tuple[int | str, ...]
"""Keys and indices that lead to a part of the file."""
LABELS = ("name", "label", "law", "material", "source", "names", "parameter")
"""Entries that name a section, or what it gives: of use where its others contradict each other."""


def copied(value: Any) -> Any:
    """A table of which parts can be left out; the given one is not changed."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value


@dataclass
class Mender:
    """A study's table in which wrong entries are marked as unusable, until what is left is a study."""

    table: Any
    unchecked: list[Any] = field(default_factory=list)
    """Sections that are kept although their entries do not hold together."""
    renamed: dict[Place, str] = field(default_factory=dict)
    """Keys as they stand in the file, by the places that they are taken for."""

    def mend(self, problems: list[Any]) -> None:
        """Mark what the problems are about; a misspelt key is taken for the one that it resembles."""
        unknown = [item for item in problems if item["type"] == "extra_forbidden"]
        # a misspelt key that chooses the section comes first: others are then known
        for item in sorted(unknown, key=lambda item: not meant_key(str(item["loc"][-1]), item["section"])):
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
            if not model.stands_apart:
                table.update(dict.fromkeys(_own_entries(model), Unusable.ENTRY))

    def _field(self, location: Place) -> tuple[Place, str | None, type[Section]]:
        """The section of a location, the key in it that is wrong (None where it is the section as a whole), and its schema.

        An entry of an array of sections that is no table becomes one of which nothing can be used.
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
        """Take an unknown key for the one that it resembles, if that is not there; else leave it out."""
        table = self._at(section)
        if isinstance(table, dict) and key in table and key not in model.model_fields:
            value = table.pop(key)
            if (meant := meant_key(key, model)) and meant not in table:
                table[meant] = value
                self.renamed[(*section, meant)] = key


def _own_entries(model: type[Section]) -> Iterable[str]:
    """Keys of a section that hold no section of their own, nor name it."""
    return (key for key, info in model.model_fields.items() if key not in LABELS and not sections(info.annotation))


def meant_key(key: str, model: type[Section]) -> str:
    """The key of a section that a misspelt one resembles; empty if none does, or another law's section has it."""
    if elsewhere(key, model):
        return ""
    near = difflib.get_close_matches(key, model.model_fields, 1)
    return near[0] if near else ""


def elsewhere(key: str, model: type[Section]) -> str:
    """Line on an unknown key that another section in the same place has; empty where none has it."""
    choice = getattr(model, "choice", None)
    return choice.not_here(key, model) if isinstance(choice, SectionChoice) else ""


def chosen_by(model: type[Section]) -> str:
    """The key that chooses this section among others; empty where there is one section alone."""
    choice = getattr(model, "choice", None)
    return choice.key if isinstance(choice, SectionChoice) else ""


def mentions_path(annotation: Any) -> bool:
    """True where a field's type mentions a path."""
    return annotation is Path or any(map(mentions_path, get_args(annotation)))
