import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from threading import enumerate as threads
from urllib.parse import urlsplit

import ipywidgets
import nbformat
import pytest
from helpers.scripted_provider import (
    CANARY,
    USER_CODE,
    Answer,
    ScriptedProvider,
    SteppedClock,
    html,
    id_token,
    refusal,
    tokens,
    until,
)
from nbclient import NotebookClient
from traitlets import TraitError

from imodels_hub import Hub
from imodels_nb.auth import (
    AuthorizationCodeCredential,
    ClientSecretCredential,
    DeviceCodeCredential,
    EnvironmentCredential,
    IdentityProvider,
    LoginState,
    StaticTokenCredential,
)
from imodels_nb.errors import AuthenticationRequiredError, CredentialUnavailableError
from imodels_nb.sample.provider import SampleProvider, sample_provider
from imodels_nb.widgets import login_html, login_widget
from imodels_nb.widgets.login import LoginWidget, login
from imodels_nb.widgets.login_widget import InteractiveLoginWidget

Prepare = Callable[..., InteractiveLoginWidget]


@pytest.fixture(autouse=True)
def no_widget_outlives_its_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for variable in ("IMODELS_NB_ACCESS_TOKEN", "JUPYTERHUB_SERVICE_PREFIX"):
        monkeypatch.delenv(variable, raising=False)
    yield
    ipywidgets.Widget.close_all()
    until(lambda: not [thread for thread in threads() if thread.name == "imodels-nb-countdown"])


@pytest.fixture
def idp() -> Iterator[ScriptedProvider]:
    provider = ScriptedProvider()
    yield provider
    provider.stop()


@pytest.fixture
def provider(idp: ScriptedProvider) -> IdentityProvider:
    return sample_provider(idp.identity_url)


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def card(idp: ScriptedProvider, clock: SteppedClock) -> InteractiveLoginWidget:
    """Shows its code and has asked once; it asks again at each tick."""
    credential = DeviceCodeCredential(provider=sample_provider(idp.identity_url), clock=clock)
    shown = login(credential=credential)
    assert isinstance(shown, InteractiveLoginWidget)
    until(lambda: clock.waiting)
    return shown


def buttons(card: LoginWidget) -> dict[str, ipywidgets.Button]:
    return {child.description: child for child in card._actions.children if isinstance(child, ipywidgets.Button)}


def everything_synced() -> str:
    """What the browser has, and what a notebook with saved widget state keeps."""
    widgets = ipywidgets.widgets.widget._instances.values()
    return json.dumps([widget.get_state() for widget in widgets], default=str)


def seen(card: LoginWidget) -> str:
    return card._title.value + card._aside.value + card._body.value


def test_login_does_not_wait_for_the_provider(idp: ScriptedProvider) -> None:
    slow = idp.grant()
    slow.gate = Event()
    idp.script("device", slow)
    card = login(provider=sample_provider(idp.identity_url))
    assert card.state is LoginState.STARTING
    assert list(buttons(card)) == ["Cancel"]
    slow.gate.set()


def test_unknown_strategy_lists_the_strategies() -> None:
    with pytest.raises(ValueError, match="'auto', 'environment', 'stored', 'device_code', 'authorization_code'"):
        login("browser")


def test_environment_token_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMODELS_NB_ACCESS_TOKEN", f"{CANARY}-environment")
    for card in (login(), login("environment")):
        assert isinstance(card.credential, EnvironmentCredential)
        assert card.state is LoginState.SIGNED_IN
        assert "IMODELS_NB_ACCESS_TOKEN" in seen(card)
        assert repr(card) == "LoginWidget(state='SIGNED_IN', credential='EnvironmentCredential')"


def test_passed_credential_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMODELS_NB_ACCESS_TOKEN", f"{CANARY}-environment")
    credential = StaticTokenCredential(f"{CANARY}-static")
    card = login(credential=credential)
    assert card.credential is credential
    assert "passed to login()" in seen(card)


