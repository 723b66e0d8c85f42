"""Shares of runs in which 68 and 95 % intervals of a tracer diffusivity hold the truth, the window chosen by the criterion.

Prints each system's row of the table in ``docs/diffusion.md`` as it comes. ``--only`` takes the systems whose names have a text
in them, ``--truth`` computes the correlation factors of the lattice gases anew.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from a2c_pybamm.estimators import NotDiffusive, fit_tracer_diffusivity, mean_squared_displacement
from tests.estimators.diffusion.known_walks import ALL, GASES, gas_correlation


def row(system: str, n: int | None) -> str:
    """Fitted runs, coverage, true and stated error of a system."""
    make, truth, usual, _ = ALL[system]
    errors, stds, n = [], [], n or usual
    for seed in range(n):
        try:
            estimate = fit_tracer_diffusivity(mean_squared_displacement(make(seed), "Li"), name="ln D", source="run")
        except NotDiffusive:
            continue
        errors.append(estimate.mean[0] - np.log(truth))
        stds.append(estimate.std[0])
    z = np.abs(np.array(errors) / stds)
    inside = [float((z < half).mean()) for half in (1.0, 1.96)]
    levels = np.array([0.6827, 0.95])
    wide = np.abs(inside - levels) / np.sqrt(levels * (1 - levels) / len(z))
    return (
        f"| {system} | {len(z)} of {n} | {inside[0]:.1%} | {inside[1]:.1%} | {np.sqrt(np.mean(np.square(errors))):.3f} | "
        f"{np.median(stds):.3f} |{'' if wide.max() < 3 else '  beyond three binomial deviations'}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="text in the names of the systems")
    parser.add_argument("--runs", type=int, help="runs of each system, in place of its own number")
    parser.add_argument("--truth", action="store_true", help="correlation factors of the lattice gases")
    options = parser.parse_args()
    if options.truth:
        for name, gas in GASES.items():
            print(f"{name}: f = {gas.correlation}, anew", "{:.4f} ± {:.4f}".format(*gas_correlation(gas)), flush=True)
        return
    print("| system | fitted | 68 % interval holds the truth | 95 % interval | true error of ln D (rms) | stated (median) |")
    print("|---|---|---|---|---|---|")
    for system in ALL:
        if options.only in system:
            print(row(system, options.runs), flush=True)


if __name__ == "__main__":
    main()
