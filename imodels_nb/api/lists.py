"""Lists, page by page, always on our own URL.

A ``next`` link only says that there is more. At most its continuation token is taken, never its host or its path: the
published example itself mixes two, and a link that is followed is a token that is sent.
"""

from dataclasses import replace
from functools import partial
from threading import Event
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pyarrow as pa

from imodels_nb.api.client import IModelsClient
from imodels_nb.api.decode import Page
from imodels_nb.api.pages import page
from imodels_nb.api.ranges import PAGE_SIZE
from imodels_nb.api.request import Request
from imodels_nb.api.schemas import Collection
from imodels_nb.api.walks import Job, walk_to_the_end
from imodels_nb.errors import UnexpectedResponse

if TYPE_CHECKING:
    from imodels_nb.errors import IModelsError

_TOKEN, _SKIP = "$continuationToken", "$skip"
_MOST_PAGES = 10_000


def list_rows(client: IModelsClient, request: Request, collection: Collection) -> list[pa.RecordBatch]:
    """Give all rows of a list, a batch for each page.

    Parameters
    ----------
    client
        Whom to ask.
    request
        The list, with its filters and order.
    collection
        What it has to hold.

    Raises
    ------
    UnexpectedResponse
        When a page is not what was promised, the pages lead in a circle, or a row comes twice: the list has changed
        while it was read.
    """
    walk = ListWalk(request, collection)
    walk_to_the_end(client, walk)
    ids = pa.chunked_array([batch.column("id") for batch in walk.batches])
    if len(ids.unique()) < len(ids):
        raise _changed(collection)
    return walk.batches


class ListWalk:
    """Reads a list, one page after the other; a walk for :func:`imodels_nb.api.walks.drive`.

    The next page is asked for by the continuation token of the ``next`` link. Lists of the API that have none are asked
    to skip as many rows as have come.

    Parameters
    ----------
    request, collection
        As :func:`list_rows` takes them.

    Attributes
    ----------
    batches
        The rows of each page.
    """

    def __init__(self, request: Request, collection: Collection) -> None:
        self.failure: IModelsError | None = None
        self.batches: list[pa.RecordBatch] = []
        self.finished = False
        self._collection = collection
        self._seen: set[str] = set()
        self._ids: set[str] = set()
        self._next: Request | None = replace(request, params={"$top": PAGE_SIZE, **request.params})

    def next(self) -> Job | None:
        """Give the next page to ask for."""
        request, self._next = self._next, None
        return Job(partial(self._ask, request), partial(self._take, request)) if request else None

    def _ask(self, request: Request, client: IModelsClient, stop: Event) -> Page:
        return page(client, request, self._collection, stop)

    def _take(self, request: Request, read: Page) -> None:
        self.batches.append(read.rows)
        if read.next_href is None:
            self.finished = True
            return
        token = _token(read.next_href)
        ids = set(read.rows.column("id").to_pylist())
        if ids <= self._ids or token in self._seen:
            raise UnexpectedResponse(
                f"_links.next of {self._collection.name} leads back to a page already read; the list has no end. "
                "Run it again later."
            )
        if ids & self._ids:
            raise _changed(self._collection)
        if len(self.batches) >= _MOST_PAGES:
            raise UnexpectedResponse(f"The {self._collection.name} do not end after {_MOST_PAGES:,} pages.")
        self._ids |= ids
        self._seen |= {token} - {""}
        came = sum(batch.num_rows for batch in self.batches)
        place: dict[str, str | int] = {_TOKEN: token} if token else {_SKIP: came}
        query = {name: value for name, value in request.params.items() if name != _TOKEN} | place
        self._next = replace(request, params=query)


def _changed(collection: Collection) -> UnexpectedResponse:
    return UnexpectedResponse(f"The {collection.name} changed while they were read. Run it again.")


def _token(href: str) -> str:
    query = href.partition("?")[2].partition("#")[0]  # urlsplit would raise where the host makes no sense
    return parse_qs(query).get(_TOKEN, [""])[0]
