"""Finite cells: the image sum against other sums and published numbers, known truth on both kinds of motion, coverage."""

from __future__ import annotations

from itertools import product
from math import erfc, exp

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest

from a2c_pybamm.constants import BOLTZMANN
from a2c_pybamm.data import CollectiveMSD
from a2c_pybamm.estimate import Estimate, Factor, Joint
from a2c_pybamm.estimators import (
    effective_diffusivity,
    extrapolate_cell_size,
    extrapolate_liquid,
    fit_jump_diffusivity,
    lattice,
    yeh_hummer_correction,
)
from a2c_pybamm.estimators.diffusion.finite_size import periodic_image_sum
from a2c_pybamm.estimators.hops.correlation_factor import _finite_crystal
from a2c_pybamm.synthetic import lattice_gas_walk
from tests.test_docs import BLOCK, DOCS, run_page

LIQUID = {"box_length": 3e-9, "temperature": 300.0, "name": "salt ln(D [m2.s-1])"}
D, ETA = 1e-9, 1e-3
CRYSTAL = {"name": "Li ln(D [m2.s-1])"}


def one(name: str, value: float, std: float, source: str) -> Estimate:
    return Estimate.from_covariance((name,), [value], [[std**2]], source=source)


def in_cell(value: float = np.log(D), std: float = 0.05) -> Estimate:
    return one("salt ln(D_PBC [m2.s-1])", value, std, "MD")


def viscosity(value: float = np.log(ETA), std: float = 0.1) -> Estimate:
    return one("salt ln(eta [Pa.s])", value, std, "viscosity")


def covers(z: np.ndarray) -> None:
    """68 and 95 % intervals hold the truth within three binomial standard deviations."""
    for half, nominal in ((1.0, 0.6827), (1.96, 0.95)):
        inside = (np.abs(z) < half).mean()
        print(f"{nominal:.0%} interval: {inside:.1%} of {len(z)}")
        assert abs(inside - nominal) < 3 * np.sqrt(nominal * (1 - nominal) / len(z))


# Image sum


