"""What a simulation is asked for: numbers with a name of their own, and curves of PyBaMM's variables on shared axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from a2c_pybamm.cell.protocol import ConstantCurrent, DriveCycle, Protocol
from a2c_pybamm.cell.traces import CURRENT, VOLTAGE, Traces
from a2c_pybamm.estimate import Array

OPEN_CIRCUIT = "Bulk open-circuit voltage [V]"
TEMPERATURE = "Volume-averaged cell temperature [K]"
ANODE = "Negative electrode surface potential difference at separator interface [V]"
STRESSES = tuple(f"{side} particle surface tangential stress [Pa]" for side in ("Negative", "Positive"))
PULSE = 10.0
"""Seconds after the current has changed at which a pulse's resistance is read."""
LEAST_PULSE = 1e-3
"""Change of current [A] that makes a pulse."""


def _delivered(traces: Traces) -> Array:
    """Discharge current [A], or the charge current of a sample that only charges (n_sample, n_time)."""
    current = np.nan_to_num(traces.current)
    discharges = (current > 0).any(axis=1, keepdims=True)
    return np.asarray(np.where(discharges, np.maximum(current, 0), np.maximum(-current, 0)))


def _steady(traces: Traces) -> Array | None:
    """The size of the current [A] where each sample has one from its start to its end (n_sample,); None elsewhere."""
    first = traces.current[:, 0]
    one = (traces.current == first[:, None]) | np.isnan(traces.current)
    return np.abs(first) if traces.step_ends.shape[1] == 1 and one.all() else None


def capacity(traces: Traces) -> Array:
    current = _steady(traces)
    return traces.integral(_delivered(traces)) if current is None else current * traces.end / 3600


def energy(traces: Traces) -> Array:
    current = _steady(traces)
    if current is None:
        return traces.integral(_delivered(traces) * traces.values[VOLTAGE])
    return current * traces.cubic(VOLTAGE).integral() / 3600


def mean_voltage(traces: Traces) -> Array:
    charge = capacity(traces)
    return np.divide(energy(traces), charge, out=np.full(len(charge), np.nan), where=charge > 0)


def charge_time(traces: Traces) -> Array:
    """Time [s] in which current flows into the cell: intervals at both ends of which it does."""
    into = traces.current < 0
    both = into[:, 1:] & into[:, :-1] & (traces.step[:, 1:] == traces.step[:, :-1])
    return np.asarray(np.cumsum(np.where(both, np.diff(traces.t, axis=1), 0.0), axis=1)[:, -1])


def pulse_resistance(traces: Traces) -> Array:
    r"""Change of voltage over change of current [Ohm], :math:`(V_0 - V_{10\,\mathrm{s}})/(I_{10\,\mathrm{s}} - I_0)`.

    For the first step whose current differs from that before it; before the first there is rest at open circuit. NaN where
    that step is shorter than ten seconds, or no current ever changes.
    """
    found = np.full(len(traces.t), np.nan)
    voltage, current = traces.cubic(VOLTAGE), traces.cubic(CURRENT)
    starts = np.hstack([np.zeros((len(traces.t), 1)), traces.step_ends[:, :-1]])
    before_v, before_i = traces.values[OPEN_CIRCUIT][:, 0], np.zeros(len(traces.t))
    for k in range(starts.shape[1]):
        moment = (starts[:, k] + PULSE)[:, None]
        after_v, after_i = voltage.at(moment)[:, 0], current.at(moment)[:, 0]
        inside = moment[:, 0] <= traces.step_ends[:, k] + 1e-9
        change = after_i - before_i
        new = np.isnan(found) & inside & (np.abs(change) > LEAST_PULSE)
        found[new] = ((before_v - after_v) / np.where(new, change, 1.0))[new]
        end = np.nextafter(traces.step_ends[:, [k]], 0)
        before_v, before_i = voltage.at(end)[:, 0], current.at(end)[:, 0]
    return found


def _largest(variable: str) -> Callable[[Traces], Array]:
    return lambda traces: np.asarray(np.nanmax(traces.values[variable], axis=1))


def peak_stress(traces: Traces) -> Array:
    found = [np.nanmax(np.abs(traces.values[name]), axis=1) for name in STRESSES if name in traces.values]
    return np.asarray(np.max(found, axis=0))


@dataclass(frozen=True)
class Scalar:
    """A number with a name of its own."""

    units: str
    text: str
    of: Callable[[Traces], Array]
    """From solved samples, (n_sample,)."""
    needs: tuple[str, ...] = ()
    """Variables beside voltage and current."""


