"""Currents over time, as drive cycles are written down."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.readers.csv_table import read_column, read_rows
from a2c_pybamm.readers.source_file import existing, file_errors

CYCLE_COLUMNS = ("time_s", "current_A")
LONGEST_CYCLE = 3.2e9
"""End of a drive cycle [s]: a hundred years; later, the unit is wrong."""
SHORTEST_STEP = 1e-9
"""Time from one row to the next [s]; of shorter ones the unit is wrong."""
LARGEST_CURRENT = 1e9
"""Bound of currents [A]: the world's power stations at 3 kV; beyond, the unit is wrong."""


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
        f"times end before {LONGEST_CYCLE:g} s": time > LONGEST_CYCLE,
        f"times are {SHORTEST_STEP:g} s apart or more": np.diff(time, prepend=-1.0) < SHORTEST_STEP,
        f"currents are below {LARGEST_CURRENT:g} A": np.abs(current) > LARGEST_CURRENT,
    }.items():
        if wrong.any():
            raise ValueError(f"{path}, line {rows[int(np.argmax(wrong))][0]}: {what}; correct the unit, or the number")
    return time, current
