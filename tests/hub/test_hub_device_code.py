"""The identity provider: its rules by a fake clock, then the same over real HTTP."""

import base64
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from helpers.hub_requests import HttpResponse, ask, get, post

from imodels_hub import CLIENT_ID, Hub, generate_project
from imodels_hub.identity.device_code import OAuthError
from imodels_hub.identity.pages import build_form_page
from imodels_hub.identity.provider import IdentityProvider

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
CLIENT = {"client_id": CLIENT_ID}


@dataclass
class Clock:
    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def provider(clock: Clock) -> IdentityProvider:
    user = generate_project(0).users[0]
    return IdentityProvider("http://127.0.0.1/idp", user, auto_approve=False, clock=clock, token_lifetime=3600)


def begin(provider: IdentityProvider) -> dict[str, Any]:
    return provider.start_device_code({**CLIENT, "scope": "itwin-platform offline_access"})


def poll(provider: IdentityProvider, device_code: str) -> dict[str, Any] | str:
    try:
        return provider.grant_tokens({**CLIENT, "grant_type": DEVICE, "device_code": device_code})
    except OAuthError as error:
        return error.code


def refresh(provider: IdentityProvider, token: str) -> dict[str, Any] | str:
    try:
        return provider.grant_tokens({**CLIENT, "grant_type": "refresh_token", "refresh_token": token})
    except OAuthError as error:
        return error.code


def signed_in(provider: IdentityProvider) -> dict[str, Any]:
    begun = begin(provider)
    assert provider.device_codes.decide(begun["user_code"], approve=True)
    tokens = poll(provider, begun["device_code"])
    assert isinstance(tokens, dict)
    return tokens


def test_user_code_has_no_similar_characters(provider: IdentityProvider) -> None:
    begun = begin(provider)
    codes = [begin(provider)["user_code"] for _ in range(50)]
    assert all(len(code) == 9 and code[4] == "-" for code in codes)
    assert set("".join(codes)) <= set("BCDFGHJKLMNPQRSTVWXZ-")
    assert (begun["expires_in"], begun["interval"]) == (900, 1)
    assert begun["verification_uri_complete"] == f"{begun['verification_uri']}?user_code={begun['user_code']}"


def test_polling_faster_than_the_interval_is_slow_down(provider: IdentityProvider, clock: Clock) -> None:
    code = begin(provider)["device_code"]
    assert poll(provider, code) == "authorization_pending"
    clock.now += 0.9
    assert poll(provider, code) == "authorization_pending"
    clock.now += 0.5
    assert poll(provider, code) == "slow_down"
    clock.now += 5
    assert poll(provider, code) == "slow_down"
    clock.now += 11
    assert poll(provider, code) == "authorization_pending"


def test_device_code_is_valid_once(provider: IdentityProvider) -> None:
    begun = begin(provider)
    assert provider.device_codes.decide(begun["user_code"].lower().replace("-", " "), approve=True)
    tokens = poll(provider, begun["device_code"])
    assert isinstance(tokens, dict)
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 3600)
    assert tokens["scope"] == "itwin-platform offline_access"
    assert poll(provider, begun["device_code"]) == "invalid_grant"


def test_denial_gives_access_denied(provider: IdentityProvider) -> None:
    begun = begin(provider)
    assert provider.device_codes.decide(begun["user_code"], approve=False)
    assert poll(provider, begun["device_code"]) == "access_denied"
    assert poll(provider, begun["device_code"]) == "invalid_grant"


def test_decision_cannot_be_changed(provider: IdentityProvider) -> None:
    begun = begin(provider)
    assert provider.device_codes.decide(begun["user_code"], approve=False)
    assert not provider.device_codes.decide(begun["user_code"], approve=True)
    assert not provider.device_codes.decide("", approve=True)


