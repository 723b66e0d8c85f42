r"""Where a host separates into phases: spinodals, common tangents and hysteresis branches, for many samples at once.

A sample is one set of coefficients. Coefficients come as floats or columns (n_sample, 1), and every result has a row for each
sample. All gaps are found: the grid's lower convex hull says which stretches of the free energy are bridged, and each bridge
is then brought to equal chemical potentials and equal grand potentials.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.laws.law import Coefficients
from a2c_pybamm.laws.thermodynamics.free_energy import PhaseForming

Array = NDArray[np.float64]
Rows = NDArray[np.intp]
Evaluate = Callable[[Rows, Array], Array]
"""A function of rows of samples (n,) and compositions (n,) or (n, m)."""

CHUNK = 5000
"""Samples looked at together: bounds the memory."""
TAIL = 25.0
"""Largest |ln(x/(1-x))| looked at."""
END = 2e-11
"""Compositions closer than this to empty or full are the end itself, where no float tells a potential any more."""
N_MIDDLE, N_TAIL = 161, 40
NEAR = 0.05
"""Where a curvature comes closer to zero than this share of its mean size, the grid is made finer."""
N_TOUCHING, N_FINER = 2, 50
"""Places at which it may be made finer, and compositions that are added there."""
ROUND_OFF = 1e-14
"""Relative step below which a search has ended."""
N_OUTER, N_INNER = 40, 60
"""Most steps of the searches for equal grand potentials and for a composition; both end earlier, at round-off."""


@dataclass(frozen=True, eq=False)
class Gaps:
    """Stretches of composition that a host bridges by two phases, in ascending order; unused columns are NaN."""

    low: Array
    """Composition of the lithium-poor phase (n_sample, n_gap)."""
    high: Array
    """Composition of the lithium-rich phase (n_sample, n_gap)."""
    voltage: Array
    """Voltage of the plateau [V] (n_sample, n_gap)."""

    @property
    def count(self) -> Rows:
        """Number of gaps of each sample (n_sample,)."""
        return np.asarray(np.isfinite(self.low).sum(axis=1))

    def sized(self, n: int) -> Gaps:
        """The same with n columns: the widest where there are more, NaN where there are fewer."""
        low, high, voltage = (np.full((len(self.low), max(n, a.shape[1])), np.nan) for a in (self.low,) * 3)
        for whole, part in zip((low, high, voltage), (self.low, self.high, self.voltage), strict=True):
            whole[:, : part.shape[1]] = part
        order = np.argsort(-np.where(np.isfinite(low), high - low, -1.0), axis=1, kind="stable")[:, :n]
        order = np.take_along_axis(order, np.argsort(np.take_along_axis(low, order, 1), axis=1, kind="stable"), 1)
        return Gaps(*(np.take_along_axis(a, order, 1) for a in (low, high, voltage)))


def finite_at_ends(law: PhaseForming) -> bool:
    """True where the voltage is finite at x = 0 and 1; a law that does not say is taken to have ideal mixing."""
    return not getattr(law, "mixing", 1.0)


def composition_grid(*, ends: bool) -> Array:
    """Compositions (n,) to look at: even in the middle, even in ln(x/(1-x)) towards both ends; with the ends where finite."""
    if ends:
        return np.linspace(0, 1, 2 * N_MIDDLE - 1)
    middle = np.linspace(0, 1, N_MIDDLE + 2)[1:-1]
    logit = np.linspace(-TAIL, np.log(middle[0] / (1 - middle[0])), N_TAIL + 1)[:-1]
    tail = 1 / (1 + np.exp(-logit))
    return np.concatenate([tail, middle, 1 - tail[::-1]])


def spinodals(law: PhaseForming, c: Coefficients, T: float) -> Array:
    r"""Compositions where :math:`\partial^2 g/\partial x^2 = 0`, ascending (n_sample, n_root), unused columns NaN."""
    return _collected(law, c, T, lambda part: [_spinodals(part)])[0]


def gaps(law: PhaseForming, c: Coefficients, T: float) -> Gaps:
    """All stretches that are bridged in equilibrium: common tangents, also where one ends at an end of a finite law."""
    return Gaps(*_collected(law, c, T, _gaps))


def branch(law: PhaseForming, c: Coefficients, T: float, *, lithiation: bool) -> Gaps:
    """Plateaus of the metastable branches that a host follows when it is filled (lithiation) or emptied.

    On the way a host stays on its curve until the spinodal, then passes at that voltage to where the curve has it again:
    the lower envelope of all voltages passed on lithiation, the upper one of those still to come on delithiation.
    """
    return Gaps(*_collected(law, c, T, lambda part: _branch(part, lithiation)))


@dataclass(frozen=True, eq=False)
class _Part:
    """Some of the samples with their grids and the free energy on them."""

    samples: Rows
    """Where they stand among all (n,)."""
    x: Array
    """Compositions (n, n_x)."""
    potential: Evaluate
    r""":math:`\mu` [RT]."""
    curvature: Evaluate
    r""":math:`\partial\mu/\partial x` [RT]."""
    energy: Evaluate
    """g [RT]."""
    thermal: float
    """RT/F [V]."""

    @property
    def n(self) -> int:
        return len(self.x)

    def concave(self) -> NDArray[np.bool_]:
        """Where the curvature is not positive (n, n_x)."""
        return ~(self.curvature(np.arange(self.n), self.x) > 0)


def _collected(law: PhaseForming, c: Coefficients, T: float, find: Callable[[_Part], list[Array]]) -> list[Array]:
    """What is found in all parts, a row for each sample, padded with NaN to one width."""
    columns = {name: np.atleast_1d(np.asarray(c[name], float)).reshape(-1) for name in law.names}
    n = max(len(column) for column in columns.values())
    columns = {name: np.broadcast_to(column, n) for name, column in columns.items()}
    parts = [(part.samples, find(part)) for start in range(0, n, CHUNK) for part in _parts(law, columns, T, start)]
    tables = []
    for k in range(len(parts[0][1])):
        whole = np.full((n, max(found[k].shape[1] for _, found in parts)), np.nan)
        for samples, found in parts:
            whole[samples, : found[k].shape[1]] = found[k]
        tables.append(whole)
    return tables


def _parts(law: PhaseForming, columns: dict[str, Array], T: float, start: int) -> list[_Part]:
    """One chunk of samples; those that nearly touch a critical point by themselves, on finer grids."""
    finite = finite_at_ends(law)
    grid = composition_grid(ends=finite)
    samples = np.arange(start, min(start + CHUNK, len(next(iter(columns.values())))))
    part = _part(law, columns, T, samples, np.broadcast_to(grid, (len(samples), len(grid))))
    curvature = part.curvature(np.arange(part.n), part.x)
    scaled = curvature if finite else curvature * grid * (1 - grid)
    touching = _touching(scaled)
    near = np.flatnonzero(touching[:, 0] >= 0)
    if not len(near):
        return [part]
    shared = np.broadcast_to(grid, (len(near), len(grid)))
    finer = np.sort(np.concatenate([shared, *(_about(grid, touching[near, k]) for k in range(N_TOUCHING))], axis=1), axis=1)
    same = np.diff(finer, axis=1) <= 0  # compositions that coincide would make a hull's edge of no width
    while same.any():
        finer[:, 1:][same] = np.nextafter(np.maximum(finer[:, 1:], finer[:, :-1])[same], 2.0)
        same = np.diff(finer, axis=1) <= 0
    parts = [_part(law, columns, T, samples[near], finer)]
    rest = np.setdiff1d(samples, samples[near])
    if len(rest):
        parts.append(_part(law, columns, T, rest, np.broadcast_to(grid, (len(rest), len(grid)))))
    return parts


def _touching(curvature: Array) -> Rows:
    """Points of the grid (n, N_TOUCHING) at which a curvature nearly touches zero; -1 for none."""
    inner = curvature[:, 1:-1]
    with np.errstate(invalid="ignore"):
        lowest = (inner <= curvature[:, :-2]) & (inner <= curvature[:, 2:])
        highest = (inner >= curvature[:, :-2]) & (inner >= curvature[:, 2:])
        size = np.where(lowest | highest, np.abs(inner), np.inf) / np.nanmean(np.abs(curvature), axis=1, keepdims=True)
    order = np.argsort(size, axis=1)[:, :N_TOUCHING]
    return np.where(np.take_along_axis(size, order, axis=1) < NEAR, order + 1, -1)


def _about(grid: Array, place: Rows) -> Array:
    """Compositions (n, n_finer) between a point's neighbours; the grid's first point for -1."""
    low, high = grid[np.maximum(place - 1, 0)], grid[np.minimum(place + 1, len(grid) - 1)]
    finer = np.linspace(low, high, N_FINER + 2, axis=1)[:, 1:-1]
    return np.where(place[:, None] >= 0, finer, grid[0])


def _part(law: PhaseForming, columns: dict[str, Array], T: float, samples: Rows, x: Array) -> _Part:
    thermal = GAS_CONSTANT * T
    own = {name: column[samples] for name, column in columns.items()}

    def pick(rows: Rows, x: Array) -> dict[str, Array]:
        return {name: column[rows].reshape(-1, *[1] * (x.ndim - 1)) for name, column in own.items()}

    def potential(rows: Rows, x: Array) -> Array:
        return np.asarray(-FARADAY / thermal * law.open_circuit_voltage(pick(rows, x), x, T))

    def curvature(rows: Rows, x: Array) -> Array:
        x = np.maximum(x, 1e-12)  # Θ/x at the lower end of a law that is finite there
        return np.asarray(law.thermodynamic_factor(pick(rows, x), x, T) / x)

    def energy(rows: Rows, x: Array) -> Array:
        return np.asarray(law.free_energy(pick(rows, x), x, T) / thermal)

    return _Part(samples, x, potential, curvature, energy, thermal / FARADAY)


def _table(n: int, rows: Rows, *columns: Array) -> list[Array]:
    """Values (n_found,) of rows that ascend, each as a table (n, width) padded with NaN."""
    counts = np.bincount(rows, minlength=n)
    place = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    tables = []
    for column in columns:
        table = np.full((n, int(counts.max(initial=0))), np.nan)
        table[rows, place] = column
        tables.append(table)
    return tables


def _root(value: Evaluate, slope: Evaluate, low: Array, high: Array, start: Array) -> Array:
    """Roots (n,) of functions that change sign once between two compositions each: Newton's steps where they stay inside."""
    x, active = start.copy(), np.arange(len(start))
    low, high = low.copy(), high.copy()
    rising = value(active, high) > 0
    for _ in range(N_INNER):
        at, f = x[active], value(active, x[active])
        above = (f > 0) == rising[active]
        high[active], low[active] = np.where(above, at, high[active]), np.where(above, low[active], at)
        with np.errstate(divide="ignore", invalid="ignore"):
            new = at - f / slope(active, at)
        # so small a step may lead out of the bracket by round-off alone: the far end must not be halved towards then
        small = np.maximum(ROUND_OFF * np.minimum(at, 1 - at), 4 * np.spacing(at))
        done = (np.abs(new - at) <= small) | (high[active] - low[active] <= small) | (f == 0)
        inside = (new > low[active]) & (new < high[active])
        x[active] = np.where(done, at, np.where(inside, new, _between(low[active], high[active])))
        active = active[~done]
        if not len(active):
            break
    return x


