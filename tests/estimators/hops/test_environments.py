"""Many environments of one hop: exact on a chain, right on random networks, with errors by each one's share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators.hops.environments import combine_environments
from a2c_pybamm.estimators.hops.hop_network import HopNetwork, effective_diffusivity, repeat
from a2c_pybamm.estimators.hops.hopping import hopping_diffusivity
from a2c_pybamm.estimators.hops.lattices import lattice
from a2c_pybamm.estimators.statistics.declared_estimate import declare

T = 298.15
BETA = 1 / (8.617333262e-5 * T)
NAMES = ("X ln(D0 hop [m2.s-1])", "X E_a hop [eV]")
BARRIERS = np.linspace(0.15, 0.47, 9)


def hop(barrier: float, std: float = 0.02, name: str = "a") -> Estimate:
    made = declare([NAMES[1]], [barrier], std=[std], source=f"{name} barrier", reason="test")
    return hopping_diffusivity(
        made, material="X", hop="hop", jump_length=3e-10, coordination=6, dimension=2, attempt_frequency=5e12,
        attempt_frequency_std_ln=0.5, source="frequency",
    )  # fmt: skip


def environments(barriers: np.ndarray) -> dict[str, Estimate]:
    return {f"place {k}": hop(float(E), name=f"place {k}") for k, E in enumerate(barriers)}


def log_d(estimate: Estimate, T: float = T) -> float:
    return float(estimate.mean[0] - estimate.mean[1] / (8.617333262e-5 * T))


def combined(barriers: np.ndarray, z: int, **options: object) -> Estimate:
    return combine_environments(environments(barriers), T=T, coordination=z, source="arrangement", **options)  # type: ignore[arg-type]


def test_chain_is_the_harmonic_mean_exactly() -> None:
    """One after the other, at other temperatures too as far as the tangent goes: the slope in 1/T is the derivative."""
    made = combined(BARRIERS, 2)
    rates = np.exp(log_d(hop(0.0)) - BETA * BARRIERS)
    assert log_d(made) == pytest.approx(-np.log(np.mean(1 / rates)), rel=1e-10)
    slope = (BARRIERS / rates).sum() / (1 / rates).sum()
    assert made.mean[1] == pytest.approx(slope, rel=1e-9)
    assert made.factors["arrangement"].values.tolist() == [[0.0], [0.0]]


def test_environments_that_are_alike_are_one() -> None:
    made = combined(np.array([0.3, 0.3, 0.3]), 6)
    np.testing.assert_allclose(made.mean, hop(0.3).mean, rtol=1e-9)
    # 20 meV of three independent barriers, and the frequency that they share
    np.testing.assert_allclose(made.covariance[1, 1], 0.02**2 / 3, rtol=1e-6)
    np.testing.assert_allclose(np.abs(made.factors["frequency"].values[0]).max(), 0.5, rtol=1e-6)


def test_error_by_each_share_in_the_diffusivity() -> None:
    """Moving one barrier moves ln D by its share, in the result itself and in its error."""
    made = combined(BARRIERS, 6)
    moved = np.array(BARRIERS)
    moved[2] += 1e-4
    change = log_d(combined(moved, 6)) - log_d(made)
    part = made.provenance["environments"]["place 2"]["share in ln D"]
    assert change == pytest.approx(-BETA * 1e-4 * part, rel=1e-2)
    row = np.array([1.0, -BETA]) @ made.factors["place 2 barrier"].values
    assert abs(row).max() == pytest.approx(0.02 * BETA * part, rel=1e-3)
    parts = [entry["share in ln D"] for entry in made.provenance["environments"].values()]
    assert min(parts) > 0
    assert sum(parts) == pytest.approx(1.0)


def random_network(name: str, times: tuple[int, ...], rng: np.random.Generator) -> HopNetwork:
    """A lattice on which each pair of neighbours has one of the barriers, drawn at random."""
    network = repeat(lattice(name, jump_length=3e-10), times)
    pairs: dict[tuple[int, ...], int] = {}
    index = []
    for i, j, shift in zip(network.from_site.tolist(), network.to_site.tolist(), network.translation.tolist(), strict=True):
        there, back = (i, j, *shift), (j, i, *(-n for n in shift))
        index.append(pairs.setdefault(min(there, back), len(pairs)))
    barriers = rng.permutation(np.resize(BARRIERS, len(pairs)))
    return replace(network, rate=network.rate * np.exp(-BETA * barriers)[index])


@pytest.mark.parametrize(("name", "z", "times"), [("square", 4, (14, 14)), ("triangular", 6, (12, 12))])
def test_random_networks(name: str, z: int, times: tuple[int, ...]) -> None:
    """Barriers of 0.15 to 0.47 eV, five decades: ln D within the stated error, and far from the mean of barriers."""
    rng = np.random.default_rng(1)
    whole = np.trace(effective_diffusivity(lattice(name, jump_length=3e-10)))
    drawn = [np.log(np.trace(effective_diffusivity(random_network(name, times, rng))) / whole) for _ in range(6)]
    made = combined(BARRIERS, z)
    error = made.factors["arrangement"].values[0, 0]
    assert 0.1 < error < 0.3
    difference = log_d(made) - log_d(hop(0.0)) - np.mean(drawn)
    assert abs(difference) < 2 * np.hypot(error, np.std(drawn) / np.sqrt(6))
    if z > 4:  # at z = 4 the median counts, which is the mean of these
        assert abs(log_d(hop(BARRIERS.mean())) - log_d(hop(0.0)) - np.mean(drawn)) > 1.0


def test_shares_count() -> None:
    given = {"place 0": 3.0, "place 1": 1.0}
    four = combined(np.array([0.2, 0.2, 0.2, 0.4]), 6)
    two = combine_environments(environments(np.array([0.2, 0.4])), T=T, coordination=6, source="arrangement", shares=given)
    np.testing.assert_allclose(two.mean, four.mean, rtol=1e-8)


def test_bad_environments_are_refused() -> None:
    with pytest.raises(ValueError, match="1 given; a hop with one barrier needs no combination"):
        combined(BARRIERS[:1], 6)
    with pytest.raises(ValueError, match="give a temperature and 2 or more neighbours"):
        combined(BARRIERS, 1)
    with pytest.raises(ValueError, match="one positive number for each of place 0, place 1"):
        combined(BARRIERS[:2], 6, shares={"place 0": 1.0})
    other = {"a": hop(0.2), "b": hop(0.3).map(("p", "q"), [0.0, 0.3], np.eye(2))}
    with pytest.raises(ValueError, match=r"'b' estimates .* give ln D0 and E_a of one hop"):
        combine_environments(other, T=T, coordination=6, source="s")
