"""Fetching iModels, iTwins and permissions from the sample hub."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pytest
from helpers.hub_requests import ask
from helpers.hubs import PLANT, build_itwin_hub

from imodels_hub import Hub, Response
from imodels_nb.api import IModelsClient
from imodels_nb.auth import StaticTokenCredential
from imodels_nb.download import download_changesets
from imodels_nb.errors import Forbidden, NotFound, UnexpectedResponse
from imodels_nb.fetch import (
    download_baseline,
    fetch_changesets,
    fetch_checkpoints,
    fetch_imodel,
    fetch_imodels,
    fetch_itwins,
    fetch_permissions,
)


@pytest.fixture(scope="module")
def running_hub() -> Iterator[Hub]:
    with build_itwin_hub(3, 20, 7) as running:
        yield running


def connect(hub: Hub, token: str | None = None) -> IModelsClient:
    return IModelsClient(StaticTokenCredential(token or hub.token), base_url=hub.base_url)


def send(hub: Hub, method: str, path: str, body: object) -> dict[str, str]:
    response = ask(f"{hub.base_url}/imodels{path}", method, json.dumps(body), Authorization=f"Bearer {hub.token}")
    assert response.status < 300
    return response.headers


def test_one_imodel_is_a_row_of_the_list(hub: Hub, client: IModelsClient) -> None:
    listed = fetch_imodels(client, PLANT.imodel.itwin_id)
    imodel = fetch_imodel(client, PLANT.imodel.id.upper())
    assert imodel.name == PLANT.imodel.id
    assert imodel[listed.columns].equals(listed.loc[PLANT.imodel.id])
    assert imodel[["south", "west", "north", "east"]].tolist() == [46.1, 7.8, 46.3, 8.0]
    assert imodel[["origin", "origin_imodel_id", "origin_changeset_id"]].isna().all()
    assert fetch_imodels(client, hub.itwin_id)[["south", "east"]].isna().to_numpy().all()
    with pytest.raises(NotFound):
        fetch_imodel(client, hub.itwin_id)


@pytest.mark.parametrize("how", ["clone", "fork"])
def test_the_origin_of_a_copy_is_fetched(hub: Hub, client: IModelsClient, how: str) -> None:
    body = {"iTwinId": PLANT.imodel.itwin_id, "name": how, "changesetIndex": 3 if how == "fork" else 0}
    made = send(hub, "POST", f"/{PLANT.imodel.id}/{how}", body)["location"].rpartition("/")[2]
    imodel = fetch_imodel(client, made)
    third = [*PLANT.changesets][2].id
    assert imodel["origin"] == how
    assert imodel["origin_imodel_id"] == PLANT.imodel.id
    assert imodel["origin_changeset_id"] == (third if how == "fork" else "")


def test_a_service_without_create_operations_is_enough(hub: Hub, client: IModelsClient) -> None:
    hub.inject("server-error:status=404,times=1,path=operations")
    imodel = fetch_imodel(client, hub.imodel_id)
    hub.clear_faults()
    assert imodel["state"] == "initialized"
    assert pd.isna(imodel["origin"])


def edit(name: str, change: Callable[[Any], Any]) -> Callable[[Response], Response]:
    """Return a fault that edits a property of a response."""

    def apply(response: Response) -> Response:
        document = json.loads(response.body)
        if name in document:
            document[name] = change(document[name])
        return Response(response.status, json.dumps(document).encode(), response.headers)

    return apply


def test_another_imodel_than_requested_is_an_error(hub: Hub, client: IModelsClient) -> None:
    hub.inject(edit("iModel", lambda row: {**row, "id": hub.itwin_id}))
    with pytest.raises(UnexpectedResponse, match="an iModel other than"):
        fetch_imodel(client, hub.imodel_id)
    hub.clear_faults()


@pytest.mark.parametrize("extent", [None, {}, {"southWest": None, "northEast": {"latitude": 4, "longitude": 5.5}}])
def test_any_part_of_an_extent_may_be_missing(hub: Hub, client: IModelsClient, extent: Any) -> None:
    hub.inject(edit("iModel", lambda row: {**row, "extent": extent}))
    imodel = fetch_imodel(client, hub.imodel_id)
    hub.clear_faults()
    assert pd.isna(imodel["south"])
    assert imodel["north"] == 4 or pd.isna(imodel["north"])


def test_an_extent_of_texts_is_an_error_with_its_path(hub: Hub, client: IModelsClient) -> None:
    corner = {"latitude": "north", "longitude": True}
    hub.inject(edit("iModel", lambda row: {**row, "extent": {"southWest": corner}}))
    with pytest.raises(UnexpectedResponse, match=r"\$\.iModel\.extent\.southWest\.\w+ should be a number, but is"):
        fetch_imodel(client, hub.imodel_id)
    hub.clear_faults()


def test_imodels_are_found_by_text_and_by_name(hub: Hub, client: IModelsClient) -> None:
    everything = fetch_imodels(client, hub.itwin_id)
    name = everything["display_name"].iloc[1]
    by_name = fetch_imodels(client, hub.itwin_id, name=name)
    pd.testing.assert_frame_equal(by_name, everything.iloc[[1]], check_categorical=False)
    by_text = fetch_imodels(client, hub.itwin_id, search=name.upper())
    assert name in by_text["display_name"].tolist()
    assert len(fetch_imodels(client, hub.itwin_id, search="a&b c#%")) == 0
    assert (
        fetch_imodels(client, hub.itwin_id, name=name[:-1]).dtypes.astype("str").equals(everything.dtypes.astype("str"))
    )


def test_favorite_and_recent_imodels(hub: Hub, client: IModelsClient) -> None:
    first, second, third = fetch_imodels(client, hub.itwin_id).index
    send(hub, "PUT", f"/favorites/{second}", {})
    for imodel_id in (first, third, first):
        send(hub, "POST", f"/recents/{imodel_id}", {})
    assert fetch_imodels(client, hub.itwin_id, favorite=True).index.tolist() == [second]
    assert fetch_imodels(client, hub.itwin_id, recent=True).index.tolist() == [first, third]
    with connect(hub, hub.issue_token(hub._settings.project.users[1].id)) as other:
        none = fetch_imodels(other, hub.itwin_id, recent=True)
    assert len(none) == 0
    assert none.columns.equals(fetch_imodels(client, hub.itwin_id).columns)


def test_itwins_are_found_by_text(client: IModelsClient) -> None:
    found = fetch_itwins(client, search="PUMP")
    assert found.index.tolist() == [PLANT.imodel.itwin_id]
    assert len(fetch_itwins(client)) > 1
    assert len(fetch_itwins(client, search="nothing like that")) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        *(
            {"search": ""},
            {"search": " "},
            {"search": 7},
            {"search": "\ud800"},
            {"name": "x" * 256},
            {"recent": "no"},
            {"favorite": None},
        ),
        *({"search": "a", "name": "b"}, {"recent": True, "favorite": True}, {"search": "a", "recent": True}),
    ],
    ids=str,
)
def test_invalid_filters_are_errors_before_any_request(hub: Hub, client: IModelsClient, wrong: dict[str, Any]) -> None:
    before = len(hub.log)
    with pytest.raises(ValueError, match=r"should be|cannot be combined"):
        fetch_imodels(client, hub.itwin_id, **wrong)
    if set(wrong) == {"search"}:
        with pytest.raises(ValueError, match="search should be a text of 1 to 255 characters"):
            fetch_itwins(client, **wrong)
    assert len(hub.log) == before


def test_permissions_are_those_of_the_account(hub: Hub, client: IModelsClient) -> None:
    mine = fetch_permissions(client, hub.imodel_id)
    assert str(mine.dtype) == "bool"
    assert mine[mine].index.tolist() == ["imodels_webview", "imodels_read", "imodels_write", "imodels_manage"]
    assert not mine["imodels_delete"]


@pytest.mark.parametrize("listed", [[], ["imodels-delete"], ["imodels_read", "imodels_fly"]])
def test_permissions_have_all_names_whatever_is_granted(hub: Hub, client: IModelsClient, listed: list[str]) -> None:
    hub.inject(edit("permissions", lambda _: listed))
    permissions = fetch_permissions(client, hub.imodel_id)
    hub.clear_faults()
    assert permissions.index[:5].tolist()[0] == "imodels_webview"
    assert permissions.index[5:].tolist() == [name for name in listed if name == "imodels_fly"]
    assert permissions[permissions].index.tolist() == [name.replace("-", "_") for name in listed]


@pytest.mark.parametrize("value", [None, "imodels_read", [7], [None], {}])
def test_permissions_of_another_form_are_an_error(hub: Hub, client: IModelsClient, value: Any) -> None:
    hub.inject(edit("permissions", lambda _: value))
    with pytest.raises(UnexpectedResponse, match="does not have the documented schema"):
        fetch_permissions(client, hub.imodel_id)
    hub.clear_faults()


def test_a_forbidden_request_names_the_permission_that_is_missing(hub: Hub, tmp_path: Any) -> None:
    with connect(hub, hub.issue_token(permissions=("imodels_webview",))) as client:
        permissions = fetch_permissions(client, hub.imodel_id)
        assert len(fetch_changesets(client, hub.imodel_id)) == 20
        calls = (
            lambda: fetch_checkpoints(client, hub.imodel_id),
            lambda: download_baseline(client, hub.imodel_id, tmp_path),
            lambda: download_changesets(client, hub.imodel_id, [1], tmp_path),
        )
        for call in calls:
            with pytest.raises(Forbidden, match=r"imodels_read permission.*fetch_permissions lists what you have"):
                call()
    assert permissions["imodels_webview"]
    assert not permissions["imodels_read"]
