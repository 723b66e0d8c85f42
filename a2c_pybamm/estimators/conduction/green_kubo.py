r"""Transport coefficients from currents that fluctuate at equilibrium, by Green and Kubo's formula."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.fft import rfft

from a2c_pybamm.data import Array, CurrentSeries, Extent, validate_extent
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators.fingerprint import data_fingerprint
from a2c_pybamm.estimators.time_series.resolution import NotResolved
from a2c_pybamm.estimators.time_series.spectral_mixture import ZeroFrequencyCriterion
from a2c_pybamm.estimators.time_series.zero_frequency import ZeroFrequency, zero_frequency


def fit_green_kubo(
    series: CurrentSeries,
    *,
    name: str,
    source: str,
    highest_frequency: float | None = None,
    criterion: ZeroFrequencyCriterion | None = None,
) -> Estimate:
    r"""Logarithm of a transport coefficient from the fluctuations of its current.

    .. math:: L = K\int_0^\infty \langle J(0)J(t)\rangle\,dt = \tfrac12 K S(0), \qquad K = \frac{V}{k_BT}
       \quad\Bigl(\text{heat: } \frac{V}{k_BT^2}\Bigr)

    with the current density J about its mean and its spectrum S, whose value at zero is `zero_frequency`'s. All series are
    realisations of one process: the directions of an isotropic system, the five components of the stress, replicas.

    **Coupled currents.** A thermal conductivity of a fluid of several species is defined where no species flows. The currents
    of the species, in any unit, are then regressed out at low frequencies [1]_, which gives the Schur complement of the matrix
    of cross-spectra at zero frequency, and what this takes from the degrees of freedom is counted.

    Parameters
    ----------
    name
        The coefficient, e.g. ``"LGPS ln(kappa [S.m-1])"`` (`a2c_pybamm.laws.log_coefficient` makes it).
    source
        Name of the sampling error, e.g. ``"LGPS MD 700 K (sampling)"``. Where the spectrum leaves a choice between
        models, that is a source of its own, ``"LGPS MD 700 K (misfit)"``.
    highest_frequency
        Highest frequency of the fit [Hz], in place of the test of all frequencies.
    criterion
        Orders, levels and odds of the mixture, where they are not its own.

    Raises
    ------
    NotResolved
        If the run is too short, with the length that is needed, or the spectrum falls to zero: nothing is conducted.
    ValueError
        If there are too few frames, or a series is constant.

    References
    ----------
    .. [1] R. Bertossa, F. Grasselli, L. Ercole, S. Baroni, Phys. Rev. Lett. 122 (2019) 255901 (several conserved currents).
    """

    def value_of(flux: Array) -> ZeroFrequency:
        interval = series.interval
        return zero_frequency(flux, interval=interval, name=name, highest_frequency=highest_frequency, criterion=criterion)

    validate_extent(series, Extent.VOLUME, str(series.coefficient))
    removed: dict[str, Any] = {}
    limit = value_of(series.flux)
    if series.coupled_names:
        limit, removed = _without_coupled(series, limit, value_of, name)
    return limit.estimate(
        name,
        offset=float(np.log(series.kubo_factor / 2)),
        source=source,
        method=f"zero-frequency limit of the current's spectrum (Green-Kubo): {series.coefficient}",
        data=data_fingerprint(series, highest_frequency),
        provenance={"currents": dict(series.provenance), "fit": {**limit.report(), **_report(series, limit), **removed}},
    )


def _without_coupled(
    series: CurrentSeries, alone: ZeroFrequency, value_of: Callable[[Array], ZeroFrequency], name: str
) -> tuple[ZeroFrequency, dict[str, Any]]:
    r"""The spectrum at zero of the flux that does not follow the coupled currents, and a report.

    The regression is on the real parts of the cross-spectra (both kinds of current are odd in time) at as many of the lowest
    frequencies as the flux alone has degrees of freedom :math:`\nu`. With m currents, what is left has :math:`\nu - m` of
    them, and is too small by :math:`(\nu - m)/\nu` in the mean.
    """
    n_series, n_coupled = len(series.flux), len(series.coupled)
    n_frequency = int(np.clip(alone.degrees_of_freedom / (2 * n_series), n_coupled + 1, series.flux.shape[1] // 2))
    flux = rfft(series.flux)[:, 1 : n_frequency + 1].ravel()
    scale = series.coupled.std(axis=(1, 2))
    if not scale.all():
        raise ValueError(
            f"{name}: the current of {series.coupled_names[int(scale.argmin())]} is constant; leave it out of coupled"
        )
    coupled = np.stack([rfft(c / s)[:, 1 : n_frequency + 1].ravel() for c, s in zip(series.coupled, scale, strict=True)])
    weights = np.linalg.lstsq((coupled @ coupled.conj().T).real, (coupled @ flux.conj()).real, rcond=None)[0]
    left = value_of(series.flux - np.tensordot(weights / scale, series.coupled, axes=(0, 0)))
    nu = 2 * n_series * n_frequency
    if nu <= n_coupled + 2:
        raise NotResolved(f"{name}: {nu:.2g} degrees of freedom for {n_coupled} coupled currents; run longer")
    corrected = replace(
        left,
        value=left.value + float(np.log(nu / (nu - n_coupled))),
        std=left.std * float(np.sqrt(nu / (nu - n_coupled))),
        degrees_of_freedom=left.degrees_of_freedom * (nu - n_coupled) / nu,
    )
    report = {
        "coupled currents": list(series.coupled_names),
        "frequencies of their regression": n_frequency,
        "ln S(0) of the flux alone": alone.value,
    }
    return corrected, report


def _report(series: CurrentSeries, limit: ZeroFrequency) -> dict[str, Any]:
    """Numbers of the run and its mean current, as plain JSON."""
    mean = series.flux.mean(axis=1)
    return {
        "series": len(series.flux),
        "frames": series.flux.shape[1],
        "duration [s]": series.interval * series.flux.shape[1],
        "temperature [K]": series.temperature,
        "volume [m3]": series.volume,
        "largest mean current over its standard deviation": float(np.abs(mean / series.flux.std(axis=1)).max()),
        "relaxations slower than [s] not seen": limit.slowest_time,
    }
