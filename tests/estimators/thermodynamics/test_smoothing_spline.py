"""Smoothing splines with as many knots as data: a covariance that is one, and intervals that hold the curve."""

from __future__ import annotations

import numpy as np
import pytest

from a2c_pybamm.constants import FARADAY
from a2c_pybamm.constants import STANDARD_TEMPERATURE as T
from a2c_pybamm.data import ChemicalPotentials, EnergyTable
from a2c_pybamm.estimate import Estimate, Joint
from a2c_pybamm.estimators import fit_spline_potential
from a2c_pybamm.laws import RedlichKister, SplinePotential

OWN = RedlichKister("X", 2)
VALUES = dict(zip(OWN.names, [3.8, -0.4, 0.1, 0.05, 0.0], strict=True))
INNER = np.linspace(0.06, 0.94, 89)


def potentials() -> ChemicalPotentials:
    """Twenty-five of a smooth law, without noise."""
    x = np.linspace(0.05, 0.95, 25)
    return ChemicalPotentials("A", x, np.full(25, T), -FARADAY * OWN.open_circuit_voltage(VALUES, x, T))


def energies() -> EnergyTable:
    """The same of energies."""
    x = np.linspace(0, 1, 25)
    exact = -x * OWN.end_voltage(VALUES) + OWN.excess(OWN.interactions(VALUES), x)
    return EnergyTable("A", x, FARADAY * exact, tuple(map(str, x)), np.ones(25, bool))


@pytest.mark.parametrize("n_knot", [9, 20, 24])
@pytest.mark.parametrize("make", [potentials, energies])
@pytest.mark.parametrize("stable", [None, (0.1, 0.9)])
def test_many_knots_on_clean_points(n_knot: int, make: type, stable: tuple[float, float] | None) -> None:
    """Each source has as many columns as coefficients at most, their covariance no negative eigenvalue; U within 0.05 mV."""
    law = SplinePotential("X", tuple(float(k) for k in np.linspace(0.0, 1.0, n_knot)))
    estimate = fit_spline_potential(make(), law, stable=stable)
    n = len(estimate.names)
    assert n == n_knot
    for factor in estimate.factors.values():
        assert factor.values.shape[1] <= n
    np.testing.assert_array_equal(estimate.covariance, estimate.covariance.T)
    correlation = estimate.covariance / np.outer(estimate.std, estimate.std)
    assert np.linalg.eigvalsh(correlation).min() >= -n * np.finfo(float).eps * n
    assert (estimate.std > 0).all()
    again = Estimate.from_covariance(estimate.names, estimate.mean, estimate.covariance, source="s", method="", data="d")
    np.testing.assert_allclose(again.std, estimate.std, rtol=1e-6)
    joint = Joint([estimate])
    draws = joint.draw(1000, np.random.default_rng(0))
    c = dict.fromkeys(law.names, 0.0) | {name: draws[:, k, None] for k, name in enumerate(joint.names)}
    voltage, truth = law.open_circuit_voltage(c, INNER, T), OWN.open_circuit_voltage(VALUES, INNER, T)
    error = np.abs(voltage.mean(axis=0) - truth)
    assert error.max() < (5e-5 if n_knot > 9 else 1.1e-3)
    low, high = np.quantile(voltage, [0.025, 0.975], axis=0)
    # energies from 20 knots have a std of 4 μV and an error of 9: both are below all that a cell measures
    spare = 1e-5 if n_knot > 9 else 1e-3
    assert ((low - spare <= truth) & (truth <= high + spare)).mean() >= 0.9
