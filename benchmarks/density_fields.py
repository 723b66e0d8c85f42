"""Time, memory and error of density fields, beside direct sums over images and counts in voxels that are then smoothed.

An ideal gas in a cubic cell, made as it is read, so that all of it is never in memory. CPU time of this process. The direct sum
is timed for some particles of one frame, at all points and at those in reach, per particle and frame as the field's time.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import resource
import time
from collections.abc import Callable, Iterator

import numpy as np
from scipy.ndimage import gaussian_filter

import a2c_pybamm as a2c
from a2c_pybamm.data import Array, FrameBlock, frames_at_once

EDGE = 5e-9
"""Edge of the cell [m]."""
MOST_SECONDS, MOST_MEGABYTES = 60.0, 1000.0
"""Gates of 1,000 frames of 5,000 particles on 64 x 64 x 64 points."""


def ideal_gas(n_frame: int, n_particle: int) -> a2c.Configurations:
    """Frames that are drawn when they are read."""

    def blocks() -> Iterator[FrameBlock]:
        rng, step = np.random.default_rng(1), frames_at_once(n_particle)
        for first in range(0, n_frame, step):
            n = min(step, n_frame - first)
            yield FrameBlock(EDGE * rng.random((n, n_particle, 3)), np.broadcast_to(EDGE * np.eye(3), (n, 3, 3)))

    return a2c.Configurations(("Li",) * n_particle, np.full(n_particle, 1e-26), blocks, n_frame, 1e-12, 300.0)


def timed(action: Callable[[], object]) -> tuple[float, object]:
    """CPU time [s], and what the action returns."""
    started = time.process_time()
    result = action()
    return time.process_time() - started, result


def direct_sum(kernel: a2c.Kernel, positions: Array, n: int, *, in_reach: bool) -> Array:
    """The field of one frame on n x n x n points by a loop over particles, at all points or at those in reach."""
    field, line, h = np.zeros((n, n, n)), np.arange(n), EDGE / n
    reach = int(kernel.support / h) + 1
    for position in positions:
        if in_reach:
            axes = [np.arange(int(x / h) - reach, int(x / h) + reach + 2) for x in position]
            images = [0]
        else:
            axes, images = [line] * 3, [-1, 0, 1]
        for a in images:
            for b in images:
                for c in images:
                    x, y, z = (h * line + EDGE * m - x for line, m, x in zip(axes, (a, b, c), position, strict=True))
                    mesh = np.stack(np.meshgrid(x, y, z, indexing="ij"), axis=-1)
                    np.add.at(field, np.ix_(*(line % n for line in axes)), kernel.value(mesh))
    return field


def main() -> None:
    """Print all cases."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--frames", type=int, default=1000)
    options.add_argument("--particles", type=int, default=5000)
    options.add_argument("--points", type=int, default=64)
    chosen = options.parse_args()
    n, h = chosen.points, EDGE / chosen.points
    data = ideal_gas(chosen.frames, chosen.particles)
    reading, _ = timed(lambda: sum(len(block.positions) for block in data.blocks()))
    print(f"{chosen.frames} frames x {chosen.particles} particles on {n}^3 points; frames are made in {reading:.1f} s")
    kernels = {
        "Gaussian of 2 points": a2c.Gaussian(2 * h),
        "Gaussian of 1 point": a2c.Gaussian(h),
        "cube of 3 points": a2c.CubicTopHat(3 * h),
        "B-spline, knots 2 points apart": a2c.CubicBSpline(2 * h),
        "sphere of radius 3 points": a2c.SphericalTopHat(3 * h),
    }
    times = {}
    for name, kernel in kernels.items():
        times[name], field = timed(lambda kernel=kernel: a2c.density_field(data, kernel, grid=(n, n, n)))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
        off = float(field.integral) / chosen.particles - 1  # type: ignore[attr-defined]
        met = times[name] < MOST_SECONDS and memory < MOST_MEGABYTES
        print(
            f"  {name:32s}{times[name]:7.1f} s {memory:6.0f} MB at most so far, integral off by {off:.0e}   "
            f"{'met' if met else 'NOT MET'}",
            flush=True,
        )
    kernel = kernels["Gaussian of 2 points"]
    (first, *_) = data.blocks()
    some = first.positions[0, : min(chosen.particles, 20)]
    of_field = times["Gaussian of 2 points"] / (chosen.frames * chosen.particles)
    one = a2c.Configurations.of_arrays(
        some[None], EDGE * np.eye(3), species=("Li",) * len(some), masses=np.ones(len(some)), interval=1e-12, temperature=300.0
    )
    exact = direct_sum(kernel, some, n, in_reach=True)
    field = a2c.density_field(one, kernel, grid=(n, n, n), n_block=1).mean
    print(f"difference from the direct sum over images: {np.abs(field - exact).max() / exact.max():.1e} of the largest value")
    for in_reach, words in ((True, "in reach"), (False, "all points, 27 images")):
        seconds, _ = timed(lambda in_reach=in_reach: direct_sum(kernel, some, n, in_reach=in_reach))
        ratio = seconds / len(some) / of_field
        print(f"direct sum over images, {words:22s}: {ratio:9.0f} times the field's time")
    counts, _ = np.histogramdd(some % EDGE, bins=[n] * 3, range=[(0, EDGE)] * 3)
    counted = gaussian_filter(counts, 2.0, mode="wrap", truncate=8.5) / h**3
    centres = direct_sum(kernel, some - h / 2, n, in_reach=True)  # voxels of the counts begin at the points
    off = np.abs(counted - centres).max() / centres.max()
    print(f"counts in voxels, then scipy.ndimage.gaussian_filter: off by {off:.2f} of the largest value")


if __name__ == "__main__":
    main()
