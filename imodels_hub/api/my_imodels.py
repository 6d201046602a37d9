"""Operations on the favorite iModels of a user, and on the recent ones."""

from dataclasses import replace

from imodels_hub.api import query
from imodels_hub.api.imodels import find_databases, format_imodels
from imodels_hub.api.marks import MAX_RECENTS, MarkList
from imodels_hub.api.query import ListParameters, build_list_response, build_page, paginate
from imodels_hub.api.requests import ApiRequest
from imodels_hub.api.responses import Response


def _find_named_id(request: ApiRequest) -> str:
    return request.find_database().imodel.id


FAVORITES = MarkList("favorites", _find_named_id)
"""Operations on ``/imodels/favorites/{id}``."""

RECENTS = MarkList("recents", _find_named_id, MAX_RECENTS)
"""Operations on ``/imodels/recents/{id}``."""


def list_favorites(request: ApiRequest) -> Response:
    """Handle ``GET /imodels/favorites?iTwinId=...``."""
    return _respond_with_list(request, FAVORITES, query.FAVORITES, is_paged=True)


def list_recents(request: ApiRequest) -> Response:
    """Handle ``GET /imodels/recents?iTwinId=...``, the newest first; it is one page."""
    return _respond_with_list(request, RECENTS, query.RECENTS, is_paged=False)


def _respond_with_list(
    request: ApiRequest, marked: MarkList, parameters: ListParameters, *, is_paged: bool
) -> Response:
    parsed = parameters.parse(request.query)
    known = {database.imodel.id: database for database in find_databases(request, parsed.filters["iTwinId"])}
    rows, has_more = paginate(marked.select_rows(request, known), parsed)
    url = f"{request.base_url}/imodels/{marked.name}"
    has_next = has_more and is_paged
    page = build_page("iModels", format_imodels(request, rows), url, replace(parsed, has_token=True), has_more=has_next)
    return build_list_response(page)
