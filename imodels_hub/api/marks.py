"""Lists on which a user marks iModels or iTwins: favorites, and recent ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from imodels_hub.api.requests import ApiRequest
from imodels_hub.api.responses import Response, build_empty_response
from imodels_hub.records import MarkedIModel

MAX_RECENTS = 25
"""Length of a list of recent ones; the oldest of more is removed."""

_Row = TypeVar("_Row")


@dataclass(frozen=True)
class MarkList:
    """One kind of list, and the operations on it.

    Parameters
    ----------
    name
        Name of the list in the database.
    find_id
        Function that returns the id of the iModel or iTwin that a request names.
    limit
        Largest length of the list.
    """

    name: str
    find_id: Callable[[ApiRequest], str]
    limit: int | None = None

    def add(self, request: ApiRequest) -> Response:
        """Handle ``POST`` or ``PUT``: add an iModel or iTwin to the list."""
        request.state.databases.add_mark(self._build_mark(request), self.limit)
        return build_empty_response()

    def remove(self, request: ApiRequest) -> Response:
        """Handle ``DELETE``: remove an iModel or iTwin from the list."""
        request.state.databases.remove_mark(self._build_mark(request))
        return build_empty_response()

    def select_rows(self, request: ApiRequest, known: Mapping[str, _Row]) -> list[_Row]:
        """Return the rows on the list of the user, the newest first.

        Parameters
        ----------
        request
            A request of the user.
        known
            The rows by id. Ids on the list without a row are left out.
        """
        marks = request.state.databases.read_marks(self.name, request.account.user_id)
        return [known[mark.imodel_id] for mark in marks if mark.imodel_id in known]

    def _build_mark(self, request: ApiRequest) -> MarkedIModel:
        return MarkedIModel(self.name, request.account.user_id, self.find_id(request))
