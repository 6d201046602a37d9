"""SQL schema of the database: one table for each kind of record.

A million changesets share a few texts. A field of `timeline` may therefore hold the number of a text in `texts` in
place of the text. An id is kept as bytes if it is hexadecimal, a parent that is the preceding changeset as 0, and a
date as milliseconds since 1970. A value that is inserted as text stays text. The view `changesets` shows all as text.
"""

import re
from typing import NamedTuple

from imodels_hub import records
from imodels_hub.records import Changeset

VERSION = 3
"""Version of the schema; a file of another version is not opened."""

_HEXADECIMAL = re.compile("(?:[0-9a-f]{2})+")


def encode_id(changeset_id: str) -> bytes | str:
    """Encode an id as `timeline` holds it."""
    return bytes.fromhex(changeset_id) if _HEXADECIMAL.fullmatch(changeset_id) else changeset_id


def encode_changeset(changeset: Changeset) -> tuple[object, ...]:
    """Encode a changeset as a row of `timeline`, all as text but for its id."""
    return changeset.changeset_index, encode_id(changeset.id), *changeset[2:], None


def _select_text(column: str) -> str:
    return f"iif(typeof({column}) = 'integer', (SELECT text FROM texts WHERE number = {column}), {column})"


def _select_id(table: str) -> str:
    return f"iif(typeof({table}.id) = 'blob', lower(hex({table}.id)), {table}.id)"


def _select_date(column: str) -> str:
    """Format milliseconds since 1970 as the service does, without trailing zeros."""
    decimals = f"rtrim(rtrim(printf('.%03d', {column} % 1000), '0'), '.')"
    text = f"strftime('%Y-%m-%dT%H:%M:%S', {column} / 1000, 'unixepoch') || {decimals} || 'Z'"
    return f"iif(typeof({column}) = 'integer', {text}, {column})"


_PRECEDING_ID = f"""(
    SELECT {_select_id("earlier")} FROM timeline AS earlier WHERE earlier.changeset_index < timeline.changeset_index
    ORDER BY earlier.changeset_index DESC LIMIT 1
)"""
_SYNCHRONIZATION = f"""
    '{{"taskId": "' || {_select_text("synchronization_info")} ||
    '", "changedFiles": ' || {_select_text("changed_files")} || '}}'
"""

