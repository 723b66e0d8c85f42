"""Free energy by a spline of the logit: energies, potentials and temperatures in one fit, its roughness averaged over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from a2c_pybamm.constants import FARADAY, STANDARD_TEMPERATURE
from a2c_pybamm.data import ChemicalPotentials, EnergyTable
from a2c_pybamm.estimate import Array, Estimate, Factor
from a2c_pybamm.estimators.fingerprint import array_fingerprint
from a2c_pybamm.estimators.thermodynamics.emitted_modes import (
    NEGLECTED_VOLTAGE,
    EmittedSlopes,
    emitted_slopes,
    voltage_sensitivity,
)
from a2c_pybamm.estimators.thermodynamics.fit_quality import (
    FIT,
    LARGEST_MISFIT,
    FitQuality,
    fit_quality,
    hull_steps,
    validate_quality,
)
from a2c_pybamm.estimators.thermodynamics.mean_field import MEAN_FIELD, correlated_columns, mean_field_stds
from a2c_pybamm.estimators.thermodynamics.orderings import (
    ENSEMBLE_SOURCE,
    by_composition,
    check_std,
    compositions_of,
    ensemble_deviations,
)
from a2c_pybamm.estimators.thermodynamics.plausible_voltages import validate_potentials, validate_voltages
from a2c_pybamm.estimators.thermodynamics.roughness_prior import (
    COARSE_PRIOR,
    PRIOR,
    RoughnessPrior,
    SlopePosterior,
    slope_posterior,
)
from a2c_pybamm.estimators.thermodynamics.slope_data import (
    SAME_TEMPERATURE,
    SlopeRows,
    energy_rows,
    linear_problem,
    potential_rows,
    start_slopes,
)
from a2c_pybamm.estimators.thermodynamics.slope_entropies import add_entropies, logit_places
from a2c_pybamm.estimators.thermodynamics.supercell_size import SIZE, SizeError, energy_correction, size_error
from a2c_pybamm.laws.thermodynamics.ion import validate_ion
from a2c_pybamm.laws.thermodynamics.logit_spline import LogitSpline

Table = EnergyTable | ChemicalPotentials
FITTED = "fitted curve"
"""Key of a provenance with the coefficients of the fitted curve: the mean of the draws' curves, not the curve at their mean."""
REMEDY = "look for a wrong datum, let the host have gaps (stable = false), or raise largest_misfit"
"""Remedy in the message about a spline that is far from its data: there is no law of more coefficients."""


@dataclass(frozen=True)
class KnotChoice:
    """Settings of the knots of a law, and of what its data must be."""

    end_margin: float = 0.01
    """Distance of the outermost knots from empty and full at least: beyond, the host is a dilute gas of ions or vacancies."""
    least_slopes: int = 40
    """Slopes of a law of few compositions: more left the fits of 18 measured curves as they were."""
    slopes_per_composition: float = 1.5
    """Slopes of a law of many."""
    most_slopes: int = 99
    """Slopes that a law can have."""
    digits: int = 8
    """Digits to which knots are rounded: names of coefficients have five."""
    least_width: float = 0.002
    """Smallest distance of the outermost knots, over which five digits tell 99 slopes apart."""
    least_data: int = 3
    """Compositions of which a curve has a slope and a bend."""
    energy_widening: float = 1.15
    """Factor on the standard deviations from energies alone: they are integrals of the curve, and one roughness for steep ends
    and plateaus then holds too little. Without it 95 % intervals of U held 88 to 92 % of x in means over 20 measured curves."""
    degrees_of_prior: float = 3.0
    """Degrees of freedom with which declared noise counts against the scatter: χ² of one or two is no evidence."""


KNOTS = KnotChoice()
"""Settings of all laws."""


def different_compositions(x: Array) -> int:
    """Number of compositions that are not within the rounding of tables of one another."""
    return len(by_composition(x))


