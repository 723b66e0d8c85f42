"""One diffusivity from several runs of one system at one temperature."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from a2c_pybamm.estimate import Estimate, Factor, label_hash
from a2c_pybamm.estimators.statistics.combination import combine
from a2c_pybamm.estimators.statistics.log_rates import validate_separate_errors
from a2c_pybamm.estimators.statistics.misfit import fit_misfit


def average_replicas(estimates: Sequence[Estimate], *, name: str, independent: Collection[str] = ()) -> Estimate:
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

    Raises
    ------
    ValueError
        If there is no run, one has not just one coefficient, or their errors are zero or fully shared.
    """
    if not estimates:
        raise ValueError(f"{name}: no runs to average; give at least one")
    if wrong := next((e for e in estimates if len(e.names) != 1), None):
        raise ValueError(f"{name}: a run has {len(wrong.names)} coefficients; select its ln D")
    logs, n = np.concatenate([e.mean for e in estimates]), len(estimates)
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
