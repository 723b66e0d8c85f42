"""Mobility over compositions and temperatures: one thermodynamics, exact on exact data, calibrated on noisy data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.polynomial.legendre import legval
from scipy.stats import kstest

from a2c_pybamm.constants import BOLTZMANN, ELEMENTARY_CHARGE, FARADAY, GAS_CONSTANT
from a2c_pybamm.estimate import Estimate, Factor, Joint
from a2c_pybamm.estimators import (
    average_replicas,
    fit_arrhenius,
    fit_mobility,
    fit_tracer_diffusivity,
    mean_squared_displacement,
    mobility_at,
)
from a2c_pybamm.laws import ArrheniusMobility, FreeEnergy, RedlichKister, TwoPhase, VacancyMobility
from a2c_pybamm.laws.diffusion.arrhenius_mobility import legendre
from a2c_pybamm.synthetic import brownian_trajectory

HOST = RedlichKister("X", 0)
X = np.linspace(0.01, 0.99, 23)
PLACES = [(x, T) for x in (0.5, 0.7, 0.9) for T in (600.0, 800.0, 1100.0)]
PLACE_X, PLACE_T = np.array(PLACES).T
TRUTH = np.array([-15.0, 0.6, 0.30, 0.05])
STD = np.array([0.15, 0.1, 0.05, 0.2, 0.1, 0.1, 0.2, 0.15, 0.1])
SHARED = np.array([0.2, 0.1]) + 0.1 * np.random.default_rng(0).normal(size=(9, 2))
"""What two members of a committee do to the runs."""


def law(p: int = 1, q: int = 1, host: FreeEnergy = HOST, **settings: object) -> ArrheniusMobility:
    own = {"material": "X", "motion": "tracer", "vacancies": 1, "label": "MD", **settings}
    return ArrheniusMobility(**own, free_energy=host, prefactor_order=p, barrier_order=q)  # type: ignore[arg-type]


def coefficients(own: ArrheniusMobility, motion: np.ndarray | None = None, seed: int = 0) -> dict[str, float]:
    """Some for everything the law asks for, those of the motion as given."""
    rng = np.random.default_rng(seed)
    c = dict(zip(own.names, map(float, rng.uniform(-0.3, 0.3, len(own.names))), strict=True))
    return c if motion is None else c | dict(zip(own.motion_names, map(float, motion), strict=True))


def log_diffusivity(own: ArrheniusMobility, motion: np.ndarray, x: object, T: object) -> np.ndarray:
    return np.log(own.measured_diffusivity(coefficients(own, motion), np.asarray(x), np.asarray(T)))


def measured(values: np.ndarray, std: np.ndarray, shared: np.ndarray | None = None) -> dict[tuple[float, float], Estimate]:
    """One ln D for each place, with a sampling error of its own and, if given, one that all share (n, n_label)."""
    made = {}
    for k, place in enumerate(PLACES[: len(values)]):
        own = Estimate.from_covariance((f"ln D {place}",), [values[k]], [[std[k] ** 2]], source=f"MD {place}")
        if shared is not None:
            own = own.add_source("potential", Factor(shared[[k]], tuple(f"member {j}" for j in range(shared.shape[1]))))
        made[place] = own
    return made


# ---- the law -----------------------------------------------------------------------------------------------------------


@given(st.integers(0, 6), st.floats(-1, 1))
def test_legendre_polynomials_are_those_of_numpy(order: int, u: float) -> None:
    np.testing.assert_allclose(legendre(u, order), [legval(u, np.eye(order + 1)[k]) for k in range(order + 1)], atol=1e-12)


@given(st.integers(0, 3), st.integers(0, 3), st.integers(0, 2), st.integers(0, 10**6))
def test_diffusivity_uses_the_voltage_s_own_free_energy(p: int, q: int, vacancies: int, seed: int) -> None:
    """D_chem = D_J Θ with Θ = −(xF/RT)∂U/∂x by complex step; D_J = G D/H_R; D by hand; all positive on a stable host."""
    host = RedlichKister("X", 2, shape="ratio")
    own, T = law(p, q, host, vacancies=vacancies, window=(0.4, 1.0)), 310.0
    c = coefficients(own, seed=seed)
    slope = host.open_circuit_voltage(c, X + 1e-20j, T).imag / 1e-20
    jump = own.jump_diffusivity(c, X, T)
    np.testing.assert_allclose(own.chemical_diffusivity(c, X, T) / jump, -X * FARADAY / (GAS_CONSTANT * T) * slope, rtol=1e-9)
    kT, u = BOLTZMANN * T / ELEMENTARY_CHARGE, (2 * X - 1.4) / 0.6
    by_hand = legval(u, [c[n] for n in own.prefactor_names]) - legval(u, [c[n] for n in own.barrier_names]) / kT
    by_hand += vacancies * np.log(1 - X) + c["X ln(particle geometry)"] - c["X MD ln(H_R)"]
    np.testing.assert_allclose(np.log(jump), by_hand, rtol=1e-9, atol=1e-9)
    assert (jump > 0).all()


def test_ideal_lattice_gas_has_one_chemical_diffusivity() -> None:
    """Θ = 1/(1−x) and D_J = (1−x)D0: their product is the same at every x, at any temperature."""
    own = law(0, 0, motion="collective")
    c = {name: 0.0 for name in own.names} | {"X MD ln(D0 [m2.s-1])": -17.0, "X MD E_a [eV]": 0.3}
    for T in (250.0, 298.15, 400.0):
        exact = np.exp(-17.0 - 0.3 * ELEMENTARY_CHARGE / (BOLTZMANN * T))
        np.testing.assert_allclose(own.chemical_diffusivity(c, X, T), exact, rtol=1e-12)


def test_order_zero_is_the_mobility_of_one_hop() -> None:
    """Names and numbers, in the gap of a two-phase host as well."""
    host = TwoPhase(HOST)
    own, hops = law(0, 0, host, motion="collective"), VacancyMobility("X", (("MD", 1),), host)
    assert own.names == hops.names
    c = coefficients(own, np.array([-15.0, 0.3]))
    c |= dict.fromkeys(host.names, 0.0) | {HOST.interaction_names[0]: 3 * GAS_CONSTANT * 298.15 / FARADAY}
    low, high = (host.derive(c)[name][0] for name in host.derived_names[:2])
    assert 0 < low < high < 1
    x = np.linspace(0.02, 0.98, 49)
    assert ((x > low) & (x < high)).sum() > 10
    for method in ("jump_diffusivity", "chemical_diffusivity"):
        np.testing.assert_allclose(getattr(own, method)(c, x, 300.0), getattr(hops, method)(c, x, 300.0), rtol=1e-13)


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="motion 'both' is unknown; take 'tracer' or 'collective'"):
        law(motion="both")
    with pytest.raises(ValueError, match="barrier_order = -1 is negative"):
        law(0, -1)
    with pytest.raises(ValueError, match=r"window 0\.5 … 0\.5 must rise"):
        law(window=(0.5, 0.5))


# ---- the fit -----------------------------------------------------------------------------------------------------------


@given(st.integers(0, 2), st.integers(0, 2), st.integers(0, 10**6))
def test_exact_data_give_the_exact_law(p: int, q: int, seed: int) -> None:
    own = law(p, q, window=(0.4, 0.95))
    truth = np.random.default_rng(seed).uniform(-1, 1, p + q + 2)
    fit = fit_mobility(measured(log_diffusivity(own, truth, PLACE_X, PLACE_T), STD), own)
    assert fit.names == own.motion_names
    np.testing.assert_allclose(fit.mean, truth, rtol=0, atol=1e-9)
    assert fit.provenance["fit"]["chi-squared"] < 1e-15
    elsewhere = mobility_at(fit, own, 0.3, 350.0)
    assert elsewhere.mean[0] == pytest.approx(log_diffusivity(own, truth, 0.3, 350.0), abs=1e-8)


def test_order_zero_is_the_arrhenius_line() -> None:
    """Coefficients, errors by source and tests are those of `fit_arrhenius`, but for what is taken out for vacancies."""
    own = law(0, 0)
    runs = measured(np.linspace(-22, -20, 3), STD, SHARED)
    fit = fit_mobility(runs, own)
    line = fit_arrhenius(
        {T: run for (_, T), run in runs.items()}, prefactor_name=own.motion_names[0], barrier_name=own.motion_names[1]
    )
    np.testing.assert_allclose(fit.mean - line.mean, [-np.log(0.5), 0.0], atol=1e-10)
    assert {s: f.labels for s, f in fit.factors.items()} == {s: f.labels for s, f in line.factors.items()}
    for source, factor in fit.factors.items():
        np.testing.assert_allclose(factor.values, line.factors[source].values, rtol=1e-9, atol=1e-12)
    for key in ("chi-squared", "chi-squared p-value", "curvature z-score"):
        assert fit.provenance["fit"][key] == pytest.approx(line.provenance["fit"][key], rel=1e-6)


def test_by_source_covariance_equals_direct_least_squares() -> None:
    rng = np.random.default_rng(3)
    own = law()
    values = log_diffusivity(own, TRUTH, PLACE_X, PLACE_T) + STD * rng.normal(size=9)
    runs = measured(values, STD, SHARED)
    fit = fit_mobility(runs, own)
    u, beta = 2 * PLACE_X - 1, ELEMENTARY_CHARGE / (BOLTZMANN * PLACE_T)
    design = np.column_stack([np.ones(9), u, -beta, -u * beta])
    covariance = np.diag(STD**2) + SHARED @ SHARED.T
    weights = np.linalg.solve(design.T @ np.linalg.solve(covariance, design), np.linalg.solve(covariance, design).T)
    np.testing.assert_allclose(fit.mean, weights @ (values - np.log(1 - PLACE_X)), rtol=1e-7)
    np.testing.assert_allclose(fit.covariance, weights @ covariance @ weights.T, rtol=1e-6)
    np.testing.assert_allclose(fit.factors["potential"].values, weights @ SHARED, rtol=1e-6, atol=1e-10)
    barrier = Estimate(("X hop E_a [eV]",), [0.3], {"potential": Factor([[0.02, 0.01]], ("member 0", "member 1"))})
    joint = Joint([fit, barrier])  # the potential of the runs is that of the barrier
    np.testing.assert_allclose(joint.covariance[:4, 4], weights @ SHARED @ [0.02, 0.01], rtol=1e-6)


def test_what_a_law_lacks_is_seen() -> None:
    """Curvature, a barrier that varies and a prefactor that varies each show in their own z-score, and where they should."""
    beta = ELEMENTARY_CHARGE / (BOLTZMANN * PLACE_T)
    flat = law(0, 0)
    plain = log_diffusivity(flat, TRUTH[[0, 2]], PLACE_X, PLACE_T)
    quiet = np.full(9, 0.02)
    bent = fit_mobility(measured(plain + 0.02 * (beta - 14) ** 2, quiet), flat).provenance["fit"]
    assert bent["curvature z-score"] > 5
    assert max(abs(bent[f"{name} z-score"]) for name in ("next order in x", "cross term")) < 1
    sloped = fit_mobility(measured(plain + 0.5 * (2 * PLACE_X - 1), quiet), flat).provenance["fit"]
    assert sloped["next order in x z-score"] > 5
    assert sloped["chi-squared p-value"] < 1e-6
    crossed = fit_mobility(measured(plain - 0.05 * (2 * PLACE_X - 1) * (beta - 15), quiet), law(1, 0)).provenance["fit"]
    assert crossed["cross term z-score"] < -5
    # three compositions cannot tell a fourth term in x: such a test is left out, not made up
    assert "next order in x z-score" not in fit_mobility(measured(plain, quiet), law(2, 0)).provenance["fit"]


def test_places_beyond_the_runs_are_called_so() -> None:
    fit = fit_mobility(measured(log_diffusivity(law(), TRUTH, PLACE_X, PLACE_T), STD), law())
    assert mobility_at(fit, law(), 0.6, 700.0).method.endswith("within the runs")
    far = mobility_at(fit, law(), 0.95, 298.15)
    assert far.method.endswith("extrapolated to x = 0.95 from runs at 0.5 to 0.9 and T = 298.15 K from runs at 600 to 1100 K")
    assert far.std[0] > 3 * mobility_at(fit, law(), 0.9, 600.0).std[0]


def test_orders_are_averaged_with_weights_that_lean_to_the_wide_law() -> None:
    """Weights ∝ exp(p − χ²/2) of the laws of order 0 and 1, and a source that is their spread."""
    rng, std = np.random.default_rng(2), np.full(9, 0.2)
    runs = measured(log_diffusivity(law(0, 0), TRUTH[[0, 2]], PLACE_X, PLACE_T) + std * rng.normal(size=9), std)
    narrow, wide = fit_mobility(runs, law(0, 0)), fit_mobility(runs, law(1, 1))
    logs = [n - fit.provenance["fit"]["chi-squared"] / 2 for n, fit in ((2, narrow), (4, wide))]
    weights = np.exp(np.array(logs) - max(logs)) / np.exp(np.array(logs) - max(logs)).sum()
    both = fit_mobility(runs, law(1, 1), average_orders=True)
    np.testing.assert_allclose(both.provenance["fit"]["weights of the orders"], weights, rtol=1e-9)
    means = np.array([narrow.mean[[0, 0, 1, 1]] * [1, 0, 1, 0], wide.mean])
    np.testing.assert_allclose(both.mean, weights @ means, rtol=1e-9)
    spread = both.factors["X MD order of the mobility"].values
    np.testing.assert_allclose(spread @ spread.T, np.cov(means.T, aweights=weights, bias=True), rtol=1e-7, atol=1e-15)


def test_as_many_runs_as_coefficients_are_taken_without_a_test() -> None:
    corners = [0, 2, 6, 8]
    values = log_diffusivity(law(), TRUTH, PLACE_X, PLACE_T)
    runs = {PLACES[k]: run for k, run in enumerate(measured(values, np.zeros(9)).values()) if k in corners}
    fit = fit_mobility(runs, law())
    np.testing.assert_allclose(fit.mean, TRUTH, atol=1e-10)
    assert "chi-squared" not in fit.provenance["fit"]


def test_refused() -> None:
    values = log_diffusivity(law(), TRUTH, PLACE_X, PLACE_T)
    good = measured(values, STD)

    def kept(chosen: object) -> Mapping[tuple[float, float], Estimate]:
        return {place: run for place, run in good.items() if chosen(*place)}  # type: ignore[operator]

    with pytest.raises(ValueError, match=r"X MD mobility: runs at 1 composition\(s\), a polynomial of order 1 needs 2; add"):
        fit_mobility(kept(lambda x, T: x == 0.5), law())
    with pytest.raises(ValueError, match=r"runs at 1 temperature\(s\), a barrier needs two"):
        fit_mobility(kept(lambda x, T: T == 800), law())
    with pytest.raises(ValueError, match=r"3 run\(s\) for 4 coefficients; add runs"):
        fit_mobility(kept(lambda x, T: (x, T) in PLACES[:2] + PLACES[3:4]), law())
    one_slope = [(0.5, 600.0), (0.5, 800.0), (0.7, 700.0), (0.9, 700.0)]  # one composition alone has two temperatures
    with pytest.raises(ValueError, match=r"do not tell .*E_a P1 \[eV\] apart; add runs at other compositions and temp"):
        fit_mobility(dict(zip(one_slope, good.values(), strict=False)), law())
    with pytest.raises(ValueError, match="fully shared"):
        fit_mobility(measured(values, np.zeros(9), SHARED), law())
    with pytest.raises(ValueError, match="give places as \\(x, T\\), T in kelvin"):
        fit_mobility({(0.5, -3.0): good[PLACES[0]]}, law(0, 0))
    with pytest.raises(ValueError, match="x = 600 is no occupied fraction"):
        fit_mobility({(600.0, 0.5): good[PLACES[0]]}, law(0, 0))
    with pytest.raises(ValueError, match="no vacancy is left to be taken out; leave that run out, or set vacancies = 0"):
        fit_mobility({(1.0, 600.0): good[PLACES[0]], **good}, law())
    two = Estimate.from_covariance(("a", "b"), [0, 0], np.eye(2), source="s")
    with pytest.raises(ValueError, match=r"x = 0\.5, 600 K has 2 coefficients; select its ln D"):
        fit_mobility({**good, PLACES[0]: two}, law())


# ---- replicas ----------------------------------------------------------------------------------------------------------


def replicas(logs: list[float], std: float, shared: float = 0.0) -> list[Estimate]:
    made = [Estimate.from_covariance((f"run {k}",), [log], [[std**2]], source=f"run {k}") for k, log in enumerate(logs)]
    return [run.add_source("potential", Factor([[shared]], ("member",))) for run in made]


def test_replicas_are_averaged_as_diffusivities() -> None:
    mean = average_replicas(replicas([-20.0, -20.25], 0.1, 0.3), name="X ln D")
    D = np.exp([-20.0, -20.25])
    assert mean.mean[0] == pytest.approx(np.log(D.mean()), rel=1e-14)
    share = D / D.sum()
    np.testing.assert_allclose([mean.factors[f"run {k}"].values[0, 0] for k in range(2)], 0.1 * share, rtol=1e-12)
    assert mean.factors["potential"].values[0, 0] == pytest.approx(0.3)  # what all runs share is not averaged away
    assert mean.provenance["replicas"]["chi-squared"] == pytest.approx(0.25**2 / (2 * 0.1**2))
    assert mean.provenance["replicas"]["chi-squared p-value"] == pytest.approx(0.0771, rel=0.01)
    assert set(mean.factors) == {"run 0", "run 1", "potential"}
    one = average_replicas(replicas([-20.0], 0.1), name="X ln D")
    assert (one.mean[0], one.std[0]) == (-20.0, pytest.approx(0.1))
    with pytest.raises(ValueError, match="fully shared"):
        average_replicas(replicas([-20.0, -20.5], 0.0, 0.3), name="X ln D")
    with pytest.raises(ValueError, match="no runs to average"):
        average_replicas([], name="X ln D")


def test_replicas_that_contradict_each_other_have_a_misfit() -> None:
    """Ten runs that scatter by 0.5 with errors of 0.05 (χ² of several hundred for 9): the error is that of their scatter."""
    logs = -20 + 0.5 * np.random.default_rng(1).standard_normal(10)
    mean = average_replicas(replicas(list(logs), 0.05, 0.3), name="X ln D")
    report = mean.provenance["replicas"]
    assert report["chi-squared p-value"] < 1e-30
    assert report["misfit std"] == pytest.approx(np.sqrt(logs.var(ddof=1) - 0.05**2), rel=1e-4)
    D = np.exp(logs)
    own = np.sqrt(9 / 7) * report["misfit std"] * np.sqrt((D**2).sum()) / D.sum()
    misfit = mean.factors["X ln D (misfit)"].values
    assert float(np.sqrt((misfit**2).sum())) == pytest.approx(own, rel=1e-6)
    assert mean.factors["potential"].values[0, 0] == pytest.approx(0.3)
    good = average_replicas(replicas(list(-20 + 0.1 * (logs + 20)), 0.05), name="X ln D")
    assert "X ln D (misfit)" not in good.factors


def test_a_precise_replica_does_not_outweigh_those_that_contradict_it() -> None:
    runs = [
        Estimate.from_covariance((f"run {k}",), [log], [[std**2]], source=f"run {k}")
        for k, (log, std) in enumerate([(-20.0, 0.02), (-19.0, 0.1), (-19.1, 0.1), (-18.9, 0.1)])
    ]
    mean = average_replicas(runs, name="X ln D")
    assert max(mean.provenance["replicas"]["weights"]) < 0.3
    assert mean.std[0] > 0.2


def test_replicas_are_brought_to_one_temperature() -> None:
    """At constant energy the runs' temperatures differ: of one barrier all of the scatter is theirs."""
    T, kT = np.array([650.0, 700.0, 760.0]), BOLTZMANN / ELEMENTARY_CHARGE
    runs = [
        replace(run, provenance={"fit": {"temperature [K]": float(t)}})
        for run, t in zip(replicas(list(-15 - 0.4 / (kT * T)), 0.05), T, strict=True)
    ]
    mean = average_replicas(runs, name="X ln D", temperature=700.0, barrier=0.4)
    assert mean.mean[0] == pytest.approx(-15 - 0.4 / (kT * 700))
    assert mean.provenance["replicas"]["chi-squared"] == pytest.approx(0, abs=1e-12)
    assert average_replicas(runs, name="X ln D").provenance["replicas"]["chi-squared p-value"] < 1e-6
    with pytest.raises(ValueError, match="give both, the temperature in kelvin"):
        average_replicas(runs, name="X ln D", temperature=700.0)
    with pytest.raises(ValueError, match=r"3 run\(s\) without a temperature in their provenance"):
        average_replicas(replicas([-20.0] * 3, 0.1), name="X ln D", temperature=700.0, barrier=0.4)


