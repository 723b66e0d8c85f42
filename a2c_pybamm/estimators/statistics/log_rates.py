"""Coefficients that the logarithms of rates are linear in, from runs whose errors are kept by source."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from a2c_pybamm.constants import BOLTZMANN, ELEMENTARY_CHARGE
from a2c_pybamm.estimate import Array, Estimate, Factor, label_hash
from a2c_pybamm.estimators.statistics.averaging import average_nested
from a2c_pybamm.estimators.statistics.combination import combine
from a2c_pybamm.estimators.statistics.misfit import fit_misfit

BOLTZMANN_EV = BOLTZMANN / ELEMENTARY_CHARGE
"""Boltzmann constant [eV.K-1]."""
SHARED_ERROR_EIGENVALUE = 1e-10
"""Eigenvalue of the runs' correlation matrix below which their errors count as fully shared: that of exact copies is 1e-15,
that of a sampling error of 1e-5 of the shared one is 1e-10."""
RESOLVED_SINGULAR_VALUE = 1e-9
"""Singular value of the design, columns of unit length, from which coefficients are distinguishable: those of runs whose
temperatures differ by 1e-6 of their mean are above it, round-off is below."""


@dataclass(frozen=True, eq=False)
class Design:
    """Design matrix of the logarithms of rates."""

    columns: Array
    """(n_run, n_coefficient)."""
    names: tuple[str, ...]
    """Coefficients (n_coefficient,)."""
    sizes: tuple[int, ...]
    """Columns of each of the nested laws that are averaged, ascending; the last has all."""
    tests: Mapping[str, Array] = field(default_factory=dict)
    """Columns beside it (n_run,) whose coefficients should be zero, by the name of the test."""

    def validate_resolution(self, what: str, remedy: str) -> None:
        """Raise ``ValueError`` where the runs are too few, or the coefficients are not distinguishable by them."""
        n, k = self.columns.shape
        if n < k:
            raise ValueError(f"{what}: {n} run(s) for {k} coefficients; {remedy}")
        length = np.linalg.norm(self.columns, axis=0)
        if not length.all() or np.linalg.svd(self.columns / length, compute_uv=False)[-1] < RESOLVED_SINGULAR_VALUE:
            raise ValueError(f"{what}: the runs do not tell {', '.join(self.names)} apart; {remedy}")


def inverse_thermal_energy(temperature: Array) -> Array:
    r""":math:`1/k_BT` [eV-1]."""
    return np.asarray(1 / (BOLTZMANN_EV * temperature))


def fit_log_rates(
    parts: Sequence[Estimate],
    values: Array,
    design: Design,
    *,
    what: str,
    method: str,
    quality: Mapping[str, Any],
    order_source: str = "",
    misfit_source: str,
    independent: Collection[str] = (),
) -> Estimate:
    r"""Coefficients :math:`\theta` of :math:`\ln r = X\theta` by generalised least squares, errors kept by source.

    .. math:: \hat\theta = Wy, \qquad W = (X^\mathsf{T}V^{-1}X)^{-1}X^\mathsf{T}V^{-1}

    with V the joint covariance of all runs. The result is linear in the data, so that each source's factor is carried by W with
    its labels. With several ``sizes`` W is the average over nested laws, and the spread between them a source of its own
    (`average_nested`).

    The provenance has χ² of the widest law and its p-value, and for each test the coefficient of its column over its standard
    deviation, if the runs determine it. Where χ² refutes the law, the runs' scatter about it is added to V and carried by W as
    a source of its own (`fit_misfit`).

    Parameters
    ----------
    parts
        One estimate with one coefficient for each run.
    values
        Logarithms that the design is fitted to (n_run,): the estimates' means, less what is taken out of them.
    what
        Name of what is fitted, with which error texts begin.
    method, quality
        Method of the result, and the beginning of its provenance.
    order_source
        Name of the source that the choice of the order is, where laws are averaged.
    misfit_source
        Name of the source that the misfit is, where χ² refutes the law: ``"X E_a [eV] (misfit)"``.

    Raises
    ------
    ValueError
        If errors are zero or fully shared, so that no weights follow; not where there are just as many runs as coefficients
        and one law, which need none.
    """
    n, k = design.columns.shape
    covariance = combine(
        parts, np.eye(n), [f"run {j}" for j in range(n)], values, method="", independent=independent
    ).covariance
    report: dict[str, Any] = {**quality, "degrees of freedom": n - k}
    between, scatter = np.zeros((k, 0)), 0.0
    if n == k and len(design.sizes) == 1:
        length = np.linalg.norm(design.columns, axis=0)
        weights = np.linalg.inv(design.columns / length) / length[:, None]
    else:
        validate_separate_errors(covariance, what)
        misfit = fit_misfit(design.columns, values, covariance)
        scatter = misfit.predictive_scatter
        noise = covariance + misfit.scatter**2 * np.eye(n)
        average = average_nested(design.columns, values, noise, design.sizes, known=True)
        weights = average.combination
        if len(design.sizes) > 1:
            between = average.between_model_factor
            report["weights of the orders"] = average.weights.tolist()
        if n > k:
            report |= {"chi-squared": misfit.chi2, "chi-squared p-value": misfit.p, "misfit std": misfit.scatter}
            report |= _tests(design, values, covariance)
    mean = weights @ values
    fitted = combine(parts, weights, design.names, mean, method=method, provenance={"fit": report}, independent=independent)
    if not (between.size or scatter):
        return fitted
    realisations = [(part.names, sorted((source, factor.labels) for source, factor in part.factors.items())) for part in parts]
    stamp = label_hash(realisations, design.names, design.sizes)
    if scatter:
        labels = tuple(f"{stamp}:run {j}" for j in range(n))
        fitted = fitted.add_source(misfit_source, Factor(scatter * weights, labels))
    if not between.size:
        return fitted
    return fitted.add_source(order_source, Factor(between, tuple(f"{stamp}:{size} coefficients" for size in design.sizes)))


def validate_separate_errors(covariance: Array, what: str) -> None:
    """Raise ``ValueError`` where no weights of runs follow from their covariance (n_run, n_run)."""
    std = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(std, std) if std.all() else np.zeros_like(covariance)
    if np.linalg.eigvalsh(correlation)[0] < SHARED_ERROR_EIGENVALUE:
        raise ValueError(
            f"{what}: errors of the runs are zero or fully shared, so that they cannot be weighted against one another; give "
            "each run a sampling error of its own"
        )


def _tests(design: Design, values: Array, covariance: Array) -> dict[str, float]:
    """z-score of each column that should not be needed."""
    root = np.linalg.cholesky(covariance)
    columns = np.linalg.solve(root, np.column_stack([design.columns, values, *design.tests.values()]))
    k = design.columns.shape[1]
    q = np.linalg.qr(columns[:, :k])[0]
    rest = columns[:, k:] - q @ (q.T @ columns[:, k:])
    report = {}
    for name, column, white in zip(design.tests, rest[:, 1:].T, columns[:, k + 1 :].T, strict=True):
        length = np.linalg.norm(column)
        if length > 1e-6 * np.linalg.norm(white):
            report[f"{name} z-score"] = float(column @ rest[:, 0] / length)
    return report
