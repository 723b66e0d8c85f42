"""Moments beside the frames of a run, steps or times: evenly spaced, and those of the time between frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from a2c_pybamm.data import Array
from a2c_pybamm.readers.motion.run_options import RunOptions
from a2c_pybamm.readers.units import STATED_TOLERANCE, UNITS

TIMES = ("time_s", "time")
"""Keys of moments that are times."""
USUAL_UNIT = "fs"
"""Unit of times beside frames that do not state their own: that of extended xyz by GPUMD, CP2K and QUIP."""
POSSIBLE_UNITS = ("fs", "ps", "ns")
"""Units in which such times may be, where the time between frames is known otherwise."""


@dataclass(frozen=True)
class MomentCriterion:
    """Differences up to which times that a text has rounded are evenly spaced."""

    rounded_share: float = 0.05
    """Of the time between frames: steps of 0.484 fs are written 0.484, 0.968, 1.451."""


def usual_spacing(stated: Mapping[str, Any]) -> float | None:
    """Time between most frames [s] by times beside them; None without such."""
    for key, unit in (("time_s", 1.0), ("time", UNITS["time"][USUAL_UNIT])):
        if np.size(stated.get(key, 0.0)) > 1:
            times = np.asarray(stated[key], float)
            usual = float(np.median(np.diff(times)))
            steady = np.abs(np.diff(times) - usual) <= MomentCriterion().rounded_share * abs(usual)
            return unit * float(np.diff(times)[steady].mean())
    return None


def validate_moments(
    path: Path,
    moments: Mapping[str, Array],
    first: int,
    *,
    interval: float,
    options: RunOptions,
    criterion: MomentCriterion = MomentCriterion(),
) -> None:
    """Raise ``ValueError`` where frames do not follow one another in equal steps, or not in those of the time between frames.

    Parameters
    ----------
    moments
        Moments of the frames that are kept, by key (n_frame,).
    first
        Number of the first of them in the file.
    interval
        Time between frames [s].
    """
    for key, values in moments.items():
        share = criterion.rounded_share if key in TIMES else 0.0
        values = _continued(values) if key == "configuration" else values
        _validate_spacing(path, key, values, first, share)
        if key in TIMES and len(values) > 1:
            _validate_pace(path, key, values, interval, share)
    numbers = moments.get("configuration", np.zeros(1))
    if len(numbers) > 1:
        _validate_stride(path, float(numbers[1] - numbers[0]), options)


def _continued(numbers: Array) -> Array:
    """Numbers of configurations that go on where a further run in the same file begins to count from the first one again."""
    between = np.diff(numbers)
    usual = np.median(between) if len(between) else 0.0
    anew = (between < 0) & (numbers[1:] == usual)
    return numbers[:1] + np.concatenate([[0.0], np.cumsum(np.where(anew, usual, between))])


def _validate_spacing(path: Path, key: str, moments: Array, first: int, share: float) -> None:
    """Raise ``ValueError`` where moments are not evenly spaced, but for a share of the spacing."""
    between = np.diff(moments)
    if not len(between):
        return
    usual = np.median(between)
    odd = np.abs(between - usual) > max(STATED_TOLERANCE * np.abs(moments).max(), share * abs(usual))
    if not odd.any() and usual > 0:
        return
    k = int(np.argmax(odd)) if odd.any() else 0
    raise ValueError(
        f"{path}: {key} goes from {moments[k]:g} to {moments[k + 1]:g} between frames {first + k} and {first + k + 1}, by "
        f"{usual:g} elsewhere: {_cause(float(between[k]), float(usual), n_odd=int(odd.sum()), is_first=k == 0)}"
    )


def _cause(step: float, usual: float, *, n_odd: int, is_first: bool) -> str:
    """Cause of a spacing that is not the usual one, and the remedy."""
    if step == 0:
        return "one frame twice; if the run was restarted, remove what is there twice"
    if step < 0 or usual <= 0:
        return "back in time; if the run was restarted, remove what is there twice"
    if n_odd == 1:
        return (
            "the first spacing is the odd one; leave that frame out (discard=)" if is_first else "a gap; split the file there"
        )
    return "another pace; split it where the pace changes"


def _validate_pace(path: Path, key: str, times: Array, interval: float, share: float) -> None:
    """Raise ``ValueError`` where times beside the frames contradict the time between frames [s]."""
    spacing = float((times[-1] - times[0]) / (len(times) - 1))
    units = {"s": 1.0} if key == "time_s" else {unit: UNITS["time"][unit] for unit in POSSIBLE_UNITS}
    tolerance = STATED_TOLERANCE + share / (len(times) - 1)
    if any(abs(spacing * unit - interval) <= tolerance * interval for unit in units.values()):
        return
    unit = next(iter(units))
    raise ValueError(
        f"{path}: time between frames is {spacing * units[unit]:g} s in the file and {interval:g} s by argument ({key} goes by "
        f"{spacing:g} {unit} from frame to frame); remove the wrong one"
    )


def _validate_stride(path: Path, by: float, options: RunOptions) -> None:
    """Raise ``ValueError`` where configurations are counted by another number than one, and no argument confirms it."""
    stride = 1 if options.stride is None else options.stride
    if by == stride:
        return
    remedy = (
        "correct stride="
        if options.stride is not None
        else f"if interval= is the time from frame to frame, confirm it by stride={by:g}"
    )
    raise ValueError(
        f"{path}: the numbers of its configurations rise by {by:g} from frame to frame, not by {stride}: frames were left out, "
        f"or were not all written; {remedy}"
    )


def agreed(path: Path, what: str, unit: str, in_file: float | None, given: float | None, remedy: str) -> float:
    """The number from file or argument; both must agree."""
    if in_file is None and given is None:
        raise ValueError(f"{path}: does not state the {what}; {remedy}")
    if in_file is None or given is None:
        return float(given if in_file is None else in_file)  # type: ignore[arg-type]
    if abs(in_file - given) > STATED_TOLERANCE * abs(in_file):
        raise ValueError(
            f"{path}: {what} is {in_file:g} {unit} in the file and {given:g} {unit} by argument; remove the wrong one"
        )
    return float(given)
