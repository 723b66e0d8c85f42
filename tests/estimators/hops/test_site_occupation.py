"""Sites of a trajectory: nearest images in any cell, hysteresis against rattling, what is refused."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2c_pybamm.data import SiteOccupation, Sites, Trajectory
from a2c_pybamm.estimators import assign_sites, lattice, repeat, site_trajectory
from a2c_pybamm.estimators.hops import site_occupation as module
from a2c_pybamm.estimators.hops.site_images import neighbour_distance, site_images, site_pairs
from a2c_pybamm.estimators.hops.site_occupation import frames_before_hop
from a2c_pybamm.readers import read_sites
from a2c_pybamm.synthetic import independent_walk, lattice_gas_walk, network_sites, rattling_trajectory

STEP = 1e-13
JUMP = 3e-10
LATTICE = lattice("triangular", jump_length=JUMP, rate=5e10)


def crystal(seed: int, n_site: int, skew: float) -> Sites:
    """Random sites in a random cell, lattice vectors far from orthogonal for a large ``skew``."""
    rng = np.random.default_rng(seed)
    cell = 1e-9 * (np.diag(rng.uniform(0.4, 1.5, 3)) + skew * np.tril(rng.uniform(-1, 1, (3, 3)), -1))
    return Sites(cell, rng.uniform(-1.5, 1.5, (n_site, 3)))


def gas(seed: int, *, rattle: float = 0.4e-10, n_frame: int = 400) -> tuple[np.ndarray, Trajectory, Sites]:
    """Half-filled lattice gas: its exact walk (n_frame, n_ion, 2), the trajectory that rattles about it, and the sites."""
    rng = np.random.default_rng(seed)
    walk = lattice_gas_walk(LATTICE, (6, 6), occupancy=0.5, n_frame=n_frame, interval=STEP, n_replica=1, rng=rng)[:, 0]
    return walk, rattling_trajectory(walk, interval=STEP, rng=rng, rattle=rattle), network_sites(repeat(LATTICE, (6, 6)))


# Images


@given(st.integers(0, 10**6), st.integers(1, 6), st.floats(0, 1.5))
def test_nearest_site_equals_the_search_of_all_images(seed: int, n_site: int, skew: float) -> None:
    """In cells of any shape, for positions many cells away, with sites listed in any cell."""
    sites = crystal(seed, n_site, skew)
    position = 5e-9 * np.random.default_rng(seed + 1).normal(size=(2, 3, 3))
    distance, site, cell = module._nearest(site_images(sites), sites.cell, position)
    np.testing.assert_allclose(
        np.linalg.norm((sites.positions[site] + cell) @ sites.cell - position, axis=2), distance, rtol=1e-6, atol=1e-18
    )
    shifts = np.array(list(product(range(-5, 6), repeat=3)))
    fraction = position @ np.linalg.inv(sites.cell)
    offset = (fraction - np.floor(fraction))[..., None, None, :] - (sites.positions - np.floor(sites.positions))[:, None]
    every = np.linalg.norm((offset - shifts) @ sites.cell, axis=-1).min(axis=(2, 3))
    np.testing.assert_allclose(distance, every, rtol=1e-6, atol=1e-18)


@given(st.integers(0, 10**6), st.integers(1, 4), st.floats(0, 1.0))
def test_pairs_are_those_of_the_loop(seed: int, n_site: int, skew: float) -> None:
    sites, reach = crystal(seed, n_site, skew), 0.9e-9
    pairs = site_pairs(sites, reach)
    found = set(zip(pairs.start.tolist(), pairs.end.tolist(), map(tuple, pairs.translation.tolist()), strict=True))
    shifts = np.array(list(product(range(-8, 9), repeat=3)))
    start, end = np.meshgrid(range(n_site), range(n_site), indexing="ij")
    vector = (sites.positions[end][..., None, :] + shifts - sites.positions[start][..., None, :]) @ sites.cell
    near = np.linalg.norm(vector, axis=-1)
    near = (near <= reach) & ((start != end)[..., None] | shifts.any(axis=1))
    loop = {(int(i), int(j), tuple(shifts[k].tolist())) for i, j, k in np.argwhere(near)}
    assert found == loop
    assert len(found) == len(pairs.start)


def test_neighbour_distance_of_known_lattices() -> None:
    for name in ("triangular", "honeycomb", "sc", "fcc", "diamond"):
        assert neighbour_distance(network_sites(lattice(name, jump_length=JUMP))) == pytest.approx(JUMP)
    with pytest.raises(ValueError, match="lies on another one"):
        neighbour_distance(Sites(1e-9 * np.eye(3), np.array([[0.0, 0, 0], [1.0, 2.0, 0]])))


# Assignment


@pytest.mark.parametrize("seed", range(3))
def test_sites_of_a_rattling_gas_are_those_of_its_walk(seed: int) -> None:
    """With hysteresis all but a few of some 3000 ion-frames; the site-to-site motion is the walk's."""
    walk, trajectory, sites = gas(seed)
    occupation = assign_sites(trajectory, "Li", sites)
    path = site_trajectory(occupation).positions[:, :-1, :2]
    assert (np.linalg.norm(path - walk, axis=2) > 1e-12).mean() < 0.01
    true = (np.abs(np.diff(walk, axis=0)).max(axis=2) > 1e-12).sum()
    assert abs(len(occupation.hop_frame) - true) <= 0.03 * true
    assert occupation.provenance["share of ion-time on shared sites"] < 0.01


