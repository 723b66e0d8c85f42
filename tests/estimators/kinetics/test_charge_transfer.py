"""Charge transfer from barriers: exact recovery, shared errors, detailed balance, coverage where barriers are not the law's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import chi2

import a2c_pybamm as a2c
from a2c_pybamm.constants import BOLTZMANN, FARADAY, GAS_CONSTANT, PLANCK
from a2c_pybamm.data import ChargeTransferBarriers, MigrationPath, PotentialScale, StateEnergies, SurfaceSites
from a2c_pybamm.estimators import declare
from a2c_pybamm.estimators.kinetics.detailed_balance import BalanceCriterion
from a2c_pybamm.laws import MHC_FORM, ButlerVolmer, Marcus, MarcusHushChidsey, RedlichKister

T = 298.15
UNIT = GAS_CONSTANT * T / FARADAY
"""Thermal energy [eV]."""
LAW = ButlerVolmer("X")
SITES = SurfaceSites("slab", 1.2e-5)
ATTEMPT = np.log(1.2e-5 * BOLTZMANN * T / PLANCK)
"""Logarithm of the rate constant without a barrier."""
VOLTS, TEMPERATURES = np.linspace(-0.3, 0.2, 6), (298.15, 340.0, 380.0)


def table(
    barrier: Any,
    *,
    volts: Any = VOLTS,
    temperatures: Any = TEMPERATURES,
    directions: Any = (True,),
    entropy: float = -20.0,
    std: float = 0.01,
    rng: np.random.Generator | None = None,
    **settings: Any,
) -> ChargeTransferBarriers:
    """Barriers of a function of the overpotential [eV] with an activation entropy [J/mol/K], noise of ``std`` [eV] if drawn."""
    eta, kelvin = (grid.ravel() for grid in np.meshgrid(volts, temperatures))
    energy = FARADAY * barrier(eta) - (kelvin - T) * entropy
    values = np.concatenate([energy if reduction else energy - FARADAY * eta for reduction in directions])
    values = values + (0 if rng is None else FARADAY * std * rng.normal(size=len(values)))
    m = len(directions)
    return ChargeTransferBarriers(
        "m",
        np.tile(eta, m),
        np.tile(kelvin, m),
        values,
        np.repeat(directions, len(eta)),
        np.full(len(values), FARADAY * std),
        **{"scale": PotentialScale.OVERPOTENTIAL, **settings},
    )


def fit(data: ChargeTransferBarriers, law: Any = LAW, **settings: Any) -> a2c.Estimate:
    return a2c.fit_charge_transfer(data, law, sites=SITES, source="X barriers", **settings)


# ---- exact -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("directions", [(True,), (True, False)], ids=["reduction", "both"])
@pytest.mark.parametrize("alpha", [0.35, 0.6])
def test_linear_barriers_give_their_own_coefficients(alpha: float, directions: tuple[bool, ...]) -> None:
    found = fit(table(lambda eta: 0.6 + alpha * eta, directions=directions))
    assert found.names == LAW.own_names
    np.testing.assert_allclose(found.mean, [ATTEMPT - 0.6 / UNIT, 0.6 - 20 * T / FARADAY, alpha], rtol=1e-9)
    report = found.provenance["fit"]
    assert report["chi-squared"] < 1e-9
    assert abs(report["curvature over that of two parabolas"]) < 1e-6


def test_energies_and_a_declared_entropy() -> None:
    """Static barriers are enthalpies; the free energy holds the entropy, and its error is that of ln k0 alone."""
    data = table(lambda eta: 0.6 + 0.4 * eta, temperatures=(T,), entropy=0.0, std=1e-6, free_energies=False)
    found = fit(data, activation_entropy=(-30.0, 10.0))
    free = 0.6 + 30 * T / FARADAY
    np.testing.assert_allclose(found.mean, [ATTEMPT - free / UNIT, 0.6, 0.4], rtol=1e-6)
    assert found.std[0] == pytest.approx(10 / GAS_CONSTANT, rel=1e-3)
    assert found.std[1] < 1e-3
    # of free energies at one temperature it is the other way round
    found = fit(replace(data, free_energies=True), activation_entropy=(-30.0, 10.0))
    np.testing.assert_allclose(found.mean, [ATTEMPT - 0.6 / UNIT, 0.6 - 30 * T / FARADAY, 0.4], rtol=1e-6)
    assert found.std[0] < 1e-2
    assert found.std[1] == pytest.approx(10 * T / FARADAY, rel=1e-3)


def test_two_parabolas_give_their_reorganization_energy() -> None:
    """Marcus' barriers exactly; the transfer coefficient of a line over symmetric potentials is 1/2."""
    energy = 0.9

    def barrier(eta: Any) -> Any:
        return (energy + eta) ** 2 / (4 * energy)

    for law in (Marcus("X"), MarcusHushChidsey("X")):
        found = fit(table(barrier, std=1e-3), law, **({"accept_form_error": True} if law.kind != "marcus" else {}))
        np.testing.assert_allclose(found.mean[[0, 2]], [ATTEMPT - energy / 4 / UNIT, np.log(energy)], rtol=1e-8)
        assert (MHC_FORM in found.factors) == (law.kind != "marcus")
    line = fit(table(barrier, volts=np.linspace(-0.3, 0.3, 7)))
    assert line.mean[2] == pytest.approx(0.5, abs=1e-9)
    assert line.provenance["fit"]["curvature over that of two parabolas"] == pytest.approx(1, rel=0.05)
    given = a2c.reorganization_energy_declared(Marcus("X"), 0.9, 0.1, source="literature", reason="test")
    found = fit(table(barrier), Marcus("X"), reorganization=given)
    assert found.mean[0] == pytest.approx(ATTEMPT - energy / 4 / UNIT, rel=1e-9)
    assert found.mean[2] == np.log(0.9)
    assert found.std[2] == pytest.approx(0.1 / 0.9, rel=1e-9)
    assert set(found.factors) == {"X barriers", "literature", "X charge transfer (misfit)"}