SCALARS = {
    "capacity": Scalar("A.h", "discharge capacity", capacity),
    "energy": Scalar("W.h", "discharge energy", energy),
    "specific_energy": Scalar("W.h.kg-1", "discharge energy over mass of the layers", lambda t: energy(t) / t.mass),
    "mean_voltage": Scalar("V", "discharge energy over capacity", mean_voltage),
    "end_time": Scalar("s", "time of the end", lambda traces: traces.end),
    "pulse_resistance": Scalar("Ohm", f"resistance {PULSE:g} s after the current changes", pulse_resistance, (OPEN_CIRCUIT,)),
    "peak_temperature": Scalar("K", "highest volume-averaged temperature", _largest(TEMPERATURE), (TEMPERATURE,)),
    "peak_stress": Scalar("Pa", "largest tangential stress at a particle's surface", peak_stress, STRESSES),
    "least_anode_potential": Scalar(
        "V",
        "least potential of the negative electrode against the electrolyte at the separator",
        lambda traces: np.asarray(np.nanmin(traces.values[ANODE], axis=1)),
        (ANODE,),
    ),
    "charge_time": Scalar("s", "time in which current flows into the cell", charge_time),
}
USUAL = ("capacity", "energy", "mean_voltage", "end_time", "voltage")
ALIASES = {"voltage": VOLTAGE}
"""Short names of curves."""
N_TIME = 361
N_SHARE = 51
N_PART = 21
MOST_DATA = 2001
"""A drive cycle with more data than this has its curves on fewer, equally spaced times."""


@dataclass(frozen=True, eq=False)
class Axes:
    """The grids of the curves; those that a protocol has no use for are None."""

    time: Array
    """[s] (n_time,)."""
    capacity: Array | None = None
    """Charge that has flowed [A.h] (n_time,), at constant current."""
    share: Array | None = None
    """Share of the sample's own capacity (n_share,), at constant current."""
    steps: tuple[str, ...] = ()
    """An experiment's steps in words."""

    @property
    def part(self) -> Array:
        """Share of a step's own time (n_part,)."""
        return np.linspace(0, 1, N_PART)


