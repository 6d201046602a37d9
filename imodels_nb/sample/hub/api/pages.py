"""Pages: the answer to a list request, from the rows that a query chooses to the links around them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any, Literal, TypeVar

from imodels_nb.sample.hub.api import wire
from imodels_nb.sample.hub.api.query import CHANGESETS, NAMED_VERSIONS, Query
from imodels_nb.sample.hub.api.wire import Json
from imodels_nb.sample.hub.ledger.ledger import Ledger
from imodels_nb.sample.hub.project.records import IModel, NamedVersion, Project

Row = TypeVar("Row", IModel, NamedVersion)

Detail = Literal["minimal", "full"]

NOWHERE = "http://127.0.0.1"
"""Where links point on pages that no service has sent."""


def changesets_page(ledger: Ledger, query: Query, base_url: str, *, full: bool) -> Json:
    """Write a page of the timeline."""
    descending = bool(query.order) and query.order[0][1]
    if query.continued and descending and query.pin is None:
        head = ledger.head()
        query = replace(query, pin=head.changeset_index if head else 0)
    rows, more = ledger.changesets(
        query.filters.get("afterIndex", 0), _last(query), skip=query.skip, top=query.top, descending=descending
    )
    url = imodel_url(base_url, ledger.imodel.id)
    if full:
        milestones = wire.Milestones(ledger.named_versions())
        written = [wire.full_changeset(row, url, ledger.applications, milestones) for row in rows]
    else:
        written = [wire.minimal_changeset(row, url) for row in rows]
    return {"changesets": written, "_links": _links(f"{url}/changesets", query, more=more)}


def _last(query: Query) -> int | None:
    limits = [limit for limit in (query.filters.get("lastIndex"), query.pin) if limit is not None]
    return min(limits, default=None)


def named_versions_page(ledger: Ledger, query: Query, base_url: str, *, full: bool) -> Json:
    """Write a page of the milestones; the newest changeset comes first unless the query orders otherwise."""
    keys = {"changesetIndex": lambda row: row.changeset_index, "createdDateTime": lambda row: row.created_date_time}
    default = (("changesetIndex", True),)
    wanted = [row for row in ledger.named_versions() if query.filters.get("state", row.state) == row.state]
    rows, more = _chosen(wanted, query, keys, default)
    url = imodel_url(base_url, ledger.imodel.id)
    written = [
        wire.full_named_version(row, url, ledger.applications) if full else wire.minimal_named_version(row)
        for row in rows
    ]
    return {"namedVersions": written, "_links": _links(f"{url}/namedversions", query, more=more)}


def imodels_page(ledger: Ledger, query: Query, base_url: str, *, full: bool) -> Json:
    """Write a page of the iTwin's iModels, of which a hub has one."""
    keys = {"name": lambda row: row.name, "createdDateTime": lambda row: row.created_date_time}
    wanted = [ledger.imodel] if query.filters.get("state", "initialized") == "initialized" else []
    rows, more = _chosen(wanted, query, keys, (("name", False),))
    written = [imodel(ledger, base_url) if full else wire.minimal_imodel(row) for row in rows]
    return {"iModels": written, "_links": _links(f"{base_url}/imodels", query, more=more)}


def imodel(ledger: Ledger, base_url: str) -> Json:
    """Write the hub's iModel in full."""
    head = ledger.head()
    url = imodel_url(base_url, ledger.imodel.id)
    return wire.full_imodel(ledger.imodel, url, head.push_date_time if head else None)


def imodel_url(base_url: str, imodel_id: str) -> str:
    """Give the absolute URL of an iModel."""
    return f"{base_url}/imodels/{imodel_id}"


def _chosen(
    rows: Sequence[Row],
    query: Query,
    keys: Mapping[str, Callable[[Row], Any]],
    default: tuple[tuple[str, bool], ...],
) -> tuple[list[Row], bool]:
    """Filter by name and search text, sort, and cut the page out; tell whether rows are left behind it."""
    needle = query.filters.get("$search", "").casefold()
    found = [
        row
        for row in rows
        if query.filters.get("name", row.name) == row.name
        and needle in f"{row.name}\n{row.description or ''}".casefold()
    ]
    for name, descending in reversed(query.order or default):
        found.sort(key=keys[name], reverse=descending)
    end = query.skip + query.top
    return found[query.skip : end], end < len(found)


def _links(url: str, query: Query, *, more: bool) -> Json:
    return {
        "self": _link(url, query),
        "prev": _link(url, query.prev()) if query.skip else None,
        "next": _link(url, query.next()) if more else None,
    }


def _link(url: str, query: Query) -> Json:
    return {"href": f"{url}?{query.text()}"}


def changesets_pages(project: Project, detail: Detail = "minimal", base_url: str = NOWHERE) -> Iterator[bytes]:
    """Write the whole timeline, page by page, as a hub would send it for ``$top=1000``, without any server.

    Parameters
    ----------
    project
        What the hub would serve.
    detail
        ``"minimal"`` or ``"full"``: what the Prefer header would ask for.
    base_url
        Where the links point.

    Yields
    ------
    bytes
        The body of one page; an empty timeline has one page, too.
    """
    query = CHANGESETS.parse("$top=1000")
    return _all_pages(project, lambda ledger, at: changesets_page(ledger, at, base_url, full=detail == "full"), query)


def named_versions_pages(project: Project, base_url: str = NOWHERE) -> Iterator[bytes]:
    """Write all milestones, in full, as a hub would send them for ``$top=1000&$orderBy=changesetIndex``.

    Parameters and yields are those of `changesets_pages`.
    """
    query = NAMED_VERSIONS.parse("$top=1000&$orderBy=changesetIndex")
    return _all_pages(project, lambda ledger, at: named_versions_page(ledger, at, base_url, full=True), query)


def _all_pages(project: Project, page: Callable[[Ledger, Query], Json], query: Query) -> Iterator[bytes]:
    with closing(Ledger(project)) as ledger:
        while True:
            written = page(ledger, query)
            yield wire.body_of(written)
            if written["_links"]["next"] is None:
                return
            query = query.next()
