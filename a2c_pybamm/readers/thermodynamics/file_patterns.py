"""Files that a pattern like ``runs/*/vasprun.xml`` stands for."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

MOST_NAMES = 200_000
"""Names in folders that are compared with a pattern: a thousand runs of a hundred files are half of it, and take a second."""
_WILDCARD = re.compile(r"[*?\[]")


def matching_files(pattern: str | Path, folder: Path | None = None) -> list[Path]:
    """Files that a pattern matches, sorted by name; the path itself where it has no ``*``, ``?`` or ``[``, or is there.

    In each part of the path ``*`` stands for any text, ``?`` for a character and ``[ab]`` for one of some; a leading point is
    matched by a point alone. Folders are left out.

    Parameters
    ----------
    folder
        Folder that the pattern is relative to; the working directory if not given.

    Raises
    ------
    ValueError
        Naming the pattern: it matches no file, or stands for more names than are looked at.
    """
    whole = Path(pattern) if folder is None else folder / pattern
    if not _WILDCARD.search(str(pattern)) or _exists(whole):
        return [whole]
    found = [whole.anchor] if Path(pattern).anchor else [str(folder or "")]
    parts = Path(pattern).parts[1:] if Path(pattern).anchor else Path(pattern).parts
    count = 0
    for part in parts:
        matches = []
        for place in found:
            for name in _names(place, part):
                count += 1
                if count > MOST_NAMES:
                    raise ValueError(f"{whole}: more than {MOST_NAMES} names to compare with it; name the folders closely")
                if name and (name == part or _matches(name, part)):
                    matches.append(os.path.join(place, name))
        found = matches
    files = sorted(path for path in map(Path, found) if _exists(path) and not path.is_dir())
    if not files:
        raise ValueError(f"{whole}: matches no file; correct the pattern (it is taken relative to the study file)")
    return files


def _names(place: str, part: str) -> Iterator[str]:
    """Names in a folder that may match a part of a pattern; the part itself where it is none."""
    if not _WILDCARD.search(part):
        yield part
        return
    try:
        with os.scandir(place or ".") as entries:
            yield from (entry.name for entry in entries)
    except (OSError, ValueError):  # no folder, one that may not be read, or a name that none can have
        return


def _matches(name: str, part: str) -> bool:
    return fnmatchcase(name, part) and (not name.startswith(".") or part.startswith("."))


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no file can have
        return False
