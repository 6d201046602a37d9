"""Tables of records in SQLite, in memory or in a file."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar

from imodels_hub.database.schema import TABLES, VERSION

Record = TypeVar("Record", bound=tuple[Any, ...])

MEMORY = ":memory:"
_MALFORMED = "database disk image is malformed"
_NAME_ANOTHER = "Name another file, or one that does not exist yet."


class Tables:
    """Tables of records, shared between threads.

    Parameters
    ----------
    path
        The file, or `MEMORY`.

    Attributes
    ----------
    is_new : bool
        Whether the file was empty.
    lock : threading.RLock
        Held during each read and write.

    Raises
    ------
    ValueError
        If the file cannot be opened, is in use, is damaged, or holds something else.
    """

    def __init__(self, path: str = MEMORY) -> None:
        self.lock = RLock()
        self._path = path
        self._db = _open(path)
        self.is_new = not _read_table_names(self._db)

    def delete(self) -> None:
        """Close the file and delete it."""
        self.close()
        if self._path != MEMORY:
            Path(self._path).unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file, or delete the tables in memory."""
        with self.lock:
            self._db.close()

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction has begun."""
        return self._db.in_transaction

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run a block as one transaction; other threads wait."""
        with self.lock:
            if self._db.in_transaction:
                yield
                return
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                yield

    def run_script(self, statements: str) -> None:
        """Run statements one by one, inside the current transaction if there is one."""
        with self.lock:
            for statement in filter(str.strip, statements.split(";")):
                self._db.execute(statement)

    def read_all(self, kind: type[Record], clause: str = "ORDER BY rowid", *values: Any) -> list[Record]:
        """Read the records of a kind, by default all in the order of insertion."""
        statement = f"SELECT * FROM {TABLES[kind]} {clause}"  # type: ignore[index] # noqa: S608 - our own names only
        with self.lock:
            return [kind._make(row) for row in self._db.execute(statement, values)]  # type: ignore[attr-defined] # every kind is a NamedTuple

    def find(self, kind: type[Record], key: Any) -> Record | None:
        """Find one record by its first field."""
        return next(iter(self.read_all(kind, f"WHERE {_get_fields(kind)[0]} = ?", key)), None)

    def read_rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read the rows of a SELECT statement."""
        with self.lock:
            return self._db.execute(statement, values).fetchall()

    def iterate_numbers(self, statement: str) -> Iterator[int]:
        """Iterate over one column of integers, without holding them all in memory."""
        with self.lock:
            yield from (number for (number,) in self._db.execute(statement))

    def write(self, statement: str, *values: Any) -> None:
        """Run one statement."""
        with self.lock:
            self._db.execute(statement, values)

    def write_all(self, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Run one statement for each row of values."""
        with self.lock:
            self._db.executemany(statement, rows)

    def insert(self, kind: type[Record], records: Iterable[Record]) -> None:
        """Add records of a kind."""
        values = ", ".join("?" * len(_get_fields(kind)))
        statement = f"INSERT INTO {TABLES[kind]} VALUES ({values})"  # type: ignore[index] # noqa: S608 - our own names only
        self.write_all(statement, map(tuple, records))  # SQLite reads plain tuples twice as fast

    def update(self, kind: type[Record], record: Record) -> None:
        """Update the record with the same first field."""
        columns = ", ".join(f"{name} = ?" for name in _get_fields(kind))
        statement = f"UPDATE {TABLES[kind]} SET {columns} WHERE {_get_fields(kind)[0]} = ?"  # type: ignore[index] # noqa: S608 - our own names only
        self.write(statement, *record, record[0])


def _open(path: str) -> sqlite3.Connection:
    """Open a file for this hub alone.

    Raises
    ------
    ValueError
        If it cannot be opened, is in use, is damaged, or holds something else.
    """
    with ExitStack() as undo:
        try:
            db = sqlite3.connect(path, timeout=0, check_same_thread=False, isolation_level=None)
            undo.enter_context(closing(db))
            db.execute(
                "PRAGMA locking_mode = EXCLUSIVE"
            )  # the operating system holds the lock until the file is closed
            db.execute("BEGIN EXCLUSIVE")
            db.execute("COMMIT")
            _check_content(db, path)
        except sqlite3.DatabaseError as error:
            raise ValueError(_format_error(error, path)) from error
        undo.pop_all()
    return db


def _check_content(db: sqlite3.Connection, path: str) -> None:
    names = _read_table_names(db)
    if not names:
        return
    if not names >= {*TABLES.values(), "timeline"}:
        raise ValueError(f"{path!r} is not a database of a sample hub. {_NAME_ANOTHER}")
    ((version,),) = db.execute("PRAGMA user_version")
    if version != VERSION:
        raise ValueError(f"{path!r} was written by another version of the sample hub. {_NAME_ANOTHER}")
    if [result for (result,) in db.execute("PRAGMA quick_check(1)")] != ["ok"]:
        raise sqlite3.DatabaseError(_MALFORMED)


def _format_error(error: sqlite3.DatabaseError, path: str) -> str:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    if code == sqlite3.SQLITE_BUSY:
        return f"{path!r} is in use by another hub. Stop that one, or name another file."
    if code == sqlite3.SQLITE_CORRUPT:
        return f"{path!r} is damaged. Restore it from a copy, or name another file."
    return f"{path!r} is not a database of a sample hub. {_NAME_ANOTHER} SQLite says: {error}."


def _read_table_names(db: sqlite3.Connection) -> set[str]:
    return {name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')")}


def _get_fields(kind: type[Any]) -> tuple[str, ...]:
    fields: tuple[str, ...] = kind._fields
    return fields
