import os
import subprocess
import sys

import pytest
from helpers.scripted_provider import CANARY, ScriptedProvider, ScriptedResponse, html, refusal

from imodels_nb.auth import IdentityProvider
from imodels_nb.auth.probe import probe_grants
from imodels_nb.cli import main

REDIRECT = "http://localhost:3000/signin-callback"


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACCESS_TOKEN", "CLIENT_ID", "CLIENT_SECRET", "PROVIDER"):
        monkeypatch.delenv(f"IMODELS_NB_{name}", raising=False)


def verdicts(provider: IdentityProvider) -> dict[str, tuple[bool | None, str]]:
    found = probe_grants(provider, "native-1", REDIRECT, lambda: f"{CANARY}-client-secret")
    return {offer.grant: (offer.is_offered, offer.reason) for offer in found}


def test_offered_grants_are_found_without_a_sign_in(idp: ScriptedProvider, provider: IdentityProvider) -> None:
    idp.script("code", refusal("invalid_grant"))
    found = verdicts(provider)
    assert [offered for offered, _ in found.values()] == [True, True, True]
    assert idp.find_requests("/connect/device_authorization")[0]["client_id"] == "native-1"
    assert not any("refresh_token" in form for form in idp.find_requests("/connect/token"))


def test_refused_grants_are_named_with_their_reason(idp: ScriptedProvider, provider: IdentityProvider) -> None:
    idp.script("code", refusal("unauthorized_client"))
    idp.script("device", html(404))
    idp.script("service", refusal("invalid_client", 401))
    found = verdicts(provider)
    assert [offered for offered, _ in found.values()] == [False, False, False]
    assert found["authorization_code"][1] == "unauthorized_client"
    assert "404" in found["device_code"][1]
    assert found["client_credentials"][1] == "invalid_client"
    assert CANARY not in str(found)


def test_unknown_grant_is_not_called_refused(idp: ScriptedProvider, provider: IdentityProvider) -> None:
    idp.script("code", ScriptedResponse(b"", 503))
    idp.script("device", ScriptedResponse(b"", 429))
    assert [offered for offered, _ in list(verdicts(provider).values())[:1]] == [None]
    assert probe_grants(provider, "native-1", REDIRECT, None)[2].is_offered is None


def test_rate_limited_provider_has_not_refused(idp: ScriptedProvider, provider: IdentityProvider) -> None:
    for endpoint in ("code", "device", "service"):
        idp.script(endpoint, ScriptedResponse(b"", 429))
    assert {offered for offered, _ in verdicts(provider).values()} == {None}


def test_a_provider_without_a_device_endpoint_is_no_error(idp: ScriptedProvider, provider: IdentityProvider) -> None:
    metadata = {key: url for key, url in idp.metadata().items() if key != "device_authorization_endpoint"}
    idp.script("discovery", *[ScriptedResponse(metadata)] * 3)
    assert verdicts(provider)["device_code"] == (False, "the provider has no device authorization endpoint")


def test_provider_without_token_endpoint_offers_nothing(idp: ScriptedProvider, provider: IdentityProvider) -> None:
    metadata = {key: url for key, url in idp.metadata().items() if key != "token_endpoint"}
    idp.script("discovery", *[ScriptedResponse(metadata)] * 3)
    found = verdicts(provider)
    assert {offered for offered, _ in found.values()} == {False}
    assert all("names no token endpoint" in reason for _, reason in found.values())


def test_command_prints_each_grant_and_the_next_step(
    idp: ScriptedProvider, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMODELS_NB_CLIENT_SECRET", f"{CANARY}-client-secret")
    idp.script("code", refusal("invalid_grant"))
    idp.script("device", refusal("unauthorized_client"))
    assert main(["login", "--check", "--provider", idp.identity_url, "--client-id", "native-1"]) == 0
    printed = capsys.readouterr().out
    lines = {line[:20].strip(): line[21:33].strip() for line in printed.splitlines()}
    assert lines["authorization_code"] == "offered"
    assert lines["device_code"] == "not offered"
    assert lines["client_credentials"] == "offered"
    assert lines["access token"] == "not set"
    assert 'login("authorization_code"' in printed
    assert 'login("device_code"' not in printed
    assert CANARY not in printed


def test_status_is_1_if_no_grant_is_offered(idp: ScriptedProvider, capsys: pytest.CaptureFixture[str]) -> None:
    idp.script("code", refusal("invalid_client", 401))
    idp.script("device", refusal("invalid_client", 401))
    assert main(["login", "--check", "--provider", idp.identity_url]) == 1
    assert "IMODELS_NB_ACCESS_TOKEN" in capsys.readouterr().out


def test_check_without_client_or_with_invalid_provider(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["login", "--check"]) == 1
    assert "--client-id" in capsys.readouterr().err
    assert main(["login", "--check", "--provider", "https://example.com/idp", "--client-id", "a"]) == 1
    assert "identity_url" in capsys.readouterr().err


@pytest.mark.slow
def test_package_runs_the_command(idp: ScriptedProvider) -> None:
    idp.script("code", refusal("invalid_grant"))
    command = [sys.executable, "-m", "imodels_nb", "login", "--check", "--provider", idp.identity_url]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ, timeout=100, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "device_code          offered" in done.stdout
