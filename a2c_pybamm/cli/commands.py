"""The command line: read files, call one public function, write files."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from a2c_pybamm.cli.failures import named
from a2c_pybamm.cli.printing import (
    err,
    print_files,
    print_lines,
    print_outputs,
    print_parameters,
    print_supplied,
    print_sweep,
    print_thermodynamics,
    progress_bar,
)

if TYPE_CHECKING:
    import xarray as xr

    from a2c_pybamm.cell import Cell
    from a2c_pybamm.parameter_set import ParameterSet
    from a2c_pybamm.study import Mistakes, Study, SweepSettings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="From atomistic data to PyBaMM parameter sets with error bars, and through to the cell.",
    epilog="Begin with 'a2c demo', or 'a2c new my-study', 'a2c check my-study', 'a2c run my-study'.",
)
N_REFUSED = 5000
"""Draws of the joint whose stability and full charge are looked at, beside those that are solved."""

SET_STAMP, CELL_TEXT = "sha256 of set.json", "cell"
"""Attributes of a result: the set and the cell that it belongs to."""

MAX_LINE = 200
"""Letters of one line that says what an export loses."""

StudyPath = Annotated[Path, typer.Argument(help="A study file, or the folder that holds a study.toml", metavar="STUDY")]


def _read(study: Path) -> tuple[Study, Path]:
    """The study and its file."""
    from a2c_pybamm.study import read_partial_study

    found = read_partial_study(study)
    return found.valid_study(), found.file


def _estimated(study: Path, *, cell: bool) -> tuple[Study, Path, ParameterSet]:
    """The study, its file and the set that it derives; nothing is written.

    Mistakes that do not depend on each other are raised together: of the study file, of data files, and of the cell where that
    is to be built from the set.
    """
    from a2c_pybamm.derivation import derive as derive_set
    from a2c_pybamm.study import add_unusable_files, read_partial_study

    found = read_partial_study(study)
    at_file = found.mistakes.at(found.file)
    if found.study is not None:
        with at_file.collect(), progress_bar("reading the data", None):
            parameter_set = derive_set(found.study)
        if cell and len(found.mistakes):
            _check_cell(found.study, at_file)
    if len(found.mistakes):
        add_unusable_files(found.files, at_file)
    return found.valid_study(), found.file, parameter_set


def _check_cell(study: Study, mistakes: Mistakes) -> None:
    """Add what is wrong with a cell's settings by themselves; what needs one that is not given is not looked at."""
    from a2c_pybamm.cell import setting_mistakes

    with mistakes.collect():
        own, protocol, base = study.cell, None, ""
        outputs: tuple[str, ...] | None = None
        with mistakes.collect():
            base = study.base
        with mistakes.collect():
            protocol = _protocol(study)
        with mistakes.collect():
            outputs = tuple(dict.fromkeys(own.outputs)) or None  # one that is listed twice is among the mistakes already
        for error in setting_mistakes(
            base, model=own.model, options=own.options, protocol=protocol, c_rate=own.c_rate or 1.0, outputs=outputs
        ):
            mistakes.add(error)


def _cell_of(study: Study, file: Path, parameter_set: ParameterSet) -> Cell:
    """The cell of a study; what is wrong with it begins with the study's file."""
    from a2c_pybamm.readers.source_file import naming

    with naming(file):
        return _cell(study, parameter_set)


def _cell(study: Study, parameter_set: ParameterSet, **other: Any) -> Cell:
    from a2c_pybamm.cell import Cell

    own = study.cell
    settings: dict[str, Any] = {
        "protocol": _protocol(study),
        "c_rate": own.c_rate,
        "voltage_limits": own.voltage_limits,
        **other,
    }
    settings |= {"options": own.options, "soc": own.initial_soc, "outputs": own.outputs or None, "compile": own.compile}
    with progress_bar("building the cell", None):
        return Cell(parameter_set, model=own.model, **settings)


def _protocol(study: Study) -> Any:
    """The protocol that a study gives; None for its constant current."""
    if study.cell.drive_cycle is not None:
        from a2c_pybamm.cell import DriveCycle
        from a2c_pybamm.readers import read_drive_cycle
        from a2c_pybamm.readers.source_file import naming

        with naming(study.cell.drive_cycle):
            return DriveCycle(*read_drive_cycle(study.cell.drive_cycle))
    return list(study.cell.experiment) or None


