"""Hostile responses: results or our errors, without tokens and signed links."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from helpers.raw_server import build_response, serve_requests
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


def build_rejection(retry_after: str) -> bytes:
    """Build a 429 that ends its connection, on which no retry may be sent."""
    return build_response(status=429, Retry_After=retry_after, Connection="close")


@contextmanager
def client_of(raw: bytes) -> Iterator[IModelsClient]:
    """Yield a client of a service that sends these bytes, one response per connection."""

    def send(connection: socket.socket, _: str) -> None:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)

    with (
        serve_requests(send) as base_url,
        IModelsClient(StaticTokenCredential(TOKEN), base_url=base_url) as client,
    ):
        yield client


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (build_response(status=302, Location="http://[::1"), HTTPStatusError),
        (build_response(status=302, Location="http://127.0.0.1:99999999/"), HTTPStatusError),
        (build_response(status=307, Location="http://elsewhere:abc/"), HTTPStatusError),
        (build_rejection("Mon, 01 Jan 2024 00:00:00 +99999999999999999"), RateLimited),
        (build_rejection("9" * 5_000), RateLimited),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n{}", ConnectionFailed),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}", ConnectionFailed),
        (b"SSH-2.0\r\n\r\n", ConnectionFailed),
        (build_response(b'{"changesets":' + b"[" * 100_000), UnexpectedResponse),
        (build_response(b"null"), UnexpectedResponse),
    ],
    ids=[
        *("broken redirect", "redirect to no port", "redirect to a word", "odd date", "endless wait"),
        *("negative chunk", "no chunk", "no http", "deep", "null"),
    ],
)
def test_s4_invalid_response_shows_no_token(raw: bytes, kind: type[IModelsError]) -> None:
    with client_of(raw) as client:
        with pytest.raises(kind):
            fetch_changesets(client, IMODEL)
        assert not contains_secret(verbose_traceback(lambda: fetch_changesets(client, IMODEL)))


def test_absurd_retry_after_is_ignored() -> None:
    with client_of(build_rejection("9" * 5_000)) as client, pytest.raises(RateLimited) as caught:
        fetch_changesets(client, IMODEL)
    assert caught.value.retry_after is None


def test_absurd_count_in_a_header_is_ignored() -> None:
    with client_of(build_response(NOTHING, iTwinPlatform_RateLimit_RemainingCalls="9" * 5_000)) as client:
        assert fetch_changesets(client, IMODEL).empty


@pytest.mark.parametrize(
    "written", [TOKEN.replace("/", "\\/"), "".join(f"\\u{ord(character):04x}" for character in TOKEN)]
)
def test_s4_escaped_token_in_a_response_is_replaced(written: str) -> None:
    body = f'{{"error":{{"code":"{written}","message":"I got {written}!","details":[{{"message":"{written}"}}]}}}}'
    with client_of(build_response(body.encode(), 400)) as client:
        with pytest.raises(HTTPStatusError, match=r"I got \[token\]!") as caught:
            fetch_changesets(client, IMODEL)
        assert not contains_secret(f"{caught.value} {caught.value.code} {caught.value.details}")


@pytest.mark.parametrize("fetch", ["list", "one"])
def test_s4_invalid_page_shows_no_signed_link(fetch: str) -> None:
    row = {"index": "many", "_links": {"download": {"href": SIGNED, "storageType": "azure"}}}
    page = {"changeset": row} if fetch == "one" else {"changesets": [row], "_links": {}}
    with client_of(build_response(json.dumps(page).encode())) as client:
        calls = {
            "list": lambda: fetch_changesets(client, IMODEL, detail="full"),
            "one": lambda: fetch_changeset(client, IMODEL, 1),
        }
        printed = verbose_traceback(calls[fetch])
    assert "should be a whole number" in printed
    assert not contains_secret(printed)
