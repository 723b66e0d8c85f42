"""Laws of charge transfer: exact currents, slopes at equilibrium, exponents, activities."""

from __future__ import annotations

import numpy as np
import pytest

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.laws import ButlerVolmer, Marcus, MarcusHushChidsey, RedlichKister, chidsey_current, form_distance

T = 298.15
VOLTS = np.array([0.05, 0.1, 0.15, 0.2])
EXACT = {
    0.2: (2.08855, 4.94196, 8.90769, 13.67891),
    0.35: (2.14945, 5.53508, 11.42327, 20.94611),
    0.5: (2.17903, 5.84433, 12.89476, 25.90403),
    0.7: (2.20107, 6.08368, 14.10779, 30.36257),
    1.0: (2.2191, 6.28532, 15.17952, 34.57072),
}
"""Currents over the exchange current by the integral (adaptive quadrature), by reorganization energy [eV]."""
LAWS = (ButlerVolmer("X"), Marcus("X"), MarcusHushChidsey("X"))


def coefficients(law: object, form: float) -> dict[str, float]:
    """Coefficients of a law with this transfer coefficient, or this reorganization energy [eV]."""
    third = form if isinstance(law, ButlerVolmer) else np.log(form)
    return dict(zip(law.own_names, (np.log(2e-6), 0.4, third), strict=True))  # type: ignore[attr-defined]


@pytest.mark.parametrize("energy", EXACT)
def test_integral_gives_the_exact_currents(energy: float) -> None:
    np.testing.assert_allclose(chidsey_current(VOLTS, energy, T), EXACT[energy], rtol=1e-5)
    np.testing.assert_allclose(chidsey_current(-VOLTS, energy, T), -chidsey_current(VOLTS, energy, T), rtol=1e-12)
    small = 1e-4
    assert chidsey_current(small, energy, T) * GAS_CONSTANT * T / FARADAY / small == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(("energy", "distance"), [(0.2, -0.087), (0.35, 0.034), (0.5, 0.119), (0.7, 0.2), (1.0, 0.285)])
def test_distance_of_pybamms_form(energy: float, distance: float) -> None:
    """The integral is 8 % smaller, then 3, 13, 22 and 33 % larger, up to 150 mV."""
    assert form_distance(energy, T, 0.15) == pytest.approx(distance, abs=1e-3)


FACTORS = {0.2: (7.001, 2.909), 0.35: (30.13, 10.85), 0.5: (129.7, 42.46), 0.7: (908.1, 270.5), 1.0: (16820, 4503)}
"""Inverse slopes of PyBaMM's forms of Marcus and of Marcus, Hush and Chidsey, times RT/F, by reorganization energy [eV]."""


@pytest.mark.parametrize("energy", FACTORS)
@pytest.mark.parametrize("law", LAWS[1:], ids=["marcus", "mhc"])
def test_slope_at_equilibrium_is_that_of_the_exchange_current(law: Marcus | MarcusHushChidsey, energy: float) -> None:
    c, small = coefficients(law, energy), 1e-5
    slope = (law.relative_current(c, small, T) - law.relative_current(c, -small, T)) / (2 * small)
    assert slope * GAS_CONSTANT * T / FARADAY == pytest.approx(1, abs=1e-6)
    assert law.prefactor(c, T) == pytest.approx(FACTORS[energy][law.kind != "marcus"], rel=5e-4)


