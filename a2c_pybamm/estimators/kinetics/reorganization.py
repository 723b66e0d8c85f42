"""Reorganization energy from the energies of both states of an electron transfer."""

from __future__ import annotations

from typing import Any

import numpy as np

from a2c_pybamm.constants import FARADAY
from a2c_pybamm.data import StateEnergies
from a2c_pybamm.estimate import Estimate, Factor
from a2c_pybamm.estimators.fingerprint import data_fingerprint, traced_provenance
from a2c_pybamm.laws import Marcus, MarcusHushChidsey
from a2c_pybamm.laws.law import COMPLEX_STEP


def fit_reorganization_energy(data: StateEnergies, law: Marcus | MarcusHushChidsey, *, source: str) -> Estimate:
    r"""Logarithm of the reorganization energy from a parabola through the energies of each state.

    .. math:: \lambda_O = E_O(q_R) - E_O(q_O), \quad \lambda_R = E_R(q_O) - E_R(q_R), \quad
        \ln\lambda = \tfrac12(\ln\lambda_O + \ln\lambda_R)

    with the minima :math:`q_O` and :math:`q_R`. Two errors: the scatter of the energies about their parabolas under ``source``,
    and half the difference of the two logarithms as "<m> charge transfer parabolas (misfit)", which is that of widths that are
    not equal.

    Raises
    ------
    ValueError
        If energies of a state have no minimum, or both have it at the same place.

    References
    ----------
    Marcus, J. Chem. Phys. 24, 966 (1956).
    """
    fits = [np.polynomial.polynomial.polyfit(data.coordinate, e / FARADAY, 2) for e in (data.oxidized, data.reduced)]
    if not all(fit[2] > 0 for fit in fits):
        raise ValueError(f"energies of two states of {data.label}: a state has no minimum over the coordinate; widen its range")
    coefficients = np.concatenate(fits)
    if abs(_distance(coefficients)) < np.sqrt(np.finfo(float).eps) * np.ptp(data.coordinate):
        raise ValueError(
            f"energies of two states of {data.label}: both have their minimum at the same place; nothing reorganizes"
        )
    first, second = _log_energies(coefficients)
    covariance = np.zeros((len(coefficients),) * 2)
    vandermonde = np.polynomial.polynomial.polyvander(data.coordinate, 2)
    for k, (fit, energy) in enumerate(zip(fits, (data.oxidized, data.reduced), strict=True)):
        rest = energy / FARADAY - vandermonde @ fit
        free = len(rest) - len(fit)
        block = slice(k * len(fit), (k + 1) * len(fit))
        covariance[block, block] = rest @ rest / free * np.linalg.inv(vandermonde.T @ vandermonde)
    gradient = [
        float(np.imag(np.mean(_log_energies(coefficients + 1j * COMPLEX_STEP * unit)))) / COMPLEX_STEP
        for unit in np.eye(len(coefficients))
    ]
    estimate = Estimate.from_covariance(
        (law.reorganization_name,),
        [0.5 * (first + second)],
        [[gradient @ covariance @ gradient]],
        source=source,
        method=f"parabolas through {len(data.coordinate)} energies of each state",
        provenance={**traced_provenance(data), "both energies [eV]": [float(np.exp(first)), float(np.exp(second))]},
        data=data_fingerprint(data),
    )
    half = Factor(np.array([[0.5 * abs(first - second)]]), (data_fingerprint(data),))
    return estimate.add_source(f"{law.stem} parabolas (misfit)", half)


def _distance(c: Any) -> Any:
    """Distance of the minima of both states, by the coefficients of their parabolas (6,)."""
    (_, a, b), (_, d, e) = np.split(c, 2)
    return 0.5 * (a / b - d / e)


def _log_energies(c: Any) -> tuple[Any, Any]:
    """Logarithms of both reorganization energies [eV]."""
    squared = _distance(c) ** 2
    (_, _, b), (_, _, e) = np.split(c, 2)
    return np.log(b * squared), np.log(e * squared)
