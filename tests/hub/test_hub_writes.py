"""Writes of clients: pushes, groups, named versions, checkpoints, extended data."""

import base64
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from helpers.hub_requests import HttpResponse, ask, get

from imodels_hub import Hub, generate_project


@dataclass
class Writer:
    """A client with a briefcase of its own."""

    hub: Hub
    token: str
    briefcase: int

    def send(self, method: str, path: str, body: object = None) -> HttpResponse:
        url = path if path.startswith("http") else f"{self.hub.base_url}/imodels/{self.hub.imodel_id}{path}"
        text = None if body is None else json.dumps(body)
        return ask(url, method, text, Authorization=f"Bearer {self.token}", Content_Type="application/json")

    def create(self, changeset_id: str, parent_id: str, size: int = 5, **more: object) -> HttpResponse:
        body = {"id": changeset_id, "parentId": parent_id, "briefcaseId": self.briefcase, "fileSize": size}
        return self.send("POST", "/changesets", {**body, "description": "Mine", "containingChanges": 4, **more})

    def upload(self, created: HttpResponse, content: str) -> int:
        link = created.json["changeset"]["_links"]["upload"]["href"]
        return ask(link, "PUT", content, x_ms_blob_type="BlockBlob").status

    def complete(self, created: HttpResponse) -> HttpResponse:
        link = created.json["changeset"]["_links"]["complete"]["href"]
        return self.send("PATCH", link, {"state": "fileUploaded", "briefcaseId": self.briefcase})


@pytest.fixture
def now() -> list[float]:
    return [1_800_000_000.0]


@pytest.fixture
def hub(start: Callable[..., Hub], now: list[float]) -> Hub:
    return start(generate_project(400), clock=lambda: now[0])


def writer(hub: Hub, position: int) -> Writer:
    """Return a client of the owner of one of the briefcases."""
    rows = get(hub, "/briefcases", Prefer="return=representation").json["briefcases"]
    owners = list(dict.fromkeys(row["ownerId"] for row in rows))
    owner = owners[position]
    mine = next(row["briefcaseId"] for row in rows if row["ownerId"] == owner)
    return Writer(hub, hub.issue_token(owner), mine)


@pytest.fixture
def ada(hub: Hub) -> Writer:
    return writer(hub, 0)


@pytest.fixture
def bob(hub: Hub) -> Writer:
    return writer(hub, 1)


def find_tip_id(hub: Hub) -> str:
    row: dict[str, str] = get(hub, "/changesets?$orderBy=index%20desc&$top=1").json["changesets"][0]
    return row["id"]


def test_push_is_created_uploaded_and_completed(hub: Hub, ada: Writer) -> None:
    parent, synchronization = find_tip_id(hub), {"taskId": "t", "changedFiles": ["a.dgn"]}
    created = ada.create("a" * 40, parent, synchronizationInfo=synchronization)
    row = created.json["changeset"]
    assert (created.status, row["state"], row["index"], row["parentId"]) == (201, "waitingForFile", 401, parent)
    assert row["synchronizationInfo"] is row["_links"]["download"] is None
    assert ada.upload(created, "bytes") == 201
    done = ada.complete(created).json["changeset"]
    assert done["state"] == "fileUploaded"
    assert done["synchronizationInfo"] is done["_links"]["download"] is None
    later = get(hub, "/changesets/401").json["changeset"]
    assert later["synchronizationInfo"] == synchronization
    assert (later["pushDateTime"], later["containingChanges"]) == ("2027-01-15T08:00:00Z", 4)
    assert ask(later["_links"]["download"]["href"]).body == b"bytes"
    assert "upload" not in later["_links"]
    assert ada.complete(created).json["changeset"]["state"] == "fileUploaded"


def test_only_a_push_with_its_file_can_be_completed(hub: Hub, ada: Writer) -> None:
    created = ada.create("a" * 40, find_tip_id(hub))
    missing = ada.complete(created)
    assert (missing.status, missing.error["code"]) == (404, "FileNotFound")
    ada.upload(created, "too many bytes")
    wrong = ada.complete(created)
    assert (wrong.status, wrong.error["details"][0]["target"]) == (422, "fileSize")
    link = created.json["changeset"]["_links"]["upload"]["href"]
    assert ask(link, "PUT", "bytes").status == 400
    assert ask(link.replace("sp=w", "sp=r"), "PUT", "bytes", x_ms_blob_type="BlockBlob").status == 403


