"""How often the error bars of correlation lengths, of plateaus and of correlation times hold the truth.

Fields and particles of exactly known structure factors (those of ``tests/estimators/fields``), and hard spheres, whose S(0) is
that of Carnahan and Starling's equation of state. For each: runs that are refused, share of runs whose 68 and 95 % interval
holds the truth, mean and spread of the error of the logarithm, and the median of the stated error. Rows are printed as
they come.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"

import argparse

import numpy as np

from a2c_pybamm.estimators import NotResolved, field_variance, fit_correlation_length, fit_correlation_time
from tests.estimators.fields.known_fields import configurations
from tests.estimators.fields.test_correlation_length import CASES
from tests.estimators.fields.test_correlation_time import MAKE, current, exact

Array = np.ndarray
NAMES = {
    "gaussian_field": "Gaussian random field",
    "own_law": "clusters, Ornstein-Zernike",
    "other_law": "clusters, Gaussian",
    "repulsion": "displaced, thinned lattice",
    "slow_clusters": "clusters that walk",
}


def row(label: str, errors: list[Array], stds: list[Array], refused: int, names: tuple[str, ...]) -> None:
    """A line of the table for each coefficient."""
    error, std = np.array(errors), np.array(stds)
    for k, name in enumerate(names):
        z = np.abs(error[:, k] / std[:, k])
        inside = f"{(z < 1).mean():.0%} | {(z < 1.96).mean():.0%}"
        mean = f"{error[:, k].mean():+.3f} ± {error[:, k].std():.3f} | {np.median(std[:, k]):.3f}"
        print(f"| {label} | {name} | {len(z) + refused} | {refused} | {inside} | {mean} |", flush=True)


def lengths(n_run: int, seed: int) -> None:
    """Rows of all cases."""
    for case, make in CASES.items():
        rng, errors, stds, refused = np.random.default_rng(seed), [], [], 0
        for _ in range(n_run):
            made, truth = make(rng)
            try:
                estimate = fit_correlation_length(made, material="X", source="MD (sampling)")
            except NotResolved:
                refused += 1
                continue
            errors.append(estimate.mean - truth)
            stds.append(estimate.std)
        row(NAMES[case], errors, stds, refused, ("ln xi", "ln S0"))


def hard_spheres(packing: float, n: int, n_frame: int, seed: int) -> tuple[Array, float]:
    """Positions (n_frame, n, 3) of hard spheres of diameter one by Metropolis' moves, and the edge of the cube."""
    rng, edge = np.random.default_rng(seed), (n * np.pi / 6 / packing) ** (1 / 3)
    m = int(np.ceil(n ** (1 / 3)))
    sites = np.stack(np.meshgrid(*[np.arange(m)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    x = (sites[rng.permutation(m**3)[:n]] + 0.5) * edge / m
    frames = np.empty((n_frame, n, 3))
    step = 0.35 if packing < 0.25 else 0.15
    for frame in range(-20, n_frame):
        for moves in step * rng.uniform(-1, 1, (4, n, 3)):
            for i in range(n):
                away = x - x[i] - moves[i]
                away -= edge * np.round(away / edge)
                square = (away**2).sum(axis=1)
                square[i] = np.inf
                if square.min() >= 1:
                    x[i] += moves[i]
        if frame >= 0:
            frames[frame] = x
    return frames, edge


def spheres(n_run: int, seed: int) -> None:
    """Rows of hard spheres; their correlation length is not known."""
    for packing in (0.1, 0.2, 0.3):
        truth = np.log((1 - packing) ** 4 / ((1 + 2 * packing) ** 2 - packing**3 * (4 - packing)))
        errors, stds, refused = [], [], 0
        for k in range(n_run):
            made = field_variance(configurations(*hard_spheres(packing, 216, 200, seed + k)))
            try:
                estimate = fit_correlation_length(made, material="X", source="MC (sampling)")
            except NotResolved:
                refused += 1
                continue
            errors.append(estimate.mean[1:] - truth)
            stds.append(estimate.std[1:])
        row(f"hard spheres, packing {packing:g}", errors, stds, refused, ("ln S0",))


def times(n_run: int, seed: int) -> None:
    """Rows of correlation times."""
    for name, time, n_frame in (
        ("one time", "integral", 2048),
        ("two times", "integral", 8192),
        ("one time", "decay", 2048),
        ("oscillation", "decay", 2048),
    ):
        errors, stds, refused = [], [], 0
        for k in range(n_run):
            series = MAKE[name]((6, n_frame), np.random.default_rng([seed + k, n_frame]))
            try:
                estimate = fit_correlation_time(current(series), material="X", source="MD (sampling)", time=time)
            except NotResolved:
                refused += 1
                continue
            errors.append(estimate.mean - np.log(exact(name, time)))
            stds.append(estimate.std)
        row(f"{name}, {n_frame} frames", errors, stds, refused, (f"ln t, {time}",))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--sphere-runs", type=int, default=12)
    parser.add_argument("--seed", type=int, default=300)
    options = parser.parse_args()
    lengths(options.runs, options.seed)
    spheres(options.sphere_runs, options.seed)
    times(options.runs, options.seed)
