"""The spectrum at zero frequency: identities, refusals, and how often its error bars hold the truth."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import lfilter

from a2c_pybamm.estimators import NotResolved, block_averages, running_integral, zero_frequency
from a2c_pybamm.estimators.time_series.periodogram import periodogram
from a2c_pybamm.estimators.time_series.spectral_mixture import ZeroFrequencyCriterion
from a2c_pybamm.estimators.time_series.spectral_models import Bands, FitSettings, Order, fit_model, log_spectrum

Array = np.ndarray


def relaxation(time: float, variance: float, n_series: int, n_frame: int, seed: int) -> Array:
    r = np.exp(-1 / time)
    noise = np.random.default_rng(seed).normal(size=(n_series, n_frame)) * np.sqrt(variance * (1 - r**2))
    noise[:, 0] /= np.sqrt(1 - r**2)
    return lfilter([1], [1, -r], noise, axis=1)


def two_times(n_series: int, n_frame: int, seed: int) -> Array:
    return relaxation(3, 1, n_series, n_frame, seed) + relaxation(60, 0.1, n_series, n_frame, seed + 10**6)


def oscillation(n_series: int, n_frame: int, seed: int) -> Array:
    r, start = np.exp(-1 / 30), 600
    noise = np.random.default_rng(seed).normal(size=(n_series, n_frame + start))
    return lfilter([1], [1, -2 * r * np.cos(2 * np.pi / 20), r**2], noise, axis=1)[:, start:]


def dip(n_series: int, n_frame: int, seed: int) -> Array:
    white = np.random.default_rng(seed + 10**6).normal(size=(n_series, n_frame))
    return np.diff(relaxation(10, 1, n_series, n_frame + 1, seed), axis=1) + 0.05 * white


SPECTRA = {
    "one time": (lambda *size: relaxation(10, 1, *size), 2 * 10.008333),
    "two times": (two_times, 2 * 9.027791),
    "oscillation": (oscillation, 2 * 54.534),
    "dip": (dip, 0.0025),
}
BROAD = ZeroFrequencyCriterion().broad_shapes


def by_correlation(correlation: Array, n_series: int, n_frame: int, seed: int) -> Array:
    """Gaussian series of any correlation function (n_frame + 1,), from its circulant."""
    spectrum = np.fft.rfft(np.concatenate([correlation, correlation[-2:0:-1]])).real.clip(0)
    size = 2 * len(correlation) - 2
    noise = np.fft.rfft(np.random.default_rng(seed).normal(size=(n_series, size)), axis=1)
    return np.fft.irfft(noise * np.sqrt(spectrum), size, axis=1)[:, :n_frame]


TIME = np.arange(2049)
CORRELATIONS = {
    "stretched": np.exp(-np.sqrt(TIME / 4)),
    "long tail": (1 + TIME / 5) ** -1.5,
    "many times": np.exp(-TIME[:, None] / 2.0 ** np.arange(8)) @ 2.0 ** (-np.arange(8) / 2),
    "cage": np.cos(TIME / 3) * np.exp(-TIME / 8) + 0.2 * (1 + TIME / 10) ** -2.0,
}


@given(st.integers(0, 10**6), st.integers(64, 130), st.integers(1, 4), st.booleans())
def test_periodogram_is_the_transform_where_nothing_is_filtered(seed: int, n_frame: int, n_series: int, odd: bool) -> None:
    series = np.random.default_rng(seed).normal(size=(n_series, n_frame))
    found = periodogram(series)
    n, order = found.n_frame, len(found.filter) - 1
    away = series - series.mean(axis=1, keepdims=True)
    filtered = sum(c * away[:, order - lag : order - lag + n] for lag, c in enumerate(found.filter))
    wave = np.exp(-1j * np.outer(np.arange(n), found.angle[:5]))
    exact = (np.abs(filtered @ wave) ** 2).mean(axis=0) / n
    np.testing.assert_allclose(found.power[:5] * found.scale * np.exp(found.response[:5]), exact, rtol=1e-9)


@pytest.mark.parametrize(
    "order",
    [Order(3), Order(0, 2), Order(1, 0, 1), Order(0, 0, 2), Order(2, 1, 1)] + [Order(1, 0, 2, shape) for shape in BROAD],
)
def test_gradients_of_the_models_are_derivatives(order: Order) -> None:
    data = periodogram(relaxation(5, 1, 2, 400, 1))
    bands = Bands.of(data, len(data.angle), 3)
    start = np.random.default_rng(2).normal(size=order.n_parameter) / 5
    value, gradient = log_spectrum(bands, order, start)
    for k in range(order.n_parameter):
        step = np.eye(order.n_parameter)[k] * 1e-6
        above, below = (log_spectrum(bands, order, start + sign * step)[0] for sign in (1, -1))
        np.testing.assert_allclose(gradient[:, k], (above - below) / 2e-6, rtol=1e-5, atol=1e-7)
    assert value.shape == bands.x.shape


def test_sum_of_two_relaxations_is_one_of_the_models() -> None:
    """The exact spectrum of two times is fitted to a part in a thousand by one relaxation more than an autoregression has."""
    data = periodogram(two_times(3, 4096, 3))
    bands = Bands.of(data, len(data.angle), 1)
    exact = sum(
        variance * (1 - r**2) / (1 + r**2 - r * (2 - bands.x))
        for r, variance in ((np.exp(-1 / 3), 1.0), (np.exp(-1 / 60), 0.1))
    )
    bands = Bands(exact, 1e6 * bands.shape, bands.x, bands.phase, bands.stride)
    fit = fit_model(bands, Order(1, 0, 1), np.array([0.0, -0.7, np.log(1e-3), 1.0]), FitSettings())
    assert np.exp(fit.value) == pytest.approx(2 * 9.027791, rel=1e-3)


def test_scale_and_unit_of_time() -> None:
    series = relaxation(10, 1, 6, 2048, 4)
    plain, scaled = zero_frequency(series, interval=1.0, name="S"), zero_frequency(1e7 * series + 3e9, interval=1e-15, name="S")
    assert scaled.value - plain.value == pytest.approx(np.log(1e14) + np.log(1e-15), abs=1e-6)
    assert scaled.std == pytest.approx(plain.std, rel=1e-5)
    assert scaled.slowest_time == pytest.approx(1e-15 * plain.slowest_time)
    assert sum(plain.weights.values()) == pytest.approx(1, abs=0.02)
    assert plain.degrees_of_freedom == pytest.approx(2 / plain.std**2, rel=1e-6)


def test_checks_beside_it_level_off_at_the_same_value() -> None:
    series = relaxation(10, 1, 30, 8192, 5)
    integral, blocks = running_integral(series, interval=0.5), block_averages(series, interval=0.5)
    exact = 0.5 * 2 * 10.008333
    at = int(np.searchsorted(integral.time, 40))
    assert abs(integral.value[at] - exact) < 4 * integral.std[at]
    assert integral.value[0] == 0
    assert integral.value[1] == pytest.approx(0.5 * (1 + np.exp(-0.1)), rel=0.05)
    k = int(np.searchsorted(blocks.length, 200))
    assert abs(blocks.value[k] - exact) < 4 * blocks.std[k] + 0.05 * exact


def test_bad_series_are_one_line() -> None:
    series = relaxation(10, 1, 3, 512, 6)
    with pytest.raises(ValueError, match="series 1 is constant"):
        zero_frequency(np.where(np.arange(3)[:, None] == 1, 2.0, series), interval=1.0, name="S")
    with pytest.raises(ValueError, match="series 2 has a value that is not finite"):
        zero_frequency(np.where(np.arange(3)[:, None] == 2, np.nan, series), interval=1.0, name="S")
    with pytest.raises(ValueError, match="at least 50 frames"):
        zero_frequency(series[:, :49], interval=1.0, name="S")
    fast = relaxation(0.3, 1, 6, 50, 6)
    assert abs(zero_frequency(fast + 1.0, interval=1.0, name="S").value - np.log(1 / np.tanh(0.5 / 0.3))) < 1


def test_a_current_that_is_bounded_in_its_integral_conducts_nothing() -> None:
    """Differences of a bounded motion: the spectrum is zero at zero."""
    for seed in range(5):
        with pytest.raises(NotResolved, match=r"falls towards zero|not resolved"):
            zero_frequency(np.diff(relaxation(10, 1, 6, 2049, seed), axis=1), interval=1.0, name="S")


def test_something_slower_than_the_run_is_refused_with_a_length() -> None:
    slow = relaxation(1, 1, 3, 512, 7) + np.cumsum(relaxation(1, 0.1, 3, 512, 8), axis=1)
    with pytest.raises(NotResolved, match="times longer"):
        zero_frequency(slow, interval=1.0, name="S")


def coverage(make: Callable[[int], Array], value: float, n_run: int) -> tuple[float, float, float]:
    """Shares of fitted runs in their 68 and 95 % intervals, and of refused ones."""
    z = []
    for seed in range(n_run):
        try:
            fit = zero_frequency(make(seed), interval=1.0, name="S")
        except NotResolved:
            continue
        z.append((fit.value - np.log(value)) / fit.total_std)
    inside = (float((np.abs(z) < 1).mean()), float((np.abs(z) < 1.96).mean()), 1 - len(z) / n_run)
    print(f"{inside[0]:.1%} and {inside[1]:.1%}, refused {inside[2]:.1%}")
    return inside


@pytest.mark.parametrize("spectrum", ["one time", "oscillation"])
def test_a_few_runs_hold_the_truth(spectrum: str) -> None:
    """Ten runs: with intervals of 95 %, fewer than eight would come by chance once in 3000."""
    make, value = SPECTRA[spectrum]
    _, wide, refused = coverage(lambda seed: make(6, 2048, seed), value, 10)
    assert wide * (1 - refused) + refused >= 0.75
    assert refused <= 0.3


@pytest.mark.calibration
@pytest.mark.parametrize("n_series", [3, 6])
@pytest.mark.parametrize("spectrum", SPECTRA)
def test_error_bars_cover(spectrum: str, n_series: int) -> None:
    """200 runs, within 3.3 binomial standard deviations; benchmarks/zero_frequency.py has the whole table.

    Known shortfall: error bars of two times and the dip are too wide (83 to 88 % in the 68 % interval), for the shape of a
    relaxation is not told, and those of an oscillation a little (76 to 79 %, the bound being 79 % with 200 runs); of them only
    the lower side is tested.
    """
    make, value = SPECTRA[spectrum]
    narrow, wide, refused = coverage(lambda seed: make(n_series, 2048, seed), value, 200)
    fitted = 200 * (1 - refused)
    assert refused <= {"two times": 0.3, "dip": 0.6}.get(spectrum, 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200))
    for found, nominal in ((narrow, 0.6827), (wide, 0.95)):
        away = found - nominal if spectrum == "one time" else min(0.0, found - nominal)
        assert abs(away) < 3.3 * np.sqrt(nominal * (1 - nominal) / fitted)


@pytest.mark.calibration
@pytest.mark.parametrize("spectrum", CORRELATIONS)
def test_error_bars_of_spectra_of_none_of_the_models(spectrum: str) -> None:
    """60 runs of six series: by design at least 85 % in the 95 % interval, less one binomial standard deviation."""
    correlation = CORRELATIONS[spectrum]
    value = 2 * correlation.sum() - correlation[0]
    _, wide, _ = coverage(lambda seed: by_correlation(correlation, 6, 2048, seed), value, 60)
    assert wide >= 0.85 - np.sqrt(0.85 * 0.15 / 60)
