"""Prefactor and barrier from rates at several temperatures."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.stats import chi2

from a2c_pybamm.constants import BOLTZMANN, ELEMENTARY_CHARGE
from a2c_pybamm.data import Array
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators.combination import combine

BOLTZMANN_EV = BOLTZMANN / ELEMENTARY_CHARGE
"""Boltzmann constant [eV.K-1]."""
SINGULAR = 1e-10
"""Smallest eigenvalue of the correlation matrix below which errors count as fully shared."""


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
    deviation) from three temperatures on. Whether a line through few temperatures holds elsewhere they cannot say: the error of
    an extrapolation grows with the distance in 1/T, and a change of mechanism is in no error bar.

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
        If there are fewer than two temperatures, a temperature is not positive, an estimate has not just one coefficient, the
        barrier's name lacks its unit, or (from three temperatures on) the errors are fully shared, so that no weight follows.
    """
    temperature = np.array(sorted(estimates), dtype=float)
    parts = [estimates[key] for key in sorted(estimates)]
    _refuse(temperature, parts, barrier_name)
    values = np.concatenate([part.mean for part in parts])
    joint = combine(parts, np.eye(len(parts)), [f"{t:g} K" for t in temperature], values, method="", independent=independent)
    inverse = 1 / (BOLTZMANN_EV * temperature)
    weights, residual_chi2, curvature = _fit(inverse, values, joint.covariance)
    n_spare = len(parts) - 2
    quality: dict[str, Any] = {"temperatures [K]": temperature.tolist(), "degrees of freedom": n_spare}
    if n_spare:
        quality |= {
            "chi-squared": residual_chi2,
            "chi-squared p-value": float(chi2.sf(residual_chi2, n_spare)),
            "curvature z-score": curvature,
        }
    return combine(
        parts,
        weights,
        [prefactor_name, barrier_name],
        weights @ values,
        method="Arrhenius line by generalised least squares",
        provenance={"fit": quality},
        independent=independent,
    )


def _refuse(temperature: Array, parts: list[Estimate], barrier_name: str) -> None:
    if len(parts) < 2:
        raise ValueError(
            f"{barrier_name}: {len(parts)} temperature(s), an Arrhenius line needs two, and three to be tested; add runs"
        )
    if not (temperature > 0).all():
        raise ValueError(f"{barrier_name}: temperature {temperature.min():g} K; give kelvin")
    if not barrier_name.endswith("[eV]"):
        raise ValueError(f"{barrier_name!r}: the barrier comes out in eV; let its name end in '[eV]'")
    for t, part in zip(temperature, parts, strict=True):
        if len(part.names) != 1:
            raise ValueError(f"{barrier_name}: estimate at {t:g} K has {len(part.names)} coefficients; select its ln D")


def _fit(inverse: Array, values: Array, covariance: Array) -> tuple[Array, float, float]:
    """Weights (2, n_temperature), χ², and curvature over its standard deviation; the last two are 0 for two temperatures."""
    middle = inverse.mean()
    centred = (inverse - middle) / np.ptp(inverse)  # 1/kT is a narrow band far from zero: centre and scale before factorising
    back = np.array([[1.0, middle / np.ptp(inverse)], [0.0, 1 / np.ptp(inverse)]])  # to ln D0 and E_a
    design = np.column_stack([np.ones_like(centred), -centred])
    if len(values) == 2:
        return back @ np.linalg.inv(design), 0.0, 0.0
    std = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(std, std) if std.all() else np.zeros_like(covariance)
    if np.linalg.eigvalsh(correlation)[0] < SINGULAR:
        raise ValueError(
            "Arrhenius line: errors of the temperatures are zero or fully shared, so that they cannot be weighted against one "
            "another; give each temperature a sampling error of its own"
        )
    whitening = cho_factor(correlation)
    scaled, target = design / std[:, None], values / std
    solved = cho_solve(whitening, scaled)
    weights = np.linalg.solve(scaled.T @ solved, solved.T)
    residual = target - scaled @ (weights @ target)
    bend = centred**2 / std
    bend_free = bend - scaled @ (weights @ bend)
    information = bend_free @ cho_solve(whitening, bend_free)
    curvature = bend_free @ cho_solve(whitening, residual) / np.sqrt(information)
    return back @ (weights / std), float(residual @ cho_solve(whitening, residual)), float(curvature)
