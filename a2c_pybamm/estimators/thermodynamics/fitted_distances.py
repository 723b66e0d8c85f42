"""Distances of a law from the data that it was fitted to, and its misfit, for every estimator but that of expansions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from a2c_pybamm.constants import FARADAY
from a2c_pybamm.data import ChemicalPotentials, EnergyTable
from a2c_pybamm.estimate import Array, Estimate
from a2c_pybamm.estimators.thermodynamics.fit_quality import FIT, fit_quality, hull_steps, validate_quality
from a2c_pybamm.estimators.thermodynamics.misfit import reference_curves, reference_law, with_misfit
from a2c_pybamm.estimators.thermodynamics.orderings import lowest_energies
from a2c_pybamm.estimators.thermodynamics.slope_data import energy_rows, potential_rows
from a2c_pybamm.laws.thermodynamics.free_energy import PhaseForming


def with_potential_distances(
    estimate: Estimate, law: PhaseForming, data: ChemicalPotentials, *, free: float, largest_misfit: float, stamp: str
) -> Estimate:
    """An estimate from potentials with the distances of its law under ``"fit"`` and its misfit as a source.

    Parameters
    ----------
    free
        Degrees of freedom that the fit leaves.
    largest_misfit
        Distance of the law from a potential above which the fit is refused [V].
    stamp
        Beginning of the labels of the misfit's columns.

    Raises
    ------
    ValueError
        If the law is farther from the potentials, and than their noise.
    """
    c = dict.fromkeys(law.names, 0.0) | dict(zip(estimate.names, estimate.mean, strict=True))
    several = bool(np.ptp(data.temperature) > 0)
    z = law.valence
    residual = -data.potential / (z * FARADAY) - law.open_circuit_voltage(c, data.x, data.temperature)
    spline = reference_law(law, data.x, entropies=several)
    rows = potential_rows(data, spline)
    reference = reference_curves([rows], spline)
    own = np.sqrt(float(residual @ residual) / max(free, 1.0))
    std = np.full(len(data.x), own) if data.std is None else data.std / (z * FARADAY)
    noise = np.full(len(data.x), reference.scatter) if data.std is None else std
    distances = (data.x, residual, noise)
    known = data.std is not None
    quality = fit_quality(data.x, residual, std, free, declared=known, distances=distances)
    label = f"chemical potentials of {data.label}"
    validate_quality(quality, label, f"{law.kind} of {getattr(law, 'material', law.kind)}", largest_misfit)
    reported = replace(estimate, provenance={**estimate.provenance, FIT: quality.as_record()})
    return with_misfit(reported, law, reference, residual / noise, free, stamp)


def with_energy_distances(
    estimate: Estimate,
    law: PhaseForming,
    table: EnergyTable,
    residual: Array,
    *,
    free: float,
    energy_std: float | None,
    largest_misfit: float,
    stamp: str,
) -> Estimate:
    """The same of lowest energies, whose residuals [eV] (n,) are given; ``energy_std`` [J.mol-1] is theirs if declared."""
    compositions, known = lowest_energies(table), energy_std is not None
    x, spline = compositions.x, reference_law(law, compositions.x)
    rows = energy_rows(compositions, spline, energy_std)
    reference = reference_curves([rows], spline)
    own = np.sqrt(float(((residual / rows.noise) ** 2).sum()) / max(free, 1.0))
    std = rows.noise * (1.0 if known else own)
    distances = hull_steps(x, compositions.energy, residual, rows.noise * reference.scatter, law.valence)
    quality = fit_quality(x, residual, std, free, declared=known, distances=distances)
    name = f"{law.kind} of {getattr(law, 'material', law.kind)}"
    validate_quality(quality, f"energies of {table.label}", name, largest_misfit)
    reported = replace(estimate, provenance={**estimate.provenance, FIT: quality.as_record()})
    return with_misfit(reported, law, reference, residual / (rows.noise * reference.scatter), free, stamp)
