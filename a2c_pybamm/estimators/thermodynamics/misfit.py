r"""The misfit of a law of few coefficients, as an error of its own.

The same data have a second fit, by a spline with many slopes under a roughness prior, which follows any smooth curve. Where the
law's voltage, slope or entropic change is farther from it than that fit's own error, the law's coefficients get an error under
the source ``<material> <law> (misfit)``: of a shape that moves the voltage alike at all compositions, and so large that
intervals of 95 % reach the spline at 95 % of compositions. It is smooth over x, and in every quantity that follows from the
coefficients.

Where noise is declared and the spline's χ²/ν no smaller than the law's (a step too sharp for it), it judges no law: the
covariance of the coefficients is then widened by the law's own χ²/ν, as Birge's ratio does (Phys. Rev. 40 (1932) 207).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.estimate import Array, Estimate, Factor
from a2c_pybamm.estimators.statistics.averaging import covariance_columns
from a2c_pybamm.estimators.thermodynamics.roughness_prior import RoughnessPrior, SlopePosterior, slope_posterior
from a2c_pybamm.estimators.thermodynamics.slope_data import SlopeRows, linear_problem, start_slopes, thermal_voltage
from a2c_pybamm.laws.law import COMPLEX_STEP
from a2c_pybamm.laws.thermodynamics.free_energy import PhaseForming
from a2c_pybamm.laws.thermodynamics.logit_basis import logit
from a2c_pybamm.laws.thermodynamics.logit_spline import LogitSpline

REFERENCE_PRIOR = RoughnessPrior(plain_stds=(1.0, 10.0, 100.0), smoothings=tuple(np.logspace(-6, 4, 9)))
"""Prior of the spline beside a law: slopes of either sign, for which one step is the fit."""


@dataclass(frozen=True)
class MisfitSettings:
    """Settings of the comparison of a law with the spline beside it."""

    n_slope: int = 40
    """Slopes of the spline."""
    half_width: float = 1.96
    """Half width of the central 95 % of a normal distribution, in standard deviations."""
    significant: float = 2.0
    """Distance from the spline, in the spline's own standard deviations, from which it is a misfit."""
    held_share: float = 0.95
    """Share of compositions at which the spline lies within the law's 95 % intervals."""
    n_composition: int = 61
    """Compositions at which law and spline are compared."""
    end_margin: float = 0.02
    """Distance from empty and full beyond which they are compared."""


MISFIT = MisfitSettings()
"""Settings of all fits."""


@dataclass(frozen=True, eq=False)
class ReferenceCurves:
    """Curves of the spline at compositions, and their standard deviations."""

    x: Array
    """Compositions (n,)."""
    voltage: Array
    """U [V] (n,)."""
    voltage_std: Array
    slope: Array
    r""":math:`\Theta(1-x)` (n,)."""
    slope_std: Array
    scatter: float
    """Standard deviation of data of relative standard deviation one."""
    warming: Array | None = None
    """Entropic change [V.K-1] (n,), where the data tell it."""
    warming_std: Array | None = None
    reduced_chi_squared: float = 0.0
    r""":math:`\chi^2/\nu` of the data about the spline; 0 where their noise is not known but from it."""
    entropies_apart: bool = False
    """True where the entropic change follows from entropies, not from the potentials."""


def reference_law(law: PhaseForming, x: Array, *, entropies: bool = False) -> LogitSpline:
    """Spline with evenly spaced knots over the compositions of some data, at a law's temperature and of its ion."""
    knots = np.linspace(
        max(float(x.min()), MISFIT.end_margin / 2), min(float(x.max()), 1 - MISFIT.end_margin / 2), MISFIT.n_slope + 1
    )
    count = MISFIT.n_slope if entropies else 0
    ion = str(getattr(law, "ion", "Li"))
    return LogitSpline("reference", tuple(knots.tolist()), (0.0, 1.0), "plain", law.reference_temperature, count, ion)


