"""Checks beside the spectrum at zero frequency: the running integral of the correlation function, and block averages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

from a2c_pybamm.data import Array


@dataclass(frozen=True)
class RunningIntegral:
    """Twice the integral of the correlation function up to each time, which levels off at the spectrum at zero frequency."""

    time: Array
    """Upper limits [s] (n_time,)."""
    value: Array
    """[unit² s] (n_time,)."""
    std: Array
    """Scatter between the series over the root of their number (n_time,); NaN-free: infinite for one series."""


@dataclass(frozen=True)
class BlockAverages:
    """Variance of the means of blocks times the blocks' length, which levels off at the spectrum at zero frequency."""

    length: Array
    """Lengths of the blocks [s] (n_length,)."""
    value: Array
    """[unit² s] (n_length,)."""
    std: Array
    """Standard errors, of independent blocks (n_length,)."""


def running_integral(series: Array, *, interval: float, longest: float | None = None, share: float = 0.25) -> RunningIntegral:
    """Running integral of series (n_series, n_frame) about their means, by trapezia, up to ``longest`` [s] or
    a share of the run.
    """
    n = series.shape[1]
    n_time = min(n - 1, int(share * n) if longest is None else int(longest / interval)) + 1
    size = next_fast_len(n + n_time, real=True)
    by_series = np.empty((len(series), n_time))
    for row, values in zip(by_series, series, strict=True):
        transform = rfft(values - values.mean(), size)
        row[:] = irfft(transform.real**2 + transform.imag**2, size)[:n_time] / np.arange(n, n - n_time, -1)
    halves = (by_series[:, 1:] + by_series[:, :-1]) / 2
    sums = 2 * interval * np.concatenate([np.zeros((len(series), 1)), np.cumsum(halves, axis=1)], axis=1)
    scatter = sums.std(axis=0, ddof=1) / np.sqrt(len(series)) if len(series) > 1 else np.full(n_time, np.inf)
    return RunningIntegral(interval * np.arange(n_time), sums.mean(axis=0), scatter)


def block_averages(series: Array, *, interval: float, least_blocks: int = 8) -> BlockAverages:
    """Block averages of series (n_series, n_frame) for lengths that double, down to ``least_blocks`` blocks in all series."""
    means, length = series - series.mean(axis=1, keepdims=True), 1
    lengths, values, errors = [], [], []
    while means.size >= max(least_blocks, 2 * len(series)):
        free = means.size - len(series)
        lengths.append(length * interval)
        values.append(float((means**2).sum()) / free * length * interval)
        errors.append(values[-1] * np.sqrt(2 / free))
        even = means[:, : means.shape[1] // 2 * 2]
        means, length = (even[:, ::2] + even[:, 1::2]) / 2, 2 * length
    return BlockAverages(np.array(lengths), np.array(values), np.array(errors))
