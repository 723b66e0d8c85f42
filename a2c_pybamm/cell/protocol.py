"""Protocols of a cell: a constant current, a drive cycle, or the steps of an experiment."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pybamm
from numpy.typing import ArrayLike

from a2c_pybamm.cell.step_ranges import C_RATES, step_error, step_text, voltage_error
from a2c_pybamm.cell.throughput import CyclePanels, running_charge
from a2c_pybamm.estimate import Array
from a2c_pybamm.formatting import message_line
from a2c_pybamm.parameter_set import VOLTAGES
from a2c_pybamm.readers.drive_cycle import CYCLE_LIMITS

SIGN_QUESTION = "positive currents discharge: is the sign the other way round?"
"""Question at a cycle that charges a full cell: cyclers write the current of a discharge as negative."""
REVERSED_RATIO = 10.0
"""Most charge that a cycle puts into a full cell on balance, over the most that it takes out, from which the user is asked for
its sign: a cycle that discharges, and whose charging is longer than it needs to be, takes out as much as a cell holds."""
KINK_FRACTION = 0.02
"""Change of a drive cycle's slope between neighbouring data, as a fraction of its largest current, from which the solver
restarts there: it could step over a short pulse."""
LIMIT_MARGIN = 1e-3
"""Voltage [V] by which the limits are widened where a protocol may begin, rest or hold at one: far above the solver's error
(relative 1e-5, 4e-5 V), so that no event ends it there."""


@dataclass(frozen=True)
class ConstantCurrent:
    """A discharge to the lower voltage limit; a charge to the upper one if the rate is negative."""

    c_rate: float = 1.0
    """Current over the base set's nominal capacity per hour."""

    def __post_init__(self) -> None:
        if abs(self.c_rate) not in C_RATES:
            raise ValueError(
                f"cell: c_rate is {self.c_rate:g}; give a positive one to discharge, a negative one to charge, of "
                f"{C_RATES.low:g} to {C_RATES.high:g}"
            )

    @property
    def default_soc(self) -> float:
        """State of charge at the start, if not given."""
        return 1.0 if self.c_rate > 0 else 0.0

    def __str__(self) -> str:
        return f"{'discharge' if self.c_rate > 0 else 'charge'} at {abs(self.c_rate):g}C"


@dataclass(frozen=True)
class DriveCycle:
    """Current as a function of time, linear between the data; it ends at its last time or at a voltage limit."""

    time: tuple[float, ...]
    """Rising times from zero [s]."""
    current: tuple[float, ...]
    """Currents [A], positive where the cell discharges."""

    def __init__(self, time: ArrayLike, current: ArrayLike) -> None:
        t, i = np.asarray(time, float).ravel(), np.asarray(current, float).ravel()
        if len(t) != len(i) or len(t) < 2:
            raise ValueError(f"drive cycle: {len(t)} times and {len(i)} currents; give as many of both, two at least")
        if not (np.isfinite(t).all() and np.isfinite(i).all()):
            raise ValueError("drive cycle: times or currents are not finite; mend the table")
        if t[0] != 0 or not (np.diff(t) > 0).all():
            k = int(np.argmin(np.diff(t))) if t[0] == 0 else 0
            raise ValueError(f"drive cycle: times must rise from 0 s (found {t[k]:g} s, then {t[k + 1]:g} s)")
        if t[-1] > CYCLE_LIMITS.end or len(t) > CYCLE_LIMITS.n_time:
            raise ValueError(
                f"drive cycle: {len(t)} times up to {t[-1]:g} s; give {CYCLE_LIMITS.n_time} at most, up to "
                f"{CYCLE_LIMITS.end:g} s, and the times in seconds"
            )
        if not i.any():
            raise ValueError("drive cycle: every current is zero; give the currents in A")
        object.__setattr__(self, "time", tuple(t.tolist()))
        object.__setattr__(self, "current", tuple(i.tolist()))

    default_soc = 1.0

    @property
    def stops(self) -> Array:
        """Times [s] at which the solver restarts: both ends, and the kinks between."""
        t, i = np.array(self.time), np.array(self.current)
        bend = np.abs(np.diff(np.diff(i) / np.diff(t)) * np.minimum(np.diff(t)[1:], np.diff(t)[:-1]))
        kinks = t[1:-1][bend > KINK_FRACTION * np.abs(i).max()]
        return np.concatenate([t[:1], kinks, t[-1:]])

    @property
    def panels(self) -> CyclePanels:
        """Panels by which its charge and energy are integrated."""
        return CyclePanels(np.array(self.time), np.array(self.current))

    def __str__(self) -> str:
        return f"drive cycle of {self.time[-1]:g} s"


