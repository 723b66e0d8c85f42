r"""Correlation time of velocities, currents and stresses.

Two times are in use. The **integral** of the normalised correlation function is the time after which values of a series count
as independent, and the memory of a transport coefficient; where a function oscillates or has a negative tail (an ion in its
cage) positive and negative parts all but cancel, and the integral is far shorter than the time until the function has died
away. The **decay** time is twice the integral of its square, which cancels nothing. Of one exponential both are its time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from a2c_pybamm.data import Array, CurrentSeries, StressSeries, Velocities, VelocityAutocorrelation
from a2c_pybamm.estimate import Estimate, Factor, label_hash
from a2c_pybamm.estimators.conduction.currents import viscous_stress
from a2c_pybamm.estimators.fields.windowed_time import WindowSettings, windowed_times
from a2c_pybamm.estimators.fingerprint import data_fingerprint, traced_provenance
from a2c_pybamm.estimators.statistics.averaging import LEAST_DEGREES_OF_FREEDOM, student_variance
from a2c_pybamm.estimators.time_series.periodogram import Periodogram, periodogram
from a2c_pybamm.estimators.time_series.resolution import MIN_SCATTER_BODIES, NotResolved
from a2c_pybamm.estimators.time_series.spectral_mixture import ZeroFrequencyCriterion
from a2c_pybamm.estimators.time_series.velocity_autocorrelation import velocities_against_framework
from a2c_pybamm.estimators.time_series.zero_frequency import misfit_source, relative_variance, zero_frequency
from a2c_pybamm.laws.law import log_coefficient


class CorrelationTime(StrEnum):
    """Meaning of a correlation time."""

    INTEGRAL = "integral"
    r""":math:`\int_0^\infty C\,dt/C(0)`."""
    DECAY = "decay"
    r""":math:`2\int_0^\infty C^2\,dt/C(0)^2`."""


@dataclass(frozen=True)
class TimeCriterion:
    """Choice between the two times, and what resolves them."""

    least_ratio: float = 1.25
    """Decay time over integral from which on a correlation function counts as one that cancels itself: of an exponential that
    falls to two thirds between frames it is 1.04."""
    resolved: float = 2.0
    """Standard errors of the logarithm of that ratio by which it must lie above zero."""
    n_lowest: int = 8
    """Lowest frequencies whose mean stands for the integral where no model of the spectrum resolves it."""
    least_frames: float = 1.5
    """Least correlation time in intervals between frames; of uncorrelated frames the decay time is one interval."""
    least_runs: float = 20.0
    """Least length of a run in decay times, without a model of the spectrum."""
    n_smooth: int = 3
    """Neighbouring bands of the periodogram that are averaged for the error of the decay time."""
    spectrum: ZeroFrequencyCriterion = field(default_factory=ZeroFrequencyCriterion)
    window: WindowSettings = field(default_factory=WindowSettings)


@dataclass(frozen=True, eq=False)
class _Time:
    """Logarithm of a time [s] with its errors."""

    kind: CorrelationTime
    value: float
    std: float
    misfit: float
    report: dict[str, Any]


def fit_correlation_time(
    data: Velocities | CurrentSeries | StressSeries | VelocityAutocorrelation,
    *,
    material: str,
    source: str,
    species: str | None = None,
    time: CorrelationTime | str | None = None,
    criterion: TimeCriterion | None = None,
) -> Estimate:
    r"""Logarithm of the correlation time of velocities, a current, shear stresses, or a velocity autocorrelation.

    .. math::
        t_c = \frac1{C(0)}\int_0^\infty C(t)\,dt = \frac{S(0)}{2C(0)} \quad\text{(integral)}, \qquad
        t_c = \frac2{C(0)^2}\int_0^\infty C(t)^2\,dt \quad\text{(decay)}

    with the correlation function C of deviations from the mean. Where not given, it is the integral, unless the decay time is
    longer by a quarter and by two standard errors: the function then oscillates or has a negative tail, and its integral does
    not show when it has died away (velocities of ions in a solid: :math:`mD/k_BT`, far below a period). Of
    :math:`\cos(\omega t)e^{-t/\tau}` with :math:`\omega\tau\gg1` the decay time is :math:`\tau/2`. Which one it is stands in
    the provenance.

    The spectrum S(0) is `zero_frequency`'s, C(0) the variance of the series, and their common errors are counted once: of one
    exponential the relative variance of :math:`t_c` is a fifth of the sum of the two. The decay time comes from the periodogram
    alone, without a model.

    Of velocities the error is the scatter between atoms from eight atoms on, and that of gamma variables else. Of a velocity
    autocorrelation both times are running integrals up to a lag of several correlation times, with the scatter between atoms.

    Parameters
    ----------
    data
        Of `StressSeries`, the five traceless stresses (`viscous_stress`).
    material
        Begins the coefficient's name.
    source
        Name of the sampling error; a choice between models of the spectrum has ``(misfit)`` in place of ``(sampling)``.
    species
        Chemical symbol, of velocities of several species.
    time
        ``"integral"`` or ``"decay"``, in place of the choice.

    Raises
    ------
    NotResolved
        If the run is too short, or the correlation function falls between two frames.
    ValueError
        If velocities of several species come without ``species``, a series is constant, or an autocorrelation is of few atoms.
    """
    criterion = criterion or TimeCriterion()
    if time is not None and time not in tuple(CorrelationTime):
        raise ValueError(f"time is {time!r}; give one of {', '.join(repr(str(known)) for known in CorrelationTime)}, or none")
    chosen = None if time is None else CorrelationTime(time)
    name = log_coefficient(material, "correlation time", "s")
    if not isinstance(data, Velocities | CurrentSeries | StressSeries | VelocityAutocorrelation):
        raise ValueError(f"{name}: data are {type(data).__name__}; give velocities, a current, stresses or an autocorrelation")
    if isinstance(data, VelocityAutocorrelation):
        found = _of_autocorrelation(data, name, chosen, criterion)
    else:
        series, interval, per_body = _series(data, name, species)
        found = _of_series(series, interval, per_body, name, chosen, criterion)
    fingerprint = data_fingerprint(data, species, str(found.kind), source)
    estimate = Estimate.from_covariance(
        (name,),
        [found.value],
        [[found.std**2]],
        source=source,
        method=f"correlation time ({found.kind})",
        provenance={"data": traced_provenance(data), "fit": {"time": str(found.kind), **found.report}},
        data=fingerprint,
    )
    if not found.misfit:
        return estimate
    label = label_hash(name, source, fingerprint)
    return estimate.add_source(misfit_source(source), Factor(np.array([[found.misfit]]), (f"{label}:misfit",)))


def _series(data: Velocities | CurrentSeries | StressSeries, name: str, species: str | None) -> tuple[Array, float, int]:
    """Series (n_series, n_frame), time between frames [s], and number of series of one atom (0 where there are none)."""
    if isinstance(data, CurrentSeries):
        return data.flux, data.interval, 0
    if isinstance(data, StressSeries):
        xx, yy, zz, yz, xz, xy = data.stresses.T
        rows = np.stack([xx, yy, zz, xy, xz, yz])
        flux = viscous_stress(rows, interval=data.interval, temperature=data.temperature, volume=data.volume).flux
        return flux, data.interval, 0
    kinds = sorted(set(data.species))
    if species is None and len(kinds) > 1:
        raise ValueError(f"{name}: velocities of {', '.join(kinds)}; name the one whose time it is as species=")
    moving, _ = velocities_against_framework(data, species or kinds[0])
    return np.ascontiguousarray(moving.transpose(1, 2, 0)).reshape(-1, len(moving)), data.interval, moving.shape[2]


def _of_series(
    series: Array, interval: float, per_body: int, name: str, chosen: CorrelationTime | None, criterion: TimeCriterion
) -> _Time:
    """The time that is chosen, or the integral unless it cancels."""
    largest = float(np.abs(series).max(initial=0.0))
    if 0 < largest < np.inf:
        series = series / largest  # squares of numbers in any unit are then finite
    try:
        integral = _integral(series, interval, per_body, name, criterion.spectrum)
    except NotResolved:
        if chosen is CorrelationTime.INTEGRAL:
            raise
        decay = _decay(series, interval, per_body, criterion)
        if chosen is None and not _cancels(decay, series, interval, criterion):
            raise
        return _validated(decay, interval, series.shape[1], name, criterion)
    decay = _decay(series, interval, per_body, criterion)
    ratio, error = decay.value - integral.value, float(np.hypot(np.hypot(integral.std, integral.misfit), decay.std))
    if chosen is None:
        cancels = ratio > max(np.log(criterion.least_ratio), criterion.resolved * error)
        chosen = CorrelationTime.DECAY if cancels else CorrelationTime.INTEGRAL
    found = decay if chosen is CorrelationTime.DECAY else integral
    found.report["decay time over integral"] = float(np.exp(ratio))
    return _validated(found, interval, series.shape[1], name, criterion)


def _integral(series: Array, interval: float, per_body: int, name: str, spectrum: ZeroFrequencyCriterion) -> _Time:
    """The integral by the spectrum at zero, whose error and the variance's are of one periodogram."""
    limit = zero_frequency(series, interval=interval, name=name, series_per_body=per_body, criterion=spectrum)
    data = limit.spectrum
    together = limit.influence - _shares(data, 1)
    alone = max(limit.std**2 - relative_variance(data, limit.influence), 0.0)
    variance = float(series.var(axis=1).mean())
    mean_variance = float(np.exp(limit.value)) / (interval * series.shape[1])  # what the mean has taken from the variance
    return _Time(
        CorrelationTime.INTEGRAL,
        limit.value - float(np.log(2 * (variance + mean_variance))),
        float(np.sqrt(alone + relative_variance(data, together))),
        limit.misfit,
        {**limit.report(), **_length(series, interval)},
    )


