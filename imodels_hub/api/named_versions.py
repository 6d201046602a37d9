"""Named versions: the milestones of the timeline."""

from collections.abc import Mapping

from imodels_hub.api.answers import Answer, found
from imodels_hub.api.bodies import Json
from imodels_hub.api.call import Call
from imodels_hub.api.changesets import application_of
from imodels_hub.api.grammars import NAMED_VERSIONS
from imodels_hub.api.links import Links
from imodels_hub.api.listing import Keys, cut, listed, named, ordered, page
from imodels_hub.api.query import Query
from imodels_hub.api.refusals import not_available
from imodels_hub.ledger.ledger import Ledger
from imodels_hub.project.records import Application, NamedVersion

_KEYS: Keys[NamedVersion] = {
    "changesetIndex": lambda row: row.changeset_index,
    "createdDateTime": lambda row: row.created_date_time,
}
_NEWEST_FIRST = (("changesetIndex", True),)


def list_named_versions(call: Call) -> Answer:
    """Do ``GET /imodels/{id}/namedversions``."""
    ledger = call.ledger()
    return listed(named_versions_page(ledger, NAMED_VERSIONS.parse(call.query), call.links(), full=call.full))


def get_named_version(call: Call) -> Answer:
    """Do ``GET /imodels/{id}/namedversions/{namedVersionId}``."""
    ledger = call.ledger()
    row = named_version_at(ledger, call.path[1])
    return found({"namedVersion": full_named_version(row, call.links(), ledger.applications)})


def named_version_at(ledger: Ledger, named_version_id: str) -> NamedVersion:
    """Find a named version.

    Raises
    ------
    Refusal
        404 if there is none.
    """
    row = ledger.find(NamedVersion, named_version_id.lower())
    if row is None:
        raise not_available("Named Version")
    return row


def named_versions_page(ledger: Ledger, query: Query, links: Links, *, full: bool) -> Json:
    """Write a page of the milestones; the newest changeset comes first unless the query orders otherwise."""
    wanted = [row for row in ledger.named_versions() if query.filters.get("state", row.state) == row.state]
    chosen = named(wanted, query, lambda row: row.name, lambda row: f"{row.name}\n{row.description or ''}")
    rows, more = cut(ordered(chosen, query, _KEYS, _NEWEST_FIRST), query)
    written = [
        full_named_version(row, links, ledger.applications) if full else minimal_named_version(row) for row in rows
    ]
    return page("namedVersions", written, links.url("namedversions"), query, more=more)


def minimal_named_version(row: NamedVersion) -> Json:
    """Write a named version as ``return=minimal`` has it."""
    return {
        "id": row.id,
        "displayName": row.name,
        "changesetId": row.changeset_id,
        "changesetIndex": row.changeset_index,
    }


def full_named_version(row: NamedVersion, links: Links, applications: Mapping[str, Application]) -> Json:
    """Write a named version as ``return=representation`` and every single named version has it."""
    return {
        **minimal_named_version(row),
        "name": row.name,
        "description": row.description,
        "createdDateTime": row.created_date_time,
        "state": row.state,
        "application": application_of(row.application_id, applications),
        "_links": {
            "creator": links.to("users", row.creator_id),
            "changeset": links.to("changesets", row.changeset_id) if row.changeset_id else None,
        },
    }
