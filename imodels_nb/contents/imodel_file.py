"""iModel files (.bim), opened read-only: tables, rows, last changeset."""

import json
import os
from collections.abc import Iterator, Sequence
from typing import Any, Self
from urllib.parse import quote

import apsw

from imodels_nb._files import validate_file
from imodels_nb.contents.tables import quote_name, read_column_names

SCHEMA_HINT = "Pass an iModel file (.bim): the baseline, a checkpoint or a briefcase."


class IModelFile:
    """An iModel file: a baseline, a checkpoint or a briefcase; a context manager.

    Parameters
    ----------
    path
        File on this machine. It is opened read-only and never locked, so that nothing is written beside it.

    Raises
    ------
    ValueError
        If the file is not an iModel.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = validate_file("schema", path, SCHEMA_HINT)
        try:
            self._database = apsw.Connection(
                f"file:{quote(self.path.as_posix())}?mode=ro&immutable=1",
                flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI,
            )
            self.tables = self._read_tables()
        except apsw.Error as error:
            raise ValueError(f"{self.path} is not an iModel file ({error}). Pass a .bim file as schema.") from None
        if not {"ec_Class", "bis_Element"} <= set(self.tables):
            self.close()
            raise ValueError(
                f"{self.path} is not an iModel file: it has no table of classes. Pass a .bim file as schema."
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def read_rows(self, table: str, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """Yield the given columns of all rows of a table."""
        names = ", ".join(quote_name(name) for name in columns)
        try:
            yield from self._database.execute(f"SELECT {names} FROM {quote_name(table)}")  # noqa: S608  # quoted names
        except apsw.Error as error:
            raise self._build_damage_error(error) from None

    def build_query(self, table: str, key: str, columns: Sequence[str | None]) -> str:
        """Build the query for :meth:`find`; a column ``None`` becomes NULL."""
        names = ", ".join("NULL" if name is None else quote_name(name) for name in columns)
        return f"SELECT {names} FROM {quote_name(table)} WHERE {quote_name(key)} = ?"  # noqa: S608  # quoted names

    def find(self, query: str, key: int | str) -> tuple[Any, ...] | None:
        """Return the row with this key, or ``None``."""
        try:
            return self._database.execute(query, (key,)).fetchone()
        except apsw.Error as error:
            raise self._build_damage_error(error) from None

    @property
    def changeset_id(self) -> str:
        """Id of the last changeset that the file contains; ``""`` for a baseline."""
        return str(self._read_local("ParentChangeSetId") or "")

    @property
    def changeset_index(self) -> int | None:
        """Index of that changeset; 0 for a baseline, ``None`` if it is unknown."""
        if not self.changeset_id:
            return 0
        try:
            return int(json.loads(str(self._read_local("parentChangeset")))["index"])
        except (ValueError, TypeError, KeyError):
            return None

    def _read_local(self, name: str) -> Any:
        if "be_Local" not in self.tables:
            return None
        row = self.find("SELECT Val FROM be_Local WHERE Name = ?", name)
        return row[0] if row else None

    def _build_damage_error(self, error: apsw.Error) -> ValueError:
        return ValueError(f"{self.path} is damaged ({error}). Delete it and download it again.")

    def _read_tables(self) -> dict[str, tuple[str, ...]]:
        names = self._database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        )
        return {str(name): read_column_names(self._database, str(name)) for (name,) in names.fetchall()}
