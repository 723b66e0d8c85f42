"""Survival of the cell: the probability that it still runs at a time."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from a2c_pybamm.constants import SECONDS_PER_HOUR
from a2c_pybamm.propagation import survival
from a2c_pybamm.report.coefficient_indices import holding_chaos
from a2c_pybamm.report.figures import FIGURE_WIDTH, FONT_SIZE, PAGE_SEED, SAMPLING, figure_text, label_axes, method_color
from a2c_pybamm.report.markup import figure_of
from a2c_pybamm.result import DRAWS, drawn_outputs, output_names

OUTPUT = "end_time"


def survival_curves(result: xr.DataTree) -> dict[str, xr.Dataset]:
    """Curves of the end time by method: of sampling's draws with their interval; without draws of chaos, where it holds."""
    if OUTPUT in drawn_outputs(result, DRAWS):
        return {"sampling": survival(result, OUTPUT)}
    label = holding_chaos(result).get(OUTPUT)
    if label is None:
        return {}
    return {label: survival(result, OUTPUT, approach=label, rng=np.random.default_rng(PAGE_SEED))}


def survival_figure(result: xr.DataTree, curves: dict[str, xr.Dataset]) -> Figure:
    """The curves against time in hours."""
    figure = Figure(figsize=(FIGURE_WIDTH * 0.75, 3.6), layout="constrained")
    axes = figure.subplots()
    for approach, curve in curves.items():
        time, color = curve["threshold"].values / SECONDS_PER_HOUR, method_color(result, approach)
        axes.plot(
            time,
            curve["survival"].values,
            color=color,
            label=figure_text(approach),
            linestyle="-" if approach == "sampling" else "--",
        )
        if approach == "sampling":
            band = curve["lower"].values, curve["upper"].values
            axes.fill_between(time, *band, color=SAMPLING, alpha=0.25, linewidth=0, label="95 % binomial interval")
            if curve.attrs["n_failed"]:
                bounds = np.array([curve["lowest"].values, curve["highest"].values]).T
                text = ["whatever the failed draws would be", ""]
                axes.plot(time, bounds, color=SAMPLING, linestyle=":", linewidth=1.0, label=text)
    label_axes(axes, "t [h]", "probability of running longer than t")
    axes.set_ylim(-0.02, 1.02)
    axes.legend(fontsize=FONT_SIZE, frameon=False, loc="best")
    return figure


def how_long_it_lasts(result: xr.DataTree) -> str:
    """The figure; nothing where the end time is no output, or neither draws nor a polynomial tell of it."""
    if OUTPUT not in output_names(result):
        return ""
    curves = survival_curves(result)
    if not curves:
        return ""
    text = "Probability that the cell still runs at a time."
    if "sampling" in curves:
        about = curves["sampling"].attrs
        text += f" Band: 95 % interval of Clopper and Pearson, from {about['n_draws'] - about['n_failed']} draws."
        if about["n_failed"]:
            text += (
                f" {about['n_failed']} draws that failed are left out; between the dotted lines whatever they would have been."
            )
    return figure_of(survival_figure(result, curves), "survival", text)
