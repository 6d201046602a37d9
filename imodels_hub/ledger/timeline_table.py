"""The table of changesets, in the fewest bytes, and the view that shows them as records.

A million of them share a few texts, so a field may hold the place of its text among `texts` in place of the text; an id
is kept as bytes if it is digits, a parent that is the changeset before as 0, and a moment may be milliseconds since
1970. Whatever comes in as text stays so.
"""

import re

from imodels_hub.project.records import Changeset

_DIGITS = re.compile("(?:[0-9a-f]{2})+")


def _text(column: str) -> str:
    return f"iif(typeof({column}) = 'integer', (SELECT text FROM texts WHERE place = {column}), {column})"


def _digits(table: str) -> str:
    return f"iif(typeof({table}.id) = 'blob', lower(hex({table}.id)), {table}.id)"


def _moment(column: str) -> str:
    """Write milliseconds since 1970 as the service does: with no more decimals than there are."""
    decimals = f"rtrim(rtrim(printf('.%03d', {column} % 1000), '0'), '.')"
    written = f"strftime('%Y-%m-%dT%H:%M:%S', {column} / 1000, 'unixepoch') || {decimals} || 'Z'"
    return f"iif(typeof({column}) = 'integer', {written}, {column})"


_EARLIER = f"""(
    SELECT {_digits("earlier")} FROM timeline AS earlier WHERE earlier.changeset_index < timeline.changeset_index
    ORDER BY earlier.changeset_index DESC LIMIT 1
)"""
_TASK = f"""
    '{{"taskId": "' || {_text("synchronization_info")} || '", "changedFiles": ' || {_text("changed_files")} || '}}'
"""

TIMELINE = f"""
CREATE TABLE texts (place INTEGER PRIMARY KEY, text TEXT);
CREATE TABLE timeline (
    changeset_index INTEGER PRIMARY KEY, id NOT NULL, parent_id, description, creator_id NOT NULL,
    push_date_time NOT NULL, state NOT NULL, containing_changes INTEGER NOT NULL, file_size INTEGER NOT NULL,
    briefcase_id INTEGER NOT NULL, group_id, application_id, synchronization_info, changed_files
);
CREATE VIEW changesets AS SELECT
    changeset_index,
    {_digits("timeline")} AS id,
    iif(typeof(parent_id) = 'integer', coalesce({_EARLIER}, ''), parent_id) AS parent_id,
    {_text("description")} AS description,
    {_text("creator_id")} AS creator_id,
    {_moment("push_date_time")} AS push_date_time,
    {_text("state")} AS state,
    containing_changes, file_size, briefcase_id,
    {_text("group_id")} AS group_id,
    {_text("application_id")} AS application_id,
    iif(typeof(synchronization_info) = 'integer', {_TASK}, synchronization_info) AS synchronization_info
FROM timeline;
"""

INSERT = f"INSERT INTO timeline VALUES ({', '.join('?' * (len(Changeset._fields) + 1))})"
"""Adds a row: a changeset's fields, and its changed files."""

COUNTED = f"""
SELECT {_text("creator_id")}, {_text("application_id")}, pushed, last, {_moment("push_date_time")} FROM (
    SELECT creator_id, application_id, state, count(*) AS pushed, max(changeset_index) AS last, push_date_time
    FROM timeline GROUP BY creator_id, application_id, state
) WHERE {_text("state")} = 'fileUploaded' ORDER BY last
"""
"""How many were uploaded by each creator from each application, which the last of them is, and when that was."""


def kept_id(changeset_id: str) -> bytes | str:
    """Give an id as the table keeps it."""
    return bytes.fromhex(changeset_id) if _DIGITS.fullmatch(changeset_id) else changeset_id


def row_of(changeset: Changeset) -> tuple[object, ...]:
    """Give a changeset as a row, all in plain text but for its id."""
    return changeset.changeset_index, kept_id(changeset.id), *changeset[2:], None
