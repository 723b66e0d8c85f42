"""A study read from its file, with each mistake in one line."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from a2c_pybamm.formatting import cut
from a2c_pybamm.readers.source_file import existing, read_text
from a2c_pybamm.study.fields import PATTERNS
from a2c_pybamm.study.mistakes import Mistakes, StudyMistakes
from a2c_pybamm.study.named_files import named_files
from a2c_pybamm.study.partial import MarkedTable, Place, choosing_key, copy_of_table, key_of_other_section, similar_key
from a2c_pybamm.study.section_choice import without_tags
from a2c_pybamm.study.study import Study

PHRASES = {
    "Input should": "must",
    "String should": "must",
    "Tuple should": "must",
    "Dictionary should": "must",
    "a valid tuple": "an array [ … ]",
    "valid dictionary or instance of": "table of kind",
    "valid dictionary": "table { … }",
    " after validation": "",
    "a valid string": "text in quotes",
    "a valid boolean": "true or false",
    "valid integer": "whole number",
    "valid number": "number without quotes or unit",
}
"""Phrases of pydantic's messages, and ours in their place."""
BOUNDS = {"greater_than": "above", "greater_than_equal": "at least", "less_than": "below", "less_than_equal": "at most"}
MOST_PROBLEMS = 200
"""Errors of a study file that are listed: comparing them with each other takes below a second for so many (July 2026)."""
MOST_STUDY_BYTES = 4_000_000
"""Size [B] of a study file: written by hand it has some thousands, and parsing this many takes about a second (July 2026)."""


@dataclass(frozen=True)
class Reading:
    """The valid part of a study file, and its errors."""

    file: Path
    study: Study | None
    """Without the invalid entries, whose access raises ``NotGiven``; None where nothing is left."""
    mistakes: Mistakes
    files: tuple[tuple[str, Path], ...]
    """Data files that are named, also in entries that are left out, each with its key."""

    def valid_study(self) -> Study:
        """The study of a file without errors; ``ValueError`` or `StudyMistakes` with the errors of another."""
        self.mistakes.stop()
        if self.study is None:
            raise ValueError(f"{self.file}: no entry of it is one of a study; see 'a2c new DIR' for an example")
        return self.study


def read_study(path: str | Path) -> Study:
    """The study in a TOML file (or in a folder's ``study.toml``), its data files taken relative to it.

    Raises
    ------
    ValueError
        One line naming file, key and remedy: the file is not there or not TOML, a key is unknown or missing, a unit does not
        fit, a value is out of range. Of several mistakes all, each in a line of `StudyMistakes`.
    """
    return read_partial_study(path).valid_study()


def read_partial_study(path: str | Path) -> Reading:
    """The valid part of a study file, beside all its errors.

    Raises
    ------
    ValueError
        If the file is not there or not TOML.
    """
    path = _study_file(path)
    table = _read_table(path)
    files = tuple(named_files(table, path.parent))
    marked, mistakes = MarkedTable(table), Mistakes()
    at_file = mistakes.at(path)
    for _ in range(MOST_PROBLEMS):  # each round leaves out one invalid entry or more
        context = {"folder": path.parent, "unchecked": marked.unchecked}
        try:
            study = Study.model_validate(marked.table, context=context)
            return Reading(path, study, mistakes, files)
        except ValidationError as error:
            problems = _problems(error)
            for line in _lines(problems[:MOST_PROBLEMS], marked):
                at_file.add(ValueError(line))
            if len(problems) > MOST_PROBLEMS:
                at_file.add(ValueError(f"{len(problems) - MOST_PROBLEMS} more places are wrong; is it a study at all?"))
                break
            marked.mark(problems)
    return Reading(path, None, mistakes, files)


def _study_file(path: str | Path) -> Path:
    """The file of a study that is given by itself or by its folder.

    Raises
    ------
    ValueError
        If there is none, or no file can have that name.
    """
    path = Path(path)
    try:
        file = path / "study.toml" if path.is_dir() else path
        exists = file.exists()
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}; check the path") from error
    if not exists:
        raise ValueError(f"{file}: no such study; make one with 'a2c new DIR', or run 'a2c demo DIR'")
    return file


def _read_table(path: Path) -> Any:
    """The tables of a TOML file.

    Raises
    ------
    ValueError
        If the file is not there, too large, or not TOML.
    """
    if existing(path).stat().st_size > MOST_STUDY_BYTES:
        raise ValueError(
            f"{path}: more than {MOST_STUDY_BYTES} bytes; a study is a few pages, its data stand in files of their own"
        )
    text = read_text(path)
    try:
        return copy_of_table(tomllib.loads(text))  # one that is nested too deeply to be copied is refused here
    except (ValueError, RecursionError) as error:  # also dates and whole numbers that Python does not take
        raise ValueError(
            f"{path}: not TOML: {error}; put text in quotes, a key once, and see 'a2c new DIR' for an example"
        ) from error


