"""Steps of a study that the commands share: read, derive, build the cell, propagate, sweep, report.

Heavy libraries are imported where they are used, so that ``--help`` stays quick.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from a2c_pybamm.cli.failures import naming_input
from a2c_pybamm.cli.printing import (
    err,
    print_electrolyte,
    print_files,
    print_lines,
    print_memo,
    print_outputs,
    print_parameters,
    print_sweep,
    print_thermodynamics,
    progress_bar,
)
from a2c_pybamm.formatting import abbreviated

if TYPE_CHECKING:
    import xarray as xr

    from a2c_pybamm.cell import Cell, DeclaredOutput
    from a2c_pybamm.parameter_set import BaseSet, ParameterSet
    from a2c_pybamm.scales import ScaleReport
    from a2c_pybamm.study import Mistakes, Study, SweepSettings

N_DRAWS_CHECKED = 5000
"""Draws of the joint whose stability and full charge are checked without solving: a fraction of 1 % is known to ±0.14 %."""
CELL_TEXT = "cell"
"""Attribute of a result: the cell that it was computed with."""
MEMO_FILE = "solves.sqlite"
"""Name of the memo of solves beside a study."""


def read_valid_study(study: Path) -> tuple[Study, Path]:
    """The study and its file."""
    from a2c_pybamm.study import read_partial_study

    reading = read_partial_study(study)
    return reading.valid_study(), reading.file


def estimate_set(study: Path, *, cell: bool) -> tuple[Study, Path, ParameterSet]:
    """The study, its file and the set derived from it; nothing is written.

    Errors that do not depend on each other are raised together: of the study file, of data files, and of the cell where that is
    to be built from the set.
    """
    from a2c_pybamm.derivation import derive as derive_set
    from a2c_pybamm.study import MADE_FROM, add_unusable_files, read_partial_study, study_stamps

    reading = read_partial_study(study)
    at_file = reading.mistakes.at(reading.file)
    made_from: dict[str, Any] = {}
    if reading.study is not None and not len(reading.mistakes):
        with suppress(ValueError):  # of a file that cannot be opened: the reader names it
            made_from = study_stamps(reading.study, reading.file.parent)  # before the data are read: a later change shows
    if reading.study is not None:
        with at_file.collect(), progress_bar("reading the data", None):
            parameter_set = derive_set(reading.study)
        if cell and len(reading.mistakes):
            _check_cell(reading.study, at_file)
    if len(reading.mistakes):
        add_unusable_files(reading.files, at_file)
    settings = reading.valid_study()
    return settings, reading.file, replace(parameter_set, notes={**parameter_set.notes, MADE_FROM: made_from})


def _check_cell(study: Study, mistakes: Mistakes) -> None:
    """Add errors of a cell's settings that do not need its set; checks that need an entry that is not given are left out."""
    from a2c_pybamm.cell import outputs_of_study, protocol_of_study, setting_mistakes
    from a2c_pybamm.files import base_of
    from a2c_pybamm.parameter_set import as_base
    from a2c_pybamm.readers.drive_cycle import CYCLE_LIMITS
    from a2c_pybamm.study import NotGiven

    with mistakes.collect():
        settings, protocol = study.cell, None
        base: str | BaseSet | None = None
        outputs: tuple[str | DeclaredOutput, ...] | None = None
        with suppress(ValueError, NotGiven):  # an error of the base set is among the mistakes already
            base = as_base(base_of(study.base))
        with mistakes.collect():
            protocol = protocol_of_study(study)
        with mistakes.collect():
            outputs = outputs_of_study(study)
        for error in setting_mistakes(
            base,
            model=settings.model,
            options=settings.options,
            protocol=protocol,
            c_rate=settings.c_rate if abs(settings.c_rate) >= CYCLE_LIMITS.least_c_rate else 1.0,  # the study's mistake already
            soc=settings.initial_soc,
            outputs=outputs,
        ):
            mistakes.add(error)


def build_cell(study: Study, file: Path, parameter_set: ParameterSet) -> Cell:
    """The cell of a study; errors begin with the study's file."""
    with naming_input(file):
        return _cell(study, parameter_set)


def _cell(study: Study, parameter_set: ParameterSet, **swept: Any) -> Cell:
    """The cell of a study, with other values of the swept settings."""
    from a2c_pybamm.cell import cell_of_study

    with progress_bar("building the cell", None):
        return cell_of_study(study, parameter_set, **swept)


def methods_of(study: Study, *, sampling: bool = True) -> list[Any]:
    """The propagation methods of a study; without sampling where another method is chosen."""
    from a2c_pybamm.propagation import AdaptiveChaos, FirstOrder, MonteCarlo, PolynomialChaos

    settings = study.propagation
    methods: list[Any] = [FirstOrder()] if settings.first_order else []
    methods += [AdaptiveChaos(settings.tolerance, settings.budget)] if settings.adaptive else []
    methods += [PolynomialChaos(order=settings.chaos_order)] if settings.chaos_order else []
    if settings.samples and (sampling or not methods):
        methods += [MonteCarlo(settings.samples, points=settings.points)]
    return methods


