"""Thermodynamic factor from pair correlations and structure factors: ideal particles, rigid pairs, and coverage."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

from a2c_pybamm.data import PairCorrelations, StructureFactors, Trajectory
from a2c_pybamm.estimators import (
    fit_kirkwood_buff_factor,
    fit_structure_factor_limit,
    kirkwood_buff_integrals,
    pair_correlations,
    structure_factors,
)

EDGE = 2e-9
"""Edge of the cubic cell [m]."""
COUNTS = (15, 15, 60)
SPECIES = ("cation", "anion", "solvent")
EDGES = np.linspace(0, EDGE / 2, 41)
"""Edges of 40 shells up to half of the cell."""


def points(rng: np.random.Generator, n_frame: int, pair: float = 0.0) -> np.ndarray:
    """Random points (n_frame, n_particle, 3) [m]; each anion at a distance from its cation, where one is given."""
    positions = rng.uniform(0, EDGE, (n_frame, sum(COUNTS), 3))
    if pair:
        direction = rng.normal(size=(n_frame, COUNTS[0], 3))
        direction *= pair / np.linalg.norm(direction, axis=2, keepdims=True)
        positions[:, COUNTS[0] : 2 * COUNTS[0]] = positions[:, : COUNTS[0]] + direction
    return positions


def run_of(positions: np.ndarray) -> Trajectory:
    symbols = ("Na",) * COUNTS[0] + ("Cl",) * COUNTS[1] + ("Ar",) * COUNTS[2]
    return Trajectory(positions, symbols, np.ones(len(symbols)), 1e-12, 300.0)


def correlations(positions: np.ndarray, charges: tuple[int, ...], **changes: Any) -> PairCorrelations:
    """Distribution functions of points in a cube, with what is to be changed in them."""
    made = pair_correlations(run_of(positions), [EDGE] * 3, dict(zip(("Na", "Cl", "Ar"), charges, strict=True)), n_shell=40)
    return dataclasses.replace(made, species=SPECIES, **changes)


def waves(positions: np.ndarray, largest: float = 1.3e10) -> StructureFactors:
    return structure_factors(run_of(positions), [EDGE] * 3, ions=("Na", "Cl"), solvent="Ar", largest=largest)


def test_fixed_numbers_of_ideal_particles_leave_no_trace() -> None:
    r"""Exactly :math:`g_{ii} = 1 - 1/N_i`, :math:`g_{ij} = 1`: all integrals are 0 and TDF = 1; uncorrected they are not."""
    g = np.ones((5, 3, 3, 40)) - np.diag(1 / np.array(COUNTS))[None, :, :, None]
    pairs = correlations(points(np.random.default_rng(0), 10), (0, 0, 0), g=g)
    np.testing.assert_allclose(kirkwood_buff_integrals(pairs), 0.0, atol=1e-14 * EDGE**3)
    estimate = fit_kirkwood_buff_factor(pairs, material="x", source="s")
    assert estimate.mean[0] == pytest.approx(0.0, abs=1e-12)
    uncorrected = float((-1 / COUNTS[0]) * 4 * np.pi / 3 * (EDGE / 2) ** 3)
    assert abs(uncorrected) * 2 * COUNTS[0] / EDGE**3 > 0.5  # what the correction takes away of ρG


def test_weight_integrates_exponentials_to_third_order() -> None:
    r""":math:`g = 1 + e^{-r/a}` has the integral :math:`8\pi a^3`, within :math:`O(L^{-3})`."""
    middle = (np.arange(8000) + 0.5) * 0.005
    g = np.broadcast_to(1 + np.exp(-middle), (5, 2, 2, 8000))
    pairs = PairCorrelations(("a", "b"), (0, 0), (10**9, 10**9), middle, g, 1e12, 300.0)
    for limit in (20.0, 40.0):  # ∫ r^(k+2) e^-r dr = (k+2)!
        expected = 1 + (-23 / 8 * 120 / limit**3 + 3 / 4 * 720 / limit**4 + 9 / 8 * 5040 / limit**5) / 2
        assert kirkwood_buff_integrals(pairs, limit)[0, 1] / (8 * np.pi) == pytest.approx(expected, abs=1e-4)


def test_rigid_pairs() -> None:
    r"""A salt of pairs that do nothing else has :math:`a_\pm^2 \propto c`, so TDF = 1/2, by both routes; charges balance."""
    positions = points(np.random.default_rng(1), 100, pair=1.03e-10)
    pairs = correlations(positions, (1, -1, 0))
    estimate = fit_kirkwood_buff_factor(pairs, material="NaCl", source="run")
    assert estimate.names == ("NaCl ln(TDF [1])",)
    assert estimate.std[0] < 0.15
    assert abs(estimate.mean[0] - np.log(0.5)) < 3 * estimate.std[0]
    np.testing.assert_allclose(estimate.provenance["fit"]["imbalance of charge"], 0, atol=0.2)
    limit = fit_structure_factor_limit(waves(positions), material="NaCl", source="run")
    assert limit.std[0] < 0.1
    assert abs(limit.mean[0] - np.log(0.5)) < 3 * limit.std[0]
    joint = np.hypot(limit.std[0], estimate.std[0])
    assert abs(limit.mean[0] - estimate.mean[0]) < 3 * joint


def test_structure_factors_against_their_sum() -> None:
    """Wave vectors of one length are averaged, k and -k counted once; a tilted cell has its own."""
    positions = points(np.random.default_rng(2), 10)
    found = waves(positions, largest=2 * np.pi / EDGE * 1.5)
    np.testing.assert_allclose(found.wave_number, 2 * np.pi / EDGE * np.array([1, np.sqrt(2)]))
    np.testing.assert_array_equal(found.waves, [3, 6])
    phase = np.exp(2j * np.pi / EDGE * positions)  # of the three shortest
    ions, solvent = phase[:, :30].sum(axis=1), phase[:, 30:].sum(axis=1)
    np.testing.assert_allclose(found.ion_ion[:, 0], (np.abs(ions) ** 2).mean(axis=1) / 30)
    np.testing.assert_allclose(found.ion_solvent[:, 0], (ions * solvent.conj()).real.mean(axis=1) / 60)
    tilted = np.array([[1.0, 0, 0], [0.5, np.sqrt(0.75), 0], [0, 0, 3.0]]) * EDGE
    run = Trajectory(positions, ("Na",) * 30 + ("Ar",) * 60, np.ones(90), 1e-12, 300.0)
    hexagonal = structure_factors(run, tilted, ions=["Na"], solvent="Ar", largest=7.5 / EDGE, n_block=5)
    np.testing.assert_allclose(hexagonal.wave_number[[0, -1]] * EDGE, 2 * np.pi * np.array([1 / 3, np.sqrt(4 / 3)]), rtol=1e-12)
    assert hexagonal.waves[-1] == 3


def test_pairs_are_counted_once_each_way() -> None:
    """Three particles in a tilted cell, by hand: distances to the nearest images, over the shells' volumes."""
    cell = np.array([[10.0, 0, 0], [5, 9, 0], [0, 0, 12]])
    one = np.array([[0.2, 0.2, 0.2], [9.7, 0.2, 0.2], [0.2, 0.2, 3.1]])  # 0.5 apart across the side, and 2.9
    run = Trajectory(np.repeat(one[None], 2, axis=0), ("Li", "Li", "S"), np.ones(3), 1e-12, 300.0)
    found = pair_correlations(run, cell, {"Li": 1, "S": -2}, n_shell=9, n_block=2)
    width = found.distance[1] - found.distance[0]
    edges = width * np.arange(10)
    np.testing.assert_allclose(found.distance, edges[:-1] + width / 2)
    assert edges[-1] == pytest.approx(9 * 10 / np.hypot(5, 9) / 2)  # half of the least width, the height over the long side
    shell = 4 * np.pi / 3 * np.diff(edges**3)
    ions = np.zeros(9)
    ions[int(0.5 / width)] = 2
    np.testing.assert_allclose(found.g[0, 0, 0] * 4 * shell / found.volume, ions, atol=1e-9)
    mixed = np.zeros(9)
    mixed[int(2.9 / width)] += 1
    mixed[int(np.hypot(2.9, 0.5) / width)] += 1
    np.testing.assert_allclose(found.g[1, 0, 1] * 2 * shell / found.volume, mixed, atol=1e-9)
    np.testing.assert_array_equal(found.g[:, 1, 0], found.g[:, 0, 1])
    with pytest.raises(ValueError, match="no atom 'K' \\(has Li, S\\)"):
        pair_correlations(run, cell, {"K": 1})
    with pytest.raises(ValueError, match="2 frames for 10 blocks"):
        pair_correlations(run, cell, {"Li": 1})
    with pytest.raises(ValueError, match="cell of shape"):
        pair_correlations(run, [1.0, 2.0], {"Li": 1})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"g": np.ones((4, 3, 3, 40))}, r"in 4 block\(s\), an error needs 5; give more"),
        ({"charges": (1, -1, 1)}, r"0 solvents among cation, anion, solvent; ions as one species"),
        ({"charges": (1, 0, 0)}, r"2 solvents among"),
        ({"charges": (1, -1, 0)}, r"around (cat|an)ion the others carry -?0\.\d+ ± .* of the charge that balances its own"),
        ({"g": np.ones((5, 3, 3, 40)) * (1 + 3e3 * np.eye(3)[:, :, None] * (EDGES[1:] < 2e-10))}, r"not above zero|beyond"),
        ({"g": np.ones((5, 3, 40))}, r"g has shape \(5, 3, 40\), not \(n_block, 3, 3, 40\)"),
        ({"volume": -1.0}, r"volume is -1, it must be positive"),
        ({"volume": EDGE**3 / 3}, r"shells reach beyond the cell's volume"),
        ({"counts": (15, 0, 60)}, r"as many charges and counts, none of them zero"),
        ({"distance": EDGES[:0:-1]}, r"distances must be positive and rise"),
    ],
)
def test_bad_correlations_are_refused(changes: dict[str, Any], message: str) -> None:
    positions = points(np.random.default_rng(3), 20)
    with pytest.raises(ValueError, match=message):
        fit_kirkwood_buff_factor(correlations(positions, **{"charges": (0, 0, 0), **changes}), material="x", source="s")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n": 4}, r"in 4 block\(s\) at 6 wave number\(s\); a limit with its error needs 5 and 4"),
        ({"n_k": 3}, r"at 3 wave number\(s\)"),
        ({"ion_ion": np.full((5, 6), 0.01)}, r"1/TDF is .* at k = 0, not above zero by 3 standard deviations"),
        ({"wave_number": np.arange(6.0)}, r"6 wave number\(s\); give two or more, positive and rising"),
        ({"waves": np.zeros(6, int)}, r"6 numbers of wave vectors for 6 wave numbers"),
        ({"solvents": 0}, r"30 ions and 0 solvent molecules; both are needed"),
        ({"ion_solvent": np.full((5, 6), np.nan)}, r"ion_solvent has an entry that is not finite"),
    ],
)
def test_bad_structure_factors_are_refused(changes: dict[str, Any], message: str) -> None:
    n, n_k = changes.pop("n", 5), changes.pop("n_k", 6)
    rng = np.random.default_rng(4)
    given = {
        "wave_number": np.arange(1.0, n_k + 1), "waves": np.full(n_k, 3), "ion_ion": rng.exponential(size=(n, n_k)),
        "ion_solvent": rng.normal(size=(n, n_k)), "ions": 30, "solvents": 60, "volume": 1.0, "temperature": 300.0,
    }  # fmt: skip
    with pytest.raises(ValueError, match=message):
        fit_structure_factor_limit(StructureFactors(**{**given, **changes}), material="x", source="s")


