"""Laws from chemical potentials: exact on exact data, entropies from temperatures, coverage; smoothing splines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import CubicSpline

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.data import ChemicalPotentials, EnergyTable
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators import fit_chemical_potential, fit_spline_potential
from a2c_pybamm.estimators.thermodynamics.smoothing_spline import roughness
from a2c_pybamm.laws import Landau, RedlichKister, SplinePotential

ANY = (-100.0, 100.0)
"""Voltages [V] of coefficients that are no host's."""
T = 298.15
KNOTS = tuple(float(k) for k in np.linspace(0, 1, 9))


def potentials(
    law: Any, c: dict[str, float], x: np.ndarray, temperature: Any, noise: Any = 0.0, std: float | None = None
) -> ChemicalPotentials:
    temperature = np.broadcast_to(np.asarray(temperature, float), x.shape)
    value = -FARADAY * (law.open_circuit_voltage(c, x, temperature) + noise)
    return ChemicalPotentials("MC", x, temperature, value, None if std is None else np.full(len(x), std * FARADAY))


@given(st.sampled_from(["rk", "landau", "spline"]), st.sampled_from([(0.0, 1.0), (0.3, 0.9)]), st.integers(0, 10**6))
def test_exact_potentials_give_exact_coefficients(kind: str, window: tuple[float, float], seed: int) -> None:
    """Several temperatures: entropies too."""
    rng = np.random.default_rng(seed)
    law: Any = {
        "rk": RedlichKister("X", 2, window, entropies=2),
        "landau": Landau("X", 5, window, entropies=1),
        "spline": SplinePotential("X", (0.0, 0.4, 0.7, 1.0), window, entropies=3),
    }[kind]
    n = len(law.interaction_names)
    values = [3.8, *rng.normal(0, 0.2, n), rng.normal(0, 20), *rng.normal(0, 10, law.entropies)]
    c = dict(zip(law.names, map(float, values), strict=True))
    x = np.tile(np.linspace(0.03, 0.97, 12), 3)
    estimate = fit_chemical_potential(
        potentials(law, c, x, np.repeat([280.0, 298.15, 330.0], 12), std=1e-3), law, voltage_window=ANY
    )
    assert estimate.names == law.names
    np.testing.assert_allclose(estimate.mean, values, rtol=1e-7, atol=1e-7)


def test_one_temperature_leaves_entropies_out() -> None:
    law = RedlichKister("X", 1)
    c = dict(zip(law.names, [3.8, -0.4, 0.1, 0.0], strict=True))
    estimate = fit_chemical_potential(potentials(law, c, np.linspace(0.1, 0.9, 9), T), law)
    assert estimate.names == law.names[:-1]


def test_ratio_coordinates_are_those_of_the_plain_fit() -> None:
    """Same data in both shapes: means by the coordinates, covariances by their Jacobian; entropies as they are."""
    plain, ratio = (RedlichKister("X", 2, (0.2, 0.9), shape, entropies=1) for shape in ("plain", "ratio"))
    c = dict(zip(plain.names, [3.8, -0.4, 0.1, 0.05, 20.0, 5.0], strict=True))
    x = np.tile(np.linspace(0.05, 0.95, 10), 2)
    data = potentials(plain, c, x, np.repeat([280.0, 320.0], 10), 0.002 * np.random.default_rng(0).standard_normal(20))
    first, second = (fit_chemical_potential(data, law, terms=(2, 3)) for law in (plain, ratio))
    values, jacobian = ratio.coordinates(plain.plain_coefficients(dict(zip(first.names, first.mean, strict=True))))
    inverse = plain.coordinates(np.ones(4))[1]
    np.testing.assert_allclose(second.mean, [*values, *first.mean[4:]], rtol=1e-9)
    whole = np.eye(6)
    whole[:4, :4] = jacobian @ np.linalg.inv(inverse)
    np.testing.assert_allclose(second.covariance, whole @ first.covariance @ whole.T, rtol=1e-7, atol=1e-14)


