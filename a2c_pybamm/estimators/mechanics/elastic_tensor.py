"""Elastic constants of a crystal from the stresses or energies of strained cells."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import numpy as np

from a2c_pybamm.data import Array, StrainedStresses, StressSeries, voigt_tensors
from a2c_pybamm.estimate import Estimate, Factor
from a2c_pybamm.estimators.fingerprint import data_fingerprint, traced_provenance
from a2c_pybamm.estimators.mechanics.crystal_symmetry import (
    MANDEL,
    ElasticForm,
    elastic_form,
    point_group_rotations,
)
from a2c_pybamm.estimators.mechanics.pre_stress import pre_stress_asymmetry, pre_stress_terms
from a2c_pybamm.estimators.mechanics.strain_fit import StrainCriterion, StrainFit, fit_strains
from a2c_pybamm.estimators.mechanics.strain_polynomials import work_conjugates
from a2c_pybamm.estimators.mechanics.stress_work import validated_work
from a2c_pybamm.estimators.statistics.averaging import covariance_columns

EXPANSION = "stiffness of unit constants"
"""Key of a provenance that has the elastic tensor (6, 6) of each constant being one and the others zero, by its symbol."""


class ElasticCoefficients(StrEnum):
    """Derivatives that are called elastic constants; the same where the crystal has no stress without strain."""

    STRESS_STRAIN = "derivatives of the stress by strain"
    """B, what a body under stress obeys: Hooke's law for further strain."""
    LAGRANGIAN = "second derivatives of the energy by Green-Lagrange strain"
    """C, what energies give at once."""


class FitTo(StrEnum):
    """Data that constants are fitted to."""

    STRESSES = "stresses"
    ENERGIES = "energies"


def fit_elastic_tensor(
    data: StrainedStresses,
    *,
    material: str,
    source: str,
    point_group: str | None = None,
    coefficients: ElasticCoefficients | str = ElasticCoefficients.STRESS_STRAIN,
    fit_to: FitTo | str | None = None,
    order: int | None = None,
    noise_std: float | None = None,
    strain_range_std: float | None = None,
    criterion: StrainCriterion | None = None,
) -> Estimate:
    r"""Independent elastic constants [Pa] of a crystal: ``"LiCoO2 C11 [Pa]"``, …, under its point group.

    With the second Piola–Kirchhoff stress S and Green–Lagrange strain :math:`\eta`, whose product is the energy's change,

    .. math:: S = s + C\eta + \tfrac12 T_3\eta\eta + \tfrac16 T_4\eta\eta\eta, \qquad
        E/V_0 = e + s\eta + \tfrac12 C\eta\eta + \dots

    where all tensors are those that the point group leaves unchanged, found by averaging over it. Least squares of the orders
    1 to 3, as far as the strains determine them, are averaged as nested laws (`average_nested`). There are two sources of
    error: ``source``, the noise, from ``noise_std`` or the residuals; and ``"<source>: strain range"``, by the strains' finite
    size: the spread between the orders, terms beyond the highest, estimated as the next ones of a geometric series, and
    residuals that are no noise (`fit_strains`).

    The stress without strain s is a coefficient of the fit. It makes the derivatives of the stress differ from those of
    the energy (`pre_stress_terms`); ``coefficients`` says which are given, and the correction is made once, whatever the data.

    Parameters
    ----------
    point_group
        Hermann–Mauguin symbol of a crystal in the standard orientation (`LAUE_CLASSES`). If not given, the operations that the
        data carry count; without these the crystal is triclinic, with 21 constants.
    fit_to
        ``"stresses"`` or ``"energies"``; stresses where there are any, if not given.
    order
        One order of the stress in the strain (1 is a linear fit), in place of the average; its distance from the highest order
        is then in the error of the strain range.
    noise_std
        Standard deviation of a component of the stress, or of the energy over the cell's volume [Pa].
    strain_range_std
        Standard deviation [Pa] of each constant by the strains' finite size, in place of the one above. Strains of one size and
        sign need it.

    Raises
    ------
    ValueError
        If the strains do not determine a constant (it is named, with a strain that would), or not how non-linear the stress is,
        or are too few; or if stresses have the sign or size that energies contradict.
    """
    kind = ElasticCoefficients(coefficients)
    form = form_of(data, point_group)
    target = FitTo(fit_to) if fit_to is not None else FitTo.ENERGIES if data.stresses is None else FitTo.STRESSES
    conjugates = work_conjugates(data, of_energies=target is FitTo.ENERGIES)
    fit = fit_strains(
        conjugates,
        form,
        label=f"{material} ({data.label})" if data.label != material else material,
        noise_std=noise_std,
        order=order,
        declared_range=strain_range_std,
        criterion=criterion or StrainCriterion(),
    )
    stamp = data_fingerprint(data, material, point_group, str(kind), str(target), order, noise_std, strain_range_std)
    return _estimate(data, fit, form, kind, material, source, stamp, target)


