"""Operations on baseline files: iModels before their first changeset."""

from imodels_hub.api.errors import build_conflict, build_file_not_uploaded
from imodels_hub.api.links import BASELINE_FILE, Links, format_checkpoint_file
from imodels_hub.api.requests import READ, WRITE, ApiRequest
from imodels_hub.api.responses import Json, Response, build_ok_response
from imodels_hub.database.imodel_database import IModelDatabase


def get_baseline_file(request: ApiRequest) -> Response:
    """Handle ``GET /imodels/{id}/baselinefile``."""
    database = request.find_database(READ)
    return build_ok_response({"baselineFile": _format_baseline_file(database, request.build_links())})


def complete_baseline_file(request: ApiRequest) -> Response:
    """Handle ``POST /imodels/{id}/baselinefile/complete``: the file is uploaded."""
    database = request.find_database(WRITE)
    with database.transaction():
        if database.is_initialized:
            raise build_conflict("InvalidChange", "The Baseline File is not waiting for its file.")
        file = database.read_file(BASELINE_FILE)
        if file is None:
            raise build_file_not_uploaded()
        if len(file) != database.baseline.size:
            message = f"The uploaded file has {len(file)} bytes, the Baseline File {database.baseline.size}."
            raise build_conflict("DataConflict", message)
        database.complete_baseline()
    return build_ok_response({"baselineFile": _format_baseline_file(database, request.build_links())})


def _format_baseline_file(database: IModelDatabase, links: Links) -> Json:
    row = database.baseline
    download = links.build_file_link(format_checkpoint_file(0), row.size) if database.is_initialized else None
    return {
        "id": row.id,
        "displayName": row.id,
        "fileSize": row.size,
        "state": row.state,
        "_links": {"creator": links.link("users", row.creator_id), "download": download},
    }
