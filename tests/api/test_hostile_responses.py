"""Hostile responses: each is a result or one of our errors, without tokens and signed links."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread

import pytest
from helpers.scripted_provider import CANARY
from helpers.secrets_in_text import contains_secret, verbose_traceback

from imodels_nb.api import IModelsClient, throttle
from imodels_nb.auth import StaticTokenCredential
from imodels_nb.errors import ConnectionFailed, HTTPStatusError, IModelsError, RateLimited, UnexpectedResponse
from imodels_nb.fetch import fetch_changeset, fetch_changesets

IMODEL = "5e19bee0-3aea-4355-a9f0-c6df9989ee7d"
TOKEN = f"{CANARY}-to/ken"
NOTHING = b'{"changesets":[],"_links":{}}'
SIGNED = f"https://blobs.invalid/x?sig={CANARY}-signature"


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "_FIRST_DELAY", 0.0)


def answer(status: int = 200, body: bytes = b"", **headers: str) -> bytes:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {status} Words\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"  # one answer each
    return f"{head}{lines}\r\n".encode() + body


@contextmanager
def saying(raw: bytes) -> Iterator[IModelsClient]:
    """Give a client of a service that says this, byte by byte, whatever it is asked."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=_serve, args=[listener, raw], daemon=True).start()
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with IModelsClient(StaticTokenCredential(TOKEN), base_url=base_url) as client:
            yield client


def _serve(listener: socket.socket, raw: bytes) -> None:
    with suppress(OSError):  # the test is over
        while True:
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                connection.recv(65_536)
                connection.sendall(raw)


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (answer(302, Location="http://[::1"), HTTPStatusError),
        (answer(302, Location="http://127.0.0.1:99999999/"), HTTPStatusError),
        (answer(307, Location="http://elsewhere:abc/"), HTTPStatusError),
        (answer(429, Retry_After="Mon, 01 Jan 2024 00:00:00 +99999999999999999"), RateLimited),
        (answer(429, Retry_After="9" * 5_000), RateLimited),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n{}", ConnectionFailed),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}", ConnectionFailed),
        (b"SSH-2.0\r\n\r\n", ConnectionFailed),
        (answer(body=b'{"changesets":' + b"[" * 100_000), UnexpectedResponse),
        (answer(body=b"null"), UnexpectedResponse),
    ],
    ids=[
        *("broken redirect", "redirect to no port", "redirect to a word", "odd date", "endless wait"),
        *("negative chunk", "no chunk", "no http", "deep", "null"),
    ],
)
def test_s4_invalid_response_shows_no_token(raw: bytes, kind: type[IModelsError]) -> None:
    with saying(raw) as client:
        with pytest.raises(kind):
            fetch_changesets(client, IMODEL)
        assert not contains_secret(verbose_traceback(lambda: fetch_changesets(client, IMODEL)))


def test_absurd_retry_after_is_ignored() -> None:
    with saying(answer(429, Retry_After="9" * 5_000)) as client, pytest.raises(RateLimited) as caught:
        fetch_changesets(client, IMODEL)
    assert caught.value.retry_after is None


def test_absurd_count_in_a_header_is_ignored() -> None:
    with saying(answer(body=NOTHING, iTwinPlatform_RateLimit_RemainingCalls="9" * 5_000)) as client:
        assert fetch_changesets(client, IMODEL).empty


@pytest.mark.parametrize("written", [TOKEN.replace("/", "\\/"), "".join(f"\\u{ord(each):04x}" for each in TOKEN)])
def test_s4_escaped_token_in_a_response_is_replaced(written: str) -> None:
    body = f'{{"error":{{"code":"{written}","message":"I got {written}!","details":[{{"message":"{written}"}}]}}}}'
    with saying(answer(400, body.encode())) as client:
        with pytest.raises(HTTPStatusError, match=r"I got \[token\]!") as caught:
            fetch_changesets(client, IMODEL)
        assert not contains_secret(f"{caught.value} {caught.value.code} {caught.value.details}")


@pytest.mark.parametrize("fetch", ["list", "one"])
def test_s4_invalid_page_shows_no_signed_link(fetch: str) -> None:
    row = {"index": "many", "_links": {"download": {"href": SIGNED, "storageType": "azure"}}}
    page = {"changeset": row} if fetch == "one" else {"changesets": [row], "_links": {}}
    with saying(answer(body=json.dumps(page).encode())) as client:
        calls = {
            "list": lambda: fetch_changesets(client, IMODEL, detail="full"),
            "one": lambda: fetch_changeset(client, IMODEL, 1),
        }
        printed = verbose_traceback(calls[fetch])
    assert "should be a whole number" in printed
    assert not contains_secret(printed)
