r"""The spectrum at zero frequency, which is twice the integral of the correlation function, and its error.

Several models of the spectrum are fitted to the whitened periodogram by Whittle's likelihood: autoregressions, sums of
relaxations, polynomials of the squared frequency. Each counts by the likelihood that it gives to frequencies held out of its
fit. The lowest frequencies are tested against the mixture; where they disagree, the error is widened, or the value refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtrc, gammainc, gammaincc, ndtr, ndtri

from a2c_pybamm.data import Array
from a2c_pybamm.estimate import Estimate, Factor, label_hash
from a2c_pybamm.estimators.time_series.periodogram import Periodogram, PeriodogramSettings, periodogram
from a2c_pybamm.estimators.time_series.resolution import MIN_SCATTER_BODIES, NotResolved
from a2c_pybamm.estimators.time_series.spectral_models import (
    Bands,
    FitSettings,
    SpectralFit,
    fit_autoregressions,
    fit_polynomial,
    log_spectrum,
    relaxation_scores,
    with_relaxation,
)


@dataclass(frozen=True)
class ZeroFrequencyCriterion:
    """Settings of the spectrum's value at zero frequency; the defaults are those of the table in ``docs/conduction.md``.

    Raises
    ------
    ValueError
        If a level does not lie between 0 and 1, or a number is not positive.
    """

    most_order: int = 12
    """Highest order of an autoregression."""
    orders_with_relaxations: int = 3
    """Highest order of an autoregression to which relaxations are added."""
    most_degree: int = 3
    """Highest degree of the polynomial of the squared frequency."""
    most_relaxations: int = 2
    """Most relaxations beside the autoregression, which has one itself: sums of three Lorentzians."""
    bands_per_parameter: int = 6
    """Bands for each coefficient of an autoregression, at least."""
    parameter_odds: float = 1.0
    """Logarithm of the odds against each coefficient of an autoregression or polynomial."""
    rise_odds: float = 2.5
    """Logarithm of the odds against a further relaxation that raises the spectrum at zero."""
    fall_odds: float = 4.5
    """The same for one that lowers it: relaxations towards equilibrium add up with positive amplitudes, differences are rarer."""
    doubt: float = 0.35
    """Logarithm of the likelihood of held-out bands, over that of the likeliest model with fewer relaxations, from which on a
    further one that raises the spectrum at zero widens the error."""
    fit_level: float = 1e-3
    """Probability below which a range of frequencies is fitted by none of the models, and its upper half is given up."""
    n_group: int = 24
    """Groups of bands, each of equal width in the logarithm, whose residuals are tested."""
    least_bands: int = 16
    """Fewest bands of a fit."""
    n_lowest: tuple[int, ...] = (1, 2, 3, 5, 8)
    """Numbers of lowest bands that are tested."""
    widening_level: float = 0.01
    """Probability of the lowest bands below which the error is widened."""
    refusal_level: float = 1e-4
    """Probability of the lowest bands below which the value is refused."""
    largest_misfit: float = 0.75
    """Largest error by the choice between two models: values that differ by a factor of e^½."""
    widening: float = 1.5
    """Error over the distance of such a model, whose relaxation is weak by selection, and least distance over the error
    without it at which it counts."""
    largest_std: float = 1.0
    """Largest error of the logarithm: a factor of e."""
    least_fall: float = 3.0
    """Least loss of likelihood, a logarithm, where the value is divided by a thousand: otherwise it may as well be zero."""
    safety: float = 2.0
    """Length of a run that is advised over that at which the error would just be admissible."""
    leakage_share: float = 0.25
    """Leakage over the standard error above which the series are tapered."""
    least_leakage: float = 0.03
    """Leakage over the value below which they are not."""
    detection: float = 3.0
    """Standard deviations at which a slow relaxation counts as seen."""
    slow_share: float = 0.5
    """Share of the value that a slow relaxation carries whose time is stated."""
    highest_share: float = 0.05
    """Share of all frequencies that count as the highest."""
    largest_alias: float = 0.05
    """Largest spectrum at the highest frequencies over that at zero, of velocities: frames that are farther apart give an error
    of over 2 %."""
    central_levels: tuple[float, float] = (0.6827, 0.95)
    """Probabilities of the central intervals of a mixture that its error bar is taken from."""
    widest: float = 9.0
    """Standard deviations beyond which a normal distribution is zero."""
    divisor: float = 1000.0
    """By which the value is divided to see whether it may as well be zero."""
    tenfold: float = 10.0
    """Length of a run that is advised where there is no error to scale, over its length."""
    smallest_weight: float = 1e-3
    """Weight of a model from which on the record names it."""
    least_frames: int = 50
    """Fewest frames."""
    kurtosis_level: float = 3.0
    """Standard deviations from which on the excess kurtosis of the whitened series enters the error."""
    kurtosis_variance: float = 24.0
    """Variance of a Gaussian sample's excess kurtosis, times its size."""
    spectrum: PeriodogramSettings = field(default_factory=PeriodogramSettings)
    fit: FitSettings = field(default_factory=FitSettings)

    def __post_init__(self) -> None:
        levels = (self.fit_level, self.widening_level, self.refusal_level, self.slow_share)
        numbers = (self.most_order, self.least_bands, self.n_group, self.largest_std, self.detection, self.least_frames)
        if not all(0 < level < 1 for level in levels) or not all(number > 0 for number in numbers):
            raise ValueError(f"{self}: levels lie between 0 and 1, numbers are positive; correct them")


