r"""Sampling: random draws, and statistics with standard errors that hold whatever the model's shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from a2c_pybamm.estimate.germs import LEAST_DRAWS
from a2c_pybamm.propagation.answer import MethodKind
from a2c_pybamm.propagation.intervals import intervals, tail_share
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.problem import Outcome, Problem
from a2c_pybamm.propagation.shares import ratio, regressed_shares, regression_degree


@dataclass(frozen=True)
class MonteCarlo:
    r"""Settings of plain pseudo-random sampling with ``n`` draws.

    Standard errors: of the mean :math:`s/\sqrt n`; of the variance from the fourth central moment,
    :math:`\operatorname{Var} s^2 = [m_4 - s^4 (n-3)/(n-1)]/n`, hence of the standard deviation
    :math:`\sqrt{\operatorname{Var} s^2}/2s`. Where an axis has cut-offs, statistics are over the draws that still run.
    Shares of variance need no further solves: they are regressed from the draws, at the highest degree up to
    ``share_degree`` with ten draws for each term; past the first cut-off of an axis they are not defined and are NaN.
    """

    n: int = 1000
    share_degree: int = 3

    kind: ClassVar[MethodKind] = MethodKind.SAMPLING

    def __post_init__(self) -> None:
        if self.n < LEAST_DRAWS:
            raise ValueError(f"MonteCarlo: n is {self.n}; take at least {LEAST_DRAWS} draws")
        if self.share_degree < 1:
            raise ValueError(f"MonteCarlo: share_degree is {self.share_degree}; take 1 or more")

    @property
    def label(self) -> str:
        return "sampling"

    def planned(self, problem: Problem) -> int:
        """Number of solves that it takes."""
        return self.n

    def run(self, problem: Problem, rng: np.random.Generator) -> Outcome:
        """Statistics of the draws that did not fail."""
        germ = problem.joint.draw_germ(self.n, rng)
        solved = problem.solve(problem.joint.color(germ), what=self.label)
        kept = ~solved.failed
        degree = regression_degree(problem, int(kept.sum()), self.share_degree)
        statistics = {}
        for output in solved.outputs:
            values = solved.flat(output)[kept]
            moments = _moments(values, problem.levels)
            moments |= intervals(moments, len(values), np.inf, solved.outputs[output].attrs) | {
                "tail_share": _tail_share(values)
            }
            statistics[output] = moments | _shares(problem, germ[kept], values, degree)
        draws = {name: solved.flat(name)[:, 0] for name, values in solved.outputs.items() if values.ndim == 1}
        notes = {"draws kept": str(int(kept.sum()))}
        return Outcome(solved, self.n, statistics, degree, notes, draws)


def _moments(values: Array, levels: Array) -> dict[str, Array]:
    """Moments and quantiles of each element over the draws (n_draw, n_element) that still run there.

    NaN where fewer than two run.
    """
    running = np.isfinite(values)
    n = running.sum(axis=0)
    enough = n > 1
    n = np.where(enough, n, 4)  # any number: these elements are set to NaN below
    mean = np.where(running, values, 0.0).sum(axis=0) / n
    deviation = np.where(running, values - mean, 0.0)
    var = (deviation**2).sum(axis=0) / (n - 1)
    fourth = (deviation**4).sum(axis=0) / n
    var_of_var = np.maximum(fourth - var**2 * (n - 3) / (n - 1), 0.0) / n
    quantile = np.full((len(levels), values.shape[1]), np.nan)
    complete = running.all(axis=0) & enough
    quantile[:, complete] = np.quantile(values[:, complete], levels, axis=0)
    for k in np.flatnonzero(~complete & enough):
        quantile[:, k] = np.quantile(values[running[:, k], k], levels)
    moments = {"mean": mean, "var": var, "mean_se": np.sqrt(var / n), "error": ratio(np.sqrt(var_of_var), 2 * var)}
    moments = {name: np.where(enough, numbers, np.nan) for name, numbers in moments.items()}
    return moments | {"quantile": quantile, "running_fraction": running.mean(axis=0)}


def _tail_share(values: Array) -> Array:
    """Share of the variance that the farthest draws carry, NaN where a draw is cut off."""
    complete = np.isfinite(values).all(axis=0)
    share = np.full(values.shape[1], np.nan)
    share[complete] = tail_share(values[:, complete])
    return share


def _shares(problem: Problem, germ: Array, values: Array, degree: int) -> dict[str, Array]:
    """Shares and their standard errors (n_source, n_element), NaN where a draw is cut off or draws are too few."""
    complete = np.isfinite(values).all(axis=0)
    share, error = np.full((2, len(problem.sources), values.shape[1]), np.nan)
    if degree and complete.any():
        share[:, complete], error[:, complete] = regressed_shares(problem, germ, values[:, complete], degree)
    return {"share": share, "share_se": error}
