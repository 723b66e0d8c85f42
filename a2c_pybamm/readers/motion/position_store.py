"""Where positions are kept while a trajectory is read: in memory, or in a scratch file if they are many."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from a2c_pybamm.data import Array

IN_MEMORY = 2**27
"""Bytes of positions up to which they are kept in memory."""
AT_ONCE = 2**26
"""Bytes that are moved at once within the scratch file."""


def gathered(path: Path, chunks: Iterator[Array], folder: str | Path | None) -> Array:
    """All frames of some chunks (n_frame, n_atom, 3) in one read-only array, each atom's in one piece.

    Larger ones than 128 MB go to a nameless file in the folder (the system's folder for temporary files unless
    given), which is gone when the array is; twice the positions' size must be free there.

    Raises
    ------
    ValueError
        If the folder is not there or has not enough space.
    """
    kept: list[Array] = []
    for chunk in chunks:
        kept.append(chunk)
        if sum(part.nbytes for part in kept) > IN_MEMORY:
            return _in_file(path, kept, chunks, Path(folder or tempfile.gettempdir()))
    by_atom = np.ascontiguousarray(np.concatenate(kept).transpose(1, 2, 0))
    by_atom.setflags(write=False)
    return by_atom.transpose(2, 0, 1)


def _in_file(path: Path, kept: list[Array], chunks: Iterator[Array], folder: Path) -> Array:
    """The same through two scratch files: one frame after the other as they come, and from it one atom after the other."""
    _, n_atom, _ = kept[0].shape
    try:
        with tempfile.TemporaryFile(dir=folder) as rows, tempfile.TemporaryFile(dir=folder, buffering=0) as columns:
            n_frame = 0
            while kept:
                n_frame += len(kept[0])
                kept.pop(0).tofile(rows)
            for chunk in chunks:
                n_frame += len(chunk)
                chunk.tofile(rows)
            if shutil.disk_usage(folder).free < 24 * n_frame * n_atom:
                raise OSError("not enough space left")
            rows.seek(0)
            step = max(1, AT_ONCE // (24 * n_atom))
            for first in range(0, n_frame, step):
                n = min(step, n_frame - first)
                frames = np.fromfile(rows, float, 3 * n_atom * n).reshape(n, 3 * n_atom)
                # written, not mapped: a page that is touched in a map may bring millions of bytes around it into memory
                for k, path_of_one in enumerate(np.ascontiguousarray(frames.T)):
                    columns.seek(8 * (k * n_frame + first))
                    columns.write(path_of_one.data)
            by_atom = np.memmap(columns, float, "r", shape=(n_atom, 3, n_frame))
    except OSError as error:
        raise ValueError(
            f"{path}: its positions do not fit into the scratch folder {folder} ({error}); give one with more space as scratch="
        ) from error
    return by_atom.transpose(2, 0, 1)
