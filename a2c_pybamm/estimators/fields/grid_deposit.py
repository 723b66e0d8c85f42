"""Particles spread over a periodic grid, by weights that are products over the cell vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix
from scipy.special import i0

from a2c_pybamm.data import Array
from a2c_pybamm.estimators.fields.kernels import SplineKernel

Shape = tuple[int, int, int]
Places = NDArray[np.int32]
AxisWeights = tuple[Places, Array]
"""First grid point that each particle reaches along a cell vector (n_particle,), before the cell is closed, and the weights at
it and those that follow (n_particle, n_reached)."""
AxisRule = Callable[[int, NDArray[np.intp]], AxisWeights]
"""Weights along a cell vector, by its number, of some particles, by theirs."""


@dataclass(frozen=True)
class Spreading:
    """Kaiser and Bessel's window, by which particles reach grid points so that Fourier coefficients can be read from the grid.

    With a Gaussian of two grid steps or more what is left is 1e-7 of one particle's peak (2026-11-29); B-splines need
    ten points for 3e-7.
    """

    width: int = 8
    """Grid points that a particle reaches along each cell vector."""
    shape: float = 2.34
    """Parameter of the window, times the width."""
    degree: int = 12
    """Degree of the polynomials that stand for the window between two points, to 1e-9."""
    slab: int = 32
    """Grid points along the third cell vector whose particles are spread together."""
    particles_at_once: int = 8192
    """Particles that are spread together, at the most."""


SPREADING = Spreading()
"""Settings of all grids."""


def deposit(fractions: Array, weights: Array, rule: AxisRule, shape: Shape) -> Array:
    """Sums over particles of weights times the products of three axes' weights, at each grid point (n_component, *shape).

    Two axes make a sparse matrix of grid columns by particles, the third one a dense matrix as long as a slab of the grid:
    their product takes a fifth of the time of counting one by one.

    Parameters
    ----------
    fractions
        Places in fractions of the cell vectors (n_particle, 3), from 0 to 1.
    weights
        (n_component, n_particle).
    """
    total = np.zeros((shape[0] * shape[1], len(weights), shape[2]))
    for particles in _neighbours(fractions, shape):
        (ix, wx), (iy, wy), (iz, wz) = (rule(axis, particles) for axis in range(len(shape)))
        first, n = int(iz.min()), len(particles)
        columns = _closed(ix, wx, shape[0])[:, :, None] * np.int32(shape[1]) + _closed(iy, wy, shape[1])[:, None]
        products = wx[:, :, None] * wy[:, None]
        in_columns = csc_matrix((products.ravel(), columns.ravel(), np.arange(n + 1) * columns[0].size), shape=(len(total), n))
        along = np.zeros((n, len(weights), int(iz.max()) - first + wz.shape[1]))
        component, reached = np.arange(len(weights))[:, None], np.arange(wz.shape[1])
        along[np.arange(n)[:, None, None], component, (iz - first)[:, None, None] + reached] = (
            weights.T[particles, :, None] * wz[:, None]
        )
        sums = (in_columns @ along.reshape(n, -1)).reshape(len(total), *along.shape[1:])
        _add_closed(total, sums, first)
    return np.moveaxis(total.reshape(*shape[:2], len(weights), shape[2]), 2, 0)


def _neighbours(fractions: Array, shape: Shape) -> Iterator[NDArray[np.intp]]:
    """Particles in groups, each of one slab, and sorted by their places along the first cell vector."""
    column, slab = ((fractions[:, axis] * shape[axis]).astype(np.int32) for axis in (0, 2))
    slab //= SPREADING.slab
    order = np.argsort(slab * np.int32(shape[0] + 1) + column)
    ends = np.flatnonzero(np.diff(slab[order])) + 1
    for group in np.split(order, ends):
        for first in range(0, len(group), SPREADING.particles_at_once):
            yield group[first : first + SPREADING.particles_at_once]


def _closed(first: Places, weights: Array, n: int) -> Places:
    """Grid points that particles reach, in a cell of n points that repeats (n_particle, n_reached)."""
    return np.remainder(first[:, None] + np.arange(weights.shape[1], dtype=np.int32), np.int32(n), dtype=np.int32)


def _add_closed(total: Array, sums: Array, first: int) -> None:
    """Add sums at grid points from the first on to those of a cell that repeats, along the last axis."""
    n, done = total.shape[-1], 0
    while done < sums.shape[-1]:
        place = (first + done) % n
        upto = min(sums.shape[-1], done + n - place)
        total[..., place : place + upto - done] += sums[..., done:upto]
        done = upto


def window_weights(fractions: Array, n: int) -> AxisWeights:
    """Grid points and weights of the window along a cell vector of n points, of fractions of it (n_particle,)."""
    if n == 1:
        return _all_in_one(len(fractions))
    place = fractions * n
    before = np.floor(place)
    powers = np.vander(place - before - 0.5, SPREADING.degree + 1, increasing=True)
    return before.astype(np.int32) + np.int32(1 - SPREADING.width // 2), powers @ _window_polynomials()


def window_transform(n: int) -> Array:
    """Fourier coefficients of the window on a grid of n points (n,), as ``fftfreq`` has them."""
    if n == 1:
        return np.ones(1)
    shape = SPREADING.shape * SPREADING.width
    root = np.sqrt((shape**2 - (np.pi * SPREADING.width * np.fft.fftfreq(n)) ** 2).astype(complex))
    return (SPREADING.width * np.sinh(root) / root).real / i0(shape)


@lru_cache(maxsize=1)
def _window_polynomials() -> Array:
    """Coefficients of the window's weights in powers of the place between two points less a half (degree + 1, width)."""
    n_node = (SPREADING.degree + 1) * 2
    nodes = np.cos(np.pi * (np.arange(n_node) + 0.5) / n_node) / 2
    points = np.arange(1 - SPREADING.width // 2, 1 + SPREADING.width // 2)
    distance = 2 * (nodes[:, None] + 0.5 - points) / SPREADING.width
    shape = SPREADING.shape * SPREADING.width
    values = i0(shape * np.sqrt(1 - distance**2)) / i0(shape)
    return np.linalg.lstsq(np.vander(nodes, SPREADING.degree + 1, increasing=True), values, rcond=None)[0]


def voxel_weights(fractions: Array, n: int, edges: Array, kernel: SplineKernel) -> AxisWeights:
    """Shares of a kernel's weight along one axis in the n voxels of an orthorhombic cell, centred at i/n; their sums are one.

    Parameters
    ----------
    fractions
        Of the cell's edge (n_particle,).
    edges
        Length of the cell's edge [m] (n_particle,), which may change from frame to frame.
    """
    if n == 1:
        return _all_in_one(len(fractions))
    step = edges / n
    place = fractions * n
    reach = float((kernel.support / step).max())
    first = np.floor(place - reach + 0.5)
    n_reached = int(np.ceil(2 * reach)) + 1
    borders = first[:, None] + np.arange(n_reached + 1) - 0.5
    shares = np.diff(kernel.cumulative((borders - place[:, None]) * step[:, None]), axis=1)
    if n_reached > n:  # the kernel meets its own images
        shares = np.pad(shares, ((0, 0), (0, -n_reached % n))).reshape(len(shares), -1, n).sum(axis=1)
    return first.astype(np.int32), shares


def _all_in_one(n_particle: int) -> AxisWeights:
    """Weights of an axis with one grid point, the average along it."""
    return np.zeros(n_particle, np.int32), np.ones((n_particle, 1))
