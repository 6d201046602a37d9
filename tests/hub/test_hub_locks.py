"""Briefcases that clients acquire and release, and their locks, over real HTTP."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from helpers.hub_requests import HttpResponse, ask

from imodels_hub import Hub, generate_project

ROUNDS = 100


@dataclass
class User:
    """A client of one user."""

    hub: Hub
    token: str
    imodel_id: str

    def send(self, method: str, path: str, body: object = None) -> HttpResponse:
        text = None if body is None else json.dumps(body)
        url = f"{self.hub.base_url}/imodels/{self.imodel_id}{path}"
        headers = {"Authorization": f"Bearer {self.token}", "Content_Type": "application/json"}
        return ask(url, method, text, Prefer="return=representation", **headers)

    def acquire(self) -> int:
        number: int = self.send("POST", "/briefcases", {}).json["briefcase"]["briefcaseId"]
        return number

    def lock(self, briefcase: int, changeset: str | None = None, **levels: list[str]) -> HttpResponse:
        objects = [{"lockLevel": level, "objectIds": ids} for level, ids in levels.items()]
        body = {"briefcaseId": briefcase, "lockedObjects": objects, "changesetId": changeset}
        return self.send("PATCH", "/locks", body)

    def locks(self, query: str = "") -> dict[int, dict[str, list[str]]]:
        rows = self.send("GET", f"/locks{query}").json["locks"]
        return {
            row["briefcaseId"]: {group["lockLevel"]: group["objectIds"] for group in row["lockedObjects"]}
            for row in rows
        }


@pytest.fixture
def hub(start: Callable[..., Hub]) -> Hub:
    return start(generate_project(20))


@pytest.fixture
def ada(hub: Hub) -> User:
    """Return the user of a new iModel."""
    body = json.dumps({"iTwinId": hub.itwin_id, "name": "Pump"})
    made = ask(f"{hub.base_url}/imodels", "POST", body, Authorization=f"Bearer {hub.token}").json["iModel"]
    return User(hub, hub.issue_token(permissions=["imodels_webview", "imodels_read", "imodels_write"]), made["id"])


@pytest.fixture
def bob(hub: Hub, ada: User) -> User:
    """Return another user of the same iModel."""
    other = hub._settings.project.users[1].id
    token = hub.issue_token(other, permissions=["imodels_webview", "imodels_read", "imodels_write"])
    return User(hub, token, ada.imodel_id)


def push(user: User, briefcase: int, changeset_id: str, parent_id: str) -> None:
    body = {"id": changeset_id, "parentId": parent_id, "briefcaseId": briefcase, "fileSize": 4}
    row = user.send("POST", "/changesets", body).json["changeset"]
    assert ask(row["_links"]["upload"]["href"], "PUT", b"1234", x_ms_blob_type="BlockBlob").status == 201
    done = {"state": "fileUploaded", "briefcaseId": briefcase}
    assert user.send("PATCH", f"/changesets/{changeset_id}", done).status == 200


def test_briefcases_are_numbered_from_two_and_never_again(ada: User, bob: User) -> None:
    made = ada.send("POST", "/briefcases", {"deviceName": "Ada's laptop"})
    row = made.json["briefcase"]
    assert (made.status, row["id"], row["displayName"]) == (201, "2", "#2 Ada's laptop")
    assert row["fileSize"] > 0
    assert bob.acquire() == 3
    assert ada.send("DELETE", "/briefcases/2").status == 204
    assert ada.send("GET", "/briefcases/2").error["code"] == "BriefcaseNotFound"
    assert ada.acquire() == 4
    assert ada.send("DELETE", "/briefcases/4").status == 204
    assert ada.acquire() == 5
    listed = {row["briefcaseId"]: row["ownerId"] for row in ada.send("GET", "/briefcases").json["briefcases"]}
    assert list(listed) == [3, 5]
    assert [row["briefcaseId"] for row in bob.send("GET", "/briefcases?ownerId=me").json["briefcases"]] == [3]
    assert {row["id"] for row in ada.send("GET", "/users").json["users"]} >= set(listed.values())


def test_a_new_briefcase_follows_those_of_the_timeline(hub: Hub) -> None:
    user = User(hub, hub.token, hub.imodel_id)
    known = [row["briefcaseId"] for row in user.send("GET", "/briefcases").json["briefcases"]]
    assert user.acquire() == max(known) + 1


def test_a_released_briefcase_pushes_and_locks_nothing(ada: User) -> None:
    number = ada.acquire()
    ada.lock(number, exclusive=["0x1"])
    ada.send("DELETE", f"/briefcases/{number}")
    assert ada.locks() == {}
    assert ada.lock(number, shared=["0x1"]).error["code"] == "BriefcaseNotFound"
    body = {"id": "a" * 40, "parentId": "", "briefcaseId": number, "fileSize": 4}
    assert ada.send("POST", "/changesets", body).error["code"] == "BriefcaseNotFound"


def test_a_briefcase_belongs_to_its_user(ada: User, bob: User) -> None:
    number = ada.acquire()
    assert bob.send("DELETE", f"/briefcases/{number}").status == 403
    assert bob.lock(number, shared=["0x1"]).status == 403
    administrator = User(ada.hub, ada.hub.token, ada.imodel_id)
    assert administrator.send("DELETE", f"/briefcases/{number}").status == 204


def test_locks_are_acquired_changed_and_released(ada: User) -> None:
    number = ada.acquire()
    response = ada.lock(number, shared=["0xaa"], exclusive=["0xBB", "0xcc"])
    groups = [
        {"lockLevel": "shared", "objectIds": ["0xaa"]},
        {"lockLevel": "exclusive", "objectIds": ["0xbb", "0xcc"]},
    ]
    assert response.json == {"lock": {"briefcaseId": number, "lockedObjects": groups}}
    assert ada.locks() == {number: {"exclusive": ["0xbb", "0xcc"], "shared": ["0xaa"]}}
    ada.lock(number, shared=["0xbb"])
    assert ada.locks() == {number: {"exclusive": ["0xcc"], "shared": ["0xaa", "0xbb"]}}
    released = ada.lock(number, none=["0xaa", "0xbb", "0xcc"])
    assert released.json == {"lock": {"briefcaseId": number, "lockedObjects": []}}
    assert ada.locks() == {}
    missing = ada.lock(number, none=["0x1"])
    assert (missing.status, missing.error["code"]) == (404, "LockNotFound")
    assert missing.error["message"] == "Requested Lock(s) is not available."


def test_a_conflict_names_objects_and_briefcases(ada: User, bob: User) -> None:
    first, second, third = ada.acquire(), bob.acquire(), bob.acquire()
    ada.lock(first, shared=["0x5"], exclusive=["0x6"])
    assert bob.lock(second, shared=["0x5"]).status == 200
    response = bob.lock(third, exclusive=["0x5", "0x7"], shared=["0x6"])
    assert (response.status, response.error["code"]) == (409, "ConflictWithAnotherUser")
    assert response.error["message"] == "Lock(s) is owned by another Briefcase."
    assert response.error["conflictingLocks"] == [
        {"objectId": "0x5", "lockLevel": "shared", "briefcaseIds": [first, second]},
        {"objectId": "0x6", "lockLevel": "exclusive", "briefcaseIds": [first]},
    ]
    assert third not in ada.locks(), "all or none"
    bob.lock(second, none=["0x5"])
    assert ada.lock(first, exclusive=["0x5"]).status == 200, "its own shared lock is no conflict"


def test_an_object_of_a_newer_changeset_is_not_locked(ada: User, bob: User) -> None:
    first, second = ada.acquire(), bob.acquire()
    push(ada, first, "a" * 40, "")
    ada.lock(first, "a" * 40, exclusive=["0x5"], shared=["0x6"])
    ada.lock(first, "a" * 40, none=["0x5", "0x6"])
    older = bob.lock(second, "", exclusive=["0x5", "0x6"])
    assert (older.status, older.error["code"], older.error["objectIds"]) == (409, "NewerChangesExist", ["0x5"])
    assert older.error["message"] == "One or more objects have been locked in a newer Changeset."
    assert bob.lock(second, "", shared=["0x6"]).status == 200
    assert bob.lock(second, "a" * 40, exclusive=["0x5"]).status == 200
    unknown = bob.lock(second, "b" * 40, shared=["0x7"])
    assert (unknown.status, unknown.error["code"]) == (404, "ChangesetNotFound")
    released = ada.send("GET", "/locks/released-locks?afterChangesetIndex=0").json["releasedLocks"]
    assert released == [
        {"lockLevel": "exclusive", "objectIds": ["0x5"]},
        {"lockLevel": "shared", "objectIds": ["0x6"]},
    ]


def test_pages_of_locks_count_objects(ada: User) -> None:
    number = ada.acquire()
    ada.lock(number, exclusive=[hex(n) for n in range(1, 8)], shared=["0xa"])
    assert ada.locks("?$top=5") == {number: {"exclusive": [hex(n) for n in range(1, 6)]}}
    assert ada.locks("?$top=5&$skip=5") == {number: {"exclusive": ["0x6", "0x7"], "shared": ["0xa"]}}
    assert ada.locks("?$top=5&$skip=8") == {}


def test_locks_are_released_in_chunks(ada: User) -> None:
    number = ada.acquire()
    for start in range(0, 2500, 1000):
        stop = min(start + 1000, 2500)
        assert ada.lock(number, shared=[hex(n) for n in range(start + 1, stop + 1)]).status == 200
    done: list[bool] = []
    while not done or not done[-1]:
        done.append(ada.send("POST", "/locks/release-chunk", {"briefcaseId": number}).json["isLastChunk"])
    assert done == [False, False, True]
    assert ada.locks() == {}


@pytest.mark.parametrize(
    ("body", "target"),
    [
        ({}, "briefcaseId"),
        ({"briefcaseId": 2}, "lockedObjects"),
        ({"briefcaseId": 2, "lockedObjects": "0x1"}, "lockedObjects"),
        ({"briefcaseId": 2, "lockedObjects": [{"lockLevel": "shared"}]}, "lockedObjects"),
        ({"briefcaseId": 2, "lockedObjects": [{"lockLevel": "x", "objectIds": ["0x1"]}]}, "lockedObjects"),
        ({"briefcaseId": 2, "lockedObjects": [{"lockLevel": "shared", "objectIds": ["one"]}]}, "lockedObjects"),
        ({"briefcaseId": 2, "changesetId": "x", "lockedObjects": []}, "changesetId"),
        (
            {"briefcaseId": 2, "lockedObjects": [{"lockLevel": "shared", "objectIds": [hex(n) for n in range(1001)]}]},
            "lockedObjects",
        ),
    ],
    ids=str,
)
def test_an_invalid_update_of_locks_is_422(ada: User, body: dict[str, Any], target: str) -> None:
    ada.acquire()
    response = ada.send("PATCH", "/locks", body)
    assert (response.status, response.error["message"]) == (422, "Cannot update Locks.")
    assert target in {detail["target"] for detail in response.error["details"]}


def test_of_two_clients_that_race_one_has_the_exclusive_lock(ada: User, bob: User) -> None:
    sides = [(ada, ada.acquire()), (bob, bob.acquire())]
    with ThreadPoolExecutor(2) as pool:
        for number in range(1, ROUNDS + 1):
            responses = list(pool.map(lambda side, n=number: side[0].lock(side[1], exclusive=[hex(n)]).status, sides))
            assert sorted(responses) == [200, 409]
    held = [object_id for levels in ada.locks("?$top=1000").values() for object_id in levels["exclusive"]]
    assert len(held) == len(set(held)) == ROUNDS