def _between(low: Array, high: Array) -> Array:
    """Middle of two compositions, in ln(x/(1-x)) where they are inside (0, 1): a root may lie close to an end."""
    inner = (low > 0) & (high < 1)
    a, b = np.where(inner, low, 0.5), np.where(inner, high, 0.5)
    middle = 1 / (1 + np.sqrt((1 - a) * (1 - b) / (a * b)))
    return np.where(inner, middle, (low + high) / 2)


def _spinodals(part: _Part) -> Array:
    concave = part.concave()
    rows, left = np.nonzero(concave[:, 1:] != concave[:, :-1])
    roots = _spinodal_roots(part, rows, left)
    return _table(part.n, rows, roots)[0]


def _spinodal_roots(part: _Part, rows: Rows, left: Rows) -> Array:
    low, high = part.x[rows, left], part.x[rows, left + 1]
    span = np.maximum(1e-6 * (high - low), 1e-16)

    def value(own: Rows, x: Array) -> Array:
        return part.curvature(rows[own], x)

    def slope(own: Rows, x: Array) -> Array:
        h = np.minimum(span[own], np.minimum(x, 1 - x) / 4 + 1e-16)
        return (part.curvature(rows[own], x + h) - part.curvature(rows[own], x - h)) / (2 * h)

    return _root(value, slope, low, high, (low + high) / 2) if len(rows) else np.empty(0)


