"""Comma-separated tables of numbers in time, of any length."""

from __future__ import annotations

from pathlib import Path

from a2c_pybamm.readers.bounded_stream import open_bytes
from a2c_pybamm.readers.conduction.number_rows import RowCollector
from a2c_pybamm.readers.conduction.series_table import SeriesTable
from a2c_pybamm.readers.csv_table import COMMENT, CUT_NUMBER, HEADER_REMEDY
from a2c_pybamm.readers.source_file import FILE_LIMITS


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
    with open_bytes(path, longest_line=FILE_LIMITS.line_bytes) as file:
        for line, text in enumerate(file, 1):
            if line == 1:
                text = text.removeprefix(b"\xef\xbb\xbf")
            if text.startswith(COMMENT.encode()):
                names_in_comment = names_in_comment or b"," in text
            elif not text.strip(b", \t\r\n"):
                continue
            elif rows is None:
                names = tuple(name.strip().strip('"') for name in text.decode("utf-8", "replace").split(","))
                if _is_number(names[0]):
                    remedy = HEADER_REMEDY if names_in_comment else "write the names of the columns, each with its unit, above"
                    raise ValueError(f"{path}, line {line}: numbers where the names of the columns are due; {remedy}")
                rows = RowCollector(path, names, ",")
            else:
                rows.add(line, text)
    if rows is None or not len(rows):
        raise ValueError(f"{path}: a header and no rows; the file looks cut off, copy it again")
    last = text.rsplit(b",", 1)[-1].strip().decode("utf-8", "replace")
    if not text.endswith((b"\n", b"\r")) and CUT_NUMBER.fullmatch(last):
        raise ValueError(f"{path}, line {line}: the file ends in {last!r}; it looks cut off, copy it again")
    return SeriesTable(path, rows.table(), units_in_names=True)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
