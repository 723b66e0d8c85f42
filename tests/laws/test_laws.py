"""Laws against closed forms and known truths; what every law must give is in test_registry.py."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import xlogy

from a2c_pybamm.constants import BOLTZMANN, ELEMENTARY_CHARGE, FARADAY, GAS_CONSTANT
from a2c_pybamm.laws import (
    IONS,
    KINDS,
    MeasuredOCP,
    RedlichKister,
    SiteDensity,
    SiteSum,
    TwoPhase,
    VacancyMobility,
    build_law,
    ion_of,
)
from a2c_pybamm.laws.thermodynamics import phases
from a2c_pybamm.laws.thermodynamics.free_energy import LITHIUM_ENTROPY

X = np.linspace(0.01, 0.99, 41)


def coefficients(law: RedlichKister, seed: int) -> dict[str, float]:
    """A host at about 4 V with interactions of some tenths of an electronvolt, attractive ones too."""
    rng = np.random.default_rng(seed)
    values = [rng.normal(4, 0.3), *rng.normal(0, 0.5, law.order + 1), rng.normal(0, 20)]
    return dict(zip(law.names, map(float, values), strict=True))


# Redlich-Kister


@given(st.integers(0, 5), st.integers(0, 10**6))
def test_both_shapes_are_one_law(order: int, seed: int) -> None:
    """The ratio coordinates of a repulsive host give the voltage of its interactions."""
    ratio, plain = RedlichKister("X", order, shape="ratio"), RedlichKister("X", order)
    c = coefficients(ratio, seed)
    own = [*ratio.interactions(c)]
    assert own[0] < 0
    same = dict(zip(plain.names, [c[ratio.voltage_name], *own, c[ratio.entropy_name]], strict=True))
    np.testing.assert_allclose(ratio.open_circuit_voltage(c, X, 310.0), plain.open_circuit_voltage(same, X, 310.0), rtol=1e-13)


def test_ideal_lattice_gas() -> None:
    """μ = RT ln[x/(1−x)] and Θ = 1/(1−x)."""
    law = RedlichKister("X", 0)
    c = {law.voltage_name: 4.0, law.interaction_names[0]: 0.0, law.entropy_name: LITHIUM_ENTROPY}
    np.testing.assert_allclose(law.thermodynamic_factor(c, X, 298.15), 1 / (1 - X), rtol=1e-14)
    mixing = xlogy(X, X) + xlogy(1 - X, 1 - X)
    np.testing.assert_allclose(law.free_energy(c, X, 298.15), -4 * FARADAY * X + GAS_CONSTANT * 298.15 * mixing, rtol=1e-13)


@pytest.mark.parametrize("law", [RedlichKister("X", 0, ion="Mg"), SiteSum("X", 1, ion="Mg")], ids=["rk", "sites"])
def test_ideal_lattice_gas_of_magnesium(law: Any) -> None:
    """By hand: U = U0 − (RT/2F) ln[x/(1−x)], Θ = 1/(1−x), ∂U/∂T = −(R ln[x/(1−x)] + s_Mg)/2F with Δs = 0, μ = −2FU."""
    c = dict(zip(law.names, [2.9, 0.0, 0.0], strict=True))
    gas = np.log(X / (1 - X))
    voltage = 2.9 - GAS_CONSTANT * 298.15 / (2 * FARADAY) * gas
    np.testing.assert_allclose(law.open_circuit_voltage(c, X, 298.15), voltage, rtol=1e-13)
    np.testing.assert_allclose(law.chemical_potential(c, X, 298.15), -2 * FARADAY * voltage, rtol=1e-13)
    np.testing.assert_allclose(law.thermodynamic_factor(c, X, 298.15), 1 / (1 - X), rtol=1e-9)
    np.testing.assert_allclose(law.entropic_change(c, X, 298.15), -(GAS_CONSTANT * gas + 32.67) / (2 * FARADAY), rtol=1e-9)
    mixing = GAS_CONSTANT * 298.15 * (xlogy(X, X) + xlogy(1 - X, 1 - X))
    np.testing.assert_allclose(law.free_energy(c, X, 298.15), -2 * 2.9 * FARADAY * X + mixing, rtol=1e-12)


def test_sodiums_own_entropy() -> None:
    """Half filled and with a host whose vibrations do not change, ∂U/∂T = −51.3/F; the voltage itself is lithium's."""
    sodium, lithium = RedlichKister("X", 0, ion="Na"), RedlichKister("X", 0)
    c = dict(zip(sodium.names, [3.0, -0.1, 0.0], strict=True))
    assert sodium.entropic_change(c, 0.5, 298.15) == pytest.approx(-51.3 / FARADAY, rel=1e-12)
    np.testing.assert_array_equal(sodium.open_circuit_voltage(c, X, 298.15), lithium.open_circuit_voltage(c, X, 298.15))


