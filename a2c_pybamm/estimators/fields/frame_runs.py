"""Frames of configurations cut where a block of the average ends, and the error of means over blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from a2c_pybamm.constants import RELATIVE_ROUND_OFF
from a2c_pybamm.data import Array, Configurations, FrameBlock
from a2c_pybamm.estimators.time_series.running_integral import block_averages


def frames_by_block(configurations: Configurations, n_block: int) -> Iterator[tuple[int, FrameBlock]]:
    """Number of the block, and consecutive frames of it, of equally long blocks (but for one frame).

    Raises
    ------
    ValueError
        If there are fewer frames than blocks, or not as many as the configurations state.
    """
    n = validate_blocks(configurations, n_block)
    ends = np.cumsum([len(part) for part in np.array_split(np.arange(n), n_block)])
    first = 0
    for frames in configurations.blocks():
        done = 0
        while done < len(frames.positions):
            block = int(np.searchsorted(ends, first + done, side="right"))
            if block == n_block:
                raise ValueError(f"field: more frames than the {n} of the configurations; read them again")
            upto = min(len(frames.positions), int(ends[block]) - first)
            part = slice(done, upto)
            velocities = None if frames.velocities is None else frames.velocities[part]
            yield block, FrameBlock(frames.positions[part], frames.cell[part], velocities)
            done = upto
        first += len(frames.positions)
    if first < n:
        raise ValueError(f"field: {first} frames where the configurations state {n}; read them again")


def validate_blocks(configurations: Configurations, n_block: int) -> int:
    """Number of frames; ``ValueError`` where it cannot be cut into so many blocks."""
    n = configurations.n_frame
    if not isinstance(n_block, int | np.integer) or not 1 <= n_block <= n:
        raise ValueError(f"field: {n_block} blocks of {n} frames; give a whole number between 1 and {n} as n_block=")
    return n


@dataclass(frozen=True)
class NeighbourCriterion:
    """Settings of the correlation between neighbouring blocks."""

    least_pairs: int = 5
    """Pairs of blocks, at all places together, below which no correlation is estimated and blocks count as independent: one
    place needs ten blocks. Its interval is then refused in a tenth of runs without memory (2026-11-29)."""


CRITERION = NeighbourCriterion()
"""Settings of all fields."""


def effective_blocks(blocks: Array) -> float:
    r"""Number of independent blocks that have the same error of their mean, from the correlation of neighbours.

    With the variance of block means, and that of pairs of neighbours times two, summed over all places, the ratio is
    :math:`1 + \rho`; blocks whose correlation falls as :math:`\rho^k` have :math:`(1-\rho)/(1+\rho)` of their number, and one
    at the least.

    Parameters
    ----------
    blocks
        Means over blocks (n_block, …).
    """
    n = len(blocks)
    if n < 2:
        return float(n)
    series = blocks[: n // 2 * 2].reshape(n // 2 * 2, blocks[0].size).T  # pairs of all that are compared
    varied = np.ptp(series, axis=1) > RELATIVE_ROUND_OFF * np.abs(series).max(initial=0.0)
    if not varied.any():
        return float(n)
    averages = block_averages(series[varied], interval=1.0, least_blocks=CRITERION.least_pairs)
    if len(averages.value) < 2:
        return float(n)
    correlation = max(float(averages.value[1] / averages.value[0]) - 1, 0.0)
    return max(n * (1 - correlation) / (1 + correlation), 1.0)
