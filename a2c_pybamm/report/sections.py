"""Sections of the report, each from the records to HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
import xarray as xr

from a2c_pybamm import __version__
from a2c_pybamm.derivation.fit_notes import MARK, NOTEWORTHY, FitRow, fit_rows
from a2c_pybamm.formatting import capitalised, percent, significant, to_error, with_error
from a2c_pybamm.parameter_set import ParameterSet
from a2c_pybamm.propagation.intervals import RULE_OF_THREE
from a2c_pybamm.propagation.provenance import GENERATOR
from a2c_pybamm.report.coefficient_indices import coefficient_indices
from a2c_pybamm.report.electrodes import DIFFUSIVITY, OCP, CurveBand, band_panels, curve_bands
from a2c_pybamm.report.electrolyte import electrolyte_figure
from a2c_pybamm.report.figures import (
    LEAST_DRAWN_SHARE,
    N_DRAW,
    STD_AXIS_FACTOR,
    band_approach,
    band_figure,
    correlation_figure,
    share_bars,
    share_curves,
    small_sources,
)
from a2c_pybamm.report.markup import Content, Number, figure_of, paragraph, table, tree
from a2c_pybamm.report.survival import how_long_it_lasts
from a2c_pybamm.report.thermodynamics import thermodynamic_rows, thermodynamics_figure
from a2c_pybamm.result import (
    FailureRow,
    OutputRow,
    approaches,
    central_interval,
    curve_outputs,
    decisions,
    description,
    failure_rows,
    output_rows,
)
from a2c_pybamm.tables import ParameterRow, electrolyte_rows, parameter_rows

LIBRARIES = ("pybamm", "numpy", "scipy", "xarray", "chaospy", "ase", "matplotlib")
"""Whose versions are told beside our own."""
MOST_NAMED_SOURCES = 3
"""Sources named for each coefficient, as long as they are above `LEAST_NAMED_SHARE`."""
LEAST_NAMED_SHARE = 0.05
"""Share of the variance of a coefficient from which a source is named beside it."""


def recommended_answers(result: xr.DataTree) -> str:
    """Table of the answer to take for each scalar output."""
    if not decisions(result):
        return paragraph("No output is one number; the curves follow.")
    rows = [[capitalised(description(result, output)), text] for output, text in decisions(result).items()]
    text = (
        "Mean ± standard deviation by the cheapest method that holds: first order where the output is linear, a polynomial "
        "(chaos) where it is smooth, otherwise sampling, whose error further solves reduce."
    )
    return table(("output", "answer"), rows) + paragraph(text, note=True)


def methods_compared(result: xr.DataTree) -> str:
    """Table with a row for each scalar output and method."""
    interval = f"{central_interval(result)} interval"
    heads = ("output", "method", "mean", "std", "own error of std", interval, "solves", "does it hold")
    return table(
        heads,
        map(_answer, output_rows(result)),
        caption="First order: mean and interval are those of the tangent. Own error: relative error of the standard "
        "deviation as the method itself estimates it.",
    )


def _answer(row: OutputRow) -> list[Content]:
    low, high = row.interval
    interval = f"{to_error(low, row.std)} to {to_error(high, row.std)}" if np.isfinite([low, high]).all() else "–"
    return [
        f"{row.output.replace('_', ' ')} [{row.unit}]",
        row.approach,
        Number(row.mean, to_error(row.mean, row.std)),
        Number(row.std, significant(row.std, 2)),
        Number(row.error, percent(row.error)),
        interval,
        Number(row.n_solves, str(row.n_solves)),
        row.verdict,
    ]


def failures(result: xr.DataTree) -> str:
    """Numbers of failed solves, by method and cause."""
    heads = ("method", "cause", "solves that failed", "of", "fraction", "example")
    text = (
        "Solves of first order and chaos lie at points that the method chose; only the fraction of sampling's draws is a "
        "probability. Where none of n draws failed, the probability is below 3/n (95 % confidence)."
    )
    return table(heads, map(_failure, failure_rows(result))) + paragraph(text, note=True)


def _failure(row: FailureRow) -> list[Content]:
    fraction = percent(row.fraction)
    if row.approach == "sampling" and row.n_solves:
        error = np.sqrt(row.fraction * (1 - row.fraction) / row.n_solves)
        most = min(1.0, RULE_OF_THREE / row.n_solves)
        fraction = f"{with_error(100 * row.fraction, 100 * error)} %" if row.n else f"below {percent(most)}"
    return [
        row.approach,
        f"{row.cause}: {row.cause.meaning}",
        Number(row.n, str(row.n)),
        Number(row.n_solves, str(row.n_solves)),
        Number(row.fraction, fraction),
        row.example,
    ]


def curve_bands_of_result(result: xr.DataTree) -> str:
    """A figure for each curve."""
    chosen = band_approach(result)
    if not curve_outputs(result):
        return paragraph("The model has no output on an axis.")
    return "".join(
        figure_of(
            band_figure(result, output),
            f"band-{k}",
            f"{capitalised(description(result, output))}. Top: mean, 68 % and 95 % band ({chosen}), over the solves that still "
            "run there: behind the first cut-off a selected set. Middle: standard deviation by each method; what grows beyond "
            f"{STD_AXIS_FACTOR:g} times the largest of {chosen} runs off. Bottom: fraction of each method's solves not yet cut "
            "off.",
        )
        for k, output in enumerate(curve_outputs(result))
    )


def variance_shares(result: xr.DataTree) -> str:
    """Bars for scalar outputs, lines for curves."""
    parts, small = [], small_sources(result)
    bars = share_bars(result)
    if bars is not None:
        beneath = f" Below {percent(LEAST_DRAWN_SHARE)} everywhere: {', '.join(small)}." if small else ""
        text = (
            "Share of the variance of each output that a source makes by itself; shares add to one less what sources make "
            f"together. Not clipped: noise may make a small share negative. Grey bars: one standard error.{beneath}"
        )
        parts.append(figure_of(bars, "shares", text))
    for k, output in enumerate(curve_outputs(result)):
        lines = share_curves(result, output)
        if lines is not None:
            text = f"{capitalised(description(result, output))}: shares of variance, up to the first cut-off of each method."
            parts.append(figure_of(lines, f"share-curve-{k}", text))
    return "".join(parts) or paragraph("No source has a share: the outputs do not vary.")


def parameters(parameter_set: ParameterSet) -> str:
    """A row for each derived coefficient."""
    heads = ("coefficient", "mean ± std", "unit", "as a plain value", "main sources of variance", "method")
    caption = "A logarithm's plain value is its median; with 68 % probability the quantity is within ×/÷ the factor of it."
    return table(heads, map(_parameter, parameter_rows(parameter_set)), caption=caption)


def _parameter(row: ParameterRow) -> list[Content]:
    plain: Content = ""
    if row.plain is not None and row.factor is not None:
        unit = "" if row.plain_unit == "1" else f" {row.plain_unit}"
        plain = Number(row.plain, f"{significant(row.plain)}{unit} ×/÷ {significant(row.factor)}")
    main = [f"{source} {percent(share)}" for source, share in row.sources[:MOST_NAMED_SOURCES] if share >= LEAST_NAMED_SHARE]
    text = with_error(row.mean, row.std)
    return [row.name, Number(row.mean, text), row.unit, plain, "; ".join(main) or "no error", row.method]


def electrodes(parameter_set: ParameterSet) -> str:
    """Open-circuit potentials and diffusivities with their bands."""
    parts, base = [], parameter_set.base
    text = f"from {N_DRAW} draws of the joint at {parameter_set.temperature:g} K, against {base}'s own. "
    voltages, diffusivities = curve_bands(parameter_set, OCP), curve_bands(parameter_set, DIFFUSIVITY)
    if voltages:
        figure = band_panels(voltages, base, "open-circuit potential [V]")
        caption = "All draws are in it, also those that would separate into phases; the cell reaches part of the range only."
        parts.append(figure_of(figure, "ocp", f"Open-circuit potentials: 68 % and 95 % band {text}{caption}"))
    if diffusivities:
        figure = band_panels(diffusivities, base, "chemical diffusivity [m$^2$ s$^{-1}$]", log=True)
        caption = f"Chemical diffusivity: 68 % and 95 % band {text}{_negative(diffusivities)}"
        parts.append(figure_of(figure, "diffusivity", caption))
    return "".join(parts) or paragraph("No law stands in for an open-circuit potential or a diffusivity.")


def _negative(bands: list[CurveBand]) -> str:
    """A sentence on bands whose lower edge is not positive, and so not on a logarithmic axis; empty without any."""
    found = []
    for band in bands:
        wrong = band.stoichiometry[band.quantile[0] <= 0]
        if wrong.size:
            found.append(f"{band.side.lower()} electrode between stoichiometries {wrong[0]:.2f} and {wrong[-1]:.2f}")
    return f"More than 2.5 % of draws are unstable (D not positive): {'; '.join(found)}." if found else ""


def thermodynamics(parameter_set: ParameterSet) -> str:
    """Voltages, entropic changes, windows and gaps beside the base set's, with the steps of the energies themselves."""
    figure, rows = thermodynamics_figure(parameter_set), thermodynamic_rows(parameter_set)
    if figure is None or not rows:
        return paragraph("No law of a free energy is attached.")
    cells = []
    for row in rows:
        value = row.value_text + (f" (68 %: {row.interval_text})" if row.interval else "")
        cells.append((row.side.lower(), row.quantity, value, row.base_text, row.shown_unit))
    heads = ("electrode", "quantity", "this set", f"{parameter_set.base}, as it is", "unit")
    caption = (
        "Open-circuit potentials against lithium and their change with temperature; bands are 68 and 95 % of draws. Thin steps "
        "are the voltages between stable compositions that the energies themselves have at 0 K, before any law or reference."
    )
    return table(heads, cells) + figure_of(figure, "thermodynamics", caption) + fits(parameter_set)


