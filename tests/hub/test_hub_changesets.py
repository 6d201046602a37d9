"""GET /imodels/{id}/changesets as the published page has it, over real HTTP."""

import gzip
import json
from collections.abc import Callable
from urllib.parse import quote, urlencode

import pytest
from helpers.hub_requests import ask, fetch_pages, get, without_signatures
from helpers.spec_sample import PAGE
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imodels_hub import Hub, Project, build_recorded_project, generate_project

PUBLISHED = json.loads(PAGE)["changesets"]
FULL = {"Prefer": "return=representation"}
FACTS = [
    *("id", "displayName", "description", "index", "parentId", "creatorId", "pushDateTime", "state"),
    *("containingChanges", "fileSize", "briefcaseId", "groupId"),
]


def indexes(hub: Hub, query: str) -> list[int]:
    return [row["index"] for row in get(hub, f"/changesets?{query}").json["changesets"]]


def test_published_changesets_are_served_letter_for_letter(start: Callable[..., Hub]) -> None:
    imodel_id = PUBLISHED[0]["_links"]["self"]["href"].split("/")[4]
    hub = start(build_recorded_project(PUBLISHED, imodel_id=imodel_id))
    served = get(hub, "/changesets").body.decode()
    rows = json.dumps(PUBLISHED, separators=(",", ":")).replace("https://api.bentley.com", hub.base_url)
    assert served.startswith('{"changesets":' + rows + ',"_links":{"self":')


def test_recorded_changesets_are_served_in_order(start: Callable[..., Hub]) -> None:
    first, second = PUBLISHED[0], {**PUBLISHED[1], "id": "1" * 40, "description": "Über 日本"}
    hub = start(build_recorded_project([second, first]))
    page = get(hub, "/changesets")
    assert [row["index"] for row in page.json["changesets"]] == [1, 2]
    assert '"Über 日本"'.encode() in page.body
    assert get(hub, f"/changesets/{'1' * 40}").json["changeset"]["index"] == 2


def test_recorded_full_changesets_keep_their_fields(start: Callable[..., Hub]) -> None:
    rows = get(start(generate_project(20)), "/changesets", **FULL).json["changesets"]
    again = get(start(build_recorded_project(iter(rows))), "/changesets", **FULL).json["changesets"]
    for field in [*FACTS, "application", "synchronizationInfo"]:
        assert [row[field] for row in again] == [row[field] for row in rows]


def test_by_default_a_page_has_the_first_hundred(hub: Hub) -> None:
    assert indexes(hub, "") == list(range(1, 101))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("$top=3", [1, 2, 3]),
        ("%24top=3&%24skip=2", [3, 4, 5]),
        ("$top=2&$orderBy=index%20asc", [1, 2]),
        ("$top=2&$orderBy=index+desc", [12_000, 11_999]),
        ("$top=2&$skip=1&$orderBy=index%20desc", [11_999, 11_998]),
        ("afterIndex=5&lastIndex=10", [6, 7, 8, 9, 10]),
        ("afterIndex=5&lastIndex=10&$orderBy=index%20desc&$top=2&$skip=1", [9, 8]),
        ("afterIndex=11998", [11_999, 12_000]),
        ("lastIndex=0", []),
        ("afterIndex=10&lastIndex=5", []),
        ("$skip=12000", []),
        ("$skip=9223372036854775807&$top=1000", []),
        ("afterIndex=9223372036854775807", []),
    ],
)
def test_range_order_and_place_choose_the_rows(hub: Hub, query: str, expected: list[int]) -> None:
    assert indexes(hub, query) == expected


def test_next_links_lead_through_the_whole_timeline(hub: Hub, project: Project) -> None:
    pages = fetch_pages(hub, "/changesets?$top=1000")
    assert len(pages) == 12
    assert [row["id"] for page in pages for row in page["changesets"]] == [row.id for row in project.changesets]


@pytest.mark.parametrize("way", ["$skip=0", "$continuationToken="])
@pytest.mark.parametrize("order", ["index", "index%20desc"])
def test_both_ways_of_paging_keep_the_filters(hub: Hub, way: str, order: str) -> None:
    pages = fetch_pages(hub, f"/changesets?{way}&$top=4&afterIndex=100&lastIndex=110&$orderBy={order}")
    rows = [row["index"] for page in pages for row in page["changesets"]]
    assert rows == sorted(range(101, 111), reverse="desc" in order)
    back = [pages[-1]]
    while before := back[0]["_links"]["prev"]:
        back.insert(0, ask(before["href"], Authorization=f"Bearer {hub.token}").json)
    assert [page["changesets"] for page in back] == [page["changesets"] for page in pages]


