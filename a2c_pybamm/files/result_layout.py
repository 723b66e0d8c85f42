"""Requirements on a result in a file: all that tables, reports and the command line read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from a2c_pybamm.failure import FailureCause
from a2c_pybamm.result import (
    DESIGN,
    DRAWS,
    EXPANSION,
    FAILURES,
    OUTPUTS,
    SAMPLE_APPROACH,
    SCALAR_STATISTICS,
    STATISTICS,
    drawn_outputs,
    expanded_outputs,
    expansion_path,
    output_names,
    output_node,
)
from a2c_pybamm.schema import encodable, show

TEXT, NUMBER, COUNT = "text", "numbers", "whole numbers"
KINDS = {TEXT: "UOT", NUMBER: "fiu", COUNT: "iu"}
"""Letters of numpy's data types by what a variable holds."""


@dataclass(frozen=True)
class Needed:
    """A variable by its dimensions and by what it holds."""

    dims: tuple[str, ...]
    kind: str
    values: Collection[str] = ()
    """Texts that it may hold; any where there are none."""


ROOT = {
    "approach": Needed(("approach",), TEXT),
    "source": Needed(("source",), TEXT),
    "level": Needed(("level",), NUMBER),
    "coefficient": Needed(("coefficient",), TEXT),
    "n_solves": Needed(("approach",), COUNT),
    "n_failed": Needed(("approach",), COUNT),
    "settings": Needed(("approach",), TEXT),
}
NODES = {
    FAILURES: {
        SAMPLE_APPROACH: Needed(("failure",), TEXT),
        "coefficients": Needed(("failure", "coefficient"), NUMBER),
        "cause": Needed(("failure",), TEXT, list(FailureCause)),
        "reason": Needed(("failure",), TEXT),
    },
    DRAWS: {"coefficients": Needed(("draw", "coefficient"), NUMBER)},
    DESIGN: {SAMPLE_APPROACH: Needed(("design",), TEXT), "coefficients": Needed(("design", "coefficient"), NUMBER)},
    EXPANSION: {
        "germ_source": Needed(("germ",), TEXT),
        "germ_family": Needed(("germ",), TEXT, ("normal", "uniform")),
        "germ_factor": Needed(("coefficient", "germ"), NUMBER),
        "coefficient_mean": Needed(("coefficient",), NUMBER),
    },
}
"""Variables of the nodes beside the outputs; all but the failures stand only where some method makes them."""
SAMPLES = {DRAWS: "draw", DESIGN: "design"}


@dataclass(frozen=True)
class ResultLimits:
    """Upper bounds of a result that is read from a file, which may declare any size."""

    n_byte: int = 2**29
    """Bytes in memory (512 MiB): ten thousand draws of a hundred curves of a hundred points."""
    n_variable: int = 10_000
    """Variables: some thirty for each output, and no cell has more than some hundred."""
    text_bytes: int = 64
    """Bytes that a text counts for before it is read."""
    n_tensor: float = 2e7
    """Germs to the power of the polynomial's degree: indices are read from tensors of that size, 1 GB at this one."""


RESULT_LIMITS = ResultLimits()
"""Bounds of the results that are read."""


def check_groups(groups: Mapping[str, xr.Dataset]) -> None:
    """Raise ``ValueError``, naming the group, where a file's groups cannot be those of a result."""
    if OUTPUTS not in groups and any(str(name).endswith("_std") for name in groups["/"].data_vars):
        raise ValueError("written by an earlier version, whose layout was another")
    if "names" not in groups.get(OUTPUTS, ()):
        raise ValueError("no group 'outputs' with their names")
    names = groups[OUTPUTS]["names"]
    if names.dims != ("name",) or not _is_text(names) or len(set(names.values.tolist())) < names.size:
        raise ValueError("'outputs/names' is no list of different names")
    stacked: list[str] = []
    for path, group in groups.items():
        if "output" not in group.dims:
            continue
        for variable in ("output", "units", "long_name"):
            if variable not in group.variables or group[variable].dims != ("output",) or not _is_text(group[variable]):
                raise ValueError(f"group {path!r} has no text {variable!r} for each output")
        if path.startswith(f"{OUTPUTS}/"):
            stacked += group["output"].values.tolist()
    if sorted(stacked) != sorted(names.values.tolist()):
        raise ValueError("'outputs/names' names other outputs than its groups hold")


