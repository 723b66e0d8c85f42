"""Lock of a folder, so that two runs do not write into it at the same time.

The system's own lock on a file in the folder, which ends with the process however that ends. File systems of clusters may have
none: there it is the file itself, with host and process in it, and one whose process has ended on this host does not count.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

WINDOWS = sys.platform == "win32"
LOCK_FILE = ".a2c-lock"
"""Name of the file, which is there while a run writes into the folder."""
HELD = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
"""Errors of the system for a lock that another process holds."""


@dataclass(frozen=True)
class LockSettings:
    """Settings of the file that is locked."""

    locked_byte: int = 2**30
    """Place of the byte that is locked on Windows, where the locked part of a file cannot be read: far behind the text."""
    mode: int = 0o644
    """Permissions of the file: anybody may read who is at work in the folder."""
    most_bytes: int = 500
    """Bytes of the text in the file: process, host and time."""


LOCK_SETTINGS = LockSettings()
"""Settings of every folder."""


@contextmanager
def folder_lock(folder: str | Path) -> Iterator[None]:
    """Context in which no other run writes into a folder.

    Raises
    ------
    ValueError
        If another run is at work there, or no file can be written there.
    """
    path = Path(folder) / LOCK_FILE
    try:
        number = _open(path)
    except OSError as error:
        raise ValueError(f"{folder}: cannot be written ({error.strerror}); check its permissions and the space left") from error
    try:
        with contextlib.suppress(OSError):  # the text is for the other run's message alone
            os.ftruncate(number, 0)
            os.write(number, f"{os.getpid()} {socket.gethostname()} {time.strftime('%Y-%m-%d %H:%M')}".encode())
        yield
    finally:
        if WINDOWS:  # no file can be removed that is open
            os.close(number)
        with contextlib.suppress(OSError):
            path.unlink()
        if not WINDOWS:  # removed while it is still ours
            os.close(number)


def _open(path: Path) -> int:
    """The file, opened and ours alone.

    Raises
    ------
    ValueError
        If it is another run's.
    OSError
        If there can be no such file.
    """
    while True:
        number = os.open(path, os.O_RDWR | os.O_CREAT, LOCK_SETTINGS.mode)
        try:
            _lock(number)
        except OSError as error:
            os.close(number)
            if error.errno in HELD:
                raise _in_use(path) from error
            return _create(path)
        with contextlib.suppress(OSError):
            if os.path.samestat(os.fstat(number), os.stat(path)):
                return number
        os.close(number)  # the run before has removed it since: what we hold is no longer in the folder


def _lock(number: int) -> None:
    """Take the system's lock of an open file; ``OSError`` where another process has it or there is none."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(number, LOCK_SETTINGS.locked_byte, os.SEEK_SET)
        msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
        os.lseek(number, 0, os.SEEK_SET)
    else:
        import fcntl

        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _create(path: Path) -> int:
    """The file, new: where the system has no locks it is there for one run alone."""
    with contextlib.suppress(OSError):
        if _ended(path):
            path.unlink()
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, LOCK_SETTINGS.mode)
    except FileExistsError as error:
        raise _in_use(path) from error


def _ended(path: Path) -> bool:
    """True for the file of a process that has ended on this host, or that has no process in it."""
    words = _text(path).split()
    if len(words) < 2 or not words[0].isdecimal():
        return True
    if words[1] != socket.gethostname() or WINDOWS:
        return False
    try:
        os.kill(int(words[0]), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


def _text(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(LOCK_SETTINGS.most_bytes).decode("utf-8", "replace")


def _in_use(path: Path) -> ValueError:
    """Error that names the run that is at work in a folder."""
    words: list[str] = []
    with contextlib.suppress(OSError):
        words = _text(path).split(maxsplit=2)
    who = f" (process {words[0]} on {words[1]}, since {words[2]})" if len(words) > 2 else ""
    return ValueError(
        f"{path.parent}: another a2c is at work in this folder{who}; wait until it has ended, or stop it (where none is "
        f"running, remove {path.name})"
    )
