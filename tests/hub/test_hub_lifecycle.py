"""The hub as a whole: starting, stopping, pushing, pacing, spoiling."""

import ast
import logging
import socket
import sqlite3
import struct
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from http.client import HTTPConnection, IncompleteRead
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from helpers.hub_requests import ask, fetch_pages, get

import imodels_hub as hub_package
from imodels_hub import Hub, Response, generate_project, iterate_changeset_pages, iterate_named_version_pages
from imodels_hub.http.api_handler import RateLimit
from imodels_hub.server import PushContent, PushOptions
from imodels_hub.settings import HubOptions, Settings

DESCRIPTORS = Path("/proc/self/fd")


def open_descriptors() -> int:
    return len(list(DESCRIPTORS.iterdir())) if DESCRIPTORS.exists() else 0


def test_it_has_no_address_before_it_starts() -> None:
    hub = Hub(generate_project(1))
    assert repr(hub) == "<Hub, not running>"
    with pytest.raises(RuntimeError, match=r"Call start\(\) first"):
        _ = hub.base_url
    with pytest.raises(RuntimeError, match=r"Call start\(\) first"):
        hub.push()
    hub.stop()


def test_listens_on_loopback_only(start: Callable[..., Hub]) -> None:
    hub = start()
    assert hub.base_url.startswith("http://127.0.0.1:")
    assert hub.identity_url == f"{hub.base_url}/idp"
    assert repr(hub) == f"<Hub at {hub.base_url}>"
    assert hub.token not in repr(hub)


@pytest.mark.parametrize(
    ("host", "warned"), [("0.0.0.0", True), ("", True), ("127.0.0.1", False), ("localhost", False)]
)
def test_warning_when_not_on_loopback(
    start: Callable[..., Hub], caplog: pytest.LogCaptureFixture, host: str, *, warned: bool
) -> None:
    hub = start(host=host)
    assert ("Everyone who reaches the port" in caplog.text) is warned
    assert get(hub, "").status == 200


def test_cannot_start_twice_or_on_a_used_port(start: Callable[..., Hub]) -> None:
    hub = start()
    with pytest.raises(RuntimeError, match="already running"):
        hub.start()
    port = urlsplit(hub.base_url).port
    with pytest.raises(OSError, match="in use"):
        Hub(generate_project(1), port=port or 0).start()


def test_stopping_leaves_no_thread_and_no_descriptor() -> None:
    with Hub(generate_project(5)) as warm:
        get(warm, "/changesets")
    threads, descriptors = threading.active_count(), open_descriptors()
    for _ in range(3):
        hub = Hub(generate_project(5), latency_ms=5).start()
        address = urlsplit(hub.base_url)
        idle = HTTPConnection(address.netloc)
        idle.connect()
        get(hub, "/changesets")
        hub.stop()
        hub.stop()
        idle.close()
    assert threading.active_count() == threads
    assert open_descriptors() == descriptors


def test_stopping_does_not_wait_for_slow_answers() -> None:
    hub = Hub(generate_project(5), latency_ms=3_600_000).start()
    connection = HTTPConnection(urlsplit(hub.base_url).netloc)
    connection.request("GET", f"/imodels/{hub.imodel_id}", headers={"Authorization": f"Bearer {hub.token}"})
    assert ask(f"{hub.identity_url}/device").status == 200
    hub.stop()
    with pytest.raises(ConnectionError):
        connection.getresponse()
    connection.close()


def test_restart_after_stop_has_no_pushes() -> None:
    hub = Hub(generate_project(5)).start()
    hub.push()
    assert hub._server
    url, database = hub.base_url, hub._server.database
    hub.stop()
    with pytest.raises(ConnectionError):
        ask(url)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        database.find_tip()
    with hub:
        assert len(get(hub, "/changesets").json["changesets"]) == 5


def test_many_hubs_live_side_by_side(start: Callable[..., Hub]) -> None:
    hubs = [start(generate_project(count, seed=count), token=f"token-{count}") for count in (1, 2, 3)]
    assert len({hub.base_url for hub in hubs}) == len({hub.imodel_id for hub in hubs}) == 3
    assert [len(get(hub, "/changesets").json["changesets"]) for hub in hubs] == [1, 2, 3]
    assert get(hubs[0], "/changesets", Authorization="Bearer token-2").status == 401


