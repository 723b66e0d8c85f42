r"""Charge and energy that flow out of a cell and into it, by Gauss' rule on panels in which the current keeps its sign.

.. math::
    Q_\pm = \int \max(\pm I, 0)\,\mathrm{d}t, \qquad E_\pm = \int \max(\pm I, 0)\,V\,\mathrm{d}t .

A given current is linear in each panel: its charge is exact. The energy is exact where the voltage is a polynomial of degree
six over a panel; beside eight nodes a panel its error is below 1e-6 for a current that turns from 6 A to −4 A each second and
where a voltage limit cuts a panel of 72 s, and 1e-9 for smooth ones (Chen2020, SPM and SPMe; November 2026).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from a2c_pybamm.constants import SECONDS_PER_HOUR
from a2c_pybamm.estimate import Array

_ROOTS, _WEIGHTS = np.polynomial.legendre.leggauss(4)
NODES, WEIGHTS = (_ROOTS + 1) / 2, _WEIGHTS / 2
"""Gauss' rule of four nodes on [0, 1]: exact to degree seven."""
SAME_CHARGE = 1e-9
"""Relative difference of two charges below which they are one: a charge that is reached at the very end."""


@dataclass(frozen=True)
class PanelLengths:
    """Lengths of panels between the data of a cycle."""

    first: float = 1.0
    """Length [s] of the first panel behind a datum, unless the next datum comes before."""
    growth: float = 0.5
    """Largest length of a panel over the time since the datum before it: the voltage relaxes ever more slowly."""
    longest: float = 0.01
    """Largest length of a panel over that of the whole cycle."""
    longest_of_step: float = 0.02
    """Largest length of a panel over that of an experiment's step: energies to 1e-7, and voltages between the nodes to 3e-6 V
    (C/20 and rests, Chen2020, SPMe; November 2026)."""
    shortest: float = 1e-3
    """Length [s] below which nothing is divided."""
    n_before_end: int = 12
    """Points from which the voltage is interpolated in the panel that a limit cuts: those of two panels, and the end."""


PANELS = PanelLengths()
"""Lengths that give energies to 1e-6, see above."""


@dataclass(frozen=True, eq=False)
class Throughput:
    """Charge and energy of one sample, or of several (n_sample,)."""

    charge_out: Array
    """Charge delivered [A.h]."""
    charge_in: Array
    """Charge taken up [A.h]."""
    energy_out: Array
    """Energy delivered [W.h]."""
    energy_in: Array
    """Energy taken up [W.h]."""
    time_in: Array
    """Time [s] in which current flows into the cell."""

    @classmethod
    def of(cls, length: Array, current: Array, voltage: Array) -> Throughput:
        """Integrals over panels of these lengths [s] (n_panel,), from values at their nodes (n_panel, n_node)."""
        weights = length[:, None] * WEIGHTS
        out, into = (np.maximum(sign * current, 0) * weights / SECONDS_PER_HOUR for sign in (1, -1))
        integrals = (out, into, out * voltage, into * voltage, weights * (current < 0))
        return cls(*(np.asarray(values.sum()) for values in integrals))

    @classmethod
    def stack(cls, samples: Sequence[Throughput]) -> Throughput:
        """Throughput (n_sample,) of several samples."""
        return cls(*(np.array([getattr(one, field.name) for one in samples]) for field in fields(cls)))

    def sample(self, k: int) -> Throughput:
        """Throughput of one sample of several."""
        return Throughput(*(np.asarray(getattr(self, field.name)[k]) for field in fields(self)))


def running_charge(time: Array, current: Array) -> Array:
    """Charge [A.h] that has flowed out on balance up to each time [s] (…, n_time), of a current [A] that is linear between."""
    pieces = np.diff(time, axis=-1) * (current[..., 1:] + current[..., :-1]) / 2
    start = np.zeros((*time.shape[:-1], 1))
    return np.asarray(np.cumsum(np.concatenate([start, pieces], axis=-1), axis=-1) / SECONDS_PER_HOUR)


def first_moment_of_charge(time: Array, current: Array, charge: Array, wanted: float) -> Array:
    r"""First times [s] (n_sample,) at which charges [A.h] (n_sample, n_time) are the wanted one; NaN where they never are.

    Between two times the current is linear, :math:`I_0\tau + (I_1 - I_0)\tau^2/2h = \Delta Q`.
    """
    rest = np.where(np.abs(wanted - charge) <= SAME_CHARGE * abs(wanted), 0.0, wanted - charge) * SECONDS_PER_HOUR
    reached = (rest == 0) | np.pad(rest[:, :-1] * rest[:, 1:] < 0, ((0, 0), (0, 1)))
    k = reached.argmax(axis=1)
    row, after = np.arange(len(rest)), np.minimum(k + 1, rest.shape[1] - 1)
    first, h, missing = current[row, k], time[row, after] - time[row, k], rest[row, k]
    slope = np.divide(current[row, after] - first, h, out=np.zeros(len(h)), where=h > 0)
    root = np.copysign(np.sqrt(np.maximum(first**2 + 2 * slope * missing, 0)), missing)
    since = np.divide(2 * missing, first + root, out=np.zeros(len(h)), where=(missing != 0) & (first + root != 0))
    return np.where(reached.any(axis=1), time[row, k] + np.clip(since, 0, np.where(missing == 0, 0, h)), np.nan)


