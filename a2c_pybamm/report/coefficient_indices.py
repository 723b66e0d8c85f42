"""Sensitivity to single coefficients: Shapley effects and Kucherenko indices of polynomials that hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from a2c_pybamm.formatting import percent
from a2c_pybamm.propagation import sensitivity_indices
from a2c_pybamm.propagation.polynomial import Expansion, read_expansion
from a2c_pybamm.propagation.results.closed_variance import closed_variance, hermite_tensors
from a2c_pybamm.propagation.results.indices import MOST_PLAYERS
from a2c_pybamm.propagation.verdict import read_status
from a2c_pybamm.report.markup import Content, Number, paragraph, table
from a2c_pybamm.result import EXPANSION, expanded_outputs, scalar_outputs

N_LARGEST = 7
"""Coefficients shown of more than there are indices for (`MOST_PLAYERS`), the largest; the others are taken together."""


@dataclass(frozen=True)
class IndexRow:
    """One coefficient's part in the variance of one scalar output."""

    output: str
    coefficient: str
    """Or several together, in words."""
    shapley: float
    first: float
    total: float


def holding_chaos(result: xr.DataTree) -> dict[str, str]:
    """Scalar outputs of which a polynomial holds, and the last method whose polynomial does."""
    scalars = scalar_outputs(result)
    kept = [(name, label) for label, names in expanded_outputs(result).items() for name in names if name in scalars]
    holding = {name: label for name, label in kept if read_status(result, name, label).usable}
    return {name: holding[name] for name in scalars if name in holding}


def index_rows(result: xr.DataTree) -> list[IndexRow]:
    """A row for each coefficient that carries an error and each scalar output whose chaos holds, largest Shapley effect first.

    Of more than `MOST_PLAYERS` coefficients the `N_LARGEST` largest by their exact Kucherenko indices, the others together.
    """
    rows = []
    for output, label in holding_chaos(result).items():
        groups = _groups(read_expansion(result, output, what="report", approach=label))
        indices = sensitivity_indices(result, output, groups=groups, approach=label)
        names = indices["group"].values.astype(str)
        numbers = [indices[name].values for name in ("shapley", "kucherenko_first", "kucherenko_total")]
        found = [IndexRow(output, str(name), *map(float, part)) for name, *part in zip(names, *numbers, strict=True)]
        rows += sorted(found, key=lambda row: -row.shapley)
    return rows


def _groups(expansion: Expansion) -> dict[str, list[str]]:
    """Coefficients with an error, each alone while they are few; the smallest together where they are many."""
    factor = np.array(expansion.factor.values, float)
    uncertain = np.flatnonzero(factor.any(axis=1))
    names = expansion.factor["coefficient"].values.astype(str)
    if len(uncertain) <= MOST_PLAYERS:
        return {str(names[k]): [str(names[k])] for k in uncertain}
    order = uncertain[np.argsort(-_size(expansion, factor, uncertain), kind="stable")]
    shown, rest = order[:N_LARGEST], order[N_LARGEST:]
    return {**{str(names[k]): [str(names[k])] for k in shown}, f"{len(rest)} others together": [str(names[k]) for k in rest]}


def _size(expansion: Expansion, factor: np.ndarray, uncertain: np.ndarray) -> np.ndarray:
    """The larger of both variances (n_uncertain,): what a coefficient tells, and what all others leave."""
    tensors = hermite_tensors(expansion.basis, expansion.flat())
    whole = closed_variance(tensors, factor)[0]
    alone = [closed_variance(tensors, factor[[k]])[0] for k in uncertain]
    left = [whole - closed_variance(tensors, np.delete(factor, k, axis=0))[0] for k in uncertain]
    return np.maximum(alone, left)


def coefficient_indices(result: xr.DataTree) -> str:
    """A table of indices; a sentence where there is nothing to read them from."""
    if EXPANSION not in result.children:
        return paragraph("Without polynomial chaos there are no indices of single coefficients; the sources above stand alone.")
    if (result[EXPANSION].dataset["germ_family"].values.astype(str) != "normal").any():
        return paragraph("A source is uniform, and indices of correlated coefficients are exact for normal errors alone.")
    missing = [name for name in scalar_outputs(result) if name not in holding_chaos(result)]
    rows = index_rows(result)
    left = f"Chaos does not hold for {', '.join(name.replace('_', ' ') for name in missing)}: no indices." if missing else ""
    if not rows:
        return paragraph(left) if left else ""
    caption = (
        "Shapley: the variance divided among the coefficients, adding to one. First: what would go on average if this "
        "coefficient alone became known. Total: what would stay if all others were known. Of correlated "
        f"coefficients total may be the smaller one. Exact for the polynomial. {left}"
    )
    return table(("output", "coefficient", "Shapley", "first", "total"), map(_cells, rows), caption=caption.rstrip())


def _cells(row: IndexRow) -> list[Content]:
    numbers = [Number(value, percent(value)) for value in (row.shapley, row.first, row.total)]
    return [row.output.replace("_", " "), row.coefficient, *numbers]
