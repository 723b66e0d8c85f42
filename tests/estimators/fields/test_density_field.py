"""Densities on grids: integrals in every cell, the direct sum, lattices and the ideal gas, flow, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from a2c_pybamm.constants import ELEMENTARY_CHARGE
from a2c_pybamm.data import Array, Configurations, GridField
from a2c_pybamm.estimators import (
    CubicBSpline,
    CubicTopHat,
    Gaussian,
    Kernel,
    SphericalTopHat,
    density_field,
    flow_velocity,
    momentum_field,
)
from tests.estimators.fields.known_particles import ANGSTROM, CELLS, KERNELS, images, in_blocks_of, lattice, particles

FCC = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
ROCK_SALT = np.array(list(product([0, 0.5], repeat=3)))
SALT = tuple("Li" if round(2 * place.sum()) % 2 == 0 else "Cl" for place in ROCK_SALT)
CHARGES = {"Li": 1.0, "Cl": -1.0}


def salt(cell: Array, n_frame: int = 3, *, seed: int = 1, **others: object) -> Configurations:
    """Seven ions anywhere, some of them in other images; the cells of frames differ where there are as many."""
    rng = np.random.default_rng(seed)
    fractions = rng.uniform(-2, 3, (n_frame, 7, 3))
    return particles(fractions @ cell, cell, ("Li",) * 4 + ("Cl",) * 3, **others)


def grid_points(field: GridField) -> Array:
    return np.stack(np.meshgrid(*field.fractions, indexing="ij"), axis=-1) @ field.cell


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: type(kernel).__name__)
@pytest.mark.parametrize("cell", CELLS)
def test_integrals_are_exact_in_every_cell(cell: str, kernel: Kernel) -> None:
    breathing = CELLS[cell] * np.array([1.0, 1.03, 0.98])[:, None, None]
    for data in (salt(CELLS[cell]), salt(breathing)):
        number = density_field(data, kernel, grid=(9, 10, 8), n_block=3)
        assert number.blocks.mean(axis=(1, 2, 3)) * number.volume == pytest.approx(np.full(3, 7.0), rel=1e-12)
        mass = density_field(data, kernel, grid=(9, 10, 8), weight="mass", species="Cl", n_block=1)
        assert mass.integral == pytest.approx(18e-26, rel=1e-12)
        charge = density_field(data, kernel, grid=(9, 10, 8), weight="charge", charges=CHARGES, n_block=1)
        assert charge.integral == pytest.approx(ELEMENTARY_CHARGE, rel=1e-12)
        assert charge.provenance["total [C]"] == pytest.approx(ELEMENTARY_CHARGE, rel=1e-12)


@pytest.mark.parametrize("length", [1.0, 1.5, 2.3])
@pytest.mark.parametrize("cell", CELLS)
def test_gaussian_is_the_direct_sum(cell: str, length: float) -> None:
    kernel, data = Gaussian(length * ANGSTROM), salt(CELLS[cell], 1)
    field = density_field(data, kernel, grid=1.0 * ANGSTROM, n_block=1)
    (frames,) = data.blocks()
    displacement = grid_points(field)[..., None, :] - frames.positions[0]
    fractions = displacement @ np.linalg.inv(CELLS[cell])
    nearest = (fractions - np.round(fractions)) @ CELLS[cell]
    direct = sum(kernel.value(nearest + image).sum(axis=-1) for image in images(CELLS[cell], 3))
    assert field.mean == pytest.approx(direct, abs=5e-7 * float(kernel.value(np.zeros(3))))


@pytest.mark.parametrize("kernel", [KERNELS[2], KERNELS[3], KERNELS[4]], ids=lambda kernel: type(kernel).__name__)
def test_voxel_averages_are_those_of_finer_voxels(kernel: Kernel) -> None:
    """The kernel is wider than the cell in two directions, and meets its own images."""
    data = salt(CELLS["orthorhombic"] * np.array([1.0, 0.4, 0.3])[:, None], 2)
    coarse, fine = (density_field(data, kernel, grid=(5 * n, 2 * n, 3 * n), n_block=1).mean for n in (1, 3))
    fine = np.roll(fine, 1, axis=(0, 1, 2))  # voxels lie about their points: the first is that of the points -1, 0 and 1
    assert fine.reshape(5, 3, 2, 3, 3, 3).mean(axis=(1, 3, 5)) == pytest.approx(coarse, rel=1e-13)


@pytest.mark.parametrize(
    ("kernel", "ripple"),
    [(KERNELS[4], 1e-5), (KERNELS[3], 1e-3), (KERNELS[2], 2e-2), (KERNELS[0], 1e-7)],
    ids=lambda value: type(value).__name__,
)
def test_fourier_coefficients_have_the_same_voxels(kernel: Kernel, ripple: float) -> None:
    """A cell whose vectors do not lie along the axes x, y, z in turn takes the other way to the same field."""
    cell, data = CELLS["orthorhombic"], salt(CELLS["orthorhombic"], 1)
    straight = density_field(data, kernel, grid=(9, 8, 8), n_block=1, voxel_average=True)
    (frames,) = data.blocks()
    turned = particles(frames.positions, cell[[1, 2, 0]], data.species)
    other = density_field(turned, kernel, grid=(8, 8, 9), n_block=1, voxel_average=True)
    off = np.moveaxis(other.mean, 2, 0) - straight.mean
    assert np.sqrt((off**2).mean() / (straight.mean**2).mean()) < ripple


def test_sphere_is_averaged_over_voxels() -> None:
    kernel, centre, n, fine = SphericalTopHat(2.2 * ANGSTROM), np.array([4.1, 3.3, 4.6]) * ANGSTROM, 9, 12
    field = density_field(particles(centre[None, None], 9 * ANGSTROM * np.eye(3)), kernel, grid=(n, n, n), n_block=1)
    places = ((np.arange(n * fine) + 0.5) / fine - 0.5) * ANGSTROM
    x, y, z = ((places - at) ** 2 for at in centre)
    inside = x[:, None, None] + y[:, None] + z <= kernel.radius**2
    volumes = inside.reshape(n, fine, n, fine, n, fine).mean(axis=(1, 3, 5))
    off = field.mean / kernel.square_integral - volumes
    assert np.abs(off).max() < 0.03
    assert np.sqrt((off**2).mean() / (volumes**2).mean()) < 0.01


@pytest.mark.parametrize(
    ("basis", "length", "expected"),
    [
        ("sc", 0.2, 1.355978),
        ("sc", 0.3, 0.4264446),
        ("sc", 0.4, 0.1042891),
        ("sc", 0.5, 0.01761736),
        ("sc", 0.7, 1.543431e-4),
        ("fcc", 0.2, 0.2845476),
        ("fcc", 0.3, 0.01385318),
        ("fcc", 0.4, 2.172585e-4),
    ],
)
def test_relative_standard_deviation_of_lattices(basis: str, length: float, expected: float) -> None:
    places = {"sc": FCC[:1], "fcc": FCC}[basis]
    field = density_field(lattice(places), Gaussian(length), grid=(20, 20, 20), n_block=1).mean
    numbers = np.array(list(product(range(-9, 10), repeat=3)))
    power = np.abs(np.exp(2j * np.pi * numbers @ places.T).mean(axis=1)) ** 2
    squares = power * np.exp(-((2 * np.pi * length) ** 2) * (numbers**2).sum(axis=1))
    assert np.sqrt(np.sort(squares)[:-1].sum()) == pytest.approx(expected, rel=1e-6)
    assert field.std() / field.mean() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("length", "expected"), [(0.2, 0.5294947), (0.3, 0.02741353)])
def test_charge_of_rock_salt(length: float, expected: float) -> None:
    """The charge density over that of the ions of one sign."""
    data = lattice(ROCK_SALT, species=SALT)
    field = density_field(data, Gaussian(length), grid=(20, 20, 20), weight="charge", charges=CHARGES, n_block=1)
    assert field.mean.std() / (ELEMENTARY_CHARGE * SALT.count("Li")) == pytest.approx(expected, rel=1e-6)
    assert field.integral == pytest.approx(0, abs=1e-12 * ELEMENTARY_CHARGE)


def test_ideal_gas_of_a_fixed_number() -> None:
    """Variance N/V (the kernel's squared integral in the cell less 1/V); without 1/V it would be 0.004490."""
    number, edge, n_frame = 200, 10.0, 300
    positions = edge * np.random.default_rng(2).random((n_frame, number, 3))
    frames = density_field(particles(positions, edge * np.eye(3)), Gaussian(1.0), grid=(10, 10, 10), n_block=n_frame).blocks
    of_frame = ((frames - number / edge**3) ** 2).mean(axis=(1, 2, 3))
    error = of_frame.std(ddof=1) / np.sqrt(n_frame)
    assert error < 6e-5
    assert of_frame.mean() == pytest.approx(0.004290, abs=3 * error)


def coverage(walk: float, n_repetition: int, *, n_frame: int = 200, seed: int = 3) -> tuple[Array, Array]:
    """Share of places whose intervals of 68.27 and 95.45 % hold the density, with its standard error, of walkers in a cell."""
    rng = np.random.default_rng(seed)
    held = np.empty((n_repetition, 2))
    for row in held:
        steps = walk * rng.standard_normal((n_frame, 50, 3))
        positions = 10 * rng.random((1 if walk else n_frame, 50, 3)) + np.cumsum(steps, axis=0)
        field = density_field(particles(positions, 10 * np.eye(3)), Gaussian(1.0), grid=(10, 10, 10))
        off = np.abs(field.mean - 0.05)
        row[:] = [(off < field.half_width(level)).mean() for level in (0.6827, 0.9545)]
    return held.mean(axis=0), held.std(axis=0, ddof=1) / np.sqrt(n_repetition)


def test_error_bars_hold_the_density_of_an_ideal_gas() -> None:
    share, error = coverage(0.0, 6, n_frame=20)
    assert share == pytest.approx([0.6827, 0.9545], abs=0.08)
    assert (error < 0.04).all()


@pytest.mark.calibration
@pytest.mark.parametrize("walk", [0.0, 2.5, 0.8])
def test_error_bars_hold_the_density_of_walkers(walk: float) -> None:
    """Frames that are independent, or whose slowest wave lasts one frame or eight; blocks of 20 frames."""
    share, error = coverage(walk, 60)
    assert (share > np.array([0.6827, 0.9545]) - 3 * error).all()
    assert (share < [0.76, 0.985]).all()


@pytest.mark.parametrize(("step", "resolved"), [(0.28, True), (0.05, False)])
def test_memory_between_blocks_is_seen(step: float, resolved: bool) -> None:
    """Walkers whose slowest wave lasts 65 frames, in blocks of 20; with 2000 the run is a tenth of it and has no interval."""
    rng = np.random.default_rng(4)
    walk = np.cumsum(step * rng.standard_normal((200, 50, 3)), axis=0)
    data = particles(10 * rng.random((1, 50, 3)) + walk, 10 * np.eye(3))
    field = density_field(data, Gaussian(1.0), grid=(10, 10, 10))
    if resolved:
        assert 2 < field.effective_blocks < 5
        assert (field.half_width() > field.standard_error).all()
        return
    assert 1 <= field.effective_blocks < 1.5
    assert np.isfinite(field.standard_error).all()
    with pytest.raises(ValueError, match="independent blocks, which give no interval; run longer"):
        field.half_width()


def test_blocks_of_the_reader_do_not_matter() -> None:
    data = salt(CELLS["skew"] * np.linspace(0.98, 1.02, 11)[:, None, None], 11)
    whole, cut = (density_field(d, KERNELS[0], grid=(9, 9, 9), n_block=4) for d in (data, in_blocks_of(data, (1, 5, 2, 3))))
    assert cut.blocks == pytest.approx(whole.blocks, rel=1e-12)
    assert whole.shares == pytest.approx(np.array([3, 3, 3, 2]) / 11)
    assert cut.cell == pytest.approx(CELLS["skew"], rel=1e-12)


def test_uniform_drift_is_exact() -> None:
    drift = np.array([12.0, -3.0, 0.5])
    cell = CELLS["skew"]
    data = salt(cell, 4, velocities=np.broadcast_to(drift, (4, 7, 3)))
    kernel = Gaussian(2.5 * ANGSTROM)
    for n_block in (1, 2):
        momentum = momentum_field(data, kernel, grid=(8, 8, 8), n_block=n_block)
        mass = density_field(data, kernel, grid=(8, 8, 8), n_block=n_block, weight="mass")
        velocity = flow_velocity(momentum, mass, resolved=0.5)
        assert velocity.unit == "m.s-1"
        assert velocity.mean == pytest.approx(np.broadcast_to(drift[:, None, None, None], velocity.mean.shape), rel=1e-12)


def test_velocity_is_refused_in_empty_space() -> None:
    positions = np.zeros((4, 2, 3)) + 1e-10 * np.arange(4)[:, None, None]
    data = particles(positions, 4e-9 * np.eye(3), velocities=np.ones((4, 2, 3)))
    momentum = momentum_field(data, Gaussian(2e-10), grid=(20, 20, 20), n_block=2)
    mass = density_field(data, Gaussian(2e-10), grid=(20, 20, 20), n_block=2, weight="mass")
    with pytest.raises(ValueError, match=r"velocity: the mass density is zero within 3 standard errors at \d+ of 8000 places"):
        flow_velocity(momentum, mass)
    with pytest.raises(ValueError, match="give a momentum and a mass density"):
        flow_velocity(mass, momentum)


def test_field_of_a_slab_in_empty_space() -> None:
    """Where the cell does not repeat, the kernel must not reach over its face."""
    cell = np.diag([6.0, 6.0, 40.0]) * ANGSTROM
    positions = np.random.default_rng(5).uniform([0, 0, 15], [6, 6, 25], (2, 9, 3)) * ANGSTROM
    data = particles(positions, cell, periodic=(True, True, False))
    open_cell = density_field(data, Gaussian(1.5 * ANGSTROM), grid=(6, 6, 40), n_block=1)
    closed = density_field(replace(data, periodic=(True,) * 3), Gaussian(1.5 * ANGSTROM), grid=(6, 6, 40), n_block=1)
    assert open_cell.mean == pytest.approx(closed.mean)
    with pytest.raises(ValueError, match=r"from a face of the cell that is not periodic \(vector 2\).*more empty space"):
        density_field(data, Gaussian(3 * ANGSTROM), grid=(6, 6, 40), n_block=1)


def test_width_that_the_grid_does_not_resolve_is_named() -> None:
    data = salt(CELLS["skew"], 1)
    with pytest.raises(ValueError, match=r"grid of 8 x 8 x 8, .* does not resolve a kernel of 1e-10 m; take 10 x 9 x 8 points"):
        density_field(data, Gaussian(1 * ANGSTROM), grid=(8, 8, 8), n_block=1)
    narrow = density_field(data, Gaussian(0.3 * ANGSTROM), grid=(8, 8, 8), n_block=1, voxel_average=True)
    assert narrow.integral == pytest.approx(7, rel=1e-12)
    with pytest.raises(ValueError, match=r"needs transforms of .* points; take a wider one"):
        density_field(data, Gaussian(0.001 * ANGSTROM), grid=(8, 8, 8), n_block=1, voxel_average=True)
    with pytest.raises(ValueError, match="its values at points do not keep the integral"):
        density_field(data, CubicTopHat(3 * ANGSTROM), grid=(8, 8, 8), n_block=1, voxel_average=False)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"grid": (8, 8)}, "give three whole numbers"),
        ({"grid": (8, 8, 0)}, "give three whole numbers"),
        ({"grid": (4000, 4000, 9)}, "take fewer points or blocks"),
        ({"grid": -1.0}, "give the largest distance of points"),
        ({"n_block": 4}, "4 blocks of 3 frames; give a whole number between 1 and 3"),
        ({"n_block": 0}, "0 blocks of 3 frames"),
        ({"species": "Na"}, "no atom of species 'Na'"),
        ({"species": ()}, "give one chemical symbol or some"),
        ({"weight": "spin"}, "weight is 'spin'"),
        ({"weight": "charge"}, "have no charges; give formal ones"),
        ({"weight": "charge", "charges": {"Li": 1}}, "no charge for Cl"),
        ({"weight": {"Li": 1.0}}, "no weight for Cl"),
        ({"weight": {"Li": np.nan, "Cl": 1.0}}, "weight of Li is nan; give a finite number"),
        ({"weight": {"Li": "one", "Cl": 1.0}}, "weight of Li is 'one'; give a finite number"),
        ({"weight": "charge", "charges": [1.0, -1.0]}, "charges are list, not by species"),
        ({"species": 3}, "species is 3; give one chemical symbol"),
        ({"n_block": 1.5}, "1.5 blocks of 3 frames; give a whole number"),
        ({"grid": 9}, "grid of 9 m in a cell of at most"),
        ({"grid": 1e-300}, "points; give a larger distance"),
        ({"grid": None}, "grid None; give three whole numbers"),
        ({"kernel": 2e-10}, "kernel is 2e-10; give one with its length"),
        ({"kernel": CubicBSpline(1e-6), "cell": "orthorhombic"}, "reaches over more than 16 cells"),
    ],
)
def test_bad_choices_are_named(options: dict[str, object], message: str) -> None:
    chosen = {"kernel": KERNELS[4], "grid": (9, 9, 9), "n_block": 1, **options}
    data = salt(CELLS[str(chosen.pop("cell", "skew"))])
    with pytest.raises(ValueError, match=message):
        density_field(data, chosen.pop("kernel"), **chosen)  # type: ignore[arg-type]


