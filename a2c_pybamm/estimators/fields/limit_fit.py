r"""Limit of a structure factor at zero wave number and the length on which it is reached, by a mixture of laws.

A mean over wave vectors and frames of squared Gaussian modes is a gamma variable about its law, with a shape that is the number
of independent ones. That number falls short of their count by a statistical inefficiency, which slow modes have at small wave
numbers; it is taken from the scatter between blocks as a smooth function of the wave number. Laws count by their likelihood.
Errors come from the scatter of the blocks' contributions to the fit, so that modes that depend on one another are in them, and
are at least those of gamma variables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import chdtrc

from a2c_pybamm.data import Array
from a2c_pybamm.estimators.fields.correlation_laws import StructureLaw
from a2c_pybamm.estimators.statistics.averaging import student_variance


@dataclass(frozen=True)
class LimitSettings:
    """Laws, windows and levels of the fit."""

    bends: tuple[float, ...] = (-1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 4.0)
    """Laws of the total correlations by their q."""
    direct_bends: tuple[float, ...] = (-1.0, -0.5, 0.0, 0.5)
    """Laws of the direct correlations of particles that repel one another; with q = 1 they are those of the total ones."""
    shrink: float = 0.8
    """Largest wave number of a window over that of the next wider one."""
    least_wave_numbers: int = 4
    """Wave numbers of a window: two for the law, two for its test."""
    least_blocks: int = 5
    """Blocks whose scatter gives the error: with four, Student's variance is three times the normal one."""
    narrower: tuple[float, ...] = (0.7, 0.5)
    """Largest wave numbers of narrower windows, over that of the window, whose differences are an error."""
    n_group: int = 8
    """Groups of neighbouring wave numbers whose residuals are tested: a misfit is smooth."""
    fit_level: float = 0.05
    """Probability of larger residuals from which on a window is taken."""
    law_power: float = 0.5
    """Power of the likelihood by which laws count against each other: large wave numbers, by which laws differ, are not
    those that the limit depends on, and modes of few particles depend on one another."""
    misfit_level: float = 1e-4
    """Probability in the narrowest window below which none of the laws fits."""
    n_start: int = 24
    """Lengths from which a fit may start."""
    shortest_start: float = 0.2
    """Least of them, times the largest wave number."""
    longest_start: float = 10.0
    """Largest of them, times the smallest wave number."""
    most_iterations: int = 50
    tolerance: float = 1e-8
    """Change of the logarithms at which iterations end."""
    longest_step: float = 1.0
    """Longest step of the logarithms."""
    least_limit: float = 1e-4
    """Least S(0) over the largest S, below which it is zero, and least of the largest S over S(0)."""
    least_value: float = 1e-9
    """Least value of a law over the largest S: a law that falls to zero gives data there no likelihood."""
    ridge: float = 1e-9
    """Share of the information's trace that is added to its diagonal: a flat law has no length."""
    steepest: float = 6.0
    """Largest power of the wave number with which the statistical inefficiency may fall."""
    most_log_inefficiency: float = 12.0
    block_correlation: float = 2.0
    """Standard errors from which on a correlation of neighbouring blocks widens the error."""


@dataclass(frozen=True, eq=False)
class LimitData:
    """Values whose limit is sought."""

    wave_number: Array
    """[m-1] (n_k,)."""
    waves: Array
    """Wave vectors of each (n_k,)."""
    by_block: Array
    """(n_block, n_k), all of one scale."""
    n_frame: int
    base: float
    """Value at large wave numbers: of particles 1, else 0."""

    def first(self, n: int) -> LimitData:
        """The first n wave numbers."""
        return LimitData(self.wave_number[:n], self.waves[:n], self.by_block[:, :n], self.n_frame, self.base)


