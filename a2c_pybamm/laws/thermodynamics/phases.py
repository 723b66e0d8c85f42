r"""Spinodals, common tangents and hysteresis branches of hosts that separate into phases, for many samples at once.

A sample is one set of coefficients. Coefficients come as floats or columns (n_sample, 1), and every result has a row for each
sample. All gaps are found: the grid's lower convex hull says which stretches of the free energy are bridged, and each bridge
is then brought to equal chemical potentials and equal grand potentials.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.laws.law import Coefficients
from a2c_pybamm.laws.thermodynamics.composition_roots import at_potential, spinodal_roots
from a2c_pybamm.laws.thermodynamics.free_energy import PhaseForming
from a2c_pybamm.laws.thermodynamics.lower_hull import Array, Indices, lower_hull
from a2c_pybamm.laws.thermodynamics.sampled_curves import (
    END_WIDTH,
    SampledCurves,
    composition_grid,
    finite_at_ends,
    sampled_curves,
)


@dataclass(frozen=True, eq=False)
class Gaps:
    """Stretches of composition that a host bridges by two phases, in ascending order; unused columns are NaN."""

    low: Array
    """Composition of the ion-poor phase (n_sample, n_gap)."""
    high: Array
    """Composition of the ion-rich phase (n_sample, n_gap)."""
    voltage: Array
    """Voltage of the plateau [V] (n_sample, n_gap)."""

    @property
    def count(self) -> Indices:
        """Number of gaps of each sample (n_sample,)."""
        return np.asarray(np.isfinite(self.low).sum(axis=1))

    def sized(self, n: int) -> Gaps:
        """The same with n columns: the widest where there are more, NaN where there are fewer."""
        low, high, voltage = (np.full((len(self.low), max(n, a.shape[1])), np.nan) for a in (self.low,) * 3)
        for wide, narrow in zip((low, high, voltage), (self.low, self.high, self.voltage), strict=True):
            wide[:, : narrow.shape[1]] = narrow
        order = np.argsort(-np.where(np.isfinite(low), high - low, -1.0), axis=1, kind="stable")[:, :n]
        order = np.take_along_axis(order, np.argsort(np.take_along_axis(low, order, 1), axis=1, kind="stable"), 1)
        return Gaps(*(np.take_along_axis(a, order, 1) for a in (low, high, voltage)))


def spinodals(law: PhaseForming, c: Coefficients, T: float) -> Array:
    r"""Compositions where :math:`\partial^2 g/\partial x^2 = 0`, ascending (n_sample, n_root), unused columns NaN."""
    return _collected(law, c, T, _spinodals)[0]


def gaps(law: PhaseForming, c: Coefficients, T: float) -> Gaps:
    """All stretches that are bridged in equilibrium: common tangents, also where one ends at an end of a finite law."""
    return Gaps(*_collected(law, c, T, _gaps))


def branch(law: PhaseForming, c: Coefficients, T: float, *, lithiation: bool) -> Gaps:
    """Plateaus of the metastable branches that a host follows when it is filled (lithiation) or emptied.

    On the way a host stays on its curve until the spinodal, then passes at that voltage to where the curve has it again:
    the lower envelope of all voltages passed on lithiation, the upper one of those still to come on delithiation.
    """
    return Gaps(*_collected(law, c, T, lambda curves: _branch(curves, lithiation)))


def _collected(law: PhaseForming, c: Coefficients, T: float, find: Callable[[SampledCurves], list[Array]]) -> list[Array]:
    """Tables of all samples, a row for each, padded with NaN to one width."""
    columns = {name: np.atleast_1d(np.asarray(c[name], float)).reshape(-1) for name in law.names}
    n_sample = max(len(column) for column in columns.values())
    columns = {name: np.broadcast_to(column, n_sample) for name, column in columns.items()}
    blocks = [(curves.samples, find(curves)) for curves in sampled_curves(law, columns, T)]
    tables = []
    for k in range(len(blocks[0][1])):
        table = np.full((n_sample, max(block[k].shape[1] for _, block in blocks)), np.nan)
        for samples, block in blocks:
            table[samples, : block[k].shape[1]] = block[k]
        tables.append(table)
    return tables


def _table(n_sample: int, rows: Indices, *columns: Array) -> list[Array]:
    """Values (n,) of rows that ascend, each as a table (n_sample, width) padded with NaN."""
    counts = np.bincount(rows, minlength=n_sample)
    place = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    tables = []
    for column in columns:
        table = np.full((n_sample, int(counts.max(initial=0))), np.nan)
        table[rows, place] = column
        tables.append(table)
    return tables


def _spinodals(curves: SampledCurves) -> list[Array]:
    concave = curves.concave()
    rows, left = np.nonzero(concave[:, 1:] != concave[:, :-1])
    return _table(curves.n_sample, rows, spinodal_roots(curves, rows, left))


def _bridges(curves: SampledCurves, concave: NDArray[np.bool_]) -> tuple[Indices, Indices, Indices]:
    """Hull edges (sample, left, right) that span something concave, samples ascending."""
    samples = np.flatnonzero(concave.any(axis=1))
    if not len(samples):
        return (np.empty(0, dtype=np.intp),) * 3
    x = curves.x[samples]
    g = curves.energy(samples, x)
    g = g - g[:, [0]] - (g[:, [-1]] - g[:, [0]]) * (x - x[:, [0]]) / (x[:, [-1]] - x[:, [0]])
    before = np.concatenate([np.zeros((len(samples), 1), dtype=int), np.cumsum(concave[samples], axis=1)], axis=1)
    bridges = []
    for sample, left, right in lower_hull(x, g, ~concave[samples]):
        spans = before[sample, right + 1] - before[sample, left] > 0
        bridges.append(np.stack([samples[sample[spans]], left[spans], right[spans]]))
    edges = np.concatenate(bridges, axis=1)
    edges = edges[:, np.lexsort((edges[1], edges[0]))]
    return edges[0], edges[1], edges[2]


def _gaps(curves: SampledCurves) -> list[Array]:
    """Common tangents: compositions of equal potentials on a line through both, the line's slope brought to convergence."""
    concave = curves.concave()
    rows, left, right = _bridges(curves, concave)
    if not len(rows):
        return [np.empty((curves.n_sample, 0))] * 3
    last = curves.x.shape[1] - 1
    fixed = left == 0, right == last
    # each end lies where the curve is convex, between the grid's neighbour outside and the spinodal inside
    first, final = _first_concave(concave, rows, left, right)
    outer = np.maximum(left - 1, 0), np.minimum(right + 1, last)
    inner = (spinodal_roots(curves, rows, k) for k in (np.maximum(first - 1, 0), np.minimum(final, last - 1)))
    brackets = [(curves.x[rows, outer[0]], next(inner)), (next(inner), curves.x[rows, outer[1]])]
    ends = [curves.x[rows, left], curves.x[rows, right]]
    slope, active = np.full(len(rows), np.nan), np.arange(len(rows))
    for _ in range(40):
        g = [curves.energy(rows[active], end[active]) for end in ends]
        new = (g[1] - g[0]) / (ends[1] - ends[0])[active]
        settled = np.abs(new - slope[active]) <= 1e-13 * (1 + np.abs(new))
        slope[active] = new
        for k, (low, high) in enumerate(brackets):
            moved = at_potential(curves, rows[active], new, low[active], high[active], ends[k][active])
            ends[k][active] = np.where(fixed[k][active], ends[k][active], moved)
        active = active[~settled]
        if not len(active):
            break
    return _table(curves.n_sample, rows, *ends, -slope * curves.thermal_voltage)


