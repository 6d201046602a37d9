"""Every fault of the catalog, as its HTTP responses show it."""

import gzip
import json
import re
import socket
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from http.client import IncompleteRead
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from helpers.hub_requests import HttpResponse, ask, fetch_pages, get, post

from imodels_hub import FAULTS, Hub, generate_project
from imodels_hub.faults.catalog import parse_fault

NOW = 1_800_000_000.0


@pytest.fixture
def inject(start: Callable[..., Hub]) -> Callable[[str], Hub]:
    """Start a hub with one fault."""

    def inject(order: str) -> Hub:
        return start(inject=[order], clock=lambda: NOW, auto_approve=True)

    return inject


def page(hub: Hub, query: str = "") -> HttpResponse:
    return get(hub, f"/changesets?$top=5{query}")


def test_fault_latency(inject: Callable[[str], Hub]) -> None:
    delayed = page(inject("latency:ms=1"))
    assert [row["index"] for row in delayed.json["changesets"]] == [1, 2, 3, 4, 5]


def test_fault_too_many_requests(inject: Callable[[str], Hub]) -> None:
    hub = inject("too-many-requests:retry_after=7,times=2")
    responses = [page(hub) for _ in range(3)]
    assert [response.status for response in responses] == [429, 429, 200]
    assert responses[0].headers["retry-after"] == "7"
    assert "itwinplatform-ratelimit-remainingcalls" not in responses[0].headers
    assert responses[0].error["code"] == "TooManyRequests"


def test_too_many_requests_with_date_and_remaining_calls(inject: Callable[[str], Hub]) -> None:
    response = page(inject("too-many-requests:retry_after=90,as_date=1,remaining=1"))
    assert parsedate_to_datetime(response.headers["retry-after"]).timestamp() == NOW + 90
    assert response.headers["itwinplatform-ratelimit-remainingcalls"] == "0"


def test_fault_server_error(inject: Callable[[str], Hub]) -> None:
    hub = inject("server-error:status=500,times=3,every=2,after=1,retry_after=4")
    responses = [page(hub) for _ in range(7)]
    assert [response.status for response in responses] == [200, 500, 200, 500, 200, 500, 200]
    assert responses[1].headers["retry-after"] == "4"


