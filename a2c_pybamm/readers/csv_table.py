"""Comma-separated tables with a header: their rows, and numbers from them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from a2c_pybamm.data import Array
from a2c_pybamm.readers.source_file import FILE_LIMITS, read_text
from a2c_pybamm.readers.units import LARGEST_NUMBER, column_unit, parse_quantity

Rows = list[tuple[int, dict[str, str]]]
"""Rows of a table: the number of the line, and the fields by column."""
CUT_NUMBER = re.compile(r"[-+]?\d*(\.|[-+]|[eE][-+]?)")
"""Beginning of a number that cannot be all of it."""
FORTRAN_NUMBER = re.compile(r"([-+]?[\d.]+)[dD]([-+]?\d+)")
"""A number of double precision as Fortran writes it."""
COMMENT = "#"
"""Beginning of a line that is no row."""
HEADER_REMEDY = "the line of names begins with '#', as a comment; take the '#' away"
"""Remedy where the names of the columns stand in a comment."""


def read_rows(path: Path, columns: list[str], remedy: str) -> Rows:
    """Rows of a comma-separated file with a header, each with its line number and all its fields, without spaces around them.

    Lines that begin with ``#`` are comments. Rows without any content (``,,``), as spreadsheets write them behind a table, are
    left out.

    Raises
    ------
    ValueError
        If a column is missing or its name occurs twice, the file has no rows, or a row is cut off.
    """
    text = read_text(path)
    reader = csv.reader(_without_comments(text), skipinitialspace=True)
    try:
        header = _first_row(reader)
        check_header(path, columns, header, HEADER_REMEDY if _names_in_comment(text, columns) else remedy)
        rows = []
        for fields in reader:
            fields = [field.strip() for field in fields]
            if not any(fields):
                continue
            if len(fields) != len(header):
                raise ValueError(
                    f"{path}, line {reader.line_num}: {len(fields)} fields where the header has {len(header)}; is the file cut "
                    "off, or a field with a comma not in quotes?"
                )
            rows.append((reader.line_num, dict(zip(header, fields, strict=True))))
            if len(rows) * len(header) > FILE_LIMITS.n_value:
                raise ValueError(f"{path}: more than {FILE_LIMITS.n_value} fields; thin the rows, or leave out columns")
    except csv.Error as error:
        raise ValueError(f"{path}, line {reader.line_num}: {error}; write it again as comma-separated text") from error
    if not rows:
        raise ValueError(f"{path}: a header and no rows; the file looks cut off, copy it again")
    _validate_last_number(path, text, rows)
    return rows


def _first_row(reader: Iterator[list[str]]) -> list[str]:
    """Names of the columns: the first row with any content, without spaces around them; empty where there is none."""
    rows = ([name.strip() for name in row] for row in reader)
    return next((names for names in rows if any(names)), [])


def _without_comments(text: str) -> Iterator[str]:
    """Lines of a text, empty in the place of those that begin with ``#``: the numbers of the others stay."""
    return ("\n" if line.startswith(COMMENT) else line for line in io.StringIO(text, newline=""))


def _names_in_comment(text: str, columns: list[str]) -> bool:
    """True where a line that begins with ``#`` has the names of all columns, as numpy writes them."""
    comments = (line.strip(f"{COMMENT} \n").split(",") for line in io.StringIO(text) if line.startswith(COMMENT))
    return bool(columns) and any(set(columns) <= {name.strip() for name in names} for names in comments)


def _validate_last_number(path: Path, text: str, rows: Rows) -> None:
    """Raise ``ValueError`` where a file ends within a number: no end of line, nothing behind a point, a sign or an e."""
    last = list(rows[-1][1].values())[-1].strip()
    if not text.endswith(("\n", "\r")) and CUT_NUMBER.fullmatch(last):
        raise ValueError(f"{path}, line {rows[-1][0]}: the file ends in {last!r}; it looks cut off, copy it again")


def read_header(path: Path) -> list[str]:
    """Names of a table's columns, in the file's order."""
    return _first_row(csv.reader(_without_comments(read_text(path)), skipinitialspace=True))


def check_header(path: Path, columns: list[str], header: list[str], remedy: str) -> None:
    """Raise ``ValueError`` where a wanted column does not stand just once in the header."""
    for column in columns:
        if column not in header:
            if len(header) == 1 and remedy != HEADER_REMEDY:
                remedy = "separate columns by commas and write decimal points"
            raise ValueError(f"{path}: no column {column!r} (found {', '.join(header)}); {remedy}")
        if header.count(column) > 1:
            raise ValueError(f"{path}: {header.count(column)} columns are called {column!r}; rename all but the right one")


def read_number(row: dict[str, str], column: str, path: Path, line: int) -> float:
    """A finite number from a row.

    Raises
    ------
    ValueError
        Naming file and line, if the field is anything else.
    """
    text = row[column].strip()
    try:
        value = float(text.replace("_", "?"))  # Python would read 1_000
    except ValueError:
        remedy = "write a decimal point" if "," in text else "fill it in, or leave the row out"
        if double := FORTRAN_NUMBER.fullmatch(text):
            remedy = f"write the exponent with e ({'e'.join(double.groups())[:60]})"
        raise ValueError(f"{path}, line {line}: {column!r} is {text[:60]!r}, not a number; {remedy}") from None
    if not abs(value) < LARGEST_NUMBER:
        raise ValueError(f"{path}, line {line}: {column!r} is {text[:60]!r}, not a finite number; repair or leave out the row")
    return value


def read_column(path: Path, rows: Rows, column: str, *, positive: bool = False) -> Array:
    """Finite numbers of one column (n_row,).

    Raises
    ------
    ValueError
        Naming file and line, if a field is anything else, or not ``positive`` where it must be.
    """
    values = np.array([read_number(row, column, path, line) for line, row in rows])
    for (line, _), value in zip(rows, values, strict=True):
        if positive and not value > 0:
            raise ValueError(f"{path}, line {line}: {column!r} is {value:g}, it must be positive; correct it")
    return values


def read_temperatures(path: Path, rows: Rows, column: str, given: str | None) -> Array:
    """Temperatures [K] (n_row,), of a column or the one that is given for all."""
    if given is None:
        return column_unit(column, "temperature", str(path)) * read_column(path, rows, column, positive=True)
    return np.full(len(rows), parse_quantity(given, "temperature", f"{path}: temperature"))
