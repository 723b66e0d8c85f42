r"""Whitened periodogram of independent series of one process, averaged over them and over narrow bands of frequency.

Estimates at different frequencies are all but independent, each a gamma variable about the spectrum. Two things spoil that:
a steep spectrum leaks through the ends of the run, against which the series are filtered by a short autoregression first
(Tukey's prewhitening; the spectrum is divided by the filter's response afterwards), and millions of frequencies cost time,
against which neighbours are averaged, more of them at higher frequencies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import next_fast_len, rfft

from a2c_pybamm.data import Array


@dataclass(frozen=True)
class PeriodogramSettings:
    """Settings of a whitened periodogram; the defaults are those of the tables in ``docs/conduction.md``."""

    filter_order: int = 8
    """Highest order of the autoregression that filters the series; the order is chosen by Akaike's criterion."""
    filter_sample: int = 200_000
    """Values of the series that the filter is computed from: more do not improve the whitening."""
    frames_per_coefficient: int = 20
    """Frames for each coefficient of the filter, at least."""
    n_single: int = 64
    """Lowest frequencies that are kept one by one."""
    band_width: float = 0.01
    """Relative width of a band above those: over it a relaxation changes the spectrum by at most 2 %."""
    block: int = 2**20
    """Values that are transformed at once."""
    longest_gap: float = 0.01
    """Share of the frames that may be left out at the end for a length that is transformed quickly."""
    hann_variance: float = 35 / 18
    """Variance under Hann's taper over that without: the taper's mean fourth power over the square of its mean square."""
    gaussian_kurtosis: float = 3.0
    """Fourth moment of a Gaussian variable over its squared variance."""
    ridge: float = 1e-10
    """Share of the variance that is added to the diagonal of the filter's equations, which are singular for smooth series."""


@dataclass(frozen=True)
class Periodogram:
    """Spectrum of a process at the lowest frequencies, in bands."""

    angle: Array
    """Angular frequency [rad/frame] (n_band,), ascending."""
    power: Array
    """Mean over series and band (n_band,), divided by `scale`; its mean is the two-sided spectrum [unit² frames]."""
    shape: Array
    """Shape of the gamma variable `power` (n_band,): number of averaged ordinates, fewer under a taper."""
    response: Array
    """Logarithm of the filter's response (n_band,): the transformed series have `power` times its exponential."""
    scale: float
    """Geometric mean of the spectrum, by which it was divided."""
    n_frame: int
    """Frames that were transformed."""
    n_series: int
    excess_kurtosis: float
    """Of the filtered series: zero for a Gaussian process."""
    filter: Array
    """Coefficients of the filter, the first of them one."""
    by_body: Array
    """Power of each body over the mean of all (n_body, n_band); empty where the series are of one body."""


