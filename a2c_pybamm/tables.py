"""Plain rows of what was derived and what it does to the cell, for a page, a terminal or a notebook."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from a2c_pybamm.failure import FailureCause

if TYPE_CHECKING:
    from a2c_pybamm.parameter_set import ParameterSet

MAIN_CAUSES = (FailureCause.UNSTABLE, FailureCause.INFEASIBLE, FailureCause.SOLVER)
"""Causes that are listed also where they did not occur."""


@dataclass(frozen=True)
class ParameterRow:
    """One derived coefficient."""

    name: str
    mean: float
    std: float
    unit: str
    """Of mean and std; "1" for logarithms, ratios and fractions."""
    sources: tuple[tuple[str, float], ...]
    """Sources of its variance with their shares, largest first; they add to one."""
    method: str
    plain: float | None
    """exp(mean) where the coefficient is a logarithm: the median of the quantity itself."""
    plain_unit: str
    factor: float | None
    """exp(std): the quantity lies within a factor of this of ``plain`` with 68 % probability."""


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
    """2.5 and 97.5 % quantiles."""
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


def parameter_rows(parameter_set: ParameterSet) -> list[ParameterRow]:
    r"""A row for each coefficient of the joint, in its order.

    The share of source s in coefficient k is :math:`\sum_j A_{s,kj}^2 / \operatorname{Var}\theta_k`.
    """
    joint = parameter_set.joint
    methods = {name: estimate.method for estimate in joint.estimates for name in estimate.names}
    parts = {source: (factor.values**2).sum(axis=1) for source, factor in joint.factors.items()}
    rows = []
    for k, name in enumerate(joint.names):
        mean, std = float(joint.mean[k]), float(joint.std[k])
        shares = [(source, float(part[k]) / std**2) for source, part in parts.items() if std > 0 and part[k] > 0]
        unit, plain_unit = units(name)
        plain, factor = (float(np.exp(mean)), float(np.exp(std))) if plain_unit else (None, None)
        ordered = tuple(sorted(shares, key=lambda pair: -pair[1]))
        rows.append(ParameterRow(name, mean, std, unit, ordered, methods[name], plain, plain_unit, factor))
    return rows


def units(name: str) -> tuple[str, str]:
    """Unit of a coefficient, and for a logarithm that of the quantity itself (empty otherwise), as its name says them."""
    logarithm = re.search(r"\bln\((.*)\)$", name)
    found = re.search(r"\[([^\[\]]*)\]$", logarithm[1] if logarithm else name)
    unit = found[1] if found else "1"
    return ("1", unit) if logarithm else (unit, "")


def scalar_outputs(result: xr.Dataset) -> list[str]:
    """Names of the outputs that are one number."""
    return [
        str(v).removesuffix("_std") for v in result.data_vars if str(v).endswith("_std") and result[v].dims == ("approach",)
    ]


def curve_outputs(result: xr.Dataset) -> list[str]:
    """Names of the outputs on one axis."""
    curves = [str(v).removesuffix("_running") for v in result.data_vars if str(v).endswith("_running")]
    return [name for name in curves if result[f"{name}_mean"].ndim == 2]


def decisions(result: xr.Dataset) -> dict[str, str]:
    """Sentence on the answer to take for each scalar output."""
    return {output: str(result[f"{output}_decision"].values) for output in scalar_outputs(result)}


def description(result: xr.Dataset, output: str) -> str:
    """What an output is, as the model says it."""
    return str(result[f"{output}_mean"].attrs.get("long_name", output)).removesuffix(": mean")


def output_rows(result: xr.Dataset) -> list[OutputRow]:
    """A row for each scalar output and method, outputs together."""
    return list(_output_rows(result))


def _output_rows(result: xr.Dataset) -> Iterator[OutputRow]:
    for output in scalar_outputs(result):
        text, unit = description(result, output), str(result[f"{output}_mean"].attrs.get("units", ""))
        for approach in map(str, result["approach"].values):
            own = result.sel(approach=approach)
            low, high = (float(own[f"{output}_quantile"].sel(quantile=q, method="nearest")) for q in (0.025, 0.975))
            mean, std, error = (float(own[f"{output}_{name}"]) for name in ("mean", "std", "error"))
            n, verdict = int(own["n_solves"]), str(own[f"{output}_verdict"].values)
            yield OutputRow(output, text, unit, approach, mean, std, (low, high), error, n, verdict)


def share_rows(result: xr.Dataset) -> list[ShareRow]:
    """A row for each scalar output, source and method, in the Dataset's order."""
    return [
        ShareRow(
            output,
            source,
            approach,
            float(result[f"{output}_share"].sel(approach=approach, source=source)),
            float(result[f"{output}_share_se"].sel(approach=approach, source=source)),
        )
        for output in scalar_outputs(result)
        for source in map(str, result["source"].values)
        for approach in map(str, result["approach"].values)
    ]


def failure_rows(result: xr.Dataset) -> list[FailureRow]:
    """A row for each method and cause; the main causes also where they did not occur."""
    owners, reasons = result["failure_approach"].values.astype(str), result["failure_reason"].values.astype(str)
    causes = [FailureCause(str(cause)) for cause in result["failure_cause"].values]
    shown = [cause for cause in FailureCause if cause in MAIN_CAUSES or cause in causes]
    rows = []
    for approach, n_solves in zip(result["approach"].values.astype(str), result["n_solves"].values, strict=True):
        for cause in shown:
            mine = [r for r, o, c in zip(reasons, owners, causes, strict=True) if o == approach and c is cause]
            rows.append(FailureRow(str(approach), cause, len(mine), int(n_solves), str(mine[0]) if mine else ""))
    return rows
