"""Arrhenius lines: exact on exact data, calibrated on noisy data, errors carried source by source."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest

from a2c_pybamm.estimate import Estimate, Factor, Joint
from a2c_pybamm.estimators.diffusion.arrhenius import fit_arrhenius
from a2c_pybamm.estimators.statistics.log_rates import BOLTZMANN_EV

NAMES = {"prefactor_name": "X ln(D0 [m2.s-1])", "barrier_name": "X E_a [eV]"}
TRUTH = np.array([-16.0, 0.3])
TEMPERATURES = np.array([500.0, 620.0, 700.0, 900.0, 1250.0])
DESIGN = np.column_stack([np.ones(5), -1 / (BOLTZMANN_EV * TEMPERATURES)])


def measured(values: np.ndarray, std: np.ndarray, shared: np.ndarray | None = None) -> dict[float, Estimate]:
    """One ln D for each temperature, with a sampling error of its own and, if given, one that all share (n, n_label)."""
    made = {}
    for k, temperature in enumerate(TEMPERATURES[: len(values)]):
        made[float(temperature)] = Estimate.from_covariance(
            (f"ln D {temperature:g}",), [values[k]], [[std[k] ** 2]], source=f"MD {temperature:g} K"
        )
        if shared is not None:
            labels = tuple(f"potential {j}" for j in range(shared.shape[1]))
            made[float(temperature)] = made[float(temperature)].add_source("potential", Factor(shared[[k]], labels))
    return made


@given(st.integers(2, 5), st.floats(-30, 0), st.floats(-0.5, 2))
def test_exact_data_give_the_exact_line(n: int, prefactor: float, barrier: float) -> None:
    line = fit_arrhenius(measured(DESIGN[:n] @ [prefactor, barrier], np.full(n, 0.1)), **NAMES)
    np.testing.assert_allclose(line.mean, [prefactor, barrier], rtol=1e-9, atol=1e-9)


def test_by_source_covariance_equals_direct_least_squares() -> None:
    rng = np.random.default_rng(3)
    std, shared = rng.uniform(0.05, 0.4, 5), rng.normal(size=(5, 3))
    values = DESIGN @ TRUTH + std * rng.normal(size=5)
    parts = measured(values, std, shared)
    line = fit_arrhenius(parts, **NAMES)
    covariance = np.diag(std**2) + shared @ shared.T
    weights = np.linalg.solve(DESIGN.T @ np.linalg.solve(covariance, DESIGN), np.linalg.solve(covariance, DESIGN).T)
    np.testing.assert_allclose(line.mean, weights @ values, rtol=1e-8)
    np.testing.assert_allclose(line.covariance, weights @ covariance @ weights.T, rtol=1e-7)
    assert set(line.factors) == {*(f"MD {t:g} K" for t in TEMPERATURES), "potential"}
    assert line.factors["potential"].labels == ("potential 0", "potential 1", "potential 2")
    np.testing.assert_allclose(line.factors["potential"].values, weights @ shared, rtol=1e-6, atol=1e-12)
    assert line.provenance["fit"]["chi-squared"] == pytest.approx(
        (values - DESIGN @ line.mean) @ np.linalg.solve(covariance, values - DESIGN @ line.mean)
    )
    Joint([line, parts[500.0].select(["ln D 500"])])  # sources still align with those of a single temperature


@pytest.mark.calibration
def test_calibrated_with_shared_errors() -> None:
    """1000 draws: a p-value off by 5 % of its range, or an error bar 7 % off, is seen."""
    rng = np.random.default_rng(4)
    std, shared = np.array([0.3, 0.2, 0.1, 0.1, 0.05]), np.array([[0.5, 0.1]] * 5) * np.arange(1, 6)[:, None] / 3
    lines = []
    for _ in range(1000):
        values = DESIGN @ TRUTH + std * rng.normal(size=5) + shared @ rng.normal(size=2)
        lines.append(fit_arrhenius(measured(values, std, shared), **NAMES))
    error = np.array([line.mean - TRUTH for line in lines])
    mahalanobis = (error * np.linalg.solve(lines[0].covariance, error.T).T).sum(axis=1)
    assert kstest(mahalanobis, "chi2", args=(2,)).pvalue > 1e-3
    assert kstest([line.provenance["fit"]["chi-squared p-value"] for line in lines], "uniform").pvalue > 1e-3
    assert kstest([line.provenance["fit"]["curvature z-score"] for line in lines], "norm").pvalue > 1e-3


def test_curvature_is_seen() -> None:
    bend = 3.0 * (DESIGN[:, 1] / 10) ** 2
    fit = fit_arrhenius(measured(DESIGN @ TRUTH + bend, np.full(5, 0.1)), **NAMES).provenance["fit"]
    assert fit["curvature z-score"] > 5
    assert fit["chi-squared p-value"] < 1e-6


def test_misfit_is_a_source() -> None:
    """Runs that lie on no line: their scatter is that of the residuals, and the line's error follows it."""
    rng = np.random.default_rng(2)
    scatter = 0.4 * rng.normal(size=5)
    line = fit_arrhenius(measured(DESIGN @ TRUTH + scatter, np.full(5, 0.01)), **NAMES)
    fit = line.provenance["fit"]
    assert fit["chi-squared p-value"] < 1e-6
    misfit = line.factors["X E_a [eV] (misfit)"]
    assert misfit.labels[0].endswith(":run 0")
    ordinary = np.linalg.lstsq(DESIGN, DESIGN @ TRUTH + scatter)[1][0] / 3  # with equal errors τ² is this, less their own
    assert fit["misfit std"] == pytest.approx(np.sqrt(ordinary - 0.01**2), rel=1e-3)
    expected = 3 * (ordinary - 0.01**2) * np.linalg.inv(DESIGN.T @ DESIGN)  # Student's factor of three degrees of freedom is 3
    np.testing.assert_allclose(misfit.values @ misfit.values.T, expected, rtol=2e-3)
    quiet = fit_arrhenius(measured(DESIGN @ TRUTH + 0.01 * rng.normal(size=5), np.full(5, 0.01)), **NAMES)
    assert not any("misfit" in source for source in quiet.factors)


