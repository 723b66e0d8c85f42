"""Mixture of models of a spectrum, weighed by held-out likelihood, and the tests of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtrc, gammainc, gammaincc, ndtr, ndtri

from a2c_pybamm.data import Array
from a2c_pybamm.estimators.time_series.periodogram import Periodogram, PeriodogramSettings
from a2c_pybamm.estimators.time_series.spectral_models import (
    LORENTZIAN,
    Bands,
    FitSettings,
    Order,
    SpectralFit,
    fit_autoregressions,
    fit_model,
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
    """Highest order of an autoregression to which relaxations are added, beside the likeliest one."""
    most_degree: int = 3
    """Highest degree of the polynomial of the squared frequency."""
    most_relaxations: int = 2
    """Most relaxations beside the autoregression, which has one itself: sums of three Lorentzians."""
    broad_shapes: tuple[tuple[float, float], ...] = ((0.5, 1.0), (1.0, 0.5))
    """Exponents of relaxations with a distribution of times: one with a cusp at zero (tail t^-2), and Davidson and Cole's."""
    hopeless: float = 10.0
    """Logarithm of the likelihood below the highest, from which on other shapes of a relaxation are not tried."""
    kind_power: float = 0.3
    """Power of the likelihood by which shapes of a relaxation, and long autoregressions, count against each other."""
    bands_per_parameter: int = 6
    """Bands for each coefficient of an autoregression, at least."""
    parameter_odds: float = 1.0
    """Logarithm of the odds against each coefficient of an autoregression or polynomial."""
    rise_odds: float = 2.5
    """Logarithm of the odds against a further relaxation that raises the spectrum at zero."""
    fall_odds: float = 4.0
    """The same for one that lowers it: relaxations towards equilibrium add up with positive amplitudes, mostly."""
    widening_gain: float = 0.35
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
    least_distance: float = 1.5
    """Least distance of such a model over the error without it, at which it counts."""
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
class Mixture:
    bands: Bands
    fits: Sequence[SpectralFit]
    weights: Array
    mean: float
    variance: float
    log_spectrum: Array
    between: float
    """Spread between the kinds of model, where the likeliest one is approximate."""
    further: float
    """Distance to a model with a further relaxation that held-out frequencies favour."""


def fit_mixture(bands: Bands, criterion: ZeroFrequencyCriterion) -> Mixture:
    """All models fitted to the bands, weighed by their held-out likelihood and the odds against relaxations."""
    fits = _all_fits(bands, criterion)
    held_out = np.array([fit.held_out for fit in fits])
    simple = held_out - [criterion.parameter_odds * (fit.order.autoregression + fit.order.polynomial) for fit in fits]
    score = simple - [_relaxation_odds(fit, criterion) for fit in fits]
    weights = np.exp(score - score.max())
    weights /= weights.sum()
    mean, std, between = _value(fits, score, weights, criterion)
    return Mixture(
        bands=bands,
        fits=fits,
        weights=weights,
        mean=mean,
        variance=std**2,
        log_spectrum=weights @ np.stack([fit.log_spectrum for fit in fits]),
        between=between,
        further=_further(fits, simple, int(weights.argmax()), mean, criterion),
    )


def _all_fits(bands: Bands, criterion: ZeroFrequencyCriterion) -> list[SpectralFit]:
    """Autoregressions, polynomials, and autoregressions with relaxations, the last of them of each shape."""
    settings = criterion.fit
    fits = fit_autoregressions(bands, bands.phase.shape[1], settings)
    plain = list(fits)
    fits.extend(fit_polynomial(bands, degree, settings) for degree in range(1, criterion.most_degree + 1))
    likeliest = max(plain, key=lambda fit: fit.held_out - criterion.parameter_odds * fit.order.autoregression)
    parents = plain[: criterion.orders_with_relaxations + 1]
    for parent in parents if likeliest.order.autoregression < len(parents) else [*parents, likeliest]:
        fit = parent
        for _ in range(criterion.most_relaxations):
            further = with_relaxation(bands, fit, settings)
            if further is None:
                break
            fits.append(further)
            if further.held_out < fit.held_out:
                break
            hopeless = further.held_out < max(fit.held_out for fit in fits) - criterion.hopeless
            for shape in () if hopeless or further.rises[-1] <= 0 else criterion.broad_shapes:
                fits.append(fit_model(bands, replace(further.order, shape=shape), further.parameters, settings))
            fit = further
    return fits


def _relaxation_odds(fit: SpectralFit, criterion: ZeroFrequencyCriterion) -> float:
    """Logarithm of the odds against the relaxations of a model; the shapes of a last one that rises share those of one."""
    if not fit.order.relaxations:
        return 0.0
    rising = int((fit.rises > 0).sum())
    falling = fit.order.relaxations - rising
    shapes = 1 + len(criterion.broad_shapes) if fit.rises[-1] > 0 else 1
    return criterion.rise_odds * rising + criterion.fall_odds * falling + float(np.log(shapes))


