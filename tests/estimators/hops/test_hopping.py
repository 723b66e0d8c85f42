"""From frequencies and barriers to a diffusivity: known frequencies, the classical limit, errors by source."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2c_pybamm.constants import BOLTZMANN, ELEMENTARY_CHARGE, GAS_CONSTANT, PLANCK
from a2c_pybamm.data import HopFrequencies
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators.hops.hopping import harmonic_entropy, hopping_diffusivity, vineyard_frequency
from a2c_pybamm.estimators.statistics.declared_estimate import declare

THZ = 1e12


def frequencies(initial: list[float], saddle: list[float]) -> HopFrequencies:
    """Given in THz."""
    return HopFrequencies(THZ * np.array(initial), THZ * np.array(saddle), {"file": "hop.json"})


def test_vineyard_by_hand() -> None:
    """3·6·8/(4·9) = 4 THz; the order of the modes does not matter."""
    assert vineyard_frequency(frequencies([3, 6, 8], [4, -5, 9])) == pytest.approx(4e12, rel=1e-13)


@given(st.integers(1, 300), st.integers(0, 10**6))
def test_equal_modes_leave_the_attempt_mode(n: int, seed: int) -> None:
    """If all modes but one are the same in site and saddle, the frequency is that one's; hundreds do not overflow."""
    others = np.random.default_rng(seed).uniform(1, 20, n)
    assert vineyard_frequency(frequencies([7.5, *others], [*others[::-1], -3])) == pytest.approx(7.5e12, rel=1e-11)


@pytest.mark.parametrize(
    ("initial", "saddle", "counts"),
    [
        ([3, -1, 8], [4, -5, 9], "1 imaginary .* and 1 at"),
        ([3, 6, 8], [4, 5, 9], "0 imag.* and 0 at"),
        ([3, 6, 8], [-4, -5, 9], "and 2 at"),
    ],
)
def test_wrong_number_of_imaginary_modes_is_refused(initial: list[float], saddle: list[float], counts: str) -> None:
    with pytest.raises(ValueError, match=f"hop.json: .*{counts}.*declare attempt_frequency"):
        vineyard_frequency(frequencies(initial, saddle))


@given(st.lists(st.floats(1, 20), min_size=1, max_size=9), st.floats(2000, 20000))
def test_entropy_approaches_the_classical_limit(modes: list[float], T: float) -> None:
    """Entropy R Σ (1 − ln y + y²/24 − …) with y = hν/kT; the next term is y⁴/960."""
    y = PLANCK * THZ * np.array(modes) / (BOLTZMANN * T)
    entropy = harmonic_entropy(frequencies(modes, modes), T)
    classical = GAS_CONSTANT * (1 - np.log(y) + y**2 / 24).sum()
    assert entropy == pytest.approx(classical, abs=GAS_CONSTANT * (y**4).sum() / 900 + 1e-9)


def test_entropy_is_minus_the_slope_of_the_free_energy() -> None:
    """F = RT Σ [y/2 + ln(1 − e^{−y})], by complex step at room temperature, neither classical nor frozen."""
    modes = np.array([9.0, 11.0, 13.0]) * THZ

    def energy(T: Any) -> Any:
        y = PLANCK * modes / (BOLTZMANN * T)
        return GAS_CONSTANT * T * (y / 2 + np.log(1 - np.exp(-y))).sum()

    slope = energy(298.15 + 1e-20j).imag / 1e-20
    assert harmonic_entropy(HopFrequencies(modes, modes), 298.15) == pytest.approx(-slope, rel=1e-12)


def test_entropy_vanishes_in_the_cold() -> None:
    """Third law; and nothing overflows on the way."""
    assert 0 <= harmonic_entropy(frequencies([10, 12], [10, 12]), 5.0) < 1e-30


def test_entropy_refuses_an_unstable_site_and_no_temperature() -> None:
    with pytest.raises(ValueError, match=r"hop\.json: the stable site has an imaginary mode"):
        harmonic_entropy(frequencies([3, -1], [4, -5]), 300.0)
    with pytest.raises(ValueError, match="temperature must be positive, got 0 K"):
        harmonic_entropy(frequencies([3, 1], [4, 5]), 0.0)


HOP: dict[str, Any] = {
    "material": "LCO",
    "hop": "ODH",
    "jump_length": 2.8e-10,
    "coordination": 6,
    "dimension": 2,
    "attempt_frequency": 5e12,
    "attempt_frequency_std_ln": 0.5,
    "source": "LCO ODH attempt frequency (declared)",
}


def barrier() -> Estimate:
    return declare(["anything [eV]"], [0.3], std=0.05, source="path", reason="test")


@pytest.mark.parametrize(
    ("dimension", "coordination", "factor"), [(1, 2, 1.0), (2, 4, 1.0), (2, 6, 1.5), (3, 6, 1.0), (3, 12, 2.0)]
)
def test_prefactor(dimension: int, coordination: int, factor: float) -> None:
    """D0 = z a² ν0/(2d): z/(2d) is 1 for chain, square and simple cubic lattices, 3/2 for the triangular, 2 for fcc."""
    made = hopping_diffusivity(barrier(), **{**HOP, "dimension": dimension, "coordination": coordination})
    assert made.names == ("LCO ODH ln(D0 [m2.s-1])", "LCO ODH E_a [eV]")
    np.testing.assert_allclose(made.mean, [np.log(factor * 2.8e-10**2 * 5e12), 0.3], rtol=1e-13)


def test_error_of_the_barrier_reaches_the_diffusivity() -> None:
    """Var ln D = 0.5² + (0.05 eV/kT)², the parts still told apart by source."""
    made = hopping_diffusivity(barrier(), **HOP)
    kT = BOLTZMANN * 300 / ELEMENTARY_CHARGE
    diffusivity = made.map(["ln D"], [made.mean[0] - made.mean[1] / kT], [[1.0, -1 / kT]])
    assert diffusivity.covariance[0, 0] == pytest.approx(0.25 + (0.05 / kT) ** 2)
    parts = {source: float((factor.values**2).sum()) for source, factor in diffusivity.factors.items()}
    assert parts == {"path": pytest.approx((0.05 / kT) ** 2), HOP["source"]: pytest.approx(0.25)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"jump_length": 0.0}, "LCO ODH: jump_length must be positive, got 0"),
        ({"coordination": -1}, "coordination must be positive"),
        ({"attempt_frequency": np.nan}, "attempt_frequency must be positive, got nan"),
        ({"dimension": 4}, "dimension must be 1, 2 or 3, got 4"),
        ({"attempt_frequency_std_ln": -0.1}, "standard deviation is negative"),
    ],
)
def test_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        hopping_diffusivity(barrier(), **{**HOP, **change})


def test_two_coefficients_are_no_barrier() -> None:
    two = declare(["a", "b"], [0.1, 0.2], std=0.1, source="path", reason="test")
    with pytest.raises(ValueError, match="the barrier is one coefficient, got a, b"):
        hopping_diffusivity(two, **HOP)


def test_frequencies_of_different_number_are_refused() -> None:
    with pytest.raises(ValueError, match="3 at the site, 2 at the saddle"):
        frequencies([3, 6, 8], [4, -5])
