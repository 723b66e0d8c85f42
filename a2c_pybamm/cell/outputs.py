"""Outputs of a simulation: named numbers, and curves of PyBaMM's variables on shared axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from a2c_pybamm.cell.declared_outputs import DeclaredOutput, TraceFunction, VariableAt
from a2c_pybamm.cell.protocol import ConstantCurrent, DriveCycle, Protocol
from a2c_pybamm.cell.scalars import SCALARS
from a2c_pybamm.cell.traces import CURRENT, CURVE_VARIABLES, VOLTAGE, Traces, units
from a2c_pybamm.constants import SECONDS_PER_HOUR
from a2c_pybamm.estimate import Array
from a2c_pybamm.formatting import message_line
from a2c_pybamm.result.tree import OUTPUT_RESERVED

DEFAULT_OUTPUTS = ("capacity", "energy", "mean_voltage", "end_time", "voltage")
"""Outputs of a cell for which none are given."""
N_POINTS = {"time": 361, "share": 51, "part": 21, "drive cycle": 2001}
"""Points of curves: against time (10 s apart for a discharge of an hour), the share of a sample's capacity (2 % apart) and the
part of a step's duration (5 % apart). Curves of a drive cycle have its own times, up to 2001: 16 MB for 1000 samples."""
LONGEST_NAME = 200
"""Characters of a declared output's name: a file's names hold no more than 255 bytes."""
RESERVED = {
    *OUTPUT_RESERVED,
    *("failed", "cause", "reason", "sample", "step_duration"),
    *("time", "discharged_capacity", "discharged_share", "step", "part", "step_text"),
}
"""Names that no declared output may bear: those of samples, axes and results."""


@dataclass(frozen=True, eq=False)
class Axes:
    """Grids of the curves; None for those that a protocol does not have."""

    time: Array
    """Times [s] (n_time,)."""
    capacity: Array | None = None
    """Charge that has flowed [A.h] (n_time,), at constant current."""
    share: Array | None = None
    """Fraction of the sample's capacity (n_share,), at constant current."""
    steps: tuple[str, ...] = ()
    """PyBaMM's texts of an experiment's steps."""

    @property
    def part(self) -> Array:
        """Fraction of a step's duration (n_part,)."""
        return np.linspace(0, 1, N_POINTS["part"])


