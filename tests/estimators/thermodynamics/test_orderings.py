"""Orderings to one free energy: Boltzmann averages, covariances between structures, ensembles of functionals, hulls."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.data import EnergyTable
from a2c_pybamm.estimators import composition_covariance, fit_free_energy, hull_voltages
from a2c_pybamm.estimators.thermodynamics.orderings import ENSEMBLE_SOURCE, boltzmann_average
from a2c_pybamm.laws import Landau, RedlichKister, SplinePotential
from a2c_pybamm.synthetic import redlich_kister_energies

T = 298.15
THERMAL = GAS_CONSTANT * T


def ring(n: int, pair: float, site: float) -> EnergyTable:
    """All arrangements on a ring of n sites with a pair energy between neighbours [J/mol], equal energies put together."""
    counts: dict[tuple[int, int], int] = {}
    for k in range(n + 1):
        for filled in combinations(range(n), k):
            own = set(filled)
            pairs = sum((i + 1) % n in own for i in own)
            counts[k, pairs] = counts.get((k, pairs), 0) + 1
    keys = sorted(counts)
    x = np.array([k / n for k, _ in keys])
    energy = np.array([(site * k + pair * pairs) / n for k, pairs in keys])
    names = tuple(f"{k} ions, {pairs} pairs" for k, pairs in keys)
    return EnergyTable(
        "ring", x, energy, names, np.ones(len(x), bool), degeneracy=np.array([counts[key] for key in keys], float)
    )


@given(st.integers(4, 10), st.floats(-4e5, -2e5))
def test_ions_that_ignore_each_other_have_no_excess(n: int, site: float) -> None:
    """F is the ideal lattice gas of the same cell, whatever its size: energy linear, entropy none in excess."""
    found = boltzmann_average(ring(n, 0.0, site), T, n)
    np.testing.assert_allclose(found.energy * FARADAY, site * found.x, rtol=1e-12, atol=1e-7)
    assert found.entropy is not None
    np.testing.assert_allclose(found.entropy, 0, atol=1e-9)


@given(st.integers(4, 9), st.floats(-8e3, 8e3), st.floats(250, 900))
def test_average_is_the_partition_sum(n: int, pair: float, temperature: float) -> None:
    """Against the sum over all arrangements one by one; its entropy is −∂F/∂T by differences."""
    table = ring(n, pair, -3e5)
    found = boltzmann_average(table, temperature, n)

    def free(t: float) -> np.ndarray:
        values = []
        for k in range(n + 1):
            energies = []
            for filled in combinations(range(n), k):
                own = set(filled)
                energies.append(-3e5 * k + pair * sum((i + 1) % n in own for i in own))
            e = np.array(energies)
            lowest = e.min()
            total = lowest - GAS_CONSTANT * t * np.log(np.exp(-(e - lowest) / (GAS_CONSTANT * t)).sum())
            values.append((total + GAS_CONSTANT * t * np.log(comb(n, k))) / n)
        return np.array(values)

    np.testing.assert_allclose(found.energy * FARADAY, free(temperature), rtol=1e-10, atol=1e-6)
    entropy = -(free(temperature + 0.01) - free(temperature - 0.01)) / 0.02
    np.testing.assert_allclose(found.entropy, entropy, atol=2e-5)


def test_derivatives_by_each_energy() -> None:
    """Weights of an average are Boltzmann's; both they and those of the entropy by differences."""
    table = ring(8, 3e3, -3e5)
    found = boltzmann_average(table, T, 8)
    assert found.entropy_weights is not None
    for k in (3, 10, len(table.x) - 3):
        step = np.zeros(len(table.x))
        step[k] = 1e-2
        ends = [boltzmann_average(replace(table, energy=table.energy + sign * step), T, 8) for sign in (1, -1)]
        slope = (ends[0].energy - ends[1].energy) * FARADAY / 2e-2
        np.testing.assert_allclose(found.weights.toarray()[:, k], slope, atol=1e-6)
        change = (ends[0].entropy - ends[1].entropy) / 2e-2  # type: ignore[operator]
        np.testing.assert_allclose(found.entropy_weights.toarray()[:, k] / FARADAY, change, atol=1e-8)


def test_boltzmann_fit_carries_entropy() -> None:
    """A ring with repulsion: F and its slope in T follow from the law with excess entropies; energies' errors carry over."""
    law = RedlichKister("X", 4, entropies=5)
    table = ring(10, 4e3, -3e5)
    estimate = fit_free_energy(table, law, ensemble="boltzmann", sites=10, energy_std=200.0)
    assert estimate.names == tuple(name for name in law.names if name != law.entropy_name)
    c = dict(zip(estimate.names, estimate.mean, strict=True)) | {law.entropy_name: 29.12}
    found = [boltzmann_average(table, t, 10) for t in (T, T + 10)]
    x = found[0].x[1:-1]
    own = [law.free_energy(c, x, t) - GAS_CONSTANT * t * (x * np.log(x) + (1 - x) * np.log(1 - x)) for t in (T, T + 10)]
    expected = [f.energy[1:-1] * FARADAY - f.energy[0] * FARADAY for f in found]
    # corrected for the ring's size: (RT/2N) ln[Θ(1 − x)], by the law's own Θ
    size = [GAS_CONSTANT * t / 20 * np.log(np.maximum(law.thermodynamic_factor(c, x, t) * (1 - x), 1e-3)) for t in (T, T + 10)]
    np.testing.assert_allclose(own[0], expected[0] + size[0], atol=20)
    np.testing.assert_allclose(own[1] - own[0], expected[1] - expected[0] + size[1] - size[0], atol=10)
    assert (estimate.std > 0).all()
    assert "Boltzmann average" in estimate.method


