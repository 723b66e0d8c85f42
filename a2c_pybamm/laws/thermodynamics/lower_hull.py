"""Lower convex hulls of many curves at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.intp]


def lower_hull(x: Array, g: Array, convex: NDArray[np.bool_]) -> list[tuple[Indices, Indices, Indices]]:
    """Edges (sample, left, right) of the lower convex hulls of curves (n_sample, n_x), by a monotone chain for all at once.

    Only convex points and the two ends can be touched by a tangent; others are left out, lest round-off puts one on a hull.

    References
    ----------
    Andrew, Inf. Process. Lett. 9, 216 (1979).
    """
    n_sample, n_x = g.shape
    stack = np.zeros((n_sample, n_x), dtype=np.intp)
    size = np.ones(n_sample, dtype=np.intp)
    samples = np.arange(n_sample)
    for i in range(1, n_x):
        rows = samples[convex[:, i]] if i < n_x - 1 else samples
        active = rows[size[rows] >= 2]
        while len(active):
            a, b = stack[active, size[active] - 2], stack[active, size[active] - 1]
            ga, gb, gi = g[active, a], g[active, b], g[active, i]
            xa, xb, xi = x[active, a], x[active, b], x[active, i]
            above = (gb - ga) * (xi - xa) >= (gi - ga) * (xb - xa)
            active = active[above]
            size[active] -= 1
            active = active[size[active] >= 2]
        stack[rows, size[rows]] = i
        size[rows] += 1
    edges = []
    for k in range(int(size.max()) - 1):
        rows = samples[size > k + 1]
        edges.append((rows, stack[rows, k], stack[rows, k + 1]))
    return edges
