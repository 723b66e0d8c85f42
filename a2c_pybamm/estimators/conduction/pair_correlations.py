"""Radial distribution functions of an electrolyte's species from a trajectory in a periodic cell."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from a2c_pybamm.data import Array, PairCorrelations, Trajectory
from a2c_pybamm.estimators.conduction.kirkwood_buff import UNIT_BALL


def pair_correlations(
    trajectory: Trajectory,
    cell: ArrayLike,
    species: Mapping[str, int],
    *,
    n_shell: int = 200,
    n_block: int = 10,
) -> PairCorrelations:
    """Distribution functions of distances between nearest images, up to half of the cell's least width, in blocks of the run.

    Parameters
    ----------
    cell
        Cell vectors in rows [m] (3, 3), or three edges, the same in all frames.
    species
        Formal charge of each species by the chemical symbol of the atom that stands for it (``{"Li": 1, "P": -1, "C": 0}``).
    n_shell, n_block
        Number of shells of equal width, and of blocks of frames.

    Raises
    ------
    ValueError
        If the cell is none, a species has no atom, or there are fewer frames than blocks.
    """
    vectors = cell_vectors(cell, "pair correlations")
    symbols = np.array(trajectory.species)
    atoms = [np.flatnonzero(symbols == symbol) for symbol in species]
    for symbol, found in zip(species, atoms, strict=True):
        if not len(found):
            raise ValueError(f"pair correlations: no atom {symbol!r} (has {', '.join(sorted(set(trajectory.species)))})")
    n_frame = len(trajectory.positions)
    if n_frame < n_block or n_block < 1:
        raise ValueError(f"pair correlations: {n_frame} frames for {n_block} blocks; give more frames or fewer blocks")
    volume = float(abs(np.linalg.det(vectors)))
    widths = volume / np.linalg.norm(np.cross(np.roll(vectors, -1, axis=0), np.roll(vectors, -2, axis=0)), axis=1)
    edges = np.linspace(0, float(widths.min()) / 2, n_shell + 1)
    n = len(atoms)
    counts = np.zeros((n_block, n, n, n_shell))
    for block, frames in enumerate(np.array_split(np.arange(n_frame), n_block)):
        for frame in frames:
            fraction = trajectory.positions[frame] @ np.linalg.inv(vectors)
            for i in range(n):
                for j in range(i, n):
                    counts[block, i, j] += _histogram(fraction[atoms[i]], fraction[atoms[j]], vectors, edges, i == j)
                    counts[block, j, i] = counts[block, i, j]
        counts[block] /= len(frames)
    number = np.array([len(found) for found in atoms], float)
    shell = UNIT_BALL * np.diff(edges * edges * edges)
    return PairCorrelations(
        species=tuple(species),
        charges=tuple(species.values()),
        counts=tuple(len(found) for found in atoms),
        distance=(edges[1:] + edges[:-1]) / 2,
        g=counts * volume / (number[:, None, None] * number[None, :, None] * shell),
        volume=volume,
        temperature=trajectory.temperature,
        provenance=dict(trajectory.provenance),
    )


def cell_vectors(cell: ArrayLike, where: str) -> Array:
    """Cell vectors in rows [m] (3, 3), from those or from three edges; ``where`` begins the message about others."""
    vectors = np.asarray(cell, float)
    vectors = np.diag(vectors) if vectors.ndim == 1 else vectors
    if vectors.ndim != 2 or vectors.shape != (len("xyz"),) * 2 or not abs(np.linalg.det(vectors)) > 0:
        raise ValueError(f"{where}: cell of shape {vectors.shape}; give three vectors [m] in rows, or three edges")
    return vectors


def _histogram(first: Array, second: Array, cell: Array, edges: Array, same: bool) -> Array:
    """Number of ordered pairs of different particles in each shell (n_shell,), from fractional coordinates (n, 3)."""
    between = first[:, None] - second[None]
    between -= np.round(between)
    distance = np.sqrt(((between @ cell) ** 2).sum(axis=-1))
    if same:
        np.fill_diagonal(distance, np.inf)
    return np.histogram(distance, edges)[0].astype(float)
