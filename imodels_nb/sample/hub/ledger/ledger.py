"""The ledger: the one sequence of changesets, in SQLite, shared between threads, with a chain that never breaks."""

import sqlite3
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import RLock

from imodels_nb.sample.hub.project.records import Changeset, NamedVersion, Project

_SCHEMA = """
CREATE TABLE changesets (
    changeset_index INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    parent_id TEXT,
    description TEXT,
    creator_id TEXT NOT NULL,
    push_date_time TEXT NOT NULL,
    state TEXT NOT NULL,
    containing_changes INTEGER NOT NULL,
    file_size INTEGER NOT NULL,
    briefcase_id INTEGER NOT NULL,
    group_id TEXT,
    application_id TEXT,
    synchronization_info TEXT
);
CREATE TABLE named_versions (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    description TEXT,
    changeset_id TEXT,
    changeset_index INTEGER NOT NULL UNIQUE,
    created_date_time TEXT NOT NULL,
    state TEXT NOT NULL,
    application_id TEXT,
    creator_id TEXT NOT NULL
);
"""
_INSERT_CHANGESET = "INSERT INTO changesets VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_INSERT_NAMED_VERSION = "INSERT INTO named_versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


class Ledger:
    """What one hub keeps while it serves: a project's timeline and milestones, open to further pushes.

    Every index is also held in memory, ascending, so that any page, however far in, is two lookups in that array and
    one range of the primary key.

    Parameters
    ----------
    project
        What the ledger starts with. Its timeline is taken as it is; only pushes have to fit.
    """

    def __init__(self, project: Project) -> None:
        self.imodel = project.imodel
        self.users = {user.id: user for user in project.users}
        self.applications = {application.id: application for application in project.applications}
        self._indices = array("q")
        self._lock = RLock()
        self._db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._db.executescript(_SCHEMA)
        with self._transaction():
            self._insert(project.changesets)
            self._db.execute("CREATE UNIQUE INDEX changeset_ids ON changesets (id)")
            self._db.executemany(_INSERT_NAMED_VERSION, project.named_versions)

    def __len__(self) -> int:
        return len(self._indices)

    def close(self) -> None:
        """Forget everything."""
        with self._lock:
            self._db.close()

    def changesets(
        self, after: int = 0, last: int | None = None, *, skip: int = 0, top: int = 1000, descending: bool = False
    ) -> tuple[list[Changeset], bool]:
        """Read one page of the range ``after < index <= last``.

        Returns
        -------
        rows
            At most `top` changesets, in the order asked for.
        more
            Whether the range goes on behind them.
        """
        with self._lock:
            start = bisect_right(self._indices, after)
            end = len(self._indices) if last is None else bisect_right(self._indices, last)
            begin, stop = (
                (max(start, end - skip - top), end - skip) if descending else (start + skip, start + skip + top)
            )
            page = self._indices[begin : max(begin, min(stop, end))]
            rows = self._range(page[0], page[-1]) if page else []
        return (rows[::-1], begin > start) if descending else (rows, stop < end)

    def changeset(self, id_or_index: str | int) -> Changeset | None:
        """Find one changeset by its id or by its index."""
        if isinstance(id_or_index, int):
            rows, _ = self.changesets(id_or_index - 1, id_or_index, top=1)
            return rows[0] if rows else None
        return next(iter(self._read("SELECT * FROM changesets WHERE id = ?", id_or_index)), None)

    def head(self) -> Changeset | None:
        """Give the last changeset."""
        rows, _ = self.changesets(top=1, descending=True)
        return rows[0] if rows else None

    def named_versions(self) -> list[NamedVersion]:
        """Read all milestones, ascending by index."""
        with self._lock:
            rows = self._db.execute("SELECT * FROM named_versions ORDER BY changeset_index").fetchall()
        return [NamedVersion._make(row) for row in rows]

    def push(self, draft: Callable[[Changeset | None], Changeset]) -> Changeset:
        """Append to the chain what `draft` makes of the last changeset, of which an empty timeline has none.

        Nobody else can push in between.

        Raises
        ------
        ValueError
            If the new changeset does not follow the last one: other parent, or an index that is not larger.
        """
        with self._transaction():
            head = self.head()
            changeset = draft(head)
            if changeset.parent_id != (head.id if head else ""):
                raise ValueError("Newer changesets exist: the parent has to be the last changeset.")
            if changeset.changeset_index <= (head.changeset_index if head else 0):
                raise ValueError("The index of a new changeset has to be larger than that of the last one.")
            self._insert([changeset])
            return changeset

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock, self._db:
            self._db.execute("BEGIN")
            yield

    def _insert(self, changesets: Iterable[Changeset]) -> None:
        self._db.executemany(_INSERT_CHANGESET, self._noting_indices(changesets))

    def _noting_indices(self, changesets: Iterable[Changeset]) -> Iterator[Changeset]:
        for changeset in changesets:
            yield changeset
            self._indices.append(changeset.changeset_index)

    def _range(self, first: int, last: int) -> list[Changeset]:
        between = "SELECT * FROM changesets WHERE changeset_index BETWEEN ? AND ? ORDER BY changeset_index"
        return self._read(between, first, last)

    def _read(self, statement: str, *values: str | int) -> list[Changeset]:
        with self._lock:
            return [Changeset._make(row) for row in self._db.execute(statement, values)]
