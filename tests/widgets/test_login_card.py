"""The card of a sign-in by device code: code, countdown, buttons and every state."""

import re
from collections.abc import Callable
from threading import enumerate as threads
from urllib.parse import urlsplit

import pytest
from helpers.login_cards import list_buttons, read_card, read_synced_state
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
from traitlets import TraitError

from imodels_nb.auth import DeviceCodeCredential, LoginState
from imodels_nb.errors import AuthenticationRequiredError
from imodels_nb.sample.provider import SampleProvider, build_sample_provider
from imodels_nb.widgets import login_html, login_widget
from imodels_nb.widgets.login import login
from imodels_nb.widgets.login_widget import InteractiveLoginWidget

pytestmark = pytest.mark.usefixtures("no_widget_outlives_its_test")


Prepare = Callable[..., InteractiveLoginWidget]


def test_the_card_shows_code_link_and_countdown(card: InteractiveLoginWidget, idp: ScriptedProvider) -> None:
    assert card.state is LoginState.AWAITING_USER
    assert f">{USER_CODE}</span>" in read_card(card)
    page = f"{idp.identity_url}/device"
    assert f'href="{page}?user_code={USER_CODE}" target="_blank" rel="noopener noreferrer"' in read_card(card)
    assert f">{page.removeprefix('http://')} ↗</a>" in read_card(card)
    assert "expires in 14:5" in read_card(card)
    assert list(list_buttons(card)) == ["Approve as sample user", "Cancel"]
    assert all(button.tooltip for button in list_buttons(card).values())


