"""How a project comes into the ledger that serves it."""

from collections.abc import Iterable

from imodels_hub.ledger.database import Database
from imodels_hub.ledger.schema import INDICES, SCHEMA
from imodels_hub.ledger.timeline_table import INSERT, row_of
from imodels_hub.project.records import (
    Application,
    Briefcase,
    Changeset,
    ChangesetGroup,
    Checkpoint,
    ExtendedData,
    HeldLocks,
    IModel,
    ITwin,
    NamedVersion,
    Project,
    ReleasedLocks,
    User,
)
from imodels_hub.project.telling import Telling
from imodels_hub.project.timeline import Timeline

_BASELINE = Checkpoint(0, "successful", 1_253_376)


def take_in(db: Database, project: Project) -> None:
    """Write all of a project, or nothing, so that a start that was cut off leaves no half a ledger."""
    with db.transaction():
        db.script(SCHEMA)
        _take_in_timeline(db, project.changesets)
        db.insert(IModel, [project.imodel])
        db.insert(ITwin, project.itwins)
        db.insert(User, project.users)
        db.insert(Application, project.applications)
        db.insert(NamedVersion, project.named_versions)
        db.insert(Briefcase, project.briefcases)
        db.insert(ChangesetGroup, project.groups)
        db.insert(Checkpoint, [_BASELINE, *project.checkpoints])
        db.insert(ExtendedData, project.extended_data)
        db.insert(HeldLocks, project.held_locks)
        db.insert(ReleasedLocks, project.released_locks)
        db.script(INDICES)


def _take_in_timeline(db: Database, changesets: Iterable[Changeset]) -> None:
    """Write a drawn timeline in its fewest bytes, which is three times as fast, and any other as it is."""
    if isinstance(changesets, Timeline):
        telling = Telling(changesets)
        db.write_all("INSERT INTO texts VALUES (?, ?)", enumerate(telling.texts))
        db.write_all(INSERT, changesets.packed(telling))
    else:
        db.write_all(INSERT, map(row_of, changesets))
