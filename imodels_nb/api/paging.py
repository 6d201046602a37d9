"""Fetches of lists, page by page, and of many single items.

Each page has a URL of our own. Of a ``next`` link only the continuation token is used, never its host or its path. The
example on the API's own pages mixes two hosts, and a request to another host would send it the token.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pyarrow as pa

from imodels_nb.api.client import IModelsClient
from imodels_nb.api.decode import Page
from imodels_nb.api.executor import Step, run_one
from imodels_nb.api.range_planner import PAGE_SIZE
from imodels_nb.api.schemas import ResponseSchema
from imodels_nb.api.transport import Request
from imodels_nb.errors import NotFound, UnexpectedResponse

if TYPE_CHECKING:
    from imodels_nb.errors import IModelsError

_TOKEN = "$continuationToken"  # noqa: S105 - the name of a parameter
_SKIP = "$skip"
_MAX_PAGES = 10_000


def fetch_collection(client: IModelsClient, request: Request, schema: ResponseSchema) -> list[pa.RecordBatch]:
    """Fetch all rows of a list, one batch per page.

    Parameters
    ----------
    client
        The client.
    request
        Request of the list, with its filters and order.
    schema
        Schema of a page.

    Raises
    ------
    UnexpectedResponse
        If a page does not have the schema, if the list has no end, or if a row comes twice: the list has changed in the
        meantime.
    """
    fetch = ListFetch(request, schema)
    run_one(client, fetch)
    keys = [key for batch in fetch.batches for key in _read_keys(batch, schema)]
    if len(set(keys)) < len(keys):
        raise _build_list_changed_error(schema)
    return fetch.batches


def _read_keys(rows: pa.RecordBatch, schema: ResponseSchema) -> list[Any]:
    """Return the key of each row: the values that identify it."""
    return list(map(repr, rows.to_pylist())) if schema.key is None else rows.column(schema.key).to_pylist()


class ListFetch:
    """The fetch of a list, one page after the other, to run with an executor.

    The next page is requested by the continuation token of the ``next`` link. Lists without one are requested by the
    number of rows to skip.

    Parameters
    ----------
    request, schema
        As in :func:`fetch_collection`.

    Attributes
    ----------
    batches
        Rows of each page.
    """

    def __init__(self, request: Request, schema: ResponseSchema) -> None:
        self.error: IModelsError | None = None
        self.is_finished = False
        self.batches: list[pa.RecordBatch] = []
        self._schema = schema
        self._keys: set[Any] = set()
        self._tokens: set[str] = set()
        self._next_request: Request | None = replace(request, params={"$top": PAGE_SIZE, **request.params})

    def next_step(self) -> Step | None:
        """Return the request of the next page."""
        request = self._next_request
        self._next_request = None
        if request is None:
            return None
        return Step(
            run=lambda client, stop: client.get_page(request, self._schema, stop),
            handle=partial(self._handle_page, request),
        )

    def _handle_page(self, request: Request, page: Page) -> None:
        self.batches.append(page.rows)
        if page.next_href is None:
            self.is_finished = True
            return
        token = _parse_token(page.next_href)
        self._check_progress(set(_read_keys(page.rows, self._schema)), token)
        rows_received = sum(batch.num_rows for batch in self.batches)
        position: dict[str, str | int] = {_TOKEN: token} if token else {_SKIP: rows_received}
        params = {name: value for name, value in request.params.items() if name != _TOKEN} | position
        self._next_request = replace(request, params=params)

    def _check_progress(self, keys: set[Any], token: str) -> None:
        """Check that a page which is not the last one has new rows and a new token."""
        if keys <= self._keys or token in self._tokens:
            raise UnexpectedResponse(
                f"_links.next of {self._schema.name} leads back to a page already read; the list has no end. "
                "Try again later."
            )
        if keys & self._keys:
            raise _build_list_changed_error(self._schema)
        if len(self.batches) >= _MAX_PAGES:
            raise UnexpectedResponse(f"The {self._schema.name} do not end after {_MAX_PAGES:,} pages. Try again later.")
        self._keys |= keys
        self._tokens |= {token} - {""}


class ItemsFetch:
    """The fetch of single items, many at once, to run with an executor.

    Parameters
    ----------
    requests
        One request for each item.
    schema
        Schema of a response.
    allow_missing
        Whether an item may be missing (404).

    Attributes
    ----------
    items
        One row per request, in order; ``None`` for a missing item.
    """

    def __init__(self, requests: Sequence[Request], schema: ResponseSchema, *, allow_missing: bool) -> None:
        self.error: IModelsError | None = None
        self.items: list[pa.RecordBatch | None] = [None] * len(requests)
        self._schema = schema
        self._allow_missing = allow_missing
        self._waiting = iter(enumerate(requests))
        self._remaining = len(requests)

    @property
    def is_finished(self) -> bool:
        """Whether all items have arrived."""
        return self._remaining == 0

    def next_step(self) -> Step | None:
        """Return the request of the next item."""
        position, request = next(self._waiting, (0, None))
        if request is None:
            return None
        return Step(run=partial(self._fetch_item, request), handle=partial(self._handle_item, position))

    def _fetch_item(self, request: Request, client: IModelsClient, stop: Event) -> pa.RecordBatch | None:
        try:
            return client.get_page(request, self._schema, stop).rows
        except NotFound:
            if self._allow_missing:
                return None
            raise

    def _handle_item(self, position: int, item: pa.RecordBatch | None) -> None:
        self.items[position] = item
        self._remaining -= 1


def _build_list_changed_error(schema: ResponseSchema) -> UnexpectedResponse:
    return UnexpectedResponse(f"The {schema.name} changed during the fetch. Fetch again.")


def _parse_token(href: str) -> str:
    query = href.partition("?")[2].partition("#")[0]  # urlsplit would raise if the host is invalid
    return parse_qs(query).get(_TOKEN, [""])[0]
