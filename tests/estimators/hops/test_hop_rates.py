"""Hops counted in trajectories: rates and correlation factors with known truth, and whether their error bars cover."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import digamma, polygamma
from scipy.stats import poisson

from a2c_pybamm.data import SiteOccupation, Sites
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators import (
    HopNetwork,
    NotDiffusive,
    assign_sites,
    effective_diffusivity,
    effective_diffusivity_estimate,
    fit_correlation_factor,
    fit_hop_rates,
    fit_tracer_diffusivity,
    keep_paths,
    lattice,
    mean_squared_displacement,
    observed_network,
    repeat,
    site_trajectory,
    superpose,
    tracer_correlation_factor,
)
from a2c_pybamm.estimators.hops import hop_correlation
from a2c_pybamm.estimators.hops.hop_rates import shrunk_correlation
from a2c_pybamm.synthetic import independent_walk, lattice_gas_walk, network_sites, rattling_trajectory

STEP = 1e-13
JUMP = 3e-10
RATES: dict[str, Any] = {"material": "X", "source": "MD (hops)"}
FACTOR: dict[str, Any] = {"name": "X ln(f)", "source": "MD (hops, f)"}


def pairs(fast: float = 1e11, slow: float = 4e10, ratio: float = 1.0) -> HopNetwork:
    """Sites A and B in turn along x, 2.4 and 3.6 Å apart; B holds a walker ``ratio`` times as long as A."""
    return HopNetwork(
        cell=np.diag([6e-10, 4e-10]),
        sites=np.array([[0.0, 0.0], [0.4, 0.0]]),
        from_site=np.array([0, 1, 1, 0]),
        to_site=np.array([1, 0, 0, 1]),
        translation=np.array([[0, 0], [0, 0], [1, 0], [-1, 0]]),
        rate=np.array([fast, fast / ratio, slow / ratio, slow]),
        path=("inside",) * 2 + ("between",) * 2,
    )


def hops_of_walkers(
    network: HopNetwork, seed: int, *, n_frame: int, n_walker: int = 24, kind: Sequence[str] = (), rattle: float = 0.2e-10
) -> SiteOccupation:
    """What is seen of walkers that ignore one another, and rattle."""
    rng = np.random.default_rng(seed)
    walk = independent_walk(network, n_frame=n_frame, n_walker=n_walker, interval=STEP, rng=rng)
    trajectory = rattling_trajectory(walk, interval=STEP, rng=rng, rattle=rattle)
    return assign_sites(trajectory, "Li", network_sites(network, kind), exclusive=False)


def hops_of_gas(walk: np.ndarray, sites: Sites, seed: int, interval: float) -> SiteOccupation:
    trajectory = rattling_trajectory(walk, interval=interval, rng=np.random.default_rng(seed), rattle=0.35e-10)
    return assign_sites(trajectory, "Li", sites)


def rate_of(estimate: Estimate, path: str) -> tuple[float, float]:
    """Mean and standard deviation of the one coefficient whose name has this in it."""
    (k,) = (k for k, name in enumerate(estimate.names) if path in name)
    return float(estimate.mean[k]), float(estimate.std[k])


def check_coverage(
    label: str, z: Sequence[float], n: int, *, fitted: float = 0.94, nominal: tuple[float, float] = (0.6827, 0.95)
) -> None:
    """68 and 95 % of the intervals hold the truth, within three binomial standard deviations; refusals stay rare."""
    errors = np.abs(z)
    inside = [float((errors < half).mean()) for half in (1.0, 1.96)]
    print(
        f"{label}: {len(z)} of {n} fitted, 68 % interval {inside[0]:.1%}, 95 % interval {inside[1]:.1%}, "
        f"mean {np.mean(z):.2f}, std {np.std(z):.2f}"
    )
    assert len(z) > fitted * n
    for found, expected in zip(inside, nominal, strict=True):
        assert abs(found - expected) < 3 * np.sqrt(expected * (1 - expected) / n)


# Networks that were seen


def test_observed_network_is_the_one_walked_on() -> None:
    """All hops of the lattice, seen or not, one path; its diffusivity at the true rate is exact."""
    true = lattice("triangular", jump_length=JUMP)
    walked = replace(true, rate=np.full(6, 2e9))
    network = observed_network(hops_of_walkers(walked, 0, n_frame=200))
    assert network.paths == ("site-site 3.00 Å",)
    assert len(network.rate) == 6
    np.testing.assert_allclose(effective_diffusivity(network)[:2, :2], effective_diffusivity(true), rtol=1e-9)


def test_paths_have_kinds_and_detailed_balance() -> None:
    """Rates there and back are as the time spent on the other kind to that on the own; names are in order of length."""
    occupation = hops_of_walkers(pairs(ratio=3.0), 1, n_frame=600, kind=("A", "B"))
    network = observed_network(occupation)
    assert [path for path in network.paths if "A-B" in path] == ["A-B 2.40 Å", "A-B 3.60 Å"]
    time = [(occupation.site == k).sum() for k in (0, 1)]
    assert network.probability is not None
    assert network.probability[1] / network.probability[0] == pytest.approx(time[1] / time[0], rel=1e-3)
    back = network.rate[(network.from_site == 1) & (network.to_site == 0)]
    np.testing.assert_allclose(back, time[0] / time[1], rtol=1e-3)


def test_the_probability_of_exclusive_sites_is_their_odds() -> None:
    """Two kinds by energy: occupation is Fermi's, so that the odds are Boltzmann's factors at any filling."""
    sites = Sites(1e-9 * np.eye(3), np.array([[0.1 * k, 0, 0] for k in range(8)]), ("A",) * 4 + ("B",) * 4)
    rng = np.random.default_rng(0)
    site = np.stack([rng.permutation(4)[:3] for _ in range(500)])
    site = np.concatenate([site, np.where(rng.random((500, 1)) < 0.5, 4, 5)], axis=1).astype(np.int32)
    none = np.zeros(0, dtype=int)
    still = SiteOccupation("Li", sites, site, none, none, none, none, np.zeros((0, 3), dtype=int), STEP, 300.0)
    hop = replace(
        still,
        hop_frame=np.array([3]),
        hop_ion=np.array([0]),
        hop_from=np.array([0]),
        hop_to=np.array([1]),
        hop_translation=np.zeros((1, 3), dtype=int),
    )
    p = observed_network(hop).probability
    assert p is not None
    assert p[0] / p[4] == pytest.approx((0.75 / 0.25) / (0.25 / 0.75), rel=2e-2)
    with pytest.raises(ValueError, match="no hop in 49"):
        observed_network(still)


def test_keep_paths() -> None:
    network = superpose({"a": lattice("sc"), "b": replace(lattice("sc"), translation=2 * lattice("sc").translation)})
    assert keep_paths(network, ["b"]).paths == ("b",)
    with pytest.raises(ValueError, match="no path 'c'"):
        keep_paths(network, ["c"])


# Rates


def test_known_rates_are_recovered() -> None:
    """Two paths on sites of two kinds, within their errors of 3 and 6 %, and less than four of them."""
    fast, slow = 1e11, 2e10
    occupation = hops_of_walkers(pairs(fast, slow, 2.0), 3, n_frame=3000, kind=("A", "B"))
    rates = fit_hop_rates(occupation, observed_network(occupation), **RATES)
    for path, truth in (("2.40", fast), ("3.60", slow)):
        mean, std = rate_of(rates, path)
        assert abs(mean - np.log(truth)) < 3 * std
        assert std < 0.12
    assert rates.names[0] == "X A-B 2.40 Å ln(rate 300 K [s-1])"


def test_one_path_is_jeffreys_posterior() -> None:
    """Few ions, so that nothing widens it: digamma and trigamma of n + 1/2, and the time of all chances."""
    network = lattice("sc", jump_length=JUMP, rate=1.0)
    occupation = hops_of_walkers(replace(network, rate=np.full(6, 5e9)), 2, n_frame=500, n_walker=7)
    n = (np.linalg.norm(occupation.hop_vector, axis=1) < 1.1 * JUMP).sum()
    rates = fit_hop_rates(occupation, observed_network(occupation), **RATES)
    assert rates.provenance["paths"]["site-site 3.00 Å"]["hops"] == n
    assert rates.mean[0] == pytest.approx(digamma(n + 0.5) - np.log(6 * 7 * 499 * STEP))
    assert np.linalg.norm(rates.factors["MD (hops)"].values[0]) == pytest.approx(np.sqrt(polygamma(1, n + 0.5)))
    assert "fewer than eight" in rates.provenance["error bar"]


def test_hysteresis_is_needed() -> None:
    """Ions that rattle by 15 % of the way: the nearest site counts several times the true rate, cores do not."""
    rate = 2e9
    rng = np.random.default_rng(0)
    network = lattice("triangular", jump_length=JUMP, rate=rate)
    walk = independent_walk(network, n_frame=2000, n_walker=24, interval=STEP, rng=rng)
    trajectory = rattling_trajectory(walk, interval=STEP, rng=rng, rattle=0.15 * JUMP)
    found = {}
    for hysteresis in (0.5, 1.0):
        occupation = assign_sites(trajectory, "Li", network_sites(network), hysteresis=hysteresis, exclusive=False)
        counts = len(occupation.hop_frame) / (6 * 24 * occupation.duration)
        found[hysteresis] = counts / rate
    print(f"rate over the true one: nearest site {found[1.0]:.2f}, cores {found[0.5]:.2f}")
    assert found[1.0] > 3
    assert 0.8 < found[0.5] < 1.2


def test_a_full_crystal_has_the_rate_into_an_empty_site() -> None:
    """Lattice gas: the rate does not depend on the filling, and (1-x) D of the network is D_J."""
    rate, interval = 5e10, 2e-13
    network = lattice("square", jump_length=JUMP, rate=rate)
    sites = network_sites(repeat(network, (6, 6)))
    for seed, filling in enumerate((0.25, 0.9)):
        rng = np.random.default_rng(seed)
        walk = lattice_gas_walk(network, (6, 6), occupancy=filling, n_frame=1500, interval=interval, n_replica=1, rng=rng)
        occupation = hops_of_gas(walk[:, 0], sites, seed, interval)
        seen = observed_network(occupation)
        rates = fit_hop_rates(occupation, seen, **RATES)
        mean, std = rate_of(rates, "3.00 Å")
        assert abs(mean - np.log(rate)) < 3 * std
        flows = fit_hop_rates(occupation, seen, **RATES, quantity="flow")
        D = effective_diffusivity_estimate(seen, flows, name="ln D", direction=[1, 0, 0])
        assert abs(D.mean[0] - np.log(effective_diffusivity(network)[0, 0])) < 3 * D.std[0]
        assert std < 0.12


def test_a_given_network_gives_factors_on_its_rates() -> None:
    """Own paths on the same sites listed in other cells; one is never seen and has an upper bound of three over its time."""
    occupation = hops_of_walkers(lattice("sc", jump_length=JUMP, rate=5e9), 1, n_frame=300)
    near = lattice("sc", jump_length=JUMP, rate=10.0)
    near = replace(near, sites=near.sites + 2.0)
    face = replace(
        near,
        from_site=np.zeros(2, int),
        to_site=np.zeros(2, int),
        translation=np.array([[1, 1, 0], [-1, -1, 0]]),
        rate=np.ones(2),
        path=(),
    )
    network = superpose({"near": near, "face": face})
    rates = fit_hop_rates(occupation, network, **RATES)
    assert rates.names == ("X near ln(rate 300 K [s-1])",)
    assert rates.mean[0] == pytest.approx(fit_hop_rates(occupation, observed_network(occupation), **RATES).mean[0] - np.log(10))
    (bound,) = rates.provenance["paths not seen, upper bound of the factor (95 %)"].values()
    assert bound == pytest.approx(3 / (2 * 24 * 299 * STEP))
    assert effective_diffusivity_estimate(keep_paths(network, ["near"]), rates, name="ln D").mean[0] == pytest.approx(
        rates.mean[0] + np.log(effective_diffusivity(near)[0, 0])
    )


def test_what_does_not_fit_is_refused() -> None:
    network = lattice("sc", jump_length=JUMP, rate=5e9)
    occupation = hops_of_walkers(network, 1, n_frame=300)
    face = replace(network, translation=network.translation * 2)
    with pytest.raises(ValueError, match=r"100% of the \d+ hops seen are not in it .* write frames more often"):
        fit_hop_rates(occupation, face, **RATES)
    with pytest.raises(ValueError, match="two of its paths join the same sites"):
        fit_hop_rates(occupation, superpose({"a": network, "b": network}), **RATES)
    with pytest.raises(ValueError, match="build it on these sites"):
        fit_hop_rates(occupation, lattice("bcc"), **RATES)
    with pytest.raises(ValueError, match="site 0 is not where"):
        fit_hop_rates(occupation, replace(network, sites=network.sites + 0.1), **RATES)
    none = np.zeros(0, dtype=int)
    still = replace(
        occupation, hop_frame=none, hop_ion=none, hop_from=none, hop_to=none, hop_translation=np.zeros((0, 3), dtype=int)
    )
    with pytest.raises(ValueError, match=r"X: none of hop is seen in 29\.9 ps of 24 ions; run longer"):
        fit_hop_rates(still, network, **RATES)
    mixed = hops_of_walkers(pairs(), 0, n_frame=300, kind=("A", "B"))
    seen = observed_network(mixed)
    with pytest.raises(ValueError, match="joins several pairs of kinds"):
        fit_hop_rates(mixed, _with_side_hops(keep_paths(seen, ["A-B 2.40 Å", "A-B 3.60 Å"])), **RATES)
    few = hops_of_walkers(pairs(), 0, n_frame=300, n_walker=7, kind=("A", "B"))
    with pytest.raises(ValueError, match="7 ions are too few for the error of their occupation of 2 kinds"):
        fit_hop_rates(few, observed_network(few), **RATES, quantity="flow")
    assert (fit_hop_rates(few, observed_network(few), **RATES).std > 0).all()


def _with_side_hops(network: HopNetwork) -> HopNetwork:
    """One path name for hops from A to B and from A to A."""
    side = np.array([[0, 1, 0], [0, -1, 0]])
    return HopNetwork(
        network.cell,
        network.sites,
        np.concatenate([network.from_site, [0, 0]]),
        np.concatenate([network.to_site, [0, 0]]),
        np.concatenate([network.translation, side]),
        np.concatenate([network.rate, [1.0, 1.0]]),
        (),
        network.probability,
    )


def test_frames_far_apart_lower_counts_but_neither_rates_nor_diffusivity() -> None:
    """12 % of the visits last one frame, as many hops are missed: rates are corrected, and longer hops make up for it in D."""
    network = lattice("sc", jump_length=JUMP, rate=2e11)
    occupation = hops_of_walkers(network, 0, n_frame=1000)
    seen = observed_network(occupation)
    rates, flows = (fit_hop_rates(occupation, seen, **RATES, quantity=quantity) for quantity in ("rate", "flow"))
    near = rates.provenance["paths"]["site-site 3.00 Å"]
    counted = np.log(near["hops"] / near["chances [s]"] / 2e11)
    assert counted == pytest.approx(-0.12, abs=3 / np.sqrt(near["hops"]))
    mean, std = rate_of(rates, "3.00 Å")
    assert abs(mean - np.log(2e11)) < 2 * std
    assert np.linalg.norm(rates.factors["MD (hops) (frame spacing)"].values[0]) == pytest.approx(0.06, abs=0.01)
    assert set(flows.factors) == {"MD (hops)"}
    D = effective_diffusivity_estimate(seen, flows, name="ln D")
    assert abs(D.mean[0] - np.log(effective_diffusivity(network)[0, 0])) < 3 * D.std[0] < 0.07
    near_alone = keep_paths(seen, ["site-site 3.00 Å"])
    short = fit_hop_rates(occupation, near_alone, **RATES, quantity="flow")  # the longer hops are left out, and stated
    lost = np.linalg.norm(short.factors["MD (hops) (frame spacing)"].values)
    low = effective_diffusivity_estimate(near_alone, short, name="ln D").mean[0] - D.mean[0]
    assert 0.05 < lost < 0.15
    assert low == pytest.approx(np.log(1 - lost), abs=0.005)


def test_frames_too_far_apart_are_refused() -> None:
    """Six hops of 1e12 per second and frames of 0.1 ps: nearly half of the visits last one frame."""
    occupation = hops_of_walkers(lattice("sc", jump_length=JUMP, rate=1e12), 0, n_frame=100, rattle=0.0)
    with pytest.raises(ValueError, match=r"of the visits to 'site' last one frame, .* write frames more often"):
        fit_hop_rates(occupation, observed_network(occupation), **RATES)


def test_ions_that_move_together_are_refused() -> None:
    """A ring of ions that all step on at once: each goes where the next one was."""
    walk = np.zeros((40, 10, 1)) + JUMP * (np.arange(10)[:, None] + (np.arange(40) // 8)[:, None, None])
    chain = lattice("chain", jump_length=JUMP)
    trajectory = rattling_trajectory(walk, interval=STEP, rng=np.random.default_rng(0))
    occupation = assign_sites(trajectory, "Li", network_sites(repeat(chain, (12,))))
    with pytest.raises(ValueError, match="ions move together"):
        fit_hop_rates(occupation, observed_network(occupation), **RATES)


@given(st.integers(0, 10**6), st.integers(8, 40), st.integers(1, 6))
def test_shrunk_correlations_are_correlations(seed: int, n_ion: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    deviation = rng.normal(size=(n_ion, n)) + rng.normal(size=(n_ion, 1)) * rng.uniform(0, 3, n)
    r = shrunk_correlation(deviation - deviation.mean(axis=0))
    np.testing.assert_array_equal(np.diag(r), 1.0)
    assert np.linalg.eigvalsh(r)[0] > -1e-9
    assert np.abs(r).max() <= 1 + 1e-9


def test_shrinking_forgets_chance_and_keeps_what_is_there() -> None:
    rng = np.random.default_rng(0)
    alone = np.mean([np.abs(shrunk_correlation(rng.normal(size=(24, 4)))[np.triu_indices(4, 1)]).mean() for _ in range(50)])
    common = rng.normal(size=(24, 1)) + 0.1 * rng.normal(size=(24, 4))
    assert alone < 0.08  # unshrunk 0.16
    assert shrunk_correlation(common - common.mean(axis=0))[np.triu_indices(4, 1)].min() > 0.9


# Calibration of rates


def exact_coverage(expected: float) -> tuple[float, float]:
    """Share of the intervals of a Poisson count that hold the truth, summed over all counts but zero, which are left out."""
    n = np.arange(1, 600)
    weight = poisson.pmf(n, expected) / (1 - np.exp(-expected))
    z = np.abs(digamma(n + 0.5) - np.log(expected)) / np.sqrt(polygamma(1, n + 0.5))
    return float(weight[z < 1].sum()), float(weight[z < 1.96].sum())


@pytest.mark.parametrize("expected", [2, 3, 5, 10, 30, 100])
def test_jeffreys_intervals_cover(expected: int) -> None:
    """A count jumps, and the coverage with it: within 16 and 3 points below ten hops, 6 and 1.5 from ten on."""
    inside = exact_coverage(expected)
    print(f"{expected} hops expected: 68 % interval {inside[0]:.1%}, 95 % interval {inside[1]:.1%}")
    assert abs(inside[0] - 0.6827) < (0.16 if expected < 10 else 0.06)
    assert abs(inside[1] - 0.95) < (0.03 if expected < 10 else 0.015)


def test_jeffreys_intervals_cover_on_average() -> None:
    """Over expected counts from 2 to 100, evenly in the logarithm: within 4 points and 1 point."""
    inside = np.mean([exact_coverage(mu) for mu in np.geomspace(2, 100, 200)], axis=0)
    print(f"2 to 100 hops expected: 68 % interval {inside[0]:.1%}, 95 % interval {inside[1]:.1%}")
    assert abs(inside[0] - 0.6827) < 0.04
    assert abs(inside[1] - 0.95) < 0.01


def errors_of_rate(expected: float, n_run: int, n_frame: int) -> list[float]:
    """(ln rate - truth)/std of 24 walkers on a cubic lattice, with so many hops expected in each run."""
    rate = expected / (6 * 24 * (n_frame - 1) * STEP)
    network = lattice("sc", jump_length=JUMP, rate=rate)
    errors = []
    for seed in range(n_run):
        occupation = hops_of_walkers(network, seed, n_frame=n_frame)
        if len(occupation.hop_frame):
            mean, std = rate_of(fit_hop_rates(occupation, observed_network(occupation), **RATES), "3.00 Å")
            errors.append((mean - np.log(rate)) / std)
    return errors


@pytest.mark.calibration
@pytest.mark.parametrize(("expected", "n_frame"), [(2, 100), (5, 200), (20, 300), (100, 1000)])
def test_error_bars_of_rates_cover(expected: int, n_frame: int) -> None:
    """200 runs, counted from rattling trajectories: as Jeffreys' intervals do, the widening rarely makes them longer."""
    z = errors_of_rate(expected, 200, n_frame)
    check_coverage(f"{expected} hops", z, 200, fitted=0.8, nominal=exact_coverage(expected))


