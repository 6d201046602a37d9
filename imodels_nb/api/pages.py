"""Lists, page by page, always on our own URL.

A ``next`` link only says that there is more. At most its continuation token is taken, never its host or its path: the
published example itself mixes two, and a link that is followed is a token that is sent.
"""

from collections.abc import Iterator
from dataclasses import replace
from threading import Event
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa

from imodels_nb.api.arguments import guid
from imodels_nb.api.client import IModelsClient
from imodels_nb.api.decode import Page, decode
from imodels_nb.api.ranges import PAGE_SIZE
from imodels_nb.api.request import Request
from imodels_nb.api.schemas import Collection
from imodels_nb.errors import UnexpectedResponse

Query = dict[str, str | int]

_TOKEN, _SKIP = "$continuationToken", "$skip"


def page(client: IModelsClient, request: Request, collection: Collection, stop: Event | None = None) -> Page:
    """GET one page and decode it."""
    return decode(client.get(request, stop), collection)


def list_pages(client: IModelsClient, request: Request, collection: Collection) -> Iterator[Page]:
    """Yield a list's pages, one after the other.

    The next page is asked for by the continuation token of the ``next`` link. Lists of the API that have none are asked
    to skip as many rows as have come.

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
        When a page is not what was promised, or the pages lead in a circle.
    """
    came, seen = 0, set[str]()
    query: Query = {"$top": PAGE_SIZE, **request.params}
    while True:
        read = page(client, replace(request, params=query), collection)
        yield read
        if read.next_href is None:
            return
        came += read.rows.num_rows
        token = _token(read.next_href)
        if token in seen or read.rows.num_rows == 0:
            raise UnexpectedResponse(
                f"_links.next of {collection.name} leads back to a page already read; the list has no end."
            )
        seen |= {token} if token else set()
        place: Query = {_TOKEN: token} if token else {_SKIP: came}
        query = {name: value for name, value in query.items() if name != _TOKEN} | place


def list_rows(client: IModelsClient, request: Request, collection: Collection) -> list[pa.RecordBatch]:
    """Give all rows of a list, a batch for each page; see :func:`list_pages`.

    Raises
    ------
    UnexpectedResponse
        When a row comes twice: the list has changed while it was read.
    """
    batches = [page.rows for page in list_pages(client, request, collection)]
    ids = pa.chunked_array([batch.column("id") for batch in batches])
    if len(ids.unique()) < len(ids):
        raise UnexpectedResponse(f"The {collection.name} changed while they were read. Run it again.")
    return batches


def imodel_path(imodel_id: str) -> str:
    """Give the path of an iModel.

    Raises
    ------
    ValueError
        When `imodel_id` is no GUID.
    """
    return f"/imodels/{guid('imodel_id', imodel_id)}"


def _token(href: str) -> str:
    return parse_qs(urlsplit(href).query).get(_TOKEN, [""])[0]
