"""The value of a spectrum at zero frequency, which is twice the integral of its correlation function."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import digamma
from scipy.stats import norm
from scipy.stats import t as student

from a2c_pybamm.data import Array
from a2c_pybamm.estimators.time_series.resolution import MIN_SCATTER_BODIES, NotDiffusive

HANN_VARIANCE = 35 / 18
"""Variance of a mean over neighbouring frequencies under Hann's taper, over that of independent ones: the taper's mean fourth
power over the square of its mean square."""


@dataclass(frozen=True)
class CutoffCriterion:
    """Settings of a fit to a spectrum's lowest frequencies: up to which one, and how fine the frames must be.

    `fit_green_kubo_diffusivity` has the criterion in words. The defaults are those of its table of error bars in
    ``docs/diffusion.md``.

    Raises
    ------
    ValueError
        If the level or a ratio does not lie between 0 and 1, or a number is below one.
    """

    level: float = 0.01
    """Probability below which a quartic term shows that the model does not hold."""
    n_cutoffs: int = 3
    """Cut-offs in a row at which the model must hold."""
    cutoff_ratio: float = 0.7
    """Each cut-off that is tried over the one before."""
    safe_ratio: float = 0.5
    """Cut-off of the fit over the highest at which the model holds, where it fails gradually (if that is not the highest)."""
    min_frequencies: int = 12
    """Fewest frequencies of a fit: four for each of its three coefficients."""
    largest_alias: float = 0.05
    """Largest spectrum at the highest frequency over that at zero: frames that are farther apart give an error of over 2 %."""

    def __post_init__(self) -> None:
        shares = (self.level, self.cutoff_ratio, self.safe_ratio, self.largest_alias)
        if not all(0 < share < 1 for share in shares) or min(self.n_cutoffs, self.min_frequencies) < 1:
            raise ValueError(f"{self}: level and ratios lie between 0 and 1, numbers are 1 or more; correct them")


@dataclass(frozen=True)
class ZeroFrequencyFit:
    """A fit up to one cut-off."""

    n_frequency: int
    value: float
    """Logarithm of the spectrum at zero."""
    std: float
    quartic_p: float
    """Probability of so large a quartic term."""


def fit_smooth_spectrum(name: str, spectrum: Array, criterion: CutoffCriterion) -> ZeroFrequencyFit:
    """The fit up to the cut-off that the criterion chooses."""
    least, n = criterion.min_frequencies, spectrum.shape[1]
    steps = int(np.log(least / n) / np.log(criterion.cutoff_ratio)) + 1
    counts = np.unique(np.maximum((n * criterion.cutoff_ratio ** np.arange(steps)).astype(int), least))[::-1]
    smooth: list[int] = []
    for count in counts:
        smooth = [*smooth, int(count)] if fit_zero_frequency(spectrum, count).quartic_p >= criterion.level else []
        if len(smooth) == criterion.n_cutoffs or (smooth and count == counts[-1]):
            best = smooth[0] if smooth[0] == n else max(int(criterion.safe_ratio * smooth[0]), least)
            limit = fit_zero_frequency(spectrum, best)
            if limit.quartic_p >= criterion.level:
                return limit
            break
    raise NotDiffusive(
        f"{name}: the velocity spectrum does not level off towards zero frequency; run longer, or give the cutoff= [Hz] below "
        "which you take it to be smooth"
    )


def fit_zero_frequency(spectrum: Array, count: int) -> ZeroFrequencyFit:
    """The fit of the lowest frequencies of a spectrum (n_atom, n_frequency), tested by one with a quartic term."""
    square = ((np.arange(count) + 2.0) / (count + 1)) ** 2
    line, line_covariance = _gamma_regression(spectrum[:, :count], np.column_stack([np.ones(count), square]))
    quartic, quartic_covariance = _gamma_regression(spectrum[:, :count], np.column_stack([np.ones(count), square, square**2]))
    z = abs(quartic[2]) / np.sqrt(quartic_covariance[2, 2])
    n_atom = len(spectrum)
    return ZeroFrequencyFit(
        n_frequency=count,
        value=float(line[0]),
        std=float(np.sqrt(line_covariance[0, 0])),
        quartic_p=float(2 * (student.sf(z, n_atom - 1) if n_atom >= MIN_SCATTER_BODIES else norm.sf(z))),
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
    if n_atom < MIN_SCATTER_BODIES:
        return coefficient, HANN_VARIANCE * inverse / shape
    scores = (spectrum * np.exp(-design @ coefficient) - 1) @ design @ inverse
    nu = n_atom - 1
    return coefficient, nu / (nu - 2) * np.atleast_2d(np.cov(scores.T)) / n_atom
