"""Most probable coefficients of an electrolyte's law, and the normal distribution about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.data import Array
from a2c_pybamm.estimators.conduction.electrolyte_rows import KAPPA, T_PLUS, TransportRows, linearised
from a2c_pybamm.estimators.statistics.log_rates import RESOLVED_SINGULAR_VALUE
from a2c_pybamm.laws.conduction.electrolyte import RANGE, ElectrolyteTransport


@dataclass(frozen=True)
class ElectrolytePrior:
    r"""Prior of the coefficients of an `ElectrolyteTransport`: as wide as electrolytes are, and wider.

    Normal about zero for the series, of Chebyshev polynomials over all concentrations of use,

    .. math:: f = \sum_j\tau^j\,u\sum_n b_{nj}\,T_n(2u/u_{max} - 1), \qquad \sigma(b_{nj}) = s_jg^n,

    so that f is as uncertain as real electrolytes differ at every concentration, however high the powers of u that it has.
    Each quantity has one s of its terms at the reference temperature and one of its others,
    :math:`s_j = s_\tau r^{j-1}`; they follow from the runs, by their evidence.
    """

    amplitude: float = 1.5
    """s that is most probable before the runs, of logarithms."""
    transference_amplitude: float = 0.17
    """The same of the transference number."""
    temperature_share: float = 0.4
    r""":math:`s_\tau` over s before the runs: how much less quantities change over 27 K than over concentration."""
    amplitude_weight: float = 4.0
    """Terms that either s before the runs counts for beside those of the law."""
    degree_ratio: float = 0.9
    """g, by calibration: between runs, intervals of curves that the law did not make hold them (docs, electrolyte laws)."""
    temperature_ratio: float = 0.25
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
    root: Array
    """Root of their covariance over s (n_term, n_term)."""
    amplitude: float
    """s before the runs."""

    def fitted_amplitude(self, amplitude: float, germ: Array, variance: Array, weight: float) -> float:
        r"""Most probable s, :math:`s^2 = (w s_0^2 + \sum\langle b^2\rangle/g^{2n})/(w + n_b)`, from germs by the s before."""
        squares = amplitude**2 * (germ[self.places] ** 2 + variance[self.places])
        return float(np.sqrt((weight * self.amplitude**2 + squares.sum()) / (weight + len(squares))))


def term_groups(law: ElectrolyteTransport, prior: ElectrolytePrior) -> dict[str, TermGroup]:
    """Groups of terms: those of each quantity at the reference temperature, and its others."""
    powers: dict[str, dict[str, tuple[int, int]]] = {}
    for function, terms in law.series.items():
        for name, (k, j) in terms.items():
            powers.setdefault(f"{function} over temperature" if j else function, {})[name] = (k, j)
    groups = {}
    for group, terms in powers.items():
        amplitude = prior.transference_amplitude if set(terms) & set(law.series[T_PLUS]) else prior.amplitude
        share = prior.temperature_share if any(j for _, j in terms.values()) else 1.0
        places = np.array([law.names.index(name) for name in terms])
        groups[group] = TermGroup(places, _term_root(law, list(terms.values()), prior), share * amplitude)
    return groups


def _term_root(law: ElectrolyteTransport, powers: list[tuple[int, int]], prior: ElectrolytePrior) -> Array:
    """Coefficients of powers of u (n_term,) in each Chebyshev polynomial times its standard deviation over s (n_term,)."""
    highest = float(law.scaled_root(RANGE.highest_concentration))
    first = min(k for k, _ in powers)
    root = np.zeros((len(powers), len(powers)))
    for column, (k, j) in enumerate(powers):
        polynomial = np.asarray(Chebyshev.basis(k - first, domain=[0.0, highest]).convert(kind=Polynomial).coef, float)
        std = prior.degree_ratio ** (k - first) * prior.temperature_ratio ** max(j - 1, 0)
        for power, value in enumerate(polynomial, first):
            root[powers.index((power, j)), column] = std * float(value)
    return root


def prior_mean(law: ElectrolyteTransport, rows: TransportRows, prior: ElectrolytePrior) -> Array:
    """Means of the prior (n_coefficient,)."""
    size, energy = (law.names.index(name) for name in law.limit_names[:2])
    mean = np.zeros(len(law.names))
    mean[size], mean[energy] = nernst_einstein(rows) + prior.log_diffusivity_shift, prior.energy
    return mean


def prior_root(
    law: ElectrolyteTransport, groups: Mapping[str, TermGroup], amplitudes: Mapping[str, float], prior: ElectrolytePrior
) -> Array:
    """Root of the prior's covariance (n_coefficient, n_coefficient), of each group of terms by its amplitude."""
    root = np.zeros((len(law.names), len(law.names)))
    limits = [law.names.index(name) for name in law.limit_names]
    root[limits, limits] = (
        prior.log_diffusivity_std,
        prior.energy_std,
        *prior.curvature_stds,
        prior.log_ratio_std,
        prior.log_ratio_slope_std,
    )
    for name, group in groups.items():
        root[group.places[:, None], group.places] = amplitudes[name] * group.root
    return root


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
    groups, n = term_groups(law, prior), len(rows.values)
    amplitudes = {name: group.amplitude for name, group in groups.items()}
    centre, scale = prior_mean(law, rows, prior), prior_root(law, groups, amplitudes, prior)
    theta = centre.copy()

    def distances(theta: Array) -> tuple[Array, Array]:
        """Residuals of data and prior (n_row + n_coefficient,), and minus their derivatives by the germs."""
        value, jacobian = linearised(law, theta, rows)
        white = np.linalg.solve(root, np.column_stack([jacobian @ scale, rows.values - value]))
        prior_residual = np.linalg.solve(scale, centre - theta)
        return np.concatenate([white[:, -1], prior_residual]), np.vstack([white[:, :-1], np.eye(len(theta))])

    for _ in range(SEARCH.most_steps):
        residual, stacked = distances(theta)
        q, r = np.linalg.qr(stacked)
        downwards = q.T @ residual
        fall, step = float(downwards @ downwards), scale @ np.linalg.solve(r, downwards)
        variance = (np.linalg.inv(r) ** 2).sum(axis=1)
        new = {
            name: group.fitted_amplitude(amplitudes[name], residual[n:], variance, prior.amplitude_weight)
            for name, group in groups.items()
        }
        change = max(abs(new[name] / amplitudes[name] - 1) for name in groups)
        if np.sqrt(fall) < SEARCH.converged and change < SEARCH.settled:
            break
        # full steps swing about the lowest point where the residuals bend: a parabola through both ends has it
        bend = float(np.sum(distances(theta + step)[0] ** 2)) - float(residual @ residual) + 2 * fall
        theta = theta + step * min(1.0, max(fall / bend if bend > 0 else 1.0, SEARCH.shortest))
        amplitudes = new
        scale = prior_root(law, groups, amplitudes, prior)
    else:
        raise ValueError(f"{law.material}: the fit does not settle in {SEARCH.most_steps} steps; check the units of the runs")
    inverse = scale @ np.linalg.solve(r, q.T)
    weights = np.asarray(np.linalg.solve(root.T, inverse[:, :n].T).T, float)
    evidence = -float(residual @ residual) / 2 - float(np.log(np.abs(np.diag(r))).sum())
    return Posterior(theta, weights, inverse[:, n:], evidence, n - float((q[:n] ** 2).sum()), amplitudes)


def undetermined_limits(
    law: ElectrolyteTransport, rows: TransportRows, root: Array, prior: ElectrolytePrior
) -> tuple[str, ...]:
    """Names of diffusivity, activation energy and ratio of the ions, where the rows alone do not determine them; else none."""
    mean = prior_mean(law, rows, prior)
    size, energy, _, _, ratio, _ = law.limit_names
    mean[law.names.index(ratio)] = prior.log_ratio_std  # of equal ions L_s has no slope in their ratio
    chosen = [law.names.index(name) for name in (size, energy, ratio)]
    columns = np.linalg.solve(root, linearised(law, mean, rows)[1][:, chosen])
    length = np.linalg.norm(columns, axis=0)
    resolved = length.all() and np.linalg.matrix_rank(columns / length, tol=RESOLVED_SINGULAR_VALUE) == len(chosen)
    return () if resolved else (size, energy, ratio)
