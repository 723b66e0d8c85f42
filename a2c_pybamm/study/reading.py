"""A study read from its file, with the first problem told in one line."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from a2c_pybamm.readers.source_file import existing, read_text
from a2c_pybamm.study.fields import Section
from a2c_pybamm.study.whole import Study

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
"""What the checking library says, and how we say it."""
BOUNDS = {"greater_than": "above", "greater_than_equal": "at least", "less_than": "below", "less_than_equal": "at most"}
LONGEST = 60
"""Characters of a refused value that are repeated."""


def read_study(path: str | Path) -> Study:
    """The study in a TOML file (or in a folder's ``study.toml``), its data files taken relative to it.

    Raises
    ------
    ValueError
        One line naming file, key and remedy: the file is not there or not TOML, a key is unknown or missing, a unit does not
        fit, a value is out of range.
    """
    path = Path(path)
    if path.is_dir():
        path = path / "study.toml"
    if not path.exists():
        raise ValueError(f"{path}: no such study; make one with 'a2c new DIR', or run 'a2c demo DIR'")
    text = read_text(existing(path))
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ValueError(
            f"{path}: not TOML: {error}; put text in quotes, a key once, and see 'a2c new DIR' for an example"
        ) from error
    try:
        return Study.model_validate(table, context={"folder": path.parent})
    except ValidationError as error:
        raise ValueError(f"{path}: {_first_problem(error, table)}") from None


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


def _first_problem(error: ValidationError, table: Mapping[str, Any]) -> str:
    """One line on the first thing wrong, and in how many other places something is."""
    # a misspelt key is missing, too: the one that is there is told first; a list whose only entry is wrong is not too short
    problems = sorted(error.errors(), key=lambda item: item["type"] != "extra_forbidden")
    found: dict[str, list[Any]] = {}
    for item in problems:
        inner = any(other["loc"][: len(item["loc"])] == item["loc"] for other in problems if other is not item)
        if not (item["type"] == "too_short" and inner):
            found.setdefault(_place(item, table), []).append(item)
    where, items = next(iter(found.items()))
    messages = list(dict.fromkeys(_message(item) for item in items))
    text = " or ".join(messages) + _given(items[0])
    return (f"{where}: " if where else "") + text + (f" (and {len(found) - 1} more)" if len(found) > 1 else "")


def _place(item: Any, table: Any) -> str:
    """The key's path in the file, arrays of tables counted from 1: ``positive.mobility.hops[1].name``.

    Parts of the location that are no keys (the branches of a field with two types) are left out.
    """
    words = ""
    for part in item["loc"]:
        there = part in table if isinstance(table, dict) else isinstance(table, list) and isinstance(part, int)
        if not there and item["type"] not in ("missing", "extra_forbidden"):
            break
        words += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
        table = table[part] if there and not (isinstance(part, int) and part >= len(table)) else None
    return words.removeprefix(".")


def _message(item: Any) -> str:
    """What is wrong with one entry, and the remedy."""
    if item["type"] == "extra_forbidden":
        return f"unknown key; known here: {', '.join(_known(item['loc'][:-1]))}"
    if item["type"] == "missing":
        return "this entry is missing" if isinstance(item["loc"][-1], int) else "this key is missing; add it"
    if item["type"] == "string_pattern_mismatch":
        return f"must match {item['ctx']['pattern']} (no brackets or odd spaces)"
    for bound, phrase in BOUNDS.items():
        if item["type"] == bound:
            return f"must be {phrase} {next(iter(item['ctx'].values())):g}"
    text = str(item["msg"]).removeprefix("Value error, ").removeprefix("value: ")
    for theirs, ours in PHRASES.items():
        text = text.replace(theirs, ours)
    return text


def _given(item: Any) -> str:
    """The refused value, where the message does not say it and it is short enough to help."""
    if item["type"] in ("value_error", "missing", "extra_forbidden") or isinstance(item["input"], dict | list | tuple):
        return ""
    text = repr(item["input"])
    unit = " in SI units" if item["type"] in BOUNDS and isinstance(item["input"], str) else ""
    return f"{unit}, got {text if len(text) <= LONGEST else text[:LONGEST] + ' …'}"


def models(annotation: Any) -> list[type[Section]]:
    """Sections that a field's type mentions."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in models(part)]


def _known(location: tuple[int | str, ...]) -> list[str]:
    """Keys of the section at this place in the file."""
    model: type[Section] = Study
    for part in location:
        if isinstance(part, str) and part in model.model_fields:
            model = models(model.model_fields[part].annotation)[0]
    return list(model.model_fields)
