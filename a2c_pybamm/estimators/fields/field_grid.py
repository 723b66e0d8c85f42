r"""Fields of one cell on a grid: by Fourier transforms of spread particles, or by products of weights of voxels.

.. math:: c(\mathbf r) = \frac1V\sum_{\mathbf k} \hat W(\mathbf k)\,S(\mathbf k)\,e^{i\mathbf k\cdot\mathbf r}, \qquad
   S(\mathbf k) = \sum_n w_n e^{-i\mathbf k\cdot\mathbf r_n}

with all periodic images, and :math:`S(0)` the sum of weights exactly.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfftn, rfftn

from a2c_pybamm.data import GRID_AXES, Array
from a2c_pybamm.estimators.fields.grid_deposit import (
    AxisWeights,
    Shape,
    deposit,
    voxel_weights,
    window_transform,
    window_weights,
)
from a2c_pybamm.estimators.fields.kernels import Gaussian, Kernel, SplineKernel


@dataclass(frozen=True)
class GridCriterion:
    """Widths that a grid resolves."""

    least_width: float = 1.0
    """Length of a Gaussian over the distance of grid points, at the least, where the field is sampled at points: one of half
    has an integral that is 1.4 % off, one of 1 is off by 5e-9."""
    spread_width: float = 2.0
    """The same on the grid of the transforms, which is finer than the field's where it must be."""
    edge_width: float = 4.0
    """Root of the second moment of another kernel over the distance of points on the grid of the transforms, at the least."""
    least_points: int = 16
    """Points of the grid of the transforms along each cell vector: twice the spreading's width."""
    most_points: int = 2**26
    """Points of the grid of the transforms, and numbers in all blocks of a field (512 MiB)."""
    most_images: int = 16
    """Cells that a kernel reaches along a cell vector, at the most, where they are summed one by one."""


CRITERION = GridCriterion()
"""Limits of all grids."""


@dataclass(frozen=True, eq=False)
class FieldGrid:
    """A kernel on a grid of the cell."""

    kernel: Kernel
    shape: Shape
    """Points of the field along each cell vector; one stands for the average along it."""
    voxel_average: bool
    """True for averages over the voxels about the points."""

    def of_cell(self, cell: Array, positions: Array, weights: Array) -> Array:
        """The field times the cell's volume (n_component, *shape), summed over frames with one cell.

        Parameters
        ----------
        positions
            [m] (n_particle, 3) of all frames.
        weights
            (n_component, n_particle).

        Raises
        ------
        ValueError
            If the grid does not resolve the kernel in this cell.
        """
        working = self._working(np.linalg.norm(cell, axis=1))
        fractions = positions @ np.linalg.inv(cell) % 1.0

        def rule(axis: int, particles: NDArray[np.intp]) -> AxisWeights:
            return window_weights(fractions[particles, axis], working[axis])

        coefficients = rfftn(deposit(fractions, weights, rule, working), axes=GRID_AXES, overwrite_x=True)
        coefficients *= self._factors(cell, working)
        field = irfftn(coefficients, s=working, axes=GRID_AXES, overwrite_x=True) * prod(working)
        steps = tuple(slice(None, None, n // m) for n, m in zip(working, self.shape, strict=True))
        field = field[(..., *steps)]
        return field + (weights.sum(axis=1) - field.mean(axis=GRID_AXES))[:, None, None, None]

    def of_edges(self, edges: Array, positions: Array, weights: Array) -> Array:
        """The same, averaged over voxels of orthorhombic cells with edges [m] (n_particle, 3), of a product of splines."""
        kernel, fractions = self.kernel, positions / edges % 1.0
        assert isinstance(kernel, SplineKernel)
        seen = [axis for axis, n in enumerate(self.shape) if n > 1]
        if seen and 2 * kernel.support > CRITERION.most_images * edges[:, seen].min():
            raise ValueError(
                f"field: a kernel of {2 * kernel.support:.3g} m reaches over more than {CRITERION.most_images} cells of "
                f"{edges[:, seen].min():.3g} m, where its density is the mean one; take a narrower kernel, or grid=(1, 1, 1)"
            )

        def rule(axis: int, particles: NDArray[np.intp]) -> AxisWeights:
            return voxel_weights(fractions[particles, axis], self.shape[axis], edges[particles, axis], kernel)

        return deposit(fractions, weights, rule, self.shape) * prod(self.shape)

    def _working(self, lengths: Array) -> Shape:
        """Points of the grid of the transforms, for cell vectors of these lengths [m] (3,)."""
        step = lengths / self.shape
        width = float(np.sqrt(self.kernel.second_moment))
        seen = np.array(self.shape) > 1
        if not self.voxel_average and (width < CRITERION.least_width * step[seen]).any():
            enough = np.where(seen, np.ceil(lengths * CRITERION.least_width / width), 1)
            points = f"{_times(enough)} points" if not too_many(enough) else "a wider one"
            raise ValueError(
                f"field: a grid of {_times(self.shape)}, {step[seen].max():.3g} m apart, does not resolve a kernel of "
                f"{width:.3g} m; take {points}, or averages over voxels (voxel_average=True)"
            )
        needed = CRITERION.spread_width if isinstance(self.kernel, Gaussian) else CRITERION.edge_width
        times = np.maximum(np.ceil(needed * step / width), np.ceil(CRITERION.least_points / np.array(self.shape)))
        working = np.where(seen, times * self.shape, 1)
        if too_many(working):
            raise ValueError(f"field: a kernel of {width:.3g} m needs transforms of {_times(working)} points; take a wider one")
        nx, ny, nz = working.astype(int).tolist()
        return nx, ny, nz

    def _factors(self, cell: Array, working: Shape) -> Array:
        """Factors of Fourier coefficients of spread particles (nx, ny, nz//2 + 1); zero at its Nyquist number."""
        numbers = [np.fft.fftfreq(n, 1 / n).astype(np.float64) for n in working]
        numbers[2] = numbers[2][: working[2] // 2 + 1]
        fx, fy, fz = (self._along(axis, working[axis], number) for axis, number in enumerate(numbers))
        reciprocal = 2 * np.pi * np.linalg.inv(cell).T
        kx, ky, kz = (number[:, None] * row for number, row in zip(numbers, reciprocal, strict=True))
        factors = np.empty((len(kx), len(ky), len(kz)))
        for plane, wave, along in zip(factors, kx, fx, strict=True):  # wave vectors of all would be three grids
            plane[:] = self.kernel.transform(wave + ky[:, None] + kz) * (along * fy[:, None] * fz)
        return factors

    def _along(self, axis: int, n: int, number: Array) -> Array:
        """Factors along one cell vector: the inverse of the window's, and the average over a voxel."""
        factor = 1 / window_transform(n)[: len(number)]
        if self.voxel_average:
            factor = factor * np.sinc(number / self.shape[axis])
        return np.where((n == 1) | (np.abs(number) < n / 2), factor, 0.0)


def too_many(numbers: Array) -> bool:
    """True where a grid of these numbers of points (3,) would have more than `GridCriterion` admits."""
    return float(np.log(numbers).sum()) > np.log(CRITERION.most_points)


def _times(shape: Iterable[float]) -> str:
    return " x ".join(f"{n:.9g}" for n in shape)
