r"""Models of a spectrum, fitted by Whittle's likelihood: relaxations, autoregressions, polynomials, and products of them.

.. math::
    \ln S(\omega) = a + \sum_{j \le q} b_j y^j - 2\ln\Bigl|1 + \sum_{j \le p} \phi_j e^{-ij\omega}\Bigr|
        + \sum_{l \le m} \ln\Bigl[1 + (e^{A_l} - 1)\Bigl(1 + \frac{x^a}{x_l^a}\Bigr)^{-b}\Bigr], \qquad x = 2 - 2\cos\omega

An autoregression of order one is the spectrum of one exponential relaxation in discrete time, aliasing included; each factor of
the last sum turns it into a sum of one relaxation more (a Lorentzian in continuous time), whose amplitude may have either sign
while S stays positive. Exponents :math:`a = b = 1` are those of one time; the last relaxation may have a distribution of times,
with others: :math:`b = 1/2` is Davidson and Cole's, :math:`a = 1/2` has a cusp at zero frequency, that of a tail
:math:`t^{-2}`. The polynomial is one of the squared frequency, :math:`y = x/x_\max`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import toeplitz

from a2c_pybamm.data import Array
from a2c_pybamm.estimators.time_series.periodogram import Periodogram

LORENTZIAN = (1.0, 1.0)
"""Exponents of a relaxation's share, dimensionless, in the spectrum of one exponential."""


@dataclass(frozen=True)
class FitSettings:
    """Settings of a fit by Fisher scoring with Levenberg and Marquardt's damping."""

    most_iterations: int = 30
    tolerance: float = 1e-3
    """Rise of the log-likelihood at which iterations end."""
    first_damping: float = 1e-3
    damping_factor: float = 10.0
    most_halvings: int = 8
    longest_step: float = 1.5
    """Longest step of a corner or a rise, both logarithms."""
    rise_scale: float = 2.5
    """Scale of the prior of a rise ``A``, Cauchy's distribution: a factor of twelve, with no bound."""
    corner_std: float = 3.0
    """Prior standard deviation of the logarithm of a corner ``x_l``: a relaxation time within a factor of 20."""
    corner_prior: float = 2.5
    """Logarithm of the prior's corner over the lowest ``x``."""
    lowest_corner: int = 1
    """Band of the lowest corner, the second: a relaxation that only one ordinate shows would be fitted to its noise."""
    highest_corner: float = 8.0
    """Highest corner, twice the largest ``x``."""
    most_leverage: float = 0.95
    """Largest weight of a band in its own fit that is taken for the held-out likelihood."""
    floor: float = 1e-9
    """Least curvature of the likelihood: that of arithmetic."""
    n_corner: int = 14
    """Corners that are tried for a further relaxation."""
    least_information: float = 0.02
    """Information on a further relaxation's rise, below which its corner is not tried: a factor of a thousand."""


@dataclass(frozen=True)
class Order:
    """Numbers of terms of a model."""

    autoregression: int = 0
    polynomial: int = 0
    relaxations: int = 0
    shape: tuple[float, float] = LORENTZIAN
    """Exponents a and b of the last relaxation's share :math:`[1 + (x/x_l)^a]^{-b}`; both are one for a single time."""

    @property
    def n_parameter(self) -> int:
        return 1 + self.autoregression + self.polynomial + 2 * self.relaxations


@dataclass(frozen=True)
class Bands:
    """Arguments of the models, at the bands of one periodogram."""

    power: Array
    shape: Array
    x: Array
    """:math:`2 - 2\\cos\\omega` (n_band,), ω in rad for each of `stride` frames."""
    phase: Array
    """Powers of :math:`e^{-i\\omega}` (n_band, n_order)."""
    stride: float
    """Frames to which the highest frequency that is kept corresponds."""

    @classmethod
    def of(cls, data: Periodogram, n_band: int, most_order: int) -> Bands:
        """The lowest bands, their frequencies stretched to the whole circle."""
        stride = 1.0 if n_band == len(data.angle) else np.pi / float(data.angle[n_band - 1])
        angle = stride * data.angle[:n_band]
        phase = np.exp(-1j * np.outer(angle, np.arange(1, most_order + 1)))
        return cls(data.power[:n_band], data.shape[:n_band], 2 - 2 * np.cos(angle), phase, stride)


@dataclass(frozen=True)
class SpectralFit:
    """A model at the maximum of its likelihood (times the prior of its relaxations)."""

    order: Order
    parameters: Array
    log_spectrum: Array
    """(n_band,)."""
    gradient: Array
    """Of the logarithm of the spectrum by the parameters (n_band, n_parameter)."""
    covariance: Array
    """Inverse of Fisher's information (n_parameter, n_parameter)."""
    held_out: float
    """Log-likelihood of each band under the fit to the others."""
    value: float
    """Logarithm of the spectrum at zero."""
    variance: float
    influence: Array
    """Change of `value` by the relative residuals (n_band,)."""

    @property
    def rises(self) -> Array:
        return self.parameters[_first_relaxation(self.order) + 1 :: 2]

    @property
    def corners(self) -> Array:
        return self.parameters[_first_relaxation(self.order) :: 2]


