"""Nodes of a result by name, and one method's part of a variable."""

from __future__ import annotations

from collections.abc import Sequence

import xarray as xr

OUTPUTS, DRAWS, DESIGN, FAILURES, EXPANSION = "outputs", "draws", "design", "failures", "expansion"
BESIDE_OUTPUTS = (DRAWS, DESIGN, FAILURES, EXPANSION)
"""Nodes beside the outputs, in their order."""
SAMPLE_APPROACH = "sample_approach"
"""Label of the method that asked for a sample, in the nodes ``design`` and ``failures``."""


def output_node(result: xr.DataTree, output: str) -> xr.Dataset:
    """Statistics of one output, with the coordinates of the whole result; `KeyError` where there is no such output."""
    return result.children[OUTPUTS].children[output].to_dataset()


def expansion_path(approach: str) -> str:
    """Path of the node that holds the polynomials of a method."""
    return f"{EXPANSION}/{approach}"


def of_approach(values: xr.DataArray, approach: str) -> xr.DataArray:
    """Values of one method, without ``approach``, also where that method alone was selected before."""
    if "approach" in values.dims:
        return values.sel(approach=approach, drop=True)
    return values.drop_vars("approach", errors="ignore")


def with_approach(values: xr.DataArray, labels: Sequence[str]) -> xr.DataArray:
    """The same values with a dimension ``approach``, also where one method was selected before."""
    if "approach" in values.dims:
        return values
    return values.drop_vars("approach", errors="ignore").expand_dims(approach=list(labels))
