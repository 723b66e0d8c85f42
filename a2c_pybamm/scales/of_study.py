"""Scales of a study: of its atomistic data, and of its cell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from a2c_pybamm import study as schema
from a2c_pybamm.cell import Cell, cell_of_study
from a2c_pybamm.derivation import derive
from a2c_pybamm.parameter_set import SIDES, ParameterSet
from a2c_pybamm.scales.continuum import continuum_scales
from a2c_pybamm.scales.lattice import lattice_scales
from a2c_pybamm.scales.quantities import AtomisticScales, ScaleQuantity
from a2c_pybamm.scales.report import ScaleReport, compare_scales
from a2c_pybamm.scales.runs import electrolyte_scales, run_scales
from a2c_pybamm.scales.thresholds import ScaleThresholds


def scale_report(study: str | Path | schema.Study, *, cell: Cell | None = None) -> ScaleReport:
    """The scale report of a study: its atomistic data against its cell, with the study's thresholds and declared scales.

    Parameters
    ----------
    study
        A study, its file, or the folder that holds it.
    cell
        The study's cell, if it is there already; it is built from the study otherwise.

    Raises
    ------
    ValueError
        As `read_study`, `derive` and `Cell`, and if a run that is read for its scales alone cannot be read.
    """
    settings = study if isinstance(study, schema.Study) else schema.read_study(study)
    cell = cell_of_study(settings, derive(settings)) if cell is None else cell
    pores = {
        str(item.layer): _declared("pore size", item.value, "m", item.std_ln, item.reason) for item in settings.scales.pore_size
    }
    continuum = continuum_scales(cell, pore_sizes=pores)
    return compare_scales(atomistic_scales(settings, cell.parameter_set), continuum, thresholds=_thresholds(settings))


def atomistic_scales(study: schema.Study, parameter_set: ParameterSet) -> tuple[AtomisticScales, ...]:
    """Scales of a study's atomistic data, material by material: lattices with their hops, runs, and what is declared.

    Nothing is guessed: what neither the data nor the study give is None.

    Parameters
    ----------
    parameter_set
        The set derived from the study, whose barriers give the time between hops.

    Raises
    ------
    ValueError
        If a file cannot be read.
    """
    records: list[AtomisticScales] = []
    for side in SIDES:
        electrode = getattr(study, side)
        if electrode is not None and electrode.mobility is not None:
            lattice = lattice_scales(side, electrode, parameter_set)
            records += [lattice] if lattice is not None else []
            records += _runs_of_hops(electrode)
    if study.electrolyte is not None:
        records += electrolyte_scales(study.electrolyte)
    for item in study.scales.material:
        records += _of_section(item)
    return tuple(records)


def _runs_of_hops(electrode: schema.Electrode) -> Iterator[AtomisticScales]:
    """Scales of the runs behind an electrode's mobility."""
    for hop in electrode.mobility.hops if electrode.mobility else ():
        if hop.molecular_dynamics:
            for item in hop.molecular_dynamics.trajectories:
                yield run_scales(electrode.material, hop.molecular_dynamics.species, item)


def _of_section(item: schema.MaterialScales) -> Iterator[AtomisticScales]:
    """Scales that a section declares, and those of its run."""
    if item.trajectory is not None and item.species is not None:
        yield run_scales(item.material, item.species, item.trajectory)
    length, time, reason = item.correlation_length, item.correlation_time, item.reason or ""
    if length is not None or time is not None or item.no_plateau:
        yield AtomisticScales(
            item.material,
            "declared",
            None if length is None else _declared("correlation length", length, "m", item.correlation_length_std_ln, reason),
            item.no_plateau,
            None if time is None else _declared("correlation time", time, "s", item.correlation_time_std_ln, reason),
        )


def _declared(name: str, value: float, unit: str, std_ln: float | None, reason: str) -> ScaleQuantity:
    """A number that the study declares, with an error of its own."""
    errors = {f"{name} ({reason})": std_ln} if std_ln else {}
    return ScaleQuantity(name, value, unit, errors, f"declared: {reason}", "[scales] of the study")


def _thresholds(study: schema.Study) -> ScaleThresholds:
    """Thresholds of a study, the default ones where it gives none."""
    given = {
        "length": study.scales.length_ratio,
        "time": study.scales.time_ratio,
        "cell_width": study.scales.cell_width_ratio,
        "run_length": study.scales.run_length_ratio,
    }
    return ScaleThresholds(**{name: ratio for name, ratio in given.items() if ratio is not None})
