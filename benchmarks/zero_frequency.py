"""How often the error bars of a spectrum at zero frequency hold the truth, for spectra of the models and for others.

For each spectrum, number of frames and series: share of runs whose 68 and 95 % interval holds the truth, runs refused, mean and
spread of the error of ln S(0), spread and median stated error over the Cramér–Rao bound where known. "Held or refused" is the
share of runs whose 95 % interval holds the truth or that refuse; "or time named" adds those whose record names, as the slowest
relaxation that would have been seen, a time shorter than the slowest there is. Rows are printed as they come.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from a2c_pybamm.estimators.time_series.resolution import NotResolved
from a2c_pybamm.estimators.time_series.zero_frequency import ZeroFrequency, zero_frequency

Array = np.ndarray
Generator = np.random.Generator


def relaxation(time: float, variance: float, n_series: int, n_frame: int, rng: Generator) -> Array:
    """Series (n_series, n_frame) with one exponential relaxation time [frames]."""
    r = np.exp(-1 / time)
    noise = rng.normal(size=(n_series, n_frame)) * np.sqrt(variance * (1 - r**2))
    noise[:, 0] /= np.sqrt(1 - r**2)
    return lfilter([1], [1, -r], noise, axis=1)


def one_time(n_series: int, n_frame: int, rng: Generator) -> Array:
    return relaxation(10, 1, n_series, n_frame, rng)


def two_times(n_series: int, n_frame: int, rng: Generator) -> Array:
    return relaxation(3, 1, n_series, n_frame, rng) + relaxation(60, 0.1, n_series, n_frame, rng)


def oscillation(n_series: int, n_frame: int, rng: Generator) -> Array:
    r, start = np.exp(-1 / 30), 600
    noise = rng.normal(size=(n_series, n_frame + start))
    return lfilter([1], [1, -2 * r * np.cos(2 * np.pi / 20), r**2], noise, axis=1)[:, start:]


def dip(n_series: int, n_frame: int, rng: Generator) -> Array:
    return np.diff(one_time(n_series, n_frame + 1, rng), axis=1) + 0.05 * rng.normal(size=(n_series, n_frame))


def by_correlation(correlation: Array, n_series: int, n_frame: int, rng: Generator) -> Array:
    """Gaussian series with any correlation function (n_frame + 1,), from its circulant."""
    spectrum = np.fft.rfft(np.concatenate([correlation, correlation[-2:0:-1]])).real.clip(0)
    size = 2 * len(correlation) - 2
    noise = np.fft.rfft(rng.normal(size=(n_series, size)), axis=1)
    return np.fft.irfft(noise * np.sqrt(spectrum), size, axis=1)[:, :n_frame]


def stretched(n_series: int, n_frame: int, rng: Generator) -> Array:
    """Correlation exp(-(t/4)^½), which no sum of three relaxations has."""
    return by_correlation(np.exp(-np.sqrt(np.arange(n_frame + 1) / 4)), n_series, n_frame, rng)


def long_tail(n_series: int, n_frame: int, rng: Generator) -> Array:
    """Correlation (1 + t/5)^-3/2, the tail of a fluid in three dimensions: the spectrum has a cusp at zero."""
    return by_correlation((1 + np.arange(n_frame + 1) / 5) ** -1.5, n_series, n_frame, rng)


def many_times(n_series: int, n_frame: int, rng: Generator) -> Array:
    """Eight relaxation times, 1 to 128 frames, each with a variance of one over the root of the time."""
    times = 2.0 ** np.arange(8)
    return by_correlation(np.exp(-np.arange(n_frame + 1)[:, None] / times) @ times**-0.5, n_series, n_frame, rng)


def cage(n_series: int, n_frame: int, rng: Generator) -> Array:
    """Rattling in a cage, which oscillates, and a weak tail of relaxation out of it."""
    time = np.arange(n_frame + 1)
    return by_correlation(np.cos(time / 3) * np.exp(-time / 8) + 0.2 * (1 + time / 10) ** -2.0, n_series, n_frame, rng)


def rare_hops(n_series: int, n_frame: int, rng: Generator) -> Array:
    """Displacements by hops, one in 100 frames, on top of rattling that leads nowhere."""
    hops = rng.choice([-1.0, 1.0], (n_series, n_frame)) * (rng.random((n_series, n_frame)) < 0.01)
    return hops + 0.02 * np.diff(relaxation(3, 1, n_series, n_frame + 1, rng), axis=1)


COLUMNS = (
    *("spectrum", "frames", "series", "in 68 %", "in 95 %", "refused", "error of ln S(0)"),
    *("spread / bound", "stated / bound", "held or refused", "or time named"),
)


def sum_of(correlation: Array) -> float:
    return float(2 * correlation.sum() - correlation[0])


@dataclass(frozen=True)
class Spectrum:
    make: Callable[[int, int, Generator], Array]
    value: Callable[[int], float]
    """At zero frequency, from the number of frames (which cuts off a correlation function with a tail)."""
    bound: float = np.nan
    """Cramér–Rao bound of ln S(0), six series of 2048 frames."""
    slowest: float = np.nan
    """Slowest relaxation time there is [frames]."""


SPECTRA = {
    "one time": Spectrum(one_time, lambda n: 2 * 10.008333, 0.083, 10),
    "two times": Spectrum(two_times, lambda n: 2 * 9.027791, 0.281, 60),
    "oscillation": Spectrum(oscillation, lambda n: 2 * 54.534, 0.0245, 30),
    "dip": Spectrum(dip, lambda n: 0.0025, np.nan, 10),
}
OTHERS = {
    "stretched": Spectrum(stretched, lambda n: sum_of(np.exp(-np.sqrt(np.arange(10**6) / 4)))),
    "long tail": Spectrum(long_tail, lambda n: sum_of((1 + np.arange(n + 1) / 5) ** -1.5)),
    "many times": Spectrum(many_times, lambda n: float((2.0 ** np.arange(8)) ** -0.5 @ (1 / np.tanh(2.0 ** -np.arange(1, 9))))),
    "cage": Spectrum(
        cage,
        lambda n: sum_of(
            np.cos(np.arange(n + 1) / 3) * np.exp(-np.arange(n + 1) / 8) + 0.2 * (1 + np.arange(n + 1) / 10) ** -2.0
        ),
    ),
    "rare hops": Spectrum(rare_hops, lambda n: 0.01),
}


@dataclass(frozen=True)
class Row:
    """Runs of one spectrum, number of frames and number of series."""

    n_run: int
    fits: list[ZeroFrequency]
    errors: Array
    """Of ln S(0), fitted runs only."""
    spectrum: Spectrum

    @property
    def z(self) -> Array:
        return self.errors / np.array([fit.total_std for fit in self.fits])

    def covered(self, half_width: float) -> float:
        return float((np.abs(self.z) < half_width).mean())

    @property
    def refused(self) -> float:
        return 1 - len(self.fits) / self.n_run

    @property
    def held_or_refused(self) -> float:
        return 1 - (1 - self.covered(1.96)) * len(self.fits) / self.n_run

    @property
    def held_refused_or_named(self) -> float:
        """With runs whose record names a shorter time than the slowest there is as the slowest that would have been seen."""
        named = [fit.slowest_time < self.spectrum.slowest for fit in self.fits]
        return 1 - float(((np.abs(self.z) >= 1.96) & ~np.array(named, bool)).sum()) / self.n_run


def measure(spectrum: Spectrum, n_frame: int, n_series: int, n_run: int, seed: int = 0) -> Row:
    """Runs of one spectrum with known truth."""
    rng = np.random.default_rng([seed, n_frame, n_series])
    truth, fits, errors = np.log(spectrum.value(n_frame)), [], []
    for _ in range(n_run):
        try:
            fit = zero_frequency(spectrum.make(n_series, n_frame, rng), interval=1.0, name="benchmark")
        except NotResolved:
            continue
        fits.append(fit)
        errors.append(fit.value - truth)
    return Row(n_run, fits, np.array(errors), spectrum)


def line(name: str, n_frame: int, n_series: int, row: Row) -> str:
    bound = row.spectrum.bound * np.sqrt(6 / n_series * 2048 / n_frame)
    if not len(row.fits):
        return f"| {name} | {n_frame} | {n_series} | all refused |"
    median = float(np.median([fit.total_std for fit in row.fits]))
    relative = f"{row.errors.std() / bound:.2f} | {median / bound:.2f}" if np.isfinite(bound) else "– | –"
    return (
        f"| {name} | {n_frame} | {n_series} | {row.covered(1):.1%} | {row.covered(1.96):.1%} | {row.refused:.1%} | "
        f"{row.errors.mean():+.3f} ± {row.errors.std():.3f} | {relative} | {row.held_or_refused:.1%} | "
        f"{row.held_refused_or_named:.1%} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--spectra", nargs="+", default=list(SPECTRA), choices=[*SPECTRA, *OTHERS])
    parser.add_argument("--others", action="store_true", help="spectra that are of none of the models")
    parser.add_argument("--frames", type=int, nargs="+", default=[2048, 8192, 512])
    parser.add_argument("--series", type=int, nargs="+", default=[3, 6, 30])
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print("| " + " | ".join(COLUMNS) + " |\n|" + "---|" * len(COLUMNS))
    known = {**SPECTRA, **OTHERS}
    for name in OTHERS if options.others else options.spectra:
        for n_frame in options.frames:
            for n_series in options.series:
                row = measure(known[name], n_frame, n_series, options.runs, options.seed)
                print(line(name, n_frame, n_series, row), flush=True)


if __name__ == "__main__":
    main()
