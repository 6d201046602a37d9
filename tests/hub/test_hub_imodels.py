"""iModels that clients create, change and delete, and their baseline files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.hub_requests import HttpResponse, ask, get

from imodels_hub import Hub, generate_project

BASELINE = b"baseline"
EXTENT = {"southWest": {"latitude": 46.1, "longitude": 7.8}, "northEast": {"latitude": 46.3, "longitude": 8.0}}


def send(hub: Hub, method: str, path: str, body: object = None, token: str | None = None) -> HttpResponse:
    url = path if path.startswith("http") else f"{hub.base_url}/imodels{path}"
    text = None if body is None else json.dumps(body)
    return ask(url, method, text, Authorization=f"Bearer {token or hub.token}", Content_Type="application/json")


def create(hub: Hub, name: str = "Pump", **more: object) -> HttpResponse:
    return send(hub, "POST", "", {"iTwinId": hub.itwin_id, "name": name, **more})


def create_from_baseline(hub: Hub, content: bytes = BASELINE) -> dict[str, Any]:
    made: dict[str, Any] = create(hub, baselineFile={"size": len(content)}).json["iModel"]
    assert ask(made["_links"]["upload"]["href"], "PUT", content, x_ms_blob_type="BlockBlob").status == 201
    assert send(hub, "POST", made["_links"]["complete"]["href"]).status == 200
    return made


@pytest.fixture
def hub(start: Callable[..., Hub]) -> Hub:
    return start(generate_project(20))


def test_an_empty_imodel_is_initialized_at_once(hub: Hub) -> None:
    made = create(hub, description="One pump", extent=EXTENT, containersEnabled=5)
    row = made.json["iModel"]
    assert (made.status, row["state"], row["name"], row["description"]) == (201, "initialized", "Pump", "One pump")
    assert (row["extent"], row["containersEnabled"], row["iTwinId"]) == (EXTENT, 5, hub.itwin_id)
    assert row["lastChangesetPushDateTime"] is row["_links"]["upload"] is row["_links"]["complete"] is None
    assert send(hub, "GET", f"/{row['id']}").json["iModel"]["extent"] == EXTENT
    assert send(hub, "GET", f"/{row['id']}/changesets").json["changesets"] == []
    assert send(hub, "GET", f"/{row['id']}/operations/create").json["createOperation"]["state"] == "successful"
    baseline = send(hub, "GET", f"/{row['id']}/baselinefile").json["baselineFile"]
    assert (baseline["state"], baseline["fileSize"]) == ("initialized", 1_253_376)


def test_an_imodel_from_a_baseline_file_waits_for_it(hub: Hub) -> None:
    made = create(hub, baselineFile={"size": len(BASELINE)}).json["iModel"]
    path = f"/{made['id']}"
    assert made["state"] == "notInitialized"
    assert send(hub, "GET", f"{path}/operations/create").json["createOperation"]["state"] == "waitingForFile"
    waiting = send(hub, "GET", f"{path}/baselinefile").json["baselineFile"]
    assert (waiting["state"], waiting["_links"]["download"]) == ("waitingForFile", None)
    early = send(hub, "POST", made["_links"]["complete"]["href"])
    assert (early.status, early.error["code"]) == (404, "FileNotFound")
    assert send(hub, "POST", f"{path}/briefcases", {}).error["code"] == "iModelNotInitialized"
    assert send(hub, "GET", f"{path}/changesets/0/checkpoint").status == 404
    upload = made["_links"]["upload"]["href"]
    assert ask(upload, "PUT", BASELINE + b"!", x_ms_blob_type="BlockBlob").status == 201
    assert send(hub, "POST", made["_links"]["complete"]["href"]).error["code"] == "DataConflict"
    assert ask(upload, "PUT", BASELINE, x_ms_blob_type="BlockBlob").status == 201
    done = send(hub, "POST", made["_links"]["complete"]["href"]).json["baselineFile"]
    assert (done["state"], done["fileSize"]) == ("initialized", len(BASELINE))
    assert ask(done["_links"]["download"]["href"]).body == BASELINE
    assert send(hub, "POST", made["_links"]["complete"]["href"]).error["code"] == "InvalidChange"
    assert ask(upload, "PUT", BASELINE, x_ms_blob_type="BlockBlob").status == 409
    assert send(hub, "GET", path).json["iModel"]["state"] == "initialized"
    checkpoint = send(hub, "GET", f"{path}/changesets/0/checkpoint").json["checkpoint"]
    assert (checkpoint["size"], checkpoint["changesetIndex"]) == (len(BASELINE), 0)
    part = ask(checkpoint["_links"]["download"]["href"], Range="bytes=0-0")
    assert (part.body, part.headers["content-range"]) == (BASELINE[:1], f"bytes 0-0/{len(BASELINE)}")


def test_created_imodels_are_listed_by_state(hub: Hub) -> None:
    ready = create_from_baseline(hub)["id"]
    waiting = create(hub, "Waiting", baselineFile={"size": 1}).json["iModel"]["id"]

    def fetch_ids(query: str) -> list[str]:
        rows = send(hub, "GET", f"?iTwinId={hub.itwin_id}{query}").json["iModels"]
        return [row["id"] for row in rows]

    assert set(fetch_ids("")) == {hub.imodel_id, ready, waiting}
    assert fetch_ids("&state=notInitialized") == [waiting]
    assert set(fetch_ids("&state=initialized")) == {hub.imodel_id, ready}
    assert fetch_ids("&name=Waiting") == [waiting]


def test_names_are_unique_within_the_itwin(hub: Hub) -> None:
    made = create(hub).json["iModel"]["id"]
    again = create(hub)
    assert (again.status, again.error["code"]) == (409, "iModelExists")
    other = create(hub, "Other").json["iModel"]["id"]
    assert send(hub, "PATCH", f"/{other}", {"name": "Pump"}).error["code"] == "iModelExists"
    assert send(hub, "PATCH", f"/{made}", {"name": "Pump"}).status == 200


def test_an_imodel_is_updated_in_parts(hub: Hub) -> None:
    made = create(hub, description="Old", extent=EXTENT).json["iModel"]
    changed = send(hub, "PATCH", f"/{made['id']}", {"description": None, "extent": None}).json["iModel"]
    assert (changed["name"], changed["description"], changed["extent"]) == ("Pump", None, None)
    assert send(hub, "PATCH", f"/{made['id']}", {"name": "New"}).json["iModel"]["displayName"] == "New"
    assert send(hub, "PATCH", f"/{made['id']}", {"id": "x"}).error["details"][0]["code"] == "InvalidRequestBody"


def test_a_deleted_imodel_is_gone_with_its_files(hub: Hub) -> None:
    made = create_from_baseline(hub)
    link = send(hub, "GET", f"/{made['id']}/baselinefile").json["baselineFile"]["_links"]["download"]["href"]
    deleted = send(hub, "DELETE", f"/{made['id']}")
    assert (deleted.status, deleted.body) == (204, b"")
    assert send(hub, "GET", f"/{made['id']}").error["code"] == "iModelNotFound"
    assert send(hub, "DELETE", f"/{made['id']}").status == 404
    assert ask(link).status == 404
    assert create(hub).status == 201


def test_the_iTwin_outlives_its_last_imodel(hub: Hub) -> None:  # noqa: N802 - the vendor's spelling
    assert send(hub, "DELETE", f"/{hub.imodel_id}").status == 204
    assert send(hub, "GET", f"?iTwinId={hub.itwin_id}").json["iModels"] == []
    assert create(hub).status == 201


@pytest.mark.parametrize(
    ("body", "target"),
    [
        ({"name": "x"}, "iTwinId"),
        ({"iTwinId": "toto", "name": "x"}, "iTwinId"),
        ({"name": " "}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"description": "x" * 256}, "description"),
        ({"extent": {"southWest": {"latitude": 1, "longitude": 2}}}, "extent"),
        ({"extent": {**EXTENT, "northEast": {"latitude": float("nan"), "longitude": 2}}}, "extent"),
        ({"containersEnabled": 8}, "containersEnabled"),
        ({"creationMode": "magic"}, "creationMode"),
        ({"baselineFile": {"size": 0}}, "baselineFile"),
        ({"baselineFile": {}}, "baselineFile"),
        ({"template": {"iModelId": "x"}}, "template"),
        ({"creationMode": "fromiModelVersion"}, "template"),
    ],
)
def test_an_invalid_imodel_is_422_with_the_property(hub: Hub, body: dict[str, object], target: str) -> None:
    known = {} if "iTwinId" in (target, *body) else {"iTwinId": hub.itwin_id}
    name = {} if "name" in body else {"name": "x"}
    response = send(hub, "POST", "", {**known, **name, **body})
    assert (response.status, response.error["details"][0]["target"]) == (422, target)
    assert response.error["message"] == "Cannot create iModel."


def test_imodels_of_unknown_itwins_are_refused(hub: Hub) -> None:
    unknown = send(hub, "POST", "", {"iTwinId": hub.imodel_id, "name": "x"})
    assert (unknown.status, unknown.error["code"]) == (404, "iTwinNotFound")


def test_imodels_need_permissions(hub: Hub) -> None:
    reader = hub.issue_token(permissions=["imodels_webview", "imodels_read"])
    writer = hub.issue_token(permissions=["imodels_webview", "imodels_read", "imodels_write"])
    body = {"iTwinId": hub.itwin_id, "name": "x"}
    assert send(hub, "POST", "", body, reader).status == 403
    made = send(hub, "POST", "", body, writer).json["iModel"]["id"]
    assert send(hub, "PATCH", f"/{made}", {"name": "y"}, reader).status == 403
    assert send(hub, "DELETE", f"/{made}", None, writer).status == 403


def test_created_imodels_outlive_their_hub_in_files(start: Callable[..., Hub], tmp_path: Path) -> None:
    path = tmp_path / "hub.sqlite"
    first = start(generate_project(3), ledger_file=path)
    stored = create_from_baseline(first)["id"]
    gone = create(first, "Gone").json["iModel"]["id"]
    send(first, "PATCH", f"/{stored}", {"name": "Renamed", "extent": EXTENT})
    send(first, "DELETE", f"/{gone}")
    first.stop()
    again = start(generate_project(3), ledger_file=path)
    row = send(again, "GET", f"/{stored}").json["iModel"]
    assert (row["name"], row["extent"], row["state"]) == ("Renamed", EXTENT, "initialized")
    link = send(again, "GET", f"/{stored}/baselinefile").json["baselineFile"]["_links"]["download"]["href"]
    assert ask(link).body == BASELINE
    assert send(again, "GET", f"/{gone}").status == 404
    assert get(again, "/changesets").json["changesets"]
