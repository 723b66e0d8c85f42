"""Gaps, spinodals and branches of many samples: closed forms, independent root-finders, brute force."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.spatial import ConvexHull

from a2c_pybamm.constants import AVOGADRO, FARADAY, GAS_CONSTANT
from a2c_pybamm.laws import Landau, RedlichKister, SplinePotential
from a2c_pybamm.laws.thermodynamics import phases

T = 298.15
THERMAL = GAS_CONSTANT * T / FARADAY


def landau(A: float, B: float, slope: float = 3.4) -> tuple[Landau, dict[str, float]]:
    law = Landau("X", 4)
    return law, dict(zip(law.names, [slope, -B, 0.0, A, 0.0], strict=True))


def regular(chi: Any) -> tuple[RedlichKister, dict[str, Any]]:
    law = RedlichKister("X", 0)
    return law, dict(zip(law.names, [3.4, chi * THERMAL, 20.0], strict=True))


def random_samples(seed: int, n: int, order: int = 3, attraction: float = 0.08) -> tuple[RedlichKister, dict[str, np.ndarray]]:
    """Attractive hosts with asymmetry, one or several gaps."""
    rng = np.random.default_rng(seed)
    law = RedlichKister("X", order)
    columns = [rng.normal(3.4, 0.05, n), rng.normal(attraction, 0.03, n), *rng.normal(0, 0.09, (order, n)), rng.normal(0, 5, n)]
    return law, {name: column[:, None] for name, column in zip(law.names, columns, strict=True)}


@pytest.mark.slow
@settings(max_examples=30)
@given(st.floats(0.05, 5.0), st.floats(0.02, 0.48))
def test_landau_closed_form(A: float, ratio: float) -> None:
    """Binodal ½ ∓ √(B/2A) and spinodal ½ ∓ √(B/6A), to 1e-10."""
    B = A * ratio
    law, c = landau(A, B)
    gaps = phases.gaps(law, c, T)
    half = np.sqrt(B / (2 * A))
    assert gaps.count[0] == 1
    np.testing.assert_allclose([gaps.low[0, 0], gaps.high[0, 0]], [0.5 - half, 0.5 + half], rtol=0, atol=1e-10)
    inner = np.sqrt(B / (6 * A))
    np.testing.assert_allclose(phases.spinodals(law, c, T)[0], [0.5 - inner, 0.5 + inner], rtol=0, atol=1e-10)
    np.testing.assert_allclose(gaps.voltage, 3.4, atol=1e-12)


def test_a_tangent_may_end_at_an_end_of_a_finite_law() -> None:
    """B/2A > ¼: the double well's minima lie outside [0, 1], and the end members coexist."""
    law, c = landau(1.0, 1.0)
    gaps = phases.gaps(law, c, T)
    np.testing.assert_array_equal([gaps.low[0, 0], gaps.high[0, 0]], [0.0, 1.0])
    assert gaps.voltage[0, 0] == pytest.approx(3.4)


@pytest.mark.slow
@settings(max_examples=30)
@given(st.floats(-0.3, 0.3), st.floats(0.15, 0.4), st.floats(0.55, 0.85), st.floats(0.2, 4.0))
def test_quartic_with_a_known_tangent(m: float, p: float, q: float, a: float) -> None:
    """a(x−p)²(x−q)² + mx touches its tangent at p and q with slope m; spinodals (p+q)/2 ± (q−p)/(2√3)."""
    quartic = a * np.polynomial.Polynomial.fromroots([p, p, q, q])
    about = quartic(np.polynomial.Polynomial([0.5, 1.0])).coef  # in powers of x − ½
    law = Landau("X", 4)
    ends = float(quartic(1) - quartic(0))
    c = dict(zip(law.names, [-ends - m, *about[2:], 0.0], strict=True))
    gaps = phases.gaps(law, c, T)
    np.testing.assert_allclose([gaps.low[0, 0], gaps.high[0, 0]], [p, q], atol=1e-9)
    assert gaps.voltage[0, 0] == pytest.approx(-m, abs=1e-9)
    middle, half = (p + q) / 2, (q - p) / (2 * np.sqrt(3))
    np.testing.assert_allclose(phases.spinodals(law, c, T)[0], [middle - half, middle + half], atol=1e-9)