def write_set(file: Path, parameter_set: ParameterSet) -> None:
    """Write the set in all its forms beside the study, all files or none, and print what it holds."""
    from a2c_pybamm.files import save, write_bpx, write_pybamm_module, write_thermodynamics, written_together
    from a2c_pybamm.parameter_set import free_energy_sides, module_name

    folder = file.parent
    module = folder / f"{module_name(parameter_set.name)}.py"  # an error of the name comes before anything is written
    lost = ""
    with naming_input(file), written_together():
        files = [save(parameter_set, folder / "set.json"), write_pybamm_module(module, parameter_set)]
        try:
            files.append(write_bpx(folder / "set.bpx.json", parameter_set))
        except ValueError as error:
            lost = f"no BPX file: {error}"
        sides = free_energy_sides(parameter_set)
        files += [write_thermodynamics(folder / f"{side}_thermodynamics.csv", parameter_set, side) for side in sides]
        files += _write_figure(folder, parameter_set)
    print_lines(*filter(None, [lost]), console=err)
    print_parameters(parameter_set)
    print_thermodynamics(parameter_set)
    print_electrolyte(parameter_set)
    print_files(files)


def _write_figure(folder: Path, parameter_set: ParameterSet) -> list[Path]:
    """The figure of potentials and entropic changes beside the base set's; nothing where no law gives one."""
    from a2c_pybamm.report import thermodynamics_figure, write_figure

    figure = thermodynamics_figure(parameter_set)
    return [] if figure is None else [write_figure(folder / "thermodynamics.svg", figure)]


def read_derived_set(settings: Study, file: Path) -> ParameterSet:
    """The set beside a study, if it is that study's, and neither the study nor its data have changed since."""
    from a2c_pybamm.files import base_of, read_set
    from a2c_pybamm.study import MADE_FROM, changed_since

    path = file.parent / "set.json"
    parameter_set = read_set(path)
    with naming_input(file):
        base = base_of(settings.base)
    for entry, of_study in {"name": settings.name, "base": base, "temperature": settings.temperature}.items():
        of_set = getattr(parameter_set, entry)
        if of_set != of_study:
            other = "has other values" if str(of_set) == str(of_study) else f"is {of_set}, the study's {of_study}"
            raise ValueError(f"{path}: its {entry} {other}; run 'a2c derive {file}' first")
    if changed := changed_since(parameter_set.notes.get(MADE_FROM), settings, file):
        raise ValueError(
            f"{path}: {', '.join(abbreviated(changed))} changed since it was derived; run 'a2c derive {file}' first"
        )
    return parameter_set


def check_origin(result: xr.DataTree, file: Path, parameter_set: ParameterSet) -> None:
    """Raise ``ValueError`` where a result was made from another set than the one beside it."""
    from a2c_pybamm.files import SET_STAMP, set_stamp
    from a2c_pybamm.readers.source_file import fingerprint

    # earlier versions took the stamp of the file, which another form of the same set does not have
    if result.attrs[SET_STAMP] not in (set_stamp(parameter_set), fingerprint(file.with_name("set.json"))["sha256"]):
        path = file.with_name("result.nc")
        raise ValueError(f"{path}: made from another set.json than the one beside it; run 'a2c propagate {file}' again")


def propagate_study(settings: Study, file: Path, cell: Cell, *, fresh: bool = False) -> xr.DataTree:
    """Statistics of all outputs, stamped with the set and the cell that they were computed with; written and printed."""
    import numpy as np

    from a2c_pybamm.cell import ParallelCell, remembered
    from a2c_pybamm.files import SolveMemo, write_result
    from a2c_pybamm.propagation import planned_solves
    from a2c_pybamm.propagation import propagate as propagate_through

    methods, joint, chosen = methods_of(settings), cell.parameter_set.joint, settings.propagation
    rng, folder = np.random.default_rng(chosen.seed), file.parent
    with (
        SolveMemo(folder / MEMO_FILE, fresh=fresh) as memo,
        naming_input(file),
        ParallelCell(cell, workers=chosen.workers) as solver,
        progress_bar(f"solving {settings.cell.model}", planned_solves(cell, joint, *methods)) as bar,
    ):
        result = propagate_through(
            remembered(solver, memo),
            joint,
            *methods,
            rng=rng,
            progress=bar.advance,
            expect=bar.expect,
            max_failed=chosen.max_failed,
        )
    rejected = rejected_draws(settings, cell)
    for cause, fraction in rejected.items():
        result[f"fraction_{cause}"] = fraction
    result.attrs[CELL_TEXT] = cell_text(settings, cell)
    path = write_result(folder / "result.nc", result)
    print_outputs(result)
    print_lines(rejected_text(rejected))
    print_memo(memo)
    print_files([path])
    return result


