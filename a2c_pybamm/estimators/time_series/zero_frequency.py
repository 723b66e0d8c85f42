"""The value of a spectrum at zero frequency, which is twice the integral of its correlation function."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import digamma
from scipy.stats import norm
from scipy.stats import t as student

from a2c_pybamm.data import Array
from a2c_pybamm.estimators.time_series.diffusive_line import LEVEL, MIN_ATOMS
from a2c_pybamm.estimators.time_series.resolution import IN_A_ROW, NotDiffusive

MIN_FREQUENCIES = 12
"""Fewest frequencies of a fit."""
STEP = 0.7
"""Each cut-off that is tried is this times the one before."""
BELOW = 0.5
"""What bends too much for the model does so gradually: stay at so many times the cut-off that is just not refuted."""
TAPERED = 35 / 18
"""Variance of a mean over neighbouring frequencies under Hann's taper, over that of independent ones."""


@dataclass(frozen=True)
class ZeroFrequencyFit:
    """A fit up to one cut-off."""

    n_frequency: int
    value: float
    """Logarithm of the spectrum at zero."""
    std: float
    bend_p: float
    """Probability of so large a quartic term."""


def fit_smooth_spectrum(name: str, spectrum: Array) -> ZeroFrequencyFit:
    """The fit of the cut-off that the criterion finds."""
    steps = int(np.log(MIN_FREQUENCIES / spectrum.shape[1]) / np.log(STEP)) + 1
    counts = np.unique(np.maximum((spectrum.shape[1] * STEP ** np.arange(steps)).astype(int), MIN_FREQUENCIES))[::-1]
    smooth: list[int] = []
    for count in counts:
        smooth = [*smooth, int(count)] if fit_zero_frequency(spectrum, count).bend_p >= LEVEL else []
        if len(smooth) == IN_A_ROW or (smooth and count == counts[-1]):
            best = smooth[0] if smooth[0] == spectrum.shape[1] else max(int(BELOW * smooth[0]), MIN_FREQUENCIES)
            limit = fit_zero_frequency(spectrum, best)
            if limit.bend_p >= LEVEL:
                return limit
            break
    raise NotDiffusive(
        f"{name}: the velocity spectrum does not level off towards zero frequency; run longer, or give the cutoff= [Hz] below "
        "which you hold it to be smooth"
    )


def fit_zero_frequency(spectrum: Array, count: int) -> ZeroFrequencyFit:
    """The fits of the lowest frequencies of a spectrum (n_atom, n_frequency), without and with a quartic term."""
    square = ((np.arange(count) + 2.0) / (count + 1)) ** 2
    line, line_covariance = _gamma_regression(spectrum[:, :count], np.column_stack([np.ones(count), square]))
    bent, bent_covariance = _gamma_regression(spectrum[:, :count], np.column_stack([np.ones(count), square, square**2]))
    z = abs(bent[2]) / np.sqrt(bent_covariance[2, 2])
    n_atom = len(spectrum)
    return ZeroFrequencyFit(
        n_frequency=count,
        value=float(line[0]),
        std=float(np.sqrt(line_covariance[0, 0])),
        bend_p=float(2 * (student.sf(z, n_atom - 1) if n_atom >= MIN_ATOMS else norm.sf(z))),
    )


def _gamma_regression(spectrum: Array, design: Array) -> tuple[Array, Array]:
    """Coefficients of ln S (n_coefficient,) and their covariance, by Fisher scoring with the mean over atoms."""
    n_atom = len(spectrum)
    mean = spectrum.mean(axis=0)
    shape = 3 * n_atom  # two squares of Gaussians for each of three directions, halved
    inverse = np.linalg.inv(design.T @ design)
    coefficient = inverse @ design.T @ (np.log(mean) - digamma(shape) + np.log(shape))
    for _ in range(50):
        step = inverse @ design.T @ (mean * np.exp(-design @ coefficient) - 1)
        coefficient = coefficient + step
        if np.abs(step).max() < 1e-8:
            break
    if n_atom < MIN_ATOMS:
        return coefficient, TAPERED * inverse / shape
    scores = (spectrum * np.exp(-design @ coefficient) - 1) @ design @ inverse
    nu = n_atom - 1
    return coefficient, nu / (nu - 2) * np.atleast_2d(np.cov(scores.T)) / n_atom
