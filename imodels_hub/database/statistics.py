"""Statistics of users, updated with every push."""

from collections import Counter

from imodels_hub.database.schema import COUNT_PUSHES
from imodels_hub.database.tables import Tables
from imodels_hub.records import Changeset


class UserStatistics:
    """Number and dates of uploaded changesets, by creator.

    Parameters
    ----------
    tables
        The tables with the timeline.
    """

    def __init__(self, tables: Tables) -> None:
        self._pushed: Counter[str] = Counter()
        self._last_push: dict[str, str] = {}
        self._applications: dict[tuple[str, str], None] = {}
        for creator_id, application_id, count, _, push_date_time in tables.read_rows(COUNT_PUSHES):
            self._add(creator_id, application_id, count, push_date_time)

    def add(self, changeset: Changeset) -> None:
        """Add a changeset, if its file is uploaded."""
        if changeset.state == "fileUploaded":
            self._add(changeset.creator_id, changeset.application_id, 1, changeset.push_date_time)

    def _add(self, creator_id: str, application_id: str | None, count: int, push_date_time: str) -> None:
        self._pushed[creator_id] += count
        self._last_push[creator_id] = push_date_time
        if application_id:
            self._applications[application_id, creator_id] = None

    def count_pushes(self, user_id: str) -> int:
        """Return the number of changesets that a user pushed."""
        return self._pushed[user_id]

    def find_last_push(self, user_id: str) -> str | None:
        """Return the date of a user's last push."""
        return self._last_push.get(user_id)

    def list_applications(self, user_id: str) -> list[str]:
        """Return the ids of the applications that a user pushed from."""
        return sorted(application for application, creator in self._applications if creator == user_id)
