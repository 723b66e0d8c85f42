"""Series of currents from files: logs, averages and dumps of LAMMPS, comma-separated tables, arrays of numpy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from a2c_pybamm.data import Array, CurrentSeries, TransportCoefficient, at_constant_energy
from a2c_pybamm.readers.conduction.current_columns import (
    CHARGE_TERMS,
    STRESSES,
    THERMO_PRESSURES,
    chosen_columns,
    current_kinds,
    current_units,
    independent_series,
)
from a2c_pybamm.readers.conduction.lammps_units import LAMMPS_STYLES, UnitStyle
from a2c_pybamm.readers.conduction.numpy_currents import read_numpy_currents
from a2c_pybamm.readers.conduction.series_file import SeriesOptions, open_series, series_settings, style_of
from a2c_pybamm.readers.conduction.series_table import SeriesTable, Statements
from a2c_pybamm.readers.source_file import existing, file_errors, fingerprint
from a2c_pybamm.readers.units import column_unit

ENERGY_WARNING = (
    "the bulk viscosity of the pressure as it is holds at constant energy; of a run with a thermostat name the column of its "
    "total energy by energy=, or make the series by pressure_fluctuation(energy=)"
)
CENTROID_WARNING = (
    "the heat flux may be wrong: LAMMPS's stress/atom is right for energies of pairs of atoms alone; compute it with "
    "centroid/stress/atom, or state atomic_stress='pairwise' or 'centroid' if it is one of these"
)


@file_errors
def read_currents(
    path: str | Path,
    coefficient: TransportCoefficient | str,
    *,
    columns: Sequence[str] | None = None,
    coupled: Mapping[str, Sequence[str]] | None = None,
    units: str | None = None,
    extensive: bool | None = None,
    interval: float | None = None,
    timestep: float | None = None,
    temperature: float | None = None,
    volume: float | None = None,
    discard: float = 0.0,
    run: int | None = None,
    atomic_stress: Literal["pairwise", "centroid"] | None = None,
    energy: str | None = None,
) -> CurrentSeries:
    r"""Current densities in SI units, for a coefficient by Green and Kubo's formula.

    =================  ==============================================================================================
    file               what it holds
    =================  ==============================================================================================
    log of LAMMPS      thermodynamic output, as text or YAML; runs are joined by their steps, minimisations left out
    ``fix ave/time``   a row or a table for each moment, as text or YAML; row k of a table is column ``name[k]``
    dump of LAMMPS     columns by atom, which are summed; a product by ``*``: ``q*vx``
    ``.csv``           a header, each name ending in its unit: ``time_ps``, ``Pxy_bar``, ``Jx_e.A/fs``, ``volume_A3``
    ``.npz``           one array (n_series, n_frame) whose name ends in its unit, ``interval_fs``, ``temperature_K``, …
    ``.npy``           one array (n_series, n_frame); give ``units=``
    =================  ==============================================================================================

    Of the stress all six components are needed, in LAMMPS's order xx yy zz xy xz yz; the viscosity gets the five
    independent traceless ones, the bulk viscosity the pressure with its mean.

    Parameters
    ----------
    columns
        Columns that hold the current, one for each direction; where not given, names that programs give them are looked for.
    coupled
        Further currents that are conserved, by name: as many columns each as the current has, in any unit.
    units
        Style of units of LAMMPS (``"real"``, ``"metal"`` …) where the file does not state it, or the unit of the current itself
        (``"bar"``, ``"e.A/fs"``, ``"kcal/mol/A2/fs"``).
    extensive
        In units of LAMMPS: True for a sum over atoms, as ``compute heat/flux`` and ``reduce sum`` of ``stress/atom`` give,
        which is divided by the volume; False for what the input has divided by the volume already. Needed where the column does
        not show it: ``Pxx``, ``Press``, ``compute pressure`` are densities, ``compute heat/flux`` and ``q*vx`` are sums.
    interval, timestep
        Time between rows, or time step of the run [s], where the file states neither.
    temperature, volume
        [K], [m3], where the file does not state them. A volume that changes is refused unless its mean is given.
    discard
        Time left out at the start [s].
    run
        The one run of a log, or part of a file of averages, that is taken, from 0; -1 is the last.
    atomic_stress
        How a heat flux counts the stress of single atoms: ``"pairwise"`` where the potential is a sum over pairs,
        ``"centroid"`` where it is computed by ``centroid/stress/atom`` or by the potential's own formula. Where neither is
        stated, and the log does not show it, ``provenance["warnings"]`` says so.
    energy
        Column of the total energy, in any unit (``"TotEng"``), of which what the pressure follows is taken off for the bulk
        viscosity: its formula holds at constant energy. Where it is not given, ``provenance["warnings"]`` says so.

    Raises
    ------
    ValueError
        Naming file, line and column: a row is cut off or not of finite numbers, a column is missing, rows are not evenly
        spaced; a number or unit is stated nowhere, or differently by file and argument.
    """
    path = existing(path)
    kind = _coefficient(path, coefficient)
    if atomic_stress not in (None, "pairwise", "centroid"):
        raise ValueError(f"{path}: atomic_stress is {atomic_stress!r}; write 'pairwise' or 'centroid'")
    if energy is not None and kind is not TransportCoefficient.BULK_VISCOSITY:
        raise ValueError(f"{path}: energy is for the bulk viscosity, not for the {kind}; leave it out")
    if units is not None and units not in (*LAMMPS_STYLES, "lj", *current_units(kind)):
        raise ValueError(
            f"{path}: units {units!r} are not known; write a style of LAMMPS ({', '.join(LAMMPS_STYLES)}) or one of "
            f"{', '.join(current_units(kind))}"
        )
    options = SeriesOptions(units, interval, timestep, temperature, volume, discard, run)
    if path.suffix in (".npy", ".npz"):
        if any(given is not None for given in (columns, run, extensive, timestep, energy)):
            raise ValueError(
                f"{path}: arrays have neither columns, runs nor time steps; leave columns, run, extensive, timestep, energy out"
            )
        return _with_warnings(
            read_numpy_currents(path, kind, options, coupled), _physical_warnings(kind, atomic_stress, energy)
        )
    series = open_series(path, run, _terms(path, kind, columns, coupled))
    names = chosen_columns(series, kind, columns)
    raw = [series.column(name, "name it by columns=") for name in names]
    style = style_of(series, units)
    scale = _scale(series, kind, names, style, units, extensive)
    settings = series_settings(series, style, options)
    kept = slice(settings.run.n_discarded, None)
    flux = np.column_stack([values[kept] * unit for values, unit in zip(raw, scale.units, strict=True)])
    independent = independent_series(kind, flux / settings.volume if scale.total else flux)
    if energy is not None:
        independent = at_constant_energy(independent, series.column(energy, "name it by energy=")[kept])
    others = _coupled(series, coupled or {}, len(names), kept)
    warnings = [*series.warnings, *settings.warnings, *_physical_warnings(kind, atomic_stress, energy, series.statements)]
    made = CurrentSeries(
        kind,
        independent,
        settings.run.interval,
        settings.run.temperature,
        settings.volume,
        others,
        tuple(coupled or {}),
        {
            **fingerprint(path),
            "columns": list(names),
            "units": units or series.statements.units or "by column",
            "divided by the volume": scale.total,
            **({"energy": f"what follows {energy} is taken off"} if energy is not None else {}),
            "discarded [s]": settings.run.n_discarded * settings.run.interval,
            **({"remarks": list(series.remarks)} if series.remarks else {}),
        },
    )
    return _with_warnings(made, warnings)


def _coefficient(path: Path, name: TransportCoefficient | str) -> TransportCoefficient:
    try:
        return TransportCoefficient(name)
    except ValueError:
        known = ", ".join(repr(member.value) for member in TransportCoefficient)
        raise ValueError(f"{path}: coefficient {str(name)!r} is not known; write one of {known}") from None


def _terms(
    path: Path,
    coefficient: TransportCoefficient,
    columns: Sequence[str] | None,
    coupled: Mapping[str, Sequence[str]] | None,
) -> tuple[str, ...]:
    """Terms that are summed over atoms if the file is a dump: those that are given, or charges times velocities."""
    of_current = CHARGE_TERMS if coefficient is TransportCoefficient.IONIC_CONDUCTIVITY else ()
    given = of_current if columns is None else ((columns,) if isinstance(columns, str) else tuple(columns))
    return tuple(dict.fromkeys([*given, *(name for names in (coupled or {}).values() for name in names)]))


@dataclass(frozen=True)
class _Scale:
    """Factors from columns to SI."""

    units: tuple[float, ...]
    """SI value of one of each column."""
    total: bool
    """True where the columns hold the current times the volume."""


def _scale(
    series: SeriesTable,
    coefficient: TransportCoefficient,
    names: Sequence[str],
    style: UnitStyle | None,
    units: str | None,
    extensive: bool | None,
) -> _Scale:
    """Factors from the columns to SI, by the unit that is given, the columns' endings, or the style of units."""
    known = current_units(coefficient)
    if units in known:
        return _with_extent(series, [known[units]] * len(names), extensive)
    if series.units_in_names:
        return _with_extent(series, [_unit_of(series, coefficient, name) for name in names], extensive)
    if style is None:
        raise ValueError(
            f"{series.path}: the units are not stated in the file (no line 'units'); give units='real', or the unit "
            f"of the current itself ({', '.join(known)})"
        )
    total = _is_total(series, coefficient, names, extensive)
    if total and series.statements.per_atom:
        raise ValueError(
            f"{series.path}: 'thermo_modify norm yes' divides sums over atoms by their number; run again with norm no, or take "
            "a file of fix ave/time"
        )
    if coefficient in STRESSES:
        one = style.pressure * style.volume
    else:
        one = style.electric_current if coefficient is TransportCoefficient.IONIC_CONDUCTIVITY else style.heat_current
    return _Scale((one if total else one / style.volume,) * len(names), total)


