"""Particles with known fields, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from a2c_pybamm.data import Array, Configurations, FrameBlock
from a2c_pybamm.estimators import CubicBSpline, CubicTopHat, Gaussian, Kernel, SphericalTopHat, TrilinearHat

ANGSTROM = 1e-10
KERNELS: tuple[Kernel, ...] = tuple(
    kind.with_second_moment((1.1 * ANGSTROM) ** 2)
    for kind in (Gaussian, SphericalTopHat, CubicTopHat, TrilinearHat, CubicBSpline)
)
CELLS = {
    "orthorhombic": ANGSTROM * np.diag([9.0, 7.5, 8.0]),
    "skew": ANGSTROM * np.array([[9.0, 0.3, -0.4], [-3.0, 8.0, 0.0], [2.5, -1.5, 7.0]]),
}


def particles(positions: Array, cell: Array, species: str | tuple[str, ...] = "Li", **others: Any) -> Configurations:
    """Configurations of positions (n_frame, n_particle, 3) [m]."""
    symbols = (species,) * positions.shape[1] if isinstance(species, str) else species
    masses = np.array([{"Li": 1e-26, "Cl": 6e-26}[symbol] for symbol in symbols])
    return Configurations.of_arrays(
        positions, cell, species=symbols, masses=masses, interval=1e-15, temperature=300.0, **others
    )


def lattice(basis: Array, n_frame: int = 1, **others: Any) -> Configurations:
    """A crystal in a cubic cell of one metre, at a basis in fractions (n_particle, 3)."""
    return particles(np.broadcast_to(np.asarray(basis, float), (n_frame, len(basis), 3)), np.eye(3), **others)


def in_blocks_of(configurations: Configurations, sizes: tuple[int, ...]) -> Configurations:
    """The same frames, handed out in blocks of other sizes."""
    (whole,) = configurations.blocks()
    ends = np.cumsum(sizes)
    assert ends[-1] == configurations.n_frame

    def blocks() -> Iterator[FrameBlock]:
        for end, size in zip(ends, sizes, strict=True):
            part = slice(end - size, end)
            yield FrameBlock(
                whole.positions[part], whole.cell[part], None if whole.velocities is None else whole.velocities[part]
            )

    return Configurations(
        configurations.species, configurations.masses, blocks, configurations.n_frame, 1e-15, 300.0, configurations.periodic
    )


def images(cell: Array, n: int) -> Array:
    """Translations of the cell, up to n of each vector (n_image, 3)."""
    return np.array(list(product(range(-n, n + 1), repeat=3))) @ cell
