"""Briefcases: the numbered copies of the iModel from which people push."""

from imodels_hub.api.answers import Answer, found
from imodels_hub.api.bodies import Json
from imodels_hub.api.call import Call
from imodels_hub.api.changesets import application_of
from imodels_hub.api.grammars import BRIEFCASES
from imodels_hub.api.links import Links
from imodels_hub.api.listing import Keys, cut, listed, ordered, page
from imodels_hub.api.refusals import not_available
from imodels_hub.ledger.ledger import Ledger
from imodels_hub.project.records import Briefcase

_KEYS: Keys[Briefcase] = {"acquiredDateTime": lambda row: row.acquired_date_time}
_LONGEST_NUMBER = 9


def list_briefcases(call: Call) -> Answer:
    """Do ``GET /imodels/{id}/briefcases``; an unknown owner has none."""
    ledger, query, links = call.ledger(), BRIEFCASES.parse(call.query), call.links()
    owner = query.filters.get("ownerId", "").lower()
    owner = call.account.user_id if owner == "me" else owner
    chosen = [row for row in ledger.all(Briefcase) if owner in ("", row.owner_id)]
    rows, more = cut(ordered(chosen, query, _KEYS), query)
    written = [full_briefcase(ledger, row, links) if call.full else minimal_briefcase(row) for row in rows]
    return listed(page("briefcases", written, links.url("briefcases"), query, more=more))


def get_briefcase(call: Call) -> Answer:
    """Do ``GET /imodels/{id}/briefcases/{briefcaseId}``."""
    ledger = call.ledger()
    return found({"briefcase": full_briefcase(ledger, briefcase_at(ledger, call.path[1]), call.links())})


def briefcase_at(ledger: Ledger, number: str) -> Briefcase:
    """Find a briefcase by its number.

    Raises
    ------
    Refusal
        404 if there is none.
    """
    known = number.isascii() and number.isdigit() and len(number) <= _LONGEST_NUMBER
    row = ledger.find(Briefcase, int(number)) if known else None
    if row is None:
        raise not_available("Briefcase")
    return row


def minimal_briefcase(row: Briefcase) -> Json:
    """Write a briefcase as ``return=minimal`` has it."""
    return {"id": str(row.briefcase_id), "displayName": f"#{row.briefcase_id} {row.device_name or ''}".rstrip()}


def full_briefcase(ledger: Ledger, row: Briefcase, links: Links) -> Json:
    """Write a briefcase as ``return=representation`` and every single briefcase has it."""
    return {
        **minimal_briefcase(row),
        "briefcaseId": row.briefcase_id,
        "ownerId": row.owner_id,
        "acquiredDateTime": row.acquired_date_time,
        "fileSize": row.file_size,
        "deviceName": row.device_name,
        "application": application_of(row.application_id, ledger.applications),
        "_links": {"owner": links.to("users", row.owner_id), "checkpoint": links.to("briefcases", "checkpoint")},
    }
