"""One fit of energies, potentials and temperatures beside known laws; what is refused; committees and ensembles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.constants import STANDARD_TEMPERATURE as T
from a2c_pybamm.data import ChemicalPotentials, EnergyTable
from a2c_pybamm.estimate import Estimate, Joint
from a2c_pybamm.estimators import combine_members
from a2c_pybamm.estimators.thermodynamics.fit_quality import FIT
from a2c_pybamm.estimators.thermodynamics.logit_spline_fit import KNOTS, fit_logit_spline, logit_spline
from a2c_pybamm.estimators.thermodynamics.mean_field import MEAN_FIELD
from a2c_pybamm.estimators.thermodynamics.orderings import ENSEMBLE_SOURCE
from a2c_pybamm.laws import LogitSpline, RedlichKister

TRUTH = RedlichKister("X", 2, entropies=2)
"""A host that repels its ions, its voltage changing with temperature."""
VALUES = dict(zip(TRUTH.names, [3.8, -0.4, 0.1, 0.05, 25.0, 8.0, -5.0], strict=True))
INNER = np.linspace(0.05, 0.95, 91)


def energies(n: int = 13, noise: float = 500.0, seed: int = 0, label: str = "A") -> EnergyTable:
    """Energies of one ordering at each composition, with noise [J.mol-1]."""
    x = np.linspace(0, 1, n)
    exact = -x * TRUTH.end_voltage(VALUES) + TRUTH.excess(TRUTH.interactions(VALUES), x)
    energy = FARADAY * exact + noise * np.random.default_rng(seed).standard_normal(n)
    return EnergyTable(label, x, energy, tuple(map(str, x)), np.ones(n, bool))


def potentials(n: int = 9, noise: float = 0.005, seed: int = 1, temperatures: tuple[float, ...] = (T,)) -> ChemicalPotentials:
    """Potentials between x = 0.1 and 0.9 at some temperatures, with declared noise [V]."""
    x = np.tile(np.linspace(0.1, 0.9, n), len(temperatures))
    at = np.repeat(temperatures, n)
    voltage = TRUTH.open_circuit_voltage(VALUES, x, at) + noise * np.random.default_rng(seed).standard_normal(len(x))
    return ChemicalPotentials("A", x, at, -FARADAY * voltage, np.full(len(x), noise * FARADAY))


def drawn(estimate: Estimate, law: LogitSpline) -> dict[str, Any]:
    """Coefficients of 1,000 draws (n_draw, 1), without a vibrational entropy where there is none."""
    joint = Joint([estimate])
    draws = joint.draw(1000, np.random.default_rng(0))
    return {law.entropy_name: 0.0} | {name: draws[:, k, None] for k, name in enumerate(joint.names)}


def curve(estimate: Estimate, law: LogitSpline, x: np.ndarray = INNER) -> np.ndarray:
    """U at the mean coefficients [V] (n,)."""
    c = {law.entropy_name: 0.0} | dict(zip(estimate.names, estimate.mean, strict=True))
    return np.asarray(law.open_circuit_voltage(c, x, T))


@pytest.mark.parametrize("stable", [True, False])
def test_energies_and_potentials_together_are_better_than_either(stable: bool) -> None:
    """Each fit holds the truth within three standard deviations; that of both has the smallest at all x."""
    law = logit_spline("X", energies(), stable=stable)
    truth, stds = TRUTH.open_circuit_voltage(VALUES, INNER, T), []
    for data in (energies(), potentials(), [energies(), potentials()]):
        voltage = law.open_circuit_voltage(drawn(fit_logit_spline(data, law, energy_std=500.0), law), INNER, T)
        stds.append(voltage.std(axis=0))
        assert np.abs((voltage.mean(axis=0) - truth) / stds[-1]).max() < 3
    alone = np.minimum(stds[0], stds[1])
    assert (stds[2] < 1.1 * alone).all()  # the average over roughness may lean to rougher curves, 7 % at one x
    assert stds[2].max() < 0.6 * min(stds[0].max(), stds[1].max())


@pytest.mark.parametrize("stable", [True, False])
def test_temperatures_give_the_entropic_change(stable: bool) -> None:
    """dU/dT of the law within two standard deviations at 0.95 of x, which are a few μV/K with noise of 0.1 mV."""
    data = potentials(15, 1e-4, 3, (280.0, T, 320.0))
    law = logit_spline("X", data, stable=stable, entropies=True)
    estimate = fit_logit_spline(data, law)
    assert estimate.names == law.names
    x = np.linspace(0.1, 0.9, 81)
    change = law.entropic_change(drawn(estimate, law), x, T)
    truth, std = TRUTH.entropic_change(VALUES, x, T), change.std(axis=0)
    ratio = np.abs(change.mean(axis=0) - truth) / std
    assert (ratio < 2).mean() >= 0.95
    assert ratio.max() < 3
    assert np.median(std) < 4e-6
    assert np.abs(truth).max() > 5e-5
    voltage = law.open_circuit_voltage(drawn(estimate, law), x, T)
    assert np.abs((voltage.mean(axis=0) - TRUTH.open_circuit_voltage(VALUES, x, T)) / voltage.std(axis=0)).max() < 3


@pytest.mark.parametrize("kind", ["energies", "potentials", "both"])
@pytest.mark.parametrize("declared", [True, False])
def test_rows_listed_twice_change_nothing(kind: str, declared: bool) -> None:
    """Law, mean and covariance are those of the table without repetition."""
    table, voltages = energies(), potentials()
    voltages = voltages if declared else replace(voltages, std=None)
    rows, again = [*range(13), 0, 4, 4, 9], [*range(9), 3, 3, 8]
    structure = tuple(table.structure[k] for k in rows)
    twice = EnergyTable("A", table.x[rows], table.energy[rows], structure, np.ones(len(rows), bool))
    std = None if voltages.std is None else voltages.std[again]
    voltages_twice = ChemicalPotentials("A", voltages.x[again], voltages.temperature[again], voltages.potential[again], std)
    once_data = {"energies": [table], "potentials": [voltages], "both": [table, voltages]}[kind]
    twice_data = {"energies": [twice], "potentials": [voltages_twice], "both": [twice, voltages_twice]}[kind]
    laws = [logit_spline("X", data, stable=True) for data in (once_data, twice_data)]
    assert laws[0] == laws[1]
    settings = {"energy_std": 500.0 if declared else None}
    one, two = (fit_logit_spline(data, laws[0], **settings) for data in (once_data, twice_data))
    np.testing.assert_allclose(two.mean, one.mean, rtol=1e-9)
    np.testing.assert_allclose(two.covariance, one.covariance, rtol=1e-8, atol=1e-12)
    assert two.provenance[FIT] == pytest.approx(one.provenance[FIT])


def test_magnesium_has_two_electrons() -> None:
    """Energies of 2.9 V for two electrons, whose symbols are half of lithium's: 2.9 V, not 5.8; error 2.5 mV of 500 J/mol."""
    x = np.arange(5) / 4
    energy = FARADAY * (-2 * 2.9 * x - 0.3 * x * (1 - x))
    table = EnergyTable("PBE", x, energy, tuple("abcde"), np.ones(5, bool), ion="Mg")
    law = logit_spline("host", table, stable=True, ion="Mg")
    estimate = fit_logit_spline(table, law, energy_std=500.0)
    assert estimate.mean[0] == pytest.approx(2.9, abs=0.002)
    assert estimate.std[0] == pytest.approx(np.sqrt(2) * 500 / (2 * FARADAY), rel=0.25)
    assert curve(estimate, law, np.array([0.5]))[0] == pytest.approx(2.9, abs=0.01)