def test_read_link_does_not_write_and_write_link_does_not_read(hub: Hub, ada: Writer) -> None:
    reading = get(hub, "/changesets/1").json["changeset"]["_links"]["download"]["href"]
    assert ask(reading, "PUT", "bytes", x_ms_blob_type="BlockBlob").status == 403
    writing = ada.create("a" * 40, find_tip_id(hub)).json["changeset"]["_links"]["upload"]["href"]
    assert ask(writing).status == 403


def test_file_of_a_completed_push_is_immutable(hub: Hub, ada: Writer) -> None:
    created = ada.create("a" * 40, find_tip_id(hub))
    assert (ada.upload(created, "other"), ada.upload(created, "bytes")) == (201, 201)
    ada.complete(created)
    assert ada.upload(created, "overwritten") == 409
    row = get(hub, f"/changesets/{'a' * 40}").json["changeset"]
    assert ask(row["_links"]["download"]["href"]).body == b"bytes"


def test_cached_page_is_updated_after_a_write(hub: Hub, ada: Writer) -> None:
    def states() -> list[str]:
        return [row["state"] for row in get(hub, "/changesets?afterIndex=399").json["changesets"]]

    assert states() == ["fileUploaded"]
    created = ada.create("a" * 40, find_tip_id(hub))
    assert states() == ["fileUploaded", "waitingForFile"]
    ada.upload(created, "bytes")
    ada.complete(created)
    assert states() == ["fileUploaded", "fileUploaded"]
    hub.roll_back()
    assert states() == ["fileUploaded"]


def test_push_with_another_parent_is_409(ada: Writer) -> None:
    response = ada.create("a" * 40, "b" * 40)
    assert (response.status, response.error["code"]) == (409, "NewerChangesExist")


def test_push_during_another_push_is_409(hub: Hub, ada: Writer, bob: Writer) -> None:
    created = ada.create("a" * 40, find_tip_id(hub))
    refused = bob.create("b" * 40, "a" * 40)
    assert (refused.status, refused.error["code"]) == (409, "AnotherUserPushing")
    ada.upload(created, "bytes")
    ada.complete(created)
    assert bob.create("b" * 40, "a" * 40).status == 201


def test_unfinished_push_ends_with_its_briefcase(hub: Hub, ada: Writer, bob: Writer) -> None:
    parent = find_tip_id(hub)
    ada.create("a" * 40, parent)
    url = f"{hub.base_url}/imodels/{hub.imodel_id}/briefcases/{ada.briefcase}"
    assert ask(url, "DELETE", Authorization=f"Bearer {ada.token}").status == 204
    assert get(hub, f"/changesets/{'a' * 40}").status == 404
    assert bob.create("b" * 40, parent).status == 201


def test_unfinished_push_is_replaced_once_its_link_has_expired(
    hub: Hub, ada: Writer, bob: Writer, now: list[float]
) -> None:
    parent = find_tip_id(hub)
    ada.create("a" * 40, parent)
    now[0] += 3599
    assert bob.create("b" * 40, parent).error["code"] == "AnotherUserPushing"
    now[0] += 2
    assert bob.create("b" * 40, parent).status == 201


def test_repeated_push_replaces_the_first(hub: Hub, ada: Writer) -> None:
    parent = find_tip_id(hub)
    ada.create("a" * 40, parent)
    again = ada.create("c" * 40, parent)
    assert (again.status, again.json["changeset"]["index"]) == (201, 401)
    assert get(hub, f"/changesets/{'a' * 40}").status == 404
    assert ada.create("c" * 40, parent).status == 201
    assert ada.create("d" * 40, "c" * 40).error["code"] == "NewerChangesExist"
    assert get(hub, "/changesets/401").json["changeset"]["id"] == "c" * 40


