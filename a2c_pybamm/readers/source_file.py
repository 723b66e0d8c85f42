"""A source file: its text, its name and fingerprint for provenance, and errors that name it on one line."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import os
import re
import stat
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from inspect import signature
from io import BufferedReader
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from a2c_pybamm.formatting import plain


@dataclass(frozen=True)
class FileLimits:
    """Upper bounds of what is read of one file: a damaged one, or one of another kind, may announce or unpack to any size."""

    text_bytes: int = 2**26
    """Bytes of a text that is read as a whole (64 MiB): what is made of it takes several times as much memory."""
    json_bytes: int = 2**24
    """Bytes of a JSON document (16 MiB): a set of 1000 coefficients takes 10 MB; empty lists take 100 times their size in
    memory."""
    n_value: int = 2_500_000
    """Values that are read from a text: each takes 100 bytes of memory, in YAML 4 µs; 500 atoms have 2.3 million forces."""
    n_level: int = 50
    """Levels of YAML's lists and blocks in each other; phonopy writes six."""
    number_length: int = 400
    """Characters of a number in YAML: all digits of the largest float and its sign."""
    n_digit: int = 4_000
    """Digits of a whole number in JSON: Python reads no more than 4300, since the time grows with their square."""
    line_bytes: int = 2**22
    """Bytes of a line (4 MiB): a frame's comment with some numbers for each of 100 000 atoms is shorter."""
    blank_lines: int = 100_000
    """Empty lines that follow one another; where there are more, a file of a few bytes was unpacked."""
    piece_bytes: int = 2**28
    """Bytes that are read in one piece, a whole array among them (256 MiB): two frames of five million atoms."""
    expansion: int = 200
    """Bytes that a compressed byte may become, beyond a text's size: text and numbers shrink by 2 to 20 times, zeros by
    1000."""
    reads_at_end: int = 1_000
    """Reads behind a file's end after which a reader does not end by itself: a header has announced more lines."""
    header_bytes: int = 4096
    """Bytes of a numpy array's header; numpy's own for an array of numbers has 128."""
    directory_bytes: int = 2**20
    """Bytes of an archive's list of arrays (1 MiB): ten thousand names."""


FILE_LIMITS = FileLimits()
"""Bounds that all readers of files keep to."""
TAIL_BYTES = 20_000
"""Bytes at the end of a text in which its last line, or the summary of a run of VASP, stands as a whole."""
LONGEST_MESSAGE = 1_000
"""Characters of an error's message, in which what a file holds may be quoted: a dozen lines of a terminal."""
OPENERS: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
"""Readers of compressed files, by the usual ending of their names."""
BEGINNINGS = {".gz": re.compile(rb"\x1f\x8b"), ".bz2": re.compile(rb"BZh[1-9]1AY&SY"), ".xz": re.compile(rb"\xfd7zXZ\0")}
"""First bytes of compressed files."""
BEGINNING_BYTES = 16
"""Bytes in which these beginnings fit."""
UNPACKING_ERRORS = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile)
"""Errors of unpacking where a file is cut off or damaged."""

P = ParamSpec("P")
R = TypeVar("R")


def one_line(text: str) -> str:
    r"""The text on one line: control characters escaped as in Python (``\x1b``), long text cut in the middle."""
    if len(text) > LONGEST_MESSAGE:
        text = f"{text[: LONGEST_MESSAGE // 2]} … {text[-LONGEST_MESSAGE // 2 :]}"
    return plain(text)


def file_errors(read: Callable[P, R]) -> Callable[P, R]:
    """The reader, errors about a file's content as ``ValueError`` of one line that begins with its first argument, ``path``.

    (Readers of several files name the one.) Errors of arithmetic, memory and disk while a file is read are about its content;
    errors of the program itself (``TypeError``, ``KeyError`` …) pass as they are.
    """
    first = next(iter(signature(read).parameters))

    @wraps(read)
    def reader(*args: P.args, **kwargs: P.kwargs) -> R:
        given: Any = args[0] if args else kwargs.get(first, "")
        try:
            with naming(Path(given) if first == "path" and isinstance(given, str | Path) else ""):
                return read(*args, **kwargs)
        except ValueError as error:
            message = one_line(str(error))
            if message == str(error):
                raise
            raise ValueError(message) from error
        except (ArithmeticError, MemoryError, RecursionError, OSError) as error:
            raise ValueError(one_line(f"{given}: {_cause(error)}; copy the file again, or make it smaller")) from error

    return reader


def _cause(error: Exception) -> str:
    """The cause in words; a ``MemoryError`` of Python's own has none."""
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read ({error.strerror})"
    words = {MemoryError: "needs more memory than there is", RecursionError: "is nested too deeply"}
    return words.get(type(error), f"cannot be read ({error or type(error).__name__})")


