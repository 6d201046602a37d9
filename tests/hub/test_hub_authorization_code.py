"""Authorization code with PKCE, client credentials, and differences of providers."""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from helpers.hub_requests import HttpResponse, ask, get, post

from imodels_hub import Hub
from imodels_hub.identity.tokens import ProviderOptions

REDIRECT = "http://localhost:3000/signin-callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


@pytest.fixture
def now() -> list[float]:
    return [1_800_000_000.0]


@pytest.fixture
def hub(start: Callable[..., Hub], now: list[float]) -> Hub:
    return start(clock=lambda: now[0])


def request_code(hub: Hub, **changes: str) -> HttpResponse:
    query = {
        "client_id": hub.client_id,
        "response_type": "code",
        "redirect_uri": REDIRECT,
        "scope": "itwin-platform offline_access",
        "state": "s&1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "nonce": "n1",
    }
    return ask(f"{hub.identity_url}/connect/authorize?{urlencode(query | changes)}")


def decide(hub: Hub, page: HttpResponse, decision: str) -> HttpResponse:
    request = re.search(rb'name="request" value="([^"]+)"', page.body)
    assert request
    return post(f"{hub.identity_url}/connect/authorize", request=request[1].decode(), decision=decision)


def went_back(response: HttpResponse) -> dict[str, str]:
    assert response.status == 302
    address = urlsplit(response.headers["location"])
    assert address._replace(query="").geturl() == REDIRECT
    return dict(parse_qsl(address.query))


def redeem(hub: Hub, code: str, **changes: str) -> HttpResponse:
    form = {
        "client_id": hub.client_id,
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
    }
    return post(f"{hub.identity_url}/connect/token", **(form | changes))


def claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def test_authorization_code_is_valid_once(hub: Hub) -> None:
    page = request_code(hub)
    assert (page.status, page.headers["cache-control"], page.headers["x-frame-options"]) == (200, "no-store", "DENY")
    assert b'action="authorize"' in page.body
    assert b"Ingrid Solheim" in page.body
    response = went_back(decide(hub, page, "approve"))
    assert response.keys() == {"code", "state"}
    assert response["state"] == "s&1"
    tokens = redeem(hub, response["code"]).json
    assert get(hub, "/changesets", Authorization=f"Bearer {tokens['access_token']}").status == 200
    assert (tokens["scope"], claims(tokens["id_token"])["nonce"]) == ("itwin-platform offline_access", "n1")
    assert redeem(hub, response["code"]).json == {"error": "invalid_grant"}
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert post(f"{hub.identity_url}/connect/token", client_id=hub.client_id, **form).json["access_token"]


def test_authorization_can_be_denied(hub: Hub) -> None:
    page = request_code(hub)
    assert went_back(decide(hub, page, "deny")) == {"error": "access_denied", "state": "s&1"}
    assert decide(hub, page, "approve").status == 400
    assert decide(hub, request_code(hub), "maybe").status == 400


def test_auto_approval_redirects_at_once(start: Callable[..., Hub]) -> None:
    hub = start(auto_approve=True)
    assert redeem(hub, went_back(request_code(hub))["code"]).json["access_token"]


@pytest.mark.parametrize(
    "changes", [{"code_verifier": "w" * 43}, {"redirect_uri": "http://localhost:3001/"}, {"code": "made-up"}]
)
def test_code_of_another_client_is_invalid(hub: Hub, changes: dict[str, str]) -> None:
    code = went_back(decide(hub, request_code(hub), "approve"))["code"]
    assert redeem(hub, **({"code": code} | changes)).json == {"error": "invalid_grant"}


def test_code_lasts_a_minute_and_a_request_ten(hub: Hub, now: list[float]) -> None:
    code = went_back(decide(hub, request_code(hub), "approve"))["code"]
    now[0] += 60
    assert redeem(hub, code).json == {"error": "invalid_grant"}
    page = request_code(hub)
    now[0] += 600
    assert decide(hub, page, "approve").status == 400


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"scope": "itwin-platform imodels:read"}, "invalid_scope"),
    ],
)
def test_wrong_request_redirects_with_an_error(hub: Hub, changes: dict[str, str], error: str) -> None:
    assert went_back(request_code(hub, **changes)) == {"error": error, "state": "s&1"}


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "other"},
        *(
            {"redirect_uri": uri}
            for uri in ("https://evil.example/", "http://evil.example/", "http://localhost:x/", "")
        ),
        {"redirect_uri": "http://localhost:1/#fragment"},
    ],
    ids=str,
)
def test_unregistered_redirect_is_refused(hub: Hub, changes: dict[str, str]) -> None:
    response = request_code(hub, **changes)
    assert response.status == 400
    assert "location" not in response.headers


