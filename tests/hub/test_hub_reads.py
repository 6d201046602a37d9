"""Reads of all but changesets and named versions, compared with the project."""

import base64
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from helpers.hub_requests import HttpResponse, ask, fetch_pages, get, without_signatures

from imodels_hub import Hub, Project, generate_project

FULL = {"Prefer": "return=representation"}
NULLS = {"ianaTimeZone", "imageName", "image", "geographicLocation", "latitude", "longitude"}


def every(hub: Hub, name: str, path: str, **headers: str) -> list[dict[str, object]]:
    return [row for page in fetch_pages(hub, path, **headers) for row in page[name]]


def itwins(hub: Hub, path: str = "/", accept: str = "application/vnd.bentley.itwin-platform.v1+json") -> HttpResponse:
    return ask(f"{hub.base_url}/itwins{path}", Authorization=f"Bearer {hub.token}", Accept=accept)


@pytest.mark.parametrize(
    ("path", "single"),
    [
        ("/users", "user"),
        ("/briefcases", "briefcase"),
        ("/changesets?lastIndex=3", "changeset"),
        ("/namedversions?$top=3", "namedVersion"),
    ],
)
def test_single_one_is_the_full_form_of_the_listed(hub: Hub, path: str, single: str) -> None:
    (name, rows), *_ = get(hub, path, **FULL).json.items()
    for row in rows:
        alone = get(hub, f"/{name.lower()}/{row['id']}", Prefer="return=minimal").json
        assert without_signatures(alone) == without_signatures({single: row})


@pytest.mark.parametrize("name", ["users", "briefcases"])
def test_minimal_form_is_part_of_the_full(hub: Hub, name: str) -> None:
    minimal, full = (every(hub, name, f"/{name}", **headers) for headers in ({}, FULL))
    for short, long in zip(minimal, full, strict=True):
        assert short.items() <= long.items()
        assert len(long) > len(short)


def test_statistics_of_users_agree_with_the_timeline(hub: Hub, project: Project) -> None:
    pushed = Counter(row.creator_id for row in project.changesets)
    last = {row.creator_id: row.push_date_time for row in project.changesets}
    versions = Counter(version.creator_id for version in project.named_versions)
    briefcases = Counter(briefcase.owner_id for briefcase in project.briefcases)
    for user in every(hub, "users", "/users", **FULL):
        statistics = user["statistics"]
        assert isinstance(statistics, dict)
        assert statistics["pushedChangesetsCount"] == pushed[user["id"]]
        assert statistics["lastChangesetPushDate"] == last.get(str(user["id"]))
        assert statistics["createdVersionsCount"] == versions[user["id"]]
        assert statistics["briefcasesCount"] == briefcases[user["id"]]
        assert [application["name"] for application in statistics["applications"]]


def test_statistics_count_completed_pushes_only(start: Callable[..., Hub]) -> None:
    hub = start()
    user = hub.push()[0]["creatorId"]
    before = get(hub, f"/users/{user}").json["user"]["statistics"]
    (pushed,), _ = hub.push(), hub.push(state="waitingForFile")
    after = get(hub, f"/users/{user}").json["user"]["statistics"]
    assert after["pushedChangesetsCount"] == before["pushedChangesetsCount"] + 1
    assert after["lastChangesetPushDate"] == pushed["pushDateTime"]


def test_user_without_pushes_has_no_last_push(start: Callable[..., Hub]) -> None:
    statistics = get(start(generate_project(0)), "/users", **FULL).json["users"][0]["statistics"]
    assert (statistics["pushedChangesetsCount"], statistics["lastChangesetPushDate"]) == (0, None)


def test_users_sort_by_several_names_whatever_the_accents(start: Callable[..., Hub]) -> None:
    project = generate_project(0)
    names = [("Zoë", "Ärlig"), ("Zoe", "Bok"), ("Ada", "Arnold"), ("Öyvind", "bok")]
    users = tuple(
        user._replace(given_name=given, surname=surname)
        for user, (given, surname) in zip(project.users, names, strict=False)
    )
    hub = start(replace(project, users=users))
    rows = get(hub, "/users?$orderBy=surname,givenName%20desc", **FULL).json["users"]
    assert [row["surname"] for row in rows] == ["Ärlig", "Arnold", "Bok", "bok"]
    assert [row["givenName"] for row in rows[2:]] == ["Zoe", "Öyvind"]


