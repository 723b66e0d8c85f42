"""Where data came from: a file's name and fingerprint."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any


def existing(path: str | Path) -> Path:
    """The path, if it is a file that holds something.

    Raises
    ------
    ValueError
        If it is not there, or empty.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"{path}: no such file; check the path (it is taken relative to the study file)")
    if path.stat().st_size == 0:
        raise ValueError(f"{path}: the file is empty; copy it again from where it was made")
    return path


def fingerprint(path: Path) -> dict[str, Any]:
    """Name and sha256 of a file, for provenance."""
    return {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