@dataclass(frozen=True)
class Steps:
    """The steps of a ``pybamm.Experiment``, as text that travels to other processes."""

    config: str
    """PyBaMM's own configuration of the experiment, JSON."""
    termination: tuple[str, ...] = ()
    """Conditions that end the whole experiment."""

    default_soc = 1.0

    @classmethod
    def of(cls, experiment: pybamm.Experiment | Sequence[Any]) -> Steps:
        """The steps of an experiment, or of what makes one: step strings, ``pybamm.step`` objects, tuples of them as cycles.

        Raises
        ------
        ValueError
            If PyBaMM does not read a step, or no cell can do it.
        """
        if not isinstance(experiment, pybamm.Experiment):
            experiment = _parsed(experiment)
        for step in experiment.steps:
            _check_period(step)
            if reason := step_error(step):
                raise ValueError(f"experiment: the step {step_text(step)!r} {reason}")
        ends = experiment.termination_string or ()
        config = _without_periods(experiment.to_config())
        return cls(json.dumps(config, sort_keys=True), (ends,) if isinstance(ends, str) else tuple(ends))

    def experiment(self) -> pybamm.Experiment:
        """A fresh experiment."""
        with warnings.catch_warnings():
            # PyBaMM reads some of its own configurations by classes that it calls deprecated
            warnings.simplefilter("ignore", DeprecationWarning)
            read = pybamm.Experiment.from_config(json.loads(self.config))
        if not self.termination:
            return read
        return pybamm.Experiment(read.cycles, temperature=read.temperature, termination=list(self.termination))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """PyBaMM's text of each step, in order."""
        return tuple(map(step_text, self.experiment().steps))

    @cached_property
    def has_table(self) -> bool:
        """True where a step follows a table of values in time."""
        return any(step.is_drive_cycle for step in self.experiment().steps)

    def __str__(self) -> str:
        names = self.names
        return "; ".join(names) if len(names) <= 4 else f"{'; '.join(names[:3])}; … ({len(names)} steps)"


Protocol = ConstantCurrent | DriveCycle | Steps


def validate_voltages(protocol: Protocol, voltage_limits: tuple[float, float]) -> None:
    """Raise ``ValueError`` where voltage limits are impossible, or a step asks for a voltage outside of them."""
    low, high = voltage_limits
    if reason := VOLTAGES.error(low, "V") or VOLTAGES.error(high, "V"):
        raise ValueError(f"cell: one of the voltage limits {reason}")
    if not isinstance(protocol, Steps):
        return
    for step in protocol.experiment().steps:
        if reason := voltage_error(step, voltage_limits):
            raise ValueError(f"experiment: the step {step_text(step)!r} {reason}")


def validate_direction(protocol: Protocol, soc: float) -> None:
    """Raise ``ValueError`` where a drive cycle charges a cell that is full."""
    if not isinstance(protocol, DriveCycle) or soc < 1:
        return
    t = np.array(protocol.time)
    charge = running_charge(t, np.array(protocol.current))
    if -charge.min() > REVERSED_RATIO * charge.max():
        raise ValueError(
            f"drive cycle: the cycle charges a full cell ({-charge.min():.3g} A.h on balance by {t[np.argmin(charge)]:g} s); "
            f"{SIGN_QUESTION} If not, give a state of charge at the start below 1"
        )


def protocol_values(protocol: Protocol, voltage_limits: tuple[float, float], current: float) -> dict[str, Any]:
    """PyBaMM's parameter values of a protocol: its voltage limits [V] and its current, constant ([A]) or in time."""
    low, high = voltage_limits
    margin = 0.0 if isinstance(protocol, ConstantCurrent) else LIMIT_MARGIN
    lower = low - margin if isinstance(protocol, Steps) else low
    values: dict[str, Any] = {"Lower voltage cut-off [V]": lower, "Upper voltage cut-off [V]": high + margin}
    if isinstance(protocol, ConstantCurrent):
        values["Current function [A]"] = current
    elif isinstance(protocol, DriveCycle):
        time, data = np.array(protocol.time), np.array(protocol.current)
        values["Current function [A]"] = pybamm.Interpolant(time, data, pybamm.t)
    return values


def as_protocol(protocol: Any, c_rate: float) -> Protocol:
    """The protocol from one of this module, an experiment, its steps, or None and a rate.

    Raises
    ------
    ValueError
        If it is none of these.
    """
    if protocol is None:
        return ConstantCurrent(c_rate)
    if isinstance(protocol, ConstantCurrent | DriveCycle | Steps):
        return protocol
    if isinstance(protocol, pybamm.Experiment) or (isinstance(protocol, Sequence) and not isinstance(protocol, str)):
        return Steps.of(protocol)
    raise ValueError(
        f"cell: protocol is {protocol!r}; give ConstantCurrent, DriveCycle, a pybamm.Experiment, or a list of its step strings"
    )


def _without_periods(config: dict[str, Any]) -> dict[str, Any]:
    """An experiment's configuration without its periods.

    With one PyBaMM keeps the solution at these times alone, and straight lines between them.
    """
    cycles = [[{key: entry for key, entry in step.items() if key != "period"} for step in cycle] for cycle in config["cycles"]]
    return {key: entry for key, entry in config.items() if key != "period"} | {"cycles": cycles}


def _check_period(step: Any) -> None:
    """Raise ``ValueError`` where a step's period gives no times, or more than `CycleLimits` allows."""
    if step.period is None:
        return
    if not step.period > 0:
        raise ValueError(f"experiment: the period of the step {step_text(step)!r} is {step.period:g} s; give one above 0")
    if step.duration is not None and step.duration / step.period > CYCLE_LIMITS.n_time:
        raise ValueError(
            f"experiment: the period of the step {step_text(step)!r} gives {step.duration / step.period:.3g} times; "
            f"{CYCLE_LIMITS.n_time} at most, give a longer period or leave it out"
        )


def _parsed(steps: Sequence[Any]) -> pybamm.Experiment:
    if not steps:
        raise ValueError("experiment: it has no steps; give e.g. ['Discharge at 1C until 3.0 V', 'Rest for 10 minutes']")
    for cycle in steps:
        for step in cycle if isinstance(cycle, tuple) else (cycle,):
            try:
                pybamm.Experiment([step])
            except Exception as error:
                raise ValueError(
                    f"experiment: PyBaMM does not read the step {step!r} ({message_line(error)}); see pybamm.step.string"
                ) from error
    return pybamm.Experiment(list(steps))
