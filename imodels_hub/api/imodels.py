"""Operations on iModels."""

import json
from collections.abc import Sequence

from imodels_hub.api.errors import (
    Detail,
    build_conflict,
    build_insufficient_permissions,
    build_invalid_request,
    build_not_found,
)
from imodels_hub.api.links import Links
from imodels_hub.api.query import (
    IMODELS,
    SortKeys,
    build_list_response,
    build_page,
    filter_by_name,
    paginate,
    sort_rows,
)
from imodels_hub.api.requests import MANAGE, PERMISSIONS, WEBVIEW, WRITE, ApiRequest
from imodels_hub.api.responses import Json, Response, build_empty_response, build_ok_response
from imodels_hub.api.validation import (
    allow_null,
    check_extent,
    check_name,
    check_text,
    validate_properties,
)
from imodels_hub.database.imodel_database import IModelDatabase
from imodels_hub.records import IModel

CHANGED_IMODEL = {
    "name": check_name,
    "description": allow_null(check_text),
    "extent": allow_null(check_extent),
}
"""Checks of the properties that a client may change."""

_SORT_KEYS: SortKeys[IModelDatabase] = {
    "name": lambda database: database.imodel.name,
    "createdDateTime": lambda database: database.imodel.created_date_time,
}


def list_imodels(request: ApiRequest) -> Response:
    """Handle ``GET /imodels?iTwinId=...``."""
    query = IMODELS.parse(request.query)
    databases = find_databases(request, query.filters["iTwinId"])
    if state := query.filters.get("state"):
        databases = [database for database in databases if _find_state(database) == state]
    databases = filter_by_name(databases, query, lambda database: database.imodel.name, _join_searched_text)
    rows, has_more = paginate(sort_rows(databases, query, _SORT_KEYS, (("name", False),)), query)
    formatted = format_imodels(request, rows)
    return build_list_response(
        build_page("iModels", formatted, f"{request.base_url}/imodels", query, has_more=has_more)
    )


def find_databases(request: ApiRequest, itwin_id: str) -> list[IModelDatabase]:
    """Find the databases of all iModels of an iTwin.

    Raises
    ------
    ApiError
        403 without the permission, 404 if the iTwin does not exist.
    """
    if WEBVIEW not in request.account.permissions:
        raise build_insufficient_permissions()
    if itwin_id not in request.state.databases.read_itwins():
        raise build_not_found("iTwin")
    return [database for database in request.state.databases.by_imodel.values() if database.imodel.itwin_id == itwin_id]


def _join_searched_text(database: IModelDatabase) -> str:
    return f"{database.imodel.name}\n{database.imodel.description or ''}"


def update_imodel(request: ApiRequest) -> Response:
    """Handle ``PATCH /imodels/{id}``."""
    database = request.find_database(WRITE)
    message = "Cannot update iModel."
    given = validate_properties(request.parse_json(), CHANGED_IMODEL, message)
    if not given:
        raise build_invalid_request(message, [Detail("InvalidRequestBody", "None of the properties can be updated.")])
    if "extent" in given:
        given["extent"] = None if given["extent"] is None else json.dumps(given["extent"])
    others = [other for other in find_databases(request, database.imodel.itwin_id) if other is not database]
    check_unused_name(given.get("name"), others)
    database.update_imodel(database.imodel._replace(**given))
    return build_ok_response({"iModel": format_imodel(database, request.build_links())})


def check_unused_name(name: str | None, others: Sequence[IModelDatabase]) -> None:
    """Check that no other iModel of the iTwin has a name.

    Raises
    ------
    ApiError
        409 if another iModel has the name.
    """
    if any(other.imodel.name == name for other in others):
        raise build_conflict("iModelExists", "iModel with the same name already exists within the iTwin.")


def delete_imodel(request: ApiRequest) -> Response:
    """Handle ``DELETE /imodels/{id}``."""
    database = request.find_database(MANAGE)
    request.state.databases.delete(database.imodel.id)
    return build_empty_response()


def get_imodel(request: ApiRequest) -> Response:
    """Handle ``GET /imodels/{id}``."""
    return build_ok_response({"iModel": format_imodel(request.find_database(), request.build_links())})


def get_permissions(request: ApiRequest) -> Response:
    """Handle ``GET /imodels/{id}/permissions``."""
    request.find_database()
    return build_ok_response({"permissions": [name for name in PERMISSIONS if name in request.account.permissions]})


def _find_state(database: IModelDatabase) -> str:
    return "initialized" if database.is_initialized else "notInitialized"


def format_imodels(request: ApiRequest, rows: Sequence[IModelDatabase]) -> list[Json]:
    """Format the iModels of a page, in the form that the client prefers."""
    if request.is_full:
        return [format_imodel(row, request.build_links(row.imodel.id)) for row in rows]
    return [_format_minimal(row.imodel) for row in rows]


def _format_minimal(row: IModel) -> Json:
    """Format an iModel as ``return=minimal`` does."""
    return {"id": row.id, "displayName": row.name, "dataCenterLocation": row.data_center_location}


def format_imodel(database: IModelDatabase, links: Links) -> Json:
    """Format an iModel as ``return=representation`` does."""
    row = database.imodel
    tip = database.find_tip()
    return {
        **_format_minimal(row),
        "name": row.name,
        "description": row.description,
        "state": _find_state(database),
        "createdDateTime": row.created_date_time,
        "lastChangesetPushDateTime": tip.push_date_time if tip else None,
        "iTwinId": row.itwin_id,
        "isSecured": False,
        "extent": json.loads(row.extent) if row.extent else None,
        "containersEnabled": row.containers_enabled,
        "_links": {
            "creator": links.link("users", row.creator_id),
            "changesets": links.link("changesets"),
            "namedVersions": links.link("namedversions"),
        },
    }
