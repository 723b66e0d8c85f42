r"""Sampling: points with the distribution of the coefficients, and errors that hold whatever the shape of the model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, log2
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.estimate.germs import LEAST_DRAWS
from a2c_pybamm.propagation.answer import MethodKind
from a2c_pybamm.propagation.germ_basis import N_SCRAMBLING, replicated_germ
from a2c_pybamm.propagation.intervals import intervals, tail_share
from a2c_pybamm.propagation.methods.jackknife import group_moments, quantiles_of_running
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.problem import Outcome, PlainPoints, Problem, no_answer
from a2c_pybamm.propagation.shares import N_JACKKNIFE_GROUP, ratio, regressed_shares, regression_degree


@dataclass(frozen=True)
class AddedError:
    """Shares of the errors of independent points that are added in squares to those from the spread of scramblings.

    The spread of eight scramblings gives an error to a quarter, and hardly that of a tail which lies in the outermost point of
    each: now and then they are alike by chance. Smooth functions of ten inputs gain as much on independent points, seldom more.
    """

    std: float = 0.25
    """Share of the relative error of the standard deviation."""
    mean: float = 0.1
    """Share of the error of the mean."""


ADDED_ERROR = AddedError()
"""Shares of all sampling."""


@dataclass(frozen=True)
class MonteCarlo:
    r"""Settings of sampling with ``n`` points, those of eight independent scramblings of a Sobol' sequence.

    The number is rounded up to 8 · 2^k, so that each scrambling fills the distribution evenly. Standard errors come from
    leaving out one scrambling in turn (`jackknife`), those of quantiles from the scramblings' spread; all are 1.21 times wider,
    so that ±1.96 of them hold 95 % (Student's t, seven degrees of freedom). Of smooth outputs the error falls faster than that
    of independent draws; of any other it is no larger. A quarter of the error of independent draws is added in squares to that
    of the std, a tenth to that of the mean: eight scramblings may be alike by chance (`AddedError`).

    With ``points="random"`` exactly n independent draws, each source in its own stream, and textbook errors: of the mean
    :math:`s/\sqrt n`; of the variance from the fourth central moment,
    :math:`\operatorname{Var} s^2 = [m_4 - s^4 (n-3)/(n-1)]/n`, hence of the standard deviation
    :math:`\sqrt{\operatorname{Var} s^2}/2s`.

    Statistics are over the samples that have a number: an output's own failures, and what lies behind a cut-off, are left out.
    Shares of variance need no further solves: they are regressed from the points, at the highest degree up to
    ``share_degree`` with ten points for each term; past the first cut-off of an axis they are not defined and are NaN.
    """

    n: int = 1000
    share_degree: int = 3
    points: Literal["sobol", "random"] = "sobol"

    kind: ClassVar[MethodKind] = MethodKind.SAMPLING

    def __post_init__(self) -> None:
        if not isinstance(self.n, int | np.integer):
            raise ValueError(f"MonteCarlo: n is {self.n!r}; give a whole number")
        if self.n < LEAST_DRAWS:
            raise ValueError(f"MonteCarlo: n is {self.n}; take at least {LEAST_DRAWS} draws")
        if self.share_degree < 1:
            raise ValueError(f"MonteCarlo: share_degree is {self.share_degree}; take 1 or more")
        if self.points not in ("sobol", "random"):
            raise ValueError(f"MonteCarlo: points is {self.points!r}; take 'sobol' or 'random'")

    @property
    def label(self) -> str:
        return "sampling"

    @property
    def n_point(self) -> int:
        """Number of points: n, of scramblings rounded up to 8 · 2^k."""
        return self.n if self.points == "random" else N_SCRAMBLING * 2 ** max(0, ceil(log2(self.n / N_SCRAMBLING)))

    def planned(self, problem: Problem) -> int:
        """Number of solves that it takes."""
        return self.n_point

    def run(self, problem: Problem, rng: np.random.Generator) -> Outcome:
        """Statistics of the points that did not fail."""
        germ, group = self._germ(problem, rng)
        solved = problem.solve(problem.joint.color(germ))
        kept = ~solved.failed
        plain = PlainPoints(germ, group, np.arange(len(germ)))
        if not kept.any():
            return replace(no_answer(problem, solved, "every sample failed"), plain=plain)
        degree = regression_degree(problem, int(kept.sum()), self.share_degree)
        statistics = {}
        for output in solved.outputs:
            values = solved.flat(output)[kept]
            moments = self._moments(problem, values, group[kept])
            moments |= intervals(moments, max(len(values), 1), solved.outputs[output].attrs)
            shares = _shares(problem, germ[kept], values, group[kept], degree)
            statistics[output] = moments | shares | {"tail_share": _tail_share(values)}
        draws = {name: solved.flat(name)[:, 0] for name, values in solved.outputs.items() if values.ndim == 1}
        notes = {"draws kept": str(int(kept.sum()))}
        return Outcome(solved, len(germ), statistics, degree, notes, draws, plain=plain)

    def _germ(self, problem: Problem, rng: np.random.Generator) -> tuple[Array, NDArray[np.int64]]:
        """Points (n_point, n_germ) and the group of each; independent draws are dealt out to twenty groups."""
        if self.points == "random":
            return problem.joint.draw_germ(self.n, rng), np.arange(self.n) % N_JACKKNIFE_GROUP
        return replicated_germ(self.n_point // N_SCRAMBLING, problem.joint.germ_families, rng)

    def _moments(self, problem: Problem, values: Array, group: NDArray[np.int64]) -> dict[str, Array]:
        plain = _moments(values)
        if self.points == "random":
            running = np.isfinite(values)
            quantile = np.where(running.sum(axis=0) > 1, quantiles_of_running(values, running, problem.levels), np.nan)
            return plain | {"quantile": quantile, "running_fraction": running.mean(axis=0)}
        moments = group_moments(values, group, problem.levels)
        return moments | {
            "error": np.hypot(moments["error"], ADDED_ERROR.std * plain["error"]),
            "mean_se": np.hypot(moments["mean_se"], ADDED_ERROR.mean * plain["mean_se"]),
        }


def _moments(values: Array) -> dict[str, Array]:
    """Moments of each element over the draws (n_draw, n_element) that still run there, and errors of independent draws.

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
    moments = {"mean": mean, "var": var, "mean_se": np.sqrt(var / n), "error": ratio(np.sqrt(var_of_var), 2 * var)}
    return {name: np.where(enough, numbers, np.nan) for name, numbers in moments.items()}


def _tail_share(values: Array) -> Array:
    """Share of the variance that the farthest samples carry, NaN where a curve is cut off; of a number those that have it."""
    share = np.full(values.shape[1], np.nan)
    if values.shape[1] == 1:
        values = values[np.isfinite(values[:, 0])]
    complete = np.isfinite(values).all(axis=0)
    if len(values):
        share[complete] = tail_share(values[:, complete])
    return share


def _shares(problem: Problem, germ: Array, values: Array, group: NDArray[np.int64], degree: int) -> dict[str, Array]:
    """Shares and their standard errors (n_source, n_element), NaN where a curve is cut off or samples are too few."""
    share, error = np.full((2, len(problem.sources), values.shape[1]), np.nan)
    if values.shape[1] == 1:
        has_number = np.isfinite(values[:, 0])
        values, germ, group = values[has_number], germ[has_number], group[has_number]
    complete = np.isfinite(values).all(axis=0)
    if degree and complete.any() and len(np.unique(group)) > 1:
        dense = np.unique(group, return_inverse=True)[1]
        share[:, complete], error[:, complete] = regressed_shares(problem, germ, values[:, complete], dense, degree)
    return {"share": share, "share_se": error}
