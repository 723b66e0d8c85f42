"""A file's table of numbers in time: runs joined, rows that stand twice left out, and what the file states beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from a2c_pybamm.data import Array
from a2c_pybamm.readers.conduction.number_rows import NumberTable
from a2c_pybamm.readers.units import STATED_TOLERANCE

STEP_NAMES = ("Step", "TimeStep")
"""Columns of LAMMPS with the number of the time step."""
TIME_NAME = "Time"
"""Column of LAMMPS with the time elapsed."""
PAIRWISE_STYLES = ("lj", "buck", "born", "coul", "morse", "yukawa", "gauss", "mie", "soft", "zbl", "zero")
"""Beginnings (up to the first ``/``) of pair styles of LAMMPS whose energy is a sum over pairs of atoms."""


@dataclass(frozen=True)
class Statements:
    """Settings of a run of LAMMPS, as its file states them."""

    units: str | None = None
    """Style of units."""
    timestep: float | None = None
    """Time step in the unit of that style."""
    pair_style: str | None = None
    bonded: bool = False
    """True where there are angles, dihedrals or impropers, whose energy is of three atoms and more."""
    atomic_stresses: frozenset[str] = frozenset()
    """Styles of the computes of stresses of single atoms: ``stress/atom``, ``centroid/stress/atom``."""
    heat_fluxes: frozenset[str] = frozenset()
    """Names of the computes ``heat/flux``."""
    pressures: frozenset[str] = frozenset()
    """Names of the computes ``pressure``."""
    per_atom: bool = False
    """True where sums over atoms are divided by their number (``thermo_modify norm yes``)."""

    @property
    def pairwise(self) -> bool:
        """True where the potential is known to be a sum over pairs."""
        return self.pair_style is not None and self.pair_style.split("/")[0] in PAIRWISE_STYLES and not self.bonded


@dataclass(frozen=True, eq=False)
class SeriesTable:
    """Columns of numbers in time."""

    path: Path
    table: NumberTable
    statements: Statements = field(default_factory=Statements)
    volumes: Array | None = None
    """Volume of the cell at each row, in the file's unit (n_row,); None where the file has none but a column."""
    units_in_names: bool = False
    """True where each column's name ends in its unit."""
    remarks: tuple[str, ...] = ()
    """Rows that were left out, and why."""
    warnings: tuple[str, ...] = ()
    """Properties of the numbers by which they may not be what is asked for."""
    counted_in: str = "line"
    """Word for the place of a row in the file."""

    @property
    def names(self) -> tuple[str, ...]:
        return self.table.names

    def column(self, name: str, remedy: str) -> Array:
        """The column of this name (n_row,).

        Raises
        ------
        ValueError
            If it is not there, or there twice.
        """
        count = self.names.count(name)
        if not count:
            raise ValueError(f"{self.path}: no column {name!r} (found {', '.join(self.names)}); {remedy}")
        if count > 1:
            raise ValueError(f"{self.path}: {count} columns are called {name!r}; rename all but the right one")
        return self.table.values[:, self.names.index(name)]


def joined_runs(path: Path, runs: Sequence[NumberTable], remedy: str) -> tuple[NumberTable, tuple[str, ...]]:
    """Runs one after the other, and remarks on what was left out.

    Where a later run begins at or before the last step of an earlier one, it goes on from there (from a restart, or after the
    steps were counted anew): the earlier one's rows from that step on are left out. So are a run's first and last row where
    LAMMPS has written them between its regular steps.

    Raises
    ------
    ValueError
        If runs have different columns, or several have no column of steps; ``remedy`` ends the message.
    """
    whole, remarks = runs[0], []
    clock = next((name for name in (*STEP_NAMES, TIME_NAME) if name in whole.names), None)
    if len(runs) > 1 and clock is None:
        raise ValueError(f"{path}: {len(runs)} runs and no column Step, by which they go on from each other; {remedy}")
    if clock is None:
        return whole, ()
    at = whole.names.index(clock)
    n_between, n_repeated = 0, 0
    parts: list[NumberTable] = []
    for run in runs:
        if run.names != whole.names:
            raise ValueError(f"{path}, line {run.lines[0]}: this run has other columns than the one before it; {remedy}")
        regular = _regular_rows(run, at)
        n_between += len(run.lines) - len(regular.lines)
        first = regular.values[0, at]
        n_repeated += sum(int((part.values[:, at] >= first).sum()) for part in parts)
        parts = [part.rows(part.values[:, at] < first) for part in parts] + [regular]
    if n_between:
        remarks.append(f"{n_between} row(s) at the beginning or end of a run, between its regular steps, left out")
    if n_repeated:
        remarks.append(f"{n_repeated} row(s) left out from the step on at which a later run goes on")
    values, lines = np.concatenate([part.values for part in parts]), np.concatenate([part.lines for part in parts])
    return NumberTable(whole.names, values, lines), tuple(remarks)


def _regular_rows(run: NumberTable, at: int) -> NumberTable:
    """A run without a first and a last row between multiples of its spacing, at which LAMMPS writes all others."""
    steps = run.values[:, at]
    if len(steps) <= 2:
        return run
    between = np.diff(steps)
    first = 0 < between[0] < between[1] and _is_multiple(steps[1], between[1]) and not _is_multiple(steps[0], between[1])
    last = 0 < between[-1] < between[-2] and _is_multiple(steps[-2], between[-2]) and not _is_multiple(steps[-1], between[-2])
    return run.rows(slice(int(first), len(steps) - int(last)))


def _is_multiple(step: float, spacing: float) -> bool:
    return abs(step / spacing - round(step / spacing)) < STATED_TOLERANCE


def validate_spacing(series: SeriesTable, what: str, moments: Array) -> None:
    """Raise ``ValueError`` where rows do not follow one another in equal steps; names the place."""
    between = np.diff(moments)
    odd = np.abs(between - between[:1]) > STATED_TOLERANCE * np.abs(moments).max()
    if not len(between) or not (odd.any() or (between <= 0).any()):
        return
    k = int(np.argmax(odd | (between <= 0)))
    before, after = (f"{series.counted_in} {place}" for place in series.table.lines[k : k + 2])
    raise ValueError(
        f"{series.path}, {after}: {what} goes from {moments[k]:g} ({before}) to {moments[k + 1]:g}, by {between[0]:g} at the "
        "start; rows are missing, stand twice, or the pace changes: take one run by run=, or cut the file there"
    )
