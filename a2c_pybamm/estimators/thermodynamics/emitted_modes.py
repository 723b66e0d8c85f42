r"""From slopes with a covariance to a logit spline's coefficients, and their error in few columns.

Columns are the modes of the covariance in the metric of what a cell takes: the voltage, and the logarithm of the thermodynamic
factor, each in units of its own error. Modes are left out that change neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from a2c_pybamm.constants import GAS_CONSTANT
from a2c_pybamm.estimate import Array, Estimate, Factor, label_hash
from a2c_pybamm.estimators.thermodynamics.roughness_prior import SlopePosterior
from a2c_pybamm.estimators.thermodynamics.slope_data import thermal_voltage
from a2c_pybamm.laws.thermodynamics.logit_spline import SOFTNESS, LogitSpline, positive, positive_coordinate

NEGLECTED_VOLTAGE = 1e-4
"""Largest root-mean-square error of the voltage that is left out [V]: a tenth of a millivolt, below any cell's."""


@dataclass(frozen=True)
class EmissionSettings:
    """Settings of the choice of modes, and of the mean of positive slopes."""

    largest_share: float = 0.01
    """Share of the variance of voltage and logarithmic thermodynamic factor that is left out at most: a standard deviation half
    a per cent too small."""
    of_a_large_error: float = 0.1
    """The same of the logarithmic thermodynamic factor, where more than `NEGLECTED_VOLTAGE` may be left out."""
    n_composition: int = 101
    """Compositions between the outermost knots at which modes are compared."""
    n_quadrature: int = 21
    """Nodes of the Gauss–Hermite rule for the mean of a positive slope."""
    n_newton: int = 60
    """Most iterations for the coordinate of a slope with a given mean; fewer than 20 are usual."""
    tolerance: float = 1e-9
    """Last step of that search, over the largest slope."""
    least_derivative: float = 1e-6
    """Smallest derivative that a step of it is divided by."""


EMISSION = EmissionSettings()
"""Settings of all fits."""


@dataclass(frozen=True, eq=False)
class EmittedSlopes:
    """Coefficients of a law of slopes and their error."""

    mean: Array
    """Mean voltage over the window, coordinates of the slopes, entropies (n,)."""
    root: Array
    """Columns of the error (n, n_mode)."""
    jacobian: Array
    """Derivative of the coefficients by those of the posterior (n, n_posterior)."""
    slopes: Array
    """Slopes of the fit (n_slope,)."""
    fitted: Array
    """Coefficients of the fitted curve itself (n,): that of the draws' mean."""
    neglected: float
    """Root-mean-square error of the voltage that is left out [V]."""


def emitted_slopes(
    posterior: SlopePosterior, law: LogitSpline, *, entropies: bool, neglected_voltage: float = NEGLECTED_VOLTAGE
) -> EmittedSlopes:
    """Coefficients whose draws have the mean voltage curve of the fit, and the modes of their error.

    Those left out have an error of the voltage below ``neglected_voltage`` [V] in the root mean square, and below a tenth of
    its whole error.
    """
    first = posterior.n_linear - (2 if entropies else 1)
    order = _coefficient_order(posterior, first, entropies=entropies)
    values, covariance = posterior.mean[order], posterior.covariance[np.ix_(order, order)]
    n = posterior.n_slope
    stable = law.shape == "stable"
    slopes = values[1 : n + 1]
    steps = thermal_voltage(law) / law.valence * mean_curves(law)
    mean = np.concatenate([[values[0] - steps @ (slopes - 1) - law.mixing_step()], slopes])
    jacobian = np.eye(len(values))
    jacobian[0, 1 : n + 1] = -steps
    if stable:
        mean[1:] = positive_coordinate(slopes)
        jacobian[1 : n + 1] *= (1 + (SOFTNESS / slopes) ** 2)[:, None]
    jacobian[n + 1 :] *= GAS_CONSTANT  # entropies of the posterior are in units of R
    full = jacobian @ covariance @ jacobian.T
    curves = [rows for rows in _sensitivities(law, slopes, len(full), n) if len(rows)]
    root, (neglected, *_) = leading_modes(full, curves, neglected_voltage)
    fitted = np.concatenate([mean, GAS_CONSTANT * values[n + 1 :]])
    if stable:
        mean[1:] = coordinates_of_mean(slopes, np.sqrt((root[1 : n + 1] ** 2).sum(axis=1)))
    by_posterior = np.zeros((len(values), len(posterior.mean)))
    by_posterior[:, order] = jacobian
    return EmittedSlopes(np.concatenate([mean, GAS_CONSTANT * values[n + 1 :]]), root, by_posterior, slopes, fitted, neglected)


def _coefficient_order(posterior: SlopePosterior, first: int, *, entropies: bool) -> Array:
    """Places of U_0, the slopes, the vibrational entropy and the excess ones among a posterior's coefficients."""
    n = posterior.n_linear
    slopes = np.arange(n, n + posterior.n_slope)
    if not entropies:
        return np.concatenate([[first], slopes])
    return np.concatenate([[first], slopes, [first + 1], np.arange(n + posterior.n_slope, len(posterior.mean))])


