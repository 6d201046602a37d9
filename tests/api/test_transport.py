"""Limits on time and size of a request, and unusual responses."""

import gzip
import itertools
import json
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest
from helpers.raw_server import build_response, drip_headers, serve_requests

from imodels_nb.api import IModelsClient, throttle
from imodels_nb.auth import StaticTokenCredential
from imodels_nb.errors import ConnectionFailed, HTTPStatusError, IModelsError, NotFound, UnexpectedResponse
from imodels_nb.fetch import fetch_changesets, fetch_portfolio, fetch_users

IMODEL = "5e19bee0-3aea-4355-a9f0-c6df9989ee7d"
OTHER = "6e19bee0-3aea-4355-a9f0-c6df9989ee7d"
EMPTY = b'{"changesets":[],"_links":{}}'
GZIP = {"Content_Encoding": "gzip"}
LONG = 100  # seconds: a test that waits that long has failed


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "_FIRST_DELAY", 0.001)


@contextmanager
def client_of(respond: Callable[[socket.socket, str], None] | bytes, **options: Any) -> Iterator[IModelsClient]:
    """Yield a client of a service that sends bytes, or calls a function to respond."""

    def always(connection: socket.socket, _: str) -> None:
        connection.sendall(respond)  # type: ignore[arg-type]  # bytes

    with (
        serve_requests(respond if callable(respond) else always) as base_url,
        IModelsClient(StaticTokenCredential("t"), base_url=base_url, **options) as client,
    ):
        yield client


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("imodels_nb-")]


def _drip(connection: socket.socket, _: str) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        connection.sendall(b" ")
        time.sleep(0.05)


def _continue_for_ever(connection: socket.socket, _: str) -> None:
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.05)


def _early_hints_for_ever(connection: socket.socket, _: str) -> None:
    while True:
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        time.sleep(0.05)


def _chunks_for_ever(connection: socket.socket, _: str) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"1\r\n \r\n")
        time.sleep(0.05)


def _silence(connection: socket.socket, _: str) -> None:
    connection.recv(1)


@pytest.mark.parametrize(
    "respond",
    [_drip, drip_headers, _continue_for_ever, _early_hints_for_ever, _chunks_for_ever, _silence],
    ids=["byte by byte", "headers byte by byte", "100", "103", "chunks", "silence"],
)
def test_request_has_a_deadline_as_a_whole(respond: Callable[[socket.socket, str], None]) -> None:
    begun = time.monotonic()
    with client_of(respond, timeout=0.5) as client:
        with pytest.raises(ConnectionFailed, match=r"within 0\.5 s\. .*timeout=") as caught:
            fetch_changesets(client, IMODEL)
        assert not caught.value.is_retryable
        assert not workers()
    assert time.monotonic() - begun < LONG


def test_client_is_clean_after_a_deadline() -> None:
    slow = True

    def respond(connection: socket.socket, target: str) -> None:
        _drip(connection, target) if slow else connection.sendall(build_response(EMPTY))

    with client_of(respond, timeout=0.5, max_workers=1) as client:
        with pytest.raises(ConnectionFailed):
            fetch_changesets(client, IMODEL)
        slow = False
        assert client.throttle.compute_wait() == 0
        assert fetch_changesets(client, IMODEL).empty


def _row(index: int) -> dict[str, Any]:
    return {
        "id": str(index),
        "index": index,
        "parentId": str(index - 1),
        "creatorId": "c",
        "state": "fileUploaded",
        "pushDateTime": "2024-01-01T00:00:00Z",
        "containingChanges": 0,
        "fileSize": 1,
        "briefcaseId": 2,
    }


@pytest.mark.parametrize("close", [True, False], ids=["close", "keep-alive"])
def test_failure_aborts_the_requests_under_way(close: bool) -> None:
    rows = [_row(index) for index in range(9000, 8000, -1)]
    page = json.dumps({"changesets": rows, "_links": {"next": {"href": "x"}}}).encode()
    last = json.dumps({"changesets": rows}).encode()
    head = {"Connection": "close"} if close else {}
    older = itertools.count()

    def respond(connection: socket.socket, target: str) -> None:
        if "afterIndex=8000" in target:
            connection.sendall(build_response(last))
        elif "lastIndex" not in target:
            connection.sendall(build_response(page, **head))
        elif next(older) == 2:
            connection.sendall(build_response(status=404))
        else:
            connection.sendall(build_response(b"x" * 1000, **head)[:-1000])
            connection.recv(1)  # the rest never comes

    with client_of(respond, max_workers=4, timeout=LONG) as client:
        begun = time.monotonic()
        with pytest.raises(NotFound):
            fetch_changesets(client, IMODEL)
        assert not workers()
        assert client.throttle.under_way == 0
        assert len(fetch_changesets(client, IMODEL, after_index=8000)) == 1000
        assert time.monotonic() - begun < LONG / 2


def test_failure_of_one_fetch_leaves_another_alone() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def respond(connection: socket.socket, target: str) -> None:
        if OTHER in target:
            begun.set()
            go_on.wait(LONG)
            connection.sendall(build_response(EMPTY))
        else:
            connection.sendall(build_response(status=404))

    with client_of(respond) as client:
        outcome: list[int] = []
        other = threading.Thread(target=lambda: outcome.append(len(fetch_changesets(client, OTHER))))
        other.start()
        assert begun.wait(LONG)
        with pytest.raises(NotFound):
            fetch_changesets(client, IMODEL)
        go_on.set()
        other.join(LONG)
        assert outcome == [0]


