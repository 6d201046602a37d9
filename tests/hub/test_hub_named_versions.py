"""The named versions and the iModel, over real HTTP."""

from collections.abc import Callable

import pytest
from helpers.hub_requests import ask, fetch_pages, get

from imodels_hub import Hub, Project, build_recorded_project, generate_project

FULL = {"Prefer": "return=representation"}


def names(hub: Hub, query: str) -> list[str]:
    return [row["displayName"] for row in get(hub, f"/namedversions?{query}").json["namedVersions"]]


def test_minimal_form_has_four_fields(hub: Hub) -> None:
    row = get(hub, "/namedversions").json["namedVersions"][0]
    assert list(row) == ["id", "displayName", "changesetId", "changesetIndex"]


def test_full_form_agrees_with_the_project(hub: Hub, project: Project) -> None:
    rows = get(hub, "/namedversions?$orderBy=changesetIndex", **FULL).json["namedVersions"]
    for row, version in zip(rows, project.named_versions, strict=True):
        assert (row["id"], row["name"], row["displayName"]) == (version.id, version.name, version.name)
        assert (row["changesetId"], row["changesetIndex"]) == (version.changeset_id, version.changeset_index)
        assert (row["state"], row["description"]) == (version.state, version.description)
        assert row["createdDateTime"] == version.created_date_time
        assert row["application"]["name"] == "Web Review"
        assert row["_links"]["creator"]["href"].endswith(f"/users/{version.creator_id}")
        assert row["_links"]["changeset"]["href"].endswith(f"/changesets/{version.changeset_id}")


def test_version_of_the_baseline_has_no_changeset(start: Callable[..., Hub]) -> None:
    version = {
        "id": "0b0b41b1-1e93-4c1f-8b6c-3a8c0e3a5a10",
        "name": "Baseline",
        "description": None,
        "changesetId": None,
        "changesetIndex": 0,
        "createdDateTime": "2020-10-20T10:51:33.17Z",
        "state": "visible",
        "application": None,
        "_links": {"creator": {"href": "https://x/imodels/y/users/27e3ecc7-ae44-4c9d-b0b5-2f65ec146f1d"}},
    }
    hub = start(build_recorded_project([], [version]))
    row = get(hub, f"/namedversions/{version['id']}").json["namedVersion"]
    assert row["changesetId"] is row["application"] is row["_links"]["changeset"] is None
    assert row["changesetIndex"] == 0
    user = "27e3ecc7-ae44-4c9d-b0b5-2f65ec146f1d"
    assert row["_links"]["creator"]["href"] == f"{hub.base_url}/imodels/{hub.imodel_id}/users/{user}"


@pytest.mark.parametrize("order", ["changesetIndex", "createdDateTime"])
def test_sorts_both_ways_and_newest_first_by_default(hub: Hub, project: Project, order: str) -> None:
    ascending = [version.name for version in project.named_versions]
    assert names(hub, f"$orderBy={order}") == ascending
    assert names(hub, f"$orderBy={order}%20desc") == ascending[::-1]
    assert names(hub, "") == ascending[::-1]


def test_name_is_exact_and_search_is_not(hub: Hub) -> None:
    assert names(hub, "name=30%25%20design") == ["30% design"]
    assert names(hub, "name=30%25") == []
    assert names(hub, "$search=DESIGN&$orderBy=changesetIndex") == ["30% design", "60% design", "90% design"]
    assert len(names(hub, "$search=published%20by%20mistake")) == 2


def test_hidden_versions_are_selected_by_state(hub: Hub, project: Project) -> None:
    hidden = {version.name for version in project.named_versions if version.state == "hidden"}
    assert set(names(hub, "state=hidden")) == hidden
    assert not hidden & set(names(hub, "state=visible"))


