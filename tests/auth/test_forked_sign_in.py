"""Sign-ins in a forked process, which has its own locks and connections."""

import os
import pickle
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
from helpers.scripted_provider import CANARY, ScriptedProvider, SteppedClock, tokens
from helpers.waiting import wait_until

from imodels_nb.auth import (
    ClientSecretCredential,
    DeviceCodeCredential,
    IdentityProvider,
    LoginState,
    StaticTokenCredential,
    TokenCachePersistenceOptions,
    TokenCredential,
)
from imodels_nb.sample.provider import SampleProvider

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


def in_child(call: Callable[[], object]) -> str:
    """Run a function in a forked process; return what it returns or raises, as text."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of forks beside threads: our very case
        child = os.fork()
    if child == 0:
        try:
            text = str(call())
        except BaseException as error:  # noqa: BLE001 - the parent judges it
            text = f"{type(error).__name__}: {error}"
        os.write(writing, text.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return text


@pytest.fixture
def signed_in(idp: ScriptedProvider, credential: DeviceCodeCredential) -> DeviceCodeCredential:
    idp.decision = "approve"
    assert credential.begin_authenticate().wait(10) is LoginState.SIGNED_IN
    return credential


@pytest.fixture
def busy(idp: ScriptedProvider, signed_in: DeviceCodeCredential) -> Iterator[DeviceCodeCredential]:
    """Start a refresh of the token in another thread, which holds the lock."""
    slow = tokens(2, id_token=None)
    slow.release = Event()
    idp.script("refresh", slow)
    thread = Thread(target=signed_in.get_token, kwargs={"force_refresh": True})
    thread.start()
    wait_until(lambda: [form for form in idp.find_requests("/connect/token") if form["grant_type"] == "refresh_token"])
    yield signed_in
    slow.release.set()
    thread.join()


def test_child_has_the_token_although_the_parent_held_the_lock(busy: DeviceCodeCredential) -> None:
    assert in_child(lambda: busy.get_token().token) == f"{CANARY}-access-1"


def test_child_has_no_refresh_token(idp: ScriptedProvider, signed_in: DeviceCodeCredential) -> None:
    asked = len(idp.find_requests("/connect/token"))
    message = in_child(lambda: signed_in.get_token(force_refresh=True))
    assert message.startswith("AuthenticationRequiredError: The token for sample has run out")
    assert "forked" in message
    assert len(idp.find_requests("/connect/token")) == asked
    assert signed_in.get_token(force_refresh=True).token == f"{CANARY}-access-2"


def test_child_that_signs_out_revokes_nothing(idp: ScriptedProvider, signed_in: DeviceCodeCredential) -> None:
    assert in_child(lambda: (signed_in.logout(), signed_in.state.value)[1]) == "SIGNED_OUT"
    assert idp.find_requests("/connect/revocation") == []
    assert signed_in.state is LoginState.SIGNED_IN
    assert signed_in.get_token().token == f"{CANARY}-access-1"


def test_child_does_not_wait_for_the_parents_sign_in(idp: ScriptedProvider, provider: IdentityProvider) -> None:
    clock = SteppedClock()
    credential = DeviceCodeCredential(provider=provider, clock=clock, is_interactive=lambda: True)
    flow = credential.begin_authenticate()
    wait_until(lambda: clock.waiting)
    message = in_child(credential.get_token)
    assert message.startswith("LoginCancelledError: This sign-in goes on in the process that began it.")
    assert in_child(lambda: (flow.wait(), flow.user_code)) == f"({LoginState.CANCELLED!r}, None)"
    idp.decision = "approve"
    clock.free = True
    assert flow.wait(10) is LoginState.SIGNED_IN


def test_child_can_sign_in_for_itself(idp: ScriptedProvider, signed_in: DeviceCodeCredential) -> None:
    idp.script("token", tokens(7))
    assert in_child(lambda: (signed_in.begin_authenticate().wait(20), signed_in.get_token().token)[1]) == (
        f"{CANARY}-access-7"
    )
    assert signed_in.get_token().token == f"{CANARY}-access-1"


def test_child_draws_no_card(signed_in: DeviceCodeCredential) -> None:
    drawn: list[object] = []
    signed_in.on_change(drawn.append)
    assert in_child(lambda: (signed_in.logout(), len(drawn))[1]) == "0"


def test_child_refreshes_a_stored_sign_in(
    idp: ScriptedProvider, provider: IdentityProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SampleProvider, "is_sample", False)  # only a real provider's sign-in is stored
    monkeypatch.setattr("msal_extensions.build_encrypted_persistence", None)
    options = TokenCachePersistenceOptions(allow_unencrypted_storage=True, folder=tmp_path / "kept")
    credential = DeviceCodeCredential(
        provider=provider, clock=SteppedClock(free=True), cache_persistence_options=options, is_interactive=lambda: True
    )
    idp.decision = "approve"
    assert credential.begin_authenticate().wait(10) is LoginState.SIGNED_IN
    assert in_child(lambda: credential.get_token(force_refresh=True).token) == f"{CANARY}-access-2"
    assert credential.get_token().token == f"{CANARY}-access-2"
    assert credential.get_token(force_refresh=True).token == f"{CANARY}-access-3"
    assert [form["refresh_token"][-1] for form in idp.find_requests("/connect/token")[1:]] == ["1", "2"]
    credential.logout()


def test_service_requests_its_own_token_in_a_child(idp: ScriptedProvider, provider: IdentityProvider) -> None:
    service = ClientSecretCredential("service-1", f"{CANARY}-secret", provider=provider)
    assert service.get_token().token == f"{CANARY}-access-1"
    assert in_child(lambda: service.get_token().token) == f"{CANARY}-access-1"
    assert in_child(lambda: service.get_token(force_refresh=True).token) == f"{CANARY}-access-2"
    assert len(idp.find_requests("/connect/token")) == 2


@pytest.mark.parametrize(
    "create",
    [
        lambda provider: StaticTokenCredential("a"),  # noqa: ARG005
        lambda provider: ClientSecretCredential("service-1", "b", provider=provider),
        lambda provider: DeviceCodeCredential(provider=provider),
    ],
    ids=["static", "service", "person"],
)
def test_pickling_error_has_advice(
    provider: IdentityProvider, create: Callable[[IdentityProvider], TokenCredential]
) -> None:
    with pytest.raises(TypeError, match="let each worker create its own credential"):
        pickle.dumps(create(provider))