def test_device_code_expires_after_15_minutes(provider: IdentityProvider, clock: Clock) -> None:
    begun = begin(provider)
    clock.now += 900
    assert not provider.device_codes.decide(begun["user_code"], approve=True)
    assert poll(provider, begun["device_code"]) == "expired_token"


def test_unfinished_sign_ins_are_removed(provider: IdentityProvider, clock: Clock) -> None:
    begun = begin(provider)
    clock.now += 3600
    begin(provider)
    assert poll(provider, begun["device_code"]) == "invalid_grant"


def test_several_sign_ins_do_not_mix(provider: IdentityProvider) -> None:
    first, second = begin(provider), begin(provider)
    assert provider.device_codes.decide(second["user_code"], approve=True)
    assert poll(provider, first["device_code"]) == "authorization_pending"
    assert isinstance(poll(provider, second["device_code"]), dict)


def test_refresh_tokens_rotate(provider: IdentityProvider) -> None:
    tokens = signed_in(provider)
    renewed = refresh(provider, tokens["refresh_token"])
    assert isinstance(renewed, dict)
    assert renewed["scope"] == tokens["scope"]
    assert renewed["access_token"] != tokens["access_token"]
    assert refresh(provider, tokens["refresh_token"]) == "invalid_grant"
    assert isinstance(refresh(provider, renewed["refresh_token"]), dict)


def revoke(provider: IdentityProvider, **form: str) -> str:
    try:
        assert provider.revoke({**CLIENT, **form}) == {}
    except OAuthError as error:
        return error.code
    return ""


def test_revoking_a_refresh_token_revokes_its_access_tokens(provider: IdentityProvider) -> None:
    mine, other = signed_in(provider), signed_in(provider)
    renewed = refresh(provider, mine["refresh_token"])
    assert isinstance(renewed, dict)
    assert revoke(provider, token=renewed["refresh_token"], token_type_hint="access_token") == ""
    assert not provider.find_user_id(mine["access_token"])
    assert not provider.find_user_id(renewed["access_token"])
    assert refresh(provider, renewed["refresh_token"]) == "invalid_grant"
    assert provider.find_user_id(other["access_token"])
    assert isinstance(refresh(provider, other["refresh_token"]), dict)


def test_revoked_access_token_ends_alone(provider: IdentityProvider) -> None:
    tokens = signed_in(provider)
    assert revoke(provider, token=tokens["access_token"]) == ""
    assert not provider.find_user_id(tokens["access_token"])
    assert isinstance(refresh(provider, tokens["refresh_token"]), dict)


def test_only_the_client_that_has_a_token_revokes_it(provider: IdentityProvider) -> None:
    tokens = signed_in(provider)
    service = {"client_id": provider.clients.service.id, "client_secret": provider.clients.service.secret or ""}
    for token in (tokens["access_token"], tokens["refresh_token"]):
        assert revoke(provider, **service, token=token) == "invalid_grant"
    assert provider.find_user_id(tokens["access_token"])
    own = provider.grant_tokens({**service, "grant_type": "client_credentials"})["access_token"]
    assert revoke(provider, token=own) == "invalid_grant"
    assert revoke(provider, **service, token=own) == ""
    assert not provider.find_user_id(own)


@pytest.mark.parametrize(
    ("form", "status", "body"),
    [
        ({**CLIENT, "token": "unknown", "token_type_hint": "whatever"}, 200, {}),
        (CLIENT, 400, {"error": "invalid_request"}),
        ({"token": "unknown"}, 401, {"error": "invalid_client"}),
    ],
)
def test_revoking_over_http_has_documented_statuses(hub: Hub, form: dict[str, str], status: int, body: object) -> None:
    endpoint = ask(f"{hub.identity_url}/.well-known/openid-configuration").json["revocation_endpoint"]
    response = post(endpoint, **form)
    assert (response.status, response.json, response.headers["cache-control"]) == (status, body, "no-store")


