r"""Cubic splines of :math:`z = \ln[x/(1-x)]` with straight tails: their basis, and its integrals over composition.

The slope of a spline is :math:`\sum_k s_k B_k(z)` with quadratic B-splines that sum to one; the first and the last are constant
beyond the knots. Positive :math:`s_k` make a positive slope everywhere. In one text for numbers and symbols a spline is

.. math:: \int \sum_k s_k B_k\,dz = \frac{s_1 + s_K}{2}\,z + \sum_j w_j\,|z - z_j|^3, \qquad w_j = \sum_k M_{jk} s_k

where :math:`M` is a twelfth of the jumps of :math:`B_k''` at the knots.

References
----------
de Boor, A Practical Guide to Splines (2001), ch. IX, for the B-splines; Duchon, RAIRO Anal. Numér. 10, 5 (1976), for the form.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

GAUSS_ORDER = 12
"""Nodes of a Gauss–Legendre rule in a knot interval: x(1-x) has poles at a distance of π in z, so that the error of the rule is
below round-off for intervals up to 2 wide."""


def logit(x: Any) -> Any:
    r""":math:`\ln[x/(1-x)]`."""
    return np.log(x / (1 - x))


def mixing(x: Array) -> Array:
    r""":math:`x\ln x + (1-x)\ln(1-x)`, zero at both ends; complex compositions inside (0, 1) too."""
    inside = (np.real(x) > 0) & (np.real(x) < 1)
    y = np.where(inside, x, 0.5)
    return np.where(inside, y * np.log(y) + (1 - y) * np.log(1 - y), 0.0)


@dataclass(frozen=True, eq=False)
class LogitBasis:
    r"""Splines :math:`I_k = \int B_k\,dz` whose mean over 0 < x < 1 is zero."""

    knots: Array
    """:math:`z_j` (n_knot,)."""
    cubes: Array
    """:math:`M` (n_knot, n_knot - 1)."""
    means: Array
    """Mean over [0, 1] of each spline's form without a constant (n_knot - 1,)."""
    places: Array
    """Composition in the middle of each B-spline (n_knot - 1,)."""
    at_knots: Array
    """Values of the splines, slopes and halved second derivatives at the knots (3, n_knot, n_knot - 1)."""
    before: Array
    """Integrals of the splines over x from 0 to each knot (n_knot, n_knot - 1)."""

    def slopes(self, x: Array) -> Array:
        """:math:`B_k` at compositions (n, n_knot - 1), the ends among them."""
        first, last = 1 / (1 + np.exp(-self.knots[[0, -1]]))
        z = logit(np.clip(np.asarray(x, float), first, last))
        return _slopes(z, self.knots, self.cubes, self.tails())

    def curves(self, x: Array) -> Array:
        """:math:`I_k` at compositions (n, n_knot - 1), their mean over [0, 1] zero."""
        z = logit(np.asarray(x, float))
        inner = np.clip(z, self.knots[0], self.knots[-1])
        straight, tails = inner[:, None] * self.tails().sum(axis=0) / 2, self.tails()
        beyond = np.minimum(z - inner, 0)[:, None] * tails[0] + np.maximum(z - inner, 0)[:, None] * tails[1]
        return np.asarray(straight + np.abs(inner[:, None] - self.knots) ** 3 @ self.cubes + beyond - self.means)

    def tails(self) -> Array:
        """Slopes of the splines on the left and on the right of all knots (2, n_knot - 1)."""
        ends = np.zeros((2, len(self.means)))
        ends[0, 0] = ends[1, -1] = 1.0
        return ends

    def integrals(self, x: Array) -> Array:
        """Integrals of the :math:`I_k` over x from 0 (n, n_knot - 1), zero at both ends."""
        x = np.asarray(x, float)
        at = self._interval(x)
        rows = (matrix[np.maximum(at, 0)] for matrix in self._pieces())
        return np.asarray(self._integral(x[:, None], at[:, None], *rows))

    def integral(self, x: Any, amplitudes: list[Any]) -> Any:
        """Integral over x from 0 of the spline with these amplitudes: numbers, arrays that go with x, or symbols."""
        if isinstance(x, Real):
            return weighted_sum(amplitudes, self.integrals(np.array([x]))[0])
        if not isinstance(x, complex | np.ndarray):
            return self._integral_in_one_text(x, amplitudes)
        x = np.asarray(x)
        shape = np.broadcast_shapes(x.shape, *(np.shape(a) for a in amplitudes))
        x = np.broadcast_to(x, shape)
        at = self._interval(x)
        rows = (_gathered(matrix, amplitudes, np.maximum(at, 0)) for matrix in self._pieces())
        return self._integral(x, at, *rows)[()]

    def _integral_in_one_text(self, x: Any, amplitudes: list[Any]) -> Any:
        """The same without places in arrays, for another library's symbols: all intervals, each up to x at most."""
        z, knots = logit(x), self.knots.tolist()
        curves = [[weighted_sum(amplitudes, row) for row in matrix] for matrix in (*self.at_knots, self._third())]
        left, right = np.minimum(z, knots[0]), np.maximum(z, knots[-1])
        total = weighted_sum(amplitudes, self.before[0]) + _straight(left, knots[0], curves[0][0], amplitudes[0])
        nodes, weights = _gauss_rule()
        for j, (start, end) in enumerate(pairwise(knots)):
            width = np.minimum(np.maximum(z, start), end) - start
            for node, weight in zip(((nodes + 1) / 2).tolist(), (weights / 2).tolist(), strict=True):
                d = width * node
                rate = 1 / (np.exp((start + d) / 2) + np.exp(-(start + d) / 2)) ** 2  # x(1-x)
                curve = curves[0][j] + d * (curves[1][j] + d * (curves[2][j] + d * curves[3][j]))
                total = total + weight * width * rate * curve
        return total + _straight(right, knots[-1], curves[0][-1], amplitudes[-1])

    def _interval(self, x: Array) -> NDArray[np.intp]:
        """Place of the knot on the left of each composition; -1 before the first."""
        return np.searchsorted(1 / (1 + np.exp(-self.knots)), np.real(x), side="right") - 1

    def _integral(self, x: Any, at: Any, value: Any, slope: Any, bend: Any, cubic: Any, before: Any) -> Any:
        """Integral over x from 0 of a spline that is a polynomial of the distance from the knot on the left."""
        tail = (at < 0) | (at == len(self.knots) - 1)
        start = self.knots[np.maximum(at, 0)]
        first = 1 / (1 + np.exp(-start))
        straight = (value - slope * start) * (x - first) + slope * (mixing(x) - mixing(first))
        width = np.where(tail, 0.0, logit(np.where(tail, first, x)) - start)
        nodes, weights = _gauss_rule()
        inside: Any = 0.0
        for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
            d = width * node
            occupied = 1 / (1 + np.exp(-(start + d)))
            inside = inside + weight * (value + d * (slope + d * (bend + d * cubic))) * occupied * (1 - occupied)
        return before + np.where(tail, straight, inside * width)

    def _pieces(self) -> tuple[Array, ...]:
        """Coefficients of the splines' polynomials right of each knot, and their integrals to it."""
        return (*self.at_knots, self._third(), self.before)

    def _third(self) -> Array:
        """Coefficients of the cubes of the distance from the knot on the left (n_knot, n_knot - 1)."""
        widths = np.append(np.diff(self.knots), 1.0)
        steps = np.vstack([np.diff(self.at_knots[2], axis=0), np.zeros(len(self.means))])
        return np.asarray(steps / widths[:, None] / 3)


