r"""Tracer diffusivity from velocities: the zero-frequency limit of their spectrum, which is the Green–Kubo integral.

Where the integral of a velocity autocorrelation should level off, its noise is larger than it. Over frequency the noise is
known: estimates at different frequencies are all but independent, each a gamma variable about the spectrum. A smooth function
fitted to the lowest ones has the integral as its value at zero.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from a2c_pybamm.data import Array, Velocities
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators.fingerprint import data_fingerprint
from a2c_pybamm.estimators.time_series.resolution import MIN_SCATTER_BODIES, RESOLVED_STDS, NotDiffusive
from a2c_pybamm.estimators.time_series.velocity_autocorrelation import velocity_spectrum
from a2c_pybamm.estimators.time_series.zero_frequency import (
    CutoffCriterion,
    ZeroFrequencyFit,
    fit_smooth_spectrum,
    fit_zero_frequency,
)


def fit_green_kubo_diffusivity(
    velocities: Velocities,
    species: str,
    *,
    name: str,
    source: str,
    cutoff: float | None = None,
    criterion: CutoffCriterion | None = None,
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
    criterion
        Level, counts and ratios of the criterion above, where they are not its own.

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
    criterion = criterion or CutoffCriterion()
    least = criterion.min_frequencies
    if n_most < least:
        raise ValueError(f"{name}: {n_most} frequencies, a fit needs {least}; take a longer run or a higher cut-off")
    limit = fit_zero_frequency(spectrum, n_most) if cutoff is not None else fit_smooth_spectrum(name, spectrum, criterion)
    if not limit.std < 1 / RESOLVED_STDS:
        raise NotDiffusive(f"{name}: the spectrum at zero is not resolved (ln D ± {limit.std:.2g}); run longer or hotter")
    alias = spectrum[:, -max(1, len(frequency) // 20) :].mean() / np.exp(limit.value)
    if alias > criterion.largest_alias and not velocities.from_positions:
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
            "fit": {**_report(limit, frequency, len(spectrum), alias), "temperature [K]": velocities.temperature},
        },
    )


def _report(limit: ZeroFrequencyFit, frequency: Array, n_atom: int, alias: float) -> dict[str, Any]:
    """Cut-off, test and error bar of the fit, as plain JSON."""
    return {
        "cut-off [Hz]": float(frequency[limit.n_frequency - 1]),
        "frequencies": limit.n_frequency,
        "atoms": n_atom,
        "quartic term p-value": limit.quartic_p,
        "spectrum at highest frequency over that at zero": float(alias),
        "error bar": "between atoms" if n_atom >= MIN_SCATTER_BODIES else "gamma variables",
    }