def test_potentials_of_magnesium_are_twice_its_voltages() -> None:
    """μ = −2 F U: the voltages of half of lithium's symbols, their noise halved in volts too."""
    lithium = potentials(15, 0.004)
    magnesium = replace(lithium, ion="Mg")
    one, two = (
        fit_logit_spline(data, logit_spline("X", data, ion=data.ion), voltage_window=(0.0, 9.0))
        for data in (lithium, magnesium)
    )
    x = np.linspace(0.1, 0.9, 2001)
    assert one.mean[0] == pytest.approx(TRUTH.open_circuit_voltage(VALUES, x, T).mean(), abs=0.005)
    assert two.mean[0] == pytest.approx(one.mean[0] / 2, abs=1e-3)
    assert two.std[0] == pytest.approx(one.std[0] / 2, rel=0.2)


def test_two_fits_of_the_same_data_are_one() -> None:
    """Bytes equal, draws of positive slopes and all."""
    law = logit_spline("X", energies(), stable=True)
    one, two = (fit_logit_spline([energies(), potentials()], law, energy_std=500.0) for _ in range(2))
    assert one.mean.tobytes() == two.mean.tobytes()
    assert one.factors.keys() == two.factors.keys()
    for source, factor in one.factors.items():
        assert factor.values.tobytes() == two.factors[source].values.tobytes()
        assert factor.labels == two.factors[source].labels
    assert one.provenance == two.provenance


