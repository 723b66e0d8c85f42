"""Settings of a run, as its file and the arguments state them: time between frames, temperature, frames left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.formatting import cut
from a2c_pybamm.readers.motion.moments import agreed, usual_spacing, validate_moments
from a2c_pybamm.readers.motion.run_options import RunOptions
from a2c_pybamm.readers.motion.run_temperature import run_temperature
from a2c_pybamm.readers.motion.trajectory_frames import FRAME_NUMBERS, MOMENTS, RUN_NUMBERS
from a2c_pybamm.readers.units import LARGEST_NUMBER, UNITS


@dataclass(frozen=True)
class RunSettings:
    """Numbers that hold for all frames of a run."""

    interval: float
    """Time between frames [s]."""
    temperature: float
    """[K]"""
    n_discarded: int
    """Frames left out at the start."""


def run_settings(
    path: Path,
    stated: Mapping[str, Any],
    options: RunOptions,
    atoms: NDArray[np.int64] | None = None,
    *,
    n_frame: int | None = None,
) -> RunSettings:
    """Settings of a run from the numbers stated beside its first frames, or beside all ``n_frame`` of them.

    With the first frames a setting that is missing is an error before the others are read. With all frames their
    spacing is checked, and instantaneous temperatures are averaged. ``atoms`` are the atomic numbers (n_atom,), if they
    are known.

    Raises
    ------
    ValueError
        If a number is missing, not finite, not positive, or not the same by file and by argument, frames are not evenly spaced,
        the temperature drifts, or fewer than two frames are left.
    """
    _validate_numbers(path, stated, n_frame)
    interval = _interval(path, stated, options.interval)
    n_discarded = _n_discarded(path, options.discard, interval, n_frame)
    moments = {key: np.atleast_1d(np.asarray(stated[key], float))[n_discarded:] for key in MOMENTS if key in stated}
    validate_moments(path, moments, n_discarded, interval=interval, options=options)
    kept = None if n_frame is None else n_discarded
    temperature = run_temperature(
        path, stated, options, kept, interval=interval, atoms=np.zeros(1, int) if atoms is None else atoms
    )
    return RunSettings(interval, temperature, n_discarded)


def _validate_numbers(path: Path, stated: Mapping[str, Any], n_frame: int | None) -> None:
    """Raise ``ValueError`` where a number beside the frames is none, out of bounds, or not stated once or for each frame."""
    for key in (*RUN_NUMBERS, *FRAME_NUMBERS):
        values = np.asarray(stated.get(key, 0.0))
        if not values.size or values.dtype.kind not in "iuf" or not (np.abs(values.astype(float)) < LARGEST_NUMBER).all():
            raise ValueError(f"{path}: {key!r} is {cut(str(values))!r}, expected finite numbers; correct it, or leave it out")
        if values.ndim > (key in FRAME_NUMBERS):
            raise ValueError(f"{path}: {key!r} is {cut(str(values))!r}, expected one number")
        if values.ndim and n_frame not in (None, len(values)):
            raise ValueError(f"{path}: {key!r} has {len(values)} entries for {n_frame} frames; write one for each, or one")


def _interval(path: Path, stated: Mapping[str, Any], given: float | None) -> float:
    """Time between frames [s], by the file or by argument; times beside the frames are compared with it afterwards."""
    femtosecond = UNITS["time"]["fs"]
    in_file = None
    if "frame_spacing_fs" in stated:
        in_file = float(stated["frame_spacing_fs"]) * femtosecond
    elif "timestep_fs" in stated and "save_every_steps" in stated:
        in_file = float(stated["timestep_fs"]) * float(stated["save_every_steps"]) * femtosecond
    elif given is None:
        in_file = usual_spacing(stated)
    seconds = agreed(path, "time between frames", "s", in_file, given, "give it in seconds as interval=")
    if not 1 / LARGEST_NUMBER < seconds < LARGEST_NUMBER:
        raise ValueError(f"{path}: time between frames is {seconds:g} s, it must be positive and finite; give it as interval=")
    return seconds


def _n_discarded(path: Path, discard: float, interval: float, n_frame: int | None) -> int:
    """Number of frames in the time that is left out at the start."""
    if not 0 <= discard < np.inf:
        raise ValueError(f"{path}: discard is {discard:g} s; give the time to leave out at the start")
    if not discard / interval < LARGEST_NUMBER:
        raise ValueError(f"{path}: discard = {discard:g} s is longer than any run of frames of {interval:g} s; discard less")
    n_discarded = round(discard / interval)
    if n_frame is not None and n_discarded > n_frame - 2:
        raise ValueError(
            f"{path}: discard = {discard:g} s leaves fewer than two of {n_frame} frames of {interval:g} s; discard less"
        )
    return n_discarded
