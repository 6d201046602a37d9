"""Pages without a server: what a hub would send, for whoever wants the sample and no network."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Literal

from imodels_hub.api.bodies import Json, body_of
from imodels_hub.api.changesets import changesets_page
from imodels_hub.api.grammars import CHANGESETS, NAMED_VERSIONS
from imodels_hub.api.links import Links
from imodels_hub.api.named_versions import named_versions_page
from imodels_hub.api.query import Query
from imodels_hub.ledger.ledger import Ledger
from imodels_hub.project.records import Project

Detail = Literal["minimal", "full"]

NOWHERE = "http://127.0.0.1"
"""Where links point on pages that no service has sent."""


def changesets_pages(project: Project, detail: Detail = "minimal", base_url: str = NOWHERE) -> Iterator[bytes]:
    """Write the whole timeline, page by page, as a hub would send it for ``$top=1000``, without any server.

    There is nobody to download from, so download links are null.

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
    links, full = Links(base_url, project.imodel.id), detail == "full"
    query = CHANGESETS.parse("$top=1000")
    return _all_pages(project, lambda ledger, at: changesets_page(ledger, at, links, full=full, now=0.0), query)


def named_versions_pages(project: Project, base_url: str = NOWHERE) -> Iterator[bytes]:
    """Write all milestones, in full, as a hub would send them for ``$top=1000&$orderBy=changesetIndex``.

    Parameters and yields are those of `changesets_pages`.
    """
    links = Links(base_url, project.imodel.id)
    query = NAMED_VERSIONS.parse("$top=1000&$orderBy=changesetIndex")
    return _all_pages(project, lambda ledger, at: named_versions_page(ledger, at, links, full=True), query)


def _all_pages(project: Project, page: Callable[[Ledger, Query], Json], query: Query) -> Iterator[bytes]:
    with closing(Ledger(project)) as ledger:
        while True:
            written = page(ledger, query)
            yield body_of(written)
            if written["_links"]["next"] is None:
                return
            query = query.next()
