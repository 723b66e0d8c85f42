"""Variance of Gaussian-filtered fields: lattices, ideal particles, direct sums, and input that is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import t as student

from a2c_pybamm.data import Configurations, FieldKind
from a2c_pybamm.estimators import VarianceSettings, field_variance, sampled_field_variance
from tests.estimators.fields.known_fields import configurations, grid

FCC = np.array([[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])


def at_rest(sites: np.ndarray, edge: float, species: tuple[str, ...] | None = None) -> Configurations:
    """Two frames of a lattice at random origins."""
    shifts = np.random.default_rng(0).uniform(0, 1, (2, 1, 3))
    return configurations(sites + shifts, edge, species)


@pytest.mark.parametrize(
    ("basis", "lengths", "known"),
    [
        (np.zeros((1, 3)), [0.2, 0.3, 0.4, 0.5, 0.7], [1.355978, 0.4264446, 0.1042891, 0.01761736, 1.543431e-4]),
        (FCC, [0.2, 0.3, 0.4], [0.2845476, 0.01385318, 2.172585e-4]),
    ],
    ids=["sc", "fcc"],
)
def test_lattices(basis: np.ndarray, lengths: list[float], known: list[float]) -> None:
    r"""Relative standard deviation :math:`\sqrt{\sum_{G\ne0} e^{-G^2\ell^2}}` over the lattice's own vectors."""
    sites = (grid(3)[:, None] + basis).reshape(-1, 3)
    found = field_variance(at_rest(sites, 3.0), lengths=lengths, n_block=2)
    np.testing.assert_allclose(np.sqrt(found.value) / found.density, known, rtol=1e-6)
    np.testing.assert_allclose(found.std, 0, atol=1e-12)
    assert found.peaks[:, 1].max() == pytest.approx(len(sites))


def test_charge_of_rock_salt() -> None:
    first = (grid(3)[:, None] + FCC).reshape(-1, 3)
    both = at_rest(np.concatenate([first, first + np.array([0.5, 0, 0])]), 3.0, ("Na",) * len(first) + ("Cl",) * len(first))
    found = field_variance(both, kind="charge", charges={"Na": 1, "Cl": -1}, lengths=[0.2, 0.3], n_block=2)
    np.testing.assert_allclose(np.sqrt(found.value) / (found.density / 2), [0.5294947, 0.02741353], rtol=1e-6)


def test_independent_particles_at_fixed_number() -> None:
    r""":math:`\rho(\int W^2 - 1/V)` = .004290 for N = 200, L = 10, ℓ = 1, and particles drawn at random agree with it."""
    found = field_variance(configurations(np.random.default_rng(1).uniform(0, 10, (20, 200, 3)), 10.0), lengths=[1.0, 2.0])
    assert found.ideal[0] == pytest.approx(0.2 * (1 / (8 * np.pi**1.5) - 1e-3), rel=1e-6)
    assert found.ideal[0] == pytest.approx(0.004290, abs=5e-7)
    assert (np.abs(found.value - found.ideal) < 3.5 * found.std).all()
    assert len(found.peaks) == 0
    np.testing.assert_allclose(found.reduced.mean(axis=0), found.value / found.ideal)


@pytest.mark.calibration
def test_error_bars_of_the_variance_hold_the_truth() -> None:
    """Intervals by Student's t of ten blocks hold .004290 in 68 and 95 % of 200 runs, but for chance of 1 in 200."""
    t, rng = [], np.random.default_rng(4)
    for _ in range(200):
        found = field_variance(configurations(rng.uniform(0, 10, (10, 200, 3)), 10.0), lengths=[1.0, 2.0])
        t.append((found.value - found.ideal) / found.std)
    for probability in (0.683, 0.95):
        inside = (np.abs(t) < student.ppf((1 + probability) / 2, 9)).sum(axis=0)
        assert (np.abs(inside - 200 * probability) < 2.81 * np.sqrt(200 * probability * (1 - probability))).all()