def test_a_cell_that_turns_inside_out_is_named() -> None:
    """The mean of a right-handed and a left-handed cell has no volume."""
    cells = np.stack([CELLS["skew"], CELLS["skew"] * np.array([1.0, -1.0, 1.0])])
    with pytest.raises(ValueError, match="the mean cell has no volume"):
        density_field(salt(cells, 2), Gaussian(2 * ANGSTROM), grid=(9, 9, 9), n_block=2)


def test_a_kernel_wider_than_the_cell_gives_the_mean_density() -> None:
    """Differences of blocks are round-off there, and no correlation of blocks."""
    field = density_field(salt(CELLS["skew"], 12), Gaussian(40 * ANGSTROM), grid=(5, 6, 4), n_block=12)
    assert field.mean == pytest.approx(np.full((5, 6, 4), 7 / field.volume), rel=1e-9)
    assert field.effective_blocks == 12


@pytest.mark.parametrize("level", [0.0, 1.0, 1.5, np.nan])
def test_probabilities_are_between_zero_and_one(level: float) -> None:
    field = density_field(salt(CELLS["skew"]), Gaussian(2 * ANGSTROM), grid=(5, 6, 4), n_block=3)
    with pytest.raises(ValueError, match="give a probability between 0 and 1"):
        field.half_width(level)


