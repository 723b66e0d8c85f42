"""Networks of hops: closed forms, other cells of the same crystal, direct walks, errors by source."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2c_pybamm.constants import BOLTZMANN, ELEMENTARY_CHARGE
from a2c_pybamm.estimate import Estimate, Factor
from a2c_pybamm.estimators import combine, declare, hopping_diffusivity
from a2c_pybamm.estimators.hops.hop_network import (
    HopNetwork,
    effective_diffusivity,
    repeat,
    superpose,
    with_rates,
)
from a2c_pybamm.estimators.hops.lattices import lattice, neighbour_hops
from a2c_pybamm.estimators.hops.network_diffusivity import (
    activated_rates,
    diffusivity_from_energies,
    effective_diffusivity_estimate,
)

NEIGHBOURS = {"chain": 2, "square": 4, "triangular": 6, "honeycomb": 3, "sc": 6, "bcc": 8, "fcc": 12, "diamond": 4}


def both_ways(cell: Any, sites: Any, hops: list[tuple[int, int, tuple[int, ...], float, float, str]]) -> HopNetwork:
    """Network from hops (from, to, translation, rate there, rate back, path)."""
    i, j, shift, there, back, path = zip(*hops, strict=True)
    t = np.array(shift)
    return HopNetwork(
        np.array(cell, float),
        np.array(sites, float),
        np.array(i + j),
        np.array(j + i),
        np.vstack([t, -t]),
        np.array(there + back),
        path + path,
    )


def chain(rates: list[float], energies: list[float] | None = None) -> HopNetwork:
    """Ring of sites at random places with these conductances between them and these energies [kT]; cell of length 1."""
    n = len(rates)
    e = np.zeros(n) if energies is None else np.array(energies)
    hops = [
        (k, (k + 1) % n, (int(k == n - 1),), rates[k] * np.exp(e[k]), rates[k] * np.exp(e[(k + 1) % n]), f"path {k}")
        for k in range(n)
    ]
    return both_ways([[1.0]], np.sort(np.random.default_rng(0).random((n, 1)), axis=0), hops)


def random_network(seed: int, n_site: int = 4, d: int = 2) -> HopNetwork:
    """Connected network with random saddles and site energies."""
    rng = np.random.default_rng(seed)
    e = rng.normal(size=n_site)
    ends = [(k, (k + 1) % n_site, (0,) * d) for k in range(n_site)]
    ends += [(int(rng.integers(n_site)), int(rng.integers(n_site)), tuple(row)) for row in np.eye(d, dtype=int).tolist()]
    ends += [(0, 1, (1,) * d), (2, 1, (1,) + (0,) * (d - 1))]
    c = np.exp(2 * rng.normal(size=len(ends)))
    hops = [
        (i, j, t, w * np.exp(e[i]), w * np.exp(e[j]), f"path {k}") for k, ((i, j, t), w) in enumerate(zip(ends, c, strict=True))
    ]
    return both_ways(np.eye(d) + 0.3 * rng.normal(size=(d, d)), rng.random((n_site, d)), hops)


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_lattices(name: str) -> None:
    """D = z a² Γ/(2d) in every direction, all jumps of one length, each site with its z neighbours."""
    network = lattice(name, jump_length=2.8e-10, rate=3e9)
    d = network.dimension
    np.testing.assert_allclose(np.linalg.norm(network.displacement, axis=1), 2.8e-10, rtol=1e-13)
    assert (np.bincount(network.from_site) == NEIGHBOURS[name]).all()
    expected = NEIGHBOURS[name] * 2.8e-10**2 * 3e9 / (2 * d) * np.eye(d)
    np.testing.assert_allclose(effective_diffusivity(network), expected, rtol=1e-13, atol=1e-13 * expected[0, 0])


@given(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6))
def test_alternating_barriers(w1: float, w2: float) -> None:
    """D = L²/(2(1/w1 + 1/w2)) with L = 1 the length of the cell of two sites: the harmonic mean, wherever the sites stand."""
    assert effective_diffusivity(chain([w1, w2]))[0, 0] == pytest.approx(1 / (2 * (1 / w1 + 1 / w2)), rel=1e-9)


@given(st.lists(st.floats(-8, 8), min_size=3, max_size=9), st.integers(0, 1000))
def test_rugged_chain(logs: list[float], seed: int) -> None:
    """D = L²/(Σ e^{-E_i} Σ 1/c_h) for any energies and saddles (Zwanzig 1988); rates over seven orders."""
    energies = np.random.default_rng(seed).normal(size=len(logs))
    c = np.exp(logs)
    # The walker leaves i with rate c e^{E_i}, so that p_i is proportional to e^{-E_i}.
    exact = 1 / (np.exp(-energies).sum() * (1 / c).sum())
    network = chain(list(c), list(energies))
    np.testing.assert_allclose(network.probability, np.exp(-energies) / np.exp(-energies).sum(), rtol=1e-12)
    assert effective_diffusivity(network)[0, 0] == pytest.approx(exact, rel=1e-9)


def test_rates_twelve_orders_apart() -> None:
    """Pairs of sites that a fast hop joins and slow hops separate: D of the slow hops alone."""
    assert effective_diffusivity(chain([1e12, 1.0, 1e12, 1.0, 1e12, 1.0]))[0, 0] == pytest.approx(1 / (6 * 3), rel=1e-7)


def test_parallel_mechanisms_add() -> None:
    """Two kinds of hops between the same equal sites: the sum of both."""
    twice = superpose({"ODH": lattice("triangular"), "TSH": lattice("triangular", rate=0.25)})
    assert twice.paths == ("ODH", "TSH")
    np.testing.assert_allclose(effective_diffusivity(twice), 1.25 * 1.5 * np.eye(2), atol=1e-13)


@pytest.mark.parametrize(("d", "times"), [(1, (5,)), (2, (2, 3)), (3, (1, 2, 2))])
@pytest.mark.parametrize("seed", range(4))
def test_larger_cells_tell_the_same(d: int, times: tuple[int, ...], seed: int) -> None:
    network = random_network(seed, d=d)
    np.testing.assert_allclose(
        effective_diffusivity(repeat(network, times)), effective_diffusivity(network), rtol=1e-9, atol=1e-9
    )


@given(st.integers(0, 500))
def test_rotation_and_places_of_sites(seed: int) -> None:
    """D turns with the crystal, and where in the cell the sites stand is no matter at long times."""
    network = random_network(seed)
    turn, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(2, 2)))
    D = effective_diffusivity(network)
    moved = replace(network, cell=network.cell @ turn, sites=np.random.default_rng(seed + 1).random((4, 2)))
    np.testing.assert_allclose(effective_diffusivity(moved), turn.T @ D @ turn, rtol=1e-9, atol=1e-9 * np.trace(D))


@given(st.integers(0, 500))
def test_master_equation_at_small_wave_vector(seed: int) -> None:
    """The slowest eigenvalue of the rate matrix at wave vector k is −k·D·k: another route to the same number."""
    network = random_network(seed)
    assert network.probability is not None
    root = np.sqrt(network.probability)
    k = 1e-3 * np.random.default_rng(seed).normal(size=2)
    W = np.zeros((4, 4), dtype=complex)
    for i, j, w, r in zip(network.from_site, network.to_site, network.rate, network.displacement, strict=True):
        W[i, i] += w
        W[i, j] -= w * np.exp(1j * k @ r) * root[i] / root[j]  # made symmetric by the equilibrium probabilities
    slowest = np.linalg.eigvalsh((W + W.conj().T) / 2)[0]
    assert slowest == pytest.approx(k @ effective_diffusivity(network) @ k, rel=3e-3)


def walk(network: HopNetwork, n_walker: int, duration: float, rng: np.random.Generator) -> np.ndarray:
    """Displacements (n_walker, d) by direct kinetic Monte Carlo, one walker's whole waiting time at a step."""
    assert network.probability is not None
    out = [np.flatnonzero(network.from_site == s) for s in range(len(network.sites))]
    total = np.array([network.rate[hops].sum() for hops in out])
    site = rng.choice(len(total), size=n_walker, p=network.probability)
    moved, clock = np.zeros((n_walker, network.dimension)), np.zeros(n_walker)
    while True:
        clock += rng.exponential(1 / total[site])
        going = clock < duration
        if not going.any():
            return moved
        on = [np.flatnonzero(going & (site == s)) for s in range(len(out))]
        for s, (hops, who) in enumerate(zip(out, on, strict=True)):
            hop = rng.choice(hops, size=len(who), p=network.rate[hops] / total[s])
            moved[who] += network.displacement[hop]
            site[who] = network.to_site[hop]


