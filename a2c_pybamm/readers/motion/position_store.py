"""Positions of a trajectory while it is read: in memory, or in a scratch file if they are many."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from a2c_pybamm.data import MOST_BYTES_IN_MEMORY, Array

TRANSPOSED_BYTES = 2**26
"""Bytes that are put into another order at once within the scratch file: with fewer, each write is only some kilobytes."""


def gathered(path: Path, blocks: Iterator[Array], folder: str | Path | None) -> Array:
    """All frames of some blocks (n_frame, n_atom, 3) in one read-only array, each atom's in one piece.

    Larger ones than `MOST_BYTES_IN_MEMORY` go to a nameless file in the folder (the system's folder for temporary files unless
    given), which is deleted with the array; twice the positions' size must be free there.

    Raises
    ------
    ValueError
        If the folder is not there or has not enough space.
    """
    kept: list[Array] = []
    for block in blocks:
        kept.append(block)
        if sum(held.nbytes for held in kept) > MOST_BYTES_IN_MEMORY:
            return _in_file(path, kept, blocks, Path(folder or tempfile.gettempdir()))
    by_atom = np.ascontiguousarray(np.concatenate(kept).transpose(1, 2, 0))
    by_atom.setflags(write=False)
    return by_atom.transpose(2, 0, 1)


def _in_file(path: Path, kept: list[Array], blocks: Iterator[Array], folder: Path) -> Array:
    """All frames through two scratch files: one frame after the other as they come, and from it one atom after the other."""
    _, n_atom, _ = kept[0].shape
    frame_bytes = kept[0][0].nbytes
    try:
        with tempfile.TemporaryFile(dir=folder) as rows, tempfile.TemporaryFile(dir=folder, buffering=0) as columns:
            n_frame = 0
            while kept:
                n_frame += len(kept[0])
                kept.pop(0).tofile(rows)
            for block in blocks:
                n_frame += len(block)
                block.tofile(rows)
            if shutil.disk_usage(folder).free < n_frame * frame_bytes:
                raise OSError("not enough space left")
            rows.seek(0)
            step = max(1, TRANSPOSED_BYTES // frame_bytes)
            for first in range(0, n_frame, step):
                n = min(step, n_frame - first)
                frames = np.fromfile(rows, float, 3 * n_atom * n).reshape(n, 3 * n_atom)
                # written, not mapped: a page that is touched in a map may bring millions of bytes around it into memory
                for k, coordinate in enumerate(np.ascontiguousarray(frames.T)):
                    columns.seek(8 * (k * n_frame + first))
                    columns.write(coordinate.data)
            by_atom = np.memmap(columns, float, "r", shape=(n_atom, 3, n_frame))
    except OSError as error:
        raise ValueError(
            f"{path}: its positions do not fit into the scratch folder {folder} ({error}); give one with more space as scratch="
        ) from error
    return by_atom.transpose(2, 0, 1)
