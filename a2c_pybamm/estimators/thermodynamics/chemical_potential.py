"""Free energy from chemical potentials at compositions and temperatures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.data import ChemicalPotentials
from a2c_pybamm.estimate import Array, Estimate, Factor
from a2c_pybamm.estimators.fingerprint import array_fingerprint
from a2c_pybamm.estimators.statistics.averaging import LEAST_DEGREES_OF_FREEDOM, average_nested, covariance_columns
from a2c_pybamm.estimators.thermodynamics.fit_quality import LARGEST_MISFIT
from a2c_pybamm.estimators.thermodynamics.fitted_distances import with_potential_distances
from a2c_pybamm.estimators.thermodynamics.logit_spline_fit import fit_logit_spline
from a2c_pybamm.estimators.thermodynamics.plausible_voltages import validate_potentials
from a2c_pybamm.estimators.thermodynamics.slope_data import SAME_TEMPERATURE, distinct_rows
from a2c_pybamm.laws.thermodynamics.expansion import Expansion
from a2c_pybamm.laws.thermodynamics.ion import validate_ion
from a2c_pybamm.laws.thermodynamics.logit_spline import LogitSpline


def potential_design(law: Expansion, x: Array, T: Array, *, entropies: bool) -> tuple[Array, Array]:
    """Voltages as a linear function of the law's plain coefficients: columns (n, n_coefficient), and the constant part (n,).

    Columns are the mean voltage over [0, 1], the interactions, and with ``entropies`` the vibrational entropy and the excess
    entropies.
    """
    n = len(law.interaction_names)
    z = law.valence
    slopes = np.column_stack([law.term(k, x, 1) for k in range(n)]) / z
    columns = [np.ones_like(x), *(-slopes).T]
    shift = T - law.reference_temperature
    rest = -law.mixing * GAS_CONSTANT * T / (z * FARADAY) * np.log(x / (1 - x)) - shift * law.metal_entropy / (z * FARADAY)
    if entropies:
        columns.append(shift / (z * FARADAY))
        columns += [shift * slopes[:, k] / FARADAY for k in range(law.entropies)]
    return np.column_stack(columns), rest


def fit_chemical_potential(
    data: ChemicalPotentials,
    law: Expansion,
    *,
    terms: Sequence[int] = (),
    largest_misfit: float = LARGEST_MISFIT,
    voltage_window: tuple[float, float] | None = None,
    source: str | None = None,
) -> Estimate:
    r"""Coefficients of a law that is linear in its interactions, from :math:`\mu(x, T)` of sampling or integration.

    Weighted least squares of the voltages :math:`-\mu/F`. Without standard deviations the scatter comes from the residual,
    widened as in `fit_free_energy`. With one temperature (the law's own) the entropies are left out of the result, as energies
    leave them out; with several they are fitted along. What the law cannot follow is a source of its own (`misfit`); like rows
    count once. A `LogitSpline` is fitted by `fit_logit_spline`.

    Parameters
    ----------
    terms
        Numbers of interactions, ascending, whose fits are averaged within the law (``(1, 2, 3)`` for Redlich–Kister orders 0 to
        2); all of the law's, and no average, if not given.
    largest_misfit
        Distance of the law from a potential above which the fit is refused [V].
    voltage_window
        Plausible voltages [V], as in `validate_potentials`.

    Raises
    ------
    ValueError
        If ``terms`` do not ascend to the law's own number, there are too few points, all points lie at one temperature that is
        not the law's, or the law's coordinates have no value at the fitted interactions; if voltages are none of a host, or the
        law is too far from the data.
    """
    validate_ion(law, data.ion, f"chemical potentials of {data.label}")
    validate_potentials(data, window=voltage_window)
    if isinstance(law, LogitSpline):
        if terms:
            raise ValueError(f"{law.material}: a logit spline has no numbers of terms; leave terms out")
        return fit_logit_spline(data, law, largest_misfit=largest_misfit, source=source)
    data = distinct_rows(data)
    temperatures = np.unique(data.temperature)
    several = len(temperatures) > 1
    if not several and abs(temperatures[0] - law.reference_temperature) > SAME_TEMPERATURE:
        raise ValueError(
            f"chemical potentials of {data.label}: all at {temperatures[0]:g} K, the law {law.material} holds at "
            f"{law.reference_temperature:g} K; give the law that reference temperature, or data at several"
        )
    if terms and (list(terms) != sorted(set(terms)) or terms[0] < 1 or terms[-1] != len(law.interaction_names)):
        raise ValueError(f"{law.material}: terms {tuple(terms)} must ascend to the law's own {len(law.interaction_names)}")
    design, rest = potential_design(law, data.x, data.temperature, entropies=several)
    known = data.std is not None
    need = design.shape[1] + (0 if known else LEAST_DEGREES_OF_FREEDOM)
    if len(data.x) < need:
        raise ValueError(
            f"chemical potentials of {data.label}: {len(data.x)} point(s) for {design.shape[1]} coefficients, at least {need} "
            "are needed; compute more, take a lower order, or give their std"
        )
    noise = np.ones(len(data.x)) if data.std is None else data.std / (law.valence * FARADAY)
    voltage = -data.potential / (law.valence * FARADAY) - rest
    # entropies are of order ten and voltages of order one: scale before factorising
    scale = np.sqrt((design**2).mean(axis=0))
    if np.linalg.matrix_rank(design / scale) < design.shape[1]:
        raise ValueError(
            f"chemical potentials of {data.label}: the points do not determine all {design.shape[1]} coefficients; spread "
            "them over compositions and temperatures, or take a lower order"
        )
    n = len(law.interaction_names)
    # columns of all orders come first: the mean voltage and the entropies
    first = [0, *range(n + 1, design.shape[1])]
    order = np.array([*first, *range(1, n + 1)])
    sizes = [len(first) + k for k in terms or (n,)]
    average = average_nested((design / scale)[:, order], voltage, noise, sizes, known=known)
    back = np.argsort(order)
    theta = average.mean[back] / scale
    root = average.combination[back] / scale[:, None] * noise * average.scatter
    mean, jacobian = theta.copy(), np.eye(len(theta))
    try:
        mean[: n + 1], jacobian[: n + 1, : n + 1] = law.coordinates(theta[: n + 1])
    except ValueError as error:
        raise ValueError(f"chemical potentials of {data.label}: {error}") from error
    columns = covariance_columns(jacobian @ root)
    stamp = array_fingerprint(data.x, data.temperature, data.potential)
    names = (law.voltage_name, *law.interaction_names)
    if several:
        names = (*names, law.entropy_name, *law.excess_entropy_names)
    labels = tuple(f"{data.label}:{stamp}:{k}" for k in range(columns.shape[1]))
    factors = {source or f"{law.material} chemical potentials (fit)": Factor(columns, labels)}
    provenance = {"label": data.label, **data.provenance}
    method = f"{law.kind} through {len(data.x)} chemical potentials at {len(temperatures)} temperature(s), least squares"
    if len(terms) > 1:
        between = jacobian @ (average.between_model_factor[back] / scale[:, None])
        factors[f"{law.material} order of the law"] = Factor(between, tuple(f"{k} interaction(s)" for k in terms))
        provenance["interactions averaged"] = dict(zip(map(str, terms), average.weights.tolist(), strict=True))
        method += f", averaged over {', '.join(map(str, terms))} interactions"
    estimate = Estimate(names, mean, factors, method, provenance)
    free, label = len(data.x) - len(names), f"{data.label}:{stamp}"
    return with_potential_distances(estimate, law, data, free=free, largest_misfit=largest_misfit, stamp=label)
