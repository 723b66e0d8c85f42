"""Fields that particles make when they are smoothed, as means over blocks of frames: on a grid, at points, across a plane."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import stdtrit

from a2c_pybamm.data.record import Array, freeze

GRID_AXES = tuple(range(-len("abc"), 0))
"""Axes of a grid, the last three of an array."""


@dataclass(frozen=True, eq=False)
class BlockMeans(ABC):
    """Means of a field over consecutive blocks of frames.

    Raises
    ------
    ValueError
        If blocks do not have the shape of the places, behind three components of a vector or none, a value is not finite, or
        shares and the number of effective blocks are not those of as many blocks.
    """

    quantity: str
    """Name of the field, ``"number density of Li"``."""
    unit: str
    """Unit in PyBaMM's spelling, ``"m-3"``."""
    blocks: Array
    """[unit] (n_block, …): behind the first axis components of a vector where there are any, then places."""
    shares: Array
    """Share of each block in the mean (n_block,); their sum is one."""
    effective_blocks: float
    """Number of independent blocks with the same error of the mean: fewer than there are, where neighbours are correlated, and
    one at the least."""
    provenance: Mapping[str, Any] = field(default_factory=dict, kw_only=True)

    def __post_init__(self) -> None:
        n, *shape = self.blocks.shape
        if tuple(shape) not in (self.places, (len(GRID_AXES), *self.places)):
            raise ValueError(
                f"{self.quantity}: blocks have shape {self.blocks.shape}, the places {self.places}; give blocks first"
            )
        if self.shares.shape != (n,) or not 1 <= self.effective_blocks <= n or not np.isclose(self.shares.sum(), 1):
            raise ValueError(
                f"{self.quantity}: {n} blocks, {self.effective_blocks:g} effective ones, shares of shape {self.shares.shape}; "
                "give a share for each, with sum 1"
            )
        with np.errstate(invalid="ignore"):
            if not np.isfinite(self.blocks.sum()):
                raise ValueError(f"{self.quantity}: a value is not finite; leave out the frames that it comes from")
        freeze(self)

    @property
    @abstractmethod
    def places(self) -> tuple[int, ...]:
        """Shape of the places."""

    @property
    def mean(self) -> Array:
        """Mean over the run [unit] (…)."""
        return np.tensordot(self.shares, self.blocks, axes=1)

    @property
    def standard_error(self) -> Array:
        """Standard error of the mean [unit] (…), of the effective number of blocks.

        Raises
        ------
        ValueError
            If there is one block.
        """
        n = len(self.blocks)
        if n < 2:
            raise ValueError(f"{self.quantity}: one block has no error; take two blocks of frames or more with n_block=")
        square = np.tensordot(self.shares, (self.blocks - self.mean) ** 2, axes=1)
        return np.sqrt(square * n / (n - 1) / self.effective_blocks)

    def half_width(self, level: float = 0.95) -> Array:
        """Half of the interval [unit] (…) that holds the expectation with a probability, by Student's t.

        Raises
        ------
        ValueError
            If there are fewer than two effective blocks, or the probability does not lie between 0 and 1.
        """
        if not 0 < level < 1:
            raise ValueError(f"{self.quantity}: level is {level:g}; give a probability between 0 and 1")
        if self.effective_blocks < 2:
            raise ValueError(
                f"{self.quantity}: the run is as long as {self.effective_blocks:.2g} independent blocks, which give no "
                "interval; run longer"
            )
        return self.standard_error * stdtrit(self.effective_blocks - 1, (1 + level) / 2)


@dataclass(frozen=True, eq=False)
class GridField(BlockMeans):
    """A field on a grid of the periodic cell: at the points i/n of each cell vector, or averaged over the voxels about them."""

    cell: Array
    """Mean cell vectors in rows [m] (3, 3)."""
    voxel_average: bool
    """True for averages over voxels, whose sum times their volume is the integral; it is that of values at points as well."""

    @property
    def places(self) -> tuple[int, ...]:
        """Points along each cell vector (3,); one of them stands for an average along it."""
        return self.blocks.shape[-len(GRID_AXES) :]

    @property
    def fractions(self) -> tuple[Array, Array, Array]:
        """Places along each cell vector, in fractions of it (n,) each."""
        nx, ny, nz = (np.arange(n) / n for n in self.places)
        return nx, ny, nz

    @property
    def volume(self) -> float:
        """Volume of the mean cell [m3]."""
        return float(abs(np.linalg.det(self.cell)))

    @property
    def integral(self) -> Array:
        """Integral of the mean over the cell [unit times m3]: number, charge [C], mass [kg]; of a vector (3,)."""
        return self.mean.mean(axis=GRID_AXES) * self.volume


@dataclass(frozen=True, eq=False)
class PointField(BlockMeans):
    """A field at points."""

    points: Array
    """[m] (…, 3)."""

    @property
    def places(self) -> tuple[int, ...]:
        """Shape of the points, without their last axis."""
        return self.points.shape[:-1]


@dataclass(frozen=True, eq=False)
class FieldProfile(BlockMeans):
    """Averages of a field over planes of two cell vectors, along the direction normal to them."""

    position: Array
    """Distance along the normal from the plane of the origin [m] (n,)."""
    length: float
    """Distance of the cell's faces along the normal [m]."""
    axis: int
    """Cell vector that the planes do not hold."""
    area: float
    """Area of a plane [m2]."""

    @property
    def places(self) -> tuple[int, ...]:
        """Number of planes (1,)."""
        return self.position.shape