@dataclass(frozen=True, eq=False)
class LimitFit:
    """Limit and squared length by a mixture of laws in one window."""

    mean: Array
    """ln S(0) and ln ξ², the latter of wave numbers in 1/m."""
    sampling: Array
    """Covariance by sampling (2, 2)."""
    between: Array
    """Columns whose outer products sum to the covariance of the choices: one for each law, and one for the window (2, n)."""
    by_block: Array
    """Contribution of each block to the mean (2, n_block)."""
    weights: dict[str, float]
    """Weight of each law by its name."""
    n_wave_number: int
    largest: float
    """Largest wave number of the window [m-1]."""
    chi2: float
    degrees_of_freedom: int
    p: float
    """Probability of so large residuals of groups of wave numbers."""
    gain: float
    """Log-likelihood over that of S = b, which has no correlations; infinite for b = 0."""
    flat_gain: float
    """Log-likelihood over that of a constant S, which has no length."""
    flat: float
    """The constant S that is likeliest."""
    flat_std: float
    """Standard error of it."""
    block_correlation: float
    """Correlation of neighbouring blocks' contributions, where it is significant; else 0."""
    inefficiency: float
    """Frames for each independent one at the smallest wave number."""

    @property
    def std(self) -> Array:
        """Standard errors of ln S(0) and ln ξ² by sampling and choice."""
        return np.sqrt(np.diag(self.sampling + self.between @ self.between.T))

    def misfit(self, settings: LimitSettings) -> Array:
        """Columns of the error that the choice of a law adds, and the residuals where no window fits (2, n_column)."""
        if self.p >= settings.fit_level:
            return self.between
        beyond = np.sqrt(max(self.chi2 / self.degrees_of_freedom - 1, 0.0))
        return np.concatenate([self.between, beyond * np.linalg.cholesky(self.sampling)], axis=1)

    def report(self) -> dict[str, Any]:
        """Window, tests and weights as plain JSON."""
        return {
            "largest wave number of the fit [m-1]": self.largest,
            "wave numbers": self.n_wave_number,
            "chi2": self.chi2,
            "degrees of freedom": self.degrees_of_freedom,
            "p-value": self.p,
            "weights of laws": self.weights,
            "correlation of neighbouring blocks": self.block_correlation,
            "frames for each independent one at the smallest wave number": self.inefficiency,
        }


def fit_limit(data: LimitData, settings: LimitSettings) -> LimitFit:
    """The fit in the widest window, from the smallest wave number on, that the mixture of laws fits; else in the narrowest."""
    inefficiency = statistical_inefficiency(data, settings)
    largest, n = data.wave_number[-1], len(data.wave_number)
    while True:
        fit = _fit_window(data.first(n), inefficiency[:n], settings)
        largest = settings.shrink * min(largest, data.wave_number[n - 1])
        fewer = int(np.searchsorted(data.wave_number, largest, side="right"))
        if fit.p >= settings.fit_level or fewer < settings.least_wave_numbers:
            return _with_window(fit, data, inefficiency, settings)
        n = fewer


def _with_window(fit: LimitFit, data: LimitData, inefficiency: Array, settings: LimitSettings) -> LimitFit:
    """The fit with what narrower windows differ by, beyond the noise of the difference: no law is exact.

    A wide window has small sampling errors, and a law that is wrong by a part in a hundred at large wave numbers, too little
    for its test, may shift the limit by more.
    """
    column = np.zeros(2)
    for share in settings.narrower:
        n = int(np.searchsorted(data.wave_number, share * fit.largest, side="right"))
        if n < settings.least_wave_numbers:
            continue
        narrow = _fit_window(data.first(n), inefficiency[:n], settings)
        away, of_blocks = narrow.mean - fit.mean, narrow.by_block - fit.by_block
        noise = of_blocks.var(axis=1, ddof=1) / of_blocks.shape[1] + (narrow.between**2).sum(axis=1)
        beyond = np.sign(away) * np.sqrt(np.maximum(away**2 - noise, 0.0))
        column = np.where(np.abs(beyond) > np.abs(column), beyond, column)
    return replace(fit, between=np.column_stack([fit.between, column]))