def test_links_repeat_the_query_with_skip_and_top_in_front(hub: Hub) -> None:
    url = f"{hub.base_url}/imodels/{hub.imodel_id}/changesets"
    links = get(hub, "/changesets?%24top=5&afterIndex=5&$skip=10&lastIndex=30&$orderBy=index+desc").json["_links"]
    rest = "&afterIndex=5&lastIndex=30&$orderBy=index%20desc"
    assert links == {
        "self": {"href": f"{url}?$skip=10&$top=5{rest}"},
        "prev": {"href": f"{url}?$skip=5&$top=5{rest}"},
        "next": {"href": f"{url}?$skip=15&$top=5{rest}"},
    }


def test_links_are_null_at_the_ends(hub: Hub) -> None:
    links = get(hub, "/changesets?lastIndex=100").json["_links"]
    assert list(links) == ["self", "prev", "next"]
    assert links["prev"] is links["next"] is None
    assert links["self"]["href"].endswith("/changesets?$skip=0&$top=100&lastIndex=100")


def test_empty_timeline_is_an_empty_page(start: Callable[..., Hub]) -> None:
    page = get(start(generate_project(0)), "/changesets").json
    assert page["changesets"] == []
    assert page["_links"]["next"] is page["_links"]["prev"] is None


def test_links_stand_on_the_host_that_was_asked(start: Callable[..., Hub]) -> None:
    hub = start(allowed_hosts=["hub.example"])
    links = get(hub, "/changesets?$top=1", Host="hub.example:81").json
    assert links["_links"]["next"]["href"].startswith("http://hub.example:81/imodels/")
    assert links["changesets"][0]["_links"]["self"]["href"].startswith("http://hub.example:81/imodels/")


def test_descending_pages_by_token_are_not_shifted_by_pushes(start: Callable[..., Hub]) -> None:
    hub = start(generate_project(20))
    first = get(hub, "/changesets?$continuationToken=&$top=10&$orderBy=index%20desc").json
    hub.push(3)
    second = ask(first["_links"]["next"]["href"], Authorization=f"Bearer {hub.token}").json
    assert [row["index"] for page in (first, second) for row in page["changesets"]] == list(range(20, 0, -1))


@pytest.mark.parametrize(
    "prefer",
    [
        None,
        "return=minimal",
        "RETURN=MINIMAL",
        "respond-async, wait=10",
        "return=representations",
        "x-return=representation",
        "",
    ],
)
def test_minimal_form_is_the_default(hub: Hub, prefer: str | None) -> None:
    row = get(hub, "/changesets?$top=1", **({"Prefer": prefer} if prefer is not None else {})).json["changesets"][0]
    assert list(row) == [*FACTS, "_links"]
    assert list(row["_links"]) == ["creator", "self"]


@pytest.mark.parametrize(
    "prefer", ["return=representation", "respond-async, return=representation", "Return=Representation"]
)
def test_full_form_comes_when_preferred(hub: Hub, prefer: str) -> None:
    row = get(hub, "/changesets?$top=1", Prefer=prefer).json["changesets"][0]
    assert list(row) == [*FACTS, "application", "synchronizationInfo", "_links"]
    assert row["application"].keys() == {"id", "name"}
    assert row["synchronizationInfo"].keys() == {"taskId", "changedFiles"}


def test_missing_values_are_null(start: Callable[..., Hub]) -> None:
    row = get(start(build_recorded_project(PUBLISHED)), "/changesets/4").json["changeset"]
    assert row["application"] is row["synchronizationInfo"] is row["groupId"] is None
    links = row["_links"]
    assert list(links) == ["creator", "namedVersion", "self", "currentOrPrecedingCheckpoint", "download"]
    assert links["namedVersion"] is None
    assert links["currentOrPrecedingCheckpoint"]["href"].endswith("/changesets/0/checkpoint")


def test_full_changesets_link_to_version_and_checkpoint(hub: Hub, project: Project) -> None:
    first, second = project.named_versions[:2]
    at = first.changeset_index
    rows = get(hub, f"/changesets?$top=3&afterIndex={at - 2}", **FULL).json["changesets"]
    versions = [row["_links"]["namedVersion"] for row in rows]
    checkpoints = [row["_links"]["currentOrPrecedingCheckpoint"]["href"].split("/")[-2] for row in rows]
    assert versions[0] is versions[2] is None
    assert versions[1]["href"].endswith(f"/namedversions/{first.id}")
    assert checkpoints == ["0", str(at), str(at)]
    assert second.changeset_index > at + 1


def test_first_parent_is_an_empty_text(hub: Hub) -> None:
    first, second = get(hub, "/changesets?$top=2").json["changesets"]
    assert first["parentId"] == ""
    assert second["parentId"] == first["id"]


