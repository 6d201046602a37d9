"""Publishing: named versions and their checkpoints, groups and extended data, as clients write them."""

import uuid
from base64 import b64decode
from typing import Any

from imodels_hub.api import properties
from imodels_hub.api.answers import Answer, created, found
from imodels_hub.api.call import WRITE, Call
from imodels_hub.api.changesets import changeset_at
from imodels_hub.api.checkpoints import checkpoint
from imodels_hub.api.extended_data import extended_data
from imodels_hub.api.groups import changeset_group, group_at
from imodels_hub.api.named_versions import full_named_version, named_version_at
from imodels_hub.api.refusals import Detail, conflict, invalid_request, too_large
from imodels_hub.ledger.ledger import Ledger
from imodels_hub.project.holdings import checkpoint_size
from imodels_hub.project.moments import text_of_time
from imodels_hub.project.records import ChangesetGroup, Checkpoint, ExtendedData, NamedVersion

CHECKPOINT_S = 2.0
"""Seconds that a checkpoint takes."""

_LARGEST_DATA = 204_800  # bytes
_VERSION = {
    "name": properties.name,
    "description": properties.nullable(properties.text),
    "changesetId": properties.nullable(properties.changeset_id),
}
_VERSION_CHANGES = {
    "name": properties.name,
    "description": properties.nullable(properties.text),
    "state": properties.one_of("visible", "hidden"),
}


def create_named_version(call: Call) -> Answer:
    """Do ``POST /imodels/{id}/namedversions``; without a changeset, it names the baseline."""
    ledger = call.ledger(WRITE)
    given = properties.checked(call.content(), _VERSION, "Cannot create Named Version.", ("name",))
    changeset = changeset_at(ledger, given["changesetId"]) if given.get("changesetId") else None
    row = NamedVersion(
        id=str(uuid.uuid4()),
        name=given["name"],
        description=given.get("description"),
        changeset_id=changeset.id if changeset else None,
        changeset_index=changeset.changeset_index if changeset else 0,
        created_date_time=text_of_time(call.now()),
        state="visible",
        application_id=ledger.own_application_id,
        creator_id=call.account.user_id,
    )
    with ledger.transaction():
        _expect_unused(ledger, row)
        ledger.add(NamedVersion, row)
        if ledger.find(Checkpoint, row.changeset_index) is None:
            ledger.add(Checkpoint, _scheduled(call, row.changeset_index))
    return created({"namedVersion": full_named_version(row, call.links(), ledger.applications)})


def _expect_unused(ledger: Ledger, row: NamedVersion) -> None:
    others = [version for version in ledger.all(NamedVersion) if version.id != row.id]
    if any(version.name == row.name for version in others):
        raise conflict("NamedVersionExists", "Named Version with the same name already exists within the iModel.")
    if any(version.changeset_index == row.changeset_index for version in others):
        raise conflict("NamedVersionOnChangesetExists", "Named Version for specified Changeset already exists.")


def update_named_version(call: Call) -> Answer:
    """Do ``PATCH /imodels/{id}/namedversions/{namedVersionId}``: what is not given stays."""
    ledger = call.ledger(WRITE)
    message = "Cannot update Named Version."
    given = properties.checked(call.content(), _VERSION_CHANGES, message)
    if not given:
        raise invalid_request(message, [Detail("InvalidRequestBody", "None of the properties can be updated.")])
    with ledger.transaction():
        row = named_version_at(ledger, call.path[1])._replace(**given)
        _expect_unused(ledger, row)
        ledger.update(NamedVersion, row)
    return found({"namedVersion": full_named_version(row, call.links(), ledger.applications)})


def schedule_checkpoint(call: Call) -> Answer:
    """Do ``PUT /imodels/{id}/namedversions/{namedVersionId}/checkpoint``: make what failed again."""
    ledger = call.ledger(WRITE)
    with ledger.transaction():
        index = named_version_at(ledger, call.path[1]).changeset_index
        row = ledger.find(Checkpoint, index)
        if row is None:
            row = _scheduled(call, index)
            ledger.add(Checkpoint, row)
        elif row.state in ("failed", "notGenerated"):
            row = _scheduled(call, index)
            ledger.update(Checkpoint, row)
    return found({"checkpoint": checkpoint(ledger, row, call.links(), call.now())})


def _scheduled(call: Call, index: int) -> Checkpoint:
    return Checkpoint(index, "scheduled", checkpoint_size(index), call.now() + CHECKPOINT_S)


def create_group(call: Call) -> Answer:
    """Do ``POST /imodels/{id}/changesetgroups``."""
    ledger = call.ledger(WRITE)
    rules = {"description": properties.text}
    given = properties.checked(call.content(), rules, "Cannot create Changeset Group.", ("description",))
    now = text_of_time(call.now())
    row = ChangesetGroup(str(uuid.uuid4()), given["description"], "inProgress", call.account.user_id, now)
    ledger.add(ChangesetGroup, row)
    return created({"changesetGroup": changeset_group(row, call.links())})


def update_group(call: Call) -> Answer:
    """Do ``PATCH /imodels/{id}/changesetgroups/{changesetGroupId}``: the run is over."""
    ledger = call.ledger(WRITE)
    rules = {"state": properties.one_of("completed")}
    given: dict[str, Any] = properties.checked(call.content(), rules, "Cannot update Changeset Group.", ("state",))
    row = group_at(ledger, call.path[1])._replace(**given)
    ledger.update(ChangesetGroup, row)
    return found({"changesetGroup": changeset_group(row, call.links())})


def create_extended_data(call: Call) -> Answer:
    """Do ``POST /imodels/{id}/changesets/{idOrIndex}/extendeddata``, once for each changeset."""
    ledger = call.ledger(WRITE)
    rules = {"data": properties.base64}
    given = properties.checked(call.content(), rules, "Cannot create Changeset Extended Data.", ("data",))
    if len(b64decode(given["data"])) > _LARGEST_DATA:
        raise too_large()
    row = ExtendedData(changeset_at(ledger, call.path[1]).changeset_index, given["data"])
    with ledger.transaction():
        if ledger.find(ExtendedData, row.changeset_index):
            raise conflict("DataConflict", "The Changeset has Extended Data already.")
        ledger.add(ExtendedData, row)
    return created({"extendedData": extended_data(ledger, row)})