def _value(
    fits: Sequence[SpectralFit], score: Array, weights: Array, criterion: ZeroFrequencyCriterion
) -> tuple[float, float, float]:
    """Centre of the mixture, its standard deviation, and the spread that the kind of model leaves beside it.

    The shape of a relaxation follows from other frequencies than those that the value is extrapolated from, and none of the
    shapes is true; nor is a long autoregression. Where the likeliest model is of such a kind, the likelihood of the best of
    each kind counts by a power below one.
    """
    values, stds = np.array([fit.value for fit in fits]), np.sqrt([fit.variance for fit in fits])
    median, std = _centre_and_std(weights, values, stds, criterion)
    kinds = [_kind(fit.order, criterion) for fit in fits]
    if kinds[int(weights.argmax())] is None:
        return median, std, 0.0
    best: dict[tuple[float, float], int] = {}
    for i, kind in enumerate(kinds):
        if kind is not None and score[i] >= score[best.get(kind, i)]:
            best[kind] = i
    chosen = list(best.values())
    share = np.exp(criterion.kind_power * (score[chosen] - score[chosen].max()))
    share /= share.sum()
    of_kinds = float(share @ values[chosen])
    weight = float(sum(w for w, kind in zip(weights, kinds, strict=True) if kind is not None))
    centre = median + weight * (of_kinds - median)
    between = np.sqrt(weight * (share @ (values[chosen] - centre) ** 2))
    for i, kind in enumerate(kinds):  # what is left within the kinds, and to models of none
        if kind is not None:
            values[i] += of_kinds - fits[best[kind]].value
    return centre, _centre_and_std(weights, values, stds, criterion)[1], float(between)


def _kind(order: Order, criterion: ZeroFrequencyCriterion) -> tuple[float, float] | None:
    """Kind of an approximate model: the shape of its last relaxation, zeros for a long autoregression; none of the others."""
    if order.relaxations:
        return order.shape
    return (0.0, 0.0) if order.autoregression > criterion.orders_with_relaxations else None


def _further(fits: Sequence[SpectralFit], held_out: Array, best: int, mean: float, criterion: ZeroFrequencyCriterion) -> float:
    """Distance to the likeliest model with more relaxations than the best one has, zero if held-out bands do not favour it."""
    n_best = fits[best].order.relaxations
    simple = max(height for fit, height in zip(fits, held_out, strict=True) if fit.order.relaxations <= n_best)
    height, value = max(
        (
            (h, fit.value)
            for fit, h in zip(fits, held_out, strict=True)
            if fit.order.relaxations > n_best and fit.rises[-1] > 0 and fit.order.shape == LORENTZIAN
        ),
        default=(-np.inf, mean),
    )
    return abs(value - mean) if height >= simple + criterion.widening_gain else 0.0


def _centre_and_std(weights: Array, values: Array, stds: Array, criterion: ZeroFrequencyCriterion) -> tuple[float, float]:
    """Median of a mixture of normal distributions, and the smaller of the two standard deviations that its central intervals of
    68 and 95 % have: an unlikely model far away moves neither, as it would mean and variance.
    """

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


def fall_loss(mixture: Mixture, divisor: float) -> float:
    """Loss of likelihood of the likeliest model where its value is divided by a number; infinite if it does not fall."""
    best = mixture.fits[int(mixture.weights.argmax())]
    if not (best.rises < 0).any():
        return np.inf
    lowered = best.parameters.copy()
    lowered[1 - 2 * best.order.relaxations :: 2][best.rises.argmin()] -= np.log(divisor)
    bands = mixture.bands
    ratio = bands.power * np.exp(-best.log_spectrum)
    low = bands.power * np.exp(-log_spectrum(bands, best.order, lowered, gradient=False)[0])
    return float(bands.shape @ (low - ratio - np.log(low / ratio)))


def residual_p(mixture: Mixture, criterion: ZeroFrequencyCriterion) -> float:
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


def lowest_p(mixture: Mixture, criterion: ZeroFrequencyCriterion) -> tuple[float, float]:
    """Probability of the lowest bands under the mixture, and the logarithm of their mean over it."""
    bands = mixture.bands
    ratio = bands.power * np.exp(-mixture.log_spectrum)
    found = []
    for count in criterion.n_lowest:
        shape = float(bands.shape[:count].sum())
        total = float(bands.shape[:count] @ ratio[:count])
        found.append((2 * min(gammainc(shape, total), gammaincc(shape, total)), np.log(total / shape)))
    p, distance = min(found)
    return min(1.0, p * len(found)), float(distance)


def leakage(data: Periodogram, mixture: Mixture) -> float:
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


def slowest_time_seen(mixture: Mixture, criterion: ZeroFrequencyCriterion) -> float:
    """Slowest relaxation [frames] that would be seen beside the likeliest model if it carried so much; 0 if none."""
    scores = relaxation_scores(mixture.bands, mixture.fits[int(mixture.weights.argmax())], criterion.fit)
    seen = -np.log1p(-criterion.slow_share) > criterion.detection * scores.rise_std
    return float(mixture.bands.stride / np.arccosh(1 + scores.corner[seen].min() / 2)) if seen.any() else 0.0


def model_name(fit: SpectralFit) -> str:
    """Name of a model for the report."""
    order = fit.order
    shape = "" if order.shape == LORENTZIAN else ", the last with exponents {:g} and {:g}".format(*order.shape)
    if order.polynomial:
        return f"polynomial of degree {order.polynomial}"
    relaxations = f" and {order.relaxations} relaxation" + ("s" if order.relaxations > 1 else "") if order.relaxations else ""
    return f"autoregression of order {order.autoregression}{relaxations}{shape}"
