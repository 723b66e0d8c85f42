"""A result as the groups of a netCDF file, and back: outputs of equal axes are stacked along ``output``.

A node for each of hundreds of outputs would take minutes to write and to open; groups are as many as there are different axes.

=======================================  ===============================================================================
group                                    variables
=======================================  ===============================================================================
``/``                                    the root's
``outputs``                              ``names`` (name), the outputs in their order
``outputs/<axes>``                       each statistic (approach, …, output, axes), ``units``, ``long_name`` (output)
``draws``, ``design``, ``failures``      coefficients, and what else belongs to no output
``draws/<axes>``, ``design/<axes>``      ``values`` (draw, output), ``units``, ``long_name`` (output)
``expansion``, ``expansion/<method>``    the germ; the exponents
``expansion/<method>/<axes>``            ``values`` (term, output, axes), ``units``, ``long_name`` (output)
=======================================  ===============================================================================

``<axes>`` is ``scalars`` for outputs that are one number, otherwise the names of the axes. Required statistics that no method
gives for any output of a group are left out, and restored on reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import xarray as xr

from a2c_pybamm.result import OUTPUTS, SCALAR_STATISTICS, STATISTICS, Result, build_result
from a2c_pybamm.result.statistics import description_of

SCALARS, VALUES = "scalars", "values"
OUTPUT, NAMES, UNITS, LONG_NAME = "output", "names", "units", "long_name"
LEADING = ("point", "approach", "source", "level", "coefficient", "draw", "design", "term")
"""Dimensions of the result itself, which stand before an output's own axes."""


def to_groups(result: xr.DataTree) -> dict[str, xr.Dataset]:
    """Datasets of a result by the path of their group."""
    nodes = {str(name): node.to_dataset(inherit=False) for name, node in result[OUTPUTS].children.items()}
    groups = {"/": result.to_dataset(inherit=False), OUTPUTS: xr.Dataset({NAMES: ("name", _texts(nodes))})}
    groups |= _stacks(OUTPUTS, nodes)
    for node in result.subtree:
        path = node.path.strip("/")
        if not path or path.split("/")[0] == OUTPUTS:
            continue
        values = node.to_dataset(inherit=False)
        own = {str(name): values[[name]].rename({name: VALUES}) for name in values.data_vars if name in nodes}
        axes = {name for name, c in values.coords.items() if set(c.dims) - set(LEADING)}
        groups |= {path: values.drop_vars([*own, *axes]), **_stacks(path, own)}
    return groups


def _stacks(path: str, nodes: Mapping[str, xr.Dataset]) -> dict[str, xr.Dataset]:
    """Nodes of outputs, those of equal axes in one group below a path."""
    names: dict[str, list[str]] = {}
    for name, node in nodes.items():
        axes = max((tuple(map(str, v.dims[_n_leading(v.dims) :])) for v in node.variables.values()), key=len)
        names.setdefault(", ".join(axes) or SCALARS, []).append(name)
    return {f"{path}/{label}": _stacked({name: nodes[name] for name in group}) for label, group in names.items()}


def _n_leading(dims: tuple[object, ...]) -> int:
    return sum(dim in LEADING for dim in dims)


def _stacked(nodes: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """Nodes of outputs of equal axes as one Dataset along ``output``, without required statistics that are NaN in all."""
    first, *_ = nodes.values()
    variables: dict[str, xr.Variable] = {}
    for name in map(str, first.data_vars):
        have = [node[name].variable for node in nodes.values()]
        place = _n_leading(have[0].dims)
        values = np.stack([variable.values for variable in have], axis=place)
        required = name in STATISTICS and STATISTICS[name].required
        if name == "mean" or not required or not np.isnan(values).all():
            variables[name] = xr.Variable((*have[0].dims[:place], OUTPUT, *have[0].dims[place:]), values)
    about = [next(iter(node.data_vars.values())).attrs for node in nodes.values()]
    variables[UNITS] = xr.Variable((OUTPUT,), _texts(str(attrs.get("units", "")) for attrs in about))
    variables[LONG_NAME] = xr.Variable((OUTPUT,), _texts(str(attrs.get("long_name", "")) for attrs in about))
    coords = {str(name): c.variable for name, c in first.coords.items()}
    return xr.Dataset(variables, coords={**coords, OUTPUT: (OUTPUT, _texts(nodes))})


def _texts(values: object) -> np.ndarray:
    return np.array(list(values), dtype=str)  # type: ignore[call-overload]


def from_groups(groups: Mapping[str, xr.Dataset]) -> Result:
    """The result whose groups these are; `KeyError` or `ValueError` where they are not its groups."""
    root = groups["/"]
    outputs: dict[str, xr.Dataset] = {}
    nodes = {path: group for path, group in groups.items() if OUTPUT not in group.dims and path not in ("/", OUTPUTS)}
    for path, group in groups.items():
        if OUTPUT not in group.dims:
            continue
        parent = path.rpartition("/")[0]
        coords = {str(name): c.variable for name, c in group.coords.items() if OUTPUT not in c.dims}
        if parent == OUTPUTS:
            sizes = {str(dim): size for dim, size in {**root.sizes, **group.sizes}.items()}
            outputs |= {name: xr.Dataset(_completed(v, sizes), coords=coords) for name, v in _unstacked(group)}
        else:
            nodes[parent] = nodes[parent].assign({name: v[VALUES] for name, v in _unstacked(group)}).assign_coords(coords)
    names = [str(name) for name in groups[OUTPUTS][NAMES].values]
    return build_result(root, {name: outputs[name] for name in names}, nodes)


def _unstacked(group: xr.Dataset) -> Iterator[tuple[str, dict[str, xr.Variable]]]:
    """Name and variables of each output of a group."""
    units, texts = group[UNITS].values, group[LONG_NAME].values
    stacked = {
        str(name): ([dim for dim in v.dims if dim != OUTPUT], np.moveaxis(v.values, v.dims.index(OUTPUT), 0))
        for name, v in group.data_vars.items()
        if name not in (UNITS, LONG_NAME)
    }
    for k, name in enumerate(map(str, group[OUTPUT].values)):
        unit, text = str(units[k]), str(texts[k])
        yield name, {key: xr.Variable(dims, v[k], _attributes(key, unit, text)) for key, (dims, v) in stacked.items()}


def _attributes(name: str, unit: str, text: str) -> dict[str, str]:
    """Unit and description of a statistic, by those of its output's first variable."""
    first = {"units": unit, "long_name": text}
    if statistic := STATISTICS.get(name):
        return statistic.attributes(unit, description_of(first, ""))
    if scalar := SCALAR_STATISTICS.get(name):
        return scalar.attributes
    return first


def _completed(variables: Mapping[str, xr.Variable], sizes: Mapping[str, int]) -> dict[str, xr.Variable]:
    """Variables of an output with all statistics that every output has, NaN where no method gives one, in their order."""
    if "mean" not in variables:  # a sweep at the mean coefficients
        return dict(variables)
    mean = variables["mean"]
    dims = tuple(map(str, mean.dims))
    lead, axes = dims[: _n_leading(dims)], dims[_n_leading(dims) :]
    unit, text = str(mean.attrs["units"]), str(mean.attrs["long_name"])
    completed = dict(variables)
    for name, statistic in STATISTICS.items():
        if statistic.required and name not in variables and statistic.applies(axes):
            dims = statistic.dims(axes, lead)
            completed[name] = xr.Variable(dims, np.full([sizes[dim] for dim in dims], np.nan), _attributes(name, unit, text))
    return {name: completed[name] for name in (*STATISTICS, *SCALAR_STATISTICS) if name in completed}
