"""What the hub keeps: plain records, in the order of the ledger's columns."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple


class ITwin(NamedTuple):
    """What iModels belong to: a project, an asset, or the account that owns them."""

    id: str
    itwin_class: str
    sub_class: str
    type: str | None
    number: str
    display_name: str
    status: str
    account_id: str
    created_date_time: str


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


class Briefcase(NamedTuple):
    """A numbered copy of the iModel, from which its owner pushes."""

    briefcase_id: int
    owner_id: str
    acquired_date_time: str
    file_size: int
    device_name: str | None
    application_id: str | None


class ChangesetGroup(NamedTuple):
    """One synchronisation run; its changesets point to it."""

    id: str
    description: str | None
    state: str
    creator_id: str
    created_date_time: str


class Checkpoint(NamedTuple):
    """The whole iModel as a file, as of one changeset; index 0 is the baseline.

    One that is scheduled is successful from `ready_at` on, in seconds since 1970; `None` never.
    """

    changeset_index: int
    state: str
    size: int
    ready_at: float | None = None


class ExtendedData(NamedTuple):
    """What an application noted beside a changeset: JSON text in base64."""

    changeset_index: int
    data: str


class HeldLocks(NamedTuple):
    """The locks that one briefcase holds at one level; object ids as JSON text."""

    briefcase_id: int
    lock_level: str
    object_ids: str


class ReleasedLocks(NamedTuple):
    """The locks that one changeset released at one level; object ids as JSON text."""

    changeset_index: int
    lock_level: str
    object_ids: str


class Story(NamedTuple):
    """Something that was planted in a synthetic timeline, for others to find.

    Parameters
    ----------
    name
        What kind of story it is, such as ``"schema storm"``.
    first_index, last_index
        Where it happens, both inclusive.
    sentence
        What happened, for a person to read.
    """

    name: str
    first_index: int
    last_index: int
    sentence: str


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
    itwins
        Every iTwin that its users can see.
    briefcases, groups, checkpoints, extended_data, held_locks, released_locks
        What else the iModel holds. The baseline's checkpoint goes without saying.
    stories
        What was planted in the timeline.
    """

    imodel: IModel
    users: tuple[User, ...]
    applications: tuple[Application, ...]
    changesets: Collection[Changeset]
    named_versions: tuple[NamedVersion, ...]
    itwins: tuple[ITwin, ...] = ()
    briefcases: tuple[Briefcase, ...] = ()
    groups: Collection[ChangesetGroup] = ()
    checkpoints: tuple[Checkpoint, ...] = ()
    extended_data: tuple[ExtendedData, ...] = ()
    held_locks: tuple[HeldLocks, ...] = ()
    released_locks: tuple[ReleasedLocks, ...] = ()
    stories: tuple[Story, ...] = ()