@dataclass(frozen=True)
class Outputs:
    """Outputs of a cell."""

    scalars: tuple[str, ...]
    curves: tuple[str, ...]
    """PyBaMM's variables, or their short names."""
    declared: tuple[DeclaredOutput, ...] = ()

    @classmethod
    def of(cls, wanted: Sequence[str | DeclaredOutput] | None, protocol: Protocol) -> Outputs:
        """The outputs of these names, and those declared; the default ones if none are given.

        Raises
        ------
        ValueError
            If a name stands twice or cannot be that of a declared output, or the protocol gives no such number.
        """
        if isinstance(wanted, str | DeclaredOutput):
            raise ValueError(f"cell: outputs is {wanted!r}; give a list")
        items = tuple(DEFAULT_OUTPUTS if wanted is None else wanted)
        if not items:
            raise ValueError(f"cell: outputs is empty; name some of {', '.join(SCALARS)}, or PyBaMM variables")
        for item in items:
            if not isinstance(item, str | DeclaredOutput):
                raise ValueError(f"cell: output {item!r} is neither a name nor a VariableAt or TraceFunction")
        names = tuple(item for item in items if isinstance(item, str))
        declared = tuple(item for item in items if not isinstance(item, str))
        every = [*names, *(output.name for output in declared)]
        if repeated := {name for name in every if every.count(name) > 1}:
            raise ValueError(f"cell: output {min(repeated)!r} is listed twice; list it once")
        for output in declared:
            _validate_name(output.name)
            output.validate(protocol)
        if "pulse_resistance" in names and isinstance(protocol, DriveCycle):
            raise ValueError("cell: a drive cycle has no pulse_resistance; write the pulse as steps of an experiment")
        scalars = tuple(name for name in names if name in SCALARS)
        return cls(scalars, tuple(name for name in names if name not in SCALARS), declared)

    @property
    def wanted(self) -> tuple[str | DeclaredOutput, ...]:
        """All of them, as `of` takes them."""
        return (*self.scalars, *self.curves, *self.declared)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all of them."""
        return (*self.scalars, *self.curves, *(output.name for output in self.declared))

    @property
    def needs(self) -> tuple[str, ...]:
        """PyBaMM's variables that they are made of, voltage first."""
        return tuple(dict.fromkeys([*self.required, *self._of_declared]))

    @property
    def required(self) -> tuple[str, ...]:
        """PyBaMM's variables without which a sample has failed: all but those of declared outputs alone."""
        of_scalars = [name for scalar in self.scalars for name in SCALARS[scalar].needs]
        return tuple(dict.fromkeys([VOLTAGE, *(CURVE_VARIABLES.get(name, name) for name in self.curves), *of_scalars]))

    @property
    def along_time(self) -> tuple[str, ...]:
        """PyBaMM's variables that have to have one value at each time."""
        return tuple(dict.fromkeys([*(CURVE_VARIABLES.get(name, name) for name in self.curves), *self._of_declared]))

    @property
    def _of_declared(self) -> list[str]:
        return [name for output in self.declared for name in output.needs if name != CURRENT]

    def given_moments(self, protocol: Protocol, current: float) -> list[float]:
        """Times [s] of declared outputs that are known before solving, at a constant current [A] if there is one."""
        moments = [output.given_moment(protocol, current) for output in self.declared if isinstance(output, VariableAt)]
        return [moment for moment in moments if moment is not None and np.isfinite(moment)]

    def validate_functions(self, traces: Traces) -> None:
        """Raise ``ValueError`` where a function fails on the trace of the mean sample."""
        for output in self.declared:
            if not isinstance(output, TraceFunction):
                continue
            try:
                output.number(traces.sample(0))
            except Exception as error:  # a function of the user's may raise anything
                raise ValueError(
                    f"output {output.name!r}: its function fails at the mean coefficients "
                    f"({type(error).__name__}: {message_line(error)}); correct it"
                ) from error

    def declared_rows(self, traces: Traces) -> tuple[dict[str, Array], list[str]]:
        """Values (n_sample,) of declared outputs, and the reason of the first that a sample lacks; empty text where none."""
        rows, first = {}, [""] * len(traces.t)
        for output in self.declared:
            rows[output.name], reasons = output.evaluate(traces)
            first = [earlier or reason for earlier, reason in zip(first, reasons, strict=True)]
        return rows, first

    def rows(self, traces: Traces, axes: Axes) -> dict[str, Array]:
        """Each output's values (n_sample, …), NaN behind a sample's end."""
        rows: dict[str, Array] = {name: SCALARS[name].evaluate(traces) for name in self.scalars}
        for name in self.curves:
            cubic = traces.cubic(CURVE_VARIABLES.get(name, name))
            rows[name] = cubic.at(axes.time)
            if axes.capacity is not None and axes.share is not None:
                # the current is constant: equal charge is equal time
                rows[f"{name}_of_capacity"] = rows[name]
                rows[f"{name}_of_share"] = cubic.at(axes.share * traces.end[:, None])
        if axes.steps:
            rows |= self._of_steps(traces, axes)
        return rows

    def _of_steps(self, traces: Traces, axes: Axes) -> dict[str, Array]:
        """Duration of each step (n_sample, n_step), and curves within each step (n_sample, n_step, n_part)."""
        n, n_step = traces.step_ends.shape
        starts = np.hstack([np.zeros((n, 1)), traces.step_ends[:, :-1]])
        duration = traces.step_ends - starts
        # a step begins just behind the one before: at a jump the value after it is wanted
        begin = np.where(starts > 0, np.nextafter(starts, np.inf), starts)
        first = np.stack([np.nanmin(np.where(traces.step == k, traces.t, np.inf), axis=1) for k in range(n_step)], axis=1)
        begin = np.where(np.isfinite(first), np.maximum(begin, first), begin)
        moments = begin[:, :, None] + axes.part * (traces.step_ends - begin)[:, :, None]
        rows = {"step_duration": duration}
        for name in self.curves:
            values = traces.cubic(CURVE_VARIABLES.get(name, name)).at(moments.reshape(n, -1)).reshape(moments.shape)
            rows[f"{name}_of_step"] = np.where(duration[:, :, None] > 0, values, np.nan)
        return rows

    def shapes(self, axes: Axes) -> dict[str, tuple[int, ...]]:
        """Shape of one sample's value of each output."""
        shapes: dict[str, tuple[int, ...]] = dict.fromkeys([*self.scalars, *(output.name for output in self.declared)], ())
        for name in self.curves:
            shapes[name] = axes.time.shape
            if axes.capacity is not None and axes.share is not None:
                shapes |= {f"{name}_of_capacity": axes.capacity.shape, f"{name}_of_share": axes.share.shape}
        if axes.steps:
            shapes["step_duration"] = (len(axes.steps),)
            shapes |= {f"{name}_of_step": (len(axes.steps), N_POINTS["part"]) for name in self.curves}
        return shapes

    def dataset(self, rows: dict[str, Array], axes: Axes, dimension: str, attrs: dict[str, dict[str, Any]]) -> xr.Dataset:
        """A Dataset of rows (n, …) along a first dimension; ``attrs`` adds to those of each output."""
        variables: dict[str, Any] = {}
        for name in self.scalars:
            described = {"units": SCALARS[name].units, "long_name": SCALARS[name].text}
            variables[name] = ((dimension,), rows[name], described | attrs.get(name, {}))
        for output in self.declared:
            variables[output.name] = ((dimension,), rows[output.name], {"units": output.units, "long_name": output.name})
        for name in self.curves:
            unit = units(CURVE_VARIABLES.get(name, name))
            for suffix, (text, dims) in AXES_OF_CURVES.items():
                if f"{name}{suffix}" in rows:
                    described = {"units": unit, "long_name": f"{CURVE_TEXTS.get(name, name)} {text}"}
                    values, further = rows[f"{name}{suffix}"], attrs.get(f"{name}{suffix}", {})
                    variables[f"{name}{suffix}"] = ((dimension, *dims), values, described | further)
        if "step_duration" in rows:
            described = {"units": "s", "long_name": "time that a step takes"}
            variables["step_duration"] = ((dimension, "step"), rows["step_duration"], described)
        return xr.Dataset(variables, coords=self._coordinates(axes, variables))

    def _coordinates(self, axes: Axes, variables: dict[str, Any]) -> dict[str, Any]:
        used = {dim for dims, *_ in variables.values() for dim in dims}
        grids: dict[str, tuple[Any, dict[str, str]]] = {
            "time": (axes.time, {"units": "s", "long_name": "time"}),
            "discharged_capacity": (axes.capacity, {"units": "A.h", "long_name": "discharged capacity"}),
            "discharged_share": (axes.share, {"units": "1", "long_name": "discharged share of own capacity"}),
            "step": (np.arange(1, len(axes.steps) + 1), {"units": "1", "long_name": "step of the experiment"}),
            "part": (axes.part, {"units": "1", "long_name": "share of the step's own time"}),
        }
        coordinates: dict[str, Any] = {name: (name, *grids[name]) for name in grids if name in used}
        return coordinates | ({"step_text": ("step", np.array(axes.steps, dtype=str))} if "step" in used else {})


