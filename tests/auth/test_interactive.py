import _thread
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
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

from imodels_nb import _interactive
from imodels_nb.auth import DeviceCodeCredential, DeviceCodeFlow, IdentityProvider, LoginState
from imodels_nb.auth.msal_client import MsalPublicClient
from imodels_nb.errors import (
    AuthenticationError,
    AuthenticationRequiredError,
    AuthorizationDeclinedError,
    ConnectionFailed,
    CredentialUnavailableError,
    ServerError,
    UnexpectedResponse,
)


@pytest.fixture
def signed_in(idp: ScriptedProvider, credential: DeviceCodeCredential) -> DeviceCodeCredential:
    idp.decision = "approve"
    assert credential.begin_authenticate().wait(10) is LoginState.SIGNED_IN
    return credential


@pytest.fixture
def sign_in(idp: ScriptedProvider, credential: DeviceCodeCredential) -> Callable[..., DeviceCodeCredential]:
    def sign_in(**changes: object) -> DeviceCodeCredential:
        idp.script("token", tokens(**changes))
        assert credential.begin_authenticate().wait(10) is LoginState.SIGNED_IN
        return credential

    return sign_in


def test_vendor_needs_a_client_id() -> None:
    with pytest.raises(
        CredentialUnavailableError, match=r"developer\.bentley\.com.*client_id.*IMODELS_NB_ACCESS_TOKEN"
    ):
        DeviceCodeCredential()


def test_get_token_without_a_sign_in_raises(credential: DeviceCodeCredential) -> None:
    assert credential.state is LoginState.SIGNED_OUT
    with pytest.raises(AuthenticationRequiredError, match=r"login\(credential=.*begin_authenticate\(\)"):
        credential.get_token()


def test_present_token_needs_no_request(idp: ScriptedProvider, signed_in: DeviceCodeCredential) -> None:
    asked = len(idp.requests)
    assert signed_in.get_token().token == f"{CANARY}-access-1"
    assert signed_in.account == "ada@example.com"
    assert len(idp.requests) == asked


def test_force_refresh_asks_for_a_new_token(signed_in: DeviceCodeCredential) -> None:
    assert signed_in.get_token(force_refresh=True).token == f"{CANARY}-access-2"
    assert signed_in.get_token().token == f"{CANARY}-access-2"


def test_a_token_about_to_end_is_renewed(sign_in: Callable[..., DeviceCodeCredential]) -> None:
    assert sign_in(expires_in=120).get_token().token == f"{CANARY}-access-2"


@pytest.mark.parametrize("missing", ["id_token", "scope", "expires_in"])
def test_optional_fields_of_a_response_may_be_missing(
    idp: ScriptedProvider, sign_in: Callable[..., DeviceCodeCredential], missing: str
) -> None:
    credential = sign_in(**{missing: None})
    asked = len(idp.requests)
    assert credential.get_token().token == f"{CANARY}-access-1"
    assert len(idp.requests) == asked
    assert credential.get_token(force_refresh=True).token == f"{CANARY}-access-2"
    assert credential.get_token().token == f"{CANARY}-access-2"
    assert credential.account == (None if missing == "id_token" else "ada@example.com")


def test_the_newest_refresh_token_is_used(idp: ScriptedProvider, signed_in: DeviceCodeCredential) -> None:
    for _ in range(3):
        signed_in.get_token(force_refresh=True)
    used = [form["refresh_token"] for form in idp.find_requests("/connect/token") if "refresh_token" in form]
    assert used == [f"{CANARY}-refresh-{number}" for number in (1, 2, 3)]


def test_a_rotating_refresh_token_survives_eight_threads(
    idp: ScriptedProvider, signed_in: DeviceCodeCredential
) -> None:
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda _: signed_in.get_token(force_refresh=True).token, range(40)))
    used = [form["refresh_token"] for form in idp.find_requests("/connect/token") if "refresh_token" in form]
    assert len(set(used)) == len(set(got)) == 40


