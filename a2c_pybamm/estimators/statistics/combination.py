"""Linear combinations of estimates that keep the error of each source apart."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from a2c_pybamm.estimate import Array, Estimate, Factor, common_family, validate_common_labels


def combine(
    estimates: Sequence[Estimate],
    weights: ArrayLike,
    names: Sequence[str],
    mean: ArrayLike,
    *,
    method: str,
    provenance: Mapping[str, Any] | None = None,
    independent: Collection[str] = (),
) -> Estimate:
    r"""The estimate of linear combinations of other estimates' coefficients: same sources, same labels.

    .. math:: A'_s = W A_s, \qquad A_s = \text{the estimates' factors, one below the other, columns put together by label}

    so that a label still names the same realisation in the result. Coefficient names may repeat among the estimates (the same
    coefficient from each member of a committee, say).

    Parameters
    ----------
    estimates
        The estimates, whose coefficients are counted one after the other (n_total in all).
    weights
        :math:`W = \partial y/\partial\theta` (n_new, n_total).
    names, mean
        Names (n_new,) and best values (n_new,) of the combinations; ``mean`` is not computed from the weights, so that a
        non-linear combination may give its value here and its derivative there.
    method, provenance
        Method and provenance of the result; those of the estimates are kept in ``provenance["parts"]``.
    independent
        Sources that estimates name alike although their realisations differ (no label in common).

    Raises
    ------
    ValueError
        If the weights have another shape, a source is normal in one estimate and uniform in another, or estimates share a
        source but no label and ``independent`` does not name it.
    """
    matrix = np.asarray(weights, float)
    n_total = sum(len(estimate.names) for estimate in estimates)
    if matrix.shape != (len(names), n_total):
        raise ValueError(
            f"combination of {len(estimates)} estimates: weights have shape {matrix.shape}, expected "
            f"({len(names)}, {n_total}): a row for each new coefficient, a column for each old one"
        )
    blocks = np.split(matrix, np.cumsum([len(estimate.names) for estimate in estimates])[:-1], axis=1) if estimates else []
    by_source: dict[str, list[tuple[Array, Factor]]] = {}
    for block, estimate in zip(blocks, estimates, strict=True):
        for source, factor in estimate.factors.items():
            by_source.setdefault(source, []).append((block, factor))
    factors = {source: _combined_factor(source, blocks, source in independent) for source, blocks in by_source.items()}
    history = [{"names": list(e.names), "method": e.method, "provenance": dict(e.provenance)} for e in estimates]
    return Estimate(tuple(names), np.asarray(mean, float), factors, method, {**(provenance or {}), "parts": history})


def _combined_factor(source: str, blocks: list[tuple[Array, Factor]], independent: bool) -> Factor:
    """Factor of one source: columns times their weights (n_new, n_old), summed over the estimates label by label."""
    factors = [factor for _, factor in blocks]
    family = common_family(source, factors)
    if not independent:
        validate_common_labels(source, factors)
    columns: dict[str, Array] = {}
    for block, factor in blocks:
        for label, column in zip(factor.labels, (block @ factor.values).T, strict=True):
            columns[label] = columns.get(label, 0.0) + column
    values = np.column_stack(list(columns.values())) if columns else np.zeros((len(blocks[0][0]), 0))
    return Factor(values, tuple(columns), family)
