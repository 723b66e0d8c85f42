r"""The window of lags in which mean-squared displacements are linear in time, and their line there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from a2c_pybamm.constants import ANGSTROM
from a2c_pybamm.data import Array, BlockMSD, CollectiveMSD, TracerMSD
from a2c_pybamm.estimators.time_series.diffusive_line import DiffusiveLine, fit_line, mixed_line
from a2c_pybamm.estimators.time_series.excess_variance import ExcessVariance, excess_variance
from a2c_pybamm.estimators.time_series.resolution import RESOLVED_STDS, NotDiffusive


@dataclass(frozen=True)
class WindowCriterion:
    """Settings of the search for the window in which displacements are linear in time.

    `fit_tracer_diffusivity` has the criterion in words. The defaults are those of the table of error bars in
    ``docs/diffusion.md``, where 95 % intervals hold the truth in 92 to 97 % of the runs.

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
    """Start of the late window over that of the first linear windows, in which a transient still shifts D by an error bar."""
    excess_factor: float = 2.5
    """Variance of the Gaussian process over the excess of rare hops, up to which the search begins later: its error is then 1.9
    times that of the number of hops at most, and back-hops of a half-filled lattice gas shift D by a quarter of it."""
    mixing_level: float = 0.02
    """Probability of the early window at which it and the late one have equal weights."""
    transient_p: float = 1e-3
    """Probability of the early window below which it has no weight."""
    refusal_level: float = 1e-6
    """Probability below which a window that the user gives is refused; down to ``level`` it is taken as it is, between them its
    misfit is a source of error."""
    min_lags: int = 7
    """Fewest lags in a window: of twelve per decade they span a factor of three in time, fewer show no exponent."""
    lags_per_decade: int = 12
    """Lags in the search, evenly spaced in their logarithm: closer ones are nearly the same displacements."""
    fit_lags_per_decade: int = 48
    """Lags in the fit: where the offset is large, close ones differ by its noise, which their mean has less of."""

    least_rise: float = 1e-3
    """Least slope of the process, over that from zero to the last displacement: of a run in which nothing diffuses."""

    def __post_init__(self) -> None:
        levels = (self.level, self.transient_level, self.origin_level, self.mixing_level, self.transient_p)
        numbers = (self.n_windows, self.start_factor, self.min_lags, self.lags_per_decade, self.fit_lags_per_decade)
        if not all(0 < level < 1 for level in levels) or min(numbers) < 1:
            raise ValueError(f"{self}: levels are probabilities between 0 and 1, numbers are 1 or more; correct them")
        if not (0 <= self.refusal_level < 1 and self.excess_factor >= 0):
            raise ValueError(f"{self}: refusal_level lies between 0 and 1, excess_factor is 0 or more; correct them")


