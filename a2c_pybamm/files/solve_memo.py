"""Memo of solves: outputs or failure of each sample that a model has solved, in an SQLite file of a fixed schema.

=============  ===============================================================================================
table          a row for each
=============  ===============================================================================================
``model``      set, cell and kind of answer (`SolveKey`), with the layout of its outputs
``solve``      sample of a model: the sample and its outputs as raw float64, or cause and reason of its failure
=============  ===============================================================================================
"""

from __future__ import annotations

import errno
import os
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from a2c_pybamm.estimate import Array
from a2c_pybamm.files.dataset_layout import DatasetLayout
from a2c_pybamm.files.writing import writable
from a2c_pybamm.formatting import message_line

MARK = b"a2cs"
"""Mark of a memo in the header of its SQLite file (PRAGMA application_id)."""
SQLITE_MAGIC = b"SQLite format 3\0"
"""First bytes of every SQLite file (sqlite.org/fileformat2.html, 1.3)."""
SCHEMA = {
    "model": "CREATE TABLE model (id INTEGER PRIMARY KEY, set_hash TEXT NOT NULL, cell_hash TEXT NOT NULL, kind TEXT NOT NULL, "
    "layout TEXT NOT NULL, checksum INTEGER NOT NULL, UNIQUE (set_hash, cell_hash, kind))",
    "solve": "CREATE TABLE solve (model INTEGER NOT NULL, sample BLOB NOT NULL, outputs BLOB, failed INTEGER NOT NULL, "
    "cause TEXT NOT NULL, reason TEXT NOT NULL, checksum INTEGER NOT NULL, UNIQUE (model, sample))",
}
"""The only tables of a memo, as they are written."""


@dataclass(frozen=True)
class MemoSettings:
    """Settings of the SQLite file."""

    header_skip: int = 52
    """Bytes between the magic ones and the application's mark, which stands at byte 68."""
    primary_code: int = 0xFF
    """Bits of SQLite's result codes without their extension (sqlite.org/rescode.html)."""
    version: int = 1
    """Version of the schema (PRAGMA user_version)."""
    wait_seconds: float = 60.0
    """Time [s] that a write waits for another process that writes into the same memo; one write takes milliseconds."""


MEMO = MemoSettings()
"""Settings of every memo."""
ANEW = "delete it, or start anew (--fresh, in Python fresh=True)"
REMEDIES = {
    sqlite3.SQLITE_FULL: "make space and run again: what was solved before is kept",
    sqlite3.SQLITE_IOERR: "check the disk and the space left, and run again: what was solved before is kept",
    sqlite3.SQLITE_BUSY: "another process writes into it; wait for that one, or take another file",
    sqlite3.SQLITE_READONLY: "check the permissions of the file and its folder",
    sqlite3.SQLITE_PERM: "check the permissions of the file and its folder",
    sqlite3.SQLITE_NOTADB: "it is no memo of solves; move it away or delete it",
    sqlite3.SQLITE_CANTOPEN: "check the permissions of the file and its folder",
    sqlite3.SQLITE_NOMEM: "make memory free and run again: what was solved before is kept",
    sqlite3.SQLITE_PROTOCOL: "the file system has no locks that SQLite can use; take a file on a local disk",
}
"""Remedies by SQLite's error codes; of any other error the file is damaged."""


class MemoError(OSError):
    """A memo cannot be read or written: an error of the file, not of a sample, after which no further sample is solved."""


@dataclass(frozen=True)
class SolveKey:
    """All that the outputs of a sample depend on beside the sample."""

    set_hash: str
    cell_hash: str
    kind: str
    """Kind of answer: outputs by the solver's usual or compiled functions, or derivatives."""


@dataclass(frozen=True, eq=False)
class Answer:
    """Outputs of one sample (width,), None where there are none, and its failure."""

    outputs: Array | None
    failed: bool = False
    cause: str = ""
    reason: str = ""