def test_transfer_coefficient_is_the_slope_between_two_parabolas() -> None:
    """The crossing of two parabolas, found for itself: barrier (λ + Fη)²/4λ and slope ½ + Fη/2λ."""
    law, energy = Marcus("X"), 0.8
    c = coefficients(law, energy)

    def barrier(volts: float) -> float:
        """Reactant λq² meets product λ(q − 1)² + η: 2q = 1 + η/λ."""
        return energy * ((1 + volts / energy) / 2) ** 2

    for volts in (-0.3, 0.0, 0.2):
        slope = (barrier(volts + 1e-4) - barrier(volts - 1e-4)) / 2e-4
        assert law.transfer_coefficient_at(c, volts) == pytest.approx(slope, abs=1e-11)
        ratio = law.relative_current(c, volts, T) if volts else 0.0
        forward, back = (np.exp((barrier(0) - barrier(s * volts)) / (GAS_CONSTANT * T / FARADAY)) for s in (-1, 1))
        assert ratio == pytest.approx(forward - back, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("alpha", [0.3, 0.5, 0.7])
def test_exponents_follow_the_transfer_coefficient(alpha: float) -> None:
    """Slopes of ln i0 over ln c_e, ln c_s and ln(c_max − c_s), and 1/2^… at half filling and 1 mol/L."""
    law = ButlerVolmer("X")
    c = coefficients(law, alpha)
    c_max, h = 5e4, 1e-6

    def log_current(c_e: float, filled: float, empty: float) -> float:
        # filled and empty sites moved by themselves: their sum is c_max, by which the product is divided
        total = filled + empty
        return float(np.log(law.exchange_current(c, c_e, filled, total, T) * total))

    start = (1000.0, 0.3 * c_max, 0.7 * c_max)
    for k, exponent in enumerate((1 - alpha, alpha, 1 - alpha)):
        moved = [[value * np.exp(s * h * (j == k)) for j, value in enumerate(start)] for s in (-1, 1)]
        assert (log_current(*moved[1]) - log_current(*moved[0])) / (2 * h) == pytest.approx(exponent, abs=1e-8)
    assert law.exchange_current(c, 1000.0, c_max / 2, c_max, T) == pytest.approx(FARADAY * 2e-6 / 2, rel=1e-12)
    assert law.anodic_transfer_coefficient(c) == 1 - alpha


def test_both_directions_are_equal_at_the_hosts_voltage() -> None:
    """Rates of one event, barriers of a standard potential: reduction and oxidation meet at U(x), each at i0."""
    law, alpha, filled = ButlerVolmer("X"), 0.35, 0.8
    c = coefficients(law, alpha)
    unit, salt = GAS_CONSTANT * T / FARADAY, 500.0
    equilibrium = unit * np.log(salt / 1000 * (1 - filled) / filled)  # of an ideal host, against its standard potential
    reduction = FARADAY * 2e-6 * salt / 1000 * (1 - filled) * np.exp(-alpha * equilibrium / unit)
    oxidation = FARADAY * 2e-6 * filled * np.exp((1 - alpha) * equilibrium / unit)
    assert reduction == pytest.approx(oxidation, rel=1e-12)
    assert law.exchange_current(c, salt, filled * 5e4, 5e4, T) == pytest.approx(reduction, rel=1e-12)


def test_activity_of_an_ideal_host_is_its_filled_share() -> None:
    """With a free energy in the slot: the same for an ideal lattice gas, at x° for every host."""
    host = RedlichKister("X", 1)
    ideal = {host.voltage_name: 3.9} | dict.fromkeys(set(host.names) - {host.voltage_name}, 0.0)
    attractive = ideal | {"X L0 [eV]": 0.06}
    plain, with_host = ButlerVolmer("X", composition=0.3), ButlerVolmer("X", host, 0.3)
    filled = np.array([0.1, 0.3, 0.6, 0.9]) * 5e4
    expected = plain.exchange_current(coefficients(plain, 0.4), 800.0, filled, 5e4, T)
    own = coefficients(plain, 0.4)
    np.testing.assert_allclose(with_host.exchange_current({**own, **ideal}, 800.0, filled, 5e4, T), expected, rtol=1e-12)
    other = with_host.exchange_current({**own, **attractive}, 800.0, filled, 5e4, T)
    assert other[1] == pytest.approx(expected[1], rel=1e-12)
    assert abs(other[3] / expected[3] - 1) > 0.05


def test_rate_constant_over_temperature_is_eyrings() -> None:
    law = ButlerVolmer("X")
    c = coefficients(law, 0.5)
    ratio = law.rate_constant(c, 340.0) / law.rate_constant(c, T)
    unit = GAS_CONSTANT / FARADAY
    assert ratio == pytest.approx(340 / T * np.exp(-0.4 / unit * (1 / 340 - 1 / T)), rel=1e-12)
    assert law.rate_constant(c, T) == pytest.approx(2e-6, rel=1e-12)


@pytest.mark.parametrize("law", [ButlerVolmer, Marcus, MarcusHushChidsey])
def test_settings_are_checked(law: type) -> None:
    with pytest.raises(ValueError, match=r"^X: composition 1 must lie inside"):
        law("X", composition=1.0)
    with pytest.raises(ValueError, match=r"^X: standard_concentration 0 must be positive"):
        law("X", standard_concentration=0.0)