def bunches(seed: int, *, returns: float, n_frame: int = 2000, n_ion: int = 24, rate: float = 0.002) -> SiteOccupation:
    """Ions on a chain that hop with so much probability a frame, and each time at once back with probability ``returns``."""
    rng = np.random.default_rng(seed)
    step = np.zeros((n_frame, n_ion), dtype=int)
    start = rng.random((n_frame - 4, n_ion)) < rate
    step[1:-3] = np.where(start, rng.choice([-1, 1], size=start.shape), 0)
    back = (rng.random(start.shape) < returns) * step[1:-3]
    step[3:-1] -= back
    place = 50 * np.arange(n_ion) + np.cumsum(step, axis=0)
    chain = lattice("chain", jump_length=JUMP)
    trajectory = rattling_trajectory(place[..., None] * JUMP, interval=STEP, rng=rng, rattle=0.2e-10)
    return assign_sites(trajectory, "Li", network_sites(chain), exclusive=False)


def errors_of_bunches(returns: float, n: int) -> tuple[list[float], list[float], float]:
    """(ln rate - truth)/std with the widening and without it, and the mean overdispersion."""
    rate, z, bare, widened = 0.002, [], [], []
    for seed in range(n):
        occupation = bunches(seed, returns=returns, rate=rate)
        estimate = fit_hop_rates(occupation, keep_paths(observed_network(occupation), ["site-site 3.00 Å"]), **RATES)
        hops = estimate.provenance["paths"]["site-site 3.00 Å"]["hops"]
        truth = np.log(rate * (1 + returns) * (2000 - 4) / 1999 / 2 / STEP)  # back after two frames: no visit is missed
        z.append(float((estimate.mean[0] - truth) / estimate.std[0]))
        bare.append(float((estimate.mean[0] - truth) / np.sqrt(polygamma(1, hops + 0.5))))
        widened.append(estimate.provenance["paths"]["site-site 3.00 Å"]["overdispersion"])
    return z, bare, float(np.mean(widened))


