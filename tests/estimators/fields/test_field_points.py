"""Fields at points: known sums, the grid's values, and the balance of mass."""

from __future__ import annotations

import numpy as np
import pytest

from a2c_pybamm.estimators import (
    CubicBSpline,
    Gaussian,
    Kernel,
    TrilinearHat,
    density_at,
    density_field,
    flow_velocity,
    momentum_at,
    momentum_divergence_at,
    momentum_field,
)
from tests.estimators.fields.known_particles import ANGSTROM, CELLS, KERNELS, images, lattice, particles

RNG = np.random.default_rng(11)
MOVING = RNG.uniform(-1, 2, (3, 6, 3))
VELOCITIES = 300 * RNG.standard_normal((3, 6, 3))


def moving(cell: str = "skew") -> tuple[np.ndarray, object]:
    positions = MOVING @ CELLS[cell]
    species = ("Li",) * 4 + ("Cl",) * 2
    return positions, particles(positions, CELLS[cell], species, velocities=VELOCITIES)


def test_gaussians_on_a_lattice() -> None:
    """The sum over images, and that over wave vectors."""
    points = np.array([[0.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.2, -0.1, 7.3]])
    for length in (0.15, 0.6):
        waves = 2 * np.pi * np.arange(-8, 9)
        along = (np.exp(-((waves * length) ** 2) / 2) * np.cos(points[..., None] * waves)).sum(axis=-1)
        density = density_at(lattice(np.zeros((1, 3))), Gaussian(length), points, n_block=1)
        assert density.mean == pytest.approx(along.prod(axis=-1), rel=1e-12)


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: type(kernel).__name__)
@pytest.mark.parametrize("cell", CELLS)
def test_every_image_within_reach_is_summed(kernel: Kernel, cell: str) -> None:
    positions, data = moving(cell)
    points = np.array([[0.1, 0.9, 0.4], [1.7, -0.2, 0.5]]) @ CELLS[cell]
    wide = kernel.with_second_moment((2 * ANGSTROM) ** 2)
    direct = wide.value(points[:, None, None] - positions[0, :, None] - images(CELLS[cell], 6)).sum(axis=(1, 2))
    assert density_at(data, wide, points, n_block=3).blocks[0] == pytest.approx(direct, rel=1e-10)


def test_directions_that_do_not_repeat() -> None:
    cell = ANGSTROM * np.eye(3) * 5
    data = particles(np.full((1, 1, 3), 1e-10), cell, periodic=(True, True, False))
    kernel, point = Gaussian(2 * ANGSTROM), np.array([1e-10, 1e-10, 4e-10])
    flat = images(cell, 8)
    direct = kernel.value(point - 1e-10 - flat[flat[:, 2] == 0]).sum()
    assert density_at(data, kernel, point, n_block=1).mean == pytest.approx(direct, rel=1e-12)


@pytest.mark.parametrize(
    "kernel", [Gaussian(2 * ANGSTROM), CubicBSpline(2 * ANGSTROM), TrilinearHat(3 * ANGSTROM)], ids=lambda k: type(k).__name__
)
@pytest.mark.parametrize("cell", CELLS)
def test_mass_is_conserved_at_every_instant(kernel: Kernel, cell: str) -> None:
    """The rate of the density by a complex step in time, and the divergence of the momentum, whose gradient is analytic."""
    positions, data = moving(cell)
    points = RNG.random((5, 3)) @ CELLS[cell]
    step = 1e-30
    masses = data.masses  # type: ignore[attr-defined]
    moved = positions + 1j * step * VELOCITIES
    rate = np.array(
        [
            (kernel.value(points[:, None, None] - frame[:, None] - images(CELLS[cell], 3)).imag / step).sum(axis=2) @ masses
            for frame in moved
        ]
    )
    divergence = momentum_divergence_at(data, kernel, points, n_block=3)
    assert divergence.unit == "kg.m-3.s-1"
    assert rate + divergence.blocks == pytest.approx(np.zeros((3, 5)), abs=1e-12 * np.abs(rate).max())


