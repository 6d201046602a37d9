"""Operations on iModels."""

from imodels_hub.api.errors import insufficient_permissions, not_found
from imodels_hub.api.links import Links
from imodels_hub.api.query import (
    IMODELS,
    SortKeys,
    build_page,
    filter_by_name,
    list_response,
    paginate,
    sort_rows,
)
from imodels_hub.api.requests import PERMISSIONS, WEBVIEW, ApiRequest
from imodels_hub.api.responses import Json, Response, ok_response
from imodels_hub.database.imodel_database import IModelDatabase
from imodels_hub.records import IModel, ITwin

_SORT_KEYS: SortKeys[IModelDatabase] = {
    "name": lambda database: database.imodel.name,
    "createdDateTime": lambda database: database.imodel.created_date_time,
}


def list_imodels(request: ApiRequest) -> Response:
    """Handle ``GET /imodels?iTwinId=...``."""
    query = IMODELS.parse(request.query)
    databases = _find_databases(request, query.filters["iTwinId"])
    if query.filters.get("state", "initialized") != "initialized":
        databases = []
    databases = filter_by_name(databases, query, lambda database: database.imodel.name, _searched_text)
    rows, has_more = paginate(sort_rows(databases, query, _SORT_KEYS, (("name", False),)), query)
    formatted = [
        _format_full(row, request.build_links(row.imodel.id)) if request.is_full else _format_minimal(row.imodel)
        for row in rows
    ]
    return list_response(build_page("iModels", formatted, f"{request.base_url}/imodels", query, has_more=has_more))


def _find_databases(request: ApiRequest, itwin_id: str) -> list[IModelDatabase]:
    if WEBVIEW not in request.account.permissions:
        raise insufficient_permissions()
    databases = list(request.state.databases.values())
    if not any(itwin_id == itwin.id for database in databases for itwin in database.read_all(ITwin)):
        raise not_found("iTwin")
    return [database for database in databases if database.imodel.itwin_id == itwin_id]


def _searched_text(database: IModelDatabase) -> str:
    return f"{database.imodel.name}\n{database.imodel.description or ''}"


def get_imodel(request: ApiRequest) -> Response:
    """Handle ``GET /imodels/{id}``."""
    return ok_response({"iModel": _format_full(request.find_database(), request.build_links())})


def get_create_operation(request: ApiRequest) -> Response:
    """Handle ``GET /imodels/{id}/operations/create``: every iModel here is complete."""
    request.find_database()
    return ok_response({"createOperation": {"state": "successful", "clonedFrom": None, "forkedFrom": None}})


def get_permissions(request: ApiRequest) -> Response:
    """Handle ``GET /imodels/{id}/permissions``."""
    request.find_database()
    return ok_response({"permissions": [name for name in PERMISSIONS if name in request.account.permissions]})


def _format_minimal(row: IModel) -> Json:
    """Format an iModel as ``return=minimal`` does."""
    return {"id": row.id, "displayName": row.name, "dataCenterLocation": row.data_center_location}


def _format_full(database: IModelDatabase, links: Links) -> Json:
    """Format an iModel as ``return=representation`` does."""
    row = database.imodel
    head = database.find_head()
    return {
        **_format_minimal(row),
        "name": row.name,
        "description": row.description,
        "state": "initialized",
        "createdDateTime": row.created_date_time,
        "lastChangesetPushDateTime": head.push_date_time if head else None,
        "iTwinId": row.itwin_id,
        "isSecured": False,
        "extent": None,
        "containersEnabled": 0,
        "_links": {
            "creator": links.link("users", row.creator_id),
            "changesets": links.link("changesets"),
            "namedVersions": links.link("namedversions"),
        },
    }
