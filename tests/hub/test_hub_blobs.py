"""Files behind signed links, over real HTTP."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest
from helpers.hub_requests import ask, get

from imodels_hub import Hub, generate_project


@pytest.fixture
def links(hub: Hub) -> list[dict[str, Any]]:
    rows = get(hub, "/changesets?$top=20", Prefer="return=representation").json["changesets"]
    return [{"size": row["fileSize"], **row["_links"]["download"]} for row in rows]


def test_file_has_the_length_of_its_changeset(links: list[dict[str, Any]]) -> None:
    for link in links:
        response = ask(link["href"])
        assert (response.status, len(response.body)) == (200, link["size"])
        assert link["storageType"] == "azure"
    assert ask(links[0]["href"]).body != ask(links[1]["href"]).body[: links[0]["size"]]


def test_large_file_is_sent_in_ranges(hub: Hub) -> None:
    rows = get(hub, "/changesets?$top=1000&afterIndex=3000", Prefer="return=representation").json["changesets"]
    giant = max(rows, key=lambda row: row["fileSize"])
    link = giant["_links"]["download"]["href"]
    last = giant["fileSize"] - 1
    part = ask(link, Range=f"bytes={last - 9}-")
    assert (part.status, len(part.body)) == (206, 10)
    assert part.headers["content-range"] == f"bytes {last - 9}-{last}/{giant['fileSize']}"
    whole = ask(link, Range="bytes=65000-66000").body
    assert ask(link, Range="bytes=65530-65545").body == whole[530:546]
    assert ask(link, Range=f"bytes={last + 1}-").status == 416


def test_every_link_is_signed_anew(hub: Hub) -> None:
    # Links of the same second differ, because their start time has fractions of a second.
    links = [get(hub, "/changesets/1").json["changeset"]["_links"]["download"]["href"] for _ in range(3)]
    assert len(set(links)) == 3
    assert {ask(link).status for link in links} == {200}
    signed = dict(parse_qsl(links[0].partition("?")[2]))
    assert list(signed) == ["sv", "st", "se", "sr", "sp", "sig"]
    assert (signed["sr"], signed["sp"]) == ("b", "r")
    assert datetime.fromisoformat(signed["st"]) < datetime.now(UTC) < datetime.fromisoformat(signed["se"])


def test_checkpoint_link_gives_the_whole_file(hub: Hub) -> None:
    row = get(hub, "/changesets/0/checkpoint").json["checkpoint"]
    assert len(ask(row["_links"]["download"]["href"]).body) == row["size"] == 1_253_376


def test_token_is_refused_by_the_storage(hub: Hub, links: list[dict[str, Any]]) -> None:
    response = ask(links[0]["href"], Authorization=f"Bearer {hub.token}")
    assert response.status == 400
    assert b"InvalidAuthenticationInfo" in response.body


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ("?", "?no"),
        ("sig=", "sig=0"),
        ("se=", "se=1"),
        ("st=", "st=1"),
        ("sp=r", "sp=w"),
        ("sig=", "sig=%C3%A9"),
        ("se=", "se=%C3%A9"),
    ],
)
def test_modified_link_is_forbidden(links: list[dict[str, Any]], part: str, other: str) -> None:
    response = ask(links[0]["href"].replace(part, other))
    assert response.status == 403
    assert b"AuthenticationFailed" in response.body


def test_link_opens_one_file_only(links: list[dict[str, Any]]) -> None:
    path, _, _ = links[0]["href"].partition("?")
    _, _, other = links[1]["href"].partition("?")
    assert ask(f"{path}?{other}").status == 403


def test_link_lifetime_depends_on_file_size(start: Callable[..., Hub]) -> None:
    now = [1_000_000.0]
    hub = start(clock=lambda: now[0])
    sizes = {0: 300, 12_500_000: 1300, 10**9: 3600}
    links = [hub.push(file_size=size)[0]["_links"]["download"]["href"] for size in sizes]
    for link, lifetime in zip(links, sizes.values(), strict=True):
        now[0] = 1_000_000.0 + lifetime - 1
        assert ask(link, Range="bytes=0-0").status != 403
        now[0] += 1
        assert ask(link, Range="bytes=0-0").status == 403


def test_changeset_without_its_file_has_no_link(start: Callable[..., Hub]) -> None:
    (waiting,) = start(generate_project(1)).push(state="waitingForFile")
    assert waiting["_links"]["download"] is None


def test_links_and_their_signatures_stay_out_of_the_log(start: Callable[..., Hub]) -> None:
    hub = start()
    link = get(hub, "/changesets/1").json["changeset"]["_links"]["download"]["href"]
    ask(link)
    assert hub.log[-1] == "GET /blobs/… 200"


def test_file_has_an_etag_that_stays(links: list[dict[str, Any]]) -> None:
    whole, again, part = ask(links[0]["href"]), ask(links[0]["href"]), ask(links[0]["href"], Range="bytes=5-9")
    assert re.fullmatch(r'"0x[0-9A-F]{16}"', whole.headers["etag"])
    assert whole.headers["etag"] == again.headers["etag"] == part.headers["etag"]
    assert ask(links[1]["href"]).headers["etag"] != whole.headers["etag"]


def test_file_has_type_and_range_headers(links: list[dict[str, Any]]) -> None:
    headers = ask(links[0]["href"]).headers
    assert (headers["accept-ranges"], headers["content-type"]) == ("bytes", "application/octet-stream")
    assert headers["x-ms-blob-type"] == "BlockBlob"


def test_if_range_sends_a_range_of_the_same_file_only(links: list[dict[str, Any]]) -> None:
    whole = ask(links[0]["href"])
    same = ask(links[0]["href"], Range="bytes=5-", If_Range=whole.headers["etag"])
    assert (same.status, same.body) == (206, whole.body[5:])
    for other in ('"0x0123456789ABCDEF"', f"W/{whole.headers['etag']}", "Mon, 01 Jan 2024 00:00:00 GMT", "nonsense"):
        changed = ask(links[0]["href"], Range="bytes=5-", If_Range=other)
        assert (changed.status, changed.body) == (200, whole.body)
        assert "content-range" not in changed.headers
    past_the_end = ask(links[0]["href"], Range=f"bytes={len(whole.body)}-", If_Range='"0x0123456789ABCDEF"')
    assert (past_the_end.status, past_the_end.body) == (200, whole.body)


def test_if_match_and_if_none_match(links: list[dict[str, Any]]) -> None:
    etag = ask(links[0]["href"]).headers["etag"]
    for condition in (etag, "*", f'"0x1", {etag}'):
        assert ask(links[0]["href"], If_Match=condition).status == 200
        unchanged = ask(links[0]["href"], If_None_Match=condition)
        assert (unchanged.status, unchanged.body, unchanged.headers["etag"]) == (304, b"", etag)
    other = ask(links[0]["href"], If_Match='"0x1"', Range="bytes=5-")
    assert other.status == 412
    assert b"ConditionNotMet" in other.body
    assert ask(links[0]["href"], If_None_Match='"0x1"').status == 200


def test_last_bytes_can_be_asked_for(links: list[dict[str, Any]]) -> None:
    whole = ask(links[0]["href"]).body
    part = ask(links[0]["href"], Range="bytes=-7")
    assert (part.status, part.body) == (206, whole[-7:])
    assert part.headers["content-range"] == f"bytes {len(whole) - 7}-{len(whole) - 1}/{len(whole)}"
    assert ask(links[0]["href"], Range="bytes=-0").status == 416
    assert ask(links[0]["href"], Range=f"bytes=-{len(whole) + 1}").body == whole


def test_another_upload_gives_another_etag(start: Callable[..., Hub]) -> None:
    hub = start(generate_project(3))
    head = get(hub, "/changesets/3").json["changeset"]
    body = {"id": "a" * 40, "parentId": head["id"], "briefcaseId": head["briefcaseId"], "fileSize": 4}
    owner = get(hub, f"/briefcases/{head['briefcaseId']}").json["briefcase"]["ownerId"]
    token = f"Bearer {hub.issue_token(owner)}"
    url = f"{hub.base_url}/imodels/{hub.imodel_id}/changesets"
    links = ask(url, "POST", json.dumps(body), Authorization=token).json["changeset"]["_links"]
    put = lambda content: ask(links["upload"]["href"], "PUT", content, x_ms_blob_type="BlockBlob").headers["etag"]  # noqa: E731
    assert put(b"1234") != put(b"1235")
    assert put(b"1234") == put(b"1234")


@pytest.mark.parametrize("fault", ["html:path=/blobs", "short-body:at=3,path=/blobs", "slow-bytes:ms=0,path=/blobs"])
def test_html_fault_has_no_etag_and_others_have(start: Callable[..., Hub], fault: str) -> None:
    hub = start()
    link = hub.push(file_size=2000)[0]["_links"]["download"]["href"]
    right = ask(link)
    hub.inject(fault)
    wrong = ask(link)
    assert wrong.status == 200
    assert (wrong.body == right.body) == fault.startswith("slow-bytes")
    assert wrong.headers.get("etag") == (None if fault.startswith("html") else right.headers["etag"])
    assert ask(link).body == right.body
