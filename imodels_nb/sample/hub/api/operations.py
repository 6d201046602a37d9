"""The operations of the iModels API: a call in, an answer or a refusal out; no HTTP, no clock."""

from collections.abc import Callable
from dataclasses import dataclass

from imodels_nb.sample.hub.api import pages, query, wire
from imodels_nb.sample.hub.api.answers import Answer, found
from imodels_nb.sample.hub.api.refusals import not_available
from imodels_nb.sample.hub.ledger.ledger import Ledger
from imodels_nb.sample.hub.project.records import Changeset

_SHA1_LENGTH = 40


@dataclass(frozen=True)
class Call:
    """What a client asked.

    Parameters
    ----------
    path
        The variable parts of the path, in order.
    query
        The query part of the URL, as it came.
    base_url
        Scheme and host that the client used, for links.
    full
        Whether it prefers ``return=representation``.
    """

    path: tuple[str, ...]
    query: str
    base_url: str
    full: bool


Operation = Callable[[Ledger, Call], Answer]


def list_changesets(ledger: Ledger, call: Call) -> Answer:
    """Do ``GET /imodels/{id}/changesets``."""
    _expect_imodel(ledger, call.path[0])
    asked = query.CHANGESETS.parse(call.query)
    page = pages.changesets_page(ledger, asked, call.base_url, full=call.full)
    return found(page, rows=len(page["changesets"]))


def get_changeset(ledger: Ledger, call: Call) -> Answer:
    """Do ``GET /imodels/{id}/changesets/{idOrIndex}``."""
    _expect_imodel(ledger, call.path[0])
    row = _changeset(ledger, call.path[1])
    return found({"changeset": full(ledger, row, call.base_url)})


def list_named_versions(ledger: Ledger, call: Call) -> Answer:
    """Do ``GET /imodels/{id}/namedversions``."""
    _expect_imodel(ledger, call.path[0])
    asked = query.NAMED_VERSIONS.parse(call.query)
    page = pages.named_versions_page(ledger, asked, call.base_url, full=call.full)
    return found(page, rows=len(page["namedVersions"]))


def get_named_version(ledger: Ledger, call: Call) -> Answer:
    """Do ``GET /imodels/{id}/namedversions/{namedVersionId}``."""
    _expect_imodel(ledger, call.path[0])
    row = next((row for row in ledger.named_versions() if row.id == call.path[1].lower()), None)
    if row is None:
        raise not_available("Named Version")
    url = pages.imodel_url(call.base_url, ledger.imodel.id)
    return found({"namedVersion": wire.full_named_version(row, url, ledger.applications)})


def get_imodel(ledger: Ledger, call: Call) -> Answer:
    """Do ``GET /imodels/{id}``."""
    _expect_imodel(ledger, call.path[0])
    return found({"iModel": pages.imodel(ledger, call.base_url)})


def list_imodels(ledger: Ledger, call: Call) -> Answer:
    """Do ``GET /imodels?iTwinId=...``."""
    asked = query.IMODELS.parse(call.query)
    if asked.filters["iTwinId"].lower() != ledger.imodel.itwin_id:
        raise not_available("iTwin")
    page = pages.imodels_page(ledger, asked, call.base_url, full=call.full)
    return found(page, rows=len(page["iModels"]))


def full(ledger: Ledger, row: Changeset, base_url: str) -> wire.Json:
    """Write one changeset in full."""
    url = pages.imodel_url(base_url, ledger.imodel.id)
    return wire.full_changeset(row, url, ledger.applications, wire.Milestones(ledger.named_versions()))


def _expect_imodel(ledger: Ledger, imodel_id: str) -> None:
    if imodel_id.lower() != ledger.imodel.id:
        raise not_available("iModel")


def _changeset(ledger: Ledger, id_or_index: str) -> Changeset:
    """Find a changeset; digits alone are an index, unless there are as many as in an id."""
    is_index = id_or_index.isascii() and id_or_index.isdigit() and len(id_or_index) < _SHA1_LENGTH
    row = ledger.changeset(int(id_or_index) if is_index else id_or_index.lower())
    if row is None:
        raise not_available("Changeset")
    return row
