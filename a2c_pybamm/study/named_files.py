"""Data files that a study names: those of a study, and those of a file of which parts are wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from a2c_pybamm.readers.source_file import existing, one_line, open_regular
from a2c_pybamm.study.fields import Section
from a2c_pybamm.study.mistakes import Mistakes
from a2c_pybamm.study.partial import mentions_path
from a2c_pybamm.study.section_choice import section_of
from a2c_pybamm.study.study import Study


def data_files(study: Study) -> list[Path]:
    """All files that a study reads."""
    found: list[Path] = []

    def walk(value: Any) -> None:
        if isinstance(value, Path):
            found.append(value)
        elif isinstance(value, Section):
            for key in type(value).model_fields:
                walk(getattr(value, key))
        elif isinstance(value, tuple):
            for item in value:
                walk(item)

    walk(study)
    return sorted(set(found))


def named_files(table: Any, folder: Path, model: type[Section] = Study, place: str = "") -> Iterator[tuple[str, Path]]:
    """Each data file in a study's table with the key that names it: ``positive.free_energy.energies[1].file``.

    Parts that are wrong are looked at as far as they are tables with known keys.
    """
    if not isinstance(table, Mapping):
        return
    for key, info in model.model_fields.items():
        value, where = table.get(key), f"{place}.{key}".removeprefix(".")
        if isinstance(value, str) and value and mentions_path(info.annotation):
            yield where, folder / value
        for k, entry in enumerate(value if isinstance(value, list) else [value], 1):
            if (inner := section_of(info.annotation, entry)) is not None:
                yield from named_files(entry, folder, inner, f"{where}[{k}]" if isinstance(value, list) else where)


def add_unusable_files(files: Iterable[tuple[str, Path]], mistakes: Mistakes) -> None:
    """Add the files that are missing, empty, no regular file or not to be opened, if that was not found already."""
    seen: set[Path] = set()
    for where, path in files:
        if path in seen:
            continue
        seen.add(path)
        try:
            open_regular(existing(path)).close()
        except ValueError as error:
            own = ValueError(one_line(str(error)))  # as a reader says it
            if not mistakes.has(own):
                mistakes.add(own, where)
