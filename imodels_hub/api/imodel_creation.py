"""Operations that create iModels, from nothing, a file or another iModel."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from imodels_hub.api.blobs import replay_changesets
from imodels_hub.api.changesets import find_changeset
from imodels_hub.api.errors import Detail, build_insufficient_permissions, build_invalid_request, build_not_found
from imodels_hub.api.imodels import CHANGED_IMODEL, check_unused_name, find_databases, format_imodel
from imodels_hub.api.links import BASELINE_FILE, WRITE_FILE, Links, format_changeset_file
from imodels_hub.api.requests import READ, WRITE, ApiRequest
from imodels_hub.api.responses import Json, Response, build_created_response, build_ok_response
from imodels_hub.api.validation import (
    allow_null,
    check_baseline_file,
    check_boolean,
    check_containers,
    check_guid,
    check_integer,
    check_name,
    check_object,
    check_one_of,
    check_parent_id,
    check_template,
    check_text,
    validate_properties,
)
from imodels_hub.database.changeset_files import InvalidChangesetFileError
from imodels_hub.database.imodel_database import INITIALIZED, IModelDatabase
from imodels_hub.generator.formats import format_timestamp
from imodels_hub.generator.resources import compute_checkpoint_size
from imodels_hub.records import BaselineFile, Changeset, IModel, Origin, Project

_CANNOT_CREATE = "Cannot create iModel."
_OPERATION = ("operations", "create")
_CREATION_MODES = ("empty", "fromiModelVersion", "fromIModelVersion", "fromBaseline")
_NEW_IMODEL = {
    "iTwinId": check_guid,
    **CHANGED_IMODEL,
    "containersEnabled": allow_null(check_containers),
    "creationMode": check_one_of(*_CREATION_MODES),
    "geographicCoordinateSystem": allow_null(check_object),
    "template": allow_null(check_template),
    "baselineFile": allow_null(check_baseline_file),
}
_COPY = {
    "iTwinId": check_guid,
    "name": allow_null(check_name),
    "description": allow_null(check_text),
    "containersEnabled": allow_null(check_containers),
    "changesetId": allow_null(check_parent_id),
    "changesetIndex": allow_null(check_integer),
    "preserveHistory": allow_null(check_boolean),
}


def create_imodel(request: ApiRequest) -> Response:
    """Handle ``POST /imodels``: empty, from a template or a baseline file."""
    if WRITE not in request.account.permissions:
        raise build_insufficient_permissions()
    given = validate_properties(request.parse_json(), _NEW_IMODEL, _CANNOT_CREATE, ("iTwinId", "name"))
    if given.get("extent") is not None:
        given["extent"] = json.dumps(given["extent"])
    template = given.get("template")
    if template is None and given.get("creationMode", "").lower() == "fromimodelversion":
        problem = Detail("MissingRequiredProperty", "Required property 'template' is missing.", "template")
        raise build_invalid_request(_CANNOT_CREATE, [problem])
    imodel = _build_imodel(request, given)
    if template is not None:
        project = _build_from_template(request, imodel, template)
    else:
        file = given.get("baselineFile")
        baseline = BaselineFile(imodel.id, file["size"], "waitingForFile", imodel.creator_id) if file else None
        project = _build_project(request, imodel, baseline=baseline)
    database = request.state.databases.create(project)
    return build_created_response({"iModel": _format_created(database, request.build_links(imodel.id))})


def _build_imodel(request: ApiRequest, given: Mapping[str, Any]) -> IModel:
    """Build an iModel; its iTwin must exist, and its name must be unused in it."""
    itwin_id = given["iTwinId"].lower()
    check_unused_name(given["name"], find_databases(request, itwin_id))
    return IModel(
        id=str(uuid.uuid4()),
        itwin_id=itwin_id,
        name=given["name"],
        description=given.get("description"),
        created_date_time=format_timestamp(request.now()),
        creator_id=request.account.user_id,
        data_center_location=request.state.databases.main.imodel.data_center_location,
        extent=given.get("extent"),
        containers_enabled=given.get("containersEnabled") or 0,
    )


def _build_project(request: ApiRequest, imodel: IModel, **content: Any) -> Project:
    """Build the project of a new iModel; other iModels know its creator and iTwin."""
    databases = request.state.databases
    user = databases.find_user(request.account.user_id)
    if user is None:
        raise build_not_found("user")
    return Project(
        imodel=imodel,
        users=(user,),
        applications=tuple(databases.main.applications.values()),
        changesets=(),
        named_versions=(),
        itwins=(databases.read_itwins()[imodel.itwin_id],),
        **content,
    )


def _build_from_template(request: ApiRequest, imodel: IModel, template: Mapping[str, Any]) -> Project:
    source = request.find_database_of(template["iModelId"], READ)
    return _build_squashed(request, imodel, source, _find_last(source, template))


def clone_imodel(request: ApiRequest) -> Response:
    """Handle ``POST /imodels/{id}/clone``: copy the file and the changesets."""
    return _copy_imodel(request, "Cannot clone iModel.", is_fork=False)


def fork_imodel(request: ApiRequest) -> Response:
    """Handle ``POST /imodels/{id}/fork``: with changesets, or with one file."""
    return _copy_imodel(request, "Cannot fork iModel.", is_fork=True)


def _copy_imodel(request: ApiRequest, message: str, *, is_fork: bool) -> Response:
    source = request.find_initialized_database(READ)
    if WRITE not in request.account.permissions:
        raise build_insufficient_permissions()
    given = validate_properties(request.parse_json(), _COPY, message, ("iTwinId",))
    if given.get("changesetId") is not None and given.get("changesetIndex") is not None:
        text = "'changesetId' and 'changesetIndex' must not be used together."
        raise build_invalid_request(message, [Detail("MutuallyExclusivePropertiesProvided", text, "changesetIndex")])
    last = _find_last(source, given)
    defaults = {
        "name": source.imodel.name,
        "description": source.imodel.description,
        "containersEnabled": source.imodel.containers_enabled,
    }
    chosen = {name: value for name, value in given.items() if value is not None}
    imodel = _build_imodel(request, {**defaults, **chosen, "extent": source.imodel.extent})
    origin = Origin(source.imodel.id, last.id if last else "", str(uuid.uuid4()) if is_fork else None)
    build = _build_squashed if is_fork and not given.get("preserveHistory") else _build_copy
    request.state.databases.create(build(request, imodel, source, last, origin))
    links = request.build_links(imodel.id)
    return Response(202, b"", {"Location": links.build_url(), "Create-iModel-Operation": links.build_url(*_OPERATION)})


def _find_last(source: IModelDatabase, given: Mapping[str, Any]) -> Changeset | None:
    """Find the last changeset to copy: by default the newest with a file."""
    for key in (given.get("changesetId"), given.get("changesetIndex")):
        if key is not None:
            return find_changeset(source, str(key)) if key else None
    newest, _ = source.read_changesets(top=2, is_descending=True)
    return next((row for row in newest if row.state == "fileUploaded"), None)


def _build_copy(
    request: ApiRequest, imodel: IModel, source: IModelDatabase, last: Changeset | None, origin: Origin
) -> Project:
    """Build an iModel with the baseline and the changesets of another one."""
    project = _build_project(request, imodel, origin=origin)
    rows, _ = source.read_changesets(last=last.changeset_index if last else 0, top=len(source))
    names = [BASELINE_FILE, *(format_changeset_file(row.id) for row in rows)]
    users = {user.id: user for user in (*project.users, *source.users.values())}
    applications = {**source.applications, **{application.id: application for application in project.applications}}
    return replace(
        project,
        users=tuple(users.values()),
        applications=tuple(applications.values()),
        baseline=source.baseline._replace(id=imodel.id, creator_id=imodel.creator_id),
        changesets=[row._replace(group_id=None) for row in rows],
        files={name: content for name in names if (content := source.read_file(name)) is not None},
    )


def _build_squashed(
    request: ApiRequest,
    imodel: IModel,
    source: IModelDatabase,
    last: Changeset | None,
    origin: Origin | None = None,
) -> Project:
    """Build an iModel whose baseline contains the changesets of another one."""
    index = last.changeset_index if last else 0
    try:
        file = replay_changesets(source, index, "", 0)
    except InvalidChangesetFileError as error:
        problem = Detail("InvalidValue", str(error), "changesetId")
        raise build_invalid_request(_CANNOT_CREATE, [problem]) from error
    size = len(file) if file is not None else compute_checkpoint_size(index)
    baseline = BaselineFile(imodel.id, size, INITIALIZED, imodel.creator_id)
    files = {} if file is None else {BASELINE_FILE: file}
    return _build_project(request, imodel, baseline=baseline, files=files, origin=origin)


def get_create_operation(request: ApiRequest) -> Response:
    """Handle ``GET /imodels/{id}/operations/create``."""
    database = request.find_database()
    origin = next(iter(database.read_all(Origin)), None)
    return build_ok_response({"createOperation": _format_operation(database, origin)})


def _format_operation(database: IModelDatabase, origin: Origin | None) -> Json:
    state = "successful" if database.is_initialized else "waitingForFile"
    if origin is None:
        return {"state": state, "clonedFrom": None, "forkedFrom": None}
    source = {"iModelId": origin.imodel_id, "changesetId": origin.changeset_id}
    if origin.relationship_id is None:
        return {"state": state, "clonedFrom": source, "forkedFrom": None}
    fork = {**source, "relationshipId": origin.relationship_id}
    return {"state": state, "clonedFrom": None, "forkedFrom": fork}


def _format_created(database: IModelDatabase, links: Links) -> Json:
    """Format a new iModel, with the links for its baseline file."""
    imodel = format_imodel(database, links)
    is_waiting = not database.is_initialized
    size = database.baseline.size
    imodel["_links"] |= {
        "upload": links.build_file_link(BASELINE_FILE, size, WRITE_FILE) if is_waiting else None,
        "complete": links.link("baselinefile", "complete") if is_waiting else None,
    }
    return imodel
