"""Runs of an electrolyte that no law of this package has made: measured curves with the scatter of trajectories."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pybamm
from scipy.special import digamma, polygamma

from a2c_pybamm import Estimate
from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.estimators import quantity_names
from a2c_pybamm.parameter_set import base_values, evaluate_entry
from a2c_pybamm.parameter_set.keys import ELECTROLYTE

Curves = Callable[[float, float], np.ndarray]
"""(c_e, T) → ln κ, t₊, ln L_s, ln TDF, ln D_e (5,)."""
PLACES = tuple((c_e, T) for c_e in (250.0, 600.0, 1000.0, 1500.0, 2200.0) for T in (273.0, 298.15, 333.0))


def _five(kappa: float, t_plus: float, diffusivity: float, factor: float, c_e: float, T: float) -> np.ndarray:
    onsager = c_e * diffusivity / (2 * GAS_CONSTANT * T * factor)
    return np.array([np.log(kappa), t_plus, np.log(onsager), np.log(factor), np.log(diffusivity)])


def landesfeind(c_e: float, T: float) -> np.ndarray:
    """Forms of Landesfeind and Gasteiger for LiPF6 in EC:DMC, J. Electrochem. Soc. 166, A3079 (2019).

    The thermodynamic factor is of Valøen and Reimers' form with 1 at infinite dilution, and the transference number falls with
    concentration and rises with temperature.
    """
    m, warm = c_e / 1000, np.exp(1000 / T)
    p = (0.521, 228, -1.06, 0.353, -0.00359, 0.00148)
    linear = p[0] * (1 + T - p[1]) * m
    kappa = 0.1 * linear * (1 + p[2] * np.sqrt(m) + p[3] * (1 + p[4] * warm) * m) / (1 + m**4 * p[5] * warm)
    diffusivity = 1e-10 * 1010 * np.exp(1.01 * m - 1560 / T - 487 * m / T)
    factor = (0.62 - 0.24 * m**0.5 + 0.982 * (1 - 0.0052 * (T - 294)) * m**1.5) / 0.62
    t_plus = 0.42 - 0.11 * m**0.5 + 0.002 * (T - 298) * m**0.5 + 0.01 * m**1.5
    return _five(kappa, t_plus, diffusivity, factor, c_e, T)


def of_base_set(name: str) -> Curves:
    """Curves of a parameter set of PyBaMM."""
    values = base_values(name)

    def curves(c_e: float, T: float) -> np.ndarray:
        kappa, diffusivity, t_plus, factor = (
            float(evaluate_entry(values, key, c_e, T)[0]) if callable(values[key]) else float(values[key])
            for key in ELECTROLYTE
        )
        return _five(kappa, t_plus, diffusivity, factor, c_e, T)

    assert isinstance(values, pybamm.ParameterValues)
    return curves


def runs_of(
    curves: Curves,
    rng: np.random.Generator,
    *,
    places: Iterable[tuple[float, float]] = PLACES,
    freedom: int = 300,
    std: float = 0.03,
) -> dict[tuple[float, float], Estimate]:
    """Runs with the Onsager matrix's own scatter (Wishart) of some degrees of freedom, and a factor's error of its own.

    κ̂ ~ χ²_ν/ν, L̂_s ~ χ²_{ν−1}/ν, t₊ Student's with ν − 1; logarithms are freed from their mean shifts.
    """
    names = list(quantity_names("X").values())[:4]
    runs = {}
    for c_e, T in places:
        kappa, t_plus, onsager, factor, _ = curves(c_e, T)
        shift = [digamma(n / 2) + np.log(2 / freedom) for n in (freedom, freedom - 1)]
        ratio = np.exp(onsager - kappa) * FARADAY**2
        mean = [
            kappa + np.log(rng.chisquare(freedom) / freedom) - shift[0],
            t_plus + np.sqrt(ratio / freedom) * rng.standard_t(freedom - 1),
            onsager + np.log(rng.chisquare(freedom - 1) / freedom) - shift[1],
            factor + std * rng.normal(),
        ]
        share = np.exp(mean[2] - mean[0]) * FARADAY**2 / freedom * (freedom - 1) / (freedom - 3)
        variance = [polygamma(1, freedom / 2), share, polygamma(1, (freedom - 1) / 2), std**2]
        runs[c_e, T] = Estimate.from_covariance(names, mean, np.diag(variance), source=f"MD {c_e:g} mol.m-3, {T:g} K")
    return runs
