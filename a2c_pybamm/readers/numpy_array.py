"""Arrays of plain numbers in numpy's format, alone or in an archive: their headers first, their numbers piece by piece."""

from __future__ import annotations

import math
import re
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.readers.bounded_stream import LARGEST_PIECE, MOST_EXPANSION, open_bytes
from a2c_pybamm.readers.source_file import LARGEST_TEXT, UNPACKING_ERRORS

NUMPY_BEGINNING = b"\x93NUMPY"
"""First bytes of every array in numpy's format."""
LONGEST_HEADER = 4096
"""Bytes of a header; numpy's own for an array of numbers has 128."""
LARGEST_DIRECTORY = 2**20
"""Bytes of an archive's list of arrays (1 MiB): ten thousand names."""
ZIP_ERRORS = (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError)
"""Errors of ``zipfile`` where an archive is damaged, or packed or encrypted in ways that it cannot undo."""
PACKING_METHODS = {zipfile.ZIP_STORED: "stored", zipfile.ZIP_DEFLATED: "deflated"}
"""Methods by which ``numpy.savez`` and ``numpy.savez_compressed`` pack."""
_DTYPE = re.compile(r"""['"]descr['"]\s*:\s*['"]([<>|=][fiu]\d{1,2})['"]""")
_KIND = re.compile(r"""['"]descr['"]\s*:\s*(.{1,40}?),\s*['"]fortran""")
_ORDER = re.compile(r"""['"]fortran_order['"]\s*:\s*(True|False)""")
_SHAPE = re.compile(r"""['"]shape['"]\s*:\s*\(((?:\s*\d{1,18}L?\s*,)*(?:\s*\d{1,18}L?)?\s*)\)""")


@dataclass(frozen=True)
class Header:
    """Shape and type of an array, before its numbers."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    in_columns: bool
    """True where the first index runs fastest (Fortran's order)."""

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


@contextmanager
def numpy_errors(path: Path) -> Iterator[None]:
    """A stretch of code that reads a numpy file; what it raises becomes a ``ValueError`` that names the file."""
    try:
        yield
    except (*UNPACKING_ERRORS, *ZIP_ERRORS, OSError, TypeError, ValueError, struct.error) as error:
        if str(error).startswith(str(path)):
            raise
        raise ValueError(f"{path}: not a complete numpy file ({error}); it may be cut off, copy or write it again") from error


def read_header(path: Path, key: str, file: IO[bytes]) -> Header:
    """Shape and type of the array that follows, which must be of real or whole numbers.

    The header is matched by patterns, not evaluated as numpy does.

    Raises
    ------
    ValueError
        Naming file and key.
    """
    start = file.read(8)
    version = start[6:7]
    if not start.startswith(NUMPY_BEGINNING) or version not in (b"\1", b"\2", b"\3"):
        raise ValueError(f"{path}: {key!r} does not begin as numpy's arrays do; write it again with numpy.save or numpy.savez")
    (length,) = struct.unpack("<H" if version == b"\1" else "<I", file.read(2 if version == b"\1" else 4))
    text = file.read(min(length, LONGEST_HEADER + 1)).decode("latin-1")
    if len(text) < min(length, LONGEST_HEADER + 1):
        raise ValueError(f"{path}: {key!r} is cut off in its header; copy or write it again")
    dtype, order, shape = _DTYPE.search(text), _ORDER.search(text), _SHAPE.search(text)
    if length > LONGEST_HEADER or dtype is None or order is None or shape is None:
        kind = _KIND.search(text) if dtype is None else None
        what = f"an array of {kind[1]}, not of numbers" if kind else f"no array with a shape (its header has {length} bytes)"
        raise ValueError(f"{path}: {key!r} is {what}; write numpy.asarray(…, dtype=float) with numpy.savez")
    sizes = tuple(int(word.strip().rstrip("L")) for word in shape[1].split(",") if word.strip())
    return Header(sizes, np.dtype(dtype[1]), order[1] == "True")


def read_numbers(file: IO[bytes], header: Header, n: int) -> NDArray[Any]:
    """The next ``n`` numbers of an array, or fewer at its end."""
    raw = file.read(n * header.dtype.itemsize)
    return np.frombuffer(raw[: len(raw) // header.dtype.itemsize * header.dtype.itemsize], header.dtype)


def read_body(path: Path, key: str, file: IO[bytes], header: Header) -> NDArray[Any]:
    """All numbers of an array, in its shape, from behind its header on.

    Raises
    ------
    ValueError
        If it has more than `LARGEST_PIECE` bytes, or is cut off.
    """
    if header.nbytes > LARGEST_PIECE:
        remedy = "write it with numpy.ascontiguousarray" if header.in_columns else "is it damaged?"
        order = " in column order" if header.in_columns else ""
        raise ValueError(
            f"{path}: {key!r} announces {header.nbytes:.3g} bytes{order}, more than {LARGEST_PIECE / 2**20:.0f} MB; {remedy}"
        )
    numbers = read_numbers(file, header, math.prod(header.shape))
    if len(numbers) < math.prod(header.shape):
        raise ValueError(f"{path}: {key!r} is cut off after {len(numbers)} of {math.prod(header.shape)} numbers; copy it again")
    return numbers.reshape(header.shape, order="F" if header.in_columns else "C")


class Archive:
    """Arrays of an ``.npz`` file by name, opened one by one: others are not read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = open_bytes(path)
        try:
            self._check_directory()
            self._zip = zipfile.ZipFile(self._file)
        except BaseException:
            self._file.close()
            raise
        self.keys = [info.filename.removesuffix(".npy") for info in self._zip.infolist()]

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()
        self._file.close()

    def open(self, key: str) -> IO[bytes]:
        """The bytes of an array.

        Raises
        ------
        ValueError
            If it is there twice, encrypted, packed as numpy does not, or unpacks to more than 200 times its size.
        """
        if self.keys.count(key) > 1:
            raise ValueError(f"{self._path}: {self.keys.count(key)} arrays are called {key!r}; keep the right one")
        info = self._zip.infolist()[self.keys.index(key)]
        if info.flag_bits & 0x1:
            raise ValueError(f"{self._path}: {key!r} is encrypted; write the file with numpy.savez")
        if info.compress_type not in PACKING_METHODS:
            raise ValueError(
                f"{self._path}: {key!r} is packed by method {info.compress_type}, not {' or '.join(PACKING_METHODS.values())}; "
                "write the file with numpy.savez"
            )
        if info.file_size > max(LARGEST_TEXT, MOST_EXPANSION * info.compress_size):
            raise ValueError(
                f"{self._path}: {key!r} has {info.compress_size} bytes that unpack to {info.file_size:.3g}, as no data do; "
                "write the file with numpy.savez"
            )
        return self._zip.open(info)

    def read(self, key: str) -> NDArray[Any]:
        """All of an array, of at most `LARGEST_PIECE` bytes."""
        with self.open(key) as file:
            return read_body(self._path, key, file, read_header(self._path, key, file))

    def _check_directory(self) -> None:
        """Raise ``ValueError`` where the list of arrays is longer than any: all of it would be held in memory."""
        size = self._file.seek(0, 2)
        self._file.seek(max(0, size - 2**16 - 22))
        end = self._file.read(2**16 + 22)
        at = end.rfind(b"PK\5\6")
        if at >= 0 and len(end) >= at + 22 and struct.unpack_from("<I", end, at + 12)[0] > LARGEST_DIRECTORY:
            raise ValueError(f"{self._path}: lists more arrays than any trajectory has; write it again with numpy.savez")
        self._file.seek(0)
