"""Sign-ins that are stored on this machine, and shared by several processes."""

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import portalocker
import pytest
from helpers.scripted_provider import CANARY, ScriptedProvider, ScriptedResponse, SteppedClock, refusal, tokens
from helpers.waiting import wait_until

from imodels_nb.auth import (
    IMS,
    AuthorizationCodeFlow,
    DeviceCodeCredential,
    IdentityProvider,
    LoginState,
    TokenCachePersistenceOptions,
    token_store,
)
from imodels_nb.auth.token_store import StoredSignIn, TokenStore
from imodels_nb.errors import AuthenticationRequiredError, CredentialUnavailableError, TokenCacheError
from imodels_nb.sample.provider import build_sample_provider
from imodels_nb.widgets.login import login

Sign = Callable[[], DeviceCodeCredential]


def files(folder: Path) -> list[str]:
    return sorted(path.suffix for path in folder.iterdir())


def test_s9_by_default_a_sign_in_leaves_no_file(
    idp: ScriptedProvider, provider: IdentityProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    idp.script("token", tokens())
    credential = DeviceCodeCredential(provider=provider, clock=SteppedClock(free=True))
    credential.begin_authenticate().wait(10)
    credential.get_token(force_refresh=True)
    assert not credential.is_persistent
    assert not credential.restore()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("signed_in")
def test_stored_sign_in_is_used_by_the_next_process(new: Sign, idp: ScriptedProvider) -> None:
    later = new()
    assert later.state is LoginState.SIGNED_OUT
    assert later.restore()
    assert later.state is LoginState.SIGNED_IN
    assert later.account == "ada@example.com"
    assert later.expires_on
    asked = len(idp.find_requests("/connect/token"))
    assert later.get_token().token == f"{CANARY}-access-1"
    assert len(idp.find_requests("/connect/token")) == asked


def test_credentials_share_a_refreshed_token(signed_in: DeviceCodeCredential, new: Sign, idp: ScriptedProvider) -> None:
    other = new()
    other.restore()
    assert other.get_token(force_refresh=True).token == f"{CANARY}-access-2"
    assert signed_in.get_token().token == f"{CANARY}-access-2"
    assert signed_in.get_token(force_refresh=True).token == f"{CANARY}-access-3"
    used = [form["refresh_token"] for form in idp.find_requests("/connect/token") if "refresh_token" in form]
    assert used == [f"{CANARY}-refresh-1", f"{CANARY}-refresh-2"]


def test_s12_sign_out_clears_memory_and_file_and_revokes(
    signed_in: DeviceCodeCredential, new: Sign, idp: ScriptedProvider, folder: Path
) -> None:
    client, other = signed_in.flow.client, new()
    other.restore()
    signed_in.logout()
    assert CANARY not in repr(client._cache._cache)
    assert files(folder) == [".lock"]
    wait_until(lambda: idp.find_requests("/connect/revocation"))
    [form] = idp.find_requests("/connect/revocation")
    assert form["token"] == f"{CANARY}-refresh-1"
    assert form["token_type_hint"] == "refresh_token"
    with pytest.raises(AuthenticationRequiredError):
        other.get_token()
    assert not new().restore()


def test_closing_keeps_the_stored_sign_in(
    signed_in: DeviceCodeCredential, new: Sign, idp: ScriptedProvider, folder: Path
) -> None:
    signed_in.close()
    assert files(folder) == [".json", ".lock"]
    assert idp.find_requests("/connect/revocation") == []
    assert new().restore()


def test_refused_refresh_deletes_the_stored_sign_in(
    signed_in: DeviceCodeCredential, new: Sign, idp: ScriptedProvider
) -> None:
    idp.script("refresh", refusal("invalid_grant"))
    with pytest.raises(AuthenticationRequiredError):
        signed_in.get_token(force_refresh=True)
    assert signed_in.state is LoginState.REAUTH_REQUIRED
    assert not new().restore()


def test_each_client_and_provider_has_its_own_file(
    options: TokenCachePersistenceOptions, real: IdentityProvider
) -> None:
    stores = [TokenStore(options, *whose) for whose in ((real, "one"), (real, "two"), (IMS, "one"))]
    for number, store in enumerate(stores):
        store.write(StoredSignIn(str(number)))
    assert [store.read().username for store in stores] == ["0", "1", "2"]


def test_a_sign_in_to_the_sample_is_never_stored(provider: IdentityProvider, folder: Path) -> None:
    with pytest.raises(TokenCacheError, match="sample"):
        DeviceCodeCredential(provider=provider, cache_persistence_options=TokenCachePersistenceOptions(folder=folder))
    with pytest.raises(TokenCacheError, match=r'Sign in without persist, and with another strategy than "stored"\.'):
        login("stored", provider=provider)


def test_lock_of_another_process_times_out(
    signed_in: DeviceCodeCredential, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_store, "_LOCK_TIMEOUT", 0.05)
    [lock] = folder.glob("*.lock")
    with portalocker.Lock(lock, "a"), pytest.raises(TokenCacheError, match="Another program"):
        signed_in.get_token()
    assert signed_in.state is LoginState.SIGNED_IN
    assert signed_in.get_token().token == f"{CANARY}-access-1"


def test_rotating_refresh_token_with_eight_threads_and_credentials(
    signed_in: DeviceCodeCredential, new: Sign, idp: ScriptedProvider
) -> None:
    credentials = [signed_in, *(new() for _ in range(7))]
    assert all(credential.restore() for credential in credentials[1:])
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda credential: credential.get_token(force_refresh=True).token, credentials * 3))
    used = [form["refresh_token"] for form in idp.find_requests("/connect/token") if "refresh_token" in form]
    assert len(set(used)) == len(set(got)) == 24


