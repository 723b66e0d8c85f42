"""Variables that a result of a propagation must have, declared once: all that tables, reports and the command line read."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import xarray as xr

from a2c_pybamm.failure import FailureCause
from a2c_pybamm.schema import encodable, show
from a2c_pybamm.status import Recommendation, Status

TEXT, NUMBER, WHOLE = "text", "numbers", "whole numbers"
KINDS = {TEXT: "UOT", NUMBER: "fiu", WHOLE: "iu"}
"""Letters of numpy's data types by what a variable holds."""


@dataclass(frozen=True)
class Needed:
    """A variable by its dimensions and by what it holds."""

    dims: tuple[str, ...]
    kind: str
    scalar: bool | None = None
    """Of an output's statistic: True for outputs that are one number, False for those on axes, None for both."""
    values: Collection[str] = ()
    """Texts that it may hold; any where there are none."""


VARIABLES = {
    "approach": Needed(("approach",), TEXT),
    "source": Needed(("source",), TEXT),
    "quantile": Needed(("quantile",), NUMBER),
    "coefficient": Needed(("coefficient",), TEXT),
    "n_solves": Needed(("approach",), WHOLE),
    "n_failed": Needed(("approach",), WHOLE),
    "settings": Needed(("approach",), TEXT),
    "failure_approach": Needed(("failure",), TEXT),
    "failure_coefficients": Needed(("failure", "coefficient"), NUMBER),
    "failure_cause": Needed(("failure",), TEXT, values=list(FailureCause)),
    "failure_reason": Needed(("failure",), TEXT),
}
STATISTICS = {
    "mean": Needed(("approach",), NUMBER),
    "std": Needed(("approach",), NUMBER),
    "quantile": Needed(("approach", "quantile"), NUMBER),
    "share": Needed(("approach", "source"), NUMBER),
    "share_se": Needed(("approach", "source"), NUMBER),
    "error": Needed(("approach",), NUMBER),
    "q2": Needed(("approach",), NUMBER),
    "running": Needed(("approach",), NUMBER, scalar=False),
    "status": Needed(("approach",), TEXT, scalar=True, values=list(Status)),
    "verdict": Needed(("approach",), TEXT, scalar=True),
    "recommendation": Needed((), TEXT, scalar=True, values=list(Recommendation)),
    "decision": Needed((), TEXT, scalar=True),
    "more_solves": Needed((), NUMBER, scalar=True),
}
"""Of every output ``v`` as ``v_<name>``, with the output's own axes after these dimensions."""
EXPANSION = {
    "exponent": Needed(("term", "germ"), WHOLE),
    "germ_source": Needed(("germ",), TEXT),
    "germ_family": Needed(("germ",), TEXT, values=("normal", "uniform")),
    "germ_factor": Needed(("coefficient", "germ"), NUMBER),
    "coefficient_mean": Needed(("coefficient",), NUMBER),
}
"""Where a polynomial is kept: all of them, and the label of its method as attribute ``approach`` of ``exponent``."""

SAMPLES = {"_draws": "draw", "_design": "design", "_expansion": "term"}
"""First dimension of the numbers that a method keeps of each output, by the ending of their name."""
MOST_TENSOR = 2e7
"""Germs to the power of the polynomial's degree: indices are read from tensors of that size, 1 GB at this one."""


def check_result(result: xr.Dataset) -> None:
    """Raise ``ValueError``, naming the variable, where a result lacks something or has it in another form."""
    for name, needed in VARIABLES.items():
        _check(result, name, needed.dims, needed.kind, needed.values)
    for name in ("approach", "source", "coefficient"):
        if len(set(result[name].values.tolist())) < max(result.sizes[name], name != "source"):
            raise ValueError(f"{name!r} is empty or has a label twice")
    levels = result["quantile"].values
    if not (levels.size and np.isfinite(levels).all() and (np.diff(levels) > 0).all()):
        raise ValueError("'quantile' does not rise")
    for output in outputs(result):
        _check_output(result, output)
    for name in map(str, result.data_vars):
        for ending, dim in SAMPLES.items():
            if name.endswith(ending):
                _check(result, name, (dim, *map(str, result[name].dims[1:])), NUMBER)
    if any(name in result for name in EXPANSION):
        _check_expansion(result)
    for name, value in result.attrs.items():
        plain = encodable(value) if isinstance(value, str) else np.asarray(value).dtype.kind in "biuf"
        if not (plain and encodable(str(name))):
            raise ValueError(f"attribute {show(name)} is {show(value)}, neither text nor a number")


def outputs(result: xr.Dataset) -> Iterator[str]:
    """Names of the outputs: each has a standard deviation, or one of the statistics that stand beside it."""
    known = ("_std", "_mean", "_running", "_status", "_verdict", "_decision")
    stems = [str(name).removesuffix(end) for name in result.data_vars for end in known if str(name).endswith(end)]
    yield from dict.fromkeys(stem for stem in stems if stem != "coefficient")


def _check_expansion(result: xr.Dataset) -> None:
    for name, needed in EXPANSION.items():
        _check(result, name, needed.dims, needed.kind, needed.values)
    if str(result["exponent"].attrs.get("approach")) not in result["approach"].values.tolist():
        raise ValueError("'exponent' has no attribute 'approach' that names one of the methods")
    exponents = result["exponent"].values
    if not exponents.size:
        raise ValueError("'exponent' is empty")
    n_germ, degree = exponents.shape[1], float(exponents.sum(axis=1, dtype=float).max())
    if exponents.min() < 0 or degree * np.log(max(n_germ, 2)) > np.log(MOST_TENSOR):
        raise ValueError(f"'exponent' makes a polynomial of degree {degree:g} in {n_germ} germs, from {exponents.min()} on")


def _check_output(result: xr.Dataset, output: str) -> None:
    _check(result, f"{output}_std", None, NUMBER)
    lead, *axes = result[f"{output}_std"].dims or ("",)
    if lead != "approach":
        raise ValueError(f"variable '{output}_std' has dimensions {result[f'{output}_std'].dims}, the first not 'approach'")
    for name, needed in STATISTICS.items():
        if needed.scalar in (None, not axes):
            _check(result, f"{output}_{name}", (*needed.dims, *map(str, axes)), needed.kind, needed.values)


def _check(result: xr.Dataset, name: str, dims: tuple[str, ...] | None, kind: str, values: Collection[str] = ()) -> None:
    if name not in result.variables:
        raise ValueError(f"no variable {name!r}")
    have = result[name]
    if dims is not None and have.dims != dims:
        raise ValueError(f"variable {name!r} has dimensions {have.dims}, not {dims}")
    if have.dtype.kind not in KINDS[kind]:
        raise ValueError(f"variable {name!r} is of type {have.dtype}, not {kind}")
    if kind == TEXT and not all(isinstance(value, str) and encodable(value) for value in have.values.ravel().tolist()):
        raise ValueError(f"variable {name!r} holds something else than text")
    if values and (unknown := set(have.values.ravel().tolist()) - set(values)):
        raise ValueError(f"variable {name!r} is {show(min(unknown))}, none of {', '.join(values)}")