def two_mechanisms() -> HopNetwork:
    """Layered host with two kinds of sites (energies differ by kT): fast along a inside pairs, slow between, slower along b."""
    e = np.exp(1.0)
    return both_ways(
        [[3.0, 0.0], [0.7, 2.0]],
        [[0.0, 0.0], [0.4, 0.3]],
        [
            (0, 1, (0, 0), 5.0, 5.0 * e, "short"),
            (1, 0, (1, 0), 1.0 * e, 1.0, "long"),
            (0, 0, (0, 1), 0.3, 0.3, "side"),
            (1, 1, (0, 1), 0.8, 0.8, "side"),
        ],
    )


@pytest.mark.slow
def test_against_direct_walks() -> None:
    """All components of D within four standard errors (about 1 % each) of 10 000 walks; counting hops is not."""
    network = two_mechanisms()
    n, duration = 10_000, 100.0
    r = walk(network, n, duration, np.random.default_rng(5))
    products = r[:, :, None] * r[:, None, :] / (2 * duration)
    D, error = effective_diffusivity(network), products.std(axis=0) / np.sqrt(n)
    assert (error < 0.016 * np.sqrt(np.outer(np.diag(D), np.diag(D)))).all()
    assert (np.abs(products.mean(axis=0) - D) < 4 * error).all()
    hops_counted = (network.flow[:, None] * network.displacement).T @ network.displacement / 2
    assert hops_counted[0, 0] > D[0, 0] + 20 * error[0, 0]