def service(hub: Hub, authorization: str = "", **form: str) -> HttpResponse:
    headers = {"Authorization": authorization} if authorization else {}
    body = urlencode({"grant_type": "client_credentials", **form})
    url = f"{hub.identity_url}/connect/token"
    return ask(url, "POST", body, Content_Type="application/x-www-form-urlencoded", **headers)


def test_service_secret_in_form_or_header(hub: Hub) -> None:
    basic = base64.b64encode(f"{hub.service_client_id}:{hub.client_secret}".encode()).decode()
    in_form = {"client_id": hub.service_client_id, "client_secret": hub.client_secret}
    for response in (service(hub, f"Basic {basic}"), service(hub, scope="itwin-platform", **in_form)):
        tokens = response.json
        assert tokens.keys() == {"access_token", "token_type", "expires_in", "scope"}
        mine = f"Bearer {tokens['access_token']}"
        owned = get(hub, "/briefcases?ownerId=me", Authorization=mine, Prefer="return=representation").json[
            "briefcases"
        ]
        assert {row["deviceName"] for row in owned} == {"sync-server"}


def test_service_is_no_person_and_has_one_secret(hub: Hub) -> None:
    mine = {"client_id": hub.service_client_id}
    wrong = service(hub, client_secret="guessed", **mine)
    assert (wrong.status, wrong.json) == (401, {"error": "invalid_client"})
    assert service(hub, "Basic !").status == 401
    known = {**mine, "client_secret": hub.client_secret}
    assert service(hub, scope="itwin-platform openid", **known).json == {"error": "invalid_scope"}
    assert service(hub, client_id=hub.client_id).json == {"error": "unauthorized_client"}
    device = post(f"{hub.identity_url}/connect/device_authorization", **known)
    assert device.json == {"error": "unauthorized_client"}
    with pytest.raises(RuntimeError, match=r"Call start\(\) first"):
        _ = Hub().client_secret


def signed_in(hub: Hub) -> dict[str, Any]:
    tokens: dict[str, Any] = redeem(hub, went_back(request_code(hub))["code"]).json
    return tokens


def test_access_tokens_can_be_readable(start: Callable[..., Hub]) -> None:
    hub = start(identity=["jwt"], auto_approve=True)
    first, second = signed_in(hub)["access_token"], signed_in(hub)["access_token"]
    assert claims(first)["scope"] == ["itwin-platform", "offline_access"]
    assert claims(first)["iss"] == hub.identity_url
    assert first != second
    assert get(hub, "/changesets", Authorization=f"Bearer {first}").status == 200
    assert get(hub, "/changesets", Authorization=f"Bearer {first}x").status == 401


def test_id_token_and_scope_can_be_left_out(start: Callable[..., Hub]) -> None:
    hub = start(identity=["no-id-token", "no-scope"], auto_approve=True)
    assert signed_in(hub).keys() == {"access_token", "token_type", "expires_in", "refresh_token"}


def test_device_endpoint_can_be_left_out(start: Callable[..., Hub]) -> None:
    hub = start(identity=["no-device-endpoint"])
    document = ask(f"{hub.identity_url}/.well-known/openid-configuration").json
    assert "device_authorization_endpoint" not in document
    assert not [grant for grant in document["grant_types_supported"] if "device" in grant]
    refused = post(f"{hub.identity_url}/connect/device_authorization", client_id=hub.client_id)
    assert refused.json == {"error": "unauthorized_client"}


def test_unknown_option_is_refused() -> None:
    with pytest.raises(ValueError, match="no option 'saml'"):
        ProviderOptions.parse(["saml"])
    assert ProviderOptions.parse([]) == ProviderOptions()


def test_neither_code_nor_secret_is_ever_logged(start: Callable[..., Hub], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    hub = start(auto_approve=True)
    code = went_back(request_code(hub))["code"]
    redeem(hub, code)
    service(hub, client_id=hub.service_client_id, client_secret=hub.client_secret)
    logged = (
        "\n".join(hub.log) + caplog.text + repr(vars(hub)) + repr(hub._server and hub._server.provider.clients.service)
    )
    assert not [secret for secret in (code, VERIFIER, CHALLENGE, hub.client_secret) if secret in logged]
    assert hub.log[0] == "authorize 302"