def rejected_draws(settings: Study, cell: Cell) -> dict[str, float]:
    """Fraction of draws of each cause that fail without a solve."""
    import numpy as np

    with progress_bar(f"checking {N_DRAWS_CHECKED} draws", None):
        return cell.rejected_fractions(N_DRAWS_CHECKED, np.random.default_rng(settings.propagation.seed))


def rejected_text(rejected: Mapping[str, float]) -> str:
    """Fractions of `rejected_draws` in words."""
    return f"Of {N_DRAWS_CHECKED} draws, without solving: " + ", ".join(f"{c} {f:.2%}" for c, f in rejected.items())


def cell_text(settings: Study, cell: Cell) -> str:
    """Model, options, protocol and temperature of a cell in words."""
    low, high = cell.voltage_limits
    between = f" between {low:g} and {high:g} V" if settings.cell.voltage_limits else ""
    options = "".join(f", {name}: {value}" for name, value in settings.cell.options.items())
    start = f" from {cell.soc:.0%} state of charge" if settings.cell.initial_soc is not None else ""
    heat = (
        ' (isothermal: the laws of heat have no effect; set thermal = "lumped" in [cell.options])' if heat_unused(cell) else ""
    )
    return f"{cell.model}{options}; {cell.protocol}{start}{between}, {settings.temperature:g} K{heat}"


def heat_unused(cell: Cell) -> bool:
    """True where laws of heat are attached to the set of a cell that is kept at one temperature."""
    from a2c_pybamm.laws import ElectrodeMixture, MixtureThermalConductivity

    laws = (attachment.law for attachment in cell.parameter_set.attach.values())
    has_heat = any(isinstance(law, ElectrodeMixture | MixtureThermalConductivity) for law in laws)
    return has_heat and cell.options.get("thermal", "isothermal") == "isothermal"


def sweep_study(settings: Study, plan: SweepSettings, file: Path, cell: Cell, *, fresh: bool = False) -> None:
    """Write and print the design of experiments of a study, around a cell."""
    import numpy as np

    from a2c_pybamm.cell import RememberedModel, remembered
    from a2c_pybamm.design import sweep as sweep_cells
    from a2c_pybamm.files import SolveMemo, write_result

    parameter_set = cell.parameter_set
    lower, upper = cell.voltage_limits
    rates = {"c_rate": plan.c_rate or (settings.cell.c_rate,)} if settings.cell.at_constant_current else {}
    design = {**rates, "upper_voltage": plan.upper_voltage or (upper,)}
    methods = methods_of(settings, sampling=False) if plan.uncertainty else []
    rng = np.random.default_rng(settings.propagation.seed)
    with (
        SolveMemo(file.parent / MEMO_FILE, fresh=fresh) as memo,
        naming_input(file),
        progress_bar("sweeping", math.prod(map(len, design.values()))) as bar,
    ):

        def make(upper_voltage: float, **rate: float) -> RememberedModel:
            return remembered(_cell(settings, parameter_set, voltage_limits=(lower, upper_voltage), **rate), memo)

        result = sweep_cells(
            make,
            design,
            parameter_set.joint,
            *methods,
            rng=rng,
            progress=bar.advance,
            max_failed=settings.propagation.max_failed,
        )
    result.attrs[CELL_TEXT] = cell_text(settings, cell)
    path = write_result(file.parent / "sweep.nc", result)
    print_lines(f"Around {result.attrs[CELL_TEXT]}")
    print_sweep(result, list(design))
    print_memo(memo)
    print_files([path])


def scales_of_study(settings: Study, file: Path, cell: Cell) -> ScaleReport | None:
    """The scale report of a study; None, with a warning, where its mean cell has no solution to take scales from."""
    from a2c_pybamm.cell import SimulationFailed
    from a2c_pybamm.scales import scale_report

    with naming_input(file), progress_bar("comparing scales", None):
        try:
            return scale_report(settings, cell=cell)
        except SimulationFailed as error:
            print_lines(f"Scales are not compared: {error}", console=err)
            return None


def report_study(
    settings: Study, file: Path, parameter_set: ParameterSet, result: xr.DataTree, scales: ScaleReport | None
) -> None:
    """Write the report of a result, and of the study's scales where they are known."""
    from a2c_pybamm.report import write_report

    text, path = str(result.attrs[CELL_TEXT]), file.parent / "report.html"
    with progress_bar("drawing the report", None):
        write_report(path, parameter_set, result, title=settings.name, cell_text=text, scales=scales)
    print_files([path])
