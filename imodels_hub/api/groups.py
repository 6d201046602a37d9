"""Changeset groups: one synchronisation run each."""

from imodels_hub.api.answers import Answer, found
from imodels_hub.api.bodies import Json
from imodels_hub.api.call import Call
from imodels_hub.api.grammars import CHANGESET_GROUPS
from imodels_hub.api.links import Links
from imodels_hub.api.listing import listed, page
from imodels_hub.api.refusals import not_available
from imodels_hub.ledger.ledger import Ledger
from imodels_hub.project.records import ChangesetGroup


def list_groups(call: Call) -> Answer:
    """Do ``GET /imodels/{id}/changesetgroups``."""
    ledger, query, links = call.ledger(), CHANGESET_GROUPS.parse(call.query), call.links()
    rows, more = ledger.groups(skip=query.skip, top=query.top)
    written = [changeset_group(row, links) for row in rows]
    return listed(page("changesetGroups", written, links.url("changesetgroups"), query, more=more))


def get_group(call: Call) -> Answer:
    """Do ``GET /imodels/{id}/changesetgroups/{changesetGroupId}``."""
    return found({"changesetGroup": changeset_group(group_at(call.ledger(), call.path[1]), call.links())})


def group_at(ledger: Ledger, group_id: str) -> ChangesetGroup:
    """Find a group.

    Raises
    ------
    Refusal
        404 if there is none.
    """
    row = ledger.find(ChangesetGroup, group_id.lower())
    if row is None:
        raise not_available("Changeset Group")
    return row


def changeset_group(row: ChangesetGroup, links: Links) -> Json:
    """Write a group, in the one form that there is."""
    return {
        "id": row.id,
        "description": row.description,
        "state": row.state,
        "creatorId": row.creator_id,
        "createdDateTime": row.created_date_time,
        "_links": {"creator": links.to("users", row.creator_id)},
    }
