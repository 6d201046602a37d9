"""Operations on iModels."""

import json
import uuid
from typing import Any

from imodels_hub.api.errors import (
    ApiError,
    Detail,
    conflict,
    insufficient_permissions,
    invalid_request,
    not_found,
)
from imodels_hub.api.links import BASELINE_FILE, WRITE_FILE, Links
from imodels_hub.api.query import (
    IMODELS,
    SortKeys,
    build_page,
    filter_by_name,
    list_response,
    paginate,
    sort_rows,
)
from imodels_hub.api.requests import MANAGE, PERMISSIONS, READ, WEBVIEW, WRITE, ApiRequest
from imodels_hub.api.responses import Json, Response, build_created_response, build_empty_response, build_ok_response
from imodels_hub.api.validation import (
    check_baseline_file,
    check_containers,
    check_extent,
    check_guid,
    check_name,
    check_object,
    check_text,
    one_of,
    or_null,
    validate_properties,
)
from imodels_hub.database.imodel_database import IModelDatabase
from imodels_hub.generator.formats import format_timestamp
from imodels_hub.records import BaselineFile, IModel, Project

_CANNOT_CREATE = "Cannot create iModel."
_CREATION_MODES = ("empty", "fromiModelVersion", "fromIModelVersion", "fromBaseline")
_CHANGED_IMODEL = {
    "name": check_name,
    "description": or_null(check_text),
    "extent": or_null(check_extent),
}
_NEW_IMODEL = {
    "iTwinId": check_guid,
    **_CHANGED_IMODEL,
    "containersEnabled": or_null(check_containers),
    "creationMode": one_of(*_CREATION_MODES),
    "geographicCoordinateSystem": or_null(check_object),
    "template": or_null(check_object),
    "baselineFile": or_null(check_baseline_file),
}
_SORT_KEYS: SortKeys[IModelDatabase] = {
    "name": lambda database: database.imodel.name,
    "createdDateTime": lambda database: database.imodel.created_date_time,
}


def list_imodels(request: ApiRequest) -> Response:
    """Handle ``GET /imodels?iTwinId=...``."""
    query = IMODELS.parse(request.query)
    databases = _find_databases(request, query.filters["iTwinId"])
    if state := query.filters.get("state"):
        databases = [database for database in databases if _state(database) == state]
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
    if itwin_id not in request.state.ledger.read_itwins():
        raise not_found("iTwin")
    return [database for database in request.state.ledger.databases.values() if database.imodel.itwin_id == itwin_id]


def _searched_text(database: IModelDatabase) -> str:
    return f"{database.imodel.name}\n{database.imodel.description or ''}"


def create_imodel(request: ApiRequest) -> Response:
    """Handle ``POST /imodels``: an empty iModel, or one whose baseline file follows."""
    if WRITE not in request.account.permissions:
        raise insufficient_permissions()
    given = validate_properties(request.parse_json(), _NEW_IMODEL, _CANNOT_CREATE, ("iTwinId", "name"))
    if given.get("template") or given.get("creationMode", "").lower() == "fromimodelversion":
        raise _build_unsupported(_CANNOT_CREATE, "template")
    itwin_id = given["iTwinId"].lower()
    databases = _find_databases(request, itwin_id)
    if any(database.imodel.name == given["name"] for database in databases):
        raise conflict("iModelExists", "iModel with the same name already exists within the iTwin.")
    database = request.state.ledger.create(_build_project(request, itwin_id, given))
    links = request.build_links(database.imodel.id)
    return build_created_response({"iModel": _format_created(database, links)})


def _build_project(request: ApiRequest, itwin_id: str, given: dict[str, Any]) -> Project:
    imodel_id = str(uuid.uuid4())
    user = request.state.ledger.find_user(request.account.user_id)
    if user is None:
        raise not_found("user")
    main = request.state.ledger.main
    file = given.get("baselineFile")
    baseline = None if file is None else BaselineFile(imodel_id, file["size"], "waitingForFile", user.id)
    extent = given.get("extent")
    return Project(
        imodel=IModel(
            id=imodel_id,
            itwin_id=itwin_id,
            name=given["name"],
            description=given.get("description"),
            created_date_time=format_timestamp(request.now()),
            creator_id=user.id,
            data_center_location=main.imodel.data_center_location,
            extent=None if extent is None else json.dumps(extent),
            containers_enabled=given.get("containersEnabled") or 0,
        ),
        users=(user,),
        applications=tuple(main.applications.values()),
        changesets=(),
        named_versions=(),
        baseline=baseline,
        itwins=(request.state.ledger.read_itwins()[itwin_id],),
    )


def update_imodel(request: ApiRequest) -> Response:
    """Handle ``PATCH /imodels/{id}``."""
    database = request.find_database(WRITE)
    message = "Cannot update iModel."
    given = validate_properties(request.parse_json(), _CHANGED_IMODEL, message)
    if not given:
        raise invalid_request(message, [Detail("InvalidRequestBody", "None of the properties can be updated.")])
    if "extent" in given:
        given["extent"] = None if given["extent"] is None else json.dumps(given["extent"])
    others = [each for each in _find_databases(request, database.imodel.itwin_id) if each is not database]
    if any(other.imodel.name == given.get("name") for other in others):
        raise conflict("iModelExists", "iModel with the same name already exists within the iTwin.")
    database.update_imodel(database.imodel._replace(**given))
    return build_ok_response({"iModel": _format_full(database, request.build_links())})


def delete_imodel(request: ApiRequest) -> Response:
    """Handle ``DELETE /imodels/{id}``."""
    database = request.find_database(MANAGE)
    request.state.ledger.delete(database.imodel.id)
    return build_empty_response()


def refuse_copy(request: ApiRequest) -> Response:
    """Handle ``POST /imodels/{id}/clone`` and ``fork``: not supported."""
    request.find_database(READ)
    raise _build_unsupported("Cannot copy the iModel.", None)


def _build_unsupported(message: str, target: str | None) -> ApiError:
    detail = Detail("InvalidRequestBody", "The sample does not support copies of iModels.", target)
    return invalid_request(message, [detail])


def get_imodel(request: ApiRequest) -> Response:
    """Handle ``GET /imodels/{id}``."""
    return build_ok_response({"iModel": _format_full(request.find_database(), request.build_links())})


def get_create_operation(request: ApiRequest) -> Response:
    """Handle ``GET /imodels/{id}/operations/create``."""
    state = "successful" if request.find_database().is_initialized else "waitingForFile"
    return build_ok_response({"createOperation": {"state": state, "clonedFrom": None, "forkedFrom": None}})


def get_permissions(request: ApiRequest) -> Response:
    """Handle ``GET /imodels/{id}/permissions``."""
    request.find_database()
    return build_ok_response({"permissions": [name for name in PERMISSIONS if name in request.account.permissions]})


def _state(database: IModelDatabase) -> str:
    return "initialized" if database.is_initialized else "notInitialized"


def _format_created(database: IModelDatabase, links: Links) -> Json:
    """Format a new iModel, with the links for its baseline file."""
    imodel = _format_full(database, links)
    is_waiting = not database.is_initialized
    size = database.baseline.size
    imodel["_links"] |= {
        "upload": links.file_link(BASELINE_FILE, size, WRITE_FILE) if is_waiting else None,
        "complete": links.link("baselinefile", "complete") if is_waiting else None,
    }
    return imodel


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
        "state": _state(database),
        "createdDateTime": row.created_date_time,
        "lastChangesetPushDateTime": head.push_date_time if head else None,
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
