"""Favorite and recent iModels, and thumbnails, over real HTTP."""

import json
import struct
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from helpers.hub_requests import HttpResponse, ask

from imodels_hub import Hub, generate_itwin, generate_project

PNG = b"\x89PNG\r\n\x1a\n and so on"
JPEG = b"\xff\xd8\xff and so on"


@pytest.fixture
def hub(start: Callable[..., Hub]) -> Hub:
    project, *neighbors = generate_itwin(3, 5, 7)
    return start(project, neighbors=neighbors)


def send(hub: Hub, method: str, path: str, body: bytes | None = None, token: str = "", **headers: str) -> HttpResponse:
    return ask(f"{hub.base_url}/imodels{path}", method, body, Authorization=f"Bearer {token or hub.token}", **headers)


def read_ids(hub: Hub, name: str, more: str = "", token: str = "") -> list[str]:
    response = send(hub, "GET", f"/{name}?iTwinId={hub.itwin_id}{more}", token=token)
    return [row["id"] for row in response.json["iModels"]]


@pytest.fixture
def imodel_ids(hub: Hub) -> list[str]:
    return [row["id"] for row in send(hub, "GET", f"?iTwinId={hub.itwin_id}").json["iModels"]]


@pytest.mark.parametrize(("name", "method"), [("favorites", "PUT"), ("recents", "POST")])
def test_each_user_marks_imodels(hub: Hub, imodel_ids: list[str], name: str, method: str) -> None:
    one, two, _ = imodel_ids
    assert read_ids(hub, name) == []
    for imodel_id in (one, two, one):
        assert send(hub, method, f"/{name}/{imodel_id}", b"{}").status == 204
    assert read_ids(hub, name) == [one, two], "the newest first, and each once"
    other = hub.issue_token(hub._settings.project.users[1].id)
    assert read_ids(hub, name, token=other) == []
    assert send(hub, "DELETE", f"/{name}/{one}").status == send(hub, "DELETE", f"/{name}/{one}").status == 204
    assert read_ids(hub, name) == [two]
    send(hub, "DELETE", f"/{two}")
    assert read_ids(hub, name) == []


def test_both_forms_of_a_list(hub: Hub, imodel_ids: list[str]) -> None:
    send(hub, "PUT", f"/favorites/{imodel_ids[0]}")
    url = f"/favorites?iTwinId={hub.itwin_id}"
    (short,) = send(hub, "GET", url).json["iModels"]
    (row,) = send(hub, "GET", url, Prefer="return=representation").json["iModels"]
    assert short == {name: row[name] for name in ("id", "displayName", "dataCenterLocation")}
    assert row == send(hub, "GET", f"/{imodel_ids[0]}").json["iModel"]


def test_favorites_have_pages_and_recents_have_one(hub: Hub, imodel_ids: list[str]) -> None:
    for imodel_id in imodel_ids:
        send(hub, "PUT", f"/favorites/{imodel_id}")
        send(hub, "POST", f"/recents/{imodel_id}")
    first = send(hub, "GET", f"/favorites?iTwinId={hub.itwin_id}&$top=2").json
    second = ask(first["_links"]["next"]["href"], Authorization=f"Bearer {hub.token}").json
    assert [row["id"] for row in first["iModels"] + second["iModels"]] == imodel_ids[::-1]
    recent = send(hub, "GET", f"/recents?iTwinId={hub.itwin_id}&$top=2").json
    assert [row["id"] for row in recent["iModels"]] == imodel_ids[:0:-1]
    assert recent["_links"]["next"] is None


def test_a_user_has_25_recent_imodels(hub: Hub) -> None:
    made = []
    for number in range(27):
        body = json.dumps({"iTwinId": hub.itwin_id, "name": f"Pump {number}"}).encode()
        made.append(send(hub, "POST", "", body).json["iModel"]["id"])
        send(hub, "POST", f"/recents/{made[-1]}", b"{}")
    assert read_ids(hub, "recents") == made[:1:-1]


