"""Tables: the names of their columns, and the roles of their rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import apsw

Pick = Callable[[Sequence[Any]], tuple[Any, ...]]

_MAX_STEPS = 100_000  # of 1,000 instructions of SQLite's virtual machine
_MAX_SQL_SIZE = 1 << 23  # bytes
_MAX_PAGES = 1 << 14  # of 4 kB
_ROW_CHANGES = {apsw.SQLITE_INSERT, apsw.SQLITE_UPDATE, apsw.SQLITE_DELETE}
_FORBIDDEN = {
    apsw.SQLITE_ATTACH,
    apsw.SQLITE_DETACH,
    apsw.SQLITE_CREATE_VTABLE,
    apsw.SQLITE_DROP_VTABLE,
    apsw.SQLITE_PRAGMA,
    apsw.SQLITE_RECURSIVE,
    apsw.SQLITE_TRANSACTION,
}
_ENGINE_PREFIXES = ("dgn_", "be_", "ec_", "ecdbf_", "sqlite_")
_SCHEMA_TABLES = dict.fromkeys(("ec_Schema", "ec_Class", "ec_Property"), "schema")
_KNOWN_TABLES = {"bis_Element": "element", "bis_Model": "model", "be_Prop": "file property"}
_LAST_MOD = "LastMod"
_MISSING = -1

# Columns with class, model, parent, code and label of an instance; "" where its table has none.
_IDENTITY = {
    "element": ("ECClassId", "ModelId", "ParentId", "CodeValue", "UserLabel"),
    "model": ("ECClassId", "Id", "ParentModelId", "", ""),
    "aspect": ("ECClassId", "", "ElementId", "", ""),
    "relationship": ("ECClassId", "", "SourceId", "", "TargetId"),
    "schema": ("", "", "", "", "Name"),
    "file property": ("", "", "", "", ""),
    "other": ("ECClassId", "", "", "", "Name"),
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

    def find(self, table: str, count: int) -> tuple[str, ...]:
        """Return the names of the first `count` columns; ``#3`` if the third is unknown."""
        columns = self._columns.get(table, ())[:count]
        return columns + tuple(f"#{position}" for position in range(len(columns) + 1, count + 1))

    def apply(self, ddl: str) -> "TableColumns":
        """Return the columns after statements that create or alter tables.

        The statements come from a file, so they run in an empty database in memory that allows nothing else. One that
        fails is left out: the table may exist already, since the iModel file can be newer than the changeset.
        """
        database = apsw.Connection(":memory:")
        try:
            for name, columns in self._columns.items():
                if not name.startswith("sqlite_"):  # names that only SQLite itself may use
                    database.execute(f"CREATE TABLE {quote_name(name)} ({', '.join(map(quote_name, columns))})")
            return TableColumns(self._columns | _run(database, ddl))
        finally:
            database.close()


@dataclass(frozen=True, slots=True)
class TableRole:
    """Meaning of the rows of one table.

    Attributes
    ----------
    name, number
        Name of the table, and its number within one call.
    entity
        Kind of instance, or ``None`` for rows that only the engine needs.
    root
        Table that has one row for each instance; rows of joined tables belong to it.
    columns
        Names of its columns.
    key
        Function that returns the key of a row.
    identity
        Function that returns class, model, parent, code and label of a row.
    identity_positions
        Positions that `identity` reads.
    last_mod
        Position of the time of the last change, or -1.
    """

    name: str
    number: int
    entity: str | None
    root: str
    columns: tuple[str, ...]
    key: Callable[[Sequence[Any]], Any]
    identity: Pick
    identity_positions: frozenset[int]
    last_mod: int

    @property
    def is_root(self) -> bool:
        """Whether the table has one row for each instance."""
        return self.name == self.root


def build_role(name: str, number: int, count: int, keys: set[int], tables: TableColumns) -> TableRole:
    """Build the role of a table with `count` columns and the given key columns."""
    columns = tables.find(name, count)
    key_positions = sorted(keys) or [0]
    entity, root = _find_entity(name, columns, columns[key_positions[0]])
    names = _IDENTITY[entity or "other"] if root == name else ("",) * 5
    positions = [columns.index(column) if column in columns else _MISSING for column in names]
    return TableRole(
        name,
        number,
        entity,
        root,
        columns,
        itemgetter(*key_positions),
        _build_identity(positions),
        frozenset(positions) - {_MISSING},
        columns.index(_LAST_MOD) if _LAST_MOD in columns else _MISSING,
    )


def list_identity_columns(entity: str) -> tuple[str, ...]:
    """Return the columns of class, model, parent, code and label; ``""`` if missing."""
    return _IDENTITY[entity]


def _find_entity(name: str, columns: tuple[str, ...], key: str) -> tuple[str | None, str]:
    """Return the kind of instance that a table holds, and its root table."""
    if name.startswith("ec_"):
        return _SCHEMA_TABLES.get(name), name
    if name in _KNOWN_TABLES:
        return _KNOWN_TABLES[name], name
    is_unknown = key.startswith("#") and not name.startswith(_ENGINE_PREFIXES)
    if key == "ElementId" or is_unknown:
        return "element", "bis_Element"
    if {"ElementId", "ECClassId"} <= set(columns):
        return "aspect", name
    return ("relationship" if {"SourceId", "TargetId"} <= set(columns) else "other"), name


def _build_identity(positions: list[int]) -> Pick:
    if _MISSING not in positions:
        return itemgetter(*positions)
    return lambda row: tuple(None if position == _MISSING else row[position] for position in positions)


def _run(database: apsw.Connection, ddl: str) -> dict[str, tuple[str, ...]]:
    steps = iter(range(_MAX_STEPS))
    database.execute(f"PRAGMA max_page_count = {_MAX_PAGES}")
    database.limit(apsw.SQLITE_LIMIT_LENGTH, _MAX_SQL_SIZE)
    database.limit(apsw.SQLITE_LIMIT_SQL_LENGTH, _MAX_SQL_SIZE)
    database.authorizer = _authorize
    database.set_progress_handler(lambda: next(steps, None) is None, 1_000)
    for statement in ddl.split(";"):
        try:
            database.execute(statement)
        except apsw.Error:
            continue
    database.set_progress_handler(None)
    database.authorizer = None
    names = [str(row[0]) for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {name: read_column_names(database, name) for name in names}


def _authorize(code: int, table: str | None, *_: object) -> int:
    """Check that a step of a statement changes tables, and no rows."""
    is_row_change = code in _ROW_CHANGES and not str(table).startswith("sqlite_")
    return apsw.SQLITE_DENY if is_row_change or code in _FORBIDDEN else apsw.SQLITE_OK


def read_column_names(database: apsw.Connection, table: str) -> tuple[str, ...]:
    """Read the names of the columns of a table."""
    return tuple(str(row[1]) for row in database.execute(f"PRAGMA table_info({quote_name(table)})"))


def quote_name(name: str) -> str:
    """Return a name of a table or column as SQL text in quotation marks."""
    return '"' + name.replace('"', '""') + '"'