def resolved_line(
    msd: TracerMSD | CollectiveMSD,
    by_body: Array,
    *,
    name: str,
    window: tuple[float, float] | None = None,
    offset: bool = True,
    criterion: WindowCriterion | None = None,
    blocks: BlockMSD | None = None,
) -> DiffusiveLine:
    """The line through mean-squared displacements [m2] (n_body, n_lag) of bodies that move independently.

    The bodies are the atoms of a tracer (`fit_tracer_diffusivity` states the method), or the one centre of all. ``blocks`` are
    the displacements of the same bodies in parts of the run, where they are known.

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
    excess = None if blocks is None else _excess(msd, by_body, blocks, criterion)
    if offset and window is None:
        line = _averaged_line(name, msd, by_body, lags, criterion, excess)
    else:
        line = _line_from(msd, by_body, lags, criterion, offset=offset, excess=excess)
    if not (offset or window) and line.least_p < criterion.origin_level:
        raise NotDiffusive(f"{name}: {_not_linear(msd, line)} through the origin; fit with offset=True")
    if not line.slope > RESOLVED_STDS * line.slope_std:
        D, std = (slope / (2 * msd.dimension * msd.interval) for slope in (line.slope, line.slope_std))
        raise NotDiffusive(
            f"{name}: D = {D:.2g} ± {std:.2g} m2/s is not resolved from zero; {msd.species} rattles (offset "
            f"{line.offset / ANGSTROM**2:.2g} Å2) in {msd.lag[-1] * 1e12:.3g} ps; run longer or hotter"
        )
    return line


def misfit_of_window(
    name: str, msd: TracerMSD | CollectiveMSD, line: DiffusiveLine, criterion: WindowCriterion | None = None
) -> float:
    r"""Relative standard deviation of D by the misfit of a given window; 0 where no test refutes a line.

    .. math:: \sigma_D^2(\chi^2/\nu - 1) + \left[\tfrac12(\alpha - 1)\ln(t_1/t_0)\right]^2

    with the first term (Birge's) where χ² is refuted at the criterion's ``level``, the second where the exponent is: by so much
    the slope of :math:`t^\alpha` changes from the middle of the window to either end.

    Raises
    ------
    NotDiffusive
        If a test is refuted at the criterion's ``refusal_level``.
    """
    criterion = criterion or WindowCriterion()
    if line.least_p < criterion.refusal_level:
        raise NotDiffusive(
            f"{name}: {_not_linear(msd, line)}, p = {line.least_p:.1g}; give a window= that starts later, or none "
            "(WindowCriterion(refusal_level=0) takes it as it is, its misfit an error)"
        )
    scatter = bend = 0.0
    if line.chi2_p < criterion.level:
        scatter = (line.chi2 / line.n_spare - 1) * (line.slope_std / line.slope) ** 2
    if line.exponent_p < criterion.level:
        bend = (line.exponent - 1) * np.log(line.lags[-1] / line.lags[0]) / 2
    return float(np.sqrt(scatter + bend**2))


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


def _line_from(
    msd: TracerMSD | CollectiveMSD,
    by_body: Array,
    lags: Array,
    criterion: WindowCriterion,
    *,
    start: int = 0,
    offset: bool = True,
    excess: ExcessVariance | None,
) -> DiffusiveLine:
    """The line through closely spaced lags of a window that begins with the lag ``start`` of some [frames]."""
    ends = (lags[start] * msd.interval, lags[-1] * msd.interval)
    close = log_spaced_lags(msd, ends, criterion.fit_lags_per_decade, criterion.min_lags)
    return fit_line(close, _curves_at(msd, by_body, close), msd.n_frame, msd.dimension, offset=offset, excess=excess)


def _excess(msd: TracerMSD | CollectiveMSD, by_body: Array, blocks: BlockMSD, criterion: WindowCriterion) -> ExcessVariance:
    """Excess of the scatter in time, with the line from the first lag on as the process."""
    lags = log_spaced_lags(msd, None, criterion.lags_per_decade, criterion.min_lags)
    whole = fit_line(lags, _curves_at(msd, by_body, lags), msd.n_frame, msd.dimension)
    slope = max(whole.slope, criterion.least_rise * by_body.mean(axis=0)[-1] / msd.n_frame)
    return excess_variance(blocks, slope, max(whole.offset, -slope / 2), msd.dimension)


def _averaged_line(
    name: str,
    msd: TracerMSD | CollectiveMSD,
    by_body: Array,
    lags: Array,
    criterion: WindowCriterion,
    excess: ExcessVariance | None,
) -> DiffusiveLine:
    """The average of an early and a late window (`fit_tracer_diffusivity` states the criterion)."""
    curves = _curves_at(msd, by_body, lags)
    last = len(lags) - criterion.min_lags
    fit = cache(lambda start: fit_line(lags, curves, msd.n_frame, msd.dimension, start=start, excess=excess))

    def windows(start: int) -> list[DiffusiveLine]:
        return [fit(k) for k in range(start, min(start + criterion.n_windows, last + 1))]

    def is_linear(start: int) -> bool:
        return all(w.least_p >= criterion.level and w.slowing_p >= criterion.transient_level for w in windows(start))

    most = criterion.excess_factor * fit(0).excess_std ** 2 if excess else 0.0
    early = next((start for start in range(last + 1) if fit(start).process_std ** 2 > most), last + 1) - 1
    early = max(early, 0)
    first = next((start for start in range(early, last + 1) if is_linear(start)), last)
    late = min(int(np.searchsorted(lags, criterion.start_factor * lags[first])), last)
    p = min(min(window.least_p, window.slowing_p) for window in windows(early))
    weight = p / (p + criterion.mixing_level) if p > criterion.transient_p else 0.0
    linear = [fit(start).least_p >= criterion.level for start in (early, late)]
    if late <= early or (weight and linear[0] and not linear[1]):
        weight = 1.0
    if not linear[0 if weight == 1 else 1]:
        refused = fit(early if weight == 1 else late)
        raise NotDiffusive(f"{name}: {_not_linear(msd, refused)}; run longer, or give the window= [s] in which they are")
    if weight == 1:
        late = early
    lines = {k: _line_from(msd, by_body, lags, criterion, start=k, excess=excess) for k in {early, late} if weight or k == late}
    return mixed_line(lines.get(early, lines[late]), lines[late], weight)


def _not_linear(msd: TracerMSD | CollectiveMSD, line: DiffusiveLine) -> str:
    """The numbers of a window in which displacements are not linear, in words."""
    return (
        f"displacements of {msd.species} are not linear in time from {msd.interval * line.lags[0] * 1e12:.3g} to "
        f"{msd.interval * line.lags[-1] * 1e12:.3g} ps (exponent {line.exponent:.2f} ± {line.exponent_std:.2f}, chi-squared "
        f"{line.chi2:.1f} for {line.n_spare} degrees of freedom)"
    )
