"""A sign-in ends, whatever the provider, an observer or the system does."""

import json
from collections.abc import Iterator
from threading import Event, Thread

import pytest
from helpers.scripted_provider import (
    CANARY,
    USER_CODE,
    ScriptedProvider,
    ScriptedResponse,
    SteppedClock,
    id_token,
    refusal,
    tokens,
)
from helpers.secrets_in_text import contains_secret
from helpers.waiting import wait_until
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imodels_nb.auth import AuthorizationCodeCredential, DeviceCodeCredential, IdentityProvider, LoginState
from imodels_nb.auth.flows import LoginFlow
from imodels_nb.errors import (
    AuthenticationError,
    ConnectionFailed,
    GrantNotAvailableError,
    IModelsError,
    LoginCancelledError,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("9" * 5000),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=3,
)


@pytest.mark.parametrize("value", [["x"], {}, 7, True], ids=str)
def test_complete_link_of_another_type_is_left_out(
    idp: ScriptedProvider, credential: DeviceCodeCredential, value: object
) -> None:
    idp.script("device", idp.grant(verification_uri_complete=value))
    flow = credential.begin_authenticate()
    wait_until(lambda: flow.user_code)
    assert flow.verification_uri_complete is None
    idp.decision = "approve"
    assert flow.wait(10) is LoginState.SIGNED_IN


def test_lifetime_beyond_the_year_9999_signs_in(idp: ScriptedProvider, credential: DeviceCodeCredential) -> None:
    idp.script("token", tokens(expires_in=10**12))
    assert credential.begin_authenticate().wait(10) is LoginState.SIGNED_IN
    assert credential.get_token().token == f"{CANARY}-access-1"


def test_missing_lifetime_of_the_code_is_no_error(idp: ScriptedProvider, credential: DeviceCodeCredential) -> None:
    idp.script("device", idp.grant(expires_in=None))
    idp.decision = "approve"
    assert credential.begin_authenticate().wait(10) is LoginState.SIGNED_IN


def test_unreadable_lifetime_of_the_code_is_a_failure(idp: ScriptedProvider, credential: DeviceCodeCredential) -> None:
    idp.script("device", idp.grant(expires_in=["x"]))
    flow = credential.begin_authenticate()
    assert flow.wait(10) is LoginState.FAILED
    assert "expires_in that cannot be read" in str(flow.error)


FIELDS = {
    "device": ["device_code", "user_code", "verification_uri", "verification_uri_complete", "expires_in", "interval"],
    "token": ["access_token", "refresh_token", "id_token", "token_type", "expires_in", "scope", "error"],
}


@pytest.mark.parametrize(("endpoint", "field"), [(name, field) for name, fields in FIELDS.items() for field in fields])
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=JSON)
def test_sign_in_ends_whatever_the_type_of_a_field(
    idp: ScriptedProvider, provider: IdentityProvider, endpoint: str, field: str, value: object
) -> None:
    idp.queues.clear()
    response = idp.grant() if endpoint == "device" else tokens()
    assert isinstance(response.body, dict)
    idp.script(endpoint, ScriptedResponse(json.dumps({**response.body, field: value}).encode()))
    idp.script("token", refusal("access_denied"))
    credential = DeviceCodeCredential(provider=provider, clock=SteppedClock(free=True), is_interactive=lambda: True)
    flow = credential.begin_authenticate()
    assert not flow.wait(20).is_pending
    assert flow.user_code is None
    try:
        assert credential.get_token().token
    except IModelsError as error:
        assert not contains_secret(str(error))  # noqa: PT017 - either outcome is right
    credential.close()


class BrokenFlow(LoginFlow):
    """Ends in an unexpected error."""

    has_prompt = False
    _instruction = ""

    def approve(self, *, approve: bool = True) -> None:
        pass

    def _clear_prompt(self) -> None:
        pass

    def _run_flow(self) -> None:
        raise self.unexpected

    unexpected: BaseException = OverflowError(f"{CANARY}-value")


@pytest.mark.parametrize("error", [OverflowError(f"{CANARY}-value"), RecursionError(), SystemExit()], ids=repr)
def test_unexpected_error_ends_the_sign_in(
    credential: DeviceCodeCredential, capfd: pytest.CaptureFixture[str], error: BaseException
) -> None:
    flow = BrokenFlow(credential._create_client(), credential.provider, (), SteppedClock(free=True))
    flow.unexpected = error
    credential._begin(flow)
    assert flow.wait(10) is LoginState.FAILED
    assert not contains_secret(str(flow.error))
    with pytest.raises(AuthenticationError, match="ended in an unexpected way"):
        credential.get_token()
    flow._thread.join(10)
    assert capfd.readouterr() == ("", "")


