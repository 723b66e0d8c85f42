"""Files that are written completely or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from a2c_pybamm.formatting import SHOWN_LENGTH


def writable(path: str | Path) -> Path:
    """The path, if a file can be written there: not a folder, device, pipe or socket, nor a link to one.

    To be called before anything is computed; `write_with` checks again.

    Raises
    ------
    ValueError
        If the folder does not exist, or something else than a file stands there.
    """
    path = Path(path)
    try:
        if not path.parent.is_dir():
            raise ValueError(f"{path}: folder {path.parent} does not exist; create it first")
        if path.is_dir():
            raise ValueError(f"{path}: a folder stands here; give a file name")
        if path.exists() and not path.is_file():
            raise ValueError(f"{path}: a device, pipe or socket stands here, which a file would replace; give a file name")
    except OSError as error:
        raise _unwritable(path, error) from error
    return path


_PENDING: ContextVar[list[tuple[Path, Path]] | None] = ContextVar("pending", default=None)
"""Files of `written_together`: each complete under another name, and the place that it is for."""


@contextmanager
def written_together() -> Iterator[None]:
    """Context whose files are put in their places at its end, all of them, or none where it raises."""
    pending: list[tuple[Path, Path]] = []
    token = _PENDING.set(pending)
    try:
        yield
        for _, path in pending:
            writable(path)
        for temporary, path in pending:
            _replace(temporary, path)
    finally:
        _PENDING.reset(token)
        for temporary, _ in pending:
            temporary.unlink(missing_ok=True)


def write_with(path: Path, write: Callable[[Path], object]) -> Path:
    """The path, written by ``write`` under another name beside it and then put in its place.

    Readers get the old file or the new one, never a part; if ``write`` fails the old one stays and nothing else is left.
    A symbolic link stays, and the file that it points to is replaced. In `written_together` the old file stays to its end.

    Raises
    ------
    ValueError
        If the folder does not exist or the file cannot be written there.
    """
    path = writable(path)
    target = Path(os.path.realpath(path))  # beside the file itself: a name beside the link may be on another disk
    # the ending is kept: some writers choose their format by it
    temporary = target.with_name(f".{target.stem[:SHOWN_LENGTH]}-{secrets.token_hex(4)}{target.suffix}")
    pending, kept = _PENDING.get(), False
    try:
        write(temporary)
        if pending is None:
            _replace(temporary, path)
        else:
            pending.append((temporary, path))
            kept = True
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        if not kept:
            temporary.unlink(missing_ok=True)
    return path


def _replace(temporary: Path, path: Path) -> None:
    """Put a complete file in its place."""
    try:
        os.replace(temporary, os.path.realpath(path))
    except OSError as error:
        raise _unwritable(path, error) from error


def write_bytes(path: Path, content: bytes) -> Path:
    """The path, holding these bytes, which are on the disk and not in a buffer."""

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # a full disk or a quota may show only here

    return write_with(path, write)


def write_text(path: Path, text: str) -> Path:
    """The path, holding this text (UTF-8, line feeds as they are)."""
    try:
        content = text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{path}: UTF-8 has no character {text[error.start]!a}; write that text anew") from error
    return write_bytes(path, content)


def _unwritable(path: Path, error: OSError) -> ValueError:
    return ValueError(f"{path}: cannot be written ({error.strerror or error}); check its name, permissions and the space left")