@pytest.mark.slow
def test_hops_in_bunches_have_a_wider_error() -> None:
    """Every hop is taken back: they come in twos, and the variance of their number is twice Poisson's."""
    z, bare, widened = errors_of_bunches(1.0, 120)
    print(f"bunches of two: overdispersion {widened:.2f}, std of z without it {np.std(bare):.2f}, with it {np.std(z):.2f}")
    assert 1.6 < widened < 2.2
    assert np.std(bare) > 1.25
    check_coverage("bunches of two", z, 120)


def test_hops_in_bunches_are_seen() -> None:
    _, _, widened = errors_of_bunches(1.0, 3)
    _, _, single = errors_of_bunches(0.0, 3)
    assert widened > 1.4
    assert single < 1.2


# Diffusivity of the network that was seen


def errors_of_diffusivity(network: HopNetwork, kind: Sequence[str], n: int, n_frame: int) -> dict[str, list[float]]:
    """Standardised errors of ln D along x against the exact one, and of ln rates of both paths."""
    exact = np.log(effective_diffusivity(network)[0, 0])
    errors: dict[str, list[float]] = {"D": [], "2.40": [], "3.60": []}
    for seed in range(n):
        occupation = hops_of_walkers(network, seed, n_frame=n_frame, kind=kind)
        seen = observed_network(occupation)
        D = effective_diffusivity_estimate(
            seen, fit_hop_rates(occupation, seen, **RATES, quantity="flow"), name="ln D", direction=[1, 0, 0]
        )
        errors["D"].append(float((D.mean[0] - exact) / D.std[0]))
        rates = fit_hop_rates(occupation, seen, **RATES)
        for path, truth in (("2.40", network.rate[0]), ("3.60", network.rate[3])):
            mean, std = rate_of(rates, path)
            errors[path].append((mean - float(np.log(truth))) / std)
    return errors


