"""Time between frames and temperature: what a file says beside its frames, and what is said by argument."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from a2c_pybamm.data import Array
from a2c_pybamm.readers.units import LARGEST

FEMTOSECOND = 1e-15
SETTINGS = (
    "frame_spacing_fs",
    "timestep_fs",
    "save_every_steps",
    "target_temperature_K",
    "temperature_K",
    "step",
    "time_s",
)
"""Keys of what is read beside the frames, or a dump says of each."""
SHORTEST_INTERVAL, LONGEST_INTERVAL = 1e-30, 1e12
"""No time between frames is shorter or longer [s]; squares of others could leave the range of floats."""
HOTTEST = 1e9
"""No temperature is higher [K]."""
AGREEMENT = 1e-6
"""Relative difference up to which two statements of one number agree."""


def whole_settings(parts: Sequence[Mapping[str, Array]]) -> dict[str, Any]:
    """The numbers beside all frames, as one number where it does not change."""
    keys = [key for key in parts[0] if all(key in part for part in parts)]
    whole = {key: np.concatenate([part[key] for part in parts]) for key in keys}
    return {key: column[0] if (column == column[0]).all() else column for key, column in whole.items()}


def _agreed(path: Path, what: str, unit: str, in_file: float | None, given: float | None, remedy: str) -> float:
    """The number from file or argument; both must agree."""
    if in_file is None and given is None:
        raise ValueError(f"{path}: does not say the {what}; {remedy}")
    if in_file is None or given is None:
        return float(given if in_file is None else in_file)  # type: ignore[arg-type]
    if abs(in_file - given) > AGREEMENT * abs(in_file):
        raise ValueError(
            f"{path}: {what} is {in_file:g} {unit} in the file and {given:g} {unit} by argument; remove the wrong one"
        )
    return float(given)


def interval_of(path: Path, settings: Mapping[str, Any], given: float | None) -> float:
    """Time between frames [s], by the file or by argument."""
    for key in ("frame_spacing_fs", "timestep_fs", "save_every_steps"):
        _refuse_no_number(path, key, settings.get(key, 1.0))
    _check_finite(path, settings)
    for key in ("step", "time_s"):
        _refuse_uneven(path, key, np.atleast_1d(settings.get(key, 0.0)))
    in_file = None
    if "frame_spacing_fs" in settings:
        in_file = float(settings["frame_spacing_fs"]) * FEMTOSECOND
    elif "timestep_fs" in settings and "save_every_steps" in settings:
        in_file = float(settings["timestep_fs"]) * float(settings["save_every_steps"]) * FEMTOSECOND
    elif np.size(settings.get("time_s", 0.0)) > 1:
        in_file = float(np.ptp(settings["time_s"]) / (len(settings["time_s"]) - 1))
    seconds = _agreed(path, "time between frames", "s", in_file, given, "give it in seconds as interval=")
    if not SHORTEST_INTERVAL < seconds < LONGEST_INTERVAL:
        raise ValueError(f"{path}: time between frames is {seconds:g} s, it must be positive and finite; give it as interval=")
    return seconds


def _refuse_uneven(path: Path, key: str, moments: Array) -> None:
    """Frames must follow one another in equal steps."""
    between = np.diff(moments)
    odd = np.flatnonzero(np.abs(between - between[:1]) > 1e-6 * np.abs(moments).max())
    if len(odd) or (between <= 0).any():
        k = int(odd[0]) if len(odd) else int(np.argmax(between <= 0))
        raise ValueError(
            f"{path}: {key} goes from {moments[k]:g} to {moments[k + 1]:g} between frames {k} and {k + 1}, by {between[0]:g} "
            "at the start; if the run was restarted, remove what is there twice; split it where the pace changes"
        )


def temperature_of(
    path: Path, settings: Mapping[str, Any], given: float | None, *, skip: int = 0, n_frame: int | None = None
) -> float:
    """Temperature [K], by the file (of all ``n_frame`` frames but the first few) or by argument."""
    remedy = "give it in kelvin as temperature="
    told = [key for key in ("target_temperature_K", "temperature_K") if key in settings]
    for key in told:
        if np.ndim(settings[key]) == 1 and n_frame not in (None, len(settings[key])):
            raise ValueError(
                f"{path}: {key!r} has {len(settings[key])} entries for {n_frame} frames; write one for each, or one"
            )
    _check_finite(path, settings)
    value = settings[told[0]] if told else None
    if value is not None and np.ndim(value) != 1:
        _refuse_no_number(path, "temperature", value)
    if value is None or np.ndim(value) == 0:
        kelvin = _agreed(path, "temperature", "K", None if value is None else float(value), given, remedy)
        return _positive(path, kelvin, remedy)
    # instantaneous temperatures fluctuate: a thermostat's setting lies within one standard deviation of their mean
    kept = np.asarray(value, float)[skip:]
    if given is not None and abs(kept.mean() - given) > kept.std():
        raise ValueError(
            f"{path}: temperature is {kept.mean():.4g} ± {kept.std():.2g} K in the file and {given:g} K by argument; {remedy}"
        )
    return _positive(path, float(kept.mean() if given is None else given), remedy)


def _positive(path: Path, temperature: float, remedy: str) -> float:
    if not 1 / HOTTEST < temperature < HOTTEST:
        raise ValueError(f"{path}: temperature is {temperature:g} K, it must be positive and finite; {remedy}")
    return temperature


def _check_finite(path: Path, settings: Mapping[str, Any]) -> None:
    """Raise ``ValueError`` where a number beside the frames is none, or larger than any that counts."""
    for key in SETTINGS:
        values = np.asarray(settings.get(key, 0.0))
        if not values.size or values.dtype.kind not in "iuf" or not (np.abs(values.astype(float)) < LARGEST).all():
            raise ValueError(f"{path}: {key!r} is {str(values)[:40]!r}, expected finite numbers; correct it, or leave it out")


def _refuse_no_number(path: Path, key: str, value: Any) -> None:
    if np.ndim(value) or np.asarray(value).dtype.kind not in "iuf":
        raise ValueError(f"{path}: {key!r} is {str(value)[:40]!r}, expected one number")
