"""Designs of experiments over cells: every combination of settings, with or without uncertainty at each."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from a2c_pybamm.estimate import Joint
from a2c_pybamm.formatting import percent
from a2c_pybamm.propagation import propagate
from a2c_pybamm.propagation.model import Model
from a2c_pybamm.propagation.problem import Method
from a2c_pybamm.propagation.provenance import provenance
from a2c_pybamm.result import OUTPUTS, Result, build_result, scalar_outputs


def sweep(
    make_cell: Callable[..., Model],
    design: Mapping[str, Sequence[Any]],
    joint: Joint,
    *methods: Method,
    rng: np.random.Generator,
    progress: Callable[[int], None] | None = None,
    max_failed: float = 0.05,
) -> Result:
    """Scalar outputs at every combination of a design's settings, along a dimension ``point`` with these as coordinates.

    ``make_cell(**settings)`` builds the model of a point, for instance
    ``lambda **s: Cell(parameter_set, voltage_limits=(3.0, 4.1), **s)`` with ``design={"c_rate": [0.5, 1, 2]}``. A tree with a
    node for each output under ``outputs``, as `propagate` gives: with methods each has that output's statistics, without it
    has ``value``, the output at the mean coefficients. A point whose cell cannot be built or solved is kept, with the reason in
    ``reason`` and NaN elsewhere. Where a larger share of the drawn samples than ``max_failed`` fails the reason says so, and
    the numbers are of those that work.

    Each point starts from ``rng`` as it is given, with the numbers that `propagate` alone would draw from it: differences
    between points are free of the noise that they share, and points may be solved in any order. ``rng`` itself moves on by one
    number. Attributes are those of `propagate`, from the first point that could be solved.

    Raises
    ------
    ValueError
        If the design is empty, or no point at all can be solved.
    """
    if not design or not all(len(values) for values in design.values()):
        raise ValueError("sweep: the design is empty; give at least one setting with at least one value")
    points = [dict(zip(design, values, strict=True)) for values in itertools.product(*design.values())]
    solved: dict[int, _Point] = {}
    reasons = [""] * len(points)
    for k, settings in enumerate(points):
        try:
            solved[k] = _point(make_cell(**settings), joint, methods, copy.deepcopy(rng), max_failed)
            reasons[k] = _warning(solved[k], max_failed)
        except ValueError as error:
            reasons[k] = str(error)
        if progress:
            progress(1)
    if not solved:
        raise ValueError(f"sweep: none of the {len(points)} points could be solved; the first says: {reasons[0]}")
    rng.random()  # a second sweep with this generator draws other numbers
    place = list(solved)

    def joined(parts: Sequence[xr.Dataset]) -> xr.Dataset:
        whole = xr.concat(list(parts), dim="point", coords="minimal", compat="override", join="outer")
        return whole.assign_coords(point=place).reindex(point=range(len(points))).drop_vars("point")

    first = next(iter(solved.values()))
    settings_of = {name: ("point", [point[name] for point in points]) for name in design}
    root = joined([part.root for part in solved.values()]).assign(reason=("point", np.array(reasons, dtype=str)))
    outputs = {name: joined([part.outputs[name] for part in solved.values()]) for name in first.outputs}
    nodes = {name: node.assign_coords(settings_of) for name, node in outputs.items()}
    return build_result(root.assign_coords(settings_of).assign_attrs(first.made_with), nodes, {})


@dataclass(frozen=True)
class _Point:
    """Scalar numbers of one point."""

    root: xr.Dataset
    outputs: Mapping[str, xr.Dataset]
    made_with: Mapping[str, str]
    """Seed, versions, and what the model names as its origin."""


def _point(model: Model, joint: Joint, methods: Sequence[Method], rng: np.random.Generator, max_failed: float) -> _Point:
    made_with = provenance(model, rng)
    if methods:
        result = propagate(model, joint, *methods, rng=rng, max_failed=max_failed)
        nodes = {name: result.children[OUTPUTS].children[name].to_dataset(inherit=False) for name in scalar_outputs(result)}
        root = xr.Dataset({name: result.dataset[name] for name in ("n_solves", "n_failed")}, coords=result.coords)
        numbers = {name: node[[v for v in node.data_vars if _is_number(node[v])]] for name, node in nodes.items()}
        return _Point(root, numbers, made_with)
    data = model.solve(joint.mean[joint.rows(model.names)][None])
    if bool(data["failed"][0]):
        raise ValueError(str(data["reason"].values[0]))
    scalars = {str(v): data[v].isel(sample=0) for v in data.data_vars if data[v].dims == ("sample",) and _is_number(data[v])}
    return _Point(xr.Dataset(), {name: xr.Dataset({"value": values}) for name, values in scalars.items()}, made_with)


def _warning(point: _Point, max_failed: float) -> str:
    """Text on the samples that fail at a point, where they are more than ``max_failed`` of those drawn; empty otherwise."""
    have = {name: node["failed_fraction"] for name, node in point.outputs.items() if "failed_fraction" in node}
    fractions = {name: float(values.max()) for name, values in have.items() if np.isfinite(values).any()}
    if not fractions or max(fractions.values()) <= max_failed:
        return ""
    output, most = max(fractions.items(), key=lambda item: item[1])
    of_output = f" for {output}" if min(fractions.values()) < most else ""
    return f"{percent(most)} of the drawn samples fail{of_output}; the numbers are of those that work"


def _is_number(values: xr.DataArray) -> bool:
    return values.dtype.kind == "f"