def _methods(study: Study, *, sampling: bool = True) -> list[Any]:
    """The methods that a study asks for; without sampling only if another is left."""
    from a2c_pybamm.propagation import AdaptiveChaos, FirstOrder, MonteCarlo, PolynomialChaos

    chosen = study.propagation
    methods: list[Any] = [FirstOrder()] if chosen.first_order else []
    methods += [AdaptiveChaos(chosen.tolerance, chosen.budget)] if chosen.adaptive else []
    methods += [PolynomialChaos(order=chosen.chaos_order)] if chosen.chaos_order else []
    return methods + ([MonteCarlo(chosen.samples)] if chosen.samples and (sampling or not methods) else [])


@app.command()
def demo(folder: Annotated[Path, typer.Argument(help="Where to put it", metavar="DIR")] = Path("a2c-demo")) -> None:
    """Copy the shipped study (LiCoO2 | graphite) into DIR and run all of it.

    Run again it makes the results anew; a study or data file that you have changed is never written over.
    """
    from a2c_pybamm.sets import copy_study

    copy_study(folder)
    run(folder)


@app.command()
def new(folder: Annotated[Path, typer.Argument(help="A folder that has no study yet", metavar="DIR")]) -> None:
    """Make a commented study to start from: the shipped one, data and all."""
    from a2c_pybamm.sets import copy_study

    if (folder / "study.toml").exists():
        raise ValueError(f"{folder / 'study.toml'}: a study stands here already; take another folder")
    copy_study(folder)
    print_lines(f"{folder / 'study.toml'}: edit it, then 'a2c check {folder}' and 'a2c run {folder}'")


@app.command()
def check(study: StudyPath) -> None:
    """Read and validate all inputs; print what would be derived and what the base set still supplies.

    Every mistake is named in one run, each in a line with file, key and remedy. Writes nothing.
    """
    from a2c_pybamm.study import data_files

    settings, file, parameter_set = _estimated(study, cell=True)
    cell = _cell_of(settings, file, parameter_set)  # refuses what cannot be charged or would separate into phases
    print_parameters(parameter_set)
    print_supplied(parameter_set)
    print_lines(f"Simulated: {_cell_text(settings, cell)}")
    print_lines("Files read:", *(f"  {path}" for path in data_files(settings)))


@app.command()
def derive(study: StudyPath) -> None:
    """Estimators to set.json, a stand-alone PyBaMM module and BPX.

    They are written beside the study: set.json is exact, NAME.py needs PyBaMM alone, set.bpx.json has the nominal values.
    Voltages, gaps and entropic changes are printed beside the base set's, and drawn in thermodynamics.svg.
    """
    _, file, parameter_set = _estimated(study, cell=False)
    _write_set(file, parameter_set)


def _write_set(file: Path, parameter_set: ParameterSet) -> None:
    from a2c_pybamm.files import save, write_bpx, write_pybamm_module
    from a2c_pybamm.parameter_set import module_name

    folder = file.parent
    module = folder / f"{module_name(parameter_set.name)}.py"  # asked before anything is written
    with named(file):
        files = [save(parameter_set, folder / "set.json"), write_pybamm_module(module, parameter_set)]
    lost = ""
    try:
        files.append(write_bpx(folder / "set.bpx.json", parameter_set))
    except ValueError as error:
        lost = f"no BPX file: {error}"
    files += _write_figure(folder, parameter_set)
    print_lines(*filter(None, [lost]), console=err)
    print_parameters(parameter_set)
    print_thermodynamics(parameter_set)
    print_files(files)


def _write_figure(folder: Path, parameter_set: ParameterSet) -> list[Path]:
    """Potentials and entropic changes beside the base set's, as a figure; nothing where no law gives one."""
    from a2c_pybamm.report import thermodynamics_figure, write_figure

    figure = thermodynamics_figure(parameter_set)
    return [] if figure is None else [write_figure(folder / "thermodynamics.svg", figure)]


@app.command()
def propagate(study: StudyPath) -> None:
    """First order, adaptive chaos and sampling side by side over the cell simulation, to result.nc.

    Needs the set.json that 'a2c derive' writes; the study's sections cell and propagation say how.
    """
    settings, file = _read(study)
    parameter_set = _derived(settings, file)
    _propagate(settings, file, _cell_of(settings, file, parameter_set))


