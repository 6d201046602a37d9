"""Columns of each table, which the statements of schema changes extend."""

from collections.abc import Mapping, Sequence

import apsw

_MAX_STEPS = 100_000  # of 1,000 instructions of SQLite's virtual machine
_MAX_SQL_SIZE = 1 << 26
_FORBIDDEN = {
    apsw.SQLITE_ATTACH,
    apsw.SQLITE_DETACH,
    apsw.SQLITE_CREATE_VTABLE,
    apsw.SQLITE_DROP_VTABLE,
    apsw.SQLITE_PRAGMA,
    apsw.SQLITE_RECURSIVE,
    apsw.SQLITE_TRANSACTION,
}


class TableColumns:
    """Names of the columns of tables.

    Parameters
    ----------
    tables
        Columns that each table has at the start.
    """

    def __init__(self, tables: Mapping[str, Sequence[str]]) -> None:
        self._columns = {name: tuple(columns) for name, columns in tables.items()}

    def __contains__(self, table: str) -> bool:
        return table in self._columns

    def get(self, table: str, count: int) -> tuple[str, ...]:
        """Return the names of the first `count` columns; ``#3`` if the third is unknown."""
        columns = self._columns.get(table, ())[:count]
        return columns + tuple(f"#{place}" for place in range(len(columns) + 1, count + 1))

    def after(self, ddl: str) -> "TableColumns":
        """Return the columns after statements that create or alter tables.

        The statements come from a file, so they run in an empty database in memory that allows nothing else. One that
        fails is left out: the table may exist already, since the iModel file can be newer than the changeset.
        """
        database = apsw.Connection(":memory:")
        try:
            for name, columns in self._columns.items():
                if not name.startswith("sqlite_"):  # names that only SQLite itself may use
                    database.execute(f"CREATE TABLE {_quote(name)} ({', '.join(map(_quote, columns))})")
            return TableColumns(self._columns | _run(database, ddl))
        finally:
            database.close()


def _run(database: apsw.Connection, ddl: str) -> dict[str, tuple[str, ...]]:
    steps = iter(range(_MAX_STEPS))
    database.limit(apsw.SQLITE_LIMIT_LENGTH, _MAX_SQL_SIZE)
    database.limit(apsw.SQLITE_LIMIT_SQL_LENGTH, _MAX_SQL_SIZE)
    database.authorizer = lambda code, *_: apsw.SQLITE_DENY if code in _FORBIDDEN else apsw.SQLITE_OK
    database.set_progress_handler(lambda: next(steps, None) is None, 1_000)
    for statement in ddl.split(";"):
        try:
            database.execute(statement)
        except apsw.Error:
            continue
    database.set_progress_handler(None)
    database.authorizer = None
    names = [str(row[0]) for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {name: _read_columns(database, name) for name in names}


def _read_columns(database: apsw.Connection, table: str) -> tuple[str, ...]:
    return tuple(str(row[1]) for row in database.execute(f"PRAGMA table_info({_quote(table)})"))


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
