r"""Mean of a correlated series and its standard error, by blocks whose length is chosen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import fdtrc

from a2c_pybamm.data import Array
from a2c_pybamm.estimators.statistics.averaging import student_variance
from a2c_pybamm.estimators.time_series.resolution import NotResolved
from a2c_pybamm.estimators.time_series.running_integral import block_averages


@dataclass(frozen=True)
class BlockCriterion:
    """Settings of the choice of a block's length."""

    exponent: float = 3.0
    r"""Power p of the block's length B in :math:`B^p \ge 2ng^2`, at which what blocks that are too short leave out and what few
    blocks scatter add up to the least (Lee et al.)."""
    largest_share: float = 0.5
    """Largest inefficiency over the block's length: a quarter of it is then left out and added."""
    least_blocks: int = 4
    """Fewest blocks of all series together: Student's variance is three times the normal one."""
    series_level: float = 1e-4
    """Probability of the scatter between the means of several series, below which they are not of one process."""


@dataclass(frozen=True)
class BlockAverage:
    """Mean of a correlated series, and what its correlation leaves of the number of values."""

    mean: float
    std: float
    """Standard error of the mean, with Student's variance for the number of blocks."""
    effective_size: float
    """Number of independent values with the same error of the mean."""
    inefficiency: float
    r"""Statistical inefficiency g, frames for each independent value, :math:`2t_c/\Delta t` of slow ones."""
    n_block: int
    block_length: int
    """Frames of a block."""


def block_average(series: ArrayLike, *, criterion: BlockCriterion | None = None) -> BlockAverage:
    r"""Mean of a stationary series (n_frame,), or of several independent ones (n_series, n_frame), and its standard error.

    The variance of means of blocks of B frames times B, over that of single values, is :math:`g_B`, which levels off at the
    statistical inefficiency g (`block_averages` has it for all lengths). Blocks double in length [1]_ until
    :math:`B^3 \ge 2ng^2` [2]_, or to the longest of which there are four; what they still leave out, of one relaxation
    :math:`g_B = g(1 - g/2B)`, is added.

    Raises
    ------
    NotResolved
        If blocks are not twice as long as the inefficiency: the run is too short for its correlation; or means of several
        series differ by more than their errors.
    ValueError
        If the array has another shape, a value is not finite, or all are equal.

    References
    ----------
    .. [1] H. Flyvbjerg, H. G. Petersen, J. Chem. Phys. 91 (1989) 461.
    .. [2] R. M. Lee, G. J. Conduit, N. Nemec, P. López Ríos, N. D. Drummond, Phys. Rev. E 83 (2011) 066706.
    """
    criterion = criterion or BlockCriterion()
    values = np.atleast_2d(np.asarray(series, float))
    if values.ndim != 2 or values.shape[1] < 2 or not np.isfinite(values).all():
        raise ValueError(f"block average: series of shape {np.shape(series)}; give finite values (n_frame,) with two or more")
    if not np.ptp(values, axis=1).all():
        raise ValueError("block average: a series is constant, its error is unknown; was it computed in this run?")
    blocks = block_averages(values, interval=1.0, least_blocks=criterion.least_blocks)
    n, lengths = values.size, blocks.length[1:]
    short = blocks.value[1:] / blocks.value[:1] if len(lengths) else np.empty(0)
    long_enough = short < criterion.largest_share * lengths
    if not long_enough.any():
        raise NotResolved(
            f"block average: {values.shape[1]} frames of {len(values)} series are too few for their correlation; run longer"
        )
    inefficiency = np.where(long_enough, short / (1 - short / (2 * lengths)), np.inf)
    enough = lengths**criterion.exponent >= 2 * n * inefficiency**2
    chosen = int(np.argmax(enough)) if enough.any() else int(np.flatnonzero(long_enough)[-1])
    g, length = max(float(inefficiency[chosen]), 1 / n), int(lengths[chosen])
    n_block = len(values) * (values.shape[1] // length)
    variance = float(blocks.value[0]) * g / n
    _validate_means(values, variance * len(values), n_block - len(values), criterion)
    std = np.sqrt(variance * student_variance(n_block - len(values)))
    return BlockAverage(float(values.mean()), float(std), n / g, g, n_block, length)


def _validate_means(values: Array, variance: float, free: int, criterion: BlockCriterion) -> None:
    """Raise ``NotResolved`` where means of series (n_series, n_frame) scatter by more than a variance each."""
    n_series = len(values)
    if n_series < 2:
        return
    ratio = float(values.mean(axis=1).var(ddof=1)) / variance
    if fdtrc(n_series - 1, free, ratio) < criterion.series_level:
        raise NotResolved(
            f"block average: means of {n_series} series scatter {np.sqrt(ratio):.3g} times as much as their errors; they are "
            "of different processes, or correlated for longer than a run: average them one by one, or run longer"
        )