@dataclass(frozen=True)
class ZeroFrequency:
    """The spectrum at zero frequency, by a mixture of models."""

    value: float
    """Logarithm of the two-sided spectrum at zero, the sum of the correlation function over all times [ln(unit² s)]."""
    std: float
    """Standard error by sampling, that of the choice between models included."""
    misfit: float
    """Further standard error where the lowest frequencies disagree with the models; 0 where they do not."""
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


@dataclass(frozen=True)
class _Mixture:
    bands: Bands
    fits: Sequence[SpectralFit]
    weights: Array
    mean: float
    variance: float
    log_spectrum: Array
    further: float
    """Distance to a model with a further relaxation that held-out frequencies favour."""


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
        Number of consecutive series that belong to one body; 0 where bodies are not told apart.
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
    tapered = _leakage(data, mixture) > max(criterion.leakage_share * np.sqrt(mixture.variance), criterion.least_leakage)
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
) -> tuple[_Mixture, float]:
    """The mixture over the widest range of frequencies that the models fit, and the probability of its residuals."""
    n = len(data.angle)
    if highest is not None:
        n = int(np.searchsorted(data.angle, 2 * np.pi * highest * interval, side="right"))
    if n < criterion.least_bands:
        raise ValueError(f"{name}: {n} frequencies, a fit needs {criterion.least_bands}; take a longer run or a higher cut-off")
    while True:
        mixture = _fitted(Bands.of(data, n, _most_order(n, criterion)), criterion)
        p = _residual_p(mixture, criterion)
        fewer = int(np.searchsorted(data.angle, data.angle[n - 1] / 2, side="right"))
        if p >= criterion.fit_level or highest is not None or fewer < criterion.least_bands:
            return mixture, p
        n = fewer