# ---- the zero of the potentials ----------------------------------------------------------------------------------------


def test_zero_of_the_potentials_is_a_factor_of_seven_or_nothing() -> None:
    """0.1 V on barriers of reduction; both directions determine it themselves."""
    shared = {"scale_std": 0.1, "scale_source": "absolute potential"}
    alone = fit(table(lambda eta: 0.6 + 0.5 * eta, std=1e-3, **shared)).factors["absolute potential"]
    assert alone.labels == ("absolute potential",)
    assert np.exp(alone.values[0, 0]) == pytest.approx(np.exp(0.5 * 0.1 / UNIT), rel=0.01)
    assert np.exp(alone.values[0, 0]) == pytest.approx(7.0, rel=0.01)
    both = fit(table(lambda eta: 0.6 + 0.5 * eta, std=1e-3, directions=(True, False), **shared))
    assert abs(both.factors["absolute potential"].values[0, 0]) < 0.01


HOST = RedlichKister("X", 1)
VOLTAGE = declare([HOST.voltage_name], [3.9], std=[0.05], source="functional", reason="test")
OTHERS = declare(
    [name for name in HOST.names if name != HOST.voltage_name],
    [0.05 if name.endswith("[eV]") else 10.0 for name in HOST.names if name != HOST.voltage_name],
    std=[0.01] * (len(HOST.names) - 1),
    source="energies",
    reason="test",
)