def test_without_rattling_the_walk_is_found_exactly() -> None:
    walk, trajectory, sites = gas(5, rattle=0.0)
    for hysteresis in (0.2, 0.5, 1.0):
        occupation = assign_sites(trajectory, "Li", sites, hysteresis=hysteresis)
        np.testing.assert_allclose(site_trajectory(occupation).positions[:, :-1, :2], walk, atol=1e-15)
    hops = occupation
    np.testing.assert_array_equal(hops.site[hops.hop_frame, hops.hop_ion], hops.hop_to)
    np.testing.assert_array_equal(hops.site[hops.hop_frame - 1, hops.hop_ion], hops.hop_from)
    assert (np.diff(hops.hop_frame) >= 0).all()


def test_touching_the_border_is_not_hopping() -> None:
    """Ions that rattle by a sixth of the way never hop; the nearest site says that they do, and at once hop back."""
    rng = np.random.default_rng(0)
    still = np.zeros((2000, 10, 2)) + LATTICE.cell[0] * np.arange(10)[:, None]
    sites = network_sites(repeat(LATTICE, (10, 10)))
    trajectory = rattling_trajectory(still, interval=STEP, rng=rng, rattle=JUMP / 6.5)
    assert len(assign_sites(trajectory, "Li", sites, hysteresis=1.0).hop_frame) > 20
    assert len(assign_sites(trajectory, "Li", sites).hop_frame) == 0


def test_hysteresis_is_the_rule_that_is_stated() -> None:
    """One ion on a straight way: it changes at h/(1+h) before the site it goes to, both ways."""
    sites = network_sites(lattice("sc", jump_length=JUMP))
    way = JUMP * np.concatenate([np.linspace(0, 1, 1001), np.linspace(1, 0, 1001)])
    walk = np.zeros((len(way), 1, 3))
    walk[:, 0, 0] = way
    for hysteresis in (0.3, 0.5, 0.9):
        hops = assign_sites(
            rattling_trajectory(walk, interval=STEP, rng=np.random.default_rng(0)), "Li", sites, hysteresis=hysteresis
        )
        core = JUMP * hysteresis / (1 + hysteresis)
        assert hops.hop_frame.tolist() == [np.argmax(JUMP - way < core), 1001 + np.argmax(way[1001:] < core)]
        np.testing.assert_array_equal(hops.hop_translation, [[1, 0, 0], [-1, 0, 0]])
        np.testing.assert_allclose(hops.hop_vector[0], [JUMP, 0, 0], atol=1e-20)