def test_interactions_are_energies_of_ions() -> None:
    """Magnesium with L0 = −0.2 eV has half of lithium's slope, and the mean voltage over the window is the coefficient."""
    magnesium, lithium = (RedlichKister("X", 0, (0.5, 1.0), ion=ion) for ion in ("Mg", "Li"))
    c = dict(zip(magnesium.names, [2.9, -0.2, 0.0], strict=True))
    x = np.array([0.6, 0.9])
    steps = [np.diff(law.open_circuit_voltage(c, x, 298.15))[0] for law in (magnesium, lithium)]
    assert steps[0] == pytest.approx(steps[1] / 2, rel=1e-12)
    ends = np.array([0.5, 1 - 1e-15])
    assert -np.diff(magnesium.free_energy(c, ends, 298.15))[0] / (2 * FARADAY * 0.5) == pytest.approx(2.9, rel=1e-9)


@pytest.mark.parametrize(("ion", "z"), [("Li", 1), ("Na", 1), ("Mg", 2)])
def test_plateau_of_any_ion(ion: str, z: int) -> None:
    """A symmetric attraction has its plateau at U0 and the gap of χ = 2.5; U0 changes by (Δs − s_M)/zF."""
    law = TwoPhase(RedlichKister("X", 0, ion=ion))
    L0 = 2.5 * GAS_CONSTANT * 298.15 / FARADAY
    c = dict(zip(law.names, [2.9, L0, 10.0], strict=True))
    low, high, voltage, change = (float(v[0]) for v in law.derive(c).values())
    assert low == pytest.approx(1 - high, abs=1e-12)
    assert np.log(low / (1 - low)) == pytest.approx(2.5 * (2 * low - 1), rel=1e-9)
    assert voltage == pytest.approx(2.9, abs=1e-9)
    assert change == pytest.approx((10.0 - {"Li": 29.12, "Na": 51.3, "Mg": 32.67}[ion]) / (z * FARADAY), rel=1e-6)
    assert (law.ion, law.valence) == (ion, z)


def test_floor_of_a_measured_curve_of_magnesium() -> None:
    """A flat table is held at −dU/dx = Θ_min RT/(2xF), and Θ is the floor there."""
    x = np.linspace(0.01, 0.99, 401)
    law = MeasuredOCP.from_samples("X", x, np.full(401, 1.5), 0 * x, reference_temperature=298.15, theta_min=0.3, ion="Mg")
    inner = x[100:300]
    np.testing.assert_allclose(law.thermodynamic_factor({law.offset_name: 0.0}, inner, 298.15), 0.3, rtol=1e-3)
    slope = np.diff(law.voltage)[200] / np.diff(x)[200]
    assert -slope == pytest.approx(0.3 * GAS_CONSTANT * 298.15 / (2 * FARADAY) / (x[200] + x[201]) * 2, rel=1e-9)
    with pytest.raises(ValueError, match="X: ion 'Xx' is unknown; take one of"):
        MeasuredOCP.from_samples("X", x, x, x, reference_temperature=298.15, theta_min=0.3, ion="Xx")


