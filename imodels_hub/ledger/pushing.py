"""A push as it happens: the changeset that somebody adds to the timeline just now."""

from dataclasses import dataclass

from imodels_hub.project.identifiers import changeset_id
from imodels_hub.project.moments import text_of_time
from imodels_hub.project.records import Changeset

_BRIEFCASE = 2


@dataclass(frozen=True)
class Push:
    """What is pushed.

    Parameters
    ----------
    description, containing_changes, file_size, state
        As in the changeset.
    gap
        How many numbers of the index it leaves out.
    """

    description: str | None = "Pushed to the sample"
    containing_changes: int = 0
    file_size: int = 20_000
    state: str = "fileUploaded"
    gap: int = 0

    def onto(self, head: Changeset | None, creator_id: str, application_id: str | None, now: float) -> Changeset:
        """Give the changeset that follows `head`, pushed by somebody at `now`, in seconds since 1970."""
        index = (head.changeset_index if head else 0) + 1 + self.gap
        parent = head.id if head else ""
        moment = text_of_time(now)
        return Changeset(
            changeset_index=index,
            id=changeset_id(parent, f"{index}/{moment}/{self}"),
            parent_id=parent,
            description=self.description,
            creator_id=creator_id,
            push_date_time=moment,
            state=self.state,
            containing_changes=self.containing_changes,
            file_size=self.file_size,
            briefcase_id=head.briefcase_id if head else _BRIEFCASE,
            group_id=None,
            application_id=application_id,
            synchronization_info=None,
        )
