import logging
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from helpers.scripted_provider import (
    CANARY,
    ScriptedProvider,
    ScriptedResponse,
    SteppedClock,
    html,
    id_token,
    refusal,
    tokens,
)
from helpers.secrets_in_text import contains_secret, verbose_traceback
from helpers.waiting import wait_until
from hypothesis import given
from hypothesis import strategies as st

from imodels_nb.auth import (
    IMS,
    AuthorizationCodeCredential,
    AuthorizationCodeFlow,
    DeviceCodeCredential,
    IdentityProvider,
    LoginState,
)
from imodels_nb.auth.redirect_server import listen_for_redirect, parse_redirect
from imodels_nb.errors import (
    AuthenticationError,
    AuthenticationRequiredError,
    AuthorizationDeclinedError,
    AuthorizationExpiredError,
    GrantNotAvailableError,
    LoginCancelledError,
)

ANY_PORT = "http://localhost:0/signin-callback"
ELSEWHERE = "https://notebooks.example.com/signin-callback"


@pytest.fixture
def credential(provider: IdentityProvider) -> Iterator[AuthorizationCodeCredential]:
    """Yield a credential with a real clock: it waits only for the test."""
    made = AuthorizationCodeCredential(provider=provider, redirect_uri=ANY_PORT, is_interactive=lambda: False)
    yield made
    made.close()


def begin_flow(credential: AuthorizationCodeCredential) -> AuthorizationCodeFlow:
    flow = credential.begin_authenticate()
    wait_until(lambda: flow.authorization_url)
    return flow


@pytest.fixture
def flow(credential: AuthorizationCodeCredential) -> AuthorizationCodeFlow:
    return begin_flow(credential)


def fields(flow: AuthorizationCodeFlow) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(flow.authorization_url or "").query))


def browse(url: str | None) -> requests.Response:
    """Send the requests of a browser: open the page, and follow its redirections."""
    with requests.Session() as browser:
        browser.trust_env = False
        return browser.get(url or "", timeout=10)


def test_redirect_arrives_on_the_same_machine(
    credential: AuthorizationCodeCredential, flow: AuthorizationCodeFlow
) -> None:
    assert flow.is_listening
    page = browse(flow.authorization_url)
    assert page.status_code == 200
    assert "close this page" in page.text
    assert CANARY not in page.text
    assert flow.wait(10) is LoginState.SIGNED_IN
    assert credential.get_token().token == f"{CANARY}-access-1"
    assert credential.account == "ada@example.com"


def test_address_of_the_last_page_is_pasted_elsewhere(
    provider: IdentityProvider, credential: AuthorizationCodeCredential
) -> None:
    credential.redirect_uri = ELSEWHERE
    flow = begin_flow(credential)
    assert not flow.is_listening
    address = provider.approve_authorization(flow.authorization_url or "")
    assert address.startswith(f"{ELSEWHERE}?code=")
    assert flow.submit_redirect(f"  {address}\n")
    assert flow.wait(10) is LoginState.SIGNED_IN
    assert credential.get_token(force_refresh=True).token == f"{CANARY}-access-2"


def test_taken_port_leaves_pasting_of_the_address(credential: AuthorizationCodeCredential) -> None:
    with listen_for_redirect(ANY_PORT, lambda _: False) as taken:
        credential.redirect_uri = taken.uri
        flow = begin_flow(credential)
        assert not flow.is_listening
        assert fields(flow)["redirect_uri"] == taken.uri
        flow.approve()
        assert flow.wait(10) is LoginState.SIGNED_IN


def test_authorization_request_uses_s256_and_has_no_secret(flow: AuthorizationCodeFlow) -> None:
    asked = fields(flow)
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert re.fullmatch(r"http://localhost:[1-9]\d*/signin-callback", asked["redirect_uri"])
    assert set(asked["scope"].split()) == {"itwin-platform", "offline_access", "openid", "profile"}
    assert not {"response_mode", "client_info", "code_verifier"} & set(asked)
    verifier = flow._pending._flow["code_verifier"]
    assert verifier not in flow.authorization_url


def test_two_requests_share_neither_state_nor_challenge(credential: AuthorizationCodeCredential) -> None:
    first, second = fields(begin_flow(credential)), fields(begin_flow(credential))
    assert all(first[name] != second[name] for name in ("state", "code_challenge", "nonce"))


def test_vendor_gets_no_dropped_scope() -> None:
    credential = AuthorizationCodeCredential("native-1", redirect_uri=ANY_PORT)
    flow = begin_flow(credential)
    assert flow.authorization_url.startswith("https://ims.bentley.com/connect/authorize?")
    assert set(fields(flow)["scope"].split()) == {"itwin-platform", "offline_access"}
    credential.close()


def test_redirect_of_another_sign_in_is_rejected(flow: AuthorizationCodeFlow, idp: ScriptedProvider) -> None:
    state = fields(flow)["state"]
    for forged in ("?code=x&state=forged", "?code=x", f"?state={state}", "", "nonsense", "?code=x&state=é"):
        assert not flow.submit_redirect(forged)
    redirect = fields(flow)["redirect_uri"].replace("localhost", "127.0.0.1")
    for path in ("?code=x&state=forged", f"/other?code=x&state={state}"):
        assert browse(redirect + path).status_code == 400
    assert flow.state is LoginState.AWAITING_USER
    assert idp.find_requests("/connect/token") == []


