r"""Free-energy curves of many samples on grids of composition, which are finer where a curvature nearly vanishes.

A sample is one set of coefficients, and a row of every array here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.laws.thermodynamics.free_energy import PhaseForming
from a2c_pybamm.laws.thermodynamics.ion import ion_of
from a2c_pybamm.laws.thermodynamics.lower_hull import Array, Indices

Evaluate = Callable[[Indices, Array], Array]
"""A function of rows of samples (n,) and compositions (n,) or (n, m)."""

SAMPLES_AT_ONCE = 5000
"""Samples whose curves are in memory together: 40 MB for each array on the grid."""
END_WIDTH = 2e-11
"""Compositions closer than this to empty or full count as the end itself: the grid begins there."""


@dataclass(frozen=True)
class CompositionGrid:
    """Settings of the grid of compositions on which curves are sampled, and of its refinement."""

    n_linear: int = 161
    """Compositions that are evenly spaced in x: stretches narrower than 0.006 are found by the refinement alone."""
    n_tail: int = 40
    """Compositions towards each end, evenly spaced in ln(x/(1-x))."""
    largest_logit: float = 25.0
    r"""Largest \|ln(x/(1-x))\|: x = 1.4e-11, below which floats no longer resolve 1 - x."""
    touching_share: float = 0.05
    """Curvature over its mean size below which an extremum of it nearly touches zero, so that the grid is made finer there."""
    n_between: int = 50
    """Compositions added between the neighbours of such an extremum."""


GRID = CompositionGrid()
"""Grid of all phase diagrams."""


@dataclass(frozen=True, eq=False)
class SampledCurves:
    """Some of the samples with their grids and functions."""

    samples: Indices
    """Their places among all samples (n_sample,)."""
    x: Array
    """Compositions (n_sample, n_x)."""
    potential: Evaluate
    r""":math:`\mu` [RT]."""
    curvature: Evaluate
    r""":math:`\partial\mu/\partial x` [RT]."""
    energy: Evaluate
    """g [RT]."""
    thermal_voltage: float
    """RT/(zF) [V]."""

    @property
    def n_sample(self) -> int:
        return len(self.x)

    @cached_property
    def curvature_on_grid(self) -> Array:
        """Curvature at all compositions [RT] (n_sample, n_x)."""
        return self.curvature(np.arange(self.n_sample), self.x)

    def concave(self) -> NDArray[np.bool_]:
        """True where the curvature is not positive (n_sample, n_x)."""
        return ~(self.curvature_on_grid > 0)


def finite_at_ends(law: PhaseForming) -> bool:
    """True where the voltage is finite at x = 0 and 1; a law that does not say is taken to have ideal mixing."""
    return not getattr(law, "mixing", 1.0)


def composition_grid(*, ends: bool) -> Array:
    """Compositions (n_x,): even in the middle, even in ln(x/(1-x)) towards each end; with the ends where finite."""
    if ends:
        return np.linspace(0, 1, 2 * GRID.n_linear - 1)
    middle = np.linspace(0, 1, GRID.n_linear + 2)[1:-1]
    logit = np.linspace(-GRID.largest_logit, np.log(middle[0] / (1 - middle[0])), GRID.n_tail + 1)[:-1]
    tail = 1 / (1 + np.exp(-logit))
    return np.concatenate([tail, middle, 1 - tail[::-1]])


def sampled_curves(law: PhaseForming, columns: Mapping[str, Array], T: float) -> Iterator[SampledCurves]:
    """Curves of all samples, each coefficient a column (n_sample,), as many at once as memory has room for."""
    n_sample = len(next(iter(columns.values())))
    for start in range(0, n_sample, SAMPLES_AT_ONCE):
        yield from _refined(law, columns, T, np.arange(start, min(start + SAMPLES_AT_ONCE, n_sample)))


def _refined(law: PhaseForming, columns: Mapping[str, Array], T: float, samples: Indices) -> Iterator[SampledCurves]:
    """Curves of these samples; those that nearly touch a critical point by themselves, on finer grids."""
    finite = finite_at_ends(law)
    grid = composition_grid(ends=finite)
    curves = _on_grid(law, columns, T, samples, np.broadcast_to(grid, (len(samples), len(grid))))
    curvature = curves.curvature_on_grid
    touching = _nearly_touching(curvature if finite else curvature * grid * (1 - grid))
    near = np.flatnonzero(touching[:, 0] >= 0)
    if not len(near):
        yield curves
        return
    yield _on_grid(law, columns, T, samples[near], _finer(grid, touching[near]))
    rest = np.setdiff1d(samples, samples[near])
    if len(rest):
        yield _on_grid(law, columns, T, rest, np.broadcast_to(grid, (len(rest), len(grid))))


def _nearly_touching(curvature: Array) -> Indices:
    """Two points of each grid (n_sample, 2) at which a curvature nearly touches zero; -1 for none."""
    inner = curvature[:, 1:-1]
    with np.errstate(invalid="ignore"):
        lowest = (inner <= curvature[:, :-2]) & (inner <= curvature[:, 2:])
        highest = (inner >= curvature[:, :-2]) & (inner >= curvature[:, 2:])
        size = np.where(lowest | highest, np.abs(inner), np.inf) / np.nanmean(np.abs(curvature), axis=1, keepdims=True)
    order = np.argsort(size, axis=1)[:, :2]
    return np.where(np.take_along_axis(size, order, axis=1) < GRID.touching_share, order + 1, -1)


def _finer(grid: Array, places: Indices) -> Array:
    """Grids (n_sample, n_x) with compositions added about the places (n_sample, 2), ascending and all different."""
    shared = np.broadcast_to(grid, (len(places), len(grid)))
    added = [_between_neighbours(grid, places[:, k]) for k in range(2)]
    finer = np.sort(np.concatenate([shared, *added], axis=1), axis=1)
    same = np.diff(finer, axis=1) <= 0  # compositions that coincide would make a hull's edge of no width
    while same.any():
        finer[:, 1:][same] = np.nextafter(np.maximum(finer[:, 1:], finer[:, :-1])[same], 2.0)
        same = np.diff(finer, axis=1) <= 0
    return finer


def _between_neighbours(grid: Array, place: Indices) -> Array:
    """Compositions (n_sample, n_between) between a point's neighbours; the grid's first point for -1."""
    low, high = grid[np.maximum(place - 1, 0)], grid[np.minimum(place + 1, len(grid) - 1)]
    finer = np.linspace(low, high, GRID.n_between + 2, axis=1)[:, 1:-1]
    return np.where(place[:, None] >= 0, finer, grid[0])


def _on_grid(law: PhaseForming, columns: Mapping[str, Array], T: float, samples: Indices, x: Array) -> SampledCurves:
    """Curves of these samples at compositions (n_sample, n_x)."""
    thermal, charge = GAS_CONSTANT * T, ion_of(law).valence * FARADAY
    selected = {name: column[samples] for name, column in columns.items()}

    def coefficients(rows: Indices, x: Array) -> dict[str, Array]:
        return {name: column[rows].reshape(-1, *[1] * (x.ndim - 1)) for name, column in selected.items()}

    def potential(rows: Indices, x: Array) -> Array:
        return np.asarray(-charge / thermal * law.open_circuit_voltage(coefficients(rows, x), x, T))

    def curvature(rows: Indices, x: Array) -> Array:
        x = np.maximum(x, 1e-12)  # Θ/x at the lower end of a law that is finite there
        return np.asarray(law.thermodynamic_factor(coefficients(rows, x), x, T) / x)

    def energy(rows: Indices, x: Array) -> Array:
        return np.asarray(law.free_energy(coefficients(rows, x), x, T) / thermal)

    return SampledCurves(samples, x, potential, curvature, energy, thermal / charge)
