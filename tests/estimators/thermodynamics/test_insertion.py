"""Potentials from energies of insertion: exact without interactions, errors that hold the truth where a cell is small."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import gammaln, logsumexp

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.data import ChemicalPotentials, EnergyTable, InsertionEnergies
from a2c_pybamm.estimators import fit_chemical_potential, insertion_energies, insertion_potentials
from a2c_pybamm.laws import RedlichKister

T = 298.15
RT = GAS_CONSTANT * T


def log_binomial(n: int, k: np.ndarray) -> np.ndarray:
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)


def steps(n: int, energy: np.ndarray, ions: np.ndarray | None = None) -> InsertionEnergies:
    """Steps of a cell with n sites from its energies [J/mol]."""
    return InsertionEnergies.between("cell", n, np.arange(n + 1.0) if ions is None else ions, energy)


def mixing(x: np.ndarray) -> np.ndarray:
    return RT * np.log(x / (1 - x))


# Ions without interactions


@given(st.integers(3, 60), st.floats(-5e5, 5e5))
def test_ions_without_interactions_are_exact_at_every_size(n: int, slope: float) -> None:
    """F(n) = n ε − RT ln C(N, n): μ = ε + RT ln[x/(1−x)] to 1e-9 of RT, whatever N."""
    occupied = np.arange(n + 1.0)
    found = insertion_potentials(
        steps(n, slope * occupied - RT * log_binomial(n, occupied)), temperature=T, ensemble="integration"
    )
    np.testing.assert_allclose(found.x, (occupied[:-1] + 0.5) / n)
    exact = slope + mixing(found.x)
    assert np.abs(found.potential - exact).max() < 1e-9 * max(RT, abs(slope))
    if found.std is not None:
        assert found.std.max() < 1e-7 * max(RT, abs(slope))  # round-off alone


def test_twelve_sites_and_steps_of_several_ions() -> None:
    """N = 12, and numbers of ions with gaps between them: the ideal part of a wide step is taken out exactly too."""
    occupied = np.array([0.0, 1, 2, 4, 7, 9, 12])
    energy = -3.9 * FARADAY * occupied - RT * log_binomial(12, occupied)
    for ions in (np.arange(13.0), occupied):
        values = energy if len(ions) == 7 else -3.9 * FARADAY * ions - RT * log_binomial(12, ions)
        found = insertion_potentials(steps(12, values, ions), temperature=T, ensemble="integration")
        np.testing.assert_allclose(found.potential, -3.9 * FARADAY + mixing(found.x), atol=1e-9 * RT, rtol=1e-14)
    assert found.x[3] == 5.5 / 12


# Mean field


@pytest.mark.parametrize("n", [6, 12, 24])
@pytest.mark.parametrize("interactions", [(-0.3,), (0.1,), (-0.4, 0.1), (-0.4, 0.1, -0.1)])
def test_mean_field_is_within_two_standard_deviations(n: int, interactions: tuple[float, ...]) -> None:
    """E(n) = N g(x) of a Redlich–Kister law: a parabola has no error at all, and others that of the midpoint rule."""
    law = RedlichKister("X", len(interactions) - 1)
    c = dict(zip(law.names, [3.9, *interactions, 0.0], strict=True))
    x = np.arange(n + 1) / n
    excess = sum(a * law.term(k, x) for k, a in enumerate(interactions))
    found = insertion_potentials(steps(n, n * FARADAY * (-3.9 * x + excess)), temperature=T)
    error = np.abs(found.potential - law.chemical_potential(c, found.x, T))
    if len(interactions) == 1:
        assert error.max() < 1e-6
    else:
        assert found.std is not None
        assert (error <= 2 * found.std).all()
        assert found.std.max() < 3 * FARADAY * abs(interactions[1]) / n  # no wider than what is at hand


def test_third_differences_of_a_cubic() -> None:
    """E = n³: Δ³E = 6 everywhere, so that the midpoint rule is 6/24 off and each step 6/2 beside its neighbours' mean."""
    found = insertion_potentials(steps(8, np.arange(9.0) ** 3), temperature=T, ideal_mixing=False)
    causes = found.provenance["insertion"]["rms error [J.mol-1]"]
    np.testing.assert_allclose(found.potential - 3 * (8 * found.x) ** 2, 6 / 24)
    assert causes == pytest.approx({"noise": 0, "midpoint rule": 6 / 24, "orderings": 6 / 2, "finite cell": 0})
    assert found.std is not None
    np.testing.assert_allclose(found.std, np.hypot(6 / 24, 6 / 2))


