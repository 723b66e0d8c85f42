"""Mean-squared displacements and tracer diffusivities: identities, known truth, and whether error bars cover."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2c_pybamm.data import Trajectory
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators import MemoryCriterion, WindowCriterion, ZeroFrequencyCriterion
from a2c_pybamm.estimators.diffusion.tracer_diffusivity import fit_tracer_diffusivity
from a2c_pybamm.estimators.time_series.diffusive_line import fit_line
from a2c_pybamm.estimators.time_series.diffusive_window import log_spaced_lags
from a2c_pybamm.estimators.time_series.excess_variance import excess_variance
from a2c_pybamm.estimators.time_series.mean_squared_displacement import mean_squared_displacement
from a2c_pybamm.estimators.time_series.overlap import overlap_covariance
from a2c_pybamm.estimators.time_series.resolution import NotDiffusive
from tests.estimators.diffusion.known_walks import ALL, HOP, STEP, SYSTEMS, brownian, half_immobile, lattice

NAME = {"name": "Li ln(D_tr [m2.s-1])", "source": "MD (sampling)"}


def fitted(trajectory: Trajectory, window: tuple[float, float] | None = None, *, offset: bool = True) -> Estimate:
    return fit_tracer_diffusivity(mean_squared_displacement(trajectory, "Li"), **NAME, window=window, offset=offset)


# Mean-squared displacements


@given(
    st.integers(0, 10**6), st.integers(2, 33), st.integers(1, 4), st.sampled_from([(0, 1, 2), (0, 1), (2, 0), (1,), (0, 2, 1)])
)
def test_fourier_transform_equals_the_loop(seed: int, n_frame: int, n_walker: int, directions: tuple[int, ...]) -> None:
    """At even, odd and prime numbers of frames, far from the origin."""
    trajectory = brownian(seed, n_frame, n_walker)
    trajectory = replace(trajectory, positions=trajectory.positions + 1e-7)
    msd = mean_squared_displacement(trajectory, "Li", directions=directions)
    r = trajectory.positions[:, :n_walker][..., list(directions)]
    loop = [((r[n:] - r[:-n]) ** 2).sum(axis=2).mean(axis=0) for n in range(1, n_frame)]
    np.testing.assert_allclose(msd.by_atom, np.transpose(loop), rtol=1e-7)
    np.testing.assert_allclose(msd.lag, STEP * np.arange(1, n_frame))
    assert msd.dimension == len(directions)


def test_blocks_of_atoms_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = mean_squared_displacement(brownian(1), "Li").by_atom
    module = sys.modules["a2c_pybamm.estimators.time_series.mean_squared_displacement"]  # its dotted name is the function's too
    monkeypatch.setattr(module, "TRANSFORM_BYTES", 24 * 200 * 5)
    np.testing.assert_allclose(mean_squared_displacement(brownian(1), "Li").by_atom, whole, rtol=1e-9)


@given(st.integers(0, 10**6))
def test_drift_changes_nothing(seed: int) -> None:
    """Neither a steady nor a jerky motion of the whole crystal, nor its rest frame, is diffusion."""
    trajectory = brownian(seed, 60, 5)
    drift = 1e-9 * np.random.default_rng(seed + 1).normal(size=(60, 1, 3)).cumsum(axis=0)
    moved = replace(trajectory, positions=trajectory.positions + drift)
    before, after = (mean_squared_displacement(t, "Li").by_atom for t in (trajectory, moved))
    np.testing.assert_allclose(after, before, rtol=1e-6)


def test_reference_is_the_mass_centre_of_the_others() -> None:
    rng = np.random.default_rng(5)
    trajectory = Trajectory(rng.normal(size=(20, 4, 3)), ("Li", "La", "O", "Li"), np.array([7.0, 139.0, 16.0, 7.0]), 1.0, 300.0)
    r = trajectory.positions[:, [0, 3]] - ((139 * trajectory.positions[:, 1] + 16 * trajectory.positions[:, 2]) / 155)[:, None]
    np.testing.assert_allclose(
        mean_squared_displacement(trajectory, "Li").by_atom[:, 4], ((r[5:] - r[:-5]) ** 2).sum(axis=2).mean(axis=0)
    )
    alone = replace(trajectory, species=("Li",) * 4)
    assert "no framework" in mean_squared_displacement(alone, "Li").provenance["displacements against"]


def test_against_the_mass_centre_of_all() -> None:
    """As in a liquid: the centre of all atoms is at rest, which the species' own motion is part of."""
    rng = np.random.default_rng(5)
    trajectory = Trajectory(rng.normal(size=(20, 3, 3)), ("Li", "O", "O"), np.array([7.0, 16.0, 16.0]), 1.0, 300.0)
    r = trajectory.positions[:, 0] - np.average(trajectory.positions, axis=1, weights=trajectory.masses)
    msd = mean_squared_displacement(trajectory, "Li", against="all", workers=2)
    np.testing.assert_allclose(msd.by_atom[0, 4], ((r[5:] - r[:-5]) ** 2).sum(axis=1).mean())
    assert msd.provenance["displacements against"] == "mass centre of all atoms"


