"""A host's free energy: tables read, a law fitted to each method's, entropies and phases added."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from a2c_pybamm import study as schema
from a2c_pybamm.data import ChemicalPotentials, EnergyTable, ThermalTable, Vibrations
from a2c_pybamm.derivation.hops import given, members
from a2c_pybamm.derivation.host_data import Table, read_vibrations
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators import (
    OrderChoice,
    add_vibrations,
    choose_order,
    composition_covariance,
    declare,
    fit_chemical_potential,
    fit_end_members,
    fit_free_energy,
    fit_site_sum,
    fit_spline_potential,
    harmonic_entropy,
    hull_voltages,
    leave_one_out,
)
from a2c_pybamm.laws import FreeEnergy, Landau, RedlichKister, SiteSum, SplinePotential, TwoPhase
from a2c_pybamm.readers import (
    read_hop_frequencies,
)

DOUBTFUL_ERROR = 0.2
"""Leave-one-out error [eV per site] above which a table looks as if its energies were of whole cells."""

HIGHEST_ORDER = 3
"""Order of a law that stands in for one whose data cannot be read: the highest that data choose by themselves."""

HULLS = "hull voltages [V]"
"""The note that holds stable compositions and voltage steps, by material and method."""


def stand_in_law(material: str, temperature: float, entry: schema.FreeEnergy | None) -> FreeEnergy:
    """A law with all coefficients that a host's own may have, where that cannot be known: names can still be checked."""
    if entry is None:
        return RedlichKister(material, HIGHEST_ORDER, (0.0, 1.0), "plain", temperature, 0)
    if entry.order == "averaged" and entry.law == "redlich-kister":
        return RedlichKister(material, HIGHEST_ORDER, entry.window, entry.shape, temperature, entry.excess_entropies)
    law: FreeEnergy = _law(material, temperature, entry, {}, {})[0]
    return law


def free_energy_estimates(
    study: schema.Study,
    material: str,
    entry: schema.FreeEnergy,
    tables: Mapping[Path, Table],
    notes: dict[str, Any],
    mistakes: schema.Mistakes,
) -> tuple[FreeEnergy | None, list[Estimate]]:
    """The law of a host with its phases treated as asked, and the estimates of its coefficients.

    Where something fails it is among the mistakes, and the law may be one that stands in for the host's own, or none.
    """
    before = len(mistakes)
    law: Any = None
    estimates: list[Estimate] = []
    with mistakes.collect():
        n_table = len(entry.energies) + len(entry.potentials)
        law, choice = _law_of_tables(material, study, entry, tables, notes, mistakes)
        if law is not None:
            _note_hulls(material, tables, notes, mistakes)
            estimates = _fits(entry, law, tables, choice, n_table, mistakes)
    usable = law is not None and len(mistakes) == before and len(tables) == n_table
    vibrations = read_vibrations(study, entry, mistakes)
    declared: float | None = None
    with mistakes.collect():
        declared = _declared_entropy(study, entry, mistakes)
    if not usable or len(mistakes) > before:
        return law, []
    estimates = _with_vibrations(entry, law, estimates, *vibrations)
    estimates = _with_reference(material, entry, law, estimates)
    estimates += _entropy(material, entry, law, estimates, declared)
    return (TwoPhase(law, entry.gaps) if entry.phases != "refuse" else law), estimates


def _fits(
    entry: schema.FreeEnergy,
    law: Any,
    tables: Mapping[Path, Table],
    choice: OrderChoice | None,
    n_table: int,
    mistakes: schema.Mistakes,
) -> list[Estimate]:
    """The estimate of a law from all its tables, in a list; none where one is not fitted."""
    fits = {}
    for file, table in tables.items():
        if mistakes.has_error_at(file):
            continue
        with mistakes.collect(file), _soluble():
            fits[table.label] = _fit(entry, law, table, choice)
        if table.label not in fits:
            break  # the law may be at fault, and would be with each table
    return [members(fits)] if fits and len(fits) == n_table else []