def test_step_potential_is_the_voltage_without_mixing() -> None:
    """An ideal host's is the same at every composition; errors are those of the voltage, by source."""
    ideal = declare(OTHERS.names, np.zeros(len(OTHERS.names)), std=[0.0] * len(OTHERS.names), source="e", reason="t")
    for x in (0.2, 0.5, 0.9):
        found = a2c.step_potentials(HOST, [VOLTAGE, ideal], x, (T,))
        assert found.mean[0] == pytest.approx(3.9, abs=1e-12)
    found = a2c.step_potentials(HOST, [VOLTAGE, OTHERS], 0.3, (T, 340.0))
    c = dict(zip((*VOLTAGE.names, *OTHERS.names), (*VOLTAGE.mean, *OTHERS.mean), strict=True))
    for k, kelvin in enumerate((T, 340.0)):
        mixing = GAS_CONSTANT * kelvin / FARADAY * np.log(0.3 / 0.7)
        assert found.mean[k] == pytest.approx(HOST.open_circuit_voltage(c, 0.3, kelvin) + mixing, rel=1e-12)
    assert found.factors["functional"].values[:, 0] == pytest.approx([0.05, 0.05], rel=1e-9)


def test_error_of_the_voltage_moves_the_rate_constant_with_it() -> None:
    """The joint of both has the correlation of one zero: U too high by δ, the barrier at equilibrium too high by αδ."""
    step = a2c.step_potentials(HOST, [VOLTAGE, OTHERS], 0.5, TEMPERATURES)
    level = float(step.mean[0])
    data = table(lambda eta: 0.6 + 0.4 * (eta - level), volts=level + VOLTS, std=1e-3, scale=PotentialScale.LITHIUM)
    found = fit(data, equilibrium=step)
    assert found.mean[2] == pytest.approx(0.4, abs=1e-3)
    joint = a2c.Joint([VOLTAGE, OTHERS, found])
    rows = [joint.names.index(name) for name in (HOST.voltage_name, LAW.rate_name)]
    covariance = joint.covariance[np.ix_(rows, rows)]
    assert covariance[0, 1] == pytest.approx(-0.4 / UNIT * 0.05**2, rel=1e-2)
    # a zero that both share cancels: potential and voltage move together
    moved = replace(data, scale_std=0.05, scale_source="functional")
    same = replace(VOLTAGE, factors={"functional": a2c.Factor(np.array([[0.05]]), ("functional",))})
    step = a2c.step_potentials(HOST, [same, OTHERS], 0.5, TEMPERATURES)
    assert np.abs(fit(moved, equilibrium=step).factors["functional"].values).max() < 1e-9


# ---- detailed balance --------------------------------------------------------------------------------------------------

BOTH: dict[str, Any] = {"directions": (True, False)}


def linear(eta: Any) -> Any:
    return 0.6 + 0.4 * eta


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda d: replace(d, of_reduction=~d.of_reduction), r"slope -1 for 1; .*counted cathodic, or the columns are exchang"),
        (lambda d: replace(d, potential=d.potential + 3.04), r"by -3\.04 V on average, slope 1 for 1; .*on another scale"),
        (lambda d: replace(d, barrier=d.barrier + 8e3 * np.cos(np.arange(36))), r"scatter by more than .*give larger standard"),
        (lambda d: replace(d, potential=2 * d.potential), r"slope 0\.5 for 1; .*different potentials or charges; take both"),
    ],
    ids=["sign", "scale", "scatter", "charge"],
)
def test_barriers_that_are_of_no_one_step_are_refused(change: Any, cause: str) -> None:
    data = table(linear, **BOTH)
    assert fit(data).provenance["fit"]["detailed balance p-value"] == pytest.approx(1.0, abs=1e-6)
    with pytest.raises(ValueError, match=rf"^charge-transfer barriers of m: χ² = .* for 18 pair\(s\) .*{cause}"):
        fit(change(data))


def test_detailed_balance_is_refused_by_its_p_value_alone() -> None:
    """χ² of good barriers is χ²'s own, whose mean is the number of pairs; none of 24 tables is refused."""
    rng = np.random.default_rng(3)
    found = [fit(table(linear, rng=rng, temperatures=(T, 340.0), **BOTH)).provenance["fit"] for _ in range(24)]
    squares = np.array([report["detailed balance chi-squared"] for report in found])
    n = 12
    assert squares.mean() == pytest.approx(n, abs=4 * np.sqrt(2 * n / len(squares)))


