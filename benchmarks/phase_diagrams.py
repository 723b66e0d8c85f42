"""Thermodynamics at scale: phase diagrams of many samples, beside a loop over convex hulls; a fit to thousands of structures.

The loop takes each sample's free energy on the same grid and scipy's (qhull's) convex hull of it, and stops at the grid's own
precision: compositions to some thousandths, where the vectorised search goes on to round-off.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from scipy.spatial import ConvexHull

import a2c_pybamm as a2c
from a2c_pybamm.constants import FARADAY
from a2c_pybamm.laws.thermodynamics import phases

T = 298.15


def hosts(n: int) -> tuple[a2c.RedlichKister, dict[str, np.ndarray]]:
    """Attractive, asymmetric hosts with one gap or two."""
    rng = np.random.default_rng(0)
    law = a2c.RedlichKister("X", 3)
    columns = [
        rng.normal(3.4, 0.05, n),
        rng.normal(0.08, 0.03, n),
        *rng.normal(0, [[0.08], [0.08], [0.05]], (3, n)),
        np.full(n, 25.0),
    ]
    return law, {name: column[:, None] for name, column in zip(law.names, columns, strict=True)}


def loop(law: a2c.RedlichKister, samples: dict[str, np.ndarray], n: int, x: np.ndarray) -> int:
    """Gaps of n samples, one hull after the other."""
    found = 0
    for k in range(n):
        c = {name: float(column[k, 0]) for name, column in samples.items()}
        g = law.free_energy(c, x, T) / 1000
        vertices = np.sort(ConvexHull(np.column_stack([x, g])).vertices)
        chord = g[0] + (g[-1] - g[0]) * (x - x[0]) / (x[-1] - x[0])
        lower = vertices[g[vertices] <= chord[vertices] + 1e-12]
        found += int((np.diff(lower) > 2).any())
    return found


def energies(n: int, n_composition: int) -> a2c.EnergyTable:
    """Orderings at even compositions, some above the lowest."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, n_composition, n) / (n_composition - 1)
    energy = FARADAY * (-3.9 * x - 0.3 * x * (1 - x)) + rng.exponential(3000.0, n)
    return a2c.EnergyTable("synthetic", x, energy, tuple(map(str, range(n))), np.ones(n, bool))


def seconds(action: object, runs: int) -> float:
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        action()  # type: ignore[operator]
        times.append(time.perf_counter() - started)
    return min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--loop", type=int, default=500, help="samples that the loop does (its time is scaled)")
    parser.add_argument("--structures", type=int, default=5_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    law, samples = hosts(options.samples)
    own = seconds(lambda: phases.gaps(law, samples, T), options.runs)
    grid = phases.composition_grid(ends=False)
    naive = seconds(lambda: loop(law, samples, options.loop, grid), options.runs) * options.samples / options.loop
    counts = np.bincount(phases.gaps(law, samples, T).count)
    print(f"{options.samples} phase diagrams ({', '.join(f'{n} with {k}' for k, n in enumerate(counts))} gaps): {own:.2f} s, "
          f"a loop over convex hulls {naive:.2f} s, {naive / own:.1f} times as long")  # fmt: skip
    for n_composition in (33, options.structures):
        table = energies(options.structures, n_composition)

        def fit(table: a2c.EnergyTable = table) -> None:
            choice = a2c.choose_order([table])
            a2c.fit_free_energy(table, a2c.RedlichKister("X", choice.highest), choice=choice)

        print(f"{options.structures} structures at {len(np.unique(table.x))} compositions, averaged over orders 0 to 3: "
              f"{seconds(fit, options.runs):.3f} s")  # fmt: skip


if __name__ == "__main__":
    main()