def electrolyte(parameter_set: ParameterSet) -> str:
    """Functions of the electrolyte over concentration, and their values at the initial one; empty where no law gives one."""
    figure = electrolyte_figure(parameter_set)
    if figure is None:
        return ""
    cells = [(row.key, row.value_text, row.interval_text, row.base_text) for row in electrolyte_rows(parameter_set)]
    heads = ("at the initial concentration", "this set", "68 % of draws", f"{parameter_set.base}, as it is")
    caption = (
        "The electrolyte at the set's temperature over all concentrations that a cell may reach, with 68 and 95 % of draws."
    )
    return table(heads, cells) + figure_of(figure, "electrolyte", caption)


def fits(parameter_set: ParameterSet) -> str:
    """Distances of the fitted laws from their data, method by method; empty where no estimate says them."""
    rows = fit_rows(parameter_set.joint.estimates)
    if not rows:
        return ""
    heads = ("fit", "χ²/ν", "noise of the data", "largest |U_law − U_data|", "worst point", "noise in the variance of U")
    caption = (
        "Each method's law beside the data it is fitted to. χ²/ν: squares of the residuals over their standard deviations, "
        f"for each degree of freedom; {MARK} where it is above {NOTEWORTHY:g} with declared noise. U_data: potentials, or "
        "the voltage steps between stable energies. The worst point has the largest residual in units of its standard "
        "deviation. What noise does not make of the variance of U is the shape between the data."
    )
    return table(heads, map(_fit, rows), caption=caption)