def _decay(series: Array, interval: float, per_body: int, criterion: TimeCriterion) -> _Time:
    r"""Twice the integral of the squared correlation function, :math:`n\sum_f S^2/(\sum_f S)^2` over n frequencies."""
    data = periodogram(series / series.std(), series_per_body=per_body, settings=criterion.spectrum.spectrum)
    power, square = data.power, _unbiased(data.power, data.shape, 2)
    n_ordinate = 2 * data.shape / data.n_series
    first = n_ordinate[0] / 2  # zero frequency, as the lowest one
    total = float(n_ordinate @ power + first * power[0])
    value = interval * data.n_frame * float(n_ordinate @ square + first * square[0]) / total**2
    return _Time(
        CorrelationTime.DECAY,
        float(np.log(value)),
        float(np.sqrt(_decay_variance(data, criterion.n_smooth))),
        0.0,
        _length(series, interval),
    )


def _decay_variance(data: Periodogram, n_smooth: int) -> float:
    r"""Variance of the logarithm of the decay time, which changes by :math:`2(s_2 - s_1)` with the shares of S² and S.

    The spectrum is averaged over a few bands first: the fourth power of one would follow its noise. What it still does is
    counted as degrees of freedom, with Student's variance.
    """
    if len(data.by_body) >= MIN_SCATTER_BODIES:
        return relative_variance(data, 2 * (_shares(data, 2) - _shares(data, 1)))
    shape = np.convolve(data.shape, np.ones(n_smooth), mode="same")
    power = np.convolve(data.shape * data.power, np.ones(n_smooth), mode="same") / shape
    first, second = (float(data.shape @ _unbiased(power, shape, n)) for n in (1, 2))
    once = 1 + 1 / data.shape
    of_squares = (once + 1 / data.shape) * (once + 2 / data.shape) / once - 1  # relative variance of a squared gamma variable
    squares = of_squares * _unbiased(power, shape, 2 + 2) / second**2
    mixed = 2 / data.shape * _unbiased(power, shape, 2 + 1) / (first * second)
    singles = 1 / data.shape * _unbiased(power, shape, 2) / first**2
    terms = data.shape**2 * (squares - 2 * 2 * mixed + 2 * 2 * singles)
    total = float(terms.sum())
    if total <= 0:  # of uncorrelated frames, by chance
        return 0.0
    scatter = float(((2 * 2 * terms) ** 2 / data.shape).sum() / total**2)  # of fourth powers 16 relative variances
    return total * student_variance(int(max(2 / scatter, LEAST_DEGREES_OF_FREEDOM)))


