"""Operations on briefcases."""

from collections.abc import Mapping

from imodels_hub.api.errors import build_insufficient_permissions, build_not_found
from imodels_hub.api.links import Links
from imodels_hub.api.query import BRIEFCASES, SortKeys, build_list_response, build_page, paginate, sort_rows
from imodels_hub.api.requests import MANAGE, WRITE, ApiRequest
from imodels_hub.api.responses import Json, Response, build_created_response, build_empty_response, build_ok_response
from imodels_hub.api.validation import allow_null, check_text, validate_properties
from imodels_hub.database.imodel_database import IModelDatabase
from imodels_hub.generator.formats import format_timestamp
from imodels_hub.records import Application, Briefcase

_SORT_KEYS: SortKeys[Briefcase] = {"acquiredDateTime": lambda row: row.acquired_date_time}
_MAX_DIGITS = 9


def list_briefcases(request: ApiRequest) -> Response:
    """Handle ``GET /imodels/{id}/briefcases``; an unknown owner has none."""
    database = request.find_database()
    query = BRIEFCASES.parse(request.query)
    links = request.build_links()
    owner = query.filters.get("ownerId", "").lower()
    owner = request.account.user_id if owner == "me" else owner
    briefcases = [row for row in database.read_all(Briefcase) if owner in ("", row.owner_id)]
    rows, has_more = paginate(sort_rows(briefcases, query, _SORT_KEYS), query)
    formatted = [_format_full(database, row, links) if request.is_full else _format_minimal(row) for row in rows]
    return build_list_response(
        build_page("briefcases", formatted, links.build_url("briefcases"), query, has_more=has_more)
    )


def get_briefcase(request: ApiRequest) -> Response:
    """Handle ``GET /imodels/{id}/briefcases/{briefcaseId}``."""
    database = request.find_database()
    row = find_briefcase(database, request.path[1])
    return build_ok_response({"briefcase": _format_full(database, row, request.build_links())})


def acquire_briefcase(request: ApiRequest) -> Response:
    """Handle ``POST /imodels/{id}/briefcases``."""
    database = request.find_initialized_database(WRITE)
    content = request.parse_json() if request.body else {}
    given = validate_properties(content, {"deviceName": allow_null(check_text)}, "Cannot acquire Briefcase.")
    user = request.state.databases.find_user(request.account.user_id)
    if user is None:
        raise build_not_found("user")
    with database.transaction():
        database.add_user(user)
        row = Briefcase(
            briefcase_id=database.next_briefcase_id(),
            owner_id=user.id,
            acquired_date_time=format_timestamp(request.now()),
            file_size=database.baseline.size,
            device_name=given.get("deviceName"),
            application_id=database.own_application_id,
        )
        database.insert(Briefcase, [row])
    return build_created_response({"briefcase": _format_full(database, row, request.build_links())})


def release_briefcase(request: ApiRequest) -> Response:
    """Handle ``DELETE /imodels/{id}/briefcases/{briefcaseId}``."""
    database = request.find_database(WRITE)
    row = find_own_briefcase(request, database, request.path[1])
    database.release_briefcase(row.briefcase_id)
    return build_empty_response()


def find_own_briefcase(request: ApiRequest, database: IModelDatabase, number: str) -> Briefcase:
    """Find a briefcase of the user; an administrator may use all.

    Raises
    ------
    ApiError
        404 if it does not exist, 403 if it belongs to another user.
    """
    row = find_briefcase(database, number)
    if row.owner_id != request.account.user_id and MANAGE not in request.account.permissions:
        raise build_insufficient_permissions()
    return row


def find_briefcase(database: IModelDatabase, number: str) -> Briefcase:
    """Find a briefcase by its number.

    Raises
    ------
    ApiError
        404 if it does not exist.
    """
    is_number = number.isascii() and number.isdigit() and len(number) <= _MAX_DIGITS
    row = database.find(Briefcase, int(number)) if is_number else None
    if row is None:
        raise build_not_found("Briefcase")
    return row


def _format_minimal(row: Briefcase) -> Json:
    """Format a briefcase as ``return=minimal`` does."""
    return {"id": str(row.briefcase_id), "displayName": f"#{row.briefcase_id} {row.device_name or ''}".rstrip()}


def _format_full(database: IModelDatabase, row: Briefcase, links: Links) -> Json:
    """Format a briefcase as ``return=representation`` does."""
    return {
        **_format_minimal(row),
        "briefcaseId": row.briefcase_id,
        "ownerId": row.owner_id,
        "acquiredDateTime": row.acquired_date_time,
        "fileSize": row.file_size,
        "deviceName": row.device_name,
        "application": format_application(row.application_id, database.applications),
        "_links": {"owner": links.link("users", row.owner_id), "checkpoint": links.link("briefcases", "checkpoint")},
    }


def format_application(application_id: str | None, applications: Mapping[str, Application]) -> Json | None:
    """Format the application of a record."""
    return applications[application_id]._asdict() if application_id else None