@pytest.mark.calibration
@pytest.mark.parametrize(("ratio", "kind"), [(1.0, ("A", "A")), (1.0, ("A", "B")), (4.0, ("A", "B"))])
def test_error_bars_of_the_networks_diffusivity_cover(ratio: float, kind: tuple[str, str]) -> None:
    """Fast inside pairs, slow between, on sites of one or two kinds; 100 runs: errors that are a third off are seen."""
    errors = errors_of_diffusivity(pairs(1e11, 3e10, ratio), kind, 100, 1000)
    for what, z in errors.items():
        check_coverage(f"{what}, {''.join(kind)}, ratio {ratio:g}", z, 100)


def test_diffusivity_by_hops_and_by_displacements_agree() -> None:
    """Of the same run, within their joint error; counting hops as if they were independent is refuted."""
    network = pairs(2e11, 2e10)
    rng = np.random.default_rng(2)
    walk = independent_walk(network, n_frame=3000, n_walker=48, interval=STEP, rng=rng)
    trajectory = rattling_trajectory(walk, interval=STEP, rng=rng, rattle=0.2e-10)
    occupation = assign_sites(trajectory, "Li", network_sites(network, ("A", "B")), exclusive=False)
    seen = observed_network(occupation)
    by_hops = effective_diffusivity_estimate(
        seen, fit_hop_rates(occupation, seen, **RATES, quantity="flow"), name="ln D", direction=[1, 0, 0]
    )
    msd = mean_squared_displacement(trajectory, "Li", directions=[0])
    by_msd = fit_tracer_diffusivity(msd, name="ln D_tr", source="MD", window=(2e-11, 1.5e-10))
    joint = np.hypot(by_hops.std[0], by_msd.std[0])
    print(
        f"ln D: by hops {by_hops.mean[0]:.3f} ± {by_hops.std[0]:.3f}, "
        f"by displacements {by_msd.mean[0]:.3f} ± {by_msd.std[0]:.3f}"
    )
    assert abs(by_hops.mean[0] - by_msd.mean[0]) < 2.5 * joint
    assert abs(by_hops.mean[0] - np.log(effective_diffusivity(network)[0, 0])) < 3 * by_hops.std[0]
    assert joint < 0.25
    counted = np.log((occupation.hop_vector[:, 0] ** 2).sum() / (2 * 48 * occupation.duration))
    assert counted - by_msd.mean[0] > 3 * by_msd.std[0]