def test_id_is_used_once(hub: Hub, ada: Writer) -> None:
    response = ada.create(find_tip_id(hub), find_tip_id(hub))
    assert (response.status, response.error["code"]) == (409, "ChangesetExists")


def test_push_requires_the_own_briefcase(hub: Hub, ada: Writer, bob: Writer) -> None:
    stolen = Writer(hub, ada.token, bob.briefcase)
    assert stolen.create("a" * 40, find_tip_id(hub)).error["code"] == "ConflictWithAnotherUser"
    assert Writer(hub, ada.token, 999).create("a" * 40, find_tip_id(hub)).error["code"] == "BriefcaseNotFound"
    created = ada.create("a" * 40, find_tip_id(hub))
    assert bob.complete(created).error["code"] == "ConflictWithAnotherUser"


def test_two_clients_that_race_keep_one_unbroken_chain(hub: Hub, ada: Writer, bob: Writer) -> None:
    def pushes(who: Writer, letter: str) -> int:
        for number in range(200):
            created = who.create(f"{letter}{number:039x}", find_tip_id(hub))
            if created.status == 201:
                who.upload(created, "bytes")
                who.complete(created)
            else:
                assert created.error["code"] in {"AnotherUserPushing", "NewerChangesExist"}
            mine = get(hub, "/changesets?afterIndex=400&$top=1000").json["changesets"]
            if sum(row["briefcaseId"] == who.briefcase for row in mine) >= 5:
                return 5
        return 0

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(pushes, (ada, bob), "ab")) == [5, 5]
    rows = get(hub, "/changesets?afterIndex=399").json["changesets"]
    assert [row["index"] for row in rows] == list(range(400, 411))
    assert [row["parentId"] for row in rows[1:]] == [row["id"] for row in rows[:-1]]
    assert {row["state"] for row in rows} == {"fileUploaded"}


def test_push_can_belong_to_an_open_group(hub: Hub, ada: Writer) -> None:
    created = ada.send("POST", "/changesetgroups", {"description": "Run"})
    group = created.json["changesetGroup"]
    assert (created.status, group["state"], group["description"]) == (201, "inProgress", "Run")
    pushed = ada.create("a" * 40, find_tip_id(hub), groupId=group["id"])
    assert pushed.json["changeset"]["groupId"] == group["id"]
    done = ada.send("PATCH", f"/changesetgroups/{group['id']}", {"state": "completed"})
    assert done.json["changesetGroup"]["state"] == "completed"
    assert get(hub, f"/changesetgroups/{group['id']}").json == done.json
    late = ada.create("a" * 40, find_tip_id(hub), groupId=group["id"])
    assert late.error["details"][0]["target"] == "groupId"
    assert ada.create("a" * 40, find_tip_id(hub), groupId="none").error["code"] == "ChangesetGroupNotFound"


def test_extended_data_is_written_once_by_the_creator(hub: Hub, ada: Writer, bob: Writer) -> None:
    owner = get(hub, f"/briefcases/{ada.briefcase}").json["briefcase"]["ownerId"]
    rows = get(hub, "/changesets?$orderBy=index%20desc").json["changesets"]
    mine, other = (row["index"] for row in [row for row in rows if row["creatorId"] == owner][:2])
    data = base64.b64encode(b'{"a": 1}').decode()
    assert bob.send("POST", f"/changesets/{mine}/extendeddata", {"data": data}).status == 403
    written = ada.send("POST", f"/changesets/{mine}/extendeddata", {"data": data})
    assert written.status == 201
    assert get(hub, f"/changesets/{mine}/extendeddata").json == written.json
    assert ada.send("POST", f"/changesets/{mine}/extendeddata", {"data": data}).error["code"] == "DataConflict"
    large = base64.b64encode(bytes(204_801)).decode()
    assert ada.send("POST", f"/changesets/{other}/extendeddata", {"data": large}).status == 413
    assert ada.send("POST", f"/changesets/{other}/extendeddata", {"data": "é"}).status == 422


