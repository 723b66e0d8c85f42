"""Correlation times of an autocorrelation function by running integrals up to a window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from a2c_pybamm.data import Array
from a2c_pybamm.estimators.statistics.averaging import student_variance
from a2c_pybamm.estimators.time_series.resolution import MIN_SCATTER_BODIES, NotResolved


@dataclass(frozen=True)
class WindowSettings:
    """Upper limit of the integrals."""

    times: float = 6.0
    """Upper limit in correlation times, where an exponential has left 0.25 % of its integral."""
    second: float = 2.0
    """A second upper limit over the first, whose integral shows what lies beyond it."""


@dataclass(frozen=True)
class LogTime:
    """Logarithm of a time in intervals between lags."""

    value: float
    std: float
    """Standard error by the scatter between atoms."""
    misfit: float
    """Integral beyond the window, where it is more than its own standard error; else 0."""


@dataclass(frozen=True)
class WindowedTimes:
    """Both correlation times of an autocorrelation."""

    log_integral: LogTime
    log_decay: LogTime
    window: int
    """Lags up to the upper limit."""


def windowed_times(by_atom: Array, name: str, settings: WindowSettings) -> WindowedTimes:
    """Both times of autocorrelations of single atoms (n_atom, n_lag), up to several of the longer one.

    Raises
    ------
    ValueError
        If there are fewer than eight atoms, whose scatter is the error.
    NotResolved
        If the lags end before the window does, or the integral is not positive.
    """
    n_atom, n_lag = by_atom.shape
    if n_atom < MIN_SCATTER_BODIES:
        raise ValueError(f"{name}: {n_atom} atoms, their scatter needs {MIN_SCATTER_BODIES}; give the velocities instead")
    mean = by_atom.mean(axis=0)
    ratio = mean / mean[0]
    first = np.arange(n_lag)
    integral, decay = np.cumsum(ratio) - ratio / 2 - 0.5, 2 * (np.cumsum(ratio**2) - ratio**2 / 2) - 1
    enough = first >= settings.times * np.maximum(integral, decay)
    enough[0] = False
    window = int(np.argmax(enough))
    if not enough.any() or settings.second * window >= n_lag:
        raise NotResolved(f"{name}: the autocorrelation of {n_lag} lags has not died away; run longer")
    left_out = (n_atom * mean - by_atom) / (n_atom - 1)
    return WindowedTimes(
        _log_time(mean, left_out, window, 1, name, settings), _log_time(mean, left_out, window, 2, name, settings), window
    )


def _log_time(mean: Array, left_out: Array, window: int, power: int, name: str, settings: WindowSettings) -> LogTime:
    """Logarithm of the power-th time, ``power`` times the integral of that power of C/C(0)."""

    def time(correlation: Array, last: int) -> Array:
        ratio = (correlation / correlation[..., :1])[..., : last + 1] ** power
        return np.asarray(power * (ratio.sum(axis=-1) - (ratio[..., 0] + ratio[..., -1]) / 2))

    value, beyond = float(time(mean, window)), float(time(mean, int(settings.second * window)))
    n = len(left_out)
    factor = student_variance(n - 1) * (n - 1)
    std = float(np.sqrt(factor * time(left_out, window).var()))
    further = time(left_out, int(settings.second * window)) - time(left_out, window)
    if not value > 0:
        raise NotResolved(f"{name}: the integral of the autocorrelation is {value:.2g} intervals; take time='decay'")
    misfit = abs(beyond - value) if abs(beyond - value) > np.sqrt(factor * further.var()) else 0.0
    return LogTime(float(np.log(value)), std / value, misfit / value)
