"""The tables of the ledger, one for each kind of record, with the record's fields as columns."""

from typing import NamedTuple

from imodels_hub.ledger.timeline_table import TIMELINE
from imodels_hub.project import records

VERSION = 1
"""Of the tables; a file that another version wrote is not opened."""

SCHEMA = f"""PRAGMA user_version = {VERSION};
{TIMELINE}
CREATE TABLE imodels (
    id TEXT PRIMARY KEY, itwin_id TEXT NOT NULL, name TEXT NOT NULL, description TEXT,
    created_date_time TEXT NOT NULL, creator_id TEXT NOT NULL, data_center_location TEXT NOT NULL
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
CREATE TABLE held_locks (briefcase_id INTEGER NOT NULL, lock_level TEXT NOT NULL, object_ids TEXT NOT NULL);
CREATE TABLE released_locks (changeset_index INTEGER NOT NULL, lock_level TEXT NOT NULL, object_ids TEXT NOT NULL);
CREATE TABLE files (name TEXT PRIMARY KEY, content BLOB NOT NULL);
"""

INDICES = """
CREATE UNIQUE INDEX changeset_ids ON timeline (id);
CREATE UNIQUE INDEX changeset_group_ids ON changeset_groups (id);
"""
"""Built when a project is in, which is faster than keeping them up row by row."""

TABLES: dict[type[NamedTuple], str] = {
    records.IModel: "imodels",
    records.ITwin: "itwins",
    records.User: "users",
    records.Application: "applications",
    records.Changeset: "changesets",
    records.NamedVersion: "named_versions",
    records.Briefcase: "briefcases",
    records.ChangesetGroup: "changeset_groups",
    records.Checkpoint: "checkpoints",
    records.ExtendedData: "extended_data",
    records.HeldLocks: "held_locks",
    records.ReleasedLocks: "released_locks",
}
"""Where the records of each kind are read; the first column is what they are found by."""
