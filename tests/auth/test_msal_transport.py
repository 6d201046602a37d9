"""Limits of one request: time, size, and types of the fields that are passed on."""

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from helpers.raw_server import endless, serve_bytes
from helpers.scripted_provider import CANARY, ScriptedProvider, ScriptedResponse

from imodels_nb.auth import IMS, ClientSecretCredential, IdentityProvider
from imodels_nb.auth.provider import Metadata
from imodels_nb.auth.transport import DISCOVERY_PATH, MsalTransport, parse_json_object
from imodels_nb.errors import AuthenticationError, ConnectionFailed, IModelsError, RateLimited, UnexpectedResponse
from imodels_nb.sample.provider import build_sample_provider

TOKEN_URL = "https://sample-idp.invalid/idp/connect/token"
FORM = {"client_id": "sample", "refresh_token": f"{CANARY}-refresh"}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@contextmanager
def transport_to(port: int, timeout: float = 0.5) -> Iterator[MsalTransport]:
    provider = replace(build_sample_provider(f"http://127.0.0.1:{port}/idp"), timeout=timeout)
    transport = provider.build_transport()
    transport._metadata = {"token_endpoint": TOKEN_URL, "revocation_endpoint": TOKEN_URL}
    yield transport
    transport.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    "pieces",
    [
        endless(HEAD + b"Content-Length: 1000000\r\n\r\n", then=b" "),
        endless(HEAD, then=b"x"),
        endless(b"HTTP/1.1 ", then=b"2"),
        endless(then=b"HTTP/1.1 100 Continue\r\n\r\n"),
        endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", then=b"1\r\n \r\n"),
        endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n4;", then=b"e"),
        endless(b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n", then=b" "),
    ],
    ids=["body", "header", "status", "100 Continue", "chunks", "chunk extension", "redirect"],
)
def test_slow_response_ends_at_the_deadline(pieces: Callable[[], Iterator[bytes]]) -> None:
    with serve_bytes(pieces, 0.02) as port, transport_to(port) as transport:
        with pytest.raises(ConnectionFailed, match="no response in time") as raised:
            transport.post(TOKEN_URL, data=FORM)
        assert raised.value.is_retryable
        assert transport.revoke(FORM) is False


def test_slow_proxy_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "https://host.invalid/connect/token"
    pinned = Metadata(issuer=url, authorization_endpoint=url, token_endpoint=url)
    monkeypatch.setenv("NO_PROXY", "")
    with serve_bytes(endless(b"HTTP/1.1 200 OK\r\n", then=b"x"), 0.02) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        with pytest.raises(ConnectionFailed, match="there was no response in time"):
            replace(IMS, metadata=pinned, timeout=0.5).build_transport().post(url, data=FORM)


@pytest.mark.parametrize("timeout", [0, -1, float("inf"), float("nan")])
def test_timeout_is_a_positive_number(timeout: float) -> None:
    with pytest.raises(ValueError, match="positive number of seconds"):
        replace(IMS, timeout=timeout)


