"""Site sum from chemical potentials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from a2c_pybamm.constants import FARADAY
from a2c_pybamm.data import ChemicalPotentials
from a2c_pybamm.estimate import Array, Estimate
from a2c_pybamm.estimators.fingerprint import array_fingerprint
from a2c_pybamm.estimators.statistics.averaging import LEAST_DEGREES_OF_FREEDOM, student_variance
from a2c_pybamm.estimators.thermodynamics.fit_quality import LARGEST_MISFIT
from a2c_pybamm.estimators.thermodynamics.fitted_distances import with_potential_distances
from a2c_pybamm.estimators.thermodynamics.plausible_voltages import validate_potentials
from a2c_pybamm.estimators.thermodynamics.slope_data import SAME_TEMPERATURE, distinct_rows
from a2c_pybamm.laws.law import COMPLEX_STEP
from a2c_pybamm.laws.thermodynamics.ion import validate_ion
from a2c_pybamm.laws.thermodynamics.site_sum import SiteSum


@dataclass(frozen=True)
class SiteSumSearch:
    """Settings of the search for a site sum's coefficients, and limits beyond which data do not determine them."""

    start_widths: tuple[float, ...] = (0.3, 1.0, 3.0)
    """Ideality factors that fits start from."""
    inner_quantiles: tuple[float, float] = (0.95, 0.05)
    """Shares of the voltages between which site voltages start."""
    least_fraction: float = 0.25
    """Smallest fraction of sites that a fit starts from, over that of equal ones."""
    step_sizes: tuple[float, float, float] = (0.03, 0.3, 10.0)
    """Typical steps of voltages [V], logarithms and the entropy [J.mol-1.K-1]."""
    n_evaluation: int = 100
    """Most evaluations of a fit's residuals."""
    tolerance: float = 1e-9
    """Relative change of the coefficients, the sum of squares and its slope at which a fit ends."""
    largest_logarithm: float = 12.0
    """Bound of a fit on logarithms of ideality factors and of ratios of fractions: a factor of 160 000."""
    largest_condition: float = 1e7
    """Condition number of the Jacobian, its columns scaled to unit length, above which sites count as undetermined: an error of
    1e-9 in the search would be one of a hundredth in the coefficients."""
    largest_log_std: float = 1.0
    """Standard deviation of a logarithm, a factor of e, above which a site counts as undetermined: its error is no Gaussian."""


SEARCH = SiteSumSearch()
"""Settings of all fits of site sums."""


@dataclass(frozen=True)
class _Problem:
    """Weighted residuals of one set of data in the coordinates of the law."""

    law: SiteSum
    data: ChemicalPotentials
    names: tuple[str, ...]
    """The coefficients that are fitted; the vibrational one is lithium metal's where it is not among them."""

    def voltage(self, theta: Array) -> Array:
        """U at the data, of coefficients (n_fitted,) or (n_fitted, n_variant, 1)."""
        c = {self.law.entropy_name: self.law.metal_entropy, **dict(zip(self.names, theta, strict=True))}
        return self.law.open_circuit_voltage(c, self.data.x, self.data.temperature)

    @property
    def std(self) -> Array:
        """Standard deviations of the data [V]; ones where they are not known."""
        return np.ones_like(self.data.x) if self.data.std is None else self.data.std / (self.law.valence * FARADAY)

    def residual(self, theta: Array) -> Array:
        return (self.voltage(theta) + self.data.potential / (self.law.valence * FARADAY)) / self.std

    def jacobian(self, theta: Array) -> Array:
        """Derivatives of the residual (n, n_fitted) by complex steps, all at once."""
        steps = theta[:, None, None] + 1j * COMPLEX_STEP * np.eye(len(theta))[:, :, None]
        return (np.imag(self.voltage(steps)) / COMPLEX_STEP / self.std).T


