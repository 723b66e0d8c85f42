"""Correlation times: exact ones of several processes, the choice between the two, and input that is refused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.signal import lfilter
from scipy.stats import binom

from a2c_pybamm.data import (
    Array,
    CurrentSeries,
    StressKind,
    StressSeries,
    TransportCoefficient,
    Velocities,
    VelocityAutocorrelation,
)
from a2c_pybamm.estimators import CorrelationTime, NotResolved, fit_correlation_time, velocity_autocorrelation

SOURCE = "MD (sampling)"
NAME = "X ln(correlation time [s])"
LAG = np.arange(4096)


def relaxation(time: float, shape: tuple[int, ...], rng: np.random.Generator, variance: float = 1.0) -> Array:
    """Exponential relaxation along the last axis, times in frames."""
    r = np.exp(-1 / time)
    noise = rng.normal(size=shape) * np.sqrt(variance * (1 - r**2))
    noise[..., 0] /= np.sqrt(1 - r**2)
    return lfilter([1], [1, -r], noise)


def oscillation(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Autoregression of period 20 and damping time 30."""
    noise = rng.normal(size=(*shape[:-1], shape[-1] + 600))
    return lfilter([1], OSCILLATION, noise)[..., 600:]


DAMPING = np.exp(-1 / 30)
OSCILLATION = [1, -2 * DAMPING * np.cos(2 * np.pi / 20), DAMPING**2]
IMPULSE = np.fft.rfft(lfilter([1], OSCILLATION, np.eye(1, 4096)[0]), 8192)
CORRELATION = {
    "one time": np.exp(-LAG / 10),
    "two times": np.exp(-LAG / 3) + 0.1 * np.exp(-LAG / 60),
    "oscillation": np.fft.irfft(np.abs(IMPULSE) ** 2)[:4096],
}
MAKE: dict[str, Callable[[tuple[int, ...], np.random.Generator], Array]] = {
    "one time": lambda shape, rng: relaxation(10, shape, rng),
    "two times": lambda shape, rng: relaxation(3, shape, rng) + relaxation(60, shape, rng, 0.1),
    "oscillation": oscillation,
}


def exact(name: str, time: str) -> float:
    """By trapezia over the exact correlation function [frames]."""
    ratio = CORRELATION[name] / CORRELATION[name][0]
    return float(ratio.sum() - 0.5) if time == "integral" else float(2 * (ratio @ ratio) - 1)


def current(series: Array, interval: float = 1.0) -> CurrentSeries:
    return CurrentSeries(TransportCoefficient.IONIC_CONDUCTIVITY, series, interval, 300.0, 1.0)


def velocities(walkers: Array, interval: float = 1.0) -> Velocities:
    """Of walkers (n_atom, 3, n_frame) and one heavy atom at rest."""
    n_atom, _, n_frame = walkers.shape
    moving = np.concatenate([walkers.transpose(2, 0, 1), np.zeros((n_frame, 1, 3))], axis=1)
    masses = np.concatenate([np.ones(n_atom), [1e9]])
    return Velocities(moving, ("Li",) * n_atom + ("La",), masses, interval, 300.0)


@pytest.mark.parametrize(("name", "time"), [("one time", "integral"), ("two times", "integral"), ("oscillation", "decay")])
def test_time_that_is_chosen(name: str, time: str) -> None:
    series = MAKE[name]((6, 4096), np.random.default_rng(1))
    estimate = fit_correlation_time(current(series, 1e-15), material="X", source=SOURCE)
    assert estimate.names == (NAME,)
    assert estimate.provenance["fit"]["time"] == time
    assert abs(estimate.mean[0] - np.log(1e-15 * exact(name, time))) < 3.5 * estimate.std[0]
    assert estimate.std[0] < 0.6


def test_either_time_may_be_asked_for() -> None:
    data = current(MAKE["one time"]((6, 2048), np.random.default_rng(2)))
    for time in CorrelationTime:
        estimate = fit_correlation_time(data, material="X", source=SOURCE, time=time)
        assert estimate.provenance["fit"]["time"] == time
        assert abs(estimate.mean[0] - np.log(exact("one time", time))) < 3.5 * estimate.std[0]


def test_common_errors_of_spectrum_and_variance_are_counted_once() -> None:
    r"""Of one exponential :math:`\sqrt{2\tau/n}`, against :math:`\sqrt{10\tau/n}` were they independent."""
    series = relaxation(10, (30, 4096), np.random.default_rng(3))
    estimate = fit_correlation_time(current(series), material="X", source=SOURCE)
    std = np.sqrt(estimate.factors[SOURCE].values[0] @ estimate.factors[SOURCE].values[0])
    assert std == pytest.approx(np.sqrt(2 * 10 / series.size), rel=0.35)


