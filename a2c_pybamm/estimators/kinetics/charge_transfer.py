"""Rate constant, activation enthalpy and form of charge transfer from barriers at several potentials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.special import chdtrc

from a2c_pybamm.constants import BOLTZMANN, FARADAY, GAS_CONSTANT, PLANCK
from a2c_pybamm.data import Array, ChargeTransferBarriers, SurfaceSites
from a2c_pybamm.estimate import Estimate, Factor, label_hash
from a2c_pybamm.estimators.fingerprint import traced_provenance
from a2c_pybamm.estimators.kinetics.barrier_equations import BarrierEquations, barrier_equations
from a2c_pybamm.estimators.kinetics.barrier_fit import BarrierFit, BarrierModel, BarrierProblem, ChargeTransferLaw, resolved
from a2c_pybamm.estimators.kinetics.detailed_balance import BalanceCriterion, DetailedBalance, detailed_balance
from a2c_pybamm.estimators.kinetics.form_error import with_form_error
from a2c_pybamm.estimators.statistics.combination import combine
from a2c_pybamm.estimators.statistics.declared_estimate import declare
from a2c_pybamm.laws import ButlerVolmer, MarcusHushChidsey, Reorganizing


def fit_charge_transfer(
    data: ChargeTransferBarriers,
    law: ChargeTransferLaw,
    *,
    sites: SurfaceSites,
    source: str,
    equilibrium: Estimate | None = None,
    sites_std_ln: float = 0.0,
    activation_entropy: tuple[float, float] | None = None,
    reorganization: Estimate | None = None,
    accept_form_error: bool = False,
    model: BarrierModel | None = None,
    balance: BalanceCriterion | None = None,
) -> Estimate:
    r"""Coefficients of a law of charge transfer with their joint covariance, from barriers at several potentials.

    .. math::
        \Delta G^\ddagger_\mathrm{red}(\eta, T) = \Delta G^\ddagger_0(T) + \alpha F\eta, \qquad
        \Delta G^\ddagger_\mathrm{ox} = \Delta G^\ddagger_\mathrm{red} - F\eta, \qquad
        k_0(T) = \Gamma\,\frac{k_BT}{h}\,e^{-\Delta G^\ddagger_0(T)/RT}

    with :math:`\Delta G^\ddagger_0 = \Delta H^\ddagger - T\Delta S^\ddagger`, by generalised least squares. For `Marcus` and
    `MarcusHushChidsey` the barrier is :math:`\Delta G^\ddagger_0 + F\eta/2 + (F\eta)^2/4\lambda`. :math:`\eta` is positive for
    oxidation and counted from the potential of one event (`step_potentials`), whose errors are carried on by source, as is the
    zero of the potentials: 0.1 V of it are a factor of 7 in the exchange current where barriers are of reduction alone, and
    nearly nothing where both directions are given.

    A barrier that is not linear is a source, "<m> charge transfer (misfit)": curvature of the size that two parabolas of this
    height have; also, where χ² is improbable, what the barriers miss the law by.

    ==================================  ==========================  =========
    symbol                              argument                    unit
    ==================================  ==========================  =========
    :math:`\Delta G^\ddagger`           ``data.barrier``            J.mol-1
    :math:`\Gamma`                      ``sites.density``           mol.m-2
    :math:`\Delta S^\ddagger`           ``activation_entropy``      J.mol-1.K-1
    :math:`\ln(\lambda/\mathrm{eV})`    ``reorganization``          1
    ==================================  ==========================  =========

    Parameters
    ----------
    data
        Barriers with their errors.
    law
        Law whose coefficients are fitted; its reference temperature and standard concentration are those of k0. The barriers
        are those of the ion at that concentration.
    sites
        Sites per area through which ions pass, each with one event.
    source
        Name of the errors of the barriers.
    equilibrium
        Equilibrium potential of one event at each temperature (`step_potentials`); none for overpotentials.
    sites_std_ln
        Standard deviation of the logarithm of the sites per area (roughness, facets).
    activation_entropy
        Mean and standard deviation, where barriers at one temperature alone, or static energies, do not show it.
    reorganization
        Logarithm of the reorganization energy, named as in the law (`fit_reorganization_energy`); from the curvature of the
        barriers if not given.
    accept_form_error
        True to take a Marcus-Hush-Chidsey law at a reorganization energy where PyBaMM's form is poor.

    Returns
    -------
    Estimate
        Of ``law.own_names``. The provenance has χ², the test of detailed balance, and the curvature in units of two parabolas'.

    Raises
    ------
    ValueError
        If the barriers do not determine the coefficients (one potential, one temperature), violate detailed balance, or give a
        transfer coefficient that is not clearly between 0 and 1, or a reorganization energy that is not clearly positive.

    References
    ----------
    Newman and Thomas-Alyea, Electrochemical Systems (2004), ch. 8: transfer coefficient and exchange current. Marcus, J. Chem.
    Phys. 24, 966 (1956): the barrier between parabolas.
    """
    if law.free_energy is not None and law.composition != data.composition:
        raise ValueError(
            f"charge-transfer barriers of {data.label}: they are of x = {data.composition:g}, the activity of law {law.kind!r} "
            f"is counted from x = {law.composition:g}; give the law the composition of the barriers"
        )
    equations = barrier_equations(data, equilibrium, law.reference_temperature, source)
    tested = _balance(data, equations)
    if tested:
        tested.validate(data.label, balance or BalanceCriterion())
    problem = BarrierProblem.of(data, law, equations, activation_entropy, reorganization, model or BarrierModel())
    estimate = _coefficients(problem.solve(), problem, sites, traced_provenance(data), tested)
    if sites_std_ln:
        column = np.zeros((len(estimate.names), 1))
        column[0] = sites_std_ln
        estimate = estimate.add_source(f"{law.material} surface sites (declared)", Factor(column, (sites.label,)))
    if isinstance(law, MarcusHushChidsey):
        return with_form_error(estimate, law, accept=accept_form_error)
    return estimate


def _balance(data: ChargeTransferBarriers, equations: BarrierEquations) -> DetailedBalance | None:
    """Test of all pairs of both directions; None where there are none."""
    reduction, oxidation = data.pairs.T
    if not len(reduction):
        return None
    rows = np.eye(len(data.barrier))
    overpotential = equations.work[reduction] / FARADAY
    errors = np.hstack([rows[reduction] - rows[oxidation], -FARADAY * equations.potential_errors[reduction]])
    names = [f"pair {k}" for k in range(len(reduction))]
    covariance = combine(equations.parts, errors, names, np.zeros(len(names)), method="").covariance
    return detailed_balance(data.barrier[reduction] - data.barrier[oxidation], overpotential, covariance)


def _coefficients(
    fitted: BarrierFit,
    problem: BarrierProblem,
    sites: SurfaceSites,
    provenance: Mapping[str, Any],
    tested: DetailedBalance | None,
) -> Estimate:
    """Estimate of the law's own coefficients, errors by source."""
    law = problem.law
    report, scale = _report(fitted, problem)
    if tested:
        report |= {"detailed balance chi-squared": tested.chi2, "detailed balance p-value": tested.p_value}
    mean, moved = _from_unknowns(fitted, problem, sites)
    carried = moved @ fitted.errors
    if problem.energy is not None:  # the reorganization energy passes as it is given
        carried[-1, sum(len(part.names) for part in problem.equations.parts)] = 1.0
    estimate = combine(
        problem.parts,
        carried,
        law.own_names,
        mean,
        method=f"generalised least squares of {len(problem.equations.values)} barriers by law {law.kind}",
        provenance={**provenance, "fit": report, "sites": dict(sites.provenance), "sites per area [mol.m-2]": sites.density},
    )
    estimate = estimate.add_source(f"{law.stem} (misfit)", _misfit(fitted, problem, moved, scale))
    _validate_transfer(estimate, law, problem.model)
    return estimate