@dataclass(frozen=True)
class Outputs:
    """The outputs that a cell is asked for."""

    scalars: tuple[str, ...]
    curves: tuple[str, ...]
    """PyBaMM's variables, or their short names."""

    @classmethod
    def of(cls, wanted: Sequence[str] | None, protocol: Protocol) -> Outputs:
        """The outputs of these names; the usual ones if none are given.

        Raises
        ------
        ValueError
            If a name stands twice, or the protocol gives no such number.
        """
        if isinstance(wanted, str):
            raise ValueError(f"cell: outputs is the text {wanted!r}; give a list of names")
        names = tuple(USUAL if wanted is None else wanted)
        if not names:
            raise ValueError(f"cell: outputs is empty; name some of {', '.join(SCALARS)}, or PyBaMM variables")
        if repeated := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"cell: output {min(repeated)!r} is asked for twice")
        if "pulse_resistance" in names and isinstance(protocol, DriveCycle):
            raise ValueError("cell: a drive cycle has no pulse_resistance; write the pulse as steps of an experiment")
        scalars = tuple(name for name in names if name in SCALARS)
        return cls(scalars, tuple(name for name in names if name not in SCALARS))

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return self.scalars + self.curves

    @property
    def needs(self) -> tuple[str, ...]:
        """PyBaMM's variables that they are made of, voltage first."""
        own = [name for scalar in self.scalars for name in SCALARS[scalar].needs]
        return tuple(dict.fromkeys([VOLTAGE, *(ALIASES.get(name, name) for name in self.curves), *own]))

    def rows(self, traces: Traces, axes: Axes) -> dict[str, Array]:
        """Each output's values (n_sample, …), NaN behind a sample's end."""
        found: dict[str, Array] = {name: SCALARS[name].of(traces) for name in self.scalars}
        for name in self.curves:
            cubic = traces.cubic(ALIASES.get(name, name))
            found[name] = cubic.at(axes.time)
            if axes.capacity is not None and axes.share is not None:
                # the current is constant: equal charge is equal time
                found[f"{name}_of_capacity"] = found[name]
                found[f"{name}_of_share"] = cubic.at(axes.share * traces.end[:, None])
        if axes.steps:
            found |= self._of_steps(traces, axes)
        return found

    def _of_steps(self, traces: Traces, axes: Axes) -> dict[str, Array]:
        n, n_step = traces.step_ends.shape
        starts = np.hstack([np.zeros((n, 1)), traces.step_ends[:, :-1]])
        duration = traces.step_ends - starts
        # a step begins just behind the one before: at a jump the value after it is wanted
        begin = np.where(starts > 0, np.nextafter(starts, np.inf), starts)
        first = np.stack([np.nanmin(np.where(traces.step == k, traces.t, np.inf), axis=1) for k in range(n_step)], axis=1)
        begin = np.where(np.isfinite(first), np.maximum(begin, first), begin)
        moments = begin[:, :, None] + axes.part * (traces.step_ends - begin)[:, :, None]
        found = {"step_duration": duration}
        for name in self.curves:
            values = traces.cubic(ALIASES.get(name, name)).at(moments.reshape(n, -1)).reshape(moments.shape)
            found[f"{name}_of_step"] = np.where(duration[:, :, None] > 0, values, np.nan)
        return found

    def shapes(self, axes: Axes) -> dict[str, tuple[int, ...]]:
        """Shape of one sample's value of each output."""
        shapes: dict[str, tuple[int, ...]] = dict.fromkeys(self.scalars, ())
        for name in self.curves:
            shapes[name] = axes.time.shape
            if axes.capacity is not None and axes.share is not None:
                shapes |= {f"{name}_of_capacity": axes.capacity.shape, f"{name}_of_share": axes.share.shape}
        if axes.steps:
            shapes["step_duration"] = (len(axes.steps),)
            shapes |= {f"{name}_of_step": (len(axes.steps), N_PART) for name in self.curves}
        return shapes

    def dataset(self, rows: dict[str, Array], axes: Axes, dimension: str, attrs: dict[str, dict[str, Any]]) -> xr.Dataset:
        """A Dataset of rows (n, …) along a first dimension; ``attrs`` adds to those of each output."""
        variables: dict[str, Any] = {}
        for name in self.scalars:
            own = {"units": SCALARS[name].units, "long_name": SCALARS[name].text}
            variables[name] = ((dimension,), rows[name], own | attrs.get(name, {}))
        for name in self.curves:
            unit = units(ALIASES.get(name, name))
            for suffix, (text, dims) in AXES_OF_CURVES.items():
                if f"{name}{suffix}" in rows:
                    own = {"units": unit, "long_name": f"{LONG.get(name, name)} {text}"} | attrs.get(f"{name}{suffix}", {})
                    variables[f"{name}{suffix}"] = ((dimension, *dims), rows[f"{name}{suffix}"], own)
        if "step_duration" in rows:
            own = {"units": "s", "long_name": "time that a step takes"}
            variables["step_duration"] = ((dimension, "step"), rows["step_duration"], own)
        return xr.Dataset(variables, coords=self._coordinates(axes, variables))

    def _coordinates(self, axes: Axes, variables: dict[str, Any]) -> dict[str, Any]:
        used = {dim for dims, *_ in variables.values() for dim in dims}
        known: dict[str, tuple[Any, dict[str, str]]] = {
            "time": (axes.time, {"units": "s", "long_name": "time"}),
            "discharged_capacity": (axes.capacity, {"units": "A.h", "long_name": "discharged capacity"}),
            "discharged_share": (axes.share, {"units": "1", "long_name": "discharged share of own capacity"}),
            "step": (np.arange(1, len(axes.steps) + 1), {"units": "1", "long_name": "step of the experiment"}),
            "part": (axes.part, {"units": "1", "long_name": "share of the step's own time"}),
        }
        found: dict[str, Any] = {name: (name, *known[name]) for name in known if name in used}
        return found | ({"step_text": ("step", np.array(axes.steps, dtype=str))} if "step" in used else {})


AXES_OF_CURVES = {
    "": ("against time", ("time",)),
    "_of_capacity": ("against discharged capacity", ("discharged_capacity",)),
    "_of_share": ("against the discharged share of the sample's own capacity", ("discharged_share",)),
    "_of_step": ("within each step", ("step", "part")),
}
LONG = {"voltage": "terminal voltage"}


def units(variable: str) -> str:
    """The unit in a PyBaMM variable's name; "1" if it has none."""
    return variable.rpartition("[")[2].removesuffix("]") if variable.endswith("]") else "1"


def axes_of(protocol: Protocol, longest: float, current: float) -> Axes:
    """The grids for a protocol whose samples last no longer than ``longest`` [s], at a constant current [A] if it has one."""
    if isinstance(protocol, DriveCycle):
        data = np.array(protocol.time)
        return Axes(data if len(data) <= MOST_DATA else np.linspace(0, data[-1], MOST_DATA))
    time = np.linspace(0, longest, N_TIME)
    if isinstance(protocol, ConstantCurrent):
        return Axes(time, time * abs(current) / 3600, np.linspace(0, 1, N_SHARE))
    return Axes(time, steps=protocol.names)
