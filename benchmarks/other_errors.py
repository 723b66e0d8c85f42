"""Statistics under other errors of one source at no new solves: the polynomial read again beside draws that are weighted anew.

Both begin from the same number of solves under the former errors, and are held against a million draws under the new ones:

* polynomial: that of adaptive chaos, by `reweight`;
* weights: plain draws counted by the ratio of the two densities (self-normalised importance sampling), given up where they are
  worth fewer than fifty plain ones.

Functions of two sources of correlated normal errors: one smooth, one with a kink where two limits cross, one that collapses in
one draw in two hundred. Six coefficients, and the smooth one also with twenty.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable

import numpy as np
from scipy.stats import multivariate_normal

import a2c_pybamm as a2c

Array = np.ndarray
SOURCE = "known better or worse"
N_TRUTH = 2**20
LEAST_EFFECTIVE = 50
"""Plain draws that weighted ones must be worth: a standard deviation is then known to 10 %."""


def smooth(x: Array) -> Array:
    return np.exp(0.2 * x.sum(axis=1) / np.sqrt(x.shape[1])) + 0.1 * x[:, 0] * x[:, -1]


def kinked(x: Array) -> Array:
    """The smaller of two limits, each moved by another source."""
    half = x.shape[1] // 2
    return 2 + 0.1 * np.minimum(x[:, :half].sum(axis=1), x[:, half:].sum(axis=1))


def collapsing(x: Array) -> Array:
    along = (x[:, 0] + x[:, 1] + x[:, -1]) / np.sqrt(3)
    return 1 + 0.1 * along - 1.0 * (along > 2.6)


CASES: dict[str, tuple[Callable[[Array], Array], int]] = {
    "smooth, 6 coefficients": (smooth, 6),
    "smooth, 20 coefficients": (smooth, 20),
    "kinked, 6 coefficients": (kinked, 6),
    "collapsing, 6 coefficients": (collapsing, 6),
}


def joint_of(n: int) -> a2c.Joint:
    """Two sources of n/2 coefficients each, correlations of 0.3 inside a source."""
    names = [f"x{k}" for k in range(n)]
    covariance = 0.3 * np.ones((n // 2, n // 2)) + 0.7 * np.eye(n // 2)
    halves = zip((SOURCE, "other"), (names[: n // 2], names[n // 2 :]), strict=True)
    return a2c.Joint([a2c.Estimate.from_covariance(part, np.zeros(n // 2), covariance, source=s) for s, part in halves])


def truth(function: Callable[[Array], Array], after: a2c.Joint) -> tuple[float, float]:
    """Standard deviation, and the closed share of the source by pairs of draws that have it in common."""
    rng = np.random.default_rng(99)
    own = np.array([source == SOURCE for source in after.germ_sources])
    germ, other = after.draw_germ(N_TRUTH, rng), after.draw_germ(N_TRUTH, rng)
    first = function(after.color(germ))
    if not own.any():
        return float(first.std()), 0.0
    second = function(after.color(np.where(own, germ, other)))
    return float(first.std()), float(np.mean((first - first.mean()) * (second - first.mean())) / first.var())


def weighted_std(values: Array, samples: Array, before: a2c.Joint, after: a2c.Joint) -> float:
    """Standard deviation of weighted draws; NaN where they are worth too little."""
    if np.linalg.matrix_rank(after.covariance) < len(after.names):
        return np.nan
    densities = [multivariate_normal(joint.mean, joint.covariance).logpdf(samples) for joint in (after, before)]
    weight = np.exp(densities[0] - densities[1] - (densities[0] - densities[1]).max())
    weight /= weight.sum()
    square = (weight**2).sum()
    mean = weight @ values
    return float(np.sqrt(weight @ (values - mean) ** 2 / (1 - square))) if 1 / square >= LEAST_EFFECTIVE else np.nan


def measure(name: str, factor: float, n_solve: int, n_seed: int) -> str:
    function, n = CASES[name]
    before = joint_of(n)
    after = a2c.scale_source(before, SOURCE, factor)
    std, share = truth(function, after)
    model = a2c.from_function(function, before.names)
    rows = []
    for seed in range(n_seed):
        methods = a2c.AdaptiveChaos(1e-9, n_solve), a2c.MonteCarlo(n_solve)
        result = a2c.propagate(model, before, *methods, rng=np.random.default_rng(seed), max_failed=0.0)
        read = a2c.reweight(result, after, rng=np.random.default_rng(seed)).isel(approach=0)
        shares = read["output"]["share"].to_series()
        drawn = weighted_std(result["draws"]["output"].values, result["draws"]["coefficients"].values, before, after)
        warned = str(read["output"]["status"].values) == a2c.Status.FAILS
        rows.append([float(read["output"]["std"]) / std - 1, shares.get(SOURCE, 0.0) - share, drawn / std - 1, warned])
    std_off, share_off, drawn_off, warned = np.array(rows, float).T
    lost = int(np.isnan(drawn_off).sum())
    weights = f"{100 * np.nanmedian(np.abs(drawn_off)):6.2f} %" if lost < n_seed else "      —"
    return (
        f"{name:28s} {factor:4.1f}  polynomial: std {100 * np.median(np.abs(std_off)):6.2f} %, share"
        f" {100 * np.median(np.abs(share_off)):6.2f} %, says that it fails {int(warned.sum()):2d} of {n_seed}"
        f" | weights: std {weights}, worth too little {lost:2d} of {n_seed}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--solves", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=10)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    print("error of the standard deviation (relative) and of the source's share (absolute), medians over seeds")
    for name in CASES:
        for factor in (0.0, 0.5, 1.3, 2.0):
            print(measure(name, factor, options.solves, options.seeds), flush=True)


if __name__ == "__main__":
    main()
