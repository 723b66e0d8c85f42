"""How often the 95 % intervals of adaptive chaos hold the truth, and whether an answer is far off without a warning.

Over the reference cases and replicated designs. Answers are kept in ``results/`` as they come; an interrupted run goes on.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"

import argparse

import numpy as np
from adaptive_answers import answers
from reference_cases import CASES, REFERENCES
from scipy.stats import binom, norm

from a2c_pybamm.propagation.adaptive.roughness import ROUGHNESS
from a2c_pybamm.propagation.intervals import VARIANCE_TAIL

QUANTILE = norm.ppf(0.975)
"""The stated errors are matched to Student's distribution already."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--designs", type=int, default=12)
    parser.add_argument("--budgets", type=int, nargs="+", default=[35, 60, 100])
    parser.add_argument("--models", nargs="+", default=["SPM", "SPMe", "DFN"])
    parser.add_argument("--sigmas", type=float, nargs="+", default=[0.2, 0.4])
    options = parser.parse_args()
    print(
        "case budget | outputs x designs | mean covered, std covered, with unseen mode, as reported | "
        "median |error| of std | z > 3 unwarned"
    )
    counts = {"mean": [0, 0], "std": [0, 0], "unseen": [0, 0], "reported": [0, 0]}
    for case in CASES:
        if (
            case.model not in options.models
            or case.sigma not in options.sigmas
            or not (REFERENCES / f"{case.name}.npz").exists()
        ):
            continue
        for budget in options.budgets:
            if budget < 60 and case.n_input > 10:
                continue
            found = answers(case, budget, options.designs)
            wrong = np.log(found["on_draws"] / found["true_std"])
            z = np.abs(wrong) / found["error"]
            mean_z = np.abs(found["mean_on_draws"] - found["true_mean"]) / found["mean_se"]
            high = np.fmax(found["std_unseen_high"], found["std_high"])
            inside = {
                "mean": mean_z <= QUANTILE,
                "std": z <= QUANTILE,
                "unseen": (wrong <= QUANTILE * found["error"]) & (-wrong <= np.log(high / found["std"])),
            }
            doubts = (
                (found["q2"] < ROUGHNESS.smooth_q2)
                + (found["test_point_error"] > ROUGHNESS.kink_error)
                + (found["hidden_variance"] > ROUGHNESS.hidden_variance)
            )
            alarm = found["warned"] + doubts + (found["tail_share"] > VARIANCE_TAIL.dominant_share)
            # where the decision does not trust the answer it gives the end with the unseen mode
            inside["reported"] = np.where(np.broadcast_to(alarm > 0, z.shape), inside["unseen"], inside["std"])
            for name, hits in inside.items():
                counts[name][0] += int(hits.sum())
                counts[name][1] += hits.size
            bad = (z > 3) & (alarm == 0)
            covered = ", ".join(f"{hits.mean():.3f}" for hits in inside.values())
            off = 100 * np.median(np.abs(wrong), axis=0)
            about = f"{np.median(off):5.2f} % (worst output {off.max():5.2f} %), {int(found['n_solves'].max())} solves"
            print(f"{case.name:30s} {budget:4d} | {z.shape[1]} x {len(z)} | {covered} | {about} | {int(bad.sum())}", flush=True)
    for name, (hits, n) in counts.items():
        if n:
            print(f"{name}: {hits}/{n} = {hits / n:.4f}; 1 % quantile of Binomial(n, 0.95): {binom.ppf(0.01, n, 0.95) / n:.4f}")


if __name__ == "__main__":
    main()
