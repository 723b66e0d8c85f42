r"""Correlation factor of an ion's hops, from the hops and the displacements of one run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from a2c_pybamm.data import Array, SiteOccupation
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators.diffusion.line_estimate import line_report
from a2c_pybamm.estimators.fingerprint import data_fingerprint
from a2c_pybamm.estimators.hops.hop_rates import with_frame_spacing
from a2c_pybamm.estimators.hops.site_occupation import HOP_CRITERION, frames_before_hop, site_trajectory
from a2c_pybamm.estimators.time_series.diffusive_window import resolved_line
from a2c_pybamm.estimators.time_series.mean_squared_displacement import mean_squared_displacement
from a2c_pybamm.estimators.time_series.resolution import MIN_SCATTER_BODIES, NotDiffusive


@dataclass(frozen=True)
class MemoryCriterion:
    """Settings of the search for the lag from which on hops have no memory of one another.

    `fit_correlation_factor` has the criterion in words. The defaults are those of the tables of error bars in ``docs/hops.md``.

    Raises
    ------
    ValueError
        If the level is no probability, or a number is below one.
    """

    level: float = 0.02
    """Probability below which a change of the slope from one octave of lags to the next is memory."""
    n_octaves: int = 2
    """Octaves in a row that must pass without a change."""
    start_factor: float = 2.0
    """First lag of the fit over the first from which on there is no memory."""
    least_ratio: float = 4.0
    """Last lag of a fit over its first, at least: two octaves, whose slopes can be compared."""

    def __post_init__(self) -> None:
        if not 0 < self.level < 1 or min(self.n_octaves, self.start_factor, self.least_ratio) < 1:
            raise ValueError(f"{self}: the level lies between 0 and 1, numbers are 1 or more; correct them")


def fit_correlation_factor(
    occupation: SiteOccupation,
    *,
    name: str,
    source: str,
    directions: Sequence[int] = (0, 1, 2),
    window: tuple[float, float] | None = None,
    criterion: MemoryCriterion | None = None,
) -> Estimate:
    r"""Logarithm of the correlation factor, the tracer diffusivity over that of as many independent hops.

    .. math:: f = D_\text{tr}\Big/\frac{1}{2dNt}\sum_\text{hops} a^2

    Both come from the same hops, and an ion that happens to hop often moves far too. So the ratio is taken at each lag, and
    the lags are fitted afterwards:

    .. math::
        f_n = \frac{\sum_a M_{a,n}}{\sum_a H_{a,n}}, \qquad
        F_{a,n} = \bar h n\left[f_n + N\,\frac{M_{a,n} - f_n H_{a,n}}{\sum_b H_{b,n}}\right], \qquad
        \frac1N\sum_a F_{a,n} \to \bar h\,(f n + b)

    with the mean-squared displacement :math:`M_{a,n}` of ion :math:`a` from site to site over :math:`n` frames, its mean sum
    of squared hops :math:`H_{a,n}` in the same windows, and :math:`\bar h` that of an ion per frame in the whole run. The line
    through :math:`F` is the generalised least squares of `fit_tracer_diffusivity`. :math:`F_a` is the delta method for a ratio,
    so that the scatter of its slope between ions is the error of :math:`f`, with the covariance of displacements and hops in
    it; ions are taken to move independently. Where hops are nearly independent, the error of :math:`f` is far
    smaller than that of :math:`D_\text{tr}`.

    **Window.** Memory of a hop shows in the next one. From the median time between two hops of one ion on, in
    octaves of lags, the first is sought from which the slope of :math:`F` does not change twice in a row, by the scatter
    between ions at 2 %. The fit begins at twice that lag, and ends at half of the run, four times later or more.

    Where sites are of several kinds, :math:`f` is below 1 for a single ion too: it is then :math:`D` of its network over the
    count of its hops.

    **Frames.** A hop and the next within one frame are not seen, or as one, so that :math:`\sum a^2` lacks
    :math:`-2\,\mathbf r_1\cdot\mathbf r_2` of the two: :math:`f` comes out too high where ions hop back at once. Half as many
    visits are missed as last one frame; with the hops at both ends of those,
    :math:`q = -\sum\mathbf r_1\cdot\mathbf r_2/\sum a^2`, the mean is lowered by :math:`-\ln(1-q)`. Half of this is the error
    under a source of its own, ``"… (frame spacing)"``.

    Parameters
    ----------
    name
        The coefficient, e.g. ``"Li6PS5Cl ln(f)"``.
    source
        Name of the sampling error; one of its own.
    directions
        Cartesian directions that are counted, in displacements and hops alike.
    window
        First and last lag of the fit [s], in place of this criterion.
    criterion
        Level, counts and factors of the criterion, where they are not its own.

    Raises
    ------
    NotDiffusive
        If the ions have not diffused from site to site, or the memory of hops is too long for the run.
    ValueError
        If there are fewer than eight ions (their scatter is the error), the run is too short for a fit, or 25 % of
        the hops are taken back one frame later.

    References
    ----------
    .. [1] A. D. Le Claire, in Physical Chemistry, An Advanced Treatise 10 (1970) 261: f as a ratio to uncorrelated hops.
    """
    n_ion = occupation.n_ion
    if n_ion < MIN_SCATTER_BODIES:
        raise ValueError(f"{name}: {n_ion} ions, the scatter between them needs {MIN_SCATTER_BODIES}; take a larger cell")
    msd = mean_squared_displacement(site_trajectory(occupation), occupation.species, directions=directions)
    frames = msd.lag_in_frames
    hops = _hops_in_windows(occupation, directions, frames)
    if not hops.any():
        raise NotDiffusive(f"{name}: no {occupation.species} hops along {tuple(directions)}; run longer or hotter")
    rate = _squares(occupation, directions).sum() / n_ion / (msd.n_frame - 1)  # [m2/frame]
    factor = _by_ratio(msd.by_atom, hops)
    if window is None:
        window = _without_memory(name, factor, frames, occupation, criterion or MemoryCriterion())
    line = resolved_line(msd, rate * frames * factor, name=name, window=window)
    hop_diffusivity = rate / (2 * msd.dimension * msd.interval)
    estimate = Estimate.from_covariance(
        (name,),
        [np.log(line.slope / rate)],
        [[(line.slope_std / line.slope) ** 2]],
        source=source,
        method="tracer diffusivity from site to site over that of independent hops",
        data=data_fingerprint(occupation, tuple(directions)),
        provenance={
            "tracer": {"msd": dict(msd.provenance), "fit": line_report(msd, line)},
            "diffusivity of independent hops [m2.s-1]": float(hop_diffusivity),
            "hops": len(occupation.hop_frame),
        },
    )
    missed = _missed_returns(occupation, directions)
    shifted = replace(estimate, mean=estimate.mean - missed)
    return with_frame_spacing(shifted, source, np.array([missed / 2]))


def _missed_returns(occupation: SiteOccupation, directions: Sequence[int]) -> float:
    """Logarithm of the true sum of squared hops over the counted one, from the hops about visits of one frame."""
    order = np.lexsort((occupation.hop_frame, occupation.hop_ion))
    vector, ion = occupation.hop_vector[order][:, list(directions)], occupation.hop_ion[order]
    short = (np.diff(ion) == 0) & (np.diff(occupation.hop_frame[order]) == 1)
    share = -(vector[:-1] * vector[1:])[short].sum() / (vector**2).sum()
    if share > HOP_CRITERION.short_visit_share:
        raise ValueError(
            f"hops of {occupation.species}: {share:.0%} are taken back one frame later, and many more are not seen; write "
            "frames more often, or check sites and hysteresis"
        )
    return float(-np.log1p(-share))


def _squares(occupation: SiteOccupation, directions: Sequence[int]) -> Array:
    """Squared length of each hop along some directions [m2] (n_hop,)."""
    return (occupation.hop_vector[:, list(directions)] ** 2).sum(axis=1)


def _hops_in_windows(occupation: SiteOccupation, directions: Sequence[int], lags: NDArray[np.int64]) -> Array:
    """Sum of each ion's squared hops within a lag, the mean over all windows [m2] (n_ion, n_lag)."""
    n_frame, n_ion = occupation.site.shape
    square = np.zeros((n_ion, n_frame))
    np.add.at(square, (occupation.hop_ion, occupation.hop_frame), _squares(occupation, directions))
    # the sum over windows [i, i + n] of Q(i + n) - Q(i), with Q the sum of squares up to a frame
    until = np.cumsum(np.cumsum(square, axis=1), axis=1)
    return (until[:, -1:] - until[:, lags - 1] - until[:, n_frame - 1 - lags]) / (n_frame - lags)


