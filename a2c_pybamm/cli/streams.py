"""Standard streams: every character can be written, and output is dropped where its reader is gone."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import TextIO

DESCRIPTORS = {"stdin": 0, "stdout": 1, "stderr": 2}
"""File descriptors of the standard streams."""


def open_streams() -> None:
    """Make the standard streams take every character; output to one that was closed before the start is dropped.

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
    """Drop the output of a stream from now on."""
    with suppress(OSError, ValueError, AttributeError):
        descriptor = stream.fileno()  # type: ignore[attr-defined]
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, descriptor)
        os.close(null)


def _null_stream(descriptor: int) -> TextIO:
    """Stream whose output is dropped; it takes the free descriptor, which the next opened file would get otherwise."""
    null = os.open(os.devnull, os.O_RDWR)
    try:
        os.fstat(descriptor)
    except OSError:
        os.dup2(null, descriptor)
    if null != descriptor:
        os.close(null)
    return open(os.devnull, "r+" if descriptor == 0 else "w", encoding="utf-8")
