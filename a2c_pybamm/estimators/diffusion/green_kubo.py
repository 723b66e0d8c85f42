r"""Tracer diffusivity from velocities: the zero-frequency limit of their spectrum, which is the Green–Kubo integral.

Where the integral of a velocity autocorrelation should level off, its noise is larger than it. Over frequency the noise is
known: estimates at different frequencies are all but independent, each a gamma variable about the spectrum.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from a2c_pybamm.data import Velocities
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators.fingerprint import data_fingerprint
from a2c_pybamm.estimators.time_series.resolution import MIN_SCATTER_BODIES, RESOLVED_STDS, NotDiffusive, NotResolved
from a2c_pybamm.estimators.time_series.spectral_mixture import ZeroFrequencyCriterion
from a2c_pybamm.estimators.time_series.velocity_autocorrelation import velocities_against_framework
from a2c_pybamm.estimators.time_series.zero_frequency import ZeroFrequency, zero_frequency


def fit_green_kubo_diffusivity(
    velocities: Velocities,
    species: str,
    *,
    name: str,
    source: str,
    cutoff: float | None = None,
    criterion: ZeroFrequencyCriterion | None = None,
) -> Estimate:
    r"""Logarithm of the tracer diffusivity :math:`\ln(D/[\mathrm{m^2 s^{-1}}])` by Green and Kubo's integral.

    .. math:: D = \int_0^\infty C_1(t)\,dt = \tfrac12 S(0)

    with the velocity autocorrelation :math:`C_1` of one direction and its spectrum :math:`S`, whose value at zero is
    `zero_frequency`'s, by a mixture of models (a related one is [1]_'s). From eight atoms on, the error is the scatter between
    the atoms' contributions, with Student's factor as in `fit_tracer_diffusivity`; with fewer, that of gamma variables. Both
    take the atoms to be independent. What kinds of model differ by, where none of them is exact, is a source of its own,
    ``source`` with ``(misfit)`` in place of ``(sampling)``.

    **Drift.** Velocities are taken against the mass centre of all other atoms, or of all where there are no others. In a cell
    of N atoms of one species the latter leaves :math:`1 - 1/N` of each atom's motion, and D comes out smaller by this factor,
    as it does by molecular dynamics that conserves the momentum.

    Parameters
    ----------
    cutoff
        Highest frequency of the fit [Hz], in place of the test of all frequencies.
    criterion
        Orders, levels and odds of the mixture, where they are not its own.

    Raises
    ------
    NotDiffusive
        If the lowest frequencies agree with none of the models, or the error of ln D exceeds a third.
    ValueError
        If there are too few frames, or frames are too far apart for velocities: the spectrum has not died away at the highest
        frequency. `central_velocities` of the positions have no such limit.

    References
    ----------
    .. [1] L. Ercole, A. Marcolongo, S. Baroni, Sci. Rep. 7 (2017) 15835 (cepstral analysis of the same spectrum).
    """
    moving, reference = velocities_against_framework(velocities, species)
    if not moving.any():
        raise NotDiffusive(f"{name}: {species} does not move at all; are atoms fixed, or frames repeated?")
    series = np.ascontiguousarray(moving.transpose(1, 2, 0)).reshape(-1, len(moving))
    criterion = criterion or ZeroFrequencyCriterion()
    # central differences are blind to the highest frequency: their response falls to zero there, and to (2/pi)^2 at half of it
    highest = 1 / (2 * 2 * velocities.interval) if cutoff is None and velocities.from_positions else cutoff
    try:
        limit = zero_frequency(
            series,
            interval=velocities.interval,
            name=name,
            series_per_body=moving.shape[2],
            highest_frequency=highest,
            criterion=criterion,
        )
    except NotResolved as error:
        raise NotDiffusive(str(error)) from error
    if not limit.total_std < 1 / RESOLVED_STDS:
        raise NotDiffusive(f"{name}: the spectrum at zero is not resolved (ln D ± {limit.total_std:.2g}); run longer or hotter")
    if limit.highest_over_zero > criterion.largest_alias and not velocities.from_positions:
        raise ValueError(
            f"{name}: frames are too far apart for velocities (spectrum at the highest frequency {limit.highest_over_zero:.2g} "
            "of that at zero); write them more often, or take central_velocities of the positions"
        )
    return limit.estimate(
        name,
        offset=-np.log(2),
        source=source,
        method="zero-frequency limit of the velocity spectrum (Green-Kubo)",
        data=data_fingerprint(velocities, species, cutoff),
        provenance={
            "velocities": dict(velocities.provenance),
            "fit": {
                **_report(limit, len(moving[0])),
                "velocities against": reference,
                "temperature [K]": velocities.temperature,
            },
        },
    )


def _report(limit: ZeroFrequency, n_atom: int) -> dict[str, Any]:
    """The fit as plain JSON."""
    return {
        **limit.report(),
        "atoms": n_atom,
        "error bar": "between atoms" if n_atom >= MIN_SCATTER_BODIES else "gamma variables",
    }
