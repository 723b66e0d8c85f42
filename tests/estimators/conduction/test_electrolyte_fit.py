"""Coefficients of an electrolyte's law from runs: known values, coverage on curves of others, shared errors, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from a2c_pybamm import ElectrolyteTransport, Estimate, Joint, declare, electrolyte_at, fit_electrolyte, fit_onsager
from a2c_pybamm.constants import AVOGADRO
from a2c_pybamm.estimators import quantity_names
from a2c_pybamm.estimators.conduction.electrolyte_rows import SERIES, linearised, transport_rows, transport_values
from a2c_pybamm.laws import BinarySalt, conductivity, frame_matrix, salt_coefficient, transference_number
from a2c_pybamm.synthetic import LangevinElectrolyte
from tests.estimators.conduction.electrolyte_data import PLACES, Curves, landesfeind, of_base_set, runs_of

LAW = ElectrolyteTransport("X")
NAMES = quantity_names("X")
BETWEEN = ((400.0, 285.0), (800.0, 298.15), (1200.0, 310.0), (1800.0, 298.15), (2000.0, 320.0), (1000.0, 298.15))
"""Places between those of the runs, and one of them."""


def distances(estimate: Estimate, curves: Curves, places: tuple[tuple[float, float], ...]) -> np.ndarray:
    """Errors over standard deviations (n_place, 5)."""
    found = [electrolyte_at(estimate, LAW, *place) for place in places]
    return np.array([(e.mean - curves(*place)) / e.std for e, place in zip(found, places, strict=True)])


def tabulated(curves: Curves, std: float) -> dict[tuple[float, float], Estimate]:
    """Values of curves at places, each with an error of its own."""
    names = list(NAMES.values())[:4]
    return {
        place: declare(names, curves(*place)[:4], std=std, source=f"table {place}", reason="tabulated values")
        for place in PLACES
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ai2020", (1.1943, 3.2227e-10, 0.38, 2.1661)),
        ("ORegan2022", (0.91302, 2.8922e-10, 0.22091, 2.1818)),
        ("Chen2020", (0.9487, 1.7694e-10, 0.2594, 1.0)),
    ],
)
def test_tabulated_values_come_back(name: str, expected: tuple[float, ...]) -> None:
    """κ [S/m], D_e [m2/s], t₊ and TDF at 1 M and 298.15 K within three of the fit's standard deviations, which are below 2 %.

    Tables of 2 %: the base sets have no Debye-Hückel limit (ORegan2022's factor is 0.3 at infinite dilution), which their law
    must meet: χ² shows it, and the misfit widens the bars.
    """
    estimate = fit_electrolyte(tabulated(of_base_set(name), 0.02), LAW)
    at = electrolyte_at(estimate, LAW, 1000.0, 298.15)
    kappa, t_plus, _, factor, diffusivity = at.mean
    found = np.array([kappa, diffusivity, t_plus, factor])
    wanted = np.array([np.log(expected[0]), np.log(expected[1]), expected[2], np.log(expected[3])])
    std = at.std[[0, 4, 1, 3]]
    assert (np.abs(found - wanted) < 3 * std).all()
    assert std.max() < (0.06 if name == "ORegan2022" else 0.025)
    assert at.method.endswith("within the runs")
    assert any("misfit" in source for source in estimate.factors) == (name == "ORegan2022")


def test_derivatives_are_differences() -> None:
    law = ElectrolyteTransport("X", order=2, permittivity=30.0, viscosity=1e-3)
    rows, _ = transport_rows(runs_of(landesfeind, np.random.default_rng(0), places=PLACES[:4]), law, ())
    theta = np.random.default_rng(1).normal(0, 0.3, len(law.names))
    theta[:2] = -21, 0.15
    value, jacobian = linearised(law, theta, rows)
    for k in range(len(theta)):
        step = np.zeros(len(theta))
        step[k] = 1e-5
        up, down = (linearised(law, theta + sign * step, rows)[0] for sign in (1, -1))
        np.testing.assert_allclose(jacobian[:, k], (up - down) / 2e-5, rtol=1e-6, atol=1e-7, err_msg=law.names[k])
    assert np.isfinite(value).all()


def test_every_error_has_a_source_and_extrapolation_widens() -> None:
    estimate = fit_electrolyte(runs_of(landesfeind, np.random.default_rng(0)), LAW)
    assert set(estimate.names) == set(LAW.names)
    assert {f"MD {c:g} mol.m-3, {T:g} K" for c, T in PLACES} < set(estimate.factors)
    assert {"X (series in concentration)", "X (law of temperature)"} < set(estimate.factors)
    inside, far = electrolyte_at(estimate, LAW, 1000.0, 298.15), electrolyte_at(estimate, LAW, 5000.0, 298.15)
    cold = electrolyte_at(estimate, LAW, 1000.0, 253.0)
    assert far.method.endswith("extrapolated to 5000 mol.m-3 from runs at 250 to 2200 mol.m-3")
    assert cold.method.endswith("extrapolated to 253 K from runs at 273 to 333 K")
    assert (far.std > 5 * inside.std).all()
    assert (cold.std > 3 * inside.std).all()
    fit = estimate.provenance["fit"]
    assert 20 < fit["degrees of freedom"] < 45
    assert fit["values"] == 60
    assert sum(fit["weights of the laws of temperature"].values()) == pytest.approx(1)
    low, high = fit["range of t_plus over 0 to 5 mol/L, 243 to 343 K"]
    assert low < 0.25 < high


def test_runs_of_trajectories_become_a_law() -> None:
    """Ions that ignore one another, at 0.5 and 1 mol/L, 280 and 320 K: κ, t₊ and L_s of the solvent frame within the bars."""
    runs, truths = {}, {}
    for k, (half, T) in enumerate(((False, 280.0), (False, 320.0), (True, 280.0), (True, 320.0))):
        system = LangevinElectrolyte(temperature=T, counts=(25, 25, 600) if half else (50, 50, 600))
        c_e = system.counts[0] / AVOGADRO / system.volume
        motion = system.run(400, interval=1e-12, rng=np.random.default_rng(k))[0]
        found = fit_onsager(motion, material="X", source=f"MD {c_e:g} mol.m-3, {T:g} K")
        factor = declare([NAMES["ln(TDF)"]], [0.0], std=0.05, source=f"ideal solution {k}", reason="no activity data")
        joint = Joint([found, factor])
        runs[c_e, T] = Estimate(joint.names, joint.mean, joint.factors)
        S = frame_matrix(system.counts, (0, 0, 1))
        L = (S @ system.onsager_matrix @ S.T)[:2, :2]
        truths[c_e, T] = [
            np.log(conductivity(L, (1, -1))),
            transference_number(L, (1, -1)),
            np.log(salt_coefficient(L, BinarySalt())),
        ]
    law = ElectrolyteTransport("X", order=2, temperature_order=1)
    estimate = fit_electrolyte(runs, law)
    for place, truth in truths.items():
        at = electrolyte_at(estimate, law, *place)
        assert (np.abs(at.mean[:3] - truth) < 3 * at.std[:3]).all()
        assert (at.std[:3] <= runs[place].std[:3]).all()
    assert {source for run in runs.values() for source in run.factors} < set(estimate.factors)


@pytest.mark.parametrize(("curves", "freedom"), [(landesfeind, 300), (of_base_set("Ai2020"), 300), (landesfeind, 3000)])
def test_intervals_hold_curves_that_the_law_did_not_make(curves: Curves, freedom: int) -> None:
    """κ, t₊, L_s, TDF and D_e between the runs, of few sets; the shares of many are the calibration's."""
    z = np.array(
        [
            distances(fit_electrolyte(runs_of(curves, np.random.default_rng(k), freedom=freedom), LAW), curves, BETWEEN)
            for k in range(4)
        ]
    )
    assert (np.abs(z) < 1.96).mean() > 0.85
    assert np.abs(z).max() < 4.5


def test_draws_are_distributed_as_the_estimate_says() -> None:
    """Medians within 0.3 and widths within 10 % of the linear estimate's standard deviations, of runs of 2.6 %.

    What such runs leave open (t₀, the law of temperature) is a hundred times what they know, and must not bend what they know.
    """
    estimate = fit_electrolyte(runs_of(landesfeind, np.random.default_rng(0), freedom=3000), LAW)
    joint = Joint([estimate])
    draws = joint.draw(2000, np.random.default_rng(0))
    c = {name: draws[:, [k]] for k, name in enumerate(joint.names)}
    for place in BETWEEN:
        at = electrolyte_at(estimate, LAW, *place)
        salt, T = (np.array([value]) for value in place)
        values = np.array([np.ravel(transport_values(LAW, c, quantity, salt, T)) for quantity in SERIES])
        low, middle, high = np.quantile(values, [0.16, 0.5, 0.84], axis=1)
        assert np.abs((middle - at.mean) / at.std).max() < 0.3
        np.testing.assert_allclose((high - low) / (2 * 0.9945 * at.std), 1, atol=0.1)


@pytest.mark.calibration
@pytest.mark.parametrize(
    ("label", "curves", "freedom"),
    [
        ("Landesfeind, ν = 300", landesfeind, 300),
        ("Ai2020, ν = 300", of_base_set("Ai2020"), 300),
        ("Landesfeind, ν = 3000", landesfeind, 3000),
        ("Ai2020, ν = 3000", of_base_set("Ai2020"), 3000),
    ],
)
def test_coverage(label: str, curves: Curves, freedom: int) -> None:
    """Shares of 68 and 95 % intervals that hold the truth, of 200 sets, each place and quantity; printed with pytest -s."""
    n = 200
    runs = (runs_of(curves, np.random.default_rng(k), freedom=freedom) for k in range(n))
    z = np.array([distances(fit_electrolyte(run, LAW), curves, BETWEEN) for run in runs])
    within = [(np.abs(z) < bound).mean(axis=0) for bound in (1.0, 1.96)]
    shown = [f"{100 * w.min():.0f} to {100 * w.max():.0f} (mean {100 * w.mean():.0f})" for w in within]
    print(f"\n| {label} | {shown[0]} | {shown[1]} |")
    # curves are fixed and what lies between runs is guessed by the prior: single places are off by more than chance
    for share, level in zip(within, (0.683, 0.95), strict=True):
        assert share.mean() > level - 3.3 * np.sqrt(level * (1 - level) / n)
    assert within[1].min() > 0.8


def test_an_error_that_all_runs_share_is_one() -> None:
    """A potential that is 10 % off in every ln κ moves κ everywhere and nothing else; it aligns with others' columns.

    By a little less than 10 %: what all runs share is weighed against the prior, which has 3 % of a say.
    """
    runs = runs_of(landesfeind, np.random.default_rng(0))
    committee = declare(["X ln(kappa [S.m-1])"], [0.0], std=0.1, source="potential (model form)", reason="one potential")
    shared = committee.factors["potential (model form)"]
    moved = {
        place: run.map(run.names, run.mean, np.eye(4)).add_source(
            "potential (model form)", type(shared)(np.array([[0.1], [0], [0], [0]]), shared.labels)
        )
        for place, run in runs.items()
    }
    estimate = fit_electrolyte(moved, LAW)
    for place in BETWEEN[1:4]:
        at = electrolyte_at(estimate, LAW, *place).factors["potential (model form)"].values[:, 0]
        assert at[0] == pytest.approx(0.1, rel=0.1)
        np.testing.assert_allclose(at[1:], 0, atol=0.02)
    joint = Joint([estimate, committee])
    row, column = joint.rows([LAW.names[0], "X ln(kappa [S.m-1])"])
    assert joint.covariance[row, column] > 0


def test_a_step_that_no_series_follows_is_a_misfit() -> None:
    """Conductivities too high and too low by e^0.3 in turns, over concentration and over temperature."""
    sign = {place: (-1) ** k for k, place in enumerate(PLACES)}

    def stepped(c_e: float, T: float) -> np.ndarray:
        return landesfeind(c_e, T) + np.array([0.3, 0, 0, 0, 0]) * sign[c_e, T]

    estimate = fit_electrolyte(runs_of(stepped, np.random.default_rng(0), freedom=1000), LAW)
    fit = estimate.provenance["fit"]
    assert fit["chi2 per degree of freedom"] > 3
    assert fit["worst-fitted value"].startswith("ln(kappa) at ")
    assert "X electrolyte-transport (misfit)" in estimate.factors
    both = estimate.covariance
    misfit = estimate.factors["X electrolyte-transport (misfit)"].values
    np.testing.assert_allclose(
        np.trace(misfit @ misfit.T) / np.trace(both), 1 - 1 / fit["chi2 per degree of freedom"], rtol=1e-6
    )


def test_two_runs_with_a_declared_limit() -> None:
    """From one place at two temperatures: values there come back, and elsewhere the bars are wide."""
    places = ((1000.0, 280.0), (1000.0, 320.0))
    runs = runs_of(landesfeind, np.random.default_rng(0), places=places)
    free = fit_electrolyte(runs, LAW)
    size, _, _, _, ratio, _ = LAW.limit_names
    limits = declare(
        [size, ratio], [np.log(1.06e-9), np.log(0.42 / 0.58)], std=[0.05, 0.1], source="pulsed-field NMR", reason="dilute"
    )
    bound = fit_electrolyte(runs, LAW, declared=[limits])
    for estimate in (free, bound):
        at = electrolyte_at(estimate, LAW, 1000.0, 280.0)
        assert np.abs((at.mean - landesfeind(1000.0, 280.0)) / at.std).max() < 3
    dilute = [electrolyte_at(estimate, LAW, 20.0, 300.0).std[0] for estimate in (free, bound)]
    assert dilute[1] < 0.5 * dilute[0]
    assert "pulsed-field NMR" in bound.factors
    z = distances(bound, landesfeind, ((100.0, 300.0), (2000.0, 300.0), (20.0, 300.0)))
    assert np.abs(z).max() < 3.5


def tables(
    order: tuple[str, ...], curves: Curves, places: tuple[tuple[float, float], ...], std: float
) -> list[tuple[tuple[float, float], Estimate]]:
    """Some quantities of curves at places, with an error of their own; pairs of place and estimate."""
    at = [list(NAMES).index(quantity) for quantity in order]
    names = [NAMES[quantity] for quantity in order]
    return [
        (place, declare(names, curves(*place)[at], std=std, source=f"{order} {place}", reason="tabulated values"))
        for place in places
    ]


def test_a_thermodynamic_factor_of_one_temperature_holds_near_it() -> None:
    """κ, t₊ and L_s at 3 × 3 places, TDF at 298 K alone: real ones change by 0.1 to 0.2 in 30 K, and the bars hold that."""
    moved = tables(
        ("ln(kappa)", "t_plus", "ln(L_s)"), landesfeind, tuple((c, T) for c in (500, 1000, 1500) for T in (278, 303, 328)), 0.04
    )
    factors = tables(("ln(TDF)",), landesfeind, tuple((c, 298.15) for c in (300.0, 700.0, 1000.0, 1500.0)), 0.02)
    estimate = fit_electrolyte([*moved, *factors], LAW)
    for T, highest in ((263.0, 1.1), (278.0, 0.55), (298.15, 0.03), (308.0, 0.25)):
        at = electrolyte_at(estimate, LAW, 1000.0, T)
        wrong = at.mean - landesfeind(1000.0, T)
        for k in (3, 4):
            assert abs(wrong[k]) < 2.5 * at.std[k]
        assert at.std[3] < highest
        assert at.std[4] < highest + 0.1
    assert at.std[3] > 0.1  # nobody has looked there
    assert estimate.provenance["fit"]["undetermined"] == []


def test_a_diffusivity_that_the_runs_leave_open_is_said() -> None:
    runs = tables(("ln(kappa)", "t_plus", "ln(L_s)"), landesfeind, ((500.0, 280.0), (1500.0, 320.0)), 0.04)
    estimate = fit_electrolyte([*runs, *tables(("ln(TDF)",), landesfeind, ((500.0, 280.0),), 0.02)], LAW)
    (line,) = estimate.provenance["fit"]["undetermined"]
    assert line.startswith("ln(D_e) at 1500 mol.m-3 and 280 K is ± ")
    assert line.endswith("; add runs with ln(TDF) near there")


def test_draws_from_one_concentration_are_electrolytes() -> None:
    """From 1 mol/L at 280 and 320 K: κ of all places between 1e-3 and 1e3 S/m in 99 % of draws, t₊ within −2 and 3."""
    runs = runs_of(landesfeind, np.random.default_rng(0), places=((1000.0, 280.0), (1000.0, 320.0)))
    joint = Joint([fit_electrolyte(runs, LAW)])
    c = dict(zip(joint.names, joint.draw(2000, np.random.default_rng(0)).T[:, :, None], strict=True))
    salt, T = (x.ravel() for x in np.meshgrid((100.0, 300.0, 1000.0, 2000.0, 3000.0), (263.0, 280.0, 300.0, 333.0)))
    kappa = transport_values(LAW, c, "ln(kappa)", salt, T) / np.log(10)
    assert (np.abs(kappa) < 3).all(axis=1).mean() > 0.985
    assert np.abs(kappa).max() < 5
    t_plus = transport_values(LAW, c, "t_plus", salt, T)
    assert -2 < t_plus.min() < t_plus.max() < 3


def test_diffusivities_may_stand_for_onsager_coefficients() -> None:
    """Runs with κ, t₊, TDF and D_e: those with L_s in its place give the same."""
    runs = tabulated(landesfeind, 0.02)
    order = [NAMES[q] for q in ("ln(kappa)", "t_plus", "ln(D_e)", "ln(TDF)")]
    mixed = np.array([[1.0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 1], [0, 0, 0, 1]])
    other = {place: run.map(order, landesfeind(*place)[[0, 1, 4, 3]], mixed) for place, run in runs.items()}
    first, second = (fit_electrolyte(given, LAW) for given in (runs, other))
    np.testing.assert_allclose(second.mean, first.mean, atol=1e-6)
    np.testing.assert_allclose(second.std, first.std, rtol=1e-6)


def without(runs: dict, quantity: str) -> dict:
    return {place: run.select([name for name in run.names if name != NAMES[quantity]]) for place, run in runs.items()}


def test_what_the_runs_do_not_determine_is_named() -> None:
    runs = runs_of(landesfeind, np.random.default_rng(0))
    for quantity in ("ln(kappa)", "t_plus", "ln(L_s)", "ln(TDF)"):
        with pytest.raises(ValueError, match="no run gives ") as error:
            fit_electrolyte(without(runs, quantity), LAW)
        assert NAMES[quantity] in str(error.value)
    with pytest.raises(ValueError, match="an ideal solution has ln TDF = 0, to be declared with its error"):
        fit_electrolyte(without(runs, "ln(TDF)"), LAW)
    isothermal = {place: run for place, run in runs.items() if place[1] == 273.0}
    with pytest.raises(ValueError, match=r"the runs \(at 273 K\) do not determine .*E_a.*; add runs at another temperature"):
        fit_electrolyte(isothermal, LAW)
    energy = declare([LAW.limit_names[1]], [0.16], std=0.03, source="viscosity", reason="of the solvent")
    assert fit_electrolyte(isothermal, LAW, declared=[energy]).std[1] < 0.05
    with pytest.raises(ValueError, match="no run gives "):
        fit_electrolyte({}, LAW)


def test_bad_runs_are_one_line() -> None:
    runs = runs_of(landesfeind, np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"run at 1 mol.m-3 and -5 K; give places as \(mol.m-3, kelvin\)"):
        fit_electrolyte({**runs, (1.0, -5.0): runs[PLACES[0]]}, LAW)
    for place in ((1000.0, 25.0), (1.2e6, 298.0), (np.nan, 298.0), (1000.0, np.inf)):
        with pytest.raises(ValueError, match=r"up to 20000 mol.m-3 \(1 mol/L is 1000\) and within 150 to 1000 K \(0 °C is"):
            fit_electrolyte([*runs.items(), (place, runs[PLACES[0]])], LAW)
    strange = declare(["Y ln(kappa [S.m-1])"], [0.0], std=0.1, source="s", reason="r")
    with pytest.raises(ValueError, match=r"has 'Y ln\(kappa \[S.m-1\]\)'; select some of X ln"):
        fit_electrolyte({**runs, (1.0, 300.0): strange}, LAW)
    with pytest.raises(ValueError, match=r"'Y ln.*is declared and no coefficient of the law"):
        fit_electrolyte(runs, LAW, declared=[strange])
    exact = {place: run.map(run.names, run.mean, np.zeros((4, 4))) for place, run in runs.items()}
    with pytest.raises(ValueError, match="errors of the runs are zero or fully shared"):
        fit_electrolyte(exact, LAW)
    estimate = fit_electrolyte(runs, LAW)
    with pytest.raises(ValueError, match=r"0 mol.m-3 and 300 K; give a concentration and kelvin"):
        electrolyte_at(estimate, LAW, 0.0, 300.0)


@pytest.mark.calibration
@pytest.mark.parametrize("freedom", [300, 3000])
def test_bars_grow_beyond_the_runs(freedom: int) -> None:
    """Twelve sets of runs up to 2.2 mol/L and down to 273 K: κ of Landesfeind's form at 5 mol/L, D_e of Ai2020 at 253 K."""
    law, ai, distances, factors = ElectrolyteTransport("X"), of_base_set("Ai2020"), [], []
    for seed in range(12):
        rng = np.random.default_rng(900 + seed)
        thick = electrolyte_at(fit_electrolyte(runs_of(landesfeind, rng, freedom=freedom), law), law, 5000.0, 298.15)
        cold = electrolyte_at(fit_electrolyte(runs_of(ai, rng, freedom=freedom), law), law, 1000.0, 253.15)
        factors.append(np.exp(thick.std[0]))
        distances.append(
            [
                (thick.mean[0] - landesfeind(5000.0, 298.15)[0]) / thick.std[0],
                (cold.mean[4] - ai(1000.0, 253.15)[4]) / cold.std[4],
            ]
        )
    low, high = np.min(distances, axis=0), np.max(distances, axis=0)
    print(f"ν = {freedom}: bars a factor of {np.median(factors):.2g}")
    print(f"   κ {low[0]:+.1f} to {high[0]:+.1f}, D_e {low[1]:+.1f} to {high[1]:+.1f} bars off")
    assert np.abs(distances).max() < 3
