r"""Tracer diffusivity from mean-squared displacements: the window in which they are linear, and their slope there."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from a2c_pybamm.data import Array, CollectiveMSD, TracerMSD
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators.fingerprint import data_fingerprint
from a2c_pybamm.estimators.time_series.diffusive_line import LEVEL, MIN_ATOMS, DiffusiveLine, fit_line
from a2c_pybamm.estimators.time_series.resolution import IN_A_ROW, RESOLVED, NotDiffusive

LAGS_PER_DECADE = 12
"""Lags in the search for a window: log-spaced, since neighbouring ones say nearly the same."""
FINE = 48
"""Lags per decade in the fit: where the offset is large, neighbours differ by its noise, of which their mean has less."""
MIN_LAGS = 7
"""Fewest lags in a window: it then spans a factor of three in time, less shows no exponent."""
WARY = 0.05
"""One-sided level at which an exponent below 1 must not be seen where a transient was, or where few atoms show little."""
DOUBT = 1e-4
"""Probability below which a line through the origin is refused: there is no other window to turn to."""
BEYOND = 4.0
"""A transient leaves a bias of an error bar or two in the first window that passes: start at so many times its start."""


def fit_tracer_diffusivity(
    msd: TracerMSD, *, name: str, source: str, window: tuple[float, float] | None = None, offset: bool = True
) -> Estimate:
    r"""Logarithm of the tracer diffusivity :math:`\ln(D/[\mathrm{m^2 s^{-1}}])`, its sampling error under ``source``.

    :math:`M(t) = 2dDt + b` by generalised least squares [1]_; the covariance of the overlapping windows [2]_ is that of the
    Gaussian process with stationary increments and the fitted :math:`M`; line and covariance are iterated until they agree.
    ``b`` takes up what is bounded, rattling about the sites. From the first lag on, the variance of D is within 8 % of the
    Cramér–Rao bound of the process [3]_, as long as ``b`` is no larger than what half of a run of 4000 frames adds to
    :math:`M`.

    **Error bar.** The fit is linear in the displacements of the single atoms, :math:`D = \sum_a D_a/n`. From eight atoms on,
    its variance is that between the atoms, :math:`\nu/(\nu-2)\cdot\operatorname{Var}(D_a)/n` with :math:`\nu = n-1` (the factor
    is Student's), which holds for rare hops too, where displacements are far from Gaussian. With fewer atoms it is that of
    the Gaussian process, plus Student's factor (from four atoms on) times the excess, if any, of the variance between the
    atoms over it; the excess is taken with ``b`` held, where it stands out most. Both take the atoms to move independently.
    :math:`\ln D` follows by the delta method.

    **Window.** It ends at half of the trajectory. A window is linear if neither of two tests refutes it: (a) the exponent
    :math:`\alpha` of :math:`M - b \propto t^\alpha` is 1, with the error that the atoms give it, at 1 %; (b) χ² of the
    residuals, divided by the overdispersion (variance of D over that of the process, if above 1), at 1 %. If the first three
    windows are, each starting one lag later, the first is taken. Else there is a transient, and the first three in a row are
    sought in which its exponent, below 1, is not seen at 5 % of one side either. It fades gradually, and where it is just no
    longer seen it would bias D by an error bar or two: the fit starts at four times that lag, or as late as seven lags allow,
    and must be linear there. With two to seven atoms the tests see little, and the first three windows are asked at 5 % too.
    The provenance has all of these numbers.

    **Without offset.** ``offset=False`` takes :math:`M(t) = 2dDt` from the first lag (or the given window) on: nothing rattles,
    and the positions are exact. Then all there is to know is in the first lag: the variance of D is :math:`2D^2/(d n N)` for N
    steps, a third of what it is with an offset. No window is sought; unless one is given, a test may refuse it, at 0.01 %.

    Parameters
    ----------
    name
        The coefficient, e.g. ``"Li6PS5Cl ln(D_tr 700 K [m2.s-1])"``.
    source
        Name of the sampling error, e.g. ``"Li6PS5Cl MD 700 K (sampling)"``.
    window
        First and last lag of the fit [s], in place of the criterion above.
    offset
        Whether ``b`` is fitted; False for a free walk.

    Raises
    ------
    NotDiffusive
        If D is not resolved from zero by three standard deviations, or no window is linear (without offset, the whole).
    ValueError
        If the trajectory is too short for a fit, or the window holds too few lags.

    References
    ----------
    .. [1] A. R. McCluskey, S. W. Coles, B. J. Morgan, J. Chem. Theory Comput. (2024), "Accurate estimation of diffusion
       coefficients and their uncertainties from computer simulation"; there the covariance is modelled from the variances.
    .. [2] H. Qian, M. P. Sheetz, E. L. Elson, Biophys. J. 60 (1991) 910 (free walk); X. Michalet, A. J. Berglund,
       Phys. Rev. E 85 (2012) 061916 (with an offset).
    .. [3] A. J. Berglund, Phys. Rev. E 82 (2010) 011917 (likelihood of the steps).
    """
    line = resolved_line(msd, msd.by_atom, name=name, window=window, offset=offset)
    return estimate_of_line(msd, line, name=name, source=source)


def resolved_line(
    msd: TracerMSD | CollectiveMSD,
    by_body: Array,
    *,
    name: str,
    window: tuple[float, float] | None = None,
    offset: bool = True,
) -> DiffusiveLine:
    """The line through mean-squared displacements [m2] (n_body, n_lag) of bodies that move independently.

    The bodies are the atoms of a tracer (`fit_tracer_diffusivity` states the method), or the one centre of all.
    """
    lags = _log_spaced_lags(msd, window)
    curves, by_body = by_body, np.asarray(by_body[:, np.searchsorted(msd.lag_in_frames, lags)])
    if not (by_body.mean(axis=0) > 0).all():
        raise NotDiffusive(f"{name}: {msd.species} does not move at all; are atoms fixed, or frames repeated?")
    if len(by_body) > 1 and np.allclose(by_body, by_body[0], rtol=1e-9, atol=0):
        raise NotDiffusive(f"{name}: all {len(by_body)} {msd.species} move alike, which is a drift; is their framework there?")
    if offset and window is None:
        lags = _first_linear(name, msd, lags, by_body).lags
    lags = _log_spaced_lags(msd, (lags[0] * msd.interval, lags[-1] * msd.interval), FINE)
    line = _fit(msd, lags, curves[:, np.searchsorted(msd.lag_in_frames, lags)], offset=offset)
    if not (offset or window) and min(line.chi2_p, line.exponent_p) < DOUBT:
        raise NotDiffusive(f"{name}: {_bent(msd, line)} through the origin; fit with offset=True")
    if not line.slope > RESOLVED * line.slope_std:
        raise NotDiffusive(
            f"{name}: D = {_diffusivity(msd, line.slope):.2g} ± {_diffusivity(msd, line.slope_std):.2g} m2/s is not resolved "
            f"from zero; {msd.species} rattles (offset {line.offset * 1e20:.2g} Å2) in {msd.lag[-1] * 1e12:.3g} ps; "
            "run longer or hotter"
        )
    return line


def estimate_of_line(msd: TracerMSD | CollectiveMSD, line: DiffusiveLine, *, name: str, source: str) -> Estimate:
    """Logarithm of the diffusivity that a line's slope is, with the delta method."""
    return Estimate.from_covariance(
        (name,),
        [np.log(_diffusivity(msd, line.slope))],
        [[(line.slope_std / line.slope) ** 2]],
        source=source,
        method="generalised least squares of mean-squared displacements",
        provenance={"msd": dict(msd.provenance), "fit": _report(msd, line)},
        data=data_fingerprint(msd),
    )


def _log_spaced_lags(
    msd: TracerMSD | CollectiveMSD, window: tuple[float, float] | None, per_decade: int = LAGS_PER_DECADE
) -> Array:
    """Lags of the fit in frames (n_lag,)."""
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
    if len(lags) < MIN_LAGS:
        where = f"window {window[0]:g} … {window[1]:g} s" if window else f"trajectory of {msd.n_frame} frames"
        raise ValueError(f"{where}: {len(lags)} lags, a fit needs {MIN_LAGS}; take a longer trajectory or window")
    return lags


def _first_linear(name: str, msd: TracerMSD | CollectiveMSD, lags: Array, by_body: Array) -> DiffusiveLine:
    """The fit of the window that holds the criterion."""
    n_start = len(lags) - MIN_LAGS + 1
    fit = cache(lambda start: _fit(msd, lags, by_body, start))

    def holds(start: int, level: float) -> bool:
        windows = (fit(k) for k in range(start, min(start + IN_A_ROW, n_start)))
        return all(line.is_linear and line.slowing_p >= level for line in windows)

    few = 1 < len(by_body) < MIN_ATOMS
    if holds(0, WARY if few else LEVEL / 2):  # the latter is one side of what is_linear asks for
        return fit(0)
    first = next((start for start in range(n_start) if holds(start, WARY)), n_start - 1)
    if first:
        first = min(int(np.searchsorted(lags, BEYOND * lags[first])), n_start - 1)
    if not fit(first).is_linear:
        raise NotDiffusive(f"{name}: {_bent(msd, fit(first))}; run longer, or give the window= [s] in which they are")
    return fit(first)


def _fit(msd: TracerMSD | CollectiveMSD, lags: Array, by_body: Array, start: int = 0, *, offset: bool = True) -> DiffusiveLine:
    return fit_line(lags, by_body, msd.n_frame, msd.dimension, start=start, offset=offset)


def _bent(msd: TracerMSD | CollectiveMSD, line: DiffusiveLine) -> str:
    """How the displacements of a window are not linear."""
    return (
        f"displacements of {msd.species} are not linear in time from {msd.interval * line.lags[0] * 1e12:.3g} to "
        f"{msd.interval * line.lags[-1] * 1e12:.3g} ps (exponent {line.exponent:.2f} ± {line.exponent_std:.2f}, chi-squared "
        f"{line.chi2:.1f} for {line.n_spare} degrees of freedom)"
    )


def _diffusivity(msd: TracerMSD | CollectiveMSD, slope: float) -> float:
    """D [m2.s-1] of a rise per frame [m2]."""
    return slope / (2 * msd.dimension * msd.interval)


def _report(msd: TracerMSD | CollectiveMSD, line: DiffusiveLine) -> dict[str, Any]:
    """What the fit was and how good, as plain JSON."""
    return {
        "window [s]": [float(line.lags[0] * msd.interval), float(line.lags[-1] * msd.interval)],
        "lags": len(line.lags),
        "atoms": line.n_body,
        "offset fitted": line.n_spare < len(line.lags) - 1,
        "offset [m2]": float(line.offset),
        "chi-squared": float(line.chi2),
        "chi-squared p-value": line.chi2_p,
        "exponent": float(line.exponent),
        "exponent std": float(line.exponent_std),
        "overdispersion": float(line.overdispersion),
        "error bar": _kind_of_error(line),
        "temperature [K]": msd.temperature,
    }


def _kind_of_error(line: DiffusiveLine) -> str:
    if line.n_body >= MIN_ATOMS:
        return "between atoms"
    return "Gaussian process" if line.overdispersion == 1 else "Gaussian process and excess between atoms"