def _validate_name(name: Any) -> None:
    """Raise ``ValueError`` where a declared output cannot bear a name."""
    if not isinstance(name, str) or not name.strip() or "/" in name or len(name) > LONGEST_NAME:
        raise ValueError(f"output {name!r}: the name must be text of 1 to {LONGEST_NAME} characters, without '/'")
    if name in SCALARS or name in RESERVED or name in CURVE_VARIABLES or name.endswith(tuple(filter(None, AXES_OF_CURVES))):
        raise ValueError(f"output {name!r}: the name is that of another output or an axis; take another")


AXES_OF_CURVES = {
    "": ("against time", ("time",)),
    "_of_capacity": ("against discharged capacity", ("discharged_capacity",)),
    "_of_share": ("against the discharged share of the sample's own capacity", ("discharged_share",)),
    "_of_step": ("within each step", ("step", "part")),
}
"""Ending of each curve's name, with its text and the dimensions beside the first."""
CURVE_TEXTS = {"voltage": "terminal voltage"}
"""Descriptions by the short names of curves."""


def axes_of(protocol: Protocol, longest: float, current: float) -> Axes:
    """Grids for a protocol whose samples last no longer than ``longest`` [s], at a constant current [A] if it has one."""
    if isinstance(protocol, DriveCycle):
        data, most = np.array(protocol.time), N_POINTS["drive cycle"]
        return Axes(data if len(data) <= most else np.linspace(0, data[-1], most))
    time = np.linspace(0, longest, N_POINTS["time"])
    if isinstance(protocol, ConstantCurrent):
        return Axes(time, time * abs(current) / SECONDS_PER_HOUR, np.linspace(0, 1, N_POINTS["share"]))
    return Axes(time, steps=protocol.names)


def output_bounds(
    protocol: Protocol, voltage_limits: tuple[float, float], lithium: float | None, axes: Axes
) -> dict[str, dict[str, float]]:
    """Attributes "minimum" and "maximum" of outputs of a constant current that have bounds whatever the coefficients.

    ``lithium`` is the cyclable lithium [A.h]; without it, in a half cell, nothing bounds the capacity.
    """
    if not isinstance(protocol, ConstantCurrent) or lithium is None:
        return {}
    low, high = voltage_limits
    most = dict.fromkeys(("capacity", "charge_out", "charge_in"), lithium)
    most |= dict.fromkeys(("energy", "energy_out", "energy_in"), lithium * high) | {"end_time": float(axes.time[-1])}
    bounds = {name: {"minimum": 0.0, "maximum": value} for name, value in most.items()}
    # on discharge the voltage starts below full charge and falls; on charge the other way round
    voltages = ("mean_voltage", "voltage", "voltage_of_capacity", "voltage_of_share")
    return bounds | {name: {"minimum": low, "maximum": high} for name in voltages}
