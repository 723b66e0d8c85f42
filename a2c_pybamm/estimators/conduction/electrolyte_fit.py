"""Coefficients of an electrolyte's law from runs at several concentrations and temperatures."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from a2c_pybamm.data import Array
from a2c_pybamm.estimate import Estimate, Factor, label_hash
from a2c_pybamm.estimators.conduction.electrolyte_posterior import (
    ElectrolytePrior,
    Posterior,
    posterior,
    undetermined_limits,
)
from a2c_pybamm.estimators.conduction.electrolyte_rows import (
    D_E,
    L_S,
    SERIES,
    TDF,
    Runs,
    TransportRows,
    linearised,
    quantity_names,
    transport_jacobian,
    transport_rows,
)
from a2c_pybamm.estimators.statistics.averaging import covariance_columns
from a2c_pybamm.estimators.statistics.combination import combine
from a2c_pybamm.estimators.statistics.log_rates import validate_separate_errors
from a2c_pybamm.laws.conduction.electrolyte import FUNCTIONS, RANGE, ElectrolyteTransport


@dataclass(frozen=True)
class TransportMisfit:
    """Settings of the remarks on a law and the runs that it is fitted to."""

    significant: float = 2.0
    """Standard deviations of chi-squared from which the law misses the runs by more than their errors."""
    undetermined: float = 1.0
    """Standard deviation of the diffusivity's logarithm above which it is not determined by the runs."""


MISFIT = TransportMisfit()
"""Settings of all fits."""
T_PLUS_RANGE = "range of t_plus over 0 to 5 mol/L, 243 to 343 K"
"""Key of a provenance with the lowest and highest transference number of the mean coefficients."""
UNDETERMINED = "undetermined"
"""Key of a provenance with what the runs leave open within their own bounds, a line each."""
BOUNDS = {"bounds of c_e [mol.m-3]": "mol.m-3", "bounds of T [K]": "K"}
"""Keys of a provenance with the runs' bounds, and their units."""


def fit_electrolyte(
    runs: Runs,
    law: ElectrolyteTransport,
    *,
    declared: Sequence[Estimate] = (),
    prior: ElectrolytePrior | None = None,
    independent: Collection[str] = (),
) -> Estimate:
    r"""Coefficients of an `ElectrolyteTransport` from its quantities at concentrations and temperatures, errors by source.

    Generalised least squares of :math:`\ln\kappa`, :math:`t_+`, :math:`\ln L_s`, :math:`\ln\mathrm{TDF}` and
    :math:`\ln D_e`, any of them at each place, with the joint covariance of all runs and a wide normal prior
    (`ElectrolytePrior`). The result is linear in the data about the solution, so that each source's factor is carried with its
    labels: what all runs share (a potential, a committee, the density) stays correlated with all else that it touches.
    Beside the runs' own sources there are

    ======================================  ==========================================================================
    ``<m> (series in concentration)``       terms that the runs do not determine: the error that the prior leaves
    ``<m> (law of temperature)``            difference of Arrhenius' and Vogel's law, averaged by their evidence
    ``<m> electrolyte-transport (misfit)``  the law misses the runs by more than their errors: all errors widened
    ======================================  ==========================================================================

    The last is there where :math:`\chi^2/\nu > 1 + 2\sqrt{2/\nu}`, and widens the covariance to its :math:`\chi^2/\nu`-fold
    as Birge's ratio does. ``provenance["fit"]`` has :math:`\chi^2`, :math:`\nu` (values less the coefficients that they
    determine), the worst-fitted value, the runs' bounds, the weights of the laws of temperature, the range of
    :math:`t_+` over all concentrations and temperatures of use, which may leave [0, 1], and, as ``"undetermined"``, a line
    where the runs leave :math:`D_e` open by a factor e within their own bounds or at the reference temperature.

    Parameters
    ----------
    runs
        (concentration [mol.m-3], temperature [K]) → estimate of some of ``quantity_names(law.material)``: from `fit_onsager`
        and a thermodynamic factor's estimator, or from `declare` for what is measured or taken from a table.
    law
        Whose coefficients are estimated.
    declared
        Estimates of coefficients of the law: the ions' diffusivities at infinite dilution, say.
    independent
        Sources that estimates name alike although their realisations differ.

    Raises
    ------
    ValueError
        If a quantity is in no run, the diffusivities and activation energies of the ions do not follow from the runs, a place
        is impossible, a name is unknown, or the errors are fully shared.
    """
    prior = prior or ElectrolytePrior()
    rows, parts = transport_rows(runs, law, declared)
    _validate_quantities(law, rows)
    n = len(rows.values)
    joint = combine(parts, np.eye(n), [f"value {k}" for k in range(n)], rows.values, method="", independent=independent)
    validate_separate_errors(joint.covariance, law.material)
    root = np.asarray(np.linalg.cholesky(joint.covariance), float)
    laws = _laws_of_temperature(law)
    if names := undetermined_limits(next(iter(laws.values())), rows, root, prior):
        temperatures = ", ".join(f"{T:g}" for T in np.unique(rows.T))
        raise ValueError(
            f"{law.material}: the runs (at {temperatures} K) do not determine {', '.join(map(repr, names))}; add runs at "
            "another temperature, with two of kappa, t_plus and L_s at one of them, or give these in declared="
        )
    fits = {form: _with_weight(law, form, posterior(single, rows, root, prior)) for form, single in laws.items()}
    mean, weights, columns, report = _averaged(law, fits)
    report |= _quality(rows, rows.values - linearised(law, mean, rows)[0], root, report["degrees of freedom"])
    fitted = combine(
        parts,
        weights,
        law.names,
        mean,
        method=f"{law.kind} by generalised least squares with a prior, averaged over laws of temperature",
        provenance={"fit": {**report, **_range(law, mean)}},
        independent=independent,
    )
    columns |= _misfit(law, fitted, columns, report)
    stamp = label_hash([(part.names, sorted((s, f.labels) for s, f in part.factors.items())) for part in parts], repr(law))
    for source, values in columns.items():
        fitted = fitted.add_source(source, Factor(values, tuple(f"{stamp}:{k}" for k in range(values.shape[1]))))
    fit = {**fitted.provenance["fit"], UNDETERMINED: _undetermined(fitted, law)}
    return replace(fitted, provenance={**fitted.provenance, "fit": fit})


