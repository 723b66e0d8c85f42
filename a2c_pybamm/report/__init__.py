"""The report: one self-contained page from a parameter set and what its error bars do to the cell."""

from __future__ import annotations

from pathlib import Path

import xarray as xr
from matplotlib.figure import Figure

from a2c_pybamm.files.writing import writable, write_bytes, write_text
from a2c_pybamm.parameter_set import ParameterSet
from a2c_pybamm.report.figures import svg
from a2c_pybamm.report.markup import page, paragraph
from a2c_pybamm.report.scales import scale_section
from a2c_pybamm.report.sections import OF_RESULT, OF_SET, provenance
from a2c_pybamm.report.thermodynamics import ThermodynamicRow, thermodynamic_rows, thermodynamics_figure
from a2c_pybamm.scales import ScaleReport

__all__ = ["ThermodynamicRow", "thermodynamic_rows", "thermodynamics_figure", "write_figure", "write_report"]


def write_report(
    path: str | Path,
    parameter_set: ParameterSet,
    result: xr.DataTree | None,
    *,
    title: str | None = None,
    cell_text: str = "",
    scales: ScaleReport | None = None,
) -> Path:
    """The path of one HTML page: decisions, verdicts, failures, bands, shares of variance, parameters, curves, provenance.

    The page loads nothing: figures are inline SVG, there are no scripts. It is built whole, written beside its place and
    then renamed, so that an old page stays until the new one is complete. The same input gives the same page.

    Parameters
    ----------
    result
        What `propagate` returned for this set; None reports the set alone.
    title
        Heading of the page; the set's name if not given.
    cell_text
        What was simulated, in a sentence or two, for the top of the page.
    scales
        The scale report of the study, which gets a section.

    Raises
    ------
    ValueError
        If the result belongs to other coefficients or sources, or the folder is not there.
    """
    path = writable(path)
    if result is not None:
        _check_match(parameter_set, result)
    sections = [(heading, make(result)) for heading, make in OF_RESULT.items() if result is not None]
    sections += [(heading, make(parameter_set)) for heading, make in OF_SET.items()]
    sections += [("Separation of scales", scale_section(scales))] if scales is not None else []
    sections = [(heading, html) for heading, html in sections if html]
    sections += [("Notes and provenance", provenance(parameter_set, result))]
    lead = "".join(paragraph(text) for text in (parameter_set.description, cell_text) if text)
    if result is None:
        lead += paragraph("No propagation has been run: what follows is the parameter set alone.", note=True)
    text = page(title or parameter_set.name, sections, lead=lead)
    return write_bytes(path, text.encode("utf-8"))


def write_figure(path: Path, figure: Figure) -> Path:
    """The path of a figure as SVG, the same for the same figure, there whole or not at all."""
    return write_text(path, svg(figure, {"Date": None, "Creator": None}, salt=path.stem))


def _check_match(parameter_set: ParameterSet, result: xr.DataTree) -> None:
    joint = parameter_set.joint
    for kind, have, want in (("coefficient", joint.names, "coefficient"), ("source", joint.sources, "source")):
        unknown = [name for name in result.coords[want].values.astype(str) if name not in have]
        if unknown:
            raise ValueError(
                f"set {parameter_set.name}: the result has a {kind} {str(unknown[0])!r} that the set has not; "
                "it belongs to another set, propagate this one"
            )