def test_a_saddle_shared_by_both_directions_is_one_number() -> None:
    """Its error is not averaged over both directions, and has no part in their difference."""
    apart, shared = table(linear, **BOTH), table(linear, **BOTH, saddle_std=np.full(36, 0.0099 * FARADAY))
    one = table(linear)
    std = [fit(data).std[0] for data in (one, apart, shared)]
    assert std[1] < 0.9 * std[0]
    assert std[2] == pytest.approx(std[0], rel=0.05)
    wrong = replace(shared, potential=shared.potential + 0.005)
    with pytest.raises(ValueError, match="on another scale"):
        fit(wrong)


# ---- coverage ----------------------------------------------------------------------------------------------------------


def bent_barriers(rng: np.random.Generator) -> tuple[Any, float, float]:
    """A barrier over the overpotential that is no line, with its height and transfer coefficient at equilibrium [eV, 1].

    Parabolas with work of approach or electronic coupling; a third of two widths, the others' transfer coefficient is 1/2.
    """
    energy, kind = rng.uniform(1.0, 2.4), rng.integers(3)
    offset = (0.0, rng.uniform(0, 0.2), -rng.uniform(0, 0.1))[kind]
    if kind:
        return (lambda eta: offset + (energy + eta) ** 2 / (4 * energy)), offset + energy / 4, 0.5
    # λ q² meets ρ λ (1 − q)² + η: q from the quadratic equation
    ratio = rng.uniform(0.8, 1.25)

    def crossing(eta: Any) -> Any:
        a, b, c = energy * (1 - ratio), 2 * ratio * energy, -(ratio * energy + np.asarray(eta))
        return energy * (2 * c / (-b - np.sqrt(b**2 - 4 * a * c))) ** 2

    slope = float(crossing(1e-5) - crossing(-1e-5)) / 2e-5
    return crossing, float(crossing(0.0)), slope


def mahalanobis(n: int, seed: int) -> Iterator[float]:
    """Squared distances of (ln k0, α) from the truth, in 2 dimensions; noise, window and directions drawn."""
    rng = np.random.default_rng(seed)
    for _ in range(n):
        barrier, height, slope = bent_barriers(rng)
        start, width = rng.uniform(-0.35, -0.1), rng.uniform(0.3, 0.5)
        directions = (True, False) if rng.random() < 0.5 else (True,)
        volts = np.linspace(start, start + width, 5)
        data = table(barrier, volts=volts, std=10 ** rng.uniform(-3, -1.7), directions=directions, rng=rng)
        found = fit(data, balance=BalanceCriterion(0.0))
        missed = np.array([ATTEMPT - height / UNIT, slope]) - found.mean[[0, 2]]
        yield float(missed @ np.linalg.solve(found.covariance[np.ix_([0, 2], [0, 2])], missed))


def within(squares: np.ndarray, n_std: float) -> None:
    """Coverage of 68.27 and 95 % within so many binomial standard deviations."""
    for level in (0.6827, 0.95):
        share, noise = np.mean(squares < chi2.ppf(level, 2)), np.sqrt(level * (1 - level) / len(squares))
        assert abs(share - level) < n_std * noise, (level, share)


def test_rate_constant_and_transfer_coefficient_cover() -> None:
    within(np.array(list(mahalanobis(40, 1))), 3)


@pytest.mark.calibration
def test_rate_constant_and_transfer_coefficient_cover_in_many_tables() -> None:
    within(np.array(list(mahalanobis(2000, 2))), 3)


