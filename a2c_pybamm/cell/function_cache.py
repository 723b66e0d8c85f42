"""The folder of compiled solver functions: a private one, since PyBaMM loads any code in it."""

from __future__ import annotations

import atexit
import os
import shutil
import stat
import tempfile
from pathlib import Path

CACHE_VARIABLE = "PYBAMM_CASADI_AOT_CACHE"
"""Environment variable that names PyBaMM's folder of compiled functions; processes started from here inherit it."""


def use_private_cache() -> Path:
    """Folder that PyBaMM compiles into from now on, closed to other users.

    It is the one that the user has set in the environment; without one, a folder in the user's cache; where that cannot be
    private, a new temporary one, removed at the end.

    Raises
    ------
    ValueError
        If the user's own setting is a folder that others can write to or replace.
    """
    if folder_name := os.environ.get(CACHE_VARIABLE):
        if reason := _open_to_others(Path(folder_name)):
            raise ValueError(
                f"{CACHE_VARIABLE}: {folder_name} {reason}, and compiled code is loaded from there; make it yours alone (chmod "
                "700), or unset the variable"
            )
        return Path(folder_name)
    folder = _user_cache() or _temporary_cache()
    os.environ[CACHE_VARIABLE] = str(folder)
    return folder


def _user_cache() -> Path | None:
    """Folder in the user's cache, made if it does not exist; None where it cannot be private."""
    try:
        top = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        if not top.is_absolute():  # by the XDG specification such a setting is ignored
            top = Path.home() / ".cache"
        folder = top / "a2c_pybamm" / "compiled"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return None if _open_to_others(folder) or not os.access(folder, os.W_OK) else folder
    except (OSError, RuntimeError):  # no home, or none to write to
        return None


def _temporary_cache() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="a2c-compiled-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _open_to_others(folder: Path) -> str:
    """Reason why other users could put code into a folder, or why it cannot be used; empty text for a private folder."""
    if not hasattr(os, "geteuid"):  # Windows: folders of a user are closed to others unless he opens them
        return ""
    folder = folder.absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()
    except OSError as error:
        return f"cannot be used ({error.strerror})"
    if not stat.S_ISDIR(status.st_mode):
        return "is a link or a file, not a folder"
    if status.st_uid != os.geteuid():
        return "belongs to another user"
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return f"is open to other users (mode {stat.S_IMODE(status.st_mode):o})"
    return next(filter(None, map(_replaceable, folder.resolve().parents)), "")


def _replaceable(parent: Path) -> str:
    """Reason why other users could replace a folder in this parent; empty text where they cannot."""
    status = parent.stat()
    if status.st_uid not in (0, os.geteuid()):
        return f"lies in {parent}, which belongs to another user"
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not status.st_mode & stat.S_ISVTX:
        return f"lies in {parent}, which other users can write to"
    return ""