def shared_rates(network: HopNetwork, rng: np.random.Generator) -> Estimate:
    """Logarithms of rates with two sources, one of them shared by all paths."""
    n = len(network.paths)
    return Estimate(
        network.paths,
        rng.normal(size=n),
        {"each": Factor(0.1 * np.eye(n), tuple(map(str, range(n)))), "potential": Factor(np.full((n, 1), 0.4), ("x",))},
    )


@pytest.mark.slow
@pytest.mark.parametrize("direction", [None, [1.0, 0.0], [3.0, -4.0]])
@given(seed=st.integers(0, 200))
def test_jacobian_is_the_derivative(direction: list[float] | None, seed: int) -> None:
    """Shares equal central differences of the whole; they sum to 1, so that a factor shared by all paths passes unchanged."""
    network = random_network(seed)
    rates = shared_rates(network, np.random.default_rng(seed))
    made = effective_diffusivity_estimate(network, rates, name="ln D", direction=direction)

    def log_D(logs: np.ndarray) -> float:
        D = effective_diffusivity(with_rates(network, logs))
        n = np.array(direction or [1, 0]) / np.linalg.norm(direction or [1, 0])
        return float(np.log(np.trace(D) / 2 if direction is None else n @ D @ n))

    h = 1e-4
    numeric = [(log_D(rates.mean + h * e) - log_D(rates.mean - h * e)) / (2 * h) for e in np.eye(len(network.paths))]
    assert made.mean[0] == pytest.approx(log_D(rates.mean), abs=1e-12)
    np.testing.assert_allclose(made.factors["each"].values[0], 0.1 * np.array(numeric), atol=1e-6)
    assert made.factors["potential"].values[0, 0] == pytest.approx(0.4, rel=1e-12)


def two_hops(T: float) -> tuple[HopNetwork, Estimate, Estimate]:
    """Two mechanisms on the triangular lattice from barriers, their estimate and that of the rates."""
    one = lattice("triangular", jump_length=2.8e-10)
    network = superpose({"ODH": one, "TSH": one})
    parts = [
        hopping_diffusivity(
            Estimate(("b [eV]",), np.array([barrier]), {"functional": Factor(np.array([[0.05]]), ("PBE",))}),
            material="LCO",
            hop=hop,
            jump_length=2.8e-10,
            coordination=6,
            dimension=2,
            attempt_frequency=1e13,
            attempt_frequency_std_ln=0.5,
            source=f"{hop} frequency",
        )
        for hop, barrier in (("ODH", 0.30), ("TSH", 0.28))
    ]
    names = [name for part in parts for name in part.names]
    hops = combine(parts, np.eye(4), names, np.concatenate([part.mean for part in parts]), method="two hops")
    return network, hops, activated_rates(network, hops, material="LCO", T=T)


def test_activated_rates_give_back_the_sum_of_both_hops() -> None:
    """On equal sites D = Σ D0 e^{-E/kT}, the rates are ν0 e^{-E/kT}, and a barrier error common to both moves ln D by 1/kT."""
    kT = BOLTZMANN * 300 / ELEMENTARY_CHARGE
    network, hops, rates = two_hops(300.0)
    np.testing.assert_allclose(rates.mean, np.log(1e13) - np.array([0.30, 0.28]) / kT, rtol=1e-13)
    made = effective_diffusivity_estimate(network, rates, name="LCO ln(D_J [m2.s-1])")
    by_hand = np.exp(hops.mean[0] - 0.30 / kT) + np.exp(hops.mean[2] - 0.28 / kT)
    assert made.mean[0] == pytest.approx(np.log(by_hand), abs=1e-12)
    assert abs(made.factors["functional"].values).sum() == pytest.approx(0.05 / kT, rel=1e-12)
    share = np.exp(0.02 / kT) / (1 + np.exp(0.02 / kT))
    assert abs(made.factors["TSH frequency"].values).sum() == pytest.approx(0.5 * share, rel=1e-12)


