"""Splines of ln[x/(1-x)]: quadratic B-splines, their integrals, and the law's limits that are known on paper."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.interpolate import BSpline

from a2c_pybamm.laws import LogitSpline, RedlichKister
from a2c_pybamm.laws.thermodynamics.logit_basis import LogitBasis, logit, logit_basis
from a2c_pybamm.laws.thermodynamics.logit_spline import positive, positive_coordinate
from tests.complex_step import complex_step

T = 298.15
KNOTS = {
    "three": (0.2, 0.5, 0.9),
    "uneven": (0.02, 0.05, 0.2, 0.35, 0.6, 0.9, 0.97),
    "many": tuple(np.linspace(0.01, 0.99, 41).tolist()),
    "near the ends": (1e-4, 1e-2, 0.5, 0.99, 1 - 1e-4),
}
X = np.concatenate([10 ** np.linspace(-8, -2, 13), np.linspace(0.02, 0.98, 97), 1 - 10 ** np.linspace(-2, -8, 13)])


@pytest.fixture(params=KNOTS, name="basis")
def fixture_basis(request: pytest.FixtureRequest) -> LogitBasis:
    return logit_basis(KNOTS[request.param])


def test_slopes_are_shares_of_one(basis: LogitBasis) -> None:
    """At every composition, the ends among them: no B-spline is negative, and they sum to one."""
    slopes = basis.slopes(np.concatenate([[0.0], X, [1.0]]))
    assert slopes.shape == (len(X) + 2, len(basis.knots) - 1)
    # in one text they are differences of up to 40 squares, each larger than one by the inverse square of a knot interval
    assert slopes.min() > -1e-11
    np.testing.assert_allclose(slopes.sum(axis=1), 1, rtol=1e-11)
    np.testing.assert_allclose(slopes[[0, -1]], basis.tails(), atol=1e-11)


def test_slopes_are_scipys_splines(basis: LogitBasis) -> None:
    """Quadratic B-splines on the knots and two more on each side, those that reach beyond the ends put together."""
    z = basis.knots
    low, high = z[1] - z[0], z[-1] - z[-2]
    extended = np.concatenate([[z[0] - 2 * low, z[0] - low], z, [z[-1] + high, z[-1] + 2 * high]])
    at = np.linspace(z[0] + 1e-9, z[-1] - 1e-9, 201)
    every = BSpline.design_matrix(at, extended, 2).toarray()
    expected = every[:, 1:-1].copy()
    expected[:, 0] += every[:, 0]
    expected[:, -1] += every[:, -1]
    np.testing.assert_allclose(basis.slopes(1 / (1 + np.exp(-at))), expected, atol=1e-11)


def test_curves_are_integrals_of_the_slopes(basis: LogitBasis) -> None:
    """dI_k/dz = B_k by differences, also in the straight tails; the integrals' derivative by x is I_k."""
    x, step = X[(X > 1e-5) & (X < 1 - 1e-5)], 1e-5  # closer to 1 the rounding of x shifts z
    right, left = (basis.curves(1 / (1 + np.exp(-(logit(x) + d)))) for d in (step, -step))
    np.testing.assert_allclose((right - left) / (2 * step), basis.slopes(x), atol=2e-6)
    inside = np.linspace(0.003, 0.997, 57)
    n = len(basis.means)
    for k in range(n):
        amplitudes = [float(j == k) for j in range(n)]
        by_step = complex_step(lambda x, a=amplitudes: basis.integral(x, a), inside)
        np.testing.assert_allclose(by_step, basis.curves(inside)[:, k], rtol=1e-10, atol=1e-10)


def test_means_and_ends_vanish(basis: LogitBasis) -> None:
    """∫I_k dx = 0 over [0, 1] by quadrature; the integrals from 0 are zero at both ends, and numbers between."""
    np.testing.assert_allclose(basis.integrals(np.array([0.0, 1.0])), 0, atol=1e-13)
    nodes, weights = np.polynomial.legendre.leggauss(30)
    tails = basis.tails()

    def integral(a: float, b: float) -> np.ndarray:
        """Integrals of the curves over x between two z, on one side of a knot."""
        z = (a + b) / 2 + (b - a) / 2 * nodes
        inner = np.clip(z, basis.knots[0], basis.knots[-1])
        curves = basis.curves(1 / (1 + np.exp(-inner)))
        curves = curves + np.minimum(z - inner, 0)[:, None] * tails[0] + np.maximum(z - inner, 0)[:, None] * tails[1]
        return np.asarray((b - a) / 2 * (weights / (np.exp(z / 2) + np.exp(-z / 2)) ** 2) @ curves)

    # x(1-x) is 3e-20 at |z| = 45; a piece is 1 wide at most, far below the distance to its poles
    edges = np.unique(np.concatenate([np.linspace(-45, 45, 91), basis.knots]))
    pieces = np.array([integral(a, b) for a, b in pairwise(edges)])
    # the twelve nodes of the basis err by 4e-12 in the widest interval, 4.6 wide
    np.testing.assert_allclose(pieces.sum(axis=0), 0, atol=1e-11)
    before = pieces[: np.searchsorted(edges, 0.0)].sum(axis=0)
    np.testing.assert_allclose(basis.integrals(np.array([0.5]))[0], before, atol=1e-11)


