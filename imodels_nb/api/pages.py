"""Lists, page by page, always on our own URL.

A ``next`` link only says that there is more. At most its query is taken, never its host: the published example itself
mixes two, and a link that is followed is a token that is sent.
"""

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from imodels_nb.api.client import IModelsClient
from imodels_nb.api.decode import CHANGESETS, CHANGESETS_FULL, NAMED_VERSIONS, Collection, Page, decode
from imodels_nb.errors import UnexpectedResponse

PAGE_SIZE = 1000
"""The largest ``$top`` that the API allows."""

Query = dict[str, str | int]


def changeset_pages(
    client: IModelsClient, imodel_id: str, *, after_index: int, last_index: int | None, full: bool
) -> Iterator[Page]:
    """Yield the changesets after one index, ascending, at most to another.

    Each page asks for what lies after the last row seen, so that pushes during the walk neither shift nor tear it.
    """
    collection = CHANGESETS_FULL if full else CHANGESETS
    query: Query = {"$top": PAGE_SIZE, "$orderBy": "index asc"}
    if last_index is not None:
        query |= {"lastIndex": last_index}
    while True:
        page = _page(
            client, f"{_imodel(imodel_id)}/changesets", query | {"afterIndex": after_index}, collection, full=full
        )
        yield page
        if page.next_href is None:
            return
        after_index = _last_index(page, after_index)


def named_version_pages(client: IModelsClient, imodel_id: str) -> Iterator[Page]:
    """Yield the named versions by changeset index, hidden ones included."""
    query: Query = {"$top": PAGE_SIZE, "$orderBy": "changesetIndex asc"}
    return _walk(client, f"{_imodel(imodel_id)}/namedversions", query, NAMED_VERSIONS)


def _walk(client: IModelsClient, path: str, query: Query, collection: Collection) -> Iterator[Page]:
    seen = []
    while query not in seen:
        seen.append(query)
        page = _page(client, path, query, collection, full=True)
        yield page
        if page.next_href is None:
            return
        query = dict[str, str | int](parse_qsl(urlsplit(page.next_href).query, keep_blank_values=True))
    raise UnexpectedResponse(
        f"_links.next of {collection.name} leads back to a page already read; the list has no end."
    )


def _page(client: IModelsClient, path: str, query: Query, collection: Collection, *, full: bool) -> Page:
    prefer = "return=representation" if full else "return=minimal"
    return decode(client.get(path, query, prefer=prefer), collection)


def _imodel(imodel_id: str) -> str:
    try:
        return f"/imodels/{UUID(imodel_id)}"
    except ValueError:
        raise ValueError(
            f"imodel_id should be a GUID such as 5e19bee0-3aea-4355-a9f0-c6df9989ee7d, not {imodel_id!r}."
        ) from None


def _last_index(page: Page, after_index: int) -> int:
    if page.rows.num_rows == 0 or (last := page.rows.column("index")[-1].as_py()) <= after_index:
        raise UnexpectedResponse(
            f"_links.next promises more changesets after index {after_index}, but the page brings none. Run it again."
        )
    return int(last)