def logit_spline(
    material: str,
    data: Table | Sequence[Table],
    *,
    stable: bool = False,
    window: tuple[float, float] | None = None,
    temperature: float = STANDARD_TEMPERATURE,
    entropies: bool = False,
    ion: str = "Li",
) -> LogitSpline:
    """Law with evenly spaced knots over the compositions of the data, as many as these determine and more.

    Parameters
    ----------
    stable
        Whether the host is known to be one phase at all compositions of the data: every draw is then.
    window
        Compositions between which the mean voltage is taken, those of the data if not given.
    entropies
        Whether the slopes change with temperature: with potentials at several temperatures, or a Boltzmann average.
    """
    x = np.concatenate([table.x for table in _tables(data)])
    n = different_compositions(x)
    low, high = float(x.min()), float(x.max())
    n_slope = int(np.clip(KNOTS.slopes_per_composition * n, KNOTS.least_slopes, KNOTS.most_slopes))
    if not high > low:
        raise ValueError(f"{material}: all data are at x = {low:g}; give at least {KNOTS.least_data} compositions")
    first, last = max(low, KNOTS.end_margin), min(high, 1 - KNOTS.end_margin)
    if last - first < KNOTS.least_width:
        raise ValueError(
            f"{material}: the data reach from x = {low:g} to {high:g}; a curve needs compositions at least "
            f"{KNOTS.least_width:g} apart between {KNOTS.end_margin:g} and {1 - KNOTS.end_margin:g}, add some"
        )
    knots = np.linspace(first, last, n_slope + 1)
    shape: Literal["stable", "plain"] = "stable" if stable else "plain"
    over = (round(low, KNOTS.digits), round(high, KNOTS.digits)) if window is None else window
    count = n_slope if entropies else 0
    return LogitSpline(material, tuple(np.round(knots, KNOTS.digits).tolist()), over, shape, temperature, count, ion)


def fit_logit_spline(
    data: Table | Sequence[Table],
    law: LogitSpline,
    *,
    energy_std: float | None = None,
    ensemble: Literal["lowest", "boltzmann"] = "lowest",
    sites: float | None = None,
    mean_field_std: float | None = None,
    largest_misfit: float = LARGEST_MISFIT,
    voltage_window: tuple[float, float] | None = None,
    neglected_voltage: float = NEGLECTED_VOLTAGE,
    source: str | None = None,
) -> Estimate:
    r"""Coefficients of a logit spline from energies, chemical potentials, or both, at one or several temperatures.

    The slopes' logarithms (``law.shape == "stable"``) or the slopes themselves have the prior of `roughness_prior`: between and
    beyond the data a curve may be as rough as elsewhere, and the error is that of all curves that pass the data. So there is no
    misfit beside it; declared noise that the data exceed (χ²/ν > 1) widens it. The error is emitted in modes; those left out
    move the voltage by less than 0.1 mV.

    Parameters
    ----------
    data
        Tables by one method.
    energy_std
        Standard deviation of an energy [J.mol-1 per site]. Noise that is not declared is averaged over.
    neglected_voltage
        Root-mean-square error of the voltage that the modes left out may have [V]; more than the default makes fewer modes.
    ensemble, sites, mean_field_std, largest_misfit, voltage_window
        As in `fit_free_energy`. Energies of a supercell of ``sites`` sites with all orderings are corrected for its size.

    Raises
    ------
    ValueError
        If there are fewer than three different compositions, or potentials are at several temperatures and the law has no
        entropies, or at another one than the law's; if the law is farther than ``largest_misfit`` from the data.
    """
    tables = _tables(data)
    _validate_settings(law, energy_std, neglected_voltage)
    for table in tables:
        validate_ion(law, table.ion, f"data of {table.label}")
        if isinstance(table, EnergyTable):
            validate_voltages(table, window=voltage_window, energy_std=energy_std)
        else:
            validate_potentials(table, window=voltage_window)
    fit = _Fit(law, tables, energy_std, ensemble, sites)
    posterior, emitted, size = fit.solve(neglected_voltage)
    quality = fit.quality(posterior, size)
    validate_quality(quality, f"data of {tables[0].label}", f"{law.kind} of {law.material}", largest_misfit, remedy=REMEDY)
    names = (law.voltage_name, *law.interaction_names, *((law.entropy_name, *law.excess_entropy_names) if fit.several else ()))
    factors = fit.factors(posterior, emitted, size, source, mean_field_std)
    provenance: dict[str, Any] = {"label": tables[0].label, **_provenance(tables), FIT: quality.as_record()}
    provenance[FITTED] = dict(zip(names, emitted.fitted.tolist(), strict=True))
    provenance["roughness"] = {
        "lg smoothing": posterior.smoothing,
        "scatter [eV or V]": posterior.scatter,
        "modes": emitted.root.shape[1],
        "neglected [V]": emitted.neglected,
        "share of noise in the variance of U": fit.noise_share(posterior, emitted),
    }
    method = f"{fit.method}, spline of the logit with {len(law.basis.places)} slopes, averaged over its roughness"
    estimate = Estimate(names, emitted.mean, factors, method, provenance)
    return fit.with_entropies(estimate, size, posterior.scatter)


