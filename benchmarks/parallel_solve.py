"""Wall time of one batch of cell simulations: in one process, and shared out among several.

Both are timed in turns in the same run, and the ratio of the smallest times is printed. Starting the processes (import of
PyBaMM, the model built in each) is a figure of its own: it is paid once, and a long batch does not feel it.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # as in the processes that the cell starts: one core against several

import argparse
import time
from collections.abc import Callable

import numpy as np
import xarray as xr

import a2c_pybamm as a2c
from a2c_pybamm.cell import ChunkSchedule, ParallelCell


def timed(solve: Callable[..., xr.Dataset], samples: np.ndarray) -> tuple[float, xr.Dataset]:
    """Seconds that a batch takes, and its outputs."""
    started = time.perf_counter()
    data = solve(samples)
    return time.perf_counter() - started, data


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="SPMe", choices=["SPM", "SPMe", "DFN"])
    parser.add_argument("--samples", type=int, default=200, help="samples in the batch (default 200)")
    parser.add_argument("--workers", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each (default 3), after one that warms up")
    options = parser.parse_args()
    parameters = a2c.load("LCO_graphite_universal_potentials")
    cell = a2c.Cell(parameters, model=options.model)
    draws = parameters.joint.draw(options.samples, np.random.default_rng(0))[:, parameters.joint.rows(cell.names)]
    at_once = ChunkSchedule(start_seconds=0.0)  # measured here is the pool, not the decision whether to start one
    with ParallelCell(cell, workers=options.workers, schedule=at_once) as parallel:
        expected = cell.solve(draws)
        first, found = timed(parallel.solve, draws)
        serial, shared = [], []
        for _ in range(options.runs):  # in turns, so that a slow minute of the machine hits both
            serial.append(timed(cell.solve, draws)[0])
            seconds, found = timed(parallel.solve, draws)
            shared.append(seconds)
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    print(f"{options.model}, {options.samples} samples, {os.cpu_count()} cores, load {load}")
    print(f"one process             {min(serial):8.2f} s")
    print(f"{options.workers} processes             {min(shared):8.2f} s   ratio {min(serial) / min(shared):.2f}")
    print(f"the same, with start    {first:8.2f} s   ratio {min(serial) / first:.2f}")
    print(f"outputs bit for bit equal: {found.identical(expected)}")


if __name__ == "__main__":
    main()
