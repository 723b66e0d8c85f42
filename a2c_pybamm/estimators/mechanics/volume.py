"""Partial molar volume and volumetric strain from the volumes of structures with different ion content."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import block_diag
from scipy.special import ndtri

from a2c_pybamm.data import EnergyTable, Extent, validate_extent
from a2c_pybamm.estimate import Array, Estimate, Factor
from a2c_pybamm.estimators.fingerprint import data_fingerprint, traced_provenance
from a2c_pybamm.estimators.statistics.averaging import (
    LEAST_DEGREES_OF_FREEDOM,
    Average,
    average_nested,
    covariance_columns,
    student_variance,
)
from a2c_pybamm.estimators.thermodynamics.orderings import SAME_COMPOSITION
from a2c_pybamm.laws.law import coefficient
from a2c_pybamm.laws.mechanics.crystal_volume import CrystalVolume


@dataclass(frozen=True, eq=False)
class _Volumes:
    """Median volume of the orderings of each composition, over the mean of all."""

    x: Array
    """(n_composition,)."""
    relative: Array
    """(n_composition,)."""
    scale: float
    """Mean of all [m3.mol-1]."""
    ordering_std: Array
    """Standard deviation of the orderings of one composition (n_composition,); 0 where only one arrangement exists."""
    count: Array
    """Structures of each composition (n_composition,)."""


def fit_volume(table: EnergyTable, law: CrystalVolume, *, source: str, average_orders: bool = True) -> Estimate:
    r"""Volume per mole of sites at the reference composition, and the coefficients of the partial molar volume.

    Least squares of a polynomial V(x) to the median volume at each composition, of the converged structures in the law's
    window; a median, because single orderings relax into other crystals. Orders from 0 to that of the law are averaged as
    nested laws (`average_nested`). There are two sources of error:

    - ``source``: which orderings a crystal has at a temperature is not known. Their standard deviation at one composition, by
      the pooled median deviation, is the error of each composition's volume, but not of the empty and the full host, which
      have one arrangement.
    - ``"<source>: misfit"``: the residuals of the medians about the polynomial, widened by Student's t, and the spread between
      the orders; and for the slope alone (``"<material> Omega local"``) the mean square of the residuals' secants between
      neighbouring compositions, less what the orderings' scatter makes of them.

    The error of the method that made the volumes is a third, by a committee (`combine_members`).

    Raises
    ------
    ValueError
        If the table has no volumes, one is not positive, or there are too few compositions for the law's order.
    """
    data = _volumes(table, law)
    sizes = list(range(2, law.order + 1 + 2)) if average_orders else [law.order + 2]
    needed = sizes[-1] + LEAST_DEGREES_OF_FREEDOM
    if len(data.x) < needed:
        raise ValueError(
            f"volumes of {table.label}: {len(data.x)} compositions with converged structures at x = {law.window[0]:g} to "
            f"{law.window[1]:g}, and a partial molar volume of order {law.order} needs {needed} for an error; lower the order, "
            "widen the window, or add structures"
        )
    design = np.column_stack([np.ones_like(data.x), *(np.broadcast_to(part, data.x.shape) for part in law.integrals(data.x))])
    fit = average_nested(design, data.relative, np.ones_like(data.x), sizes, known=False)
    stamp = data_fingerprint(table, source, law.material, law.order, law.window, law.reference, average_orders)
    orderings = np.vstack([fit.combination * data.ordering_std, np.zeros_like(data.x)])
    misfit = covariance_columns(np.hstack([fit.scatter * fit.combination, fit.between_model_factor]))
    misfit = block_diag(misfit, _local_std(data, design, fit))
    factors = {source: _factor(data.scale * covariance_columns(orderings), f"{stamp}:orderings")} if orderings.any() else {}
    factors[f"{source}: misfit"] = _factor(data.scale * misfit, f"{stamp}:misfit")
    provenance = {"label": table.label, "data": traced_provenance(table), "fit": _report(data, fit)}
    mean = data.scale * np.append(fit.mean, 0.0)
    return Estimate(law.names, mean, factors, "least squares of volumes over composition", provenance)


def partial_molar_volume(
    table: EnergyTable,
    x: float,
    *,
    material: str,
    order: int = 1,
    window: tuple[float, float] = (0.0, 1.0),
    source: str | None = None,
) -> Estimate:
    r"""Partial molar volume :math:`\Omega = N_\mathrm{A}\,\partial V/\partial n` [m3.mol-1] of the ions at one composition.

    That of `fit_volume`, ``"<material> Omega x = <x> [m3.mol-1]"``, with its sources.

    Parameters
    ----------
    order
        Highest order of :math:`\Omega(x)`; lower ones are averaged with it.
    window
        Compositions whose structures count.
    source
        Name of the error by the orderings; ``"<material> volumes (orderings)"`` if not given.

    Raises
    ------
    ValueError
        If x lies outside the window, or for the reasons of `fit_volume`.
    """
    law = CrystalVolume(material, order, window, reference=window[0])
    if not window[0] <= x <= window[1]:
        raise ValueError(f"{material}: x = {x:g} lies outside the window {window[0]:g} to {window[1]:g}; move one of them")
    estimate = fit_volume(table, law, source=source or f"{material} volumes (orderings)")
    row = np.array([[0.0, *law.terms(x), 1.0]])
    return estimate.map([coefficient(material, f"Omega x = {x:g}", "m3.mol-1")], row @ estimate.mean, row)


def _volumes(table: EnergyTable, law: CrystalVolume) -> _Volumes:
    """Means by composition; ``ValueError`` where the table has no volumes per site."""
    validate_extent(table, Extent.SITE, f"energies of {table.label}")
    if table.volume is None:
        raise ValueError(f"energies of {table.label}: no volumes; name their column with volume_column")
    low, high = law.window[0] - SAME_COMPOSITION, law.window[1] + SAME_COMPOSITION
    rows = np.flatnonzero(table.converged & (table.x >= low) & (table.x <= high))
    for row in rows:
        if not 0 < table.volume[row] < np.inf:
            raise ValueError(f"energies of {table.label}: volume of {table.structure[row]!r} is not positive; correct it")
    rows = rows[np.argsort(table.x[rows], kind="stable")]
    groups = np.split(rows, np.flatnonzero(np.diff(table.x[rows]) > SAME_COMPOSITION) + 1) if len(rows) else []
    volumes = [table.volume[group] for group in groups]
    if not groups:
        return _Volumes(np.empty(0), np.empty(0), 1.0, np.empty(0), np.empty(0))
    x = np.array([table.x[group].mean() for group in groups])
    medians = np.array([np.median(values) for values in volumes])
    scale = float(medians.mean())
    pooled = _ordering_std(volumes) / scale
    several = (x > SAME_COMPOSITION) & (x < 1 - SAME_COMPOSITION)
    return _Volumes(x, medians / scale, scale, np.where(several, pooled, 0.0), np.array([len(group) for group in groups]))


def _ordering_std(volumes: list[Array]) -> float:
    """Standard deviation of the orderings of one composition [m3.mol-1], of a normal law with their median deviation.

    The structure that is a median has no deviation; the others, of compositions with several, count.
    """
    deviations = [np.sort(np.abs(values - np.median(values)))[1:] for values in volumes]
    pooled = np.concatenate(deviations)
    return float(np.median(pooled) / ndtri((1 + 0.5) / 2)) if len(pooled) else 0.0


def _local_std(data: _Volumes, design: Array, fit: Average) -> float:
    """Standard deviation of the slope of the residuals, over the scale, by their secants weighted with the squared distance."""
    residual = data.relative - design @ fit.mean
    by_orderings = data.ordering_std**2 / data.count
    excess = np.sum(np.diff(residual) ** 2) - np.sum(by_orderings[1:] + by_orderings[:-1])
    n_secant, n_slope = len(data.x) - 1, design.shape[1] - 1
    variance = max(excess, 0.0) / np.sum(np.diff(data.x) ** 2) * n_secant / (n_secant - n_slope)
    return float(np.sqrt(variance * student_variance(fit.degrees_of_freedom)))


def _factor(columns: Array, stamp: str) -> Factor:
    return Factor(columns, tuple(f"{stamp}:{k}" for k in range(columns.shape[1])))


def _report(data: _Volumes, fit: Average) -> dict[str, object]:
    """Quality of the fit, as plain JSON."""
    return {
        "structures": int(data.count.sum()),
        "compositions": len(data.x),
        "std of the orderings of one composition [m3.mol-1]": float(data.scale * data.ordering_std.max()),
        "std of the residuals [m3.mol-1]": data.scale * fit.residual_scatter,
        "weights of the orders": fit.weights.tolist(),
    }
