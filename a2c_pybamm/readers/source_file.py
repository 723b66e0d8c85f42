"""Where data came from: a file's text, name and fingerprint, and errors that name it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def naming(what: str | Path) -> Iterator[None]:
    """A stretch of code whose ``ValueError`` begins with the file or key that it is about, if it does not already."""
    try:
        yield
    except ValueError as error:
        if str(error).startswith(str(what)):
            raise
        # an estimator knows the file's name alone, from the provenance
        raise ValueError(f"{what}: {str(error).removeprefix(f'{Path(what).name}: ')}") from error


def existing(path: str | Path) -> Path:
    """The path, if it is a file that holds something.

    Raises
    ------
    ValueError
        If it is not there, a folder, or empty, or if no file can have that name.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise ValueError(f"{path}: a folder, not a file; give the file in it")
        if not path.is_file():
            raise ValueError(f"{path}: no such file; check the path (it is taken relative to the study file)")
        if path.stat().st_size == 0:
            raise ValueError(f"{path}: the file is empty; copy it again from where it was made")
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}; check the path") from error
    return path


def read_text(path: Path) -> str:
    """The text of a UTF-8 file; a byte-order mark is dropped.

    Raises
    ------
    ValueError
        If it is in another encoding.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8 text ({error.reason} at byte {error.start}); save it as UTF-8") from error


def fingerprint(path: Path) -> dict[str, Any]:
    """Name and sha256 of a file, for provenance."""
    with path.open("rb") as file:
        return {"file": path.name, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def last_line_is_short(path: Path) -> bool:
    """Whether a text file ends without an end of line, with a line shorter than the one before: it looks cut off."""
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(-min(file.tell(), 4096), 1)
        lines = file.read().split(b"\n")
    return len(lines) > 1 and 0 < len(lines[-1]) < len(lines[-2])
