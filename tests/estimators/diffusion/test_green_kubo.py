"""Velocity autocorrelations and the diffusivity from them: identities, the Langevin particle, and whether error bars cover."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2c_pybamm.constants import BOLTZMANN
from a2c_pybamm.data import Trajectory, Velocities
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators import (
    NotDiffusive,
    central_velocities,
    fit_green_kubo_diffusivity,
    fit_tracer_diffusivity,
    mean_squared_displacement,
    velocity_autocorrelation,
)
from a2c_pybamm.synthetic import LITHIUM_MASS, langevin_trajectory, lattice_walk_trajectory

FRICTION = 1e12
THERMAL = BOLTZMANN * 300 / LITHIUM_MASS
D = THERMAL / FRICTION
STEP = 1e-14
NAME = {"name": "Li ln(D_tr [m2.s-1])", "source": "MD (sampling)"}


def langevin(seed: int, n_ion: int = 24, n_frame: int = 2000, interval: float = 1e-13) -> tuple[Trajectory, Velocities]:
    return langevin_trajectory(n_frame, n_ion, friction=FRICTION, interval=interval, rng=np.random.default_rng(seed))


def hops(seed: int, probability: float, memory: float = 0.0, n_frame: int = 400) -> Velocities:
    rng = np.random.default_rng(seed)
    kind = {"hop_probability": probability, "spacing": 3e-10, "interval": STEP, "rattle": 3e-11, "rattle_time": memory * STEP}
    return central_velocities(lattice_walk_trajectory(n_frame, 24, rng=rng, **kind))


def fitted(velocities: Velocities, cutoff: float | None = None) -> Estimate:
    return fit_green_kubo_diffusivity(velocities, "Li", **NAME, cutoff=cutoff)


@given(st.integers(0, 10**6), st.integers(2, 33), st.integers(1, 4))
def test_fourier_transform_equals_the_loop(seed: int, n_frame: int, n_ion: int) -> None:
    _, velocities = langevin(seed, n_ion, n_frame)
    found = velocity_autocorrelation(velocities, "Li")
    v = velocities.velocities[:, :n_ion]
    loop = [(v[n:] * v[: n_frame - n]).sum(axis=2).mean(axis=0) for n in range(n_frame)]
    np.testing.assert_allclose(found.by_atom, np.transpose(loop), rtol=1e-9, atol=1e-9 * THERMAL)
    np.testing.assert_allclose(found.lag, 1e-13 * np.arange(n_frame))


def test_langevin_particle_has_its_closed_forms() -> None:
    """Autocorrelation 3kT/m exp(-γt) and displacements 6D[t - (1 - exp(-γt))/γ], within four standard errors of 400 atoms."""
    trajectory, velocities = langevin(1, n_ion=400, n_frame=300)
    correlation = velocity_autocorrelation(velocities, "Li")
    msd = mean_squared_displacement(trajectory, "Li")
    for found, exact in (
        (correlation.by_atom[:, :60], 3 * THERMAL * np.exp(-FRICTION * correlation.lag[:60])),
        (msd.by_atom[:, :100], 6 * D * (msd.lag[:100] - (1 - np.exp(-FRICTION * msd.lag[:100])) / FRICTION)),
    ):
        error = found.std(axis=0) / 20
        assert (np.abs(found.mean(axis=0) - exact) < 4 * error).all()
        assert error[0] < 0.02 * exact[0]


def test_drift_changes_nothing() -> None:
    trajectory, velocities = langevin(2, 3, 100)
    drift = np.random.default_rng(3).normal(size=(100, 1, 3)) * 1e3
    moved = replace(velocities, velocities=velocities.velocities + drift)
    before, after = (velocity_autocorrelation(v, "Li").by_atom for v in (velocities, moved))
    np.testing.assert_allclose(after, before, rtol=1e-9, atol=1e-9 * THERMAL)
    assert len(central_velocities(trajectory).velocities) == 98


def test_central_differences_of_a_straight_flight_are_exact() -> None:
    trajectory, _ = langevin(2, 3, 50)
    flight = replace(trajectory, positions=np.arange(50)[:, None, None] * np.full((1, 4, 3), 2e-11))
    np.testing.assert_allclose(central_velocities(flight).velocities, 2e-11 / 1e-13)


@pytest.mark.parametrize("n_atom", [2, 16])
def test_momentum_of_one_species_is_taken_off(n_atom: int) -> None:
    """In a cell of N atoms of one species D is that of walkers times 1 - 1/N: four runs, within four standard errors."""
    errors = []
    for seed in range(4):
        _, velocities = langevin(seed, n_atom, 4000)
        ions = np.flatnonzero(np.array(velocities.species) == "Li")
        alone = replace(
            velocities, velocities=velocities.velocities[:, ions], species=("Li",) * n_atom, masses=velocities.masses[ions]
        )
        estimate = fitted(alone)
        errors.append((estimate.mean[0] - np.log(D * (1 - 1 / n_atom))) / estimate.std[0])
    assert abs(np.mean(errors)) < 4 / np.sqrt(4)


def test_units_scale() -> None:
    _, velocities = langevin(4)
    estimate = fitted(velocities)
    faster = fitted(replace(velocities, velocities=10 * velocities.velocities))
    slower = fitted(replace(velocities, interval=10 * velocities.interval))
    assert faster.mean[0] == pytest.approx(estimate.mean[0] + np.log(100))
    assert slower.mean[0] == pytest.approx(estimate.mean[0] + np.log(10))
    np.testing.assert_allclose([faster.std[0], slower.std[0]], estimate.std[0], rtol=1e-6)


def test_refusals() -> None:
    trajectory, velocities = langevin(5, 8, 400)
    with pytest.raises(ValueError, match="frames are too far apart"):
        fitted(langevin(5, interval=2e-12)[1])
    assert fitted(central_velocities(langevin(5, interval=2e-12)[0])).mean[0] == pytest.approx(np.log(D), abs=0.3)
    with pytest.raises(ValueError, match="at least 50 frames"):
        fitted(langevin(5, 8, 20)[1])
    with pytest.raises(ValueError, match="a fit needs 16"):
        fitted(velocities, cutoff=1e9)
    with pytest.raises(ValueError, match="no atom of species 'Na'"):
        velocity_autocorrelation(velocities, "Na")
    with pytest.raises(NotDiffusive, match="does not move at all"):
        fitted(replace(velocities, velocities=np.zeros_like(velocities.velocities)))
    with pytest.raises(ValueError, match="at least four"):
        central_velocities(replace(trajectory, positions=trajectory.positions[:3]))
    with pytest.raises(ValueError, match="not finite"):
        replace(velocities, velocities=np.where(velocities.velocities == 0, np.nan, velocities.velocities))


def test_rattling_is_not_diffusion() -> None:
    """40 runs in which no ion ever hops: none is given a diffusivity."""
    for seed in range(40):
        with pytest.raises(NotDiffusive):
            fitted(hops(seed, 0.0, memory=5))


@pytest.mark.slow
def test_velocities_and_displacements_agree() -> None:
    """Within the joint error, 30 runs; of one run they err alike, so that the spread is below 1."""
    z, errors = [], []
    for seed in range(30):
        trajectory, velocities = langevin(seed)
        green_kubo = fitted(velocities)
        einstein = fit_tracer_diffusivity(mean_squared_displacement(trajectory, "Li"), **NAME, window=(1e-11, 1e-10))
        z.append((green_kubo.mean[0] - einstein.mean[0]) / np.hypot(green_kubo.std[0], einstein.std[0]))
        errors.append((green_kubo.std[0], einstein.std[0]))
    print("mean error of ln D, by velocities {:.3f}, by displacements {:.3f}".format(*np.mean(errors, axis=0)))
    assert np.abs(z).max() < 3
    assert abs(np.mean(z)) < 3 / np.sqrt(30)


SYSTEMS: dict[str, tuple[Callable[[int], Velocities], float]] = {
    "Langevin, 24 atoms": (lambda seed: langevin(seed)[1], D),
    "Langevin, 4 atoms": (lambda seed: langevin(seed, 4)[1], D),
    "Langevin, from positions 10 times less often": (lambda seed: central_velocities(langevin(seed, 24, 500, 1e-12)[0]), D),
    "hops, 1 in 10 frames": (lambda seed: hops(seed, 0.1), 0.1 * 9e-20 / 6 / STEP),
    "rare hops, 1 in 300 frames": (lambda seed: hops(seed, 1 / 300), 9e-20 / 1800 / STEP),
    "slow rattling, 5 of 1600 frames": (lambda seed: hops(seed, 0.01, 5, 1600), 0.01 * 9e-20 / 6 / STEP),
}


@pytest.mark.calibration
@pytest.mark.parametrize("system", SYSTEMS)
def test_error_bars_cover(system: str) -> None:
    """300 runs: within three binomial standard deviations of 68 and 95 %."""
    make, truth = SYSTEMS[system]
    z = []
    for seed in range(300):
        try:
            estimate = fitted(make(seed))
        except NotDiffusive:
            continue
        z.append((estimate.mean[0] - np.log(truth)) / estimate.std[0])
    inside = [float((np.abs(z) < half).mean()) for half in (1.0, 1.96)]
    print(f"{system}: {len(z)} of 300 fitted, {inside[0]:.1%} and {inside[1]:.1%}, mean {np.mean(z):.2f}, std {np.std(z):.3f}")
    assert len(z) > 0.9 * 300
    for found, nominal in zip(inside, (0.6827, 0.95), strict=True):
        assert abs(found - nominal) < 3 * np.sqrt(nominal * (1 - nominal) / 300)
