"""Operations on the favorite iModels of a user, and on the recent ones."""

from dataclasses import replace

from imodels_hub.api.imodels import find_databases, format_imodels
from imodels_hub.api.query import FAVORITES, RECENTS, ListParameters, build_list_response, build_page, paginate
from imodels_hub.api.requests import ApiRequest
from imodels_hub.api.responses import Response, build_empty_response
from imodels_hub.records import MarkedIModel

_FAVORITES = "favorites"
_RECENTS = "recents"
_MAX_RECENTS = 25


def list_favorites(request: ApiRequest) -> Response:
    """Handle ``GET /imodels/favorites?iTwinId=...``."""
    return _list_marked(request, _FAVORITES, FAVORITES)


def list_recents(request: ApiRequest) -> Response:
    """Handle ``GET /imodels/recents?iTwinId=...``, the newest first; it is one page."""
    return _list_marked(request, _RECENTS, RECENTS)


def _list_marked(request: ApiRequest, list_name: str, parameters: ListParameters) -> Response:
    query = parameters.parse(request.query)
    known = {one.imodel.id: one for one in find_databases(request, query.filters["iTwinId"])}
    marks = request.state.ledger.read_marks(list_name, request.account.user_id)
    rows, has_more = paginate([known[mark.imodel_id] for mark in marks if mark.imodel_id in known], query)
    url = f"{request.base_url}/imodels/{list_name}"
    has_next = has_more and list_name == _FAVORITES
    page = build_page("iModels", format_imodels(request, rows), url, replace(query, has_token=True), has_more=has_next)
    return build_list_response(page)


def add_favorite(request: ApiRequest) -> Response:
    """Handle ``PUT /imodels/favorites/{id}``."""
    request.state.ledger.add_mark(_build_mark(request, _FAVORITES))
    return build_empty_response()


def remove_favorite(request: ApiRequest) -> Response:
    """Handle ``DELETE /imodels/favorites/{id}``."""
    request.state.ledger.remove_mark(_build_mark(request, _FAVORITES))
    return build_empty_response()


def add_recent(request: ApiRequest) -> Response:
    """Handle ``POST /imodels/recents/{id}``; the oldest of more than 25 is removed."""
    request.state.ledger.add_mark(_build_mark(request, _RECENTS), _MAX_RECENTS)
    return build_empty_response()


def remove_recent(request: ApiRequest) -> Response:
    """Handle ``DELETE /imodels/recents/{id}``."""
    request.state.ledger.remove_mark(_build_mark(request, _RECENTS))
    return build_empty_response()


def _build_mark(request: ApiRequest, list_name: str) -> MarkedIModel:
    return MarkedIModel(list_name, request.account.user_id, request.find_database().imodel.id)
