"""The card of a sign-in on the provider's page, with a pasted address."""

import pytest
from helpers.login_cards import list_buttons, read_card, read_synced_state
from helpers.scripted_provider import CANARY, ScriptedProvider, ScriptedResponse, refusal
from helpers.waiting import wait_until

from imodels_nb.auth import AuthorizationCodeCredential, DeviceCodeCredential, LoginState
from imodels_nb.sample.provider import build_sample_provider
from imodels_nb.widgets.login import login
from imodels_nb.widgets.login_widget import InteractiveLoginWidget

pytestmark = pytest.mark.usefixtures("no_widget_outlives_its_test")


ANY_PORT = "http://localhost:0/signin-callback"


@pytest.fixture
def in_browser(idp: ScriptedProvider) -> InteractiveLoginWidget:
    """Show the page of the provider, after it refused the device code."""
    idp.script("device", refusal("unauthorized_client"))
    credential = DeviceCodeCredential(provider=build_sample_provider(idp.identity_url), redirect_uri=ANY_PORT)
    card = login(credential=credential)
    assert isinstance(card, InteractiveLoginWidget)
    wait_until(lambda: card.state is LoginState.UNSUPPORTED)
    assert list(list_buttons(card)) == ["Sign in in the browser", "Get a new code"]
    list_buttons(card)["Sign in in the browser"].click()
    wait_until(lambda: card.state is LoginState.AWAITING_USER)
    return card


def test_card_offers_the_browser_where_device_code_is_refused(
    in_browser: InteractiveLoginWidget, idp: ScriptedProvider
) -> None:
    assert read_card(in_browser).count("aria-live") == 1
    assert "Open the page, sign in and come back. If it ends" in read_card(in_browser)
    assert 'target="_blank" rel="noopener noreferrer"' in read_card(in_browser)
    assert in_browser._paste in in_browser._actions.children
    assert list(list_buttons(in_browser)) == ["Approve as sample user", "Cancel"]
    list_buttons(in_browser)["Approve as sample user"].click()
    wait_until(lambda: in_browser.state is LoginState.SIGNED_IN)
    assert in_browser.credential.get_token().token == f"{CANARY}-access-1"
    in_browser.sign_out()
    in_browser.begin()
    wait_until(lambda: in_browser.state is LoginState.AWAITING_USER)
    assert len(idp.find_requests("/connect/device_authorization")) == 1


def test_s1_pasted_address_is_used_and_not_stored(in_browser: InteractiveLoginWidget, idp: ScriptedProvider) -> None:
    flow = in_browser.credential.flow
    address = in_browser.credential.provider.approve_authorization(flow.authorization_url)
    in_browser._paste.value = address
    assert in_browser._paste.value == ""
    wait_until(lambda: in_browser.state is LoginState.SIGNED_IN)
    synced = read_synced_state()
    assert CANARY not in synced
    assert "/connect/authorize" not in synced
    assert address not in synced
    assert idp.find_requests("/connect/token")[-1]["grant_type"] == "authorization_code"


def test_wrong_address_leaves_the_sign_in_running(in_browser: InteractiveLoginWidget) -> None:
    in_browser._paste.value = "http://localhost:3000/signin-callback?code=x&state=other"
    assert in_browser._paste.value == ""
    assert "belongs to another sign-in" in read_card(in_browser)
    assert in_browser.state is LoginState.AWAITING_USER


def test_address_pasted_too_late_changes_nothing(in_browser: InteractiveLoginWidget) -> None:
    in_browser.cancel()
    assert list(list_buttons(in_browser)) == ["Sign in again"]
    in_browser._paste.value = "?code=x&state=y"
    assert in_browser._paste.value == ""
    assert in_browser.state is LoginState.CANCELLED
    assert "/connect/authorize" not in read_synced_state()


def test_s1_browser_sign_in_card_has_no_secret(in_browser: InteractiveLoginWidget, idp: ScriptedProvider) -> None:
    verifier = in_browser.credential.flow._pending._flow["code_verifier"]
    leaks = []
    in_browser.observe(lambda _: leaks.append(CANARY in read_synced_state()), "state")
    assert verifier not in read_synced_state()
    idp.script("code", ScriptedResponse(b"", 503))
    in_browser.approve()
    wait_until(lambda: in_browser.state is LoginState.SIGNED_IN)
    assert verifier not in read_synced_state()
    assert set(leaks) == {False}


def test_login_by_authorization_code(idp: ScriptedProvider) -> None:
    card = login("authorization_code", provider=build_sample_provider(idp.identity_url))
    wait_until(lambda: card.state is LoginState.AWAITING_USER)
    assert isinstance(card.credential, AuthorizationCodeCredential)
    assert idp.find_requests("/connect/device_authorization") == []
    card.cancel()
