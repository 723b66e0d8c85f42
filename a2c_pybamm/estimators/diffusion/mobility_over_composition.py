"""Mobility from runs at several compositions and temperatures."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from a2c_pybamm.data import Array
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators.statistics.log_rates import Design, fit_log_rates, inverse_thermal_energy
from a2c_pybamm.laws.diffusion.arrhenius_mobility import ArrheniusMobility


def fit_mobility(
    runs: Mapping[tuple[float, float], Estimate],
    law: ArrheniusMobility,
    *,
    average_orders: bool = False,
    independent: Collection[str] = (),
) -> Estimate:
    r"""Prefactors and barriers of an `ArrheniusMobility` from :math:`\ln D` at compositions and temperatures.

    .. math::
        \ln D - n\ln(1-x) = \sum_{k\le p} A_k P_k(u) - \frac{1}{k_BT}\sum_{k\le q} E_k P_k(u)

    by generalised least squares with the joint covariance of all runs; order 0 is `fit_arrhenius`. The result is linear in the
    data, so that each source's factor is carried with its labels: what all runs share (a potential, a committee) stays
    correlated with all else that it touches.

    The orders are the law's. With ``average_orders`` the laws of order 0, 1, … up to it are averaged, with larger weights
    for the wider ones, and the spread between them is the source ``"<m> <l> order of the mobility"`` (`average_nested`).

    Where χ² refutes the law at 5 %, the runs' scatter about it is part of the error, as the source
    ``"<m> <l> mobility (misfit)"`` (`fit_misfit`).

    The provenance has χ² of the law and its p-value, and three z-scores, each the coefficient of one further term over its
    standard deviation, where it follows from the runs: ``curvature`` in 1/T, the ``next order in x`` of the prefactor, and the
    ``cross term``, the next order of the barrier. Beyond ±2 the term may be missing. The runs' bounds are there too: beyond
    them D is extrapolated, by a polynomial in x and a line in 1/T; the error bar grows as these do, and a change of
    mechanism is in no error bar (`mobility_at` has the place in its ``method``).

    Parameters
    ----------
    runs
        (composition, temperature [K]) → estimate with one coefficient, :math:`\ln D` of the law's ``motion``: from
        `fit_tracer_diffusivity` or `fit_jump_diffusivity`, several runs at one place from `average_replicas`.
    law
        Whose ``motion_names`` are estimated.
    independent
        Sources that estimates name alike although their realisations differ.

    Raises
    ------
    ValueError
        If runs are too few or the coefficients do not follow from their places, a place is impossible, an estimate has not just
        one coefficient, or the errors are fully shared.
    """
    what = f"{law.stem} mobility"
    places = sorted(runs)
    estimates = [runs[place] for place in places]
    x, temperature = np.array(places, dtype=float).reshape(-1, 2).T
    _validate_runs(what, law, x, temperature, estimates)
    design = _design(law, x, temperature, average_orders)
    design.validate_resolution(what, "add runs at other compositions and temperatures, or lower the orders")
    order = max(law.prefactor_order, law.barrier_order)
    fit = fit_log_rates(
        estimates,
        np.concatenate([run.mean for run in estimates]) - law.vacancies * np.log1p(-x),
        design,
        what=what,
        method=f"{law.kind} by generalised least squares" + (f", averaged over orders 0 to {order}" if average_orders else ""),
        quality={
            "orders": {"prefactor": law.prefactor_order, "barrier": law.barrier_order},
            "runs": len(estimates),
            "bounds of x": [float(x.min()), float(x.max())],
            "bounds of T [K]": [float(temperature.min()), float(temperature.max())],
        },
        order_source=f"{law.stem} order of the mobility",
        misfit_source=f"{what} (misfit)",
        independent=independent,
    )
    return fit.select(law.motion_names)


def mobility_at(estimate: Estimate, law: ArrheniusMobility, x: float, T: float) -> Estimate:
    r"""Logarithm of the measured diffusivity, :math:`\ln(D/[\mathrm{m^2 s^{-1}}])`, that a fit gives at x and T, by source.

    ``method`` states by how much the place lies beyond the runs, if it does.

    Raises
    ------
    ValueError
        If the estimate lacks a coefficient of the law's motion, or no vacancy is left at x.
    """
    _validate_places(law.material, law, np.array([x]), np.array([T]))
    motion = estimate.select(law.motion_names)
    row = _columns(law, np.array([x]), np.array([T]))
    name = f"{law.stem} ln(D x = {x:g}, {T:g} K [m2.s-1])"
    mean = row @ motion.mean + law.vacancies * np.log1p(-x)
    return motion.map([name], mean, row, method=f"{estimate.method}, {_place_in_words(estimate, x, T)}")


def _place_in_words(estimate: Estimate, x: float, T: float) -> str:
    """Position of a place relative to the bounds of the runs, in words."""
    fit = estimate.provenance.get("fit", {})
    outside = []
    for what, value, unit in (("x", x, ""), ("T", T, " K")):
        key = "bounds of T [K]" if unit else "bounds of x"
        low, high = fit.get(key, (-np.inf, np.inf))
        if not low <= value <= high:
            outside.append(f"{what} = {value:g}{unit} from runs at {low:g} to {high:g}{unit}")
    return f"extrapolated to {' and '.join(outside)}" if outside else "within the runs"


def _columns(law: ArrheniusMobility, x: Array, temperature: Array) -> Array:
    """Derivatives of ln D by the law's ``motion_names`` (n_run, n_coefficient)."""
    inverse = inverse_thermal_energy(temperature)
    prefactors, barriers = law.terms(x, law.prefactor_order), law.terms(x, law.barrier_order)
    return np.column_stack([*(term + 0 * x for term in prefactors), *(-term * inverse for term in barriers)])


