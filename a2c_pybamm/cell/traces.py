"""Solved samples as they come from the solver: each variable at each sample's own times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from a2c_pybamm.cell.monotone_cubic import MonotoneCubic
from a2c_pybamm.cell.throughput import Throughput, first_moment_of_charge, running_charge
from a2c_pybamm.constants import SECONDS_PER_HOUR
from a2c_pybamm.estimate import Array

VOLTAGE, CURRENT = "Voltage [V]", "Current [A]"
"""PyBaMM's variables that every simulation has."""
CURVE_VARIABLES = {"voltage": VOLTAGE}
"""PyBaMM's variables by their short names."""
SAME_TIME = 1e-6
"""Distance [s] below which two of the solver's times are the end of one step and the start of the next."""


def units(variable: str) -> str:
    """Unit in a PyBaMM variable's name; "1" if it has none."""
    return variable.rpartition("[")[2].removesuffix("]") if variable.endswith("]") else "1"


@dataclass(frozen=True, eq=False)
class Trace:
    """One solved sample: ``trace["Voltage [V]"]`` are a variable's values at the times ``trace.t``."""

    t: Array
    """Times [s] (n_time,)."""
    values: Mapping[str, Array]
    """Each variable (n_time,)."""
    step_ends: Array | None = None
    """End of every step of an experiment [s] (n_step,)."""
    throughput: Throughput | None = None
    """Charge and energy in and out; None at a constant current, where they follow from the times."""

    def __getitem__(self, variable: str) -> Array:
        name = CURVE_VARIABLES.get(variable, variable)
        if name not in self.values:
            raise ValueError(f"the trace has no {variable!r}, only {', '.join(map(repr, self.values))}; name it in variables")
        return self.values[name]

    def at(self, variable: str, times: ArrayLike) -> Array:
        """Values of a variable at other times [s], in their shape; NaN outside of the sample's time."""
        moments, values = np.asarray(times, float), self[variable]
        ends = self.t[-1:] if self.step_ends is None else self.step_ends
        cubic = MonotoneCubic.through(self.t[None], values[None], np.searchsorted(ends, self.t)[None])
        return np.asarray(cubic.at(moments.reshape(1, -1)).reshape(moments.shape))


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
    given_current: bool = True
    """True where the current is given, linear between the times; False for an experiment."""

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
        given = traces[0].step_ends is None
        return cls(t, values, np.where(np.isfinite(t), step, -1), ends, mass, varying, given)

    def sample(self, k: int) -> Trace:
        """The trace of one sample."""
        n = int(np.isfinite(self.t[k]).sum())
        values = {name: rows[k, :n] for name, rows in self.values.items()}
        return Trace(self.t[k, :n], values, self.step_ends[k], self.throughput.sample(k))

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
    def charge(self) -> Array:
        """Charge that has flowed out on balance since the start [A.h] (n_sample, n_time)."""
        if not self.given_current:
            return self.cubic(CURRENT).running_integral() / SECONDS_PER_HOUR
        return running_charge(self.t, self.current)

    def moment_of_charge(self, charge: float) -> Array:
        """First time [s] (n_sample,) at which a charge [A.h] has flowed out on balance; NaN where it never has."""
        return first_moment_of_charge(self.t, self.current, self.charge, charge)

    def moment(self, time: float) -> Array:
        """A time [s] in each sample (n_sample,): the end of a step where it is that up to round-off."""
        near = np.abs(self.step_ends - time) < SAME_TIME
        first = np.take_along_axis(self.step_ends, near.argmax(axis=1)[:, None], axis=1)[:, 0]
        return np.where(near.any(axis=1), first, time)

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
