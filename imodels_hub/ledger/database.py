"""The database below the ledger: SQLite, in memory or in a file, shared between threads, records in and out."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from threading import RLock
from typing import Any, TypeVar

from imodels_hub.ledger.schema import TABLES, VERSION

Record = TypeVar("Record", bound=tuple[Any, ...])

MEMORY = ":memory:"
_MALFORMED = "database disk image is malformed"
_ANOTHER = "Name another file, or one that is not there yet."


class Database:
    """Tables of records.

    Parameters
    ----------
    path
        The file, or `MEMORY`.

    Attributes
    ----------
    fresh : bool
        Whether there was nothing in it yet, not even tables.
    lock : threading.RLock
        Held by whoever reads or writes.

    Raises
    ------
    ValueError
        If the file cannot be had, or holds something else.
    """

    def __init__(self, path: str = MEMORY) -> None:
        self.lock = RLock()
        self._db = _opened(path)
        self.fresh = not _tables(self._db)

    def close(self) -> None:
        """Let go of the file, or forget everything."""
        with self.lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all of the block or nothing of it, with nobody in between."""
        with self.lock:
            if self._db.in_transaction:
                yield
                return
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                yield

    def script(self, statements: str) -> None:
        """Run statements one after the other, inside whatever transaction there is."""
        with self.lock:
            for statement in filter(str.strip, statements.split(";")):
                self._db.execute(statement)

    def read(self, kind: type[Record], clause: str = "ORDER BY rowid", *values: Any) -> list[Record]:
        """Read records of a kind, in the order in which they came in unless `clause` says otherwise."""
        statement = f"SELECT * FROM {_table(kind)} {clause}"  # noqa: S608 - our own names only
        with self.lock:
            return [kind._make(row) for row in self._db.execute(statement, values)]  # type: ignore[attr-defined] # every kind is a NamedTuple

    def find(self, kind: type[Record], key: Any) -> Record | None:
        """Find one record by its first field."""
        return next(iter(self.read(kind, f"WHERE {_key(kind)} = ?", key)), None)

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read whatever else."""
        with self.lock:
            return self._db.execute(statement, values).fetchall()

    def numbers(self, statement: str) -> Iterator[int]:
        """Read one column of integers, however many, without holding them all."""
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
        places = ", ".join("?" * len(_fields(kind)))
        statement = f"INSERT INTO {_table(kind)} VALUES ({places})"  # noqa: S608 - our own names only
        self.write_all(statement, map(tuple, records))  # SQLite reads plain tuples twice as fast

    def update(self, kind: type[Record], record: Record) -> None:
        """Put a record in place of the one with the same first field."""
        columns = ", ".join(f"{name} = ?" for name in _fields(kind))
        statement = f"UPDATE {_table(kind)} SET {columns} WHERE {_key(kind)} = ?"  # noqa: S608 - our own names only
        self.write(statement, *record, record[0])


def _opened(path: str) -> sqlite3.Connection:
    """Open a file for this hub alone.

    Raises
    ------
    ValueError
        If it cannot be opened, is in use, is damaged, or holds something else.
    """
    with ExitStack() as undo:
        try:
            db = undo.enter_context(
                closing(sqlite3.connect(path, timeout=0, check_same_thread=False, isolation_level=None))
            )
            db.execute("PRAGMA locking_mode = EXCLUSIVE")  # held until it is closed, by the operating system
            db.execute("BEGIN EXCLUSIVE")
            db.execute("COMMIT")
            _check_content(db, path)
        except sqlite3.DatabaseError as error:
            raise ValueError(_refusal(error, path)) from error
        undo.pop_all()
    return db


def _check_content(db: sqlite3.Connection, path: str) -> None:
    tables = _tables(db)
    if not tables:
        return
    if not tables >= {*TABLES.values(), "timeline"}:
        raise ValueError(f"{path!r} holds no ledger of a sample hub. {_ANOTHER}")
    ((version,),) = db.execute("PRAGMA user_version")
    if version != VERSION:
        raise ValueError(f"{path!r} was written by another version of the sample hub. {_ANOTHER}")
    if [found for (found,) in db.execute("PRAGMA quick_check(1)")] != ["ok"]:
        raise sqlite3.DatabaseError(_MALFORMED)


def _refusal(error: sqlite3.DatabaseError, path: str) -> str:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    if code == sqlite3.SQLITE_BUSY:
        return f"{path!r} is in use by another hub. Stop that one, or name another file."
    if code == sqlite3.SQLITE_CORRUPT:
        return f"{path!r} is damaged. Restore it from a copy, or name another file."
    return f"{path!r} holds no ledger of a sample hub. {_ANOTHER} SQLite says: {error}."


def _tables(db: sqlite3.Connection) -> set[str]:
    return {name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')")}


def _table(kind: type[Any]) -> str:
    return TABLES[kind]


def _fields(kind: type[Any]) -> tuple[str, ...]:
    fields: tuple[str, ...] = kind._fields
    return fields


def _key(kind: type[Any]) -> str:
    return _fields(kind)[0]