def test_access_tokens_are_good_until_they_expire(provider: IdentityProvider, clock: Clock) -> None:
    tokens = signed_in(provider)
    assert provider.find_user_id(tokens["access_token"])
    assert not provider.find_user_id(tokens["refresh_token"])
    clock.now += 3600
    assert not provider.find_user_id(tokens["access_token"])


def test_lifetime_of_tokens_can_be_chosen(start: Callable[..., Hub], clock: Clock) -> None:
    hub = start(clock=clock, token_lifetime=60, auto_approve=True)
    begun = post(f"{hub.identity_url}/connect/device_authorization", client_id=hub.client_id).json
    tokens = [step(hub, begun["device_code"]).json for _ in range(3)][-1]
    assert (tokens["expires_in"], tokens["scope"]) == (60, "itwin-platform")
    clock.now += 60
    assert get(hub, "", Authorization=f"Bearer {tokens['access_token']}").status == 401


def test_id_token_is_signed(provider: IdentityProvider, clock: Clock) -> None:
    def decode(text: str) -> bytes:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    header, claims, signature = signed_in(provider)["id_token"].split(".")
    user = generate_project(0).users[0]
    assert json.loads(decode(header)) == {"alg": "HS256", "typ": "JWT"}
    assert json.loads(decode(claims)) == {
        "iss": "http://127.0.0.1/idp",
        "sub": user.id,
        "aud": CLIENT_ID,
        "iat": clock.now,
        "exp": clock.now + 3600,
        "preferred_username": user.email,
        "name": "Ingrid Solheim",
    }
    assert decode(signature) == hmac.digest(provider._tokens._key, f"{header}.{claims}".encode(), "sha256")


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({}, 401, "invalid_client"),
        ({"client_id": "other", "grant_type": DEVICE}, 401, "invalid_client"),
        (CLIENT, 400, "invalid_request"),
        ({**CLIENT, "grant_type": "password"}, 400, "unsupported_grant_type"),
        ({**CLIENT, "grant_type": DEVICE}, 400, "invalid_request"),
        ({**CLIENT, "grant_type": DEVICE, "device_code": "made-up"}, 400, "invalid_grant"),
        ({**CLIENT, "grant_type": "refresh_token"}, 400, "invalid_grant"),
    ],
)
def test_invalid_token_request_has_an_error_code(hub: Hub, form: dict[str, str], status: int, code: str) -> None:
    response = post(f"{hub.identity_url}/connect/token", **form)
    assert (response.status, response.json) == (status, {"error": code})
    assert response.headers["cache-control"] == "no-store"
    assert hub.log[-1] == f"token {code}"


def test_unknown_client_gets_no_code(hub: Hub) -> None:
    response = post(f"{hub.identity_url}/connect/device_authorization", client_id="other")
    assert (response.status, response.json) == (401, {"error": "invalid_client"})


def test_metadata_names_endpoints_that_answer(hub: Hub) -> None:
    document = ask(f"{hub.identity_url}/.well-known/openid-configuration").json
    assert document["issuer"] == hub.identity_url
    endpoints = {name: url for name, url in document.items() if name.endswith("_endpoint")}
    assert len(endpoints) == 4
    for url in endpoints.values():
        assert {ask(url).status, post(url).status} <= {400, 401, 405}


def step(hub: Hub, device_code: str) -> HttpResponse:
    form = {"client_id": hub.client_id, "grant_type": DEVICE, "device_code": device_code}
    return post(f"{hub.identity_url}/connect/token", **form, client_info="1", code=device_code)