def electrolyte_at(estimate: Estimate, law: ElectrolyteTransport, c_e: float, T: float) -> Estimate:
    r"""Estimate of all five quantities of `quantity_names` that a fit gives at one concentration and temperature, by source.

    ``method`` states where the place lies beyond the runs.

    Raises
    ------
    ValueError
        If the estimate lacks a coefficient of the law, or the place is impossible.
    """
    if not (c_e > 0 and T > 0):
        raise ValueError(f"{law.material}: {c_e:g} mol.m-3 and {T:g} K; give a concentration and kelvin, both positive")
    fitted = estimate.select(law.names)
    c = dict(zip(law.names, fitted.mean, strict=True))
    place = np.array([float(c_e)]), np.array([float(T)])
    found = [transport_jacobian(law, c, quantity, *place) for quantity in SERIES]
    names = list(quantity_names(law.material).values())
    jacobian = np.vstack([rows for _, rows in found])
    where = _place(estimate, (float(c_e), float(T)))
    return fitted.map(names, [value[0] for value, _ in found], jacobian, method=f"{estimate.method}, {where}")


def _undetermined(fitted: Estimate, law: ElectrolyteTransport) -> list[str]:
    """Place within the runs' bounds, or at the reference temperature, of the least certain diffusivity, where it is open."""
    fit = fitted.provenance["fit"]
    concentrations, temperatures = (fit[key] for key in BOUNDS)
    corners = [(c_e, T) for c_e in concentrations for T in (*temperatures, law.reference_temperature)]
    names = [quantity_names(law.material)[quantity] for quantity in (D_E, TDF, L_S)]
    found = [electrolyte_at(fitted, law, *corner).select(names).std for corner in corners]
    worst = int(np.argmax([std[0] for std in found]))
    if found[worst][0] <= MISFIT.undetermined:
        return []
    (c_e, T), (std, tdf, onsager) = corners[worst], found[worst]
    return [
        f"ln(D_e) at {c_e:g} mol.m-3 and {T:g} K is ± {std:.2g} (of ln(TDF) {tdf:.2g}, of ln(L_s) {onsager:.2g}); "
        f"add runs with {TDF if tdf > onsager else L_S} near there"
    ]


def _place(estimate: Estimate, place: tuple[float, float]) -> str:
    """Position of a place relative to the bounds of the runs, in words."""
    fit = estimate.provenance.get("fit", {})
    outside = []
    for (key, unit), value in zip(BOUNDS.items(), place, strict=True):
        low, high = fit.get(key, (-np.inf, np.inf))
        if not low <= value <= high:
            outside.append(f"{value:g} {unit} from runs at {low:g} to {high:g} {unit}")
    return f"extrapolated to {' and '.join(outside)}" if outside else "within the runs"


