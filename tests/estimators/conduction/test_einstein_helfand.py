"""Conductivity from positions: exact values of an underdamped electrolyte, Green and Kubo's of the same run, coverage."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from a2c_pybamm.constants import BOLTZMANN, ELEMENTARY_CHARGE
from a2c_pybamm.data import CurrentSeries, ElectrolyteMotion, Trajectory, TransportCoefficient
from a2c_pybamm.estimators import (
    BandCriterion,
    NotDiffusive,
    charge_mean_squared_displacement,
    collective_mean_squared_displacement,
    electrolyte_motion,
    fit_einstein_helfand,
    fit_green_kubo,
)
from a2c_pybamm.laws import conductivity
from a2c_pybamm.synthetic import LangevinElectrolyte, brownian_trajectory, caged_motion, lattice_walk_trajectory

SYSTEM = LangevinElectrolyte()
EXACT = np.log(float(conductivity(SYSTEM.onsager_matrix, SYSTEM.charges)))
NAMES = {"name": "LiPF6 ln(sigma [S.m-1])", "source": "LiPF6 MD (sampling)"}
STEP = 4e-14
"""Half a relaxation time of the anion's velocity [s]."""


def run(seed: int, n_frame: int = 1000) -> tuple[ElectrolyteMotion, np.ndarray]:
    return SYSTEM.run(n_frame, interval=STEP, rng=np.random.default_rng(seed))


def green_kubo(velocities: np.ndarray) -> tuple[float, float]:
    """Logarithm of σ and its standard deviation from the current of all charge."""
    flux = ELEMENTARY_CHARGE * np.einsum("i,tid->dt", np.array(SYSTEM.charges), velocities) / SYSTEM.volume
    series = CurrentSeries(TransportCoefficient.IONIC_CONDUCTIVITY, flux, STEP, SYSTEM.temperature, SYSTEM.volume)
    fit = fit_green_kubo(series, **NAMES)
    return fit.mean[0], fit.std[0]


@pytest.mark.slow
def test_positions_and_velocities_of_one_run_agree() -> None:
    """Each with the exact value, and with one another within their joint error; 12 runs of ions of large mass.

    Their velocities are remembered for three frames.
    """
    heavy, z = replace(SYSTEM, masses=(300.0, 200.0, 200.0)), []
    for seed in range(12):
        motion, velocities = heavy.run(3000, interval=STEP, rng=np.random.default_rng(seed))
        helfand, (kubo, kubo_std) = fit_einstein_helfand(motion, **NAMES), green_kubo(velocities)
        joint = np.hypot(helfand.std[0], kubo_std)
        z.append([(helfand.mean[0] - EXACT) / helfand.std[0], (kubo - EXACT) / kubo_std, (helfand.mean[0] - kubo) / joint])
    assert np.abs(z).max() < 3.5
    assert np.sqrt(np.mean(np.square(z), axis=0))[:2] == pytest.approx(1, abs=0.65)


def test_displacement_of_charge_equals_the_loop_and_a_drift_changes_nothing() -> None:
    motion, _ = run(1, 30)
    msd = charge_mean_squared_displacement(motion)
    dipole = motion.collective[:, 0] - motion.collective[:, 1]
    for n in (1, 7, 29):
        expected = ((dipole[n:] - dipole[:-n]) ** 2).sum(axis=1).mean() / 50
        assert msd.value[n - 1] == pytest.approx(expected, rel=1e-9)
    drift = 1e-9 * np.random.default_rng(0).standard_normal((30, 1, 3)).cumsum(axis=0)
    moved = replace(motion, collective=motion.collective + np.array(motion.counts)[:, None] * drift)
    np.testing.assert_allclose(charge_mean_squared_displacement(moved).value, msd.value, rtol=1e-8)