def test_lists_need_an_itwin_and_an_imodel(hub: Hub) -> None:
    for name, method in (("favorites", "PUT"), ("recents", "POST")):
        assert send(hub, "GET", f"/{name}").error["details"][0]["target"] == "iTwinId"
        assert send(hub, "GET", f"/{name}?iTwinId={hub.imodel_id}").error["code"] == "iTwinNotFound"
        for unknown in (hub.itwin_id, "x", quote("é/")):
            assert send(hub, method, f"/{name}/{unknown}").status == 404
    assert send(hub, "DELETE", "/favorites").status == 405


def test_lists_and_thumbnails_outlive_their_hub(start: Callable[..., Hub], tmp_path: Path) -> None:
    path = tmp_path / "hub.sqlite"
    first = start(generate_project(3), ledger_file=path)
    send(first, "PUT", f"/favorites/{first.imodel_id}")
    send(first, "PUT", f"/{first.imodel_id}/thumbnail", PNG, Content_Type="image/png")
    first.stop()
    again = start(generate_project(3), ledger_file=path)
    assert read_ids(again, "favorites") == [again.imodel_id]
    assert send(again, "GET", f"/{again.imodel_id}/thumbnail").body == PNG


@pytest.mark.parametrize(
    ("query", "size"), [("", (400, 250)), ("?size=small", (400, 250)), ("?size=large", (800, 500))]
)
def test_every_imodel_has_a_thumbnail(hub: Hub, imodel_ids: list[str], query: str, size: tuple[int, int]) -> None:
    images = set()
    for imodel_id in imodel_ids:
        response = send(hub, "GET", f"/{imodel_id}/thumbnail{query}", Accept_Encoding="gzip")
        assert (response.status, response.headers["content-type"]) == (200, "image/png")
        assert struct.unpack(">II", response.body[16:24]) == size
        images.add(response.body)
    assert len(images) == len(imodel_ids)


@pytest.mark.parametrize(("image", "kind"), [(PNG, "image/png"), (JPEG, "image/jpeg; charset=binary")])
def test_thumbnail_is_uploaded(hub: Hub, image: bytes, kind: str) -> None:
    path = f"/{hub.imodel_id}/thumbnail"
    assert send(hub, "PUT", path, image, Content_Type=kind).status == 201
    response = send(hub, "GET", path)
    assert (response.body, response.headers["content-type"]) == (image, kind.partition(";")[0])


@pytest.mark.parametrize(
    ("headers", "body", "code"),
    [
        ({"Content_Type": "image/gif"}, PNG, "InvalidHeaderValue"),
        ({"Content_Type": ""}, PNG, "MissingRequiredHeader"),
        ({"Content_Type": "image/png"}, JPEG, "InvalidRequestBody"),
        ({"Content_Type": "image/png"}, b"", "InvalidRequestBody"),
    ],
    ids=str,
)
def test_other_uploads_are_no_thumbnails(hub: Hub, headers: dict[str, str], body: bytes, code: str) -> None:
    response = send(hub, "PUT", f"/{hub.imodel_id}/thumbnail", body, **headers)
    assert (response.status, response.error["message"]) == (422, "Cannot upload Thumbnail.")
    assert response.error["details"][0]["code"] == code


def test_thumbnails_have_a_limit_and_need_a_permission(hub: Hub) -> None:
    path = f"/{hub.imodel_id}/thumbnail"
    largest = PNG.ljust(5 << 20, b"x")
    assert send(hub, "PUT", path, largest, Content_Type="image/png").status == 201
    assert send(hub, "PUT", path, largest + b"x", Content_Type="image/png").error["code"] == "RequestTooLarge"
    writer = hub.issue_token(permissions=["imodels_webview", "imodels_read", "imodels_write"])
    assert send(hub, "PUT", path, PNG, writer, Content_Type="image/png").status == 403
