"""Outputs that a user declares: a variable at a time, a charge or an event, and functions of the solved trace."""

from __future__ import annotations

import hashlib
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np

from a2c_pybamm.cell.protocol import ConstantCurrent, DriveCycle, Protocol, Steps
from a2c_pybamm.cell.traces import CURVE_VARIABLES, Trace, Traces, units
from a2c_pybamm.constants import SECONDS_PER_HOUR
from a2c_pybamm.estimate import Array
from a2c_pybamm.formatting import message_line

STEP_END = re.compile(r"end of step (\d+)")
CROSSING = re.compile(r"(.+?)\s*=\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)")
EVENTS = "'end', 'end of step 2', or a variable and its value: 'Voltage [V] = 3.5'"


@dataclass(frozen=True, kw_only=True)
class VariableAt:
    """A PyBaMM variable at one moment of a simulation: at a time, at a charge, or at an event.

    The number is missing (NaN) for a sample that never reaches the moment; its other outputs are there all the same.

    Raises
    ------
    ValueError
        If not exactly one of ``time``, ``capacity`` and ``event`` is given, or it is no such moment.
    """

    name: str
    """Name of the output."""
    variable: str
    """PyBaMM's variable, or "voltage"; "Time [s]" gives the time of an event."""
    time: float | None = None
    """Time since the start [s]."""
    capacity: float | None = None
    """Charge that has flowed out on balance [A.h], negative for charge that has flowed in; the first moment counts."""
    event: str | None = None
    """The simulation's "end", "end of step 2", or the first moment at which a variable has a value: "Voltage [V] = 3.5"."""

    def __post_init__(self) -> None:
        if sum(moment is not None for moment in (self.time, self.capacity, self.event)) != 1:
            raise ValueError(f"output {self.name!r}: give one of time, capacity and event")
        if self.time is not None and not 0 <= self.time < np.inf:
            raise ValueError(f"output {self.name!r}: time is {self.time:g} s; give one of 0 or more")
        if self.capacity is not None and not np.isfinite(self.capacity):
            raise ValueError(f"output {self.name!r}: capacity is {self.capacity:g} A.h; give a finite one")
        if self.event is not None and not (self.event == "end" or STEP_END.fullmatch(self.event) or self._crossing):
            raise ValueError(f"output {self.name!r}: event is {self.event!r}; give {EVENTS}")

    @property
    def units(self) -> str:
        """Unit of the variable, from its name."""
        return units(self.needs[0])

    @property
    def moment(self) -> str:
        """The moment in words."""
        if self.time is not None:
            return f"{self.time:g} s"
        return f"{self.capacity:g} A.h" if self.capacity is not None else str(self.event)

    @property
    def needs(self) -> tuple[str, ...]:
        """PyBaMM's variables that it is made of."""
        variables = [self.variable, *([self._crossing[0]] if self._crossing else [])]
        return tuple(CURVE_VARIABLES.get(name, name) for name in variables)

    @property
    def _crossing(self) -> tuple[str, float] | None:
        """Variable and value of the event; None where it is another moment."""
        found = CROSSING.fullmatch(self.event or "")
        return (found[1], float(found[2])) if found else None

    @property
    def _step(self) -> int | None:
        """Number of the step whose end it is at, from 1; None at other moments."""
        found = STEP_END.fullmatch(self.event or "")
        return int(found[1]) if found else None

    def validate(self, protocol: Protocol) -> None:
        """Raise ``ValueError`` where the protocol has no such moment, whatever the sample."""
        if self._step is not None:
            n = len(protocol.names) if isinstance(protocol, Steps) else 0
            if not 1 <= self._step <= n:
                has = f"{n} steps" if n else "no steps"
                raise ValueError(f"output {self.name!r}: event is {self.event!r}, but the protocol has {has}; correct it")
        if self.time is not None and isinstance(protocol, DriveCycle) and self.time > protocol.time[-1]:
            raise ValueError(f"output {self.name!r}: time is {self.time:g} s, but the cycle ends at {protocol.time[-1]:g} s")
        if self.capacity and isinstance(protocol, ConstantCurrent) and self.capacity * protocol.c_rate < 0:
            way = "discharges: give a positive one" if protocol.c_rate > 0 else "charges: give a negative one"
            raise ValueError(f"output {self.name!r}: capacity is {self.capacity:g} A.h, but the current {way}")

    def given_moment(self, protocol: Protocol, current: float) -> float | None:
        """Time [s] of the moment where it is known before solving, at a constant current [A] if there is one; else None."""
        if self.time is not None or self.capacity is None or isinstance(protocol, Steps):
            return self.time
        if isinstance(protocol, DriveCycle):
            return protocol.panels.moment_of_charge(self.capacity)
        return SECONDS_PER_HOUR * self.capacity / current

    def evaluate(self, traces: Traces) -> tuple[Array, list[str]]:
        """Its values (n_sample,), NaN where the moment is not reached, and the reason of each NaN."""
        moments = self._moments(traces)
        values = traces.cubic(self.needs[0]).at(moments[:, None])[:, 0]
        reasons = []
        for value, moment, end in zip(values, moments, traces.end, strict=True):
            reached = np.isfinite(moment) and moment <= end
            missing = f"{self.variable} is not finite there" if reached else f"not reached, the sample ends at {end:g} s"
            reasons.append("" if np.isfinite(value) else f"{self.name}: {self.moment}: {missing}")
        return values, reasons

    def _moments(self, traces: Traces) -> Array:
        """Times [s] (n_sample,), NaN where the moment is never reached."""
        if self.time is not None:
            return traces.moment(self.time)
        if self.capacity is not None:
            return traces.moment_of_charge(self.capacity)
        if self._step is not None:
            return traces.step_ends[:, self._step - 1]
        if self._crossing is None:
            return traces.end
        return traces.cubic(self.needs[1]).first_moment(self._crossing[1])