def test_briefcases_are_those_of_the_timeline(hub: Hub, project: Project) -> None:
    rows = every(hub, "briefcases", "/briefcases?$top=7", **FULL)
    assert {row["briefcaseId"] for row in rows} == {row.briefcase_id for row in project.changesets}
    first = {row.briefcase_id: row for row in reversed(list(project.changesets))}
    for row in rows:
        pushed = first[int(str(row["id"]))]
        assert row["ownerId"] == pushed.creator_id
        assert str(row["acquiredDateTime"]) < pushed.push_date_time
        assert str(row["displayName"]).startswith(f"#{row['id']}")


def test_briefcases_can_be_chosen_by_owner_and_sorted(hub: Hub, project: Project) -> None:
    def owners(query: str) -> set[str]:
        return {row["ownerId"] for row in get(hub, f"/briefcases?{query}", **FULL).json["briefcases"]}

    me, other = project.users[0].id, project.users[1].id
    assert owners("ownerId=me") == {me}
    assert owners(f"ownerId={other.upper()}") == {other}
    assert owners(f"ownerId={hub.imodel_id}") == set()
    acquired = [
        row["acquiredDateTime"]
        for row in get(hub, "/briefcases?$orderBy=acquiredDateTime%20desc", **FULL).json["briefcases"]
    ]
    assert acquired == sorted(acquired, reverse=True)


def test_groups_are_the_runs_of_the_timeline(hub: Hub, project: Project) -> None:
    first = {row.group_id: row for row in reversed(list(project.changesets)) if row.group_id}
    rows = every(hub, "changesetGroups", "/changesetgroups?$top=1000")
    assert [row["createdDateTime"] for row in rows] == sorted(str(row["createdDateTime"]) for row in rows)
    assert {row["id"]: (row["creatorId"], row["createdDateTime"]) for row in rows} == {
        group: (row.creator_id, row.push_date_time) for group, row in first.items()
    }
    assert get(hub, f"/changesetgroups/{rows[0]['id']}").json == {"changesetGroup": rows[0]}


def test_extended_data_is_json_in_base64_beside_its_changeset(hub: Hub) -> None:
    rows = every(hub, "extendedData", "/changesets/extendeddata?$top=9")
    assert len(rows) > 9
    for row in rows[:3]:
        changeset = get(hub, f"/changesets/{row['changesetId']}").json["changeset"]
        assert changeset["index"] == row["changesetIndex"]
        assert json.loads(base64.b64decode(str(row["data"])))["job"]
        for way in ("changesetId", "changesetIndex"):
            assert get(hub, f"/changesets/{row[way]}/extendeddata").json == {"extendedData": row}


def test_checkpoint_is_the_current_or_the_preceding_one(hub: Hub, project: Project) -> None:
    def at(id_or_index: object) -> dict[str, object]:
        row: dict[str, object] = get(hub, f"/changesets/{id_or_index}/checkpoint").json["checkpoint"]
        return row

    first = project.named_versions[0]
    assert (at(0)["changesetIndex"], at(0)["changesetId"]) == (0, "")
    assert at(first.changeset_index - 1)["changesetIndex"] == 0
    for id_or_index in (first.changeset_index, first.changeset_id, first.changeset_index + 1):
        assert at(id_or_index)["changesetId"] == first.changeset_id
    latest = get(hub, "/briefcases/checkpoint").json["checkpoint"]
    assert latest == at(12_000) | {
        name: latest[name] for name in ("_links", "directoryAccessInfo", "containerAccessInfo")
    }
    assert latest["directoryAccessInfo"]["azure"]["sasToken"] in latest["_links"]["download"]["href"]


def test_checkpoint_link_of_a_changeset_works(hub: Hub) -> None:
    for index in (1, 6_000, 12_000):
        link = get(hub, f"/changesets/{index}").json["changeset"]["_links"]["currentOrPrecedingCheckpoint"]["href"]
        found = ask(link, Authorization=f"Bearer {hub.token}").json["checkpoint"]
        assert link.endswith(f"/changesets/{found['changesetIndex']}/checkpoint")
        assert found["state"] == "successful"


def test_named_version_checkpoint_in_any_state(hub: Hub, project: Project) -> None:
    states = Counter()
    for version in project.named_versions:
        row = get(hub, f"/namedversions/{version.id}/checkpoint").json["checkpoint"]
        assert row["changesetIndex"] == version.changeset_index
        there = [row["_links"]["download"], row["directoryAccessInfo"], row["size"]]
        assert [bool(checkpoint) for checkpoint in there] == [row["state"] == "successful"] * 3
        states[row["state"]] += 1
    assert states.keys() == {"successful", "failed", "notGenerated"}
    assert states.most_common(1)[0][0] == "successful"