@pytest.mark.calibration
def test_rate_constant_and_reorganization_energy_cover() -> None:
    """Parabolas of two widths with work of approach, fitted by equal ones; λ is that of the curvature at equilibrium."""
    rng, law, squares = np.random.default_rng(0), Marcus("X"), []
    for _ in range(600):
        energy, offset, ratio, h = rng.uniform(0.4, 1.2), rng.uniform(0, 0.3), rng.uniform(0.85, 1.18), 1e-3

        def crossing(eta: Any, energy: float = energy, offset: float = offset, ratio: float = ratio) -> Any:
            a, b, c = energy * (1 - ratio), 2 * ratio * energy, -(ratio * energy + np.asarray(eta))
            return offset + energy * (2 * c / (-b - np.sqrt(b**2 - 4 * a * c))) ** 2

        directions = (True, False) if rng.random() < 0.5 else (True,)
        data = table(crossing, volts=np.linspace(-0.3, 0.3, 7), std=10 ** rng.uniform(-3, -2), rng=rng, directions=directions)
        try:
            found = fit(data, law, balance=BalanceCriterion(0.0))
        except ValueError:  # the noise hides the curvature
            continue
        height = float(crossing(0.0))
        bend = float(crossing(h) + crossing(-h) - 2 * height) / h**2
        missed = np.array([ATTEMPT - height / UNIT, -np.log(2 * bend)]) - found.mean[[0, 2]]
        squares.append(float(missed @ np.linalg.solve(found.covariance[np.ix_([0, 2], [0, 2])], missed)))
    assert len(squares) > 590
    within(np.array(squares), 3)


def test_error_of_a_line_holds_what_bent_barriers_miss_it_by() -> None:
    """Exact parabolas, nearly no noise, potentials on one side: the line's α is off by 0.09, its error bar is as large."""
    energy = 1.0
    data = table(lambda eta: (energy + eta) ** 2 / (4 * energy), volts=[-0.25, -0.1], std=1e-4, temperatures=(T, 340.0))
    found = fit(data)
    assert found.mean[2] == pytest.approx(0.5 - 0.175 / 2, abs=1e-3)
    assert abs(found.mean[2] - 0.5) / found.std[2] == pytest.approx(1, abs=0.3)
    assert abs(found.mean[0] - (ATTEMPT - 0.25 / UNIT)) < 2 * found.std[0]


def test_improbable_scatter_widens_the_error() -> None:
    rng = np.random.default_rng(0)
    data = table(linear, rng=rng, std=0.02)
    careless = replace(data, std=data.std / 10)
    assert fit(careless).std[2] == pytest.approx(fit(data).std[2], rel=0.35)
    assert fit(careless).provenance["fit"]["chi-squared p-value"] < 1e-6


# ---- members, sites, paths ---------------------------------------------------------------------------------------------


def test_committee_of_potentials() -> None:
    """Each member by itself, their spread a labelled column each; the sites' error is the same for all."""
    members = {
        label: fit(replace(table(lambda eta, h=height: h + 0.4 * eta), label=label), sites_std_ln=0.3)
        for label, height in {"a": 0.55, "b": 0.6, "c": 0.68}.items()
    }
    together = a2c.combine_members(members)
    assert together.factors["potential (model form)"].labels == ("a", "b", "c")
    assert together.factors["X surface sites (declared)"].values[0, 0] == pytest.approx(0.3)
    spread = np.std([0.55, 0.6, 0.68], ddof=1) / UNIT
    assert np.linalg.norm(together.factors["potential (model form)"].values[0]) > spread