@pytest.mark.parametrize("n_atom", [3, 12])
def test_langevin_particles(n_atom: int) -> None:
    """Velocities of free particles lose their memory in m over friction, in any unit; the walkers' autocorrelation agrees."""
    data = velocities(relaxation(10, (n_atom, 3, 2048), np.random.default_rng(10 + n_atom)), 2e-15)
    estimate = fit_correlation_time(data, material="Li", source=SOURCE, species="Li")
    assert abs(estimate.mean[0] - np.log(2e-15 * exact("one time", "integral"))) < 3.5 * estimate.std[0]
    if n_atom > 8:
        other = fit_correlation_time(velocity_autocorrelation(data, "Li"), material="Li", source=SOURCE)
        assert abs(other.mean[0] - estimate.mean[0]) < 3.5 * np.hypot(other.std[0], estimate.std[0])


def test_ions_in_cages_have_the_time_of_their_decay() -> None:
    """Velocities that integrate to a bounded motion: the integral vanishes, and no model of the spectrum resolves it."""
    path = oscillation((12, 3, 2049), np.random.default_rng(4))
    estimate = fit_correlation_time(velocities(np.diff(path)), material="Li", source=SOURCE, species="Li")
    correlation = 2 * CORRELATION["oscillation"][:-1] - CORRELATION["oscillation"][1:]
    correlation -= np.concatenate([CORRELATION["oscillation"][1:2], CORRELATION["oscillation"][:-2]])
    ratio = correlation / correlation[0]
    assert estimate.provenance["fit"]["time"] == "decay"
    assert abs(estimate.mean[0] - np.log(2 * (ratio @ ratio) - 1)) < 3.5 * estimate.std[0]


def test_stresses_are_taken_without_their_trace() -> None:
    """Five traceless components relax in ten frames, the pressure in none."""
    rng = np.random.default_rng(5)
    shear, pressure = relaxation(10, (6, 2048), rng), 5 * rng.normal(size=2048)
    stresses = shear.T.copy()
    stresses[:, :3] += pressure[:, None]
    stresses[:, :3] += (np.sqrt(2) - 1) * (stresses[:, :3] - stresses[:, :3].mean(axis=1, keepdims=True))
    data = StressSeries(stresses, StressKind.TOTAL, 1.0, 300.0, 1.0, 10, np.zeros((6, 6)))
    estimate = fit_correlation_time(data, material="X", source=SOURCE)
    assert abs(estimate.mean[0] - np.log(exact("one time", "integral"))) < 3.5 * estimate.std[0]


def test_frames_that_are_too_far_apart_are_refused() -> None:
    rng = np.random.default_rng(6)
    with pytest.raises(NotResolved, match="falls between two frames"):
        fit_correlation_time(current(rng.normal(size=(6, 1024))), material="X", source=SOURCE)
    rare = velocities(relaxation(0.2, (12, 3, 1024), rng))
    with pytest.raises(NotResolved, match="falls between two frames"):
        fit_correlation_time(velocity_autocorrelation(rare, "Li"), material="X", source=SOURCE)


def test_runs_that_are_too_short_are_refused() -> None:
    rng = np.random.default_rng(7)
    with pytest.raises(NotResolved, match="run"):
        fit_correlation_time(current(relaxation(100, (3, 300), rng)), material="X", source=SOURCE)
    short = velocities(relaxation(100, (12, 3, 300), rng))
    with pytest.raises(NotResolved, match="has not died away"):
        fit_correlation_time(velocity_autocorrelation(short, "Li"), material="X", source=SOURCE)
    with pytest.raises(NotResolved, match="run 20 times the time"):
        fit_correlation_time(current(oscillation((3, 200), rng)), material="X", source=SOURCE, time="decay")


def test_bad_input_is_one_line() -> None:
    rng = np.random.default_rng(8)
    data = velocities(relaxation(10, (4, 3, 512), rng))
    with pytest.raises(ValueError, match=r"velocities of La, Li; name the one .* species="):
        fit_correlation_time(data, material="X", source=SOURCE)
    with pytest.raises(ValueError, match="4 atoms, their scatter needs 8"):
        fit_correlation_time(velocity_autocorrelation(data, "Li"), material="X", source=SOURCE)
    uneven = VelocityAutocorrelation("Li", np.array([0.0, 1.0, 3.0]), rng.normal(size=(9, 3)), 3, 300.0)
    with pytest.raises(ValueError, match="equally spaced from zero"):
        fit_correlation_time(uneven, material="X", source=SOURCE)
    for values in (np.zeros((9, 30)), np.full((9, 30), np.nan)):
        at_rest = VelocityAutocorrelation("Li", np.arange(30.0), values, 3, 300.0)
        with pytest.raises(ValueError, match="not finite, or not positive at zero lag"):
            fit_correlation_time(at_rest, material="X", source=SOURCE)
    with pytest.raises(ValueError, match="time is 'half'; give one of 'integral', 'decay'"):
        fit_correlation_time(data, material="X", source=SOURCE, species="Li", time="half")
    with pytest.raises(ValueError, match="data are ndarray; give velocities"):
        fit_correlation_time(rng.normal(size=(3, 512)), material="X", source=SOURCE)


