"""Every law that is linear in its interactions: one free energy by complex step, whatever its terms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.interpolate import CubicSpline

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.laws import KINDS, Landau, RedlichKister, SplinePotential, build_law, settings
from a2c_pybamm.laws.thermodynamics.free_energy import LITHIUM_ENTROPY
from a2c_pybamm.laws.thermodynamics.spline_potential import cardinal_splines

STEP = 1e-30
X = np.linspace(0.01, 0.99, 43)
KNOTS = [(0.0, 0.5, 1.0), (0.0, 0.2, 0.35, 0.9, 1.0), (0.1, 0.3, 0.5, 0.7, 0.9), tuple(np.linspace(0, 1, 12))]


def complex_step(function: Any, x: Any) -> Any:
    """Derivative without cancellation: Im f(x + ih)/h."""
    return np.imag(function(x + 1j * STEP)) / STEP


@st.composite
def expansions(draw: st.DrawFn) -> Any:
    window = draw(st.sampled_from([(0.0, 1.0), (0.2, 0.9), (0.5, 1.0)]))
    reference = draw(st.sampled_from([280.0, 298.15, 330.0]))
    kind = draw(st.sampled_from(["redlich-kister", "landau", "spline"]))
    if kind == "spline":
        knots = draw(st.sampled_from(KNOTS))
        return SplinePotential("X", knots, window, reference, draw(st.integers(0, len(knots) - 1)))
    order = draw(st.integers(2, 7))
    if kind == "landau":
        return Landau("X", order, window, reference, draw(st.integers(0, order - 1)))
    return RedlichKister("X", order, window, "plain", reference, draw(st.integers(0, order + 1)))


def coefficients(law: Any, seed: int) -> dict[str, float]:
    rng = np.random.default_rng(seed)
    n = len(law.interaction_names)
    values = [rng.normal(3.7, 0.3), *rng.normal(0, 0.3, n), rng.normal(0, 20), *rng.normal(0, 10, law.entropies)]
    return dict(zip(law.names, map(float, values), strict=True))


@given(expansions(), st.integers(0, 10**6), st.floats(250, 350))
def test_one_free_energy(law: Any, seed: int, T: float) -> None:
    """U = −(1/F)∂g/∂x, Θ = −(xF/RT)∂U/∂x, ∂U/∂T from both, and the Maxwell relation between them, to 1e-9."""
    c = coefficients(law, seed)
    voltage = law.open_circuit_voltage(c, X, T)
    np.testing.assert_allclose(voltage, -complex_step(lambda x: law.free_energy(c, x, T), X) / FARADAY, atol=1e-9)
    np.testing.assert_allclose(law.chemical_potential(c, X, T), complex_step(lambda x: law.free_energy(c, x, T), X), rtol=1e-9)
    slope = complex_step(lambda x: law.open_circuit_voltage(c, x, T), X)
    factor = law.thermodynamic_factor(c, X, T)
    np.testing.assert_allclose(factor, -X * FARADAY / (GAS_CONSTANT * T) * slope, rtol=1e-9, atol=1e-9)
    change = complex_step(lambda t: law.open_circuit_voltage(c, X, t), T)
    np.testing.assert_allclose(law.entropic_change(c, X, T), change, rtol=1e-9, atol=1e-15)
    step = 1e-6
    curved = [-complex_step(lambda t, s=s: law.free_energy(c, X + s, t), T) for s in (step, -step)]
    np.testing.assert_allclose(
        (curved[0] - curved[1]) / (2 * step), FARADAY * law.entropic_change(c, X, T), rtol=1e-5, atol=1e-3
    )


@given(expansions(), st.integers(0, 10**6))
def test_gibbs_duhem(law: Any, seed: int) -> None:
    """Of lithium and vacancies, x dμ_Li + (1−x) dμ_V = 0 with μ_V the intercept at x = 0: ends of a tangent move together."""
    c = coefficients(law, seed)

    def lithium(x: Any) -> Any:
        return -FARADAY * law.open_circuit_voltage(c, x, 300.0)

    def filled(x: Any) -> Any:  # intercept at x = 1: one lithium in one site
        return law.free_energy(c, x, 300.0) + (1 - x) * lithium(x)

    def empty(x: Any) -> Any:  # intercept at x = 0: one empty site
        return law.free_energy(c, x, 300.0) - x * lithium(x)

    scale = np.abs(complex_step(lithium, X)).max()
    np.testing.assert_allclose((X * complex_step(filled, X) + (1 - X) * complex_step(empty, X)) / scale, 0, atol=1e-9)


@pytest.mark.slow
@given(expansions(), st.integers(0, 10**6), st.floats(250, 350))
def test_mean_voltages(law: Any, seed: int, T: float) -> None:
    """Over the window the coefficient; over [0, 1] the end members' difference, to round-off."""
    c = coefficients(law, seed)
    a, b = law.window
    points = [k for k in getattr(law, "knots", ()) if a < k < b] or None
    integral, _ = quad(
        lambda x: float(law.open_circuit_voltage(c, x, law.reference_temperature)), a, b, epsabs=1e-11, points=points
    )
    assert integral / (b - a) == pytest.approx(c[law.voltage_name], abs=1e-8)
    ends = [float(law.free_energy(c, x, T)) for x in (1e-300, 1 - 1e-16)]
    expected = law.end_voltage(c) + (T - law.reference_temperature) * (c[law.entropy_name] - LITHIUM_ENTROPY) / FARADAY
    assert -(ends[1] - ends[0]) / FARADAY == pytest.approx(expected, abs=1e-12)


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


def test_double_well_is_landaus() -> None:
    """A(x−½)⁴ − B(x−½)² + C exactly, up to the straight line that the reference makes."""
    A, B = 0.7, 0.21
    law = Landau("X", 4)
    c = dict(zip(law.names, [0.0, -B, 0.0, A, LITHIUM_ENTROPY], strict=True))
    x = np.linspace(0, 1, 31)
    well = A * (x - 0.5) ** 4 - B * (x - 0.5) ** 2
    np.testing.assert_allclose(law.free_energy(c, x, 298.15) / FARADAY, well - well[0], atol=1e-14)


@given(expansions())
def test_laws_survive_a_file(law: Any) -> None:
    own = {name: list(value) if isinstance(value, tuple) else value for name, value in settings(law).items()}
    assert build_law(law.kind, own, {}, KINDS) == law


@pytest.mark.parametrize(
    ("make", "message"),
    [
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