@pytest.mark.parametrize(
    ("fit", "message"),
    [
        (lambda: logit_spline("X", replace(potentials(), x=np.full(9, 0.5))), r"X: all data are at x = 0\.5; give at least 3"),
        (
            lambda: fit_logit_spline(
                replace(potentials(), x=np.repeat([0.3, 0.6, 0.60005], 3)), logit_spline("X", potentials())
            ),
            r"data of A: 2 different composition\(s\); a curve needs at least 3",
        ),
        (
            lambda: fit_logit_spline(potentials(temperatures=(310.0,)), logit_spline("X", potentials())),
            r"chemical potentials of A: some are not at 298\.15 K, where the law of X holds",
        ),
        (
            lambda: fit_logit_spline(potentials(temperatures=(310.0,)), logit_spline("X", potentials(), entropies=True)),
            r"chemical potentials of A: some are not at 298\.15 K",
        ),
        (
            lambda: fit_logit_spline(potentials(temperatures=(T, 310.0)), logit_spline("X", potentials())),
            r"let the law have entropies",
        ),
        (
            lambda: fit_logit_spline([energies(), potentials()], logit_spline("X", energies(), ion="Na")),
            "data of A: of Li ions, the law of X is of Na; give both one ion",
        ),
        (lambda: fit_logit_spline([], logit_spline("X", energies())), "no data to fit"),
        (lambda: fit_logit_spline(energies(), logit_spline("X", energies()), energy_std=-1.0), "energy_std must be positive"),
        (
            lambda: fit_logit_spline(energies(), logit_spline("X", energies()), voltage_window=(4.0, 4.5)),
            "energies of A: ",
        ),
    ],
)
def test_refusals(fit: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message) as error:
        fit()
    assert "\n" not in str(error.value)


def test_data_that_rise_are_far_from_a_stable_host() -> None:
    """Steps of ±50 mV, noise of 0.01 mV declared: a host of one phase is 25 mV away, one that may have gaps follows."""
    x = np.linspace(0.1, 0.9, 9)
    voltage = 3.8 - 0.5 * (x - 0.5) + 0.05 * (-1.0) ** np.arange(9)
    data = ChemicalPotentials("A", x, np.full(9, T), -FARADAY * voltage, np.full(9, 1e-5 * FARADAY))
    stable, plain = (logit_spline("X", data, stable=s) for s in (True, False))
    with pytest.raises(
        ValueError, match=r"data of A: logit-spline of X is 0\.0\d+ V from the data at x = .*stable = false"
    ) as error:
        fit_logit_spline(data, stable, largest_misfit=0.01)
    assert "\n" not in str(error.value)
    admitted = fit_logit_spline(data, stable)
    assert admitted.provenance[FIT]["largest |U_law - U_data| [V]"] == pytest.approx(0.025, abs=0.01)
    assert admitted.provenance[FIT]["chi2 per degree of freedom"] > 1e5
    assert fit_logit_spline(data, plain, largest_misfit=0.01).provenance[FIT]["largest |U_law - U_data| [V]"] < 1e-4