def test_thinned_lags_give_the_same_diffusivity(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept of a run that is too large for all lags: the first 64, then 64 for each factor of two."""
    trajectory = brownian(2, 3000, 20)
    whole = mean_squared_displacement(trajectory, "Li")
    module = sys.modules["a2c_pybamm.estimators.time_series.mean_squared_displacement"]
    monkeypatch.setattr(module, "MOST_BYTES_IN_MEMORY", 8 * 1000)
    thin = mean_squared_displacement(trajectory, "Li")
    lags = thin.lag_in_frames
    assert list(lags[:70]) == list(range(1, 71))
    assert len(lags) < 64 * 7
    assert lags[-1] == 2999
    np.testing.assert_array_equal(thin.by_atom, whole.by_atom[:, lags - 1])
    one, two = (fit_tracer_diffusivity(msd, **NAME) for msd in (whole, thin))
    assert abs(one.mean[0] - two.mean[0]) < 0.1 * one.std[0]
    assert one.std[0] == pytest.approx(two.std[0], rel=0.02)


def test_bad_species_and_directions_are_refused() -> None:
    with pytest.raises(ValueError, match=r"no atom of species 'Na' .*La, Li"):
        mean_squared_displacement(brownian(0), "Na")
    for directions in ((), (3,), (0, 0)):
        with pytest.raises(ValueError, match="one to three different ones"):
            mean_squared_displacement(brownian(0), "Li", directions=directions)


# Settings of the criterion


def test_settings_of_the_criterion_act() -> None:
    """With a transient the fit begins ``start_factor`` times later; with fewer lags per decade it has fewer of them."""
    msd = mean_squared_displacement(lattice(0, 0.05, rattle=6e-11, memory=20.0, n_frame=1600), "Li")
    start = [
        fit_tracer_diffusivity(msd, **NAME, criterion=WindowCriterion(start_factor=factor, excess_factor=0)).provenance["fit"][
            "window [s]"
        ][0]
        for factor in (1.0, 2.0, 4.0)
    ]
    assert start[0] < start[1] < start[2]
    assert 4 <= start[2] / start[0] <= 5  # up to the next of twelve lags per decade, and to whole frames
    lags = [
        fit_tracer_diffusivity(msd, **NAME, criterion=WindowCriterion(fit_lags_per_decade=n)).provenance["fit"]["lags"]
        for n in (12, 48)
    ]
    assert lags[0] < lags[1]
    assert (
        fitted(lattice(1, 0.1)).mean[0]
        == fit_tracer_diffusivity(mean_squared_displacement(lattice(1, 0.1), "Li"), **NAME, criterion=WindowCriterion()).mean[0]
    )


@pytest.mark.parametrize("wrong", [{"level": 0.0}, {"transient_level": 1.0}, {"n_windows": 0}, {"start_factor": 0.5}])
def test_impossible_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"levels are probabilities between 0 and 1, numbers are 1 or more"):
        WindowCriterion(**wrong)
    with pytest.raises(ValueError, match="numbers are positive"):
        ZeroFrequencyCriterion(n_group=0)
    with pytest.raises(ValueError, match="level lies between 0 and 1"):
        MemoryCriterion(level=2.0)


# Covariance and fit


@given(st.integers(4, 30), st.floats(0.1, 3), st.floats(-0.05, 4))
def test_covariance_is_that_of_quadratic_forms(n_frame: int, slope: float, offset: float) -> None:
    """A mean-squared displacement is xᵀAx; for Gaussian x of covariance K, Cov(xᵀAx, xᵀBx) = 2 tr(AKBK), with no Wick sum."""
    lags = np.unique([1, 2, n_frame // 2, n_frame - 1])
    frame = np.arange(n_frame)
    steps = np.diag(np.full(n_frame, slope + offset))
    steps[frame[1:], frame[:-1]] = steps[frame[:-1], frame[1:]] = -offset / 2  # increments of M(1) = s + c, M(n) = sn + c
    total = np.tri(n_frame)
    position = total @ steps @ total.T
    forms = []
    for n in lags:
        difference = np.eye(n_frame)[n:] - np.eye(n_frame)[:-n]
        forms.append(difference.T @ difference / (n_frame - n) @ position)
    direct = [[2 * np.trace(a @ b) for b in forms] for a in forms]
    np.testing.assert_allclose(overlap_covariance(lags, n_frame, slope, offset), direct, rtol=1e-8, atol=1e-9)


@given(st.floats(1e-13, 1e-7), st.floats(0, 1e-19), st.integers(1, 3))
def test_a_straight_line_gives_its_slope(diffusivity: float, offset: float, n_direction: int) -> None:
    """To round-off, also where the offset is large; atoms differ, their mean is the line."""
    msd = mean_squared_displacement(brownian(0, 300, 10), "Li", directions=range(n_direction))
    share = 1 + 0.1 * np.linspace(-1, 1, 10)[:, None]
    line = 2 * n_direction * diffusivity * msd.lag
    line_of_atoms = replace(msd, by_atom=share * line + offset, blocks=None)
    window = (2 * STEP, 250 * STEP)
    assert fit_tracer_diffusivity(line_of_atoms, **NAME, window=window).mean[0] == pytest.approx(np.log(diffusivity), abs=1e-5)


def test_units_scale() -> None:
    """Ten times slower frames give a tenth of D, ten times longer paths a hundred times D, with the same relative error."""
    trajectory = lattice(2, 0.05)
    estimate = fitted(trajectory)
    slower = fitted(replace(trajectory, interval=10 * trajectory.interval))
    longer = fitted(replace(trajectory, positions=10 * trajectory.positions))
    assert slower.mean[0] == pytest.approx(estimate.mean[0] - np.log(10))
    assert longer.mean[0] == pytest.approx(estimate.mean[0] + np.log(100))
    np.testing.assert_allclose([slower.std[0], longer.std[0]], estimate.std[0], rtol=1e-6)


def test_estimate_says_what_it_is() -> None:
    estimate = fitted(brownian(4))
    assert estimate.names == (NAME["name"],)
    assert list(estimate.factors) == [NAME["source"]]
    fit = estimate.provenance["fit"]
    assert fit["window [s]"] == [pytest.approx(STEP), pytest.approx(100 * STEP)]
    assert abs(fit["exponent"] - 1) < 3 * fit["exponent std"]
    assert fit["offset [m2]"] == pytest.approx(6e-22, rel=0.5)  # 6 rattle²


def test_a_transient_is_left_out() -> None:
    """Rattling that remembers itself for five frames bends the line up to some fifteen."""
    fit = fitted(lattice(4, 0.01, memory=5)).provenance["fit"]
    assert fit["window [s]"][0] >= 10 * STEP


# Refusals


@pytest.mark.parametrize(
    ("memory", "worst"), [pytest.param(0, 2, id="white"), pytest.param(20, 6, id="slow", marks=pytest.mark.slow)]
)
def test_rattling_is_not_diffusion(memory: int, worst: int) -> None:
    """40 runs in which no ion ever hops: chance, and for slow rattling the choice of window, may mislead in a few."""
    refused = 0
    for seed in range(40):
        try:
            fitted(lattice(seed, 0.0, memory=memory))
        except NotDiffusive as error:
            refused += "not resolved from zero" in str(error) or "not linear" in str(error)
    assert refused >= 40 - worst


def test_what_does_not_move_or_only_drifts_is_refused() -> None:
    still = lattice(0, 0.0, rattle=0.0)
    with pytest.raises(NotDiffusive, match="does not move at all"):
        fitted(still)
    drift = np.zeros_like(still.positions)
    drift[:, :-1, 0] = 1e-12 * np.arange(400)[:, None]
    with pytest.raises(NotDiffusive, match="move alike"):
        fitted(replace(still, positions=drift))


def test_ballistic_flight_is_refused() -> None:
    velocity = np.random.default_rng(1).normal(size=(24, 3)) * 1e-12
    flight = np.zeros((400, 25, 3))
    flight[:, :24] = np.arange(400)[:, None, None] * velocity
    with pytest.raises(NotDiffusive, match="not linear in time"):
        fitted(replace(lattice(0, 0.0), positions=flight))


def test_too_little_is_refused() -> None:
    with pytest.raises(ValueError, match=r"trajectory of 6 frames: 3 lags, a fit needs 7"):
        fitted(brownian(0, 6))
    with pytest.raises(ValueError, match="lags must rise"):
        fitted(brownian(0), window=(1e-13, 1e-11))
    with pytest.raises(ValueError, match="a fit needs 7"):
        fitted(brownian(0), window=(1e-13, 1.3e-13))


# Without offset


def test_free_walk_needs_its_first_lag_alone() -> None:
    """All there is to know of M = 2dDt is in single steps, and its error for 5 walkers of 199 steps is √(2/3·5·199)."""
    trajectory = brownian(1, n_walker=5, rattle=0.0)
    msd = mean_squared_displacement(trajectory, "Li")
    estimate = fitted(trajectory, offset=False)
    assert estimate.mean[0] == pytest.approx(np.log(msd.value[0] / (6 * STEP)), abs=1e-6)
    assert estimate.provenance["fit"]["offset fitted"] is False
    assert estimate.provenance["fit"]["window [s]"][0] == pytest.approx(STEP)
    line = fit_line(np.arange(1.0, 101), msd.by_atom[:1, :100], 200, 3, offset=False)
    assert line.slope_std / line.slope == pytest.approx(np.sqrt(2 / (3 * 199)), rel=1e-6)
    assert line.n_spare == 99


def test_straight_line_through_the_origin_gives_its_slope() -> None:
    msd = mean_squared_displacement(brownian(0, 300, 10), "Li")
    share = 1 + 0.1 * np.linspace(-1, 1, 10)[:, None]
    line = replace(msd, by_atom=share * 6e-9 * msd.lag, blocks=None)
    for window in (None, (5 * STEP, 100 * STEP)):
        assert fit_tracer_diffusivity(line, **NAME, window=window, offset=False).mean[0] == pytest.approx(np.log(1e-9))


def test_rattling_refuses_the_line_through_the_origin() -> None:
    """It does not pass for diffusion that has no offset, in a given window neither, but where the criterion lets it."""
    for trajectory in (brownian(0), lattice(0, 0.0)):
        with pytest.raises(NotDiffusive, match="through the origin; fit with offset=True"):
            fitted(trajectory, offset=False)
    with pytest.raises(NotDiffusive, match=r"not linear in time .* p = .*; give a window= that starts later"):
        fitted(brownian(0), (STEP, 100 * STEP), offset=False)
    msd, taken = mean_squared_displacement(brownian(0), "Li"), WindowCriterion(refusal_level=0)
    line = fit_tracer_diffusivity(msd, **NAME, window=(STEP, 100 * STEP), offset=False, criterion=taken)
    assert line.mean[0] > np.log(2e-9)
    assert line.std[0] > 1  # ± 4 % of sampling, and the misfit
    assert set(line.factors) == {"MD (sampling)", "MD (misfit)"}


# Given windows


def test_window_across_a_transient_is_refused() -> None:
    """Rattling with a memory of five frames from the first lag on: D would be 2.2 times too large, and 7 % its error."""
    trajectory = lattice(4, 0.02, rattle=5e-11, memory=5)
    with pytest.raises(NotDiffusive, match=r"exponent 0\.\d\d ± .* p = .*e-\d+; give a window= that starts later, or none"):
        fitted(trajectory, (STEP, 200 * STEP))
    late = fitted(trajectory, (40 * STEP, 200 * STEP))
    assert list(late.factors) == ["MD (sampling)"]
    assert abs(late.mean[0] - np.log(0.02 * HOP)) < 3 * late.std[0]


def test_misfit_of_a_given_window_is_a_source() -> None:
    """Between 1 % and 1 in a million a window is taken, and by how much its slope changes is an error of D."""
    seen = 0
    for seed in range(12):
        estimate = fitted(lattice(seed, 0.1, memory=1, rattle=2e-11), (STEP, 200 * STEP))
        fit = estimate.provenance["fit"]
        if "MD (misfit)" not in estimate.factors:
            assert min(fit["chi-squared p-value"], 1) >= 0.01
            continue
        seen += 1
        bend = abs(fit["exponent"] - 1) * np.log(200) / 2
        assert fit["misfit std"] == pytest.approx(float(estimate.factors["MD (misfit)"].values[0, 0]))
        assert fit["misfit std"] >= 0.9 * bend or fit["chi-squared p-value"] < 0.01
        assert estimate.std[0] > fit["misfit std"]
    assert 1 <= seen <= 11


# Scatter in time


def test_blocks_are_displacements_in_parts_of_the_run() -> None:
    trajectory = brownian(0, 202, 3)
    blocks = mean_squared_displacement(trajectory, "Li").blocks
    assert blocks is not None
    assert blocks.by_atom.shape[:2] == (4, 3)
    assert blocks.n_frame == 50
    for part in range(4):
        r = trajectory.positions[50 * part : 50 * part + 50, :3]
        loop = [((r[n:] - r[:-n]) ** 2).sum(axis=2).mean(axis=0) for n in blocks.lag_in_frames]
        np.testing.assert_allclose(blocks.by_atom[part], np.transpose(loop), rtol=1e-7)
    assert mean_squared_displacement(brownian(0, 40, 3), "Li").blocks is None
    msd = mean_squared_displacement(trajectory, "Li")
    with pytest.raises(ValueError, match="2 atoms, and 3 in its blocks; give blocks of the same atoms, or None"):
        replace(msd, by_atom=msd.by_atom[:2])


def test_atoms_that_differ_for_good_add_no_error() -> None:
    """Half of the atoms immobile: the scatter between atoms is 20 % of D, that of D from run to run some 6 %."""
    msd = mean_squared_displacement(half_immobile(0), "Li")
    window = (STEP, 150 * STEP)
    estimate = fit_tracer_diffusivity(msd, **NAME, window=window)
    without = fit_tracer_diffusivity(replace(msd, blocks=None), **NAME, window=window)
    assert estimate.provenance["fit"]["error bar"].endswith("atoms differ for good")
    assert without.provenance["fit"]["error bar"] == "between atoms"
    assert without.std[0] > 3 * estimate.std[0]
    assert estimate.mean[0] == without.mean[0]


def test_excess_is_that_of_poisson_hops() -> None:
    """Independent hops of one length, a time λN each: the excess is D²/nλN for n atoms; of Brownian walkers nothing."""
    excess = {}
    for kind, make in (("hops", lambda seed: lattice(seed, 0.05, rattle=0.0)), ("Brownian", brownian)):
        found = []
        for seed in range(20):
            msd = mean_squared_displacement(make(seed), "Li")
            line = fit_line(np.arange(1.0, 51), msd.by_atom[:, :50], msd.n_frame, 3)
            assert msd.blocks is not None
            found.append(excess_variance(msd.blocks, line.slope, line.offset, 3).variance / line.slope**2)
        excess[kind] = np.mean(found), np.std(found) / np.sqrt(20)
    assert abs(excess["hops"][0] - 1 / (24 * 0.05 * 400)) < 4 * excess["hops"][1]
    assert abs(excess["Brownian"][0]) < 4 * excess["Brownian"][1]
    assert excess["hops"][0] > 10 * excess["hops"][1]


# Efficiency


def cramer_rao(n_step: int, slope: float, offset: float) -> np.ndarray:
    r"""Least covariance (2, 2) of slope and offset, from the steps of one walker along one direction.

    Steps of :math:`M(n) = sn + c` have variance s + c and covariance -c/2 with the next: a Toeplitz matrix with eigenvalues
    :math:`\lambda_k = s + cg_k`, :math:`g_k = 1 - \cos(k\pi/(n+1))`, and eigenvectors that know neither s nor c. Fisher's
    information :math:`\tfrac12\operatorname{tr}\,\Sigma^{-1}\partial\Sigma\,\Sigma^{-1}\partial\Sigma` is a sum over k.
    """
    g = 1 - np.cos(np.arange(1, n_step + 1) * np.pi / (n_step + 1))
    eigenvalue = slope + offset * g
    derivatives = np.array([np.ones_like(g), g]) / eigenvalue
    return np.linalg.inv(derivatives @ derivatives.T / 2)


def least_squares_variance(lags: np.ndarray, n_frame: int, slope: float, offset: float) -> float:
    """Variance of the slope by generalised least squares at the true weights."""
    design = np.column_stack([lags, np.ones(len(lags))])
    return np.linalg.inv(design.T @ np.linalg.solve(overlap_covariance(lags, n_frame, slope, offset), design))[0, 0]


def lags_of_fit(n_frame: int, first: int = 1) -> np.ndarray:
    msd = mean_squared_displacement(brownian(0, n_frame, 1), "Li")
    settings = WindowCriterion()
    return log_spaced_lags(msd, (first * STEP, n_frame // 2 * STEP), settings.fit_lags_per_decade, settings.min_lags)


@given(st.integers(3, 12), st.floats(0.1, 3), st.floats(-0.04, 5))
def test_bound_is_that_of_the_steps_information(n_step: int, slope: float, offset: float) -> None:
    """Traces of whole matrices, derivatives by difference."""

    def covariance(s: float, c: float) -> np.ndarray:
        return np.diag(np.full(n_step, s + c)) - c / 2 * (np.eye(n_step, k=1) + np.eye(n_step, k=-1))

    steps = [covariance(1, 0), covariance(0, 1)]
    solved = [np.linalg.solve(covariance(slope, offset), step) for step in steps]
    information = [[np.trace(a @ b) / 2 for b in solved] for a in solved]
    np.testing.assert_allclose(cramer_rao(n_step, slope, offset), np.linalg.inv(information), rtol=1e-6)


@pytest.mark.parametrize("n_frame", [50, 200, 1000, 4000])
def test_log_spaced_lags_lose_little(n_frame: int) -> None:
    """Against the bound for slope and offset, from no offset to one as large as what half of the run adds: 8 % at most."""
    lags = lags_of_fit(n_frame)
    offsets = [0.0, 1.0, 10.0, 0.1 * n_frame, 0.5 * n_frame]
    loss = [least_squares_variance(lags, n_frame, 1.0, c) / cramer_rao(n_frame - 1, 1.0, c)[0, 0] for c in offsets]
    print(f"{n_frame} frames, {len(lags)} lags: variance over the bound {np.round(loss, 3)} at offsets {offsets}")
    assert min(loss) > 1
    assert max(loss) < 1.08
    assert max(loss[:3]) < 1.04


@pytest.mark.parametrize("offset", [0.0, 3.0, 30.0])
def test_log_spaced_lags_know_as_much_as_all_lags_of_a_window(offset: float) -> None:
    """From lag 4 on, steps are no data: the best that is linear in all 97 lags is the measure, and half as many lose 2 %."""
    few, every = (least_squares_variance(lags, 200, 1.0, offset) for lags in (lags_of_fit(200, 4), np.arange(4.0, 101)))
    assert 1 <= few / every < 1.02


def variance_over(bound: float, n: int, window: tuple[float, float] | None, rattle: float, offset: bool) -> float:
    """Variance of D̂/D over n runs of 24 Brownian walkers and 200 frames, over what it can be at best; error bars cover."""
    estimates = []
    for seed in range(n):
        try:
            estimates.append(fitted(brownian(seed, rattle=rattle), window, offset=offset))
        except NotDiffusive:
            assert window is None
    error = np.array([estimate.mean[0] - np.log(1e-9) for estimate in estimates])
    ratio = float(np.var(np.exp(error)) / bound)
    print(f"rattle {rattle:g} m, offset {offset}: variance over the bound {ratio:.3f}")
    check_coverage("the same", error / [estimate.std[0] for estimate in estimates], n, 0.995)
    return ratio


@pytest.mark.calibration
def test_variance_without_offset_is_the_bound() -> None:
    """2D²/(dnN): 2000 runs tell 3 % (one standard deviation)."""
    assert variance_over(2 / (3 * 24 * 199), 2000, None, 0.0, False) == pytest.approx(1, abs=0.15)


@pytest.mark.calibration
@pytest.mark.parametrize("rattle", [0.0, 5e-12, 1e-11, 3e-11])
def test_variance_with_offset_is_near_the_bound(rattle: float) -> None:
    """Offset and slope unknown, offsets of 0 to 90 steps' worth, all lags up to half of the run: 1000 runs tell 4.5 %."""
    per_frame = 6e-9 * STEP
    bound = cramer_rao(199, 1.0, 6 * rattle**2 / per_frame)[0, 0] / (3 * 24)
    assert variance_over(bound, 1000, (STEP, 100 * STEP), rattle, True) == pytest.approx(1, abs=0.15)


# Calibration


def standardised_errors(system: str, n: int, window: tuple[float, float] | None = None) -> np.ndarray:
    """(ln D - truth)/std over n trajectories; refused ones are left out."""
    make, truth, _, _ = ALL[system]
    errors = []
    for seed in range(n):
        try:
            estimate = fitted(make(seed), window)
        except NotDiffusive:
            continue
        errors.append((estimate.mean[0] - np.log(truth)) / estimate.std[0])
    return np.array(errors)


def check_coverage(system: str, z: np.ndarray, n: int, share: float = 0.94) -> None:
    """68 and 95 % of the intervals hold the truth, within three binomial standard deviations; refusals stay rare."""
    inside = [float((np.abs(z) < half).mean()) for half in (1.0, 1.96)]
    print(f"{system}: {len(z)} of {n} fitted, 68 % interval {inside[0]:.1%}, 95 % interval {inside[1]:.1%}, std {z.std():.3f}")
    assert len(z) > share * n
    for found, nominal in zip(inside, (0.6827, 0.95), strict=True):
        assert abs(found - nominal) < 3 * np.sqrt(nominal * (1 - nominal) / n)


@pytest.mark.parametrize("system", ["Brownian, 24 atoms", "rare hops, 1 in 300 frames", "half immobile, 24 atoms, 300 frames"])
def test_error_bars_cover_quick(system: str) -> None:
    """80 trajectories: an error bar that is half as large again, or two thirds of it, is seen."""
    check_coverage(system, standardised_errors(system, 80), 80)


@pytest.mark.calibration
@pytest.mark.parametrize("system", SYSTEMS)
def test_error_bars_cover(system: str) -> None:
    """1000 Brownian trajectories, 500 of hops, the window chosen by the criterion: an error bar 10 to 15 % off is seen."""
    _, _, n, share = SYSTEMS[system]
    check_coverage(system, standardised_errors(system, n), n, share)


@pytest.mark.calibration
@pytest.mark.parametrize(
    ("system", "n"),
    [
        ("Brownian, 4 ions, 300 frames", 300),
        ("hops, 1 in 20, 8 ions, 300 frames", 300),
        ("hops, 1 in 20, rattling of 0.5 Å with a memory of 3, 12 ions, 300 frames", 300),
        ("4 fast and 20 ten times slower, 300 frames", 200),
        ("hops, 1 in 10, half immobile, 300 frames", 200),
        ("lattice gas, x = 0.5, 32 ions, 300 frames of 1 try", 100),
        ("lattice gas, x = 0.9, 58 ions, 300 frames of 1 try", 100),
    ],
)
def test_error_bars_cover_where_few_or_unlike_ions_hop_back(system: str, n: int) -> None:
    """Part of ``benchmarks/diffusivity_coverage.py``, which has 300 runs of each and more kinds."""
    check_coverage(system, standardised_errors(system, n), n, ALL[system][3])


@pytest.mark.calibration
def test_error_bars_cover_in_a_given_window() -> None:
    """Nothing is chosen here: what is tested is the covariance alone, and the spread of the errors to 7 %."""
    z = standardised_errors("Brownian, 4 atoms", 1000, window=(4 * STEP, 100 * STEP))
    check_coverage("Brownian, 4 atoms, given window", z, 1000)
    assert abs(z.std() - 1) < 0.07


@pytest.mark.calibration
def test_cages_that_open_as_they_forget_are_covered() -> None:
    """A transient of five frames where ions hop one time in ten: no test of one run shows it, but the fit begins after it."""
    system = "hops, 1 in 10, rattling with a memory of 5"
    check_coverage(system, standardised_errors(system, 200), 200, ALL[system][3])
