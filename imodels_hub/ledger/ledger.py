"""The ledger: the one sequence of changesets, shared between threads, with a chain that never breaks."""

from array import array
from bisect import bisect_right
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from imodels_hub.ledger.database import MEMORY, Database, Record
from imodels_hub.ledger.intake import take_in
from imodels_hub.ledger.kept import Kept
from imodels_hub.ledger.tallies import Tallies
from imodels_hub.ledger.timeline_table import INSERT, kept_id, row_of
from imodels_hub.project.records import (
    Application,
    Changeset,
    ChangesetGroup,
    IModel,
    NamedVersion,
    Project,
    User,
)


class BrokenChain(ValueError):  # noqa: N818 - names the state that the ledger refuses
    """A changeset does not follow the last one."""


class Ledger:
    """What one hub keeps while it serves: an iModel's timeline, and all that refers to it, open to further pushes.

    Every index is also held in memory, ascending, so that any page, however far in, is two lookups in that array and
    one range of the primary key.

    Parameters
    ----------
    project
        What the ledger starts with. Its timeline is taken as it is; only pushes have to fit.
    path
        A file to keep everything in. One that holds a ledger already is served as it is, and `project` left aside.

    Attributes
    ----------
    kept : Kept
        What others wrote from the timeline; forgotten whenever that changes.
    """

    def __init__(self, project: Project, path: str = MEMORY) -> None:
        self.kept = Kept()
        self._indices = array("q")
        self._db = Database(path)
        if self._db.fresh:
            self._begin(project)
        self._indices.extend(self._db.numbers("SELECT changeset_index FROM timeline ORDER BY 1"))
        self.imodel = self.all(IModel)[0]
        self.users = {user.id: user for user in self.all(User)}
        self.applications = {application.id: application for application in self.all(Application)}
        self.tallies = Tallies(self._db)

    def _begin(self, project: Project) -> None:
        try:
            take_in(self._db, project)
        except BaseException:
            self._db.close()
            raise

    def __len__(self) -> int:
        return len(self._indices)

    def close(self) -> None:
        """Let go of the file, or forget everything."""
        self._db.close()

    def all(self, kind: type[Record]) -> list[Record]:
        """Read all records of a kind, in the order in which they came in."""
        return self._db.read(kind)

    def find(self, kind: type[Record], key: Any) -> Record | None:
        """Find one record by what its kind is found by: an id, a number or an index."""
        return self._db.find(kind, key)

    @property
    def own_application_id(self) -> str | None:
        """The application that clients of the hub count as."""
        return next(reversed(self.applications), None)

    def transaction(self) -> AbstractContextManager[None]:
        """Do all of a block or nothing of it, with nobody in between."""
        return self._db.transaction()

    def add(self, kind: type[Record], record: Record) -> None:
        """Add a record; for a changeset, `push`."""
        self._db.insert(kind, [record])

    def update(self, kind: type[Record], record: Record) -> None:
        """Put a record in place of the one that is found by the same id, number or index."""
        self._db.update(kind, record)

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
        with self._db.lock:
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
        known = self._db.rows("SELECT changeset_index FROM timeline WHERE id = ?", kept_id(id_or_index))
        return self.find(Changeset, known[0][0]) if known else None

    def head(self) -> Changeset | None:
        """Give the last changeset."""
        rows, _ = self.changesets(top=1, descending=True)
        return rows[0] if rows else None

    def named_versions(self) -> list[NamedVersion]:
        """Read all milestones, ascending by index."""
        return self._db.read(NamedVersion, "ORDER BY changeset_index")

    def successful_checkpoints(self, now: float) -> list[int]:
        """Give the indices of the checkpoints that are ready at `now`, in seconds since 1970, ascending from 0."""
        ready = "SELECT changeset_index FROM checkpoints WHERE state = 'successful' OR ready_at <= ? ORDER BY 1"
        return [index for (index,) in self._db.rows(ready, now)]

    def groups(self, *, skip: int, top: int) -> tuple[list[ChangesetGroup], bool]:
        """Read one page of the synchronisation runs, in the order in which they began, and whether there are more."""
        rows = self._db.read(ChangesetGroup, "ORDER BY rowid LIMIT ? OFFSET ?", top + 1, skip)
        return rows[:top], len(rows) > top

    def file(self, name: str) -> bytes | None:
        """Read a file that somebody uploaded."""
        rows = self._db.rows("SELECT content FROM files WHERE name = ?", name)
        return bytes(rows[0][0]) if rows else None

    def store(self, name: str, content: bytes) -> None:
        """Keep a file."""
        self._db.write("INSERT OR REPLACE INTO files VALUES (?, ?)", name, content)

    def push(self, draft: Callable[[Changeset | None], Changeset]) -> Changeset:
        """Append to the chain what `draft` makes of the last changeset, of which an empty timeline has none.

        Nobody else can push in between.

        Raises
        ------
        BrokenChain
            If the new changeset does not follow the last one: other parent, or an index that is not larger.
        """
        with self._db.transaction():
            head = self.head()
            changeset = draft(head)
            if changeset.parent_id != (head.id if head else ""):
                raise BrokenChain("Newer changesets exist: the parent has to be the last changeset.")
            if changeset.changeset_index <= (head.changeset_index if head else 0):
                raise BrokenChain("The index of a new changeset has to be larger than that of the last one.")
            self._db.write_all(INSERT, [row_of(changeset)])
            self._indices.append(changeset.changeset_index)
            self.kept.forget()
            self.tallies.count(changeset)
            return changeset

    def complete(self, changeset: Changeset) -> Changeset:
        """Note that the file of a changeset has arrived."""
        done = changeset._replace(state="fileUploaded")
        with self._db.transaction():
            self._db.write("UPDATE timeline SET state = ? WHERE changeset_index = ?", done.state, done.changeset_index)
            self.kept.forget()
            self.tallies.count(done)
        return done

    def roll_back(self, count: int) -> None:
        """Take the last changesets away, with all that refers to them, as only an accident does."""
        if not count:
            return
        with self._db.transaction():
            keep = max(len(self) - count, 0)
            last = self._indices[keep - 1] if keep else 0
            for table in ("timeline", "named_versions", "checkpoints", "extended_data", "released_locks"):
                self._db.write(f"DELETE FROM {table} WHERE changeset_index > ?", last)  # noqa: S608 - our own names
            del self._indices[keep:]
            self.tallies = Tallies(self._db)
            self.kept.forget()

    def _range(self, first: int, last: int) -> list[Changeset]:
        return self._db.read(Changeset, "WHERE changeset_index BETWEEN ? AND ? ORDER BY changeset_index", first, last)
