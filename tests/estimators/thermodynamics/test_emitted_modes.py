"""Modes of a logit spline's error beside its full covariance, and the mean of its draws beside the fit."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from a2c_pybamm.constants import STANDARD_TEMPERATURE
from a2c_pybamm.estimate import Estimate, Factor, Joint
from a2c_pybamm.estimators import combine_members
from a2c_pybamm.estimators.thermodynamics.emitted_modes import (
    NEGLECTED_VOLTAGE,
    EmittedSlopes,
    coordinates_of_mean,
    emitted_slopes,
    with_leading_modes,
)
from a2c_pybamm.estimators.thermodynamics.logit_spline_fit import fit_logit_spline, logit_spline
from a2c_pybamm.estimators.thermodynamics.roughness_prior import SlopePosterior, slope_posterior
from a2c_pybamm.estimators.thermodynamics.slope_data import linear_problem, potential_rows, start_slopes, thermal_voltage
from a2c_pybamm.estimators.thermodynamics.slope_entropies import logit_places
from a2c_pybamm.laws import LogitSpline
from a2c_pybamm.laws.thermodynamics.logit_basis import logit
from a2c_pybamm.laws.thermodynamics.logit_spline import positive
from tests.estimators.thermodynamics.measured_curves import CURVES, MeasuredCurve, noisy_potentials

NMC, GRAPHITE = "Chen2020 Positive", "Mohtat2020 Negative"
T = STANDARD_TEMPERATURE
CASES = [(name, stable) for name in (NMC, GRAPHITE) for stable in (True, False)]
COARSE = 5e-3
"""Error of the voltage [V] that may be left out for fewer modes."""


def curve_of(name: str) -> MeasuredCurve:
    return next(curve for curve in CURVES if curve.name == name)


def law_of(name: str, stable: bool) -> LogitSpline:
    return logit_spline("X", noisy_potentials(curve_of(name), 25, 0.002, 0, declared=True), stable=stable)


@cache
def posterior_of(name: str, stable: bool) -> SlopePosterior:
    """Slopes from 25 potentials of 2 mV, their full covariance among them."""
    law = law_of(name, stable)
    rows = [potential_rows(noisy_potentials(curve_of(name), 25, 0.002, 0, declared=True), law)]
    start = np.log(start_slopes(rows, law)) if stable else start_slopes(rows, law) - 1
    linear = linear_problem(rows, entropies=False)
    return slope_posterior(linear, logit_places(law), positive=stable, noise_known=True, start=start)


def estimate_of(name: str, stable: bool, neglected: float = NEGLECTED_VOLTAGE, *, seed: int = 0) -> Estimate:
    data = noisy_potentials(curve_of(name), 25, 0.002, seed, declared=True)
    return fit_logit_spline(data, law_of(name, stable), neglected_voltage=neglected)


def voltage_rows(law: LogitSpline, posterior: SlopePosterior, x: np.ndarray) -> np.ndarray:
    """Derivatives of U by the posterior's coefficients (n_x, n_coefficient)."""
    rows = np.zeros((len(x), len(posterior.mean)))
    rows[:, posterior.n_linear - 1] = 1.0
    rows[:, posterior.n_linear :] = -thermal_voltage(law) * law.basis.curves(x)
    return rows


def voltage_variance(law: LogitSpline, estimate: Estimate, x: np.ndarray) -> np.ndarray:
    """Variance of U by the estimate's coefficients, by differences of the voltage (n_x,)."""
    n, step = len(estimate.names), 1e-6
    sides = []
    for sign in (1, -1):
        moved = estimate.mean + sign * step * np.eye(n)
        c = {law.entropy_name: 0.0} | {name: moved[:, k, None] for k, name in enumerate(estimate.names)}
        sides.append(law.open_circuit_voltage(c, x, T))
    rows = (sides[0] - sides[1]).T / (2 * step)
    return np.asarray(((rows @ np.hstack([f.values for f in estimate.factors.values()])) ** 2).sum(axis=1))


def drawn_voltages(law: LogitSpline, estimate: Estimate, x: np.ndarray) -> np.ndarray:
    """U of 4,000 draws (n_draw, n_x)."""
    joint = Joint([estimate])
    draws = joint.draw(4000, np.random.default_rng(0))
    c = {law.entropy_name: 0.0} | {name: draws[:, k, None] for k, name in enumerate(joint.names)}
    return np.asarray(law.open_circuit_voltage(c, x, T))