def test_device_code_sign_in_over_http(start: Callable[..., Hub], clock: Clock) -> None:
    hub = start(clock=clock)
    begun = post(
        f"{hub.identity_url}/connect/device_authorization", client_id=hub.client_id, scope="itwin-platform"
    ).json
    assert step(hub, begun["device_code"]).json == {"error": "authorization_pending"}
    assert ask(begun["verification_uri_complete"]).status == 200
    assert post(begun["verification_uri"], user_code=begun["user_code"], decision="approve").status == 200
    tokens = step(hub, begun["device_code"]).json
    assert get(hub, "/changesets", Authorization=f"Bearer {tokens['access_token']}").status == 200
    clock.now += tokens["expires_in"]
    assert get(hub, "/changesets", Authorization=f"Bearer {tokens['access_token']}").status == 401
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    renewed = post(f"{hub.identity_url}/connect/token", client_id=hub.client_id, **form).json
    assert get(hub, "/changesets", Authorization=f"Bearer {renewed['access_token']}").status == 200
    assert [line for line in hub.log if line.startswith(("token", "device"))] == [
        "device_authorization 200",
        "token authorization_pending",
        "device 200",
        "device approve",
        "token success",
        "token refresh",
    ]


def test_in_auto_approve_mode_the_third_poll_succeeds(start: Callable[..., Hub], clock: Clock) -> None:
    hub = start(auto_approve=True, clock=clock)
    begun = post(f"{hub.identity_url}/connect/device_authorization", client_id=hub.client_id).json
    responses = [step(hub, begun["device_code"]) for _ in range(3)]
    assert [response.json.get("error") for response in responses] == ["authorization_pending", "slow_down", None]
    assert responses[2].json["access_token"]
    assert hub.log[1:] == ["token authorization_pending", "token slow_down", "token success"]


def test_in_auto_approve_mode_a_person_may_decline(start: Callable[..., Hub]) -> None:
    hub = start(auto_approve=True)
    begun = post(f"{hub.identity_url}/connect/device_authorization", client_id=hub.client_id).json
    assert post(begun["verification_uri"], user_code=begun["user_code"], decision="deny").status == 200
    assert step(hub, begun["device_code"]).json == {"error": "access_denied"}


def test_no_token_or_code_is_ever_logged(start: Callable[..., Hub], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    hub = start()
    begun = post(f"{hub.identity_url}/connect/device_authorization", client_id=hub.client_id).json
    ask(begun["verification_uri_complete"])
    post(
        f"{begun['verification_uri']}?user_code={begun['user_code']}", user_code=begun["user_code"], decision="approve"
    )
    tokens = step(hub, begun["device_code"]).json
    get(hub, f"/changesets?token={tokens['access_token']}")
    ask(f"{hub.base_url}/{tokens['access_token']}")
    logged = "\n".join(hub.log) + caplog.text
    secrets = [begun["user_code"], begun["device_code"], hub.token, hub.imodel_id]
    assert not [secret for secret in (*secrets, *tokens.values()) if str(secret) in logged]


def test_page_has_security_headers(hub: Hub) -> None:
    response = ask(f"{hub.identity_url}/device")
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-frame-options"] == "DENY"
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert b'action="device"' in response.body
    assert b"http" not in response.body


def test_input_is_escaped_on_the_page(hub: Hub) -> None:
    attack = '"><script>alert(1)</script>'
    assert "<script>" not in build_form_page(attack)
    pages = [
        ask(f"{hub.identity_url}/device?user_code=%22%3E%3Cscript%3Ealert(1)"),
        post(f"{hub.identity_url}/device", user_code=attack, decision="approve"),
        post(f"{hub.identity_url}/device", user_code=attack, decision=attack),
    ]
    assert [page.status for page in pages] == [200, 404, 400]
    assert all(b"<script>" not in page.body for page in pages)
    assert all(b"&quot;&gt;&lt;script&gt;" in page.body for page in pages)


def test_wrong_user_code_is_a_page_with_404(hub: Hub) -> None:
    response = post(f"{hub.identity_url}/device", user_code="WDJB-MJHT", decision="approve")
    assert response.status == 404
    assert b"No sign-in is waiting for this code" in response.body


def test_get_on_the_token_endpoint_is_405(hub: Hub) -> None:
    response = ask(f"{hub.identity_url}/connect/token")
    assert (response.status, response.headers["allow"]) == (405, "POST")
