"""Changesets: the timeline, in lists and one by one."""

import json
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import replace

from imodels_hub.api.answers import Answer, found
from imodels_hub.api.bodies import Json
from imodels_hub.api.call import Call
from imodels_hub.api.grammars import CHANGESETS
from imodels_hub.api.links import Links, changeset_file
from imodels_hub.api.listing import listed, page
from imodels_hub.api.query import Query
from imodels_hub.api.refusals import not_available
from imodels_hub.ledger.ledger import Ledger
from imodels_hub.project.records import Application, Changeset

_SHA1_LENGTH = 40


def list_changesets(call: Call) -> Answer:
    """Do ``GET /imodels/{id}/changesets``; minimal pages, which hold no signature, are kept until the next push."""
    ledger, links = call.ledger(), call.links()
    query = CHANGESETS.parse(call.query)
    if call.full:
        return listed(changesets_page(ledger, query, links, full=True, now=call.now()))
    page_asked = (call.query, call.base_url)
    return ledger.kept.get(
        page_asked, lambda: listed(changesets_page(ledger, query, links, full=False, now=call.now()))
    )


def get_changeset(call: Call) -> Answer:
    """Do ``GET /imodels/{id}/changesets/{idOrIndex}``."""
    ledger = call.ledger()
    row = changeset_at(ledger, call.path[1])
    return found({"changeset": one_changeset(ledger, row, call.links(), call.now())})


def changeset_at(ledger: Ledger, id_or_index: str) -> Changeset:
    """Find a changeset; digits alone are an index, unless there are as many as in an id.

    Raises
    ------
    Refusal
        404 if there is none.
    """
    row = ledger.changeset(int(id_or_index) if is_index(id_or_index) else id_or_index.lower())
    if row is None:
        raise not_available("Changeset")
    return row


def is_index(id_or_index: str) -> bool:
    """Tell an index from an id."""
    return id_or_index.isascii() and id_or_index.isdigit() and len(id_or_index) < _SHA1_LENGTH


def changesets_page(ledger: Ledger, query: Query, links: Links, *, full: bool, now: float) -> Json:
    """Write a page of the timeline, as of `now` in seconds since 1970."""
    descending = bool(query.order) and query.order[0][1]
    if query.continued and descending and query.pin is None:
        head = ledger.head()
        query = replace(query, pin=head.changeset_index if head else 0)
    rows, more = ledger.changesets(
        query.filters.get("afterIndex", 0), _last(query), skip=query.skip, top=query.top, descending=descending
    )
    if full:
        milestones = Milestones(ledger, now)
        written = [full_changeset(row, links, ledger.applications, milestones) for row in rows]
    else:
        written = [minimal_changeset(row, links) for row in rows]
    return page("changesets", written, links.url("changesets"), query, more=more)


def _last(query: Query) -> int | None:
    limits = [limit for limit in (query.filters.get("lastIndex"), query.pin) if limit is not None]
    return min(limits, default=None)


class Milestones:
    """Which named version, and which checkpoint, belongs to a changeset.

    Parameters
    ----------
    ledger
        Where they are.
    now
        As of when, in seconds since 1970: checkpoints take their time.
    """

    def __init__(self, ledger: Ledger, now: float) -> None:
        self._ids = {version.changeset_index: version.id for version in ledger.named_versions()}
        self._indices = ledger.successful_checkpoints(now)

    def named_version_id(self, index: int) -> str | None:
        """Give the named version that marks this changeset."""
        return self._ids.get(index)

    def checkpoint_index(self, index: int) -> int:
        """Give the index of the current or preceding checkpoint; 0 is the baseline's."""
        return self._indices[bisect_right(self._indices, index) - 1]


def one_changeset(ledger: Ledger, row: Changeset, links: Links, now: float) -> Json:
    """Write one changeset in full."""
    return full_changeset(row, links, ledger.applications, Milestones(ledger, now))


def minimal_changeset(row: Changeset, links: Links) -> Json:
    """Write a changeset as ``return=minimal`` has it."""
    return {
        **_facts(row),
        "_links": {"creator": links.to("users", row.creator_id), "self": links.to("changesets", row.id)},
    }


def full_changeset(
    row: Changeset, links: Links, applications: Mapping[str, Application], milestones: Milestones
) -> Json:
    """Write a changeset as ``return=representation`` and every single changeset has it."""
    version = milestones.named_version_id(row.changeset_index)
    checkpoint = str(milestones.checkpoint_index(row.changeset_index))
    uploaded = row.state == "fileUploaded"
    return {
        **_facts(row),
        "application": application_of(row.application_id, applications),
        "synchronizationInfo": json.loads(row.synchronization_info) if row.synchronization_info else None,
        "_links": {
            "creator": links.to("users", row.creator_id),
            "namedVersion": links.to("namedversions", version) if version else None,
            "self": links.to("changesets", row.id),
            "currentOrPrecedingCheckpoint": links.to("changesets", checkpoint, "checkpoint"),
            "download": links.file(changeset_file(row.id), row.file_size) if uploaded else None,
        },
    }


def _facts(row: Changeset) -> Json:
    return {
        "id": row.id,
        "displayName": str(row.changeset_index),
        "description": row.description,
        "index": row.changeset_index,
        "parentId": row.parent_id,
        "creatorId": row.creator_id,
        "pushDateTime": row.push_date_time,
        "state": row.state,
        "containingChanges": row.containing_changes,
        "fileSize": row.file_size,
        "briefcaseId": row.briefcase_id,
        "groupId": row.group_id,
    }


def application_of(application_id: str | None, applications: Mapping[str, Application]) -> Json | None:
    """Write the application that a record came from."""
    return applications[application_id]._asdict() if application_id else None