@pytest.mark.parametrize(("name", "stable"), CASES)
def test_what_is_left_out_is_below_a_tenth_of_a_millivolt(name: str, stable: bool) -> None:
    """The voltage's variance by the full covariance of the slopes, less that of the emitted columns."""
    law, posterior = law_of(name, stable), posterior_of(name, stable)
    x = np.linspace(law.knots[0], law.knots[-1], 101)
    rows = voltage_rows(law, posterior, x)
    full = np.einsum("ij,jk,ik->i", rows, posterior.covariance, rows)
    emitted = emitted_slopes(posterior, law, entropies=False)
    kept = _linear_variance(law, emitted, x)
    assert (kept <= full * (1 + 1e-6)).all()
    left_out = np.sqrt((full - kept).mean())
    assert left_out <= 1e-4
    assert left_out == pytest.approx(emitted.neglected, rel=0.01)
    assert left_out <= 0.1 * np.sqrt(full.mean())
    coarse = emitted_slopes(posterior, law, entropies=False, neglected_voltage=COARSE)
    assert coarse.root.shape[1] < emitted.root.shape[1] <= posterior.n_slope + 1
    assert emitted.neglected < np.sqrt((full - _linear_variance(law, coarse, x)).mean()) <= COARSE


def _linear_variance(law: LogitSpline, emitted: EmittedSlopes, x: np.ndarray) -> np.ndarray:
    """Variance of U by an emitted root, the voltage linear in slopes about those of the fit (n_x,)."""
    by_coordinate = emitted.slopes**2 / (emitted.slopes**2 + 1e-6) if law.shape == "stable" else np.ones(len(emitted.slopes))
    low, high = law.basis.integrals(np.array(law.window))
    centred = law.basis.curves(x) - (high - low) / (law.window[1] - law.window[0])
    rows = np.hstack([np.ones((len(x), 1)), -thermal_voltage(law) * centred * by_coordinate])
    return np.asarray(((rows @ emitted.root) ** 2).sum(axis=1))


@pytest.mark.parametrize(("name", "stable"), CASES)
def test_mean_of_draws_is_the_fitted_curve(name: str, stable: bool) -> None:
    """4,000 draws, error of their mean 0.016 std; on graphite's plateaus too, where slopes are known to a factor."""
    law, posterior = law_of(name, stable), posterior_of(name, stable)
    x = np.linspace(law.knots[0], law.knots[-1], 61)
    mixing = thermal_voltage(law) * (logit(x) - law.basis.curves(x).sum(axis=1))
    fit = voltage_rows(law, posterior, x) @ posterior.mean - mixing
    voltages = drawn_voltages(law, estimate_of(name, stable), x)
    assert np.abs((voltages.mean(axis=0) - fit) / voltages.std(axis=0)).max() < 0.12


@pytest.mark.parametrize(("name", "stable"), [(NMC, True), (NMC, False), (GRAPHITE, False)])
def test_curve_at_the_mean_is_that_of_the_draws(name: str, stable: bool) -> None:
    """Where all slopes are larger than one, or enter as they are, within 0.3 standard deviations."""
    law, estimate = law_of(name, stable), estimate_of(name, stable)
    x = np.linspace(law.knots[0], law.knots[-1], 61)
    if stable:
        assert positive(estimate.mean[1:]).min() > 1
    c = {law.entropy_name: 0.0} | dict(zip(estimate.names, estimate.mean, strict=True))
    voltages = drawn_voltages(law, estimate, x)
    shift = (voltages.mean(axis=0) - law.open_circuit_voltage(c, x, T)) / voltages.std(axis=0)
    assert np.abs(shift).max() < 0.3


def test_coordinates_of_a_positive_slope_with_a_given_mean() -> None:
    """Of slopes that are known well and badly: a hundred thousand draws of each have the mean that was asked for."""
    slopes, std = np.array([5.0, 0.3, 0.02, 0.3]), np.array([0.5, 0.3, 0.05, 2.0])
    found = coordinates_of_mean(slopes, std)
    draws = positive(found + std * np.random.default_rng(1).standard_normal((100_000, 1)))
    error = draws.std(axis=0) / np.sqrt(len(draws))
    # 21 nodes of a kink: a tenth of the mean at most where the error is seven times the slope
    np.testing.assert_allclose(draws.mean(axis=0)[:3], slopes[:3], atol=5 * error[:3].max(), rtol=0.05)
    assert draws.mean(axis=0)[3] == pytest.approx(slopes[3], rel=0.15)


