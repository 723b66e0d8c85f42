"""Propagation of a joint error through a model, by one or several methods side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from a2c_pybamm.estimate import Joint, named_stream
from a2c_pybamm.propagation.answer import MethodKind
from a2c_pybamm.propagation.failed_samples import counted_failures
from a2c_pybamm.propagation.layout import assemble
from a2c_pybamm.propagation.model import Array, Model, Progress
from a2c_pybamm.propagation.problem import QUANTILES, Method, Outcome, Problem, match
from a2c_pybamm.propagation.provenance import provenance
from a2c_pybamm.propagation.round_off import certain_outcome, without_round_off
from a2c_pybamm.propagation.surrogate_test import tested
from a2c_pybamm.propagation.verdict import add_verdicts
from a2c_pybamm.result import Result, build_result, check_labels, check_names


def propagate(
    model: Model,
    joint: Joint,
    *methods: Method,
    rng: np.random.Generator,
    progress: Progress | None = None,
    expect: Progress | None = None,
    max_failed: float = 0.05,
    quantiles: Sequence[float] = QUANTILES,
) -> Result:
    """Statistics of every output of a model, with the error each method makes, side by side along ``approach``.

    A tree: under ``outputs`` a node for each output, each with the same variables on the output's own axes (all of them with
    their meaning in `a2c_pybamm.result.statistics`): ``mean``, ``std``, ``var``, ``quantile`` (level), ``share`` and
    ``share_se`` (source), ``error`` (relative error of the standard deviation as the method itself estimates it), ``q2``, and
    what some method gives beside them, NaN where a method has no such number. Outputs that are one number also have
    ``status`` and ``verdict`` for each method, and ``recommendation``, ``decision`` and ``more_solves``, what to take and what
    it would still cost. ``result["capacity"]["std"].sel(approach="sampling")`` reads one number.

    At the root ``n_solves``, ``n_failed``, ``share_degree``, ``settings`` (approach). Every solve is kept with its scalar
    outputs, NaN where it failed: node ``draws`` those of sampling, node ``design`` the points that other methods chose, node
    ``failures`` a row for each failed sample. Attributes ``seed``, ``random generator`` and ``versions`` say what makes the
    result again, see `generator_of`. Node ``expansion`` has the polynomial of each method that fitted one, for
    `sensitivity_indices` and `to_chaospy`. Written by `write_result`, read by `read_result`.

    Parameters
    ----------
    model
        Anything with ``names`` and ``solve(samples)``; see `Model`. Wrap a plain function with `from_function`.
    joint
        Holds every coefficient of the model, in any order; others are not passed.
    methods
        `FirstOrder`, `AdaptiveChaos`, `PolynomialChaos`, `MonteCarlo`; at least one, each label once.
    rng
        Start of all random numbers. Each method draws from its own stream, made from one number of ``rng`` and the method's
        label, and in it each source from its own: a method or a source more changes no other draw.
    progress
        Called with the number of solves just finished.
    expect
        Called with the number of solves of the whole run as far as it is known: before the first, and again where a method
        ended with fewer than it might have taken.
    max_failed
        Fraction of failed samples above which a decision begins with it. Answers are of the samples that work.
    quantiles
        Levels of the quantiles, rising, between 0 and 1.

    Raises
    ------
    ValueError
        If a coefficient is missing, a name cannot be written, or the quantile levels do not rise between 0 and 1.
    """
    _check(methods, rng, max_failed)
    made_with = provenance(model, rng)  # before the first number is drawn
    start = int(rng.integers(2**63))
    count = _Count(progress, expect)
    problem = match(model, joint, progress=count.advance, levels=_levels(quantiles))
    outcomes = _certain(problem, methods, count) or _run(problem, methods, start, count)
    count.expect(0)
    _check_solved(outcomes)
    outcomes = counted_failures(tested(problem, without_round_off(problem, outcomes)))
    parts = add_verdicts(assemble(problem, methods, outcomes), methods, max_failed)
    return build_result(parts.root.assign_attrs(made_with), parts.outputs, parts.nodes)


def _run(problem: Problem, methods: Sequence[Method], start: int, count: _Count) -> list[Outcome]:
    """Outcome of each method, one after the other."""
    outcomes = []
    for k, method in enumerate(methods):
        count.expect(sum(m.planned(problem) for m in methods[k:]))
        outcome = method.run(problem, named_stream(start, method.label))
        if not isinstance(outcome, Outcome):
            raise ValueError(f"propagate: {method.label} returns {type(outcome).__name__}; a method returns an Outcome")
        outcomes.append(outcome)
        check_names(outcome.solved.outputs)
    return outcomes


def _check_solved(outcomes: Sequence[Outcome]) -> None:
    """Raise ``ValueError`` with the most frequent cause where no sample of any method could be solved."""
    failed = np.concatenate([outcome.solved.failed for outcome in outcomes])
    if not failed.all():
        return
    cause = np.concatenate([outcome.solved.cause for outcome in outcomes])
    reason = np.concatenate([outcome.solved.reason for outcome in outcomes])
    name, count = Counter(map(str, cause)).most_common(1)[0]
    raise ValueError(
        f"propagate: all {len(failed)} samples failed; most frequent cause ({count} times): {name}, e.g. "
        f"{reason[cause == name][0]!r}. Mend the cause, or narrow the error bars"
    )


def _certain(problem: Problem, methods: Sequence[Method], count: _Count) -> list[Outcome]:
    """Outcome of each method where no coefficient carries an error, from one solve; empty where one does."""
    if problem.joint.sources:
        return []
    count.expect(1)
    solved = problem.solve(problem.joint.mean[None])
    check_names(solved.outputs)
    return [certain_outcome(problem, solved, method) for method in methods]


def _levels(quantiles: Sequence[float]) -> Array:
    """Levels of quantiles as an array; ``ValueError`` where they do not rise between 0 and 1."""
    levels = np.atleast_1d(np.array(quantiles, float))
    if levels.ndim != 1 or not levels.size or not ((levels > 0) & (levels < 1)).all() or not (np.diff(levels) > 0).all():
        raise ValueError(
            f"propagate: quantiles are {quantiles!r}; give rising levels between 0 and 1, e.g. (0.025, 0.5, 0.975)"
        )
    return levels


class _Count:
    """Solves done, told on; the one thing here that changes."""

    def __init__(self, progress: Progress | None, expect: Progress | None) -> None:
        self._progress, self._expect, self._done = progress, expect, 0

    def advance(self, n: int) -> None:
        self._done += n
        if self._progress is not None:
            self._progress(n)

    def expect(self, further: int) -> None:
        if self._expect is not None:
            self._expect(self._done + further)


def planned_solves(model: Model, joint: Joint, *methods: Method) -> int:
    """Number of solves that ``propagate`` will ask of a model, for a progress bar."""
    problem = match(model, joint)
    return sum(method.planned(problem) for method in methods) if problem.joint.sources else 1


def _check(methods: tuple[Any, ...], rng: Any, max_failed: float) -> None:
    if not methods:
        raise ValueError("propagate: no method given; e.g. propagate(model, joint, FirstOrder(), MonteCarlo(1000), rng=rng)")
    for method in methods:
        if isinstance(method, type) or not hasattr(method, "run"):
            raise ValueError(
                f"propagate: {method!r} is not a method; give e.g. FirstOrder(), PolynomialChaos() or MonteCarlo()"
            )
        label, kind = getattr(method, "label", None), getattr(method, "kind", MethodKind.OTHER)
        if not (isinstance(label, str) and label and callable(getattr(method, "planned", None))):
            raise ValueError(f"propagate: {method!r} has no text as label, or no planned(problem); see propagation.Method")
        if kind not in set(MethodKind):
            raise ValueError(f"propagate: {label} is of kind {kind!r}; take a MethodKind ({', '.join(MethodKind)})")
    labels = [method.label for method in methods]
    check_labels(labels)
    repeated = {label for label in labels if labels.count(label) > 1}
    if repeated:
        raise ValueError(f"propagate: method {repeated.pop()!r} is given twice; run it in a second call")
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"propagate: rng is {rng!r}; give np.random.default_rng(seed)")
    if not 0 <= max_failed < 1:
        raise ValueError(f"propagate: max_failed is {max_failed:g}; give a fraction in [0, 1)")
