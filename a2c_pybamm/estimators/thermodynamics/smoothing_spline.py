"""Smoothing spline of the excess chemical potential, from energies or from chemical potentials."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from a2c_pybamm.constants import FARADAY
from a2c_pybamm.data import ChemicalPotentials, EnergyTable
from a2c_pybamm.estimate import Array, Estimate, Factor
from a2c_pybamm.estimators.fingerprint import array_fingerprint
from a2c_pybamm.estimators.statistics.averaging import (
    LEAST_DEGREES_OF_FREEDOM,
    LEAST_SCATTER,
    covariance_columns,
    student_variance,
)
from a2c_pybamm.estimators.thermodynamics.chemical_potential import potential_design
from a2c_pybamm.estimators.thermodynamics.fit_quality import LARGEST_MISFIT
from a2c_pybamm.estimators.thermodynamics.fitted_distances import with_energy_distances, with_potential_distances
from a2c_pybamm.estimators.thermodynamics.order_choice import energy_design
from a2c_pybamm.estimators.thermodynamics.orderings import SAME_COMPOSITION, check_std, lowest_energies
from a2c_pybamm.estimators.thermodynamics.plausible_voltages import validate_potentials, validate_voltages
from a2c_pybamm.estimators.thermodynamics.slope_data import SAME_TEMPERATURE, distinct_rows
from a2c_pybamm.laws.thermodynamics.ion import validate_ion
from a2c_pybamm.laws.thermodynamics.spline_potential import SplinePotential, cardinal_splines


@dataclass(frozen=True)
class SmoothingSearch:
    """Settings of the average over smoothing parameters, and of the search for a stable curve."""

    smoothings: tuple[float, ...] = tuple(np.logspace(-9, 6, 61))
    """Smoothing parameters, over the ratio of the traces of design and penalty."""
    n_composition: int = 101
    """Compositions at which a curve is held stable."""
    end_margin: float = 1e-3
    """Distance of these from empty and full."""
    jitter: float = 1e-12
    """Share of the mean variance that is added to the covariance in whose metric the nearest curve is sought."""
    n_iteration: int = 500
    """Most iterations of that search."""
    tolerance: float = 1e-12
    """Change of the squared distance at which it ends."""


SMOOTHING = SmoothingSearch()
"""Settings of all fits."""


@dataclass(frozen=True, eq=False)
class SmoothFit:
    """Average over smoothing parameters of penalised least squares."""

    mean: Array
    """Coefficients (n_coefficient,)."""
    root: Array
    """Columns of the covariance (n_coefficient, at most n_coefficient)."""
    between: Array
    """Columns of what the choice of the smoothing parameter adds (n_coefficient, at most n_coefficient)."""
    degrees: float
    """Effective number of coefficients."""
    scatter: float
    """Standard deviation of data of relative standard deviation one: 1 where it is known, else from the residuals."""


def roughness(knots: tuple[float, ...]) -> Array:
    r""":math:`\int s''^2\,dx` as a quadratic form of the spline's values at its knots (n_knot, n_knot).

    In Duchon's form :math:`s'''' = 12\sum_i w_i\delta(x - t_i)`, and by parts :math:`\int s''^2 = 12\sum_i w_i s(t_i)`.
    """
    form = 12 * cardinal_splines(knots)[:, 2:]
    return (form + form.T) / 2


def fit_spline_potential(
    data: EnergyTable | ChemicalPotentials,
    law: SplinePotential,
    *,
    energy_std: float | None = None,
    stable: tuple[float, float] | None = None,
    largest_misfit: float = LARGEST_MISFIT,
    voltage_window: tuple[float, float] | None = None,
    source: str | None = None,
) -> Estimate:
    r"""Coefficients of a spline potential by penalised least squares, averaged over how smooth it is.

    .. math::
        \theta_\lambda = \arg\min\; \|y - X\theta\|^2 + \lambda\!\int_{t_0}^{t_n}\! s''^2\,dx, \qquad
        \Sigma_\lambda = \sigma^2 (X^\mathsf{T}X + \lambda K)^{-1}

    The penalty is a prior: the covariance is Wahba's posterior one, which holds the bias of smoothing and covers on average
    over compositions. Every smoothing parameter counts with its restricted likelihood (REML), and their spread is a source.

    Parameters
    ----------
    data
        Lowest energies at each composition (ideal mixing is added: mean field), or chemical potentials at one temperature, the
        law's own.
    energy_std
        Standard deviation of an energy [J.mol-1 per site]; from the residual if not given.
    stable
        Compositions between which the host is known to be one phase: the curve nearest to the fit (in the metric of its
        covariance) whose potential rises there is taken, with the covariance of the unconstrained one.
    largest_misfit
        Distance of the spline from a potential, or from the voltage between stable compositions, above which it is refused [V].
    voltage_window
        Plausible voltages [V], as in `validate_voltages` and `validate_potentials`.

    Raises
    ------
    ValueError
        If the data are of another ion than the law, there are fewer than five compositions (six without their std), or chemical
        potentials are at another temperature than the law's.

    References
    ----------
    Wahba, J. R. Stat. Soc. B 45, 133 (1983): the posterior covariance and its coverage; Wood, J. R. Stat. Soc. B 73, 3 (2011),
    eq. 4, for the restricted likelihood.
    """
    validate_ion(law, data.ion, data.label)
    check_std(law.material, energy_std)
    if isinstance(data, EnergyTable):
        validate_voltages(data, window=voltage_window, energy_std=energy_std)
    else:
        validate_potentials(data, window=voltage_window)
        data = distinct_rows(data)
    design, y, noise, known, label, stamp = _problem(data, law, energy_std)
    first = design.shape[1] - (len(law.knots) - 1)
    penalty = np.zeros((design.shape[1],) * 2)
    penalty[first:, first:] = roughness(law.knots)[1:, 1:]
    smooth = average_over_smoothing(design / noise[:, None], y / noise, penalty, known)
    start = 1 if isinstance(data, EnergyTable) else 0  # without the energy of the empty host
    mean, root, between = smooth.mean[start:], smooth.root[start:], smooth.between[start:]
    moved = False
    if stable is not None:
        mean, moved = _held_stable(mean, root @ root.T + between @ between.T, law, stable)
    values, jacobian = law.coordinates(mean)
    names = (law.voltage_name, *law.interaction_names)
    fit = covariance_columns(jacobian @ root)  # energies have one column more, of the empty host
    factors = {
        source or f"{law.material} {'energies' if start else 'chemical potentials'} (fit)": Factor(
            fit, tuple(f"{label}:{stamp}:{k}" for k in range(fit.shape[1]))
        )
    }
    if between.any():
        spread = covariance_columns(jacobian @ between)
        labels = tuple(f"{label}:{stamp}:smoothness {k}" for k in range(spread.shape[1]))
        factors[f"{law.material} smoothness of the law"] = Factor(spread, labels)
    report = {
        "effective coefficients": smooth.degrees,
        "residual std [eV or V]": smooth.scatter,
        "held stable": list(stable) if stable and moved else None,
    }
    method = f"smoothing spline with {len(law.knots)} knots, averaged over its smoothness by restricted likelihood"
    estimate = Estimate(names, values, factors, method, {"label": label, **data.provenance, "smoothing": report})
    free, stamped = len(y) - smooth.degrees, f"{label}:{stamp}"
    if not isinstance(data, EnergyTable):
        return with_potential_distances(estimate, law, data, free=free, largest_misfit=largest_misfit, stamp=stamped)
    residual = y - design @ smooth.mean
    return with_energy_distances(
        estimate, law, data, residual, free=free, energy_std=energy_std, largest_misfit=largest_misfit, stamp=stamped
    )


def _problem(
    data: EnergyTable | ChemicalPotentials, law: SplinePotential, energy_std: float | None
) -> tuple[Array, Array, Array, bool, str, str]:
    """Design, data and their relative or absolute std [eV or V], whether it is absolute, label and fingerprint."""
    if isinstance(data, EnergyTable):
        lowest = lowest_energies(data)
        design = energy_design(law, lowest.x)
        x, y, noise, known = lowest.x, lowest.energy, lowest.relative_std, energy_std is not None
        noise = noise * (energy_std / FARADAY if energy_std is not None else 1.0)
    else:
        if (np.abs(data.temperature - law.reference_temperature) > SAME_TEMPERATURE).any():
            raise ValueError(
                f"chemical potentials of {data.label}: some are not at {law.reference_temperature:g} K, where the law of "
                f"{law.material} holds; keep those of that temperature alone, or take the law redlich-kister"
            )
        design, rest = potential_design(law, data.x, data.temperature, entropies=False)
        x, y, known = data.x, -data.potential / (law.valence * FARADAY) - rest, data.std is not None
        noise = np.ones(len(x)) if data.std is None else data.std / (law.valence * FARADAY)
    need = 5 if known else 3 + LEAST_DEGREES_OF_FREEDOM
    n_different = len(np.unique(np.round(x / SAME_COMPOSITION)))  # rows of a measured curve may be closer
    if n_different < need:
        raise ValueError(
            f"{data.label}: {n_different} different composition(s) in {len(x)} row(s); a smoothing spline needs at least {need}"
            + ("; add some" if known else ", or five and their std; add some")
        )
    raw = (data.energy, data.converged) if isinstance(data, EnergyTable) else (data.potential, data.temperature)
    return design, y, noise, known, data.label, array_fingerprint(data.x, *raw, settings=f"{law.knots} {energy_std}")


def average_over_smoothing(design: Array, y: Array, penalty: Array, known: bool, *, least_bending: float = 0.0) -> SmoothFit:
    r"""Penalised least squares of white data, :math:`\|y - X\theta\|^2 + \lambda\,\theta^\mathsf{T}K\theta`, averaged over λ.

    Each :math:`\lambda` counts with its restricted likelihood; ``known`` is True where the data's standard deviation is one.
    Those that leave less than ``least_bending`` effective coefficients beside the unpenalised ones are left out.
    """
    n, p = design.shape
    rank = int(np.linalg.matrix_rank(penalty, hermitian=True))
    fixed = p - rank
    gram, projected = design.T @ design, design.T @ y
    size = np.trace(gram) / np.trace(penalty)
    logs: list[float] = []
    means, roots, scatters, degrees = [], [], [], []
    for factor in SMOOTHING.smoothings:
        smoothing = size * factor
        penalised = gram + smoothing * penalty
        values, vectors = np.linalg.eigh(penalised)
        root = vectors / np.sqrt(values)
        effective = float(np.trace(root.T @ gram @ root))
        if logs and effective < fixed + least_bending:
            break  # smoothing parameters rise
        theta = root @ (root.T @ projected)
        misfit = float(np.sum((y - design @ theta) ** 2) + smoothing * theta @ penalty @ theta)
        variance = 1.0 if known else max(misfit / (n - fixed), LEAST_SCATTER**2)
        determinant = float(np.log(values).sum())
        log = -0.5 * (misfit / variance + (n - fixed) * np.log(variance) + determinant - rank * np.log(smoothing))
        logs.append(log)
        means.append(theta)
        roots.append(root * np.sqrt(variance))
        scatters.append(variance)
        degrees.append(effective)
    weights = np.exp(np.array(logs) - max(logs))
    weights /= weights.sum()
    theta = np.array(means)
    mean = weights @ theta
    between = covariance_columns((np.sqrt(weights)[:, None] * (theta - mean)).T)
    widening = 1.0 if known else student_variance(n - fixed)
    columns = np.hstack([np.sqrt(widening * weight) * root for weight, root in zip(weights, roots, strict=True)])
    return SmoothFit(mean, covariance_columns(columns), between, float(weights @ degrees), float(np.sqrt(weights @ scatters)))


def _held_stable(mean: Array, covariance: Array, law: SplinePotential, window: tuple[float, float]) -> tuple[Array, bool]:
    """The nearest coefficients whose chemical potential does not fall within a window, and whether they had to move."""
    margin = SMOOTHING.end_margin
    x = np.linspace(max(window[0], margin), min(window[1], 1 - margin), SMOOTHING.n_composition)
    zero = dict.fromkeys(law.names, 0.0)
    names = (law.voltage_name, *law.interaction_names)

    def factor(theta: Array) -> Array:
        return np.asarray(
            law.thermodynamic_factor({**zero, **dict(zip(names, theta, strict=True))}, x, law.reference_temperature)
        )

    rest = factor(np.zeros_like(mean))
    slopes = np.column_stack([factor(unit) - rest for unit in np.eye(len(mean))])
    if (rest + slopes @ mean >= 0).all():
        return mean, False
    root = np.linalg.cholesky(covariance + SMOOTHING.jitter * np.trace(covariance) / len(mean) * np.eye(len(mean)))
    constraint = {"type": "ineq", "fun": lambda z: rest + slopes @ (mean + root @ z), "jac": lambda z: slopes @ root}
    nearest = minimize(
        lambda z: float(z @ z), np.zeros_like(mean), jac=lambda z: 2 * z, constraints=[constraint], method="SLSQP",
        options={"maxiter": SMOOTHING.n_iteration, "ftol": SMOOTHING.tolerance},
    )  # fmt: skip
    if not nearest.success:
        raise ValueError(
            f"{law.material}: no curve near the data is stable between x = {window[0]:g} and {window[1]:g} "
            f"({nearest.message}); leave stable out and treat the gap"
        )
    return mean + root @ nearest.x, True
