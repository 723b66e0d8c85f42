"""Onsager matrix from drift under forces: exact responses, symmetry, coverage, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from a2c_pybamm.constants import AVOGADRO, DALTON
from a2c_pybamm.data import Array, DriftVelocities
from a2c_pybamm.estimators import fit_onsager_from_drift
from a2c_pybamm.laws import BinarySalt, conductivity, frame_matrix, salt_coefficient, transference_number
from a2c_pybamm.synthetic import LangevinElectrolyte

SYSTEM = LangevinElectrolyte(n_pair=15)
NAMES = {"material": "LiPF6-EC", "source": "LiPF6-EC drift (sampling)"}
FORCE = 1e-13
"""On a particle [N]; an ion drifts by 0.24 m/s, a thousandth of its thermal velocity."""
NOISE = 5e-3
"""Standard error of a species' mean velocity [m.s-1]."""


def onsager_of_liquid() -> Array:
    """L of a liquid that keeps its momentum, against its mass centre."""
    density = np.array(SYSTEM.counts) * SYSTEM.masses
    S = frame_matrix(SYSTEM.counts, density / density.sum())
    return S @ SYSTEM.onsager_matrix @ S.T


def in_solvent_frame(L: Array) -> Array:
    S = frame_matrix(SYSTEM.counts, [0, 0, 1])
    return S @ L @ S.T


def drift(seed: int | None = None, L: Array | None = None, strengths: tuple[float, ...] = (1.0, -1.0, 2.0)) -> DriftVelocities:
    """Runs with a force on cations, on anions, and on both; velocities J/c of the linear law."""
    directions = np.array([[1.0, 0, 0], [0, 1.0, 0], [1.0, -1.0, 0]])
    forces = FORCE * np.concatenate([strength * directions for strength in strengths])
    masses, counts = np.array(SYSTEM.masses) * DALTON, np.array(SYSTEM.counts)
    held = forces - np.outer(forces @ counts / (masses @ counts), masses)  # the momentum of all is kept
    flux = AVOGADRO * held @ (onsager_of_liquid() if L is None else L).T
    velocities = flux * SYSTEM.volume * AVOGADRO / counts
    if seed is not None:
        velocities = velocities + NOISE * np.random.default_rng(seed).standard_normal(velocities.shape)
    return DriftVelocities(
        species=SYSTEM.species,
        charges=SYSTEM.charges,
        counts=SYSTEM.counts,
        masses=masses,
        forces=forces,
        velocities=velocities,
        velocity_stds=np.full(velocities.shape, NOISE),
        temperature=SYSTEM.temperature,
        volume=SYSTEM.volume,
    )


def truth() -> Array:
    L = in_solvent_frame(onsager_of_liquid())
    kappa = conductivity(L, SYSTEM.charges)
    return np.array([np.log(kappa), transference_number(L, SYSTEM.charges), np.log(salt_coefficient(L[:2, :2], BinarySalt()))])


def test_exact_velocities_give_the_exact_matrix() -> None:
    estimate = fit_onsager_from_drift(drift(), **NAMES)
    np.testing.assert_allclose(estimate.mean, truth(), rtol=1e-9)
    L = in_solvent_frame(onsager_of_liquid())
    found = estimate.provenance["L++, L--, L+- [mol2.J-1.m-1.s-1]"]
    np.testing.assert_allclose(found, [L[0, 0], L[1, 1], L[0, 1]], rtol=1e-9)
    assert estimate.provenance["chi-squared"] == pytest.approx(0, abs=1e-6)


def test_a_flow_of_the_whole_changes_nothing() -> None:
    one = drift(1)
    flowing = replace(one, velocities=one.velocities + np.arange(9.0)[:, None])
    before, after = (fit_onsager_from_drift(each, **NAMES) for each in (one, flowing))
    np.testing.assert_allclose(after.mean, before.mean, rtol=1e-9)