@pytest.mark.parametrize("way", ["$skip=0", "$continuationToken="])
def test_pages_add_up_and_keep_the_filters(hub: Hub, way: str) -> None:
    pages = fetch_pages(hub, f"/namedversions?{way}&$top=7&state=visible&$search=review&$orderBy=changesetIndex")
    rows = [row["displayName"] for page in pages for row in page["namedVersions"]]
    assert rows == names(hub, "state=visible&$search=review&$orderBy=changesetIndex")
    assert len(pages) > 2


def test_page_that_ends_with_the_list_has_no_next(hub: Hub, project: Project) -> None:
    count = len(project.named_versions)
    assert get(hub, f"/namedversions?$top={count}").json["_links"]["next"] is None
    assert get(hub, f"/namedversions?$top={count - 1}").json["_links"]["next"]


@pytest.mark.parametrize("words", ["", "x" * 256])
def test_search_needs_one_to_255_characters(hub: Hub, words: str) -> None:
    assert get(hub, f"/namedversions?$search={words}").error["details"][0]["target"] == "$search"
    assert get(hub, f"/namedversions?$search={'x' * 255}").status == 200


def test_wrong_state_is_422(hub: Hub) -> None:
    response = get(hub, "/namedversions?state=gone&name=a&$search=b")
    assert response.status == 422
    assert response.error["message"] == "Cannot get Named Versions."
    assert [detail["target"] for detail in response.error["details"]] == ["state", "$search"]


def test_one_version_is_found_by_its_id(hub: Hub, project: Project) -> None:
    version = project.named_versions[3]
    response = get(hub, f"/namedversions/{version.id.upper()}")
    assert response.json["namedVersion"]["name"] == version.name
    missing = get(hub, "/namedversions/invalidId")
    assert missing.status == 404
    assert missing.error == {"code": "NamedVersionNotFound", "message": "Requested Named Version is not available."}


def test_imodel_has_the_date_of_its_last_push(start: Callable[..., Hub]) -> None:
    hub = start(generate_project(0))
    assert get(hub, "").json["iModel"]["lastChangesetPushDateTime"] is None
    (pushed,) = hub.push()
    imodel = get(hub, "/").json["iModel"]
    assert imodel["lastChangesetPushDateTime"] == pushed["pushDateTime"]
    assert (imodel["id"], imodel["iTwinId"], imodel["state"]) == (hub.imodel_id, hub.itwin_id, "initialized")
    assert imodel["extent"] is None


def test_imodels_of_the_itwin_are_listed(hub: Hub) -> None:
    def fetch_rows(query: str, **headers: str) -> list[dict[str, str]]:
        url = f"{hub.base_url}/imodels?{query}"
        rows: list[dict[str, str]] = ask(url, Authorization=f"Bearer {hub.token}", **headers).json["iModels"]
        return rows

    itwin = f"iTwinId={hub.itwin_id}"
    assert [row["id"] for row in fetch_rows(itwin)] == [hub.imodel_id]
    assert fetch_rows(itwin, **FULL) == [get(hub, "").json["iModel"]]
    assert fetch_rows(f"{itwin}&$search=RIVER&$orderBy=name%20desc")
    assert not fetch_rows(f"{itwin}&name=River")
    assert not fetch_rows(f"{itwin}&state=notInitialized")


def test_imodels_need_a_known_itwin(hub: Hub) -> None:
    token = f"Bearer {hub.token}"
    assert ask(f"{hub.base_url}/imodels/", Authorization=token).error["details"][0]["target"] == "iTwinId"
    for itwin_id in ("toto", ""):
        nonsense = ask(f"{hub.base_url}/imodels?iTwinId={itwin_id}", Authorization=token)
        shown = f"'{itwin_id}' is not a valid 'iTwinId' value."
        assert (nonsense.status, nonsense.error["code"]) == (422, "InvalidiModelsRequest")
        assert nonsense.error["details"] == [{"code": "InvalidValue", "message": shown, "target": "iTwinId"}]
    unknown = ask(f"{hub.base_url}/imodels?iTwinId={hub.imodel_id}", Authorization=token)
    assert (unknown.status, unknown.error["code"]) == (404, "iTwinNotFound")
