"""Onsager matrix from one trajectory: exact distributions of what is emitted, known systems, frames, refusals, coverage."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from scipy.special import digamma

from a2c_pybamm.constants import AVOGADRO, FARADAY, GAS_CONSTANT
from a2c_pybamm.data import Array, ElectrolyteMotion
from a2c_pybamm.estimators import (
    NotDiffusive,
    WishedErrors,
    fit_einstein_helfand,
    fit_onsager,
    onsager_matrix,
    onsager_report,
    planned_length,
)
from a2c_pybamm.estimators.conduction.onsager import transference_scale
from a2c_pybamm.estimators.time_series.flat_band import BandCriterion, flat_band, sine_amplitudes, slow_p_value, trend_p_value
from a2c_pybamm.estimators.time_series.variation_in_time import variance_factor
from a2c_pybamm.laws import (
    BinarySalt,
    conductivity,
    frame_matrix,
    onsager_from_transport,
    salt_coefficient,
    salt_diffusivity,
    transference_number,
)
from a2c_pybamm.synthetic import LangevinElectrolyte, caged_motion

SYSTEM = LangevinElectrolyte()
PAIRED = LangevinElectrolyte(n_pair=20, pair_diffusivity=8e-10)
DIVALENT = LangevinElectrolyte(species=("Ca", "TFSI", "EC"), charges=(2, -1, 0), counts=(30, 60, 600))
NAMES = {"material": "LiPF6-EC", "source": "LiPF6-EC MD (sampling)"}
PICOSECOND = 1e-12
VOLUMES = {"Li": -5e-6, "PF6": 6e-5, "EC": 6.7e-5}


def run(system: LangevinElectrolyte, seed: int, n_frame: int = 400, interval: float = PICOSECOND) -> ElectrolyteMotion:
    return system.run(n_frame, interval=interval, rng=np.random.default_rng(seed))[0]


def in_solvent_frame(system: LangevinElectrolyte) -> Array:
    S = frame_matrix(system.counts, [0, 0, 1])
    return S @ system.onsager_matrix @ S.T


def truth(system: LangevinElectrolyte) -> Array:
    """Logarithm of κ, t₊, and logarithm of L_s."""
    L, salt = in_solvent_frame(system), BinarySalt(*system.charges[:2])
    kappa = conductivity(L, system.charges)
    return np.array([np.log(kappa), transference_number(L, system.charges), np.log(salt_coefficient(L[:2, :2], salt))])


# Exact distributions

REPLICAS, DOF = 6400, 60


def replicas(L: Array, rng: np.random.Generator) -> Array:
    """Onsager matrices (REPLICAS, 2, 2) from paths of independent steps of covariance L, by their projections on sines."""
    steps = rng.standard_normal((DOF // 3, REPLICAS, 3, 2)) @ np.linalg.cholesky(L).T
    amplitudes = sine_amplitudes(np.concatenate([np.zeros((1, REPLICAS, 3, 2)), steps.cumsum(axis=0)]))
    return np.einsum("krdi,krdj->rij", amplitudes, amplitudes) / DOF


@pytest.mark.slow
@pytest.mark.parametrize("salt", [BinarySalt(), BinarySalt(2, -1)])
def test_distributions_are_exact(salt: BinarySalt) -> None:
    """Kolmogorov–Smirnov over 6400 replicas, at 60 degrees of freedom; one less of t₊ and L_s is told apart."""
    z = (salt.cation_charge, salt.anion_charge)
    L = np.array([[2.0, 0.5], [0.5, 3.0]])
    found = replicas(L, np.random.default_rng(60))
    kappa, t_plus, L_s = conductivity(found, z), transference_number(found, z), salt_coefficient(found, salt)
    ratios = kappa / conductivity(L, z), L_s / salt_coefficient(L, salt)
    unit = transference_scale(kappa, L_s, DOF, salt)
    student = (t_plus - transference_number(L, z)) / unit
    assert stats.kstest(ratios[0] * DOF, stats.chi2(DOF).cdf).pvalue > 1e-3
    assert stats.kstest(ratios[1] * DOF, stats.chi2(DOF - 1).cdf).pvalue > 1e-3
    assert stats.kstest(student, stats.t(DOF - 1).cdf).pvalue > 1e-3
    assert stats.kstest(ratios[1] * DOF, stats.chi2(DOF).cdf).pvalue < 1e-3
    shared = np.corrcoef([np.log(kappa), student, np.log(L_s)])
    assert np.abs(shared[np.triu_indices(3, 1)]).max() < 4 / np.sqrt(REPLICAS)

    # every matrix, and every draw that is made of three numbers, is positive semi-definite
    assert np.linalg.eigvalsh(found)[:, 0].min() > 0
    np.testing.assert_allclose(onsager_from_transport(kappa, t_plus, L_s, salt), found, rtol=1e-10, atol=1e-10)

    # means of the logarithms and variance of t₊: the leading order is off by more than the scatter of 6400
    half = DOF / 2
    for values, exact in ((ratios[0], digamma(half)), (ratios[1], digamma(half - 0.5))):
        assert abs(np.log(values).mean() - exact + np.log(half)) < 4 * np.log(values).std() / np.sqrt(REPLICAS)
        assert abs(np.log(values).mean()) > 4 * np.log(values).std() / np.sqrt(REPLICAS)
    assert (student**2).mean() == pytest.approx((DOF - 1) / (DOF - 3), rel=4 * np.sqrt(2 / REPLICAS) * 1.1)


def test_estimate_is_the_exact_law_of_its_matrix() -> None:
    motion = run(SYSTEM, 3)
    estimate, matrix = fit_onsager(motion, **NAMES), onsager_matrix(motion)
    nu, salt = matrix.n_dof, BinarySalt()
    kappa = conductivity(matrix.L, SYSTEM.charges)
    L_s = salt_coefficient(matrix.L[:2, :2], salt)
    assert estimate.names == (
        "LiPF6-EC ln(kappa [S.m-1])",
        "LiPF6-EC t_plus [1]",
        "LiPF6-EC ln(L_s [mol2.J-1.m-1.s-1])",
    )
    expected = [
        np.log(kappa) - digamma(nu / 2) + np.log(nu / 2),
        transference_number(matrix.L, SYSTEM.charges),
        np.log(L_s) - digamma((nu - 1) / 2) + np.log(nu / 2),
    ]
    np.testing.assert_allclose(estimate.mean, expected, rtol=1e-12)
    scale = FARADAY * np.sqrt(L_s / kappa / (nu - 1))
    stds = [stats.loggamma(nu / 2).std(), scale * stats.t(nu - 1).std(), stats.loggamma((nu - 1) / 2).std()]
    np.testing.assert_allclose(estimate.std, stds, rtol=1e-9)
    np.testing.assert_allclose(estimate.covariance, np.diag(np.square(stds)), rtol=1e-9, atol=1e-18)
    assert list(estimate.factors) == [NAMES["source"]]
    assert json.loads(json.dumps(dict(estimate.provenance)))["window"]["degrees of freedom"] == nu
    charge = fit_einstein_helfand(motion, name="ln(sigma [S.m-1])", source="MD", window=matrix.resolution)
    assert charge.mean[0] == pytest.approx(estimate.mean[0], rel=1e-12)


def test_matrix_is_the_sum_of_products() -> None:
    """All tapers together are all steps: the mean product of steps over one interval."""
    motion = run(SYSTEM, 4, 50)
    found = onsager_matrix(motion, window=PICOSECOND)
    assert found.n_dof == 3 * 49
    step = np.diff(motion.collective, axis=0)
    step -= step[:, 2:] * np.array(motion.counts)[:, None] / 600
    expected = np.einsum("tid,tjd->ij", step, step) / (2 * PICOSECOND * 3 * 49)
    expected /= motion.volume * GAS_CONSTANT * motion.temperature * AVOGADRO
    np.testing.assert_allclose(found.L, expected, rtol=1e-10, atol=1e-12 * expected.max())


# Known systems


def test_rigid_pairs_carry_no_charge() -> None:
    """κ = F²(c - c_p)(D₊ + D₋)/RT and L₊₋ = c_p D_p/RT of a long run: to four standard errors, 7 % of κ."""
    c, RT = 50 / (PAIRED.volume * AVOGADRO), GAS_CONSTANT * PAIRED.temperature
    carried, joint = 0.6 * c * 2.5e-9 / RT, 0.4 * c * 8e-10 / RT
    L = PAIRED.onsager_matrix
    np.testing.assert_allclose([L[0, 0] + L[1, 1] - 2 * L[0, 1], L[0, 1]], [carried, joint], rtol=1e-12)
    at_rest = replace(PAIRED, diffusivities=(1.0e-9, 1.5e-9, 1e-25))
    matrix = onsager_matrix(run(at_rest, 1, 2001, 20 * PICOSECOND), window=20 * PICOSECOND)
    assert matrix.n_dof == 6000
    kappa, found = conductivity(matrix.L, matrix.charges), matrix.L[0, 1]
    assert abs(kappa / FARADAY**2 / carried - 1) < 4 * np.sqrt(2 / 6000)
    assert abs(found - joint) < 4 * np.sqrt((joint**2 + L[0, 0] * L[1, 1]) / 6000)


def test_ions_that_all_move_in_pairs_are_refused() -> None:
    all_paired = replace(PAIRED, n_pair=50, diffusivities=(1e-9, 1e-9, 2e-9))
    motion = run(all_paired, 1)
    with pytest.raises(ValueError, match="do all move in pairs"):
        fit_onsager(motion, **NAMES)
    with pytest.raises(ValueError, match="all ions move in neutral pairs"):
        fit_einstein_helfand(motion, name="ln(sigma [S.m-1])", source="MD")


def test_single_particles_give_self_diffusivities_and_haven_ratios() -> None:
    """Independent ions: H = 1 of each within its error, κ of Nernst and Einstein, 𝒟 of ions and solvent."""
    system = replace(SYSTEM, counts=(20, 20, 200))
    motion = system.run(400, interval=PICOSECOND, rng=np.random.default_rng(2), single_particles=True)[0]
    matrix = onsager_matrix(motion)
    report = onsager_report(matrix)
    np.testing.assert_array_less(
        np.abs(matrix.self_diffusivities - system.diffusivities), 4 * matrix.self_diffusivity_stds + 0.1 * 2e-9
    )
    assert report.nernst_einstein is not None
    assert report.haven_ratio is not None
    assert report.haven_ratio_std is not None
    assert report.nernst_einstein == pytest.approx(float(conductivity(system.onsager_matrix, system.charges)), rel=0.1)
    assert abs(report.haven_ratio - 1) < 4 * report.haven_ratio_std
    assert abs(report.pair_correlation) < 4 * report.pair_correlation_std + 0.1
    exact = np.linalg.inv(in_solvent_frame(system)[:2, :2])
    c_total = matrix.concentrations.sum()
    assert report.stefan_maxwell["Li-PF6"] == pytest.approx(
        -exact[0, 1] * c_total / (GAS_CONSTANT * system.temperature), abs=4 * report.stefan_maxwell_std["Li-PF6"]
    )
    with_solvent = exact[0].sum() * matrix.concentrations[0] / matrix.concentrations[2]
    assert report.stefan_maxwell["Li-EC"] == pytest.approx(
        with_solvent * c_total / (GAS_CONSTANT * system.temperature), abs=4 * report.stefan_maxwell_std["Li-EC"]
    )


def test_stefan_maxwell_gives_the_matrix_back() -> None:
    """Of the emitted 1/𝒟, the drag of all pairs, inverted, is L up to the factor that takes off the bias."""
    matrix = onsager_matrix(run(PAIRED, 5))
    drag = onsager_report(matrix).stefan_maxwell
    c, RT = matrix.concentrations, GAS_CONSTANT * matrix.temperature
    K = {pair: RT * c[i] * c[j] / c.sum() * drag[pair] for pair, i, j in (("Li-PF6", 0, 1), ("Li-EC", 0, 2), ("PF6-EC", 1, 2))}
    M = np.array([[-K["Li-PF6"] - K["Li-EC"], K["Li-PF6"]], [K["Li-PF6"], -K["Li-PF6"] - K["PF6-EC"]]])
    back = -np.outer(c[:2], c[:2]) * np.linalg.inv(M) * (matrix.n_dof - 3) / matrix.n_dof
    np.testing.assert_allclose(back, matrix.L[:2, :2], rtol=1e-9)


# Frames


def test_drift_of_the_whole_changes_nothing() -> None:
    motion = run(SYSTEM, 6)
    drift = 1e-9 * np.random.default_rng(1).standard_normal((400, 1, 3)).cumsum(axis=0)
    moved = replace(motion, collective=motion.collective + np.array(motion.counts)[:, None] * drift)
    before, after = (fit_onsager(each, **NAMES) for each in (motion, moved))
    np.testing.assert_allclose(after.mean, before.mean, rtol=1e-8)


def test_several_solvents_are_one_reference_that_is_stated() -> None:
    """Two halves of one solvent, averaged, are the solvent; one of them alone is another frame, with the same κ."""
    motion = run(SYSTEM, 7)
    half = np.random.default_rng(8).standard_normal((400, 3)).cumsum(axis=0) * 1e-9
    collective = np.concatenate([motion.collective[:, :2], np.stack([half, motion.collective[:, 2] - half], axis=1)], axis=1)
    split = replace(
        motion,
        species=("Li", "PF6", "EC", "EMC"),
        charges=(1, -1, 0, 0),
        counts=(50, 50, 300, 300),
        masses=motion.masses[[0, 1, 2, 2]],
        collective=collective,
    )
    whole, both = onsager_matrix(motion), onsager_matrix(split)
    np.testing.assert_allclose(both.L[:2, :2], whole.L[:2, :2], rtol=1e-10)
    assert both.provenance["reference"] == "velocity of mass-weighted mean of EC, EMC"
    assert onsager_matrix(split, weighting="number").provenance["reference"] == "velocity of number-weighted mean of EC, EMC"
    heavier = replace(split, masses=motion.masses[[0, 1, 2, 2]] * [1, 1, 1, 3])
    np.testing.assert_allclose(onsager_matrix(heavier).solvent_weights, [0, 0, 0.25, 0.75], rtol=1e-12)
    np.testing.assert_allclose(onsager_matrix(heavier, weighting="number").solvent_weights, [0, 0, 0.5, 0.5], rtol=1e-12)
    one = onsager_matrix(split, solvent=["EC"], window=both.resolution)
    assert one.provenance["reference"] == "velocity of EC"
    kappas = [conductivity(each.L, each.charges) for each in (both, one)]
    assert kappas[1] == pytest.approx(kappas[0], rel=1e-12)
    assert abs(transference_number(one.L, one.charges) - transference_number(both.L, both.charges)) > 1e-3
    np.testing.assert_allclose(both.in_frame([0, 0, 1, 0]), one.L, rtol=1e-8, atol=1e-10 * one.L.max())


def test_frames_of_the_report() -> None:
    """κ the same in all; momentum and volume of the currents are zero in theirs."""
    matrix = onsager_matrix(run(SYSTEM, 9))
    report = onsager_report(matrix, volumes=VOLUMES)
    assert report.volume_frame is not None
    for L in (report.solvent_frame, report.mass_frame, report.volume_frame):
        assert conductivity(L, matrix.charges) == pytest.approx(report.conductivity, rel=1e-12)
    np.testing.assert_allclose(matrix.masses @ report.mass_frame, 0, atol=1e-12 * report.mass_frame.max())
    share = np.array(list(VOLUMES.values()))
    np.testing.assert_allclose(share @ report.volume_frame, 0, atol=1e-9 * report.volume_frame.max() * share.max())
    assert report.transference_in_mass_frame == pytest.approx(transference_number(report.mass_frame, matrix.charges))
    with pytest.raises(ValueError, match="no partial molar volume of EC"):
        matrix.in_volume_frame({"Li": 0.0, "PF6": 6e-5})
    with pytest.raises(ValueError, match=r"fill .* of the cell"):
        matrix.in_volume_frame(dict.fromkeys(matrix.species, 1.0))


def test_difference_of_the_frames_is_a_source() -> None:
    motion = run(SYSTEM, 10)
    estimate = fit_onsager(motion, **NAMES, volumes=VOLUMES)
    column = estimate.factors["LiPF6-EC (solvent for volume frame)"].values[:, 0]
    c, t_plus = 50 / (motion.volume * AVOGADRO), estimate.mean[1]
    shift = -c * (VOLUMES["Li"] * t_plus - VOLUMES["PF6"] * (1 - t_plus))
    np.testing.assert_allclose(column, [0, shift, -c * 5.5e-5], rtol=1e-12)
    assert 0.03 < abs(column[2]) < 0.09
    assert estimate.provenance["report"]["transference_in_volume_frame"] == pytest.approx(t_plus + shift)
    with pytest.raises(ValueError, match="no partial molar volume of PF6"):
        fit_onsager(motion, **NAMES, volumes={"Li": 0.0})


# Planning, refusals


def test_planned_length_gives_the_wished_error() -> None:
    """A run of that length has it, within the scatter of the numbers that it was planned with."""
    matrix = onsager_matrix(run(SYSTEM, 11))
    assert planned_length(matrix, ln_kappa=0.05) == pytest.approx(matrix.run_length * 800 / matrix.n_dof)
    factor = planned_length(matrix, t_plus=0.02) / matrix.run_length
    n_frame = int(400 * factor)
    longer = fit_onsager(run(SYSTEM, 12, n_frame), **NAMES, window=matrix.resolution)
    assert longer.std[1] == pytest.approx(0.02, rel=0.15)
    planning = fit_onsager(run(SYSTEM, 11), **NAMES, wished=WishedErrors(t_plus=0.02)).provenance["planning"]
    assert planning["run length for t_plus ± 0.02 [s]"] == pytest.approx(factor * matrix.run_length)
    for bad in ({}, {"ln_kappa": 0.0}):
        with pytest.raises(ValueError, match="give positive errors"):
            planned_length(matrix, **bad)


def test_several_salts_give_the_conductivity_alone() -> None:
    system = LangevinElectrolyte(
        diffusivities=(1e-9, 1.5e-9, 1e-9, 2e-9),
        species=("Li", "PF6", "FSI", "EC"),
        charges=(1, -1, -1, 0),
        counts=(50, 30, 20, 600),
        masses=(7.0, 145.0, 180.0, 90.0),
    )
    estimate = fit_onsager(run(system, 13), **NAMES)
    assert estimate.names == ("LiPF6-EC ln(kappa [S.m-1])",)
    exact = np.log(float(conductivity(system.onsager_matrix, system.charges)))
    assert abs(estimate.mean[0] - exact) < 4 * estimate.std[0]
    assert "transference_number" not in estimate.provenance["report"]
    with pytest.raises(ValueError, match="give ln_kappa= alone"):
        planned_length(onsager_matrix(run(system, 13)), t_plus=0.03)


def test_bad_input_is_refused() -> None:
    motion = run(SYSTEM, 14)
    solid = replace(motion, species=("Na", "Cl", "K"), charges=(1, -13, 1), collective=motion.collective)
    with pytest.raises(ValueError, match="without a solvent t_plus counts from the mass centre"):
        fit_onsager(solid, **NAMES)
    with pytest.raises(ValueError, match="solvent PF6 is no neutral species"):
        fit_onsager(motion, **NAMES, solvent=["PF6"])
    with pytest.raises(ValueError, match="solvent an empty list"):
        fit_onsager(motion, **NAMES, solvent=[])
    with pytest.raises(ValueError, match="give 'mass' or 'number'"):
        fit_onsager(motion, **NAMES, weighting="volume")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="none of Li, PF6, EC is charged"):
        fit_onsager(replace(motion, charges=(0, 0, 0)), **NAMES)
    with pytest.raises(NotDiffusive, match="too few to test that displacements are independent"):
        fit_onsager(run(SYSTEM, 14, 20), **NAMES)
    still = np.array(motion.collective)
    still[:, 0] = 50 / 600 * still[:, 2]
    with pytest.raises(NotDiffusive, match="does not move against the others"):
        fit_onsager(replace(motion, collective=still), **NAMES)
    with pytest.raises(ValueError, match=r"the ions fill .* of the cell; give volumes= in m3/mol \(1 cm3/mol is 1e-6\)"):
        fit_onsager(motion, **NAMES, volumes={name: 1e6 * volume for name, volume in VOLUMES.items()})


def test_trend_of_the_spectrum_narrows_the_window() -> None:
    """White noise is not refuted; a bounded motion is, at its own frequency, and the test does not depend on units."""
    white = np.random.default_rng(15).standard_normal((400, 3, 2)).cumsum(axis=0)
    amplitudes = sine_amplitudes(white)
    assert flat_band(amplitudes, name="x").n_taper == 399 // 5
    assert trend_p_value(amplitudes @ np.array([[3.0, 0.0], [1.0, 1e-8]]), "x") == pytest.approx(trend_p_value(amplitudes, "x"))
    rattling = white + 3 * np.random.default_rng(16).standard_normal(white.shape)
    band = flat_band(sine_amplitudes(rattling), name="x")
    assert band.n_refuted is not None
    assert band.n_refuted < 200
    assert band.n_taper < 30


def dip(seed: int, depth: float, n_taper: int = 400, width: int = 10) -> Array:
    """Amplitudes (n_taper, 3, 2) whose spectrum falls to ``depth`` below some sines, of which no band of a fifth is refuted."""
    k = np.arange(1, n_taper + 1)
    spectrum = 1 - (1 - depth) / (1 + (k / width) ** 2)
    return np.sqrt(spectrum)[:, None, None] * np.random.default_rng(seed).standard_normal((n_taper, 3, 2))


def test_slowest_sines_are_compared_with_the_rest() -> None:
    """The probability is uniform of white noise, by the correction for few degrees of freedom, and small of dips and peaks."""
    p = [slow_p_value(dip(seed, 1.0, 40), m, "x") for seed in range(80) for m in (3, 13)]
    assert stats.kstest(p, "uniform").pvalue > 1e-3
    turned = dip(0, 0.3) @ np.array([[3.0, 0.0], [1.0, 1e-3]])
    assert slow_p_value(turned, 8, "x") == pytest.approx(slow_p_value(dip(0, 0.3), 8, "x"))
    for depth in (0.1, 5.0):
        assert np.median([slow_p_value(dip(seed, depth), 8, "x") for seed in range(10)]) < 1e-3
    assert slow_p_value(np.random.default_rng(0).standard_normal((20, 1, 3)), 3, "x") == 1
    with pytest.raises(ValueError, match="levels lie between 0 and 1"):
        BandCriterion(widened_level=1.0)


def test_difference_of_the_slowest_is_an_error() -> None:
    """A bounded motion remembered for a thirtieth of the run, in a run in which the trend shows nothing."""
    motion = slow_motion(12)
    matrix, estimate = onsager_matrix(motion), fit_onsager(motion, **NAMES)
    assert matrix.slow is not None
    assert matrix.n_dof > 1000
    assert 0.001 < matrix.slow_p < 0.05
    lowest = onsager_matrix(motion, window=matrix.slow.resolution)
    np.testing.assert_allclose(matrix.slow.L, lowest.L, rtol=1e-10, atol=1e-12 * lowest.L.max())
    column = np.diag(estimate.factors["LiPF6-EC MD (sampling): slow motion"].values)
    ratio = conductivity(lowest.L, lowest.charges) / conductivity(matrix.L, matrix.charges)
    correction = [digamma(nu / 2) - np.log(nu / 2) for nu in (lowest.n_dof, matrix.n_dof)]
    assert column[0] == pytest.approx(np.log(ratio) - correction[0] + correction[1], rel=1e-9)
    assert column[0] < -0.3
    charge = fit_einstein_helfand(motion, name="ln(sigma [S.m-1])", source="MD")
    assert charge.factors["MD: slow motion"].values[0, 0] == pytest.approx(column[0], rel=1e-9)


def test_slowest_that_surely_differ_are_refused() -> None:
    with pytest.raises(NotDiffusive, match="something slow goes on; make it 5 times as long"):
        fit_onsager(slow_motion(17), **NAMES)


def slow_motion(seed: int, memory: float = 60.0) -> ElectrolyteMotion:
    """A walk of 2000 frames and a bounded motion, eight steps long at a memory of 60: a third of the plateau leads on."""
    amplitude = 8 * np.sqrt(memory / 60 * 2 * 1.25e-9 * PICOSECOND)
    rng = np.random.default_rng(seed)
    return caged_motion(run(SYSTEM, seed, 2000), amplitude=amplitude, memory=memory * PICOSECOND, rng=rng)


def test_directions_that_differ_are_seen() -> None:
    """A layer, in which ions move four times less far along z."""
    motion = run(SYSTEM, 17)
    layered = replace(motion, collective=motion.collective * [1, 1, 0.25])
    p = [fit_onsager(each, **NAMES).provenance["window"]["isotropy p-value"] for each in (motion, layered)]
    assert p[0] > 1e-3
    assert p[1] < 1e-9


# Coverage


def test_factor_of_gaussian_steps_is_one_and_of_bursts_is_not() -> None:
    """At 5 % one of twenty runs is widened by chance; a current that doubles and halves over a fifth of the run is seen."""
    rng = np.random.default_rng(18)
    found = []
    for _ in range(200):
        first, second = rng.standard_normal((2, 80, 3))
        found.append([variance_factor(first, first), variance_factor(first, second)])
    assert 0.01 < np.mean(np.array(found) > 1) < 0.1
    bursts = rng.standard_normal((80, 3)) * np.repeat([2.0, 1.0, 2.0, 1.0, 1.0], 16)[:, None]
    assert variance_factor(bursts, bursts) > 2
    assert variance_factor(bursts[:3], bursts[:3]) == 1


def test_variation_in_time_is_a_source() -> None:
    motion = exchanging_pairs(2, 2000, lifetime=100.0)
    estimate = fit_onsager(motion, **NAMES, window=5 * PICOSECOND)
    of_kappa = estimate.provenance["window"]["variance over that of Wishart's law"][0]
    assert of_kappa > 1.5
    sampling = estimate.factors[NAMES["source"]].values
    excess = estimate.factors["LiPF6-EC MD (sampling): variation in time"].values
    assert (excess @ excess.T)[0, 0] == pytest.approx((of_kappa - 1) * (sampling @ sampling.T)[0, 0])
    charge = fit_einstein_helfand(motion, name="ln(sigma [S.m-1])", source="MD", window=5 * PICOSECOND)
    assert charge.std[0] > 1.2 * np.sqrt((charge.factors["MD"].values ** 2).sum())


def exchanging_pairs(seed: int, n_frame: int, n_pair: int = 8, lifetime: float = 10.0) -> ElectrolyteMotion:
    """Cations and anions that bind to and part from a partner each, a telegraph signal; bound ones make the same steps.

    No Gaussian process: while more of them than usual are bound, the ions together move less against one another.
    """
    rng = np.random.default_rng(seed)
    switch = rng.random((n_frame, n_pair)) < 1 / lifetime
    bound = (switch.cumsum(axis=0) + rng.integers(2, size=n_pair)) % 2 == 1
    free_steps = np.sqrt(2 * np.array([1e-9, 1.5e-9]) * PICOSECOND) * rng.standard_normal((n_frame, n_pair, 3, 2))
    joint_steps = np.sqrt(2 * 8e-10 * PICOSECOND) * rng.standard_normal((n_frame, n_pair, 3, 1))
    steps = np.where(bound[:, :, None, None], joint_steps, free_steps).sum(axis=1)
    solvent = np.sqrt(2 * 2e-9 * PICOSECOND * 96) * rng.standard_normal((n_frame, 3, 1))
    paths = np.concatenate([steps, solvent], axis=2).cumsum(axis=0).swapaxes(1, 2)
    return replace(run(SYSTEM, 0, 2), collective=paths, counts=(n_pair, n_pair, 96), particles=())


HALF_BOUND = LangevinElectrolyte(counts=(8, 8, 96), n_pair=4, pair_diffusivity=8e-10)
"""The exact matrix of `exchanging_pairs`: on average half of them are bound."""


def joint_errors(label: str, system: LangevinElectrolyte, n: int, n_frame: int, interval: float, cage: float = 0.0) -> Array:
    """χ² of three degrees of freedom of (ln κ, t₊, ln D_e) in each run that is fitted."""
    exact, found = truth(system), []
    for seed in range(n):
        motion = exchanging_pairs(seed, n_frame) if system is HALF_BOUND else run(system, seed, n_frame, interval)
        if cage:
            motion = caged_motion(motion, amplitude=cage, memory=5 * interval, rng=np.random.default_rng(seed))
        try:
            estimate = fit_onsager(motion, **NAMES)
        except NotDiffusive:
            continue
        error = estimate.mean - exact
        found.append(error @ np.linalg.solve(estimate.covariance, error))
    inside = [np.mean(np.array(found) < stats.chi2(3).ppf(level)) for level in (0.6827, 0.95)]
    print(f"{label}: {len(found)} of {n} fitted, joint 68 %: {inside[0]:.1%}, 95 %: {inside[1]:.1%}")
    return np.array(found)


@pytest.mark.slow
def test_joint_errors_cover_quick() -> None:
    """30 runs: the mean of χ² is 3 ± 0.45, and an error bar that is a quarter too small would make it 5.3."""
    found = joint_errors("Langevin", SYSTEM, 30, 200, PICOSECOND)
    assert len(found) >= 28
    assert 1.6 < found.mean() < 4.5


@pytest.mark.calibration
@pytest.mark.parametrize(
    ("label", "system", "n_frame", "interval", "cage"),
    [
        ("Langevin", SYSTEM, 400, PICOSECOND, 0.0),
        ("underdamped, frames of a quarter of the velocity's memory", SYSTEM, 1000, 2e-14, 0.0),
        ("rigid pairs", PAIRED, 400, PICOSECOND, 0.0),
        ("divalent cation", DIVALENT, 400, PICOSECOND, 0.0),
        ("caged, a memory of 5 frames", SYSTEM, 1000, PICOSECOND, 1e-10),
        ("eight pairs that form and break", HALF_BOUND, 2000, PICOSECOND, 0.0),
    ],
)
def test_joint_errors_cover(label: str, system: LangevinElectrolyte, n_frame: int, interval: float, cage: float) -> None:
    """300 runs each: within 3.3 binomial standard deviations, 8.9 and 4.2 points."""
    found = joint_errors(label, system, 300, n_frame, interval, cage)
    assert len(found) > 0.95 * 300
    for level in (0.6827, 0.95):
        inside = np.mean(found < stats.chi2(3).ppf(level))
        assert abs(inside - level) < 3.3 * np.sqrt(level * (1 - level) / len(found))


@pytest.mark.calibration
@pytest.mark.parametrize(("memory", "least", "most_fitted"), [(2000 / 130, (0.58, 0.86), 1.0), (60.0, (0.2, 0.45), 0.75)])
def test_limits_of_what_is_seen_of_a_slow_motion(memory: float, least: tuple[float, float], most_fitted: float) -> None:
    """No claim of 68 and 95 %: a motion remembered for 1/130 and 1/33 of the run is where the error bars end, as documented."""
    exact, found = truth(SYSTEM), []
    for seed in range(300):
        try:
            estimate = fit_onsager(slow_motion(seed, memory), **NAMES)
        except NotDiffusive:
            continue
        error = estimate.mean - exact
        found.append(error @ np.linalg.solve(estimate.covariance, error))
    inside = [float(np.mean(np.array(found) < stats.chi2(3).ppf(level))) for level in (0.6827, 0.95)]
    print(f"slow motion, memory of {memory:.3g} frames: {len(found)} of 300 fitted, {inside[0]:.1%}, {inside[1]:.1%}")
    assert inside[0] > least[0]
    assert inside[1] > least[1]
    assert len(found) <= most_fitted * 300


def test_diffusivity_of_dilute_ions_in_a_solvent_at_rest() -> None:
    """D_e = 2D₊D₋/(D₊ + D₋)."""
    still = replace(SYSTEM, diffusivities=(1e-9, 1.5e-9, 1e-25))
    c = 50 / (still.volume * AVOGADRO)
    exact = salt_diffusivity(np.exp(truth(still)[2]), c, still.temperature)
    assert exact == pytest.approx(2 * 1.5e-18 / 2.5e-9, rel=1e-9)