def _validate_quantities(law: ElectrolyteTransport, rows: TransportRows) -> None:
    """Raise ``ValueError`` where a function of the law is in no run."""
    names, given = quantity_names(law.material), set(rows.quantities)
    lacking = [quantity for quantity in FUNCTIONS if quantity not in {part for g in given for part in SERIES[g]}]
    if D_E in given and not {L_S, TDF} & given:
        lacking.append(TDF)  # a diffusivity alone is a product of both
    if lacking:
        listed = " and ".join(repr(names[quantity]) for quantity in lacking)
        hint = "; an ideal solution has ln TDF = 0, to be declared with its error" if TDF in lacking else ""
        raise ValueError(f"{law.material}: no run gives {listed}; add it at one place at least{hint}")


def _laws_of_temperature(law: ElectrolyteTransport) -> dict[str, ElectrolyteTransport]:
    """Laws of one dependence on temperature each, that a law is averaged from."""
    both: tuple[Literal["arrhenius"], Literal["vft"]] = ("arrhenius", "vft")
    return {form: replace(law, temperature=form) for form in (both if law.temperature == "both" else (law.temperature,))}


def _with_weight(law: ElectrolyteTransport, form: str, fit: Posterior) -> Posterior:
    """A fit of one law of temperature in the coefficients of a law of both."""
    if law.temperature != "both":
        return fit
    at = law.names.index(law.weight_name)
    arrays = (np.insert(array, at, 0.0, axis=0) for array in (fit.weights, fit.prior_factor))
    weights, prior_factor = arrays
    mean = np.insert(fit.mean, at, float(form == "vft"))
    return replace(fit, mean=mean, weights=weights, prior_factor=prior_factor)


def _averaged(
    law: ElectrolyteTransport, fits: Mapping[str, Posterior]
) -> tuple[Array, Array, dict[str, Array], dict[str, Any]]:
    """Mean, its derivative by the data, columns of error by source, and the beginning of the report."""
    logs = np.array([fit.evidence for fit in fits.values()])
    share = np.exp(logs - logs.max())
    share /= share.sum()
    means = np.array([fit.mean for fit in fits.values()])
    mean = share @ means
    weights = np.einsum("m,mij->ij", share, [fit.weights for fit in fits.values()])
    left = np.hstack([np.sqrt(w) * fit.prior_factor for w, fit in zip(share, fits.values(), strict=True)])
    columns = {f"{law.material} (series in concentration)": covariance_columns(left)}
    if len(fits) > 1:
        columns[f"{law.material} (law of temperature)"] = (np.sqrt(share)[:, None] * (means - mean)).T
    best = list(fits.values())[int(share.argmax())]
    report = {
        "weights of the laws of temperature": dict(zip(fits, share.tolist(), strict=True)),
        "amplitudes of the series": best.amplitudes,
        "degrees of freedom": float(share @ [fit.degrees_of_freedom for fit in fits.values()]),
    }
    return mean, weights, columns, report


def _quality(rows: TransportRows, residual: Array, root: Array, degrees_of_freedom: float) -> dict[str, Any]:
    """Distance of the law from the runs, for the provenance."""
    square = float(np.sum(np.linalg.solve(root, residual) ** 2))
    ratio = residual / np.linalg.norm(root, axis=1)
    worst = int(np.argmax(np.abs(ratio)))
    bounds = zip(BOUNDS, (rows.c_e, rows.T), strict=True)
    return {
        "chi2": square,
        "chi2 per degree of freedom": square / max(degrees_of_freedom, 1.0),
        "worst-fitted value": rows.place(worst),
        "its residual over its std": float(ratio[worst]),
        "values": len(rows.values),
        **{key: [float(values.min()), float(values.max())] for key, values in bounds},
    }


def _range(law: ElectrolyteTransport, mean: Array) -> dict[str, Any]:
    """Lowest and highest transference number of the mean coefficients over the whole range of use."""
    c = dict(zip(law.names, mean, strict=True))
    salt, T = RANGE.grid
    t_plus = law.cation_transference_number(c, salt, T)
    return {T_PLUS_RANGE: [float(t_plus.min()), float(t_plus.max())]}


def _misfit(
    law: ElectrolyteTransport, fitted: Estimate, columns: Mapping[str, Array], report: Mapping[str, Any]
) -> dict[str, Array]:
    """Columns that widen all errors to the reduced chi-squared, where that is significantly above one; else none."""
    reduced, free = report["chi2 per degree of freedom"], max(report["degrees of freedom"], 1.0)
    if reduced <= 1 + MISFIT.significant * np.sqrt(2 / free):
        return {}
    root = covariance_columns(np.hstack([*(factor.values for factor in fitted.factors.values()), *columns.values()]))
    return {f"{law.material} {law.kind} (misfit)": np.sqrt(reduced - 1) * root}
