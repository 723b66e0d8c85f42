r"""Test of tangents and polynomials on points with the distribution of the coefficients.

At every plain point with a number :math:`y_i` stands the prediction :math:`\hat y_i`. Compared are single values (the largest
residual, :math:`Q^2`), and what the predictions make of the same points: the difference of means
:math:`\langle y-\hat y\rangle` and :math:`\ln s_y/s_{\hat y}`, each with its jackknife error over the groups of points. Both
are differences on common points, so that they are known far better than mean and standard deviation themselves. Where points
failed, the predictions say what leaving these out does to mean and standard deviation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.constants import RELATIVE_ROUND_OFF
from a2c_pybamm.propagation.intervals import HALF_WIDTH, jackknife_error, matched
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.problem import Outcome, PlainPoints, Problem
from a2c_pybamm.propagation.shares import ratio


@dataclass(frozen=True)
class SurrogateTest:
    """Settings of the test."""

    least_points: int = 20
    """Points with a number from which anything is tested."""


SURROGATE_TEST = SurrogateTest()
"""Settings of all tests."""


def tested(problem: Problem, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes, those of tangents and polynomials with the statistics of their test for every scalar output.

    "test_n", "draw_residual", "draw_q2", "draw_mean", "draw_mean_se", "draw_log_std", "draw_log_std_se", "survivor_shift"
    (1,). The points are those of the method that samples; without one, those that another method had drawn, or its own by fits
    that did not see them.
    """
    judge = next((outcome for outcome in outcomes if outcome.draws and outcome.plain is not None), None)
    drawn = next((outcome for outcome in outcomes if outcome.plain is not None), None)
    return [outcome if outcome.draws else _tested(problem, outcome, judge or drawn) for outcome in outcomes]


def _tested(problem: Problem, outcome: Outcome, judge: Outcome | None) -> Outcome:
    if judge is None or judge.plain is None:
        return outcome
    statistics = {}
    for output, numbers in outcome.statistics.items():
        statistics[output] = dict(numbers)
        round_off = numbers["var"][0] == 0 == judge.statistics[output]["var"][0]
        if judge.solved.outputs[output].ndim > 1 or round_off:
            continue
        values = judge.solved.flat(output)[judge.plain.rows, 0]
        own = judge.plain.left_out.get(output) if outcome is judge else None
        predicted = own if outcome is judge else _prediction(problem, outcome, output, judge.plain)
        if predicted is not None and np.isfinite(predicted).all():
            found = compared(values, predicted, judge.plain.group)
            statistics[output] |= found
            if found and outcome is not judge:
                statistics[output] |= widened(numbers, found, tangent=outcome.basis is None)
    return replace(outcome, statistics=statistics)


def _prediction(problem: Problem, outcome: Outcome, output: str, points: PlainPoints) -> Array | None:
    """Values (n_point,) of a method's tangent or polynomial; None where it has neither."""
    numbers: Mapping[str, Array] = outcome.statistics[output]
    if outcome.basis is not None and "expansion" in numbers:
        return np.asarray(outcome.basis.evaluate(points.germ) @ numbers["expansion"][:, 0])
    if "gradient" in numbers:
        moving = problem.joint.std > 0
        slope = problem.joint.root[moving].T @ numbers["gradient"][moving, 0]
        return np.asarray(numbers["mean"][0] + points.germ @ slope)
    return None


def compared(values: Array, predicted: Array, group: NDArray[np.int64]) -> dict[str, Array]:
    """Statistics of a test on values (n_point,), NaN where a point failed; empty where too few have a number."""
    kept = np.isfinite(values)
    y, p, parts = values[kept], predicted[kept], group[kept]
    if len(y) < SURROGATE_TEST.least_points or len(np.unique(parts)) < 2 or not y.std() > RELATIVE_ROUND_OFF * abs(y.mean()):
        return {}
    without = np.array([_differences(y[parts != k], p[parts != k]) for k in np.unique(parts)])
    mean, log_std = _differences(y, p)
    factor = matched(len(without) - 1)
    mean_se = factor * float(jackknife_error(without[:, 0]))
    log_std_se = factor * float(jackknife_error(without[:, 1])) if np.isfinite(without[:, 1]).all() else np.inf
    found = {
        "test_n": float(len(y)),
        "draw_residual": float(np.abs(y - p).max() / y.std()),
        "draw_q2": 1 - float(((y - p) ** 2).mean() / y.var()),
        "draw_mean": mean,
        "draw_mean_se": mean_se,
        "draw_log_std": log_std,
        "draw_log_std_se": log_std_se,
        "survivor_shift": _survivor_shift(predicted, kept),
    }
    return {name: np.array([number]) for name, number in found.items()}


def widened(numbers: Mapping[str, Array], found: Mapping[str, Array], *, tangent: bool) -> dict[str, Array]:
    """Errors of mean and ln std, and the ends of their intervals, with what the test found.

    A tangent has the errors that the test shows. A polynomial's own are those of its answer, which may correct it: they grow by
    what the test shows beyond twice its own error. The numbers of those that give no error of their mean include the
    failed samples: what leaving these out would change is an error as well.
    """
    errors, shift = {}, found["survivor_shift"] if tangent or "mean_se" not in numbers else np.zeros(1)
    unit = {"error": np.ones(1), "mean_se": np.sqrt(numbers["var"])}
    for name, difference, spread in (("error", "draw_log_std", "draw_log_std_se"), ("mean_se", "draw_mean", "draw_mean_se")):
        size, own = np.abs(found[difference]), numbers.get(name, np.full(1, np.nan))
        twice = np.where(np.isfinite(found[spread]), 2 * found[spread], 0.0)
        beyond = np.hypot(own, np.maximum(size - twice, 0.0))
        shown = np.where(np.isfinite(own) & (not tangent), beyond, np.hypot(size, found[spread]))
        errors[name] = np.hypot(shown, shift * unit[name])
    if "std_low" not in numbers:
        return errors
    std, mean = np.sqrt(numbers["var"]), numbers["mean"]
    # an output that does not vary for the method has an infinite relative error, and no factor widens its std
    factor, reach = np.exp(HALF_WIDTH * np.where(std == 0, 0.0, errors["error"])), HALF_WIDTH * errors["mean_se"]
    return errors | {
        "std_low": np.minimum(numbers["std_low"], std / factor),
        "std_high": np.maximum(numbers["std_high"], std * factor),
        "mean_low": np.minimum(numbers["mean_low"], mean - reach),
        "mean_high": np.maximum(numbers["mean_high"], mean + reach),
    }


def _differences(values: Array, predicted: Array) -> tuple[float, float]:
    """Mean difference, and logarithm of the ratio of standard deviations (infinite where predictions do not vary)."""
    spread = predicted.std()
    log_std = float(np.log(values.std() / spread)) if spread > 0 and values.std() > 0 else np.inf
    return float((values - predicted).mean()), log_std


def _survivor_shift(predicted: Array, kept: NDArray[np.bool_]) -> float:
    """Change of mean (over std) or of ln std, whichever is larger, that leaving out failed points makes in predictions."""
    everything, survivors = predicted.std(), predicted[kept].std()
    if kept.all() or not everything > 0 or not survivors > 0:
        return 0.0
    shift = float(ratio(np.abs(predicted[kept].mean() - predicted.mean()), np.array(survivors)))
    return max(shift, abs(float(np.log(survivors / everything))))
