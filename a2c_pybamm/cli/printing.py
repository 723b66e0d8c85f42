"""Tables and lines on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import rich.box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from a2c_pybamm.cli.streams import drop
from a2c_pybamm.formatting import plain

if TYPE_CHECKING:
    import xarray as xr

    from a2c_pybamm.files import SolveMemo
    from a2c_pybamm.parameter_set import BaseSet, ParameterSet
    from a2c_pybamm.scales import ScaleReport

PLAIN_WIDTH = 120
"""Columns of the output where it is no terminal."""


class Terminal(Console):
    """Console whose output is dropped once it is no longer read, so that the command ends its work."""

    def on_broken_pipe(self) -> None:
        """Drop further output; rich would end the process."""
        drop(self.file)


def _is_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()


out = Terminal(width=None if _is_terminal() else PLAIN_WIDTH)
err = Terminal(stderr=True)

LEAST_LISTED_SHARE = 0.005
"""Share of variance by every method below which a source is not listed alone: it would be printed as 0 %."""


@dataclass(frozen=True)
class Bar:
    """Progress bar on a terminal."""

    progress: Progress
    task: TaskID

    def advance(self, n: int) -> None:
        """Advance by ``n`` steps."""
        self.progress.advance(self.task, n)

    def expect(self, total: int) -> None:
        """Set the number of all steps."""
        self.progress.update(self.task, total=total)


@contextmanager
def progress_bar(text: str, total: int | None) -> Iterator[Bar]:
    """Progress bar of ``total`` steps; without a number, of one that is done at the end."""
    spinner = SpinnerColumn("line" if err.options.ascii_only else "dots")
    description = TextColumn("{task.description}", markup=False)
    columns = (spinner, description, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    bar = Progress(*columns, console=err, disable=not err.is_terminal)
    with bar if err.is_terminal else nullcontext():  # older versions of rich end a disabled bar with an empty line
        task = bar.add_task(plain(text), total=total)
        yield Bar(bar, task)
        if bar.tasks[0].total is None:
            bar.update(task, total=1, completed=1)


def print_lines(*lines: str, console: Console = out) -> None:
    """Text as it stands, neither wrapped nor coloured, each in one line."""
    for line in lines:
        console.print(Text(plain(line)), soft_wrap=True)


def print_files(paths: Sequence[Path]) -> None:
    print_lines(*(f"wrote {path}" for path in paths))


def print_memo(memo: SolveMemo) -> None:
    """Print how many solves were read instead of solved, if any."""
    if memo.n_found:
        n = memo.n_found + memo.n_written
        print_lines(f"{memo.n_found} of {n} solves read from {memo.path}; --fresh solves all of them anew")


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table whose first column is text and whose others are set to the right."""
    heading = Text(plain(title), style="table.title")
    table = Table(title=heading, title_justify="left", pad_edge=False, box=rich.box.SIMPLE_HEAD)
    for k, name in enumerate(header):
        table.add_column(Text(plain(name)), overflow="fold", justify="left" if k == 0 else "right")
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    out.print(table)


def print_parameters(parameter_set: ParameterSet) -> None:
    """Each derived coefficient with its standard deviation and the sources that make most of it."""
    from a2c_pybamm.formatting import percent, with_error
    from a2c_pybamm.tables import parameter_rows

    rows = []
    for row in parameter_rows(parameter_set):
        sources = ", ".join(f"{source} {percent(share)}" for source, share in row.sources[:2] if share >= LEAST_LISTED_SHARE)
        rows.append([row.name, with_error(row.mean, row.std), sources or "no error"])
    print_table(
        f"{parameter_set.name}: derived parameters", ["coefficient", "value ± std", "main sources of its variance"], rows
    )
    print_lines(*(f"{key}: {text}" for key, text in parameter_set.notes.items() if isinstance(text, str)))


def print_electrolyte(parameter_set: ParameterSet) -> None:
    """Functions of the electrolyte at the initial concentration, beside the base set's, where a law gives one."""
    from a2c_pybamm.tables import electrolyte_rows

    if rows := electrolyte_rows(parameter_set):
        cells = [[row.key, f"{row.value_text} ({row.interval_text})", row.base_text] for row in rows]
        header = ["at the initial concentration", "this set (68 % interval)", f"{parameter_set.base}, as it is"]
        print_table("Electrolyte", header, cells)