def test_regular_solution_at_twenty_temperatures() -> None:
    """Ω of 20 kJ/mol from far below to just below its critical temperature Ω/2R: an independent root-finder for ln(x/(1−x))."""
    omega = 2e4
    critical = omega / (2 * GAS_CONSTANT)
    law = RedlichKister("X", 0, reference_temperature=300.0)
    c = dict(zip(law.names, [3.4, omega / FARADAY, 20.0], strict=True))
    for temperature in np.linspace(0.2, 0.999, 20) * critical:
        chi = omega / (GAS_CONSTANT * temperature)
        spinodal = (1 - np.sqrt(1 - 2 / chi)) / 2
        binodal = brentq(lambda x, chi=chi: np.log(x / (1 - x)) + chi * (1 - 2 * x), 1e-14, spinodal * (1 - 1e-9), xtol=1e-16)
        gaps = phases.gaps(law, c, float(temperature))
        np.testing.assert_allclose([gaps.low[0, 0], 1 - gaps.high[0, 0]], binodal, rtol=1e-8)
        np.testing.assert_allclose(phases.spinodals(law, c, float(temperature))[0], [spinodal, 1 - spinodal], rtol=1e-10)
    assert phases.gaps(law, c, float(critical * 1.001)).count[0] == 0


@pytest.mark.parametrize(
    ("chi", "binodal", "spinodal"), [(2.5, 0.144794, 0.276393), (3, 0.070720, 0.211325), (4, 0.021248, 0.146447)]
)
def test_published_regular_solutions(chi: float, binodal: float, spinodal: float) -> None:
    law, c = regular(chi)
    assert phases.gaps(law, c, T).low[0, 0] == pytest.approx(binodal, abs=6e-7)
    assert phases.spinodals(law, c, T)[0, 0] == pytest.approx(spinodal, abs=6e-7)


def test_lithium_iron_phosphate_as_a_regular_solution() -> None:
    """Ω = 1.856e-20 J a site: binodal, spinodal and voltage gap between the branches by root-finders of their own."""
    chi = 1.856e-20 * AVOGADRO / (GAS_CONSTANT * T)
    law, c = regular(chi)
    spinodal = (1 - np.sqrt(1 - 2 / chi)) / 2

    def potential(x: float) -> float:
        return float(np.log(x / (1 - x)) + chi * (1 - 2 * x))

    binodal = brentq(potential, 1e-9, spinodal * 0.999)
    gaps = phases.gaps(law, c, T)
    assert gaps.low[0, 0] == pytest.approx(binodal, rel=1e-10)
    width = THERMAL * (potential(spinodal) - potential(1 - spinodal))
    branches = [phases.branch(law, c, T, lithiation=lithiation) for lithiation in (True, False)]
    found = branches[1].voltage[0, 0] - branches[0].voltage[0, 0]
    assert found == pytest.approx(width, rel=1e-10)
    # figures of phase-field work with this Ω, at the precision that they are given with
    assert (binodal, spinodal) == (pytest.approx(0.0121, abs=1e-4), pytest.approx(0.1270, abs=1e-4))
    assert found == pytest.approx(0.0738, abs=1e-4)
    # lithiation leaves the curve at the lower spinodal and comes back where the curve has that voltage again
    back = brentq(lambda x: potential(x) - potential(spinodal), 1 - spinodal, 1 - 1e-12)
    np.testing.assert_allclose([branches[0].low[0, 0], branches[0].high[0, 0]], [spinodal, back], rtol=1e-8)


def hull_edges(law: Any, c: dict[str, float], x: np.ndarray) -> list[tuple[float, float]]:
    """Long edges of the lower convex hull on a fine grid, by another code."""
    g = law.free_energy(c, x, T) / 1000
    vertices = sorted(ConvexHull(np.column_stack([x, g])).vertices, key=lambda k: x[k])
    chord = g[0] + (g[-1] - g[0]) * (x - x[0]) / (x[-1] - x[0])
    lower = [k for k in vertices if g[k] <= chord[k] + 1e-12]
    return [(x[a], x[b]) for a, b in pairwise(lower) if b - a > 2]


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "order", "attraction"), [(0, 3, 0.08), (1, 4, 0.06), (2, 5, 0.1)])
def test_all_gaps_against_brute_force(seed: int, order: int, attraction: float) -> None:
    """150 asymmetric hosts, some with two or three gaps, on 10 000 compositions."""
    law, samples = random_samples(seed, 150, order, attraction)
    gaps = phases.gaps(law, samples, T)
    x = np.unique(np.concatenate([phases.composition_grid(ends=False), np.linspace(1e-4, 1 - 1e-4, 9999)]))
    several = 0
    for k in range(150):
        c = {name: float(column[k, 0]) for name, column in samples.items()}
        expected = [edge for edge in hull_edges(law, c, x) if edge[1] - edge[0] > 5e-4]
        own = [(a, b) for a, b in zip(gaps.low[k], gaps.high[k], strict=True) if b - a > 5e-4]
        assert len(own) == len(expected)
        np.testing.assert_allclose(own, expected, atol=2.1e-4)
        several += len(own) > 1
    assert several >= 5