def test_html_is_sent_instead_of_json(inject: Callable[[str], Hub]) -> None:
    response = page(inject("html:status=503"))
    assert (response.status, response.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert response.body.startswith(b"<!doctype html>")


def test_fault_expired_token(inject: Callable[[str], Hub]) -> None:
    hub = inject("expired-token:after=1")
    begun = post(f"{hub.identity_url}/connect/device_authorization", client_id=hub.client_id).json
    form = {"client_id": hub.client_id, "grant_type": "urn:ietf:params:oauth:grant-type:device_code"}
    tokens = [
        post(f"{hub.identity_url}/connect/token", device_code=begun["device_code"], **form).json for _ in range(3)
    ][-1]
    mine = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert [get(hub, "/changesets", **mine).status for _ in range(3)] == [200, 401, 401]
    renewed = post(
        f"{hub.identity_url}/connect/token",
        client_id=hub.client_id,
        grant_type="refresh_token",
        refresh_token=tokens["refresh_token"],
    ).json
    assert get(hub, "/changesets", Authorization=f"Bearer {renewed['access_token']}").status == 200


def test_faults_flat_error_and_empty_error(inject: Callable[[str], Hub]) -> None:
    flat = page(inject("flat-error"))
    assert (flat.status, flat.json.keys()) == (401, {"message"})
    empty = page(inject("empty-error"))
    assert (empty.status, empty.body) == (502, b"")


def test_fault_reset(inject: Callable[[str], Hub]) -> None:
    with pytest.raises(IncompleteRead) as cut:
        page(inject("reset:at=33"))
    assert len(cut.value.partial) == 33


def test_fault_truncated_gzip(inject: Callable[[str], Hub]) -> None:
    response = page(inject("truncated-gzip"))
    assert (response.status, response.headers["content-encoding"]) == (200, "gzip")
    with pytest.raises(EOFError):
        gzip.decompress(response.body)


def test_faults_foreign_next_and_looping_next(inject: Callable[[str], Hub]) -> None:
    foreign = page(inject("foreign-next")).json["_links"]
    assert foreign["next"]["href"].startswith("http://203.0.113.9/imodels/")
    looping = page(inject("looping-next")).json["_links"]
    assert looping["next"] == looping["self"]


def test_faults_missing_field_and_wrong_type(inject: Callable[[str], Hub]) -> None:
    lacking = page(inject("missing-field:field=pushDateTime")).json["changesets"]
    assert not [row for row in lacking if "pushDateTime" in row]
    assert {row["index"] for row in page(inject("wrong-type")).json["changesets"]} == {"many"}
    assert {row["id"] for row in page(inject("wrong-type:field=id")).json["changesets"]} == {7}


def test_rows_are_left_out(inject: Callable[[str], Hub]) -> None:
    rows = page(inject("missing-rows:at=1,count=2")).json["changesets"]
    assert [row["index"] for row in rows] == [1, 4, 5]


def test_pushes_arrive_between_two_pages(inject: Callable[[str], Hub]) -> None:
    rows = [
        row["index"]
        for part in fetch_pages(inject("pushes:count=2,times=2"), "/changesets?$top=10")
        for row in part["changesets"]
    ]
    assert rows == list(range(1, 25))


def test_fault_gaps(inject: Callable[[str], Hub]) -> None:
    rows = get(inject("gaps"), "/changesets?afterIndex=19").json["changesets"]
    assert [row["index"] for row in rows] == [20, 26, 32, 38]
    assert [row["parentId"] for row in rows[1:]] == [row["id"] for row in rows[:-1]]


def test_file_has_not_arrived(inject: Callable[[str], Hub]) -> None:
    rows = get(inject("waiting-for-file"), "/changesets?afterIndex=19").json["changesets"]
    assert [row["state"] for row in rows] == ["fileUploaded", "waitingForFile"]


def test_fault_rolled_back(inject: Callable[[str], Hub]) -> None:
    hub = inject("rolled-back:count=4,push=6")
    before, after = get(hub, "/changesets").json["changesets"], get(hub, "/changesets").json["changesets"]
    assert [row["index"] for row in after] == list(range(1, 23))
    assert after[:16] == before[:16]
    assert not {row["id"] for row in after[16:]} & {row["id"] for row in before}
    assert after[16]["parentId"] == before[15]["id"]
    named = {row["changesetIndex"] for row in get(hub, "/namedversions").json["namedVersions"]}
    assert max(named) <= 16


def test_rolled_back_timeline_may_become_empty(start: Callable[..., Hub]) -> None:
    hub = start()
    hub.roll_back(100)
    assert get(hub, "/changesets").json["changesets"] == []
    assert hub.push()[0]["index"] == 1
    hub.stop()
    with pytest.raises(RuntimeError, match=r"Call start\(\) first"):
        hub.roll_back()


def test_fault_for_some_routes_or_files(inject: Callable[[str], Hub]) -> None:
    hub = inject("server-error:path=/namedversions,times=0")
    assert [get(hub, path).status for path in ("/changesets", "/namedversions", "/namedversions")] == [200, 503, 503]
    link = get(hub, "/changesets/1").json["changeset"]["_links"]["download"]["href"]
    hub.inject("reset:path=/blobs,at=10", "server-error:times=0")
    with pytest.raises(IncompleteRead):
        ask(link)
    assert ask(link).status == 200
    hub.clear_faults()
    assert get(hub, "/namedversions").status == 200


def test_faults_can_be_combined(start: Callable[..., Hub]) -> None:
    hub = start(inject=["missing-rows:at=0,count=3", "pushes", "missing-field:field=state"])
    rows = get(hub, "/changesets").json["changesets"]
    assert len(rows) == 17
    assert "state" not in rows[0]
    assert len(get(hub, "/changesets").json["changesets"]) == 21


def test_error_is_not_spoiled_further(start: Callable[..., Hub]) -> None:
    response = get(start(inject=["missing-rows"]), "/changesets?$top=0")
    assert response.error["details"]


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ("nothing", "There is no fault 'nothing'. There are: latency,"),
        ("latency:s=1", "takes no 's'; it takes ms, after, every, times, path"),
        ("latency:ms=soon", "should be a whole number, as in ms=1000"),
        ("latency:ms", "should be a whole number"),
    ],
)
def test_invalid_fault_is_an_error_with_advice(order: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_fault(order)


def test_each_fault_is_documented_and_tested() -> None:
    assert all("\n" not in line and "." in line for line in FAULTS.values())
    shown = re.findall(r'inject\("([a-z-]+)', Path(__file__).read_text(encoding="utf-8"))
    assert set(FAULTS) == set(shown)


def test_rate_limit_shows_remaining_requests(start: Callable[..., Hub]) -> None:
    now = [0.0]
    hub = start(generate_project(3), rate_limit=3, show_remaining=True, clock=lambda: now[0])
    left = [get(hub, "").headers["itwinplatform-ratelimit-remainingcalls"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    assert get(hub, "").status == 429
    now[0] += 0.5
    assert json.loads(get(hub, "").body)["iModel"]


def test_faults_of_the_provider(inject: Callable[[str], Hub]) -> None:
    hub = inject("oauth-error:code=invalid_scope,path=/idp/device_authorization")
    hub.inject("server-error:path=/idp/token", "html:path=/idp/discovery")
    url = f"{hub.identity_url}/connect/device_authorization"
    assert get(hub, "/changesets").status == 200
    refused = post(url, client_id=hub.client_id)
    assert (refused.status, refused.json) == (400, {"error": "invalid_scope"})
    assert post(url, client_id=hub.client_id).json["device_code"]
    assert [post(f"{hub.identity_url}/connect/token", client_id=hub.client_id).status for _ in range(2)] == [503, 400]
    assert ask(f"{hub.identity_url}/.well-known/openid-configuration").body.startswith(b"<!doctype html>")


def test_fault_short_body(inject: Callable[[str], Hub]) -> None:
    response = page(inject("short-body:at=30"))
    assert (response.status, len(response.body), response.headers["content-length"]) == (200, 30, "30")


def test_body_is_sent_byte_by_byte(inject: Callable[[str], Hub]) -> None:
    hub = inject("slow-bytes:ms=0")
    assert page(hub).body == page(hub).body
    with raw(inject("slow-bytes:ms=60000")) as response:
        head, body = read_until(response, b"\r\n\r\n{").split(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK")
        assert body == b"{"


def test_faults_endless_continue_and_endless_body(inject: Callable[[str], Hub]) -> None:
    with raw(inject("endless-continue:ms=0")) as response:
        assert read_until(response, b"HTTP/1.1 100 Continue\r\n\r\n" * 2).startswith(b"HTTP/1.1 100 Continue")
    with raw(inject("endless-body")) as response:
        assert b"Transfer-Encoding: chunked" in read_until(
            response, b"}}" + b"\r\n10000\r\n" + b" " * 0x10000 + b"\r\n10000"
        )


def test_stop_ends_an_endless_response(start: Callable[..., Hub]) -> None:
    hub = start(inject=["endless-continue"])
    with raw(hub) as response:
        read_until(response, b"100 Continue")
        hub.stop()
        while response.recv(1 << 16):
            pass


def test_early_hints_come_before_the_answer(inject: Callable[[str], Hub]) -> None:
    with raw(inject("early-hints")) as response:
        first, second = read_until(response, b"\r\n\r\n{").split(b"\r\n\r\n")[:2]
        assert first.startswith(b"HTTP/1.1 103 Early Hints")
        assert second.startswith(b"HTTP/1.1 200 OK")


def test_fault_gzip_bomb(inject: Callable[[str], Hub]) -> None:
    response = page(inject("gzip-bomb:megabytes=3"))
    whole = gzip.decompress(response.body)
    assert len(response.body) < 100_000 < 3 << 20 < len(whole)
    assert [row["index"] for row in json.loads(whole)["changesets"]] == [1, 2, 3, 4, 5]


def test_gzip_body_has_two_members(inject: Callable[[str], Hub]) -> None:
    hub = inject("gzip-members")
    response = page(hub)
    assert response.body.count(b"\x1f\x8b\x08") == 2
    assert gzip.decompress(response.body) == page(hub).body


def test_fault_endless_list(inject: Callable[[str], Hub]) -> None:
    hub = inject("endless-list:times=0")
    pages = [page(hub)]
    for _ in range(3):
        pages.append(ask(pages[-1].json["_links"]["next"]["href"], Authorization=f"Bearer {hub.token}"))
    assert {tuple(row["index"] for row in response.json["changesets"]) for response in pages} == {(1, 2, 3, 4, 5)}
    assert len({response.json["_links"]["next"]["href"] for response in pages}) == 4


def test_text_ends_in_half_a_character(inject: Callable[[str], Hub]) -> None:
    response = page(inject("lone-surrogate"))
    assert response.body.isascii() or response.body.decode()
    assert {row["description"][-1] for row in response.json["changesets"]} == {"\ud83d"}


def test_faults_control_characters_and_hostile_error(inject: Callable[[str], Hub]) -> None:
    rows = page(inject("control-characters:field=displayName")).json["changesets"]
    assert {row["displayName"][1:] for row in rows} == {"\x1b[31m\x00\u202e"}
    assert "\x1b[31mred\u202e" in page(inject("hostile-error")).error["message"]


def test_faults_impossible_date_and_huge_number(inject: Callable[[str], Hub]) -> None:
    first = page(inject("impossible-date")).json["changesets"]
    assert {row["pushDateTime"] for row in first} == {"0001-01-01T00:00:00Z"}
    last = page(inject("impossible-date:year=9999")).json["changesets"]
    assert {row["pushDateTime"] for row in last} == {"9999-12-31T23:59:59Z"}
    users = get(
        inject("impossible-date:field=statistics.lastChangesetPushDate"), "/users", Prefer="return=representation"
    )
    assert {user["statistics"]["lastChangesetPushDate"] for user in users.json["users"]} == {"0001-01-01T00:00:00Z"}
    assert re.findall(rb'"fileSize":(\d+)', page(inject("huge-number")).body) == [b"9" * 5000] * 5


def test_retry_after_can_be_zero_or_in_the_past(inject: Callable[[str], Hub]) -> None:
    assert page(inject("too-many-requests:retry_after=0")).headers["retry-after"] == "0"
    past = page(inject("too-many-requests:retry_after=60,in_past=1")).headers["retry-after"]
    assert parsedate_to_datetime(past).timestamp() == NOW - 60


def test_application_is_not_registered(inject: Callable[[str], Hub]) -> None:
    response = page(inject("unknown-client"))
    assert (response.status, response.error["code"]) == (401, "UnknownClient")


def raw(hub: Hub) -> socket.socket:
    """Send a request for a page over a socket of its own."""
    parts = urlsplit(hub.base_url)
    connection = socket.create_connection((parts.hostname, parts.port), timeout=30)
    path = f"/imodels/{hub.imodel_id}/changesets?$top=5"
    connection.sendall(
        f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {hub.token}\r\n\r\n".encode()
    )
    return connection


def read_until(connection: socket.socket, end: bytes) -> bytes:
    """Read on until a text has come."""
    received = b""
    while end not in received:
        more = connection.recv(1 << 16)
        assert more, f"the connection was closed after {received[:200]!r}"
        received += more
    return received