def fit_site_sum(
    data: ChemicalPotentials,
    law: SiteSum,
    *,
    source: str | None = None,
    start: Mapping[str, float] | None = None,
    largest_misfit: float = LARGEST_MISFIT,
    voltage_window: tuple[float, float] | None = None,
) -> Estimate:
    r"""Coefficients of a site sum from chemical potentials, by weighted nonlinear least squares.

    The residual is that of the voltage at given composition, :math:`[U(x_i, T_i) + \mu_i/F]/\sigma_i`: the record's error is
    in the potential, its composition is exact. (The residual of :math:`x` at given :math:`U` is smoother, but its weights would
    be :math:`|\partial U/\partial x|` of the very curve that is sought.) Started from several spreads of the site voltages
    over the curve, or from ``start`` alone; the best end counts. Sites are numbered as they fill, the highest voltage first.

    Covariance :math:`\sigma^2 (J^\mathsf{T}J)^{-1}`; where the data have no ``std``, :math:`\sigma^2` comes from the residual
    and is widened by :math:`\nu/(\nu-2)`, the variance of Student's t with the :math:`\nu` degrees of freedom that are left.

    What the law cannot follow is a source of its own (`misfit`); like rows count once. A law farther than ``largest_misfit``
    [V] from a potential is refused, and so are voltages outside ``voltage_window`` [V] (`validate_potentials`).

    Returns the law's coefficients, without the vibrational entropy where the data are of one temperature.

    Raises
    ------
    ValueError
        If the data are of another ion than the law, there are too few, they are of one temperature other than the law's
        reference, ``start`` lacks a coefficient, or they do not determine the sites: two of them are alike, or one is empty.
    """
    validate_ion(law, data.ion, f"chemical potentials of {data.label}")
    validate_potentials(data, window=voltage_window)
    data = distinct_rows(data)
    problem = _problem(data, law)
    theta = _best(problem, start)
    theta = _in_order(law, theta)
    jacobian = problem.jacobian(theta)
    _validate_condition(problem, jacobian)
    scale = np.linalg.norm(jacobian, axis=0)
    inverse = np.linalg.solve(np.linalg.qr(jacobian / scale, mode="r"), np.eye(len(theta))) / scale[:, None]
    variance = 1.0
    if data.std is None:
        free = len(data.x) - len(theta)
        variance = float(np.sum(problem.residual(theta) ** 2)) / free * student_variance(free)
    covariance = variance * inverse @ inverse.T
    _validate_errors(problem, np.sqrt(np.diag(covariance)))
    stamp = array_fingerprint(data.x, data.temperature, data.potential, settings=f"{data.label} {law.n_site}")
    estimate = Estimate.from_covariance(
        problem.names,
        theta,
        covariance,
        source=source or f"{law.material} chemical potentials (fit)",
        method=f"site sum of {law.n_site} kinds of sites by nonlinear least squares of the voltage",
        provenance={"label": data.label, **data.provenance},
        data=stamp,
    )
    free = len(data.x) - len(theta)
    found = with_potential_distances(
        estimate, law, data, free=free, largest_misfit=largest_misfit, stamp=f"{data.label}:{stamp}"
    )
    _validate_errors(problem, found.std)  # with the misfit
    return found


def _problem(data: ChemicalPotentials, law: SiteSum) -> _Problem:
    several = bool(np.ptp(data.temperature) > 0)
    if not several and abs(data.temperature[0] - law.reference_temperature) > SAME_TEMPERATURE:
        raise ValueError(
            f"chemical potentials of {data.label}: all at {data.temperature[0]:g} K, but the law's voltages hold at "
            f"{law.reference_temperature:g} K; give data at that temperature, or let the law hold at {data.temperature[0]:g} K"
        )
    names = law.names if several else law.names[:-1]
    need = len(names) + (LEAST_DEGREES_OF_FREEDOM if data.std is None else 0)
    if len(data.x) < need:
        raise ValueError(
            f"chemical potentials of {data.label}: {len(data.x)} for {len(names)} coefficients of {law.n_site} kinds of sites; "
            f"at least {need} are needed: compute more, take fewer sites, or give their std"
        )
    return _Problem(law, data, names)


