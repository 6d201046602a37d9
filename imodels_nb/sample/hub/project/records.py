"""What the hub keeps: plain records, in the order of the ledger's columns."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple


class User(NamedTuple):
    """Somebody who has touched the iModel; services count."""

    id: str
    given_name: str
    surname: str
    email: str


class Application(NamedTuple):
    """The client application that a changeset or a named version came from."""

    id: str
    name: str


class IModel(NamedTuple):
    """The container that the timeline belongs to."""

    id: str
    itwin_id: str
    name: str
    description: str | None
    created_date_time: str
    creator_id: str
    data_center_location: str


class Changeset(NamedTuple):
    """One push on the timeline.

    Dates are the text that goes over the wire, so that a recorded timeline is served back letter for letter;
    `synchronization_info` is JSON text, and `None` where the API says null.
    """

    changeset_index: int
    id: str
    parent_id: str | None
    description: str | None
    creator_id: str
    push_date_time: str
    state: str
    containing_changes: int
    file_size: int
    briefcase_id: int
    group_id: str | None
    application_id: str | None
    synchronization_info: str | None


class NamedVersion(NamedTuple):
    """A milestone on the timeline; index 0 and no changeset id stand for the baseline."""

    id: str
    name: str
    description: str | None
    changeset_id: str | None
    changeset_index: int
    created_date_time: str
    state: str
    application_id: str | None
    creator_id: str


@dataclass(frozen=True)
class Project:
    """Everything one hub serves: one iModel of one iTwin, and who worked on it.

    Parameters
    ----------
    imodel
        The iModel.
    users
        At least one; the first is the person who signs in on the sample.
    applications
        Every application that a changeset or named version refers to.
    changesets
        The timeline, ascending by index; may be iterated again and again.
    named_versions
        In any order, at most one a changeset.
    """

    imodel: IModel
    users: tuple[User, ...]
    applications: tuple[Application, ...]
    changesets: Collection[Changeset]
    named_versions: tuple[NamedVersion, ...]