def test_environment_token_never_goes_to_the_sample(idp: ScriptedProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMODELS_NB_ACCESS_TOKEN", f"{CANARY}-environment")
    assert isinstance(login(provider=sample_provider(idp.identity_url)), InteractiveLoginWidget)
    with pytest.raises(CredentialUnavailableError, match="go to no other provider"):
        login("environment", provider=sample_provider(idp.identity_url))


def test_login_without_token_or_client_id_says_what_to_do() -> None:
    with pytest.raises(CredentialUnavailableError, match="IMODELS_NB_ACCESS_TOKEN"):
        login("environment")
    with pytest.raises(CredentialUnavailableError, match="client_id"):
        login()


def test_the_card_shows_code_link_and_countdown(card: InteractiveLoginWidget, idp: ScriptedProvider) -> None:
    assert card.state is LoginState.AWAITING_USER
    assert f">{USER_CODE}</span>" in seen(card)
    page = f"{idp.identity_url}/device"
    assert f'href="{page}?user_code={USER_CODE}" target="_blank" rel="noopener noreferrer"' in seen(card)
    assert f">{page.removeprefix('http://')} ↗</a>" in seen(card)
    assert "expires in 14:5" in seen(card)
    assert list(buttons(card)) == ["Approve as sample user", "Cancel"]
    assert all(button.tooltip for button in buttons(card).values())


def test_card_on_jupyterhub_links_through_the_proxy(
    card: InteractiveLoginWidget, idp: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/ada/")
    card._render()
    page = f"/user/ada/proxy/{urlsplit(idp.identity_url).port}/idp/device"
    assert f'href="{page}?user_code={USER_CODE}" target="_blank" rel="noopener noreferrer"' in seen(card)
    assert f">{page} ↗</a>" in seen(card)
    assert list(buttons(card)) == ["Approve as sample user", "Cancel"]


def test_card_on_jupyterhub_without_proxy_has_no_link(
    card: InteractiveLoginWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/ada/")
    monkeypatch.setattr(login_html, "find_spec", lambda _: None)
    card._render()
    assert USER_CODE in seen(card)
    assert "<a " not in seen(card)
    assert "open the page" not in seen(card)


def test_approve_on_the_sample_signs_in(card: InteractiveLoginWidget, clock: SteppedClock) -> None:
    approve = buttons(card)["Approve as sample user"]
    approve.click()
    assert approve.disabled
    assert "Approved" in seen(card)
    clock.tick()
    until(lambda: card.state is LoginState.SIGNED_IN)
    until(lambda: list(buttons(card)) == ["Sign out"])
    assert "ada@example.com" in seen(card)
    assert "until" in seen(card)
    assert card.credential.get_token().token == f"{CANARY}-access-1"


def test_an_approval_that_fails_says_why(card: InteractiveLoginWidget, idp: ScriptedProvider) -> None:
    idp.script("decide", html(404))
    buttons(card)["Approve as sample user"].click()
    assert "has no such code any more" in seen(card)


def test_cancel_ends_it_and_offers_a_new_code(
    card: InteractiveLoginWidget, clock: SteppedClock, idp: ScriptedProvider
) -> None:
    buttons(card)["Approve as sample user"].click()
    buttons(card)["Cancel"].click()
    assert card.state is LoginState.CANCELLED
    idp.decision = None  # it would say yes to the next code, too
    clock.waiting = False
    idp.decision = None  # the new code is one that nobody has approved
    buttons(card)["Get a new code"].click()
    until(lambda: "Cancel" in buttons(card) and card._approve in card._actions.children)
    assert "Approved" not in seen(card)
    assert not card._approve.disabled


def test_signing_out_throws_the_tokens_away(
    card: InteractiveLoginWidget, clock: SteppedClock, idp: ScriptedProvider
) -> None:
    idp.decision = "approve"
    clock.tick()
    until(lambda: "Sign out" in buttons(card))
    buttons(card)["Sign out"].click()
    assert card.state is LoginState.SIGNED_OUT
    assert list(buttons(card)) == ["Sign in"]
    with pytest.raises(AuthenticationRequiredError):
        card.credential.get_token()


def test_trouble_is_shown_and_the_code_stays(
    card: InteractiveLoginWidget, clock: SteppedClock, idp: ScriptedProvider
) -> None:
    idp.script("token", Answer(b"", 503))
    clock.tick()
    until(lambda: card.state is LoginState.RETRYING)
    until(lambda: "next try follows automatically" in seen(card))
    assert USER_CODE in seen(card)


@pytest.mark.parametrize(
    ("code", "state", "sentence"),
    [
        ("access_denied", LoginState.DECLINED, "declined"),
        ("expired_token", LoginState.EXPIRED, "has expired"),
        ("invalid_grant", LoginState.FAILED, "refused"),
        ("unauthorized_client", LoginState.UNSUPPORTED, "own page instead"),
    ],
)
def test_s1_each_end_says_so_and_leaves_no_code_behind(
    card: InteractiveLoginWidget, idp: ScriptedProvider, code: str, state: LoginState, sentence: str
) -> None:
    assert USER_CODE in everything_synced()
    idp.script("token", refusal(code))
    card.credential._clock.tick()
    until(lambda: card.state is state and "Get a new code" in buttons(card))
    assert sentence in seen(card)
    synced = everything_synced()
    assert CANARY not in synced
    assert USER_CODE not in synced
    assert "/idp/device" not in synced


def test_s1_no_state_has_a_secret(card: InteractiveLoginWidget, clock: SteppedClock, idp: ScriptedProvider) -> None:
    idp.script("token", Answer(b"", 503), html(), tokens())
    idp.script("refresh", refusal("invalid_grant"))
    states = []
    card.observe(lambda _: states.append((card.state, CANARY in everything_synced())), "state")
    assert CANARY not in everything_synced()
    clock.free = True
    until(lambda: "Sign out" in buttons(card))
    with pytest.raises(AuthenticationRequiredError):
        card.credential.get_token(force_refresh=True)
    card.sign_out()
    expected = [LoginState.RETRYING, LoginState.SIGNED_IN, LoginState.REAUTH_REQUIRED, LoginState.SIGNED_OUT]
    assert states == [(state, False) for state in expected]
    assert USER_CODE not in everything_synced()


def test_state_is_observable_and_stays_in_the_kernel(card: InteractiveLoginWidget) -> None:
    heard = []
    card.observe(lambda change: heard.append(change["new"]), "state")
    card.cancel()
    assert heard == [LoginState.CANCELLED]
    assert "state" not in card.get_state()


def test_s3_text_of_the_card_has_no_code(card: InteractiveLoginWidget) -> None:
    text = card._repr_mimebundle_()["text/plain"]
    assert text == "LoginWidget(state='AWAITING_USER', provider='sample')"


def test_s10_provider_text_is_escaped(idp: ScriptedProvider, clock: SteppedClock) -> None:
    attack = '"><img src=x onerror=alert(1)>'
    page = f"{idp.identity_url}/device/{attack}"
    idp.script("device", idp.grant(user_code=attack, verification_uri=page, verification_uri_complete=page))
    card = login(credential=DeviceCodeCredential(provider=sample_provider(idp.identity_url), clock=clock))
    until(lambda: "onerror" in seen(card))
    assert "<img" not in seen(card)
    assert card._copy.text == attack  # copied as text, never put into the page
    assert "<img" not in login_html.build_account_line(attack, None, attack)


def test_s12_only_on_the_sample_can_the_card_approve(
    card: InteractiveLoginWidget, idp: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SampleProvider, "is_sample", False)
    card._render()
    assert list(buttons(card)) == ["Cancel"]
    monkeypatch.undo()
    auto = DeviceCodeCredential(provider=sample_provider(idp.identity_url, auto_approve=True), clock=SteppedClock())
    headless = login(credential=auto)
    until(lambda: headless.state is LoginState.AWAITING_USER)
    assert list(buttons(headless)) == ["Cancel"]
    assert "automatically" in seen(headless)
    assert USER_CODE not in seen(headless)


def test_approve_without_a_code_does_nothing(card: InteractiveLoginWidget, idp: ScriptedProvider) -> None:
    card.cancel()
    card.approve()
    assert idp.asked("/device") == []


def test_countdown_leaves_no_thread_behind(idp: ScriptedProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_widget, "_COUNTDOWN_INTERVAL", 0.01)
    clock = SteppedClock()
    card = login(credential=DeviceCodeCredential(provider=sample_provider(idp.identity_url), clock=clock))
    until(lambda: clock.waiting)
    clock.waits.append(60)  # a minute goes by
    until(lambda: "expires in 13:5" in seen(card))
    assert len([thread for thread in threads() if thread.name == "imodels-nb-countdown"]) == 1
    card.cancel()
    until(lambda: not [thread for thread in threads() if thread.name == "imodels-nb-countdown"])
    assert "expires in" not in seen(card)


def test_closed_card_cancels_the_sign_in_and_closes_its_parts(card: InteractiveLoginWidget) -> None:
    flow = card.credential.flow
    card.close()
    assert flow.state is LoginState.CANCELLED
    assert USER_CODE not in seen(card)
    assert not re.search("(HTML|Box|Button)Model", everything_synced())
    card.close()


def test_closed_card_begins_no_sign_in(card: InteractiveLoginWidget) -> None:
    card.close()
    with pytest.raises(RuntimeError, match=r"Run login\(\) for a new one"):
        card.begin()
    assert card.credential.state is LoginState.CANCELLED


def test_the_state_of_a_card_is_for_reading(card: InteractiveLoginWidget) -> None:
    with pytest.raises(TraitError, match="read-only"):
        card.state = LoginState.SIGNED_IN


def test_a_card_that_is_closed_leaves_who_is_signed_in(
    card: InteractiveLoginWidget, clock: SteppedClock, idp: ScriptedProvider
) -> None:
    idp.decision = "approve"
    clock.tick()
    until(lambda: card.state is LoginState.SIGNED_IN)
    card.close()
    assert card.credential.get_token().token == f"{CANARY}-access-1"


def test_signed_in_credential_is_not_asked_again(
    card: InteractiveLoginWidget, clock: SteppedClock, idp: ScriptedProvider
) -> None:
    idp.decision = "approve"
    clock.tick()
    until(lambda: card.state is LoginState.SIGNED_IN)
    again = login(credential=card.credential)
    assert again.state is LoginState.SIGNED_IN
    assert len(idp.asked("/connect/device_authorization")) == 1


def test_the_sample_hub_signs_its_user_in() -> None:
    with Hub() as hub:
        card = login(provider=sample_provider(hub.identity_url, hub.client_id))
        until(lambda: card.state is LoginState.AWAITING_USER)
        buttons(card)["Approve as sample user"].click()
        until(lambda: card.state is LoginState.SIGNED_IN)
        until(lambda: "Sign out" in buttons(card))
        first, second = card.credential.get_token(), card.credential.get_token(force_refresh=True)
    assert card.credential.account in seen(card)
    assert first.token != second.token


ANY_PORT = "http://localhost:0/signin-callback"


@pytest.fixture
def in_browser(idp: ScriptedProvider) -> InteractiveLoginWidget:
    """Shows the provider's own page, after the device code was refused."""
    idp.script("device", refusal("unauthorized_client"))
    credential = DeviceCodeCredential(provider=sample_provider(idp.identity_url), redirect_uri=ANY_PORT)
    card = login(credential=credential)
    assert isinstance(card, InteractiveLoginWidget)
    until(lambda: card.state is LoginState.UNSUPPORTED)
    assert list(buttons(card)) == ["Sign in in the browser", "Get a new code"]
    buttons(card)["Sign in in the browser"].click()
    until(lambda: card.state is LoginState.AWAITING_USER)
    return card


def test_card_offers_the_browser_where_device_code_is_refused(
    in_browser: InteractiveLoginWidget, idp: ScriptedProvider
) -> None:
    assert seen(in_browser).count("aria-live") == 1
    assert "Open the page, sign in and come back. If it ends" in seen(in_browser)
    assert 'target="_blank" rel="noopener noreferrer"' in seen(in_browser)
    assert in_browser._paste in in_browser._actions.children
    assert list(buttons(in_browser)) == ["Approve as sample user", "Cancel"]
    buttons(in_browser)["Approve as sample user"].click()
    until(lambda: in_browser.state is LoginState.SIGNED_IN)
    assert in_browser.credential.get_token().token == f"{CANARY}-access-1"
    in_browser.sign_out()
    in_browser.begin()
    until(lambda: in_browser.state is LoginState.AWAITING_USER)
    assert len(idp.asked("/connect/device_authorization")) == 1


def test_s1_a_pasted_address_is_taken_and_rests_nowhere(
    in_browser: InteractiveLoginWidget, idp: ScriptedProvider
) -> None:
    flow = in_browser.credential.flow
    address = in_browser.credential.provider.approve_authorization(flow.authorization_url)
    in_browser._paste.value = address
    assert in_browser._paste.value == ""
    until(lambda: in_browser.state is LoginState.SIGNED_IN)
    synced = everything_synced()
    assert CANARY not in synced
    assert "/connect/authorize" not in synced
    assert address not in synced
    assert idp.asked("/connect/token")[-1]["grant_type"] == "authorization_code"


def test_wrong_address_leaves_the_sign_in_running(in_browser: InteractiveLoginWidget) -> None:
    in_browser._paste.value = "http://localhost:3000/signin-callback?code=x&state=other"
    assert in_browser._paste.value == ""
    assert "belongs to another sign-in" in seen(in_browser)
    assert in_browser.state is LoginState.AWAITING_USER


def test_address_pasted_too_late_changes_nothing(in_browser: InteractiveLoginWidget) -> None:
    in_browser.cancel()
    assert list(buttons(in_browser)) == ["Sign in again"]
    in_browser._paste.value = "?code=x&state=y"
    assert in_browser._paste.value == ""
    assert in_browser.state is LoginState.CANCELLED
    assert "/connect/authorize" not in everything_synced()


def test_s1_browser_sign_in_card_has_no_secret(in_browser: InteractiveLoginWidget, idp: ScriptedProvider) -> None:
    verifier = in_browser.credential.flow._pending._flow["code_verifier"]
    leaks = []
    in_browser.observe(lambda _: leaks.append(CANARY in everything_synced()), "state")
    assert verifier not in everything_synced()
    idp.script("code", Answer(b"", 503))
    in_browser.approve()
    until(lambda: in_browser.state is LoginState.SIGNED_IN)
    assert verifier not in everything_synced()
    assert set(leaks) == {False}


def test_login_by_authorization_code(idp: ScriptedProvider) -> None:
    card = login("authorization_code", provider=sample_provider(idp.identity_url))
    until(lambda: card.state is LoginState.AWAITING_USER)
    assert isinstance(card.credential, AuthorizationCodeCredential)
    assert idp.asked("/connect/device_authorization") == []
    card.cancel()


def test_the_code_can_be_copied_while_it_is_of_use(card: InteractiveLoginWidget) -> None:
    assert card._copy in card._actions.children
    assert card._copy.text == USER_CODE
    card.cancel()
    assert card._copy.text == ""


def test_service_card_signs_in_in_the_background(idp: ScriptedProvider, provider: IdentityProvider) -> None:
    card = login(credential=ClientSecretCredential("service-1", f"{CANARY}-client-secret", provider=provider))
    until(lambda: "Signed in as a service" in seen(card))
    assert card.state is LoginState.SIGNED_IN
    assert "service-1" in seen(card)
    assert "until" in seen(card)
    assert CANARY not in everything_synced()
    idp.script("service", refusal("invalid_client", 401), refusal("unauthorized_client"))
    for state in (LoginState.FAILED, LoginState.UNSUPPORTED):
        wrong = login(credential=ClientSecretCredential("service-1", f"{CANARY}-client-secret", provider=provider))
        until(lambda wrong=wrong: "Check the client id" in seen(wrong))
        assert wrong.state is state
        assert CANARY not in everything_synced()


def test_card_shows_account_and_expiry_of_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    token = id_token(preferred_username="ada@example.com", exp=4_102_444_800)
    monkeypatch.setenv("IMODELS_NB_ACCESS_TOKEN", token)
    for card in (login(), login(credential=StaticTokenCredential(token))):
        assert "ada@example.com" in seen(card)
        assert "until" in seen(card)
        assert CANARY not in everything_synced()
    assert StaticTokenCredential(token).get_token().expires_on == 4_102_444_800


NOTEBOOK = [
    """\
import sys
sys.path.insert(0, {tests!r})
from helpers.scripted_provider import SteppedClock, until
from imodels_nb.auth import DeviceCodeCredential, LoginState
from imodels_nb.sample.provider import SampleProvider, sample_provider
from imodels_nb.widgets.login import login

def new_card():
    card = login(credential=DeviceCodeCredential(provider=sample_provider({url!r}), clock=SteppedClock()))
    until(lambda: card.credential._clock.waiting)
    return card

def go_on(card):  # to its end within this cell: nbclient keeps no update that comes between two cells
    card.credential._clock.free = True
    card.credential.flow.wait()
    return card.credential
""",
    "card = new_card()\ncard",
    "go_on(card)",
    "card = new_card()\ncard",
    "go_on(card)",
    "card = new_card()\ncard",
    """\
try:
    card.credential.get_token()
except Exception as error:
    print(type(error).__name__)
card.cancel()
""",
]


@pytest.mark.slow
def test_s2_s6_executed_notebook_has_no_secret_and_no_stray_output(
    idp: ScriptedProvider, pytestconfig: pytest.Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    idp.script("token", Answer(b"", 503), html(), tokens())
    idp.script("token", refusal("authorization_pending"), refusal("access_denied"))
    names = {"tests": str(pytestconfig.rootpath / "tests"), "url": idp.identity_url}
    first, *others = NOTEBOOK
    cells = [nbformat.v4.new_code_cell(source) for source in (first.format(**names), *others)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, kernel_name="python3").execute()  # keeps the state of every widget, as JupyterLab can

    written = nbformat.writes(notebook)
    assert "application/vnd.jupyter.widget-state+json" in written
    assert not re.search(rf"{CANARY}-\w", written)
    assert USER_CODE not in written
    assert "/idp/device" not in written
    texts = [[output.get("text") or output["data"]["text/plain"] for output in cell.outputs] for cell in cells]
    card = re.compile(r"LoginWidget\(state='\w+', provider='sample'\)")
    assert [len(outputs) for outputs in texts] == [0, 1, 1, 1, 1, 1, 1]
    assert all(card.fullmatch(texts[number][0]) for number in (1, 3, 5))
    assert texts[2] == ["DeviceCodeCredential(state='SIGNED_IN', provider='sample')"]
    assert texts[4] == ["DeviceCodeCredential(state='DECLINED', provider='sample')"]
    assert texts[6] == ["AuthenticationRequiredError\n"]  # with nobody there it does not wait
