"""Profiles across interfaces, slices, and configurations centred on a slab."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from a2c_pybamm.data import Array, Configurations, FieldProfile, FrameBlock, GridField, PointField
from a2c_pybamm.estimators.fields.frame_runs import effective_blocks
from a2c_pybamm.estimators.fields.kernels import DIRECTIONS
from a2c_pybamm.estimators.time_series.mean_squared_displacement import atoms_of


def field_profile(field: GridField, axis: int) -> FieldProfile:
    """Averages of a field over planes of two cell vectors, with errors of their own from the blocks.

    They are the averages of the smoothed particles over whole planes, exactly. Where nothing but the profile is wanted, a grid
    of one point along the other two vectors (``grid=(1, 1, 200)``) has the same at the cost of a line.

    Parameters
    ----------
    axis
        The cell vector that the planes do not hold, 0, 1 or 2.

    Raises
    ------
    ValueError
        If the axis is none.
    """
    kept = _axis(axis)
    others = tuple(axis - DIRECTIONS for axis in range(DIRECTIONS) if axis != kept)
    blocks = field.blocks.mean(axis=others)
    area = float(np.linalg.norm(np.cross(*(field.cell[i] for i in others))))
    return FieldProfile(
        field.quantity,
        field.unit,
        blocks,
        field.shares,
        effective_blocks(blocks),
        position=field.fractions[kept] * field.volume / area,
        length=field.volume / area,
        axis=kept,
        area=area,
        provenance=field.provenance,
    )


def field_slice(field: GridField, axis: int, fraction: float) -> PointField:
    """A field in the plane of grid points nearest to a fraction of a cell vector.

    Raises
    ------
    ValueError
        If the axis is none, or the fraction does not lie in [0, 1].
    """
    kept = _axis(axis)
    if not 0 <= fraction <= 1:
        raise ValueError(f"slice: fraction is {fraction:g}; give one between 0 and 1 of cell vector {axis}")
    n = field.places[kept]
    index = round(fraction * n) % n
    points = np.stack(np.meshgrid(*field.fractions, indexing="ij"), axis=-1) @ field.cell
    blocks = np.take(field.blocks, index, axis=kept - DIRECTIONS)
    return PointField(
        field.quantity,
        field.unit,
        blocks,
        field.shares,
        effective_blocks(blocks),
        points=np.take(points, index, axis=kept),
        provenance={**field.provenance, "plane": [axis, index / n]},
    )


def centred(configurations: Configurations, species: str, axis: int) -> Configurations:
    r"""Configurations moved along a cell vector in each frame, so that the mass centre of a species is in the cell's middle.

    The interface of a slab that drifts stays where it is. In a periodic direction the centre is the phase of
    :math:`\sum_n e^{2\pi i s_n}`.

    Raises
    ------
    ValueError
        If no particle is of the species, the axis is none, or, when frames are read, the species fills the cell so evenly that
        it has no centre.
    """
    kept, particles = _axis(axis), atoms_of(species, configurations.species)

    def blocks() -> Iterator[FrameBlock]:
        for frames in configurations.blocks():
            inverse = np.linalg.inv(frames.cell)[:, :, kept]
            fractions = np.einsum("fpk,fk->fp", frames.positions[:, particles], inverse)
            centre = _phase(fractions, species) if configurations.periodic[kept] else fractions.mean(axis=1)
            shift = (0.5 - centre)[:, None] * frames.cell[:, kept]
            yield replace(frames, positions=frames.positions + shift[:, None])

    provenance = {**configurations.provenance, "centred on": [species, kept]}
    return replace(configurations, blocks=blocks, provenance=provenance)


def _phase(fractions: Array, species: str) -> Array:
    """Centres (n_frame,) of fractions (n_frame, n_particle) of a cell vector that repeats."""
    sums = np.exp(2j * np.pi * fractions).sum(axis=1)
    # independent particles without a centre have a sum of the root of their number, a crystal none
    n = fractions.shape[1]
    if (np.abs(sums) < min(2 * np.sqrt(n), n / 2)).any():
        raise ValueError(f"centre of {species}: it fills the cell evenly; choose the species of the slab")
    return np.angle(sums) / (2 * np.pi)


def _axis(axis: int) -> int:
    if axis not in range(DIRECTIONS):
        raise ValueError(f"axis is {axis}; give the number of a cell vector, 0, 1 or 2")
    return int(axis)
