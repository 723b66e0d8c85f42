"""Expansions against other codes and closed forms; what every law must give is in test_registry.py."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.laws import Landau, Legendre, RedlichKister, SplinePotential
from a2c_pybamm.laws.thermodynamics.free_energy import LITHIUM_ENTROPY
from a2c_pybamm.laws.thermodynamics.spline_potential import cardinal_splines

KNOTS = [(0.0, 0.5, 1.0), (0.0, 0.2, 0.35, 0.9, 1.0), (0.1, 0.3, 0.5, 0.7, 0.9), tuple(np.linspace(0, 1, 12))]


@pytest.mark.parametrize("knots", KNOTS)
def test_spline_is_the_natural_one(knots: tuple[float, ...]) -> None:
    """Another code's natural cubic spline through the same values, inside the knots; a straight line outside."""
    law = SplinePotential("X", knots)
    values = np.random.default_rng(1).normal(0, 0.2, len(knots) - 1)
    c = dict(zip(law.names, [3.5, *values, LITHIUM_ENTROPY], strict=True))
    reference = CubicSpline(knots, [0.0, *values], bc_type="natural")
    x = np.linspace(max(knots[0], 1e-3), min(knots[-1], 1 - 1e-3), 57)
    own = -law.open_circuit_voltage(c, x, 298.15) - GAS_CONSTANT * 298.15 / FARADAY * np.log(x / (1 - x))
    np.testing.assert_allclose(own - own[0], reference(x) - reference(x[0]), atol=1e-11)
    np.testing.assert_allclose(cardinal_splines(knots)[:, 2:].sum(axis=1), 0, atol=1e-8)


def test_legendre_is_redlich_kister_in_other_coordinates() -> None:
    """A_1 = −L_0 alone; of order n the same voltages as Redlich–Kister's of order n − 1, by least squares to round-off."""
    x = np.linspace(0.02, 0.98, 41)
    one, gas = Legendre("X", 1), RedlichKister("X", 0)
    c = dict(zip(one.names, [3.9, 0.4, 30.0], strict=True))
    same = dict(zip(gas.names, [3.9, -0.4, 30.0], strict=True))
    for method in ("open_circuit_voltage", "entropic_change", "thermodynamic_factor", "free_energy"):
        found, expected = getattr(one, method)(c, x, 310.0), getattr(gas, method)(same, x, 310.0)
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13, err_msg=method)
    legendre, kister = Legendre("X", 5), RedlichKister("X", 4)
    columns, terms = (np.column_stack([law.term(k, x, 1) for k in range(5)]) for law in (legendre, kister))
    np.testing.assert_allclose(columns @ np.linalg.lstsq(columns, terms)[0], terms, atol=1e-12)


def test_legendre_coefficients_are_voltages() -> None:
    """An error s_k of a coefficient is one of s_k/√(2k+1) of the voltage, root mean square over [0, 1]; squares add."""
    law = Legendre("X", 4)
    x, weight = np.polynomial.legendre.leggauss(12)
    x, weight = (x + 1) / 2, weight / 2
    moments = np.array([[weight @ (law.term(j, x, 1) * law.term(k, x, 1)) for j in range(4)] for k in range(4)])
    np.testing.assert_allclose(moments, np.diag(1 / (2 * np.arange(1, 5) + 1)), atol=1e-14)


def test_double_well_is_landaus() -> None:
    """A(x−½)⁴ − B(x−½)² + C exactly, up to the straight line that the reference makes."""
    A, B = 0.7, 0.21
    law = Landau("X", 4)
    c = dict(zip(law.names, [0.0, -B, 0.0, A, LITHIUM_ENTROPY], strict=True))
    x = np.linspace(0, 1, 31)
    well = A * (x - 0.5) ** 4 - B * (x - 0.5) ** 2
    np.testing.assert_allclose(law.free_energy(c, x, 298.15) / FARADAY, well - well[0], atol=1e-14)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Legendre("X", 0), "order 0; a Legendre expansion has at least P1"),
        (lambda: Landau("X", 1), "order 1; a Landau polynomial has at least the second power"),
        (lambda: Landau("X", 4, entropies=4), "4 excess entropies for 3 interactions"),
        (lambda: SplinePotential("X", (0.0, 1.0)), "three or more compositions"),
        (lambda: SplinePotential("X", (0.0, 0.5, 0.4, 1.0)), "ascending"),
        (lambda: SplinePotential("X", (-0.1, 0.5, 1.0)), r"in \[0, 1\]"),
        (lambda: RedlichKister("X", 2, entropies=-1), "-1 excess entropies"),
        (lambda: Landau("X", 4, reference_temperature=0.0), "reference_temperature is .* K, and must be above 0 K"),
    ],
)
def test_refused(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
