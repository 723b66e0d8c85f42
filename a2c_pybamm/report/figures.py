"""Figures of a propagation result and of a joint, by matplotlib's object interface alone."""

from __future__ import annotations

import io
import textwrap
import warnings
from collections.abc import Mapping
from typing import Any

import matplotlib
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from a2c_pybamm.constants import SECONDS_PER_HOUR
from a2c_pybamm.estimate import Array, Joint
from a2c_pybamm.formatting import cut, percent, plain
from a2c_pybamm.result import approaches, description, output_node, output_unit, scalar_outputs, share_rows

COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's palette, told apart by colour-blind eyes; its yellow is left out, too pale on paper."""
SAMPLING = "#333333"
DASHES = ("-", "--", "-.", ":")
BAND_LEVELS = (0.025, 0.16, 0.5, 0.84, 0.975)
"""Levels of the quantiles of a band: median, central 68 % and 95 %."""
N_DRAW = 500
"""Draws of the joint behind a band or a probability: the edge of a 95 % band is, with 95 % confidence, the true quantile of
1.1 to 3.9 %."""
PAGE_SEED = 0
"""Seed of what a page draws itself: the same page from the same set and result."""
BAND_ALPHA = (0.18, 0.35)
"""Opacity of the outer and the inner band."""
FIGURE_WIDTH = 9.0
"""Width of figures [inch]."""
FONT_SIZE = 8.5
"""Size of the small text of figures [pt]."""
STD_AXIS_FACTOR = 2.0
"""Top of the axis of a std, in largest std's of the band's method: a tangent may grow without bound at its cut-off."""
LEAST_DRAWN_SHARE = 0.01
"""Sources below this share by every method are named, not drawn."""
LONGEST_LABEL = 100
"""Characters of a label: four lines of a figure of bars; of much longer ones no room is left for the axes."""
NO_GLYPH = "Glyph |Matplotlib currently does not support"
"""Beginning of matplotlib's warnings of characters that its fonts lack."""


def figure_text(text: str) -> str:
    """A text of a file for a figure: short, what cannot be seen as its escape, no formula between two dollar signs."""
    return plain(shortened(text), keep="\n").replace("$", r"\$")


def shortened(text: str) -> str:
    """The beginning of a text that is too long for a figure; the page has all of it."""
    return cut(text, LONGEST_LABEL)


def method_color(result: xr.DataTree, approach: str) -> str:
    """The same colour for a method in every figure; sampling is grey."""
    others = [label for label in approaches(result) if label != "sampling"]
    return SAMPLING if approach == "sampling" else COLORS[others.index(approach) % len(COLORS)]


def curve_axis(result: xr.DataTree, output: str) -> tuple[Array, str]:
    """Values and label of the axis of a curve; hours in the place of seconds, a number from 1 where values are none or text."""
    node = output_node(result, output)
    axis = str(node["mean"].dims[1])
    if axis not in node.coords or node[axis].dtype.kind not in "iuf":
        text = str(node[axis].attrs.get("long_name", axis)) if axis in node.coords else axis
        return np.arange(1.0, node.sizes[axis] + 1), figure_text(text)
    values, attrs = node[axis].values.astype(float), node[axis].attrs
    text, unit = str(attrs.get("long_name", axis)), str(attrs.get("units", "1"))
    if unit == "s":
        values, unit = values / SECONDS_PER_HOUR, "h"
    return values, figure_text(text if unit == "1" else f"{text} [{unit}]")


def band_approach(result: xr.DataTree) -> str:
    """The method whose quantiles are drawn: sampling where it was run, else the last."""
    labels = approaches(result)
    return "sampling" if "sampling" in labels else labels[-1]


def band_rows(levels: Array) -> list[tuple[int, int]]:
    """Rows of the ends of both central bands: of the outermost levels, and of those nearest to 16 and 84 %."""
    nearest = [int(np.abs(levels - level).argmin()) for level in BAND_LEVELS[1::2]]
    return [(0, len(levels) - 1), (nearest[0], nearest[1])]


def draw_band(axes: Axes, x: Array, quantile: Array, levels: Array, color: str, text: str) -> None:
    """Two central bands between quantiles (n_level, n) at these levels."""
    for (low, high), alpha in zip(band_rows(levels), BAND_ALPHA, strict=True):
        label = f"{percent(levels[high] - levels[low])} {text}".rstrip()
        axes.fill_between(x, quantile[low], quantile[high], color=color, alpha=alpha, linewidth=0, label=label)


