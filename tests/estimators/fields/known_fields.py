"""Configurations with exactly known structure factors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from a2c_pybamm.data import Array, Configurations

Draw = Callable[[np.random.Generator, tuple[int, ...]], Array]


def configurations(positions: Array, edge: float, species: tuple[str, ...] | None = None, **others: Any) -> Configurations:
    """Positions (n_frame, n_particle, 3) in a cube."""
    n = positions.shape[1]
    return Configurations.of_arrays(
        positions,
        edge * np.eye(3),
        species=species or ("Li",) * n,
        masses=np.ones(n),
        interval=1e-12,
        temperature=300.0,
        **others,
    )


def grid(n: int) -> Array:
    """Points of a simple cubic lattice with spacing one (n³, 3)."""
    return np.stack(np.meshgrid(*[np.arange(n)] * 3, indexing="ij"), axis=-1).reshape(-1, 3).astype(float)


def clusters(rng: np.random.Generator, n_frame: int, edge: float, n_parent: int, n_particle: int, draw: Draw) -> Array:
    r"""Particles about parents that are independent: :math:`S = 1 + (N - 1)\varphi(k)^2/n` with n parents, exactly.

    :math:`\varphi` is the characteristic function of the displacements that ``draw`` makes.
    """
    parents = rng.uniform(0, edge, (n_frame, n_parent, 3))
    of_each = rng.integers(0, n_parent, (n_frame, n_particle))
    return np.take_along_axis(parents, of_each[..., None], 1) + draw(rng, (n_frame, n_particle))


def gaussian(width: float) -> Draw:
    r""":math:`\varphi^2 = e^{-k^2\sigma^2}`."""
    return lambda rng, shape: width * rng.normal(size=(*shape, 3))


def ornstein_zernike(length: float) -> Draw:
    r""":math:`\varphi^2 = 1/(1 + k^2\xi^2)`: normal displacements whose variance is a gamma variable of shape one half."""
    return lambda rng, shape: np.sqrt(rng.gamma(0.5, 2 * length**2, shape))[..., None] * rng.normal(size=(*shape, 3))


def thinned_lattice(rng: np.random.Generator, n_frame: int, n: int, n_particle: int, width: float) -> Array:
    r"""Some sites of a lattice, displaced: :math:`S = 1 - (M - 1)e^{-k^2\sigma^2}/(n^3 - 1)` but for small Bragg peaks."""
    sites = grid(n)
    chosen = np.array([rng.permutation(n**3)[:n_particle] for _ in range(n_frame)])
    return sites[chosen] + rng.uniform(0, n, (n_frame, 1, 3)) + width * rng.normal(size=(n_frame, n_particle, 3))


def random_field(rng: np.random.Generator, n_frame: int, edge: float, n: int, limit: float, length: float) -> Array:
    r"""Density one with a Gaussian random field of :math:`S = S_0/(1 + k^2\xi^2)` on a grid (n_frame, n, n, n)."""
    k = 2 * np.pi * np.fft.fftfreq(n, edge / n)
    square = k[:, None, None] ** 2 + k[None, :, None] ** 2 + k[None, None] ** 2
    root = np.sqrt(limit / (1 + square * length**2) * (n / edge) ** 3)
    noise = np.fft.fftn(rng.normal(size=(n_frame, n, n, n)), axes=(1, 2, 3))
    return 1 + np.fft.ifftn(noise * root, axes=(1, 2, 3)).real


def pairs(rng: np.random.Generator, n_frame: int, edge: float, n_pair: int, separation: Draw) -> Array:
    r"""Opposite charges, those of a pair at a random separation: :math:`S_{ZZ} = 1 - \varphi(k)`; first all positive ones."""
    first = rng.uniform(0, edge, (n_frame, n_pair, 3))
    return np.concatenate([first, first + separation(rng, (n_frame, n_pair))], axis=1)
