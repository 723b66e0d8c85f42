"""The command line: each command reads files, calls one public function, and writes files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from a2c_pybamm.cli import steps
from a2c_pybamm.cli.plan import print_plan
from a2c_pybamm.cli.printing import (
    err,
    print_electrolyte,
    print_files,
    print_lines,
    print_parameters,
    print_scales,
    print_supplied,
)
from a2c_pybamm.formatting import MESSAGE_LENGTH

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="From atomistic data to PyBaMM parameter sets with error bars, and through to the cell.",
    epilog="Begin with 'a2c demo', or 'a2c new my-study', 'a2c check my-study', 'a2c run my-study'.",
)
ENDINGS = {"json": ".json", "pybamm": ".py", "bpx": ".bpx.json"}
"""Forms of an exported set, and the endings of their files."""

StudyPath = Annotated[Path, typer.Argument(help="A study file, or the folder that holds a study.toml", metavar="STUDY")]
SetName = Annotated[
    str, typer.Argument(help="A shipped set's name, a set.json file, or the folder that holds one", metavar="SET")
]

Fresh = Annotated[bool, typer.Option("--fresh", help="Solve all anew, without the solves that are kept in solves.sqlite")]


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
    """Make a commented study to start from: the shipped one, data and all, with the default law of a free energy."""
    from a2c_pybamm.sets import new_study

    if (folder / "study.toml").exists():
        raise ValueError(f"{folder / 'study.toml'}: a study stands here already; take another folder")
    new_study(folder)
    print_lines(f"{folder / 'study.toml'}: edit it, then 'a2c check {folder}' and 'a2c run {folder}'")


@app.command()
def check(study: StudyPath) -> None:
    """Read and validate all inputs; print what would be derived and what the base set still supplies.

    Every mistake is named in one run, each in a line with file, key and remedy. Then follows which scales of the atomistic data
    and of the cell lie far enough apart. Writes nothing.
    """
    from a2c_pybamm.study import data_files

    settings, file, parameter_set = steps.estimate_set(study, cell=True)
    cell = steps.build_cell(settings, file, parameter_set)  # refuses what cannot be charged or would separate into phases
    print_parameters(parameter_set)
    print_supplied(parameter_set)
    print_lines(f"Simulated: {steps.cell_text(settings, cell)}")
    print_scales(steps.scales_of_study(settings, file, cell))
    print_lines("Files read:", *(f"  {path}" for path in data_files(settings)))


@app.command()
def derive(study: StudyPath) -> None:
    """Estimators to set.json, a stand-alone PyBaMM module and BPX.

    They are written beside the study: set.json is exact, NAME.py needs PyBaMM alone, set.bpx.json has the nominal values.
    Voltages, gaps and entropic changes are printed beside the base set's, and drawn in thermodynamics.svg. Each electrode
    with a free energy gets a table, positive_thermodynamics.csv: voltage, entropic change, activity, thermodynamic factor.
    """
    from a2c_pybamm.files import folder_lock

    _, file, parameter_set = steps.estimate_set(study, cell=False)
    with folder_lock(file.parent):
        steps.write_set(file, parameter_set)


@app.command()
def propagate(
    study: StudyPath,
    fresh: Fresh = False,
    plan: Annotated[
        bool, typer.Option("--plan", help="Print the number of solves, their time and the draws that will fail, and stop there")
    ] = False,
) -> None:
    """First order, adaptive chaos and sampling side by side over the cell simulation, to result.nc.

    Needs the set.json that 'a2c derive' writes; the study's sections cell and propagation have the settings. Solves are kept in
    solves.sqlite as they come: after any end, start the command again and it goes on where it was.
    """
    from a2c_pybamm.files import folder_lock

    settings, file = steps.read_valid_study(study)
    parameter_set = steps.read_derived_set(settings, file)
    cell = steps.build_cell(settings, file, parameter_set)
    if plan:
        print_plan(settings, file, cell)
        return
    with folder_lock(file.parent):
        steps.propagate_study(settings, file, cell, fresh=fresh)


@app.command()
def sweep(study: StudyPath, fresh: Fresh = False) -> None:
    """A design of experiments over cell settings, with or without uncertainty at each point, to sweep.nc.

    Needs the set.json that 'a2c derive' writes; the study's section sweep lists the settings. Solves are kept in solves.sqlite
    as they come: after any end, start the command again and it goes on where it was.
    """
    from a2c_pybamm.files import folder_lock

    settings, file = steps.read_valid_study(study)
    if settings.sweep is None:
        raise ValueError(f"{file}: no [sweep] section; add one, e.g. c_rate = [0.5, 1.0, 2.0]")
    cell = steps.build_cell(settings, file, steps.read_derived_set(settings, file))
    with folder_lock(file.parent):
        steps.sweep_study(settings, settings.sweep, file, cell, fresh=fresh)


@app.command()
def report(study: StudyPath) -> None:
    """One page, report.html, from what has been derived and propagated.

    Needs set.json and the result.nc made from it.
    """
    from a2c_pybamm.files import SET_STAMP, folder_lock, read_result

    settings, file = steps.read_valid_study(study)
    path, parameter_set = file.parent / "result.nc", steps.read_derived_set(settings, file)
    result = read_result(path, attributes=[SET_STAMP, steps.CELL_TEXT])
    steps.check_origin(result, file, parameter_set)
    scales = steps.scales_of_study(settings, file, steps.build_cell(settings, file, parameter_set))
    with folder_lock(file.parent):
        steps.report_study(settings, file, parameter_set, result, scales)


@app.command()
def run(study: StudyPath, fresh: Fresh = False) -> None:
    """All steps of the study: derive, propagate, report, sweep.

    Results stand beside the study; earlier ones are replaced once the new ones are whole. Solves are kept in solves.sqlite as
    they come: after any end, start the command again and it goes on where it was.
    """
    from a2c_pybamm.files import folder_lock

    settings, file, parameter_set = steps.estimate_set(study, cell=True)
    cell = steps.build_cell(settings, file, parameter_set)  # before anything is written: its errors keep earlier results
    scales = steps.scales_of_study(settings, file, cell)
    with folder_lock(file.parent):
        steps.write_set(file, parameter_set)
        result = steps.propagate_study(settings, file, cell, fresh=fresh)
        steps.report_study(settings, file, parameter_set, result, scales)
        if settings.sweep:
            steps.sweep_study(settings, settings.sweep, file, cell)


@app.command()
def show(name: SetName) -> None:
    """Look at a set: its coefficients, their errors and where they come from.

    For example: a2c show LCO_graphite_universal_potentials
    """
    from a2c_pybamm.sets import load

    parameter_set = load(name)
    print_parameters(parameter_set)
    print_electrolyte(parameter_set)


@app.command()
def export(
    name: SetName,
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

    if to not in ENDINGS:
        raise ValueError(f"--to {to}: unknown form; take json, pybamm or bpx")
    if output is not None and output.suffix.lower() != Path(f"set{ENDINGS[to]}").suffix:
        raise ValueError(f"{output}: a file in the form {to} ends in {ENDINGS[to]}; rename it, or take another form with --to")
    parameter_set = load(name)
    path = writable(output or Path(f"{module_name(parameter_set.name)}{ENDINGS[to]}"))
    if to == "json":
        save(parameter_set, path)
    elif to == "pybamm":
        write_pybamm_module(path, parameter_set)
    else:
        write_bpx(path, parameter_set)
        print_lines(*(f"lost: {_shortened(loss)}" for loss in bpx_losses(parameter_set)), console=err)
    print_files([path])


def _shortened(text: str) -> str:
    """A loss in at most `MESSAGE_LENGTH` characters, cut between two entries of a list."""
    if len(text) <= MESSAGE_LENGTH:
        return text
    return f"{text[:MESSAGE_LENGTH].rsplit(', ', 1)[0]} … (all in the file's description)"