@pytest.mark.parametrize("law", [RedlichKister("X", 2), Landau("X", 4), SplinePotential("X", (0.0, 0.3, 0.6, 1.0))])
def test_exact_energies_give_exact_coefficients_of_every_law(law: object) -> None:
    """Generalised least squares with a covariance between structures; whatever it is, exact data are met."""
    rng = np.random.default_rng(0)
    c = dict(zip(law.names, [3.8, *rng.normal(0, 0.2, len(law.interaction_names)), 0.0], strict=True))  # type: ignore[attr-defined]
    x = np.linspace(0, 1, 13)
    mixing = (
        GAS_CONSTANT
        * T
        * np.where((x > 0) & (x < 1), x * np.log(np.clip(x, 1e-9, 1)) + (1 - x) * np.log(np.clip(1 - x, 1e-9, 1)), 0)
    )
    inside = np.clip(x, 1e-300, 1 - 1e-16)
    energy = law.free_energy(c, inside, T) - law.mixing * mixing  # type: ignore[attr-defined]
    table = EnergyTable("A", x, energy, tuple(map(str, x)), np.ones(13, bool))
    covariance = composition_covariance(table, std=2e3, length=0.2, own_std=300.0)
    estimate = fit_free_energy(table, law, covariance=covariance)  # type: ignore[arg-type]
    np.testing.assert_allclose(estimate.mean, [c[name] for name in estimate.names], atol=2e-7)


@pytest.mark.slow
def test_errors_shared_by_neighbours_are_known_to_be_shared() -> None:
    """Coverage of U with correlated noise: 500 tables, noise drawn from the covariance that the fit is told."""
    law = RedlichKister("X", 1)
    truth = dict(zip(law.names, [3.9, -0.5, 0.1, 0.0], strict=True))
    x = np.linspace(0, 1, 11)
    rng = np.random.default_rng(1)
    exact = redlich_kister_energies(law, truth, x, rng=rng, n_ordering=1)
    order = np.argsort(exact.x)
    table = EnergyTable("A", exact.x[order], exact.energy[order], exact.structure, np.ones(11, bool))
    covariance = composition_covariance(table, std=1500.0, length=0.3, own_std=200.0)
    root = np.linalg.cholesky(covariance)
    z: list[np.ndarray] = []
    naive: list[np.ndarray] = []
    for k in range(500):
        noisy = replace(table, energy=table.energy + root @ rng.standard_normal(11))
        for values, settings in ((z, {"covariance": covariance}), (naive, {"energy_std": 1513.0})):
            if values is naive and k >= 100:  # its error is seen in fewer
                continue
            estimate = fit_free_energy(noisy, law, **settings)  # type: ignore[arg-type]
            values.append((estimate.mean - [truth[name] for name in estimate.names]) / estimate.std)
    inside = (np.abs(z) < 1.96).mean(axis=0)
    assert np.abs(inside - 0.95).max() < 3 * np.sqrt(0.95 * 0.05 / 500)
    # a fit that takes the same noise for independent errs
    assert np.abs((np.abs(naive) < 1.96).mean(axis=0) - 0.95).max() > 0.03