def test_single_changeset_is_always_in_full(hub: Hub) -> None:
    listed = get(hub, "/changesets?afterIndex=41&$top=1", **FULL).json["changesets"][0]
    by_index = get(hub, "/changesets/42", Prefer="return=minimal")
    assert without_signatures(by_index.json) == without_signatures({"changeset": listed})
    assert without_signatures(get(hub, f"/changesets/{listed['id'].upper()}").json) == without_signatures(by_index.json)


@pytest.mark.parametrize(
    "missing", ["0", "12001", "9" * 39, "9" * 40, "-1", "invalidId", "f" * 40, "%00", "%C3%A9", "٣"]
)
def test_changeset_that_is_not_there_is_404(hub: Hub, missing: str) -> None:
    response = get(hub, f"/changesets/{quote(missing, safe='%')}")
    assert response.status == 404
    assert response.error == {"code": "ChangesetNotFound", "message": "Requested Changeset is not available."}


def test_without_authorization_it_is_401(hub: Hub) -> None:
    response = ask(f"{hub.base_url}/imodels/{hub.imodel_id}/changesets")
    assert response.status == 401
    assert response.json == {
        "error": {
            "code": "HeaderNotFound",
            "message": "Header Authorization was not found in the request. Access denied.",
        }
    }


@pytest.mark.parametrize("authorization", ["Bearer wrong", "Bearer", "Basic {token}", "{token}", "Bearer {token}x"])
def test_with_another_token_it_is_401(hub: Hub, authorization: str) -> None:
    response = get(hub, "/changesets", Authorization=authorization.format(token=hub.token))
    assert response.status == 401
    assert response.error["message"].startswith("Access denied due to invalid access_token.")


@pytest.mark.parametrize("path", ["/changesets", "/changesets/1", "/namedversions", ""])
def test_unknown_imodel_is_404(hub: Hub, path: str) -> None:
    url = f"{hub.base_url}/imodels/5e19bee0-3aea-4355-a9f0-c6df9989ee7d{path}"
    response = ask(url, Authorization=f"Bearer {hub.token}")
    assert response.status == 404
    assert response.json == {"error": {"code": "iModelNotFound", "message": "Requested iModel is not available."}}


def test_wrong_query_is_422_with_the_published_body(hub: Hub) -> None:
    response = get(hub, "/changesets?$skip=-1")
    assert response.status == 422
    assert response.json == {
        "error": {
            "code": "InvalidiModelsRequest",
            "message": "Cannot get Changesets.",
            "details": [
                {
                    "code": "InvalidValue",
                    "message": "'-1' is not a valid '$skip' value. '$skip' must be a non-negative integer.",
                    "target": "$skip",
                }
            ],
        }
    }


@pytest.mark.parametrize(
    ("accepted", "given"),
    [("gzip", "gzip"), ("br, gzip;q=0.5", "gzip"), ("GZIP", "gzip"), ("gzip;q=0", None), ("identity", None)],
)
def test_page_is_compressed_on_request(hub: Hub, accepted: str, given: str | None) -> None:
    response = get(hub, "/changesets", Accept_Encoding=accepted)
    assert response.headers.get("content-encoding") == given
    body = gzip.decompress(response.body) if given else response.body
    assert body == get(hub, "/changesets").body


def test_answers_are_json_without_etag_or_server(hub: Hub) -> None:
    headers = get(hub, "/changesets").headers
    assert headers["content-type"] == "application/json"
    assert not {"etag", "server"} & headers.keys()


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_list_cannot_be_overwritten(hub: Hub, method: str) -> None:
    response = ask(f"{hub.base_url}/imodels/{hub.imodel_id}/changesets", method, Authorization=f"Bearer {hub.token}")
    assert (response.status, response.headers["allow"]) == (405, "GET, POST")
    assert response.error["code"] == "MethodNotAllowed"


@pytest.mark.parametrize("path", ["/", "/imodels/a/b/c/d", "/nothing?token=x"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_unknown_route_is_404(hub: Hub, path: str, method: str) -> None:
    response = ask(hub.base_url + path, method)
    assert response.status == 404
    assert response.error["code"] == "NotFound"


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(["changesets", "namedversions", "users", "0", "1", "%ff", "..", ""]) | st.text(max_size=5)
    ),
    st.dictionaries(
        st.sampled_from(
            ["$top", "$skip", "$orderBy", "afterIndex", "lastIndex", "$continuationToken", "name", "state"]
        ),
        st.integers().map(str) | st.sampled_from(["", "index desc", "MC4", "visible"]) | st.text(max_size=8),
    ),
)
def test_no_path_and_no_query_breaks_the_service(hub: Hub, path: list[str], query: dict[str, str]) -> None:
    url = "".join(f"/{quote(part, safe='%')}" for part in path) + "?" + urlencode(query)
    assert get(hub, url).status in {200, 400, 404, 422}
