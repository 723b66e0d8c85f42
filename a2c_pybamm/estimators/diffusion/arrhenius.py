"""Prefactor and barrier from rates at several temperatures."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from a2c_pybamm.data import Array
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators.statistics.log_rates import Design, fit_log_rates, inverse_thermal_energy


@dataclass(frozen=True)
class ArrheniusLimits:
    """Temperatures that a line of hops may have."""

    coldest: float = 50.0
    """[K]: over a barrier of 0.2 eV no ion hops in the age of the universe there. 27 and 127 are degrees Celsius."""


LIMITS = ArrheniusLimits()
"""The limits that are taken."""


def fit_arrhenius(
    estimates: Mapping[float, Estimate],
    *,
    prefactor_name: str,
    barrier_name: str,
    independent: Collection[str] = (),
) -> Estimate:
    r"""Estimate of :math:`\ln D_0` and :math:`E_a` [eV] from :math:`\ln D` at two or more temperatures, errors kept by source.

    .. math:: \ln D = \ln D_0 - \frac{E_a}{k_B T}

    by generalised least squares, :math:`W = (X^\mathsf{T} V^{-1} X)^{-1} X^\mathsf{T} V^{-1}`, ``V`` the joint covariance of
    all temperatures with what they share. The result is linear in the data, so each source's factor is carried by W with its
    labels: an error that all temperatures share (a potential, a committee) stays correlated with all else it touches.

    The provenance has χ² and its p-value, and the curvature (coefficient of a term quadratic in 1/T, over its standard
    deviation) from three temperatures on. Where χ² refutes the line at 5 %, the runs' scatter about it is part of the error,
    as the source ``"<barrier_name> (misfit)"`` (`fit_misfit`). They are no test of the line beyond these temperatures: the
    error of an extrapolation grows with the distance in 1/T, and a change of mechanism is in no error bar.

    Give each run at its own mean temperature, which in a short run of a small cell is not the thermostat's.

    Parameters
    ----------
    estimates
        Temperature [K] → estimate with one coefficient, the logarithm of the rate.
    prefactor_name, barrier_name
        Names of the coefficients: ``"Li6PS5Cl ln(D0 [m2.s-1])"``, ``"Li6PS5Cl E_a [eV]"``.
    independent
        Sources that estimates name alike although their realisations differ.

    Raises
    ------
    ValueError
        If there are fewer than two temperatures, one is below 50 K (degrees Celsius?), an estimate has not just one
        coefficient, the barrier's name lacks its unit, or (from three temperatures on) the errors are fully shared, so that no
        weight follows.
    """
    temperature = np.array(sorted(estimates), dtype=float)
    runs = [estimates[key] for key in sorted(estimates)]
    _validate_runs(temperature, runs, barrier_name)
    inverse = inverse_thermal_energy(temperature)
    columns = np.column_stack([np.ones_like(inverse), -inverse])
    design = Design(columns, (prefactor_name, barrier_name), (2,), {"curvature": (inverse - inverse.mean()) ** 2})
    return fit_log_rates(
        runs,
        np.concatenate([run.mean for run in runs]),
        design,
        what="Arrhenius line",
        method="Arrhenius line by generalised least squares",
        quality={"temperatures [K]": temperature.tolist()},
        misfit_source=f"{barrier_name} (misfit)",
        independent=independent,
    )


def _validate_runs(temperature: Array, runs: list[Estimate], barrier_name: str) -> None:
    if len(runs) < 2:
        raise ValueError(
            f"{barrier_name}: {len(runs)} temperature(s), an Arrhenius line needs two, and three to be tested; add runs"
        )
    if not (temperature > 0).all():
        raise ValueError(f"{barrier_name}: temperature {temperature.min():g} K; give kelvin")
    if not barrier_name.endswith("[eV]"):
        raise ValueError(f"{barrier_name!r}: the barrier comes out in eV; let its name end in '[eV]'")
    if temperature.min() < LIMITS.coldest:
        raise ValueError(
            f"{barrier_name}: temperature {temperature.min():g} K, below {LIMITS.coldest:g} K, where no ion hops; give kelvin, "
            "not °C"
        )
    for t, run in zip(temperature, runs, strict=True):
        if len(run.names) != 1:
            raise ValueError(f"{barrier_name}: estimate at {t:g} K has {len(run.names)} coefficients; select its ln D")
