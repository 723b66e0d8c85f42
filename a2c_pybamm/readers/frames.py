"""Frames of a file, by ase."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ase.io

from a2c_pybamm.readers.source_file import last_line_is_short


def read_frames(path: Path, *, failure: str, remedy: str) -> list[Any]:
    """All frames that ase reads from a file.

    Raises
    ------
    ValueError
        Naming the file: ``failure`` and ase's own words where it cannot be read, ``remedy`` where an xyz file's last line is
        cut.
    """
    is_xyz = path.suffix in (".xyz", ".extxyz", ".exyz")
    try:
        frames = ase.io.read(path, index=":", format="extxyz" if is_xyz else None, do_not_split_by_at_sign=True)
    except Exception as error:  # ase raises whatever its format readers happen to raise
        detail = " ".join(str(error).split())[:160] or type(error).__name__
        raise ValueError(f"{path}: {failure} ({detail})") from error
    if is_xyz and last_line_is_short(path):
        raise ValueError(f"{path}: the last line is cut off; {remedy}")
    return list(frames)
