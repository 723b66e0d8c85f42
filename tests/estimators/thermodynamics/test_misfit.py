"""A law's misfit as a source: there where the law cannot follow its data, not where it can, and as large as it must be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from a2c_pybamm.constants import FARADAY
from a2c_pybamm.constants import STANDARD_TEMPERATURE as T
from a2c_pybamm.data import ChemicalPotentials, EnergyTable
from a2c_pybamm.estimate import Estimate, Joint
from a2c_pybamm.estimators import fit_chemical_potential, fit_free_energy, fit_site_sum, fit_spline_potential
from a2c_pybamm.estimators.thermodynamics.misfit import reference_curves, reference_law, with_misfit
from a2c_pybamm.estimators.thermodynamics.slope_data import potential_rows
from a2c_pybamm.laws import Landau, Legendre, RedlichKister, SiteSum, SplinePotential
from a2c_pybamm.synthetic.chain import chain_curves, ring_energies
from tests.estimators.thermodynamics.curve_coverage import coverage
from tests.estimators.thermodynamics.measured_curves import CURVES, noisy_potentials

NMC = next(curve for curve in CURVES if curve.name == "Chen2020 Positive")
OWN = RedlichKister("X", 2)
VALUES = dict(zip(OWN.names, [3.8, -0.4, 0.1, 0.05, 0.0], strict=True))
INNER = np.linspace(0.1, 0.9, 81)


def misfits(estimate: Estimate) -> list[str]:
    return [source for source in estimate.factors if source.endswith("(misfit)")]


def own_potentials(
    noise: float, seed: int, *, declared: bool = True, law: Any = OWN, values: Any = VALUES
) -> ChemicalPotentials:
    """Fifteen potentials of a law with noise [V]."""
    x = np.linspace(0.05, 0.95, 15)
    voltage = law.open_circuit_voltage(values, x, T) + noise * np.random.default_rng(seed).standard_normal(15)
    std = np.full(15, noise * FARADAY) if declared else None
    return ChemicalPotentials("A", x, np.full(15, T), -FARADAY * voltage, std)


def own_energies(noise: float, seed: int) -> EnergyTable:
    """Thirteen energies of a law with noise [J.mol-1]."""
    x = np.linspace(0, 1, 13)
    exact = -x * OWN.end_voltage(VALUES) + OWN.excess(OWN.interactions(VALUES), x)
    energy = FARADAY * exact + noise * np.random.default_rng(seed).standard_normal(13)
    return EnergyTable("A", x, energy, tuple(map(str, x)), np.ones(13, bool))


@pytest.mark.parametrize(
    ("law", "fit"),
    [
        (RedlichKister("X", 3, (NMC.low, NMC.high)), fit_chemical_potential),
        (Legendre("X", 3, (NMC.low, NMC.high)), fit_chemical_potential),
        (Landau("X", 6, (NMC.low, NMC.high)), fit_chemical_potential),
        (SplinePotential("X", (0.25, 0.425, 0.6, 0.775, 0.95), (NMC.low, NMC.high)), fit_spline_potential),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_intervals_hold_a_curve_that_the_law_cannot_follow(law: Any, fit: Callable[..., Estimate]) -> None:
    """NMC of Chen2020 from 25 points without noise, off by 10 mV: U at 0.9 of x and Θ at 0.8 within 95 %."""
    estimate = fit(noisy_potentials(NMC, 25, 0.0, 0, declared=False), law)
    assert misfits(estimate) == [f"X {law.kind} (misfit)"]
    found = coverage(estimate, law, NMC, 0)
    assert found.voltage_95 >= 0.9
    assert found.factor_95 >= 0.8
    assert 0.003 < found.error < 0.02
    assert found.std < 4 * found.error
    without = Estimate(estimate.names, estimate.mean, {s: f for s, f in estimate.factors.items() if "misfit" not in s}, "", {})
    assert coverage(without, law, NMC, 0).voltage_95 < found.voltage_95


@pytest.mark.parametrize(
    "fit",
    [
        lambda seed: fit_chemical_potential(own_potentials(0.003, seed), OWN),
        lambda seed: fit_free_energy(own_energies(100.0, seed), OWN, energy_std=100.0),
        lambda seed: fit_free_energy(own_energies(500.0, seed), OWN, energy_std=500.0),
        lambda seed: fit_chemical_potential(own_potentials(0.003, seed, declared=False), OWN),
    ],
    ids=["potentials", "energies of 1 meV", "energies of 5 meV", "potentials, noise not declared"],
)
def test_law_of_its_own_data_has_no_misfit(fit: Callable[[int], Estimate]) -> None:
    """Fifty tables with noise: at most five have one, which is what χ² beyond two of its standard deviations allows."""
    assert sum(bool(misfits(fit(seed))) for seed in range(50)) <= 5


def test_noise_that_is_declared_too_small_is_a_misfit() -> None:
    """A table of 3 mV declared as 1: the distance of the spline that follows the noise is an error of the law."""
    data = own_potentials(0.003, 0)
    small = ChemicalPotentials("A", data.x, data.temperature, data.potential, np.full(15, 0.0003 * FARADAY))
    right, wrong = (fit_chemical_potential(d, OWN) for d in (data, small))
    assert not misfits(right)
    assert misfits(wrong) == ["X redlich-kister (misfit)"]
    truth = OWN.open_circuit_voltage(VALUES, INNER, T)
    voltage = OWN.open_circuit_voltage(_drawn(wrong, OWN), INNER, T)
    assert (np.abs(voltage.mean(axis=0) - truth) < 2 * voltage.std(axis=0)).mean() > 0.9


@pytest.mark.parametrize("entropies", [2, 3])
def test_entropic_change_has_a_misfit(entropies: int) -> None:
    """A polynomial for the entropy of a chain, which falls as ln x at the ends: dU/dT is held at nine tenths of x."""
    law = Landau("X", 6, entropies=entropies)
    estimate = fit_free_energy(ring_energies(12, 0.05, 4.0), law, ensemble="boltzmann", sites=12)
    (source,) = misfits(estimate)
    assert np.abs(estimate.factors[source].values[-entropies:]).max() > 5  # J/mol/K
    truth = chain_curves(INNER, 0.05, 4.0, T)
    change = law.entropic_change(_drawn(estimate, law), INNER, T)
    low, high = np.quantile(change, [0.025, 0.975], axis=0)
    assert ((low <= truth.entropic_change) & (truth.entropic_change <= high)).mean() >= 0.9
    others = {s: f for s, f in estimate.factors.items() if s != source}
    without = law.entropic_change(_drawn(Estimate(estimate.names, estimate.mean, others, "", {}), law), INNER, T)
    low, high = np.quantile(without, [0.025, 0.975], axis=0)
    assert ((low <= truth.entropic_change) & (truth.entropic_change <= high)).mean() < 0.5


def test_several_temperatures_have_a_misfit_of_their_entropies() -> None:
    """Potentials of two interactions' entropies, fitted with one: dU/dT is held, and was not."""
    own, law = RedlichKister("X", 2, entropies=3), RedlichKister("X", 2, entropies=1)
    values = dict(zip(own.names, [3.8, -0.4, 0.1, 0.05, 25.0, 8.0, -30.0, 20.0], strict=True))
    x, at = np.tile(np.linspace(0.05, 0.95, 15), 3), np.repeat([280.0, T, 320.0], 15)
    voltage = own.open_circuit_voltage(values, x, at) + 1e-4 * np.random.default_rng(0).standard_normal(45)
    data = ChemicalPotentials("A", x, at, -FARADAY * voltage, np.full(45, 1e-4 * FARADAY))
    truth = own.entropic_change(values, INNER, T)
    estimate = fit_chemical_potential(data, law)
    assert misfits(estimate) == ["X redlich-kister (misfit)"]
    assert not misfits(fit_chemical_potential(data, own))
    change = law.entropic_change(_drawn(estimate, law), INNER, T)
    assert (np.abs(change.mean(axis=0) - truth) < 2 * change.std(axis=0)).mean() >= 0.9