def print_thermodynamics(parameter_set: ParameterSet) -> None:
    """Voltage, entropic change, window and gaps of each electrode with a law, beside the base set's."""
    from a2c_pybamm.report import thermodynamic_rows

    rows = []
    for row in thermodynamic_rows(parameter_set):
        quantity = f"{row.side.lower()}: {row.quantity}" + (f" [{row.shown_unit}]" if row.shown_unit else "")
        rows.append([quantity, row.value_text + (f" ({row.interval_text})" if row.interval else ""), row.base_text])
    if rows:
        print_table(
            "Thermodynamics", ["electrode: quantity", "this set ± std (68 % interval)", f"{parameter_set.base}, as it is"], rows
        )


def print_scales(report: ScaleReport | None) -> None:
    """Each condition on the separation of scales, place by place, then what follows where one does not hold or is not known."""
    from a2c_pybamm.scales import AVERAGING_NOTE, HEADS, condition_rows, consequences

    if report is None:
        return

    of_place: dict[str, list[tuple[str, ...]]] = {}
    for place, *cells in condition_rows(report.conditions):
        of_place.setdefault(place, []).append(tuple(cells))
    for place, rows in of_place.items():
        print_table(f"Scales: {place}", HEADS[1:], rows)
    if report.conditions:
        print_lines(AVERAGING_NOTE, *(f"  {text}" for text in consequences(report.conditions)))
        print_lines("Origin of each scale and the call that gives it: last table of 'Separation of scales' in report.html")


SIDED = (
    "{Side} electrode OCP [V]",
    "{Side} electrode OCP entropic change [V.K-1]",
    "{Side} particle diffusivity [m2.s-1]",
    "{Side} electrode exchange-current density [A.m-2]",
    "Maximum concentration in {side} electrode [mol.m-3]",
    "{Side} particle radius [m]",
    "{Side} electrode thickness [m]",
    "{Side} electrode active material volume fraction",
    "{Side} electrode porosity",
    "{Side} electrode conductivity [S.m-1]",
)
WHOLE = (
    "Electrolyte conductivity [S.m-1]",
    "Electrolyte diffusivity [m2.s-1]",
    "Cation transference number",
    "Thermodynamic factor",
    "Initial concentration in electrolyte [mol.m-3]",
    "Separator thickness [m]",
    "Separator porosity",
    "Nominal cell capacity [A.h]",
)
"""PyBaMM's main keys, listed where the base set supplies them."""


def print_supplied(parameter_set: ParameterSet) -> None:
    """Print which PyBaMM parameters are derived, and which main ones stay those of the base set."""
    from a2c_pybamm.parameter_set import base_values

    base = base_values(parameter_set.base)
    keys = set(base.keys())
    main = [form.format(Side=side, side=side.lower()) for form in SIDED for side in ("Negative", "Positive")] + list(WHOLE)
    supplied = [key for key in main if key in keys and key not in parameter_set.attach]
    print_lines(f"Base set: {_base_text(parameter_set.base, base)}", "Derived:")
    for key, attachment in parameter_set.attach.items():
        measured = attachment.law.kind == "measured-ocp"
        print_lines(f"  {key}" + (f" ({parameter_set.base}'s measured curve, with an error)" if measured else ""))
    print_lines(f"Still {parameter_set.base}'s:", *(f"  {key}" for key in _both_sides(supplied)))
    others = len(keys - set(supplied) - set(parameter_set.attach))
    print_lines(f"  and {others} other entries (design, transport in the solid, heat, ageing)")


def _base_text(base: str | BaseSet, values: Mapping[str, object]) -> str:
    """A base set by its name, where it comes from, its kind of cell and its number of entries."""
    from a2c_pybamm.parameter_set import kind_options

    kinds = {"working electrode": "half cell", "number of MSMR reactions": "MSMR cell"}
    kind = next((kind for option, kind in kinds.items() if option in kind_options(values)), "full cell")
    origin = "a set known by name" if isinstance(base, str) else "values of one's own, which set.json holds"
    return f"{base} ({origin}; {kind}, {len(values)} entries)"


def _both_sides(keys: list[str]) -> list[str]:
    """PyBaMM keys, those that both electrodes have in one: "Negative and Positive particle radius [m]"."""
    pairs = {key: key.replace("Negative", "Positive").replace("negative", "positive") for key in keys}
    joined = {
        key: key.replace("Negative", "Negative and Positive").replace("negative", "negative and positive") for key in keys
    }
    twins = {other for key, other in pairs.items() if other != key and other in keys}
    return [joined[key] if pairs[key] in twins else key for key in keys if key not in twins]


