"""Data files that a study names, and those named in a study file with errors."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from a2c_pybamm.readers.source_file import existing, one_line, open_regular
from a2c_pybamm.readers.thermodynamics.file_patterns import matching_files
from a2c_pybamm.study.fields import FilePatterns, FolderAdmitted, NameOrFile, Section
from a2c_pybamm.study.mistakes import Mistakes
from a2c_pybamm.study.partial import admits_path
from a2c_pybamm.study.section_choice import section_of
from a2c_pybamm.study.study import Study


def data_files(study: Study) -> list[Path]:
    """Paths of all data files of a study, sorted."""
    paths: list[Path] = []

    def walk(value: Any) -> None:
        if isinstance(value, Path):
            paths.append(value)
        elif isinstance(value, Section):
            for key in type(value).model_fields:
                walk(getattr(value, key))
        elif isinstance(value, tuple):
            for item in value:
                walk(item)

    walk(study)
    return sorted(set(paths))


def named_files(table: Any, folder: Path, model: type[Section] = Study, place: str = "") -> Iterator[tuple[str, Path]]:
    """Each data file in a study's table with the key that names it: ``positive.free_energy.energies[1].file``.

    Invalid entries are searched as far as they are tables with known keys. Of patterns it is each file that they match.
    """
    if not isinstance(table, Mapping):
        return
    for key, info in model.model_fields.items():
        value, where = table.get(key), f"{place}.{key}".removeprefix(".")
        if any(isinstance(marker, FilePatterns) for marker in info.metadata):
            yield from ((where, path) for path in _matching(value, folder))
        elif isinstance(value, str) and value and admits_path(info.annotation) and not _is_name(value, info.metadata):
            yield from [(where, folder / value)] if not (_admits_folder(info) and (folder / value).is_dir()) else []
        for k, entry in enumerate(value if isinstance(value, list) else [value], 1):
            if (inner := section_of(info.annotation, entry)) is not None:
                yield from named_files(entry, folder, inner, f"{where}[{k}]" if isinstance(value, list) else where)


def _admits_folder(info: Any) -> bool:
    """True where a field's file may be a folder."""
    parts = [info.annotation, *get_args(info.annotation)]
    markers = [*info.metadata, *(marker for part in parts for marker in getattr(part, "__metadata__", ()))]
    return any(isinstance(marker, FolderAdmitted) for marker in markers)


def _is_name(value: str, markers: Iterable[Any]) -> bool:
    """True where a text is a name in a field that takes names and files."""
    return any(not marker.is_file(value) for marker in markers if isinstance(marker, NameOrFile))


def _matching(value: Any, folder: Path) -> Iterator[Path]:
    """Files that one or more patterns match; none for a pattern that is invalid, which has an error already."""
    for pattern in value if isinstance(value, list) else [value]:
        if isinstance(pattern, str) and pattern:
            with contextlib.suppress(ValueError):
                yield from matching_files(pattern, folder)


def add_unusable_files(files: Iterable[tuple[str, Path]], mistakes: Mistakes) -> None:
    """Add an error for each file that is missing, empty, no regular file or cannot be opened, unless it has one."""
    seen: set[Path] = set()
    for where, path in files:
        if path in seen:
            continue
        seen.add(path)
        try:
            open_regular(existing(path)).close()
        except ValueError as error:
            as_read = ValueError(one_line(str(error)))  # as readers write it
            if not mistakes.has(as_read):
                mistakes.add(as_read, where)
