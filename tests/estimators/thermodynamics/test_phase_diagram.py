"""Gaps with covariance: implicit derivatives, probabilities, critical points, coverage; tables with modes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.special import logit

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.estimate import Estimate, Factor, Joint
from a2c_pybamm.estimators import choose_order, critical_point, fit_free_energy, phase_diagram, tabulate_ocp
from a2c_pybamm.laws import Landau, RedlichKister, TabulatedOCP, TwoPhase
from a2c_pybamm.laws.thermodynamics import phases
from a2c_pybamm.laws.thermodynamics.tabulated_ocp import table_slopes
from a2c_pybamm.synthetic import redlich_kister_energies

T = 298.15


def attractive(order: int = 1, scale: float = 1.0, seed: int = 0, ion: str = "Li") -> tuple[Any, Estimate]:
    """A host with a gap, all coefficients uncertain and correlated."""
    law = RedlichKister("X", order, ion=ion)
    mean = np.array([*[3.4, 0.1, 0.02, 0.01, -0.01][: order + 2], 20.0])
    rng = np.random.default_rng(seed)
    root = rng.standard_normal((len(mean),) * 2) * scale * np.array([0.01, *[0.003] * (order + 1), 2.0])[:, None]
    return law, Estimate.from_covariance(law.names, mean, root @ root.T, source="energies")


def differences(function: Callable[[np.ndarray], Any], mean: np.ndarray, step: float) -> np.ndarray:
    """Jacobian by central differences, steps relative to values above one."""
    steps = np.diag(step * np.maximum(1.0, np.abs(mean)))
    return np.array([(np.array(function(mean + h)) - function(mean - h)) / (2 * h.sum()) for h in steps]).T


@pytest.mark.parametrize(("order", "ion"), [(0, "Li"), (1, "Li"), (3, "Li"), (1, "Mg")])
def test_implicit_derivatives_are_those_of_the_search(order: int, ion: str) -> None:
    """Logits of both ends and the plateau, by differences of the common tangent itself."""
    law, estimate = attractive(order, ion=ion)
    edges = phase_diagram(law, estimate, T, n_draw=10).edges[0]

    def common_tangent(theta: np.ndarray) -> list[float]:
        gap = phases.gaps(law, dict(zip(law.names, theta, strict=True)), T)
        return [logit(gap.low[0, 0]), logit(gap.high[0, 0]), gap.voltage[0, 0]]

    jacobian = differences(common_tangent, estimate.mean, 1e-5)
    np.testing.assert_allclose(edges.covariance, jacobian @ estimate.covariance @ jacobian.T, rtol=1e-5, atol=1e-12)
    assert edges.names == ("X logit(gap 1 low)", "X logit(gap 1 high)", "X gap 1 voltage [V]")


def test_sources_stay_apart() -> None:
    law, estimate = attractive(0)
    parts = {"a": Factor(np.array([[0.01], [0.0], [0.0]]), ("a",)), "b": Factor(np.array([[0.0], [0.004], [0.0]]), ("b",))}
    edges = phase_diagram(law, Estimate(law.names, estimate.mean, parts), T, n_draw=10).edges[0]
    # a voltage that is off as a whole moves the plateau and no composition; attraction moves both ends, not the plateau
    np.testing.assert_allclose(edges.factors["a"].values[:, 0], [0, 0, 0.01], atol=1e-12)
    assert abs(edges.factors["b"].values[2, 0]) < 1e-9
    assert edges.factors["b"].values[0, 0] == pytest.approx(-edges.factors["b"].values[1, 0], rel=1e-6)


def test_probability_of_a_gap() -> None:
    """A regular solution whose attraction is about critical: the share of draws above 2RT/F, counted in closed form."""
    law = RedlichKister("X", 0)
    critical = 2 * GAS_CONSTANT * T / FARADAY
    estimate = Estimate(
        law.names, np.array([3.4, critical + 0.002, 20.0]), {"s": Factor(np.array([[0.0], [0.004], [0.0]]), ("s",))}
    )
    diagram = phase_diagram(law, estimate, [T, 2 * T], n_draw=4000)
    assert diagram.probability_of_a_gap[0] == pytest.approx(0.6915, abs=3 * np.sqrt(0.69 * 0.31 / 4000))
    assert diagram.probability_of_a_gap[1] == 0
    np.testing.assert_allclose(diagram.probability.sum(axis=1), 1)
    assert len(diagram.edges[1].names) == 0


def test_gap_closes_at_the_critical_point() -> None:
    """Regular solution: T_c = L0 F/2R at x = ½; asymmetric ones against the gap's own width at falling distance."""
    law = RedlichKister("X", 0)
    estimate = Estimate(law.names, np.array([3.4, 0.1, 20.0]), {"s": Factor(np.array([[0.0], [0.003], [0.0]]), ("s",))})
    point = critical_point(law, estimate)
    np.testing.assert_allclose(point.mean, [0.1 * FARADAY / (2 * GAS_CONSTANT), 0.5], rtol=1e-9)
    assert point.std[0] == pytest.approx(0.003 * FARADAY / (2 * GAS_CONSTANT), rel=1e-9)
    skew, whole = attractive(1)
    c = dict(zip(skew.names, whole.mean, strict=True))
    temperature, x = critical_point(skew, whole).mean
    assert phases.gaps(skew, c, temperature + 0.01).count[0] == 0
    gap = phases.gaps(skew, c, temperature - 0.5)
    assert gap.low[0, 0] < x < gap.high[0, 0]
    assert gap.high[0, 0] - gap.low[0, 0] < 0.1


