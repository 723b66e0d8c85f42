"""A result as tables of pandas: one row for each number and its error bar, or one row for each sample."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from a2c_pybamm.result import (
    DESIGN,
    DRAWS,
    FAILURES,
    SAMPLE_APPROACH,
    STATISTICS,
    approaches,
    drawn_outputs,
    output_names,
    output_node,
    with_approach,
)

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]

TEXT_STATISTICS = ("status", "verdict")
"""Statistics of scalar outputs that are text."""


def to_dataframe(result: xr.DataTree) -> pd.DataFrame:
    """A tidy table of all statistics: a row for each output, approach and point of the output's axes.

    Columns ``output``, ``approach``, ``axis`` and ``at`` (name of the output's axis, and the value there; empty and NaN for
    scalars; ``axis 2``, ``at 2`` if there is a second), ``units``, every statistic of `propagate` that is one number (``mean``,
    ``std``, ``error``, ``q2``, …), quantiles in percent as ``q2.5`` … ``q97.5``, ``share: <source>`` for each source,
    ``status`` and ``verdict`` (scalars), and what else is written along an axis, as the settings of a sweep. NaN, or an empty
    text, where a method gives none.

    Raises
    ------
    ValueError
        If there are no statistics.
    """
    import pandas as pd

    labels = approaches(result)
    nodes = {output: output_node(result, output) for output in output_names(result)}
    parts = [_rows(node, output, labels) for output, node in nodes.items() if "mean" in node]
    if not parts:
        raise ValueError("to_dataframe: there is no node 'outputs' with statistics; give what propagate returns")
    names = list(dict.fromkeys(name for part in parts for name in part))
    return pd.DataFrame({name: np.concatenate([_column(part, name) for part in parts]) for name in names})


def draws_to_dataframe(result: xr.DataTree) -> pd.DataFrame:
    """A table of the draws: index ``draw``, a column for each coefficient and scalar output, and ``reason``.

    Where a draw failed its outputs are NaN and ``reason`` says why; it is empty elsewhere.

    Raises
    ------
    ValueError
        If the result has no draws, or an output bears the name of a coefficient.
    """
    if DRAWS not in result.children:
        raise ValueError("draws_to_dataframe: the result has no draws; run propagate with MonteCarlo()")
    return _sample_table(result, "draw", DRAWS, {}, "draws_to_dataframe")


def design_to_dataframe(result: xr.DataTree) -> pd.DataFrame:
    """A table of the points that methods other than sampling chose: index ``design``, ``approach``, and the columns of draws.

    They are no sample of the distribution: fit to them, do not average over them.

    Raises
    ------
    ValueError
        If the result has no such points, or an output bears the name of a coefficient.
    """
    if DESIGN not in result.children:
        raise ValueError("design_to_dataframe: the result has no points of a design; run propagate with AdaptiveChaos()")
    label = {"approach": result[DESIGN].dataset[SAMPLE_APPROACH].values.astype(str).astype(object)}
    return _sample_table(result, "design", DESIGN, label, "design_to_dataframe")


def _sample_table(result: xr.DataTree, dim: str, name: str, beside: dict[str, Any], what: str) -> pd.DataFrame:
    """Coefficients, scalar outputs and reasons of the samples in a node."""
    import pandas as pd

    node, labels = result[name].dataset, list(map(str, result.coords["coefficient"].values))
    samples = node["coefficients"].transpose(dim, "coefficient").values
    outputs = drawn_outputs(result, name)
    clash = [column for column in [*outputs, *beside, "reason"] if column in labels]
    if clash:
        raise ValueError(f"{what}: {clash[0]!r} is a coefficient and a column of its own; rename it in the model")
    columns: dict[str, Any] = beside | dict(zip(labels, samples.T, strict=True))
    columns |= {output: node[output].values for output in outputs}
    columns["reason"] = _reasons(result, samples)
    return pd.DataFrame(columns, index=pd.RangeIndex(len(samples), name=dim))


def _reasons(result: xr.DataTree, samples: np.ndarray) -> list[str]:
    """Reason of each failed sample, which is identified by its coefficients; empty where it ran."""
    node = result[FAILURES].dataset
    failed = node["coefficients"].transpose("failure", "coefficient").values
    reasons = {row.tobytes(): str(text) for row, text in zip(failed, node["reason"].values, strict=True)}
    return [reasons.get(row.tobytes(), "") for row in samples]


def _rows(node: xr.Dataset, output: str, labels: Sequence[str]) -> dict[str, Any]:
    """Columns of one output, each of one length."""
    mean = with_approach(node["mean"], labels)
    axes = [str(dim) for dim in mean.dims if dim != "approach"]
    full = mean.transpose("approach", *axes)
    columns: dict[str, Any] = {"output": np.full(full.size, output), "approach": _along(full, "approach")}
    columns |= {"axis": np.full(full.size, ""), "at": np.full(full.size, np.nan)}
    for k, axis in enumerate(axes):
        number = f" {k + 1}" if k else ""
        columns |= {f"axis{number}": np.full(full.size, axis), f"at{number}": _along(full, axis)}
    columns["units"] = np.full(full.size, str(mean.attrs.get("units", "")))
    for name, values in _statistics(node, labels):
        columns[name] = _spread(values, full)
    beside = [str(name) for name, c in mean.coords.items() if name not in full.dims and c.dims and set(c.dims) <= set(axes)]
    return columns | {name: _spread(mean[name], full) for name in beside}


def _statistics(node: xr.Dataset, labels: Sequence[str]) -> Iterator[tuple[str, xr.DataArray]]:
    """Column name and values of every statistic, "approach" and the output's axes left."""
    for name, statistic in STATISTICS.items():
        if statistic.dim is None and name in node:
            yield name, with_approach(node[name], labels)
    for name, dim, title in (("quantile", "level", _percent), ("share", "source", "share: {}".format)):
        values = with_approach(node[name], labels)
        for k, label in enumerate(node[dim].values):
            yield title(label), values.isel({dim: k}, drop=True)
    for name in TEXT_STATISTICS:
        if name in node:
            yield name, with_approach(node[name], labels)


def _percent(level: float) -> str:
    return f"q{100 * level:.6g}"


def _spread(values: xr.DataArray, full: xr.DataArray) -> np.ndarray:
    """Values at each row of the table."""
    if values.dims != full.dims:  # slow, and needed by few
        values = values.broadcast_like(full).transpose(*full.dims)
    return values.values.ravel()


def _along(full: xr.DataArray, dim: str) -> np.ndarray:
    return full[dim].broadcast_like(full).transpose(*full.dims).values.ravel()


def _column(part: dict[str, Any], name: str) -> Any:
    """A column of one output, empty where it has none."""
    if name in part:
        return part[name]
    text = name.startswith("axis") or name in TEXT_STATISTICS
    return np.full(len(part["output"]), "" if text else np.nan, dtype=object if text else float)