def test_locks_are_listed_by_briefcase_and_filtered_by_level(hub: Hub) -> None:
    rows = every(hub, "locks", "/locks")
    assert len(rows) == 2
    assert [locked["lockLevel"] for locked in rows[0]["lockedObjects"]] == ["exclusive", "shared"]  # type: ignore[attr-defined] # a list
    assert every(hub, "locks", f"/locks?briefcaseId={rows[1]['briefcaseId']}") == rows[1:]
    shared = every(hub, "locks", "/locks?lockLevel=shared")
    assert [len(row["lockedObjects"]) for row in shared] == [1, 1]  # type: ignore[arg-type] # a list
    assert every(hub, "locks", "/locks?briefcaseId=500") == []


def test_released_locks_after_an_index(hub: Hub, project: Project) -> None:
    empty = [row.changeset_index for row in project.changesets if row.file_size == 0]
    for after in (0, empty[0], empty[-1]):
        rows = every(hub, "releasedLocks", f"/locks/released-locks?afterChangesetIndex={after}")
        assert len(rows) == sum(index > after for index in empty)
    missing = get(hub, "/locks/released-locks")
    assert missing.error["details"][0]["code"] == "MissingRequiredParameter"


def test_permissions_and_create_operation(hub: Hub) -> None:
    four = ["imodels_webview", "imodels_read", "imodels_write", "imodels_manage"]
    assert get(hub, "/permissions").json == {"permissions": four}
    nothing = {"state": "successful", "clonedFrom": None, "forkedFrom": None}
    assert get(hub, "/operations/create").json == {"createOperation": nothing}


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("/users/invalidId", "user"),
        ("/briefcases/invalidId", "Briefcase"),
        ("/briefcases/99999999999999999999", "Briefcase"),
        ("/changesetgroups/invalidId", "Changeset Group"),
        ("/changesets/12001/extendeddata", "Changeset"),
        ("/changesets/2/extendeddata", "Changeset Extended Data"),
        ("/changesets/12001/checkpoint", "Changeset"),
        ("/namedversions/invalidId/checkpoint", "Named Version"),
    ],
)
def test_missing_resource_is_404(hub: Hub, path: str, what: str) -> None:
    response = get(hub, path)
    code = f"{what.replace(' ', '').replace('user', 'User')}NotFound"
    assert (response.status, response.error) == (404, {"code": code, "message": f"Requested {what} is not available."})


def test_no_download_without_read_permission(start: Callable[..., Hub]) -> None:
    hub = start()
    looking = f"Bearer {hub.issue_token(permissions=['imodels_webview'])}"
    row = get(hub, "/changesets/1", Authorization=looking).json["changeset"]
    assert row["_links"]["download"] is None
    assert get(hub, "/permissions", Authorization=looking).json == {"permissions": ["imodels_webview"]}
    refused = get(hub, "/changesets/1/checkpoint", Authorization=looking)
    assert (refused.status, refused.error["code"]) == (403, "InsufficientPermissions")
    forbidden = f"Bearer {hub.issue_token(permissions=[])}"
    url = f"{hub.base_url}/imodels?iTwinId={hub.itwin_id}"
    assert {get(hub, "", Authorization=forbidden).status, ask(url, Authorization=forbidden).status} == {403}


def test_token_can_belong_to_another_user(hub: Hub, project: Project) -> None:
    token = hub.issue_token(project.users[2].id)
    rows = get(hub, "/briefcases?ownerId=me", Authorization=f"Bearer {token}", **FULL).json["briefcases"]
    assert {row["ownerId"] for row in rows} == {project.users[2].id}


def test_imodel_list_without_accept_header_is_version_1(hub: Hub) -> None:
    url = f"{hub.base_url}/imodels?iTwinId={hub.itwin_id}"
    for accept in ("*/*", "application/json", "application/vnd.bentley.itwin-platform.v1+json"):
        response = ask(url, Authorization=f"Bearer {hub.token}", Accept=accept)
        assert (response.status, response.error["details"][0]["target"]) == (422, "projectId")


def test_unknown_api_version_is_422(hub: Hub) -> None:
    response = get(hub, "/users", Accept="application/vnd.bentley.itwin-platform.v1+json")
    assert (response.status, response.error["details"][0]["code"]) == (422, "InvalidHeaderValue")
    assert get(hub, "/users", Accept="*/*").headers["x-itwinplatform-media-type"] == "bentley.itwin-platform.v2"
    assert itwins(hub).headers["x-itwinplatform-media-type"] == "bentley.itwin-platform.v1"
    assert itwins(hub, accept="application/vnd.bentley.itwin-platform.v2+json").status == 422