def test_image_sum_of_a_cube_by_whole_cells() -> None:
    """No Ewald: a block of cells of point and background, less the mean potential π/6 that such cells have.

    A block of so many cells on an edge is off by the inverse square of that number; two blocks give the limit.
    """
    of_cube = 3 * np.log((np.sqrt(3) + 1) / (np.sqrt(3) - 1)) - np.pi / 2  # of 1/r over the unit cube
    edges, blocks = np.array([15, 31]), []
    for edge in edges:
        reach = np.arange(-(edge // 2), edge // 2 + 1)
        distance = np.sqrt(sum(x**2 for x in np.meshgrid(reach, reach, reach)))
        blocks.append(of_cube * edge**2 - (1 / distance[distance > 0]).sum() + np.pi / 6)
    limit = np.diff(edges**2 * blocks)[0] / np.diff(edges**2)[0]
    assert limit == pytest.approx(2.837297, abs=6e-7)
    assert periodic_image_sum(np.eye(3)) == pytest.approx(limit, abs=2e-7)


def test_image_sum_of_a_cube_by_ewald_at_another_width() -> None:
    """Term by term, at α = 2.3: the sum that Hasimoto's number stands for."""
    alpha, steps = 2.3, range(-7, 8)
    total = 2 * alpha / np.sqrt(np.pi) + np.pi / alpha**2
    for n in product(steps, repeat=3):
        r = float(np.linalg.norm(n))
        if r:
            total -= erfc(alpha * r) / r + exp(-((np.pi * r / alpha) ** 2)) / (np.pi * r**2)
    assert total == pytest.approx(2.837297, abs=5e-7)
    assert periodic_image_sum(2.0 * np.eye(3)) == pytest.approx(total / 2, rel=1e-10)


@pytest.mark.parametrize(
    ("cell", "published"),
    [
        (np.eye(3), 0.880059),
        ((1 - 2 * np.eye(3)) / 2, 0.895929),
        ((1 - np.eye(3)) / 2, 0.895873),
    ],
    ids=["sc", "bcc", "fcc"],
)
def test_image_sum_is_that_of_wigner_crystals(cell: np.ndarray, published: float) -> None:
    """Energy of electrons in a background, in e²/r_s: R. A. Coldwell-Horsfall, A. A. Maradudin, J. Math. Phys. 1 (1960) 395."""
    radius = np.cbrt(3 * abs(np.linalg.det(cell)) / (4 * np.pi))
    assert periodic_image_sum(cell) * radius / 2 == pytest.approx(published, abs=1e-6)


@given(st.lists(st.integers(-2, 2), min_size=3, max_size=3), st.floats(0.3, 3), st.floats(0.5, 2))
def test_image_sum_knows_the_lattice_alone(shear: list[int], scale: float, ratio: float) -> None:
    """Other vectors of the same lattice give the same; a cell twice as long gives half."""
    cell = np.diag([1.0, ratio, 1.3])
    other = np.array([[1, shear[0], shear[1]], [0, 1, shear[2]], [0, 0, 1]]) @ cell
    assert periodic_image_sum(other) == pytest.approx(periodic_image_sum(cell), rel=1e-9, abs=1e-9)
    assert periodic_image_sum(scale * cell) == pytest.approx(periodic_image_sum(cell) / scale, rel=1e-9, abs=1e-9)


# Liquids


@given(st.floats(-23, -20), st.floats(-8, -5), st.floats(2e-9, 1e-8), st.floats(250, 400))
def test_correction_and_its_derivatives(ln_d: float, ln_eta: float, length: float, temperature: float) -> None:
    def whole(d: float, eta: float) -> float:
        return float(np.log(np.exp(d) + 2.8372974794806 * BOLTZMANN * temperature / (6 * np.pi * np.exp(eta) * length)))

    if whole(ln_d, ln_eta) - ln_d > 0.69:
        return
    settings = LIQUID | {"box_length": length, "temperature": temperature}
    result = yeh_hummer_correction(in_cell(ln_d), viscosity=viscosity(ln_eta), **settings)
    assert result.mean[0] == pytest.approx(whole(ln_d, ln_eta), rel=1e-12)
    step = 1e-5
    by_d = (whole(ln_d + step, ln_eta) - whole(ln_d - step, ln_eta)) / (2 * step)
    by_eta = (whole(ln_d, ln_eta + step) - whole(ln_d, ln_eta - step)) / (2 * step)
    assert result.factors["MD"].values[0, 0] == pytest.approx(0.05 * by_d, rel=1e-6)
    assert result.factors["viscosity"].values[0, 0] == pytest.approx(0.1 * by_eta, rel=1e-6)


def test_water_by_hand() -> None:
    """2.3e-9 m²/s in 3 nm at 0.89 mPa s and 298.15 K: + 2.837297 · 4.11643e-21/(6π · 0.89e-3 · 3e-9) = 2.3207e-10."""
    result = yeh_hummer_correction(
        in_cell(np.log(2.3e-9)), box_length=3e-9, temperature=298.15, viscosity=viscosity(np.log(0.89e-3)), name=LIQUID["name"]
    )
    assert np.exp(result.mean[0]) == pytest.approx(2.53207e-9, rel=1e-5)
    assert result.provenance["correction"]["correction over D"] == pytest.approx(0.10090, rel=1e-4)


def test_sources_stay_apart_and_alive() -> None:
    """The viscosity's error stays correlated with the viscosity itself, with the sign that it must have."""
    eta = viscosity()
    result = yeh_hummer_correction(in_cell(), viscosity=eta, **LIQUID)
    assert list(result.factors) == ["MD", "viscosity"]
    assert Joint([result, eta]).correlation[0, 1] < -0.1


def test_correction_covers() -> None:
    """500 draws of D and η, the correction a third of D, their errors 8 and 20 %."""
    rng = np.random.default_rng(1)
    settings = LIQUID | {"box_length": 1.9e-9}
    truth = yeh_hummer_correction(in_cell(), viscosity=viscosity(), **settings).mean[0]
    z = []
    for d, eta in zip(np.log(D) + 0.08 * rng.normal(size=500), np.log(ETA) + 0.2 * rng.normal(size=500), strict=True):
        result = yeh_hummer_correction(in_cell(d, 0.08), viscosity=viscosity(eta, 0.2), **settings)
        z.append((result.mean[0] - truth) / result.std[0])
    covers(np.array(z))


def test_other_cells_are_taken_by_their_own_sum() -> None:
    cube = yeh_hummer_correction(in_cell(), viscosity=viscosity(), **LIQUID)
    edges = yeh_hummer_correction(in_cell(), viscosity=viscosity(), **LIQUID | {"box_length": [3e-9] * 3})
    long = yeh_hummer_correction(in_cell(), viscosity=viscosity(), **LIQUID | {"box_length": [3e-9, 3e-9, 6e-9]})
    assert edges.mean[0] == pytest.approx(cube.mean[0], rel=1e-12)
    share = [part.provenance["correction"]["correction over D"] for part in (long, cube)]
    assert share[0] / share[1] == pytest.approx(1.805842 / 2.837297, rel=1e-6)


def test_bad_corrections_are_refused() -> None:
    with pytest.raises(ValueError, match=r"D = 1e-09 m2/s in the cell, and its correction 3.12e-09 m2/s is as large"):
        yeh_hummer_correction(in_cell(), viscosity=viscosity(), **LIQUID | {"box_length": 2e-10})
    with pytest.raises(ValueError, match="the viscosity is salt eta"):
        yeh_hummer_correction(in_cell(), viscosity=one("salt eta [Pa.s]", 1e-3, 1e-4, "viscosity"), **LIQUID)
    with pytest.raises(ValueError, match="give kelvin"):
        yeh_hummer_correction(in_cell(), viscosity=viscosity(), **LIQUID | {"temperature": -1.0})
    for length in (0.0, [1e-9, 2e-9], [1e-9, -1e-9, 1e-9], np.ones((3, 3)), np.nan):
        with pytest.raises(ValueError, match="box length"):
            yeh_hummer_correction(in_cell(), viscosity=viscosity(), **LIQUID | {"box_length": length})


# Crystals


def sizes(values: np.ndarray, std: np.ndarray, lengths: np.ndarray, shared: np.ndarray | None = None) -> dict[float, Estimate]:
    made = {}
    for k, length in enumerate(lengths):
        part = one(f"ln(D {length:g})", values[k], std[k], f"MD {length:g}")
        made[float(length)] = part if shared is None else part.add_source("potential", Factor(shared[[k]], ("model A",)))
    return made


@given(st.integers(2, 5), st.floats(-30, -10), st.floats(-0.9, 1), st.sampled_from([1.0, 2.0, 3.0]), st.floats(0.5, 2))
def test_exact_data_give_the_exact_limit(n: int, limit: float, effect: float, power: float, first: float) -> None:
    """Any unit of length, any order of the sizes."""
    lengths = first * 1e-9 * np.array([1.0, 3.0, 1.5, 2.0, 5.0])[:n]
    share = effect * (lengths.min() / lengths) ** power
    values = limit + (np.log1p(share) if power == 1 else share)  # of liquids it is D itself that is linear
    result = extrapolate_cell_size(sizes(values, np.full(n, 0.1), lengths), power=power, **CRYSTAL)
    assert result.mean[0] == pytest.approx(limit, abs=1e-8)
    assert result.provenance["fit"]["effect in the smallest"] == pytest.approx(effect, abs=1e-8)


def test_by_source_covariance_equals_direct_least_squares() -> None:
    rng = np.random.default_rng(2)
    lengths, std, shared = np.array([1.0, 1.5, 2.0, 3.0]), rng.uniform(0.05, 0.3, 4), rng.normal(size=(4, 1))
    values = 0.3 * lengths**-3.0 + std * rng.normal(size=4)
    result = extrapolate_cell_size(sizes(values, std, lengths, shared), **CRYSTAL)
    design, covariance = np.column_stack([np.ones(4), lengths**-3.0]), np.diag(std**2) + shared @ shared.T
    spread = np.linalg.inv(design.T @ np.linalg.solve(covariance, design))
    line = spread @ design.T @ np.linalg.solve(covariance, values)
    residual = values - design @ line
    assert result.mean[0] == pytest.approx(line[0])
    assert result.covariance[0, 0] == pytest.approx(spread[0, 0])
    assert result.provenance["fit"]["chi-squared"] == pytest.approx(residual @ np.linalg.solve(covariance, residual))
    assert result.provenance["fit"]["effect z-score"] == pytest.approx(line[1] / np.sqrt(spread[1, 1]))
    assert result.factors["potential"].labels == ("model A",)


def test_calibrated() -> None:
    """300 draws of four sizes with an effect of two error bars: limit, z-score of the effect and χ²."""
    rng = np.random.default_rng(3)
    lengths, std = np.array([1.0, 1.3, 1.6, 2.0]), np.array([0.05, 0.06, 0.08, 0.1])
    shared = np.full((4, 1), 0.03)
    truth = -20 + 0.15 * lengths**-3.0
    results = []
    for _ in range(300):
        values = truth + std * rng.normal(size=4) + shared[:, 0] * rng.normal()
        results.append(extrapolate_cell_size(sizes(values, std, lengths, shared), **CRYSTAL))
    covers(np.array([(result.mean[0] + 20) / result.std[0] for result in results]))
    fits = [result.provenance["fit"] for result in results]
    covers(np.array([(fit["effect in the smallest"] - 0.15) / fit["effect std"] for fit in fits]))
    assert kstest([fit["chi-squared p-value"] for fit in fits], "uniform").pvalue > 1e-3


def test_jump_diffusivity_of_the_lattice_gas_has_power_three() -> None:
    """(N - n)/(N - 1) at half filling: the cube gives the infinite crystal to 1/N² of the smallest, other powers do not."""
    length = np.array([4.0, 6.0, 8.0])
    values = np.log((length**3 / 2) / (length**3 - 1))
    error = {}
    for power in (1.0, 2.0, 3.0):
        result = extrapolate_cell_size(sizes(values, np.full(3, 1e-4), length), power=power, **CRYSTAL)
        error[power] = abs(result.mean[0] - np.log(0.5))
    assert error[3.0] < 1 / 64**2
    assert min(error[1.0], error[2.0]) > 20 * error[3.0]


def test_vacancy_in_a_finite_crystal_has_power_three() -> None:
    """The correlation factor of the simple cubic lattice, 0.65310884, from exact crystals of 12, 16 and 20 cells."""
    network = lattice("sc", jump_length=1.0)
    length = np.array([12.0, 16.0, 20.0])
    jump = np.trace(effective_diffusivity(network))
    values = np.log([np.trace(_finite_crystal(network, int(size))) / jump for size in length])
    limit = {
        power: np.exp(extrapolate_cell_size(sizes(values, np.full(3, 1e-4), length), power=power, **CRYSTAL).mean[0])
        for power in (1.0, 3.0)
    }
    assert limit[3.0] == pytest.approx(0.65310884, abs=3e-5)
    assert abs(limit[1.0] - 0.65310884) > 2e-4


def liquid(values: np.ndarray, std: float, lengths: np.ndarray) -> dict[float, Estimate]:
    return sizes(values, np.full(len(values), std), lengths)


LIQUIDS = {"name": "ln(D [m2.s-1])", "viscosity_name": "ln(eta [Pa.s])", "temperature": 298.15}
EDGES = np.array([2e-9, 3e-9, 4.5e-9])
ETA, INFINITE = 9e-4, 2.3e-9
IN_CELLS = INFINITE - 2.837297 * BOLTZMANN * 298.15 / (6 * np.pi * ETA * EDGES)
"""Water: 15 % slower in the smallest cell."""


def test_liquid_gives_diffusivity_and_viscosity() -> None:
    """Of exact D in three cells; the extrapolation gives the same D, and the correction with this viscosity each one's."""
    runs = liquid(np.log(IN_CELLS), 0.001, EDGES)
    result = extrapolate_liquid(runs, **LIQUIDS)
    np.testing.assert_allclose(result.mean, np.log([INFINITE, ETA]), atol=1e-6)
    alone = extrapolate_cell_size(runs, name="ln(D [m2.s-1])", power=1)
    assert alone.mean[0] == pytest.approx(result.mean[0], abs=1e-12)
    assert alone.std[0] == pytest.approx(result.std[0])
    assert result.covariance[0, 1] < 0  # a steeper line has the larger D and the smaller viscosity
    eta = Estimate.from_covariance(("ln(eta [Pa.s])",), [result.mean[1]], [[1e-8]], source="viscosity")
    one_cell = yeh_hummer_correction(runs[2e-9], box_length=2e-9, temperature=298.15, viscosity=eta, name="ln(D [m2.s-1])")
    assert one_cell.mean[0] == pytest.approx(np.log(INFINITE), abs=1e-5)


def test_liquid_covers() -> None:
    """300 draws of 0.5 % each: D to a tenth of its error on average, both intervals hold the truth."""
    rng = np.random.default_rng(7)
    found = [
        extrapolate_liquid(liquid(np.log(IN_CELLS) + 0.005 * rng.standard_normal(3), 0.005, EDGES), **LIQUIDS)
        for _ in range(300)
    ]
    error = np.array([(result.mean - np.log([INFINITE, ETA])) / result.std for result in found])
    for z in error.T:
        covers(z)
    assert abs(error[:, 0].mean()) < 0.2


def test_liquids_without_an_effect_have_no_viscosity() -> None:
    flat = liquid(np.full(3, -20.0), 0.01, EDGES)
    with pytest.raises(ValueError, match=r"D of the smallest cell is lower by .* no viscosity follows; run longer"):
        extrapolate_liquid(flat, **LIQUIDS)
    with pytest.raises(ValueError, match="give kelvin"):
        extrapolate_liquid(flat, **LIQUIDS | {"temperature": -1.0})
    with pytest.raises(ValueError, match="falls below zero"):
        extrapolate_cell_size(liquid(np.array([-22.0, -25.0]), 0.01, EDGES[:2]), name="ln D", power=1)


def test_contradicting_sizes_have_a_misfit() -> None:
    result = extrapolate_cell_size(
        sizes(np.array([-20.0, -19.0, -20.0, -19.2]), np.full(4, 0.05), np.arange(1.0, 5.0)), **CRYSTAL
    )
    assert f"{CRYSTAL['name']} (misfit)" in result.factors
    assert result.std[0] > 0.4


def test_bad_series_are_refused() -> None:
    good = sizes(np.zeros(3), np.ones(3), np.array([1.0, 2.0, 3.0]))
    with pytest.raises(ValueError, match=r"1 cell size\(s\), an extrapolation needs two"):
        extrapolate_cell_size({1.0: good[1.0]}, **CRYSTAL)
    with pytest.raises(ValueError, match="give metres"):
        extrapolate_cell_size({-1.0: good[1.0], 2.0: good[2.0]}, **CRYSTAL)
    with pytest.raises(ValueError, match="take 3 for hops"):
        extrapolate_cell_size(good, power=0.0, **CRYSTAL)
    with pytest.raises(ValueError, match="fully shared"):
        extrapolate_cell_size(sizes(np.zeros(3), np.zeros(3), np.array([1.0, 2.0, 3.0])), **CRYSTAL)
    pair = Estimate.from_covariance(("a", "b"), [0, 0], np.eye(2), source="MD 1")
    with pytest.raises(ValueError, match="has 2 coefficients"):
        extrapolate_cell_size({1.0: pair, 2.0: good[2.0]}, **CRYSTAL)


def test_page_runs() -> None:
    """The blocks of docs/finite-size.md, one after the other, as a reader would paste them."""
    page = (DOCS / "finite-size.md").read_text(encoding="utf-8")
    assert len(BLOCK.findall(page)) == 4
    names, _ = run_page(page, DOCS / "finite-size.md")
    assert names["corrected"].std[0] < names["D"].std[0]
    np.testing.assert_allclose(names["both"].mean, np.log([2.3e-9, 9e-4]), atol=0.01)
    assert set(names["with_source"].factors) == {"MD 2e-09 m", "cell size"}


@pytest.mark.calibration
def test_walked_lattice_gases_give_the_infinite_crystal() -> None:
    """200 series of 8, 16 and 64 sites, half full, walked and fitted without offset; in the smallest D_J is 8/7 too large."""
    network = lattice("sc", jump_length=3e-10)
    truth = np.log(0.5 * effective_diffusivity(network)[0, 0])
    series: list[dict[float, Estimate]] = [{} for _ in range(200)]
    for seed, times in enumerate([(2, 2, 2), (2, 2, 4), (4, 4, 4)]):
        rng = np.random.default_rng(seed)
        walk = lattice_gas_walk(network, times, occupancy=0.5, n_frame=120, interval=1.0, n_replica=200, rng=rng)
        centre = walk.mean(axis=2) * np.sqrt(walk.shape[2])
        lag = np.arange(1, 61)
        msd = [((centre[n:] - centre[:-n]) ** 2).sum(axis=2).mean(axis=0) for n in lag]
        for parts, curve in zip(series, np.transpose(msd), strict=True):
            record = CollectiveMSD("Li", lag.astype(float), curve, walk.shape[2], 120, 1.0, 3, 300.0)
            name, source = f"ln(D_J {times})", f"MD {times}"
            window = (1.0, 60.0)
            parts[np.prod(times) ** (1 / 3)] = fit_jump_diffusivity(
                record, name=name, source=source, window=window, offset=False
            )
    results = [extrapolate_cell_size(parts, **CRYSTAL) for parts in series]
    covers(np.array([(result.mean[0] - truth) / result.std[0] for result in results]))
    effect = np.mean([result.provenance["fit"]["effect in the smallest"] for result in results])
    assert effect == pytest.approx(np.log(8 / 7), abs=0.02)