def lower_hull(x: Array, g: Array, convex: NDArray[np.bool_]) -> list[tuple[Rows, Rows, Rows]]:
    """Edges (sample, left, right) of the lower convex hulls of curves (n_sample, n_x), by a monotone chain for all at once.

    Only convex points and the two ends can be touched by a tangent; others are left out, lest round-off puts one on a hull.

    References
    ----------
    Andrew, Inf. Process. Lett. 9, 216 (1979).
    """
    n, m = g.shape
    stack = np.zeros((n, m), dtype=np.intp)
    size = np.ones(n, dtype=np.intp)
    every = np.arange(n)
    for i in range(1, m):
        own = every[convex[:, i]] if i < m - 1 else every
        active = own[size[own] >= 2]
        while len(active):
            a, b = stack[active, size[active] - 2], stack[active, size[active] - 1]
            ga, gb, gi = g[active, a], g[active, b], g[active, i]
            xa, xb, xi = x[active, a], x[active, b], x[active, i]
            drop = (gb - ga) * (xi - xa) >= (gi - ga) * (xb - xa)
            active = active[drop]
            size[active] -= 1
            active = active[size[active] >= 2]
        stack[own, size[own]] = i
        size[own] += 1
    edges = []
    for k in range(int(size.max()) - 1):
        own = every[size > k + 1]
        edges.append((own, stack[own, k], stack[own, k + 1]))
    return edges


