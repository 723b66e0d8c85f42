"""Slopes under the roughness prior beside Gaussian conditioning by hand, in any order of the data, and many of them."""

from __future__ import annotations

import time
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from a2c_pybamm.estimators.thermodynamics.roughness_prior import LinearData, RoughnessPrior, SlopePosterior, slope_posterior

LAM, TAU, SIGMA = 0.03, 1.7, 0.02
ONE = RoughnessPrior(plain_stds=(TAU,), log_stds=(TAU,), smoothings=(LAM,))
"""A prior of one smoothness."""


def places(n_slope: int) -> np.ndarray:
    return np.linspace(-4, 4, n_slope)


def problem(n: int, n_slope: int, *, seed: int = 0, n_entropy: int = 0) -> LinearData:
    """Data of smooth positive slopes with a constant without a prior, rows random combinations of neighbouring slopes."""
    rng = np.random.default_rng(seed)
    z = places(n_slope)
    at = rng.uniform(-4, 4, n)
    rows = np.maximum(0.0, 1 - np.abs(at[:, None] - z) / 0.8) + 0.05 * rng.standard_normal((n, n_slope))
    slopes = np.exp(0.8 * np.sin(z))
    noise = SIGMA * rng.uniform(0.5, 2.0, n)
    data = 3.0 + rows @ slopes + noise * rng.standard_normal(n)
    return LinearData(data, noise, np.ones((n, 1)), rows, rng.standard_normal((n, n_entropy)))


def posterior_of(
    linear: LinearData, *, positive: bool = False, prior: RoughnessPrior = ONE, known: bool = True
) -> SlopePosterior:
    n_slope = linear.slopes.shape[1]
    start = np.zeros(n_slope)
    return slope_posterior(linear, places(n_slope), positive=positive, noise_known=known, start=start, prior=prior)


def covariance_of_slopes(n_slope: int, lam: float = LAM) -> np.ndarray:
    """Matérn's covariance of index 3/2 with 4 λ κ³ τ² = 1 (n_slope, n_slope)."""
    z = places(n_slope)
    distance = (4 * lam * TAU**2) ** (-1 / 3) * np.abs(z[:, None] - z)
    return TAU**2 * (1 + distance) * np.exp(-distance)


