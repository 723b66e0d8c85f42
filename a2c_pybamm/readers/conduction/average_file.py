"""Files of LAMMPS's ``fix ave/time``: a row for each moment, or a small table for each, as text or as YAML."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from a2c_pybamm.readers.conduction.lammps_log import QUOTED, RUN_REMEDY, inside_brackets
from a2c_pybamm.readers.conduction.number_rows import NumberTable, RowCollector, numbered_lines, validate_number
from a2c_pybamm.readers.conduction.series_table import STEP_NAMES, SeriesTable, joined_runs

TITLE = b"# Time-averaged data"
"""Beginning of such a file, and of each part of it that was appended."""


@dataclass
class _AverageReader:
    """Lines of a file, one after the other."""

    path: Path
    title: tuple[str, ...] = ()
    """Words of the comment with names."""
    n_row: int = 0
    """Rows of a moment's table, 0 where each moment has one row."""
    left: int = 0
    """Rows of the present moment that are still to come."""
    step: bytes = b""
    """Step of the present moment."""
    moment_line: int = 0
    parts: list[RowCollector] = field(default_factory=list)
    by_moment: bool = False
    """True where each moment has a table."""
    in_yaml: bool = False
    pending: list[bytes] = field(default_factory=list)
    """Fields of the present moment, those of one row after the other."""

    def take(self, line: int, text: bytes) -> None:
        """One more line."""
        start = text.lstrip()
        if not start or start.startswith((b"---", b"...", b"data:")):
            return
        if start.startswith(TITLE):
            self._finish_moment(line)
            self.parts.append(RowCollector(self.path, ()))
            self.title, self.by_moment, self.in_yaml = (), False, False
        elif start.startswith(b"#"):
            self._comment(start)
        elif start.startswith(b"keywords:"):
            self.in_yaml, self.title = True, tuple(QUOTED.findall(text.decode("utf-8", "replace")))
        elif self.by_moment:
            self._row_of_moment(line, text)
        else:
            self._row(line, text)

    def _comment(self, start: bytes) -> None:
        words = tuple(start.decode("utf-8", "replace").lstrip("#").split())
        if words[:2] == (STEP_NAMES[1], "Number-of-rows"):
            self.by_moment = True
        elif words[:1] in ((STEP_NAMES[1],), ("Row",)):
            self.title = words if words[0] != "Row" else words[1:]

    def _collector(self, names: tuple[str, ...]) -> RowCollector:
        """Rows of the present part, whose names are taken with the first of them."""
        if not self.parts:
            self.parts.append(RowCollector(self.path, ()))
        if not self.parts[-1].names:
            self.parts[-1] = RowCollector(self.path, names, "," if self.in_yaml and not self.by_moment else None)
        return self.parts[-1]

    def _row(self, line: int, text: bytes) -> None:
        if not self.title:
            raise ValueError(
                f"{self.path}, line {line}: numbers without names; keep the comment '# TimeStep …' that stands above them"
            )
        names = tuple(STEP_NAMES[0] if name in STEP_NAMES else name for name in self.title)
        self._collector(names).add(line, inside_brackets(self.path, line, text) if self.in_yaml else text)

    def _row_of_moment(self, line: int, text: bytes) -> None:
        """A row of the present moment's table, or the line above such a table."""
        start = text.strip()
        if self.in_yaml:
            if start.endswith(b":"):
                self._finish_moment(line)
                self.step, self.moment_line, self.pending = start[:-1], line, []
            else:
                self.pending += inside_brackets(self.path, line, text).replace(b",", b" ").split()
            return
        fields = start.split()
        if not self.left:
            self._finish_moment(line)
            if len(fields) != 2:
                raise ValueError(
                    f"{self.path}, line {line}: {len(fields)} numbers, not a moment and its rows' number; is a line missing?"
                )
            count = validate_number(self.path, line, "Number-of-rows", fields[1].decode("utf-8", "replace"))
            if count < 1 or count != int(count) or (self.n_row and count != self.n_row):
                raise ValueError(f"{self.path}, line {line}: {count:g} rows, {self.n_row} above; split the file there")
            self.n_row = self.left = int(count)
            self.step, self.moment_line, self.pending = fields[0], line, []
            return
        if len(fields) != len(self.title) + 1:
            raise ValueError(
                f"{self.path}, line {line}: {len(fields)} numbers, not a number and {' '.join(self.title)}; is it cut off?"
            )
        self.pending += fields[1:]
        self.left -= 1

    def _finish_moment(self, line: int) -> None:
        """The present moment's table as one row."""
        if self.left:
            raise ValueError(f"{self.path}, line {line}: a moment ends {self.left} row(s) too early; remove it")
        if not self.pending:
            return
        per_row = max(len(self.title), 1)
        self.n_row = self.n_row or len(self.pending) // per_row
        if len(self.pending) != self.n_row * per_row:
            raise ValueError(
                f"{self.path}, line {self.moment_line}: {len(self.pending)} numbers at this moment, not {self.n_row} rows of "
                f"{' '.join(self.title)}; remove it"
            )
        names = [f"{name}[{k}]" for k in range(1, self.n_row + 1) for name in self.title]
        row = b" ".join([self.step, *self.pending]) + b"\n"
        self._collector((STEP_NAMES[0], *names)).add(self.moment_line, row)
        self.pending = []

    def tables(self, line: int) -> Iterator[NumberTable]:
        """All parts that have rows."""
        self._finish_moment(line)
        for part in self.parts:
            if len(part):
                yield part.table()


def read_averages(path: Path, run: int | None) -> SeriesTable:
    """The columns of such a file, ``name[k]`` for row k of a table; parts that were appended go on from one another.

    Raises
    ------
    ValueError
        Naming file and line: a row or table is cut off or not of numbers, or there are no rows.
    """
    reader, line, text = _AverageReader(path), 0, b""
    for line, text in numbered_lines(path):
        reader.take(line, text)
    if not text.endswith(b"\n"):
        raise ValueError(f"{path}, line {line}: the file ends within a line; remove it, or wait until the run has written it")
    tables = list(reader.tables(line))
    if not tables:
        raise ValueError(f"{path}: no rows of numbers below the names; is the file cut off? copy it again")
    if run is not None:
        if not -len(tables) <= run < len(tables):
            raise ValueError(f"{path}: run = {run}, and there are {len(tables)}; {RUN_REMEDY}")
        tables = [tables[run]]
    table, remarks = joined_runs(path, tables, RUN_REMEDY)
    steps = table.values[:, table.names.index(STEP_NAMES[0])]
    if not (steps == np.round(steps)).all():
        row = int(np.argmax(steps != np.round(steps)))
        raise ValueError(f"{path}, line {table.lines[row]}: step {steps[row]:g} is no whole number; correct it")
    return SeriesTable(path, table, remarks=remarks)