def test_many_clients_are_served_at_once(start: Callable[..., Hub]) -> None:
    hub = start(generate_project(3_000))
    with ThreadPoolExecutor(16) as pool:
        responses = list(pool.map(lambda _: get(hub, "/changesets?$top=1000&afterIndex=1000"), range(32)))
    assert {response.status for response in responses} == {200}
    assert len({response.body for response in responses}) == 1


def test_one_connection_serves_many_requests(hub: Hub) -> None:
    connection = HTTPConnection(urlsplit(hub.base_url).netloc)
    connection.connect()
    stored = connection.sock
    for _ in range(3):
        connection.request("GET", f"/imodels/{hub.imodel_id}", headers={"Authorization": f"Bearer {hub.token}"})
        assert connection.getresponse().read()
        assert connection.sock is stored
    connection.close()


def test_push_is_appended_and_served_at_once(start: Callable[..., Hub]) -> None:
    hub = start(generate_project(5), clock=lambda: 1_800_000_000.13)
    last = get(hub, "/changesets/5").json["changeset"]
    pushed = hub.push(2, description="By hand", containing_changes=4, file_size=0, state="waitingForFile")
    assert [row["index"] for row in pushed] == [6, 7]
    assert [row["parentId"] for row in pushed] == [last["id"], pushed[0]["id"]]
    assert {row["pushDateTime"] for row in pushed} == {"2027-01-15T08:00:00.13Z"}
    assert {(row["description"], row["containingChanges"], row["fileSize"]) for row in pushed} == {("By hand", 4, 0)}
    served = get(hub, "/changesets?afterIndex=5", Prefer="return=representation").json["changesets"]
    assert served == pushed
    assert served[0]["state"] == "waitingForFile"


def test_threads_that_push_together_make_one_chain(start: Callable[..., Hub]) -> None:
    hub = start(generate_project(0))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: hub.push(5), range(8)))
    rows = get(hub, "/changesets").json["changesets"]
    assert [row["index"] for row in rows] == list(range(1, 41))
    assert [row["parentId"] for row in rows] == ["", *(row["id"] for row in rows[:-1])]


def test_rate_limit_sends_retry_after(start: Callable[..., Hub]) -> None:
    now = [0.0]
    hub = start(rate_limit=2, clock=lambda: now[0])
    assert [get(hub, "/changesets").status for _ in range(3)] == [200, 200, 429]
    response = get(hub, "")
    assert response.headers["retry-after"] == "1"
    assert response.json == {
        "error": {
            "code": "TooManyRequests",
            "message": "More requests were received than the subscription rate-limit allows.",
        }
    }
    assert ask(f"{hub.identity_url}/device").status == 200
    now[0] += 1
    assert get(hub, "").status == 200


@pytest.mark.parametrize("nothing", [0, -1.5, float("nan"), float("inf")])
def test_limit_that_allows_nothing_is_refused(nothing: float) -> None:
    with pytest.raises(ValueError, match=r"rate_limit should be .* above 0"):
        Hub(generate_project(1), rate_limit=nothing)


def test_slow_limit_asks_for_a_long_wait() -> None:
    now = [0.0]
    limit = RateLimit(0.1, lambda: now[0])
    assert [limit.take_token(), limit.take_token()] == [None, 10]
    now[0] += 4
    assert limit.take_token() == 6
    now[0] += 6
    assert limit.take_token() is None


def test_fault_spoils_one_answer_each(start: Callable[..., Hub]) -> None:
    hub = start()
    hub.inject(lambda _: Response(503, b"<html>", {"Content-Type": "text/html", "Retry-After": "7"}))
    hub.inject(lambda response: replace(response, body=response.body.replace(b'"index"', b'"xedni"')))
    spoiled, changed, whole = (get(hub, "/changesets") for _ in range(3))
    assert (spoiled.status, spoiled.body, spoiled.headers["retry-after"]) == (503, b"<html>", "7")
    assert "xedni" in changed.json["changesets"][0]
    assert "index" in whole.json["changesets"][0]


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_function_can_cut_the_connection(start: Callable[..., Hub], encoding: str) -> None:
    hub = start()
    hub.inject(lambda response: replace(response, cut_after=100))
    with pytest.raises(IncompleteRead) as cut:
        get(hub, "/changesets", Accept_Encoding=encoding)
    assert len(cut.value.partial) == 100
    assert hub.log == ["GET /imodels/…/changesets 200 20 rows"]
    assert get(hub, "/changesets").status == 200