def _design(law: ArrheniusMobility, x: Array, temperature: Array, average: bool) -> Design:
    """Columns by order, prefactor before barrier, so that laws of lower order are the first of them."""
    p, q = law.prefactor_order, law.barrier_order
    orders = np.array([*range(p + 1), *range(q + 1)])
    by_order = np.argsort(orders, kind="stable")
    sizes = tuple(int((orders <= k).sum()) for k in range(max(p, q) + 1))
    inverse = inverse_thermal_energy(temperature)
    bend = inverse - inverse.mean()
    tests = {
        "curvature": bend**2,
        "next order in x": law.terms(x, p + 1)[-1],
        "cross term": law.terms(x, q + 1)[-1] * bend,
    }
    names = tuple(law.motion_names[k] for k in by_order)
    return Design(_columns(law, x, temperature)[:, by_order], names, sizes if average else sizes[-1:], tests)


def _validate_runs(what: str, law: ArrheniusMobility, x: Array, temperature: Array, runs: list[Estimate]) -> None:
    _validate_places(what, law, x, temperature)
    for place_x, T, run in zip(x, temperature, runs, strict=True):
        if len(run.names) != 1:
            raise ValueError(f"{what}: estimate at x = {place_x:g}, {T:g} K has {len(run.names)} coefficients; select its ln D")
    need = max(law.prefactor_order, law.barrier_order) + 1
    n_x, n_T = len(np.unique(x)), len(np.unique(temperature))
    if n_x < need:
        raise ValueError(
            f"{what}: runs at {n_x} composition(s), a polynomial of order {need - 1} needs {need}; add compositions or lower "
            "the order"
        )
    if n_T < 2:
        raise ValueError(f"{what}: runs at {n_T} temperature(s), a barrier needs two, and three to be tested; add runs")


def _validate_places(what: str, law: ArrheniusMobility, x: Array, temperature: Array) -> None:
    if not (temperature > 0).all():
        raise ValueError(f"{what}: temperature {temperature.min():g} K; give places as (x, T), T in kelvin")
    if not ((x >= 0) & (x <= 1)).all():
        raise ValueError(f"{what}: x = {x[(x < 0) | (x > 1)][0]:g} is no occupied fraction of sites; give places as (x, T)")
    if law.vacancies and (x == 1).any():
        raise ValueError(f"{what}: at x = 1 no vacancy is left to be taken out; leave that run out, or set vacancies = 0")