def test_an_ensemble_is_one_germ_of_labelled_members() -> None:
    """Fits of each member's energies: their spread is the source's covariance; labels are the members'."""
    law = RedlichKister("X", 1, (0.5, 1.0))
    x = np.linspace(0, 1, 9)
    rng = np.random.default_rng(4)
    truth = dict(zip(law.names, [3.9, -0.5, 0.1, 0.0], strict=True))
    table = redlich_kister_energies(law, truth, x, rng=rng, energy_std=300.0, n_ordering=1)
    spread = rng.normal(0, 5e3, 40) * table.x[:, None] + rng.normal(0, 1e3, (9, 40)) * (table.x * (1 - table.x))[:, None]
    members = tuple(f"BEEF {k}" for k in range(40))
    whole = replace(table, ensemble=table.energy[:, None] + spread, members=members)
    estimate = fit_free_energy(whole, law, energy_std=300.0)
    factor = estimate.factors[ENSEMBLE_SOURCE]
    assert factor.labels == members
    fits = np.array([fit_free_energy(replace(table, energy=e), law, energy_std=300.0).mean for e in whole.ensemble.T])  # type: ignore[union-attr]
    np.testing.assert_allclose(factor.values @ factor.values.T, np.cov(fits.T), rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(estimate.mean, fit_free_energy(table, law, energy_std=300.0).mean)


def test_a_list_that_is_not_complete_is_told() -> None:
    """Orderings that are not listed are taken for unreachable: the estimate says how many there are."""
    whole, part = ring(8, 1e3, -3e5), ring(8, 1e3, -3e5)
    part = replace(part, degeneracy=np.ones(len(part.x)))
    law = RedlichKister("X", 1)
    told = [fit_free_energy(t, law, ensemble="boltzmann", sites=8, energy_std=100.0).method for t in (whole, part)]
    assert "of all arrangements listed" not in told[0]
    assert "only 0.0" in told[1]


# The hull


def test_hull_voltages_of_known_energies() -> None:
    """A stable ordering at ½: two steps; one above the hull counts for nothing but its height."""
    table = EnergyTable(
        "A",
        np.array([0.0, 0.25, 0.5, 0.5, 1.0]),
        np.array([0.0, -0.5, -2.2, -1.9, -3.8]) * FARADAY,
        tuple("abcde"),
        np.ones(5, bool),
    )
    hull = hull_voltages(table)
    np.testing.assert_allclose(hull.x, [0, 0.5, 1])
    np.testing.assert_allclose(hull.voltage, [4.4, 3.2])
    np.testing.assert_allclose(hull.above / FARADAY, [0, 0.6, 0, 0], atol=1e-12)
    np.testing.assert_allclose(hull.at(np.array([0.1, 0.6, 1.0])), [4.4, 3.2, 3.2])
    object.__setattr__(table, "ion", "Mg")  # half the voltage for two electrons
    np.testing.assert_allclose(hull_voltages(table).voltage, [2.2, 1.6])


@given(st.integers(3, 20), st.integers(0, 10**6))
def test_hull_is_below_all_and_its_mean_voltage_the_end_members(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.concatenate([[0.0, 1.0], rng.random(n)])
    energy = rng.normal(0, 3e4, n + 2) - 3.5 * FARADAY * x
    hull = hull_voltages(EnergyTable("A", x, energy, tuple(map(str, x)), np.ones(n + 2, bool)))
    assert (hull.above >= -1e-6).all()
    assert (np.diff(hull.voltage) < 1e-12).all()
    mean = np.sum(hull.voltage * np.diff(hull.x))
    assert mean == pytest.approx((energy[0] - energy[1]) / FARADAY, rel=1e-12)


# Bad input


def test_refused() -> None:
    table, law = ring(6, 1e3, -3e5), RedlichKister("X", 1)
    with pytest.raises(ValueError, match="needs sites, the number"):
        fit_free_energy(table, law, ensemble="boltzmann", energy_std=1.0)
    with pytest.raises(ValueError, match="no degeneracies; name their column"):
        fit_free_energy(replace(table, degeneracy=None), law, ensemble="boltzmann", sites=6, energy_std=1.0)
    twice = replace(table, degeneracy=2 * table.degeneracy)  # type: ignore[operator]
    with pytest.raises(ValueError, match=r"arrangements listed at x = .*degeneracies and sites must be of one supercell"):
        fit_free_energy(twice, law, ensemble="boltzmann", sites=6, energy_std=1.0)
    with pytest.raises(ValueError, match=r"x = 0\.1666\S* of 8 sites is no whole number of ions"):
        fit_free_energy(replace(table, degeneracy=np.ones(len(table.x))), law, ensemble="boltzmann", sites=8, energy_std=1.0)
    with pytest.raises(ValueError, match="not symmetric"):
        fit_free_energy(table, law, covariance=np.eye(len(table.x)) + np.triu(np.ones((len(table.x),) * 2), 1) * 1e-3)
    with pytest.raises(ValueError, match="energy_std must be positive, got inf"):
        fit_free_energy(table, law, energy_std=np.inf)
    with pytest.raises(ValueError, match="ensemble 'all' is unknown"):
        fit_free_energy(table, law, ensemble="all", energy_std=1.0)  # type: ignore[arg-type]
    n = len(table.x)
    with pytest.raises(ValueError, match=f"covariance of shape \\(2, 2\\) for {n} structures"):
        fit_free_energy(table, law, covariance=np.eye(2))
    with pytest.raises(ValueError, match="not positive definite"):
        fit_free_energy(table, law, covariance=np.ones((n, n)))
    with pytest.raises(ValueError, match="energy_std or covariance, not both"):
        fit_free_energy(table, law, covariance=np.eye(n), energy_std=1.0)
    with pytest.raises(ValueError, match="must be positive"):
        composition_covariance(table, std=1.0, length=0.0, own_std=1.0)
    one = EnergyTable("A", np.array([0.5]), np.array([0.0]), ("a",), np.ones(1, bool))
    with pytest.raises(ValueError, match=r"1 different composition\(s\); a voltage is the step between two"):
        hull_voltages(one)
