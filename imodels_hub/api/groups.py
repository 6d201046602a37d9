"""Operations on changeset groups, each of which is one synchronization run."""

import uuid

from imodels_hub.api.errors import build_not_found
from imodels_hub.api.links import Links
from imodels_hub.api.query import CHANGESET_GROUPS, build_list_response, build_page
from imodels_hub.api.requests import WRITE, ApiRequest
from imodels_hub.api.responses import Json, Response, build_created_response, build_ok_response
from imodels_hub.api.validation import check_one_of, check_text, validate_properties
from imodels_hub.database.imodel_database import IModelDatabase
from imodels_hub.generator.formats import format_timestamp
from imodels_hub.records import ChangesetGroup


def list_groups(request: ApiRequest) -> Response:
    """Handle ``GET /imodels/{id}/changesetgroups``."""
    database = request.find_database()
    query = CHANGESET_GROUPS.parse(request.query)
    links = request.build_links()
    rows, has_more = database.read_groups(skip=query.skip, top=query.top)
    formatted = [_format_group(row, links) for row in rows]
    url = links.build_url("changesetgroups")
    return build_list_response(build_page("changesetGroups", formatted, url, query, has_more=has_more))


def get_group(request: ApiRequest) -> Response:
    """Handle ``GET /imodels/{id}/changesetgroups/{changesetGroupId}``."""
    row = find_group(request.find_database(), request.path[1])
    return build_ok_response({"changesetGroup": _format_group(row, request.build_links())})


def create_group(request: ApiRequest) -> Response:
    """Handle ``POST /imodels/{id}/changesetgroups``."""
    database = request.find_database(WRITE)
    message = "Cannot create Changeset Group."
    given = validate_properties(request.parse_json(), {"description": check_text}, message, ("description",))
    row = ChangesetGroup(
        id=str(uuid.uuid4()),
        description=given["description"],
        state="inProgress",
        creator_id=request.account.user_id,
        created_date_time=format_timestamp(request.now()),
    )
    database.insert(ChangesetGroup, [row])
    return build_created_response({"changesetGroup": _format_group(row, request.build_links())})


def update_group(request: ApiRequest) -> Response:
    """Handle ``PATCH …/changesetgroups/{changesetGroupId}``: the run has ended."""
    database = request.find_database(WRITE)
    message = "Cannot update Changeset Group."
    given = validate_properties(request.parse_json(), {"state": check_one_of("completed")}, message, ("state",))
    row = find_group(database, request.path[1])._replace(state=given["state"])
    database.update(ChangesetGroup, row)
    return build_ok_response({"changesetGroup": _format_group(row, request.build_links())})


def find_group(database: IModelDatabase, group_id: str) -> ChangesetGroup:
    """Find a changeset group.

    Raises
    ------
    ApiError
        404 if it does not exist.
    """
    row = database.find(ChangesetGroup, group_id.lower())
    if row is None:
        raise build_not_found("Changeset Group")
    return row


def _format_group(row: ChangesetGroup, links: Links) -> Json:
    return {
        "id": row.id,
        "description": row.description,
        "state": row.state,
        "creatorId": row.creator_id,
        "createdDateTime": row.created_date_time,
        "_links": {"creator": links.link("users", row.creator_id)},
    }