def _bridges(part: _Part, concave: NDArray[np.bool_]) -> tuple[Rows, Rows, Rows]:
    """Hull edges (sample, left, right) that span something concave, samples ascending."""
    own = np.flatnonzero(concave.any(axis=1))
    if not len(own):
        return (np.empty(0, dtype=np.intp),) * 3
    x = part.x[own]
    g = part.energy(own, x)
    g = g - g[:, [0]] - (g[:, [-1]] - g[:, [0]]) * (x - x[:, [0]]) / (x[:, [-1]] - x[:, [0]])
    before = np.concatenate([np.zeros((len(own), 1), dtype=int), np.cumsum(concave[own], axis=1)], axis=1)
    found = []
    for sample, left, right in lower_hull(x, g, ~concave[own]):
        spans = before[sample, right + 1] - before[sample, left] > 0
        found.append(np.stack([own[sample[spans]], left[spans], right[spans]]))
    edges = np.concatenate(found, axis=1)
    edges = edges[:, np.lexsort((edges[1], edges[0]))]
    return edges[0], edges[1], edges[2]


def _gaps(part: _Part) -> list[Array]:
    concave = part.concave()
    rows, left, right = _bridges(part, concave)
    if not len(rows):
        return [np.empty((part.n, 0))] * 3
    last = part.x.shape[1] - 1
    fixed = left == 0, right == last
    # each end lies where the curve is convex, between the grid's neighbour outside and the spinodal inside
    first, final = _first_concave(concave, rows, left, right)
    outer = np.maximum(left - 1, 0), np.minimum(right + 1, last)
    inner = (_spinodal_roots(part, rows, k) for k in (np.maximum(first - 1, 0), np.minimum(final, last - 1)))
    brackets = [(part.x[rows, outer[0]], next(inner)), (next(inner), part.x[rows, outer[1]])]
    ends = [part.x[rows, left], part.x[rows, right]]
    slope, active = np.full(len(rows), np.nan), np.arange(len(rows))
    for _ in range(N_OUTER):
        g = [part.energy(rows[active], end[active]) for end in ends]
        new = (g[1] - g[0]) / (ends[1] - ends[0])[active]
        settled = np.abs(new - slope[active]) <= 1e-13 * (1 + np.abs(new))
        slope[active] = new
        for k, (low, high) in enumerate(brackets):
            moved = _at_potential(part, rows[active], new, low[active], high[active], ends[k][active])
            ends[k][active] = np.where(fixed[k][active], ends[k][active], moved)
        active = active[~settled]
        if not len(active):
            break
    return _table(part.n, rows, *ends, -slope * part.thermal)


