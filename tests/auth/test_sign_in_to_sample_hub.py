"""Sign-ins to the sample hub, which follows the standards and not this package."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.hub_requests import get, post
from helpers.scripted_provider import SteppedClock
from helpers.waiting import wait_until

from imodels_hub import Hub
from imodels_nb.api import IModelsClient
from imodels_nb.api.transport import Request
from imodels_nb.auth import (
    AuthorizationCodeCredential,
    ClientSecretCredential,
    DeviceCodeCredential,
    LoginState,
    TokenCachePersistenceOptions,
    token_store,
)
from imodels_nb.auth.interactive import InteractiveCredential
from imodels_nb.auth.probe import probe_grants
from imodels_nb.errors import AuthenticationRequiredError, GrantNotAvailableError
from imodels_nb.sample.provider import SampleProvider, build_sample_provider
from imodels_nb.widgets.login import login


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with Hub(auto_approve=True) as running:
        yield running


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock(free=True)


@pytest.fixture
def signed_in(hub: Hub, clock: SteppedClock) -> DeviceCodeCredential:
    provider = build_sample_provider(hub.identity_url, hub.client_id, auto_approve=True)
    credential = DeviceCodeCredential(provider=provider, clock=clock, is_interactive=lambda: False)
    assert credential.begin_authenticate().wait(10) is LoginState.SIGNED_IN
    return credential


def test_polling_handles_pending_slow_down_and_success(
    hub: Hub, clock: SteppedClock, signed_in: DeviceCodeCredential
) -> None:
    assert signed_in.account
    assert clock.waits == [1, 6]
    log = "\n".join(hub.log)
    positions = [log.index(f"token {response}") for response in ("authorization_pending", "slow_down", "success")]
    assert positions == sorted(positions)


def test_service_accepts_the_token_and_its_successor(hub: Hub, signed_in: DeviceCodeCredential) -> None:
    request = Request(f"/imodels/{hub.imodel_id}/changesets", {"$top": 1})
    with IModelsClient(signed_in, base_url=hub.base_url) as client:
        first = client.get(request)
        signed_in.get_token(force_refresh=True)
        assert client.get(request) == first


def test_unknown_client_is_unsupported(hub: Hub, clock: SteppedClock) -> None:
    credential = DeviceCodeCredential("stranger", provider=build_sample_provider(hub.identity_url), clock=clock)
    assert credential.begin_authenticate().wait(10) is LoginState.UNSUPPORTED
    with pytest.raises(GrantNotAvailableError, match="IMODELS_NB_ACCESS_TOKEN"):
        credential.get_token()


def test_browser_sign_in_and_service_fetch_the_same_data(hub: Hub) -> None:
    provider = build_sample_provider(hub.identity_url, hub.client_id)
    person = AuthorizationCodeCredential(provider=provider, redirect_uri="http://localhost:0/signin-callback")
    flow = person.begin_authenticate()
    wait_until(lambda: flow.has_prompt)
    flow.approve()
    assert flow.wait(10) is LoginState.SIGNED_IN
    assert person.account
    service = ClientSecretCredential(hub.service_client_id, hub.client_secret, provider=provider)
    request = Request(f"/imodels/{hub.imodel_id}/changesets", {"$top": 1})
    responses = []
    for credential in (person, service):
        with IModelsClient(credential, base_url=hub.base_url) as client:
            responses.append(client.get(request))
    assert responses[0] == responses[1]
    person.get_token(force_refresh=True)
    person.close()


def test_what_the_check_finds_is_what_the_hub_offers(hub: Hub) -> None:
    found = probe_grants(
        build_sample_provider(hub.identity_url), hub.client_id, "http://localhost:3000/signin-callback", None
    )
    assert [grant.is_offered for grant in found] == [True, True, None]
    service = probe_grants(
        build_sample_provider(hub.identity_url), hub.service_client_id, "", lambda: hub.client_secret
    )
    assert service[2].is_offered


def read_tokens(credential: InteractiveCredential) -> dict[str, str]:
    """Return the tokens that a credential has in memory."""
    client = credential.flow and credential.flow.client
    assert client
    kinds = {kind: client._cache.find_newest(kind) for kind in ("AccessToken", "RefreshToken")}
    return {kind: secret for kind, secret in kinds.items() if secret}


def status_with(hub: Hub, token: str) -> int:
    return get(hub, "", Authorization=f"Bearer {token}").status


def assert_revoked(hub: Hub, had: dict[str, str]) -> None:
    wait_until(lambda: hub.log[-1] == "revocation 200")
    assert status_with(hub, had["AccessToken"]) == 401
    form = {"grant_type": "refresh_token", "refresh_token": had["RefreshToken"]}
    assert post(f"{hub.identity_url}/connect/token", client_id=hub.client_id, **form).json == {"error": "invalid_grant"}


def test_sign_out_on_the_card_ends_the_sign_in_at_the_hub(hub: Hub, signed_in: DeviceCodeCredential) -> None:
    had = read_tokens(signed_in)
    assert status_with(hub, had["AccessToken"]) == 200
    client, card = signed_in.flow.client, login(credential=signed_in)
    card.sign_out()
    assert card.state is LoginState.SIGNED_OUT
    assert not [secret for secret in had.values() if secret in repr(client._cache._cache)]
    with pytest.raises(AuthenticationRequiredError):
        signed_in.get_token()
    assert_revoked(hub, had)
    card.close()


def test_closing_after_a_browser_sign_in_revokes_at_the_hub(hub: Hub) -> None:
    provider = build_sample_provider(hub.identity_url, hub.client_id, auto_approve=True)
    person = AuthorizationCodeCredential(provider=provider, redirect_uri="http://localhost:0/signin-callback")
    flow = person.begin_authenticate()
    wait_until(lambda: flow.has_prompt)
    flow.approve()
    assert flow.wait(10) is LoginState.SIGNED_IN
    had = read_tokens(person)
    person.close()
    assert_revoked(hub, had)


def test_signing_out_revokes_the_tokens_of_a_file(
    hub: Hub, clock: SteppedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SampleProvider, "is_sample", False)  # a sign-in to a sample is never stored
    monkeypatch.setattr(token_store.msal_extensions, "build_encrypted_persistence", _no_keyring)
    options = TokenCachePersistenceOptions(allow_unencrypted_storage=True, folder=tmp_path)
    provider = build_sample_provider(hub.identity_url, hub.client_id, auto_approve=True)
    stored, later = (
        DeviceCodeCredential(provider=provider, clock=clock, cache_persistence_options=options) for _ in range(2)
    )
    assert stored.begin_authenticate().wait(10) is LoginState.SIGNED_IN
    had = read_tokens(stored)
    assert [path.suffix for path in sorted(tmp_path.iterdir())] == [".json", ".lock"]
    assert later.restore()
    stored.logout()
    assert [path.suffix for path in tmp_path.iterdir()] == [".lock"]
    assert_revoked(hub, had)
    with pytest.raises(AuthenticationRequiredError):
        later.get_token()


def _no_keyring(_location: str) -> None:
    raise ImportError("gi")