def periodogram(
    series: Array, *, series_per_body: int = 0, taper: bool = False, settings: PeriodogramSettings | None = None
) -> Periodogram:
    """Whitened periodogram of series (n_series, n_frame), each about its mean.

    Parameters
    ----------
    series_per_body
        Number of consecutive series that belong to one body, whose own periodogram is kept; 0 for none.
    taper
        True for Hann's taper, which removes what is left of leakage and nearly doubles the variance.
    """
    settings = settings or PeriodogramSettings()
    mean = series.mean(axis=1, keepdims=True)
    coefficients = whitening_filter(series - mean if series.size <= settings.filter_sample else series, settings)
    order = len(coefficients) - 1
    n = _transformed_length(series.shape[1] - order, settings)
    first = 2 if taper else 1
    edges = _band_edges((n - 1) // 2, first, settings)
    count = np.diff(edges)
    hann = np.sin(np.pi * (np.arange(n) + 0.5) / n) ** 2
    window = hann / np.sqrt((hann**2).mean()) if taper else None
    bands = np.empty((len(series), len(count)))
    square = fourth = 0.0
    for rows in _rows_at_once(len(series), series.shape[1], settings.block):
        filtered = _filtered(series[rows] - mean[rows], coefficients, n)
        squares = filtered**2
        square, fourth = square + float(squares.sum()), fourth + float(np.vdot(squares, squares))
        if window is not None:
            filtered = (filtered - (filtered @ window / window.sum())[:, None]) * window
        transform = rfft(filtered, axis=1)
        power = (transform.real**2 + transform.imag**2)[:, : edges[-1]] / n
        bands[rows] = np.add.reduceat(power, edges[:-1], axis=1) / count
    angle = 2 * np.pi * (edges[:-1] + (count - 1) / 2) / n
    response = 2 * np.log(np.abs(np.exp(-1j * np.outer(angle, np.arange(order + 1))) @ coefficients))
    mean_power = bands.mean(axis=0)
    bodies = bands.reshape(-1, series_per_body, len(count)).mean(axis=1) if series_per_body else np.empty((0, len(count)))
    shape = len(series) * count / (settings.hann_variance if taper else 1.0)
    log_power = np.log(np.maximum(mean_power, np.finfo(float).tiny)) - response
    scale = float(np.exp(np.average(log_power, weights=shape)))
    total = n * len(series)
    return Periodogram(
        angle=angle,
        power=np.exp(log_power) / scale,
        shape=shape,
        response=response,
        scale=scale,
        n_frame=n,
        n_series=len(series),
        excess_kurtosis=fourth * total / square**2 - settings.gaussian_kurtosis if square else 0.0,
        filter=coefficients,
        by_body=bodies / mean_power,
    )


def whitening_filter(series: Array, settings: PeriodogramSettings) -> Array:
    """Coefficients of the autoregression (n_order + 1,) that filters series to white noise as well as a short one can."""
    most = min(settings.filter_order, series.shape[1] // settings.frames_per_coefficient)
    n_series = max(1, min(len(series), settings.filter_sample // series.shape[1]))
    sample = series[:n_series, : settings.filter_sample]
    sample = sample - sample.mean(axis=1, keepdims=True)
    n = sample.shape[1]
    shifted = np.stack([sample[:, most - lag : n - lag].ravel() for lag in range(most + 1)])
    products = shifted @ shifted.T
    total = shifted.shape[1]
    best, chosen = np.log(products[0, 0]), np.ones(1)
    for order in range(1, most + 1):
        within = products[1 : order + 1, 1 : order + 1] + settings.ridge * products[0, 0] * np.eye(order)
        weights = np.linalg.solve(within, products[1 : order + 1, 0])
        left = products[0, 0] - weights @ products[1 : order + 1, 0]
        if left <= settings.ridge * products[0, 0]:
            return np.concatenate([[1.0], -weights])
        criterion = np.log(left) + 2 * order / total
        if criterion < best:
            best, chosen = criterion, np.concatenate([[1.0], -weights])
    return chosen


def _filtered(series: Array, coefficients: Array, n: int) -> Array:
    """Series (n_series, n) after a filter with the given coefficients."""
    order = len(coefficients) - 1
    filtered = series[:, order : order + n].copy()
    for lag in range(1, order + 1):
        filtered += coefficients[lag] * series[:, order - lag : order - lag + n]
    return filtered


def _transformed_length(n: int, settings: PeriodogramSettings) -> int:
    """Largest length up to n that is transformed quickly, n itself if too many frames would be left out."""
    shorter = n
    while next_fast_len(shorter, real=True) != shorter:
        shorter -= 1
    return shorter if n - shorter <= settings.longest_gap * n else n


def _band_edges(highest: int, first: int, settings: PeriodogramSettings) -> NDArray[np.int64]:
    """First ordinate of each band, and the one behind the last (n_band + 1,)."""
    edges = list(range(first, min(settings.n_single, highest + 1) + 1))
    while edges[-1] <= highest:
        edges.append(min(highest + 1, max(edges[-1] + 1, int(edges[-1] * (1 + settings.band_width)))))
    return np.array(edges, dtype=np.int64)


def _rows_at_once(n_series: int, n_frame: int, block: int) -> Iterator[slice]:
    """Series in blocks of so many values."""
    size = max(1, block // n_frame)
    for first in range(0, n_series, size):
        yield slice(first, min(first + size, n_series))
