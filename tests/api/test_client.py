"""GET requests over real HTTP: what is sent, and the result of each response."""

import json
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imodels_hub import Hub, Response
from imodels_nb.api import IModelsClient, throttle
from imodels_nb.api.http_errors import build_http_error
from imodels_nb.api.transport import Request
from imodels_nb.auth import AccessToken, EnvironmentCredential, StaticTokenCredential
from imodels_nb.download import download_changesets
from imodels_nb.errors import (
    ConnectionFailed,
    Forbidden,
    HTTPStatusError,
    IModelsError,
    InvalidRequest,
    NotFound,
    RateLimited,
    ServerError,
    Unauthorized,
)
from imodels_nb.fetch import fetch_changeset, fetch_changesets, fetch_portfolio

CANARY = "canary-token-7f1c"
ATTEMPTS = 5


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "_FIRST_DELAY", 0.0)


def _get(hub: Hub, client: IModelsClient) -> bytes:
    return client.get(Request(f"/imodels/{hub.imodel_id}/changesets", {"$top": 1}))


def _says(status: int, body: Any = None, headers: dict[str, str] | None = None) -> Callable[[Response], Response]:
    content = b"" if body is None else json.dumps(body).encode()
    return lambda _: Response(status, content, headers or {})


def _error(code: str, message: str = "Words.", **more: Any) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, **more}}


def test_body_of_status_200_is_returned(hub: Hub, client: IModelsClient) -> None:
    assert len(json.loads(_get(hub, client))["changesets"]) == 1


def test_wrong_token_is_unauthorized(hub: Hub) -> None:
    with (
        IModelsClient(StaticTokenCredential("wrong"), base_url=hub.base_url) as client,
        pytest.raises(Unauthorized) as caught,
    ):
        _get(hub, client)
    assert caught.value.status_code == 401
    assert "Access denied due to invalid access_token" in str(caught.value)
    assert "Sign in again" in str(caught.value)


def test_expired_token_is_refreshed(hub: Hub) -> None:
    class Renewing:
        def get_token(self, *_: str, force_refresh: bool = False) -> AccessToken:
            return AccessToken(hub.token if force_refresh else "expired", 0)

    with IModelsClient(Renewing(), base_url=hub.base_url) as client:
        assert _get(hub, client)


def test_unknown_imodel_is_not_found(client: IModelsClient) -> None:
    with pytest.raises(NotFound) as caught:
        client.get(Request("/imodels/5e19bee0-3aea-4355-a9f0-c6df9989ee7d/changesets", {}))
    assert (caught.value.status_code, caught.value.code) == (404, "iModelNotFound")
    assert "Check the id" in str(caught.value)


def test_bad_parameter_is_an_invalid_request(hub: Hub, client: IModelsClient) -> None:
    with pytest.raises(InvalidRequest) as caught:
        client.get(Request(f"/imodels/{hub.imodel_id}/changesets", {"$skip": -1}))
    assert caught.value.status_code == 422
    assert caught.value.details == ("'-1' is not a valid '$skip' value. '$skip' must be a non-negative integer.",)
    assert caught.value.details[0] in str(caught.value)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidRequest),
        (403, Forbidden),
        (409, InvalidRequest),
        (429, RateLimited),
        (500, ServerError),
        (503, ServerError),
        (202, HTTPStatusError),
        (302, HTTPStatusError),
    ],
)
@pytest.mark.parametrize(
    "body", [None, {}, [], "text", {"error": None}, {"message": "Top level."}, _error("Code", details=7)]
)
def test_other_statuses_are_errors_whatever_the_body(
    hub: Hub, client: IModelsClient, status: int, kind: type[IModelsError], body: Any
) -> None:
    hub.inject(*[_says(status, body)] * ATTEMPTS)
    with pytest.raises(kind) as caught:
        _get(hub, client)
    assert caught.value.status_code == status


def test_redirect_is_not_followed(hub: Hub, client: IModelsClient) -> None:
    hub.inject(_says(302, headers={"Location": f"{hub.base_url}/elsewhere"}))
    with pytest.raises(HTTPStatusError, match="redirects are not followed"):
        _get(hub, client)
    assert not [line for line in hub.log if "elsewhere" in line]


def test_rate_limit_has_the_wait(hub: Hub, client: IModelsClient) -> None:
    hub.inject(_says(429, _error("TooManyRequests", "More requests."), {"Retry-After": "700"}))
    with pytest.raises(RateLimited, match="Wait 700 s") as caught:
        _get(hub, client)
    assert caught.value.retry_after == 700


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(lambda response: replace(response, cut_after=40), id="cut short"),
        pytest.param(lambda response: replace(response, headers={"Content-Encoding": "gzip"}), id="not gzip at all"),
    ],
)
def test_damaged_response_is_a_failed_connection(
    hub: Hub, client: IModelsClient, fault: Callable[[Response], Response]
) -> None:
    hub.inject(*[fault] * ATTEMPTS)
    with pytest.raises(ConnectionFailed):
        _get(hub, client)