def test_redirect_is_accepted_once(flow: AuthorizationCodeFlow, idp: ScriptedProvider) -> None:
    response = f"?code={CANARY}-code&state={fields(flow)['state']}"
    browse_first = flow._provider.approve_authorization(flow.authorization_url or "")
    assert flow.submit_redirect(browse_first)
    assert not flow.submit_redirect(response)
    flow.wait(10)
    assert not flow.submit_redirect(response)
    assert len(idp.find_requests("/connect/token")) == 1


@pytest.mark.parametrize(
    ("error", "state", "kind"),
    [
        ("access_denied", LoginState.DECLINED, AuthorizationDeclinedError),
        ("unauthorized_client", LoginState.UNSUPPORTED, GrantNotAvailableError),
        ("unsupported_response_type", LoginState.UNSUPPORTED, GrantNotAvailableError),
        ("invalid_scope", LoginState.UNSUPPORTED, GrantNotAvailableError),
        (f"{CANARY}-error", LoginState.FAILED, AuthenticationError),
    ],
)
def test_each_error_of_the_redirect_has_its_state(
    flow: AuthorizationCodeFlow, error: str, state: LoginState, kind: type[Exception]
) -> None:
    assert flow.submit_redirect(f"?error={error}&error_description={CANARY}-text&state={fields(flow)['state']}")
    assert flow.wait(10) is state
    assert type(flow.error) is kind
    assert not contains_secret(str(flow.error))
    assert flow.authorization_url is None


def test_person_can_decline(flow: AuthorizationCodeFlow, idp: ScriptedProvider) -> None:
    idp.hurried = False
    flow.approve(approve=False)
    assert flow.wait(10) is LoginState.DECLINED


@pytest.mark.parametrize(
    ("response", "state"),
    [
        (refusal("invalid_grant"), LoginState.FAILED),
        (refusal("unauthorized_client"), LoginState.UNSUPPORTED),
        (tokens(id_token=id_token(nonce="forged")), LoginState.FAILED),
    ],
    ids=["invalid_grant", "unauthorized_client", "forged nonce"],
)
def test_each_error_of_the_code_has_its_state(
    flow: AuthorizationCodeFlow, idp: ScriptedProvider, response: ScriptedResponse, state: LoginState
) -> None:
    idp.script("code", response)
    flow.approve()
    assert flow.wait(10) is state
    assert not contains_secret(str(flow.error))


def test_redeeming_a_code_is_retried(
    credential: AuthorizationCodeCredential, idp: ScriptedProvider, provider: IdentityProvider
) -> None:
    credential._clock = SteppedClock(free=True)
    idp.script("code", ScriptedResponse(b"", 503), html(), tokens(id_token=None))
    credential._clock.free = False
    flow = begin_flow(credential)
    flow.submit_redirect(provider.approve_authorization(flow.authorization_url or ""))
    credential._clock.free = True
    assert flow.wait(10) is LoginState.SIGNED_IN
    assert credential.account is None


def test_expired_authorization_is_a_state_of_its_own(credential: AuthorizationCodeCredential) -> None:
    clock = SteppedClock()
    credential._clock = clock
    flow = begin_flow(credential)
    wait_until(lambda: clock.waiting)
    clock.waits.append(1000)
    clock.tick()
    assert flow.wait(10) is LoginState.EXPIRED
    assert isinstance(flow.error, AuthorizationExpiredError)


def test_s11_cancelled_sign_in_ignores_a_late_answer(
    credential: AuthorizationCodeCredential, flow: AuthorizationCodeFlow, idp: ScriptedProvider
) -> None:
    late = tokens(id_token=None)
    late.release = Event()
    idp.script("code", late)
    redirect_uri = fields(flow)["redirect_uri"]
    flow.approve()
    wait_until(lambda: idp.find_requests("/connect/token"))
    flow.cancel()
    assert flow.state is LoginState.CANCELLED
    late.release.set()
    wait_until(lambda: not flow._thread.is_alive())
    with pytest.raises(requests.ConnectionError):
        browse(redirect_uri)
    assert CANARY not in repr(flow._client._cache._cache)
    with pytest.raises(LoginCancelledError):
        credential.get_token()


def test_browser_sign_in_after_a_refused_device_code(provider: IdentityProvider, idp: ScriptedProvider) -> None:
    idp.script("device", refusal("unauthorized_client"))
    credential = DeviceCodeCredential(provider=provider, redirect_uri=ANY_PORT)
    assert credential.begin_authenticate().wait(10) is LoginState.UNSUPPORTED
    flow = credential.begin_authorization_code()
    wait_until(lambda: flow.authorization_url)
    browse(flow.authorization_url)
    assert flow.wait(10) is LoginState.SIGNED_IN
    assert credential.get_token().token == f"{CANARY}-access-1"
    credential.close()


