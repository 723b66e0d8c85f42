"""Propagation of a joint error through a model, by one or several methods side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from a2c_pybamm.estimate import Joint, named_stream
from a2c_pybamm.propagation.layout import assemble, check_names
from a2c_pybamm.propagation.model import Model, Progress
from a2c_pybamm.propagation.problem import Method, Outcome, match
from a2c_pybamm.propagation.provenance import provenance
from a2c_pybamm.propagation.status import MethodKind
from a2c_pybamm.propagation.verdict import add_verdicts


def propagate(
    model: Model,
    joint: Joint,
    *methods: Method,
    rng: np.random.Generator,
    progress: Progress | None = None,
    expect: Progress | None = None,
    max_failed: float = 0.05,
) -> xr.Dataset:
    """Statistics of every output of a model, with the error each method makes, side by side along ``approach``.

    For every output ``v``: ``v_mean``, ``v_var``, ``v_std``, ``v_quantile`` (quantile), ``v_share`` (source), ``v_error`` (the
    relative error of the standard deviation as the method itself estimates it), ``v_mean_se``, ``v_share_se``, ``v_q2``,
    ``v_mean_shift``, ``v_nonlinear``, ``v_gradient`` (coefficient), on the output's own axes, NaN where a method has no such
    number; the ends of 95 % intervals (``v_mean_low``, ``v_std_high``, …, see `intervals`), ``v_departure`` (scouts) and
    ``v_tail``; for outputs on an axis ``v_running``; for scalars ``v_verdict``, one sentence for each method, and
    ``v_decision`` and ``v_more_solves``, what to believe and what it would still cost.

    Also ``n_solves``, ``n_failed``, ``share_degree``, ``settings``, and one row for each failed sample (dimension ``failure``).
    Every solve is kept with its scalar outputs, NaN where it failed: the draws of sampling (``coefficient_draws``,
    ``v_draws``, dimension ``draw``), and the points that other methods chose (``design_approach``, ``coefficient_design``,
    ``v_design``, dimension ``design``). Attributes ``seed``, ``random generator`` and ``versions`` say what makes the result
    again, see `generator_of`. After chaos the polynomial itself: ``v_expansion`` (term, axes), ``exponent``, ``germ_source``,
    ``germ_family``, ``germ_factor``, ``coefficient_mean``, for `sensitivity_indices` and `to_chaospy`; of several orders the
    last one given is kept (``exponent.attrs["approach"]``). Writes to netCDF.

    Parameters
    ----------
    model
        Anything with ``names`` and ``solve(samples)``; see `Model`. Wrap a plain function with `from_function`.
    joint
        Holds every coefficient of the model, in any order; others are not passed.
    methods
        `FirstOrder`, `AdaptiveChaos`, `PolynomialChaos`, `SpectralProjection`, `MonteCarlo`; at least one, each label once.
    rng
        Start of all random numbers. Each method draws from its own stream, made from one number of ``rng`` and the method's
        label, and in it each source from its own: a method or a source more changes no other draw.
    progress
        Called with the number of solves just finished.
    expect
        Called with the number of solves of the whole run as far as it is known: before the first, and again where a method
        ended with fewer than it might have taken.
    max_failed
        Largest fraction of failed samples, for each method, that is borne.

    Raises
    ------
    ValueError
        If a coefficient is missing, no coefficient carries an error, too many samples fail, or a name cannot be written.
    """
    _check(methods, rng, max_failed)
    made_with = provenance(model, rng)  # before the first number is drawn
    start = int(rng.integers(2**63))
    count = _Count(progress, expect)
    problem = match(model, joint, max_failed=max_failed, progress=count.advance)
    outcomes = []
    for k, method in enumerate(methods):
        count.expect(sum(m.planned(problem) for m in methods[k:]))
        outcome = method.run(problem, named_stream(start, method.label))
        if not isinstance(outcome, Outcome):
            raise ValueError(f"propagate: {method.label} returns {type(outcome).__name__}; a method returns an Outcome")
        outcomes.append(outcome)
        check_names(outcomes[-1].solved.outputs)
    count.expect(0)
    return add_verdicts(assemble(problem, methods, outcomes), methods).assign_attrs(made_with)


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
    problem = match(model, joint, max_failed=1.0, progress=None)
    return sum(method.planned(problem) for method in methods)


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
    repeated = {label for label in labels if labels.count(label) > 1}
    if repeated:
        raise ValueError(f"propagate: method {repeated.pop()!r} is given twice; run it in a second call")
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"propagate: rng is {rng!r}; give np.random.default_rng(seed)")
    if not 0 <= max_failed < 1:
        raise ValueError(f"propagate: max_failed is {max_failed:g}; give a fraction in [0, 1)")
