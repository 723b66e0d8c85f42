"""Compositions at which curves of many samples vanish or reach a potential: Newton's steps within brackets."""

from __future__ import annotations

import numpy as np

from a2c_pybamm.laws.thermodynamics.lower_hull import Array, Indices
from a2c_pybamm.laws.thermodynamics.sampled_curves import Evaluate, SampledCurves

ROOT_TOLERANCE = 1e-14
"""Step over the distance to the nearer end below which a search has ended: 50 times the spacing of floats."""


def root(value: Evaluate, slope: Evaluate, low: Array, high: Array, start: Array) -> Array:
    """Roots (n,) of functions that change sign once between two compositions each: Newton's steps where they stay inside."""
    x, active = start.copy(), np.arange(len(start))
    low, high = low.copy(), high.copy()
    rising = value(active, high) > 0
    for _ in range(60):  # halvings alone bring a bracket of width 1 to the spacing of floats in 53
        at, f = x[active], value(active, x[active])
        above = (f > 0) == rising[active]
        high[active], low[active] = np.where(above, at, high[active]), np.where(above, low[active], at)
        with np.errstate(divide="ignore", invalid="ignore"):
            new = at - f / slope(active, at)
        # so small a step may lead out of the bracket by round-off alone: the far end must not be halved towards then
        small = np.maximum(ROOT_TOLERANCE * np.minimum(at, 1 - at), 4 * np.spacing(at))
        done = (np.abs(new - at) <= small) | (high[active] - low[active] <= small) | (f == 0)
        inside = (new > low[active]) & (new < high[active])
        x[active] = np.where(done, at, np.where(inside, new, _middle(low[active], high[active])))
        active = active[~done]
        if not len(active):
            break
    return x


def _middle(low: Array, high: Array) -> Array:
    """Middle of two compositions, in ln(x/(1-x)) where they are inside (0, 1): a root may lie close to an end."""
    inner = (low > 0) & (high < 1)
    a, b = np.where(inner, low, 0.5), np.where(inner, high, 0.5)
    middle = 1 / (1 + np.sqrt((1 - a) * (1 - b) / (a * b)))
    return np.where(inner, middle, (low + high) / 2)


def spinodal_roots(curves: SampledCurves, rows: Indices, left: Indices) -> Array:
    """Compositions (n,) of zero curvature between points ``left`` of the grids and the next ones."""
    if not len(rows):
        return np.empty(0)
    low, high = curves.x[rows, left], curves.x[rows, left + 1]
    span = np.maximum(1e-6 * (high - low), 1e-16)

    def value(k: Indices, x: Array) -> Array:
        return curves.curvature(rows[k], x)

    def slope(k: Indices, x: Array) -> Array:
        h = np.minimum(span[k], np.minimum(x, 1 - x) / 4 + 1e-16)
        return (curves.curvature(rows[k], x + h) - curves.curvature(rows[k], x - h)) / (2 * h)

    return root(value, slope, low, high, (low + high) / 2)


def at_potential(curves: SampledCurves, rows: Indices, potential: Array, low: Array, high: Array, start: Array) -> Array:
    """Compositions (n,) at which the curves have a potential; the end of the bracket that is nearest where they never have."""

    def difference(k: Indices, x: Array) -> Array:
        return curves.potential(rows[k], x) - potential[k]

    def slope(k: Indices, x: Array) -> Array:
        return curves.curvature(rows[k], x)

    every = np.arange(len(rows))
    below, above = difference(every, low) >= 0, difference(every, high) <= 0
    inside = root(difference, slope, low, high, np.clip(start, low, high))
    return np.where(below, low, np.where(above, high, inside))
