r"""Thermodynamic factor of a salt from its activities over concentration."""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial

import numpy as np

from a2c_pybamm.data import ActivityTable, ConcentrationScale
from a2c_pybamm.estimate import Array, Estimate, Factor
from a2c_pybamm.estimators.fingerprint import data_fingerprint, traced_provenance
from a2c_pybamm.estimators.thermodynamics.smoothing_spline import SmoothFit, average_over_smoothing
from a2c_pybamm.laws.conduction.electrolyte_names import thermodynamic_factor_name


@dataclass(frozen=True)
class ActivitySmoothing:
    """Settings of the smooth curve through activities, and of what it must resolve."""

    derivative: int = 3
    """Order of the derivative by √c whose square is the roughness: curves of activities bend smoothly in √c."""
    n_knot: int = 40
    """Places between zero and the largest √c where that derivative may change."""
    least_bending: float = 0.5
    """Effective coefficients that a curve has at least beside the unpenalised ones: data with much noise do not show that
    there are none. Without it 95 % intervals of a Pitzer curve with 2 % noise held 79 % at one concentration."""
    screening: tuple[float, ...] = (1.2, 4.0)
    """b of unpenalised terms √I/(1 + b√I), I in mol/kg or mol/L, which bend where ions screen each other: the value of K. S.
    Pitzer, J. Phys. Chem. 77 (1973) 268, and that of larger ions; tables of few rows have the first alone, or none."""
    molar_unit: float = 1e3
    """One mole per litre [mol.m-3], in whose unit b stands."""
    resolved: float = 3.0
    """Standard deviations by which the factor must lie above zero for its logarithm to have a normal error."""
    beyond: float = 1e-9
    """Share of the largest concentration by which a place may lie beyond it, by rounding."""
    volume_powers: tuple[float, ...] = (0.0, 1.0, 1.5, 2.0)
    """Powers of the molality in the solution's volume: solvent, limiting volume, Masson's √m term, and the next."""


SMOOTHING = ActivitySmoothing()
"""Settings of all fits."""


def fit_thermodynamic_factor(
    table: ActivityTable,
    concentration: float,
    *,
    material: str,
    source: str | None = None,
    smoothing: ActivitySmoothing = SMOOTHING,
) -> Estimate:
    r"""Logarithm of the thermodynamic factor :math:`1 + d\ln f_\pm/d\ln c` at one concentration, from activities.

    .. math::
        \mathrm{TDF} = \frac{d\ln a_\pm}{d\ln c} = \Bigl(1 + \frac{d\ln\gamma_m}{d\ln m}\Bigr)\frac{d\ln m}{d\ln c},
        \qquad \frac{d\ln m}{d\ln c} = \frac{1}{1 - c\bar V_e}, \quad \bar V_e = \frac{dV}{dm}

    with :math:`V(m)` the volume of the solution that holds one kilogram of solvent, :math:`c = m/V` [1]_. On the molar scale
    the last factor is 1. The curve is a smoothing spline of :math:`s = \sqrt m`, in which Debye and Hückel's series goes,

    .. math::
        \ln\gamma_\pm = \frac{a_1s}{1 + 1.2s} + \frac{a_2s}{1 + 4s} + \sum_{k<3} b_k s^k + \int_0^s w(u)\,\frac{(s-u)^2}{2}\,du

    with the penalty :math:`\int w^2`, averaged over its weight by restricted likelihood; :math:`b_0 = 0` where the table is
    referred to infinite dilution.

    **Error.** The covariance is the posterior one of [2]_, which holds what smoothing may have hidden. The spread between
    weights of the penalty is the source ``"<material> smoothness of activities"``; where declared standard deviations are
    exceeded (χ²/ν > 1), there is ``"<material> activities (misfit)"``. Estimates at several concentrations of one table have
    the same labels, so that they stay correlated in a joint fit.

    Parameters
    ----------
    concentration
        Concentration of the salt [mol.m-3], within the table or below its first row where that is referred to infinite
        dilution.
    material
        The electrolyte, as it begins the coefficient's name.
    source
        Name of the error of the data; ``"<label> activities (fit)"`` unless given.

    Raises
    ------
    ValueError
        If the concentration lies outside the table, rows are too few, a molal table has no volumes, or the factor is not
        resolved from zero by three standard deviations.

    References
    ----------
    .. [1] R. A. Robinson, R. H. Stokes, Electrolyte Solutions, 2nd ed. (1959), chapter 2: molal and molar scale.
    .. [2] G. Wahba, J. R. Stat. Soc. B 45, 133 (1983).
    """
    where = f"{material}: activities of {table.label}"
    fit, largest = _smooth_curve(table, smoothing, where)
    amount, conversion = _place(table, concentration, smoothing, where)
    row = _slope_row(np.sqrt(amount / largest), table, smoothing)
    slope = 1 + float(row @ fit.mean)
    factor = slope * conversion
    parts = {
        source or f"{table.label} activities (fit)": row @ fit.root,
        f"{material} smoothness of activities": row @ fit.between,
    }
    excess = _excess(table, fit, smoothing)
    if excess > 1:
        parts[f"{material} activities (misfit)"] = np.sqrt(excess - 1) * (row @ fit.root)
    std = float(np.sqrt(sum(float(columns @ columns) for columns in parts.values())))
    if not slope > smoothing.resolved * std:
        raise ValueError(
            f"{where}: the thermodynamic factor at {concentration:g} mol/m3 is {factor:.3g} ± {std * conversion:.2g}, not "
            f"above zero by {smoothing.resolved:g} standard deviations; add rows near it, or state a smaller std"
        )
    stamp = data_fingerprint(table, material, smoothing.derivative, smoothing.n_knot)
    factors = {
        name: Factor(columns[None] / slope, tuple(f"{stamp}:{name}:{k}" for k in range(len(columns))))
        for name, columns in parts.items()
        if columns.any()
    }
    report = {
        "concentration [mol.m-3]": concentration,
        "temperature [K]": table.temperature,
        "thermodynamic factor": factor,
        "dln m/dln c": conversion,
        "effective coefficients": fit.degrees,
        "residual std": _residual_std(table, fit, largest, smoothing),
        "chi-squared per degree of freedom": excess if table.std is not None else None,
    }
    method = "smoothing spline of ln γ± in √c, averaged over its smoothness by restricted likelihood"
    provenance = {"label": table.label, **traced_provenance(table), "fit": report}
    return Estimate((thermodynamic_factor_name(material),), np.log([factor]), factors, method, provenance)