# Correlation factor


def test_walkers_without_memory_have_factor_one() -> None:
    network = lattice("sc", jump_length=JUMP, rate=1e10)
    factor = fit_correlation_factor(hops_of_walkers(network, 0, n_frame=1500), **FACTOR)
    assert abs(factor.mean[0]) < 3 * factor.std[0]
    assert factor.std[0] < 0.15
    assert factor.names == ("X ln(f)",)
    assert set(factor.factors) <= {"MD (hops, f)", "MD (hops, f) (frame spacing)"}
    counted = factor.provenance["diffusivity of independent hops [m2.s-1]"]
    assert counted == pytest.approx(JUMP**2 * 1e10, rel=0.1)


def test_a_factor_is_known_better_than_the_diffusivity() -> None:
    """What ions that hop often and ions that hop far have in common drops out, in one window."""
    network = lattice("sc", jump_length=JUMP, rate=1e9)
    occupation = hops_of_walkers(network, 1, n_frame=1500)
    window = (1e-12, 7e-11)
    factor = fit_correlation_factor(occupation, **FACTOR, window=window)
    msd = mean_squared_displacement(site_trajectory(occupation), "Li")
    tracer = fit_tracer_diffusivity(msd, name="D", source="MD", window=window)
    assert factor.std[0] < 0.75 * tracer.std[0]


