r"""Outputs that vary by round-off alone, and models without an error: both have a plain answer.

An output is round-off where moving the coefficients by a few units in their last place changes it as much as their whole
distribution does. Only outputs that are tiny beside the coefficients are looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from a2c_pybamm.constants import RELATIVE_ROUND_OFF
from a2c_pybamm.propagation.answer import MethodKind
from a2c_pybamm.propagation.model import Array
from a2c_pybamm.propagation.problem import Method, Outcome, Problem, Solved


@dataclass(frozen=True)
class RoundOffCriterion:
    """Limits from which an output is looked at, and counts as round-off."""

    tiny: float = 1e-9
    """Standard deviation over the largest coefficient below which an output is looked at."""
    moved_by: float = 64 * float(np.finfo(float).eps)
    """Largest move of the coefficients, over their size and standard deviation."""
    n_moved: int = 16
    """Samples that are solved again."""
    share: float = 0.1
    """Change by that move, over the standard deviation, from which an output is round-off."""


ROUND_OFF = RoundOffCriterion()


def without_round_off(problem: Problem, outcomes: Sequence[Outcome], criterion: RoundOffCriterion = ROUND_OFF) -> list[Outcome]:
    """The outcomes; outputs that vary by round-off alone have a variance of zero in them."""
    solved = max(outcomes, key=lambda outcome: len(outcome.solved.samples)).solved
    kept = np.flatnonzero(~solved.failed)
    kept = kept[:: max(1, len(kept) // criterion.n_moved)]
    scale = float(np.maximum(np.abs(problem.joint.mean), problem.joint.std).max(initial=0.0))
    suspects = {name: std for name, std in _stds(outcomes).items() if 0 < std <= criterion.tiny * scale}
    if not suspects or not len(kept):
        return list(outcomes)
    samples = solved.samples[kept]
    moves = criterion.moved_by * np.random.default_rng(0).uniform(-1, 1, samples.shape) * (np.abs(samples) + problem.joint.std)
    again = replace(problem, progress=None).solve(samples + moves)
    constant = set()
    for name, std in suspects.items():
        change = again.flat(name) - solved.flat(name)[kept]
        if np.isfinite(change).any() and float(np.sqrt(np.nanmean(change**2))) >= criterion.share * std:
            constant.add(name)
    return [
        replace(outcome, statistics={n: _still(s) if n in constant else s for n, s in outcome.statistics.items()})
        for outcome in outcomes
    ]


def _stds(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Largest standard deviation of each scalar output by any method; 0 where that is round-off of its own mean."""
    stds = {}
    for name, values in outcomes[0].solved.outputs.items():
        if values.ndim == 1:
            numbers = [(np.sqrt(o.statistics[name]["var"][0]), abs(o.statistics[name]["mean"][0])) for o in outcomes]
            stds[name] = max((float(std) for std, mean in numbers if std > RELATIVE_ROUND_OFF * mean), default=0.0)
    return stds


def _still(statistics: Mapping[str, Array]) -> dict[str, Array]:
    """Statistics of an output that does not vary."""
    return constant_statistics(statistics["mean"], statistics["quantile"].shape[0], statistics["share"].shape[0]) | {
        name: values for name, values in statistics.items() if name in ("running_fraction", "expansion", "gradient")
    }


def constant_statistics(mean: Array, n_level: int, n_source: int) -> dict[str, Array]:
    """Statistics (…, n_element) of outputs that do not vary; NaN where the mean is."""
    nothing = np.where(np.isfinite(mean), 0.0, np.nan)
    return {
        "mean": mean,
        "var": nothing,
        "quantile": np.tile(mean, (n_level, 1)),
        "share": np.tile(nothing, (n_source, 1)),
        "error": nothing,
        "mean_se": nothing,
    }


def certain_outcome(problem: Problem, solved: Solved, method: Method) -> Outcome:
    """Answer of any method where no coefficient carries an error: the one solve at the mean."""
    levels, sources = len(problem.levels), len(problem.sources)
    statistics = {}
    for output in solved.outputs:
        value = solved.flat(output)[0]
        running = {"running_fraction": np.isfinite(value).astype(float)}
        statistics[output] = constant_statistics(value, levels, sources) | running
    samples = getattr(method, "kind", MethodKind.OTHER) is MethodKind.SAMPLING
    draws = {name: solved.flat(name)[:, 0] for name, v in solved.outputs.items() if v.ndim == 1} if samples else {}
    return Outcome(solved, 1, statistics, share_degree=0, draws=draws)
