"""One diffusivity from several runs of one system at one temperature."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from a2c_pybamm.data import Array
from a2c_pybamm.estimate import Estimate, Factor, label_hash
from a2c_pybamm.estimators.statistics.combination import combine
from a2c_pybamm.estimators.statistics.log_rates import inverse_thermal_energy, validate_separate_errors
from a2c_pybamm.estimators.statistics.misfit import fit_misfit


def average_replicas(
    estimates: Sequence[Estimate],
    *,
    name: str,
    independent: Collection[str] = (),
    temperature: float | None = None,
    barrier: float | None = None,
) -> Estimate:
    r"""Estimate of :math:`\ln D` from runs that differ in nothing but their random numbers.

    .. math:: \ln\bar D = \ln\sum_i w_i D_i, \qquad w = \frac{V^{-1}\mathbf 1}{\mathbf 1^\mathsf{T}V^{-1}\mathbf 1}

    with V the joint covariance of the runs' :math:`\ln D_i`. The mean is one of D, not of its logarithm: the slope of
    mean-squared displacements is unbiased, its logarithm low by half its variance, and that bias would stay however many runs
    are averaged. Each run's error enters with :math:`w_i D_i/\bar D`, source by source.

    The provenance has χ² of the logarithms about their weighted mean and its p-value. Below 5 % the runs differ by more than
    chance (one is not in equilibrium, its settings or its mean temperature are others): their scatter beyond V is then added
    to each one's variance, and is in the error as the source ``"<name> (misfit)"`` (`fit_misfit`).

    Parameters
    ----------
    estimates
        One for each run, with one coefficient, the logarithm of its diffusivity.
    name
        The coefficient, e.g. ``"Li6PS5Cl ln(D_tr 700 K [m2.s-1])"``.
    independent
        Sources that the runs name alike although their realisations differ.
    temperature, barrier
        Temperature [K] and activation energy [eV] with which each run's :math:`\ln D` is brought from its own mean temperature
        to this one, :math:`\ln D_i + (1/T_i - 1/T)E_a/k_B`: runs at constant energy, and short ones, differ in theirs.

    Raises
    ------
    ValueError
        If there is no run, one has not just one coefficient, their errors are zero or fully shared, or a temperature is given
        without a barrier, or to runs whose own is not in their provenance.
    """
    if not estimates:
        raise ValueError(f"{name}: no runs to average; give at least one")
    if wrong := next((e for e in estimates if len(e.names) != 1), None):
        raise ValueError(f"{name}: a run has {len(wrong.names)} coefficients; select its ln D")
    own = [run.provenance.get("fit", {}).get("temperature [K]") for run in estimates]
    logs, n = np.concatenate([e.mean for e in estimates]) + _shift(name, own, temperature, barrier), len(estimates)
    stacked = combine(estimates, np.eye(n), [f"run {k}" for k in range(n)], logs, method="", independent=independent)
    validate_separate_errors(stacked.covariance, name)
    misfit = fit_misfit(np.ones((n, 1)), logs, stacked.covariance)
    inverse = np.linalg.inv(stacked.covariance + misfit.scatter**2 * np.eye(n))
    weights = inverse.sum(axis=1) / inverse.sum()
    share = weights * np.exp(logs - logs.max())
    total = share.sum()
    if not total > 0:
        raise ValueError(f"{name}: the runs' shared errors outweigh their own; average fewer of them")
    share = share / total
    report = {"runs": n, "values": logs.tolist(), "weights": weights.tolist(), "chi-squared": misfit.chi2}
    if None not in own:
        report["temperatures [K]"] = own
    if n > 1:
        report |= {"chi-squared p-value": misfit.p, "misfit std": misfit.scatter}
    mean = combine(
        estimates,
        share[None],
        [name],
        [logs.max() + np.log(total)],
        method=f"mean of {n} runs, weighted by their covariance",
        provenance={"replicas": report},
        independent=independent,
    )
    if not misfit.scatter:
        return mean
    realisations = [sorted((source, factor.labels) for source, factor in run.factors.items()) for run in estimates]
    labels = tuple(f"{label_hash(realisations)}:run {k}" for k in range(n))
    return mean.add_source(f"{name} (misfit)", Factor(misfit.predictive_scatter * share[None], labels))


def _shift(name: str, own: Sequence[float | None], temperature: float | None, barrier: float | None) -> Array:
    """Change of each logarithm from the run's own temperature to that of all (n_run,)."""
    if temperature is None and barrier is None:
        return np.zeros(len(own))
    if temperature is None or barrier is None or not temperature > 0:
        raise ValueError(f"{name}: temperature {temperature} K and barrier {barrier} eV; give both, the temperature in kelvin")
    known = [T for T in own if T is not None]
    if len(known) < len(own):
        raise ValueError(
            f"{name}: {len(own) - len(known)} run(s) without a temperature in their provenance; leave temperature= out"
        )
    return np.asarray(barrier * (inverse_thermal_energy(np.array(known)) - inverse_thermal_energy(np.array(temperature))))