def weighted_sum(values: list[Any], weights: Array) -> Any:
    """Sum of the values times numbers that are not zero."""
    total: Any = 0.0
    for value, weight in zip(values, weights.tolist(), strict=True):
        if weight:
            total = total + weight * value
    return total


def _straight(z: Any, start: float, value: Any, slope: Any) -> Any:
    """Integral over x from ``start`` to z of a straight line through a value there."""
    x, first = 1 / (1 + np.exp(-z)), 1 / (1 + float(np.exp(-start)))
    entropy = x * np.log(x) + (1 - x) * np.log(1 - x) - float(mixing(np.array(first)))
    return (value - slope * start) * (x - first) + slope * entropy


def _gathered(matrix: Array, amplitudes: list[Any], at: NDArray[np.intp]) -> Any:
    """Sums of a knot's row times the amplitudes, for the knot that each composition belongs to."""
    rows = [np.broadcast_to(weighted_sum(amplitudes, row), at.shape) for row in matrix]
    return np.take_along_axis(np.array(rows), at[None], axis=0)[0]


@cache
def _gauss_rule() -> tuple[Array, Array]:
    """Nodes in (-1, 1) and weights of the Gauss–Legendre rule."""
    nodes, weights = np.polynomial.legendre.leggauss(GAUSS_ORDER)
    return nodes, weights


