"""Positions that go on growing where an atom leaves the periodic cell, frame after frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.data import Array
from a2c_pybamm.readers.frames import LARGEST_LENGTH
from a2c_pybamm.readers.motion.trajectory_frames import Frames

FLATTEST = 1e-12
"""Volume of a cell over the cube of its longest entry, from which down it is taken for none."""
AMBIGUOUS = 0.45
"""A step of more than this share of the cell, after unwrapping, could as well be one the other way round."""


def unwrapped(path: Path, chunks: Iterator[Frames], periodic: tuple[bool, bool, bool]) -> Iterator[Frames]:
    r"""The same frames with unwrapped positions, and the whole cells that each atom has left behind added to ``crossings``.

    Steps are added up in Cartesian space, each with the cell of its own moment [1]_:

    .. math:: \mathbf u_{t+1} = \mathbf u_t + \mathbf r_{t+1} - \mathbf r_t + H_{t+1}^\mathsf{T}\,\Delta\mathbf n

    Adding the cell of today times all crossings so far would amplify the fluctuations of a cell that changes. The change of
    crossings :math:`\Delta\mathbf n` is the file's, or what brings each fraction of a step between -½ and ½; positions that are
    unwrapped already have none, and come out as they are.

    Raises
    ------
    ValueError
        If a position is not finite, or an atom moves by about half of the cell and the file does not tell which way.

    References
    ----------
    .. [1] S. von Bülow, J. T. Bullerjahn, G. Hummer, J. Chem. Phys. 153 (2020) 021101.
    """
    last: Frames | None = None
    shift: Array | None = None
    for chunk in chunks:
        _refuse_holes(path, chunk)
        _refuse_flat_cells(path, chunk)
        added = None if chunk.cell is None else _cells_added(path, last, chunk, periodic)
        last = _last_of(chunk)
        if chunk.cell is not None and added is not None and (shift is not None or added.any()):
            offset = (0.0 if shift is None else shift) + np.cumsum(added @ chunk.cell, axis=0)
            shift = offset[-1]
            yield replace(chunk, positions=chunk.positions + offset, crossings=added)
        else:
            yield replace(chunk, crossings=None)


def _refuse_holes(path: Path, chunk: Frames) -> None:
    whole = (np.abs(chunk.positions) < LARGEST_LENGTH).all(axis=2)
    if not whole.all():
        frame, atom = np.argwhere(~whole)[0]
        raise ValueError(
            f"{path}: frame {chunk.first + frame}: position of atom {atom} is not finite; the run blew up or the file was cut, "
            "leave out what comes from there on"
        )


def _refuse_flat_cells(path: Path, chunk: Frames) -> None:
    if chunk.cell is None:
        return
    length = np.abs(chunk.cell).max(axis=(1, 2))
    finite = (length > 1 / LARGEST_LENGTH) & (length < LARGEST_LENGTH)
    # a cell a thousand million times flatter than wide has no inverse in floats
    shape = np.where(finite[:, None, None], chunk.cell, np.eye(3)) / np.where(finite, length, 1.0)[:, None, None]
    flat = ~(finite & (np.abs(np.linalg.det(shape)) > FLATTEST))
    if flat.any():
        raise ValueError(
            f"{path}: frame {chunk.first + int(np.argmax(flat))} has a cell without volume; write its three vectors, or none"
        )


def _last_of(chunk: Frames) -> Frames:
    crossings = None if chunk.crossings is None else chunk.crossings[-1:]
    return Frames(chunk.first + len(chunk.positions) - 1, chunk.positions[-1:].copy(), crossings=crossings)


def _cells_added(path: Path, last: Frames | None, chunk: Frames, periodic: tuple[bool, bool, bool]) -> NDArray[np.int64]:
    """Whole cells that each atom has gone since the frame before, beside its change of position (n_frame, n_atom, 3)."""
    before = chunk.positions[:1] if last is None else last.positions
    if chunk.crossings is not None:
        start = np.zeros_like(chunk.crossings[:1]) if last is None or last.crossings is None else last.crossings
        return np.diff(chunk.crossings, axis=0, prepend=start)
    assert chunk.cell is not None
    fraction = np.diff(chunk.positions, axis=0, prepend=before) @ np.linalg.inv(chunk.cell)
    whole = np.round(fraction) * periodic
    unclear = np.abs(fraction - whole) > np.where(periodic, AMBIGUOUS, np.inf)
    if unclear.any():
        frame, atom, _ = np.argwhere(unclear)[0]
        frame += chunk.first
        raise ValueError(
            f"{path}: atom {atom} moves by about half of the cell between frames {frame - 1} and {frame}, its way is "
            "ambiguous; write frames more often, or image flags, or unwrapped positions without a cell"
        )
    return -whole.astype(np.int64)