def test_sites_with_a_large_misfit_are_refused() -> None:
    """Two kinds of sites for NMC: with its misfit a logarithm has a standard deviation above one."""
    data = noisy_potentials(NMC, 25, 0.0, 0, declared=False)
    with pytest.raises(ValueError, match=r"do not determine 2 kinds of sites \('X ln\(.*' has a standard deviation") as error:
        fit_site_sum(data, SiteSum("X", 2))
    assert "\n" not in str(error.value)


def test_sites_of_their_own_data_are_not() -> None:
    """Two kinds of sites 0.3 V apart from potentials of 1 mV: both voltages within three standard deviations, no misfit."""
    law = SiteSum("X", 2)
    values = dict(zip(law.names, [4.1, 3.8, 0.0, 0.0, 0.0, law.metal_entropy], strict=True))
    estimate = fit_site_sum(own_potentials(0.001, 8, law=law, values=values), law)
    assert not misfits(estimate)
    truth = np.array([values[name] for name in estimate.names])
    assert (np.abs(estimate.mean - truth) < 3 * estimate.std).all()


def test_misfit_moves_the_voltage_alike_at_all_compositions() -> None:
    """Its columns: their mean square over x is that of one voltage; twice the distance needs twice as much, about."""
    data = noisy_potentials(NMC, 25, 0.0, 0, declared=False)
    law = RedlichKister("X", 2, (NMC.low, NMC.high))
    estimate = fit_chemical_potential(data, law)
    (source,) = misfits(estimate)
    x = np.linspace(NMC.low, NMC.high, 61)
    rows = np.column_stack([law.open_circuit_voltage(_unit(law, k), x, T) - _rest(law, x) for k in range(4)])
    columns = rows @ estimate.factors[source].values
    _, size, _ = np.linalg.svd(columns, full_matrices=False)
    np.testing.assert_allclose(size, size[0], rtol=1e-6)
    std = np.sqrt((columns**2).sum(axis=1))
    assert std.max() / std.min() < 5
    reference = reference_curves([potential_rows(data, spline := reference_law(law, data.x))], spline)
    bare = Estimate(estimate.names, estimate.mean, {s: f for s, f in estimate.factors.items() if s != source}, "", {})
    again = with_misfit(bare, law, reference, np.full(25, 10.0), 21.0, "A")
    np.testing.assert_allclose(np.abs(again.factors[source].values), np.abs(estimate.factors[source].values), rtol=1e-6)
    assert with_misfit(bare, law, reference, np.full(25, 0.9), 21.0, "A") is bare  # within the noise of the data


def _unit(law: RedlichKister, k: int) -> dict[str, float]:
    """Coefficients of which one is one."""
    return {name: float(j == k) for j, name in enumerate(law.names)}


def _rest(law: RedlichKister, x: np.ndarray) -> np.ndarray:
    """Voltage without coefficients."""
    return np.asarray(law.open_circuit_voltage(dict.fromkeys(law.names, 0.0), x, T))


def _drawn(estimate: Estimate, law: Any) -> Mapping[str, Any]:
    """Coefficients of 1,000 draws (n_draw, 1); the vibrational entropy that of the metal where there is none."""
    joint = Joint([estimate])
    draws = joint.draw(1000, np.random.default_rng(0))
    others = dict.fromkeys(law.names, 0.0) | {law.entropy_name: law.metal_entropy}
    return others | {name: draws[:, k, None] for k, name in enumerate(joint.names)}
