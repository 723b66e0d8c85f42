"""Streams over one regular file, within bounds: given to readers of other packages in the place of a file's name."""

from __future__ import annotations

import io
from pathlib import Path
from typing import IO, Any, cast

from a2c_pybamm.data import BLOCK_BYTES
from a2c_pybamm.readers.source_file import FILE_LIMITS, OPENERS, UNPACKING_ERRORS, open_regular, packing_of

BUFFER_BYTES = 2**16
"""Bytes that are read at once of a file that is not compressed (64 KiB): Linux reads no more ahead."""


class _Bytes(io.RawIOBase):
    """The bytes of one regular file, unpacked; ``ValueError`` where a line or an expansion is larger than its bound."""

    def __init__(self, path: Path, longest_line: int | None) -> None:
        self._path = path
        self._file: Any = open_regular(path)
        self._packed: Any = None
        if packing := packing_of(self._file):
            self._packed, self._file = self._file, OPENERS[packing](self._file, "rb")
        self._longest_line = longest_line
        self._line = 0

    @property
    def packed(self) -> bool:
        """True where the file is unpacked as it is read."""
        return self._packed is not None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._line = 0
        return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        return int(self._file.tell())

    def close(self) -> None:
        self._file.close()
        if self._packed is not None:
            self._packed.close()
        super().close()

    def readinto(self, buffer: Any) -> int:
        try:
            content: bytes = self._file.read(min(len(buffer), FILE_LIMITS.piece_bytes))
        except UNPACKING_ERRORS as error:
            raise ValueError(f"{self._path}: cannot be read to its end ({error}); copy it again") from error
        buffer[: len(content)] = content
        self._check_expansion()
        if self._longest_line is not None and content:
            self._check_line(content, self._longest_line)
        return len(content)

    def _check_expansion(self) -> None:
        if self._packed is not None and self.tell() > FILE_LIMITS.text_bytes + FILE_LIMITS.expansion * self._packed.tell():
            raise ValueError(f"{self._path}: {self._packed.tell()} bytes unpack to {self.tell()}, as no data do; copy it again")

    def _check_line(self, content: bytes, longest: int) -> None:
        end = max(content.rfind(b"\n"), content.rfind(b"\r"))
        self._line = len(content) - 1 - end if end >= 0 else self._line + len(content)
        if self._line > longest:
            raise ValueError(
                f"{self._path}: a line of more than {longest / 2**20:.0f} MB; is it another file? write it with ends of lines"
            )


def _check_piece(path: Path, n: int | None) -> None:
    if n is not None and n > FILE_LIMITS.piece_bytes:
        raise ValueError(
            f"{path}: a piece of {n:.3g} bytes, more than {FILE_LIMITS.piece_bytes / 2**20:.0f} MB; is it damaged? copy it "
            "again"
        )


class _Binary(io.BufferedReader):
    """Buffered bytes; no piece is larger than `FileLimits` has it, nor the rest of the file where all is asked for."""

    def __init__(self, path: Path, raw: _Bytes) -> None:
        # going back behind the buffer of a compressed file unpacks it from its beginning
        super().__init__(cast(Any, raw), BLOCK_BYTES if raw.packed else BUFFER_BYTES)
        self._path = path

    @property
    def name(self) -> str:
        return _inner_name(self._path)

    def flush(self) -> None:
        """Nothing: there is nothing to write, and the base class would go back in the file at each ``tell`` of a text."""

    def read1(self, size: int = -1, /) -> bytes:
        # reading one byte fills the buffer, which a text's reads bypass otherwise: then each seek would go back in the file
        first = super().read(1)
        return first + super().read1(size - 1 if size > 0 else size) if first and size != 1 else first

    def read(self, size: int | None = -1, /) -> bytes:
        to_the_end = size is None or size < 0
        _check_piece(self._path, size)
        content = super().read(FILE_LIMITS.piece_bytes + 1 if to_the_end else size)
        _check_piece(self._path, len(content))
        return content


class _Text(io.TextIOWrapper):
    """UTF-8 text; as :class:`_Binary`, and an end for readers that read on behind the file's end."""

    def __init__(self, path: Path, binary: _Binary) -> None:
        super().__init__(binary, encoding="utf-8")  # utf-8-sig has a slow `tell`, and a mark is refused by itself
        self._path = path
        self._at_end = 0

    @property
    def name(self) -> str:
        return _inner_name(self._path)

    def read(self, size: int | None = -1, /) -> str:
        to_the_end = size is None or size < 0
        _check_piece(self._path, size)
        content = super().read(FILE_LIMITS.piece_bytes + 1 if to_the_end else size)
        _check_piece(self._path, len(content))
        return content

    def readline(self, size: int = -1, /) -> str:  # type: ignore[override]
        line = super().readline(size)
        self._at_end = 0 if line else self._at_end + 1
        if self._at_end > FILE_LIMITS.reads_at_end:
            raise ValueError(f"{self._path}: ends before the number of lines that it announces; is it cut off? copy it again")
        return line

    def readlines(self, hint: int = -1, /) -> list[str]:  # type: ignore[override]
        return io.StringIO(self.read()).readlines()


def _inner_name(path: Path) -> str:
    """The name of a file within the file, as in a folder: some readers look for others beside it, and find none."""
    return str(path.absolute() / path.name)


def open_bytes(path: Path, *, longest_line: int | None = None) -> IO[bytes]:
    """Bytes of a regular file, unpacked where its first bytes are those of gzip, bzip2 or xz.

    Reading raises ``ValueError`` where it is damaged, unpacks to more than 200 times its size, has a line of more than
    ``longest_line`` bytes, or a piece of more than 256 MiB is asked for. Files of any length are read so, piece after piece.
    """
    return _Binary(path, _Bytes(path, longest_line))


def open_text(path: Path, *, longest_line: int | None = FILE_LIMITS.line_bytes) -> IO[str]:
    """UTF-8 text of a regular file, bounded as `open_bytes`; repeated reading behind its end raises ``ValueError``."""
    return _Text(path, _Binary(path, _Bytes(path, longest_line)))
