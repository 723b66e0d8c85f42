"""A host's free energy: tables read, a law fitted to each method's, entropies and phases added."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np

from a2c_pybamm import study as schema
from a2c_pybamm.constants import STANDARD_TEMPERATURE
from a2c_pybamm.data import EnergyTable, ThermalTable, Vibrations
from a2c_pybamm.derivation.fit_notes import fit_rows
from a2c_pybamm.derivation.fits_by_law import averages_orders, fit
from a2c_pybamm.derivation.hops import given, members
from a2c_pybamm.derivation.host_data import Table, note_unconverged, read_vibrations
from a2c_pybamm.derivation.plausible_tables import plausible_tables
from a2c_pybamm.derivation.spline_host import by_method, data_kind, law_of_tables, law_of_vibrations
from a2c_pybamm.estimate import Estimate
from a2c_pybamm.estimators import (
    OrderChoice,
    add_vibrations,
    choose_order,
    declare,
    harmonic_entropy,
    hull_voltages,
    leave_one_out,
)
from a2c_pybamm.estimators.thermodynamics.order_choice import MOST_AVERAGED
from a2c_pybamm.laws import KINDS, Expansion, FreeEnergy, RedlichKister, TwoPhase
from a2c_pybamm.readers import (
    read_hop_frequencies,
)

CELL_ENERGY_ERROR = 0.2
"""Leave-one-out error [eV per site] above which a table is reported as perhaps of whole cells: interactions are of some tenths
of an electronvolt, an error of as much is none of a law of four of them."""
HULLS = "hull voltages [V]"
"""The note that holds stable compositions and voltage steps, by material and method."""


def stand_in_law(material: str, temperature: float, entry: schema.FreeEnergy | None) -> FreeEnergy:
    """Law with all coefficients that a host's may have, where that cannot be made: names can still be checked."""
    if entry is None:
        return RedlichKister(material, MOST_AVERAGED - 1, reference_temperature=temperature)
    order = _widest_order(entry) if averages_orders(entry) else None
    return entry.build(material, temperature, order)


def _widest_order(entry: schema.FreeEnergy, n_term: int = MOST_AVERAGED) -> int:
    """Order of the law of so many interactions."""
    return int(KINDS[entry.law].first_order) + n_term - 1


def free_energy_estimates(
    study: schema.Study,
    material: str,
    entry: schema.FreeEnergy,
    tables: Mapping[Path, Table],
    notes: dict[str, Any],
    mistakes: schema.Mistakes,
) -> tuple[FreeEnergy | None, list[Estimate]]:
    """Law of a host with the chosen treatment of its phases, and the estimates of its coefficients.

    Where something fails it is among the mistakes, and the law may be one with the same names, or none: where its coefficients
    follow from all tables, and not all can be used.
    """
    before = len(mistakes)
    law: Any = None
    estimates: list[Estimate] = []
    note_unconverged(material, tables, notes)
    with mistakes.collect():
        n_table = len(entry.energies) + len(entry.potentials)
        tables = plausible_tables(material, entry, tables, notes, mistakes)
        law, choice = _law_of_tables(material, study, entry, tables, notes, mistakes)
        if law is not None:
            _note_hulls(material, tables, notes, mistakes)
            estimates = _fits(study, entry, law, tables, choice, n_table, notes, mistakes)
    usable = law is not None and len(mistakes) == before and len(tables) == n_table
    vibrations = read_vibrations(study, entry, mistakes)
    declared: float | None = None
    with mistakes.collect():
        declared = _declared_entropy(study, entry, mistakes)
    if not usable or len(mistakes) > before:
        return (None if law is None or (entry.law_from_data and len(tables) < n_table) else law), []
    if isinstance(entry, schema.ExpansionFreeEnergy):
        estimates = _with_vibrations(entry, law, estimates, *vibrations)
        estimates = _with_reference(material, entry, law, estimates)
    estimates += _entropy(material, entry, law, estimates, declared)
    return (TwoPhase(law, entry.gaps) if _treats_gaps(entry) else law), estimates


def _treats_gaps(entry: schema.FreeEnergy) -> TypeGuard[schema.ExpansionFreeEnergy]:
    """True where plateaus take the place of gaps."""
    return schema.phase_treatment(entry) != "refuse"


def _fits(
    study: schema.Study,
    entry: schema.FreeEnergy,
    law: Any,
    tables: Mapping[Path, Table],
    choice: OrderChoice | None,
    n_table: int,
    notes: dict[str, Any],
    mistakes: schema.Mistakes,
) -> list[Estimate]:
    """The estimate of a law from all its tables, in a list; none where one is not fitted."""
    fits, n_fitted = {}, 0
    for label, group in by_method(tables).items():
        if any(map(mistakes.has_error_at, group)):
            continue
        with mistakes.collect(*(group if len(group) == 1 else ())), _soluble():
            fits[label] = fit(entry, law, list(group.values()), choice)
            n_fitted += len(group)
        if label not in fits:
            break  # the law may be at fault, and would be with each table
        for row in fit_rows([fits[label]]):
            notes[f"{row.material} fit of {label}"] = row.sentence(data_kind(group.values()))
    return [members(fits, study)] if fits and n_fitted == n_table else []


