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

from a2c_pybamm.readers.bounded_stream import open_bytes
from a2c_pybamm.readers.source_file import FILE_LIMITS, UNPACKING_ERRORS

NUMPY_BEGINNING = b"\x93NUMPY"
"""First bytes of every array in numpy's format."""
ZIP_ERRORS = (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError)
"""Errors of ``zipfile`` where an archive is damaged, or packed or encrypted in ways that it cannot undo."""
PACKING_METHODS = {zipfile.ZIP_STORED: "stored", zipfile.ZIP_DEFLATED: "deflated"}
"""Methods by which ``numpy.savez`` and ``numpy.savez_compressed`` pack."""
_DTYPE = re.compile(r"""['"]descr['"]\s*:\s*['"]([<>|=][fiu]\d{1,2})['"]""")
_KIND = re.compile(r"""['"]descr['"]\s*:\s*(.{1,40}?),\s*['"]fortran""")
_ORDER = re.compile(r"""['"]fortran_order['"]\s*:\s*(True|False)""")
_SHAPE = re.compile(r"""['"]shape['"]\s*:\s*\(((?:\s*\d{1,18}L?\s*,)*(?:\s*\d{1,18}L?)?\s*)\)""")


@contextmanager
def open_array(path: Path, key: str) -> Iterator[StoredArray]:
    """The one array of an ``.npy`` file, called ``key`` in errors.

    Raises
    ------
    ValueError
        Naming file and key, if it is no array of real or whole numbers or is cut off.
    """
    with _numpy_errors(path), open_bytes(path) as file:
        yield _read_header(path, key, file)


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """The arrays of an ``.npz`` file.

    Raises
    ------
    ValueError
        Naming file and key, if an array that is read is none of real or whole numbers, or the file is damaged.
    """
    with _numpy_errors(path), Archive(path) as archive:
        yield archive


@contextmanager
def _numpy_errors(path: Path) -> Iterator[None]:
    """A stretch of code that reads a numpy file; all errors of its content become ``ValueError`` that names the file."""
    try:
        yield
    except (*UNPACKING_ERRORS, *ZIP_ERRORS, OSError, TypeError, ValueError, struct.error) as error:
        if str(error).startswith(str(path)):
            raise
        raise ValueError(f"{path}: not a complete numpy file ({error}); it may be cut off, copy or write it again") from error


@dataclass(frozen=True, eq=False)
class StoredArray:
    """An array in a file: shape and type by its header, and the numbers behind that."""

    path: Path
    key: str
    file: IO[bytes]
    """Bytes from behind the header on."""
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    in_columns: bool
    """True where the first index runs fastest (Fortran's order)."""

    def numbers(self) -> NDArray[Any]:
        """All of the array.

        Raises
        ------
        ValueError
            If it has more than `FileLimits.piece_bytes`, or is cut off.
        """
        size = math.prod(self.shape)
        if size * self.dtype.itemsize > FILE_LIMITS.piece_bytes:
            remedy = "write it with numpy.ascontiguousarray" if self.in_columns else "is it damaged?"
            order = " in column order" if self.in_columns else ""
            raise ValueError(
                f"{self.path}: {self.key!r} announces {size * self.dtype.itemsize:.3g} bytes{order}, more than "
                f"{FILE_LIMITS.piece_bytes / 2**20:.0f} MB; {remedy}"
            )
        numbers = self._next(size)
        if len(numbers) < size:
            raise ValueError(f"{self.path}: {self.key!r} is cut off after {len(numbers)} of {size} numbers; copy it again")
        return numbers.reshape(self.shape, order="F" if self.in_columns else "C")

    def frames(self, at_once: int) -> Iterator[NDArray[np.float64]]:
        """Entries along the first index, some at a time.

        Raises
        ------
        ValueError
            If the array is cut off, or stored in columns and of more than `FileLimits.piece_bytes`.
        """
        n_frame, of_frame = self.shape[0], self.shape[1:]
        if self.in_columns:  # a frame's numbers lie all over the array
            numbers = self.numbers()
            yield from (numbers[k : k + at_once].astype(float) for k in range(0, n_frame, at_once))
            return
        for first in range(0, n_frame, at_once):
            n = min(at_once, n_frame - first)
            block = self._next(n * math.prod(of_frame))
            if len(block) < n * math.prod(of_frame):
                n_complete = first + len(block) // math.prod(of_frame)
                raise ValueError(
                    f"{self.path}: {self.key!r} is cut off after {n_complete} of {n_frame} frames; copy or write it again"
                )
            yield block.reshape(n, *of_frame).astype(float)

    def _next(self, n: int) -> NDArray[Any]:
        """The next ``n`` numbers, or fewer at the end."""
        raw = self.file.read(n * self.dtype.itemsize)
        return np.frombuffer(raw[: len(raw) // self.dtype.itemsize * self.dtype.itemsize], self.dtype)


def _read_header(path: Path, key: str, file: IO[bytes]) -> StoredArray:
    """The array that follows, which must be of real or whole numbers.

    The header is matched by patterns, not evaluated as numpy does.
    """
    start = file.read(8)
    version = start[6:7]
    if not start.startswith(NUMPY_BEGINNING) or version not in (b"\1", b"\2", b"\3"):
        raise ValueError(f"{path}: {key!r} does not begin as numpy's arrays do; write it again with numpy.save or numpy.savez")
    (length,) = struct.unpack("<H" if version == b"\1" else "<I", file.read(2 if version == b"\1" else 4))
    text = file.read(min(length, FILE_LIMITS.header_bytes + 1)).decode("latin-1")
    if len(text) < min(length, FILE_LIMITS.header_bytes + 1):
        raise ValueError(f"{path}: {key!r} is cut off in its header; copy or write it again")
    dtype, order, shape = _DTYPE.search(text), _ORDER.search(text), _SHAPE.search(text)
    if length > FILE_LIMITS.header_bytes or dtype is None or order is None or shape is None:
        kind = _KIND.search(text) if dtype is None else None
        what = f"an array of {kind[1]}, not of numbers" if kind else f"no array with a shape (its header has {length} bytes)"
        raise ValueError(f"{path}: {key!r} is {what}; write numpy.asarray(…, dtype=float) with numpy.savez")
    sizes = tuple(int(word.strip().rstrip("L")) for word in shape[1].split(",") if word.strip())
    return StoredArray(path, key, file, sizes, np.dtype(dtype[1]), order[1] == "True")


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

    def open(self, key: str) -> StoredArray:
        """One array.

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
        if info.file_size > max(FILE_LIMITS.text_bytes, FILE_LIMITS.expansion * info.compress_size):
            raise ValueError(
                f"{self._path}: {key!r} has {info.compress_size} bytes that unpack to {info.file_size:.3g}, as no data do; "
                "write the file with numpy.savez"
            )
        return _read_header(self._path, key, self._zip.open(info))

    def _check_directory(self) -> None:
        """Raise ``ValueError`` where the list of arrays is longer than any: all of it would be held in memory."""
        size = self._file.seek(0, 2)
        self._file.seek(max(0, size - 2**16 - 22))
        end = self._file.read(2**16 + 22)
        at = end.rfind(b"PK\5\6")
        if at >= 0 and len(end) >= at + 22 and struct.unpack_from("<I", end, at + 12)[0] > FILE_LIMITS.directory_bytes:
            raise ValueError(f"{self._path}: lists more arrays than any trajectory has; write it again with numpy.savez")
        self._file.seek(0)