@pytest.mark.parametrize("code", ["invalid_grant", "interaction_required", "invalid_client"])
def test_refused_refresh_needs_a_new_sign_in(idp: ScriptedProvider, signed_in: DeviceCodeCredential, code: str) -> None:
    idp.script("refresh", refusal(code))
    with pytest.raises(AuthenticationRequiredError, match="Sign in again"):
        signed_in.get_token(force_refresh=True)
    assert signed_in.state is LoginState.REAUTH_REQUIRED
    assert signed_in.account is None


def test_token_that_cannot_be_refreshed_needs_a_new_sign_in(sign_in: Callable[..., DeviceCodeCredential]) -> None:
    credential = sign_in(refresh_token=None, expires_in=60)
    with pytest.raises(AuthenticationRequiredError):
        credential.get_token()
    assert credential.state is LoginState.REAUTH_REQUIRED


def test_client_without_tokens_raises(provider: IdentityProvider) -> None:
    with pytest.raises(AuthenticationError, match="invalid_grant"):
        MsalPublicClient("sample", provider).acquire_silently(("itwin-platform",), force_refresh=False)


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (ScriptedResponse(b"", 503), ServerError),
        (html(), UnexpectedResponse),
        (refusal("temporarily_unavailable"), ServerError),
    ],
    ids=["503", "html", "unavailable"],
)
def test_failed_refresh_keeps_the_sign_in(
    idp: ScriptedProvider, signed_in: DeviceCodeCredential, response: ScriptedResponse, error: type[Exception]
) -> None:
    idp.script("refresh", response)
    with pytest.raises(error):
        signed_in.get_token(force_refresh=True)
    assert signed_in.state is LoginState.SIGNED_IN
    assert signed_in.get_token(force_refresh=True).token == f"{CANARY}-access-2"  # asked again at once, not replayed


def test_present_token_works_without_a_network(idp: ScriptedProvider, signed_in: DeviceCodeCredential) -> None:
    idp.stop()
    with pytest.raises(ConnectionFailed):
        signed_in.get_token(force_refresh=True)
    assert signed_in.get_token().token == f"{CANARY}-access-1"


def test_token_invalid_in_a_header_is_refused(idp: ScriptedProvider, credential: DeviceCodeCredential) -> None:
    idp.script("token", tokens(access_token=f"{CANARY}\r\nHost: example.com"))
    assert credential.begin_authenticate().wait(10) is LoginState.FAILED


@pytest.mark.parametrize(
    "changes", [{"id_token": f"{CANARY}"}, {"expires_in": [CANARY]}], ids=["id_token", "expires_in"]
)
def test_unreadable_answer_fails_without_being_shown(
    idp: ScriptedProvider, credential: DeviceCodeCredential, changes: dict[str, object]
) -> None:
    idp.script("token", tokens(**changes))
    flow = credential.begin_authenticate()
    assert flow.wait(10) is LoginState.FAILED
    assert CANARY not in str(flow.error)


def test_s12_signing_out_deletes_the_tokens(signed_in: DeviceCodeCredential) -> None:
    client = signed_in.flow.client
    signed_in.logout()
    assert signed_in.state is LoginState.SIGNED_OUT
    assert CANARY not in repr(client._app.token_cache._cache)
    with pytest.raises(AuthenticationRequiredError):
        signed_in.get_token()


def test_s11_refresh_after_sign_out_returns_no_token(idp: ScriptedProvider, signed_in: DeviceCodeCredential) -> None:
    barrier = Event()
    late = tokens(2)
    late.release = barrier
    idp.script("refresh", late)
    with ThreadPoolExecutor(2) as pool:
        asking = pool.submit(signed_in.get_token, force_refresh=True)
        wait_until(lambda: any("refresh_token" in form for form in idp.find_requests("/connect/token")))
        leaving = pool.submit(signed_in.logout)
        wait_until(lambda: signed_in.state is LoginState.SIGNED_OUT)
        barrier.set()
        leaving.result(10)
        with pytest.raises(AuthenticationRequiredError):
            asking.result(10)