def _from_unknowns(fitted: BarrierFit, problem: BarrierProblem, sites: SurfaceSites) -> tuple[Array, Array]:
    """Coefficients (n_coefficient,) and their change with each row (n_coefficient, n_row)."""
    law, unknowns = problem.law, fitted.unknowns
    T = law.reference_temperature
    electron = FARADAY / (GAS_CONSTANT * T)
    mean, slope = unknowns.copy(), np.ones(len(unknowns))
    mean[0], slope[0] = np.log(sites.density * BOLTZMANN * T / PLANCK) - electron * unknowns[0], -electron
    moved = slope[:, None] * fitted.weights
    if not isinstance(law, Reorganizing):
        return mean, moved
    if problem.energy is not None:
        return np.append(mean, np.log(problem.energy)), np.vstack([moved, np.zeros((1, moved.shape[1]))])
    _validate_curvature(fitted, problem)
    mean[2], moved[2] = -np.log(unknowns[2]), -fitted.weights[2] / unknowns[2]
    return mean, moved


def _misfit(fitted: BarrierFit, problem: BarrierProblem, moved: Array, scale: float) -> Factor:
    """Error of what the law leaves out, and of barriers that miss it by ``scale`` times their errors."""
    noise = problem.equations.parts[0]
    columns = [moved @ fitted.missing]
    if scale > 1:
        (factor,) = noise.factors.values()
        columns += list((np.sqrt(scale**2 - 1) / FARADAY * moved[:, : len(noise.std)] @ factor.values).T)
    stamp = label_hash(problem.law.kind, *(label for factor in noise.factors.values() for label in factor.labels))
    return Factor(np.column_stack(columns), tuple(f"{stamp}:misfit {k}" for k in range(len(columns))))


