"""Scouts: a few solves three standard deviations out, to see whether what was learnt near the middle goes on there."""

from __future__ import annotations

import numpy as np

from a2c_pybamm.estimate import Family
from a2c_pybamm.propagation.model import Array

DISTANCE = 3.0
"""How far out, in standard deviations of the germ; a uniform germ is scouted at its bound."""
N_DIRECTION = 2
"""Gradient directions that are scouted, both ways each."""
N_AXIS = 10
"""Axes of the germ that adaptive chaos scouts, both ways each: those along which outputs move most."""
ALIGNED = 0.9
"""Directions with a larger cosine count as one."""
NOISE = 1e-9
"""Misses below this share of the prediction are a solver's noise."""
CLIFF = 1.0
"""A scout that misses its prediction by more than one standard deviation of the output has found a bend or a cliff."""
BEYOND = 1.35e-3
"""Probability that a normal germ lies beyond a scout."""
MOST_BEYOND = 0.1
"""Share of the variance that may hide beyond the scouts: it would be 5 % of the standard deviation."""


def beyond(values: Array, mean: Array, var: Array) -> Array:
    """Variance that all beyond scouts would hold if outputs stayed at their values (n_scout, n_element), over ``var``.

    A smooth output has a few per cent there; a collapse, seen or not by any draw, may have more than everything else.
    """
    squares = np.nan_to_num((values - mean) ** 2).sum(axis=0)
    return np.divide(BEYOND * squares, var, out=np.zeros(len(mean)), where=var > 0)


def gradient_directions(slopes: Array, n: int = N_DIRECTION) -> Array:
    """Unit germs (n_direction, n_germ) along the steepest ascent of outputs with these slopes (n_germ, n_output).

    That of the first output, then in turn the one least aligned with those chosen; fewer where all are alike.
    """
    length = np.linalg.norm(slopes, axis=0)
    units = (slopes[:, length > 0] / length[length > 0]).T
    chosen: list[Array] = list(units[:1])
    while chosen and len(chosen) < min(n, len(units)):
        aligned = np.abs(units @ np.array(chosen).T).max(axis=1)
        if aligned.min() > ALIGNED:
            break
        chosen.append(units[int(aligned.argmin())])
    return np.array(chosen).reshape(-1, slopes.shape[0])


def distances(directions: Array, families: tuple[Family, ...]) -> Array:
    """How far scouts go along unit germs (n_direction, n_germ): no uniform germ beyond its bound (n_direction,)."""
    uniform = np.array([family == "uniform" for family in families])
    largest = np.abs(directions[:, uniform]).max(axis=1, initial=0.0)
    return np.minimum(DISTANCE, np.sqrt(3) / np.maximum(largest, 1e-12))


def both_ways(directions: Array, families: tuple[Family, ...]) -> Array:
    """Germs (2·n_direction, n_germ) of the scouts, first all forward."""
    far = distances(directions, families)[:, None] * directions
    return np.vstack([far, -far])


def steepest_axes(slopes: Array, n: int = N_AXIS) -> Array:
    """Unit germs (n_axis, n_germ) along the axes with the steepest of slopes (n_germ, n_output), steepest first."""
    steep = np.abs(slopes).max(axis=1, initial=0.0)
    return np.eye(len(slopes))[np.argsort(-steep, kind="stable")[:n]]


def departure(values: Array, predicted: Array, std: Array) -> Array:
    """The largest miss of any scout in standard deviations (n_element,); NaN where none has a value.

    ``values`` and ``predicted`` are (n_scout, n_element). A scout that failed is no part of the distribution that statistics
    describe: it says nothing here, and is counted among the failures.
    """
    missed = np.abs(values - predicted)
    miss = np.where(np.isfinite(missed), missed, -np.inf).max(axis=0, initial=-np.inf)
    noise = NOISE * np.abs(predicted).max(axis=0, initial=0.0)
    far = np.divide(miss, std, out=np.full(std.shape, np.inf), where=std > 0)
    return np.where(np.isneginf(miss), np.nan, np.where(miss <= noise, 0.0, far))