def test_s11_no_refresh_is_sent_after_sign_out(idp: ScriptedProvider, signed_in: DeviceCodeCredential) -> None:
    under_way, barrier = tokens(2), Event()
    under_way.release = barrier
    idp.script("refresh", under_way)
    with ThreadPoolExecutor(5) as pool:
        asking = [pool.submit(signed_in.get_token, force_refresh=True) for _ in range(4)]
        wait_until(lambda: any("refresh_token" in form for form in idp.find_requests("/connect/token")))
        leaving = pool.submit(signed_in.logout)
        wait_until(lambda: signed_in.state is LoginState.SIGNED_OUT)
        barrier.set()
        leaving.result(10)
        assert {type(future.exception(10)) for future in asking} == {AuthenticationRequiredError}
    assert sum("refresh_token" in form for form in idp.find_requests("/connect/token")) == 1


def test_pending_sign_in_raises_without_a_person(idp: ScriptedProvider, provider: IdentityProvider) -> None:
    real = replace(provider, name="Bentley", identity_url=idp.identity_url)
    credential = DeviceCodeCredential(provider=real, clock=SteppedClock(), is_interactive=lambda: False)
    flow = credential.begin_authenticate()
    with pytest.raises(AuthenticationRequiredError, match="No user can sign in"):
        credential.get_token()
    flow.cancel()


def run_freely_after_waits(flow: DeviceCodeFlow, clock: SteppedClock, waits: int = 3) -> None:
    """Run the clock freely once a cell has waited so many times."""
    wait, left = flow.wait, iter(range(waits - 1, -1, -1))

    def wait_and_count(timeout: float | None = None) -> LoginState:
        clock.free = clock.free or next(left) == 0
        return wait(timeout)

    flow.wait = wait_and_count  # type: ignore[method-assign]  # to count the waits of a cell


def test_auto_approving_sample_needs_no_person(
    idp: ScriptedProvider, provider: IdentityProvider, capsys: pytest.CaptureFixture[str]
) -> None:
    idp.script("token", refusal("authorization_pending"), tokens())
    clock = SteppedClock()
    auto = replace(provider, auto_approve=True)
    credential = DeviceCodeCredential(provider=auto, clock=clock, is_interactive=lambda: False)
    run_freely_after_waits(credential.begin_authenticate(), clock)
    assert credential.get_token().token == f"{CANARY}-access-1"
    assert idp.find_requests("/device") == []
    assert capsys.readouterr().out == "Waiting for the sample, which approves sign-ins automatically.\n"


def test_waiting_get_token_approves_the_sample_once(
    idp: ScriptedProvider, provider: IdentityProvider, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = SteppedClock()
    credential = DeviceCodeCredential(provider=provider, clock=clock, is_interactive=lambda: True)
    credential.begin_authenticate()
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(credential.get_token) for _ in range(4)]
        wait_until(lambda: idp.decision)
        clock.free = True
        assert {cell.result(10).token for cell in waiting} == {f"{CANARY}-access-1"}
    assert idp.find_requests("/device") == [{"user_code": USER_CODE, "decision": "approve"}]
    assert capsys.readouterr().out.count("Approving as the sample user") == 1


def test_person_approves_the_sample_before_the_cell(idp: ScriptedProvider, provider: IdentityProvider) -> None:
    idp.script("token", refusal("authorization_pending"), tokens())
    idp.script("decide", html(404))
    clock = SteppedClock()
    credential = DeviceCodeCredential(provider=provider, clock=clock, is_interactive=lambda: True)
    flow = credential.begin_authenticate()
    wait_until(lambda: flow.user_code)  # else a slow machine counts waits for a sign-in that has no code yet
    run_freely_after_waits(flow, clock)
    assert credential.get_token().token == f"{CANARY}-access-1"
    assert len(idp.find_requests("/device")) == 1


def test_declined_sign_in_raises_in_the_waiting_cell(idp: ScriptedProvider, provider: IdentityProvider) -> None:
    idp.script("token", refusal("access_denied"))
    credential = DeviceCodeCredential(provider=provider, clock=SteppedClock(free=True), is_interactive=lambda: True)
    credential.begin_authenticate()
    with pytest.raises(AuthorizationDeclinedError):
        credential.get_token()


