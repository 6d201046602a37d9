"""ITwins: what the iModels belong to; an API of its own, with manners of its own."""

from collections.abc import Callable

from imodels_hub.api.answers import Answer, found
from imodels_hub.api.bodies import Json
from imodels_hub.api.call import Call
from imodels_hub.api.grammars import ITWINS
from imodels_hub.api.listing import Keys, cut, listed, ordered, page
from imodels_hub.api.query import Query
from imodels_hub.api.refusals import not_available
from imodels_hub.project.records import ITwin

_KEYS: Keys[ITwin] = {
    "displayName": lambda row: row.display_name,
    "number": lambda row: row.number,
    "subClass": lambda row: row.sub_class,
    "createdDateTime": lambda row: row.created_date_time,
}
_EXACT: dict[str, Callable[[ITwin], str | None]] = {
    "number": lambda row: row.number,
    "displayName": lambda row: row.display_name,
    "type": lambda row: row.type,
    "iTwinAccountId": lambda row: row.account_id,
    "parentId": lambda row: row.account_id,
}


def list_itwins(call: Call) -> Answer:
    """Do ``GET /itwins/``, and favorites and recents: inactive iTwins are hidden unless asked for."""
    query = ITWINS.parse(call.query)
    rows, more = cut(ordered([row for row in _known(call) if _wanted(row, query)], query, _KEYS), query)
    body = page("iTwins", [itwin(row, full=call.full) for row in rows], f"{call.base_url}/itwins/", query, more=more)
    body["_links"] = {name: link for name, link in body["_links"].items() if link}
    return listed(body)


def get_itwin(call: Call) -> Answer:
    """Do ``GET /itwins/{id}``."""
    return _single(call, call.path[0].lower())


def get_account(call: Call) -> Answer:
    """Do ``GET /itwins/{id}/account``."""
    return _single(call, _at(call, call.path[0].lower()).account_id)


def get_primary_account(call: Call) -> Answer:
    """Do ``GET /itwins/myprimaryaccount``."""
    return _single(call, _known(call)[0].account_id if _known(call) else "")


def _single(call: Call, itwin_id: str) -> Answer:
    return found({"iTwin": itwin(_at(call, itwin_id), full=True)})


def _at(call: Call, itwin_id: str) -> ITwin:
    row = next((row for row in _known(call) if row.id == itwin_id), None)
    if row is None:
        raise not_available("iTwin")
    return row


def _known(call: Call) -> list[ITwin]:
    """Give every iTwin of the hub once."""
    return [*{row.id: row for ledger in call.stock.ledgers.values() for row in ledger.all(ITwin)}.values()]


def _wanted(row: ITwin, query: Query) -> bool:
    asked = query.filters
    status = asked.get("status", "Active")
    shown = asked.get("includeInactive") == "true" or row.status == status
    classes = asked.get("subClass", row.sub_class).split(",")
    exact = all(name not in asked or value(row) == asked[name] for name, value in _EXACT.items())
    needle = asked.get("$search", "").casefold()
    return shown and row.sub_class in classes and exact and needle in f"{row.number}\n{row.display_name}".casefold()


def itwin(row: ITwin, *, full: bool) -> Json:
    """Write an iTwin."""
    minimal = {
        "id": row.id,
        "class": row.itwin_class,
        "subClass": row.sub_class,
        "type": row.type,
        "number": row.number,
        "displayName": row.display_name,
    }
    return {**minimal, **_more(row)} if full else minimal


def _more(row: ITwin) -> Json:
    nothing = ("ianaTimeZone", "imageName", "image", "createdBy", "lastModifiedBy", "geographicLocation")
    return {
        "status": row.status,
        "dataCenterLocation": "East US",
        "parentId": None if row.id == row.account_id else row.account_id,
        "iTwinAccountId": row.account_id,
        "createdDateTime": row.created_date_time,
        "lastModifiedDateTime": row.created_date_time,
        **dict.fromkeys((*nothing, "latitude", "longitude")),
    }