def attempts() -> HopNetwork:
    """Two kinds of sites and three paths, all tries 1e13 per second."""
    nu = 1e13
    hops = [(0, 1, (0, 0), nu, nu, "short"), (1, 0, (1, 0), nu, nu, "long"), (0, 0, (0, 1), nu, nu, "side")]
    return both_ways([[3.0, 0.0], [0.7, 2.0]], [[0.0, 0.0], [0.4, 0.3]], hops)


def energies(values: list[float]) -> Estimate:
    """Energies [eV] of two sites and three saddles, an error of each alone and one common to all."""
    n = len(values)
    each = Factor(0.02 * np.eye(n), tuple(map(str, range(n))))
    return Estimate(tuple("abcde"[:n]), np.array(values), {"each": each, "zero of energy": Factor(np.ones((n, 1)), ("0",))})


@pytest.mark.parametrize("direction", [None, [1.0, 0.3]])
def test_energies_of_sites_and_saddles(direction: list[float] | None) -> None:
    """The rates are ν e^{-(S-E)/kT}; derivatives by all five energies equal differences; the zero of energy is no matter."""
    kT = BOLTZMANN * 400 / ELEMENTARY_CHARGE
    at = np.array([0.1, 0.05, 0.4, 0.45, 0.5])

    def made(e: np.ndarray) -> Estimate:
        return diffusivity_from_energies(attempts(), energies(list(e)), T=400.0, name="ln D", direction=direction)

    h = 1e-4
    numeric = [(made(at + h * e).mean[0] - made(at - h * e).mean[0]) / (2 * h) for e in np.eye(5)]
    np.testing.assert_allclose(made(at).factors["each"].values[0], 0.02 * np.array(numeric), rtol=1e-5, atol=1e-7)
    assert made(at).factors["zero of energy"].values[0, 0] == pytest.approx(0, abs=1e-10)
    rate = {"short": 0.4, "long": 0.45, "side": 0.5}
    hops = [
        (i, j, t, 1e13 * np.exp(-(rate[k] - at[i]) / kT), 1e13 * np.exp(-(rate[k] - at[j]) / kT), k)
        for i, j, t, k in ((0, 1, (0, 0), "short"), (1, 0, (1, 0), "long"), (0, 0, (0, 1), "side"))
    ]
    D = effective_diffusivity(both_ways([[3.0, 0.0], [0.7, 2.0]], [[0.0, 0.0], [0.4, 0.3]], hops))
    n = np.array(direction or [1.0, 0.0]) / np.linalg.norm(direction or [1.0, 0.0])
    assert made(at).mean[0] == pytest.approx(np.log(np.trace(D) / 2 if direction is None else n @ D @ n), abs=1e-9)


def test_energies_are_refused() -> None:
    with pytest.raises(ValueError, match="4 energies for 2 sites and the paths short, long, side"):
        diffusivity_from_energies(attempts(), energies([0.1, 0.1, 0.4, 0.4]), T=300.0, name="ln D")
    with pytest.raises(ValueError, match="saddle of 'long' is not above site 0"):
        diffusivity_from_energies(attempts(), energies([0.3, 0.1, 0.4, 0.3, 0.5]), T=300.0, name="ln D")
    with pytest.raises(ValueError, match="temperature must be positive, got -1 K"):
        diffusivity_from_energies(attempts(), energies([0.1, 0.1, 0.4, 0.4, 0.4]), T=-1.0, name="ln D")
    with pytest.raises(ValueError, match="attempt frequencies differ there and back"):
        diffusivity_from_energies(two_mechanisms(), energies([0.1, 0.1, 0.4, 0.4, 0.4]), T=300.0, name="ln D")


def test_no_way_in_a_direction_is_refused() -> None:
    network = both_ways(np.eye(2), [[0.0, 0.0]], [(0, 0, (1, 0), 1.0, 1.0, "hop")])
    rates = declare(["w"], [0.0], std=0.1, source="s", reason="test")
    assert effective_diffusivity_estimate(network, rates, name="ln D", direction=[2, 0]).mean[0] == pytest.approx(0)
    with pytest.raises(ValueError, match="D is zero in this direction"):
        effective_diffusivity_estimate(network, rates, name="ln D", direction=[0, 1])
    with pytest.raises(ValueError, match="direction must be 2 numbers"):
        effective_diffusivity_estimate(network, rates, name="ln D", direction=[0, 0])


