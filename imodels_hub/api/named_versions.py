"""Operations on named versions."""

import uuid
from collections.abc import Mapping

from imodels_hub.api.blobs import replay_changesets
from imodels_hub.api.briefcases import format_application
from imodels_hub.api.changesets import find_changeset
from imodels_hub.api.errors import Detail, build_conflict, build_invalid_request, build_not_found
from imodels_hub.api.links import Links, format_checkpoint_file
from imodels_hub.api.query import (
    NAMED_VERSIONS,
    Query,
    SortKeys,
    build_list_response,
    build_page,
    filter_by_name,
    paginate,
    sort_rows,
)
from imodels_hub.api.requests import WRITE, ApiRequest
from imodels_hub.api.responses import Json, Response, build_created_response, build_ok_response
from imodels_hub.api.validation import (
    allow_null,
    check_changeset_id,
    check_name,
    check_one_of,
    check_text,
    validate_properties,
)
from imodels_hub.database.changeset_files import InvalidChangesetFileError
from imodels_hub.database.imodel_database import IModelDatabase
from imodels_hub.generator.formats import format_timestamp
from imodels_hub.generator.resources import compute_checkpoint_size
from imodels_hub.records import Application, Checkpoint, NamedVersion

CHECKPOINT_SECONDS = 2.0
"""Seconds until a new checkpoint is ready."""

_SORT_KEYS: SortKeys[NamedVersion] = {
    "changesetIndex": lambda row: row.changeset_index,
    "createdDateTime": lambda row: row.created_date_time,
}
_NEWEST_FIRST = (("changesetIndex", True),)
_NEW_VERSION = {
    "name": check_name,
    "description": allow_null(check_text),
    "changesetId": allow_null(check_changeset_id),
}
_CHANGED_VERSION = {
    "name": check_name,
    "description": allow_null(check_text),
    "state": check_one_of("visible", "hidden"),
}


def list_named_versions(request: ApiRequest) -> Response:
    """Handle ``GET /imodels/{id}/namedversions``."""
    database = request.find_database()
    query = NAMED_VERSIONS.parse(request.query)
    return build_list_response(
        build_named_versions_page(database, query, request.build_links(), is_full=request.is_full)
    )


def get_named_version(request: ApiRequest) -> Response:
    """Handle ``GET /imodels/{id}/namedversions/{namedVersionId}``."""
    database = request.find_database()
    row = find_named_version(database, request.path[1])
    return build_ok_response({"namedVersion": _format_full(row, request.build_links(), database.applications)})


def create_named_version(request: ApiRequest) -> Response:
    """Handle ``POST /imodels/{id}/namedversions``; by default of the baseline."""
    database = request.find_initialized_database(WRITE)
    given = validate_properties(request.parse_json(), _NEW_VERSION, "Cannot create Named Version.", ("name",))
    changeset = find_changeset(database, given["changesetId"]) if given.get("changesetId") else None
    row = NamedVersion(
        id=str(uuid.uuid4()),
        name=given["name"],
        description=given.get("description"),
        changeset_id=changeset.id if changeset else None,
        changeset_index=changeset.changeset_index if changeset else 0,
        created_date_time=format_timestamp(request.now()),
        state="visible",
        application_id=database.own_application_id,
        creator_id=request.account.user_id,
    )
    with database.transaction():
        _check_unused(database, row)
        database.insert(NamedVersion, [row])
        if database.find(Checkpoint, row.changeset_index) is None:
            database.insert(Checkpoint, [build_checkpoint(request, database, row.changeset_index)])
    return build_created_response({"namedVersion": _format_full(row, request.build_links(), database.applications)})


def update_named_version(request: ApiRequest) -> Response:
    """Handle ``PATCH /imodels/{id}/namedversions/{namedVersionId}``."""
    database = request.find_database(WRITE)
    message = "Cannot update Named Version."
    given = validate_properties(request.parse_json(), _CHANGED_VERSION, message)
    if not given:
        raise build_invalid_request(message, [Detail("InvalidRequestBody", "None of the properties can be updated.")])
    with database.transaction():
        row = find_named_version(database, request.path[1])._replace(**given)
        _check_unused(database, row)
        database.update(NamedVersion, row)
    return build_ok_response({"namedVersion": _format_full(row, request.build_links(), database.applications)})


def _check_unused(database: IModelDatabase, row: NamedVersion) -> None:
    others = [version for version in database.read_all(NamedVersion) if version.id != row.id]
    if any(version.name == row.name for version in others):
        message = "Named Version with the same name already exists within the iModel."
        raise build_conflict("NamedVersionExists", message)
    if any(version.changeset_index == row.changeset_index for version in others):
        raise build_conflict("NamedVersionOnChangesetExists", "Named Version for specified Changeset already exists.")


def build_checkpoint(request: ApiRequest, database: IModelDatabase, index: int) -> Checkpoint:
    """Build a new checkpoint, which is ready in a moment, and store its file."""
    row = database.find_changeset(index)
    try:
        file = replay_changesets(database, index, row.id if row else "", index)
    except InvalidChangesetFileError:
        return Checkpoint(index, "failed", 0)
    if file is not None:
        database.store_file(format_checkpoint_file(index), file)
    size = compute_checkpoint_size(index) if file is None else len(file)
    return Checkpoint(index, "scheduled", size, request.now() + CHECKPOINT_SECONDS)


def find_named_version(database: IModelDatabase, named_version_id: str) -> NamedVersion:
    """Find a named version.

    Raises
    ------
    ApiError
        404 if it does not exist.
    """
    row = database.find(NamedVersion, named_version_id.lower())
    if row is None:
        raise build_not_found("Named Version")
    return row


def build_named_versions_page(database: IModelDatabase, query: Query, links: Links, *, is_full: bool) -> Json:
    """Build a page of the named versions, by default with the newest changeset first."""
    versions = [row for row in database.read_named_versions() if query.filters.get("state", row.state) == row.state]
    versions = filter_by_name(versions, query, lambda row: row.name, lambda row: f"{row.name}\n{row.description or ''}")
    rows, has_more = paginate(sort_rows(versions, query, _SORT_KEYS, _NEWEST_FIRST), query)
    formatted = [_format_full(row, links, database.applications) if is_full else _format_minimal(row) for row in rows]
    return build_page("namedVersions", formatted, links.build_url("namedversions"), query, has_more=has_more)


def _format_minimal(row: NamedVersion) -> Json:
    """Format a named version as ``return=minimal`` does."""
    return {
        "id": row.id,
        "displayName": row.name,
        "changesetId": row.changeset_id,
        "changesetIndex": row.changeset_index,
    }


def _format_full(row: NamedVersion, links: Links, applications: Mapping[str, Application]) -> Json:
    """Format a named version as ``return=representation`` does."""
    return {
        **_format_minimal(row),
        "name": row.name,
        "description": row.description,
        "createdDateTime": row.created_date_time,
        "state": row.state,
        "application": format_application(row.application_id, applications),
        "_links": {
            "creator": links.link("users", row.creator_id),
            "changeset": links.link("changesets", row.changeset_id) if row.changeset_id else None,
        },
    }