@contextmanager
def _soluble() -> Iterator[None]:
    """A fit; where its equations have no solution the error says what to look for."""
    try:
        yield
    except np.linalg.LinAlgError as error:
        raise ValueError(f"no law can be fitted to these numbers ({error}); are all of them in the column's unit?") from error


def _declared_entropy(study: schema.Study, entry: schema.FreeEnergy, mistakes: schema.Mistakes) -> float | None:
    """The vibrational entropy that is declared, or follows from the ion's frequencies; None where there is none."""
    entropy = entry.vibrational_entropy
    if not entropy:
        return None
    if not entropy.frequencies:
        return float(given(entropy.value))
    with mistakes.collect(entropy.frequencies):
        return harmonic_entropy(read_hop_frequencies(entropy.frequencies), study.temperature)
    return None


def _with_reference(material: str, entry: schema.FreeEnergy, law: Any, estimates: list[Estimate]) -> list[Estimate]:
    """Estimates with the declared mean voltage, if any, in the place of the calculated one."""
    voltage, reference = getattr(law, "voltage_name", ""), entry.reference
    if not reference:
        return estimates
    others = [e.select([name for name in e.names if name != voltage]) for e in estimates if set(e.names) != {voltage}]
    source = f"{material} reference voltage (declared)"
    return [
        *others,
        declare([voltage], [reference.mean_voltage], std=[reference.std], source=source, reason=reference.reason),
    ]


def _entropy(
    material: str, entry: schema.FreeEnergy, law: Any, estimates: list[Estimate], declared: float | None
) -> list[Estimate]:
    """The estimate of a declared vibrational entropy, in a list; none where the data give it."""
    given_already = any(law.entropy_name in estimate.names for estimate in estimates)
    entropy = entry.vibrational_entropy
    if entropy and given_already:
        raise ValueError("potentials at several temperatures tell the entropic change themselves; remove vibrational_entropy")
    if not entropy and not given_already:
        raise ValueError("the data tell no entropic change (one temperature alone); add vibrational_entropy or vibrations")
    if not entropy:
        return []
    source = f"{material} vibrational entropy (declared)"
    return [declare([law.entropy_name], [given(declared)], std=[entropy.std], source=source, reason=entropy.reason)]


def _law_of_tables(
    material: str,
    study: schema.Study,
    entry: schema.FreeEnergy,
    tables: Mapping[Path, Table],
    notes: dict[str, Any],
    mistakes: schema.Mistakes,
) -> tuple[Any, OrderChoice | None]:
    """The law that the readable tables carry, and its choice of orders; None where there is none."""
    averaged = entry.order == "averaged" and entry.law == "redlich-kister"
    if averaged and not tables:
        return None, None  # no table can be read
    before = len(mistakes)
    for file, table in tables.items():
        if averaged and isinstance(table, EnergyTable):
            with mistakes.collect(file), _soluble():
                choose_order([table], scatter_known=entry.energy_std is not None)  # each by itself: an error names its file
    if len(mistakes) > before:
        return None, None
    with mistakes.collect():
        return _law(material, study.temperature, entry, tables, notes)
    return None, None


def _law(
    material: str, temperature: float, entry: schema.FreeEnergy, tables: Mapping[Path, Table], notes: dict[str, Any]
) -> tuple[Any, OrderChoice | None]:
    window, entropies = entry.window, entry.excess_entropies
    if entry.law == "site-sum":
        return SiteSum(material, entry.sites, temperature), None
    if entry.law == "spline":
        knots = tuple(float(k) for k in np.round(np.linspace(0, 1, entry.knots), 6))
        return SplinePotential(material, knots, window, temperature, entropies), None
    if entry.law == "landau":
        return Landau(material, int(entry.order), window, temperature, entropies), None
    order, choice = entry.order, None
    if order == "averaged" and entry.potentials:
        order = _most_interactions(entry, tables) - 1
    elif order == "averaged":
        known = entry.energy_std is not None
        energies = [table for table in tables.values() if isinstance(table, EnergyTable)]
        choice = choose_order(energies, scatter_known=known)
        order = choice.highest
        notes[f"{material} energies"] = _scatter(energies, choice.best)
    return RedlichKister(material, order, window, entry.shape, temperature, entropies), choice


