"""The command line: read files, call one public function, write files."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from a2c_pybamm.cli.printing import err, print_files, print_lines, print_outputs, print_parameters, print_sweep

if TYPE_CHECKING:
    import xarray as xr

    from a2c_pybamm.cell import Cell
    from a2c_pybamm.parameter_set import ParameterSet
    from a2c_pybamm.study import Study

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="From atomistic data to PyBaMM parameter sets with error bars, and through to the cell.",
)
N_REFUSED = 5000
"""Draws of the joint whose stability and full charge are looked at, beside those that are solved."""

StudyPath = Annotated[Path, typer.Argument(help="study.toml, or the folder that holds it", metavar="STUDY")]


@contextmanager
def _progress(text: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar that is advanced by the number of things done."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err) as bar:
        task = bar.add_task(text, total=total)
        yield lambda n: bar.advance(task, n)


def _read(study: Path) -> tuple[Study, Path]:
    """The study and its folder."""
    from a2c_pybamm.study import read_study

    return read_study(study), study if study.is_dir() else study.parent


def _cell(study: Study, parameter_set: ParameterSet, **other: Any) -> Cell:
    from a2c_pybamm.cell import Cell

    settings: dict[str, Any] = {"c_rate": study.cell.c_rate, "voltage_limits": study.cell.voltage_limits, **other}
    return Cell(parameter_set, model=study.cell.model, **settings)


def _methods(study: Study) -> list[Any]:
    from a2c_pybamm.propagation import FirstOrder, MonteCarlo, PolynomialChaos

    chosen = study.propagation
    methods: list[Any] = [FirstOrder()] if chosen.first_order else []
    methods += [PolynomialChaos(order=chosen.chaos_order)] if chosen.chaos_order else []
    return methods + ([MonteCarlo(chosen.samples)] if chosen.samples else [])


@app.command()
def demo(folder: Annotated[Path, typer.Argument(help="Where to put it", metavar="DIR")] = Path("a2c-demo")) -> None:
    """Copy the shipped study (LiCoO2 | graphite) into DIR and run all of it."""
    _copy_study(folder)
    run(folder)


def _copy_study(folder: Path) -> None:
    """The shipped study in a folder; refused where another study stands."""
    from a2c_pybamm.sets import DEMO, sets_folder

    shipped = sets_folder() / DEMO
    own = folder / "study.toml"
    if own.exists() and own.read_bytes() != (shipped / "study.toml").read_bytes():
        raise ValueError(f"{own}: another study stands here; run it with 'a2c run {folder}', or take another folder")
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder}: not a folder; take another name")
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("study.toml", "README.md"):
        shutil.copyfile(shipped / name, folder / name)
    shutil.copytree(shipped / "data", folder / "data", dirs_exist_ok=True)


@app.command()
def new(folder: Annotated[Path, typer.Argument(help="A folder that has no study yet", metavar="DIR")]) -> None:
    """Make a commented study to start from: the shipped one, data and all."""
    if (folder / "study.toml").exists():
        raise ValueError(f"{folder / 'study.toml'}: a study stands here already; take another folder")
    _copy_study(folder)
    print_lines(f"{folder / 'study.toml'}: edit it, then 'a2c check {folder}' and 'a2c run {folder}'")


@app.command()
def check(study: StudyPath) -> None:
    """Read and validate all inputs; print what would be derived and what the base set still supplies."""
    from a2c_pybamm.derivation import derive as derive_set

    settings, _ = _read(study)
    parameter_set = derive_set(settings)
    print_parameters(parameter_set)
    print_lines(f"From the atoms (everything else is {parameter_set.base}'s):", *(f"  {key}" for key in parameter_set.attach))


@app.command()
def derive(study: StudyPath) -> None:
    """Estimators to set.json, a stand-alone PyBaMM module and BPX."""
    settings, folder = _read(study)
    _derive(settings, folder)


def _derive(settings: Study, folder: Path) -> ParameterSet:
    from a2c_pybamm.derivation import derive as derive_set
    from a2c_pybamm.files import save, write_bpx, write_pybamm_module

    parameter_set = derive_set(settings)
    files = [
        save(parameter_set, folder / "set.json"),
        write_pybamm_module(folder / f"{_module(parameter_set.name)}.py", parameter_set),
    ]
    try:
        files.append(write_bpx(folder / "set.bpx.json", parameter_set, voltage_limits=settings.cell.voltage_limits))
    except ValueError as error:
        print_lines(f"no BPX file: {error}", console=err)
    print_parameters(parameter_set)
    print_files(files)
    return parameter_set


def _module(name: str) -> str:
    return "".join(ch if ch.isalnum() else "_" for ch in name)


@app.command()
def propagate(study: StudyPath) -> None:
    """First order, polynomial chaos and sampling side by side over the cell simulation, to result.nc."""
    settings, folder = _read(study)
    _propagate(settings, folder, _derived(folder))


def _derived(folder: Path) -> ParameterSet:
    from a2c_pybamm.files import read_set

    return read_set(folder / "set.json")


def _propagate(settings: Study, folder: Path, parameter_set: ParameterSet) -> xr.Dataset:
    import numpy as np

    from a2c_pybamm.files import write_result
    from a2c_pybamm.propagation import planned_solves
    from a2c_pybamm.propagation import propagate as propagate_through

    with _progress("building the cell", None):
        cell = _cell(settings, parameter_set)
    methods = _methods(settings)
    rng = np.random.default_rng(settings.propagation.seed)
    with _progress(f"solving {settings.cell.model}", planned_solves(cell, parameter_set.joint, *methods)) as advance:
        result = propagate_through(
            cell, parameter_set.joint, *methods, rng=rng, progress=advance, max_failed=settings.propagation.max_failed
        )
    refused = cell.refused(N_REFUSED, np.random.default_rng(settings.propagation.seed))
    result = result.assign({f"fraction_{cause}": fraction for cause, fraction in refused.items()})
    print_outputs(result)
    print_lines(f"Of {N_REFUSED} draws, without solving: " + ", ".join(f"{c} {f:.2%}" for c, f in refused.items()))
    print_files([write_result(folder / "result.nc", result)])
    return result


@app.command()
def sweep(study: StudyPath) -> None:
    """A design of experiments over cell settings, with or without uncertainty at each point, to sweep.nc."""
    settings, folder = _read(study)
    if settings.sweep is None:
        raise ValueError(f"{study}: no [sweep] section; add one, e.g. c_rate = [0.5, 1.0, 2.0]")
    _sweep(settings, folder, _derived(folder))


def _sweep(settings: Study, folder: Path, parameter_set: ParameterSet) -> None:
    import numpy as np

    from a2c_pybamm.design import sweep as sweep_cells
    from a2c_pybamm.files import write_result

    plan = settings.sweep
    if plan is None:
        return
    cell = _cell(settings, parameter_set)
    lower, upper = cell.voltage_limits
    design = {"c_rate": plan.c_rate or (settings.cell.c_rate,), "upper_voltage": plan.upper_voltage or (upper,)}
    methods = _methods(settings) if plan.uncertainty else []

    def make(c_rate: float, upper_voltage: float) -> Cell:
        return _cell(settings, parameter_set, c_rate=c_rate, voltage_limits=(lower, upper_voltage))

    rng = np.random.default_rng(settings.propagation.seed)
    with _progress("sweeping", len(design["c_rate"]) * len(design["upper_voltage"])) as advance:
        result = sweep_cells(make, design, parameter_set.joint, *methods, rng=rng, progress=advance)
    print_sweep(result, list(design))
    print_files([write_result(folder / "sweep.nc", result)])


@app.command()
def report(study: StudyPath) -> None:
    """report.html from what has been derived and propagated."""
    from a2c_pybamm.files import read_result

    settings, folder = _read(study)
    _report(settings, folder, _derived(folder), read_result(folder / "result.nc"))


def _report(settings: Study, folder: Path, parameter_set: ParameterSet, result: xr.Dataset) -> None:
    from a2c_pybamm.report import write_report

    limits = settings.cell.voltage_limits
    between = f" between {limits[0]:g} and {limits[1]:g} V" if limits else ""
    text = f"{settings.cell.model}, discharge at {settings.cell.c_rate:g}C{between}, {settings.temperature:g} K"
    path = write_report(folder / "report.html", parameter_set, result, title=settings.name, cell_text=text)
    print_files([path])


@app.command()
def run(study: StudyPath) -> None:
    """All that the study asks for: derive, propagate, sweep, report."""
    settings, folder = _read(study)
    parameter_set = _derive(settings, folder)
    result = _propagate(settings, folder, parameter_set)
    if settings.sweep:
        _sweep(settings, folder, parameter_set)
    _report(settings, folder, parameter_set, result)


@app.command()
def show(name: Annotated[str, typer.Argument(help="A shipped set's name, or a set.json file", metavar="SET")]) -> None:
    """Look at a set: its coefficients, their errors and where they come from."""
    from a2c_pybamm.sets import load

    print_parameters(load(name))


@app.command()
def export(
    name: Annotated[str, typer.Argument(help="A shipped set's name, or a set.json file", metavar="SET")],
    to: Annotated[
        str, typer.Option(help="json (exact), pybamm (stand-alone module) or bpx (nominal values, lossy)")
    ] = "pybamm",
    output: Annotated[Path | None, typer.Option(help="File to write")] = None,
) -> None:
    """Hand a set on in another form."""
    from a2c_pybamm.files import bpx_losses, save, write_bpx, write_pybamm_module
    from a2c_pybamm.sets import load

    if to not in ("json", "pybamm", "bpx"):
        raise ValueError(f"--to {to}: unknown form; take json, pybamm or bpx")
    parameter_set = load(name)
    stem = _module(parameter_set.name)
    path = output or Path({"json": f"{stem}.json", "pybamm": f"{stem}.py", "bpx": f"{stem}.bpx.json"}[to])
    if to == "json":
        save(parameter_set, path)
    elif to == "pybamm":
        write_pybamm_module(path, parameter_set)
    else:
        write_bpx(path, parameter_set)
        print_lines(*(f"lost: {loss}" for loss in bpx_losses(parameter_set)), console=err)
    print_files([path])


def main() -> None:
    """Entry point: bad input gives one line on stderr and exit code 2."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        app()
    except ValueError as error:
        print_lines(f"a2c: {' '.join(str(error).split())}", console=err)
        sys.exit(2)
    except KeyboardInterrupt:
        print_lines("a2c: stopped; files written before are whole", console=err)
        sys.exit(130)


if __name__ == "__main__":
    main()
