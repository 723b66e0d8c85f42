"""Fit of a host's law to the tables of one method, by the estimator of the law's section."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from typing import Any, TypeGuard

from a2c_pybamm import study as schema
from a2c_pybamm.data import ChemicalPotentials
from a2c_pybamm.derivation.hops import given
from a2c_pybamm.derivation.host_data import Table
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators import (
    OrderChoice,
    composition_covariance,
    fit_chemical_potential,
    fit_end_members,
    fit_free_energy,
    fit_logit_spline,
    fit_site_sum,
    fit_spline_potential,
)


def averages_orders(entry: schema.FreeEnergy) -> TypeGuard[schema.PolynomialFreeEnergy]:
    """True where the law is an average over orders."""
    return isinstance(entry, schema.PolynomialFreeEnergy) and entry.order == "averaged"


@singledispatch
def fit(entry: schema.FreeEnergy, law: Any, tables: Sequence[Table], choice: OrderChoice | None) -> Estimate:
    """Estimate of the law's coefficients from the tables of one method, by the estimator of its section."""
    raise NotImplementedError(f"no estimator fits law {entry.law!r}; register one for {type(entry).__name__}")


def _settings(entry: schema.FreeEnergy, *keys: str) -> dict[str, Any]:
    """Settings of an estimator that the section gives; of the others it has the defaults."""
    return {key: getattr(entry, key) for key in keys if key in entry.model_fields_set}


@fit.register
def _fit_sites(entry: schema.SiteSumFreeEnergy, law: Any, tables: Sequence[Table], choice: OrderChoice | None) -> Estimate:
    (table,) = tables
    if not isinstance(table, ChemicalPotentials):
        raise ValueError(f"energies of {table.label}: a site sum is fitted to potentials; list tables of them")
    return fit_site_sum(table, law, **_settings(entry, "largest_misfit"))


@fit.register
def _fit_spline(entry: schema.SplineFreeEnergy, law: Any, tables: Sequence[Table], choice: OrderChoice | None) -> Estimate:
    (table,) = tables
    settings = _settings(entry, "largest_misfit")
    return fit_spline_potential(table, law, energy_std=entry.energy_std, stable=entry.stable, **settings)


@fit.register
def _fit_logit_spline(
    entry: schema.LogitSplineFreeEnergy, law: Any, tables: Sequence[Table], choice: OrderChoice | None
) -> Estimate:
    settings = _settings(entry, "energy_std", "ensemble", "mean_field_std", "largest_misfit")
    return fit_logit_spline(tables, law, sites=entry.supercell_sites, **settings)


@fit.register
def _fit_polynomial(
    entry: schema.PolynomialFreeEnergy, law: Any, tables: Sequence[Table], choice: OrderChoice | None
) -> Estimate:
    (table,) = tables
    if isinstance(table, ChemicalPotentials):
        terms = range(1, len(law.interaction_names) + 1) if averages_orders(entry) else ()
        return fit_chemical_potential(table, law, terms=terms, **_settings(entry, "largest_misfit"))
    if entry.only_end_members:
        return fit_end_members(table, law, energy_std=given(entry.energy_std))
    noise: dict[str, Any] = {"energy_std": entry.energy_std}
    settings = _settings(entry, "mean_field_std", "largest_misfit")
    if entry.shared_error:
        shared = entry.shared_error
        covariance = composition_covariance(table, std=shared.std, length=shared.length, own_std=given(entry.energy_std))
        noise = {"covariance": covariance}
    kind: dict[str, Any] = {"ensemble": entry.ensemble, "sites": entry.supercell_sites}
    return fit_free_energy(table, law, choice=choice, **kind, **noise, **settings)