def band_figure(result: xr.DataTree, output: str) -> Figure:
    """A curve with its band, each method's std beneath it, and the fraction of solves not yet cut off."""
    figure = Figure(figsize=(FIGURE_WIDTH, 6.4), layout="constrained")
    top, middle, bottom = figure.subplots(3, 1, sharex=True, height_ratios=(4, 1.8, 1.2))
    x, label = curve_axis(result, output)
    node, chosen = output_node(result, output), band_approach(result)
    unit, levels = output_unit(result, output), result.coords["level"].values
    quantile = node["quantile"].sel(approach=chosen).values
    draw_band(top, x, quantile, levels, SAMPLING, figure_text(f"({chosen})"))
    for k, approach in enumerate(approaches(result)):
        own, color = node.sel(approach=approach), method_color(result, approach)
        style = "-" if approach == "sampling" else DASHES[1 + k % 3]
        top.plot(x, own["mean"].values, color=color, linestyle=style, label=figure_text(f"mean ({approach})"))
        middle.plot(x, own["std"].values, color=color, linestyle=style)
        bottom.plot(x, own["running_fraction"].values, color=color, linestyle=style)
    name = description(result, output)
    label_axes(top, "", figure_text(f"{name.split(' against ')[0]} [{unit}]"))
    label_axes(middle, "", figure_text(f"std [{unit}]"))
    label_axes(bottom, label, "fraction\nrunning")
    bottom.set_ylim(-0.05, 1.05)
    largest = np.nanmax(node["std"].sel(approach=chosen).values, initial=0.0)
    middle.set_ylim(0, STD_AXIS_FACTOR * largest if largest else 1.0)
    running = node["running_fraction"].sel(approach=chosen).values
    if (running < 1).any():
        top.axvline(
            x[running < 1][0], color="#888888", linestyle=":", linewidth=1.2, label=figure_text(f"first cut-off ({chosen})")
        )
    reached = (node["running_fraction"].values > 0).any(axis=0)
    top.set_xlim(x[0], x[reached][-1] if reached.any() else x[-1])
    top.legend(fontsize=FONT_SIZE, frameon=False, loc="best")
    return figure


def label_axes(axes: Axes, x: str, y: str) -> None:
    axes.set_xlabel(x, fontsize=FONT_SIZE + 1)
    axes.set_ylabel(y, fontsize=FONT_SIZE + 1)
    axes.tick_params(labelsize=FONT_SIZE)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)


def small_sources(result: xr.DataTree) -> list[str]:
    """Sources whose share is below `LEAST_DRAWN_SHARE` in every scalar output by every method."""
    largest = {str(source): 0.0 for source in result.coords["source"].values}
    for row in share_rows(result):
        if np.isfinite(row.share):
            largest[row.source] = max(largest[row.source], abs(row.share))
    return [source for source, share in largest.items() if share < LEAST_DRAWN_SHARE]


def share_bars(result: xr.DataTree) -> Figure | None:
    """Shares of variance by source, a panel for each scalar output, methods side by side; None where no source has any."""
    outputs, small = scalar_outputs(result), small_sources(result)
    sources = [s for s in map(str, result.coords["source"].values) if s not in small]
    if not sources:
        return None
    rows = {(row.output, row.source, row.approach): row for row in share_rows(result)}
    sources.sort(key=lambda s: sum(abs(r.share) for r in rows.values() if r.source == s and np.isfinite(r.share)))
    labels = approaches(result)
    figure = Figure(figsize=(FIGURE_WIDTH, 1.4 + 0.22 * len(sources) * (len(labels) + 1)), layout="constrained")
    panels = figure.subplots(1, len(outputs), sharey=True, sharex=True, squeeze=False)[0]
    for axes, output in zip(panels, outputs, strict=True):
        for k, approach in enumerate(labels):
            own = [rows[output, source, approach] for source in sources]
            place = np.arange(len(sources)) + 0.8 * (0.5 - (k + 0.5) / len(labels))
            spread = np.nan_to_num([row.error for row in own])
            style = {"color": method_color(result, approach), "label": figure_text(approach), "height": 0.8 / len(labels)}
            error = {"elinewidth": 1.0, "ecolor": "#888888"}
            xerr = spread if spread.any() else None
            axes.barh(place, np.nan_to_num([row.share for row in own]), xerr=xerr, error_kw=error, **style)
        axes.set_title(figure_text(output.replace("_", " ")), fontsize=FONT_SIZE + 1)
        label_axes(axes, "share of variance", "")
        axes.axvline(0, color="black", linewidth=0.8)
    panels[0].set_yticks(
        range(len(sources)), ["\n".join(map(figure_text, textwrap.wrap(shortened(source), 26))) for source in sources]
    )
    figure.legend(
        *panels[0].get_legend_handles_labels(), fontsize=FONT_SIZE, frameon=False, loc="outside upper center", ncols=3
    )
    return figure