def test_noise_of_two_energies() -> None:
    """√2 σ N with noise far above all else; 400 cells show it, and where noise is declared it is not counted twice."""
    rng = np.random.default_rng(0)
    occupied, sigma = np.arange(13.0), 0.002 * FARADAY
    exact = FARADAY * (-3.9 * occupied - 12 * 0.3 * occupied / 12 * (1 - occupied / 12))
    errors, reported = [], []
    for _ in range(400):
        noisy = steps(12, exact + 12 * sigma * rng.standard_normal(13))
        found = insertion_potentials(noisy, temperature=T, energy_std=sigma)
        truth = insertion_potentials(steps(12, exact), temperature=T).potential
        errors.append(found.potential - truth)
        reported.append(found.std)
    actual = np.std(errors)
    assert actual == pytest.approx(np.sqrt(2) * 12 * sigma, rel=0.03)
    assert np.min(reported) >= np.sqrt(2) * 12 * sigma
    assert np.sqrt(np.mean(np.square(reported))) < 1.6 * actual
    z = np.abs(errors) / np.array(reported)
    assert (z < 1).mean() > 0.68
    assert 0.95 < (z < 1.96).mean() < 0.999


# An exact chain


def ring(n: int, coupling: float) -> np.ndarray:
    """Free energies [J/mol] of 0 to n ions on a ring with an energy for each pair of neighbours, by counting clusters.

    k clusters of m ions are put in N/k C(m − 1, k − 1) C(N − m − 1, k − 1) ways, with m − k pairs.
    """
    free = [0.0]
    for m in range(1, n):
        k = np.arange(1, min(m, n - m) + 1)
        ways = np.log(n / k) + log_binomial(m - 1, k - 1) + log_binomial(n - m - 1, k - 1)
        free.append(-float(logsumexp(ways - coupling / RT * (m - k))))
    return RT * np.array([*free, coupling / RT * n])


def chain(x: np.ndarray, coupling: float) -> np.ndarray:
    """Chemical potential [J/mol] of the infinite chain, from the transfer matrix (one-dimensional Ising model)."""
    root = np.sqrt(1 - 4 * x * (1 - x) * (1 - np.exp(-coupling / RT)))
    return coupling + RT * np.log((root - 1 + 2 * x) / (root + 1 - 2 * x))


def test_ring_of_many_sites_is_the_chain() -> None:
    """The two truths agree: at 400 sites to the 1/N that a finite ring leaves."""
    for coupling in (-1.0, 1.0, 3.0):
        free = ring(400, coupling * RT)
        x = (np.arange(400) + 0.5) / 400
        assert np.abs(np.diff(free) - chain(x, coupling * RT))[20:-20].max() < 15 * RT / 400


@pytest.mark.parametrize("n", [6, 12, 24])
@pytest.mark.parametrize("coupling", [-3.0, -2.0, -1.0, -0.5, 0.5, 1.0, 2.0, 4.0, 6.0])
def test_errors_of_a_small_ring_hold_the_infinite_chain(n: int, coupling: float) -> None:
    """Within two standard deviations at 90 % of all points and more, and the bars are not far too wide."""
    found = insertion_potentials(steps(n, ring(n, coupling * RT)), temperature=T, ensemble="integration")
    assert found.std is not None
    z = np.abs(found.potential - chain(found.x, coupling * RT)) / found.std
    assert (z <= 2).mean() >= 0.9
    assert np.sqrt(np.mean(z**2)) > 0.1
    assert set(found.provenance["insertion"]["rms error [J.mol-1]"]) == {"noise", "midpoint rule", "orderings", "finite cell"}