def test_named_version_is_created_and_updated(hub: Hub, ada: Writer) -> None:
    created = ada.send("POST", "/namedversions", {"name": "Mine", "changesetId": find_tip_id(hub)})
    row = created.json["namedVersion"]
    assert (created.status, row["changesetIndex"], row["description"], row["state"]) == (201, 400, None, "visible")
    assert row["application"]["name"]
    changed = ada.send("PATCH", f"/namedversions/{row['id']}", {"description": "Now with one", "state": "hidden"})
    after = changed.json["namedVersion"]
    assert after == {**row, "description": "Now with one", "state": "hidden"}
    assert get(hub, f"/namedversions/{row['id']}").json == changed.json
    assert get(hub, "/changesets/400").json["changeset"]["_links"]["namedVersion"]["href"].endswith(row["id"])


def test_named_version_without_changeset_is_of_the_baseline(ada: Writer) -> None:
    row = ada.send("POST", "/namedversions", {"name": "Start"}).json["namedVersion"]
    assert (row["changesetId"], row["changesetIndex"], row["_links"]["changeset"]) == (None, 0, None)


def test_names_and_changesets_are_named_once(hub: Hub, ada: Writer) -> None:
    ada.send("POST", "/namedversions", {"name": "Mine", "changesetId": find_tip_id(hub)})
    same = ada.send("POST", "/namedversions", {"name": "Mine"})
    assert (same.status, same.error["code"]) == (409, "NamedVersionExists")
    there = ada.send("POST", "/namedversions", {"name": "Other", "changesetId": find_tip_id(hub)})
    assert (there.status, there.error["code"]) == (409, "NamedVersionOnChangesetExists")
    other = ada.send("POST", "/namedversions", {"name": "Other"}).json["namedVersion"]["id"]
    assert ada.send("PATCH", f"/namedversions/{other}", {"name": "Mine"}).error["code"] == "NamedVersionExists"
    assert (
        ada.send("POST", "/namedversions", {"name": "x", "changesetId": "f" * 40}).error["code"] == "ChangesetNotFound"
    )


def test_new_version_gets_its_checkpoint_after_a_while(hub: Hub, ada: Writer, now: list[float]) -> None:
    row = ada.send("POST", "/namedversions", {"name": "Mine", "changesetId": find_tip_id(hub)}).json["namedVersion"]
    scheduled = get(hub, f"/namedversions/{row['id']}/checkpoint").json["checkpoint"]
    assert (scheduled["state"], scheduled["size"], scheduled["directoryAccessInfo"]) == ("scheduled", 0, None)
    assert get(hub, "/briefcases/checkpoint").json["checkpoint"]["changesetIndex"] < 400
    now[0] += 2
    ready = get(hub, f"/namedversions/{row['id']}/checkpoint").json["checkpoint"]
    assert ready["state"] == "successful"
    assert get(hub, "/briefcases/checkpoint").json["checkpoint"] == ready


def test_failed_checkpoint_is_scheduled_again(hub: Hub, ada: Writer, now: list[float]) -> None:
    ids = [row["id"] for row in get(hub, "/namedversions").json["namedVersions"]]
    paths = {get(hub, f"/namedversions/{i}/checkpoint").json["checkpoint"]["state"]: i for i in ids}
    again = ada.send("PUT", f"/namedversions/{paths['failed']}/checkpoint").json["checkpoint"]
    assert (again["state"], again["directoryAccessInfo"], again["_links"]["download"]) == ("scheduled", None, None)
    now[0] += 2
    assert get(hub, f"/namedversions/{paths['failed']}/checkpoint").json["checkpoint"]["state"] == "successful"
    good = ada.send("PUT", f"/namedversions/{paths['successful']}/checkpoint").json["checkpoint"]
    assert good["state"] == "successful"


