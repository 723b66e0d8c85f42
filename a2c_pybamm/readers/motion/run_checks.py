"""Settings of a run whose frames have all been read, and the checks that need all of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from a2c_pybamm.readers.motion.frame_collection import MotionStatistics
from a2c_pybamm.readers.motion.length_unit import validate_length_unit
from a2c_pybamm.readers.motion.plausible_motion import validate_motion
from a2c_pybamm.readers.motion.repeated_frames import validate_no_repetition
from a2c_pybamm.readers.motion.run_options import RunOptions
from a2c_pybamm.readers.motion.run_settings import RunSettings, run_settings
from a2c_pybamm.readers.motion.trajectory_frames import FrameSource


def checked_settings(
    path: Path, source: FrameSource, statistics: MotionStatistics, stated: Mapping[str, Any], options: RunOptions
) -> RunSettings:
    """Settings of a run by all of its frames, whose unit, order and motion have been checked.

    Raises
    ------
    ValueError
        If frames are not evenly spaced or there twice, positions are in another unit, the temperature drifts, or the motion is
        not one of these masses at this temperature and time between frames.
    """
    settings = run_settings(path, stated, options, source.numbers, n_frame=statistics.n_frame)
    assert statistics.positions is not None
    validate_length_unit(path, statistics.positions[-1], source.numbers, statistics.masses, statistics.cell)
    if options.inertial:
        validate_no_repetition(path, statistics.marks, settings.n_discarded)
        validate_motion(path, statistics, source.numbers, interval=settings.interval, temperature=settings.temperature)
    return settings
