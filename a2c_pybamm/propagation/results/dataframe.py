"""A result as tables of pandas: one row for each number and its error bar, or one row for each sample."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from a2c_pybamm.propagation.layout import STATISTICS

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]

DRAWS, DESIGN = "_draws", "_design"
TEXTS = ("status", "verdict")
"""Statistics of scalar outputs that are text."""


def output_names(result: xr.Dataset) -> list[str]:
    """Outputs that a result has statistics of, in its own order."""
    names = [str(name).removesuffix("_std") for name in result.data_vars if str(name).endswith("_std")]
    return [name for name in names if f"{name}_mean" in result]


def drawn_names(result: xr.Dataset) -> list[str]:
    """Scalar outputs that a result has draws of."""
    return _with_suffix(result, DRAWS)


def _with_suffix(result: xr.Dataset, suffix: str) -> list[str]:
    names = [str(name).removesuffix(suffix) for name in result.data_vars if str(name).endswith(suffix)]
    return [name for name in names if name != "coefficient"]


def to_dataframe(result: xr.Dataset) -> pd.DataFrame:
    """A tidy table of all statistics: a row for each output, approach and point of the output's axes.

    Columns ``output``, ``approach``, ``axis`` and ``at`` (name of the output's axis, and the value there; empty and NaN for
    scalars; ``axis 2``, ``at 2`` if there is a second), ``units``, every statistic of `propagate` that is one number (``mean``,
    ``std``, ``error``, ``q2``, …), quantiles in percent as ``q2.5`` … ``q97.5``, ``share: <source>`` for each source,
    ``status`` and ``verdict`` (scalars), and what else is written along an axis, as the settings of a sweep. NaN, or an empty
    text, where a method gives none.

    Raises
    ------
    ValueError
        If the Dataset has no statistics.
    """
    import pandas as pd

    parts = [_rows(result, output) for output in output_names(result)]
    if not parts:
        raise ValueError(
            "to_dataframe: the Dataset has no statistics (<output>_mean, <output>_std); give what propagate returns"
        )
    names = list(dict.fromkeys(name for part in parts for name in part))
    return pd.DataFrame({name: np.concatenate([_column(part, name) for part in parts]) for name in names})


def draws_to_dataframe(result: xr.Dataset) -> pd.DataFrame:
    """A table of the draws: index ``draw``, a column for each coefficient and scalar output, and ``reason``.

    Where a draw failed its outputs are NaN and ``reason`` says why; it is empty elsewhere.

    Raises
    ------
    ValueError
        If the result has no draws, or an output bears the name of a coefficient.
    """
    if "coefficient_draws" not in result:
        raise ValueError("draws_to_dataframe: the result has no draws; run propagate with MonteCarlo()")
    return _sample_table(result, "draw", DRAWS, {}, "draws_to_dataframe")


def design_to_dataframe(result: xr.Dataset) -> pd.DataFrame:
    """A table of the points that methods other than sampling chose: index ``design``, ``approach``, and the columns of draws.

    They are no sample of the distribution: fit to them, do not average over them.

    Raises
    ------
    ValueError
        If the result has no such points, or an output bears the name of a coefficient.
    """
    if "coefficient_design" not in result:
        raise ValueError("design_to_dataframe: the result has no points of a design; run propagate with AdaptiveChaos()")
    owner = {"approach": result["design_approach"].values.astype(str).astype(object)}
    return _sample_table(result, "design", DESIGN, owner, "design_to_dataframe")


def _sample_table(result: xr.Dataset, dim: str, suffix: str, beside: dict[str, Any], what: str) -> pd.DataFrame:
    """Coefficients, scalar outputs and reasons of samples along a dimension."""
    import pandas as pd

    samples = result[f"coefficient{suffix}"].transpose(dim, "coefficient").values
    columns: dict[str, Any] = beside | dict(zip(map(str, result["coefficient"].values), samples.T, strict=True))
    outputs = _with_suffix(result, suffix)
    clash = [name for name in [*outputs, *beside, "reason"] if name in result["coefficient"].values]
    if clash:
        raise ValueError(f"{what}: {clash[0]!r} is a coefficient and a column of its own; rename it in the model")
    columns |= {name: result[name + suffix].values for name in outputs}
    columns["reason"] = _reasons(result, samples)
    return pd.DataFrame(columns, index=pd.RangeIndex(len(samples), name=dim))


def _reasons(result: xr.Dataset, samples: np.ndarray) -> list[str]:
    """Why each sample failed, empty where it ran: a failed sample is known by its coefficients."""
    found = {}
    if result.sizes.get("failure"):
        failed = result["failure_coefficients"].transpose("failure", "coefficient").values
        found = {row.tobytes(): str(text) for row, text in zip(failed, result["failure_reason"].values, strict=True)}
    return [found.get(row.tobytes(), "") for row in samples]


def _rows(result: xr.Dataset, output: str) -> dict[str, Any]:
    """Columns of one output, each of one length."""
    mean = _led(result[f"{output}_mean"])
    axes = [str(dim) for dim in mean.dims if dim != "approach"]
    full = mean.transpose("approach", *axes)
    columns: dict[str, Any] = {"output": np.full(full.size, output), "approach": _along(full, "approach")}
    columns |= {"axis": np.full(full.size, ""), "at": np.full(full.size, np.nan)}
    for k, axis in enumerate(axes):
        number = f" {k + 1}" if k else ""
        columns |= {f"axis{number}": np.full(full.size, axis), f"at{number}": _along(full, axis)}
    columns["units"] = np.full(full.size, str(mean.attrs.get("units", "")))
    for name, values in _statistics(result, output):
        columns[name] = values.broadcast_like(full).transpose(*full.dims).values.ravel()
    beside = [str(name) for name, c in mean.coords.items() if name not in full.dims and c.dims and set(c.dims) <= set(axes)]
    return columns | {name: mean[name].broadcast_like(full).transpose(*full.dims).values.ravel() for name in beside}


def _statistics(result: xr.Dataset, output: str) -> Iterator[tuple[str, xr.DataArray]]:
    """Column name and values of every statistic, "approach" and the output's axes left."""
    for name, statistic in STATISTICS.items():
        if statistic.dim is None and f"{output}_{name}" in result:
            yield name, _led(result[f"{output}_{name}"])
    for name, dim, title in (("quantile", "quantile", _percent), ("share", "source", "share: {}".format)):
        if f"{output}_{name}" in result:
            values = _led(result[f"{output}_{name}"])
            for k, label in enumerate(result[dim].values):
                yield title(label), values.isel({dim: k}, drop=True)
    for name in TEXTS:
        if f"{output}_{name}" in result:
            yield name, _led(result[f"{output}_{name}"])


def _percent(level: float) -> str:
    return f"q{100 * level:.6g}"


def _led(values: xr.DataArray) -> xr.DataArray:
    """The same with a dimension "approach", also where one approach was selected."""
    return values if "approach" in values.dims else values.expand_dims("approach")


def _along(full: xr.DataArray, dim: str) -> np.ndarray:
    return full[dim].broadcast_like(full).transpose(*full.dims).values.ravel()


def _column(part: dict[str, Any], name: str) -> Any:
    """A column of one output, empty where it has none."""
    if name in part:
        return part[name]
    text = name.startswith("axis") or name in TEXTS
    return np.full(len(part["output"]), "" if text else np.nan, dtype=object if text else float)