def test_barriers_of_paths_at_several_potentials() -> None:
    """Paths whose end lies Fη higher and whose top 0.4 Fη: both directions, one saddle."""
    paths = {}
    for volts in (-0.2, 0.0, 0.2):
        s = np.linspace(0, 1, 9)
        shape = (0.6 + (0.4 - 0.5) * volts) * np.sin(np.pi * s) ** 2 + volts * s**2 * (3 - 2 * s)
        paths[volts] = MigrationPath("neb", s * 1e-10, FARADAY * shape)
    data = a2c.barriers_of_paths(paths, temperature=T, end_std=0.005 * FARADAY, scale=PotentialScale.OVERPOTENTIAL)
    assert not data.free_energies
    assert len(data.pairs) == 3
    found = fit(data, activation_entropy=(0.0, 10.0))
    assert found.mean[1] == pytest.approx(0.6, abs=0.02)
    assert found.mean[2] == pytest.approx(0.4, abs=0.03)
    with pytest.raises(ValueError, match=r"end_std is 0; give the error of the energy of a path's end"):
        a2c.barriers_of_paths(paths, temperature=T, end_std=0.0)
    with pytest.raises(ValueError, match="no path; give one for each potential"):
        a2c.barriers_of_paths({}, temperature=T, end_std=1.0)


# ---- reorganization ----------------------------------------------------------------------------------------------------


def parabolas(ratio: float, noise: float = 0.0) -> StateEnergies:
    """States of widths 1 and ``ratio`` whose minima are 2 apart."""
    q, rng = np.linspace(-1, 3, 21), np.random.default_rng(1)
    first, second = (FARADAY * (e + noise * rng.normal(size=len(q))) for e in (0.2 * q**2, 0.2 * ratio * (q - 2) ** 2 + 0.1))
    return StateEnergies("two", q, first, second)


def test_reorganization_energy_of_two_parabolas() -> None:
    """Exact for equal widths; half the difference of the logarithms is an error where they are not."""
    law = Marcus("X")
    exact = a2c.fit_reorganization_energy(parabolas(1.0), law, source="energies")
    assert exact.names == (law.reorganization_name,)
    assert np.exp(exact.mean[0]) == pytest.approx(0.8, rel=1e-12)
    assert exact.std[0] < 1e-6
    unequal = a2c.fit_reorganization_energy(parabolas(1.5), law, source="energies")
    assert np.exp(unequal.mean[0]) == pytest.approx(0.8 * np.sqrt(1.5), rel=1e-9)
    assert unequal.std[0] == pytest.approx(0.5 * np.log(1.5), rel=1e-6)
    assert a2c.fit_reorganization_energy(parabolas(1.0, 0.01), law, source="energies").factors["energies"].values[0, 0] > 1e-3


def test_states_without_minima_are_refused() -> None:
    data = parabolas(1.0)
    with pytest.raises(ValueError, match=r"a state has no minimum over the coordinate"):
        a2c.fit_reorganization_energy(replace(data, reduced=-data.reduced), Marcus("X"), source="e")
    with pytest.raises(ValueError, match=r"both have their minimum at the same place"):
        a2c.fit_reorganization_energy(replace(data, reduced=data.oxidized), Marcus("X"), source="e")


# ---- what is refused ---------------------------------------------------------------------------------------------------


def test_what_barriers_do_not_show_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"^charge-transfer barriers of m: 1 potential\(s\) do not determine 'X charge transfer"
    ):
        fit(table(linear, volts=[0.1]))
    with pytest.raises(ValueError, match=r"at one temperature \(298\.15 K\), or without one, they show no activation entropy"):
        fit(table(linear, temperatures=(T,)))
    with pytest.raises(ValueError, match=r"2 potential\(s\) do not determine .*lambda.* barriers at three at least"):
        fit(table(linear, volts=[-0.1, 0.1]), Marcus("X"))
    with pytest.raises(ValueError, match=r"curvature of the barriers 1/λ = .* does not determine the reorganization energy"):
        fit(table(linear), Marcus("X"))
    with pytest.raises(ValueError, match=r"transfer coefficient 0\.9\d* ± 0\.\d+ is not clearly between 0 and 1"):
        fit(table(lambda eta: 0.6 + 0.95 * eta, std=0.05))
    with pytest.raises(ValueError, match=r"reorganization energy 1\.1 eV, where PyBaMM's .* misses the current by \d+% at 150"):
        fit(table(lambda eta: (1.1 + eta) ** 2 / 4.4, std=1e-3), MarcusHushChidsey("X"))


