"""Rows that are one composition, or one ordering: rounded x, rows listed twice, and thousands of structures."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from a2c_pybamm.constants import FARADAY
from a2c_pybamm.data import ChemicalPotentials, EnergyTable
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators import (
    fit_chemical_potential,
    fit_free_energy,
    fit_site_sum,
    fit_spline_potential,
    hull_voltages,
)
from a2c_pybamm.estimators.thermodynamics.orderings import SAME_COMPOSITION, lowest_energies
from a2c_pybamm.laws import Legendre, RedlichKister, SiteSum, SplinePotential
from a2c_pybamm.synthetic.chain import ring_energies


def rounded(offset: float) -> EnergyTable:
    """Nine compositions with 3 meV of noise, L0 = −0.3 eV; orderings 30 meV above at x that are off by so much, up and down."""
    rng = np.random.default_rng(8)
    x = np.linspace(0, 1, 9)
    energy = -3.9 * x - 0.3 * x * (1 - x) + 0.003 * rng.standard_normal(9)
    off = np.where(np.arange(7) % 2, 1, -1) * offset
    every = np.concatenate([energy, energy[1:-1] + 0.03 + 0.005 * rng.random(7)]) * FARADAY
    return EnergyTable("A", np.append(x, x[1:-1] + off), every, tuple(f"s{k}" for k in range(16)), np.ones(16, bool))


@pytest.mark.parametrize("offset", [1e-5, 4e-5, 9e-5])
def test_compositions_that_differ_by_rounding_are_one(offset: float) -> None:
    """The lowest counts among all of a composition, as with exact x; the interaction is the true one within its error."""
    law = RedlichKister("X", 1)
    exact, found = (fit_free_energy(rounded(d), law, mean_field_std=0.0) for d in (0.0, offset))
    np.testing.assert_allclose(found.mean, exact.mean, rtol=1e-12)
    np.testing.assert_allclose(found.std, exact.std, rtol=1e-12)
    at = found.names.index("X L0 [eV]")
    assert abs(found.mean[at] + 0.3) < 3 * found.std[at]
    assert found.std[at] < 0.015  # 0.04 eV and more where the orderings above count as compositions of their own
    assert len(lowest_energies(rounded(offset)).x) == 9
    assert len(lowest_energies(rounded(2 * SAME_COMPOSITION)).x) == 16


@pytest.mark.parametrize("settings", [{}, {"energy_std": 300.0}, {"ensemble": "boltzmann", "sites": 8, "energy_std": 300.0}])
def test_rows_that_are_listed_twice_count_once(settings: dict[str, Any]) -> None:
    """Estimate and error are those of the table without repetition, whatever the order of its rows."""
    law = RedlichKister("X", 2, entropies=3 if settings.get("sites") else 0)
    table = ring_energies(8, 0.04, 3.1)
    rng = np.random.default_rng(2)
    table = replace(table, energy=table.energy + 200 * rng.standard_normal(len(table.x)))
    rows = rng.permutation(np.append(np.arange(len(table.x)), [0, 3, 4, 5, 9, 9, len(table.x) - 1]))
    assert table.degeneracy is not None
    twice = EnergyTable(
        "ring",
        table.x[rows],
        table.energy[rows],
        tuple(table.structure[k] for k in rows),
        table.converged[rows],
        degeneracy=table.degeneracy[rows],
    )
    once, again = (fit_free_energy(t, law, **settings) for t in (table, twice))
    np.testing.assert_allclose(again.mean, once.mean, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(again.covariance, once.covariance, rtol=1e-9, atol=1e-12)


POTENTIAL_FITS: dict[str, Callable[[ChemicalPotentials], Estimate]] = {
    "redlich-kister": lambda data: fit_chemical_potential(data, RedlichKister("X", 2), terms=(1, 2, 3)),
    "legendre": lambda data: fit_chemical_potential(data, Legendre("X", 2)),
    "spline": lambda data: fit_spline_potential(data, SplinePotential("X", (0.0, 0.25, 0.5, 0.75, 1.0))),
    "sites": lambda data: fit_site_sum(data, SiteSum("X", 2)),
}


@pytest.mark.parametrize("kind", POTENTIAL_FITS)
@pytest.mark.parametrize("declared", [True, False])
def test_potentials_that_are_listed_twice_count_once(kind: str, declared: bool) -> None:
    """Estimate, error and distances from the data are those of the table without repetition."""
    law, x = SiteSum("X", 2), np.linspace(0.05, 0.95, 15)
    c = dict(zip(law.names, [4.1, 3.8, 0.5, 0.5, 0.0, law.metal_entropy], strict=True))
    voltage = law.open_circuit_voltage(c, x, 298.15) + 0.003 * np.random.default_rng(6).standard_normal(15)
    rows = [*range(15), 2, 2, 7, 14]
    tables = [
        ChemicalPotentials(
            "A",
            x[at],
            np.full(len(at), 298.15),
            -FARADAY * voltage[at],
            np.full(len(at), 0.003 * FARADAY) if declared else None,
        )
        for at in (rows[:15], rows)
    ]
    once, again = map(POTENTIAL_FITS[kind], tables)
    np.testing.assert_allclose(again.mean, once.mean, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(again.covariance, once.covariance, rtol=1e-9, atol=1e-12)
    assert again.provenance["fit"] == pytest.approx(once.provenance["fit"])
    assert again.factors.keys() == once.factors.keys()


@pytest.mark.parametrize("n_composition", [33, pytest.param(5000, marks=pytest.mark.slow)])
def test_thousands_of_structures_take_no_second(n_composition: int) -> None:
    """The lowest energies of 5,000 structures, and their hull: 0.02 s at 33 compositions, half a second at 3,000."""
    rng = np.random.default_rng(0)
    x = np.append([0.0, 1.0], rng.integers(0, n_composition, 4998) / (n_composition - 1))
    energy = FARADAY * (-3.9 * x - 0.3 * x * (1 - x)) + rng.exponential(3000.0, 5000)
    table = EnergyTable("A", x, energy, tuple(map(str, range(5000))), np.ones(5000, bool))
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        hull = hull_voltages(table)  # begins with the lowest energies
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 1
    expected = [energy[x == at].min() for at in np.unique(x)]
    np.testing.assert_array_equal(lowest_energies(table).x, np.unique(x))
    np.testing.assert_allclose(lowest_energies(table).energy * FARADAY, expected, rtol=1e-14)
    assert (hull.above >= -1e-6).all()