def test_noise_that_data_exceed_widens_the_error() -> None:
    """Noise of 5 mV, declared as 0.5: a stable spline cannot follow it, and the error grows with the scatter."""
    data = potentials(41, 0.005)
    law = logit_spline("X", data, stable=True)
    right, wrong = (
        fit_logit_spline(replace(data, std=np.full(41, std * FARADAY)), law, largest_misfit=9.0) for std in (0.005, 0.0005)
    )
    truth = TRUTH.open_circuit_voltage(VALUES, INNER[10:-10], T)
    for estimate in (right, wrong):
        voltage = law.open_circuit_voltage(drawn(estimate, law), INNER[10:-10], T)
        assert (np.abs(voltage.mean(axis=0) - truth) / voltage.std(axis=0)).mean() < 2
    assert right.provenance[FIT]["chi2 per degree of freedom"] == pytest.approx(1, abs=0.6)
    assert wrong.provenance[FIT]["chi2 per degree of freedom"] > 3


def test_members_of_a_functional_ensemble_are_columns() -> None:
    """Members that shift the voltage by known amounts: a labelled column each, whose first row is their deviation."""
    shifts = np.array([-0.03, 0.0, 0.05])
    table = energies(noise=1.0)
    members = table.energy[:, None] - FARADAY * table.x[:, None] * shifts
    table = replace(table, ensemble=members, members=("m1", "m2", "m3"))
    for data in (table, [table, potentials(noise=100.0)]):
        law = logit_spline("X", data)
        factor = fit_logit_spline(data, law, energy_std=100.0, largest_misfit=9.0).factors[ENSEMBLE_SOURCE]
        assert factor.labels == ("m1", "m2", "m3")
        np.testing.assert_allclose(factor.values[0], (shifts - shifts.mean()) / np.sqrt(2), atol=1e-4)
        np.testing.assert_allclose(factor.values[1:], 0, atol=1e-2)


def test_ensembles_of_two_tables_are_one_source() -> None:
    """A table in two halves, each with the ensemble: the same columns, and those of a member that one half lacks."""
    shifts = np.array([-0.03, 0.0, 0.05])
    table = energies(noise=1.0)
    table = replace(table, ensemble=table.energy[:, None] - FARADAY * table.x[:, None] * shifts, members=("m1", "m2", "m3"))
    law = logit_spline("X", table)
    halves = [_rows(table, slice(0, 7)), _rows(table, slice(6, 13))]
    whole, split = (fit_logit_spline(data, law, energy_std=100.0).factors[ENSEMBLE_SOURCE] for data in (table, halves))
    assert split.labels == whole.labels
    np.testing.assert_allclose(split.values[0], whole.values[0], atol=1e-3)
    other = replace(halves[1], members=("m1", "m2", "m4"))
    mixed = fit_logit_spline([halves[0], other], law, energy_std=100.0).factors[ENSEMBLE_SOURCE]
    assert mixed.labels == ("m1", "m2", "m3", "m4")
    np.testing.assert_allclose(mixed.values[:, :2], split.values[:, :2], atol=1e-12)
    np.testing.assert_allclose(mixed.values[:, 2] + mixed.values[:, 3], split.values[:, 2], atol=1e-12)


def _rows(table: EnergyTable, at: slice) -> EnergyTable:
    """Some rows of a table; constants of energies are fitted for each."""
    ensemble = None if table.ensemble is None else table.ensemble[at]
    return replace(
        table,
        x=table.x[at],
        energy=table.energy[at],
        structure=table.structure[at],
        converged=table.converged[at],
        ensemble=ensemble,
    )


