"""Correlation factors against the literature, against brute force on small crystals, and against a lattice gas."""

from __future__ import annotations

from math import comb, exp

import numpy as np
import pytest

from a2c_pybamm.estimators.hops import correlation_factor
from a2c_pybamm.estimators.hops.correlation_factor import tracer_correlation_factor, tracer_diffusivity_by_vacancies
from a2c_pybamm.estimators.hops.hop_network import HopNetwork, effective_diffusivity, repeat
from a2c_pybamm.estimators.hops.lattices import lattice
from a2c_pybamm.synthetic import lattice_gas_walk
from tests.estimators.hops.test_hop_network import both_ways, random_network, two_mechanisms

KNOWN = {
    "chain": 0.0,
    "square": 1 / (np.pi - 1),
    "triangular": 0.5600570,
    "honeycomb": 1 / 3,
    "sc": 0.65310884,
    "bcc": 0.72719414,
    "fcc": 0.78145142,
    "diamond": 0.5,
}
"""Montet, Phys. Rev. B 7, 650 (1973); Le Claire, in Physical Chemistry X (1970)."""


@pytest.mark.parametrize("name", KNOWN)
def test_known_factors(name: str) -> None:
    """All the digits that are printed; the length of a jump and its rate do not enter."""
    assert tracer_correlation_factor(lattice(name)) == pytest.approx(KNOWN[name], abs=1e-8)
    assert tracer_correlation_factor(lattice(name, jump_length=3e-10, rate=1e9)) == pytest.approx(KNOWN[name], abs=1e-8)


def brute_force(network: HopNetwork, size: int) -> np.ndarray:
    """D_tr per vacancy fraction: every joint state of ion and vacancy in the periodic crystal, one dense solve."""
    crystal = repeat(network, (size,) * network.dimension)
    assert crystal.probability is not None
    n = len(crystal.sites)
    L, b, edges = np.zeros((n * n, n * n)), np.zeros((n * n, network.dimension)), []
    for i, j, c, r in zip(crystal.from_site, crystal.to_site, crystal.flow, crystal.displacement, strict=True):
        for ion in range(n):
            if ion == i:
                continue  # ion and vacancy are never on one site
            before = ion * n + i
            after, step = (i * n + j, -r) if ion == j else (ion * n + j, 0 * r)
            L[before, before] += c
            L[before, after] -= c
            b[before] += c * step
            edges.append((before, after, c, step))
    shift = np.linalg.lstsq(L, b, rcond=1e-12)[0]
    before, after, c, step = map(np.array, zip(*edges, strict=True))
    # Sum over the ion's places at a vacancy fraction 1/n.
    return (c[:, None] * step).T @ (step + shift[after] - shift[before]) / 2


@pytest.mark.parametrize(
    ("network", "size"),
    [(lattice("square"), 4), (lattice("honeycomb"), 3), (lattice("sc"), 3), (two_mechanisms(), 3), (random_network(3), 3)],
    ids=["square", "honeycomb", "sc", "two mechanisms", "random"],
)
def test_green_function_against_all_states(network: HopNetwork, size: int) -> None:
    """The same small periodic crystal with all its states: equal to round-off, also for unequal sites without symmetry."""
    D = brute_force(network, size)
    np.testing.assert_allclose(correlation_factor._finite_crystal(network, size), D, atol=1e-9 * np.trace(D))


@pytest.mark.parametrize("network", [two_mechanisms(), lattice("fcc")], ids=["two mechanisms", "fcc"])
def test_larger_cells_tell_the_same(network: HopNetwork) -> None:
    D = tracer_diffusivity_by_vacancies(network)
    twice = repeat(network, (2,) + (1,) * (network.dimension - 1))
    np.testing.assert_allclose(tracer_diffusivity_by_vacancies(twice), D, atol=1e-4 * np.trace(D))


def test_tracer_is_slower_than_jumps_in_every_direction() -> None:
    network = two_mechanisms()
    slower = np.linalg.eigvalsh(effective_diffusivity(network) - tracer_diffusivity_by_vacancies(network))
    assert (slower > 0).all()


def test_anisotropic_square_lattice_is_refused() -> None:
    """An ion that hops along the fast axis is sooner fetched back: f is lower there."""
    network = both_ways(np.eye(2), [[0.0, 0.0]], [(0, 0, (1, 0), 4.0, 4.0, "a"), (0, 0, (0, 1), 1.0, 1.0, "b")])
    with pytest.raises(ValueError, match=r"lies between 0\.2.* and 0\.6.* by direction.*tracer_diffusivity_by_vacancies"):
        tracer_correlation_factor(network)


def test_poor_extrapolation_is_refused() -> None:
    network = both_ways(np.eye(2), [[0.0, 0.0]], [(0, 0, (1, 0), 1e6, 1e6, "a"), (0, 0, (0, 1), 1.0, 1.0, "b")])
    with pytest.raises(ValueError, match="extrapolation to an infinite crystal is good to"):
        tracer_diffusivity_by_vacancies(network)