@pytest.mark.calibration
@pytest.mark.parametrize("known", [True, False])
def test_error_bars_cover(known: bool) -> None:
    """400 tables of 30 points at three temperatures: each coefficient, within 3.5 binomial standard deviations."""
    law = RedlichKister("X", 2, entropies=1)
    values = [3.8, -0.4, 0.1, 0.05, 20.0, 5.0]
    c = dict(zip(law.names, values, strict=True))
    x, t = np.tile(np.linspace(0.05, 0.95, 10), 3), np.repeat([280.0, 300.0, 330.0], 10)
    rng = np.random.default_rng(2)
    z = []
    for _ in range(400):
        data = potentials(law, c, x, t, 0.003 * rng.standard_normal(30), 0.003 if known else None)
        estimate = fit_chemical_potential(data, law)
        z.append((estimate.mean - values) / estimate.std)
    inside = (np.abs(z) < 1.96).mean(axis=0)
    assert np.abs(inside - 0.95).max() < 3.5 * np.sqrt(0.95 * 0.05 / 400)
    assert np.abs((np.abs(z) < 1).mean(axis=0) - 0.683).max() < 3.5 * np.sqrt(0.683 * 0.317 / 400) + (0 if known else 0.015)


@pytest.mark.slow
def test_averages_over_orders_cover_quick() -> None:
    """300 tables, order 1 made them, orders 0 to 2 are averaged: U at five compositions within 3.5 binomial deviations."""
    law = RedlichKister("X", 2)
    truth = dict(zip(law.names, [3.8, -0.4, 0.05, 0.0, 0.0], strict=True))
    at, rng = np.array([0.1, 0.3, 0.5, 0.7, 0.9]), np.random.default_rng(3)
    x = np.linspace(0.04, 0.96, 24)
    z = []
    for _ in range(300):
        estimate = fit_chemical_potential(
            potentials(law, truth, x, T, 0.01 * rng.standard_normal(24), 0.01), law, terms=(1, 2, 3)
        )

        def voltage(theta: np.ndarray) -> np.ndarray:
            return law.open_circuit_voltage(dict(zip(law.names, [*theta, 0.0], strict=True)), at, T)

        jacobian = np.array([voltage(estimate.mean + h) - voltage(estimate.mean - h) for h in 1e-4 * np.eye(4)]).T / 2e-4
        spread = np.sqrt(np.einsum("ij,jk,ik->i", jacobian, estimate.covariance, jacobian))
        z.append((voltage(estimate.mean) - law.open_circuit_voltage(truth, at, T)) / spread)
    assert "X order of the law" in estimate.factors
    for half, nominal in ((1.0, 0.683), (1.96, 0.95)):
        inside = (np.abs(z) < half).mean(axis=0)
        assert np.abs(inside - nominal).max() < 3.5 * np.sqrt(nominal * (1 - nominal) / 300)


# Smoothing splines


def test_roughness_is_the_integral_of_the_squared_curvature() -> None:
    values = np.random.default_rng(0).standard_normal(len(KNOTS))
    x = np.linspace(0, 1, 200_001)
    curvature = CubicSpline(KNOTS, values, bc_type="natural")(x, 2)
    assert values @ roughness(KNOTS) @ values == pytest.approx(np.trapezoid(curvature**2, x), rel=1e-7)


def bend(x: np.ndarray) -> np.ndarray:
    """A smooth excess potential that no spline of the law is [eV]."""
    return 0.35 * np.tanh((x - 0.5) * 4) + 0.05 * np.sin(7 * x)


def smooth_voltage(x: np.ndarray) -> np.ndarray:
    return 3.9 - bend(x) - GAS_CONSTANT * T / FARADAY * np.log(x / (1 - x))


def spline_errors(n_draw: int, n: int, std: float, x: np.ndarray) -> np.ndarray:
    """Standardised errors of U (n_draw, n_x) of smoothing splines through noisy potentials."""
    law, rng = SplinePotential("X", KNOTS), np.random.default_rng(5)
    at = np.linspace(0.02, 0.98, n)
    z = []
    for _ in range(n_draw):
        noisy = smooth_voltage(at) + std * rng.standard_normal(n)
        estimate = fit_spline_potential(ChemicalPotentials("MC", at, np.full(n, T), -FARADAY * noisy), law)

        def voltage(theta: np.ndarray) -> np.ndarray:
            return law.open_circuit_voltage(dict(zip(law.names, [*theta, 0.0], strict=True)), x, T)

        jacobian = (
            np.array([voltage(estimate.mean + h) - voltage(estimate.mean - h) for h in 1e-4 * np.eye(len(estimate.mean))]).T
            / 2e-4
        )
        spread = np.sqrt(np.einsum("ij,jk,ik->i", jacobian, estimate.covariance, jacobian))
        z.append((voltage(estimate.mean) - smooth_voltage(x)) / spread)
    return np.array(z)