class SolveMemo:
    """An open memo. It has one writer at a time; what `write` has returned from is kept whatever ends the process.

    Parameters
    ----------
    path
        The file; made if it is not there.
    fresh
        True to delete all that an earlier memo at this path holds.

    Raises
    ------
    MemoError
        If the file is damaged, no memo, of a newer version, or cannot be written. So do `read` and `write`.
    """

    def __init__(self, path: str | Path, *, fresh: bool = False) -> None:
        self.path = writable(path)
        self.n_found = 0
        """Samples that were read, of those that the file held when it was opened."""
        self.n_written = 0
        """Samples that were written since."""
        self._layouts: dict[SolveKey, DatasetLayout] = {}
        with self._errors():
            if fresh and self._recognised():
                for ending in ("", "-wal", "-shm"):
                    self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
            self._connection = sqlite3.connect(self.path, timeout=MEMO.wait_seconds, isolation_level=None)
            try:
                self._open()
            except BaseException:
                self._connection.close()
                raise

    def _recognised(self) -> bool:
        """True for a file that says it is a memo in its header, whatever its other pages hold."""
        if not self.path.exists():
            return False
        with self.path.open("rb") as file:
            magic, _, mark = (file.read(n) for n in (len(SQLITE_MAGIC), MEMO.header_skip, len(MARK)))
        return magic == SQLITE_MAGIC and mark == MARK

    def _open(self) -> None:
        """Check the schema, or make it in an empty file."""
        connection = self._connection
        if self.path.exists() and not os.access(self.path, os.W_OK):  # which SQLite says with the first answer only
            raise PermissionError(errno.EACCES, "the file is write-protected")
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        with self._transaction():
            tables = dict(connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL"))
            (mark,), (version,) = (connection.execute(f"PRAGMA {n}").fetchone() for n in ("application_id", "user_version"))
            if not tables and not mark:
                for sql in SCHEMA.values():
                    connection.execute(sql)
                connection.execute(f"PRAGMA application_id = {int.from_bytes(MARK)}")
                connection.execute(f"PRAGMA user_version = {MEMO.version}")
            elif mark != int.from_bytes(MARK):
                raise MemoError(f"{self.path}: a database of another program, no memo of solves; move it away")
            elif version != MEMO.version:
                raise MemoError(f"{self.path}: memo version {version}, this a2c_pybamm reads {MEMO.version}; {ANEW}")
            elif tables != SCHEMA:
                raise MemoError(f"{self.path}: damaged (its tables are not those of a memo); {ANEW}")
        # after the schema is in the file itself: then a write is one append, which no kill leaves half done
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        self._last = int(connection.execute("SELECT coalesce(max(rowid), 0) FROM solve").fetchone()[0])

    def read(self, key: SolveKey, samples: Sequence[bytes]) -> tuple[DatasetLayout | None, dict[bytes, Answer]]:
        """Layout of a model's outputs, None where nothing of it was written, and the answers of those samples that have one."""
        with self._errors():
            row = self._model(key)
            if row is None:
                return None, {}
            number, layout = row
            answers = {}
            for sample in samples:
                found = self._connection.execute(
                    "SELECT outputs, failed, cause, reason, checksum, rowid FROM solve WHERE model = ? AND sample = ?",
                    (number, sample),
                ).fetchone()
                if found is not None:
                    answers[sample] = self._answer(sample, found[:-1], layout.width)
                    self.n_found += found[-1] <= self._last
        return layout, answers

    def write(self, key: SolveKey, layout: DatasetLayout, answers: Mapping[bytes, Answer]) -> None:
        """Write the answers of samples, all or none."""
        with self._errors(), self._transaction():
            row = self._model(key)
            if row is None:
                names = "set_hash, cell_hash, kind, layout, checksum"
                values = (key.set_hash, key.cell_hash, key.kind, layout.text, _checksum(layout.text.encode()))
                self._connection.execute(f"INSERT INTO model ({names}) VALUES (?, ?, ?, ?, ?)", values)
                row = self._model(key)
            if row is None or row[1].text != layout.text:
                raise MemoError(f"{self.path}: holds outputs of other names or axes for the same cell; {ANEW}")
            rows = []
            for sample, answer in answers.items():
                outputs = None if answer.outputs is None else np.ascontiguousarray(answer.outputs, "<f8").tobytes()
                check = _checksum(sample, outputs or b"", answer.cause.encode(), answer.reason.encode())
                rows.append((row[0], sample, outputs, answer.failed, answer.cause, answer.reason, check))
            self._connection.executemany("INSERT OR IGNORE INTO solve VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        self.n_written += len(answers)

    def count(self, key: SolveKey) -> int:
        """Samples of a model that the memo holds."""
        with self._errors():
            row = self._model(key)
            found = self._connection.execute("SELECT count(*) FROM solve WHERE model = ?", (row[0] if row else None,))
            return int(found.fetchone()[0])

    def _model(self, key: SolveKey) -> tuple[int, DatasetLayout] | None:
        """Number and layout of a model, if anything of it was written."""
        found = self._connection.execute(
            "SELECT id, layout, checksum FROM model WHERE set_hash = ? AND cell_hash = ? AND kind = ?",
            (key.set_hash, key.cell_hash, key.kind),
        ).fetchone()
        if found is None:
            return None
        number, text, check = found
        if key not in self._layouts:
            if not isinstance(text, str) or check != _checksum(text.encode()):
                raise MemoError(f"{self.path}: damaged (the outputs of a cell do not have their checksum); {ANEW}")
            self._layouts[key] = DatasetLayout.of_text(text)
        return int(number), self._layouts[key]

    def _answer(self, sample: bytes, row: tuple[Any, ...], width: int) -> Answer:
        """Answer in a row of the table, if it is as it was written."""
        outputs, failed, cause, reason, check = row
        whole = isinstance(cause, str) and isinstance(reason, str) and isinstance(outputs, bytes | None) and failed in (0, 1)
        if not whole or check != _checksum(sample, outputs or b"", cause.encode(), reason.encode()):
            raise MemoError(f"{self.path}: damaged (a solve does not have its checksum); {ANEW}")
        values = None if outputs is None else np.frombuffer(outputs, "<f8")
        if values is not None and len(values) != width:
            raise MemoError(f"{self.path}: damaged (a solve of {len(values)} numbers, its cell has {width}); {ANEW}")
        return Answer(values, bool(failed), cause, reason)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:  # a full disk has ended it already
                self._connection.execute("ROLLBACK")
            raise

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Errors of SQLite and of the system as a `MemoError` of one line with the remedy."""
        try:
            yield
        except MemoError:
            raise
        except sqlite3.ProgrammingError as error:  # closed, or of another thread: nothing is wrong with the file
            raise MemoError(f"{self.path}: cannot be used here ({message_line(error).rstrip('.')}); open it again") from error
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & MEMO.primary_code
            remedy = REMEDIES.get(code)
            what = "cannot be used" if remedy else "damaged"
            raise MemoError(f"{self.path}: {what} ({error}); {remedy or ANEW}") from error
        except OSError as error:
            raise MemoError(f"{self.path}: cannot be used ({error.strerror}); {REMEDIES[sqlite3.SQLITE_PERM]}") from error

    def close(self) -> None:
        """Close the file; its neighbours ``-wal`` and ``-shm`` go."""
        with self._errors():
            self._connection.close()

    def __enter__(self) -> SolveMemo:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _checksum(*parts: bytes) -> int:
    """Checksum of a row: SQLite itself does not see a changed bit in a number."""
    return zlib.crc32(b"\0".join(parts))
