"""Scripted and stored sign-ins for the tests of auth."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from helpers.scripted_provider import ScriptedProvider, SteppedClock, tokens

from imodels_nb.auth import (
    DeviceCodeCredential,
    IdentityProvider,
    LoginState,
    TokenCachePersistenceOptions,
    token_store,
)
from imodels_nb.sample.provider import SampleProvider

Sign = Callable[[], DeviceCodeCredential]


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock(free=True)


@pytest.fixture
def credential(provider: IdentityProvider, clock: SteppedClock) -> Iterator[DeviceCodeCredential]:
    made = DeviceCodeCredential(provider=provider, clock=clock, is_interactive=lambda: False)
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "imodels-nb"


@pytest.fixture
def options(folder: Path, monkeypatch: pytest.MonkeyPatch) -> TokenCachePersistenceOptions:
    """Return the options of a plain file, as on a machine without a keyring."""
    monkeypatch.setattr(token_store.msal_extensions, "build_encrypted_persistence", _no_keyring)
    return TokenCachePersistenceOptions(allow_unencrypted_storage=True, folder=folder)


def _no_keyring(_location: str) -> None:
    raise ImportError("gi")


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch, provider: IdentityProvider) -> IdentityProvider:
    """Return the scripted provider as a real one: a sign-in to a sample is not stored."""
    monkeypatch.setattr(SampleProvider, "is_sample", False)
    return provider


@pytest.fixture
def new(options: TokenCachePersistenceOptions, real: IdentityProvider) -> Iterator[Sign]:
    made = []

    def new() -> DeviceCodeCredential:
        clock = SteppedClock(free=True)
        made.append(DeviceCodeCredential(provider=real, clock=clock, cache_persistence_options=options))
        return made[-1]

    yield new
    for credential in made:
        credential.close()


@pytest.fixture
def signed_in(new: Sign, idp: ScriptedProvider) -> DeviceCodeCredential:
    idp.script("token", tokens())
    credential = new()
    assert credential.begin_authenticate().wait(10) is LoginState.SIGNED_IN
    return credential
