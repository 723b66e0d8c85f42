"""Databases of ase in SQLite, opened so that nothing is written and nothing but plain tables is read."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Any

from ase.db.sqlite import SQLite3Database

SQLITE_BEGINNING = b"SQLite format 3\0"
"""First bytes of every SQLite file."""
TABLE_VERSIONS = range(5, 10)
"""Versions of ase's tables that its reader takes."""
ASE_TABLES = ("systems", "information")
"""Tables by which a database is ase's."""
UNWRITTEN_ENDINGS = ("-wal", "-journal")
"""Endings of the files in which SQLite keeps changes that are not yet in the database."""
DATABASE_REMEDY = "give a database that ase wrote, or write the structures as extended xyz"


def is_sqlite(path: Path) -> bool:
    """True where a file begins as one of SQLite's."""
    with path.open("rb") as file:
        return file.read(len(SQLITE_BEGINNING)) == SQLITE_BEGINNING


def read_database(path: Path) -> Generator[Any]:
    """All rows of ase's database as ``ase.Atoms``, their keys and data in ``info``.

    Raises
    ------
    ValueError
        If the file is no database of ase in a version that is known, or is being written to.
    """
    for ending in UNWRITTEN_ENDINGS:
        beside = path.with_name(path.name + ending)
        if beside.exists() and beside.stat().st_size:
            raise ValueError(
                f"{path}: {beside.name} lies beside it, a part not yet written into it; close the program that writes"
            )
    if not is_sqlite(path):
        raise ValueError(f"{path}: no SQLite database; {DATABASE_REMEDY}")
    try:
        with closing(_connected(path)) as connection:
            _check_tables(path, connection)
        with _ReadOnly(str(path.absolute()), serial=True) as database:
            for row in database.select():
                yield from_row(row)
    except sqlite3.Error as error:
        raise ValueError(f"{path}: SQLite cannot read it ({error}); copy it again") from error


def from_row(row: Any) -> Any:
    """A database's row as ``ase.Atoms``, with the keys and data in ``info`` that ``ase.io.read`` leaves behind."""
    atoms = row.toatoms()
    atoms.info = {**row.data, **row.key_value_pairs}
    return atoms


def _connected(path: Path) -> sqlite3.Connection:
    """A connection that neither writes nor locks, nor makes files beside the database."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)


class _ReadOnly(SQLite3Database):
    """Ase's database over such a connection."""

    def _connect(self) -> sqlite3.Connection:
        return _connected(Path(self.filename))


def _check_tables(path: Path, connection: sqlite3.Connection) -> None:
    """Raise ``ValueError`` where the tables are not plain ones of a version of ase that is known."""

    def first_column(query: str) -> list[Any]:
        return [value for (value,) in connection.execute(query)]

    tables = first_column("SELECT name FROM sqlite_master WHERE type = 'table'")
    if missing := [name for name in ASE_TABLES if name not in tables]:
        raise ValueError(f"{path}: an SQLite database, but not ase's (no table {missing[0]!r}); {DATABASE_REMEDY}")
    # the content of a view, a virtual table or a generated column is computed on reading, without bound
    if first_column("SELECT name FROM sqlite_master WHERE type = 'view' OR sql LIKE 'CREATE VIRTUAL%'") or first_column(
        "SELECT m.name FROM sqlite_master AS m, pragma_table_xinfo(m.name) AS c WHERE m.type = 'table' AND c.hidden"
    ):
        raise ValueError(f"{path}: an SQLite database with views or computed columns, which ase's has not; {DATABASE_REMEDY}")
    version = first_column("SELECT value FROM information WHERE name = 'version'")
    if not version or str(version[0]) not in map(str, TABLE_VERSIONS):
        shown = str(version[0])[:20] if version else "none"
        raise ValueError(f"{path}: version {shown!r} of ase's tables is not known; update ase, or convert the file with ase db")
    external = first_column("SELECT value FROM information WHERE name = 'external_table_name'")
    if unknown := [name for name in external if name not in tables]:
        raise ValueError(f"{path}: it names a table {str(unknown[0])[:60]!r} that it does not have; {DATABASE_REMEDY}")
