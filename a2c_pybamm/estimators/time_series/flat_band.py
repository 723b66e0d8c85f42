r"""Displacements over a whole run, projected on sines: independent numbers whose products have Wishart's distribution.

The increments :math:`x_t` of several series, projected on the sines :math:`\sin(\pi kt/(n+1))`, :math:`k = 1 … K`, are
estimates at zero frequency with the least bias that orthogonal tapers allow [1]_. In the band in which the spectrum is flat
they are independent, each with the covariance that the increments have at zero frequency. The sum of their products is
positive semi-definite and has Wishart's distribution, with one degree of freedom for each taper and direction;
:math:`T/K` is the shortest time that it resolves.

References
----------
.. [1] K. S. Riedel, A. Sidorenko, IEEE Trans. Signal Process. 43 (1995) 188 (sine multitapers, least bias).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.fft import dst
from scipy.special import chdtrc

from a2c_pybamm.constants import RELATIVE_ROUND_OFF
from a2c_pybamm.data import Array
from a2c_pybamm.estimators.time_series.resolution import NotDiffusive


@dataclass(frozen=True)
class BandCriterion:
    """Settings of the search for the band of low frequencies in which the spectrum of collective displacements is flat.

    `fit_onsager` has the criterion in words. The defaults are those of the table of error bars in ``docs/electrolytes.md``.

    Raises
    ------
    ValueError
        If the level is no probability, a ratio is not above one, or there are fewer than two tapers.
    """

    level: float = 0.003
    """Probability below which a test shows that the spectrum is not flat."""
    band_ratio: float = 1.3
    """Each band that is tested over the one before."""
    safe_ratio: float = 5.0
    """Highest band that is not refuted over the one that is used: curvature that no test shows errs in the former by up to
    four error bars, and the less with the square of the band."""
    first_tapers: int = 8
    """Tapers of the narrowest band that is tested: below it a test shows nothing."""
    min_tapers: int = 6
    """Fewest tapers that are used, 18 degrees of freedom in three directions."""
    least_given: int = 4
    """Fewest tapers of a window that is given, 12 degrees of freedom: the logarithm's error is 0.4."""
    slowest: tuple[int, ...] = (3, 5, 8, 13, 21, 34)
    """Numbers of the slowest tapers, each of which is compared with the rest of the band: half of it at most."""
    refuted_level: float = 0.001
    """Probability of one such difference below which no band is flat: with six of them one run in two hundred by chance."""
    widened_level: float = 0.05
    """Probability of one such difference below which it is an error of its own."""

    def __post_init__(self) -> None:
        ratios = (self.band_ratio, self.safe_ratio)
        levels = (self.level, self.refuted_level, self.widened_level)
        tapers = (self.first_tapers, self.min_tapers, self.least_given, *self.slowest)
        if not 0 < min(levels) <= max(levels) < 1 or min(ratios) <= 1 or min(tapers) < 2:
            raise ValueError(f"{self}: levels lie between 0 and 1, ratios above 1, tapers are 2 or more; correct them")


@dataclass(frozen=True)
class FlatBand:
    """The lowest tapers, in which the spectrum is flat."""

    n_taper: int
    flat_p: float
    """Probability of so large a trend in the band, were it flat."""
    isotropy_p: float
    """Probability of so large a difference between the directions, were they alike."""
    n_refuted: int | None
    """Tapers of the narrowest band that is seen not to be flat; none if all may be."""
    slow_p: float = 1.0
    """Least probability of so large a difference between some of the slowest tapers and the rest, were there none."""
    n_slow: int | None = None
    """Slowest tapers that seem to differ from the rest of the band, so that the difference is an error; none if none do."""


def sine_amplitudes(paths: Array) -> Array:
    """Projections of the increments of paths (n_frame, …) on all sines (n_frame - 1, …), the slowest first."""
    return np.asarray(dst(np.diff(paths, axis=0), type=1, axis=0, norm="ortho"))


def flat_band(amplitudes: Array, *, name: str, criterion: BandCriterion | None = None) -> FlatBand:
    r"""The band of the lowest tapers in which amplitudes (n_taper, n_direction, n_series) all have one covariance.

    Amplitudes whitened with their own mean covariance have products that, weighted with :math:`\sqrt k` less its mean, are
    zero on average where the spectrum is flat, whatever the covariance; their squares add up to :math:`\chi^2` with one degree
    of freedom for each pair of series. Bands are widened from few tapers on until one is refuted or there is no wider one,
    and a fifth of the last one that is not refuted is used: in all of it, curvature that errs by an error bar is not seen.

    A narrow dip or peak at zero may pass, for the narrow bands in which it lies show little and the wide ones hold little of
    it. The slowest few tapers are therefore compared with the rest of the band that was chosen (`slow_p_value`).

    Raises
    ------
    NotDiffusive
        If that leaves too few tapers, or the slowest ones are refuted to be like the rest.
    ValueError
        If there are too few frames.
    """
    criterion, n = criterion or BandCriterion(), len(amplitudes)
    if n < criterion.first_tapers:
        raise ValueError(f"{name}: {n + 1} frames, at least {criterion.first_tapers + 1} are needed; take a longer run")
    n_band = int(np.log(n / criterion.first_tapers) / np.log(criterion.band_ratio)) + 2
    bands = np.unique(np.round(np.geomspace(criterion.first_tapers, n, n_band)).astype(int))
    n_flat, n_refuted = 0, None
    for band in bands:
        if trend_p_value(amplitudes[:band], name) < criterion.level:
            n_refuted = int(band)
            break
        n_flat = int(band)
    used = int(n_flat / criterion.safe_ratio)
    if used < criterion.min_tapers:
        longer = criterion.safe_ratio * criterion.min_tapers / max(n_flat, criterion.first_tapers)
        remedy = f"make it {max(longer, criterion.band_ratio):.2g} times as long, or give the window= [s] over which they are"
        if n_refuted is None:
            raise NotDiffusive(f"{name}: {n + 1} frames are too few to test that displacements are independent; {remedy}")
        raise NotDiffusive(f"{name}: displacements over 1/{n_refuted} of the run are not independent yet; {remedy}")
    band = _band_of(amplitudes[:used], name, n_refuted)
    p_values = {m: slow_p_value(amplitudes[:used], m, name) for m in criterion.slowest if 2 * m <= used}
    if not p_values:
        return band
    n_slow = min(p_values, key=lambda m: p_values[m])
    p = p_values[n_slow]
    if p < criterion.refuted_level:
        raise NotDiffusive(
            f"{name}: displacements over 1/{n_slow} of the run differ from those over 1/{used} of it (p = {p:.1g}): "
            f"something slow goes on; make it {criterion.safe_ratio:.2g} times as long, or give the window= [s] over which "
            "they are independent"
        )
    return replace(band, slow_p=p, n_slow=n_slow if p < criterion.widened_level else None)


