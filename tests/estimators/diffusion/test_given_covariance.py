"""Diffusivity from displacements with a given covariance: identities, calibration, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2c_pybamm.data import GivenMSD
from a2c_pybamm.estimators.diffusion.given_covariance import fit_diffusivity_from_msd
from a2c_pybamm.estimators.time_series.overlap import overlap_covariance
from a2c_pybamm.estimators.time_series.resolution import NotDiffusive

NAMES = {"name": "X ln(D_tr [m2.s-1])", "offset_name": "X MSD offset [m2]", "source": "X MD 700 K (sampling)"}
STEP = 1e-13
LAGS = np.arange(1.0, 41)
D, OFFSET = 1e-9, 2e-21


def exact(n_walker: int = 50) -> GivenMSD:
    """The line itself, with the covariance of Brownian walkers over 100 frames."""
    covariance = 3 * overlap_covariance(LAGS, 100, 2 * D * STEP, OFFSET / 3) / n_walker
    return GivenMSD("Li", STEP * LAGS, 6 * D * STEP * LAGS + OFFSET, covariance, 3, 700.0)


def drawn(seed: int) -> GivenMSD:
    msd = exact()
    root = np.linalg.cholesky(msd.covariance * 1e40) * 1e-20
    return replace(msd, value=msd.value + root @ np.random.default_rng(seed).standard_normal(len(LAGS)))


@given(st.floats(-12, -6), st.floats(0, 5), st.integers(1, 3))
def test_exact_line_gives_its_coefficients(power: float, offset: float, dimension: int) -> None:
    diffusivity, b = 10**power, offset * 10 ** (power + 9) * 1e-21
    scale = (10**power / D) ** 2
    value = 2 * dimension * diffusivity * STEP * LAGS + b
    msd = replace(exact(), value=value, covariance=scale * exact(10**4).covariance, dimension=dimension)
    estimate = fit_diffusivity_from_msd(msd, **NAMES)
    assert estimate.mean[0] == pytest.approx(np.log(diffusivity), abs=1e-6)
    assert estimate.mean[1] == pytest.approx(b, abs=1e-6 * value[0])
    assert list(estimate.factors) == [NAMES["source"]]


def test_covariance_is_that_of_direct_least_squares() -> None:
    msd = drawn(0)
    estimate = fit_diffusivity_from_msd(msd, **NAMES, window=(5 * STEP, 30 * STEP))
    part = slice(4, 30)
    design = np.column_stack([6 * STEP * LAGS * 1e-9, np.full(40, 1e-21)])[part]
    root = np.linalg.inv(np.linalg.cholesky(msd.covariance[part, part] * 1e40)) * 1e20
    coefficients, *_ = np.linalg.lstsq(root @ design, root @ msd.value[part])
    spread = np.linalg.inv((root @ design).T @ (root @ design))
    assert estimate.mean[0] == pytest.approx(np.log(coefficients[0] * 1e-9), abs=1e-6)
    jacobian = np.diag([1 / coefficients[0], 1e-21])
    np.testing.assert_allclose(estimate.covariance, jacobian @ spread @ jacobian, rtol=1e-5)
    assert estimate.covariance[0, 1] < 0


def test_intervals_hold_the_truth() -> None:
    """400 draws: Mahalanobis' distance of both coefficients, and no misfit but by chance."""
    distance, misfits = [], 0
    for seed in range(400):
        estimate = fit_diffusivity_from_msd(drawn(seed), **NAMES)
        misfits += len(estimate.factors) > 1
        error = (estimate.mean - [np.log(D), OFFSET]) / estimate.std
        correlation = estimate.covariance / np.outer(estimate.std, estimate.std)
        distance.append(error @ np.linalg.solve(correlation, error))
    assert np.mean(distance) == pytest.approx(2, abs=4 * 2 / 20)
    assert np.mean(np.array(distance) < 5.99) == pytest.approx(0.95, abs=0.035)
    assert misfits < 20


def test_misfit_widens_and_then_refuses() -> None:
    msd = drawn(1)
    wrong = replace(msd, covariance=msd.covariance / 2.2)
    estimate, plain = fit_diffusivity_from_msd(wrong, **NAMES), fit_diffusivity_from_msd(msd, **NAMES)
    assert set(estimate.factors) == {NAMES["source"], "X MD 700 K (misfit)"}
    assert estimate.std[0] == pytest.approx(plain.std[0], rel=0.4)
    with pytest.raises(NotDiffusive, match=r"from 1e-13 to 4e-12 s are not linear in time \(chi-squared .* give a window="):
        fit_diffusivity_from_msd(replace(msd, covariance=msd.covariance / 20), **NAMES)
    bent = replace(msd, value=msd.value + 3e-20 * (1 - np.exp(-LAGS / 10)))
    with pytest.raises(NotDiffusive, match="not linear in time"):
        fit_diffusivity_from_msd(bent, **NAMES)


def test_refused() -> None:
    msd = drawn(2)
    with pytest.raises(NotDiffusive, match="not resolved from zero"):
        fit_diffusivity_from_msd(replace(msd, value=np.full(40, 6e-21)), **NAMES)
    with pytest.raises(ValueError, match=r"2 lags between 1e-13 and 4e-12 s, a line and its tests need 4"):
        fit_diffusivity_from_msd(msd, **NAMES, window=(STEP, 2 * STEP))
    few = np.random.default_rng(0).standard_normal((40, 10))
    with pytest.raises(ValueError, match="covariance of the displacements is singular; take fewer lags"):
        fit_diffusivity_from_msd(replace(msd, covariance=1e-44 * few @ few.T), **NAMES)
    with pytest.raises(ValueError, match="lags must rise"):
        replace(msd, lag=msd.lag[::-1])
    with pytest.raises(ValueError, match="is not symmetric"):
        replace(msd, covariance=msd.covariance * np.tri(40))
    with pytest.raises(ValueError, match="variance not above zero"):
        replace(msd, covariance=0 * msd.covariance)
    with pytest.raises(ValueError, match="give at least 4 lags"):
        replace(msd, covariance=msd.covariance[:3])