@pytest.mark.parametrize("n_particle", [1, 2, 5])
def test_any_cell_against_the_field_itself(n_particle: int) -> None:
    """The field on a grid in a tilted cell, as a sum over images, has the variance that the modes give."""
    rng = np.random.default_rng(n_particle)
    cell = np.array([[3.0, 0, 0], [0.8, 2.7, 0], [-0.5, 0.6, 3.2]])
    positions, weights, length = rng.uniform(-5, 5, (2, n_particle, 3)), rng.normal(size=n_particle), 0.45
    run = Configurations.of_arrays(
        positions, cell, species=("Li",) * n_particle, masses=np.ones(n_particle), interval=1.0, temperature=1.0
    )
    found = field_variance(run, weights=weights, lengths=[length], n_block=2)
    points = grid(12) / 12
    images = grid(3) - 1
    for frame, value in zip(positions, found.by_block[:, 0], strict=True):
        away = points[:, None] - frame @ np.linalg.inv(cell)
        away = (away - np.round(away))[:, :, None] + images
        square = ((away @ cell) ** 2).sum(axis=-1)
        field = np.exp(-square / (2 * length**2)).sum(axis=2) @ weights / (2 * np.pi * length**2) ** 1.5
        assert value == pytest.approx(field.var(), rel=1e-5, abs=1e-9)
        assert field.mean() == pytest.approx(weights.sum() / np.linalg.det(cell), abs=1e-6)


def test_composition_of_a_random_alloy() -> None:
    """Two species at random on a lattice: S = N/(N - 1) at all wave vectors but Bragg's, where it is zero."""
    rng = np.random.default_rng(2)
    positions = np.array([grid(4)[rng.permutation(64)] for _ in range(50)])
    run = configurations(positions, 4.0, ("Ni",) * 24 + ("Co",) * 40)
    found = field_variance(run, species="Ni", kind="composition", lengths=[1.0])
    assert len(found.peaks) == 0
    assert found.density == pytest.approx(24 * 40 / 64 / 64)
    between = found.wave_number < 0.99 * 2 * np.pi
    deviation = found.structure_factor.mean(axis=0) - 64 / 63
    error = np.sqrt(1 / (50 * found.waves))
    assert (np.abs(deviation / error)[between] < 4).all()
    alone = field_variance(run, species="Ni", lengths=[0.6])
    assert len(alone.peaks) == 3
    np.testing.assert_allclose(alone.peaks[:, 1], 24)


def test_order_and_blocks_of_frames_do_not_matter() -> None:
    rng = np.random.default_rng(3)
    positions = rng.uniform(0, 5, (12, 30, 3))
    whole = field_variance(configurations(positions, 5.0), lengths=[0.8], n_block=3)
    backwards = field_variance(configurations(positions[::-1], 5.0), lengths=[0.8], n_block=4)
    np.testing.assert_allclose(whole.value, backwards.value)
    first = field_variance(configurations(positions[:4], 5.0), lengths=[0.8], n_block=2)
    np.testing.assert_allclose(whole.by_block[0], first.value)


def test_a_cell_that_breathes_keeps_its_modes() -> None:
    """Fractional coordinates are what counts: a lattice that swells by a percent has the modes of its mean cell."""
    scale = np.array([0.99, 1.0, 1.01])
    positions = np.einsum("f,nx->fnx", scale, grid(4))
    cells = np.einsum("f,xy->fxy", scale, 4 * np.eye(3))
    run = Configurations.of_arrays(positions, cells, species=("Li",) * 64, masses=np.ones(64), interval=1.0, temperature=1.0)
    found = field_variance(run, lengths=[0.3], n_block=3)
    assert np.sqrt(found.value[0]) / found.density == pytest.approx(0.4264446, rel=1e-5)