def statistical_inefficiency(data: LimitData, settings: LimitSettings) -> Array:
    r"""Frames for each independent one (n_k,), :math:`1 + e^{a}(k/k_1)^{-b}` by the scatter between blocks."""
    n_block = len(data.by_block)
    mean = data.by_block.mean(axis=0)
    expected = n_block / (data.waves * data.n_frame)
    scatter = np.divide(data.by_block.var(axis=0, ddof=1), mean**2 * expected, out=np.ones_like(mean), where=mean > 0)
    log_k = np.log(data.wave_number / data.wave_number[0])

    def deviance(parameters: Array) -> float:
        model = 1 + np.exp(parameters[0] - parameters[1] * log_k)
        return float((scatter / model + np.log(model)).sum())

    most = settings.most_log_inefficiency
    starts = [np.array([start, 1.0]) for start in (-2.0, 0.0, np.log(max(scatter[: settings.n_group].mean(), 2)))]
    bounds = ((-most, most), (0.0, settings.steepest))
    best = min((minimize(deviance, start, bounds=bounds) for start in starts), key=lambda found: float(found.fun))
    return np.asarray(1 + np.exp(best.x[0] - best.x[1] * log_k), float)


@dataclass(frozen=True, eq=False)
class _LawFit:
    """One law at its likeliest."""

    parameters: Array
    value: Array
    """S (n_k,)."""
    influence: Array
    """Change of the parameters by each value (2, n_k)."""
    height: float
    """Log-likelihood."""


def _fit_window(data: LimitData, inefficiency: Array, settings: LimitSettings) -> LimitFit:
    """The mixture in one window."""
    shape = data.waves * data.n_frame / inefficiency
    y = data.by_block.mean(axis=0)
    laws = [StructureLaw(data.base, bend) for bend in settings.bends]
    if np.average(y[: settings.least_wave_numbers], weights=shape[: settings.least_wave_numbers]) < data.base:
        laws += [StructureLaw(data.base, bend, direct=True) for bend in settings.direct_bends]
    fits = [_fit_law(data, law, y, shape, settings) for law in laws]
    heights = np.array([fit.height for fit in fits])
    weights = np.exp(settings.law_power * (heights - heights.max()))
    weights /= weights.sum()
    parameters = np.array([fit.parameters for fit in fits])
    mean = weights @ parameters
    best = fits[int(heights.argmax())]
    chi2, free = _chi2(y / best.value - 1, shape, settings)
    influence = np.tensordot(weights, np.array([fit.influence for fit in fits]), axes=1)
    contributions = influence[:, None] * (data.by_block - y)
    sampling, correlation = _sampling(contributions, settings)
    # a few blocks may scatter little by chance; modes that do not depend on one another are the least error
    least = ((influence * best.value) ** 2 / shape).sum(axis=1)
    scatters = np.diag(sampling) > np.finfo(float).eps * least  # not of modes that are constant
    raised = np.sqrt(np.maximum(np.divide(least, np.diag(sampling), out=np.ones_like(least), where=scatters), 1.0))
    sampling = sampling * np.outer(raised, raised) if scatters.all() else np.diag(least)
    alone = -float(shape @ (y / data.base + np.log(data.base))) if data.base else -np.inf
    flat_by_block = data.by_block @ shape / shape.sum()
    flat = float(flat_by_block.mean())
    flat_std = float(flat_by_block.std(ddof=1) * np.sqrt(student_variance(len(data.by_block) - 1) / len(data.by_block)))
    return LimitFit(
        mean=mean,
        sampling=sampling,
        between=(np.sqrt(weights)[:, None] * (parameters - mean)).T,
        by_block=contributions.sum(axis=2),
        weights={law.name: float(weight) for law, weight in zip(laws, weights, strict=True)},
        n_wave_number=len(y),
        largest=float(data.wave_number[-1]),
        chi2=chi2,
        degrees_of_freedom=free,
        p=float(chdtrc(free, chi2)),
        gain=float(heights.max()) - alone,
        flat_gain=float(heights.max() + shape.sum() * (1 + np.log(flat))),
        flat=flat,
        flat_std=flat_std,
        block_correlation=correlation,
        inefficiency=float(inefficiency[0]),
    )


