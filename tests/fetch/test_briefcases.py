"""Fetching briefcases, locks and extended data from the sample hub."""

import json
import warnings
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from helpers.hub_requests import ask
from hypothesis import given
from hypothesis import strategies as st

from imodels_hub import Hub, Response, generate_project
from imodels_nb.api import IModelsClient
from imodels_nb.api.decode import decode
from imodels_nb.api.schemas import EXTENDED_DATA, LOCKS
from imodels_nb.auth import StaticTokenCredential
from imodels_nb.errors import DamagedValueWarning, UnexpectedResponse
from imodels_nb.fetch import fetch_briefcases, fetch_extended_data, fetch_locks, fetch_users
from imodels_nb.frames import build_extended_data_frame, build_locks_frame


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with Hub(generate_project(300)) as running:
        yield running


@pytest.fixture(scope="module")
def client(hub: Hub) -> Iterator[IModelsClient]:
    with IModelsClient(StaticTokenCredential(hub.token), base_url=hub.base_url) as opened:
        yield opened


def send(hub: Hub, method: str, path: str, body: object = None) -> Any:
    url = f"{hub.base_url}/imodels/{hub.imodel_id}{path}"
    response = ask(url, method, json.dumps(body), Authorization=f"Bearer {hub.token}", Prefer="return=representation")
    assert response.status < 300, response.body
    return response.json


def test_briefcases_are_those_of_the_project(hub: Hub, client: IModelsClient) -> None:
    frame = fetch_briefcases(client, hub.imodel_id, personal=True)
    known = {row.briefcase_id: row for row in hub._settings.project.briefcases}
    assert frame.index.tolist() == sorted(known)
    for number, row in frame.iterrows():
        assert row["owner_id"] == known[number].owner_id
        assert row["acquired_date_time"] == pd.Timestamp(known[number].acquired_date_time)
        assert row["file_size"] == known[number].file_size
    names = [known[number].device_name for number in frame.index]
    assert frame["device_name"].astype("object").where(frame["device_name"].notna(), None).tolist() == names
    assert fetch_briefcases(client, hub.imodel_id).equals(frame.drop(columns="device_name"))
    with pytest.raises(ValueError, match="personal should be True or False"):
        fetch_briefcases(client, hub.imodel_id, personal="no")  # type: ignore[arg-type] # on purpose
    assert set(frame["owner_id"]) <= set(fetch_users(client, hub.imodel_id).index)