def test_single_ion_conductor_is_its_jump_diffusivity() -> None:
    """σ = (ze)² n D_J/(V k_B T) against a framework that drifts, of independent ions that are known exactly."""
    exact = np.log(4 * ELEMENTARY_CHARGE**2 * 24 * 1e-9 / (1e-27 * BOLTZMANN * 300))
    z = []
    for seed in range(8):
        walk = brownian_trajectory(300, 24, diffusivity=1e-9, interval=1e-13, rng=np.random.default_rng(seed))
        drifting = replace(walk, positions=walk.positions + 1e-12 * np.arange(300)[:, None, None])
        found, still = (fit_einstein_helfand(conductor(each, 2), **NAMES) for each in (drifting, walk))
        assert found.mean[0] == pytest.approx(still.mean[0], abs=1e-6)
        assert found.provenance["window"]["degrees of freedom"] == 3 * (299 // 5)
        z.append((found.mean[0] - exact) / found.std[0])
    assert np.abs(z).max() < 3.5
    curve = collective_mean_squared_displacement(walk, "Li").value
    np.testing.assert_allclose(charge_mean_squared_displacement(conductor(walk, 2)).value, curve, rtol=1e-8)


def conductor(walk: Trajectory, valence: int) -> ElectrolyteMotion:
    return electrolyte_motion(walk, charges={"Li": valence}, volume=1e-27, framework="host")


def test_nothing_moves_and_nothing_is_charged() -> None:
    motion, _ = run(2, 100)
    with pytest.raises(NotDiffusive, match="does not move against the others"):
        fit_einstein_helfand(replace(motion, collective=np.zeros((100, 3, 3)), particles=()), **NAMES)
    with pytest.raises(ValueError, match="none of Li, PF6, EC is charged"):
        fit_einstein_helfand(replace(motion, charges=(0, 0, 0)), **NAMES)


def test_window_that_is_given() -> None:
    motion, _ = run(3, 400)
    fit = fit_einstein_helfand(motion, **NAMES, window=20 * STEP)
    assert fit.provenance["window"]["degrees of freedom"] == 3 * (399 // 20)
    for bad in (0.0, -1.0, 150 * STEP):
        with pytest.raises(ValueError, match="of them fit in the run"):
            fit_einstein_helfand(motion, **NAMES, window=bad)
    with pytest.raises(NotDiffusive, match="too few to test"):
        fit_einstein_helfand(run(3, 12)[0], **NAMES)
    with pytest.raises(ValueError, match="at least 9 are needed"):
        fit_einstein_helfand(run(3, 6)[0], **NAMES)
    with pytest.raises(ValueError, match="ratios above 1"):
        BandCriterion(safe_ratio=0.5)


def errors(n: int, kind: str) -> np.ndarray:
    """Errors over error bars; of underdamped runs, of those with a dip at zero in the current, of hops that are rare."""
    z = []
    for seed in range(n):
        motion, _ = run(seed, 800)
        rng = np.random.default_rng(seed)
        if kind == "caged":
            motion = caged_motion(motion, amplitude=1e-11, memory=2 * STEP, rng=rng)
        exact = EXACT
        if kind == "hops":
            walk = lattice_walk_trajectory(800, 24, hop_probability=0.01, spacing=3e-10, interval=STEP, rng=rng, rattle=3e-11)
            motion = conductor(walk, 1)
            D = 0.01 * 9e-20 / (6 * STEP)
            exact = np.log(ELEMENTARY_CHARGE**2 * 24 * D / (1e-27 * BOLTZMANN * 300))
        try:
            fit = fit_einstein_helfand(motion, **NAMES)
        except NotDiffusive:
            continue
        z.append((fit.mean[0] - exact) / fit.std[0])
    inside = [float((np.abs(z) < half).mean()) for half in (1.0, 1.96)]
    print(f"Einstein-Helfand, {kind}: {len(z)} of {n} fitted, {inside[0]:.1%}, {inside[1]:.1%}, mean {np.mean(z):.2f}")
    return np.array(z)


@pytest.mark.slow
def test_error_bars_cover_quick() -> None:
    z = errors(20, "caged")
    assert len(z) >= 18
    assert 0.6 < z.std() < 1.45
    assert abs(z.mean()) < 0.8


@pytest.mark.calibration
@pytest.mark.parametrize("kind", ["underdamped", "caged", "hops"])
def test_error_bars_cover(kind: str) -> None:
    """300 runs each: within 3.3 binomial standard deviations, 8.9 and 4.2 points."""
    z = errors(300, kind)
    assert len(z) > 0.95 * 300
    for half, nominal in ((1.0, 0.6827), (1.96, 0.95)):
        assert abs((np.abs(z) < half).mean() - nominal) < 3.3 * np.sqrt(nominal * (1 - nominal) / len(z))
