"""Lists that no sample hub serves: short pages, without tokens, empty, endless."""

import itertools
import json
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pandas as pd
import pytest
from helpers.raw_server import build_response, serve_requests
from helpers.scripted_service import ScriptedService, serve_lists
from hypothesis import example, given, settings
from hypothesis import strategies as st

from imodels_nb.api import IModelsClient, paging, range_planner
from imodels_nb.auth import StaticTokenCredential
from imodels_nb.errors import DamagedValueWarning, IModelsError, UnexpectedResponse
from imodels_nb.fetch import fetch_changesets, fetch_imodels, fetch_itwins, fetch_named_versions, fetch_users
from imodels_nb.frames import with_creator_names

IMODEL = "5e19bee0-3aea-4355-a9f0-c6df9989ee7d"
BASE = f"/imodels/{IMODEL}"
USERS = [{"id": f"{number:08d}-0000-0000-0000-000000000000", "statistics": None} for number in range(4)]
VERSIONS = [
    {
        "id": f"{number:08d}-0000-0000-0000-000000000000",
        "name": f"Version {number}",
        "changesetIndex": number,
        "createdDateTime": "2024-01-01T00:00:00Z",
        "state": "visible",
    }
    for number in range(4)
]


def _client(service: ScriptedService) -> IModelsClient:
    return IModelsClient(StaticTokenCredential("t"), base_url=service.base_url)


@pytest.mark.parametrize("tokens", [True, False])
def test_pages_are_requested_with_our_own_url(tokens: bool) -> None:
    responses = {f"{BASE}/namedversions": {"namedVersions": VERSIONS}}
    with serve_lists(responses, tokens=tokens) as service, _client(service) as client:
        assert fetch_named_versions(client, IMODEL)["name"].tolist() == [f"Version {n}" for n in range(4)]
    first, second = (asked.query for asked in service.asked)
    assert first == {"$top": "1000", "$continuationToken": "", "$orderBy": "changesetIndex asc"}
    paging = {"$continuationToken": "2"} if tokens else {"$skip": "2"}
    assert second == {"$top": "1000", "$orderBy": "changesetIndex asc"} | paging


@pytest.mark.filterwarnings("ignore::imodels_nb.errors.DamagedValueWarning")  # some links have half a character
@settings(max_examples=25, deadline=None)
@given(link=st.text(max_size=40) | st.text(st.characters(), max_size=20).map("?$continuationToken={}".format))
@example("https://[elsewhere.invalid/")
@example("?$skip=2")
@example("?$continuationToken=\ud800")
def test_any_next_link_ends_and_keeps_our_own_url(link: str) -> None:
    responses = {f"{BASE}/namedversions": {"namedVersions": VERSIONS}}
    with serve_lists(responses, link=link) as service, _client(service) as client, pytest.raises(UnexpectedResponse):
        fetch_named_versions(client, IMODEL)
    assert [asked.path for asked in service.asked] in ([f"{BASE}/namedversions"], [f"{BASE}/namedversions"] * 2)


def test_changed_list_is_an_error() -> None:
    twice = {f"{BASE}/users": {"users": [*USERS[:2], USERS[1]]}}
    with (
        serve_lists(twice) as service,
        _client(service) as client,
        pytest.raises(UnexpectedResponse, match="changed during the fetch"),
    ):
        fetch_users(client, IMODEL)


def test_user_without_details_has_a_pseudonym() -> None:
    with serve_lists({f"{BASE}/users": {"users": USERS}}) as service, _client(service) as client:
        users = fetch_users(client, IMODEL, personal=True)
    assert users.drop(columns="label").isna().to_numpy().all()
    pushes = pd.DataFrame({"creator_id": pd.Categorical(users.index)})
    assert with_creator_names(pushes, users)["creator_name"].tolist() == users["label"].tolist()


def test_empty_lists_have_the_same_columns() -> None:
    responses = {f"{BASE}/users": {"users": []}, "/imodels": {"iModels": []}, "/itwins/": {"iTwins": []}}
    with serve_lists(responses) as service, _client(service) as client:
        frames = [fetch_users(client, IMODEL), fetch_imodels(client, IMODEL), fetch_itwins(client)]
    assert [len(frame) for frame in frames] == [0, 0, 0]
    assert [len(frame.columns) for frame in frames] == [8, 12, 6]
    assert [str(frame.index.dtype) for frame in frames] == ["str"] * 3


def test_itwins_use_version_1_of_the_api() -> None:
    with serve_lists({"/itwins/": {"iTwins": []}}) as service, _client(service) as client:
        fetch_itwins(client)
    assert service.asked[0].headers["Accept"] == "application/vnd.bentley.itwin-platform.v1+json"
    assert service.asked[0].headers["X-Max-Return"] == "10000"


