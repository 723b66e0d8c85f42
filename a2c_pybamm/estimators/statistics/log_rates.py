"""Coefficients that the logarithms of rates are linear in, from runs whose errors are kept by source."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.stats import chi2

from a2c_pybamm.constants import BOLTZMANN, ELEMENTARY_CHARGE
from a2c_pybamm.estimate import Array, Estimate, Factor, label_hash
from a2c_pybamm.estimators.statistics.averaging import average_nested
from a2c_pybamm.estimators.statistics.combination import combine

BOLTZMANN_EV = BOLTZMANN / ELEMENTARY_CHARGE
"""Boltzmann constant [eV.K-1]."""
SINGULAR = 1e-10
"""Smallest eigenvalue of the correlation matrix below which errors count as fully shared."""
RESOLVED = 1e-9
"""Smallest singular value of the design, columns of unit length, from which coefficients can be told apart."""
TESTABLE = 1e-6
"""Length of a column beside the design, over its own, from which its coefficient can be tested."""


@dataclass(frozen=True, eq=False)
class Design:
    """What the logarithm of a rate is linear in."""

    columns: Array
    """(n_run, n_coefficient)."""
    names: tuple[str, ...]
    """Coefficients (n_coefficient,)."""
    sizes: tuple[int, ...]
    """Columns of each of the nested laws that are averaged, ascending; the last has all."""
    tests: Mapping[str, Array] = field(default_factory=dict)
    """Columns beside it (n_run,) whose coefficients should be zero, by what they test."""

    def refuse_unresolved(self, what: str, remedy: str) -> None:
        """Raise ``ValueError`` where the runs are too few, or cannot tell the coefficients apart."""
        n, k = self.columns.shape
        if n < k:
            raise ValueError(f"{what}: {n} run(s) for {k} coefficients; {remedy}")
        length = np.linalg.norm(self.columns, axis=0)
        if not length.all() or np.linalg.svd(self.columns / length, compute_uv=False)[-1] < RESOLVED:
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
    independent: Collection[str] = (),
) -> Estimate:
    r"""Coefficients :math:`\theta` of :math:`\ln r = X\theta` by generalised least squares, errors kept by source.

    .. math:: \hat\theta = Wy, \qquad W = (X^\mathsf{T}V^{-1}X)^{-1}X^\mathsf{T}V^{-1}

    with V the joint covariance of all runs. The result is linear in the data, so that each source's factor is carried by W with
    its labels. With several ``sizes`` W is the average over nested laws, and the spread between them a source of its own
    (`average_nested`).

    The provenance has χ² of the widest law and its p-value, and for each test the coefficient of its column over its standard
    deviation, if the runs can tell it.

    Parameters
    ----------
    parts
        One estimate with one coefficient for each run.
    values
        What the design is linear for (n_run,): the estimates' means, less what is taken out of them.
    what
        The thing that is fitted, for errors.
    method, quality
        What is said of the result, and what its provenance begins with.
    order_source
        Name of the source that the doubt about the order is, where laws are averaged.

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
    doubt = np.zeros((k, 0))
    if n == k and len(design.sizes) == 1:
        length = np.linalg.norm(design.columns, axis=0)
        weights = np.linalg.inv(design.columns / length) / length[:, None]
    else:
        refuse_shared(covariance, what)
        average = average_nested(design.columns, values, covariance, design.sizes, known=True)
        weights = average.combination
        if len(design.sizes) > 1:
            doubt = average.doubt
            report["weights of the orders"] = average.weights.tolist()
        if n > k:
            report |= _tests(design, values, covariance)
    mean = weights @ values
    found = combine(parts, weights, design.names, mean, method=method, provenance={"fit": report}, independent=independent)
    if not doubt.size:
        return found
    realisations = [(part.names, sorted((source, factor.labels) for source, factor in part.factors.items())) for part in parts]
    stamp = label_hash(realisations, design.names, design.sizes)
    return found.add_source(order_source, Factor(doubt, tuple(f"{stamp}:{size} coefficients" for size in design.sizes)))


def refuse_shared(covariance: Array, what: str) -> None:
    """Raise ``ValueError`` where errors do not tell how to weight runs (n_run, n_run)."""
    std = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(std, std) if std.all() else np.zeros_like(covariance)
    if np.linalg.eigvalsh(correlation)[0] < SINGULAR:
        raise ValueError(
            f"{what}: errors of the runs are zero or fully shared, so that they cannot be weighted against one another; give "
            "each run a sampling error of its own"
        )


def _tests(design: Design, values: Array, covariance: Array) -> dict[str, float]:
    """χ² of the residuals, its p-value, and the z-score of each column that should not be needed."""
    root = np.linalg.cholesky(covariance)
    columns = np.linalg.solve(root, np.column_stack([design.columns, values, *design.tests.values()]))
    k = design.columns.shape[1]
    q = np.linalg.qr(columns[:, :k])[0]
    rest = columns[:, k:] - q @ (q.T @ columns[:, k:])
    residual, free = rest[:, 0], len(values) - k
    square = float(residual @ residual)
    report = {"chi-squared": square, "chi-squared p-value": float(chi2.sf(square, free))}
    for name, column, own in zip(design.tests, rest[:, 1:].T, columns[:, k + 1 :].T, strict=True):
        length = np.linalg.norm(column)
        if length > TESTABLE * np.linalg.norm(own):
            report[f"{name} z-score"] = float(column @ residual / length)
    return report
