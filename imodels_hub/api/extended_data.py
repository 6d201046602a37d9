"""Extended data: what an application noted beside a changeset, as JSON text in base64."""

from imodels_hub.api.answers import Answer, found
from imodels_hub.api.bodies import Json
from imodels_hub.api.call import Call
from imodels_hub.api.changesets import changeset_at
from imodels_hub.api.grammars import EXTENDED_DATA
from imodels_hub.api.listing import cut, listed, page
from imodels_hub.api.refusals import not_available
from imodels_hub.ledger.ledger import Ledger
from imodels_hub.project.records import ExtendedData


def list_extended_data(call: Call) -> Answer:
    """Do ``GET /imodels/{id}/changesets/extendeddata``: only changesets that have some."""
    ledger, query = call.ledger(), EXTENDED_DATA.parse(call.query)
    rows, more = cut(ledger.all(ExtendedData), query)
    written = [extended_data(ledger, row) for row in rows]
    return listed(page("extendedData", written, call.links().url("changesets", "extendeddata"), query, more=more))


def get_extended_data(call: Call) -> Answer:
    """Do ``GET /imodels/{id}/changesets/{idOrIndex}/extendeddata``."""
    ledger = call.ledger()
    row = ledger.find(ExtendedData, changeset_at(ledger, call.path[1]).changeset_index)
    if row is None:
        raise not_available("Changeset Extended Data")
    return found({"extendedData": extended_data(ledger, row)})


def extended_data(ledger: Ledger, row: ExtendedData) -> Json:
    """Write the extended data of one changeset."""
    changeset = ledger.changeset(row.changeset_index)
    return {
        "changesetId": changeset.id if changeset else None,
        "changesetIndex": row.changeset_index,
        "data": row.data,
    }
