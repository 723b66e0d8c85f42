"""Test points at ±3σ of the germ: solves there show if what was fitted near the mean goes on farther out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from a2c_pybamm.estimate import Family
from a2c_pybamm.propagation.model import Array


@dataclass(frozen=True)
class ThreeSigmaPoints:
    """Settings of the test points: where they are, and what a solve there is compared with."""

    distance: float = 3.0
    """Distance from the mean, in standard deviations of the germ; along a uniform germ at most its bound."""
    n_steepest: int = 2
    """Steepest directions of the outputs that are tested, both ways each."""
    most_axes: int = 10
    """Axes of the germ that adaptive chaos tests, both ways each: all of so few germs, of more the steepest."""
    parallel_cosine: float = 0.9
    """Cosine of two directions from which they count as one: 26 degrees apart."""
    solver_noise: float = 1e-9
    """Errors of a prediction below this share of it are a solver's own."""
    tail_probability: float = 1.35e-3
    """Probability that a standard normal germ is beyond ``distance``."""


THREE_SIGMA = ThreeSigmaPoints()


def hidden_variance(values: Array, mean: Array, var: Array) -> Array:
    """Variance that the tails beyond the test points would hold if outputs stayed at their values there, over ``var``.

    ``values`` are (n_point, n_element), NaN left out. A smooth output has a few per cent there; one that collapses may
    have more than everywhere else, met by a draw or not.
    """
    squares = np.nan_to_num((values - mean) ** 2).sum(axis=0)
    return np.divide(THREE_SIGMA.tail_probability * squares, var, out=np.zeros(len(mean)), where=var > 0)


def steepest_directions(slopes: Array, n: int = THREE_SIGMA.n_steepest) -> Array:
    """Unit germs (n_direction, n_germ) along the steepest ascent of outputs with these slopes (n_germ, n_output).

    That of the first output, then in turn the one least parallel to those chosen; fewer where all are alike.
    """
    length = np.linalg.norm(slopes, axis=0)
    units = (slopes[:, length > 0] / length[length > 0]).T
    chosen: list[Array] = list(units[:1])
    while chosen and len(chosen) < min(n, len(units)):
        cosine = np.abs(units @ np.array(chosen).T).max(axis=1)
        if cosine.min() > THREE_SIGMA.parallel_cosine:
            break
        chosen.append(units[int(cosine.argmin())])
    return np.array(chosen).reshape(-1, slopes.shape[0])


def steepest_axes(slopes: Array, n: int) -> Array:
    """Unit germs (n_axis, n_germ) along the axes with the steepest of slopes (n_germ, n_output), steepest first."""
    steepest = np.abs(slopes).max(axis=1, initial=0.0)
    return np.eye(len(slopes))[np.argsort(-steepest, kind="stable")[:n]]


def distances(directions: Array, families: tuple[Family, ...]) -> Array:
    """Distances of test points along unit germs (n_direction, n_germ), no uniform germ beyond its bound (n_direction,)."""
    uniform = np.array([family == "uniform" for family in families])
    largest = np.abs(directions[:, uniform]).max(axis=1, initial=0.0)
    return np.minimum(THREE_SIGMA.distance, np.sqrt(3) / np.maximum(largest, np.finfo(float).tiny))


def both_ways(directions: Array, families: tuple[Family, ...]) -> Array:
    """Germs (2·n_direction, n_germ) of the test points along unit germs, first all forward."""
    far = distances(directions, families)[:, None] * directions
    return np.vstack([far, -far])


def largest_error(values: Array, predicted: Array, std: Array) -> Array:
    """Largest error of a prediction at any test point in standard deviations (n_element,); NaN where none has a value.

    ``values`` and ``predicted`` are (n_point, n_element). A test point that failed is no part of the distribution that
    statistics describe: it is left out here, and counted among the failures.
    """
    missed = np.abs(values - predicted)
    largest = np.where(np.isfinite(missed), missed, -np.inf).max(axis=0, initial=-np.inf)
    size = np.where(np.isfinite(predicted), np.abs(predicted), 0.0)  # behind a failed solve there is no prediction
    noise = THREE_SIGMA.solver_noise * size.max(axis=0, initial=0.0)
    in_std = np.divide(largest, std, out=np.full(std.shape, np.inf), where=std > 0)
    return np.where(np.isneginf(largest), np.nan, np.where(largest <= noise, 0.0, in_std))
