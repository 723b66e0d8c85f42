"""Rows of numbers among the lines of a text, parsed many at a time; an error names line and column."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.data import Array
from a2c_pybamm.formatting import cut
from a2c_pybamm.readers.bounded_stream import open_bytes
from a2c_pybamm.readers.source_file import FILE_LIMITS
from a2c_pybamm.readers.units import LARGEST_NUMBER


@dataclass(frozen=True, eq=False)
class NumberTable:
    """Columns of numbers by name."""

    names: tuple[str, ...]
    values: Array
    """(n_row, n_column)."""
    lines: NDArray[np.int64]
    """Line of the file that each row stands in, from 1 (n_row,)."""

    def rows(self, kept: Any) -> NumberTable:
        """Table of some rows."""
        return NumberTable(self.names, self.values[kept], self.lines[kept])


def numbered_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """All lines of a file with their numbers, from 1.

    Raises
    ------
    ValueError
        If a line is too long, or too many empty ones follow one another.
    """
    blank = 0
    with open_bytes(path, longest_line=FILE_LIMITS.line_bytes) as file:
        for number, text in enumerate(file, 1):
            blank = blank + 1 if text == b"\n" else 0
            if blank > FILE_LIMITS.blank_lines:
                raise ValueError(f"{path}, line {number}: {blank} empty lines one after the other; copy the file again")
            yield number, text


@dataclass
class RowCollector:
    """Rows of numbers as they are met in a file."""

    path: Path
    names: tuple[str, ...]
    separator: str | None = None
    """Between numbers; white space where there is none."""
    at_once: int = 2**15
    """Rows that are parsed at once: some megabytes of text."""
    _text: list[bytes] = field(default_factory=list)
    _lines: list[int] = field(default_factory=list)
    _values: list[Array] = field(default_factory=list)
    _all_lines: list[NDArray[np.int64]] = field(default_factory=list)

    def add(self, line: int, text: bytes) -> None:
        """One more row, that of this line.

        Raises
        ------
        ValueError
            If a row before it has another number of fields, or a field is no finite number.
        """
        self._text.append(text)
        self._lines.append(line)
        if len(self._text) == self.at_once:
            self._parse()

    def __len__(self) -> int:
        return sum(map(len, self._all_lines)) + len(self._lines)

    def table(self) -> NumberTable:
        """All rows; ``ValueError`` as `add`."""
        self._parse()
        n = len(self.names)
        values = np.concatenate(self._values) if self._values else np.empty((0, n))
        lines = np.concatenate(self._all_lines) if self._all_lines else np.empty(0, np.int64)
        return NumberTable(self.names, values, lines)

    def _parse(self) -> None:
        """The rows collected so far as numbers."""
        import pandas as pd  # type: ignore[import-untyped]  # a quarter of a second to import

        if not self._text:
            return
        n = len(self.names)
        try:
            values = pd.read_csv(
                io.BytesIO(b"".join(self._text)),
                sep=r"\s+" if self.separator is None else self.separator,
                header=None,
                names=range(n),
                index_col=False,
                dtype=float,
                engine="c",
                quoting=csv.QUOTE_NONE,
                skip_blank_lines=False,
                skipinitialspace=True,
            ).to_numpy()
        except (ValueError, OverflowError) as error:
            values, cause = np.empty((0, n)), str(error)
        else:
            cause = "an empty field"
        uneven = self.separator is not None and any(text.count(b",") != n - 1 for text in self._text)
        if uneven or len(values) != len(self._text) or not (np.abs(values) < LARGEST_NUMBER).all():
            self._validate_rows()
            raise ValueError(
                f"{self.path}, lines {self._lines[0]} to {self._lines[-1]}: no rows of numbers ({cause}); repair them"
            )
        self._values.append(values)
        self._all_lines.append(np.array(self._lines, np.int64))
        self._text, self._lines = [], []

    def _validate_rows(self) -> None:
        """Raise ``ValueError`` for the first row that has another number of fields, or a field that is no finite number."""
        for line, text in zip(self._lines, self._text, strict=True):
            fields = text.decode("utf-8", "replace").split(self.separator)
            if len(fields) != len(self.names):
                raise ValueError(
                    f"{self.path}, line {line}: {len(fields)} numbers where there are {len(self.names)} columns "
                    f"({_listed(self.names)}); is the line cut off? remove it"
                )
            for name, word in zip(self.names, fields, strict=True):
                validate_number(self.path, line, name, word.strip())


def validate_number(path: Path, line: int, name: str, word: str) -> float:
    """The number; ``ValueError`` with line and column where it is none, or not finite."""
    try:
        value = float(word.replace("_", "?"))  # Python would read 1_000
    except ValueError:
        raise ValueError(
            f"{path}, line {line}: column {name!r} is {cut(word)!r}, not a number; repair it, or leave the row out"
        ) from None
    if not abs(value) < LARGEST_NUMBER:
        raise ValueError(
            f"{path}, line {line}: column {name!r} is {cut(word)!r}, not a finite number; end the series before, or repair it"
        )
    return value


def _listed(names: tuple[str, ...]) -> str:
    """Names for a message, the first of many."""
    return " ".join(names)[: FILE_LIMITS.number_length]
