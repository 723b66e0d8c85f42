r"""The layout of a result as a tree.

=========================  =====================================================================================
node                       variables
=========================  =====================================================================================
``/``                      ``n_solves``, ``n_failed``, ``n_importance``, ``share_degree``, ``settings`` (approach)
``outputs/<output>``       `STATISTICS` and, for outputs that are one number, `SCALAR_STATISTICS`; its own axes
``draws``                  ``coefficients`` (draw, coefficient), each scalar output (draw)
``design``                 the same of the points that methods chose (design), and who asked for each
``failures``               coefficients, cause, reason of each failed sample (failure), and who asked for it
``expansion``              ``germ_source``, ``germ_family`` (germ), ``germ_factor`` (coefficient, germ),
                           ``coefficient_mean``
``expansion/<approach>``   ``exponent`` (term, germ), the coefficients of each output (term, axes)
=========================  =====================================================================================

The coordinates ``approach``, ``source``, ``level`` (of quantiles) and ``coefficient`` stand at the root and hold for all nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from a2c_pybamm.result.nodes import BESIDE_OUTPUTS, OUTPUTS, SAMPLE_APPROACH
from a2c_pybamm.result.result import Result
from a2c_pybamm.result.statistics import SCALAR_STATISTICS, STATISTICS

DIMENSIONS = {"approach", "source", "level", "coefficient", "draw", "design", "failure", "term", "germ"}
"""Dimensions that the tree has itself, and whose coordinates hold for all nodes."""
OUTPUT_RESERVED = {
    *DIMENSIONS,
    *("n_solves", "n_failed", "n_importance", "share_degree", "settings", "coefficients", "exponent", SAMPLE_APPROACH),
    *(OUTPUTS, *BESIDE_OUTPUTS),
}
"""Names that no output may bear, since the tree uses them itself."""
AXIS_RESERVED = {*DIMENSIONS, *STATISTICS, *SCALAR_STATISTICS, "output", "point", "value", "values", "units", "long_name"}
"""Names that no axis of an output may bear."""


def build_result(root: xr.Dataset, outputs: Mapping[str, xr.Dataset], nodes: Mapping[str, xr.Dataset]) -> Result:
    """The tree of a root, a node for each output, and further nodes by path, polynomials in the order of their methods."""
    labels = [str(label) for label in np.atleast_1d(root["approach"].values)] if "approach" in root.coords else []

    def place(path: str) -> tuple[int, int]:
        first, _, label = path.partition("/")
        return BESIDE_OUTPUTS.index(first), labels.index(label) if label in labels else -1

    own = {f"{OUTPUTS}/{name}": node for name, node in outputs.items()}
    return Result.from_dict(
        {"/": root, OUTPUTS: xr.Dataset(), **own, **{path: nodes[path] for path in sorted(nodes, key=place)}}
    )


def check_labels(labels: Iterable[str]) -> None:
    """Raise ``ValueError`` where a method's label cannot name a node."""
    for label in labels:
        if "/" in label:
            raise ValueError(f"method {label!r}: its label holds '/', which separates the nodes of a result; write another")


def check_names(outputs: Mapping[str, xr.DataArray]) -> None:
    """Raise ``ValueError`` where an output or an axis cannot name a node or a variable, or the tree uses its name itself."""
    for output, values in outputs.items():
        for name in (output, *map(str, values.dims)):
            if "/" in name:
                raise ValueError(
                    f"output {output!r}: the name {name!r} holds '/', which netCDF forbids; write the unit as [A.m-2]"
                )
            if name in (OUTPUT_RESERVED if name == output else AXIS_RESERVED):
                raise ValueError(f"output {output!r}: the name {name!r} is used by the result itself; rename it")


def plain_attributes(attrs: Mapping[Any, Any]) -> dict[str, Any]:
    """Attributes that netCDF has a form for: text and numbers; True as 1, others left out."""
    kept: dict[str, Any] = {}
    for name, value in attrs.items():
        if isinstance(value, str):
            kept[str(name)] = value
        elif isinstance(value, bool | np.bool_):
            kept[str(name)] = int(value)
        elif np.asarray(value).dtype.kind in "iuf":
            kept[str(name)] = value
    return kept


def axis_coordinates(values: xr.DataArray, axes: Sequence[str]) -> dict[str, xr.Variable]:
    """Coordinates of an output on its own axes, with attributes that netCDF has a form for."""
    coords = {str(name): c.variable for name, c in values.coords.items() if c.dims and set(c.dims) <= set(axes)}
    return {name: xr.Variable(c.dims, c.values, plain_attributes(c.attrs)) for name, c in coords.items()}
