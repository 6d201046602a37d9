"""Operations on checkpoints: files of the whole iModel as of a changeset."""

from imodels_hub.api.changesets import find_changeset
from imodels_hub.api.errors import build_not_found
from imodels_hub.api.links import STORAGE_TYPE, Links, build_file_path, format_checkpoint_file
from imodels_hub.api.named_versions import build_checkpoint, find_named_version
from imodels_hub.api.requests import READ, WRITE, ApiRequest
from imodels_hub.api.responses import Json, Response, build_ok_response
from imodels_hub.database.imodel_database import IModelDatabase
from imodels_hub.records import Checkpoint

_BASELINE = "0"


def get_changeset_checkpoint(request: ApiRequest) -> Response:
    """Handle ``GET …/changesets/{idOrIndex}/checkpoint``: there or before."""
    database = request.find_database(READ)
    index = 0 if request.path[1] == _BASELINE else find_changeset(database, request.path[1]).changeset_index
    return _respond(request, database, _find_successful(request, database, index))


def get_latest_checkpoint(request: ApiRequest) -> Response:
    """Handle ``GET /imodels/{id}/briefcases/checkpoint``: the newest one."""
    database = request.find_database(READ)
    tip = database.find_tip()
    return _respond(request, database, _find_successful(request, database, tip.changeset_index if tip else 0))


def get_named_version_checkpoint(request: ApiRequest) -> Response:
    """Handle ``GET …/namedversions/{namedVersionId}/checkpoint``, in any state."""
    database = request.find_database(READ)
    version = find_named_version(database, request.path[1])
    return _respond(request, database, database.find(Checkpoint, version.changeset_index))


def schedule_checkpoint(request: ApiRequest) -> Response:
    """Handle ``PUT …/namedversions/{namedVersionId}/checkpoint``: repeat a failed one."""
    database = request.find_database(WRITE)
    with database.transaction():
        index = find_named_version(database, request.path[1]).changeset_index
        row = database.find(Checkpoint, index)
        if row is None:
            row = build_checkpoint(request, database, index)
            database.insert(Checkpoint, [row])
        elif row.state in ("failed", "notGenerated"):
            row = build_checkpoint(request, database, index)
            database.update(Checkpoint, row)
    return _respond(request, database, row)


def _find_successful(request: ApiRequest, database: IModelDatabase, index: int) -> Checkpoint | None:
    indexes = [known for known in database.read_checkpoint_indexes(request.now()) if known <= index]
    return database.find(Checkpoint, indexes[-1]) if indexes else None


def _respond(request: ApiRequest, database: IModelDatabase, row: Checkpoint | None) -> Response:
    if row is None:
        raise build_not_found("Checkpoint")
    return build_ok_response({"checkpoint": _format_checkpoint(database, row, request.build_links(), request.now())})


def _format_checkpoint(database: IModelDatabase, row: Checkpoint, links: Links, now: float) -> Json:
    """Format a checkpoint as of `now`, in seconds since 1970."""
    changeset = database.find_changeset(row.changeset_index)
    is_successful = row.changeset_index in database.read_checkpoint_indexes(now)
    name = format_checkpoint_file(row.changeset_index)
    download = links.build_file_link(name, row.size) if is_successful else None
    return {
        "changesetId": changeset.id if changeset else "",
        "changesetIndex": row.changeset_index,
        "size": row.size if is_successful else 0,
        "state": "successful" if is_successful else row.state,
        "dbName": name,
        "directoryAccessInfo": _format_directory(links, download) if download else None,
        "containerAccessInfo": _format_container(links, name, download) if download else None,
        "_links": {"download": download},
    }


def _format_directory(links: Links, download: Json) -> Json:
    return {
        "baseUrl": links.base_url,
        "storage": "blobs",
        "baseDirectory": build_file_path(links.imodel_id, "").strip("/"),
        "storageType": STORAGE_TYPE,
        "azure": {"sasToken": _build_signature(download)},
    }


def _format_container(links: Links, name: str, download: Json) -> Json:
    return {"account": "blobs", "container": links.imodel_id, "sas": _build_signature(download), "dbName": name}


def _build_signature(download: Json) -> str:
    return str(download["href"]).partition("?")[2]
