"""Cost of one sample: the cell's batches, PyBaMM's bare list solve, a loop that builds each simulation, and two processes.

All solve the same samples of Chen2020 with ten inputs (``reference_cases``) at the same tolerances. CPU time of this process,
which a busy machine moves less than the clock, except for two processes, where clock is compared with clock. Cases take turns;
the smallest of several runs counts.

``a bare list`` is ``Simulation.solve(inputs=[…])`` with the voltage as only output, on the cell's own times, voltages read out
and nothing else: no initial states (the cell's are used), no capacity, energy or curves. ``a loop`` is what a script does
today: parameter values of one sample, a new ``Simulation``, ``solve(initial_soc=1)``, read the voltage.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import time
from collections.abc import Callable, Sequence

import numpy as np
import pybamm
from reference_cases import CASES, Case, draws, root

import a2c_pybamm as a2c
from a2c_pybamm.cell import ParallelCell
from a2c_pybamm.cell.solving import TOLERANCE
from a2c_pybamm.parameter_set import silent_pybamm

CHUNK = 100


def bare_list(cell: a2c.Cell, samples: np.ndarray, *, compile: bool) -> Callable[[], None]:
    """PyBaMM's list solve, set up beforehand."""
    state, _ = cell.feasibility(samples)
    inputs = cell.inputs.of_model(samples, state.values)
    options = {"silence_sundials_errors": True, "num_threads": 1, "compile": compile}
    solver = pybamm.IDAKLUSolver(**TOLERANCE, output_variables=["Voltage [V]"], on_failure="ignore", options=options)
    model = getattr(pybamm.lithium_ion, cell.model)()
    simulation = pybamm.Simulation(model, parameter_values=cell._setup.values.copy(), solver=solver)
    times = cell.axes.time

    def solve() -> None:
        for start in range(0, len(inputs), CHUNK):
            solutions = simulation.solve(times[[0, -1]], inputs=inputs[start : start + CHUNK], t_interp=times)
            for solution in solutions:
                assert solution["Voltage [V]"].data[-1] < 4.2

    return solve


def loop(cell: a2c.Cell, samples: np.ndarray) -> Callable[[], None]:
    """A new simulation for each sample, from 100 % state of charge."""
    names, times = cell.parameter_set.joint.names, cell.axes.time
    whole = cell.inputs.all_coefficients(samples)

    def solve() -> None:
        for sample in whole:
            values = cell.parameter_set._build(dict(zip(names, map(float, sample), strict=True)))
            values.update({"Current function [A]": cell.current})
            model = getattr(pybamm.lithium_ion, cell.model)()
            solver = pybamm.IDAKLUSolver(**TOLERANCE)
            solution = pybamm.Simulation(model, parameter_values=values, solver=solver).solve(times[[0, -1]], initial_soc=1)
            assert solution["Voltage [V]"].data[-1] < 4.2

    return solve


def seconds(action: Callable[[], object], clock: Callable[[], float]) -> float:
    started = clock()
    action()
    return clock() - started


def best(actions: Sequence[Callable[[], object]], clock: Callable[[], float], runs: int) -> list[float]:
    """Smallest time of each action, after one run that warms up; they take turns."""
    for action in actions:
        action()
    times = [[seconds(action, clock) for action in actions] for _ in range(runs)]
    return [min(column) for column in zip(*times, strict=True)]


def measure(case: Case, n: int, n_loop: int, runs: int, *, compile: bool) -> None:
    cell = a2c.Cell(case.parameter_set(), model=case.model, compile=compile)
    samples = draws(root(case), n, 1)[:, case.parameter_set().joint.rows(cell.names)]
    with silent_pybamm():
        list_time, cell_time = best(
            [bare_list(cell, samples, compile=compile), lambda: cell.solve(samples)], time.process_time, runs
        )
        loop_time = min(best([loop(cell, samples[:n_loop])], time.process_time, max(1, runs - 1)))
    per = 1e3 * np.array([list_time / n, cell_time / n, loop_time / n_loop])
    name = f"{case.model:5s}{'compiled' if compile else '':10s}"
    more, faster = per[1] / per[0] - 1, per[2] / per[1]
    print(f"{name}{per[0]:10.2f}{per[1]:10.2f}{more:9.1%}{per[2]:10.1f}{faster:9.0f}×", end="", flush=True)
    with ParallelCell(cell, workers=2) as parallel:
        parallel._running = parallel._start()  # measured is the pool, not the decision whether to start one
        parallel._seconds = cell_time / n
        one, two = best([lambda: cell.solve(samples), lambda: parallel.solve(samples)], time.perf_counter, runs)
    print(f"{one / two:9.2f}×", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=400, help="samples of a batch (default 400; DFN a quarter of them)")
    parser.add_argument("--loop", type=int, default=6, help="samples that the loop solves (default 6)")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--model", choices=["SPM", "SPMe", "DFN"], action="append", help="only these models")
    parser.add_argument("--compile", action="store_true", help="also with the solver's functions compiled")
    options = parser.parse_args()
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    print(f"{os.cpu_count()} cores, load {load}; CPU milliseconds for each sample, and ratios")
    print(f"{'':15s}{'bare list':>10s}{'the cell':>10s}{'more':>9s}{'a loop':>10s}{'faster':>10s}{'2 processes':>12s}")
    for model in options.model or ("SPM", "SPMe", "DFN"):
        case = next(case for case in CASES if case.model == model and case.n_input == 10 and case.sigma == 0.2)
        n = options.samples if model != "DFN" else options.samples // 4
        for compile in (False, True) if options.compile else (False,):
            measure(case, n, options.loop, options.runs, compile=compile)


if __name__ == "__main__":
    main()