def test_error_falls_with_the_size_of_the_cell() -> None:
    """Of the canonical ensemble as 1/N."""
    stds = []
    for n in (12, 24, 48):
        std = insertion_potentials(steps(n, ring(n, RT)), temperature=T, ensemble="integration").std
        assert std is not None
        stds.append(float(np.sqrt(np.mean(std**2))))
    assert stds[0] / stds[1] == pytest.approx(2, rel=0.2)
    assert stds[1] / stds[2] == pytest.approx(2, rel=0.2)


# Tables and options


def test_lowest_energies_of_a_table() -> None:
    """Energies per site times the sites; of several orderings the lowest; fitted they give the law back."""
    law = RedlichKister("X", 0)
    c = dict(zip(law.names, [3.9, -0.3, 0.0], strict=True))
    x = np.repeat(np.arange(13) / 12, 2)
    energy = FARADAY * (-3.9 * x - 0.3 * x * (1 - x)) + np.tile([0.0, 2e3], 13)
    table = EnergyTable("PBE", x, energy, ("a",) * 26, np.ones(26, dtype=bool), provenance={"file": "f"})
    found = insertion_potentials(insertion_energies(table, sites=12), temperature=T, energy_std=100.0)
    np.testing.assert_allclose(found.potential, law.chemical_potential(c, found.x, T), atol=1e-6)
    assert found.label == "PBE"
    assert found.provenance["file"] == "f"
    assert isinstance(found, ChemicalPotentials)
    estimate = fit_chemical_potential(found, law)
    np.testing.assert_allclose(estimate.mean[:2], [3.9, -0.3], atol=1e-9)
    with pytest.raises(ValueError, match=r"energies of PBE: x = 0\.0833333 of 10 sites is no whole number of ions"):
        insertion_energies(table, sites=10)


def test_steps_at_zero_temperature_have_no_mixing() -> None:
    found = insertion_potentials(steps(4, np.array([0.0, -4.0, -7.0, -9.0, -10.0])), temperature=T, ideal_mixing=False)
    np.testing.assert_allclose(found.potential, [-4, -3, -2, -1])
    assert found.std is None  # evenly spaced steps without noise


GOOD = steps(4, np.array([0.0, -4.0, -7.0, -9.0, -10.0]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": 0.0}, "temperature of 0 K; it must be positive"),
        ({"temperature": np.nan}, "temperature of nan K"),
        ({"temperature": T, "energy_std": 0.0}, "energy_std is 0; it must be positive"),
        ({"temperature": T, "ensemble": "grand"}, "ensemble is 'grand'; take 'lowest' or 'integration'"),
        ({"temperature": T, "ensemble": "integration", "ideal_mixing": False}, "free energies hold the mixing"),
    ],
)
def test_options_are_checked(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=f"^insertion energies of cell: .*{message}"):
        insertion_potentials(GOOD, **options)  # type: ignore[arg-type]


def test_too_few_steps_are_refused() -> None:
    with pytest.raises(ValueError, match="2 steps, an error needs 3"):
        insertion_potentials(steps(12, np.array([0.0, -1.0, -2.0]), np.array([0.0, 1, 2])), temperature=T)
    with pytest.raises(ValueError, match=r"1 number\(s\) of ions; a step is between two"):
        steps(12, np.array([0.0, -1.0]), np.array([3.0, 3.0]))


@pytest.mark.parametrize(
    ("sites", "before", "after", "energy", "message"),
    [
        (12, [0, 1], [1], [0, 0], "2 and 1 numbers of ions for 2 energies"),
        (12, [], [], [], "0 and 0 numbers of ions"),
        (1, [0], [1], [0], "a supercell of 1 sites"),
        (12, [0], [1], [np.nan], "not finite"),
        (12, [0.5], [1.5], [0], "a number of ions is not whole"),
        (12, [0, 0], [1, 2], [0, 0], "must rise step by step"),
        (12, [2], [1], [0], "must rise step by step"),
        (12, [12], [13], [0], "to 12 sites at most"),
        (12, [-1], [0], [0], "from 0 at least"),
    ],
)
def test_steps_are_checked_at_birth(sites: int, before: list, after: list, energy: list, message: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(ValueError, match=f"^insertion energies of PBE: .*{message}"):
        InsertionEnergies("PBE", sites, np.array(before, float), np.array(after, float), np.array(energy, float))
