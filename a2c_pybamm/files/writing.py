"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def write_with(path: Path, write: Callable[[Path], object]) -> Path:
    """The path, written by ``write`` under another name beside it and then put in its place.

    A reader sees the old file or the new one, never a part; if ``write`` fails the old one stays and nothing else is left.

    Raises
    ------
    ValueError
        If the folder does not exist or the file cannot be written there.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise ValueError(f"{path}: folder {path.parent} does not exist; create it first")
    # the ending is kept: some writers choose their format by it
    temporary = path.with_name(f".{path.stem[:100]}-{secrets.token_hex(4)}{path.suffix}")
    try:
        if path.is_dir():
            raise ValueError(f"{path}: a folder stands here; give a file name")
        write(temporary)
        os.replace(temporary, path)
    except OSError as error:
        raise ValueError(
            f"{path}: cannot be written ({error.strerror or error}); check its name, permissions and the space left"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
    return path


def write_text(path: Path, text: str) -> Path:
    """The path, holding this text (UTF-8, line feeds as they are)."""
    return write_with(path, lambda temporary: temporary.write_text(text, encoding="utf-8", newline=""))