def test_thread_that_cannot_start_ends_the_sign_in(
    credential: DeviceCodeCredential, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_thread: Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(Thread, "start", refuse)
    flow = credential.begin_authenticate()
    assert flow.wait(10) is LoginState.FAILED
    with pytest.raises(AuthenticationError, match="no thread could be started"):
        credential.get_token()


@pytest.fixture
def signed_in(idp: ScriptedProvider, credential: DeviceCodeCredential) -> Iterator[DeviceCodeCredential]:
    idp.decision = "approve"
    assert credential.begin_authenticate().wait(10) is LoginState.SIGNED_IN
    yield credential
    credential.close()


def test_observer_that_fails_stops_neither_the_others_nor_a_fetch(
    idp: ScriptedProvider, credential: DeviceCodeCredential
) -> None:
    def fail(_changed: object) -> None:
        raise RuntimeError("the display has gone")

    seen: list[LoginState] = []
    credential.on_change(fail)
    credential.on_change(lambda changed: seen.append(changed.state))
    idp.decision = "approve"
    flow = credential.begin_authenticate()
    flow.on_change(fail)
    assert flow.wait(10) is LoginState.SIGNED_IN
    assert credential.get_token(force_refresh=True).token == f"{CANARY}-access-2"
    credential.logout()
    assert seen[-1] is LoginState.SIGNED_OUT
    assert LoginState.SIGNED_IN in seen


def test_hanging_observer_does_not_block_a_fetch(
    idp: ScriptedProvider, credential: DeviceCodeCredential, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imodels_nb.auth.flows._OBSERVER_TIMEOUT", 0.1)
    gone = Event()
    idp.decision = "approve"
    flow = credential.begin_authenticate()
    flow.on_change(lambda changed: changed.state is LoginState.SIGNED_IN and gone.wait(60))
    assert flow.wait() is LoginState.SIGNED_IN
    assert credential.get_token().token == f"{CANARY}-access-1"
    gone.set()


def test_observer_can_be_removed_twice(credential: DeviceCodeCredential) -> None:
    remove = credential.on_change(lambda _: None)
    remove()
    remove()


@pytest.mark.parametrize("kind", [DeviceCodeCredential, AuthorizationCodeCredential])
def test_lasting_fault_at_the_start_is_shown_at_once(
    idp: ScriptedProvider,
    provider: IdentityProvider,
    kind: type[DeviceCodeCredential | AuthorizationCodeCredential],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "imodels_nb.sample.provider.SampleTransport.send",
        lambda *_: (_ for _ in ()).throw(
            ConnectionFailed("sample did not response: no such host.", is_retryable=False)
        ),
    )
    clock = SteppedClock()  # waits would never end
    flow = kind(provider=provider, clock=clock).begin_authenticate()
    assert flow.wait(10) is LoginState.FAILED
    assert isinstance(flow.error, ConnectionFailed)
    assert "no such host" in str(flow.error)
    assert clock.waits == []
    assert idp.requests == []


def test_unknown_client_gets_a_hint(idp: ScriptedProvider, credential: DeviceCodeCredential) -> None:
    idp.script("device", refusal("invalid_client", 401))
    flow = credential.begin_authenticate()
    assert flow.wait(10) is LoginState.UNSUPPORTED
    assert isinstance(flow.error, GrantNotAvailableError)
    assert "Check the client id: it is not registered with this provider." in str(flow.error)


def test_name_of_the_account_is_shown_without_invisible_characters(
    idp: ScriptedProvider, credential: DeviceCodeCredential
) -> None:
    name = "ada\x1b[31m\u202e@example.com" + "x" * 1000
    idp.script("token", tokens(id_token=id_token(preferred_username=name)))
    assert credential.begin_authenticate().wait(10) is LoginState.SIGNED_IN
    account = credential.account or ""
    assert account.startswith("ada\ufffd[31m\ufffd@example.com")
    assert len(account) == 254


@pytest.mark.parametrize("uri", ["", "x", "http://localhost:99999/", "http://localhost:x/", "http://loc\nalhost/", 7])
def test_redirect_uri_that_is_no_address_is_refused(provider: IdentityProvider, uri: object) -> None:
    credential = AuthorizationCodeCredential(provider=provider, redirect_uri=uri)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="redirect_uri should be"):
        credential.begin_authenticate()


def test_client_id_is_text() -> None:
    with pytest.raises(TypeError, match="client_id should be text, not int"):
        DeviceCodeCredential(7)  # type: ignore[arg-type]


def test_code_is_gone_after_a_cancelled_sign_in(credential: DeviceCodeCredential) -> None:
    clock = SteppedClock()
    credential._clock = clock
    flow = credential.begin_authenticate()
    wait_until(lambda: clock.waiting)
    assert flow.user_code == USER_CODE
    flow.cancel()
    with pytest.raises(LoginCancelledError):
        credential.get_token()


def test_s11_cancel_aborts_a_request_that_is_under_way(idp: ScriptedProvider, credential: DeviceCodeCredential) -> None:
    late = tokens()
    late.release = Event()
    idp.script("token", late)
    flow = credential.begin_authenticate()
    wait_until(lambda: idp.find_requests("/connect/token"))
    flow.cancel()
    flow._thread.join(10)  # the request itself has 30 s
    assert not flow._thread.is_alive()
    assert flow.state is LoginState.CANCELLED
    late.release.set()


def test_cancel_of_a_finished_sign_in_leaves_it_usable(signed_in: DeviceCodeCredential) -> None:
    assert signed_in.flow is not None
    signed_in.flow.cancel()
    assert signed_in.get_token(force_refresh=True).token == f"{CANARY}-access-2"
