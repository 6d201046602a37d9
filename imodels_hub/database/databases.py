"""The databases of all iModels of a hub, in memory or in files."""

import glob
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Self
from uuid import UUID

from imodels_hub.database.imodel_database import IModelDatabase
from imodels_hub.database.tables import MEMORY, Tables
from imodels_hub.records import ITwin, MarkedIModel, Project, User


class Databases:
    """The databases of all iModels of a hub; a context manager.

    With a file, the main project has its database in that file. Each other iModel has one in a file beside it, whose
    name ends with the id of the iModel. A change is in these files before its client gets the response.

    Parameters
    ----------
    project
        The main project. Its database also has the ids of deleted iModels, so it stays open if it is deleted itself.
    neighbors
        Further projects.
    path
        The file; `None` keeps all databases in memory.

    Attributes
    ----------
    main : IModelDatabase
        The database of the main project, with iTwins, users and applications.
    by_imodel : dict
        The database of each iModel that exists, by its id.

    Raises
    ------
    ValueError
        If a file is in use, is damaged, or holds something else.
    """

    def __init__(self, project: Project, neighbors: Sequence[Project] = (), path: Path | None = None) -> None:
        self._project = project
        self._path = path
        with ExitStack() as undo:
            self.main = undo.enter_context(closing(IModelDatabase(project, MEMORY if path is None else str(path))))
            others = [undo.enter_context(closing(database)) for database in self._open_others(neighbors)]
            self._resources = undo.pop_all()
        deleted = self.main.read_deleted_imodels()
        self.by_imodel = {
            database.imodel.id: database for database in (self.main, *others) if database.imodel.id not in deleted
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all databases."""
        self._resources.close()

    def create(self, project: Project) -> IModelDatabase:
        """Add an iModel."""
        database = self._open(project)
        self._resources.enter_context(closing(database))
        self.by_imodel[project.imodel.id] = database
        return database

    def delete(self, imodel_id: str) -> None:
        """Delete an iModel; the database of the main project stays open."""
        self.main.add_deleted_imodel(imodel_id)
        database = self.by_imodel.pop(imodel_id)
        if database is not self.main:
            database.delete()

    def add_mark(self, mark: MarkedIModel, limit: int | None = None) -> None:
        """Add an iModel to a list of a user; only the newest `limit` stay."""
        with self.main.transaction():
            self.remove_mark(mark)
            self.main.insert(MarkedIModel, [mark])
            for old in self.read_marks(mark.list_name, mark.user_id)[limit:] if limit else []:
                self.remove_mark(old)

    def remove_mark(self, mark: MarkedIModel) -> None:
        """Remove an iModel from a list of a user."""
        self.main.write("DELETE FROM marked_imodels WHERE list_name = ? AND user_id = ? AND imodel_id = ?", *mark)

    def read_marks(self, list_name: str, user_id: str) -> list[MarkedIModel]:
        """Read a list of a user, the newest first."""
        clause = "WHERE list_name = ? AND user_id = ? ORDER BY rowid DESC"
        return self.main.read_all(MarkedIModel, clause, list_name, user_id)

    def find_user(self, user_id: str) -> User | None:
        """Find a user of any iModel."""
        return next((database.users[user_id] for database in self._read_from() if user_id in database.users), None)

    def read_itwins(self) -> dict[str, ITwin]:
        """Read every iTwin, by id."""
        return {row.id: row for database in self._read_from() for row in database.read_all(ITwin)}

    def _read_from(self) -> tuple[IModelDatabase, ...]:
        return (self.main, *self.by_imodel.values())

    def _open_others(self, neighbors: Sequence[Project]) -> Iterator[IModelDatabase]:
        deleted = self.main.read_deleted_imodels()
        known = [project for project in neighbors if project.imodel.id not in deleted]
        for project in known:
            yield self._open(project)
        for file in self._find_files({project.imodel.id for project in known}, deleted):
            yield IModelDatabase(self._project, str(file))

    def _open(self, project: Project) -> IModelDatabase:
        if self._path is None:
            return IModelDatabase(project)
        return IModelDatabase(project, f"{self._path}.{project.imodel.id}")

    def _find_files(self, known: set[str], deleted: set[str]) -> Iterator[Path]:
        """Find the files of iModels that clients created, and delete those of no iModel.

        A hub that is killed leaves a file without tables if it was creating an iModel, and a file of a deleted iModel
        if it was deleting one.
        """
        if self._path is None:
            return
        for file in sorted(self._path.parent.glob(f"{glob.escape(self._path.name)}.*")):
            imodel_id = file.name.removeprefix(f"{self._path.name}.")
            if not _is_guid(imodel_id) or imodel_id in known:
                continue
            tables = Tables(str(file))
            if tables.is_new or imodel_id in deleted:
                tables.delete()
            else:
                tables.close()
                yield file


def _is_guid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
