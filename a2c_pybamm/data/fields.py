"""Positions of all particles in their cells, walked through in blocks of frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from a2c_pybamm.data.cells import without_volume
from a2c_pybamm.data.record import Array, frames_at_once, freeze


@dataclass(frozen=True, eq=False)
class FrameBlock:
    """Consecutive frames of all particles."""

    positions: Array
    """[m] (n_frame, n_particle, 3), wrapped into the cell or not."""
    cell: Array
    """Cell vectors in rows [m] (n_frame, 3, 3)."""
    velocities: Array | None = None
    """[m.s-1] (n_frame, n_particle, 3); None where they are not known."""


@dataclass(frozen=True, eq=False)
class Configurations:
    """All particles of a run in their periodic cells, in equally spaced frames that are read again at each walk.

    Raises
    ------
    ValueError
        If lengths disagree, there is no particle or frame, or a mass, interval or temperature is not positive.
    """

    species: tuple[str, ...]
    """Chemical symbol of each particle (n_particle,)."""
    masses: Array
    """Mass of each particle [kg] (n_particle,)."""
    blocks: Callable[[], Iterator[FrameBlock]]
    """Walk through all frames from the first on, some at a time."""
    n_frame: int
    interval: float
    """Time between frames [s]."""
    temperature: float
    """[K]"""
    periodic: tuple[bool, bool, bool] = (True, True, True)
    """Cell vectors along which the system repeats."""
    charges: Array | None = None
    """Charge of each particle [elementary charges] (n_particle,), if it is known and does not change."""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.species)
        if not n or self.n_frame < 1:
            raise ValueError(f"configurations: {n} particles in {self.n_frame} frames; give one of each at least")
        if self.masses.shape != (n,) or not (np.isfinite(self.masses) & (self.masses > 0)).all():
            raise ValueError(f"configurations: masses have shape {self.masses.shape}, expected a positive one for each of {n}")
        if np.shape(self.periodic) != (len("abc"),) or not all(isinstance(item, bool | np.bool_) for item in self.periodic):
            raise ValueError(f"configurations: periodic is {self.periodic}; give True or False for each of three cell vectors")
        if self.charges is not None and (self.charges.shape != (n,) or not np.isfinite(self.charges).all()):
            raise ValueError(
                f"configurations: charges have shape {self.charges.shape}, expected a finite one for each of {n} particles"
            )
        for name, value in (("interval", self.interval), ("temperature", self.temperature)):
            if not 0 < value < np.inf:
                raise ValueError(f"configurations: {name} is {value:g}, it must be positive and finite; give it as {name}=")
        freeze(self)

    @classmethod
    def of_arrays(
        cls,
        positions: Array,
        cell: Array,
        *,
        species: tuple[str, ...],
        masses: Array,
        interval: float,
        temperature: float,
        velocities: Array | None = None,
        charges: Array | None = None,
        periodic: tuple[bool, bool, bool] = (True, True, True),
        provenance: Mapping[str, Any] | None = None,
    ) -> Configurations:
        """Configurations of arrays in memory, or mapped from a file.

        Parameters
        ----------
        positions
            [m] (n_frame, n_particle, 3), wrapped or not.
        cell
            Cell vectors in rows [m] (3, 3), or (n_frame, 3, 3) where it changes.
        velocities
            [m.s-1] (n_frame, n_particle, 3).

        Raises
        ------
        ValueError
            If shapes disagree, an entry is not finite, a charge is not a number, or a cell has no volume.
        """
        if charges is not None:
            charges = _numbers(charges)
        velocities = None if velocities is None else np.asarray(velocities)
        vector = len("xyz")
        matrix, shape = (vector, vector), (*np.shape(positions)[:1], len(species), vector)
        if np.shape(positions) != shape:
            raise ValueError(
                f"configurations: positions have shape {np.shape(positions)}, expected (n_frame, {len(species)}, 3)"
            )
        if velocities is not None and velocities.shape != shape:
            raise ValueError(f"configurations: velocities have shape {velocities.shape}, not {shape} as the positions")
        cells = np.asarray(cell, float)
        if cells.shape not in (matrix, (shape[0], *matrix)):
            raise ValueError(
                f"configurations: cell has shape {cells.shape}, expected (3, 3) or ({shape[0]}, 3, 3), vectors in rows"
            )
        validate_cells(cells.reshape(-1, *matrix), "configurations")
        cells = np.broadcast_to(cells, (shape[0], *matrix))

        def blocks() -> Iterator[FrameBlock]:
            step = frames_at_once(len(species))
            for first in range(0, shape[0], step):
                part = slice(first, first + step)
                of_block = None if velocities is None else np.asarray(velocities[part], float)
                block = FrameBlock(np.asarray(positions[part], float), cells[part], of_block)
                validate_finite(block, first)
                yield block

        return cls(
            tuple(species),
            np.asarray(masses, float),
            blocks,
            shape[0],
            interval,
            temperature,
            periodic,
            charges,
            provenance or {},
        )


def _numbers(charges: Array) -> Array:
    """Charges as floats; ``ValueError`` where one is not a number."""
    try:
        return np.asarray(charges, float)
    except (TypeError, ValueError) as error:
        raise ValueError(
            "configurations: charges are not numbers; give one of each particle [elementary charges], or none, and those of "
            'species as charges={"Li": 1, ...} to density_field'
        ) from error


def validate_cells(cells: Array, where: str) -> None:
    """Raise ``ValueError`` where a cell of (n_frame, 3, 3) is not finite or has no volume."""
    flat = without_volume(cells)
    if flat.any():
        raise ValueError(f"{where}: frame {int(np.argmax(flat))} has a cell without volume; give three vectors [m] in rows")


def validate_mean_cell(cell: Array, where: str) -> None:
    """Raise ``ValueError`` where cells of a run, each with a volume, have a mean (3, 3) without one."""
    try:
        validate_cells(cell[None], where)
    except ValueError as error:
        raise ValueError(
            f"{where}: the mean cell has no volume, its vectors change between right- and left-handed; write them in one order"
        ) from error


def validate_finite(block: FrameBlock, first: int) -> None:
    """Raise ``ValueError`` where a position or velocity of a block is not finite; ``first`` is its first frame's place."""
    for name, vectors in (("position", block.positions), ("velocity", block.velocities)):
        if vectors is not None and not np.isfinite(vectors).all():
            frame = first + int(np.flatnonzero(~np.isfinite(vectors).all(axis=(1, 2)))[0])
            raise ValueError(f"configurations: frame {frame} has a {name} that is not finite; leave it out")