def coordinates_of_mean(slopes: Array, std: Array) -> Array:
    """Coordinates u (n_slope,) of which Gaussians of standard deviation ``std`` make positive slopes with these means."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(EMISSION.n_quadrature)
    weights = weights / weights.sum()
    u = slopes - SOFTNESS**2 / slopes
    for _ in range(EMISSION.n_newton):
        at = u[:, None] + std[:, None] * nodes
        values = positive(at)
        slope = (values**2 / (values**2 + SOFTNESS**2)) @ weights
        step = (values @ weights - slopes) / np.maximum(slope, EMISSION.least_derivative)
        u = u - np.clip(step, -1 - std, 1 + std)
        if np.abs(step).max() < EMISSION.tolerance * np.abs(slopes).max():
            break
    return u


def leading_modes(
    covariance: Array, sensitivities: Sequence[Array], neglected: float = NEGLECTED_VOLTAGE
) -> tuple[Array, list[float]]:
    """Columns of a covariance (n_coefficient, n_mode) that matter to some curves, and what the others leave out of each.

    Parameters
    ----------
    sensitivities
        Derivatives of curves (n_x, n_coefficient), of a voltage [V] or an entropic change [V.K-1] the first.
    neglected
        Largest root-mean-square error of the first that is left out.
    """
    scale = np.sqrt(np.maximum(np.diag(covariance), np.finfo(float).tiny))
    values, vectors = np.linalg.eigh(covariance / scale[:, None] / scale)
    root = scale[:, None] * vectors * np.sqrt(np.maximum(values, 0.0))
    by_mode = [rows @ root for rows in sensitivities]
    weighted = [rows / np.maximum(np.sqrt((rows**2).sum(axis=1)), np.finfo(float).tiny)[:, None] for rows in by_mode]
    _, size, right = np.linalg.svd(np.vstack(weighted), full_matrices=False)
    columns = root @ right.T
    remaining = np.append(np.cumsum(size[::-1] ** 2)[::-1], 0.0) / sum(len(rows) for rows in weighted)
    left_out = [np.append(np.cumsum(((rows @ columns) ** 2).mean(axis=0)[::-1])[::-1], 0.0) for rows in sensitivities]
    enough = remaining <= max(EMISSION.largest_share, EMISSION.of_a_large_error * (neglected > NEGLECTED_VOLTAGE))
    for rest in left_out[:1]:
        enough &= rest <= min(neglected**2, EMISSION.largest_share * rest[0])
    kept = int(np.argmax(enough))
    return columns[:, :kept], [float(np.sqrt(rest[kept])) for rest in left_out]


def mean_curves(law: LogitSpline) -> Array:
    r"""Mean of the :math:`I_k` over the law's window (n_slope,)."""
    low, high = law.basis.integrals(np.array(law.window))
    return np.asarray((high - low) / (law.window[1] - law.window[0]))


def _sensitivities(law: LogitSpline, slopes: Array, n_coefficient: int, n: int) -> tuple[Array, Array, Array]:
    """Derivatives of U, of the logarithm of the thermodynamic factor and of dU/dT by the coefficients (n_x, n_coefficient)."""
    x = np.linspace(law.knots[0], law.knots[-1], EMISSION.n_composition)
    by_coordinate = slopes**2 / (slopes**2 + SOFTNESS**2) if law.shape == "stable" else np.ones(n)
    basis, thermal = law.basis, thermal_voltage(law) / law.valence
    voltage, factor = np.zeros((2, EMISSION.n_composition, n_coefficient))
    voltage[:, 0] = 1.0
    voltage[:, 1 : n + 1] = -thermal * (basis.curves(x) - mean_curves(law)) * by_coordinate
    b_splines = basis.slopes(x)
    size = np.abs(b_splines @ slopes) if law.shape == "stable" else np.ones(EMISSION.n_composition)
    factor[:, 1 : n + 1] = b_splines * by_coordinate / size[:, None]
    if n_coefficient == n + 1:
        return voltage, factor, np.zeros((0, n_coefficient))
    warming = np.zeros((EMISSION.n_composition, n_coefficient))
    warming[:, n + 1] = 1.0
    warming[:, n + 2 :] = basis.curves(x)
    return voltage, factor, warming


def voltage_sensitivity(law: LogitSpline, emitted: EmittedSlopes) -> Array:
    """Derivatives of U by the coefficients (n_x, n_coefficient) at compositions between the outermost knots."""
    return _sensitivities(law, emitted.slopes, len(emitted.mean), len(emitted.slopes))[0]


def with_leading_modes(estimate: Estimate, law: LogitSpline, neglected_voltage: float) -> Estimate:
    """An estimate of a logit spline whose own sources have as few columns as its curves need.

    Sources of the material alone are rewritten, like those of a committee's fits; a column that others share keeps its label.
    """
    n = len(law.interaction_names)
    u = estimate.mean[1 : n + 1]
    slopes = positive(u) if law.shape == "stable" else u
    several = law.entropy_name in estimate.names
    curves = [rows for rows in _sensitivities(law, slopes, n + 1, n) if len(rows)]
    place = [estimate.names.index(name) for name in (law.voltage_name, *law.interaction_names)]
    factors = dict(estimate.factors)
    for source, factor in estimate.factors.items():
        others = np.delete(factor.values, place, axis=0)
        if not source.startswith(f"{law.material} ") or several or others.any():
            continue
        inner = factor.values[place]
        columns, _ = leading_modes(inner @ inner.T, curves, neglected_voltage)
        if columns.shape[1] < inner.shape[1]:
            values = np.zeros((len(estimate.names), columns.shape[1]))
            values[place] = columns
            stamp = label_hash(source, factor.labels)
            factors[source] = Factor(values, tuple(f"{stamp}:{k}" for k in range(columns.shape[1])))
    return replace(estimate, factors=factors)
