"""The database of one iModel: its timeline and all records that refer to it."""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from imodels_hub.database.cache import LruCache
from imodels_hub.database.schema import INDEXES, INSERT_CHANGESET, SCHEMA, encode_changeset, encode_id
from imodels_hub.database.statistics import UserStatistics
from imodels_hub.database.tables import MEMORY, Tables
from imodels_hub.generator.timeline import TextTable, Timeline
from imodels_hub.records import (
    Application,
    BaselineFile,
    Briefcase,
    Changeset,
    ChangesetGroup,
    Checkpoint,
    ExtendedData,
    IModel,
    ITwin,
    Lock,
    NamedVersion,
    Origin,
    Project,
    ReleasedLocks,
    User,
)

INITIALIZED = "initialized"
"""State of a baseline file that changesets can follow."""

_GENERATED_BASELINE_SIZE = 1_253_376
_FIRST_BRIEFCASE = 2
_TABLES_WITH_INDEX = ("timeline", "named_versions", "checkpoints", "extended_data", "released_locks", "object_changes")


class BrokenChainError(ValueError):
    """A changeset does not follow the last one."""


class IModelDatabase(Tables):
    """Timeline of an iModel and all records that refer to it, open to pushes.

    All indexes are also held in memory, ascending. So every page takes two lookups in that array and one range of the
    primary key, at any distance from the start.

    Parameters
    ----------
    project
        The content of a new database. Its timeline is not checked; only pushes have to fit.
    path
        A file for the content. If it already has content, that is served instead of `project`.

    Attributes
    ----------
    cache : LruCache
        Values computed from the timeline; cleared when that changes.
    imodel : IModel
        The iModel.
    users : dict
        Users by id.
    applications : dict
        Applications by id.
    statistics : UserStatistics
        Statistics of the users.
    """

    def __init__(self, project: Project, path: str = MEMORY) -> None:
        super().__init__(path)
        self.cache = LruCache()
        if self.is_new:
            self._load_or_close(project)
            self.is_new = False
        self._read_memory()

    def _read_memory(self) -> None:
        """Read what is also held in memory."""
        self._indexes = array("q", self.iterate_numbers("SELECT changeset_index FROM timeline ORDER BY 1"))
        self.imodel = self.read_all(IModel)[0]
        self.users = {user.id: user for user in self.read_all(User)}
        self.applications = {application.id: application for application in self.read_all(Application)}
        self.statistics = UserStatistics(self)
        self.cache.clear()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run a block as one transaction; if it fails, memory is read again, too."""
        with self.lock:
            is_outermost = not self.in_transaction
            try:
                with super().transaction():
                    yield
            except BaseException:
                if is_outermost and not self.is_new:
                    self._read_memory()
                raise

    def __len__(self) -> int:
        return len(self._indexes)

    @property
    def baseline(self) -> BaselineFile:
        """File of the iModel before its first changeset."""
        return self.read_all(BaselineFile)[0]

    @property
    def is_initialized(self) -> bool:
        """Whether the iModel has its baseline file."""
        return self.baseline.state == INITIALIZED

    def complete_baseline(self) -> None:
        """Record that the baseline file is uploaded."""
        baseline = self.baseline._replace(state=INITIALIZED)
        with self.transaction():
            self.update(BaselineFile, baseline)
            self.insert(Checkpoint, [Checkpoint(0, "successful", baseline.size)])

    def update_imodel(self, imodel: IModel) -> None:
        """Update the name, the description or the extent of the iModel."""
        self.update(IModel, imodel)
        self.imodel = imodel

    def read_deleted_imodels(self) -> set[str]:
        """Read the ids of the iModels of the hub that clients deleted."""
        return {imodel_id for (imodel_id,) in self.read_rows("SELECT id FROM deleted_imodels")}

    def add_deleted_imodel(self, imodel_id: str) -> None:
        """Record that a client deleted an iModel of the hub."""
        self.write("INSERT OR IGNORE INTO deleted_imodels VALUES (?)", imodel_id)

    def add_user(self, user: User) -> None:
        """Add a user, unless the user is there already."""
        with self.lock:
            if user.id not in self.users:
                self.insert(User, [user])
                self.users[user.id] = user

    @property
    def own_application_id(self) -> str | None:
        """Id of the application that clients of the hub are recorded as."""
        return next(reversed(self.applications), None)

    def read_changesets(
        self, after: int = 0, last: int | None = None, *, skip: int = 0, top: int = 1000, is_descending: bool = False
    ) -> tuple[list[Changeset], bool]:
        """Read one page of the range ``after < index <= last``.

        Returns
        -------
        rows
            At most `top` changesets, in the requested order.
        has_more
            Whether changesets of the range follow.
        """
        with self.lock:
            start = bisect_right(self._indexes, after)
            end = len(self._indexes) if last is None else bisect_right(self._indexes, last)
            if is_descending:
                first, stop = max(start, end - skip - top), end - skip
            else:
                first, stop = start + skip, start + skip + top
            page = self._indexes[first : max(first, min(stop, end))]
            rows = self._read_range(page[0], page[-1]) if page else []
        return (rows[::-1], first > start) if is_descending else (rows, stop < end)

    def _read_range(self, first: int, last: int) -> list[Changeset]:
        return self.read_all(Changeset, "WHERE changeset_index BETWEEN ? AND ? ORDER BY changeset_index", first, last)

    def find_changeset(self, id_or_index: str | int) -> Changeset | None:
        """Find one changeset by its id or its index."""
        if isinstance(id_or_index, int):
            rows, _ = self.read_changesets(id_or_index - 1, id_or_index, top=1)
            return rows[0] if rows else None
        found = self.read_rows("SELECT changeset_index FROM timeline WHERE id = ?", encode_id(id_or_index))
        return self.find(Changeset, found[0][0]) if found else None

    def find_tip(self) -> Changeset | None:
        """Find the last changeset."""
        rows, _ = self.read_changesets(top=1, is_descending=True)
        return rows[0] if rows else None

    def read_named_versions(self) -> list[NamedVersion]:
        """Read all named versions, ascending by index."""
        return self.read_all(NamedVersion, "ORDER BY changeset_index")

    def read_checkpoint_indexes(self, now: float) -> list[int]:
        """Read the indexes of the checkpoints that are ready at `now`, ascending from 0."""
        ready = "SELECT changeset_index FROM checkpoints WHERE state = 'successful' OR ready_at <= ? ORDER BY 1"
        return [index for (index,) in self.read_rows(ready, now)]

    def read_groups(self, *, skip: int, top: int) -> tuple[list[ChangesetGroup], bool]:
        """Read one page of the groups in order of start, and whether more follow."""
        rows = self.read_all(ChangesetGroup, "ORDER BY rowid LIMIT ? OFFSET ?", top + 1, skip)
        return rows[:top], len(rows) > top

    def next_briefcase_id(self) -> int:
        """Return the number of a new briefcase, which no briefcase had before."""
        used = (
            "SELECT max(briefcase_id) FROM (SELECT briefcase_id FROM briefcases UNION SELECT briefcase_id FROM "
            "released_briefcases UNION SELECT max(briefcase_id) FROM timeline)"
        )
        ((last,),) = self.read_rows(used)
        return max(last or 0, _FIRST_BRIEFCASE - 1) + 1

    def release_briefcase(self, briefcase_id: int) -> None:
        """Remove a briefcase, its locks and its unfinished push, but keep its number."""
        with self.transaction():
            tip = self.find_tip()
            if tip and tip.state == "waitingForFile" and tip.briefcase_id == briefcase_id:
                self.roll_back(1)
            self.write("DELETE FROM locks WHERE briefcase_id = ?", briefcase_id)
            self.write("DELETE FROM briefcases WHERE briefcase_id = ?", briefcase_id)
            self.write("INSERT OR IGNORE INTO released_briefcases VALUES (?)", briefcase_id)

    def read_locks(self, object_id: str) -> list[Lock]:
        """Read the locks on one object."""
        return self.read_all(Lock, "WHERE object_id = ? ORDER BY briefcase_id", object_id)

    def set_lock(self, lock: Lock) -> None:
        """Set the lock of a briefcase on an object, in the place of an earlier one."""
        self.write("INSERT OR REPLACE INTO locks VALUES (?, ?, ?)", *lock)

    def release_lock(self, lock: Lock, changeset_index: int | None) -> None:
        """Remove a lock; record the changeset with which an exclusive one ends."""
        self.write("DELETE FROM locks WHERE object_id = ? AND briefcase_id = ?", *lock[:2])
        if changeset_index is not None and lock.lock_level == "exclusive":
            self.write("INSERT OR REPLACE INTO object_changes VALUES (?, ?)", lock.object_id, changeset_index)

    def find_last_change(self, object_id: str) -> int:
        """Return the changeset index at which an exclusive lock on an object last ended."""
        rows = self.read_rows("SELECT changeset_index FROM object_changes WHERE object_id = ?", object_id)
        return int(rows[0][0]) if rows else 0

    def read_file(self, name: str) -> bytes | None:
        """Read an uploaded file."""
        rows = self.read_rows("SELECT content FROM files WHERE name = ?", name)
        return bytes(rows[0][0]) if rows else None

    def store_file(self, name: str, content: bytes) -> None:
        """Store an uploaded file."""
        self.write("INSERT OR REPLACE INTO files VALUES (?, ?)", name, content)

    def store_block(self, name: str, block_id: str, content: bytes) -> None:
        """Store a part of a file that is uploaded in blocks."""
        self.write("INSERT OR REPLACE INTO blocks VALUES (?, ?, ?)", name, block_id, content)

    def join_blocks(self, name: str, block_ids: Sequence[str]) -> bytes | None:
        """Join the blocks of a file, and store it; return ``None`` if a block is missing."""
        with self.transaction():
            rows = self.read_rows("SELECT block_id, content FROM blocks WHERE name = ?", name)
            blocks = {block_id: bytes(content) for block_id, content in rows}
            if not blocks.keys() >= set(block_ids):
                return None
            content = b"".join(blocks[block_id] for block_id in block_ids)
            self.store_file(name, content)
            self.write("DELETE FROM blocks WHERE name = ?", name)
        return content

    def push(self, build: Callable[[Changeset | None], Changeset]) -> Changeset:
        """Add a changeset that `build` makes from the last one; other threads wait.

        Raises
        ------
        BrokenChainError
            If the new changeset has another parent, or an index that is not larger.
        """
        with self.transaction():
            tip = self.find_tip()
            changeset = build(tip)
            if changeset.parent_id != (tip.id if tip else ""):
                raise BrokenChainError("Newer changesets exist: the parent has to be the last changeset.")
            if changeset.changeset_index <= (tip.changeset_index if tip else 0):
                raise BrokenChainError("The index of a new changeset has to be larger than that of the last one.")
            self.write_all(INSERT_CHANGESET, [encode_changeset(changeset)])
            self._indexes.append(changeset.changeset_index)
            self.cache.clear()
            self.statistics.add(changeset)
            return changeset

    def complete_push(self, changeset: Changeset) -> Changeset:
        """Record that the file of a changeset is uploaded."""
        completed = changeset._replace(state="fileUploaded")
        with self.transaction():
            statement = "UPDATE timeline SET state = ? WHERE changeset_index = ?"
            self.write(statement, completed.state, completed.changeset_index)
            self.cache.clear()
            self.statistics.add(completed)
        return completed

    def roll_back(self, count: int) -> None:
        """Remove the last changesets and all records that refer to them."""
        if not count:
            return
        with self.transaction():
            length = max(len(self) - count, 0)
            last = self._indexes[length - 1] if length else 0
            for table in _TABLES_WITH_INDEX:
                self.write(f"DELETE FROM {table} WHERE changeset_index > ?", last)  # noqa: S608 - our own names
            del self._indexes[length:]
            self.statistics = UserStatistics(self)
            self.cache.clear()

    def _load_or_close(self, project: Project) -> None:
        try:
            self._load(project)
        except BaseException:
            self.close()
            raise

    def _load(self, project: Project) -> None:
        """Load a project in one transaction, so that a failed start leaves no part of it."""
        with self.transaction():
            self.run_script(SCHEMA)
            self._load_timeline(project.changesets)
            self.insert(IModel, [project.imodel])
            self.insert(ITwin, project.itwins)
            self.insert(User, project.users)
            self.insert(Application, project.applications)
            self.insert(NamedVersion, project.named_versions)
            self.insert(Briefcase, project.briefcases)
            self.insert(ChangesetGroup, project.groups)
            self._load_baseline(project)
            self.insert(Origin, [project.origin] if project.origin else [])
            self.insert(Checkpoint, project.checkpoints)
            self.insert(ExtendedData, project.extended_data)
            self.insert(Lock, project.locks)
            self.insert(ReleasedLocks, project.released_locks)
            self.write_all("INSERT INTO files VALUES (?, ?)", project.files.items())
            self.run_script(INDEXES)

    def _load_baseline(self, project: Project) -> None:
        generated = BaselineFile(project.imodel.id, _GENERATED_BASELINE_SIZE, INITIALIZED, project.imodel.creator_id)
        baseline = project.baseline or generated
        self.insert(BaselineFile, [baseline])
        if baseline.state == INITIALIZED:
            self.insert(Checkpoint, [Checkpoint(0, "successful", baseline.size)])

    def _load_timeline(self, changesets: Iterable[Changeset]) -> None:
        """Load a timeline: a generated one in compact form, any other one as text."""
        if isinstance(changesets, Timeline):
            texts = TextTable(changesets)
            self.write_all("INSERT INTO texts VALUES (?, ?)", enumerate(texts.texts))
            self.write_all(INSERT_CHANGESET, changesets.iterate_compact_rows(texts))
        else:
            self.write_all(INSERT_CHANGESET, map(encode_changeset, changesets))