def _unit_of(series: SeriesTable, coefficient: TransportCoefficient, name: str) -> tuple[float, bool]:
    """SI value of the unit that ends a column's name, and whether it is of the current times the volume."""
    known = current_units(coefficient)
    ending = name.rsplit("_", 1)[-1]
    if ending not in known:
        column_unit(name, current_kinds(coefficient)[0], f"{series.path}")  # raises
    return known[ending]


def _with_extent(series: SeriesTable, found: list[tuple[float, bool]], extensive: bool | None) -> _Scale:
    """Factors of units that say by themselves whether a current is a sum over atoms."""
    totals = {total for _, total in found}
    if len(totals) > 1:
        raise ValueError(f"{series.path}: some columns are in units of a current density and some of a current; take one kind")
    total = totals.pop()
    if extensive is not None and extensive is not total:
        raise ValueError(f"{series.path}: extensive={extensive} contradicts the unit of the current; leave it out")
    return _Scale(tuple(value for value, _ in found), total)


def _is_total(series: SeriesTable, coefficient: TransportCoefficient, names: Sequence[str], extensive: bool | None) -> bool:
    """True where columns in units of LAMMPS hold a sum over atoms, by argument or by what the file shows."""
    shown = _shown_total(series, coefficient, names)
    if shown is None and extensive is None:
        raise ValueError(
            f"{series.path}: whether {names[0]!r} is a sum over atoms or a density is not stated; give extensive=True (compute "
            "heat/flux, reduce sum) or extensive=False (divided by the volume already)"
        )
    if shown is not None and extensive not in (None, shown):
        kind = "a sum over atoms, not divided by the volume" if shown else "a pressure, no sum over atoms"
        raise ValueError(f"{series.path}: {names[0]!r} is {kind}; leave extensive out")
    return bool(extensive if shown is None else shown)