# ---- are the error bars what they say ----------------------------------------------------------------------------------


def coverage(scores: np.ndarray, what: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Shares of 68 and 95 % intervals that hold the truth lie within three binomial standard deviations (n_set, n_what)."""
    n = len(scores)
    for level, half in ((0.6827, 1.0), (0.95, 1.959964)):
        held = (np.abs(scores) < half).mean(axis=0)
        with capsys.disabled():
            print(f"\n{what}: {n} sets, {level:.0%} interval holds {', '.join(f'{h:.1%}' for h in held)}", end="")
        assert (np.abs(held - level) < 3 * np.sqrt(level * (1 - level) / n)).all()


def scores_of(fit: Estimate, own: ArrheniusMobility, truth: np.ndarray) -> list[float]:
    """Errors over standard deviations: each coefficient, then ln D at three places, the last two extrapolated."""
    scores = list((fit.mean - truth) / fit.std)
    for x, T in ((0.7, 800.0), (0.6, 298.15), (0.95, 298.15)):
        found = mobility_at(fit, own, x, T)
        scores.append((found.mean[0] - log_diffusivity(own, truth, x, T)) / found.std[0])
    return scores


@pytest.mark.calibration
@pytest.mark.parametrize("shared", [None, SHARED], ids=["own errors", "a shared source"])
def test_intervals_hold_the_truth(shared: np.ndarray | None, capsys: pytest.CaptureFixture[str]) -> None:
    rng, own = np.random.default_rng(5), law()
    exact = log_diffusivity(own, TRUTH, PLACE_X, PLACE_T)
    scores, reports = [], []
    for _ in range(500):
        values = exact + STD * rng.normal(size=9) + (0 if shared is None else shared @ rng.normal(size=2))
        fit = fit_mobility(measured(values, STD, shared), own)
        scores.append(scores_of(fit, own, TRUTH))
        reports.append(fit.provenance["fit"])
    coverage(np.array(scores), "orders given, " + ("own errors" if shared is None else "a shared source"), capsys)
    assert kstest([r["chi-squared p-value"] for r in reports], "uniform").pvalue > 1e-3
    for name in ("curvature", "next order in x", "cross term"):
        assert kstest([r[f"{name} z-score"] for r in reports], "norm").pvalue > 1e-3


@pytest.mark.calibration
@pytest.mark.parametrize("size", [0.0, 1.0, 2.0, 4.0])
def test_intervals_hold_where_orders_are_averaged(size: float, capsys: pytest.CaptureFixture[str]) -> None:
    """Terms of first order that are zero, as large as their error, twice and four times, in the direction known worst."""
    rng, own, std = np.random.default_rng(6), law(), np.full(9, 0.1)
    covariance = fit_mobility(measured(np.zeros(9), std), own).covariance
    truth = TRUTH * [1, 0, 1, 0]
    truth[[1, 3]] = size * np.sqrt(np.diag(covariance))[[1, 3]]
    exact = log_diffusivity(own, truth, PLACE_X, PLACE_T)
    scores = []
    for _ in range(400):
        fit = fit_mobility(measured(exact + std * rng.normal(size=9), std), own, average_orders=True)
        assert len(fit.factors["X MD order of the mobility"].labels) == 2
        scores.append(scores_of(fit, own, truth))
    coverage(np.array(scores), f"orders averaged, terms {size:g} of their errors", capsys)


@pytest.mark.slow
def test_mean_of_replicas_holds_the_truth(capsys: pytest.CaptureFixture[str]) -> None:
    """Slopes of one body's displacements scatter like χ²: ten runs of 30 %; a mean of logarithms is low by half its bar."""
    rng, std, n = np.random.default_rng(7), 0.3, 10
    freedom = 2 / std**2
    scores, of_logs = [], []
    for _ in range(600):
        logs = np.log(rng.chisquare(freedom, n) / freedom)
        mean = average_replicas(replicas(list(logs), std), name="X ln D")
        scores.append([mean.mean[0] / mean.std[0]])
        of_logs.append(logs.mean() / (std / np.sqrt(n)))
    coverage(np.array(scores), "mean of ten replicas", capsys)
    assert abs(np.mean(scores)) < 0.2
    assert np.mean(of_logs) < -0.35


@pytest.mark.calibration
def test_intervals_hold_from_trajectories_on(capsys: pytest.CaptureFixture[str]) -> None:
    """Walkers with known D(x, T), displacements, windows, fit: 200 sets of six runs with their windows given.

    Forty walkers: the tracer's error bar has Student's factor for its number of bodies, 3 % here and 8 % with sixteen.
    """
    rng, own = np.random.default_rng(8), law()
    places = [(x, T) for x in (0.3, 0.6, 0.9) for T in (700.0, 1000.0)]
    truth = np.array([-18.0, 0.3, 0.12, 0.02])
    scores = []
    for _ in range(200):
        runs = {}
        for x, T in places:
            D = float(np.exp(log_diffusivity(own, truth, x, T)))
            run = brownian_trajectory(150, 40, diffusivity=D, interval=1e-12, rng=rng, temperature=T)
            msd = mean_squared_displacement(run, "Li")
            runs[x, T] = fit_tracer_diffusivity(msd, name=f"ln D {x} {T}", source=f"MD {x} {T}", window=(1e-12, 75e-12))
        scores.append(scores_of(fit_mobility(runs, own), own, truth))
    coverage(np.array(scores), "from trajectories", capsys)