@pytest.mark.calibration
def test_spline_bands_cover_across_compositions() -> None:
    """200 tables of 40 points: Wahba's bands cover on average over compositions, and nowhere badly."""
    z = spline_errors(200, 40, 0.005, np.linspace(0.05, 0.95, 19))
    for half, nominal in ((1.0, 0.683), (1.96, 0.95)):
        inside = (np.abs(z) < half).mean(axis=0)
        print(f"±{half} std: {inside.mean():.1%} on average over x, {inside.min():.1%} to {inside.max():.1%} pointwise")
        assert abs(inside.mean() - nominal) < 0.03
        assert np.abs(inside - nominal).max() < 3.5 * np.sqrt(nominal * (1 - nominal) / 200) + 0.01


def test_spline_from_energies_and_from_potentials_agree() -> None:
    """Hardly any noise: both give the curve that they were made from."""
    law = SplinePotential("X", KNOTS)
    x = np.linspace(0, 1, 41)
    fine = np.linspace(0, 1, 40_001)
    area = np.concatenate([[0], np.cumsum((bend(fine)[1:] + bend(fine)[:-1]) / 2 * np.diff(fine))])
    energy = FARADAY * (-3.9 * x + np.interp(x, fine, area))
    table = EnergyTable("A", x, energy, tuple(map(str, x)), np.ones(41, bool))
    doubled = EnergyTable("A", np.tile(x, 2), np.tile(energy, 2), tuple(map(str, range(82))), np.ones(82, bool))
    at = np.linspace(0.1, 0.9, 33)
    for data in (doubled, ChemicalPotentials("MC", x[1:-1], np.full(39, T), -FARADAY * smooth_voltage(x[1:-1]))):
        estimate = fit_spline_potential(data, law)
        c = dict(zip(law.names, [*estimate.mean, 0.0], strict=True))
        np.testing.assert_allclose(law.open_circuit_voltage(c, at, T), smooth_voltage(at), atol=4e-3)
    assert len(table.x) == 41


def test_known_stability_is_held() -> None:
    """A noisy flat stretch whose fit would rise: the nearest stable curve is taken, and told."""
    law = SplinePotential("X", KNOTS)
    rng = np.random.default_rng(3)
    x = np.linspace(0.05, 0.95, 30)
    flat = 3.4 - 0.3 * np.clip(x - 0.7, 0, None) - 0.3 * np.clip(0.2 - x, None, 0) * 0 + 0.004 * rng.standard_normal(30)
    data = ChemicalPotentials("MC", x, np.full(30, T), -FARADAY * flat)
    at = np.linspace(0.06, 0.94, 200)

    def factor(estimate: Estimate) -> np.ndarray:
        return law.thermodynamic_factor(dict(zip(law.names, [*estimate.mean, 0.0], strict=True)), at, T)

    free, held = fit_spline_potential(data, law), fit_spline_potential(data, law, stable=(0.05, 0.95))
    assert factor(free).min() < 0
    assert factor(held).min() > -1e-3
    assert held.provenance["smoothing"]["held stable"] == [0.05, 0.95]
    assert free.provenance["smoothing"]["held stable"] is None


# Bad input


def test_refused() -> None:
    law = RedlichKister("X", 1)
    c = dict(zip(law.names, [3.8, -0.4, 0.1, 0.0], strict=True))
    x = np.linspace(0.1, 0.9, 9)
    with pytest.raises(ValueError, match=r"all at 350 K, the law X holds at 298\.15 K"):
        fit_chemical_potential(potentials(law, c, x, 350.0), law)
    with pytest.raises(ValueError, match=r"2 point\(s\) for 3 coefficients, at least 6"):
        fit_chemical_potential(potentials(law, c, x[:2], T), law)
    with pytest.raises(ValueError, match=r"terms \(1, 3\) must ascend to the law's own 2"):
        fit_chemical_potential(potentials(law, c, x, T), law, terms=(1, 3))
    attractive = c | {law.interaction_names[0]: 0.04}
    with pytest.raises(ValueError, match=r"chemical potentials of MC: L0 = 0\.04 eV is attractive.*take shape='plain'"):
        fit_chemical_potential(potentials(law, attractive, x, T), RedlichKister("X", 1, shape="ratio"))
    with pytest.raises(ValueError, match="do not determine all 3 coefficients"):
        fit_chemical_potential(potentials(law, c, np.full(9, 0.3), T, noise=np.linspace(0, 1e-3, 9)), law)
    spline = SplinePotential("X", KNOTS)
    with pytest.raises(ValueError, match="needs at least 6, or five and their std"):
        fit_spline_potential(potentials(law, c, x[:4], T), spline)
    with pytest.raises(ValueError, match="some are not at"):
        fit_spline_potential(potentials(law, c, x, 350.0), spline)
