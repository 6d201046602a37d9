"""iModels that are made from others: clones, forks and templates, over real HTTP."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from helpers.hub_requests import HttpResponse, ask

from imodels_hub import Hub, build_plant_project, generate_project

PLANT = build_plant_project()


@pytest.fixture
def hub(start: Callable[..., Hub]) -> Hub:
    return start(generate_project(20), neighbors=[PLANT])


def send(hub: Hub, method: str, path: str, body: object = None, token: str | None = None) -> HttpResponse:
    text = None if body is None else json.dumps(body)
    url = path if path.startswith("http") else f"{hub.base_url}/imodels{path}"
    headers = {"Authorization": f"Bearer {token or hub.token}", "Content_Type": "application/json"}
    return ask(url, method, text, Prefer="return=representation", **headers)


def copy(hub: Hub, how: str, source: str | None = None, **body: object) -> str:
    """Send a request for a copy of an iModel; return the id of the copy."""
    made = send(hub, "POST", f"/{source or hub.imodel_id}/{how}", {"iTwinId": hub.itwin_id, "name": "Copy", **body})
    assert (made.status, made.body) == (202, b"")
    new: str = made.headers["location"].rpartition("/")[2]
    assert made.headers["create-imodel-operation"] == f"{hub.base_url}/imodels/{new}/operations/create"
    return new


def read_changesets(hub: Hub, imodel_id: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = send(hub, "GET", f"/{imodel_id}/changesets").json["changesets"]
    return rows


def read_baseline(hub: Hub, imodel_id: str) -> bytes:
    row = send(hub, "GET", f"/{imodel_id}/baselinefile").json["baselineFile"]
    content = ask(row["_links"]["download"]["href"]).body
    assert len(content) == row["fileSize"]
    return content


@pytest.mark.parametrize("how", ["clone", "fork"])
def test_copy_has_the_baseline_and_the_changesets_up_to_a_point(hub: Hub, how: str) -> None:
    source = read_changesets(hub, hub.imodel_id)
    more = {"preserveHistory": True} if how == "fork" else {}
    made = copy(hub, how, changesetIndex=3, **more)
    rows = read_changesets(hub, made)
    assert [row["id"] for row in rows] == [row["id"] for row in source[:3]]
    assert {row["groupId"] for row in rows} == {None}
    links = zip(rows, source, strict=False)
    assert all(ask(a["_links"]["download"]["href"]).body == ask(b["_links"]["download"]["href"]).body for a, b in links)
    for path in ("namedversions", "briefcases", "changesetgroups"):
        assert next(iter(send(hub, "GET", f"/{made}/{path}").json.values())) == []
    known = {row["id"] for row in send(hub, "GET", f"/{made}/users").json["users"]}
    assert {row["creatorId"] for row in rows} <= known
    operation = send(hub, "GET", f"/{made}/operations/create").json["createOperation"]
    origin = operation["clonedFrom" if how == "clone" else "forkedFrom"]
    assert operation["state"] == "successful"
    assert (origin["iModelId"], origin["changesetId"]) == (hub.imodel_id, source[2]["id"])
    assert ("relationshipId" in origin) == (how == "fork")


def test_clone_has_the_whole_source_by_default(hub: Hub) -> None:
    source = send(hub, "GET", f"/{hub.imodel_id}").json["iModel"]
    made = copy(hub, "clone")
    row = send(hub, "GET", f"/{made}").json["iModel"]
    assert (row["name"], row["description"], row["extent"]) == ("Copy", source["description"], source["extent"])
    assert len(read_changesets(hub, made)) == 20
    again = send(hub, "POST", f"/{hub.imodel_id}/clone", {"iTwinId": hub.itwin_id})
    assert again.error["code"] == "iModelExists", "the name of the source is the default"


def test_clone_of_the_baseline_has_no_changesets(hub: Hub) -> None:
    assert read_changesets(hub, copy(hub, "clone", changesetIndex=0)) == []
    assert read_changesets(hub, copy(hub, "clone", changesetId="", name="Other")) == []


def test_clone_is_a_standalone_imodel(hub: Hub) -> None:
    made = copy(hub, "clone", PLANT.imodel.id)
    assert send(hub, "DELETE", f"/{PLANT.imodel.id}").status == 204
    rows = read_changesets(hub, made)
    assert ask(rows[-1]["_links"]["download"]["href"]).body == PLANT.files[f"{rows[-1]['id']}.cs"]
    assert read_baseline(hub, made) == PLANT.files["baseline.bim"]
    number = send(hub, "POST", f"/{made}/briefcases", {}).json["briefcase"]["briefcaseId"]
    assert number > max(row["briefcaseId"] for row in rows)


@pytest.mark.parametrize("way", ["fork", "template"])
def test_squashed_changesets_are_in_the_baseline(hub: Hub, tmp_path: Path, way: str) -> None:
    if way == "fork":
        made = copy(hub, "fork", PLANT.imodel.id)
    else:
        body = {"iTwinId": hub.itwin_id, "name": "New", "template": {"iModelId": PLANT.imodel.id}}
        made = send(hub, "POST", "", {**body, "creationMode": "fromiModelVersion"}).json["iModel"]["id"]
    assert read_changesets(hub, made) == []
    file = tmp_path / "new.bim"
    file.write_bytes(read_baseline(hub, made))
    tip = tmp_path / "tip.bim"
    tip.write_bytes(PLANT.files[f"checkpoint-{len(PLANT.changesets)}.bim"])
    counts = []
    for path in (file, tip):
        with closing(sqlite3.connect(path)) as db:
            counts.append(db.execute("SELECT count(*), max(Id) FROM bis_Element").fetchone())
    assert counts[0] == counts[1]
    operation = send(hub, "GET", f"/{made}/operations/create").json["createOperation"]
    assert operation["clonedFrom"] is None
    assert bool(operation["forkedFrom"]) == (way == "fork")


def test_template_without_real_files_gives_a_generated_baseline(hub: Hub) -> None:
    changeset = read_changesets(hub, hub.imodel_id)[4]["id"]
    template = {"iModelId": hub.imodel_id, "changesetId": changeset}
    made = send(hub, "POST", "", {"iTwinId": hub.itwin_id, "name": "New", "template": template}).json["iModel"]
    assert made["state"] == "initialized"
    assert len(read_baseline(hub, made["id"])) > 1_253_376


def test_an_invalid_copy_is_refused(hub: Hub) -> None:
    body = {"iTwinId": hub.itwin_id, "name": "Copy"}
    clone = f"/{hub.imodel_id}/clone"
    both = send(hub, "POST", clone, {**body, "changesetId": "", "changesetIndex": 0})
    assert both.error["details"][0]["code"] == "MutuallyExclusivePropertiesProvided"
    assert send(hub, "POST", clone, {**body, "changesetIndex": 99}).error["code"] == "ChangesetNotFound"
    assert send(hub, "POST", clone, {"name": "Copy"}).error["details"][0]["target"] == "iTwinId"
    assert send(hub, "POST", clone, {**body, "iTwinId": hub.imodel_id}).error["code"] == "iTwinNotFound"
    unknown = {**body, "template": {"iModelId": hub.itwin_id}}
    assert send(hub, "POST", "", unknown).error["code"] == "iModelNotFound"
    reader = hub.issue_token(permissions=["imodels_webview", "imodels_read"])
    assert send(hub, "POST", clone, body, reader).status == 403
    writer = hub.issue_token(permissions=["imodels_webview", "imodels_write"])
    assert send(hub, "POST", clone, body, writer).status == 403


def test_copies_outlive_their_hub(start: Callable[..., Hub], tmp_path: Path) -> None:
    path = tmp_path / "hub.sqlite"
    first = start(generate_project(20), neighbors=[PLANT], ledger_file=path)
    made = copy(first, "fork", changesetIndex=2, preserveHistory=True)
    before = send(first, "GET", f"/{made}/operations/create").json
    first.stop()
    again = start(generate_project(20), neighbors=[PLANT], ledger_file=path)
    assert len(read_changesets(again, made)) == 2
    assert send(again, "GET", f"/{made}/operations/create").json == before
