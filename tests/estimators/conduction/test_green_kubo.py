"""Transport coefficients by Green and Kubo's formula: units, builders of currents, coupled currents."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import lfilter

from a2c_pybamm.constants import BOLTZMANN, ELEMENTARY_CHARGE
from a2c_pybamm.data import CurrentSeries, TransportCoefficient, Velocities
from a2c_pybamm.estimators import NotResolved, fit_green_kubo, ionic_current, pressure_fluctuation, viscous_stress

Array = np.ndarray
NAME = {"name": "x ln(y [1])", "source": "MD (sampling)"}


def relaxation(n_series: int, n_frame: int, seed: int, time: float = 10.0) -> Array:
    r = np.exp(-1 / time)
    noise = np.random.default_rng(seed).normal(size=(n_series, n_frame)) * np.sqrt(1 - r**2)
    return lfilter([1], [1, -r], noise, axis=1)


def currents(flux: Array, kind: TransportCoefficient = TransportCoefficient.IONIC_CONDUCTIVITY) -> CurrentSeries:
    return CurrentSeries(kind, flux, interval=2e-15, temperature=500.0, volume=3e-26)


@pytest.mark.parametrize("kind", TransportCoefficient)
def test_coefficient_is_half_the_spectrum_times_kubos_factor(kind: TransportCoefficient) -> None:
    """One relaxation of 10 frames: V/kT (heat: over T again) times 10.008 intervals, the mean current taken off."""
    factor = 3e-26 / (BOLTZMANN * 500.0) / (500.0 if kind is TransportCoefficient.THERMAL_CONDUCTIVITY else 1.0)
    estimate = fit_green_kubo(currents(1e8 * relaxation(6, 4096, 1) + 5e8, kind), **NAME)
    exact = np.log(factor * 1e16 * 10.008333 * 2e-15)
    assert abs(estimate.mean[0] - exact) < 3 * estimate.std[0] < 0.4
    assert estimate.provenance["fit"]["largest mean current over its standard deviation"] == pytest.approx(5, rel=0.1)
    assert set(estimate.factors) <= {"MD (sampling)", "MD (misfit)"}


def ions(seed: int, n_frame: int = 60) -> Velocities:
    rng = np.random.default_rng(seed)
    return Velocities(
        velocities=rng.normal(size=(n_frame, 4, 3)) * 100,
        species=("Li", "Li", "Cl", "Cl"),
        masses=np.array([7.0, 7.0, 35.0, 35.0]),
        interval=1e-15,
        temperature=300.0,
    )


def test_current_of_all_atoms_is_the_sum_and_needs_neutral_charges() -> None:
    velocities = ions(1)
    series = ionic_current(velocities, {"Li": 1, "Cl": -1}, volume=1e-27)
    v = velocities.velocities
    by_hand = ELEMENTARY_CHARGE / 1e-27 * (v[:, 0] + v[:, 1] - v[:, 2] - v[:, 3])
    np.testing.assert_allclose(series.flux, by_hand.T, rtol=1e-12)
    assert series.provenance["charges"] == "formal"
    drifting = replace(velocities, velocities=v + 1e3)
    np.testing.assert_allclose(ionic_current(drifting, {"Li": 1, "Cl": -1}, volume=1e-27).flux, series.flux, rtol=1e-6)
    scaled = ionic_current(velocities, np.array([0.8, 0.8, -0.8, -0.8]), volume=1e-27)
    np.testing.assert_allclose(scaled.flux, 0.8 * series.flux, rtol=1e-12)
    assert scaled.provenance["charges"] == "scaled or partial: the conductivity of the force field"
    with pytest.raises(ValueError, match="charges add up to"):
        ionic_current(velocities, {"Li": 1, "Cl": -2}, volume=1e-27)
    with pytest.raises(ValueError, match="no charge for Cl"):
        ionic_current(velocities, {"Li": 1}, volume=1e-27)


def test_current_of_one_species_is_against_the_framework() -> None:
    velocities = ions(2)
    v = velocities.velocities
    framework = v[:, 2:].mean(axis=1)
    by_hand = ELEMENTARY_CHARGE / 1e-27 * (v[:, 0] + v[:, 1] - 2 * framework)
    series = ionic_current(velocities, {"Li": 1, "Cl": -1}, volume=1e-27, species="Li")
    np.testing.assert_allclose(series.flux, by_hand.T, rtol=1e-10)


def test_five_stresses_have_one_variance() -> None:
    """Of an isotropic tensor with unit shear variance: diagonal parts have 4/3 and covariance -2/3."""
    rng = np.random.default_rng(3)
    diagonal = rng.multivariate_normal(
        np.zeros(3), [[4 / 3, -2 / 3, -2 / 3], [-2 / 3, 4 / 3, -2 / 3], [-2 / 3, -2 / 3, 4 / 3]], 40000
    )
    stress = np.concatenate([diagonal.T + 7.0, rng.normal(size=(3, 40000))])
    series = viscous_stress(stress, interval=1e-15, temperature=300.0, volume=1e-26)
    np.testing.assert_allclose(series.flux.var(axis=1), 1, rtol=0.03)
    with pytest.raises(ValueError, match="not \\(6, n_frame\\)"):
        viscous_stress(stress.T, interval=1e-15, temperature=300.0, volume=1e-26)


def test_pressure_is_about_its_mean_and_without_what_follows_the_energy() -> None:
    rng = np.random.default_rng(4)
    energy, free = rng.normal(size=(2, 500))
    stress = np.zeros((6, 500))
    stress[:3] = 5.0 + free + 3 * energy
    kind = {"interval": 1e-15, "temperature": 300.0, "volume": 1e-26}
    np.testing.assert_allclose(pressure_fluctuation(stress, **kind).flux[0], (free + 3 * energy) - (free + 3 * energy).mean())
    left = pressure_fluctuation(stress, **kind, energy=energy).flux[0]
    assert abs(left @ (energy - energy.mean())) < 1e-9
    assert left.var() == pytest.approx(free.var(), rel=0.05)


def coupled(seed: int) -> CurrentSeries:
    """A heat flux that follows two currents, with a rest of one relaxation time."""
    first, second, rest = (relaxation(3, 4096, 1000 * k + seed) for k in (1, 2, 3))
    return replace(
        currents(rest + 4 * first - 2 * second, TransportCoefficient.THERMAL_CONDUCTIVITY),
        coupled=np.stack([1e5 * (first + 0.5 * second), 1e-3 * second]),
        coupled_names=("Na", "Cl"),
    )


def test_coupled_currents_are_regressed_out() -> None:
    exact = np.log(3e-26 / (BOLTZMANN * 500.0**2) * 10.008333 * 2e-15)
    z = []
    for seed in range(4):
        estimate = fit_green_kubo(coupled(seed), **NAME)
        z.append((estimate.mean[0] - exact) / estimate.std[0])
    assert np.abs(z).max() < 3.5
    assert estimate.provenance["fit"]["coupled currents"] == ["Na", "Cl"]
    alone = fit_green_kubo(replace(coupled(0), coupled=np.empty((0, 0, 0)), coupled_names=()), **NAME)
    assert alone.mean[0] - exact > np.log(10)


@pytest.mark.calibration
def test_error_bars_of_coupled_currents_cover() -> None:
    exact = np.log(3e-26 / (BOLTZMANN * 500.0**2) * 10.008333 * 2e-15)
    z = []
    for seed in range(200):
        try:
            estimate = fit_green_kubo(coupled(seed), **NAME)
        except NotResolved:
            continue
        z.append((estimate.mean[0] - exact) / estimate.std[0])
    assert len(z) > 0.9 * 200
    print(f"coupled: {np.mean(np.abs(z) < 1):.1%} and {np.mean(np.abs(z) < 1.96):.1%}, mean {np.mean(z):.2f}")
    for half, nominal in ((1, 0.6827), (1.96, 0.95)):
        assert abs(np.mean(np.abs(z) < half) - nominal) < 3.3 * np.sqrt(nominal * (1 - nominal) / len(z))


@pytest.mark.parametrize("name", ["interval", "temperature", "volume"])
def test_infinite_numbers_are_refused(name: str) -> None:
    series = currents(np.arange(8.0)[None], TransportCoefficient.VISCOSITY)
    for value in (np.inf, np.nan, 0.0):
        with pytest.raises(ValueError, match=f"viscosity: {name} is .*, it must be positive; give {name}="):
            replace(series, **{name: value})
