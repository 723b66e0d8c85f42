r"""The window of lags in which mean-squared displacements are linear in time, and their line there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from a2c_pybamm.constants import ANGSTROM
from a2c_pybamm.data import Array, CollectiveMSD, TracerMSD
from a2c_pybamm.estimators.time_series.diffusive_line import DiffusiveLine, fit_line
from a2c_pybamm.estimators.time_series.resolution import MIN_SCATTER_BODIES, RESOLVED_STDS, NotDiffusive


@dataclass(frozen=True)
class WindowCriterion:
    """Settings of the search for the window in which displacements are linear in time.

    `fit_tracer_diffusivity` has the criterion in words. The defaults are those of the table of error bars in
    ``docs/diffusion.md``, where 95 % intervals hold the truth in 92 to 96 % of the runs, but for transients that no test shows.

    Raises
    ------
    ValueError
        If a level is no probability, or a number is below one.
    """

    level: float = 0.01
    """Probability below which a test refutes a line."""
    transient_level: float = 0.05
    """Probability, of one side, below which an exponent under 1 shows a transient: one that is fading, or one of few atoms."""
    origin_level: float = 1e-4
    """Probability below which a line through the origin is refuted: for it there is no other window."""
    n_windows: int = 3
    """Windows in a row, each starting one lag later, that must be linear."""
    start_factor: float = 4.0
    """Start of the fit after a transient over that of the first linear windows, in which it shifts D by an error bar or two."""
    min_lags: int = 7
    """Fewest lags in a window: of twelve per decade they span a factor of three in time, fewer show no exponent."""
    lags_per_decade: int = 12
    """Lags in the search, evenly spaced in their logarithm: closer ones are nearly the same displacements."""
    fit_lags_per_decade: int = 48
    """Lags in the fit: where the offset is large, close ones differ by its noise, which their mean has less of."""

    def __post_init__(self) -> None:
        levels = (self.level, self.transient_level, self.origin_level)
        numbers = (self.n_windows, self.start_factor, self.min_lags, self.lags_per_decade, self.fit_lags_per_decade)
        if not all(0 < level < 1 for level in levels) or min(numbers) < 1:
            raise ValueError(f"{self}: levels are probabilities between 0 and 1, numbers are 1 or more; correct them")


def resolved_line(
    msd: TracerMSD | CollectiveMSD,
    by_body: Array,
    *,
    name: str,
    window: tuple[float, float] | None = None,
    offset: bool = True,
    criterion: WindowCriterion | None = None,
) -> DiffusiveLine:
    """The line through mean-squared displacements [m2] (n_body, n_lag) of bodies that move independently.

    The bodies are the atoms of a tracer (`fit_tracer_diffusivity` states the method), or the one centre of all.

    Raises
    ------
    NotDiffusive
        If nothing moves, all move alike, no window is linear, or the slope is not resolved from zero.
    ValueError
        If there are too few lags.
    """
    criterion = criterion or WindowCriterion()
    lags = log_spaced_lags(msd, window, criterion.lags_per_decade, criterion.min_lags)
    curves = _curves_at(msd, by_body, lags)
    if not (curves.mean(axis=0) > 0).all():
        raise NotDiffusive(f"{name}: {msd.species} does not move at all; are atoms fixed, or frames repeated?")
    if len(curves) > 1 and np.allclose(curves, curves[0], rtol=1e-9, atol=0):
        raise NotDiffusive(f"{name}: all {len(curves)} {msd.species} move alike, which is a drift; is their framework there?")
    if offset and window is None:
        lags = _first_linear_window(name, msd, lags, curves, criterion).lags
    ends = (lags[0] * msd.interval, lags[-1] * msd.interval)
    lags = log_spaced_lags(msd, ends, criterion.fit_lags_per_decade, criterion.min_lags)
    line = fit_line(lags, _curves_at(msd, by_body, lags), msd.n_frame, msd.dimension, offset=offset)
    if not (offset or window) and line.least_p < criterion.origin_level:
        raise NotDiffusive(f"{name}: {_not_linear(msd, line)} through the origin; fit with offset=True")
    if not line.slope > RESOLVED_STDS * line.slope_std:
        D, std = (slope / (2 * msd.dimension * msd.interval) for slope in (line.slope, line.slope_std))
        raise NotDiffusive(
            f"{name}: D = {D:.2g} ± {std:.2g} m2/s is not resolved from zero; {msd.species} rattles (offset "
            f"{line.offset / ANGSTROM**2:.2g} Å2) in {msd.lag[-1] * 1e12:.3g} ps; run longer or hotter"
        )
    return line


def log_spaced_lags(
    msd: TracerMSD | CollectiveMSD, window: tuple[float, float] | None, per_decade: int, min_lags: int
) -> Array:
    """Lags in frames (n_lag,) in a window [s], to half of the run unless given, about evenly spaced in their logarithm.

    Raises
    ------
    ValueError
        If the window is not within the run, or there are fewer than ``min_lags``.
    """
    first, last = 1, msd.n_frame // 2
    if window is not None:
        first, last = round(window[0] / msd.interval), round(window[1] / msd.interval)
        if not 1 <= first < last < msd.n_frame:
            raise ValueError(
                f"window {window[0]:g} … {window[1]:g} s: lags must rise and lie between {msd.lag[0]:g} and {msd.lag[-1]:g} s"
            )
    count = int(per_decade * np.log10(max(last, 1) / first)) + 2
    wanted = np.round(np.geomspace(first, max(last, 1), count)).astype(int)
    kept = msd.lag_in_frames
    lags = np.unique(kept[np.minimum(np.searchsorted(kept, wanted), len(kept) - 1)].astype(float))
    if len(lags) < min_lags:
        where = f"window {window[0]:g} … {window[1]:g} s" if window else f"trajectory of {msd.n_frame} frames"
        raise ValueError(f"{where}: {len(lags)} lags, a fit needs {min_lags}; take a longer trajectory or window")
    return lags


def _curves_at(msd: TracerMSD | CollectiveMSD, by_body: Array, lags: Array) -> Array:
    return np.asarray(by_body[:, np.searchsorted(msd.lag_in_frames, lags)])


def _first_linear_window(
    name: str, msd: TracerMSD | CollectiveMSD, lags: Array, curves: Array, criterion: WindowCriterion
) -> DiffusiveLine:
    """The fit of the window that meets the criterion."""
    n_start = len(lags) - criterion.min_lags + 1
    fit = cache(lambda start: fit_line(lags, curves, msd.n_frame, msd.dimension, start=start))

    def is_linear(start: int, slowing_level: float) -> bool:
        windows = (fit(k) for k in range(start, min(start + criterion.n_windows, n_start)))
        return all(line.least_p >= criterion.level and line.slowing_p >= slowing_level for line in windows)

    few = 1 < len(curves) < MIN_SCATTER_BODIES
    if is_linear(0, criterion.transient_level if few else criterion.level / 2):  # the latter is one side of the test in least_p
        return fit(0)
    first = next((start for start in range(n_start) if is_linear(start, criterion.transient_level)), n_start - 1)
    if first:
        first = min(int(np.searchsorted(lags, criterion.start_factor * lags[first])), n_start - 1)
    if fit(first).least_p < criterion.level:
        raise NotDiffusive(f"{name}: {_not_linear(msd, fit(first))}; run longer, or give the window= [s] in which they are")
    return fit(first)


def _not_linear(msd: TracerMSD | CollectiveMSD, line: DiffusiveLine) -> str:
    """The numbers of a window in which displacements are not linear, in words."""
    return (
        f"displacements of {msd.species} are not linear in time from {msd.interval * line.lags[0] * 1e12:.3g} to "
        f"{msd.interval * line.lags[-1] * 1e12:.3g} ps (exponent {line.exponent:.2f} ± {line.exponent_std:.2f}, chi-squared "
        f"{line.chi2:.1f} for {line.n_spare} degrees of freedom)"
    )
