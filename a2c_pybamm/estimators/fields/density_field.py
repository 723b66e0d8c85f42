"""Densities of particles on a grid: number, charge, mass and momentum."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import pairwise
from math import prod
from numbers import Real

import numpy as np

from a2c_pybamm.data import Array, Configurations, FrameBlock, GridField, validate_mean_cell
from a2c_pybamm.estimators.fields.field_grid import CRITERION, FieldGrid, too_many
from a2c_pybamm.estimators.fields.frame_runs import effective_blocks, frames_by_block, validate_blocks
from a2c_pybamm.estimators.fields.grid_deposit import Shape
from a2c_pybamm.estimators.fields.kernels import DIRECTIONS, Gaussian, Kernel, SplineKernel, validate_kernel
from a2c_pybamm.estimators.fields.weighted_particles import (
    Weight,
    WeightedParticles,
    momentum_of_particles,
    weighted_particles,
)
from a2c_pybamm.estimators.fingerprint import traced_provenance


def density_field(
    configurations: Configurations,
    kernel: Kernel,
    *,
    grid: tuple[int, int, int] | float,
    weight: Weight = "number",
    species: str | Collection[str] | None = None,
    charges: Mapping[str, float] | None = None,
    n_block: int = 10,
    voxel_average: bool | None = None,
) -> GridField:
    r"""Density of particles on a grid of the cell, with the error of its mean.

    .. math:: c(\mathbf r) = \Bigl\langle\sum_n w_n W(\mathbf r - \mathbf r_n)\Bigr\rangle

    with all periodic images. Its integral over the cell is the sum of the weights, to round-off. Where the cell changes, places
    are fractions of its vectors, and the mean is over numbers per fraction, divided by the mean cell's volume.

    Of a Gaussian, values are those at the grid's points, from Fourier coefficients: within some 1e-7 of the direct sum
    (`density_at`). Kernels with edges are averaged over the voxels about the points, exactly where the cell is orthorhombic
    along the axes and the kernel a product of splines; otherwise from Fourier coefficients, which the average over a voxel
    damps, so that a jump leaves ripples of about a hundredth of it.

    Parameters
    ----------
    grid
        Points along each cell vector, 1 for the average along it; or their largest distance [m] in the first frame.
    weight
        ``"number"``, ``"mass"``, ``"charge"``, or a number for each species.
    species
        One chemical symbol or some; all particles if not given.
    charges
        Formal charge of each species [elementary charges], in place of those of the configurations.
    n_block
        Blocks of frames whose scatter gives the error. With as many blocks as frames, ``blocks`` are the fields of each frame.
    voxel_average
        True for averages over voxels of a Gaussian too, however narrow.

    Raises
    ------
    ValueError
        If the grid does not resolve the kernel, no particle is chosen, charges are missing, there are fewer frames than blocks,
        or a particle is too near to a face of the cell that is not periodic.

    References
    ----------
    I. Goldhirsch, Granular Matter 12 (2010) 239, eqs 5 to 7.
    """
    chosen = weighted_particles(configurations, weight, species, charges)
    return _field(configurations, kernel, grid, chosen, n_block, voxel_average)


def momentum_field(
    configurations: Configurations,
    kernel: Kernel,
    *,
    grid: tuple[int, int, int] | float,
    species: str | Collection[str] | None = None,
    n_block: int = 10,
    voxel_average: bool | None = None,
) -> GridField:
    r"""Momentum density :math:`\langle\sum_n m_n\mathbf v_n W(\mathbf r - \mathbf r_n)\rangle` on a grid, as `density_field`.

    ``blocks`` have the shape (n_block, 3, nx, ny, nz).

    Raises
    ------
    ValueError
        As `density_field`, and if the configurations have no velocities.
    """
    return _field(configurations, kernel, grid, momentum_of_particles(configurations, species), n_block, voxel_average)


def _field(
    configurations: Configurations,
    kernel: Kernel,
    grid: tuple[int, int, int] | float,
    chosen: WeightedParticles,
    n_block: int,
    voxel_average: bool | None,
) -> GridField:
    """The field of chosen particles."""
    validate_kernel(kernel)
    average = not isinstance(kernel, Gaussian) if voxel_average is None else voxel_average
    if not average and not isinstance(kernel, Gaussian):
        raise ValueError(
            f"{chosen.quantity}: a {type(kernel).__name__} has edges, its values at points do not keep the integral; leave out "
            "voxel_average=False, or take density_at"
        )
    validate_blocks(configurations, n_block)
    first = next(iter(configurations.blocks()))
    on_grid = FieldGrid(kernel, _points(grid, first.cell[0]), average)
    shape = (n_block, len(chosen.components(first)), *on_grid.shape)
    if prod(shape) > CRITERION.most_points:
        raise ValueError(
            f"{chosen.quantity}: {n_block} blocks of {' x '.join(map(str, on_grid.shape))} points, more than "
            f"{CRITERION.most_points} numbers; take fewer points or blocks"
        )
    blocks = np.zeros(shape)
    cells, frames_of = np.zeros((DIRECTIONS, DIRECTIONS)), np.zeros(n_block)
    for block, frames in frames_by_block(configurations, n_block):
        _validate_faces(chosen, frames, configurations.periodic, on_grid)
        blocks[block] += _sum_of_frames(on_grid, chosen, frames)
        cells += frames.cell.sum(axis=0)
        frames_of[block] += len(frames.positions)
    cell = cells / configurations.n_frame
    validate_mean_cell(cell, chosen.quantity)
    blocks /= (frames_of * abs(np.linalg.det(cell))).reshape(-1, *[1] * (blocks.ndim - 1))
    blocks = blocks if chosen.momentum else blocks[:, 0]
    blocks.setflags(write=False)  # the record takes what is read-only without a copy
    provenance = {
        "configurations": traced_provenance(configurations),
        "kernel": repr(kernel),
        "averaged over voxels": average,
        "frames": configurations.n_frame,
        **chosen.described(),
    }
    return GridField(
        chosen.quantity,
        chosen.unit,
        blocks,
        frames_of / configurations.n_frame,
        effective_blocks(blocks),
        cell=cell,
        voxel_average=average,
        provenance=provenance,
    )


def _points(grid: tuple[int, int, int] | float, cell: Array) -> Shape:
    """Points along each cell vector."""
    if isinstance(grid, Real):
        lengths = np.linalg.norm(cell, axis=1)
        if not 0 < grid <= lengths.max():
            raise ValueError(
                f"field: grid of {grid:g} m in a cell of at most {lengths.max():.3g} m; give the largest distance of points "
                "[m], or three numbers of points"
            )
        numbers = np.ceil(lengths / float(grid))
        if too_many(numbers):
            raise ValueError(f"field: grid of {grid:g} m has more than {CRITERION.most_points} points; give a larger distance")
        grid = tuple(numbers.astype(int).tolist())
    points = list(grid) if isinstance(grid, Iterable) else []
    if len(points) != DIRECTIONS or not all(isinstance(n, int | np.integer) and n > 0 for n in points):
        raise ValueError(f"field: grid {grid!r}; give three whole numbers of points, or their largest distance [m]")
    nx, ny, nz = map(int, points)
    return nx, ny, nz


def _sum_of_frames(on_grid: FieldGrid, chosen: WeightedParticles, frames: FrameBlock) -> Array:
    """The field times the cell's volume (n_component, *shape), summed over frames."""
    positions, weights = chosen.positions(frames), chosen.components(frames)
    n_component, n_particle = len(weights), positions.shape[1]
    edges = np.diagonal(frames.cell, axis1=1, axis2=2)
    upright = (edges > 0).all() and np.count_nonzero(frames.cell) == edges.size
    if on_grid.voxel_average and isinstance(on_grid.kernel, SplineKernel) and upright:
        of_each = np.repeat(edges, n_particle, axis=0)
        return on_grid.of_edges(of_each, positions.reshape(-1, DIRECTIONS), weights.reshape(n_component, -1))
    total = np.zeros((n_component, *on_grid.shape))
    for part in _equal_cells(frames.cell):
        total += on_grid.of_cell(
            frames.cell[part.start], positions[part].reshape(-1, DIRECTIONS), weights[:, part].reshape(n_component, -1)
        )
    return total