def test_derivatives_of_a_critical_point() -> None:
    law, estimate = attractive(2)
    point = critical_point(law, estimate)
    jacobian = differences(lambda theta: critical_point(law, Estimate(law.names, theta, {})).mean, estimate.mean, 1e-4)
    np.testing.assert_allclose(point.covariance, jacobian @ estimate.covariance @ jacobian.T, rtol=1e-4)


def test_no_interval_where_no_draw_has_the_gap() -> None:
    law = RedlichKister("X", 0)
    estimate = Estimate(law.names, np.array([3.4, 0.0515, 20.0]), {"s": Factor(np.array([[0.0], [0.1], [0.0]]), ("s",))})
    joint = Joint([estimate])
    seed = next(k for k in range(20) if joint.draw_germ(1, np.random.default_rng(k)) < -0.5)
    diagram = phase_diagram(law, estimate, T, n_draw=1, rng=np.random.default_rng(seed))
    assert diagram.probability_of_a_gap[0] == 0
    with pytest.raises(ValueError, match="no draw has 1 gap"):
        diagram.interval(0, 0)


def test_refused() -> None:
    law, estimate = attractive(0)
    with pytest.raises(ValueError, match="no gap at 900 K"):
        critical_point(law, estimate, between=(900.0, 1000.0))
    with pytest.raises(ValueError, match="a gap still at 300 K"):
        critical_point(law, estimate, between=(200.0, 300.0))
    with pytest.raises(ValueError, match="temperatures must be positive"):
        phase_diagram(law, estimate, 0.0)
    with pytest.raises(ValueError, match="no coefficient"):
        phase_diagram(law, estimate.select(law.names[:2]), T)


# Coverage of what an energy set says of a gap


def gap_coverage(n_set: int) -> dict[str, dict[float, float]]:
    """Shares of intervals that hold the true ends and plateau, from noisy energies of a host with a gap.

    The host is a mean-field one, so that source is left out: with it, intervals are wider than noise alone asks for.
    """
    law = RedlichKister("X", 2)
    truth = dict(zip(law.names, [3.43, 0.095, 0.012, 0.0, 20.0], strict=True))
    exact = phases.gaps(law, truth, T)
    target = {"low": exact.low[0, 0], "high": exact.high[0, 0], "voltage": exact.voltage[0, 0]}
    held: dict[str, dict[float, list[bool]]] = {name: {0.68: [], 0.95: []} for name in target}
    rng, choice = np.random.default_rng(11), None
    for _ in range(n_set):
        table = redlich_kister_energies(law, truth, np.linspace(0, 1, 21), rng=rng, energy_std=0.0015 * FARADAY)
        choice = choice or choose_order([table], orders=(1, 2), scatter_known=True)  # the same for all sets
        fit = fit_free_energy(table, law, energy_std=0.0015 * FARADAY, choice=choice, mean_field_std=0.0)
        entropy = Estimate((law.entropy_name,), np.array([20.0]), {})
        diagram = phase_diagram(law, Joint([fit, entropy]), T, rng=rng, n_draw=250)
        assert diagram.probability_of_a_gap[0] > 0.99
        for level in (0.68, 0.95):
            for name, (low, high) in diagram.interval(0, 0, level).items():
                held[name][level].append(bool(low < target[name] < high))
    shares = {name: {level: float(np.mean(hits)) for level, hits in levels.items()} for name, levels in held.items()}
    print(f"intervals of a gap, averaged over orders: {shares}")
    return shares


@pytest.mark.calibration
def test_gap_edges_cover() -> None:
    """1000 energy sets of a host with a certain gap: both ends and the plateau within three binomial standard deviations."""
    for levels in gap_coverage(1000).values():
        assert abs(levels[0.68] - 0.68) < 0.044
        assert abs(levels[0.95] - 0.95) < 0.021


