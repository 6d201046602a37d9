"""The database file: what a hub keeps over restarts, however it ended."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
from helpers.hub_requests import HttpResponse, ask

from imodels_hub import Hub, Project, generate_itwin

START = Callable[..., Hub]


@pytest.fixture(scope="module")
def projects() -> list[Project]:
    return generate_itwin(3, 5, 7)


@pytest.fixture
def restart(start: START, projects: list[Project], tmp_path: Path) -> Callable[[], Hub]:
    """Start a hub with the same three iModels and the same file."""
    project, *neighbors = projects
    return lambda: start(project, neighbors=neighbors, ledger_file=tmp_path / "hub.sqlite")


def send(hub: Hub, method: str, path: str, body: object = None) -> HttpResponse:
    text = None if body is None else json.dumps(body)
    return ask(f"{hub.base_url}/imodels{path}", method, text, Authorization=f"Bearer {hub.token}")


def list_ids(hub: Hub) -> set[str]:
    return {row["id"] for row in send(hub, "GET", f"?iTwinId={hub.itwin_id}").json["iModels"]}


def test_deleted_imodels_stay_deleted(restart: Callable[[], Hub], projects: list[Project]) -> None:
    main, first, second = [project.imodel.id for project in projects]
    hub = restart()
    assert list_ids(hub) == {main, first, second}
    assert send(hub, "DELETE", f"/{main}").status == send(hub, "DELETE", f"/{first}").status == 204
    hub.stop()
    again = restart()
    assert list_ids(again) == {second}
    assert send(again, "GET", f"/{main}").error["code"] == "iModelNotFound"
    made = send(again, "POST", "", {"iTwinId": again.itwin_id, "name": "New"}).json["iModel"]["id"]
    again.stop()
    assert list_ids(restart()) == {second, made}


def test_writes_to_all_imodels_are_stored(restart: Callable[[], Hub], projects: list[Project]) -> None:
    hub = restart()
    for project in projects:
        body = {"name": "Kept", "changesetId": next(iter(project.changesets)).id}
        assert send(hub, "POST", f"/{project.imodel.id}/namedversions", body).status in (201, 409)
        assert send(hub, "POST", f"/{project.imodel.id}/changesetgroups", {"description": "Kept"}).status == 201
    hub.stop()
    again = restart()
    for project in projects:
        groups = send(again, "GET", f"/{project.imodel.id}/changesetgroups?$top=1000").json["changesetGroups"]
        assert groups[-1]["description"] == "Kept"


def test_file_of_an_imodel_whose_creation_was_cut_short_is_removed(
    restart: Callable[[], Hub], tmp_path: Path, projects: list[Project]
) -> None:
    restart().stop()
    cut = tmp_path / f"hub.sqlite.{uuid4()}"
    cut.touch()
    others = tmp_path / "hub.sqlite.notes"
    others.write_text("mine")
    hub = restart()
    assert list_ids(hub) == {project.imodel.id for project in projects}
    assert not cut.exists()
    assert others.read_text() == "mine"


def test_file_of_an_imodel_whose_deletion_was_cut_short_is_removed(restart: Callable[[], Hub], tmp_path: Path) -> None:
    hub = restart()
    made = send(hub, "POST", "", {"iTwinId": hub.itwin_id, "name": "Gone"}).json["iModel"]["id"]
    hub.stop()
    with closing(sqlite3.connect(tmp_path / "hub.sqlite", isolation_level=None)) as db:
        db.execute("INSERT INTO deleted_imodels VALUES (?)", (made,))
    assert made not in list_ids(restart())
    assert not (tmp_path / f"hub.sqlite.{made}").exists()