def _smooth_curve(table: ActivityTable, smoothing: ActivitySmoothing, where: str) -> tuple[SmoothFit, float]:
    """Smooth curve of ln γ over √(c/c_max), and c_max in the table's unit."""
    largest = float(table.concentration.max())
    s = np.sqrt(table.concentration / largest)
    design = _design(s, table, smoothing, 0)
    spare = 1 if table.std is not None else smoothing.derivative
    need = smoothing.derivative - table.referred + spare
    if (n := len(np.unique(s))) < need:
        raise ValueError(
            f"{where}: {n} different concentration(s), a smooth curve needs {need}"
            + ("; add some" if table.std is not None else f", or {need - spare + 1} and their std; add some")
        )
    penalty = np.diag(np.r_[np.zeros(design.shape[1] - smoothing.n_knot), np.ones(smoothing.n_knot)])
    noise = np.ones_like(s) if table.std is None else table.std
    white, y = design / noise[:, None], table.ln_coefficient / noise
    fit = average_over_smoothing(white, y, penalty, table.std is not None, least_bending=smoothing.least_bending)
    return fit, largest


def _design(s: Array, table: ActivityTable, smoothing: ActivitySmoothing, order: int) -> Array:
    """Screening terms, polynomials and truncated powers of s, or their derivatives by it (n, n_coefficient)."""
    r = smoothing.derivative
    knots = (np.arange(smoothing.n_knot) + 0.5) / smoothing.n_knot
    unit = smoothing.molar_unit if table.scale is ConcentrationScale.MOLAR else 1.0
    largest = np.sqrt(table.concentration.max() / unit)
    spare = 1 if table.std is not None else r
    n_term = len(np.unique(table.concentration)) - (r - table.referred) - spare
    terms = [b * largest for b in smoothing.screening[: max(n_term, 0)]]
    columns = [s / (1 + b * s) if not order else 1 / (1 + b * s) ** 2 for b in terms]
    columns += [_power(s, k, order) / factorial(k) for k in range(1 if table.referred else 0, r)]
    scale = factorial(r - 1) * np.sqrt(smoothing.n_knot)
    columns += [(s > u) * _power(np.maximum(s - u, 0), r - 1, order) / scale for u in knots]
    return np.column_stack(columns)


def _power(s: Array, k: int, order: int) -> Array:
    """The power k of s, or its first derivative."""
    return np.asarray(s**k if not order else k * s ** (k - 1) if k else np.zeros_like(s))


