"""The tallies: how much everybody pushed, kept up with every push instead of counted for every question."""

from collections import Counter

from imodels_hub.ledger.database import Database
from imodels_hub.ledger.timeline_table import COUNTED
from imodels_hub.project.records import Changeset


class Tallies:
    """Uploaded changesets by their creators.

    Parameters
    ----------
    db
        Where the timeline is.
    """

    def __init__(self, db: Database) -> None:
        self._pushed: Counter[str] = Counter()
        self._last: dict[str, str] = {}
        self._applications: dict[tuple[str, str], None] = {}
        for creator_id, application_id, count, _, push_date_time in db.rows(COUNTED):
            self._note(creator_id, application_id, count, push_date_time)

    def _note(self, creator_id: str, application_id: str | None, count: int, push_date_time: str) -> None:
        self._pushed[creator_id] += count
        self._last[creator_id] = push_date_time
        if application_id:
            self._applications[application_id, creator_id] = None

    def count(self, changeset: Changeset) -> None:
        """Add a changeset, if its file is there."""
        if changeset.state == "fileUploaded":
            self._note(changeset.creator_id, changeset.application_id, 1, changeset.push_date_time)

    def pushed(self, user_id: str) -> int:
        """Tell how many changesets somebody pushed."""
        return self._pushed[user_id]

    def last_push(self, user_id: str) -> str | None:
        """Tell when somebody last pushed."""
        return self._last.get(user_id)

    def applications(self, user_id: str) -> list[str]:
        """Name the applications that somebody pushed from, by their ids."""
        return sorted(application for application, creator in self._applications if creator == user_id)