@dataclass(frozen=True, kw_only=True)
class TraceFunction:
    """A number computed from a solved sample by a function of the user's.

    The function takes a `Trace` (times and variables of one sample) and returns a number, NaN where there is none. A sample in
    which it raises an error has no number either, and the reason is recorded.
    """

    name: str
    """Name of the output."""
    function: Callable[[Trace], float]
    """Defined at the top level of a module where samples are solved by several processes."""
    variables: tuple[str, ...] = ()
    """PyBaMM's variables that it reads beside "Voltage [V]" and "Current [A]"."""
    units: str = "1"
    """Unit of the number."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "variables", tuple(self.variables))
        if not callable(self.function):
            raise ValueError(f"output {self.name!r}: {self.function!r} is no function; give one of a solved trace")

    @property
    def needs(self) -> tuple[str, ...]:
        """PyBaMM's variables that it is made of."""
        return tuple(CURVE_VARIABLES.get(name, name) for name in self.variables)

    def validate(self, protocol: Protocol) -> None:
        """A function is tried on the mean sample, not on a protocol."""

    def given_moment(self, protocol: Protocol, current: float) -> None:
        """A function has no moment of its own."""

    def evaluate(self, traces: Traces) -> tuple[Array, list[str]]:
        """Its values (n_sample,), and the reason of each NaN."""
        values, reasons = np.full(len(traces.t), np.nan), [""] * len(traces.t)
        for k in range(len(values)):
            try:
                values[k] = self.number(traces.sample(k))
            except Exception as error:  # a function of the user's may raise anything, and costs its own number alone
                reasons[k] = f"{self.name}: {type(error).__name__}: {message_line(error)}"
            else:
                reasons[k] = "" if np.isfinite(values[k]) else f"{self.name}: its function gives {values[k]}"
        values[~np.isfinite(values)] = np.nan
        return values, reasons

    def number(self, trace: Trace) -> float:
        """The function's number of one sample; ``ValueError`` where it returns something else."""
        found = np.asarray(self.function(trace))
        if found.size != 1 or found.dtype.kind not in "biuf":
            raise ValueError(f"it returns an array of {found.dtype} of shape {found.shape}; return one number")
        return float(found.item())

    def validate_portable(self) -> None:
        """Raise ``ValueError`` where other processes cannot find the function."""
        if not _importable(self.function):
            raise ValueError(
                f"output {self.name!r}: its function cannot go to other processes; define it at the top level of a module"
            )

    def __repr__(self) -> str:
        """Text by which two runs can be compared: the function by its name and a hash of its code, never by its address."""
        code = getattr(self.function, "__code__", None)
        function = repr(self.function) if code is None else f"{self.function.__module__}.{self.function.__qualname__}"
        settings = f"{_fingerprint(self.function)}, {self.variables!r}, {self.units!r}"
        return f"{type(self).__name__}({self.name!r}, {function}, {settings})"


DeclaredOutput = VariableAt | TraceFunction


def _importable(function: Any) -> bool:
    """True where a function, the one inside a partial, or the class of an object stands at the top level of a module."""
    if isinstance(function, partial):
        return _importable(function.func)
    named = function if hasattr(function, "__qualname__") else type(function)
    found: Any = sys.modules.get(named.__module__)
    if named.__module__ == "__main__" and not hasattr(found, "__file__"):
        return False  # of a notebook or typed in
    for part in named.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is named


def _fingerprint(function: Any) -> str:
    """Hash of a function: its code, defaults and what it encloses, and the file that it stands in."""
    digest = hashlib.sha256()
    for part in _code_parts(getattr(function, "__code__", None)):
        digest.update(part.encode() + b"\0")
    enclosed = [cell.cell_contents for cell in getattr(function, "__closure__", None) or ()]
    digest.update(repr((getattr(function, "__defaults__", None), getattr(function, "__kwdefaults__", None), enclosed)).encode())
    try:
        file = inspect.getsourcefile(function)
        digest.update(b"" if file is None else Path(file).read_bytes())
    except (OSError, TypeError):  # a notebook's function has no file, an object no source
        pass
    return digest.hexdigest()


def _code_parts(code: CodeType | None) -> Iterator[str]:
    """Instructions, names and constants of code, and of the functions that it defines."""
    if code is None:
        return
    yield f"{code.co_code.hex()} {code.co_names!r} {code.co_varnames!r}"
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _code_parts(constant)
        else:
            yield repr(constant)