def test_internal_error_is_500_without_details(start: Callable[..., Hub], caplog: pytest.LogCaptureFixture) -> None:
    hub = start()
    hub.inject(lambda _: Response(200, b"", {"X": 1 / 0}))  # type: ignore[dict-item] # it never gets so far
    response = get(hub, "/changesets?secret=canary")
    assert response.status == 500
    assert response.error == {"code": "Unknown", "message": "Internal Server Error"}
    assert "A response to /imodels/…/changesets failed." in caplog.text
    assert "canary" not in caplog.text


@pytest.mark.parametrize("status", [204, 304])
def test_status_without_body(start: Callable[..., Hub], status: int) -> None:
    hub = start(inject=[f"empty-error:status={status}"])
    response = get(hub, "/changesets")
    assert (response.status, response.body) == (status, b"")


@pytest.mark.parametrize("order", ["latency:ms", "gaps:gap", "too-many-requests:as_date=1,retry_after", "html:after"])
def test_number_of_a_fault_has_at_most_nine_digits(order: str) -> None:
    with pytest.raises(ValueError, match=r"should be a whole number, as in .* of at most 9 digits"):
        Hub(generate_project(1), inject=[f"{order}=9999999999"])


def test_closed_connection_is_not_logged(start: Callable[..., Hub], caplog: pytest.LogCaptureFixture) -> None:
    hub = start(latency_ms=30)
    at = urlsplit(hub.base_url)
    with socket.create_connection((at.hostname or "", at.port or 0)) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # hang up with a reset
        connection.sendall(f"GET /imodels HTTP/1.1\r\nHost: {at.netloc}\r\n\r\n".encode())
        time.sleep(0.01)
    while not hub.log:  # its response goes nowhere
        time.sleep(0.005)
    assert get(hub, "").status == 200
    assert not caplog.records


def test_every_response_is_logged(start: Callable[..., Hub], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "imodels_nb.sample")
    hub = start()
    for path in ("/changesets?$top=7", "/changesets/1", "/changesets?$top=0", "/namedversions", "", "/nothing"):
        get(hub, path)
    assert hub.log == [
        "GET /imodels/…/changesets 200 7 rows",
        "GET /imodels/…/changesets/… 200",
        "GET /imodels/…/changesets 422",
        "GET /imodels/…/namedversions 200 4 rows",
        "GET /imodels/… 200",
        "GET unknown route 404",
    ]
    assert [record.getMessage() for record in caplog.records if record.name == "imodels_nb.sample"] == hub.log


@pytest.mark.parametrize("detail", ["minimal", "full"])
def test_offline_pages_equal_the_server_pages(detail: str, start: Callable[..., Hub]) -> None:
    project = generate_project(2_001, gaps=True)
    hub = start(project, permissions=["imodels_webview"])
    prefer = "return=minimal" if detail == "minimal" else "return=representation"
    sent = fetch_pages(hub, "/changesets?$top=1000", Prefer=prefer)
    written = list(iterate_changeset_pages(project, detail, hub.base_url))  # type: ignore[arg-type] # one of the two
    assert written[0] == get(hub, "/changesets?$top=1000", Prefer=prefer).body
    assert [len(page["changesets"]) for page in sent] == [1000, 1000, 1]
    assert len(written) == 3


def test_offline_named_versions_equal_the_server_pages(hub: Hub) -> None:
    (written,) = iterate_named_version_pages(generate_project(), hub.base_url)
    sent = get(hub, "/namedversions?$top=1000&$orderBy=changesetIndex", Prefer="return=representation")
    assert written == sent.body


def find_imports(module: Path) -> set[str]:
    """Return the top-level packages that a module imports."""
    nodes = list(ast.walk(ast.parse(module.read_text(encoding="utf-8"))))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "." for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in names}


def test_hub_imports_nothing_of_the_toolkit() -> None:
    modules = list(Path(hub_package.__file__ or "").parent.rglob("*.py"))
    names = set().union(*map(find_imports, modules)) - sys.stdlib_module_names
    assert len(modules) > 20
    assert names - {"imodels_hub"} == {"apsw", "numpy", "tornado"}


def test_options_are_the_settings_and_the_content_of_a_push() -> None:
    assert [*HubOptions.__annotations__] == [field.name for field in fields(Settings)][1:]
    assert [*PushOptions.__annotations__] == [field.name for field in fields(PushContent)]
