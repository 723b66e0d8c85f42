"""Estimate of a diffusivity from the line through mean-squared displacements."""

from __future__ import annotations

from typing import Any

import numpy as np

from a2c_pybamm.data import CollectiveMSD, TracerMSD
from a2c_pybamm.estimate import Estimate, Factor
from a2c_pybamm.estimators.fingerprint import data_fingerprint
from a2c_pybamm.estimators.time_series.diffusive_line import DiffusiveLine
from a2c_pybamm.estimators.time_series.resolution import MIN_SCATTER_BODIES


def estimate_of_line(
    msd: TracerMSD | CollectiveMSD, line: DiffusiveLine, *, name: str, source: str, misfit: float = 0.0
) -> Estimate:
    """Logarithm of the diffusivity that follows from a line's slope, with the delta method; a misfit is a source of its own."""
    report = line_report(msd, line) | ({"misfit std": misfit} if misfit else {})
    estimate = Estimate.from_covariance(
        (name,),
        [np.log(line.slope / (2 * msd.dimension * msd.interval))],
        [[(line.slope_std / line.slope) ** 2]],
        source=source,
        method="generalised least squares of mean-squared displacements",
        provenance={"msd": dict(msd.provenance), "fit": report},
        data=data_fingerprint(msd),
    )
    if not misfit:
        return estimate
    return estimate.add_source(misfit_source(source), Factor(np.array([[misfit]]), estimate.factors[source].labels))


def misfit_source(source: str) -> str:
    """Name of the source that a misfit is, beside that of a sampling error."""
    return f"{source.removesuffix(' (sampling)')} (misfit)"


def line_report(msd: TracerMSD | CollectiveMSD, line: DiffusiveLine) -> dict[str, Any]:
    """Windows, tests and error bar of a fit, as plain JSON."""
    report = {
        "window [s]": [float(line.lags[0] * msd.interval), float(line.lags[-1] * msd.interval)],
        "lags": len(line.lags),
        "atoms": line.n_body,
        "offset fitted": line.n_spare < len(line.lags) - 1,
        "offset [m2]": float(line.offset),
        "offset std [m2]": line.offset_std,
        "correlation of slope and offset": line.correlation,
        "chi-squared": float(line.chi2),
        "chi-squared p-value": line.chi2_p,
        "exponent": float(line.exponent),
        "exponent std": float(line.exponent_std),
        "overdispersion": float(line.overdispersion),
        "error bar": _error_bar(line),
        "temperature [K]": msd.temperature,
    }
    if line.other_weight:
        report |= {
            "start of the other window [s]": line.other_start * msd.interval,
            "weight of the other window": float(line.other_weight),
        }
    return report


def _error_bar(line: DiffusiveLine) -> str:
    """Origin of the slope's variance, in words."""
    if line.excess and line.excess.permanent:
        return "Gaussian process and excess in time; atoms differ for good"
    if line.excess:
        return "Gaussian process and excess in time and between atoms"
    if line.n_body >= MIN_SCATTER_BODIES:
        return "between atoms"
    return "Gaussian process" if line.overdispersion == 1 else "Gaussian process and excess between atoms"
