"""Block average: what error bars of correlated means cover, and series that are refused."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from scipy.signal import lfilter
from scipy.stats import binom

from a2c_pybamm.estimators import NotResolved, block_average

Array = np.ndarray


def relaxation(time: float, n_series: int, n_frame: int, seed: int) -> Array:
    r = np.exp(-1 / time)
    noise = np.random.default_rng(seed).normal(size=(n_series, n_frame)) * np.sqrt(1 - r**2)
    noise[:, 0] /= np.sqrt(1 - r**2)
    return lfilter([1], [1, -r], noise, axis=1)


@pytest.mark.parametrize(("time", "n_series", "n_frame"), [(0.1, 1, 1000), (10, 1, 4096), (10, 4, 1024), (10, 1, 600)], ids=str)
def test_error_bars_hold_the_mean(time: float, n_series: int, n_frame: int) -> None:
    found = []
    for seed in range(150):
        with suppress(NotResolved):  # one short run in a hundred
            found.append(block_average(relaxation(time, n_series, n_frame, seed)))
    assert len(found) >= 145
    z = np.array([average.mean / average.std for average in found])
    for width, probability in ((1.0, 0.683), (1.96, 0.95)):
        assert (np.abs(z) < width).sum() >= binom.ppf(1e-3, len(z), probability)
    exact = 1 / np.tanh(1 / (2 * time))
    assert np.mean([average.inefficiency for average in found]) == pytest.approx(exact, rel=0.2)
    assert all(average.n_block >= 4 for average in found)


def test_record_of_one_series() -> None:
    series = 3e5 + 1e-3 * relaxation(5, 1, 2048, 1)[0]
    average = block_average(series)
    assert average.mean == pytest.approx(series.mean(), rel=1e-14)
    assert average.effective_size == pytest.approx(2048 / average.inefficiency)
    assert average.n_block == 2048 // average.block_length
    shifted = block_average(10 * series)
    assert shifted.std == pytest.approx(10 * average.std, rel=1e-6)


def test_alternating_values_have_an_error() -> None:
    average = block_average(np.tile([1.0, -1.0], 200))
    assert average.std > 0
    assert average.effective_size <= 400**2


@pytest.mark.parametrize(
    ("series", "error", "message"),
    [
        (np.ones(100), ValueError, "constant"),
        (np.array([1.0, np.nan] * 50), ValueError, "finite"),
        (np.zeros((2, 3, 4)), ValueError, "shape"),
        (np.array([1.0]), ValueError, "two or more"),
        (np.arange(100.0), NotResolved, "run longer"),
        (np.array([1.0, 2.0, 3.0]), NotResolved, "run longer"),
    ],
    ids=["constant", "nan", "cube", "one value", "drift", "three values"],
)
def test_series_without_an_error_bar_are_refused(series: Array, error: type[ValueError], message: str) -> None:
    with pytest.raises(error, match=message):
        block_average(series)


def test_means_that_differ_between_series_are_not_one_process() -> None:
    """Four series about 0, 10, 20 and 30 with errors of 0.03 each have no common mean of 15.00 ± 0.02."""
    series = relaxation(0.1, 4, 1000, 3)
    assert block_average(series).std < 0.03
    with pytest.raises(NotResolved, match=r"means of 4 series scatter \d+ times as much as their errors") as error:
        block_average(series + 10 * np.arange(4.0)[:, None])
    assert "\n" not in str(error.value)