def _validate_settings(law: LogitSpline, energy_std: float | None, neglected_voltage: float) -> None:
    """Raise ``ValueError`` where the law is another one, or an error that is declared or left out is not positive."""
    if not isinstance(law, LogitSpline):
        raise ValueError(f"law {getattr(law, 'kind', law)!r} is no logit spline; make one with logit_spline")
    check_std(law.material, energy_std)
    if not 0 < neglected_voltage < np.inf:
        raise ValueError(f"{law.material}: neglected_voltage is {neglected_voltage:g} V; give a positive one, or leave it out")


class _Fit:
    """One fit: its data, and what follows from them in turn."""

    def __init__(
        self, law: LogitSpline, tables: tuple[Table, ...], energy_std: float | None, ensemble: str, sites: float | None
    ) -> None:
        self.law, self.tables, self.energy_std = law, tables, energy_std
        self.sites = sites if ensemble == "boltzmann" else None
        if self.sites is not None and sum(isinstance(table, EnergyTable) for table in tables) > 1:
            raise ValueError(
                f"energies of {tables[0].label}: two tables of orderings for one Boltzmann average; put them into one"
            )
        self.compositions = [
            compositions_of(table, law, ensemble, sites) if isinstance(table, EnergyTable) else None for table in tables
        ]
        rows = [
            potential_rows(_at_law(table, law), law)
            if isinstance(table, ChemicalPotentials)
            else energy_rows(compositions_of(table, law, ensemble, sites), law, energy_std)
            for table in tables
        ]
        self.several = law.entropies > 0 and any(bool(row.warming.any()) for row in rows)
        x = np.concatenate([row.x for row in rows])
        if (n_different := different_compositions(x)) < KNOTS.least_data:
            raise ValueError(
                f"data of {tables[0].label}: {n_different} different composition(s); a curve needs at least "
                f"{KNOTS.least_data}, add some"
            )
        self.rows = [row if row.known or len(rows) == 1 else self._with_scatter(row) for row in rows]
        self.start = start_slopes(self.rows, law)

    @property
    def stable(self) -> bool:
        return self.law.shape == "stable"

    @property
    def method(self) -> str:
        """Ensembles of the energies and number of the potentials, in words."""
        parts = [c.method for c in self.compositions if c is not None]
        n = sum(len(row.x) for row, c in zip(self.rows, self.compositions, strict=True) if c is None)
        return " and ".join([*parts, *([f"{n} chemical potentials"] if n else [])])

    def posterior(self, rows: Sequence[SlopeRows], prior: RoughnessPrior = PRIOR) -> SlopePosterior:
        """Posterior of the slopes by some rows."""
        linear = linear_problem(rows, entropies=self.several)
        start = np.log(self.start) if self.stable else self.start - 1
        known, places = all(row.known for row in rows), logit_places(self.law)
        return slope_posterior(linear, places, positive=self.stable, noise_known=known, start=start, prior=prior)

    def _with_scatter(self, row: SlopeRows) -> SlopeRows:
        """Rows with their own scatter as their noise, where other data have a declared one."""
        if (n := different_compositions(row.x)) < KNOTS.least_data:
            raise ValueError(
                f"{self.law.material}: {n} composition(s) of a table without declared noise beside other data have no scatter; "
                f"declare its noise (energy_std, or the std of potentials), or give {KNOTS.least_data} compositions"
            )
        self.start = start_slopes([row], self.law)
        return replace(row, noise=row.noise * self.posterior([row]).scatter, known=True)

    def solve(self, neglected_voltage: float) -> tuple[SlopePosterior, EmittedSlopes, SizeError | None]:
        """Posterior, coefficients and the correction of the supercell's size, each from the fit before."""
        if self.sites is None:
            posterior = self._widened(self.posterior(self.rows))
            return posterior, self._emitted(posterior, neglected_voltage), None
        corrections = []
        posterior = self.posterior(self.rows, COARSE_PRIOR)
        for k in range(SIZE.n_iteration):
            slopes = self.slopes(posterior)
            corrections.append(
                [energy_correction(self.law.basis.slopes(row.x) @ slopes, row.x, self.sites, self.law.reference_temperature)
                 if row.constant.any() else np.zeros(len(row.x)) for row in self.rows]
            )  # fmt: skip
            corrected = [replace(row, data=row.data + c) for row, c in zip(self.rows, corrections[-1], strict=True)]
            posterior = self.posterior(corrected, PRIOR if k == SIZE.n_iteration - 1 else COARSE_PRIOR)
        size = size_error([np.concatenate(c) for c in corrections])
        if not size.converged:
            posterior = self.posterior(self.rows)
        posterior = self._widened(posterior)
        return posterior, self._emitted(posterior, neglected_voltage), size

    def _emitted(self, posterior: SlopePosterior, neglected_voltage: float) -> EmittedSlopes:
        return emitted_slopes(posterior, self.law, entropies=self.several, neglected_voltage=neglected_voltage)

    def slopes(self, posterior: SlopePosterior) -> Array:
        """Slopes (n_slope,) of the posterior's mean."""
        return posterior.mean[posterior.n_linear : posterior.n_linear + posterior.n_slope]

    def _widened(self, posterior: SlopePosterior) -> SlopePosterior:
        """The posterior with declared noise widened to the scatter, if that is larger; that of energies alone widened."""
        factor = KNOTS.energy_widening**2 if all(row.constant.any() for row in self.rows) else 1.0
        if all(row.known for row in self.rows):
            free = max(posterior.degrees_of_freedom, 0.0) + KNOTS.degrees_of_prior
            factor *= max(1.0, (posterior.chi_squared + KNOTS.degrees_of_prior) / free)
        return replace(posterior, covariance=factor * posterior.covariance)

    def quality(self, posterior: SlopePosterior, size: SizeError | None) -> FitQuality:
        """Distances of the fit from its data."""
        curve = self._curve(posterior)
        data = np.concatenate([row.data for row in self.rows])
        if size is not None:
            data = data + size.energy
        noise = np.concatenate([row.noise for row in self.rows])
        known = all(row.known for row in self.rows)
        residual, x = data - curve, np.concatenate([row.x for row in self.rows])
        std = noise if known else noise * posterior.scatter
        found, start = [], 0
        for row in self.rows:
            here = slice(start, start + len(row.x))
            start = here.stop
            if row.constant.any():
                energy = row.data - row.slopes.sum(axis=1)
                found.append(hull_steps(row.x, energy, residual[here], std[here], self.law.valence))
            else:
                found.append((row.x, residual[here], std[here]))
        places, voltages, stds = (np.concatenate(parts) for parts in zip(*found, strict=True))
        distances = (places, voltages, stds)
        return fit_quality(x, residual, std, posterior.degrees_of_freedom, declared=known, distances=distances)

    def _curve(self, posterior: SlopePosterior) -> Array:
        linear = linear_problem(self.rows, entropies=self.several)
        q, _, entropy = np.split(posterior.mean, [posterior.n_linear, posterior.n_linear + posterior.n_slope])
        curve = linear.known @ q + linear.slopes @ self.slopes(posterior)
        return np.asarray(curve + linear.entropies @ entropy) if len(entropy) else np.asarray(curve)

    def noise_share(self, posterior: SlopePosterior, emitted: EmittedSlopes) -> float:
        """Share of the voltage's variance that is noise of the data; the rest is the shape between them."""
        noise = np.concatenate([row.noise for row in self.rows]) * posterior.scatter
        by_data = emitted.jacobian @ posterior.gain * noise
        sensitivity = voltage_sensitivity(self.law, emitted)
        total = float(((sensitivity @ emitted.root) ** 2).sum())
        return min(float(((sensitivity @ by_data) ** 2).sum()) / max(total, np.finfo(float).tiny), 1.0)

    def factors(
        self,
        posterior: SlopePosterior,
        emitted: EmittedSlopes,
        size: SizeError | None,
        source: str | None,
        mean_field_std: float | None,
    ) -> dict[str, Factor]:
        """Errors of the coefficients by source."""
        first, material = self.tables[0], self.law.material
        energies = any(c is not None for c in self.compositions)
        stamp = _stamp(self.tables, self.law, self.energy_std, self.sites)
        labels = tuple(f"{first.label}:{stamp}:{k}" for k in range(emitted.root.shape[1]))
        name = source or f"{material} {'energies' if energies else 'chemical potentials'} (fit)"
        factors = {name: Factor(emitted.root, labels)}
        by_data = emitted.jacobian @ posterior.gain
        if size is not None:
            factors[f"{material} supercell size"] = Factor(by_data @ size.energy_error[:, None], (f"{first.label}:{stamp}",))
        every, ensembles, gains = [], [], []
        start = 0
        for table, row, compositions in zip(self.tables, self.rows, self.compositions, strict=True):
            gain = by_data[:, start : start + len(row.x)]
            start += len(row.x)
            if not isinstance(table, EnergyTable) or compositions is None:
                continue
            every.append((row.x, mean_field_stds(table, row.x, self.law.reference_temperature, mean_field_std)))
            gains.append(gain)
            if table.ensemble is not None:
                ensembles.append((gain @ np.asarray(compositions.weights @ ensemble_deviations(table)), table.members))
        if gains and self.sites is None:
            x, std = (np.concatenate(parts) for parts in zip(*every, strict=True))
            columns = np.hstack(gains) @ correlated_columns(std, x)
            if columns.shape[1]:
                tags = tuple(f"{first.label}:{stamp}:{k}" for k in range(columns.shape[1]))
                factors[f"{material} {MEAN_FIELD}"] = Factor(columns, tags)
        if ensembles:
            factors[ENSEMBLE_SOURCE] = _by_member(ensembles)
        return factors

    def with_entropies(self, estimate: Estimate, size: SizeError | None, scatter: float) -> Estimate:
        """The estimate with excess entropies of a Boltzmann average, where the law has them."""
        if self.sites is None or not self.law.entropies or self.several:
            return estimate
        compositions = next(c for c in self.compositions if c is not None)
        energy_std = self.energy_std or scatter * FARADAY
        return add_entropies(estimate, self.law, compositions, energy_std, self.sites, size)