@pytest.mark.slow
def test_errors_are_those_of_repeated_runs() -> None:
    """150 repetitions: covariance by χ² of three, and p-values of symmetry and of the fit that are uniform."""
    fits = [fit_onsager_from_drift(drift(seed), **NAMES) for seed in range(150)]
    errors = np.array([fit.mean for fit in fits]) - truth()
    chi2 = [error @ np.linalg.solve(fit.covariance, error) for error, fit in zip(errors, fits, strict=True)]
    inside = np.mean(np.array(chi2) < stats.chi2(3).ppf(0.6827))
    assert abs(inside - 0.6827) < 3.3 * np.sqrt(0.6827 * 0.3173 / 150)
    for key in ("symmetry p-value", "chi-squared p-value"):
        assert stats.kstest([fit.provenance[key] for fit in fits], "uniform").pvalue > 1e-3


def test_asymmetric_and_nonlinear_responses_are_seen() -> None:
    """L₊₋ ≠ L₋₊ (frames mixed up, say); velocities that rise faster than the force: wider errors."""
    L = onsager_of_liquid()
    L[0, 1] += 0.6 * L[0, 0]
    assert fit_onsager_from_drift(drift(2, L), **NAMES).provenance["symmetry p-value"] < 1e-6
    straight = drift(3)
    bent = replace(straight, velocities=straight.velocities * (1 + np.abs(straight.forces.max(axis=1, keepdims=True)) / FORCE))
    fits = [fit_onsager_from_drift(each, **NAMES) for each in (straight, bent)]
    assert fits[1].provenance["chi-squared p-value"] < 1e-6
    absolute = [fit.std[0] * np.exp(fit.mean[0]) for fit in fits]
    assert absolute[1] > 2 * absolute[0]


def test_bad_input_is_refused() -> None:
    runs = drift()
    one_way = replace(runs, forces=runs.forces[2::3], velocities=runs.velocities[2::3], velocity_stds=runs.velocity_stds[2::3])
    with pytest.raises(ValueError, match="always in one ratio"):
        fit_onsager_from_drift(one_way, **NAMES)
    with pytest.raises(ValueError, match="not positive definite"):
        fit_onsager_from_drift(replace(runs, velocities=-runs.velocities), **NAMES)
    solvents = replace(runs, charges=(0, 0, 0), species=("EC", "EMC", "PC"))
    with pytest.raises(ValueError, match="none of EC, EMC, PC is charged"):
        fit_onsager_from_drift(solvents, **NAMES)
    with pytest.raises(ValueError, match="no neutral species"):
        fit_onsager_from_drift(replace(runs, charges=(13, -1, -1)), **NAMES)
    with pytest.raises(ValueError, match="drift: forces have shape"):
        replace(runs, forces=runs.forces[:, :2])


def test_several_solvents_are_averaged_by_mass() -> None:
    """The exact matrix of a liquid with two solvents of different mass, and forces between solvents that are refused."""
    counts, masses = np.array([50, 50, 400, 200]), np.array([7.0, 145.0, 90.0, 104.0]) * DALTON
    factor = np.random.default_rng(5).standard_normal((4, 6)) * 1e-5
    density = counts * masses
    S = frame_matrix(counts, density / density.sum())
    L = S @ (factor @ factor.T) @ S.T
    forces = FORCE * np.array([[1.0, 0, 0, 0], [0, 1.0, 0, 0], [1.0, -1.0, 0, 0]])
    held = forces - np.outer(forces @ counts / (masses @ counts), masses)
    velocities = AVOGADRO * held @ L.T * SYSTEM.volume * AVOGADRO / counts
    runs = replace(
        drift(),
        species=("Li", "PF6", "EC", "EMC"),
        charges=(1, -1, 0, 0),
        counts=tuple(counts.tolist()),
        masses=masses,
        forces=forces,
        velocities=velocities,
        velocity_stds=np.full((3, 4), 1e-6),
    )
    weights = np.array([0, 0, *(density[2:] / density[2:].sum())])
    in_solvents = frame_matrix(counts, weights) @ L @ frame_matrix(counts, weights).T
    found = fit_onsager_from_drift(runs, **NAMES).provenance["L++, L--, L+- [mol2.J-1.m-1.s-1]"]
    np.testing.assert_allclose(found, [in_solvents[0, 0], in_solvents[1, 1], in_solvents[0, 1]], rtol=1e-8)
    with pytest.raises(ValueError, match="in the ratio of their masses"):
        fit_onsager_from_drift(replace(runs, forces=np.add(forces, [0, 0, FORCE, 0])), **NAMES)
