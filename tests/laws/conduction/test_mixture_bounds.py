"""Bounds of the conductivity of mixtures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2c_pybamm import hashin_shtrikman_bounds, wiener_bounds


@st.composite
def mixtures(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    n = draw(st.integers(1, 5))
    values = draw(st.lists(st.floats(1e-6, 1e6), min_size=n, max_size=n))
    parts = np.array(draw(st.lists(st.floats(0.01, 1.0), min_size=n, max_size=n)))
    return np.array(values), parts / parts.sum()


def effective_medium(values: np.ndarray, fractions: np.ndarray) -> float:
    """Bruggeman's effective medium: sum of φ (σ − s)/(σ + 2s) = 0, by bisection in ln s."""
    low, high = np.log(values.min()), np.log(values.max())
    for _ in range(80):
        middle = np.exp((low + high) / 2)
        if np.sum(fractions * (values - middle) / (values + 2 * middle)) > 0:
            low = np.log(middle)
        else:
            high = np.log(middle)
    return float(np.exp((low + high) / 2))


@given(mixtures())
def test_bounds_are_in_order(mixture: tuple[np.ndarray, np.ndarray]) -> None:
    """Series ≤ lower ≤ effective medium ≤ upper ≤ side by side, for any number of phases."""
    (series, parallel), (lower, upper) = wiener_bounds(*mixture), hashin_shtrikman_bounds(*mixture)
    ordered = np.array([series, lower, effective_medium(*mixture), upper, parallel])
    assert np.all(np.diff(ordered) >= -1e-9 * ordered[1:])
    assert series == pytest.approx(1 / np.sum(mixture[1] / mixture[0]), rel=1e-12)


@given(mixtures())
def test_inverse_of_the_mean_of_inverses(mixture: tuple[np.ndarray, np.ndarray]) -> None:
    """The form of the paper, [Σ φ/(σ + 2σ*)]⁻¹ − 2σ*, up to the digits that its difference costs."""
    values, fractions = mixture
    for bound, reference in zip(hashin_shtrikman_bounds(*mixture), (values.min(), values.max()), strict=True):
        matrix = 2 * reference
        assert bound == pytest.approx(1 / np.sum(fractions / (values + matrix)) - matrix, rel=1e-9, abs=1e-12 * matrix)


def test_two_phases_are_hashin_and_shtrikmans_equations() -> None:
    """σ1 + φ2/(1/(σ2 − σ1) + φ1/(3σ1)) and the same with the phases exchanged (J. Appl. Phys. 33, 3125, eqs. 4.1 and 4.2)."""
    s1, s2, share = 1.0, 7.0, 0.3
    lower = s1 + share / (1 / (s2 - s1) + (1 - share) / (3 * s1))
    upper = s2 + (1 - share) / (1 / (s1 - s2) + share / (3 * s2))
    np.testing.assert_allclose(hashin_shtrikman_bounds([s1, s2], [1 - share, share]), [lower, upper], rtol=1e-14)
    np.testing.assert_allclose(hashin_shtrikman_bounds([s2, s1], [share, 1 - share]), [lower, upper], rtol=1e-14)


@pytest.mark.parametrize(
    ("values", "fractions"), [([3.0], [1.0]), ([3.0, 3.0, 3.0], [0.2, 0.3, 0.5]), ([3.0, 9.0, 0.0], [1, 0, 0])]
)
def test_one_conductor_is_itself(values: list[float], fractions: list[float]) -> None:
    for bounds in (hashin_shtrikman_bounds, wiener_bounds):
        np.testing.assert_allclose(bounds(values, fractions), [3.0, 3.0], rtol=1e-14)


def test_few_spheres_are_maxwells() -> None:
    """dσ/dφ at φ = 0 is 3σ1(σ2 − σ1)/(σ2 + 2σ1) for spheres of 2 in 1: the bound whose matrix is 1, by complex step."""
    step = 1e-30j
    for s1, s2, which in ((1.0, 7.0, 0), (7.0, 1.0, 1)):
        few = hashin_shtrikman_bounds([s1, s2], np.array([1 - 1e-9 - step, 1e-9 + step]))[which]
        assert few.imag / 1e-30 == pytest.approx(3 * s1 * (s2 - s1) / (s2 + 2 * s1), rel=1e-8)