def test_unjoined_sites_need_probabilities() -> None:
    """Two separate chains in one cell: the mean of both, weighted by what is given."""
    hops = [(0, 0, (1, 0), 1.0, 1.0, "a"), (1, 1, (1, 0), 4.0, 4.0, "b")]
    with pytest.raises(ValueError, match="rates do not determine probabilities"):
        both_ways(np.eye(2), [[0.0, 0.0], [0.0, 0.5]], hops)
    fine = lattice("square")
    network = HopNetwork(
        np.eye(2),
        np.array([[0.0, 0.0], [0.0, 0.5]]),
        np.array([0, 0, 1, 1]),
        np.array([0, 0, 1, 1]),
        np.array([[1, 0], [-1, 0], [1, 0], [-1, 0]]),
        np.array([1.0, 1.0, 4.0, 4.0]),
        probability=np.array([0.75, 0.25]),
    )
    assert effective_diffusivity(network)[0, 0] == pytest.approx(0.75 * 1 + 0.25 * 4)
    assert fine.paths == ("hop",)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rate": [1.0, 1.0, 1.0, 0.0]}, "a rate is not a positive number"),
        ({"rate": [1.0, 1.0, 1.0, np.nan]}, "a rate is not a positive number"),
        ({"rate": [1.0, 2.0, 1.0, 1.0]}, "carries 0.5 times the flow of its way back.*detailed balance"),
        ({"to_site": [0, 0, 0, 1]}, "names site 1, of 1"),
        ({"translation": [[1, 0], [-1, 0], [0, 1], [0, 0]]}, "hop 3 leads from a site to itself"),
        ({"translation": [[1, 0], [-1, 0], [0, 1], [0, 1]]}, "listed twice under one path name"),
        ({"translation": [[1, 0], [-1, 0], [0, 1], [0, -2]]}, "hop 2 .* has no way back"),
        ({"translation": [[1, 0], [-1, 0], [0, 1], [0, -0.5]]}, "translation must be whole numbers"),
        ({"cell": [[1.0, 0.0], [2.0, 0.0]]}, "cell vectors independent"),
        ({"sites": [[0.0, 0.0, 0.0]]}, r"sites has shape \(1, 3\), expected \(1, 2\)"),
        ({"path": ("a", "b")}, "path has shape"),
        ({"probability": [0.5]}, "sum 1"),
        ({"path": ("a", "b", "a", "a")}, "has no way back"),
    ],
)
def test_refused(change: dict[str, Any], message: str) -> None:
    good: dict[str, Any] = {
        "cell": np.eye(2),
        "sites": np.zeros((1, 2)),
        "from_site": [0] * 4,
        "to_site": [0] * 4,
        "translation": [[1, 0], [-1, 0], [0, 1], [0, -1]],
        "rate": np.ones(4),
    }
    assert effective_diffusivity(HopNetwork(**good)) == pytest.approx(np.eye(2))
    with pytest.raises(ValueError, match=message):
        HopNetwork(**{**good, **change})


def test_arguments_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="lattice 'hcp' is unknown; take one of chain, square"):
        lattice("hcp")
    with pytest.raises(ValueError, match="jump_length 0 and rate 1 must be positive"):
        lattice("fcc", jump_length=0.0)
    with pytest.raises(ValueError, match="repeat along 3 vectors"):
        repeat(lattice("fcc"), (2, 2))
    with pytest.raises(ValueError, match="cell of 'b' is not that of 'a'"):
        superpose({"a": lattice("fcc"), "b": lattice("bcc")})
    with pytest.raises(ValueError, match="2 rates for the paths hop"):
        with_rates(lattice("fcc"), [0.0, 1.0])
    with pytest.raises(ValueError, match="temperature must be positive, got 0 K"):
        two_hops(0.0)
    with pytest.raises(ValueError, match="no coefficient 'LCO hop ln"):
        activated_rates(lattice("fcc"), two_hops(300.0)[1], material="LCO", T=300.0)


def test_record_keeps_its_own_arrays() -> None:
    rate = np.ones(2)
    network = HopNetwork(np.eye(1), np.zeros((1, 1)), np.zeros(2, int), np.zeros(2, int), np.array([[1], [-1]]), rate)
    rate[0] = 9.0
    assert network.rate[0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        network.rate[0] = 2.0
    assert len(neighbour_hops(np.eye(1), np.zeros((1, 1))).rate) == 2
