"""The other frames, from lists as the API's pages show them."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from scripted_service import ScriptedService, serving

from imodels_nb.api import IModelsClient
from imodels_nb.auth import StaticTokenCredential
from imodels_nb.errors import Forbidden, IModelsError, NotFound, UnexpectedResponse
from imodels_nb.fetch import (
    fetch_changeset,
    fetch_changeset_groups,
    fetch_changesets,
    fetch_checkpoints,
    fetch_imodels,
    fetch_itwins,
    fetch_named_versions,
    fetch_users,
)
from imodels_nb.frames import with_creator_names
from imodels_nb.sample.hub import Hub

IMODEL = "5e19bee0-3aea-4355-a9f0-c6df9989ee7d"
ITWIN = "ec0e12aa-8a07-43dd-9b7a-6b5c5d1e3a10"
BASE = f"/imodels/{IMODEL}"
ADA, BOT = "aaaaaaaa-0000-0000-0000-000000000001", "bbbbbbbb-0000-0000-0000-000000000002"
G1, G2, G3 = ("99999999-0000-0000-0000-00000000000" + digit for digit in "123")


def _client(service: ScriptedService) -> IModelsClient:
    return IModelsClient(StaticTokenCredential("t"), base_url=service.base_url)


def _user(user_id: str, given: str | None, **statistics: Any) -> dict[str, Any]:
    return {
        "id": user_id,
        "displayName": f"{given}@example.org",
        "givenName": given,
        "surname": "Lovelace" if given else None,
        "email": f"{given}@example.org",
        "statistics": {"pushedChangesetsCount": 16, "createdVersionsCount": 1, "briefcasesCount": 1} | statistics,
        "_links": {"self": {"href": "https://elsewhere.invalid"}},
    }


USERS = {
    "users": [
        _user(ADA, "Ada", lastChangesetPushDate="2020-10-21T06:34:45.13Z"),
        _user(BOT, None, pushedChangesetsCount=0, lastChangesetPushDate=None),
        {"id": "cccccccc-0000-0000-0000-000000000003", "statistics": None},
    ]
}
GROUPS = {
    "changesetGroups": [
        {"id": group, "state": "completed", "description": None, "creatorId": BOT, "createdDateTime": time}
        for group, time in ((G1, "2024-01-01T00:00:00Z"), (G2, "2024-01-02T00:00:00.5Z"), (G3, "2024-01-03T00:00:00Z"))
    ]
}


def _version(number: int, changeset_index: int) -> dict[str, Any]:
    return {
        "id": f"{number:08d}-0000-0000-0000-000000000000",
        "name": f"Version {number}",
        "changesetId": f"{changeset_index:040x}" if changeset_index else None,
        "changesetIndex": changeset_index,
        "createdDateTime": "2024-01-01T00:00:00Z",
        "state": "visible",
    }


VERSIONS = {"namedVersions": [_version(number, 5 * number) for number in range(4)]}
IMODELS = {
    "iModels": [
        {"id": IMODEL, "displayName": "Sun City", "state": "initialized", "createdDateTime": "2020-10-20T10:51:33.17Z"}
        | {"lastChangesetPushDateTime": "2024-01-01T00:00:00Z", "iTwinId": ITWIN, "dataCenterLocation": "East US"},
        {"id": ADA, "displayName": "Old", "state": "initialized", "createdDateTime": None, "iTwinId": ITWIN},
    ]
}
ITWINS = {
    "iTwins": [
        {"id": ITWIN, "class": "Endeavor", "subClass": "Project", "type": None, "number": "7", "displayName": "A"}
        | {"status": "Active"}
    ]
    * 1
}


def _dtypes(frame: pd.DataFrame) -> dict[str, str]:
    return {name: str(dtype) for name, dtype in frame.dtypes.items()}


TIME = "datetime64[us, UTC]"
CASES = {
    "users": (
        lambda client: fetch_users(client, IMODEL),
        f"{BASE}/users",
        USERS,
        {"label": "str", "pushed_changesets": "Int64", "last_push_date_time": TIME}
        | {"created_versions": "Int64", "briefcases": "Int64"},
    ),
    "named versions": (
        lambda client: fetch_named_versions(client, IMODEL),
        f"{BASE}/namedversions",
        VERSIONS,
        {"id": "str", "name": "str", "description": "str", "changeset_id": "str", "created_date_time": TIME}
        | {"state": "category", "application_name": "category", "creator_id": "category"},
    ),
    "iModels": (
        lambda client: fetch_imodels(client, ITWIN),
        "/imodels",
        IMODELS,
        {"display_name": "str", "description": "str", "state": "category", "created_date_time": TIME}
        | {"last_push_date_time": TIME, "itwin_id": "str", "data_center": "category"},
    ),
    "iTwins": (
        fetch_itwins,
        "/itwins/",
        ITWINS,
        {"display_name": "str", "number": "str", "class": "category", "sub_class": "category", "type": "str"}
        | {"status": "category"},
    ),
    "groups": (
        lambda client: fetch_changeset_groups(client, IMODEL),
        f"{BASE}/changesetgroups",
        GROUPS,
        {"description": "str", "state": "category", "creator_id": "category", "created_date_time": TIME}
        | {"first_index": "Int64", "last_index": "Int64", "changesets": "int64", "bytes": "int64"}
        | {"duration": "timedelta64[us]"},
    ),
    "checkpoints": (
        lambda client: fetch_checkpoints(client, IMODEL),
        f"{BASE}/namedversions",
        VERSIONS,
        {"state": "category", "size": "Int64", "changeset_id": "str", "named_version_id": "str"},
    ),
}


@pytest.mark.parametrize(("fetch", "path", "given", "dtypes"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("empty", [False, True])
def test_columns_and_dtypes_are_the_same_whatever_came(
    fetch: Callable[[IModelsClient], pd.DataFrame],
    path: str,
    given: dict[str, Any],
    dtypes: dict[str, str],
    empty: bool,
) -> None:
    name, rows = next(iter(given.items()))
    answers = {path: {name: []} if empty else given, f"{BASE}/changesets": {"changesets": []}}
    with serving(answers) as service, _client(service) as client:
        frame = fetch(client)
    assert _dtypes(frame) == dtypes
    assert len(frame) == (0 if empty else len(rows))
    assert str(frame.index.dtype) == ("int64" if "namedversions" in path else "str")


@pytest.mark.parametrize("tokens", [True, False])
def test_pages_are_asked_for_on_our_own_url_with_our_own_query(tokens: bool) -> None:
    with serving({f"{BASE}/namedversions": VERSIONS}, tokens=tokens) as service, _client(service) as client:
        assert fetch_named_versions(client, IMODEL)["name"].tolist() == [f"Version {n}" for n in range(4)]
    first, second = (asked.query for asked in service.asked)
    assert first == {"$top": "1000", "$continuationToken": "", "$orderBy": "changesetIndex asc"}
    paging = {"$continuationToken": "2"} if tokens else {"$skip": "2"}
    assert second == {"$top": "1000", "$orderBy": "changesetIndex asc"} | paging


def test_a_list_that_changes_while_it_is_read_is_an_error() -> None:
    twice = {"users": [_user(ADA, "Ada"), _user(BOT, None), _user(BOT, None)]}
    with (
        serving({f"{BASE}/users": twice}) as service,
        _client(service) as client,
        pytest.raises(UnexpectedResponse, match="changed while they were read"),
    ):
        fetch_users(client, IMODEL)


def test_names_and_addresses_stay_out_unless_asked_for() -> None:
    with serving({f"{BASE}/users": USERS}) as service, _client(service) as client:
        frame, personal = fetch_users(client, IMODEL), fetch_users(client, IMODEL, personal=True)
    assert "Ada" not in frame.to_csv()
    assert personal.loc[ADA, ["given_name", "surname", "email"]].tolist() == ["Ada", "Lovelace", "Ada@example.org"]
    assert frame["label"].is_unique
    assert personal["label"].tolist() == frame["label"].tolist()
    assert frame.loc[ADA, "last_push_date_time"] == pd.Timestamp("2020-10-21T06:34:45.130Z")
    assert frame["pushed_changesets"].tolist() == [16, 0, pd.NA]


def test_creators_get_their_names_or_their_pseudonyms() -> None:
    unknown = "dddddddd-0000-0000-0000-000000000004"
    pushes = pd.DataFrame({"creator_id": pd.Categorical([ADA, BOT, unknown, ADA])}, index=[1, 2, 4, 7])
    with serving({f"{BASE}/users": USERS}) as service, _client(service) as client:
        users, personal = fetch_users(client, IMODEL), fetch_users(client, IMODEL, personal=True)
    labels = with_creator_names(pushes, users)["creator_name"]
    assert labels.tolist()[:2] == users.loc[[ADA, BOT], "label"].tolist()
    assert labels.iloc[2].startswith("person-")
    named = with_creator_names(pushes, personal)["creator_name"]
    assert named.tolist() == ["Ada Lovelace", *labels.tolist()[1:3], "Ada Lovelace"]
    assert str(named.dtype) == "category"
    assert with_creator_names(pushes.iloc[:0], users)["creator_name"].tolist() == []
    assert "creator_name" not in pushes


def test_groups_know_what_they_pushed_and_how_long_it_took(hub: Hub, client: IModelsClient) -> None:
    changesets = fetch_changesets(client, hub.imodel_id).head(6)
    grouped = changesets.assign(group_id=pd.Categorical([G1, G1, None, G1, G2, None]))
    with serving({f"{BASE}/changesetgroups": GROUPS}) as service, _client(service) as other:
        groups = fetch_changeset_groups(other, IMODEL, changesets=grouped)
    assert groups["changesets"].tolist() == [3, 1, 0]
    assert groups["first_index"].tolist() == [1, 5, pd.NA]
    assert groups["last_index"].tolist() == [4, 5, pd.NA]
    assert groups["bytes"].tolist() == [
        changesets["file_size"].iloc[[0, 1, 3]].sum(),
        changesets["file_size"].iloc[4],
        0,
    ]
    times = changesets["push_date_time"]
    assert groups["duration"].iloc[:2].tolist() == [times.iloc[3] - times.iloc[0], pd.Timedelta(0)]


def test_checkpoints_are_told_for_each_named_version() -> None:
    answers: dict[str, Any] = {f"{BASE}/namedversions": VERSIONS}
    for row, state in zip(VERSIONS["namedVersions"], ["successful", "scheduled", 404, "failed"], strict=True):
        link = {"download": {"href": "https://blob.invalid/x?sig=secret"}}
        checkpoint = {"changesetIndex": row["changesetIndex"], "state": state, "size": 7, "_links": link}
        answers[f"{BASE}/namedversions/{row['id']}/checkpoint"] = 404 if state == 404 else {"checkpoint": checkpoint}
    with serving(answers, top=9) as service, _client(service) as client:
        frame = fetch_checkpoints(client, IMODEL)
    assert frame.index.tolist() == [0, 5, 10, 15]
    assert frame["state"].tolist() == ["successful", "scheduled", "notGenerated", "failed"]
    assert frame["size"].tolist() == [7, 7, pd.NA, 7]
    assert "secret" not in frame.to_csv()


def test_a_refused_checkpoint_names_the_permission_it_needs() -> None:
    answers: dict[str, Any] = {f"{BASE}/namedversions": VERSIONS}
    answers |= {f"{BASE}/namedversions/{row['id']}/checkpoint": 403 for row in VERSIONS["namedVersions"]}
    with (
        serving(answers, top=9) as service,
        _client(service) as client,
        pytest.raises(Forbidden, match="imodels_read"),
    ):
        fetch_checkpoints(client, IMODEL)


def test_itwins_are_asked_of_their_own_version_of_the_api() -> None:
    with serving({"/itwins/": ITWINS}) as service, _client(service) as client:
        assert fetch_itwins(client).loc[ITWIN, "sub_class"] == "Project"
    assert service.asked[0].headers["Accept"] == "application/vnd.bentley.itwin-platform.v1+json"
    assert service.asked[0].headers["X-Max-Return"] == "10000"


def test_more_itwins_than_are_listed_are_an_error_not_a_part() -> None:
    many = {"iTwins": [{"id": f"{number:08d}"} for number in range(10_000)]}
    with (
        serving({"/itwins/": many}, top=1000, tokens=False) as service,
        _client(service) as client,
        pytest.raises(IModelsError, match="lists no further"),
    ):
        fetch_itwins(client)


@pytest.mark.parametrize(
    "fetch",
    [fetch_named_versions, fetch_users, fetch_checkpoints, fetch_changeset_groups, fetch_imodels],
    ids=lambda fetch: fetch.__name__,
)
def test_an_id_that_is_none_raises_before_any_request(
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
def test_what_is_no_changeset_raises_before_any_request(hub: Hub, client: IModelsClient, nonsense: Any) -> None:
    before = len(hub.log)
    with pytest.raises(ValueError, match=r"40 hexadecimal digits|at least 1"):
        fetch_changeset(client, hub.imodel_id, nonsense)
    assert len(hub.log) == before