def test_mean_field_of_two_tables_is_one_source() -> None:
    """Declared, of a table in two halves: its voltage's std is that of the whole within a tenth."""
    table = energies(noise=1.0)
    law = logit_spline("X", table)
    n = len(law.interaction_names)
    curves = -GAS_CONSTANT * T / FARADAY * law.basis.curves(INNER)
    low, high = law.basis.integrals(np.array(law.window))
    rows = np.hstack([np.ones((len(INNER), 1)), curves + GAS_CONSTANT * T / FARADAY * (high - low)])
    stds = []
    for data in (table, [_rows(table, slice(0, 7)), _rows(table, slice(6, 13))]):
        factor = fit_logit_spline(data, law, energy_std=100.0, mean_field_std=1000.0).factors[f"X {MEAN_FIELD}"]
        assert factor.values.shape[0] == n + 1
        stds.append(np.sqrt(((rows @ factor.values) ** 2).sum(axis=1)))
    assert stds[1].max() == pytest.approx(stds[0].max(), rel=0.1)


@pytest.mark.parametrize(("n", "expected"), [(5, 40), (27, 40), (40, 60), (60, 90), (300, 99)])
def test_law_has_as_many_knots_as_its_data_need(n: int, expected: int) -> None:
    """1.5 slopes for each composition, 40 at least and 99 at most, between compositions 0.01 from empty and full."""
    table = energies(n)
    law = logit_spline("X", table)
    assert len(law.interaction_names) == expected
    np.testing.assert_allclose(law.knots, np.linspace(KNOTS.end_margin, 1 - KNOTS.end_margin, expected + 1), atol=1e-8)
    assert law.window == (0.0, 1.0)
    assert law.shape == "plain"
    again = EnergyTable("A", np.repeat(table.x, 3), np.repeat(table.energy, 3), ("a",) * 3 * n, np.ones(3 * n, bool))
    assert logit_spline("X", again) == law


def test_law_of_several_tables() -> None:
    """Knots over all compositions, the window and the rest as given."""
    low, high = (replace(potentials(), x=np.linspace(*ends, 9)) for ends in ((0.2, 0.5), (0.4, 0.87654321)))
    law = logit_spline("X", [low, high], stable=True, window=(0.3, 0.8), temperature=310.0, entropies=True, ion="Na")
    assert (law.knots[0], law.knots[-1]) == (0.2, 0.87654321)
    assert (law.shape, law.window, law.reference_temperature, law.ion) == ("stable", (0.3, 0.8), 310.0, "Na")
    assert law.entropies == len(law.interaction_names) == 40
    assert logit_spline("X", [low, high]).window == (0.2, 0.87654321)


def test_committee_of_two_tables_shares_one_law() -> None:
    """Two methods 60 mV apart, at other compositions: one law over both; mean and spread of the mean voltage are theirs."""
    first = energies(13, 100.0, label="PBE")
    second = replace(
        energies(9, 100.0, 5, label="SCAN"), energy=energies(9, 100.0, 5).energy - 0.06 * FARADAY * np.linspace(0, 1, 9)
    )
    law = logit_spline("X", [first, second], stable=True)
    members = {table.label: fit_logit_spline(table, law, energy_std=100.0) for table in (first, second)}
    committee = combine_members(members)
    assert committee.names == members["PBE"].names
    steps = [-(table.energy[-1] - table.energy[0]) / FARADAY for table in (first, second)]
    assert committee.mean[0] == pytest.approx(np.mean(steps), abs=2e-3)
    factor = committee.factors["potential (model form)"]
    assert factor.labels == ("PBE", "SCAN")
    predictive = committee.provenance["committee"]["predictive factor"]
    np.testing.assert_allclose(factor.values[0] / predictive, [-0.03, 0.03], atol=3.1e-3)  # three times 1 mV of noise
