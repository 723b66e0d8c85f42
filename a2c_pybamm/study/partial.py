"""The part of a study that is right, where others are wrong: mistakes in data files show beside those in the study file."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from a2c_pybamm.study.fields import Section
from a2c_pybamm.study.whole import Study

Place = tuple[int | str, ...]
"""Keys and indices that lead to a part of the file."""


@dataclass(frozen=True)
class Omissions:
    """What of a study file is left out of the study, because it is wrong."""

    materials: frozenset[str] = frozenset()
    """First words of coefficients that the parts left out may give."""
    numbers: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """By array of tables, the numbers in the file of those that are left."""

    def number(self, key: str, k: int) -> int:
        """The number in the file, from 1, of the k-th table that is left, from 0."""
        return self.numbers[key][k] if key in self.numbers else k + 1


class Kept(list[Any]):
    """An array of which entries may be left out; each knows its index in the file."""

    def __init__(self, entries: list[Any], indices: list[int]) -> None:
        super().__init__(entries)
        self.indices = indices


def kept(value: Any) -> Any:
    """A table of which parts can be left out, arrays within it as `Kept`; the given one is not changed."""
    if isinstance(value, dict):
        return {key: kept(item) for key, item in value.items()}
    if isinstance(value, list):
        return Kept([kept(item) for item in value], list(range(len(value))))
    return value


def index_in_file(value: Any, k: int) -> int:
    """The index in the file of an array's k-th entry."""
    return value.indices[k] if isinstance(value, Kept) and k < len(value.indices) else k


@dataclass
class Mender:
    """A study's table from which wrong entries are taken out, until what is left is a study."""

    table: Any
    replaced: set[Place] = field(default_factory=set)
    """Sections in which an entry was replaced by its example: what is said of them as a whole may not be true."""
    shortened: set[Place] = field(default_factory=set)
    """Sections and entries that were left out, and arrays of which some were."""
    unchecked: list[Any] = field(default_factory=list)
    """Sections that are kept although their entries do not hold together."""

    def doubtful(self, item: Any) -> bool:
        """Whether a problem may come from what was left out or replaced before."""
        where = self._place(item["loc"])
        whole = item["type"] in ("value_error", "too_short")
        cut = any(place[: len(where)] == where and len(place) <= len(where) + 1 for place in self.shortened)
        return whole and (where in self.replaced or cut)

    def mend(self, problems: list[Any]) -> None:
        """Leave out, rename or replace what the problems are about."""
        drops: list[Place] = []
        for item in problems:
            section, key, model = self._field(item["loc"])
            if item["type"] == "extra_forbidden":
                self._rename(section, str(item["loc"][-1]), model)
            elif key is None and model._mistakes is not Section._mistakes:
                self.unchecked.append(self._at(section))
            elif key is None or not self._replace(section, key, model):
                drops.append(section)
        for section in sorted(set(drops), key=_by_index, reverse=True):
            self._drop(section)

    def _field(self, location: Place) -> tuple[Place, str | None, type[Section]]:
        """The section of a location, the key in it that is wrong (None where it is the section as a whole), and its schema."""
        model: type[Section] = Study
        section: Place = ()
        key: str | None = None
        value: Any = self.table
        path: Place = ()
        for part in location:
            if isinstance(part, int) and isinstance(value, list) and key in model.model_fields:
                inner = models(model.model_fields[str(key)].annotation)
                if not inner or part >= len(value):
                    break
                path, value = (*path, part), value[part]
            elif isinstance(part, str) and isinstance(value, dict) and part in model.model_fields:
                key, path, value = part, (*path, part), value.get(part)
            else:
                break
            inner = models(model.model_fields[str(key)].annotation)
            if inner and isinstance(value, dict):
                model, section, key = inner[0], path, None
        return section, key, model

    def _place(self, location: Place) -> Place:
        section, key, _ = self._field(location)
        return section if key is None else (*section, key)

    def _at(self, section: Place) -> Any:
        value = self.table
        for part in section:
            value = value[part]
        return value

    def _rename(self, section: Place, key: str, model: type[Section]) -> None:
        """Take an unknown key for the one that it resembles, if that is not there; else leave it out."""
        table = self._at(section)
        if isinstance(table, dict) and key in table:
            value = table.pop(key)
            if (meant := meant_key(key, model)) and meant not in table:
                table[meant] = value

    def _replace(self, section: Place, key: str, model: type[Section]) -> bool:
        """Put an entry's example in its place, or none where it has a default; whether that could be done."""
        info, table = model.model_fields[key], self._at(section)
        if models(info.annotation) or not info.examples or info.default == {} or _mentions_path(info.annotation):
            if info.is_required():
                return False
            if key in table:
                del table[key]
                self.shortened.add((*section, key))
            return True
        table[key] = _as_toml(info.examples[0])
        self.replaced.add(section)
        return True

    def _drop(self, section: Place) -> None:
        """Leave a section out; where it is the whole file nothing can be left out."""
        if not section:
            return
        *above, last = section
        parent = self._at(tuple(above))
        self.shortened.add(section if isinstance(last, str) else tuple(above))
        if isinstance(parent, Kept):
            del parent.indices[int(last)]
        del parent[last]

    def omissions(self) -> Omissions:
        """What is left out in the end."""
        sides = {place[0] for place in self.shortened if place} & {"positive", "negative"}
        materials = {str(self.table.get(side, {}).get("material", "")) for side in sides}
        arrays = {key: value for key, value in self.table.items() if isinstance(value, Kept)}
        return Omissions(frozenset(materials), {key: tuple(k + 1 for k in value.indices) for key, value in arrays.items()})


def meant_key(key: str, model: type[Section]) -> str:
    """The key of a section that a misspelt one resembles; empty if none does."""
    near = difflib.get_close_matches(key, model.model_fields, 1)
    return near[0] if near else ""


def models(annotation: Any) -> list[type[Section]]:
    """Sections that a field's type mentions."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return [annotation]
    return [model for part in get_args(annotation) for model in models(part)]


def _mentions_path(annotation: Any) -> bool:
    return annotation is Path or any(map(_mentions_path, get_args(annotation)))


def _as_toml(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _by_index(place: Place) -> list[tuple[int, str]]:
    """Order in which a later entry of an array is left out before an earlier one."""
    return [(part, "") if isinstance(part, int) else (-1, part) for part in place]