def test_card_on_jupyterhub_links_through_the_proxy(
    card: InteractiveLoginWidget, idp: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/ada/")
    card._render()
    page = f"/user/ada/proxy/{urlsplit(idp.identity_url).port}/idp/device"
    assert f'href="{page}?user_code={USER_CODE}" target="_blank" rel="noopener noreferrer"' in read_card(card)
    assert f">{page} ↗</a>" in read_card(card)
    assert list(list_buttons(card)) == ["Approve as sample user", "Cancel"]


def test_card_on_jupyterhub_without_proxy_has_no_link(
    card: InteractiveLoginWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/ada/")
    monkeypatch.setattr(login_html, "find_spec", lambda _: None)
    card._render()
    assert USER_CODE in read_card(card)
    assert "<a " not in read_card(card)
    assert "open the page" not in read_card(card)


def test_approve_on_the_sample_signs_in(card: InteractiveLoginWidget, clock: SteppedClock) -> None:
    approve = list_buttons(card)["Approve as sample user"]
    approve.click()
    assert approve.disabled
    assert "Approved" in read_card(card)
    clock.tick()
    wait_until(lambda: card.state is LoginState.SIGNED_IN)
    wait_until(lambda: list(list_buttons(card)) == ["Sign out"])
    assert "ada@example.com" in read_card(card)
    assert "until" in read_card(card)
    assert card.credential.get_token().token == f"{CANARY}-access-1"


def test_an_approval_that_fails_says_why(card: InteractiveLoginWidget, idp: ScriptedProvider) -> None:
    idp.script("decide", html(404))
    list_buttons(card)["Approve as sample user"].click()
    assert "has no such code any more" in read_card(card)


def test_cancel_ends_it_and_offers_a_new_code(
    card: InteractiveLoginWidget, clock: SteppedClock, idp: ScriptedProvider
) -> None:
    list_buttons(card)["Approve as sample user"].click()
    list_buttons(card)["Cancel"].click()
    assert card.state is LoginState.CANCELLED
    idp.decision = None  # it would say yes to the next code, too
    clock.waiting = False
    idp.decision = None  # the new code is not approved
    list_buttons(card)["Get a new code"].click()
    wait_until(lambda: "Cancel" in list_buttons(card) and card._approve in card._actions.children)
    assert "Approved" not in read_card(card)
    assert not card._approve.disabled


def test_sign_out_button_deletes_the_tokens(
    card: InteractiveLoginWidget, clock: SteppedClock, idp: ScriptedProvider
) -> None:
    idp.decision = "approve"
    clock.tick()
    wait_until(lambda: "Sign out" in list_buttons(card))
    list_buttons(card)["Sign out"].click()
    assert card.state is LoginState.SIGNED_OUT
    assert list(list_buttons(card)) == ["Sign in"]
    with pytest.raises(AuthenticationRequiredError):
        card.credential.get_token()


def test_trouble_is_shown_and_the_code_stays(
    card: InteractiveLoginWidget, clock: SteppedClock, idp: ScriptedProvider
) -> None:
    idp.script("token", ScriptedResponse(b"", 503))
    clock.tick()
    wait_until(lambda: card.state is LoginState.RETRYING)
    wait_until(lambda: "next try follows automatically" in read_card(card))
    assert USER_CODE in read_card(card)


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
    assert USER_CODE in read_synced_state()
    idp.script("token", refusal(code))
    card.credential._clock.tick()
    wait_until(lambda: card.state is state and "Get a new code" in list_buttons(card))
    assert sentence in read_card(card)
    synced = read_synced_state()
    assert CANARY not in synced
    assert USER_CODE not in synced
    assert "/idp/device" not in synced


def test_s1_no_state_has_a_secret(card: InteractiveLoginWidget, clock: SteppedClock, idp: ScriptedProvider) -> None:
    idp.script("token", ScriptedResponse(b"", 503), html(), tokens())
    idp.script("refresh", refusal("invalid_grant"))
    states = []
    card.observe(lambda _: states.append((card.state, CANARY in read_synced_state())), "state")
    assert CANARY not in read_synced_state()
    clock.free = True
    wait_until(lambda: "Sign out" in list_buttons(card))
    with pytest.raises(AuthenticationRequiredError):
        card.credential.get_token(force_refresh=True)
    card.sign_out()
    expected = [LoginState.RETRYING, LoginState.SIGNED_IN, LoginState.REAUTH_REQUIRED, LoginState.SIGNED_OUT]
    assert states == [(state, False) for state in expected]
    assert USER_CODE not in read_synced_state()


def test_state_is_observable_and_stays_in_the_kernel(card: InteractiveLoginWidget) -> None:
    received_events = []
    card.observe(lambda change: received_events.append(change["new"]), "state")
    card.cancel()
    assert received_events == [LoginState.CANCELLED]
    assert "state" not in card.get_state()


def test_s3_text_of_the_card_has_no_code(card: InteractiveLoginWidget) -> None:
    text = card._repr_mimebundle_()["text/plain"]
    assert text == "LoginWidget(state='AWAITING_USER', provider='sample')"


def test_s10_provider_text_is_escaped(idp: ScriptedProvider, clock: SteppedClock) -> None:
    attack = '"><img src=x onerror=alert(1)>'
    page = f"{idp.identity_url}/device/{attack}"
    idp.script("device", idp.grant(user_code=attack, verification_uri=page, verification_uri_complete=page))
    card = login(credential=DeviceCodeCredential(provider=build_sample_provider(idp.identity_url), clock=clock))
    wait_until(lambda: "onerror" in read_card(card))
    assert "<img" not in read_card(card)
    assert card._copy.text == attack  # copied as text, never put into the page
    assert "<img" not in login_html.build_account_line(attack, None, attack)


def test_s12_only_on_the_sample_can_the_card_approve(
    card: InteractiveLoginWidget, idp: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SampleProvider, "is_sample", False)
    card._render()
    assert list(list_buttons(card)) == ["Cancel"]
    monkeypatch.undo()
    auto = DeviceCodeCredential(
        provider=build_sample_provider(idp.identity_url, auto_approve=True), clock=SteppedClock()
    )
    headless = login(credential=auto)
    wait_until(lambda: headless.state is LoginState.AWAITING_USER)
    assert list(list_buttons(headless)) == ["Cancel"]
    assert "automatically" in read_card(headless)
    assert USER_CODE not in read_card(headless)


def test_approve_without_a_code_does_nothing(card: InteractiveLoginWidget, idp: ScriptedProvider) -> None:
    card.cancel()
    card.approve()
    assert idp.find_requests("/device") == []


def test_countdown_leaves_no_thread_behind(idp: ScriptedProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_widget, "_COUNTDOWN_INTERVAL", 0.01)
    clock = SteppedClock()
    card = login(credential=DeviceCodeCredential(provider=build_sample_provider(idp.identity_url), clock=clock))
    wait_until(lambda: clock.waiting)
    clock.waits.append(60)  # a minute goes by
    wait_until(lambda: "expires in 13:5" in read_card(card))
    assert len([thread for thread in threads() if thread.name == "imodels-nb-countdown"]) == 1
    card.cancel()
    wait_until(lambda: not [thread for thread in threads() if thread.name == "imodels-nb-countdown"])
    assert "expires in" not in read_card(card)


def test_closed_card_cancels_the_sign_in_and_closes_its_parts(card: InteractiveLoginWidget) -> None:
    flow = card.credential.flow
    card.close()
    assert flow.state is LoginState.CANCELLED
    assert USER_CODE not in read_card(card)
    assert not re.search("(HTML|Box|Button)Model", read_synced_state())
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
    wait_until(lambda: card.state is LoginState.SIGNED_IN)
    card.close()
    assert card.credential.get_token().token == f"{CANARY}-access-1"


def test_the_code_can_be_copied_while_it_is_of_use(card: InteractiveLoginWidget) -> None:
    assert card._copy in card._actions.children
    assert card._copy.text == USER_CODE
    card.cancel()
    assert card._copy.text == ""
