"""A capacity whose standard deviation is made by a few draws in a thousand: coverage and error over many designs.

SPM of ten inputs, σ 0.4 (kurtosis about 50): adaptive chaos with 400 solves at most, against the reference of 20,000 plain
draws, which itself knows the standard deviation to 2.5 %. Beside it plain sampling with as many solves, taken from the
reference's own draws. An interval covers where the reference's standard deviation lies between its lower end and its upper end,
with and without what a mode that nobody met could add (rule of three). Answers are kept in ``results/`` as they come.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"

import argparse

import numpy as np
from adaptive_answers import answers
from reference_cases import CASES, read_reference
from scipy.stats import binom


def errors(wrong: np.ndarray) -> str:
    """Relative errors in words."""
    return f"|error| median {np.median(np.abs(wrong)):.1%}, root mean square {np.sqrt(np.mean(wrong**2)):.1%}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--designs", type=int, default=200)
    parser.add_argument("--budget", type=int, default=400)
    parser.add_argument("--model", choices=["SPM", "SPMe", "DFN"], default="SPM")
    options = parser.parse_args()
    case = next(c for c in CASES if (c.model, c.sigma, c.n_input) == (options.model, 0.4, 10))
    capacity = read_reference(case)["capacity"]
    capacity = capacity[np.isfinite(capacity)]
    true, z = capacity.std(), (capacity - capacity.mean()) / capacity.std()
    own = np.sqrt((np.mean(z**4) - 1) / 4 / len(z))
    every = answers(case, options.budget, options.designs)
    found = {name: values[:, 0] if values.ndim > 1 else values for name, values in every.items()}
    wrong = found["std"] / true - 1
    inside = (found["std_low"] <= true) & (true <= found["std_high"])
    unseen = (found["std_low"] <= true) & (true <= np.fmax(found["std_high"], found["std_unseen_high"]))
    n = int(found["n_solves"].max())
    plain = np.array([np.random.default_rng(k).choice(capacity, n).std() for k in range(2000)]) / true - 1
    least = binom.ppf(0.01, len(wrong), 0.95) / len(wrong)
    print(
        f"{case.name}: std {true:.4f} A.h ± {own:.1%}, kurtosis {np.mean(z**4):.0f}; {len(wrong)} designs of {n} solves at most"
    )
    print(f"  adaptive chaos: {errors(wrong)}, mean {wrong.mean():+.1%}; stated, median: {np.median(found['error']):.1%}")
    print(f"  plain sampling: {errors(plain)}")
    print(f"  95 % interval covers {inside.mean():.3f}, with the unseen mode {unseen.mean():.3f}")
    print(f"  (1 % quantile of as many intervals of 95 %: {least:.3f})")
    alone = (np.abs(np.log(found["std"] / true)) > 3 * np.hypot(found["error"], own)) & (found["warned"] == 0)
    print(f"  off by more than three errors without a warning: {int(alone.sum())}")


if __name__ == "__main__":
    main()
