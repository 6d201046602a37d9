"""Operations on extended data, which applications add to changesets."""

from base64 import b64decode

from imodels_hub.api.changesets import find_changeset
from imodels_hub.api.errors import build_conflict, build_insufficient_permissions, build_not_found, build_too_large
from imodels_hub.api.query import EXTENDED_DATA, build_list_response, build_page, paginate
from imodels_hub.api.requests import WRITE, ApiRequest
from imodels_hub.api.responses import Json, Response, build_created_response, build_ok_response
from imodels_hub.api.validation import check_base64, validate_properties
from imodels_hub.database.imodel_database import IModelDatabase
from imodels_hub.records import ExtendedData

_MAX_DATA = 204_800  # bytes


def list_extended_data(request: ApiRequest) -> Response:
    """Handle ``GET /imodels/{id}/changesets/extendeddata``."""
    database = request.find_database()
    query = EXTENDED_DATA.parse(request.query)
    rows, has_more = paginate(database.read_all(ExtendedData), query)
    formatted = [_format_extended_data(database, row) for row in rows]
    url = request.build_links().build_url("changesets", "extendeddata")
    return build_list_response(build_page("extendedData", formatted, url, query, has_more=has_more))


def get_extended_data(request: ApiRequest) -> Response:
    """Handle ``GET /imodels/{id}/changesets/{idOrIndex}/extendeddata``."""
    database = request.find_database()
    row = database.find(ExtendedData, find_changeset(database, request.path[1]).changeset_index)
    if row is None:
        raise build_not_found("Changeset Extended Data")
    return build_ok_response({"extendedData": _format_extended_data(database, row)})


def create_extended_data(request: ApiRequest) -> Response:
    """Handle ``POST …/changesets/{idOrIndex}/extendeddata``: once, by its creator."""
    database = request.find_database(WRITE)
    message = "Cannot create Changeset Extended Data."
    given = validate_properties(request.parse_json(), {"data": check_base64}, message, ("data",))
    if len(b64decode(given["data"])) > _MAX_DATA:
        raise build_too_large()
    changeset = find_changeset(database, request.path[1])
    if changeset.creator_id != request.account.user_id:
        raise build_insufficient_permissions()
    row = ExtendedData(changeset.changeset_index, given["data"])
    with database.transaction():
        if database.find(ExtendedData, row.changeset_index):
            raise build_conflict("DataConflict", "The Changeset has Extended Data already.")
        database.insert(ExtendedData, [row])
    return build_created_response({"extendedData": _format_extended_data(database, row)})


def _format_extended_data(database: IModelDatabase, row: ExtendedData) -> Json:
    changeset = database.find_changeset(row.changeset_index)
    return {
        "changesetId": changeset.id if changeset else None,
        "changesetIndex": row.changeset_index,
        "data": row.data,
    }
