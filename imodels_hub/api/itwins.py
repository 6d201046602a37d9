"""Operations on iTwins, which have an API of their own."""

from collections.abc import Callable

from imodels_hub.api.errors import build_not_found
from imodels_hub.api.marks import MAX_RECENTS, MarkList
from imodels_hub.api.query import ITWINS, Query, SortKeys, build_list_response, build_page, paginate, sort_rows
from imodels_hub.api.requests import ApiRequest
from imodels_hub.api.responses import Json, Response, build_ok_response
from imodels_hub.records import ITwin

_SORT_KEYS: SortKeys[ITwin] = {
    "displayName": lambda row: row.display_name,
    "number": lambda row: row.number,
    "subClass": lambda row: row.sub_class,
    "createdDateTime": lambda row: row.created_date_time,
}
_EXACT_FILTERS: dict[str, Callable[[ITwin], str | None]] = {
    "number": lambda row: row.number,
    "displayName": lambda row: row.display_name,
    "type": lambda row: row.type,
    "iTwinAccountId": lambda row: row.account_id,
    "parentId": lambda row: row.account_id,
}
_EMPTY_PROPERTIES = (
    "ianaTimeZone",
    "imageName",
    "image",
    "createdBy",
    "lastModifiedBy",
    "geographicLocation",
    "latitude",
    "longitude",
)


def list_itwins(request: ApiRequest) -> Response:
    """Handle ``GET /itwins/``; by default only active ones."""
    return _respond_with_list(request, _read_itwins(request), "")


def list_favorites(request: ApiRequest) -> Response:
    """Handle ``GET /itwins/favorites``."""
    return _respond_with_list(
        request, FAVORITES.select_rows(request, request.state.databases.read_itwins()), "favorites"
    )


def list_recents(request: ApiRequest) -> Response:
    """Handle ``GET /itwins/recents``, the newest first."""
    return _respond_with_list(request, RECENTS.select_rows(request, request.state.databases.read_itwins()), "recents")


def get_itwin(request: ApiRequest) -> Response:
    """Handle ``GET /itwins/{id}``."""
    return _respond(request, request.path[0].lower())


def get_account(request: ApiRequest) -> Response:
    """Handle ``GET /itwins/{id}/account``."""
    return _respond(request, _find_itwin(request, request.path[0].lower()).account_id)


def get_primary_account(request: ApiRequest) -> Response:
    """Handle ``GET /itwins/myprimaryaccount``."""
    itwins = _read_itwins(request)
    return _respond(request, itwins[0].account_id if itwins else "")


def _respond_with_list(request: ApiRequest, itwins: list[ITwin], path: str) -> Response:
    query = ITWINS.parse(request.query)
    selected = [row for row in itwins if _is_selected(row, query)]
    rows, has_more = paginate(sort_rows(selected, query, _SORT_KEYS), query)
    formatted = [_format_itwin(row, is_full=request.is_full) for row in rows]
    body = build_page("iTwins", formatted, f"{request.base_url}/itwins/{path}", query, has_more=has_more)
    body["_links"] = {name: link for name, link in body["_links"].items() if link}
    return build_list_response(body)


def _find_named_id(request: ApiRequest) -> str:
    return _find_itwin(request, request.path[0].lower()).id


def _respond(request: ApiRequest, itwin_id: str) -> Response:
    return build_ok_response({"iTwin": _format_itwin(_find_itwin(request, itwin_id), is_full=True)})


def _find_itwin(request: ApiRequest, itwin_id: str) -> ITwin:
    row = next((row for row in _read_itwins(request) if row.id == itwin_id), None)
    if row is None:
        raise build_not_found("iTwin")
    return row


def _read_itwins(request: ApiRequest) -> list[ITwin]:
    return [*request.state.databases.read_itwins().values()]


def _is_selected(row: ITwin, query: Query) -> bool:
    filters = query.filters
    has_status = filters.get("includeInactive") == "true" or row.status == filters.get("status", "Active")
    has_sub_class = row.sub_class in filters.get("subClass", row.sub_class).split(",")
    has_exact_values = all(name not in filters or value(row) == filters[name] for name, value in _EXACT_FILTERS.items())
    search = filters.get("$search", "").casefold()
    return (
        has_status and has_sub_class and has_exact_values and search in f"{row.number}\n{row.display_name}".casefold()
    )


def _format_itwin(row: ITwin, *, is_full: bool) -> Json:
    minimal = {
        "id": row.id,
        "class": row.itwin_class,
        "subClass": row.sub_class,
        "type": row.type,
        "number": row.number,
        "displayName": row.display_name,
    }
    if not is_full:
        return minimal
    return {
        **minimal,
        "status": row.status,
        "dataCenterLocation": "East US",
        "parentId": None if row.id == row.account_id else row.account_id,
        "iTwinAccountId": row.account_id,
        "createdDateTime": row.created_date_time,
        "lastModifiedDateTime": row.created_date_time,
        **dict.fromkeys(_EMPTY_PROPERTIES),
    }


FAVORITES = MarkList("favorite iTwins", _find_named_id)
"""Operations on ``/itwins/favorites/{id}``."""

RECENTS = MarkList("recent iTwins", _find_named_id, MAX_RECENTS)
"""Operations on ``/itwins/recents/{id}``."""