def lattice_gas(
    network: HopNetwork, times: tuple[int, ...], x: float, time: float, n_replica: int
) -> dict[str, tuple[float, float]]:
    """Values of f and D_J/((1-x)D) with standard errors, of independent replicas; times in units of an ion's mean stay."""
    n_site = len(network.sites) * int(np.prod(times))
    empty = 1 - (round(x * n_site) - 1) / (n_site - 1)  # as one ion sees the others
    stay = 1 / (empty * network.rate[network.from_site == 0].sum())
    walk = lattice_gas_walk(
        network, times, occupancy=x, n_frame=9, interval=time * stay, n_replica=n_replica, rng=np.random.default_rng(11)
    )
    d, n_ion = network.dimension, walk.shape[2]
    scale = 2 * np.trace(effective_diffusivity(network)) * empty * time * stay
    single = ((walk[-1] - walk[0]) ** 2).sum(axis=-1).mean(axis=-1) / (8 * scale)
    centre = (np.diff(walk.sum(axis=2), axis=0) ** 2).sum(axis=-1).mean(axis=0) / (n_ion * scale)
    assert d == walk.shape[-1]
    return {
        name: (float(values.mean()), float(values.std() / np.sqrt(len(values))))
        for name, values in (("f", single), ("J", centre))
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "times", "x", "n_replica", "f"),
    [
        ("triangular", (12, 12), 0.05, 3000, None),
        ("triangular", (12, 12), 0.5, 400, 0.80),
        ("triangular", (14, 14), 0.95, 400, 0.587),
        ("honeycomb", (10, 10), 0.3, 400, None),
        ("fcc", (6, 6, 6), 0.5, 400, None),
    ],
)
def test_lattice_gas(name: str, times: tuple[int, ...], x: float, n_replica: int, f: float | None) -> None:
    """D_J = (1-x) z a² Γ/(2d) at every x; f between its limits, near the published numbers, all within three standard errors.

    What it can detect: errors of 1.5 % in f and 6 % in D_J.
    """
    found = lattice_gas(lattice(name), times, x, time=12.0, n_replica=n_replica)
    value, error = found["f"]
    assert error < 0.008
    # Hops of the first mean stays are not yet correlated, and a finite crystal's f differs by 1/n_site.
    if f is not None:
        assert abs(value - f) < 3 * error + 0.01
    if x == 0.05:
        assert abs(value - 1) < 3 * error + 0.03
    assert KNOWN[name] - 3 * error < value < 1 + 3 * error
    value, error = found["J"]
    assert error < 0.03
    assert abs(value - 1) < 3 * error


def test_lattice_gas_keeps_the_rules() -> None:
    """Positions stay on sites, no two ions share one, frames go on unwrapped, the same generator gives the same walk."""
    network = lattice("honeycomb")
    walk = lattice_gas_walk(network, (4, 3), occupancy=0.6, n_frame=20, interval=1.0, n_replica=5, rng=np.random.default_rng(2))
    assert walk.shape == (20, 5, round(0.6 * 24), 2)
    crystal = repeat(network, (4, 3))
    fractional = walk @ np.linalg.inv(crystal.cell)
    apart = fractional[..., None, :] - crystal.sites
    on = np.abs(apart - np.round(apart)).max(axis=-1) < 1e-9
    assert (on.sum(axis=-1) == 1).all()
    assert on.sum(axis=2).max() == 1
    assert np.ptp(fractional) > 1.5
    again = lattice_gas_walk(
        network, (4, 3), occupancy=0.6, n_frame=20, interval=1.0, n_replica=5, rng=np.random.default_rng(2)
    )
    np.testing.assert_array_equal(walk, again)


@pytest.mark.slow
@pytest.mark.parametrize("n_ion", [12, 36])
def test_lattice_gas_finds_its_equilibrium(n_ion: int) -> None:
    """Sites one kT apart: their share of ions follows the exact canonical sum, whether ions or empty sites are walked.

    The test sees a share that is wrong by 0.006.
    """
    walk = lattice_gas_walk(
        two_mechanisms(), (6, 4), occupancy=n_ion / 48, n_frame=6, interval=2.0, n_replica=1500, rng=np.random.default_rng(4)
    )
    fractional = walk[2:] @ np.linalg.inv(two_mechanisms().cell)
    low = (np.abs(fractional - np.round(fractional)) < 1e-6).all(axis=-1)
    n_low = np.arange(max(0, n_ion - 24), min(24, n_ion) + 1)
    weight = np.array([comb(24, n) * comb(24, n_ion - n) * exp(n) for n in n_low.tolist()])
    share = low.mean(axis=(0, 2))
    error = share.std() / np.sqrt(len(share))
    assert error < 0.002, error
    assert abs(share.mean() - (weight @ n_low) / weight.sum() / n_ion) < 3.5 * error


@pytest.mark.parametrize("occupancy", [0.0, 1.0, 0.999])
def test_full_and_empty_lattices_are_refused(occupancy: float) -> None:
    with pytest.raises(ValueError, match="take an occupancy with an ion and an empty site"):
        lattice_gas_walk(
            lattice("square"), (3, 3), occupancy=occupancy, n_frame=2, interval=1.0, n_replica=1, rng=np.random.default_rng(0)
        )