def test_law_of_another_package_is_of_lithium() -> None:
    """One that names no ion; one that names an unknown one is refused where its charge is needed."""
    assert ion_of(SiteDensity("X")) is IONS["Li"]
    unknown = type("Theirs", (), {"kind": "theirs", "ion": "Rb"})()
    with pytest.raises(ValueError, match="law 'theirs': ion 'Rb' is unknown; take one of 'Li', 'Na', 'K', 'Mg', 'Ca', 'Zn'"):
        ion_of(unknown)


def spinodals(law: Any, c: Any) -> Any:
    """Of one sample at 298.15 K."""
    found = phases.spinodals(law, c, 298.15)[0]
    return found[np.isfinite(found)]


def regular_solution(chi: float, T: float = 298.15) -> tuple[RedlichKister, dict[str, float]]:
    """g/RT has χ x(1−x): an attractive L0."""
    law = RedlichKister("X", 0)
    return law, {law.voltage_name: 3.4, law.interaction_names[0]: chi * GAS_CONSTANT * T / FARADAY, law.entropy_name: 0.0}


@pytest.mark.parametrize(("chi", "spinodal"), [(2.5, 0.276393), (3.0, 0.211325), (4.0, 0.146447)])
def test_spinodal_of_the_regular_solution(chi: float, spinodal: float) -> None:
    """Published values, and the closed form (1 − √(1 − 2/χ))/2."""
    law, c = regular_solution(chi)
    exact = (1 - np.sqrt(1 - 2 / chi)) / 2
    assert exact == pytest.approx(spinodal, abs=5e-7)
    np.testing.assert_allclose(spinodals(law, c), [exact, 1 - exact], rtol=1e-12)
    np.testing.assert_allclose(law.thermodynamic_factor(c, X, 298.15), 1 / (1 - X) - 2 * chi * X, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("chi", [-30.0, -1.0, 0.0, 1.99])
def test_no_spinodal_without_a_gap(chi: float) -> None:
    law, c = regular_solution(chi)
    assert spinodals(law, c).size == 0


@given(st.integers(0, 5), st.integers(0, 10**6))
def test_spinodal_is_where_the_factor_changes_sign(order: int, seed: int) -> None:
    """All of them, against a brute-force search on 20 000 compositions."""
    law = RedlichKister("X", order)
    c = coefficients(law, seed)
    x = np.linspace(1e-5, 1 - 1e-5, 20_001)
    factor = law.thermodynamic_factor(c, x, 298.15)
    changes = x[:-1][np.sign(factor[:-1]) != np.sign(factor[1:])]
    roots = spinodals(law, c)
    roots = roots[(roots > x[0]) & (roots < x[-1])]
    close_pairs = np.diff(roots, prepend=-1) < 2e-4  # two roots within one step of the search
    if not close_pairs.any():
        assert len(roots) == len(changes)
        np.testing.assert_allclose(roots, changes, atol=6e-5)


def test_several_gaps_are_all_found() -> None:
    law = RedlichKister("X", 4)
    c = dict(zip(law.names, [4.0, -0.2, 0.0, 0.9, 0.0, -0.4, 0.0], strict=True))
    assert len(spinodals(law, c)) == 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"order": -1}, "order -1 is negative"),
        ({"window": (0.5, 0.5)}, "window"),
        ({"window": (-0.1, 0.5)}, "window"),
        ({"shape": "round"}, "'round' is unknown"),
        ({"reference_temperature": 0.0}, "reference_temperature is .* K, and must be above 0 K"),
    ],
)
def test_settings_out_of_range_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RedlichKister(**{"material": "X", "order": 1, **change})


# Mobility


