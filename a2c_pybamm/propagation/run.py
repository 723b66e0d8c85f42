"""Propagation of a joint error through a model, by one or several methods side by side."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Any

import numpy as np
import xarray as xr

from a2c_pybamm.estimate import Joint
from a2c_pybamm.propagation.layout import assemble, check_names
from a2c_pybamm.propagation.model import Model, Progress
from a2c_pybamm.propagation.problem import Method, match
from a2c_pybamm.propagation.verdict import add_verdicts


def propagate(
    model: Model,
    joint: Joint,
    *methods: Method,
    rng: np.random.Generator,
    progress: Progress | None = None,
    max_failed: float = 0.05,
) -> xr.Dataset:
    """Statistics of every output of a model, with the error each method makes, side by side along ``approach``.

    For every output ``v``: ``v_mean``, ``v_var``, ``v_std``, ``v_quantile`` (quantile), ``v_share`` (source), ``v_error`` (the
    relative error of the standard deviation as the method itself estimates it), ``v_mean_se``, ``v_share_se``, ``v_q2``,
    ``v_mean_shift``, ``v_nonlinear``, ``v_gradient`` (coefficient), on the output's own axes, NaN where a method has no such
    number; the ends of 95 % intervals (``v_mean_low``, ``v_std_high``, …, see `intervals`), ``v_departure`` (scouts) and
    ``v_tail``; for outputs on an axis ``v_running``; for scalars ``v_verdict``, one sentence for each method, and
    ``v_decision`` and ``v_more_solves``, what to believe and what it would still cost.

    Also ``n_solves``, ``n_failed``, ``share_degree``, ``settings``, attributes ``seed`` (the same numbers come from it again)
    and ``versions``, one row for each failed sample (dimension ``failure``), and after sampling the draws
    (``coefficient_draws``, ``v_draws`` of scalar outputs). After chaos the polynomial itself: ``v_expansion`` (term, axes),
    ``exponent``, ``germ_source``, ``germ_family``, ``germ_factor``, ``coefficient_mean``, for `sensitivity_indices` and
    `to_chaospy`; of several orders the last one given is kept (``exponent.attrs["approach"]``). Writes to netCDF.

    Parameters
    ----------
    model
        Anything with ``names`` and ``solve(samples)``; see `Model`. Wrap a plain function with `from_function`.
    joint
        Holds every coefficient of the model, in any order; others are not passed.
    methods
        `FirstOrder`, `AdaptiveChaos`, `PolynomialChaos`, `SpectralProjection`, `MonteCarlo`; at least one, each label once.
    progress
        Called with the number of solves just finished.
    max_failed
        Largest fraction of failed samples, for each method, that is borne.

    Raises
    ------
    ValueError
        If a coefficient is missing, no coefficient carries an error, too many samples fail, or a name cannot be written.
    """
    _check(methods, rng, max_failed)
    origin = _seed(rng) | _versions(model)
    problem = match(model, joint, max_failed=max_failed, progress=progress)
    outcomes = []
    for method in methods:
        outcomes.append(method.run(problem, rng))
        check_names(outcomes[-1].solved.outputs)
    return add_verdicts(assemble(problem, methods, outcomes), methods).assign_attrs(origin)


def _seed(rng: np.random.Generator) -> dict[str, str]:
    """What the random numbers came from, as far as the generator says it: its kind, entropy, and how often it was split."""
    generator = rng.bit_generator
    sequence = getattr(generator, "seed_seq", None)
    entropy, key = getattr(sequence, "entropy", "unknown"), getattr(sequence, "spawn_key", ())
    children = getattr(sequence, "n_children_spawned", 0)
    return {"seed": f"{type(generator).__name__}, entropy {entropy}, spawn key {tuple(key)}, {children} children before"}


def _versions(model: Any) -> dict[str, str]:
    """Versions of what the numbers depend on, those that the model names among them."""
    own = {name: version(name) for name in ("a2c_pybamm", "numpy", "scipy", "chaospy", "xarray")}
    python = {"python": ".".join(map(str, sys.version_info[:3]))}
    found = {**own, **python, **dict(getattr(model, "versions", {}))}
    return {"versions": ", ".join(f"{name} {number}" for name, number in found.items())}


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
    labels = [method.label for method in methods]
    repeated = {label for label in labels if labels.count(label) > 1}
    if repeated:
        raise ValueError(f"propagate: method {repeated.pop()!r} is given twice; run it in a second call")
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"propagate: rng is {rng!r}; give np.random.default_rng(seed)")
    if not 0 <= max_failed < 1:
        raise ValueError(f"propagate: max_failed is {max_failed:g}; give a fraction in [0, 1)")