def test_divergence_of_the_momentum_on_a_grid() -> None:
    positions, _ = moving("orthorhombic")
    data = particles(positions[:1], CELLS["orthorhombic"], velocities=VELOCITIES[:1])
    kernel, n = Gaussian(1.5 * ANGSTROM), 12
    momentum = momentum_field(data, kernel, grid=(n, n, n), n_block=1)
    waves = 2j * np.pi * np.fft.fftfreq(n, 1 / n)
    slopes = [
        np.fft.ifft(
            np.fft.fft(component, axis=axis) * np.expand_dims(waves, [a for a in range(3) if a != axis]), axis=axis
        ).real
        / momentum.cell[axis, axis]
        for axis, component in enumerate(momentum.mean)
    ]
    points = np.stack(np.meshgrid(*momentum.fractions, indexing="ij"), axis=-1) @ momentum.cell
    expected = momentum_divergence_at(data, kernel, points, n_block=1).mean
    assert sum(slopes) == pytest.approx(expected, abs=1e-6 * np.abs(expected).max())


def test_momentum_and_velocity_are_those_of_the_grid() -> None:
    _, data = moving()
    kernel = Gaussian(2 * ANGSTROM)
    grid = momentum_field(data, kernel, grid=(9, 9, 9), n_block=3)
    every = (..., slice(None, None, 3), slice(None, None, 3), slice(None, None, 3))
    points = np.stack(np.meshgrid(*grid.fractions, indexing="ij"))[every].transpose(1, 2, 3, 0) @ grid.cell
    momentum, mass = momentum_at(data, kernel, points, n_block=3), density_at(data, kernel, points, n_block=3, weight="mass")
    assert momentum.blocks == pytest.approx(grid.blocks[every], abs=1e-7 * np.abs(grid.blocks).max())
    of_grid = flow_velocity(grid, density_field(data, kernel, grid=(9, 9, 9), n_block=3, weight="mass"), resolved=0.0)
    velocity = flow_velocity(momentum, mass, resolved=0.0)
    assert velocity.mean == pytest.approx(momentum.mean / mass.mean, rel=1e-12)
    assert velocity.mean == pytest.approx(of_grid.mean[every], abs=1e-3)
    left_out = (momentum.blocks.sum(axis=0) - momentum.blocks) / (mass.blocks.sum(axis=0) - mass.blocks)[:, None]
    jackknife = np.sqrt((2 / 3 * (left_out - left_out.mean(axis=0)) ** 2).sum(axis=0))
    ratio = velocity.standard_error * np.sqrt(velocity.effective_blocks / 3) / jackknife
    assert np.median(ratio) == pytest.approx(1, abs=0.2)


def test_points_out_of_reach_have_no_density() -> None:
    """Far from all particles, in one frame of two, and above a slab that does not repeat."""
    kernel, cell = CubicBSpline(0.5 * ANGSTROM), np.diag([10.0, 10.0, 10.0]) * ANGSTROM
    positions = np.array([[[5.0, 5.0, 5.0]], [[0.0, 0.0, 0.0]]]) * ANGSTROM
    point = np.array([[5.0, 5.0, 5.2]]) * ANGSTROM
    half = density_at(particles(positions, cell), kernel, point, n_block=1)
    assert half.mean == pytest.approx(kernel.value(np.array([[0, 0, 0.2 * ANGSTROM]])) / 2, rel=1e-9)
    assert density_at(particles(positions[1:], cell), kernel, point, n_block=1).mean == pytest.approx([0.0])
    slab = particles(positions, cell, periodic=(True, True, False))
    assert density_at(slab, kernel, 2 * point, n_block=1).mean == pytest.approx([0.0])
    with pytest.raises(ValueError, match="periodic images in reach of a point; take density_field"):
        density_at(slab, Gaussian(1e-7), point, n_block=1)


@pytest.mark.parametrize("points", [np.zeros(2), np.zeros((3, 2)), np.zeros((0, 3)), [[0.0, np.nan, 0.0]]])
def test_bad_points_are_named(points: object) -> None:
    with pytest.raises(ValueError, match=r"points have shape .* give finite ones"):
        density_at(moving()[1], KERNELS[0], points, n_block=1)  # type: ignore[arg-type]
