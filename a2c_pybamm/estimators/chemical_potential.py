"""Free energy from chemical potentials at compositions and temperatures."""

from __future__ import annotations

import hashlib

import numpy as np

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.data import ChemicalPotentials
from a2c_pybamm.estimate import Array, Estimate, Factor
from a2c_pybamm.estimators.averaging import SPARE, average_nested, covariance_columns
from a2c_pybamm.laws.expansion import Expansion, entropy_name, excess_entropy_names, mixing_step, voltage_name, window_steps
from a2c_pybamm.laws.free_energy import LITHIUM_ENTROPY
from a2c_pybamm.laws.redlich_kister import RedlichKister


def potential_design(law: Expansion, x: Array, T: Array, *, entropies: bool) -> tuple[Array, Array]:
    """Voltages as a linear function of the law's plain coefficients: columns (n, n_coefficient), and what has none (n,).

    Columns are the mean voltage over [0, 1], the interactions, and with ``entropies`` the vibrational entropy and the excess
    entropies.
    """
    n = len(law.interaction_names)
    slopes = np.column_stack([law.excess([float(i == k) for i in range(n)], x, 1) for k in range(n)])
    columns = [np.ones_like(x), *(-slopes).T]
    shift = T - law.reference_temperature
    rest = -law.mixing * GAS_CONSTANT * T / FARADAY * np.log(x / (1 - x)) - shift * LITHIUM_ENTROPY / FARADAY
    if entropies:
        columns.append(shift / FARADAY)
        columns += [shift * slopes[:, k] / FARADAY for k in range(law.entropies)]
    return np.column_stack(columns), rest


def fit_chemical_potential(data: ChemicalPotentials, law: Expansion, *, source: str | None = None) -> Estimate:
    r"""Coefficients of a law that is linear in its interactions, from :math:`\mu(x, T)` of sampling or integration.

    Weighted least squares of the voltages :math:`-\mu/F`. Without standard deviations the scatter comes from the residual,
    widened as in `fit_free_energy`. With one temperature (the law's own) the entropies are left out of the result, as energies
    leave them out; with several they are fitted along.

    Raises
    ------
    ValueError
        If there are too few points, all points lie at one temperature that is not the law's, or the law's shape needs a
        repulsive host and the data tell otherwise.
    """
    temperatures = np.unique(data.temperature)
    several = len(temperatures) > 1
    if not several and abs(temperatures[0] - law.reference_temperature) > 1e-6:
        raise ValueError(
            f"chemical potentials of {data.label}: all at {temperatures[0]:g} K, the law {law.material} holds at "
            f"{law.reference_temperature:g} K; give the law that reference temperature, or data at several"
        )
    if isinstance(law, RedlichKister) and law.shape == "ratio":
        raise ValueError(f"{law.material}: chemical potentials are fitted in the shape 'plain'; take that")
    design, rest = potential_design(law, data.x, data.temperature, entropies=several)
    known = data.std is not None
    need = design.shape[1] + (0 if known else SPARE)
    if len(data.x) < need:
        raise ValueError(
            f"chemical potentials of {data.label}: {len(data.x)} point(s) for {design.shape[1]} coefficients, at least {need} "
            "are needed; compute more, take a lower order, or give their std"
        )
    noise = np.ones(len(data.x)) if data.std is None else data.std / FARADAY
    voltage = -data.potential / FARADAY - rest
    # entropies are of order ten and voltages of order one: scale before factorising
    scale = np.sqrt((design**2).mean(axis=0))
    if np.linalg.matrix_rank(design / scale) < design.shape[1]:
        raise ValueError(
            f"chemical potentials of {data.label}: the points do not tell all {design.shape[1]} coefficients apart; spread "
            "them over compositions and temperatures, or take a lower order"
        )
    average = average_nested(design / scale, voltage, noise, [design.shape[1]], known=known)
    theta = average.mean / scale
    root = average.combination / scale[:, None] * noise * average.scatter
    n = len(law.interaction_names)
    jacobian = np.eye(len(theta))
    jacobian[0, 1 : n + 1] = -window_steps(law)
    mean = jacobian @ theta
    mean[0] -= mixing_step(law)
    columns = covariance_columns(jacobian @ root)
    stamp = hashlib.sha256(np.concatenate([data.x, data.temperature, data.potential]).tobytes()).hexdigest()[:12]
    names = (voltage_name(law), *law.interaction_names)
    if several:
        names = (*names, entropy_name(law), *excess_entropy_names(law))
    labels = tuple(f"{data.label}:{stamp}:{k}" for k in range(columns.shape[1]))
    factors = {source or f"{law.material} chemical potentials (fit)": Factor(columns, labels)}
    method = f"{law.kind} through {len(data.x)} chemical potentials at {len(temperatures)} temperature(s), least squares"
    return Estimate(names, mean, factors, method, {"label": data.label, **data.provenance})