@cache
def _bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(b" " * (1 << 20)) for _ in range(megabytes)) + packer.flush()


@pytest.mark.slow
@pytest.mark.parametrize(
    "build",  # in the test: workers collect it, too
    [
        lambda: build_response(_bomb(300), **GZIP),
        lambda: build_response(_bomb(300), status=302, Location="/x", **GZIP),
        lambda: build_response(_bomb(300), status=500, **GZIP),
        lambda: build_response(_bomb(1) * 300, **GZIP),
        lambda: build_response(b" " * (8 << 20)),
    ],
    ids=["gzip", "redirect", "error", "members", "plain"],
)
def test_large_body_is_refused(build: Callable[[], bytes]) -> None:
    with client_of(build(), max_response_bytes=4 << 20) as client:
        tracemalloc.start()
        with pytest.raises(UnexpectedResponse, match=r"4,194,304 bytes.*max_response_bytes="):
            fetch_changesets(client, IMODEL)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert most < 32 << 20


def test_large_body_without_an_end_is_refused() -> None:
    def respond(connection: socket.socket, _: str) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"10000\r\n" + b" " * 0x10000 + b"\r\n")

    with client_of(respond, max_response_bytes=1 << 20) as client, pytest.raises(UnexpectedResponse, match="more than"):
        fetch_changesets(client, IMODEL)


def test_body_as_large_as_the_limit_is_read() -> None:
    with client_of(
        build_response(gzip.compress(EMPTY), **GZIP), max_response_bytes=len(gzip.compress(EMPTY))
    ) as client:
        assert fetch_changesets(client, IMODEL).empty
    with client_of(build_response(EMPTY), max_response_bytes=len(EMPTY)) as client:
        assert fetch_changesets(client, IMODEL).empty


def test_large_body_fails_alone_in_a_portfolio() -> None:
    def respond(connection: socket.socket, target: str) -> None:
        connection.sendall(build_response(_bomb(100), **GZIP) if OTHER in target else build_response(EMPTY))

    with client_of(respond) as client:
        failures = fetch_portfolio(client, [IMODEL, OTHER]).failures
    assert failures["error"].to_dict() == {OTHER: "UnexpectedResponse"}


@pytest.mark.parametrize(
    "number", [0, -1, float("nan"), float("inf"), True, "90", None, pytest.param(10**5000, id="huge")]
)
def test_invalid_limits_are_refused(number: Any) -> None:
    with pytest.raises(ValueError, match="timeout should be a number above zero"):
        IModelsClient(StaticTokenCredential("t"), timeout=number)
    with pytest.raises(ValueError, match="max_response_bytes should be a whole number"):
        IModelsClient(StaticTokenCredential("t"), max_response_bytes=number)


@pytest.mark.parametrize("cut", [1, 10, 100])
def test_gzip_of_several_members_is_read(cut: int) -> None:
    body = json.dumps({"changesets": [_row(1) | {"parentId": ""}], "_links": {}}).encode()
    packed = gzip.compress(body[:cut]) + gzip.compress(body[cut:])
    for padding in (b"", b"\0" * 512):
        with client_of(build_response(packed + padding, **GZIP)) as client:
            assert fetch_changesets(client, IMODEL).index.tolist() == [1]


@pytest.mark.parametrize("rest", [b"more", gzip.compress(b"more")[:-1]], ids=["garbage", "half a member"])
def test_garbage_behind_gzip_is_an_error(rest: bytes) -> None:
    with client_of(build_response(gzip.compress(EMPTY) + rest, **GZIP)) as client, pytest.raises(ConnectionFailed):
        fetch_changesets(client, IMODEL)


@pytest.mark.parametrize("interim", [100, 102, 103])
def test_interim_responses_are_skipped(interim: int) -> None:
    asked: list[str] = []

    def respond(connection: socket.socket, target: str) -> None:
        asked.append(target)
        connection.sendall(f"HTTP/1.1 {interim} Wait\r\nLink: </x>\r\n\r\n".encode() * 2)
        time.sleep(0.05)  # the final response stands alone
        connection.sendall(build_response(b'{"users":[]}' if "users" in target else EMPTY))

    with client_of(respond) as client:
        assert fetch_changesets(client, IMODEL).empty
        assert fetch_users(client, IMODEL).empty  # on the same connection, with its own response
    assert len(asked) == 2


def test_switched_protocol_is_an_error() -> None:
    with client_of(b"HTTP/1.1 101 Switching\r\n\r\nsecret") as client, pytest.raises(ConnectionFailed):
        fetch_changesets(client, IMODEL)


@pytest.mark.parametrize("length", ["9" * 5000, "-1", "two"], ids=["huge", "negative", "word"])
def test_invalid_content_length_is_ignored(length: str) -> None:
    raw = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + length.encode() + b"\r\n\r\n" + EMPTY

    def respond(connection: socket.socket, _: str) -> None:
        connection.sendall(raw)
        raise OSError

    with client_of(respond) as client:
        try:
            assert fetch_changesets(client, IMODEL).empty
        except IModelsError as error:
            assert isinstance(error, ConnectionFailed)  # noqa: PT017 - either is right


def test_redirect_to_an_invalid_url_is_a_redirect() -> None:
    with (
        client_of(build_response(status=302, Location="http://[::1")) as client,
        pytest.raises(HTTPStatusError, match="redirects are not followed"),
    ):
        fetch_changesets(client, IMODEL)
