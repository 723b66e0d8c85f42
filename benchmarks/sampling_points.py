"""Scrambled Sobol' points against independent draws: errors of mean and standard deviation, and what their intervals cover.

``python benchmarks/sampling_points.py [--runs 150]``: for each function, of so many normal inputs, the root mean square error
of the mean and of ln std with independent draws over that with eight scramblings, at equal numbers of samples, and the share of
95 % intervals of either that hold the true value. True values are in closed form, or of 2^22 Sobol' points.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from scipy.stats import norm, qmc

import a2c_pybamm as a2c

FUNCTIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "linear": lambda s: s @ (1 / np.arange(1, s.shape[1] + 1)),
    "curved": lambda s: np.exp(0.4 * s[:, 0] + 0.2 * s[:, 1] + 0.1 * s[:, 2:].sum(axis=1) / np.sqrt(s.shape[1] - 2)),
    "kink": lambda s: np.maximum(s[:, 0] + 0.5 * s[:, 1] - 1, 0) + 0.05 * s[:, 2],
    "cliff of 2 %": lambda s: s[:, 0] + 0.5 * s[:, 1] - 3 * (s[:, 2] > norm.ppf(0.98)),
    "interactions": lambda s: s[:, 0] * s[:, 1] + s[:, 2] * s[:, 3] + s[:, 4],
    "two humps": lambda s: np.exp(-2 * (s[:, 0] - 1.2) ** 2) + np.exp(-2 * (s[:, 0] + 1.2) ** 2) + 0.2 * s[:, 1],
}


def truth(function: Callable[[np.ndarray], np.ndarray], dimension: int) -> tuple[float, float]:
    """Mean and ln std of a function of normal inputs."""
    points = qmc.Sobol(dimension, rng=np.random.default_rng(0))
    sums, n = np.zeros(3), 0
    for _ in range(64):
        value = function(norm.ppf(np.clip(points.random(2**16), 1e-12, 1 - 1e-12)))
        sums += [value.sum(), (value**2).sum(), 0.0]
        n += len(value)
    mean = sums[0] / n
    return float(mean), float(np.log(sums[1] / n - mean**2) / 2)


def run(name: str, dimension: int, n: int, runs: int) -> str:
    """A line of the table."""
    function = FUNCTIONS[name]
    names = tuple(f"c{k}" for k in range(dimension))
    joint = a2c.Joint([a2c.Estimate.from_covariance((c,), [0.0], [[1.0]], source=c) for c in names])
    model, exact = a2c.from_function(function, names), truth(function, dimension)
    errors: dict[str, np.ndarray] = {}
    inside: dict[str, np.ndarray] = {}
    for points in ("random", "sobol"):
        found = []
        for seed in range(runs):
            method = a2c.MonteCarlo(n, points=points)
            node = a2c.propagate(model, joint, method, rng=np.random.default_rng(seed))["output"]
            numbers = [float(node[key][0]) for key in ("mean", "mean_low", "mean_high", "std", "std_low", "std_high")]
            found.append(numbers)
        mean, low, high, std, std_low, std_high = np.array(found).T
        errors[points] = np.sqrt([np.mean((mean - exact[0]) ** 2), np.mean((np.log(std) - exact[1]) ** 2)])
        held = (low < exact[0]) & (exact[0] < high), (std_low < np.exp(exact[1])) & (np.exp(exact[1]) < std_high)
        inside[points] = np.array([np.mean(h) for h in held])
    gain = errors["random"] / errors["sobol"]
    covered = "  ".join(f"{inside[p][0]:.2f} {inside[p][1]:.2f}" for p in ("random", "sobol"))
    return f"{name:14s} {dimension:3d} {n:5d}   {gain[0]:6.1f} {gain[1]:6.2f}   {errors['sobol'][1]:8.4f}   {covered}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=150)
    runs = parser.parse_args().runs
    print("error of independent draws over that of Sobol' points; 95 % intervals that hold (independent, Sobol')")
    print("function        d     n     mean    std   error of std   mean std   mean std")
    for dimension in (10, 30):
        for n in (128, 1024):
            for name in FUNCTIONS:
                print(run(name, dimension, n, runs), flush=True)


if __name__ == "__main__":
    main()
