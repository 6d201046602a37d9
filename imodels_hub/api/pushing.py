"""Pushing: a changeset is created, its file uploaded, and then the push is completed; one at a time."""

import json
from typing import Any

from imodels_hub.api import properties
from imodels_hub.api.answers import Answer, created, found
from imodels_hub.api.bodies import Json
from imodels_hub.api.briefcases import briefcase_at
from imodels_hub.api.call import WRITE as WRITE_PERMISSION
from imodels_hub.api.call import Call
from imodels_hub.api.changesets import changeset_at, one_changeset
from imodels_hub.api.groups import group_at
from imodels_hub.api.links import changeset_file
from imodels_hub.api.refusals import Detail, conflict, file_not_uploaded, invalid_request
from imodels_hub.api.signing import WRITE
from imodels_hub.ledger.ledger import Ledger
from imodels_hub.project.moments import text_of_time
from imodels_hub.project.records import Changeset

_CREATE, _UPDATE = "Cannot create Changeset.", "Cannot update Changeset."
_NEW = {
    "id": properties.changeset_id,
    "description": properties.nullable(properties.text),
    "parentId": properties.parent_id,
    "briefcaseId": properties.natural,
    "containingChanges": properties.natural,
    "fileSize": properties.natural,
    "groupId": properties.nullable(properties.text),
    "synchronizationInfo": properties.nullable(properties.synchronization),
}
_DONE = {"state": properties.one_of("fileUploaded"), "briefcaseId": properties.natural}


def create_changeset(call: Call) -> Answer:
    """Do ``POST /imodels/{id}/changesets``: take the metadata, and say where the file goes."""
    ledger = call.ledger(WRITE_PERMISSION)
    given = _checked(call, ledger)
    with ledger.transaction():
        _expect_turn(ledger, given)
        row = ledger.push(lambda head: _drafted(call, ledger, given, head))
    return created({"changeset": _answered(call, ledger, row)})


def _checked(call: Call, ledger: Ledger) -> dict[str, Any]:
    """Read what is to be pushed, and see that the briefcase is the client's own and the group goes on."""
    required = ("id", "briefcaseId", "fileSize")
    given = properties.checked(call.content(), _NEW, _CREATE, required)
    _expect_own(call, ledger, given["briefcaseId"])
    if given.get("groupId") and group_at(ledger, given["groupId"]).state != "inProgress":
        raise invalid_request(_CREATE, [Detail("InvalidValue", "The Changeset Group is not in progress.", "groupId")])
    return given


def _expect_own(call: Call, ledger: Ledger, number: int) -> None:
    if briefcase_at(ledger, str(number)).owner_id != call.account.user_id:
        raise conflict("ConflictWithAnotherUser", "The Briefcase belongs to another user.")


def _expect_turn(ledger: Ledger, given: dict[str, Any]) -> None:
    """Let one push begin where the last one ended; a briefcase that tries again takes its own first try back."""
    newest, _ = ledger.changesets(top=2, descending=True)
    unfinished = newest[:1] if newest and newest[0].state == "waitingForFile" else []
    if unfinished and unfinished[0].briefcase_id != given["briefcaseId"]:
        raise conflict("AnotherUserPushing", "Another user is pushing a Changeset.")
    known = ledger.changeset(given["id"].lower())
    if known and known not in unfinished:
        raise conflict("ChangesetExists", "Changeset with the same id already exists within the iModel.")
    last = newest[len(unfinished) :]
    if (given.get("parentId") or "").lower() != (last[0].id if last else ""):
        raise conflict("NewerChangesExist", "'parentId' does not match latest Changeset.")
    ledger.roll_back(len(unfinished))


def _drafted(call: Call, ledger: Ledger, given: dict[str, Any], head: Changeset | None) -> Changeset:
    synchronization = given.get("synchronizationInfo")
    return Changeset(
        changeset_index=head.changeset_index + 1 if head else 1,
        id=given["id"].lower(),
        parent_id=(given.get("parentId") or "").lower(),
        description=given.get("description"),
        creator_id=call.account.user_id,
        push_date_time=text_of_time(call.now()),
        state="waitingForFile",
        containing_changes=given.get("containingChanges", 0),
        file_size=given["fileSize"],
        briefcase_id=given["briefcaseId"],
        group_id=given["groupId"].lower() if given.get("groupId") else None,
        application_id=ledger.own_application_id,
        synchronization_info=None if synchronization is None else _kept(synchronization),
    )


def _kept(synchronization: Json) -> str:
    kept = {"taskId": synchronization.get("taskId"), "changedFiles": synchronization.get("changedFiles")}
    return json.dumps(kept)


def complete_changeset(call: Call) -> Answer:
    """Do ``PATCH /imodels/{id}/changesets/{changesetId}``: the file is there."""
    ledger = call.ledger(WRITE_PERMISSION)
    row = changeset_at(ledger, call.path[1])
    given = properties.checked(call.content(), _DONE, _UPDATE, ("state", "briefcaseId"))
    _expect_own(call, ledger, given["briefcaseId"])
    if row.briefcase_id != given["briefcaseId"]:
        raise conflict("ConflictWithAnotherUser", "The Changeset was pushed from another Briefcase.")
    if row.state == "waitingForFile":
        _expect_file(ledger, row)
        row = ledger.complete(row)
    return found({"changeset": _answered(call, ledger, row)})


def _expect_file(ledger: Ledger, row: Changeset) -> None:
    file = ledger.file(changeset_file(row.id))
    if file is None:
        raise file_not_uploaded()
    if len(file) != row.file_size:
        message = f"The uploaded file has {len(file)} bytes, the Changeset {row.file_size}."
        raise invalid_request(_UPDATE, [Detail("InvalidValue", message, "fileSize")])


def _answered(call: Call, ledger: Ledger, row: Changeset) -> Json:
    """Write a changeset as writes answer it: without what a later read shows, with where to go on.

    The vendor's own tests hold the service to a null in the place of the checkpoint.
    """
    links = call.links()
    answer = one_changeset(ledger, row, links, call.now())
    waiting = row.state == "waitingForFile"
    answer["synchronizationInfo"] = None
    answer["_links"] |= {
        "currentOrPrecedingCheckpoint": None,
        "download": None,
        "upload": links.file(changeset_file(row.id), row.file_size, WRITE) if waiting else None,
        "complete": links.to("changesets", row.id) if waiting else None,
    }
    return answer