@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_any_unit_of_the_series(unit: float) -> None:
    series = MAKE["one time"]((6, 512), np.random.default_rng(9))
    times = [fit_correlation_time(current(factor * series), material="X", source=SOURCE).mean[0] for factor in (1.0, unit)]
    assert times[1] == pytest.approx(times[0], abs=1e-9)


def test_line_of_one_frequency_is_not_resolved() -> None:
    """Values that alternate do not decay in any run."""
    with pytest.raises(NotResolved, match="run 20 times the time or more"):
        fit_correlation_time(current(np.tile([1.0, -1.0], (3, 64))), material="X", source=SOURCE)


@pytest.mark.calibration
@pytest.mark.parametrize(
    ("name", "time", "n_frame"),
    [
        ("one time", "integral", 2048),
        ("two times", "integral", 8192),
        ("one time", "decay", 2048),
        ("oscillation", "decay", 2048),
    ],
)
def test_error_bars_hold_the_truth(name: str, time: str, n_frame: int) -> None:
    """68 and 95 % intervals of 80 runs that are not refused, but for chance of 1 in 200; at most 5 % are refused."""
    z = []
    for seed in range(80):
        series = MAKE[name]((6, n_frame), np.random.default_rng([seed, n_frame]))
        try:
            estimate = fit_correlation_time(current(series), material="X", source=SOURCE, time=time)
        except NotResolved:
            continue
        z.append((estimate.mean[0] - np.log(exact(name, time))) / estimate.std[0])
    assert len(z) >= 76
    for width, probability in ((1.0, 0.683), (1.96, 0.95)):
        assert (np.abs(z) < width).sum() >= binom.ppf(5e-3, len(z), probability)


@pytest.mark.calibration
def test_error_bars_of_autocorrelations_hold_the_truth() -> None:
    z = []
    for seed in range(80):
        data = velocities(relaxation(10, (12, 3, 1024), np.random.default_rng(seed)))
        estimate = fit_correlation_time(velocity_autocorrelation(data, "Li"), material="Li", source=SOURCE)
        z.append((estimate.mean[0] - np.log(exact("one time", "integral"))) / estimate.std[0])
    for width, probability in ((1.0, 0.683), (1.96, 0.95)):
        assert (np.abs(z) < width).sum() >= binom.ppf(5e-3, len(z), probability)


def double_well(n_series: int, n_frame: int, seed: int) -> Array:
    """Velocities in the potential 5(x² - 1)²/2 at unit temperature, mass and friction, by Langevin's equation."""
    rng, step = np.random.default_rng(seed), 0.05
    x, v, keep = np.sign(rng.normal(size=n_series)), rng.normal(size=n_series), np.exp(-step)
    found = np.empty((n_series, n_frame))
    for k in range(-500, 2 * n_frame):
        v -= step / 2 * 10 * x * (x**2 - 1)
        x = x + step / 2 * v
        v = keep * v + np.sqrt(1 - keep**2) * rng.normal(size=n_series)
        x = x + step / 2 * v
        v -= step / 2 * 10 * x * (x**2 - 1)
        found[:, max(k, 0) // 2] = v
    return found


@pytest.mark.calibration
def test_error_bars_hold_velocities_in_a_double_well() -> None:
    """Bound particles, whose velocities have no integral; the truth is that of 1500 particles and twelve times the frames."""
    long = double_well(1500, 6000, 1)
    spectrum = (np.abs(np.fft.rfft(long, 12000, axis=1)) ** 2).mean(axis=0)
    correlation = np.fft.irfft(spectrum)[:300] / np.arange(6000, 5700, -1)
    ratio = correlation / correlation[0]
    truth, z = np.log(2 * (ratio @ ratio) - 1), []
    for series in np.split(double_well(360, 500, 2), 60):
        estimate = fit_correlation_time(current(series), material="X", source=SOURCE)
        assert estimate.provenance["fit"]["time"] == "decay"
        z.append((estimate.mean[0] - truth) / estimate.std[0])
    for width, probability in ((1.0, 0.683), (1.96, 0.95)):
        assert (np.abs(z) < width).sum() >= binom.ppf(5e-3, len(z), probability)
