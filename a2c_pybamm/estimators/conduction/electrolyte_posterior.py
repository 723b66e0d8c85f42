"""Most probable coefficients of an electrolyte's law, and the normal distribution about them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.data import Array
from a2c_pybamm.estimators.conduction.electrolyte_rows import KAPPA, T_PLUS, TransportRows, linearised
from a2c_pybamm.estimators.statistics.log_rates import RESOLVED_SINGULAR_VALUE
from a2c_pybamm.laws.conduction.electrolyte import ElectrolyteTransport


@dataclass(frozen=True)
class ElectrolytePrior:
    r"""Prior of the coefficients of an `ElectrolyteTransport`: as wide as electrolytes are, and wider.

    Normal about zero for the series: :math:`a_{kj}` with the standard deviation :math:`s\,g^{k-1}r^j`. Each quantity has one s
    of its terms at the reference temperature and one of its others; they follow from the runs, by their evidence.
    """

    amplitude: float = 1.0
    """s that is most probable before the runs, of logarithms."""
    transference_amplitude: float = 0.3
    """The same of the transference number."""
    amplitude_weight: float = 4.0
    """Terms that it counts for beside those of the law."""
    power_ratio: float = 3.0
    """g, by calibration: between runs, intervals of curves that the law did not make hold them (docs, electrolyte laws)."""
    temperature_ratio: float = 0.5
    """r."""
    log_diffusivity_shift: float = 1.0
    """Mean of A, above that by Nernst and Einstein at the run of lowest concentration that has a conductivity."""
    log_diffusivity_std: float = 1.5
    """Standard deviation of A."""
    energy: float = 0.15
    """Mean of the activation energy [eV]."""
    energy_std: float = 0.3
    """Standard deviation of the activation energy [eV]."""
    curvature_stds: tuple[float, float] = (0.2, 0.1)
    """Standard deviations of the two B about zero."""
    log_ratio_std: float = 0.7
    r"""Standard deviation of :math:`\lambda` about zero: transference numbers at infinite dilution of 0.33 to 0.67."""
    log_ratio_slope_std: float = 0.1
    r"""Standard deviation of :math:`\lambda_1` about zero."""


@dataclass(frozen=True)
class TransportSearch:
    """Settings of the search for the most probable coefficients."""

    most_steps: int = 100
    """Steps of Gauss and Newton's method."""
    shortest: float = 0.05
    """Smallest share of a step that is gone."""
    converged: float = 1e-2
    """Distance from the most probable coefficients, in the posterior's standard deviations, at which the search ends."""
    settled: float = 0.03
    """Relative change of the amplitudes in a step at which the search ends."""


SEARCH = TransportSearch()
"""Settings of all fits."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """Coefficients by one law of temperature."""

    mean: Array
    """(n_coefficient,)."""
    weights: Array
    """The mean's derivative by the data (n_coefficient, n_row)."""
    prior_factor: Array
    """Columns of the error that the prior leaves (n_coefficient, n_column)."""
    evidence: float
    """Logarithm of the data's probability, up to a constant."""
    degrees_of_freedom: float
    """Values less the coefficients that they determine."""
    amplitudes: dict[str, float]
    """s of each group of terms."""


@dataclass(frozen=True, eq=False)
class TermGroup:
    """Terms of the series whose prior has one amplitude."""

    places: Array
    """Positions of their coefficients (n_term,)."""
    ratios: Array
    """Standard deviations over s (n_term,)."""
    amplitude: float
    """s before the runs."""

    def fitted_amplitude(self, theta: Array, variance: Array, weight: float) -> float:
        r"""Most probable s, :math:`s^2 = (w s_0^2 + \sum\langle a^2\rangle/\mathrm{ratio}^2)/(w + n)`."""
        squares = (theta[self.places] ** 2 + variance[self.places]) / self.ratios**2
        return float(np.sqrt((weight * self.amplitude**2 + squares.sum()) / (weight + len(squares))))


def term_groups(law: ElectrolyteTransport, prior: ElectrolytePrior) -> dict[str, TermGroup]:
    """Groups of terms: those of each quantity at the reference temperature, and its others."""
    powers: dict[str, dict[str, tuple[int, int]]] = {}
    for function, terms in law.series.items():
        for name, (k, j) in terms.items():
            powers.setdefault(f"{function} over temperature" if j else function, {})[name] = (k, j)
    return {
        group: TermGroup(
            np.array([law.names.index(name) for name in terms]),
            np.array([prior.power_ratio ** (k - 1) * prior.temperature_ratio**j for k, j in terms.values()]),
            prior.transference_amplitude if set(terms) & set(law.series[T_PLUS]) else prior.amplitude,
        )
        for group, terms in powers.items()
    }