def test_wave_in_a_sampled_density() -> None:
    r""":math:`\rho(1 + A\cos kx)` filtered has the variance :math:`\rho^2A^2e^{-k^2\ell^2}/2`."""
    x = np.arange(12) / 12
    wave = 3.0 * (1 + 0.2 * np.cos(2 * np.pi * x))[:, None, None] * np.ones((12, 12, 12))
    frames = np.stack([wave, wave])
    found = sampled_field_variance(frames, 5 * np.eye(3), interval=1.0, temperature=1.0, lengths=[1.0], n_block=2)
    assert found.kind is FieldKind.SAMPLED
    assert found.value[0] == pytest.approx(9 * 0.02 * np.exp(-((2 * np.pi / 5) ** 2)), rel=1e-9)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"species": "Na"}, "no particle is 'Na'"),
        ({"kind": "composition"}, "its share is 1"),
        ({"kind": "charge"}, "no charges"),
        ({"kind": "charge", "charges": {"Li": 0}}, "all charges are zero"),
        ({"kind": "charge", "charges": {"O": 1}}, "no charge for Li"),
        ({"kind": "sampled"}, "sampled_field_variance"),
        ({"species": ()}, "give one chemical symbol or some"),
        ({"n_block": 2.5}, "2.5 blocks"),
        ({"kind": "charge", "charges": [1.0]}, "charges of shape"),
        ({"kind": "charge", "charges": ["Li+"] * 8}, "charges are not all numbers"),
        ({"kind": "charge", "charges": {"Li": np.nan}}, "charge of Li is nan; give a finite number"),
        ({"lengths": ["1 nm"]}, "lengths are not all numbers"),
        ({"kind": "mass"}, "kind is .*; give one of 'number'"),
        ({"weights": [1.0]}, "weights have shape"),
        ({"weights": np.zeros(8)}, "all weights are zero"),
        ({"kind": "composition", "among": "Na"}, "no particle is 'Na'"),
        ({"n_block": 1}, "two blocks or more"),
        ({"n_block": 9}, "4 frame"),
        ({"lengths": [0.0, 1.0]}, "positive and finite"),
        ({"lengths": [1e-3]}, "the cell takes"),
        ({"lengths": [1.0, 50.0]}, "lengths up to 50 m; the field is constant beyond 3.98 m in this cell, give shorter ones"),
    ],
)
def test_bad_input_is_one_line(changes: dict[str, Any], message: str) -> None:
    run = configurations(np.random.default_rng(0).uniform(0, 5, (4, 8, 3)), 5.0)
    with pytest.raises(ValueError, match=message) as error:
        field_variance(run, **{"n_block": 2, **changes})
    assert "\n" not in str(error.value)


def test_a_slab_is_refused() -> None:
    run = configurations(np.zeros((4, 8, 3)), 5.0, periodic=(True, True, False))
    with pytest.raises(ValueError, match="does not repeat along c"):
        field_variance(run)


def test_number_of_wave_vectors_is_bounded() -> None:
    run = configurations(np.random.default_rng(0).uniform(0, 5, (2, 8, 3)), 5.0)
    found = field_variance(run, n_block=2, settings=VarianceSettings(most_waves=100))
    assert 60 < found.waves.sum() < 150


@pytest.mark.parametrize(
    ("shape", "cell", "message"),
    [
        ((4, 2, 2, 2), np.eye(3), "2 points along a cell vector resolve no wave; give 3 or more"),
        ((4, 4, 4, 4), np.zeros((3, 3)), "a cell without volume; give three vectors"),
        ((4, 4, 4, 4), np.ones(3), "cell has shape"),
        ((4, 4, 4), np.eye(3), "give finite values"),
    ],
)
def test_bad_density_on_a_grid_is_one_line(shape: tuple[int, ...], cell: np.ndarray, message: str) -> None:
    density = np.random.default_rng(0).uniform(1, 2, shape)
    with pytest.raises(ValueError, match=message) as error:
        sampled_field_variance(density.tolist(), cell, interval=1.0, temperature=1.0, n_block=2)
    assert "\n" not in str(error.value)