def _first_relaxation(order: Order) -> int:
    return 1 + order.autoregression + order.polynomial


def log_spectrum(bands: Bands, order: Order, parameters: Array, *, gradient: bool = True) -> tuple[Array, Array]:
    """Logarithm of a model's spectrum (n_band,) and its gradient (n_band, n_parameter), empty if not wanted."""
    p, q = order.autoregression, order.polynomial
    value = np.full(len(bands.x), parameters[0])
    columns: list[Array] = [np.ones(len(bands.x))]
    if p:
        filtered = 1 + bands.phase[:, :p] @ parameters[1 : p + 1]
        value -= np.log(filtered.real**2 + filtered.imag**2)
        if gradient:
            columns.extend((-2 * (bands.phase[:, :p] / filtered[:, None]).real).T)
    for j in range(1, q + 1):
        term = (bands.x / bands.x[-1]) ** j
        value += parameters[p + j] * term
        columns.append(term)
    for k in range(_first_relaxation(order), order.n_parameter, 2):
        shape = order.shape if k == order.n_parameter - 2 else LORENTZIAN
        share, slope = _share(bands.x, parameters[k], shape)
        factor = 1 + np.expm1(parameters[k + 1]) * share
        value += np.log(factor)
        if gradient:
            columns.append(np.expm1(parameters[k + 1]) / factor * slope)
            columns.append(np.exp(parameters[k + 1]) * share / factor)
    return value, np.stack(columns, axis=1) if gradient else np.empty((0, 0))


def _share(x: Array, log_corner: Array | float, shape: tuple[float, float]) -> tuple[Array, Array]:
    """Share of a relaxation at ``x`` and its derivative by the logarithm of the corner."""
    a, b = shape
    reduced = (x * np.exp(-log_corner)) ** a
    share = (1 + reduced) ** -b
    return share, a * b * share * reduced / (1 + reduced)


def fit_model(bands: Bands, order: Order, start: Array, settings: FitSettings) -> SpectralFit:
    """A model fitted from a start: the likelihood of gamma variables, times the prior of its relaxations."""
    low, high = np.log(bands.x[settings.lowest_corner]), np.log(settings.highest_corner)
    first, centre = _first_relaxation(order), np.log(bands.x[0]) + settings.corner_prior

    def prior(parameters: Array) -> tuple[float, Array, Array]:
        away, rises = parameters[first::2] - centre, parameters[first + 1 :: 2]
        value = ((away / settings.corner_std) ** 2).sum() / 2 + np.log1p((rises / settings.rise_scale) ** 2).sum()
        precision, slope = np.zeros(order.n_parameter), np.zeros(order.n_parameter)
        precision[first::2] = settings.corner_std**-2
        precision[first + 1 :: 2] = 2 / (settings.rise_scale**2 + rises**2)
        slope[first::2], slope[first + 1 :: 2] = precision[first::2] * away, precision[first + 1 :: 2] * rises
        return float(value), precision, slope

    def objective(parameters: Array, value: Array) -> tuple[Array, float]:
        ratio = bands.power * np.exp(-value)
        return ratio, -float(bands.shape @ (ratio + value)) - prior(parameters)[0]

    parameters, damping = start, settings.first_damping
    value, gradient = log_spectrum(bands, order, parameters)
    ratio, height = objective(parameters, value)
    for _ in range(settings.most_iterations):
        weighted = gradient.T * bands.shape
        _, precision, pull = prior(parameters)
        information = weighted @ gradient + np.diag(precision)
        slope = weighted @ (ratio - 1) - pull
        for _ in range(settings.most_halvings):
            damped = information + np.diag(damping * np.diag(information) + settings.floor)
            step = np.linalg.solve(damped, slope)
            step[first:] = np.clip(step[first:], -settings.longest_step, settings.longest_step)
            trial = parameters + step
            trial[first::2] = np.clip(trial[first::2], low, high)
            with np.errstate(all="ignore"):  # a step too far is not taken
                _, reached = objective(trial, log_spectrum(bands, order, trial, gradient=False)[0])
            if reached >= height - settings.floor:
                break
            damping = max(damping * settings.damping_factor, settings.first_damping)
        else:
            break
        gain, parameters, damping = reached - height, trial, damping / settings.damping_factor
        value, gradient = log_spectrum(bands, order, parameters)
        ratio, height = objective(parameters, value)
        if gain < settings.tolerance:
            break
    return _summary(bands, order, parameters, value, gradient, prior(parameters)[1], settings)


