"""Hostile files for whatever reads files: what a case is, and seeded damage to a file that is good."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

CONTROL = [b"\0", b"\x1b[2J", b"\x1b]0;title\x07", b"\r", b"\x08", b"\x85", "\u202e".encode(), b"\xff\xfe", b"\xef\xbb\xbf"]
"""Codes that drive a terminal, hide or turn text, or begin another encoding."""
TOKENS = [
    b"nan",
    b"-inf",
    b"1e400",
    b"9" * 400,
    b"9" * 5000,
    b"-1",
    b"0",
    b"1000000000000",
    b"True",
    b"'",
    b"{" * 300,
    b"1e-320",
]
"""What no number in a file should be."""


@dataclass(frozen=True)
class Case:
    """One file and the call that reads it."""

    name: str
    path: Path
    read: Callable[[Path], object]


def outcome(case: Case) -> str:
    """Empty where a reader returns or stops with one line that names the file; otherwise what it did instead."""
    try:
        case.read(case.path)
    except ValueError as error:
        message = str(error)
        if not message.isprintable():
            return f"{case.name}: more than one plain line: {message!r}"
        with contextlib.suppress(ValueError):
            message = message.encode("ascii", "replace").decode()
        return "" if case.path.name[:8] in message else f"{case.name}: does not name the file: {message!r}"
    except BaseException as error:
        return f"{case.name}: {type(error).__name__}: {str(error)[:200]!r}"
    return ""


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """The content with one piece of damage: flipped bits, a cut, lines doubled, lost or swapped, a token or a code put in."""
    at = int(rng.integers(len(content)))
    lines = content.split(b"\n")
    k = int(rng.integers(len(lines)))
    match rng.integers(8):
        case 0:
            flipped = bytearray(content)
            for place in rng.integers(len(content), size=5):
                flipped[place] ^= 1 << int(rng.integers(8))
            return bytes(flipped)
        case 1:
            return content[:at]
        case 2:
            return b"\n".join([*lines[:k], lines[k], *lines[k:]])
        case 3:
            return b"\n".join([*lines[:k], *lines[k + 1 :]])
        case 4:
            return content[:at] + CONTROL[int(rng.integers(len(CONTROL)))] + content[at:]
        case 5:
            return b"\n".join([*lines[:k], with_token(lines[k], rng), *lines[k + 1 :]])
        case 6:
            other = int(rng.integers(len(lines)))
            lines[k], lines[other] = lines[other], lines[k]
            return b"\n".join(lines)
        case _:
            return content[:at] + content[at // 2 :]


def with_token(line: bytes, rng: np.random.Generator) -> bytes:
    """The line with one word replaced."""
    for separator in (b",", b" "):
        if separator in line:
            words = line.split(separator)
            words[int(rng.integers(len(words)))] = TOKENS[int(rng.integers(len(TOKENS)))]
            return separator.join(words)
    return TOKENS[int(rng.integers(len(TOKENS)))]