SCHEMA = f"""PRAGMA user_version = {VERSION};
CREATE TABLE texts (number INTEGER PRIMARY KEY, text TEXT);
CREATE TABLE timeline (
    changeset_index INTEGER PRIMARY KEY, id NOT NULL, parent_id, description, creator_id NOT NULL,
    push_date_time NOT NULL, state NOT NULL, containing_changes INTEGER NOT NULL, file_size INTEGER NOT NULL,
    briefcase_id INTEGER NOT NULL, group_id, application_id, synchronization_info, changed_files
);
CREATE VIEW changesets AS SELECT
    changeset_index,
    {_select_id("timeline")} AS id,
    iif(typeof(parent_id) = 'integer', coalesce({_PRECEDING_ID}, ''), parent_id) AS parent_id,
    {_select_text("description")} AS description,
    {_select_text("creator_id")} AS creator_id,
    {_select_date("push_date_time")} AS push_date_time,
    {_select_text("state")} AS state,
    containing_changes, file_size, briefcase_id,
    {_select_text("group_id")} AS group_id,
    {_select_text("application_id")} AS application_id,
    iif(typeof(synchronization_info) = 'integer', {_SYNCHRONIZATION}, synchronization_info) AS synchronization_info
FROM timeline;
CREATE TABLE imodels (
    id TEXT PRIMARY KEY, itwin_id TEXT NOT NULL, name TEXT NOT NULL, description TEXT,
    created_date_time TEXT NOT NULL, creator_id TEXT NOT NULL, data_center_location TEXT NOT NULL, extent TEXT,
    containers_enabled INTEGER NOT NULL
);
CREATE TABLE baseline_files (
    id TEXT PRIMARY KEY, size INTEGER NOT NULL, state TEXT NOT NULL, creator_id TEXT NOT NULL
);
CREATE TABLE origins (imodel_id TEXT PRIMARY KEY, changeset_id TEXT NOT NULL, relationship_id TEXT);
CREATE TABLE marked_imodels (
    list_name TEXT NOT NULL, user_id TEXT NOT NULL, imodel_id TEXT NOT NULL, PRIMARY KEY (list_name, user_id, imodel_id)
);
CREATE TABLE itwins (
    id TEXT PRIMARY KEY, itwin_class TEXT NOT NULL, sub_class TEXT NOT NULL, type TEXT, number TEXT NOT NULL,
    display_name TEXT NOT NULL, status TEXT NOT NULL, account_id TEXT NOT NULL, created_date_time TEXT NOT NULL
);
CREATE TABLE users (
    id TEXT PRIMARY KEY, given_name TEXT NOT NULL, surname TEXT NOT NULL, email TEXT NOT NULL
);
CREATE TABLE applications (id TEXT PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE named_versions (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT, changeset_id TEXT,
    changeset_index INTEGER NOT NULL UNIQUE, created_date_time TEXT NOT NULL, state TEXT NOT NULL,
    application_id TEXT, creator_id TEXT NOT NULL
);
CREATE TABLE briefcases (
    briefcase_id INTEGER PRIMARY KEY, owner_id TEXT NOT NULL, acquired_date_time TEXT NOT NULL,
    file_size INTEGER NOT NULL, device_name TEXT, application_id TEXT
);
CREATE TABLE changeset_groups (
    id TEXT NOT NULL, description TEXT, state TEXT NOT NULL, creator_id TEXT NOT NULL, created_date_time TEXT NOT NULL
);
CREATE TABLE checkpoints (
    changeset_index INTEGER PRIMARY KEY, state TEXT NOT NULL, size INTEGER NOT NULL, ready_at REAL
);
CREATE TABLE extended_data (changeset_index INTEGER PRIMARY KEY, data TEXT NOT NULL);
CREATE TABLE released_briefcases (briefcase_id INTEGER PRIMARY KEY);
CREATE TABLE locks (
    object_id TEXT NOT NULL, briefcase_id INTEGER NOT NULL, lock_level TEXT NOT NULL,
    PRIMARY KEY (object_id, briefcase_id)
);
CREATE TABLE object_changes (object_id TEXT PRIMARY KEY, changeset_index INTEGER NOT NULL);
CREATE TABLE released_locks (changeset_index INTEGER NOT NULL, lock_level TEXT NOT NULL, object_ids TEXT NOT NULL);
CREATE TABLE blocks (
    name TEXT NOT NULL, block_id TEXT NOT NULL, content BLOB NOT NULL, PRIMARY KEY (name, block_id)
);
CREATE TABLE files (name TEXT PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE deleted_imodels (id TEXT PRIMARY KEY);
"""

INDEXES = """
CREATE UNIQUE INDEX changeset_ids ON timeline (id);
CREATE UNIQUE INDEX changeset_group_ids ON changeset_groups (id);
"""
"""Indexes, built after a project is loaded, which is faster than updating them row by row."""

TABLES: dict[type[NamedTuple], str] = {
    records.IModel: "imodels",
    records.BaselineFile: "baseline_files",
    records.Origin: "origins",
    records.MarkedIModel: "marked_imodels",
    records.ITwin: "itwins",
    records.User: "users",
    records.Application: "applications",
    records.Changeset: "changesets",
    records.NamedVersion: "named_versions",
    records.Briefcase: "briefcases",
    records.ChangesetGroup: "changeset_groups",
    records.Checkpoint: "checkpoints",
    records.ExtendedData: "extended_data",
    records.Lock: "locks",
    records.ReleasedLocks: "released_locks",
}
"""Table or view of each kind of record; its first column is the key."""

INSERT_CHANGESET = f"INSERT INTO timeline VALUES ({', '.join('?' * (len(Changeset._fields) + 1))})"
"""Statement that adds a changeset: its fields, and its changed files."""

COUNT_PUSHES = f"""
SELECT
    {_select_text("creator_id")}, {_select_text("application_id")},
    pushed, last, {_select_date("push_date_time")}
FROM (
    SELECT creator_id, application_id, state, count(*) AS pushed, max(changeset_index) AS last, push_date_time
    FROM timeline GROUP BY creator_id, application_id, state
) WHERE {_select_text("state")} = 'fileUploaded' ORDER BY last
"""
"""Query of the uploaded changesets by creator and application: number, last index, and date of the last."""