# Tables with modes


def test_modes_hold_the_curves_covariance() -> None:
    """All modes: covariance of U at every pair of compositions is J Σ Jᵀ; sources keep their shares."""
    law, estimate = attractive(2, 0.1)
    curve: Any = law
    x = np.linspace(0.02, 0.98, 97)
    table, amplitudes = tabulate_ocp(curve, estimate, x, T, share=1.0)
    modes = np.array(table.modes).T
    own = modes @ amplitudes.covariance @ modes.T
    draws = Joint([estimate]).draw(20_000, np.random.default_rng(0))
    sampled = curve.open_circuit_voltage({name: draws[:, [k]] for k, name in enumerate(law.names)}, x, T)
    np.testing.assert_allclose(np.sqrt(np.diag(own)), sampled.std(axis=0), rtol=0.05)
    np.testing.assert_allclose(amplitudes.covariance, np.eye(len(table.names)), atol=1e-8)
    c = dict(zip(law.names, estimate.mean, strict=True))
    np.testing.assert_allclose(table.voltage, curve.open_circuit_voltage(c, x, T), rtol=1e-12)
    few, kept = tabulate_ocp(curve, estimate, x, T, share=0.99)
    assert len(few.modes) < len(table.modes) or len(table.modes) <= 2
    assert kept.provenance["share of the variance"] >= 0.99


@pytest.mark.parametrize(("ion", "z"), [("Li", 1), ("Mg", 2)])
def test_table_is_one_thermodynamics(ion: str, z: int) -> None:
    """Θ against the slope of the voltage's own spline; the table is of the law's ion."""
    law, estimate = attractive(2, 0.1, ion=ion)
    table, amplitudes = tabulate_ocp(law, estimate, np.linspace(0.02, 0.98, 193), T)
    c = dict(zip(amplitudes.names, np.random.default_rng(0).standard_normal(len(amplitudes.names)), strict=True))
    x = np.linspace(0.05, 0.95, 301)
    h = 1e-6
    slope = (table.open_circuit_voltage(c, x + h, T) - table.open_circuit_voltage(c, x - h, T)) / (2 * h)
    np.testing.assert_allclose(
        table.thermodynamic_factor(c, x, T), -x * z * FARADAY / (GAS_CONSTANT * T) * slope, rtol=2e-3, atol=1e-3
    )
    assert len(table_slopes(table.x, table.voltage)) == 193
    change = (table.open_circuit_voltage(c, x, T + 1) - table.open_circuit_voltage(c, x, T - 1)) / 2
    np.testing.assert_allclose(table.entropic_change(c, x, T), change, rtol=1e-9, atol=1e-14)


def test_bad_tables_are_refused() -> None:
    law, estimate = attractive(0)
    with pytest.raises(ValueError, match="share is 0"):
        tabulate_ocp(law, estimate, np.linspace(0.1, 0.9, 9), T, share=0.0)
    with pytest.raises(ValueError, match="carries no error"):
        tabulate_ocp(law, Estimate(law.names, estimate.mean, {}), np.linspace(0.1, 0.9, 9), T)
    with pytest.raises(ValueError, match="a plateau has no slope"):
        tabulate_ocp(TwoPhase(law), estimate, np.linspace(0.1, 0.9, 9), T)
    with pytest.raises(ValueError, match=r"ascending inside \(0, 1\)"):
        tabulate_ocp(law, estimate, np.linspace(0, 1, 9), T)
    with pytest.raises(ValueError, match="four rows or more"):
        TabulatedOCP("X", (0.1, 0.2), (4.0, 3.0), (0.0, 0.0), ())
    with pytest.raises(ValueError, match="must increase"):
        TabulatedOCP("X", (0.1, 0.2, 0.2, 0.4), (4.0, 3.0, 2.0, 1.0), (0.0,) * 4, ())


def test_landau_host_has_edges_too() -> None:
    law = Landau("X", 4)
    estimate = Estimate.from_covariance(
        law.names, [3.4, -0.2, 0.0, 0.7, 20.0], np.diag([1e-4, 1e-4, 1e-6, 1e-4, 1.0]), source="s"
    )
    diagram = phase_diagram(law, estimate, T, n_draw=200)
    half = np.sqrt(0.2 / 1.4)
    np.testing.assert_allclose(diagram.edges[0].mean[:2], logit([0.5 - half, 0.5 + half]), atol=1e-9)
    low, high = diagram.interval(0, 0)["low"]
    assert low < 0.5 - half < high
    with pytest.raises(ValueError, match="gap 1 of 1 at"):
        diagram.interval(0, 1)