def _by_member(columns: Sequence[tuple[Array, tuple[str, ...]]]) -> Factor:
    """Columns (n, n_member) of one or several tables, those of one member added."""
    members = list(dict.fromkeys(name for _, names in columns for name in names))
    values = np.zeros((len(columns[0][0]), len(members)))
    for column, names in columns:
        values[:, [members.index(name) for name in names]] += column
    return Factor(values, tuple(members))


def _at_law(data: ChemicalPotentials, law: LogitSpline) -> ChemicalPotentials:
    """The data, if they are at the law's temperature or the law changes with temperature."""
    apart = np.abs(data.temperature - law.reference_temperature) > SAME_TEMPERATURE
    if apart.any() and not (law.entropies and len(np.unique(data.temperature)) > 1):
        raise ValueError(
            f"chemical potentials of {data.label}: some are not at {law.reference_temperature:g} K, where the law of "
            f"{law.material} holds; keep those of that temperature alone, or let the law have entropies"
        )
    return data


def _tables(data: Table | Sequence[Table]) -> tuple[Table, ...]:
    if isinstance(data, EnergyTable | ChemicalPotentials):
        return (data,)
    tables = tuple(data) if isinstance(data, Sequence) else ()
    if not tables:
        raise ValueError("no data to fit; give at least one table")
    for table in tables:
        if not isinstance(table, EnergyTable | ChemicalPotentials):
            raise ValueError(
                f"a {type(table).__name__} is no table; give an EnergyTable, ChemicalPotentials, or several of them"
            )
    return tables


def _provenance(tables: Sequence[Table]) -> dict[str, Any]:
    if len(tables) == 1:
        return dict(tables[0].provenance)
    return {"tables": [dict(table.provenance) for table in tables]}


def _stamp(tables: Sequence[Table], law: LogitSpline, energy_std: float | None, sites: float | None) -> str:
    arrays = [array for table in tables for array in (table.x, *_numbers(table))]
    return array_fingerprint(*arrays, settings=f"{law.knots} {law.shape} {energy_std} {sites}")


def _numbers(table: Table) -> list[Array]:
    if isinstance(table, EnergyTable):
        return [table.energy, table.converged.astype(float)]
    return [table.potential, table.temperature, *([] if table.std is None else [table.std])]
