"""Pages of the API without a server."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Literal

from imodels_hub.api.changesets import build_changesets_page
from imodels_hub.api.links import Links
from imodels_hub.api.named_versions import build_named_versions_page
from imodels_hub.api.query import CHANGESETS, NAMED_VERSIONS, Query
from imodels_hub.api.responses import Json, encode_json
from imodels_hub.database.imodel_database import IModelDatabase
from imodels_hub.records import Project

Detail = Literal["minimal", "full"]

PLACEHOLDER_URL = "http://127.0.0.1"
"""Base of the links on pages that no server sends."""


def iterate_changeset_pages(
    project: Project, detail: Detail = "minimal", base_url: str = PLACEHOLDER_URL
) -> Iterator[bytes]:
    """Iterate over all pages of the changesets, as for ``$top=1000``.

    There is no server to download from, so download links are null.

    Parameters
    ----------
    project
        The project.
    detail
        ``"minimal"`` or ``"full"``, as in the Prefer header.
    base_url
        Base of the links.

    Yields
    ------
    bytes
        The body of one page. An empty timeline has one page, too.
    """
    links = Links(base_url, project.imodel.id)
    is_full = detail == "full"
    return _iterate_pages(
        project,
        lambda database, query: build_changesets_page(database, query, links, is_full=is_full, now=0.0),
        CHANGESETS.parse("$top=1000"),
    )


def iterate_named_version_pages(project: Project, base_url: str = PLACEHOLDER_URL) -> Iterator[bytes]:
    """Iterate over all pages of the named versions, in full and by index.

    Parameters and yields are those of `iterate_changeset_pages`.
    """
    links = Links(base_url, project.imodel.id)
    return _iterate_pages(
        project,
        lambda database, query: build_named_versions_page(database, query, links, is_full=True),
        NAMED_VERSIONS.parse("$top=1000&$orderBy=changesetIndex"),
    )


def _iterate_pages(project: Project, build: Callable[[IModelDatabase, Query], Json], query: Query) -> Iterator[bytes]:
    with closing(IModelDatabase(project)) as database:
        while True:
            page = build(database, query)
            yield encode_json(page)
            if page["_links"]["next"] is None:
                return
            query = query.next()
