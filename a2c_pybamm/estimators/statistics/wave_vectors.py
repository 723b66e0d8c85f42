r"""Wave vectors of a periodic cell in shells of one length, and the Fourier modes of particles at them.

:math:`\mathbf k = 2\pi\,\mathbf n\,\mathbf h^{-1}` with the cell vectors in the rows of :math:`\mathbf h` and whole numbers
:math:`\mathbf n`; of :math:`\mathbf k` and :math:`-\mathbf k` one is kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.data import BLOCK_BYTES, Array


@dataclass(frozen=True)
class ShellSettings:
    """Settings by which wave vectors are put into shells."""

    rounding: float = 1e-6
    """Relative difference of wave numbers up to which they count as one: cells in files have six digits."""


SHELLS = ShellSettings()
"""Settings of all shells."""


@dataclass(frozen=True, eq=False)
class WaveVectors:
    """Wave vectors of one half space, by their lengths."""

    whole: NDArray[np.int64]
    """Whole numbers n (n_wave, 3)."""
    shells: NDArray[np.int64]
    """Place of each one's length in `wave_number` (n_wave,), not falling."""
    wave_number: Array
    """Lengths [m-1] (n_k,), rising."""

    @property
    def counts(self) -> NDArray[np.int64]:
        """Number of wave vectors of each length (n_k,)."""
        return np.bincount(self.shells).astype(np.int64)

    def shell_means(self, values: Array) -> Array:
        """Means over wave vectors of one length (…, n_k) of values at each wave vector (…, n_wave)."""
        edges = np.concatenate([[0], np.cumsum(self.counts)[:-1]])
        return np.asarray(np.add.reduceat(values, edges, axis=-1) / self.counts)


def wave_vectors(cell: Array, largest: float, where: str) -> WaveVectors:
    """Wave vectors up to a length [m-1] of a cell with its vectors in rows [m] (3, 3); ``where`` begins messages.

    Raises
    ------
    ValueError
        If the largest length is not positive and finite, or no wave vector is as short.
    """
    if not 0 < largest < np.inf:
        raise ValueError(f"{where}: largest wave number is {largest:g} 1/m; give it as largest=")
    reach = np.floor(largest * (1 + SHELLS.rounding) * np.linalg.norm(cell, axis=1) / (2 * np.pi)).astype(int)
    whole = np.stack(np.meshgrid(*(np.arange(-n, n + 1) for n in reach), indexing="ij"), axis=-1).reshape(-1, len(cell))
    whole = whole[len(whole) // 2 + 1 :]  # of k and -k one
    whole = whole[wave_lengths(cell, whole) <= largest * (1 + SHELLS.rounding)]
    if not len(whole):
        raise ValueError(f"{where}: no wave vector below {largest:g} 1/m; give a larger wave number, or smaller lengths")
    return in_shells(cell, whole)


def wave_lengths(cell: Array, whole: NDArray[np.int64]) -> Array:
    """Lengths of wave vectors [m-1] (n_wave,)."""
    return np.asarray(np.linalg.norm(whole @ (2 * np.pi * np.linalg.inv(cell).T), axis=1))


def in_shells(cell: Array, whole: NDArray[np.int64]) -> WaveVectors:
    """Wave vectors, given by whole numbers (n_wave, 3), sorted by their lengths in a cell."""
    length = wave_lengths(cell, whole)
    order = np.argsort(length, kind="stable")
    length = length[order]
    new = np.diff(length, prepend=0.0) > SHELLS.rounding * length
    return WaveVectors(whole[order], np.cumsum(new) - 1, length[new])


def density_modes(fractions: Array, whole: NDArray[np.int64], weights: Array | None = None) -> NDArray[np.complex128]:
    r"""Modes :math:`\rho_{\mathbf k} = \sum_n w_n e^{i\mathbf k\cdot\mathbf r_n}` (n_frame, n_wave) of particles in a cell.

    The exponential is a product of one for each cell vector, so that the sum over particles is one of matrices: exact, with
    three short rows of exponentials for each particle, and at most `BLOCK_BYTES` of products at once.

    Parameters
    ----------
    fractions
        Fractional coordinates (n_frame, n_particle, 3), wrapped or not.
    whole
        Whole numbers of the wave vectors (n_wave, 3).
    weights
        w (n_particle,); one where not given.
    """
    low, high = whole.min(axis=0), whole.max(axis=0)
    powers = [np.arange(first, last + 1) for first, last in zip(low, high, strict=True)]
    places = tuple((whole - low).T)
    n_frame, n_particle, _ = fractions.shape
    turn = complex(0, 2 * np.pi)
    scale = np.ones(n_particle) if weights is None else weights
    step = max(1, BLOCK_BYTES // (np.dtype(complex).itemsize * len(powers[0]) * len(powers[1])))
    modes = np.empty((n_frame, len(whole)), complex)
    for frame in range(n_frame):
        total = np.zeros((len(powers[0]) * len(powers[1]), len(powers[2])), complex)
        for first in range(0, n_particle, step):
            part = slice(first, first + step)
            a, b, c = (np.exp(turn * np.outer(fractions[frame, part, axis], n)) for axis, n in enumerate(powers))
            products = (a[:, :, None] * b[:, None, :]).reshape(len(a), -1)
            total += products.T @ (c * scale[part, None])
        modes[frame] = total.reshape([len(n) for n in powers])[places]
    return modes


def block_means(values: Array, n_block: int) -> Array:
    """Means over blocks of frames (n_block, …) of values of each frame (n_frame, …)."""
    return np.array([block.mean(axis=0) for block in np.array_split(values, n_block)])