def conditioned(linear: LinearData, n_slope: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of the constant and the slopes by universal kriging: generalised least squares for the constant."""
    own = covariance_of_slopes(n_slope)
    crossed = linear.slopes @ own
    inverse = np.linalg.inv(crossed @ linear.slopes.T + np.diag(linear.noise**2))
    of_constant = np.linalg.inv(linear.known.T @ inverse @ linear.known)
    rest = linear.data - linear.slopes.sum(axis=1)
    constant = of_constant @ linear.known.T @ inverse @ rest
    slopes = 1 + crossed.T @ inverse @ (rest - linear.known @ constant)
    by_constant = crossed.T @ inverse @ linear.known
    inner = own - crossed.T @ inverse @ crossed + by_constant @ of_constant @ by_constant.T
    between = -by_constant @ of_constant
    return np.concatenate([constant, slopes]), np.block([[of_constant, between.T], [between, inner]])


@pytest.mark.parametrize(("n", "n_slope"), [(4, 40), (39, 40), (300, 12)])
def test_plain_slopes_are_those_of_gaussian_conditioning(n: int, n_slope: int) -> None:
    """Mean, covariance and derivative by the data, with fewer data than slopes and with more."""
    linear = problem(n, n_slope)
    found = posterior_of(linear)
    mean, covariance = conditioned(linear, n_slope)
    std = np.sqrt(np.diag(covariance))
    np.testing.assert_allclose(found.mean / std, mean / std, atol=1e-3)
    np.testing.assert_allclose(found.covariance / np.outer(std, std), covariance / np.outer(std, std), atol=1e-3)
    moved = linear.data + np.where(np.arange(n) == 2, 1e-3, 0.0)
    shift = (posterior_of(replace(linear, data=moved)).mean - found.mean) / 1e-3
    np.testing.assert_allclose(found.gain[:, 2], shift, rtol=1e-4, atol=1e-6)


def test_evidence_is_that_of_the_data() -> None:
    """Two smoothnesses are weighted by the density of the data, to the power of the prior."""
    linear, n_slope = problem(12, 20), 20
    smoothings = (1e-3, 10.0)
    logs, means = [], []
    # contrasts that are free of the constant have a proper density
    _, _, right = np.linalg.svd(linear.known.T / linear.noise)
    free = right[1:] / linear.noise
    for lam in smoothings:
        prior = covariance_of_slopes(n_slope, lam)
        rows = free @ linear.slopes
        of_data = rows @ prior @ rows.T + np.eye(len(rows))
        residual = free @ linear.data - rows.sum(axis=1)
        logs.append(-0.5 * residual @ np.linalg.solve(of_data, residual) - 0.5 * np.linalg.slogdet(of_data)[1])
        means.append(1 + prior @ rows.T @ np.linalg.solve(of_data, residual))
    weights = np.exp(ONE.evidence_power * (np.array(logs) - max(logs)))
    weights /= weights.sum()
    assert weights.min() > 0.01
    found = posterior_of(linear, prior=replace(ONE, smoothings=smoothings))
    np.testing.assert_allclose(found.mean[1:], weights @ means, atol=1e-4)
    assert found.smoothing == pytest.approx(weights @ np.log10(smoothings), abs=1e-4)


@pytest.mark.parametrize("positive", [False, True])
@pytest.mark.parametrize("n_entropy", [0, 10])
def test_order_and_sign_of_rows_do_not_matter(positive: bool, n_entropy: int) -> None:
    """Rows in another order, or some with the other sign, are the same data."""
    linear = problem(30, 10, n_entropy=n_entropy)
    rng = np.random.default_rng(4)
    order, sign = rng.permutation(30), rng.choice([-1.0, 1.0], 30)
    columns = (linear.known, linear.slopes, linear.entropies)
    turned = LinearData((sign * linear.data)[order], linear.noise[order], *((sign[:, None] * rows)[order] for rows in columns))
    prior = replace(ONE, smoothings=(1e-3, 0.03), n_pair=20)
    one, other = (posterior_of(data, positive=positive, prior=prior) for data in (linear, turned))
    std = np.sqrt(np.diag(one.covariance))
    np.testing.assert_allclose(other.mean / std, one.mean / std, atol=1e-6)
    np.testing.assert_allclose(other.covariance / np.outer(std, std), one.covariance / np.outer(std, std), atol=1e-6)
    np.testing.assert_allclose(other.gain, (one.gain * sign)[:, order], atol=1e-6 * np.abs(one.gain).max())
    assert other.chi_squared == pytest.approx(one.chi_squared, rel=1e-6)
    assert other.degrees_of_freedom == pytest.approx(one.degrees_of_freedom, rel=1e-9)


def test_datum_is_two_of_twice_the_variance() -> None:
    """Each row split into two of the same value and √2 times its noise: the same mean and covariance."""
    linear = problem(15, 10)
    split = LinearData(
        np.tile(linear.data, 2),
        np.tile(np.sqrt(2) * linear.noise, 2),
        np.tile(linear.known, (2, 1)),
        np.tile(linear.slopes, (2, 1)),
        np.zeros((30, 0)),
    )
    one, two = posterior_of(linear), posterior_of(split)
    np.testing.assert_allclose(two.mean, one.mean, rtol=1e-7)
    np.testing.assert_allclose(two.covariance, one.covariance, rtol=1e-5, atol=1e-10)
    assert two.degrees_of_freedom == pytest.approx(one.degrees_of_freedom + 15, abs=1e-6)


def test_prior_alone_has_its_standard_deviation() -> None:
    """One datum determines the constant alone: the slopes keep mean one and standard deviation τ."""
    one = replace(problem(1, 20), slopes=np.zeros((1, 20)))
    found = posterior_of(one)
    np.testing.assert_allclose(found.mean, [one.data[0], *np.ones(20)], rtol=1e-9)
    std = np.sqrt(np.diag(found.covariance))
    np.testing.assert_allclose(std, [one.noise[0], *np.full(20, TAU)], rtol=1e-6)


def test_noise_that_is_not_declared_is_found() -> None:
    """Relative noise of one, true scatter 0.02: within a quarter, about three times its sampling error."""
    linear = problem(300, 12)
    found = posterior_of(
        replace(linear, noise=np.ones(300)), known=False, prior=replace(ONE, noise_stds=tuple(np.logspace(-4, 0, 41)))
    )
    rms = np.sqrt(np.mean(linear.noise**2))
    assert found.scatter == pytest.approx(rms, rel=0.25)


def test_twenty_thousand_rows() -> None:
    """In a second and 300 MB, with every combination of the prior: a triangle of 41 rows holds all that they tell."""
    linear = problem(20_000, 40)
    seconds = []
    for _ in range(2):
        start = time.process_time()
        found = posterior_of(linear, prior=RoughnessPrior())
        seconds.append(time.process_time() - start)
    assert min(seconds) < 1
    truth = np.exp(0.8 * np.sin(places(40)))
    std = np.sqrt(np.diag(found.covariance))[1:]
    assert (np.abs(found.mean[1:] - truth) < 4.5 * std).all()
    tracemalloc.start()
    posterior_of(linear)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 300e6