def test_pairs_have_the_networks_factor_along_and_none_across() -> None:
    network = pairs(1e11, 2e10)
    occupation = hops_of_walkers(network, 0, n_frame=5000)
    factor = fit_correlation_factor(occupation, **FACTOR, directions=[0])
    counted = ((network.displacement[:, 0] ** 2) * network.flow).sum() / 2
    assert abs(factor.mean[0] - np.log(effective_diffusivity(network)[0, 0] / counted)) < 3 * factor.std[0]
    with pytest.raises(NotDiffusive, match="no Li hops along"):
        fit_correlation_factor(occupation, **FACTOR, directions=[1])


def test_factors_that_cannot_be_told_are_refused() -> None:
    network = lattice("sc", jump_length=JUMP, rate=1e10)
    with pytest.raises(ValueError, match="7 ions, the scatter between them needs 8"):
        fit_correlation_factor(hops_of_walkers(network, 0, n_frame=300, n_walker=7), **FACTOR)
    rare = lattice("sc", jump_length=JUMP, rate=2e9)
    with pytest.raises(NotDiffusive, match="the memory of a hop lasts for too many"):
        fit_correlation_factor(hops_of_walkers(rare, 0, n_frame=300), **FACTOR)
    hasty = hops_of_walkers(pairs(1e13, 1e11), 0, n_frame=300)
    with pytest.raises(ValueError, match="are taken back one frame later"):
        fit_correlation_factor(hasty, **FACTOR, directions=[0], window=(1e-12, 1e-11))
    shut = pairs(1e11, 1e6)
    with pytest.raises(NotDiffusive):
        fit_correlation_factor(hops_of_walkers(shut, 0, n_frame=1500), **FACTOR, directions=[0])


