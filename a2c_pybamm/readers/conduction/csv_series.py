"""Comma-separated tables of numbers in time, of any length."""

from __future__ import annotations

from pathlib import Path

from a2c_pybamm.formatting import cut
from a2c_pybamm.readers.conduction.number_rows import RowCollector, numbered_lines
from a2c_pybamm.readers.conduction.series_table import SeriesTable
from a2c_pybamm.readers.csv_table import COMMENT, CUT_NUMBER, HEADER_REMEDY


def read_csv_series(path: Path) -> SeriesTable:
    """All columns of a table with a header; lines that begin with ``#``, and rows without content, are left out.

    Raises
    ------
    ValueError
        Naming file and line: there is no header or no row, a row has another number of fields, a field is no finite number, or
        the file ends within a number.
    """
    rows: RowCollector | None = None
    names_in_comment, line, text = False, 0, b""
    for line, text in numbered_lines(path):
        if line == 1:
            text = text.removeprefix(b"\xef\xbb\xbf")
        if text.startswith(COMMENT.encode()):
            names_in_comment = names_in_comment or b"," in text
        elif not text.strip(b", \t\r\n"):
            continue
        elif rows is None:
            rows = RowCollector(path, _names(path, line, text, names_in_comment), ",")
        else:
            rows.add(line, text)
    if rows is None or not len(rows):
        raise ValueError(f"{path}: a header and no rows; the file looks cut off, copy it again")
    last = text.rsplit(b",", 1)[-1].strip().decode("utf-8", "replace")
    if not text.endswith((b"\n", b"\r")) and CUT_NUMBER.fullmatch(last):
        raise ValueError(f"{path}, line {line}: the file ends in {last!r}; it looks cut off, copy it again")
    return SeriesTable(path, rows.table(), units_in_names=True)


def _names(path: Path, line: int, text: bytes, names_in_comment: bool) -> tuple[str, ...]:
    """Names of the columns, in the first line that is no comment."""
    names = tuple(name.strip().strip('"') for name in text.decode("utf-8", "replace").split(","))
    if is_number(names[0]):
        remedy = HEADER_REMEDY if names_in_comment else "write the names of the columns, each with its unit, above"
        raise ValueError(f"{path}, line {line}: numbers where the names of the columns are due; {remedy}")
    if len(names) == 1:
        raise ValueError(f"{path}, line {line}: one column {cut(names[0])!r}; separate columns by commas, write decimal points")
    return names


def is_number(word: str) -> bool:
    """True for the text of a number."""
    try:
        float(word)
    except ValueError:
        return False
    return True