def reference_curves(
    rows: Sequence[SlopeRows], spline: LogitSpline, *, mixing: float = 1.0, entropies: SlopePosterior | None = None
) -> ReferenceCurves:
    """Curves of the spline that is fitted to some rows.

    ``mixing`` is 0 where ideal mixing is left out of the voltage: of energies at 0 K and a law that has none. ``entropies`` are
    excess entropies of a Boltzmann average, in units of R.
    """
    several = spline.entropies > 0 and any(bool(row.warming.any()) for row in rows)
    linear = linear_problem(rows, entropies=several)
    known = all(row.known for row in rows)
    z = logit(spline.basis.places)
    start = start_slopes(rows, spline) - 1
    found = slope_posterior(linear, z, positive=False, noise_known=known, start=start, prior=REFERENCE_PRIOR)
    low, high = spline.knots[0], spline.knots[-1]
    x = np.linspace(max(low, MISFIT.end_margin), min(high, 1 - MISFIT.end_margin), MISFIT.n_composition)
    thermal, first = thermal_voltage(spline) / spline.valence, found.n_linear - (2 if several else 1)
    places = np.arange(found.n_linear, found.n_linear + found.n_slope)
    voltage, slope, warming = np.zeros((3, len(x), len(found.mean)))
    voltage[:, first] = 1.0
    voltage[:, places] = -thermal * spline.basis.curves(x)
    slope[:, places] = spline.basis.slopes(x)
    ideal = thermal * spline.basis.curves(x).sum(axis=1) - mixing * thermal * logit(x)
    curves = ReferenceCurves(
        x,
        voltage @ found.mean + ideal,
        _std(voltage, found.covariance),
        slope @ found.mean - (1 - mixing),
        _std(slope, found.covariance),
        found.scatter,
        reduced_chi_squared=found.chi_squared / max(found.degrees_of_freedom, 1.0) if known else 0.0,
    )
    if entropies is not None:
        return replace(curves, **_entropic(spline, entropies, x))
    if not several:
        return curves
    per_unit = GAS_CONSTANT / (spline.valence * FARADAY)
    warming[:, first + 1] = per_unit
    warming[:, found.n_linear + found.n_slope :] = per_unit * spline.basis.curves(x)
    rest = -per_unit * logit(x) - spline.metal_entropy / (spline.valence * FARADAY)
    return replace(curves, warming=warming @ found.mean + rest, warming_std=_std(warming, found.covariance))


def _entropic(spline: LogitSpline, entropies: SlopePosterior, x: Array) -> dict[str, Any]:
    """Entropic change of configurations and the metal [V.K-1] (n,), and its standard deviation."""
    per_unit = GAS_CONSTANT / (spline.valence * FARADAY)
    rows = per_unit * spline.basis.curves(x)
    rest = -per_unit * logit(x) - spline.metal_entropy / (spline.valence * FARADAY)
    warming, std = rows @ entropies.mean + rest, _std(rows, entropies.covariance)
    return {"warming": warming, "warming_std": std, "entropies_apart": True}


def _std(rows: Array, covariance: Array) -> Array:
    return np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", rows, covariance, rows), 0.0))


