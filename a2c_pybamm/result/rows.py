"""Outputs of a result as plain records, for a page, a terminal or a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import xarray as xr

from a2c_pybamm.failure import FailureCause
from a2c_pybamm.formatting import percent, significant, with_error
from a2c_pybamm.result.nodes import EXPANSION, FAILURES, OUTPUTS, SAMPLE_APPROACH, output_node
from a2c_pybamm.result.statistics import description_of

MAIN_CAUSES = (FailureCause.UNSTABLE, FailureCause.INFEASIBLE, FailureCause.SOLVER)
"""Causes that are listed also where they did not occur."""


@dataclass(frozen=True)
class OutputRow:
    """One scalar output by one method."""

    output: str
    description: str
    unit: str
    approach: str
    mean: float
    std: float
    interval: tuple[float, float]
    """Lowest and highest quantile of the result, 2.5 and 97.5 % unless asked otherwise."""
    error: float
    """Relative error of the std as the method itself estimates it."""
    n_solves: int
    verdict: str


@dataclass(frozen=True)
class ShareRow:
    """One source's share of the variance of one scalar output, by one method."""

    output: str
    source: str
    approach: str
    share: float
    """NaN where the method gives none; not clipped."""
    error: float
    """Standard error of the share; NaN where the method has none."""


@dataclass(frozen=True)
class FailureRow:
    """Failed solves of one method and one cause."""

    approach: str
    cause: FailureCause
    n: int
    n_solves: int
    example: str
    """The first reason of this kind; empty where none failed."""

    @property
    def fraction(self) -> float:
        return self.n / self.n_solves if self.n_solves else 0.0


def approaches(result: xr.DataTree) -> list[str]:
    """Labels of the methods, one where a single one was selected."""
    return [str(label) for label in np.atleast_1d(result.coords["approach"].values)] if "approach" in result.coords else []


def output_names(result: xr.DataTree) -> list[str]:
    """Names of the outputs in the result's order."""
    return list(map(str, result[OUTPUTS].children)) if OUTPUTS in result.children else []


def _axes(result: xr.DataTree, output: str) -> int:
    """Number of the output's own axes."""
    dims = set(output_node(result, output)["mean"].dims)
    return len(dims - {"approach", "point"})


def scalar_outputs(result: xr.DataTree) -> list[str]:
    """Names of the outputs that are one number."""
    return [name for name in output_names(result) if not _axes(result, name)]


def curve_outputs(result: xr.DataTree) -> list[str]:
    """Names of the outputs on one axis."""
    return [name for name in output_names(result) if _axes(result, name) == 1]


def drawn_outputs(result: xr.DataTree, node: str) -> list[str]:
    """Scalar outputs whose values at samples stand in a node, ``draws`` or ``design``."""
    if node not in result.children:
        return []
    kept = result[node].data_vars
    return [name for name in output_names(result) if name in kept]


def expanded_outputs(result: xr.DataTree) -> dict[str, list[str]]:
    """Outputs whose polynomial the result holds, by method."""
    if EXPANSION not in result.children:
        return {}
    return {
        str(label): [name for name in output_names(result) if name in node.data_vars]
        for label, node in result[EXPANSION].children.items()
    }


def decisions(result: xr.DataTree) -> dict[str, str]:
    """Sentence on the answer to take for each scalar output."""
    return {output: str(output_node(result, output)["decision"].values) for output in scalar_outputs(result)}


def description(result: xr.DataTree, output: str) -> str:
    """Description of an output by its model."""
    return description_of(output_node(result, output)["mean"].attrs, output)


def output_unit(result: xr.DataTree, output: str) -> str:
    """Unit of an output."""
    return str(output_node(result, output)["mean"].attrs.get("units", ""))


def central_interval(result: xr.DataTree) -> str:
    """The part of a distribution between the lowest and the highest quantile of a result, in words: "95 %"."""
    levels = result.coords["level"].values
    return percent(float(f"{levels[-1] - levels[0]:.12g}"))


def output_rows(result: xr.DataTree) -> list[OutputRow]:
    """A row for each scalar output and method, outputs together."""
    return list(_output_rows(result))


def _output_rows(result: xr.DataTree) -> Iterator[OutputRow]:
    solves = np.atleast_1d(result.dataset["n_solves"].values)
    for output in scalar_outputs(result):
        node = output_node(result, output)
        text, unit = description(result, output), output_unit(result, output)
        numbers = {name: np.atleast_1d(node[name].values) for name in ("mean", "std", "error", "verdict")}
        quantile = np.reshape(node["quantile"].transpose(..., "level").values, (len(solves), -1))
        for k, approach in enumerate(approaches(result)):
            mean, std, error = (float(numbers[name][k]) for name in ("mean", "std", "error"))
            interval = float(quantile[k, 0]), float(quantile[k, -1])
            yield OutputRow(
                output, text, unit, approach, mean, std, interval, error, int(solves[k]), str(numbers["verdict"][k])
            )


def output_heads(result: xr.DataTree) -> list[str]:
    """Headings of `output_cells`."""
    return ["output", "by", "mean ± std", f"{central_interval(result)} of draws", "solves"]


def output_cells(row: OutputRow) -> list[str]:
    """The texts of a row under `output_heads`."""
    return [
        f"{row.description} [{row.unit}]" if row.unit else row.description,
        row.approach,
        with_error(row.mean, row.std),
        " … ".join(map(significant, row.interval)),
        str(row.n_solves),
    ]


def share_rows(result: xr.DataTree) -> list[ShareRow]:
    """A row for each scalar output, source and method, in the result's order."""
    return list(_share_rows(result))


def _share_rows(result: xr.DataTree) -> Iterator[ShareRow]:
    labels = approaches(result)
    for output in scalar_outputs(result):
        node = output_node(result, output)
        share, error = (
            np.reshape(node[name].transpose(..., "source").values, (len(labels), -1)) for name in ("share", "share_se")
        )
        for j, source in enumerate(map(str, result.coords["source"].values)):
            for k, approach in enumerate(labels):
                yield ShareRow(output, source, approach, float(share[k, j]), float(error[k, j]))


def failure_rows(result: xr.DataTree) -> list[FailureRow]:
    """A row for each method and cause; the main causes also where they did not occur."""
    node = result[FAILURES].dataset
    owners, reasons = node[SAMPLE_APPROACH].values.astype(str), node["reason"].values.astype(str)
    causes = [FailureCause(str(cause)) for cause in node["cause"].values]
    shown = [cause for cause in FailureCause if cause in MAIN_CAUSES or cause in causes]
    rows = []
    for approach, n_solves in zip(approaches(result), np.atleast_1d(result.dataset["n_solves"].values), strict=True):
        for cause in shown:
            mine = [r for r, o, c in zip(reasons, owners, causes, strict=True) if o == approach and c is cause]
            rows.append(FailureRow(approach, cause, len(mine), int(n_solves), str(mine[0]) if mine else ""))
    return rows