def _fit_law(data: LimitData, law: StructureLaw, y: Array, shape: Array, settings: LimitSettings) -> _LawFit:
    """A law fitted by Fisher scoring from the likeliest of several lengths."""
    square = data.wave_number**2

    def height(parameters: Sequence[float] | Array) -> float:
        value = law.value(float(parameters[0]), float(parameters[1]), square)[0]
        if value.min() < settings.least_value * y.max():
            return -np.inf
        return -float(shape @ (y / value + np.log(value)))

    lengths = np.geomspace(
        settings.shortest_start / data.wave_number[-1], settings.longest_start / data.wave_number[0], settings.n_start
    )
    starts = [(_start_limit(law, y, shape, 2 * np.log(length), square, settings), 2 * np.log(length)) for length in lengths]
    parameters = np.array(max(starts, key=height))
    at = height(parameters)
    least, most = np.log(settings.least_limit * y.max()), np.log(y.max() / settings.least_limit)
    for _ in range(settings.most_iterations):
        influence, value = _scoring(law, parameters, y, shape, square, settings)
        step = np.clip(influence @ (y - value), -settings.longest_step, settings.longest_step)
        step[0] = np.clip(step[0], least - parameters[0], most - parameters[0])
        while height(parameters + step) < at and np.abs(step).max() > settings.tolerance:
            step /= 2
        if np.abs(step).max() <= settings.tolerance:
            break
        parameters = parameters + step
        at = height(parameters)
    influence, value = _scoring(law, parameters, y, shape, square, settings)
    return _LawFit(parameters, value, influence, at)


def _scoring(
    law: StructureLaw, parameters: Array, y: Array, shape: Array, square: Array, settings: LimitSettings
) -> tuple[Array, Array]:
    """Change of the parameters by each residual (2, n_k), and the law's values (n_k,)."""
    value, gradient = law.value(float(parameters[0]), float(parameters[1]), square)
    weighted = gradient * (shape / value**2)[:, None]
    information = weighted.T @ gradient
    information += settings.ridge * np.trace(information) * np.eye(len(information))
    return np.asarray(np.linalg.solve(information, weighted.T), float), value


def _start_limit(law: StructureLaw, y: Array, shape: Array, log_square: float, square: Array, settings: LimitSettings) -> float:
    """Logarithm of S(0) by least squares of relative residuals, given a length."""
    share = law.share(np.exp(log_square) * square)[0]
    away = y - law.base * (1 - share)
    weight = shape / np.maximum(y, np.finfo(float).tiny) ** 2
    below = float(weight @ (share * share))
    limit = float(weight @ (share * away)) / below if below > 0 else 0.0
    return float(np.log(np.clip(limit, max(y.min(), settings.least_limit * y.max()), y.max() / settings.least_limit)))


def _chi2(relative: Array, shape: Array, settings: LimitSettings) -> tuple[float, int]:
    """χ² of the residuals of groups of neighbouring wave numbers, and its degrees of freedom."""
    share = (np.cumsum(shape) - shape / 2) / shape.sum()
    group = np.minimum((settings.n_group * np.sqrt(share)).astype(int), settings.n_group - 1)
    group = np.maximum(group, np.minimum(np.arange(len(shape)), 1))  # the first wave number is a group of its own
    weight = np.bincount(group, shape)
    residual = np.bincount(group, shape * relative)
    filled = weight > 0
    return float((residual[filled] ** 2 / weight[filled]).sum()), max(1, int(filled.sum()) - 2)


def _sampling(contributions: Array, settings: LimitSettings) -> tuple[Array, float]:
    """Covariance of the mean of blocks' contributions (n_parameter, n_block, n_k), and the correlation of neighbours in it."""
    n_block = contributions.shape[1]
    sums = contributions.sum(axis=2)
    covariance = np.cov(sums) / n_block * student_variance(n_block - 1)
    square = (contributions**2).sum(axis=1)
    neighbours = (contributions[:, 1:] * contributions[:, :-1]).sum(axis=1)
    total = np.maximum(square.sum(axis=1), np.finfo(float).tiny)  # zero of modes that are constant
    correlation = neighbours.sum(axis=1) / total + 1 / n_block
    noise = np.sqrt((square**2).sum(axis=1) / n_block) / total
    seen = float(np.where(correlation > settings.block_correlation * noise, correlation, 0.0).max())
    return covariance * (1 + 2 * seen), seen