def test_bad_cells_and_species_are_refused() -> None:
    run = Trajectory(points(np.random.default_rng(5), 10), ("Na",) * 30 + ("Ar",) * 60, np.ones(90), 1e-12, 300.0)
    good: dict[str, Any] = {"ions": ["Na"], "solvent": "Ar", "largest": 1e10}
    for cell, changes, message in (
        ([0.0] * 3, {}, r"cell of shape \(3, 3\); give three vectors"),
        ([EDGE] * 3, {"ions": ["K"]}, r"0 ions and 60 of the solvent 'Ar'; species are Ar, Na"),
        ([EDGE] * 3, {"largest": 1e8}, r"no wave vector below 1e\+08 1/m"),
        ([EDGE] * 3, {"n_block": 11}, r"10 frames for 11 blocks"),
    ):
        with pytest.raises(ValueError, match=message):
            structure_factors(run, cell, **{**good, **changes})


@pytest.mark.calibration
@pytest.mark.parametrize("pair", [0.0, 1.03e-10, 2e-10], ids=["ideal", "close pairs", "wide pairs"])
def test_coverage_of_both_routes(pair: float) -> None:
    """Random points and rigid pairs, which bend in k²: intervals hold the truth as often as they say or more (3.3 std)."""
    n, truth = 40, np.log(0.5 if pair else 1.0)
    found = np.empty((n, 2))
    for k in range(n):
        positions = points(np.random.default_rng(100 + k), 60, pair)
        for j, estimate in enumerate((
            fit_kirkwood_buff_factor(correlations(positions, (1, -1, 0) if pair else (0, 0, 0)), material="x", source="s"),
            fit_structure_factor_limit(waves(positions), material="x", source="s"),
        )):  # fmt: skip
            found[k, j] = (estimate.mean[0] - truth) / estimate.std[0]
    found = np.abs(found)
    print(pair, (found < 1).mean(axis=0), (found < 1.96).mean(axis=0))
    assert ((found < 1).sum(axis=0) >= binom.ppf(0.0005, n, 0.683)).all()
    assert ((found < 1.96).sum(axis=0) >= binom.ppf(0.0005, n, 0.95)).all()