def _problems(error: ValidationError) -> list[dict[str, Any]]:
    """Problems that pydantic reports, each with its location in the file and the section around it."""
    problems = []
    for item in error.errors(include_url=False):
        location, section = without_tags(item["loc"], Study)
        problems.append({**item, "loc": location, "section": section})
    return problems


def _lines(problems: Sequence[Any], marked: MarkedTable) -> list[str]:
    """A line for each place where something is wrong."""
    # a misspelt key is missing, too: the one that is given comes first; a list whose only entry is wrong is not too short
    problems = sorted(problems, key=lambda item: item["type"] != "extra_forbidden")
    misspelt = {
        (*item["loc"][:-1], similar_key(str(item["loc"][-1]), item["section"]))
        for item in problems
        if item["type"] == "extra_forbidden"
    }
    by_place: dict[str, list[Any]] = {}
    for item in problems:
        inner = any(other["loc"][: len(item["loc"])] == item["loc"] for other in problems if other is not item)
        follows = (item["type"] == "missing" and item["loc"] in misspelt) or _of_misspelt_choice(item, misspelt)
        if not (item["type"] == "too_short" and inner) and not follows:
            by_place.setdefault(_place(item, marked.table, marked.renamed), []).append(item)
    return [line for where, items in by_place.items() for line in _lines_of(where, items)]


def _of_misspelt_choice(item: Any, misspelt: Collection[Place]) -> bool:
    """True for a key of another section of the same place, where the key that chooses the section is misspelt."""
    if item["type"] != "extra_forbidden":
        return False
    *around, key = item["loc"]
    chosen = choosing_key(item["section"])
    return bool(chosen) and (*around, chosen) in misspelt and bool(key_of_other_section(str(key), item["section"]))


def _lines_of(where: str, items: list[Any]) -> list[str]:
    """Lines on one place: one, unless a section as a whole is wrong in several ways."""
    start = f"{where}: " if where else ""
    several = items[0].get("ctx", {}).get("error")
    if isinstance(several, StudyMistakes):
        return [start + line for line in several.lines]
    return [start + " or ".join(dict.fromkeys(_message(item) for item in items)) + _value_text(items[0])]


def _place(item: Any, table: Any, renamed: Mapping[Place, str]) -> str:
    """The key's path in the file, arrays of tables counted from 1: ``positive.mobility.hops[1].name``.

    Entries of the location that are no keys (the branches of a field with two types) are left out; a misspelt key that was
    taken for another is spelt as in the file.
    """
    words = ""
    path: Place = ()
    for part in item["loc"]:
        path = (*path, part)
        there = part in table if isinstance(table, dict) else isinstance(table, list) and isinstance(part, int)
        if not there and item["type"] not in ("missing", "extra_forbidden"):
            break
        words += f"[{part + 1}]" if isinstance(part, int) else f".{renamed.get(path, part)}"
        table = table[part] if there and not (isinstance(part, int) and part >= len(table)) else None
    return words.removeprefix(".")


def _message(item: Any) -> str:
    """Error of one entry, and the remedy."""
    if item["type"] == "extra_forbidden":
        model, key = item["section"], str(item["loc"][-1])
        similar = similar_key(key, model)
        unknown = f"unknown key; known here: {', '.join(model.model_fields)}" + (f"; is {similar!r} meant?" if similar else "")
        return key_of_other_section(key, model) or unknown
    if item["type"] == "missing":
        return "this entry is missing" if isinstance(item["loc"][-1], int) else "this key is missing; add it"
    if item["type"] == "string_pattern_mismatch":
        return PATTERNS[item["ctx"]["pattern"]]
    for bound, phrase in BOUNDS.items():
        if item["type"] == bound:
            return f"must be {phrase} {next(iter(item['ctx'].values())):g}"
    text = str(item["msg"]).removeprefix("Value error, ").removeprefix("value: ")
    for phrase, replacement in PHRASES.items():
        text = text.replace(phrase, replacement)
    return text


def _value_text(item: Any) -> str:
    """The invalid value, where the message does not hold it and it is neither a table nor a list."""
    if item["type"] in ("value_error", "missing", "extra_forbidden") or isinstance(item["input"], dict | list | tuple):
        return ""
    unit = " in SI units" if item["type"] in BOUNDS and isinstance(item["input"], str) else ""
    return f"{unit}, got {cut(repr(item['input']))}"