def test_locks_of_several_pages_are_one_frame() -> None:
    with Hub(generate_project(20), token="several-pages") as hub:
        with IModelsClient(StaticTokenCredential(hub.token), base_url=hub.base_url) as own:
            numbers = [send(hub, "POST", "/briefcases", {})["briefcase"]["briefcaseId"] for _ in range(2)]
            before = fetch_locks(own, hub.imodel_id)
            for position, number in enumerate(numbers):
                for start in (0, 1000):
                    ids = [hex((position + 1) * 100_000 + start + number) for number in range(1000)]
                    objects = [{"lockLevel": "exclusive" if position else "shared", "objectIds": ids}]
                    send(hub, "PATCH", "/locks", {"briefcaseId": number, "lockedObjects": objects})
            frame = fetch_locks(own, hub.imodel_id)
            pages = sum("/locks 200" in line for line in hub.log) - 5
        assert pages == -(-len(frame) // 1000)
    new = frame.drop(index=before.index)
    assert new.index.is_monotonic_increasing
    counts = new.groupby("briefcase_id")["lock_level"].value_counts()
    assert counts[numbers[0], "shared"] == counts[numbers[1], "exclusive"] == 2000
    assert frame.loc[(numbers[1], hex(200_007)), "lock_level"] == "exclusive"
    assert frame["lock_level"].cat.categories.tolist() == ["shared", "exclusive"]


def test_a_lock_that_comes_twice_is_an_error() -> None:
    row = {"briefcaseId": 2, "lockedObjects": [{"lockLevel": "shared", "objectIds": ["0x1", "0x1"]}]}
    page = decode(json.dumps({"locks": [row]}).encode(), LOCKS)
    with pytest.raises(UnexpectedResponse, match="changed during the fetch"):
        build_locks_frame([page.rows])


@pytest.mark.parametrize("objects", [[], [None], [{"lockLevel": "shared"}], [{"objectIds": [None]}]])
def test_locks_without_objects_are_no_rows(objects: list[Any]) -> None:
    page = decode(json.dumps({"locks": [{"briefcaseId": 2, "lockedObjects": objects}]}).encode(), LOCKS)
    frame = build_locks_frame([page.rows])
    assert len(frame) == 0
    assert [str(level.dtype) for level in frame.index.levels] == ["int64", "str"]


def test_a_lock_of_no_level_or_of_a_new_one_is_a_row() -> None:
    objects = [{"lockLevel": None, "objectIds": ["0x1"]}, {"lockLevel": "intended", "objectIds": ["0x2"]}]
    page = decode(json.dumps({"locks": [{"briefcaseId": 2, "lockedObjects": objects}]}).encode(), LOCKS)
    levels = build_locks_frame([page.rows])["lock_level"]
    assert levels.isna().tolist() == [True, False]
    assert levels.cat.categories.tolist() == ["shared", "exclusive", "intended"]


def test_a_briefcase_that_comes_twice_is_an_error(hub: Hub, client: IModelsClient) -> None:
    def repeat(response: Response) -> Response:
        document = json.loads(response.body)
        document["briefcases"] *= 2
        return Response(200, json.dumps(document).encode(), response.headers)

    hub.inject(repeat)
    with pytest.raises(UnexpectedResponse, match="briefcases changed during the fetch"):
        fetch_briefcases(client, hub.imodel_id)
    hub.clear_faults()


def test_list_of_locks_that_never_ends_is_an_error(hub: Hub, client: IModelsClient) -> None:
    def repeat(response: Response) -> Response:
        document = json.loads(response.body)
        document["_links"]["next"] = document["_links"]["self"]
        return Response(200, json.dumps(document).encode(), response.headers)

    hub.inject(*[repeat] * 5)
    with pytest.raises(UnexpectedResponse, match="leads back to a page already read"):
        fetch_locks(client, hub.imodel_id)
    hub.clear_faults()


def test_extended_data_are_what_applications_wrote(hub: Hub, client: IModelsClient) -> None:
    frame = fetch_extended_data(client, hub.imodel_id)
    known = {row.changeset_index: row.data for row in hub._settings.project.extended_data}
    assert frame.index.tolist() == sorted(known)
    assert [b64encode(json.dumps(data).encode()).decode() for data in frame["data"]] == [*known.values()]
    ids = {row.changeset_index: row.id for row in hub._settings.project.changesets}
    assert frame["changeset_id"].tolist() == [ids[index] for index in frame.index]


def build(*texts: str) -> pd.DataFrame:
    rows = [{"changesetId": "a", "changesetIndex": number + 1, "data": text} for number, text in enumerate(texts)]
    return build_extended_data_frame([decode(json.dumps({"extendedData": rows}).encode(), EXTENDED_DATA).rows])


def test_unreadable_extended_data_are_missing_with_a_warning() -> None:
    good = b64encode(b'{"a": [1]}').decode()
    with pytest.warns(DamagedValueWarning, match="extended data of 2 changesets cannot be read, the first of them 2:"):
        frame = build(good, "%", b64encode(b"[" * 100_000).decode(), b64encode(b"null").decode())
    assert frame["data"].tolist() == [{"a": [1]}, None, None, None]


@given(st.lists(st.binary().map(lambda content: b64encode(content).decode()) | st.text(), max_size=4))
def test_any_extended_data_give_a_frame(texts: list[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DamagedValueWarning)
        frame = build(*texts)
    assert frame.index.tolist() == list(range(1, len(texts) + 1))
    assert frame.dtypes.astype("str").tolist() == ["str", "object"]


def test_what_the_service_says_of_users_is_in_their_frame(hub: Hub, client: IModelsClient) -> None:
    users = send(hub, "GET", "/users")["users"]
    frame = fetch_users(client, hub.imodel_id)
    for row in users:
        applications = row["statistics"]["applications"]
        assert frame.loc[row["id"], "applications"] == [application["name"] for application in applications]
        assert frame.loc[row["id"], "owns_locks"] == any(application["ownsLocks"] for application in applications)
    assert frame["last_access_date_time"].isna().all()


@pytest.mark.parametrize("applications", [None, [], [None], [{"name": None, "ownsLocks": None}]])
def test_users_without_applications(hub: Hub, client: IModelsClient, applications: Any) -> None:
    def edit(response: Response) -> Response:
        document = json.loads(response.body)
        for row in document["users"]:
            row["statistics"] |= {"applications": applications, "lastAccessTime": "2023-03-01T15:01:30.0000000Z"}
        return Response(200, json.dumps(document).encode(), response.headers)

    hub.inject(edit)
    frame = fetch_users(client, hub.imodel_id)
    hub.clear_faults()
    assert frame["applications"].iloc[0] == (None if applications is None else [])
    assert frame["owns_locks"].isna().all() == (applications is None)
    assert not frame["owns_locks"].fillna(value=False).any()
    assert set(frame["last_access_date_time"]) == {pd.Timestamp("2023-03-01T15:01:30Z")}
