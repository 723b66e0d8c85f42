r"""Tracer diffusivity from velocities: the zero-frequency limit of their spectrum, which is the Green–Kubo integral.

The integral of a velocity autocorrelation drowns in noise where it should level off. In frequency its noise is known: estimates
at different frequencies are all but independent, each a gamma variable about the spectrum. A smooth function fitted to the
lowest ones has the integral as its value at zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import digamma
from scipy.stats import norm
from scipy.stats import t as student

from a2c_pybamm.data import Array, Velocities
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators.fingerprint import data_fingerprint
from a2c_pybamm.estimators.tracer_diffusivity import IN_A_ROW, LEVEL, MIN_ATOMS, RESOLVED, NotDiffusive
from a2c_pybamm.estimators.velocity_autocorrelation import velocity_spectrum

MIN_FREQUENCIES = 12
"""Fewest frequencies of a fit."""
STEP = 0.7
"""Each cut-off that is tried is this times the one before."""
BELOW = 0.5
"""What bends too much for the model does so gradually: stay at so many times the cut-off that is just not refuted."""
TAPERED = 35 / 18
"""Variance of a mean over neighbouring frequencies under Hann's taper, over that of independent ones."""
MAX_ALIAS = 0.05
"""Largest spectrum at the highest frequency, over that at zero: the sum in place of the integral then errs by about 2 %."""


@dataclass(frozen=True)
class _Limit:
    """A fit up to one cut-off."""

    n_frequency: int
    value: float
    """Logarithm of the spectrum at zero."""
    std: float
    bend_p: float
    """Probability of so large a quartic term."""


def fit_green_kubo_diffusivity(
    velocities: Velocities, species: str, *, name: str, source: str, cutoff: float | None = None
) -> Estimate:
    r"""Logarithm of the tracer diffusivity :math:`\ln(D/[\mathrm{m^2 s^{-1}}])` by Green and Kubo's integral.

    .. math:: D = \int_0^\infty C_1(t)\,dt = \tfrac12 S(0), \qquad \ln S(f) = a_0 + a_1 f^2 \quad (f \le f_\mathrm{c})

    with the velocity autocorrelation :math:`C_1` of one direction and its spectrum :math:`S`, fitted by the likelihood of
    gamma variables (Whittle's; a related model is [1]_'s). From eight atoms on, the error is the scatter between the atoms'
    scores, with Student's factor as in `fit_tracer_diffusivity`; with fewer, that of gamma variables under Hann's taper. Both
    take the atoms to be independent.

    **Cut-off.** The highest :math:`f_\mathrm{c}` is sought at which a term :math:`a_2 f^4` is not significant at 1 %, nor at
    the next two below. If that is the highest frequency there is, it is taken; if not, half of it.

    Parameters
    ----------
    cutoff
        Highest frequency of the fit [Hz], in place of the criterion.

    Raises
    ------
    NotDiffusive
        If no cut-off is admissible, or the error of ln D exceeds a third.
    ValueError
        If there are too few frames, or frames are too far apart for velocities: the spectrum has not died away at the highest
        frequency. `central_velocities` of the positions have no such limit.

    References
    ----------
    .. [1] L. Ercole, A. Marcolongo, S. Baroni, Sci. Rep. 7 (2017) 15835 (cepstral analysis of the same spectrum).
    """
    frequency, spectrum = velocity_spectrum(velocities, species)
    if not spectrum.mean(axis=0).all():
        raise NotDiffusive(f"{name}: {species} does not move at all; are atoms fixed, or frames repeated?")
    n_most = len(frequency) if cutoff is None else int(np.searchsorted(frequency, cutoff, side="right"))
    if n_most < MIN_FREQUENCIES:
        raise ValueError(f"{name}: {n_most} frequencies, a fit needs {MIN_FREQUENCIES}; take a longer run or a higher cut-off")
    limit = _fit_limit(spectrum, n_most) if cutoff is not None else _highest_smooth(name, spectrum)
    if not limit.std < 1 / RESOLVED:
        raise NotDiffusive(f"{name}: the spectrum at zero is not resolved (ln D ± {limit.std:.2g}); run longer or hotter")
    alias = spectrum[:, -max(1, len(frequency) // 20) :].mean() / np.exp(limit.value)
    if alias > MAX_ALIAS and not velocities.from_positions:
        raise ValueError(
            f"{name}: frames are too far apart for velocities (spectrum at the highest frequency {alias:.2g} of that at zero); "
            "write them more often, or take central_velocities of the positions"
        )
    return Estimate.from_covariance(
        (name,),
        [limit.value - np.log(2)],
        [[limit.std**2]],
        source=source,
        method="zero-frequency limit of the velocity spectrum (Green-Kubo)",
        data=data_fingerprint(velocities, species, cutoff),
        provenance={
            "velocities": dict(velocities.provenance),
            "fit": {
                "cut-off [Hz]": float(frequency[limit.n_frequency - 1]),
                "frequencies": limit.n_frequency,
                "atoms": len(spectrum),
                "quartic term p-value": limit.bend_p,
                "spectrum at highest frequency over that at zero": float(alias),
                "error bar": "between atoms" if len(spectrum) >= MIN_ATOMS else "gamma variables",
                "temperature [K]": velocities.temperature,
            },
        },
    )


def _highest_smooth(name: str, spectrum: Array) -> _Limit:
    """The fit of the cut-off that the criterion finds."""
    steps = int(np.log(MIN_FREQUENCIES / spectrum.shape[1]) / np.log(STEP)) + 1
    counts = np.unique(np.maximum((spectrum.shape[1] * STEP ** np.arange(steps)).astype(int), MIN_FREQUENCIES))[::-1]
    smooth: list[int] = []
    for count in counts:
        smooth = [*smooth, int(count)] if _fit_limit(spectrum, count).bend_p >= LEVEL else []
        if len(smooth) == IN_A_ROW or (smooth and count == counts[-1]):
            best = smooth[0] if smooth[0] == spectrum.shape[1] else max(int(BELOW * smooth[0]), MIN_FREQUENCIES)
            limit = _fit_limit(spectrum, best)
            if limit.bend_p >= LEVEL:
                return limit
            break
    raise NotDiffusive(
        f"{name}: the velocity spectrum does not level off towards zero frequency; run longer, or give the cutoff= [Hz] below "
        "which you hold it to be smooth"
    )


def _fit_limit(spectrum: Array, count: int) -> _Limit:
    """The fits of the lowest frequencies of a spectrum (n_atom, n_frequency), without and with a quartic term."""
    square = ((np.arange(count) + 2.0) / (count + 1)) ** 2
    line, line_covariance = _gamma_regression(spectrum[:, :count], np.column_stack([np.ones(count), square]))
    bent, bent_covariance = _gamma_regression(spectrum[:, :count], np.column_stack([np.ones(count), square, square**2]))
    z = abs(bent[2]) / np.sqrt(bent_covariance[2, 2])
    n_atom = len(spectrum)
    return _Limit(
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
