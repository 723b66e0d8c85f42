"""Outputs that a user declares: a variable at a time, a charge or an event, and functions of the solved trace."""

from __future__ import annotations

import hashlib
import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import numpy as np

from a2c_pybamm.cell.protocol import ConstantCurrent, DriveCycle, Protocol, Steps
from a2c_pybamm.cell.traces import CURVE_VARIABLES, Trace, Traces, units
from a2c_pybamm.constants import SECONDS_PER_HOUR
from a2c_pybamm.estimate import Array
from a2c_pybamm.formatting import message_line

STEP_END = re.compile(r"end of step (\d+)")
CROSSING = re.compile(r"(.+?)\s*=\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)")
DATA = (int, float, complex, str, bytes, list, tuple, dict, np.ndarray)
"""Types of a module's constants."""
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
        for given in (self.time, self.capacity):
            if given is not None and not isinstance(given, int | float | np.number):
                raise ValueError(f"output {self.name!r}: {given!r} is no number; give seconds as time, or A.h as capacity")
        if self.event is not None and not isinstance(self.event, str):
            raise ValueError(f"output {self.name!r}: event is {self.event!r}; give {EVENTS}")
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
        """Text by which two runs can be compared: the function by its name and a hash of what it is, never by its address."""
        named = self.function if hasattr(self.function, "__qualname__") else type(self.function)
        settings = f"{_fingerprint(self.function)}, {self.variables!r}, {self.units!r}"
        return f"{type(self).__name__}({self.name!r}, {named.__module__}.{named.__qualname__}, {settings})"


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
    """Hash of a function: its code, defaults, what it encloses, the globals that it names, and the file that it stands in."""
    digest = hashlib.sha256()
    for part in _parts(function, {}):
        digest.update(part + b"\0")
    try:
        file = inspect.getsourcefile(function)
        digest.update(b"" if file is None else Path(file).read_bytes())
    except (OSError, TypeError):  # a notebook's function has no file, an object no source
        pass
    return digest.hexdigest()


def _parts(value: Any, seen: dict[int, Any]) -> Iterator[bytes]:
    """Parts of a value: of data their content, of a function its code and what that uses, of other objects their state."""
    if isinstance(value, int | float | complex | str | bytes | None):
        yield repr(value).encode()
        return
    if id(value) in seen:
        return
    seen[id(value)] = value  # ends at functions that call each other; kept, so that no other object takes its id
    yield f"{type(value).__module__}.{type(value).__qualname__}".encode()
    further: list[Any] = []
    if isinstance(value, np.ndarray | np.generic):
        yield f"{value.dtype} {value.shape} ".encode() + (value.tobytes() if value.dtype.kind != "O" else b"")
        further = value.ravel().tolist() if value.dtype.kind == "O" else []
    elif isinstance(value, Mapping):
        further = list(value.items())
    elif isinstance(value, list | tuple):
        further = list(value)
    elif isinstance(value, set | frozenset):
        yield repr(sorted(map(repr, value))).encode()
    elif isinstance(value, partial):
        further = [value.func, value.args, value.keywords]
    elif isinstance(code := getattr(value, "__code__", None), CodeType):
        yield from (part.encode() for part in _code_parts(code))
        cells = [cell.cell_contents for cell in value.__closure__ or ()]
        further = [value.__defaults__, value.__kwdefaults__, cells, *_named_globals(code, value.__globals__)]
    elif isinstance(value, type | ModuleType):
        yield value.__name__.encode()
    else:
        further = [getattr(value, "__qualname__", None), vars(type(value)).get("__call__"), getattr(value, "__dict__", None)]
    for entry in further:
        yield from _parts(entry, seen)


def _named_globals(code: CodeType, values: Mapping[str, Any]) -> Iterator[Any]:
    """Globals that code names, and data by these names in modules that it names; what libraries hold goes by their versions."""
    names = {name for part in _nested(code) for name in part.co_names}
    for name in sorted(names & set(values)):
        value = values[name]
        if isinstance(value, ModuleType):
            yield name, [(key, getattr(value, key)) for key in sorted(names) if isinstance(getattr(value, key, None), DATA)]
        elif isinstance(value, DATA) or getattr(value, "__module__", None) == values.get("__name__"):
            yield name, value


def _nested(code: CodeType) -> Iterator[CodeType]:
    """Code, and that of the functions that it defines."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)


def _code_parts(code: CodeType) -> Iterator[str]:
    """Instructions, names and constants of code, and of the functions that it defines."""
    for part in _nested(code):
        yield f"{part.co_code.hex()} {part.co_names!r} {part.co_varnames!r}"
        yield from (repr(constant) for constant in part.co_consts if not isinstance(constant, CodeType))