def test_a_site_passed_between_frames_makes_one_longer_hop() -> None:
    sites = network_sites(lattice("sc", jump_length=JUMP))
    walk = np.zeros((20, 2, 3))
    walk[10:, 0, 1] = 2 * JUMP
    walk[:, 1] = 10 * JUMP  # the other stays, far off
    trajectory = rattling_trajectory(walk, interval=STEP, rng=np.random.default_rng(0))
    hops = assign_sites(trajectory, "Li", sites, exclusive=False)  # both are on images of the one site
    assert hops.hop_translation.tolist() == [[0, 2, 0]]


def test_blocks_and_drift_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    _, trajectory, sites = gas(2)
    whole = assign_sites(trajectory, "Li", sites)
    drift = 1e-9 * np.random.default_rng(3).normal(size=(400, 1, 3)).cumsum(axis=0)
    moved = replace(trajectory, positions=trajectory.positions + drift - drift[0])
    monkeypatch.setattr("a2c_pybamm.data.record.BLOCK_BYTES", 24 * 18 * 7)
    for again in (assign_sites(trajectory, "Li", sites), assign_sites(moved, "Li", sites)):
        np.testing.assert_array_equal(again.site, whole.site)
        np.testing.assert_array_equal(again.hop_translation, whole.hop_translation)
        assert again.provenance["share of ion-time on shared sites"] == pytest.approx(
            whole.provenance["share of ion-time on shared sites"]
        )


@pytest.mark.slow
@given(st.integers(0, 10**6))
def test_cells_in_which_sites_are_listed_do_not_matter(seed: int) -> None:
    _, trajectory, sites = gas(1, n_frame=60)
    shift = np.random.default_rng(seed).integers(-3, 4, sites.positions.shape)
    one, other = (assign_sites(trajectory, "Li", s) for s in (sites, replace(sites, positions=sites.positions + shift)))
    np.testing.assert_array_equal(one.site, other.site)
    np.testing.assert_allclose(one.hop_vector, other.hop_vector, atol=1e-18)


def test_frames_before_a_hop() -> None:
    frame, ion = np.array([2, 3, 3, 7, 8]), np.array([0, 1, 0, 1, 0])
    frames = frames_before_hop(frame, ion)
    assert frames[2:].tolist() == [1, 4, 5]
    assert (frames[:2] > 10**9).all()


# Refusals


def test_sites_that_do_not_fit_are_refused() -> None:
    _, trajectory, sites = gas(4)
    lifted = replace(sites, positions=sites.positions + np.array([0, 0, 0.16]))
    with pytest.raises(ValueError, match=r"18 of 18 ions spend most of their time more than 1.5 Å .* add the sites"):
        assign_sites(trajectory, "Li", lifted)
    assert assign_sites(trajectory, "Li", lifted, far=4e-10).provenance["far [m]"] == 4e-10
    half = replace(sites, positions=sites.positions[::2], kind=sites.kind[::2])
    with pytest.raises(ValueError, match="add the sites that are missing"):
        assign_sites(trajectory, "Li", half)
    with pytest.raises(ValueError, match=r"ions share a site in \d+% of their time, .* whole simulation cell"):
        assign_sites(trajectory, "Li", network_sites(LATTICE))
    assert not assign_sites(trajectory, "Li", network_sites(LATTICE), exclusive=False).exclusive


def test_two_ions_on_one_site_are_refused_also_in_a_large_crowd() -> None:
    """Two of 60, a share of 3 %: together for the whole run."""
    walk = np.zeros((50, 60, 2)) + LATTICE.cell[0] * np.minimum(np.arange(60), 58)[:, None]
    trajectory = rattling_trajectory(walk, interval=STEP, rng=np.random.default_rng(0), rattle=1e-12)
    with pytest.raises(ValueError, match="ion 58 in 100%"):
        assign_sites(trajectory, "Li", network_sites(repeat(LATTICE, (60, 1))))