@lru_cache(maxsize=32)
def logit_basis(knots: tuple[float, ...]) -> LogitBasis:
    """Basis with these compositions as knots, ascending in (0, 1), three at least."""
    z = logit(np.array(knots))
    bends = _second_derivatives(z)
    cubes = np.diff(np.vstack([np.zeros(len(z) - 1), bends, np.zeros(len(z) - 1)]), axis=0) / 12
    tails = np.zeros((2, len(z) - 1))
    tails[0, 0] = tails[1, -1] = 1.0
    distance = z[:, None] - z
    values = z[:, None] * tails.sum(axis=0) / 2 + np.abs(distance) ** 3 @ cubes
    slopes = _slopes(z, z, cubes, tails)
    halves = 3 * np.abs(distance) @ cubes
    at_knots = np.array([values, slopes, halves])
    places = 1 / (1 + np.exp(-(z[1:] + z[:-1]) / 2))
    empty = np.zeros((len(z), len(z) - 1))
    plain = LogitBasis(z, cubes, np.zeros(len(z) - 1), places, at_knots, empty)
    before = _integrals_to_knots(plain, tails)
    last = 1 / (1 + np.exp(-z[-1]))
    right = values[-1] - z[-1] * tails[1]
    means = before[-1] + right * (1 - last) - tails[1] * mixing(np.array(last))
    occupied = 1 / (1 + np.exp(-z))
    centred = np.array([values - means, slopes, halves])
    return LogitBasis(z, cubes, means, places, centred, before - occupied[:, None] * means)


def _slopes(z: Array, knots: Array, cubes: Array, tails: Array) -> Array:
    """Slopes of the splines at places z (n, n_knot - 1)."""
    distance = z[:, None] - knots
    return np.asarray(tails.sum(axis=0) / 2 + 3 * (distance * np.abs(distance)) @ cubes)


def _second_derivatives(z: Array) -> Array:
    r""":math:`B_k''` in the intervals between knots (n_knot - 1, n_knot - 1).

    Beyond the knots there is one more spline on each side, with the spacing of the ends; it is part of the first
    or the last one, which are constant there.
    """
    n = len(z) - 1
    first, last = z[1] - z[0], z[-1] - z[-2]
    extended = np.concatenate([[z[0] - 2 * first, z[0] - first], z, [z[-1] + last, z[-1] + 2 * last]])
    pieces = np.zeros((n + 4, n + 2))  # intervals of the extended knots, B-splines on three of them each
    for k in range(n + 2):
        a, b, c, d = extended[k : k + 4]
        rise, fall = 1 / ((c - a) * (b - a)), 1 / ((d - b) * (d - c))
        turn = -1 / ((c - a) * (c - b)) - 1 / ((d - b) * (c - b))
        pieces[k : k + 3, k] = [2 * rise, 2 * turn, 2 * fall]
    inner = pieces[2:-2]
    merged = inner[:, 1:-1].copy()
    merged[:, 0] += inner[:, 0]
    merged[:, -1] += inner[:, -1]
    return np.asarray(merged)


def _integrals_to_knots(plain: LogitBasis, tails: Array) -> Array:
    """Integrals over x from 0 to each knot of the splines' forms without a constant (n_knot, n_knot - 1)."""
    z, values = plain.knots, plain.at_knots[0]
    nodes, weights = _gauss_rule()
    first = 1 / (1 + np.exp(-z[0]))
    rows = [(values[0] - z[0] * tails[0]) * first + tails[0] * mixing(np.array(first))]
    for j in range(len(z) - 1):
        half = (z[j + 1] - z[j]) / 2
        at = z[j] + half * (nodes + 1)
        x = 1 / (1 + np.exp(-at))
        curves = at[:, None] * tails.sum(axis=0) / 2 + np.abs(at[:, None] - z) ** 3 @ plain.cubes
        rows.append(rows[-1] + half * (weights * x * (1 - x)) @ curves)
    return np.array(rows)