def test_inactive_itwins_are_hidden(hub: Hub) -> None:
    page = itwins(hub).json
    assert page["iTwins"][0]["id"] == hub.itwin_id
    assert list(page["_links"]) == ["self"]
    assert len(page["iTwins"]) == 2
    assert len(itwins(hub, "/?includeInactive=true").json["iTwins"]) == 3
    assert [row["number"] for row in itwins(hub, "/?status=Inactive").json["iTwins"]] == ["RS-000"]
    assert itwins(hub, "/favorites").json["iTwins"] == itwins(hub, "/recents").json["iTwins"] == []


@pytest.mark.parametrize("name", ["favorites", "recents"])
def test_each_user_marks_itwins(hub: Hub, name: str) -> None:
    ids = [row["id"] for row in itwins(hub).json["iTwins"]]
    for itwin_id in (*ids, ids[0].upper()):
        url = f"{hub.base_url}/itwins/{name}/{itwin_id}"
        assert ask(url, "POST", b"{}", Authorization=f"Bearer {hub.token}", Accept="*/*").status == 204
    assert [row["id"] for row in itwins(hub, f"/{name}").json["iTwins"]] == ids, "the newest first, and each once"
    if name == "favorites":
        assert (
            ask(
                f"{hub.base_url}/itwins/{name}/{ids[0]}", "DELETE", Authorization=f"Bearer {hub.token}", Accept="*/*"
            ).status
            == 204
        )
        assert [row["id"] for row in itwins(hub, f"/{name}").json["iTwins"]] == ids[1:]
    assert (
        ask(f"{hub.base_url}/itwins/{name}/x", "POST", b"{}", Authorization=f"Bearer {hub.token}", Accept="*/*").status
        == 404
    )


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("subClass=Project", ["RS-001"]),
        ("subClass=Project,Account", ["RS-001", "RS"]),
        ("$search=rs", ["RS-001", "RS"]),
        ("displayName=Riverside%20Rail", ["RS"]),
        ("number=RS-001", ["RS-001"]),
        ("number=RS-0", []),
        ("$orderby=number", ["RS", "RS-001"]),
        ("$top=1&$skip=1", ["RS"]),
    ],
)
def test_itwins_can_be_searched_and_sorted(hub: Hub, query: str, numbers: list[str]) -> None:
    assert [row["number"] for row in itwins(hub, f"/?{query}").json["iTwins"]] == numbers


@pytest.mark.parametrize("query", ["number=a&$search=b", "status=Active&includeInactive=true", "$filter=x", "$top=0"])
def test_invalid_itwins_query_is_422(hub: Hub, query: str) -> None:
    response = itwins(hub, f"/?{query}")
    assert response.status == 422
    assert (response.error["code"], response.error["message"]) == ("InvalidiTwinsRequest", "Cannot get iTwins.")


def test_one_itwin_and_its_account_are_found_in_full(hub: Hub) -> None:
    row = itwins(hub, f"/{hub.itwin_id}").json["iTwin"]
    assert (row["class"], row["subClass"], row["status"]) == ("Endeavor", "Project", "Active")
    assert all(row[name] is None for name in NULLS)
    account = itwins(hub, f"/{hub.itwin_id}/account").json
    assert account == itwins(hub, "/myprimaryaccount").json
    assert account["iTwin"]["id"] == row["iTwinAccountId"]
    assert itwins(hub, "/invalidId").error["code"] == "iTwinNotFound"


def test_neighbors_have_their_own_timelines(start: Callable[..., Hub]) -> None:
    project, other = generate_project(3), generate_project(5, seed=8)
    beside = replace(other, imodel=other.imodel._replace(itwin_id=project.imodel.itwin_id, name="Annex"))
    hub = start(project, neighbors=[beside])
    token = f"Bearer {hub.token}"
    rows = ask(f"{hub.base_url}/imodels?iTwinId={hub.itwin_id}", Authorization=token).json["iModels"]
    assert [row["displayName"] for row in rows] == ["Annex", "Riverside Station"]
    counts = [
        len(ask(f"{hub.base_url}/imodels/{row['id']}/changesets", Authorization=token).json["changesets"])
        for row in rows
    ]
    assert counts == [5, 3]


def test_database_file_outlives_its_hub(start: Callable[..., Hub], tmp_path: object) -> None:
    file = f"{tmp_path}/hub.sqlite"
    first = start(generate_project(5), ledger_file=file)
    (pushed,) = first.push()
    users = get(first, "/users", **FULL).body.replace(first.base_url.encode(), b"")
    first.stop()
    again = start(generate_project(2, seed=9), ledger_file=file)
    assert again.imodel_id == first._settings.project.imodel.id
    assert get(again, "/changesets/6").json["changeset"]["id"] == pushed["id"]
    assert get(again, "/users", **FULL).body.replace(again.base_url.encode(), b"") == users
    assert again.push()[0]["parentId"] == pushed["id"]