@pytest.fixture
def interrupts() -> Iterator[None]:
    """Handle interrupts, which a process started in the background ignores."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interrupts")
def test_interrupted_cell_leaves_the_sign_in_running(idp: ScriptedProvider, provider: IdentityProvider) -> None:
    clock = SteppedClock()
    quiet = replace(provider, auto_approve=True)
    credential = DeviceCodeCredential(provider=quiet, clock=clock, is_interactive=lambda: True)
    flow = credential.begin_authenticate()
    wait_until(lambda: flow.user_code)

    def interrupt() -> None:
        wait_until(lambda: credential._announced_flow)
        _thread.interrupt_main()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(interrupt)
        with pytest.raises(KeyboardInterrupt):
            credential.get_token()
    assert flow.state.is_pending
    idp.decision = "approve"
    clock.free = True
    assert credential.get_token().token == f"{CANARY}-access-1"


def test_observers_get_each_change_until_removed(idp: ScriptedProvider, credential: DeviceCodeCredential) -> None:
    seen: list[LoginState] = []
    leave = credential.on_change(lambda changed: seen.append(changed.state))
    idp.decision = "approve"
    credential.begin_authenticate().wait(10)
    wait_until(lambda: LoginState.SIGNED_IN in seen)
    idp.script("refresh", refusal("invalid_grant"))
    with pytest.raises(AuthenticationRequiredError):
        credential.get_token(force_refresh=True)
    assert list(dict.fromkeys(seen)) == [
        LoginState.STARTING,
        LoginState.AWAITING_USER,
        LoginState.SIGNED_IN,
        LoginState.REAUTH_REQUIRED,
    ]
    leave()
    credential.logout()
    assert LoginState.SIGNED_OUT not in seen


def test_observers_get_a_refreshed_token(idp: ScriptedProvider, signed_in: DeviceCodeCredential) -> None:
    received_events: list[int | None] = []
    signed_in.on_change(lambda changed: received_events.append(changed.expires_on))
    before = signed_in.expires_on
    signed_in.get_token()
    assert received_events == []
    idp.script("refresh", tokens(2, expires_in=7200))
    signed_in.get_token(force_refresh=True)
    assert received_events == [signed_in.expires_on]
    assert received_events[0] > before


def test_other_scopes_can_be_requested(idp: ScriptedProvider, signed_in: DeviceCodeCredential) -> None:
    assert signed_in.get_token("imodels:read").token == f"{CANARY}-access-2"
    assert "imodels:read" in idp.find_requests("/connect/token")[-1]["scope"].split()
    assert signed_in.get_token().token == f"{CANARY}-access-1"


def test_error_can_be_raised_many_times(idp: ScriptedProvider, credential: DeviceCodeCredential) -> None:
    idp.script("token", refusal("access_denied"))
    credential.begin_authenticate().wait(10)
    lengths = []
    for _ in range(3):
        with pytest.raises(AuthorizationDeclinedError) as raised:
            credential.get_token()
        lengths.append(len(raised.traceback))
    assert len(set(lengths)) == 1


class FrontEnd:
    def __init__(self, *, takes_input: bool) -> None:
        self.kernel = self
        self._allow_stdin = takes_input

    def get_ipython(self) -> "FrontEnd":
        return self


@pytest.mark.parametrize("takes_input", [True, False])
def test_front_end_with_input_is_interactive(monkeypatch: pytest.MonkeyPatch, *, takes_input: bool) -> None:
    monkeypatch.setitem(_interactive.sys.modules, "IPython", FrontEnd(takes_input=takes_input))
    assert _interactive.is_interactive() is takes_input


@pytest.mark.parametrize("terminal", [True, False])
def test_terminal_is_interactive(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> None:
    monkeypatch.setitem(_interactive.sys.modules, "IPython", None)
    monkeypatch.setattr(_interactive.sys.stdin, "isatty", lambda: terminal, raising=False)
    assert _interactive.is_interactive() is terminal