def _slope_row(s: float, table: ActivityTable, smoothing: ActivitySmoothing) -> Array:
    r"""Row that gives :math:`d\ln\gamma/d\ln c = (s/2)\,d\ln\gamma/ds` of the curve's coefficients (n_coefficient,)."""
    return s / 2 * _design(np.array([s]), table, smoothing, 1)[0]


def _excess(table: ActivityTable, fit: SmoothFit, smoothing: ActivitySmoothing) -> float:
    """χ² per degree of freedom where standard deviations are declared, 1 where they are not: scatter widens the fit."""
    if table.std is None:
        return 1.0
    design = _design(np.sqrt(table.concentration / table.concentration.max()), table, smoothing, 0)
    free = len(table.concentration) - fit.degrees
    chi2 = float((((table.ln_coefficient - design @ fit.mean) / table.std) ** 2).sum())
    return chi2 / free if free > 1 else 1.0


def _residual_std(table: ActivityTable, fit: SmoothFit, largest: float, smoothing: ActivitySmoothing) -> float:
    """Root mean square of what the curve leaves of ln γ."""
    design = _design(np.sqrt(table.concentration / largest), table, smoothing, 0)
    return float(np.sqrt(np.mean((table.ln_coefficient - design @ fit.mean) ** 2)))


def _place(table: ActivityTable, c: float, smoothing: ActivitySmoothing, where: str) -> tuple[float, float]:
    """A concentration [mol.m-3] on the table's scale, and d(ln of it)/d(ln c) there."""
    if not (np.isfinite(c) and c > 0):
        raise ValueError(f"{where}: concentration {c:g} mol/m3; give a positive one")
    if table.scale is ConcentrationScale.MOLAR:
        amount, conversion = c, 1.0
        low, high = float(table.concentration.min()), float(table.concentration.max())
    else:
        coefficients = _volume_coefficients(table, smoothing, where)
        ends = np.array([table.concentration.min(), table.concentration.max()])
        low, high = (ends / _volume(ends, coefficients, smoothing)[0]).tolist()
        amount = _molality(c, ends[1], coefficients, smoothing) if c <= high * (1 + smoothing.beyond) else np.inf
        conversion = 1 / (1 - c * float(_volume(np.array([amount]), coefficients, smoothing)[1][0])) if c <= high else 1.0
    low = 0.0 if table.referred else low * (1 - smoothing.beyond)
    if not low < c <= high * (1 + smoothing.beyond):
        raise ValueError(f"{where}: {c:g} mol/m3 lies outside the table, {low:.6g} to {high:.6g} mol/m3; ask within it")
    return amount, conversion


def _volume_coefficients(table: ActivityTable, smoothing: ActivitySmoothing, where: str) -> Array:
    """Coefficients of the solution's volume in powers of the molality, by least squares, as many as there are rows for."""
    if table.solution_volume is None:
        raise ValueError(
            f"{where}: on the molal scale, without the solution's volume; give densities and the salt's molar mass, or a "
            "density of the solvent and a partial molar volume"
        )
    n = min(len(smoothing.volume_powers), len(np.unique(table.concentration)))
    scale = table.concentration.max()
    design = (table.concentration[:, None] / scale) ** np.array(smoothing.volume_powers[:n])
    found = np.linalg.lstsq(design, table.solution_volume, rcond=None)[0]
    return np.asarray(found / scale ** np.array(smoothing.volume_powers[:n]))


def _volume(m: Array, coefficients: Array, smoothing: ActivitySmoothing) -> tuple[Array, Array]:
    """Volume [m3.kg-1] and its derivative by the molality [m3.mol-1], at molalities (n,)."""
    powers = np.array(smoothing.volume_powers[: len(coefficients)])
    derivative = powers[1:] * coefficients[1:] * m[:, None] ** (powers[1:] - 1)
    return (m[:, None] ** powers) @ coefficients, derivative.sum(axis=1)


def _molality(c: float, largest: float, coefficients: Array, smoothing: ActivitySmoothing) -> float:
    """Molality at which the concentration m/V(m) is c [mol.m-3]."""
    from scipy.optimize import brentq

    def beyond(m: float) -> float:
        return m / float(_volume(np.array([m]), coefficients, smoothing)[0][0]) - c

    top = largest * (1 + 2 * smoothing.beyond)
    return float(brentq(beyond, 0.0, top)) if beyond(largest) > 0 else largest