def prior_moments(law: ElectrolyteTransport, rows: TransportRows, prior: ElectrolytePrior) -> tuple[Array, Array]:
    """Means and standard deviations of the prior (n_coefficient,), amplitudes as they are before the runs."""
    size, energy, square, cube, ratio, ratio_slope = (law.names.index(name) for name in law.limit_names)
    mean, std = np.zeros((2, len(law.names)))
    mean[size], std[size] = nernst_einstein(rows) + prior.log_diffusivity_shift, prior.log_diffusivity_std
    mean[energy], std[energy] = prior.energy, prior.energy_std
    std[[square, cube]] = prior.curvature_stds
    std[ratio], std[ratio_slope] = prior.log_ratio_std, prior.log_ratio_slope_std
    for group in term_groups(law, prior).values():
        std[group.places] = group.amplitude * group.ratios
    return mean, std


def nernst_einstein(rows: TransportRows) -> float:
    r"""Logarithm of :math:`\kappa RT/F^2c`, the sum of both ions' diffusivities, at the lowest concentration with a κ."""
    with_kappa = np.flatnonzero(rows.of(KAPPA))
    lowest = with_kappa[np.argmin(rows.c_e[with_kappa])]
    return float(rows.values[lowest] + np.log(GAS_CONSTANT * rows.T[lowest] / (FARADAY**2 * rows.c_e[lowest])))


def posterior(law: ElectrolyteTransport, rows: TransportRows, root: Array, prior: ElectrolytePrior) -> Posterior:
    r"""Posterior by Gauss and Newton's method, each amplitude set to its most probable value between steps.

    Parameters
    ----------
    root
        Factor of the covariance of the rows, lower triangular (n_row, n_row).

    Raises
    ------
    ValueError
        If the search does not end.
    """
    centre, scale = prior_moments(law, rows, prior)
    groups, n = term_groups(law, prior), len(rows.values)
    theta, amplitudes = centre.copy(), {name: group.amplitude for name, group in groups.items()}

    def distances(theta: Array) -> tuple[Array, Array]:
        """Residuals of data and prior (n_row + n_coefficient,), and minus their derivatives by the germs."""
        value, jacobian = linearised(law, theta, rows)
        white = np.linalg.solve(root, np.column_stack([jacobian * scale, rows.values - value]))
        return np.concatenate([white[:, -1], (centre - theta) / scale]), np.vstack([white[:, :-1], np.eye(len(theta))])

    for _ in range(SEARCH.most_steps):
        residual, stacked = distances(theta)
        q, r = np.linalg.qr(stacked)
        downwards = q.T @ residual
        fall, step = float(downwards @ downwards), scale * np.linalg.solve(r, downwards)
        variance = ((scale[:, None] * np.linalg.inv(r)) ** 2).sum(axis=1)
        new = {name: group.fitted_amplitude(theta, variance, prior.amplitude_weight) for name, group in groups.items()}
        change = max(abs(new[name] / amplitudes[name] - 1) for name in groups)
        if np.sqrt(fall) < SEARCH.converged and change < SEARCH.settled:
            break
        # full steps swing about the lowest point where the residuals bend: a parabola through both ends has it
        bend = float(np.sum(distances(theta + step)[0] ** 2)) - float(residual @ residual) + 2 * fall
        theta = theta + step * min(1.0, max(fall / bend if bend > 0 else 1.0, SEARCH.shortest))
        amplitudes = new
        for name, group in groups.items():
            scale[group.places] = amplitudes[name] * group.ratios
    else:
        raise ValueError(f"{law.material}: the fit does not settle in {SEARCH.most_steps} steps; check the units of the runs")
    inverse = scale[:, None] * np.linalg.solve(r, q.T)
    weights = np.asarray(np.linalg.solve(root.T, inverse[:, :n].T).T, float)
    evidence = -float(residual @ residual) / 2 - float(np.log(np.abs(np.diag(r))).sum())
    return Posterior(theta, weights, inverse[:, n:], evidence, n - float((q[:n] ** 2).sum()), amplitudes)


def undetermined_limits(
    law: ElectrolyteTransport, rows: TransportRows, root: Array, prior: ElectrolytePrior
) -> tuple[str, ...]:
    """Names of diffusivity, activation energy and ratio of the ions, where the rows alone do not determine them; else none."""
    mean, _ = prior_moments(law, rows, prior)
    size, energy, _, _, ratio, _ = law.limit_names
    mean[law.names.index(ratio)] = prior.log_ratio_std  # of equal ions L_s has no slope in their ratio
    chosen = [law.names.index(name) for name in (size, energy, ratio)]
    columns = np.linalg.solve(root, linearised(law, mean, rows)[1][:, chosen])
    length = np.linalg.norm(columns, axis=0)
    resolved = length.all() and np.linalg.matrix_rank(columns / length, tol=RESOLVED_SINGULAR_VALUE) == len(chosen)
    return () if resolved else (size, energy, ratio)