def _report(fitted: BarrierFit, problem: BarrierProblem) -> tuple[dict[str, Any], float]:
    """Quality of a fit as JSON values, and the factor on the barriers' own errors that χ² asks for."""
    rest = np.linalg.solve(fitted.root, problem.values - problem.design @ fitted.unknowns)
    square, free = float(rest @ rest), len(problem.values) - len(fitted.unknowns)
    report: dict[str, Any] = {
        "barriers": len(problem.equations.values),
        "temperatures [K]": sorted({float(t) for t in problem.equations.share * problem.law.reference_temperature}),
        "overpotentials [V]": [float(problem.work.min()), float(problem.work.max())],
        "barrier at equilibrium [eV]": float(fitted.unknowns[0]),
        "degrees of freedom": free,
    }
    scale = 1.0
    if free > 0:
        p = float(chdtrc(free, square))
        report |= {"chi-squared": square, "chi-squared p-value": p}
        if p < problem.model.misfit_p:
            scale = max(1.0, float(np.sqrt(square / free)))
        if not isinstance(problem.law, Reorganizing):
            report |= _curvature(fitted, problem)
    return report, scale


def _curvature(fitted: BarrierFit, problem: BarrierProblem) -> dict[str, float]:
    """Curvature of the barrier over the potential, in units of two parabolas' own; none where the rows do not show it."""
    column = fitted.missing / problem.model.curvature
    design = np.column_stack([problem.design, column])
    if not resolved(design):
        return {}
    root = np.linalg.cholesky(fitted.known)
    white = np.linalg.solve(root, np.column_stack([design, problem.values]))
    q, r = np.linalg.qr(white[:, :-1])
    inverse = np.linalg.inv(r)
    value, std = float((inverse @ q.T @ white[:, -1])[-1]), float(np.linalg.norm(inverse[-1]))
    return {"curvature over that of two parabolas": value, "its std": std, "curvature z-score": value / std}


def _validate_curvature(fitted: BarrierFit, problem: BarrierProblem) -> None:
    """Raise ``ValueError`` where barriers do not determine the reorganization energy."""
    inverse, std = fitted.unknowns[2], np.sqrt(fitted.weights[2] @ fitted.known @ fitted.weights[2])
    if not inverse > problem.model.least_significance * std:
        raise ValueError(
            f"{problem.law.stem}: curvature of the barriers 1/λ = {inverse:.3g} ± {std:.2g} eV-1 does not determine the "
            "reorganization energy; give reorganization, a wider range of potentials, or take 'butler-volmer'"
        )


def _validate_transfer(estimate: Estimate, law: ChargeTransferLaw, model: BarrierModel) -> None:
    """Raise ``ValueError`` where a transfer coefficient is not clearly between 0 and 1."""
    if not isinstance(law, ButlerVolmer):
        return
    row = estimate.names.index(law.transfer_name)
    alpha, std = estimate.mean[row], estimate.std[row]
    if not model.least_significance * std < min(alpha, 1 - alpha):
        raise ValueError(
            f"{law.stem}: transfer coefficient {alpha:.3g} ± {std:.2g} is not clearly between 0 and 1; give more barriers, "
            "over a wider range of potentials, or check their sign"
        )


def reorganization_energy_declared(law: Reorganizing, energy: float, std: float, *, source: str, reason: str) -> Estimate:
    """Estimate of a reorganization energy that is given [eV], as the law's coefficient: its logarithm.

    Raises
    ------
    ValueError
        If the energy or its standard deviation is not positive.
    """
    if not (energy > 0 and std >= 0):
        raise ValueError(f"{law.stem}: reorganization energy {energy:g} ± {std:g} eV must be positive")
    return declare([law.reorganization_name], [np.log(energy)], std=[std / energy], source=source, reason=reason)
