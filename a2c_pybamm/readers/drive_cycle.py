"""Currents over time, as drive cycles are written down."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.readers.csv_table import read_column, read_rows
from a2c_pybamm.readers.source_file import existing, file_errors

CYCLE_COLUMNS = ("time_s", "current_A")


@dataclass(frozen=True)
class CycleLimits:
    """Bounds of times and currents of protocols, beyond which a unit is wrong or a simulation has no end."""

    end: float = 3.2e9
    """Last time [s]: a hundred years."""
    step: float = 1e-9
    """Least time from one row to the next [s]."""
    current: float = 1e9
    """Largest current [A]: the world's power stations at 3 kV."""
    c_rate: float = 1000.0
    """Largest current over the nominal capacity per hour: 3.6 s for a charge or discharge."""
    least_c_rate: float = 1e-6
    """Least of it: a hundred years."""
    n_time: int = 1_000_000
    """Times of a cycle, or of an experiment's step by its period: 11 days at 1 Hz, 8 MB for each variable; the solver restarts
    at each kink, which takes minutes for so many."""


CYCLE_LIMITS = CycleLimits()
"""Bounds of the cycles that are read, and of the protocols that cells are driven by."""


@file_errors
def read_drive_cycle(path: str | Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times [s] and currents [A] (n_time,), from a CSV table with columns ``time_s`` and ``current_A``, a time a row.

    Currents are positive where the cell discharges.

    Raises
    ------
    ValueError
        Naming file and line: a column is missing, a number is not one or out of range, or times do not rise from zero.
    """
    path = existing(path)
    rows = read_rows(path, list(CYCLE_COLUMNS), f"name the columns {' and '.join(CYCLE_COLUMNS)}")
    time, current = (read_column(path, rows, column) for column in CYCLE_COLUMNS)
    if len(rows) < 2:
        raise ValueError(f"{path}: a drive cycle has two times at least; copy the file again if it is cut off")
    if time[0] != 0:
        raise ValueError(f"{path}, line {rows[0][0]}: time begins at {time[0]:g} s; begin at 0")
    falls = np.flatnonzero(np.diff(time) <= 0)
    if len(falls):
        line, k = rows[falls[0] + 1][0], falls[0]
        raise ValueError(
            f"{path}, line {line}: time {time[k + 1]:g} s does not rise above {time[k]:g} s; sort or thin the rows"
        )
    for what, wrong in {
        f"times end before {CYCLE_LIMITS.end:g} s": time > CYCLE_LIMITS.end,
        f"times are {CYCLE_LIMITS.step:g} s apart or more": np.diff(time, prepend=-1.0) < CYCLE_LIMITS.step,
        f"currents are below {CYCLE_LIMITS.current:g} A": np.abs(current) > CYCLE_LIMITS.current,
    }.items():
        if wrong.any():
            raise ValueError(f"{path}, line {rows[int(np.argmax(wrong))][0]}: {what}; correct the unit, or the number")
    return time, current