def _summary(
    bands: Bands, order: Order, parameters: Array, value: Array, gradient: Array, precision: Array, settings: FitSettings
) -> SpectralFit:
    """The fit's value at zero, its error, and the likelihood of each band under the fit to the others, to first order."""
    information = (gradient.T * bands.shape) @ gradient + np.diag(precision)
    size = np.sqrt(np.diag(information)) + settings.floor
    covariance = np.linalg.inv(information / np.outer(size, size) + settings.floor * np.eye(len(size))) / np.outer(size, size)
    ratio = bands.power * np.exp(-value)
    leverage = np.minimum(bands.shape * ((gradient @ covariance) * gradient).sum(axis=1), settings.most_leverage)
    without = value - leverage / (1 - leverage) * (ratio - 1)
    with np.errstate(over="ignore"):  # a line of one frequency has no likelihood under the fit to the others
        held_out = -float(bands.shape @ (bands.power * np.exp(-without) + without))
    p, first = order.autoregression, _first_relaxation(order)
    at_zero = np.zeros(order.n_parameter)
    filtered = 1 + parameters[1 : p + 1].sum()
    at_zero[0], at_zero[1 : p + 1], at_zero[first + 1 :: 2] = 1, -2 / filtered, 1
    return SpectralFit(
        order=order,
        parameters=parameters,
        log_spectrum=value,
        gradient=gradient,
        covariance=covariance,
        held_out=held_out,
        value=float(parameters[0] - 2 * np.log(abs(filtered)) + parameters[first + 1 :: 2].sum()),
        variance=float(at_zero @ covariance @ at_zero),
        influence=bands.shape * (gradient @ (covariance @ at_zero)),
    )


def fit_autoregressions(bands: Bands, most_order: int, settings: FitSettings) -> list[SpectralFit]:
    """Autoregressions of all orders up to one, each from Yule and Walker's equations."""
    waves = np.concatenate([np.ones((len(bands.x), 1)), bands.phase[:, :most_order].real], axis=1)
    products = (bands.shape * bands.power) @ waves
    fits = []
    for order in range(most_order + 1):
        matrix = toeplitz(products[:order]) + settings.floor * products[0] * np.eye(order)
        weights = np.linalg.solve(matrix, -products[1 : order + 1])
        filtered = 1 + bands.phase[:, :order] @ weights
        level = np.log(np.average(bands.power * (filtered.real**2 + filtered.imag**2), weights=bands.shape))
        fits.append(fit_model(bands, Order(order), np.concatenate([[level], weights]), settings))
    return fits


def fit_polynomial(bands: Bands, degree: int, settings: FitSettings) -> SpectralFit:
    """A polynomial of the squared frequency for the logarithm of the spectrum."""
    design = (bands.x / bands.x[-1])[:, None] ** np.arange(degree + 1)
    root = np.sqrt(bands.shape)
    start = np.linalg.lstsq(design * root[:, None], root * np.log(bands.power), rcond=None)[0]
    return fit_model(bands, Order(0, degree), start, settings)


@dataclass(frozen=True)
class Score:
    """Score tests for a further relaxation."""

    corner: Array
    """``x`` of its corner (n_corner,)."""
    z: Array
    """Score over its standard deviation (n_corner,): positive for a rise towards zero."""
    rise_std: Array
    """Standard error of its rise (n_corner,)."""


def relaxation_scores(bands: Bands, fit: SpectralFit, settings: FitSettings, shape: tuple[float, float] = LORENTZIAN) -> Score:
    """Score tests of a fit for one relaxation more, of some shape, at each of several corners."""
    corner = np.exp(np.linspace(np.log(bands.x[settings.lowest_corner]), np.log(bands.x[-1] / 2), settings.n_corner))
    share, _ = _share(bands.x[:, None], np.log(corner), shape)
    weighted = fit.gradient.T * bands.shape
    beyond = share - fit.gradient @ (fit.covariance @ (weighted @ share))
    information = bands.shape @ (beyond * share)
    known = information > settings.least_information
    ratio = bands.power * np.exp(-fit.log_spectrum)
    score = (bands.shape * (ratio - 1)) @ beyond
    return Score(corner[known], score[known] / np.sqrt(information[known]), information[known] ** -0.5)


def with_relaxation(
    bands: Bands, fit: SpectralFit, settings: FitSettings, shape: tuple[float, float] = LORENTZIAN
) -> SpectralFit | None:
    """The fit with one relaxation more, from the corner that the scores favour; none if no corner can be seen."""
    scores = relaxation_scores(bands, fit, settings, shape)
    if not len(scores.z):
        return None
    best = int(np.abs(scores.z).argmax())
    rise = float(np.clip(scores.z[best] * scores.rise_std[best], -2, 2))
    start = np.concatenate([fit.parameters, [np.log(scores.corner[best]), rise]])
    order = replace(fit.order, relaxations=fit.order.relaxations + 1, shape=shape)
    return fit_model(bands, order, start, settings)
