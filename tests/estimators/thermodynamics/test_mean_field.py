"""Lowest energies with ideal mixing beside the exact free energy of rings: bounds, their width as an error, its columns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.special import gammaln, logsumexp

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.constants import STANDARD_TEMPERATURE as T
from a2c_pybamm.data import EnergyTable
from a2c_pybamm.estimate import Estimate, Joint
from a2c_pybamm.estimators import fit_free_energy
from a2c_pybamm.estimators.thermodynamics.logit_spline_fit import logit_spline
from a2c_pybamm.estimators.thermodynamics.mean_field import MEAN_FIELD, bound_widths, mean_field_columns
from a2c_pybamm.estimators.thermodynamics.orderings import boltzmann_average, lowest_energies
from a2c_pybamm.laws import Legendre, RedlichKister
from a2c_pybamm.laws.thermodynamics.expansion import Expansion
from a2c_pybamm.laws.thermodynamics.logit_basis import mixing
from a2c_pybamm.synthetic.chain import chain_curves, ring_energies

THERMAL = GAS_CONSTANT * T / FARADAY
RINGS = [(sites, interaction) for sites in (12, 14, 16) for interaction in (0.02, 0.05, 0.1, -0.03)]
SOURCE = f"X {MEAN_FIELD}"


def single_orderings() -> EnergyTable:
    """The lowest ordering of each composition of a ring alone."""
    table = ring_energies(12, 0.05, 4.0)
    kept = [int(np.flatnonzero(table.x == x)[np.argmin(table.energy[table.x == x])]) for x in np.unique(table.x)]
    return EnergyTable(
        "A", table.x[kept], table.energy[kept], tuple(table.structure[k] for k in kept), np.ones(len(kept), bool)
    )


def ideal(x: np.ndarray) -> np.ndarray:
    """Minus T times the ideal entropy [eV]."""
    return THERMAL * mixing(x)


@pytest.mark.parametrize(("sites", "interaction"), RINGS)
def test_free_energy_lies_within_its_bounds(sites: int, interaction: float) -> None:
    """E₀ − T s ≤ f ≤ min(E₀, Ē − T s) at all x of a ring, f by summing all orderings, s that of the same ring."""
    table = ring_energies(sites, interaction, 4.0)
    assert table.degeneracy is not None
    for n in range(sites + 1):
        at = np.flatnonzero(np.isclose(table.x, n / sites))
        energy, weight = table.energy[at] / FARADAY, table.degeneracy[at]
        free = -THERMAL / sites * float(logsumexp(np.log(weight) - sites * energy / THERMAL))
        entropy = THERMAL / sites * float(gammaln(sites + 1) - gammaln(n + 1) - gammaln(sites - n + 1))
        lowest, mean = energy.min(), np.average(energy, weights=weight)
        assert lowest - entropy - 1e-12 <= free <= min(lowest, mean - entropy) + 1e-12


@pytest.mark.parametrize(("sites", "interaction"), RINGS)
def test_width_is_that_of_the_bounds_and_covers_the_error(sites: int, interaction: float) -> None:
    """The width at compositions of two orderings and more is exact; the mean-field choice is off by less, 0.3 to 0.9 of it."""
    table = ring_energies(sites, interaction, 4.0)
    assert table.degeneracy is not None
    x = lowest_energies(table).x
    width = bound_widths(table, x, T)
    several = [k for k, at in enumerate(x) if (table.x == at).sum() > 1]
    assert len(several) == sites - 3
    for k in several:
        at = table.x == x[k]
        energy = table.energy[at] / FARADAY
        upper = min(energy.min(), float(np.average(energy, weights=table.degeneracy[at])) + ideal(x[k : k + 1])[0])
        assert width[k] == pytest.approx(upper - energy.min() - ideal(x[k : k + 1])[0], rel=1e-9)
    error = boltzmann_average(table, T, sites).energy - lowest_energies(table).energy
    assert (error >= -1e-12).all()
    assert (error <= width + 1e-12).all()
    share = error[several] / width[several]
    assert 0.25 < share.min() < share.max() < 1
    np.testing.assert_allclose(width[[0, -1]], 0, atol=1e-15)


def test_width_is_at_most_that_of_all_mixing() -> None:
    """Orderings far above, as of a list with wrong ones: the bound is E₀; degeneracies weight the mean."""
    x = np.array([0.0, 0.5, 0.5, 1.0])
    energy = FARADAY * np.array([0.0, -2.0, -1.0, -4.0])
    table = EnergyTable("A", x, energy, ("a", "b", "c", "d"), np.ones(4, bool))
    at = np.array([0.0, 0.25, 0.5, 1.0])
    np.testing.assert_allclose(bound_widths(table, at, T), -ideal(at), atol=1e-15)
    near = replace(table, energy=FARADAY * np.array([0.0, -2.0, -1.992, -4.0]))
    assert bound_widths(near, np.array([0.5]), T)[0] == pytest.approx(0.004)
    weighted = replace(near, degeneracy=np.array([1.0, 3.0, 1.0, 1.0]))
    assert bound_widths(weighted, np.array([0.5]), T)[0] == pytest.approx(0.002)
    # between, the share of ideal mixing is interpolated
    expected = 0.004 / -ideal(np.array([0.5]))[0] * -ideal(np.array([0.25]))
    np.testing.assert_allclose(bound_widths(near, np.array([0.25]), T), expected, rtol=1e-12)


def test_columns_have_the_width() -> None:
    """Standard deviation of the columns at each x, less the 3 % that small ones have; the largest entry of each is positive."""
    table = ring_energies(14, 0.05, 4.0)
    x = lowest_energies(table).x
    columns = mean_field_columns(table, x, T, None)
    std = np.sqrt((columns**2).sum(axis=1))
    width = bound_widths(table, x, T)
    assert (std <= width * (1 + 1e-9)).all()
    assert np.sqrt((std**2).sum() / (width**2).sum()) > 0.97
    assert (columns[np.argmax(np.abs(columns), axis=0), np.arange(columns.shape[1])] > 0).all()
    assert 2 <= columns.shape[1] <= 5
    np.testing.assert_allclose(columns.T @ columns, np.diag((columns**2).sum(axis=0)), atol=1e-12)


@pytest.mark.parametrize("table", [ring_energies(12, 0.05, 4.0), single_orderings()], ids=["all orderings", "one ordering"])
def test_declared_error_is_the_largest(table: EnergyTable) -> None:
    """800 J/mol at x = 1/2, as ideal mixing elsewhere, whatever orderings are listed."""
    x = lowest_energies(table).x
    columns = mean_field_columns(table, x, T, 800.0)
    std = np.sqrt((columns**2).sum(axis=1))
    assert std.max() == pytest.approx(800 / FARADAY, rel=0.02)
    assert x[np.argmax(std)] == pytest.approx(0.5)
    np.testing.assert_allclose(std, 800 / FARADAY * ideal(x) / ideal(np.array([0.5])), atol=0.1 * 800 / FARADAY)


def laws(table: EnergyTable) -> list[Expansion]:
    return [RedlichKister("X", 2), Legendre("X", 2), logit_spline("X", table), logit_spline("X", table, stable=True)]


@pytest.mark.parametrize("which", range(4))
def test_source_is_there_where_orderings_are_listed(which: int) -> None:
    """None of single orderings or declared as zero; declared twice as large it is twice as large."""
    table, single = ring_energies(12, 0.05, 4.0), single_orderings()
    law = laws(table)[which]
    assert SOURCE in fit_free_energy(table, law, energy_std=100.0).factors
    assert SOURCE not in fit_free_energy(single, law, energy_std=100.0).factors
    assert SOURCE not in fit_free_energy(table, law, energy_std=100.0, mean_field_std=0.0).factors
    assert SOURCE not in fit_free_energy(table, law, energy_std=100.0, ensemble="boltzmann", sites=12).factors
    one, two = (fit_free_energy(single, law, energy_std=100.0, mean_field_std=s).factors[SOURCE].values for s in (300.0, 600.0))
    np.testing.assert_allclose(two, 2 * one, rtol=1e-9, atol=1e-14)
    assert np.abs(one).max() > 1e-3


@pytest.mark.parametrize("interaction", [0.02, 0.05, -0.03])
def test_source_covers_what_lowest_energies_lack(interaction: float) -> None:
    """U of a ring's lowest energies beside the infinite chain: within two standard deviations at 0.9 of x."""
    table = ring_energies(16, interaction, 4.0)
    law = logit_spline("X", table)
    estimate = fit_free_energy(table, law, energy_std=50.0)
    x = np.linspace(0.1, 0.9, 81)
    voltage = drawn_voltages(estimate, law, x)
    error = np.abs(voltage.mean(axis=0) - chain_curves(x, interaction, 4.0, T).voltage)
    assert (error < 2 * voltage.std(axis=0)).mean() >= 0.9
    plain = drawn_voltages(fit_free_energy(table, law, energy_std=50.0, mean_field_std=0.0), law, x)
    assert plain.std(axis=0).mean() < voltage.std(axis=0).mean()


def drawn_voltages(estimate: Estimate, law: Expansion, x: np.ndarray) -> np.ndarray:
    """U of 1,000 draws (n_draw, n_x)."""
    joint = Joint([estimate])
    draws = joint.draw(1000, np.random.default_rng(0))
    c: dict[str, Any] = {law.entropy_name: 0.0} | {name: draws[:, k, None] for k, name in enumerate(joint.names)}
    return np.asarray(law.open_circuit_voltage(c, x, T))
