"""A field that holds one of several sections, which a key of its table names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Union, get_args

from pydantic import Discriminator, Tag

from a2c_pybamm.study.fields import Section

UNKNOWN = "?"
"""Tag of a table whose key names none of the sections."""


@dataclass(frozen=True, eq=False)
class SectionChoice:
    """Sections of one field by the value of a key in its table.

    It stands in the annotation of the field, beside what pydantic needs; error locations of pydantic hold a tag more than the
    file has keys.
    """

    key: str
    default: str
    """Value of the key where a table has none."""
    sections: Mapping[str, type[Section]]
    """By the value of the key."""
    unknown: type[Section]
    """Section of a table whose key has another value: it holds what all others have, and refuses the key."""
    shared: type[Section]
    """Section whose keys all others have."""
    implied: Mapping[str, str] = field(default_factory=dict)
    """Value of the key of a table without it that has another key: by that one."""

    def tag(self, value: Any) -> str:
        """Value of the key that decides how a table is read; the default where the value is no table."""
        if isinstance(value, dict) and self.key not in value:
            return next((tag for other, tag in self.implied.items() if other in value), self.default)
        given = value.get(self.key, self.default) if isinstance(value, dict) else getattr(value, self.key, self.default)
        return given if isinstance(given, str) and given in self.sections else UNKNOWN

    def section(self, tag: str) -> type[Section]:
        """Section of a tag."""
        return self.sections.get(tag, self.unknown)

    @property
    def annotation(self) -> Any:
        """Type of the field for pydantic."""
        tagged = {**self.sections, UNKNOWN: self.unknown}
        members = tuple(Annotated[section, Tag(tag)] for tag, section in tagged.items())
        return Annotated[Union[members], Discriminator(self.tag), self]  # noqa: UP007

    def tags_with(self, key: str) -> tuple[str, ...]:
        """Tags whose section has this key."""
        return tuple(tag for tag, section in self.sections.items() if key in section.model_fields)

    def not_here(self, key: str, section: type[Section]) -> str:
        """Line on a key that other sections of the choice have and this one has not; empty where none has it."""
        tags = self.tags_with(key)
        if not tags:
            return ""
        here = next((tag for tag, other in self.sections.items() if other is section), UNKNOWN)
        having = ", ".join(map(repr, tags))
        return f"a key of {self.key} {having}, not of {self.key} {here!r}; leave it out, or change {self.key}"


def choice_of(annotation: Any) -> SectionChoice | None:
    """The choice of sections that a field's type holds."""
    if isinstance(annotation, SectionChoice):
        return annotation
    return next((found for part in get_args(annotation) if (found := choice_of(part)) is not None), None)


def sections_in(annotation: Any) -> list[type[Section]]:
    """Sections that a field's type mentions."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return [annotation]
    return [section for part in get_args(annotation) for section in sections_in(part)]


def section_of(annotation: Any, value: Any) -> type[Section] | None:
    """Section that a field's type holds for this value of the file; None where it holds none."""
    choice = choice_of(annotation)
    if choice is not None:
        return choice.section(choice.tag(value))
    return next(iter(sections_in(annotation)), None)


def without_tags(location: tuple[int | str, ...], start: type[Section]) -> tuple[tuple[int | str, ...], type[Section]]:
    """A location of pydantic's as keys and indices of the file, and the innermost section that it leads into."""
    keys: list[int | str] = []
    section: type[Section] = start
    choice: SectionChoice | None = None
    for part in location:
        if choice is not None and isinstance(part, str) and (part in choice.sections or part == UNKNOWN):
            section, choice = choice.section(part), None
            continue
        keys.append(part)
        if isinstance(part, str) and part in section.model_fields:
            annotation = section.model_fields[part].annotation
            choice = choice_of(annotation)
            section = next(iter(sections_in(annotation)), section) if choice is None else section
    return tuple(keys), section