def test_arguments_that_do_not_fit_are_named() -> None:
    data, step = table(linear), a2c.step_potentials(HOST, [VOLTAGE, OTHERS], 0.5, (T,))
    with pytest.raises(ValueError, match="overpotentials need no equilibrium potential; leave it out"):
        fit(data, equilibrium=step)
    against = replace(data, scale=PotentialScale.LITHIUM)
    with pytest.raises(ValueError, match=r"potentials against lithium need the host's; give equilibrium = step_potentials"):
        fit(against)
    with pytest.raises(ValueError, match=r"1 equilibrium potential\(s\) for 3 temperature\(s\); give one for each, ascending"):
        fit(against, equilibrium=step)
    given = a2c.reorganization_energy_declared(Marcus("X"), 0.4, 0.1, source="s", reason="t")
    with pytest.raises(ValueError, match=r"law 'butler-volmer' has no reorganization energy; leave it out, or take 'marcus'"):
        fit(data, reorganization=given)
    with pytest.raises(
        ValueError, match=r"reorganization estimates X mean voltage 0–1 \[V\], not 'X charge transfer ln\(lambda \[eV\]\)'"
    ):
        fit(data, Marcus("X"), reorganization=VOLTAGE)
    with pytest.raises(ValueError, match=r"they are of x = 0\.5, the activity of law 'butler-volmer' is counted from x = 0\.3"):
        fit(data, ButlerVolmer("X", HOST, 0.3))
    with pytest.raises(ValueError, match=r"reorganization energy 0 ± 0\.1 eV must be positive"):
        a2c.reorganization_energy_declared(Marcus("X"), 0.0, 0.1, source="s", reason="t")
    with pytest.raises(ValueError, match=r"step potential: no estimate gives 'X "):
        a2c.step_potentials(HOST, [VOLTAGE], 0.5, (T,))
    with pytest.raises(ValueError, match=r"step potential: composition 1 must lie inside"):
        a2c.step_potentials(HOST, [VOLTAGE, OTHERS], 1.0, (T,))
    with pytest.raises(ValueError, match=r"is of ions of 2 electrons; one is transferred here"):
        a2c.step_potentials(RedlichKister("X", 1, ion="Mg"), [VOLTAGE, OTHERS], 0.5, (T,))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"potential": np.zeros(3)}, "lengths disagree or there is none"),
        ({"barrier": np.full(18, np.nan)}, "'barrier' has an entry that is not finite"),
        ({"std": np.zeros(18)}, r"std 1 is 0, it must be positive"),
        ({"composition": 0.0}, r"composition 0 must lie inside \(0, 1\)"),
        ({"scale_std": 0.1}, r"scale_std is 0\.1 V with source ''; give both, or neither"),
        ({"saddle_std": np.full(18, 1e9)}, "saddle_std must be a part of each std"),
    ],
)
def test_tables_that_are_wrong_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=rf"^charge-transfer barriers of m: .*{message}"):
        replace(table(linear), **change)


def test_sites_are_counted() -> None:
    assert SurfaceSites.counted("s", 2, 1e-19).density == pytest.approx(2 / 1e-19 / 6.02214076e23, rel=1e-12)
    with pytest.raises(ValueError, match=r"surface sites of s: 0 site\(s\) on 1 m2; give one at least, and its area"):
        SurfaceSites.counted("s", 0, 1.0)
    with pytest.raises(ValueError, match=r"density 0 mol\.m-2 must be positive and finite"):
        SurfaceSites("s", 0.0)
    with pytest.raises(
        ValueError, match=r"energies of two states of two: 2 points with 21 and 21 energies; give four at least"
    ):
        replace(parabolas(1.0), coordinate=np.array([0.0, 1.0]))
    with pytest.raises(ValueError, match="the coordinate must rise from point to point; sort them"):
        replace(parabolas(1.0), coordinate=np.zeros(21))
