"""What the API promises to send, operation by operation, as Arrow types. Access signatures have no place in it.

Names are those of the API's own pages. A file's link is read where a file is downloaded, and nowhere else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import pyarrow as pa

TIME = pa.timestamp("ns", "UTC")
_ONCE = pa.dictionary(pa.int32(), pa.string())
_LINK = pa.struct([("href", pa.string())])
PAGING_LINKS = pa.struct([("next", _LINK)])
_APPLICATION = pa.struct([("id", pa.string()), ("name", pa.string())])

_CHANGESET = [
    ("id", pa.string()),
    ("displayName", pa.string()),
    ("description", pa.string()),
    ("index", pa.int64()),
    ("parentId", pa.string()),
    ("creatorId", pa.string()),
    ("pushDateTime", TIME),
    ("state", pa.string()),
    ("containingChanges", pa.int64()),
    ("fileSize", pa.int64()),
    ("briefcaseId", pa.int64()),
    ("groupId", pa.string()),
]
_CHANGESET_FULL = [
    *_CHANGESET,
    ("application", _APPLICATION),
    ("synchronizationInfo", pa.struct([("taskId", pa.string()), ("changedFiles", pa.list_(pa.string()))])),
    ("_links", pa.struct([("namedVersion", _LINK), ("currentOrPrecedingCheckpoint", _LINK)])),
]
_NAMED_VERSION = [
    ("id", pa.string()),
    ("name", pa.string()),
    ("description", pa.string()),
    ("changesetId", pa.string()),
    ("changesetIndex", pa.int64()),
    ("createdDateTime", TIME),
    ("state", pa.string()),
    ("application", _APPLICATION),
    ("_links", pa.struct([("creator", _LINK)])),
]
_USER = [
    ("id", pa.string()),
    ("displayName", pa.string()),
    ("givenName", pa.string()),
    ("surname", pa.string()),
    ("email", pa.string()),
    (
        "statistics",
        pa.struct(
            [
                ("pushedChangesetsCount", pa.int64()),
                ("lastChangesetPushDate", TIME),
                ("createdVersionsCount", pa.int64()),
                ("briefcasesCount", pa.int64()),
            ]
        ),
    ),
]
_CHECKPOINT = [("changesetIndex", pa.int64()), ("state", pa.string()), ("size", pa.int64())]
_GROUP = [
    ("id", pa.string()),
    ("description", pa.string()),
    ("state", pa.string()),
    ("creatorId", pa.string()),
    ("createdDateTime", TIME),
]
_IMODEL = [
    ("id", pa.string()),
    ("displayName", pa.string()),
    ("description", pa.string()),
    ("state", pa.string()),
    ("createdDateTime", TIME),
    ("lastChangesetPushDateTime", TIME),
    ("iTwinId", pa.string()),
    ("dataCenterLocation", pa.string()),
]
_ITWIN = [
    ("id", pa.string()),
    ("displayName", pa.string()),
    ("number", pa.string()),
    ("class", pa.string()),
    ("subClass", pa.string()),
    ("type", pa.string()),
    ("status", pa.string()),
]
_DOWNLOAD = [*_CHANGESET, ("_links", pa.struct([("download", _LINK)]))]


Rows: TypeAlias = pa.Table
"""Many rows under the API's own names."""


@dataclass(frozen=True)
class Collection:
    """What one operation of the API promises: the name of what it sends, its rows, and what may not be null in them.

    With ``many=False`` it is one object instead of an array of them. Texts that are `repeated` in many rows are kept
    once: of a million changesets that saves a third of the memory.
    """

    name: str
    row: pa.StructType
    required: tuple[str, ...]
    many: bool = True
    repeated: tuple[str, ...] = ()

    @property
    def page(self) -> pa.Schema:
        """The schema of a whole answer."""
        rows = pa.list_(self.row) if self.many else self.row
        return pa.schema([(self.name, rows), ("_links", PAGING_LINKS)])

    @property
    def rows(self) -> pa.Schema:
        """The schema of rows that have been decoded."""
        return pa.schema([(field.name, _ONCE if field.name in self.repeated else field.type) for field in self.row])


_REQUIRED = ("id", "index", "creatorId", "pushDateTime", "state", "containingChanges", "fileSize", "briefcaseId")
_REPEATED = ("creatorId", "groupId", "state")
CHANGESETS = Collection("changesets", pa.struct(_CHANGESET), _REQUIRED, repeated=_REPEATED)
CHANGESETS_FULL = Collection("changesets", pa.struct(_CHANGESET_FULL), _REQUIRED, repeated=_REPEATED)
NAMED_VERSIONS = Collection(
    "namedVersions", pa.struct(_NAMED_VERSION), ("id", "name", "changesetIndex", "createdDateTime", "state")
)
CHANGESET_FULL = Collection("changeset", pa.struct(_CHANGESET_FULL), _REQUIRED, many=False)
CHANGESET_FILE = Collection("changeset", pa.struct(_DOWNLOAD), _REQUIRED, many=False)
USERS = Collection("users", pa.struct(_USER), ("id",))
CHECKPOINT = Collection("checkpoint", pa.struct(_CHECKPOINT), ("changesetIndex", "state"), many=False)
CHANGESET_GROUPS = Collection("changesetGroups", pa.struct(_GROUP), ("id", "state"))
IMODELS = Collection("iModels", pa.struct(_IMODEL), ("id",))
ITWINS = Collection("iTwins", pa.struct(_ITWIN), ("id",))


def joined(tables: Sequence[Rows]) -> Rows:
    """Put the changesets of several iModels, or of none, into one table."""
    table: Rows = pa.concat_tables([CHANGESETS.rows.empty_table(), *tables])
    return table