def _most_order(n_band: int, criterion: ZeroFrequencyCriterion) -> int:
    return max(1, min(criterion.most_order, n_band // criterion.bands_per_parameter))


def _fitted(bands: Bands, criterion: ZeroFrequencyCriterion) -> _Mixture:
    """All models fitted to the bands, weighed by their held-out likelihood and the odds against relaxations."""
    settings = criterion.fit
    fits = fit_autoregressions(bands, bands.phase.shape[1], settings)
    plain = list(fits)
    fits.extend(fit_polynomial(bands, degree, settings) for degree in range(1, criterion.most_degree + 1))
    for parent in plain[: criterion.orders_with_relaxations + 1]:
        fit = parent
        for _ in range(criterion.most_relaxations):
            further = with_relaxation(bands, fit, settings)
            if further is None:
                break
            fits.append(further)
            if further.held_out < fit.held_out:
                break
            fit = further
    held_out = np.array([fit.held_out for fit in fits])
    simple = held_out - [criterion.parameter_odds * (fit.order.autoregression + fit.order.polynomial) for fit in fits]
    score = simple - [
        criterion.rise_odds * (fit.rises > 0).sum() + criterion.fall_odds * (fit.rises <= 0).sum() for fit in fits
    ]
    weights = np.exp(score - score.max())
    weights /= weights.sum()
    values = np.array([fit.value for fit in fits])
    mean, std = _centre_and_std(weights, values, np.sqrt([fit.variance for fit in fits]), criterion)
    return _Mixture(
        bands=bands,
        fits=fits,
        weights=weights,
        mean=mean,
        variance=std**2,
        log_spectrum=weights @ np.stack([fit.log_spectrum for fit in fits]),
        further=_further(fits, simple, int(weights.argmax()), mean, criterion),
    )


def _further(fits: Sequence[SpectralFit], held_out: Array, best: int, mean: float, criterion: ZeroFrequencyCriterion) -> float:
    """Distance to the likeliest model with more relaxations than the best one has, zero if held-out bands do not favour it."""
    n_best = fits[best].order.relaxations
    simple = max(height for fit, height in zip(fits, held_out, strict=True) if fit.order.relaxations <= n_best)
    height, value = max(
        ((h, fit.value) for fit, h in zip(fits, held_out, strict=True) if fit.order.relaxations > n_best and fit.rises[-1] > 0),
        default=(-np.inf, mean),
    )
    return criterion.widening * abs(value - mean) if height >= simple + criterion.doubt else 0.0


def _fall_loss(mixture: _Mixture, divisor: float) -> float:
    """Loss of likelihood of the likeliest model where its value is divided by a number; infinite if it does not fall to zero."""
    best = mixture.fits[int(mixture.weights.argmax())]
    if not (best.rises < 0).any():
        return np.inf
    lowered = best.parameters.copy()
    lowered[1 - 2 * best.order.relaxations :: 2][best.rises.argmin()] -= np.log(divisor)
    bands = mixture.bands
    ratio = bands.power * np.exp(-best.log_spectrum)
    low = bands.power * np.exp(-log_spectrum(bands, best.order, lowered, gradient=False)[0])
    return float(bands.shape @ (low - ratio - np.log(low / ratio)))


def _centre_and_std(weights: Array, values: Array, stds: Array, criterion: ZeroFrequencyCriterion) -> tuple[float, float]:
    """Median of a mixture of normal distributions, and the smaller of the two standard deviations that its central intervals of
    68 and 95 % have: an unlikely model far away moves neither, as it would mean and variance."""

    def between(low: float, high: float) -> float:
        return float(weights @ (ndtr((high - values) / stds) - ndtr((low - values) / stds)))

    low, high = float((values - criterion.widest * stds).min()), float((values + criterion.widest * stds).max())
    median = brentq(lambda x: between(low, x) - 0.5, low, high, xtol=1e-6)
    widths = [
        brentq(lambda h, level=level: between(median - h, median + h) - level, 0, high - low, xtol=1e-6)
        / ndtri((1 + level) / 2)
        for level in criterion.central_levels
    ]
    return median, min(widths)


def _residual_p(mixture: _Mixture, criterion: ZeroFrequencyCriterion) -> float:
    """Probability of so large residuals of groups of bands, by χ² less the parameters of the likeliest model."""
    bands = mixture.bands
    ratio = bands.power * np.exp(-mixture.log_spectrum)
    position = np.log(bands.x / bands.x[0])
    group = np.minimum((criterion.n_group * position / position[-1]).astype(int), criterion.n_group - 1)
    weight = np.bincount(group, bands.shape)
    residual = np.bincount(group, bands.shape * (ratio - 1))
    filled = weight > 0
    order = mixture.fits[int(mixture.weights.argmax())].order
    spare = max(1, int(filled.sum()) - order.n_parameter)
    return float(chdtrc(spare, float((residual[filled] ** 2 / weight[filled]).sum())))


def _lowest_p(mixture: _Mixture, criterion: ZeroFrequencyCriterion) -> tuple[float, float]:
    """Probability of the lowest bands under the mixture, and the logarithm of their mean over it, of the least likely number."""
    bands = mixture.bands
    ratio = bands.power * np.exp(-mixture.log_spectrum)
    found = []
    for count in criterion.n_lowest:
        shape = float(bands.shape[:count].sum())
        total = float(bands.shape[:count] @ ratio[:count])
        found.append((2 * min(gammainc(shape, total), gammaincc(shape, total)), np.log(total / shape)))
    p, distance = min(found)
    return min(1.0, p * len(found)), float(distance)


def _leakage(data: Periodogram, mixture: _Mixture) -> float:
    r"""Power that leaks into zero through the ends of the filtered series, over the spectrum there.

    :math:`\frac{1}{2n}\int \frac{S(f) - S(0)}{\sin^2 \pi f}\,df`, of Fejér's kernel; negative where power is lost.
    """
    log_spectrum = np.log(data.power) + data.response
    n = len(mixture.log_spectrum)
    log_spectrum[:n] = mixture.log_spectrum + data.response[:n]
    at_zero = mixture.mean + 2 * np.log(abs(data.filter.sum()))
    edges = np.concatenate([[0.0], (data.angle[1:] + data.angle[:-1]) / 2, [np.pi]])
    excess = np.expm1(log_spectrum - at_zero) / np.sin(data.angle / 2) ** 2
    return float(excess @ np.diff(edges)) / (2 * np.pi * data.n_frame)


def _result(
    data: Periodogram,
    mixture: _Mixture,
    fit_p: float,
    interval: float,
    name: str,
    tapered: bool,
    log_unit: float,
    criterion: ZeroFrequencyCriterion,
) -> ZeroFrequency:
    """The record, after the test of the lowest bands has decided between widening and refusing."""
    lowest_p, distance = _lowest_p(mixture, criterion)
    duration = interval * data.n_frame
    if lowest_p < criterion.refusal_level:
        raise NotResolved(
            f"{name}: the lowest frequencies of the spectrum are {np.exp(distance):.2g} times what its models give "
            f"(p = {lowest_p:.1g}): something is slower than the run of {duration:.3g} s can show; run {criterion.tenfold:g} times longer"
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
        mixture.further if mixture.further > criterion.widening * std else 0.0,
        abs(distance) if lowest_p < criterion.widening_level else 0.0,
    )
    falls = sum(w for w, fit in zip(mixture.weights, mixture.fits, strict=True) if (fit.rises < 0).any())
    if _fall_loss(mixture, criterion.divisor) < criterion.least_fall or (tapered and falls < 1 / 2):
        raise NotResolved(
            f"{name}: the spectrum falls towards zero frequency, where it may as well be zero; run {criterion.tenfold:g} times longer, "
            f"{criterion.tenfold * duration:.3g} s, or there is no such transport"
        )
    longer = max(float(np.hypot(std, misfit)) / criterion.largest_std, misfit / criterion.largest_misfit)
    if longer > 1:
        cause = "a slow relaxation can neither be told nor excluded" if misfit > std else "the spectrum at zero is not resolved"
        times = min(criterion.safety * longer**2, criterion.tenfold**2)
        raise NotResolved(
            f"{name}: ln of the value ± {np.hypot(std, misfit):.2g}, {cause}; run {times:.2g} times longer, {times * duration:.3g} s"
        )
    n = len(mixture.log_spectrum)
    weights = dict(
        sorted(
            ((_model_name(fit), float(w)) for fit, w in zip(mixture.fits, mixture.weights, strict=True)),
            key=lambda pair: -pair[1],
        )
    )
    return ZeroFrequency(
        value=mixture.mean + float(np.log(data.scale)) + float(log_unit),
        std=std,
        misfit=float(misfit),
        degrees_of_freedom=2 / std**2,
        weights={model: weight for model, weight in weights.items() if weight > criterion.smallest_weight},
        lowest_p=lowest_p,
        fit_p=fit_p,
        highest_frequency=float(data.angle[n - 1]) / (2 * np.pi * interval),
        n_band=n,
        tapered=bool(tapered),
        slowest_time=_slowest_time(mixture, criterion) * interval,
        slow_share=criterion.slow_share,
        highest_over_zero=_highest(data, mixture, criterion),
    )


def _variance(data: Periodogram, mixture: _Mixture, beyond_gaussian: float) -> float:
    """Variance of the logarithm: of gamma variables, or between bodies where there are many, and between the models."""
    n_body = len(data.by_body)
    if n_body < MIN_SCATTER_BODIES:
        return mixture.variance + beyond_gaussian
    n, nu = len(mixture.log_spectrum), n_body - 1
    influence = sum(weight * fit.influence for weight, fit in zip(mixture.weights, mixture.fits, strict=True))
    ratio = data.power[:n] * np.exp(-mixture.log_spectrum)
    contributions = data.by_body[:, :n] @ (ratio * influence)
    within = sum(weight * fit.variance for weight, fit in zip(mixture.weights, mixture.fits, strict=True))
    return max(0.0, mixture.variance - within) + nu / (nu - 2) * float(contributions.var(ddof=1)) / n_body


def _highest(data: Periodogram, mixture: _Mixture, criterion: ZeroFrequencyCriterion) -> float:
    """Spectrum at the highest frequencies over that at zero."""
    high = data.angle > (1 - criterion.highest_share) * data.angle[-1]
    return float(np.average(data.power[high], weights=data.shape[high]) / np.exp(mixture.mean))


def _slowest_time(mixture: _Mixture, criterion: ZeroFrequencyCriterion) -> float:
    """Slowest relaxation [frames] that would be seen beside the likeliest model if it carried the criterion's share; 0 if none."""
    scores = relaxation_scores(mixture.bands, mixture.fits[int(mixture.weights.argmax())], criterion.fit)
    seen = -np.log1p(-criterion.slow_share) > criterion.detection * scores.rise_std
    return float(mixture.bands.stride / np.arccosh(1 + scores.corner[seen].min() / 2)) if seen.any() else 0.0


def _model_name(fit: SpectralFit) -> str:
    """Name of a model for the report."""
    order = fit.order
    if order.polynomial:
        return f"polynomial of degree {order.polynomial}"
    relaxations = f" and {order.relaxations} relaxation" + ("s" if order.relaxations > 1 else "") if order.relaxations else ""
    return f"autoregression of order {order.autoregression}{relaxations}"
