import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from helpers.scripted_provider import CANARY, ScriptedProvider, ScriptedResponse, html, refusal, tokens
from helpers.secrets_in_text import contains_secret, verbose_traceback

from imodels_nb.auth import IMS, QA_IMS, ClientSecretCredential, EnvironmentCredential, IdentityProvider
from imodels_nb.errors import (
    AuthenticationError,
    ConnectionFailed,
    CredentialUnavailableError,
    GrantNotAvailableError,
    ServerError,
    UnexpectedResponse,
)

SECRET = f"{CANARY}-client-secret"


@pytest.fixture
def service(provider: IdentityProvider) -> ClientSecretCredential:
    return ClientSecretCredential("service-1", SECRET, provider=provider)


@pytest.fixture
def service_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IMODELS_NB_ACCESS_TOKEN", raising=False)
    monkeypatch.delenv("IMODELS_NB_PROVIDER", raising=False)
    monkeypatch.setenv("IMODELS_NB_CLIENT_ID", "service-1")
    monkeypatch.setenv("IMODELS_NB_CLIENT_SECRET", SECRET)


def test_service_signs_in_with_its_secret_only(service: ClientSecretCredential, idp: ScriptedProvider) -> None:
    assert service.expires_on is None
    assert service.get_token().token == f"{CANARY}-access-1"
    [form] = idp.find_requests("/connect/token")
    assert form["grant_type"] == "client_credentials"
    assert (form["client_id"], form["client_secret"], form["scope"]) == ("service-1", SECRET, "itwin-platform")
    assert service.expires_on
    assert service.account == "service-1"


def test_present_token_is_returned_until_a_forced_refresh(
    service: ClientSecretCredential, idp: ScriptedProvider
) -> None:
    assert [service.get_token().token for _ in range(3)] == [f"{CANARY}-access-1"] * 3
    assert service.get_token(force_refresh=True).token == f"{CANARY}-access-2"
    assert service.get_token().token == f"{CANARY}-access-2"
    assert len(idp.find_requests("/connect/token")) == 2


def test_token_about_to_expire_or_without_scope(service: ClientSecretCredential, idp: ScriptedProvider) -> None:
    plain = {"refresh_token": None, "id_token": None, "scope": None}
    idp.script("service", tokens(1, **plain, expires_in=120), tokens(2, **plain))
    assert [service.get_token().token for _ in range(3)] == [f"{CANARY}-access-{number}" for number in (1, 2, 2)]


def test_secret_can_come_from_a_function(idp: ScriptedProvider, provider: IdentityProvider) -> None:
    asked = []
    credential = ClientSecretCredential("service-1", lambda: asked.append(1) or SECRET, provider=provider)
    assert asked == []
    credential.get_token()
    assert idp.find_requests("/connect/token")[0]["client_secret"] == SECRET


def test_eight_threads_share_one_token(service: ClientSecretCredential, idp: ScriptedProvider) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert {token.token for token in pool.map(lambda _: service.get_token(), range(40))} == {f"{CANARY}-access-1"}
    assert len(idp.find_requests("/connect/token")) == 1


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (refusal("invalid_client", 401), AuthenticationError),
        (refusal("unauthorized_client"), GrantNotAvailableError),
        (refusal("unsupported_grant_type"), GrantNotAvailableError),
        (refusal(f"{CANARY}-code"), AuthenticationError),
        (ScriptedResponse(b"", 503), ServerError),
        (html(), UnexpectedResponse),
    ],
)
def test_s4_s5_refused_service_is_an_error_without_secret(
    service: ClientSecretCredential,
    idp: ScriptedProvider,
    caplog: pytest.LogCaptureFixture,
    response: ScriptedResponse,
    error: type[Exception],
) -> None:
    idp.script("service", response, response)
    with pytest.raises(error) as raised:
        service.get_token()
    assert type(raised.value) is error
    with caplog.at_level(logging.DEBUG):
        assert not contains_secret(verbose_traceback(service.get_token))
    assert not contains_secret(caplog.text)


def test_s5_a_service_that_signs_in_logs_no_secret(
    service: ClientSecretCredential, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        service.get_token()
    assert "msal" in caplog.text
    assert not contains_secret(caplog.text)


def test_missing_network_is_named(service: ClientSecretCredential, idp: ScriptedProvider) -> None:
    idp.stop()
    with pytest.raises(ConnectionFailed):
        service.get_token()


def test_closed_service_requests_a_new_token(service: ClientSecretCredential, idp: ScriptedProvider) -> None:
    service.get_token()
    service.close()
    assert CANARY not in repr(service._client._cache._cache)
    service.get_token()
    assert len(idp.find_requests("/connect/token")) == 2


@pytest.mark.parametrize(("client_id", "secret"), [("", SECRET), ("service-1", "")])
def test_a_service_needs_both_its_id_and_its_secret(client_id: str, secret: str) -> None:
    with pytest.raises(CredentialUnavailableError, match="IMODELS_NB_CLIENT_SECRET"):
        ClientSecretCredential(client_id, secret)


@pytest.mark.usefixtures("service_variables")
def test_the_environment_describes_a_service(
    idp: ScriptedProvider, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    credential = EnvironmentCredential()
    assert credential.available
    assert credential.account == "service-1"
    real = replace(provider, name="Bentley", api_origins=IMS.api_origins)
    monkeypatch.setattr(EnvironmentCredential, "provider", real)
    assert credential.expires_on is None
    assert credential.get_token().token == f"{CANARY}-access-1"
    assert credential.get_token(force_refresh=True).token == f"{CANARY}-access-2"
    assert credential.expires_on
    assert idp.find_requests("/connect/token")[0]["client_secret"] == SECRET


@pytest.mark.usefixtures("service_variables")
def test_a_token_in_the_environment_comes_before_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMODELS_NB_ACCESS_TOKEN", f"{CANARY}-token")
    credential = EnvironmentCredential()
    assert credential.source == "IMODELS_NB_ACCESS_TOKEN"
    assert credential.account is None
    assert credential.get_token().token == f"{CANARY}-token"


@pytest.mark.usefixtures("service_variables")
def test_service_without_a_secret_names_all_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IMODELS_NB_CLIENT_SECRET")
    assert not EnvironmentCredential().available
    with pytest.raises(CredentialUnavailableError, match=r"IMODELS_NB_ACCESS_TOKEN.*CLIENT_ID.*CLIENT_SECRET"):
        EnvironmentCredential().get_token()


@pytest.mark.usefixtures("service_variables")
def test_s8_environment_belongs_to_its_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    assert EnvironmentCredential().provider is IMS
    assert EnvironmentCredential().allowed_origins == ("https://api.bentley.com",)
    monkeypatch.setenv("IMODELS_NB_PROVIDER", "qa-ims")
    assert EnvironmentCredential().provider is QA_IMS
    assert EnvironmentCredential().allowed_origins == ("https://qa-api.bentley.com", "https://dev-api.bentley.com")
    monkeypatch.setenv("IMODELS_NB_PROVIDER", "elsewhere")
    with pytest.raises(CredentialUnavailableError, match=r"ims.*qa-ims"):
        EnvironmentCredential().get_token()
