"""Checkpoints: the whole iModel as a file, as of some changeset."""

from imodels_hub.api.answers import Answer, found
from imodels_hub.api.bodies import Json
from imodels_hub.api.call import READ, Call
from imodels_hub.api.changesets import changeset_at
from imodels_hub.api.links import STORAGE_TYPE, Links, checkpoint_file, file_path
from imodels_hub.api.named_versions import named_version_at
from imodels_hub.api.refusals import not_available
from imodels_hub.ledger.ledger import Ledger
from imodels_hub.project.records import Checkpoint

_BASELINE = "0"


def get_changeset_checkpoint(call: Call) -> Answer:
    """Do ``GET /imodels/{id}/changesets/{idOrIndex}/checkpoint``: the current one, or the last before."""
    ledger = call.ledger(READ)
    index = 0 if call.path[1] == _BASELINE else changeset_at(ledger, call.path[1]).changeset_index
    return _answer(call, ledger, _successful(call, ledger, index))


def get_latest_checkpoint(call: Call) -> Answer:
    """Do ``GET /imodels/{id}/briefcases/checkpoint``: the newest of all."""
    ledger = call.ledger(READ)
    head = ledger.head()
    return _answer(call, ledger, _successful(call, ledger, head.changeset_index if head else 0))


def _successful(call: Call, ledger: Ledger, index: int) -> Checkpoint | None:
    known = [known for known in ledger.successful_checkpoints(call.now()) if known <= index]
    return ledger.find(Checkpoint, known[-1]) if known else None


def get_named_version_checkpoint(call: Call) -> Answer:
    """Do ``GET /imodels/{id}/namedversions/{namedVersionId}/checkpoint``, whatever became of it."""
    ledger = call.ledger(READ)
    version = named_version_at(ledger, call.path[1])
    return _answer(call, ledger, ledger.find(Checkpoint, version.changeset_index))


def _answer(call: Call, ledger: Ledger, row: Checkpoint | None) -> Answer:
    if row is None:
        raise not_available("Checkpoint")
    return found({"checkpoint": checkpoint(ledger, row, call.links(), call.now())})


def checkpoint(ledger: Ledger, row: Checkpoint, links: Links, now: float) -> Json:
    """Write a checkpoint as of `now`, in seconds since 1970."""
    changeset = ledger.changeset(row.changeset_index)
    successful = row.changeset_index in ledger.successful_checkpoints(now)
    name = checkpoint_file(row.changeset_index)
    download = links.file(name, row.size) if successful else None
    return {
        "changesetId": changeset.id if changeset else "",
        "changesetIndex": row.changeset_index,
        "size": row.size if successful else 0,
        "state": "successful" if successful else row.state,
        "dbName": name,
        "directoryAccessInfo": _directory(links, download) if download else None,
        "containerAccessInfo": _container(links, name, download) if download else None,
        "_links": {"download": download},
    }


def _directory(links: Links, download: Json) -> Json:
    return {
        "baseUrl": links.base_url,
        "storage": "blobs",
        "baseDirectory": file_path(links.imodel_id, "").strip("/"),
        "storageType": STORAGE_TYPE,
        "azure": {"sasToken": _signature(download)},
    }


def _container(links: Links, name: str, download: Json) -> Json:
    return {"account": "blobs", "container": links.imodel_id, "sas": _signature(download), "dbName": name}


def _signature(download: Json) -> str:
    return str(download["href"]).partition("?")[2]
