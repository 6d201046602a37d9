"""Fetching the other collections from the sample hub."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pytest
from helpers.hub_faults import edit_changeset

from imodels_hub import Hub, generate_project
from imodels_nb.api import IModelsClient
from imodels_nb.api.transport import FULL, Request
from imodels_nb.auth import StaticTokenCredential
from imodels_nb.errors import Forbidden, NotFound, UnexpectedResponse
from imodels_nb.fetch import (
    fetch_briefcases,
    fetch_changeset,
    fetch_changeset_groups,
    fetch_changesets,
    fetch_checkpoints,
    fetch_extended_data,
    fetch_imodel,
    fetch_imodels,
    fetch_itwins,
    fetch_locks,
    fetch_named_versions,
    fetch_permissions,
    fetch_users,
)
from imodels_nb.frames import with_creator_names

IMODEL = "5e19bee0-3aea-4355-a9f0-c6df9989ee7d"
TIME = "datetime64[us, UTC]"
Fetch = Callable[..., pd.DataFrame]
DTYPES: dict[Fetch, dict[str, str]] = {
    fetch_users: {"label": "str", "pushed_changesets": "Int64", "last_push_date_time": TIME}
    | {"created_versions": "Int64", "briefcases": "Int64", "last_access_date_time": TIME}
    | {"applications": "object", "owns_locks": "boolean"},
    fetch_named_versions: {"id": "str", "name": "str", "description": "str", "changeset_id": "str"}
    | {"created_date_time": TIME, "state": "category", "application_name": "category", "creator_id": "category"},
    fetch_checkpoints: {"state": "category", "size": "Int64", "changeset_id": "str", "named_version_id": "str"},
    fetch_changeset_groups: {"description": "str", "state": "category", "creator_id": "category"}
    | {"created_date_time": TIME, "first_index": "Int64", "last_index": "Int64", "changesets": "int64"}
    | {"bytes": "int64", "duration": "timedelta64[us]"},
    fetch_imodels: {"display_name": "str", "description": "str", "state": "category", "created_date_time": TIME}
    | {"last_push_date_time": TIME, "itwin_id": "str", "data_center": "category"}
    | dict.fromkeys(("south", "west", "north", "east"), "float64")
    | {"containers_enabled": "Int64"},
    fetch_itwins: {"display_name": "str", "number": "str", "class": "category", "sub_class": "category"}
    | {"type": "str", "status": "category"},
    fetch_briefcases: {"owner_id": "category", "acquired_date_time": TIME, "file_size": "Int64"}
    | {"application_name": "category"},
    fetch_locks: {"lock_level": "category"},
    fetch_extended_data: {"changeset_id": "str", "data": "object"},
}
BY_NUMBER = {fetch_named_versions, fetch_checkpoints, fetch_briefcases, fetch_extended_data}


@pytest.fixture(scope="module")
def new_hub() -> Iterator[Hub]:
    """Serve an iModel where nothing has been pushed."""
    with Hub(generate_project(0)) as hub:
        yield hub


def _fetch(fetch: Fetch, hub: Hub) -> pd.DataFrame:
    of = {fetch_imodels: (hub.itwin_id,), fetch_itwins: ()}.get(fetch, (hub.imodel_id,))
    with IModelsClient(StaticTokenCredential(hub.token), base_url=hub.base_url) as client:
        return fetch(client, *of)


def _fetch_json(client: IModelsClient, path: str) -> dict[str, Any]:
    """Fetch the rows as the hub sends them."""
    document: dict[str, Any] = json.loads(client.get(Request(path, {"$top": 1000}, prefer=FULL)))
    return document


@pytest.mark.parametrize("fetch", DTYPES, ids=lambda fetch: fetch.__name__)
def test_columns_and_dtypes_do_not_depend_on_the_data(hub: Hub, new_hub: Hub, fetch: Fetch) -> None:
    frames = [_fetch(fetch, served) for served in (hub, new_hub)]
    assert len(frames[0])
    for frame in frames:
        assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == DTYPES[fetch]
        levels = {fetch_locks: ["int64", "str"], **{known: ["int64"] for known in BY_NUMBER}}.get(fetch, ["str"])
        assert [str(frame.index.get_level_values(level).dtype) for level in range(frame.index.nlevels)] == levels
        assert frame.index.is_unique


def test_named_versions_equal_those_of_the_service(hub: Hub, client: IModelsClient) -> None:
    output = _fetch_json(client, f"/imodels/{hub.imodel_id}/namedversions")["namedVersions"]
    frame = fetch_named_versions(client, hub.imodel_id)
    assert frame["id"].to_dict() == {row["changesetIndex"]: row["id"] for row in output}
    assert frame["name"].tolist() == [row["name"] for row in sorted(output, key=lambda row: row["changesetIndex"])]
    assert frame["state"].value_counts().to_dict() == {
        state: sum(row["state"] == state for row in output) for state in ("visible", "hidden")
    }
    assert set(frame["creator_id"]) <= set(fetch_users(client, hub.imodel_id).index)


def test_names_and_addresses_are_left_out_by_default(hub: Hub, client: IModelsClient) -> None:
    output = {row["id"]: row for row in _fetch_json(client, f"/imodels/{hub.imodel_id}/users")["users"]}
    frame, personal = fetch_users(client, hub.imodel_id), fetch_users(client, hub.imodel_id, personal=True)
    shown = frame.drop(columns="applications").to_csv()  # an application may be called like its service account
    for column, name in (("given_name", "givenName"), ("surname", "surname"), ("email", "email")):
        assert personal[column].to_dict() == {user: row[name] for user, row in output.items()}
        assert not [row[name] for row in output.values() if row[name] in shown]
    assert frame["label"].is_unique
    assert personal["label"].tolist() == frame["label"].tolist()
    for user, row in output.items():
        assert frame.loc[user, "pushed_changesets"] == row["statistics"]["pushedChangesetsCount"]
        assert frame.loc[user, "last_push_date_time"] == pd.Timestamp(row["statistics"]["lastChangesetPushDate"])


def test_creators_get_their_names_or_their_pseudonyms(hub: Hub, client: IModelsClient) -> None:
    pushes = fetch_changesets(client, hub.imodel_id)
    users, personal = (fetch_users(client, hub.imodel_id, personal=which) for which in (False, True))
    labels, named = (with_creator_names(pushes, known)["creator_name"] for known in (users, personal))
    assert labels.tolist() == users.loc[pushes["creator_id"], "label"].tolist()
    people = personal.loc[pushes["creator_id"]]
    assert named.tolist() == (people["given_name"] + " " + people["surname"]).tolist()
    assert with_creator_names(pushes, users.iloc[:0])["creator_name"].tolist() == labels.tolist()
    assert with_creator_names(pushes.iloc[:0], users)["creator_name"].tolist() == []
    assert str(named.dtype) == "category"
    assert "creator_name" not in pushes


def test_groups_have_their_changesets_and_duration(hub: Hub, client: IModelsClient) -> None:
    part = fetch_changesets(client, hub.imodel_id, last_index=1_500)
    groups = fetch_changeset_groups(client, hub.imodel_id, changesets=part)
    for group, row in groups[groups["changesets"] > 0].iterrows():
        pushed = part[part["group_id"] == group]
        times = pushed["push_date_time"]
        assert (row["first_index"], row["last_index"]) == (pushed.index[0], pushed.index[-1])
        assert (row["changesets"], row["bytes"]) == (len(pushed), pushed["file_size"].sum())
        assert row["duration"] == times.max() - times.min()
    silent = groups[~groups.index.isin(part["group_id"])]
    assert len(silent)
    assert silent[["first_index", "last_index", "duration"]].isna().to_numpy().all()
    assert silent[["changesets", "bytes"]].eq(0).to_numpy().all()
    assert groups["changesets"].sum() == part["group_id"].notna().sum()


def test_each_named_version_has_a_checkpoint_state(hub: Hub, client: IModelsClient) -> None:
    versions, frame = fetch_named_versions(client, hub.imodel_id), fetch_checkpoints(client, hub.imodel_id)
    assert frame["named_version_id"].tolist() == versions["id"].tolist()
    for index, row in frame.iterrows():
        output = _fetch_json(client, f"/imodels/{hub.imodel_id}/namedversions/{row['named_version_id']}/checkpoint")
        assert (row["state"], row["size"]) == (output["checkpoint"]["state"], output["checkpoint"]["size"])
        assert row["changeset_id"] == versions.loc[index, "changeset_id"]
    assert "sig=" not in frame.to_csv()


def test_a_missing_checkpoint_is_not_generated(hub: Hub, client: IModelsClient) -> None:
    hub.inject("server-error:status=404,times=0,path=checkpoint")
    frame = fetch_checkpoints(client, hub.imodel_id)
    hub.clear_faults()
    assert set(frame["state"]) == {"notGenerated"}
    assert frame["size"].isna().all()


def test_a_forbidden_checkpoint_names_the_permission(hub: Hub) -> None:
    token = hub.issue_token(permissions=("imodels_webview",))
    with IModelsClient(StaticTokenCredential(token), base_url=hub.base_url) as client:
        assert len(fetch_named_versions(client, hub.imodel_id))
        with pytest.raises(Forbidden, match="imodels_read"):
            fetch_checkpoints(client, hub.imodel_id)


def test_imodels_and_itwins_lead_to_the_changesets(hub: Hub, client: IModelsClient) -> None:
    itwins = fetch_itwins(client)
    assert itwins.loc[hub.itwin_id, "sub_class"] == "Project"
    assert hub.imodel_id in fetch_imodels(client, hub.itwin_id).index
    with pytest.raises(NotFound):
        fetch_imodels(client, hub.imodel_id)


@pytest.mark.parametrize(
    "fetch",
    [
        *(fetch_named_versions, fetch_users, fetch_checkpoints, fetch_changeset_groups, fetch_imodels, fetch_imodel),
        *(fetch_briefcases, fetch_locks, fetch_extended_data, fetch_permissions),
    ],
    ids=lambda fetch: fetch.__name__,
)
def test_an_invalid_id_is_an_error_before_any_request(
    hub: Hub, client: IModelsClient, fetch: Callable[..., pd.DataFrame]
) -> None:
    before = len(hub.log)
    for nonsense in ("abc", "", None, 7, f"{IMODEL}/../x"):
        with pytest.raises(ValueError, match="should be a GUID"):
            fetch(client, nonsense)
    assert len(hub.log) == before


def test_one_changeset_is_a_row_of_the_full_frame(hub: Hub, client: IModelsClient) -> None:
    whole = fetch_changesets(client, hub.imodel_id, detail="full")
    by_index = fetch_changeset(client, hub.imodel_id, 17)
    pd.testing.assert_series_equal(by_index, fetch_changeset(client, hub.imodel_id, whole.loc[17, "id"].upper()))
    assert by_index.name == 17
    assert by_index.dropna().drop("changed_files").equals(whole.loc[17].dropna().drop("changed_files", errors="ignore"))
    with pytest.raises(NotFound):
        fetch_changeset(client, hub.imodel_id, 99_999)


@pytest.mark.parametrize("nonsense", ["17", "g" * 40, "a" * 39, 0, -1, True, 1.5, None, "../users"])
def test_an_invalid_changeset_is_an_error_before_any_request(hub: Hub, client: IModelsClient, nonsense: Any) -> None:
    before = len(hub.log)
    with pytest.raises(ValueError, match=r"40 hexadecimal digits|at least 1"):
        fetch_changeset(client, hub.imodel_id, nonsense)
    assert len(hub.log) == before


@pytest.mark.parametrize("field", ["index", "id"])
def test_another_changeset_than_requested_is_an_error(hub: Hub, client: IModelsClient, field: str) -> None:
    changeset = fetch_changeset(client, hub.imodel_id, 7)
    hub.inject(edit_changeset(**{field: 8 if field == "index" else "0" * 40}))
    with pytest.raises(UnexpectedResponse, match="a changeset other than"):
        fetch_changeset(client, hub.imodel_id, 7 if field == "index" else changeset["id"])