def _most_interactions(entry: schema.FreeEnergy, tables: Mapping[Path, Table]) -> int:
    """Interactions, at most four, that all tables of potentials have points enough for: three times as many as coefficients."""
    points = min(len(table.x) for table in tables.values())
    return int(np.clip(points // 3 - 2 - entry.excess_entropies, 1, 4))


def _scatter(tables: list[EnergyTable], order: int) -> str:
    """How well the law predicts each table's energies left out; a warning where it hardly does."""
    errors = {table.label: leave_one_out(table, order) for table in tables}
    text = "leave-one-out error " + ", ".join(f"{label} {1e3 * error:.2g} meV" for label, error in errors.items())
    doubtful = [label for label, error in errors.items() if error > DOUBTFUL_ERROR]
    hint = f"; {', '.join(doubtful)}: is energy_column per formula unit with one lithium site?" if doubtful else ""
    return text + hint


def _note_hulls(material: str, tables: Mapping[Path, Table], notes: dict[str, Any], mistakes: schema.Mistakes) -> None:
    """Note what energies say before any law, in words and as numbers: stable compositions, voltage steps between them."""
    for file, table in tables.items():
        if not isinstance(table, EnergyTable) or len(np.unique(table.x)) < 2:
            continue
        with mistakes.collect(file):
            _note_hull(material, table, notes)


def _note_hull(material: str, table: EnergyTable, notes: dict[str, Any]) -> None:
    hull = hull_voltages(table)
    inner = ", ".join(f"{x:.2f}" for x in hull.x[1:-1]) or "none"
    steps = ", ".join(f"{U:.2f}" for U in hull.voltage)
    notes[f"{material} hull of {table.label} at 0 K"] = f"stable between the ends at x = {inner}; voltage steps {steps} V"
    own = {"x": hull.x.tolist(), "voltage": hull.voltage.tolist()}
    notes.setdefault(HULLS, {}).setdefault(material, {})[table.label] = own


def _fit(entry: schema.FreeEnergy, law: Any, table: Table, choice: OrderChoice | None) -> Estimate:
    if isinstance(law, SiteSum):
        return fit_site_sum(_as_potentials(table), law)
    if isinstance(law, SplinePotential):
        return fit_spline_potential(table, law, energy_std=entry.energy_std, stable=entry.stable)
    if isinstance(table, ChemicalPotentials):
        averaged = entry.order == "averaged" and isinstance(law, RedlichKister)
        return fit_chemical_potential(table, law, terms=range(1, law.order + 2) if averaged else ())
    if entry.only_end_members:
        return fit_end_members(table, law, energy_std=given(entry.energy_std))
    noise: dict[str, Any] = {"energy_std": entry.energy_std}
    if entry.shared_error:
        shared = entry.shared_error
        covariance = composition_covariance(table, std=shared.std, length=shared.length, own_std=given(entry.energy_std))
        noise = {"covariance": covariance}
    return fit_free_energy(table, law, choice=choice, ensemble=entry.ensemble, sites=entry.supercell_sites, **noise)


def _as_potentials(table: Table) -> ChemicalPotentials:
    if not isinstance(table, ChemicalPotentials):
        raise ValueError(f"energies of {table.label}: a site sum is fitted to potentials")
    return table


def _with_vibrations(
    entry: schema.FreeEnergy,
    law: Any,
    estimates: list[Estimate],
    own: Mapping[float, Vibrations | ThermalTable],
    metal: Vibrations | ThermalTable | None,
) -> list[Estimate]:
    """Estimates with what vibrations add to the first, or to a voltage that is declared."""
    if not entry.vibrations:
        return estimates
    names = (law.voltage_name, *law.interaction_names) if law.entropies else (law.voltage_name,)
    start = estimates[0] if estimates else Estimate(names, np.zeros(len(names)), {}, "vibrations alone")
    moved = add_vibrations(start, law, own, lithium=metal, frequency_std=given(entry.frequency_std))
    return [moved, *estimates[1:]]