def print_outputs(result: xr.DataTree) -> None:
    """Each scalar output by each method, the verdicts in words, the shares of variance, and what failed."""
    from a2c_pybamm.result import decisions, description, output_rows
    from a2c_pybamm.result.rows import output_cells, output_heads

    decided = decisions(result)
    if not decided:
        print_lines("No output is one number: the curves are in result.nc and in the report", *_failure_lines(result))
        return
    print_lines("Recommended answers", *(f"  {description(result, output)}: {text}" for output, text in decided.items()))
    out.print()
    rows = output_rows(result)
    print_table("Outputs", output_heads(result), [output_cells(row) for row in rows])
    print_lines("Methods compared", *(f"  {row.description}, {row.approach}: {row.verdict}" for row in rows))
    out.print()
    _print_shares(result)
    print_lines(*_failure_lines(result))


def list_shares(shares: Mapping[str, Sequence[float]]) -> list[list[str]]:
    """Rows of a table of shares by source, the largest first; several that are below `LEAST_LISTED_SHARE` are one row."""
    large = {s: v for s, v in shares.items() if max((abs(x) for x in v if x == x), default=0.0) >= LEAST_LISTED_SHARE}
    rows = [[s, *map(_percent, v)] for s, v in sorted(large.items(), key=lambda item: -max(x for x in item[1] if x == x))]
    small = {s: v for s, v in shares.items() if s not in large}
    if small:
        name = next(iter(small)) if len(small) == 1 else f"{len(small)} others together"
        rows.append([name, *(_percent(sum(column)) for column in zip(*small.values(), strict=True))])
    return rows


def _print_shares(result: xr.DataTree) -> None:
    """Share of variance of each source in the first scalar output, by each method."""
    from a2c_pybamm.result import approaches, description, output_node, scalar_outputs, share_rows

    varying = [name for name in scalar_outputs(result) if float(output_node(result, name)["std"].max()) > 0]
    if not varying:
        return
    output = varying[0]
    shares: dict[str, list[float]] = {}
    for row in share_rows(result):
        if row.output == output:
            shares.setdefault(row.source, []).append(row.share)
    rows = list_shares(shares)
    rest = [1 - sum(column) for column in zip(*shares.values(), strict=True)]
    rows.append(["sources acting together, and what no share explains", *map(_percent, rest)])
    print_table(f"Share of the variance of {description(result, output)}", ["source", *approaches(result)], rows)


def _percent(share: float) -> str:
    return "–" if share != share else f"{round(100 * share, 1) + 0.0:.1f} %"  # never -0.0


def _failure_lines(result: xr.DataTree) -> list[str]:
    """Fractions of each method's solves that failed, by cause, in lines."""
    from a2c_pybamm.result import failure_rows

    rows = failure_rows(result)
    lines = []
    for approach in dict.fromkeys(r.approach for r in rows):
        mine = [r for r in rows if r.approach == approach]
        parts = [f"{r.cause} {r.n} ({r.fraction:.1%})" for r in mine]
        lines.append(f"Left out by {approach}, of {mine[0].n_solves} solves: {', '.join(parts)}")
    return [*lines, *(f"  {cause}: {cause.meaning}" for cause in dict.fromkeys(r.cause for r in rows))]


def print_sweep(result: xr.DataTree, design: Sequence[str]) -> None:
    """Each point of a design with its scalar outputs, and the reason where a point has no numbers or those of few."""
    import numpy as np

    from a2c_pybamm.formatting import significant, with_error
    from a2c_pybamm.result import approaches, output_names, output_node

    nodes = {name: output_node(result, name) for name in output_names(result)}
    rows, notes = [], []
    points = result.to_dataset()
    for k in range(points.sizes["point"]):
        settings = " ".join(f"{name}={float(points[name][k]):g}" for name in design)
        reason = str(points["reason"][k].values)
        statistic = "mean" if approaches(result) else "value"
        solved = any(bool(np.isfinite(node[statistic].isel(point=k)).any()) for node in nodes.values())
        notes += [f"{settings}: {reason}"] if reason and solved else []
        for approach in approaches(result) or [""]:
            if reason and not solved:
                cells = [reason, *[""] * (len(nodes) - 1)]
            elif approach:
                own = [node.isel(point=k).sel(approach=approach) for node in nodes.values()]
                cells = [with_error(float(numbers["mean"]), float(numbers["std"])) for numbers in own]
            else:
                cells = [significant(float(node["value"][k]), 5) for node in nodes.values()]
            rows.append([settings, approach or "mean coefficients", *cells])
    first = {name: next(iter(node.data_vars.values())) for name, node in nodes.items()}
    heads = [f"{name.replace('_', ' ')} [{values.attrs.get('units', '')}]" for name, values in first.items()]
    print_table("Sweep", ["point", "by", *heads], rows)
    print_lines(*notes)
