"""Solved samples as they come from the solver: each variable at each sample's own times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.cell.monotone_cubic import MonotoneCubic
from a2c_pybamm.cell.throughput import Throughput
from a2c_pybamm.constants import SECONDS_PER_HOUR
from a2c_pybamm.estimate import Array

VOLTAGE, CURRENT = "Voltage [V]", "Current [A]"
"""PyBaMM's variables that every simulation has."""


@dataclass(frozen=True, eq=False)
class Trace:
    """One solved sample."""

    t: Array
    """Times [s] (n_time,)."""
    values: Mapping[str, Array]
    """Each variable (n_time,)."""
    step_ends: Array | None = None
    """End of every step of an experiment [s] (n_step,)."""
    throughput: Throughput | None = None
    """Charge and energy in and out; None at a constant current, where they follow from the times."""


@dataclass(frozen=True, eq=False)
class Traces:
    """Solved samples side by side, filled with NaN behind each one's end."""

    t: Array
    """Times [s] (n_sample, n_time)."""
    values: Mapping[str, Array]
    """Each variable (n_sample, n_time)."""
    step: NDArray[np.int64]
    """The step of an experiment that each time belongs to (n_sample, n_time): from 0, and −1 behind the end."""
    step_ends: Array
    """End of every step [s] (n_sample, n_step)."""
    mass: Array
    """Mass of the layers of each sample's cell [kg] (n_sample,); NaN where no output needs it."""
    of_varying_current: Throughput | None = None
    """Charge and energy in and out (n_sample,) where the current is not constant."""

    @classmethod
    def of(cls, traces: Sequence[Trace], mass: Array) -> Traces:
        """Traces of at least one sample."""
        m = max(len(trace.t) for trace in traces)
        ends = np.array([trace.t[-1:] if trace.step_ends is None else trace.step_ends for trace in traces])
        t = np.array([_filled(trace.t, m) for trace in traces])
        values = {name: np.array([_filled(trace.values[name], m) for trace in traces]) for name in traces[0].values}
        # the end of a step belongs to it, the next begins behind
        step = np.array([np.searchsorted(sample_ends, times) for sample_ends, times in zip(ends, t, strict=True)])
        flows = [trace.throughput for trace in traces if trace.throughput is not None]
        varying = Throughput.stack(flows) if flows else None
        return cls(t, values, np.where(np.isfinite(t), step, -1), ends, mass, varying)

    @cached_property
    def end(self) -> Array:
        """Last time of each sample [s] (n_sample,)."""
        return np.asarray(np.nanmax(self.t, axis=1))

    @cached_property
    def current(self) -> Array:
        """Current [A] (n_sample, n_time)."""
        return self.values[CURRENT]

    def cubic(self, variable: str) -> MonotoneCubic:
        """Interpolation of a variable between its times."""
        if variable not in self._cubics:
            self._cubics[variable] = MonotoneCubic.through(self.t, self.values[variable], self.step)
        return self._cubics[variable]

    @cached_property
    def _cubics(self) -> dict[str, MonotoneCubic]:
        return {}

    @cached_property
    def throughput(self) -> Throughput:
        """Charge and energy in and out (n_sample,)."""
        if self.of_varying_current is not None:
            return self.of_varying_current
        current = self.current[:, 0]
        out, into = np.maximum(current, 0) / SECONDS_PER_HOUR, np.maximum(-current, 0) / SECONDS_PER_HOUR
        voltage = self.cubic(VOLTAGE).integral()
        charging = np.where(current < 0, self.end, 0.0)
        return Throughput(out * self.end, into * self.end, out * voltage, into * voltage, charging)


def _filled(row: Array, m: int) -> Array:
    return np.concatenate([row, np.full(m - len(row), np.nan)])