def _first_concave(concave: NDArray[np.bool_], rows: Rows, left: Rows, right: Rows) -> tuple[Rows, Rows]:
    """First and last concave point of the grid within each edge."""
    place = np.arange(concave.shape[1])
    inside = concave[rows] & (place >= left[:, None]) & (place <= right[:, None])
    return inside.argmax(axis=1), concave.shape[1] - 1 - inside[:, ::-1].argmax(axis=1)


def _at_potential(part: _Part, rows: Rows, potential: Array, low: Array, high: Array, start: Array) -> Array:
    """Where the curve's potential is the given one (n,); the end of the bracket that is nearest where it is nowhere."""

    def miss(own: Rows, x: Array) -> Array:
        return part.potential(rows[own], x) - potential[own]

    def slope(own: Rows, x: Array) -> Array:
        return part.curvature(rows[own], x)

    every = np.arange(len(rows))
    below, above = miss(every, low) >= 0, miss(every, high) <= 0
    root = _root(miss, slope, low, high, np.clip(start, low, high))
    return np.where(below, low, np.where(above, high, root))


def _branch(part: _Part, lithiation: bool) -> list[Array]:
    concave = part.concave()
    first = concave[:, 1:] & ~concave[:, :-1] if lithiation else ~concave[:, 1:] & concave[:, :-1]
    rows, left = np.nonzero(first)
    if not len(rows):
        return [np.empty((part.n, 0))] * 3
    start = _spinodal_roots(part, rows, left)
    own, inverse = np.unique(rows, return_inverse=True)
    curve = part.potential(own, part.x[own])[inverse]
    here = part.potential(rows, start)
    # behind the spinodal the curve comes back to this potential; it may not come back before an end
    place, last = np.arange(part.x.shape[1]), part.x.shape[1] - 1
    beyond = place > left[:, None] + 1 if lithiation else place < left[:, None]
    back = beyond & ((curve >= here[:, None]) if lithiation else (curve <= here[:, None]))
    at = back.argmax(axis=1) if lithiation else last - back[:, ::-1].argmax(axis=1)
    ends = (np.maximum(at - 1, 0), at) if lithiation else (at, np.minimum(at + 1, last))
    low, high = part.x[rows, ends[0]], part.x[rows, ends[1]]
    found = _at_potential(part, rows, here, low, high, (low + high) / 2)
    end = np.where(back.any(axis=1), found, part.x[rows, last if lithiation else 0])
    low, high = (start, end) if lithiation else (end, start)
    keep = ~_within_another(part.n, rows, low, high)
    return _table(part.n, rows[keep], low[keep], high[keep], -here[keep] * part.thermal)


def _within_another(n: int, rows: Rows, low: Array, high: Array) -> NDArray[np.bool_]:
    """Whether a plateau lies within a wider one of the same sample: it is never entered."""
    place, a, b = _table(n, rows, np.arange(len(rows), dtype=float), low, high)
    with np.errstate(invalid="ignore"):
        inside = (a[:, :, None] >= a[:, None, :]) & (b[:, :, None] <= b[:, None, :])
    inside &= ~np.eye(a.shape[1], dtype=bool)
    return np.asarray(np.any(inside, axis=2))[np.isfinite(place)]
