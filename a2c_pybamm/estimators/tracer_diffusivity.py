r"""Tracer diffusivity from mean-squared displacements, lags weighted by their covariance.

Displacements over overlapping windows share their steps, so that the mean-squared displacements of all lags are strongly
correlated. For a Gaussian process with stationary increments and :math:`M(t) = 2dDt + b` that covariance is known exactly, and
the best linear fit is a closed form.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.stats import chi2
from scipy.stats import t as student

from a2c_pybamm.data import Array, CollectiveMSD, TracerMSD
from a2c_pybamm.estimate import Estimate

LAGS_PER_DECADE = 12
"""Lags in the fit: log-spaced, since neighbouring ones say nearly the same."""
MIN_LAGS = 7
"""Fewest lags in a window: it then spans a factor of three in time, less shows no exponent."""
MIN_ATOMS = 8
"""From so many atoms on, the scatter between them sets the error bar."""
LEVEL = 0.01
"""Probability below which a test refutes the line."""
IN_A_ROW = 3
"""So many windows, each starting one lag later, must be linear for the first of them to be taken."""
BEYOND = 4.0
"""A transient leaves a bias of an error bar or two in the first window that passes: start at so many times its start."""
FULL_STEPS = 8
"""Iterations after which steps are halved: the curve of one body may else swing between a flat and a steep line for ever."""
RESOLVED = 3.0
"""Standard deviations that D must lie above zero."""


class NotDiffusive(ValueError):
    """No diffusion that can be told from rattling about the sites."""


@dataclass(frozen=True)
class DiffusiveLine:
    """A straight line through the mean-squared displacements of one window; lags in frames."""

    n_body: int
    """Number of bodies that move independently."""
    lags: Array
    weights: Array
    """The slope is these times the mean over bodies [1/frame] (n_lag,)."""
    slope: float
    """Rise of the line per frame [m2]."""
    slope_std: float
    offset: float
    """``b`` [m2]."""
    chi2: float
    """Squared residuals, whitened and divided by the overdispersion."""
    chi2_p: float
    exponent: float
    """Exponent of the displacements less the offset: 1 for diffusion."""
    exponent_std: float
    exponent_p: float
    """Probability of so large a deviation from 1."""
    overdispersion: float
    """Variance of the slope by the atoms over that of the Gaussian process, at least 1."""

    @property
    def is_linear(self) -> bool:
        return min(self.chi2_p, self.exponent_p) >= LEVEL


def fit_tracer_diffusivity(msd: TracerMSD, *, name: str, source: str, window: tuple[float, float] | None = None) -> Estimate:
    r"""Logarithm of the tracer diffusivity :math:`\ln(D/[\mathrm{m^2 s^{-1}}])`, its sampling error under ``source``.

    :math:`M(t) = 2dDt + b` by generalised least squares [1]_; the covariance of the overlapping windows [2]_ is that of the
    Gaussian process with stationary increments and the fitted :math:`M`; line and covariance are iterated until they agree.
    ``b`` takes up what is bounded, rattling about the sites.

    **Error bar.** The fit is linear in the displacements of the single atoms, :math:`D = \sum_a D_a/n`. From eight atoms on,
    its variance is that between the atoms, :math:`\nu/(\nu-2)\cdot\operatorname{Var}(D_a)/n` with :math:`\nu = n-1` (the factor
    is Student's), which holds for rare hops too, where displacements are far from Gaussian; with fewer atoms it is that of the
    Gaussian process. Both take the atoms to move independently. :math:`\ln D` follows by the delta method.

    **Window.** It ends at half of the trajectory. A window is linear if neither of two tests refutes it: (a) the exponent
    :math:`\alpha` of :math:`M - b \propto t^\alpha` is 1, with the error that the atoms give it, at 1 %; (b) χ² of the
    residuals, divided by the overdispersion (variance of D by the atoms over that of the process, if above 1), at 1 %. The
    first start from which three in a row are linear is sought; if it is the first frame, it is taken. If not, there is a
    transient, which fades gradually and would bias D by an error bar or two where it is just no longer seen: the fit starts at
    four times that lag, or as late as seven lags allow, and must be linear there. The provenance has all of these numbers.

    Parameters
    ----------
    name
        The coefficient, e.g. ``"Li6PS5Cl ln(D_tr 700 K [m2.s-1])"``.
    source
        Name of the sampling error, e.g. ``"Li6PS5Cl MD 700 K (sampling)"``.
    window
        First and last lag of the fit [s], in place of the criterion above.

    Raises
    ------
    NotDiffusive
        If D is not resolved from zero by three standard deviations, or no window is linear.
    ValueError
        If the trajectory is too short for a fit, or the window holds too few lags.

    References
    ----------
    .. [1] A. R. McCluskey, S. W. Coles, B. J. Morgan, J. Chem. Theory Comput. (2024), "Accurate estimation of diffusion
       coefficients and their uncertainties from computer simulation"; there the covariance is modelled from the variances.
    .. [2] H. Qian, M. P. Sheetz, E. L. Elson, Biophys. J. 60 (1991) 910 (free walk); X. Michalet, A. J. Berglund,
       Phys. Rev. E 85 (2012) 061916 (with an offset).
    """
    return estimate_of_line(msd, resolved_line(msd, msd.by_atom, name=name, window=window), name=name, source=source)


def resolved_line(
    msd: TracerMSD | CollectiveMSD, by_body: Array, *, name: str, window: tuple[float, float] | None = None
) -> DiffusiveLine:
    """The line through mean-squared displacements [m2] (n_body, n_lag) of bodies that move independently.

    The bodies are the atoms of a tracer (`fit_tracer_diffusivity` states the method), or the one centre of all.
    """
    lags = _log_spaced_lags(msd, window)
    by_body = np.asarray(by_body[:, np.searchsorted(msd.lag_in_frames, lags)])
    if not (by_body.mean(axis=0) > 0).all():
        raise NotDiffusive(f"{name}: {msd.species} does not move at all; are atoms fixed, or frames repeated?")
    if len(by_body) > 1 and np.allclose(by_body, by_body[0], rtol=1e-9, atol=0):
        raise NotDiffusive(f"{name}: all {len(by_body)} {msd.species} move alike, which is a drift; is their framework there?")
    line = _fit_line(msd, lags, by_body, 0) if window else _first_linear(name, msd, lags, by_body)
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
    )


def overlap_covariance(lags: Array, n_frame: int, slope: float, offset: float) -> Array:
    r"""Covariance (n_lag, n_lag) of one walker's mean-squared displacements along one direction, over overlapping windows.

    .. math::
        \operatorname{Cov}(M_n, M_m) = \frac{2}{N_n N_m}\sum_{ij} C_{ij}^2, \qquad
        C_{ij} = \tfrac12\left[M(|k+m|) + M(|k-n|) - M(|k|) - M(|k+m-n|)\right],\; k = j - i

    by Wick's theorem, :math:`C_{ij}` being the covariance of the displacements over frames [i, i+n] and [j, j+m] of a Gaussian
    process with stationary increments, :math:`M(k) = sk + c` for :math:`k > 0` and 0 for :math:`k = 0`, and
    :math:`N_n = N - n`. In d directions, ``M`` summed over them: d times this with s and c divided by d.

    Parameters
    ----------
    lags
        n in frames (n_lag,), whole numbers.
    slope, offset
        s and c [m2].
    """
    return _of_terms(_overlap_terms(tuple(int(n) for n in lags), n_frame), slope, offset)


def _of_terms(terms: Array, slope: float, offset: float) -> Array:
    walk, cross, noise = terms
    return 2 * (slope**2 * walk + 2 * slope * offset * cross + offset**2 * noise)


@lru_cache(maxsize=32)
def _overlap_terms(lags: tuple[int, ...], n_frame: int) -> Array:
    """The sums of `overlap_covariance` that go with s², 2sc and c² (3, n_lag, n_lag)."""
    terms = np.zeros((3, len(lags), len(lags)))
    for i, n in enumerate(lags):
        for j, m in enumerate(lags[: i + 1]):
            k = np.arange(-m, n + 1.0)
            walk = _second_difference(np.abs, k, n, m)
            noise = _second_difference(lambda lag: lag != 0, k, n, m)
            pairs = np.clip(np.minimum(n_frame - n, n_frame - m - k) - np.maximum(0, -k), 0, None)
            for term, product in zip(terms, (walk * walk, walk * noise, noise * noise), strict=True):
                term[i, j] = term[j, i] = (pairs * product).sum() / ((n_frame - n) * (n_frame - m))
    terms.setflags(write=False)
    return terms


def _second_difference(msd: Callable[[Array], Array], k: Array, n: int, m: int) -> Array:
    value = [msd(lag).astype(float) for lag in (k + m, k - n, k, k + m - n)]
    return 0.5 * (value[0] + value[1] - value[2] - value[3])


def _log_spaced_lags(msd: TracerMSD | CollectiveMSD, window: tuple[float, float] | None) -> Array:
    """Lags of the fit in frames (n_lag,)."""
    first, last = 1, msd.n_frame // 2
    if window is not None:
        first, last = round(window[0] / msd.interval), round(window[1] / msd.interval)
        if not 1 <= first < last < msd.n_frame:
            raise ValueError(
                f"window {window[0]:g} … {window[1]:g} s: lags must rise and lie between {msd.lag[0]:g} and {msd.lag[-1]:g} s"
            )
    count = int(LAGS_PER_DECADE * np.log10(max(last, 1) / first)) + 2
    wanted = np.round(np.geomspace(first, max(last, 1), count)).astype(int)
    kept = msd.lag_in_frames
    lags = np.unique(kept[np.minimum(np.searchsorted(kept, wanted), len(kept) - 1)].astype(float))
    if len(lags) < MIN_LAGS:
        where = f"window {window[0]:g} … {window[1]:g} s" if window else f"trajectory of {msd.n_frame} frames"
        raise ValueError(f"{where}: {len(lags)} lags, a fit needs {MIN_LAGS}; take a longer trajectory or window")
    return lags


def _first_linear(name: str, msd: TracerMSD | CollectiveMSD, lags: Array, by_atom: Array) -> DiffusiveLine:
    """The fit of the window that holds the criterion."""
    n_start = len(lags) - MIN_LAGS + 1
    lines: list[DiffusiveLine] = []
    for start in range(n_start):
        lines.append(_fit_line(msd, lags, by_atom, start))
        if not lines[-1].is_linear:
            continue
        in_a_row = next((k for k, line in enumerate(reversed(lines)) if not line.is_linear), len(lines))
        if in_a_row == IN_A_ROW or start == n_start - 1:
            line = _beyond_transient(msd, lags, by_atom, start + 1 - in_a_row)
            if line.is_linear:
                return line
            lines.append(line)
            break
    last = lines[-1]
    raise NotDiffusive(
        f"{name}: displacements of {msd.species} are not linear in time from {msd.interval * last.lags[0] * 1e12:.3g} to "
        f"{msd.interval * last.lags[-1] * 1e12:.3g} ps (exponent {last.exponent:.2f} ± {last.exponent_std:.2f}, chi-squared "
        f"{last.chi2:.1f} for {len(last.lags) - 2} degrees of freedom); run longer, or give the window= [s] in which you hold "
        "them to be"
    )


def _beyond_transient(msd: TracerMSD | CollectiveMSD, lags: Array, by_atom: Array, first: int) -> DiffusiveLine:
    """The fit from the first linear start on; from a multiple of it where something before it was not linear."""
    if first:
        first = min(int(np.searchsorted(lags, BEYOND * lags[first])), len(lags) - MIN_LAGS)
    return _fit_line(msd, lags, by_atom, first)


def _fit_line(msd: TracerMSD | CollectiveMSD, lags: Array, by_atom: Array, start: int) -> DiffusiveLine:
    """The line through the displacements [m2] (n_atom, n_lag), from the lag ``start`` on, weights iterated with the line."""
    terms = _overlap_terms(tuple(int(n) for n in lags), msd.n_frame)[:, start:, start:]
    lags, by_atom = lags[start:], by_atom[:, start:]
    n_atom, d = len(by_atom), msd.dimension
    mean = by_atom.mean(axis=0)
    slope, offset = 0.5 * mean[-1] / lags[-1], 0.0
    for iteration in range(100):
        covariance = d * _of_terms(terms, slope / d, offset / d) / n_atom
        weights, fit_covariance, residual = _least_squares(lags, mean, covariance, curved=False)
        found, before = weights @ mean, (slope, offset)
        # a floor where the line falls, and the least offset that a process with this slope can have
        slope = max(found[0], 1e-3 * mean[-1] / lags[-1])
        offset = max(found[1], -slope / 2)
        if np.allclose((slope, offset), before, rtol=1e-5, atol=0):  # far below what matters: weights act in second order
            break
        if iteration >= FULL_STEPS:
            slope, offset = (slope + before[0]) / 2, (offset + before[1]) / 2
    curved, curved_covariance, _ = _least_squares(lags, mean, covariance, curved=True)
    if n_atom >= MIN_ATOMS:
        nu: float = n_atom - 1
        slope_variance = nu / (nu - 2) * (by_atom @ weights[0]).var(ddof=1) / n_atom
        curvature_std = (by_atom @ curved[2]).std(ddof=1) / np.sqrt(n_atom)
        overdispersion = max(1.0, slope_variance / fit_covariance[0, 0])
    else:
        slope_variance, curvature_std = fit_covariance[0, 0], np.sqrt(curved_covariance[2, 2])
        overdispersion, nu = 1.0, np.inf
    curvature = curved[2] @ mean
    return DiffusiveLine(
        n_body=n_atom,
        lags=lags,
        weights=weights[0],
        slope=found[0],
        slope_std=float(np.sqrt(slope_variance)),
        offset=found[1],
        chi2=residual / overdispersion,
        chi2_p=float(chi2.sf(residual / overdispersion, len(lags) - 2)),
        exponent=1 + curvature / slope,
        exponent_std=curvature_std / slope,
        exponent_p=float(2 * student.sf(abs(curvature) / curvature_std, nu)),
        overdispersion=overdispersion,
    )


def _least_squares(lags: Array, mean: Array, covariance: Array, *, curved: bool) -> tuple[Array, Array, float]:
    """Weights (n_coefficient, n_lag), covariance of the coefficients, and χ² of the residuals.

    The columns are n and 1, and with ``curved`` n ln n, the first-order change of n with its exponent.
    """
    n = lags.astype(float)
    middle = np.sqrt(n[0] * n[-1])
    columns = [n, np.ones_like(n), n * np.log(n / middle)] if curved else [n, np.ones_like(n)]
    scale = np.sqrt(np.diag(covariance))  # lags' variances differ by orders of magnitude
    factor = cho_factor(covariance / np.outer(scale, scale))
    design = np.column_stack(columns) / scale[:, None]
    unit = np.linalg.norm(design, axis=0)
    design = design / unit
    whitened = cho_solve(factor, design)
    information = design.T @ whitened
    weights = np.linalg.solve(information, whitened.T) / unit[:, None]
    residual = mean / scale - design @ (unit * (weights @ (mean / scale)))
    coefficient_covariance = np.linalg.inv(information) / np.outer(unit, unit)
    return weights / scale, coefficient_covariance, float(residual @ cho_solve(factor, residual))


def _diffusivity(msd: TracerMSD | CollectiveMSD, slope: float) -> float:
    """D [m2.s-1] of a rise per frame [m2]."""
    return slope / (2 * msd.dimension * msd.interval)


def _report(msd: TracerMSD | CollectiveMSD, line: DiffusiveLine) -> dict[str, Any]:
    """What the fit was and how good, as plain JSON."""
    return {
        "window [s]": [float(line.lags[0] * msd.interval), float(line.lags[-1] * msd.interval)],
        "lags": len(line.lags),
        "atoms": line.n_body,
        "offset [m2]": float(line.offset),
        "chi-squared": float(line.chi2),
        "chi-squared p-value": line.chi2_p,
        "exponent": float(line.exponent),
        "exponent std": float(line.exponent_std),
        "overdispersion": float(line.overdispersion),
        "error bar": "between atoms" if line.n_body >= MIN_ATOMS else "Gaussian process",
        "temperature [K]": msd.temperature,
    }
