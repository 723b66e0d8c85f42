r"""The spectrum at zero frequency, which is twice the integral of the correlation function, and its error.

Several models of the spectrum are fitted to the whitened periodogram by Whittle's likelihood: autoregressions, sums of
relaxations with one time or a distribution of times, polynomials of the squared frequency. Each counts by the likelihood that
it gives to frequencies held out of its fit. Where only approximate models are likely, what their kinds differ by is an error of
its own. The lowest frequencies are tested against the mixture; where they disagree, the error is widened, or the value refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from a2c_pybamm.data import Array
from a2c_pybamm.estimate import Estimate, Factor, label_hash
from a2c_pybamm.estimators.statistics.averaging import student_variance
from a2c_pybamm.estimators.time_series.periodogram import Periodogram, periodogram
from a2c_pybamm.estimators.time_series.resolution import MIN_SCATTER_BODIES, NotResolved
from a2c_pybamm.estimators.time_series.spectral_mixture import (
    Mixture,
    ZeroFrequencyCriterion,
    fall_loss,
    fit_mixture,
    leakage,
    lowest_p,
    model_name,
    residual_p,
    slowest_time_seen,
)
from a2c_pybamm.estimators.time_series.spectral_models import Bands


@dataclass(frozen=True)
class ZeroFrequency:
    """The spectrum at zero frequency, by a mixture of models."""

    value: float
    """Logarithm of the two-sided spectrum at zero, the sum of the correlation function over all times [ln(unit² s)]."""
    std: float
    """Standard error by sampling, that of the choice between models included."""
    misfit: float
    """Further standard error: between kinds of model where only approximate ones fit, or by the lowest frequencies; or 0."""
    degrees_of_freedom: float
    """Of the χ² variable with the same relative error, :math:`2/\\mathrm{std}^2`."""
    weights: dict[str, float]
    """Weight of each model above 0.1 %, by its name."""
    lowest_p: float
    """Probability of so large a deviation of the lowest frequencies from the mixture."""
    fit_p: float
    """Probability of so large a deviation of all frequencies of the fit."""
    highest_frequency: float
    """Highest frequency of the fit [Hz]."""
    n_band: int
    tapered: bool
    slowest_time: float
    """Slowest relaxation that would have been seen [s] if it carried `slow_share` of the value."""
    slow_share: float
    highest_over_zero: float
    """Spectrum at the highest twentieth of all frequencies over that at zero: what aliasing there is."""
    spectrum: Periodogram = field(compare=False, repr=False)
    """The whitened periodogram of the series over their standard deviation."""
    influence: Array = field(compare=False, repr=False)
    """Change of `value` by a relative change of the spectrum in each band (n_band of the spectrum,)."""

    @property
    def total_std(self) -> float:
        """Standard error by sampling and misfit."""
        return float(np.hypot(self.std, self.misfit))

    def estimate(
        self, name: str, *, offset: float, source: str, method: str, data: str, provenance: Mapping[str, Any]
    ) -> Estimate:
        """The value plus an offset as an estimate, its misfit, if any, as a source of its own."""
        sampling = Estimate.from_covariance(
            (name,), [self.value + offset], [[self.std**2]], source=source, method=method, data=data, provenance=provenance
        )
        if not self.misfit:
            return sampling
        label = label_hash(name, source, data)
        return sampling.add_source(misfit_source(source), Factor(np.array([[self.misfit]]), (f"{label}:misfit",)))

    def report(self) -> dict[str, Any]:
        """Models, tests and ranges as plain JSON."""
        return {
            "weights of models": self.weights,
            "bands": self.n_band,
            "cut-off [Hz]": self.highest_frequency,
            "tapered": self.tapered,
            "degrees of freedom": self.degrees_of_freedom,
            "lowest frequencies p-value": self.lowest_p,
            "all frequencies p-value": self.fit_p,
            "misfit of ln S(0)": self.misfit,
            "slowest time seen [s]": self.slowest_time,
            "with a share above": self.slow_share,
            "spectrum at highest frequency over that at zero": self.highest_over_zero,
        }


def zero_frequency(
    series: Array,
    *,
    interval: float,
    name: str,
    series_per_body: int = 0,
    highest_frequency: float | None = None,
    criterion: ZeroFrequencyCriterion | None = None,
) -> ZeroFrequency:
    """Logarithm of the spectrum at zero frequency of independent series (n_series, n_frame) of one process, and its error.

    Parameters
    ----------
    interval
        Time between frames [s].
    name
        Name of the quantity in messages.
    series_per_body
        Number of consecutive series that belong to one body; 0 where bodies are not distinguished.
    highest_frequency
        Highest frequency of the fit [Hz], in place of the test of all frequencies.

    Raises
    ------
    NotResolved
        If the error is too large, or the lowest frequencies agree with none of the models.
    ValueError
        If there are too few frames, a series is constant, or a value is not finite.
    """
    criterion = criterion or ZeroFrequencyCriterion()
    _validate(series, name, criterion)
    scaled = series / series.std()
    data = periodogram(scaled, series_per_body=series_per_body, settings=criterion.spectrum)
    mixture, fit_p = _mixture(data, interval, name, highest_frequency, criterion)
    tapered = leakage(data, mixture) > max(criterion.leakage_share * np.sqrt(mixture.variance), criterion.least_leakage)
    if tapered:
        data = periodogram(scaled, series_per_body=series_per_body, taper=True, settings=criterion.spectrum)
        mixture, fit_p = _mixture(data, interval, name, highest_frequency, criterion)
    return _result(data, mixture, fit_p, interval, name, tapered, np.log(series.var() * interval), criterion)


def misfit_source(source: str) -> str:
    """Name of the misfit of what is sampled under ``source``."""
    return f"{source.removesuffix('(sampling)').rstrip()} (misfit)"


def _validate(series: Array, name: str, criterion: ZeroFrequencyCriterion) -> None:
    """Raise ``ValueError`` where series are too short, constant, or not finite."""
    if series.ndim != 2 or series.shape[1] < criterion.least_frames:
        raise ValueError(
            f"{name}: series of shape {series.shape}, at least {criterion.least_frames} frames are needed; run longer"
        )
    span = np.ptp(series, axis=1)
    if not np.isfinite(span).all():
        raise ValueError(
            f"{name}: series {int(np.flatnonzero(~np.isfinite(span))[0])} has a value that is not finite; leave it out"
        )
    if not span.all():
        raise ValueError(f"{name}: series {int(np.flatnonzero(span == 0)[0])} is constant; was it computed in this run?")


def _mixture(
    data: Periodogram, interval: float, name: str, highest: float | None, criterion: ZeroFrequencyCriterion
) -> tuple[Mixture, float]:
    """The mixture over the widest range of frequencies that the models fit, and the probability of its residuals."""
    n = len(data.angle)
    if highest is not None:
        n = int(np.searchsorted(data.angle, 2 * np.pi * highest * interval, side="right"))
    if n < criterion.least_bands:
        raise ValueError(f"{name}: {n} frequencies, a fit needs {criterion.least_bands}; take a longer run or a higher cut-off")
    while True:
        mixture = fit_mixture(Bands.of(data, n, _most_order(n, criterion)), criterion)
        p = residual_p(mixture, criterion)
        fewer = int(np.searchsorted(data.angle, data.angle[n - 1] / 2, side="right"))
        if p >= criterion.fit_level or highest is not None or fewer < criterion.least_bands:
            return mixture, p
        n = fewer


def _most_order(n_band: int, criterion: ZeroFrequencyCriterion) -> int:
    return max(1, min(criterion.most_order, n_band // criterion.bands_per_parameter))


def _result(
    data: Periodogram,
    mixture: Mixture,
    fit_p: float,
    interval: float,
    name: str,
    tapered: bool,
    log_unit: float,
    criterion: ZeroFrequencyCriterion,
) -> ZeroFrequency:
    """The record, after the test of the lowest bands has decided between widening and refusing."""
    probability, distance = lowest_p(mixture, criterion)
    duration = interval * data.n_frame
    if probability < criterion.refusal_level:
        raise NotResolved(
            f"{name}: the lowest frequencies of the spectrum are {np.exp(distance):.2g} times what its models give "
            f"(p = {probability:.1g}): something is slower than the run of {duration:.3g} s can show; run "
            f"{criterion.tenfold:g} times longer"
        )
    n_value = data.n_frame * data.n_series
    kurtosis = (
        data.excess_kurtosis
        if data.excess_kurtosis > criterion.kurtosis_level * np.sqrt(criterion.kurtosis_variance / n_value)
        else 0.0
    )
    variance = _variance(data, mixture, kurtosis / n_value)
    std = float(np.sqrt(variance))
    misfit = max(
        mixture.between,
        mixture.further if mixture.further > criterion.least_distance * std else 0.0,
        abs(distance) if probability < criterion.widening_level else 0.0,
    )
    falls = sum(w for w, fit in zip(mixture.weights, mixture.fits, strict=True) if (fit.rises < 0).any())
    if fall_loss(mixture, criterion.divisor) < criterion.least_fall or (tapered and falls < 1 / 2):
        raise NotResolved(
            f"{name}: the spectrum falls towards zero frequency, where it may as well be zero; run "
            f"{criterion.tenfold:g} times longer, {criterion.tenfold * duration:.3g} s, or there is no such transport"
        )
    longer = max(float(np.hypot(std, misfit)) / criterion.largest_std, misfit / criterion.largest_misfit)
    if longer > 1:
        cause = "a slow relaxation is neither resolved nor excluded" if misfit > std else "the spectrum at zero is not resolved"
        times = min(criterion.safety * longer**2, criterion.tenfold**2)
        raise NotResolved(
            f"{name}: ln of the value ± {np.hypot(std, misfit):.2g}, {cause}; "
            f"run {times:.2g} times longer, {times * duration:.3g} s"
        )
    n = len(mixture.log_spectrum)
    weights = dict(
        sorted(
            ((model_name(fit), float(w)) for fit, w in zip(mixture.fits, mixture.weights, strict=True)),
            key=lambda pair: -pair[1],
        )
    )
    return ZeroFrequency(
        value=mixture.mean + float(np.log(data.scale)) + float(log_unit),
        std=std,
        misfit=float(misfit),
        degrees_of_freedom=2 / std**2,
        weights={model: weight for model, weight in weights.items() if weight > criterion.smallest_weight},
        lowest_p=probability,
        fit_p=fit_p,
        highest_frequency=float(data.angle[n - 1]) / (2 * np.pi * interval),
        n_band=n,
        tapered=bool(tapered),
        slowest_time=slowest_time_seen(mixture, criterion) * interval,
        slow_share=criterion.slow_share,
        highest_over_zero=_highest(data, mixture, criterion),
        spectrum=data,
        influence=_influence(data, mixture),
    )


def _variance(data: Periodogram, mixture: Mixture, beyond_gaussian: float) -> float:
    """Variance of the logarithm: of gamma variables, or between bodies where there are many, and between the models."""
    n_body = len(data.by_body)
    if n_body < MIN_SCATTER_BODIES:
        return mixture.variance + beyond_gaussian
    within = sum(weight * fit.variance for weight, fit in zip(mixture.weights, mixture.fits, strict=True))
    return max(0.0, mixture.variance - within) + relative_variance(data, _influence(data, mixture))


def _influence(data: Periodogram, mixture: Mixture) -> Array:
    """Change of the mixture's value by a relative change of the spectrum in each band (n_band,)."""
    n = len(mixture.log_spectrum)
    influence = sum(weight * fit.influence for weight, fit in zip(mixture.weights, mixture.fits, strict=True))
    whole = np.zeros(len(data.power))
    whole[:n] = data.power[:n] * np.exp(-mixture.log_spectrum) * influence
    return whole


def relative_variance(data: Periodogram, influence: Array) -> float:
    r"""Variance of a number that changes so with a relative change of the spectrum in each band: between bodies where there are
    many, else of gamma variables.

    The influence is proportional to a band's power P, and :math:`\langle P^2\rangle = S^2(1 + 1/\nu)` of shape :math:`\nu`.
    """
    n_body = len(data.by_body)
    if n_body < MIN_SCATTER_BODIES:
        return float(influence @ (influence / (data.shape + 1)))
    contributions = data.by_body @ influence
    return student_variance(n_body - 1) * float(contributions.var(ddof=1)) / n_body


def _highest(data: Periodogram, mixture: Mixture, criterion: ZeroFrequencyCriterion) -> float:
    """Spectrum at the highest frequencies over that at zero."""
    high = data.angle > (1 - criterion.highest_share) * data.angle[-1]
    return float(np.average(data.power[high], weights=data.shape[high]) / np.exp(mixture.mean))
