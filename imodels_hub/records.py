"""Records of a hub: one named tuple for each table."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class ITwin(NamedTuple):
    """A project, an asset, or the account that owns them."""

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
    """A person or a service that has worked on the iModel."""

    id: str
    given_name: str
    surname: str
    email: str


class Application(NamedTuple):
    """The client application of a changeset or a named version."""

    id: str
    name: str


class IModel(NamedTuple):
    """The container of a timeline; its extent is JSON text, or `None` for null."""

    id: str
    itwin_id: str
    name: str
    description: str | None
    created_date_time: str
    creator_id: str
    data_center_location: str
    extent: str | None = None
    containers_enabled: int = 0


class Origin(NamedTuple):
    """The iModel that another is a clone or a fork of.

    `changeset_id` is that of the last changeset in both; the baseline has "". Only a fork has a `relationship_id`.
    """

    imodel_id: str
    changeset_id: str
    relationship_id: str | None = None


class MarkedIModel(NamedTuple):
    """An iModel on a list of a user: ``favorites`` or ``recents``.

    On the lists ``favorite iTwins`` and ``recent iTwins``, `imodel_id` is the id of an iTwin.
    """

    list_name: str
    user_id: str
    imodel_id: str


class BaselineFile(NamedTuple):
    """The file of an iModel before its first changeset."""

    id: str
    size: int
    state: str
    creator_id: str


class Changeset(NamedTuple):
    """One push on the timeline.

    Dates are text in the form of the API, so that a recorded timeline is served letter for letter.
    `synchronization_info` is JSON text, or `None` for null.
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
    """A named version; one of the baseline has index 0 and no changeset id."""

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
    """One synchronization run; its changesets refer to it."""

    id: str
    description: str | None
    state: str
    creator_id: str
    created_date_time: str


class Checkpoint(NamedTuple):
    """The whole iModel as a file, as of one changeset; index 0 is the baseline.

    A scheduled checkpoint is successful from `ready_at` on, in seconds since 1970.
    """

    changeset_index: int
    state: str
    size: int
    ready_at: float | None = None


class ExtendedData(NamedTuple):
    """JSON text in base64 that an application adds to a changeset."""

    changeset_index: int
    data: str


class Lock(NamedTuple):
    """The lock of one briefcase on one object, shared or exclusive."""

    object_id: str
    briefcase_id: int
    lock_level: str


class ReleasedLocks(NamedTuple):
    """The locks that one changeset released at one level; object ids as JSON text."""

    changeset_index: int
    lock_level: str
    object_ids: str


class PlantedAnomaly(NamedTuple):
    """An anomaly that a synthetic timeline contains.

    Parameters
    ----------
    name
        Name of the anomaly, such as ``"schema storm"``.
    first_index, last_index
        Its index range, both inclusive.
    sentence
        One sentence about it.
    """

    name: str
    first_index: int
    last_index: int
    sentence: str


@dataclass(frozen=True)
class Project:
    """One iModel of one iTwin, with all that belongs to it.

    Parameters
    ----------
    imodel
        The iModel.
    users
        At least one; the first is the sample's user.
    applications
        Every application of a changeset or named version.
    changesets
        The timeline, ascending by index; can be iterated repeatedly.
    named_versions
        In any order, at most one a changeset.
    baseline
        The file before the first changeset; by default one that is generated.
    origin
        The iModel that this one is a clone or a fork of.
    itwins
        Every iTwin of its users.
    briefcases, groups, checkpoints, extended_data, locks, released_locks
        The other records of the iModel, without the checkpoint of the baseline.
    anomalies
        Anomalies of the timeline.
    files
        Files by their name, such as ``<id>.cs`` and ``baseline.bim``. Others are generated from their name.
    """

    imodel: IModel
    users: tuple[User, ...]
    applications: tuple[Application, ...]
    changesets: Collection[Changeset]
    named_versions: tuple[NamedVersion, ...]
    baseline: BaselineFile | None = None
    origin: Origin | None = None
    itwins: tuple[ITwin, ...] = ()
    briefcases: tuple[Briefcase, ...] = ()
    groups: Collection[ChangesetGroup] = ()
    checkpoints: tuple[Checkpoint, ...] = ()
    extended_data: tuple[ExtendedData, ...] = ()
    locks: tuple[Lock, ...] = ()
    released_locks: tuple[ReleasedLocks, ...] = ()
    anomalies: tuple[PlantedAnomaly, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)
