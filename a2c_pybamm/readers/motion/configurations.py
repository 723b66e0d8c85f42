"""All particles of a run in their periodic cells, read again at each walk through the frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ase.data import chemical_symbols
from numpy.typing import ArrayLike

from a2c_pybamm.constants import ANGSTROM, DALTON
from a2c_pybamm.data import Configurations, FrameBlock, validate_finite
from a2c_pybamm.readers.motion.frame_collection import MotionStatistics
from a2c_pybamm.readers.motion.run_checks import checked_settings
from a2c_pybamm.readers.motion.run_options import RunOptions
from a2c_pybamm.readers.motion.run_settings import run_settings
from a2c_pybamm.readers.motion.trajectory_file import open_trajectory
from a2c_pybamm.readers.motion.trajectory_frames import joined_numbers
from a2c_pybamm.readers.motion.unwrapping import unwrapped
from a2c_pybamm.readers.source_file import existing, file_errors, fingerprint


@file_errors
def read_configurations(
    path: str | Path,
    *,
    interval: float | None = None,
    temperature: float | None = None,
    discard: float = 0.0,
    symbols: Sequence[str] | None = None,
    cell: ArrayLike | None = None,
    inertial: bool = True,
    stride: int | None = None,
) -> Configurations:
    """All particles with their cells, from any file of `read_trajectory` with the same options and checks.

    The file is read through once for the checks, and once more at each walk through ``blocks``: it must stay where it is, and
    a file may be larger than the memory. Velocities and charges come along where the file has them.

    Raises
    ------
    ValueError
        As `read_trajectory`, and if there is no cell.
    """
    path = existing(path)
    options = RunOptions(interval, temperature, discard, None, symbols, cell, inertial, None, stride)
    source = open_trajectory(path, symbols, cell)
    expected = run_settings(path, source.stated, options, source.numbers)
    masses = DALTON * source.masses
    statistics = MotionStatistics(masses, np.zeros(len(masses)), np.zeros(len(masses), dtype=np.intp))
    for block in unwrapped(path, source.frames, source.periodic):
        if block.cell is None:
            raise ValueError(f"{path}: frame {block.first} has no cell; give its vectors in rows [m] as cell=")
        statistics = statistics.extended(block, expected.n_discarded)
    stated = {**source.stated, **joined_numbers(statistics.stated)}
    settings = checked_settings(path, source, statistics, stated, options)
    walk = _Walk(path, _state(path), symbols, cell, settings.n_discarded)
    return Configurations(
        species=tuple(chemical_symbols[number] for number in source.numbers),
        masses=masses,
        blocks=walk.blocks,
        n_frame=statistics.n_frame - settings.n_discarded,
        interval=settings.interval,
        temperature=settings.temperature,
        periodic=source.periodic,
        charges=statistics.charges if statistics.same_charges else None,
        provenance={**fingerprint(path), "discarded [s]": settings.n_discarded * settings.interval},
    )


def _state(path: Path) -> tuple[int, int]:
    """Size [bytes] and time of the last change [ns] of a file."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns


@dataclass(frozen=True, eq=False)
class _Walk:
    """The frames of a file behind the discarded ones."""

    path: Path
    state: tuple[int, int]
    """Of the file when it was read."""
    symbols: Sequence[str] | None
    cell: ArrayLike | None
    n_discarded: int

    def blocks(self) -> Iterator[FrameBlock]:
        """Frames in SI units, from the first that is kept on; ``ValueError`` where the file is gone or another one."""
        if not self.path.is_file() or _state(self.path) != self.state:
            raise ValueError(f"{self.path}: the file is gone or has changed since read_configurations; read it again")
        for frames in open_trajectory(self.path, self.symbols, self.cell).frames:
            skip = max(self.n_discarded - frames.first, 0)
            if skip >= len(frames.positions) or frames.cell is None:
                continue
            velocities = None if frames.velocities is None else frames.velocities[skip:]
            block = FrameBlock(ANGSTROM * frames.positions[skip:], ANGSTROM * np.asarray(frames.cell[skip:], float), velocities)
            validate_finite(block, frames.first + skip)
            yield block
