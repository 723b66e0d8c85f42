r"""Failed samples: how many of the drawn ones, and with which coefficients and sources they lie.

The failed points are compared with the germ's own distribution: of every germ their mean m and mean square v about it, whose
distance from 0 and 1 is that of Kullback and Leibler between normal distributions [1]_,

.. math:: \tfrac12 (m^2 + v - 1 - \ln v) ,

summed over the germs of a source and divided by the sum over all. It sees failures at one end of a germ and at both.

.. [1] S. Kullback, R. A. Leibler, Ann. Math. Stat. 22 (1951) 79.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.propagation.intervals import jackknife_error
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.problem import Outcome, Problem
from a2c_pybamm.propagation.shares import ratio


@dataclass(frozen=True)
class PlaceCriterion:
    """Limits from which the place of failed points is given."""

    fewest_failed: int = 5
    """Failed points at least: the error of their mean is then 1/√5 = 0.45 σ."""
    shift_errors: float = 3.0
    """Standard errors 1/√n of the n failed points' mean, within which a coefficient counts as unmoved at them."""
    least_spread: float = 0.01
    """Smallest mean square of failed points about their mean that is counted: its logarithm stays finite."""


PLACE = PlaceCriterion()


def counted_failures(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes, those with plain points with "failed_fraction" and its standard error for every scalar output."""
    return [_counted(outcome) for outcome in outcomes]


def _counted(outcome: Outcome) -> Outcome:
    if outcome.plain is None or not len(outcome.plain.rows):
        return outcome
    statistics = {}
    for output, numbers in outcome.statistics.items():
        statistics[output] = dict(numbers)
        if outcome.solved.outputs[output].ndim == 1:
            missing = ~np.isfinite(outcome.solved.flat(output)[outcome.plain.rows, 0])
            fraction, error = _fraction(missing.astype(float), outcome.plain.group)
            statistics[output] |= {"failed_fraction": np.array([fraction]), "failed_fraction_se": np.array([error])}
    return replace(outcome, statistics=statistics)


def _fraction(missing: Array, group: NDArray[np.int64]) -> tuple[float, float]:
    """Fraction of points, and the larger of its jackknife and its binomial standard error."""
    fraction = float(missing.mean())
    labels = np.unique(group)
    spread = 0.0
    if len(labels) > 1:
        spread = float(jackknife_error(np.array([missing[group != k].mean() for k in labels])))
    return fraction, max(spread, float(np.sqrt(fraction * (1 - fraction) / len(missing))))


def failure_place(problem: Problem, outcome: Outcome) -> tuple[Array, Array]:
    """Mean of the failed points' coefficients in standard deviations (n_coefficient,), and share of each source (n_source,).

    NaN where fewer than five plain points failed, or all of them.
    """
    joint, plain = problem.joint, outcome.plain
    shift, share = np.full(len(problem.names), np.nan), np.full(len(problem.sources), np.nan)
    if plain is None:
        return shift, share
    failed = outcome.solved.failed[plain.rows]
    if failed.sum() < PLACE.fewest_failed or failed.all():
        return shift, share
    germ = plain.germ[failed]
    deviation = joint.root @ germ.mean(axis=0)
    shift = ratio(deviation, joint.std)
    spread = np.maximum(germ.var(axis=0), PLACE.least_spread)
    distance = (germ.mean(axis=0) ** 2 + spread - 1 - np.log(spread)) / 2
    owner = np.array(joint.germ_sources)
    by_source = np.array([distance[owner == source].sum() for source in problem.sources])
    return shift, ratio(by_source, by_source.sum())