def _first_concave(concave: NDArray[np.bool_], rows: Indices, left: Indices, right: Indices) -> tuple[Indices, Indices]:
    """First and last concave point of the grid within each edge."""
    place = np.arange(concave.shape[1])
    inside = concave[rows] & (place >= left[:, None]) & (place <= right[:, None])
    return inside.argmax(axis=1), concave.shape[1] - 1 - inside[:, ::-1].argmax(axis=1)


def _branch(curves: SampledCurves, lithiation: bool) -> list[Array]:
    """Plateaus at the voltages of spinodals, to where the curve comes back to them or to an end."""
    concave = curves.concave()
    entered = concave[:, 1:] & ~concave[:, :-1] if lithiation else ~concave[:, 1:] & concave[:, :-1]
    rows, left = np.nonzero(entered)
    if not len(rows):
        return [np.empty((curves.n_sample, 0))] * 3
    start = spinodal_roots(curves, rows, left)
    samples, inverse = np.unique(rows, return_inverse=True)
    potentials = curves.potential(samples, curves.x[samples])[inverse]
    here = curves.potential(rows, start)
    place, last = np.arange(curves.x.shape[1]), curves.x.shape[1] - 1
    behind = place > left[:, None] + 1 if lithiation else place < left[:, None]
    back = behind & ((potentials >= here[:, None]) if lithiation else (potentials <= here[:, None]))
    at = back.argmax(axis=1) if lithiation else last - back[:, ::-1].argmax(axis=1)
    ends = (np.maximum(at - 1, 0), at) if lithiation else (at, np.minimum(at + 1, last))
    low, high = curves.x[rows, ends[0]], curves.x[rows, ends[1]]
    again = at_potential(curves, rows, here, low, high, (low + high) / 2)
    end = np.where(back.any(axis=1), again, curves.x[rows, last if lithiation else 0])
    low, high = (start, end) if lithiation else (end, start)
    keep = ~_within_another(curves.n_sample, rows, low, high)
    return _table(curves.n_sample, rows[keep], low[keep], high[keep], -here[keep] * curves.thermal_voltage)


def _within_another(n_sample: int, rows: Indices, low: Array, high: Array) -> NDArray[np.bool_]:
    """True for a plateau within a wider one of the same sample, which is never entered."""
    place, a, b = _table(n_sample, rows, np.arange(len(rows), dtype=float), low, high)
    with np.errstate(invalid="ignore"):
        inside = (a[:, :, None] >= a[:, None, :]) & (b[:, :, None] <= b[:, None, :])
    inside &= ~np.eye(a.shape[1], dtype=bool)
    return np.asarray(np.any(inside, axis=2))[np.isfinite(place)]


__all__ = ["END_WIDTH", "Gaps", "branch", "composition_grid", "finite_at_ends", "gaps", "spinodals"]