def check_result(result: xr.DataTree) -> None:
    """Raise ``ValueError``, naming the variable, where a result lacks something or has it in another form."""
    root = result.to_dataset()
    if "point" in root.dims:
        _check_sweep(result)
        return
    _check_all("", root, ROOT)
    for name in ("approach", "source", "coefficient"):
        if len(set(root[name].values.tolist())) < max(root.sizes[name], name != "source"):
            raise ValueError(f"{name!r} is empty or has a label twice")
    levels = root["level"].values
    if not (levels.size and np.isfinite(levels).all() and (np.diff(levels) > 0).all()):
        raise ValueError("'level' does not rise")
    for output in output_names(result):
        _check_output(output, output_node(result, output))
    for name, variables in NODES.items():
        if name in result.children:
            _check_all(f"{name}/", result[name].to_dataset(), variables)
        elif name == FAILURES:
            raise ValueError(f"no node {name!r}")
    for name, dim in SAMPLES.items():
        if drawn := drawn_outputs(result, name):
            _check_all(f"{name}/", result[name].to_dataset(), dict.fromkeys(drawn, Needed((dim,), NUMBER)))
    for label, outputs in expanded_outputs(result).items():
        _check_expansion(root, label, result[expansion_path(label)].to_dataset(), outputs)
    for attribute, value in result.attrs.items():
        plain = encodable(value) if isinstance(value, str) else np.asarray(value).dtype.kind in "biuf"
        if not (plain and encodable(str(attribute))):
            raise ValueError(f"attribute {show(attribute)} is {show(value)}, neither text nor a number")


def _check_sweep(result: xr.DataTree) -> None:
    """Raise ``ValueError`` where a sweep has no reasons, or something else than numbers at its points."""
    _check("", result.to_dataset(), "reason", Needed(("point",), TEXT))
    for output in output_names(result):
        node = output_node(result, output)
        for name, variable in node.data_vars.items():
            if variable.dims[:1] != ("point",) or variable.dtype.kind not in KINDS[NUMBER]:
                raise ValueError(f"variable '{OUTPUTS}/{output}/{name}' is no number at each point")


def _check_expansion(root: xr.Dataset, label: str, node: xr.Dataset, outputs: Collection[str]) -> None:
    path = f"{expansion_path(label)}/"
    if label not in root["approach"].values.tolist():
        raise ValueError(f"{path!r} names none of the methods")
    _check(path, node, "exponent", Needed(("term", "germ"), COUNT))
    exponents = node["exponent"].values
    if not exponents.size:
        raise ValueError(f"variable '{path}exponent' is empty")
    n_germ, degree = exponents.shape[1], float(exponents.sum(axis=1, dtype=float).max())
    if exponents.min() < 0 or degree * np.log(max(n_germ, 2)) > np.log(RESULT_LIMITS.n_tensor):
        raise ValueError(
            f"variable '{path}exponent' makes a polynomial of degree {degree:g} in {n_germ} germs, from {exponents.min()} on"
        )
    for output in outputs:
        _check(path, node, output, Needed(("term", *map(str, node[output].dims[1:])), NUMBER))


def _check_output(output: str, node: xr.Dataset) -> None:
    path = f"{OUTPUTS}/{output}/"
    if "std" not in node:
        raise ValueError(f"no variable '{path}std'")
    lead, *axes = node["std"].dims or ("",)
    if lead != "approach":
        raise ValueError(f"variable '{path}std' has dimensions {node['std'].dims}, the first not 'approach'")
    for name, statistic in STATISTICS.items():
        if name in node or (statistic.required and not (statistic.curves_only and not axes)):
            dims = ("approach", *((statistic.dim,) if statistic.dim else ()), *map(str, axes))
            _check(path, node, name, Needed(dims, NUMBER))
    for name, scalar in SCALAR_STATISTICS.items():
        if not axes:
            kind = NUMBER if scalar.number else TEXT
            _check(path, node, name, Needed(("approach",) if scalar.of_approach else (), kind, scalar.values))


def _check_all(path: str, node: xr.Dataset, variables: Mapping[str, Needed]) -> None:
    for name, needed in variables.items():
        _check(path, node, name, needed)


def _is_text(values: xr.Variable | xr.DataArray) -> bool:
    texts = values.values.ravel().tolist()
    return values.dtype.kind in KINDS[TEXT] and all(isinstance(text, str) and encodable(text) for text in texts)


def _check(path: str, node: xr.Dataset, name: str, needed: Needed) -> None:
    shown = f"{path}{name}"
    if name not in node.variables:
        raise ValueError(f"no variable {shown!r}")
    have = node.variables[name]
    if have.dims != needed.dims:
        raise ValueError(f"variable {shown!r} has dimensions {have.dims}, not {needed.dims}")
    if have.dtype.kind not in KINDS[needed.kind]:
        raise ValueError(f"variable {shown!r} is of type {have.dtype}, not {needed.kind}")
    if needed.kind == TEXT and not _is_text(have):
        raise ValueError(f"variable {shown!r} holds something else than text")
    if needed.values and (unknown := set(have.values.ravel().tolist()) - set(needed.values)):
        raise ValueError(f"variable {shown!r} is {show(min(unknown))}, none of {', '.join(needed.values)}")
