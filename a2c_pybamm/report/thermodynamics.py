"""Thermodynamics of the electrodes by a set's free energies, beside the base set's curves: rows and a figure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from a2c_pybamm.constants import RELATIVE_ROUND_OFF
from a2c_pybamm.derivation.host_free_energy import HULLS
from a2c_pybamm.estimators import phase_diagram
from a2c_pybamm.formatting import significant, with_error
from a2c_pybamm.laws import FreeEnergy, PhaseForming, TwoPhase
from a2c_pybamm.parameter_set import Attachment, ParameterSet
from a2c_pybamm.report.electrodes import ENTROPY, OCP, STOICHIOMETRIES, CurveBand, curve_bands, draw_curves, frame
from a2c_pybamm.report.figures import COLORS, FIGURE_WIDTH, FONT_SIZE, N_DRAW, PAGE_SEED, figure_text, label_axes

ONE_SIGMA_PROBABILITY = 0.6827
"""Probability that a normal error is within one standard deviation, of which an interval of skewed draws has as much."""


@dataclass(frozen=True)
class ThermodynamicRow:
    """One quantity of one electrode, by the set and by its base."""

    side: str
    quantity: str
    unit: str
    value: float
    std: float
    """NaN where there is none."""
    base: float
    """NaN where the base set does not tell."""
    interval: tuple[float, float] | None = None
    """Central 68 %, for what is too skewed for a std."""

    @property
    def shown_unit(self) -> str:
        """Unit that the texts are in; empty for plain numbers."""
        return {"V/K": "mV/K", "1": ""}.get(self.unit, self.unit)

    @property
    def _scale(self) -> float:
        return 1e3 if self.unit == "V/K" else 1.0

    @property
    def value_text(self) -> str:
        """The value with its std where there is one."""
        if np.isfinite(self.std):
            return with_error(self._scale * self.value, self._scale * self.std)
        return significant(self._scale * self.value)

    @property
    def interval_text(self) -> str:
        """The interval's ends; empty where there is none."""
        return " to ".join(significant(self._scale * end) for end in self.interval or ())

    @property
    def base_text(self) -> str:
        """The base set's value; empty where it does not tell."""
        return significant(self._scale * self.base) if np.isfinite(self.base) else ""


def thermodynamic_rows(parameter_set: ParameterSet) -> list[ThermodynamicRow]:
    """Mean voltage, entropic change, window of stoichiometry, gaps and their probability, electrode by electrode.

    Means are over the stoichiometries that the nominal cell goes through between its voltage limits; those of the base set are
    over the same.
    """
    windows = parameter_set.stoichiometry_window
    base_windows = parameter_set.base_stoichiometry_window
    bands = {key: {band.side: band for band in curve_bands(parameter_set, key)} for key in (OCP, ENTROPY)}
    rows: list[ThermodynamicRow] = []
    for side, band in bands[OCP].items():
        window, base_window = windows.get(side.lower()), base_windows.get(side.lower())
        if window is None or base_window is None:
            continue
        inside = np.abs(STOICHIOMETRIES - np.mean(window)) <= np.ptp(window) / 2
        rows += [_mean_row(side, "mean open-circuit potential in its window", "V", band, inside)]
        if side in bands[ENTROPY]:
            rows += [_mean_row(side, "mean entropic change in its window", "V/K", bands[ENTROPY][side], inside)]
        for k, soc in enumerate((0, 100)):
            text = f"stoichiometry at {soc} % state of charge"
            rows.append(ThermodynamicRow(side, text, "1", window[k], np.nan, base_window[k]))
        rows += _gap_rows(side, parameter_set, parameter_set.attach[f"{side} {OCP}"])
    return rows


def _mean_row(side: str, quantity: str, unit: str, band: CurveBand, inside: NDArray[np.bool_]) -> ThermodynamicRow:
    weight = inside / inside.sum()
    std = float((band.drawn @ weight).std())
    std = std if std > RELATIVE_ROUND_OFF * np.abs(band.drawn).max() else np.nan  # all draws are equal
    return ThermodynamicRow(side, quantity, unit, float(weight @ band.nominal), std, float(weight @ band.base))