def form_of(data: StrainedStresses | StressSeries, point_group: str | None) -> ElasticForm:
    """Form of the tensor by a symbol, the data's operations, or none."""
    if point_group is not None:
        return elastic_form(point_group_rotations(point_group))
    return elastic_form(data.rotations if data.rotations is not None else point_group_rotations("1"))


def _estimate(
    data: StrainedStresses,
    fit: StrainFit,
    form: ElasticForm,
    kind: ElasticCoefficients,
    material: str,
    source: str,
    stamp: str,
    target: FitTo,
) -> Estimate:
    """Constants of the kind that is asked for, with both sources."""
    to_kind = derivative_map(form, kind)
    stress = fit.stress
    noise, strain_range = (covariance_columns(to_kind @ columns) for columns in (fit.noise, fit.strain_range))
    report: dict[str, Any] = {
        "data": traced_provenance(data),
        "fit": {**fit.report, **tensor_report(stress / MANDEL, kind)},
        "ions": str(data.ions),
        "point group": data.point_group,
        EXPANSION: expansion_report(form),
    }
    if data.stresses is not None and data.energies is not None:
        report["fit"]["energy over work of the stress"] = validated_work(data, stress, material)
    return Estimate(
        form.names(material),
        to_kind @ np.concatenate([stress, fit.constants]),
        {
            source: Factor(noise, tuple(f"{stamp}:noise:{k}" for k in range(noise.shape[1]))),
            f"{source}: strain range": Factor(strain_range, tuple(f"{stamp}:range:{k}" for k in range(strain_range.shape[1]))),
        },
        f"least squares of {target} of strained cells, {kind}",
        report,
    )


def derivative_map(form: ElasticForm, kind: ElasticCoefficients) -> Array:
    """Matrix (n_constant, 6 + n_constant) from stress (Mandel's components) and second derivatives to the constants."""
    n = len(form.symbols)
    matrix = np.hstack([np.zeros((n, len(MANDEL))), np.eye(n)])
    if kind is ElasticCoefficients.STRESS_STRAIN:
        entries = np.array(form.entries).T
        for k, unit in enumerate(voigt_tensors(np.diag(1 / MANDEL))):
            matrix[:, k] = pre_stress_terms(unit)[entries[0], entries[1]]
    return matrix


def tensor_report(stress: Array, kind: ElasticCoefficients) -> dict[str, Any]:
    """Stress without strain [Pa] (6,), its part in the constants, and the kind of these, as plain JSON."""
    return {
        "stress without strain, xx yy zz yz xz xy [Pa]": [float(s) for s in stress],
        "constants": str(kind),
        "asymmetry by the stress without strain [Pa]": pre_stress_asymmetry(voigt_tensors(stress)),
    }


def expansion_report(form: ElasticForm) -> dict[str, Any]:
    """Elastic tensor of unit constants, by their symbols, as plain JSON."""
    return {symbol: matrix.tolist() for symbol, matrix in zip(form.symbols, form.expansion, strict=True)}
