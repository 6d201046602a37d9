"""Arrow schemas of the responses of each operation of the API.

The names are those of the API's own pages. Signed links are left out, except in :data:`CHANGESET_FILE`,
:data:`CHECKPOINT_FILE` and :data:`BASELINE_FILE`, which are used to download a file.
"""

from dataclasses import dataclass

import pyarrow as pa

TIME = pa.timestamp("ns", "UTC")
"""Type of a time. The API sends up to seven digits of a second."""

_DICTIONARY = pa.dictionary(pa.int32(), pa.string())
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
                ("lastAccessTime", TIME),
                ("applications", pa.list_(pa.struct([("name", pa.string()), ("ownsLocks", pa.bool_())]))),
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
_CORNER = pa.struct([("latitude", pa.float64()), ("longitude", pa.float64())])
_IMODEL = [
    ("id", pa.string()),
    ("displayName", pa.string()),
    ("description", pa.string()),
    ("state", pa.string()),
    ("createdDateTime", TIME),
    ("lastChangesetPushDateTime", TIME),
    ("iTwinId", pa.string()),
    ("dataCenterLocation", pa.string()),
    ("extent", pa.struct([("southWest", _CORNER), ("northEast", _CORNER)])),
    ("containersEnabled", pa.int64()),
]
_ORIGIN = pa.struct([("iModelId", pa.string()), ("changesetId", pa.string())])
_CREATE_OPERATION = [("state", pa.string()), ("clonedFrom", _ORIGIN), ("forkedFrom", _ORIGIN)]
_BRIEFCASE = [
    ("briefcaseId", pa.int64()),
    ("ownerId", pa.string()),
    ("acquiredDateTime", TIME),
    ("fileSize", pa.int64()),
    ("deviceName", pa.string()),
    ("application", _APPLICATION),
]
_LOCK = [
    ("briefcaseId", pa.int64()),
    ("lockedObjects", pa.list_(pa.struct([("lockLevel", pa.string()), ("objectIds", pa.list_(pa.string()))]))),
]
_EXTENDED_DATA = [("changesetId", pa.string()), ("changesetIndex", pa.int64()), ("data", pa.string())]
_ITWIN = [
    ("id", pa.string()),
    ("displayName", pa.string()),
    ("number", pa.string()),
    ("class", pa.string()),
    ("subClass", pa.string()),
    ("type", pa.string()),
    ("status", pa.string()),
]
_BASELINE = [
    ("id", pa.string()),
    ("fileSize", pa.int64()),
    ("state", pa.string()),
    ("_links", pa.struct([("download", _LINK)])),
]
_CHECKPOINT_FILE = [*_CHECKPOINT, ("changesetId", pa.string()), ("_links", pa.struct([("download", _LINK)]))]
_DOWNLOAD = [*_CHANGESET, ("_links", pa.struct([("download", _LINK)]))]


@dataclass(frozen=True)
class ResponseSchema:
    """The schema of the response of an operation.

    Parameters
    ----------
    name
        Name of the array or the object that the response contains.
    row_type
        Type of a row: a struct, or that of the only column, which then has the name of the array.
    required
        Columns that have no nulls.
    is_list
        Whether the response contains an array of rows, or one row.
    key
        Column that identifies a row of a list; ``None`` if only the whole row does.
    dictionary_columns
        Columns with few different texts, each of which is stored once. That saves a third of the memory of a million
        changesets.
    """

    name: str
    row_type: pa.DataType
    required: tuple[str, ...]
    is_list: bool = True
    key: str | None = "id"
    dictionary_columns: tuple[str, ...] = ()

    @property
    def body_schema(self) -> pa.Schema:
        """Schema of a whole response."""
        rows = pa.list_(self.row_type) if self.is_list else self.row_type
        return pa.schema([(self.name, rows), ("_links", PAGING_LINKS)])

    @property
    def row_schema(self) -> pa.Schema:
        """Schema of the decoded rows."""
        if not pa.types.is_struct(self.row_type):
            return pa.schema([(self.name, self.row_type)])
        return pa.schema(
            [
                (field.name, _DICTIONARY if field.name in self.dictionary_columns else field.type)
                for field in self.row_type
            ]
        )


_REQUIRED = ("id", "index", "creatorId", "pushDateTime", "state", "containingChanges", "fileSize", "briefcaseId")
_DICTIONARY_COLUMNS = ("creatorId", "groupId", "state")
CHANGESETS = ResponseSchema("changesets", pa.struct(_CHANGESET), _REQUIRED, dictionary_columns=_DICTIONARY_COLUMNS)
CHANGESETS_FULL = ResponseSchema(
    "changesets", pa.struct(_CHANGESET_FULL), _REQUIRED, dictionary_columns=_DICTIONARY_COLUMNS
)
NAMED_VERSIONS = ResponseSchema(
    "namedVersions", pa.struct(_NAMED_VERSION), ("id", "name", "changesetIndex", "createdDateTime", "state")
)
CHANGESET_FULL = ResponseSchema("changeset", pa.struct(_CHANGESET_FULL), _REQUIRED, is_list=False)
CHANGESET_FILE = ResponseSchema("changeset", pa.struct(_DOWNLOAD), _REQUIRED, is_list=False)
BASELINE_FILE = ResponseSchema("baselineFile", pa.struct(_BASELINE), ("id", "state"), is_list=False)
USERS = ResponseSchema("users", pa.struct(_USER), ("id",))
CHECKPOINT = ResponseSchema("checkpoint", pa.struct(_CHECKPOINT), ("changesetIndex", "state"), is_list=False)
CHECKPOINT_FILE = ResponseSchema("checkpoint", pa.struct(_CHECKPOINT_FILE), ("changesetIndex", "state"), is_list=False)
CHANGESET_GROUPS = ResponseSchema("changesetGroups", pa.struct(_GROUP), ("id", "state"))
IMODELS = ResponseSchema("iModels", pa.struct(_IMODEL), ("id",))
ITWINS = ResponseSchema("iTwins", pa.struct(_ITWIN), ("id",))
IMODEL = ResponseSchema("iModel", pa.struct(_IMODEL), ("id",), is_list=False)
CREATE_OPERATION = ResponseSchema("createOperation", pa.struct(_CREATE_OPERATION), (), is_list=False)
BRIEFCASES = ResponseSchema("briefcases", pa.struct(_BRIEFCASE), ("briefcaseId",), key="briefcaseId")
LOCKS = ResponseSchema("locks", pa.struct(_LOCK), ("briefcaseId", "lockedObjects"), key=None)
EXTENDED_DATA = ResponseSchema(
    "extendedData", pa.struct(_EXTENDED_DATA), ("changesetIndex", "data"), key="changesetIndex"
)
PERMISSIONS = ResponseSchema("permissions", pa.string(), ("permissions",))