@pytest.mark.slow
@settings(max_examples=20)
@given(st.integers(0, 10**6))
def test_what_a_gap_is(seed: int) -> None:
    """Equal potentials, equal grand potentials, the curve above the tangent throughout; concave only inside gaps."""
    law, samples = random_samples(seed, 20)
    gaps = phases.gaps(law, samples, T)
    x = phases.composition_grid(ends=False)
    g = law.free_energy(samples, x, T)
    factor = law.thermodynamic_factor(samples, x, T)
    covered = np.zeros_like(g, dtype=bool)
    for k in range(gaps.low.shape[1]):
        own = np.isfinite(gaps.low[:, k])
        c = {name: column[own] for name, column in samples.items()}
        low, high = gaps.low[own, k][:, None], gaps.high[own, k][:, None]
        voltage = gaps.voltage[own, k][:, None]
        for side in (low, high):
            inside = (side > phases.END_WIDTH) & (side < 1 - phases.END_WIDTH)  # closer to an end no float tells a potential
            miss = law.open_circuit_voltage(c, side, T) - voltage
            np.testing.assert_allclose(miss[inside], 0, atol=1e-7)
            assert (law.thermodynamic_factor(c, side, T) > 0).all()
        tangent = law.free_energy(c, low, T) - FARADAY * voltage * (x - low)
        assert (g[own] - tangent > -1e-6).all()
        covered[own] |= (x > low) & (x < high)
    assert (factor > 0)[~covered].all()


def test_samples_do_not_disturb_each_other() -> None:
    """A batch gives what each sample gives alone, across chunks."""
    law, samples = random_samples(3, 1200)
    whole = phases.gaps(law, samples, T)
    for k in (0, 7, 999, 1000, 1199):
        alone = phases.gaps(law, {name: column[k] for name, column in samples.items()}, T)
        n = alone.count[0]
        np.testing.assert_allclose(whole.low[k, :n], alone.low[0, :n], rtol=1e-9)
        assert whole.count[k] == n


def test_gaps_of_a_spline_potential() -> None:
    """The phases of a law need not be Redlich-Kister's: a spline with a dip of its potential."""
    law = SplinePotential("X", (0.0, 0.25, 0.5, 0.75, 1.0))
    c = dict(zip(law.names, [3.5, 0.08, -0.08, 0.05, 0.1, 20.0], strict=True))
    gaps = phases.gaps(law, c, T)
    x = np.unique(np.concatenate([phases.composition_grid(ends=False), np.linspace(1e-4, 1 - 1e-4, 9999)]))
    expected = [edge for edge in hull_edges(law, c, x) if edge[1] - edge[0] > 5e-4]
    assert gaps.count[0] == len(expected) >= 1
    np.testing.assert_allclose(np.column_stack([gaps.low[0], gaps.high[0]]), expected, atol=2.1e-4)


def test_room_for_fewer_takes_the_widest() -> None:
    law = RedlichKister("X", 4)
    c = dict(zip(law.names, [4.0, -0.2, 0.0, 0.9, 0.0, -0.4, 0.0], strict=True))
    gaps = phases.gaps(law, c, T)
    assert gaps.count[0] == 2
    one = gaps.sized(1)
    widths = gaps.high - gaps.low
    assert one.low[0, 0] == gaps.low[0, int(np.argmax(widths))]
    three = gaps.sized(3)
    assert np.isnan(three.low[0, 2])
    assert three.low[0, 0] == gaps.low[0, 0]
