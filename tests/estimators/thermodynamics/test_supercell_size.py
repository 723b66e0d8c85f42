"""Rings of all orderings, corrected for their size, beside the infinite chain; every expansion on ions without interactions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.constants import STANDARD_TEMPERATURE as T
from a2c_pybamm.estimate import Estimate, Joint
from a2c_pybamm.estimators import fit_free_energy
from a2c_pybamm.estimators.thermodynamics import supercell_size
from a2c_pybamm.estimators.thermodynamics.logit_spline_fit import fit_logit_spline, logit_spline
from a2c_pybamm.estimators.thermodynamics.supercell_size import (
    SIZE,
    energy_correction,
    entropy_correction,
    size_error,
)
from a2c_pybamm.laws import KINDS, Landau, Legendre, RedlichKister, SplinePotential
from a2c_pybamm.laws.thermodynamics.expansion import Expansion
from a2c_pybamm.synthetic.chain import chain_curves, ring_energies

THERMAL = GAS_CONSTANT * T / FARADAY
VOLTAGE = 4.0
INNER = np.linspace(0.05, 0.95, 91)
SIZE_SOURCE = "X supercell size"


def at_mean(estimate: Estimate, law: Expansion) -> dict[str, float]:
    """Mean coefficients, the vibrational entropy that of the metal: configurations alone change the voltage with T."""
    others = {law.entropy_name: law.metal_entropy} | dict.fromkeys(law.excess_entropy_names, 0.0)
    return others | dict(zip(estimate.names, estimate.mean, strict=True))


def drawn(estimate: Estimate, law: Expansion) -> dict[str, Any]:
    """The same of 1,000 draws (n_draw, 1)."""
    joint = Joint([estimate])
    draws = joint.draw(1000, np.random.default_rng(0))
    return at_mean(estimate, law) | {name: draws[:, k, None] for k, name in enumerate(joint.names)}


@pytest.mark.parametrize("stable", [False, True])
def test_ring_of_48_is_the_infinite_chain(monkeypatch: pytest.MonkeyPatch, stable: bool) -> None:
    """J = 0.05 eV: U within 0.1 mV, Θ within 1 %, and without the correction ten times worse."""
    table, truth = ring_energies(48, 0.05, VOLTAGE), chain_curves(INNER, 0.05, VOLTAGE, T)
    law = logit_spline("X", table, stable=stable)

    def error(estimate: Estimate) -> float:
        return float(np.abs(law.open_circuit_voltage(at_mean(estimate, law), INNER, T) - truth.voltage).max())

    corrected = fit_logit_spline(table, law, ensemble="boltzmann", sites=48)
    assert error(corrected) < 1e-4
    factor = law.thermodynamic_factor(at_mean(corrected, law), INNER, T)
    np.testing.assert_allclose(factor, truth.thermodynamic_factor, rtol=0.01)
    monkeypatch.setattr(supercell_size, "SIZE", replace(SIZE, largest_change=0.0))  # none counts as converged
    plain = fit_logit_spline(table, law, ensemble="boltzmann", sites=48)
    assert error(plain) > 5e-4 > 5 * error(corrected)


@pytest.mark.parametrize(("interaction", "sites"), [(0.05, 12), (0.1, 12), (-0.03, 24)])
def test_correction_and_its_error_are_of_the_right_size(interaction: float, sites: int) -> None:
    """(RT/2NF) ln[Θ(1−x)] of the exact chain within the stated error; the stated error not more than that correction."""
    x = np.arange(1, sites) / sites
    exact = energy_correction(chain_curves(x, interaction, VOLTAGE, T).thermodynamic_factor * (1 - x), x, sites, T)
    table = ring_energies(sites, interaction, VOLTAGE)
    law = logit_spline("X", table)
    estimate = fit_logit_spline(table, law, ensemble="boltzmann", sites=sites)
    truth = chain_curves(INNER, interaction, VOLTAGE, T)
    c = drawn(estimate, law)
    voltage = law.open_circuit_voltage(c, INNER, T)
    assert (np.abs(voltage.mean(axis=0) - truth.voltage) < 2.5 * voltage.std(axis=0)).mean() >= 0.95
    column = estimate.factors[SIZE_SOURCE].values
    assert column.shape == (len(estimate.names), 1)
    # the column moves the free energy by half of the correction and more, up to a constant and a multiple of x
    moved = np.asarray(law.basis.integrals(x) @ column[1:, 0]) * THERMAL
    moved -= x * (law.basis.integrals(np.array([1.0]))[0] @ column[1:, 0]) * THERMAL
    assert 0.4 < np.abs(moved).max() / np.abs(exact).max() < 1.2
    assert np.corrcoef(moved, exact)[0, 1] > 0.8


def test_entropies_of_a_ring_are_those_of_the_chain() -> None:
    """dU/dT of configurations, N = 24: within 5 μV/K of 80, and in the intervals."""
    table, truth = ring_energies(24, 0.05, VOLTAGE), chain_curves(INNER, 0.05, VOLTAGE, T)
    law = logit_spline("X", table, stable=True, entropies=True)
    estimate = fit_logit_spline(table, law, ensemble="boltzmann", sites=24)
    assert estimate.names == (*law.names[: -1 - law.entropies], *law.excess_entropy_names)
    change = law.entropic_change(drawn(estimate, law), INNER, T)
    error = np.abs(change.mean(axis=0) - truth.entropic_change)
    assert np.ptp(truth.entropic_change) > 8e-5
    assert error.max() < 5e-6
    assert (error < 2.5 * change.std(axis=0)).mean() >= 0.9
    assert estimate.factors[SIZE_SOURCE].values[-law.entropies :].any()


def test_correction_that_does_not_converge_is_not_made() -> None:
    """N = 12, J = 0.3 eV: coefficients are those of energies as they are, and the first correction is their error."""
    table = ring_energies(12, 0.3, VOLTAGE)
    law = RedlichKister("X", 4)
    found = fit_free_energy(table, law, ensemble="boltzmann", sites=12, energy_std=300.0, largest_misfit=9.0)
    kept = replace(SIZE, n_iteration=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("a2c_pybamm.estimators.thermodynamics.free_energy_fit.SIZE", kept)
        once = fit_free_energy(table, law, ensemble="boltzmann", sites=12, energy_std=300.0, largest_misfit=9.0)
    # one correction counts as converged; half of it is its error, all of it where there is no second
    correction = once.mean - found.mean
    assert np.abs(correction).max() > 5e-3
    np.testing.assert_allclose(np.abs(found.factors[SIZE_SOURCE].values[:, 0]), np.abs(correction), rtol=1e-6, atol=1e-9)


def test_error_of_two_corrections() -> None:
    """Half of the last and twice its change, in quadrature; none is made where they differ by more than half of the first."""
    first = np.array([0.0, 1.0, -2.0])
    last = first * 1.2
    found = size_error([first, last])
    assert found.converged
    assert found.share == 0.5
    np.testing.assert_array_equal(found.energy, last)
    np.testing.assert_allclose(found.energy_error, np.sign(last) * np.hypot(0.5 * last, 2 * 0.2 * first))
    wild = size_error([first, first * 1.6])
    assert not wild.converged
    assert wild.share == 1.0
    np.testing.assert_array_equal(wild.energy, 0)
    np.testing.assert_array_equal(wild.energy_error, first)


def test_corrections_are_their_formulas_and_zero_at_the_ends() -> None:
    """Slopes of 0.5, 1 and 2 beside the formula; a slope below 0.001 counts as that."""
    x, slopes = np.array([0.0, 0.25, 0.5, 0.75, 1.0]), np.array([9.0, 0.5, 1.0, 2.0, 9.0])
    expected = THERMAL / 20 * np.array([0, np.log(0.5), 0, np.log(2), 0])
    np.testing.assert_allclose(energy_correction(slopes, x, 10, T), expected, atol=1e-15)
    floor = energy_correction(np.array([-1.0]), np.array([0.5]), 10, T)
    np.testing.assert_allclose(floor, THERMAL / 20 * np.log(1e-3), rtol=1e-12)
    warming = np.array([1.0, 0.1, 0.2, 0.3, 1.0])
    entropy = -GAS_CONSTANT / 20 * np.array([0, np.log(0.5) + 0.1, 0.2, np.log(2) + 0.3, 0])
    np.testing.assert_allclose(entropy_correction(slopes, warming, x, 10), entropy, rtol=1e-12)
    # with s(T) at constant x the entropy is the derivative of the energy
    step = 0.01
    warm, cold = (energy_correction(slopes * (1 + d / T * warming), x, 10, T + d)[1:4] * FARADAY for d in (step, -step))
    np.testing.assert_allclose(-(warm - cold) / (2 * step), entropy[1:4], rtol=1e-6)


GAS = ring_energies(24, 0.0, VOLTAGE)
"""Ions without interactions: all orderings of one composition have one energy."""
LAWS: dict[str, Expansion] = {
    "redlich-kister": RedlichKister("X", 2),
    "legendre": Legendre("X", 2),
    "landau": Landau("X", 6),
    "spline-potential": SplinePotential("X", (0.1, 0.3, 0.5, 0.7, 0.9)),
    "logit-spline": logit_spline("X", GAS),
}
"""One law of each kind that is linear in its interactions."""


def test_every_expansion_has_a_law_here() -> None:
    assert set(LAWS) == {kind for kind, law in KINDS.items() if issubclass(law, Expansion)}


@pytest.mark.parametrize("kind", LAWS)
@pytest.mark.parametrize("energy_std", [None, 50.0])
def test_step_of_an_ideal_gas_is_that_of_its_mixing(kind: str, energy_std: float | None) -> None:
    """U(0.25) − U(0.75) = 2 (RT/F) ln 3 = 56.5 mV within 2.5 of its standard deviations, laws without mixing too."""
    law = LAWS[kind]
    estimate = fit_free_energy(GAS, law, ensemble="boltzmann", sites=24, energy_std=energy_std)
    quarters = np.array([0.25, 0.75])
    steps = -np.diff(law.open_circuit_voltage(drawn(estimate, law), quarters, T), axis=1)
    step = -np.diff(law.open_circuit_voltage(at_mean(estimate, law), quarters, T))[0]
    assert abs(step - 2 * THERMAL * np.log(3)) < 2.5 * steps.std() + 1e-9
    assert step == pytest.approx(2 * THERMAL * np.log(3), abs=2e-3)
    assert steps.std() < 5e-3


@pytest.mark.parametrize("order", [4, 6])
@pytest.mark.parametrize("sites", [12, 24])
def test_landau_has_an_ideal_gas_as_its_polynomial(order: int, sites: int) -> None:
    """A law without mixing takes it in: intervals of 95 % hold U at nine tenths of x, and the host is stable."""
    law = Landau("X", order)
    estimate = fit_free_energy(ring_energies(sites, 0.0, VOLTAGE), law, ensemble="boltzmann", sites=sites)
    x = np.linspace(0.1, 0.9, 81)
    low, high = np.quantile(law.open_circuit_voltage(drawn(estimate, law), x, T), [0.025, 0.975], axis=0)
    truth = VOLTAGE - THERMAL * np.log(x / (1 - x))
    assert ((low <= truth) & (truth <= high)).mean() >= 0.9
    assert law.thermodynamic_factor(at_mean(estimate, law), x, T).min() > 0.9


def test_other_number_of_sites_is_refused() -> None:
    """Degeneracies that count another supercell's orderings, in one line."""
    with pytest.raises(ValueError, match="degeneracies and sites must be of one supercell") as error:
        fit_logit_spline(GAS, logit_spline("X", GAS), ensemble="boltzmann", sites=23)
    assert "\n" not in str(error.value)
