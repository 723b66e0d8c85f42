"""Open-circuit potentials and diffusivities with bands, drawn from the joint, against the base set's own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from a2c_pybamm.estimate import Array
from a2c_pybamm.parameter_set import BaseSet, ParameterSet, base_values, evaluate_base, passed_arguments
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

OCP, ENTROPY, DIFFUSIVITY = "electrode OCP [V]", "electrode OCP entropic change [V.K-1]", "particle diffusivity [m2.s-1]"
SIDES = ("Negative", "Positive")
STOICHIOMETRIES = np.linspace(0.01, 0.99, 197)


@dataclass(frozen=True, eq=False)
class CurveBand:
    """A function of stoichiometry with the band that the joint makes of it."""

    side: str
    key: str
    stoichiometry: Array
    """PyBaMM's (n,)."""
    nominal: Array
    """At the mean coefficients (n,)."""
    quantile: Array
    """At `BAND_LEVELS` (5, n)."""
    base: Array
    """The base set's own curve (n,), at the same temperature."""
    drawn: Array
    """Curve of each draw (n_draw, n)."""


def curve_bands(parameter_set: ParameterSet, key: str) -> list[CurveBand]:
    """Bands of every electrode whose ``key`` ("electrode OCP [V]" …) a law stands in for."""
    draws = parameter_set.joint.draw(N_DRAW, np.random.default_rng(PAGE_SEED))
    bands = []
    for side in SIDES:
        attachment = parameter_set.attach.get(f"{side} {key}")
        if attachment is None:
            continue
        base = base_curve(parameter_set, f"{side} {key}")
        drawn, mean = (
            _curves(parameter_set, f"{side} {key}", samples, base) for samples in (draws, parameter_set.joint.mean[None])
        )
        bands.append(CurveBand(side, key, STOICHIOMETRIES, mean[0], np.quantile(drawn, BAND_LEVELS, axis=0), base, drawn))
    return bands


def _curves(parameter_set: ParameterSet, key: str, samples: Array, base: Array) -> Array:
    """A law's curve for samples of the joint (n_sample, n_coefficient) at `STOICHIOMETRIES` (n_sample, n)."""
    attachment, c = parameter_set.attach[key], parameter_set.coefficients(samples)
    method, sto = getattr(attachment.law, attachment.method), attachment.stoichiometry
    if passed_arguments(key, attachment):
        x = (sto.offset + sto.slope * STOICHIOMETRIES)[None, :]
        curves = method(c, x, parameter_set.temperature)
    else:
        curves = method(c) * base if attachment.relative else method(c)
    return np.broadcast_to(curves, (len(samples), len(STOICHIOMETRIES)))


def base_curve(parameter_set: ParameterSet, key: str) -> Array:
    """The base set's curve at `STOICHIOMETRIES` and the set's temperature; an OCP is moved there by its entropic change.

    It is NaN where the base set lacks an entry that a law gives.
    """
    values = base_values(parameter_set.base)
    if any(needed not in values for needed in (key, key.replace(OCP, ENTROPY))):
        return np.full(STOICHIOMETRIES.shape, np.nan)
    curve = evaluate_base(values, key, STOICHIOMETRIES, temperature=parameter_set.temperature)
    shift = parameter_set.temperature - float(values["Reference temperature [K]"])
    if key.endswith(OCP) and shift:
        curve = curve + shift * evaluate_base(values, key.replace(OCP, ENTROPY), STOICHIOMETRIES)
    return curve


def draw_curves(axes: Axes, band: CurveBand, base: str | BaseSet, label: str, *, scale: float = 1.0) -> None:
    """Band, curve at the mean and base set's curve, times a scale."""
    draw_band(axes, band.stoichiometry, scale * band.quantile, np.array(BAND_LEVELS), COLORS[0], "")
    axes.plot(band.stoichiometry, scale * band.nominal, color=COLORS[0], label=label)
    axes.plot(band.stoichiometry, scale * band.base, color=COLORS[1], linestyle="--", label=figure_text(f"{base}, as it is"))


def frame(axes: Axes, shown: Array) -> None:
    """Limits of the vertical axis around what is to be seen; the rest runs off it."""
    shown = shown[np.isfinite(shown)]
    space = 0.08 * np.ptp(shown) + 0.01
    axes.set_ylim(shown.min() - space, shown.max() + space)


def band_panels(bands: list[CurveBand], base: str | BaseSet, label: str, *, log: bool = False) -> Figure:
    """A panel for each electrode: band, curve at the mean, base set's curve.

    The vertical axis shows the 68 % band and the base set within the middle of the composition range; ends run off it.
    """
    figure = Figure(figsize=(FIGURE_WIDTH if len(bands) > 1 else FIGURE_WIDTH * 0.6, 4.0), layout="constrained")
    for axes, band in zip(figure.subplots(1, len(bands), squeeze=False)[0], bands, strict=True):
        draw_curves(axes, band, base, "this set, mean coefficients")
        middle = (band.stoichiometry >= 0.03) & (band.stoichiometry <= 0.97)
        shown = np.concatenate([band.quantile[[1, 3]][:, middle].ravel(), band.base[middle]])
        if log:
            shown = shown[shown > 0]
            axes.set_yscale("log", nonpositive="clip")
            axes.set_ylim(shown.min() / 30, shown.max() * 30)
        else:
            frame(axes, shown)
        axes.set_xlim(0, 1)
        axes.set_title(f"{band.side} electrode", fontsize=FONT_SIZE + 1)
        label_axes(axes, "stoichiometry", label)
    handles = figure.axes[0].get_legend_handles_labels()
    figure.legend(*handles, fontsize=FONT_SIZE, frameon=False, loc="outside lower center", ncols=4)
    return figure
