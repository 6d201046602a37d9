from collections.abc import Callable
from threading import Event

import pytest
from helpers.scripted_provider import (
    CANARY,
    USER_CODE,
    ScriptedProvider,
    ScriptedResponse,
    SteppedClock,
    html,
    refusal,
    tokens,
)
from helpers.waiting import wait_until

from imodels_nb.auth import DeviceCodeCredential, DeviceCodeFlow, IdentityProvider, LoginState
from imodels_nb.errors import (
    AuthenticationError,
    AuthorizationDeclinedError,
    ConnectionFailed,
    DeviceCodeExpiredError,
    GrantNotAvailableError,
    LoginCancelledError,
    UnexpectedResponse,
)

Begin = Callable[[], DeviceCodeFlow]


@pytest.fixture
def stepped_clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def waiting(provider: IdentityProvider, stepped_clock: SteppedClock) -> DeviceCodeFlow:
    """Start a flow that shows its code and has polled once; each tick polls again."""
    flow = DeviceCodeCredential(provider=provider, clock=stepped_clock).begin_authenticate()
    wait_until(lambda: stepped_clock.waiting)
    return flow


def states_of(flow: DeviceCodeFlow) -> list[LoginState]:
    seen = [flow.state]
    flow.on_change(lambda changed: seen.append(changed.state))
    return seen


def assert_wiped(flow: DeviceCodeFlow) -> None:
    assert (flow.user_code, flow.verification_uri, flow.verification_uri_complete) == (None, None, None)
    assert (flow.expires_on, flow.seconds_left) == (None, 0)


def test_approval_signs_in(waiting: DeviceCodeFlow, stepped_clock: SteppedClock, provider: IdentityProvider) -> None:
    assert waiting.state is LoginState.AWAITING_USER
    assert waiting.user_code == USER_CODE
    assert waiting.verification_uri == f"{provider.identity_url}/device"
    assert waiting.verification_uri_complete == f"{provider.identity_url}/device?user_code={USER_CODE}"
    provider.approve_device_code(USER_CODE)
    stepped_clock.tick()
    assert waiting.wait(10) is LoginState.SIGNED_IN
    assert waiting.error is None
    assert_wiped(waiting)


@pytest.mark.parametrize(
    ("code", "state", "error"),
    [
        ("access_denied", LoginState.DECLINED, AuthorizationDeclinedError),
        ("expired_token", LoginState.EXPIRED, DeviceCodeExpiredError),
        ("unauthorized_client", LoginState.UNSUPPORTED, GrantNotAvailableError),
        ("unsupported_grant_type", LoginState.UNSUPPORTED, GrantNotAvailableError),
        ("invalid_scope", LoginState.UNSUPPORTED, GrantNotAvailableError),
        ("invalid_grant", LoginState.FAILED, AuthenticationError),
        ("something_new", LoginState.FAILED, AuthenticationError),
    ],
)
def test_each_error_while_polling_has_its_state(
    idp: ScriptedProvider,
    credential: DeviceCodeCredential,
    code: str,
    state: LoginState,
    error: type[AuthenticationError],
) -> None:
    idp.script("token", refusal("authorization_pending"), refusal(code))
    flow = credential.begin_authenticate()
    assert flow.wait(10) is state
    assert type(flow.error) is error
    assert CANARY not in str(flow.error)
    assert_wiped(flow)


@pytest.mark.parametrize(
    "response",
    [
        html(404),
        html(200),
        refusal("unauthorized_client"),
        refusal("unsupported_grant_type"),
        refusal("invalid_scope"),
        refusal("invalid_client", 401),
        ScriptedResponse({"message": CANARY}, 404),
        ScriptedResponse({"device_code": CANARY}),
        ScriptedResponse(b"", 302, {"Location": "https://example.com/"}),
    ],
    ids=lambda response: f"{response.status} {str(response.body)[:30]}",
)
def test_every_refused_grant_is_unsupported_with_an_alternative(
    idp: ScriptedProvider, credential: DeviceCodeCredential, response: ScriptedResponse
) -> None:
    idp.script("device", response)
    flow = credential.begin_authenticate()
    assert flow.wait(10) is LoginState.UNSUPPORTED
    assert isinstance(flow.error, GrantNotAvailableError)
    assert "IMODELS_NB_ACCESS_TOKEN" in str(flow.error)
    assert "StaticTokenCredential" in str(flow.error)
    assert CANARY not in str(flow.error)