@pytest.mark.calibration
@pytest.mark.parametrize(("fast", "slow", "n_frame"), [(1e11, 1e11, 1000), (2e11, 5e10, 1500)])
def test_error_bars_of_the_factor_cover(fast: float, slow: float, n_frame: int) -> None:
    """Walkers on a chain of sites in pairs, f = 0.96 and 0.80: 80 runs, the window chosen."""
    network = pairs(fast, slow)
    counted = ((network.displacement[:, 0] ** 2) * network.flow).sum() / 2
    truth = np.log(effective_diffusivity(network)[0, 0] / counted)
    z = []
    for seed in range(80):
        occupation = hops_of_walkers(network, seed, n_frame=n_frame)
        try:
            factor = fit_correlation_factor(occupation, **FACTOR, directions=[0])
        except NotDiffusive:
            continue
        z.append(float((factor.mean[0] - truth) / factor.std[0]))
    check_coverage(f"f = {np.exp(truth):.2f}", z, 80, fitted=0.8)


def factors_of_gas(times: tuple[int, int], filling: float, rate: float, n_frame: int, n_run: int) -> tuple[np.ndarray, int]:
    """Mean, sampling error and error by frame spacing of ln f of triangular lattice gases that rattle, and those refused."""
    network, interval = lattice("triangular", jump_length=JUMP, rate=rate), 2e-13
    sites = network_sites(repeat(network, times))
    rng = np.random.default_rng(5)
    walk = lattice_gas_walk(network, times, occupancy=filling, n_frame=n_frame, interval=interval, n_replica=n_run, rng=rng)
    found = []
    for k in range(n_run):
        try:
            factor = fit_correlation_factor(hops_of_gas(walk[:, k], sites, k, interval), **FACTOR)
        except NotDiffusive:
            continue
        found.append([factor.mean[0], *(np.linalg.norm(part.values) for part in factor.factors.values())])
        assert len(factor.factors) == 2
    return np.array(found), n_run - len(found)