def with_misfit(
    estimate: Estimate, law: PhaseForming, reference: ReferenceCurves, ratio: Array, free: float, stamp: str
) -> Estimate:
    r"""The estimate with the law's distance from the reference as a source of its error, where there is one.

    There is none where the data are as near to the law as their noise lets them: :math:`\chi^2/\nu \le 1 + 2\sqrt{2/\nu}`.
    Where they are farther, and the reference's is no smaller, the covariance is widened to its :math:`\chi^2/\nu`-fold.

    Parameters
    ----------
    ratio
        Residuals of the law over the noise of the data, declared or the scatter of the reference (n,).
    free
        Degrees of freedom :math:`\nu` that the law leaves.
    stamp
        Beginning of the labels of its columns.
    """
    free = max(free, 1.0)
    reduced = float(ratio @ ratio) / free
    near = reduced <= 1 + MISFIT.significant * np.sqrt(2 / free)
    if near and not reference.entropies_apart:
        return estimate
    T, x = law.reference_temperature, reference.x
    c = {**dict.fromkeys(law.names, 0.0), **dict(zip(estimate.names, estimate.mean, strict=True))}

    def curves(c: Mapping[str, Any], at: Any) -> tuple[Any, Any]:
        factor = law.thermodynamic_factor(c, at, T)
        return law.open_circuit_voltage(c, at, T), factor * (1 - at)

    voltage, slope = curves(c, x)
    by_voltage, by_slope = _derivatives(curves, c, estimate.names, x)
    covariance = estimate.covariance
    pairs = [
        (reference.voltage - voltage, reference.voltage_std, by_voltage),
        (reference.slope - slope, reference.slope_std, by_slope),
    ]
    columns = []
    if not near and reference.reduced_chi_squared < reduced:
        columns = [_columns(by_voltage, pairs, covariance)]
    elif not near:
        root = np.hstack([factor.values for factor in estimate.factors.values()])
        columns = [np.sqrt(reduced - 1) * covariance_columns(root)]
    if reference.warming is not None and reference.warming_std is not None:
        (by_warming,) = _derivatives(lambda c, at: (law.entropic_change(c, at, T),), c, estimate.names, x)
        distance = reference.warming - law.entropic_change(c, x, T)
        columns.append(_columns(by_warming, [(distance, reference.warming_std, by_warming)], covariance))
    values = np.hstack([np.zeros((len(estimate.names), 0)), *columns])
    if not values.shape[1]:
        return estimate
    source = f"{getattr(law, 'material', law.kind)} {law.kind} (misfit)"
    return estimate.add_source(source, Factor(values, tuple(f"{stamp}:{k}" for k in range(values.shape[1]))))


def _derivatives(curves: Any, c: Mapping[str, float], names: Sequence[str], x: Array) -> list[Array]:
    """Derivatives of some curves (n_x, n_name) by coefficients, by complex steps."""
    stepped: dict[str, Any] = dict(c)
    for k, name in enumerate(names):
        step = np.zeros((len(names), 1), complex)
        step[k] = 1j * COMPLEX_STEP
        stepped[name] = c[name] + step
    return [np.imag(np.broadcast_to(curve, (len(names), len(x)))).T / COMPLEX_STEP for curve in curves(stepped, x)]


def _columns(sensitivity: Array, pairs: Sequence[tuple[Array, Array, Array]], covariance: Array) -> Array:
    """Columns (n_name, n_column) that move a curve alike at all x, so large that distances are held; none where none is needed.

    Parameters
    ----------
    sensitivity
        Derivatives of that curve (n_x, n_name).
    pairs
        Distances from the reference, the reference's standard deviations, and derivatives, of curves that are to be held.
    """
    _, size, right = np.linalg.svd(sensitivity / np.sqrt(len(sensitivity)), full_matrices=False)
    kept = size > np.finfo(float).eps * len(sensitivity) * size[0] if len(size) and size[0] > 0 else np.zeros(0, dtype=bool)
    if not kept.any():
        return np.zeros((sensitivity.shape[1], 0))
    shape = right[kept].T / size[kept] / np.sqrt(kept.sum())
    factor = max(_needed(distance, std, rows, shape, covariance) for distance, std, rows in pairs)
    return factor * shape if factor > 0 else np.zeros((sensitivity.shape[1], 0))


def _needed(distance: Array, std: Array, rows: Array, shape: Array, covariance: Array) -> float:
    """Factor on a shape with which 95 % intervals hold the distances at 95 % of compositions; 0 where they do already."""
    own = np.einsum("ij,jk,ik->i", rows, covariance, rows)
    by_shape = ((rows @ shape) ** 2).sum(axis=1)
    missing = np.where(np.abs(distance) > MISFIT.significant * std, (distance / MISFIT.half_width) ** 2 - own, 0.0)
    ratio = np.maximum(missing, 0.0) / np.maximum(by_shape, np.finfo(float).tiny)
    return float(np.sqrt(np.quantile(ratio, MISFIT.held_share, method="higher")))