def _equal_cells(cells: Array) -> Iterator[slice]:
    """Frames between changes of the cell."""
    changes = np.flatnonzero((cells[1:] != cells[:-1]).any(axis=(1, 2))) + 1
    for first, end in pairwise([0, *changes.tolist(), len(cells)]):
        yield slice(first, end)


def _validate_faces(
    chosen: WeightedParticles, frames: FrameBlock, periodic: tuple[bool, bool, bool], on_grid: FieldGrid
) -> None:
    """Raise ``ValueError`` where a kernel reaches over a face of the cell that is not periodic: it would come in opposite."""
    for axis in range(DIRECTIONS):
        if periodic[axis] or on_grid.shape[axis] == 1:
            continue
        inverse = np.linalg.inv(frames.cell)[:, :, axis]
        width = 1 / np.linalg.norm(inverse, axis=1)
        fraction = np.einsum("fpk,fk->fp", chosen.positions(frames), inverse)
        least = (np.minimum(fraction.min(axis=1), 1 - fraction.max(axis=1)) * width).min()
        reach = on_grid.kernel.support * float(np.abs(inverse * width[:, None]).sum(axis=1).max())
        if least < reach:
            raise ValueError(
                f"{chosen.quantity}: a particle is {least:.3g} m from a face of the cell that is not periodic (vector {axis}), "
                f"the kernel reaches {reach:.3g} m; give a cell with more empty space, or take density_at, without images there"
            )