def test_integral_is_one_for_numbers_arrays_and_complex(basis: LogitBasis) -> None:
    rng = np.random.default_rng(0)
    amplitudes = rng.normal(size=len(basis.means))
    expected = basis.integrals(X) @ amplitudes
    np.testing.assert_allclose(basis.integral(X, list(amplitudes)), expected, atol=1e-12)
    np.testing.assert_allclose([basis.integral(float(x), list(amplitudes)) for x in X], expected, atol=1e-12)
    np.testing.assert_allclose(basis.integral(X + 0j, list(amplitudes)).real, expected, atol=1e-12)


# ---- the law -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("knots", KNOTS.values(), ids=KNOTS)
@pytest.mark.parametrize("shape", ["stable", "plain"])
@pytest.mark.parametrize("ion", ["Li", "Mg"])
def test_slopes_of_one_are_the_ideal_gas(knots: tuple[float, ...], shape: str, ion: str) -> None:
    """All quantities are those of Redlich–Kister's law without interaction, at any temperature."""
    law = LogitSpline("X", knots, shape=shape, ion=ion)  # type: ignore[arg-type]
    ideal = RedlichKister("X", 0, ion=ion)
    one = positive_coordinate(1.0) if shape == "stable" else 1.0
    c = {law.voltage_name: 3.7, **dict.fromkeys(law.interaction_names, one), law.entropy_name: 20.0}
    expected = {ideal.voltage_name: 3.7, ideal.interaction_names[0]: 0.0, ideal.entropy_name: 20.0}
    for temperature in (T, 340.0):
        for method in ("open_circuit_voltage", "entropic_change"):
            found = getattr(law, method)(c, X, temperature)
            np.testing.assert_allclose(found, getattr(ideal, method)(expected, X, temperature), rtol=1e-12, atol=1e-12)
        factor = law.thermodynamic_factor(c, X, temperature)
        np.testing.assert_allclose(factor * (1 - X), 1, rtol=1e-12)
        energy, known = law.free_energy(c, X, temperature), ideal.free_energy(expected, X, temperature)
        np.testing.assert_allclose(energy, known, rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize("knots", [KNOTS["uneven"], KNOTS["many"]], ids=["uneven", "many"])
def test_stable_coefficients_are_one_phase(knots: tuple[float, ...]) -> None:
    """1,000 sets of any coefficients, many of them far below zero: Θ > 0 at every composition, and U falls."""
    law = LogitSpline("X", knots)
    rng = np.random.default_rng(3)
    u = rng.normal(0, 2, (1000, len(law.interaction_names)))
    c = {law.voltage_name: 3.7, law.entropy_name: 20.0} | dict(zip(law.interaction_names, u.T[..., None], strict=True))
    factor = np.asarray(law.thermodynamic_factor(c, X, T))
    assert factor.shape == (1000, len(X))
    assert factor.min() > 0
    np.testing.assert_allclose(factor * (1 - X), positive(u) @ law.basis.slopes(X).T, rtol=1e-6, atol=1e-11)
    assert (np.diff(law.open_circuit_voltage(c, X, T), axis=1) < 0).all()


def test_positive_slopes_have_a_coordinate_each() -> None:
    """The map of all numbers to positive slopes, its inverse, and its size far from zero: u, and σ²/|u|."""
    s = np.geomspace(1e-7, 1e3, 41)
    # u + √(u² + 4σ²) leaves 1e-16 of u = −σ²/s: a small slope has fewer digits
    np.testing.assert_allclose(positive(positive_coordinate(s)), s, rtol=1e-12, atol=1e-14)
    u = np.array([-1e3, -1.0, 0.0, 1.0, 1e3])
    np.testing.assert_allclose(positive(u), [1e-9, 1e-6, 1e-3, 1 + 1e-6, 1e3 + 1e-9], rtol=1e-5, atol=1e-13)