def _starts(problem: _Problem) -> Iterator[Array]:
    """Coefficients to start from: site voltages at quantiles of the curve in x and in U, with equal and with steep sites."""
    law, data = problem.law, problem.data
    order = np.argsort(data.x, kind="stable")
    x, U = data.x[order], -data.potential[order] / (law.valence * FARADAY)
    places = (np.arange(law.n_site) + 0.5) / law.n_site
    by_composition = np.quantile(U, 1 - places)
    inner = np.quantile(U, SEARCH.inner_quantiles)
    by_voltage = inner[0] + places * (inner[1] - inner[0])
    for voltages in (by_composition, by_voltage):
        edges = [0.0, *(float(x[np.argmin(np.abs(U - u))]) for u in (voltages[1:] + voltages[:-1]) / 2), 1.0]
        fractions = np.maximum(np.diff(edges), SEARCH.least_fraction / law.n_site)
        for width in SEARCH.start_widths:
            logs = [*np.full(law.n_site, np.log(width)), *np.log(fractions[:-1] / fractions[-1])]
            yield np.array([*voltages, *logs, law.metal_entropy][: len(problem.names)])


def _best(problem: _Problem, start: Mapping[str, float] | None) -> Array:
    """The coefficients where the sum of squares is smallest, of all starts."""
    from scipy.optimize import least_squares

    n = problem.law.n_site
    if start is not None and (missing := [name for name in problem.names if name not in start]):
        raise ValueError(f"start of {problem.law.material}: no {', '.join(map(repr, missing))}")
    given = None if start is None else [np.array([float(start[name]) for name in problem.names])]
    bound = np.full(len(problem.names), np.inf)
    bound[n : 3 * n - 1] = SEARCH.largest_logarithm
    of_voltage, of_logarithm, of_entropy = SEARCH.step_sizes
    sizes = np.array([*(of_voltage,) * n, *(of_logarithm,) * (2 * n - 1), of_entropy][: len(problem.names)])
    settings = {"x_scale": sizes, "bounds": (-bound, bound), "max_nfev": SEARCH.n_evaluation}
    settings |= dict.fromkeys(("xtol", "ftol", "gtol"), SEARCH.tolerance)
    ends = [least_squares(problem.residual, theta, problem.jacobian, **settings) for theta in given or _starts(problem)]
    return np.asarray(min(ends, key=lambda end: end.cost).x, float)


def _in_order(law: SiteSum, theta: Array) -> Array:
    """The same host with its sites in the order they fill."""
    n = law.n_site
    order = np.argsort(-theta[:n], kind="stable")
    logs = np.append(theta[2 * n : 3 * n - 1], 0.0)[order]
    return np.concatenate([theta[:n][order], theta[n : 2 * n][order], logs[:-1] - logs[-1], theta[3 * n - 1 :]])


def _validate_condition(problem: _Problem, jacobian: Array) -> None:
    """Raise ``ValueError`` where the data do not determine the sites."""
    length = np.linalg.norm(jacobian, axis=0)
    alike = np.linalg.cond(jacobian / np.where(length > 0, length, 1.0)) > SEARCH.largest_condition
    if alike or not (length > 0).all() or not np.isfinite(jacobian).all():
        raise ValueError(_undetermined(problem, "two of them are alike, or one is empty"))


def _validate_errors(problem: _Problem, std: Array) -> None:
    """Raise ``ValueError`` where the error of a logarithm is too large for a Gaussian."""
    logs = range(problem.law.n_site, 3 * problem.law.n_site - 1)
    worst = max(logs, key=lambda k: std[k])
    if std[worst] > SEARCH.largest_log_std:
        raise ValueError(_undetermined(problem, f"{problem.names[worst]!r} has a standard deviation of {std[worst]:.2g}"))


def _undetermined(problem: _Problem, why: str) -> str:
    return (
        f"chemical potentials of {problem.data.label}: they do not determine {problem.law.n_site} kinds of sites ({why}); "
        "take fewer sites, or data of more compositions and smaller error"
    )