def _fit(row: FitRow) -> list[Content]:
    largest = f"{significant(row.largest, 2)} V at x = {row.largest_x:.2g}" if np.isfinite(row.largest) else "–"
    worst = f"x = {row.worst_x:.2g} ({significant(row.worst_ratio, 2)} errors)"
    share: Content = Number(row.noise_share, percent(row.noise_share)) if np.isfinite(row.noise_share) else "–"
    return [f"{row.material}, {row.label}", row.reduced_text, row.noise_text, largest, worst, share]


def correlations(parameter_set: ParameterSet) -> str:
    """Heat map of the joint's correlation matrix."""
    caption = "Correlation of the coefficients' errors. Coefficients are correlated where they owe error to the same source."
    return figure_of(correlation_figure(parameter_set.joint), "correlation", caption)


def provenance(parameter_set: ParameterSet, result: xr.DataTree | None) -> str:
    """Notes, citations, methods, files with their fingerprints, versions."""
    versions = {"a2c_pybamm": __version__, **{name: version(name) for name in LIBRARIES}}
    parts: dict[str, Any] = {
        "Base set": f"{parameter_set.base}, everything that no law stands in for; temperature {parameter_set.temperature:g} K",
        "Attached laws": {key: f"{a.law.kind}, {a.method}" for key, a in parameter_set.attach.items()},
        "Notes": parameter_set.notes or "none",
        "Citations": parameter_set.citations or "none",
    }
    if result is not None:
        settings = zip(approaches(result), np.atleast_1d(result.dataset["settings"].values).astype(str), strict=True)
        about = {str(k): str(v) for k, v in result.attrs.items() if k != GENERATOR}  # the seed says it to people
        parts["Propagation"] = {**{str(k): str(v) for k, v in settings}, **about}
    parts["Versions"] = versions
    html = "".join(f"<h3>{heading}</h3>{_block(tree(value))}" for heading, value in parts.items())
    return (
        html + "<h3>Files</h3>" + files_table(parameter_set) + "<h3>How each estimate was made</h3>" + _estimates(parameter_set)
    )


def _block(html: str) -> str:
    return html if html.startswith("<") else f"<p>{html}</p>"


def _estimates(parameter_set: ParameterSet) -> str:
    return "".join(
        tree({", ".join(e.names): {"method": e.method or "not told", **({"provenance": e.provenance} if e.provenance else {})}})
        for e in parameter_set.joint.estimates
    )


def files_table(parameter_set: ParameterSet) -> str:
    """A row for each file that any estimate tells of, once."""
    found = {pair for e in parameter_set.joint.estimates for pair in named_files(e.provenance)}
    if not found:
        return paragraph("No estimate tells of a file.")
    return table(("file", "sha256"), sorted(found))


def named_files(value: Any) -> Iterator[tuple[str, str]]:
    """Files with their sha256, wherever they stand in a provenance."""
    if isinstance(value, Mapping):
        if "file" in value and "sha256" in value:
            yield str(value["file"]), str(value["sha256"])
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from named_files(item)


OF_RESULT: dict[str, Callable[[xr.DataTree], str]] = {
    "Recommended answers": recommended_answers,
    "Methods compared": methods_compared,
    "Failed solves": failures,
    "Curves with their bands": curve_bands_of_result,
    "How long it lasts": how_long_it_lasts,
    "Which source makes the variance": variance_shares,
    "Which coefficient makes the variance": coefficient_indices,
}
"""Headings in their order; a section with nothing to say is left out."""
OF_SET: dict[str, Callable[[ParameterSet], str]] = {
    "Derived parameters": parameters,
    "Electrodes against the base set": electrodes,
    "Thermodynamics": thermodynamics,
    "Electrolyte": electrolyte,
    "Correlations": correlations,
}
