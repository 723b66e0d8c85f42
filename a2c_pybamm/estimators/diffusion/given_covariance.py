r"""Tracer diffusivity from mean-squared displacements whose covariance is given."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, ndtr

from a2c_pybamm.constants import ANGSTROM
from a2c_pybamm.data import GIVEN_MSD_LIMITS, GivenMSD
from a2c_pybamm.estimate import Estimate, Factor
from a2c_pybamm.estimators.diffusion.line_estimate import misfit_source
from a2c_pybamm.estimators.fingerprint import data_fingerprint
from a2c_pybamm.estimators.time_series.diffusive_window import WindowCriterion
from a2c_pybamm.estimators.time_series.overlap import least_squares
from a2c_pybamm.estimators.time_series.resolution import RESOLVED_STDS, NotDiffusive


def fit_diffusivity_from_msd(
    msd: GivenMSD,
    *,
    name: str,
    offset_name: str,
    source: str,
    window: tuple[float, float] | None = None,
    criterion: WindowCriterion | None = None,
) -> Estimate:
    r"""Logarithm of the diffusivity and offset ``b`` [m2] of :math:`M(t) = 2dDt + b`, with the covariance of the two.

    By generalised least squares with the given covariance C of the displacements, which is taken as it is (from another
    program, or from many runs; the sample covariance of R runs has no inverse from R lags on). The covariance of the two is
    then :math:`(X^\mathsf{T}C^{-1}X)^{-1}`, by the delta method for :math:`\ln D`.

    Two tests refute a line, χ² and the coefficient of a term :math:`t\ln t`. No window is sought. Below the criterion's
    ``level`` (1 %) the misfit is a source of its own, ``"… (misfit)"``: C times :math:`\chi^2/\nu - 1` (Birge's ratio), and
    on D the change of slope by the term from the middle of the window to its end. Below ``refusal_level`` (1e-6) the window is
    refused.

    Parameters
    ----------
    name, offset_name
        The coefficients: ``"X ln(D_tr [m2.s-1])"``, ``"X MSD offset [m2]"``.
    source
        Name of the sampling error, e.g. ``"X MD 700 K (sampling)"``.
    window
        First and last lag of the fit [s]; all lags unless given.

    Raises
    ------
    NotDiffusive
        If D is not resolved from zero by three standard deviations, or the displacements are not linear.
    ValueError
        If the window holds fewer than four lags, or the covariance is singular there.

    References
    ----------
    A. R. McCluskey, S. W. Coles, B. J. Morgan, J. Chem. Theory Comput. (2024): such a covariance, and why it is needed.
    """
    criterion = criterion or WindowCriterion()
    inside = _inside(msd, window)
    lag, value, covariance = msd.lag[inside], msd.value[inside], msd.covariance[np.ix_(inside, inside)]
    line = [2 * msd.dimension * lag, np.ones_like(lag)]
    bent = lag * np.log(lag / np.sqrt(lag[0] * lag[-1]))
    weights, fit_covariance, square = least_squares(line, value, covariance)
    (D, offset), std = weights @ value, float(np.sqrt(fit_covariance[0, 0]))
    bent_weights, bent_covariance, _ = least_squares([*line, bent], value, covariance)
    bend, bend_std = bent_weights[2] @ value, np.sqrt(bent_covariance[2, 2])
    free = len(lag) - len(line)
    p = {"chi-squared": float(chdtrc(free, square)), "bend": float(2 * ndtr(-abs(bend) / bend_std))}
    where = f"{name}: displacements of {msd.species} from {lag[0]:.3g} to {lag[-1]:.3g} s"
    if min(p.values()) < criterion.refusal_level:
        raise NotDiffusive(
            f"{where} are not linear in time (chi-squared {square:.3g} for {free} degrees of freedom, p = "
            f"{min(p.values()):.1g}); give a window= that starts later, or a covariance that has all of their error"
        )
    if not RESOLVED_STDS * std < D:
        raise NotDiffusive(
            f"{where} give D = {D:.2g} ± {std:.2g} m2/s, not resolved from zero (offset {offset / ANGSTROM**2:.2g} Å2); run "
            "longer or hotter"
        )
    scale = np.array([1 / D, 1.0])
    report = {
        "window [s]": [float(lag[0]), float(lag[-1])],
        "lags": len(lag),
        "chi-squared": square,
        "degrees of freedom": free,
        "chi-squared p-value": p["chi-squared"],
        "bend z-score": float(bend / bend_std),
        "temperature [K]": msd.temperature,
    }
    estimate = Estimate.from_covariance(
        (name, offset_name),
        [np.log(D), offset],
        fit_covariance * np.outer(scale, scale),
        source=source,
        method="generalised least squares of mean-squared displacements with a given covariance",
        provenance={"msd": dict(msd.provenance), "fit": report},
        data=data_fingerprint(msd, window),
    )
    excess = max(0.0, square / free - 1) if p["chi-squared"] < criterion.level else 0.0
    change = bend * np.log(lag[-1] / lag[0]) / 2 / (2 * msd.dimension * D) if p["bend"] < criterion.level else 0.0
    if not (excess or change):
        return estimate
    sampling = estimate.factors[source]
    columns = np.column_stack([np.sqrt(excess) * sampling.values, [change, 0.0]])
    return estimate.add_source(misfit_source(source), Factor(columns, (*sampling.labels, f"{sampling.labels[0]}:bend")))


def _inside(msd: GivenMSD, window: tuple[float, float] | None) -> NDArray[np.intp]:
    """Indices of the lags in a window, with room for round-off at its ends."""
    first, last = window if window is not None else (msd.lag[0], msd.lag[-1])
    near = np.diff(msd.lag).min() / 2
    inside = np.flatnonzero((msd.lag > first - near) & (msd.lag < last + near))
    if len(inside) < GIVEN_MSD_LIMITS.min_lags:
        raise ValueError(
            f"window {first:g} … {last:g} s: {len(inside)} lags between {msd.lag[0]:g} and {msd.lag[-1]:g} s, a line and its "
            f"tests need {GIVEN_MSD_LIMITS.min_lags}; take a longer window"
        )
    return inside