def test_waiting_get_token_approves_the_sample(provider: IdentityProvider, capsys: pytest.CaptureFixture[str]) -> None:
    for sample in (provider, replace(provider, auto_approve=True)):
        credential = AuthorizationCodeCredential(provider=sample, redirect_uri=ANY_PORT, is_interactive=lambda: True)
        credential.begin_authenticate()
        assert credential.get_token().token == f"{CANARY}-access-1"
        credential.close()
    assert capsys.readouterr().out.count("Approving as the sample user") == 2


@pytest.mark.parametrize(("redirect_uri", "advice"), [(ANY_PORT, "cannot be reached"), (ELSEWHERE, "run this cell")])
def test_waiting_message_explains_how_the_redirect_arrives(
    provider: IdentityProvider, redirect_uri: str, advice: str
) -> None:
    credential = AuthorizationCodeCredential(provider=provider, redirect_uri=redirect_uri)
    flow = begin_flow(credential)
    flow._provider = IMS
    assert "Waiting for you to sign in to Bentley" in flow.waiting_message
    assert advice in flow.waiting_message
    credential.close()


def test_pending_authorization_raises_without_a_person(idp: ScriptedProvider, provider: IdentityProvider) -> None:
    credential = AuthorizationCodeCredential(provider=provider, redirect_uri=ANY_PORT, is_interactive=lambda: False)
    begin_flow(credential)
    with pytest.raises(AuthenticationRequiredError, match="No user can sign in"):
        credential.get_token()
    credential.close()
    assert idp.find_requests("/connect/authorize") == []


def test_real_provider_cannot_be_approved_here() -> None:
    with pytest.raises(ValueError, match="Only the person"):
        IMS.approve_authorization("https://ims.bentley.com/connect/authorize?state=x")


def test_metadata_that_cannot_be_read_end_the_sign_in(
    credential: AuthorizationCodeCredential, idp: ScriptedProvider
) -> None:
    idp.script("discovery", refusal("server_error"))
    assert credential.begin_authenticate().wait(10) is LoginState.FAILED


def test_s3_s4_repr_and_traceback_have_no_secret(
    credential: AuthorizationCodeCredential, flow: AuthorizationCodeFlow, idp: ScriptedProvider
) -> None:
    verifier, state = flow._pending._flow["code_verifier"], fields(flow)["state"]
    shown = repr(flow) + repr(credential) + repr(flow._pending) + repr(vars(flow))
    assert verifier not in shown
    assert state not in shown
    idp.script("code", refusal("invalid_grant"))
    flow.approve()
    flow.wait(10)
    printed = verbose_traceback(credential.get_token)
    assert verifier not in printed
    assert not contains_secret(printed)


def test_s5_at_debug_nothing_logs_code_verifier_or_token(
    flow: AuthorizationCodeFlow, caplog: pytest.LogCaptureFixture
) -> None:
    verifier = flow._pending._flow["code_verifier"]
    with caplog.at_level(logging.DEBUG):
        browse(flow.authorization_url)
        flow.wait(10)
    ours = "\n".join(record.getMessage() for record in caplog.records if record.threadName != "MainThread")
    assert "POST /idp/connect/token" in ours
    assert verifier not in ours
    assert not contains_secret(ours)


def test_s6_a_listener_writes_nothing(flow: AuthorizationCodeFlow, capfd: pytest.CaptureFixture[str]) -> None:
    browse(flow.authorization_url)
    flow.wait(10)
    assert capfd.readouterr() == ("", "")


def test_two_sign_ins_at_once_do_not_mix(provider: IdentityProvider, idp: ScriptedProvider) -> None:
    made = [AuthorizationCodeCredential(provider=provider, redirect_uri=ANY_PORT) for _ in range(2)]
    flows = [begin_flow(credential) for credential in made]
    assert not flows[0].submit_redirect(provider.approve_authorization(flows[1].authorization_url or ""))
    with ThreadPoolExecutor(1) as pool:
        for flow in flows:
            pool.submit(flow.approve).result(10)
            assert flow.wait(10) is LoginState.SIGNED_IN
    assert len(idp.find_requests("/connect/token")) == 2


@given(st.text())
def test_any_pasted_text_is_parsed(text: str) -> None:
    assert set(parse_redirect(text)) <= {"code", "state", "error"}


@given(st.text(min_size=1), st.text(min_size=1))
def test_address_of_a_browser_is_parsed(code: str, state: str) -> None:
    address = requests.Request("GET", "http://localhost:3000/back", params={"code": code, "state": state}).prepare().url
    assert parse_redirect(address or "") == {"code": code, "state": state}


@pytest.mark.parametrize("address", ["?code=a&code=b", "?" + "a=1&" * 100, "?code=" + "a" * 20_000])
def test_an_address_that_no_provider_sends_has_no_code(address: str) -> None:
    assert "code" not in parse_redirect(address)


@pytest.mark.parametrize("uri", ["https://localhost:3000/", "http://example.com:80/", "http://localhost/", "urn:x:y"])
def test_listener_is_for_http_on_this_machine_only(uri: str) -> None:
    with listen_for_redirect(uri, lambda _: True) as redirects:
        assert (redirects.uri, redirects.is_listening) == (uri, False)