def _unbiased(power: Array, shape: Array, exponent: int) -> Array:
    r"""Powers of the spectrum (n_band,): of a gamma variable, :math:`\langle P^n\rangle = S^n\prod_{j<n}(1 + j/\nu)`."""
    return np.asarray(power**exponent / np.prod([1 + j / shape for j in range(exponent)], axis=0))


def _shares(data: Periodogram, power: int) -> Array:
    """Share of each band in the sum over frequencies of a power of the spectrum (n_band,)."""
    mass = data.shape * data.power**power
    return np.asarray(mass / mass.sum())


def _cancels(decay: _Time, series: Array, interval: float, criterion: TimeCriterion) -> bool:
    """True where the lowest frequencies lie so low that the integral is shorter than the decay time."""
    n = min(criterion.n_lowest, (series.shape[1] - 1) // 2)
    low = np.abs(np.fft.rfft(series - series.mean(axis=1, keepdims=True), axis=1)[:, 1 : n + 1]) ** 2
    integral = interval * float(low.mean()) / series.shape[1] / (2 * float(series.var(axis=1).mean()))
    error = float(np.hypot(decay.std, 1 / np.sqrt(low.size)))
    ratio = decay.value - float(np.log(integral)) if integral > 0 else np.inf
    return bool(ratio > max(np.log(criterion.least_ratio), criterion.resolved * error))


def _length(series: Array, interval: float) -> dict[str, Any]:
    return {"duration [s]": interval * series.shape[1], "series": len(series)}


def _validated(found: _Time, interval: float, n_frame: int, name: str, criterion: TimeCriterion) -> _Time:
    """The time; ``NotResolved`` where frames are too far apart for it, or the run is too short."""
    value = float(np.exp(found.value))
    if value < criterion.least_frames * interval:
        raise NotResolved(
            f"{name}: {value:.2g} s, with frames {interval:.2g} s apart: the correlation falls between two frames; write them "
            "more often"
        )
    if found.kind is CorrelationTime.DECAY and value * criterion.least_runs > interval * n_frame:
        raise NotResolved(
            f"{name}: {value:.2g} s in a run of {interval * n_frame:.2g} s; run {criterion.least_runs:g} times the time or more"
        )
    return found


def _of_autocorrelation(
    data: VelocityAutocorrelation, name: str, chosen: CorrelationTime | None, criterion: TimeCriterion
) -> _Time:
    """The same of an autocorrelation, by running integrals up to a window."""
    interval = float(data.lag[1] - data.lag[0]) if len(data.lag) > 1 else 0.0
    if len(data.lag) < 2 or data.lag[0] != 0 or not np.allclose(np.diff(data.lag), interval):
        raise ValueError(f"{name}: lags of the autocorrelation must be equally spaced from zero on")
    if not np.isfinite(data.by_atom).all() or not data.by_atom[:, 0].mean() > 0:
        raise ValueError(f"{name}: the autocorrelation is not finite, or not positive at zero lag; were velocities at rest?")
    times = windowed_times(data.by_atom, name, criterion.window)
    integral, decay = times.log_integral, times.log_decay
    ratio = decay.value - integral.value
    if chosen is None:
        error = float(np.hypot(integral.std, decay.std))
        cancels = ratio > max(np.log(criterion.least_ratio), criterion.resolved * error)
        chosen = CorrelationTime.DECAY if cancels else CorrelationTime.INTEGRAL
    taken = decay if chosen is CorrelationTime.DECAY else integral
    report = {
        "decay time over integral": float(np.exp(ratio)),
        "window [s]": interval * times.window,
        "atoms": len(data.by_atom),
    }
    found = _Time(chosen, taken.value + float(np.log(interval)), taken.std, taken.misfit, report)
    return _validated(found, interval, len(data.lag), name, criterion)
