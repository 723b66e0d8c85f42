"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def writable(path: str | Path) -> Path:
    """The path, if a file can stand there: not a folder, and no device, pipe or socket, be it behind a link.

    To be asked before anything is computed; `write_with` asks again.

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


def write_with(path: Path, write: Callable[[Path], object]) -> Path:
    """The path, written by ``write`` under another name beside it and then put in its place.

    A reader sees the old file or the new one, never a part; if ``write`` fails the old one stays and nothing else is left.
    A symbolic link stays, and the file that it points to is replaced.

    Raises
    ------
    ValueError
        If the folder does not exist or the file cannot be written there.
    """
    path = writable(path)
    temporary = None
    try:
        target = Path(os.path.realpath(path))  # beside the file itself: a name beside the link may be on another disk
        # the ending is kept: some writers choose their format by it
        temporary = target.with_name(f".{target.stem[:100]}-{secrets.token_hex(4)}{target.suffix}")
        write(temporary)
        os.replace(temporary, target)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
    return path


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
