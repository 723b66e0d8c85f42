"""Laws: one free energy gives voltage, entropy and factor; by complex step, at several orders, shapes and windows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import xlogy

from a2c_pybamm.constants import BOLTZMANN, ELEMENTARY_CHARGE, FARADAY, GAS_CONSTANT
from a2c_pybamm.laws import (
    KINDS,
    ArrheniusMobility,
    FreeEnergy,
    MeasuredOCP,
    RedlichKister,
    SiteDensity,
    VacancyMobility,
    build_law,
    held_laws,
    settings,
)
from a2c_pybamm.laws.thermodynamics import phases
from a2c_pybamm.laws.thermodynamics.free_energy import LITHIUM_ENTROPY
from a2c_pybamm.laws.thermodynamics.redlich_kister import excess, excess_curvature, excess_slope

STEP = 1e-30
X = np.linspace(0.01, 0.99, 41)
WINDOWS = [(0.0, 1.0), (0.0, 0.6), (0.37, 1.0), (0.45, 0.95)]


def complex_step(function: Any, x: Any) -> Any:
    """Derivative without cancellation: Im f(x + ih)/h."""
    return np.imag(function(x + 1j * STEP)) / STEP


def laws() -> st.SearchStrategy[RedlichKister]:
    return st.builds(
        RedlichKister,
        st.just("X"),
        st.integers(0, 5),
        st.sampled_from(WINDOWS),
        st.sampled_from(["plain", "ratio"]),
        st.sampled_from([280.0, 298.15, 330.0]),
    )


def coefficients(law: RedlichKister, seed: int) -> dict[str, float]:
    """A host at about 4 V with interactions of some tenths of an electronvolt, attractive ones too."""
    rng = np.random.default_rng(seed)
    values = [rng.normal(4, 0.3), *rng.normal(0, 0.5, law.order + 1), rng.normal(0, 20)]
    return dict(zip(law.names, map(float, values), strict=True))


# Redlich-Kister


@given(st.integers(0, 6))
def test_derivatives_of_the_terms(k: int) -> None:
    x = np.linspace(0, 1, 23)
    np.testing.assert_allclose(excess_slope(k, x), complex_step(lambda y: excess(k, y), x), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(excess_curvature(k, x), complex_step(lambda y: excess_slope(k, y), x), rtol=1e-12, atol=1e-12)


@given(laws(), st.integers(0, 10**6), st.floats(250, 350))
def test_one_free_energy(law: RedlichKister, seed: int, T: float) -> None:
    """U = −(1/F)∂g/∂x, Θ = −(xF/RT)∂U/∂x and ∂U/∂T, at every order, shape and window, away from the reference temperature."""
    c = coefficients(law, seed)
    voltage = law.open_circuit_voltage(c, X, T)
    np.testing.assert_allclose(voltage, -complex_step(lambda x: law.free_energy(c, x, T), X) / FARADAY, atol=1e-11)
    slope = complex_step(lambda x: law.open_circuit_voltage(c, x, T), X)
    np.testing.assert_allclose(
        law.thermodynamic_factor(c, X, T), -X * FARADAY / (GAS_CONSTANT * T) * slope, rtol=1e-9, atol=1e-9
    )
    by_temperature = complex_step(lambda t: law.open_circuit_voltage(c, X, t), T)
    np.testing.assert_allclose(by_temperature, law.entropic_change(c, X, T), rtol=1e-12, atol=1e-16)


@given(laws(), st.integers(0, 10**6))
def test_mean_voltage_is_the_coefficient(law: RedlichKister, seed: int) -> None:
    """∫U dx over the window by quadrature, which knows nothing of U0."""
    c = coefficients(law, seed)
    a, b = law.window
    integral, _ = quad(lambda x: float(law.open_circuit_voltage(c, x, law.reference_temperature)), a, b, epsabs=1e-10)
    assert integral / (b - a) == pytest.approx(c[law.voltage_name], abs=1e-8)


@given(laws(), st.integers(0, 10**6), st.floats(250, 350))
def test_mean_over_all_compositions_is_the_end_members_difference(law: RedlichKister, seed: int, T: float) -> None:
    """Ideal mixing and interactions vanish at both ends: they cannot change the mean over [0, 1]."""
    c = coefficients(law, seed)
    integral, _ = quad(lambda x: float(law.open_circuit_voltage(c, x, T)), 0, 1, epsabs=1e-10)
    ends = [float(np.real(law.free_energy(c, x, T))) for x in (1e-13, 1 - 1e-13)]
    assert integral == pytest.approx(-(ends[1] - ends[0]) / FARADAY, abs=1e-8)
    entropy = (T - law.reference_temperature) * (c[law.entropy_name] - LITHIUM_ENTROPY) / FARADAY
    assert integral == pytest.approx(law.end_voltage(c) + entropy, abs=1e-8)


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
def test_diffusivity_uses_the_voltage_s_own_free_energy(seed: int, order: int) -> None:
    """D_chem/D_J is −(xF/RT)∂U/∂x of the law in the slot; parallel hops add; the geometry multiplies."""
    host = RedlichKister("X", order, shape="ratio")
    law = VacancyMobility("X", (("A", 1), ("B", 2)), host)
    c = {**coefficients(host, seed), **dict(zip(law.names[:5], [-15.0, 0.3, -14.0, 0.2, -0.4], strict=True))}
    slope = complex_step(lambda x: host.open_circuit_voltage(c, x, 300.0), X)
    ratio = law.chemical_diffusivity(c, X, 300.0) / law.jump_diffusivity(c, X, 300.0)
    np.testing.assert_allclose(ratio, -X * FARADAY / (GAS_CONSTANT * 300) * slope, rtol=1e-9, atol=1e-9)
    kT = BOLTZMANN * 300 / ELEMENTARY_CHARGE
    by_hand = np.exp(-0.4) * ((1 - X) * np.exp(-15 - 0.3 / kT) + (1 - X) ** 2 * np.exp(-14 - 0.2 / kT))
    np.testing.assert_allclose(law.jump_diffusivity(c, X, 300.0), by_hand, rtol=1e-12)
    assert held_laws(law) == {"free_energy": host}


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


# All of them


HOST = RedlichKister("X", 3, (0.45, 1.0), "ratio", 298.15)
ALL = {
    "ratio": HOST,
    "plain": RedlichKister("X", 4),
    "mobility": VacancyMobility("X", (("A", 1), ("B", 2)), HOST),
    "measured": measured(graphite),
    "mobility on a measured curve": VacancyMobility("X", (("A", 1),), measured(graphite)),
    "mobility over composition": ArrheniusMobility("X", "tracer", 1, HOST, 1, 2, (0.4, 1.0), "MD"),
    "collective mobility": ArrheniusMobility("X", "collective", 0, measured(graphite)),
}
METHODS = (
    "open_circuit_voltage",
    "entropic_change",
    "thermodynamic_factor",
    "measured_diffusivity",
    "jump_diffusivity",
    "chemical_diffusivity",
)


@pytest.mark.parametrize("name", ALL)
def test_pybamm_symbols_give_numpy_s_values(name: str) -> None:
    """One text for floats and for PyBaMM: coefficients as inputs, x and T as a state vector and an input."""
    import pybamm

    import a2c_pybamm.parameter_set  # noqa: F401 (registers splines of symbols)

    law = ALL[name]
    rng = np.random.default_rng(1)
    c = dict(zip(law.names, map(float, rng.uniform(-0.2, 0.2, len(law.names))), strict=True))
    symbols = {key: pybamm.InputParameter(key) for key in c}
    x = np.linspace(0.02, 0.98, 7)
    for method in METHODS:
        if hasattr(law, method):
            symbol = getattr(law, method)(symbols, pybamm.StateVector(slice(0, 7)), pybamm.InputParameter("T"))
            found = symbol.evaluate(y=x, inputs={**c, "T": 310.0})
            expected = np.broadcast_to(getattr(law, method)(c, x, 310.0), x.shape)
            # casadi's and scipy's not-a-knot splines differ by round-off of their systems
            np.testing.assert_allclose(np.ravel(found), expected, rtol=1e-9, atol=1e-13, err_msg=method)


@pytest.mark.parametrize("name", ALL)
def test_written_and_built_again(name: str) -> None:
    law = ALL[name]
    again = build_law(law.kind, settings(law), held_laws(law), KINDS)
    assert again == law
    assert again.names == law.names


def test_unknown_kinds_and_settings_are_refused() -> None:
    with pytest.raises(ValueError, match=r"kind 'quartic' is unknown \(known: .*install the package"):
        build_law("quartic", {}, {}, KINDS)
    with pytest.raises(ValueError, match=r"law 'redlich-kister'.*colour"):
        build_law("redlich-kister", {"material": "X", "order": 1, "colour": "red"}, {}, KINDS)


def test_free_energies_fit_the_slot() -> None:
    assert isinstance(HOST, FreeEnergy)
    assert isinstance(ALL["measured"], FreeEnergy)
    assert not isinstance(SiteDensity("X"), FreeEnergy)
