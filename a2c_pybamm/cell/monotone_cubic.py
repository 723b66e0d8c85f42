r"""Shape-preserving cubics through many curves at once, each on times of its own.

Slopes at the points are those of Fritsch and Butland [1]_ (scipy's ``PchipInterpolator`` has the same, for curves that share
their times; here a cut-off gives each its own last point). Where a step ends the curve may jump: a cubic never reaches across.

.. [1] F. N. Fritsch, J. Butland, SIAM J. Sci. Stat. Comput. 5 (1984) 300.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.estimate import Array

HALVINGS = 50
"""Halvings of an interval in which a curve is at a level: 1e-15 of its length is left."""


@dataclass(frozen=True, eq=False)
class MonotoneCubic:
    """One cubic for each row, NaN behind a row's end."""

    t: Array
    """Rising times (n_row, n_point), NaN behind the end."""
    y: Array
    """(n_row, n_point)."""
    slope: Array
    """dy/dt at the points (n_row, n_point)."""
    joined: NDArray[np.bool_]
    """True for intervals that belong to a curve (n_row, n_point − 1)."""

    @classmethod
    def through(cls, t: Array, y: Array, step: NDArray[np.int64]) -> MonotoneCubic:
        """The cubics through points; ``step`` (n_row, n_point) is the step that each belongs to, −1 behind the end."""
        joined = (step[:, 1:] == step[:, :-1]) & (step[:, 1:] >= 0)
        h = np.where(joined, np.diff(t, axis=1), 1.0)
        delta = np.where(joined, np.diff(y, axis=1), 0.0) / h
        return cls(t, y, _slopes(h, delta, joined), joined)

    def integral(self) -> Array:
        """Integral over each row's whole time (n_row,)."""
        return self.running_integral()[:, -1]

    def running_integral(self) -> Array:
        """Integral over each row's time up to each point (n_row, n_point); behind a row's end that up to the end."""
        h = np.where(self.joined, np.diff(self.t, axis=1), 0.0)
        y, d = np.nan_to_num(self.y), np.nan_to_num(self.slope)
        pieces = h * (y[:, 1:] + y[:, :-1]) / 2 + h**2 * (d[:, :-1] - d[:, 1:]) / 12
        # one after the other: a plain sum would round differently with the number of empty places behind a row's end
        return np.pad(np.cumsum(pieces, axis=1), ((0, 0), (1, 0)))

    def first_moment(self, level: float) -> Array:
        """First time (n_row,) at which each curve is at a level or has jumped across it; NaN where it never is."""
        rest = np.sign(self.y - level)
        reached = (rest == 0) | np.pad(rest[:, :-1] * rest[:, 1:] < 0, ((0, 0), (0, 1)))
        k = reached.argmax(axis=1)
        row, after = np.arange(len(k)), np.minimum(k + 1, self.t.shape[1] - 1)
        inside = (rest[row, k] != 0) & np.pad(self.joined, ((0, 0), (0, 1)))[row, k]
        low, high = np.zeros(len(k)), np.ones(len(k))
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            before = np.sign(self._between(row, k, after, middle) - level) == rest[row, k]
            low, high = np.where(before, middle, low), np.where(before, high, middle)
        step = self.t[row, after] - self.t[row, k]
        moment = self.t[row, k] + np.where(inside, high * step, np.where(rest[row, k] == 0, 0.0, step))
        return np.where(reached.any(axis=1), moment, np.nan)

    def at(self, moments: Array) -> Array:
        """Values at other times (n_row, n_moment); NaN outside a row's time."""
        moments = np.broadcast_to(moments, (len(self.t), moments.shape[-1]))
        last = np.isfinite(self.t).sum(axis=1) - 2
        padded = np.where(np.isfinite(self.t), self.t, np.inf)
        k = np.stack([np.searchsorted(row, times, side="right") - 1 for row, times in zip(padded, moments, strict=True)])
        k = np.clip(k, 0, np.maximum(last, 0)[:, None])
        row = np.arange(len(k))[:, None]
        t0, t1 = self.t[row, k], self.t[row, k + 1]
        value = self._between(row, k, k + 1, (moments - t0) / np.where(t1 > t0, t1 - t0, 1.0))
        inside = (moments >= self.t[:, :1]) & (moments <= np.nanmax(self.t, axis=1)[:, None])
        return np.where(inside, value, np.nan)

    def _between(self, row: NDArray[np.int64], k: NDArray[np.int64], after: NDArray[np.int64], s: Array) -> Array:
        """Values at the fractions ``s`` of the intervals between points ``k`` and ``after`` of the rows."""
        (y0, y1), (d0, d1) = ((values[row, k], values[row, after]) for values in (self.y, self.slope))
        h = np.where(self.t[row, after] > self.t[row, k], self.t[row, after] - self.t[row, k], 1.0)
        inner = s * (1 - s) ** 2 * h * d0 - s**2 * (1 - s) * h * d1
        return np.asarray((1 + 2 * s) * (1 - s) ** 2 * y0 + s**2 * (3 - 2 * s) * y1 + inner)


def _slopes(h: Array, delta: Array, joined: NDArray[np.bool_]) -> Array:
    """Slopes at the points (n_row, n_point) from intervals (n_row, n_point − 1)."""
    n, m = h.shape
    slope = np.zeros((n, m + 1))
    inner = joined[:, 1:] & joined[:, :-1]
    h0, h1, d0, d1 = h[:, :-1], h[:, 1:], delta[:, :-1], delta[:, 1:]
    same = inner & (d0 * d1 > 0)
    w0, w1 = 2 * h1 + h0, h1 + 2 * h0
    mean = w0 / np.where(same, d0, 1.0) + w1 / np.where(same, d1, 1.0)
    slope[:, 1:-1] = np.where(same, (w0 + w1) / mean, 0.0)
    first = joined & ~np.pad(joined, ((0, 0), (1, 0)))[:, :-1]
    last = joined & ~np.pad(joined, ((0, 0), (0, 1)))[:, 1:]
    ahead_h, ahead_d = np.roll(h, -1, axis=1), np.roll(delta, -1, axis=1)
    behind_h, behind_d = np.roll(h, 1, axis=1), np.roll(delta, 1, axis=1)
    alone = first & last
    start = np.where(alone, delta, _edge(h, ahead_h, delta, ahead_d))
    stop = np.where(alone, delta, _edge(h, behind_h, delta, behind_d))
    slope[:, :-1] = np.where(first, start, slope[:, :-1])
    # a point where one step ends starts no other: the next step has a point of its own there
    slope[:, 1:] = np.where(last, stop, slope[:, 1:])
    return slope


def _edge(h: Array, further_h: Array, delta: Array, further: Array) -> Array:
    """One-sided slope by three points, kept within what preserves the shape."""
    slope = ((2 * h + further_h) * delta - h * further) / (h + further_h)
    slope = np.where(slope * delta <= 0, 0.0, slope)
    steep = (delta * further < 0) & (np.abs(slope) > 3 * np.abs(delta))
    return np.where(steep, 3 * delta, slope)
