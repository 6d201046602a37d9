"""Operations on changesets: lists, single changesets and pushes."""

import json
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from imodels_hub.api.briefcases import find_briefcase, format_application
from imodels_hub.api.errors import (
    Detail,
    build_conflict,
    build_file_not_uploaded,
    build_invalid_request,
    build_not_found,
)
from imodels_hub.api.groups import find_group
from imodels_hub.api.links import MAX_LIFETIME_S, WRITE_FILE, Links, format_changeset_file
from imodels_hub.api.query import CHANGESETS, Query, build_list_response, build_page
from imodels_hub.api.requests import WRITE, ApiRequest
from imodels_hub.api.responses import Json, Response, build_created_response, build_ok_response
from imodels_hub.api.validation import (
    allow_null,
    check_changeset_id,
    check_integer,
    check_one_of,
    check_parent_id,
    check_synchronization,
    check_text,
    validate_properties,
)
from imodels_hub.database.changeset_files import (
    InvalidChangesetFileError,
    compute_changeset_id,
    is_changeset_file,
)
from imodels_hub.database.imodel_database import IModelDatabase
from imodels_hub.generator.formats import format_timestamp
from imodels_hub.records import Application, Changeset

_CANNOT_CREATE = "Cannot create Changeset."
_CANNOT_UPDATE = "Cannot update Changeset."
_CHANGESET_ID_LENGTH = 40
_NEW_CHANGESET = {
    "id": check_changeset_id,
    "description": allow_null(check_text),
    "parentId": check_parent_id,
    "briefcaseId": check_integer,
    "containingChanges": check_integer,
    "fileSize": check_integer,
    "groupId": allow_null(check_text),
    "synchronizationInfo": allow_null(check_synchronization),
}
_COMPLETED_CHANGESET = {"state": check_one_of("fileUploaded"), "briefcaseId": check_integer}


def list_changesets(request: ApiRequest) -> Response:
    """Handle ``GET /imodels/{id}/changesets``.

    Minimal pages hold no signatures; they are cached until the next push.
    """
    database = request.find_database()
    links = request.build_links()
    query = CHANGESETS.parse(request.query)

    def build() -> Response:
        return build_list_response(
            build_changesets_page(database, query, links, is_full=request.is_full, now=request.now())
        )

    return build() if request.is_full else database.cache.get((request.query, request.base_url), build)


def get_changeset(request: ApiRequest) -> Response:
    """Handle ``GET /imodels/{id}/changesets/{idOrIndex}``."""
    database = request.find_database()
    row = find_changeset(database, request.path[1])
    return build_ok_response({"changeset": format_changeset(database, row, request.build_links(), request.now())})


def find_changeset(database: IModelDatabase, id_or_index: str) -> Changeset:
    """Find a changeset by its id, or by its index: fewer digits than an id has.

    Raises
    ------
    ApiError
        404 if it does not exist.
    """
    is_index = id_or_index.isascii() and id_or_index.isdigit() and len(id_or_index) < _CHANGESET_ID_LENGTH
    row = database.find_changeset(int(id_or_index) if is_index else id_or_index.lower())
    if row is None:
        raise build_not_found("Changeset")
    return row


def build_changesets_page(database: IModelDatabase, query: Query, links: Links, *, is_full: bool, now: float) -> Json:
    """Build a page of the timeline, as of `now` in seconds since 1970."""
    is_descending = bool(query.order) and query.order[0][1]
    if query.has_token and is_descending and query.max_index is None:
        tip = database.find_tip()
        query = replace(query, max_index=tip.changeset_index if tip else 0)
    limits = [limit for limit in (query.filters.get("lastIndex"), query.max_index) if limit is not None]
    rows, has_more = database.read_changesets(
        query.filters.get("afterIndex", 0),
        min(limits, default=None),
        skip=query.skip,
        top=query.top,
        is_descending=is_descending,
    )
    if is_full:
        references = References(database, now)
        formatted = [_format_full(row, links, database.applications, references) for row in rows]
    else:
        formatted = [_format_minimal(row, links) for row in rows]
    return build_page("changesets", formatted, links.build_url("changesets"), query, has_more=has_more)