def panel_nodes(start: Array, end: Array) -> Array:
    """Times (n_panel, n_node) of the nodes of panels from ``start`` to ``end`` (n_panel,)."""
    return np.asarray(start[:, None] + (end - start)[:, None] * NODES)


def sign_changes(time: Array, current: Array) -> Array:
    """Times at which a current, linear between its data, changes its sign."""
    k = np.flatnonzero(current[:-1] * current[1:] < 0)
    return np.asarray(time[k] + np.diff(time)[k] * current[k] / (current[k] - current[k + 1]))


def step_edges(time: Array, current: Array, step_ends: Array) -> Array:
    """Ends of an experiment's panels [s] (n_panel + 1,): the solver's times, changes of sign, times between those far apart.

    A solver steps far where its states are straight in time, over bends of the open-circuit potential.
    """
    edges = np.union1d(time, sign_changes(time, current))
    duration = np.diff(step_ends, prepend=0.0)
    step = np.minimum(np.searchsorted(step_ends, edges[1:]), len(step_ends) - 1)
    parts = np.ceil(np.diff(edges) / np.maximum(PANELS.longest_of_step * duration[step], PANELS.shortest)).astype(int)
    far = np.flatnonzero(parts > 1)
    inside = [np.linspace(edges[k], edges[k + 1], parts[k] + 1)[1:-1] for k in far]
    return np.union1d(edges, np.concatenate(inside)) if inside else edges


@dataclass(frozen=True, eq=False)
class CyclePanels:
    """Panels of a current that is linear between its data."""

    time: Array
    """Times of the data [s] (n_data,)."""
    current: Array
    """Currents [A] (n_data,)."""

    @cached_property
    def edges(self) -> Array:
        """Ends of the panels [s] (n_panel + 1,): data, changes of sign, and graded times between those far apart."""
        longest = max(PANELS.first, PANELS.longest * float(self.time[-1]))
        edges = np.union1d(self.time, sign_changes(self.time, self.current))
        far = np.flatnonzero(np.diff(edges) > 1.5 * PANELS.first)
        inside = [_graded_times(edges[k], edges[k + 1], longest) for k in far]
        return np.union1d(edges, np.concatenate(inside)) if inside else edges

    @cached_property
    def nodes(self) -> Array:
        """Times of the nodes [s] (n_panel, n_node)."""
        return panel_nodes(self.edges[:-1], self.edges[1:])

    @cached_property
    def times(self) -> Array:
        """Times [s] at which the voltage is wanted: data and nodes."""
        return np.union1d(self.time, self.nodes)

    def moment_of_charge(self, charge: float) -> float:
        """First time [s] at which a charge [A.h] has flowed out on balance; NaN if it never has."""
        t, current = self.edges, np.interp(self.edges, self.time, self.current)
        return float(first_moment_of_charge(t[None], current[None], running_charge(t, current)[None], charge)[0])

    def throughput(self, t: Array, voltage: Array) -> Throughput:
        """Throughput up to the last of the times ``t`` (n_time,), which hold `times` up to there, from the voltage at them."""
        n = int(np.searchsorted(self.edges, t[-1], side="right")) - 1
        nodes, values, length = self.nodes[:n], np.interp(self.nodes[:n], t, voltage), np.diff(self.edges[: n + 1])
        if n < len(self.nodes) and t[-1] > self.edges[n]:
            last = panel_nodes(self.edges[[n]], t[-1:])
            nodes, length = np.vstack([nodes, last]), np.append(length, t[-1] - self.edges[n])
            values = np.vstack([values, _near_end(t, voltage, last)])
        return Throughput.of(length, np.interp(nodes, self.time, self.current), values)


def _graded_times(start: float, end: float, longest: float) -> NDArray[np.float64]:
    """Times between two data, closer behind the first."""
    times: list[float] = []
    since = 0.0
    while True:
        since += min(longest, max(PANELS.first, PANELS.growth * since))
        if since + PANELS.first / 2 >= end - start:
            return np.array(times)
        times.append(start + since)


def _near_end(t: Array, voltage: Array, moments: Array) -> Array:
    t, k = np.unique(t[-PANELS.n_before_end :], return_index=True)
    return np.asarray(PchipInterpolator(t, voltage[-PANELS.n_before_end :][k])(moments))
