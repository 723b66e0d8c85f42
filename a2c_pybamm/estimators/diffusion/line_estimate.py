"""Estimate of a diffusivity from the line through mean-squared displacements."""

from __future__ import annotations

from typing import Any

import numpy as np

from a2c_pybamm.data import CollectiveMSD, TracerMSD
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators.fingerprint import data_fingerprint
from a2c_pybamm.estimators.time_series.diffusive_line import DiffusiveLine
from a2c_pybamm.estimators.time_series.resolution import MIN_SCATTER_BODIES


def estimate_of_line(msd: TracerMSD | CollectiveMSD, line: DiffusiveLine, *, name: str, source: str) -> Estimate:
    """Logarithm of the diffusivity that follows from a line's slope, with the delta method."""
    return Estimate.from_covariance(
        (name,),
        [np.log(line.slope / (2 * msd.dimension * msd.interval))],
        [[(line.slope_std / line.slope) ** 2]],
        source=source,
        method="generalised least squares of mean-squared displacements",
        provenance={"msd": dict(msd.provenance), "fit": line_report(msd, line)},
        data=data_fingerprint(msd),
    )


def line_report(msd: TracerMSD | CollectiveMSD, line: DiffusiveLine) -> dict[str, Any]:
    """Window, tests and error bar of a fit, as plain JSON."""
    error_bar = "Gaussian process" if line.overdispersion == 1 else "Gaussian process and excess between atoms"
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
        "error bar": "between atoms" if line.n_body >= MIN_SCATTER_BODIES else error_bar,
        "temperature [K]": msd.temperature,
    }