class References:
    """The named version and the checkpoint of each changeset.

    Parameters
    ----------
    database
        The database of the iModel.
    now
        Time in seconds since 1970: checkpoints take a while to become ready.
    """

    def __init__(self, database: IModelDatabase, now: float) -> None:
        self._ids = {version.changeset_index: version.id for version in database.read_named_versions()}
        self._checkpoints = database.read_checkpoint_indexes(now)

    def find_named_version_id(self, index: int) -> str | None:
        """Find the id of the named version at a changeset."""
        return self._ids.get(index)

    def find_checkpoint_index(self, index: int) -> int:
        """Find the index of the current or preceding checkpoint; 0 is the baseline."""
        return self._checkpoints[bisect_right(self._checkpoints, index) - 1]


def format_changeset(database: IModelDatabase, row: Changeset, links: Links, now: float) -> Json:
    """Format one changeset in full."""
    return _format_full(row, links, database.applications, References(database, now))


def _format_minimal(row: Changeset, links: Links) -> Json:
    """Format a changeset as ``return=minimal`` does."""
    return {
        **_format_properties(row),
        "_links": {"creator": links.link("users", row.creator_id), "self": links.link("changesets", row.id)},
    }


def _format_full(row: Changeset, links: Links, applications: Mapping[str, Application], references: References) -> Json:
    """Format a changeset as ``return=representation`` does."""
    version = references.find_named_version_id(row.changeset_index)
    checkpoint = str(references.find_checkpoint_index(row.changeset_index))
    is_uploaded = row.state == "fileUploaded"
    return {
        **_format_properties(row),
        "application": format_application(row.application_id, applications),
        "synchronizationInfo": json.loads(row.synchronization_info) if row.synchronization_info else None,
        "_links": {
            "creator": links.link("users", row.creator_id),
            "namedVersion": links.link("namedversions", version) if version else None,
            "self": links.link("changesets", row.id),
            "currentOrPrecedingCheckpoint": links.link("changesets", checkpoint, "checkpoint"),
            "download": links.build_file_link(format_changeset_file(row.id), row.file_size) if is_uploaded else None,
        },
    }


def _format_properties(row: Changeset) -> Json:
    return {
        "id": row.id,
        "displayName": str(row.changeset_index),
        "description": row.description,
        "index": row.changeset_index,
        "parentId": row.parent_id,
        "creatorId": row.creator_id,
        "pushDateTime": row.push_date_time,
        "state": row.state,
        "containingChanges": row.containing_changes,
        "fileSize": row.file_size,
        "briefcaseId": row.briefcase_id,
        "groupId": row.group_id,
    }


def create_changeset(request: ApiRequest) -> Response:
    """Handle ``POST /imodels/{id}/changesets``; the file follows."""
    database = request.find_initialized_database(WRITE)
    given = validate_properties(request.parse_json(), _NEW_CHANGESET, _CANNOT_CREATE, ("id", "briefcaseId", "fileSize"))
    _check_owner(request, database, given["briefcaseId"])
    if given.get("groupId") and find_group(database, given["groupId"]).state != "inProgress":
        problem = Detail("InvalidValue", "The Changeset Group is not in progress.", "groupId")
        raise build_invalid_request(_CANNOT_CREATE, [problem])
    with database.transaction():
        _check_sequence(database, given, request.now())
        row = database.push(lambda tip: _build_changeset(request, database, given, tip))
    return build_created_response({"changeset": _format_push(request, database, row)})


def _check_owner(request: ApiRequest, database: IModelDatabase, briefcase_id: int) -> None:
    if find_briefcase(database, str(briefcase_id)).owner_id != request.account.user_id:
        raise build_conflict("ConflictWithAnotherUser", "The Briefcase belongs to another user.")