def test_closed_port_is_a_failed_connection() -> None:
    with (
        IModelsClient(StaticTokenCredential(CANARY), base_url="http://127.0.0.1:9") as client,
        pytest.raises(ConnectionFailed, match="Check the network") as caught,
    ):
        client.get(Request("/imodels", {}))
    assert caught.value.__context__ is None
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_token_in_a_response_is_replaced(hub: Hub) -> None:
    with IModelsClient(StaticTokenCredential(CANARY), base_url=hub.base_url) as client:
        hub.inject(_says(505, _error(CANARY, f"I got {CANARY}!", details=[{"message": CANARY}])))
        with pytest.raises(ServerError) as caught:
            _get(hub, client)
    assert CANARY not in f"{caught.value} {caught.value.code} {caught.value.details}"
    assert CANARY not in repr(client)


@pytest.mark.parametrize(
    "base_url", ["http://api.bentley.com", "api.bentley.com", "ftp://x", "", "https://u:p@api.bentley.com", "https://"]
)
def test_unsafe_base_url_is_refused(base_url: str) -> None:
    with pytest.raises(ValueError, match="base_url"):
        IModelsClient(StaticTokenCredential("t"), base_url=base_url)


def test_token_of_the_environment_is_not_sent_to_the_sample(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMODELS_NB_ACCESS_TOKEN", CANARY)
    with pytest.raises(ValueError, match=r"is not sent to http.* a command takes its token with --token-file"):
        IModelsClient(EnvironmentCredential(), base_url=hub.base_url)


def test_netrc_does_not_replace_the_token(
    hub: Hub, client: IModelsClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login another password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert _get(hub, client)


def test_loopback_uses_no_proxy(hub: Hub, client: IModelsClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    assert _get(hub, client)


@given(status=st.integers(100, 599), body=st.binary(max_size=300), header=st.text(max_size=30))
def test_any_error_response_is_parsed(status: int, body: bytes, header: str) -> None:
    assert build_http_error(status, {"Retry-After": header}, body, secret="s", permission="p").status_code == status


@pytest.mark.parametrize("credential", [None, "eyJ-a-token", object()])
def test_invalid_credential_is_refused_and_not_shown(credential: Any) -> None:
    with pytest.raises(TypeError, match=r"\.credential of what login\(\) returned") as caught:
        IModelsClient(credential)
    assert "eyJ" not in str(caught.value)


def test_base_url_may_end_in_imodels(hub: Hub) -> None:
    with IModelsClient(StaticTokenCredential(hub.token), base_url=f"{hub.base_url}/imodels/") as client:
        assert client.base_url == hub.base_url


@pytest.mark.parametrize("base_url", ["https://api.bentley.com:99999", "https://api.bentley.com:abc", "https://[::1"])
def test_base_url_with_invalid_port_or_host_is_refused(base_url: str) -> None:
    with pytest.raises(ValueError, match="should look like"):
        IModelsClient(StaticTokenCredential("t"), base_url=base_url)


def test_base_url_that_is_no_text_is_refused() -> None:
    with pytest.raises(TypeError, match="should be text"):
        IModelsClient(StaticTokenCredential("t"), base_url=None)  # type: ignore[arg-type]  # that is the point


@pytest.mark.parametrize("where", ["code", "detail"])
def test_unknown_client_has_to_register(hub: Hub, client: IModelsClient, where: str) -> None:
    detail = {"code": "UnknownClient", "message": "Client was not registered."}
    error = _error("Unauthorized", details=[detail]) if where == "detail" else _error("UnknownClient")
    hub.inject(_says(401, error))
    with pytest.raises(Unauthorized, match="Register the client") as caught:
        _get(hub, client)
    assert "Sign in again:" not in str(caught.value)


def test_messages_have_no_control_characters(hub: Hub, client: IModelsClient) -> None:
    words = "\x1b[31mred\x1b[0m \u202egpj.exe \u200b\x00\x07 two\r\nlines \x9b1m\ud83d"
    hub.inject(_says(422, _error(words, words, details=[{"message": words}])))
    with pytest.raises(InvalidRequest) as caught:
        _get(hub, client)
    for text in (str(caught.value), caught.value.code or "", *caught.value.details):
        assert "red" in text
        assert text.isprintable()
        assert text.encode()


def test_huge_number_in_an_error_response_is_ignored(hub: Hub, client: IModelsClient) -> None:
    body = b'{"error": {"code": "Odd", "message": "Words.", "details": [], "number": ' + b"9" * 5_000 + b"}}"
    hub.inject(lambda _: Response(422, body, {}))
    with pytest.raises(InvalidRequest, match=r"Odd: Words\."):
        _get(hub, client)


@pytest.mark.parametrize("value", [pytest.param(10**5_000, id="huge"), "x" * 5_000, [10**5_000], object()], ids=type)
def test_huge_arguments_are_refused_in_short(hub: Hub, client: IModelsClient, value: Any) -> None:
    calls: list[Callable[[], object]] = [
        lambda: IModelsClient(StaticTokenCredential("t"), max_workers=value),
        lambda: fetch_changesets(client, value),
        lambda: fetch_changesets(client, hub.imodel_id, after_index=value),
        lambda: fetch_changeset(client, hub.imodel_id, value),
        lambda: fetch_changesets(client, hub.imodel_id, detail=value),
        lambda: fetch_portfolio(client, [value]),
        lambda: download_changesets(client, hub.imodel_id, [value], "x"),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=r" should | has ") as caught:
            call()
        assert len(str(caught.value)) < 300