def _gap_rows(side: str, parameter_set: ParameterSet, attachment: Attachment) -> list[ThermodynamicRow]:
    """Ends and plateaus of all gaps, and how likely there is one, in the electrode's own stoichiometry."""
    law, sto = attachment.law, attachment.stoichiometry
    own = law.free_energy if isinstance(law, TwoPhase) else law
    if not isinstance(own, PhaseForming) or not isinstance(own, FreeEnergy):
        return []
    rng = np.random.default_rng(PAGE_SEED)
    diagram = phase_diagram(own, parameter_set.joint, parameter_set.temperature, rng=rng, n_draw=N_DRAW)
    likely = float(diagram.probability_of_a_gap[0])
    rows = [ThermodynamicRow(side, "probability of a miscibility gap", "1", likely, np.nan, np.nan)]
    n = int(diagram.gaps[0].count[0])
    for k in range(n if (diagram.draws[0].count == n).any() else 0):
        found = diagram.gaps[0]
        ends = diagram.interval(0, k, ONE_SIGMA_PROBABILITY)
        for name, column in (("low", found.low), ("high", found.high)):
            value, *interval = ((x - sto.offset) / sto.slope for x in (float(column[0, k]), *ends[name]))
            text = f"gap {k + 1}, {'lithium-poor' if name == 'low' else 'lithium-rich'} phase"
            rows.append(ThermodynamicRow(side, text, "1", value, np.nan, np.nan, (interval[0], interval[1])))
        voltage = float(found.voltage[0, k])
        rows.append(ThermodynamicRow(side, f"gap {k + 1}, plateau", "V", voltage, np.nan, np.nan, ends["voltage"]))
    return rows


def _draw_hulls(axes: Axes, parameter_set: ParameterSet, attachment: Attachment) -> None:
    """Voltage steps of the energies themselves, one line for each method: what a smooth law leaves out shows."""
    law, sto = attachment.law, attachment.stoichiometry
    hulls = parameter_set.notes.get(HULLS, {}).get(getattr(law, "material", ""), {})
    for k, (label, hull) in enumerate(hulls.items()):
        x = (np.array(hull["x"]) - sto.offset) / sto.slope
        axes.stairs(
            hull["voltage"], x, baseline=None, color=COLORS[2 + k % 5], linewidth=0.9, label=figure_text(f"energies of {label}")
        )


def thermodynamics_figure(parameter_set: ParameterSet) -> Figure | None:
    """Potential and entropic change of every electrode that has a law, with the base set's; None where none has."""
    bands = [(curve_bands(parameter_set, key), label) for key, label in ((OCP, "potential [V]"), (ENTROPY, "dU/dT [mV/K]"))]
    n = len(bands[0][0])
    if not n:
        return None
    windows = parameter_set.stoichiometry_window
    figure = Figure(figsize=(FIGURE_WIDTH if n > 1 else FIGURE_WIDTH * 0.6, 6.0), layout="constrained")
    grid = figure.subplots(2, n, squeeze=False, sharex=True)
    for row, (curves, label) in enumerate(bands):
        scale = 1e3 if row else 1.0
        for axes, band in zip(grid[row], curves, strict=False):
            draw_curves(axes, band, parameter_set.base, "this set", scale=scale)
            if not row:
                _draw_hulls(axes, parameter_set, parameter_set.attach[f"{band.side} {OCP}"])
            window = windows.get(band.side.lower())
            if window:
                axes.axvspan(min(window), max(window), color="#000000", alpha=0.05, linewidth=0, label="0 to 100 % charge")
            frame(axes, scale * np.concatenate([band.quantile[[1, 3], 8:-8].ravel(), band.base[8:-8]]))
            label_axes(axes, "stoichiometry" if row else "", label)
            if not row:
                axes.set_title(f"{band.side} electrode", fontsize=FONT_SIZE + 1)
    handles = grid[0][0].get_legend_handles_labels()
    figure.legend(*handles, fontsize=FONT_SIZE, frameon=False, loc="outside lower center", ncols=5)
    return figure