@pytest.mark.parametrize(("dimension", "coordination"), [(1, 2), (2, 6), (3, 12)])
def test_chemical_diffusivity_of_the_ideal_lattice_gas(dimension: int, coordination: int) -> None:
    """Known truth: one-vacancy hops without interaction have D_chem = z a²Γ/(2d) at every composition."""
    host = RedlichKister("X", 0)
    law = VacancyMobility("X", (("hop", 1),), host)
    a, nu, barrier, T = 2.8e-10, 5e12, 0.3, 320.0
    prefactor = np.log(coordination * a**2 * nu / (2 * dimension))
    c = dict(zip(law.names, [prefactor, barrier, 0.0, 4.0, 0.0, 0.0], strict=True))
    rate = nu * np.exp(-barrier * ELEMENTARY_CHARGE / (BOLTZMANN * T))
    expected = coordination * a**2 * rate / (2 * dimension)
    np.testing.assert_allclose(law.chemical_diffusivity(c, X, T), expected, rtol=1e-12)


@given(st.integers(0, 10**6), st.integers(0, 3))
def test_parallel_hops_add(seed: int, order: int) -> None:
    """Two hops into one and two vacancies, by hand; the geometry multiplies."""
    host = RedlichKister("X", order, shape="ratio")
    law = VacancyMobility("X", (("A", 1), ("B", 2)), host)
    c = {**coefficients(host, seed), **dict(zip(law.names[:5], [-15.0, 0.3, -14.0, 0.2, -0.4], strict=True))}
    kT = BOLTZMANN * 300 / ELEMENTARY_CHARGE
    by_hand = np.exp(-0.4) * ((1 - X) * np.exp(-15 - 0.3 / kT) + (1 - X) ** 2 * np.exp(-14 - 0.2 / kT))
    np.testing.assert_allclose(law.jump_diffusivity(c, X, 300.0), by_hand, rtol=1e-12)


def test_mobility_settings_out_of_range_are_refused() -> None:
    host = RedlichKister("X", 0)
    with pytest.raises(ValueError, match="at least one hop"):
        VacancyMobility("X", (), host)
    with pytest.raises(ValueError, match="X hop: number of vacancies -1"):
        VacancyMobility("X", (("hop", -1),), host)


def test_site_density_is_the_inverse_volume() -> None:
    law = SiteDensity("X")
    assert law.maximum_concentration({law.volume_name: np.log(2e-5)}) == pytest.approx(5e4, rel=1e-14)


# Measured open-circuit potentials


def graphite(x: np.ndarray) -> np.ndarray:
    """A falling curve with two steps and a steep start, as graphite's."""
    return 0.1 + 0.8 * np.exp(-30 * x) + 0.03 * np.tanh((0.5 - x) / 0.03) + 0.02 * np.tanh((0.2 - x) / 0.03) - 0.02 * x


def measured(voltage: Any, n: int = 121, theta_min: float = 0.05) -> MeasuredOCP:
    x = 1e-3 + (1 - 2e-3) * 0.5 * (1 - np.cos(np.linspace(0, np.pi, n)))
    return MeasuredOCP.from_samples("X", x, voltage(x), 1e-4 * x, reference_temperature=298.15, theta_min=theta_min)


@pytest.mark.parametrize(("n", "typical", "worst"), [(61, 0.08, 0.3), (121, 0.025, 0.07), (241, 0.006, 0.02)])
def test_measured_factor_is_the_slope_of_the_measured_voltage(n: int, typical: float, worst: float) -> None:
    """The slope's logarithm is tabulated on its own, so that it stays positive: the error falls with the spacing squared.

    Root mean square and maximum of ln Θ against −(xF/RT)dU/dx of the very curve: 2 and 7 % with the 121 points of a base set.
    """
    law = measured(graphite, n)
    c = {law.offset_name: 0.1}
    x = np.linspace(0.01, 0.99, 2001)
    h = 1e-6
    slope = (law.open_circuit_voltage(c, x + h, 298.15) - law.open_circuit_voltage(c, x - h, 298.15)) / (2 * h)
    error = np.log(law.thermodynamic_factor(c, x, 298.15) / (-x * FARADAY / (GAS_CONSTANT * 298.15) * slope))
    assert np.sqrt(np.mean(error**2)) < typical
    assert np.abs(error).max() < worst
    assert (law.floored, law.moved) == (0.0, pytest.approx(0, abs=1e-12))