@contextmanager
def _soluble() -> Iterator[None]:
    """Context of a fit: where its equations have no solution the error names the remedy."""
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


def _with_reference(material: str, entry: schema.ExpansionFreeEnergy, law: Any, estimates: list[Estimate]) -> list[Estimate]:
    """Estimates with the declared mean voltage, if any, in the place of the calculated one."""
    voltage, reference = law.voltage_name, entry.reference
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
        raise ValueError("the entropic change follows from potentials at several temperatures; remove vibrational_entropy")
    if not entropy and not given_already:
        raise ValueError("no entropic change follows from data at one temperature; add vibrational_entropy or vibrations")
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
    before = len(mistakes)
    if not tables and (entry.law_from_data or averages_orders(entry)):
        return None, None  # no table can be read
    if averages_orders(entry):
        for file, table in tables.items():
            if isinstance(table, EnergyTable):
                with mistakes.collect(file), _soluble():
                    _choice(entry, [table])  # each by itself: an error names its file
    if len(mistakes) > before:
        return None, None
    with mistakes.collect():
        return _law(material, study.temperature, entry, tables, notes)
    return None, None


def _law(
    material: str, temperature: float, entry: schema.FreeEnergy, tables: Mapping[Path, Table], notes: dict[str, Any]
) -> tuple[Any, OrderChoice | None]:
    """The law of a section, and the choice of orders where energies are averaged over some."""
    if averages_orders(entry):
        if entry.potentials:
            return entry.build(material, temperature, _widest_order(entry, _most_interactions(entry, tables))), None
        energies = [table for table in tables.values() if isinstance(table, EnergyTable)]
        choice = _choice(entry, energies)
        law = entry.build(material, temperature, choice.highest)
        notes[f"{material} energies"] = _scatter(energies, law, choice.best)
        return law, choice
    if isinstance(entry, schema.LogitSplineFreeEnergy):
        return law_of_tables(material, temperature, entry, list(tables.values())), None
    return entry.build(material, temperature), None


def _choice(entry: schema.PolynomialFreeEnergy, tables: Sequence[EnergyTable]) -> OrderChoice:
    """Orders of the section's law that the tables of energies admit."""
    law = entry.build("host", STANDARD_TEMPERATURE, _widest_order(entry))
    return choose_order(tables, law=law, scatter_known=entry.energy_std is not None)


def _most_interactions(entry: schema.PolynomialFreeEnergy, tables: Mapping[Path, Table]) -> int:
    """Interactions of the widest law that all tables of potentials have points enough for, beside voltage and entropies."""
    points = min(len(table.x) for table in tables.values())
    return int(np.clip(points // 3 - 2 - entry.excess_entropies, 1, MOST_AVERAGED))


def _scatter(tables: Sequence[EnergyTable], law: Expansion, order: int) -> str:
    """Leave-one-out errors of each table in words, with a warning where they are large."""
    errors = {table.label: leave_one_out(table, order, law=law) for table in tables}
    text = "leave-one-out error " + ", ".join(f"{label} {1e3 * error:.2g} meV" for label, error in errors.items())
    suspect = [label for label, error in errors.items() if error > CELL_ENERGY_ERROR]
    hint = f"; {', '.join(suspect)}: is energy_column per formula unit with one lithium site?" if suspect else ""
    return text + hint


def _note_hulls(material: str, tables: Mapping[Path, Table], notes: dict[str, Any], mistakes: schema.Mistakes) -> None:
    """Note the stable compositions of the energies and the voltage steps between them, before any law."""
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
    steps_of_table = {"x": hull.x.tolist(), "voltage": hull.voltage.tolist()}
    notes.setdefault(HULLS, {}).setdefault(material, {})[table.label] = steps_of_table


def _with_vibrations(
    entry: schema.ExpansionFreeEnergy,
    law: Any,
    estimates: list[Estimate],
    host: Mapping[float, Vibrations | ThermalTable],
    metal: Vibrations | ThermalTable | None,
) -> list[Estimate]:
    """Estimates with vibrations added to the first, or to a voltage that is declared."""
    if not entry.vibrations:
        return estimates
    start = estimates[0] if estimates else _without_tables(law)
    moved = add_vibrations(start, law_of_vibrations(law), host, lithium=metal, frequency_std=given(entry.frequency_std))
    return [moved, *estimates[1:]]


def _without_tables(law: Expansion) -> Estimate:
    """Estimate of zero voltage and interactions, without error, to which vibrations are added."""
    interactions = law.interaction_coordinates(np.zeros(len(law.interaction_names)))[0] if law.entropies else ()
    names = (law.voltage_name, *law.interaction_names)[: len(interactions) + 1]
    return Estimate(names, np.array([0.0, *interactions]), {}, "vibrations alone")