def band_of_window(
    amplitudes: Array, length: float, *, name: str, window: float | None = None, criterion: BandCriterion | None = None
) -> FlatBand:
    """The band that resolves a window [s] of a run of some length [s]; without one, `flat_band`.

    Raises
    ------
    NotDiffusive
        As `flat_band`.
    ValueError
        If fewer windows fit in the run than the criterion's ``least_given``.
    """
    if window is None:
        return flat_band(amplitudes, name=name, criterion=criterion)
    least = (criterion or BandCriterion()).least_given
    n_taper = min(int(length / window * (1 + RELATIVE_ROUND_OFF)), len(amplitudes)) if window > 0 else 0
    if n_taper < least:
        raise ValueError(
            f"{name}: window {window:g} s: {n_taper} of them fit in the run of {length:.3g} s, at least {least} are needed"
        )
    return _band_of(amplitudes[:n_taper], name, None)


def _band_of(amplitudes: Array, name: str, n_refuted: int | None) -> FlatBand:
    return FlatBand(len(amplitudes), trend_p_value(amplitudes, name), isotropy_p_value(amplitudes, name), n_refuted)


def trend_p_value(amplitudes: Array, name: str) -> float:
    """Probability of so large a trend of the covariance from taper to taper, were there none."""
    n_taper, n_direction, _ = amplitudes.shape
    white = _whitened(amplitudes, name)
    weight = np.sqrt(np.arange(1, n_taper + 1))
    weight -= weight.mean()
    weight /= np.sqrt(n_direction * (weight**2).sum())
    trend = np.einsum("k,kdi,kdj->ij", weight, white, white)
    rank = len(trend)
    return float(chdtrc(rank * (rank + 1) // 2, (trend**2).sum() / 2))


def slow_p_value(amplitudes: Array, n_slow: int, name: str) -> float:
    """Probability of so large a difference of the covariances of the slowest tapers and of the rest, were there none.

    The likelihood's ratio, with Box's correction for few degrees of freedom [1]_: unlike squares of whitened products it sees a
    dip as well as a peak. One where there are too few products for a covariance.

    References
    ----------
    .. [1] G. E. P. Box, Biometrika 36 (1949) 317.
    """
    white = _whitened(amplitudes, name)
    n_taper, n_direction, rank = white.shape
    if n_slow * n_direction <= rank:
        return 1.0
    dof = n_direction * np.array([n_slow, n_taper - n_slow])
    parts = [np.linalg.slogdet(products(part) / n)[1] for part, n in zip((white[:n_slow], white[n_slow:]), dof, strict=True)]
    whole = np.linalg.slogdet(products(white) / dof.sum())[1]
    box = 1 - (2 * rank**2 + 3 * rank - 1) / (6 * (rank + 1)) * ((1 / dof).sum() - 1 / dof.sum())
    return float(chdtrc(rank * (rank + 1) // 2, box * (dof.sum() * whole - dof @ parts)))


def isotropy_p_value(amplitudes: Array, name: str) -> float:
    """Probability of so large a difference of the covariances along the directions, were they alike."""
    n_taper, n_direction, _ = amplitudes.shape
    white = _whitened(amplitudes, name)
    differences = np.einsum("kdi,kdj->dij", white, white) / n_taper - np.eye(white.shape[-1])
    rank = white.shape[-1]
    return float(chdtrc((n_direction - 1) * rank * (rank + 1) // 2, n_taper * (differences**2).sum() / 2))


def _whitened(amplitudes: Array, name: str) -> Array:
    """Amplitudes in units in which their mean covariance is one (n_taper, n_direction, rank)."""
    mean = products(amplitudes) / (amplitudes.shape[0] * amplitudes.shape[1])
    spread = np.sqrt(np.diag(mean))
    if spread.min() <= RELATIVE_ROUND_OFF * spread.max():
        raise NotDiffusive(f"{name}: a species does not move against the others; are atoms fixed, or frames repeated?")
    values, vectors = np.linalg.eigh(mean / np.outer(spread, spread))
    kept = values > np.sqrt(RELATIVE_ROUND_OFF)  # momentum may tie the series to one another
    return np.asarray(amplitudes / spread @ (vectors[:, kept] / np.sqrt(values[kept])))


def products(amplitudes: Array) -> Array:
    """Sum over tapers and directions of the products (n_series, n_series) of amplitudes (n_taper, n_direction, n_series)."""
    flat = amplitudes.reshape(-1, amplitudes.shape[-1])
    return flat.T @ flat