@pytest.mark.parametrize(
    ("path", "body", "target"),
    [
        ("/namedversions", {}, "name"),
        ("/namedversions", {"name": " "}, "name"),
        ("/namedversions", {"name": 7}, "name"),
        ("/namedversions", {"name": "\ud800"}, "name"),
        ("/namedversions", {"name": "x", "description": "x" * 256}, "description"),
        ("/changesetgroups", {}, "description"),
        ("/changesetgroups", {"description": None}, "description"),
        ("/changesets/1/extendeddata", {"data": 1}, "data"),
        ("/changesets", {"id": "a" * 40, "briefcaseId": 2, "fileSize": -1}, "fileSize"),
        ("/changesets", {"id": "a" * 40, "briefcaseId": True, "fileSize": 1}, "briefcaseId"),
        ("/changesets", {"id": "a" * 39, "briefcaseId": 2, "fileSize": 1}, "id"),
        ("/changesets", {"id": "a" * 40, "briefcaseId": 2, "fileSize": 1, "parentId": 1}, "parentId"),
        (
            "/changesets",
            {"id": "a" * 40, "briefcaseId": 2, "fileSize": 1, "synchronizationInfo": 1},
            "synchronizationInfo",
        ),
    ],
)
def test_wrong_property_is_named(ada: Writer, path: str, body: dict[str, Any], target: str) -> None:
    response = ada.send("POST", path, body)
    assert (response.status, response.error["code"]) == (422, "InvalidiModelsRequest")
    assert target in {detail["target"] for detail in response.error["details"]}


def test_long_description_is_refused_in_the_known_words(ada: Writer) -> None:
    response = ada.send("POST", "/namedversions", {"name": "x", "description": "x" * 256})
    shown = "Provided 'description' value is not valid. The value exceeds allowed 255 characters."
    assert response.error["message"] == "Cannot create Named Version."
    assert response.error["details"] == [{"code": "InvalidValue", "message": shown, "target": "description"}]


def test_body_has_to_be_there_and_an_object(ada: Writer) -> None:
    missing = ada.send("POST", "/namedversions")
    shown = {"code": "MissingRequestBody", "message": "Request body was not provided."}
    assert (missing.status, missing.error) == (422, shown)
    assert ada.send("POST", "/namedversions", []).error["details"][0]["code"] == "InvalidRequestBody"
    assert ada.send("PATCH", "/namedversions/x", {}).error["details"][0]["code"] == "InvalidRequestBody"


def test_conflicts_have_the_texts_of_the_service(hub: Hub, ada: Writer, bob: Writer) -> None:
    # The texts are those of the vendor's OpenAPI definition.
    parent = find_tip_id(hub)
    changeset = get(hub, f"/changesets/{parent}").json["changeset"]
    version = get(hub, "/namedversions?$top=1").json["namedVersions"][0]
    taken = {"name": "Other", "changesetId": version["changesetId"]}
    assert [
        ada.create(parent, parent).error["message"],
        ada.create("a" * 40, "b" * 40).error["message"],
        ada.send("POST", "/namedversions", {"name": version["displayName"], "changesetId": parent}).error["message"],
        ada.send("POST", "/namedversions", taken).error["message"],
    ] == [
        "Changeset with the same id already exists within the iModel.",
        "'parentId' does not match latest Changeset.",
        "Named Version with the same name already exists within the iModel.",
        "Named Version for specified Changeset already exists.",
    ]
    created = ada.create("a" * 40, changeset["id"])
    assert bob.create("b" * 40, parent).error["message"] == "Another user is pushing a Changeset."
    missing = ada.complete(created).error["message"]
    assert missing == "Requested file is not available. File was not uploaded to file storage."
    assert get(hub, "/users/unknown").error["message"] == "Requested user is not available."


def test_answers_to_a_push_name_no_checkpoint(hub: Hub, ada: Writer) -> None:
    # The vendor's own tests check this.
    created = ada.create("a" * 40, find_tip_id(hub))
    ada.upload(created, "bytes")
    for response in (created, ada.complete(created)):
        assert response.json["changeset"]["_links"]["currentOrPrecedingCheckpoint"] is None
    assert get(hub, f"/changesets/{'a' * 40}").json["changeset"]["_links"]["currentOrPrecedingCheckpoint"]["href"]


def test_no_writes_without_permission(hub: Hub) -> None:
    reader = Writer(hub, hub.issue_token(permissions=["imodels_webview", "imodels_read"]), 2)
    for method, path in [("POST", "/changesets"), ("POST", "/namedversions"), ("POST", "/changesetgroups")]:
        assert reader.send(method, path, {}).error["code"] == "InsufficientPermissions"
    assert len(get(hub, "/changesets?afterIndex=400").json["changesets"]) == 0