def bomb() -> bytes:
    return gzip.compress(bytes(200_000_000), 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "pieces",
    [
        lambda: [HEAD + b"Content-Encoding: gzip\r\n\r\n" + bomb()],
        endless(HEAD + b"\r\n", then=b" " * 100_000),
        endless(b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n", then=b" " * 100_000),
    ],
    ids=["gzip", "plain", "redirect"],
)
def test_large_body_is_not_read_whole(pieces: Callable[[], Iterator[bytes]]) -> None:
    with serve_bytes(pieces) as port, transport_to(port, 30) as transport:
        with pytest.raises(UnexpectedResponse, match="more than 1,000,000 bytes"):
            transport.post(TOKEN_URL, data=FORM)
        assert transport.revoke(FORM) is False


@pytest.fixture
def transport(provider: IdentityProvider) -> Iterator[MsalTransport]:
    opened = provider.build_transport()
    opened.get(provider.authority + DISCOVERY_PATH)
    yield opened
    opened.close()


def fields_of(transport: MsalTransport, idp: ScriptedProvider, **changes: object) -> dict[str, object]:
    idp.script("token", ScriptedResponse({"access_token": "a", **changes}))
    return dict(json.loads(transport.post(TOKEN_URL, data=FORM).text))


@pytest.mark.parametrize("value", [["x"], {"a": 1}, 7, True, None, "x" * 200_000], ids=lambda value: str(value)[:9])
@pytest.mark.parametrize(
    "name", ["device_code", "user_code", "verification_uri", "verification_uri_complete", "scope", "token_type"]
)
def test_text_of_another_type_is_left_out(
    transport: MsalTransport, idp: ScriptedProvider, name: str, value: object
) -> None:
    assert fields_of(transport, idp, **{name: value}) == {"access_token": "a"}


@pytest.mark.parametrize("code", ["", "A\x1b[2J", "A\u202eB", "A\nB", "A" * 65], ids=ascii)
def test_user_code_that_cannot_be_shown_is_left_out(transport: MsalTransport, idp: ScriptedProvider, code: str) -> None:
    assert fields_of(transport, idp, user_code=code) == {"access_token": "a"}


@pytest.mark.parametrize(
    ("given", "used"),
    [
        (3600, 3600),
        ("3600", 3600),
        (59.9, 59),
        (-5, 0),
        (10**12, 315_360_000),
        (float("inf"), 315_360_000),
        (int("9" * 400), 315_360_000),
        ("9" * 5000, 315_360_000),
    ],
    ids=lambda value: repr(value)[:9],
)
def test_lifetime_is_limited(transport: MsalTransport, idp: ScriptedProvider, given: object, used: int) -> None:
    assert fields_of(transport, idp, expires_in=given)["expires_in"] == used


@pytest.mark.parametrize(
    ("given", "used"), [(10**9, 300), ("1.5", 1), (float("-inf"), 1), ([], None), ("x", None)], ids=str
)
def test_interval_is_limited(transport: MsalTransport, idp: ScriptedProvider, given: object, used: int | None) -> None:
    assert fields_of(transport, idp, interval=given).get("interval") == used


@pytest.mark.parametrize("value", [["x"], {"a": 1}, True, "x", float("nan")], ids=str)
def test_unreadable_lifetime_is_an_error(transport: MsalTransport, idp: ScriptedProvider, value: object) -> None:
    with pytest.raises(AuthenticationError, match="expires_in that cannot be read"):
        fields_of(transport, idp, expires_in=value)


@pytest.mark.parametrize("value", ["", "x", "a.b", "a.b.c", ["x"], 7, "e30.W10.x"], ids=str)
def test_unreadable_id_token_is_an_error(transport: MsalTransport, idp: ScriptedProvider, value: object) -> None:
    with pytest.raises(AuthenticationError, match="id_token that cannot be read"):
        fields_of(transport, idp, id_token=value)


def test_number_of_5000_digits_is_read() -> None:
    assert parse_json_object(b'{"a": ' + b"9" * 5000 + b"}") == {"a": float("inf")}


@pytest.mark.parametrize("header", ["250000000000", "9" * 5000, "\u0663", "soon"], ids=lambda value: ascii(value)[:9])
def test_invalid_retry_after_is_ignored(transport: MsalTransport, idp: ScriptedProvider, header: str) -> None:
    idp.script("token", ScriptedResponse(b"", 429, {"Retry-After": header.encode().decode("latin-1")}))
    with pytest.raises(RateLimited) as raised:
        transport.post(TOKEN_URL, data=FORM)
    assert raised.value.retry_after is None


def test_revocation_needs_a_200(transport: MsalTransport, idp: ScriptedProvider) -> None:
    idp.script(
        "revocation", ScriptedResponse(b"", 302, {"Location": "/x"}), ScriptedResponse(b"", 503), ScriptedResponse()
    )
    assert [transport.revoke(FORM) for _ in range(3)] == [False, False, True]


def ask(provider: IdentityProvider) -> None:
    ClientSecretCredential("service-1", f"{CANARY}-secret", provider=provider).get_token()


@pytest.fixture
def elsewhere() -> IdentityProvider:
    url = "https://127.0.0.1:9/connect/token"
    return replace(IMS, metadata=Metadata("https://ims.bentley.com", url, url))


def test_missing_ca_bundle_is_named(elsewhere: IdentityProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        ConnectionFailed, match=r"no file of CA certificates /no/such\.pem.*IMODELS_NB_CA_BUNDLE"
    ) as raised:
        ask(replace(elsewhere, ca_bundle="/no/such.pem"))
    assert not raised.value.is_retryable
    monkeypatch.setenv("IMODELS_NB_CA_BUNDLE", "/no/other.pem")
    with pytest.raises(ConnectionFailed, match=r"/no/other\.pem"):
        ask(elsewhere)
    with pytest.raises(ConnectionFailed, match=r"/no/such\.pem"):
        ask(replace(elsewhere, ca_bundle="/no/such.pem"))


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_ca_bundle_of_requests_is_not_read(
    elsewhere: IdentityProvider, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "/no/such.pem")
    with pytest.raises(ConnectionFailed, match="the connection was refused"):
        ask(elsewhere)


def test_socks_proxy_without_pysocks_is_named(elsewhere: IdentityProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"socks5h://user:{CANARY}-password@127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    with pytest.raises(ConnectionFailed, match="pip install pysocks") as raised:
        ask(elsewhere)
    assert CANARY not in str(raised.value)
    assert not raised.value.is_retryable


def test_providers_are_equal_whatever_their_connection_settings() -> None:
    assert replace(IMS, ca_bundle="/ca.pem", timeout=5) == IMS


def test_connection_error_contains_no_form(elsewhere: IdentityProvider) -> None:
    transport = elsewhere.build_transport()
    with pytest.raises(IModelsError) as raised:
        transport.post(elsewhere.metadata.token_endpoint, data=FORM)
    assert raised.value.__context__ is None