def test_measured_voltage_is_the_table() -> None:
    law = measured(graphite)
    x = np.array(law.x)
    c = {law.offset_name: 0.02}
    np.testing.assert_allclose(law.open_circuit_voltage(c, x, 298.15), graphite(x) + 0.02, atol=1e-12)
    np.testing.assert_allclose(law.entropic_change(c, x, 298.15), 1e-4 * x, atol=1e-12)
    np.testing.assert_allclose(
        law.open_circuit_voltage(c, x, 308.15) - law.open_circuit_voltage(c, x, 298.15), 1e-3 * x, atol=1e-12
    )
    assert law.open_circuit_voltage(c, 0.0, 298.15) == law.open_circuit_voltage(c, law.x[0], 298.15)  # held beyond the ends


def test_a_rising_measured_curve_is_floored_and_says_so() -> None:
    """A bump of 40 mV, as in one of PyBaMM's graphites: monotone afterwards; Θ is at the floor to a tenth."""
    law = measured(lambda x: graphite(x) + 0.04 * np.exp(-(((x - 0.35) / 0.02) ** 2)))
    assert (np.diff(law.voltage) < 0).all()
    factor = law.thermodynamic_factor({law.offset_name: 0.0}, np.linspace(law.x[0], law.x[-1], 5001), 298.15)
    assert 0.9 * 0.05 < factor.min() < 1.02 * 0.05
    assert 0.01 < law.floored < 0.1
    assert 0.01 < law.moved < 0.05
    middle = (np.array(law.x)[1:] + np.array(law.x)[:-1]) / 2
    steps = -middle * FARADAY / (GAS_CONSTANT * 298.15) * np.diff(law.voltage) / np.diff(law.x)
    assert steps.min() == pytest.approx(0.05, rel=1e-9)


@pytest.mark.parametrize("end", [0, -1])
def test_a_flat_end_of_a_measured_curve_keeps_its_slope(end: int) -> None:
    """Flat at the end and steep beside it: the cubic's own rule for ends would give a slope of zero, and Θ = 0."""
    x = np.linspace(0.01, 0.99, 30)
    steps = np.full(29, 0.03)
    steps[end] = 0.001
    law = MeasuredOCP("X", tuple(x), tuple(1 - np.concatenate([[0], np.cumsum(steps)])), (0.0,) * 30, 298.15, 0.01)
    factor = law.thermodynamic_factor({law.offset_name: 0.0}, x, 298.15)
    assert factor[end] >= 0.999 * x[end] * FARADAY / (GAS_CONSTANT * 298.15) * 0.001 / (x[1] - x[0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": (0.1, 0.5, 0.9)}, "at least four rows"),
        ({"x": (0.1, 0.5, 0.4, 0.9)}, "x of a table must increase"),
        ({"x": (0.1, 0.5, 0.9, 1.1)}, r"within \[0, 1\]"),
        ({"voltage": (4.0, 3.9, 3.9, 3.0)}, "must fall throughout; smooth it with from_samples"),
        ({"theta_min": 0.0}, "theta_min = 0 must be positive"),
    ],
)
def test_measured_tables_that_are_refused(change: dict[str, Any], message: str) -> None:
    good = {"x": (0.1, 0.4, 0.6, 0.9), "voltage": (4.0, 3.9, 3.8, 3.0), "entropy": (0.0,) * 4}
    with pytest.raises(ValueError, match=message):
        MeasuredOCP("X", **{"reference_temperature": 298.15, "theta_min": 0.1, **good, **change})


def test_unknown_kinds_and_settings_are_refused() -> None:
    with pytest.raises(ValueError, match=r"kind 'quartic' is unknown \(known: .*install the package"):
        build_law("quartic", {}, {}, KINDS)
    with pytest.raises(ValueError, match=r"law 'redlich-kister'.*colour"):
        build_law("redlich-kister", {"material": "X", "order": 1, "colour": "red"}, {}, KINDS)
