"""Designs of experiments over cells: every combination of settings, with or without uncertainty at each."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from a2c_pybamm.estimate import Joint
from a2c_pybamm.propagation import propagate
from a2c_pybamm.propagation.model import Model
from a2c_pybamm.propagation.problem import Method


def sweep(
    make_cell: Callable[..., Model],
    design: Mapping[str, Sequence[Any]],
    joint: Joint,
    *methods: Method,
    rng: np.random.Generator,
    progress: Callable[[int], None] | None = None,
    max_failed: float = 0.05,
) -> xr.Dataset:
    """Scalar outputs at every combination of a design's settings, along a dimension ``point`` that carries them.

    ``make_cell(**settings)`` builds the model of a point, for instance
    ``lambda **s: Cell(parameter_set, voltage_limits=(3.0, 4.1), **s)`` with ``design={"c_rate": [0.5, 1, 2]}``. With methods,
    any that ``propagate`` takes, each point has what that gives for its scalar outputs; without, the outputs at the mean
    coefficients. A point whose cell cannot be built or solved is kept, with the reason in ``reason`` and NaN elsewhere; so is
    one where a larger share of a method's samples than ``max_failed`` fails.

    Raises
    ------
    ValueError
        If the design is empty, or no point at all can be solved.
    """
    if not design or not all(len(values) for values in design.values()):
        raise ValueError("sweep: the design is empty; give at least one setting with at least one value")
    points = [dict(zip(design, values, strict=True)) for values in itertools.product(*design.values())]
    solved: dict[int, xr.Dataset] = {}
    reasons = [""] * len(points)
    for k, settings in enumerate(points):
        try:
            solved[k] = _point(make_cell(**settings), joint, methods, rng, max_failed)
        except ValueError as error:
            reasons[k] = str(error)
        if progress:
            progress(1)
    if not solved:
        raise ValueError(f"sweep: none of the {len(points)} points could be solved; the first says: {reasons[0]}")
    result = xr.concat(list(solved.values()), dim="point").assign_coords(point=list(solved)).reindex(point=range(len(points)))
    result = result.assign(reason=("point", np.array(reasons, dtype=str)))
    return result.assign_coords({name: ("point", [point[name] for point in points]) for name in design})


def _point(model: Model, joint: Joint, methods: Sequence[Method], rng: np.random.Generator, max_failed: float) -> xr.Dataset:
    """Scalar numbers of one point."""
    if methods:
        result = propagate(model, joint, *methods, rng=rng, max_failed=max_failed)
        return result[
            [v for v in result.data_vars if set(result[v].dims) <= {"approach", "source", "quantile"} and _number(result[v])]
        ]
    data = model.solve(joint.mean[joint.rows(model.names)][None])
    if bool(data["failed"][0]):
        raise ValueError(str(data["reason"].values[0]))
    return data.isel(sample=0)[[v for v in data.data_vars if data[v].dims == ("sample",) and _number(data[v])]]


def _number(values: xr.DataArray) -> bool:
    return values.dtype.kind == "f"
