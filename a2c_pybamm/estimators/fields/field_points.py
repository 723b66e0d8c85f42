"""Fields at points, as direct sums over particles and their periodic images."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import ArrayLike

from a2c_pybamm.data import BLOCK_BYTES, Array, Configurations, PointField
from a2c_pybamm.estimators.fields.field_grid import CRITERION
from a2c_pybamm.estimators.fields.frame_runs import effective_blocks, frames_by_block, validate_blocks
from a2c_pybamm.estimators.fields.kernels import DIRECTIONS, Kernel, validate_kernel
from a2c_pybamm.estimators.fields.weighted_particles import (
    Weight,
    WeightedParticles,
    momentum_of_particles,
    weighted_particles,
)
from a2c_pybamm.estimators.fingerprint import traced_provenance

Summand = Callable[[Array, Array], Array]
"""Sums over particles (n_component, n_point), of displacements to them [m] (n_point, n_particle, 3) and their weights
(n_weight, n_particle)."""


def density_at(
    configurations: Configurations,
    kernel: Kernel,
    points: ArrayLike,
    *,
    weight: Weight = "number",
    species: str | Collection[str] | None = None,
    charges: Mapping[str, float] | None = None,
    n_block: int = 10,
) -> PointField:
    """Density of particles at points, summed over all particles and periodic images one by one.

    The time goes with points times particles times frames: a grid is made faster by `density_field`, whose arguments these are.

    Parameters
    ----------
    points
        [m] (…, 3), the same in all frames.

    Raises
    ------
    ValueError
        If points have another shape or are not finite, no particle is chosen, charges are missing, or there are fewer frames
        than blocks.
    """
    chosen = weighted_particles(configurations, weight, species, charges)
    return _at_points(configurations, kernel, points, chosen, n_block, _weights_of(kernel))


def momentum_at(
    configurations: Configurations,
    kernel: Kernel,
    points: ArrayLike,
    *,
    species: str | Collection[str] | None = None,
    n_block: int = 10,
) -> PointField:
    """Momentum density at points, as `density_at`; ``blocks`` have the shape (n_block, 3, …).

    Raises
    ------
    ValueError
        As `density_at`, and if the configurations have no velocities.
    """
    chosen = momentum_of_particles(configurations, species)
    return _at_points(configurations, kernel, points, chosen, n_block, _weights_of(kernel))


def momentum_divergence_at(
    configurations: Configurations,
    kernel: Kernel,
    points: ArrayLike,
    *,
    species: str | Collection[str] | None = None,
    n_block: int = 10,
) -> PointField:
    r"""Divergence of the momentum density at points, which is minus the rate of the mass density at each instant.

    .. math:: \nabla\cdot\mathbf p = \sum_n m_n\mathbf v_n\cdot\nabla W(\mathbf r - \mathbf r_n) = -\partial\rho/\partial t

    Raises
    ------
    ValueError
        As `momentum_at`, and if the kernel has no gradient.
    """
    chosen = momentum_of_particles(configurations, species)

    def summand(displacements: Array, weights: Array) -> Array:
        return np.einsum("pnk,kn->p", kernel.gradient(displacements), weights)[None]

    field = _at_points(configurations, kernel, points, chosen, n_block, summand, scalar=True)
    return replace(field, quantity=f"divergence of the {field.quantity}", unit="kg.m-3.s-1")


def _weights_of(kernel: Kernel) -> Summand:
    """Sums of weights times the kernel."""

    def summand(displacements: Array, weights: Array) -> Array:
        return weights @ kernel.value(displacements).T

    return summand


def _at_points(
    configurations: Configurations,
    kernel: Kernel,
    points: ArrayLike,
    chosen: WeightedParticles,
    n_block: int,
    summand: Summand,
    *,
    scalar: bool = False,
) -> PointField:
    """Means over blocks of sums over particles and images."""
    validate_kernel(kernel)
    places = np.asarray(points, float)
    if places.shape[-1:] != (DIRECTIONS,) or not places.size or not np.isfinite(places).all():
        raise ValueError(f"{chosen.quantity}: points have shape {places.shape}; give finite ones [m] (…, {DIRECTIONS})")
    validate_blocks(configurations, n_block)
    flat = places.reshape(-1, DIRECTIONS)
    sums: dict[int, list[Array]] = {block: [] for block in range(n_block)}
    for block, frames in frames_by_block(configurations, n_block):
        weights, positions = chosen.components(frames), chosen.positions(frames)
        n_component = 1 if scalar else len(weights)
        for frame, cell in enumerate(frames.cell):
            total = np.zeros((n_component, len(flat)))
            for part, displacements in _images(flat, positions[frame], cell, configurations.periodic, kernel.support):
                total += summand(displacements, weights[:, frame, part])
            sums[block].append(total)
    blocks = np.array([np.mean(frames_sums, axis=0) for frames_sums in sums.values()])
    blocks = blocks.reshape(*blocks.shape[:2], *places.shape[:-1])
    return PointField(
        chosen.quantity,
        chosen.unit,
        blocks if blocks.shape[1] > 1 else blocks[:, 0],
        np.array([len(frames_sums) for frames_sums in sums.values()]) / configurations.n_frame,
        effective_blocks(blocks),
        points=places,
        provenance={
            "configurations": traced_provenance(configurations),
            "kernel": repr(kernel),
            "frames": configurations.n_frame,
            **chosen.described(),
        },
    )


def _images(
    points: Array, positions: Array, cell: Array, periodic: tuple[bool, bool, bool], support: float
) -> Iterator[tuple[slice, Array]]:
    """Particles, some at a time, and displacements from them to points [m] (n_point, n_particle, 3), of each image in reach."""
    inverse = np.linalg.inv(cell)
    width = 1 / np.linalg.norm(inverse, axis=0)
    # the kernel's support is a cube: along a normal it may reach to a corner
    reach = support * np.abs(inverse * width).sum(axis=0)
    number = np.where(periodic, np.floor(reach / width + 0.5), 0)
    if np.prod(2 * number + 1) > CRITERION.most_images ** len(number):
        raise ValueError(
            f"field: a kernel that reaches {support:.3g} m has {np.prod(2 * number + 1):.3g} periodic images in reach of a "
            "point; take density_field, or a narrower kernel"
        )
    at_once = max(1, BLOCK_BYTES // points.nbytes) if points.nbytes else 1
    for first in range(0, len(positions), at_once):
        part = slice(first, first + at_once)
        fractions = (points[:, None] - positions[part]) @ inverse
        nearest = fractions - np.where(periodic, np.round(fractions), 0)
        for image in product(*(range(-n, n + 1) for n in number.astype(int).tolist())):
            within = np.abs(nearest + image).min(axis=(0, 1)) * width <= reach
            if within.all():
                yield part, (nearest + image) @ cell
