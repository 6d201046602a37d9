"""IModels: what there is in an iTwin, how it came to be, and what somebody may do with it."""

from imodels_hub.api.answers import Answer, found
from imodels_hub.api.bodies import Json
from imodels_hub.api.call import PERMISSIONS, WEBVIEW, Call
from imodels_hub.api.grammars import IMODELS
from imodels_hub.api.links import Links
from imodels_hub.api.listing import Keys, cut, listed, named, ordered, page
from imodels_hub.api.refusals import insufficient_permissions, not_available
from imodels_hub.ledger.ledger import Ledger
from imodels_hub.project.records import IModel, ITwin

_KEYS: Keys[Ledger] = {
    "name": lambda ledger: ledger.imodel.name,
    "createdDateTime": lambda ledger: ledger.imodel.created_date_time,
}


def list_imodels(call: Call) -> Answer:
    """Do ``GET /imodels?iTwinId=...``."""
    query = IMODELS.parse(call.query)
    wanted = _of_itwin(call, query.filters["iTwinId"])
    if query.filters.get("state", "initialized") != "initialized":
        wanted = []
    chosen = named(wanted, query, lambda one: one.imodel.name, _text)
    rows, more = cut(ordered(chosen, query, _KEYS, (("name", False),)), query)
    written = [
        full_imodel(row, call.links_of(row.imodel.id)) if call.full else minimal_imodel(row.imodel) for row in rows
    ]
    return listed(page("iModels", written, f"{call.base_url}/imodels", query, more=more))


def _of_itwin(call: Call, itwin_id: str) -> list[Ledger]:
    if WEBVIEW not in call.account.permissions:
        raise insufficient_permissions()
    ledgers = list(call.stock.ledgers.values())
    if not any(itwin_id == itwin.id for ledger in ledgers for itwin in ledger.all(ITwin)):
        raise not_available("iTwin")
    return [ledger for ledger in ledgers if ledger.imodel.itwin_id == itwin_id]


def _text(ledger: Ledger) -> str:
    return f"{ledger.imodel.name}\n{ledger.imodel.description or ''}"


def get_imodel(call: Call) -> Answer:
    """Do ``GET /imodels/{id}``."""
    return found({"iModel": full_imodel(call.ledger(), call.links())})


def get_create_operation(call: Call) -> Answer:
    """Do ``GET /imodels/{id}/operations/create``: every iModel here was made from nothing, long ago."""
    call.ledger()
    return found({"createOperation": {"state": "successful", "clonedFrom": None, "forkedFrom": None}})


def get_permissions(call: Call) -> Answer:
    """Do ``GET /imodels/{id}/permissions``."""
    call.ledger()
    return found({"permissions": [name for name in PERMISSIONS if name in call.account.permissions]})


def minimal_imodel(row: IModel) -> Json:
    """Write an iModel as ``return=minimal`` has it."""
    return {"id": row.id, "displayName": row.name, "dataCenterLocation": row.data_center_location}


def full_imodel(ledger: Ledger, links: Links) -> Json:
    """Write an iModel as ``return=representation`` and every single iModel has it."""
    row, head = ledger.imodel, ledger.head()
    return {
        **minimal_imodel(row),
        "name": row.name,
        "description": row.description,
        "state": "initialized",
        "createdDateTime": row.created_date_time,
        "lastChangesetPushDateTime": head.push_date_time if head else None,
        "iTwinId": row.itwin_id,
        "isSecured": False,
        "extent": None,
        "containersEnabled": 0,
        "_links": {
            "creator": links.to("users", row.creator_id),
            "changesets": links.to("changesets"),
            "namedVersions": links.to("namedversions"),
        },
    }