def test_a_provider_without_a_device_endpoint_is_unsupported(
    idp: ScriptedProvider, credential: DeviceCodeCredential
) -> None:
    metadata = idp.metadata()
    del metadata["device_authorization_endpoint"]
    idp.script("discovery", ScriptedResponse(metadata))
    flow = credential.begin_authenticate()
    assert flow.wait(10) is LoginState.UNSUPPORTED
    assert "(unsupported_grant_type)" in str(flow.error)


def test_refused_grant_names_the_error_code(idp: ScriptedProvider, credential: DeviceCodeCredential) -> None:
    idp.script("device", refusal("unauthorized_client"))
    flow = credential.begin_authenticate()
    flow.wait(10)
    assert flow.error.code == "unauthorized_client"
    assert "(unauthorized_client)" in str(flow.error)


@pytest.mark.parametrize("link", ["javascript:alert(1)", "http://example.com/device", "data:text/html,x", "https://"])
@pytest.mark.parametrize("field", ["verification_uri", "verification_uri_complete"])
def test_s10_unsafe_link_ends_the_sign_in(
    idp: ScriptedProvider, credential: DeviceCodeCredential, field: str, link: str
) -> None:
    idp.script("device", idp.grant(**{field: link}))
    flow = credential.begin_authenticate()
    assert flow.wait(10) is LoginState.FAILED
    assert isinstance(flow.error, UnexpectedResponse)
    assert_wiped(flow)


def test_trouble_while_waiting_is_shown_and_survived(
    idp: ScriptedProvider, waiting: DeviceCodeFlow, stepped_clock: SteppedClock
) -> None:
    seen = states_of(waiting)
    idp.script("token", ScriptedResponse(b"", 503), html(), ScriptedResponse(b"", 429, {"Retry-After": "40"}))
    idp.script("token", refusal("authorization_pending"), tokens())
    stepped_clock.free = True
    assert waiting.wait(10) is LoginState.SIGNED_IN
    assert list(dict.fromkeys(seen)) == [LoginState.AWAITING_USER, LoginState.RETRYING, LoginState.SIGNED_IN]
    assert seen[-2:] == [LoginState.AWAITING_USER, LoginState.SIGNED_IN]
    assert stepped_clock.waits == [
        5,
        5 + 1,
        5 + 2,
        5 + 40,
        5,
    ]  # trouble in a row makes it longer, an response makes it short again


def test_code_stays_visible_while_the_provider_fails(
    idp: ScriptedProvider, waiting: DeviceCodeFlow, stepped_clock: SteppedClock
) -> None:
    idp.script("token", ScriptedResponse(b"", 503))
    stepped_clock.tick()
    wait_until(lambda: waiting.state is LoginState.RETRYING)
    assert waiting.user_code == USER_CODE
    assert "temporarily unavailable" in str(waiting.error)


def test_start_is_retried_until_the_network_is_back(idp: ScriptedProvider, credential: DeviceCodeCredential) -> None:
    idp.script("device", ScriptedResponse(b"", 503), ScriptedResponse(b"", 503))
    flow = credential.begin_authenticate()
    wait_until(lambda: flow.user_code)
    assert len(idp.find_requests("/connect/device_authorization")) == 3


def test_lasting_network_failure_ends_the_sign_in(idp: ScriptedProvider, credential: DeviceCodeCredential) -> None:
    idp.stop()
    flow = credential.begin_authenticate()
    assert flow.wait(10) is LoginState.FAILED
    assert isinstance(flow.error, ConnectionFailed)


def test_unused_code_expires(idp: ScriptedProvider, credential: DeviceCodeCredential, clock: SteppedClock) -> None:
    idp.script("device", idp.grant(expires_in=32))
    flow = credential.begin_authenticate()
    assert flow.wait(10) is LoginState.EXPIRED
    assert isinstance(flow.error, DeviceCodeExpiredError)
    assert len(idp.find_requests("/connect/token")) == 7
    assert sum(clock.waits) <= 32


@pytest.mark.parametrize(("given", "used"), [(0, 1), (-3, 1), ("2", 2), (1.7, 1), (None, 5)])
def test_s11_poll_interval_is_at_least_a_second(
    idp: ScriptedProvider, credential: DeviceCodeCredential, clock: SteppedClock, given: object, used: int
) -> None:
    idp.script("device", idp.grant(interval=given))
    idp.script("token", refusal("authorization_pending"), tokens())
    assert credential.begin_authenticate().wait(10) is LoginState.SIGNED_IN
    assert clock.waits == [used]