@pytest.mark.calibration
@pytest.mark.parametrize(("own", "more", "least"), [(0.1, 0.0, 0.93), (0.01, 0.2, 0.86), (0.05, 0.1, 0.83)])
def test_intervals_hold_the_truth_of_runs_that_scatter_more_than_they_say(own: float, more: float, least: float) -> None:
    """400 lines of five runs; without the misfit 95 % intervals hold E_a in 13 % of the second kind."""
    rng = np.random.default_rng(5)
    inside = []
    for _ in range(400):
        values = DESIGN @ TRUTH + np.hypot(own, more) * rng.normal(size=5)
        line = fit_arrhenius(measured(values, np.full(5, own)), **NAMES)
        inside.append(abs(line.mean[1] - TRUTH[1]) < 1.96 * line.std[1])
    print(f"own {own}, more {more}: {np.mean(inside):.3f}")
    assert least < np.mean(inside) < 0.99


def test_degrees_celsius_are_refused() -> None:
    celsius = {t: Estimate.from_covariance((f"{t}",), [-27 + t / 60], [[0.01]], source=f"MD {t}") for t in (27.0, 127.0, 227.0)}
    with pytest.raises(ValueError, match="temperature 27 K, below 50 K, where no ion hops; give kelvin, not °C"):
        fit_arrhenius(celsius, **NAMES)


def test_two_temperatures_are_taken_without_a_test() -> None:
    fit = fit_arrhenius(measured(DESIGN[:2] @ TRUTH, np.zeros(2)), **NAMES)
    assert "chi-squared" not in fit.provenance["fit"]
    np.testing.assert_allclose(fit.mean, TRUTH)


def test_refused() -> None:
    good = measured(DESIGN @ TRUTH, np.full(5, 0.1))
    with pytest.raises(ValueError, match="needs two"):
        fit_arrhenius({500.0: good[500.0]}, **NAMES)
    with pytest.raises(ValueError, match="give kelvin"):
        fit_arrhenius({-227.0: good[500.0], 620.0: good[620.0]}, **NAMES)
    with pytest.raises(ValueError, match=r"end in '\[eV\]'"):
        fit_arrhenius(good, prefactor_name="ln D0", barrier_name="E_a [J.mol-1]")
    with pytest.raises(ValueError, match="fully shared"):
        fit_arrhenius(measured(DESIGN @ TRUTH, np.zeros(5), np.ones((5, 2))), **NAMES)
    two = Estimate.from_covariance(("a", "b"), [0, 0], np.eye(2), source="s")
    with pytest.raises(ValueError, match="2 coefficients"):
        fit_arrhenius({500.0: two, 600.0: two}, **NAMES)
    same = {t: Estimate.from_covariance((f"{t}",), [0.0], [[1.0]], source="MD") for t in (500.0, 600.0)}
    with pytest.raises(ValueError, match="no label in common"):
        fit_arrhenius(same, **NAMES)
    assert fit_arrhenius(same, **NAMES, independent=["MD"]).std[1] > 0