@contextmanager
def naming(what: str | Path) -> Iterator[None]:
    """A stretch of code whose ``ValueError`` begins with the file or key that it is about, if it does not already."""
    try:
        yield
    except ValueError as error:
        if str(error).startswith(str(what)):
            raise
        # an estimator names the file without its folder, by the provenance
        raise ValueError(f"{what}: {str(error).removeprefix(f'{Path(what).name}: ')}") from error


def existing(path: str | Path) -> Path:
    """The path, if it is a file that holds something: neither a folder nor a pipe or device, which may never end.

    Raises
    ------
    ValueError
        If it is not there, a folder, no regular file, or empty, or if no file can have that name.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise ValueError(f"{path}: a folder, not a file; give the file in it")
        if not path.is_file():
            if path.exists():
                raise ValueError(f"{path}: a pipe or device, not a regular file; save what comes from it and give that file")
            raise ValueError(f"{path}: no such file; check the path (it is taken relative to the study file)")
        if path.stat().st_size == 0:
            raise ValueError(f"{path}: the file is empty; copy it again from where it was made")
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}; check the path") from error
    return path


def open_regular(path: Path) -> BufferedReader:
    """The bytes of a regular file, opened; a pipe put in its place since :func:`existing` is not waited for.

    Raises
    ------
    ValueError
        If it cannot be opened, or is no regular file.
    """
    try:
        # without O_NONBLOCK the opening of a pipe waits for its other end
        number = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
        if not stat.S_ISREG(os.fstat(number).st_mode):
            os.close(number)
            raise ValueError(f"{path}: a pipe or device, not a regular file; save what comes from it and give that file")
        return os.fdopen(number, "rb")
    except OSError as error:
        raise ValueError(f"{path}: cannot be opened ({error.strerror}); check the path and its permissions") from error


def read_text(path: Path, *, largest: int = FILE_LIMITS.text_bytes) -> str:
    """The text of a UTF-8 file, unpacked where its first bytes are those of gzip, bzip2 or xz.

    A byte-order mark is dropped, ends of lines are those of Unix.

    Raises
    ------
    ValueError
        If it is in another encoding, has a zero byte, is damaged, or has more bytes than ``largest``, packed or not.
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        content = _unpacked(path, file, largest + 1) if size <= largest else b""
    if size > largest or len(content) > largest:
        raise ValueError(
            f"{path}: {max(size, len(content)) / 1e6:.0f} MB, more than the {largest / 1e6:.0f} MB of a text; is it another "
            "file? leave out what is not needed"
        )
    if (at := content.find(0)) >= 0:
        raise ValueError(f"{path}: not UTF-8 text (a zero byte at byte {at}); save it as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8 text ({error.reason} at byte {error.start}); save it as UTF-8") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _unpacked(path: Path, file: BufferedReader, most: int) -> bytes:
    """The first bytes of a file, unpacked where it is packed."""
    packing = packing_of(file)
    if not packing:
        return file.read(most)
    try:
        with OPENERS[packing](file, "rb") as packed:
            return bytes(packed.read(most))
    except (*UNPACKING_ERRORS, OSError) as error:  # bz2 raises a bare OSError
        raise ValueError(f"{path}: cannot be read to its end ({error}); copy it again") from error


def packing_of(file: BufferedReader) -> str:
    """Usual ending of the names of files that are packed as this one, told by its first bytes; empty where it is not packed."""
    beginning = file.peek(BEGINNING_BYTES)
    return next((ending for ending, mark in BEGINNINGS.items() if mark.match(beginning)), "")


def is_packed(path: Path) -> bool:
    """True for a file that is packed by gzip, bzip2 or xz."""
    with open_regular(path) as file:
        return bool(packing_of(file))


def unpacked_name(path: Path) -> Path:
    """The path without the ending of a compressed file: ``a.yaml`` for ``a.yaml.xz``."""
    return path.with_suffix("") if path.suffix in OPENERS else path


def fingerprint(path: Path) -> dict[str, Any]:
    """Name and sha256 of a file, for provenance."""
    with open_regular(path) as file:
        return {"file": path.name, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def last_line_is_short(path: Path) -> bool:
    """True for a file that ends without an end of line, with a line shorter than the one before: it looks cut off."""
    with open_regular(path) as file:
        file.seek(0, os.SEEK_END)
        file.seek(-min(file.tell(), TAIL_BYTES), os.SEEK_CUR)
        return ends_short(file.read(TAIL_BYTES).decode("latin-1"))


def ends_short(text: str) -> bool:
    """True for a text whose last line has no end and is shorter than the one before."""
    lines = text[-TAIL_BYTES:].split("\n")
    return len(lines) > 1 and 0 < len(lines[-1]) < len(lines[-2])