def test_pores_that_do_not_conduct() -> None:
    """Lower bound zero; upper one Maxwell's σ 2φ/(3 − φ); nothing conducts where nothing does."""
    lower, upper = hashin_shtrikman_bounds([5.0, 0.0], [0.6, 0.4])
    assert lower == 0
    assert upper == pytest.approx(5 * 2 * 0.6 / (3 - 0.6), rel=1e-14)
    assert hashin_shtrikman_bounds([0.0, 0.0], [0.6, 0.4]) == (0, 0)
    assert wiener_bounds([5.0, 0.0], [0.6, 0.4]) == (0, 3)


def test_derivatives_by_complex_step() -> None:
    """Against central differences in each value, three phases, and at a value of zero."""
    values, fractions = np.array([0.4, 2.0, 5.0]), np.array([0.2, 0.5, 0.3])
    for i in range(3):
        e = np.eye(3)[i]
        step = [b.imag / 1e-30 for b in hashin_shtrikman_bounds(values + 1e-30j * e, fractions)]
        pairs = zip(*(hashin_shtrikman_bounds(values + s * 1e-6 * e, fractions) for s in (1, -1)), strict=True)
        np.testing.assert_allclose(step, [(up - down) / 2e-6 for up, down in pairs], rtol=1e-6, atol=1e-8)
    at_zero = hashin_shtrikman_bounds([1e-30j, 5.0], [0.4, 0.6])[0].imag / 1e-30
    assert at_zero == pytest.approx(hashin_shtrikman_bounds([1e-8, 5.0], [0.4, 0.6])[0] / 1e-8, rel=1e-6)


def test_values_of_many_temperatures_at_once() -> None:
    values = np.array([[1.0, 2.0, 0.0], [4.0, 2.0, 3.0]])
    lower, upper = hashin_shtrikman_bounds(values, [0.3, 0.7])
    for i in range(3):
        np.testing.assert_allclose((lower[i], upper[i]), hashin_shtrikman_bounds(values[:, i], [0.3, 0.7]), rtol=1e-14)
    np.testing.assert_allclose(
        hashin_shtrikman_bounds(values, np.full((2, 3), 0.5)), hashin_shtrikman_bounds(values, [0.5, 0.5])
    )


@pytest.mark.parametrize(
    ("values", "fractions", "said"),
    [
        ([1.0, -2.0], [0.5, 0.5], "finite ones, zero or more"),
        ([1.0, np.inf], [0.5, 0.5], "finite ones, zero or more"),
        ([1.0, 2.0], [0.5, 0.6], "sum to 1"),
        ([1.0, 2.0], [1.5, -0.5], "sum to 1"),
        ([1.0, 2.0], [np.nan, 0.5], "sum to 1"),
        ([1.0, 2.0], [1.0], "one of each per phase"),
        ([], [], "one of each per phase"),
        (1.0, 1.0, "one of each per phase"),
        (["1", 2.0], [0.5, 0.5], "give numbers"),
        (np.ones((2, 3)), np.full((2, 4), 0.5), "both of one shape"),
    ],
)
def test_what_is_no_mixture_is_refused(values: object, fractions: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        hashin_shtrikman_bounds(values, fractions)


@pytest.mark.parametrize("dimensions", [0, -1, np.nan, np.inf])
def test_fewer_than_one_dimension_is_refused(dimensions: float) -> None:
    with pytest.raises(ValueError, match="dimensions of a mixture; give 3"):
        hashin_shtrikman_bounds([1.0, 2.0], [0.5, 0.5], dimensions=dimensions)  # type: ignore[arg-type]


@pytest.mark.parametrize("scale", [1e308, 1e-300])
def test_bounds_scale_with_the_conductivities(scale: float) -> None:
    bounds = hashin_shtrikman_bounds([1.0, 0.2, 0.0], [0.5, 0.3, 0.2])
    scaled = hashin_shtrikman_bounds([scale, 0.2 * scale, 0.0], [0.5, 0.3, 0.2])
    np.testing.assert_allclose(np.divide(scaled, scale), bounds, rtol=1e-12)
