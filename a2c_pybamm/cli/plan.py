"""Plan of a propagation that is not started yet: solves by method, time, and draws that fail without a solve."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from a2c_pybamm.cli import steps
from a2c_pybamm.cli.printing import print_lines, print_table, progress_bar
from a2c_pybamm.formatting import significant

if TYPE_CHECKING:
    from a2c_pybamm.cell import Cell
    from a2c_pybamm.study import Study

TIME_UNITS = {"h": 3600.0, "min": 60.0, "s": 1.0, "ms": 0.001}
"""Units of times with their lengths [s], the longest first."""


def print_plan(settings: Study, file: Path, cell: Cell) -> None:
    """Print the solves that each method takes at most, the time that they take, and the draws that fail without a solve."""
    from a2c_pybamm.propagation import MethodKind, planned_solves

    joint, methods = cell.parameter_set.joint, steps.methods_of(settings)
    kept = kept_solves(file, cell)  # a memo that cannot be used is an error of the run too
    with progress_bar("timing a solve", None):
        seconds = solve_seconds(cell)
    solves = {method.label: planned_solves(cell, joint, method) for method in methods}
    for method in methods:
        if method.kind is MethodKind.TANGENT:  # the cell's own gradient comes on top
            solves[method.label] += cell.gradient_solves
    workers = settings.propagation.workers
    rows = [[name, f"{n}", time_text(n * seconds / workers)] for name, n in {**solves, "all": sum(solves.values())}.items()]
    print_lines(f"Plan for {steps.cell_text(settings, cell)}")
    print_table("Solves", ["by", "at most", "time"], rows)
    print_lines(
        f"{time_text(seconds)} a solve, timed at the mean coefficients; shared out among {workers} process"
        + ("es, if there are as many cores" if workers > 1 else "")
    )
    if kept:
        print_lines(f"{kept} solves of this cell are in {file.parent / steps.MEMO_FILE} and are not solved again")
    rejected = steps.rejected_draws(settings, cell)
    print_lines(steps.rejected_text(rejected))
    if sum(rejected.values()) > settings.propagation.max_failed:
        limit = f"max_failed = {settings.propagation.max_failed:.1%}"
        print_lines(f"That is more than {limit}: the decisions will begin with it; narrow the error bars")


def solve_seconds(cell: Cell) -> float:
    """Time [s] of one solve at the mean coefficients; ``SimulationFailed`` where there is no solution."""
    from a2c_pybamm.cell import SimulationFailed

    mean = cell.inputs.mean
    first = cell.solve(mean)  # sets the solver up: its time is not that of the others
    if bool(first["failed"][0]):
        raise SimulationFailed(f"set {cell.parameter_set.name}, mean coefficients: {first['reason'].values[0]}")
    started = time.perf_counter()
    cell.solve(mean.repeat(2, axis=0))
    return (time.perf_counter() - started) / 2


def kept_solves(file: Path, cell: Cell) -> int:
    """Solves of a cell in the memo beside a study; 0 where there is none."""
    from a2c_pybamm.cell import remembered

    path = file.parent / steps.MEMO_FILE
    if not path.exists():
        return 0
    with remembered(cell, path) as model:
        return model.n_kept


def time_text(seconds: float) -> str:
    """A time, two digits, in the longest unit of which there is one at least."""
    unit = next((name for name, size in TIME_UNITS.items() if seconds >= size), "ms")
    return f"{significant(seconds / TIME_UNITS[unit], 2)} {unit}"