def share_curves(result: xr.DataTree, output: str) -> Figure | None:
    """Shares of variance along a curve, a panel for each method; the largest sources as lines. None where none is defined."""
    node = output_node(result, output)
    shares = node["share"]
    axis = str(shares.dims[2])
    known = [a for a in approaches(result) if np.isfinite(shares.sel(approach=a).values).any()]
    if not known:
        return None
    size = abs(shares).max(dim="approach").mean(dim=axis, skipna=True).fillna(0.0)
    order = np.argsort(-size.values)
    drawn = order[: len(COLORS)]  # each in a colour of its own
    sources = [str(size["source"].values[k]) for n, k in enumerate(drawn) if size.values[k] >= LEAST_DRAWN_SHARE or n == 0]
    x, label = curve_axis(result, output)
    figure = Figure(figsize=(FIGURE_WIDTH, 3.9), layout="constrained")
    panels = figure.subplots(1, len(known), sharey=True, sharex=True, squeeze=False)[0]
    for axes, approach in zip(panels, known, strict=True):
        own = shares.sel(approach=approach).where(node["std"].sel(approach=approach) > 0)
        for k, source in enumerate(sources):
            style = {
                "color": COLORS[k],
                "linestyle": DASHES[k % len(DASHES)],
                "label": figure_text(textwrap.shorten(source, 44)),
            }
            axes.plot(x, own.sel(source=source).values, **style)
        together = 1 - own.sum("source", skipna=False).values
        axes.plot(x, together, color="#999999", linewidth=3, alpha=0.6, zorder=0, label="made together by several sources")
        axes.set_title(figure_text(approach), fontsize=FONT_SIZE + 1)
        label_axes(axes, label, "")
    panels[0].set_ylabel("share of variance", fontsize=FONT_SIZE + 1)
    figure.legend(
        *panels[0].get_legend_handles_labels(), fontsize=FONT_SIZE, frameon=False, loc="outside lower center", ncols=2
    )
    return figure


def correlation_figure(joint: Joint) -> Figure:
    """Heat map of the correlation of all coefficients, with the numbers where there is room."""
    correlation, n = joint.correlation, len(joint.names)
    side = min(FIGURE_WIDTH, 3.2 + 0.42 * n)
    figure = Figure(figsize=(side + 0.6, side), layout=ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08))
    axes = figure.subplots()
    edges = np.arange(n + 1) - 0.5
    # cells as vectors: an image would be resampled
    mesh = axes.pcolormesh(edges, edges, correlation, cmap="RdBu_r", vmin=-1, vmax=1, edgecolors="white", linewidth=0.5)
    axes.set_aspect("equal")
    axes.invert_yaxis()
    size = FONT_SIZE if n <= 16 else 6
    names = list(map(figure_text, joint.names))
    axes.set_xticks(range(n), names, rotation=90, fontsize=size)
    axes.set_yticks(range(n), names, fontsize=size)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    for i, j in np.argwhere(np.round(correlation, 2)) if n <= 20 else ():  # what rounds to zero is left blank
        color = "white" if abs(correlation[i, j]) > 0.6 else "black"
        axes.text(j, i, f"{correlation[i, j]:.2f}", ha="center", va="center", fontsize=size - 1.5, color=color)
    bar = figure.colorbar(mesh, ax=axes, shrink=0.7, label="correlation")
    bar.ax.tick_params(labelsize=FONT_SIZE)
    return figure


def svg(figure: Figure, metadata: Mapping[str, str | None], *, salt: str | None = None) -> str:
    """A figure as the text of an SVG file; ``salt`` makes its ids the same each time.

    A character that the fonts here lack is drawn as a box: the page has it as text.
    """
    stream = io.StringIO()
    FigureCanvasSVG(figure)
    settings: dict[Any, Any] = {"svg.hashsalt": salt, "svg.fonttype": "path"}
    settings |= {"figure.autolayout": False, "figure.constrained_layout.use": False}
    with matplotlib.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=NO_GLYPH)
        if engine := figure.get_layout_engine():  # once: savefig would draw all of a figure for its layout alone
            engine.execute(figure)
            figure.set_layout_engine(None)
        figure.savefig(stream, format="svg", metadata=dict(metadata))
    return stream.getvalue()