def _derived(settings: Study, file: Path) -> ParameterSet:
    """The set beside a study, if it is that study's."""
    from a2c_pybamm.files import read_set

    path = file.parent / "set.json"
    parameter_set = read_set(path)
    for what in ("name", "base", "temperature"):
        theirs, ours = getattr(parameter_set, what), getattr(settings, what)
        if theirs != ours:
            raise ValueError(f"{path}: its {what} is {theirs}, the study's {ours}; run 'a2c derive {file}' first")
    return parameter_set


def _propagate(settings: Study, file: Path, cell: Cell) -> xr.Dataset:
    """Statistics of all outputs, stamped with the set and the cell that they belong to."""
    import numpy as np

    from a2c_pybamm.cell import ParallelCell
    from a2c_pybamm.files import write_result
    from a2c_pybamm.propagation import planned_solves
    from a2c_pybamm.propagation import propagate as propagate_through

    methods, joint, chosen = _methods(settings), cell.parameter_set.joint, settings.propagation
    rng, folder = np.random.default_rng(chosen.seed), file.parent
    with (
        named(file),
        ParallelCell(cell, workers=chosen.workers) as solver,
        progress_bar(f"solving {settings.cell.model}", planned_solves(cell, joint, *methods)) as bar,
    ):
        result = propagate_through(
            solver, joint, *methods, rng=rng, progress=bar.advance, expect=bar.expect, max_failed=chosen.max_failed
        )
    with progress_bar(f"looking at {N_REFUSED} draws", None):
        refused = cell.rejected_fractions(N_REFUSED, np.random.default_rng(chosen.seed))
    result = result.assign({f"fraction_{cause}": fraction for cause, fraction in refused.items()})
    result = result.assign_attrs({SET_STAMP: _set_stamp(folder), CELL_TEXT: _cell_text(settings, cell)})
    path = write_result(folder / "result.nc", result)
    print_outputs(result)
    print_lines(f"Of {N_REFUSED} draws, without solving: " + ", ".join(f"{c} {f:.2%}" for c, f in refused.items()))
    print_files([path])
    return result


def _set_stamp(folder: Path) -> str:
    """What tells this folder's set.json from any other."""
    from a2c_pybamm.readers.source_file import existing, fingerprint

    return str(fingerprint(existing(folder / "set.json"))["sha256"])


def _cell_text(settings: Study, cell: Cell) -> str:
    low, high = cell.voltage_limits
    between = f" between {low:g} and {high:g} V" if settings.cell.voltage_limits else ""
    options = "".join(f", {name}: {value}" for name, value in settings.cell.options.items())
    start = f" from {cell.soc:.0%} state of charge" if settings.cell.initial_soc is not None else ""
    return f"{cell.model}{options}; {cell.protocol}{start}{between}, {settings.temperature:g} K"


@app.command()
def sweep(study: StudyPath) -> None:
    """A design of experiments over cell settings, with or without uncertainty at each point, to sweep.nc.

    Needs the set.json that 'a2c derive' writes; the study's section sweep lists the settings.
    """
    settings, file = _read(study)
    if settings.sweep is None:
        raise ValueError(f"{file}: no [sweep] section; add one, e.g. c_rate = [0.5, 1.0, 2.0]")
    _sweep(settings, settings.sweep, file, _derived(settings, file))


def _sweep(settings: Study, plan: SweepSettings, file: Path, parameter_set: ParameterSet) -> None:
    import numpy as np

    from a2c_pybamm.design import sweep as sweep_cells
    from a2c_pybamm.files import write_result

    cell = _cell_of(settings, file, parameter_set)
    lower, upper = cell.voltage_limits
    rates = {"c_rate": plan.c_rate or (settings.cell.c_rate,)} if settings.cell.at_constant_current else {}
    design = {**rates, "upper_voltage": plan.upper_voltage or (upper,)}
    methods = _methods(settings, sampling=False) if plan.uncertainty else []

    def make(upper_voltage: float, **rate: float) -> Cell:
        return _cell(settings, parameter_set, voltage_limits=(lower, upper_voltage), **rate)

    rng = np.random.default_rng(settings.propagation.seed)
    with named(file), progress_bar("sweeping", math.prod(map(len, design.values()))) as bar:
        result = sweep_cells(
            make,
            design,
            parameter_set.joint,
            *methods,
            rng=rng,
            progress=bar.advance,
            max_failed=settings.propagation.max_failed,
        )
    result = result.assign_attrs({CELL_TEXT: _cell_text(settings, cell)})
    path = write_result(file.parent / "sweep.nc", result)
    print_lines(f"Around {result.attrs[CELL_TEXT]}")
    print_sweep(result, list(design))
    print_files([path])