def test_more_itwins_than_the_service_lists_are_an_error() -> None:
    many = {"iTwins": [{"id": f"{number:08d}"} for number in range(10_000)]}
    with (
        serve_lists({"/itwins/": many}, top=1000, tokens=False) as service,
        _client(service) as client,
        pytest.raises(IModelsError, match="lists no more than that"),
    ):
        fetch_itwins(client)


@pytest.mark.parametrize("fetch", [fetch_users, fetch_named_versions, fetch_imodels])
def test_list_with_fresh_tokens_and_the_same_rows_ends(fetch: Callable[[IModelsClient, str], object]) -> None:
    number = itertools.count()

    def respond(connection: socket.socket, _: str) -> None:
        link = {"next": {"href": f"?$continuationToken={next(number)}"}}
        page = {"users": USERS, "namedVersions": VERSIONS, "iModels": USERS, "_links": link}
        connection.sendall(build_response(json.dumps(page).encode()))

    with (
        serve_requests(respond) as base_url,
        IModelsClient(StaticTokenCredential("t"), base_url=base_url) as client,
        pytest.raises(UnexpectedResponse, match="already read; the list has no end"),
    ):
        fetch(client, IMODEL)
    assert next(number) == 2


def test_list_with_some_repeated_rows_has_changed() -> None:
    number = itertools.count()

    def respond(connection: socket.socket, _: str) -> None:
        page = next(number)
        rows = [USERS[0], {"id": f"{page:08d}-1111-0000-0000-000000000000"}]
        link = {"next": {"href": f"?$continuationToken={page}"}}
        connection.sendall(build_response(json.dumps({"users": rows, "_links": link}).encode()))

    with (
        serve_requests(respond) as base_url,
        IModelsClient(StaticTokenCredential("t"), base_url=base_url) as client,
        pytest.raises(UnexpectedResponse, match="changed during the fetch"),
    ):
        fetch_users(client, IMODEL)
    assert next(number) == 2


@pytest.mark.parametrize("kind", ["list", "timeline"])
def test_list_of_endless_new_rows_ends(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "_MAX_PAGES", 20)
    monkeypatch.setattr(range_planner, "_MAX_SHORT_PAGES", 20)
    number = itertools.count(1)

    def respond(connection: socket.socket, target: str) -> None:
        page = next(number)
        link = {"next": {"href": f"?$continuationToken={page}"}}
        row: dict[str, object] = {"id": f"{page:08d}"}
        if "changesets" in target:
            query = parse_qs(target.partition("?")[2])
            row |= {
                "index": int(query["afterIndex"][0]) + 1 if "lastIndex" in query else 2**40,
                "creatorId": "c",
                "pushDateTime": "2024-01-01T00:00:00Z",
                "state": "fileUploaded",
                "containingChanges": 0,
                "fileSize": 1,
                "briefcaseId": 2,
            }
        connection.sendall(build_response(json.dumps({"users": [row], "changesets": [row], "_links": link}).encode()))

    with (
        serve_requests(respond) as base_url,
        IModelsClient(StaticTokenCredential("t"), base_url=base_url) as client,
        pytest.raises(UnexpectedResponse, match="end"),
    ):
        fetch_users(client, IMODEL) if kind == "list" else fetch_changesets(client, IMODEL)
    assert next(number) < 60


FAR = "0001-01-01T00:00:00Z"
DAMAGED: dict[str, tuple[Any, str, dict[str, Any], str, str]] = {
    "namedversions": (
        fetch_named_versions,
        "namedVersions",
        {"id": "v", "name": "\ud83d", "changesetIndex": 3, "createdDateTime": FAR, "state": "visible"},
        "name",
        "created_date_time",
    ),
    "users": (
        lambda client, imodel: fetch_users(client, imodel, personal=True),
        "users",
        {"id": "u", "displayName": "\ud83d", "statistics": {"lastChangesetPushDate": FAR}},
        "display_name",
        "last_push_date_time",
    ),
}


@pytest.mark.parametrize("path", DAMAGED)
def test_damaged_row_is_fetched_with_a_warning(path: str) -> None:
    fetch, name, row, text, time = DAMAGED[path]
    with serve_lists({f"/imodels/{IMODEL}/{path}": {name: [row]}}) as service, _client(service) as client:
        with pytest.warns(DamagedValueWarning, match=rf"\$\.{name}\[0\]") as caught:
            frame = fetch(client, IMODEL)
        assert len(caught) == 1
        assert frame[text].tolist() == ["\ufffd"]
        assert frame[time].isna().tolist() == [True]
