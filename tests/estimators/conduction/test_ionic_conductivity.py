"""Arrhenius' law of a solid electrolyte from conductivities at several temperatures."""

from __future__ import annotations

import numpy as np
import pytest

from a2c_pybamm import SingleIonConductor, declare, fit_ionic_conductivity

LAW = SingleIonConductor("X")
NAME = "X ln(kappa [S.m-1])"


def runs(temperatures: tuple[float, ...], noise: float, seed: int = 0) -> dict:
    rng = np.random.default_rng(seed)
    values = {T: np.log(5e6 / T) - 0.3 / (8.617333262e-5 * T) + noise * rng.normal() for T in temperatures}
    return {T: declare([NAME], [v], std=noise, source=f"MD {T:g} K", reason="a run") for T, v in values.items()}


def test_exact_values_come_back() -> None:
    estimate = fit_ionic_conductivity(runs((600.0, 800.0, 1000.0), 1e-9), LAW)
    assert estimate.names == LAW.names
    np.testing.assert_allclose(estimate.mean, [np.log(5e6), 0.3], rtol=1e-7)


def test_intervals_of_the_extrapolated_conductivity_hold_the_truth() -> None:
    """200 sets of five runs of 10 %: 68 and 95 % at 298 K within 3.3 binomial deviations."""
    inverse = 1 / (8.617333262e-5 * 298.15)
    row = np.array([1.0, -inverse])
    truth = np.log(5e6) - 0.3 * inverse
    temperatures = (600.0, 700.0, 800.0, 900.0, 1000.0)
    found = [fit_ionic_conductivity(runs(temperatures, 0.1, seed), LAW) for seed in range(200)]
    z = np.array([(row @ e.mean - truth) / np.sqrt(row @ e.covariance @ row) for e in found])
    assert abs((abs(z) < 1).mean() - 0.683) < 3.3 * np.sqrt(0.683 * 0.317 / 200)
    assert abs((abs(z) < 1.96).mean() - 0.95) < 3.3 * np.sqrt(0.95 * 0.05 / 200)


def test_wrong_runs_are_named() -> None:
    other = declare(["Y ln(kappa [S.m-1])"], [0.0], std=0.1, source="s", reason="r")
    with pytest.raises(ValueError, match=r"run at 500 K has Y ln.*; select or rename 'X ln"):
        fit_ionic_conductivity({500.0: other}, LAW)
    good = runs((600.0,), 0.1)[600.0]
    with pytest.raises(ValueError, match="temperature -3 K; give kelvin"):
        fit_ionic_conductivity({-3.0: good, 600.0: good}, LAW)
    with pytest.raises(ValueError, match="an Arrhenius line needs two"):
        fit_ionic_conductivity({600.0: good}, LAW)