def _shown_total(series: SeriesTable, coefficient: TransportCoefficient, names: Sequence[str]) -> bool | None:
    """True where the file shows sums over atoms, False where it shows densities, None where it shows neither."""
    stems = {name.partition("[")[0].removeprefix("c_") for name in names}
    if coefficient in STRESSES:
        pressures = {*THERMO_PRESSURES, *series.statements.pressures}
        return False if stems <= pressures else None
    summed = stems <= series.statements.heat_fluxes or (series.volumes is not None and set(names) <= set(CHARGE_TERMS))
    return True if summed else None


def _coupled(series: SeriesTable, coupled: Mapping[str, Sequence[str]], n: int, kept: slice) -> Array:
    """Further currents (n_coupled, n, n_row), as they stand in the file."""
    for name, columns in coupled.items():
        if len(columns) != n:
            raise ValueError(
                f"{series.path}: {len(columns)} columns of {name!r} beside {n} of the current; name as many of each"
            )
    if not coupled:
        return np.empty((0, 0, 0))
    return np.array(
        [[series.column(column, "name it by coupled=")[kept] for column in columns] for columns in coupled.values()]
    )


def _physical_warnings(
    coefficient: TransportCoefficient, atomic_stress: str | None, energy: str | None, stated: Statements | None = None
) -> list[str]:
    """Warnings where a current may not be the one that the formula is for, by argument and by what the file states.

    Of a heat flux: where stresses of single atoms are not known to be right for the potential. Of the pressure: where the
    energy is not given.
    """
    if coefficient is TransportCoefficient.BULK_VISCOSITY:
        return [ENERGY_WARNING] if energy is None else []
    if coefficient is not TransportCoefficient.THERMAL_CONDUCTIVITY or atomic_stress is not None:
        return []
    if stated is not None and (stated.pairwise or stated.atomic_stresses == {"centroid/stress/atom"}):
        return []
    return [CENTROID_WARNING]


def _with_warnings(series: CurrentSeries, warnings: list[str]) -> CurrentSeries:
    """The series, its provenance with the warnings that there are."""
    return replace(series, provenance={**series.provenance, "warnings": warnings}) if warnings else series