def _check_sequence(database: IModelDatabase, given: dict[str, Any], now: float) -> None:
    """Check that a push follows the last one.

    The new push replaces an unfinished push of the same briefcase. It also replaces one of another briefcase whose
    upload link has expired.
    """
    newest, _ = database.read_changesets(top=2, is_descending=True)
    unfinished = newest[:1] if newest and newest[0].state == "waitingForFile" else []
    if any(row.briefcase_id != given["briefcaseId"] and not _has_expired(row, now) for row in unfinished):
        raise build_conflict("AnotherUserPushing", "Another user is pushing a Changeset.")
    existing = database.find_changeset(given["id"].lower())
    if existing and existing not in unfinished:
        raise build_conflict("ChangesetExists", "Changeset with the same id already exists within the iModel.")
    last = newest[len(unfinished) :]
    if (given.get("parentId") or "").lower() != (last[0].id if last else ""):
        raise build_conflict("NewerChangesExist", "'parentId' does not match latest Changeset.")
    database.roll_back(len(unfinished))


def _has_expired(row: Changeset, now: float) -> bool:
    return datetime.fromisoformat(row.push_date_time).timestamp() + MAX_LIFETIME_S < now


def _build_changeset(
    request: ApiRequest, database: IModelDatabase, given: dict[str, Any], tip: Changeset | None
) -> Changeset:
    synchronization = given.get("synchronizationInfo")
    if synchronization is not None:
        stored = {name: synchronization.get(name) for name in ("taskId", "changedFiles")}
        synchronization = json.dumps(stored)
    return Changeset(
        changeset_index=tip.changeset_index + 1 if tip else 1,
        id=given["id"].lower(),
        parent_id=(given.get("parentId") or "").lower(),
        description=given.get("description"),
        creator_id=request.account.user_id,
        push_date_time=format_timestamp(request.now()),
        state="waitingForFile",
        containing_changes=given.get("containingChanges", 0),
        file_size=given["fileSize"],
        briefcase_id=given["briefcaseId"],
        group_id=given["groupId"].lower() if given.get("groupId") else None,
        application_id=database.own_application_id,
        synchronization_info=synchronization,
    )


def complete_changeset(request: ApiRequest) -> Response:
    """Handle ``PATCH /imodels/{id}/changesets/{changesetId}``: the file is uploaded."""
    database = request.find_database(WRITE)
    row = find_changeset(database, request.path[1])
    required = ("state", "briefcaseId")
    given = validate_properties(request.parse_json(), _COMPLETED_CHANGESET, _CANNOT_UPDATE, required)
    _check_owner(request, database, given["briefcaseId"])
    if row.briefcase_id != given["briefcaseId"]:
        raise build_conflict("ConflictWithAnotherUser", "The Changeset was pushed from another Briefcase.")
    if row.state == "waitingForFile":
        _check_file(database, row)
        row = database.complete_push(row)
    return build_ok_response({"changeset": _format_push(request, database, row)})


def _check_file(database: IModelDatabase, row: Changeset) -> None:
    file = database.read_file(format_changeset_file(row.id))
    if file is None:
        raise build_file_not_uploaded()
    if len(file) != row.file_size:
        message = f"The uploaded file has {len(file)} bytes, the Changeset {row.file_size}."
        raise build_invalid_request(_CANNOT_UPDATE, [Detail("InvalidValue", message, "fileSize")])
    if is_changeset_file(file):
        try:
            computed = compute_changeset_id(file, row.parent_id or "")
        except InvalidChangesetFileError as error:
            raise build_invalid_request(_CANNOT_UPDATE, [Detail("InvalidValue", str(error), "id")]) from error
        if computed != row.id:
            message = f"The uploaded file is that of the Changeset {computed}."
            raise build_invalid_request(_CANNOT_UPDATE, [Detail("InvalidValue", message, "id")])


def _format_push(request: ApiRequest, database: IModelDatabase, row: Changeset) -> Json:
    """Format a changeset as responses to a push do: with upload and complete links.

    The vendor's own tests require null in the place of the checkpoint.
    """
    links = request.build_links()
    changeset = format_changeset(database, row, links, request.now())
    is_waiting = row.state == "waitingForFile"
    changeset["synchronizationInfo"] = None
    changeset["_links"] |= {
        "currentOrPrecedingCheckpoint": None,
        "download": None,
        "upload": links.build_file_link(format_changeset_file(row.id), row.file_size, WRITE_FILE)
        if is_waiting
        else None,
        "complete": links.link("changesets", row.id) if is_waiting else None,
    }
    return changeset