def _by_ratio(displacements: Array, hops: Array) -> Array:
    """Ratio of two sums over ions at each lag, as the mean of one term for each ion, by the delta method (n_ion, n_lag)."""
    total = hops.sum(axis=0)
    ratio = displacements.sum(axis=0) / total
    return ratio + len(hops) * (displacements - ratio * hops) / total


def _without_memory(
    name: str, factor: Array, frames: NDArray[np.int64], occupation: SiteOccupation, criterion: MemoryCriterion
) -> tuple[float, float]:
    """First and last lag [s] of a fit of ``frames * factor`` (n_ion, n_lag)."""
    last = len(occupation.site) // 2
    edge = np.unique(np.searchsorted(frames, 2 ** np.arange(int(np.log2(last)) + 1)))
    lag, moved = frames[edge], frames[edge] * factor[:, edge]
    change = np.diff(np.diff(moved, axis=1, prepend=0.0) / np.diff(lag, prepend=0), axis=1)
    error = change.std(axis=0, ddof=1) / np.sqrt(len(change))
    z = np.abs(change.mean(axis=0)) / np.where(error > 0, error, np.inf)  # the same for all ions: none
    steady = 2 * stdtr(len(change) - 1, -z) >= criterion.level
    for start in range(int(np.searchsorted(lag, _between_hops(occupation))), len(steady)):
        if lag[start] * criterion.least_ratio > last:
            break
        if steady[start : start + criterion.n_octaves].all():
            first = min(criterion.start_factor * lag[start], last // criterion.least_ratio)
            return float(first * occupation.interval), float(last * occupation.interval)
    raise NotDiffusive(
        f"{name}: ions hop once in {_between_hops(occupation):.3g} frames, and the memory of a hop lasts for too many of the "
        f"run's {2 * last}; run longer, or give the window= [s] in which you take displacements to be linear in time"
    )


def _between_hops(occupation: SiteOccupation) -> float:
    """Median number of frames between one hop of an ion and its next; the whole run if no ion hops twice."""
    frames = frames_before_hop(occupation.hop_frame, occupation.hop_ion)
    return float(np.median(np.minimum(frames, len(occupation.site))))
