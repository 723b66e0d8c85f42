"""Trajectories of every format that ase reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import Any

import ase.units
import numpy as np

from a2c_pybamm.constants import ANGSTROM
from a2c_pybamm.data import Array, frames_at_once
from a2c_pybamm.readers.frames import file_format, iterate_frames
from a2c_pybamm.readers.motion.trajectory_frames import Frames, FrameSource
from a2c_pybamm.readers.motion.vasp_settings import vasp_settings
from a2c_pybamm.readers.units import UNITS

ASE_VELOCITY = ase.units.fs * ANGSTROM / UNITS["time"]["fs"]
"""One Å per ase's unit of time [m.s-1]."""
CHARGES = "initial_charges"
"""Name under which ase keeps the charges of single atoms [elementary charges]."""


STATED_NAMES = {
    "Time": ("time", 1.0),
    "time_fs": ("time_s", UNITS["time"]["fs"]),
    "time_ps": ("time_s", UNITS["time"]["ps"]),
    "Step": ("step", 1.0),
    "md_step": ("step", 1.0),
}
"""Names of numbers beside a frame in other spellings than ours: ours, and the number's unit in that of ours."""


def open_ase(path: Path) -> FrameSource:
    """The file with its atoms and frames, opened by ase."""
    failure = "cannot be read as a trajectory"
    kind = file_format(path, failure=failure)
    images = iterate_frames(path, failure=failure, remedy="remove the last frame", kind=kind)
    head = next(images, None)
    if head is None:
        raise ValueError(f"{path}: holds no frame")
    periodic = (bool(head.pbc[0]), bool(head.pbc[1]), bool(head.pbc[2]))
    stated = vasp_settings(path, kind)
    return FrameSource(head.numbers.copy(), head.get_masses(), _blocks(path, head, images), periodic, stated)


def _blocks(path: Path, head: Any, images: Iterator[Any]) -> Iterator[Frames]:
    """Frames some at a time, the first of them ``head``."""
    first, size, numbers = 0, frames_at_once(len(head)), head.numbers.copy()
    images = chain([head], images)
    while block := list(islice(images, size)):
        for k, image in enumerate(block):
            if not np.array_equal(image.numbers, numbers):
                raise ValueError(
                    f"{path}: frame {first + k} has other atoms than frame 0, or in another order; write them sorted by id"
                )
        yield _frames(first, block)
        first += len(block)


def _frames(first: int, images: list[Any]) -> Frames:
    has_cell = all(image.pbc.any() and image.cell.rank == 3 for image in images)
    has_velocities = all(image.has("momenta") for image in images)
    has_charges = all(CHARGES in image.arrays for image in images)
    keys = [key for key in images[0].info if all(key in image.info for image in images)]
    columns = {key: [image.info[key] for image in images] for key in keys}
    return Frames(
        first=first,
        positions=np.array([image.positions for image in images]),
        cell=np.array([image.cell.array for image in images]) if has_cell else None,
        velocities=_velocities(images) if has_velocities else None,
        stated=dict(_stated(columns)),
        charges=np.array([image.arrays[CHARGES] for image in images]) if has_charges else None,
    )


def _stated(columns: Mapping[str, list[Any]]) -> Iterator[tuple[str, Array]]:
    """Numbers beside the frames under our names (n_frame,)."""
    for key, column in columns.items():
        if all(map(_is_number, column)):
            name, unit = STATED_NAMES.get(key, (key, 1.0))
            yield name, unit * np.array(column, float)


def _velocities(images: list[Any]) -> Array:
    """Velocities [m.s-1] (n_frame, n_atom, 3); not finite where a mass is zero, which is refused as a mass."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.array([image.get_velocities() for image in images]) * ASE_VELOCITY


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)