@pytest.mark.parametrize("window", [None, (0.4, 0.9)])
@pytest.mark.parametrize("stable", [True, False])
def test_mean_voltage_is_the_quadrature_of_the_curve(window: tuple[float, float] | None, stable: bool) -> None:
    """Over the data's window or a given one."""
    data = noisy_potentials(curve_of(NMC), 25, 0.002, 0, declared=True)
    law = logit_spline("X", data, stable=stable, window=window)
    estimate = fit_logit_spline(data, law)
    c = {law.entropy_name: 0.0} | dict(zip(estimate.names, estimate.mean, strict=True))
    low, high = law.window
    edges = np.array([low, *(x for x in law.knots if low < x < high), high])  # the curve is analytic between knots
    nodes, weights = np.polynomial.legendre.leggauss(8)
    half = np.diff(edges)[:, None] / 2
    x = (edges[:-1, None] + half * (nodes + 1)).ravel()
    area = float((half * weights).ravel() @ law.open_circuit_voltage(c, x, T))
    assert estimate.mean[0] == pytest.approx(area / (high - low), abs=1e-7)
    assert estimate.mean[0] == pytest.approx(curve_of(NMC).voltage(np.linspace(low, high, 2001)).mean(), abs=2e-3)


@pytest.mark.parametrize("neglected", [NEGLECTED_VOLTAGE, COARSE])
def test_committee_in_few_columns_keeps_its_error(neglected: float) -> None:
    """Two fits share one law; their own columns become few, U's std stays; the members' spread is untouched."""
    law = law_of(NMC, True)
    members = {label: estimate_of(NMC, True, seed=k) for k, label in enumerate("AB")}
    whole = combine_members(members)
    law_source = "X chemical potentials (fit)"
    few = with_leading_modes(whole, law, neglected)
    assert few.names == whole.names
    np.testing.assert_array_equal(few.mean, whole.mean)
    assert few.factors[law_source].values.shape[1] < whole.factors[law_source].values.shape[1]
    for source in set(whole.factors) - {law_source}:
        assert few.factors[source] is whole.factors[source]
    assert few.factors["potential (model form)"].labels == ("A", "B")
    x = np.linspace(law.knots[0], law.knots[-1], 61)
    ratio = np.sqrt(voltage_variance(law, few, x) / voltage_variance(law, whole, x))
    assert (ratio <= 1 + 1e-6).all()
    own = [Estimate(e.names, e.mean, {law_source: e.factors[law_source]}, "", {}) for e in (few, whole)]
    least, full = (voltage_variance(law, e, x) for e in own)
    assert np.sqrt((full - least).mean()) <= neglected * 1.01
    assert np.sqrt(least.sum() / full.sum()) > 0.99
    if neglected == NEGLECTED_VOLTAGE:
        assert (ratio > 0.99).all()


def test_columns_that_other_coefficients_share_stay() -> None:
    """A source of the material whose column moves another coefficient too keeps its labels and values."""
    law = law_of(NMC, True)
    first = estimate_of(NMC, True)
    names = (*first.names, "X other [1]")
    factors = {s: Factor(np.vstack([f.values, np.zeros(len(f.labels))]), f.labels, f.family) for s, f in first.factors.items()}
    shared = np.zeros((len(names), 2))
    shared[0] = 0.01, 1e-7
    shared[-1] = 1.2, 1.6
    factors["X reference"] = Factor(shared, ("reference", "scale"))
    estimate = Estimate(names, np.append(first.mean, 1.0), factors, "", {})
    few = with_leading_modes(estimate, law, COARSE)
    np.testing.assert_array_equal(few.factors["X reference"].values, shared)
    assert few.factors["X reference"].labels == ("reference", "scale")
    (own,) = set(few.factors) - {"X reference"}
    assert few.factors[own].values.shape[1] < factors[own].values.shape[1]
    assert not few.factors[own].values[-1].any()
    assert few.std[-1] == pytest.approx(2.0)
