"""Thermodynamic output in log files of LAMMPS, and in what it prints on the screen."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from a2c_pybamm.formatting import cut
from a2c_pybamm.readers.conduction.number_rows import RowCollector, numbered_lines
from a2c_pybamm.readers.conduction.series_table import SeriesTable, Statements, joined_runs

BEFORE_HEADER = (b"Per MPI rank memory", b"Memory usage per processor")
"""Beginnings of the line above a run's names of columns."""
ENDS_OF_RUN = (b"Loop time", b"ERROR", b"LAMMPS (", b"Total wall time", b"...")
"""Beginnings of lines behind a run's last row."""
FIRST_OF_NUMBERS = frozenset(b"0123456789+-.")
NOT_FINITE = (b"nan", b"inf")
"""Words that stand in the place of a number."""
QUOTED = re.compile(r"'([^']*)'")
"""A name in the list of a block of YAML."""
RUN_REMEDY = "choose one by run= (0 the first, -1 the last)"


@dataclass
class _Run:
    """Rows of one run."""

    rows: RowCollector
    timestep: float | None
    minimised: bool
    in_yaml: bool


@dataclass
class _LogReader:
    """Lines of a log, one after the other."""

    path: Path
    statements: Statements = field(default_factory=Statements)
    runs: list[_Run] = field(default_factory=list)
    open: _Run | None = None
    awaiting_names: bool = False
    minimising: bool = False

    def take(self, line: int, text: bytes) -> None:
        """One more line."""
        if self.open is not None:
            self._in_run(self.open, line, text)
        elif self.awaiting_names:
            self._names(line, text)
        elif text.startswith(BEFORE_HEADER):
            self.awaiting_names = True
        elif text.split(None, 1)[:1] == [b"Step"] or text.startswith(b"keywords:"):
            self._names(line, text)  # a log of which the beginning was cut
        else:
            self._statement(line, text.partition(b"#")[0].decode("utf-8", "replace").split())

    def _names(self, line: int, text: bytes) -> None:
        """The names of a run's columns, in either style."""
        words = text.decode("utf-8", "replace")
        if text.startswith((b"WARNING", b"---\n", b"---\r")) or not words.strip():
            return
        if text.startswith(b"----"):
            raise ValueError(
                f"{self.path}, line {line}: thermodynamic output in the style 'multi'; run again with thermo_style custom, or "
                "thermo_modify line one"
            )
        in_yaml = text.startswith(b"keywords:")
        names = tuple(QUOTED.findall(words)) if in_yaml else tuple(words.split())
        self.awaiting_names = False
        self.open = _Run(
            RowCollector(self.path, names, "," if in_yaml else None), self.statements.timestep, self.minimising, in_yaml
        )
        self.runs.append(self.open)
        self.minimising = False

    def _in_run(self, run: _Run, line: int, text: bytes) -> None:
        """A row, a message between rows, or the end of a run."""
        if run.in_yaml:
            if text.lstrip().startswith(b"- ["):
                run.rows.add(line, inside_brackets(self.path, line, text))
            elif text.startswith(ENDS_OF_RUN):
                self.open = None
            return
        start = text.lstrip()[: len(NOT_FINITE[0])].lower()
        if (start[:1] and start[0] in FIRST_OF_NUMBERS and not text.startswith(ENDS_OF_RUN)) or start.startswith(NOT_FINITE):
            run.rows.add(line, text)
        elif text.startswith((*ENDS_OF_RUN, *BEFORE_HEADER)):
            self.open = None
            self.awaiting_names = text.startswith(BEFORE_HEADER)

    def _statement(self, line: int, words: list[str]) -> None:
        """A line outside of runs: a command of the input, as LAMMPS echoes it, or a setting that it prints."""
        found = self.statements
        match words:
            case ["units", style] | ["Unit", "style", ":", style]:
                if found.units not in (None, style) and "$" not in style:
                    raise ValueError(
                        f"{self.path}, line {line}: units {cut(style)!r}, and {found.units!r} above; split the file there"
                    )
                if "$" not in style:
                    self.statements = replace(found, units=style)
            case ["timestep", step] | ["Time", "step", ":", step]:
                if (value := _positive(step)) is not None:
                    self.statements = replace(found, timestep=value)
            case ["pair_style", style, *_]:
                self.statements = replace(found, pair_style=style)
            case ["angle_style" | "dihedral_style" | "improper_style", style, *_]:
                self.statements = replace(found, bonded=found.bonded or style != "none")
            case ["compute", _, _, ("stress/atom" | "centroid/stress/atom") as style, *_]:
                self.statements = replace(found, atomic_stresses=found.atomic_stresses | {style})
            case ["compute", name, _, "heat/flux", *_]:
                self.statements = replace(found, heat_fluxes=found.heat_fluxes | {name})
            case ["compute", name, _, "pressure", *_]:
                self.statements = replace(found, pressures=found.pressures | {name})
            case ["thermo_modify", *options] if "norm" in options[:-1]:
                self.statements = replace(found, per_atom=options[options.index("norm") + 1] == "yes")
            case ["Setting", "up", _, "style", "minimization", *_]:
                self.minimising = True
            case ["minimize", *_]:
                self.minimising = True
            case ["run", *_]:
                self.minimising = False
            case ["Minimization", "stats:", *_] if self.runs:
                self.runs[-1].minimised = True


def _positive(word: str) -> float | None:
    """A positive number; None where the word is another, as a variable that is not replaced yet."""
    try:
        value = float(word)
    except ValueError:
        return None
    return value if 0 < value < float("inf") else None


def inside_brackets(path: Path, line: int, text: bytes) -> bytes:
    """The numbers of a list of YAML, ``- [1, 2, ]``."""
    start, end = text.find(b"["), text.rfind(b"]")
    if end < start:
        raise ValueError(f"{path}, line {line}: a list without its end; is the line cut off? remove it")
    return text[start + 1 : end].rstrip(b" ,") + b"\n"


def read_log(path: Path, run: int | None) -> SeriesTable:
    """The thermodynamic output of all runs of a log with the columns of the last one, joined, or of one run.

    Minimisations are left out, and so are messages between rows.

    Raises
    ------
    ValueError
        Naming file and line: a row is cut off or no row of numbers, runs do not go on from one another, there is none, or
        there are two styles of units.
    """
    log = _LogReader(path)
    line, text = 0, b""
    for line, text in numbered_lines(path):
        log.take(line, text)
    if log.open is not None and not text.endswith(b"\n"):
        raise ValueError(f"{path}, line {line}: the file ends within a line; remove it, or wait until the run has written it")
    runs = [found for found in log.runs if not found.minimised and len(found.rows)]
    if not runs:
        raise ValueError(
            f"{path}: no run of LAMMPS with thermodynamic output (a line of names like 'Step Temp Press' and rows below it); "
            "give a log file, a file of fix ave/time, a dump, .csv, .npy or .npz"
        )
    if run is not None:
        if not -len(runs) <= run < len(runs):
            raise ValueError(f"{path}: run = {run}, and there are {len(runs)}; {RUN_REMEDY}")
        runs = [runs[run]]
    last = [found for found in runs if found.rows.names == runs[-1].rows.names]
    if len({found.timestep for found in last}) > 1:
        raise ValueError(f"{path}: the time step changes from run to run; {RUN_REMEDY}")
    table, remarks = joined_runs(path, [found.rows.table() for found in last], RUN_REMEDY)
    if len(last) < len(runs):
        remarks = (f"{len(runs) - len(last)} run(s) with other columns than the last one left out", *remarks)
    return SeriesTable(path, table, replace(log.statements, timestep=last[0].timestep), remarks=remarks)