# one does the slow importing, and becomes four
PROCESSES = """
import os, sys
from pathlib import Path
from imodels_nb.auth import DeviceCodeCredential, IdentityProvider, TokenCachePersistenceOptions
from imodels_nb.auth import token_store
from imodels_nb.sample.provider import SampleProvider, build_sample_provider
os.fork(), os.fork()
provider = build_sample_provider(sys.argv[1])
SampleProvider.is_sample = False
def no_keyring(_): raise ImportError
token_store.msal_extensions.build_encrypted_persistence = no_keyring
options = TokenCachePersistenceOptions(allow_unencrypted_storage=True, folder=Path(sys.argv[2]))
credential = DeviceCodeCredential(provider=provider, cache_persistence_options=options)
assert credential.restore()
for _ in range(5):
    assert credential.get_token(force_refresh=True).token
os.write(1, f"{credential.state} ".encode())
while True:
    try:
        os.wait()
    except ChildProcessError:
        break
"""


@pytest.mark.slow
@pytest.mark.usefixtures("signed_in")
def test_a_rotating_refresh_token_survives_four_processes(idp: ScriptedProvider, folder: Path) -> None:
    command = [sys.executable, "-c", PROCESSES, idp.identity_url, str(folder)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=100, check=True)
    assert done.stdout.split() == ["SIGNED_IN"] * 4
    used = [form["refresh_token"] for form in idp.find_requests("/connect/token") if "refresh_token" in form]
    assert used == [f"{CANARY}-refresh-{number}" for number in range(1, 21)]


@pytest.mark.usefixtures("signed_in")
def test_login_uses_a_stored_sign_in_first(
    options: TokenCachePersistenceOptions, real: IdentityProvider, idp: ScriptedProvider
) -> None:
    asked = len(idp.find_requests("/connect/device_authorization"))
    for strategy in ("auto", "stored", "device_code", "authorization_code"):
        card = login(strategy, provider=real, persist=options)
        assert card.state is LoginState.SIGNED_IN
        in_browser = isinstance(card.credential.flow, AuthorizationCodeFlow)
        assert in_browser is (strategy == "authorization_code")
        assert "ada@example.com" in card._body.value
        assert "stored on this machine" in card._body.value
        card.close()
    assert len(idp.find_requests("/connect/device_authorization")) == asked


def test_stored_strategy_without_a_stored_sign_in(
    options: TokenCachePersistenceOptions, real: IdentityProvider
) -> None:
    with pytest.raises(CredentialUnavailableError, match="persist=True"):
        login("stored", provider=real, persist=options)


def test_stored_file_has_only_the_needed_fields(signed_in: DeviceCodeCredential, folder: Path) -> None:
    assert signed_in.is_persistent
    [file] = folder.glob("*.json")
    stored = json.loads(file.read_text())
    assert set(stored) == {"username", "expires_on", "tokens"}
    assert f"{CANARY}-refresh-1" in stored["tokens"]
    assert f"{CANARY}-signature" not in stored["tokens"]


def test_sign_out_works_without_revocation(idp: ScriptedProvider, clock: SteppedClock) -> None:
    metadata = idp.metadata()
    idp.script(
        "discovery", ScriptedResponse({name: url for name, url in metadata.items() if name != "revocation_endpoint"})
    )
    idp.script("token", tokens(), tokens(refresh_token=None))
    idp.script("revocation", ScriptedResponse(b"", 503))
    for expected in (0, 1):
        credential = DeviceCodeCredential(provider=build_sample_provider(idp.identity_url), clock=clock)
        credential.begin_authenticate().wait(10)
        credential.logout()
        assert credential.state is LoginState.SIGNED_OUT
        wait_until(lambda count=expected: len(idp.find_requests("/connect/revocation")) == count)
    assert idp.find_requests("/connect/revocation")[0]["token_type_hint"] == "access_token"
