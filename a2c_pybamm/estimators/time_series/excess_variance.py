r"""Variance of a slope beyond that of a Gaussian process, from the displacements of each atom in equal parts of a run.

Rare hops are shot noise: they add to the slope of each atom a variance that does not depend on the lag. It is seen in how an
atom's slope differs from one part of the run to the next. How atoms differ from one another shows it too, but with fewer
degrees of freedom, and mixed with what they differ by for good (ions of two kinds of site, ions that never move), which is no
sampling error of their mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from a2c_pybamm.data import Array, BlockMSD
from a2c_pybamm.estimators.time_series.overlap import least_squares, overlap_covariance


@dataclass(frozen=True)
class BlockSettings:
    """Parts of a run and lags within them, and the tests of atoms that differ for good."""

    n_block: int = 4
    """Parts: enough for a far and a near pair, long enough for the lags."""
    n_lag: int = 10
    """Lags in each part, up to half of it, evenly spaced in their logarithm."""
    min_frames: int = 12
    """Fewest frames of a part, with five different lags."""
    spread_z: float = 5.0
    """Correlation of the parts, over its standard deviation, from which atoms differ: of like ones it is beyond 5 in 1 run of
    1000, of half immobile ones it is about 60 (24 atoms, 300 frames)."""
    unexplained_p: float = 0.01
    """Probability, for atoms that are alike, of a scatter between them so much larger than that in time: below it, memory that
    the parts do not show is taken as its cause (ions that rattle slowly, in long windows), and it alone is the error bar."""
    permanence: float = 0.6
    """Correlation of far parts over that of adjacent ones, from which the difference counts as one for good."""


BLOCKS = BlockSettings()
"""The settings that are taken."""


@dataclass(frozen=True)
class ExcessVariance:
    """Variance of the mean slope beyond the Gaussian process; lags in frames."""

    variance: float
    """Excess [m4], by the scatter in time; below zero by chance."""
    degrees_of_freedom: int
    scatter: float
    """Variance of the mean slope of the parts by their scatter in time [m4]: large where offsets are large and parts short."""
    spread: float
    """Mean square of the atoms' slopes over their squared mean: 1 for atoms that are alike."""
    differ: bool
    """Atoms differ significantly, each being alike in different parts."""
    permanent: bool
    """They differ for good, as far as the run shows: far parts of it are as alike as adjacent ones."""


def block_displacements(paths: Array) -> list[BlockMSD]:
    """Mean-squared displacements in equal parts of paths [m] (n_atom, n_direction, n_frame); none of too few frames."""
    n_frame = paths.shape[2] // BLOCKS.n_block
    if n_frame < BLOCKS.min_frames:
        return []
    lags = np.unique(np.round(np.geomspace(1, n_frame // 2, BLOCKS.n_lag)).astype(np.int64))
    by_atom = np.empty((BLOCKS.n_block, len(paths), len(lags)))
    parts = paths[:, :, : BLOCKS.n_block * n_frame].reshape(*paths.shape[:2], BLOCKS.n_block, n_frame)
    for k, lag in enumerate(lags):
        moved = parts[..., lag:] - parts[..., : n_frame - lag]
        by_atom[:, :, k] = (np.einsum("adji,adji->aj", moved, moved) / moved.shape[-1]).T
    return [BlockMSD(lags, by_atom, n_frame)]


def excess_variance(blocks: BlockMSD, slope: float, offset: float, dimension: int) -> ExcessVariance:
    r"""Excess of the scatter in time over that of a Gaussian process with this line [m2/frame, m2].

    Slopes of single parts are those of a line with the offset held, whose variance by the process is least. With slopes
    :math:`s_{aj}` of atom a in part j of K, the mean of :math:`s_{aj}s_{ak}, j \ne k` is that of the squared slopes of the
    atoms themselves, and :math:`\overline{\operatorname{Var}_j s_{aj}}/K` the variance of their means over the run.
    """
    lags = blocks.lag_in_frames.astype(float)
    n_block, n_atom, _ = blocks.by_atom.shape
    walk = dimension * overlap_covariance(lags, blocks.n_frame, slope / dimension, 0.0)
    process = dimension * overlap_covariance(lags, blocks.n_frame, slope / dimension, offset / dimension)
    weights = least_squares([lags], blocks.by_atom.mean(axis=(0, 1)), process)[0][0]
    slopes = (blocks.by_atom - offset) @ weights
    within = float(slopes.var(axis=0, ddof=1).mean())
    mean, products = float(slopes.mean()), slopes @ slopes.T / n_atom
    distance = np.abs(np.subtract.outer(np.arange(n_block), np.arange(n_block)))
    between = products - mean**2 + within / (n_block * n_atom)  # the squared mean has the variance of the mean in it
    common, near, far = (float(between[where].mean()) for where in (distance > 0, distance == 1, 2 * distance >= n_block))
    differ = common > BLOCKS.spread_z * within / np.sqrt(n_atom * n_block * (n_block - 1) / 2)
    spread = 1 + max(common, 0.0) / mean**2 if differ and mean > 0 else 1.0
    expected = float(weights @ (process + (spread - 1) * walk) @ weights)
    return ExcessVariance(
        variance=(within - expected) / (n_block * n_atom),
        degrees_of_freedom=n_atom * (n_block - 1),
        scatter=within / (n_block * n_atom),
        spread=spread,
        differ=differ,
        permanent=differ and far >= BLOCKS.permanence * near,
    )