@app.command()
def report(study: StudyPath) -> None:
    """One page, report.html, from what has been derived and propagated.

    Needs set.json and the result.nc made from it.
    """
    from a2c_pybamm.files import read_result

    settings, file = _read(study)
    path = file.parent / "result.nc"
    parameter_set, result = _derived(settings, file), read_result(path, attributes=[SET_STAMP, CELL_TEXT])
    if result.attrs[SET_STAMP] != _set_stamp(file.parent):
        raise ValueError(f"{path}: made from another set.json than the one beside it; run 'a2c propagate {file}' again")
    _report(settings, file.parent, parameter_set, result)


def _report(settings: Study, folder: Path, parameter_set: ParameterSet, result: xr.Dataset) -> None:
    from a2c_pybamm.report import write_report

    text = str(result.attrs[CELL_TEXT])
    with progress_bar("drawing the report", None):
        path = write_report(folder / "report.html", parameter_set, result, title=settings.name, cell_text=text)
    print_files([path])


@app.command()
def run(study: StudyPath) -> None:
    """All that the study asks for: derive, propagate, report, sweep.

    Results stand beside the study; earlier ones are replaced once the new ones are whole.
    """
    settings, file, parameter_set = _estimated(study, cell=True)
    cell = _cell_of(
        settings, file, parameter_set
    )  # before anything is written: a cell that cannot be leaves earlier results alone
    _write_set(file, parameter_set)
    result = _propagate(settings, file, cell)
    _report(settings, file.parent, parameter_set, result)
    if settings.sweep:
        _sweep(settings, settings.sweep, file, parameter_set)


@app.command()
def show(
    name: Annotated[
        str, typer.Argument(help="A shipped set's name, a set.json file, or the folder that holds one", metavar="SET")
    ],
) -> None:
    """Look at a set: its coefficients, their errors and where they come from.

    For example: a2c show LCO_graphite_universal_potentials
    """
    from a2c_pybamm.sets import load

    print_parameters(load(name))


@app.command()
def export(
    name: Annotated[
        str, typer.Argument(help="A shipped set's name, a set.json file, or the folder that holds one", metavar="SET")
    ],
    to: Annotated[
        str, typer.Option(help="json (exact), pybamm (stand-alone module) or bpx (nominal values, lossy)")
    ] = "pybamm",
    output: Annotated[Path | None, typer.Option(help="File to write; named after the set in this folder if not given")] = None,
) -> None:
    """Hand a set on in another form.

    For example: a2c export LCO_graphite_universal_potentials --to bpx --output cell.bpx.json
    """
    from a2c_pybamm.files import bpx_losses, save, writable, write_bpx, write_pybamm_module
    from a2c_pybamm.parameter_set import module_name
    from a2c_pybamm.sets import load

    if to not in ("json", "pybamm", "bpx"):
        raise ValueError(f"--to {to}: unknown form; take json, pybamm or bpx")
    parameter_set = load(name)
    stem = module_name(parameter_set.name)
    path = writable(output or Path({"json": f"{stem}.json", "pybamm": f"{stem}.py", "bpx": f"{stem}.bpx.json"}[to]))
    if to == "json":
        save(parameter_set, path)
    elif to == "pybamm":
        write_pybamm_module(path, parameter_set)
    else:
        write_bpx(path, parameter_set)
        print_lines(*(f"lost: {_shortened(loss)}" for loss in bpx_losses(parameter_set)), console=err)
    print_files([path])


def _shortened(text: str) -> str:
    """A line that a terminal bears; the whole text stands in the document's own description."""
    return text if len(text) <= MAX_LINE else f"{text[:MAX_LINE].rsplit(', ', 1)[0]} … (all in the file's description)"
