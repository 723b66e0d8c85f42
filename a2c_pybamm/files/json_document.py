"""JSON files as plain values: of bounded size, without repeated names, non-finite numbers or halves of characters."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from a2c_pybamm.readers.source_file import FILE_LIMITS, existing, read_text
from a2c_pybamm.schema import encodable, key_path, show

SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
"""JSON's escape of half of a character that needs two: an error where it stands alone."""


def read_document(path: Path, *, remedy: str = "make it again") -> dict[str, Any]:
    """The table in a JSON file; ``remedy`` ends the message where the text is no JSON.

    Raises
    ------
    ValueError
        Naming the file: it is not there, too large, not UTF-8, not JSON, or not a table.
    """
    size = existing(path).stat().st_size
    if size > FILE_LIMITS.json_bytes:
        raise ValueError(
            f"{path}: {size / 2**20:.0f} MB, more than the {FILE_LIMITS.json_bytes // 2**20} MB that are read; is it another "
            "file?"
        )
    return parse_document(read_text(path), str(path), remedy=remedy)


def parse_document(text: str, path: str, *, remedy: str = "make it again") -> dict[str, Any]:
    """The table in a JSON text; errors name ``path``."""
    try:
        document = json.loads(
            text, parse_constant=_constant, parse_float=_number, parse_int=_whole_number, object_pairs_hook=_distinct_names
        )
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise ValueError(f"{path}: not JSON ({reason}); is it cut off or edited by hand? {remedy}") from error
    if not isinstance(document, dict):
        raise ValueError(f"{path}: {show(document)}, not a table of names and values; is it another file?")
    if SURROGATE.search(text):
        for place, wrong in _texts(document):
            if not encodable(wrong):
                raise ValueError(f"{path}: {place} holds half a character (a lone surrogate) in {show(wrong)}; write it anew")
    return document


def _constant(text: str) -> None:
    raise ValueError(f"{text} is no number")


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{show(text)} is no finite number")
    return value


def _whole_number(text: str) -> int:
    if len(text) > FILE_LIMITS.n_digit:
        raise ValueError(f"a number of {len(text)} digits")
    return int(text)


def _distinct_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the name {show(next(n for n in table if names.count(n) > 1))} stands twice in one table")
    return table


def _texts(document: Any) -> Iterator[tuple[str, str]]:
    """Every text of a document with its place, names included."""
    waiting: list[tuple[str, Any]] = [("", document)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, str):
            yield place, value
        elif isinstance(value, dict):
            yield from ((key_path(place, name), name) for name in value)
            waiting += [(key_path(place, name), entry) for name, entry in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{place}[{k}]", entry) for k, entry in enumerate(value)]
