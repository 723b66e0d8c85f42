"""Time that keeping solves takes beside solving: 1000 samples with the outputs of a discharge, written and read again.

The samples are solved once before; what is timed is a model that has their outputs at hand, in chunks of a hundred, with the
memo and without it, in turns.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import xarray as xr

import a2c_pybamm as a2c
from a2c_pybamm.cell import remembered
from a2c_pybamm.cell.solve_identity import solve_identity

CHUNK = 100


class Solved:
    """A cell whose samples have been solved already."""

    def __init__(self, cell: a2c.Cell, samples: np.ndarray) -> None:
        self.names, self.solve_identity, self.outputs = cell.names, solve_identity(cell), cell.solve(samples)

    def chunks(self, samples: np.ndarray, *, batch: int) -> Iterator[tuple[range, xr.Dataset]]:
        for start in range(0, len(samples), CHUNK):
            rows = range(start, min(start + CHUNK, len(samples)))
            yield rows, self.outputs.isel(sample=slice(rows.start, rows.stop))

    def solve(self, samples: np.ndarray) -> xr.Dataset:
        parts = [data for _, data in self.chunks(samples, batch=len(samples))]
        return xr.concat(parts, "sample", data_vars="all", coords="minimal", compat="override", join="exact")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=1000, help="samples (default 1000)")
    parser.add_argument("--runs", type=int, default=5, help="runs of each (default 5)")
    options = parser.parse_args()
    parameters = a2c.load("LCO_graphite_universal_potentials")
    cell = a2c.Cell(parameters, model="SPM")
    samples = parameters.joint.draw(options.samples, np.random.default_rng(0))[:, parameters.joint.rows(cell.names)]
    started = time.process_time()
    model = Solved(cell, samples)
    solving = time.process_time() - started
    plain, writing, reading = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "solves.sqlite"

        def timed(times: list[float], solve: object) -> xr.Dataset:
            before = time.process_time()
            data = solve(samples)  # type: ignore[operator]
            times.append(time.process_time() - before)
            return data

        for _ in range(options.runs):  # in turns, so that a slow minute of the machine hits all
            expected = timed(plain, model.solve)
            with remembered(model, path, fresh=True) as kept:
                written = timed(writing, kept.solve)
            size = path.stat().st_size
            with remembered(model, path) as kept:
                found = timed(reading, kept.solve)
    print(f"SPM, {options.samples} samples of {len(cell.names)} coefficients: solved in {solving:.2f} s of CPU time")
    print(f"chunks put together     {min(plain):8.3f} s")
    print(f"the same, and written   {min(writing):8.3f} s   {(min(writing) - min(plain)) / solving:.2%} of solving")
    print(f"read                    {min(reading):8.3f} s   {min(reading) / solving:.2%} of solving")
    print(f"size of the file        {size / 2**20:8.1f} MiB")
    print(f"outputs bit for bit equal: {written.identical(expected) and found.identical(expected)}")


if __name__ == "__main__":
    main()
