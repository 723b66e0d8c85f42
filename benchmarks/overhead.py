"""What propagation costs beside solving: ten germs, 200 outputs, a model that takes no time; and as a share of SPMe solves.

CPU time of this process, the smallest of several runs; the model itself is a product of matrices.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import time

import numpy as np

import a2c_pybamm as a2c

N_GERM, N_SCALAR, N_CURVE = 10, 4, 196


def make_model() -> a2c.propagation.Model:
    """Four scalars and a curve of 196 points, bent and smooth."""
    rng = np.random.default_rng(0)
    slopes, bends = rng.normal(size=(N_GERM, N_SCALAR + N_CURVE)), rng.normal(size=(N_GERM, N_SCALAR + N_CURVE))
    # neighbours on a curve are alike
    kernel = np.exp(-(((np.arange(N_CURVE)[:, None] - np.arange(N_CURVE)) / 30) ** 2))
    for weights in (slopes, bends):
        weights[:, N_SCALAR:] = weights[:, N_SCALAR:] @ kernel / kernel.sum(axis=0)

    def function(x: np.ndarray) -> dict[str, np.ndarray]:
        values = np.exp(0.1 * x @ slopes) + 0.02 * x**2 @ bends
        return {**{f"s{k}": values[:, k] for k in range(N_SCALAR)}, "curve": values[:, N_SCALAR:]}

    outputs = {**{f"s{k}": "1" for k in range(N_SCALAR)}, "curve": "V"}
    return a2c.from_function(function, [f"x{k}" for k in range(N_GERM)], outputs=outputs)


def seconds(model, joint, method, runs: int) -> tuple[float, int]:
    """CPU seconds beside the model's own, and the number of solves."""
    best, n = np.inf, 0
    for seed in range(runs):
        started = time.process_time()
        result = a2c.propagate(model, joint, method, rng=np.random.default_rng(seed))
        best, n = min(best, time.process_time() - started), int(result["n_solves"][0])
    return best, n


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--solve", type=float, default=0.005, help="seconds of one solve to compare with (default 5 ms: SPMe)")
    options = parser.parse_args()
    model = make_model()
    names = model.names
    joint = a2c.Joint([a2c.Estimate.from_covariance(names, np.zeros(N_GERM), 0.5 + 0.5 * np.eye(N_GERM), source="all")])
    methods = {
        "first order": a2c.FirstOrder(),
        "chaos of order 2": a2c.PolynomialChaos(order=2),
        "adaptive chaos, 100 solves": a2c.AdaptiveChaos(1e-9, 100),
        "adaptive chaos, 400 solves": a2c.AdaptiveChaos(1e-9, 400),
        "sampling, 1000 solves": a2c.MonteCarlo(1000),
    }
    print(f"{N_GERM} germs, {N_SCALAR + N_CURVE} outputs; share of the time with solves of {1e3 * options.solve:g} ms each")
    for name, method in methods.items():
        beside, n = seconds(model, joint, method, options.runs)
        print(f"{name:28s}{n:6d} solves{beside:8.3f} s   {beside / (beside + n * options.solve):7.1%}")


if __name__ == "__main__":
    main()
