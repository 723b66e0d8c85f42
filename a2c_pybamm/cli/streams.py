"""Standard streams: every character can be written, and a stream whose reader is gone leads nowhere."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import TextIO

DESCRIPTORS = {"stdin": 0, "stdout": 1, "stderr": 2}


def open_streams() -> None:
    """Make the standard streams take every character; one that was closed before the start leads nowhere.

    A character that the stream's encoding lacks is written as its escape, so that no output stops half-way.
    """
    for name, descriptor in DESCRIPTORS.items():
        if getattr(sys, name) is None:
            setattr(sys, name, _null_stream(descriptor))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def flush_streams() -> None:
    """Write what is buffered; the rest of a stream that cannot be written is dropped, so that Python's own end is silent."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            drop(stream)


def drop(stream: object) -> None:
    """Let a stream lead nowhere from now on."""
    with suppress(OSError, ValueError, AttributeError):
        descriptor = stream.fileno()  # type: ignore[attr-defined]
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, descriptor)
        os.close(null)


def _null_stream(descriptor: int) -> TextIO:
    """A stream to nowhere; the free descriptor is taken, else the next file that is opened would stand in its place."""
    null = os.open(os.devnull, os.O_RDWR)
    try:
        os.fstat(descriptor)
    except OSError:
        os.dup2(null, descriptor)
    if null != descriptor:
        os.close(null)
    return open(os.devnull, "r+" if descriptor == 0 else "w", encoding="utf-8")