def test_bad_input_is_refused() -> None:
    _, trajectory, sites = gas(0, n_frame=10)
    for hysteresis in (0.0, 1.2, -1.0):
        with pytest.raises(ValueError, match="hysteresis"):
            assign_sites(trajectory, "Li", sites, hysteresis=hysteresis)
    with pytest.raises(ValueError, match="no atom of species 'Na'"):
        assign_sites(trajectory, "Na", sites)
    cell = 1e-9 * np.eye(3)
    for positions, kind, message in (
        (np.zeros((2, 2)), (), "expected"),
        (np.zeros((0, 3)), (), "expected"),
        (np.full((1, 3), np.nan), (), "not finite"),
        (np.zeros((2, 3)), ("a",), "1 kinds for 2 sites"),
    ):
        with pytest.raises(ValueError, match=message):
            Sites(cell, positions, kind)
    with pytest.raises(ValueError, match="not independent"):
        Sites(np.diag([1e-9, 1e-9, 0]), np.zeros((1, 3)))
    hops = assign_sites(trajectory, "Li", sites)
    for wrong, message in (({"site": hops.site + 36}, "not of the 36 sites"), ({"interval": 0.0}, "must be positive")):
        with pytest.raises(ValueError, match=message):
            replace(hops, **wrong)
    with pytest.raises(ValueError, match="hops by their frames"):
        replace(hops, hop_frame=np.zeros(len(hops.hop_from) + 1, dtype=int))


def test_arrays_are_read_only() -> None:
    _, trajectory, sites = gas(0, n_frame=10)
    occupation: SiteOccupation = assign_sites(trajectory, "Li", sites)
    for array in (sites.positions, sites.cell, occupation.site, occupation.hop_from):
        assert not array.flags.writeable


def test_a_network_of_walkers_is_followed_over_many_cells() -> None:
    """Diamond: a lone pair of sites in a skew primitive cell; the way found is the walk."""
    network = lattice("diamond", jump_length=JUMP, rate=2e11)
    rng = np.random.default_rng(1)
    walk = independent_walk(network, n_frame=300, n_walker=12, interval=STEP, rng=rng)
    trajectory = rattling_trajectory(walk, interval=STEP, rng=rng, rattle=0.2e-10)
    occupation = assign_sites(trajectory, "Li", network_sites(network), exclusive=False)
    path = site_trajectory(occupation).positions[:, :-1]
    assert (np.linalg.norm(path - path[0] - (walk - walk[0]), axis=2) > 1e-12).mean() < 0.01
    assert len(occupation.hop_frame) > 100


# Reading


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_sites_are_read_with_their_kinds(tmp_path: Path) -> None:
    path = write(
        tmp_path / "sites.extxyz",
        '3\nLattice="4 0 0 1 5 0 0 0 6" Properties=species:S:1:pos:R:3:kind:S:1 pbc="T T T"\n'
        "Li 0 0 0 oct\nO 1 1 1 host\nLi 2.5 2.5 3 tet\n",
    )
    sites = read_sites(path, species="Li")
    assert sites.kind == ("oct", "tet")
    np.testing.assert_allclose(sites.positions, [[0, 0, 0], [0.5, 0.5, 0.5]], atol=1e-12)
    np.testing.assert_allclose(sites.cell, 1e-10 * np.array([[4, 0, 0], [1, 5, 0], [0, 0, 6]]))
    assert sites.provenance["file"] == "sites.extxyz"
    twice = read_sites(path, species="Li", repeat=(2, 1, 3))
    assert len(twice.positions) == 12
    assert neighbour_distance(twice) == pytest.approx(neighbour_distance(sites))
    assert read_sites(path, species="Li", kind_column="wyckoff").kind == ("Li", "Li")


def test_files_without_sites_are_refused(tmp_path: Path) -> None:
    good = '1\nLattice="4 0 0 0 4 0 0 0 4" pbc="T T T"\nLi 0 0 0\n'
    path = write(tmp_path / "a.xyz", good)
    with pytest.raises(ValueError, match=r"a\.xyz: no atom of species 'Na' \(found Li\)"):
        read_sites(path, species="Na")
    with pytest.raises(ValueError, match="repeat"):
        read_sites(path, species="Li", repeat=(1, 0, 1))
    with pytest.raises(ValueError, match="no cell of three vectors"):
        read_sites(write(tmp_path / "b.xyz", "1\nno cell\nLi 0 0 0\n"), species="Li")
    with pytest.raises(ValueError, match="cannot read"):
        read_sites(write(tmp_path / "c.xyz", "5\n\nLi 0 0 0\n"), species="Li")
