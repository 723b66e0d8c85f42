"""Wave vectors in shells, and modes of particles against their sum."""

from __future__ import annotations

import numpy as np
import pytest

from a2c_pybamm.estimators.statistics.wave_vectors import block_means, density_modes, wave_vectors

TILTED = np.array([[3.0, 0, 0], [0.8, 2.7, 0], [-0.5, 0.6, 3.2]])


def test_shells_of_a_cube() -> None:
    """Half of the 6, 12, 8, 6, 24 vectors of lengths 1, √2, √3, 2, √5."""
    waves = wave_vectors(2 * np.pi * np.eye(3), 2.3, "x")
    np.testing.assert_array_equal(waves.counts, [3, 6, 4, 3, 12])
    np.testing.assert_allclose(waves.wave_number, np.sqrt([1, 2, 3, 4, 5]))
    values = np.arange(2.0 * len(waves.whole)).reshape(2, -1)
    exact = [[row[waves.shells == k].mean() for k in range(5)] for row in values]
    np.testing.assert_allclose(waves.shell_means(values), exact)


def test_all_vectors_of_a_tilted_cell_are_there_once() -> None:
    waves = wave_vectors(TILTED, 6.0, "x")
    n = np.stack(np.meshgrid(*[np.arange(-9, 10)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    length = np.linalg.norm(n @ (2 * np.pi * np.linalg.inv(TILTED).T), axis=1)
    assert 2 * len(waves.whole) + 1 == (length <= 6.0).sum()
    both = {tuple(row) for row in np.concatenate([waves.whole, -waves.whole]).tolist()}
    assert len(both) == 2 * len(waves.whole)


def test_modes_are_the_sum_over_particles() -> None:
    rng = np.random.default_rng(1)
    waves, positions, weights = wave_vectors(TILTED, 6.0, "x"), rng.normal(size=(3, 7, 3)), rng.normal(size=7)
    k = waves.whole @ (2 * np.pi * np.linalg.inv(TILTED).T)
    exact = np.exp(1j * positions @ k.T)
    fractions = positions @ np.linalg.inv(TILTED)
    np.testing.assert_allclose(density_modes(fractions, waves.whole), exact.sum(axis=1), atol=1e-12)
    weighted = np.einsum("n,fnk->fk", weights, exact)
    np.testing.assert_allclose(density_modes(fractions, waves.whole, weights), weighted, atol=1e-12)


def test_blocks_of_frames() -> None:
    np.testing.assert_allclose(block_means(np.arange(10.0), 3), [1.5, 5, 8])


@pytest.mark.parametrize("largest", [0.0, -1.0, np.inf, np.nan, 0.1])
def test_a_largest_wave_number_without_vectors_is_refused(largest: float) -> None:
    with pytest.raises(ValueError, match=r"x: (largest wave number|no wave vector)"):
        wave_vectors(TILTED, largest, "x")
