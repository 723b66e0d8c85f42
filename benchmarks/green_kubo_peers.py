"""Zero-frequency values beside STACIE's on the same series, ratio of times and agreement; then times and memory of large ones.

Needs ``pip install .[bench]``. STACIE is given the Padé model of three coefficients, which suits relaxations.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import resource
import time

import numpy as np
from stacie import PadeModel, compute_spectrum, estimate_acint
from zero_frequency import SPECTRA, relaxation

from a2c_pybamm.estimators import NotResolved, zero_frequency

SIZES = ((6, 2048, 0.05), (300, 20_000, 0.5), (1, 10**7, 10.0))
"""Series, frames, and processor time [s] that they may take."""


def peers(n_run: int) -> None:
    """Both estimators on the same six series of 2048 frames."""
    print("| spectrum | time ratio | ln S(0) here | STACIE | truth | distance over joint error |\n" + "|" + "---|" * 6)
    rng = np.random.default_rng(1)
    for name in ("one time", "oscillation"):
        for _ in range(n_run):
            series = SPECTRA[name].make(6, 2048, rng)
            start = time.process_time()
            try:
                ours = zero_frequency(series, interval=1.0, name=name)
            except NotResolved as error:
                print(f"| {name} | {error} |")
                continue
            middle = time.process_time()
            spectrum = compute_spectrum(series, prefactors=1.0, timestep=1.0, include_zero_freq=False)
            theirs = estimate_acint(spectrum, PadeModel([0, 2], [2]))
            end = time.process_time()
            value, std = np.log(2 * theirs.acint), theirs.acint_std / theirs.acint
            truth, joint = np.log(SPECTRA[name].value(2048)), np.hypot(ours.total_std, std)
            print(
                f"| {name} | {(end - middle) / (middle - start):.0f} | {ours.value:.3f} ± {ours.total_std:.3f} "
                f"| {value:.3f} ± {std:.3f} | {truth:.3f} | {abs(ours.value - value) / joint:.2f} |",
                flush=True,
            )


def sizes() -> None:
    """Processor time and peak memory of large series."""
    for n_series, n_frame, limit in SIZES:
        series = relaxation(10, 1, n_series, n_frame, np.random.default_rng(2))
        taken = []
        for _ in range(3):
            start = time.process_time()
            zero_frequency(series, interval=1.0, name="size")
            taken.append(time.process_time() - start)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"{n_series} x {n_frame}: {min(taken):.3f} s of {limit} s, peak memory {peak:.2f} GiB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    peers(options.runs)
    sizes()


if __name__ == "__main__":
    main()