@pytest.mark.calibration
def test_half_filled_triangular_gas_has_its_factor() -> None:
    """By kinetic Monte Carlo f = 0.80 at x = 0.5: the mean of 30 runs, within its error and that of the frames' spacing."""
    found, refused = factors_of_gas((8, 8), 0.5, 5e10, 2500, 30)
    ln_f, spread = found[:, 0].mean(), found[:, 0].std(ddof=1)
    error = spread / np.sqrt(len(found))
    print(f"x = 0.5: f {np.exp(ln_f):.3f} ± {error:.3f}, spread {spread:.3f}, stated {np.hypot(*found[:, 1:].T).mean():.3f}")
    assert refused <= 3
    assert abs(ln_f - np.log(0.80)) < 3 * error + found[:, 2].mean()
    assert 0.6 < spread / found[:, 1].mean() < 1.4


@pytest.mark.calibration
def test_one_vacancy_has_the_tabulated_factor() -> None:
    """One empty site in 100: 0.560 in an infinite crystal and 0.567 at x = 0.99 (kinetic Monte Carlo)."""
    found, refused = factors_of_gas((10, 10), 0.99, 1e11, 6000, 8)
    ln_f, error = found[:, 0].mean(), np.sqrt((found[:, 1] ** 2).mean() / len(found))
    print(f"x = 0.99: f {np.exp(ln_f):.3f} ± {error:.3f}, {refused} refused")
    limit = np.log(tracer_correlation_factor(lattice("triangular")))
    assert refused <= 4
    assert abs(ln_f - limit) < 3 * error + found[:, 2].mean()
    assert error < 0.04


def test_returns_within_a_frame_are_added_to_the_hops(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fast in pairs: a tenth of the visits lasts one frame, a tenth of the squared hops is missed, and f lowered by that."""
    network = pairs(1e12, 2e10)
    occupation = hops_of_walkers(network, 0, n_frame=4000)
    exact = np.log((network.displacement[:, 0] ** 2 * network.flow).sum() * 24 * occupation.duration)
    seen = np.log((occupation.hop_vector**2).sum())
    error = 1.5 / np.sqrt(len(occupation.hop_frame))  # hops of two lengths
    missed = hop_correlation._missed_returns(occupation, [0])
    print(f"squared hops seen: ln {seen - exact:.3f} ± {error:.3f}, corrected {seen + missed - exact:.3f}")
    assert seen - exact < -3 * error
    assert abs(seen + missed - exact) < 3 * error
    window = (2e-11, 2e-10)
    corrected = fit_correlation_factor(occupation, **FACTOR, directions=[0], window=window)
    monkeypatch.setattr(hop_correlation, "_missed_returns", lambda *_: 0.0)
    as_seen = fit_correlation_factor(occupation, **FACTOR, directions=[0], window=window)
    assert corrected.mean[0] == pytest.approx(as_seen.mean[0] - missed)
    assert np.linalg.norm(corrected.factors["MD (hops, f) (frame spacing)"].values) == pytest.approx(missed / 2)
