"""The tallies: how much everybody pushed, kept up with every push instead of counted for every question."""

from collections import Counter

from imodels_nb.sample.hub.ledger.database import Database
from imodels_nb.sample.hub.project.records import Changeset

_COUNT = """
SELECT creator_id, count(*), max(changeset_index), push_date_time FROM changesets
WHERE state = 'fileUploaded' GROUP BY creator_id
"""
_APPLICATIONS = "SELECT DISTINCT application_id, creator_id FROM changesets WHERE application_id IS NOT NULL"


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
        for creator_id, count, _, push_date_time in db.rows(_COUNT):
            self._pushed[creator_id] = count
            self._last[creator_id] = push_date_time
        self._applications = dict.fromkeys(db.rows(_APPLICATIONS))

    def count(self, changeset: Changeset) -> None:
        """Add a changeset, if its file is there."""
        if changeset.state == "fileUploaded":
            self._pushed[changeset.creator_id] += 1
            self._last[changeset.creator_id] = changeset.push_date_time
            if changeset.application_id:
                self._applications[changeset.application_id, changeset.creator_id] = None

    def pushed(self, user_id: str) -> int:
        """Tell how many changesets somebody pushed."""
        return self._pushed[user_id]

    def last_push(self, user_id: str) -> str | None:
        """Tell when somebody last pushed."""
        return self._last.get(user_id)

    def applications(self, user_id: str) -> list[str]:
        """Name the applications that somebody pushed from, by their ids."""
        return sorted(application for application, creator in self._applications if creator == user_id)
