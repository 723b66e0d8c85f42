"""Positions that go on growing where an atom leaves the periodic cell, frame after frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.data import Array
from a2c_pybamm.data.cells import without_volume
from a2c_pybamm.readers.frames import LARGEST_LENGTH
from a2c_pybamm.readers.motion.trajectory_frames import Frames

LARGEST_CELL_FRACTION = 0.45
"""Step after unwrapping, in fractions of the cell: longer ones, near half of it, could as well be steps the other way round."""


def unwrapped(path: Path, blocks: Iterator[Frames], periodic: tuple[bool, bool, bool]) -> Iterator[Frames]:
    r"""Frames with unwrapped positions, with the whole cells crossed from frame to frame as ``crossings``, None without any.

    Steps are added up in Cartesian space, each with the cell of its own moment [1]_:

    .. math:: \mathbf u_{t+1} = \mathbf u_t + \mathbf r_{t+1} - \mathbf r_t + H_{t+1}^\mathsf{T}\,\Delta\mathbf n

    Adding the present cell times all crossings so far would amplify the fluctuations of a cell that changes. The change of
    crossings :math:`\Delta\mathbf n` is the file's, or what brings each fraction of a step between -½ and ½; positions that are
    unwrapped already have none, and come out as they are.

    Raises
    ------
    ValueError
        If a position is not finite, a cell has no volume, or an atom moves by about half of the cell and nothing states which
        way.

    References
    ----------
    .. [1] S. von Bülow, J. T. Bullerjahn, G. Hummer, J. Chem. Phys. 153 (2020) 021101.
    """
    last: Frames | None = None
    shift: Array | None = None
    for block in blocks:
        _validate_positions(path, block)
        _validate_cells(path, block)
        added = None if block.cell is None else _cells_added(path, last, block, periodic)
        last = _last_of(block)
        if block.cell is not None and added is not None and (shift is not None or added.any()):
            offset = (0.0 if shift is None else shift) + np.cumsum(added @ block.cell, axis=0)
            shift = offset[-1]
            yield replace(block, positions=block.positions + offset, crossings=added)
        else:
            yield replace(block, crossings=None)


def _validate_positions(path: Path, block: Frames) -> None:
    finite = (np.abs(block.positions) < LARGEST_LENGTH).all(axis=2)
    if not finite.all():
        frame, atom = np.argwhere(~finite)[0]
        raise ValueError(
            f"{path}: frame {block.first + frame}: position of atom {atom} is not finite; the run blew up or the file was cut, "
            "leave out what comes from there on"
        )


def _validate_cells(path: Path, block: Frames) -> None:
    if block.cell is None:
        return
    length = np.abs(block.cell).max(axis=2)
    sized = ((length > 1 / LARGEST_LENGTH) & (length < LARGEST_LENGTH)).all(axis=1)
    flat = ~sized | without_volume(np.where(sized[:, None, None], block.cell, np.eye(block.cell.shape[-1])))
    if flat.any():
        raise ValueError(
            f"{path}: frame {block.first + int(np.argmax(flat))} has a cell without volume; write its three vectors, or none"
        )


def _last_of(block: Frames) -> Frames:
    crossings = None if block.crossings is None else block.crossings[-1:]
    return Frames(block.first + len(block.positions) - 1, block.positions[-1:].copy(), crossings=crossings)


def _cells_added(path: Path, last: Frames | None, block: Frames, periodic: tuple[bool, bool, bool]) -> NDArray[np.int64]:
    """Whole cells that each atom has gone since the frame before, beside its change of position (n_frame, n_atom, 3)."""
    before = block.positions[:1] if last is None else last.positions
    if block.crossings is not None:
        start = np.zeros_like(block.crossings[:1]) if last is None or last.crossings is None else last.crossings
        return np.diff(block.crossings, axis=0, prepend=start)
    assert block.cell is not None
    fraction = np.diff(block.positions, axis=0, prepend=before) @ np.linalg.inv(block.cell)
    n_cell = np.round(fraction) * periodic
    ambiguous = np.abs(fraction - n_cell) > np.where(periodic, LARGEST_CELL_FRACTION, np.inf)
    if ambiguous.any():
        frame, atom, _ = np.argwhere(ambiguous)[0]
        frame += block.first
        raise ValueError(
            f"{path}: atom {atom} moves by about half of the cell between frames {frame - 1} and {frame}, its way is "
            "ambiguous; write frames more often, or image flags, or unwrapped positions without a cell"
        )
    return -n_cell.astype(np.int64)