def test_charges_of_the_file_or_given_ones() -> None:
    data = salt(CELLS["skew"], 2, charges=np.array([0.8] * 4 + [-0.8] * 3))
    own = density_field(data, KERNELS[4], grid=(9, 9, 9), weight="charge", n_block=1)
    assert own.integral / ELEMENTARY_CHARGE == pytest.approx(0.8, rel=1e-12)
    given = density_field(data, KERNELS[4], grid=(9, 9, 9), weight="charge", charges=CHARGES, n_block=1)
    by_weight = density_field(data, KERNELS[4], grid=(9, 9, 9), weight=CHARGES, n_block=1)
    assert given.mean / ELEMENTARY_CHARGE == pytest.approx(by_weight.mean, abs=1e-12 * np.abs(by_weight.mean).max())


def test_one_block_has_no_error_and_velocities_must_be_there() -> None:
    data = salt(CELLS["skew"], 2)
    with pytest.raises(ValueError, match="one block has no error"):
        _ = density_field(data, KERNELS[4], grid=(9, 9, 9), n_block=1).standard_error
    with pytest.raises(ValueError, match="the configurations have no velocities"):
        momentum_field(data, KERNELS[4], grid=(9, 9, 9), n_block=1)


def test_frames_that_are_missing_are_named() -> None:
    data = salt(CELLS["skew"], 3)
    with pytest.raises(ValueError, match="3 frames where the configurations state 5"):
        density_field(replace(data, n_frame=5), KERNELS[4], grid=(9, 9, 9), n_block=2)
    with pytest.raises(ValueError, match="more frames than the 2"):
        density_field(replace(data, n_frame=2), CubicBSpline(2e-10), grid=(9, 9, 9), n_block=2)
