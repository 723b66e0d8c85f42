"""Electrolyte of a set over concentration, beside the base set's: a figure of the four functions."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from a2c_pybamm.laws.conduction.electrolyte import RANGE
from a2c_pybamm.parameter_set import ParameterSet, electrolyte_keys, electrolyte_table
from a2c_pybamm.report.figures import (
    BAND_LEVELS,
    COLORS,
    FIGURE_WIDTH,
    FONT_SIZE,
    N_DRAW,
    PAGE_SEED,
    draw_band,
    figure_text,
    label_axes,
)

LOGARITHMIC = ("Electrolyte diffusivity [m2.s-1]", "Thermodynamic factor")
"""PyBaMM's keys whose axis is logarithmic."""


def electrolyte_figure(parameter_set: ParameterSet) -> Figure | None:
    """Functions of the electrolyte from nearly none to 5 mol/L, with bands of 68 and 95 %; None where no law gives one."""
    if not electrolyte_keys(parameter_set):
        return None
    concentrations = np.linspace(0, RANGE.highest_concentration, 2 * RANGE.n_point)[1:]
    rng = np.random.default_rng(PAGE_SEED)
    table = electrolyte_table(parameter_set, concentrations, levels=BAND_LEVELS, rng=rng, n_draw=N_DRAW)
    figure = Figure(figsize=(FIGURE_WIDTH, 6.4), layout="constrained")
    panels = figure.subplots(2, 2, sharex=True).ravel()
    for axes, key in zip(panels, table["key"].values, strict=False):
        own = table.sel(key=key)
        draw_band(axes, concentrations, own["quantile"].values, np.array(BAND_LEVELS), COLORS[0], "")
        axes.plot(concentrations, own["value"].values, color=COLORS[0], label="this set")
        base = figure_text(f"{parameter_set.base}, as it is")
        axes.plot(concentrations, own["base"].values, color=COLORS[1], linestyle="--", label=base)
        if key in LOGARITHMIC:
            axes.set_yscale("log")
        label_axes(axes, "concentration [mol.m-3]", figure_text(str(key)))
    for axes in panels[len(table["key"]) :]:
        axes.set_visible(False)
    handles = panels[0].get_legend_handles_labels()
    figure.legend(*handles, fontsize=FONT_SIZE, frameon=False, loc="outside lower center", ncols=2)
    return figure