def test_s11_code_expires_after_half_an_hour(
    idp: ScriptedProvider, provider: IdentityProvider, stepped_clock: SteppedClock
) -> None:
    idp.script("device", idp.grant(expires_in=10**9))
    flow = DeviceCodeCredential(provider=provider, clock=stepped_clock).begin_authenticate()
    wait_until(lambda: flow.user_code)
    assert 0 < flow.seconds_left <= 1800
    flow.cancel()


def test_slow_down_makes_the_pause_longer_for_good(
    idp: ScriptedProvider, credential: DeviceCodeCredential, clock: SteppedClock
) -> None:
    idp.script("token", refusal("slow_down"), refusal("authorization_pending"), tokens())
    assert credential.begin_authenticate().wait(10) is LoginState.SIGNED_IN
    assert clock.waits == [10, 10]


def test_s11_cancel_ends_it_at_once_while_it_waits(idp: ScriptedProvider, waiting: DeviceCodeFlow) -> None:
    asked = len(idp.requests)
    waiting.cancel()
    assert waiting.state is LoginState.CANCELLED
    assert isinstance(waiting.error, LoginCancelledError)
    assert_wiped(waiting)
    waiting._thread.join(1)
    assert not waiting._thread.is_alive()
    assert len(idp.requests) == asked


def test_s11_answer_after_cancel_stores_nothing(idp: ScriptedProvider, credential: DeviceCodeCredential) -> None:
    barrier = Event()
    late = tokens()
    late.release = barrier
    idp.script("token", late)
    flow = credential.begin_authenticate()
    wait_until(lambda: idp.find_requests("/connect/token"))
    flow.cancel()
    assert flow.state is LoginState.CANCELLED
    barrier.set()
    flow._thread.join(10)
    assert flow.state is LoginState.CANCELLED
    assert flow.client is None
    assert CANARY not in repr(flow._client._app.token_cache._cache)
    with pytest.raises(LoginCancelledError):
        credential.get_token()


def test_s11_a_new_code_makes_the_old_one_worthless(idp: ScriptedProvider, credential: DeviceCodeCredential) -> None:
    barrier = Event()
    late = tokens()
    late.release = barrier
    idp.script("token", late, tokens(2))
    first = credential.begin_authenticate()
    wait_until(lambda: idp.find_requests("/connect/token"))
    second = credential.begin_authenticate()
    assert second.wait(10) is LoginState.SIGNED_IN
    barrier.set()
    first._thread.join(10)
    assert first.state is LoginState.CANCELLED
    assert credential.get_token().token == f"{CANARY}-access-2"


def test_final_state_does_not_change(waiting: DeviceCodeFlow, stepped_clock: SteppedClock) -> None:
    waiting.cancel()
    seen = states_of(waiting)
    stepped_clock.tick(3)
    waiting.cancel()
    waiting._thread.join(5)
    assert seen == [LoginState.CANCELLED]


def test_an_observer_that_fails_does_not_end_the_sign_in(
    waiting: DeviceCodeFlow, stepped_clock: SteppedClock, provider: IdentityProvider
) -> None:
    def fail(_flow: DeviceCodeFlow) -> None:
        raise RuntimeError

    waiting.on_change(fail)
    provider.approve_device_code(USER_CODE)
    stepped_clock.tick()
    assert waiting.wait(10) is LoginState.SIGNED_IN


def test_observer_can_be_removed(waiting: DeviceCodeFlow) -> None:
    seen: list[LoginState] = []
    leave = waiting.on_change(lambda flow: seen.append(flow.state))
    leave()
    waiting.cancel()
    assert seen == []


def test_s3_a_flow_shows_no_code(waiting: DeviceCodeFlow) -> None:
    assert repr(waiting) == "DeviceCodeFlow(state='AWAITING_USER', provider='sample')"
    assert f"{CANARY}-device" not in repr(vars(waiting))
    waiting.cancel()


def test_s6_the_thread_writes_nothing(
    idp: ScriptedProvider, credential: DeviceCodeCredential, capfd: pytest.CaptureFixture[str]
) -> None:
    idp.script("token", ScriptedResponse(b"", 503), html(), refusal("authorization_pending"), refusal("access_denied"))
    assert credential.begin_authenticate().wait(10) is LoginState.DECLINED
    assert capfd.readouterr() == ("", "")
